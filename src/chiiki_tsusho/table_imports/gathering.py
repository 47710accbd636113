"""From rows read out of a published table to a code table that passes every check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import wrong_kind
from chiiki_tsusho.language import Language, Sayable, Text, printable
from chiiki_tsusho.law.code_file import check_code_rows
from chiiki_tsusho.law.code_rows import COLUMNS, CodeRow, table_text
from chiiki_tsusho.law.named_additions import SERVICE_TYPE
from chiiki_tsusho.law.published_names import BaseName
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.law.table_files import TableText
from chiiki_tsusho.months import joined
from chiiki_tsusho.table_imports.known_rows import TAKEN_BY_NAME, RowRefusedError, bundled_rows
from chiiki_tsusho.whole_files import write_whole

Place = Literal["row", "line"]
# Of a row, and of the other one that excludes it.
Reason = Callable[[CodeRow, Sayable], Text]


def numbered(place: Place, number: int) -> Text:
    """Say which row of a sheet or line of a file."""
    return (
        Text("row {number}", number=number)
        if place == "row"
        else Text("line {number}", number=number)
    )


@checked_call
@dataclass(frozen=True)
class Refused:
    """A row of the source that could not be placed.

    Parameters
    ----------
    place : str
        ``row`` or ``line``, as one counts in that kind of file.
    row : int
        Its number in the sheet or file.
    code, name : str
        As printed.
    reason : str or Sayable
        Why, and what to do.
    """

    place: Place
    row: int
    code: str
    name: str
    reason: str | Sayable

    def __str__(self) -> str:
        return self.say("en")

    @checked_call
    def say(self, language: Language = "en") -> str:
        """Write place, code, name and reason; nothing that cannot be seen stays as it is."""
        where = numbered(self.place, self.row).say(language)
        named = printable(" ".join(filter(None, (self.code, self.name))))
        reason = self.reason if isinstance(self.reason, str) else self.reason.say(language)
        return ": ".join(filter(None, (where, named, reason)))


@checked_call
@dataclass(frozen=True)
class ImportedTable:
    """What an import placed and what it refused.

    Parameters
    ----------
    rows : list of CodeRow
        Together they pass every check of the loader.
    refused : list of Refused
        In the order of the source.
    other_types : dict of str to int
        Rows of other service types, passed over: how many of each.
    """

    rows: list[CodeRow]
    refused: list[Refused]
    other_types: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind were placed."""
        found = Counter(row.kind for row in self.rows)
        return {kind: found[kind] for kind in ("base", "addition", "rate")}


@dataclass(frozen=True)
class Placed:
    """A table row and the number of the source row it was read from."""

    at: int
    row: CodeRow


class Gathering:
    """The rows of one source as they are placed or refused.

    Parameters
    ----------
    place : str
        ``row`` or ``line``.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.placed: list[Placed] = []
        self.refused: list[Refused] = []
        self.other_types: Counter[str] = Counter()

    def place_row(self, at: int, cells: dict[str, Any]) -> None:
        """Take a row whose cells are known; a column left out is blank.

        Raises
        ------
        RowRefusedError
            A cell is of the wrong type or out of its range, or the figure is 0.
        """
        try:
            row = CodeRow.model_validate(dict.fromkeys(COLUMNS) | cells)
        except ValidationError as error:
            first = error.errors()[0]
            told = Text(
                "{column}: {value!r}: {message}",
                column=first["loc"][0],
                value=first["input"],
                message=first["msg"],
            )
            raise RowRefusedError(told) from error
        if 0 in (row.published_units, row.units, row.per_mille):
            raise RowRefusedError(Text("its figure is 0, which no code has; correct the cell"))
        self.placed.append(Placed(at, row))

    def refuse(self, at: int, code: str, name: str, reason: str | Sayable) -> None:
        """Keep a row that cannot be placed."""
        self.refused.append(Refused(self.place, at, code, name, reason))

    def widen(self, is_for_both: Callable[[CodeRow], bool]) -> None:
        """Let additions count for 療養通所介護 as well, in the months for which it has codes here.

        The bundled table has none since 2018-04, and says of its additions what it needs.
        """
        base = [one.row for one in self.placed if one.row.kind == "base"]
        other = [(row.valid_from, row.valid_to) for row in base if row.service != "day_care"]
        spans = joined(other)
        for at, one in enumerate(self.placed):
            row = one.row
            there = any(first <= row.valid_to and row.valid_from <= last for first, last in spans)
            if there and row.kind != "base" and row.service == "day_care" and is_for_both(row):
                self.placed[at] = replace(one, row=row.model_copy(update={"service": "both"}))

    def settle(self) -> ImportedTable:
        """Refuse what does not hold together, until the rest passes every check."""
        self._refuse_clashes(
            lambda row: row.service_code,
            lambda _, other: Text("the same code as {other}; correct the wrong one", other=other),
        )
        self._refuse_clashes(
            lambda row: row.key and (row.key, row.care_level, row.minutes_from, row.minutes_to),
            lambda row, other: Text(
                "the same key {key!r} as {other}; correct the wrong one", key=row.key, other=other
            ),
        )
        self._refuse_overlaps()
        self._forget_absent_keys()
        while self.placed and (faults := self._faults()):
            self._drop(faults)
        rows = sorted((one.row for one in self.placed), key=lambda r: (r.valid_from, r.item_code))
        refused = sorted(self.refused, key=lambda one: one.row)
        return ImportedTable(rows, refused, dict(sorted(self.other_types.items())))

    def _forget_absent_keys(self) -> None:
        """Leave out of ``not_with`` the keys without a row in any of the same months.

        What was refused may be added by hand, and is then met.
        """
        refused = bundled_rows().keys_of(one.name for one in self.refused)
        months: dict[str | None, list[tuple[int, int]]] = {}
        for one in self.placed:
            months.setdefault(one.row.key, []).append((one.row.valid_from, one.row.valid_to))
        spans = {key: joined(of_key) for key, of_key in months.items()}

        def is_met(key: str, row: CodeRow) -> bool:
            there = spans.get(key, ())
            return key in refused or any(
                a <= row.valid_to and row.valid_from <= b for a, b in there
            )

        for at, one in enumerate(self.placed):
            met = " ".join(key for key in one.row.excluded if is_met(key, one.row)) or None
            if met != one.row.not_with:
                self.placed[at] = replace(one, row=one.row.model_copy(update={"not_with": met}))

    def _refuse_clashes(self, alike: Callable[[CodeRow], Hashable], reason: Reason) -> None:
        """Refuse both of two rows that exclude each other: nothing says which one is right."""
        reasons: dict[int, Sayable] = {}
        for group in _groups(self.placed, alike).values():
            self._clash(group, reason, reasons)
        self._drop(reasons)

    def _refuse_overlaps(self) -> None:
        """Refuse base rows that answer the same visits."""
        reasons: dict[int, Sayable] = {}

        def reason(_: CodeRow, other: Sayable) -> Text:
            return Text("overlapping durations as {other}; correct the wrong one", other=other)

        for group in _groups(self.placed, _visit_kind).values():
            # There are few durations, however many rows there are.
            bands = _groups(group, lambda row: (row.minutes_from or 0, row.minutes_to or 0))
            for rows in bands.values():
                self._clash(rows, reason, reasons)
            for (one, of_one), (other, of_other) in combinations(sorted(bands.items()), 2):
                if other[0] < one[1]:
                    self._clash([*of_one, *of_other], reason, reasons)
        self._drop(reasons)

    def _clash(self, rows: list[Placed], reason: Reason, reasons: dict[int, Sayable]) -> None:
        """Find rows with months in common, each told with one of the others."""
        longest: Placed | None = None
        for one in sorted(rows, key=lambda one: (one.row.valid_from, one.at)):
            if longest is not None and one.row.valid_from <= longest.row.valid_to:
                for this, that in ((one, longest), (longest, one)):
                    other = Text(
                        "{place} ({code} {name})",
                        place=numbered(self.place, that.at),
                        code=that.row.service_code,
                        name=that.row.name,
                    )
                    reasons.setdefault(this.at, reason(this.row, other))
            if longest is None or one.row.valid_to > longest.row.valid_to:
                longest = one

    def _drop(self, reasons: dict[int, Sayable]) -> None:
        for one in self.placed:
            if one.at in reasons:
                self.refuse(one.at, one.row.service_code, one.row.name, reasons[one.at])
        self.placed = [one for one in self.placed if one.at not in reasons]

    def _faults(self) -> dict[int, Sayable]:
        """Make the checks of the loader on the file as it would be written."""
        text = table_text(one.row for one in self.placed)
        _, faults = check_code_rows(TableText(Path("codes.csv"), text, ""))
        found: dict[int, Sayable] = {}
        for fault in faults:
            # The heading is line 1.
            told = Text("{column}: {message}", column=fault.column, message=fault.message)
            found.setdefault(self.placed[fault.line - 2].at, told)
        return found


def _groups(
    rows: Iterable[Placed], alike: Callable[[CodeRow], Hashable]
) -> dict[Any, list[Placed]]:
    """Put rows together by what they have in common; those without it are left out."""
    groups: dict[Any, list[Placed]] = {}
    for one in rows:
        if (common := alike(one.row)) is not None:
            groups.setdefault(common, []).append(one)
    return groups


def _visit_kind(row: CodeRow) -> Hashable:
    if row.kind != "base":
        return None
    return (row.service, row.care_level, row.shortfall, row.reductions)


def _steps_text(row: CodeRow) -> str:
    steps = [str(row.base_units)]
    short, lack = row.short_hours_per_mille, row.shortfall_per_mille
    less = -half_up(row.base_units or 0, row.reduction_per_mille or 0)
    ratios = [ratio for ratio in ((lack,) if row.inside else (short, lack)) if ratio is not None]
    steps.extend(f"× {ratio}/1000" for ratio in ratios)
    steps.extend(f"- {-less}" for _ in row.inside)
    if row.inside and short is not None:
        steps.append(f"× {short}/1000")
    if row.extension_units:
        steps.append(f"+ {row.extension_units}")
    return " ".join(steps)


def base_cells(name: BaseName, printed: int | None, cells: dict[str, Any]) -> dict[str, Any]:
    """Complete the cells of a base row: what its name says, and its units by the steps.

    Raises
    ------
    RowRefusedError
        The printed 合成単位数 does not follow from the base; the message has both figures.
    """
    whole = cells | {
        "service_type": SERVICE_TYPE,
        "kind": "base",
        "service": name.service,
        "care_level": name.care_level,
        "shortfall": name.shortfall,
        "reductions": " ".join(name.reductions) or None,
        "published_units": printed,
        "max_per_visit": 1,
        "limit_managed": 1,
    }
    row = CodeRow.model_construct(**(dict.fromkeys(COLUMNS) | whole))
    units = row.composed_units()
    if printed not in (None, units):
        raise RowRefusedError(
            Text(
                "合成単位数 {printed} does not follow from its base: {steps} gives {units}; find "
                "out which figure is wrong",
                printed=printed,
                steps=_steps_text(row),
                units=units,
            )
        )
    return whole | {"units": units}


def addition_cells(known: CodeRow, cells: dict[str, Any]) -> dict[str, Any]:
    """Complete the cells of an addition or rate with what only the bundled row of its name says."""
    taken = {column: getattr(known, column) for column in TAKEN_BY_NAME}
    if known.confidence == "low":
        taken["confidence"] = known.confidence
    return taken | cells | {"service_type": SERVICE_TYPE}


@checked_call
def write_code_rows(rows: Iterable[CodeRow], path: str | Path) -> None:
    """Write rows as a code table file, in the layout of ``data/service_codes.csv``.

    The file appears whole or not at all; one that was there is replaced.

    Parameters
    ----------
    rows : iterable of CodeRow
        Such as the ``rows`` of an ``ImportedTable``.
    path : path-like
        The file (CSV, UTF-8).

    Raises
    ------
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> table = ct.import_workbook("workbook.xlsx", "2026-06")
    >>> ct.write_code_rows(table.rows, "2026.csv")
    >>> ct.check_table("2026.csv")
    []
    """
    given = list(rows)
    for row in given:
        if not isinstance(row, CodeRow):
            raise wrong_kind("rows", "Iterable[CodeRow]", row)
    write_whole(path, table_text(given))

"""The rows of a code table file: read, typed and checked, every fault with its line and column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chiiki_tsusho.columns import RESERVED_NAMES
from chiiki_tsusho.errors import TableError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.law.table_files import (
    Fault,
    Month,
    NumberedRow,
    Whole,
    faults_text,
    period_faults,
    scan_rows,
    typed_rows,
)
from chiiki_tsusho.months import OPEN_END, month_before, next_month

Service = Literal["day_care", "medical_day_care"]
Shortfall = Literal["over_capacity", "understaffed"]
SERVICES: tuple[Service, ...] = ("day_care", "medical_day_care")
SHORTFALLS: tuple[Shortfall, ...] = ("over_capacity", "understaffed")
BASE_LINES, ALL_LINES = "base_lines", "all_lines"
MINUTES_OF_A_DAY = 1440
# 要介護1 to 5 (介護保険法 第7条, 要介護認定基準), and 0 for none.
LEVEL_SLOTS = 6
# How well a row is established: the printed table, an official text or two independent sources; or
# one of these for a part of it alone.
Confidence = Literal["high", "medium"]


CareLevel = Annotated[Whole, Field(ge=1, le=LEVEL_SLOTS - 1)]
PerMille = Annotated[Whole, Field(ge=-1000, le=10000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Names = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+( [a-z0-9_]+)*$")]


class CodeRow(BaseModel):
    """One code in one period, a row of the code table file (the fields are its columns)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    item_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}$")]
    valid_from: Month
    valid_to: Month
    name: Annotated[str, StringConstraints(min_length=1)]
    kind: Literal["base", "addition", "rate"]
    key: Name | None
    service: Literal["day_care", "medical_day_care", "both"]
    care_level: CareLevel | None
    minutes_from: Annotated[Whole, Field(ge=0, lt=MINUTES_OF_A_DAY)] | None
    minutes_to: Annotated[Whole, Field(ge=1, le=MINUTES_OF_A_DAY + 1)] | None
    shortfall: Shortfall | None
    base_units: Annotated[Whole, Field(ge=0)] | None
    short_hours_per_mille: Annotated[PerMille, Field(ge=0)] | None
    shortfall_per_mille: Annotated[PerMille, Field(ge=0)] | None
    extension_units: Annotated[Whole, Field(ge=0)] | None
    units: Whole | None
    published_units: Whole | None
    per_mille: PerMille | None
    rate_of: Name | None
    per: Literal["visit", "day", "one_way", "month"]
    max_per_visit: Annotated[Whole, Field(ge=1, le=99)] | None
    max_per_month: Annotated[Whole, Field(ge=1)] | None
    yields_to: Names | None
    group: Name | None
    limit_managed: Annotated[Whole, Field(ge=0, le=1)]
    only_with: Names | None = None
    not_with: Names | None = None
    reductions: Names | None = None
    reduction_per_mille: Annotated[PerMille, Field(ge=0)] | None = None
    confidence: Confidence | None = None
    source: Annotated[str, StringConstraints(min_length=1)]

    @property
    def service_code(self) -> str:
        """The service type and the item code together, ``781241``."""
        return self.service_type + self.item_code

    @property
    def largest_value(self) -> int:
        """The largest value of the key in one visit row."""
        return self.max_per_visit or 1

    @property
    def yields(self) -> tuple[str, ...]:
        """The keys that push this one aside on a visit."""
        return tuple((self.yields_to or "").split())

    @property
    def needed(self) -> tuple[str, ...]:
        """The keys of which one must stand beside this one."""
        return tuple((self.only_with or "").split())

    @property
    def excluded(self) -> tuple[str, ...]:
        """The keys that may not stand beside this one."""
        return tuple((self.not_with or "").split())

    @property
    def inside(self) -> tuple[str, ...]:
        """The keys of the reductions inside the composite of a base row."""
        return tuple((self.reductions or "").split())

    @property
    def is_chosen(self) -> bool:
        """Whether the code of a visit chooses this line: it is for some minutes or a level."""
        return self.kind == "addition" and (self.minutes_from, self.care_level) != (None, None)

    def composed_units(self) -> int:
        """Units of a base row by the steps of the law, whatever the ``units`` column says.

        Each reduction takes its share of 所定単位数 off, before the short hours and after the
        shortfall; this order is read from the composites of the ministry's table of 2024-06.
        """
        units = self.base_units or 0
        if self.short_hours_per_mille is not None and not self.inside:
            units = half_up(units, self.short_hours_per_mille)
        if self.shortfall_per_mille is not None:
            units = half_up(units, self.shortfall_per_mille)
        units -= len(self.inside) * half_up(self.base_units or 0, self.reduction_per_mille or 0)
        if self.short_hours_per_mille is not None and self.inside:
            units = half_up(units, self.short_hours_per_mille)
        return units + (self.extension_units or 0)


COLUMNS: tuple[str, ...] = tuple(CodeRow.model_fields)
CodeLine = NumberedRow[CodeRow]
_BASE_ONLY = (
    "minutes_from",
    "minutes_to",
    "base_units",
    "extension_units",
)
_NAMES_KEYS = ("yields_to", "only_with", "not_with")
_NOT_ON_BASE = ("key", "per_mille", "rate_of", "max_per_month", "group", *_NAMES_KEYS)
_A_ROW = {
    "base": Text("a base row"),
    "addition": Text("an addition row"),
    "rate": Text("a rate row"),
}
_ONLY_ON_BASE = (
    "base_units",
    "shortfall",
    "short_hours_per_mille",
    "shortfall_per_mille",
    "reductions",
    "reduction_per_mille",
)
# An addition may be chosen by the code of a visit; a rate never is.
_CHOOSING = ("care_level", "minutes_from", "minutes_to", "extension_units")
_NOT_ON_CHOSEN = ("max_per_month", "group", *_NAMES_KEYS)


def read_code_rows(path: Path) -> list[CodeLine]:
    """Read and check a code table file.

    Raises
    ------
    TableError
        Any check fails; the message lists the faults with line and column.
    """
    rows, faults = check_code_rows(path)
    if faults:
        raise TableError(faults_text(path, faults))
    return rows


def check_code_rows(path: Path) -> tuple[list[CodeLine], list[Fault]]:
    """Read a code table file and make every check, all faults at once.

    Returns
    -------
    rows : list of NumberedRow of CodeRow
        The rows whose cells have the right types.
    faults : list of Fault
        In order of line; empty when the table holds together.

    Raises
    ------
    TableError
        The file is unreadable or its heading is wrong, so no row can be checked.
    """
    rows, faults = typed_rows(path, CodeRow)
    return rows, in_order([*faults, *table_faults(rows)])


def check_table(path: str | Path) -> list[Fault]:
    """Check a code table file, every fault at once.

    Parameters
    ----------
    path : path-like
        A file in the layout of ``data/service_codes.csv``.

    Returns
    -------
    list of Fault
        In order of line; empty when the table can be used. A fault of a cell keeps its row out of
        the checks between rows.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.
    """
    rows, faults = scan_rows(Path(path), CodeRow)
    return in_order([*faults, *table_faults(rows)])


def table_faults(rows: list[CodeLine]) -> Iterator[Fault]:
    """Make every check of rows whose cells have the right types: each row, then its months."""
    for numbered in rows:
        yield from _row_faults(numbered)
    yield from period_faults(rows, lambda row: Text("code {code}", code=row.service_code))
    for _, _, active in segments(rows):
        yield from _month_faults(active)


def in_order(faults: list[Fault]) -> list[Fault]:
    """Sort faults by line, each one once."""
    return sorted(set(faults), key=lambda fault: (fault.line, fault.column, str(fault.message)))


def _row_faults(numbered: CodeLine) -> Iterator[Fault]:
    row = numbered.row
    required, blank = {
        "base": ((*_BASE_ONLY, "units"), _NOT_ON_BASE),
        "addition": (("key", "units"), (*_ONLY_ON_BASE, "per_mille", "rate_of")),
        "rate": (
            ("key", "per_mille", "rate_of"),
            (*_ONLY_ON_BASE, *_CHOOSING, "units", "published_units"),
        ),
    }[row.kind]
    a_row = _A_ROW[row.kind]
    for column in required:
        if getattr(row, column) is None:
            yield numbered.fault(column, Text("blank; {a_row} needs it", a_row=a_row))
    for column in blank:
        if getattr(row, column) is not None:
            yield numbered.fault(column, Text("must be blank on {a_row}", a_row=a_row))
    if row.key in RESERVED_NAMES:
        text = Text("is the name of an input column; choose another key")
        yield numbered.fault("key", text)
    if row.kind == "rate" and row.per != "month":
        yield numbered.fault("per", Text("a rate row is counted once a month: write month"))
    if row.kind == "base":
        yield from _base_faults(numbered)
    if row.kind == "addition":
        yield from _chosen_faults(numbered)
    if row.published_units is not None and row.published_units != row.units:
        text = Text("the table prints this, units says {units}", units=row.units)
        yield numbered.fault("published_units", text)


def _base_faults(numbered: CodeLine) -> Iterator[Fault]:
    row = numbered.row
    if row.service == "both":
        yield numbered.fault("service", Text("a base row belongs to one service"))
    if row.per != "visit":
        yield numbered.fault("per", Text("a base row is counted per visit"))
    if row.service == "day_care" and row.care_level is None:
        text = Text("blank; a base row of day_care needs it")
        yield numbered.fault("care_level", text)
    first, end = row.minutes_from, row.minutes_to
    if first is not None and end is not None and first >= end:
        yield numbered.fault("minutes_to", Text("not after minutes_from {first}", first=first))
    if (row.shortfall is None) != (row.shortfall_per_mille is None):
        text = Text("shortfall and its ratio go together")
        yield numbered.fault("shortfall_per_mille", text)
    if (row.reductions is None) != (row.reduction_per_mille is None):
        text = Text("reductions and their ratio go together")
        yield numbered.fault("reduction_per_mille", text)
    if row.units is not None and row.composed_units() != row.units:
        yield numbered.fault("units", Text("the steps give {units}", units=row.composed_units()))


def _chosen_faults(numbered: CodeLine) -> Iterator[Fault]:
    """Check an addition that is for visits of some minutes or of a care level alone."""
    row = numbered.row
    first, end = row.minutes_from, row.minutes_to
    if first is not None and end is not None and first >= end:
        yield numbered.fault("minutes_to", Text("not after minutes_from {first}", first=first))
    for column in ("minutes_from", "minutes_to"):
        if getattr(row, column) is None and (first, end, row.extension_units) != (None, None, None):
            yield numbered.fault(column, Text("blank; a line chosen by the length needs it"))
    if not row.is_chosen:
        return
    if row.per != "visit" or row.largest_value > 1:
        text = Text("a line chosen by the code of a visit is counted once a visit")
        yield numbered.fault("per", text)
    for column in _NOT_ON_CHOSEN:
        if getattr(row, column) is not None:
            text = Text("must be blank on a line chosen by the code of a visit")
            yield numbered.fault(column, text)
    if row.extension_units not in (None, row.units):
        text = Text("the line adds this, units says {units}", units=row.units)
        yield numbered.fault("extension_units", text)


def segments(rows: list[CodeLine]) -> list[tuple[int, int, list[CodeLine]]]:
    """Cut time where any row begins or ends.

    Returns
    -------
    list of (first month, last month, rows valid in them)
        In order of time, months without any row left out.
    """
    starts = {one.row.valid_from for one in rows}
    starts |= {next_month(one.row.valid_to) for one in rows if one.row.valid_to < OPEN_END}
    cuts = []
    ordered = sorted(starts)
    for first, following in zip(ordered, [*ordered[1:], None][: len(ordered)], strict=True):
        last = OPEN_END if following is None else month_before(following)
        active = [one for one in rows if one.row.valid_from <= first <= one.row.valid_to]
        if active:
            cuts.append((first, last, active))
    return cuts


def _month_faults(active: list[CodeLine]) -> Iterator[Fault]:
    keyed: dict[str, CodeLine] = {}
    for one in active:
        key = one.row.key
        if key is not None and one.row.kind != "base":
            if key in keyed and not (one.row.is_chosen and keyed[key].row.is_chosen):
                text = Text("in the same months as on line {line}", line=keyed[key].line)
                yield one.fault("key", text)
            keyed.setdefault(key, one)
    yield from _chosen_clashes([one for one in active if one.row.is_chosen])
    for one in active:
        yield from _named_key_faults(one, keyed)
        yield from _rate_faults(one, keyed)
    yield from _band_faults([one for one in active if one.row.kind == "base"])


def _named_key_faults(one: CodeLine, keyed: dict[str, CodeLine]) -> Iterator[Fault]:
    for column in (*_NAMES_KEYS, "reductions"):
        for target in (getattr(one.row, column) or "").split():
            if target not in keyed:
                text = Text("no row of these months has the key {target!r}", target=target)
                yield one.fault(column, text)
            elif keyed[target].row.is_chosen and column != "reductions":
                text = Text("the rows of {target!r} are chosen by the code", target=target)
                yield one.fault(column, text)
            elif target == one.row.key:
                yield one.fault(column, Text("names the row's own key"))
    for target in sorted({*one.row.needed} & {*one.row.excluded}):
        text = Text("only_with asks for {key!r}, not_with forbids it", key=target)
        yield one.fault("not_with", text)


def _chosen_clashes(lines: list[CodeLine]) -> Iterator[Fault]:
    """Find lines of one key that the same visits would choose, or that differ in more."""

    def condition(one: CodeLine) -> tuple[str, str, int]:
        return (one.row.key or "", one.row.service, one.row.care_level or 0)

    ordered = sorted(lines, key=lambda one: (condition(one), one.row.minutes_from or 0, one.line))
    for earlier, later in pairwise(ordered):
        overlap = (later.row.minutes_from or 0) < (earlier.row.minutes_to or MINUTES_OF_A_DAY + 1)
        if overlap and condition(earlier) == condition(later):
            text = Text("chosen by the same visits as line {line}", line=earlier.line)
            yield later.fault("minutes_from", text)
    first_of: dict[str, CodeLine] = {}
    for one in lines:
        first = first_of.setdefault(one.row.key or "", one)
        if one.row.limit_managed != first.row.limit_managed:
            text = Text("the same key has another on line {line}", line=first.line)
            yield one.fault("limit_managed", text)


def _rate_faults(one: CodeLine, keyed: dict[str, CodeLine]) -> Iterator[Fault]:
    seen: set[str | None] = {one.row.key}
    target = one.row.rate_of
    while target is not None and target not in (BASE_LINES, ALL_LINES):
        if target in seen:
            yield one.fault("rate_of", Text("comes back to itself"))
            return
        if target not in keyed or keyed[target].row.kind != "rate":
            text = Text("no rate row of these months has the key {target!r}", target=target)
            yield one.fault("rate_of", text)
            return
        seen.add(target)
        target = keyed[target].row.rate_of


def _band_faults(base: list[CodeLine]) -> Iterator[Fault]:
    def condition(one: CodeLine) -> tuple[str, str, int, list[str]]:
        row = one.row
        return (row.service, row.shortfall or "", row.care_level or 0, sorted(row.inside))

    ordered = sorted(base, key=lambda one: (condition(one), one.row.minutes_from or 0, one.line))
    for earlier, later in pairwise(ordered):
        overlap = (later.row.minutes_from or 0) < (earlier.row.minutes_to or 0)
        if overlap and condition(earlier) == condition(later):
            yield later.fault(
                "minutes_from",
                Text(
                    "code {code} answers the same visits as {other} on line {line}",
                    code=later.row.service_code,
                    other=earlier.row.service_code,
                    line=earlier.line,
                ),
            )

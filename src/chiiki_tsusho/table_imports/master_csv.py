"""The master CSV of codes that municipalities publish (単位数マスタ), its rows of type 78.

It has names and units with their months, and no text of conditions. A base code takes its
duration from the bundled rows of its name, where these cover all its months; its units must
follow from the plain code of the file (else of the bundled table) by the steps of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_rows import ALL_LINES, CodeRow
from chiiki_tsusho.law.named_additions import (
    SERVICE_TYPE,
    reduction,
    reduction_line,
    reduction_per_mille,
)
from chiiki_tsusho.law.published_names import (
    BaseName,
    normal,
    parse_base_name,
    parse_reduction_name,
    published,
)
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.months import OPEN_END, joined, named_spans
from chiiki_tsusho.table_imports.condition_text import ANY_LENGTH, Per, counted_per
from chiiki_tsusho.table_imports.gathering import (
    Gathering,
    ImportedTable,
    addition_cells,
    base_cells,
)
from chiiki_tsusho.table_imports.known_rows import (
    BY_HAND,
    KnownRows,
    RowRefusedError,
    bundled_rows,
    is_chained,
    refuse_other_sign,
    spelling,
)
from chiiki_tsusho.table_imports.master_rows import MasterRow, master_rows
from chiiki_tsusho.whole_files import given_path, visible_path

# 算定単位 and 限度額管理対象区分 as the published files use them; other codes are refused.
_PER: dict[str, Per] = {"1": "visit", "2": "day", "3": "month"}
_LIMIT_MANAGED = {"": 0, "3": 1}
_WHOLE = 1000
_Value = TypeVar("_Value")


@checked_call
def import_master(path: str | Path) -> ImportedTable:
    """Read the rows of service type 78 of a municipality's master CSV.

    Parameters
    ----------
    path : path-like
        CSV, or parted by tabs, in UTF-8, CP932 or UTF-16, with the headings サービス種類コード,
        サービス項目コード, 適用開始年月, 適用終了年月, サービス名称, 単位数 and 算定単位, or
        without any heading in the usual order. A title above them is passed over.

    Returns
    -------
    ImportedTable
        The rows that hold together, and each refused one with its line number and the reason.

    Raises
    ------
    InputFileError
        The file cannot be read, or a heading is missing or doubled.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> from pathlib import Path
    >>> row = "78,5301,202606,999999,地域通所介護入浴介助加算Ⅰ,40,1日につき"
    >>> _ = Path("master.csv").write_text(row, "utf-8")
    >>> len(ct.import_master("master.csv").rows)
    1
    """
    path = given_path(path)
    return _MasterImport(visible_path(path.name), bundled_rows()).table(path)


@dataclass(frozen=True)
class _Base:
    row: MasterRow
    name: BaseName
    units: int
    first: int
    last: int


class _MasterImport:
    def __init__(self, file: str, known: KnownRows) -> None:
        self._file = " ".join(file.split())
        self._known = known
        self._gathering = Gathering("line")
        self._plain: dict[BaseName, list[_Base]] = {}

    def table(self, path: Path) -> ImportedTable:
        base: list[_Base] = []
        reductions: list[tuple[_Base, str]] = []
        for row in master_rows(path, self._gathering):
            with self._refusing(row):
                first, last = _months(row)
                units = _units(row)
                _check_code(row)
                if name := parse_base_name(row.name):
                    base.append(_Base(row, name, units, first, last))
                elif line := parse_reduction_name(row.name):
                    reductions.append((_Base(row, line[1], units, first, last), line[0]))
                else:
                    self._place_addition(row, units, first, last)
        for one in base:
            if one.name.is_plain:
                self._plain.setdefault(one.name, []).append(one)
        for one in base:
            with self._refusing(one.row):
                self._place_base(one)
        for one, key in reductions:
            with self._refusing(one.row):
                self._place_reduction(one, key)
        self._gathering.widen(self._known.is_for_both)
        return self._gathering.settle()

    @contextmanager
    def _refusing(self, row: MasterRow) -> Iterator[None]:
        try:
            yield
        except RowRefusedError as error:
            code = SERVICE_TYPE + row.item_code
            self._gathering.refuse(row.at, code, published(row.name), error.reason)

    def _identity(self, row: MasterRow, first: int, last: int) -> dict[str, Any]:
        return {
            "item_code": row.item_code,
            "name": published(row.name),
            "valid_from": first,
            "valid_to": last,
            "source": f"{self._file} line {row.at}",
        }

    def _place(self, at: int, cells: dict[str, Any]) -> None:
        named = (cells.get("key"), cells["name"])
        self._known.refuse_contradiction(cells["item_code"], *named, cells["valid_from"])
        self._gathering.place_row(at, cells)

    def _place_base(self, one: _Base) -> None:
        name = one.name
        per = _per(one.row)
        if name.service == "day_care" and per != "visit":
            raise RowRefusedError(
                Text(
                    "算定単位 is {per!r}; a base code of 地域密着型通所介護 is counted per visit "
                    "(01)",
                    per=one.row.per,
                )
            )
        _check_limit(one.row, 1)
        minutes_from, minutes_to = ANY_LENGTH if per != "visit" else self._minutes(one)
        short = self._known.short_hours_per_mille() if name.short_hours else None
        shortfall = self._known.shortfall_per_mille() if name.shortfall else None
        cells = base_cells(
            name,
            one.units,
            self._identity(one.row, one.first, one.last)
            | {
                "minutes_from": minutes_from,
                "minutes_to": minutes_to,
                "base_units": one.units if name.is_plain else self._plain_units(one),
                "short_hours_per_mille": short,
                "shortfall_per_mille": shortfall,
                "extension_units": (
                    self._known.extension_units(name.extension) if name.extension else 0
                ),
                "per": per,
                "reduction_per_mille": (
                    reduction_per_mille(name.reductions[0]) if name.reductions else None
                ),
            },
        )
        self._place(one.row.at, cells)

    def _place_reduction(self, one: _Base, key: str) -> None:
        """Place the line of a reduction for one band and level, proved from its plain code."""
        known = reduction(key)
        units = -half_up(self._plain_units(one), reduction_per_mille(key))
        if abs(one.units) != -units:
            raise RowRefusedError(
                Text(
                    "単位数 {printed} does not follow from its base by {ratio}/1000, which gives "
                    "{units}; find out which figure is wrong",
                    printed=one.units,
                    ratio=reduction_per_mille(key),
                    units=units,
                )
            )
        _check_limit(one.row, known.limit_managed)
        line = reduction_line(key, one.name, self._minutes(one), units)
        cells = self._identity(one.row, one.first, one.last) | line
        self._place(one.row.at, cells | {"published_units": units})

    def _minutes(self, one: _Base) -> tuple[int, int]:
        """Take the duration of the bundled rows that share this part of the name."""
        found = self._known.durations(one.name)
        if one.name.moves_the_hours and len({minutes for _, _, minutes in found}) == 1:
            # 2 to 3 hours for 時減, one hour more for each 延: the same in every revision.
            return found[0][2]
        return _over_all_months(found, one, Text("the duration of this name"))

    def _plain_units(self, one: _Base) -> int:
        """Return the units of the plain code, of the file where it has that code."""
        same = [
            (plain.first, plain.last, plain.units)
            for plain in self._plain.get(one.name.plain, ())
            if plain.first <= one.last and one.first <= plain.last
        ]
        what = Text("the base (所定単位数) of this name")
        return _over_all_months(same or self._known.plain_units(one.name.plain), one, what)

    def _place_addition(self, row: MasterRow, units: int, first: int, last: int) -> None:
        if self._known.kinds(row.name) == {"rate"}:
            known = self._known.explain(row.name, row.item_code, first, "rate")
            figures = {"per_mille": _per_mille(units, known), "per": "month"}
        else:
            known = self._known.explain(row.name, row.item_code, first, "addition")
            refuse_other_sign(units, known)
            per = _per(row)
            # 片道 is a count of its own and has the code of 1回につき.
            one_way = per == "visit" and known.per == "one_way"
            figures = {"units": units, "published_units": units}
            figures["per"] = "one_way" if one_way else per
            if known.extension_units is not None:
                hours = ("minutes_from", "minutes_to", "extension_units")
                figures |= {name: getattr(known, name) for name in hours}
        _check_limit(row, known.limit_managed)
        cells = self._identity(row, first, last) | figures | {"name": spelling(row.name, known)}
        self._place(row.at, addition_cells(known, cells))


def _check_code(row: MasterRow) -> None:
    if not re.fullmatch(r"[0-9A-Z]{4}", row.item_code):
        raise RowRefusedError(
            Text(
                "サービス項目コード {code!r} is no item code; four digits or capital letters were "
                "expected",
                code=row.item_code,
            )
        )


def _months(row: MasterRow) -> tuple[int, int]:
    found = []
    for heading, text in (("適用開始年月", row.valid_from), ("適用終了年月", row.valid_to)):
        # Some files have whole dates.
        month = text[:6] if len(text) == len("20260601") else text
        open_end = heading == "適用終了年月" and month == str(OPEN_END)
        if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", month) and not open_end:
            raise RowRefusedError(
                Text(
                    "{heading} {value!r} is no month; write it as 202606",
                    heading=heading,
                    value=text,
                )
            )
        found.append(int(month))
    if found[1] < found[0]:
        raise RowRefusedError(
            Text(
                "適用終了年月 {last} lies before 適用開始年月 {first}",
                last=row.valid_to,
                first=row.valid_from,
            )
        )
    return found[0], found[1]


def _units(row: MasterRow) -> int:
    text = normal(row.units)
    if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d{1,7})", text):
        raise RowRefusedError(
            Text(
                "{heading} {value!r} is no figure; correct the cell",
                heading="単位数",
                value=row.units,
            )
        )
    return int(text.replace(",", ""))


def _per(row: MasterRow) -> Per:
    per = _PER.get(row.per.lstrip("0")) or counted_per(row.per)
    if per is None:
        raise RowRefusedError(
            Text("算定単位 {per!r} is not known; 01, 02 or 03 was expected", per=row.per)
        )
    return per


def _check_limit(row: MasterRow, known: int) -> None:
    if row.limit is None:
        return
    managed = _LIMIT_MANAGED.get(row.limit.lstrip("0"))
    if managed is None:
        raise RowRefusedError(
            Text(
                "限度額管理対象区分 {value!r} is not known; 3 or blank was expected; {by_hand}",
                value=row.limit,
                by_hand=BY_HAND,
            )
        )
    if managed != known:
        raise RowRefusedError(
            Text(
                "限度額管理対象区分 {value!r} puts it {here} the benefit limit, the bundled row of "
                "this name is {known}; {by_hand}",
                value=row.limit,
                here=(Text("outside"), Text("inside"))[managed],
                known=(Text("outside"), Text("inside"))[known],
                by_hand=BY_HAND,
            )
        )


def _per_mille(figure: int, known: CodeRow) -> int:
    """Read the figure of a rate: ‰ for a rate on all lines, elsewhere only what is proved."""
    if is_chained(known):
        raise RowRefusedError(
            Text(
                "a ratio of another row's result, which such a file does not give; take it from "
                "the ministry's workbook"
            )
        )
    # What is added is less than the whole; from there on the figure may be the whole with it.
    if known.rate_of == ALL_LINES and figure < _WHOLE:
        refuse_other_sign(figure, known)
        return figure
    meant = {figure, figure * 10, figure - _WHOLE, figure * 10 - _WHOLE}
    if known.per_mille not in meant:
        raise RowRefusedError(
            Text(
                "単位数 {figure} of a ratio is neither {ratio}/1000 nor that in per cent; {by_hand}"
                "",
                figure=figure,
                ratio=known.per_mille,
                by_hand=BY_HAND,
            )
        )
    return known.per_mille


def _over_all_months(found: list[tuple[int, int, _Value]], one: _Base, what: Text) -> _Value:
    """Return the one value that holds in every month of a row."""
    here = [(a, b, value) for a, b, value in found if a <= one.last and one.first <= b]
    values = {value for _, _, value in here}
    spans = joined([(a, b) for a, b, _ in here])
    facts = {"what": what, "first": one.row.valid_from, "last": one.row.valid_to}
    if len(values) > 1:
        raise RowRefusedError(
            Text("{what} changes between {first} and {last}; divide the row", **facts)
        )
    if not any(a <= one.first and one.last <= b for a, b in spans):
        known = joined([(a, b) for a, b, _ in found])
        raise RowRefusedError(
            Text(
                "{what} is known for {known}, not for all of {first} to {last}; take these months "
                "from the ministry's workbook with import-workbook",
                known=named_spans(known) if known else Text("no month"),
                **facts,
            )
        )
    return next(iter(values))

"""The ministry's code table workbook (介護給付費単位数等サービスコード表), turned into table rows.

The sheet 地域通所介護 prints service type, item code and name, then conditions as free text, then
合成単位数 and 算定単位. The name says which steps a base code takes, the text says its duration and
figures, and the printed composite must follow from them. What cannot be placed is refused by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import Any

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import UnsupportedMonthError, given_text
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.named_additions import SERVICE_TYPE
from chiiki_tsusho.law.published_names import (
    BaseName,
    normal,
    parse_base_name,
    parse_reduction_name,
    published,
)
from chiiki_tsusho.months import OPEN_END, MonthLike, month_text, parse_month
from chiiki_tsusho.table_imports.gathering import Gathering, ImportedTable, Refused, write_code_rows
from chiiki_tsusho.table_imports.known_rows import KnownRows, RowRefusedError, bundled_rows
from chiiki_tsusho.table_imports.printed_additions import printed_addition
from chiiki_tsusho.table_imports.printed_base import BaseRows, Durations, PrintedBase
from chiiki_tsusho.table_imports.sheet_cells import opened_sheet
from chiiki_tsusho.table_imports.sheet_rows import SHEET, SheetRow, sheet_rows
from chiiki_tsusho.whole_files import given_path, visible_path

__all__ = ["ImportedTable", "Refused", "import_workbook", "write_code_rows"]


@checked_call
def import_workbook(
    path: str | Path,
    valid_from: MonthLike,
    valid_to: MonthLike = str(OPEN_END),
    sheet: str = SHEET,
) -> ImportedTable:
    """Read the code table of the ministry's workbook.

    Parameters
    ----------
    path : path-like
        An ``.xlsx`` file.
    valid_from, valid_to : str, int, date or Period
        First and last month of the table, ``"2026-06"``, ``"202606"`` or ``202606``; ``"999999"``
        is an open end.
    sheet : str
        The name of the sheet with the table.

    Returns
    -------
    ImportedTable
        The rows that hold together, and each refused one with its row number and the reason.

    Raises
    ------
    InputFileError
        The file is no workbook, or has no sheet or heading of this layout.
    UnsupportedMonthError
        A month cannot be read, or the last lies before the first.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> table = ct.import_workbook("workbook.xlsx", "2026-06")
    >>> table.counts["base"] > 0
    True
    """
    path = given_path(path)
    first = parse_month(valid_from)
    open_end = isinstance(valid_to, (str, Integral)) and given_text(valid_to) == str(OPEN_END)
    last = OPEN_END if open_end else parse_month(valid_to)
    if last < first:
        raise UnsupportedMonthError(
            Text(
                "the last month {last} lies before the first, {first}",
                last=month_text(last),
                first=month_text(first),
            )
        )
    with opened_sheet(path, sheet) as cells:
        rows = list(sheet_rows(cells, f"{path}: {sheet}"))
    return _SheetImport(visible_path(path.name), first, last, bundled_rows()).table(rows)


class _SheetImport:
    def __init__(self, file: str, first: int, last: int, known: KnownRows) -> None:
        self._file = " ".join(file.split())
        self._period = {"valid_from": first, "valid_to": last}
        self._first = first
        self._known = known
        self._gathering = Gathering("row")

    def table(self, rows: list[SheetRow]) -> ImportedTable:
        base: list[PrintedBase] = []
        reductions: list[tuple[SheetRow, str, BaseName]] = []
        for row in rows:
            with self._refusing(row):
                if not self._is_ours(row):
                    continue
                if name := parse_base_name(row.name):
                    base.append(PrintedBase(row, name, row.units))
                elif line := parse_reduction_name(row.name):
                    reductions.append((row, *line))
                else:
                    self._place(row, printed_addition(row, self._known, self._first))
        durations = Durations(
            [(one.printed.at, one.name, one.printed.conditions.bands) for one in base]
        )
        base_rows = BaseRows(self._known, durations)
        # The plain codes first: the others are proved against their units.
        for one in sorted(base, key=lambda one: not one.name.is_plain):
            with self._refusing(one.printed):
                self._place(one.printed, base_rows.cells(one))
        for row, key, name in reductions:
            with self._refusing(row):
                self._place(row, base_rows.reduction_cells(row, key, name))
        self._gathering.widen(self._known.is_for_both)
        return self._gathering.settle()

    def _is_ours(self, row: SheetRow) -> bool:
        """Say whether a row is a code of type 78; what only looks like one is refused."""
        if row.has_type and row.has_code and row.service_type != SERVICE_TYPE:
            self._gathering.other_types[row.service_type] += 1
            return False
        ours = row.service_type == SERVICE_TYPE
        # A row that stands some cells further on has its type in one of these.
        moved = SERVICE_TYPE in (row.item_code, row.name)
        if not (ours or row.has_code or row.holds_a_figure or moved):
            return False
        if not ours:
            raise RowRefusedError(
                Text(
                    "the first cell {value!r} is no service type; write {type} there and the item "
                    "code in the next cell, or clear the row",
                    value=row.service_type,
                    type=SERVICE_TYPE,
                )
            )
        if not row.has_code:
            raise RowRefusedError(
                Text(
                    "the second cell {value!r} is no item code; four digits or capital letters "
                    "were expected",
                    value=row.item_code,
                )
            )
        if not normal(row.name):
            raise RowRefusedError(Text("the third cell, サービス内容略称, is blank; fill it in"))
        return True

    @contextmanager
    def _refusing(self, row: SheetRow) -> Iterator[None]:
        try:
            yield
        except RowRefusedError as error:
            code = f"{row.service_type}{row.item_code}" if row.has_code else ""
            self._gathering.refuse(row.at, code, published(row.name), error.reason)

    def _place(self, row: SheetRow, cells: dict[str, Any]) -> None:
        identity = self._period | {
            "item_code": row.item_code,
            "name": published(row.name),
            "source": f"{self._file} row {row.at}",
        }
        self._gathering.place_row(row.at, identity | cells)

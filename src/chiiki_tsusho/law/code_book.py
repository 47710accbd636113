"""A code table file: every code in every period, loaded once, and the table of each month."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from stat import S_ISREG

import numpy as np

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import SERVICES
from chiiki_tsusho.errors import UnsupportedMonthError
from chiiki_tsusho.language import Name
from chiiki_tsusho.law.bands import MINUTE_SLOTS
from chiiki_tsusho.law.code_file import read_code_rows
from chiiki_tsusho.law.code_rows import CodeLine, CodeRow, segments
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.coverage import document_of
from chiiki_tsusho.law.published_names import SERVICE_PREFIX, normal
from chiiki_tsusho.law.table_files import NumberedRow, law_file, read_table
from chiiki_tsusho.months import MonthLike, joined, month_text, named_spans, parse_month
from chiiki_tsusho.number_arrays import fixed
from chiiki_tsusho.problem_texts import Message


@checked_call
class CodeBook:
    """A code table file: every code in every period.

    Parameters
    ----------
    rows : list of NumberedRow of CodeRow
        Checked rows.
    file : mapping of str to str, optional
        ``name`` and ``sha256`` of the file they were read from.
    """

    def __init__(self, rows: list[CodeLine], file: Mapping[str, str] | None = None) -> None:
        self.rows = rows
        self.file = file
        self._segments = segments(rows)
        self._tables: dict[int, CodeTable] = {}
        self._tables_of_start: dict[int, CodeTable] = {}
        self.known_minutes = np.zeros((len(SERVICES), MINUTE_SLOTS), dtype=bool)
        for one in rows:
            if one.row.kind == "base":
                kind = SERVICES.index(one.row.service)
                self.known_minutes[kind, one.row.minutes_from : one.row.minutes_to] = True
        for one in rows:
            if one.row.kind == "addition" and one.row.extension_units:
                for kind, service in enumerate(SERVICES):
                    if one.row.service in ("both", service):
                        known = self.known_minutes[kind]
                        known[one.row.minutes_from : one.row.minutes_to] = True
        fixed(self.known_minutes)

    def __repr__(self) -> str:
        """Name the file, where it was read from one, and the size."""
        named = "" if self.file is None else f"{self.file['name']}, "
        return f"CodeBook({named}{len(self.rows)} rows)"

    @classmethod
    @checked_call
    def of_month(cls, table: CodeTable) -> CodeBook:
        """Make a book of one month only."""
        period = {"valid_from": table.month, "valid_to": table.month}
        rows = [row.model_copy(update=period) for row in table.rows]
        book = cls([NumberedRow(line, row) for line, row in enumerate(rows, start=2)])
        book.known_minutes = table.known_minutes
        return book

    @cached_property
    def months(self) -> list[tuple[int, int]]:
        """First and last month of each unbroken run of months that have base codes."""
        return joined(
            [
                (first, last)
                for first, last, active in self._segments
                if any(one.row.kind == "base" for one in active)
            ]
        )

    @cached_property
    def key_names(self) -> dict[str, dict[str, list[tuple[int, int]]]]:
        """For each published name of an addition or rate, its keys and their months."""
        names: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for one in self.rows:
            if one.row.key is not None:
                spans = names.setdefault(one.row.name, {}).setdefault(one.row.key, [])
                spans.append((one.row.valid_from, one.row.valid_to))
        return names

    @checked_call
    def called(self, key: str, heading: str) -> Name:
        """Name an addition: by a Japanese heading of its column, else by the name of its rows."""
        name = heading
        if normal(heading).isascii():
            names = [name for name, keys in self.key_names.items() if key in keys]
            name = names[-1].removeprefix(SERVICE_PREFIX) if names else heading
        return Name(key, name if name == key else f"{name}({key})")

    @cached_property
    def largest_values(self) -> dict[str, int]:
        """For each key its largest value in one visit row, in any month."""
        largest: dict[str, int] = {}
        for one in self.rows:
            if one.row.key is not None:
                largest[one.row.key] = max(largest.get(one.row.key, 1), one.row.largest_value)
        return largest

    @checked_call
    def supports(self, month: int) -> bool:
        """Say whether a month has base codes.

        Parameters
        ----------
        month : int
            YYYYMM, such as ``201604``.

        Returns
        -------
        bool
        """
        return any(first <= month <= last for first, last in self.months)

    @checked_call
    def unsupported(self, month: int) -> Message:
        """Say which months there are."""
        facts = {
            "month": month_text(month),
            "months": named_spans(self.months),
            "document": document_of(month),
        }
        return Message("unsupported_month", "unsupported_month", facts)

    @checked_call
    def table(self, month: int) -> CodeTable:
        """Return the table of a month.

        Parameters
        ----------
        month : int
            YYYYMM, such as ``201604``.

        Returns
        -------
        CodeTable
            One for all callers.

        Raises
        ------
        UnsupportedMonthError
            No base code is valid in the month; the message gives the months there are.
        """
        if not self.supports(month):
            raise UnsupportedMonthError(self.unsupported(month))
        table = self._tables.get(month)
        if table is None:
            table = self._tables[month] = self._table_like(month)
        return table

    def _table_like(self, month: int) -> CodeTable:
        """Let months with the same rows share what is made of them: a file may name many months."""
        first, active = next(
            (first, active) for first, last, active in self._segments if first <= month <= last
        )
        table = self._tables_of_start.get(first)
        if table is None:
            rows = sorted((one.row for one in active), key=lambda row: row.service_code)
            table = CodeTable(month, tuple(rows), self.known_minutes)
            self._tables_of_start[first] = table
        return table if table.month == month else table.of_month(month)


def code_row(book: CodeBook, month: int, code: str) -> CodeRow | None:
    """Return the row of a code in a month, None where there is none."""
    return book.table(month).rows_by_code.get(code) if book.supports(month) else None


@checked_call
def load_code_book(path: str | Path | None = None) -> CodeBook:
    """Load every period of a code table file, once.

    Parameters
    ----------
    path : path-like, optional
        A file in the layout of ``data/service_codes.csv``; without it, the bundled table.

    Returns
    -------
    CodeBook

    Raises
    ------
    TableError
        The file fails a check; the message lists the faults with line and column.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.load_code_book().months
    [(201604, 999999)]
    """
    file = law_file("service_codes.csv") if path is None else Path(path)
    with suppress(OSError, ValueError):
        state = file.stat()
        if S_ISREG(state.st_mode):
            return _cached_book(file, file.absolute(), state.st_mtime_ns, state.st_size)
    # A pipe holds another table each time it is opened.
    return _book(file)


@lru_cache(maxsize=8)
def _cached_book(file: Path, _place: Path, _changed: int, _size: int) -> CodeBook:
    return _book(file)


def _book(file: Path) -> CodeBook:
    table = read_table(file)
    return CodeBook(read_code_rows(table), {"name": file.name, "sha256": table.sha256})


@checked_call
def load_codes(month: MonthLike, path: str | Path | None = None) -> CodeTable:
    """Load the code table of a month.

    Parameters
    ----------
    month : str, int, date or pandas.Period
        ``"2016-04"``, ``"201604"`` or ``201604``; of a date its month.
    path : path-like, optional
        A file in the layout of ``data/service_codes.csv``; without it, the bundled table.

    Returns
    -------
    CodeTable

    Raises
    ------
    UnsupportedMonthError
        Not a month, or one the table does not have; the message gives the months there are.
    TableError
        The file fails a check.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.load_codes("2016-04")
    CodeTable(2016-04, 162 codes)
    >>> ct.load_codes("2016-04").units(["781241", "789405"]).tolist()
    [426, 333]
    """
    return load_code_book(path).table(parse_month(month))


@checked_call
def code_book(codes: CodeBook | CodeTable | str | Path | None) -> CodeBook:
    """Return the code book that ``codes=`` stands for."""
    if isinstance(codes, CodeBook):
        return codes
    if isinstance(codes, CodeTable):
        return CodeBook.of_month(codes)
    return load_code_book(codes)

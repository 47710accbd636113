"""The law of one month as that of every month: what each side of a comparison is priced by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.months import MonthLike, parse_month

Codes = CodeBook | CodeTable | str | Path | None


@dataclass(frozen=True, eq=False, repr=False)
class _AppliedTable(CodeTable):
    """The rows of one month applied to another, ``month``."""

    law: int

    @property
    def law_month(self) -> int:
        """The month whose law the rows are."""
        return self.law


class LawOfMonth(CodeBook):
    """A book that answers every month with the table of one.

    Headings are understood as in any of ``books``, the first that knows a name deciding, so that
    both sides read the same out of the same file.
    """

    def __init__(self, book: CodeBook, month: int, books: tuple[CodeBook, ...]) -> None:
        self.law = book.table(month)
        super().__init__(book.rows)
        for other in reversed(books):
            self.known_minutes = self.known_minutes | other.known_minutes
            self.key_names = {**self.key_names, **other.key_names}
            self.largest_values = {
                key: max(self.largest_values.get(key, 1), other.largest_values.get(key, 1))
                for key in {**self.largest_values, **other.largest_values}
            }
        self._applied: dict[int, CodeTable] = {}

    def supports(self, month: int) -> bool:  # noqa: ARG002 (every month has the same table)
        """Say yes: the law of one month is applied to all."""
        return True

    def table(self, month: int) -> CodeTable:
        """Return the rows of the law as the table of a month."""
        if month not in self._applied:
            rows, law = self.law.rows, self.law.month
            self._applied[month] = _AppliedTable(month, rows, self.known_minutes, law)
        return self._applied[month]


def laws_of(
    month_a: MonthLike, month_b: MonthLike, codes: Codes, codes_b: Codes
) -> tuple[LawOfMonth, LawOfMonth]:
    """Make the books of both sides, which read the same out of the same headings.

    Raises
    ------
    UnsupportedMonthError
        Not a month, or one its table does not have.
    TableError
        A table given fails a check.
    """
    first, second = parse_month(month_a), parse_month(month_b)
    book_a = code_book(codes)
    book_b = book_a if codes_b is None else code_book(codes_b)
    books = (book_a,) if book_b is book_a else (book_a, book_b)
    return LawOfMonth(book_a, first, books), LawOfMonth(book_b, second, books)

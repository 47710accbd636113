"""What the code table says of the code of each line: whether it has units of its own, its level."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints


def without_units(codes: pa.Array, months: Ints, book: CodeBook) -> Flags:
    """Say which lines leave 単位数 at 0 and have their units in サービス単位数 alone.

    The item has four places, and a code of a whole month of 療養通所介護 needs five, as a
    reduction of 共生型サービス may with its sign. The interface specification has 0 or nothing
    there for these codes (サービス事業所編 令和6年4月 ※4); all others are filled in.

    Parameters
    ----------
    codes : Array of str, shape (lines,)
        The service code of each line.
    months : ndarray of int64, shape (lines,)
        The month of service of each line.
    book : CodeBook
        Months that it does not have have no such codes.

    Returns
    -------
    ndarray of bool, shape (lines,)
    """

    def of_rows(table: CodeTable) -> Iterable[int]:
        reductions = [rate.key for rate in table.rates.values() if rate.reduces]
        return (row.is_visit_by_month or row.key in reductions for row in table.rows)

    return _looked_up(codes, months, book, of_rows) > 0


def levels_of_codes(codes: pa.Array, months: Ints, book: CodeBook) -> Ints:
    """Return the care level of the code of each line, 0 where it has none.

    Parameters and shapes are those of `without_units`.
    """
    return _looked_up(
        codes, months, book, lambda table: (row.care_level or 0 for row in table.rows)
    )


def _looked_up(
    codes: pa.Array, months: Ints, book: CodeBook, of_rows: Callable[[CodeTable], Iterable[int]]
) -> Ints:
    """Return what a figure of its row is for the code of each line, 0 where there is no row."""
    figures = np.zeros(len(months), dtype=np.int64)
    for month in np.unique(months).tolist():
        if not book.supports(month):
            continue
        table = book.table(month)
        known = pa.array(table.service_codes.tolist(), codes.type)
        row = numbers_of(compute.index_in(codes, value_set=known).fill_null(NO_ROW))
        at = months == month
        of_month = np.fromiter(of_rows(table), dtype=np.int64, count=len(table.rows))
        figures[at] = np.append(of_month, 0)[row[at]]
    return figures

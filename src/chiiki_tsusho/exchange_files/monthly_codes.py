"""Codes whose units are of the month alone: 療養通所介護 by the month, and 共生型サービス."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.law.code_book import CodeBook
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
    flags = np.zeros(len(months), dtype=bool)
    for month in np.unique(months).tolist():
        if not book.supports(month):
            continue
        table = book.table(month)
        reductions = [rate.key for rate in table.rates.values() if rate.reduces]
        monthly = [
            code
            for code, row in zip(table.service_codes.tolist(), table.rows, strict=True)
            if (row.kind == "base" and row.per == "month") or row.key in reductions
        ]
        if monthly:
            found = compute.is_in(codes, value_set=pa.array(monthly, codes.type))
            flags |= found.to_numpy(zero_copy_only=False) & (months == month)
    return flags

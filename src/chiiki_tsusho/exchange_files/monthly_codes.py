"""Base codes that are counted by the month (療養通所介護): their 単位数 has no place of its own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.number_arrays import Flags, Ints


def without_units(codes: pa.Array, months: Ints, book: CodeBook) -> Flags:
    """Say which lines leave 単位数 at 0 and have their units in サービス単位数 alone.

    The item has four digits, and a code of a whole month of 療養通所介護 has five. The interface
    specification has 0 or nothing there for these codes; codes by the visit or day are filled in.

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
        monthly = [
            code
            for code, row in zip(table.service_codes.tolist(), table.rows, strict=True)
            if row.kind == "base" and row.per == "month"
        ]
        if monthly:
            found = compute.is_in(codes, value_set=pa.array(monthly, codes.type))
            flags |= found.to_numpy(zero_copy_only=False) & (months == month)
    return flags

"""Dates and months of claim files, ``YYYYMMDD`` and ``YYYYMM``, as arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.number_arrays import Flags, Ints

DATE_DIGITS = 8
# Nobody who is insured was born before it.
FIRST_MONTH = 190001
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)


def month_days(month: Ints) -> Ints:
    """Return the days of months ``YYYYMM``."""
    year, number = month // 100, month % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days: Ints = _MONTH_DAYS[np.clip(number, 1, 12) - 1] + (leap & (number == 2))
    return days


def month_ends(month: Ints) -> tuple[Ints, Ints]:
    """Return the first and the last day of months ``YYYYMM``."""
    return month * 100 + 1, month * 100 + month_days(month)


def days_left(
    month: Ints, started: Ints, stopped: Ints, begins: Ints, ends: Ints
) -> tuple[Ints, Ints]:
    """Return how many days of a month start, stop and certification leave to a service.

    Parameters
    ----------
    month : ndarray of int64, shape (n,)
    started, stopped, begins, ends : ndarray of int64, shape (n,)
        Days; one outside the month bounds nothing.

    Returns
    -------
    least, most : ndarray of int64, shape (n,)
        Under this certification, and where another one may have held before it.
    """
    first, last = month_ends(month)

    def kept(days: Ints, otherwise: Ints) -> Ints:
        return np.where((days >= first) & (days <= last), days, otherwise)

    start, end = kept(started, first), np.minimum(kept(stopped, last), kept(ends, last))
    certified = np.maximum(start, kept(begins, first))
    return np.maximum(0, end - certified + 1), np.maximum(0, end - start + 1)


def whole(texts: pa.StringArray, digits: int) -> Ints:
    """Read texts of so many digits as numbers; −1 for any other, 0 for a blank one."""
    good = compute.match_substring_regex(texts, f"^[0-9]{{{digits}}}$")
    numbers = compute.if_else(good, texts, "-1").cast(pa.int64())
    numbers = compute.if_else(compute.equal(texts, ""), 0, numbers)
    values: Ints = numbers.to_numpy(zero_copy_only=False)
    return values


def bad_months(texts: pa.StringArray) -> Flags:
    """Say which texts are neither blank nor a month."""
    months = whole(texts, 6)
    flags: Flags = (months != 0) & ~_month_like(months)
    return flags


def bad_dates(texts: pa.StringArray) -> Flags:
    """Say which texts are neither blank nor a date."""
    dates = whole(texts, DATE_DIGITS)
    month, day = dates // 100, dates % 100
    flags: Flags = (dates != 0) & ~(_month_like(month) & (day >= 1) & (day <= month_days(month)))
    return flags


def _month_like(months: Ints) -> Flags:
    flags: Flags = (months >= FIRST_MONTH) & (months % 100 >= 1) & (months % 100 <= 12)
    return flags

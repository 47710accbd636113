"""The two roundings of the law, on integers alone.

One function each for a single figure and for an ``int64`` array: a month computed in bulk and a
visit explained by hand cannot round differently.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Whole = TypeVar("Whole", int, "NDArray[np.int64]")


def half_up(units: Whole, per_mille: Whole | int) -> Whole:
    """Apply a ratio to units and round half up.

    Parameters
    ----------
    units : int or ndarray of int64
        Units before the ratio.
    per_mille : int or ndarray of int64
        The ratio in thousandths: 700 is 70 %.

    Returns
    -------
    int or ndarray of int64
        Units, a tie rounded up.

    Notes
    -----
    Notice 老企第36号, second part, 1 (1): each multiplication by a ratio is rounded at once, so
    ratios are applied one at a time, always to an integer.

    Examples
    --------
    >>> half_up(475, 700)  # 332.5
    333
    """
    try:
        return (units * per_mille + 500) // 1000
    except TypeError as error:
        raise TypeError(f"units, per_mille: whole numbers were expected: {error}") from error


def floor_share(amount: Whole, share: Whole | int, whole: int) -> Whole:
    """Take ``share / whole`` of an amount, the fraction cut off.

    Parameters
    ----------
    amount, share : int or ndarray of int64
        Not negative. For yen: units and price × 100, or yen and the benefit rate in per cent.
    whole : int
        The denominator, 100 for both.

    Returns
    -------
    int or ndarray of int64
        Yen, cut off as 介護給付費の請求 prescribes (one cut per claim, never per line).

    Examples
    --------
    >>> floor_share(10_011, 1_090, 100)  # units and 10.90 yen: 109119.9
    109119
    """
    try:
        return amount * share // whole
    except TypeError as error:
        raise TypeError(f"amount, share, whole: whole numbers were expected: {error}") from error

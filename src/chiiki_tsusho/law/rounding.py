"""The two roundings of the law, on integers alone.

One function each for a single figure and for an ``int64`` array: a month computed in bulk and a
visit explained by hand cannot round differently.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text

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

    Raises
    ------
    ChiikiTsushoError
        They are no whole numbers.

    Notes
    -----
    Notice 老企第36号, second part, 1 (1): each multiplication by a ratio is rounded at once, so
    ratios are applied one at a time, always to an integer.

    Examples
    --------
    >>> half_up(475, 700)  # 332.5
    333
    """
    product = _product(_wide(units, "units"), _wide(per_mille, "per_mille"))
    rounded: Whole = (product + 500) // 1000
    return rounded


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

    Raises
    ------
    ChiikiTsushoError
        They are no whole numbers, or the denominator is less than 1.

    Examples
    --------
    >>> floor_share(10_011, 1_090, 100)  # units and 10.90 yen: 109119.9
    109119
    """
    if np.ndim(_wide(whole, "whole")):
        raise _no_whole_numbers("whole", type(whole).__name__)
    if whole < 1:
        raise ChiikiTsushoError(
            Text(
                "{name}: {wrong}: a whole number {limit} was expected",
                name="whole",
                wrong=str(whole),
                limit=Text("of {least} or more", least=1),
            )
        )
    cut: Whole = _product(_wide(amount, "amount"), _wide(share, "share")) // int(whole)
    return cut


def _product(one: Any, other: Any) -> Any:
    """Multiply numbers or arrays that go together."""
    try:
        return one * other
    except (TypeError, ValueError, OverflowError) as error:
        # Of two shapes, of two tables, or a number larger than an array may hold.
        raise ChiikiTsushoError(
            Text("the numbers cannot be multiplied: {why}", why=str(error))
        ) from error


def _wide(numbers: Any, name: str) -> Any:
    """Return whole numbers wide enough for a product: a narrow array would overflow in silence."""
    kind = getattr(numbers, "dtype", None)
    if type(numbers) is int or kind == np.int64:
        return numbers
    code = getattr(kind, "kind", None)
    if code not in ("i", "u") or (code == "u" and np.any(numbers > np.iinfo(np.int64).max)):
        raise _no_whole_numbers(name, type(numbers).__name__ if kind is None else str(kind))
    try:
        return numbers.astype(np.int64)
    except ValueError:
        raise ChiikiTsushoError(
            Text("{name}: blank; a whole number was expected", name=name)
        ) from None


def _no_whole_numbers(name: str, kind: str) -> ChiikiTsushoError:
    return ChiikiTsushoError(
        Text("{name}: whole numbers were expected, not {kind}", name=name, kind=kind)
    )

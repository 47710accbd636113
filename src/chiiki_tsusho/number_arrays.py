"""Arrays of whole numbers and of flags, and the distinct numbers of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


Array = TypeVar("Array", bound=npt.NDArray[Any])


def fixed(array: Array) -> Array:
    """Return an array that is shared, and that nobody can write into from now on."""
    array.flags.writeable = False
    return array


def distinct_numbers(values: npt.NDArray[np.integer]) -> Ints:
    """Return the distinct numbers, ascending.

    ``np.unique`` does the same, but imports masked arrays to do so, which takes longer than to
    price a small month.
    """
    ordered = np.sort(values).astype(np.int64, copy=False)
    return ordered[first_of_runs(ordered)]


def first_of_runs(ordered: npt.NDArray[np.integer]) -> Flags:
    """Say where among ordered numbers another one begins."""
    return np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]


def summed(values: npt.NDArray[Any], group: Ints, groups: int) -> Ints:
    """Sum the values of each of so many groups; ``group`` says of which each value is."""
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums


def placed(values: Ints, at: npt.NDArray[np.integer], size: int) -> Ints:
    """Put figures at some places among so many; elsewhere is 0."""
    figures = np.zeros(size, dtype=np.int64)
    figures[at] = values
    return figures


def flagged(at: npt.NDArray[Any] | list[int], size: int) -> Flags:
    """Flag some places among so many."""
    flags = np.zeros(size, dtype=bool)
    flags[at] = True
    return flags


def places_in(order: npt.NDArray[np.integer]) -> Ints:
    """Return where each of some things stands in an order of them all."""
    return placed(np.arange(len(order)), order, len(order))


def chained(parts: Iterable[npt.NDArray[Any]]) -> Ints:
    """Put numbers one after the other; of no parts, none."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

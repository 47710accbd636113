"""Arrays of whole numbers and of flags, and the distinct numbers of one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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

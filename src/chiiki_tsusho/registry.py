"""Dense ids for keys that arrive block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Ints = npt.NDArray[np.int64]
# New keys gather in a small index until they are this part of the large one: rebuilding the large
# index for every block would cost the square of the blocks.
_RECENT_SHARE = 4


class Registry:
    """Ids 0, 1, 2 … for int64 keys, in the order in which they were first seen."""

    def __init__(self) -> None:
        self.keys: Ints = np.zeros(0, dtype=np.int64)
        self._settled = _index(self.keys)
        self._recent = _index(self.keys)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self.keys)

    def __getstate__(self) -> Ints:
        return self.keys

    def __setstate__(self, keys: Ints) -> None:
        self.keys = keys
        self._settled = _index(keys)
        self._recent = _index(keys[:0])

    def ids(self, keys: Ints) -> Ints:
        """Return the id of each key, a new one for a key not seen before.

        Parameters
        ----------
        keys : ndarray of int64, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        if not len(keys):
            return np.zeros(0, dtype=np.int64)
        # Rows of one claim mostly follow each other: look each run up once.
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        if 2 * len(starts) < len(keys):
            lengths = np.diff(np.append(starts, len(keys)))
            return np.repeat(self._distinct_ids(keys[starts]), lengths)
        return self._distinct_ids(keys)

    def _distinct_ids(self, keys: Ints) -> Ints:
        positions, distinct = pd.factorize(keys)
        ids = self.find(distinct)
        new = ids < 0
        if new.any():
            ids[new] = np.arange(len(self.keys), len(self.keys) + np.count_nonzero(new))
            self._append(distinct[new])
        return ids[positions]

    def _append(self, new: Ints) -> None:
        self.keys = np.concatenate((self.keys, new))
        settled = len(self._settled)
        if (len(self.keys) - settled) * _RECENT_SHARE > settled:
            self._settled = _index(self.keys)
            self._recent = _index(new[:0])
        else:
            self._recent = _index(self.keys[settled:])

    def find(self, keys: Ints) -> Ints:
        """Return the id of each key, −1 for a key not seen before."""
        ids = self._settled.get_indexer(pd.Index(keys)).astype(np.int64, copy=False)
        missing = np.flatnonzero(ids < 0)
        if missing.size and len(self._recent):
            recent = self._recent.get_indexer(pd.Index(keys[missing]))
            ids[missing] = np.where(recent < 0, -1, recent + len(self._settled))
        return ids


def _index(keys: Ints) -> pd.Index[Any]:
    index: pd.Index[Any] = pd.Index(keys, dtype=np.int64)
    # Asking builds the hash table now: threads that look up later only read it.
    assert index.is_unique
    return index


class TextIds:
    """Ids 0, 1, 2 … for texts, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._arrow: pa.StringArray | None = None

    def copy(self) -> TextIds:
        """Return others that know the same texts."""
        copied = TextIds()
        copied._ids = dict(self._ids)
        return copied

    def __len__(self) -> int:
        """Count the texts."""
        return len(self._ids)

    def ids(self, texts: list[str]) -> Ints:
        """Return the id of each text, a new one for a text not seen before."""
        known = self._ids
        for text in texts:
            known.setdefault(text, len(known))
        return np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts))

    @property
    def texts(self) -> list[str]:
        """The texts in the order of their ids."""
        return list(self._ids)

    @property
    def arrow(self) -> pa.StringArray:
        """The texts in the order of their ids, as an Arrow array."""
        if self._arrow is None or len(self._arrow) != len(self._ids):
            self._arrow = pa.array(self.texts, pa.string())
        return self._arrow

    def ranks(self) -> Ints:
        """Return for each id its place in the order of the texts."""
        ranks = np.empty(len(self._ids), dtype=np.int64)
        ranks[np.argsort(np.array(self.texts, dtype=object))] = np.arange(len(self._ids))
        return ranks

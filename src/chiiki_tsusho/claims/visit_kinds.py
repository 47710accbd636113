"""The kinds of visits: rows alike in all but whose they are and on which day.

A nation's month has a few thousand kinds, where minutes that no code tells apart are alike. Each
is looked at once, and its rows only share what was found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.claims.calendars import DOUBTED
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, first_of_runs
from chiiki_tsusho.reading.dense_ids import (
    Positions,
    TupleIds,
    WordIndex,
    by_runs,
    paired,
    words_of_pairs,
)


class RowKinds:
    """What is known of each kind of visit, arrays of shape (kinds,).

    Parameters
    ----------
    conditions : int
        How many numbers make up a kind.

    Attributes
    ----------
    visit_kind, session : ndarray of int64
        What is done, as ``VisitKinds`` numbers it, and which visit of the day it is
        (negative where unreadable).
    faulty, open_level : ndarray of bool
        Whether the rows have a problem, and whether it leaves their care level unknown.
    """

    def __init__(self, conditions: int) -> None:
        self._index = WordIndex(words_of_pairs(conditions))
        self.visit_kind: Ints = np.zeros(0, dtype=np.int64)
        self.session: Ints = np.zeros(0, dtype=np.int64)
        self.faulty: Flags = np.zeros(0, dtype=bool)
        self.open_level: Flags = np.zeros(0, dtype=bool)

    def __len__(self) -> int:
        """Count the kinds."""
        return len(self._index)

    def ids(self, conditions: Sequence[npt.NDArray[np.integer]], rows: int) -> Positions:
        """Return the kind of each row.

        Parameters
        ----------
        conditions : sequence of ndarray of int, shape (rows,)
            Numbers of less than 32 bits; negative ones are told apart too.
        rows : int
        """
        return by_runs(paired(conditions, rows), self._index.ids)

    def new_rows(self, ids: Positions) -> Ints:
        """Return a row of each kind not yet learned, in the order of their ids."""
        known = len(self.visit_kind)
        rows = np.flatnonzero(ids >= known)
        rows = rows[np.argsort(ids[rows], kind="stable")]
        return rows[first_of_runs(ids[rows])]

    def learn(self, visit_kind: Ints, session: Ints, faulty: Flags, open_level: Flags) -> None:
        """Add what was found of the kinds not yet learned."""
        self.visit_kind = np.concatenate((self.visit_kind, visit_kind))
        self.session = np.concatenate((self.session, session))
        self.faulty = np.concatenate((self.faulty, faulty))
        self.open_level = np.concatenate((self.open_level, open_level))


class VisitKinds:
    """The distinct ways in which a visit was done: code, care level and additions."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        # Code and care level, then the keys.
        self._index = TupleIds(2 + len(keys))
        self.columns: list[Ints] = []
        # Of visits that are in doubt no more is known than their level.
        level = np.arange(LEVEL_SLOTS)
        nothing = np.zeros_like(level)
        ids = self.ids([np.full_like(level, NO_ROW), level, *(nothing for _ in keys)])
        assert (ids == DOUBTED + level).all()

    def without_code(self, kinds: Ints) -> Flags:
        """Say which visits of some kinds have no code, so that their service is not known."""
        none: Flags = self.columns[0][kinds] == NO_ROW
        return none

    def ids(self, columns: list[Ints]) -> Ints:
        """Return the kind of each visit.

        Parameters
        ----------
        columns : list of ndarray of int64, shape (visits,)
            Row of the table, care level, counts of the keys.
        """
        known = len(self._index)
        ids = self._index.ids(*columns)
        if len(self._index) > known:
            # Column by column along the memory, as they are asked for.
            self.columns = [np.ascontiguousarray(column) for column in self._index.parts()]
        return ids

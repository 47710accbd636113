"""The month on record: every claim met so far and its calendar of visits.

A calendar is the grid of サービス提供票: a row for each claim, a column for each day, in each
cell what was done. Visits arrive in any order and are entered once; read row by row they come
out claim by claim in order of time. What is kept grows with claims, not with visits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.dense_ids import TupleIds
from chiiki_tsusho.reading.insured_numbers import INSURED_BITS
from chiiki_tsusho.records import record

DAYS = 31
# The first kinds are of different visits that meet in one cell, one for each care level that they
# have in common; the very first, of none, is also of visits of several levels.
DOUBTED = 0
# What is marked of each claim.
_ROWS, _FIRST_LINE, _HELD, _OPEN_LEVEL, _APART, _BESIDE = range(6)


class Grid:
    """A table of whole numbers that gains rows, and width of cells, as they are asked for."""

    def __init__(self, columns: int, dtype: npt.DTypeLike = np.int32) -> None:
        self.cells = np.zeros((0, columns), dtype=dtype)

    def reach(self, rows: int) -> None:
        """Have at least so many rows."""
        held, columns = self.cells.shape
        if rows > held:
            grown = np.zeros((max(rows, 2 * held), columns), dtype=self.cells.dtype)
            grown[:held] = self.cells
            self.cells = grown

    def hold(self, number: int) -> None:
        """Have cells wide enough for a number."""
        if number > np.iinfo(self.cells.dtype).max:
            self.cells = self.cells.astype(np.int32)


@dataclass
class Calendars:
    """All claims of a batch: who they are, their calendars, and which are held."""

    # Of provider, insurer and month; and of such a pair and an insured person.
    pairs: TupleIds = field(default_factory=lambda: TupleIds(3, (32, 32, 32)))
    claims: TupleIds = field(default_factory=lambda: TupleIds(2, (30, INSURED_BITS)))
    _calendar: Grid = field(default_factory=lambda: Grid(DAYS, np.int16))
    # Second and later visits of a day are few: they have sheets of their own.
    _sheets: TupleIds = field(default_factory=lambda: TupleIds(2))
    _by_owner: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _more: Grid = field(default_factory=lambda: Grid(DAYS, np.int16))
    _marks: Grid = field(default_factory=lambda: Grid(_BESIDE + 1))

    def __len__(self) -> int:
        """Count the claims."""
        return len(self.claims)

    def pair_ids(self, provider: Ints, insurer: Ints, month: Ints) -> Ints:
        """Return the id of each (provider, insurer, month number)."""
        return self.pairs.ids(provider, insurer, month)

    def pair_parts(self, pairs: Ints | slice = slice(None)) -> tuple[Ints, Ints, Ints]:
        """Return provider, insurer and month number of pair ids."""
        provider, insurer, month = self.pairs.parts(pairs)
        return provider, insurer, month

    def claim_ids(self, pair: Ints, insured: Ints, line: Ints) -> Ints:
        """Return the id of each row's claim, a (pair, insured person), and note its first line."""
        known = len(self.claims)
        ids = self.claims.ids(pair, insured)
        self._calendar.reach(len(self.claims))
        self._marks.reach(len(self.claims))
        if len(self.claims) > known:
            new = np.flatnonzero(ids >= known)[::-1]
            # Written backwards, so that the earliest line of a claim is the one that stays.
            self._marks.cells[ids[new], _FIRST_LINE] = line[new]
        return ids

    def find_pairs(self, provider: Ints, insurer: Ints, month: Ints) -> Ints:
        """Return the id of each (provider, insurer, month number), negative for none known."""
        return self.pairs.find(provider, insurer, month)

    def find_claims(self, pair: Ints, insured: Ints) -> Ints:
        """Return the id of each row's claim, negative for none known."""
        return self.claims.find(pair, insured)

    def claim_parts(self, claims: Ints | slice = slice(None)) -> tuple[Ints, Ints]:
        """Return pair id and packed insured number of claims."""
        pair, insured = self.claims.parts(claims)
        return pair, insured

    def parts(self, claims: Ints | slice = slice(None)) -> tuple[Ints, Ints, Ints, Ints]:
        """Return provider, insurer, packed insured number and month number of claims."""
        pair, insured = self.claim_parts(claims)
        provider, insurer, month = self.pair_parts(pair)
        return provider, insurer, insured, month

    def enter(self, claim: Ints, session: Ints, day: Ints, kind: Ints, level: Ints) -> None:
        """Enter visits into the calendars of their claims.

        Two visits in one cell leave fewer cells filled than rows entered: ``doubled`` counts such
        visits afterwards.

        Parameters
        ----------
        claim, session, day, kind : ndarray of int64, shape (visits,)
        level : ndarray of int64, shape (kinds,)
            The care level of each kind.
        """
        if not len(claim):
            return
        least, most = int(claim.min()), int(claim.max()) + 1
        rows = np.bincount(claim - least, minlength=most - least)
        self._marks.cells[least:most, _ROWS] += rows.astype(np.int32)
        largest = int(kind.max()) + 1
        self._calendar.hold(largest)
        self._more.hold(largest)
        later = session > 1
        if later.any():
            sheet = self._sheets.ids(claim[later], session[later])
            self._more.reach(len(self._sheets))
            self._fill(self._more, sheet * DAYS + day[later] - 1, kind[later], claim[later], level)
            first = ~later
            claim, day, kind = claim[first], day[first], kind[first]
        self._fill(self._calendar, claim * DAYS + day - 1, kind, claim, level)

    def _fill(self, grid: Grid, at: Ints, kind: Ints, claim: Ints, level: Ints) -> None:
        """Fill cells; what is found in one must not depend on the order of its visits."""
        cells = grid.cells.ravel()
        entered = (kind + 1).astype(cells.dtype)
        before = cells[at]
        cells[at] = entered
        differ = (cells[at] != entered) | ((before != entered) & (before != 0))
        if not differ.any():
            return
        at, own, before = at[differ], level[kind[differ]], before[differ]
        there = level[cells[at] - 1]
        agree = (own == there) & ((before == 0) | (own == level[before - 1]))
        cells[at] = DOUBTED + 1 + own
        cells[at[~agree]] = DOUBTED + 1
        self.open_level(claim[differ][~agree])

    def hold(self, claims: Ints) -> None:
        """Hold claims."""
        self._marks.cells[claims, _HELD] = 1

    def hold_for(self, claims: Ints, rows: Ints | int) -> None:
        """Hold claims for so many rows that may be of them and that say nothing for certain."""
        self.hold(claims)
        self.open_level(claims)
        self.set_apart(claims, rows)

    def open_level(self, claims: Ints) -> None:
        """Mark claims with a row whose care level is not known."""
        self._marks.cells[claims, _OPEN_LEVEL] = 1

    def is_level_open(self, claims: Ints) -> Flags:
        """Say which of some claims have a row whose care level is not known."""
        level_open: Flags = self._marks.cells[claims, _OPEN_LEVEL] > 0
        return level_open

    def set_apart(self, claims: Ints, rows: Ints | int = 1) -> None:
        """Count rows that may be of claims and are in no calendar."""
        np.add.at(self._marks.cells[:, _APART], claims, rows)

    def apart(self, claims: Ints) -> Ints:
        """Return how many rows may be of each of some claims and are in no calendar."""
        rows: Ints = self._marks.cells[claims, _APART].astype(np.int64)
        return rows

    def set_beside(self, claims: Ints, rows: Ints | int) -> None:
        """Count rows that may be of claims of the same persons at providers without one."""
        np.add.at(self._marks.cells[:, _BESIDE], claims, rows)

    @property
    def beside(self) -> Ints:
        """How many rows may be of another claim of each one's person, shape (claims,)."""
        rows: Ints = self._marks.cells[: len(self.claims), _BESIDE].astype(np.int64)
        return rows

    def is_held(self, claims: Ints) -> Flags:
        """Say which of some claims are held."""
        held: Flags = self._marks.cells[claims, _HELD] > 0
        return held

    @property
    def held(self) -> Flags:
        """Which claims are held, shape (claims,)."""
        return self._marks.cells[: len(self.claims), _HELD] > 0

    @property
    def first_lines(self) -> npt.NDArray[np.int32]:
        """The line of each claim's first row, shape (claims,)."""
        return self._marks.cells[: len(self.claims), _FIRST_LINE]

    def visits(self, claims: Ints) -> Entries:
        """Return the visits of claims, claim by claim and in order of time.

        Parameters
        ----------
        claims : ndarray of int64, shape (claims,)
            Ids; the first of them is claim 0 of the result.
        """
        cells = self._calendar.cells[claims]
        there = cells != 0
        filled = np.flatnonzero(there)
        found = np.count_nonzero(there, axis=1)
        claim = np.repeat(np.arange(len(claims)), found)
        day = filled - claim * DAYS
        kind = cells.ravel()[filled].astype(np.int64) - 1
        session = np.ones(len(claim), dtype=np.int64)
        if len(self._sheets):
            claim, day, session, kind = self._with_sheets(claims, claim, day, session, kind)
            found = np.bincount(claim, minlength=len(claims))
        rows = self._marks.cells[claims, _ROWS]
        return Entries(claim, day + 1, session, kind, doubled=rows - found)

    def _with_sheets(
        self, claims: Ints, claim: Ints, day: Ints, session: Ints, kind: Ints
    ) -> tuple[Ints, Ints, Ints, Ints]:
        owner, number = self._sheets.parts()
        if len(self._by_owner) != len(owner):
            self._by_owner = np.lexsort((number, owner))
        owned = owner[self._by_owner]
        low = np.searchsorted(owned, claims)
        sheets = np.searchsorted(owned, claims, side="right") - low
        if not sheets.any():
            return claim, day, session, kind
        place = np.repeat(np.arange(len(claims)), sheets)
        wanted = self._by_owner[
            np.repeat(low - np.cumsum(sheets) + sheets, sheets) + np.arange(len(place))
        ]
        cells = self._more.cells[wanted]
        filled = np.flatnonzero(cells)
        sheet, later_day = np.divmod(filled, DAYS)
        claim = np.concatenate((claim, place[sheet]))
        day = np.concatenate((day, later_day))
        session = np.concatenate((session, number[wanted[sheet]]))
        kind = np.concatenate((kind, cells.ravel()[filled].astype(np.int64) - 1))
        # The sheets of a claim come in the order of their sessions, behind the first.
        order = np.argsort(claim * DAYS + day, kind="stable")
        return claim[order], day[order], session[order], kind[order]


@record
class Entries:
    """What the calendars of some claims hold, claim by claim and in order of time.

    Parameters
    ----------
    claim, day, session, kind : ndarray of int64, shape (visits,)
    doubled : ndarray of int, shape (claims,)
        How many visits each claim has besides another of the same date and session.
    """

    claim: Ints
    day: Ints
    session: Ints
    kind: Ints
    doubled: npt.NDArray[np.integer]

    @property
    def crowded(self) -> Flags:
        """Which claims have two visits of the same date and session."""
        return self.doubled > 0

    def only(self, chosen: Flags) -> Entries:
        """Return some of the visits."""
        return Entries(
            self.claim[chosen],
            self.day[chosen],
            self.session[chosen],
            self.kind[chosen],
            self.doubled,
        )

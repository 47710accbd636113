"""The visits of a month's claims as arrays, and what is asked of them claim by claim.

Many claims of one month are computed at once: visits lie one after the other, claim by claim and
in time within a claim, and every figure of a claim is a sum over its stretch of visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers
from chiiki_tsusho.records import record

# A word holds figures side by side and stays above 0.
_WORD_BITS = 63


@record
class BilledKinds:
    """The ways in which the visits of a month were done, arrays of shape (kinds,).

    Parameters
    ----------
    base : ndarray of int64
        Row of the table of the visit's own code.
    level : ndarray of int64
        Care level, 0 where it was left blank.
    values : mapping of key to ndarray of int64
        Counts of each addition that any of the visits may have.
    """

    base: Ints
    level: Ints
    values: Mapping[str, Ints]


@record
class MonthVisits:
    """The visits of whole claims of one month.

    Parameters
    ----------
    table : CodeTable
        The codes of the month.
    claim : ndarray of int64, shape (visits,)
        The claim of each visit, 0, 1, 2 …, ascending and none left out.
    day : ndarray of int64, shape (visits,)
        Day of the month, ascending within a claim.
    kind : ndarray of int64, shape (visits,)
        Which of the kinds each visit is. There are far fewer of them than visits: what is asked
        of a visit is answered for its kind.
    kinds : BilledKinds
    """

    table: CodeTable
    claim: Ints
    day: Ints
    kind: Ints
    kinds: BilledKinds

    @property
    def base(self) -> Ints:
        """Row of the table of each visit's own code."""
        return self.kinds.base[self.kind]

    @property
    def level(self) -> Ints:
        """Care level of each visit."""
        return self.kinds.level[self.kind]

    @property
    def keys(self) -> tuple[str, ...]:
        """The additions that any of the visits may have."""
        return tuple(self.kinds.values)

    def values(self, key: str) -> Ints:
        """Return the counts of an addition, visit by visit."""
        return self.kinds.values[key][self.kind]

    @cached_property
    def starts(self) -> Ints:
        """Where each claim begins."""
        return _starts(self.claim)

    @cached_property
    def day_starts(self) -> Ints:
        """Where each day of a claim begins."""
        return _starts(self.claim, self.day)

    @cached_property
    def own_counts(self) -> Ints | None:
        """How often each visit counts its own code; None where each counts it once.

        A code per day or month (療養通所介護 since 2021-04) is borne by the first of its visits.
        """
        rows = self.table.rows
        fewer = [at for at in distinct_numbers(self.kinds.base).tolist() if rows[at].per != "visit"]
        if not fewer:
            return None
        counts = np.ones(len(self.claim), dtype=np.int64)
        for at in fewer:
            starts = self.starts if rows[at].per == "month" else self.day_starts
            with_it = self.base == at
            counts = np.where(with_it, _first_of(with_it, starts), counts)
        return counts

    @cached_property
    def _most_visits(self) -> int:
        return int(np.diff(self.starts, append=len(self.claim)).max(initial=0))

    def sums(self, of_kind: Mapping[str, Ints], on: Flags | None = None) -> dict[str, Ints]:
        """Sum figures over the visits of each claim.

        Figures are summed side by side in one word, each in as many bits as its sum may need: a
        third of the time of one sum after another.

        Parameters
        ----------
        of_kind : mapping of name to ndarray of int64, shape (kinds,)
            No figure is negative.
        on : ndarray of bool, shape (visits,), optional
            Only these visits.

        Returns
        -------
        dict of name to ndarray of int64, shape (claims,)
        """
        words: list[Ints] = []
        places: dict[str, tuple[int, int, int]] = {}
        used = 0
        for name, figures in of_kind.items():
            # A negative figure would borrow from its neighbour.
            assert figures.min(initial=0) >= 0, name
            bits = (int(figures.max(initial=0)) * self._most_visits).bit_length()
            if not words or used + bits > _WORD_BITS:
                words.append(np.zeros(len(figures), dtype=np.int64))
                used = 0
            words[-1] |= figures << used
            places[name] = len(words) - 1, used, (1 << bits) - 1
            used += bits
        totals = []
        for word in words:
            of_visit = word[self.kind]
            totals.append(np.add.reduceat(of_visit if on is None else of_visit * on, self.starts))
        return {name: totals[at] >> shift & mask for name, (at, shift, mask) in places.items()}

    @cached_property
    def highest_level(self) -> Ints:
        """The highest care level of each claim, 0 where none is given."""
        return np.maximum.reduceat(self.level, self.starts)

    def visits_with(self, key: str) -> Ints:
        """Count the visits of each claim that have a key."""
        if key not in self._counted:
            unknown = [one for one in self.keys if one not in self._counted]
            flags = {one: (self.kinds.values[one] > 0).astype(np.int64) for one in unknown}
            self._counted.update(self.sums(flags))
        return self._counted[key]

    def days_with(self, key: str) -> Ints:
        """Count the days of each claim on which any visit has a key."""
        visits, (rows, starts, claim) = self.visits_with(key), self._shared_days
        if not len(rows):
            return visits
        had = np.add.reduceat(self.kinds.values[key][self.kind[rows]] > 0, starts, dtype=np.int64)
        days = visits.copy()
        np.subtract.at(days, claim, np.maximum(had - 1, 0))
        return days

    def on_shared_day(self, key: str) -> Flags:
        """Say of each visit whether its day has several, any of which has a key; some day has."""
        flags = np.zeros(len(self.claim), dtype=bool)
        rows, starts, _ = self._shared_days
        had = np.logical_or.reduceat(self.kinds.values[key][self.kind[rows]] > 0, starts)
        flags[rows] = np.repeat(had, np.diff(starts, append=len(rows)))
        return flags

    @cached_property
    def _shared_days(self) -> tuple[Ints, Ints, Ints]:
        """The visits of days with several, where each such day begins among them, its claim."""
        lengths = np.diff(self.day_starts, append=len(self.claim))
        shared = lengths > 1
        ends = np.cumsum(lengths[shared])
        return (
            np.flatnonzero(np.repeat(shared, lengths)),
            ends - lengths[shared],
            self.claim[self.day_starts[shared]],
        )

    def has(self, key: str) -> Flags:
        """Say of each claim whether any of its visits has a key."""
        flags: Flags = self.visits_with(key) > 0
        return flags

    @cached_property
    def _counted(self) -> dict[str, Ints]:
        return {}

    def yielded(self) -> MonthVisits:
        """Take off what gives way on a visit (送迎減算 where 同一建物減算 applies)."""
        values = self.kinds.values
        left = dict(values)
        for key in values:
            for stronger in self.table.row_of(key).yields:
                if stronger in values:
                    left[key] = left[key] * (values[stronger] == 0)
        yielded = replace(self, kinds=replace(self.kinds, values=left))
        kept = {key: had for key, had in self._counted.items() if left[key] is values[key]}
        yielded._counted.update(kept)
        return yielded

    def only(self, claims: Flags) -> MonthVisits:
        """Return the visits of some of the claims, these renumbered."""
        chosen = claims[self.claim]
        return MonthVisits(
            self.table,
            (np.cumsum(claims) - 1)[self.claim[chosen]],
            self.day[chosen],
            self.kind[chosen],
            self.kinds,
        )


def _starts(*ascending: Ints) -> Ints:
    changes = np.logical_or.reduce([column[1:] != column[:-1] for column in ascending])
    return np.flatnonzero(np.concatenate(([True], changes)))


def bear(visits: MonthVisits, key: str) -> Ints:
    """Say how many counts of an addition each visit bears.

    An addition per visit or one way is borne by its visit, one per day by the first visit of the
    day that has it, one per month by the first of the month; so sums of what visits bear are the
    counts of the claim, and running sums say what came before a visit.
    """
    values = visits.values(key)
    per = visits.table.row_of(key).per
    if per in ("visit", "one_way"):
        return values
    flags = values > 0
    if per == "month":
        return _first_of(flags, visits.starts)
    if len(visits.day_starts) == len(flags):
        return flags.astype(np.int64)
    return _first_of(flags, visits.day_starts)


def _first_of(flags: Flags, starts: Ints) -> Ints:
    """Keep the first flag of every stretch."""
    before = np.cumsum(flags, dtype=np.int64) - flags
    lengths = np.diff(np.append(starts, len(flags)))
    first: Flags = flags & (before == np.repeat(before[starts], lengths))
    return first.astype(np.int64)

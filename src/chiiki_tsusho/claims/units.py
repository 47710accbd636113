"""A month's claims in units, in the order of the law. ``price`` is the reading list.

Many claims of one month are computed at once: visits lie one after the other, claim by claim and
in time within a claim, and every figure of a claim is a sum over its stretch of visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.law.code_rows import BASE_LINES
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.rounding import half_up

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# A word holds figures side by side and stays above 0.
_WORD_BITS = 63


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
        return _starts(self.claim * 32 + self.day)

    @cached_property
    def own_counts(self) -> Ints | None:
        """How often each visit counts its own code; None where each counts it once.

        A code per day or month (療養通所介護 since 2021-04) is borne by the first of its visits.
        """
        rows = self.table.rows
        fewer = [at for at in np.unique(self.kinds.base).tolist() if rows[at].per != "visit"]
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

        Figures are summed side by side in one word, each in as many bits as its sum may need.

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
            for stronger in self.table.rows[self.table.key_positions[key]].yields:
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


def _starts(ascending: Ints) -> Ints:
    return np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))


@dataclass(frozen=True)
class PublicPart:
    """What is under public funds, of the few claims that have them.

    Parameters
    ----------
    at : ndarray of int64, shape (funded,)
        Where these claims stand among all, ascending.
    counts, units : ndarray of int64, shape (funded, codes)
    """

    at: Ints
    counts: Ints
    units: Ints

    def of(self, claim: Ints, column: Ints) -> tuple[Ints, Ints]:
        """Return counts and units of lines, given the claim and the column of each."""
        counts, units = (np.zeros(len(claim), dtype=np.int64) for _ in range(2))
        place = np.full(max(claim.max(initial=-1), self.at.max(initial=-1)) + 1, -1)
        place[self.at] = np.arange(len(self.at))
        row = place[claim]
        funded = np.flatnonzero(row >= 0)
        row, column = row[funded], column[funded]
        counts[funded], units[funded] = self.counts[row, column], self.units[row, column]
        return counts, units


@dataclass(frozen=True)
class ClaimLines:
    """The lines of many claims as two matrices, one row a claim, one column a code.

    Parameters
    ----------
    items : ndarray of int64, shape (codes,)
        Rows of the table, in the order of their service codes.
    counts, service_units : ndarray of int64, shape (claims, codes)
        Filled in step by step by ``count`` and ``add_base_rates`` and ``add_all_rates``.
    public : PublicPart, optional
        What of them is under public funds; None where nothing is.
    """

    table: CodeTable
    items: Ints
    counts: Ints
    service_units: Ints
    public: PublicPart | None = None

    @cached_property
    def managed(self) -> Flags:
        """Which codes count against 区分支給限度基準額, shape (codes,)."""
        return np.array([bool(self.table.rows[at].limit_managed) for at in self.items], dtype=bool)

    @cached_property
    def of_all_lines(self) -> Flags:
        """Which codes are ratios of all other lines (処遇改善), shape (codes,)."""
        rates = self.table.rates
        keys = [self.table.rows[at].key for at in self.items]
        return np.array(
            [key in rates and rates[key].basis != BASE_LINES for key in keys], dtype=bool
        )

    def units(self, of_codes: Flags | slice = slice(None)) -> Ints:
        """Sum the units of some codes, shape (claims,)."""
        units: Ints = self.service_units.T[of_codes].sum(axis=0)
        return units

    def column(self, key: str) -> int:
        """Return the column of a key."""
        return int(np.searchsorted(self.items, self.table.key_positions[key]))


def price(visits: MonthVisits) -> ClaimLines:
    """Compute the lines of claims as they stand before any limit.

    Nothing in ``visits`` may have to give way any more (``MonthVisits.yielded``).

    Counts come first, then the ratios of base lines, last the ratios of all lines: each in the
    order of interface and law (老企第36号 第二 1), each rounded once on the month's sum.
    """
    lines = count(visits)
    bases = base_rate_bases(visits)
    add_base_rates(lines, {key: basis.reduced for key, basis in bases.items()})
    add_all_rates(lines, visits)
    return lines


def service_fits(table: CodeTable, key: str) -> Flags:
    """Say for each row of the table whether a key can be added to its service."""
    services = {row.service for row in table.rows if row.key == key}
    return np.array(
        ["both" in services or row.service in services for row in table.rows], dtype=bool
    )


def conflicts(visits: MonthVisits) -> list[tuple[str, tuple[str, ...], Flags, Flags]]:
    """Find keys of one group that stand side by side.

    Returns
    -------
    list of (group, keys, on visits, in claims)
        For each group in use: the visits with more than one of its keys, and the claims in which
        keys counted once a month meet without a visit in common.
    """
    found = []
    rows, positions = visits.table.rows, visits.table.key_positions
    values = visits.kinds.values
    for group, members in visits.table.groups.items():
        keys = tuple(key for key in members if key in values)
        # Few claims have two keys of a group anywhere: only those are looked at visit by visit.
        if len(keys) < 2 or not _several([visits.has(key) for key in keys]).any():
            continue
        on_visit = _several([values[key] > 0 for key in keys])[visits.kind]
        monthly = [visits.has(key) for key in keys if rows[positions[key]].per == "month"]
        same_visit = np.logical_or.reduceat(on_visit, visits.starts)
        found.append((group, keys, on_visit, _several(monthly) & ~same_visit))
    return found


def not_together(visits: MonthVisits) -> list[tuple[tuple[str, str], Flags, Flags]]:
    """Find keys that the table does not let stand together.

    Returns
    -------
    list of (keys, on visits, in claims)
        For each two such keys in use, that which excludes first: the visits that have both where
        both are counted visit by visit or day by day, else the claims that do.
    """
    found = []
    for key, others in visits.table.not_with.items():
        for other in others:
            if key not in visits.keys or other not in visits.keys:
                continue
            if _of_the_month(visits.table, key) or _of_the_month(visits.table, other):
                on_visit, in_claim = _nowhere(visits.claim), visits.has(key) & visits.has(other)
            else:
                values = visits.kinds.values
                on_visit = ((values[key] > 0) & (values[other] > 0))[visits.kind]
                in_claim = _nowhere(visits.starts)
            found.append(((key, other), on_visit, in_claim))
    return found


def needing_others(visits: MonthVisits) -> list[tuple[str, tuple[str, ...], Flags, Flags]]:
    """Find keys that lack the one they can only stand beside.

    Returns
    -------
    list of (key, what it needs one of, on visits, in claims)
        For each such key in use: the visits that have it alone; or the claims, where it is counted
        once a month. What is a ratio of base lines is looked for on the visit itself, since it
        is taken of the visits that have it.
    """
    found = []
    for key, needed in visits.table.only_with.items():
        if key not in visits.keys:
            continue
        beside = [one for one in needed if one in visits.keys]
        if _of_the_month(visits.table, key):
            have = [visits.has(one) for one in beside]
            in_claim = visits.has(key) & ~np.any([_nowhere(visits.starts), *have], axis=0)
            on_visit = _nowhere(visits.claim)
        else:
            in_claim = _nowhere(visits.starts)
            have = [
                visits.has(one)[visits.claim]
                if _of_the_month(visits.table, one) and not _of_base_lines(visits.table, one)
                else visits.values(one) > 0
                for one in beside
            ]
            on_visit = (visits.values(key) > 0) & ~np.any([_nowhere(visits.claim), *have], axis=0)
        found.append((key, needed, on_visit, in_claim))
    return found


def _nowhere(alike: Ints) -> Flags:
    return np.zeros(len(alike), dtype=bool)


def _of_the_month(table: CodeTable, key: str) -> bool:
    return table.rows[table.key_positions[key]].per == "month"


def _of_base_lines(table: CodeTable, key: str) -> bool:
    return key in table.rates and table.rates[key].basis == BASE_LINES


def _several(flags: list[Flags]) -> Flags:
    """Say where more than one of the flags is set."""
    several: Flags = np.sum(flags, axis=0) > 1
    return several


def bear(visits: MonthVisits, key: str) -> Ints:
    """Say how many counts of an addition each visit bears.

    An addition per visit or one way is borne by its visit, one per day by the first visit of the
    day that has it, one per month by the first of the month; so sums of what visits bear are the
    counts of the claim, and running sums say what came before a visit.
    """
    values = visits.values(key)
    per = visits.table.rows[visits.table.key_positions[key]].per
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


def count(visits: MonthVisits) -> ClaimLines:
    """Count visits by their own code, and additions as the table counts them."""
    table = visits.table
    used = np.zeros(len(table.rows), dtype=bool)
    used[visits.kinds.base] = True
    used[[table.key_positions[key] for key in visits.keys]] = True
    items = np.flatnonzero(used)
    column = np.cumsum(used) - 1
    claims = len(visits.starts)
    places = (column[visits.kinds.base] * claims)[visits.kind] + visits.claim
    if visits.own_counts is not None:
        places = places[visits.own_counts > 0]
    counts = np.bincount(places, minlength=claims * len(items))
    # Codes are few and claims many: what is done code by code runs along the memory.
    counts = counts.reshape(len(items), claims).T
    for key, counted in _counts_of_keys(visits).items():
        counts[:, column[table.key_positions[key]]] = counted
    return ClaimLines(table, items, counts, counts * table.row_units[items])


def _counts_of_keys(visits: MonthVisits) -> dict[str, Ints]:
    """Count each addition; a ratio gets its one count where its line is written."""
    counts: dict[str, Ints] = {}
    several: dict[str, Ints] = {}
    for key, values in visits.kinds.values.items():
        row = visits.table.rows[visits.table.key_positions[key]]
        if row.kind != "addition":
            continue
        if row.per == "month":
            counts[key] = visits.has(key).astype(np.int64)
        elif row.per == "day":
            counts[key] = visits.days_with(key)
        elif values.max(initial=0) <= 1:
            counts[key] = visits.visits_with(key)
        else:
            several[key] = values
    return counts | visits.sums(several)


def apply_rate(basis: Ints, per_mille: tuple[int, ...]) -> Ints:
    """Apply a chain of ratios, each rounded before the next."""
    units = basis
    for ratio in per_mille:
        units = half_up(units, ratio)
    return units


@dataclass(frozen=True)
class RateBasis:
    """What a ratio of base lines is taken of, arrays of shape (claims,).

    Parameters
    ----------
    units : ndarray of int64
        Units of the base codes of the visits that have the ratio.
    reductions : mapping of key to ndarray of int64
        What the ratios below 0 take off these visits, negative.
    """

    units: Ints
    reductions: Mapping[str, Ints]

    @property
    def reduced(self) -> Ints:
        """The units less the reductions."""
        return sum(self.reductions.values(), self.units)


def base_rate_bases(visits: MonthVisits, on: Flags | None = None) -> dict[str, RateBasis]:
    """Sum the units of base codes on the visits that have each ratio of base lines.

    The ratio is taken once on the month's sum, not on each visit (老企第36号: 387 × 6 × 15 %).
    A reduction (共生型) comes first: the others are taken of what it leaves of their visits.

    Parameters
    ----------
    visits : MonthVisits
    on : ndarray of bool, shape (visits,), optional
        Only these visits.
    """
    table, values = visits.table, visits.kinds.values
    keys = [key for key in values if _of_base_lines(table, key)]
    reductions = [key for key in keys if table.rates[key].per_mille[0] < 0]
    pairs = [(key, less) for key in keys if key not in reductions for less in reductions]
    units = table.row_units[visits.kinds.base]
    if visits.own_counts is not None:
        on = visits.own_counts > 0 if on is None else on & (visits.own_counts > 0)
    sums = visits.sums(
        {key: units * (values[key] > 0) for key in keys}
        | {
            f"{key} {less}": units * ((values[key] > 0) & (values[less] > 0)) for key, less in pairs
        },
        on,
    )
    return {
        key: RateBasis(
            sums[key],
            {
                less: apply_rate(sums[f"{key} {less}"], table.rates[less].per_mille)
                for one, less in pairs
                if one == key
            },
        )
        for key in keys
    }


def add_base_rates(lines: ClaimLines, bases: Mapping[str, Ints]) -> None:
    """Write the lines that are ratios of base lines (中山間地域等に居住する者への加算).

    Parameters
    ----------
    lines : ClaimLines
        Changed in place.
    bases : mapping of key to ndarray of int64, shape (claims,)
    """
    for key, basis in bases.items():
        write_rate(lines, key, apply_rate(basis, lines.table.rates[key].per_mille), basis != 0)


def add_all_rates(lines: ClaimLines, visits: MonthVisits) -> None:
    """Write the lines that are ratios of all other lines (処遇改善加算).

    One such ratio is never part of the basis of another.
    """
    basis = lines.units()
    for key in all_rate_keys(visits):
        write_rate(lines, key, apply_rate(basis, lines.table.rates[key].per_mille), visits.has(key))


def all_rate_keys(visits: MonthVisits) -> list[str]:
    """Return the keys in use that are ratios of all lines."""
    rates = visits.table.rates
    return [key for key in visits.keys if key in rates and rates[key].basis != BASE_LINES]


def write_rate(lines: ClaimLines, key: str, units: Ints, applies: Flags) -> None:
    """Write the line of a ratio: its units once, or nothing."""
    column = lines.column(key)
    lines.service_units[:, column] = np.where(applies, units, 0)
    lines.counts[:, column] = applies

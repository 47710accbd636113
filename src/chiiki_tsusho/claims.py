"""A month's claims in units, in the order of the law. ``price`` is the reading list.

Many claims of one month are computed at once: visits lie one after the other, claim by claim and
in time within a claim, and every figure of a claim is a sum over its stretch of visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.code_rows import BASE_LINES
from chiiki_tsusho.codes import CodeTable
from chiiki_tsusho.rounding import half_up

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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
    base : ndarray of int64, shape (visits,)
        Row of the table of the visit's own code.
    level : ndarray of int64, shape (visits,)
        Care level, 0 where it was left blank.
    values : mapping of key to ndarray of int64, shape (visits,)
        Counts of each addition that any of the visits may have.
    """

    table: CodeTable
    claim: Ints
    day: Ints
    base: Ints
    level: Ints
    values: Mapping[str, Ints]

    @property
    def starts(self) -> Ints:
        """Where each claim begins."""
        return _starts(self.claim)

    def yielded(self) -> MonthVisits:
        """Take off what gives way on a visit (送迎減算 where 同一建物減算 applies, and the like)."""
        left = dict(self.values)
        for key in self.values:
            for stronger in self.table.rows[self.table.key_positions[key]].yields:
                if stronger in self.values:
                    left[key] = left[key] * (self.values[stronger] == 0)
        return replace(self, values=left)

    def only(self, claims: Flags) -> MonthVisits:
        """Return the visits of some of the claims, these renumbered."""
        chosen = claims[self.claim]
        return MonthVisits(
            self.table,
            (np.cumsum(claims) - 1)[self.claim[chosen]],
            self.day[chosen],
            self.base[chosen],
            self.level[chosen],
            {key: values[chosen] for key, values in self.values.items()},
        )


def _starts(ascending: Ints) -> Ints:
    return np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))


@dataclass(frozen=True)
class ClaimLines:
    """The lines of many claims as two matrices, one row a claim, one column a code.

    Parameters
    ----------
    items : ndarray of int64, shape (codes,)
        Rows of the table, in the order of their service codes.
    counts, service_units : ndarray of int64, shape (claims, codes)
    """

    table: CodeTable
    items: Ints
    counts: Ints
    service_units: Ints

    @property
    def managed(self) -> Flags:
        """Which codes count against 区分支給限度基準額, shape (codes,)."""
        return np.array([bool(self.table.rows[at].limit_managed) for at in self.items], dtype=bool)

    def column(self, key: str) -> int:
        """Return the column of a key."""
        return int(np.searchsorted(self.items, self.table.key_positions[key]))


def price(visits: MonthVisits) -> ClaimLines:
    """Compute the lines of claims as they stand before any limit.

    Nothing in ``visits`` may have to give way any more (``MonthVisits.yielded``).

    Counts come first, then the ratios of base lines, last the ratios of all lines: each in the
    order of interface and law (老企第36号 第二 1), each rounded once on the month's sum.
    """
    borne = bear(visits)
    lines = count(visits, borne)
    add_base_rates(lines, base_rate_bases(visits))
    add_all_rates(lines, visits)
    return lines


def service_fits(table: CodeTable, key: str) -> Flags:
    """Say for each row of the table whether a key can be added to its service."""
    service = table.rows[table.key_positions[key]].service
    return np.array([service in ("both", row.service) for row in table.rows], dtype=bool)


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
    for group, members in visits.table.groups.items():
        keys = tuple(key for key in members if key in visits.values)
        if len(keys) < 2:
            continue
        applied = np.array([visits.values[key] > 0 for key in keys])
        on_visit = applied.sum(axis=0) > 1
        monthly = [at for at, key in enumerate(keys) if rows[positions[key]].per == "month"]
        meet = np.logical_or.reduceat(applied[monthly], visits.starts, axis=1).sum(axis=0) > 1
        same_visit = np.logical_or.reduceat(on_visit, visits.starts)
        found.append((group, keys, on_visit, meet & ~same_visit))
    return found


def bear(visits: MonthVisits) -> dict[str, Ints]:
    """Say how many counts of each addition each visit bears.

    An addition per visit or one way is borne by its visit, one per day by the first visit of the
    day that has it, one per month by the first of the month; so sums of what visits bear are the
    counts of the claim, and running sums say what came before a visit.
    """
    per_day = visits.claim * 32 + visits.day
    day_starts = _starts(per_day)
    single_visits = len(day_starts) == len(per_day)
    borne = {}
    for key, values in visits.values.items():
        per = visits.table.rows[visits.table.key_positions[key]].per
        if per in ("visit", "one_way"):
            borne[key] = values
        elif per == "month":
            borne[key] = _first_of(values > 0, visits.starts)
        elif single_visits:
            borne[key] = (values > 0).astype(np.int64)
        else:
            borne[key] = _first_of(values > 0, day_starts)
    return borne


def _first_of(flags: Flags, starts: Ints) -> Ints:
    """Keep the first flag of every stretch."""
    before = np.cumsum(flags) - flags
    lengths = np.diff(np.append(starts, len(flags)))
    return (flags & (before == np.repeat(before[starts], lengths))).astype(np.int64)


def count(visits: MonthVisits, borne: Mapping[str, Ints]) -> ClaimLines:
    """Count visits by their own code, and additions by what visits bear."""
    table, starts = visits.table, visits.starts
    base_items = np.unique(visits.base)
    keys = sorted(borne, key=lambda key: table.key_positions[key])
    key_items = np.array([table.key_positions[key] for key in keys], dtype=np.int64)
    column = np.searchsorted(base_items, visits.base)
    base_counts = np.bincount(
        visits.claim * len(base_items) + column, minlength=len(starts) * len(base_items)
    ).reshape(len(starts), len(base_items))
    key_counts = [np.add.reduceat(borne[key], starts) for key in keys]
    order = np.argsort(np.concatenate((base_items, key_items)))
    items = np.concatenate((base_items, key_items))[order]
    counts = np.column_stack([base_counts, *key_counts]).astype(np.int64)[:, order]
    lines = ClaimLines(table, items, counts, counts * table.row_units[items])
    for key in keys:
        if key in table.rates:
            # A ratio is one line of the claim, whatever number of visits it rests on.
            lines.counts[:, lines.column(key)] = 0
    return lines


def apply_rate(basis: Ints, per_mille: tuple[int, ...]) -> Ints:
    """Apply a chain of ratios, each rounded before the next."""
    units = basis
    for ratio in per_mille:
        units = half_up(units, ratio)
    return units


def has_key(visits: MonthVisits, key: str) -> Flags:
    """Say of each claim whether any of its visits has a key."""
    return np.logical_or.reduceat(visits.values[key] > 0, visits.starts)


def base_rate_bases(visits: MonthVisits) -> dict[str, Ints]:
    """Sum the units of base codes on the visits that have each ratio of base lines.

    The ratio is taken once on the month's sum, not on each visit (老企第36号: 387 × 6 × 15 %).
    """
    units = visits.table.row_units[visits.base]
    return {
        key: np.add.reduceat(units * (visits.values[key] > 0), visits.starts)
        for key in visits.values
        if key in visits.table.rates and visits.table.rates[key].basis == BASE_LINES
    }


def add_base_rates(lines: ClaimLines, bases: Mapping[str, Ints]) -> None:
    """Write the lines that are ratios of base lines (中山間地域等に居住する者への加算)."""
    for key, basis in bases.items():
        write_rate(lines, key, apply_rate(basis, lines.table.rates[key].per_mille), basis != 0)


def add_all_rates(lines: ClaimLines, visits: MonthVisits) -> None:
    """Write the lines that are ratios of all other lines (処遇改善加算).

    One such ratio is never part of the basis of another.
    """
    basis = lines.service_units.sum(axis=1)
    for key in all_rate_keys(visits):
        write_rate(
            lines, key, apply_rate(basis, lines.table.rates[key].per_mille), has_key(visits, key)
        )


def all_rate_keys(visits: MonthVisits) -> list[str]:
    """Return the keys in use that are ratios of all lines."""
    rates = visits.table.rates
    return [key for key in visits.values if key in rates and rates[key].basis != BASE_LINES]


def write_rate(lines: ClaimLines, key: str, units: Ints, applies: Flags) -> None:
    """Write the line of a ratio: its units once, or nothing."""
    column = lines.column(key)
    lines.service_units[:, column] = np.where(applies, units, 0)
    lines.counts[:, column] = applies

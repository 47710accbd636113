"""The part of a claim that is under public funds (公費): counts and units of their days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from chiiki_tsusho.claims.claim_lines import ClaimLines, PublicPart
from chiiki_tsusho.claims.limit import covered_visits
from chiiki_tsusho.claims.month_visits import MonthVisits, bear
from chiiki_tsusho.claims.units import all_rate_keys, apply_rate, base_rate_bases
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record


@record
class PublicDays:
    """When public funds hold, arrays of shape (claims,).

    Parameters
    ----------
    there : ndarray of bool
        Claims with public funds.
    first, last : ndarray of int64
        Days of the month.
    """

    there: Flags
    first: Ints
    last: Ints

    def on(self, visits: MonthVisits) -> Flags:
        """Say which visits are on their days, shape (visits,)."""
        after: Flags = visits.day >= self.first[visits.claim]
        return self.there[visits.claim] & after & (visits.day <= self.last[visits.claim])

    def only(self, claims: Flags) -> PublicDays:
        """Return those of some claims."""
        return PublicDays(self.there[claims], self.first[claims], self.last[claims])


def public_part(
    visits: MonthVisits, lines: ClaimLines, days: PublicDays, within: Ints, benefit_units: Ints
) -> tuple[ClaimLines, Ints]:
    """Count what is under public funds.

    Parameters
    ----------
    visits : MonthVisits
    lines : ClaimLines
        As they are claimed.
    days : PublicDays
    within, benefit_units : ndarray of int64, shape (claims,)
        Managed units within the limit, and all units that are paid for.

    Returns
    -------
    lines : ClaimLines
        With the counts and units under public funds; managed ones are whole, as they are in the
        lines themselves.
    public_units : ndarray of int64, shape (claims,)
        Those of the benefit units that are under public funds.
    """
    public_units = np.zeros(len(within), dtype=np.int64)
    at = np.flatnonzero(days.there)
    if not at.size:
        return lines, public_units
    # Few claims have public funds: the others are not looked at.
    visits, days = visits.only(days.there), days.only(days.there)
    own = ClaimLines(lines.table, lines.items, lines.counts[at], lines.service_units[at])
    counts, units, of_funds = own.counts, own.service_units, benefit_units[at]
    part = np.add.reduceat(~days.on(visits), visits.starts, dtype=np.int64) > 0
    if part.any():
        some = ClaimLines(own.table, own.items, counts[part], units[part])
        counts[part], units[part], of_days = _days_of(
            visits.only(part), some, days.only(part), within[at][part]
        )
        # What is taken off outside the limit (同一建物減算) may be more than is left within it.
        of_funds[part] = np.clip(of_days, 0, np.maximum(0, of_funds[part]))
    public_units[at] = of_funds
    return replace(lines, public=PublicPart(at, counts, units)), public_units


def _days_of(
    visits: MonthVisits, lines: ClaimLines, days: PublicDays, within: Ints
) -> tuple[Ints, Ints, Ints]:
    """Count the visits of the days of public funds, in claims that have others as well.

    Managed lines are whole. Over the limit, the visits before these days come first: what they
    leave of the units within the limit is under public funds, as far as the days need it.
    """
    on = days.on(visits)
    borne = {key: bear(visits, key) for key in visits.keys}
    all_covered, no_excess = np.ones_like(on), np.zeros_like(within)
    before = visits.day < days.first[visits.claim]
    _, units_before = _units_on(visits, lines, borne, before, all_covered, no_excess)
    counts, units = _units_on(visits, lines, borne, on, all_covered, no_excess)
    managed = units[:, lines.managed].sum(axis=1)
    left = within - units_before[:, lines.managed].sum(axis=1)
    over = lines.units(lines.managed) > within
    excess = np.where(over, managed - np.clip(left, 0, managed), 0)
    covered = covered_visits(visits, borne, lines, within)
    cut_counts, cut_units = _units_on(visits, lines, borne, on, covered, excess)
    counts[:, ~lines.managed] = cut_counts[:, ~lines.managed]
    units[:, ~lines.managed] = cut_units[:, ~lines.managed]
    return counts, units, units.sum(axis=1) - excess


def _units_on(
    visits: MonthVisits,
    lines: ClaimLines,
    borne: Mapping[str, Ints],
    on: Flags,
    covered: Flags,
    excess: Ints,
) -> tuple[Ints, Ints]:
    """Count some visits of claims by the codes of their lines.

    A count per day or month is borne by the first visit that has it. Ratios are taken of the
    units of these visits and rounded once, less what of them lies over the limit; none of base
    lines is more than the line that is claimed.

    Parameters
    ----------
    visits : MonthVisits
    lines : ClaimLines
        As they are claimed.
    borne : mapping of key to ndarray of int64, shape (visits,)
        The counts that each visit bears.
    on, covered : ndarray of bool, shape (visits,)
        The visits to be counted, and those within the limit.
    excess : ndarray of int64, shape (claims,)
        Managed units of the visits to be counted that lie over the limit.

    Returns
    -------
    counts, units : ndarray of int64, shape (claims, codes)
    """
    table = visits.table
    counts, units = np.zeros_like(lines.counts), np.zeros_like(lines.counts)
    own: Ints | int = 1 if visits.own_counts is None else visits.own_counts
    key_of = {table.key_positions[key]: key for key in visits.keys}
    for column, item in enumerate(lines.items):
        row = table.rows[item]
        if row.kind == "rate":
            continue
        of_visits = borne[key_of[item]] if row.kind != "base" else own * (visits.base == item)
        counted = on if row.limit_managed else on & covered
        counts[:, column] = np.add.reduceat(of_visits * counted, visits.starts, dtype=np.int64)
        units[:, column] = counts[:, column] * table.row_units[item]

    def write(key: str, basis: Ints, most: Ints | None = None) -> None:
        column = lines.column(key)
        ratio = apply_rate(basis, table.rates[key].per_mille)
        if most is not None:
            ratio = ratio.clip(-abs(most), abs(most))
        units[:, column] = ratio
        counts[:, column] = ratio != 0

    def outside(key: str) -> Ints | int:
        return 0 if table.row_of(key).limit_managed else excess

    for key, bases in base_rate_bases(visits, on).items():
        # What is over the limit counts with its additions, the basis of a ratio without them: of
        # the days after those of public funds it can take more than they have.
        claimed = lines.service_units[:, lines.column(key)]
        write(key, np.maximum(0, bases.reduced - outside(key)), most=claimed)
    whole = units[:, ~lines.of_all_lines].sum(axis=1)
    for key in all_rate_keys(visits):
        has = np.add.reduceat((visits.values(key) > 0) & on, visits.starts, dtype=np.int64) > 0
        write(key, np.where(has, np.maximum(0, whole - outside(key)), 0))
    return counts, units

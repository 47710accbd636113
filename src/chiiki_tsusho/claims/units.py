"""A month's claims in units, in the order of the law. ``price`` is the reading list."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.law.code_rows import BASE_LINES
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record


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


def of_base_lines(table: CodeTable, key: str) -> bool:
    """Say whether a key is a ratio of base lines."""
    return key in table.rates and table.rates[key].basis == BASE_LINES


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
        row = visits.table.row_of(key)
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


@record
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
    keys = [key for key in values if of_base_lines(table, key)]
    reductions = [key for key in keys if table.rates[key].reduces]
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

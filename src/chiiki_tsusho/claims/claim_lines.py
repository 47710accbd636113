"""The lines of many claims: codes, counts and units side by side."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chiiki_tsusho.law.code_rows import BASE_LINES
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record


@record
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


@record
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

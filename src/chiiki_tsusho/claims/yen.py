"""The limit, the yen and the public funds of claims: 介護給付費明細書(様式第二) from units on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chiiki_tsusho.claims.units import (
    ClaimLines,
    Flags,
    Ints,
    MonthVisits,
    add_base_rates,
    all_rate_keys,
    apply_rate,
    base_rate_bases,
    bear,
    write_rate,
)
from chiiki_tsusho.law.prices_and_limits import UNKNOWN
from chiiki_tsusho.law.rounding import floor_share

NO_LIMIT = np.iinfo(np.int64).max
PRICE_SCALE = 100
PER_CENT = 100


@dataclass(frozen=True)
class Terms:
    """What providers and recipients say of each claim, arrays of shape (claims,).

    Parameters
    ----------
    limit : ndarray of int64
        区分支給限度基準額 of the highest care level of the month, ``NO_LIMIT`` where none applies.
    planned : ndarray of int64
        計画単位数, ``UNKNOWN`` where none was given.
    unit_price : ndarray of int64
        Yen × 100, ``UNKNOWN`` where the area grade is not known.
    benefit_rate : ndarray of int64
        Per cent, ``UNKNOWN`` where not known.
    public_law : ndarray of bool
        生活保護 (法別12) pays what the insurance does not.
    uninsured : ndarray of bool
        The insured number begins with H: no insurance part.
    public_copay : ndarray of int64
        本人負担額 of the month under 法別12, yen.
    """

    limit: Ints
    planned: Ints
    unit_price: Ints
    benefit_rate: Ints
    public_law: Flags
    uninsured: Flags
    public_copay: Ints


@dataclass(frozen=True)
class Settlement:
    """The totals of each claim, arrays of shape (claims,); yen are ``UNKNOWN`` where blank."""

    managed_units: Ints
    unmanaged_units: Ints
    planned_units: Ints
    excess_units: Ints
    benefit_units: Ints
    self_paid_units: Ints
    unit_price: Ints
    total_yen: Ints
    benefit_rate: Ints
    insurance_yen: Ints
    public_yen: Ints
    copay_yen: Ints
    self_paid_yen: Ints

    @property
    def total_units(self) -> Ints:
        """Managed and unmanaged units as the lines have them."""
        return self.managed_units + self.unmanaged_units


def settle(visits: MonthVisits, lines: ClaimLines, terms: Terms) -> tuple[ClaimLines, Settlement]:
    """Apply the limit and compute the yen.

    Returns
    -------
    lines : ClaimLines
        As they are claimed: what is outside the limit covers only what is inside it.
    settlement : Settlement
    """
    whole_units = lines.units()
    managed_units = whole_units - lines.units(~lines.managed)
    plan = np.where(terms.planned == UNKNOWN, terms.limit, terms.planned)
    excess = np.maximum(0, managed_units - plan)
    lines = cover(visits, lines, managed_units, excess)
    unmanaged_units = lines.units(~lines.managed)
    benefit_units = np.minimum(plan, managed_units) + unmanaged_units
    self_paid_units = whole_units - benefit_units

    known = (terms.unit_price != UNKNOWN) & ((terms.benefit_rate != UNKNOWN) | terms.uninsured)
    total_yen = floor_share(benefit_units, terms.unit_price, PRICE_SCALE)
    rate = np.where(terms.uninsured, 0, terms.benefit_rate)
    insurance_yen = floor_share(total_yen, rate, PER_CENT)
    rest = total_yen - insurance_yen
    public = terms.public_law | terms.uninsured
    public_yen = np.where(public, rest - np.minimum(terms.public_copay, rest), 0)

    def yen(amount: Ints) -> Ints:
        return np.where(known, amount, UNKNOWN)

    return lines, Settlement(
        managed_units=managed_units,
        unmanaged_units=unmanaged_units,
        planned_units=np.where(
            terms.planned == UNKNOWN, np.minimum(managed_units, terms.limit), terms.planned
        ),
        excess_units=excess,
        benefit_units=benefit_units,
        self_paid_units=self_paid_units,
        unit_price=terms.unit_price,
        total_yen=yen(total_yen),
        benefit_rate=terms.benefit_rate,
        insurance_yen=yen(insurance_yen),
        public_yen=yen(public_yen),
        copay_yen=yen(rest - public_yen),
        self_paid_yen=yen(floor_share(self_paid_units, terms.unit_price, PRICE_SCALE)),
    )


def cover(visits: MonthVisits, lines: ClaimLines, managed_units: Ints, excess: Ints) -> ClaimLines:
    """Cut the lines outside the limit down to what is inside it, where there is an excess."""
    over = excess > 0
    if not over.any():
        return lines
    inside = ClaimLines(lines.table, lines.items, lines.counts[over], lines.service_units[over])
    _cover_over(visits.only(over), inside, managed_units[over], excess[over])
    counts, service_units = lines.counts.copy("K"), lines.service_units.copy("K")
    counts[over], service_units[over] = inside.counts, inside.service_units
    return replace(lines, counts=counts, service_units=service_units)


def _cover_over(visits: MonthVisits, lines: ClaimLines, managed: Ints, excess: Ints) -> None:
    table, starts = visits.table, visits.starts
    rows = {key: table.rows[table.key_positions[key]] for key in visits.keys}
    bases = base_rate_bases(visits)
    borne = {key: bear(visits, key) for key in visits.keys}
    covered = covered_visits(visits, borne, lines, managed - excess)
    for key, row in rows.items():
        if row.kind == "addition" and not row.limit_managed:
            column = lines.column(key)
            lines.counts[:, column] = np.add.reduceat(borne[key] * covered, starts)
            lines.service_units[:, column] = lines.counts[:, column] * (row.units or 0)
    unmanaged_bases = {
        key: np.maximum(0, basis - excess)
        for key, basis in bases.items()
        if not rows[key].limit_managed
    }
    add_base_rates(lines, unmanaged_bases)
    all_rates = all_rate_keys(visits)
    is_basis = np.ones(len(lines.items), dtype=bool)
    is_basis[[lines.column(key) for key in all_rates]] = False
    # (M − E) and the covered lines outside the limit; the ratios themselves are no basis.
    basis = lines.units(is_basis) - excess
    for key in all_rates:
        if not rows[key].limit_managed:
            units = apply_rate(basis, table.rates[key].per_mille)
            write_rate(lines, key, units, visits.has(key))


def covered_visits(
    visits: MonthVisits, borne: dict[str, Ints], lines: ClaimLines, within: Ints
) -> Flags:
    """Say which visits the limit covers.

    Visits are taken in order of date and session; one is covered until the managed units of the
    visits before it have reached what is within the limit.

    Parameters
    ----------
    within : ndarray of int64, shape (claims,)
        Managed units less the excess.
    """
    table = visits.table
    units = table.row_units[visits.base].copy()
    for key, counts in borne.items():
        row = table.rows[table.key_positions[key]]
        if row.limit_managed:
            # The line of a ratio is borne by the first visit that has it.
            of_one = (
                lines.service_units[:, lines.column(key)][visits.claim]
                if row.kind == "rate"
                else row.units or 0
            )
            units += counts * of_one
    running = np.cumsum(units) - units
    before = running - running[visits.starts][visits.claim]
    # Once reached it stays reached, though a reduction may take the sum down again.
    reached = np.cumsum(before >= within[visits.claim])
    first = visits.starts
    before_claim: Ints = reached[first] - (before[first] >= within)
    covered: Flags = reached == before_claim[visits.claim]
    return covered

"""The limit, the yen and the public funds of claims: 介護給付費明細書(様式第二) from units on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.limit import covered_visits
from chiiki_tsusho.claims.month_visits import MonthVisits, bear
from chiiki_tsusho.claims.public_funds import PublicDays, public_part
from chiiki_tsusho.claims.units import (
    add_base_rates,
    all_rate_keys,
    apply_rate,
    base_rate_bases,
    write_rate,
)
from chiiki_tsusho.law.rounding import floor_share
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record

PRICE_SCALE = 100
PER_CENT = 100


@record
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
    uninsured : ndarray of bool
        The insured number begins with H: no insurance part.
    public_law : ndarray of int64
        法別番号 of the public funds, 0 where there are none.
    public_share : ndarray of int64
        公費給付率: per cent up to which insurance and public funds pay, 0 without such funds.
    public_from, public_to : ndarray of int64
        First and last day of the month on which they hold.
    public_copay : ndarray of int64
        本人負担額 of the month under them, yen.
    """

    limit: Ints
    planned: Ints
    unit_price: Ints
    benefit_rate: Ints
    uninsured: Flags
    public_law: Ints
    public_share: Ints
    public_from: Ints
    public_to: Ints
    public_copay: Ints


@record
class Settlement:
    """The totals of each claim, arrays of shape (claims,); yen are ``UNKNOWN`` where blank.

    ``public_units`` are those of the benefit units that are under public funds.
    """

    managed_units: Ints
    unmanaged_units: Ints
    planned_units: Ints
    excess_units: Ints
    benefit_units: Ints
    public_units: Ints
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
        As they are claimed: what is outside the limit covers only what is inside it; with the
        counts and units under public funds.
    settlement : Settlement
    """
    whole_units = lines.units()
    managed_units = whole_units - lines.units(~lines.managed)
    plan = np.where(terms.planned == UNKNOWN, terms.limit, terms.planned)
    within = np.minimum(plan, managed_units)
    excess = managed_units - within
    lines = cover(visits, lines, managed_units, excess)
    unmanaged_units = lines.units(~lines.managed)
    benefit_units = within + unmanaged_units
    self_paid_units = whole_units - benefit_units
    days = PublicDays(terms.public_law > 0, terms.public_from, terms.public_to)
    lines, public_units = public_part(visits, lines, days, within, benefit_units)

    known = (terms.unit_price != UNKNOWN) & ((terms.benefit_rate != UNKNOWN) | terms.uninsured)
    total_yen = floor_share(benefit_units, terms.unit_price, PRICE_SCALE)
    rate = np.where(terms.uninsured, 0, terms.benefit_rate)
    insurance_yen = floor_share(total_yen, rate, PER_CENT)
    rest = total_yen - insurance_yen
    public = public_claim(
        benefit_units, public_units, terms.unit_price, rest, (rate, terms.public_share)
    )
    public_yen = public - np.minimum(terms.public_copay, public)

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
        public_units=public_units,
        self_paid_units=self_paid_units,
        unit_price=terms.unit_price,
        total_yen=yen(total_yen),
        benefit_rate=terms.benefit_rate,
        insurance_yen=yen(insurance_yen),
        public_yen=yen(public_yen),
        copay_yen=yen(rest - public_yen),
        self_paid_yen=yen(floor_share(self_paid_units, terms.unit_price, PRICE_SCALE)),
    )


def public_claim(
    benefit_units: Ints, public_units: Ints, price: Ints, rest: Ints, rates: tuple[Ints, Ints | int]
) -> Ints:
    """Return what public funds bear before the person's own payment, yen.

    Where they bear all that the insurance does not, for all units, it is the rest to the yen;
    else the cost of their units by the per cent that the insurance leaves them (記載要領 様式第二).

    Parameters
    ----------
    benefit_units, public_units, price, rest : ndarray of int64, shape (claims,)
        Units that are paid for, and those of them under public funds; yen of a unit × 100; yen
        the insurance does not pay.
    rates : tuple of ndarray of int64
        Per cent that the insurance pays, and that it and public funds pay together (公費給付率).
    """
    rate, fund_rate = rates
    cost = floor_share(public_units, price, PRICE_SCALE)
    share = np.maximum(0, fund_rate - rate)
    whole = bears_the_rest(benefit_units, public_units, fund_rate)
    return np.where(whole, rest, floor_share(cost, share, PER_CENT))


def bears_the_rest(benefit_units: Ints, public_units: Ints, fund_rate: Ints | int) -> Flags:
    """Say where public funds bear all that the insurance does not, for all units."""
    whole: Flags = (public_units == benefit_units) & (fund_rate == PER_CENT)
    return whole


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
    table = visits.table
    places = {key: table.key_positions[key] for key in visits.keys}
    rows = {key: table.rows[place] for key, place in places.items()}
    bases = base_rate_bases(visits)
    borne = {key: bear(visits, key) for key in visits.keys}
    covered = covered_visits(visits, borne, lines, managed - excess)
    for key, row in rows.items():
        if row.kind == "addition" and not row.limit_managed:
            column = lines.column(key)
            lines.counts[:, column] = np.add.reduceat(borne[key] * covered, visits.starts)
            lines.service_units[:, column] = lines.counts[:, column] * table.row_units[places[key]]
    unmanaged_bases = {
        key: np.maximum(0, basis.reduced - excess)
        for key, basis in bases.items()
        if not rows[key].limit_managed
    }
    add_base_rates(lines, unmanaged_bases)
    # (M − E) and the covered lines outside the limit; the ratios themselves are no basis.
    basis = lines.units(~lines.of_all_lines) - excess
    for key in all_rate_keys(visits):
        if not rows[key].limit_managed:
            units = apply_rate(basis, table.rates[key].per_mille)
            write_rate(lines, key, units, visits.has(key))

"""The steps of one claim, each with the figures that were priced: ratios, limit, floors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.limit import covered_visits
from chiiki_tsusho.claims.month_visits import bear
from chiiki_tsusho.claims.units import base_rate_bases
from chiiki_tsusho.claims.yen import PER_CENT, PRICE_SCALE, bears_the_rest, public_claim
from chiiki_tsusho.explaining.base_steps import base_steps
from chiiki_tsusho.explaining.steps import Step, added, floored, percent, rated, taken
from chiiki_tsusho.language import Language, Text, listed
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES
from chiiki_tsusho.law.prices_and_limits import price_text
from chiiki_tsusho.law.sources import rule_place
from chiiki_tsusho.not_known import NO_LIMIT, UNKNOWN
from chiiki_tsusho.number_arrays import distinct_numbers


def only(values: npt.ArrayLike) -> int:
    """Return the figure of the one claim."""
    return int(np.asarray(values)[0])


def unit_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield the steps from the codes to the benefit units."""
    for item in distinct_numbers(priced.month_visits.base):
        steps = base_steps(priced.lines.table.rows[item], priced.lines.table.law_month, language)
        if len(steps) > 1:
            yield from steps
    yield from _rate_steps(priced, language)
    settlement = priced.settlement
    managed, unmanaged = only(settlement.managed_units), only(settlement.unmanaged_units)
    excess = only(settlement.excess_units)

    month = priced.lines.table.law_month
    of_limit, form = rule_place("limit", month), rule_place("claim_form", month)

    def figure(label: Text, units: int, law: str = of_limit) -> Step:
        return taken(label.say(language), units, law)

    yield figure(Text("units counted against the limit"), managed)
    limit, planned = only(priced.terms.limit), only(priced.terms.planned)
    if planned != UNKNOWN:
        yield figure(Text("planned units (計画単位数)"), planned)
    elif limit != NO_LIMIT:
        yield figure(Text("benefit limit of the care level"), limit)
    yield figure(Text("units over the limit"), excess)
    inside = managed - excess
    yield figure(Text("units within the limit"), inside)
    label = Text(
        "benefit units: within the limit, and outside it {unmanaged:+d}", unmanaged=unmanaged
    )
    yield added(label.say(language), inside, unmanaged, form)
    if excess:
        whole = int(priced.whole_lines.service_units.sum())
        yield figure(
            Text("self-paid units: {whole} without a limit, less the benefit units", whole=whole),
            only(settlement.self_paid_units),
            form,
        )


def _rate_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield each ratio with its basis, as claimed."""
    lines, visits = priced.lines, priced.month_visits
    excess = only(priced.settlement.excess_units)
    of_base = base_rate_bases(visits)
    table = lines.table
    rounding = rule_place("rounding", table.law_month)
    ordered = sorted(
        (key for key in visits.keys if key in table.rates),
        key=lambda key: (table.rates[key].basis != BASE_LINES, table.key_positions[key]),
    )
    is_basis = [
        table.rows[item].kind != "rate" or table.rates[str(table.rows[item].key)].basis != ALL_LINES
        for item in lines.items
    ]
    whole = int(lines.service_units[0, is_basis].sum())
    for key in ordered:
        row = table.row_of(key)
        if not only(lines.counts[:, lines.column(key)]):
            continue
        basis = of_base.get(key)
        if basis is not None:
            what = Text("base units of the visits that have it")
        else:
            what = Text("units of all lines")
        start = whole if basis is None else only(basis.units)
        step = taken(f"{row.name}: {what.say(language)}", start, rounding)
        yield step
        for less, taken_off in basis.reductions.items() if basis is not None else ():
            if only(taken_off):
                name = table.row_of(less).name
                label = Text("less {name}", name=name).say(language)
                step = added(label, step.after, only(taken_off), rounding)
                yield step
        if excess and not row.limit_managed:
            label = Text("less the units over the limit").say(language)
            step = added(label, step.after, -excess, rule_place("limit", table.law_month))
            yield step
        for link, ratio in zip(table.rate_rows(key), table.rates[key].per_mille, strict=True):
            text = Text("{name}: × {ratio}", name=link.name, ratio=percent(ratio))
            step = rated(text.say(language), step.after, ratio, rounding)
            yield step


def yen_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield the floors, taken once on the claim."""
    settlement, terms = priced.settlement, priced.terms
    if only(settlement.total_yen) == UNKNOWN:
        return
    form = rule_place("claim_form", priced.lines.table.law_month)
    price = only(settlement.unit_price)
    benefit = only(settlement.benefit_units)
    shown = price_text(price)
    label = Text("total: benefit units × {shown} yen", shown=shown)
    total = floored(label.say(language), benefit, price, PRICE_SCALE, form)
    yield total
    uninsured = bool(terms.uninsured[0])
    rate = 0 if uninsured else only(settlement.benefit_rate)
    label = Text("insurance: total × {rate} %", rate=rate)
    if uninsured:
        label = Text("insurance: none (H person)")
    insurance = floored(label.say(language), total.after, rate, PER_CENT, form)
    yield insurance
    rest = total.after - insurance.after
    public = only(settlement.public_yen)
    law = only(terms.public_law)
    if law:
        units = only(settlement.public_units)
        both = settlement.benefit_units, settlement.public_units
        rates = np.array([rate]), terms.public_share
        claimable = only(public_claim(*both, settlement.unit_price, np.array([rest]), rates))
        own = min(only(terms.public_copay), claimable)
        if only(bears_the_rest(*both, terms.public_share)):
            label = Text(
                "public funds (法別{law}): the rest less the person's own {own}", law=law, own=own
            )
            yield added(label.say(language), rest, -own, form)
        else:
            label = Text("cost of the units under public funds: units × {shown} yen", shown=shown)
            cost = floored(label.say(language), units, price, PRICE_SCALE, form)
            yield cost
            share = max(0, only(terms.public_share) - rate)
            label = Text("public funds (法別{law}): that cost × {share} %", law=law, share=share)
            borne = floored(label.say(language), cost.after, share, PER_CENT, form)
            yield borne
            label = Text("public funds (法別{law}): less the person's own {own}", law=law, own=own)
            yield added(label.say(language), borne.after, -own, form)
    label = Text("copay: the rest less public funds")
    yield added(label.say(language), rest, -public, form)
    self_paid = only(settlement.self_paid_units)
    if self_paid:
        label = Text("self-paid: units × {shown} yen", shown=shown)
        yield floored(label.say(language), self_paid, price, PRICE_SCALE, form)


def notes_of(priced: Priced) -> list[Text]:
    """Say what a reader should know besides."""
    notes = []
    settlement = priced.settlement
    if only(settlement.unit_price) == UNKNOWN:
        notes.append(Text("no yen: the provider's area_grade is not known"))
    elif only(settlement.total_yen) == UNKNOWN:
        notes.append(Text("no yen: the person's benefit_rate is not known"))
    if only(settlement.excess_units):
        visits = priced.month_visits
        inside = settlement.managed_units - settlement.excess_units
        borne = {key: bear(visits, key) for key in visits.keys}
        covered = covered_visits(visits, borne, priced.lines, inside)
        # A day may have several visits.
        days = [str(day) for day in distinct_numbers(visits.day[~covered]).tolist()]
        if days:
            notes.append(
                Text(
                    "over the limit: the visits of day {days} are not covered; additions outside "
                    "the limit are not claimed for them",
                    days=listed(days),
                )
            )
    return notes

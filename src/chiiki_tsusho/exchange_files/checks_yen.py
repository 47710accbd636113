"""Checks of the yen of a claim file: floors, public funds, persons without insurance."""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.claims.yen import PER_CENT, PRICE_SCALE, public_claim
from chiiki_tsusho.exchange_files.checks_form import with_public_funds, without_insurance
from chiiki_tsusho.exchange_files.checks_sums import LAW_PLACES
from chiiki_tsusho.exchange_files.dates import whole
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.sheets import Sheets, View
from chiiki_tsusho.law.payers import fund_rates, usual_benefit_rates
from chiiki_tsusho.law.rounding import floor_share
from chiiki_tsusho.number_arrays import Ints, placed

# 公費負担者番号.
PAYER_PLACES = 8
_SOLE_SLOT = ("public2", "public3")


def check_yen(sheets: Sheets, findings: Findings) -> None:
    """Compute the yen of every 10 line of service kind 78 again."""
    totals, at, base_at = sheets.totals, sheets.ours, sheets.base_of_ours
    h_person = without_insurance(sheets.base)[base_at]
    public = with_public_funds(sheets.base)[base_at]
    rate = np.where(h_person, 0, sheets.base.numbers("benefit_rate")[base_at])
    benefit, price = (totals.numbers(name)[at] for name in ("benefit_units", "unit_price"))
    total_yen = floor_share(benefit, price, PRICE_SCALE)
    insurance = floor_share(total_yen, rate, PER_CENT)

    def compare(rule: str, name: str, expected: Ints, among: Ints) -> None:
        findings.differing(rule, totals, name, placed(expected, at, len(totals)), at[among])

    compare("insurance_yen", "insurance_yen", insurance, np.flatnonzero(~h_person))
    compare("insurance_without_insurance", "insurance_yen", insurance, np.flatnonzero(h_person))
    units = totals.numbers("public1_units")[at]
    _check_public_units(sheets, findings)
    paid, own = (totals.numbers(name)[at] for name in ("public1_yen", "public1_copay_yen"))
    stated_insurance = totals.numbers("insurance_yen")[at]
    rates = (rate, sheets.base.numbers("public1_rate")[base_at])
    share = public_claim(benefit, units, price, total_yen - insurance, rates)
    wrong = np.flatnonzero((paid + own != share) & public)
    of_all, found = (placed(one, at, len(totals)) for one in (share, paid + own))
    findings.add("public_yen", totals, "public1_yen", at[wrong], of_all, found)
    compare("public_unasked", "public1_yen", np.zeros_like(paid), np.flatnonzero(~public))
    compare("public_unasked", "public1_copay_yen", np.zeros_like(paid), np.flatnonzero(~public))
    others = [
        totals.numbers(f"{slot}_{what}") for slot in _SOLE_SLOT for what in ("yen", "copay_yen")
    ]
    left = total_yen - stated_insurance - paid - own - np.add.reduce(others)[at]
    compare("copay_yen", "copay_yen", left, np.arange(len(at)))
    for slot in _SOLE_SLOT:
        unasked = np.flatnonzero(~sheets.base.filled(f"{slot}_payer_no")[base_at])
        for what in ("units", "yen", "copay_yen"):
            compare("public_unasked", f"{slot}_{what}", np.zeros_like(paid), unasked)


def _check_public_units(sheets: Sheets, findings: Findings) -> None:
    """Check the units under public funds of a 10 line against its lines."""
    totals, at, base_at = sheets.totals, sheets.ours, sheets.base_of_ours
    public = with_public_funds(sheets.base)[base_at]
    statement = sheets.of_total[at]
    lines, ours = sheets.lines, sheets.our_lines
    of_lines = sheets.sum_of_lines(lines.numbers("public1_units"), ours)[statement]
    partly = lines.numbers("public1_units") != lines.numbers("service_units")
    whole = (sheets.sum_of_lines(partly.astype(np.int64), ours) == 0)[statement]
    benefit = totals.numbers("benefit_units")[at]
    over = totals.numbers("managed_units")[at] > totals.numbers("planned_units")[at]
    expected = placed(np.where(public, np.where(whole, benefit, of_lines), 0), at, len(totals))
    # Over the limit only part of the lines is claimed; which part is under public funds then
    # the lines do not say.
    told = ~public | whole | ~over
    findings.differing("public_units", totals, "public1_units", expected, at[told])
    stated = totals.numbers("public1_units")[at]
    ceiling = placed(np.minimum(benefit, of_lines), at, len(totals))
    most = at[~told & (stated > ceiling[at])]
    findings.add("public_units", totals, "public1_units", most, ceiling)


def check_rates_and_funds(sheets: Sheets, findings: Findings) -> None:
    """Check the benefit rate and the numbers of public funds on 01."""
    base = sheets.base
    h_person = without_insurance(base)
    rate = base.numbers("benefit_rate")
    insured = h_person & (base.numbers("insurance_yen") != 0)
    findings.add("insurance_without_insurance", base, "insurance_yen", insured, "0")
    findings.add("rate_without_insurance", base, "benefit_rate", h_person & (rate != 0), "0")
    findings.add("rate_over", base, "benefit_rate", ~h_person & (rate > PER_CENT), str(PER_CENT))
    usual = usual_benefit_rates()
    odd = ~h_person & ~np.isin(rate, usual) & (rate > 0)
    findings.add("unusual_rate", base, "benefit_rate", odd, " / ".join(map(str, usual)))
    law = law_numbers(base)
    fund_rate = fund_rates(law, base.numbers("service_month"))
    other = (fund_rate > 0) & (base.numbers("public1_rate") != fund_rate)
    findings.add("public_rate", base, "public1_rate", other, fund_rate)
    no_funds = ~with_public_funds(base)
    findings.add("public_unasked", base, "public1_rate", no_funds & base.filled("public1_rate"))
    for slot in _SOLE_SLOT:
        unasked = ~base.filled(f"{slot}_payer_no")
        for name in (f"{slot}_recipient_no", f"{slot}_rate"):
            findings.add("public_unasked", base, name, unasked & base.filled(name))


def law_numbers(base: View) -> Ints:
    """Return the 法別番号 of each 01 line, the first two digits of its payer, or 0."""
    payer = np.maximum(0, whole(base.texts("public1_payer_no"), PAYER_PLACES))
    law: Ints = payer // 10 ** (PAYER_PLACES - LAW_PLACES)
    return law

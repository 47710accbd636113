"""Checks of the yen of a claim file: floors, public funds, persons without insurance."""

from __future__ import annotations

import numpy as np
from pyarrow import compute

from chiiki_tsusho.exchange_files.checks_form import with_public_funds, without_insurance
from chiiki_tsusho.exchange_files.checks_sums import PRICE_SCALE
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.line_cells import Ints
from chiiki_tsusho.exchange_files.sheets import Sheets
from chiiki_tsusho.law.rounding import floor_share

PER_CENT = 100
# 公費 that pay the whole of what the insurance leaves: 12 生活保護, 25 中国残留邦人等.
WHOLE_PAYING_LAWS = ("12", "25")
_SOLE_SLOT = ("public2", "public3")


def public_share(
    benefit: Ints, public: Ints, price: Ints, total_yen: Ints, insurance_yen: Ints, rate: Ints
) -> Ints:
    """Return what public funds and the person's own payment under them come to together.

    Parameters
    ----------
    benefit, public : ndarray of int64
        Units paid by the insurance, and those of them under public funds.
    price, rate : ndarray of int64
        Yen of a unit × 100; the benefit rate in per cent, 0 without insurance.
    total_yen, insurance_yen : ndarray of int64
        Of the benefit units.

    Returns
    -------
    ndarray of int64
        Yen. With every unit under public funds it is the rest of the cost, not a product: a floor
        of its own would lose a yen.
    """
    of_part = floor_share(floor_share(public, price, PRICE_SCALE), PER_CENT - rate, PER_CENT)
    whole: Ints = np.where(public == benefit, total_yen - insurance_yen, of_part)
    return whole


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
        of_all = np.zeros(len(totals), dtype=np.int64)
        of_all[at] = expected
        findings.differing(rule, totals, name, of_all, at[among])

    compare("insurance_yen", "insurance_yen", insurance, np.flatnonzero(~h_person))
    compare("insurance_without_insurance", "insurance_yen", insurance, np.flatnonzero(h_person))
    units = totals.numbers("public1_units")[at]
    _check_public_units(sheets, findings)
    paid, own = (totals.numbers(name)[at] for name in ("public1_yen", "public1_copay_yen"))
    stated_insurance = totals.numbers("insurance_yen")[at]
    share = np.where(public, public_share(benefit, units, price, total_yen, insurance, rate), 0)
    wrong = np.flatnonzero((paid + own != share) & public)
    of_all, found = np.zeros(len(totals), dtype=np.int64), np.zeros(len(totals), dtype=np.int64)
    of_all[at], found[at] = share, paid + own
    findings.add("public_yen", totals, "public1_yen", at[wrong], of_all, found)
    compare("public_unasked", "public1_yen", np.zeros_like(paid), np.flatnonzero(~public))
    compare("public_unasked", "public1_copay_yen", np.zeros_like(paid), np.flatnonzero(~public))
    compare("copay_yen", "copay_yen", total_yen - stated_insurance - paid - own, np.arange(len(at)))
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
    expected = np.zeros(len(totals), dtype=np.int64)
    expected[at] = np.where(public, np.where(whole, benefit, of_lines), 0)
    # Over the limit only part of the lines is claimed; which part is under public funds then
    # the lines do not say.
    told = ~public | whole | ~over
    findings.differing("public_units", totals, "public1_units", expected, at[told])
    stated = totals.numbers("public1_units")[at]
    ceiling = np.zeros(len(totals), dtype=np.int64)
    ceiling[at] = np.minimum(benefit, of_lines)
    most = at[~told & (stated > ceiling[at])]
    findings.add("public_units", totals, "public1_units", most, ceiling)


def check_rates_and_funds(sheets: Sheets, findings: Findings) -> None:
    """Check the benefit rate and the numbers of public funds on 01."""
    base = sheets.base
    h_person = without_insurance(base)
    rate = base.numbers("benefit_rate")
    findings.add("rate_without_insurance", base, "benefit_rate", h_person & (rate != 0), "0")
    findings.add("rate_over", base, "benefit_rate", ~h_person & (rate > PER_CENT), str(PER_CENT))
    usual = np.isin(rate, (100, 90, 80, 70, 60))
    findings.add("unusual_rate", base, "benefit_rate", ~h_person & ~usual & (rate > 0))
    law = compute.utf8_slice_codeunits(base.texts("public1_payer_no"), 0, 2)
    whole_paying = np.isin(np.array(law.to_pylist(), dtype=str), WHOLE_PAYING_LAWS)
    other = whole_paying & (base.numbers("public1_rate") != PER_CENT)
    findings.add("public_rate", base, "public1_rate", other, str(PER_CENT))
    no_funds = ~with_public_funds(base)
    findings.add("public_unasked", base, "public1_rate", no_funds & base.filled("public1_rate"))

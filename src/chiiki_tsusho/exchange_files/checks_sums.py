"""Checks that the figures of a claim file add up, whatever the law says of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_numbers
from chiiki_tsusho.claims.yen import PRICE_SCALE
from chiiki_tsusho.exchange_files.checks_form import without_insurance
from chiiki_tsusho.exchange_files.claim_file import ClaimFile
from chiiki_tsusho.exchange_files.codes_of_lines import without_units
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.sheets import SERVICE_KIND, Sheets, View
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.payers import claim_kind_of_funds, public_law_numbers
from chiiki_tsusho.law.rounding import floor_share
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, summed

PUBLIC = ("public1", "public2", "public3")
# The first digits of 公費負担者番号 are the 法別番号.
LAW_PLACES = 2
# Parts of the names of items of 01 that are of residents and of patients.
_OF_OTHERS = (
    "old_placement", "admitted", "discharge", "in_facility", "nights_out", "emergency",
    "special_medical", "specified",
)  # fmt: skip
# Of 01 and of 10: the item of the one that is the sum of the item of the other.
_TOTALS = {
    "insurance_units": "benefit_units",
    "insurance_yen": "insurance_yen",
    "copay_yen": "copay_yen",
    **{
        f"{one}_{what}": f"{one}_{what}" for one in PUBLIC for what in ("units", "yen", "copay_yen")
    },
}
_INSURANCE, _PUBLIC = "1", "2"
# 請求情報区分: 01 is 居宅・施設・地域密着型, 02 居宅介護支援, whose statements are of another form.
CLAIM_KIND, _OTHER_KIND = "01", "02"
_NO_LAW = _NO_KIND = ("0", "00", "")
_NOT_OURS = (
    "specified_statements", "specified_days", "specified_total_yen", "specified_copay_yen",
    "specified_public_yen", "specified_insurance_yen",
)  # fmt: skip


def check_lines(sheets: Sheets, book: CodeBook, findings: Findings) -> None:
    """Check each line of a service code: units × count, and what of it is under public funds."""
    lines, ours = sheets.lines, sheets.our_lines
    units, count = lines.numbers("units"), lines.numbers("count")
    blank = without_units(sheets.service_codes, lines.numbers("service_month"), book) & (units == 0)
    findings.differing("units_times_count", lines, "service_units", units * count, ours & ~blank)
    whole = lines.numbers("service_units")
    for one in PUBLIC:
        payer = sheets.base.filled(f"{one}_payer_no")
        if one == PUBLIC[0]:
            payer |= without_insurance(sheets.base)
        # A statement without an 01 line, which is −1, has none.
        paid = np.append(payer, False)[sheets.base_at][sheets.of_line]
        of_count, of_units = lines.numbers(f"{one}_count"), lines.numbers(f"{one}_units")
        findings.add("public_unasked", lines, f"{one}_count", ours & ~paid & (of_count != 0), "0")
        findings.add("public_unasked", lines, f"{one}_units", ours & ~paid & (of_units != 0), "0")
        over = ours & paid & ((of_count < 0) | (of_count > count))
        findings.add("public_over_whole", lines, f"{one}_count", over, count)
        # Between 0 and the line, whichever side of 0 that is on.
        over = (of_units < np.minimum(0, whole)) | (of_units > np.maximum(0, whole))
        findings.add("public_over_whole", lines, f"{one}_units", ours & paid & over, whole)
        nothing = ours & paid & (whole != 0) & ((of_units != 0) != (of_count != 0))
        expected = np.where(of_units != 0, count, 0)
        findings.add("public_over_whole", lines, f"{one}_count", nothing, expected)


def check_totals(sheets: Sheets, findings: Findings) -> None:
    """Check 10 against its lines, and 01 against its 10 lines."""
    totals, at = sheets.totals, sheets.ours
    statement = sheets.of_total
    of_lines = sheets.sum_of_lines(sheets.lines.numbers("service_units"), sheets.our_lines)
    managed, unmanaged = totals.numbers("managed_units"), totals.numbers("unmanaged_units")
    wrong = at[(of_lines[statement] != managed + unmanaged)[at]]
    findings.add(
        "lines_and_totals", totals, "managed_units", wrong, of_lines[statement], managed + unmanaged
    )
    benefit = np.minimum(totals.numbers("planned_units"), managed) + unmanaged
    findings.differing("benefit_units", totals, "benefit_units", benefit, at)
    for name in _always_empty(totals, ("short_stay", "medical")):
        findings.add("must_be_empty", totals, name, at[totals.filled(name)[at]], "0")
    for name, summed_name in _TOTALS.items():
        expected = sheets.sum_of_totals(summed_name)[sheets.of_base]
        findings.differing("base_total", sheets.base, name, expected)
    with_others = statement[~totals.is_one_of("service_kind", [SERVICE_KIND])]
    alone = ~flagged(with_others, len(sheets))
    for name in _always_empty(sheets.base, _OF_OTHERS):
        filled = sheets.base.filled(name) & alone[sheets.of_base]
        findings.add("must_be_empty", sheets.base, name, filled, "0")


def _always_empty(view: View, words: tuple[str, ...]) -> list[str]:
    return [name for name in view.record.names if any(word in name for word in words)]


def check_claim_lines(files: Sequence[ClaimFile], sheets: Sheets, findings: Findings) -> None:
    """Check 7111 against the statements.

    Statements of other forms are summed in 7111 too, which then has no less than what those of the
    layout come to.
    """
    partly = [
        any(b"7111" not in one.text[:24] and one.damage is None for one in file.kept)
        for file in files
    ]
    for at in np.flatnonzero(partly).tolist():
        findings.add_line("other_forms", at, 0)
    claims, expected = sheets.views["7111"], claim_sums(sheets)
    other_forms = np.array(partly)[claims.file]
    of_files, kinds = claims.file.tolist(), claims.texts("payer_kind").to_pylist()
    laws = claims.texts("law_no").to_pylist()
    months, providers = (
        claims.texts(name).to_pylist() for name in ("service_month", "provider_no")
    )
    ours = ~claims.is_one_of("claim_kind", [_OTHER_KIND])
    names = [name for name in claims.record.names if name in _SUMMED or name in _NOT_OURS]
    nothing = dict.fromkeys(names, 0)
    wanted = {name: np.zeros(len(claims), dtype=np.int64) for name in names}
    for at in range(len(claims)):
        law = "" if kinds[at] == _INSURANCE else laws[at]
        key = (of_files[at], months[at], providers[at], law)
        sums = expected.pop(key, nothing) if ours[at] else nothing
        for name in names:
            wanted[name][at] = sums.get(name, 0)
    for name in names:
        findings.differing("claim_line", claims, name, wanted[name], ours & ~other_forms)
        less = ours & other_forms & (claims.numbers(name) < wanted[name])
        findings.add("claim_line_short", claims, name, less, wanted[name])
    _check_kinds(claims, ours, findings)
    for (file, _, _, law), sums in expected.items():
        shown = law if law.isdecimal() and law.isascii() else ""
        findings.add_line("no_claim_line", file, 0, expected=f"7111 {shown}: {sums['statements']}")


def _check_kinds(claims: View, ours: Flags, findings: Findings) -> None:
    """Check what says of a 7111 line which statements it is of."""
    insurance, public = (claims.is_one_of("payer_kind", [one]) for one in (_INSURANCE, _PUBLIC))
    known = f"{_INSURANCE} / {_PUBLIC}"
    findings.add("payer_kind", claims, "payer_kind", ~insurance & ~public, known)
    with_law = ours & insurance & ~claims.is_one_of("law_no", _NO_LAW)
    findings.add("law_of_insurance", claims, "law_no", with_law, "0")
    with_kind = [f"{law:02}" for law in public_law_numbers() if claim_kind_of_funds(law) != "0"]
    told = insurance | claims.is_one_of("law_no", with_kind)
    other = ours & told & ~claims.is_one_of("claim_kind", [CLAIM_KIND])
    # Some programs write 0 on every line of public funds.
    other &= insurance | ~claims.is_one_of("claim_kind", _NO_KIND)
    findings.add("claim_kind", claims, "claim_kind", other, CLAIM_KIND)
    other = ours & ~told & ~claims.is_one_of("claim_kind", _NO_KIND)
    findings.add("kind_of_funds", claims, "claim_kind", other, "0")


_SUMMED = ("statements", "units", "total_yen", "insurance_yen", "public_yen", "copay_yen")
Sums = dict[tuple[int, str, str, str], dict[str, int]]


def claim_sums(sheets: Sheets) -> Sums:
    """Sum statements into their 7111 lines, by file, month, provider and 法別番号.

    That is blank for the insurance.
    """
    return _insurance_sums(sheets) | _public_sums(sheets)


def _insurance_sums(sheets: Sheets) -> Sums:
    """Sum the statements of insured persons by file, month and provider."""
    base = sheets.base
    insured = np.flatnonzero(~without_insurance(base))
    return _summed_by(base, insured, pa.array([""] * len(base), pa.string()), claimed(base))


def claimed(base: View) -> dict[str, Ints]:
    """Return what each 01 line counts for in a 7111 line of the insurance."""
    public = np.add.reduce([base.numbers(f"{one}_yen") for one in PUBLIC])
    own = [base.numbers(f"{one}_copay_yen") for one in PUBLIC]
    copay = np.add.reduce([base.numbers("copay_yen"), *own])
    return {
        "statements": np.ones(len(base), dtype=np.int64),
        "units": base.numbers("insurance_units"),
        "total_yen": base.numbers("insurance_yen") + public + copay,
        "insurance_yen": base.numbers("insurance_yen"),
        "public_yen": public,
        "copay_yen": copay,
    }


def _public_sums(sheets: Sheets) -> Sums:
    """Sum the statements with public funds by month, provider and 法別番号."""
    base, totals = sheets.base, sheets.totals
    sums: Sums = {}
    for one in PUBLIC:
        cost = floor_share(
            totals.numbers(f"{one}_units"), totals.numbers("unit_price"), PRICE_SCALE
        )
        values = {
            "statements": np.ones(len(base), dtype=np.int64),
            "units": base.numbers(f"{one}_units"),
            "total_yen": summed(cost, sheets.of_total, len(sheets))[sheets.of_base],
            "public_yen": base.numbers(f"{one}_yen"),
        }
        law = compute.utf8_slice_codeunits(base.texts(f"{one}_payer_no"), 0, LAW_PLACES)
        with_funds = np.flatnonzero(base.filled(f"{one}_payer_no"))
        for key, more in _summed_by(base, with_funds, law, values).items():
            known = sums.setdefault(key, dict.fromkeys(values, 0))
            for name, value in more.items():
                known[name] += value
    return sums


def _summed_by(base: View, at: Ints, law: pa.StringArray, values: dict[str, Ints]) -> Sums:
    names = [base.texts("service_month"), base.texts("provider_no"), law]
    whole = compute.binary_join_element_wise(of_numbers(base.file).cast(pa.string()), *names, ",")
    coded = whole.take(pa.array(at)).dictionary_encode()
    groups = numbers_of(coded.indices).astype(np.int64)
    size = len(coded.dictionary)
    sums = {name: summed(value[at], groups, size) for name, value in values.items()}
    first = at[np.unique(groups, return_index=True)[1]]
    texts = [one.take(pa.array(first)).to_pylist() for one in names]
    keys = zip(base.file[first].tolist(), *texts, strict=True)
    return {
        key: {name: int(one[group]) for name, one in sums.items()} for group, key in enumerate(keys)
    }

"""Checks of what a claim file says of each person, save the figures; no value of it is repeated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import numbers_of
from chiiki_tsusho.exchange_files.dates import DATE_DIGITS, bad_dates, days_left, month_ends, whole
from chiiki_tsusho.exchange_files.finding_texts import OLDEST
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.sheets import BY_PERSON, PLANNERS, Sheets, View, care_levels
from chiiki_tsusho.law.check_digits import wrong_digit
from chiiki_tsusho.law.payers import youngest_insured
from chiiki_tsusho.months import next_month
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, placed

SEXES = ("1", "2")
# 中止理由; 2 (介護施設) was replaced by 6 to 8.
STOP_REASONS = ("1", "3", "4", "5", "6", "7", "8", "9")
# Items with a check digit, and what kind of number they are.
CHECKED = {
    "insurer_no": "insurer_no",
    "public1_payer_no": "public_payer_no",
    "public1_recipient_no": "public_recipient_no",
}


def check_persons(sheets: Sheets, level_changes: Flags, findings: Findings) -> None:
    """Check the dates and codes of 01 against the month and its days.

    Parameters
    ----------
    sheets : Sheets
    level_changes : ndarray of bool, shape (statements,)
        Statements that may have visits of another care level than 01 states.
    findings : Findings
    """
    base = sheets.base
    month = base.numbers("service_month")
    _, last = month_ends(month)
    ours = flagged(sheets.base_of_ours, len(base))
    wrong = ours & (care_levels(base) == UNKNOWN) & base.filled("care_level")
    findings.add("level_code", base, "care_level", wrong, "21 … 25")
    for name, known in (("sex", SEXES), ("care_plan_by", PLANNERS), ("stop_reason", STOP_REASONS)):
        other = base.filled(name) & ~base.is_one_of(name, known)
        findings.add("unknown_choice", base, name, other, " / ".join(known))
    reason = base.filled("stop_reason") & ~base.filled("stopped_on")
    # QKANCHO writes 1 (非該当) where nothing was stopped.
    reason &= ~base.is_one_of("stop_reason", ["1"])
    findings.add("reason_without_stop", base, "stopped_on", reason)
    own_plan = base.is_one_of("care_plan_by", [BY_PERSON]) & base.filled("care_manager_no")
    findings.add("manager_of_own_plan", base, "care_manager_no", own_plan)
    born, given = _dates(base, "birth_date")
    # A year is full at the end of the day before the birthday (年齢計算ニ関する法律 1項).
    age = (next_month(month) * 100 + 1 - born) // 10_000
    findings.add("birth_date", base, "birth_date", given & (born > last))
    odd = given & (born <= last) & ((age < youngest_insured()) | (age > OLDEST))
    findings.add("unusual_age", base, "birth_date", odd)
    _check_periods(sheets, month, level_changes, findings)
    _check_digits(base, findings)


def _dates(base: View, name: str) -> tuple[Ints, Flags]:
    """Return a date of each line as a number, and where there is one that can be read."""
    texts = base.texts(name)
    return whole(texts, DATE_DIGITS), base.filled(name) & ~bad_dates(texts)


def _check_periods(sheets: Sheets, month: Ints, level_changes: Flags, findings: Findings) -> None:
    base, (first, last) = sheets.base, month_ends(month)
    begins, has_begin = _dates(base, "certified_from")
    ends, has_end = _dates(base, "certified_to")
    findings.add("certified_backwards", base, "certified_to", has_begin & has_end & (ends < begins))
    outside = (has_begin & (begins > last)) | (has_end & (ends < first))
    findings.add("not_certified", base, "certified_from", outside)
    started, has_start = _dates(base, "started_on")
    stopped, has_stop = _dates(base, "stopped_on")
    for name, value, given in (
        ("started_on", started, has_start),
        ("stopped_on", stopped, has_stop),
    ):
        findings.add("outside_month", base, name, given & ((value < first) | (value > last)))
    findings.add(
        "stopped_before_start", base, "stopped_on", has_start & has_stop & (stopped < started)
    )
    under_this, under_any = days_left(month, started, stopped, begins, ends)
    # Where the level changes within the month, another certification holds before.
    widest = np.where(level_changes[sheets.of_base], under_any, under_this)
    days, at = sheets.totals.numbers("days"), sheets.ours
    least, most = (placed(one[sheets.base_of_ours], at, len(days)) for one in (under_this, widest))
    over, perhaps = (days > most)[at], ((days > least) & (days <= most))[at]
    findings.add("days_over_period", sheets.totals, "days", at[over], most)
    findings.add("days_before_certification", sheets.totals, "days", at[perhaps], least)


def _check_digits(base: View, findings: Findings) -> None:
    # 証記載保険者番号 has zeros in front of six digits, which change nothing of the sum.
    for name, kind in CHECKED.items():
        wrong = _wrong_digits(base.texts(name), kind) & base.filled(name)
        findings.add("check_digit", base, name, wrong)


def _wrong_digits(texts: pa.StringArray, kind: str) -> Flags:
    """Say which numbers do not end in their check digit; each distinct one is looked at once."""
    encoded = texts.dictionary_encode()
    wrong = [wrong_digit(number, kind) is not None for number in encoded.dictionary.to_pylist()]
    flags: Flags = np.array(wrong, dtype=bool)[numbers_of(encoded.indices)]
    return flags

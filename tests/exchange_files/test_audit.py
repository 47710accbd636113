"""The audit of claim files: a file worked out by hand is clean, and each fault is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from chiiki_tsusho.exchange_files.finding_texts import CHECKS
from chiiki_tsusho.law.table_files import law_file
from helpers.claim_files import (
    ALONE,
    INSURED,
    WITH_FUNDS,
    changed_file,
    clean_file,
    figures,
    file_bytes,
    lines,
    missed_steps,
)

Found = tuple[str, str, str, str, str]


def found(audit: ct.Audit) -> set[Found]:
    columns = ("rule", "item", "found", "expected", "return_code")
    return set(zip(*(audit.findings[name] for name in columns), strict=True))


def rules(data: list[list[str]] | bytes) -> set[str]:
    raw = data if isinstance(data, bytes) else file_bytes(data)
    return set(ct.audit(parse_claim_file(raw, "file")).findings["rule"])


def test_a_file_worked_out_by_hand_is_clean() -> None:
    audit = ct.audit(clean_file())
    assert audit.findings.empty
    assert audit.hints.empty
    assert audit.clean
    [summary] = audit.files
    assert (summary.statements, summary.service_units) == (3, 17_697 + 2 * 15_999)
    assert summary.total_yen == 192_897 + 2 * 174_389
    assert audit.summary.say("en") == (
        "1 file: 3 statements, 49,695 units, 541,675 yen; 0 findings, 0 hints"
    )
    assert audit.summary.say("ja") == (
        "1ファイル: 明細書3件、49,695単位、541,675円。誤り0件、確認事項0件"
    )


@pytest.mark.parametrize("slot", [2, 3])
def test_the_yen_of_a_file_are_those_of_all_its_funds(slot: int) -> None:
    # 17,439 of the person with public funds, 174,389 of the one without insurance.
    [clean] = ct.audit(clean_file()).files
    assert (clean.public_yen, clean.total_yen) == (191_828, 541_675)
    [paid] = ct.audit(changed_file("7131-01", 1, f"public{slot}_yen", "7")).files
    assert (paid.public_yen, paid.total_yen) == (191_835, 541_682)
    [own] = ct.audit(changed_file("7131-01", 1, f"public{slot}_copay_yen", "7")).files
    assert (own.public_yen, own.total_yen) == (191_828, 541_682)


# Row 0 of 01 and 10 is the insured person, 1 the one with public funds, 2 the one without
# insurance; of 02 rows 0 to 6 are the first person's, 7 to 12 the second's, 13 to 18 the third's.
CASES: list[tuple[str, int, str, str, Found]] = [
    ("7131-02", 0, "units", "736", ("units_of_code", "7131-02-9", "736", "735", "ASSA")),
    ("7131-02", 0, "count", "17", ("units_times_count", "7131-02-14", "13230", "12495", "ASSA")),
    ("7131-02", 0, "service_units", "13229",
     ("lines_and_totals", "7131-10-10", "17781", "17780", "ASSA")),
    ("7131-02", 0, "public1_count", "1", ("public_unasked", "7131-02-11", "1", "0", "")),
    ("7131-02", 7, "public1_count", "13", ("public_over_whole", "7131-02-11", "13", "12", "ASSA")),
    ("7131-02", 7, "public1_units", "13727",
     ("public_units_of_count", "7131-02-15", "13727", "13728", "ASSA")),
    ("7131-02", 7, "public2_units", "1", ("public_unasked", "7131-02-16", "1", "0", "")),
    ("7131-02", 3, "count", "19", ("count_over", "7131-02-10", "19", "18", "AEFA")),
    ("7131-02", 10, "count", "3", ("count_over", "7131-02-10", "3", "2", "AEFA")),
    ("7131-02", 3, "count", "0", ("no_count", "7131-02-10", "0", "1", "ASSA")),
    ("7131-02", 6, "service_units", "682", ("units_of_rate", "7131-02-14", "682", "681", "ASSA")),
    ("7131-02", 0, "item_code", "9999", ("unknown_code", "7131-02-8", "9999", "", "ADD1")),
    ("7131-02", 0, "item_code", "1442", ("level_of_code", "7131-02-8", "2", "1", "10QF")),
    ("7131-02", 1, "item_code", "5052", ("code_doubled", "7131-02-8", "5052", "", "ANNL")),
    ("7131-02", 5, "item_code", "6104", ("two_of_a_group", "7131-02-8", "6104", "", "ASSA")),
    ("7131-10", 0, "days", "19", ("days_over_visits", "7131-10-8", "19", "18", "AEFA")),
    ("7131-10", 0, "days", "17", ("count_over", "7131-02-10", "18", "17", "AEFA")),
    ("7131-10", 0, "days", "31", ("days_over_period", "7131-10-8", "31", "30", "AEE2")),
    ("7131-10", 0, "planned_units", "16693",
     ("plan_over_limit", "7131-10-9", "16693", "16692", "12P3")),
    ("7131-10", 0, "planned_units", "16600",
     ("benefit_units", "7131-10-14", "17697", "17605", "ASSA")),
    ("7131-10", 0, "managed_units", "16777",
     ("managed_units", "7131-10-10", "16777", "16776", "ASSA")),
    ("7131-10", 0, "unmanaged_units", "1004",
     ("managed_units", "7131-10-11", "1004", "1005", "ASSA")),
    ("7131-10", 0, "unit_price", "1091",
     ("unit_price", "7131-10-15", "1091", "1000 / 1014 / 1027 / 1045 / 1054 / 1068 / 1072 / 1090",
      "ASSA")),
    ("7131-10", 0, "unit_price", "1072",
     ("unit_price_of_others", "7131-10-15", "1072", "1090", "ASSA")),
    ("7131-10", 0, "insurance_yen", "173608",
     ("insurance_yen", "7131-10-16", "173608", "173607", "ASSA")),
    ("7131-10", 0, "copay_yen", "19289", ("copay_yen", "7131-10-17", "19289", "19290", "ASSA")),
    ("7131-10", 1, "public1_units", "15998",
     ("public_units", "7131-10-18", "15998", "15999", "ASSA")),
    ("7131-10", 1, "public1_yen", "17438", ("public_yen", "7131-10-19", "17438", "17439", "ASSA")),
    ("7131-10", 0, "public1_copay_yen", "1", ("public_unasked", "7131-10-20", "1", "0", "")),
    ("7131-10", 2, "insurance_yen", "1",
     ("insurance_without_insurance", "7131-10-16", "1", "0", "ATT5")),
    ("7131-10", 0, "short_stay_days", "1", ("must_be_empty", "7131-10-13", "1", "0", "")),
    ("7131-01", 0, "insurance_units", "17698",
     ("base_total", "7131-01-33", "17698", "17697", "ASSA")),
    # ATT5: 生保単独で保険請求額 > 0, on the total as on the summary.
    ("7131-01", 2, "insurance_yen", "1",
     ("insurance_without_insurance", "7131-01-34", "1", "0", "ATT5")),
    ("7131-01", 1, "public1_yen", "17438", ("base_total", "7131-01-40", "17438", "17439", "ASSA")),
    ("7131-01", 0, "specified_yen", "1", ("must_be_empty", "7131-01-38", "1", "0", "")),
    ("7131-01", 0, "old_placement", "1", ("must_be_empty", "7131-01-16", "1", "0", "")),
    ("7131-01", 0, "admitted_on", "20160401", ("must_be_empty", "7131-01-24", "", "0", "")),
    ("7131-01", 0, "discharged_on", "20160401",
     ("must_be_empty", "7131-01-25", "", "0", "")),
    ("7131-01", 0, "days_in_facility", "1", ("must_be_empty", "7131-01-26", "1", "0", "")),
    ("7131-01", 0, "nights_out", "1", ("must_be_empty", "7131-01-27", "1", "0", "")),
    ("7131-01", 0, "state_after_discharge", "1", ("must_be_empty", "7131-01-28", "1", "0", "")),
    ("7131-01", 0, "public2_recipient_no", "1234567", ("public_unasked", "7131-01-10", "", "", "")),
    ("7131-01", 1, "public3_rate", "100", ("public_unasked", "7131-01-32", "100", "", "")),
    ("7131-01", 0, "birth_date", "", ("required", "7131-01-13", "", "", "ABB0")),
    ("7131-01", 0, "birth_date", "19301306", ("not_a_date", "7131-01-13", "", "YYYYMMDD", "")),
    ("7131-01", 0, "birth_date", "20160501", ("birth_date", "7131-01-13", "", "", "QT")),
    ("7131-01", 0, "sex", "3", ("unknown_choice", "7131-01-14", "", "1 / 2", "ABB0")),
    ("7131-01", 0, "care_level", "12", ("level_code", "7131-01-15", "12", "21 … 25", "10QF")),
    ("7131-01", 0, "care_level", "22", ("level_of_code", "7131-02-8", "1", "2", "10QF")),
    ("7131-01", 0, "certified_from", "20160501", ("not_certified", "7131-01-17", "", "", "12PD")),
    ("7131-01", 0, "certified_to", "20151231",
     ("certified_backwards", "7131-01-18", "", "", "ABB0")),
    ("7131-01", 0, "certified_to", "20160410",
     ("days_over_period", "7131-10-8", "18", "10", "AEE2")),
    ("7131-01", 0, "care_manager_no", "", ("required", "7131-01-20", "", "", "ABB0")),
    ("7131-01", 0, "started_on", "20160331", ("outside_month", "7131-01-21", "", "", "AEEA")),
    ("7131-01", 0, "stopped_on", "20160420", ("required", "7131-01-23", "", "", "ABB0")),
    ("7131-01", 0, "stop_reason", "4", ("reason_without_stop", "7131-01-22", "", "", "ABB0")),
    ("7131-01", 0, "benefit_rate", "80",
     ("insurance_yen", "7131-10-16", "173607", "154317", "ASSA")),
    ("7131-01", 0, "benefit_rate", "101", ("rate_over", "7131-01-29", "101", "100", "ASSA")),
    ("7131-01", 2, "benefit_rate", "90",
     ("rate_without_insurance", "7131-01-29", "90", "0", "ATT5")),
    ("7131-01", 1, "public1_rate", "90", ("public_rate", "7131-01-30", "90", "100", "ATTC")),
    ("7131-01", 1, "public1_recipient_no", "", ("required", "7131-01-8", "", "", "ABB0")),
    ("7131-01", 1, "insured_no", INSURED, ("statement_doubled", "7131-01-6", INSURED, "", "ANNL")),
    ("7131-01", 1, "insured_no", "0000199999",
     ("no_base_record", "7131-10-6", WITH_FUNDS, "", "ABB0")),
    ("7131-10", 1, "insured_no", "0000199999",
     ("no_total_record", "7131-01-6", WITH_FUNDS, "", "ABB0")),
    ("7111", 0, "statements", "3", ("claim_line", "7111-7", "3", "2", "ASSA")),
    ("7111", 0, "units", "33697", ("claim_line", "7111-8", "33697", "33696", "ASSA")),
    ("7111", 0, "copay_yen", "19291", ("claim_line", "7111-12", "19291", "19290", "ASSA")),
    ("7111", 1, "public_yen", "191827", ("claim_line", "7111-11", "191827", "191828", "ASSA")),
    ("7111", 1, "specified_days", "1", ("claim_line", "7111-14", "1", "0", "ASSA")),
    ("7111", 0, "payer_kind", "3", ("payer_kind", "7111-4", "3", "1 / 2", "ABB0")),
    ("control", 0, "record_count", "26", ("record_count", "control-4", "26", "27", "")),
    ("control", 0, "data_kind", "71R", ("data_kind", "control-5", "71R", "711", "")),
    ("control", 0, "review_month", "201604",
     ("review_month", "control-11", "201604", "> 201604", "")),
    ("control", 0, "provider_no", "1390000023",
     ("provider_differs", "7111-3", "1390000015", "1390000023", "")),
    ("control", 0, "review_month", "201613",
     ("not_a_month", "control-11", "201613", "YYYYMM", "")),
    ("control", 0, "medium", "Z",
     ("unknown_choice", "control-10", "Z", "1 / 2 / 3 / 4 / 5 / 7", "ABB0")),
    ("control", 0, "volume_no", "1", ("control_zero", "control-3", "1", "0", "")),
    ("control", 0, "welfare_office_no", "x", ("control_zero", "control-6", "x", "0", "")),
    ("control", 0, "insurer_no", "x", ("control_zero", "control-7", "", "0", "")),
    ("control", 0, "prefecture_no", "9", ("control_zero", "control-9", "9", "0", "")),
    *(
        ("7131-10", 0, "service_kind", kind,
         ("kind_without_lines", "7131-10-7", kind, "", ""))
        for kind in ("99", "76", "AB", "1")
    ),
    ("7131-10", 0, "service_kind", "76", ("kind_without_total", "7131-02-7", "78", "", "")),
    ("7131-02", 0, "service_kind", "76", ("kind_without_total", "7131-02-7", "76", "", "")),
    ("7131-02", 0, "count", "1a", ("not_a_number", "7131-02-10", "1a", "", "")),
    ("7131-02", 0, "item_code", "14412", ("too_long", "7131-02-8", "14412", "4", "")),
    ("7131-02", 0, "running_no", "9", ("running_number", "7131-02-running_no", "9", "5", "")),
    ("end", 0, "running_no", "9", ("running_number", "end-2", "9", "29", "")),
]  # fmt: skip


@pytest.mark.parametrize(("record", "row", "name", "value", "expected"), CASES)
def test_each_fault_is_named_with_what_is_there_and_what_should_be(
    record: str, row: int, name: str, value: str, expected: Found
) -> None:
    assert expected in found(ct.audit(changed_file(record, row, name, value)))


def test_every_item_of_the_forms_that_is_a_figure_is_one_in_the_layout() -> None:
    """様式第一 7 to 18; 様式第二 01-33 to 56, 02-9 to 17 (14 the same), 10-8 to 38."""
    expected = {
        "7111": range(7, 19), "7131-01": range(33, 57), "7131-02": range(9, 18),
        "7131-14": range(9, 18), "7131-10": range(8, 39),
    }  # fmt: skip
    for record, items in expected.items():
        assert [one.item for one in figures(record)] == list(items)


def test_every_single_figure_of_a_statement_changed_by_one_is_found() -> None:
    """Save a plan raised above what was done, which changes nothing."""
    statements = [
        [one for one in lines() if one[5] == insured] for insured in (INSURED, WITH_FUNDS, ALONE)
    ]
    missed = missed_steps(lines()[:2], statements)
    assert missed == [(WITH_FUNDS, "planned_units", 1), (ALONE, "planned_units", 1)]


def test_every_single_figure_of_a_claim_line_changed_by_one_is_found() -> None:
    for row in (0, 1):
        for item in figures("7111"):
            assert item.item is not None
            now = int(lines()[row][item.item - 1])
            for value in (now + 1, max(0, now - 1)):
                if value != now:
                    audit = ct.audit(changed_file("7111", row, item.name, str(value)))
                    place = (f"7111-{item.item}", str(value), str(now))
                    assert place in {one[1:4] for one in found(audit)}


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize(
    "name", ["service_month", "provider_no", "payer_kind", "law_no", "claim_kind"]
)
@pytest.mark.parametrize("step", [-1, 1, 10])
def test_every_code_of_a_claim_line_changed_by_one_is_found(row: int, name: str, step: int) -> None:
    """What says which statements the line sums, with and without its zeros in front."""
    now = clean_file().frame("7111")[name].tolist()[row]
    for value in {str(int(now) + step), str(int(now) + step).zfill(len(now))}:
        audit = ct.audit(changed_file("7111", row, name, value))
        # Some programs write 0 on a line of public funds.
        right = (row, name, value) in {(1, "claim_kind", "0"), (1, "claim_kind", "00")}
        assert audit.clean == right


def test_form_is_checked_line_by_line() -> None:
    clean = file_bytes()
    whole = clean.split(b"\r\n")[:-1]
    assert rules(b"\r\n".join(whole[1:]) + b"\r\n") >= {"no_control"}
    assert rules(b"\r\n".join(whole[:-1]) + b"\r\n") >= {"no_end"}
    assert rules(clean.replace(b"\r\n", b"\n")) == {"line_end"}
    assert rules(clean[:-2]) == {"line_end"}
    damaged = clean.replace(b"5301,50,18", b'5301,"50,18', 1)
    assert "damaged_line" in rules(damaged)
    # A damaged line is not one of another form.
    assert ct.audit(parse_claim_file(damaged, "file")).hints.empty


def test_statements_need_their_claim_lines() -> None:
    data = lines()
    assert "no_claim_line" in rules(data[1:])
    without_lines = [one for one in data if (one[1], one[5]) != ("02", WITH_FUNDS)]
    assert "no_line_record" in rules(without_lines)
    assert "kind_doubled" in rules([*data, data[-1]])


def test_other_forms_are_left_alone() -> None:
    other = ["7132", "01", "201604", "1390000015", "00139006", "0000999999", "whatever"]
    audit = ct.audit(parse_claim_file(file_bytes([*lines(), other]), "file"))
    assert audit.findings.empty
    assert audit.hints["rule"].tolist() == ["other_forms"]
    # It is said of the file, not of a line.
    assert audit.hints["line"].isna().tolist() == [True]


def test_a_statement_in_two_files_is_found() -> None:
    audit = ct.audit([clean_file(), clean_file()])
    assert audit.findings["rule"].tolist() == ["statement_in_two_files"] * 3
    assert audit.findings["return_code"].tolist() == ["ANN2"] * 3
    assert audit.findings["insured_no"].tolist() == [INSURED, WITH_FUNDS, ALONE]
    # Findings of several files are numbered through.
    wrong = [changed_file("7131-10", 0, "copay_yen", "19289") for _ in range(2)]
    findings = ct.audit(wrong).findings
    assert findings.index.tolist() == list(range(len(findings)))


def test_files_audited_together_say_what_each_says_alone() -> None:
    """Each line belongs to its own file: its control record, 7111, prices and counts of lines."""
    clean = lines()
    cheaper = [[*one[:14], "1072", *one[15:]] if one[1] == "10" else one for one in clean]
    other_form = ["7132", "01", "201604", "1390000015", "00139006", "0000999999", "whatever"]
    raw = [
        file_bytes(),
        file_bytes(cheaper),
        file_bytes([*clean, other_form]),
        file_bytes(clean[2:]),
        file_bytes().split(b"\r\n", 1)[1],
        file_bytes().replace(b",7,201605,", b",7,201604,"),
        file_bytes().replace(b",1390000015,0,7,", b",1390000023,0,7,"),
        file_bytes([*clean, clean[3]])[:-2],
        file_bytes([[*one[:2], "201503", *one[3:]] for one in clean]),
    ]
    files = [
        # Other persons in each file: none has a statement in two.
        parse_claim_file(one.replace(b",0000100", b",00%02d100" % at).replace(
            b",H000100", b",H0%02d100" % at), f"{at}.csv")
        for at, one in enumerate(raw)
    ]  # fmt: skip
    together, alone = ct.audit(files), [ct.audit(one) for one in files]
    assert together.files == tuple(summary for one in alone for summary in one.files)
    for name in ("findings", "hints"):
        each = pd.concat([getattr(one, name) for one in alone], ignore_index=True)
        pd.testing.assert_frame_equal(getattr(together, name), each)
    assert together.findings["file"].nunique() == len(files) - 2
    assert not together.findings["rule"].eq("statement_in_two_files").any()


HINTS = [
    ("7131-01", "insurer_no", "00139001", "check_digit"),
    ("7131-01", "benefit_rate", "95", "unusual_rate"),
    ("7131-01", "benefit_rate", "1", "unusual_rate"),
    ("7131-01", "birth_date", "19990101", "unusual_age"),
    ("7131-01", "care_plan_by", "2", "manager_of_own_plan"),
]


@pytest.mark.parametrize(("record", "name", "value", "rule"), HINTS)
def test_what_may_be_right_is_a_hint(record: str, name: str, value: str, rule: str) -> None:
    audit = ct.audit(changed_file(record, 0, name, value))
    assert rule in audit.hints["rule"].tolist()
    assert rule not in audit.findings["rule"].tolist()


@pytest.mark.parametrize("rate", ["0", "60", "80", "100"])
def test_rates_that_are_usual_or_not_given_are_no_hint(rate: str) -> None:
    audit = ct.audit(changed_file("7131-01", 0, "benefit_rate", rate))
    told = {*audit.hints["rule"], *audit.findings["rule"]}
    assert not told & {"unusual_rate", "rate_over"}


def test_the_rate_of_unknown_public_funds_is_not_judged() -> None:
    file = changed_file("7131-01", 1, "public1_payer_no", "99139018")
    assert "public_rate" not in set(
        ct.audit(changed_file("7131-01", 1, "public1_rate", "55", file)).findings["rule"]
    )


@pytest.mark.parametrize("slot", [2, 3])
@pytest.mark.parametrize("what", ["units", "yen", "copay_yen"])
def test_nothing_is_asked_of_public_funds_that_are_not_named(slot: int, what: str) -> None:
    findings = ct.audit(changed_file("7131-10", 1, f"public{slot}_{what}", "3")).findings
    asked = findings[findings["rule"] == "public_unasked"]
    assert asked[["found", "expected"]].to_numpy().tolist() == [["3", "0"]]


def test_several_visits_a_day_are_a_hint() -> None:
    """Fewer days than visits are right where a person came twice on one day."""
    data = [one for one in lines() if not (one[1] == "02" and one[7].startswith("5"))]
    audit = ct.audit(
        changed_file("7131-10", 1, "days", "11", parse_claim_file(file_bytes(data), "f"))
    )
    days = audit.hints[audit.hints["rule"] == "several_visits_a_day"]
    assert days[["found", "expected"]].to_numpy().tolist() == [["11", "12"]]


# Codes of 2026-06 and their counts beside 12 visits: whether they may stand side by side by the
# notice of 2026 (老企第36号 第二の3の2), and the rule of the audit that says so.
BESIDE = [
    ([("5305", 12), ("6364", 1)], "codes_not_together", "5305", "≠ 6364"),
    ([("5605", 2), ("6116", 1)], "codes_not_together", "5605", "≠ 6116"),
    ([("4002", 1), ("5051", 12)], "codes_not_together", "4002", "≠ 5051"),
    ([("4003", 1)], "needs_other_code", "4003", ""),
    ([("6350", 12)], "needs_other_code", "6350", ""),
    ([("6183", 1), ("6104", 1)], "two_of_a_group", "6183", ""),
    ([("6099", 10), ("6102", 3)], "two_of_a_group", "6099", ""),
    ([("4003", 1), ("5053", 12)], "", "4003", ""),
    ([("6350", 12), ("6365", 1)], "", "6350", ""),
    ([("6099", 10), ("6102", 2)], "", "6099", ""),
    # What gives way on a visit: 送迎減算 to 同一建物減算 (7 (23)), 若年性 to 認知症 (注16). 13 ways
    # are of 7 visits at least.
    ([("5611", 6), ("5612", 13)], "codes_not_together", "5612", "≠ 5611"),
    ([("5611", 6), ("5612", 12)], "", "5612", ""),
    ([("5612", 24)], "", "5612", ""),
    ([("5305", 7), ("6109", 6)], "codes_not_together", "6109", "≠ 5305"),
    ([("5305", 6), ("6109", 6)], "", "6109", ""),
]
_COMPANY = {"codes_not_together", "codes_together", "needs_other_code", "two_of_a_group"}


def beside(codes: list[tuple[str, int]]) -> bytes:
    """Write a file of 2026-06 in which a person's statement has codes beside its visits."""
    data = [one for one in lines() if one[1] != "02" or one[7].startswith("1")]
    place = next(at for at, one in enumerate(data) if one[1] == "02" and one[5] == WITH_FUNDS)
    more = [[*data[place][:7], code, "1", str(count), *data[place][10:]] for code, count in codes]
    data[place + 1 : place + 1] = more
    return file_bytes(data).replace(b",201604,", b",202606,")


@pytest.mark.parametrize(("codes", "rule", "item", "expected"), BESIDE)
def test_what_may_not_stand_beside_another_code_is_found(
    codes: list[tuple[str, int]], rule: str, item: str, expected: str
) -> None:
    findings = ct.audit(parse_claim_file(beside(codes), "file")).findings
    told = findings[findings["rule"].isin(_COMPANY)]
    first = told[["rule", "found", "expected"]].to_numpy().tolist()[:1]
    assert first == ([[rule, item, expected]] if rule else [])


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        # 口腔機能向上加算 twice a month, (Ⅰ) or (Ⅱ); スクリーニング加算 once in six months.
        ([("5606", 2), ("5608", 1)], ["5606", "5608"]), ([("5606", 1), ("5608", 1)], []),
        ([("6201", 1), ("6202", 1)], ["6201", "6202"]), ([("5301", 6), ("5303", 6)], []),
    ],
)  # fmt: skip
def test_kinds_of_one_addition_share_its_maximum(
    codes: list[tuple[str, int]], told: list[str]
) -> None:
    """告示第19号 別表 6 注19・注20: 6月ごと, 1月に2回を限度; one kind excludes the others."""
    hints = ct.audit(parse_claim_file(beside(codes), "file")).hints
    assert hints[hints["rule"] == "group_over_maximum"]["found"].tolist() == told


# A table in which two additions of the day may not stand on one visit, as 12 visits can have them.
@pytest.mark.parametrize(("count", "sure"), [(6, False), (7, True)])
def test_codes_of_one_visit_are_found_where_there_are_more_than_visits(
    tmp_path: Path, count: int, sure: bool
) -> None:
    table = tmp_path / "codes.csv"
    frame = pd.read_csv(law_file("service_codes.csv"), dtype=str, keep_default_na=False)
    bathing = (frame["key"] == "bathing") & (frame["valid_from"] == "201604")
    frame.loc[bathing, "not_with"] = "moderate_severe_care"
    frame.to_csv(table, index=False)
    data = lines()
    for one in data:
        if one[1] == "02" and one[5] == WITH_FUNDS and one[7] in ("5301", "5306"):
            one[9] = str(count if one[7] == "5301" else 6)
    audit = ct.audit(parse_claim_file(file_bytes(data), "file"), codes=table)
    found = {name: set(one[one["insured_no"] == WITH_FUNDS]["rule"]) for name, one in
             (("findings", audit.findings), ("hints", audit.hints))}  # fmt: skip
    assert ("codes_not_together" in found["findings"]) is sure
    assert ("codes_together" in found["hints"]) is not sure


def test_codes_of_several_levels_are_a_hint() -> None:
    """Where the level changed within the month the visits before keep their own codes."""
    lighter = [list(one) for one in lines()]
    at = next(at for at, one in enumerate(lighter) if one[1] == "02" and one[5] == WITH_FUNDS)
    assert lighter[at][7] == "1444"
    lighter[at][7] = "1443"
    lighter.insert(at, [*lighter[at][:7], "1444", *lighter[at][8:]])
    audit = ct.audit(parse_claim_file(file_bytes(lighter), "file"))
    assert "level_of_code" not in set(audit.findings["rule"])
    told = audit.hints[audit.hints["rule"] == "several_levels"]
    assert told[["found", "expected"]].to_numpy().tolist() == [["3", "4"]]


def test_a_month_without_a_table_is_said() -> None:
    moved = file_bytes().replace(b",201604,", b",201503,").replace(b",201605,", b",201504,")
    audit = ct.audit(parse_claim_file(moved, "file"))
    assert "month_without_table" in audit.hints["rule"].tolist()


def test_no_private_value_is_repeated() -> None:
    file = changed_file("7131-01", 1, "birth_date", "20991231")
    file = changed_file("7131-01", 1, "public1_recipient_no", "7654321", file)
    file = changed_file("7131-01", 1, "certified_from", "20170101", file)
    audit = ct.audit(file)
    told = audit.findings.to_csv() + audit.hints.to_csv()
    for private in ("20991231", "7654321", "20170101", "19300506"):
        assert private not in told


def test_findings_are_told_in_japanese(tmp_path: Path) -> None:
    audit = ct.audit(changed_file("7131-10", 0, "insurance_yen", "173608"), language="ja")
    first = audit.findings_in("ja").set_index("エラーの種類").loc["insurance_yen"]
    assert first["項目名"] == "保険 請求額"
    assert first["説明"] == (
        "保険請求額は費用総額×給付率(円未満切り捨て)です。計算し直してください"
    )
    page = audit.report(tmp_path / "audit.html", "ja").read_text(encoding="utf-8")
    assert '<html lang="ja">' in page
    assert "請求ファイルの点検" in page
    assert "保険請求額は費用総額×給付率" in page
    assert "<script" not in page


def test_every_check_has_both_languages_and_a_four_letter_code() -> None:
    for rule, check in CHECKS.items():
        assert check.text.say("ja") != check.text.say("en"), rule
        assert check.code == "" or (check.code.isalnum() and len(check.code) in (2, 4)), rule


def test_no_file_is_no_audit() -> None:
    with pytest.raises(ChiikiTsushoError, match="no file was given") as caught:
        ct.audit([])
    assert "点検する請求ファイルを指定してください" in caught.value.say("ja")


def test_a_folder_and_a_pattern_stand_for_their_files(tmp_path: Path) -> None:
    """``claim-file`` writes a folder, and the shell of Windows leaves patterns as they are."""
    for name in ("J1604010.CSV", "J1604009.CSV", "note.txt"):
        (tmp_path / name).write_bytes(file_bytes())
    for given in (tmp_path, tmp_path / "J*.CSV"):
        assert [Path(one.file).name for one in ct.audit(given).files] == [
            "J1604009.CSV",
            "J1604010.CSV",
        ]
    with pytest.raises(ct.InputFileError, match="there is no CSV file; check the path"):
        ct.audit(tmp_path / "K*.CSV")

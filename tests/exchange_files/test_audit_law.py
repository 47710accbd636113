"""What the audit says of codes, levels and counts beside the month's table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from chiiki_tsusho.exchange_files.finding_texts import CHECKS
from chiiki_tsusho.law.table_files import law_file
from helpers.audits import audit_of, told
from helpers.claim_files import INSURED, WITH_FUNDS, changed_file, file_bytes, lines

# 療養通所介護, 3 to 6 hours, in 2016-04: 1,007 units; its codes have no care level.
MEDICAL = ["78", "4140", "1007", "1", "0", "0", "0", "1007", "0", "0", "0", ""]


def with_medical(*, alone: bool, level: str) -> list[list[str]]:
    """Give the first person a visit of 療養通所介護, beside the others or alone."""
    data = lines()
    at = next(at for at, one in enumerate(data) if (one[1], one[5]) == ("02", INSURED))
    head = data[at][:6]
    if alone:
        data = [one for one in data if (one[1], one[5]) != ("02", INSURED)]
    data.insert(at, [*head, *MEDICAL])
    data[at - 1][14] = level
    return data


def test_an_unknown_code_is_told_as_such_alone() -> None:
    """Without the code of the visits it is not known how many there were (row 5 counts them)."""
    findings = audit_of(changed_file("7131-02", 0, "item_code", "9999")).findings
    assert findings["rule"].tolist() == ["unknown_code"]
    file = changed_file("7131-02", 0, "item_code", "9999")
    file = changed_file("7131-02", 0, "count", "0", file)
    assert told(file, "no_count") == []


def test_without_the_code_of_the_visits_there_are_nine_a_day_at_most() -> None:
    """Nine sessions are the most of one person on one day: 162 visits on 18 days."""
    file = changed_file("7131-02", 0, "item_code", "9999")
    assert told(changed_file("7131-02", 5, "count", "162", file), "count_over") == []
    assert told(changed_file("7131-02", 5, "count", "163", file), "count_over") == [
        ("7131-02-10", "163", "162")
    ]


def test_lines_of_other_service_kinds_are_not_looked_up() -> None:
    """訪問看護 (13) has codes of its own."""
    data = lines()
    at = next(at for at, one in enumerate(data) if one[1] == "02")
    data.insert(at, [*data[at][:6], "13", "1111", *MEDICAL[2:]])
    assert told(data, "unknown_code") == []


def test_a_level_that_none_of_the_codes_has_is_told_of_the_codes_of_visits() -> None:
    """Additions (rows 1 to 6) have no level; nor has a code that is unknown."""
    file = changed_file("7131-01", 0, "care_level", "22")
    file = changed_file("7131-02", 3, "item_code", "9999", file)
    assert told(file, "level_of_code") == [("7131-02-8", "1", "2")]
    assert told(file, "several_levels", hint=True) == []


def test_a_level_of_the_person_that_is_none_is_told_once() -> None:
    """要支援1 (12) is not for this service."""
    file = changed_file("7131-01", 0, "care_level", "12")
    assert told(file, "level_of_code") == []
    assert told(file, "level_code") == [("7131-01-15", "12", "21 … 25")]
    without = [one for one in lines() if (one[1], one[5]) != ("01", INSURED)]
    assert told(without, "level_of_code") == told(without, "several_levels", hint=True) == []


def test_codes_without_a_level_may_be_those_of_the_level_stated() -> None:
    data = with_medical(alone=False, level="22")
    assert told(data, "level_of_code") == []
    assert told(data, "several_levels", hint=True) == [("7131-02-8", "1", "2")]
    alone = with_medical(alone=True, level="22")
    assert told(alone, "level_of_code") == told(alone, "several_levels", hint=True) == []


def test_without_a_summary_no_count_is_too_large() -> None:
    """Only record 10 says on how many days there were visits."""
    data = [one for one in lines() if (one[1], one[5]) != ("10", INSURED)]
    assert told(data, "count_over") == []


@pytest.mark.parametrize(("ways", "expected"), [(24, []), (25, [("7131-02-10", "25", "24")])])
def test_there_are_two_ways_of_each_visit(ways: int, expected: list[tuple[str, str, str]]) -> None:
    """送迎減算 (5612) is counted by the way; the second person (row 9) had 12 visits."""
    file = changed_file("7131-02", 9, "item_code", "5612")
    assert told(changed_file("7131-02", 9, "count", str(ways), file), "count_over") == expected


def test_units_left_out_leave_none_under_public_funds() -> None:
    """The item has room for them: it may be blank for codes of a whole month alone."""
    file = changed_file("7131-02", 7, "units", "0")
    assert told(file, "public_units_of_count") == [("7131-02-15", "13728", "0")]


def test_of_a_group_one_person_has_one_and_another_another() -> None:
    """処遇改善加算 Ⅰ and Ⅱ in one file; サービス提供体制強化加算 more often than visits."""
    file = changed_file("7131-02", 12, "item_code", "6104")
    assert told(file, "two_of_a_group") == []
    file = changed_file("7131-02", 5, "count", "19")
    assert told(file, "two_of_a_group") == []
    assert told(file, "count_over") == [("7131-02-10", "19", "18")]


def test_a_code_of_a_group_is_not_told_of_twice_where_another_person_has_the_other() -> None:
    """サービス提供体制強化加算 Ⅰイ (6100) of one, Ⅱ (6101) of another; the counts are too high."""
    file = changed_file("7131-02", 5, "count", "19")
    file = changed_file("7131-02", 11, "item_code", "6101", file)
    assert ("7131-02-10", "19", "18") in told(file, "count_over")
    assert told(file, "two_of_a_group") == []


def test_a_month_without_a_table_is_told_of_the_file_and_the_others_are_checked() -> None:
    early = [[*one[:2], "201503", *one[3:]] for one in lines() if one[5] == WITH_FUNDS]
    data = [*early, *lines()]
    at = next(at for at, one in enumerate(data) if one[1:3] == ["02", "201604"])
    data[at][7] = "9999"
    assert told(data, "unknown_code") == [("7131-02-8", "9999", "")]
    audit = audit_of(data)
    hints = audit.hints[audit.hints["rule"] == "month_without_table"]
    assert hints["found"].tolist() == ["201503"]
    assert hints["line"].isna().tolist() == [True]


def bundled_rows() -> pd.DataFrame:
    return pd.read_csv(law_file("service_codes.csv"), dtype=str, keep_default_na=False)


def test_a_code_that_the_table_lacks_may_be_right() -> None:
    """処遇改善加算Ⅴ of 2024-06, say, is not bundled (not_bundled.csv): the table is to be given."""
    text = CHECKS["unknown_code"].text
    assert "where it is right give a fuller table with --codes" in text.say("en")
    assert "正しいコードなら --codes" in text.say("ja")


def test_where_only_codes_of_visits_are_known_others_are_not_unknown(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    rows = bundled_rows()
    rows[rows["kind"] == "base"].to_csv(table, index=False)
    audit = ct.audit(parse_claim_file(file_bytes(), "file"), codes=table)
    assert audit.clean
    # Six additions and ratios of the first person, five of each of the others.
    assert audit.hints["rule"].tolist() == ["code_without_table"] * 16


# 送迎減算 (5612) counts ways, two a visit: 12 are of 6 visits at least, 13 of 7.
@pytest.mark.parametrize(("ways", "sure"), [(12, False), (13, True)])
def test_ways_are_of_half_as_many_visits(tmp_path: Path, ways: int, sure: bool) -> None:
    table = tmp_path / "codes.csv"
    rows = bundled_rows()
    bathing = (rows["key"] == "bathing") & (rows["valid_from"] == "201604")
    rows.loc[bathing, "not_with"] = "no_transport"
    rows.to_csv(table, index=False)
    data = lines()
    for one in data:
        if one[1] == "02" and one[5] == WITH_FUNDS and one[7] in ("5301", "5306"):
            one[7:10] = ["5301", "50", "6"] if one[7] == "5301" else ["5612", "-47", str(ways)]
    audit = ct.audit(parse_claim_file(file_bytes(data), "file"), codes=table)
    assert ("codes_not_together" in set(audit.findings["rule"])) is sure
    assert ("codes_together" in set(audit.hints["rule"])) is not sure


# 18 visits on 17 days: 9 days of one and 8 of the other may be different days.
@pytest.mark.parametrize(("times", "wrong"), [("8", False), ("9", True)])
def test_of_a_group_counted_by_the_day_a_day_has_one(
    tmp_path: Path, times: str, wrong: bool
) -> None:
    table = tmp_path / "codes.csv"
    rows = bundled_rows()
    pair = rows["key"].isin(["bathing", "moderate_severe_care"]) & (rows["valid_from"] == "201604")
    rows.loc[pair, "group"] = "pair"
    rows.to_csv(table, index=False)
    data = [one for one in lines() if one[5] == INSURED or one[7:8] != ["5306"]]
    for one in data:
        if (one[1], one[5]) == ("02", INSURED):
            one[9] = {"5301": "9", "5306": times}.get(one[7], one[9])
        elif (one[1], one[5]) == ("10", INSURED):
            one[7] = "17"
    audit = ct.audit(parse_claim_file(file_bytes(data), "file"), codes=table)
    assert ("two_of_a_group" in set(audit.findings["rule"])) is wrong


@pytest.mark.parametrize(("alone", "item", "wrong"), [
    (False, "5301", False), (True, "5301", True), (True, "6107", False), (False, "6103", False),
])  # fmt: skip
def test_codes_are_of_a_service_of_the_statement(alone: bool, item: str, wrong: bool) -> None:
    """In 2016-04 処遇改善 is of both services, 入浴 (5301) of 通所介護, 6103 of 療養通所介護."""
    data = with_medical(alone=alone, level="21")
    at = next(at for at, one in enumerate(data) if (one[1], one[5]) == ("02", INSURED))
    data.insert(at + 1, [*data[at][:7], item, "1", "1", "0", "0", "0", "1", "0", "0", "0", ""])
    found = [item for item, *_ in told(data, "other_service")]
    assert found == (["7131-02-8"] if wrong else [])


def test_an_addition_of_the_other_service_is_found() -> None:
    file = changed_file("7131-02", 1, "item_code", "6103")
    assert told(file, "other_service") == [("7131-02-8", "6103", "")]


# A person comes at most nine times a day (回 1 to 9), so 18 visits are on two days at least.
@pytest.mark.parametrize(("days", "few"), [("0", True), ("1", True), ("2", False), ("17", False)])
def test_visits_need_days(days: str, few: bool) -> None:
    file = changed_file("7131-10", 0, "days", days)
    assert told(file, "days_too_few") == ([("7131-10-8", days, "2")] if few else [])
    several = told(file, "several_visits_a_day", hint=True)
    assert several == ([] if few else [("7131-10-8", days, "18")])


# 8401 is a code of 要介護1 over capacity, 6100 サービス提供体制強化加算Ⅰイ (row 5 of 02).
@pytest.mark.parametrize(
    ("code", "expected"), [("8401", [("7131-02-8", "6100", "")]), ("1441", [])]
)
def test_service_provision_is_not_due_with_a_shortfall(
    code: str, expected: list[tuple[str, str, str]]
) -> None:
    """大臣基準告示 (expydoc.com/doc/7682706): 定員超過・人員基準欠如のいずれにも該当しないこと."""
    file = changed_file("7131-02", 0, "item_code", code)
    assert told(file, "not_with_shortfall", hint=True) == expected

"""What the audit says of ratios: of all units, of base codes, their part under public funds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from chiiki_tsusho.law.table_files import law_file
from helpers.audits import told
from helpers.claim_files import INSURED, WITH_FUNDS, changed_file, file_bytes, lines

# 2026-06, 要介護1: 10 visits of 781441 (753 units), 7,530. 共生型サービス生活介護 takes 70/1000 of
# them off: 527.1, 527. 中山間地域等提供加算 lies outside the limit and is 50/1000 of what of the
# 7,003 is within it; 処遇改善加算Ⅰ2 127/1000 of what is paid (老企第36号 第二 1: each ratio is
# rounded once, half up). Of the plan there are
# - 6,000 units: 50/1000 of 6,000, 300; 127/1000 of 6,300, 800.1, 800; paid are 7,100;
# - none: 0 and 0.
_PLANNED = {6000: (300, 800, 7100), 0: (0, 0, 0)}


def shared_service(plan: int, *, funds: bool) -> list[list[str]]:
    """Return the lines of a person with 共生型サービス over the plan, and nothing else."""
    insured = WITH_FUNDS if funds else INSURED
    head = ["7131", "02", "202606", "1390000015", "00139006", insured, "78"]
    rural, improvement, benefit = _PLANNED[plan]
    own = [one for one in lines() if one[0] == "7131" and one[5] == insured]
    base, total = own[0], own[-1]
    base[2] = total[2] = "202606"
    codes = [("1441", 753, 10, 7530), ("6364", -527, 1, -527), ("8110", rural, 1, rural),
             ("6183", improvement, 1, improvement)]  # fmt: skip
    of_funds = benefit if funds else 0
    total[7:11] = ["10", str(plan), "7003", str(rural + improvement)]
    total[13], total[17] = str(benefit), str(of_funds)
    whole = [base]
    for code, units, count, of_line in codes:
        public = [str(count), "0", "0"] if funds else ["0", "0", "0"]
        part = [str(of_line), "0", "0"] if funds else ["0", "0", "0"]
        whole.append([*head, code, str(units), str(count), *public, str(of_line), *part, ""])
    return [*whole, total]


def with_units(data: list[list[str]], code: str, units: int, item: int = 14) -> list[list[str]]:
    """Change the units of a code (02-14), or those under public funds (02-15)."""
    for one in data:
        if one[1] == "02" and one[7] == code:
            one[item - 1] = str(units)
    return data


@pytest.mark.parametrize("plan", [6000, 0])
@pytest.mark.parametrize("funds", [False, True])
def test_ratios_worked_out_by_hand_are_right(plan: int, funds: bool) -> None:
    data = shared_service(plan, funds=funds)
    assert told(data, "units_of_rate") == told(data, "public_units_of_rate") == []


@pytest.mark.parametrize(
    ("code", "units", "expected"),
    [
        # Exactly, where it is of all lines.
        ("6183", 799, ["800"]),
        ("6183", 801, ["800"]),
        # The most it can be where it is of base codes: all 7,530 units less 1,003 over the plan,
        # 326.35. The visits that have it may be fewer.
        ("8110", 326, []),
        ("8110", 327, ["326"]),
        ("8110", 0, []),
        ("8110", -1, ["326"]),
        # What takes off lies within the limit.
        ("6364", -1, []),
        ("6364", -528, ["-527"]),
        ("6364", 1, ["-527"]),
    ],
)
def test_a_ratio_is_what_it_comes_to_or_at_most(code: str, units: int, expected: list[str]) -> None:
    data = with_units(shared_service(6000, funds=False), code, units)
    # The ratio of all lines follows the others.
    wrong = [one for one in told(data, "units_of_rate") if one[1] == str(units)]
    assert wrong == [("7131-02-14", str(units), one) for one in expected]


def test_nothing_of_the_visits_within_the_plan_is_no_ratio_outside_it() -> None:
    data = shared_service(0, funds=False)
    # Without 共生型サービス all 7,530 units of the visits are over the plan.
    del data[2]
    data[-1][9] = "7530"
    assert told(data, "units_of_rate") == []
    with_units(data, "8110", 1)
    assert ("7131-02-14", "1", "0") in told(data, "units_of_rate")


@pytest.mark.parametrize(
    ("units", "plan", "right", "wrong"),
    # 50/1000 of 7,010 are 350.5, of 7,009 350.45.
    [(7010, 7010, 351, 352), (7009, 7009, 350, 351), (7009, 8000, 350, 351)],
)
def test_within_the_plan_a_ratio_is_of_all_units_done(
    units: int, plan: int, right: int, wrong: int
) -> None:
    data = shared_service(6000, funds=False)
    del data[2]
    data[1][13], data[-1][8] = str(units), str(plan)
    for rural in (right, wrong):
        with_units(data, "8110", rural)
        found = [one for one in told(data, "units_of_rate") if one[1] == str(rural)]
        assert found == ([("7131-02-14", str(wrong), str(right))] if rural == wrong else [])


def test_what_lies_over_the_plan_is_no_less_than_nothing(tmp_path: Path) -> None:
    """Additions over the plan take no units of the visits; with a ratio of 60 % it would show."""
    table = tmp_path / "codes.csv"
    frame = pd.read_csv(law_file("service_codes.csv"), dtype=str, keep_default_na=False)
    frame.loc[(frame["key"] == "rural_area") & (frame["valid_to"] == "999999"), "per_mille"] = "600"
    frame.to_csv(table, index=False)
    data = shared_service(0, funds=False)
    data[2] = [*data[1][:7], "5301", "40", "10", "0", "0", "0", "400", "0", "0", "0", ""]
    data[-1][9] = "7930"
    with_units(data, "8110", 1)
    findings = ct.audit(parse_claim_file(file_bytes(data), "file"), codes=table).findings
    wrong = findings[(findings["rule"] == "units_of_rate") & (findings["found"] == "1")]
    assert wrong["expected"].tolist() == ["0"]


def test_without_its_summary_no_ratio_is_judged() -> None:
    """What is over the plan, and with it the ratio, only record 10 can say."""
    data = [one for one in lines() if (one[1], one[5]) != ("10", INSURED)]
    assert told(data, "units_of_rate") == []


def test_beside_an_unknown_code_no_ratio_is_judged() -> None:
    data = lines()
    for one in data:
        if one[1] == "02" and one[7] in ("1441", "1444"):
            one[7] = "9999"
            one[13] = str(int(one[13]) + 1000)
    assert told(data, "units_of_rate") == told(data, "public_units_of_rate") == []


@pytest.mark.parametrize(
    ("code", "part", "expected"),
    [("8110", 299, "300"), ("6364", -526, "-527"), ("6183", 799, "800")],
)
def test_the_part_of_a_ratio_under_public_funds_of_a_whole_month(
    code: str, part: int, expected: str
) -> None:
    """With funds on every day it is the whole line."""
    data = with_units(shared_service(6000, funds=True), code, part, 15)
    assert told(data, "public_units_of_rate") == [("7131-02-15", str(part), expected)]


def with_a_visit_without_funds(data: list[list[str]]) -> list[list[str]]:
    """Leave nine of the ten visits of 753 units under public funds."""
    visits = next(one for one in data if one[1] == "02" and one[7] == "1441")
    visits[10], visits[14] = "9", "6777"
    return data


def test_the_part_of_a_ratio_that_not_all_visits_have_is_not_judged() -> None:
    """With 250 units not all visits have 中山間地域等提供加算: which of them have funds?"""
    data = with_units(shared_service(6000, funds=True), "8110", 250)
    data = with_a_visit_without_funds(with_units(data, "8110", 249, 15))
    assert not [one for one in told(data, "public_units_of_rate") if one[1] == "249"]


@pytest.mark.parametrize(
    ("code", "units", "part"), [("8110", 250, 249), ("6364", -500, -499), ("6364", -500, 0)]
)
def test_where_all_visits_have_funds_a_ratio_has_them_as_a_whole(
    code: str, units: int, part: int
) -> None:
    """Whichever of the visits have it: all ten of 753 units are under public funds."""
    data = with_units(shared_service(6000, funds=True), code, units)
    data = with_units(data, code, units, 15)
    assert not [one for one in told(data, "public_units_of_rate") if one[1] == str(units)]
    data = with_units(data, code, part, 15)
    found = [one for one in told(data, "public_units_of_rate") if one[1] == str(part)]
    assert found == [("7131-02-15", str(part), str(units))]


def test_a_ratio_without_a_part_under_public_funds_is_not_judged() -> None:
    """The visits that have 処遇改善加算 (row 12 of 02) may be those of the days without funds."""
    visits = changed_file("7131-02", 7, "public1_units", str(11 * 1144))
    visits = changed_file("7131-02", 7, "public1_count", "11", visits)
    file = changed_file("7131-02", 12, "public1_units", "0", visits)
    file = changed_file("7131-02", 12, "public1_count", "0", file)
    assert told(file, "public_units_of_rate") == []
    # 40/1000 of 15,384 units are 615.36.
    file = changed_file("7131-02", 12, "public1_units", "616")
    assert told(file, "public_units_of_rate") == [("7131-02-15", "616", "615")]


def test_where_public_funds_are_asked_for_nothing_their_part_is_not_judged() -> None:
    """A unit there is told as what no payer is named for."""
    file = changed_file("7131-02", 6, "public1_units", "1")
    assert told(file, "public_units_of_rate") == []
    assert told(file, "public_unasked") == [("7131-02-15", "1", "0")]

"""What the audit says of dates, levels and codes of persons beside the month of service."""

from __future__ import annotations

import pytest

from chiiki_tsusho import ClaimFile
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from helpers.audits import audit_of, told
from helpers.claim_files import PROVIDER, changed_file, file_bytes

# The month is 2016-04; the first person was there on 18 days.
FIRST, LAST = "20160401", "20160430"


def with_dates(**cells: str) -> ClaimFile:
    """Change cells of the first person's basic record."""
    file = changed_file("7131-01", 0, "birth_date", "19300506")
    for name, value in cells.items():
        file = changed_file("7131-01", 0, name, value, file)
    return file


def rules(file: ClaimFile) -> set[str]:
    audit = audit_of(file)
    return {*audit.findings["rule"], *audit.hints["rule"]}


def test_a_person_may_be_born_on_the_last_day_of_the_month() -> None:
    """After it is impossible, up to it unusual."""
    assert rules(with_dates(birth_date=LAST)) == {"unusual_age"}
    assert rules(with_dates(birth_date="20160501")) == {"birth_date"}
    assert rules(with_dates(birth_date="")) == {"required"}


@pytest.mark.parametrize(
    ("month", "born", "usual"),
    [
        # 第2号被保険者 are forty or older; a year is full at the end of the day before the birthday
        # (年齢計算ニ関する法律 1項). At the end of 2026-06 these are 39, 40, 120 and 121.
        ("202606", "19860702", False),
        ("202606", "19860701", True),
        ("202606", "19050702", True),
        ("202606", "19050701", False),
        # 39 and 40 at the end of a year.
        ("202612", "19870102", False),
        ("202612", "19870101", True),
    ],
)
def test_ages_between_40_and_120_are_usual(month: str, born: str, usual: bool) -> None:
    raw = file_bytes().replace(b",201604,", f",{month},".encode())
    file = changed_file("7131-01", 0, "birth_date", born, parse_claim_file(raw, "file"))
    # That of the two others is 1930-05-06.
    assert (told(file, "unusual_age", hint=True) == []) is usual


@pytest.mark.parametrize(("level", "right"), [("20", False), ("21", True), ("25", True),
                                              ("26", False)])  # fmt: skip
def test_care_levels_are_21_to_25(level: str, right: bool) -> None:
    expected = [] if right else [("7131-01-15", level, "21 … 25")]
    assert told(with_dates(care_level=level), "level_code") == expected


def test_a_care_level_that_is_blank_is_required_and_no_more() -> None:
    assert told(with_dates(care_level=""), "level_code") == []
    assert told(with_dates(care_level=""), "required") == [("7131-01-15", "", "")]


def test_other_service_kinds_are_for_other_levels_too() -> None:
    """訪問看護 (13) of 要支援 or of persons without a level is none of ours."""
    file = changed_file("7131-10", 0, "service_kind", "13", with_dates(care_level="12"))
    assert told(file, "level_code") == []


def test_a_reason_of_1_says_that_nothing_was_stopped() -> None:
    assert rules(with_dates(stop_reason="1")) == set()
    assert rules(with_dates(stop_reason="5")) == {"reason_without_stop"}


def test_a_certification_of_one_day_at_either_end_of_the_month() -> None:
    for day in (FIRST, LAST):
        file = with_dates(certified_from=day, certified_to=day)
        assert told(file, "certified_backwards") == told(file, "not_certified") == []
        # There were 18 days in it all the same.
        assert told(file, "days_over_period") == [("7131-10-8", "18", "1")]
    assert told(with_dates(certified_to="20160331"), "not_certified") == [("7131-01-17", "", "")]


def test_the_service_may_start_and_stop_on_any_day_of_the_month() -> None:
    assert rules(with_dates(started_on=FIRST)) == set()
    whole = with_dates(started_on=FIRST, stopped_on=LAST, stop_reason="5")
    assert rules(whole) == set()
    one_day = with_dates(started_on=LAST, stopped_on=LAST, stop_reason="5")
    assert rules(one_day) == {"days_over_period"}
    late = with_dates(started_on="20160501")
    assert told(late, "outside_month") == [("7131-01-21", "", "")]
    early = with_dates(stopped_on="20160331", stop_reason="5")
    assert told(early, "outside_month") == [("7131-01-22", "", "")]
    backwards = with_dates(started_on="20160402", stopped_on=FIRST, stop_reason="5")
    assert told(backwards, "stopped_before_start") == [("7131-01-22", "", "")]
    assert told(backwards, "days_over_period") == [("7131-10-8", "18", "0")]


@pytest.mark.parametrize(
    ("dates", "most"),
    [
        # The 13th to the 30th are 18 days, the 14th to the 30th 17; the 1st to the 18th are 18.
        ({"started_on": "20160413"}, ""),
        ({"started_on": "20160414"}, "17"),
        ({"certified_from": "20160414"}, "17"),
        ({"certified_to": "20160418"}, ""),
        ({"certified_to": "20160417"}, "17"),
        ({"stopped_on": "20160417", "stop_reason": "5"}, "17"),
        ({"started_on": "20160405", "certified_to": "20160420"}, "16"),
        ({"started_on": "20160420", "stopped_on": "20160410", "stop_reason": "5"}, "0"),
        # A day outside the month is told as such, and leaves the month whole.
        ({"started_on": "20160501"}, ""),
        ({"stopped_on": "20160331", "stop_reason": "5"}, ""),
        ({"certified_from": "20160501"}, ""),
    ],
)
def test_days_of_service_lie_within_month_certification_start_and_stop(
    dates: dict[str, str], most: str
) -> None:
    expected = [("7131-10-8", "18", most)] if most else []
    assert told(with_dates(**dates), "days_over_period") == expected


def test_a_month_of_30_days_has_no_31() -> None:
    assert told(changed_file("7131-10", 0, "days", "30"), "days_over_period") == []
    assert told(changed_file("7131-10", 0, "days", "31"), "days_over_period") == [
        ("7131-10-8", "31", "30")
    ]


def test_a_file_without_statements_has_no_persons_to_check() -> None:
    whole = ["7111", "201604", PROVIDER, "1", "0", "01", *["0"] * 12]
    assert audit_of([whole]).clean

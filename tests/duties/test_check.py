"""What a check finds. Expected days and severities follow from the law and the guides by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.duties.findings import SEVERITIES, DutyReport, Rule
from chiiki_tsusho.duties.plan import plan_duties
from chiiki_tsusho.duties.rules import COLUMNS
from chiiki_tsusho.errors import InputFileError
from helpers.duties import OTHER, PROVIDER, check, found, meeting, meetings, offices, rules_found

YEAR_OF_SIX = [f"2025-{month:02d}-10" for month in (5, 7, 9, 11)] + ["2026-01-10", "2026-03-10"]


# --- how often -------------------------------------------------------------------------------


def test_a_faultless_year_has_nothing_found() -> None:
    report = check(meetings("2025-09-17", "2026-03-11"), "2026-04-01")
    assert found(report) == []
    assert report.clean
    assert repr(report) == "DutyReport(nothing found; on 2026-04-01)"


def test_thirty_september_to_thirty_one_march_is_within_six_months() -> None:
    """民法 140, 143: the period begins on 10-01 and ends with 03-31."""
    register = meetings("2025-09-30", "2026-03-31")
    assert "interval_exceeded" not in rules_found(check(register, "2026-04-01"))
    assert "interval_exceeded" not in rules_found(check(meetings("2025-09-30"), "2026-03-31"))
    assert "interval_exceeded" in rules_found(check(meetings("2025-09-30"), "2026-04-01"))


def test_the_first_meeting_after_a_designation() -> None:
    """足立区 2(1), 民法 140 proviso: designated on 2025-10-15, the first by 2026-04-14."""
    office = offices(designated_on="2025-10-15")
    assert "no_meeting_yet" not in rules_found(check(meetings(), "2026-04-14", office))
    report = check(meetings(), "2026-04-15", office)
    columns = ("severity", "rule", "date", "force")
    assert found(report, *columns) == [("breach", "no_meeting_yet", "2026-04-14", "reading")]
    late = check(meetings("2026-04-20"), "2026-04-30", office)
    assert ("breach", "no_meeting_yet", "2026-04-14", "reading") in found(late, *columns)


@pytest.mark.parametrize(
    ("service", "due"), [("day_care", "2016-09-30"), ("medical_day_care", "2017-03-31")]
)
@pytest.mark.parametrize("designated", ["2016-04-01", "2010-04-01"])
def test_the_transition_of_2016(service: str, due: str, designated: str) -> None:
    """The council is owed from 2016-04-01, whenever the office began (国分寺市, 前文)."""
    office = offices(service=service, authority="kokubunji", designated_on=designated)
    after = date.fromordinal(date.fromisoformat(due).toordinal() + 1).isoformat()
    assert "no_meeting_yet" not in rules_found(check(meetings(), due, office))
    report = check(meetings(), after, office)
    assert [day for rule, day in found(report, "rule", "date") if rule == "no_meeting_yet"] == [due]


def test_one_meeting_in_each_half_of_the_year_can_be_eleven_months_apart() -> None:
    office = offices(designated_on="2024-10-01")
    report = check(meetings("2025-01-06", "2025-12-20"), "2026-01-01", office)
    (item,) = [one for one in report.items if one.rule == "interval_exceeded"]
    assert (item.severity, item.date) == ("breach", date(2025, 7, 6))
    assert "11 months and 14 days" in str(item.message)
    assert "11か月14日" in item.message.say("ja")


@pytest.mark.parametrize(
    ("days", "on", "severity"),
    [
        # Six months and 21 days; both meetings of 2025年度 were held.
        (["2025-05-20", "2025-12-10"], "2026-04-01", "late"),
        # Seven months exactly.
        (["2025-05-20", "2025-12-20"], "2026-04-01", "late"),
        # A day more than seven.
        (["2025-05-20", "2025-12-21"], "2026-04-01", "breach"),
        # Not yet held, and the year is not over.
        (["2025-05-20"], "2025-12-01", "late"),
        # Within seven months, but one meeting alone in a year that is over.
        (["2025-09-10"], "2026-03-31", "late"),
        (["2025-09-10"], "2026-04-01", "breach"),
    ],
)
def test_about_six_months_may_be_seven_where_the_year_has_its_number(
    days: list[str], on: str, severity: str
) -> None:
    """No text defines おおむね; the month is our reading and a row of the rules."""
    report = check(meetings(*days), on)
    told = [(one.severity, one.law and one.law.force) for one in report.items]
    (item,) = [one for one in report.items if one.rule == "interval_exceeded"]
    assert item.severity == severity, told
    assert item.law is not None
    assert item.law.key == ("grace_months_of_6" if severity == "late" else "interval_months")


@pytest.mark.parametrize(
    ("service", "months"),
    [
        ("day_care", 6),
        ("medical_day_care", 12),
        ("dementia_day_care", 6),
        ("regular_home_visits", 6),
        ("small_multifunction", 2),
        ("nursing_small_multifunction", 2),
        ("group_home", 2),
        ("community_specified_facility", 2),
        ("community_nursing_home", 2),
    ],
)
@pytest.mark.parametrize("authority", ["adachi", "函館市"])
def test_how_often_each_service_meets(service: str, months: int, authority: str) -> None:
    """第34条, 3条の37, 40条の16, 61, 88, 108, 129, 157, 182; 足立区 2."""
    office = offices(service=service, authority=authority, designated_on="2025-04-01")
    due = {2: "2025-06-10", 6: "2025-10-10", 12: "2026-04-10"}[months]
    start = meetings("2025-04-10")
    assert "interval_exceeded" not in rules_found(check(start, due, office))
    after = date.fromordinal(date.fromisoformat(due).toordinal() + 1).isoformat()
    report = check(start, after, office)
    assert [one for one in found(report, "rule", "date") if one[0] == "interval_exceeded"] == [
        ("interval_exceeded", due)
    ]


def test_night_visits_have_no_council() -> None:
    office = offices(service="夜間対応型訪問介護", designated_on="2010-04-01")
    assert found(check(meetings(), "2026-04-01", office)) == []


def test_a_preventive_twin_shares_its_council() -> None:
    office = offices(
        {"service": "認知症対応型通所介護"},
        {"service": "介護予防認知症対応型通所介護"},
        designated_on="2025-04-01",
    )
    report = check(meetings(), "2026-04-01", office)
    assert [rule for rule in found(report, "rule") if rule == "no_meeting_yet"] == [
        "no_meeting_yet"
    ]


@pytest.mark.parametrize(
    ("authority", "severity"), [("伊丹市", None), ("adachi", "breach"), ("柏市", "breach")]
)
def test_itami_asks_for_four_months(authority: str, severity: str | None) -> None:
    """伊丹市条例: 小多機, グループホーム, 看多機 every four months; elsewhere two."""
    office = offices(service="グループホーム", authority=authority, designated_on="2025-04-01")
    days = ["2025-04-10", "2025-08-10", "2025-12-10", "2026-04-09"]
    report = check(meetings(*days), "2026-04-10", office)
    found_ = {one.severity for one in report.items if one.rule == "interval_exceeded"}
    assert found_ == ({severity} if severity else set())
    if authority == "伊丹市":
        beyond = check(meetings(*days[:2]), "2026-01-20", office)
        message = next(str(one.message) for one in beyond.items if one.severity == "breach")
        assert "(itami" not in message
        assert "(伊丹市: 4 months; the law: 2 months)" in message


def test_arakawa_counts_meetings_of_a_year() -> None:
    """荒川区: 年2回以上."""
    office = offices(authority="荒川区", designated_on="2024-04-01")
    report = check(meetings("2025-05-10"), "2026-04-10", office)
    assert ("late", "too_few_in_year") in found(report)
    report = check(meetings("2025-05-10", "2025-11-10"), "2026-04-10", office)
    assert ("late", "too_few_in_year") not in found(report)


def test_the_next_meeting_is_announced_sixty_days_ahead() -> None:
    register = meetings("2025-09-17", "2026-03-11")
    assert found(check(register, "2026-07-13")) == []
    report = check(register, "2026-07-14")
    assert found(report, "severity", "rule", "date") == [("due", "next_due", "2026-09-11")]
    assert report.clean


def test_a_closure_does_not_run() -> None:
    closed = {"closed_from": "2025-10-01", "closed_to": "2025-12-31"}
    register = meetings("2025-09-17")
    assert "interval_exceeded" in rules_found(check(register, "2026-04-01"))
    office = offices(designated_on="2025-04-01", **closed)
    assert "interval_exceeded" not in rules_found(check(register, "2026-06-17", office))
    assert "interval_exceeded" in rules_found(check(register, "2026-06-18", office))
    gone = offices(designated_on="2025-04-01", closed_from="2026-01-10")
    assert "interval_exceeded" not in rules_found(check(register, "2030-04-01", gone))


@pytest.mark.parametrize("closed", [{"closed_from": "2026-04-11"}, {"ended_on": "2026-04-11"}])
def test_a_month_too_many_that_a_closure_cut_short_is_late(closed: dict[str, str]) -> None:
    """By 2026-04-10; 2026-05-10 was never reached, and the year had its two meetings."""
    office = offices(designated_on="2025-04-01", **closed)
    register = meetings("2025-06-10", "2025-10-10")
    for on in ("2026-04-12", "2026-08-01"):
        report = check(register, on, office)
        assert found(report) == [("late", "interval_exceeded")]


CLOSURES = (
    {"closed_from": "2026-01-01", "closed_to": "2026-01-31"},
    {"closed_from": "2025-10-01", "closed_to": "2025-10-31"},
)


def test_several_closures_of_an_office_do_not_run() -> None:
    """By 2026-03-17, and 62 days later with two months of 31 days closed."""
    office = offices(*CLOSURES, designated_on="2025-04-01")
    register = meetings("2025-09-17")
    assert "interval_exceeded" not in rules_found(check(register, "2026-05-18", office))
    report = check(register, "2026-05-19", office)
    assert ("interval_exceeded", "2026-05-18") in found(report, "rule", "date")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        # The days meet, the closure is the same, or more than it differs.
        ({"closed_from": "2026-01-31", "closed_to": "2026-02-10"}, "overlap; write them as one"),
        ({"closed_from": "2025-12-01"}, "overlap; write them as one"),
        (CLOSURES[0], "twice"),
        (
            {"closed_from": "2026-03-01", "closed_to": "2026-03-10", "office": "れい"},
            "that differ; keep the right one",
        ),
        ({"closed_from": "2026-03-01", "ended_on": "2026-06-01"}, "alike but for closed_from"),
        ({}, "that differ; keep the right one"),
    ],
)
def test_rows_of_one_office_that_are_no_further_closure(row: dict[str, Any], told: str) -> None:
    office = offices(CLOSURES[0], row, designated_on="2025-04-01").fillna("")
    with pytest.raises(InputFileError, match=told):
        check(meetings("2025-09-17"), "2026-04-01", office)


def test_nothing_is_due_after_the_office_is_closed_for_good() -> None:
    """廃止, also of an office that was closed (休止) before."""
    register = meetings("2025-09-17")
    for closed in ({}, *CLOSURES, {"closed_from": "2026-01-01"}):
        gone = offices(closed, designated_on="2025-04-01", ended_on="2026-03-17").fillna("")
        assert found(check(register, "2030-04-01", gone)) == []
    late = offices(designated_on="2025-04-01", ended_on="2026-03-18")
    assert "interval_exceeded" in rules_found(check(register, "2030-04-01", late))
    (item,) = [
        one for one in check(register, "2030-04-01", late).items if one.rule == "interval_exceeded"
    ]
    assert "from 2025-09-17 to 2026-03-18" in str(item.message)
    assert str(item.what_to_do).startswith("the office is closed for good (廃止)")
    # 足立区 8(1).
    open_list = pd.DataFrame([{"provider_no": PROVIDER, "filed_on": ""}])
    gone = offices(designated_on="2025-04-01", ended_on="2026-03-17")
    for on, told in (("2026-03-16", True), ("2026-03-17", False)):
        report = check(register, on, gone, members=open_list)
        assert ("members_not_filed" in rules_found(report)) is told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"planned_on": "2026-05-01"}, True),
        ({"planned_on": "2026-04-01"}, True),
        ({"planned_on": "2026-03-31"}, False),
        ({"held_on": "2026-04-10"}, True),
        ({"planned_on": "9999-12-31"}, True),
        ({}, False),
    ],
)
def test_a_meeting_after_the_office_is_closed_for_good(row: dict[str, Any], told: bool) -> None:
    """It is told, and neither a notice nor a day for it is asked for."""
    blank = dict.fromkeys(meeting("2026-03-10"), "") | {"provider_no": PROVIDER, "planned_on": ""}
    register = pd.DataFrame([meeting("2026-03-10", planned_on=""), blank | row])
    gone = offices(designated_on="2025-10-01", ended_on="2026-04-01")
    report = check(register, "2026-04-20", gone)
    messages = found(report, "message")
    assert (
        "a meeting on 2026-04-01 or later: from that day the office is closed for good (廃止)"
        in messages
    ) is told
    assert {"notice_late", "planned_day_passed"} & rules_found(report) == (
        {"planned_day_passed"} if row == {"planned_on": "2026-03-31"} else set()
    )
    # One that goes on with another service may hold it.
    both = offices(
        {"ended_on": "2026-04-01"}, {"service": "認知症対応型通所介護"}, designated_on="2025-10-01"
    ).fillna("")
    assert "unknown_office" not in rules_found(check(register, "2026-04-20", both))
    open_still = offices(designated_on="2025-10-01")
    assert "unknown_office" not in rules_found(check(register, "2026-04-20", open_still))


@pytest.mark.parametrize(
    ("designated_on", "owed"),
    [
        # 第88条: every two months; from the first of a month on 07-31, 09-30, 11-30, 01-31, 03-31.
        ("2025-06-01", 5),
        ("2025-10-01", 3),
        ("2026-02-01", 1),
        ("2025-06-02", 4),
    ],
)
def test_an_opening_on_the_first_of_a_month_owes_all_meetings_of_its_months(
    designated_on: str, owed: int
) -> None:
    """荒川区 counts six a year."""
    office = offices(service="小多機", authority="荒川区", designated_on=designated_on)
    for held in range(owed + 1):
        days = [f"2026-03-{20 + at}" for at in range(held)]
        report = check(meetings(*days), "2026-04-01", office)
        assert (("late", "too_few_in_year") in found(report)) is (held < owed)


def test_a_gap_in_a_year_with_a_meeting_too_few_is_a_breach() -> None:
    """Five were owed from 2025-06-01 on; おおむね covers a gap only where none of them is missing."""
    office = offices(service="小多機", designated_on="2025-06-01")
    days = ["2025-07-20", "2025-09-20", "2025-11-20", "2026-02-10"]
    report = check(meetings(*days), "2026-04-01", office)
    assert [one.severity for one in report.items if one.rule == "interval_exceeded"] == ["breach"]
    report = check(meetings(*days, "2026-03-10"), "2026-04-01", office)
    assert [one.severity for one in report.items if one.rule == "interval_exceeded"] == ["late"]


@pytest.mark.parametrize(
    ("closed_to", "due"), [("2016-06-30", "2016-12-31"), ("2016-03-31", "2016-09-30")]
)
def test_the_first_interval_begins_when_the_office_opens_again(closed_to: str, due: str) -> None:
    """The duty came with 2016-04-01, in a closure (休止) of the office or after it."""
    office = offices(designated_on="2012-04-01", closed_from="2016-01-01", closed_to=closed_to)
    for days in (0, 1):
        on = date.fromisoformat(due) + timedelta(days=days)
        report = check(meetings(), on.isoformat(), office)
        assert ("no_meeting_yet" in rules_found(report)) is bool(days)


# --- which meetings count --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authority", "day", "counts"),
    [
        ("adachi", "2023-05-07", True),
        ("adachi", "2023-05-08", False),
        ("nakano", "2023-05-08", False),
        ("柏市", "2023-05-07", True),
        ("柏市", "2023-05-08", False),
        # 練馬区 ended it with 2022-09, うるま市 with 2023-05.
        ("練馬区", "2022-09-30", True),
        ("練馬区", "2022-10-01", False),
        ("うるま市", "2023-05-31", True),
        ("うるま市", "2023-06-01", False),
        ("adachi", "2019-12-31", False),
    ],
)
def test_written_meetings_are_judged_by_their_day_and_town(
    authority: str, day: str, counts: bool
) -> None:
    held = date.fromisoformat(day)
    # The first meeting is due a fortnight after this one, and the check is a week later.
    designated, on = held - timedelta(days=170), held + timedelta(days=21)
    office = offices(authority=authority, designated_on=designated.isoformat())
    report = check(meetings(meeting(day, mode="書面")), on.isoformat(), office)
    assert rules_found(report, "breach") == (
        set() if counts else {"mode_not_recognised", "no_meeting_yet"}
    )


def test_a_meeting_online_before_it_stood_in_the_ordinance_is_a_question() -> None:
    office = offices(designated_on="2020-04-01")
    report = check(meetings(meeting("2020-09-01", mode="オンライン")), "2020-09-02", office)
    assert ("unclear", "mode_open") in found(report)
    assert "no_meeting_yet" not in rules_found(report)


def test_a_mixed_meeting_counts_and_is_a_question() -> None:
    """足立区 2 speaks of 対面またはオンライン alone."""
    report = check(meetings(meeting("2025-09-17", mode="併用")), "2025-10-01")
    assert found(report) == [("unclear", "mode_open")]


@pytest.mark.parametrize("mode", ["online", "mixed"])
@pytest.mark.parametrize("group", ["users", "families"])
def test_users_and_families_online_must_have_agreed(mode: str, group: str) -> None:
    """第34条第1項: 利用者等の同意, a user or a family member."""
    alone = {"users": 0, "families": 0, group: 1}
    register = meetings(meeting("2025-09-17", mode=mode, online_consent="", **alone))
    report = check(register, "2025-10-01")
    (item,) = [one for one in report.items if one.severity == "breach"]
    assert item.rule == "consent_missing"
    assert item.law is not None
    assert (item.law.force, item.law.authority) == ("law", "law")


def test_no_consent_is_needed_where_no_user_is_online() -> None:
    register = meetings(
        meeting("2025-09-17", mode="online", users=0, families=0, online_consent="")
    )
    assert rules_found(check(register, "2025-10-01"), "breach", "unclear") == set()


NOBODY = dict.fromkeys(
    (
        *("users", "families", "residents", "municipality"),
        *("support_center", "experts", "medical", "others"),
    ),
    0,
)


@pytest.mark.parametrize("authority", ["adachi", "柏市"])
def test_a_meeting_of_staff_alone_is_void_and_owes_nothing_else(authority: str) -> None:
    """足立区 4: 事業所外部からの出席者がいない場合は会議が不成立."""
    void = meeting("2025-09-17", **NOBODY, published_on="", reported_on="", absent=3)
    office = offices(authority=authority, designated_on="2025-04-01")
    report = check(meetings(void), "2026-01-01", office)
    assert rules_found(report, "breach") == {"no_outsider", "no_meeting_yet"}
    assert rules_found(report, "late") == set()


def test_users_and_families_alone_are_a_question() -> None:
    register = meetings(meeting("2025-09-17", **(NOBODY | {"users": 2, "families": 1})))
    report = check(register, "2025-10-01")
    assert found(report) == [("unclear", "only_users")]


def test_there_is_no_quorum_and_a_missing_group_is_advice() -> None:
    """足立区 4: 全構成員が揃わないと成立しないわけではない."""
    no_experts = [meeting(day, experts=0) for day in ("2025-09-17", "2026-03-11")]
    report = check(meetings(*no_experts), "2026-04-01")
    assert found(report) == [("advice", "group_missing")]
    # Once in the year is enough; and a year that goes on is not judged.
    assert found(check(meetings("2025-09-17", no_experts[1]), "2026-04-01")) == []
    assert found(check(meetings(no_experts[0]), "2025-10-01")) == []


def test_a_council_of_care_and_medicine_wants_a_medical_person() -> None:
    """第3条の37: 地域の医療関係者; 運営推進会議 has none (第34条)."""
    days = [meeting(day, medical=0) for day in ("2025-09-17", "2026-03-11")]
    office = offices(service="定期巡回", designated_on="2025-04-01")
    assert found(check(meetings(*days), "2026-04-01", office)) == [("advice", "medical_missing")]
    assert found(check(meetings(*days), "2026-04-01")) == []


# --- joint meetings --------------------------------------------------------------------------


def joint(day: str, **cells: Any) -> dict[str, Any]:
    return meeting(day, joint_with=OTHER, **cells)


def neighbours(service: str = "day_care", area: str = "北部", **cells: Any) -> pd.DataFrame:
    own = {"living_area": "北部", "designated_on": "2025-04-01"}
    return offices(own, {"provider_no": OTHER, "living_area": area}, service=service, **cells)


def of_own(report: DutyReport, *severities: str) -> set[str]:
    return {
        one.rule
        for one in report.items
        if one.provider_no == PROVIDER and (not severities or one.severity in severities)
    }


@pytest.mark.parametrize("authority", ["adachi", "ageo", "世田谷区"])
def test_day_care_may_hold_every_meeting_jointly(authority: str) -> None:
    """足立区 2(3) and 上尾市: for day care the first two conditions alone; 世田谷区 holds all so."""
    register = meetings(joint("2025-09-17"), joint("2026-03-11"))
    report = check(register, "2026-04-01", neighbours(authority=authority))
    assert of_own(report, "breach", "late", "unclear") == set()


def test_joint_meetings_keep_users_anonymous_and_stay_in_one_area() -> None:
    register = meetings(joint("2025-09-17", anonymous=0))
    assert of_own(check(register, "2025-10-01", neighbours()), "breach") == {"joint_not_anonymous"}
    register = meetings(joint("2025-09-17"))
    report = check(register, "2025-10-01", neighbours(area="南部"))
    assert of_own(report, "breach") == {"joint_other_area"}
    # Width and blanks make no other area.
    report = check(register, "2025-10-01", neighbours(area=" 北 部"))
    assert of_own(report) == set()
    report = check(register, "2025-10-01", neighbours(area=""))
    assert of_own(report, "breach", "unclear") == {"joint_other_area"}
    assert of_own(report, "breach") == set()


@pytest.mark.parametrize(
    ("service", "count", "authority", "over"),
    [
        ("small_multifunction", 3, "adachi", False),
        ("small_multifunction", 4, "adachi", True),
        ("group_home", 4, "adachi", True),
        ("community_nursing_home", 4, "adachi", False),
        ("community_nursing_home", 4, "ageo", True),
    ],
)
def test_at_most_half_of_a_year_is_joint(
    service: str, count: int, authority: str, over: bool
) -> None:
    """足立区 2(3)(3): グループホーム, 定期巡回, 小多機, 看多機; 上尾市: all but day care."""
    days = [joint(day) for day in YEAR_OF_SIX[:count]] + YEAR_OF_SIX[count:]
    report = check(meetings(*days), "2026-04-01", neighbours(service, authority=authority))
    assert ("joint_over_half" in of_own(report, "breach")) is over


@pytest.mark.parametrize(("count", "over"), [(1, False), (2, True)])
def test_half_is_of_the_meetings_owed_in_a_year_that_is_not_whole(count: int, over: bool) -> None:
    """From 2025-10-01 on three are owed; 上尾市: half of those that should be held in the year."""
    joint_ones = [joint("2025-11-20"), joint("2026-01-15")][:count]
    for closed in ({}, {"closed_from": "2025-04-01", "closed_to": "2025-09-30"}):
        begun = "2025-04-01" if closed else "2025-10-01"
        known = neighbours("small_multifunction", authority="ageo", **closed).assign(
            designated_on=begun
        )
        report = check(meetings(*joint_ones, "2026-03-10"), "2026-04-01", known)
        assert ("joint_over_half" in of_own(report, "breach")) is over
    # A day or two less take no meeting from the six.
    known = neighbours("small_multifunction").assign(designated_on="2025-04-03")
    register = meetings(*[joint(day) for day in YEAR_OF_SIX[:3]], *YEAR_OF_SIX[3:])
    assert "joint_over_half" not in of_own(check(register, "2026-04-01", known))


def test_of_two_meetings_one_may_be_joint() -> None:
    office = neighbours("regular_home_visits")
    register = meetings(joint("2025-09-17"), "2026-03-11")
    assert "joint_over_half" not in of_own(check(register, "2026-04-01", office))
    register = meetings(joint("2025-09-17"), joint("2026-03-11"))
    assert "joint_over_half" in of_own(check(register, "2026-04-01", office), "breach")


def test_of_one_meeting_there_is_no_half() -> None:
    office = neighbours("medical_day_care", authority="ageo")
    report = check(meetings(joint("2025-09-17")), "2026-04-01", office)
    assert "joint_over_half" in of_own(report, "unclear")


def test_the_meeting_with_the_external_evaluation_is_held_alone() -> None:
    """足立区 2(3)(4): 小多機, 看多機; nothing of the kind for day care."""
    register = meetings(joint("2025-05-10", evaluation=1))
    report = check(register, "2025-05-20", neighbours("small_multifunction"))
    assert "evaluation_joint" in of_own(report, "breach")
    assert "evaluation_joint" not in of_own(check(register, "2025-05-20", neighbours()))


def test_a_meeting_joint_with_the_office_itself_is_not_joint() -> None:
    register = meetings(meeting("2025-09-17", joint_with=PROVIDER, anonymous=0))
    assert found(check(register, "2025-10-01")) == []


# --- around a meeting ------------------------------------------------------------------------


def test_the_report_is_owed_within_a_month_unless_staff_of_the_town_came() -> None:
    """足立区 8(3): 開催後1か月以内を目安に; 区職員が出席した場合は不要."""
    open_ = meeting("2025-05-20", reported_on="")
    office = offices(designated_on="2025-04-01")
    report = check(meetings(open_), "2025-06-20", office)
    assert found(report, "severity", "rule", "date") == [("due", "report_late", "2025-06-20")]
    report = check(meetings(open_), "2025-06-21", office)
    assert ("late", "report_late", "guide") in found(report, "severity", "rule", "force")
    late = meeting("2025-05-20", reported_on="2025-06-21")
    assert ("late", "report_late") in found(check(meetings(late), "2025-07-01", office))
    present = meeting("2025-05-20", reported_on="", municipality=1)
    assert found(check(meetings(present), "2025-07-01", office)) == []
    # The law alone asks for none.
    office = offices(authority="柏市", designated_on="2025-04-01")
    assert "report_late" not in rules_found(check(meetings(open_), "2025-07-01", office))


@pytest.mark.parametrize("on", ["2025-06-01", "2025-07-01"])
@pytest.mark.parametrize("reported", ["", "2025-06-20"])
def test_whether_staff_of_the_town_came_is_not_known(reported: str, on: str) -> None:
    """足立区 8(3): 区職員が出席した場合は不要; sent in time, it does not matter."""
    office = offices(designated_on="2025-04-01")
    row = meeting("2025-05-20", reported_on=reported)
    came = ("users", "families", "residents", "municipality", "support_center", "experts")
    nobody = dict.fromkeys((*came, "medical", "others", "staff"), "")
    without_column = meetings(row).drop(columns="municipality")
    for register in (without_column, meetings(row | nobody)):
        report = check(register, on, office)
        assert set(found(report)) <= {("unclear", "not_recorded")}
        named = {str(one.message).split()[0] for one in report.items}
        if register is without_column:
            assert named == (set() if reported and reported <= on else {"municipality"})


def test_a_town_that_waives_no_report_is_sent_every_one(tmp_path: Path) -> None:
    rules = tmp_path / "rules.csv"
    row = "柏市,*,report_months,2020-04-01,9999-12-31,1,guide,手引き 4,own,high"
    rules.write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    office = offices(designated_on="2025-04-01", authority="柏市")
    register = meetings(meeting("2025-05-20", reported_on="", municipality=1))
    (item,) = check(register, "2025-07-01", office, rules=rules).items
    assert (item.severity, item.rule) == ("late", "report_late")
    assert "attended" not in str(item.what_to_do)
    assert "出席" not in item.what_to_do.say("ja")
    planned = plan_duties(office, 2025, register, on="2025-06-01", rules=rules)
    (what,) = planned[planned["meeting_no"].eq("") & planned["kind"].eq("report")]["what"]
    assert what == "send the minutes of 2025-05-20 to the municipality"


def test_a_month_after_the_end_of_february_is_blamed_after_the_end_of_march() -> None:
    """民法: one month after 2025-02-28 ends with 03-31; the plain reading says 03-28."""
    open_ = meetings(meeting("2025-02-28", reported_on=""))
    office = offices(designated_on="2025-01-01")
    assert "report_late" not in rules_found(check(open_, "2025-03-31", office), "late")
    assert "report_late" in rules_found(check(open_, "2025-04-01", office), "late")
    due = check(open_, "2025-03-10", office)
    assert ("due", "report_late", "2025-03-28") in found(due, "severity", "rule", "date")


def test_absent_members_are_sent_the_papers_within_a_month() -> None:
    """足立区 7(1); nobody absent, nothing owed."""
    office = offices(designated_on="2025-04-01")
    open_ = meeting("2025-05-20", absent=2, absentees_sent_on="")
    assert ("late", "absentees_late", "2025-06-20") in found(
        check(meetings(open_), "2025-06-21", office), "severity", "rule", "date"
    )
    nobody = meeting("2025-05-20", absent=0, absentees_sent_on="")
    assert found(check(meetings(nobody), "2025-07-01", office)) == []


@pytest.mark.parametrize("on", ["2025-06-01", "2025-07-01"])
@pytest.mark.parametrize("sent", ["", "2025-06-20"])
def test_whether_anybody_was_absent_is_not_known(sent: str, on: str) -> None:
    """A number left blank is not 0; where copies were sent in time it is not needed."""
    office = offices(designated_on="2025-04-01")
    report = check(meetings(meeting("2025-05-20", absent="", absentees_sent_on=sent)), on, office)
    if sent and sent <= on:
        assert found(report) == []
        return
    (item,) = report.items
    assert (item.severity, item.rule) == ("unclear", "not_recorded")
    assert str(item.message) == (
        "absent (欠席構成員数) is not in the register of meetings; 1 times it was needed"
    )
    assert item.message.say("ja") == (
        "会議の記録に「欠席構成員数」(absent)の記載がありません(確認に必要な箇所: 1)"
    )


def test_minutes_are_published() -> None:
    """第34条第2項 names no day; after a month (our reading) it is late, never a breach."""
    open_ = meetings(meeting("2025-05-20", published_on=""))
    office = offices(designated_on="2025-04-01", authority="柏市")
    assert "not_published" not in rules_found(check(open_, "2025-06-20", office))
    report = check(open_, "2025-06-21", office)
    assert ("late", "not_published", "law") in found(report, "severity", "rule", "force")


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("published_on", "not_published"),
        ("reported_on", "report_late"),
        ("absentees_sent_on", "absentees_late"),
    ],
)
def test_what_is_meant_for_a_day_after_the_check_is_not_done(column: str, rule: str) -> None:
    def told(day: str, on: str) -> set[tuple[str, str]]:
        register = meetings(meeting("2025-05-20", absent=1, **{column: day}))
        report = check(register, on, offices(designated_on="2025-04-01"))
        return {pair for pair in found(report) if pair[1] == rule}

    # Two months after the check, the month being over; what is not done is found the same.
    assert told("2025-09-01", "2025-07-01") == told("", "2025-07-01") == {("late", rule)}
    # Within the month: not yet done on the day before, done on the day itself.
    assert told("2025-06-10", "2025-06-09") == told("", "2025-06-09")
    assert told("2025-06-10", "2025-06-10") == set()


def test_a_record_that_is_to_be_destroyed_is_not_yet() -> None:
    """足立区 7(2): two years; what is meant for a day to come can still be kept."""
    register = meetings(meeting("2025-09-17", discarded_on="2026-03-31"))
    assert "destroyed_early" not in rules_found(check(register, "2026-03-30"))
    assert "destroyed_early" in rules_found(check(register, "2026-03-31"), "breach")


def test_the_notice_to_the_town_is_sent_a_month_before() -> None:
    """足立区 8(2): 遅くとも開催日の1か月前まで. Blamed by the later of two readings."""
    office = offices(designated_on="2025-12-01")
    for day, late in (("2026-01-02", False), ("2026-01-03", False), ("2026-01-04", True)):
        register = meetings(meeting("2026-02-03", authority_notice_on=day))
        report = check(register, "2026-02-04", office)
        assert ("notice_late" in rules_found(report, "late")) is late
    # None is owed where no staff of the town are wanted; the register does not know it.
    register = meetings(meeting("2026-02-03", authority_notice_on=""))
    assert "notice_late" not in rules_found(check(register, "2026-02-04", office))


def test_the_notice_of_a_planned_meeting() -> None:
    def row(**cells: Any) -> dict[str, Any]:
        nothing = dict.fromkeys(meeting("2026-02-03"), "") | {"provider_no": PROVIDER}
        return nothing | {"planned_on": "2026-02-03"} | cells

    office = offices(designated_on="2025-12-01")
    assert found(check(meetings(row()), "2026-01-03", office)) == []
    assert found(check(meetings(row()), "2026-01-04", office)) == [("late", "notice_late")]
    sent = row(authority_notice_on="2025-12-26")
    assert found(check(meetings(sent), "2026-01-04", office)) == []
    unwanted = row(municipality=0)
    assert found(check(meetings(unwanted), "2026-01-04", office)) == []


@pytest.mark.parametrize(
    ("authority", "published", "discarded", "end"),
    [
        # 足立区 7(2): two years from the meeting; the last day is kept whole.
        ("adachi", "2025-05-20", "2027-05-20", "2027-05-20"),
        ("adachi", "2025-05-20", "2027-05-21", None),
        # The later of meeting and publication satisfies 完結の日 too.
        ("adachi", "2025-06-10", "2027-06-10", "2027-06-10"),
        ("adachi", "2025-06-10", "2027-06-11", None),
        ("柏市", "2025-05-20", "2027-05-20", "2027-05-20"),
        ("目黒区", "2025-05-20", "2027-05-20", "2027-05-20"),
        # 交野市条例第34号第4条: five years.
        ("交野市", "2025-05-20", "2030-05-20", "2030-05-20"),
        ("交野市", "2025-05-20", "2030-05-21", None),
    ],
)
def test_records_are_kept(authority: str, published: str, discarded: str, end: str | None) -> None:
    row = meeting("2025-05-20", published_on=published, discarded_on=discarded)
    office = offices(authority=authority, designated_on="2025-04-01")
    report = check(meetings(row), "2031-01-01", office)
    days = [day for rule, day in found(report, "rule", "date") if rule == "destroyed_early"]
    assert days == ([end] if end else [])


# --- what is not known -----------------------------------------------------------------------


def test_a_register_of_days_alone_is_unclear_once_a_column() -> None:
    register = pd.DataFrame(
        {"provider_no": [PROVIDER] * 2, "held_on": ["2025-09-17", "2026-03-11"]}
    )
    report = check(register, "2026-04-01")
    told = found(report, "severity", "rule")
    assert set(told) == {("unclear", "not_recorded")}
    columns = [re.match(r"\w+", str(one.message)) for one in report.items]
    names = [match[0] for match in columns if match]
    assert len(names) == len(set(names))
    assert {"mode", "users", "published_on", "reported_on"} <= set(names)


def test_a_register_without_days_judges_no_interval() -> None:
    register = pd.DataFrame({"provider_no": [PROVIDER]})
    report = check(register, "2026-04-01")
    assert set(found(report)) == {("unclear", "not_recorded")}


def test_no_designation_no_first_day() -> None:
    report = check(meetings(), "2026-04-01", offices())
    assert found(report) == [("unclear", "not_recorded")]


def test_a_town_without_rules_has_those_of_the_law_and_it_is_said() -> None:
    office = offices(authority="函館市", designated_on="2025-04-01")
    report = check(meetings("2025-09-17", "2026-03-11"), "2026-04-01", office)
    assert found(report) == [("advice", "authority_unknown")]
    assert "函館市" in str(report.items[0].message)
    report = check(meetings(), "2026-04-01", office)
    assert set(found(report, "authority")) == {"law"}
    nameless = office.drop(columns="authority")
    report = check(meetings("2025-09-17", "2026-03-11"), "2026-04-01", nameless)
    assert found(report) == [("advice", "authority_unknown")]
    assert "not named" in str(report.items[0].message)
    # There is nobody to ask.
    assert str(report.items[0].what_to_do).startswith("fill in authority (指定権者)")


def test_where_law_and_town_name_different_councils_both_are_said() -> None:
    """療養通所介護: 運営推進会議 by 第40条の16, 介護・医療連携推進会議 by 足立区 2(2)."""
    office = offices(service="療養通所介護", designated_on="2025-04-01")
    report = check(meetings("2025-09-17"), "2026-04-01", office)
    (item,) = [one for one in report.items if one.rule == "sources_differ"]
    for told in (str(item.message), item.message.say("ja")):
        assert "運営推進会議" in told
        assert "介護・医療連携推進会議" in told
        assert "第40条の16" in told
        assert "足立区" in told
    assert item.severity == "advice"
    # 荒川区 sides with the law; a bylaw may set another figure and leaves no doubt.
    for town, service in (("荒川区", "療養通所介護"), ("伊丹市", "グループホーム")):
        office = offices(service=service, authority=town, designated_on="2026-03-20")
        assert "sources_differ" not in rules_found(check(meetings(), "2026-04-01", office))


def test_a_planned_day_that_passed_is_a_question() -> None:
    nothing = dict.fromkeys(meeting("2026-02-03"), "") | {"provider_no": PROVIDER}
    row = nothing | {"planned_on": "2026-03-31"}
    register = meetings("2025-09-17", "2026-03-11", row)
    assert found(check(register, "2026-03-31")) == [("late", "notice_late")]
    assert found(check(register, "2026-04-01"), "severity", "rule", "date") == [
        ("unclear", "planned_day_passed", "2026-03-31")
    ]


def test_two_rows_of_one_day_are_one_meeting() -> None:
    report = check(meetings("2025-09-17", "2025-09-17"), "2026-04-01")
    assert ("unclear", "doubled_meeting") in found(report)
    # So the year lacks its second one.
    assert ("breach", "interval_exceeded") in found(report)


def test_meetings_of_an_office_that_is_not_known() -> None:
    register = meetings("2025-09-17", "2026-03-11", meeting("2026-01-01", provider_no=OTHER))
    report = check(register, "2026-04-01")
    assert found(report, "rule", "provider_no") == [("unknown_office", OTHER)]


def test_meetings_of_a_service_without_a_council_are_told() -> None:
    """通所介護 of the prefecture has none, 地域密着型通所介護 has: one may be taken for the other."""
    (item,) = check(meetings("2025-09-17"), "2026-04-01", offices(service="通所介護")).items
    assert (item.severity, item.rule, item.provider_no) == ("unclear", "unknown_office", PROVIDER)
    assert str(item.message) == "meetings of a provider whose services have no council"
    assert item.message.say("ja") == "この事業所番号のサービスには会議を設ける義務がありません"
    # Beside a service that has one they are of that.
    both = offices({"service": "通所介護"}, {"designated_on": "2025-04-01"})
    report = check(meetings("2025-09-17", "2026-03-10"), "2026-04-01", both)
    assert "unknown_office" not in rules_found(report)


# --- the report ------------------------------------------------------------------------------


def test_findings_come_worst_first_and_say_all_in_both_languages() -> None:
    faulty = "examples/duties_faulty_meetings.csv"
    for language in ("en", "ja"):
        report = ct.check_duties(
            faulty, "examples/duties_offices.csv", on="2026-04-01", language=language
        )
        severities = report.findings["severity"].tolist()
        assert severities == sorted(severities, key=SEVERITIES.index)
        assert report.counts == {"breach": 5, "late": 4, "due": 0, "unclear": 1, "advice": 1}
        assert not report.clean
        assert (report.findings["message"] != "").all()
        assert (report.findings["what_to_do"] != "").all()
        kana = report.findings["message"].str.contains(r"[\u3040-\u30ff]")
        assert kana.all() if language == "ja" else not kana.any()


def test_two_rows_of_one_office_that_differ() -> None:
    """Of two designations the last one would count, and nobody would be told."""
    days = ({"designated_on": "2025-04-01"}, {"designated_on": "2025-10-01"})
    register = meetings("2025-05-05", "2025-11-05")
    with pytest.raises(InputFileError) as caught:
        check(register, "2026-04-01", offices(*days))
    assert str(caught.value) == (
        "the register of offices has two rows of 1390000012 and 地域密着型通所介護 that differ; "
        "keep the right one; rows of several closures (休止) are alike but for closed_from and "
        "closed_to"
    )
    assert caught.value.say("ja") == (
        "事業所のファイルに、事業所番号「1390000012」・地域密着型通所介護の行が2行あり、"
        "内容が異なります。正しい行だけにしてください。"
        "休止が複数あるときの行は、休止年月日と再開前日のほかを同じ内容にしてください"
    )


def test_the_row_of_one_office_twice() -> None:
    """A row pasted twice may be meant for another office, which nobody would miss."""
    register = meetings("2025-05-05", "2025-11-05")
    with pytest.raises(InputFileError) as caught:
        check(
            register,
            "2026-04-01",
            offices({"designated_on": "2025-04-01"}, {"designated_on": "2025-04-01"}),
        )
    assert str(caught.value) == (
        "the register of offices has the row of 1390000012 and 地域密着型通所介護 twice; keep one"
    )
    assert caught.value.say("ja") == (
        "事業所のファイルに、事業所番号「1390000012」・地域密着型通所介護の同じ行が2行あります。"
        "1行だけにしてください"
    )


def test_a_day_before_any_fiscal_year() -> None:
    """0001-01-01, which other programs write for no date, is a day like others."""
    register = meetings("0001-01-01", "2026-03-31").drop(columns="mode")
    report = check(register, "2026-04-01", offices())
    assert "interval_exceeded" in rules_found(report)


@pytest.mark.parametrize("page", ["duties.md", "duties.ja.md"])
def test_every_rule_is_told_on_the_page(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| [^|]+ \| .+ \|$", text, re.MULTILINE)
    assert sorted(set(told) & set(get_args(Rule))) == sorted(get_args(Rule))

"""The plan of a year and its calendar; expected days are typed by hand."""

from __future__ import annotations

import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import icalendar
import jpholiday
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.duties.calendar_file import calendar_of, write_calendar
from chiiki_tsusho.duties.office_days import is_open, open_by, open_from
from chiiki_tsusho.duties.planned_days import COLUMNS
from chiiki_tsusho.errors import ChiikiTsushoError
from helpers.duties import OTHER, PROVIDER, meeting, meetings, offices, plan, planned

OPEN: Final = {
    "published_on": "", "reported_on": "", "absentees_sent_on": "", "minutes_on": "", "absent": 2,
}  # fmt: skip


def planned_meeting(day: str, **cells: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(meeting(day), "") | {"provider_no": PROVIDER}
    return nothing | {"planned_on": day} | cells


# --- days -------------------------------------------------------------------------------------


def test_a_meeting_and_all_that_follows_it() -> None:
    """足立区: report and copies in a month, the next in six, two years of keeping."""
    register = meetings(meeting("2025-05-20", **OPEN))
    frame = plan(register, 2025, "2025-05-21", designated_on="2025-04-01")
    assert planned(frame, "report")[0] == ("2025-06-20", "2025-06-20")
    assert planned(frame, "copies")[0] == ("2025-06-20", "2025-06-20")
    assert planned(frame, "next_meeting")[0] == ("2025-11-20", "2025-11-20")
    assert planned(frame, "retention")[0] == ("2027-05-20", "2027-05-20")
    # The law names no day for the record.
    assert planned(frame, "publication")[0] == ("2025-06-20", "")
    assert planned(frame, "minutes")[0] == ("2025-06-20", "")


def test_what_is_done_or_not_owed_is_not_planned() -> None:
    # Everything was done by the week after.
    done = plan(meetings("2025-05-20"), 2025, "2025-05-27", designated_on="2025-04-01")
    mine = done[done["what"].str.contains("2025-05-20")]
    assert set(mine["kind"]) == {"next_meeting", "retention"}
    present = meetings(meeting("2025-05-20", **(OPEN | {"municipality": 1, "absent": 0})))
    frame = plan(present, 2025, "2025-05-21", designated_on="2025-04-01")
    mine = frame[frame["what"].str.contains("2025-05-20")]
    assert set(mine["kind"]) == {"minutes", "publication", "next_meeting", "retention"}


@pytest.mark.parametrize(
    ("column", "kind"), [("notice_on", "notice"), ("authority_notice_on", "authority_notice")]
)
def test_a_notice_that_was_sent_is_not_planned(column: str, kind: str) -> None:
    for sent, left in (("2026-06-01", 0), ("2026-06-02", 1)):
        register = meetings("2026-03-11", planned_meeting("2026-08-26", **{column: sent}))
        frame = plan(register, 2026, "2026-06-01", designated_on="2025-04-01")
        mine = frame[frame["what"].str.contains("2026-08-26")]
        assert len(planned(mine, kind)) == left


def test_the_last_day_of_a_meeting_is_that_of_the_law() -> None:
    """Six months after 2026-02-28 end with 08-31 (民法 第143条); by 08-28 by each reading."""
    frame = plan(meetings("2026-02-28"), 2026, "2026-03-01", designated_on="2025-04-01")
    assert planned(frame, "meeting")[0] == ("2026-08-13", "2026-08-31")
    frame = plan(meetings("2026-02-28"), 2025, "2026-03-01", designated_on="2025-04-01")
    assert planned(frame, "next_meeting") == [("2026-08-28", "2026-08-31")]
    # It is closed for good between the two.
    gone = {"designated_on": "2025-04-01", "closed_from": "2026-08-30"}
    frame = plan(meetings("2026-02-28"), 2025, "2026-03-01", **gone)
    assert planned(frame, "next_meeting") == [("2026-08-28", "2026-08-28")]


def test_the_next_meeting_is_due_on_a_day_on_which_the_town_is_open() -> None:
    """2026-09-13 is a Sunday; the record is kept through 2028-03-13 all the same."""
    frame = plan(meetings("2026-03-13"), 2025, "2026-03-20", designated_on="2025-10-01")
    assert planned(frame, "next_meeting") == [("2026-09-11", "2026-09-13")]
    (what,) = frame.loc[frame["kind"] == "next_meeting", "what"]
    assert what == "the meeting after that of 2026-03-13 is due by 2026-09-13"
    frame = plan(meetings(meeting("2026-03-12", published_on="")), 2025, "2026-03-20")
    # 2028-03-12 is a Sunday.
    assert planned(frame, "retention") == [("2028-03-12", "2028-03-12")]


def test_a_meeting_before_the_designation_keeps_no_interval() -> None:
    """Designated on 2026-04-01: the first one by 09-30, as the check has it."""
    register = meetings("2026-03-20")
    frame = plan(register, 2026, "2026-04-01", designated_on="2026-04-01")
    assert planned(frame, "meeting")[0] == ("2026-09-15", "2026-09-30")
    register = meetings(planned_meeting("2026-04-20"), planned_meeting("2026-10-20"))
    frame = plan(register, 2026, "2026-04-01", designated_on="2026-05-01")
    assert planned(frame, "meeting")[:2] == [("2026-04-20", ""), ("2026-10-20", "2026-10-31")]
    # By 2027-04-20 after the second; none by the first.
    assert planned(frame, "next_meeting") == [("2027-04-20", "2027-04-20")]


def test_a_month_is_planned_by_its_earlier_reading() -> None:
    """After 2025-02-28: 03-28 plainly, 03-31 by the Civil Code."""
    register = meetings(meeting("2025-02-28", **OPEN))
    frame = plan(register, 2024, "2025-03-01", designated_on="2025-01-01")
    assert planned(frame, "report") == [("2025-03-28", "2025-03-31")]


def test_the_notice_to_the_town_when_its_office_is_closed() -> None:
    """2026-01-03 is a Saturday at the new year; strictly it is 01-02; the last open day 12-26."""
    register = meetings(planned_meeting("2026-02-03"))
    frame = plan(register, 2025, "2025-12-01", designated_on="2025-11-01")
    assert planned(frame, "authority_notice") == [("2025-12-26", "2026-01-02")]
    assert planned(frame, "notice") == [("2025-12-26", "")]
    unwanted = meetings(planned_meeting("2026-02-03", municipality=0))
    frame = plan(unwanted, 2025, "2025-12-01", designated_on="2025-11-01")
    assert planned(frame, "authority_notice") == []


def test_the_first_meeting_after_a_designation() -> None:
    """Designated on 2025-10-15: by 2026-04-14, which is in the next fiscal year."""
    # For 2026-04-01 by 2026-02-28, a Saturday.
    before = plan(None, 2025, "2025-10-20", designated_on="2025-10-15")
    assert before["kind"].tolist() == ["authority_notice", "notice"]
    assert before["date"].tolist() == ["2026-02-27"] * 2
    frame = plan(None, 2026, "2025-10-20", designated_on="2025-10-15")
    assert planned(frame, "meeting")[0] == ("2026-04-01", "2026-04-14")
    assert planned(frame, "next_meeting")[0] == ("2026-10-01", "2026-10-01")


def test_a_meeting_without_a_day_is_put_half_a_month_before_its_last() -> None:
    register = meetings("2025-09-17", "2026-03-11")
    frame = plan(register, 2026, "2026-04-01", designated_on="2025-04-01")
    # 2026-09-11 less 15 days is Thursday 08-27; 2027-02-27 less 15 is Friday 02-12.
    assert planned(frame, "meeting") == [("2026-08-27", "2026-09-11"), ("2027-02-12", "2027-02-27")]
    given_ = meetings("2025-09-17", "2026-03-11", planned_meeting("2026-08-05"))
    frame = plan(given_, 2026, "2026-04-01", designated_on="2025-04-01")
    assert planned(frame, "meeting")[0] == ("2026-08-05", "2026-09-11")


def test_an_overdue_meeting_is_planned_for_now() -> None:
    frame = plan(meetings("2025-04-10"), 2025, "2026-01-10", designated_on="2025-04-01")
    # 2026-01-10 is a Saturday, 01-12 a holiday.
    assert planned(frame, "meeting") == [("2026-01-13", "2025-10-10")]


def test_a_meeting_planned_too_late_does_not_take_the_place_of_those_owed_before() -> None:
    """After 2026-03-11 the next one is owed by 2026-09-11, whatever is planned for later."""
    held = meeting("2026-03-11")
    without = plan(meetings(held), 2026, "2026-04-01", designated_on="2025-04-01")
    owed = [("2026-08-27", "2026-09-11"), ("2027-02-12", "2027-02-27")]
    assert planned(without, "meeting") == owed
    # A year mistyped by one.
    later = meetings(held, planned_meeting("2027-08-05"))
    frame = plan(later, 2026, "2026-04-01", designated_on="2025-04-01")
    assert planned(frame, "meeting") == owed
    # In the year, but six months after the last day; the one owed then is on the day planned.
    later = meetings(held, planned_meeting("2027-02-24"))
    frame = plan(later, 2026, "2026-04-01", designated_on="2025-04-01")
    assert planned(frame, "meeting") == [owed[0], ("2027-02-24", "2027-02-27")]


def test_a_meeting_planned_soon_is_the_overdue_one() -> None:
    register = meetings("2025-04-10", planned_meeting("2026-01-28"))
    frame = plan(register, 2025, "2026-01-10", designated_on="2025-04-01")
    assert planned(frame, "meeting") == [("2026-01-28", "2025-10-10")]


def test_the_plan_of_a_later_year_follows_the_one_before_it() -> None:
    register = meetings(meeting("2026-03-11", meeting_no=4))
    this = plan(register, 2026, "2026-04-01", designated_on="2025-04-01")
    assert planned(this, "next_meeting")[-1] == ("2027-08-12", "2027-08-12")
    frame = plan(register, 2027, "2026-04-01", designated_on="2025-04-01")
    # 2027-08-12 less 15 days is Wednesday 07-28; half a year later by 2028-01-28, less 15 01-13.
    assert planned(frame, "meeting") == [("2027-07-28", "2027-08-12"), ("2028-01-13", "2028-01-28")]
    numbers = frame.loc[frame["kind"] == "meeting", "meeting_no"].tolist()
    assert numbers == ["7", "8"]


def test_a_meeting_due_when_a_year_begins_is_held_in_the_year_before() -> None:
    """After 2027-10-01 by 2028-04-01, a Saturday: Friday 2028-03-31 is the last open day."""
    register = meetings("2027-10-01")
    frame = plan(register, 2027, "2027-10-05", designated_on="2025-04-01")
    assert planned(frame, "meeting") == [("2028-03-31", "2028-04-01")]
    frame = plan(register, 2028, "2027-10-05", designated_on="2025-04-01")
    # From 2028-03-31 by 2028-09-30, less 15 days Friday 09-15.
    assert planned(frame, "meeting")[0] == ("2028-09-15", "2028-09-30")
    # Where it is that Saturday, there is none in time.
    frame = plan(register, 2028, "2028-04-01", designated_on="2025-04-01")
    assert planned(frame, "meeting")[0] == ("2028-04-03", "2028-04-01")


def test_no_meeting_is_planned_while_the_office_is_closed() -> None:
    # After 2025-12-05 by 2026-06-05; of that 06-01 to 06-05 do not run: by 2027-01-05.
    long = {"closed_from": "2026-06-01", "closed_to": "2026-12-31"}
    frame = plan(meetings("2025-12-05"), 2026, "2026-08-01", designated_on="2025-04-01", **long)
    # The town's office is open from 2027-01-04 on.
    assert planned(frame, "meeting") == [("2027-01-04", "2027-01-05")]
    # By 2026-09-21: half a month before is 2026-09-04, in the closure; Friday 09-11 is not.
    short = {"closed_from": "2026-09-01", "closed_to": "2026-09-10"}
    frame = plan(meetings("2026-03-11"), 2026, "2026-04-01", designated_on="2025-04-01", **short)
    assert planned(frame, "meeting")[0] == ("2026-09-11", "2026-09-21")


@pytest.mark.parametrize(
    ("held", "closed_from", "days"),
    [
        # Due before the closure began and not held: nobody knows when it can be.
        ((), "2025-12-01", []),
        # After 2026-03-11 by 2026-09-11, half a month before is 08-27; the next would be in it.
        (("2025-09-17", "2026-03-11"), "2026-10-01", ["2026-08-27"]),
        # The interval does not run on.
        (("2025-09-17", "2026-03-11"), "2026-08-20", []),
    ],
)
def test_no_meeting_is_planned_after_a_closure_without_an_end_began(
    held: tuple[str, ...], closed_from: str, days: list[str]
) -> None:
    closed = {"designated_on": "2025-04-01", "closed_from": closed_from}
    frame = plan(meetings(*held), 2026, "2026-04-10", **closed)
    assert [day for day, _ in planned(frame, "meeting")] == days


@pytest.mark.parametrize(
    ("number", "following"), [("第4回", "5"), ("第４回", "5"), ("4回", "5"), ("第４ 回", "5")]
)
def test_numbers_are_read_as_offices_write_them(number: str, following: str) -> None:
    register = meetings(meeting("2026-03-11", meeting_no=number))
    frame = plan(register, 2026, "2026-04-01", designated_on="2025-04-01")
    assert frame.loc[frame["kind"] == "meeting", "meeting_no"].tolist()[0] == following


@pytest.mark.parametrize(
    ("number", "following"),
    [
        ("令和7年度第1回", ["令和7年度第2回", "令和8年度第1回"]),
        ("令和7年度第1回目", ["令和7年度第2回", "令和8年度第1回"]),
        ("令和7年度 第９回", ["令和7年度第10回", "令和8年度第1回"]),
        ("2025年度第1回", ["2025年度第2回", "2026年度第1回"]),
        # The year is the same however its era is written.
        ("R7年度第1回", ["R7年度第2回", "令和8年度第1回"]),
        ("7年度第1回", ["7年度第2回", "令和8年度第1回"]),
        ("R7(2025)年度第1回", ["R7(2025)年度第2回", "令和8年度第1回"]),
        ("令和7年度（2025年度）第1回", ["令和7年度(2025年度)第2回", "令和8年度第1回"]),
        ("2025(令和7)年度第1回", ["2025(令和7)年度第2回", "2026年度第1回"]),
        # One of the year before that was held late.
        ("令和6年度第6回", ["令和7年度第1回", "令和8年度第1回"]),
        ("R6(2024)年度第6回", ["令和7年度第1回", "令和8年度第1回"]),
    ],
)
def test_numbers_of_a_year_begin_anew_with_it(number: str, following: list[str]) -> None:
    register = meetings(
        meeting("2025-06-11", meeting_no=number),
        planned_meeting("2025-12-10", meeting_no=""),
        planned_meeting("2026-05-13", meeting_no=""),
    )
    of_year = [
        plan(register, year, "2025-07-01", designated_on="2025-04-01") for year in (2025, 2026)
    ]
    numbers = [
        number
        for frame in of_year
        for number in frame.loc[frame["kind"] == "meeting", "meeting_no"]
    ]
    assert numbers[:2] == following


def test_a_number_of_very_many_digits_counts_nothing() -> None:
    register = meetings(meeting("2026-03-11", meeting_no="9" * 5000))
    frame = plan(register, 2026, "2026-04-01", designated_on="2025-04-01")
    numbers = frame.loc[frame["kind"] == "meeting", "meeting_no"].tolist()
    assert numbers == ["1", "2"]


def test_meetings_every_two_months_are_six_or_seven_a_year() -> None:
    register = meetings("2026-03-10")
    frame = plan(
        register, 2026, "2026-04-01", designated_on="2025-04-01", service="小規模多機能型居宅介護"
    )
    assert 6 <= len(planned(frame, "meeting")) <= 8
    of_year = frame[~frame["kind"].str.contains("notice")]
    assert of_year["meeting_no"].nunique() == len(planned(frame, "meeting"))


def test_numbers_of_meetings_go_on() -> None:
    register = meetings(
        meeting("2025-09-17", meeting_no=7),
        meeting("2026-03-11", meeting_no=8),
        planned_meeting("2026-08-05", meeting_no=""),
    )
    frame = plan(register, 2026, "2026-04-01", designated_on="2025-04-01")
    numbers = frame.loc[frame["kind"] == "meeting", "meeting_no"].tolist()
    assert numbers == ["9", "10"]


def test_a_town_without_rules_has_what_the_law_asks() -> None:
    register = meetings("2025-09-17", "2026-03-11")
    frame = plan(register, 2026, "2026-04-01", designated_on="2025-04-01", authority="柏市")
    assert set(frame["authority"]) - {""} == {"law"}
    assert set(frame["kind"]) == {
        *("notice", "meeting", "minutes", "publication", "next_meeting", "retention"),
    }


def test_five_years_in_katano() -> None:
    register = meetings(meeting("2025-05-20", **OPEN))
    frame = plan(register, 2025, "2025-05-21", designated_on="2025-04-01", authority="交野市")
    assert planned(frame, "retention")[0] == ("2030-05-20", "2030-05-20")


@pytest.mark.parametrize(
    ("columns", "kinds"),
    [
        (("published_on",), {"minutes", "publication"}),
        (("minutes_on", "published_on"), {"minutes", "publication"}),
        (("absentees_sent_on",), {"copies"}),
        (("reported_on",), {"report"}),
    ],
)
def test_what_is_meant_for_a_day_to_come_is_still_planned(
    columns: tuple[str, ...], kinds: set[str]
) -> None:
    def told(day: str) -> set[str]:
        cells: dict[str, Any] = OPEN | dict.fromkeys(columns, day)
        register = meetings(meeting("2025-05-20", **cells))
        frame = plan(register, 2025, "2025-06-01", designated_on="2025-04-01")
        return set(frame.loc[frame["what"].str.contains("2025-05-20"), "kind"])

    assert told("2025-06-02") == told("")
    assert told("") - told("2025-06-01") == kinds


@pytest.mark.parametrize("filed", ["", "2026-04-05"])
def test_lists_and_filings_that_are_open(filed: str) -> None:
    member = {"provider_no": PROVIDER, "name": "例 一郎", "category": "利用者", "filed_on": filed}
    corporation = {"name": "社会福祉法人みほん会", "filed_on": filed}
    frame = ct.plan_duties(
        offices(designated_on="2026-03-20"),
        2026,
        on="2026-04-04",
        members=pd.DataFrame([member]),
        corporation=pd.DataFrame([corporation]),
    )
    # 2026-04-04 is a Saturday.
    assert planned(frame, "member_list") == [("2026-04-06", "")]
    assert planned(frame, "filing") == [("2026-04-06", "")]
    assert "足立区長" in frame.loc[frame["kind"] == "filing", "what"].item()


def test_who_opens_the_first_office_files_with_the_town_of_it() -> None:
    frame = ct.plan_duties(
        offices(designated_on="2026-07-01"),
        2026,
        on="2026-06-01",
        corporation=pd.DataFrame([{"name": "社会福祉法人みほん会"}]),
    )
    assert "足立区長" in frame.loc[frame["kind"] == "filing", "what"].item()


def test_what_could_not_be_planned_is_told() -> None:
    """Design: fail closed; no row of a register is passed over in silence."""
    known = offices({"provider_no": OTHER}, {"service": "夜間対応型訪問介護"})
    rows = [{"provider_no": one, "planned_on": "2026-08-05"} for one in ("1390000099", PROVIDER)]
    members = pd.DataFrame([{"provider_no": "1390000098", "name": "見本"}])
    told = [
        ct.plan_duties(
            known, 2026, pd.DataFrame(rows), on="2026-04-01", members=members, language=language
        ).attrs["notes"]
        for language in ("en", "ja")
    ]
    assert told[0] == [
        "1390000012 meetings of a provider whose services have no council; what to do: correct the "
        "service of the office, or leave its meetings out",
        "1390000099 meetings of a provider that the register of offices does not have; what to do: "
        "add the office, or correct the provider number",
        "1390000020 neither its designation nor a meeting that counts is known; what to do: give "
        "designated_on (指定年月日): no meeting is planned without it",
        "1 entry of the list of members is of a provider that the register of offices does not "
        "have; what to do: add the office, or correct the provider number",
    ]
    assert told[1][2] == (
        "1390000020 指定年月日も、開催回数に数える会議も分かりません。対応: 指定年月日(designated_on)を"
        "記入してください。記載がないと会議の期日を計画できません"
    )
    assert plan(meetings("2026-03-11"), 2026, "2026-04-01").attrs["notes"] == []


def test_nothing_is_planned_after_the_office_is_closed_for_good() -> None:
    """Neither a meeting nor the notices of it, nor the filing of a corporation without an office."""
    gone = offices(designated_on="2025-04-01", ended_on="2026-05-01")
    register = meetings("2026-03-10", planned_meeting("2026-08-05"))
    frame = ct.plan_duties(gone, 2026, register, on="2026-04-01")
    assert frame.empty
    assert frame.attrs["notes"] == [
        f"{PROVIDER} a meeting on 2026-05-01 or later: from that day the office is closed for good "
        "(廃止); what to do: correct one of the days, or leave the meeting out"
    ]
    corporation = pd.DataFrame([{"name": "みほん会", "filed_on": ""}])
    for on, filings in (("2026-04-30", 1), ("2026-05-01", 0)):
        frame = ct.plan_duties(gone, 2026, on=on, corporation=corporation)
        assert len(planned(frame, "filing")) == filings
    # Its designation is not asked for either.
    gone = offices(ended_on="2026-04-01")
    assert ct.plan_duties(gone, 2026, on="2026-04-01").attrs["notes"] == []


def test_a_town_without_rules_is_told() -> None:
    """That no rule is known does not mean that nothing is asked for."""
    known = offices(
        {"authority": "柏市"}, {"provider_no": OTHER, "authority": "柏市"},
        {"provider_no": "1390000030", "authority": ""}, {"provider_no": "1390000040"},
        designated_on="2026-04-01",
    )  # fmt: skip
    notes = ct.plan_duties(known, 2026, on="2026-04-01").attrs["notes"]
    assert [note.partition(";")[0] for note in notes] == [
        "a municipality is not named",
        "no rules of 柏市 are known",
    ]
    assert [note.rpartition("what to do: ")[2] for note in notes] == [
        "fill in authority (指定権者), the municipality that designated the office",
        "ask it for its guide, and give its rules with --rules",
    ]


def test_no_meeting_is_planned_in_the_second_of_two_closures() -> None:
    """Friday 2026-08-28 ends the first, Monday 08-31 begins the second."""
    known = offices(
        {"closed_from": "2026-08-20", "closed_to": "2026-08-28"},
        {"closed_from": "2026-08-31", "closed_to": "2026-09-04"},
        designated_on="2025-04-01",
    )
    frame = ct.plan_duties(known, 2026, meetings("2026-02-28"), on="2026-08-24")
    assert planned(frame, "meeting")[0][0] == "2026-09-07"
    # The second has no end, and the office is closed on every day before it.
    known = known.assign(closed_to=["2026-08-28", ""])
    frame = ct.plan_duties(known, 2026, meetings("2026-02-28"), on="2026-08-24")
    assert planned(frame, "meeting") == []


@pytest.mark.parametrize("year", [2005, 2101])
def test_a_year_out_of_range(year: int) -> None:
    with pytest.raises(ChiikiTsushoError) as error:
        plan(None, year, "2026-04-01")
    assert f"{year} is not a fiscal year" in str(error.value)
    assert f"{year}は年度として使えません" in error.value.say("ja")


@given(st.dates(date(2006, 4, 1), date(2035, 12, 31)))
def test_days_on_which_the_town_is_open(day: date) -> None:
    closed = (
        day.weekday() >= 5
        or jpholiday.is_holiday(day)
        or (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    )
    assert is_open(day) is not closed
    assert is_open(open_by(day))
    assert is_open(open_from(day))
    assert day - timedelta(days=14) < open_by(day) <= day <= open_from(day)


REGISTERS = st.lists(st.dates(date(2024, 4, 1), date(2027, 3, 31)), max_size=8, unique=True).map(
    lambda days: [day.isoformat() for day in sorted(days)]
)


@given(
    REGISTERS,
    st.sampled_from(["day_care", "medical_day_care", "small_multifunction", "group_home"]),
    st.sampled_from(["adachi", "交野市", "伊丹市", "函館市"]),
    st.dates(date(2025, 4, 1), date(2026, 12, 31)),
)
def test_no_day_is_after_its_last_and_every_one_is_open(
    days: list[str], service: str, authority: str, on: date
) -> None:
    frame = ct.plan_duties(
        offices(service=service, authority=authority, designated_on="2024-04-01"),
        2026,
        meetings(*days),
        on=on,
    )
    assert list(frame.columns) == list(COLUMNS)
    assert frame["date"].is_monotonic_increasing
    for act, latest, kind in frame[["date", "latest", "kind"]].to_numpy().tolist():
        fixed = kind in ("meeting", "retention")
        assert fixed or is_open(date.fromisoformat(act))
        assert fixed or not latest or act <= latest
        assert kind != "retention" or act == latest
    again = ct.plan_duties(
        offices(service=service, authority=authority, designated_on="2024-04-01"),
        2026,
        meetings(*days),
        on=on,
    )
    pd.testing.assert_frame_equal(frame, again)


# --- the calendar -----------------------------------------------------------------------------


@pytest.fixture(params=["en", "ja"])
def example(request: pytest.FixtureRequest) -> pd.DataFrame:
    return ct.plan_duties(
        "examples/duties_offices.csv",
        2026,
        "examples/duties_meetings.csv",
        on="2026-04-01",
        language=request.param,
    )


def test_the_calendar_parses_and_holds_the_plan(example: pd.DataFrame, tmp_path: Path) -> None:
    path = write_calendar(example, tmp_path / "plan.ics")
    events = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert len(events) == len(example)
    for event, row in zip(events, example.itertuples(), strict=True):
        day = event.decoded("DTSTART")
        assert type(day) is date
        assert str(day) == row.date
        assert event.decoded("DTEND") == day + timedelta(days=1)
        assert event["TRANSP"] == "TRANSPARENT"
        assert event["UID"] == f"{PROVIDER}-2026-{row.meeting_no}-{row.kind}@chiiki-tsusho"
        assert event.decoded("DTSTAMP").isoformat() == "2026-04-01T00:00:00+00:00"
        assert str(event["SUMMARY"]) == f"{PROVIDER} {row.what}"
        (alarm,) = event.walk("VALARM")
        assert alarm.decoded("TRIGGER") == timedelta(days=-7)


def test_the_calendar_folds_at_75_octets_and_is_the_same_again(
    example: pd.DataFrame, tmp_path: Path
) -> None:
    first = write_calendar(example, tmp_path / "first.ics").read_bytes()
    assert first == write_calendar(example.copy(), tmp_path / "again.ics").read_bytes()
    assert first.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in first.split(b"\r\n")) <= 75
    uids = [line for line in first.split(b"\r\n") if line.startswith(b"UID:")]
    assert len(uids) == len(set(uids)) == len(example)
    assert all(line.decode() for line in first.split(b"\r\n") if line)


def test_a_plan_that_lost_its_day_needs_one(example: pd.DataFrame, tmp_path: Path) -> None:
    bare = pd.DataFrame(example.to_dict("list"))
    with pytest.raises(ChiikiTsushoError, match="give on="):
        write_calendar(bare, tmp_path / "plan.ics")
    first = write_calendar(bare, tmp_path / "plan.ics", on="2026-04-01").read_bytes()
    assert first == write_calendar(example, tmp_path / "same.ics").read_bytes()


def test_a_calendar_of_nothing(tmp_path: Path) -> None:
    frame = plan(None, 2024, "2025-10-20", designated_on="2025-10-15")
    path = write_calendar(frame, tmp_path / "plan.ics")
    assert icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT") == []
    assert stat.S_ISREG(path.stat().st_mode)


@pytest.mark.parametrize("column", ["provider_no", "meeting_no", "kind", "what", "latest", "place"])
@pytest.mark.parametrize("character", "\x00\x0b\x1b\u202e\ufffe")
def test_no_calendar_holds_a_character_that_no_reader_sees(
    column: str, character: str, tmp_path: Path
) -> None:
    path = tmp_path / "plan.ics"
    frame = ct.plan_duties("examples/duties_offices.csv", 2026, on="2026-04-01")
    frame.loc[1, column] = f"a{character}b"
    with pytest.raises(ChiikiTsushoError) as error:
        write_calendar(frame, path)
    code = f"U+{ord(character):04X}"
    assert f"row 2 of the plan, {column} ({COLUMNS[column]}): holds the character {code}" in str(
        error.value
    )
    assert f"計画の2行目「{COLUMNS[column]}」({column}): 見えない文字({code})" in error.value.say(
        "ja"
    )
    assert not path.exists()


DEMENTIA = {"service": "dementia_day_care"}


def identities(frame: pd.DataFrame, on: str | None = None) -> list[str]:
    """Return the UIDs of a calendar, in the order of the plan."""
    events = icalendar.Calendar.from_ical(calendar_of(frame, on)).walk("VEVENT")
    return [str(event["UID"]).removesuffix("@chiiki-tsusho") for event in events]


def test_events_of_two_councils_of_one_provider_are_told_apart() -> None:
    given = offices({}, DEMENTIA, designated_on="2025-04-01")
    held = meetings(meeting("2026-05-20", meeting_no="1"))
    frame = ct.plan_duties(given, 2026, held, on="2026-06-01")
    uids = identities(frame)
    assert len(set(uids)) == len(uids) == len(frame)
    kept = frame[(frame["kind"] == "retention") & (frame["meeting_no"] == "1")]
    assert [uids[at] for at in kept.index] == [
        f"{PROVIDER}-2026-1-day_care-retention",
        f"{PROVIDER}-2026-1-dementia_day_care-retention",
    ]
    assert kept["what"].tolist() == [
        "last day to keep the record of 2026-05-20 (地域密着型通所介護)",
        "last day to keep the record of 2026-05-20 (認知症対応型通所介護)",
    ]
    # In Japanese, and of the same rows in another order, the events are the same.
    japanese = ct.plan_duties(given, 2026, held, on="2026-06-01", language="ja")
    assert identities(japanese) == uids
    assert japanese["what"][kept.index[1]].endswith("(認知症対応型通所介護)")
    assert identities(frame[::-1].reset_index(drop=True)) == uids[::-1]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        # Held and planned with one number: each has its day.
        (("1", "1"), {"1-2026-05-20", "1-2026-10-20"}),
        # Held without a number: its day alone. What is planned is numbered.
        (("", ""), {"2026-05-20", "1"}),
        (("1", ""), {"1", "2"}),
    ],
)
def test_events_of_meetings_of_one_number_or_none_are_told_apart(
    numbers: tuple[str, str], expected: set[str]
) -> None:
    rows = [
        {"provider_no": PROVIDER, "meeting_no": numbers[0], "held_on": "2026-05-20"},
        {"provider_no": PROVIDER, "meeting_no": numbers[1], "planned_on": "2026-10-20"},
    ]
    register = pd.DataFrame(rows).fillna("")
    frame = plan(register, 2026, "2026-06-01", designated_on="2025-04-01")
    uids = identities(frame)
    assert len(set(uids)) == len(uids) == len(frame)
    of_year = [one.split("-", 2)[2] for one in uids if one.startswith(f"{PROVIDER}-2026-")]
    assert {one.rsplit("-", 1)[0] for one in of_year} == expected
    # The other days are the notices of a meeting in April.
    assert len(uids) - len(of_year) == 2
    # When more has been done, what is left keeps its identity.
    done = register.assign(minutes_on=["2026-06-01", ""], published_on=["2026-06-02", ""])
    later = identities(plan(done, 2026, "2026-07-01", designated_on="2025-04-01"))
    assert set(later) < set(uids)


def test_what_follows_an_earlier_meeting_is_planned_in_the_year_it_is_due() -> None:
    """What is due when: the minutes of a meeting in March are published by April."""
    register = meetings(
        meeting("2024-05-10", meeting_no="1", published_on=""),
        meeting("2026-03-20", meeting_no="1", **OPEN),
    )
    frame = plan(register, 2026, "2026-04-01", designated_on="2024-04-01")
    before = frame[frame["what"].str.contains("2026-03-20|2024-05-10")]
    # A month after it is Monday 2026-04-20; after two years the record of the first may go.
    assert before["date"].tolist() == [*["2026-04-20"] * 4, "2026-05-10"]
    kinds = ["copies", "minutes", "publication", "report", "retention"]
    assert before["kind"].tolist() == kinds
    # Each is the same event in the calendar of either year.
    uids = identities(frame)
    years = ["2025"] * 4 + ["2024"]
    assert [uids[at] for at in before.index] == [
        f"{PROVIDER}-{year}-1-{kind}" for year, kind in zip(years, kinds, strict=True)
    ]
    earlier = identities(plan(register, 2025, "2026-04-01", designated_on="2024-04-01"))
    assert {f"{PROVIDER}-2025-1-{kind}" for kind in kinds[:4]} < set(earlier)
    # A meeting still to be held in March has them as well.
    ahead = meetings(meeting("2025-09-17"), planned_meeting("2026-03-16"))
    frame = plan(ahead, 2026, "2026-02-01", designated_on="2025-04-01")
    assert planned(frame, "publication")[0] == ("2026-04-16", "")
    # The notice and the meeting itself are of the year before.
    assert not frame["date"].lt("2026-04-01").any()


def test_the_notice_of_a_meeting_in_april_is_in_the_plan_of_march() -> None:
    """足立区 8(2): a month before. Strictly, for 2026-04-15 by 03-14, a Saturday: Friday 03-13."""
    register = meetings(
        meeting("2025-11-05", meeting_no="2"),
        planned_meeting("2026-04-15", meeting_no="3"),
        # Of the same number by mistake: both years say on which days they are.
        planned_meeting("2026-09-09", meeting_no="3"),
    )
    frames = [
        plan(register, year, "2026-02-02", designated_on="2025-04-01") for year in (2025, 2026)
    ]
    told = []
    for frame in frames:
        mine = frame["what"].str.contains("2026-04-15") & frame["kind"].str.contains("notice")
        rows = zip(identities(frame), frame["kind"], frame["date"], mine, strict=True)
        told.append([row for *row, of_meeting in rows if of_meeting])
    uid = f"{PROVIDER}-2026-3-2026-04-15"
    assert told[0] == told[1] == [
        [f"{uid}-authority_notice", "authority_notice", "2026-03-13"],
        [f"{uid}-notice", "notice", "2026-03-13"],
    ]  # fmt: skip
    # The meeting itself, and what follows it, are of the year after.
    of_meeting = frames[0]["meeting_no"].eq("3")
    assert set(frames[0].loc[of_meeting, "kind"]) == {"authority_notice", "notice"}


def test_no_day_of_a_plan_of_several_years_is_lost_or_has_two_identities() -> None:
    """Each year's plan has all days of it that any other plan has, under the same identity."""
    register = meetings(
        meeting("2025-09-17", meeting_no="1", **OPEN), planned_meeting("2026-03-16")
    )
    member = {"provider_no": PROVIDER, "name": "例 一郎", "category": "利用者", "filed_on": ""}
    frames = {
        year: ct.plan_duties(
            offices(designated_on="2024-04-01"),
            year,
            register,
            on="2026-02-02",
            members=pd.DataFrame([member]),
        )
        for year in range(2024, 2031)
    }
    known: dict[tuple[str, ...], str] = {}
    of_year: dict[int, set[tuple[str, ...]]] = {}
    for year, frame in frames.items():
        rows = [tuple(row) for row in frame[["kind", "date", "what"]].to_numpy()]
        of_year[year] = set(rows)
        for uid, row in zip(identities(frame), rows, strict=True):
            assert known.setdefault(row, uid) == uid
    assert len(set(known.values())) == len(known)
    for row in known:
        kind, day, _ = row
        year = int(day[:4]) - (day[5:7] < "04")
        # The meeting after an earlier one stands there as a meeting.
        if year in frames and kind != "next_meeting":
            assert row in of_year[year]


def test_a_meeting_that_is_overdue_is_in_the_plan_of_the_year_of_its_last_day() -> None:
    """療養通所介護 meets once a year: after 2025-03-20 by 2026-03-20, which has passed."""
    register = meetings(meeting("2025-03-20", meeting_no="1"))
    told = [
        plan(register, year, "2026-04-06", service="medical_day_care", designated_on="2024-04-01")
        for year in (2025, 2026)
    ]
    # Monday 2026-04-06 is the day of the plan.
    for frame in told:
        assert planned(frame, "meeting")[0] == ("2026-04-06", "2026-03-20")


def test_an_event_is_the_same_in_the_plans_of_two_years_whatever_the_numbers() -> None:
    """A second import replaces and does not double, also of meetings of one number."""
    register = meetings(
        meeting("2025-05-20", meeting_no="1", **OPEN), meeting("2026-03-18", meeting_no="1", **OPEN)
    )
    told = {}
    for year in (2025, 2026):
        frame = plan(register, year, "2026-03-20", designated_on="2025-04-01")
        mine = frame["what"].str.contains("2026-03-18") & frame["kind"].eq("report")
        told[year] = [identities(frame)[at] for at in frame.index[mine]]
    assert told[2026] == told[2025] == [f"{PROVIDER}-2025-1-2026-03-18-report"]


def test_a_record_that_was_destroyed_is_not_to_be_kept() -> None:
    """Two years after it was published, on 2024-05-27, it may go: here it went before."""
    register = meetings(meeting("2024-05-20", discarded_on="2026-02-01"), "2026-03-11")
    for on, left in (("2026-01-31", ["2026-05-27"]), ("2026-02-01", [])):
        frame = plan(register, 2026, on, designated_on="2024-04-01")
        mine = frame[frame["what"].str.contains("2024-05-20")]
        assert mine["date"].tolist() == left


def test_a_frame_with_the_same_row_twice_has_two_events(example: pd.DataFrame) -> None:
    doubled = pd.concat([example, example])
    uids = identities(doubled, "2026-04-01")
    assert len(set(uids)) == 2 * len(example)
    assert uids[: len(example)] == identities(example)


@pytest.mark.parametrize(
    ("column", "cell", "english", "japanese"),
    [
        ("date", pd.NaT, "'' is not a day; write it as 2026-04-01", "「」は日付として読めません"),
        ("date", "2026-13-45", "'2026-13-45' is not a day", "「2026-13-45」は日付として"),
        ("what", 5, "is int, where text was expected", "文字列ではありません(型はint)"),
        ("kind", ["x"], "is list, where text was expected", "文字列ではありません(型はlist)"),
    ],
)
def test_a_frame_with_a_cell_that_no_plan_has(
    example: pd.DataFrame, column: str, cell: Any, english: str, japanese: str, tmp_path: Path
) -> None:
    cells = example[column].tolist()
    cells[1] = cell
    frame = example.assign(**{column: pd.Series(cells, dtype=object)})
    with pytest.raises(ChiikiTsushoError) as error:
        write_calendar(frame, tmp_path / "plan.ics", on="2026-04-01")
    assert f"row 2 of the plan, {column} ({COLUMNS[column]}): {english}" in str(error.value)
    assert f"計画の2行目「{COLUMNS[column]}」({column}): {japanese}" in error.value.say("ja")
    assert not list(tmp_path.iterdir())


def test_a_frame_that_is_no_plan(example: pd.DataFrame, tmp_path: Path) -> None:
    twice = pd.concat([example, example["what"]], axis=1)
    for frame, column in ((pd.DataFrame(), "date"), (twice, "what")):
        with pytest.raises(ChiikiTsushoError) as error:
            write_calendar(frame, tmp_path / "plan.ics", on="2026-04-01")
        assert str(error.value) == (
            f"the plan does not have the column {column} ({COLUMNS[column]}) once; give what "
            "plan_duties returned"
        )
        assert error.value.say("ja") == (
            f"計画に列「{COLUMNS[column]}」({column})がないか、2つ以上あります。"
            "plan_dutiesの結果を渡してください"
        )


def test_a_plan_read_back_from_its_file_is_the_same_calendar(
    example: pd.DataFrame, tmp_path: Path
) -> None:
    example.to_csv(tmp_path / "plan.csv", index=False)
    read = pd.read_csv(tmp_path / "plan.csv", dtype=str)
    assert read["latest"].isna().any()
    assert calendar_of(read, "2026-04-01") == calendar_of(example)

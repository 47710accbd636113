"""Months as the Civil Code counts them; expected days are typed by hand from 民法 140 and 143."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.duties.office_days import open_by, open_from
from chiiki_tsusho.duties.periods import (
    act_before,
    act_by,
    blame_after,
    closed_days,
    elapsed,
    fiscal_days,
    fiscal_year,
    given_day,
    period_end,
    same_day,
    without_closures,
)
from chiiki_tsusho.eras import japanese_date
from chiiki_tsusho.errors import ChiikiTsushoError

D = date.fromisoformat
DAYS = st.dates(date(2006, 4, 1), date(2040, 12, 31))
MONTHS = st.sampled_from([1, 2, 4, 6, 12, 24, 60])


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2025-05-20", 1, "2025-06-20"),
        ("2025-05-20", 6, "2025-11-20"),
        ("2025-05-20", 24, "2027-05-20"),
        # The period begins with a first of the month and so ends with the end of one.
        ("2025-09-30", 6, "2026-03-31"),
        ("2025-02-28", 1, "2025-03-31"),
        # No day corresponds.
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-08-30", 6, "2026-02-28"),
        ("2023-08-30", 6, "2024-02-29"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_the_day_of_the_event_does_not_count(day: str, months: int, end: str) -> None:
    assert period_end(D(day), months) == D(end)


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2025-10-15", 6, "2026-04-14"),
        ("2016-04-01", 6, "2016-09-30"),
        ("2016-04-01", 12, "2017-03-31"),
        ("2025-08-31", 6, "2026-02-28"),
    ],
)
def test_a_designation_counts_its_own_day(day: str, months: int, end: str) -> None:
    assert period_end(D(day), months, own_day=True) == D(end)


def test_two_readings_act_by_the_earlier_and_blame_after_the_later() -> None:
    assert (act_by(D("2025-09-30"), 6), blame_after(D("2025-09-30"), 6)) == (
        D("2026-03-30"),
        D("2026-03-31"),
    )
    assert (act_by(D("2025-02-28"), 1), blame_after(D("2025-02-28"), 1)) == (
        D("2025-03-28"),
        D("2025-03-31"),
    )


def test_one_month_before_in_its_strict_reading() -> None:
    assert act_before(D("2026-02-03"), 1) == D("2026-01-02")
    assert act_before(D("2026-03-31"), 1) == D("2026-02-27")


@given(DAYS, MONTHS)
def test_a_later_event_never_ends_earlier(day: date, months: int) -> None:
    following = date.fromordinal(day.toordinal() + 1)
    for end in (period_end, act_by, blame_after):
        assert end(day, months) <= end(following, months)
    assert 0 <= (period_end(day, months) - same_day(day, months)).days <= 3


@given(DAYS, st.integers(0, 2000))
def test_elapsed_months_and_days_lead_back(day: date, days: int) -> None:
    end = date.fromordinal(day.toordinal() + days)
    months, over = elapsed(day, end)
    assert 0 <= over <= 31
    assert date.fromordinal(same_day(day, months).toordinal() + over) == end


def test_elapsed() -> None:
    assert elapsed(D("2025-01-06"), D("2025-12-20")) == (11, 14)
    assert elapsed(D("2025-01-31"), D("2025-02-28")) == (1, 0)


def test_days_of_a_closure_do_not_run() -> None:
    closures = [(D("2025-06-01"), D("2025-06-30"))]
    assert closed_days(closures, D("2025-06-10"), D("2025-07-31")) == 21
    assert without_closures(D("2025-05-20"), D("2025-11-20"), closures) == D("2025-12-20")
    # One that goes on beyond the interval: its days in it run from the day of reopening on.
    for begin, end in {
        "2026-06-04": "2027-01-02",
        "2026-05-26": "2027-01-11",
        "2026-05-06": "2027-01-31",
        "2026-04-06": "2027-03-02",
        "2026-02-25": "2027-04-11",
    }.items():
        long = [(D(begin), D("2026-12-31"))]
        assert without_closures(D("2025-12-05"), D("2026-06-05"), long) == D(end)
    two = [(D("2026-06-10"), D("2026-06-19")), (D("2026-06-01"), D("2026-06-05"))]
    assert without_closures(D("2025-12-05"), D("2026-06-05"), two) == D("2026-06-20")
    assert without_closures(D("2025-07-01"), D("2026-01-01"), closures) == D("2026-01-01")
    assert without_closures(D("2025-05-20"), D("2025-11-20"), [(D("2025-11-01"), None)]) is None
    assert without_closures(D("2025-05-20"), D("2025-11-20"), [(D("2026-01-01"), None)]) == D(
        "2025-11-20"
    )
    # The days put off to are closed themselves.
    assert without_closures(
        D("2025-05-20"),
        D("2025-11-20"),
        [(D("2025-11-11"), D("2025-11-20")), (D("2025-11-25"), D("2025-11-26"))],
    ) == D("2025-12-02")


def test_fiscal_years_run_from_april() -> None:
    assert [fiscal_year(D(day)) for day in ("2026-03-31", "2026-04-01")] == [2025, 2026]
    assert fiscal_days(2025) == (D("2025-04-01"), D("2026-03-31"))


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2026-04-01", "令和8年4月1日"),
        ("2019-05-01", "令和元年5月1日"),
        ("2019-04-30", "平成31年4月30日"),
        ("1989-01-08", "平成元年1月8日"),
        ("1989-01-07", "昭和64年1月7日"),
        ("1926-12-25", "昭和元年12月25日"),
        ("1926-12-24", "大正15年12月24日"),
        ("1912-07-30", "大正元年7月30日"),
        ("1912-07-29", "明治45年7月29日"),
        ("1868-10-23", "明治元年10月23日"),
        ("1868-10-22", "1868年10月22日"),
    ],
)
def test_days_on_papers(day: str, text: str) -> None:
    assert japanese_date(D(day)) == text


def test_a_day_is_given_in_any_form() -> None:
    assert given_day("2026-04-01") == given_day(D("2026-04-01")) == D("2026-04-01")
    assert given_day(datetime(2026, 4, 1, 12)) == D("2026-04-01")
    with pytest.raises(ChiikiTsushoError) as error:
        given_day("April")
    assert "'April' is not a day" in str(error.value)
    assert "「April」は日付として読めません" in error.value.say("ja")


def test_the_calendar_ends_with_the_year_9999() -> None:
    """Registers say 9999-12-31 of what has no end; nothing is counted beyond it."""
    last = date(9999, 12, 31)
    for count in (period_end, same_day, act_by, blame_after):
        assert date(9999, 12, 1) <= count(last, 6) <= last
        assert count(date(1, 1, 1), -6) <= date(1, 1, 31)
    assert fiscal_days(0) == (date(1, 1, 1), date(1, 3, 31))
    assert fiscal_days(9999) == (date(9999, 4, 1), date(9999, 12, 31))
    assert without_closures(last, last, [(date(2026, 4, 1), last)]) == last
    assert open_by(last) == date(9999, 12, 28)
    assert open_from(last) == last

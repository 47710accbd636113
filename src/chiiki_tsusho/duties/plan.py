"""The plan of a year: every day on which something is to be sent, held, made or kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.cases import OfficeCase, council_cases, stray_meetings
from chiiki_tsusho.duties.counting import counted_meetings
from chiiki_tsusho.duties.filings import addressee_of, offices_of
from chiiki_tsusho.duties.findings import Finding, rules_wanted
from chiiki_tsusho.duties.follow_ups import notice_days, report_rule, report_waived, retention
from chiiki_tsusho.duties.meetings import Meeting, read_registers
from chiiki_tsusho.duties.members import first_list_by, open_entries, stray_members
from chiiki_tsusho.duties.office_days import open_by, open_from
from chiiki_tsusho.duties.periods import (
    MONTHS_OF_A_YEAR,
    act_before,
    act_by,
    days_later,
    done_by,
    first_open,
    fiscal_days,
    fiscal_year,
    given_day,
    period_end,
)
from chiiki_tsusho.duties.planned_days import COLUMNS, PlannedDay, event_marks
from chiiki_tsusho.duties.registers import Office
from chiiki_tsusho.duties.rules import DutyRule, RuleBook, rule_book
from chiiki_tsusho.eras import japanese_date
from chiiki_tsusho.errors import ChiikiTsushoError, given_text
from chiiki_tsusho.language import Joined, Language, Sayable, Text
from chiiki_tsusho.lazy import pandas

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.duties.registers import Given

# A meeting without a day is put in the middle of the last month before its last day.
_HALF_A_MONTH = timedelta(days=15)
# No council meets so often that its number has more.
_DIGITS = 9
# Numbers that begin anew each fiscal year: 令和8年度第1回, 2026年度第1回.
_OF_A_YEAR = re.compile(rf"(\S+?年度(?:\(\S+?\))?)\s*第?([0-9]{{1,{_DIGITS}}})(?:回目?)?")
EARLIEST_YEAR, LATEST_YEAR = 2006, 2100


@checked_call
def plan_duties(
    offices: Given,
    year: int,
    meetings: Given | None = None,
    *,
    on: date | str,
    members: Given | None = None,
    corporation: Given | None = None,
    rules: str | Path | RuleBook | None = None,
    encoding: str | None = None,
    language: Language = "en",
) -> pd.DataFrame:
    """Plan the meetings of a fiscal year, all that is due around them, and what else is due in it.

    Parameters
    ----------
    offices : path-like or DataFrame
        One row per office, with English or Japanese headings.
    year : int
        The fiscal year, from April to March.
    meetings : path-like or DataFrame, optional
        Meetings held, and those planned with their day.
    on : date or str
        The day of the plan.
    members, corporation : path-like or DataFrame, optional
        For a list of members or a filing that is still to be made.
    rules : path-like, optional
        Rules of a municipality of your own, beside the bundled ones.
    encoding : str, optional
        The encoding of CSV files.
    language : {"en", "ja"}

    Returns
    -------
    DataFrame
        One row per day, all columns text, in order of time: ``date``, on which the municipality's
        office is open, and ``latest``, the last day that the rule allows (blank where it names
        none). ``attrs["notes"]`` names the offices and rows of which nothing could be planned,
        and towns whose rules are not known.

    Raises
    ------
    ChiikiTsushoError
        jpholiday is not installed, the year is out of range or a register cannot be read.

    Examples
    --------
    >>> from datetime import date
    >>> import chiiki_tsusho as ct
    >>> plan = ct.plan_duties("examples/duties_offices.csv", 2026, on=date(2026, 4, 1))
    >>> plan.columns[:3].tolist()
    ['date', 'latest', 'kind']
    """
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ChiikiTsushoError(
            Text(
                "{year} is not a fiscal year between {first} and {last}",
                year=given_text(year),
                first=EARLIEST_YEAR,
                last=LATEST_YEAR,
            )
        )
    on = given_day(on)
    book = rule_book(rules)
    known, register, rows, row = read_registers(offices, meetings, members, corporation, encoding)
    cases = sorted(council_cases(known, register, book, on), key=lambda one: one.order)
    of_councils = [(case, day) for case in cases for day in _of_council(case, year)]
    if rows is not None:
        of_councils += _member_lists(cases, rows)
    councils = Counter(case.office.provider_no for case in cases)
    until_then = [
        replace(day, service=case.service) if councils[day.provider_no] > 1 else day
        for case, day in of_councils
    ]
    days = [day for day in until_then if _is_of(year, day)]
    if row is not None:
        days += _filing(known, row, on)
    days.sort(key=lambda one: (one.act, one.provider_no, one.meeting_no, one.kind, one.service))
    told = [one.cells(language) for one in days]
    frame: pd.DataFrame = pandas.DataFrame(told, columns=list(COLUMNS), dtype=str)
    notes = [*_without_rules(cases), *stray_meetings(known, cases, register)]
    notes += _without_a_day(cases)
    if rows is not None:
        notes += stray_members(rows, {one.provider_no for one in known})
    frame.attrs.update(
        year=year,
        on=on.isoformat(),
        marks=event_marks(days, told, year, until_then),
        notes=[_note(one).say(language) for one in notes],
    )
    return frame


def _without_rules(cases: Sequence[OfficeCase]) -> Iterator[Finding]:
    """Find towns without rules: that none is known does not mean that nothing is asked for."""
    towns = {case.office.authority for case in cases} - cases[0].book.authorities if cases else ()
    for town in sorted(towns):
        message = (
            Text(
                "no rules of {authority} are known; only what the law asks is planned",
                authority=town,
            )
            if town
            else Text("a municipality is not named; only what the law asks is planned")
        )
        yield Finding("advice", "authority_unknown", message, rules_wanted(town))


def _without_a_day(cases: Sequence[OfficeCase]) -> Iterator[Finding]:
    """Find offices of which nothing says when a meeting is owed."""
    for case in cases:
        if case.office.gone(case.on) or case.office.designated_on is not None:
            continue
        if not (counted_meetings(case)[0] or case.planned()):
            message = Text("neither its designation nor a meeting that counts is known")
            what = Text("give designated_on (指定年月日): no meeting is planned without it")
            yield case.finding("unclear", "not_recorded", message, what, None)


def _note(finding: Finding) -> Sayable:
    of = [f"{finding.provider_no} "] if finding.provider_no else []
    return Joined((*of, finding.message, Text("; what to do: {what}", what=finding.what_to_do)))


def _of_council(case: OfficeCase, year: int) -> Iterator[PlannedDay]:
    """Plan all meetings up to the end of the last year with one whose notice is due in a year."""
    notice = case.rule("notice_months_before", case.on)
    ahead = notice.number if notice else 1
    _, last = fiscal_days(year + 1 + ahead // MONTHS_OF_A_YEAR)
    counted, _ = counted_meetings(case)
    for held in counted:
        yield from _after(case, held.held, held, held.number)
    number = _last_number([one.number for one in counted])
    owed_days = [one.held for one in counted if not case.too_early(one.held)]
    before = owed_days[-1] if owed_days else None
    # Those of days after a 廃止 are told in the notes.
    wanted = case.planned()
    while True:
        wanted = [pair for pair in wanted if before is None or pair[0] > before]
        latest, legal, rule = _latest(case, before)
        meeting = Meeting(case.office.provider_no)
        owed: date | None = None
        if latest is not None and not (wanted and _is_next(case, before, wanted[0][0])):
            owed = _proposed(latest, case)
        if owed is not None:
            day = owed
        elif wanted:
            day, meeting = wanted.pop(0)
        else:
            break
        if day > last:
            break
        early = case.too_early(day)
        number = meeting.number or _number_after(number, day)
        # Each is supposed to be held, so that the next one follows it.
        yield from _around(case, day, None if early else legal, rule, meeting, number)
        if not early:
            before = day


def _is_of(year: int, one: PlannedDay) -> bool:
    """Say whether a plan has a day: all days of its meetings, and those of others due in it.

    The meeting after an earlier one is planned itself.
    """
    if one.meeting_on is None or fiscal_year(one.meeting_on) == year:
        return True
    # A meeting that is overdue was due on its last day.
    due = one.act if one.latest is None else min(one.act, one.latest)
    return fiscal_year(due) == year and one.kind != "next_meeting"


def _last_number(numbers: Sequence[str]) -> str:
    """Return the number that the next one follows: the latest of a year, else the highest."""
    latest = next(filter(None, reversed(numbers)), "")
    return latest if _OF_A_YEAR.fullmatch(latest) else str(max(map(_count, numbers), default=0))


def _number_after(number: str, day: date) -> str:
    """Return the number of a meeting on a day, after one with another number."""
    of_year = _OF_A_YEAR.fullmatch(number)
    if of_year is None:
        return str(_count(number) + 1)
    first, _ = fiscal_days(fiscal_year(day))
    # A fiscal year has the name of the era that all but its first month may have.
    of_era = japanese_date(days_later(first, 30)).partition("年")[0]
    western, written = str(first.year), _year_digits(of_year[1])
    if {western, *_year_digits(of_era)} & set(written):
        return f"{of_year[1]}第{int(of_year[2]) + 1}回"
    return f"{western if written and len(written[0]) == len(western) else of_era}年度第1回"


def _year_digits(name: str) -> list[str]:
    """Return the numbers in the name of a year: 8 and 2026 of 令和8(2026)年度."""
    return re.findall(r"[0-9]+", name.replace("元", "1"))


def _count(number: str) -> int:
    """Return how many meetings there were by the number of one; 0 if it is no such number."""
    return int(number) if number.isdecimal() and len(number) <= _DIGITS else 0


def _is_next(case: OfficeCase, before: date | None, planned: date) -> bool:
    """Say whether a meeting is planned in time; if not, another one is owed before it.

    One that is overdue already is held on the day planned, if that is no later than the meeting
    after one held now.
    """
    legal = case.first_due() if before is None else case.due_after(before, period_end)
    if legal is not None and legal < case.on:
        legal = case.due_after(case.on, period_end)
    return legal is None or planned <= legal


def _latest(
    case: OfficeCase, before: date | None
) -> tuple[date | None, date | None, DutyRule | None]:
    """Return the last day for the meeting after a day, or for the first one, and its rule.

    The first of the two days keeps every reading of the months, the second is that of the law.
    """
    if before is None:
        due = case.first_due()
        return due, due, case.interval(case.obliged_from or case.on)
    latest = case.due_after(before, act_by)
    # A closure without an end may begin between the two.
    return latest, case.due_after(before, period_end) or latest, case.interval(before)


def _proposed(latest: date, case: OfficeCase) -> date | None:
    """Return a day for a meeting: in the fiscal year of its last day, if that has one in time.

    None where the office is closed and nobody knows until when.
    """
    earliest = max(fiscal_days(fiscal_year(latest))[0], case.on)
    day = open_by(latest - _HALF_A_MONTH)
    if day < earliest:
        day, in_time = open_from(earliest), open_by(latest)
        if day > latest and in_time >= case.on:
            day = in_time
    for first, last in case.office.closures:
        if first <= day and (last is None or day <= last):
            before = open_by(days_later(first, -1))
            after = None if last is None else open_from(days_later(last, 1))
            late = after is None or after > latest
            if late and before >= earliest and first_open(before, case.office.closures) == before:
                return before
            if after is None:
                return None
            day = after
    return day


def _around(
    case: OfficeCase,
    day: date,
    latest: date | None,
    rule: DutyRule | None,
    meeting: Meeting,
    number: str,
) -> Iterator[PlannedDay]:
    """Plan a meeting still to be held: the notices before it, itself, and what comes after."""
    planned = partial(PlannedDay, case.office.provider_no, number, day)
    if not case.done(meeting, "notice_on"):
        what = Text("send the notice (開催通知) of the meeting on {day} to its members", day=day)
        rule_of_notice = case.rule("notice_to_members", case.on)
        yield planned("notice", open_by(act_before(day, 1)), None, what, rule_of_notice)
    notice = case.rule("notice_months_before", case.on)
    if notice and meeting.municipality != 0 and not case.done(meeting, "authority_notice_on"):
        strict, _ = notice_days(notice, day)
        what = Text(
            "send the notice of the meeting on {day} to the municipality, if its staff are wanted",
            day=day,
        )
        yield planned("authority_notice", open_by(strict), strict, what, notice)
    what = Text("hold the meeting")
    if latest:
        what = Text("hold the meeting; by {latest} at the latest", latest=latest)
    yield planned("meeting", day, latest, what, rule)
    yield from _after(case, day, meeting, number)


def _after(case: OfficeCase, day: date, meeting: Meeting, number: str) -> Iterator[PlannedDay]:
    """Plan what a meeting brings about, as far as it is not done."""
    planned = partial(PlannedDay, case.office.provider_no, number, day)
    publish, months = case.rule("publish", day), case.rule("publish_months", day)
    if publish and months and not case.done(meeting, "published_on"):
        act = open_by(act_by(day, months.number))
        if not case.done(meeting, "minutes_on"):
            what = Text("make the minutes of the meeting of {day}: groups, no names", day=day)
            yield planned("minutes", act, None, what, publish)
        what = Text("publish the minutes of the meeting of {day}", day=day)
        yield planned("publication", act, None, what, publish)
    copies = case.rule("absentee_months", day)
    if copies and meeting.absent != 0 and not case.done(meeting, "absentees_sent_on"):
        what = Text("send material and minutes of {day} to absent members", day=day)
        yield planned("copies", *_in_months(day, copies), what, copies)
    report = report_rule(case, meeting, day)
    if report and not case.done(meeting, "reported_on"):
        what = (
            Text(
                "send the minutes of {day} to the municipality, unless its staff attended", day=day
            )
            if report_waived(case, day)
            else Text("send the minutes of {day} to the municipality", day=day)
        )
        yield planned("report", *_in_months(day, report), what, report)
    latest, legal, rule = _latest(case, day)
    if latest and not case.too_early(day):
        what = Text("the meeting after that of {day} is due by {latest}", day=day, latest=legal)
        yield planned("next_meeting", open_by(latest), legal, what, rule)
    kept = retention(case, meeting, day)
    if kept and not case.done(meeting, "discarded_on"):
        # Never moved earlier, whatever the day of the week.
        what = Text("last day to keep the record of {day}", day=day)
        yield planned("retention", kept[0], kept[0], what, kept[1])


def _in_months(day: date, rule: DutyRule) -> tuple[date, date]:
    """Return by when to act within so many months, and the last day of them."""
    return open_by(act_by(day, rule.number)), period_end(day, rule.number)


def _member_lists(
    cases: Sequence[OfficeCase], rows: Sequence[dict[str, Any]]
) -> Iterator[tuple[OfficeCase, PlannedDay]]:
    for case, count, rule in open_entries(cases, rows):
        if count:
            what = Text("file the list of members")
            of_list = partial(PlannedDay, case.office.provider_no, "", None, "member_list")
            yield case, of_list(open_from(case.on), first_list_by(case), what, rule)


def _filing(
    offices: Sequence[Office], corporation: dict[str, Any], on: date
) -> Iterator[PlannedDay]:
    if not done_by(corporation["filed_on"], on):
        there = offices_of(offices, corporation, on)
        if offices and not there:
            # All are closed for good (廃止).
            return
        addressee = addressee_of(there, on)
        what = Text("file the business-management system (業務管理体制) with {who}", who=addressee)
        yield PlannedDay("", "", None, "filing", open_from(on), None, what, addressee.rule)

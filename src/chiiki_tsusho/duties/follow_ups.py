"""What is owed around a meeting: notices, the report, copies, publication, keeping the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from chiiki_tsusho.duties.cases import OfficeCase
from chiiki_tsusho.duties.findings import Finding, Rule
from chiiki_tsusho.duties.meetings import Meeting
from chiiki_tsusho.duties.periods import (
    MONTHS_OF_A_YEAR,
    act_before,
    act_by,
    blame_after,
    period_end,
    same_day,
)
from chiiki_tsusho.duties.rules import LAW, DutyRule
from chiiki_tsusho.language import Sayable, Text


def report_rule(case: OfficeCase, meeting: Meeting, day: date) -> DutyRule | None:
    """Return the rule by which minutes are sent to the municipality, None where none are."""
    waived = meeting.municipality and report_waived(case, day)
    return None if waived else case.rule("report_months", day)


def report_waived(case: OfficeCase, day: date) -> bool:
    """Say whether no minutes are sent where staff of the municipality attended."""
    waived = case.rule("report_waived_by", day)
    return waived is not None and waived.value == "municipality_present"


def notice_days(rule: DutyRule, day: date) -> tuple[date, date]:
    """Return the last day for a notice by the strict and by the lenient reading."""
    return act_before(day, rule.number), same_day(day, -rule.number)


def retention(case: OfficeCase, meeting: Meeting, day: date) -> tuple[date, DutyRule] | None:
    """Return the last day to keep the record, and the rule with the longer time.

    It runs from the later of meeting and publication: that keeps every reading of "completion".
    """
    start = max(day, meeting.published_on or day)
    rules = [
        rule
        for authority in (case.office.authority, LAW)
        for rule in case.book.of(authority, case.service, "retention_years", day)
    ]
    if not rules:
        return None
    longest = max(rules, key=lambda rule: rule.number)
    return period_end(start, longest.number * MONTHS_OF_A_YEAR), longest


def meeting_findings(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    """Find what is late around a meeting that counts."""
    day = meeting.held
    notice = case.rule("notice_months_before", day)
    if notice and meeting.authority_notice_on:
        _, lenient = notice_days(notice, day)
        if meeting.authority_notice_on > lenient:
            yield _notice_late(case, meeting, notice, lenient)
    report = report_rule(case, meeting, day)
    if report:
        waived = report_waived(case, day)
        open_report = _due_after(
            case,
            meeting,
            report,
            "report_late",
            "reported_on",
            lambda due: Text("the minutes are to be sent to the municipality by {due}", due=due),
            Text("send them now; none are owed where staff of the municipality attended")
            if waived
            else Text("send them to it now, and register the day"),
        )
        if not waived or (meeting.counts_given and "municipality" in case.register.columns):
            yield from open_report
        elif any(open_report):
            # Whether staff of it attended is not known.
            case.miss("municipality")
    copies = case.rule("absentee_months", day)
    if copies and meeting.absent != 0 and case.knows("absent"):
        open_copies = _due_after(
            case,
            meeting,
            copies,
            "absentees_late",
            "absentees_sent_on",
            lambda due: Text(
                "material and minutes are to be sent to absent members by {due}", due=due
            ),
            Text("send them now, and register the day"),
        )
        if meeting.absent is not None:
            yield from open_copies
        elif any(open_copies):
            # Whether anybody was absent is not known.
            case.miss("absent")
    yield from _publication(case, meeting, day)


def record_findings(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    """Find records destroyed before their time."""
    kept = retention(case, meeting, meeting.held)
    discarded = case.done(meeting, "discarded_on")
    if kept and discarded and discarded <= kept[0]:
        end, rule = kept
        yield case.finding(
            "breach",
            "destroyed_early",
            Text(
                "the record was destroyed on {day}; it was to be kept through {end}, {years} years",
                day=discarded,
                end=end,
                years=rule.number,
            ),
            Text("keep every record through that day; tell the municipality what is lost"),
            rule,
            meeting,
            end,
        )


def planned_findings(case: OfficeCase, day: date, meeting: Meeting) -> Iterator[Finding]:
    """Find notices to the municipality that are late for a planned meeting."""
    rule = case.rule("notice_months_before", case.on)
    # Where no staff of the municipality are wanted, none is owed.
    if rule is None or meeting.municipality == 0 or not case.knows("authority_notice_on"):
        return
    _, lenient = notice_days(rule, day)
    if (meeting.authority_notice_on or case.on) > lenient:
        yield _notice_late(case, meeting, rule, lenient)


def passed_findings(case: OfficeCase) -> Iterator[Finding]:
    """Find meetings whose planned day has passed, not registered as held."""
    for day, meeting in case.register.passed(case.office.provider_no, case.on):
        if case.office.gone(day):
            continue
        yield case.finding(
            "unclear",
            "planned_day_passed",
            Text("planned for {day}, and no day says that it was held", day=day),
            Text("register the day it was held (held_on), or plan it anew"),
            None,
            meeting,
            day,
        )


def _notice_late(case: OfficeCase, meeting: Meeting, rule: DutyRule, due: date) -> Finding:
    return case.finding(
        "late",
        "notice_late",
        Text("the notice to the municipality was to be sent by {due}", due=due),
        Text("send it in time for every meeting; none is owed where no staff of it are wanted"),
        rule,
        meeting,
        due,
    )


def _due_after(
    case: OfficeCase,
    meeting: Meeting,
    rule: DutyRule,
    name: Rule,
    column: str,
    message: Callable[[date], Text],
    what_to_do: Sayable,
) -> Iterator[Finding]:
    """Find what was not done in so many months after the meeting, or done later."""
    if not case.knows(column):
        return
    due = blame_after(meeting.held, rule.number)
    done = case.done(meeting, column)
    if (done or case.on) > due:
        yield case.finding("late", name, message(due), what_to_do, rule, meeting, due)
    elif done is None:
        due = act_by(meeting.held, rule.number)
        yield case.finding("due", name, message(due), what_to_do, rule, meeting, due)


def _publication(case: OfficeCase, meeting: Meeting, day: date) -> Iterator[Finding]:
    rule, months = case.rule("publish", day), case.rule("publish_months", day)
    if not rule or not months or not case.knows("published_on"):
        return
    due = blame_after(day, months.number)
    if case.on > due and not case.done(meeting, "published_on"):
        yield case.finding(
            "late",
            "not_published",
            Text("the minutes are not published; the law names no day, a month is our reading"),
            Text("publish them at the office or on a web site, and register the day"),
            rule,
            meeting,
            due,
        )

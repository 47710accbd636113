"""How often a council met: periods without a meeting, years with too few, the next one due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from chiiki_tsusho.duties.cases import OfficeCase
from chiiki_tsusho.duties.findings import Finding, Severity, named
from chiiki_tsusho.duties.meetings import Meeting
from chiiki_tsusho.duties.periods import elapsed, fiscal_days, fiscal_year
from chiiki_tsusho.duties.rules import DutyRule
from chiiki_tsusho.language import Counted, Sayable, Text

# So many days before its last day the next meeting is announced.
DUE_DAYS = 60
HOLD_ONE = Text(
    "hold a meeting as soon as its members can come, and note in the minutes why it is late"
)
_TOO_LATE = Text("the office is closed for good (廃止); keep a note of why none was held")
_NOTE_WHY = Text("note in the minutes why it was late, and set the dates of the year in advance")


def interval_findings(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    """Find every day by which a meeting was due and none was held.

    Parameters
    ----------
    case : OfficeCase
    counted : sequence of Meeting
        Those that count, in order of time.

    Yields
    ------
    Finding
        One for each due day that passed. A further counted meeting never adds one: it takes the
        due day it keeps away, and puts off those after it.
    """
    counted = [one for one in counted if not case.too_early(one.held)]
    yield from _before_the_first(case, counted)
    for at, meeting in enumerate(counted):
        following = counted[at + 1] if at + 1 < len(counted) else None
        yield from _missed(case, counted, meeting.held, following)
    yield from _too_few(case, counted)
    yield from _next_due(case, counted)


def _before_the_first(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    due = case.first_due()
    start = case.obliged_from
    if due is None or start is None:
        return
    first = counted[0] if counted else None
    end = first.held if first else case.until
    rule = case.interval(start)
    if end <= due or rule is None:
        return
    # The law gives the interval; that it runs from the designation is a reading.
    read = rule.model_copy(update={"force": "reading"})
    facts = {"start": start, "due": due, "n": rule.number, "held": end}
    if first:
        message = Text(
            "the first counted meeting was held on {held}; it was due by {due}, within {n} months "
            "of {start}",
            **facts,
        )
    else:
        message = Text(
            "no counted meeting yet; the first was due by {due}, within {n} months of {start}",
            **facts,
        )
    yield case.finding(
        "breach", "no_meeting_yet", message, _what_to_do(case, first), read, first, due
    )
    yield from _further(case, due, end, first, read)


def _missed(
    case: OfficeCase, counted: Sequence[Meeting], start: date, following: Meeting | None
) -> Iterator[Finding]:
    """Find the due days missed between a meeting and the next, or the day of the check."""
    end = following.held if following else case.until
    due, rule = case.due_after(start), case.interval(start)
    if due is None or rule is None or end <= due:
        return
    severity: Severity = "breach"
    law = rule
    grace = case.grace(rule.number, start)
    year = fiscal_year(due)
    held = _in_year(counted, year)
    if grace is not None:
        latest = case.due_after(start, further=grace.number)
        over = case.on > fiscal_days(year)[1]
        # Where the office closed and did not open again, the month was never over.
        kept = latest is None or end <= latest
        if kept and not (over and held < case.needed(year)):
            severity, law = "late", grace
    months, days = elapsed(start, end)
    message = Text(
        "{months} months and {days} days without a counted meeting, from {start} to {end}; one in "
        "about {n} months is owed, which was by {due}; counted in fiscal year {year}: {held} of "
        "{needed}{differs}",
        months=months,
        days=days,
        start=start,
        end=end,
        n=rule.number,
        due=due,
        year=year,
        held=held,
        needed=case.needed(year),
        differs=_differs(case, rule, start),
    )
    yield case.finding(
        severity,
        "interval_exceeded",
        message,
        _what_to_do(case, following),
        law,
        following,
        due,
    )
    yield from _further(case, due, end, following, rule)


def _further(
    case: OfficeCase, due: date, end: date, following: Meeting | None, rule: DutyRule
) -> Iterator[Finding]:
    """Find the due days after the first that passed in the same time."""
    while True:
        last, following_due = due, case.due_after(due)
        if following_due is None or following_due <= last or end <= following_due:
            return
        due = following_due
        yield case.finding(
            "breach",
            "interval_exceeded",
            Text(
                "a further meeting was due by {due}; none was held from {last} to {end}",
                due=due,
                last=last + timedelta(days=1),
                end=end,
            ),
            _what_to_do(case, following),
            rule,
            following,
            due,
        )


def _what_to_do(case: OfficeCase, following: Meeting | None) -> Text:
    if following:
        return _NOTE_WHY
    return _TOO_LATE if case.office.gone(case.on) else HOLD_ONE


def _differs(case: OfficeCase, rule: DutyRule, day: date) -> Sayable | str:
    """Say what the law has, where the town has another figure."""
    law = case.of_law("interval_months", day)
    if law is None or law.value == rule.value:
        return ""
    return Text(
        " ({authority}: {town} months; the law: {law} months)",
        authority=named(rule.authority),
        town=rule.number,
        law=law.number,
    )


def _in_year(counted: Sequence[Meeting], year: int) -> int:
    return sum(fiscal_year(one.held) == year for one in counted)


def _too_few(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    """Find fiscal years with fewer meetings than the town counts."""
    start = case.obliged_from or (counted[0].held if counted else None)
    if start is None:
        return
    for year in range(fiscal_year(start), fiscal_year(case.on)):
        first, last = fiscal_days(year)
        rule = case.rule("meetings_per_year", first)
        held, needed = _in_year(counted, year), case.needed(year)
        if rule is not None and held < needed:
            yield case.finding(
                "late",
                "too_few_in_year",
                Text(
                    "{held} counted meetings in fiscal year {year}; {authority} asks for {needed}",
                    held=held,
                    year=year,
                    authority=named(rule.authority),
                    needed=needed,
                ),
                _NOTE_WHY,
                rule,
                date=last,
            )


def _next_due(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    last = counted[-1].held if counted else None
    due = case.due_after(last) if last else case.first_due()
    rule = case.interval(last or case.on)
    if due is None or rule is None or not 0 <= (due - case.on).days < DUE_DAYS:
        return
    yield case.finding(
        "due",
        "next_due",
        Counted(
            "the next meeting is due by {due}, in {n} day",
            "the next meeting is due by {due}, in {n} days",
            (due - case.on).days,
            due=due,
        ),
        Text("set its date and send the notices; 'duties plan' lists every day"),
        rule,
        date=due,
    )

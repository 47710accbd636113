"""What a check looks at: an office, its meetings, the rules of its town on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chiiki_tsusho.duties.findings import Finding, Rule, Severity
from chiiki_tsusho.duties.meetings import Meeting, Meetings
from chiiki_tsusho.duties.periods import (
    MONTHS_OF_A_YEAR,
    blame_after,
    closed_days,
    days_later,
    done_by,
    first_open,
    fiscal_days,
    period_end,
    without_closures,
)
from chiiki_tsusho.duties.registers import Office
from chiiki_tsusho.duties.rules import LAW, DutyRule, RuleBook
from chiiki_tsusho.duties.services import care_services
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.reading.cell_texts import folded

COUNCILS = {"management": "運営推進会議", "care_medical": "介護・医療連携推進会議"}


@dataclass
class OfficeCase:
    """An office whose council is checked.

    Parameters
    ----------
    office : Office
    service : str
        The service of the council; a preventive twin has that of its main service.
    register : Meetings
    areas : mapping of str to str
        The area (日常生活圏域) of every provider of whom it is known, for joint meetings.
    book : RuleBook
    on : date
        The day of the check.
    unknown : dict
        Columns that would be needed and are not there, with how many meetings need them.
    """

    office: Office
    service: str
    register: Meetings
    areas: Mapping[str, str]
    book: RuleBook
    on: date
    unknown: dict[str, int] = field(default_factory=dict)

    def rule(self, key: str, day: date | None = None) -> DutyRule | None:
        """Return the rule of the town, else of the law, on a day (else the day of the check)."""
        return self.book.one(self.office.authority, self.service, key, day or self.on)

    def rules(self, key: str, day: date) -> list[DutyRule]:
        """Return all rules of a key that has several values."""
        return self.book.all(self.office.authority, self.service, key, day)

    def of_law(self, key: str, day: date | None = None) -> DutyRule | None:
        """Return the rule of the law."""
        return next(iter(self.book.of(LAW, self.service, key, day or self.on)), None)

    def knows(self, *columns: str) -> bool:
        """Say whether the register has columns, and remember those that it lacks."""
        missing = [name for name in columns if name not in self.register.columns]
        self.miss(*missing)
        return not missing

    def miss(self, *columns: str) -> None:
        """Remember columns in which one more meeting has nothing."""
        for name in columns:
            self.unknown[name] = self.unknown.get(name, 0) + 1

    def done(self, meeting: Meeting, column: str) -> date | None:
        """Return the day of a column on which something was done by the day of the check."""
        return done_by(getattr(meeting, column), self.on)

    def planned(self) -> list[tuple[date, Meeting]]:
        """Return the meetings still to be held while there is the office, with their days."""
        pairs = self.register.planned(self.office.provider_no, self.on)
        return [pair for pair in pairs if not self.office.gone(pair[0])]

    def finding(
        self,
        severity: Severity,
        rule: Rule,
        message: Sayable,
        what_to_do: Sayable,
        law: DutyRule | None,
        meeting: Meeting | None = None,
        date: date | None = None,
    ) -> Finding:
        """Make a finding of this office."""
        return Finding(
            severity,
            rule,
            message,
            what_to_do,
            self.office.provider_no,
            meeting.number if meeting else "",
            meeting.held_on if meeting else None,
            date,
            law,
        )

    # --- periods -------------------------------------------------------------------------------

    @property
    def order(self) -> tuple[str, str]:
        """Where it stands among others: by provider and service."""
        return self.office.provider_no, self.service

    @property
    def obliged_from(self) -> date | None:
        """The first day on which a council is owed: the designation, or the law's if later."""
        first = self.book.first_day(self.service, "council")
        if self.office.designated_on is None or first is None:
            return None
        return max(self.office.designated_on, first)

    @property
    def until(self) -> date:
        """The day up to which meetings are missed: that of the check, or of the 廃止."""
        ended = self.office.ended_on
        return self.on if ended is None else min(self.on, ended)

    def too_early(self, day: date) -> bool:
        """Say whether a day is before anything was owed: a meeting then keeps no interval."""
        start = self.obliged_from
        return start is not None and day < start

    def interval(self, day: date) -> DutyRule | None:
        """Return the rule on how often the council meets."""
        return self.rule("interval_months", day) or self.rule("interval_months")

    def first_due(self) -> date | None:
        """Return the last day for the first meeting, None where there is none."""
        start = self.obliged_from
        rule = self.interval(start) if start else None
        if start is None or rule is None:
            return None
        # What begins in a closure begins with the day on which the office opens again.
        begin = first_open(start, self.office.closures)
        if begin is None:
            return None
        return without_closures(
            begin, period_end(begin, rule.number, own_day=True), self.office.closures
        )

    def due_after(
        self,
        day: date,
        end_of: Callable[[date, int], date] = blame_after,
        further: int = 0,
    ) -> date | None:
        """Return the last day for the meeting after one, None where no more is owed.

        Parameters
        ----------
        day : date
            That of the meeting before.
        end_of : callable
            How the end of its months is read; by default it is the latest that any reading has.
        further : int
            How many months more are given.
        """
        rule = self.interval(day)
        if rule is None:
            return None
        return without_closures(day, end_of(day, rule.number + further), self.office.closures)

    def grace(self, months: int, day: date) -> DutyRule | None:
        """Return how far beyond its months "about" (おおむね) may go."""
        return self.rule(f"grace_months_of_{months}", day)

    def needed(self, year: int, *, begun: bool = False) -> int:
        """Return how many meetings are owed in a fiscal year, as far as the office was open.

        One that the days of the year are too few for is left out, unless it is asked for.
        """
        first, last = fiscal_days(year)
        closures = self.office.closures
        begin = first_open(max(first, self.obliged_from or first), closures)
        rule = self.interval(begin) if begin else None
        if begin is None or rule is None or begin > last:
            return 0
        of_town = self.rule("meetings_per_year", first)
        whole = of_town.number if of_town else MONTHS_OF_A_YEAR // rule.number
        day_before = days_later(begin, -1)
        for count in range(1, whole + 1):
            months = -(-MONTHS_OF_A_YEAR * count // whole)
            due = without_closures(begin, period_end(begin, months, own_day=True), closures)
            if due is None or due > last:
                rest = (last - day_before).days
                left = rest - closed_days(closures, days_later(day_before, 1), last)
                return count if begun and left > 0 else count - 1
            day_before = due
        return whole


def council_service(service: str) -> str:
    """Return the service whose council a service has: a preventive twin that of its main one."""
    return care_services()[service].preventive_of or service


def council_cases(
    offices: Sequence[Office], register: Meetings, book: RuleBook, on: date
) -> list[OfficeCase]:
    """Return the offices that owe a council; a preventive twin shares that of its main service.

    Raises
    ------
    InputFileError
        Two rows are of one office: nobody could say whose designation or closure holds.
    """
    areas = {one.provider_no: folded(one.living_area) for one in offices if one.living_area}
    cases: dict[tuple[str, str], OfficeCase] = {}
    given: dict[tuple[str, str], Office] = {}
    for office in offices:
        service = council_service(office.service)
        case = OfficeCase(office, service, register, areas, book, on)
        council = case.rule("council")
        if council is None or council.value == "none":
            continue
        at = (office.provider_no, service)
        if (office.provider_no, office.service) in given:
            raise InputFileError(_twice(office, given[office.provider_no, office.service]))
        given[office.provider_no, office.service] = office
        if at not in cases or office.service == service:
            cases[at] = case
    return list(cases.values())


def stray_meetings(
    offices: Sequence[Office], cases: Sequence[OfficeCase], register: Meetings
) -> Iterator[Finding]:
    """Find meetings of providers that are no office, have no council, or are closed for good."""
    numbers = {one.provider_no for one in offices}
    of_cases = {case.office.provider_no for case in cases}
    for number in sorted({one.provider_no for one in register.meetings} - of_cases):
        message = Text("meetings of a provider that the register of offices does not have")
        what = Text("add the office, or correct the provider number")
        if number in numbers:
            message = Text("meetings of a provider whose services have no council")
            what = Text("correct the service of the office, or leave its meetings out")
        yield Finding("unclear", "unknown_office", message, what, number)
    own: dict[str, list[Office]] = {}
    for case in cases:
        own.setdefault(case.office.provider_no, []).append(case.office)
    after = {
        one.provider_no
        for one in register.meetings
        if one.provider_no in own
        and all(office.gone(one.day or date.min) for office in own[one.provider_no])
    }
    for number in sorted(after):
        day = max(office.ended_on or date.max for office in own[number])
        message = Text(
            "a meeting on {day} or later: from that day the office is closed for good (廃止)",
            day=day,
        )
        what = Text("correct one of the days, or leave the meeting out")
        yield Finding("unclear", "unknown_office", message, what, number)


def _twice(office: Office, other: Office) -> Text:
    told = {"provider_no": office.provider_no, "service": care_services()[office.service].name}
    if office == other:
        return Text(
            "the register of offices has the row of {provider_no} and {service} twice; keep one",
            **told,
        )
    if office.closed and other.closed and replace(office, closed=other.closed) == other:
        return Text(
            "the register of offices has two rows of {provider_no} and {service} whose closures "
            "(休止) overlap; write them as one, or correct their days",
            **told,
        )
    return Text(
        "the register of offices has two rows of {provider_no} and {service} that differ; keep "
        "the right one; rows of several closures (休止) are alike but for closed_from and "
        "closed_to",
        **told,
    )

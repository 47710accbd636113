"""The check: registers of offices and meetings become a report of all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.cases import COUNCILS, OfficeCase, council_cases, stray_meetings
from chiiki_tsusho.duties.counting import counted_meetings
from chiiki_tsusho.duties.filings import filing_findings
from chiiki_tsusho.duties.findings import DutyReport, Finding, named, rules_wanted
from chiiki_tsusho.duties.follow_ups import (
    meeting_findings,
    passed_findings,
    planned_findings,
    record_findings,
)
from chiiki_tsusho.duties.intervals import interval_findings
from chiiki_tsusho.duties.meetings import read_registers
from chiiki_tsusho.duties.members import member_findings, stray_members
from chiiki_tsusho.duties.periods import given_day
from chiiki_tsusho.duties.register_columns import MEETINGS
from chiiki_tsusho.duties.rules import LAW, RuleBook, rule_book
from chiiki_tsusho.language import Language, Text

if TYPE_CHECKING:
    from chiiki_tsusho.duties.registers import Given

_SINGLE_KEYS = ("council", "interval_months", "retention_years")


@checked_call
def check_duties(
    meetings: Given,
    offices: Given,
    *,
    on: date | str,
    members: Given | None = None,
    corporation: Given | None = None,
    rules: str | Path | RuleBook | None = None,
    encoding: str | None = None,
    language: Language = "en",
) -> DutyReport:
    """Check the councils and filings of offices.

    Parameters
    ----------
    meetings, offices : path-like or DataFrame
        One row per meeting (counts, no names) and per office, with English or Japanese headings.
    on : date or str
        The day of the check: what is after it has not happened yet.
    members, corporation : path-like or DataFrame, optional
        The members of the councils, and the corporation with its filing. Nothing that stands in
        them is repeated in a finding.
    rules : path-like, optional
        Rules of a municipality of your own, beside the bundled ones.
    encoding : str, optional
        The encoding of CSV files.
    language : {"en", "ja"}
        The language of the messages.

    Returns
    -------
    DutyReport

    Raises
    ------
    InputFileError
        A register cannot be read; all its faults are named.

    Examples
    --------
    >>> from datetime import date
    >>> import chiiki_tsusho as ct
    >>> report = ct.check_duties(
    ...     "examples/duties_faulty_meetings.csv", "examples/duties_offices.csv",
    ...     on=date(2026, 4, 1),
    ... )
    >>> report.counts["breach"] > 0
    True
    """
    on = given_day(on)
    book = rule_book(rules)
    known, register, rows, row = read_registers(offices, meetings, members, corporation, encoding)
    cases = sorted(council_cases(known, register, book, on), key=lambda one: one.order)
    findings = [*stray_meetings(known, cases, register), *_council_findings(cases)]
    if rows is not None:
        findings += member_findings(cases, rows)
        findings += stray_members(rows, {one.provider_no for one in known})
    if row is not None:
        findings += filing_findings(known, row, on)
    return DutyReport(sorted(findings, key=lambda one: one.order), on, language)


def _council_findings(cases: Sequence[OfficeCase]) -> Iterator[Finding]:
    unknown: dict[str, int] = {}
    for case in cases:
        case.unknown = unknown
        yield from _of_office(case)
    for column, times in unknown.items():
        yield _not_recorded(column, times)


def _of_office(case: OfficeCase) -> Iterator[Finding]:
    yield from _of_authority(case)
    if case.office.designated_on is None:
        case.miss("designated_on")
    if not case.knows("held_on"):
        return
    counted, findings = counted_meetings(case)
    yield from findings
    yield from interval_findings(case, counted)
    for meeting in counted:
        yield from meeting_findings(case, meeting)
    for meeting in case.register.held(case.office.provider_no, case.on):
        yield from record_findings(case, meeting)
    for day, meeting in case.planned():
        yield from planned_findings(case, day, meeting)
    yield from passed_findings(case)


def _of_authority(case: OfficeCase) -> Iterator[Finding]:
    """Say where the town has no rules, and where it and the law differ."""
    authority = case.office.authority
    if authority not in case.book.authorities:
        yield case.finding(
            "advice",
            "authority_unknown",
            Text(
                "no rules of {authority} are known; only those of the law are checked",
                authority=authority,
            )
            if authority
            else Text("the municipality is not named; only the rules of the law are checked"),
            rules_wanted(authority),
            case.of_law("council"),
        )
    for key in _SINGLE_KEYS:
        law = case.of_law(key)
        town = next(iter(case.book.of(authority, case.service, key, case.on)), None)
        # A bylaw may set another figure; a guide that differs from the law leaves a doubt.
        if law and town and town.authority != LAW and town.value != law.value:
            if town.force == "bylaw":
                continue
            yield case.finding(
                "advice",
                "sources_differ",
                Text(
                    "the law has {law} ({place}), {authority} has {town}",
                    law=COUNCILS.get(law.value, law.value),
                    place=law.place,
                    authority=named(authority),
                    town=COUNCILS.get(town.value, town.value),
                ),
                Text("follow the municipality that designated the office; ask it in doubt"),
                town,
            )


def _not_recorded(column: str, times: int) -> Finding:
    headings: dict[str, Any] = {one.name: one.heading for one in MEETINGS}
    where = Text("offices") if column == "designated_on" else Text("meetings")
    return Finding(
        "unclear",
        "not_recorded",
        Text(
            "{column} ({heading}) is not in the register of {where}; {times} times it was needed",
            column=column,
            heading=headings.get(column, "指定年月日"),
            where=where,
            times=times,
        ),
        Text("add the column, or fill it in: what is not registered cannot be checked"),
    )

"""A paper by its kind, written as .docx."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import PAPER_KINDS, PaperKind
from chiiki_tsusho.duties import council_papers, filing_papers
from chiiki_tsusho.duties.cases import OfficeCase, council_cases, council_service
from chiiki_tsusho.duties.docx_file import write_docx
from chiiki_tsusho.duties.filings import offices_of
from chiiki_tsusho.duties.meetings import Meeting, plain_number, read_registers
from chiiki_tsusho.duties.periods import given_day
from chiiki_tsusho.duties.rules import RuleBook, rule_book, service_key
from chiiki_tsusho.duties.services import care_services
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Name, Text, listed
from chiiki_tsusho.reading.cell_texts import narrow
from chiiki_tsusho.whole_files import refuse_replacing

if TYPE_CHECKING:
    from chiiki_tsusho.duties.registers import Given

# As the forms are headed.
_NAMES = (
    Name("notice", "notice(開催通知)"),
    Name("minutes", "minutes(会議録)"),
    Name("members", "members(構成員届出)"),
    Name("filing", "filing(業務管理体制 様式第1号)"),
    Name("filing-change", "filing-change(業務管理体制 様式第2号)"),
)
_OPTIONS = {
    "provider_no": Text("office"),
    "meeting_no": Text("meeting"),
    "service": Text("service"),
}
_NOT_FOR: dict[str, tuple[str, ...]] = {
    "filing": tuple(_OPTIONS),
    "filing-change": tuple(_OPTIONS),
    "members": ("meeting_no",),
}


@checked_call
def write_paper(
    kind: PaperKind,
    offices: Given,
    path: str | Path,
    *,
    on: date | str,
    meetings: Given | None = None,
    members: Given | None = None,
    corporation: Given | None = None,
    provider_no: str | None = None,
    meeting_no: str | None = None,
    service: str | None = None,
    rules: str | Path | RuleBook | None = None,
    encoding: str | None = None,
) -> Path:
    """Write a paper in Japanese, to be completed and sent.

    Every register that is given is read, and refused with its faults, whatever the paper needs.

    Parameters
    ----------
    kind : {"notice", "minutes", "members", "filing", "filing-change"}
        開催通知, 会議録, 構成員届出, 業務管理体制 様式第1号, 様式第2号.
    offices : path-like or DataFrame
        One row per office, with English or Japanese headings.
    path : path-like
        The .docx, readable to its owner alone. A paper that is still as it was written is
        replaced; one that was completed since, or any other file, is not.
    on : date or str
        The day of the paper.
    meetings : path-like or DataFrame, optional
        For a notice or minutes; without it they are blank forms.
    members : path-like or DataFrame, optional
        For the list of members; without it, it is a blank form.
    corporation : path-like or DataFrame, optional
        For the filings.
    provider_no : str, optional
        The office that the paper is of, where there are several; a filing is of all of them.
    meeting_no : str, optional
        The meeting that the paper is of; without it, the next one planned for a notice, the last
        one held for minutes. Of a meeting held and one planned with the same number, a notice is
        of the one planned, minutes of the one held.
    service : str, optional
        The key or name of the service that the paper is of, where the office has several councils.
    rules : path-like, optional
        Rules of a municipality of your own, beside the bundled ones.
    encoding : str, optional
        The encoding of CSV files.

    Returns
    -------
    Path

    Raises
    ------
    ChiikiTsushoError
        python-docx is not installed, a register cannot be read, the office or the meeting is
        not in it, the list of members has nobody of the office, several meetings may be meant,
        the paper is of no single one, or something else than a paper as it was written stands at
        the path.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> offices, meetings = "examples/duties_offices.csv", "examples/duties_meetings.csv"
    >>> ct.write_paper("minutes", offices, "minutes.docx", on="2026-04-01", meetings=meetings).name
    'minutes.docx'
    """
    if kind not in PAPER_KINDS:
        raise ChiikiTsushoError(
            Text("{kind!r} is no paper; known: {known}", kind=kind, known=listed(_NAMES))
        )
    on = given_day(on)
    _refuse_options(kind, provider_no=provider_no, meeting_no=meeting_no, service=service)
    if meeting_no is not None and meetings is None:
        raise ChiikiTsushoError(
            Text(
                "meeting {number!r} is in no register: give that of the meetings (--meetings)",
                number=meeting_no,
            )
        )
    refuse_replacing(path, (offices, meetings, members, corporation, rules), ".docx")
    book = rule_book(rules)
    known, register, rows, row = read_registers(offices, meetings, members, corporation, encoding)
    if kind in ("filing", "filing-change"):
        make = filing_papers.filing if kind == "filing" else filing_papers.filing_change
        if row is None:
            raise ChiikiTsushoError(Text("this paper needs the register of the corporation"))
        paper = make(offices_of(known, row, on), row, on)
        return write_docx(paper, path, on)
    case = _case(council_cases(known, register, book, on), provider_no, service)
    if kind == "members":
        number = case.office.provider_no
        if rows is not None and not any(one["provider_no"] == number for one in rows):
            raise ChiikiTsushoError(
                Text("the list of members has no entry of this office; correct the provider number")
            )
        paper = council_papers.members(case, rows or [], on)
    elif kind == "notice":
        paper = council_papers.notice(case, _meeting(case, meeting_no, planned=True))
    else:
        paper = council_papers.minutes(case, _meeting(case, meeting_no, planned=False))
    return write_docx(paper, path, on)


def _refuse_options(kind: str, **options: str | None) -> None:
    """Refuse what a paper cannot be narrowed by: a filing is of all offices of a corporation."""
    for name in _NOT_FOR.get(kind, ()):
        if options[name] is not None:
            raise ChiikiTsushoError(
                Text(
                    "the paper {kind} is not of one {name}; leave {option} out",
                    kind=kind,
                    name=_OPTIONS[name],
                    option=f"--{name.replace('_', '-')}",
                )
            )


def _case(cases: list[OfficeCase], provider_no: str | None, service: str | None) -> OfficeCase:
    number = None if provider_no is None else narrow(provider_no)
    wanted = None if service is None else council_service(service_key(service))
    found = [
        one
        for one in cases
        if number in (None, one.office.provider_no) and wanted in (None, one.service)
    ]
    if not found:
        raise ChiikiTsushoError(
            Text(
                "there is no such office with a council; check the provider number and the service"
            )
        )
    numbers = sorted({one.office.provider_no for one in found})
    if len(numbers) > 1:
        raise ChiikiTsushoError(
            Text(
                "there are several offices ({numbers}); say of which the paper is",
                numbers=", ".join(numbers),
            )
        )
    if len(found) > 1:
        raise ChiikiTsushoError(
            Text(
                "the office has several councils ({services}); say of which service the paper is",
                services=", ".join(care_services()[one.service].name for one in found),
            )
        )
    return found[0]


def _meeting(case: OfficeCase, meeting_no: str | None, *, planned: bool) -> Meeting:
    """Return the one meeting that a paper is of, blank where none is asked for or registered."""
    number = case.office.provider_no
    held = [(one.held, one) for one in case.register.held(number, case.on)]
    still = case.register.planned(number, case.on)
    if meeting_no is None:
        own = still if planned else held[::-1]
        found = [pair for pair in own if pair[0] == own[0][0]]
    else:
        # Notices come before a meeting and minutes after it, where both have the number.
        wanted = plain_number(meeting_no)
        own, other = (still, held) if planned else (held, still)
        found = [pair for pair in own if pair[1].number == wanted] or [
            pair for pair in other if pair[1].number == wanted
        ]
        if not found:
            raise ChiikiTsushoError(
                Text("there is no meeting {number!r} of this office", number=meeting_no)
            )
    if len({one for _, one in found}) > 1:
        raise ChiikiTsushoError(
            Text(
                "several meetings of this office may be meant ({days}); give each a number of its "
                "own, and say of which the paper is",
                days=", ".join(str(day) for day in sorted({day for day, _ in found})),
            )
        )
    return found[0][1] if found else Meeting(number)

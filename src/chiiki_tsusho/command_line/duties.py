"""The commands about councils and filings: words and exit codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from chiiki_tsusho.choices import PAPER_KINDS, PaperKind
from chiiki_tsusho.command_line.misuse import Application, Group
from chiiki_tsusho.command_line.shared import (
    FOUND,
    Encoding,
    Headings,
    exit_codes,
    file_option,
    is_whole,
    language_of_headings,
    one_of,
    say,
    show_data,
    spoken,
    whole_number,
)
from chiiki_tsusho.language import Counted, Joined, Name, Sayable, Text

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.duties.findings import DutyReport

FINDINGS_SHOWN = 20

duties = Application(
    cls=Group,
    help="Councils (運営推進会議) and filings: what is wrong, what is due when, the papers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Offices = Annotated[
    Path, typer.Option("--offices", metavar="FILE", help="The register of offices.")
]
Meetings = Annotated[Path | None, file_option("The register of meetings: counts, no names.")]
Members = Annotated[Path | None, file_option("The members of the councils.")]
Corporation = Annotated[Path | None, file_option("The corporation and its filing.")]
On = Annotated[
    str | None, typer.Option(metavar="DAY", help="The day, 2026-04-01; without it, today.")
]
Rules = Annotated[
    Path | None,
    file_option("Rules of a municipality of your own, in the layout of duty_rules.csv."),
]


def _day(text: str | None) -> date | str:
    return date.today() if text is None else text


def _table(columns: Mapping[str, str], headings: str | None, frame: pd.DataFrame) -> str:
    """Write rows as a CSV whose words no spreadsheet runs as formulas."""
    from chiiki_tsusho.duties.templates import marked_csv
    from chiiki_tsusho.writing.table_writers import guarded

    named = columns.values() if language_of_headings(headings) == "ja" else columns
    return marked_csv([named, *guarded(frame).to_numpy().tolist()])


def _own_table(columns: Mapping[str, str]) -> Callable[[Path], bool]:
    """Return what tells a CSV of these columns from other files, in either language."""
    from chiiki_tsusho.csv_rows import csv_text
    from chiiki_tsusho.whole_files import begins_with

    return begins_with(csv_text([columns], "\n"), csv_text([columns.values()], "\n"))


@duties.command("check")
def check_command(
    meetings: Annotated[
        Path, typer.Argument(metavar="MEETINGS", help="The register of meetings: counts, no names.")
    ],
    offices: Offices,
    on: On = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The findings.")
    ] = None,
    members: Members = None,
    corporation: Corporation = None,
    rules: Rules = None,
    headings: Headings = None,
    encoding: Encoding = None,
) -> None:
    """Check the councils and filings of offices.

    Findings go to standard output as CSV, or into a file; each says whose rule it is, where it
    stands and what to do.

    Exit 0: nothing is a breach or late; 1: something is; 2: wrong use or an unreadable file.
    """
    with exit_codes():
        from chiiki_tsusho.duties.check import check_duties
        from chiiki_tsusho.duties.findings import COLUMNS
        from chiiki_tsusho.whole_files import refuse_other_file, refuse_replacing, write_whole

        if output is not None:
            read = (meetings, offices, members, corporation, rules)
            refuse_replacing(output, read, ".csv")
            refuse_other_file(output, _own_table(COLUMNS))
        report = check_duties(
            meetings,
            offices,
            on=_day(on),
            members=members,
            corporation=corporation,
            rules=rules,
            encoding=encoding,
            language=spoken(),
        )
        table = _table(COLUMNS, headings, report.findings)
        if output is None:
            show_data(table)
        else:
            write_whole(output, table)
        _tell(report, output)
    if not report.clean:
        raise typer.Exit(FOUND)


def _tell(report: DutyReport, output: Path | None) -> None:
    from chiiki_tsusho.duties.findings import SEVERITY_WORDS

    if output is not None:
        for one in report.items[:FINDINGS_SHOWN]:
            say(_finding_line(one))
        if len(report.items) > FINDINGS_SHOWN:
            more = len(report.items) - FINDINGS_SHOWN
            say(Text("… and {more:,} more in {file}", more=more, file=output))
    counts = [
        Joined((SEVERITY_WORDS[severity], " ", str(count)))
        for severity, count in report.counts.items()
        if count
    ]
    told: Sayable = Joined(tuple(counts), Text(", ")) if counts else Text("nothing found")
    say(Text("on {day}: {told}", day=report.on, told=told))


def _finding_line(one: Any) -> Sayable:
    from chiiki_tsusho.duties.findings import SEVERITY_WORDS
    from chiiki_tsusho.duties.meetings import said_number

    parts: list[str | Sayable] = [SEVERITY_WORDS[one.severity], ": "]
    if one.provider_no:
        parts += [one.provider_no, " "]
    if one.meeting_no:
        number = Name(one.meeting_no, said_number(one.meeting_no))
        parts += [Text("meeting {number}", number=number), " "]
    parts += [one.message, Text("; what to do: {what}", what=one.what_to_do)]
    if one.law is not None:
        parts.append(f" [{one.law.place}]")
    return Joined(tuple(parts))


@duties.command("plan")
def plan_command(
    offices: Annotated[Path, typer.Argument(metavar="OFFICES", help="The register of offices.")],
    year: Annotated[
        str, typer.Option("--year", metavar="YEAR", help="The fiscal year, from April.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The folder for the plan.")
    ],
    meetings: Meetings = None,
    on: On = None,
    members: Members = None,
    corporation: Corporation = None,
    rules: Rules = None,
    headings: Headings = None,
    encoding: Encoding = None,
) -> None:
    """Plan a year: every day on which something is due, and why.

    Writes plan.csv and plan.ics, a calendar with a reminder a week before each day.

    Exit 0: written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.duties.calendar_file import BEGINNING, calendar_of
        from chiiki_tsusho.duties.extra import needed
        from chiiki_tsusho.duties.plan import EARLIEST_YEAR, LATEST_YEAR, plan_duties
        from chiiki_tsusho.duties.planned_days import COLUMNS
        from chiiki_tsusho.whole_files import begins_with, refuse_other_file, refuse_replacing
        from chiiki_tsusho.writing.file_sets import write_files

        own = {"plan.csv": _own_table(COLUMNS), "plan.ics": begins_with(BEGINNING)}
        for name, is_own in own.items():
            refuse_replacing(output / name, (offices, meetings, members, corporation, rules))
            refuse_other_file(output / name, is_own)

        needed("icalendar")
        plan = plan_duties(
            offices,
            # One out of range is refused by the plan itself.
            int(year)
            if is_whole(year)
            else whole_number("--year", year, EARLIEST_YEAR, LATEST_YEAR),
            meetings,
            on=_day(on),
            members=members,
            corporation=corporation,
            rules=rules,
            encoding=encoding,
            language=spoken(),
        )
        table = _table(COLUMNS, headings, plan)
        files = [("plan.csv", table.encode()), ("plan.ics", calendar_of(plan))]
        write_files(output, files, replace=True)
        notes = plan.attrs["notes"]
        for note in notes[:FINDINGS_SHOWN]:
            say(Text("note: {note}", note=note))
        if len(notes) > FINDINGS_SHOWN:
            say(Text("note: … and {more:,} more", more=len(notes) - FINDINGS_SHOWN))
        days = Counted("{n:,} day", "{n:,} days", len(plan))
        say(Text("{days}; files in {folder}: plan.csv, plan.ics", days=days, folder=output))


@duties.command("write")
def write_command(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="notice, minutes, members, filing or filing-change.",
            autocompletion=one_of(*PAPER_KINDS),
        ),
    ],
    offices: Offices,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The paper (.docx).")
    ],
    meetings: Meetings = None,
    members: Members = None,
    corporation: Corporation = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider-no", metavar="NUMBER", help="事業所番号 of the office."),
    ] = None,
    meeting: Annotated[
        str | None,
        typer.Option("--meeting-no", metavar="NUMBER", help="Number (回) of the meeting."),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option(metavar="SERVICE", help="The service, where the office has several councils."),
    ] = None,
    on: On = None,
    rules: Rules = None,
    encoding: Encoding = None,
) -> None:
    """Write a paper to complete and send, in Japanese (.docx).

    notice: 開催通知; minutes: 会議録; members: 構成員届出; filing and filing-change: 業務管理体制
    様式第1号 and 様式第2号. The file is readable to its owner alone.

    Exit 0: written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.duties.papers import write_paper

        path = write_paper(
            cast("PaperKind", kind),
            offices,
            output,
            on=_day(on),
            meetings=meetings,
            members=members,
            corporation=corporation,
            provider_no=provider,
            meeting_no=meeting,
            service=service,
            rules=rules,
            encoding=encoding,
        )
        say(Text("wrote {path}", path=path))


@duties.command("rules")
def rules_command(
    authority: Annotated[
        str, typer.Argument(metavar="AUTHORITY", help="adachi, 足立区 …; law for the law alone.")
    ],
    service: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="Only of this service.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day, 2026-04-01; without it, every day.")
    ] = None,
    rules: Rules = None,
    headings: Headings = None,
) -> None:
    """Print the rules of the law and of a municipality as CSV.

    Each row says how strong it is, where it stands and how sure it is. With English headings the
    columns are those that --rules takes.
    """
    with exit_codes():
        from chiiki_tsusho.duties.rules import COLUMNS, LAW, duty_rules, rule_book
        from chiiki_tsusho.duties.services import authority_key

        book = rule_book(rules)
        frame = duty_rules(authority, service, None if on is None else _day(on), book)
        show_data(_table(COLUMNS, headings, frame))
        if authority_key(authority) not in {*book.authorities, LAW}:
            say(
                Text(
                    "note: no rules of {authority} are known; these are the law's alone",
                    authority=authority,
                )
            )


@duties.command("template")
def template_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    headings: Headings = None,
) -> None:
    """Write registers to fill in: every heading, and an example row."""
    with exit_codes():
        from chiiki_tsusho.duties.templates import write_register_templates

        for path in write_register_templates(folder, language_of_headings(headings)):
            say(Text("wrote {path}", path=path))
        say(Text("line 2 of each register is an example: put your rows in its place"))

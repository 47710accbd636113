"""The first minute: the example month computed, and files to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chiiki_tsusho.command_line.claim import say_result
from chiiki_tsusho.command_line.shared import (
    Codes,
    Headings,
    exit_codes,
    language_of_headings,
    say,
    spoken,
)
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.whole_files import not_written

if TYPE_CHECKING:
    from chiiki_tsusho.batch import FileBatch

EXAMPLE_FILES = tuple(
    f"{prefix}{name}.csv"
    for prefix in ("", "faulty_")
    for name in ("visits", "providers", "recipients")
)
CLAIMS, CLAIM_FILES, STATEMENTS = "claims", "claim-files", "statements.html"
# The month after that of the example.
REVIEW_MONTH = "2016-05"
# Of the example: a person whose month comes to more than planned.
SHOWN_PERSON = "0000100053"


def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    month: Annotated[
        str | None,
        typer.Option(
            metavar="MONTH", help="The additions of that month; without it, of the latest revision."
        ),
    ] = None,
    codes: Codes = None,
    headings: Headings = None,
) -> None:
    """Write input files with every heading and an example row.

    Writes visits.csv, providers.csv and recipients.csv; template.xlsx, a workbook with the same
    three as sheets and choices to pick from; and dictionary.csv, which says in both languages what
    each column holds. Files that are there already are not touched.
    """
    with exit_codes():
        from chiiki_tsusho.writing.template_workbook import sheet_name
        from chiiki_tsusho.writing.templates import WORKBOOK, write_templates

        language = language_of_headings(headings)
        for path in write_templates(folder, month, codes, language):
            say(Text("wrote {path}", path=path))
        say(
            Text(
                "line 2 of each file is an example: put your rows in its place, then give the "
                "CSV files to chiiki-tsusho claim, or the workbook:"
            )
        )
        book = folder / WORKBOOK
        sheets = " ".join(
            f'--{file} "{book}#{sheet_name(file, language)}"'
            for file in ("providers", "recipients")
        )
        say(f"  chiiki-tsusho claim {_quoted(book)} -o {_quoted(folder / CLAIMS)} {sheets}")


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the example goes.")] = Path(
        "chiiki-tsusho-demo"
    ),
) -> None:
    """Compute the example month that comes with the program.

    Copies the example files into DIR, computes their claims into DIR/claims, writes their report,
    their invoices and statements and their claim files, and says what to open and what to try next.
    Run again, it makes the results anew in their place. Every name and number in the files is
    invented.
    """
    with exit_codes():
        again = (folder / CLAIMS).is_dir()
        batch = write_demo(folder, spoken())
        if again:
            say(
                Text(
                    "note: the example is in {folder} already; its results are made anew in their "
                    "place",
                    folder=folder,
                )
            )
        say_result(batch, "csv")
        _make_papers(folder)
        files = {name: _quoted(folder / f"{name}.csv") for name in ("visits", "faulty_visits")}
        for title, command in (
            (
                Text("Why one of the claims is what it is:"),
                f"explain-claim {files['visits']} --insured {SHOWN_PERSON} {_registers(folder)}",
            ),
            (
                Text("The same month with mistakes, what is held and why:"),
                f"claim {files['faulty_visits']} -o {_quoted(folder / 'held')} "
                f"{_registers(folder, 'faulty_')}",
            ),
            (
                Text("Files for a month of your own:"),
                f"template {_quoted(folder / 'my-month')}"
                + (" --headings ja" if spoken() == "ja" else ""),
            ),
        ):
            say(title)
            say(f"  chiiki-tsusho {command}")


def _make_papers(folder: Path) -> None:
    """Write what is made of claims, and say what to open."""
    from chiiki_tsusho.exchange_files.writer import write_claim_file
    from chiiki_tsusho.papers.statements import write_statements
    from chiiki_tsusho.reports.page import write_report

    claims, recipients = folder / CLAIMS, folder / "recipients.csv"
    files, papers = folder / CLAIM_FILES, claims / STATEMENTS
    page = write_report(claims, language=spoken())
    write_statements(claims, papers, recipients, language=spoken())
    write_claim_file(claims, recipients, REVIEW_MONTH, files, language=spoken())
    say(Text("Open these in a browser:"))
    say(Text("  {page}  the report: persons, codes, additions, sums", page=page))
    say(Text("  {page}  invoices and statements, to print on A4", page=papers))
    say(Text("These are in the folders:"))
    say(
        Text(
            "  {folder}  claims.csv (one row per claim), claim_lines.csv (one row per code)",
            folder=claims,
        )
    )
    say(Text("  {folder}  the claim files for 国保連, one for each provider", folder=files))


def write_demo(folder: str | Path, language: Language = "en") -> FileBatch:
    """Copy the example files into a folder and compute their claims.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist. Example files that are there already are used as long as
        nobody has changed them.
    language : {"en", "ja"}
        The language of the messages.

    Returns
    -------
    FileBatch
        The batch whose files are in ``folder / "claims"``.

    Raises
    ------
    OutputError
        Another file has the name of an example file, or the folder cannot be written.
    """
    from chiiki_tsusho.batch import claim_files
    from chiiki_tsusho.law.table_files import example_file
    from chiiki_tsusho.writing.file_sets import write_files

    folder = Path(folder)
    _refuse_other_results(folder / CLAIMS)
    examples = {name: example_file(name).read_bytes() for name in EXAMPLE_FILES}
    try:
        for name, content in examples.items():
            path = folder / name
            if path.exists() and path.read_bytes() != content:
                raise OutputError(
                    Text(
                        "{path}: is there already and is not the example; choose another folder",
                        path=path,
                    )
                )
    except OSError as error:
        raise not_written(folder, error) from error
    write_files(folder, examples.items(), replace=True)
    visits, providers, recipients = (folder / name for name in EXAMPLE_FILES[:3])
    return claim_files(
        visits, folder / CLAIMS, providers, recipients, language=language, headings=language
    )


def _refuse_other_results(folder: Path) -> None:
    """Leave results alone that somebody else's files gave."""
    from chiiki_tsusho.writing.run_record import read_record

    inputs = (read_record(folder) or {}).get("inputs", [])
    if any(one["name"] not in EXAMPLE_FILES[:3] for one in inputs):
        raise OutputError(
            Text(
                "{folder}: holds the results of other files than the example; choose another "
                "folder",
                folder=folder,
            )
        )


def _registers(folder: Path, prefix: str = "") -> str:
    return " ".join(
        f"--{name} {_quoted(folder / f'{prefix}{name}.csv')}"
        for name in ("providers", "recipients")
    )


def _quoted(path: Path) -> str:
    """Write a path as every shell takes it."""
    return f'"{path}"' if " " in str(path) else str(path)

"""The command that writes a report: words and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from chiiki_tsusho.language import Language


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("report")(report_command)


def report_command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="What the claim command wrote.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The page; without it, report.html in DIR.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--lang", metavar="ja|en", help="Without it, as the locale.", show_default=False
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The code table the claims were computed with, where it was not the bundled one.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a page about a batch, to read, send and print.

    One HTML file, without script and without network: totals, providers, service codes, days and
    visits per person, claims over their limit, what is held and what to do, and the sources.

    Exit 0: written; 2: nothing written.
    """
    # Shared with the other commands; here, since that module takes this command in.
    from chiiki_tsusho.command_line.app import _words, say

    with _words():
        from chiiki_tsusho.language import Text
        from chiiki_tsusho.reports.page import write_report

        page = write_report(folder, output, cast("Language | None", language), codes)
        say(Text("wrote {page}", page=page))

"""The command that writes what a person is handed or sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from chiiki_tsusho.choices import PAPERS, Paper
from chiiki_tsusho.command_line.shared import (
    BatchFolder,
    Codes,
    IgnoreColumns,
    Recipients,
    exit_codes,
    one_of,
    say,
    spoken,
)
from chiiki_tsusho.language import Counted


def statements_command(
    folder: BatchFolder,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page with all papers.")
    ],
    recipients: Recipients = None,
    papers: Annotated[
        list[str] | None,
        typer.Option(
            "--paper",
            metavar="|".join(PAPERS),
            autocompletion=one_of(*PAPERS),
            help="Repeatable: which papers; without it, invoice and statement.",
        ),
    ] = None,
    codes: Codes = None,
    ignore_columns: IgnoreColumns = None,
) -> None:
    """Write an invoice and a statement for every claim, to print on A4.

    One HTML file, a page a paper: 利用者請求書, 領収書 and 介護給付費明細書. Names and birth dates
    stand there where recipients has them; only the owner of the file can read it.

    Exit 0: written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.papers.statements import write_statements

        written = write_statements(
            folder,
            output,
            recipients,
            papers=cast("list[Paper]", papers or ["invoice", "statement"]),
            language=spoken(),
            codes=codes,
            ignore_columns=ignore_columns or (),
        )
        say(
            Counted(
                "wrote the papers of {n:,} claim: {path}",
                "wrote the papers of {n:,} claims: {path}",
                written,
                path=output,
            )
        )

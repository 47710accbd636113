"""The commands of care plan exchange (ケアプランデータ連携): plans in, what was done out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chiiki_tsusho.command_line.shared import FOUND, Codes, exit_codes, say, show_data, spoken
from chiiki_tsusho.language import Counted, Text

ONE_SOURCE = Text(
    "note: the items of 第6表 and 第7表 rest on one program, and no sent file was ever tried; "
    "compare the first month with the plan on paper"
)


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("from-plan")(from_plan_command)


def from_plan_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="UPPLAN, UPSIKYU, UPHOSOKU and UP1KYO files of care managers, or folders of them.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="The folder for the files.", show_default=False
        ),
    ],
    provider: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="The provider whose visits are wanted; without it, all of this service.",
            show_default=False,
        ),
    ] = None,
    codes: Codes = None,
) -> None:
    """Make visits.csv and recipients.csv of care plans (ケアプランデータ連携).

    第6表 (UPPLAN) gives the visits, 第7表 (UPSIKYU) the planned units, 利用者補足 (UPHOSOKU) and
    第1表 (UP1KYO) what is personal. The files are readable by their owner only, and the claim
    command takes them as they are; 給付率 and public funds are still to be filled in. The items of
    第6表 and 第7表 rest on one program. What is left out or does not fit is written to standard
    output as CSV.

    Exit 0: every visit of the plans is written; 1: visits of a person were left out; 2: wrong use
    or an unreadable file.
    """
    with exit_codes():
        from chiiki_tsusho.exchange_files.care_plans import from_plan

        plans = from_plan(list(files), provider, codes, spoken())
        written = plans.write(output)
        if len(plans.notes):
            show_data(plans.notes.to_csv(index=False, lineterminator="\n"))
        for path, frame in zip(written, (plans.visits, plans.recipients), strict=True):
            say(Counted("{path}: {n:,} row", "{path}: {n:,} rows", len(frame), path=path))
        say(ONE_SOURCE)
        if not plans.complete:
            raise typer.Exit(FOUND)

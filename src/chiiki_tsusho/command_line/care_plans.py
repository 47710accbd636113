"""The commands of care plan exchange (ケアプランデータ連携): plans in, what was done out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chiiki_tsusho.command_line.shared import (
    FOUND,
    Codes,
    IgnoreColumns,
    NewFiles,
    Providers,
    Visits,
    exit_codes,
    file_option,
    say,
    show_frame,
    spoken,
)
from chiiki_tsusho.language import Counted, Text

ONE_SOURCE = Text(
    "note: the items of 第6表 and 第7表 rest on one program, and no sent file was ever tried; "
    "compare the first month with the plan on paper"
)

NEVER_TAKEN = Text(
    "note: the items of 第6表 rest on one program, and no file of this one was ever taken by a "
    "care manager's software; try one before you send"
)


def from_plan_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="UPPLAN, UPSIKYU, UPHOSOKU and UP1KYO files of care managers, or folders of them.",
        ),
    ],
    output: NewFiles,
    provider: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="The provider whose visits are wanted; without it, all of this service.",
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
        from chiiki_tsusho.care_plans.plans import from_plan

        plans = from_plan(list(files), provider, codes, spoken())
        written = plans.write(output)
        if len(plans.notes):
            show_frame(plans.notes)
        for path, frame in zip(written, (plans.visits, plans.recipients), strict=True):
            say(Counted("{path}: {n:,} row", "{path}: {n:,} rows", len(frame), path=path))
        say(ONE_SOURCE)
        if not plans.complete:
            raise typer.Exit(FOUND)


def to_plan_command(
    visits: Visits,
    recipients: Annotated[
        Path, file_option("One row per insured person, with care_manager_no: whom a file is for.")
    ],
    output: NewFiles,
    providers: Providers = None,
    edition: Annotated[
        str, typer.Option(metavar="MONTH", help="CSVバージョン of the exchange standard.")
    ] = "202410",
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw", help="Write files that take back what was sent of these visits (DLTJSK)."
        ),
    ] = False,
    codes: Codes = None,
    ignore_columns: IgnoreColumns = None,
) -> None:
    """Write what was done as files for care managers (UPJSK, 第6表 実績).

    One file for each person and month at each provider, readable by its owner only: the code of
    every visit and the additions it bears; ratios (処遇改善加算) are left out. Claims without a
    file are written to standard output as CSV. The items rest on one program.

    Exit 0: every visit is in a file; 1: visits are held, or persons have no file; 2: wrong use or
    an unreadable input.
    """
    with exit_codes():
        from chiiki_tsusho.care_plans.results import write_care_plan_results

        result = write_care_plan_results(
            visits,
            recipients,
            output,
            providers=providers,
            edition=edition,
            withdraw=withdraw,
            codes=codes,
            language=spoken(),
            ignore_columns=ignore_columns or (),
        )
        if len(result.left_out):
            show_frame(result.left_out)
        files = len(result.paths)
        say(Counted("{path}: {n:,} file", "{path}: {n:,} files", files, path=output))
        held = result.done.held_visits
        if held:
            say(
                Counted(
                    "note: {n:,} held visit is in no file; the claim command says why",
                    "note: {n:,} held visits are in no file; the claim command says why",
                    held,
                )
            )
        say(NEVER_TAKEN)
        if not result.complete:
            raise typer.Exit(FOUND)

"""The commands that look at whole months: two tables compared, a batch as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chiiki_tsusho.command_line.shared import (
    FOUND,
    BatchFolder,
    Codes,
    Encoding,
    IgnoreColumns,
    Providers,
    Recipients,
    Visits,
    exit_codes,
    progress,
    say,
    show,
    spoken,
)
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Counted, Sayable, Text, listed

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.reports.comparison import Comparison

ROWS_SHOWN = 20
PROBLEMS_SHOWN = 5


def compare_command(
    visits: Visits,
    months: Annotated[
        list[str],
        typer.Option(
            "--month",
            metavar="MONTH",
            help="Twice: the months whose tables are compared, 2017-03 and 2017-04.",
        ),
    ],
    providers: Providers = None,
    recipients: Recipients = None,
    codes: Codes = None,
    codes_b: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another for the second month, such as a draft."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="A folder for the CSVs and a page of them."
        ),
    ] = None,
    encoding: Encoding = None,
    ignore_columns: IgnoreColumns = None,
) -> None:
    """Price the same visits under two tables.

    Whatever their dates, all visits are priced as if the table, prices and limits of the first
    month were in force, and again with those of the second. Compared are the claims that both
    tables can price; the others are counted, and what is missing is said.

    Exit 0: all compared; 1: some visits have no code in a table or are held otherwise, the rest
    is compared; 2: wrong use or an unreadable file.
    """
    with exit_codes():
        if len(months) != 2:
            raise ChiikiTsushoError(
                Counted(
                    "--month was given once; give it twice, once for each table",
                    "--month was given {n} times; give it twice, once for each table",
                    len(months),
                )
            )
        from chiiki_tsusho.command_line.memory import keep_memory
        from chiiki_tsusho.reports.comparison import compare_files
        from chiiki_tsusho.reports.comparison_page import COMPARISON_PAGE, page_of
        from chiiki_tsusho.reports.comparison_text import comparison_text

        keep_memory()
        with progress() as shown:
            comparison = compare_files(
                visits,
                months[0],
                months[1],
                providers,
                recipients,
                codes,
                codes_b,
                output,
                encoding,
                progress=shown,
                language=spoken(),
                ignore_columns=ignore_columns or (),
                pages={COMPARISON_PAGE: lambda made: page_of(made, spoken())},
            )
        show(comparison_text(comparison, ROWS_SHOWN, spoken()))
        _say_left_out(comparison, output)
        if not comparison.complete:
            raise typer.Exit(FOUND)


def _say_left_out(comparison: Comparison, output: Path | None) -> None:
    """Say what is not in the sums, with the first rows that are at fault."""
    from chiiki_tsusho.reports.comparison_text import addition_name, side_names

    a, b = side_names(comparison)
    names: dict[str, str | Sayable] = {"a": a, "b": b, "both": Text("either table")}
    where = "" if output is None else Text("; all of them in {folder}", folder=output)
    _say_problems(comparison.without_code, names)
    if more := max(len(comparison.without_code) - PROBLEMS_SHOWN, 0):
        say(
            Text(
                "... and {more:,} more without a code or row in a table{where}",
                more=more,
                where=where,
            )
        )
    _say_problems(comparison.other_problems, names)
    if more := max(len(comparison.other_problems) - PROBLEMS_SHOWN, 0):
        say(Text("... and {more:,} more with another problem{where}", more=more, where=where))
    missing = comparison.missing_keys
    for side in dict.fromkeys(missing["side"]):
        say(
            Text(
                "note: no row under {side} for {keys}: claims with them are held on that side; "
                "take them out of the input, or give a table that has them (--codes, --codes-b)",
                side=names[side],
                keys=listed(
                    addition_name(key)
                    for key in dict.fromkeys(missing["key"][missing["side"] == side])
                ),
            )
        )
    total = comparison.total.iloc[0]
    if not comparison.complete:
        say(
            Text(
                "note: the totals cover {claims}; left out on both sides: {left_out}, {rows}",
                claims=Counted("{n:,} claim", "{n:,} claims", int(total["claims"])),
                left_out=Counted("{n:,} claim", "{n:,} claims", int(total["claims_left_out"])),
                rows=Counted(
                    "{n:,} row of visits", "{n:,} rows of visits", int(total["visits_left_out"])
                ),
            )
        )
    if without_yen := int(total["claims_without_yen"]):
        say(
            Counted(
                "note: the yen of {n:,} claim are not known, and in no total (give --providers "
                "with area_grade and --recipients with benefit_rate)",
                "note: the yen of {n:,} claims are not known, and in no total (give --providers "
                "with area_grade and --recipients with benefit_rate)",
                without_yen,
            )
        )
    if output is not None:
        say(Text("files in {folder}", folder=output))


def _say_problems(problems: pd.DataFrame, names: dict[str, str | Sayable]) -> None:
    from pandas import isna

    from chiiki_tsusho.problem_texts import rule_named
    from chiiki_tsusho.problems import place_text

    for row in problems.head(PROBLEMS_SHOWN).to_dict("records"):
        # A problem of a whole claim has no line.
        line = None if isna(row["line"]) else int(row["line"])
        say(
            Text(
                "{place}, under {side}: {rule}: {message}",
                place=place_text(row["file"], line, row["column"], spoken()),
                side=names[row["side"]],
                rule=rule_named(row["rule"], spoken()),
                message=row["message"],
            )
        )


def report_command(
    folder: BatchFolder,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The page; without it, report.html in DIR."
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The code table the claims were computed with, where it was not the bundled one.",
        ),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The results of the month before, to stand beside these."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder for the figures of every list and chart, a CSV each."
        ),
    ] = None,
) -> None:
    """Write a page about a batch, to read, send and print.

    One HTML file, without script and without network: whose claims are not computed, why and what
    to do; each person; additions, care levels, providers, insurers, area grades; how days, visits
    and units are distributed; claims over their limit; and the sources.

    Exit 0: written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.reports.page import write_report

        page = write_report(folder, output, spoken(), codes, before, csv)
        say(Text("wrote {page}", page=page))

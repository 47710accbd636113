"""The command that compares two tables: words and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chiiki_tsusho.reports.comparison import Comparison

ALL_COMPARED, SOME_LEFT_OUT, NOTHING_COMPARED = 0, 1, 2
ROWS_SHOWN = 20
PROBLEMS_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("compare")(compare_command)


def compare_command(
    visits: Annotated[
        Path, typer.Argument(help="One row per visit, CSV or Parquet.", show_default=False)
    ],
    months: Annotated[
        list[str],
        typer.Option(
            "--month",
            metavar="MONTH",
            help="Twice: the months whose tables are compared, 2017-03 and 2017-04.",
            show_default=False,
        ),
    ],
    providers: Annotated[
        Path | None, typer.Option(help="One row per provider.", show_default=False)
    ] = None,
    recipients: Annotated[
        Path | None, typer.Option(help="One row per insured person.", show_default=False)
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A code table as service_codes.csv, in the place of the bundled one.",
            show_default=False,
        ),
    ] = None,
    codes_b: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Another for the second month, such as a draft.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A folder for the CSVs.", show_default=False),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="utf-8 or cp932; without it both are tried.", show_default=False),
    ] = None,
) -> None:
    """Price the same visits under two tables.

    Whatever their dates, all visits are priced as if the table, prices and limits of the first
    month were in force, and again with those of the second. Compared are the claims that both
    tables can price; the others are counted, and what is missing is said.

    Exit 0: all compared; 1: some visits have no code in a table or are held otherwise, the rest
    is compared; 2: wrong use or an unreadable file.
    """
    # Shared with the other commands; here, since that module takes this command in.
    from chiiki_tsusho.command_line.app import _progress, _words

    if len(months) != 2:
        times = "once" if len(months) == 1 else f"{len(months)} times"
        _say(f"error: --month was given {times}; give it twice, for both tables")
        raise typer.Exit(NOTHING_COMPARED)
    with _words():
        from chiiki_tsusho.reports.comparison import compare_files
        from chiiki_tsusho.reports.comparison_text import comparison_text

        with _progress() as progress:
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
                progress=progress,
            )
        typer.echo(comparison_text(comparison, ROWS_SHOWN))
        _say_left_out(comparison, output)
    if not comparison.complete:
        raise typer.Exit(SOME_LEFT_OUT)


def _say_left_out(comparison: Comparison, output: Path | None) -> None:
    """Say what is not in the sums, with the first rows that are at fault."""
    from pandas import isna

    from chiiki_tsusho.reports.comparison_text import side_names

    names = dict(zip(("a", "b", "both"), (*side_names(comparison), "either table"), strict=True))
    where = "" if output is None else f"; all of them in {output}"
    for frame, what in (
        (comparison.without_code, "without a code or row in a table"),
        (comparison.other_problems, "with another problem"),
    ):
        for row in frame.head(PROBLEMS_SHOWN).to_dict("records"):
            # A problem of a whole claim has no line.
            line = "" if isna(row["line"]) else f" line {row['line']}"
            side = names[row["side"]]
            _say(f"{row['file']}{line}, under {side}: {row['rule']}: {row['message']}")
        more = len(frame) - PROBLEMS_SHOWN
        if more > 0:
            _say(f"... and {more:,} more {what}{where}")
    missing = comparison.missing_keys
    for side in dict.fromkeys(missing["side"]):
        keys = ", ".join(dict.fromkeys(missing["key"][missing["side"] == side]))
        _say(
            f"note: no row under {names[side]} for {keys}: claims with them are held on that side; "
            "take them out of the input, or give a table that has them (--codes, --codes-b)"
        )
    counts = {name: int(comparison.total[name].iloc[0]) for name in _COUNTS}
    if not comparison.complete:
        _say(
            f"note: the sums are of {_counted(counts['claims'], 'claim')}; left out on both sides: "
            f"{_counted(counts['claims_left_out'], 'claim')}, "
            f"{_counted(counts['visits_left_out'], 'row')} of visits"
        )
    if counts["claims_without_yen"]:
        _say(
            f"note: {_counted(counts['claims_without_yen'], 'claim')} in no sum of yen (give "
            "--providers with area_grade and --recipients with benefit_rate)"
        )
    if output is not None:
        _say(f"files in {output}")


_COUNTS = ("claims", "claims_left_out", "visits_left_out", "claims_without_yen")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _say(text: str) -> None:
    typer.echo(text, err=True)

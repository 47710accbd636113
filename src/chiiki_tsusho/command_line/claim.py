"""The command that computes the claims of a month."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chiiki_tsusho.choices import FILE_FORMATS, WAYS
from chiiki_tsusho.command_line.shared import (
    FOUND,
    Codes,
    Encoding,
    Headings,
    IgnoreColumns,
    Providers,
    Recipients,
    Visits,
    chosen,
    exit_codes,
    language_of_headings,
    one_of,
    progress,
    say,
    show_data,
    spoken,
)
from chiiki_tsusho.language import Counted, Text

if TYPE_CHECKING:
    import pyarrow as pa

    from chiiki_tsusho.batch import FileBatch
    from chiiki_tsusho.claims.results import Summary

PROBLEMS_SHOWN = 5
# One line for all of them, so that others are not crowded out.
TOLD_AT_ONCE = ("check_digit", "already_claimed")


def claim(
    visits: Visits,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="DIR", help="The folder for the results."),
    ] = None,
    providers: Providers = None,
    recipients: Recipients = None,
    codes: Codes = None,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(FILE_FORMATS),
            help="The format of the results.",
            autocompletion=one_of(*FILE_FORMATS),
        ),
    ] = "csv",
    encoding: Encoding = None,
    headings: Headings = None,
    ignore_columns: IgnoreColumns = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace the results of other files that are in the folder."
        ),
    ] = False,
    add_to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="VISITS are held_visits of that folder, corrected; their claims are added to the "
            "results there.",
        ),
    ] = None,
    unplaced: Annotated[
        str,
        typer.Option(
            metavar="|".join(WAYS),
            help="A row that does not say whose it is holds the claims it may belong to, or is "
            "left out with a warning.",
            autocompletion=one_of(*WAYS),
        ),
    ] = "hold",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the run came to as JSON.")
    ] = False,
) -> None:
    """Compute the claims of a file of visits.

    Writes claim_lines, claims, problems and held_visits into the folder. A claim is held, which
    means not computed, as a whole where anything is wrong in its visits.

    Exit 0: all claims written; 1: something is held; 2: wrong use or an unreadable file, nothing
    written.
    """
    with exit_codes():
        written_as = chosen("--format", file_format, FILE_FORMATS)
        way = chosen("--unplaced", unplaced, WAYS)
        from chiiki_tsusho.batch import claim_files
        from chiiki_tsusho.command_line.memory import keep_memory

        keep_memory()
        with progress() as shown:
            batch = claim_files(
                visits,
                output,
                providers,
                recipients,
                codes,
                written_as,
                encoding,
                spoken(),
                shown,
                language_of_headings(headings),
                replace,
                ignore_columns or (),
                way,
                add_to,
            )
        say_result(batch, written_as)
        if as_json:
            show_data(_as_json(batch))
        if batch.summary.held_visits:
            raise typer.Exit(FOUND)


def _as_json(batch: FileBatch) -> str:
    """Write what ``run.json`` says, where the files are, and the problems of each rule."""
    import json

    from chiiki_tsusho.problem_texts import RULES
    from chiiki_tsusho.writing.run_record import read_record
    from chiiki_tsusho.writing.saved_results import output_files

    files = {name: str(path) for name, path in output_files(batch.folder).items()}
    counts = batch.problem_tables.counts()
    numbers = {rule: counts[rule, False] + counts[rule, True] for rule in RULES}
    problems = {rule: number for rule, number in numbers.items() if number}
    record = {**(read_record(batch.folder) or {}), "files": files, "problems": problems}
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def say_result(batch: FileBatch, file_format: str) -> None:
    """Say the first problems, what is missing, and what the batch came to."""
    from chiiki_tsusho.problem_texts import rule_named
    from chiiki_tsusho.problems import place_text

    summary = batch.summary
    for note in batch.notes:
        say(Text("note: {note}", note=note))
    counts = batch.problem_tables.counts()
    numbers, claimed = counts["check_digit", True], counts["already_claimed", False]
    file = batch.folder / f"problems.{file_format}"
    others = (row for table in batch.problem_tables for row in _rows_but(table, TOLD_AT_ONCE))
    for row in islice(others, PROBLEMS_SHOWN):
        place = place_text(row["file"], row["line"], row["column"], spoken())
        say(f"{place}: {rule_named(row['rule'], spoken())}: {row['message']}")
    more = len(batch.problem_tables) - numbers - claimed - PROBLEMS_SHOWN
    if more > 0:
        say(Text("… and {more:,} more in {file}", more=more, file=file))
    if claimed:
        say(
            Counted(
                "{rule}: {n:,} claim is in the results already and not written twice; its rows are "
                "held. Give --add-to the rows of held_visits alone, corrected, or compute the "
                "whole month again with -o and without --add-to; see {file}",
                "{rule}: {n:,} claims are in the results already and not written twice; their rows "
                "are held. Give --add-to the rows of held_visits alone, corrected, or compute the "
                "whole month again with -o and without --add-to; see {file}",
                claimed,
                rule=rule_named("already_claimed", spoken()),
                file=file,
            )
        )
    if numbers:
        say(
            Counted(
                "note: {n:,} number does not end in its check digit: see check_digit in {file}",
                "note: {n:,} numbers do not end in their check digit: see check_digit in {file}",
                numbers,
                file=file,
            )
        )
    for count, why in _blank_yen(summary):
        say(
            Counted(
                "note: yen left blank in {n:,} claim: {why}",
                "note: yen left blank in {n:,} claims: {why}",
                count,
                why=why,
            )
        )
    say(_closing_line(batch))


def _rows_but(table: pa.Table, rules: Sequence[str]) -> list[dict[str, Any]]:
    """Return the first rows of a table of problems that are of other rules."""
    from pyarrow import compute

    from chiiki_tsusho.arrow_arrays import of_texts

    # To compare with a text of Python imports pandas.
    others = compute.invert(compute.is_in(table["rule"], of_texts(rules)))
    rows: list[dict[str, Any]] = table.filter(others).slice(0, PROBLEMS_SHOWN).to_pylist()
    return rows


def _closing_line(batch: FileBatch) -> Text:
    summary, folder = batch.summary, batch.folder
    visits = Counted("{n:,} visit", "{n:,} visits", summary.visits)
    claims = Counted("{n:,} claim", "{n:,} claims", summary.claims)
    units = Counted("{n:,} unit", "{n:,} units", summary.units)
    unknown = summary.without_price + summary.without_rate
    yen = Text("{yen:,} yen", yen=summary.yen)
    if unknown and unknown == summary.claims:
        yen = Text("yen blank")
    elif unknown:
        yen = Counted(
            "{yen:,} yen (of {n:,} claim)",
            "{yen:,} yen (of {n:,} claims)",
            summary.claims - unknown,
            yen=summary.yen,
        )
    held: Text = Counted("{n:,} row held", "{n:,} rows held", summary.held_visits)
    if summary.held_visits:
        held = Text(
            "{held} (correct the files you gave as problems says and run the same command again)",
            held=held,
        )
    if summary.set_aside:
        held = Counted(
            "{held}; {n:,} row left out with a warning",
            "{held}; {n:,} rows left out with a warning",
            summary.set_aside,
            held=held,
        )
    if batch.incomplete:
        held = Text("{held}; claims may be incomplete (--unplaced pass)", held=held)
    return Text(
        "{visits}: {claims}, {units}, {yen}; {held}; files in {folder}",
        visits=visits,
        claims=claims,
        units=units,
        yen=yen,
        held=held,
        folder=folder,
    )


def _blank_yen(summary: Summary) -> list[tuple[int, Text]]:
    notes = (
        (
            summary.without_price,
            Text("no area_grade is known (give --providers with area_grade)"),
        ),
        (
            summary.without_rate,
            Text("no benefit_rate is known (give --recipients with benefit_rate)"),
        ),
    )
    return [(count, why) for count, why in notes if count]

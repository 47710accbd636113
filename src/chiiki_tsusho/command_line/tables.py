"""The commands that make and check code tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chiiki_tsusho.command_line.shared import FOUND, exit_codes, say, show
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Text

if TYPE_CHECKING:
    from chiiki_tsusho.table_imports.gathering import ImportedTable

_Output = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="FILE", help="The code table to write (CSV), for --codes."
    ),
]


def import_workbook_command(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="The workbook (.xlsx).")],
    valid_from: Annotated[
        str,
        typer.Option(
            "--valid-from", metavar="MONTH", help="First month of the table, 2026-06 or 202606."
        ),
    ],
    output: _Output,
    valid_to: Annotated[
        str, typer.Option("--valid-to", metavar="MONTH", help="Last month; 999999 is an open end.")
    ] = "999999",
    sheet: Annotated[
        str, typer.Option(metavar="NAME", help="The sheet of the code table.")
    ] = "地域通所介護",
) -> None:
    """Turn the ministry's service code workbook into a table.

    The table is for --codes. A row is taken where its units follow from the base by the steps of
    its name; what cannot be placed is listed by row and left out, never guessed.

    Exit 0: every row placed; 1: some refused, the others written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.table_imports.workbook import import_workbook

        _finish(import_workbook(workbook, valid_from, valid_to, sheet), workbook, output)


def import_master_command(
    master: Annotated[Path, typer.Argument(metavar="MASTER", help="The master (CSV).")],
    output: _Output,
) -> None:
    """Turn a municipality's master CSV into a table.

    The master is the 単位数マスタ; the table is for --codes. Reads UTF-8, CP932 or UTF-16
    with commas or tabs, skips a title above the headings, and takes the rows of service type 78
    alone, with their own months. What cannot be placed is listed by line and left out, never
    guessed.

    Exit 0: every row placed; 1: some refused, the others written; 2: nothing written.
    """
    with exit_codes():
        from chiiki_tsusho.table_imports.master_csv import import_master

        _finish(import_master(master), master, output)


def check_table_command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="The code table (CSV).")],
) -> None:
    """Check a code table and list all its faults.

    It is checked as --codes would. Faults go to standard output, one on a line, with line and
    column. If there are none, it says what a table that extends the bundled one changes.

    Exit 0: the table can be used; 1: it has faults; 2: it cannot be read.
    """
    with exit_codes():
        from chiiki_tsusho.law.code_file import table_findings

        faults, changes = table_findings(table)
        for fault in faults:
            show(Text("{path}: {fault}", path=table, fault=fault))
        if faults:
            say(
                Counted(
                    "{table}: {n:,} fault; correct it",
                    "{table}: {n:,} faults; correct them all",
                    len(faults),
                    table=str(table),
                )
            )
            raise typer.Exit(FOUND)
        for change in changes:
            show(Text("{path}: {fault}", path=table, fault=change))
        say(Text("{table}: no faults; use it with --codes {table}", table=str(table)))


def _finish(table: ImportedTable, source: Path, output: Path) -> None:
    """List what was refused, write the rest and say where it is."""
    from chiiki_tsusho.law.code_rows import table_text
    from chiiki_tsusho.table_imports.gathering import write_code_rows
    from chiiki_tsusho.whole_files import begins_with, refuse_other_file, refuse_replacing

    for refused in table.refused:
        say(Text("{source}: {refused}", source=str(source), refused=refused))
    for row in table.rows:
        if row.confidence == "low":
            text = Text(
                "{where}: {code} {name}: placed, but how it is counted is our own reading; check "
                "it before you bill it",
                where=row.source,
                code=row.service_code,
                name=row.name,
            )
            say(text)
    types = ", ".join(f"{name} ({count})" for name, count in table.other_types.items())
    if not table.rows:
        others = Text("; rows of other service types: {types}", types=types) if types else ""
        raise InputFileError(
            Text(
                "{source}: no row could be placed, nothing was written{others}",
                source=str(source),
                others=others,
            )
        )
    refuse_replacing(output, (source,), ".csv")
    refuse_other_file(output, begins_with(table_text(())))
    write_code_rows(table.rows, output)
    counts = table.counts
    say(
        Text(
            "{path}: {base}, {additions}, {rates}, {refused} refused{others}; use it with --codes "
            "{path}",
            path=str(output),
            base=Counted("{n:,} base row", "{n:,} base rows", counts["base"]),
            additions=Counted("{n:,} addition", "{n:,} additions", counts["addition"]),
            rates=Counted("{n:,} rate", "{n:,} rates", counts["rate"]),
            refused=len(table.refused),
            others=Text(", passed over other service types: {types}", types=types) if types else "",
        )
    )
    if table.refused:
        raise typer.Exit(FOUND)

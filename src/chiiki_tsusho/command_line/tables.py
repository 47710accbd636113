"""The commands that make and check code tables: words and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chiiki_tsusho.table_imports.gathering import ImportedTable

ALL_PLACED, SOME_REFUSED, NOTHING_WRITTEN = 0, 1, 2
_Output = Annotated[
    Path, typer.Option("--output", "-o", help="The code table to write (CSV), for --codes.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("import-workbook")(import_workbook_command)
    app.command("import-master")(import_master_command)
    app.command("check-table")(check_table_command)


def import_workbook_command(
    workbook: Annotated[Path, typer.Argument(help="The workbook (.xlsx).", show_default=False)],
    valid_from: Annotated[
        str, typer.Option("--valid-from", help="First month of the table, 2026-06 or 202606.")
    ],
    output: _Output,
    valid_to: Annotated[
        str, typer.Option("--valid-to", help="Last month; 999999 is an open end.")
    ] = "999999",
) -> None:
    """Turn the ministry's service code workbook into a table.

    The table is for --codes. Reads the sheet 地域通所介護. Each composite must follow from its
    base by the steps of its name; what cannot be placed is listed by row and left out, never
    guessed.

    Exit 0: every row placed; 1: some refused, the others written; 2: nothing written.
    """
    from chiiki_tsusho.errors import ChiikiTsushoError
    from chiiki_tsusho.table_imports.workbook import import_workbook

    try:
        table = import_workbook(workbook, valid_from, valid_to)
    except ChiikiTsushoError as error:
        raise _failed(str(error)) from error
    _finish(table, workbook, output)


def import_master_command(
    master: Annotated[Path, typer.Argument(help="The master (CSV).", show_default=False)],
    output: _Output,
) -> None:
    """Turn a municipality's master CSV into a table.

    The master is the 単位数マスタ; the table is for --codes. Reads UTF-8 or CP932; the rows of
    service type 78 alone, with their own months. What cannot be placed is listed by line and left
    out, never guessed.

    Exit 0: every row placed; 1: some refused, the others written; 2: nothing written.
    """
    from chiiki_tsusho.errors import ChiikiTsushoError
    from chiiki_tsusho.table_imports.master_csv import import_master

    try:
        table = import_master(master)
    except ChiikiTsushoError as error:
        raise _failed(str(error)) from error
    _finish(table, master, output)


def check_table_command(
    table: Annotated[Path, typer.Argument(help="The code table (CSV).", show_default=False)],
) -> None:
    """Check a code table and list all its faults.

    It is checked as --codes would. Faults go to standard output, one on a line, with line and
    column.

    Exit 0: the table can be used; 1: it has faults; 2: it cannot be read.
    """
    from chiiki_tsusho.errors import ChiikiTsushoError
    from chiiki_tsusho.law.check_table import check_table

    try:
        faults = check_table(table)
    except ChiikiTsushoError as error:
        raise _failed(str(error)) from error
    for fault in faults:
        typer.echo(f"{table}: {fault}")
    if faults:
        typer.echo(f"{table}: {_count(len(faults), 'fault')}; correct them all", err=True)
        raise typer.Exit(SOME_REFUSED)
    typer.echo(f"{table}: no faults; use it with --codes {table}", err=True)


def _finish(table: ImportedTable, source: Path, output: Path) -> None:
    """List what was refused, write the rest and say where it is."""
    from chiiki_tsusho.errors import ChiikiTsushoError
    from chiiki_tsusho.table_imports.gathering import write_code_rows

    for refused in table.refused:
        typer.echo(f"{source}: {refused}", err=True)
    passed_over = ", ".join(f"{name} ({count})" for name, count in table.other_types.items())
    if not table.rows:
        others = f"; rows of other service types: {passed_over}" if passed_over else ""
        raise _failed(f"{source}: no row could be placed, nothing was written{others}")
    if output.exists() and output.samefile(source):
        raise _failed(f"{output}: is the file that was read; give another name with -o")
    try:
        write_code_rows(table.rows, output)
    except ChiikiTsushoError as error:
        raise _failed(str(error)) from error
    counts = table.counts
    parts = [
        _count(counts["base"], "base row"),
        _count(counts["addition"], "addition"),
        _count(counts["rate"], "rate"),
        f"{len(table.refused)} refused",
    ]
    if passed_over:
        parts.append(f"passed over other service types: {passed_over}")
    typer.echo(f"{output}: {', '.join(parts)}; use it with --codes {output}", err=True)
    if table.refused:
        raise typer.Exit(SOME_REFUSED)


def _failed(message: str) -> typer.Exit:
    for line in message.splitlines():
        typer.echo(f"error: {line}", err=True)
    return typer.Exit(NOTHING_WRITTEN)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

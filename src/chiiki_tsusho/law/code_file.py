"""A code table file: read and checked whole; alone, or as rows laid over the bundled table."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import TableError
from chiiki_tsusho.language import Name, Sayable, Text
from chiiki_tsusho.law.code_rows import COLUMNS, CodeLine, CodeRow
from chiiki_tsusho.law.table_checks import sorted_faults, table_faults
from chiiki_tsusho.law.table_files import (
    Fault,
    NumberedRow,
    TableText,
    faults_text,
    law_file,
    read_table,
    scan_rows,
    typed_rows,
)
from chiiki_tsusho.months import month_before, named_spans, next_month
from chiiki_tsusho.records import record

EXTENDS, BUNDLED = "extends", "bundled"


@record
class BundledLine(NumberedRow[CodeRow]):
    """A row of the bundled table beside those of a user's own file, of which it is no line."""

    @property
    def place(self) -> Text:
        """The code, in the place of a line of the file."""
        return Text("bundled row {code}", code=self.row.service_code)

    def fault(self, column: str, message: Text) -> Fault:
        """Name a fault that the user's rows make in this one."""
        text = Text("{place}: {message}", place=self.place, message=message)
        return super().fault(column, text)


def read_code_rows(source: Path | TableText) -> list[CodeLine]:
    """Read and check a code table; of one that extends the bundled table, both together.

    Raises
    ------
    TableError
        Any check fails; the message lists the faults with line and column.
    """
    table = read_table(source) if isinstance(source, Path) else source
    rows, faults = check_code_rows(table)
    if faults:
        raise TableError(faults_text(table.path, faults))
    return rows


def check_code_rows(table: TableText) -> tuple[list[CodeLine], list[Fault]]:
    """Take the rows from a code table file and make every check, all faults at once.

    Returns
    -------
    rows : list of NumberedRow of CodeRow
        The rows whose cells have the right types.
    faults : list of Fault
        In order of line; empty when the table holds together.

    Raises
    ------
    TableError
        Its heading or the shape of a row is wrong, so that the rows cannot be checked.
    """
    extends = extends_bundled(table)
    rows, faults = typed_rows(table, CodeRow, after=int(extends))
    return _checked(rows, faults, extends)


def _checked(
    rows: list[CodeLine], faults: list[Fault], extends: bool
) -> tuple[list[CodeLine], list[Fault]]:
    """Make the checks between rows, those of the bundled table among them where it is extended."""
    if not extends:
        return rows, sorted_faults([*faults, *table_faults(rows)])
    table = laid_over(rows)
    return table, sorted_faults([*faults, *_renamed_keys(rows), *table_faults(table)])


@checked_call
def check_table(path: str | Path) -> list[Fault]:
    """Check a code table file, every fault at once.

    Parameters
    ----------
    path : path-like
        A file in the layout of ``data/service_codes.csv``, after a first line ``extends,bundled``
        where it adds rows to the bundled table.

    Returns
    -------
    list of Fault
        In order of line; empty when the table can be used. A fault of a cell keeps its row out of
        the checks between rows.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.check_table("data/service_codes.csv")
    []
    """
    return table_findings(path)[0]


def table_findings(path: str | Path) -> tuple[list[Fault], list[Sayable]]:
    """Check a code table file, and say what a sound one changes in the bundled table.

    Returns
    -------
    faults : list of Fault
        As ``check_table`` gives them.
    changes : list
        One sentence for each row of a file without faults that extends the bundled table; empty
        for any other.
    """
    table = read_table(Path(path))
    extends = extends_bundled(table)
    rows, of_rows = scan_rows(table, CodeRow, after=int(extends))
    _, faults = _checked(rows, of_rows, extends)
    changes = [] if faults or not extends else [change for one in rows for change in _changes(one)]
    return faults, changes


def _changes(one: CodeLine) -> Iterator[Sayable]:
    row = one.row
    months = _Span(row.valid_from, row.valid_to)
    name = Text("{code} {name}", code=row.service_code, name=row.name)
    replaced = [
        other.row
        for other in bundled_rows()
        if other.row.service_code == row.service_code and months.meets(other.row)
    ]
    if not replaced:
        yield Text(
            "line {line}: adds {name}, {months}", line=one.line, name=name, months=months.named
        )
    for other in replaced:
        cut = _Span(max(months.first, other.valid_from), min(months.last, other.valid_to))
        differing = [
            f"{column} {_shown(other, column)} → {_shown(row, column)}"
            for column in COLUMNS
            if column not in ("valid_from", "valid_to")
            and getattr(other, column) != getattr(row, column)
        ]
        if not differing:
            yield Text(
                "line {line}: repeats the bundled row of {name}, {months}",
                line=one.line,
                name=name,
                months=cut.named,
            )
            continue
        yield Text(
            "line {line}: replaces the bundled row of {name}, {months}: {differing}",
            line=one.line,
            name=name,
            months=cut.named,
            differing="; ".join(differing),
        )


def _shown(row: CodeRow, column: str) -> str:
    cell = getattr(row, column)
    return "–" if cell is None else str(cell)


@record
class _Span:
    """Months from the first to the last."""

    first: int
    last: int

    @property
    def named(self) -> Name:
        """What they are called."""
        return named_spans([(self.first, self.last)])

    def meets(self, row: CodeRow) -> bool:
        """Say whether a row is valid in any of the months."""
        return row.valid_from <= self.last and self.first <= row.valid_to


def extends_bundled(table: TableText) -> bool:
    """Say whether the first line of a file is ``extends,bundled`` (``extends = bundled`` will do).

    Raises
    ------
    TableError
        It extends anything else.
    """
    try:
        cells = next(csv.reader(io.StringIO(table.text[:1000])), [])
    except csv.Error:
        # The reader of the rows says what is wrong with the line.
        return False
    said = unicodedata.normalize("NFKC", " ".join(cells)).casefold().replace("=", " ").split()
    if said[:1] != [EXTENDS]:
        return False
    if said[1:] != [BUNDLED]:
        raise TableError(
            Text(
                "{path}: line 1: extends {what!r}: a table can extend {bundled!r} alone",
                path=table.path,
                what=" ".join(said[1:]),
                bundled=BUNDLED,
            )
        )
    return True


@cache
def bundled_rows() -> tuple[CodeLine, ...]:
    """Load the rows of the bundled table."""
    return tuple(read_code_rows(law_file("service_codes.csv")))


def laid_over(own: list[CodeLine]) -> list[CodeLine]:
    """Put a user's rows before those of the bundled table.

    A bundled row ends where the user has a row of its code, and goes on after it.

    Returns
    -------
    list of NumberedRow of CodeRow
        The bundled rows that are left, without a line of the file, then the user's.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in own:
        spans.setdefault(one.row.service_code, []).append((one.row.valid_from, one.row.valid_to))
    kept: list[CodeLine] = []
    for one in bundled_rows():
        for first, last in _left(
            (one.row.valid_from, one.row.valid_to), spans.get(one.row.service_code, [])
        ):
            period = {"valid_from": first, "valid_to": last}
            kept.append(BundledLine(0, one.row.model_copy(update=period)))
    return [*kept, *own]


def _renamed_keys(own: list[CodeLine]) -> Iterator[Fault]:
    """Find rows that take a key away which other bundled rows give way to, need or exclude."""
    named = {
        key
        for one in bundled_rows()
        for keys in (one.row.yields, one.row.needed, one.row.excluded)
        for key in keys
    }
    for one in own:
        months = _Span(one.row.valid_from, one.row.valid_to)
        for other in bundled_rows():
            same = other.row.service_code == one.row.service_code and months.meets(other.row)
            if same and other.row.key != one.row.key and other.row.key in named:
                text = Text(
                    "the bundled row of this code has the key {key!r}, which other rows name; "
                    "keep it",
                    key=other.row.key,
                )
                yield one.fault("key", text)


def _left(period: tuple[int, int], taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Return what of a period is left when others are cut out of it."""
    first, last = period
    for begin, end in sorted(taken):
        if end < first or last < begin:
            continue
        if first < begin:
            yield first, month_before(begin)
        if last <= end:
            return
        first = max(first, next_month(end))
    yield first, last

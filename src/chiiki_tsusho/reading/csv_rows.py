"""Lines of CSV to rows and cells: plain lines at once, others by Arrow, malformed ones by name.

A row is a line: no column of the contract can hold a line break, so a quotation mark left open
spoils its own line and no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.number_arrays import Ints, flagged
from chiiki_tsusho.reading.arrow_columns import column_of_arrow
from chiiki_tsusho.reading.blocks import NEWLINE, Form, ReadColumn, begin_blank, line_bounds
from chiiki_tsusho.reading.malformed_rows import NO_MALFORMED, MalformedRows
from chiiki_tsusho.reading.plain_csv import PlainLines
from chiiki_tsusho.reading.uneven_lines import leaves_a_mark_open, well_formed
from chiiki_tsusho.records import record

BOM = b"\xef\xbb\xbf"
_QUOTE = ord('"')
_ENDS_CELL = np.isin(np.arange(256), list(b",\r\n"))
_NUMBER = pa.int16()
_ARROW_TYPES: dict[Form, pa.DataType | None] = {
    "texts": pa.string(),
    "few": pa.dictionary(pa.int32(), pa.string()),
    "distinct": pa.dictionary(pa.int32(), pa.string()),
    "unread": None,
}


@record
class ReadRows:
    """Rows told apart; lines are counted from the first one read.

    Parameters
    ----------
    columns : sequence of ReadColumn
    kept : ndarray of int64, shape (rows,)
        The line of each row.
    malformed : MalformedRows
        Lines whose cells cannot be told apart.
    mended : MalformedRows
        Rows from whose lines blank cells too many were taken.
    lines : int
        How many lines there are, blank ones included.
    """

    columns: Sequence[ReadColumn]
    kept: Ints
    malformed: MalformedRows
    mended: MalformedRows
    lines: int


@record
class RawLines:
    """Lines as they stand in a file, each ended by a line feed of its encoding."""

    raw: bytes
    line_feed: bytes = b"\n"

    def verbatim(self, at: Ints) -> bytes:
        """Return some of the lines, counted from the first."""
        characters = np.frombuffer(self.raw, dtype=np.uint8)
        unit = len(self.line_feed)
        if unit == 1:
            starts, ends = line_bounds(characters)
        else:
            # Of so many bytes a character; the line feed of either order of bytes.
            wide = np.frombuffer(self.raw, dtype="<u2" if self.line_feed[0] else ">u2")
            starts, ends = (unit * edges for edges in line_bounds(wide))
        wanted = flagged(at, len(starts))
        lines: bytes = characters[np.repeat(wanted, ends - starts)].tobytes()
        return lines


class RowReader:
    """Reads lines under the headings of one file; several threads may do so at once.

    Parameters
    ----------
    cells : int
        How many cells a row has.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self._numbers = True
        self._plain: PlainLines | None = None

    def expect(self, forms: Sequence[Form]) -> None:
        """Remember the texts met when the columns were last wanted in these forms."""
        if self._plain is None or self._plain.forms != list(forms):
            self._plain = PlainLines(forms)

    def read(self, text: bytes, forms: Sequence[Form]) -> ReadRows | None:
        """Tell rows and cells apart.

        Parameters
        ----------
        text : bytes
            Whole lines in UTF-8.
        forms : sequence of Form
            How each column is wanted.

        Returns
        -------
        ReadRows or None
            None where the lines cannot be told apart.
        """
        even = self._begins_even(text)
        plain = None
        if even and self._plain is not None and b"\0" not in text:
            plain = self._plain.read(text)
        if plain is not None:
            lines, columns = plain
            return ReadRows(columns, np.arange(lines), NO_MALFORMED, NO_MALFORMED, lines)
        newlines = int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == NEWLINE))
        lines = newlines + (not text.endswith(b"\n"))
        table = None if not even or _needs_care(text) else self._table(text, forms)
        kept = np.arange(lines)
        malformed = mended = NO_MALFORMED
        if table is None or table.num_rows != lines:
            good, kept, malformed, mended = well_formed(text, self.cells)
            table = self._table(good, forms)
            if table is None or table.num_rows != len(kept):
                return None
        of_arrow = [
            column_of_arrow(column, form)
            for column, form in zip(table.columns, _read(forms), strict=True)
        ]
        return ReadRows(of_arrow, kept, malformed, mended, lines)

    def _begins_even(self, text: bytes) -> bool:
        """Say whether the first line may have as many cells as there are headings.

        Mostly a block of lines of which many have not shows itself so.
        """
        first = text[: text.find(b"\n") + 1] or text
        return b'"' in first or first.count(b",") == self.cells - 1

    def _table(self, text: bytes, forms: Sequence[Form]) -> pa.Table | None:
        """Read lines, numbers as numbers where the whole block allows it."""
        ranges = {at: form for at, form in enumerate(forms) if isinstance(form, tuple)}
        types = [_ARROW_TYPES["distinct" if isinstance(form, tuple) else form] for form in forms]
        if ranges and self._numbers and not _hexadecimal(text):
            numbers = [_NUMBER if at in ranges else kind for at, kind in enumerate(types)]
            table = self._table_of_types(text, numbers)
            if table is not None and all(
                _within(table.column(str(at)), *ends) for at, ends in ranges.items()
            ):
                return table
        table = self._table_of_types(text, types)
        if table is not None and ranges:
            # What one block writes in words (要介護3) the next ones do as well; and what is wrong
            # is shown as it was written (09, not 9).
            self._numbers = False
        return table

    def _table_of_types(self, text: bytes, types: list[pa.DataType | None]) -> pa.Table | None:
        """Read lines into one column per heading; None where they are not even, or of the types."""
        names = [str(at) for at in range(self.cells)]
        wanted = {name: kind for name, kind in zip(names, types, strict=True) if kind is not None}
        if not text:
            # A table of a schema alone imports pandas.
            return pa.table({name: pa.nulls(0, kind) for name, kind in wanted.items()})
        if text.startswith(BOM):
            # In a cell it is a character as on any other line; Arrow would drop it at the start.
            text = b"\n" + text
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(text),
                # At once: at the end of its own blocks Arrow takes an open mark for closed.
                read_options=arrow_csv.ReadOptions(
                    column_names=names, block_size=len(text) + 1, use_threads=False
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=wanted, include_columns=list(wanted), null_values=[""]
                ),
            )
        except pa.ArrowInvalid:
            return None


def _read(forms: Sequence[Form]) -> list[Form]:
    return [form for form in forms if form != "unread"]


def _within(numbers: pa.ChunkedArray, least: int, most: int) -> bool:
    ends = compute.min_max(numbers).as_py()
    return ends["min"] is None or (least <= ends["min"] and ends["max"] <= most)


def _hexadecimal(text: bytes) -> bool:
    """Say whether Arrow might read a number such as 0x10, which the contract does not know."""
    return any(mark[1:] in text and mark in text for mark in (b"0x", b"0X"))


def _needs_care(text: bytes) -> bool:
    """Say whether Arrow alone might take lines for what they are not."""
    # Arrow takes a CR alone for the end of a row.
    if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
        return True
    if b'"' in text:
        if _marks_within_cells(text):
            return True
        # And a mark left open at the end of everything for closed.
        last = text[text.rstrip(b"\r\n").rfind(b"\n") + 1 :]
        if leaves_a_mark_open(last.rstrip(b"\r\n")):
            return True
    return _blank_rows(text)


def _marks_within_cells(text: bytes) -> bool:
    """Say whether a mark may stand elsewhere than around a whole cell."""
    characters = np.frombuffer(b"\n" + text + b"\n", dtype=np.uint8)
    marks = np.flatnonzero(characters == _QUOTE)
    before, behind = characters[marks[::2] - 1], characters[marks[1::2] + 1]
    return not (_ENDS_CELL[before].all() and _ENDS_CELL[behind].all())


def _blank_rows(text: bytes) -> bool:
    """Say whether a line might be of blank cells alone."""
    # To search for each beginning of such a line takes five times as long.
    characters = np.frombuffer(b"\n" + text + b"\n\n\n", dtype=np.uint8)
    starts = np.flatnonzero(characters[:-3] == NEWLINE) + 1
    marked = characters[starts] == _QUOTE
    inside = starts[marked] + 1
    blank = begin_blank(characters, starts).any() or begin_blank(characters, inside).any()
    return text.startswith(b'"') or bool(blank or (characters[inside] == _QUOTE).any())

"""Tables to files: CSV, Excel and Parquet, under the headings of a language."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.arrow_arrays import joined, of_numbers, of_texts
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.reading.csv_rows import BOM

if TYPE_CHECKING:
    import pandas as pd

# With what begins that a spreadsheet takes for a formula; a number with a sign is none.
_FORMULA = of_texts(list("=+-@\t\r"))
_SIGNED_NUMBER = r"^[+\-]?[0-9]+(\.[0-9]+)?$"
# What no text of a workbook can hold (XML 1.0, production Char).
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_SHEET_ROWS = 1 << 20
_WIDEST, _LINE_HEIGHT = 60, 15
# How much of a wide cell a line is counted on for: a word that is not broken leaves its end empty.
_FILLED = 52
# The number that a workbook has for that size of paper.
_A4 = 9
# Arrow forms a thousand unless told otherwise, and takes a fifth more time so.
_ROWS_OF_A_STEP = 1 << 14
# Words are long: as many rows are formed at a time.
_ROWS_OF_WORDS = 1 << 14
# Counts, per cents and nearly all units are below.
_SMALL = 1 << 16


class Writer(Protocol):
    """An output file while it is written."""

    def write(self, formed: Any) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what is left and close the file."""


class TableWriter(Writer, Protocol):
    """A table while it is written."""

    def formed(self, table: pa.Table) -> Any:
        """Turn a table into what is written; several threads do so at once."""


def table_writer(
    path: Path,
    table_schema: pa.Schema,
    headings: Sequence[str] = (),
    words: Sequence[str] = (),
    ascii_only: bool | None = None,
) -> TableWriter:
    """Open a table to be written, in the format that the ending of the name says.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``, ``.xlsx`` or ``.parquet``.
    table_schema : pyarrow.Schema
    headings : sequence of str
        Those of the file, where they are not the names of the schema.
    words : sequence of str
        Columns that may hold any text, that of a user too; the other texts are numbers and codes.
    ascii_only : bool, optional
        Whether all texts are of ASCII; without it the first rows that are written say so.
    """
    named = headings or table_schema.names
    if path.suffix == ".parquet":
        return _ParquetWriter(path, table_schema, named)
    if path.suffix == ".xlsx":
        return _WorkbookWriter(path, table_schema, named)
    return _CsvWriter(path, named, words, ascii_only)


class ParquetStream:
    """A Parquet file while it is written.

    Arrow is given an open file: of names that are no UTF-8 it knows nothing.
    """

    def __init__(self, path: Path, table_schema: pa.Schema, **options: Any) -> None:
        with contextlib.ExitStack() as opened:
            stream = opened.enter_context(path.open("wb"))
            self._writer = parquet.ParquetWriter(stream, table_schema, **options)
            self._opened = opened.pop_all()

    def write_table(self, table: pa.Table) -> None:
        """Write some rows."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Write what is left and close the file, also where that fails."""
        with self._opened:
            self._writer.close()


class _ParquetWriter:
    def __init__(self, path: Path, table_schema: pa.Schema, headings: Sequence[str]) -> None:
        self._headings = list(headings)
        named = [field.with_name(name) for field, name in zip(table_schema, headings, strict=True)]
        self._stream = ParquetStream(path, pa.schema(named), compression="zstd")

    def formed(self, table: pa.Table) -> pa.Table:
        return table.rename_columns(self._headings)

    def write(self, formed: pa.Table) -> None:
        self._stream.write_table(formed)

    def close(self) -> None:
        self._stream.close()


class _CsvWriter:
    """Writes a CSV; words are quoted where need be, and no spreadsheet runs them as formulas."""

    def __init__(
        self, path: Path, headings: Sequence[str], words: Sequence[str], ascii_only: bool | None
    ) -> None:
        self._words = words
        quoting = "needed" if words else "none"
        self._options = arrow_csv.WriteOptions(
            include_header=False, quoting_style=quoting, batch_size=_ROWS_OF_A_STEP
        )
        self._stream = path.open("wb")
        self._heading = csv_text([headings], "\n").encode()
        self._begun = False
        if not self._heading.isascii() or not self._words:
            self._begin(self._heading.isascii())
        elif ascii_only is not None:
            self._begin(ascii_only)

    def _begin(self, ascii_only: bool) -> None:
        # Spreadsheets see by the mark that what is beyond ASCII is UTF-8.
        self._stream.write((b"" if ascii_only else BOM) + self._heading)
        self._begun = True

    def formed(self, table: pa.Table) -> tuple[bool, Iterable[pa.Buffer]]:
        ascii_only = self._begun or all(map(_is_ascii, table.columns))
        if self._words:
            slices = range(0, table.num_rows, _ROWS_OF_WORDS)
            return ascii_only, (self._lines(table.slice(at, _ROWS_OF_WORDS)) for at in slices)
        return ascii_only, [self._lines(table)]

    def _lines(self, table: pa.Table) -> pa.Buffer:
        for name in self._words:
            at = table.column_names.index(name)
            table = table.set_column(at, name, without_formulas(table.column(at)))
        stream = pa.BufferOutputStream()
        # Where the first piece has no rows, Arrow writes memory that was never set in its place.
        pieces = [piece for piece in table.to_batches() if piece.num_rows]
        table = pa.Table.from_batches(pieces, table.schema)
        if not self._words:
            # Where texts may be quoted, numbers made into texts would be quoted as well.
            columns = [_with_texts(column) for column in table.columns]
            table = pa.Table.from_arrays(columns, names=table.column_names)
        arrow_csv.write_csv(table, stream, self._options)
        return stream.getvalue()

    def write(self, formed: tuple[bool, Iterable[pa.Buffer]]) -> None:
        ascii_only, pieces = formed
        if not self._begun:
            self._begin(ascii_only)
        for piece in pieces:
            self._stream.write(piece)

    def close(self) -> None:
        if not self._begun:
            self._begin(ascii_only=True)
        self._stream.close()


def _is_ascii(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(column.type):
        return True
    ascii_only = compute.all(compute.string_is_ascii(column), min_count=0)
    return bool(ascii_only.as_py())


def _with_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Look small numbers up as texts, which is faster than to write each of them anew."""
    if not pa.types.is_int64(column.type):
        return column
    ends = compute.min_max(column)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if least is None or least < 0 or most >= _SMALL:
        return column
    return pa.chunked_array([_small_texts().take(chunk) for chunk in column.chunks])


@cache
def _small_texts() -> pa.StringArray:
    return of_numbers(np.arange(_SMALL)).cast(pa.string())


def without_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    risky = compute.is_in(compute.utf8_slice_codeunits(texts, 0, 1), _FORMULA)
    if not compute.any(risky).as_py():
        return texts
    risky = compute.and_not(risky, compute.match_substring_regex(texts, _SIGNED_NUMBER))
    return compute.if_else(risky, joined("'", texts), texts)


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose words have an apostrophe before what a spreadsheet would run."""
    texts = {
        str(name): without_formulas(pa.chunked_array([pa.array(column, pa.string())])).to_pandas()
        for name, column in frame.select_dtypes(["str", "object"]).items()
    }
    return frame.reset_index(drop=True).assign(**texts)


class _WorkbookWriter:
    """Writes a sheet of an Excel workbook: texts as texts, headings that stay in sight."""

    def __init__(self, path: Path, table_schema: pa.Schema, headings: Sequence[str]) -> None:
        from openpyxl import Workbook
        from openpyxl.styles import Font

        self._path = path
        self._texts = [pa.types.is_string(kind) for kind in table_schema.types]
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(path.stem)
        self._sheet.freeze_panes = "A2"
        print_on_wide_pages(self._sheet)
        self._rows = 1
        self._heading = [sheet_text(self._sheet, heading) for heading in headings]
        for cell in self._heading:
            cell.font = Font(bold=True)
        self._widths = [_width(heading) for heading in headings]
        self._wrapped: list[int] = []
        self._begun = False

    def formed(self, table: pa.Table) -> pa.Table:
        return table

    def write(self, formed: pa.Table) -> None:
        row_number = self._rows
        self._rows += formed.num_rows
        if self._rows > _MOST_SHEET_ROWS:
            raise OutputError(
                Text(
                    "{file}: a sheet of Excel has no more than {most:,} rows; write CSV or Parquet "
                    "(--format csv)",
                    file=self._path.name,
                    most=_MOST_SHEET_ROWS,
                )
            )
        if not self._begun:
            self._begin(formed)
        for row in zip(*(column.to_pylist() for column in formed.columns), strict=True):
            row_number += 1
            lines = (
                max(-(-_width(row[at]) // _FILLED) for at in self._wrapped) if self._wrapped else 1
            )
            if lines > 1:
                # Not every program that opens it makes room by itself.
                self._sheet.row_dimensions[row_number].height = lines * _LINE_HEIGHT
            self._sheet.append([self._cell(at, value) for at, value in enumerate(row)])

    def _begin(self, first: pa.Table | None) -> None:
        from openpyxl.utils import get_column_letter

        for at, width in enumerate(self._widths):
            cells = [] if first is None else first.column(at).slice(0, 100).to_pylist()
            width = max([width, *(_width(str(cell)) for cell in cells if cell is not None)])
            if width > _WIDEST:
                self._wrapped.append(at)
            letter = get_column_letter(at + 1)
            self._sheet.column_dimensions[letter].width = min(width, _WIDEST) + 2
        self._sheet.append(self._heading)
        self._begun = True

    def _cell(self, at: int, value: Any) -> Any:
        from openpyxl.styles import Alignment

        if value is None:
            return None
        text = self._texts[at]
        cell = sheet_text(self._sheet, value) if text else sheet_cell(self._sheet, value)
        if self._wrapped:
            cell.alignment = Alignment(wrap_text=at in self._wrapped, vertical="top")
        return cell

    def close(self) -> None:
        from openpyxl.utils import get_column_letter

        if not self._begun:
            self._begin(None)
        last = get_column_letter(len(self._heading))
        self._sheet.auto_filter.ref = f"A1:{last}{self._rows}"
        save_book(self._book, self._path)


def save_book(book: Any, path: Path) -> None:
    """Write a workbook at once: what is left half written would complain when it is let go of."""
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getbuffer())


def sheet_cell(sheet: Any, value: Any) -> Any:
    """Make a cell of a sheet that is written row by row."""
    from openpyxl.cell import WriteOnlyCell

    return WriteOnlyCell(sheet, value)


def sheet_text(sheet: Any, value: str) -> Any:
    """Make a cell that holds a text, also where it begins like a formula or looks like a number."""
    cell = sheet_cell(sheet, _NOT_IN_XML.sub("\ufffd", value))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def print_on_wide_pages(sheet: Any) -> None:
    """Let a sheet be printed as wide as a page lies, its headings on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _width(text: str) -> int:
    """Return the width of a text in digits; a Japanese character is as wide as two."""
    return sum(1 if character.isascii() else 2 for character in text)

"""Files and frames to blocks of rows, each column as distinct texts and positions.

Nothing is interpreted here but the form: encodings, lines, cells. A block remembers the lines of
its rows and can give any of them back verbatim, for the file of held visits.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import compute, parquet
from pyarrow import csv as arrow_csv

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.messages import Message
from chiiki_tsusho.words import Words
from chiiki_tsusho.workers import in_order

CSV_BLOCK_BYTES = 1 << 23
ROWS_OF_A_BLOCK = 1 << 17
FIRST_ROW_LINE = 2
BOM = b"\xef\xbb\xbf"
# A damaged CSV is never told apart by guessing further encodings than these, in this order.
ENCODINGS = ("utf-8", "cp932")
_ENCODING_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8",
    "cp932": "cp932", "ms932": "cp932", "windows-31j": "cp932", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932",
}  # fmt: skip
_NEWLINE, _RETURN, _COMMA, _QUOTE = b'\n\r,"'
# A mark opens only at the start of a cell; inside, two stand for one.
_QUOTED_CELL = re.compile(r'(?:^|(?<=,))"(?:[^"]++|"")*+"')
_OPEN_QUOTE = re.compile(r'(?:^|,)"')
# Small enough to stay in the cache of the processor.
_SCAN_BYTES = 1 << 20
_ARROW_BLOCK_BYTES = 1 << 21
RawText = bytes | bytearray
_NUMBER = pa.int16()
_ARROW_TYPES: dict[Form, pa.DataType | None] = {
    "texts": pa.string(),
    "distinct": pa.dictionary(pa.int32(), pa.string()),
    "unread": None,
}
_WORKBOOK = b"PK\x03\x04"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Texts:
    """One column of a block: its distinct texts, and for each row the position of its text.

    ``positions`` is None where every row has its own entry in ``texts``.
    """

    texts: pa.StringArray
    positions: npt.NDArray[np.int32] | None

    def of_rows(self) -> pa.StringArray:
        """Return the text of each row."""
        return self.texts if self.positions is None else self.texts.take(pa.array(self.positions))


@dataclass(frozen=True)
class Numbers:
    """One column of a block whose cells are all whole numbers or blank: the number of each row."""

    values: npt.NDArray[np.int64]


BLANK_NUMBER = np.iinfo(np.int64).min
# How a reader wants a column: as numbers where every cell is one of this range, as a text of its
# own for each row, or (the safe way, which any of them falls back to) as distinct texts; or not
# at all.
Form = tuple[int, int] | Literal["texts", "distinct", "unread"]


@dataclass(frozen=True)
class Block:
    """Some rows of an input, in its order.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
        Line of each row, the heading being line 1.
    columns : list of Texts or Numbers
        In the order of the headings, but for those that were to stay unread.
    malformed : list of (line, Message)
        Rows whose cells cannot be told apart; they are in no column.
    first_line : int
        Line of the first row of ``raw``.
    raw : bytes or bytearray, pyarrow.Table or ndarray of int64
        The rows as they stand in the input, malformed ones included; of an input in memory, the
        line of each of its rows.
    consumed : int
        Bytes (CSV) or rows of the input read so far, for the progress bar.
    """

    lines: npt.NDArray[np.int64]
    columns: list[Texts | Numbers]
    malformed: list[tuple[int, Message]]
    first_line: int
    raw: Any
    consumed: int

    def verbatim(self, lines: npt.NDArray[np.int64]) -> Any:
        """Return the rows on these lines as they stand in the input."""
        at = lines - self.first_line
        if isinstance(self.raw, np.ndarray):
            return np.searchsorted(self.raw, lines)
        if isinstance(self.raw, pa.Table):
            return self.raw.take(pa.array(at))
        starts, ends = _line_bounds(np.frombuffer(self.raw, dtype=np.uint8))
        wanted = np.zeros(len(starts), dtype=bool)
        wanted[at] = True
        characters = np.frombuffer(self.raw, dtype=np.uint8)
        return characters[np.repeat(wanted, ends - starts)].tobytes()


class Source(Protocol):
    """An input: its headings, and its rows block by block, as often as asked."""

    shown: str
    headings: list[str]
    size: int

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, each column in the form wanted or as distinct texts."""


def open_source(path: str | Path, encoding: str | None = None) -> CsvSource | ParquetSource:
    """Open an input file, CSV or Parquet by what it holds.

    Raises
    ------
    InputFileError
        There is no such file, or it is neither a CSV nor a Parquet file.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except IsADirectoryError:
        raise InputFileError(
            Words(
                f"{file}: is a folder; a CSV or Parquet file was expected",
                f"{file}: フォルダです。CSVまたはParquetのファイルを指定してください",
            )
        ) from None
    except FileNotFoundError:
        raise InputFileError(
            Words(
                f"{file}: there is no such file; check the path",
                f"{file}: ファイルがありません。パスを確認してください",
            )
        ) from None
    except OSError as error:
        raise InputFileError(
            Words(
                f"{file}: cannot be read: {error.strerror}",
                f"{file}: 読み込めません({error.strerror})",
            )
        ) from error
    if start == _PARQUET:
        return ParquetSource(file)
    if start == _WORKBOOK:
        raise InputFileError(
            Words(
                f"{file}: is an Excel workbook; save the sheet as CSV UTF-8",
                f"{file}: Excelのブックです。シートを「CSV UTF-8」で保存してください",
            )
        )
    return CsvSource(file, encoding)


def _line_bounds(
    characters: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where each line starts and where the next one does."""
    ends = np.flatnonzero(characters == _NEWLINE).astype(np.int64) + 1
    if not ends.size or ends[-1] != characters.size:
        ends = np.append(ends, characters.size)
    return np.concatenate(([0], ends[:-1])), ends


class CsvSource:
    """A CSV file, read in blocks of whole lines.

    A row is a line: no column of the contract can hold a line break, so a quotation mark left
    open spoils its own line and no other.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        ``utf-8`` or ``cp932``; without it UTF-8 is tried first, then CP932, both strictly.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.shown = str(path)
        self.size = path.stat().st_size
        if encoding is None:
            self._candidates = list(ENCODINGS)
        elif encoding.lower() in _ENCODING_NAMES:
            self._candidates = [_ENCODING_NAMES[encoding.lower()]]
        else:
            raise InputFileError(
                Words(
                    f"encoding {encoding!r} is unknown; give utf-8 or cp932",
                    f"文字コード「{encoding}」は使えません。utf-8 または cp932 を指定してください",
                )
            )
        with path.open("rb") as stream:
            self.raw_heading = stream.readline()
        self._settle_encoding()
        self.headings = self._read_headings()
        self._numbers = True

    def _settle_encoding(self) -> None:
        """Find the encoding that reads the whole file, before any row counts."""
        self._ascii = self._is_ascii()
        unread = 0
        for encoding in self._candidates:
            bad = None if self._ascii else self._undecodable(encoding)
            if bad is None:
                self.encoding = encoding
                return
            unread = bad
        tried = " nor ".join(encoding.upper() for encoding in self._candidates)
        negation = "neither" if len(self._candidates) > 1 else "not"
        particle = "でも" if len(self._candidates) > 1 else "では"
        tried_ja = "".join(f"{encoding.upper()}{particle}" for encoding in self._candidates)
        line = self._line_of(unread)
        raise InputFileError(
            Words(
                f"{self.shown}: {negation} {tried} (line {line}): save it as CSV UTF-8, or name "
                "its encoding",
                f"{self.shown}: {tried_ja}読めません({line}行目)。「CSV UTF-8」で保存するか、"
                "文字コードを指定してください",
            )
        )

    def _is_ascii(self) -> bool:
        """Say whether the whole file is ASCII; refuse what is no text."""
        piece = bytearray(_SCAN_BYTES)
        ascii_only = True
        with self.path.open("rb") as stream:
            while length := stream.readinto(piece):
                # Bytes beyond ASCII are negative here.
                characters = np.frombuffer(piece, dtype=np.int8, count=length)
                if characters.min() <= 0:
                    ascii_only = False
                    if (characters == 0).any():
                        raise InputFileError(
                            Words(
                                f"{self.shown}: is a binary file; a CSV file was expected",
                                f"{self.shown}: テキストではありません。CSVを指定してください",
                            )
                        )
        return ascii_only

    def _undecodable(self, encoding: str) -> int | None:
        """Return the first byte that an encoding cannot read, None where it reads all."""
        for raw, reached in self._raw_blocks(start=0):
            try:
                raw.decode(encoding)
            except UnicodeDecodeError as error:
                return reached - len(raw) + error.start
        return None

    def _line_of(self, byte: int) -> int:
        with self.path.open("rb") as stream:
            return stream.read(byte).count(b"\n") + 1

    def _read_headings(self) -> list[str]:
        if not self.raw_heading:
            raise InputFileError(
                Words(
                    f"{self.shown}: is empty; a line of headings was expected",
                    f"{self.shown}: 空のファイルです。1行目に見出しが必要です",
                )
            )
        line = self.raw_heading.removeprefix(BOM) if self.encoding == "utf-8" else self.raw_heading
        text = line.decode(self.encoding).rstrip("\r\n")
        if "\r" in text:
            raise InputFileError(
                Words(
                    f"{self.shown}: its lines end in CR alone; save it as CSV UTF-8 (lines ending "
                    "in LF or CRLF)",
                    f"{self.shown}: 改行がCRだけです。「CSV UTF-8」(改行はLFまたはCRLF)で"
                    "保存してください",
                )
            )
        try:
            return next(csv.reader([text], strict=True), [])
        except csv.Error as error:
            raise InputFileError(
                Words(
                    f"{self.shown}: line 1: not a CSV row: {error}",
                    f"{self.shown}: 1行目: CSVの行として読めません({error})。"
                    "引用符を確認してください",
                )
            ) from error

    def _raw_blocks(self, start: int) -> Iterator[tuple[bytearray, int]]:
        """Yield blocks of whole lines from a byte on, and how far each reaches."""
        reached, wanted = start, CSV_BLOCK_BYTES
        with self.path.open("rb") as stream:
            while True:
                stream.seek(reached)
                block = bytearray(wanted)
                length = stream.readinto(block)
                if not length:
                    return
                end = length if length < wanted else block.rfind(b"\n") + 1
                if not end:
                    # A line longer than the block.
                    wanted *= 2
                    continue
                del block[end:]
                reached, wanted = reached + end, CSV_BLOCK_BYTES
                yield block, reached

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        first_line = FIRST_ROW_LINE
        raw_blocks = self._raw_blocks(start=len(self.raw_heading))
        for parsed in in_order(raw_blocks, lambda block: self._parsed(*block, forms)):
            at = parsed.kept + first_line
            malformed = [(line + first_line, message) for line, message in parsed.malformed]
            yield Block(at, parsed.columns, malformed, first_line, parsed.raw, parsed.reached)
            first_line += parsed.lines

    def _parsed(self, raw: RawText, reached: int, forms: Sequence[Form]) -> _Parsed:
        """Tell the rows and cells of a block apart; several threads do so at once."""
        text: RawText = raw
        if self.encoding != "utf-8" and not self._ascii:
            text = raw.decode(self.encoding).encode()
        # Arrow takes a CR alone for the end of a row.
        table = None if _stray_returns(text) else self._table(text, forms)
        newlines = int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == _NEWLINE))
        lines = newlines + (not text.endswith(b"\n"))
        if table is not None and table.num_rows == lines:
            kept = np.arange(lines)
            malformed: list[tuple[int, Message]] = []
        else:
            text, kept, malformed = _well_formed(text, len(self.headings))
            table = self._table(text, forms)
            if table is None or table.num_rows != len(kept):
                raise InputFileError(
                    Words(
                        f"{self.shown}: the {lines} lines up to byte {reached} cannot be told "
                        "apart; put the quotation marks right",
                        f"{self.shown}: {reached}バイト目までの{lines}行を区切れません。"
                        "引用符を確認してください",
                    )
                )
        columns = [
            _column_of_arrow(column, form)
            for column, form in zip(table.columns, _read(forms), strict=True)
        ]
        return _Parsed(columns, kept, malformed, lines, raw, reached)

    def _table(self, text: RawText, forms: Sequence[Form]) -> pa.Table | None:
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

    def _table_of_types(self, text: RawText, types: list[pa.DataType | None]) -> pa.Table | None:
        """Read lines into one column per heading; None where they are not even, or of the types."""
        names = [str(at) for at in range(len(self.headings))]
        wanted = {name: kind for name, kind in zip(names, types, strict=True) if kind is not None}
        if not text:
            return pa.schema(list(wanted.items())).empty_table()
        uneven = []

        def note(row: Any) -> str:
            uneven.append(row)
            return "skip"

        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                read_options=arrow_csv.ReadOptions(
                    column_names=names, block_size=_ARROW_BLOCK_BYTES, use_threads=False
                ),
                parse_options=arrow_csv.ParseOptions(invalid_row_handler=note),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=wanted, include_columns=list(wanted), null_values=[""]
                ),
            )
        except pa.ArrowInvalid:
            return None
        return None if uneven else table


@dataclass(frozen=True)
class _Parsed:
    """A block whose rows are told apart; lines are counted from its own first one."""

    columns: list[Texts | Numbers]
    kept: npt.NDArray[np.int64]
    malformed: list[tuple[int, Message]]
    lines: int
    raw: RawText
    reached: int


def _read(forms: Sequence[Form]) -> list[Form]:
    return [form for form in forms if form != "unread"]


def _within(numbers: pa.ChunkedArray, least: int, most: int) -> bool:
    ends = compute.min_max(numbers).as_py()
    return ends["min"] is None or (least <= ends["min"] and ends["max"] <= most)


def _hexadecimal(text: RawText) -> bool:
    """Say whether Arrow might read a number such as 0x10, which the contract does not know."""
    return any(mark[1:] in text and mark in text for mark in (b"0x", b"0X"))


def _stray_returns(text: RawText) -> bool:
    return b"\r" in text and text.count(b"\r") != text.count(b"\r\n")


def _well_formed(
    text: RawText, cells: int
) -> tuple[bytes, npt.NDArray[np.int64], list[tuple[int, Message]]]:
    """Part the lines that have the right number of cells from those that have not.

    Returns
    -------
    text : bytes
        The good lines.
    kept : ndarray of int64
        Which lines of the block they are; blank lines are no rows and are passed over.
    malformed : list of (line, Message)
    """
    characters = np.frombuffer(text, dtype=np.uint8)
    starts, ends = _line_bounds(characters)

    def counted(character: int) -> npt.NDArray[np.int64]:
        sums = np.concatenate(([0], np.cumsum(characters == character)))
        return sums[ends] - sums[starts]

    bodies = ends - starts - (characters[ends - 1] == _NEWLINE)
    last = np.maximum(starts + bodies - 1, 0)
    ends_in_return = (bodies > 0) & (characters[last] == _RETURN)
    blank = bodies == ends_in_return
    found = counted(_COMMA) + 1
    quoted = counted(_QUOTE) > 0
    stray = counted(_RETURN) > ends_in_return
    unclosed = np.zeros(len(starts), dtype=bool)
    for at in np.flatnonzero(quoted & ~blank):
        line = text[starts[at] : starts[at] + bodies[at] - ends_in_return[at]].decode()
        number = _quoted_cells(line)
        unclosed[at], found[at] = number is None, number or 0
    good = ~blank & ~stray & ~unclosed & (found == cells)
    malformed = []
    for at in np.flatnonzero(~good & ~blank):
        if unclosed[at]:
            message = Message("malformed_row", "quotation")
        elif stray[at]:
            message = Message("malformed_row", "carriage_return")
        else:
            facts = {"found": int(found[at]), "expected": cells}
            message = Message("malformed_row", "cells", facts)
        malformed.append((int(at), message))
    return characters[np.repeat(good, ends - starts)].tobytes(), np.flatnonzero(good), malformed


def _quoted_cells(line: str) -> int | None:
    """Count the cells of a line with quotation marks; None where one is left open."""
    rest = _QUOTED_CELL.sub("", line)
    return None if _OPEN_QUOTE.search(rest) else rest.count(",") + 1


def _column_of_arrow(column: pa.ChunkedArray, form: Form) -> Texts | Numbers:
    """Turn an Arrow column of any type into the form wanted, or into distinct texts."""
    if isinstance(form, tuple) and pa.types.is_integer(column.type):
        whole = _one_array(column)
        if whole.null_count:
            whole = whole.cast(pa.int64()).fill_null(BLANK_NUMBER)
        return Numbers(whole.to_numpy(zero_copy_only=False).astype(np.int64, copy=False))
    if form == "texts" and column.type == pa.string() and not column.null_count:
        return Texts(_one_array(column), None)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = _one_array(column.unify_dictionaries() if column.num_chunks > 1 else column)
    texts = whole.dictionary
    if texts.type != pa.string() or texts.null_count:
        texts = pa.array([_cell_text(value) for value in texts.to_pylist()], pa.string())
    positions = whole.indices.cast(pa.int32())
    if positions.null_count:
        positions = positions.fill_null(len(texts))
        texts = pa.concat_arrays([texts, pa.array([""], pa.string())])
    return Texts(texts, positions.to_numpy(zero_copy_only=False).astype(np.int32, copy=False))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _cell_text(value: object) -> str:
    """Write a value of a frame or a Parquet file as a CSV would hold it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real) and not isinstance(value, str):
        # Blank cells make pandas hold whole numbers as floats.
        number = float(value)
        if math.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return str(value)


def plain_texts(table: pa.Table) -> pa.Table:
    """Turn views of text, of which Arrow cannot take single rows, into text."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
    return table


def damaged(path: Path, error: Exception) -> InputFileError:
    """Say that a Parquet file cannot be read."""
    return InputFileError(
        Words(
            f"{path}: is a damaged Parquet file: {error}",
            f"{path}: 壊れたParquetファイルです({error})",
        )
    )


class ParquetSource:
    """A Parquet file, read in batches of rows; row 1 counts as line 2, as in a CSV."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        try:
            with parquet.ParquetFile(path) as file:
                self.schema = file.schema_arrow
                self.size = file.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error
        self.headings = list(self.schema.names)

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a batch at a time."""
        encoded = [
            field.name
            for field, form in zip(self.schema, forms, strict=True)
            if pa.types.is_string(field.type) and form != "texts"
        ]
        first_line = FIRST_ROW_LINE
        with parquet.ParquetFile(self.path, read_dictionary=encoded) as file:
            try:
                for batch in file.iter_batches(batch_size=ROWS_OF_A_BLOCK):
                    table = plain_texts(pa.Table.from_batches([batch]))
                    columns = [
                        _column_of_arrow(column, form)
                        for column, form in zip(table.columns, forms, strict=True)
                    ]
                    at = np.arange(first_line, first_line + table.num_rows)
                    reached = first_line - FIRST_ROW_LINE + table.num_rows
                    yield Block(at, columns, [], first_line, table, reached)
                    first_line += table.num_rows
            except (pa.ArrowException, OSError) as error:
                raise damaged(self.path, error) from error


def not_a_frame(shown: str, found: str) -> Words:
    """Say that something else was given in place of a DataFrame."""
    return Words(
        f"{shown}: a DataFrame was expected, not {found}",
        f"{shown}: DataFrame を渡してください({found} でした)",
    )


class FrameSource:
    """A DataFrame; its index plays no part.

    Parameters
    ----------
    frame : DataFrame
    shown : str
        What to call it in messages.
    lines : ndarray of int64, optional
        The line of each row, ascending; without them the first row counts as line 2.
    """

    def __init__(
        self, frame: pd.DataFrame, shown: str, lines: npt.NDArray[np.int64] | None = None
    ) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise InputFileError(not_a_frame(shown, type(frame).__name__))
        self.frame = frame
        self.shown = shown
        self.headings = [str(name) for name in frame.columns]
        self.size = len(frame)
        self._lines = np.arange(FIRST_ROW_LINE, FIRST_ROW_LINE + len(frame))
        if lines is not None:
            self._lines = lines

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, so many at a time."""
        for start in range(0, len(self.frame), ROWS_OF_A_BLOCK):
            part = self.frame.iloc[start : start + ROWS_OF_A_BLOCK]
            columns = [
                _column_of_series(part.iloc[:, at], form)
                for at, form in enumerate(forms)
                if form != "unread"
            ]
            end = start + len(part)
            lines = self._lines[start:end]
            yield Block(lines, columns, [], int(lines[0]), self._lines, end)


def _column_of_series(series: pd.Series[Any], form: Form) -> Texts | Numbers:
    if isinstance(form, tuple) and isinstance(series.dtype, np.dtype) and series.dtype.kind == "i":
        return Numbers(series.to_numpy(dtype=np.int64))
    try:
        positions, values = pd.factorize(series, use_na_sentinel=True)
    except (TypeError, OverflowError):
        # A cell holds a list or the like, or pandas cannot tell Arrow's unsigned positions.
        positions, values = pd.factorize(pd.Series([_cell_text(value) for value in series]))
    texts = [value if isinstance(value, str) else _cell_text(value) for value in values]
    if (positions < 0).any():
        positions = np.where(positions < 0, len(texts), positions)
        texts.append("")
    return Texts(pa.array(texts, pa.string()), positions.astype(np.int32))


def held_frame(frame: pd.DataFrame, parts: Sequence[npt.NDArray[np.int64]]) -> pd.DataFrame:
    """Return the held rows of a caller's frame, in its order, on a new index."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    return frame.iloc[rows].reset_index(drop=True)

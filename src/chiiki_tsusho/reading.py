"""Files and frames to blocks of rows, each column as distinct texts and positions.

Nothing is interpreted here but the form: encodings, lines, cells. A block remembers the lines of
its rows and can give any of them back verbatim, for the file of held visits.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.messages import Message

CSV_BLOCK_BYTES = 1 << 24
ROWS_OF_A_BLOCK = 1 << 18
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
_WORKBOOK = b"PK\x03\x04"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Texts:
    """One column of a block: its distinct texts, and for each row the position of its text.

    ``positions`` is None where every row has its own entry in ``texts``.
    """

    texts: pa.StringArray
    positions: npt.NDArray[np.int32] | None


@dataclass(frozen=True)
class Block:
    """Some rows of an input, in its order.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
        Line of each row, the heading being line 1.
    columns : list of Texts
        In the order of the headings.
    malformed : list of (line, Message)
        Rows whose cells cannot be told apart; they are in no column.
    first_line : int
        Line of the first row of ``raw``.
    raw : bytes, pyarrow.Table or range
        The rows as they stand in the input, malformed ones included.
    consumed : int
        Bytes (CSV) or rows of the input read so far, for the progress bar.
    """

    lines: npt.NDArray[np.int64]
    columns: list[Texts]
    malformed: list[tuple[int, Message]]
    first_line: int
    raw: Any
    consumed: int

    def verbatim(self, lines: npt.NDArray[np.int64]) -> Any:
        """Return the rows on these lines as they stand in the input."""
        at = lines - self.first_line
        if isinstance(self.raw, range):
            return at + self.raw.start
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

    def blocks(self, whole_texts: frozenset[int]) -> Iterator[Block]:
        """Yield the rows; columns of ``whole_texts`` come without positions where that is cheap."""


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
        raise InputFileError(f"{file}: is a folder; a CSV or Parquet file was expected") from None
    except FileNotFoundError:
        raise InputFileError(f"{file}: there is no such file; check the path") from None
    except OSError as error:
        raise InputFileError(f"{file}: cannot be read: {error.strerror}") from error
    if start == _PARQUET:
        return ParquetSource(file)
    if start == _WORKBOOK:
        raise InputFileError(f"{file}: is an Excel workbook; save the sheet as CSV UTF-8")
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
            raise InputFileError(f"encoding {encoding!r} is unknown; give utf-8 or cp932")
        with path.open("rb") as stream:
            self.raw_heading = stream.readline()
        self._settle_encoding()
        self.headings = self._read_headings()

    def _settle_encoding(self) -> None:
        """Find the encoding that reads the whole file, before any row counts."""
        for encoding in self._candidates:
            bad = self._undecodable(encoding)
            if bad is None:
                self.encoding = encoding
                return
        tried = " nor ".join(encoding.upper() for encoding in self._candidates)
        negation = "neither" if len(self._candidates) > 1 else "not"
        raise InputFileError(
            f"{self.shown}: {negation} {tried} (line {self._line_of(bad)}): save it as CSV UTF-8, "
            "or name its encoding"
        )

    def _undecodable(self, encoding: str) -> int | None:
        """Return the first byte that an encoding cannot read, None where it reads all."""
        done = 0
        for raw, reached in self._raw_blocks(start=0):
            if b"\0" in raw:
                raise InputFileError(f"{self.shown}: is a binary file; a CSV file was expected")
            if not raw.isascii():
                try:
                    raw.decode(encoding)
                except UnicodeDecodeError as error:
                    return done + error.start
            done = reached
        return None

    def _line_of(self, byte: int) -> int:
        with self.path.open("rb") as stream:
            return stream.read(byte).count(b"\n") + 1

    def _read_headings(self) -> list[str]:
        if not self.raw_heading:
            raise InputFileError(f"{self.shown}: is empty; a line of headings was expected")
        line = self.raw_heading.removeprefix(BOM) if self.encoding == "utf-8" else self.raw_heading
        text = line.decode(self.encoding).rstrip("\r\n")
        if "\r" in text:
            raise InputFileError(
                f"{self.shown}: its lines end in CR alone; save it as CSV UTF-8 (lines ending in LF "
                "or CRLF)"
            )
        try:
            return next(csv.reader([text], strict=True), [])
        except csv.Error as error:
            raise InputFileError(f"{self.shown}: line 1: not a CSV row: {error}") from error

    def _raw_blocks(self, start: int) -> Iterator[tuple[bytes, int]]:
        """Yield blocks of whole lines from a byte on, and how far each reaches."""
        with self.path.open("rb") as stream:
            stream.seek(start)
            reached = start
            rest = b""
            while piece := stream.read(CSV_BLOCK_BYTES):
                end = piece.rfind(b"\n") + 1
                if not end:
                    rest += piece
                    continue
                block, rest = rest + piece[:end], piece[end:]
                reached += len(block)
                yield block, reached
            if rest:
                yield rest, reached + len(rest)

    def blocks(self, whole_texts: frozenset[int]) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        first_line = FIRST_ROW_LINE
        for raw, reached in self._raw_blocks(start=len(self.raw_heading)):
            text = raw
            if self.encoding != "utf-8" and not raw.isascii():
                text = raw.decode(self.encoding).encode()
            lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
            table = self._parse(text, whole_texts)
            if table is not None and table.num_rows == lines:
                at = np.arange(first_line, first_line + lines)
                malformed: list[tuple[int, Message]] = []
            else:
                text, kept, malformed = _well_formed(text, len(self.headings), first_line)
                table = self._parse(text, whole_texts)
                if table is None or table.num_rows != len(kept):
                    raise InputFileError(
                        f"{self.shown}: lines {first_line} to {first_line + lines - 1}: the rows "
                        "cannot be told apart; put the quotation marks right"
                    )
                at = kept + first_line
            columns = [_texts_of_arrow(column) for column in table.columns]
            yield Block(at, columns, malformed, first_line, raw, reached)
            first_line += lines

    def _parse(self, text: bytes, whole_texts: frozenset[int]) -> pa.Table | None:
        """Read lines into one dictionary column per heading; None where they are not even."""
        names = [str(at) for at in range(len(self.headings))]
        if not text:
            return pa.table({name: pa.array([], pa.string()) for name in names})
        uneven = []

        def note(row: Any) -> str:
            uneven.append(row)
            return "skip"

        types = {
            name: pa.string() if at in whole_texts else pa.dictionary(pa.int32(), pa.string())
            for at, name in enumerate(names)
        }
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=1 << 22),
                parse_options=arrow_csv.ParseOptions(invalid_row_handler=note),
                convert_options=arrow_csv.ConvertOptions(column_types=types),
            )
        except pa.ArrowInvalid:
            return None
        return None if uneven else table


def _well_formed(
    text: bytes, cells: int, first_line: int
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
        malformed.append((first_line + int(at), message))
    return characters[np.repeat(good, ends - starts)].tobytes(), np.flatnonzero(good), malformed


def _quoted_cells(line: str) -> int | None:
    """Count the cells of a line with quotation marks; None where one is left open."""
    try:
        return len(next(csv.reader([line], strict=True)))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        return len(next(csv.reader([line])))


def _texts_of_arrow(column: pa.ChunkedArray) -> Texts:
    """Turn an Arrow column of any type into distinct texts and positions."""
    if column.type == pa.string() and not column.null_count:
        return Texts(_one_array(column), None)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = _one_array(column.unify_dictionaries())
    texts = whole.dictionary
    if texts.type != pa.string() or texts.null_count:
        texts = pa.array([_cell_text(value) for value in texts.to_pylist()], pa.string())
    positions = whole.indices
    if positions.null_count:
        positions = positions.fill_null(len(texts))
        texts = pa.concat_arrays([texts, pa.array([""], pa.string())])
    return Texts(texts, positions.to_numpy(zero_copy_only=False).astype(np.int32, copy=False))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _cell_text(value: object) -> str:
    """Write a value of a frame or a Parquet file as a CSV would hold it."""
    if value is None:
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
            raise InputFileError(f"{path}: is a damaged Parquet file: {error}") from error
        self.headings = list(self.schema.names)

    def blocks(self, whole_texts: frozenset[int]) -> Iterator[Block]:
        """Yield the rows, a batch at a time."""
        encoded = [
            field.name
            for at, field in enumerate(self.schema)
            if pa.types.is_string(field.type) and at not in whole_texts
        ]
        first_line = FIRST_ROW_LINE
        with parquet.ParquetFile(self.path, read_dictionary=encoded) as file:
            try:
                for batch in file.iter_batches(batch_size=ROWS_OF_A_BLOCK):
                    table = pa.Table.from_batches([batch])
                    columns = [_texts_of_arrow(column) for column in table.columns]
                    at = np.arange(first_line, first_line + table.num_rows)
                    reached = first_line - FIRST_ROW_LINE + table.num_rows
                    yield Block(at, columns, [], first_line, table, reached)
                    first_line += table.num_rows
            except pa.ArrowException as error:
                raise InputFileError(f"{self.path}: is a damaged Parquet file: {error}") from error


class FrameSource:
    """A DataFrame; its index plays no part, its first row counts as line 2."""

    def __init__(self, frame: pd.DataFrame, shown: str) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise InputFileError(f"{shown}: a DataFrame was expected, not {type(frame).__name__}")
        self.frame = frame
        self.shown = shown
        self.headings = [str(name) for name in frame.columns]
        self.size = len(frame)

    def blocks(self, whole_texts: frozenset[int]) -> Iterator[Block]:
        """Yield the rows, so many at a time."""
        for start in range(0, len(self.frame), ROWS_OF_A_BLOCK):
            part = self.frame.iloc[start : start + ROWS_OF_A_BLOCK]
            columns = [_texts_of_series(part.iloc[:, at]) for at in range(part.shape[1])]
            first_line = start + FIRST_ROW_LINE
            lines = np.arange(first_line, first_line + len(part))
            yield Block(
                lines, columns, [], first_line, range(start, start + len(part)), start + len(part)
            )


def _texts_of_series(series: pd.Series[Any]) -> Texts:
    positions, values = pd.factorize(series, use_na_sentinel=True)
    texts = [value if isinstance(value, str) else _cell_text(value) for value in values]
    if (positions < 0).any():
        positions = np.where(positions < 0, len(texts), positions)
        texts.append("")
    return Texts(pa.array(texts, pa.string()), positions.astype(np.int32))


def held_frame(frame: pd.DataFrame, parts: Sequence[npt.NDArray[np.int64]]) -> pd.DataFrame:
    """Return the held rows of a caller's frame, in its order, on a new index."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    return frame.iloc[rows].reset_index(drop=True)


def csv_heading_bytes(names: Sequence[str]) -> bytes:
    """Write a line of headings."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerow(names)
    return stream.getvalue().encode()

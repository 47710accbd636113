"""CSV files to blocks of rows: encodings, lines, quotation marks, malformed rows by name."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Joined, Text
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.reading.blocks import (
    FIRST_ROW_LINE,
    NEWLINE,
    Block,
    Form,
    ReadColumn,
    column_of_arrow,
    line_bounds,
)
from chiiki_tsusho.reading.plain_csv import PlainLines
from chiiki_tsusho.reading.threads import in_order

CSV_BLOCK_BYTES = 1 << 23
BOM = b"\xef\xbb\xbf"
# A damaged CSV is never told apart by guessing further encodings than these, in this order.
ENCODINGS = ("utf-8", "cp932")
_ENCODING_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8",
    "cp932": "cp932", "ms932": "cp932", "windows-31j": "cp932", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932",
}  # fmt: skip
_RETURN, _COMMA, _QUOTE = b'\r,"'
# A mark opens only at the start of a cell; inside, two stand for one.
_QUOTED_CELL = re.compile(r'(?:^|(?<=,))"(?:[^"]++|"")*+"')
_OPEN_QUOTE = re.compile(r'(?:^|,)"')
# Small enough to stay in the cache of the processor.
_SCAN_BYTES = 1 << 20
# Rarely is a line longer.
_LINE_BYTES = 1 << 12
_ARROW_BLOCK_BYTES = 1 << 21
_NUMBER = pa.int16()
_ARROW_TYPES: dict[Form, pa.DataType | None] = {
    "texts": pa.string(),
    "few": pa.dictionary(pa.int32(), pa.string()),
    "distinct": pa.dictionary(pa.int32(), pa.string()),
    "unread": None,
}


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
        if encoding is None:
            self._candidates = list(ENCODINGS)
        elif encoding.lower() in _ENCODING_NAMES:
            self._candidates = [_ENCODING_NAMES[encoding.lower()]]
        else:
            raise InputFileError(
                Text("encoding {encoding!r} is unknown; give utf-8 or cp932", encoding=encoding)
            )
        self._stream: BinaryIO | None = None
        self._reading = Lock()
        with path.open("rb") as stream:
            self._state = _state(stream)
            self.size = os.fstat(stream.fileno()).st_size
            if b"\0" in stream.read(_SCAN_BYTES):
                raise self._binary()
            stream.seek(0)
            self.raw_heading = stream.readline()
        self._encoding = self._candidates[0]
        self._settled = False
        self._refused: InputFileError | None = None
        self._settling = Lock()
        self.headings = self._read_headings(self._decoded(self.raw_heading))
        self._numbers = True
        self._plain: PlainLines | None = None

    @property
    def encoding(self) -> str:
        """The encoding that reads the whole file."""
        with self._settling:
            if self._refused is not None:
                raise self._refused
            if not self._settled:
                try:
                    self._settle_encoding()
                except InputFileError as error:
                    self._refused = error
                    raise
        return self._encoding

    def _decoded(self, raw: bytes) -> bytes:
        """Return lines as UTF-8.

        ASCII is the same in every encoding; the first lines that are more settle which it is, for
        the whole file: no result is out before every line is read.
        """
        if raw.isascii() and b"\0" not in raw:
            return raw
        return raw if self.encoding == "utf-8" else raw.decode(self.encoding).encode()

    def _settle_encoding(self) -> None:
        """Find the encoding that reads the whole file."""
        ascii_only = self._is_ascii()
        unread = 0
        for encoding in self._candidates:
            bad = None if ascii_only else self._undecodable(encoding)
            if bad is None:
                self._encoding, self._settled = encoding, True
                return
            unread = bad
        names = [encoding.upper() for encoding in self._candidates]
        not_these = (
            Text("neither {names}", names=Joined(names, Text(" nor ")))
            if len(names) > 1
            else Text("not {name}", name=names[0])
        )
        line = self._line_of(unread)
        raise InputFileError(
            Text(
                "{shown}: {not_these} (line {line}): save it as CSV UTF-8, or name its encoding",
                shown=self.shown,
                not_these=not_these,
                line=line,
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
                        raise self._binary()
        return ascii_only

    def _binary(self) -> InputFileError:
        return InputFileError(
            Text("{shown}: is a binary file; a CSV file was expected", shown=self.shown)
        )

    def _undecodable(self, encoding: str) -> int | None:
        """Return the first byte that an encoding cannot read, None where it reads all."""
        with self._opened():
            for start, end in self._parts(start=0):
                try:
                    self._raw(start, end).decode(encoding)
                except UnicodeDecodeError as error:
                    return start + error.start
        return None

    def _line_of(self, byte: int) -> int:
        with self.path.open("rb") as stream:
            return stream.read(byte).count(b"\n") + 1

    def _read_headings(self, line: bytes) -> list[str]:
        if not line:
            raise InputFileError(
                Text("{shown}: is empty; a line of headings was expected", shown=self.shown)
            )
        text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
        if "\r" in text:
            raise InputFileError(
                Text(
                    "{shown}: its lines end in CR alone; save it as CSV UTF-8 (lines ending in LF "
                    "or CRLF)",
                    shown=self.shown,
                )
            )
        try:
            return next(csv.reader([text], strict=True), [])
        except csv.Error as error:
            raise InputFileError(
                Text("{shown}: line 1: not a CSV row: {why}", shown=self.shown, why=str(error))
            ) from error

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Keep the file open while it is read from end to end, and refuse one that changes."""
        if self._stream is not None:
            yield
            return
        try:
            stream = self.path.open("rb", buffering=0)
        except OSError as error:
            raise self._changed() from error
        with stream:
            self._stream = stream
            try:
                yield
            finally:
                self._stream = None
            if _state(stream) != self._state:
                raise self._changed()

    def _changed(self) -> InputFileError:
        return InputFileError(
            Text(
                "{shown}: has changed while it was read; begin again when nothing writes to it",
                shown=self.shown,
            )
        )

    def _at(self, start: int, size: int) -> bytes:
        """Return so many bytes from one on, fewer only at the end of the file."""
        assert self._stream is not None
        parts: list[bytes] = []
        with self._reading:
            self._stream.seek(start)
            while size and (part := self._stream.read(size)):
                parts.append(part)
                size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _parts(self, start: int) -> Iterator[tuple[int, int]]:
        """Yield where blocks of whole lines start and end, from a byte on."""
        while start < self.size:
            end, found = start + CSV_BLOCK_BYTES - 1, -1
            while found < 0 and (piece := self._at(end, _LINE_BYTES)):
                found = piece.find(b"\n")
                end += len(piece) if found < 0 else found + 1
            end = min(end, self.size)
            yield start, end
            start = end

    def _raw(self, start: int, end: int) -> bytes:
        """Return the bytes of a block."""
        raw = self._at(start, end - start)
        if len(raw) < end - start:
            raise self._changed()
        return raw

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        first_line = FIRST_ROW_LINE
        self._expect(forms)
        with self._opened():
            parts = self._parts(start=len(self.raw_heading))
            for parsed in in_order(parts, lambda part: self._parsed(*part, forms)):
                at = parsed.kept + first_line
                malformed = [(line + first_line, message) for line, message in parsed.malformed]
                yield Block(at, parsed.columns, malformed, first_line, parsed.raw, parsed.reached)
                first_line += parsed.lines

    def _expect(self, forms: Sequence[Form]) -> None:
        """Remember the texts met when the columns were last wanted in these forms."""
        if self._plain is None or self._plain.forms != list(forms):
            self._plain = PlainLines(forms)

    def _parsed(self, start: int, reached: int, forms: Sequence[Form]) -> _Parsed:
        """Read a block and tell its rows and cells apart; several threads do so at once."""
        raw = self._raw(start, reached)
        text = self._decoded(raw)
        plain = self._plain.read(text) if self._plain is not None else None
        if plain is not None:
            lines, columns = plain
            return _Parsed(columns, np.arange(lines), [], lines, raw, reached)
        # Arrow takes a CR alone for the end of a row.
        table = None if _stray_returns(text) else self._table(text, forms)
        newlines = int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == NEWLINE))
        lines = newlines + (not text.endswith(b"\n"))
        if table is not None and table.num_rows == lines:
            kept = np.arange(lines)
            malformed: list[tuple[int, Message]] = []
        else:
            text, kept, malformed = _well_formed(text, len(self.headings))
            table = self._table(text, forms)
            if table is None or table.num_rows != len(kept):
                raise InputFileError(
                    Text(
                        "{shown}: the {lines} lines up to byte {reached} cannot be told apart; put "
                        "the quotation marks right",
                        shown=self.shown,
                        lines=lines,
                        reached=reached,
                    )
                )
        of_arrow = [
            column_of_arrow(column, form)
            for column, form in zip(table.columns, _read(forms), strict=True)
        ]
        return _Parsed(of_arrow, kept, malformed, lines, raw, reached)

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


def _state(stream: BinaryIO) -> tuple[int, int, int]:
    """Tell a file from another, and from itself after a change."""
    state = os.fstat(stream.fileno())
    return state.st_ino, state.st_size, state.st_mtime_ns


@dataclass(frozen=True)
class _Parsed:
    """A block whose rows are told apart; lines are counted from its own first one."""

    columns: Sequence[ReadColumn]
    kept: npt.NDArray[np.int64]
    malformed: list[tuple[int, Message]]
    lines: int
    raw: bytes
    reached: int


def _read(forms: Sequence[Form]) -> list[Form]:
    return [form for form in forms if form != "unread"]


def _within(numbers: pa.ChunkedArray, least: int, most: int) -> bool:
    ends = compute.min_max(numbers).as_py()
    return ends["min"] is None or (least <= ends["min"] and ends["max"] <= most)


def _hexadecimal(text: bytes) -> bool:
    """Say whether Arrow might read a number such as 0x10, which the contract does not know."""
    return any(mark[1:] in text and mark in text for mark in (b"0x", b"0X"))


def _stray_returns(text: bytes) -> bool:
    return b"\r" in text and text.count(b"\r") != text.count(b"\r\n")


def _well_formed(
    text: bytes, cells: int
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
    starts, ends = line_bounds(characters)

    def counted(character: int) -> npt.NDArray[np.int64]:
        sums = np.concatenate(([0], np.cumsum(characters == character)))
        return sums[ends] - sums[starts]

    bodies = ends - starts - (characters[ends - 1] == NEWLINE)
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

"""CSV files to blocks of rows: encodings, blocks of whole lines, a file that changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np

from chiiki_tsusho.csv_rows import CsvRowError, csv_rows
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.blocks import (
    BEGINNING_ROWS,
    Block,
    Form,
    OneTable,
    SourceFile,
    Wanted,
)
from chiiki_tsusho.reading.csv_encodings import (
    ENCODINGS,
    IN_BLANK_LINES,
    LINE_FEEDS,
    encoding_of_mark,
    known_encoding,
    parted_by_tabs,
    refusal,
    with_commas,
)
from chiiki_tsusho.reading.csv_rows import RawLines, RowReader
from chiiki_tsusho.reading.file_state import changed, opened_again, state_of
from chiiki_tsusho.reading.left_out_ends import LeftOutEnds, left_out_ends, with_ends
from chiiki_tsusho.reading.threads import in_order
from chiiki_tsusho.whole_files import visible_path

CSV_BLOCK_BYTES = 1 << 23
# Small enough to stay in the cache of the processor.
_SCAN_BYTES = 1 << 20
# Rarely is a line longer.
_LINE_BYTES = 1 << 12
_LINES_OF_A_HEADING = 40
_BEGINNING_BYTES = 1 << 16


class CsvSource(OneTable):
    """A CSV file, read in blocks of whole lines.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        ``utf-8``, ``cp932`` or ``utf-16``; without it UTF-16 is known by its mark, and of the
        others UTF-8 is tried first, then CP932, both strictly.
    """

    kind = "csv"

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.shown = visible_path(path)
        self._candidates = list(ENCODINGS) if encoding is None else [known_encoding(encoding)]
        self._stream: BinaryIO | None = None
        self._reading = Lock()
        self._settling, self._looking = Lock(), Lock()
        # Once it is asked where Excel left blank cells out.
        self._left_out: LeftOutEnds | None = None
        self._refused: InputFileError | None = None
        with path.open("rb") as stream:
            self._state = state_of(stream)
            start = stream.read(_SCAN_BYTES)
            self._start_encoding(start)
            self.size = self._state[1] - self._ends_in_mark(stream)
            # Excel's "Unicode text" is parted by tabs, also below a title.
            self.tabs = self._encoding in LINE_FEEDS and parted_by_tabs(
                start.decode(self._encoding, "replace")
            )
            stream.seek(0)
            self.raw_heading, self.headings = self._read_headings(stream)
            self._rows_start = stream.tell()
        heading = self.raw_heading
        if self._encoding in LINE_FEEDS:
            heading = heading.decode(self._encoding).encode()
        self.first_line = self.heading_line + max(heading.count(b"\n"), 1)
        self._rows = RowReader(len(self.headings))
        # Of each block and of the end, once all are read.
        self._firsts: list[int] = []

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The file, whose first line is line 1."""
        return (SourceFile(self.path, self.shown, 0),)

    @property
    def notes(self) -> Sequence[Text]:
        """Before which heading rows end from which Excel left out blank cells."""
        if self._left_out is None or not self._left_out.fewest:
            return ()
        return (
            Text(
                "{file}: some rows end before heading {heading!r}, as Excel writes them where the "
                "last cells of 16 rows are blank; these cells are read as blank",
                file=self.shown,
                heading=self.headings[self._left_out.fewest],
            ),
        )

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

    @property
    def _mark(self) -> str:
        """What parts the cells of lines as they stand."""
        return "\t" if self.tabs else ","

    def _start_encoding(self, start: bytes) -> None:
        """Tell UTF-16 by its mark; refuse what is no text, or in an encoding that is not read."""
        of_mark = encoding_of_mark(start, self._candidates)
        if of_mark is not None:
            self._candidates = [of_mark]
        self._encoding = self._candidates[0]
        self._settled = of_mark is not None
        if of_mark is None and (refused := refusal(start, self._encoding)) is not None:
            raise self._fault(refused)

    def _ends_in_mark(self, stream: BinaryIO) -> bool:
        """Say whether a file ends in the character with which programs of DOS end a text."""
        if self._encoding in LINE_FEEDS or not self._state[1]:
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\x1a"

    def _decoded(self, raw: bytes) -> bytes:
        """Return lines as UTF-8, their cells parted by commas."""
        if self._encoding_of(raw) == "utf-8":
            return raw
        text = self._text(raw)
        return with_commas(text).encode() if self.tabs else text.encode()

    def _text(self, raw: bytes) -> str:
        """Return lines as they stand, as text."""
        encoding = self._encoding_of(raw)
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            # They may stand anywhere in the file.
            bad = self._undecodable(encoding) or 0
            raise self._undecoded({encoding: self._line_of(bad)}) from error

    def _encoding_of(self, raw: bytes) -> str:
        """Return the encoding that reads lines.

        ASCII is the same in every encoding; the first lines that are more settle which it is, for
        the whole file: no result is out before every line is read.
        """
        return "utf-8" if self._encoding not in LINE_FEEDS and raw.isascii() else self.encoding

    def _settle_encoding(self) -> None:
        """Find the encoding that reads the whole file."""
        ascii_only = self._is_ascii()
        unread: dict[str, int] = {}
        for encoding in self._candidates:
            bad = None if ascii_only else self._undecodable(encoding)
            if bad is None:
                self._encoding, self._settled = encoding, True
                return
            unread[encoding] = self._line_of(bad)
        raise self._undecoded(unread)

    def _undecoded(self, unread: dict[str, int]) -> InputFileError:
        """Say on which line each encoding fails; the one that comes furthest is the likely one."""
        furthest = sorted(unread, key=lambda one: -unread[one])
        lines = [
            Text("{encoding} (line {line:,})", encoding=one.upper(), line=unread[one])
            for one in furthest
        ]
        if len(lines) == 1:
            return self._fault(
                Text(
                    "is not {encoding}; save it as CSV UTF-8, or name its encoding",
                    encoding=lines[0],
                )
            )
        return self._fault(
            Text(
                "is neither {first} nor {second}; save it as CSV UTF-8, or name its encoding",
                first=lines[0],
                second=lines[1],
            )
        )

    def _is_ascii(self) -> bool:
        """Say whether the whole file is ASCII."""
        piece = bytearray(_SCAN_BYTES)
        with self.path.open("rb") as stream:
            while length := stream.readinto(piece):
                # Bytes beyond ASCII are negative here.
                if np.frombuffer(piece, dtype=np.int8, count=length).min() < 0:
                    return False
        return True

    def _fault(self, fault: Text) -> InputFileError:
        return InputFileError(Text("{file}: {fault}", file=self.shown, fault=fault))

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
            before = stream.read(byte)
        if self._encoding in LINE_FEEDS:
            before = before.decode(self._encoding).encode()
        return before.count(b"\n") + 1

    def _read_headings(self, stream: BinaryIO) -> tuple[bytes, list[str]]:
        """Return the lines of the headings as they stand, and the headings."""
        raw, mark = self._line(stream), b""
        # Blank lines above are none, as between the rows.
        while raw and not self._decoded(raw).decode().strip(IN_BLANK_LINES):
            mark = "\ufeff".encode(self._encoding) if self._encoding in LINE_FEEDS else b""
            self.heading_line += 1
            raw = self._line(stream)
        if not raw:
            raise self._fault(Text("is empty; a line of headings was expected"))
        raw = mark + raw
        headings = self._cells(raw)
        # A heading may hold a line break, within quotation marks.
        for _ in range(_LINES_OF_A_HEADING):
            if headings is not None or not (more := self._line(stream)):
                break
            raw += more
            headings = self._cells(raw)
        if headings is None:
            raise self._fault(
                Text(
                    "line 1: a quotation mark is opened and not closed; put the quotation "
                    "marks right"
                )
            )
        return raw, headings

    def _line(self, stream: BinaryIO) -> bytes:
        """Read a line of the file as it stands."""
        line = stream.readline()
        end = LINE_FEEDS.get(self._encoding)
        if end is None:
            return line
        # A line feed of UTF-16 is two bytes, and they begin where a character does.
        while line and not (line.endswith(end) and len(line) % 2 == 0):
            half = len(line) % 2 and end == b"\n\0"
            if not (more := stream.read(1) if half else stream.readline()):
                break
            line += more
        return line

    def _cells(self, raw: bytes) -> list[str] | None:
        """Return the headings, None where a quotation mark is left open."""
        text = self._text(raw).lstrip("\ufeff").rstrip("\r\n")
        if "\r" in text.replace("\r\n", ""):
            raise self._fault(
                Text("its lines end in CR alone; save it as CSV UTF-8 (lines ending in LF or CRLF)")
            )
        try:
            _, cells = next(csv_rows(text, self._mark), (1, []))
        except CsvRowError as error:
            if error.left_open:
                return None
            raise self._fault(
                Text("line {line}: {fault}", line=error.line, fault=error.fault)
            ) from error
        return cells or [""]

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows; of what can be read."""
        with self.path.open("rb") as stream:
            stream.seek(self._rows_start)
            start = stream.read(_BEGINNING_BYTES)
        whole = start[: self._whole_lines(start)]
        lines, begun = self._text(whole).split("\n"), 0
        for _ in range(BEGINNING_ROWS):
            rows = csv_rows("\n".join(lines[begun:]), self._mark)
            try:
                for line, cells in islice(rows, BEGINNING_ROWS):
                    yield self.first_line + begun + line - 1, cells
            except CsvRowError as error:
                begun += error.line
            else:
                break

    def _whole_lines(self, raw: bytes) -> int:
        """Return the length of the whole lines of some bytes, all where the file ends there."""
        if self._rows_start + len(raw) >= self.size:
            return len(raw)
        end = LINE_FEEDS.get(self._encoding, b"\n")
        at = raw.rfind(end)
        while at > 0 and at % len(end):
            at = raw.rfind(end, 0, at)
        return at + len(end) if at >= 0 else 0

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Keep the file open while it is read from end to end, and refuse one that changes."""
        if self._stream is not None:
            yield
            return
        with opened_again(self.path, self.shown, self._state, buffering=0) as stream:
            self._stream = stream
            try:
                yield
            finally:
                self._stream = None

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

    def _parts(self, start: int, size: int = 0) -> Iterator[tuple[int, int]]:
        """Yield where blocks of whole lines start and end, from a byte on."""
        size = size or CSV_BLOCK_BYTES
        line_feed = LINE_FEEDS.get(self._encoding, b"\n")
        unit = len(line_feed)
        while start < self.size:
            end, found = start + max(size // unit - 1, 0) * unit, -1
            while found < 0 and (piece := self._at(end, _LINE_BYTES)):
                found = piece.find(line_feed)
                while found % unit and found >= 0:
                    found = piece.find(line_feed, found + 1)
                end += len(piece) if found < 0 else found + unit
            end = min(end, self.size)
            yield start, end
            start = end

    def _raw(self, start: int, end: int) -> bytes:
        """Return the bytes of a block."""
        raw = self._at(start, end - start)
        if len(raw) < end - start:
            raise changed(self.shown)
        return raw

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        firsts = [self.first_line]
        self._rows.expect(forms)
        with self._opened():
            parts = self._parts(start=self._rows_start)
            if wanted is not None and self._firsts:
                firsts = [one for one in self._firsts if wanted(one)]
                parts = (
                    part for part, one in zip(parts, self._firsts, strict=False) if wanted(one)
                )
            parsed = in_order(parts, lambda part: self._parsed(*part, forms))
            for at, (block, lines) in enumerate(parsed):
                yield block.moved(firsts[at])
                if wanted is None:
                    firsts.append(firsts[at] + lines)
        if wanted is None:
            self._firsts = firsts

    def _ends_left_out(self) -> LeftOutEnds:
        """Say where Excel left out blank last cells: the whole file shows it, or it did not."""
        with self._looking:
            if self._left_out is None:
                parts = self._parts(self._rows_start, _SCAN_BYTES)
                texts = (self._decoded(self._raw(start, end)) for start, end in parts)
                self._left_out = left_out_ends(texts, len(self.headings), self.heading_line)
        return self._left_out

    def _with_ends(self, raw: bytes, alone: Ints) -> bytes:
        """Return lines as they stand, and with the blank last cells that Excel left out."""
        told, cells = self._decoded(raw), len(self.headings)
        whole = with_ends(self._text(raw), told, cells, self._mark, alone)
        return whole.encode(self._encoding_of(raw))

    def read_as(self, other: CsvSource) -> None:
        """Read rows with the reader of a file of the same headings, whose texts are numbered."""
        self._rows = other._rows

    def _parsed(self, start: int, reached: int, forms: Sequence[Form]) -> tuple[Block, int]:
        """Read a block whose first line is line 0; return how many lines there are as well.

        Several threads do so at once.
        """
        raw = self._raw(start, reached)
        rows = self._rows.read(self._decoded(raw), forms)
        if rows is not None and rows.malformed.cells_found.any() and self._ends_left_out().fewest:
            alone = self._ends_left_out().alone
            if alone.size:
                alone = alone + (self.first_line - self._line_of(start))
                alone = alone[(alone >= 0) & (alone < rows.lines)]
            raw = self._with_ends(raw, alone)
            rows = self._rows.read(self._decoded(raw), forms)
        if rows is None:
            raise self._fault(
                Text(
                    "the lines up to byte {reached:,} cannot be told apart; put the quotation "
                    "marks right",
                    reached=reached,
                )
            )
        given = RawLines(raw, LINE_FEEDS.get(self._encoding, b"\n"))
        block = Block(rows.kept, rows.columns, rows.malformed, 0, given, reached, rows.mended)
        return block, rows.lines

"""Lines of CSV files that are in memory: not all of a file, and perhaps of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.reading.blocks import Block, Form, RawPositions, SourceFile
from chiiki_tsusho.reading.csv_file import CSV_BLOCK_BYTES
from chiiki_tsusho.reading.csv_rows import ReadRows, RowReader
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.threads import in_order


class LineSource:
    """Lines read as those of a file are.

    Parameters
    ----------
    text : bytes
        UTF-8, without a heading; every line ends in a line feed.
    lines : ndarray of int64
        The number of each line, ascending.
    headings : sequence of str
    shown : str
        What to call them in messages.
    """

    heading_line = 1
    ignored: frozenset[str] = frozenset()
    kind = "lines"

    def __init__(self, text: bytes, lines: Ints, headings: Sequence[str], shown: str) -> None:
        self.shown = shown
        self.headings = list(headings)
        self.size = len(text)
        self._rows = RowReader(len(self.headings))
        self._text = text
        self._lines = lines

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """No file, whose first row is line 2."""
        return (SourceFile(None, self.shown, 0),)

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield no rows: their headings stand elsewhere."""
        return iter(())

    def _parts(self) -> Iterator[bytes]:
        start = 0
        while start < self.size:
            end = self._text.find(b"\n", start + CSV_BLOCK_BYTES) + 1 or self.size
            yield self._text[start:end]
            start = end

    def _read(self, text: bytes, forms: Sequence[Form]) -> ReadRows:
        rows = self._rows.read(text, forms)
        if rows is None:
            raise InputFileError(
                Text(
                    "{file}: {n:,} lines cannot be told apart; put the quotation marks right",
                    file=self.shown,
                    n=text.count(b"\n"),
                )
            )
        return rows

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        first, reached = 0, 0
        self._rows.expect(forms)
        raw = RawPositions(self._lines)
        for part, rows in in_order(self._parts(), lambda part: (part, self._read(part, forms))):
            reached += len(part)
            at = self._lines[first + rows.kept]
            malformed = [
                (int(self._lines[first + line]), message) for line, message in rows.malformed
            ]
            yield Block(at, rows.columns, malformed, 0, raw, reached)
            first += rows.lines


def line_ends(text: bytes) -> Ints:
    """Return where each line ends, after its line feed."""
    characters = np.frombuffer(text, dtype=np.uint8)
    return np.flatnonzero(characters == ord("\n")).astype(np.int64) + 1

"""Lines of CSV files that are in memory: not all of a file, and perhaps of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chiiki_tsusho.reading.blocks import Block, Form
from chiiki_tsusho.reading.csv_file import CSV_BLOCK_BYTES, CsvSource
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.threads import in_order


class LineSource(CsvSource):
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

    def __init__(self, text: bytes, lines: Ints, headings: Sequence[str], shown: str) -> None:
        self.shown = shown
        self.headings = list(headings)
        self.size = len(text)
        self._numbers = True
        self._plain = None
        self._text = text
        self._lines = lines

    def _parts(self, start: int) -> Iterator[tuple[int, int]]:
        while start < self.size:
            end = self._text.find(b"\n", start + CSV_BLOCK_BYTES) + 1 or self.size
            yield start, end
            start = end

    def _raw(self, start: int, end: int) -> bytes:
        return self._text[start:end]

    def _decoded(self, raw: bytes) -> bytes:
        return raw

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a block of whole lines at a time."""
        first = 0
        self._expect(forms)
        for parsed in in_order(self._parts(0), lambda part: self._parsed(*part, forms)):
            at = self._lines[first + parsed.kept]
            malformed = [
                (int(self._lines[first + line]), message) for line, message in parsed.malformed
            ]
            yield Block(at, parsed.columns, malformed, 0, self._lines, parsed.reached)
            first += parsed.lines


def line_ends(text: bytes) -> Ints:
    """Return where each line ends, after its line feed."""
    characters = np.frombuffer(text, dtype=np.uint8)
    return np.flatnonzero(characters == ord("\n")).astype(np.int64) + 1

"""Lines of CSV without quotation marks but around whole cells, told apart by their commas alone.

Nearly every file is of such lines, and a block of them is but an array of characters. All lines
are walked at once, a column at a step: eight characters make one word, in which a few operations
find the comma. Blocks of any other lines are not read here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import numbers_of
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.blocks import (
    NEWLINE,
    Form,
    Numbered,
    ReadColumn,
    Texts,
    begin_blank,
    has_few,
)
from chiiki_tsusho.reading.dense_ids import (
    Positions,
    WordIndex,
    WordRows,
    by_runs,
    starts_of_runs,
    widened,
)

_WORD = 8
# After so many blocks with too many texts the next ones are not tried.
_TRIES = 3
# Longer cells, or ends of a line, are none of the contract and not read here.
_LONGEST_CELL, _LONGEST_END = 4 * _WORD, 32 * _WORD
# For the search of a byte in a word.
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_FIRST = np.zeros(1, dtype=np.int32)
_COMMA, _MARK, _RETURN = (ord(character) for character in ',"\r')
_COMMAS = np.uint64(_COMMA) * _ONES
_ONE, _SEVEN, _ALL = (np.uint64(number) for number in (1, 7, 2**64 - 1))
Characters = npt.NDArray[np.uint8]


class PlainLines:
    """Reads blocks of plain lines; several threads may do so at once.

    Parameters
    ----------
    forms : sequence of Form
        How each column is wanted. All but ``texts`` are numbered; columns of few values at the end
        of the line are numbered together.
    """

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = list(forms)
        self._last = len(self.forms) - 1
        while self._last > 0 and all(map(has_few, self.forms[self._last - 1 :])):
            self._last -= 1
        self._numbered = {
            at: TextNumbers(1 if at < self._last else len(self.forms) - at)
            for at, form in enumerate(self.forms[: self._last + 1])
            if form not in ("texts", "unread")
        }
        self._ends = self._numbered.get(self._last)
        self._widths = [1] * len(self.forms)
        self._desk = _Desk()

    def read(self, text: bytes) -> tuple[int, list[ReadColumn]] | None:
        """Return how many lines there are and their columns, but for those unread.

        Parameters
        ----------
        text : bytes
            UTF-8 without NUL.

        Returns
        -------
        tuple of int and list of ReadColumn, or None
            None where the lines are not plain or not even, a cell is too long, or there are too
            many different ends of lines.
        """
        if len(self.forms) < 2 or self.forms[self._last] == "texts":
            return None
        if self._ends is not None and self._ends.full:
            return None
        text = _without_marks(text)
        if not text:
            return None
        characters = self._desk.laid(text)
        starts, ends = self._desk.lines(len(text))
        if begin_blank(characters, starts).any():
            # Perhaps a row of blank cells, which is none.
            return None
        if b"\r" in text:
            # Only in front of every line feed.
            if not text.count(b"\r") == text.count(b"\r\n") == len(ends):
                return None
            ends -= 1
        columns: list[ReadColumn] = []
        for at, form in enumerate(self.forms[: self._last]):
            cells = self._cells(characters, starts, at)
            if cells is None:
                return None
            commas = starts + cells.of_rows(cells.lengths)
            if (commas >= ends).any():
                # A line with too few cells has been walked over its end.
                return None
            if form == "texts":
                columns.append(_texts(cells))
            elif form != "unread":
                numbers = self._numbered[at].numbers(cells.words)
                columns.append(
                    _distinct_texts(cells)
                    if numbers is None
                    else Numbered(self._numbered[at].texts[0], cells.of_rows(numbers))
                )
            starts = commas + np.int32(1)
        if self._ends is None:
            # Every line has so many commas at least: none has more.
            even = text.count(b",") == self._last * len(ends)
            return (len(ends), columns) if even else None
        words = self._words_of_ends(characters, starts, ends)
        numbers = None if words is None else self._ends.numbers(words)
        if numbers is None:
            return None
        columns.extend(Numbered(known, numbers) for known in self._ends.texts)
        return len(ends), columns

    def _cells(self, characters: Characters, starts: Positions, at: int) -> _Cells | None:
        """Return the cells of a column; None where one is too long."""
        for width in range(self._widths[at], _LONGEST_CELL // _WORD + 1):
            cells = _cells(characters, starts, width)
            if cells is not None:
                self._widths[at] = max(self._widths[at], width)
                return cells
        return None

    def _words_of_ends(
        self, characters: Characters, starts: Positions, ends: Positions
    ) -> WordRows | None:
        """Return the ends of lines as words filled up with 0; None where one is too long."""
        lengths = ends - starts
        longest = int(lengths.max(initial=1))
        if longest > _LONGEST_END:
            return None
        # Threads share the widths: one read, one write.
        width = max(self._widths[self._last], -(-longest // _WORD))
        self._widths[self._last] = width
        words = _words_at(characters, starts, width)
        # The words in front belong to every row as a whole.
        for column in range(int(lengths.min()) // _WORD, width):
            kept = np.clip(lengths - column * _WORD, 0, _WORD)
            words[:, column] &= _KEPT[kept]
        return words


def _without_marks(text: bytes) -> bytes:
    """Return lines without the marks around their cells, nothing where marks stand elsewhere."""
    # Looked for first: to count what is not there takes many times as long, and holds up others.
    if b'"' not in text:
        return text
    marks = text.count(b'"')
    # Mostly a line with a mark left open shows itself at once; and a return in front of a mark
    # would be the end of a line without the mark.
    if text.count(b'"', 0, text.find(b"\n") + 1) % 2 or b'\r"' in text:
        return b""
    characters = np.frombuffer(b"\n" + text + b"\n", dtype=np.uint8)
    edges = np.flatnonzero((characters == _COMMA) | (characters == NEWLINE))
    first, last = edges[:-1] + 1, edges[1:] - 1
    last -= characters[last] == _RETURN
    opened = characters[first] == _MARK
    closed = (characters[last] == _MARK) & (first < last)
    if (opened != closed).any() or marks != 2 * np.count_nonzero(opened):
        return b""
    return text.translate(None, b'"')


# Of more, numbering them is no gain; nor of those of a block, if they are not few, of which most
# rows have one of their own.
MAX_TEXTS, _FEW_TEXTS = 1 << 17, 1 << 12
# For each length the bits of so many characters.
_KEPT = np.array([(1 << (8 * length)) - 1 for length in range(_WORD + 1)], dtype=np.uint64)


def _words_at(characters: Characters, starts: Positions, width: int) -> WordRows:
    """Return so many words from each start on; shape (rows, width)."""
    # An item at every character, each overlapping the next: taking items beats taking characters.
    length = _WORD * width
    items: npt.NDArray[np.void] = np.ndarray(
        (len(characters) - length + 1,), f"V{length}", characters.data, strides=(1,)
    )
    return items[starts].view(np.uint64).reshape(-1, width)


class _Cells(NamedTuple):
    """Cells of a column as words filled up with 0, and how long they are.

    Of rows that follow each other with the same cell there may be one; ``runs`` is then how many
    rows each cell stands for.
    """

    words: WordRows
    lengths: Positions
    runs: Ints | None

    def of_rows(self, values: Positions) -> Positions:
        """Return for each row what is known of its cell."""
        return values if self.runs is None else np.repeat(values, self.runs)


def _cells(characters: Characters, starts: Positions, width: int) -> _Cells | None:
    """Return the cells that start there; None where one is longer than so many words."""
    words = _words_at(characters, starts, width)
    first, runs = starts_of_runs(words), None
    if first is not None:
        words, runs = words[first], np.diff(first, append=len(words))
    lengths = np.zeros(len(words), dtype=np.int32)
    ended: Flags | None = None
    for column in range(width):
        word = words[:, column]
        marks = word ^ _COMMAS
        marks = (marks - _ONES) & ~marks & _TOPS
        # The bits below the mark of the first comma; all where there is none.
        below = (marks & (~marks + _ONE)) - _ONE
        found = marks != 0
        if ended is None and not found.any():
            lengths += _WORD
            continue
        kept = np.where(found, below >> _SEVEN, _ALL)
        length = np.bitwise_count(below) >> 3
        if ended is not None:
            kept[ended] = 0
            length[ended] = 0
            found |= ended
        words[:, column] &= kept
        lengths += length
        ended = found
    return _Cells(words, lengths, runs) if ended is not None and ended.all() else None


def _texts(cells: _Cells) -> Texts:
    """Return cells as texts of their own."""
    longest = int(cells.lengths.max())
    rows = cells.words.view(np.uint8)[:, :longest]
    if (cells.lengths != longest).any():
        rows = rows[np.arange(longest) < cells.lengths[:, np.newaxis]]
    offsets = np.concatenate((_FIRST, np.cumsum(cells.lengths, dtype=np.int32)))
    buffers = pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))
    positions = None
    if cells.runs is not None:
        positions = cells.of_rows(np.arange(len(cells.lengths), dtype=np.int32))
    return Texts(pa.StringArray.from_buffers(len(cells.lengths), *buffers), positions)


def _distinct_texts(cells: _Cells) -> Texts:
    """Return cells as texts of which none is there twice."""
    encoded = _texts(cells).texts.dictionary_encode()
    return Texts(encoded.dictionary, cells.of_rows(numbers_of(encoded.indices)))


class _Desk(threading.local):
    """Arrays of the size of a block, each thread its own: fresh ones cost more than their use."""

    def __init__(self) -> None:
        self._characters = np.zeros(0, dtype=np.uint8)
        self._line_feeds = np.zeros(0, dtype=bool)

    def laid(self, text: bytes) -> Characters:
        """Lay out a text, ended by a line feed, with room for the longest words behind."""
        size = len(text)
        if size + 1 + _LONGEST_END > len(self._characters):
            self._characters = np.zeros(size + size // 8 + 1 + _LONGEST_END, dtype=np.uint8)
            self._line_feeds = np.empty(len(self._characters), dtype=bool)
        self._characters[:size] = np.frombuffer(text, dtype=np.uint8)
        self._characters[size] = NEWLINE
        return self._characters

    def lines(self, size: int) -> tuple[Positions, Positions]:
        """Return where each line of so many characters starts and ends."""
        size += int(self._characters[size - 1] != NEWLINE)
        line_feeds = np.equal(self._characters[:size], NEWLINE, out=self._line_feeds[:size])
        ends = np.flatnonzero(line_feeds).astype(np.int32)
        starts = np.zeros_like(ends)
        np.add(ends[:-1], 1, out=starts[1:])
        return starts, ends


class TextNumbers:
    """The distinct texts of some adjacent columns of a file, in the order in which they came.

    Columns of few values are numbered together: one number stands for the cells of all of them.
    Threads may share them.

    Parameters
    ----------
    columns : int
        How many columns there are.

    Attributes
    ----------
    texts : list of list of str
        For each column its text under each number; they only grow.
    full : bool
        Whether there were too many texts so often that no more are numbered.
    """

    def __init__(self, columns: int) -> None:
        self.texts: list[list[str]] = [[] for _ in range(columns)]
        self.full = False
        self._overfull = 0
        self._index = WordIndex(1)
        self._learning = Lock()

    def numbers(self, words: WordRows) -> Positions | None:
        """Return the number of the text of each row.

        Parameters
        ----------
        words : ndarray of uint64, shape (rows, any width)
            The text from the first to the last of the columns in UTF-8, filled up with 0.

        Returns
        -------
        ndarray of int32, shape (rows,), or None
            None where there are too many texts, or some have other columns.
        """
        if self.full:
            return None
        try:
            return by_runs(words, lambda some: self._found(some, len(words)))
        except _UnusualTextError:
            return None

    def _found(self, words: WordRows, rows: int) -> Positions:
        if words.shape[1] > self._index.width:
            with self._learning:
                self._index = self._index.widened(max(words.shape[1], self._index.width))
        index = self._index
        words = widened(words, index.width)
        numbers = index.find(words)
        new = np.flatnonzero(numbers < 0)
        if new.size:
            numbers[new] = self._learned(words[new], rows)
        return numbers

    def _learned(self, words: WordRows, rows: int) -> Positions:
        with self._learning:
            words = widened(words, self._index.width)
            fresh = WordIndex(self._index.width)
            fresh.ids(words[self._index.find(words) < 0])
            most = min(MAX_TEXTS - len(self._index), max(_FEW_TEXTS, rows // 2))
            if len(fresh) > most:
                self._overfull += 1
                self.full = self._overfull > _TRIES
                raise _UnusualTextError
            # As bytes of one length: NumPy leaves out the NUL behind.
            texts = fresh.words.view(f"S{8 * fresh.width}").ravel().tolist()
            cells = [text.decode().split(",") for text in texts]
            if any(len(row) != len(self.texts) for row in cells):
                raise _UnusualTextError
            for texts, column in zip(self.texts, zip(*cells, strict=True), strict=bool(cells)):
                texts.extend(column)
            return self._index.ids(words)


class _UnusualTextError(Exception):
    """A text of other columns, or one too many."""

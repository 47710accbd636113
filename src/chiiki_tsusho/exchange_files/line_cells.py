"""The bytes of an exchanged file as lines and cells, found by arrays and never line by line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.number_arrays import Flags, Ints

ENCODING = "cp932"
Texts = npt.NDArray[np.str_]
# No byte of a two-byte character of CP932 is one of these three.
_COMMA, _QUOTE, _RETURN, _FEED = (ord(one) for one in ',"\r\n')


@dataclass(frozen=True)
class Cells:
    """Where some cells stand in the bytes of a file, one for each of some lines.

    Parameters
    ----------
    starts, ends : ndarray of int64, shape (n,)
        Where the text of a cell starts and ends, without its quotation marks.
    quoted : ndarray of bool, shape (n,)
        Which of them stand between quotation marks.
    """

    starts: Ints
    ends: Ints
    quoted: Flags


class Lines:
    """The lines of a file and the commas that part them.

    Parameters
    ----------
    data : bytes
        The whole file.

    Attributes
    ----------
    starts, ends : ndarray of int64, shape (lines,)
        Where each line starts and ends, without its line end.
    after : ndarray of int64, shape (lines,)
        Where the next line begins.
    cells : ndarray of int64, shape (lines,)
        How many cells it has.
    open_quote : ndarray of bool, shape (lines,)
        Which lines have a quotation mark that is not closed; it does not reach the next line.
    stray_return : ndarray of bool, shape (lines,)
        Which lines have a carriage return inside.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._bytes = np.frombuffer(data, dtype=np.uint8)
        after = np.flatnonzero(self._bytes == _FEED).astype(np.int64) + 1
        if len(data) and (not len(after) or after[-1] < len(data)):
            after = np.append(after, len(data))
        self.after = after
        self.starts = np.concatenate((np.zeros(1, dtype=np.int64), after))[: len(after)]
        self.ends = after - (self._bytes[after - 1] == _FEED)
        returns = (self.ends > self.starts) & (self._bytes[self.ends - 1] == _RETURN)
        self.ends = self.ends - returns
        self.stray_return = np.zeros(len(after), dtype=bool)
        if data.count(b"\r") > np.count_nonzero(returns):
            all_returns = np.flatnonzero(self._bytes == _RETURN)
            self.stray_return = np.diff(np.searchsorted(all_returns, self.bounds)) > returns
        commas = np.flatnonzero(self._bytes == _COMMA)
        self.open_quote = np.zeros(len(after), dtype=bool)
        if b'"' in data:
            # Whether a quotation mark is open behind each byte.
            marked = np.logical_xor.accumulate(self._bytes == _QUOTE)
            before = np.append(False, marked[after - 1])[:-1]
            self.open_quote = marked[after - 1] != before
            inside = marked[commas]
            if self.open_quote.any():
                inside ^= np.repeat(before, np.diff(np.searchsorted(commas, self.bounds)))
            commas = commas[~inside]
        self._commas = commas
        of_line = np.searchsorted(commas, self.bounds)
        self._first_comma = of_line[:-1]
        self.cells = np.diff(of_line) + 1

    @property
    def bounds(self) -> Ints:
        """Where each line begins, and the end of the last."""
        return np.append(self.starts, len(self.data))

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.starts)

    def column(self, lines: Ints, cell: int) -> Cells:
        """Return one cell of each of some lines, all of which have so many.

        Parameters
        ----------
        lines : ndarray of int64, shape (n,)
        cell : int
            From 1.
        """
        first = self._first_comma[lines]
        starts = self.starts[lines] if cell == 1 else self._commas[first + cell - 2] + 1
        last = self.cells[lines] == cell
        at = np.where(last, 0, first + cell - 1)
        ends = np.where(last, self.ends[lines], self._commas[at] if len(self._commas) else 0)
        wide = ends - starts >= 2
        at_start = self._bytes[np.minimum(starts, len(self.data) - 1)] == _QUOTE
        quoted = wide & at_start & (self._bytes[ends - 1] == _QUOTE)
        return Cells(starts + quoted, ends - quoted, quoted)

    def plain_cells(self, lines: Ints, number: int) -> Cells:
        """Return all cells of some lines without quotation marks, item by item.

        Parameters
        ----------
        lines : ndarray of int64, shape (n,)
        number : int
            How many cells each of them has.
        """
        commas = self._commas[self._first_comma[lines] + np.arange(number - 1)[:, np.newaxis]]
        starts = np.concatenate((self.starts[np.newaxis, lines], commas + 1)).ravel()
        ends = np.concatenate((commas, self.ends[np.newaxis, lines])).ravel()
        return Cells(starts, ends, np.zeros(len(starts), dtype=bool))

    @cached_property
    def plain(self) -> bool:
        """Whether there is no quotation mark and no character beyond ASCII in the whole file."""
        return b'"' not in self.data and self.data.isascii()

    def whole(self, lines: Ints) -> pa.Buffer:
        """Return some lines, one after the other, with their line ends."""
        everyone = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            len(self),
            [None, pa.py_buffer(self.bounds.astype(np.int64)), pa.py_buffer(self.data)],
        )
        return everyone.take(pa.array(lines)).buffers()[2]

    def texts(self, cells: Cells) -> pa.LargeBinaryArray:
        """Return what cells hold, as bytes."""
        lengths = cells.ends - cells.starts
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
        at = np.repeat(cells.starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            len(lengths),
            [None, pa.py_buffer(offsets), pa.py_buffer(self._bytes[at])],
        )

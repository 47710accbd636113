"""Blank last cells that Excel leaves out of a CSV: what shows that it did, and putting them back.

Excel writes a sheet 16 rows at a time, each with as many cells as the fullest of the 16 needs
(Microsoft, KB 77295). A file is taken for such a one as a whole or not at all: where its rows begin
to be shorter and longer, how they end, and that some row of each block fills the last cell it has,
all of it must be as Excel writes. A line that was cut does not pass for a row of such a file, nor
do rows of other columns that were put behind, unless they begin where a block does. A short row
that is alone in its block shows nothing, as it may have lost a cell: it stays short.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np

from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.uneven_lines import Lines
from chiiki_tsusho.records import record

_BLOCK_ROWS = 16
_COMMA = ord(",")
_CRLF_BYTES = 2
_TOO_MANY = 1 << 30


@record
class LeftOutEnds:
    """Rows from which Excel left out blank last cells.

    Parameters
    ----------
    fewest : int
        How many cells the shortest of them have, 0 where there are none.
    alone : ndarray of int64
        Lines, counted from the first row, of short rows that are not surely among them.
    """

    fewest: int
    alone: Ints


def left_out_ends(texts: Iterable[bytes], cells: int, above: int) -> LeftOutEnds:
    """Say of which rows of a file Excel left out blank last cells.

    Parameters
    ----------
    texts : iterable of bytes
        All lines of the file from the first row on, in UTF-8, parted by commas.
    cells : int
        How many headings there are.
    above : int
        How many rows of the sheet are above the first one, the headings among them.

    Returns
    -------
    LeftOutEnds
        Of none where a line is not as Excel would have written it.
    """
    none = np.zeros(0, dtype=np.int64)
    fewest, alone, first = cells, none, -(above % _BLOCK_ROWS)
    # Of each row how many cells; negative where the last is blank, 0 where all are.
    rows, last_blank = np.full(-first, cells), np.zeros(_BLOCK_ROWS - 1, dtype=np.int64)
    for found in chain(map(_found, texts), [last_blank]):
        rows = np.append(rows, found)
        whole = len(rows) - len(rows) % _BLOCK_ROWS
        blocks, rows = rows[:whole].reshape(-1, _BLOCK_ROWS), rows[whole:]
        width = np.abs(blocks).max(axis=1)
        even = ((np.abs(blocks) == width[:, np.newaxis]) | (blocks == 0)).all(axis=1)
        filled = blocks.max(axis=1) == width
        if not (even & filled & (width <= cells)).all():
            return LeftOutEnds(0, none)
        single = (width < cells) & (np.count_nonzero(blocks, axis=1) == 1)
        fewest = int(width[~single & (width > 0)].min(initial=fewest))
        alone = np.append(alone, first + np.flatnonzero((blocks != 0) & single[:, np.newaxis]))
        first += whole
    return LeftOutEnds(fewest % cells, alone)


def _found(text: bytes) -> Ints:
    """Count the cells of lines, too many where Excel does not write such a line."""
    lines = Lines(text)
    by_excel = lines.told_apart & (lines.ends - lines.stops == _CRLF_BYTES)
    blank_end = lines.characters[lines.stops - 1] == _COMMA
    found = np.where(lines.blank, 0, np.where(blank_end, -lines.found, lines.found))
    counted: Ints = np.where(by_excel, found, _TOO_MANY)
    return counted


def with_ends(text: str, told: bytes, cells: int, mark: str, alone: Ints) -> str:
    """Return lines with as many cells as there are headings.

    Parameters
    ----------
    text : str
        Lines whose cells the mark parts.
    told : bytes
        The same lines in UTF-8, parted by commas.
    alone : ndarray of int64
        Which lines stay as they are.
    """
    left_out = np.maximum(cells - Lines(told).found, 0)
    left_out[alone] = 0
    given = text.encode()
    ends = np.repeat(Lines(given).stops, left_out)
    whole: bytes = np.insert(np.frombuffer(given, dtype=np.uint8), ends, ord(mark)).tobytes()
    return whole.decode()

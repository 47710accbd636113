"""Blank last cells that Excel leaves out of a CSV: what shows that it did, and putting them back.

Excel writes a sheet 16 rows at a time, each with as many cells as the fullest of the 16 needs
(Microsoft, KB 77295). A file is taken for such a one as a whole or not at all: where its rows begin
to be shorter and longer, how they end, and that some row of each block fills the last cell it has,
all of it must be as Excel writes. A line that was cut does not pass for a row of such a file, nor
do rows of other columns that were put behind, unless they begin where a block does.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.uneven_lines import Lines

_BLOCK_ROWS = 16
_COMMA = ord(",")
_CRLF_BYTES = 2


def fewest_cells(texts: Iterable[bytes], cells: int, above: int) -> int:
    """Return how many cells the shortest rows have of a file from which Excel left blank ones out.

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
    int
        0 where a line is not as Excel would have written it.
    """
    fewest = cells
    # Of each row how many cells; negative where the last is blank, 0 where all are.
    rows = np.full(above % _BLOCK_ROWS, cells, dtype=np.int64)
    for text in texts:
        lines = Lines(text)
        if not (lines.told_apart & (lines.ends - lines.stops == _CRLF_BYTES)).all():
            return 0
        blank_end = lines.characters[lines.stops - 1] == _COMMA
        found = np.where(lines.blank, 0, np.where(blank_end, -lines.found, lines.found))
        rows = np.append(rows, found)
        whole = len(rows) - len(rows) % _BLOCK_ROWS
        fewest = min(fewest, _fewest_of_blocks(rows[:whole], cells))
        if not fewest:
            return 0
        rows = rows[whole:]
    last = np.append(rows, np.zeros(-len(rows) % _BLOCK_ROWS, dtype=np.int64))
    return min(fewest, _fewest_of_blocks(last, cells))


def _fewest_of_blocks(rows: Ints, cells: int) -> int:
    """Return the width of the narrowest block, 0 where one is not as Excel writes them."""
    blocks = rows.reshape(-1, _BLOCK_ROWS)
    width = np.abs(blocks).max(axis=1)
    even = ((np.abs(blocks) == width[:, np.newaxis]) | (blocks == 0)).all(axis=1)
    filled = blocks.max(axis=1) == width
    # A row alone may have lost a cell.
    several = (width == cells) | (np.count_nonzero(blocks, axis=1) != 1)
    if not (even & filled & several & (width <= cells)).all():
        return 0
    return int(width[width > 0].min(initial=cells))


def with_ends(text: str, told: bytes, cells: int, mark: str) -> str:
    """Return lines with as many cells as there are headings.

    Parameters
    ----------
    text : str
        Lines whose cells the mark parts.
    told : bytes
        The same lines in UTF-8, parted by commas.
    """
    left_out = np.maximum(cells - Lines(told).found, 0)
    given = text.encode()
    ends = np.repeat(Lines(given).stops, left_out)
    whole: bytes = np.insert(np.frombuffer(given, dtype=np.uint8), ends, ord(mark)).tobytes()
    return whole.decode()

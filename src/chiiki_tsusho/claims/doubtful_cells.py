"""Cells of lines with cells too many, of which it is not sure that they are of their column.

Where a cell too many stands in front of a column or in it, what belongs there stands further on, by
as many cells as are too many at the most. A cell is sure where none of those reads as one of its
column.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, named_at, numbers_of, of_flags
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.cell_texts import LONGEST_CELL, BadCellError
from chiiki_tsusho.reading.cells import IDENTIFIERS, PARSERS
from chiiki_tsusho.reading.layouts import Layout
from chiiki_tsusho.reading.malformed_rows import MalformedRows

# A character that each line of totals has.
_IN_EVERY_TOTAL = "計"
# What every date has that no number of identity has.
_IN_A_DATE = r"[年\-/.]|\A[0-9]{8}\z"


def _reading_as(name: str, behind: pa.StringArray) -> Flags:
    """Say which texts read as a cell of a column.

    Parameters
    ----------
    name : str
        ``provider_no``, ``insurer_no``, ``insured_no`` or ``service_date``.
    behind : StringArray, shape (n,)
        Cells that stand behind those of the column.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    short = compute.less_equal(compute.utf8_length(behind), LONGEST_CELL)
    folded = compute.utf8_normalize(compute.if_else(short, behind, ""), "NFKC")
    folded = compute.utf8_trim_whitespace(folded)
    if name in IDENTIFIERS:
        pattern = rf"\A(?:{IDENTIFIERS[name]})(?:\.0+)?\z"
        return flags_of(compute.match_substring_regex(folded, pattern))
    found = flags_of(compute.match_substring_regex(folded, _IN_A_DATE))
    dates = folded.filter(of_flags(found)).dictionary_encode()
    read = np.array([_reads("date", text) for text in dates.dictionary.to_pylist()], dtype=bool)
    found[found] = read[dates.indices.to_numpy()]
    return found


def _doubtful_of_lines(
    name: str, flat: pa.StringArray, first: Ints, cells: Ints, layout: Layout
) -> Flags:
    """Say of which lines the cell of a column is not sure.

    Parameters
    ----------
    name : str
        The column.
    flat : StringArray
        The cells of all lines.
    first, cells : ndarray of int64, shape (lines,)
        Where those of each line begin, and how many a line has.
    layout : Layout
    """
    found = np.zeros(len(first), dtype=bool)
    for many in count(1):
        rows = np.flatnonzero((cells >= layout.width + many) & ~found)
        if not len(rows):
            break
        found[rows] = _reading_as(name, named_at(flat, first[rows] + layout.places[name] + many))
    return found


def cells_of_heads(
    rows: MalformedRows, layout: Layout, names: Sequence[str]
) -> tuple[Flags, dict[str, pa.StringArray]]:
    """Return the cells that say whose a row is, of lines that can only be one row and no total.

    Parameters
    ----------
    rows : MalformedRows
    layout : Layout
    names : sequence of str
        The columns of such cells.

    Returns
    -------
    alike : ndarray of bool, shape (rows,)
        Which lines they are.
    cells : dict of name to StringArray
        Blank where a cell is not there or not sure.
    """
    alone = np.zeros(len(rows), dtype=bool)
    alone[list(rows.cells)] = True
    alone |= flags_of(compute.match_substring(rows.heads, _IN_EVERY_TOTAL))
    found = numbers_of(compute.count_substring(rows.heads, ",")) + 1
    alike = ~alone & (found < 2 * layout.width - 1)
    heads = rows.heads.filter(of_flags(alike))
    found = found[alike]
    first = np.cumsum(found) - found
    flat = compute.list_flatten(compute.split_pattern(heads, ","))
    cells = {}
    for name in names:
        place = layout.places[name]
        sure = (place < found) & ~_doubtful_of_lines(name, flat, first, found, layout)
        cells[name] = named_at(flat, np.where(sure, first + place, UNKNOWN))
    return alike, cells


def sure_cell(cells: Sequence[str], layout: Layout, name: str) -> str:
    """Return the cell of a column of one line, blank where there is none or it is not sure."""
    at = layout.places[name]
    if at >= len(cells):
        return ""
    kind = name if name in IDENTIFIERS else "date"
    too_many = len(cells) - layout.width
    # More are several rows in one line.
    if too_many in range(layout.width - 1) and any(
        _reads(kind, one) for one in cells[at + 1 : at + 1 + too_many]
    ):
        return ""
    return cells[at]


def _reads(kind: str, text: str) -> bool:
    try:
        PARSERS[kind](text)
    except BadCellError:
        return False
    return bool(text)

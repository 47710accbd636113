"""Cells of lines that cannot be told apart: which of them say whose a row is.

Where a cell too many stands in front of a column or in it, what belongs there stands further on, by
as many cells as are too many at the most. A cell is sure where none of those reads as one of its
column. And a line that was cut, or has lost its end, may go on with other rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import (
    characters_of,
    flags_of,
    numbers_of,
    of_flags,
    of_numbers,
    of_texts,
)
from chiiki_tsusho.columns import INSURED_NO, PROVIDER_NO
from chiiki_tsusho.number_arrays import Flags, Ints, flagged
from chiiki_tsusho.reading.cell_texts import IDENTIFIERS, LONGEST_CELL
from chiiki_tsusho.reading.cells import parsed
from chiiki_tsusho.reading.layouts import Layout
from chiiki_tsusho.reading.malformed_rows import MalformedRows
from chiiki_tsusho.records import record

# Numbers of so many characters, which are the last ones of a cell that begins with a row cut off.
_LONG_NUMBERS, _LENGTH = (PROVIDER_NO.name, INSURED_NO.name), 10
# An Arrow text: given a Python one, Arrow imports pandas to see what it is.
_NOTHING = of_texts([""])[0]
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
    short = of_flags(numbers_of(compute.utf8_length(behind)) <= LONGEST_CELL)
    folded = compute.utf8_normalize(compute.if_else(short, behind, _NOTHING), "NFKC")
    folded = compute.utf8_trim_whitespace(folded)
    if name in IDENTIFIERS:
        pattern = rf"\A(?:{IDENTIFIERS[name]})(?:\.0+)?\z"
        return flags_of(compute.match_substring_regex(folded, pattern))
    found = flags_of(compute.match_substring_regex(folded, _IN_A_DATE))
    dates = folded.filter(of_flags(found)).dictionary_encode()
    read = np.array(
        [parsed("date", text) is not None for text in dates.dictionary.to_pylist()], dtype=bool
    )
    found[found] = read[numbers_of(dates.indices)]
    return found


@record
class _Lines:
    """The cells of lines one after the other.

    Parameters
    ----------
    flat : StringArray, shape (cells + 1,)
        The last one, a blank, stands for what is not there.
    of_line : ndarray of int64, shape (cells,)
        Which line each is on.
    first, cells : ndarray of int64, shape (lines,)
        Where those of each line begin, and how many there are.
    """

    flat: pa.StringArray
    of_line: Ints
    first: Ints
    cells: Ints

    @classmethod
    def of(cls, rows: MalformedRows) -> _Lines:
        """Take the cells of the lines apart."""
        alone = flagged(list(rows.cells), len(rows))
        heads = rows.heads.filter(of_flags(~alone))
        others = [rows.cells[at] for at in np.flatnonzero(alone).tolist()]
        found = np.append(
            numbers_of(compute.count_substring(heads, ",")) + 1,
            np.array([len(one) for one in others], dtype=np.int64),
        )
        order = np.append(np.flatnonzero(~alone), np.flatnonzero(alone))
        first, cells = np.empty_like(found), np.empty_like(found)
        first[order], cells[order] = np.cumsum(found) - found, found
        of_heads = compute.list_flatten(compute.split_pattern(heads, ","))
        of_others = of_texts([cell for one in others for cell in one])
        flat = pa.concat_arrays([of_heads, of_others, of_texts([""])])
        return cls(flat, np.repeat(order, found), first, cells)

    def position(self, lines: Ints, start: Ints, place: int) -> Ints:
        """Return where the cell at a place of rows is that begin somewhere."""
        at = start + place
        there = (at >= self.first[lines]) & (at < (self.first + self.cells)[lines])
        return np.where(there, at, len(self.of_line))

    def at(self, lines: Ints, start: Ints, place: int) -> pa.StringArray:
        """Return the cell at a place of rows that begin somewhere, blank if it is not there."""
        return self.flat.take(of_numbers(self.position(lines, start, place)))

    def whole_rows_behind(self, width: int) -> tuple[Ints, Ints]:
        """Say of lines of cells enough for several rows where those behind the first begin.

        The first cell of the next row stands in one with the last of the row before it; where the
        lines ended in a comma it stands by itself.

        Returns
        -------
        of_line, start : ndarray of int64, shape (rows,)
        """
        step = np.where(self.cells % width == 0, width, max(width - 1, 1))
        rows = np.maximum((self.cells - width) // step, 0)
        of_line = np.repeat(np.arange(len(rows)), rows)
        number = np.arange(len(of_line)) - np.repeat(np.cumsum(rows) - rows, rows) + 1
        return of_line, self.first[of_line] + number * step[of_line]


def _doubtful_of_lines(name: str, lines: _Lines, layout: Layout) -> Flags:
    """Say of which lines the cell of a column is not sure; more cells are several rows."""
    found = np.zeros(len(lines.first), dtype=bool)
    one_row = lines.cells < 2 * layout.width - 1
    for many in range(1, layout.width - 1):
        rows = np.flatnonzero(one_row & (lines.cells >= layout.width + many) & ~found)
        if not len(rows):
            break
        place = layout.places[name] + many
        found[rows] = _reading_as(name, lines.at(rows, lines.first[rows], place))
    return found


def cells_of_lines(
    rows: MalformedRows, layout: Layout, names: Sequence[str], whose: str
) -> tuple[Ints, Flags, dict[str, pa.StringArray]]:
    """Return the cells that say whose the rows are on lines that cannot be told apart.

    Parameters
    ----------
    rows : MalformedRows
    layout : Layout
    names : sequence of str
        The columns of such cells.
    whose : str
        The one of them that says of whom a row is: wherever else it stands may be another row.

    Returns
    -------
    of_line : ndarray of int64, shape (n,)
        Which line each of the rows is on.
    elsewhere : ndarray of bool, shape (n,)
        Rows known by that cell alone.
    cells : dict of name to StringArray, shape (n,)
        Blank where a cell is not there or not sure.
    """
    lines = _Lines.of(rows)
    all_lines = np.arange(len(rows))
    more, start_of_more = lines.whole_rows_behind(layout.width)
    known = np.append(all_lines, more), np.append(lines.first, start_of_more)
    found = _elsewhere(lines, known, layout, whose)
    other, start = lines.of_line[found], found - layout.places[whose]
    cells = {}
    for name in names:
        place = layout.places[name]
        of_first = lines.at(all_lines, lines.first, place)
        doubtful = of_flags(_doubtful_of_lines(name, lines, layout))
        texts = lines.at(other, start, place)
        if name == whose or (place == 0 and name in _LONG_NUMBERS):
            texts = _ends(texts)
        parts = (
            compute.if_else(doubtful, _NOTHING, of_first),
            lines.at(more, start_of_more, place),
            compute.if_else(of_flags(_reading_as(name, texts)), texts, _NOTHING),
        )
        cells[name] = pa.concat_arrays(parts)
    of_line = np.concatenate((all_lines, more, other))
    return of_line, np.arange(len(of_line)) >= len(rows) + len(more), cells


def _elsewhere(lines: _Lines, known: tuple[Ints, Ints], layout: Layout, whose: str) -> Ints:
    """Return the cells that say of whom a row is and are not those of rows already known.

    Parameters
    ----------
    known : tuple of ndarray of int64, shape (rows,)
        Of the rows already known the line, and where they begin.
    """
    own = lines.position(*known, layout.places[whose])
    may_be = np.diff(characters_of(lines.flat)[1]) >= _LENGTH
    may_be[own] = False
    # A line that has that cell and no more cells than one row cannot go on with another.
    reads = _reading_as(whose, lines.flat.take(of_numbers(own)))
    whole = flagged(known[0][reads], len(lines.first)) & (lines.cells <= layout.width)
    may_be[:-1] &= ~whole[lines.of_line]
    long = np.flatnonzero(may_be)
    return long[_reading_as(whose, _ends(lines.flat.take(of_numbers(long))))]


def _ends(texts: pa.StringArray) -> pa.StringArray:
    """Return the long numbers in which cells end: what is left of a row cut off stands in front."""
    plain = compute.utf8_trim_whitespace(texts)
    plain = compute.replace_substring_regex(plain, r"\.0+$", "")
    return compute.utf8_slice_codeunits(plain, -_LENGTH)

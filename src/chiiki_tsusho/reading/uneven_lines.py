"""Lines of CSV of which some have too many or too few cells, or a mark that is left open.

All lines are looked at together. One by one are read only those that are wrong and have quoted
cells or odd blanks besides.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers, flagged
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.reading.blocks import NEWLINE, line_bounds
from chiiki_tsusho.reading.cell_texts import LONG_BLANKS, SHORT_BLANKS
from chiiki_tsusho.reading.malformed_rows import MalformedRows

_RETURN, _COMMA, _QUOTE = b'\r,"'
# A mark opens only at the start of a cell; inside, two stand for one.
_QUOTED_CELL = re.compile(r'(?:^|(?<=,))"(?:[^"]++|"")*+"')
# Behind it no text: strict readers refuse it, others make one text of both.
_QUOTED_CELLS = re.compile(
    rb'(?m)(?:^|(?<=,))"(?:[^"\n]++|"")*+"(?=[' + SHORT_BLANKS + rb"]*(?:[,\r\n]|\Z))"
)
# Of who a row is about, or when: no text of a note has it, nor what is left of a row in its midst.
_LONG_NUMBER = re.compile(r"\d{6}")
# Blanks of Unicode in UTF-8: cells of them are not seen to be blank from single bytes.
_ODD_BLANKS = re.compile(
    b"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)


def _table(characters: bytes) -> bytes:
    """Return the table by which ``_are`` tells characters from all others."""
    return np.isin(np.arange(256), list(characters)).tobytes()


# Commas and spaces, and with them the bytes that are blanks.
_NOTHING = _table(b", ")
_NO_INK = _table(b",\t\n\v\f\r\x1c\x1d\x1e\x1f ")
# A line of blank cells alone, and the bytes with which one begins or, if nothing is in it, ends.
_BLANKS = b"".join((SHORT_BLANKS, *LONG_BLANKS)).decode()
_BLANK_LINE = rf'\A[,"{_BLANKS}]*\z'
_BEGIN_BLANK = _table(b',"\r\n' + SHORT_BLANKS + bytes(blank[0] for blank in LONG_BLANKS))
# A cell without any is no number that was cut; the last ones are those of full width.
_FIGURE = "[0-9\uf000-\uffff]"
_NOT_MENDED = -1
# In bytes. A line that has lost its end goes on with others; hundreds of them are shorter.
LONGEST_LINE = 1 << 16


def well_formed(text: bytes, cells: int) -> tuple[bytes, Ints, MalformedRows, MalformedRows]:
    """Part the lines that have the right number of cells from those that have not.

    Returns
    -------
    text : bytes
        The good lines.
    kept : ndarray of int64
        Which lines of the block they are; lines of blank cells alone are no rows and are passed
        over.
    malformed : MalformedRows
        Their lines counted from the first of the block.
    mended : MalformedRows
        Good lines from which blank cells too many were taken, as they are told if it was another
        cell that was too many.
    """
    lines = Lines(text)
    good = ~lines.blank & lines.told_apart & (lines.found == cells)
    wrong = np.flatnonzero(~good & ~lines.blank)
    # Only a mark that is left open and has none before it is seen in all lines at once.
    only_mark = lines.unclosed & (lines.quotes == 1) & ~lines.stray
    alone = ((lines.opened > 0) & ~only_mark)[wrong]
    if not text.isascii() and _ODD_BLANKS.search(text):
        alone |= (lines.told_apart & (lines.found > cells))[wrong]
    for at in np.flatnonzero(lines.stray[wrong] & ~alone).tolist():
        alone[at] = bool(_rows_of(lines.line(int(wrong[at])), cells))
    # Whose rows may stand in so long a line is not to be known: it holds every claim.
    long = (lines.stops - lines.starts)[wrong] > LONGEST_LINE
    alone &= ~long
    mended = np.full(len(wrong), _NOT_MENDED, dtype=np.int64)
    together = ~(alone | long)
    mended[together] = lines.mended(wrong[together], cells)
    heads = lines.ends_of_heads(wrong, cells)
    heads[long] = lines.starts[wrong[long]]
    of_alone: dict[int, list[str]] = {}
    for at in np.flatnonzero(alone).tolist():
        mended[at], of_alone[at] = _read_alone(lines, int(wrong[at]), cells)
        heads[at] = lines.starts[wrong[at]]
    fixed = mended != _NOT_MENDED
    good[wrong[fixed]] = True
    kept = np.repeat(good, lines.ends - lines.starts)
    if fixed.any():
        kept &= ~lines.inside(mended[fixed], lines.stops[wrong[fixed]])

    def told(these: Flags) -> MalformedRows:
        which, messages = _said(lines, wrong[these], cells)
        place = np.cumsum(these) - 1
        return MalformedRows(
            wrong[these],
            which,
            messages,
            lines.texts(lines.starts[wrong[these]], heads[these]),
            {int(place[at]): there for at, there in of_alone.items() if these[at]},
        )

    rows = lines.characters[kept].tobytes()
    return rows, np.flatnonzero(good), told(~fixed), told(fixed)


class Lines:
    """The lines of a block, arrays of shape (lines,).

    Attributes
    ----------
    starts, stops, ends : ndarray of int64
        Where each line starts, where what ends it does, and where the next line starts.
    quotes, opened, found : ndarray of int64
        How many quotation marks, how many of them where a cell begins, and how many cells there
        are; 0 cells with a mark left open, or closed in front of more text.
    blank, unclosed, stray : ndarray of bool
        Lines of blank cells alone, with such a mark, with a carriage return inside.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.characters = np.frombuffer(text, dtype=np.uint8)
        self.starts, self.ends = line_bounds(self.characters)
        bodies = self.ends - self.starts - (self.characters[self.ends - 1] == NEWLINE)
        last = np.maximum(self.starts + bodies - 1, 0)
        ends_in_return = (bodies > 0) & (self.characters[last] == _RETURN)
        self.stops = self.starts + bodies - ends_in_return
        self._commas, self._returns = self._places(_COMMA), self._places(_RETURN)
        self._quotes = self._places(_QUOTE)
        commas, self.quotes = self._counted(self._commas), self._counted(self._quotes)
        before = self.characters[self._quotes - 1]
        begin = (before == _COMMA) | (before == NEWLINE) | (self._quotes == 0)
        self.opened = self._counted(self._quotes[begin])
        self.found = commas + 1
        self.stray: Flags = self._counted(self._returns) > ends_in_return
        self.unclosed = np.zeros(len(self.starts), dtype=bool)
        # A mark alone is left open where a cell begins, and a character in one elsewhere.
        single = self.quotes == 1
        mark = self._quotes[np.searchsorted(self._quotes, self.starts[single])]
        before = self.characters[mark - 1]
        self.unclosed[single] = (mark == self.starts[single]) | (before == _COMMA)
        self.found[self.unclosed] = 0
        marked = np.flatnonzero(self.quotes > 1)
        if marked.size:
            self.unclosed[marked], self.found[marked] = self._quoted(marked)
        first = self.characters[self.starts].tobytes()
        perhaps = np.flatnonzero(_are(_BEGIN_BLANK, first) & ~self.unclosed)
        texts = self.texts(self.starts[perhaps], self.stops[perhaps])
        self.blank = np.zeros(len(self.starts), dtype=bool)
        self.blank[perhaps] = flags_of(compute.match_substring_regex(texts, _BLANK_LINE))

    @cached_property
    def told_apart(self) -> Flags:
        """Lines whose cells can be counted."""
        return ~self.unclosed & ~self.stray

    def _places(self, character: int) -> Ints:
        places: Ints = np.flatnonzero(self.characters == character)
        return places

    def _counted(self, places: Ints) -> Ints:
        counts: Ints = np.diff(np.searchsorted(places, self.ends), prepend=0)
        return counts

    def _quoted(self, marked: Ints) -> tuple[Flags, Ints]:
        """Say which lines with marks leave one open, and count the cells of the others."""
        there = flagged(marked, len(self.starts))
        text = self.characters[np.repeat(there, self.ends - self.starts)].tobytes()
        rest = np.frombuffer(_QUOTED_CELLS.sub(b"", text), dtype=np.uint8)
        if not text.endswith(b"\n"):
            rest = np.append(rest, np.uint8(NEWLINE))
        starts, ends = line_bounds(rest)
        before = np.append(np.uint8(NEWLINE), rest[:-1])
        opens = (rest == _QUOTE) & ((before == _COMMA) | (before == NEWLINE))
        marks, commas = np.flatnonzero(opens), np.flatnonzero(rest == _COMMA)
        unclosed = np.searchsorted(marks, ends) > np.searchsorted(marks, starts)
        cells = np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1
        return unclosed, np.where(unclosed, 0, cells)

    def mended(self, at: Ints, cells: int) -> Ints:
        """Say where the cells too many begin that are blank, ``_NOT_MENDED`` if another is.

        Where other cells are blank as well, the comma too many might be there, and the cells after
        it be others.

        Parameters
        ----------
        at : ndarray of int64
            Lines without quoted cells.
        """
        places = np.full(len(at), _NOT_MENDED, dtype=np.int64)
        many = np.flatnonzero((self.told_apart & (self.found > cells))[at])
        if not many.size:
            return places
        lines, commas = at[many], self._commas
        first = np.searchsorted(commas, self.starts[lines])
        # The cells that there should be, each by the comma behind it.
        comma = (first[:, np.newaxis] + np.arange(cells)).ravel()
        of_line = np.repeat(np.arange(len(lines)), cells)
        start = np.where(comma > 0, commas[comma - 1] + 1, 0)
        start = np.maximum(start, self.starts[lines][of_line])
        ink = np.cumsum(~_are(_NO_INK, self.text), dtype=np.int32)
        ink_of_cell = ink[commas[comma]] - np.where(start > 0, ink[start - 1], 0)
        blanks = np.bincount(of_line[ink_of_cell == 0], minlength=len(lines))
        place = commas[first + cells - 1]
        solid = np.flatnonzero(~_are(_NOTHING, self.text))
        end = np.append(solid, -1)[np.searchsorted(solid, self.stops[lines]) - 1]
        right = (blanks == 0) & (end < place)
        places[many[right]] = place[right]
        return places

    def ends_of_heads(self, at: Ints, cells: int) -> Ints:
        """Say where the cells end that can be read, of lines of which one mark opens at most.

        Where a line is cut, a number in its last cell is; in it stands what cannot be told apart.
        """
        stops: Ints = self.stops[at]
        stray, unclosed = self.stray[at], self.unclosed[at]
        for flags, places in ((stray, self._returns), (unclosed, self._quotes)):
            stops[flags] = places[np.searchsorted(places, self.starts[at[flags]])]
        # Before the last comma; without one, nothing can be.
        comma = np.append(self._commas, -1)[np.searchsorted(self._commas, stops) - 1]
        heads = np.maximum(comma, self.starts[at])
        cut = stray | unclosed
        short = np.flatnonzero(~cut & (self.found[at] < cells))
        last = self.texts(heads[short], stops[short])
        cut[short] = flags_of(compute.match_substring_regex(last, _FIGURE))
        return np.where(cut, heads, stops)

    def line(self, at: int) -> str:
        """Return a line without what ends it."""
        return self.text[self.starts[at] : self.stops[at]].decode()

    def inside(self, starts: Ints, ends: Ints) -> Flags:
        """Say which characters stand between two places each; the places ascend."""
        edges = np.stack((starts, ends), axis=1).ravel()
        sizes = np.diff(edges, prepend=0, append=len(self.characters))
        return np.repeat(np.arange(len(sizes)) % 2 == 1, sizes)

    def texts(self, starts: Ints, ends: Ints) -> pa.StringArray:
        """Return the texts between two places each; the places ascend."""
        offsets = np.append(0, np.cumsum(ends - starts)).astype(np.int32)
        characters = self.characters[self.inside(starts, ends)]
        buffers = pa.py_buffer(offsets), pa.py_buffer(characters)
        return pa.StringArray.from_buffers(len(starts), *buffers)


def _are(table: bytes, text: bytes) -> Flags:
    """Say which characters of a text are of a table."""
    return np.frombuffer(text.translate(table), dtype=bool)


def _said(lines: Lines, at: Ints, cells: int) -> tuple[Ints, list[Message]]:
    """Say what is wrong with lines: which of the messages is of each."""
    open_mark, inner_return = -2, -1
    case = np.where(lines.stray[at], inner_return, lines.found[at])
    case[lines.unclosed[at]] = open_mark
    distinct = distinct_numbers(case)
    messages = []
    for found in distinct.tolist():
        if found == open_mark:
            messages.append(Message("malformed_row", "quotation"))
        elif found == inner_return:
            messages.append(Message("malformed_row", "carriage_return"))
        else:
            facts = {"found": found, "expected": cells}
            messages.append(Message("malformed_row", "cells", facts))
    return np.searchsorted(distinct, case), messages


def _read_alone(lines: Lines, at: int, cells: int) -> tuple[int, list[str]]:
    """Read a line with quotation marks: where the cells too many begin, and all that can be read.

    ``_NOT_MENDED`` where there are none, or one of them is not blank.
    """
    stop, line = int(lines.stops[at]), lines.line(at)
    readable = first_cells(line)
    beyond = "".join(f",{cell}" for cell in readable[cells:])
    told_apart = bool(lines.told_apart[at])
    surely = told_apart and all(cell.strip() for cell in readable[:cells])
    if surely and beyond and not beyond.strip(", ") and line.endswith(beyond):
        return stop - len(beyond), readable
    if not told_apart or (lines.found[at] < cells and re.search(_FIGURE, readable[-1])):
        readable = readable[:-1]
    # Behind a mark that closes a cell in front of no comma, cells are counted and not read.
    rows = [] if told_apart and len(readable) == lines.found[at] else _rows_of(line, cells)
    return _NOT_MENDED, rows or readable


def _rows_of(line: str, width: int) -> list[str]:
    """Return the cells of the rows on a line that may have more than one, none where it has one.

    Behind a carriage return, whose line feed was lost, another row may stand; and behind the mark
    that closes the last cell of a row that lost its end.
    """
    parts = _parted(line)
    rows = [parts[0], *(part for part in parts[1:] if any(map(_LONG_NUMBER.search, part)))]
    # One that is broken inside has no more cells than it should.
    if len(rows) == 1 or sum(map(len, parts)) - (len(parts) - 1) <= width:
        return []
    return [cell for row in rows for cell in _as_wide(row, width)]


def _parted(line: str) -> list[list[str]]:
    """Return the cells between the places where a line is broken."""
    parts: list[list[str]] = []
    for piece in line.split("\r"):
        at: int | None = 0
        while at is not None:
            cells, broken = _cells_from(piece, at)
            closed = None if broken is None else _QUOTED_CELL.match(piece, broken)
            if broken is not None:
                cells.append(piece[broken:] if closed is None else _unquoted(closed[0]))
            parts.append(cells)
            at = None if closed is None else closed.end()
    return parts


def _as_wide(row: list[str], width: int) -> list[str]:
    """Return as many cells as there should be, blank those of which it is not sure whose they are.

    The last cell of a row that is cut is no whole number.
    """
    if any(cell.strip() for cell in row[width:]):
        row = []
    elif len(row) < width and re.search(_FIGURE, row[-1]):
        row = row[:-1]
    return [*row[:width], *[""] * (width - len(row))]


def first_cells(line: str) -> list[str]:
    """Return the cells of a line up to a carriage return, or with a mark left open as the last."""
    line = line.partition("\r")[0]
    cells, broken = _cells_from(line, 0)
    return cells if broken is None else [*cells, line[broken:]]


def _cells_from(line: str, at: int) -> tuple[list[str], int | None]:
    """Return the cells from a place on, and where one begins that a mark does not end."""
    cells: list[str] = []
    while True:
        quoted = _QUOTED_CELL.match(line, at)
        if quoted is not None and line[quoted.end() : quoted.end() + 1] in ("", ","):
            cells.append(_unquoted(quoted[0]))
            end = quoted.end()
        elif line.startswith('"', at):
            return cells, at
        else:
            comma = line.find(",", at)
            end = len(line) if comma < 0 else comma
            cells.append(line[at:end])
        if end == len(line):
            return cells, None
        at = end + 1


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"')


def leaves_a_mark_open(line: bytes) -> bool:
    """Say whether a quotation mark is opened on a line and not closed."""
    rest = _QUOTED_CELLS.sub(b"", line)
    return rest.startswith(b'"') or b',"' in rest

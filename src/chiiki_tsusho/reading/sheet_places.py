"""Where the rows and cells of a sheet stand, as its XML says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.workbook_lengths import any_prefix
from chiiki_tsusho.reading.written_cells import column_letters

# Row and column, counted from 1.
Place = tuple[int, int]
# The last row of Excel.
LAST_ROW = 1_048_576
REFERENCE = rb"\br\s*=\s*[\"']"
PLACE = re.compile(REFERENCE + rb"([A-Za-z]+)([0-9]+)")
# Of cells and of rows, whose cells need not say where they stand.
_ROW = re.compile(REFERENCE + rb"[A-Za-z]*([0-9]+)")
_UNPLACED = re.compile(any_prefix(rb"<p:(?:row|c)\b(?![^>]*?") + REFERENCE + rb")")
_ROW_OR_CELL = re.compile(
    any_prefix(rb"<p:(?:(row)|c)\b") + rb"(?:[^>]*?" + REFERENCE + rb"([A-Za-z]*)([0-9]+))?"
)


def row_numbers(piece: bytes) -> list[int]:
    """Return the number of its row that each row and cell of a piece gives."""
    return list(map(int, _ROW.findall(piece)))


def place_of(attributes: bytes) -> Iterator[Place]:
    """Yield where a cell stands, if its attributes say so."""
    match = PLACE.search(attributes)
    if match is not None:
        yield int(match[2]), column_number(match[1])


def column_number(letters: bytes) -> int:
    """Return the number of a column: AB is 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def placed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Write into cells that do not say where they stand that it is behind the last one."""
    row, column, before = 0, 0, b""

    def with_place(found: re.Match[bytes]) -> bytes:
        nonlocal row, column
        tag, is_row, letters, number = found[0], *found.groups()
        if is_row:
            row, column = int(number or row + 1), 0
        elif number:
            row, column = int(number), column_number(letters)
        else:
            column += 1
            tag += f' r="{column_letters(column)}{row}"'.encode()
        return tag

    for piece in pieces:
        if _UNPLACED.search(piece):
            row = [row, *row_numbers(before)][-1]
            yield _ROW_OR_CELL.sub(with_place, piece)
            before = b""
        else:
            yield piece
            before = piece


def rows_there(pieces: Iterable[bytes]) -> Ints | None:
    """Return the numbers of the rows of a sheet, None where most up to the last are there."""
    there = np.zeros(LAST_ROW + 1, dtype=bool)
    for piece in placed(pieces):
        there[row_numbers(piece)] = True
    rows = np.flatnonzero(there)
    most = 2 * len(rows) > rows[-1] or rows[0] == 0
    return None if most else rows


def numbered_anew(pieces: Iterable[bytes], rows: Ints) -> Iterator[bytes]:
    """Let rows follow each other, whichever are there."""
    first_moved = rows[rows != np.arange(1, len(rows) + 1)][0]

    def moved(found: re.Match[bytes]) -> bytes:
        # A row need not say its number where its cells do.
        number = found[3] or b""
        anew = b"%d" % (np.searchsorted(rows, int(number)) + 1) if number else b""
        return found[0].removesuffix(number) + anew

    for piece in placed(pieces):
        last = max(row_numbers(piece), default=0)
        yield _ROW_OR_CELL.sub(moved, piece) if last >= first_moved else piece

"""What reading a file or a frame gives: blocks of rows, column by column.

Nothing is interpreted here but the form: lines and cells. A block remembers the lines of its rows
and can give any of them back verbatim, for the file of held visits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.language import Text
from chiiki_tsusho.not_known import BLANK_NUMBER
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.cell_texts import LONG_BLANKS, SHORT_BLANKS, is_blank
from chiiki_tsusho.reading.malformed_rows import NO_MALFORMED, MalformedRows
from chiiki_tsusho.records import record

ROWS_OF_A_BLOCK = 1 << 17
FIRST_ROW_LINE = 2
# Among so many rows the headings are looked for where line 1 is none.
BEGINNING_ROWS = 20
# A range of numbers as small as this is one of few values.
_FEW_NUMBERS = 100
NEWLINE = ord("\n")
# How a reader wants a column: as numbers where every cell is one of this range, as a text of its
# own for each row, as texts of which there are few, or (the safe way, which any of them falls back
# to) as distinct texts; or not at all.
Form = tuple[int, int] | Literal["texts", "few", "distinct", "unread"]
# Whether a block is wanted, by its first line.
Wanted = Callable[[int], bool]


def has_few(form: Form) -> bool:
    """Say whether a column wanted in a form has few different cells."""
    if isinstance(form, tuple):
        return form[1] - form[0] < _FEW_NUMBERS
    return form == "few"


@record
class Texts:
    """One column of a block: its texts, and for each row the position of its text.

    ``positions`` is None where every row has its own entry in ``texts``.
    """

    texts: pa.StringArray
    positions: npt.NDArray[np.int32] | None

    def distinct(self) -> list[str]:
        """Return the distinct texts."""
        texts: list[str] = self.texts.to_pylist()
        return texts

    @property
    def which(self) -> npt.NDArray[np.integer]:
        """The position of the text of each row."""
        return np.arange(len(self.texts)) if self.positions is None else self.positions

    def of_rows(self) -> pa.StringArray:
        """Return the text of each row."""
        return self.texts if self.positions is None else self.texts.take(of_numbers(self.positions))

    def taken(self, rows: Ints) -> Texts:
        """Return the column of some rows."""
        return Texts(self.texts, self.which[rows].astype(np.int32, copy=False))


@record
class Numbered:
    """One column of a block whose texts are numbered through the file.

    ``known`` is the same list in every block of the file and only grows; columns that were
    numbered together have the same ``positions``.
    """

    known: list[str]
    positions: npt.NDArray[np.int32]

    def distinct(self) -> list[str]:
        """Return the texts met so far, those of other blocks included."""
        # A copy: another thread may be adding those of a later block.
        return self.known[:]

    @property
    def which(self) -> npt.NDArray[np.integer]:
        """The position of the text of each row."""
        return self.positions

    def of_rows(self) -> pa.StringArray:
        """Return the text of each row."""
        return of_texts(self.distinct()).take(of_numbers(self.positions))

    def taken(self, rows: Ints) -> Numbered:
        """Return the column of some rows."""
        return Numbered(self.known, self.positions[rows])


@record
class Numbers:
    """One column of a block whose cells are all whole numbers or blank: the number of each row."""

    values: Ints

    def taken(self, rows: Ints) -> Numbers:
        """Return the column of some rows."""
        return Numbers(self.values[rows])


ReadColumn = Texts | Numbered | Numbers


class Raw(Protocol):
    """Rows as they stand in an input."""

    def verbatim(self, at: Ints) -> Any:
        """Return some of them, by how many lines of the block are before each."""


@record
class RawTable:
    """Rows of a table."""

    table: pa.Table

    def verbatim(self, at: Ints) -> pa.Table:
        """Return some of them."""
        return self.table.take(of_numbers(at))


@record
class RawPositions:
    """Rows of an input in memory, of which only their positions in it are wanted.

    Parameters
    ----------
    lines : ndarray of int64
        The line of each row of the input, ascending, less that of the first row of the block.
    """

    lines: Ints

    def verbatim(self, at: Ints) -> Ints:
        """Return the positions of some of them."""
        return np.searchsorted(self.lines, at)


@record
class Block:
    """Some rows of an input, in its order.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
        Line of each row, the heading being line 1.
    columns : sequence of ReadColumn
        In the order of the headings, but for those that were to stay unread.
    malformed : MalformedRows
        Rows whose cells cannot be told apart; they are in no column.
    first_line : int
        Line of the first row of ``raw``.
    raw : Raw, optional
        The rows as they stand in the input, malformed ones included.
    consumed : int
        Bytes (CSV) or rows of the input read so far, for the progress bar.
    mended : MalformedRows
        Rows from whose lines blank cells too many were taken; they are in the columns.
    """

    lines: Ints
    columns: Sequence[ReadColumn]
    malformed: MalformedRows
    first_line: int
    raw: Raw | None
    consumed: int
    mended: MalformedRows = NO_MALFORMED

    def without_mended(self, doubtful: Flags) -> Block:
        """Return the block with some of the mended rows, flagged, among the malformed ones."""
        gone = self.mended.taken(np.flatnonzero(doubtful))
        rows = np.flatnonzero(~np.isin(self.lines, gone.lines))
        return replace(
            self,
            lines=self.lines[rows],
            columns=[column.taken(rows) for column in self.columns],
            malformed=self.malformed.joined(gone),
            mended=NO_MALFORMED,
        )

    def moved(self, lines: int) -> Block:
        """Return the same rows so many lines further on."""
        return replace(
            self,
            lines=self.lines + lines,
            malformed=self.malformed.moved(lines),
            mended=self.mended.moved(lines),
            first_line=self.first_line + lines,
        )

    def taken(self, rows: Ints) -> Block:
        """Return some of the rows, no longer to be had verbatim."""
        columns = [column.taken(rows) for column in self.columns]
        return Block(self.lines[rows], columns, NO_MALFORMED, self.first_line, None, self.consumed)

    def verbatim(self, lines: Ints) -> Any:
        """Return the rows on these lines as they stand in the input."""
        if self.raw is None:
            raise ValueError("these rows are a selection, no longer to be had verbatim")
        return self.raw.verbatim(lines - self.first_line)


@record
class SourceFile:
    """A file of an input: its path and name, and how many lines of the input stand before it.

    ``rows`` is how many rows it has, where it is one of several and has been read; ``sheet`` the
    one that is read of a workbook.
    """

    path: Path | None
    shown: str
    lines_before: int
    rows: int | None = None
    sheet: str | None = None


class Source(Protocol):
    """An input: its headings, and its rows block by block, as often as asked.

    Its lines are counted through all its files; ``line_of_file`` says which line of which file one
    of them is.
    """

    kind: str
    headings: list[str]
    heading_line: int
    first_column: int
    # Headings of columns that the caller wants to be left unread.
    ignored: frozenset[str]
    size: int

    @property
    def shown(self) -> str | Text:
        """What to call it in messages."""

    @property
    def files(self) -> Sequence[SourceFile]:
        """The files it is of, in their order."""

    @property
    def notes(self) -> Sequence[Text]:
        """What a user may not expect of how it is read."""

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of its first rows."""

    def elsewhere(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the names of other tables beside it, and the headings of each."""

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows, each column in the form wanted or as distinct texts.

        Of an input that was read to its end, only the blocks that are wanted by their first line.
        """


class OneTable:
    """What most inputs are: a table alone, its headings on line 1, nothing to be said of it."""

    heading_line = first_column = 1
    ignored: frozenset[str] = frozenset()

    @property
    def notes(self) -> Sequence[Text]:
        """Nothing."""
        return ()

    def elsewhere(self) -> Iterator[tuple[str, list[str]]]:
        """Yield nothing."""
        yield from ()


def block_of_table(
    columns: Iterable[Any],
    forms: Sequence[Form],
    read: Callable[[Any, Form], ReadColumn],
    lines: Ints,
    raw: Raw,
    consumed: int,
) -> Block:
    """Return the rows of a part of a table, but for those of blank cells alone.

    Parameters
    ----------
    columns : iterable
        The columns of the part.
    forms : sequence of Form
    read : callable
        Reads a column in a form; one that is to stay unread, only where it may fill a row.
    lines : ndarray of int64, shape (rows,)
        At least one.
    raw : Raw
    consumed : int
    """
    of_form = list(zip(columns, forms, strict=True))
    wanted = [read(column, form) for column, form in of_form if form != "unread"]
    unread = (read(column, form) for column, form in of_form if form == "unread")
    first_line = int(lines[0])
    blank = np.ones(len(lines), dtype=bool)
    for column in chain(wanted, unread):
        blank &= ~filled_cells(column)
        if not blank.any():
            break
    else:
        kept = np.flatnonzero(~blank)
        lines, wanted = lines[kept], [column.taken(kept) for column in wanted]
    return Block(lines, wanted, NO_MALFORMED, first_line, raw, consumed)


def filled_cells(column: ReadColumn) -> Flags:
    """Say which cells of a column are not blank."""
    if isinstance(column, Numbers):
        there: Flags = column.values != BLANK_NUMBER
        return there
    of_text = np.array([not is_blank(text) for text in column.distinct()], dtype=bool)
    filled: Flags = of_text[column.which]
    return filled


def line_of_file(files: Sequence[SourceFile], line: int) -> tuple[SourceFile, int]:
    """Return the file in which a line of an input stands, and which line of that file it is."""
    file = files[file_at(files, line)]
    return file, line - file.lines_before


def file_at(files: Sequence[SourceFile], line: int) -> int:
    """Say which of the files of an input a line of the input stands in."""
    return bisect_right([one.lines_before for one in files], line - 1) - 1


def line_named(files: Sequence[SourceFile], line: int) -> int | Text:
    """Name a line of an input, with its file where there are several."""
    if len(files) == 1:
        return line
    file, at_line = line_of_file(files, line)
    return Text("{line} of {file}", line=at_line, file=file.shown)


def lines_named(
    files: Sequence[SourceFile], lines: npt.NDArray[np.integer], fact: str
) -> Iterator[tuple[Ints, pa.StringArray, str | Text]]:
    """Name many lines of an input, a file at a time, as ``line_named`` does each of them.

    Parameters
    ----------
    fact : str
        What stands for the number of a line in the name (``any_of``).

    Yields
    ------
    at : ndarray of int64
        Which of the lines are of the file.
    numbers : StringArray
        Their numbers in it.
    name : str or Text
    """
    before = np.array([one.lines_before for one in files], dtype=np.int64)
    of_line = np.searchsorted(before, lines - 1, side="right") - 1
    for number in np.flatnonzero(np.bincount(of_line, minlength=1)).tolist():
        at = np.flatnonzero(of_line == number)
        numbers = of_numbers(lines[at].astype(np.int64) - before[number]).cast(pa.string())
        shown = files[number].shown
        name = fact if len(files) == 1 else Text("{line} of {file}", line=fact, file=shown)
        yield at, numbers, name


# Of a comma and of the blanks that a line may begin with, the first bytes in UTF-8.
_BEGIN_BLANK = np.isin(np.arange(256), [*b"," + SHORT_BLANKS, *(blank[0] for blank in LONG_BLANKS)])


def begin_blank(characters: npt.NDArray[np.uint8], starts: npt.NDArray[np.integer]) -> Flags:
    """Say which lines begin with a comma or a blank, as those of blank cells do.

    Parameters
    ----------
    characters : ndarray of uint8
        UTF-8, with two bytes at the least from the last start on.
    starts : ndarray of int, shape (lines,)
    """
    first = characters[starts]
    begin: Flags = _BEGIN_BLANK[first]
    if begin.any():
        # All others with such a first byte are letters.
        long = np.zeros_like(begin)
        for blank in LONG_BLANKS:
            long |= np.logical_and.reduce(
                [characters[starts + at] == byte for at, byte in enumerate(blank)]
            )
        begin &= (first < 0x80) | long
    return begin


def line_bounds(
    characters: npt.NDArray[np.uint8 | np.uint16],
) -> tuple[Ints, Ints]:
    """Return where each line starts and where the next one does."""
    ends = np.flatnonzero(characters == NEWLINE).astype(np.int64) + 1
    if not ends.size or ends[-1] != characters.size:
        ends = np.append(ends, characters.size)
    return np.concatenate(([0], ends[:-1])), ends

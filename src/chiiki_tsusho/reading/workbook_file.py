"""Excel workbooks (.xlsx) to blocks of rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import count, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
from python_calamine import CalamineWorkbook

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Text
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.reading.blocks import (
    BEGINNING_ROWS,
    Block,
    Form,
    OneTable,
    SourceFile,
    Texts,
    Wanted,
    filled_cells,
)
from chiiki_tsusho.reading.cell_texts import is_blank, merged_text
from chiiki_tsusho.reading.file_state import changed, state_of
from chiiki_tsusho.reading.malformed_rows import MalformedRows
from chiiki_tsusho.reading.sheet_places import Place
from chiiki_tsusho.reading.workbook_parts import Area, SheetSurvey, WorkbookParts, damaged
from chiiki_tsusho.reading.written_cells import cell_text, column_letters
from chiiki_tsusho.records import record
from chiiki_tsusho.whole_files import visible_path

_ROWS_OF_A_BLOCK = 1 << 14
# Excel keeps times as fractions of a day: so near a whole second it is meant.
_ROUNDING = 5_000
_SECOND = 1_000_000

Row = list[Any]


@record
class _RawRows:
    """Rows as they stand in a sheet: text as text, numbers, dates; a formula as its text."""

    rows: list[Row]

    def verbatim(self, at: Ints) -> list[Row]:
        return [self.rows[one] for one in at.tolist()]


class WorkbookSource(OneTable):
    """A sheet of an Excel workbook; a row is the line of its number.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        The first one unless named.

    Raises
    ------
    InputFileError
        It is no workbook, has no such sheet or no cells, or is too large.
    """

    kind = "xlsx"

    def __init__(self, path: Path, sheet: str | None = None, book: _Book | None = None) -> None:
        self.path = path
        shown = visible_path(path)
        self.shown = shown if sheet is None else f"{shown}#{sheet}"
        with path.open("rb") as stream:
            state = state_of(stream)
            book = book or _Book(path)
            self.sheet = book.parts.sheet_name(sheet)
            # Who names one sheet has chosen among all.
            self.chosen = sheet is not None
            self._others = [one for one in book.parts.visible if one != self.sheet]
            self._survey = book.parts.survey(self.sheet)
            self._cells = book.cells(self.sheet, self._survey)
            if state_of(stream) != state:
                raise changed(self.shown)
        self.size = self._cells.total_height + 1
        if self._survey.rows is not None and self._cells.start is not None:
            self.size = int(self._survey.rows[self.size - 1])
        places = self._survey.texts.keys()
        # Columns before the first that has a value are not read.
        self.first_column = 1 + (self._cells.start or (0, 0))[1]
        self._width = max([self._cells.width, *(at - self.first_column + 1 for _, at in places)])
        self._height = max([self.size, *(row for row, _ in places)])
        self._odd = self._odd_cells()
        found = next(
            (
                (at, texts)
                for at, texts in self._rows_of_text()
                if any(text.strip() for text in texts)
            ),
            None,
        )
        if found is None:
            raise InputFileError(
                Text("{file}: is empty; a line of headings was expected", file=self.shown)
            )
        self.heading_line, headings = found
        while not headings[-1].strip():
            headings.pop()
        self.headings = headings
        for (row, column), text in self._covered():
            self._survey.texts[row, column] = text
            self._odd.setdefault(row, []).append(column)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The sheet, whose first row is line 1."""
        return (SourceFile(self.path, self.shown, 0, sheet=self.sheet),)

    @cached_property
    def notes(self) -> Sequence[Text]:
        """What a user may not expect of how the sheet is read."""
        others = () if self.chosen else self._other_sheets()
        notes: list[Text] = [
            Text(
                "{file}: sheet {name!r} has the same headings and is not read; give {sheet} as "
                "well if its rows are to be claimed",
                file=self.shown,
                name=other.sheet,
                sheet=f"{self.shown}#{other.sheet}",
            )
            for other in others
            if set(self.headings) == set(other.headings) and other.has_rows
        ]
        if self._survey.hidden:
            notes.append(
                Counted(
                    "{file}: {n:,} hidden row is read like the others; delete it if it is not to "
                    "be claimed",
                    "{file}: {n:,} hidden rows are read like the others; delete them if they are "
                    "not to be claimed",
                    self._survey.hidden,
                    file=self.shown,
                )
            )
        return notes

    def elsewhere(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the other sheets that can be seen and the headings of each."""
        for other in self._other_sheets():
            yield other.sheet, other.headings

    def _other_sheets(self) -> Iterator[WorkbookSource]:
        """Yield the other sheets that can be seen and read.

        Of those that have rows at their beginning no more is read.
        """
        books = _Book(self.path, only_beginnings=True), _Book(self.path)
        for name in self._others:
            for book in books:
                with suppress(InputFileError):
                    other = WorkbookSource(self.path, name, book)
                    if other.has_rows or book is books[-1]:
                        yield other
                        break

    @cached_property
    def has_rows(self) -> bool:
        """Whether anything stands below the headings."""
        rows = self._rows_of_text()
        return any(
            at > self.heading_line and any(text.strip() for text in texts) for at, texts in rows
        )

    def _rows(self) -> Iterator[Row]:
        """Yield every row; at the end there may be some that have no value at all."""
        read, blank = 0, [""] * self._cells.width
        numbers = count(1) if self._survey.rows is None else map(int, self._survey.rows)
        # Some releases of the library abort on the rows of a sheet without any.
        if self._cells.start is not None:
            with _of_the_reader(self.path):
                for number, row in zip(numbers, self._cells.iter_rows(), strict=False):
                    yield from repeat(blank, number - read - 1)
                    yield row
                    read = number
        yield from repeat(blank, self._height - read)

    def _covered(self) -> Iterator[tuple[Place, str]]:
        """Yield the cells below the headings that are merged with one that is filled.

        A reader of values shows them as blank; whether its value is meant for each of them, nobody
        can say. Rows without a cell of their own are none.
        """
        last_column = self.first_column + len(self.headings) - 1
        columns = range(self.first_column, last_column + 1)
        below = [
            area
            for area in sorted(self._survey.merged, reverse=True)
            if area.row > self.heading_line and area.column in columns
        ]
        open_areas: list[Area] = []
        for row, cells in self._shown_rows() if below else ():
            open_areas = [area for area in open_areas if area.last_row >= row]
            while below and below[-1].row <= row:
                area = below.pop()
                if not is_blank(_text(cells[area.column - self.first_column])):
                    open_areas.append(area)
            if cells.count("") == len(cells):
                continue
            for area in open_areas:
                for column in range(area.column, min(area.last_column, last_column) + 1):
                    if (row, column) != area[:2]:
                        yield (row, column), merged_text(str(area))

    def _shown_rows(self) -> Iterator[tuple[int, Row]]:
        for row, cells in enumerate(self._rows(), start=1):
            yield row, self._with_texts([cells], row)[0]

    def _rows_of_text(self) -> Iterator[tuple[int, list[str]]]:
        for row, cells in self._shown_rows():
            yield row, list(map(_text, cells))

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows after the headings."""
        return islice(self._rows_of_text(), self.heading_line, self.heading_line + BEGINNING_ROWS)

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows, so many at a time."""
        rows = islice(self._rows(), self.heading_line, None)
        first = self.heading_line + 1
        while block := list(islice(rows, _ROWS_OF_A_BLOCK)):
            if wanted is None or wanted(first):
                yield self._block(block, first, forms)
            first += len(block)

    def _block(self, rows: list[Row], first: int, forms: Sequence[Form]) -> Block:
        cells = self._with_texts(rows, first)
        # A sheet may have a million rows without a cell above the last one that has any.
        some = [at for at, row in enumerate(cells) if row.count("") < len(row)]
        columns = [_distinct(column) for column in zip(*(cells[at] for at in some), strict=True)]
        columns = columns or [_distinct(())] * len(cells[0])
        filled = np.array([filled_cells(column) for column in columns])
        there = filled.any(axis=0)
        beyond = filled[len(self.headings) :].any(axis=0)
        lines = first + np.array(some, dtype=np.int64)
        malformed = MalformedRows.of(
            [
                (int(lines[at]), self._too_many(filled[:, at]))
                for at in np.flatnonzero(there & beyond)
            ]
        )
        kept = np.flatnonzero(there & ~beyond)
        taken = [
            column.taken(kept)
            for column, form in zip(columns, forms, strict=False)
            if form != "unread"
        ]
        return Block(lines[kept], taken, malformed, first, _RawRows(cells), first + len(rows) - 1)

    def _with_texts(self, rows: list[Row], first: int) -> list[Row]:
        """Put in what a reader of values shows as blank, and numbers as they are shown."""
        survey = self._survey
        if not self._odd:
            return rows
        rows = [row + [""] * (self._width - len(row)) for row in rows]
        for number, row in enumerate(rows, start=first):
            for column in self._odd.get(number, ()):
                place = column - self.first_column
                if not 0 <= place < self._width:
                    continue
                value = row[place]
                # TRUE and FALSE are shown as such in whatever form numbers are.
                is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
                if (number, column) in survey.texts:
                    row[place] = survey.texts[number, column]
                elif (number, column) in survey.digits:
                    if is_number and value >= 0 and value % 1 == 0:
                        row[place] = str(int(value)).zfill(survey.digits[number, column])
                elif is_number:
                    row[place] = f"{round(value * 100, 9):g}%"
        return rows

    def _odd_cells(self) -> dict[int, list[int]]:
        """Return the columns of each row whose cells are shown otherwise than by their values."""
        columns: dict[int, list[int]] = {}
        for row, column in (*self._survey.texts, *self._survey.percentages, *self._survey.digits):
            columns.setdefault(row, []).append(column)
        return columns

    def _too_many(self, filled: Flags) -> Message:
        at = int(np.flatnonzero(filled)[-1])
        facts = {"column": column_letters(self.first_column + at)}
        return Message("malformed_row", "beside", facts)


class _Book:
    """A workbook, opened once for all sheets that are read, or for their beginnings."""

    def __init__(self, path: Path, *, only_beginnings: bool = False) -> None:
        self._path = path
        self._only_beginnings = only_beginnings

    @cached_property
    def parts(self) -> WorkbookParts:
        return WorkbookParts(self._path, only_beginnings=self._only_beginnings)

    @cached_property
    def _as_it_is(self) -> CalamineWorkbook:
        # An open file: of names that are no UTF-8 the library knows nothing.
        with self.parts.readable() if self._only_beginnings else self._path.open("rb") as stream:
            return CalamineWorkbook.from_filelike(stream)

    def cells(self, sheet: str, survey: SheetSurvey) -> Any:
        """Return the cells of a sheet that was looked through."""
        with _of_the_reader(self._path):
            if survey.far_lengths is None and survey.rows is None:
                return self._as_it_is.get_sheet_by_name(sheet)
            with self.parts.readable(sheet, survey) as stream:
                return CalamineWorkbook.from_filelike(stream).get_sheet_by_name(sheet)


@contextmanager
def _of_the_reader(path: Path) -> Iterator[None]:
    """Say of whatever the library raises that the workbook is damaged."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        # A panic of the library is no Exception.
        raise damaged(path, str(error)) from error


def _distinct(column: Sequence[Any]) -> Texts:
    # TRUE is equal to 1, FALSE and −0 to 0, and they are other cells.
    keys = column if {0, 1}.isdisjoint(column) else list(map(repr, column))
    distinct = dict(zip(keys, column, strict=True))
    numbers = {key: at for at, key in enumerate(distinct)}
    positions = np.fromiter(map(numbers.__getitem__, keys), np.int32, len(column))
    return Texts(of_texts([_text(value) for value in distinct.values()]), positions)


def _text(value: Any) -> str:
    if isinstance(value, (datetime.datetime, datetime.time)):
        value = _to_the_second(value)
    return cell_text(value)


def _to_the_second(value: datetime.datetime | datetime.time) -> datetime.datetime | datetime.time:
    part = value.microsecond
    if not part or _ROUNDING < part < _SECOND - _ROUNDING:
        return value
    day = (
        value if isinstance(value, datetime.datetime) else datetime.datetime.combine(_A_DAY, value)
    )
    try:
        whole = (day + datetime.timedelta(microseconds=_SECOND // 2)).replace(microsecond=0)
    except OverflowError:
        # The last second of the year 9999.
        return value
    return whole if isinstance(value, datetime.datetime) else whole.time()


_A_DAY = datetime.date(2000, 1, 1)

"""Several files as one input, each with headings of its own."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Text, on_lines
from chiiki_tsusho.reading.blocks import (
    Block,
    Form,
    Numbered,
    OneTable,
    ReadColumn,
    Source,
    SourceFile,
    Texts,
    Wanted,
)
from chiiki_tsusho.reading.csv_encodings import LINE_FEEDS
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.given_lines import (
    LaidOutLines,
    LaidOutRows,
    LaidOutTable,
    RecodedLines,
)
from chiiki_tsusho.reading.parquet_file import ParquetSource

if TYPE_CHECKING:
    from chiiki_tsusho.reading.workbook_file import WorkbookSource

    AnySource = CsvSource | ParquetSource | WorkbookSource

_KINDS = {
    "csv": Text("a CSV file"),
    "parquet": Text("a Parquet file"),
    "xlsx": Text("an Excel workbook"),
}


class SeveralSources(OneTable):
    """Files read one after the other; their lines are counted through all of them.

    Their rows come under the headings of all the files, a column that a file has not as blank.
    Headings of the same words are the same column until ``lay_out`` says which are.

    Parameters
    ----------
    sources : sequence of CsvSource, ParquetSource or WorkbookSource
        At least two.

    Raises
    ------
    InputFileError
        They are of different kinds.
    """

    def __init__(self, sources: Sequence[AnySource]) -> None:
        self.parts = list(sources)
        first = self.parts[0]
        faults = [_different(first, one) for one in self.parts[1:] if one.kind != first.kind]
        if faults:
            raise InputFileError(on_lines(faults))
        self.kind = first.kind
        # Who gives several sheets of a workbook has chosen among all.
        sheets = Counter(one.path for one in self.parts)
        for one in self.parts:
            if not isinstance(one, (CsvSource, ParquetSource)) and sheets[one.path] > 1:
                one.chosen = True
        self.ignored: frozenset[str] = frozenset()
        self.shown = named_together(self.parts)
        self.size = sum(one.size for one in self.parts)
        self._before = [0]
        self._rows: list[int] = []
        texts = [[one.strip() for one in part.headings] for part in self.parts]
        whole = list(dict.fromkeys(text for of_part in texts for text in of_part))
        self.lay_out(whole, [[whole.index(text) for text in of_part] for of_part in texts])

    def lay_out(self, headings: Sequence[str], places: Sequence[Sequence[int]]) -> None:
        """Say under which headings the rows come.

        Parameters
        ----------
        headings : sequence of str
            The headings of all files, in their order.
        places : sequence of sequence of int
            For each file the place of each of its columns among them.
        """
        self.headings = list(headings)
        self._places = [list(of_part) for of_part in places]
        as_they_stand = list(range(len(self.headings)))
        # Whether the cells of a file stand elsewhere under the headings of all.
        self._moved = [of_part != as_they_stand for of_part in self._places]
        # Whether the lines of some CSV file cannot be given back as they stand.
        self._some_moved = any(self._moved) or len({one.tabs for one in self._csv}) > 1
        self._encoding: str | None = None
        # Files of the same columns in the same order number the texts of their cells together.
        readers: dict[tuple[int, ...], CsvSource] = {}
        for part, of_part in zip(self.parts, self._places, strict=True):
            if isinstance(part, CsvSource):
                part.read_as(readers.setdefault(tuple(of_part), part))

    @property
    def notes(self) -> Sequence[Text]:
        """What is to be said of each."""
        return [note for one in self.parts for note in one.notes]

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The files, and how many lines are before each; of those not yet read, more than any."""
        unread = [sys.maxsize] * (len(self.parts) - len(self._before))
        rows: list[int | None] = [*self._rows, *([None] * (len(self.parts) - len(self._rows)))]
        return tuple(
            replace(one.files[0], lines_before=before, rows=count)
            for one, before, count in zip(self.parts, self._before + unread, rows, strict=True)
        )

    @property
    def encoding(self) -> str:
        """The encoding of all CSV files, UTF-8 where they differ or tabs become commas."""
        if self._encoding is None:
            encodings = {one.encoding for one in self._csv}
            recoded = len(encodings) > 1 or (self._some_moved and encodings & LINE_FEEDS.keys())
            self._encoding = "utf-8" if recoded else encodings.pop()
        return self._encoding

    @property
    def raw_heading(self) -> bytes:
        """The headings of CSV files, in the encoding of the whole."""
        first = self._csv[0]
        given = first.raw_heading.decode(first.encoding)
        if self._some_moved:
            given = csv_text([self.headings], "\r\n" if given.endswith("\r\n") else "\n")
            if self.encoding == "utf-8" and not given.isascii():
                given = "\ufeff" + given
        return given.encode(self.encoding)

    @property
    def schema(self) -> pa.Schema:
        """What the columns of Parquet files together are."""
        schemas = [
            pa.schema(
                field.with_name(self.headings[place])
                for field, place in zip(part.schema, places, strict=True)
            )
            for part, places in zip(self.parts, self._places, strict=True)
            if isinstance(part, ParquetSource)
        ]
        try:
            whole = pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise InputFileError(
                Text(
                    "{files}: have columns of different types: {why}",
                    files=self.shown,
                    why=str(error),
                )
            ) from error
        return pa.schema([whole.field(name) for name in self.headings])

    @property
    def _csv(self) -> list[CsvSource]:
        return [one for one in self.parts if isinstance(one, CsvSource)]

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows of the first file."""
        return self.parts[0].beginning()

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows of one file after the other."""
        consumed = 0
        rows: list[int] = []
        for at, (source, places) in enumerate(zip(self.parts, self._places, strict=True)):
            before, last = self._before[at], 1
            rows.append(0)
            of_file = None if wanted is None else _behind(before, wanted)
            for block in source.blocks([forms[place] for place in places], of_file):
                malformed = block.malformed.lines.tolist()
                last = max([last, *block.lines[-1:].tolist(), *malformed])
                rows[-1] += len(block.lines) + len(malformed)
                yield replace(
                    block.moved(before),
                    columns=self._columns(block, at, forms),
                    raw=self._raw(block, at),
                    consumed=block.consumed + consumed,
                )
            consumed += source.size
            if at + 1 == len(self._before) < len(self.parts):
                self._before.append(before + last)
        if wanted is None:
            self._rows = rows

    def _columns(self, block: Block, at: int, forms: Sequence[Form]) -> Sequence[ReadColumn]:
        """Put the columns of a file where the headings of all have them."""
        places = self._places[at]
        if places == self._places[0] and not self._moved[at]:
            return block.columns
        read = iter(block.columns)
        there = {place: next(read) for place in places if forms[place] != "unread"}
        blank = Texts(of_texts([""]), np.zeros(len(block.lines), dtype=np.int32))
        return [
            _of_its_own(there[place]) if place in there else blank
            for place, form in enumerate(forms)
            if form != "unread"
        ]

    def _raw(self, block: Block, at: int) -> Any:
        """Return the rows of a file as they are given back."""
        source, places, width = self.parts[at], self._places[at], len(self.headings)
        if isinstance(source, CsvSource):
            assert block.raw is not None
            lines = RecodedLines(block.raw, source.encoding, self.encoding)
            if self._moved[at] or (source.tabs and self._some_moved):
                return LaidOutLines(lines, source.tabs, places, width)
            return lines
        # Columns of Parquet are known by their names, which may be other words for the same.
        renamed = isinstance(source, ParquetSource) and source.headings != self.headings
        if not (self._moved[at] or renamed):
            return block.raw
        assert block.raw is not None
        if renamed:
            return LaidOutTable(block.raw, places, self.schema)
        return LaidOutRows(block.raw, places, width)


def _behind(before: int, wanted: Wanted) -> Wanted:
    """Ask of the blocks of a file before which so many lines are."""
    return lambda first_line: wanted(first_line + before)


def named_together(sources: Sequence[Source]) -> str | Text:
    """Name several files in a sentence: the first, and how many more."""
    if len(sources) == 1:
        return sources[0].shown
    return Counted(
        "{first} and {n} more file",
        "{first} and {n} more files",
        len(sources) - 1,
        first=sources[0].shown,
    )


def _of_its_own(column: ReadColumn) -> ReadColumn:
    """Return a column whose numbers stand for the texts of its own block alone."""
    if isinstance(column, Numbered):
        return Texts(of_texts(column.distinct()), column.positions)
    return column


def _different(first: AnySource, other: AnySource) -> Text:
    return Text(
        "{file}: is {kind}, and {first} is {kind_of_first}; give files of one kind",
        file=other.shown,
        kind=_KINDS[other.kind],
        first=first.shown,
        kind_of_first=_KINDS[first.kind],
    )

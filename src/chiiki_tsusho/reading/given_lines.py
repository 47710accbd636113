"""Rows of several files as they stand there, under the headings of all of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.blocks import Raw
from chiiki_tsusho.records import record


@record
class RecodedLines:
    """Lines of one file in the encoding of the whole, each with its line feed."""

    raw: Raw
    read_in: str
    written_in: str

    def verbatim(self, at: Ints) -> bytes:
        """Return some of the lines."""
        return self.text(at).encode(self.written_in)

    def text(self, at: Ints) -> str:
        """Return some of the lines, decoded."""
        text: str = self.raw.verbatim(at).decode(self.read_in)
        return text + "\n" if text and not text.endswith("\n") else text


@record
class LaidOutLines:
    """Lines of one file with their cells where the headings of all files have them.

    A line whose cells cannot be told apart becomes one cell, and so stays such a line.

    Parameters
    ----------
    lines : RecodedLines
    tabs : bool
        Whether tabs part the cells of the file.
    places : sequence of int
        Where each of its columns stands.
    width : int
        How many columns there are in all.
    """

    lines: RecodedLines
    tabs: bool
    places: Sequence[int]
    width: int

    def verbatim(self, at: Ints) -> bytes:
        """Return some of the lines, parted by commas."""
        rows = []
        for line in self.lines.text(at).removesuffix("\n").split("\n"):
            body = line.removesuffix("\r")
            cells = cells_of_line(body, tabs=self.tabs)
            if cells is None or len(cells) < len(self.places):
                cells = [body]
            else:
                cells = laid_out(cells, self.places, self.width)
            rows.append(csv_text([cells], line[len(body) :] + "\n"))
        return "".join(rows if len(at) else ()).encode(self.lines.written_in)


@record
class LaidOutRows:
    """Rows of one workbook with their cells where the headings of all have them."""

    raw: Raw
    places: Sequence[int]
    width: int

    def verbatim(self, at: Ints) -> list[list[Any]]:
        """Return some of the rows."""
        return [laid_out(row, self.places, self.width) for row in self.raw.verbatim(at)]


@record
class LaidOutTable:
    """Rows of one Parquet file with the columns of all."""

    raw: Raw
    places: Sequence[int]
    schema: pa.Schema

    def verbatim(self, at: Ints) -> pa.Table:
        """Return some of the rows."""
        rows = self.raw.verbatim(at)
        return pa.table(
            [
                rows.column(self.places.index(place)).cast(field.type)
                if place in self.places
                else pa.nulls(len(rows), field.type)
                for place, field in enumerate(self.schema)
            ],
            schema=self.schema,
        )


def laid_out(cells: Sequence[Any], places: Sequence[int], width: int) -> list[Any]:
    """Put the cells of a file where the headings of all have them; those beyond stay beyond."""
    row = [""] * width
    for cell, place in zip(cells, places, strict=False):
        row[place] = cell
    return [*row, *cells[len(places) :]]


def cells_of_line(body: str, *, tabs: bool = False) -> list[str] | None:
    """Return the cells of a line without its end, None where they cannot be told apart."""
    try:
        return next(csv.reader([body], delimiter="\t" if tabs else ",", strict=True), [])
    except csv.Error:
        return None

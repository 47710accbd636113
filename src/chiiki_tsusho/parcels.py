"""Rows of visits on their way between machines, each with its line in the whole.

The whole is all parts one after the other under one heading, which is its line 1.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.csv_lines import LineSource, line_ends
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Text, listed
from chiiki_tsusho.reading.blocks import FIRST_ROW_LINE, Form, Numbered, Numbers, Source, Texts
from chiiki_tsusho.reading.cells import PARSERS, Decoder
from chiiki_tsusho.reading.data_frame import FrameSource
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.threads import on_one_core

PARCEL_TYPES: dict[str, Any] = {"label": "str", "parcel": pd.ArrowDtype(pa.large_binary())}
# The ledger keeps the first line of each claim in 32 bits.
_LAST_LINE = int(np.iinfo(np.int32).max)
_NAMED = 5


class Rows(Protocol):
    """Some rows of the visits, in order: of one part, or of the whole."""

    @property
    def lines(self) -> Ints:
        """Of each row: how many lines of its part are before it; or its line in the whole."""

    @property
    def part(self) -> int:
        """The number of the part."""

    def source(self) -> Source:
        """Return them as an input."""

    def taken(self, *positions: Ints) -> Iterator[Self]:
        """Yield the rows at some positions, then those at others."""

    def joined(self, others: Sequence[Any], lines: Ints) -> Self:
        """Return the rows of others, on these lines."""

    def frame(self) -> pd.DataFrame:
        """Return the rows as they stand in the input."""


@dataclass(frozen=True)
class FrameRows:
    """Rows of a frame."""

    rows: pd.DataFrame
    lines: Ints
    part: int

    @classmethod
    def of_part(cls, frame: pd.DataFrame, part: int) -> Self:
        """Take a frame as a part."""
        return cls(frame, np.arange(len(frame)), part)

    def source(self) -> Source:
        """Return them as an input."""
        return FrameSource(self.rows, "visits", self.lines)

    def taken(self, *positions: Ints) -> Iterator[Self]:
        """Yield the rows at some positions, then those at others."""
        for at in positions:
            yield replace(self, rows=self.rows.take(at), lines=self.lines[at])

    def joined(self, others: Sequence[FrameRows], lines: Ints) -> Self:
        """Return the rows of others, on these lines."""
        rows = pd.concat([one.rows for one in others], ignore_index=True)
        return replace(self, rows=rows, lines=lines)

    def frame(self) -> pd.DataFrame:
        """Return the rows as they stand in the input."""
        return self.rows


@dataclass(frozen=True)
class TextRows:
    """Lines of CSV files: UTF-8, each ending in a line feed."""

    text: bytes
    lines: Ints
    part: int
    headings: tuple[str, ...]

    def source(self) -> Source:
        """Return them as an input."""
        return LineSource(self.text, self.lines, self.headings, "visits")

    def taken(self, *positions: Ints) -> Iterator[Self]:
        """Yield the lines at some positions, then those at others."""
        ends = np.concatenate(([0], line_ends(self.text)))
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(self.text)]
        lines = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
        for at in positions:
            own = lines.take(pa.array(at))
            text = own.buffers()[2].to_pybytes() if len(own) else b""
            yield replace(self, text=text, lines=self.lines[at])

    def joined(self, others: Sequence[TextRows], lines: Ints) -> Self:
        """Return the lines of others, on these lines."""
        return replace(self, text=b"".join(one.text for one in others), lines=lines)

    def frame(self) -> pd.DataFrame:
        """Return the cells as text; a line whose cells cannot be told apart is all in the first."""
        schema = pa.schema([(name, pa.string()) for name in self.headings])
        tables, lines = [schema.empty_table()], [self.lines[:0]]
        for block in self.source().blocks(["texts"] * len(self.headings)):
            columns = [
                column.of_rows() for column in block.columns if not isinstance(column, Numbers)
            ]
            at = np.array([line for line, _ in block.malformed], dtype=np.int64)
            [malformed] = self.taken(np.searchsorted(self.lines, at))
            texts = [text.removesuffix("\r") for text in malformed.text.decode().split("\n")]
            blank = pa.array([""] * len(at), pa.string())
            wholes = [pa.array(texts[:-1], pa.string()), *[blank] * (len(columns) - 1)]
            for cells, own in ((columns, block.lines), (wholes, at)):
                tables.append(pa.Table.from_arrays(cells, schema=schema))
                lines.append(own)
        frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
        return frame.iloc[np.argsort(np.concatenate(lines), kind="stable")]


def placed(rows: Sequence[Rows], starts: Ints, nothing: Rows) -> Rows:
    """Put rows of several parts together in the order of the whole, each with its line there.

    Parameters
    ----------
    rows : sequence of Rows
        In each, lines ascend.
    starts : ndarray of int64, shape (parts,)
        The line on which each part begins.
    nothing : Rows
        What they are where there are none.
    """
    in_turn = sorted((one for one in rows if len(one.lines)), key=lambda one: one.part)
    if not in_turn:
        return nothing
    lines = np.concatenate([one.lines + starts[one.part] for one in in_turn])
    return nothing.joined(in_turn, lines)


def first_lines(counts: Sequence[int]) -> Ints:
    """Return the line of the whole on which each part begins.

    Raises
    ------
    InputFileError
        There are more lines than can be told apart.
    """
    ends = FIRST_ROW_LINE + np.cumsum([0, *counts], dtype=np.int64)
    if ends[-1] > _LAST_LINE:
        raise InputFileError(
            Text(
                "visits: {rows} rows; at most {most} can be computed at once: compute some "
                "providers at a time",
                rows=int(ends[-1] - FIRST_ROW_LINE),
                most=_LAST_LINE,
            )
        )
    return ends[:-1]


def _column(rows: Rows, column: int) -> Iterator[tuple[Ints, Texts | Numbered]]:
    """Yield the lines and the texts of one column."""
    source = rows.source()
    forms: list[Form] = ["unread"] * len(source.headings)
    forms[column] = "distinct"
    for block in source.blocks(forms):
        [texts] = block.columns
        assert not isinstance(texts, Numbers)
        yield block.lines, texts


def provider_texts(rows: Rows, column: int) -> list[str]:
    """Return the distinct provider numbers of a column, those that can be read."""
    parser = Decoder(PARSERS["provider_no"])
    found: dict[str, None] = {}
    with on_one_core():
        for _, texts in _column(rows, column):
            distinct = texts.distinct()
            values = parser.values(distinct)
            found.update(dict.fromkeys(np.array(distinct, dtype=object)[values >= 0]))
    return list(found)


def refuse_torn(providers: Sequence[list[str]], shown: Sequence[str]) -> None:
    """Refuse parts that share a provider.

    Parameters
    ----------
    providers : sequence of list of str
        The providers of each part.
    shown : sequence of str
        What to call each part.

    Raises
    ------
    InputFileError
        Names the providers and the parts.
    """
    homes: dict[str, int] = {}
    torn: dict[str, tuple[str, str]] = {}
    for part, own in enumerate(providers):
        for provider in own:
            home = homes.setdefault(provider, part)
            if home != part:
                torn.setdefault(provider, (shown[home], shown[part]))
    if not torn:
        return
    named = list(torn.items())[:_NAMED]
    more = len(torn) - len(named)
    shown_torn: list[Text] = [
        Text("provider {no} is in {one} and in {two}", no=no, one=one, two=two)
        for no, (one, two) in named
    ]
    if more:
        shown_torn.append(Counted("and {n} more provider", "and {n} more providers", more))
    raise InputFileError(
        Text(
            "visits: {torn}: a claim would be split; let shuffle=True bring them together",
            torn=listed(shown_torn),
        )
    )


def parcel_labels(partitions: int) -> list[str]:
    """Return a text for each partition, by whose hash Dask sends a row there.

    Were Dask to hash otherwise, partitions would be uneven, and the claims the same.
    """
    labels: list[str] = [""] * partitions
    wanted, first = partitions, 0
    while wanted:
        candidates = pd.DataFrame({"label": np.arange(first, first + 64).astype(str)}, dtype="str")
        hashes = pd.util.hash_pandas_object(candidates, index=False).to_numpy()
        for label, partition in zip(candidates["label"], hashes % partitions, strict=True):
            if not labels[int(partition)]:
                labels[int(partition)] = label
                wanted -= 1
        first += 64
    return labels


def to_parcels(rows: Rows, column: int, labels: Sequence[str]) -> pd.DataFrame:
    """Cut rows into one parcel for each partition, by the text of their provider.

    A parcel is a single cell: however Dask moves it, what is in it stays as it is.

    Parameters
    ----------
    rows : Rows
    column : int
        The position of the provider number.
    labels : sequence of str
        From ``parcel_labels``.

    Returns
    -------
    DataFrame
        Columns ``label`` and ``parcel``.
    """
    # Lines whose cells cannot be told apart stand alone, wherever they are.
    target = np.full(len(rows.lines), rows.part % len(labels), dtype=np.int64)
    with on_one_core():
        for lines, texts in _column(rows, column):
            hashes = pd.util.hash_array(np.array(texts.distinct(), dtype=object))
            partition = (hashes % len(labels)).astype(np.int64)
            at = np.searchsorted(rows.lines, lines)
            target[at] = partition if texts.positions is None else partition[texts.positions]
    order = np.argsort(target, kind="stable")
    cuts = np.searchsorted(target[order], np.arange(1, len(labels)))
    parcels = {
        label: pickle.dumps(own, protocol=5)
        for label, own in zip(labels, rows.taken(*np.split(order, cuts)), strict=True)
        if len(own.lines)
    }
    cells = {"label": list(parcels), "parcel": list(parcels.values())}
    return pd.DataFrame(cells, dtype=object).astype(PARCEL_TYPES)


def no_parcels() -> pd.DataFrame:
    """Return the frame of no parcels."""
    return pd.DataFrame(columns=list(PARCEL_TYPES), dtype=object).astype(PARCEL_TYPES)


def open_parcels(parcels: pd.DataFrame) -> list[Rows]:
    """Return the rows in parcels."""
    return [pickle.loads(parcel) for parcel in parcels["parcel"]]

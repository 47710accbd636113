"""Several files of the same headings as one input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Text, on_lines
from chiiki_tsusho.reading.blocks import Block, Form, Raw, SourceFile
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.parquet_file import ParquetSource

if TYPE_CHECKING:
    from chiiki_tsusho.reading.workbook_file import WorkbookSource

    AnySource = CsvSource | ParquetSource | WorkbookSource

_KINDS = {
    "csv": Text("a CSV file"),
    "parquet": Text("a Parquet file"),
    "xlsx": Text("an Excel workbook"),
}


@dataclass(frozen=True)
class _Recoded:
    """Lines of one file in the encoding of the whole, each with its line feed."""

    raw: Raw
    read_in: str
    written_in: str

    def verbatim(self, at: npt.NDArray[np.int64]) -> bytes:
        text: str = self.raw.verbatim(at).decode(self.read_in)
        if text and not text.endswith("\n"):
            text += "\n"
        return text.encode(self.written_in)


class SeveralSources:
    """Files read one after the other; their lines are counted through all of them.

    Parameters
    ----------
    sources : sequence of CsvSource, ParquetSource or WorkbookSource
        At least two.

    Raises
    ------
    InputFileError
        They are of different kinds, or have different headings.
    """

    def __init__(self, sources: Sequence[AnySource]) -> None:
        self._sources = list(sources)
        first = self._sources[0]
        faults = [fault for one in self._sources[1:] for fault in _differences(first, one)]
        if faults:
            raise InputFileError(on_lines(faults))
        for one in self._sources[1:]:
            if isinstance(one, CsvSource) and isinstance(first, CsvSource):
                one.read_as(first)
        self.kind = first.kind
        self.heading_line = first.heading_line
        self.ignored: frozenset[str] = frozenset()
        self.headings = first.headings
        self.shown = str(
            Counted("{first} and {n} more file", "{first} and {n} more files",
                    len(sources) - 1, first=first.shown)
        )  # fmt: skip
        self.size = sum(one.size for one in self._sources)
        self._before = [0]

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The files, and how many lines are before each; of those not yet read, more than any."""
        unread = [sys.maxsize] * (len(self._sources) - len(self._before))
        return tuple(
            SourceFile(one.path, one.shown, before)
            for one, before in zip(self._sources, self._before + unread, strict=True)
        )

    @property
    def encoding(self) -> str:
        """The encoding of all CSV files, UTF-8 where they differ."""
        encodings = {one.encoding for one in self._sources if isinstance(one, CsvSource)}
        return encodings.pop() if len(encodings) == 1 else "utf-8"

    @property
    def raw_heading(self) -> bytes:
        """The headings of CSV files, in the encoding of the whole."""
        first = self._sources[0]
        assert isinstance(first, CsvSource)
        return first.raw_heading.decode(first.encoding).encode(self.encoding)

    @property
    def schema(self) -> pa.Schema:
        """What the columns of Parquet files together are."""
        schemas = [one.schema for one in self._sources if isinstance(one, ParquetSource)]
        try:
            return pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise InputFileError(
                Text(
                    "{files}: have columns of different types: {why}",
                    files=self.shown,
                    why=str(error),
                )
            ) from error

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows of the first file."""
        return self._sources[0].beginning()

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows of one file after the other."""
        before, consumed = 0, 0
        for at, source in enumerate(self._sources):
            if at == len(self._before):
                self._before.append(before)
            last = 1
            for block in source.blocks(forms):
                malformed = [line for line, _ in block.malformed]
                last = max([last, *block.lines[-1:].tolist(), *malformed])
                yield self._shifted(block, source, before, consumed)
            before += last
            consumed += source.size

    def _shifted(self, block: Block, source: AnySource, before: int, consumed: int) -> Block:
        raw: Any = block.raw
        if isinstance(source, CsvSource):
            raw = _Recoded(raw, source.encoding, self.encoding)
        return replace(
            block,
            lines=block.lines + before,
            malformed=[(line + before, message) for line, message in block.malformed],
            first_line=block.first_line + before,
            raw=raw,
            consumed=block.consumed + consumed,
        )


def _differences(first: AnySource, other: AnySource) -> Iterator[Text]:
    if first.kind != other.kind:
        yield Text(
            "{file}: is {kind}, and {first} is {kind_of_first}; give files of one kind",
            file=other.shown,
            kind=_KINDS[other.kind],
            first=first.shown,
            kind_of_first=_KINDS[first.kind],
        )
    elif [one.strip() for one in first.headings] != [one.strip() for one in other.headings]:
        yield Text(
            "{file}: its headings are not those of {first} in the same order",
            file=other.shown,
            first=first.shown,
        )

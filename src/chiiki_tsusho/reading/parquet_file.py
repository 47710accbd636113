"""Parquet files to blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.reading.arrow_columns import checked_column, plain_columns
from chiiki_tsusho.reading.blocks import (
    BEGINNING_ROWS,
    FIRST_ROW_LINE,
    ROWS_OF_A_BLOCK,
    Block,
    Form,
    OneTable,
    RawTable,
    SourceFile,
    Wanted,
    block_of_table,
)
from chiiki_tsusho.reading.file_state import changed, opened_again, state_of
from chiiki_tsusho.reading.written_cells import cell_text
from chiiki_tsusho.whole_files import visible_path

# What a damaged file makes Arrow and Python raise, wherever in it the damage is.
_DAMAGES = (pa.ArrowException, OSError, ValueError, IndexError, OverflowError)


def damaged(path: Path, why: str | Sayable) -> InputFileError:
    """Say that a Parquet file cannot be read."""
    return InputFileError(Text("{file}: is a damaged Parquet file: {why}", file=str(path), why=why))


class ParquetSource(OneTable):
    """A Parquet file, read in batches of rows; row 1 counts as line 2, as in a CSV."""

    kind = "parquet"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = visible_path(path)
        try:
            with path.open("rb") as stream:
                self._state = state_of(stream)
                file = parquet.ParquetFile(stream)
                self.schema = file.schema_arrow
                self.size = file.metadata.num_rows
        except _DAMAGES as error:
            raise damaged(path, str(error)) from error
        self.headings = list(self.schema.names)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The file, whose first row is line 2."""
        return (SourceFile(self.path, self.shown, 0),)

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows; of what can be read."""
        try:
            with self.path.open("rb") as stream:
                batches = parquet.ParquetFile(stream).iter_batches(batch_size=BEGINNING_ROWS)
                first = [column.to_pylist() for column in next(batches).columns]
        except (*_DAMAGES, StopIteration):
            return
        for at, row in enumerate(zip(*first, strict=True)):
            yield FIRST_ROW_LINE + at, [cell_text(value) for value in row]

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows, a batch at a time."""
        with opened_again(self.path, self.shown, self._state) as stream:
            blocks = self._blocks(stream, forms, wanted)
            while True:
                # Only what reads is watched: the one who takes a block has faults of his own.
                try:
                    block = next(blocks, None)
                except InputFileError:
                    raise
                except _DAMAGES as error:
                    if state_of(stream) != self._state:
                        raise changed(self.shown) from error
                    raise damaged(self.path, str(error)) from error
                if block is None:
                    break
                yield block

    def _blocks(
        self, stream: BinaryIO, forms: Sequence[Form], wanted: Wanted | None
    ) -> Iterator[Block]:
        encoded = [
            field.name
            for field, form in zip(self.schema, forms, strict=True)
            if pa.types.is_string(field.type) and form != "texts"
        ]
        file = parquet.ParquetFile(stream, read_dictionary=encoded)
        next_line = FIRST_ROW_LINE
        for batch in file.iter_batches(batch_size=ROWS_OF_A_BLOCK):
            first_line, next_line = next_line, next_line + batch.num_rows
            if not batch.num_rows or (wanted is not None and not wanted(first_line)):
                continue
            table = plain_columns(pa.Table.from_batches([batch]))
            lines, reached = np.arange(first_line, next_line), next_line - FIRST_ROW_LINE
            raw = RawTable(table)
            yield block_of_table(table.columns, forms, checked_column, lines, raw, reached)
        found = next_line - FIRST_ROW_LINE
        if found != self.size:
            raise damaged(
                self.path,
                Text(
                    "it names {named:,} rows and {found:,} can be read",
                    named=self.size,
                    found=found,
                ),
            )

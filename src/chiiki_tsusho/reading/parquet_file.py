"""Parquet files to blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.reading.blocks import (
    FIRST_ROW_LINE,
    ROWS_OF_A_BLOCK,
    Block,
    Form,
    column_of_arrow,
)


def plain_texts(table: pa.Table) -> pa.Table:
    """Turn views of text, of which Arrow cannot take single rows, into text."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
    return table


def damaged(path: Path, error: Exception) -> InputFileError:
    """Say that a Parquet file cannot be read."""
    return InputFileError(
        Text("{path}: is a damaged Parquet file: {why}", path=path, why=str(error))
    )


class ParquetSource:
    """A Parquet file, read in batches of rows; row 1 counts as line 2, as in a CSV."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        try:
            with parquet.ParquetFile(path) as file:
                self.schema = file.schema_arrow
                self.size = file.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error
        self.headings = list(self.schema.names)

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, a batch at a time."""
        encoded = [
            field.name
            for field, form in zip(self.schema, forms, strict=True)
            if pa.types.is_string(field.type) and form != "texts"
        ]
        first_line = FIRST_ROW_LINE
        with parquet.ParquetFile(self.path, read_dictionary=encoded) as file:
            try:
                for batch in file.iter_batches(batch_size=ROWS_OF_A_BLOCK):
                    table = plain_texts(pa.Table.from_batches([batch]))
                    columns = [
                        column_of_arrow(column, form)
                        for column, form in zip(table.columns, forms, strict=True)
                        if form != "unread"
                    ]
                    at = np.arange(first_line, first_line + table.num_rows)
                    reached = first_line - FIRST_ROW_LINE + table.num_rows
                    yield Block(at, columns, [], first_line, table, reached)
                    first_line += table.num_rows
            except (pa.ArrowException, OSError) as error:
                raise damaged(self.path, error) from error

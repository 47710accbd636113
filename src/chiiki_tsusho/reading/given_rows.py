"""Rows of an input, as they stand in it, to a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from chiiki_tsusho.number_arrays import chained
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.data_frame import FrameSource, frame_of
from chiiki_tsusho.reading.given_lines import cells_of_line
from chiiki_tsusho.reading.parquet_file import ParquetSource
from chiiki_tsusho.reading.several_files import SeveralSources
from chiiki_tsusho.reading.written_cells import cell_text

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


def held_frame(source: Source, parts: Sequence[Any]) -> pd.DataFrame:
    """Return rows of an input as a DataFrame, on a new index.

    Parameters
    ----------
    source : Source
    parts : sequence
        What ``Block.verbatim`` gave, in the order of the input.

    Returns
    -------
    DataFrame
        Of a frame its own rows and types; of a CSV text, a line whose cells cannot be told apart
        being all in the first.
    """
    if isinstance(source, FrameSource):
        rows = chained(parts)
        return _shown(source.frame.iloc[rows].reset_index(drop=True))
    if source.kind == "parquet":
        assert isinstance(source, (ParquetSource, SeveralSources))
        schema = source.schema
        table = pa.concat_tables([schema.empty_table(), *(part.cast(schema) for part in parts)])
        return frame_of(table)
    width = len(source.headings)
    if source.kind == "csv":
        assert isinstance(source, (CsvSource, SeveralSources))
        text = b"".join(parts).decode(source.encoding)
        return _frame(list(_cells(text, width)), source.headings, "str")
    rows_of_sheet = [(row + [""] * width)[:width] for part in parts for row in part]
    return _frame(rows_of_sheet, source.headings, "object")


def may_say(source: Source, part: Any, text: str) -> bool:
    """Say whether a text may stand in rows; of a CSV it is looked for in their bytes.

    Parameters
    ----------
    source : Source
    part : object
        What ``Block.verbatim`` gave.
    text : str
    """
    if source.kind != "csv":
        return True
    assert isinstance(source, (CsvSource, SeveralSources))
    return text.encode(source.encoding) in part


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn intervals of a database, which pandas can neither show nor write, into texts."""
    for name, kind in rows.dtypes.items():
        if isinstance(kind, pd.ArrowDtype) and pa.types.is_interval(kind.pyarrow_dtype):
            texts = [cell_text(value) for value in pa.array(rows[name]).to_pylist()]
            rows = rows.copy(deep=False)
            rows[name] = texts
    return rows


def _frame(rows: list[list[Any]], headings: Sequence[str], dtype: str) -> pd.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in headings)
    frame = pd.concat([pd.Series(list(column), dtype=dtype) for column in columns], axis="columns")
    frame.columns = pd.Index(headings)
    return frame


def _cells(text: str, width: int) -> Iterator[list[str]]:
    """Yield the cells of each line."""
    tabs = "\t" in text.partition("\n")[0] and "," not in text
    for line in text.removesuffix("\n").split("\n") if text else ():
        body = line.removesuffix("\r")
        cells = cells_of_line(body, tabs=tabs)
        yield cells if cells and len(cells) == width else [body, *([""] * (width - 1))]

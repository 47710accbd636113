"""Columns of Arrow tables of any type to the columns of a block."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import filled, numbers_of, of_texts
from chiiki_tsusho.not_known import BLANK_NUMBER
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.blocks import Form, Numbers, Texts
from chiiki_tsusho.reading.written_cells import cell_text, length_text

_IN_A_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


def plain_columns(table: pa.Table) -> pa.Table:
    """Turn the columns of which Arrow cannot take single rows into plain ones."""
    for at, column in enumerate(table.columns):
        if not takes_rows(column):
            table = table.set_column(at, table.schema.names[at], plain_column(column))
    return table


def takes_rows(column: pa.ChunkedArray) -> bool:
    """Say whether Arrow can take single rows of a column: not of views and of runs.

    Nor where a chunk without rows was taken over from elsewhere.
    """
    kind = column.type
    views = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    return not (views or pa.types.is_run_end_encoded(kind)) and all(map(len, column.chunks))


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn views of text or bytes, and runs of equal cells, into one value for each row."""
    kind = column.type
    column = pa.chunked_array([chunk for chunk in column.chunks if len(chunk)], kind)
    if pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_binary_view(kind):
        return column.cast(pa.binary())
    if pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        return pa.chunked_array([pa.array(column.to_pylist(), values)])
    return column


def column_of_arrow(column: pa.ChunkedArray, form: Form) -> Texts | Numbers:
    """Turn an Arrow column of any type into the form wanted, or into distinct texts."""
    whole = _one_array(plain_column(column))
    if isinstance(form, tuple) and pa.types.is_integer(whole.type):
        numbers = _whole_numbers(whole)
        if numbers is not None:
            return Numbers(numbers)
    if form == "texts" and whole.type == pa.string() and not whole.null_count:
        return Texts(whole, None)
    if not pa.types.is_dictionary(whole.type):
        try:
            whole = whole.dictionary_encode()
        except pa.ArrowNotImplementedError:
            # A cell holds a list or the like.
            whole = of_texts([cell_text(value) for value in whole.to_pylist()]).dictionary_encode()
    texts = whole.dictionary
    if texts.type != pa.string() or texts.null_count:
        texts = of_texts(_cell_texts(texts))
    positions = whole.indices.cast(pa.int32())
    if positions.null_count:
        positions = positions.fill_null(len(texts))
        texts = pa.concat_arrays([texts, of_texts([""])])
    return Texts(texts, numbers_of(positions))


def _cell_texts(values: pa.Array) -> list[str]:
    try:
        return [cell_text(value) for value in values.to_pylist()]
    except (OverflowError, ValueError):
        if not pa.types.is_temporal(values.type):
            raise
    return [_time_text(value) for value in values]


def _time_text(value: pa.Scalar) -> str:
    """Write a date, a time or a length of time, which may be one that Python has none of."""
    try:
        return cell_text(value.as_py())
    except (OverflowError, ValueError):
        if pa.types.is_duration(value.type):
            return length_text(value.value / _IN_A_DAY[value.type.unit])
        text: str = value.cast(pa.string()).as_py()
        return text


def checked_column(column: pa.ChunkedArray, form: Form) -> Texts | Numbers:
    """Turn a column that others have made into the form wanted; its texts may be none.

    Raises
    ------
    pyarrow.ArrowException
        A text is not UTF-8, or a row has none of the texts.
    """
    read = column_of_arrow(column, form)
    if isinstance(read, Texts):
        read.texts.validate(full=True)
        at = np.zeros(0, dtype=np.int32) if read.positions is None else read.positions
        if not 0 <= at.min(initial=0) <= at.max(initial=0) <= max(len(read.texts) - 1, 0):
            raise pa.ArrowInvalid("a row points to no text of its column")
    return read


def _whole_numbers(column: pa.Array) -> Ints | None:
    """Return whole numbers, None where one of them stands for a blank cell or is larger."""
    if column.type == pa.uint64():
        most = compute.max(column).as_py()
        if most is not None and most > np.iinfo(np.int64).max:
            return None
    if column.type == pa.int64() and compute.min(column).as_py() == BLANK_NUMBER:
        return None
    if column.null_count:
        column = filled(column.cast(pa.int64()), BLANK_NUMBER)
    numbers: Ints = numbers_of(column).astype(np.int64, copy=False)
    return numbers


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.chunks
    if len(chunks) > 1 and pa.types.is_dictionary(column.type):
        # Arrow joins not all dictionaries, and those of float16 by their bits.
        chunks = [chunk.dictionary_decode() for chunk in chunks]
    if len(chunks) > 1:
        return pa.concat_arrays(chunks)
    return chunks[0] if chunks else pa.nulls(0, column.type)

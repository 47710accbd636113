"""NumPy arrays and lists as Arrow arrays, and back.

``pyarrow.array`` and ``to_numpy`` do the same, but import pandas to see whether they have to do
with any of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.number_arrays import Flags, Ints

_TYPES = {
    np.dtype(np.int8): pa.int8(),
    np.dtype(np.int32): pa.int32(),
    np.dtype(np.int64): pa.int64(),
}


def of_numbers(values: npt.NDArray[np.integer], blank: Flags | None = None) -> pa.Array:
    """Return an Arrow array of the same type, null where blank."""
    valid = None if blank is None else pa.py_buffer(np.packbits(~blank, bitorder="little"))
    buffers = [valid, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(_TYPES[values.dtype], len(values), buffers)


def numbers_of(array: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return whole numbers without nulls as a NumPy array of the same type, not to be changed."""
    kind = np.dtype(array.type.to_pandas_dtype())
    if not len(array):
        return np.zeros(0, dtype=kind)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    assert not array.null_count
    start = array.offset * kind.itemsize
    return np.frombuffer(array.buffers()[1], dtype=kind, offset=start, count=len(array))


def characters_of(
    texts: pa.StringArray,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return the bytes of texts, shape (bytes,), and where each begins and ends, shape (n + 1,)."""
    _, ends, characters = texts.buffers()
    places = np.frombuffer(ends, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(characters or b"", dtype=np.uint8), places


def filled(array: pa.Array | pa.ChunkedArray, number: int) -> pa.Array | pa.ChunkedArray:
    """Put a number in the place of nulls, among int64."""
    return compute.coalesce(array, of_numbers(np.array([number], dtype=np.int64))[0])


def of_flags(values: Flags) -> pa.BooleanArray:
    """Return an Arrow array of flags."""
    packed = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, packed])


def flags_of(array: pa.BooleanArray) -> Flags:
    """Return flags without nulls as a NumPy array."""
    assert not array.null_count
    if not len(array):
        return np.zeros(0, dtype=bool)
    bits = np.frombuffer(array.buffers()[1], dtype=np.uint8)
    ends = array.offset + len(array)
    flags: Flags = np.unpackbits(bits, count=ends, bitorder="little").view(bool)
    return flags[array.offset :]


def of_texts(texts: Sequence[str]) -> pa.StringArray:
    """Return an Arrow array of texts."""
    whole = "".join(texts)
    one_byte_each = whole.isascii()
    sizes = map(len, texts if one_byte_each else (text.encode() for text in texts))
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(sizes, dtype=np.int64, count=len(texts)), out=offsets[1:])
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(offsets), pa.py_buffer(whole.encode())
    )


def repeated(text: str, rows: int) -> pa.StringArray:
    """Return the same text in so many rows."""
    first = of_numbers(np.zeros(rows, dtype=np.int8))
    return pa.DictionaryArray.from_arrays(first, of_texts([text])).dictionary_decode()


def joined(*parts: pa.Array | pa.ChunkedArray | str, between: str = "") -> Any:
    """Put texts of rows together; a part that is one text is the same in every row."""
    *cells, separator = (
        of_texts([part])[0] if isinstance(part, str) else part for part in (*parts, between)
    )
    return compute.binary_join_element_wise(*cells, separator)


def parted(texts: pa.StringArray, parts: int) -> list[pa.StringArray]:
    """Take texts of so many words apart, a column a word."""
    words = compute.list_flatten(compute.split_pattern(texts, " "))
    first = np.arange(0, len(words), parts)
    return [words.take(of_numbers(first + at)) for at in range(parts)]


def named_at(names: pa.StringArray, at: Ints) -> pa.StringArray:
    """Take names by position, a blank one where that is negative."""
    with_blank = pa.concat_arrays([names, of_texts([""])])
    return with_blank.take(of_numbers(np.where(at < 0, len(names), at)))

"""NumPy arrays and lists as Arrow arrays.

``pyarrow.array`` does the same, but imports pandas to see whether it was given any of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES = {"int8": pa.int8(), "int32": pa.int32(), "int64": pa.int64()}


def of_numbers(
    values: npt.NDArray[np.integer], blank: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return an Arrow array of the same type, null where blank."""
    valid = None if blank is None else pa.py_buffer(np.packbits(~blank, bitorder="little"))
    buffers = [valid, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(_TYPES[values.dtype.name], len(values), buffers)


def of_texts(texts: Sequence[str]) -> pa.StringArray:
    """Return an Arrow array of texts."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))
    )

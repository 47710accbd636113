"""Tables of columns of the contract: their Arrow schema, and the same as a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import numbers_of
from chiiki_tsusho.columns import Column

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of an output file."""
    return pa.schema(
        [(column.name, pa.string() if column.kind == "text" else pa.int64()) for column in columns]
    )


def read_frame(tables: Iterable[pa.Table], columns: Sequence[Column]) -> pd.DataFrame:
    """Turn tables into one DataFrame: text, int64, and Int64 where a cell may be blank."""
    whole = pa.concat_tables([schema(columns).empty_table(), *tables])
    types: dict[str, Any] = {
        "text": pd.StringDtype(na_value=np.nan),
        "whole_or_blank": pd.Int64Dtype(),
    }
    return pd.DataFrame(
        {
            column.name: types[column.kind].__from_arrow__(whole[column.name])
            if column.kind in types
            else numbers_of(whole[column.name])
            for column in columns
        }
    )

"""DataFrames to blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.reading.blocks import (
    FIRST_ROW_LINE,
    ROWS_OF_A_BLOCK,
    Block,
    Form,
    Numbers,
    Texts,
    cell_text,
)

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


def not_a_frame(shown: str, found: str) -> Text:
    """Say that something else was given in place of a DataFrame."""
    return Text("{shown}: a DataFrame was expected, not {found}", shown=shown, found=found)


class FrameSource:
    """A DataFrame; its index plays no part.

    Parameters
    ----------
    frame : DataFrame
    shown : str
        What to call it in messages.
    lines : ndarray of int64, optional
        The line of each row, ascending; without them the first row counts as line 2.
    """

    def __init__(
        self, frame: pd.DataFrame, shown: str, lines: npt.NDArray[np.int64] | None = None
    ) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise InputFileError(not_a_frame(shown, type(frame).__name__))
        self.frame = frame
        self.shown = shown
        self.headings = [str(name) for name in frame.columns]
        self.size = len(frame)
        self._lines = np.arange(FIRST_ROW_LINE, FIRST_ROW_LINE + len(frame))
        if lines is not None:
            self._lines = lines

    def blocks(self, forms: Sequence[Form]) -> Iterator[Block]:
        """Yield the rows, so many at a time."""
        for start in range(0, len(self.frame), ROWS_OF_A_BLOCK):
            part = self.frame.iloc[start : start + ROWS_OF_A_BLOCK]
            columns = [
                _column_of_series(part.iloc[:, at], form)
                for at, form in enumerate(forms)
                if form != "unread"
            ]
            end = start + len(part)
            lines = self._lines[start:end]
            yield Block(lines, columns, [], int(lines[0]), self._lines, end)


def _column_of_series(series: pd.Series[Any], form: Form) -> Texts | Numbers:
    if isinstance(form, tuple) and isinstance(series.dtype, np.dtype) and series.dtype.kind == "i":
        return Numbers(series.to_numpy(dtype=np.int64))
    try:
        positions, values = pd.factorize(series, use_na_sentinel=True)
    except (TypeError, OverflowError):
        # A cell holds a list or the like, or pandas cannot tell Arrow's unsigned positions.
        positions, values = pd.factorize(pd.Series([_cell_text(value) for value in series]))
    texts = [value if isinstance(value, str) else _cell_text(value) for value in values]
    if (positions < 0).any():
        positions = np.where(positions < 0, len(texts), positions)
        texts.append("")
    return Texts(pa.array(texts, pa.string()), positions.astype(np.int32))


def _cell_text(value: object) -> str:
    return "" if value is pd.NA or value is pd.NaT else cell_text(value)


def held_frame(frame: pd.DataFrame, parts: Sequence[npt.NDArray[np.int64]]) -> pd.DataFrame:
    """Return the held rows of a caller's frame, in its order, on a new index."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    return frame.iloc[rows].reset_index(drop=True)

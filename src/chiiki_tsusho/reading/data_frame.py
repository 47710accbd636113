"""DataFrames, and whatever can be made into one, to blocks of rows."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.not_known import BLANK_NUMBER
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.arrow_columns import (
    checked_column,
    plain_column,
    plain_columns,
    takes_rows,
)
from chiiki_tsusho.reading.blocks import (
    BEGINNING_ROWS,
    FIRST_ROW_LINE,
    ROWS_OF_A_BLOCK,
    Block,
    Form,
    Numbers,
    OneTable,
    RawPositions,
    SourceFile,
    Texts,
    Wanted,
    block_of_table,
)
from chiiki_tsusho.reading.written_cells import cell_text

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


# Types of polars.
_WIDE_NUMBERS, _OBJECTS = ("Int128", "UInt128"), "Object"
# Whole numbers up to here are written in digits, of whatever type they are.
_LONG = 10**15


def as_frame(given: object, shown: str) -> pd.DataFrame:
    """Return a DataFrame of a table of any library.

    Parameters
    ----------
    given : object
        A pandas DataFrame; anything with ``__arrow_c_stream__`` (polars, pyarrow, DuckDB); or a
        mapping of columns.
    shown : str
        What to call it in messages.

    Raises
    ------
    InputFileError
        It is none of these.
    """
    if isinstance(given, pd.DataFrame):
        return given
    try:
        if hasattr(given, "__arrow_c_stream__"):
            return frame_of(plain_columns(_arrow_table(given, shown)))
        if isinstance(given, Mapping):
            return pd.DataFrame({name: _of_mapping(column) for name, column in given.items()})
    except InputFileError:
        raise
    # What a library raises of a column of its own may be of its own kind.
    except Exception as error:
        raise InputFileError(
            Text("{file}: cannot be read as a table: {why}", file=shown, why=str(error))
        ) from error
    kind = type(given)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    raise InputFileError(
        Text(
            "{file}: a table was expected (a path, a DataFrame of pandas or polars, a table of "
            "pyarrow, a mapping of columns), not {found}",
            file=shown,
            found=name,
        )
    )


def _arrow_table(given: Any, shown: str) -> pa.Table:
    """Take over a table of another library; whole numbers of 128 bits, unknown to Arrow, as text.

    Raises
    ------
    InputFileError
        Arrow cannot hold a column of polars; of Python objects it would take where they are.
    pyarrow.ArrowException
        It cannot hold another table.
    """
    of_polars = _of_polars(given, "DataFrame")
    for column in given.get_columns() if of_polars else ():
        if str(column.dtype) == _OBJECTS:
            raise _not_held(column, shown)
    try:
        return pa.table(given)
    except pa.ArrowInvalid:
        if not of_polars:
            raise
    taken = given.with_columns(map(_narrow, given.get_columns()))
    for column in taken.get_columns():
        try:
            pa.chunked_array(column)
        except pa.ArrowInvalid as error:
            raise _not_held(column, shown) from error
    return pa.table(taken)


def _not_held(column: Any, shown: str) -> InputFileError:
    return InputFileError(
        Text(
            "{file}: column {column!r} is of type {kind}, which Arrow cannot hold; give it "
            "as whole numbers or as text",
            file=shown,
            column=column.name,
            kind=str(column.dtype),
        )
    )


def _of_polars(given: object, kind: str) -> bool:
    """Say whether something is a DataFrame or a Series of polars; who has one has loaded it."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(given, getattr(polars, kind))


def _narrow(column: Any) -> Any:
    """Write a column of polars with numbers of 128 bits as text; another stays as it is."""
    wide = _of_polars(column, "Series") and str(column.dtype) in _WIDE_NUMBERS
    return column.cast(str) if wide else column


def _of_mapping(column: Any) -> Any:
    """Take a column of a mapping over: of one of pyarrow, pandas would fill what is blank."""
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if isinstance(column, pa.ChunkedArray):
        return pd.arrays.ArrowExtensionArray(plain_column(column))
    return _narrow(column)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table into a frame of the same types, whatever it notes of pandas."""
    frame: pd.DataFrame = table.replace_schema_metadata().to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _with_plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of whose columns single rows can be taken; the one given stays as it is."""
    columns = [
        pa.chunked_array(pa.array(frame.iloc[:, at])) if isinstance(kind, pd.ArrowDtype) else None
        for at, kind in enumerate(frame.dtypes)
    ]
    apart = [at for at, one in enumerate(columns) if one is not None and not takes_rows(one)]
    if apart:
        frame = frame.copy(deep=False)
    for at in apart:
        frame.isetitem(at, pd.arrays.ArrowExtensionArray(plain_column(columns[at])))
    return frame


class FrameSource(OneTable):
    """A DataFrame; its index plays no part.

    Parameters
    ----------
    frame : DataFrame
    shown : str
        What to call it in messages.
    lines : ndarray of int64, optional
        The line of each row, ascending; without them the first row counts as line 2.
    """

    kind = "frame"

    def __init__(self, frame: pd.DataFrame, shown: str, lines: Ints | None = None) -> None:
        self.frame = _with_plain_columns(frame)
        self.shown = shown
        self.headings = [str(name) for name in frame.columns]
        self.size = len(frame)
        self._lines = np.arange(FIRST_ROW_LINE, FIRST_ROW_LINE + len(frame))
        if lines is not None:
            self._lines = lines

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """No file, whose first row is line 2."""
        return (SourceFile(None, self.shown, 0),)

    def beginning(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of the first rows."""
        for at, row in enumerate(self.frame.head(BEGINNING_ROWS).itertuples(index=False)):
            yield int(self._lines[at]), [_cell_text(value) for value in row]

    def blocks(self, forms: Sequence[Form], wanted: Wanted | None = None) -> Iterator[Block]:
        """Yield the rows, so many at a time."""
        for start in range(0, len(self.frame), ROWS_OF_A_BLOCK):
            if wanted is not None and not wanted(int(self._lines[start])):
                continue
            part = self.frame.iloc[start : start + ROWS_OF_A_BLOCK]
            columns = (series for _, series in part.items())
            end = start + len(part)
            lines = self._lines[start:end]
            raw = RawPositions(self._lines - lines[0])
            yield block_of_table(columns, forms, self._column, lines, raw, end)

    def _column(self, series: pd.Series[Any], form: Form) -> Texts | Numbers:
        try:
            return _column_of_series(series, form)
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise InputFileError(
                Text(
                    "{file}: column {column!r} cannot be read: {why}",
                    file=self.shown,
                    column=str(series.name),
                    why=str(error),
                )
            ) from error


def _column_of_series(series: pd.Series[Any], form: Form) -> Texts | Numbers:
    if isinstance(series.dtype, pd.ArrowDtype):
        return checked_column(pa.chunked_array(pa.array(series)), form)
    if isinstance(form, tuple) and isinstance(series.dtype, np.dtype) and series.dtype.kind == "i":
        numbers = series.to_numpy(dtype=np.int64)
        if numbers.min(initial=0) > BLANK_NUMBER:
            return Numbers(numbers)
    # Of the array, not the series: its distinct values need no index.
    array: Any = series.array
    if getattr(series.dtype, "kind", "O") == "f":
        # By their bits: 0 and −0 are equal.
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        positions, bits = pd.factorize(numbers.view(np.int64))
        return _texts(positions, bits.view(np.float64).tolist())
    try:
        positions, values = pd.factorize(array, use_na_sentinel=True)
    except (TypeError, OverflowError):
        # A cell holds a list or the like.
        written = np.array([_cell_text(value) for value in series], dtype=object)
        positions, values = pd.factorize(written)
    if series.dtype == object:
        return _texts(*_told_apart(np.asarray(array), positions, values.tolist()))
    return _texts(positions, values.tolist())


def _texts(positions: npt.NDArray[np.integer], values: list[Any]) -> Texts:
    texts = [_cell_text(value) for value in values]
    if (positions < 0).any():
        positions = np.where(positions < 0, len(texts), positions)
        texts.append("")
    return Texts(pa.array(texts, pa.string()), positions.astype(np.int32))


def _told_apart(
    cells: npt.NDArray[np.object_], positions: npt.NDArray[np.integer], values: list[Any]
) -> tuple[npt.NDArray[np.integer], list[Any]]:
    """Tell apart what is equal and is written otherwise: True and 1, 0 and −0, 1.5 and 1.50."""
    unsure = [
        at for at, value in enumerate(values) if type(value) is not str and not _is_whole(value)
    ]
    if not unsure:
        return positions, values
    given = cells if (positions >= 0).all() else cells[positions >= 0]
    if len(set(map(type, given))) == 1:
        unsure = [at for at in unsure if not _like_its_equals(values[at])]
        if not unsure:
            return positions, values
    rows = np.flatnonzero(np.isin(positions, unsure))
    written = np.array([_cell_text(value) for value in cells[rows]], dtype=object)
    apart, texts = pd.factorize(written)
    positions = positions.copy()
    positions[rows] = len(values) + apart
    return positions, [*values, *texts]


def _is_whole(value: object) -> bool:
    """Say whether a value is a whole number, which is written alike whatever type it is of.

    But for 0 and 1, that flags are equal to, and for what has too many digits.
    """
    if isinstance(value, np.timedelta64):
        return False
    if isinstance(value, (int, np.integer)):
        return value not in (0, 1) and bool(-_LONG < value < _LONG)
    return isinstance(value, float) and value.is_integer() and _is_whole(int(value))


def _like_its_equals(value: object) -> bool:
    """Say whether a value is written as all of its own type that are equal to it."""
    if isinstance(value, float):
        return value != 0
    if isinstance(value, (datetime.datetime, datetime.time)):
        return value.tzinfo is None
    return isinstance(value, (int, np.integer, np.bool_, datetime.date, datetime.timedelta))


def _cell_text(value: object) -> str:
    if value is pd.NA or value is pd.NaT:
        return ""
    try:
        return cell_text(value)
    except NotImplementedError:
        # A Timestamp of a year that Python has no date of; of a zone it shows that of UTC.
        if not isinstance(value, pd.Timestamp):
            raise
        text = str(value.asm8).replace("T", " ")
        return text.removesuffix(" 00:00:00") if value.tzinfo is None else f"{text}+00:00"

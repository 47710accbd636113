"""Visits that lie in several files: which they are, what they hold, and their rows."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text, on_lines
from chiiki_tsusho.parcels import FrameRows, Rows, TextRows, provider_texts
from chiiki_tsusho.reading.blocks import plain_texts
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.reading.parquet_file import ParquetSource, damaged

ENDINGS = (".csv", ".parquet")
# A partition of a large Parquet file: its row groups up to so many rows.
ROWS_OF_A_PARTITION = 1 << 20
_COUNTED_BYTES = 1 << 20


@dataclass(frozen=True)
class FilePart:
    """A file of visits, or some row groups of one.

    Parameters
    ----------
    path : Path
    headings : tuple of str
    lines : int
        Lines it has after its heading, blank ones included; of Parquet, rows.
    encoding : str, optional
        Of a CSV.
    schema : pyarrow.Schema, optional
        Of a Parquet file.
    row_groups : tuple of int
        Of a Parquet file.
    """

    path: Path
    headings: tuple[str, ...]
    lines: int
    encoding: str | None
    schema: pa.Schema | None
    row_groups: tuple[int, ...]

    def rows(self, part: int, schema: pa.Schema | None) -> Rows:
        """Read the rows.

        Parameters
        ----------
        part : int
            The number of the part.
        schema : pyarrow.Schema, optional
            What the columns of all Parquet parts together are.

        Raises
        ------
        InputFileError
            The file has changed since it was surveyed.
        """
        if schema is None:
            rows: Rows = self._lines(part)
        else:
            rows = FrameRows.of_part(_frame(self._table(list(self.headings)).cast(schema)), part)
        if len(rows.lines) != self.lines:
            raise InputFileError(
                Text(
                    "{path}: had {before} rows and has {now} now; begin again when nothing writes "
                    "to it",
                    path=self.path,
                    before=self.lines,
                    now=len(rows.lines),
                )
            )
        return rows

    def provider_texts(self, column: int) -> list[str]:
        """Return the distinct readable provider numbers of a column."""
        if self.schema is None:
            return provider_texts(self._lines(0), column)
        table = self._table([self.headings[column]])
        return provider_texts(FrameRows.of_part(_frame(table), 0), 0)

    def _lines(self, part: int) -> TextRows:
        source = CsvSource(self.path, self.encoding)
        text = self.path.read_bytes()[len(source.raw_heading) :]
        if source.encoding != "utf-8":
            text = text.decode(source.encoding).encode()
        if not text.endswith(b"\n"):
            text += b"\n" if text else b""
        return TextRows(text, np.arange(text.count(b"\n")), part, self.headings)

    def _table(self, columns: list[str]) -> pa.Table:
        try:
            with parquet.ParquetFile(self.path) as file:
                return plain_texts(file.read_row_groups(list(self.row_groups), columns))
        except (pa.ArrowException, OSError) as error:
            raise damaged(self.path, error) from error


def no_rows(headings: tuple[str, ...], schema: pa.Schema | None) -> Rows:
    """Return what parts are that hold nothing."""
    if schema is None:
        return TextRows(b"", np.arange(0), 0, headings)
    return FrameRows.of_part(_frame(schema.empty_table()), 0)


def _frame(table: pa.Table) -> pd.DataFrame:
    """Keep the types of a file: pandas would make floats of whole numbers with blanks."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    return frame


def part_paths(given: str | Path | Iterable[str | Path]) -> list[Path]:
    """Return the files that paths, patterns and folders stand for.

    The files of a pattern or a folder are in the order of their names, numbers in them as numbers.

    Raises
    ------
    InputFileError
        A pattern or folder has no CSV or Parquet file.
    """
    if isinstance(given, (str, Path)):
        return list(_files_of(given))
    paths = [path for one in given for path in _files_of(one)]
    if not paths:
        raise InputFileError(Text("visits: no file is named"))
    return paths


def _files_of(given: str | Path) -> Iterator[Path]:
    path = Path(given)
    if path.is_dir():
        found = [one for one in path.iterdir() if one.suffix in ENDINGS and one.name[0] not in "._"]
    elif glob.has_magic(str(given)) and not path.exists():
        found = [Path(one) for one in glob.glob(str(given), recursive=True)]  # noqa: PTH207 (a Path has no root to search from)
    else:
        yield path
        return
    if not found:
        raise InputFileError(
            Text("{given}: there is no CSV or Parquet file; check the path", given=given)
        )
    yield from sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order part-2 before part-10."""
    return [
        (int(piece), "") if piece.isascii() and piece.isdigit() else (-1, piece)
        for piece in re.split(r"(\d+)", str(path))
    ]


def survey(path: Path, encoding: str | None, whole: bool) -> list[FilePart]:
    """Say what a file holds, without its rows.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        Of a CSV; without it UTF-8 and CP932 are tried.
    whole : bool
        Whether a Parquet file of many rows stays one part.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    source = open_source(path, encoding)
    if not isinstance(source, (CsvSource, ParquetSource)):
        raise InputFileError(
            Text("{file}: is an Excel workbook; parts are CSV or Parquet files", file=str(path))
        )
    headings = tuple(source.headings)
    if isinstance(source, CsvSource):
        lines = _lines_after(path, len(source.raw_heading))
        return [FilePart(path, headings, lines, source.encoding, None, ())]
    return list(_row_groups(source, headings, whole))


def _row_groups(
    source: ParquetSource, headings: tuple[str, ...], whole: bool
) -> Iterator[FilePart]:
    with parquet.ParquetFile(source.path) as file:
        sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    groups: list[int] = []
    rows = 0
    for group, size in enumerate(sizes):
        if groups and not whole and rows + size > ROWS_OF_A_PARTITION:
            yield FilePart(source.path, headings, rows, None, source.schema, tuple(groups))
            groups, rows = [], 0
        groups.append(group)
        rows += size
    yield FilePart(source.path, headings, rows, None, source.schema, tuple(groups))


def _lines_after(path: Path, start: int) -> int:
    lines, last = 0, b"\n"
    with path.open("rb") as stream:
        stream.seek(start)
        while piece := stream.read(_COUNTED_BYTES):
            lines += piece.count(b"\n")
            last = piece[-1:]
    return lines + (last != b"\n")


def common_schema(parts: Sequence[FilePart]) -> pa.Schema | None:
    """Return what the columns of Parquet parts together are; None for CSV.

    Raises
    ------
    InputFileError
        A part has other headings than the first, or is of another format or of types that do not
        go together.
    """
    first = parts[0]
    faults = [
        Text(
            "{path}: its headings are not those of {first} in the same order",
            path=one.path,
            first=first.path,
        )
        for one in parts
        if one.headings != first.headings
    ]
    faults += [
        Text(
            "{path}: CSV and Parquet parts are mixed; {first} is of the other format",
            path=one.path,
            first=first.path,
        )
        for one in parts
        if (one.schema is None) != (first.schema is None)
    ]
    if faults:
        raise InputFileError(on_lines(dict.fromkeys(faults)))
    if first.schema is None:
        return None
    schemas = {one.path: _plain_schema(one.schema) for one in parts}
    try:
        return pa.unify_schemas(list(schemas.values()), promote_options="permissive")
    except pa.ArrowException as error:
        raise InputFileError(
            Text(
                "{path} and the other parts have columns of different types: {why}",
                path=first.path,
                why=str(error),
            )
        ) from error


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    """Leave out of a schema what may differ from file to file."""
    fields = []
    for field in plain_texts(schema.empty_table()).schema:
        kind = field.type
        fields.append((field.name, kind.value_type if pa.types.is_dictionary(kind) else kind))
    return pa.schema(fields)

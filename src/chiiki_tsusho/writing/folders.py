"""Results to files, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar

import pyarrow as pa
from pyarrow import csv as arrow_csv

from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, PROBLEMS, Column
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.csv_rows import BOM
from chiiki_tsusho.reading.parquet_file import ParquetSource
from chiiki_tsusho.reading.several_files import SeveralSources
from chiiki_tsusho.writing.result_tables import claim_table, headings_in, line_table, schema

FileFormat = Literal["csv", "parquet"]
OUTPUTS = ("claim_lines", "claims", "problems", "held_visits")
_ENDINGS: tuple[FileFormat, ...] = ("csv", "parquet")


class _Writer(Protocol):
    def write(self, formed: Any) -> None: ...

    def close(self) -> None: ...


class _TableWriter(_Writer, Protocol):
    def formed(self, table: pa.Table) -> Any:
        """Turn a table into what is written; several threads do so at once."""


AnyWriter = TypeVar("AnyWriter", bound=_Writer)


def _table_writer(
    path: Path, table_schema: pa.Schema, quoting: str, headings: Sequence[str] = ()
) -> _TableWriter:
    """Open a table to be written, under other headings than its own where they are given."""
    if path.suffix == ".parquet":
        return _ParquetWriter(path, table_schema, headings or table_schema.names)
    return _CsvWriter(path, headings or table_schema.names, quoting)


class _ParquetWriter:
    def __init__(self, path: Path, table_schema: pa.Schema, headings: Sequence[str]) -> None:
        self._headings = list(headings)
        named = [field.with_name(name) for field, name in zip(table_schema, headings, strict=True)]
        self._writer = parquet.ParquetWriter(path, pa.schema(named), compression="zstd")

    def formed(self, table: pa.Table) -> pa.Table:
        return table.rename_columns(self._headings)

    def write(self, formed: pa.Table) -> None:
        self._writer.write_table(formed)

    def close(self) -> None:
        self._writer.close()


class _CsvWriter:
    def __init__(self, path: Path, headings: Sequence[str], quoting: str) -> None:
        self._options = arrow_csv.WriteOptions(include_header=False, quoting_style=quoting)
        self._stream = path.open("wb")
        line = ",".join(headings).encode()
        # Spreadsheets see by the mark that headings beyond ASCII are UTF-8.
        self._stream.write((b"" if line.isascii() else BOM) + line + b"\n")

    def formed(self, table: pa.Table) -> pa.Buffer:
        stream = pa.BufferOutputStream()
        arrow_csv.write_csv(table, stream, self._options)
        return stream.getvalue()

    def write(self, formed: pa.Buffer) -> None:
        self._stream.write(formed)

    def close(self) -> None:
        self._stream.close()


class FolderSink:
    """Takes the results of a batch and puts them into a folder when all of them are there.

    Parameters
    ----------
    folder : Path
        Is made where it does not exist.
    visits : Source
        Of files.        The held rows are written in its format, encoding and heading.
    file_format : {"csv", "parquet"}
        Of the other files.
    headings : {"en", "ja"}
        Of the other files.

    Raises
    ------
    OutputError
        The folder cannot be written, or an input lies where an output would go.
    """

    def __init__(
        self,
        folder: Path,
        visits: Source,
        file_format: FileFormat,
        headings: Language = "en",
    ) -> None:
        self.folder = folder
        self._format = file_format
        self._language = headings
        self._visits = visits
        self._held_ending = visits.kind
        with _refusals(folder):
            parent = folder if folder.is_dir() else folder.absolute().parent
            parent.mkdir(parents=True, exist_ok=True)
        # Named here and made in __enter__: a stop at any moment finds it to remove.
        self._work = parent / f".chiiki-tsusho-{secrets.token_hex(8)}"
        self._writers: list[_Writer] = []

    def __enter__(self) -> Self:
        """Open the files, in a folder beside."""
        with _refusals(self.folder):
            try:
                self._work.mkdir(mode=0o700)
                self._lines = self._table("claim_lines", CLAIM_LINES, "none")
                self._claims = self._table("claims", CLAIMS, "none")
                self._held = self._opened(self._held_writer())
            except BaseException:
                self._discard()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not put in place."""
        self._discard()
        if isinstance(error, OSError):
            raise _refusal(self.folder, error) from error

    def _opened(self, writer: AnyWriter) -> AnyWriter:
        self._writers.append(writer)
        return writer

    def _table(self, name: str, columns: Sequence[Column], quoting: str) -> _TableWriter:
        headings = headings_in(columns, self._language)
        return self._opened(_table_writer(self._path(name), schema(columns), quoting, headings))

    def _discard(self) -> None:
        for writer in self._writers:
            # What it could not write is thrown away here.
            with contextlib.suppress(OSError, ValueError):
                writer.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def _path(self, name: str) -> Path:
        ending = self._held_ending if name == "held_visits" else self._format
        return self._work / f"{name}.{ending}"

    def formed(self, priced: Priced) -> tuple[Any, Any]:
        """Turn claims and their lines into what the files hold; several threads do so at once."""
        return self._lines.formed(line_table(priced)), self._claims.formed(claim_table(priced))

    def claims(self, formed: tuple[Any, Any]) -> None:
        """Take some claims and their lines."""
        for writer, one in zip((self._lines, self._claims), formed, strict=True):
            writer.write(one)

    def held(self, rows: Any) -> None:
        """Take some held rows."""
        self._held.write(rows)

    def _held_writer(self) -> _Writer:
        path, visits = self._path("held_visits"), self._visits
        if visits.kind == "xlsx":
            return _SheetWriter(path, visits.headings)
        if visits.kind == "parquet":
            assert isinstance(visits, (ParquetSource, SeveralSources))
            return _SchemaWriter(path, visits.schema)
        assert isinstance(visits, (CsvSource, SeveralSources))
        return _LineWriter(path, visits.raw_heading)

    def finish(self, problems: pa.Table) -> None:
        """Write the problems and put every file in its place."""
        with _refusals(self.folder):
            self._write_problems(problems)
            while self._writers:
                self._writers[0].close()
                del self._writers[0]
            self._place()

    def _write_problems(self, problems: pa.Table) -> None:
        writer = self._table("problems", PROBLEMS, "needed")
        writer.write(writer.formed(problems))

    def _place(self) -> None:
        names = [self._path(name).name for name in OUTPUTS]
        if not self.folder.is_dir():
            self._work.chmod(0o777 & ~_umask())
            self._work.replace(self.folder)
            return
        for name in names:
            (self._work / name).replace(self.folder / name)
        # A file of an earlier run in the other format would be read as one of this run.
        for name in OUTPUTS:
            for ending in (*_ENDINGS, "xlsx"):
                if f"{name}.{ending}" not in names:
                    (self.folder / f"{name}.{ending}").unlink(missing_ok=True)


class _SchemaWriter:
    """Writes rows of a Parquet input as that input had them."""

    def __init__(self, path: Path, table_schema: pa.Schema) -> None:
        self._schema = table_schema
        self._writer = parquet.ParquetWriter(path, table_schema)

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.cast(self._schema))

    def close(self) -> None:
        self._writer.close()


class _SheetWriter:
    """Writes rows of a workbook as cells of the same values; made in memory, saved at the end."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        from openpyxl import Workbook

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("held_visits")
        self._sheet.append(list(headings))
        self._saved = False

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self._sheet.append([None if value == "" else value for value in row])

    def close(self) -> None:
        if not self._saved:
            self._saved = True
            self._book.save(self._path)


class _LineWriter:
    """Writes lines of a CSV input byte for byte."""

    def __init__(self, path: Path, heading: bytes) -> None:
        self._stream = path.open("wb")
        self._stream.write(heading if heading.endswith(b"\n") else heading + b"\n")

    def write(self, rows: bytes) -> None:
        self._stream.write(rows)

    def close(self) -> None:
        self._stream.close()


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write tables as CSV files of their names into a folder, all or none.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    with _refusals(folder):
        parent = folder if folder.is_dir() else folder.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        work = parent / f".chiiki-tsusho-{secrets.token_hex(8)}"
        try:
            work.mkdir(mode=0o700)
            for name, table in tables.items():
                writer = _table_writer(work / f"{name}.csv", table.schema, "needed")
                try:
                    writer.write(writer.formed(table))
                finally:
                    writer.close()
            if folder.is_dir():
                for name in tables:
                    (work / f"{name}.csv").replace(folder / f"{name}.csv")
            else:
                work.chmod(0o777 & ~_umask())
                work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder beside ``folder`` to fill; it takes its place when all went well.

    Raises
    ------
    OutputError
        The folder cannot be written, or there is something in it already.
    """
    with _refusals(folder):
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise OutputError(
                Text("{folder}: is there already; name a new or an empty folder", folder=folder)
            )
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        work = folder.absolute().parent / f".chiiki-tsusho-{secrets.token_hex(8)}"
        work.mkdir(mode=0o700)
    try:
        yield work
        with _refusals(folder):
            work.chmod(0o777 & ~_umask())
            work.replace(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_overwriting(
    folder: Path, inputs: Sequence[Path], names: Sequence[str] = OUTPUTS
) -> None:
    """Refuse a folder in which an output would replace one of the inputs.

    Raises
    ------
    OutputError
        Names the input and says what to do; or ``folder`` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(Text("{folder}: is a file; a folder was expected", folder=folder))
    targets = {(folder / f"{name}.{ending}").resolve() for name in names for ending in _ENDINGS}
    for path in inputs:
        if path.resolve() in targets:
            raise OutputError(
                Text(
                    "{path}: the output would replace this input; choose another folder than "
                    "{folder}",
                    path=path,
                    folder=folder,
                )
            )


@contextlib.contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refusal(folder, error) from error


def _refusal(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or error
    return OutputError(
        Text(
            "{folder}: cannot be written: {reason}; nothing of this run is left there",
            folder=folder,
            reason=reason,
        )
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

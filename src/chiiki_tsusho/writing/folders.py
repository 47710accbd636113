"""Results to files, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pyarrow as pa

from chiiki_tsusho.choices import FILE_FORMATS, FileFormat
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, PROBLEMS, Column
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.problem_rows import ProblemTables
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.parquet_file import ParquetSource
from chiiki_tsusho.reading.several_files import SeveralSources
from chiiki_tsusho.whole_files import keep_closed, named_path
from chiiki_tsusho.writing.earlier_run import EarlierRun
from chiiki_tsusho.writing.exchange import FolderExchange
from chiiki_tsusho.writing.file_sets import of_the_system, refusal, refusals
from chiiki_tsusho.writing.result_tables import claim_table, headings_in, line_table
from chiiki_tsusho.writing.run_record import (
    OUTPUTS,
    RUN,
    InputFile,
    names_of_run,
    record_text,
    refuse_other_results,
)
from chiiki_tsusho.writing.table_writers import (
    ParquetStream,
    TableWriter,
    Writer,
    save_book,
    sheet_text,
    table_writer,
)

# Columns of problems that hold what a user wrote.
_WORDS = ("file", "column", "value", "message")
_WORDS_OF_TABLES: Mapping[str, Sequence[str]] = {
    "claim_lines": (), "claims": (), "problems": _WORDS,
}  # fmt: skip
AnyWriter = TypeVar("AnyWriter", bound=Writer)


class FolderSink:
    """Takes the results of a batch and puts them into a folder when all of them are there.

    Parameters
    ----------
    folder : Path
        Is made where it does not exist.
    visits : Source
        The input of files. The held rows are written in its format, encoding and heading.
    file_format : {"csv", "xlsx", "parquet"}
        The format of the other files.
    headings : {"en", "ja"}
        The language of the headings of the other files.
    inputs : sequence of InputFile
        What the results are made from.
    replace : bool
        Whether results of other inputs may be replaced.
    earlier : EarlierRun, optional
        A run whose claims are taken along.

    Raises
    ------
    OutputError
        The folder cannot be written, another run is writing there, or it holds other results.
    """

    def __init__(
        self,
        folder: Path,
        visits: Source,
        file_format: FileFormat,
        headings: Language = "en",
        inputs: Sequence[InputFile] = (),
        replace: bool = False,
        earlier: EarlierRun | None = None,
    ) -> None:
        self.folder = folder
        self.notes: list[Text] = []
        self._format = file_format
        self._language = headings
        self._visits = visits
        self._held_ending = visits.kind
        self._inputs = inputs
        self._replace = replace
        self._earlier = earlier
        self._new: list[tuple[pa.Table, pa.Table]] = []
        self._exchange = FolderExchange(folder)
        self._writers: list[Writer] = []

    def __enter__(self) -> Self:
        """Shut other runs out and open the files, in a stage beside the folder."""
        with refusals(self.folder):
            self._exchange.__enter__()
            try:
                taken_along = [] if self._earlier is None else self._earlier.inputs
                made_from = [*taken_along, *self._inputs]
                refuse_other_results(self.folder, made_from, self._replace)
                self._lines = self._table("claim_lines", CLAIM_LINES)
                self._claims = self._table("claims", CLAIMS)
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
        told = of_the_system(error)
        if told is not None:
            raise refusal(self.folder, told) from error

    def _opened(self, writer: AnyWriter) -> AnyWriter:
        self._writers.append(writer)
        return writer

    def _table(
        self,
        name: str,
        columns: Sequence[Column],
        words: Sequence[str] = (),
        ascii_only: bool | None = None,
    ) -> TableWriter:
        headings = headings_in(columns, self._language)
        path = self._path(name)
        return self._opened(table_writer(path, schema(columns), headings, words, ascii_only))

    def _discard(self) -> None:
        try:
            for writer in self._writers:
                # What it could not write is thrown away here.
                with contextlib.suppress(Exception):
                    writer.close()
        finally:
            self._exchange.__exit__()

    def _path(self, name: str) -> Path:
        ending = self._held_ending if name == "held_visits" else self._format
        return self._exchange.stage / f"{name}.{ending}"

    def formed(self, priced: Priced) -> tuple[Any, Any]:
        """Turn claims and their lines into what the files hold; several threads do so at once."""
        lines, claims = line_table(priced), claim_table(priced)
        if self._earlier is not None:
            return lines, claims
        return self._lines.formed(lines), self._claims.formed(claims)

    def claims(self, formed: tuple[Any, Any]) -> None:
        """Take some claims and their lines."""
        if self._earlier is not None:
            self._new.append(formed)
            return
        for writer, one in zip((self._lines, self._claims), formed, strict=True):
            writer.write(one)

    def held(self, rows: Any) -> None:
        """Take some held rows."""
        self._held.write(rows)

    def _held_writer(self) -> Writer:
        path, visits = self._path("held_visits"), self._visits
        if visits.kind == "xlsx":
            return _SheetWriter(path, visits.headings)
        if visits.kind == "parquet":
            assert isinstance(visits, (ParquetSource, SeveralSources))
            return _SchemaWriter(path, visits.schema)
        assert isinstance(visits, (CsvSource, SeveralSources))
        return _LineWriter(path, visits.raw_heading)

    def finish(self, problems: ProblemTables, record: Mapping[str, Any]) -> None:
        """Write the problems and the record of the run, and put every file in its place.

        What an earlier run has left there goes, with the papers made from it.
        """
        with refusals(self.folder):
            if self._earlier is not None:
                # Claims that another run has put there since would be lost.
                self._earlier.results.refuse_changed()
                lines, claims = zip(*self._new, strict=True) if self._new else ((), ())
                self.notes += self._earlier.notes_on(claims)
                whole = self._earlier.joined(lines, claims)
                for writer, table in zip((self._lines, self._claims), whole, strict=True):
                    writer.write(writer.formed(table))
            writer = self._table("problems", PROBLEMS, _WORDS, problems.is_ascii)
            for table in problems:
                writer.write(writer.formed(table))
            while self._writers:
                self._writers[0].close()
                del self._writers[0]
            self._keep_held_rows_closed()
            (self._exchange.stage / RUN).write_text(record_text(record), "utf-8", newline="\n")
            self._exchange.put(names_of_run(self.folder))

    def _keep_held_rows_closed(self) -> None:
        """Let nobody read rows of the visits who could not read the file they are of."""
        for one in self._inputs:
            if one.file == "visits":
                keep_closed(self._path("held_visits"), one.path)


class _SchemaWriter:
    """Writes rows of a Parquet input as that input had them."""

    def __init__(self, path: Path, table_schema: pa.Schema) -> None:
        self._schema = table_schema
        self._stream = ParquetStream(path, table_schema)

    def write(self, rows: pa.Table) -> None:
        self._stream.write_table(rows.cast(self._schema))

    def close(self) -> None:
        self._stream.close()


class _SheetWriter:
    """Writes rows of a workbook as cells of the same values; made in memory, saved at the end."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        from openpyxl import Workbook

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("held_visits")
        self._saved = False
        self.write([headings])

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self._sheet.append([self._cell(value) for value in row])

    def _cell(self, value: Any) -> Any:
        if value == "":
            return None
        return sheet_text(self._sheet, value) if isinstance(value, str) else value

    def close(self) -> None:
        if not self._saved:
            self._saved = True
            save_book(self._book, self._path)


class _LineWriter:
    """Writes lines of a CSV input byte for byte."""

    def __init__(self, path: Path, heading: bytes) -> None:
        self._stream = path.open("wb")
        # A line feed of UTF-16 has a NUL behind it.
        ended = heading.rstrip(b"\0").endswith(b"\n")
        self._stream.write(heading if ended else heading + b"\n")

    def write(self, rows: bytes) -> None:
        self._stream.write(rows)

    def close(self) -> None:
        self._stream.close()


def write_tables(
    folder: str | Path,
    tables: Mapping[str, pa.Table],
    pages: Mapping[str, str] | None = None,
    of_run: bool = False,
) -> None:
    """Write tables as CSV files of their names, and pages, into a folder, all or none.

    Parameters
    ----------
    folder : path-like
    tables : mapping of str to pyarrow.Table
    pages : mapping of str to str, optional
    of_run : bool
        Whether they are the results of a run: what another has left there goes.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    shown = named_path(folder)
    with refusals(shown), FolderExchange(shown) as exchange:
        for name, table in tables.items():
            texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
            words = _WORDS_OF_TABLES.get(name, texts)
            path = exchange.stage / f"{name}.csv"
            writer = table_writer(path, table.schema, words=words)
            try:
                writer.write(writer.formed(table))
            finally:
                writer.close()
        for name, page in (pages or {}).items():
            (exchange.stage / name).write_text(page, "utf-8", newline="\n")
        exchange.put(names_of_run(shown) if of_run else ())


@contextlib.contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """Give a folder beside ``folder`` to fill; it takes its place when all went well.

    Raises
    ------
    OutputError
        The folder cannot be written, or there is something in it already.
    """
    shown = named_path(folder)
    with contextlib.ExitStack() as stack:
        with refusals(shown):
            if shown.exists() and not (shown.is_dir() and not any(shown.iterdir())):
                raise OutputError(
                    Text(
                        "{folder}: is there already; name a new or an empty folder",
                        folder=str(shown),
                    )
                )
            exchange = stack.enter_context(FolderExchange(shown))
        yield exchange.stage
        with refusals(shown):
            exchange.put(())


def refuse_overwriting(
    folder: Path, inputs: Sequence[Path], names: Sequence[str] = OUTPUTS
) -> None:
    """Refuse a folder in which an output would replace one of the inputs.

    Raises
    ------
    OutputError
        Names the input and says what to do; or ``folder`` is a file.
    """
    named_path(folder)
    with refusals(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(
                Text("{folder}: is a file; a folder was expected", folder=str(folder))
            )
        files = [RUN, *(f"{name}.{ending}" for name in names for ending in FILE_FORMATS)]
        targets = {os.path.realpath(folder / file) for file in files}
        for path in inputs:
            if os.path.realpath(path) in targets:
                raise OutputError(
                    Text(
                        "{path}: the output would replace this input; choose another folder than "
                        "{folder}",
                        path=str(path),
                        folder=str(folder),
                    )
                )

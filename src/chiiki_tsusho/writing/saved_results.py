"""What a batch wrote, found and read back: CSV, Parquet or a workbook, in either language."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, Column
from chiiki_tsusho.errors import InputFileError, not_read
from chiiki_tsusho.language import Counted, Text, listed, on_lines
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.reading.blocks import Form, Numbers
from chiiki_tsusho.reading.file_state import FileState, changed, state_at
from chiiki_tsusho.records import record
from chiiki_tsusho.whole_files import given_path
from chiiki_tsusho.writing.exchange import FolderExchange, settle
from chiiki_tsusho.writing.result_checks import check_results
from chiiki_tsusho.writing.result_columns import (
    check_form,
    no_column,
    not_as_written,
    twice,
    typed,
)
from chiiki_tsusho.writing.run_record import OUTPUTS, note_made

_GIVE = Text("give the folder that the claim command wrote")
# Bytes; what one core reads of fewer is read before threads of others have begun.
_LARGE_FILE = 1 << 23
_NO_UTF8 = Text("it is not text in UTF-8")
_NO_ROWS = Text(
    "its rows cannot be told apart: one has more or fewer cells than there are headings, or a "
    "quotation mark is not closed"
)
# Texts of the user's own, nearly all different.
_FREE_TEXT = frozenset({"value", "message"})


def output_files(folder: Path) -> dict[str, Path]:
    """Find the four files of a batch.

    Raises
    ------
    InputFileError
        The folder is none, or lacks a file; the message names all that are missing.
    """
    folder = given_path(folder)
    if not folder.is_dir():
        what = Text("is a file") if folder.exists() else Text("there is no such folder")
        raise InputFileError(Text("{folder}: {what}; {give}", folder=folder, what=what, give=_GIVE))
    settle(folder)
    found: dict[str, Path] = {}
    faults: list[Text] = []
    missing: list[str] = []
    for name in OUTPUTS:
        paths = [folder / f"{name}{ending}" for ending in _READERS]
        there = [path for path in paths if path.is_file()]
        if len(there) == 1:
            found[name] = there[0]
        elif there:
            faults.append(
                Text(
                    "{folder}: has {names}; keep the one of this batch",
                    folder=folder,
                    names=" / ".join(path.name for path in there),
                )
            )
        else:
            missing.append(f"{name}.csv")
    if missing:
        faults.append(
            Counted(
                "{folder}: {names} (or .xlsx or .parquet) is missing; {give}",
                "{folder}: {names} (or .xlsx or .parquet) are missing; {give}",
                len(missing),
                folder=folder,
                names=listed(missing),
                give=_GIVE,
            )
        )
    if faults:
        raise InputFileError(on_lines(faults))
    return found


@record
class Results:
    """The four files of a batch, as they were when they were found.

    Parameters
    ----------
    folder : Path
    files : dict of str to Path
    states : list
        What tells each file from another.
    """

    folder: Path
    files: dict[str, Path]
    states: list[FileState | None]

    @classmethod
    def found(cls, folder: Path) -> Results:
        """Find them.

        Raises
        ------
        InputFileError
            As of ``output_files``.
        """
        files = output_files(folder)
        return cls(folder, files, [state_at(path) for path in files.values()])

    @contextmanager
    def one_run(self) -> Iterator[dict[str, Path]]:
        """Give the files to read; another run may put its own in their place meanwhile.

        Raises
        ------
        InputFileError
            It has: what was read may be of both.
        """
        try:
            yield self.files
        except InputFileError:
            self.refuse_changed()
            raise
        self.refuse_changed()

    def refuse_changed(self) -> None:
        """Refuse them where they are no longer those that were found.

        Raises
        ------
        InputFileError
            Names the folder.
        """
        if [state_at(path) for path in self.files.values()] != self.states:
            raise changed(str(self.folder))

    @contextmanager
    def placing(self, paper: Path) -> Iterator[None]:
        """Let no run exchange the folder while a paper of these results is put there and noted.

        Raises
        ------
        InputFileError
            They are others by now: the paper would stand beside them.
        OutputError
            Another run is writing there.
        """
        there = paper.resolve().parent == self.folder.resolve()
        with FolderExchange(self.folder) if there else nullcontext():
            self.refuse_changed()
            yield
            if there:
                note_made(self.folder, paper.name)


def read_claims_and_lines(results: Results) -> tuple[pa.Table, pa.Table]:
    """Read all columns of the claims and of their lines, of one run.

    Raises
    ------
    InputFileError
        As of ``read_output`` and ``check_results``; or another run has ended meanwhile.
    """
    with results.one_run() as files:
        claims, lines = claims_and_lines_in(results.folder, files)
    return claims.cast(schema(CLAIMS)), lines.cast(schema(CLAIM_LINES))


def claims_and_lines_in(folder: Path, files: Mapping[str, Path]) -> tuple[pa.Table, pa.Table]:
    """Read the claims and their lines, and see that they agree; texts are dictionaries."""
    claims, lines = (
        read_output(files[name], columns, [one.name for one in columns])
        for name, columns in (("claims", CLAIMS), ("claim_lines", CLAIM_LINES))
    )
    check_results(claims, lines, folder)
    return claims, lines


def read_output(path: Path, columns: Sequence[Column], wanted: Sequence[str]) -> pa.Table:
    """Read columns of an output, under their English or their Japanese headings.

    Parameters
    ----------
    path : Path
    columns : sequence of Column
        Those of the contract.
    wanted : sequence of str
        Which of them are read.

    Returns
    -------
    pyarrow.Table
        In the order of the contract, under English names; texts as dictionaries but for free ones.

    Raises
    ------
    InputFileError
        The file cannot be read, lacks a column, or has a cell that is not as it was written
        (``check_form``).
    """
    chosen = [column for column in columns if column.name in wanted]
    try:
        table = _READERS[path.suffix](path, chosen)
    except OSError as error:
        raise not_read(path, error) from error
    table = _with_texts(table)
    check_form(table, chosen, path)
    return table


def _with_texts(table: pa.Table) -> pa.Table:
    """Write blanks as texts of no characters, as they stand in a CSV."""
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if column.null_count and not pa.types.is_int64(field.type):
            texts = column.cast(pa.string()).fill_null("")
            table = table.set_column(at, field, texts.cast(field.type))
    return table


def _headings(path: Path, columns: Sequence[Column], there: Sequence[str]) -> list[str]:
    """Return the heading under which a file has each column.

    Raises
    ------
    InputFileError
        It has none, or two.
    """
    chosen = []
    for column in columns:
        names = [one for one in there if one in (column.name, column.heading)]
        if len(names) != 1:
            raise not_as_written(path, twice(column) if names else no_column(column))
        chosen += names
    return chosen


def _table(
    path: Path, columns: Sequence[Column], cells: Iterable[pa.Array | pa.ChunkedArray]
) -> pa.Table:
    """Bring columns of cells of any kind into their types."""
    arrays = [
        typed(one, column, path).cast(_arrow_type(column))
        for one, column in zip(cells, columns, strict=True)
    ]
    return pa.table(arrays, schema=_schema(columns))


def _schema(columns: Sequence[Column], headings: Sequence[str] | None = None) -> pa.Schema:
    names = headings or [column.name for column in columns]
    return pa.schema(list(zip(names, map(_arrow_type, columns), strict=True)))


def _arrow_type(column: Column) -> pa.DataType:
    if column.kind != "text":
        return pa.int64()
    return pa.string() if column.name in _FREE_TEXT else pa.dictionary(pa.int32(), pa.string())


# Libraries are given open files: of names that are no UTF-8 they know nothing.
def _read_csv(path: Path, columns: Sequence[Column]) -> pa.Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            there = next(csv.reader(stream), [])
        headings = _headings(path, columns, there)
        try:
            table = _csv_table(path, _schema(columns, headings))
        except pa.ArrowInvalid:
            # As text it is told what is wrong, and where.
            texts = pa.schema([(name, pa.string()) for name in headings])
            cells = _csv_table(path, texts, blanks=True)
            return _table(path, columns, cells.columns)
    except UnicodeDecodeError as error:
        raise not_as_written(path, _NO_UTF8) from error
    except (pa.ArrowException, csv.Error) as error:
        no_text = "invalid UTF8" in str(error)
        raise not_as_written(path, _NO_UTF8 if no_text else _NO_ROWS) from error
    return table.rename_columns([column.name for column in columns])


def _csv_table(path: Path, schema: pa.Schema, blanks: bool = False) -> pa.Table:
    with path.open("rb") as stream:
        return arrow_csv.read_csv(
            stream,
            arrow_csv.ReadOptions(use_threads=path.stat().st_size > _LARGE_FILE),
            # Values and messages may hold line breaks; the other files have none.
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=not _FREE_TEXT.isdisjoint(schema.names)
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=schema.names,
                column_types=schema,
                null_values=[""],
                strings_can_be_null=blanks,
            ),
        )


def _read_parquet(path: Path, columns: Sequence[Column]) -> pa.Table:
    with path.open("rb") as stream:
        try:
            with parquet.ParquetFile(stream) as file:
                headings = _headings(path, columns, file.schema_arrow.names)
                table = file.read(columns=headings)
        except pa.ArrowException as error:
            fault = Text("it is no Parquet file, or a damaged one")
            raise not_as_written(path, fault) from error
    return _table(path, columns, [table[name] for name in headings])


def _read_workbook(path: Path, columns: Sequence[Column]) -> pa.Table:
    # The reader of inputs knows of cells far from the table; it takes its time to load.
    from chiiki_tsusho.reading.workbook_file import WorkbookSource

    source = WorkbookSource(path)
    headings = _headings(path, columns, source.headings)
    forms: list[Form] = ["texts" if one in headings else "unread" for one in source.headings]
    order = [one for one in source.headings if one in headings]
    parts: dict[str, list[pa.Array]] = {name: [] for name in order}
    for block in source.blocks(forms):
        if len(block.malformed):
            raise not_as_written(path, _NO_ROWS)
        for name, column in zip(order, block.columns, strict=True):
            assert not isinstance(column, Numbers)
            parts[name].append(column.of_rows())
    texts = (pa.chunked_array(parts[name], pa.string()) for name in headings)
    blank = pa.scalar("")
    cells = (compute.if_else(compute.equal(one, blank), None, one) for one in texts)
    return _table(path, columns, cells)


_READERS = {".csv": _read_csv, ".parquet": _read_parquet, ".xlsx": _read_workbook}

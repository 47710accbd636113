"""What a batch wrote, found and read back: CSV, Parquet or a workbook, in either language."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, PROBLEMS, Column
from chiiki_tsusho.errors import InputFileError, not_read
from chiiki_tsusho.language import Name, Sayable, Text, on_lines
from chiiki_tsusho.lazy import parquet
from chiiki_tsusho.months import is_month
from chiiki_tsusho.reading.file_state import FileState, changed, state_at
from chiiki_tsusho.records import record
from chiiki_tsusho.whole_files import given_path
from chiiki_tsusho.writing.exchange import settle
from chiiki_tsusho.writing.result_tables import schema
from chiiki_tsusho.writing.run_record import OUTPUTS

_GIVE = Text("give the folder that the claim command wrote")
AGAIN = Text("compute the claims again")
# No claim comes to more units or yen, so that all sums of them are exact.
_LARGEST = 10**15
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
            faults.append(
                Text(
                    "{folder}: {name}.csv (or {name}.parquet) is missing; {give}",
                    folder=folder,
                    name=name,
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


def read_claims_and_lines(results: Results) -> tuple[pa.Table, pa.Table]:
    """Read all columns of the claims and of their lines, of one run.

    Raises
    ------
    InputFileError
        As of ``read_output``; or another run has ended meanwhile.
    """
    with results.one_run() as files:
        claims, lines = (
            read_output(files[name], columns, [one.name for one in columns]).cast(schema(columns))
            for name, columns in (("claims", CLAIMS), ("claim_lines", CLAIM_LINES))
        )
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
        The file cannot be read, lacks a column, has a blank where a number must be, a number that
        no claim comes to, some of the yen of a claim without the others, or (other than problems)
        what is no month.
    """
    chosen = [column for column in columns if column.name in wanted]
    headings_of, read = _READERS[path.suffix]
    try:
        there = headings_of(path)
        headings = [_heading(column, there) for column in chosen]
        schema = pa.schema(list(zip(headings, map(_arrow_type, chosen), strict=True)))
        table = read(path, schema).rename_columns([column.name for column in chosen])
    except OSError as error:
        raise not_read(path, error) from error
    except (pa.ArrowException, _NoColumnError, UnicodeDecodeError, csv.Error) as error:
        raise _not_as_written(path, _why(error)) from error
    table = _with_texts(table)
    if "service_month" in wanted and columns != PROBLEMS:
        _check_months(path, table)
    _check_yen(path, table, chosen)
    for column in chosen:
        _check_size(path, table, column)
        blank = table[column.name].null_count if column.kind == "whole" else 0
        if blank:
            raise InputFileError(
                Text(
                    "{path}: {column} is blank in {blank} of the rows; {again}",
                    path=path,
                    column=Name(column.name, column.heading),
                    blank=blank,
                    again=AGAIN,
                )
            )
    return table


def _with_texts(table: pa.Table) -> pa.Table:
    """Write blanks as texts of no characters, as they stand in a CSV."""
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if column.null_count and not pa.types.is_int64(field.type):
            texts = column.cast(pa.string()).fill_null("")
            table = table.set_column(at, field, texts.cast(field.type))
    return table


def _heading(column: Column, there: Sequence[str]) -> str:
    for heading in (column.name, column.heading):
        if heading in there:
            return heading
    raise _NoColumnError(column)


class _NoColumnError(Exception):
    """A column is not there; the one argument is which."""


def _why(error: Exception) -> Sayable | str:
    if isinstance(error, _NoColumnError):
        (column,) = error.args
        return Text("no column {name} ({heading})", name=column.name, heading=column.heading)
    if isinstance(error, UnicodeDecodeError):
        return Text("it is not text in UTF-8")
    return str(error).splitlines()[0]


def _not_as_written(path: Path, why: Sayable | str) -> InputFileError:
    return InputFileError(
        Text(
            "{path}: is not as the claim command writes it: {why}; {again}",
            path=path,
            why=why,
            again=AGAIN,
        )
    )


def _check_months(path: Path, table: pa.Table) -> None:
    for month in table["service_month"].cast(pa.string()).unique().to_pylist():
        text = "" if month is None else month
        if not (text.isascii() and text.isdigit() and len(text) == 6 and is_month(int(text))):
            raise _not_as_written(path, Text("{text!r} is no month of service", text=text))


def _check_size(path: Path, table: pa.Table, column: Column) -> None:
    if column.kind == "text":
        return
    extremes = compute.min_max(table[column.name]).as_py()
    for number in extremes.values():
        if number is not None and abs(number) > _LARGEST:
            text = Text(
                "{column} has {number}, more than any claim comes to",
                column=Name(column.name, column.heading),
                number=number,
            )
            raise _not_as_written(path, text)


def _check_yen(path: Path, table: pa.Table, columns: Sequence[Column]) -> None:
    """Refuse a claim with some of its yen: all of them are known, or none."""
    yen = [column for column in columns if column.name.endswith("_yen")]
    for first, second in pairwise(yen):
        differs = compute.xor(table[first.name].is_null(), table[second.name].is_null())
        if compute.any(differs).as_py():
            text = Text(
                "a claim has only one of {first} and {second}",
                first=Name(first.name, first.heading),
                second=Name(second.name, second.heading),
            )
            raise _not_as_written(path, text)


def _arrow_type(column: Column) -> pa.DataType:
    if column.kind != "text":
        return pa.int64()
    return pa.string() if column.name in _FREE_TEXT else pa.dictionary(pa.int32(), pa.string())


def _csv_headings(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


# Libraries are given open files: of names that are no UTF-8 they know nothing.
def _read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    with path.open("rb") as stream:
        return arrow_csv.read_csv(
            stream,
            # Values and messages may hold line breaks; the other files have none.
            parse_options=arrow_csv.ParseOptions(newlines_in_values=pa.string() in schema.types),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=schema.names, column_types=schema, null_values=[""]
            ),
        )


def _parquet_headings(path: Path) -> list[str]:
    with path.open("rb") as stream, parquet.ParquetFile(stream) as file:
        return list(file.schema_arrow.names)


def _read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    with path.open("rb") as stream:
        table = parquet.read_table(stream, columns=schema.names).select(schema.names)
    return pa.table(
        [table[name].cast(kind) for name, kind in zip(schema.names, schema.types, strict=True)],
        schema=schema,
    )


def _workbook_rows(path: Path) -> list[list[Any]]:
    import python_calamine

    try:
        with path.open("rb") as stream:
            sheet = python_calamine.load_workbook(stream).get_sheet_by_index(0)
        return sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError) as error:
        raise pa.ArrowInvalid(str(error)) from error


def _workbook_headings(path: Path) -> list[str]:
    return [str(cell) for cell in next(iter(_workbook_rows(path)), [])]


def _read_workbook(path: Path, schema: pa.Schema) -> pa.Table:
    headings, *rows = _workbook_rows(path)
    columns = [
        [None if row[at] in ("", None) else row[at] for row in rows]
        for at in map(headings.index, schema.names)
    ]
    return pa.table(
        [
            pa.array(cells).cast(kind) if pa.types.is_int64(kind) else pa.array(cells, kind)
            for cells, kind in zip(columns, schema.types, strict=True)
        ],
        schema=schema,
    )


_READERS = {
    ".csv": (_csv_headings, _read_csv),
    ".parquet": (_parquet_headings, _read_parquet),
    ".xlsx": (_workbook_headings, _read_workbook),
}

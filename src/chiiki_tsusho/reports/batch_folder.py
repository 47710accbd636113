"""The files of a batch's folder, read back for its report."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.columns import (
    CLAIM_LINES,
    CLAIMS,
    INSURED_NO,
    INSURER_NO,
    PROBLEMS,
    PROVIDER_NO,
    VISITS,
    Column,
)
from chiiki_tsusho.errors import InputFileError, UnsupportedMonthError
from chiiki_tsusho.language import Name, Text, on_lines
from chiiki_tsusho.months import parse_month
from chiiki_tsusho.reading.blocks import Form, Numbered, Numbers, Texts
from chiiki_tsusho.reading.cells import INSURED_BITS, PARSERS, Decoder, pack_insured
from chiiki_tsusho.reading.dense_ids import Ints, TextIds
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.writing.folders import OUTPUTS

_GIVE = Text("give the folder that the claim command wrote")
_AGAIN = Text("compute the claims again")
_SERVICE_DATE = next(column for column in VISITS if column.name == "service_date")
# Texts of the user's own, nearly all different.
_FREE_TEXT = frozenset({"value", "message"})
_LINE_COLUMNS = (
    "service_month", "service_code", "units", "count", "service_units", "limit_managed",
)  # fmt: skip
_CLAIM_COLUMNS = (
    "service_month", "provider_no", "insurer_no", "insured_no", "visits", "days", "managed_units",
    "total_units", "planned_units", "benefit_units", "self_paid_units", "total_yen",
    "insurance_yen", "public_yen", "copay_yen", "self_paid_yen",
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """What is in held_visits.

    Parameters
    ----------
    rows : int
    claims : int
        Claims whose rows are there.
    alone : int
        Rows of which it cannot be read whose or of which month they are.
    """

    rows: int
    claims: int
    alone: int


@dataclass(frozen=True)
class BatchFiles:
    """A batch as its folder has it.

    Parameters
    ----------
    claims, lines : DataFrame
        Columns of the contract, texts as categories; ``service_month`` as a number.
    problems : pyarrow.Table
    held : Held
    problems_file, held_file : str
        What the two are called.
    """

    claims: pd.DataFrame
    lines: pd.DataFrame
    problems: pa.Table
    held: Held
    problems_file: str
    held_file: str


def output_files(folder: Path) -> dict[str, Path]:
    """Find the four files of a batch.

    Raises
    ------
    InputFileError
        The folder is none, or lacks a file; the message names all that are missing.
    """
    if not folder.is_dir():
        what = Text("is a file") if folder.exists() else Text("there is no such folder")
        raise InputFileError(Text("{folder}: {what}; {give}", folder=folder, what=what, give=_GIVE))
    found: dict[str, Path] = {}
    faults: list[Text] = []
    for name in OUTPUTS:
        paths = [folder / f"{name}.{ending}" for ending in ("csv", "parquet")]
        there = [path for path in paths if path.is_file()]
        if len(there) == 1:
            found[name] = there[0]
        elif there:
            faults.append(
                Text(
                    "{folder}: has {name}.csv and {name}.parquet; keep the one of this batch",
                    folder=folder,
                    name=name,
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


def read_batch(folder: Path) -> BatchFiles:
    """Read what a batch wrote.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes, or the files are not of one
        batch.
    """
    files = output_files(folder)
    claims = _frame(_read(files["claims"], CLAIMS, _CLAIM_COLUMNS), files["claims"])
    lines = _frame(_read(files["claim_lines"], CLAIM_LINES, _LINE_COLUMNS), files["claim_lines"])
    _check_sums(folder, claims, lines)
    return BatchFiles(
        claims,
        lines,
        _read(files["problems"], PROBLEMS, [column.name for column in PROBLEMS]),
        count_held(files["held_visits"]),
        files["problems"].name,
        files["held_visits"].name,
    )


def _read(path: Path, columns: Sequence[Column], wanted: Sequence[str]) -> pa.Table:
    """Read columns of an output, under their English or their Japanese headings."""
    chosen = [column for column in columns if column.name in wanted]
    headings_of, read = _READERS[path.suffix]
    try:
        there = headings_of(path)
        headings = [_heading(column, there) for column in chosen]
        schema = pa.schema(list(zip(headings, map(_arrow_type, chosen), strict=True)))
        table = read(path, schema).rename_columns([column.name for column in chosen])
    except OSError as error:
        why = error.strerror or str(error)
        raise InputFileError(Text("{path}: cannot be read: {why}", path=path, why=why)) from error
    except (pa.ArrowException, KeyError, UnicodeDecodeError, csv.Error) as error:
        why = str(error.args[0] if isinstance(error, KeyError) else error).splitlines()[0]
        raise InputFileError(
            Text(
                "{path}: is not as the claim command writes it: {why}; {again}",
                path=path,
                why=why,
                again=_AGAIN,
            )
        ) from error
    for column in chosen:
        blank = table[column.name].null_count if column.kind == "whole" else 0
        if blank:
            raise InputFileError(
                Text(
                    "{path}: {column} is blank in {blank} of the rows; {again}",
                    path=path,
                    column=Name(column.name, column.heading),
                    blank=blank,
                    again=_AGAIN,
                )
            )
    return table


def _heading(column: Column, there: Sequence[str]) -> str:
    for heading in (column.name, column.heading):
        if heading in there:
            return heading
    raise KeyError(f"no column {column.name} ({column.heading})")


def _arrow_type(column: Column) -> pa.DataType:
    if column.kind != "text":
        return pa.int64()
    return pa.string() if column.name in _FREE_TEXT else pa.dictionary(pa.int32(), pa.string())


def _csv_headings(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def _read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    return arrow_csv.read_csv(
        path,
        # Values and messages may hold line breaks; the other files have none.
        parse_options=arrow_csv.ParseOptions(newlines_in_values=pa.string() in schema.types),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=schema.names, column_types=schema, null_values=[""]
        ),
    )


def _parquet_headings(path: Path) -> list[str]:
    with parquet.ParquetFile(path) as file:
        return list(file.schema_arrow.names)


def _read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    table = parquet.read_table(path, columns=schema.names).select(schema.names)
    return pa.table(
        [table[name].cast(kind) for name, kind in zip(schema.names, schema.types, strict=True)],
        schema=schema,
    )


_READERS = {
    ".csv": (_csv_headings, _read_csv),
    ".parquet": (_parquet_headings, _read_parquet),
}


def _frame(table: pa.Table, path: Path) -> pd.DataFrame:
    """Turn a table into a frame: texts as categories, whole numbers as int64."""
    nullable = {pa.int64(): pd.Int64Dtype()}
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            columns[name] = column.unify_dictionaries().to_pandas()
        elif column.null_count:
            columns[name] = column.to_pandas(types_mapper=nullable.get)
        else:
            columns[name] = column.to_numpy()
    frame = pd.DataFrame(columns)
    months = frame["service_month"].cat.categories
    try:
        numbers = [parse_month(month) for month in months]
    except UnsupportedMonthError as error:
        raise InputFileError(
            Text("{path}: service_month: {why}", path=path, why=str(error))
        ) from error
    frame["service_month"] = np.array(numbers, dtype=np.int64)[frame["service_month"].cat.codes]
    return frame


def _check_sums(folder: Path, claims: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Refuse files of two batches: the units of the lines are those of the claims."""
    of_claims = claims.groupby("service_month")["total_units"].sum()
    of_lines = lines.groupby("service_month")["service_units"].sum()
    both = pd.concat([of_claims, of_lines], axis=1).fillna(0).astype("int64")
    unequal = both[both["total_units"] != both["service_units"]]
    if len(unequal):
        month, (claimed, listed) = unequal.index[0], unequal.iloc[0]
        raise InputFileError(
            Text(
                "{folder}: claims and claim_lines are not of one batch: {month} has "
                "{claimed:,} units in claims, {listed:,} in claim_lines; {again}",
                folder=folder,
                month=month,
                claimed=claimed,
                listed=listed,
                again=_AGAIN,
            )
        )


def count_held(path: Path) -> Held:
    """Count the rows of held_visits and their claims.

    The rows are those of the user's own file, so the engine's reader takes them.

    Raises
    ------
    InputFileError
        The file cannot be read, or lacks a column that says whose the rows are.
    """
    source = open_source(path)
    wanted = (PROVIDER_NO, INSURER_NO, INSURED_NO, _SERVICE_DATE)
    places: dict[str, int] = {}
    for at, heading in enumerate(source.headings):
        for column in wanted:
            if heading.strip() in (column.name, column.heading):
                places[column.name] = at
    missing = [column.name for column in wanted if column.name not in places]
    if missing:
        raise InputFileError(
            Text(
                "{path}: heading {heading!r} is missing; {again}",
                path=path,
                heading=missing[0],
                again=_AGAIN,
            )
        )
    ledger = Calendars()
    numbers = {"provider_no": TextIds(), "insurer_no": TextIds()}
    months = TextIds()
    decoders = {column.name: Decoder(PARSERS[column.kind]) for column in wanted}
    forms: list[Form] = ["unread"] * len(source.headings)
    for column in wanted:
        forms[places[column.name]] = "texts" if column is INSURED_NO else "distinct"
    of_block = sorted(places.values())
    rows = alone = 0
    for block in source.blocks(forms):
        values: dict[str, Ints] = {}
        for name, at in places.items():
            cells = block.columns[of_block.index(at)]
            if isinstance(cells, Numbers):
                raise TypeError(f"{name} is read as texts")
            values[name] = _cell_values(cells, name, decoders[name], numbers, months)
        readable = np.logical_and.reduce([column >= 0 for column in values.values()])
        rows += len(block.lines) + len(block.malformed)
        alone += len(block.malformed) + int(np.count_nonzero(~readable))
        provider, insurer, insured, month = (values[column.name][readable] for column in wanted)
        pair = ledger.pair_ids(provider, insurer, month)
        ledger.claims.ids(pair << INSURED_BITS | insured)
    return Held(rows, len(ledger), alone)


def _cell_values(
    cells: Texts | Numbered,
    name: str,
    decoder: Decoder,
    numbers: dict[str, TextIds],
    months: TextIds,
) -> Ints:
    """Return for each row the id of its number or month; negative where it cannot be read."""
    if isinstance(cells, Texts) and name == INSURED_NO.name:
        values = pack_insured(cells.texts)
    else:
        distinct = cells.distinct()
        values = decoder.values(distinct)
        good = np.flatnonzero(values >= 0)
        if name in numbers:
            values[good] = numbers[name].ids([distinct[at] for at in good])
        else:
            values[good] = months.ids([str(value // 100) for value in values[good]])
    return values if cells.positions is None else values.take(cells.positions)

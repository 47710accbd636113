"""The files of a batch's folder, read back for its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.columns import (
    CLAIM_LINES,
    CLAIMS,
    INSURED_NO,
    INSURER_NO,
    PROBLEMS,
    PROVIDER_NO,
    VISITS,
)
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Rule
from chiiki_tsusho.reading.blocks import Form, Numbered, Numbers, Texts
from chiiki_tsusho.reading.cells import PARSERS, Decoder
from chiiki_tsusho.reading.dense_ids import TextIds
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.reading.insured_numbers import pack_insured, unpack_insured
from chiiki_tsusho.writing.run_record import read_record
from chiiki_tsusho.writing.saved_results import AGAIN, output_files, read_output

_SERVICE_DATE = next(column for column in VISITS if column.name == "service_date")
_LINE_COLUMNS = (
    "service_month", "service_code", "units", "count", "service_units", "limit_managed",
)  # fmt: skip
_CLAIM_COLUMNS = (
    "service_month", "provider_no", "insurer_no", "insured_no", "care_level", "visits", "days",
    "managed_units", "total_units", "planned_units", "benefit_units", "self_paid_units",
    "unit_price", "total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen",
)  # fmt: skip

# A row with a warning of one of these is left out of its claim.
_SETS_ASIDE: frozenset[Rule] = frozenset({"not_this_service", "total_row", "unplaced_row"})


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
    by_claim : DataFrame
        One row per claim: the four that identify it as texts, and ``visits``, its rows.
    """

    rows: int
    claims: int
    alone: int
    by_claim: pd.DataFrame = field(compare=False, repr=False)


@dataclass(frozen=True)
class BatchFolder:
    """A batch as its folder has it.

    Parameters
    ----------
    claims, lines : DataFrame
        Columns of the contract, texts as categories; ``service_month`` as a number.
    problems : pyarrow.Table
    held : Held
    problems_file, held_file : str
        What the two are called.
    record : dict
        What run.json says of the run; empty where there is none.
    """

    claims: pd.DataFrame
    lines: pd.DataFrame
    problems: pa.Table
    held: Held
    problems_file: str
    held_file: str
    record: dict[str, Any]


def read_batch(folder: Path) -> BatchFolder:
    """Read what a batch wrote.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes, or the files are not of one
        batch.
    """
    files = output_files(folder)
    claims = _frame(read_output(files["claims"], CLAIMS, _CLAIM_COLUMNS))
    lines = _frame(read_output(files["claim_lines"], CLAIM_LINES, _LINE_COLUMNS))
    _check_sums(folder, claims, lines)
    problems = read_output(files["problems"], PROBLEMS, [column.name for column in PROBLEMS])
    return BatchFolder(
        claims,
        lines,
        problems,
        count_held(files["held_visits"], lines_set_aside(problems)),
        files["problems"].name,
        files["held_visits"].name,
        read_record(folder) or {},
    )


def read_claims(folder: Path) -> pd.DataFrame:
    """Read the claims of a batch alone.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes.
    """
    path = output_files(folder)["claims"]
    return _frame(read_output(path, CLAIMS, _CLAIM_COLUMNS))


def _frame(table: pa.Table) -> pd.DataFrame:
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
    numbers = [int(month) for month in frame["service_month"].cat.categories]
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
                again=AGAIN,
            )
        )


def read_held(folder: Path) -> Held:
    """Read what of a batch is held.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes.
    """
    files = output_files(folder)
    problems = read_output(files["problems"], PROBLEMS, ("severity", "held_line", "rule"))
    return count_held(files["held_visits"], lines_set_aside(problems))


def lines_set_aside(problems: pa.Table) -> Ints:
    """Return the lines of held_visits that hold no claim: warnings alone set them aside."""
    warned = compute.and_(
        compute.equal(problems["severity"], "warning"),
        compute.is_in(problems["rule"].cast(pa.string()), pa.array(sorted(_SETS_ASIDE))),
    )
    lines = problems.filter(warned)["held_line"].drop_null()
    return np.unique(lines.to_numpy().astype(np.int64))


def count_held(path: Path, aside: Ints) -> Held:
    """Count the rows of held_visits and their claims.

    The rows are those of the user's own file, so the engine's reader takes them.

    Parameters
    ----------
    path : Path
    aside : ndarray of int64
        Lines that are not counted, sorted.

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
                again=AGAIN,
            )
        )
    calendars = Calendars()
    numbers = {"provider_no": TextIds(), "insurer_no": TextIds()}
    months = TextIds()
    decoders = {column.name: Decoder(PARSERS[column.kind]) for column in wanted}
    forms: list[Form] = ["unread"] * len(source.headings)
    for column in wanted:
        forms[places[column.name]] = "texts" if column is INSURED_NO else "distinct"
    of_block = sorted(places.values())
    rows = alone = 0
    claims: list[Ints] = []
    for block in source.blocks(forms):
        values: dict[str, Ints] = {}
        for name, at in places.items():
            cells = block.columns[of_block.index(at)]
            if isinstance(cells, Numbers):
                raise TypeError(f"{name} is read as texts")
            values[name] = _cell_values(cells, name, decoders[name], numbers, months)
        counts = ~np.isin(block.lines, aside)
        readable = np.logical_and.reduce([counts, *(column >= 0 for column in values.values())])
        malformed = sum(line not in aside for line, _ in block.malformed)
        rows += int(np.count_nonzero(counts)) + malformed
        alone += malformed + int(np.count_nonzero(counts & ~readable))
        provider, insurer, insured, month = (values[column.name][readable] for column in wanted)
        pair = calendars.pair_ids(provider, insurer, month)
        claims.append(calendars.claims.ids(pair, insured))
    visits = np.bincount(np.concatenate([np.zeros(0, np.int64), *claims]), minlength=len(calendars))
    pair, insured = calendars.claim_parts()
    provider, insurer, month = calendars.pair_parts(pair)
    by_claim = pd.DataFrame(
        {
            "service_month": _taken(months, month),
            "provider_no": _taken(numbers["provider_no"], provider),
            "insurer_no": _taken(numbers["insurer_no"], insurer),
            "insured_no": _texts(unpack_insured(insured).to_pylist()),
            "visits": visits,
        }
    )
    return Held(rows, len(calendars), alone, by_claim)


def _taken(ids: TextIds, at: Ints) -> pd.Series[str]:
    texts = ids.texts
    return _texts([texts[one] for one in at.tolist()])


def _texts(values: list[str]) -> pd.Series[str]:
    """Make a column that is one of texts where it has no row, too."""
    return pd.Series(values, dtype="str")


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

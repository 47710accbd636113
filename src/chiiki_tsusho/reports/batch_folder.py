"""The files of a batch's folder, read back for its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_texts
from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.columns import (
    CLAIMS,
    INSURED_NO,
    INSURER_NO,
    PROBLEMS,
    PROVIDER_NO,
    VISITS,
)
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Ints, chained, distinct_numbers
from chiiki_tsusho.problem_texts import Rule
from chiiki_tsusho.reading.blocks import Form, Numbered, Numbers, Texts
from chiiki_tsusho.reading.cell_texts import folded
from chiiki_tsusho.reading.cells import PARSERS, Decoder
from chiiki_tsusho.reading.dense_ids import TextIds
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.reading.insured_numbers import pack_insured, unpack_insured
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.number_table import (
    NumberTable,
    Words,
    objects,
    of_nullable,
    texts_of,
)
from chiiki_tsusho.writing.result_checks import AGAIN, check_claims
from chiiki_tsusho.writing.run_record import read_record
from chiiki_tsusho.writing.saved_results import (
    Results,
    claims_and_lines_in,
    output_files,
    read_output,
)

# The columns of visits that say which claim a row is of.
_OF_CLAIM = (
    PROVIDER_NO,
    INSURER_NO,
    INSURED_NO,
    next(column for column in VISITS if column.name == "service_date"),
)
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


@record
class Held:
    """What is in held_visits.

    Parameters
    ----------
    rows : int
    claims : int
        Claims whose rows are there.
    alone : int
        Rows of which it cannot be read whose or of which month they are.
    by_claim : NumberTable
        One row per claim: the four that identify it as texts, and ``visits``, its rows.
    """

    rows: int
    claims: int
    alone: int
    by_claim: NumberTable = field(compare=False, repr=False)


@record
class BatchFolder:
    """A batch as its folder has it.

    Parameters
    ----------
    claims, lines : NumberTable
        Columns of the contract; ``service_month`` is a number and stands for no text. What may be
        blank is 0 there; ``unknown_yen`` is 1 where a claim has no yen.
    problems : pyarrow.Table
    held : Held
    problems_file, held_file : str
        What the two are called.
    record : dict
        What run.json says of the run; empty where there is none.
    """

    claims: NumberTable
    lines: NumberTable
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
    with Results.found(folder).one_run() as files:
        claims, lines = claims_and_lines_in(folder, files)
        problems = read_output(files["problems"], PROBLEMS, [column.name for column in PROBLEMS])
        return BatchFolder(
            _numbers(claims.select(_CLAIM_COLUMNS)),
            _numbers(lines.select(_LINE_COLUMNS)),
            problems,
            count_held(files["held_visits"], lines_set_aside(problems)),
            files["problems"].name,
            files["held_visits"].name,
            read_record(folder) or {},
        )


def read_claims(folder: Path) -> NumberTable:
    """Read the claims of a batch alone.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes.
    """
    path = output_files(folder)["claims"]
    claims = read_output(path, CLAIMS, [column.name for column in CLAIMS])
    check_claims(claims, path)
    return _numbers(claims.select(_CLAIM_COLUMNS))


def _numbers(table: pa.Table) -> NumberTable:
    """Turn a table into numbers; a blank text stands for itself, a blank number is 0."""
    columns: dict[str, Ints] = {}
    words: dict[str, Words] = {}
    for name in table.column_names:
        column = table[name]
        if not pa.types.is_dictionary(column.type):
            columns[name] = of_nullable(column, 0)
            continue
        columns[name], words[name] = texts_of(column)
    # A month is a number itself.
    months = [int(text or 0) for text in words.pop("service_month")]
    columns["service_month"] = np.array(months, dtype=np.int64)[columns["service_month"]]
    if "total_yen" in columns:
        columns["unknown_yen"] = of_nullable(table["total_yen"].is_null(), 0)
    return NumberTable(columns, words)


def read_held(folder: Path) -> Held:
    """Read what of a batch is held.

    Raises
    ------
    InputFileError
        A file is missing or is not what the ``claim`` command writes.
    """
    with Results.found(folder).one_run() as files:
        problems = read_output(files["problems"], PROBLEMS, ("severity", "held_line", "rule"))
        return count_held(files["held_visits"], lines_set_aside(problems))


def lines_set_aside(problems: pa.Table) -> Ints:
    """Return the lines of held_visits that hold no claim: warnings alone set them aside."""
    warned = compute.and_(
        compute.is_in(problems["severity"].cast(pa.string()), of_texts(["warning"])),
        compute.is_in(problems["rule"].cast(pa.string()), of_texts(sorted(_SETS_ASIDE))),
    )
    lines = problems.filter(warned)["held_line"].drop_null()
    return distinct_numbers(numbers_of(lines))


def _places_of_claims(headings: Sequence[str], path: Path) -> dict[str, int]:
    """Return in which column each part of the key of a claim stands."""
    places = {
        column.name: at
        for at, heading in enumerate(headings)
        for column in _OF_CLAIM
        if folded(heading) in (column.name, column.heading)
    }
    missing = [column.name for column in _OF_CLAIM if column.name not in places]
    if missing:
        raise InputFileError(
            Text(
                "{path}: heading {heading!r} is missing; {again}",
                path=path,
                heading=missing[0],
                again=AGAIN,
            )
        )
    return places


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
    places = _places_of_claims(source.headings, path)
    calendars = Calendars()
    numbers = {"provider_no": TextIds(), "insurer_no": TextIds()}
    months = TextIds()
    decoders = {column.name: Decoder(PARSERS[column.kind]) for column in _OF_CLAIM}
    forms: list[Form] = ["unread"] * len(source.headings)
    for column in _OF_CLAIM:
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
        malformed = int(np.count_nonzero(~np.isin(block.malformed.lines, aside)))
        rows += int(np.count_nonzero(counts)) + malformed
        alone += malformed + int(np.count_nonzero(counts & ~readable))
        provider, insurer, insured, month = (values[column.name][readable] for column in _OF_CLAIM)
        pair = calendars.pair_ids(provider, insurer, month)
        claims.append(calendars.claims.ids(pair, insured))
    visits = np.bincount(chained(claims), minlength=len(calendars))
    provider, insurer, insured, month = calendars.parts()
    persons = unpack_insured(insured).dictionary_encode()
    by_claim = NumberTable(
        {
            "service_month": month,
            "provider_no": provider,
            "insurer_no": insurer,
            "insured_no": of_nullable(persons.indices, UNKNOWN),
            "visits": visits,
        },
        {
            "service_month": objects(months.texts),
            "provider_no": objects(numbers["provider_no"].texts),
            "insurer_no": objects(numbers["insurer_no"].texts),
            "insured_no": objects(persons.dictionary.to_pylist()),
        },
    )
    return Held(rows, len(calendars), alone, by_claim)


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

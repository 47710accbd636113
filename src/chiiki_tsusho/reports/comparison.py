"""The same visits under two tables: what a revision, or a draft of one, comes to.

Every visit keeps its date, and every claim its month of service, its rows of providers and
recipients and what its headings mean; replaced is the law: all visits are priced as if the table,
the unit prices and the benefit limits of one month were in force, once for each side.

Only claims computed on both sides are compared; what a side holds is counted and listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.claims.claim_slices import ClaimSlice, Priced
from chiiki_tsusho.claims.results import Progress
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.claims.units import ClaimLines, Flags, Ints
from chiiki_tsusho.columns import COMPARED, COMPARISON, Column
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.prices_and_limits import UNKNOWN
from chiiki_tsusho.months import parse_month
from chiiki_tsusho.problems import FILE_ORDER
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.inputs import FileInput, Input, open_inputs, paths_of
from chiiki_tsusho.reading.threads import in_order
from chiiki_tsusho.writing.folders import refuse_overwriting, write_tables
from chiiki_tsusho.writing.result_tables import schema

Codes = CodeBook | CodeTable | str | Path | None
SIDES = ("a", "b")
# What a table says of a visit it has no code for, and of an addition it has no row for.
_WITHOUT_CODE = ("no_code", "outside_every_band")
_WITHOUT_ROW = "no_key"
_YEN = np.array([name.endswith("_yen") for name in COMPARED])


@dataclass(frozen=True)
class Comparison:
    """What the same visits come to under two tables, a and b; every difference is b less a.

    Parameters
    ----------
    month_a, month_b : str
        The months whose tables, unit prices and limits are compared, ``201703``.
    total : DataFrame, one row
        Claims and visits compared and left out, and the sums of the claims compared. Claims
        whose yen are not known on a side are in no sum of yen; it is blank where that leaves none.
    by_provider : DataFrame
        The same of each provider; ordered by its number.
    by_code : DataFrame
        Lines as claimed: each pair of codes that the same visits, or the same addition, have in
        the two tables; ordered by them. Its units add up to those of ``total``.
    without_code : DataFrame
        Every visit without a code in one of the tables, and every row with an addition that has
        no row there: side, month of the table, and the columns of ``problems``.
    missing_keys : DataFrame
        Those additions by key, and in how many rows of which file they are set.
    other_problems : DataFrame
        Whatever else holds a claim; ``side`` is ``both`` where it does so under either table.
    """

    month_a: str
    month_b: str
    total: pd.DataFrame
    by_provider: pd.DataFrame
    by_code: pd.DataFrame
    without_code: pd.DataFrame
    missing_keys: pd.DataFrame
    other_problems: pd.DataFrame

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by name, as they are written to files."""
        return {name: getattr(self, name) for name in COMPARISON}

    @property
    def complete(self) -> bool:
        """Whether every visit is in a claim compared."""
        return not int(self.total["visits_left_out"].iloc[0])


@dataclass(frozen=True, eq=False, repr=False)
class _AppliedTable(CodeTable):
    """The rows of one month applied to another, ``month``."""

    law: int

    @property
    def law_month(self) -> int:
        """The month whose law the rows are."""
        return self.law


class _LawOfMonth(CodeBook):
    """A book that answers every month with the table of one.

    Headings are understood as in any of ``books``, the first that knows a name deciding, so that
    both sides read the same out of the same file.
    """

    def __init__(self, book: CodeBook, month: int, books: tuple[CodeBook, ...]) -> None:
        self.law = book.table(month)
        super().__init__(book.rows)
        for other in reversed(books):
            self.known_minutes = self.known_minutes | other.known_minutes
            self.key_names = {**self.key_names, **other.key_names}
            self.largest_values = {
                key: max(self.largest_values.get(key, 1), other.largest_values.get(key, 1))
                for key in {**self.largest_values, **other.largest_values}
            }
        self._applied: dict[int, CodeTable] = {}

    def supports(self, month: int) -> bool:  # noqa: ARG002 (every month has the same table)
        """Say yes: the law of one month is applied to all."""
        return True

    def table(self, month: int) -> CodeTable:
        """Return the rows of the law as the table of a month."""
        if month not in self._applied:
            rows, law = self.law.rows, self.law.month
            self._applied[month] = _AppliedTable(month, rows, self.known_minutes, law)
        return self._applied[month]


class _NoSink:
    """Takes held rows and keeps nothing: they can be had from a plain computation."""

    def formed(self, priced: Priced) -> None:
        """Make nothing: no claim is written."""

    def claims(self, formed: None) -> None:
        """Take nothing: no claim is written."""

    def held(self, rows: Any) -> None:
        """Pass held rows over."""


@dataclass
class _Tally:
    """Sums over claims compared.

    ``providers`` has for each number claims, visits and claims without yen, then the amounts of
    ``COMPARED`` under a and under b; ``codes`` for each pair of codes counts and units under a
    and b.
    """

    providers: dict[str, Ints] = field(default_factory=dict)
    codes: dict[tuple[str, str], Ints] = field(default_factory=dict)

    def add(self, other: _Tally) -> None:
        """Add the sums of other claims."""
        _add_up(self.providers, other.providers)
        _add_up(self.codes, other.codes)


def _add_up(sums: dict[Any, Ints], more: Mapping[Any, Ints]) -> None:
    for name, amounts in more.items():
        sums[name] = sums[name] + amounts if name in sums else amounts


def _tally(pair: tuple[ClaimSlice, ClaimSlice]) -> _Tally:
    """Price the same claims under both tables and add up those that neither holds."""
    a, b = pair[0].price(), pair[1].price()
    tally = _Tally()
    if a is None or b is None:
        return tally
    compared = a.written & b.written
    if compared.any():
        tally.providers = _provider_sums(a, b, compared)
        tally.codes = {**_base_sums(a, b, compared), **_key_sums(a, b, compared)}
    return tally


def _provider_sums(a: Priced, b: Priced, compared: Flags) -> dict[str, Ints]:
    amounts = np.stack(
        [getattr(side.settlement, name)[compared] for side in (a, b) for name in COMPARED],
        axis=1,
    )
    unknown = (amounts == UNKNOWN)[:, np.tile(_YEN, 2)].any(axis=1)
    amounts[np.ix_(unknown, np.tile(_YEN, 2))] = 0
    claims = np.ones(len(amounts), dtype=np.int64)
    figures = np.column_stack((claims, a.visits[compared], unknown, amounts))
    encoded = a.names.provider_no.dictionary_encode()
    sums = np.zeros((len(encoded.dictionary), figures.shape[1]), dtype=np.int64)
    np.add.at(sums, encoded.indices.to_numpy()[compared], figures)
    return {
        number: of_one
        for number, of_one in zip(encoded.dictionary.to_pylist(), sums, strict=True)
        if of_one[0]
    }


def _base_sums(a: Priced, b: Priced, compared: Flags) -> dict[tuple[str, str], Ints]:
    """Add up base lines by the pair of codes that a visit has: the two sides' visits match."""
    tables = (a.month_visits.table, b.month_visits.table)
    chosen = compared[a.month_visits.claim]
    base = [side.month_visits.base[chosen] for side in (a, b)]
    pairs, counts = np.unique(base[0] * len(tables[1].rows) + base[1], return_counts=True)
    sums = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        at = divmod(pair, len(tables[1].rows))
        of_one = [int(table.row_units[row]) for table, row in zip(tables, at, strict=True)]
        codes = _codes(tables, at)
        # A line whose units come to 0 is not written, and not counted here.
        sums[codes] = np.array(
            [*(count if units else 0 for units in of_one), *(count * units for units in of_one)]
        )
    return sums


def _key_sums(a: Priced, b: Priced, compared: Flags) -> dict[tuple[str, str], Ints]:
    """Add up the lines of each addition and rate, under its code in either table."""
    tables = (a.month_visits.table, b.month_visits.table)
    sums = {}
    for key in dict.fromkeys(a.month_visits.keys + b.month_visits.keys):
        # A claim that has a key without a row in one of the tables is held there.
        if all(key in table.key_positions for table in tables):
            at = (tables[0].key_positions[key], tables[1].key_positions[key])
            of_sides = [
                _line_sums(side.lines, key, compared) if key in side.month_visits.keys else (0, 0)
                for side in (a, b)
            ]
            counts, units = zip(*of_sides, strict=True)
            sums[_codes(tables, at)] = np.array([*counts, *units], dtype=np.int64)
    return sums


def _line_sums(lines: ClaimLines, key: str, compared: Flags) -> tuple[int, int]:
    column = lines.column(key)
    units = lines.service_units[compared, column]
    return int(lines.counts[compared, column][units != 0].sum()), int(units.sum())


def _codes(tables: tuple[CodeTable, CodeTable], at: tuple[int, int]) -> tuple[str, str]:
    return tables[0].rows[at[0]].service_code, tables[1].rows[at[1]].service_code


def _compare(
    sources: tuple[Source, Source | None, Source | None],
    laws: tuple[_LawOfMonth, _LawOfMonth],
    language: Language,
    progress: Progress | None,
) -> Comparison:
    runs = [BatchRun(*sources, law, progress) for law in laws]
    pairs: Iterator[tuple[ClaimSlice, ClaimSlice]] = zip(
        runs[0].slices(), runs[1].slices(), strict=True
    )
    tally = _Tally()
    for of_some in in_order(pairs, _tally):
        tally.add(of_some)
    rows = [run.finish(_NoSink()).visits for run in runs]
    by_provider = _provider_records(tally, runs)
    missing_keys, uncoded = _missing(runs, laws)
    without_code, other_problems = _problems(runs, laws, language)
    return Comparison(
        str(laws[0].law.month),
        str(laws[1].law.month),
        total=_frame("total", _total(by_provider, rows[0], uncoded)),
        by_provider=_frame("by_provider", by_provider),
        by_code=_frame("by_code", _code_records(tally, laws)),
        without_code=without_code,
        missing_keys=missing_keys,
        other_problems=other_problems,
    )


def _provider_records(tally: _Tally, runs: list[BatchRun]) -> pd.DataFrame:
    """Put what was added up and what was left out of each provider side by side."""
    numbers, held_a = runs[0].claims_met()
    held_b = runs[1].claims_met()[1]
    met = pd.DataFrame(
        {
            "provider_no": numbers.to_pandas(),
            "claims_left_out": held_a | held_b,
            "claims_held_a": held_a,
            "claims_held_b": held_b,
        }
    )
    left_out = met.groupby("provider_no", sort=True).sum().astype("int64").reset_index()
    nothing = np.zeros(3 + 2 * len(COMPARED), dtype=np.int64)
    sums = [tally.providers.get(number, nothing) for number in left_out["provider_no"]]
    figures = np.array(sums, dtype=np.int64).reshape(len(sums), len(nothing))
    counts = pd.DataFrame(figures[:, :3], columns=["claims", "visits", "claims_without_yen"])
    return pd.concat([left_out, counts, _amounts(figures[:, 3:])], axis=1)


def _amounts(figures: Ints) -> pd.DataFrame:
    a, b = np.split(figures, 2, axis=1)
    return pd.DataFrame(
        {
            f"{name}_{side}": values[:, at]
            for at, name in enumerate(COMPARED)
            for side, values in (("a", a), ("b", b), ("difference", b - a))
        }
    )


def _total(by_provider: pd.DataFrame, rows: int, uncoded: list[int]) -> pd.DataFrame:
    total = by_provider.drop(columns="provider_no").sum().astype("int64").to_frame().T
    for side, count in zip(SIDES, uncoded, strict=True):
        total[f"visits_without_code_{side}"] = count
    return total.assign(visits_left_out=rows - total["visits"])


def _code_records(tally: _Tally, laws: tuple[_LawOfMonth, _LawOfMonth]) -> pd.DataFrame:
    names = [{row.service_code: row.name for row in law.law.rows} for law in laws]
    return pd.DataFrame(
        [
            (code_a, names[0][code_a], code_b, names[1][code_b], *sums, sums[3] - sums[2])
            for (code_a, code_b), sums in sorted(tally.codes.items())
            if sums.any()
        ],
        columns=[column.name for column in COMPARISON["by_code"]],
    )


def _missing(
    runs: list[BatchRun], laws: tuple[_LawOfMonth, _LawOfMonth]
) -> tuple[pd.DataFrame, list[int]]:
    """Count the rows with an addition that has no row in a table, and the visits without a code."""
    records: list[tuple[str, str, str, str, int]] = []
    uncoded = []
    for side, run, law in zip(SIDES, runs, laws, strict=True):
        rows: dict[tuple[str, int], int] = {}
        for file, message, lines in run.problems.said(_WITHOUT_ROW):
            place = (message.facts["key"], FILE_ORDER.index(file))
            rows[place] = rows.get(place, 0) + len(lines)
        records += [
            (side, str(law.law.month), key, FILE_ORDER[file], count)
            for (key, file), count in sorted(rows.items())
        ]
        uncoded.append(
            sum(len(lines) for text in _WITHOUT_CODE for _, _, lines in run.problems.said(text))
        )
    columns = [column.name for column in COMPARISON["missing_keys"]]
    return _frame("missing_keys", pd.DataFrame(records, columns=columns)), uncoded


def _problems(
    runs: list[BatchRun], laws: tuple[_LawOfMonth, _LawOfMonth], language: Language
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part what a table lacks from what else holds claims, the latter once for both sides."""
    frames = [run.problems.frame(language) for run in runs]
    lacking = [frame["rule"].isin(_WITHOUT_CODE) for frame in frames]
    without_code = pd.concat(
        [
            frame[lacks].assign(side=side, month=str(law.law.month))
            for side, law, frame, lacks in zip(SIDES, laws, frames, lacking, strict=True)
        ]
    )
    columns = list(frames[0].columns)
    others = [frame[~lacks].drop_duplicates() for frame, lacks in zip(frames, lacking, strict=True)]
    # A problem of a whole claim has no line; pandas takes two blanks for the same.
    merged = others[0].merge(others[1], on=columns, how="outer", indicator="side")
    sides = {"left_only": "a", "right_only": "b", "both": "both"}
    merged["side"] = merged["side"].astype("str").map(sides)
    merged["file_order"] = pd.Categorical(merged["file"], FILE_ORDER, ordered=True)
    order = ["file_order", *columns[1:], "side"]
    return (
        _frame("without_code", without_code),
        _frame("other_problems", merged.sort_values(order)),
    )


def _frame(name: str, records: pd.DataFrame) -> pd.DataFrame:
    """Give records the columns and types of a frame; sums of yen of no claim are blank."""
    types: dict[str, Any] = {"text": "str", "whole": "int64", "whole_or_blank": "Int64"}
    columns = COMPARISON[name]
    frame = pd.DataFrame(
        {column.name: records[column.name].astype(types[column.kind]) for column in columns}
    ).reset_index(drop=True)
    if "claims_without_yen" in frame:
        no_yen = frame["claims"] == frame["claims_without_yen"]
        yen = [column.name for column in columns if column.kind == "whole_or_blank"]
        frame.loc[no_yen, yen] = pd.NA
    return frame


def _laws(
    month_a: str, month_b: str, codes: Codes, codes_b: Codes
) -> tuple[_LawOfMonth, _LawOfMonth]:
    first, second = parse_month(month_a), parse_month(month_b)
    book_a = code_book(codes)
    book_b = book_a if codes_b is None else code_book(codes_b)
    books = (book_a,) if book_b is book_a else (book_a, book_b)
    return _LawOfMonth(book_a, first, books), _LawOfMonth(book_b, second, books)


def compare_months(
    visits: Input,
    month_a: str,
    month_b: str,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: Codes = None,
    codes_b: Codes = None,
    language: Language = "en",
) -> Comparison:
    """Price the same visits under two tables and say what differs.

    All visits, whatever their dates, are priced as if the table, the unit prices and the benefit
    limits of ``month_a`` were in force, and again with those of ``month_b``. Each month of
    service stays a claim of its own, with the rows of providers and recipients of that month. An
    addition keeps its key: where the two tables call it by different keys, or a visit has no
    code in one of them, its claim is held on that side.

    Only claims computed on both sides are compared; the others are counted, and why they are
    held is listed.

    Parameters
    ----------
    visits : DataFrame
        As for ``compute_claims``; of any months, also those without a table.
    month_a, month_b : str
        ``"2016-04"`` or ``"201604"``; the same month twice compares two tables of it.
    providers, recipients : DataFrame, optional
        One row per provider or person, and month if they say so.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    codes_b : CodeBook, CodeTable or path, optional
        That of ``month_b``, such as a draft; without it, ``codes``.
    language : {"en", "ja"}
        Of the messages.

    Returns
    -------
    Comparison
        The frames given are not changed.

    Raises
    ------
    UnsupportedMonthError
        Not a month, or one its table does not have.
    InputFileError
        A column is unknown, doubled or missing.
    TableError
        A table given fails a check.

    Examples
    --------
    >>> visit = {
    ...     "provider_no": "1370000001",
    ...     "insurer_no": "131000",
    ...     "insured_no": "0000000001",
    ...     "service_date": "2016-04-01",
    ...     "care_level": "1",
    ...     "minutes": "240",
    ... }
    >>> comparison = compare_months(pd.DataFrame([visit]), "2016-04", "2026-06")
    >>> comparison.total["total_units_difference"].tolist()
    [10]
    """
    laws = _laws(month_a, month_b, codes, codes_b)
    return _compare(open_inputs(visits, providers, recipients), laws, language, None)


def compare_files(
    visits: FileInput,
    month_a: str,
    month_b: str,
    providers: FileInput | None = None,
    recipients: FileInput | None = None,
    codes: Codes = None,
    codes_b: Codes = None,
    folder: str | Path | None = None,
    encoding: str | None = None,
    language: Language = "en",
    progress: Progress | None = None,
) -> Comparison:
    """Compare as ``compare_months`` does, from files and if wanted into a folder.

    Memory grows with claims, not with visits.

    Parameters
    ----------
    visits, providers, recipients : path-like or sequence of path-like
        As for ``claim_files``.
    folder : path-like, optional
        Receives each frame as a CSV of its name, all or none.
    encoding : str, optional
        Of CSV inputs, ``utf-8`` or ``cp932``; without it both are tried.
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.

    Raises
    ------
    InputFileError
        An input cannot be read at all.
    OutputError
        The folder cannot be written; nothing is left there.
    """
    laws = _laws(month_a, month_b, codes, codes_b)
    sources = open_inputs(visits, providers, recipients, encoding)
    if folder is not None:
        inputs = [*paths_of(sources, codes), *paths_of((), codes_b)]
        refuse_overwriting(Path(folder), inputs, tuple(COMPARISON))
    comparison = _compare(sources, laws, language, progress)
    if folder is not None:
        tables = {
            name: _arrow(frame, COMPARISON[name]) for name, frame in comparison.frames.items()
        }
        write_tables(Path(folder), tables)
    return comparison


def _arrow(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=schema(columns), preserve_index=False)

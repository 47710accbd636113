"""The same visits under two tables: what a revision, or a draft of one, comes to.

Every visit keeps its date, and every claim its month of service, its rows of providers and
recipients and what its headings mean; replaced is the law: all visits are priced as if the table,
the unit prices and the benefit limits of one month were in force, once for each side.

Only claims computed on both sides are compared; what a side holds is counted and listed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.claims.results import Progress
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import COMPARISON, Column
from chiiki_tsusho.language import Language
from chiiki_tsusho.months import MonthLike
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.inputs import FileInput, Input, open_inputs, paths_of
from chiiki_tsusho.records import ByContent
from chiiki_tsusho.reports.comparison_laws import Codes, LawOfMonth, laws_of
from chiiki_tsusho.reports.comparison_reasons import reasons
from chiiki_tsusho.reports.comparison_tables import (
    SUMMED_BY,
    Side,
    by_claim,
    by_code,
    claims_left_out,
    compared_claims,
    held_by,
    missing_keys,
    summed,
    total,
)
from chiiki_tsusho.writing.folders import refuse_overwriting, write_tables


@checked_call
@dataclass(frozen=True, eq=False)
class Comparison(ByContent):
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
    by_insurer, by_care_level : DataFrame
        The same of each insurer, and of the claims with that highest care level.
    by_code : DataFrame
        Lines as claimed, by code; an addition is one row under its code in either table. Its
        units add up to those of ``total``.
    by_claim : DataFrame
        Each claim compared with its amounts, in the order of the claims.
    without_code : DataFrame
        Every visit without a code in one of the tables, and every row with an addition that has
        no row there: side, month of the table, and the columns of ``problems``.
    missing_keys : DataFrame
        Those additions by key, and in how many rows of which file they are set.
    other_problems : DataFrame
        Every other error and warning; ``side`` is ``both`` where it stands under either table.
    reasons : DataFrame
        What ``without_code`` comes to: side, month, file, rows, and a message for all visits of
        the same hour and kind, which says what cures it.
    """

    month_a: str
    month_b: str
    total: pd.DataFrame
    by_provider: pd.DataFrame
    by_insurer: pd.DataFrame
    by_care_level: pd.DataFrame
    by_code: pd.DataFrame
    by_claim: pd.DataFrame
    without_code: pd.DataFrame
    missing_keys: pd.DataFrame
    other_problems: pd.DataFrame
    reasons: pd.DataFrame

    def __repr__(self) -> str:
        """Name the months and count the claims compared."""
        return f"Comparison({self.month_a}, {self.month_b}, {len(self.by_claim)} claims)"

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by name, as they are written to files."""
        return {name: getattr(self, name) for name in COMPARISON}

    @property
    def complete(self) -> bool:
        """Whether every visit is in a claim compared."""
        return not int(self.total["visits_left_out"].iloc[0])


def _compare(
    sources: tuple[Source, Source | None, Source | None],
    laws: tuple[LawOfMonth, LawOfMonth],
    language: Language,
    progress: Progress | None,
) -> Comparison:
    a, b = (Side.computed(BatchRun(*sources, law, progress), law) for law in laws)
    claims, left_out = compared_claims(a, b), claims_left_out(a, b)
    without_code, other_problems = held_by(a, b, language)
    by_provider, by_insurer, by_care_level = (summed(claims, left_out, by) for by in SUMMED_BY)
    return Comparison(
        a.month,
        b.month,
        total=total(claims, left_out, a, b),
        by_provider=by_provider,
        by_insurer=by_insurer,
        by_care_level=by_care_level,
        by_code=by_code(claims, a, b),
        by_claim=by_claim(claims),
        without_code=without_code,
        missing_keys=missing_keys(a, b),
        other_problems=other_problems,
        reasons=reasons(a, b, language),
    )


@checked_call
def compare_months(
    visits: Input,
    month_a: MonthLike,
    month_b: MonthLike,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: Codes = None,
    codes_b: Codes = None,
    language: Language = "en",
    ignore_columns: Collection[str] = (),
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
    visits : table, mapping or path-like
        As for ``compute_claims``; of any months, also those without a table.
    month_a, month_b : str, int, date or Period
        ``"2016-04"``, ``"201604"`` or ``201604``; the same month twice compares two tables of it.
    providers, recipients : table, mapping or path-like, optional
        One row per provider or person, and month if they say so.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    codes_b : CodeBook, CodeTable or path, optional
        That of ``month_b``, such as a draft; without it, ``codes``.
    language : {"en", "ja"}
        The language of the messages.
    ignore_columns : collection of str
        Headings of columns to be left unread.

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
    laws = laws_of(month_a, month_b, codes, codes_b)
    sources = open_inputs(visits, providers, recipients, ignore_columns=ignore_columns)
    return _compare(sources, laws, language, None)


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
    ignore_columns: Collection[str] = (),
    pages: Mapping[str, Callable[[Comparison], str]] | None = None,
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
        The encoding of CSV inputs, ``utf-8`` or ``cp932``; without it both are tried.
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.
    ignore_columns : collection of str
        Headings of columns to be left unread.
    pages : mapping of str to callable, optional
        What makes the pages that go into the folder with the CSVs, by their names.

    Raises
    ------
    InputFileError
        An input cannot be read at all.
    OutputError
        The folder cannot be written; nothing is left there.
    """
    laws = laws_of(month_a, month_b, codes, codes_b)
    sources = open_inputs(visits, providers, recipients, encoding, ignore_columns)
    if folder is not None:
        inputs = [*paths_of(sources, codes), *paths_of((), codes_b)]
        refuse_overwriting(Path(folder), inputs, tuple(COMPARISON))
    comparison = _compare(sources, laws, language, progress)
    if folder is not None:
        tables = {
            name: _arrow(frame, COMPARISON[name]) for name, frame in comparison.frames.items()
        }
        made = {name: page(comparison) for name, page in (pages or {}).items()}
        write_tables(Path(folder), tables, made)
    return comparison


def _arrow(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=schema(columns), preserve_index=False)

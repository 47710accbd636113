"""The figures of a report: sums, the largest of each kind, counts; a page's worth however large."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.prices_and_limits import benefit_limit_rows, unit_price_rows
from chiiki_tsusho.months import joined
from chiiki_tsusho.problem_texts import RULES
from chiiki_tsusho.reports.batch_folder import BatchFolder, Held
from chiiki_tsusho.reports.held_claims import HeldClaims, held_claims
from chiiki_tsusho.reports.month_before import Before, compare
from chiiki_tsusho.reports.page_groups import (
    Distribution,
    additions,
    by_grade,
    by_level,
    distribution,
    grouped,
    median_halves,
    outliers,
    people,
)
from chiiki_tsusho.reports.ranking import Ranked, Record, largest_rows, records, sums

PROVIDERS_SHOWN = 15
MONTHS_SHOWN = 24
CODES_SHOWN = 30
BARS_SHOWN = 12
CLAIMS_OVER_SHOWN = 20
RULES_SHOWN = 20
EXAMPLES_SHOWN = 5
COLUMNS_SHOWN = 4
SOURCES_SHOWN = 20
OTHER_CODES_SHOWN = 10
# More visits in a month than days stand together in the last column.
MOST_COUNTED = 32
_FEWEST_COUNTED = 10
YEN = ("total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen")
MEASURES = (
    "claims", "visits", "days", "total_units", "benefit_units", "self_paid_units", *YEN,
    "unknown_yen", "over",
)  # fmt: skip
Span = tuple[int, int]
_ROW_OF_FILE = re.compile(r" (?:row|line) \d+$")


@dataclass(frozen=True)
class Counted:
    """How many claims have each number of days and of visits, from 1 on.

    Parameters
    ----------
    days, visits : list of int
        The last entry, where ``open_ended``, is of that number or more.
    statistics : dict of str to Record
        ``mean`` as a sum and a number, ``median`` in halves, ``largest``.
    at_several : int
        Persons with claims of several providers in one month.
    """

    days: list[int]
    visits: list[int]
    open_ended: bool
    statistics: dict[str, Record]
    at_several: int


@dataclass(frozen=True)
class RuleProblems:
    """The problems of one rule; ``errors`` of them hold claims, the others are warnings."""

    rule: str
    problems: int
    lines: int
    places: list[tuple[str, str, int]]
    examples: list[Record]
    errors: int


@dataclass(frozen=True)
class Document:
    """Where figures of the claims come from, and the months for which they hold."""

    source: str
    codes: int
    prices: bool
    limits: bool
    months: list[Span]


@dataclass(frozen=True)
class ReportFigures:
    """Everything a report shows."""

    months: list[int]
    whole: Record
    by_month: Ranked
    providers: Ranked
    codes: Ranked
    bars: list[Record]
    counted: Counted
    over: Ranked
    held: Held
    held_claims: HeldClaims
    people: Ranked
    levels: Ranked
    insurers: Ranked
    grades: Ranked
    additions: Ranked
    units: Distribution
    outliers: Ranked
    before: Before | None
    rules: list[RuleProblems]
    more_rules: int
    problems: int
    sources: list[Document]
    more_sources: int
    table_months: list[Span]
    other_codes: list[str]
    errors: int
    record: Record
    problems_file: str
    held_file: str


def report_figures(
    batch: BatchFolder, book: CodeBook, before: pd.DataFrame | None = None
) -> ReportFigures:
    """Add up a batch.

    Parameters
    ----------
    batch : BatchFolder
    book : CodeBook
        Gives the names of the codes and their sources.
    before : DataFrame, optional
        The claims of the batch that this one is compared with.
    """
    claims = _measured(batch.claims)
    lines, used = _named(batch.lines, book)
    by_code = _by_code(lines, used)
    months = np.unique(claims["service_month"]).tolist()
    sources = _sources(used, months)
    rules = _rules(batch.problems)
    order = by_code["service_units"].abs().sort_values(ascending=False, kind="stable").index
    whole = sums(claims, MEASURES) | _heads(claims)
    compared = None if before is None else compare(claims, _measured(before), batch.held.by_claim)
    return ReportFigures(
        months=months,
        whole=whole,
        by_month=_by_month(claims),
        providers=grouped(claims, "provider_no", MEASURES, PROVIDERS_SHOWN),
        codes=largest_rows(by_code, ("service_units", "service_code"), CODES_SHOWN),
        bars=records(by_code.loc[order[:BARS_SHOWN]]),
        counted=_counted(claims),
        over=_over(claims),
        held=batch.held,
        held_claims=held_claims(batch.held, claims, batch.problems),
        people=people(claims, None if compared is None else compared.by_person),
        levels=by_level(claims, MEASURES),
        insurers=grouped(claims, "insurer_no", MEASURES, PROVIDERS_SHOWN),
        grades=by_grade(claims, MEASURES),
        additions=additions(by_code, whole),
        units=distribution(claims["total_units"].to_numpy(np.int64)),
        outliers=outliers(claims),
        before=compared,
        rules=rules[:RULES_SHOWN],
        more_rules=max(0, len(rules) - RULES_SHOWN),
        problems=len(batch.problems),
        sources=sources[:SOURCES_SHOWN],
        more_sources=max(0, len(sources) - SOURCES_SHOWN),
        table_months=book.months,
        other_codes=used.loc[used["other"], "service_code"].drop_duplicates().tolist(),
        errors=sum(one.errors for one in rules),
        record=batch.record,
        problems_file=batch.problems_file,
        held_file=batch.held_file,
    )


def _measured(claims: pd.DataFrame) -> pd.DataFrame:
    """Give every claim what is added up of it; unknown yen count as claims, not as 0 yen."""
    unknown = claims["total_yen"].isna()
    excess = claims["managed_units"] - claims["planned_units"]
    yen = {name: claims[name].fillna(0).astype("int64") for name in YEN}
    insurer, insured = (claims[name].cat.codes for name in ("insurer_no", "insured_no"))
    people = insurer.astype("int64") * len(claims["insured_no"].cat.categories) + insured
    return claims.assign(
        **yen,
        claims=1,
        unknown_yen=unknown.astype("int64"),
        excess=excess,
        over=(excess > 0).astype("int64"),
        care_level=claims["care_level"].fillna(0).astype("int64"),
        person=pd.factorize(people)[0],
    )


def _heads(claims: pd.DataFrame) -> Record:
    return {
        "persons": int(claims["person"].nunique()),
        "providers": int(claims["provider_no"].nunique()),
    }


def _by_month(claims: pd.DataFrame) -> Ranked:
    """Add up each month, the last ones where there are too many."""
    early = claims["service_month"].drop_duplicates().sort_values().iloc[:-MONTHS_SHOWN]
    is_early = claims["service_month"].isin(early)
    grouped = claims[~is_early].groupby("service_month")
    frame = grouped[list(MEASURES)].sum()
    frame["persons"] = grouped["person"].nunique()
    frame["providers"] = grouped["provider_no"].nunique()
    rest = claims[is_early]
    frame = frame.reset_index()
    return Ranked(
        records(frame),
        len(early),
        sums(rest, MEASURES) | _heads(rest),
        sums(claims, MEASURES) | _heads(claims),
        frame,
    )


def _named(lines: pd.DataFrame, book: CodeBook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give each line its use: the number of its (month, code), and what the table says of these.

    Returns
    -------
    lines : DataFrame
        With ``use``, the row of the second.
    used : DataFrame
        One row per (month, code): name, kind, per, source; ``other`` where the table lacks the
        code or has other units.
    """
    codes = lines["service_code"].cat
    key = lines["service_month"].to_numpy() * (len(codes.categories) + 1) + codes.codes.to_numpy()
    use, first = np.unique(key, return_index=True)
    lines = lines.assign(use=np.searchsorted(use, key))
    used = lines.iloc[first][["service_month", "service_code"]].reset_index(drop=True)
    used["service_code"] = used["service_code"].astype("str")
    units = lines.groupby("use")["units"].agg(["min", "max"])
    rows = [
        _table_row(book, month, code)
        for month, code in zip(used["service_month"], used["service_code"], strict=True)
    ]
    # A ratio has no units of its own.
    fixed = np.array([row is not None and row.kind != "rate" for row in rows], dtype=bool)
    of_table = np.array([0 if row is None else row.units or 0 for row in rows], dtype=np.int64)
    same = (units["min"].to_numpy() == of_table) & (units["max"].to_numpy() == of_table)
    unknown = np.array([row is None for row in rows], dtype=bool)
    return lines, used.assign(
        row=pd.Series(rows, dtype=object, index=used.index),
        name=[row.name if row else "" for row in rows],
        kind=[row.kind if row else "" for row in rows],
        per=[row.per if row else "" for row in rows],
        other=unknown | (fixed & ~same),
    )


def _table_row(book: CodeBook, month: int, code: str) -> CodeRow | None:
    if not book.supports(month):
        return None
    table = book.table(month)
    at = int(np.searchsorted(table.service_codes, code))
    row = table.rows[at] if at < len(table) else None
    return row if row is not None and row.service_code == code else None


def _by_code(lines: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """Add up each code. One that changed its name between months stands once for each name."""
    sums = lines.groupby("use")[["count", "service_units"]].sum()
    sums["lines"] = lines.groupby("use").size().astype("int64")
    sums["managed"] = lines.groupby("use")["limit_managed"].max()
    named = used.join(sums)
    keys = ["service_code", "name", "kind", "per", "managed"]
    groups = named.groupby(keys)
    by_code = groups[["lines", "count", "service_units"]].sum()
    # Of several periods the last says what the code is for.
    return by_code.assign(row=groups["row"].last()).reset_index()


def _counted(claims: pd.DataFrame) -> Counted:
    largest = int(max(claims["days"].max(), claims["visits"].max())) if len(claims) else 0
    last = min(MOST_COUNTED, max(_FEWEST_COUNTED, largest))
    counts = {}
    statistics = {}
    for name in ("days", "visits"):
        numbers = claims[name].to_numpy()
        found = np.bincount(np.clip(numbers, 1, last), minlength=last + 1)
        counts[name] = found[1:].tolist()
        if len(numbers):
            statistics[name] = {
                "sum": int(numbers.sum()),
                "of": len(numbers),
                "median_halves": median_halves(numbers),
                "largest": int(numbers.max()),
            }
    months = claims.groupby(["person", "service_month"])["provider_no"].nunique()
    several = months[months > 1].index.get_level_values("person").nunique()
    return Counted(counts["days"], counts["visits"], largest > last, statistics, int(several))


def _over(claims: pd.DataFrame) -> Ranked:
    """Rank the claims whose managed units are more than their plan or limit."""
    columns = [
        "service_month", "provider_no", "insurer_no", "insured_no", "managed_units",
        "planned_units", "excess", "self_paid_units", "self_paid_yen", "unknown_yen", "claims",
    ]  # fmt: skip
    over = claims.loc[claims["over"] == 1, columns]
    summed = columns[columns.index("managed_units") :]
    return largest_rows(over, ("excess", "insured_no"), CLAIMS_OVER_SHOWN, summed)


def _rules(problems: pa.Table) -> list[RuleProblems]:
    """Group the problems by rule, the commonest first; equal ones in the order of the rules."""
    frame = pd.DataFrame(
        {
            name: problems[name].unify_dictionaries().to_pandas()
            for name in ("file", "column", "rule", "severity")
        }
    )
    frame["line"] = problems["line"].fill_null(0).to_numpy()
    groups = []
    for rule, of_rule in frame.groupby("rule", observed=True, sort=False):
        places = of_rule.groupby(["file", "column"], observed=True).size().rename("problems")
        places = places.sort_values(ascending=False, kind="stable").head(COLUMNS_SHOWN)
        named = places.reset_index()
        first = problems.take(pa.array(of_rule.index[:EXAMPLES_SHOWN].to_numpy()))
        with_line = of_rule.loc[of_rule["line"] > 0, ["file", "line"]]
        groups.append(
            RuleProblems(
                str(rule),
                len(of_rule),
                len(with_line.drop_duplicates()),
                list(zip(named["file"], named["column"], named["problems"], strict=True)),
                first.to_pylist(),
                int((of_rule["severity"] == "error").sum()),
            )
        )
    known: dict[str, int] = {rule: at for at, rule in enumerate(RULES)}
    groups.sort(
        key=lambda one: (not one.errors, -one.problems, known.get(one.rule, len(known)), one.rule)
    )
    return groups


def _sources(used: pd.DataFrame, months: Sequence[int]) -> list[Document]:
    """Say from where the codes used, the prices of a unit and the limits of these months are."""
    codes: dict[str, set[str]] = {}
    spans: dict[str, set[Span]] = {}
    for row in used.loc[~used["other"], "row"]:
        # A table made from a workbook names the row in it.
        source = _ROW_OF_FILE.sub("", row.source)
        codes.setdefault(source, set()).add(row.service_code)
        spans.setdefault(source, set()).add((row.valid_from, row.valid_to))
    of_kind: dict[str, set[str]] = {}
    for kind, rows in (("prices", unit_price_rows()), ("limits", benefit_limit_rows())):
        for one in rows:
            span = (one.row.valid_from, one.row.valid_to)
            if any(span[0] <= month <= span[1] for month in months):
                of_kind.setdefault(kind, set()).add(one.row.source)
                spans.setdefault(one.row.source, set()).add(span)
    order = sorted(spans, key=lambda source: (-len(codes.get(source, ())), source))
    return [
        Document(
            source,
            len(codes.get(source, ())),
            source in of_kind.get("prices", ()),
            source in of_kind.get("limits", ()),
            joined(list(spans[source])),
        )
        for source in order
    ]

"""The figures of a report: sums, the largest of each kind, counts; a page's worth however large."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers
from chiiki_tsusho.law.code_book import CodeBook, code_row
from chiiki_tsusho.law.prices_and_limits import benefit_limit_rows, unit_price_rows
from chiiki_tsusho.months import joined
from chiiki_tsusho.number_arrays import distinct_numbers, placed, summed
from chiiki_tsusho.problem_texts import RULES
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.batch_folder import BatchFolder, Held
from chiiki_tsusho.reports.held_claims import HeldClaims, held_claims
from chiiki_tsusho.reports.month_before import Before, compare
from chiiki_tsusho.reports.number_table import (
    NumberTable,
    coded,
    groups,
    objects,
    of_nullable,
    of_words,
)
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
from chiiki_tsusho.reports.ranking import Ranked, Record, largest_rows, sums

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
_SUMMED_OF_CODES = ("lines", "count", "service_units")
Span = tuple[int, int]
_ROW_OF_FILE = re.compile(r" (?:row|line) \d+$")


@record
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


@record
class RuleProblems:
    """The problems of one rule; ``errors`` of them hold claims, the others are warnings."""

    rule: str
    problems: int
    lines: int
    places: list[tuple[str, str, int]]
    examples: list[Record]
    errors: int


@record
class Document:
    """Where figures of the claims come from, and the months for which they hold."""

    source: str
    codes: int
    prices: bool
    limits: bool
    months: list[Span]


@record
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
    batch: BatchFolder, book: CodeBook, before: NumberTable | None = None
) -> ReportFigures:
    """Add up a batch.

    Parameters
    ----------
    batch : BatchFolder
    book : CodeBook
        Gives the names of the codes and their sources.
    before : NumberTable, optional
        The claims of the batch that this one is compared with.
    """
    claims = _measured(batch.claims)
    lines, used = _named(batch.lines, book)
    by_code = _by_code(lines, used)
    months = distinct_numbers(claims["service_month"]).tolist()
    sources = _sources(used, months)
    rules = _rules(batch.problems)
    largest = np.argsort(-np.abs(by_code["service_units"]), kind="stable")
    whole = sums(claims, MEASURES) | _heads(claims)
    compared = None if before is None else compare(claims, _measured(before), batch.held.by_claim)
    return ReportFigures(
        months=months,
        whole=whole,
        by_month=_by_month(claims),
        providers=grouped(claims, "provider_no", MEASURES, PROVIDERS_SHOWN),
        codes=largest_rows(
            by_code, ("service_units", "service_code"), CODES_SHOWN, _SUMMED_OF_CODES
        ),
        bars=by_code.take(largest[:BARS_SHOWN]).records(),
        counted=_counted(claims),
        over=_over(claims),
        held=batch.held,
        held_claims=held_claims(batch.held, claims, batch.problems),
        people=people(claims, None if compared is None else compared.by_person),
        levels=by_level(claims, MEASURES),
        insurers=grouped(claims, "insurer_no", MEASURES, PROVIDERS_SHOWN),
        grades=by_grade(claims, MEASURES),
        additions=additions(by_code, whole),
        units=distribution(claims["total_units"]),
        outliers=outliers(claims),
        before=compared,
        rules=rules[:RULES_SHOWN],
        more_rules=max(0, len(rules) - RULES_SHOWN),
        problems=len(batch.problems),
        sources=sources[:SOURCES_SHOWN],
        more_sources=max(0, len(sources) - SOURCES_SHOWN),
        table_months=book.months,
        other_codes=list(dict.fromkeys(used.take(used["other"] == 1).cells("service_code"))),
        errors=sum(one.errors for one in rules),
        record=batch.record,
        problems_file=batch.problems_file,
        held_file=batch.held_file,
    )


def _measured(claims: NumberTable) -> NumberTable:
    """Give every claim what is added up of it; unknown yen count as claims, not as 0 yen."""
    excess = claims["managed_units"] - claims["planned_units"]
    person, _ = groups([claims["insurer_no"], claims["insured_no"]])
    return claims.also(
        {
            "claims": np.ones(len(claims), dtype=np.int64),
            "excess": excess,
            "over": (excess > 0).astype(np.int64),
            "person": person,
        }
    )


def _heads(claims: NumberTable) -> Record:
    return {
        "persons": len(distinct_numbers(claims["person"])),
        "providers": len(distinct_numbers(claims["provider_no"])),
    }


def _by_month(claims: NumberTable) -> Ranked:
    """Add up each month, the last ones where there are too many."""
    early = distinct_numbers(claims["service_month"])[:-MONTHS_SHOWN]
    is_early = claims["service_month"] <= early.max(initial=0)
    late, rest = claims.take(~is_early), claims.take(is_early)
    table = late.grouped(["service_month"], MEASURES)
    for heads, name in (("persons", "person"), ("providers", "provider_no")):
        # Each of them once, then how many are of each month.
        months = late.grouped(["service_month", name], [])["service_month"]
        table = table.also({heads: np.bincount(groups([months])[0], minlength=len(table))})
    return Ranked(
        table.records(),
        len(early),
        sums(rest, MEASURES) | _heads(rest),
        sums(claims, MEASURES) | _heads(claims),
        table,
    )


def _named(lines: NumberTable, book: CodeBook) -> tuple[NumberTable, NumberTable]:
    """Give each line its use: the number of its (month, code), and what the table says of these.

    Returns
    -------
    lines : NumberTable
        With ``use``, the row of the second.
    used : NumberTable
        One row per (month, code): name, kind, per, the row of the table; ``other`` is 1 where the
        table lacks the code or has other units.
    """
    use, first = groups([lines["service_month"], lines["service_code"]])
    used = lines.only(["service_month", "service_code"]).take(first)
    months, codes = used["service_month"].tolist(), used.cells("service_code")
    rows = [code_row(book, month, code) for month, code in zip(months, codes, strict=True)]
    # A ratio has no units of its own.
    fixed = np.array([row is not None and row.kind != "rate" for row in rows], dtype=bool)
    of_table = np.array([0 if row is None else row.units or 0 for row in rows], dtype=np.int64)
    differing = summed((lines["units"] != of_table[use]).astype(np.int64), use, len(used)) > 0
    unknown = np.array([row is None for row in rows], dtype=bool)
    of_codes = NumberTable.of_coded(
        {
            "service_code": of_words(codes),
            "name": of_words([row.name if row else "" for row in rows]),
            "kind": of_words([row.kind if row else "" for row in rows]),
            "per": of_words([row.per if row else "" for row in rows]),
            "row": (np.arange(len(rows)), objects(rows)),
        }
    )
    other = {"other": (unknown | (fixed & differing)).astype(np.int64)}
    return lines.also({"use": use}), used.also({**of_codes.columns, **other}, of_codes.words)


def _by_code(lines: NumberTable, used: NumberTable) -> NumberTable:
    """Add up each code. One that changed its name between months stands once for each name."""
    use = lines["use"]
    managed = np.zeros(len(used), dtype=np.int64)
    np.maximum.at(managed, use, lines["limit_managed"])
    named = used.also(
        {
            "lines": np.bincount(use, minlength=len(used)),
            "count": summed(lines["count"], use, len(used)),
            "service_units": summed(lines["service_units"], use, len(used)),
            "managed": managed,
        }
    )
    keys = ["service_code", "name", "kind", "per", "managed"]
    by_code = named.grouped(keys, _SUMMED_OF_CODES)
    # Of several periods the last says what the code is for.
    group, _ = groups([named[key] for key in keys])
    return by_code.also({"row": placed(named["row"], group, len(by_code))})


def _counted(claims: NumberTable) -> Counted:
    numbers_of = {name: claims[name] for name in ("days", "visits")}
    largest = max(int(numbers.max(initial=0)) for numbers in numbers_of.values())
    last = min(MOST_COUNTED, max(_FEWEST_COUNTED, largest))
    counts = {}
    statistics = {}
    for name, numbers in numbers_of.items():
        found = np.bincount(np.clip(numbers, 1, last), minlength=last + 1)
        counts[name] = found[1:].tolist()
        if len(numbers):
            statistics[name] = {
                "sum": int(numbers.sum()),
                "of": len(numbers),
                "median_halves": median_halves(numbers),
                "largest": int(numbers.max()),
            }
    # A person stands once for each provider in a month, and at several where a month is repeated.
    once = claims.grouped(["person", "service_month", "provider_no"], [])
    month, first = groups([once["person"], once["service_month"]])
    several = once["person"][first][np.bincount(month, minlength=len(first)) > 1]
    at_several = len(distinct_numbers(several))
    return Counted(counts["days"], counts["visits"], largest > last, statistics, at_several)


def _over(claims: NumberTable) -> Ranked:
    """Rank the claims whose managed units are more than their plan or limit."""
    columns = [
        "service_month", "provider_no", "insurer_no", "insured_no", "managed_units",
        "planned_units", "excess", "self_paid_units", "self_paid_yen", "unknown_yen", "claims",
    ]  # fmt: skip
    over = claims.take(claims["over"] == 1).only(columns)
    summed = columns[columns.index("managed_units") :]
    return largest_rows(over, ("excess", "insured_no"), CLAIMS_OVER_SHOWN, summed)


def _rules(problems: pa.Table) -> list[RuleProblems]:
    """Group the problems by rule, the commonest first; equal ones in the order of the rules."""
    texts = {name: coded(problems[name]) for name in ("file", "column", "rule", "severity")}
    table = NumberTable.of_coded(texts).also({"line": of_nullable(problems["line"], 0)})
    by_rule = np.argsort(table["rule"], kind="stable")
    begins = np.flatnonzero(np.diff(table["rule"][by_rule])) + 1
    groups_of_rules = np.split(by_rule, begins) if len(by_rule) else []
    found = []
    for at in groups_of_rules:
        of_rule = table.take(at)
        (rule,) = of_rule.take(slice(1)).cells("rule")
        with_line = of_rule.take(of_rule["line"] > 0)
        found.append(
            RuleProblems(
                rule,
                len(of_rule),
                len(groups([with_line["file"], with_line["line"]])[1]),
                _places(of_rule),
                problems.take(of_numbers(at[:EXAMPLES_SHOWN])).to_pylist(),
                of_rule.cells("severity").count("error"),
            )
        )
    known: dict[str, int] = {rule: at for at, rule in enumerate(RULES)}
    found.sort(
        key=lambda one: (not one.errors, -one.problems, known.get(one.rule, len(known)), one.rule)
    )
    return found


def _places(problems: NumberTable) -> list[tuple[str, str, int]]:
    """Return the columns in which most of some problems are, and how many are in each."""
    named = problems.take((problems["file"] >= 0) & (problems["column"] >= 0))
    places = named.also({"problems": np.ones(len(named), dtype=np.int64)}).grouped(
        ["file", "column"], ["problems"]
    )
    most = places.take(np.argsort(-places["problems"], kind="stable")[:COLUMNS_SHOWN])
    cells = (most.cells(name) for name in ("file", "column", "problems"))
    return list(zip(*cells, strict=True))


def _sources(used: NumberTable, months: Sequence[int]) -> list[Document]:
    """Say from where the codes used, the prices of a unit and the limits of these months are."""
    codes: dict[str, set[str]] = {}
    spans: dict[str, set[Span]] = {}
    for row in used.take(used["other"] == 0).cells("row"):
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

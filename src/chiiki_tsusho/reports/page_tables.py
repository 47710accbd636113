"""The figures behind the lists and charts of a report, a CSV each with no row left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.reading.csv_rows import BOM
from chiiki_tsusho.reports.page_figures import MEASURES, YEN, ReportFigures
from chiiki_tsusho.reports.page_words import PageWords
from chiiki_tsusho.reports.ranking import Ranked
from chiiki_tsusho.writing.table_writers import without_formulas

_SUMS = list(MEASURES)
_Columns = Mapping[str, Sequence[Any]]


def tables_of(figures: ReportFigures, words: PageWords) -> dict[str, bytes]:
    """Return the CSVs, by the names of their lists."""
    tables = _tables(figures, words)
    return {name: _csv(columns, words) for name, columns in tables.items()}


def _csv(columns: _Columns, words: PageWords) -> bytes:
    """Write a table as spreadsheets read it, no text of it a formula."""
    headings = [words.label(name) for name in columns]
    guarded = [
        without_formulas(pa.chunked_array([of_texts(cells)])).to_pylist()
        if any(isinstance(cell, str) for cell in cells)
        else cells
        for cells in columns.values()
    ]
    return BOM + csv_text([headings, *zip(*guarded, strict=True)]).encode()


def _tables(figures: ReportFigures, words: PageWords) -> dict[str, _Columns]:
    f = figures
    codes = ["service_code", "name", "content", "lines", "count", "service_units"]
    people = [*CLAIM_KEY_NAMES, "care_level", "days", "visits", "total_units", *YEN]
    if f.before is not None:
        people += ["before_units", "change"]
    over = [
        *CLAIM_KEY_NAMES, "managed_units", "planned_units", "excess", "self_paid_units",
        "self_paid_yen",
    ]  # fmt: skip
    tables = {
        "not_computed": _held(f, words),
        "by_month": _cells(f.by_month, ["service_month", *_SUMS]),
        "by_person": _yen_blank(f.people, people),
        "by_code": _with_content(f.codes, codes, words),
        "additions": _with_content(f.additions, [*codes, "part", "of"], words),
        "by_care_level": _cells(f.levels, ["care_level", *_SUMS]),
        "by_provider": _cells(f.providers, ["provider_no", *_SUMS]),
        "by_insurer": _cells(f.insurers, ["insurer_no", *_SUMS]),
        "by_area_grade": _cells(f.grades, ["grade", "price", *_SUMS]),
        "days_and_visits": {
            "number": range(1, 1 + len(f.counted.days)),
            "with_days": f.counted.days,
            "with_visits": f.counted.visits,
        },
        "units": {
            "units_from": [at * f.units.step for at in range(len(f.units.counts))],
            "claims": f.units.counts,
        },
        "outliers": _cells(
            f.outliers, [*CLAIM_KEY_NAMES, "care_level", "days", "total_units", "first", "last"]
        ),
        "over_limit": _yen_blank(f.over, over),
    }
    if f.before is not None:
        gone = ["provider_no", "insurer_no", "insured_no", "before_units", "held"]
        tables["gone"] = _cells(f.before.gone, gone)
    return tables


def _cells(ranked: Ranked, names: Sequence[str]) -> _Columns:
    return {name: ranked.table.cells(name) for name in names}


def _with_content(ranked: Ranked, names: Sequence[str], words: PageWords) -> _Columns:
    content = [words.content(row) for row in ranked.table.cells("row")]
    return {name: content if name == "content" else ranked.table.cells(name) for name in names}


def _yen_blank(ranked: Ranked, names: Sequence[str]) -> _Columns:
    """Leave yen that are not known blank."""
    unknown = ranked.table.cells("unknown_yen")
    return {
        name: _known(ranked.table.cells(name), unknown) if name in YEN else ranked.table.cells(name)
        for name in names
    }


def _known(cells: list[int], unknown: list[int]) -> list[int | None]:
    return [None if blank else cell for cell, blank in zip(cells, unknown, strict=True)]


def _held(f: ReportFigures, words: PageWords) -> _Columns:
    table = f.held_claims.table.table
    return {
        **{name: table.cells(name) for name in [*CLAIM_KEY_NAMES, "visits"]},
        "est_units": _known(table.cells("units"), table.cells("without_units")),
        "est_yen": _known(table.cells("yen"), table.cells("without_yen")),
        "why": [" / ".join(words.rule(one)[0] for one in rules) for rules in table.cells("rules")],
    }

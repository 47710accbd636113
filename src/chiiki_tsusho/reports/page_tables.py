"""The figures behind the lists and charts of a report, a CSV each with no row left out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from chiiki_tsusho.reading.csv_rows import BOM
from chiiki_tsusho.reports.page_figures import MEASURES, YEN, ReportFigures
from chiiki_tsusho.reports.page_words import PageWords
from chiiki_tsusho.whole_files import output_folder, write_whole
from chiiki_tsusho.writing.table_writers import without_formulas

_KEY = ["service_month", "provider_no", "insurer_no", "insured_no"]
_SUMS = list(MEASURES)


def write_tables(folder: Path, figures: ReportFigures, words: PageWords) -> dict[str, str]:
    """Write the CSVs into a folder, which is made where it is not there.

    Returns
    -------
    dict of str to str
        What each file is called, by the name of its list.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    folder = output_folder(folder)
    names = {}
    for name, frame in _tables(figures, words).items():
        write_whole(folder / f"{name}.csv", _csv(frame, words))
        names[name] = f"{name}.csv"
    return names


def _csv(frame: pd.DataFrame, words: PageWords) -> bytes:
    """Write a table as spreadsheets read it, no text of it a formula."""
    guarded = {
        words.label(name): without_formulas(pa.chunked_array([pa.array(frame[name].astype(str))]))
        .to_pandas()
        .to_numpy()
        if frame[name].dtype.kind not in "iu" and name not in YEN
        else frame[name].to_numpy()
        for name in map(str, frame.columns)
    }
    return BOM + pd.DataFrame(guarded).to_csv(index=False, lineterminator="\r\n").encode()


def _tables(figures: ReportFigures, words: PageWords) -> dict[str, pd.DataFrame]:
    f = figures
    codes = ["service_code", "name", "content", "lines", "count", "service_units"]
    people = [*_KEY, "care_level", "days", "visits", "total_units", *YEN]
    if f.before is not None:
        people += ["before_units", "change"]
    tables = {
        "not_computed": _held(f, words),
        "by_month": f.by_month.frame[["service_month", *_SUMS]],
        "by_person": _yen_blank(f.people.frame)[people],
        "by_code": _with_content(f.codes.frame, words)[codes],
        "additions": _with_content(f.additions.frame, words)[[*codes, "part", "of"]],
        "by_care_level": f.levels.frame[["care_level", *_SUMS]],
        "by_provider": f.providers.frame[["provider_no", *_SUMS]],
        "by_insurer": f.insurers.frame[["insurer_no", *_SUMS]],
        "by_area_grade": f.grades.frame[["grade", "price", *_SUMS]],
        "days_and_visits": pd.DataFrame(
            {
                "number": range(1, 1 + len(f.counted.days)),
                "with_days": f.counted.days,
                "with_visits": f.counted.visits,
            }
        ),
        "units": pd.DataFrame(
            {
                "units_from": [at * f.units.step for at in range(len(f.units.counts))],
                "claims": f.units.counts,
            }
        ),
        "outliers": f.outliers.frame.drop(columns="beyond"),
        "over_limit": _yen_blank(f.over.frame).drop(columns=["unknown_yen", "claims"]),
    }
    if f.before is not None:
        tables["gone"] = f.before.gone.frame
    return tables


def _with_content(frame: pd.DataFrame, words: PageWords) -> pd.DataFrame:
    return frame.assign(content=[words.content(row) for row in frame["row"]])


def _yen_blank(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave yen that are not known blank."""
    unknown = frame["unknown_yen"] == 1
    yen = {name: frame[name].astype("Int64").mask(unknown) for name in YEN if name in frame}
    return frame.assign(**yen)


def _held(f: ReportFigures, words: PageWords) -> pd.DataFrame:
    frame = f.held_claims.table.frame
    estimates = {
        name: frame[name].astype("Int64").mask(frame[f"without_{name}"] == 1).astype(object)
        for name in ("units", "yen")
    }
    rules = [" / ".join(words.rule(one)[0] for one in rules) for rules in frame["rules"]]
    return pd.DataFrame(
        {
            **{name: frame[name] for name in [*_KEY, "visits"]},
            "est_units": estimates["units"].fillna("").astype(str),
            "est_yen": estimates["yen"].fillna("").astype(str),
            "why": rules,
        }
    )

"""Rows of sums at the foot of providers and recipients: they are nobody's and hold nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chiiki_tsusho import Batch, compute_claims
from helpers.inputs import PROVIDER, RECIPIENT, Cells, csv_text, frame, visit

# With the column of months a row of which it cannot be read whom it is about may be a special one.
PROVIDERS = [{"area_grade": "1", **PROVIDER, "extended_hours": "0", "service_month": ""}]
_FIRST = {"氏名": "見本 花子", **RECIPIENT, "benefit_rate": "90", "planned_units": "16692"}
RECIPIENTS = [
    {**_FIRST, "service_month": ""},
    {**_FIRST, "氏名": "見本 太郎", "insured_no": "0000000002", "service_month": ""},
]
VISITS = [visit(1), visit(2, insured_no="0000000002")]


def batch_of(providers: Any, recipients: Any) -> Batch:
    return compute_claims(frame(VISITS), providers, recipients)


def found(batch: Batch) -> list[tuple[str, str, int, str, str]]:
    columns = batch.problems[["severity", "file", "line", "rule", "value"]]
    return [tuple(row) for row in columns.itertuples(index=False)]


def total(rows: list[Cells], **cells: str) -> Cells:
    return {**dict.fromkeys(rows[0], ""), **cells}


@pytest.mark.parametrize("cell", ["provider_no", "area_grade"])
@pytest.mark.parametrize("word", ["合計", "小 計", "計"])
def test_a_total_of_providers(word: str, cell: str) -> None:
    rows = [*PROVIDERS, total(PROVIDERS, **{cell: word})]
    batch = batch_of(frame(rows), None)
    plain = word.replace(" ", "")
    assert found(batch) == [("warning", "providers", 3, "total_row", plain)]
    assert batch.problems["message"].tolist() == [
        f"{plain!r} marks a line of totals; it is nobody's and is left out: take it out of the file"
    ]
    assert batch.claims["total_units"].tolist() == [426, 426]


@pytest.mark.parametrize("cell", ["氏名", "insurer_no", "insured_no", "benefit_rate"])
@pytest.mark.parametrize("way", ["frame", "utf-8", "cp932", "xlsx", "parquet"])
def test_a_total_of_recipients(way: str, cell: str, tmp_path: Path) -> None:
    rows = [*RECIPIENTS, total(RECIPIENTS, planned_units="2名", **{cell: "合計"})]
    given: Any = tmp_path / "recipients"
    if way == "frame":
        given = frame(rows)
    elif way == "xlsx":
        given = given.with_suffix(".xlsx")
        frame(rows).to_excel(given, index=False)
    elif way == "parquet":
        frame(rows).to_parquet(given)
    else:
        given.write_text(csv_text(rows), encoding=way)
    batch = batch_of(frame(PROVIDERS), given)
    assert found(batch) == [("warning", "recipients", 4, "total_row", "合計")]
    assert batch.claims["insurance_yen"].notna().all()
    assert batch.claims["total_units"].tolist() == [426, 426]


@pytest.mark.parametrize(
    "cells",
    [
        # Beside a number, whatever can be read of it, the row may be of somebody.
        {"insurer_no": "131003", "氏名": "合計"},
        {"insured_no": "000000000?", "氏名": "合計"},
        # And so it may where nothing is a total.
        {"氏名": "合計は別紙", "planned_units": "2"},
        {"planned_units": "2"},
    ],
)
def test_a_row_that_may_be_of_somebody_is_no_total(cells: Cells) -> None:
    batch = batch_of(frame(PROVIDERS), frame([*RECIPIENTS, total(RECIPIENTS, **cells)]))
    assert "total_row" not in batch.problems["rule"].tolist()
    assert len(batch.held_visits) >= 1


@pytest.mark.parametrize("name", ["providers", "recipients"])
@pytest.mark.parametrize("way", ["utf-8", "cp932", "utf-16", "several"])
@pytest.mark.parametrize("line", ["合計", "合計,", "合 計,,", "小計,,,"])
def test_a_total_with_fewer_cells_than_headings(
    line: str, way: str, name: str, tmp_path: Path
) -> None:
    """It is one as if it had all its cells, as in a file of visits."""
    rows = PROVIDERS if name == "providers" else RECIPIENTS
    paths = [tmp_path / "all.csv"]
    paths[0].write_text(f"{csv_text(rows)}{line}\n", encoding="utf-8" if way == "several" else way)
    if way == "several":
        # Beside a file of more columns.
        others = [{**rows[0], "備考": ""}]
        others[0]["provider_no" if name == "providers" else "insured_no"] = "1370000026"
        paths.append(tmp_path / "others.csv")
        paths[1].write_text(csv_text(others), encoding="utf-8")
    given = {"providers": frame(PROVIDERS), "recipients": frame(RECIPIENTS), name: paths}
    batch = batch_of(**given)
    word = line.replace(" ", "").strip(",")
    shown = str(paths[0]) if way == "several" else name
    assert found(batch) == [("warning", shown, 2 + len(rows), "total_row", word)]
    assert batch.claims["total_units"].tolist() == [426, 426]


def test_a_short_total_may_end_in_a_figure(tmp_path: Path) -> None:
    path = tmp_path / "providers.csv"
    rows = [{**PROVIDER, "area_grade": "1", "extended_hours": "0"}]
    path.write_text(f"{csv_text(rows)}合計,1\n", encoding="utf-8")
    batch = batch_of(path, None)
    assert found(batch) == [("warning", "providers", 3, "total_row", "合計")]
    assert batch.claims["total_units"].tolist() == [426, 426]


@pytest.mark.parametrize(
    ("headings", "line"),
    [
        # A number in its place, and one from whose row a cell before it may be lost.
        ("insurer_no,insured_no,benefit_rate,氏名", "131003,,合計"),
        ("氏名,insurer_no,insured_no,benefit_rate", "合計,2"),
        ("氏名,benefit_rate,insured_no,insurer_no", "合計,0000000002"),
        ("氏名,benefit_rate,insured_no,insurer_no", "合計,0000000002,131003"),
        ("insurer_no,insured_no,氏名,benefit_rate,service_month", ",,合計,201604"),
        ("insurer_no,insured_no,氏名,benefit_rate", "合計は別紙"),
    ],
)
def test_a_line_that_may_be_of_somebody_is_no_total(
    headings: str, line: str, tmp_path: Path
) -> None:
    names = headings.split(",")
    rows = [{name: row[name] for name in names} for row in RECIPIENTS]
    path = tmp_path / "recipients.csv"
    path.write_text(f"{csv_text(rows)}{line}\n", encoding="utf-8")
    batch = batch_of(frame(PROVIDERS), path)
    assert batch.problems["rule"].tolist()[0] == "malformed_row"
    assert "total_row" not in batch.problems["rule"].tolist()


@pytest.mark.parametrize("month", ["201604", "2016-04", "2016-4月分"])
@pytest.mark.parametrize("short", [False, True])
def test_a_row_of_a_month_is_no_total(month: str, short: bool, tmp_path: Path) -> None:
    """The provider's number may have been written over: its general row is not of that month."""
    rows = [{"service_month": "", **PROVIDER, "area_grade": "1", "extended_hours": "0"}]
    rows.append({**rows[0], "service_month": month, "provider_no": "合計", "area_grade": "7"})
    path = tmp_path / "providers.csv"
    text = csv_text(rows)
    path.write_text(text.rstrip("0\n").rstrip(",") if short else text, encoding="utf-8")
    batch = batch_of(path, None)
    assert "total_row" not in batch.problems["rule"].tolist()
    assert batch.claims.empty
    assert len(batch.held_visits) == 2


def test_a_provider_that_was_lost_is_no_total() -> None:
    rows = [*PROVIDERS, total(PROVIDERS, provider_no="13700000?", area_grade="計")]
    batch = batch_of(frame(rows), None)
    assert "total_row" not in batch.problems["rule"].tolist()
    assert len(batch.held_visits) == 2

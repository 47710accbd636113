"""What a batch in memory says of itself, and where it can be put."""

from __future__ import annotations

import csv
import logging
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.version import __version__
from helpers import care_plans, claim_files
from helpers.inputs import PROVIDER, RECIPIENT, compute, frame, visit, visits

PROVIDERS = [{**PROVIDER, "area_grade": "other"}]
RECIPIENTS = [{**RECIPIENT, "benefit_rate": "90"}]


def test_a_line_says_what_it_is() -> None:
    # 426 units a visit (3 to 5 hours, 要介護1, table of 2016-04); 10.00 yen a unit.
    batch = compute([*visits(2), visit(3, insured_no="0000000002", minutes="x")], PROVIDERS)
    assert repr(batch) == "<Batch: 1 claim, 852 units, 0 yen, 1 row held>"
    paid = compute(visits(2), PROVIDERS, RECIPIENTS)
    assert str(paid.summary) == "1 claim, 852 units, 8,520 yen, 0 rows held"
    assert paid.summary.say("ja") == "請求明細1件、852単位、8,520円、未計算(要修正)0行"


def test_equal_by_content() -> None:
    one, other = compute(visits(2), PROVIDERS), compute(visits(2), PROVIDERS)
    assert one == other
    assert one != compute(visits(3), PROVIDERS)
    assert one != "a batch"


def _file(total: int) -> ct.ClaimFile:
    return claim_files.changed_file("7131-10", 0, "insurance_yen", str(total))


def _plans(folder: Path, day: int) -> ct.CarePlans:
    rows = [care_plans.plan_row(day, "781443")]
    return ct.from_plan([care_plans.plan_file(folder, "UPPLAN_202607.CSV", rows)])


@pytest.mark.parametrize(
    "made",
    [
        lambda n: ct.codes_of_visits(frame(visits(n))),
        lambda n: ct.compare_months(frame(visits(n)), "2016-04", "2017-04"),
        lambda n: ct.audit(_file(n)),
        _file,
        lambda n: _plans(Path(), n),
    ],
    ids=["codes", "comparison", "audit", "claim file", "care plans"],
)
def test_all_results_are_equal_by_content(
    made: Callable[[int], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = made(1)
    assert one == made(1)
    assert one == pickle.loads(pickle.dumps(one))
    assert one != made(2)
    assert one != "another thing"
    assert len(repr(one)) < 200
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("minutes", ["240", "x", ""])
def test_equal_whichever_library_the_columns_are_of(
    make: Callable[[pd.DataFrame], Any], minutes: str
) -> None:
    table = frame([visit(1), visit(2, insured_no="0000000002", minutes=minutes)])
    given, other = ct.compute_claims(table), ct.compute_claims(make(table))
    assert given == other
    assert len(given.held_visits) == (minutes != "240")
    assert given != ct.compute_claims(frame([visit(1), visit(2, minutes="y")]))


def test_to_a_folder_and_back(tmp_path: Path) -> None:
    batch = compute([*visits(2), visit(3, insured_no="0000000002", minutes="x")], PROVIDERS)
    folder = batch.to_folder(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "claim_lines.csv", "claims.csv", "held_visits.csv", "problems.csv",
    ]  # fmt: skip
    page = batch.report(tmp_path / "page.html", "ja")
    assert "1370000018" in page.read_text("utf-8")


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_what_another_run_left_in_a_folder_goes(tmp_path: Path, file_format: Any) -> None:
    frame(visits(3)).to_csv(tmp_path / "visits.csv", index=False)
    folder = ct.claim_files(
        tmp_path / "visits.csv", tmp_path / "out", file_format=file_format
    ).folder
    ct.write_report(folder, folder / "page.html")
    (folder / "own.txt").touch()
    compute(visits(2), PROVIDERS).to_folder(folder)
    # Its record and its page speak of other claims.
    assert sorted(path.name for path in folder.iterdir()) == [
        "claim_lines.csv", "claims.csv", "held_visits.csv", "own.txt", "problems.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["7, 8", 'the "long" day', "two\nlines", "cr\rlf", "七時間"])
def test_any_word_of_a_held_row_comes_back_from_a_folder(word: str, tmp_path: Path) -> None:
    batch = compute([visit(1), visit(2, insured_no="0000000002", minutes=word)], PROVIDERS)
    folder = batch.to_folder(tmp_path / "out")
    with (folder / "held_visits.csv").open(encoding="utf-8-sig", newline="") as file:
        (held,) = csv.DictReader(file)
    assert held == visit(2, insured_no="0000000002", minutes=word)
    batch.report(tmp_path / "page.html")


@pytest.mark.parametrize("heading", ["memo, note", 'the "note"', "two\nlines", "改\n行"])
def test_any_heading_of_held_rows_comes_back_from_a_folder(heading: str, tmp_path: Path) -> None:
    row = visit(1, minutes="x") | {heading: "a"}
    batch = ct.compute_claims(frame([row]), ignore_columns=[heading])
    folder = batch.to_folder(tmp_path / "out")
    with (folder / "held_visits.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [row]
    batch.report(tmp_path / "page.html")


def test_no_word_of_a_held_row_is_a_formula_in_a_folder(tmp_path: Path) -> None:
    batch = compute([visit(1), visit(2, insured_no="0000000002", minutes="=1+1")], PROVIDERS)
    folder = batch.to_folder(tmp_path / "out")
    held = pd.read_csv(folder / "held_visits.csv", dtype=str, keep_default_na=False)
    assert held["minutes"].tolist() == ["'=1+1"]


def test_held_rows_of_a_parquet_file_come_back_from_a_folder(tmp_path: Path) -> None:
    rows = [visit(1), visit(2, insured_no="0000000002", minutes="x")]
    frame(rows).to_parquet(tmp_path / "visits.parquet")
    folder = ct.compute_claims(tmp_path / "visits.parquet").to_folder(tmp_path / "out")
    with (folder / "held_visits.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows[1:]


def test_a_page_needs_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = compute(visits(1))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(ct.OutputError) as told:
        batch.report(tmp_path / "page.html")
    assert str(told.value) == "there is no temporary folder to write to: No such file or directory"
    assert told.value.say("ja").startswith("一時フォルダに書き込めません: ")
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_computed_it() -> None:
    batch = compute(visits(1))
    assert batch.attrs["version"] == __version__
    assert batch.attrs["table"] == "service_codes.csv"
    book = ct.load_code_book()
    computed = ct.compute_claims(frame(visits(1)), codes=book)
    assert computed.attrs["table"] == f"CodeBook(service_codes.csv, {len(book.rows)} rows)"


def test_progress_and_the_log(caplog: pytest.LogCaptureFixture) -> None:
    stages: list[str] = []
    cells = {name: [cell] for name, cell in visit().items()}
    with caplog.at_level(logging.INFO, "chiiki_tsusho"):
        ct.compute_claims(cells, progress=lambda stage, _done, _whole: stages.append(stage))
    assert set(stages) >= {"reading", "claims"}
    assert caplog.messages == ["1 visits: 1 claims, 426 units, 0 rows held"]
    assert "0000000001" not in caplog.text


def test_an_unknown_language_is_refused_at_once() -> None:
    with pytest.raises(ct.ChiikiTsushoError) as caught:
        ct.compute_claims({}, language="fr")  # type: ignore[arg-type]
    assert str(caught.value) == "language 'fr' is unknown; en, ja are known"

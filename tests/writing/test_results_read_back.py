"""Results that come back, from a folder or as edited frames: what does not agree is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given

import chiiki_tsusho as ct
from chiiki_tsusho.columns import CLAIM_KEY, CLAIM_LINES, CLAIMS
from chiiki_tsusho.writing import result_checks
from chiiki_tsusho.writing.result_columns import claims_and_lines_of, frame_table
from helpers.inputs import PROVIDER, RECIPIENT, compute, visit
from helpers.reference import load_limits, load_rows
from helpers.strategies import Month, months, to_frames

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = EXAMPLES.parent / "data"
MONTHS = months(load_rows(DATA / "service_codes.csv"), load_limits(DATA / "benefit_limits.csv"))
RECIPIENTS = EXAMPLES / "recipients.csv"
FILES = (EXAMPLES / "visits.csv", EXAMPLES / "providers.csv", RECIPIENTS)

KEY = [one.name for one in CLAIM_KEY]
Cells = list[list[str]]
Edit = Callable[[Cells, Cells], None]


@pytest.fixture(scope="module")
def batch() -> ct.Batch:
    return ct.compute_claims(*FILES)


def edited(folder: Path, edit: Edit) -> Path:
    """Write the example's results, and change the cells of claims and claim_lines."""
    ct.claim_files(FILES[0], folder, FILES[1], FILES[2])
    paths = [folder / "claims.csv", folder / "claim_lines.csv"]
    tables = [list(csv.reader(io.StringIO(path.read_text("utf-8")))) for path in paths]
    edit(*tables)
    for path, rows in zip(paths, tables, strict=True):
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows(rows)
        path.write_text(stream.getvalue(), "utf-8")
    return folder


def cell(table: int, name: str, value: str, row: int = 1) -> Edit:
    def change(*tables: Cells) -> None:
        tables[table][row][tables[table][0].index(name)] = value

    return change


def refuse_all(results: Any, out: Path) -> list[ct.ChiikiTsushoError]:
    """Give results to all that read them; each refuses them and writes nothing."""
    calls: list[Callable[[], Any]] = [
        lambda: ct.write_statements(results, out / "papers.html", RECIPIENTS),
        lambda: ct.write_claim_file(results, RECIPIENTS, "2016-06", out / "sending"),
    ]
    if isinstance(results, ct.Batch):
        calls.append(lambda: results.report(out / "report.html"))
        calls.append(lambda: results.to_folder(out / "folder"))
    else:
        calls.append(lambda: ct.write_report(results, out / "report.html"))
        calls.append(lambda: ct.claim_files(FILES[0], out / "added", add_to=results))
    errors: list[ct.ChiikiTsushoError] = []
    for call in calls:
        with pytest.raises(ct.InputFileError) as caught:
            call()
        errors.append(caught.value)
    names = ("papers.html", "sending", "report.html", "folder", "added")
    assert not any((out / name).exists() for name in names)
    return errors


@given(MONTHS)
def test_what_is_computed_agrees(month: Month) -> None:
    batch = ct.compute_claims(*to_frames(month))
    claims, lines = claims_and_lines_of(batch.claims, batch.claim_lines)
    assert (claims.num_rows, lines.num_rows) == (len(batch.claims), len(batch.claim_lines))
    shuffled = [one.sample(frac=1, random_state=1) for one in (batch.claims, batch.claim_lines)]
    claims_and_lines_of(*shuffled)


# What no other figure of the results tells: who the person is, and how often within the days.
UNTOLD = {"care_level", "days", "visits", "planned_units"}


def test_a_single_changed_figure_is_refused(batch: ct.Batch) -> None:
    frames = batch.claims, batch.claim_lines
    refused: set[str] = set()
    for table, frame in enumerate(frames):
        numbers = {one.name for one in (CLAIMS, CLAIM_LINES)[table] if one.kind != "text"}
        for name in numbers - UNTOLD:
            for at in np.flatnonzero(frame[name].notna())[::7].tolist():
                for by in (-1, 1):
                    changed = frame.copy()
                    changed.loc[at, name] += by
                    pair = [*frames]
                    pair[table] = changed
                    with pytest.raises(ct.InputFileError):
                        claims_and_lines_of(pair[0], pair[1])
                    refused.add(name)
        assert numbers - UNTOLD == refused
        refused.clear()


@pytest.mark.parametrize("largest", [0, 60, 1 << 62])
def test_claims_and_lines_are_told_apart_whatever_their_number(
    largest: int, batch: ct.Batch
) -> None:
    """Numbers of claims are folded where they grow beyond what an integer holds."""
    claims, lines = batch.claims, batch.claim_lines
    with mock.patch.object(result_checks, "_LARGEST_KEY", largest):
        claims_and_lines_of(claims, lines)
        claims_and_lines_of(claims.sample(frac=1, random_state=2), lines[::-1])
        claims_and_lines_of(claims[:0], lines[:0])
        for at in (0, 11, len(claims) - 1):
            with pytest.raises(ct.InputFileError, match="none of the claims"):
                claims_and_lines_of(claims.drop(index=at), lines)
            with pytest.raises(ct.InputFileError, match="is there more than once"):
                claims_and_lines_of(pd.concat([claims, claims[at : at + 1]]), lines)
        for at in (0, 60, len(lines) - 1):
            with pytest.raises(ct.InputFileError, match="total_units is"):
                claims_and_lines_of(claims, lines.drop(index=at))
            with pytest.raises(ct.InputFileError, match="is there more than once"):
                claims_and_lines_of(claims, pd.concat([lines, lines[at : at + 1]]))
    lost = int((lines[KEY] == claims[KEY].iloc[3]).all(axis=1).sum())
    with pytest.raises(ct.InputFileError, match=f"{lost} lines are of none of the claims"):
        claims_and_lines_of(claims.drop(index=3), lines)


def test_lines_of_no_claim_at_all_are_told(batch: ct.Batch) -> None:
    lines = batch.claim_lines
    with pytest.raises(ct.InputFileError, match=f"{len(lines)} lines are of none of the claims"):
        claims_and_lines_of(batch.claims[:0], lines)


def of_one(days: int, month: str, level: str, cells: dict[str, str], **recipient: str) -> ct.Batch:
    """One person's month at a provider of the first grade."""
    return compute(
        [
            visit(day, service_date=f"{month}-{day:02}", care_level=level, **cells)
            for day in range(1, days + 1)
        ],
        [{**PROVIDER, "area_grade": "1"}],
        [{**RECIPIENT, **recipient}],
    )


SAME_BUILDING = {"same_building": "1"}


@pytest.mark.parametrize(
    ("days", "month", "level", "cells", "recipient"),
    [
        (31, "2016-05", "1", {}, {"benefit_rate": "100"}),
        (1, "2016-05", "5", {}, {"benefit_rate": "0", "public_law": "12"}),
        # Nothing is paid for, or the reduction of the first visit is more than what is.
        (2, "2016-05", "5", {}, {"planned_units": "0", "public_law": "12"}),
        (2, "2024-06", "5", SAME_BUILDING, {"planned_units": "1"}),
        (2, "2024-06", "5", SAME_BUILDING, {"planned_units": "1", "public_law": "12"}),
    ],
)
def test_what_is_rare_agrees_as_well(
    days: int, month: str, level: str, cells: dict[str, str], recipient: dict[str, str]
) -> None:
    batch = of_one(days, month, level, cells, **{"benefit_rate": "90", **recipient})
    claims, _ = claims_and_lines_of(batch.claims, batch.claim_lines)
    assert claims["total_yen"].null_count == 0


@pytest.mark.parametrize("units", [-1, 1])
def test_public_funds_have_no_units_where_nothing_is_paid_for(units: int) -> None:
    batch = of_one(2, "2016-05", "5", {}, planned_units="0", public_law="12", benefit_rate="90")
    assert batch.claims["benefit_units"].tolist() == [0]
    claims = frame_table(batch.claims.assign(public_units=units), "claims", CLAIMS)
    with pytest.raises(ct.InputFileError, match=f"public_units is {units}, which"):
        result_checks.check_claims(claims, "claims.csv")


@pytest.mark.parametrize(
    ("funds", "code", "units", "told"),
    [
        # A visit of 678 units, and 94 less; what is there once may be borne in part.
        ({"public_law": "12"}, "781245", -1, "-1, which"),
        ({"public_law": "12"}, "781245", 679, "679, which"),
        ({"public_law": "12"}, "785611", 1, "1, which"),
        ({"public_law": "12"}, "785611", -95, "-95, which"),
        ({}, "781245", 1, "1 where other figures come to 0"),
    ],
)
def test_public_funds_bear_no_more_of_a_line_than_all(
    funds: dict[str, str], code: str, units: int, told: str
) -> None:
    batch = of_one(1, "2016-05", "5", SAME_BUILDING, benefit_rate="90", **funds)
    lines = batch.claim_lines
    lines = lines.assign(
        public_units=lines["public_units"].mask(lines["service_code"] == code, units)
    )
    claims = batch.claims.assign(public_units=lines["public_units"].sum())
    with pytest.raises(ct.InputFileError, match=f"{code}: public_units is {told}"):
        claims_and_lines_of(claims, lines)


@pytest.mark.parametrize(
    ("name", "units", "told"),
    [
        ("public_units", 2129, "2,129 where other figures come to 2,130"),
        ("self_paid_units", 1, "1 where other figures come to 0"),
    ],
)
def test_within_the_limit_units_agree_without_yen_as_well(name: str, units: int, told: str) -> None:
    """Five visits of 426 units; no rate of benefit is given."""
    batch = of_one(5, "2016-05", "1", {}, public_law="12")
    claims = batch.claims
    assert claims[["total_units", "planned_units"]].to_numpy().tolist() == [[2130, 2130]]
    claims = claims.assign(**{name: units})
    with pytest.raises(ct.InputFileError, match=f"{name} is {told}"):
        claims_and_lines_of(claims, batch.claim_lines)


def test_public_funds_of_some_days_bear_their_share() -> None:
    """Of two visits of 426 units at 10.90 yen, 9,286 yen, the 10 % that the insurance leaves."""
    batch = of_one(5, "2016-05", "1", {}, benefit_rate="90", public_law="12", public_to="2")
    claims = batch.claims
    assert claims["public_yen"].tolist() == [928]
    more = claims.assign(public_yen=929, copay_yen=claims["copay_yen"] - 1)
    with pytest.raises(ct.InputFileError, match="public_yen is 929, which"):
        claims_and_lines_of(more, batch.claim_lines)


def test_one_line_twice_is_told() -> None:
    batch = of_one(1, "2016-05", "1", {}, benefit_rate="90")
    with pytest.raises(ct.InputFileError, match="781241 is there more than once"):
        claims_and_lines_of(batch.claims, pd.concat([batch.claim_lines] * 2))


def test_public_funds_bear_what_is_outside_the_limit_on_their_days() -> None:
    """Of 6 units a visit, which no limit cuts on the two days that are covered."""
    outside = {"service_provision_2": "1"}
    batch = of_one(5, "2016-05", "5", outside, planned_units="1000", public_law="12", public_to="3")
    assert batch.claim_lines["public_units"].tolist() == [3 * 678, 2 * 6]
    assert batch.claims["public_units"].tolist() == [1012]
    with pytest.raises(ct.InputFileError, match="public_units is 11, which"):
        claims_and_lines_of(batch.claims.assign(public_units=11), batch.claim_lines)


def drop(table: int) -> Edit:
    return lambda *tables: tables[table].__delitem__(1)


def column_twice(claims: Cells, _lines: Cells) -> None:
    at = claims[0].index("visits")
    for row in claims:
        row.append(row[at])


def units_moved(_claims: Cells, lines: Cells) -> None:
    """From one line of a claim to the next: the claim comes to the same."""
    at = lines[0].index("service_units")
    count = lines[0].index("count")
    assert lines[1][:4] == lines[2][:4]
    assert int(lines[1][count]) > 1
    for row, by in ((1, 1), (2, -1)):
        lines[row][at] = str(int(lines[row][at]) + by)


def double(table: int) -> Edit:
    return lambda *tables: tables[table].append(list(tables[table][1]))


@pytest.mark.parametrize(
    ("edit", "english", "japanese"),
    [
        (drop(0), "lines are of none of the claims", "どの請求明細にも属さない明細行が"),
        (drop(1), "total_units is ", "総単位数が"),
        (double(0), "is there more than once", "の請求明細が2件以上あります"),
        (double(1), "is there more than once", "の明細行が2行以上あります"),
        (lambda _claims, lines: lines.__delitem__(slice(1, None)), "come to 0", "計算すると0です"),
        (cell(1, "units", "1"), "count is ", "回数が"),
        (cell(1, "units", "0"), "where other figures come to 0", "計算すると0です"),
        (units_moved, "service_units is ", "サービス単位数の"),
        (cell(1, "limit_managed", "2"), "limit_managed is 2, which", "限度額管理対象の2は"),
        (cell(1, "limit_managed", "0"), "managed_units is ", "限度額管理対象単位数が"),
        (cell(1, "public_count", "99"), "public_count is 99, which", "公費対象回数の99は"),
        (cell(1, "public_units", "1"), "public_units is 1", "公費対象単位数が1"),
        (cell(0, "care_level", "6"), "care_level is 6, which", "要介護度の6は"),
        (cell(0, "care_level", "0"), "care_level is 0, which", "要介護度の0は"),
        (cell(0, "days", "32"), "days is 32, which", "実日数の32は"),
        (cell(0, "days", "0"), "days is 0, which", "実日数の0は"),
        (
            lambda *tables: [cell(0, name, "32")(*tables) for name in ("days", "visits")],
            "days is 32, which", "実日数の32は",
        ),
        (cell(0, "visits", "0"), "days is ", "実日数の"),
        (cell(0, "unmanaged_units", "1"), "total_units is ", "総単位数が"),
        (cell(0, "benefit_units", "1"), "benefit_units is 1 where", "給付単位数が1ですが"),
        (cell(0, "planned_units", "1"), "benefit_units is ", "給付単位数が"),
        (cell(0, "self_paid_units", "1", row=2), "self_paid_units is 1 where", "単位数が1ですが"),
        (cell(0, "unit_price", "10000"), "unit_price is 10,000, which", "単位数単価の10,000は"),
        (cell(0, "unit_price", "999"), "total_yen is ", "費用総額が"),
        (cell(0, "unit_price", ""), "has yen without a unit price", "金額があります"),
        (cell(0, "total_yen", "1"), "total_yen is 1 where", "費用総額が1ですが"),
        (cell(0, "benefit_rate", "101"), "benefit_rate is 101, which", "給付率の101は"),
        (cell(0, "benefit_rate", "70"), "insurance_yen is ", "保険請求額が"),
        (cell(0, "insurance_yen", "1"), "insurance_yen is 1 where", "保険請求額が1ですが"),
        (cell(0, "public_yen", "1"), "public_yen is 1, which", "公費請求額の1は"),
        (cell(0, "copay_yen", "1"), "copay_yen is 1 where", "利用者負担額が1ですが"),
        (cell(0, "self_paid_yen", "1"), "self_paid_yen is 1 where", "が1ですが"),
        (cell(0, "public_units", "1"), "public_units is 1", "公費対象単位数の1は"),
        (cell(0, "public_yen", "-1"), "public_yen is -1, which", "公費請求額の-1は"),
        (cell(0, "benefit_rate", "-1"), "benefit_rate is -1, which", "給付率の-1は"),
        (cell(0, "unit_price", "0"), "unit_price is 0, which", "単位数単価の0は"),
        (cell(1, "limit_managed", "-1"), "limit_managed is -1, which", "限度額管理対象の-1は"),
        (cell(1, "count", "0"), "count is 0, which", "回数の0は"),
        (cell(1, "public_count", "-1"), "public_count is -1, which", "公費対象回数の-1は"),
        (cell(0, "visits", f"{10**15}"), f"visits has {10**15}, more than", "あり得ない大きさ"),
        (cell(0, "visits", "x"), "visits has 'x', which is no whole", "「x」は整数ではありません"),
        (cell(1, "count", "1.5"), "count has '1.5', which is no", "「1.5」は整数ではありません"),
        (
            lambda claims, _lines: claims[1].append("x"),
            "its rows cannot be told apart", "行を正しく分けられません",
        ),
        (
            column_twice,
            "column visits is there twice", "列「提供回数」が2つあります",
        ),
    ],
)  # fmt: skip
def test_a_changed_folder_reaches_no_paper(
    edit: Edit, english: str, japanese: str, tmp_path: Path
) -> None:
    for error in refuse_all(edited(tmp_path / "out", edit), tmp_path):
        assert english in str(error)
        assert japanese in error.say("ja")


def test_zeros_that_a_spreadsheet_dropped_are_told(batch: ct.Batch, tmp_path: Path) -> None:
    shortened = int((~batch.claims["insured_no"].str.startswith("H")).sum())

    def shorten(*tables: Cells) -> None:
        for rows in tables:
            at = rows[0].index("insured_no")
            for row in rows[1:]:
                row[at] = row[at].lstrip("0")

    for error in refuse_all(edited(tmp_path / "out", shorten), tmp_path):
        told = re.search(r"claims\.csv: is not as the claim .*: insured_no has '(\d+)'", str(error))
        assert told is not None
        assert told[1].zfill(10) in set(batch.claims["insured_no"])
        assert f"in {shortened} of the rows" in str(error)
        assert "drops zeros in front" in str(error)
        assert "被保険者番号に「" in error.say("ja")
        assert f"行が{shortened}行あります" in error.say("ja")


def without_yen(claims: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in claims.columns if name.endswith("_yen")]
    return claims.drop(columns=names).join(claims[names].where(claims["visits"] < 0))


@pytest.mark.parametrize(
    ("change", "english", "japanese"),
    [
        (lambda one: one.drop(columns="copay_yen"), "no column copay_yen", "がありません"),
        (lambda one: one.assign(copay_yen=pd.NA), "only one of", "一方だけが空欄"),
        (lambda one: one.assign(copay_yen=0.5), "has '0.5', which is no whole", "整数では"),
        (lambda one: one.assign(service_month="x"), "'x' is no month", "提供年月では"),
        (lambda one: one.assign(service_month="201613"), "'201613' is no month", "提供年月では"),
        (lambda one: one.assign(service_month="2016-4"), "'2016-4' is no month", "提供年月では"),
        (lambda one: one.assign(service_month="２０１６０４"), "is no month", "提供年月では"),
        (lambda one: one.assign(insured_no=None), "insured_no has ''", "被保険者番号に「」"),
        (lambda one: one.assign(visits=None), "visits is blank in 27", "空欄の行が27行"),
        (lambda one: one.assign(visits=[[1]] * 27), "no number and no text", "文字でもない"),
        (lambda one: one.assign(visits=[1, "x"] * 13 + [1]), "no number and no", "文字でもない"),
        (
            lambda one: one.assign(
                visits=pd.Series(
                    [np.datetime64("2024-06-03"), np.float32(3), *[1] * 25], dtype=object
                )
            ),
            "no number and no text",
            "文字でもない",
        ),
        (lambda one: one.assign(visits=2**62), "more than any claim", "あり得ない大きさ"),
        (
            lambda one: one.assign(visits=np.array([1] * 26 + [2**63], dtype=np.uint64)),
            f"visits has {2**63}, more than any claim",
            "あり得ない大きさ",
        ),
        (lambda one: pd.concat([one, one[:1]]), "more than once", "2件以上"),
        (lambda one: pd.concat([one, one[["visits"]]], axis=1), "visits is there", "2つあります"),
        (lambda one: one[1:], "none of the claims", "どの請求明細にも"),
        (without_yen, "has no yen, and has", "金額が空欄です"),
    ],
)
def test_an_edited_batch_reaches_no_paper(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    english: str,
    japanese: str,
    batch: ct.Batch,
    tmp_path: Path,
) -> None:
    other = ct.Batch(batch.claim_lines, change(batch.claims), batch.problems, batch.held_visits)
    for error in refuse_all(other, tmp_path):
        assert english in str(error)
        assert japanese in error.say("ja")


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.astype({"provider_no": "category", "insured_no": object}),
        lambda one: one.assign(service_month=one["service_month"].astype(int)),
        lambda one: one.set_index(pd.Index([0] * len(one))),
        lambda one: one.sample(frac=1, random_state=1),
        lambda one: one[one["provider_no"] == one["provider_no"].iloc[0]],
    ],
)
def test_the_same_figures_in_other_frames_are_taken(
    change: Callable[[pd.DataFrame], pd.DataFrame], batch: ct.Batch, tmp_path: Path
) -> None:
    claims, lines = change(batch.claims), change(batch.claim_lines)
    other = ct.Batch(lines, claims, batch.problems, batch.held_visits)
    assert ct.write_statements(other, tmp_path / "papers.html", RECIPIENTS) == len(claims)
    assert ct.write_claim_file(other, RECIPIENTS, "2016-06", tmp_path / "sending")
    other.report(tmp_path / "report.html")
    other.to_folder(tmp_path / "folder")


def test_a_cell_far_from_the_table_is_named(tmp_path: Path) -> None:
    folder = ct.claim_files(
        FILES[0], tmp_path / "out", FILES[1], FILES[2], file_format="xlsx"
    ).folder
    ct.write_report(folder, tmp_path / "first.html")
    book = openpyxl.load_workbook(folder / "claims.xlsx")
    sheet: Any = book.active
    sheet["XFD1048576"] = 1
    book.save(folder / "claims.xlsx")
    for error in refuse_all(folder, tmp_path):
        assert "cell XFD1048576 stands far from the table" in str(error)
        assert "XFD1048576" in error.say("ja")


def test_numbers_that_excel_keeps_as_numbers_are_told(tmp_path: Path) -> None:
    folder = ct.claim_files(
        FILES[0], tmp_path / "out", FILES[1], FILES[2], file_format="xlsx"
    ).folder
    book = openpyxl.load_workbook(folder / "claims.xlsx")
    sheet: Any = book.active
    for row in range(2, sheet.max_row + 1):
        number = sheet.cell(row, 4)
        if number.value.isdigit():
            number.value = int(number.value)
    book.save(folder / "claims.xlsx")
    for error in refuse_all(folder, tmp_path):
        assert "drops zeros in front" in str(error)


@pytest.mark.parametrize("name", ["claims.parquet", "claims.xlsx"])
def test_a_file_of_another_kind_is_told(name: str, tmp_path: Path) -> None:
    folder = ct.claim_files(FILES[0], tmp_path / "out", FILES[1], FILES[2]).folder
    (folder / "claims.csv").rename(folder / name)
    said = {
        "claims.parquet": ("no Parquet file, or a damaged one", "Parquetファイルではないか"),
        "claims.xlsx": ("damaged Excel workbook", "壊れた"),
    }
    for error in refuse_all(folder, tmp_path):
        assert said[name][0] in str(error)
        assert said[name][1] in error.say("ja")

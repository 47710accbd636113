"""Several files, folders and patterns as one input; the example month however it is written."""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.reading.blocks import line_of_file
from chiiki_tsusho.reading.inputs import open_input
from helpers.inputs import csv_text, places, visit

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("visits", "providers", "recipients")
Write = Callable[[Path, Path], Path]


def as_it_is(source: Path, folder: Path) -> Path:
    target = folder / source.name
    target.write_bytes(source.read_bytes())
    return target


def in_cp932(source: Path, folder: Path) -> Path:
    target = folder / source.name
    target.write_bytes(source.read_text(encoding="utf-8-sig").encode("cp932"))
    return target


def as_unicode_text(source: Path, folder: Path) -> Path:
    target = folder / f"{source.stem}.txt"
    text = source.read_text(encoding="utf-8-sig").replace(",", "\t").replace("\n", "\r\n")
    target.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    return target


def with_commas_below(source: Path, folder: Path) -> Path:
    target = folder / source.name
    text = source.read_text(encoding="utf-8-sig")
    target.write_text(text + "," * text.partition("\n")[0].count(",") + "\n", encoding="utf-8")
    return target


def all_quoted(source: Path, folder: Path) -> Path:
    target = folder / source.name
    with source.open(encoding="utf-8-sig", newline="") as given, target.open("w") as taken:
        csv.writer(taken, quoting=csv.QUOTE_ALL).writerows(csv.reader(given))
    return target


def as_parquet(source: Path, folder: Path) -> Path:
    texts = pd.read_csv(source, dtype=str, keep_default_na=False)
    target = folder / f"{source.stem}.parquet"
    texts.to_parquet(target)
    return target


def as_typed_parquet(source: Path, folder: Path) -> Path:
    """Numbers as numbers, dates as dates; identities stay text."""
    ids = dict.fromkeys(("provider_no", "insurer_no", "insured_no", "service_month"), pa.string())
    options = arrow_csv.ConvertOptions(column_types=ids, strings_can_be_null=False)
    target = folder / f"{source.stem}.parquet"
    parquet.write_table(arrow_csv.read_csv(source, convert_options=options), target)
    return target


def as_workbook(source: Path, folder: Path) -> Path:
    """As a clerk keeps it: dates as dates, numbers as numbers, identities as text."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    with source.open(encoding="utf-8-sig", newline="") as given:
        for row in csv.reader(given):
            page.append([_value(cell) for cell in row])
    target = folder / f"{source.stem}.xlsx"
    book.save(target)
    return target


def _value(cell: str) -> object:
    if cell.isdigit() and len(cell) < 5:
        return int(cell)
    try:
        return datetime.date.fromisoformat(cell) if "-" in cell else cell or None
    except ValueError:
        return cell


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The claims of the example month as its plain CSV files give them."""
    visits, providers, recipients = (EXAMPLES / f"{name}.csv" for name in NAMES)
    folder = tmp_path_factory.mktemp("plain")
    return claim_files(visits, folder, providers, recipients).folder


@pytest.mark.parametrize(
    "write",
    [
        as_it_is, in_cp932, as_unicode_text, with_commas_below, all_quoted, as_parquet,
        as_typed_parquet, as_workbook,
    ],
)  # fmt: skip
def test_example_month_in_every_way_gives_the_same_claims(
    tmp_path: Path, plain: Path, write: Write
) -> None:
    visits, providers, recipients = (write(EXAMPLES / f"{name}.csv", tmp_path) for name in NAMES)
    result = claim_files(visits, tmp_path / "out", providers, recipients)
    for name in ("claims.csv", "claim_lines.csv", "problems.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (plain / name).read_bytes()
    assert set(result.problems["rule"]) == {"check_digit"}


def as_texts(source: Path) -> pd.DataFrame:
    return pd.read_csv(source, dtype=str, keep_default_na=False)


def as_typed_frame(source: Path) -> pd.DataFrame:
    """Blank cells make whole numbers floats; identities stay text."""
    ids = dict.fromkeys(("provider_no", "insurer_no", "insured_no"), str)
    return pd.read_csv(source, dtype=ids)


def as_mapping(source: Path) -> dict[str, list[str]]:
    texts = as_texts(source)
    return {str(name): texts[name].tolist() for name in texts}


def as_polars(source: Path) -> pl.DataFrame:
    ids = dict.fromkeys(("provider_no", "insurer_no", "insured_no"), pl.String)
    return pl.read_csv(source, schema_overrides=ids)


def as_arrow(source: Path) -> pa.Table:
    ids = dict.fromkeys(("provider_no", "insurer_no", "insured_no"), pa.string())
    return arrow_csv.read_csv(source, convert_options=arrow_csv.ConvertOptions(column_types=ids))


def as_duckdb(source: Path) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().read_csv(str(source), all_varchar=True)


@pytest.mark.parametrize(
    "take", [as_texts, as_typed_frame, as_mapping, as_polars, as_arrow, as_duckdb, str, Path]
)
def test_example_month_as_a_table_of_any_library_gives_the_same_claims(
    tmp_path: Path, plain: Path, take: Callable[[Path], Any]
) -> None:
    visits, providers, recipients = (take(EXAMPLES / f"{name}.csv") for name in NAMES)
    batch = compute_claims(visits, providers, recipients)
    assert batch.held_visits.empty
    folder = batch.to_folder(tmp_path / "out")
    for name in ("claims.csv", "claim_lines.csv"):
        assert (folder / name).read_bytes() == (plain / name).read_bytes()


@pytest.mark.parametrize("way", ["files", "folder", "pattern"])
def test_month_in_several_files(tmp_path: Path, plain: Path, way: str) -> None:
    heading, *rows = (EXAMPLES / "visits.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    folder = tmp_path / "visits"
    folder.mkdir()
    cuts = [0, 10, 11, len(rows)]
    paths = []
    for at, (first, last) in enumerate(pairwise(cuts), start=9):
        # The last line of a file may have no line feed.
        text = (heading + "".join(rows[first:last])).removesuffix("\n")
        paths.append(folder / f"visits-{at}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    (folder / "~$visits-9.csv").write_text("of Excel")
    (folder / "readme.md").write_text("no input")
    given = {"files": paths, "folder": folder, "pattern": str(folder / "visits-*.csv")}[way]
    providers, recipients = EXAMPLES / "providers.csv", EXAMPLES / "recipients.csv"
    result = claim_files(given, tmp_path / "out", providers, recipients)  # type: ignore[arg-type]
    for name in ("claims.csv", "claim_lines.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (plain / name).read_bytes()
    # Numbers of nobody, each said of the file and line on which it first stands.
    named = places(result.problems)
    assert len(named) == 9
    assert {rule for *_, rule in named} == {"check_digit"}
    for file, line, _, number, _ in named:
        assert line is not None
        assert number in (folder / file).read_text("utf-8").splitlines()[line - 1]
    assert [path.name for path in sorted(folder.iterdir())][:3] != []


def test_held_rows_and_lines_of_several_files(tmp_path: Path) -> None:
    """Files of other encodings; the line of a problem is found in its file."""
    good, bad = visit(1), visit(2, insured_no="0000000002", minutes="x")
    note = {"サービス区分": "地域密着型通所介護"}
    (tmp_path / "a.csv").write_text(csv_text([bad | note, good | note]).removesuffix("\n"), "utf-8")
    later = [{**row, "service_date": "2016-04-03"} | note for row in (good, bad)]
    (tmp_path / "b.csv").write_bytes(csv_text(later).encode("cp932"))
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    result = claim_files(paths, tmp_path / "out")
    assert len(result.problems) == 2
    assert result.summary.units == 2 * 426
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    assert held == csv_text([bad | note, later[1]]).splitlines()

    source = open_input(paths, "visits")
    lines = [line for block in source.blocks(["texts"] * 7) for line in block.lines.tolist()]
    where = [line_of_file(source.files, line) for line in lines]
    assert [(one.shown, line) for one, line in where] == [
        (str(paths[0]), 2), (str(paths[0]), 3), (str(paths[1]), 2), (str(paths[1]), 3),
    ]  # fmt: skip


def test_several_files_that_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text([visit(1)]))
    pd.DataFrame([visit(1)]).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputFileError) as caught:
        compute_claims([tmp_path / "a.csv", tmp_path / "b.parquet"])
    assert "is a Parquet file, and" in str(caught.value)
    assert "同じ形式のファイルを指定してください" in caught.value.say("ja")
    with pytest.raises(InputFileError, match="there is no CSV, Excel or Parquet file"):
        compute_claims(str(tmp_path / "*.xlsx"))
    with pytest.raises(InputFileError, match="visits: no file is named"):
        compute_claims([])


TWO_WAYS: tuple[dict[str, str], dict[str, str]] = (
    {
        "service_date": "提供日", "insured_no": "被保険者番号", "minutes": "所要時間",
        "provider_no": "事業所番号", "insurer_no": "保険者番号", "care_level": "要介護度",
        "bathing": "地域通所介護入浴介助加算", "備考": "備考", "start_time": "開始時刻",
        "end_time": "終了時刻",
    },
    {},
)  # fmt: skip


def written(path: Path, rows: list[dict[str, str]], columns: list[str], way: int) -> Path:
    """Write rows as a file with its own choice, order and language of headings."""
    names = TWO_WAYS[way]
    texts = [{names.get(one, one): row.get(one, "") for one in columns} for row in rows]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([texts[0], *(row.values() for row in texts)])
    elif path.suffix == ".parquet":
        pd.DataFrame(texts).to_parquet(path)
    else:
        book = openpyxl.Workbook()
        assert book.active is not None
        for line in (texts[0], *(row.values() for row in texts)):
            book.active.append(list(line))
        book.save(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_each_file_is_read_by_its_own_headings(tmp_path: Path, ending: str) -> None:
    """In another order and language, with columns of its own; the held rows come back in one."""
    one = [visit(day, insured_no="0000000001", bathing="1") for day in (1, 2)]
    one.append(visit(3, insured_no="0000000002", minutes="x", 備考="a,b"))
    two = [visit(day, insured_no="0000000001") for day in (4, 5)]
    times = {"minutes": "", "start_time": "9:00", "end_time": "14:00"}
    two = [{**row, **times} for row in two]
    two.append({**visit(6, insured_no="0000000002"), **times, "bathing": "1"})
    columns = ["insured_no", "insurer_no", "provider_no", "service_date", "care_level"]
    first = [*columns, "備考", "minutes", "bathing"]
    second = ["end_time", "bathing", *reversed(columns), "start_time"]
    a = written(tmp_path / f"a.{ending}", one, first, 0)
    b = written(tmp_path / f"b.{ending}", two, second, 1)
    done = claim_files([a, b], tmp_path / "out")
    whole = one + two
    every = list(dict.fromkeys([*columns, "minutes", "bathing", "start_time", "end_time"]))
    together = written(tmp_path / "whole.csv", whole, every, 1)
    plain = claim_files(together, tmp_path / "plain")
    assert done.summary == plain.summary
    for name in ("claims.csv", "claim_lines.csv"):
        there = (tmp_path / "out" / name).read_bytes()
        assert there == (tmp_path / "plain" / name).read_bytes()
    assert done.problems[["file", "line", "held_line", "value"]].to_numpy().tolist() == [
        [str(a), 4, 2, "x"]
    ]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["rows"]) for one in record["inputs"]] == [(a.name, 3), (b.name, 3)]
    # The way back: the held rows stand under the headings of both, and are claimed as they are.
    held = tmp_path / "out" / f"held_visits.{ending}"
    assert compute_claims(held).problems["value"].tolist() == ["x"]
    rows = compute_claims([a, b]).held_visits.astype(str)
    assert rows["備考"].tolist()[0] == "a,b"
    assert rows["end_time"].tolist()[1] == "14:00"
    mended = pd.DataFrame(rows).replace({"所要時間": {"x": "300"}}).replace({"nan": "", "None": ""})
    # Two visits of 5 to 7 hours, 641 units each, and one bath of 50.
    assert compute_claims(mended.replace({"<NA>": ""})).claims["total_units"].tolist() == [1332]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_files_of_the_same_columns_in_two_languages(tmp_path: Path, ending: str) -> None:
    columns = list(visit(1))
    one, two = visit(1), visit(2, insured_no="0000000002", minutes="x")
    a = written(tmp_path / f"a.{ending}", [one], columns, 0)
    b = written(tmp_path / f"b.{ending}", [two], columns, 1)
    for files in ([a, b], [b, a]):
        done = claim_files(files, tmp_path / "out", replace=True)
        assert done.summary.claims == done.summary.held_visits == 1
        again = compute_claims(tmp_path / "out" / f"held_visits.{ending}")
        assert again.problems["value"].tolist() == ["x"]
        assert compute_claims(files).held_visits.to_numpy().tolist() == [list(two.values())]


def test_lines_that_cannot_be_told_apart_stay_so_among_files_of_other_headings(
    tmp_path: Path,
) -> None:
    """A cell too many, one too few, a mark left open: none becomes a row by being given back."""
    a = tmp_path / "a.csv"
    a.write_text(csv_text([visit(1, 備考="")]), encoding="utf-8")
    b = tmp_path / "b.csv"
    heading, row = csv_text([visit(2, insured_no="0000000002")]).splitlines()
    spoilt = [f"{row},1", row.rpartition(",")[0], f'"{row}']
    b.write_text("\n".join([heading, *spoilt]), encoding="utf-8")
    done = claim_files([a, b], tmp_path / "out")
    rules = ["malformed_row", "unplaced_row"] * 3
    assert done.problems["rule"].tolist() == rules
    assert done.problems["line"].tolist() == [2, 2, 3, 3, 4, 4]
    # The visit of the other file may be what one of them belongs to.
    assert done.problems["held_line"].tolist() == [3, 3, 4, 4, 5, 5]
    again = compute_claims(tmp_path / "out" / "held_visits.csv")
    assert again.problems["rule"].tolist() == rules
    assert again.claims.empty
    text = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8-sig")
    assert spoilt[1] in text


def test_unicode_text_beside_another_file_is_given_back_with_commas(tmp_path: Path) -> None:
    rows = [visit(1, minutes="x", 備考="山田"), visit(2, minutes="y", 備考="a,b")]
    (tmp_path / "a.csv").write_text(csv_text(rows[:1]), encoding="utf-8")
    sheet = "\r\n".join("\t".join(line) for line in (rows[1], rows[1].values()))
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe" + sheet.encode("utf-16-le"))
    claim_files(tmp_path, tmp_path / "out")
    held = tmp_path / "out" / "held_visits.csv"
    assert compute_claims(held).problems["value"].tolist() == ["x", "y"]
    assert compute_claims(held).held_visits["備考"].tolist() == ["山田", "a,b"]


def test_headings_of_two_files_that_could_be_one_addition_are_refused(tmp_path: Path) -> None:
    """(Ⅰ) of the notice was parted into イ and ロ until 2018 and is one key since 2021."""
    name, key = "地域通所介護サービス提供体制加算Ⅰ", "service_provision_1i"
    for at, heading in enumerate((name, key)):
        path = tmp_path / f"{at}.csv"
        path.write_text(csv_text([visit(at + 1) | {heading: "1"}]), encoding="utf-8")
        assert len(compute_claims(path).claims) == 1
    with pytest.raises(InputFileError) as caught:
        compute_claims(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/1.csv: heading '{key}' is in some month what '{name}' of {tmp_path}/0.csv is; "
        "give the column the same heading in both files"
    )
    assert caught.value.say("ja") == (
        f"{tmp_path}/1.csv: 見出し「{key}」は、{tmp_path}/0.csv の見出し「{name}」と同じ加算を"
        "指す月があります。両方のファイルで同じ見出しにしてください"
    )


def test_files_are_named_together_in_the_language_of_the_message(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        row = {**visit(day), "分数": "300"}
        del row["minutes"]
        (tmp_path / f"{day}.csv").write_text(csv_text([row]), encoding="utf-8")
    with pytest.raises(InputFileError) as caught:
        compute_claims(tmp_path)
    english, japanese = str(caught.value), caught.value.say("ja")
    assert english.splitlines()[0].startswith(f"{tmp_path}/1.csv and 2 more files: line 1: ")
    assert japanese.splitlines()[0].startswith(f"{tmp_path}/1.csv ほか2ファイル: 1行目: ")
    (tmp_path / "2.csv").write_text(csv_text([visit(2) | {"氏名": "山田"}]), encoding="utf-8")
    with pytest.raises(InputFileError) as caught:
        compute_claims(tmp_path)
    assert f"{tmp_path}/1.csv ほか1ファイル: 1行目" in caught.value.say("ja")


def test_lines_of_other_rows_are_named_with_their_file(tmp_path: Path) -> None:
    visits = [tmp_path / "v1.csv", tmp_path / "v2.csv"]
    visits[0].write_text(csv_text([visit(1), visit(2)]), encoding="utf-8")
    visits[1].write_text(csv_text([visit(3), visit(2)]), encoding="utf-8")
    rate = {"insurer_no": "131003", "insured_no": "0000000001", "benefit_rate": "90"}
    recipients = [tmp_path / "r1.csv", tmp_path / "r2.csv"]
    recipients[0].write_text(csv_text([rate]), encoding="utf-8")
    recipients[1].write_text(csv_text([{**rate, "insured_no": "2"}, rate]), encoding="utf-8")
    done = claim_files(visits, tmp_path / "out", recipients=recipients, language="ja")
    problems = done.problems
    assert problems[["file", "line", "insured_no", "rule"]].to_numpy().tolist() == [
        [str(visits[1]), 3, "0000000001", "duplicate_visit"],
        [str(recipients[1]), 2, "", "bad_value"],
        [str(recipients[1]), 3, "0000000001", "bad_value"],
    ]
    assert f"{visits[0]} の3行目と" in problems["message"][0]
    assert f"{recipients[0]} の2行目" in problems["message"][2]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert [one["rows"] for one in record["inputs"]] == [2, 2, 1, 2]


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFileError) as caught:
        compute_claims(tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv")
    assert [line.split(": ")[0][-5:] for line in str(caught.value).splitlines()] == [
        "a.csv", "b.csv", "c.csv",
    ]  # fmt: skip


def test_pipe_is_named(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputFileError, match="is no regular file but a pipe or a device"):
        compute_claims(tmp_path / "pipe")


def test_problems_of_a_single_file_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text([visit(1, minutes="x")]))
    assert places(compute_claims([tmp_path / "a.csv"]).problems) == [
        ("visits", 2, "minutes", "x", "bad_value")
    ]

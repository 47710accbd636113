"""Several files, folders and patterns as one input; the example month however it is written."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import openpyxl
import pandas as pd
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
    import pyarrow as pa

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
    for name in ("claims.csv", "claim_lines.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (plain / name).read_bytes()
    assert result.problems.empty


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
    assert result.problems.empty
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
    (tmp_path / "b.csv").write_text(csv_text([visit(1, bathing="1")]))
    with pytest.raises(InputFileError, match=r"b\.csv: its headings are not those of .*a\.csv"):
        compute_claims(tmp_path)
    pd.DataFrame([visit(1)]).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputFileError) as caught:
        compute_claims([tmp_path / "a.csv", tmp_path / "b.parquet"])
    assert "is a Parquet file, and" in str(caught.value)
    assert "同じ形式のファイルを指定してください" in caught.value.say("ja")
    with pytest.raises(InputFileError, match="there is no CSV, Excel or Parquet file"):
        compute_claims(str(tmp_path / "*.xlsx"))
    with pytest.raises(InputFileError, match="visits: no file is named"):
        compute_claims([])


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

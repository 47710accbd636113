"""Crafted input: what a file could make of a reader that trusts it."""

from __future__ import annotations

import json
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import chiiki_tsusho as ct
from chiiki_tsusho import (
    ChiikiTsushoError,
    InputFileError,
    OutputError,
    compute_claims,
    explain_claim,
)
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.reading import csv_file as csv_files
from chiiki_tsusho.reading.arrow_columns import checked_column
from helpers.inputs import claim_text, compute, csv_text, frame, own, places, visit, visits

OPEN = (
    "a quotation mark is not closed on this line, or closes in front of more text; put the "
    "marks right, or take the line break out of the cell"
)


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("block", [1, 110, 1 << 23])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_quotation_mark_left_open_in_a_last_cell(
    tmp_path: Path, at: int, block: int, end: str
) -> None:
    """At the end of what Arrow is given it takes an open mark for closed."""
    lines = csv_text(visits(3)).splitlines()
    lines[at + 1] = lines[at + 1].replace(",240", ',"240')
    with mock.patch.object(csv_files, "CSV_BLOCK_BYTES", block):
        result = claim_text(tmp_path, "\n".join(lines) + end)
    assert places(own(result.problems)) == [("visits", at + 2, "", "", "malformed_row")]
    assert own(result.problems)["message"].tolist() == [OPEN]
    # All are of one claim.
    assert result.summary.held_visits == 3


def test_mark_of_utf_8_in_a_cell_is_named_wherever_it_stands(tmp_path: Path) -> None:
    for more in ([], ["short"]):
        lines = csv_text(visits(2)).splitlines()
        lines[1] = "\ufeff" + lines[1]
        result = claim_text(tmp_path, "\n".join([*lines, *more]) + "\n")
        problems = own(result.problems)
        assert places(problems)[0][1:3] == (2, "provider_no")
        assert "U+FEFF" in problems["message"][0]


def test_parquet_that_is_replaced_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    frame([visit(1), visit(2, minutes="x")]).to_parquet(path)
    new = tmp_path / "new.parquet"
    frame([visit(3)]).to_parquet(new)

    def progress(_stage: str, _done: int, _whole: int) -> None:
        if new.exists():
            new.replace(path)

    with pytest.raises(InputFileError, match=r"visits\.parquet: has changed while it was read"):
        claim_files(path, tmp_path / "out", progress=progress)


def test_parquet_with_text_that_is_no_utf_8(tmp_path: Path) -> None:
    buffers = [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer("表".encode("cp932"))]
    bad = pa.StringArray.from_buffers(1, *buffers[1:])
    table = pa.table({**{name: [cell] for name, cell in visit(1).items()}, "minutes": bad})
    parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputFileError, match="is a damaged Parquet file"):
        claim_files(tmp_path / "a.parquet", tmp_path / "out")
    with pytest.raises(InputFileError, match="visits: column 'minutes' cannot be read"):
        compute_claims(table)


def test_smallest_number_is_no_blank() -> None:
    least = np.iinfo(np.int64).min
    for values in (
        np.array([least, 240]),
        pa.array([least, 240]),
        pa.array([2**63 + 5, 240], pa.uint64()),
    ):
        rows = frame([visit(1), visit(1, insured_no="0000000002")])
        table = pa.table({**{name: rows[name].tolist() for name in rows}, "minutes": values})
        batch = compute_claims(table)
        shown = str(values[0].as_py() if isinstance(values, pa.Array) else values[0])
        assert places(batch.problems) == [("visits", 2, "minutes", shown, "bad_value")]
    rows = frame([visit(1)]).assign(session=np.array([least]))
    assert places(compute_claims(rows).problems)[0][2:4] == ("session", str(least))


def test_decimals_of_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {**{name: [cell] for name, cell in visit(1).items()}, "minutes": [Decimal("240.00")]}
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    assert claim_files(tmp_path / "a.parquet", tmp_path / "out").summary.units == 426


@pytest.mark.parametrize(
    "value",
    ["\ud800", 10**5000, [1], {"a": 1}, object],
    ids=["surrogate", "long", "list", "mapping", "class"],
)
def test_cells_of_a_frame_that_are_no_text(value: object) -> None:
    rows = frame([visit(1), visit(1, insured_no="0000000002")]).astype(object)
    rows["minutes"] = pd.Series([value, "240"], dtype=object)
    batch = compute_claims(rows)
    assert [place[:3] for place in places(batch.problems)] == [("visits", 2, "minutes")]
    assert batch.claims["insured_no"].tolist() == ["0000000002"]


def test_arrow_columns_of_unusual_types() -> None:
    rows = {name: [cell] for name, cell in visit(1).items()}
    for column in (pa.array(["240"], pa.string_view()), pa.array(["240"]).dictionary_encode()):
        assert len(compute_claims(pa.table({**rows, "minutes": column})).claims) == 1
    batch = compute_claims(pa.table({**rows, "minutes": [[240]]}))
    assert places(batch.problems) == [("visits", 2, "minutes", "[240]", "bad_value")]


@pytest.mark.parametrize(
    "column", ["provider_no", "insurer_no", "insured_no", "service_date", "care_level", "minutes"]
)
def test_a_cell_may_stand_among_any_number_of_blanks(column: str) -> None:
    rows = visits(3)
    rows[0][column] = " " * 400 + rows[0][column]
    rows[1][column] += "\u3000" * 200
    batch = compute_claims(frame(rows))
    assert batch.problems.empty
    assert batch.claims["visits"].tolist() == [3]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("provider_no", f"1370000018.{'0' * 100}1"),
        ("insurer_no", f"131003.{'0' * 100}1"),
        ("insured_no", f"0000000001.{'0' * 100}1"),
        ("service_date", f"2016-04-01 0:00:00.{'0' * 100}1"),
        ("care_level", f"1.{'0' * 100}1"),
        ("minutes", f"240.{'0' * 100}5"),
        ("minutes", f"{'0' * 101}240"),
    ],
)
def test_what_a_long_cell_begins_with_is_not_taken_for_all_of_it(column: str, cell: str) -> None:
    batch = compute_claims(frame([visit(1, **{column: cell})]))
    assert batch.claims.empty
    shown = [place[3:] for place in places(batch.problems) if place[2] == column]
    assert shown == [(f"{cell[:60]}…", "bad_value")]


def test_very_long_cell_costs_no_time_and_is_shown_shortened(tmp_path: Path) -> None:
    # Each of these marks moves past all others when it is normalised.
    marks = "\u0327\u0301" * 100_000
    rows = [visit(1, care_level=f"a{marks}"), visit(1, insured_no=f"0{marks}")]
    started = time.process_time()
    result = claim_text(tmp_path, csv_text(rows))
    assert time.process_time() - started < 2
    assert len(own(result.problems)) == 2
    assert result.problems["value"].str.len().max() < 70
    assert result.problems["message"].str.len().max() < 400


def test_line_that_cannot_be_decoded_is_that_of_the_likely_encoding(tmp_path: Path) -> None:
    text = csv_text([visit(1) | {"入浴介助加算": "1"}, visit(2) | {"入浴介助加算": "1"}]).encode()
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, text.replace(b"2016-04-02", b"2016-04-\xff2"))
    assert "is neither UTF-8 (line 3) nor CP932 (line 1)" in str(caught.value)
    assert "UTF-8(3行目)でもCP932(1行目)でも読めません" in caught.value.say("ja")


def test_numbers_chosen_to_meet_in_the_index() -> None:
    """Persons whose numbers meet in one part of a table that spreads them by a fixed number."""
    spread = np.uint64(0x9E3779B97F4A7C15)
    numbers = np.arange(8_000_000, dtype=np.uint64)
    mixed = numbers * spread
    mixed ^= mixed >> np.uint64(32)
    chosen = numbers[(mixed * spread) >> np.uint64(55) == 0]
    rows = pd.DataFrame([visit(1)] * len(chosen))
    rows["insured_no"] = [f"{number:010}" for number in chosen.tolist()]
    started = time.process_time()
    assert len(compute_claims(rows).claims) == len(chosen) > 15_000
    assert time.process_time() - started < 3


def test_any_row_order_gives_the_same() -> None:
    rows = [visit(1), visit(2, minutes="x", insured_no="0000000002"), visit(3, care_level="3.0")]
    for order in (rows, rows[::-1]):
        batch = compute(order)
        assert batch.claims["total_units"].tolist() == [426 + 552]
        assert len(batch.held_visits) == 1


def in_parts(values: list[object], kind: pa.DataType) -> pa.ChunkedArray:
    """A column of a part for each value."""
    return pa.chunked_array([pa.array([value]).cast(kind) for value in values])


def encoded(*cells: list[object], kind: pa.DataType) -> pa.ChunkedArray:
    """A column of a part for each dictionary, the first of whose cells it holds."""
    dictionaries = [pa.array(one).cast(kind) for one in cells]
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(pa.array([0]), one) for one in dictionaries]
    )


@pytest.mark.parametrize(
    ("column", "units"),
    [
        # To plans of their bits, 19,456 and 23,104, all would be within them.
        (in_parts([16.0, 200.0], pa.float16()), [16, 200]),
        (encoded([16.0], [200.0], kind=pa.float16()), [16, 200]),
        (in_parts([None, None], pa.null()), [426, 426]),
        (encoded([16, None], [None], kind=pa.int64()), [16, 426]),
    ],
)
def test_columns_that_arrow_does_not_join_are_read(
    column: pa.ChunkedArray, units: list[int]
) -> None:
    rows = [visit(1), visit(1, insured_no="0000000002")]
    people = {name: [row[name] for row in rows] for name in ("insurer_no", "insured_no")}
    columns = {**people, "planned_units": column}
    for recipients in (pa.table(columns), columns):
        batch = compute_claims(frame(rows), recipients=recipients)
        assert batch.claims["benefit_units"].tolist() == units


def test_columns_of_arrow_in_a_mapping_are_read_as_in_a_table() -> None:
    """Of numbers that are encoded, pandas would put the last one for a blank: a plan of 16."""
    rows = [visit(1), visit(1, insured_no="0000000002")]
    people = {name: [row[name] for row in rows] for name in ("insurer_no", "insured_no")}
    plans = pa.array([None, 16])
    for column in (plans, plans.dictionary_encode(), pa.chunked_array([plans[:1], plans[1:]])):
        recipients = {**people, "planned_units": column}
        batch = compute_claims(frame(rows), recipients=recipients)
        assert batch.claims["benefit_units"].tolist() == [426, 16]


def test_a_part_without_rows_that_begins_within_a_column() -> None:
    """Arrow fails on it where it was taken over from elsewhere, and on all that it is joined to."""
    rows = frame([visit(1), visit(2)])
    minutes = pa.array([240, 240])
    parts = [minutes[:1], minutes[1:1], minutes[1:]]
    given = pa.table({**rows.to_dict("list"), "minutes": pa.chunked_array(parts)})
    for table in (given, pa.table(pa.RecordBatchReader.from_stream(given).read_all())):
        for taken in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
            batch = compute_claims(taken)
            assert batch.claims["total_units"].tolist() == [2 * 426]
            assert batch.held_visits.empty


def test_rows_that_point_to_no_text_are_damage() -> None:
    # What a flipped bit in the data page of a dictionary column makes of it.
    broken = pa.DictionaryArray.from_arrays(
        pa.array([0, 3], pa.int32()), pa.array(["240", "250"]), safe=False
    )
    with pytest.raises(pa.ArrowInvalid):
        checked_column(pa.chunked_array([broken]), "distinct")


def test_arguments_of_another_kind_are_refused_in_the_words_of_the_package() -> None:
    visits = {
        "provider_no": ["1390000015"],
        "insurer_no": ["139001"],
        "insured_no": ["0000100011"],
        "service_date": ["2016-04-01"],
        "care_level": [1],
        "minutes": [240],
    }
    with pytest.raises(ChiikiTsushoError) as refused:
        compute_claims(visits, codes=5)  # type: ignore[arg-type]
    assert (
        str(refused.value)
        == "codes: CodeBook | CodeTable | str | Path | None was expected, not int"
    )
    assert "codes には CodeBook" in refused.value.say("ja")
    with pytest.raises(ChiikiTsushoError) as refused:
        explain_claim(visits, None)  # type: ignore[arg-type]
    assert str(refused.value) == "insured_no: str was expected, not NoneType"
    assert "insured_no には str" in refused.value.say("ja")


def test_rows_with_columns_of_text_views_are_given_back() -> None:
    visits = pd.DataFrame(
        {
            "provider_no": ["1390000015"] * 2,
            "insurer_no": ["139001"] * 2,
            "insured_no": ["0000100011", "0000100012"],
            "service_date": ["2016-04-01"] * 2,
            "care_level": [1, 2],
            "minutes": pd.Series(["240", "x"], dtype=pd.ArrowDtype(pa.string_view())),
        }
    )
    batch = compute_claims(visits)
    assert len(batch.claims) == 1
    assert batch.held_visits["minutes"].tolist() == ["x"]


RUNS = pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), pa.array(["240", "x"]))


@pytest.mark.parametrize("kind", ["pyarrow", "pandas"])
@pytest.mark.parametrize(
    ("column", "held"),
    [
        (RUNS, ["x"]),
        (pa.array(["240", "x"], pa.string_view()), ["x"]),
        # Bytes are no text: both rows are wrong.
        (pa.array([b"240", b"x"], pa.binary_view()), [b"240", b"x"]),
    ],
    ids=["runs", "views of text", "views of bytes"],
)
def test_columns_of_which_arrow_takes_no_rows(column: pa.Array, held: list[Any], kind: str) -> None:
    rows = [visit(1), visit(1, insured_no="0000000002")]
    table = pa.Table.from_pylist(rows)
    given: Any = table.set_column(table.schema.get_field_index("minutes"), "minutes", column)
    if kind == "pandas":
        given = frame(rows)
        given["minutes"] = pd.Series(pd.arrays.ArrowExtensionArray(column))
        before = given.dtypes["minutes"]
    batch = compute_claims(given)
    assert len(batch.claims) == 2 - len(held)
    assert batch.held_visits["minutes"].tolist() == held
    if kind == "pandas":
        assert given.dtypes["minutes"] == before


def test_views_of_bytes_in_a_parquet_file_are_given_back(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([visit(1)])
    at = rows.schema.get_field_index("minutes")
    path = tmp_path / "visits.parquet"
    parquet.write_table(rows.set_column(at, "minutes", pa.array([b"240"], pa.binary_view())), path)
    claim_files(path, tmp_path / "out")
    held = parquet.read_table(tmp_path / "out" / "held_visits.parquet")
    assert held["minutes"].to_pylist() == [b"240"]


@pytest.mark.parametrize("path", ["a\0b.csv", "\ud800.csv", "x" * 5000])
@pytest.mark.parametrize(
    "read",
    [
        compute_claims,
        lambda path: claim_files([path], "out"),
        lambda path: compute_claims(frame([visit(1)]), codes=path),
        lambda path: claim_files(__file__, "out", codes=path),
        ct.audit,
        ct.read_claim_file,
        ct.read_returns,
        ct.from_plan,
        ct.check_table,
        ct.load_code_book,
        ct.import_master,
        lambda path: ct.import_workbook(path, "2026-06"),
        lambda path: ct.write_report(path),
        lambda path: ct.claim_files(__file__, path),
        ct.write_templates,
        ct.write_register_templates,
    ],
)
def test_what_cannot_be_a_path_is_refused_in_words(read: Any, path: str) -> None:
    with pytest.raises(ChiikiTsushoError) as caught:
        read(path)
    caught.value.say("ja").encode()


def test_a_file_whose_name_is_no_text_is_computed(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x93\xc1"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("names are text here")
    (folder / "visits.csv").write_text(csv_text(visits(3)), encoding="utf-8")
    for _ in range(2):  # the record of the run is found again
        done = claim_files(folder / "visits.csv", folder / "out")
    assert done.summary.claims == 1
    assert json.loads((folder / "out" / "run.json").read_bytes())["inputs"][0]["rows"] == 3
    other = folder / "other.csv"
    other.write_text(csv_text([{**visit(4), "minutes": "long"}]), encoding="utf-8")
    problems = claim_files([folder / "visits.csv", other], folder / "both").problems
    assert {Path(name).name for name in problems["file"]} == {"other.csv"}
    assert "\\udc93" in problems["file"].iloc[0]


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
def test_every_file_may_lie_in_a_folder_whose_name_is_no_text(
    tmp_path: Path, file_format: Any
) -> None:
    """Libraries that take names as UTF-8 alone are given open files."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x93\xc1"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("names are text here")
    rows = frame([*visits(3), visit(4, insured_no="0000000002", minutes="long")])
    given = folder / f"visits.{file_format}"
    # Some writers know no such name either.
    with given.open("wb") as stream:
        if file_format == "csv":
            rows.to_csv(stream, index=False)
        elif file_format == "xlsx":
            rows.to_excel(stream, index=False)
        else:
            stream.write(rows.to_parquet())
    out = folder / "out"
    done = claim_files(given, out, file_format=file_format)
    assert (done.summary.claims, done.summary.held_claims) == (1, 1)
    assert ct.write_report(out).is_file()
    assert ct.write_statements(out, folder / "papers.html") == 1
    corrected = folder / "corrected.csv"
    corrected.write_text(csv_text([visit(4, insured_no="0000000002")]), encoding="utf-8")
    more = claim_files(corrected, folder / "more", add_to=out, file_format=file_format)
    assert (more.summary.claims, more.summary.held_claims) == (1, 0)
    assert ct.write_statements(folder / "more", folder / "papers.html") == 2


def test_a_loop_of_links_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(csv_text(visits(1)), encoding="utf-8")
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(OutputError, match="cannot be written"):
        claim_files(path, tmp_path / "one")


def test_choices_that_there_are_not(tmp_path: Path) -> None:
    wrong: Any
    path = tmp_path / "visits.csv"
    path.write_text(csv_text(visits(1)), encoding="utf-8")
    for name, value in (("unplaced", "Hold"), ("file_format", "xls")):
        wrong = {name: value}
        with pytest.raises(ChiikiTsushoError, match=f"{name} {value!r} is unknown") as caught:
            claim_files(path, tmp_path / "out", **wrong)
        assert "使えません" in caught.value.say("ja")
    wrong = frame([visit(1)])
    with pytest.raises(InputFileError, match="give a table to compute_claims") as caught:
        claim_files(wrong, tmp_path / "out")
    assert "compute_claimsに" in caught.value.say("ja")
    wrong = np.array(["en", "ja"])
    with pytest.raises(ChiikiTsushoError, match="language"):
        compute_claims(path, language=wrong)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("heading", "english", "japanese"),
    [
        (
            "x" * 131_073,
            "line 1: a cell has more than 131,072 characters; the line is damaged",
            "1行目: 131,072文字を超えるセルがあります。行が壊れています",
        ),
        (
            '"note"s',
            "line 1: there is text behind a closed quotation mark; put the quotation marks right",
            "1行目: 閉じた引用符の後に文字があります。引用符を確認してください",
        ),
    ],
)
def test_a_heading_that_is_no_cell_of_a_csv(
    tmp_path: Path, heading: str, english: str, japanese: str
) -> None:
    path = tmp_path / "visits.csv"
    first, *rest = csv_text([visit(1)]).splitlines(keepends=True)
    path.write_text(first.replace("\n", f",{heading}\n") + "".join(rest), "utf-8")
    with pytest.raises(ct.InputFileError) as told:
        ct.compute_claims(path)
    assert str(told.value) == f"{path}: {english}"
    assert told.value.say("ja") == f"{path}: {japanese}"


def test_a_line_of_very_many_headings_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    more = ",".join(f"c{at}" for at in range(100_000))
    path.write_text(f"provider_no,{more}\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="100,001 headings") as caught:
        compute_claims(path)
    assert "100,001個" in caught.value.say("ja")


def test_the_line_of_utf_16_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Counted from the first of the file; U+4E0A has the byte of a line feed."""
    path = tmp_path / "visits.csv"
    headings, row, *_ = csv_text([visit(1) | {"備考": "上上"}]).replace(",", "\t").splitlines()
    lines = f"\ufeff\n{headings}\n{row}\n".encode("utf-16-le")
    path.write_bytes(lines + b"\0\xd8" + f"{row}\n".encode("utf-16-le"))
    with pytest.raises(InputFileError, match=r"is not UTF-16-LE \(line 4\)"):
        compute_claims(path)


def test_utf_16_whose_first_rows_have_no_end_is_refused(tmp_path: Path) -> None:
    """Below a title, headings are looked for in what is read of the rows: here no whole one."""
    path = tmp_path / "visits.csv"
    path.write_bytes(("実績表\n" + "x" * 100_000 + "\n").encode("utf-16"))
    with pytest.raises(InputFileError, match="line 1: is not the headings"):
        compute_claims(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("tail", [b"", b"\n", b"\0", b"\n\0", b"a"])
def test_utf_16_that_ends_within_a_character_ends(
    tmp_path: Path, encoding: str, tail: bytes
) -> None:
    path = tmp_path / "visits.csv"
    for text in ("", "\n\n", "provider_no", "provider_no\tinsurer_no\n1\t2\n"):
        whole = f"\ufeff{text}".encode(encoding)
        for end in range(2, len(whole) + 1):
            path.write_bytes(whole[:end] + tail)
            with pytest.raises(InputFileError):
                claim_files(path, tmp_path / "out")


def test_long_headings_are_compared_with_no_addition() -> None:
    row = {**visit(1), **{f"{'個別機能訓練加算' * 2000}{at}": "" for at in range(20)}}
    started = time.process_time()
    with pytest.raises(InputFileError, match="the heading of column G is unknown"):
        compute([row])
    assert time.process_time() - started < 3

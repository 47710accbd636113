"""What an input may look like: encodings, line ends, cells, types; and that blocks do not show."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims import run as batch_run
from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.reading import csv_file as csv_files
from chiiki_tsusho.reading import data_frame as frames
from chiiki_tsusho.reading import parquet_file as parquet_files
from chiiki_tsusho.reading.inputs import open_source
from conftest import EXAMPLES
from helpers.inputs import (
    CLAIM,
    KEY_COLUMNS,
    RECIPIENT,
    VISIT,
    Cells,
    claim_text,
    compute,
    csv_text,
    frame,
    places,
    texts,
    units,
    visit,
    visits,
    written,
)
from helpers.reference import load_limits, load_rows
from helpers.strategies import FaultyMonth, faulty_months

DATA = Path(__file__).parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")

# Three claims: 2 x 426 + 50; 735 + 50 of 延長; one held.
SAMPLE = [
    visit(1, bathing="1"),
    visit(2, bathing=""),
    visit(1, insured_no="H000000002", minutes="539", bathing="0"),
    visit(3, insured_no="0000000003", care_level="9", bathing=""),
    visit(4, insured_no="0000000003", bathing=""),
]
SAMPLE_UNITS = {CLAIM: 902, (*CLAIM[:3], "H000000002"): 735}
SAMPLE_PROBLEMS = [("visits", 5, "care_level", "9", "bad_value")]
JAPANESE = "事業所番号,保険者番号,被保険者番号,提供日,要介護度,所要時間,入浴介助加算\n"


def japanese(text: str) -> str:
    """The same text under Japanese headings, ～ and 髙 and ① in a cell."""
    rows = text.splitlines(keepends=True)
    return JAPANESE + "".join(rows[1:]).replace(",9,", ",髙①～,")


def check_sample(folder: Path, text: bytes, encoding: str | None = None, value: str = "9") -> None:
    """The sample, however written: its claims, its problem, and its held rows byte for byte."""
    result = claim_text(folder, text, encoding)
    assert places(result.problems) == [("visits", 5, "care_level", value, "bad_value")]
    assert (result.summary.visits, result.summary.held_visits) == (5, 2)
    out = folder / "out"
    claims = written(out, "claims")[1:]
    assert {tuple(row[:4]): int(row[9]) for row in claims} == SAMPLE_UNITS
    lines = text.splitlines(keepends=True)
    held = [lines[0], *(line for line in lines if b"0000000003" in line)]
    assert (out / "held_visits.csv").read_bytes() == b"".join(held)


# ---------------------------------------------------------------- encodings and line ends


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("named", [True, False])
def test_encoding_is_found_or_named(
    tmp_path: Path, encoding: str, newline: str, named: bool
) -> None:
    text = japanese(csv_text(SAMPLE)).replace("\n", newline).encode(encoding)
    name = {"utf-8": "UTF-8", "utf-8-sig": "utf-8", "cp932": "CP932"}[encoding]
    check_sample(tmp_path, text, name if named else None, value="髙①～")


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "windows-31j", "Shift_JIS", "utf-8-sig"])
def test_ascii_is_of_every_encoding(tmp_path: Path, encoding: str) -> None:
    check_sample(tmp_path, csv_text(SAMPLE).encode(), encoding)


def test_roman_numerals_of_published_names_in_cp932(tmp_path: Path) -> None:
    rows = [visit(1) | {"個別機能訓練加算Ⅰ": "1", "地域通所介護サービス提供体制加算Ⅰ": "1"}]
    result = claim_text(tmp_path, csv_text(rows).encode("cp932"))
    assert result.problems.empty
    assert result.summary.units == 426 + 46 + 18


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        (japanese(csv_text(SAMPLE)).encode("cp932"), "utf-8", "not UTF-8 (line 1)"),
        ("a,é\n1,2\n".encode("latin-1"), None, "neither UTF-8 (line 1) nor CP932 (line 1)"),
        (
            csv_text(SAMPLE).encode() + "3,é\n".encode("latin-1"),
            None,
            "neither UTF-8 (line 7) nor CP932 (line 7)",
        ),
        (csv_text(SAMPLE).encode() + "ï¿\n".encode("latin-1"), "cp932", "not CP932 (line 7)"),
        (csv_text(SAMPLE).encode() + b"\x80", "utf-8", "not UTF-8 (line 7)"),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(500),
            None,
            "is a binary file; a CSV file was expected",
        ),
        (csv_text(SAMPLE).encode("utf-16-le"), None, "is UTF-16 without the mark at its beginning"),
        (csv_text(SAMPLE).encode("utf-16-be"), None, "is UTF-16 without the mark at its beginning"),
        (csv_text(SAMPLE).encode("utf-16"), "cp932", "is UTF-16; give no other encoding"),
        (csv_text(SAMPLE).encode(), "utf-16", "does not begin with the mark of UTF-16"),
        (japanese(csv_text(SAMPLE)).encode("iso-2022-jp", "replace"), None, "is ISO-2022-JP"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
            None,
            "is a workbook of Excel 97-2003 (.xls) or one locked by a password",
        ),
        (b"", None, "is empty; a line of headings was expected"),
        (b"\xef\xbb\xbf", None, "is empty; a line of headings was expected"),
        (b"\n\n", None, "is empty; a line of headings was expected"),
        (
            csv_text(SAMPLE).replace("\n", "\r").encode(),
            None,
            "its lines end in CR alone; save it as CSV UTF-8 (lines ending in LF or CRLF)",
        ),
        (b"PK\x03\x04" + b"sheet", None, "is a damaged Excel workbook"),
        (b"PAR1" + b"rows" * 9, None, "is a damaged Parquet file"),
        (b"PAR1", None, "is a damaged Parquet file"),
    ],
)
def test_what_cannot_be_read_at_all(
    tmp_path: Path, text: bytes, encoding: str | None, message: str
) -> None:
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, text, encoding)
    assert str(caught.value).startswith(f"{tmp_path / 'visits.csv'}: ")
    assert message in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["visits.csv"]


def test_undecodable_byte_of_a_late_block_is_told_by_its_line(tmp_path: Path) -> None:
    text = csv_text(visits(30)).encode() + b"\x81\n"
    with (
        mock.patch.object(csv_files, "CSV_BLOCK_BYTES", 100),
        pytest.raises(InputFileError, match=r"neither UTF-8 \(line 32\) nor CP932 \(line 32\)"),
    ):
        claim_text(tmp_path, text)


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="is a folder; a file was expected"):
        open_source(tmp_path)
    with pytest.raises(InputFileError, match="there is no such file; check the path"):
        open_source(tmp_path / "none.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputFileError, match="cannot be read: Not a directory"):
        open_source(tmp_path / "file" / "visits.csv")


def test_encoding_that_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(
        InputFileError, match="encoding 'latin-1' is unknown; give utf-8, cp932 or utf-16"
    ):
        claim_text(tmp_path, csv_text(SAMPLE), "latin-1")


@pytest.mark.parametrize("heading_only", [csv_text(SAMPLE).splitlines()[0], "heading\n"])
def test_heading_only(tmp_path: Path, heading_only: str) -> None:
    text = heading_only.replace("heading", csv_text(SAMPLE).splitlines()[0])
    result = claim_text(tmp_path, text)
    assert result.problems.empty
    assert (result.summary.visits, result.summary.claims) == (0, 0)
    assert [len(written(tmp_path / "out", name)) for name in ("claims", "claim_lines")] == [1, 1]


def test_last_line_may_end_without_a_newline(tmp_path: Path) -> None:
    check_sample(tmp_path, csv_text(SAMPLE).encode().removesuffix(b"\n"))


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    lines = csv_text(SAMPLE).encode().splitlines()
    ends = [b"\r\n", b"\n", b"\r\n", b"\n", b"\r\n", b"\n"]
    check_sample(tmp_path, b"".join(line + end for line, end in zip(lines, ends, strict=True)))
    # The last line may end in CR alone where nothing follows.
    check_sample(tmp_path, b"\r\n".join(lines) + b"\r")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_count_as_lines_and_not_as_rows(tmp_path: Path, end: str) -> None:
    heading, one, two, three, bad, other = csv_text(SAMPLE).splitlines()
    text = end.join([heading, "", one, two, "", "", three, bad, other, "", ""])
    result = claim_text(tmp_path, text)
    assert places(result.problems) == [("visits", 8, "care_level", "9", "bad_value")]
    assert result.summary.visits == 5
    held = (tmp_path / "out" / "held_visits.csv").read_bytes().decode()
    assert held == end.join([heading, bad, other, ""])


# ---------------------------------------------------------------- cells


def test_quoted_cells(tmp_path: Path) -> None:
    rows = csv_text(SAMPLE).splitlines()
    quoted = [",".join(f'"{cell}"' for cell in row.split(",")) for row in rows]
    check_sample(tmp_path, ("\n".join(quoted) + "\n").encode())


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"1,5"', "1,5"),
        ('"1""5"', '1"5'),
        ('1"5', '1"5'),
        ('""""', '"'),
        ('"' + "1" * 200_000 + '"', "1" * 60 + "…"),
    ],
)
def test_quotation_marks_in_a_cell(tmp_path: Path, cell: str, value: str) -> None:
    rows = csv_text([visit(1), visit(2, insured_no="0000000002", care_level="@")])
    # The same, read as a table and (for the row that is too short) line by line.
    for more in ("", "1370000091,131003,9\n"):
        result = claim_text(tmp_path, rows.replace("@", cell) + more)
        assert places(result.problems)[0] == ("visits", 3, "care_level", value, "bad_value")
        assert len(result.problems) == 1 + 2 * bool(more)


@pytest.mark.parametrize("cell", ['"1"5', '"1"5"', '""1', '"1,"5'])
def test_text_behind_a_closed_mark_is_of_no_cell(tmp_path: Path, cell: str) -> None:
    """Strict readers refuse such a row; others take 15 for what it says."""
    other = visit(2, insured_no="0000000002", care_level="@")
    rows = csv_text([visit(1), other, visit(3, insured_no="0000000002")])
    result = claim_text(tmp_path, rows.replace("@", cell))
    assert places(result.problems) == [
        ("visits", 3, "", "", "malformed_row"),
        ("visits", 3, "", "", "unplaced_row"),
    ]
    assert (result.summary.claims, result.summary.held_visits) == (1, 2)


def test_line_beyond_all_measure_is_held_alone(tmp_path: Path) -> None:
    other = visit(2, insured_no="0000000002", care_level="1" * 5_000_000)
    result = claim_text(tmp_path, csv_text([visit(1), other]))
    (problem,) = result.problems.to_dict("records")
    assert (problem["line"], problem["rule"]) == (3, "bad_value")
    assert result.summary.units == 426


def test_quotation_mark_left_open_spoils_one_line(tmp_path: Path) -> None:
    text = csv_text([visit(1), visit(2), visit(3), visit(4)]).splitlines()
    text[2] = text[2].replace("240", '"240')
    text[4] = text[4].replace("240", '"240')
    result = claim_text(tmp_path, "\n".join(text))
    assert places(result.problems) == [
        ("visits", line, "", "", rule)
        for line in (3, 5)
        for rule in ("malformed_row", "unplaced_row")
    ]
    # Their first cells say whose they are; the rows between them are read.
    assert (result.summary.visits, result.summary.held_visits) == (4, 4)


@pytest.mark.parametrize("other", ["1", "要介護1"])
@pytest.mark.parametrize(
    ("column", "cell", "found"),
    [
        # What is wrong is shown as it was written, what is right is what it says.
        ("care_level", "09", "bad_value"),
        ("care_level", " 9", "bad_value"),
        ("bathing", "02", "bad_value"),
        ("session", "010", "bad_value"),
        ("minutes", "-01", "bad_value"),
        ("minutes", "+240", "bad_value"),
        ("minutes", "0x1F", "bad_value"),
        ("minutes", "0X1F", "bad_value"),
        ("minutes", "2e2", "bad_value"),
        ("minutes", "240.5", "bad_value"),
        ("minutes", "240.0", None),
        ("minutes", "４：００", None),
        ("minutes", "99999", "outside_every_band"),
        ("minutes", "9999999999", "bad_value"),
        ("minutes", " 240 ", None),
        ("minutes", "\t240", None),
        ("minutes", "00240", None),
        ("minutes", "0000000000000240", None),
        ("bathing", "-0", None),
        ("bathing", "000", None),
        ("session", " ", None),
    ],
)
def test_number_of_one_row_is_read_whatever_the_others_are(
    tmp_path: Path, column: str, cell: str, found: str | None, other: str
) -> None:
    rows = [visit(1, **{column: cell}), visit(1, insured_no="0000000002", care_level=other)]
    result = claim_text(tmp_path, csv_text(rows))
    expected = [] if found is None else [("visits", 2, column, cell, found)]
    assert places(result.problems) == expected
    assert places(compute(rows).problems) == expected
    assert result.summary.units == 426 * (2 - len(expected))


@pytest.mark.parametrize("word", ["NA", "NaN", "null", "None", "#N/A", "nan", "TRUE"])
def test_words_for_nothing_are_words(word: str, tmp_path: Path) -> None:
    rows = [visit(1, minutes=word)]
    assert places(claim_text(tmp_path, csv_text(rows)).problems) == places(compute(rows).problems)
    assert places(compute(rows).problems) == [("visits", 2, "minutes", word, "bad_value")]


# ---------------------------------------------------------------- the types of a frame


def test_index_of_a_frame_plays_no_part() -> None:
    table = frame(SAMPLE)
    want = compute_claims(table)
    for index in (
        pd.Index([7] * 5),
        pd.Index([3, 1, 4, 0, 2]),
        pd.MultiIndex.from_product([["a"], range(5)]),
        pd.date_range("2016-04-01", periods=5),
        pd.Index([None] * 5, name="minutes", dtype=object),
    ):
        odd = table.set_axis(index)
        got = compute_claims(odd, None, frame([RECIPIENT]).set_axis([9]).iloc[:0])
        assert (got.problems["rule"] == "unknown_recipient").sum() == 3
        got = compute_claims(odd)
        for name in ("claims", "claim_lines", "problems", "held_visits"):
            pd.testing.assert_frame_equal(getattr(got, name), getattr(want, name))


Cast = Callable[["pd.Series[Any]"], "pd.Series[Any]"]
TEXT_TYPES: dict[str, Cast] = {
    "object": lambda column: column.astype(object),
    "str": lambda column: column.astype("str"),
    "string[python]": lambda column: column.astype(pd.StringDtype("python")),
    "string[pyarrow]": lambda column: column.astype(pd.StringDtype("pyarrow")),
    "category": lambda column: column.astype("category"),
    "category, unused ones too": lambda column: column.astype(
        pd.CategoricalDtype(["x", *sorted(set(column), reverse=True)])
    ),
    "arrow string": lambda column: column.astype(pd.ArrowDtype(pa.string())),
    "arrow large string": lambda column: column.astype(pd.ArrowDtype(pa.large_string())),
    "arrow dictionary": lambda column: column.astype(
        pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))
    ),
    "numpy text": lambda column: pd.Series([np.str_(text) for text in column], dtype=object),
}


@pytest.mark.parametrize("name", TEXT_TYPES)
def test_type_of_text_plays_no_part(name: str) -> None:
    table = frame(SAMPLE)
    want = compute_claims(table)
    got = compute_claims(table.apply(TEXT_TYPES[name]))
    for output in ("claims", "claim_lines", "problems"):
        pd.testing.assert_frame_equal(getattr(got, output), getattr(want, output))
    assert texts(got.held_visits) == texts(want.held_visits)
    # A held row keeps the type the caller gave it.
    assert dict(got.held_visits.dtypes) == dict(table.apply(TEXT_TYPES[name]).dtypes)


VALUES: dict[str, tuple[str, list[object], object]] = {
    "whole numbers": ("care_level", [1, 1, 1, 9, 1], "int64"),
    "small whole numbers": ("care_level", [1, 1, 1, 9, 1], "uint8"),
    "floats": ("care_level", [1.0, 1.0, 1.0, 9.0, 1.0], "float64"),
    "whole numbers that may be blank": ("bathing", [1, None, 0, None, None], "Int64"),
    "floats because of blanks": ("bathing", [1.0, np.nan, 0.0, np.nan, None], "float64"),
    "arrow whole numbers": ("bathing", [1, None, 0, None, 0], pd.ArrowDtype(pa.int16())),
    "flags": ("bathing", [True, False, False, False, False], "bool"),
    "flags that may be blank": ("bathing", [True, None, False, None, None], "boolean"),
    "flags among nothing": ("bathing", [True, None, False, None, np.nan], "object"),
    "numpy flags": ("bathing", [np.bool_(True), None, None, None, None], "object"),
    "all kinds of nothing": ("bathing", [1, None, np.nan, pd.NA, pd.NaT], "object"),
    "numbers and texts": ("bathing", [1, "", "0", 0.0, None], "object"),
    "categories of numbers": ("bathing", [1, 0, 0, None, None], "category"),
}
DATES = [dt.date(2016, 4, day) for day in (1, 2, 1, 3, 4)]


@pytest.mark.parametrize("name", VALUES)
def test_numbers_of_a_frame(name: str) -> None:
    column, values, kind = VALUES[name]
    table = frame(SAMPLE)
    table[column] = pd.Series(values, dtype=kind)  # type: ignore[call-overload]
    got = compute_claims(table)
    assert units(got.claims) == SAMPLE_UNITS
    assert places(got.problems) == SAMPLE_PROBLEMS


@pytest.mark.parametrize(
    "dates",
    [
        pd.Series(DATES, dtype=object),
        pd.Series(pd.to_datetime(DATES)),
        pd.Series(pd.to_datetime(DATES).as_unit("s")),
        pd.Series([pd.Timestamp(date) for date in DATES], dtype=object),
        pd.Series([dt.datetime.combine(date, dt.time()) for date in DATES], dtype=object),
        pd.Series([np.datetime64(date) for date in DATES], dtype=object),
        pd.Series(DATES, dtype=pd.ArrowDtype(pa.date32())),
        pd.Series(DATES).astype("category"),
        pd.Series([f"{date:%Y%m%d}" for date in DATES]).astype("int64"),
    ],
)
def test_dates_of_a_frame(dates: pd.Series[Any]) -> None:
    table = frame(SAMPLE)
    table["service_date"] = dates
    got = compute_claims(table)
    assert units(got.claims) == SAMPLE_UNITS
    assert places(got.problems) == SAMPLE_PROBLEMS


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("service_date", pd.Timestamp("2016-04-01 09:30"), "2016-04-01 09:30:00"),
        ("service_date", pd.Timestamp("2016-04-01", tz="Asia/Tokyo"), "2016-04-01 00:00:00+09:00"),
        ("minutes", 239.5, "239.5"),
        ("minutes", float("inf"), "inf"),
        ("minutes", -1, "-1"),
        ("minutes", True, "True"),
        ("minutes", [240], "[240]"),
        ("care_level", b"1", "b'1'"),
        ("care_level", 1 + 0j, "(1+0j)"),
    ],
)
def test_values_of_a_frame_that_are_none(column: str, value: object, shown: str) -> None:
    table = pd.DataFrame([{**VISIT, column: value}, {**VISIT, "insured_no": "0000000002"}])
    got = compute_claims(table)
    assert places(got.problems) == [("visits", 2, column, shown, "bad_value")]
    assert list(got.claims["insured_no"]) == ["0000000002"]
    assert got.held_visits[column].tolist() == [value]


def test_numbers_for_identifiers_have_lost_their_zeros() -> None:
    table = pd.DataFrame([{**VISIT, "insured_no": 1, "provider_no": 1370000018}] * 2)
    got = compute_claims(table)
    assert places(got.problems) == [
        place
        for line in (2, 3)
        for place in (
            ("visits", line, "insured_no", "1", "bad_value"),
            ("visits", line, "", "", "unplaced_row"),
        )
    ]
    assert "format the column as text and put them back" in got.problems["message"][0]
    # Where no zero stood in front a number says the same as its text.
    whole = pd.DataFrame([{**VISIT, "insured_no": 1234567890, "insurer_no": 131003.0}])
    assert units(compute_claims(whole).claims) == {(*CLAIM[:3], "1234567890"): 426}


def test_rows_of_nothing() -> None:
    got = compute_claims(frame(SAMPLE).iloc[:0], frame([VISIT]).iloc[:0].loc[:, ["provider_no"]])
    assert got.claims.empty
    assert got.claim_lines.empty
    assert got.problems.empty
    assert list(got.held_visits) == list(frame(SAMPLE))


def test_types_of_the_result() -> None:
    for rows in (SAMPLE, SAMPLE[3:]):
        got = compute(rows)
        assert [str(kind) for kind in got.claims.dtypes] == (
            ["str"] * 4 + ["Int64"] + ["int64"] * 8 + ["Int64"] * 7 + ["int64"]
        )
        assert [str(kind) for kind in got.claim_lines.dtypes] == ["str"] * 5 + ["int64"] * 6
        numbers = {"line": "Int64", "held_line": "Int64"}
        assert {name: str(kind) for name, kind in got.problems.dtypes.items()} == {
            column.name: numbers.get(column.name, "str") for column in PROBLEMS
        }


# ---------------------------------------------------------------- Parquet


def parquet_file(folder: Path, table: pa.Table, row_group: int = 1 << 20) -> Path:
    path = folder / "visits.data"
    parquet.write_table(table, path, row_group_size=row_group)
    return path


def sample_as(kind: pa.DataType) -> dict[str, pa.Array]:
    """The sample, every column of one type of text."""
    return {name: pa.array([row[name] for row in SAMPLE], kind) for name in SAMPLE[0]}


PARQUET: dict[str, dict[str, pa.Array]] = {
    "text": {},
    "large text": sample_as(pa.large_string()),
    "text views": sample_as(pa.string_view()),
    "dictionaries": sample_as(pa.dictionary(pa.int32(), pa.string())),
    "small dictionaries": sample_as(pa.dictionary(pa.int8(), pa.string())),
    "numbers": {
        "care_level": pa.array([1, 1, 1, 9, 1], pa.int8()),
        "minutes": pa.array([240, 240, 539, 240, 240], pa.uint16()),
        "bathing": pa.array([1, None, 0, None, None], pa.int64()),
        "insurer_no": pa.array([131003] * 5, pa.int32()),
    },
    "floats": {
        "bathing": pa.array([1.0, None, 0.0, None, None]),
        "care_level": pa.array([1.0, 1, 1, 9, 1], pa.float32()),
    },
    "decimals": {"minutes": pa.array([240, 240, 539, 240, 240]).cast(pa.decimal128(19, 0))},
    "flags": {"bathing": pa.array([True, None, False, None, False])},
    "dates": {"service_date": pa.array(DATES, pa.date32())},
    "times": {"service_date": pa.array(DATES, pa.date32()).cast(pa.timestamp("us"))},
    "fine times": {"service_date": pa.array(DATES, pa.date32()).cast(pa.timestamp("ns"))},
    "blanks": {"bathing": pa.array(["1", None, None, None, None])},
    "nothing": {"no_transport": pa.nulls(5)},
    "nothing as text": {"no_transport": pa.nulls(5, pa.string())},
}


@pytest.mark.parametrize("row_group", [2, 1 << 20])
@pytest.mark.parametrize("block", [1, 2, 1 << 18])
@pytest.mark.parametrize("name", PARQUET)
def test_types_of_a_parquet_file(tmp_path: Path, name: str, block: int, row_group: int) -> None:
    table = pa.table({**sample_as(pa.string()), **PARQUET[name]})
    path = parquet_file(tmp_path, table, row_group)
    with mock.patch.object(parquet_files, "ROWS_OF_A_BLOCK", block):
        result = claim_files(path, tmp_path / "out")
    assert places(result.problems) == SAMPLE_PROBLEMS
    claims = written(tmp_path / "out", "claims")[1:]
    assert {tuple(row[:4]): int(row[9]) for row in claims} == SAMPLE_UNITS
    # The held rows are those of the file, in its own schema.
    held = parquet.read_table(tmp_path / "out" / "held_visits.parquet")
    same = parquet.read_table(path).slice(3)
    assert held.schema == same.schema
    assert held.to_pylist() == same.to_pylist()


def test_blanks_of_a_parquet_file_may_be_no_number(tmp_path: Path) -> None:
    table = pa.table({**sample_as(pa.string()), "bathing": [1.0, float("nan"), 0.0, None, None]})
    result = claim_files(parquet_file(tmp_path, table), tmp_path / "out")
    assert places(result.problems) == SAMPLE_PROBLEMS
    assert result.summary.units == sum(SAMPLE_UNITS.values())


def test_metadata_of_a_parquet_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    frame(SAMPLE).set_axis([5, 4, 3, 2, 1]).astype({"care_level": "category"}).to_parquet(path)
    # pandas keeps its index as a column of its own, which never bills.
    of_an_index = claim_files(path, tmp_path / "of_an_index")
    assert places(of_an_index.problems) == SAMPLE_PROBLEMS
    held = pd.read_parquet(tmp_path / "of_an_index" / "held_visits.parquet")
    assert held.index.tolist() == [2, 1]
    frame(SAMPLE).astype({"care_level": "category"}).to_parquet(path, index=False)
    claim_files(path, tmp_path / "out")
    held = pd.read_parquet(tmp_path / "out" / "held_visits.parquet")
    assert str(held["care_level"].dtype) == "category"
    assert texts(held) == texts(frame(SAMPLE[3:]))


def test_blank_identifiers_of_a_parquet_file(tmp_path: Path) -> None:
    table = pa.table({**sample_as(pa.string()), "insured_no": ["0000000001", None, None, "", "x"]})
    result = claim_files(parquet_file(tmp_path, table), tmp_path / "out")
    found = [place[1:] for place in places(result.problems)]
    assert [place for place in found if place[-1] != "unplaced_row"] == [
        (3, "insured_no", "", "missing_value"),
        (4, "insured_no", "", "missing_value"),
        (5, "care_level", "9", "bad_value"),
        (5, "insured_no", "", "missing_value"),
        (6, "insured_no", "x", "bad_value"),
    ]
    assert [place[0] for place in found if place[-1] == "unplaced_row"] == [3, 4, 5, 6]
    assert result.summary.held_visits == 5


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.int16(), pa.uint32()])
def test_dictionary_as_large_as_its_positions_allow(tmp_path: Path, index: pa.DataType) -> None:
    # 128 persons fill a dictionary of int8; the blank cell after them must still be told.
    positions = pa.array([*range(128), None], index)
    persons = pa.array([f"{number:010}" for number in range(128)])
    table = pa.table(
        {
            **{name: [cell] * 129 for name, cell in VISIT.items()},
            "insured_no": pa.DictionaryArray.from_arrays(positions, persons),
        }
    )
    result = claim_files(parquet_file(tmp_path, table), tmp_path / "out")
    got = compute_claims(table.to_pandas(types_mapper=pd.ArrowDtype))
    for problems in (result.problems, got.problems):
        assert places(problems) == [
            ("visits", 130, "insured_no", "", "missing_value"),
            ("visits", 130, "", "", "unplaced_row"),
        ]
    # The row may be of any of them.
    assert len(got.held_visits) == result.summary.held_visits == 129


@pytest.mark.parametrize("part", [8, 100, -20, -5])
def test_damaged_parquet_file(tmp_path: Path, part: int) -> None:
    path = parquet_file(tmp_path, pa.table(sample_as(pa.string())))
    path.write_bytes(path.read_bytes()[:part])
    with pytest.raises(InputFileError, match="is a damaged Parquet file"):
        claim_files(path, tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_parquet_file_damaged_inside(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, pa.table(sample_as(pa.string())))
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 60 + data[64:])
    with pytest.raises(InputFileError, match="is a damaged Parquet file"):
        claim_files(path, tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_parquet_file_that_names_more_rows_than_it_holds(tmp_path: Path) -> None:
    table = pa.table({name: [cell] * 1000 for name, cell in VISIT.items()})
    path = parquet_file(tmp_path, table)
    data = path.read_bytes()
    # The number of rows of the file (FileMetaData, field 3), the first of these in its footer.
    rows, one_more = b"\x16\xd0\x0f", b"\x16\xd2\x0f"
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:footer] + data[footer:].replace(rows, one_more, 1))
    with pytest.raises(InputFileError) as caught:
        claim_files(path, tmp_path / "out")
    assert str(caught.value) == (
        f"{path}: is a damaged Parquet file: it names 1,001 rows and 1,000 can be read"
    )
    assert "1,001行あるはずですが、1,000行しか読めません" in caught.value.say("ja")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("note", [b"{", b"\xff\xfe", b"[]", b'{"columns": 3}'])
def test_parquet_and_tables_with_a_damaged_note_of_pandas(tmp_path: Path, note: bytes) -> None:
    rows = [visit(1), visit(2, minutes="x")]
    plain = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    noted = plain.replace_schema_metadata({b"pandas": note})
    want = compute_claims(plain)
    assert len(want.held_visits) == 2
    assert compute_claims(noted) == want
    assert compute_claims(parquet_file(tmp_path, noted)).held_visits.equals(want.held_visits)


def test_a_damaged_parquet_file_of_which_a_heading_is_unknown(tmp_path: Path) -> None:
    # The rows in which the headings are looked for cannot be read.
    path = parquet_file(tmp_path, pa.table({"a": ["x"] * 9, "b": ["y"] * 9}))
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 60 + data[64:])
    with pytest.raises(InputFileError, match="none of its cells names a column"):
        claim_files(path, tmp_path / "out")


def test_parquet_of_lists(tmp_path: Path) -> None:
    table = pa.table({**sample_as(pa.string()), "minutes": [[240]] * 5})
    result = claim_files(parquet_file(tmp_path, table), tmp_path / "out")
    assert set(result.problems["value"]) == {"[240]", "9"}
    assert set(result.problems["rule"]) == {"bad_value"}


# ---------------------------------------------------------------- blocks


@contextlib.contextmanager
def small_blocks(size: int, claims: int = 1 << 13) -> Iterator[None]:
    """Read files and frames, and price claims, so many at a time."""
    with (
        mock.patch.object(csv_files, "CSV_BLOCK_BYTES", size),
        mock.patch.object(parquet_files, "ROWS_OF_A_BLOCK", max(1, size // 64)),
        mock.patch.object(frames, "ROWS_OF_A_BLOCK", max(1, size // 64)),
        mock.patch.object(batch_run, "CLAIMS_OF_A_SLICE", claims),
    ):
        yield


def result_of(path: Path, folder: Path) -> list[object]:
    """Everything a run of a file gives, as text."""
    result = claim_files(path, folder)
    held = (folder / "held_visits.csv").read_bytes()
    outputs = [written(folder, name) for name in ("claims", "claim_lines", "problems")]
    return [*outputs, held, result.summary]


@pytest.mark.parametrize("size", [1, 7, 64, 200, 1000, 1 << 24])
@pytest.mark.parametrize("claims", [1, 2, 5, 1 << 13])
def test_bad_row_of_the_last_block_holds_the_first(tmp_path: Path, size: int, claims: int) -> None:
    rows = [
        *visits(10),
        *visits(10, insured_no="0000000002"),
        *visits(5, insured_no="0000000003"),
        visit(5, insured_no="0000000003"),
        visit(30, minutes="x"),
    ]
    lines = csv_text(rows).splitlines()
    # Of the third person too, as far as they can be read.
    third = "1370000018,131003,0000000003,"
    lines[8:8] = ["", f"{third}2016-04-20", f'{third}2016-04-21,1,"240', ""]
    lines.append(third)
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with small_blocks(size, claims):
        result = claim_files(path, tmp_path / "out")
    assert places(result.problems) == [
        ("visits", 10, "", "", "malformed_row"),
        ("visits", 10, "", "", "unplaced_row"),
        ("visits", 11, "", "", "malformed_row"),
        ("visits", 11, "", "", "unplaced_row"),
        ("visits", 31, "service_date", "2016-04-05", "duplicate_visit"),
        ("visits", 32, "minutes", "x", "bad_value"),
        ("visits", 33, "", "", "malformed_row"),
        ("visits", 33, "", "", "unplaced_row"),
    ]
    assert written(tmp_path / "out", "claims")[1][:10] == [
        *CLAIM[:3],
        "0000000002",
        "1",
        "10",
        "10",
        "4260",
        "0",
        "4260",
    ]
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    not_held = [line for line in lines if ",0000000002," in line or line == ""]
    assert held == [line for line in lines if line not in not_held]


@settings(max_examples=int(EXAMPLES or 12))
@given(
    faulty_months(ROWS, LIMITS),
    st.sampled_from([300, 1000, 5000]),
    st.integers(1, 5),
    st.sampled_from(["utf-8", "utf-8-sig", "cp932"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_block_size_shows(
    month: FaultyMonth, size: int, claims: int, encoding: str, newline: str
) -> None:
    want = compute_claims(month.visits, month.providers, month.recipients)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths: dict[str, Path | None] = {}
        for file in ("visits", "providers", "recipients"):
            table = getattr(month, file)
            paths[file] = None if table is None else folder / f"{file}.csv"
            if table is not None:
                text = table.to_csv(index=False, lineterminator=newline)
                (folder / f"{file}.csv").write_bytes(text.encode(encoding))
        with small_blocks(size, claims):
            own = compute_claims(month.visits, month.providers, month.recipients)
            result = claim_files(
                paths["visits"] or "", folder / "out", paths["providers"], paths["recipients"]
            )
        for output in ("claims", "claim_lines", "problems", "held_visits"):
            pd.testing.assert_frame_equal(getattr(own, output), getattr(want, output))
            if output != "held_visits":
                assert written(folder / "out", output) == texts(getattr(want, output))
        lines = (folder / "visits.csv").read_bytes().splitlines(keepends=True)
        held = [lines[0], *(lines[line - 1] for line in sorted(month.held_lines))]
        assert (folder / "out" / "held_visits.csv").read_bytes() == b"".join(held)
        assert result.summary.held_visits == len(month.held_lines)


@pytest.mark.parametrize("kind", ["one.csv", "one.parquet", "two files", "frame"])
def test_only_blocks_with_rows_to_give_back_are_read_again(tmp_path: Path, kind: str) -> None:
    rows = [visit(day, insured_no=f"{person:010}") for person in range(40) for day in range(1, 6)]
    rows[101]["minutes"] = "x"
    given: Any = pd.DataFrame(rows)
    if kind == "one.csv":
        given.to_csv(tmp_path / kind, index=False)
    elif kind == "one.parquet":
        given.to_parquet(tmp_path / kind)
    elif kind == "two files":
        for at, part in enumerate((given[:90], given[90:])):
            part.to_csv(tmp_path / f"{at}.csv", index=False)
    again: list[int] = []

    def progress(stage: str, done: int, _whole: int) -> None:
        if stage == "held rows":
            again.append(done)

    with small_blocks(320):
        if kind == "frame":
            result: Any = compute_claims(given, progress=progress)
            held = result.held_visits
        else:
            result = claim_files(sorted(tmp_path.iterdir()), tmp_path / "out", progress=progress)
            name = "held_visits.parquet" if kind.endswith("parquet") else "held_visits.csv"
            read = pd.read_parquet if kind.endswith("parquet") else pd.read_csv
            held = read(tmp_path / "out" / name).astype(str)
    # Of some forty blocks the two that the person's five rows may lie in.
    assert 1 <= len(again) <= 2
    [(_, line, *what)] = places(result.problems)
    assert (line, what) == (13 if kind == "two files" else 103, ["minutes", "x", "bad_value"])
    assert held["insured_no"].astype(int).tolist() == [20] * 5
    assert held["minutes"].tolist() == ["240", "x", "240", "240", "240"]


# ---------------------------------------------------------------- held rows, once corrected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_corrected_held_rows_are_computed(tmp_path: Path, encoding: str, newline: str) -> None:
    quoted = '"1370000018",131003,"0000000004",2016-04-01,"髙",240,1'
    text = japanese(csv_text(SAMPLE) + quoted + "\n").replace("\n", newline).encode(encoding)
    first = claim_text(tmp_path, text)
    assert (first.summary.claims, first.summary.held_visits) == (2, 3)
    held = (tmp_path / "out" / "held_visits.csv").read_bytes()
    assert held.count(b'"') == 6
    corrected = held.decode(encoding).replace("髙①～", "1").replace("髙", "2").encode(encoding)
    (tmp_path / "held.csv").write_bytes(corrected)
    second = claim_files(tmp_path / "held.csv", tmp_path / "second")
    assert second.problems.empty
    claims = written(tmp_path / "second", "claims")[1:]
    # 2 x 426 of 要介護1; 488 of 要介護2 and bathing.
    assert [(row[3], row[9]) for row in claims] == [("0000000003", "852"), ("0000000004", "538")]
    assert first.summary.visits == 6
    assert [
        sum(int(row[5]) for row in claims)
        for claims in (written(tmp_path / "out", "claims")[1:], claims)
    ] == [3, 3]


def test_corrected_held_frame_is_computed() -> None:
    first = compute(SAMPLE)
    held = first.held_visits
    held.loc[0, "care_level"] = "1"
    second = compute_claims(held)
    assert second.problems.empty
    assert units(second.claims) == {(*CLAIM[:3], "0000000003"): 852}


def test_keys_are_told_apart() -> None:
    """Claims differ by any one of their four keys; leading zeros and H count."""
    others: list[Cells] = [
        {},
        {"provider_no": "0370000001"},
        {"provider_no": "A370000001"},
        {"insurer_no": "00131000"},
        {"insurer_no": "031000"},
        {"insured_no": "1000000001"},
        {"insured_no": "H000000001"},
        {"insured_no": "9999999999"},
        {"service_date": "2016-05-01"},
        {"service_date": "2017-04-01"},
    ]
    rows = [{**visit(1), **other} for other in others]
    got = compute([*rows, *reversed(rows[1:])][: len(rows)])
    keys = [tuple(key) for key in got.claims.loc[:, list(KEY_COLUMNS)].to_numpy()]
    assert keys == sorted(
        (row["service_date"].replace("-", "")[:6], *(row[name] for name in KEY_COLUMNS[1:]))
        for row in rows
    )


# ---------------------------------------------------------------- files that change meanwhile


def replaced(path: Path) -> None:
    other = path.with_name("other.csv")
    other.write_text(csv_text(visits(30, care_level="3")))
    other.replace(path)


def cut(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def written_to(path: Path) -> None:
    with path.open("a") as stream:
        stream.write(csv_text(visits(1)).splitlines()[1] + "\n")


@pytest.mark.parametrize("change", [cut, written_to])
def test_file_that_changes_while_it_is_read(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(csv_text(visits(30)))

    def progress(_stage: str, _done: int, _whole: int) -> None:
        if path.stat().st_size == size:
            change(path)

    size = path.stat().st_size
    with (
        mock.patch.object(csv_files, "CSV_BLOCK_BYTES", 100),
        pytest.raises(InputFileError, match=r"visits\.csv: has changed while it was read"),
    ):
        claim_files(path, tmp_path / "out", progress=progress)
    assert [file.name for file in tmp_path.iterdir()] == ["visits.csv"]


def test_file_gone_while_it_is_read_is_missed_by_the_record(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(csv_text(visits(30)))

    def progress(_stage: str, _done: int, _whole: int) -> None:
        path.unlink(missing_ok=True)

    with pytest.raises(InputFileError, match=r"visits\.csv: has changed while it was read"):
        claim_files(path, tmp_path / "out", progress=progress)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", [replaced])
def test_file_replaced_while_it_is_read(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """What was opened is read to its end; only where it must be read again is it missed."""
    path = tmp_path / "visits.csv"
    whole = csv_text(visits(30))
    changed: list[str] = []

    def progress(_stage: str, _done: int, _whole: int) -> None:
        if not changed:
            change(path)
            changed.append("changed")

    with mock.patch.object(csv_files, "CSV_BLOCK_BYTES", 100):
        path.write_text(whole)
        result = claim_files(path, tmp_path / "out", progress=progress)
        assert result.summary.visits == 30
        assert not result.summary.held_visits
        (tmp_path / "same.csv").write_text(whole)
        claim_files(tmp_path / "same.csv", tmp_path / "same")
        for name in ("claims", "claim_lines"):
            assert written(tmp_path / "out", name) == written(tmp_path / "same", name)
        changed.clear()
        path.write_text(whole + csv_text([visit(1, minutes="x")]).splitlines()[1] + "\n")
        with pytest.raises(InputFileError, match="has changed while it was read"):
            claim_files(path, tmp_path / "out", progress=progress)

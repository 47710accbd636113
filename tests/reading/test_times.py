"""The length of a stay from the times it started and ended."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyarrow import parquet

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims import visit_kinds as kinds
from chiiki_tsusho.claims import visits
from chiiki_tsusho.reading import cells as parsing
from chiiki_tsusho.reading import csv_file as csv_files
from helpers.inputs import PROVIDER, Cells, claim_text, compute, csv_text, frame, places, visit

LAST_MINUTE = 24 * 60
FULL_WIDTH = str.maketrans("0123456789:", "０１２３４５６７８９：")


def written(minute: int, form: str) -> str:
    """A minute of the day as people write it."""
    hour, rest = divmod(minute, 60)
    short, long = f"{hour}:{rest:02}", f"{hour:02}:{rest:02}"
    return {
        "9:00": short,
        "09:00": long,
        "0900": f"{hour:02}{rest:02}",
        "９：００": short.translate(FULL_WIDTH),
        "０９００": f"{hour:02}{rest:02}".translate(FULL_WIDTH),
        " 9:00 ": f" {short} ",
        "09:00:00": f"{long}:00",
    }[form]


FORMS = ("9:00", "09:00", "0900", "９：００", "０９００", " 9:00 ", "09:00:00")


def timed(start: str, end: str, minutes: str | None = None, **cells: str) -> Cells:
    """A visit that says when it started and ended, and its minutes if they are given."""
    row = visit(1, **cells)
    del row["minutes"]
    if minutes is not None:
        row["minutes"] = minutes
    return {**row, "start_time": start, "end_time": end}


# ---------------------------------------------------------------- the same as minutes


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        # The first and the last minute of 2 to 3 hours (時減), 3 to 5, 5 to 7 and 7 to 9.
        (540, 540 + 120, "781141"),
        (540, 540 + 179, "781141"),
        (540, 540 + 180, "781241"),
        (9, 9 + 299, "781241"),
        (600, 600 + 300, "781341"),
        (600, 600 + 419, "781341"),
        (600, 600 + 420, "781441"),
        (600, 600 + 539, "781441"),
    ],
)
def test_every_way_to_write_a_time(form: str, start: int, end: int, code: str) -> None:
    batch = compute([timed(written(start, form), written(end, form))])
    assert batch.problems.empty
    minutes = compute([visit(1, minutes=str(end - start))])
    assert_frame_equal(batch.claim_lines, minutes.claim_lines)
    assert batch.claim_lines["service_code"].tolist() == [code]


@given(
    st.lists(
        st.tuples(
            st.integers(0, LAST_MINUTE),
            st.integers(0, LAST_MINUTE),
            st.sampled_from(FORMS),
            st.sampled_from(FORMS),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_times_compute_as_their_minutes(
    drawn: list[tuple[int, int, str, str, bool]],
) -> None:
    """Whatever the times: the same claims, and the same rows held where no band takes them."""
    by_times, by_minutes = [], []
    for person, (one, other, form, other_form, both) in enumerate(drawn):
        start, end = sorted((one, other))
        number = f"{person:010}"
        row = timed(written(start, form), written(end, other_form), insured_no=number)
        by_times.append({**row, "minutes": str(end - start) if both else ""})
        by_minutes.append(visit(1, minutes=str(end - start), insured_no=number))
    found, expected = compute(by_times), compute(by_minutes)
    assert_frame_equal(found.claim_lines, expected.claim_lines)
    assert_frame_equal(found.claims, expected.claims)
    assert_frame_equal(found.problems, expected.problems)
    assert found.held_visits["insured_no"].tolist() == expected.held_visits["insured_no"].tolist()


def test_the_whole_day_ends_at_24() -> None:
    batch = compute(
        [timed("10:01", "24:00"), timed("10:00", "24:00", insured_no="0000000002")],
        [{"provider_no": visit(1)["provider_no"], "extended_hours": "1"}],
    )
    assert batch.claims["visits"].tolist() == [1]  # 839 minutes are the last of the last band
    assert places(batch.problems) == [("visits", 3, "minutes", "840", "outside_every_band")]


def test_times_of_a_frame_and_of_parquet(tmp_path: Path) -> None:
    """A column of times of day, as pandas and Parquet hold them."""
    times = {"start_time": datetime.time(9, 0), "end_time": datetime.time(13, 5)}
    row = {name: cell for name, cell in visit(1).items() if name != "minutes"}
    table = pd.DataFrame([row | times])
    expected = compute([visit(1, minutes="245")])
    assert_frame_equal(compute_claims(table).claim_lines, expected.claim_lines)
    path = tmp_path / "visits.parquet"
    parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    assert parquet.read_schema(path).field("start_time").type == pa.time64("us")
    claim_files(path, tmp_path / "out", file_format="parquet")
    assert_frame_equal(
        parquet.read_table(tmp_path / "out" / "claim_lines.parquet").to_pandas(),
        expected.claim_lines,
        check_dtype=False,
    )


def test_the_caller_s_frame_and_its_index_are_left_alone() -> None:
    table = frame([timed("9:00", "13:00"), timed("0900", "1300", insured_no="0000000002")])
    table.index = pd.Index([7, 7])
    before = table.copy(deep=True)
    assert compute_claims(table).claims["visits"].tolist() == [1, 1]
    assert_frame_equal(table, before)


def test_each_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand rows and two times: two readings."""
    read = []
    plain = parsing.PARSERS["time"]

    def counted(text: str) -> int:
        read.append(text)
        return plain(text)

    monkeypatch.setitem(parsing.PARSERS, "time", counted)
    rows = [timed("9:00", "13:00", insured_no=f"{person:010}") for person in range(10_000)]
    assert len(compute(rows).claims) == 10_000
    assert sorted(read) == ["13:00", "9:00"]


# ---------------------------------------------------------------- what is wrong


def test_time_with_seconds_is_named_as_such() -> None:
    # 09:27:10 as time clocks export it.
    batch = compute([timed("09:27:10", "18:12:00")])
    assert places(batch.problems) == [("visits", 2, "start_time", "09:27:10", "bad_value")]
    assert batch.problems["message"].tolist() == [
        "'09:27:10' is a time with seconds; write it as 09:27"
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("9:00 AM", "1:00 PM"),
        ("午前9時", "午後1時"),
        ("9時00分", "13:00:00"),
        ("０９：００", "1300"),
    ],
)
def test_times_as_offices_write_them(start: str, end: str) -> None:
    assert compute([timed(start, end)]).claims["total_units"].tolist() == [426]


@pytest.mark.parametrize(
    "text",
    [
        "9", "900", "9:0", "9:60", "24:01", "25:00", "2500", "0960", "-9:00", "9.00", "13:00 PM",
        "午前9:00 PM", "09000", "009:00", "9時60分", "x", "9:00-10:00", "2016-04-01 09:00",
    ],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    batch = compute([timed(text, "12:00", "180"), timed("9:00", text, insured_no="0000000002")])
    assert batch.claims.empty
    assert places(batch.problems) == [
        ("visits", 2, "start_time", text, "bad_value"),
        ("visits", 3, "end_time", text, "bad_value"),
    ]
    said = f"{text!r} is not a time of the day; write it as 9:00, 09:00 or 0900"
    assert batch.problems["message"].tolist() == [said, said]


@pytest.mark.parametrize("text", ["0.375", ".5", "0.708333333333333"])
def test_a_time_without_its_format_is_named_for_what_it_is(text: str) -> None:
    """A spreadsheet keeps 9:00 as 0.375 of a day; without the format it shows that."""
    for row in (timed(text, "17:00"), visit(1, minutes=text)):
        batch = compute([row])
        assert batch.claims.empty
        assert batch.problems["message"].tolist() == [
            f"{text!r} is a spreadsheet's number of a time; format the column as a time (h:mm) and "
            "save it again"
        ]


@pytest.mark.parametrize(
    ("start", "end", "minutes", "place", "message"),
    [
        (
            "13:00", "9:00", "",
            ("visits", 2, "end_time", "9:00", "bad_value"),
            "end_time '9:00' is before start_time '13:00'; a stay ends on the day it begins: "
            "correct the times",
        ),
        (
            "22:00", "0600", "480",
            ("visits", 2, "end_time", "0600", "bad_value"),
            "end_time '0600' is before start_time '22:00'; a stay ends on the day it begins: "
            "correct the times",
        ),
        (
            "9:00", "12:00", "181",
            ("visits", 2, "minutes", "181", "bad_value"),
            "181 minutes, but from '9:00' to '12:00' are 180; correct whichever is wrong",
        ),
        (
            "9:00", "", "",
            ("visits", 2, "end_time", "", "missing_value"),
            "end_time is blank; a time such as 9:00 was expected; fill it in",
        ),
        (
            "", "12:00", "180",
            ("visits", 2, "start_time", "", "missing_value"),
            "start_time is blank; a time such as 9:00 was expected; fill it in",
        ),
        (
            "", " ", "",
            ("visits", 2, "minutes", "", "missing_value"),
            "minutes is blank; a number of minutes, or start_time and end_time, was expected; "
            "fill it in",
        ),
        (
            "9:00", "12:00", "x",
            ("visits", 2, "minutes", "x", "bad_value"),
            "'x' is not a length of stay in whole minutes; write it as 450, 7:30 or 7時間30分",
        ),
        (
            "9:00", "10:59", "",
            ("visits", 2, "minutes", "119", "outside_every_band"),
            "119 minutes of day_care lie outside every band (the table knows 120 to 839 minutes); "
            "check the times of the visit",
        ),
        (
            "9:00", "9:00", "0",
            ("visits", 2, "minutes", "0", "outside_every_band"),
            "0 minutes of day_care lie outside every band (the table knows 120 to 839 minutes); "
            "check the times of the visit",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together(
    start: str,
    end: str,
    minutes: str,
    place: tuple[str, int, str, str, str],
    message: str,
    tmp_path: Path,
) -> None:
    """One problem, of that row alone; the other claim goes on."""
    rows = [
        timed(start, end, minutes),
        timed("9:00", "12:00", "", insured_no="0000000002"),
        timed("", "", "180", insured_no="0000000003"),
    ]
    batch = compute(rows)
    assert places(batch.problems) == [place]
    assert batch.problems["message"].tolist() == [message]
    assert batch.claims["insured_no"].tolist() == ["0000000002", "0000000003"]
    assert_frame_equal(batch.held_visits, frame(rows[:1]))
    # A CSV, whose minutes are read as numbers where they are, says the same.
    written = claim_text(tmp_path, csv_text(rows))
    assert places(written.problems) == [place]
    assert written.problems["message"].tolist() == [message]
    lines = csv_text(rows).splitlines(keepends=True)
    assert (tmp_path / "out" / "held_visits.csv").read_text("utf-8") == lines[0] + lines[1]


def test_nothing_given_where_there_are_no_minutes() -> None:
    batch = compute([timed("", ""), timed("9:00", "12:00", insured_no="0000000002")])
    assert places(batch.problems) == [
        ("visits", 2, "end_time", "", "missing_value"),
        ("visits", 2, "start_time", "", "missing_value"),
    ]
    assert batch.claims["insured_no"].tolist() == ["0000000002"]


def test_many_slips_are_named_each_on_its_line() -> None:
    rows = [
        timed("9:00", "08:00", insured_no="0000000001"),
        timed("09:00", "8:00", insured_no="0000000002"),
        timed("9:00", "08:00", insured_no="0000000003"),
        timed("9:00", "12:00", "100", insured_no="0000000004"),
        timed("9:00", "12:00", "101", insured_no="0000000005"),
        timed("9:00", "12:00", "100", insured_no="0000000006"),
    ]
    assert places(compute(rows).problems) == [
        ("visits", 2, "end_time", "08:00", "bad_value"),
        ("visits", 3, "end_time", "8:00", "bad_value"),
        ("visits", 4, "end_time", "08:00", "bad_value"),
        ("visits", 5, "minutes", "100", "bad_value"),
        ("visits", 6, "minutes", "101", "bad_value"),
        ("visits", 7, "minutes", "100", "bad_value"),
    ]


# ---------------------------------------------------------------- headings


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        (["start_time"], ["'end_time' (終了時刻)"]),
        (["end_time"], ["'start_time' (開始時刻)"]),
        (["minutes", "start_time"], ["'end_time' (終了時刻)"]),
        (["所要時間", "終了時刻"], ["'start_time' (開始時刻)"]),
        ([], ["'minutes' (所要時間)"]),
    ],
)
def test_one_of_the_two_ways_is_required(headings: list[str], missing: list[str]) -> None:
    row = visit(1)
    del row["minutes"]
    with pytest.raises(InputFileError) as caught:
        compute([row | dict.fromkeys(headings, "1")])
    found = str(caught.value).splitlines()
    assert len(found) == len(missing)
    for line, name in zip(found, missing, strict=True):
        assert line.startswith(f"visits: line 1: required heading {name} is missing")
    assert ("; add the column, or start_time and end_time in its place" in found[0]) == (
        not headings
    )


def test_japanese_headings_of_times() -> None:
    row = timed("", "")
    del row["start_time"], row["end_time"]
    batch = compute([{**row, "開始時刻": "９：００", "終了時刻": "１２３０"}])
    assert_frame_equal(batch.claim_lines, compute([visit(1, minutes="210")]).claim_lines)


def test_times_belong_to_visits_only() -> None:
    with pytest.raises(
        InputFileError, match="providers: line 1: heading 'start_time' is a column of"
    ):
        compute([visit(1)], providers=[{**PROVIDER, "start_time": "9:00"}])


def test_more_kinds_than_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that differ in every row make as many kinds; those of earlier blocks are let go."""
    stays = [timed(f"9:{at:02d}", f"1{at % 4}:30", insured_no=f"{at:010}") for at in range(60)]
    # One row without an end, so that minutes cannot stand for both times.
    stays[7]["end_time"] = stays[41]["end_time"] = ""
    path = tmp_path / "visits.csv"
    path.write_text(csv_text(stays), encoding="utf-8")
    claim_files(path, tmp_path / "whole")
    most = 0

    class Counted(kinds.RowKinds):
        def learn(self, *found: npt.NDArray[Any]) -> None:
            nonlocal most
            super().learn(*found)
            most = max(most, len(self))

    monkeypatch.setattr(visits, "RowKinds", Counted)
    monkeypatch.setattr(visits, "_MOST_KINDS", 4)
    monkeypatch.setattr(csv_files, "CSV_BLOCK_BYTES", 200)
    claim_files(path, tmp_path / "parts")
    assert 4 < most < 12
    for file in (tmp_path / "whole").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "parts" / file.name).read_bytes()

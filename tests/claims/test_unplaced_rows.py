"""A row of which it cannot be read whose it is holds every claim that it may belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho import compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims.guessed_numbers import put_right
from chiiki_tsusho.language import Language
from chiiki_tsusho.reading import csv_file
from helpers.inputs import KEY_COLUMNS, compute, csv_text, frame, units, visit

Row = dict[str, str]
A, B = "1370000018", "1370000026"
PERSONS = ("0000000001", "0000200002", "0300000003", "4000000004")


def row(day: int, person: int = 0, provider: str = A, **cells: str) -> Row:
    return visit(day, **{"insured_no": PERSONS[person], "provider_no": provider, **cells})


def rules(problems: pd.DataFrame) -> list[tuple[str, int, str]]:
    problems = problems[problems["line"].notna()]
    return list(
        zip(problems["severity"], problems["line"].astype(int), problems["rule"], strict=True)
    )


# ---------------------------------------------------------------- which claims are held


@pytest.mark.parametrize(
    ("cells", "held"),
    [
        # Zeros put back: one person.
        ({"insured_no": "1"}, {(A, 0)}),
        ({"insured_no": "200002"}, {(A, 1)}),
        ({"insured_no": "300000003"}, {(A, 2)}),
        ({"insured_no": '="0000200002"'}, {(A, 1)}),
        ({"insured_no": "200002.0"}, {(A, 1)}),
        ({"insured_no": "２００００２"}, {(A, 1)}),
        # Put back they are nobody's: all that agree in provider, insurer and month.
        ({"insured_no": "77"}, {(A, 0), (A, 1), (A, 2)}),
        ({"insured_no": "Tanaka"}, {(A, 0), (A, 1), (A, 2)}),
        ({"provider_no": "?", "insured_no": PERSONS[0]}, {(A, 0), (B, 0)}),
        ({"insurer_no": "131 000", "insured_no": PERSONS[1]}, {(A, 1)}),
        ({"insurer_no": "?", "insured_no": "?"}, {(A, 0), (A, 1), (A, 2)}),
        (
            {"provider_no": "?", "insurer_no": "?", "insured_no": "3.0"},
            {(A, 0), (A, 1), (A, 2), (B, 0), (B, 3)},
        ),
        ({"provider_no": "", "insurer_no": "", "insured_no": "", "service_date": ""}, "all"),
        (
            {"provider_no": "", "insurer_no": "", "insured_no": "", "service_date": "2016-05-03"},
            {(A, "May")},
        ),
        # The word of a total where the provider and the insurer are named is none.
        ({"insured_no": "合計"}, {(A, 0), (A, 1), (A, 2)}),
        # 証記載保険者番号 has eight places: with zeros in front it is the same insurer.
        ({"insurer_no": "00131003", "insured_no": "?"}, {(A, 0), (A, 1), (A, 2)}),
        (
            {"provider_no": "?", "insurer_no": "00131003", "insured_no": PERSONS[0]},
            {(A, 0), (B, 0)},
        ),
        # A person who has no claim there: nobody else's is touched.
        ({"insurer_no": "?", "insured_no": "9999999999"}, set()),
    ],
)  # fmt: skip
def test_which_claims_are_held(cells: Row, held: set[tuple[str, int | str]] | str) -> None:
    month = [row(1), row(2, 1), row(3, 2), row(1, 0, B), row(2, 3, B)]
    may = {**row(1), "service_date": "2016-05-01"}
    rows = [*month, may, {**row(4), **cells}]
    every = {(one["provider_no"], one["insured_no"], "201604") for one in month}
    every |= {(A, PERSONS[0], "201605")}
    expected = every
    if not isinstance(held, str):
        expected = {
            (provider, PERSONS[0] if person == "May" else PERSONS[int(person)],
             "201605" if person == "May" else "201604")
            for provider, person in held
        }  # fmt: skip
    batch = compute(rows)
    written = {
        (provider, person, month)
        for month, provider, _, person in batch.claims[list(KEY_COLUMNS)].itertuples(index=False)
    }
    # A held claim leaves it open how much of the person's limit another provider may use.
    shared = batch.problems[batch.problems["rule"] == "plan_needed"]
    open_claims = set(
        shared[["provider_no", "insured_no", "service_month"]].itertuples(index=False, name=None)
    )
    assert every - written - open_claims == expected - open_claims
    assert ("error", 8, "unplaced_row") in rules(batch.problems)
    assert batch.claims["visits"].sum() + len(batch.held_visits) == len(rows)


def test_a_lost_date_holds_the_person_whose_insurer_is_written_with_zeros_in_front() -> None:
    rows = [row(1), row(2, 1), row(3, service_date="x", insurer_no="00131003")]
    assert list(units(compute(rows).claims)) == [("201604", A, "131003", PERSONS[1])]


@pytest.mark.parametrize(
    ("column", "text", "number"),
    [
        ("provider_no", "70000018", "0070000018"),
        ("insurer_no", "31003", "031003"),
        ("insurer_no", "1310030", "01310030"),
        ("insured_no", "200002", "0000200002"),
    ],
)
def test_zeros_are_put_back_in_every_number(column: str, text: str, number: str) -> None:
    """The row of line 4 holds the claim of the second person, and the first is billed."""
    rows = [row(1), row(2, 1, **{column: number}), row(3, 1, **{column: text})]
    batch = compute(rows)
    assert list(units(batch.claims)) == [("201604", A, "131003", PERSONS[0])]
    own = {"provider_no": A, "insurer_no": "131003", "insured_no": PERSONS[1], column: number}
    name = " ".join(["2016-04", *own.values()])
    said = batch.problems[batch.problems["rule"] == "unplaced_row"]["message"].tolist()
    assert len(said) == 1
    assert f"is held with it (claim {name})" in said[0]


def test_how_many_claims_a_row_may_belong_to_is_said() -> None:
    """Of one the name is given; where the person is known and has no other claim, that."""
    rows = [
        row(1), row(2, 1), row(3, 2, B),
        row(4, insured_no="?"),
        row(5, 2, provider_no="?"),
        row(6, insurer_no="?", insured_no="9999999999"),
    ]  # fmt: skip
    told: dict[Language, list[str]] = {
        "en": [
            "(2 claims)",
            f"(claim 2016-04 {B} 131003 {PERSONS[2]})",
            "(there is no other claim)",
        ],
        "ja": ["(請求2件)", f"(請求 2016-04 {B} 131003 {PERSONS[2]})", "(ほかに請求なし)"],
    }
    for language, counts in told.items():
        batch = compute_claims(pd.DataFrame(rows), language=language)
        said = batch.problems[batch.problems["rule"] == "unplaced_row"]["message"]
        assert all(one in text for one, text in zip(counts, said, strict=True)), said.tolist()
    assert batch.claims.empty


def test_three_rows_that_lost_their_zeros_hold_the_person_and_nobody_else() -> None:
    rows = [row(day, 1) for day in range(1, 26)] + [row(day, 2) for day in range(1, 4)]
    for at in (4, 9, 14):
        rows[at]["insured_no"] = "200002"
    batch = compute(rows)
    assert units(batch.claims) == {("201604", A, "131003", PERSONS[2]): 3 * 426}
    assert len(batch.held_visits) == 25
    unplaced = batch.problems[batch.problems["rule"] == "unplaced_row"]
    assert unplaced["line"].tolist() == unplaced["held_line"].tolist() == [6, 11, 16]
    assert set(unplaced["provider_no"]) == {A}
    assert set(unplaced["insured_no"]) == {""}


@pytest.mark.parametrize(
    ("line", "held"),
    [
        # Cut short, or a mark left open: its first cells say whose it is.
        (f"{A},131003,{PERSONS[1]},2016-04-09,1", {1}),
        (f'{A},131003,{PERSONS[1]},2016-04-09,1,"240', {1}),
        (f"{A},131003,{PERSONS[1]},2016-04-09,1,240,1", {1}),
        (f"{A},131003,200002,2016-04-09,1,240,1", {1}),
        # A cell too many that could be the number itself: which of the two it is cannot be told.
        (f"{A},131003,{PERSONS[0]},{PERSONS[1]},2016-04-09,1,240", {0, 1, 2}),
        (f"{A},131003,{PERSONS[0][-6:]},{PERSONS[1]},2016-04-09,1,240", {0, 1, 2}),
        (f'{A},131003,{PERSONS[0]},"{PERSONS[1]}",2016-04-09,1,240', {0, 1, 2}),
        # With two too many, the person's number may be the provider's.
        (f"{A},131003,{PERSONS[0]},５,{PERSONS[1]},2016-04-09,1,240", {0, 1, 2, 3}),
        (f"{B},{A},131003,{PERSONS[1]},2016-04-09,1,240", {0, 1, 2, 3}),
        # With four too many the line is still one row, if one of the cells is quoted as well.
        (f'{A},131003,{PERSONS[0]},"{PERSONS[1]}",2016-04-09,1,240,x,y,z', {0, 1, 2, 3}),
        # The cell that is cut may be cut itself.
        (f"{A},131003,{PERSONS[1][:7]}", {0, 1, 2}),
        (f'{A},131003,"{PERSONS[1]},2016-04-09,1,240', {0, 1, 2}),
        (f"{A},131003", {0, 1, 2}),
        # A comma too many before the number: the cells after it are others.
        (f"{A},,131003,{PERSONS[1]},2016-04-09,1,240", {0, 1, 2}),
        (f",{A},131003,{PERSONS[1]},2016-04-09,1,240", {0, 1, 2, 3}),
        ('"', {0, 1, 2, 3}),
    ],
)
def test_lines_that_cannot_be_told_apart(tmp_path: Path, line: str, held: set[int]) -> None:
    text = csv_text([row(1), row(2, 1), row(3, 2), row(4, 3, B)])
    (tmp_path / "visits.csv").write_text(f"{text}{line}\n", encoding="utf-8")
    claim_files(tmp_path / "visits.csv", tmp_path / "out")
    claims = pd.read_csv(tmp_path / "out" / "claims.csv", dtype=str)
    assert set(claims["insured_no"]) == {PERSONS[at] for at in range(4)} - {
        PERSONS[at] for at in held
    }
    problems = pd.read_csv(tmp_path / "out" / "problems.csv")
    assert rules(problems) == [("error", 6, "malformed_row"), ("error", 6, "unplaced_row")]


HEADED = "provider_no,insurer_no,insured_no,service_date,care_level,minutes,bathing\n"


@pytest.mark.parametrize("block", [1, 1 << 23])
@pytest.mark.parametrize(
    "line",
    [
        # A cell too many, and the last one is blank: not that one is too many.
        f"{A},131003,{PERSONS[0][-6:]},{PERSONS[1]},2016-04-09,1,240,",
        f"{A},131003,{PERSONS[0]},{PERSONS[1]},2016-04-09,1,240,",
        f'"{A}",131003,{PERSONS[0]},{PERSONS[1]},2016-04-09,1,240,',
        f"{A},131003,{PERSONS[1]},2016-05-09,2016-04-09,1,240,",
        f"x,{A},131003,{PERSONS[1]},2016-04-09,1,240,",
    ],
)
def test_a_blank_last_cell_is_not_surely_the_one_too_many(
    tmp_path: Path, line: str, block: int
) -> None:
    good = "".join(
        f"{A},131003,{PERSONS[at]},2016-04-0{day},1,240,1\n" for at in (0, 1) for day in (1, 2)
    )
    (tmp_path / "visits.csv").write_text(f"{HEADED}{line}\n{good}", encoding="utf-8")
    with mock.patch.object(csv_file, "CSV_BLOCK_BYTES", block):
        result = claim_files(tmp_path / "visits.csv", tmp_path / "out", language="ja")
    assert rules(result.problems) == [("error", 2, "malformed_row"), ("error", 2, "unplaced_row")]
    assert "8" in result.problems["message"][0]
    claims = pd.read_csv(tmp_path / "out" / "claims.csv", dtype=str)
    assert PERSONS[1] not in set(claims["insured_no"])
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    assert line in held


def test_blank_cells_too_many_at_the_end_are_dropped(tmp_path: Path) -> None:
    good = [f"{A},131003,{PERSONS[at]},2016-04-0{day},1,240,1" for at in (0, 1) for day in (1, 2)]
    level = f"{A},131003,{PERSONS[1]},2016-04-03,要支援1,240,1,"
    text = "\n".join([good[0] + ",", good[1] + ",,,", good[2], good[3] + ",", level])
    (tmp_path / "visits.csv").write_text(HEADED + text, encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert rules(batch.problems) == [("warning", 6, "not_this_service")]
    assert batch.claims["visits"].tolist() == [2, 2]
    # What is wrong with another cell is said of that cell.
    text = text.replace("2016-04-02,1,240,1,\n", "2016-04-02,1,?,1,\n")
    (tmp_path / "visits.csv").write_text(HEADED + text, encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert ("error", 5, "bad_value") in rules(batch.problems)
    assert batch.claims["insured_no"].tolist() == [PERSONS[0]]


def written_claims(folder: Path, rows: list[Row], *lines: str) -> list[list[str]]:
    """The month and the person of each claim that is written where lines follow on sound rows."""
    text = "".join(f"{line}\n" for line in lines)
    (folder / "visits.csv").write_text(csv_text(rows) + text, encoding="utf-8")
    claim_files(folder / "visits.csv", folder / "out")
    claims = pd.read_csv(folder / "out" / "claims.csv", dtype=str)
    return claims[["service_month", "insured_no"]].to_numpy().tolist()


def test_the_date_on_a_line_that_cannot_be_told_apart(tmp_path: Path) -> None:
    may = {**row(1), "service_date": "2016-05-01"}
    line = f"{A},131003,{PERSONS[0]},2016-05-09,1"
    assert written_claims(tmp_path, [row(1), may], line) == [["201604", PERSONS[0]]]
    # 30 February is no day: the person's every month is held.
    line = f"{A},131003,{PERSONS[0]},2016-02-30,1"
    assert written_claims(tmp_path, [row(1), may], line) == []
    # The first of two days may be the one too many.
    line = f"{A},131003,{PERSONS[0]},2016-04-30,2016-05-09,1,240"
    assert written_claims(tmp_path, [row(1), may], line) == []
    # No claim is of June.
    line = f"{A},131003,{PERSONS[0]},2016-06-09,1"
    assert written_claims(tmp_path, [row(1), may], line) == []


def test_a_line_that_is_cut_is_not_read_on_in_the_next(tmp_path: Path) -> None:
    """The number of this provider could be a person's, and here it is one."""
    rows = [row(1), row(2, 1), row(3, 2, B), row(4, insured_no=A)]
    lines = (f"{A},131003,00", f"{A},131003,{PERSONS[1]},2016-04-09,1")
    assert written_claims(tmp_path, rows, *lines) == [["201604", PERSONS[2]]]


@pytest.mark.parametrize(
    "line",
    [
        # A row cut off in writing, and the next one behind it.
        f"{A},131003,{PERSONS[1]},2016-0{A},131003,{PERSONS[2]},2016-04-09,1,240",
        f'"{A}","131003","{PERSONS[1]}","2016-0"{A}","131003","{PERSONS[2]}","2016-04-09","1","240"',
        # A stretch is lost: the end of one row and the beginning of the next.
        f"{A},131003,{PERSONS[1]},2016-04-09,31003,{PERSONS[2]},2016-04-09,1,240",
        f"{A},131003,{PERSONS[1]},{PERSONS[2]},2016-04-09,1,240",
        f"{A},131003,{PERSONS[1]},2016-04-09,1,240,{PERSONS[2]}",
        f"{A},131003,{PERSONS[1]},2016-04-09,1,24{PERSONS[2]},2016-04-09,1,240",
        f"{A},131003,{PERSONS[1]},2016-04-0{PERSONS[2]},2016-04-09,1,240",
        f"{A},131003,{PERSONS[1]},2016-04-0{PERSONS[2]} \u3000,2016-04-09,1,240",
        f"{A},131003,{PERSONS[1]},2016-04-09,{PERSONS[2]}.0,2016-04-09,1,240",
        # Both rows are cut.
        f'{A},131003,"{PERSONS[1]}",2016-04-09,1,240{A},131003,{PERSONS[2]},2016-04-09,1',
    ],
)
def test_every_person_on_a_line_with_cells_too_many_is_held(tmp_path: Path, line: str) -> None:
    """Each of them may have a visit in it."""
    rows = [row(1), row(2, 1), row(3, 2), row(4, 3, B)]
    written = {person for _, person in written_claims(tmp_path, rows, line)}
    assert {PERSONS[1], PERSONS[2]}.isdisjoint(written)


@pytest.mark.parametrize("cut", [15, 20, 23, 28, 33, 36])
def test_a_row_behind_one_that_is_cut_where_the_person_stands_first(
    tmp_path: Path, cut: int
) -> None:
    """The number of the second person stands in one cell with what is left of the first row."""
    order = ("insured_no", "insurer_no", "service_date", "provider_no", "care_level", "minutes")
    rows = [row(1), row(2, 1), row(3, 2), row(4, 3, B)]
    text = csv_text([{name: one[name] for name in order} for one in rows])
    line = f"{PERSONS[1]},131003,2016-04-09,{A},1,240"[:cut]
    line += f"{PERSONS[2]},131003,2016-04-09,{A},1,240"
    (tmp_path / "visits.csv").write_text(f"{text}{line}\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert set(batch.claims["insured_no"]) == {PERSONS[0], PERSONS[3]}


def test_a_number_of_the_row_before_is_no_provider_of_the_one_behind(tmp_path: Path) -> None:
    """Behind the first row the date and the provider of the second are lost."""
    order = ("service_date", "provider_no", "insurer_no", "care_level", "minutes", "insured_no")
    rows = [row(1), row(2, 1), row(3, 2), row(4, 3, B)]
    text = csv_text([{name: one[name] for name in order} for one in rows])
    line = f"2016-04-09,{A},131003,1,240,{PERSONS[1]},131003,1,240,{PERSONS[3]}"
    (tmp_path / "visits.csv").write_text(f"{text}{line}\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert {PERSONS[1], PERSONS[3]}.isdisjoint(batch.claims["insured_no"])


# A line feed was lost: the last cell of one row and the first of the next are one, or it was
# taken for a comma, or the carriage return before it is still there.
@pytest.mark.parametrize("between", ["", ",", "\r"])
def test_rows_on_one_line_hold_the_claims_of_all_of_them(tmp_path: Path, between: str) -> None:
    one, other = (f"{A},131003,{PERSONS[at]},2016-04-09,1,240" for at in (1, 2))
    joined = f"{one}{between}{other}"
    text = csv_text([row(1), row(2, 1), row(3, 2), row(4, 3, B)])
    (tmp_path / "visits.csv").write_text(f"{text}{joined}\n", encoding="utf-8")
    result = claim_files(tmp_path / "visits.csv", tmp_path / "out")
    claims = pd.read_csv(tmp_path / "out" / "claims.csv", dtype=str)
    assert set(claims["insured_no"]) == {PERSONS[0], PERSONS[3]}
    assert result.summary.held_visits == 3
    passed = claim_files(tmp_path / "visits.csv", tmp_path / "passed", unplaced="pass")
    assert passed.summary.set_aside == 1


def test_a_row_behind_the_mark_that_closes_the_one_before(tmp_path: Path) -> None:
    """The line of a row whose last cell is quoted has lost its end."""
    heading, *rows = csv_text([row(1), row(2, 1), row(3, 2), row(4, 3, B)]).splitlines()
    one, other = (f"{A},131003,{PERSONS[at]},2016-04-09,1,240" for at in (1, 2))
    lines = [f"{heading},note", *(f"{line}," for line in rows), f'{one},"欠席, 連絡"{other},']
    (tmp_path / "visits.csv").write_text("\n".join(lines), encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv", ignore_columns=["note"])
    assert set(batch.claims["insured_no"]) == {PERSONS[0], PERSONS[3]}


@pytest.mark.parametrize(
    ("before", "gone"),
    [
        # A carriage return within a row: what stands before it says whose it is.
        (f"{A},131003,{PERSONS[1]},2016-04-09,\r1,240", {1}),
        # A row that is cut off in front of it is of whom it says; the one behind is another's.
        (f"{A},131003,{PERSONS[1]},2016\r{A},131003,{PERSONS[2]},2016-04-09,1,240", {1, 2}),
        # Of a row cut in its first cell nothing can be read.
        (f"{A[:6]}\r{A},131003,{PERSONS[2]},2016-04-09,1,240", {0, 1, 2, 3}),
        # The row behind lacks its last cell, or is cut in a number.
        (f"{A},131003,{PERSONS[1]},2016-04-09,1,240\r{A},131003,{PERSONS[2]},2016-04-09,1", {1, 2}),
        (f"{A},131003,{PERSONS[1]},2016-04-09,1,240\r{A},131003,{PERSONS[2][:7]}", {0, 1, 2}),
        # What stands behind is of no row.
        (f"{A},131003,{PERSONS[1]},2016-04-09,1,240\ra,b", {1}),
        # With a cell too many it may be anybody's, unless that is blank.
        (f"{A},131003,{PERSONS[1]},2016-04-09,1,240,\r{A},131003,{PERSONS[2]},2016-04-09,1,240",
         {1, 2}),
        (f"x,{A},131003,{PERSONS[1]},2016-04-09,1,240\r{A},131003,{PERSONS[2]},2016-04-09,1,240",
         {0, 1, 2, 3}),
    ],
)  # fmt: skip
def test_what_stands_behind_a_carriage_return(tmp_path: Path, before: str, gone: set[int]) -> None:
    text = csv_text([row(1), row(2, 1), row(3, 2), row(4, 3, B)])
    (tmp_path / "visits.csv").write_text(f"{text}{before}\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert set(batch.claims["insured_no"]) == {PERSONS[at] for at in {0, 1, 2, 3} - gone}


def test_rows_on_one_line_are_of_the_insurer_that_stands_there(tmp_path: Path) -> None:
    """The date behind it has the form of an insurer's number; no cell of a row is too many."""
    order = ("provider_no", "insured_no", "insurer_no", "service_date", "care_level", "minutes")
    rows = [row(1, 1), row(2, 2), row(3, 1, insurer_no="139006")]
    text = csv_text([{name: one[name] for name in order} for one in rows])
    joined = ",".join(f"{A},{PERSONS[at]},131003,20160409,1,240" for at in (1, 2))
    (tmp_path / "visits.csv").write_text(f"{text}{joined}\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    assert batch.claims["insurer_no"].tolist() == ["139006"]


@pytest.mark.parametrize("end", ["", "x", "計"])
def test_a_short_line_is_of_the_provider_that_stands_there(tmp_path: Path, end: str) -> None:
    """It has no cell too many, so that the next number is no provider's."""
    text = csv_text([row(1, 1), row(2, 2), row(3, 1, B)])
    line = f"{A},131003,{PERSONS[1]},{end}"
    (tmp_path / "visits.csv").write_text(f"{text}{line}\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "visits.csv")
    claims = batch.claims[["provider_no", "insured_no"]].to_numpy().tolist()
    assert claims == [[A, PERSONS[2]], [B, PERSONS[1]]]
    assert f"(claim 2016-04 {A} 131003 {PERSONS[1]})" in batch.problems["message"][1]


def test_a_line_of_very_many_cells_is_said_once(tmp_path: Path) -> None:
    line = f"{A},131003,{PERSONS[1]},2016-04-09,1,240" + "," * 100_000 + "x"
    text = csv_text([row(1), row(2, 1)])
    (tmp_path / "visits.csv").write_text(f"{text}{line}\n", encoding="utf-8")
    claim_files(tmp_path / "visits.csv", tmp_path / "out")
    problems = pd.read_csv(tmp_path / "out" / "problems.csv")
    # The line may hold a row of this person and one of anybody.
    found = rules(problems)
    assert found[0] == ("error", 4, "malformed_row")
    assert 2 <= len(found) <= 4


def test_rows_let_pass_hold_nothing_and_say_so(tmp_path: Path) -> None:
    rows = [row(1), row(2, 1), {**row(3), "insured_no": "?"}]
    (tmp_path / "visits.csv").write_text(csv_text(rows), encoding="utf-8")
    result = claim_files(tmp_path / "visits.csv", tmp_path / "out", unplaced="pass")
    assert rules(result.problems) == [
        ("warning", 4, "bad_value"),
        ("warning", 4, "unplaced_row"),
    ]
    assert result.problems["message"][1].startswith(
        "it cannot be read whose visit this row is; it is left out, and claims may lack it (2 cl"
    )
    assert result.incomplete
    summary = result.summary
    assert (summary.claims, summary.held_visits, summary.set_aside) == (2, 0, 1)
    # In neither place it is not.
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    assert held == [csv_text(rows).splitlines()[at] for at in (0, 3)]


# ---------------------------------------------------------------- set aside


@pytest.mark.parametrize("word", ["合計", "小計", "総計", "計", "合　計", " 計 "])
@pytest.mark.parametrize("column", ["provider_no", "insured_no", "service_date"])
def test_lines_of_totals(word: str, column: str) -> None:
    total = {**dict.fromkeys(row(1), ""), column: word, "minutes": "480"}
    batch = compute([row(1), total, row(2)])
    plain = word.replace("　", "").strip()
    assert rules(batch.problems) == [("warning", 3, "total_row")]
    assert batch.problems["value"].tolist() == [plain]
    assert batch.problems["message"].tolist() == [
        f"{plain!r} marks a line of totals; it is no visit and is left out: take it out of the file"
    ]
    assert batch.claims["visits"].tolist() == [2]
    assert len(batch.held_visits) == 1


@pytest.mark.parametrize("column", ["氏名", "備考", "担当"])
@pytest.mark.parametrize("way", ["frame", "utf-8", "cp932", "utf-16", "xlsx", "parquet"])
def test_a_total_in_a_column_that_is_left_unread(tmp_path: Path, column: str, way: str) -> None:
    named = {column: "見本 花子"}
    total = {**dict.fromkeys(row(1), ""), "minutes": "480", column: "合　計"}
    rows = [{**row(1), **named}, total, {**row(2), **named}]
    table = frame(rows)
    given: Any = tmp_path / "visits"
    if way == "xlsx":
        table.to_excel(given.with_suffix(".xlsx"), index=False)
        given = given.with_suffix(".xlsx")
    elif way == "parquet":
        table.to_parquet(given)
    elif way == "frame":
        given = table
    else:
        given.write_text(csv_text(rows), encoding=way)
    batch = compute_claims(given, ignore_columns=["担当"] if column == "担当" else ())
    assert rules(batch.problems) == [("warning", 3, "total_row")]
    assert batch.problems["value"].tolist() == ["合計"]
    assert batch.claims["visits"].tolist() == [2]


def test_a_note_of_a_row_without_identity_is_no_total() -> None:
    """It only has the word in it."""
    note = {**dict.fromkeys(row(1), ""), "備考": "合計は別紙"}
    batch = compute([{**row(1), "備考": ""}, note])
    assert ("error", 3, "unplaced_row") in rules(batch.problems)
    assert batch.claims.empty


def test_total_on_a_line_that_cannot_be_told_apart(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"{csv_text([row(1)])}合計,,240\n", encoding="utf-8")
    result = claim_files(tmp_path / "visits.csv", tmp_path / "out", language="ja")
    assert rules(result.problems) == [("warning", 3, "total_row")]
    assert result.problems["message"].tolist() == [
        "「合計」は合計の行です。実績ではないため計算に入れていません。ファイルから取り除いてください"
    ]
    assert (result.summary.claims, result.summary.held_visits) == (1, 0)


@pytest.mark.parametrize("block", [1, 100, 1 << 23])
def test_the_month_of_a_line_is_known_whatever_block_its_claims_are_in(
    tmp_path: Path, block: int
) -> None:
    later = {**row(1), "service_date": "2016-05-01"}
    text = csv_text([{**later, "minutes": '"240'}, row(1), row(2), later])
    path = tmp_path / "visits.csv"
    path.write_text(text, "utf-8")
    with mock.patch.object(csv_file, "CSV_BLOCK_BYTES", block):
        batch = compute_claims(path)
    assert batch.claims["service_month"].tolist() == ["201604"]
    assert rules(batch.problems) == [("error", 2, "malformed_row"), ("error", 2, "unplaced_row")]


def test_totals_among_lines_that_cannot_be_told_apart(tmp_path: Path) -> None:
    """One with a number in the place of a number is none; those behind it are read as well."""
    text = csv_text([row(1), row(2, 1)])
    lines = ["合計,,240", f"{A},131003,計", "総 計,,480", "小計"]
    (tmp_path / "visits.csv").write_text(text + "\n".join(lines), encoding="utf-8")
    result = claim_files(tmp_path / "visits.csv", tmp_path / "out")
    totals = [(line, "total_row") for line in (4, 6, 7)]
    found = [(line, rule) for _, line, rule in rules(result.problems)]
    assert found == sorted([*totals, (5, "malformed_row"), (5, "unplaced_row")])
    assert result.problems["value"].tolist() == ["合計", "", "", "総計", "小計"]
    summary = result.summary
    assert (summary.claims, summary.held_visits, summary.set_aside) == (0, 3, 3)


def test_a_row_with_an_identity_is_no_total() -> None:
    batch = compute([row(1), {**row(2), "provider_no": "合計"}])
    assert ("error", 3, "unplaced_row") in rules(batch.problems)
    assert batch.claims.empty


@pytest.mark.parametrize(
    "level", ["要支援1", "要支援２", "要支援 1", " 要支援2.0 ", "要支援", "事業対象者", "事業対象"]
)
def test_support_levels_are_of_another_service(level: str) -> None:
    # 要支援 until the 9th, 要介護1 from the 10th; the first visits are billed under 総合事業.
    rows = [row(2, care_level=level, minutes="?"), row(5, care_level=level), row(12), row(15)]
    batch = compute(rows)
    assert rules(batch.problems) == [
        ("warning", 2, "not_this_service"),
        ("warning", 3, "not_this_service"),
    ]
    assert units(batch.claims) == {("201604", A, "131003", PERSONS[0]): 852}
    assert len(batch.held_visits) == 2
    said = compute_claims(pd.DataFrame(rows), language="ja").problems["message"][0]
    assert said.startswith(f"「{level}」は要支援・事業対象者です。この行は総合事業")


@pytest.mark.parametrize(
    "level",
    [
        "要支援2→要介護1", "要支援ではない", "要支援9", "要支援0", "要支援12", "要支援1?",
        "要支援a", "支援1", "事業対象者ではない",
    ],
)  # fmt: skip
def test_what_only_begins_as_a_support_level_holds_its_claim(level: str) -> None:
    rows = [row(2, care_level=level), row(12), {**row(15), "insured_no": PERSONS[1]}]
    batch = compute(rows)
    assert rules(batch.problems) == [("error", 2, "bad_value")]
    assert [key[3] for key in units(batch.claims)] == [PERSONS[1]]
    assert (
        batch.problems["message"][0]
        == f"{level!r} is not a whole number from 1 to 5; write it in digits"
    )
    said = compute_claims(pd.DataFrame(rows), language="ja").problems["message"][0]
    assert said == f"「{level}」は1〜5の整数ではありません。数字で記入してください"


# ---------------------------------------------------------------- whatever is damaged


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("1", "insured_no", "0000000001"),
        ("'0000000001", "insured_no", "0000000001"),
        ("137000001", "provider_no", "0137000001"),
        ("31000", "insurer_no", "031000"),
        ("1310000", "insurer_no", "01310000"),
        ("12345678901", "insured_no", None),
        ("", "insured_no", None),
        ("1.39E+09", "provider_no", None),
        ("000000A001", "insured_no", None),
        ("A37000001", "provider_no", None),
        # No cell of the contract is longer than 100 characters, blanks and all.
        ("1".ljust(100), "insured_no", "0000000001"),
        ("1".ljust(101), "insured_no", None),
    ],
)
def test_put_right(text: str, name: str, number: str | None) -> None:
    assert put_right(text, name) == number


@st.composite
def damaged(draw: st.DrawFn) -> tuple[list[Row], str, int]:
    """Draw a month, and the lines of it with one of them damaged in a way that can be seen."""
    rows = [
        row(day, draw(st.integers(0, 3)), draw(st.sampled_from((A, B))))
        for day in draw(st.lists(st.integers(1, 28), min_size=1, max_size=12, unique=True))
    ]
    heading, *lines = csv_text(rows).splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    cells = lines[at].split(",")
    way = draw(st.sampled_from(("cell", "zeros", "cut", "comma", "quote", "lost comma", "junk")))
    cell = draw(st.integers(0, 2))
    if way == "cell":
        # Zeros put back, none of them is another person's number.
        cells[cell] = draw(st.sampled_from(("", "?", "x" * 10, "７", "-1", "12345678901", "1E+09")))
        line = ",".join(cells)
    elif way == "zeros":
        cells[2] = cells[2].lstrip("0")
        line = ",".join(cells)
    elif way == "cut":
        line = lines[at][: draw(st.integers(1, len(lines[at]) - 5))]
    elif way == "comma":
        place = draw(st.integers(0, len(lines[at])))
        line = f"{lines[at][:place]},{lines[at][place:]}"
    elif way == "quote":
        place = draw(st.integers(0, len(cells) - 1))
        cells[place] = f'"{cells[place]}'
        line = ",".join(cells)
    elif way == "lost comma":
        place = draw(st.integers(0, 3))
        line = ",".join([*cells[:place], cells[place] + cells[place + 1], *cells[place + 2 :]])
    else:
        line = draw(st.sampled_from((",,,x,,", "?", '"""', "\x1f", "あ,い,う")))
    lines[at] = line
    return rows, "\n".join([heading, *lines, ""]), at


@given(damaged())
def test_no_claim_is_written_with_fewer_visits(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[Row], str, int]
) -> None:
    rows, text, _ = drawn
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "visits.csv").write_text(text, encoding="utf-8")
    result = claim_files(folder / "visits.csv", folder / "out")
    claims = pd.read_csv(folder / "out" / "claims.csv", dtype=str)
    columns = [*KEY_COLUMNS, "visits"]
    whole = {
        tuple(key): visits for *key, visits in compute(rows).claims[columns].itertuples(index=False)
    }
    for *key, visits in claims[columns].itertuples(index=False):
        assert int(visits) >= whole[tuple(key)]
    assert claims["visits"].astype(int).sum() + result.summary.held_visits == len(rows)

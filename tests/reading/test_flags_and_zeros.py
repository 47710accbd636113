"""Cells that other languages count as numbers: flags, a zero below zero, numbers of 128 bits.

Every reader says of them what it says of their text in a CSV.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import compute, parquet

from chiiki_tsusho import Batch, InputFileError, Visit, VisitError, compute_claims, load_codes
from helpers.inputs import PROVIDER, RECIPIENT, VISIT, frame, own, places, visit

Cells = Sequence[object]
# What the other columns of a file must have.
BESIDE = {"visits": VISIT, "providers": PROVIDER, "recipients": RECIPIENT}


def rows_of(file: str, column: str, cells: Cells) -> dict[str, list[object]]:
    """Rows that differ in one column, and in the person or the provider."""
    number = "provider_no" if file == "providers" else "insured_no"
    numbers = [BESIDE[file][number][:-1] + str(at + 1) for at in range(len(cells))]
    rows: dict[str, list[object]] = {
        name: [cell] * len(cells) for name, cell in BESIDE[file].items()
    }
    return rows | {number: list(numbers), column: list(cells)}


def as_mapping(file: str, cells: Cells, column: str) -> Any:
    return rows_of(file, column, cells)


def as_objects(file: str, cells: Cells, column: str) -> Any:
    return pd.DataFrame(rows_of(file, column, cells), dtype=object)


def as_rows(file: str, cells: Cells, column: str) -> Any:
    return pd.DataFrame(as_objects(file, cells, column).to_dict("records"))


def computed(file: str, given: Any) -> Batch:
    """Compute a table of visits, or of providers or recipients beside a visit."""
    return compute_claims(**({"visits": frame([visit(1)])} | {file: given}))


def told(file: str, given: Any) -> list[tuple[Any, ...]]:
    """The line, the value and the rule of each problem of a cell that could not be read."""
    return [
        (line, value, rule)
        for of_file, line, _, value, rule in places(computed(file, given).problems)
        if of_file == file and rule in ("bad_value", "missing_value")
    ]


NUMBERS = [
    ("visits", "care_level"),
    ("visits", "minutes"),
    ("visits", "session"),
    ("visits", "service"),
    ("visits", "shortfall"),
    ("visits", "service_date"),
    ("visits", "insurer_no"),
    ("providers", "area_grade"),
    ("providers", "service_month"),
    ("recipients", "benefit_rate"),
    ("recipients", "planned_units"),
    ("recipients", "public_law"),
    ("recipients", "public_copay_yen"),
    ("recipients", "public_from"),
    ("recipients", "public_to"),
]


@pytest.mark.parametrize(("file", "column"), NUMBERS)
def test_a_flag_is_no_number(file: str, column: str, tmp_path: Path) -> None:
    cells = [True, False]
    rows = rows_of(file, column, cells)
    typed = pa.table({**rows, column: pa.array(cells)})
    parquet.write_table(typed, tmp_path / "a.parquet")
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (list(rows), *zip(*rows.values(), strict=True)):
        page.append(list(row))
    book.save(tmp_path / "a.xlsx")
    runs = compute.run_end_encode(pa.array(cells))
    for given_rows in (
        tmp_path / "a.csv", tmp_path / "a.parquet", tmp_path / "a.xlsx", rows, typed,
        pd.DataFrame(rows), pd.DataFrame(rows, dtype=object), pl.DataFrame(rows),
        pd.DataFrame(rows | {column: pd.array(cells, dtype="boolean")}),
        pd.DataFrame(rows | {column: pd.Series(cells, dtype=pd.ArrowDtype(pa.bool_()))}),
        pd.DataFrame(rows | {column: pd.Categorical(cells)}),
        pd.DataFrame(rows | {column: pd.arrays.SparseArray(cells)}),
        pd.DataFrame(rows | {column: pd.Series([np.True_, np.False_], dtype=object)}),
        typed.set_column(typed.schema.get_field_index(column), column, runs),
        typed.set_column(
            typed.schema.get_field_index(column), column, typed[column].dictionary_encode()
        ),
        duckdb.from_arrow(typed),
    ):  # fmt: skip
        assert told(file, given_rows) == [(2, "True", "bad_value"), (3, "False", "bad_value")]


def test_the_sentence_about_a_flag() -> None:
    rows = pd.DataFrame(rows_of("recipients", "benefit_rate", [True]))
    for language, said in (
        ("en", "'True' is not a whole number from 0 to 100; write it in digits"),
        ("ja", "「True」は0〜100の整数ではありません。数字で記入してください"),
    ):
        batch = compute_claims(frame([visit(1)]), recipients=rows, language=language)  # type: ignore[arg-type]
        assert own(batch.problems)["message"].tolist()[:1] == [said]


@pytest.mark.parametrize(
    "cells",
    [
        [1, True, "1", 1.0],
        [True, 1, "1", np.int64(1)],
        [1.0, np.True_, Decimal(1), Fraction(1)],
        [Decimal(1), True, 1, None],
        [True, 1 + 0j, [1], 1],
    ],
)
def test_a_flag_among_equal_numbers(cells: Cells) -> None:
    """Python takes True for 1 wherever it compares them."""
    wrong = [
        (line, str(cell), "bad_value")
        for line, cell in enumerate(cells, start=2)
        if isinstance(cell, (bool, np.bool_, complex, list))
    ]
    blank = [(line, "", "missing_value") for line, cell in enumerate(cells, 2) if cell is None]
    for make in (as_mapping, as_objects, as_rows):
        assert told("visits", make("visits", cells, "care_level")) == sorted(wrong + blank)


CELLS: list[object] = [
    *(True, False, np.True_, np.False_),
    *(0, 1, 0.0, -0.0, 1.0, Decimal(0), Decimal("-0"), Decimal(1)),
]


@cache
def told_alone(at: int) -> list[tuple[Any, ...]]:
    return told("visits", as_objects("visits", [CELLS[at]], "session"))


@given(st.lists(st.integers(0, len(CELLS) - 1), min_size=1, max_size=9))
def test_every_cell_is_told_by_itself(drawn: list[int]) -> None:
    """Whatever cells it stands among."""
    alone = [
        (line, value, rule)
        for line, at in enumerate(drawn, start=2)
        for _, value, rule in told_alone(at)
    ]
    assert told("visits", as_objects("visits", [CELLS[at] for at in drawn], "session")) == alone


def test_a_flag_says_whether_there_is_an_addition() -> None:
    """As TRUE and FALSE do in a CSV: these columns are ticked."""
    visits = pd.DataFrame(rows_of("visits", "bathing", [True, False, True, False]))
    # 426 units in the table of 2016-04 (781241), bathing 50.
    assert compute_claims(visits).claims["total_units"].tolist() == [476, 426, 476, 426]
    long = pd.DataFrame([VISIT | {"minutes": 600}])
    units = [
        compute_claims(long, pd.DataFrame([{**PROVIDER, "extended_hours": flag}]))
        .claims["total_units"]
        .tolist()
        for flag in (True, 1, False, 0)
    ]
    assert units[0] == units[1] != units[2] == units[3]


@pytest.mark.parametrize("form", ["General", "0000000000", "0%"])
def test_a_flag_of_a_workbook_is_one_in_any_form(form: str, tmp_path: Path) -> None:
    rows = rows_of("recipients", "benefit_rate", [True, 1, False, 0, 90])
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (list(rows), *zip(*rows.values(), strict=True)):
        page.append(list(row))
    for line in (2, 4):
        page.cell(line, 1 + list(rows).index("benefit_rate")).number_format = form
    book.save(tmp_path / "a.xlsx")
    assert told("recipients", tmp_path / "a.xlsx") == [
        (2, "True", "bad_value"),
        (4, "False", "bad_value"),
    ]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (0, ""), (0.0, ""), (Decimal("0.00"), ""), ("0", ""), ("0.0", ""), ("0.00", ""),
        (-0.0, "-0.0"), (np.float32(-0.0), "-0.0"), (Decimal("-0"), "-0"),
        (Decimal("-0.0"), "-0.0"), ("-0.0", "-0.0"), ("-0", "-0"), (False, "False"),
        ("False", "False"), ("FALSE", "FALSE"), (np.False_, "False"),
    ],
)  # fmt: skip
def test_no_public_law_is_a_zero_and_nothing_like_it(
    cell: object, wrong: str, tmp_path: Path
) -> None:
    rows = rows_of("recipients", "public_law", [cell])
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    want = [(2, wrong, "bad_value")] if wrong else []
    for given_rows in (rows, pd.DataFrame(rows), pd.DataFrame(rows, dtype=object)):
        assert told("recipients", given_rows) == want
    assert told("recipients", tmp_path / "a.csv") == want


@pytest.mark.parametrize(
    "zeros",
    [
        np.array([0.0, -0.0, 12.0]),
        np.array([0.0, -0.0, 12.0], np.float32),
        pd.array([0.0, -0.0, 12.0], dtype="Float64"),
        pd.arrays.SparseArray([0.0, -0.0, 12.0]),
        pd.Series([0.0, -0.0, 12.0], dtype=pd.ArrowDtype(pa.float64())),
        pd.Series([0, -0.0, 12], dtype=object),
        pd.Series([0, Decimal("-0.0"), "12"], dtype=object),
    ],
)
def test_zeros_of_either_sign_in_one_column(zeros: Any, tmp_path: Path) -> None:
    table = pd.DataFrame(rows_of("recipients", "public_law", [0, 0, 12]) | {"public_law": zeros})
    assert told("recipients", table) == [(3, "-0.0", "bad_value")]
    if table["public_law"].dtype in (np.float64, np.float32):
        table.to_parquet(tmp_path / "a.parquet")
        assert told("recipients", tmp_path / "a.parquet") == [(3, "-0.0", "bad_value")]


WIDE = [pl.Int128, pl.UInt128, pl.Decimal(38, 0)]


@pytest.mark.parametrize("kind", WIDE)
def test_whole_numbers_of_128_bits(kind: Any) -> None:
    cells = [240, 1 << 100, None, 241]
    rows = rows_of("visits", "minutes", cells)
    table = pl.DataFrame(rows | {"minutes": pl.Series(cells, dtype=pl.Int128).cast(kind)})
    want = [(3, str(1 << 100), "bad_value"), (4, "", "missing_value")]
    assert told("visits", table) == want
    batch = computed("visits", table)
    assert batch.claims["insured_no"].tolist() == ["0000000001", "0000000004"]
    assert len(batch.held_visits) == 2
    # A column given by itself, and one that is not read.
    assert told("visits", {name: table[name] for name in table.columns}) == want
    beside = table.with_columns(minutes=pl.lit(240), 備考=pl.col("minutes"))
    assert computed("visits", beside).problems.empty


def test_whole_numbers_of_128_bits_of_duckdb() -> None:
    table = duckdb.from_arrow(pa.table(rows_of("visits", "minutes", [240, 1 << 40])))
    wide = table.project("* replace (minutes::HUGEINT * 1000000000000 as minutes)")
    assert told("visits", wide) == [
        (2, str(240 * 10**12), "bad_value"),
        (3, str((1 << 40) * 10**12), "bad_value"),
    ]


def test_the_difference_of_two_times_in_duckdb() -> None:
    """Four hours are 240 minutes; a month has no length."""
    table = duckdb.from_arrow(pa.table(rows_of("visits", "minutes", ["4 hours", "1 month"])))
    lengths = table.project("* replace (minutes::INTERVAL as minutes)")
    batch = computed("visits", lengths)
    assert batch.claims["total_units"].tolist() == (
        computed("visits", rows_of("visits", "minutes", [240])).claims["total_units"].tolist()
    )
    assert [(line, rule) for line, _, rule in told("visits", lengths)] == [(3, "bad_value")]
    assert "minutes" in repr(batch.held_visits)
    swapped = table.project("* replace (minutes::INTERVAL as minutes, 'x' as care_level)")
    assert computed("visits", swapped).held_visits["minutes"].tolist()[0] == "4:00"


def test_a_column_that_arrow_cannot_hold_is_named_with_its_type() -> None:
    cells = pl.Series([[1]], dtype=pl.List(pl.Int128))
    rows = rows_of("visits", "minutes", [240])
    with pytest.raises(InputFileError) as caught:
        compute_claims(pl.DataFrame(rows | {"minutes": cells}))
    assert str(caught.value) == (
        "visits: column 'minutes' is of type List(Int128), which Arrow cannot hold; give it as "
        "whole numbers or as text"
    )
    assert caught.value.say("ja") == (
        "visits: 列「minutes」の型(List(Int128))はArrowでは扱えません。"
        "整数または文字列の列にして渡してください"
    )
    # A mapping is read through NumPy, whose want of such a type polars tells in its own way.
    with pytest.raises(InputFileError, match="visits: cannot be read as a table: "):
        compute_claims(rows | {"minutes": cells})


@pytest.mark.parametrize("column", ["minutes", "電話番号"])
@pytest.mark.parametrize(
    "cell", [object(), 1j, pd.Period("2016-05", "M")], ids=lambda one: type(one).__name__
)
def test_a_column_of_objects_of_polars_is_refused(cell: object, column: str) -> None:
    """Of its cells Arrow would take where they are in memory, read or not."""
    rows = rows_of("visits", "minutes", [240])
    table = pl.DataFrame(rows).with_columns(pl.Series(column, [cell], dtype=pl.Object))
    with pytest.raises(InputFileError) as caught:
        compute_claims(table)
    assert str(caught.value) == (
        f"visits: column '{column}' is of type Object, which Arrow cannot hold; give it as whole "
        "numbers or as text"
    )
    assert caught.value.say("ja") == (
        f"visits: 列「{column}」の型(Object)はArrowでは扱えません。"
        "整数または文字列の列にして渡してください"
    )
    # By itself it gives its cells.
    alone = {name: table[name] for name in table.columns}
    assert told("visits", alone) == ([(2, str(cell), "bad_value")] * (column == "minutes"))


MIDNIGHT = datetime.datetime(2016, 5, 2, tzinfo=datetime.UTC)
IN_TOKYO = MIDNIGHT.astimezone(datetime.timezone(datetime.timedelta(hours=9)))


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        (
            "minutes",
            [Decimal("1.50"), 1.5, Decimal("1.5"), Fraction(3, 2), None],
            ["1.50", "1.5", "1.5", "1.5", ""],
        ),
        ("minutes", [Decimal("1.5"), Decimal("1.50"), Decimal("1.500")], ["1.5", "1.50", "1.500"]),
        ("minutes", [(1,), (True,), (1.0,)], ["(1,)", "(True,)", "(1.0,)"]),
        ("minutes", [1e15, 10**15, 10**39], ["1" + "0" * 15, "1" + "0" * 15, "1" + "0" * 39]),
        (
            "service_date",
            [MIDNIGHT, IN_TOKYO, pd.Timestamp(IN_TOKYO)],
            ["2016-05-02 00:00:00+00:00", *["2016-05-02 09:00:00+09:00"] * 2],
        ),
        (
            "start_time",
            [MIDNIGHT.timetz(), IN_TOKYO.timetz()],
            ["00:00:00+00:00", "09:00:00+09:00"],
        ),
        (
            "minutes",
            [datetime.timedelta(seconds=61), np.timedelta64(61, "s"), np.timedelta64("NaT", "s")],
            ["0:01:01", "0:01:01", ""],
        ),
    ],
)
def test_equal_cells_are_each_told_as_they_are_written(
    column: str, cells: Cells, values: list[str]
) -> None:
    for some, shown in ((cells, values), (cells[::-1], values[::-1])):
        rows = as_objects("visits", some, column)
        if column == "start_time":
            rows["end_time"] = "10:00"
            rows = rows.drop(columns="minutes")
        assert [value for _, value, _ in told("visits", rows)] == shown


YEARS = ["20160-05-02", "-0005-05-02", "2016-05-02"]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("kind", ["pandas", "objects", "mapping", "arrow", "arrow_pandas", "file"])
def test_a_date_of_a_year_that_python_has_none_of(
    kind: str, zone: str | None, tmp_path: Path
) -> None:
    days = np.array(YEARS, "datetime64[s]")
    cells: Any = pd.Series(days) if zone is None else pd.Series(days).dt.tz_localize(zone)
    rows: Any = rows_of("visits", "service_date", YEARS)
    column = pa.array(days).cast(pa.timestamp("s", zone))
    match kind:
        case "pandas":
            rows = pd.DataFrame(rows | {"service_date": cells})
        case "objects":
            rows = pd.DataFrame(rows | {"service_date": pd.Series(list(cells), dtype=object)})
        case "mapping":
            rows = rows | {"service_date": cells}
        case _:
            rows = pa.table(rows | {"service_date": column})
    if kind == "arrow_pandas":
        rows = rows.to_pandas(types_mapper=pd.ArrowDtype)
    if kind == "file":
        parquet.write_table(rows, tmp_path / "a.parquet")
        rows = tmp_path / "a.parquet"
    found = told("visits", rows)
    assert [line for line, _, _ in found] == ([2, 3] if zone is None else [2, 3, 4])
    assert {rule for _, _, rule in found} == {"bad_value"}
    assert found[0][1].startswith("20160-0")


@pytest.mark.parametrize(
    ("column", "cells", "value"),
    [
        # Days since 1970; seconds.
        ("service_date", pa.array([6643000, 16923], pa.int32()).cast(pa.date32()), "20157-12-01"),
        ("minutes", pa.array([10**15, 14400]).cast(pa.duration("s")), "277777777777:46:40"),
    ],
)
def test_a_cell_of_arrow_that_python_has_none_of(column: str, cells: pa.Array, value: str) -> None:
    """The rows beside it are read."""
    table = pa.table(rows_of("visits", "minutes", [240, 240]) | {column: cells})
    assert told("visits", table) == [(2, value, "bad_value")]
    assert computed("visits", table).claims["insured_no"].tolist() == ["0000000002"]


@pytest.mark.parametrize("flag", [True, False])
def test_a_flag_is_no_number_of_a_single_visit(flag: bool) -> None:
    for column, values in (
        ("minutes", {"minutes": flag}),
        ("care_level", {"minutes": 240, "care_level": flag}),
    ):
        with pytest.raises(VisitError) as caught:
            Visit(**values)
        assert str(caught.value) == f"{column} '{flag}': a whole number was expected, not {flag}"
        assert caught.value.say("ja") == f"{column}「{flag}」: 整数が必要です({flag}は使えません)"
    table = load_codes("2016-04")
    for minutes in (flag, [flag], [240, flag], (240.0, flag), [[240, flag]], np.array([flag])):
        with pytest.raises(VisitError, match="minutes: whole numbers were expected, not boolean"):
            table.find(minutes=minutes, care_level=1)
    with pytest.raises(VisitError, match="care_level: whole numbers were expected, not boolean"):
        table.find(minutes=240, care_level=[1, flag])

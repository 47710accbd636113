"""単位数単価 and 区分支給限度基準額: against the law, and the loader against damaged files."""

import csv
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.law.prices_and_limits import (
    AREA_GRADES,
    benefit_limit_rows,
    benefit_limits,
    unit_price_rows,
    unit_prices,
)
from chiiki_tsusho.not_known import UNKNOWN

LAW_FILE: Final = "chiiki_tsusho.law.prices_and_limits.law_file"
DATA: Final = Path(__file__).resolve().parents[2] / "data"

# 上乗せ割合 of each 級地 since 2015-04, per cent.
UPLIFTS: Final = {
    "1": 20, "2": 16, "3": 15, "4": 12, "5": 10, "6": 6, "7": 3, "other": 0,
}  # fmt: skip
# 居宅介護サービス費等区分支給限度基準額, 要介護1 to 5: to 2019-09, and since 2019-10.
LIMITS_2014: Final = [16692, 19616, 26931, 30806, 36065]
LIMITS_2019: Final = [16765, 19705, 27048, 30938, 36217]
NONE: Final = [UNKNOWN] * 5


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("month", [201504, 201604, 201803, 202404, 202606, 211604])
def test_prices_are_ten_yen_and_the_uplift_on_staff(month: int) -> None:
    """10 yen × (1 + uplift × 45 %), half up to a hundredth: 1級地 10 × 1.09 = 10.90."""
    cent = Decimal("0.01")
    expected = [
        (10 * (1 + Decimal(UPLIFTS[grade]) / 100 * Decimal("0.45"))).quantize(cent, ROUND_HALF_UP)
        for grade in AREA_GRADES
    ]
    assert [Decimal(int(price)) / 100 for price in unit_prices(month)] == expected
    assert expected[0] == Decimal("10.90")


def test_no_price_is_known_before_the_first() -> None:
    assert unit_prices(201503).tolist() == [UNKNOWN] * len(AREA_GRADES)


@pytest.mark.parametrize(
    ("month", "limits"),
    [
        (201603, NONE),
        (201604, LIMITS_2014),
        (201605, LIMITS_2014),
        (201908, LIMITS_2014),
        (201909, LIMITS_2014),
        (201910, LIMITS_2019),
        (201911, LIMITS_2019),
        (211604, LIMITS_2019),
    ],
)
def test_limits_of_the_care_levels(month: int, limits: list[int]) -> None:
    """No care level, no limit."""
    assert benefit_limits(month).tolist() == [UNKNOWN, *limits]


@pytest.mark.parametrize(
    ("name", "loaded"),
    [("unit_prices.csv", unit_price_rows), ("benefit_limits.csv", benefit_limit_rows)],
)
def test_every_row_is_loaded_as_it_stands(name: str, loaded: Callable[[], Any]) -> None:
    assert [
        {column: str(cell) for column, cell in one.row.model_dump().items()} for one in loaded()
    ] == read(name)
    assert [one.line for one in loaded()] == list(range(2, len(read(name)) + 2))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "1,201910,",
            "1,201909,",
            "line 7, column valid_from: '201909': care level 1 of 2019-09 to open end overlaps "
            "line 2, 2016-04 to 2019-09",
        ),
        ("1,201604,201909", "1,201604,201603", "line 2, column valid_to: '201603': before"),
        ("1,201604,201909", "6,201604,201909", "line 2, column care_level: '6': Input should be"),
        (
            "1,201604,201909",
            "1,201604,201913",
            "line 2, column valid_to: '201913': a month as YYYYMM was expected",
        ),
        ("16692", "16,692", "line 2: 6 cells where the heading has 5"),
        ("16692", "16692.0", "line 2, column units: '16692.0': a whole number in ASCII digits"),
        ("16692", "-1", "line 2, column units: '-1': Input should be greater than or equal to 0"),
        ("16692", "", "line 2, column units: '': the cell is blank; a value is required"),
        ("units,", "unit,", "line 1: unknown column 'unit'; did you mean 'units'?"),
        (",units", "", "line 1: missing column 'units'"),
    ],
)
def test_a_damaged_table_of_limits_is_refused_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, fault: str
) -> None:
    text = (DATA / "benefit_limits.csv").read_text(encoding="utf-8")
    path = tmp_path / "benefit_limits.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(LAW_FILE, lambda _: path)
    with pytest.raises(ct.TableError) as caught:
        benefit_limit_rows.__wrapped__()
    assert f"{path}: {fault}" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("2,45,", "1,45,", "line 3, column valid_from: '201504': grade 1, class 45 of 2015-04"),
        ("2,45,", "A,45,", "line 3, column area_grade: 'A': String should match pattern"),
        ("1090", "10.90", "line 2, column unit_price: '10.90': a whole number in ASCII digits"),
        ("1090", "0", "line 2, column unit_price: '0': Input should be greater than or equal to 1"),
        ("unit_price_notice_2015", "", "line 2, column source: '': the cell is blank"),
    ],
)
def test_a_damaged_table_of_prices_is_refused_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, fault: str
) -> None:
    text = (DATA / "unit_prices.csv").read_text(encoding="utf-8")
    path = tmp_path / "unit_prices.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(LAW_FILE, lambda _: path)
    with pytest.raises(ct.TableError) as caught:
        unit_price_rows.__wrapped__()
    assert f"{path}: {fault}" in str(caught.value)


@pytest.mark.parametrize("load", [unit_price_rows, benefit_limit_rows])
def test_a_table_that_cannot_be_read(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, other, gone = (tmp_path / name for name in ("empty.csv", "sjis.csv", "gone.csv"))
    heading = ",".join(
        read("unit_prices.csv" if load is unit_price_rows else "benefit_limits.csv")[0]
    )
    empty.write_text(heading + "\n", encoding="utf-8")
    other.write_text("単価", encoding="cp932")
    for path, said in (
        (empty, "the table has no rows"),
        (other, "not UTF-8 at byte 0: save it as UTF-8"),
        (gone, "cannot be read: No such file or directory"),
    ):
        monkeypatch.setattr(LAW_FILE, lambda _, path=path: path)
        with pytest.raises(ct.TableError) as caught:
            load.__wrapped__()
        assert str(caught.value).startswith(f"{path}: ")
        assert said in str(caught.value)

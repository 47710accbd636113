"""Each row of the bundled table, at both of its ends: there in its months, gone outside them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.months import OPEN_END, month_before, next_month

FILE: Final = Path(__file__).parents[2] / "data" / "service_codes.csv"
with FILE.open(encoding="utf-8", newline="") as _stream:
    ROWS: Final = list(csv.DictReader(_stream))
FIRST_MONTH: Final = min(int(row["valid_from"]) for row in ROWS)
# A month of the open end, years from now.
FAR: Final = 209912


def in_words(value: object) -> str:
    return "" if value is None or str(value) in ("<NA>", "nan") else str(value)


@pytest.mark.parametrize("row", ROWS, ids=[f"{r['item_code']} {r['valid_from']}" for r in ROWS])
def test_a_row_is_found_in_its_first_and_last_month_and_not_beyond(row: dict[str, str]) -> None:
    first, last = int(row["valid_from"]), int(row["valid_to"])
    for month in (first, FAR if last == OPEN_END else last):
        frame = ct.load_codes(month).lookup([row["service_type"] + row["item_code"]])
        there = {name: in_words(frame.loc[0, name]) for name in row}
        assert there == row
    outside = [] if first == FIRST_MONTH else [month_before(first)]
    outside += [] if last == OPEN_END else [next_month(last)]
    for month in outside:
        frame = ct.load_codes(month).frame
        codes = frame[frame["service_code"] == row["service_type"] + row["item_code"]]
        # Another row of the code may hold there: then it is that one, with months of its own.
        assert {in_words(one) for one in codes["valid_from"]} & {row["valid_from"]} == set()
        if codes.empty:
            with pytest.raises(ct.UnknownCodeError):
                ct.load_codes(month).units([row["service_type"] + row["item_code"]])


def test_the_first_month_is_that_of_the_service() -> None:
    """The service began with 2016-04 (平成26年法律第83号)."""
    assert FIRST_MONTH == 201604
    with pytest.raises(ct.UnsupportedMonthError):
        ct.load_codes("2016-03")


SYMBIOTIC: Final = (
    "symbiotic_life_care symbiotic_self_reliance symbiotic_child_development symbiotic_after_school"
)
TRAINING: Final = "functional_training_1i functional_training_1ro"


# 老企第36号 第二の7 (comparison of 2024-04): 認知症 and 中重度 not beside 共生型, 生活相談員配置
# only beside it; 栄養改善 not beside 栄養アセスメント;
# 生活機能向上連携Ⅱ of 100 units only with 個別機能訓練.
# 同一建物減算 is left out of the limit since 2021-04
# (令和3年改定, 区分支給限度基準額の計算方法の適正化).
@pytest.mark.parametrize("month", ["2018-04", "2019-09", "2024-04", "2026-05", "2026-06"])
def test_what_stands_with_what(month: str) -> None:
    rows = {row.item_code: row for row in ct.load_codes(month).rows}
    for code in ("5305", "5306"):
        assert rows[code].not_with == SYMBIOTIC
    assert rows["6350"].only_with == SYMBIOTIC
    assert rows["5611"].limit_managed == (month < "2021-04")
    assert rows["5612"].yields_to == "same_building"
    assert {rows[code].limit_managed for code in ("6100", "8110", "6108")} == {0}
    if month >= "2024-04":
        assert rows["5605"].not_with == "nutrition_assessment"
        assert (rows["4002"].not_with, rows["4003"].only_with) == (TRAINING, TRAINING)
        for alike in (("4001", "4002", "4003"), ("5606", "5608"), ("6338", "6339")):
            (group,) = {rows[code].group for code in alike}
            assert group is not None

"""Dates and months of the Japanese calendar, at the borders of its eras.

The last day of 明治 and of 大正 is the first of the next era as well (詔書 of 1912-07-30 and of
1926-12-25: 七月三十日以後, 十二月二十五日以後); 昭和 ended on 1989-01-07 and 平成 on
2019-04-30, the day before the next era began (元号を改める政令).
"""

from __future__ import annotations

import pytest

from chiiki_tsusho.reading.cell_texts import BadCellError
from chiiki_tsusho.reading.dates_and_times import parse_date, parse_month


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明治45年7月30日", 19120730), ("大正元年7月30日", 19120730),
        ("T15.12.25", 19261225), ("昭和元年12月25日", 19261225), ("S64.1.7", 19890107),
        ("H1.1.8", 19890108), ("H31.4.30", 20190430), ("R1.5.1", 20190501),
        # As was printed before 平成 ended.
        ("H31.5.1", 20190501), ("平成32年4月1日", 20200401),
    ],
)  # fmt: skip
def test_a_day_of_its_era_is_read(text: str, day: int) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "said", "in_japanese"),
    [
        ("M45.7.31", "lies after 明治 ended on 1912-07-30", "明治の終わり(1912-07-30)より後です"),
        ("T15.12.26", "lies after 大正 ended on 1926-12-25", "大正の終わり(1926-12-25)より後です"),
        ("S64.1.8", "lies after 昭和 ended on 1989-01-07", "昭和の終わり(1989-01-07)より後です"),
        ("S91.4.1", "lies after 昭和 ended on 1989-01-07", "昭和の終わり(1989-01-07)より後です"),
        ("T1.7.29", "lies before 大正 began on 1912-07-30", "大正の始まり(1912-07-30)より前です"),
        ("S1.12.24", "lies before 昭和 began on 1926-12-25", "昭和の始まり(1926-12-25)より前です"),
        ("H1.1.7", "lies before 平成 began on 1989-01-08", "平成の始まり(1989-01-08)より前です"),
        ("R1.4.30", "lies before 令和 began on 2019-05-01", "令和の始まり(2019-05-01)より前です"),
    ],
)  # fmt: skip
def test_a_day_outside_its_era_is_refused(text: str, said: str, in_japanese: str) -> None:
    with pytest.raises(BadCellError) as caught:
        parse_date(text)
    english, japanese = (caught.value.message.say(one) for one in ("en", "ja"))
    assert english == f"{text!r} {said}; correct the era or the date"
    assert japanese == f"「{text}」は{in_japanese}。元号または日付を訂正してください"


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("大正15年12月", 192612), ("昭和元年12月", 192612), ("S64.1", 198901), ("H1.1", 198901),
        ("R1.5", 201905), ("平成31年5月", 201905), ("H32.4", 202004),
    ],
)  # fmt: skip
def test_a_month_with_a_day_of_its_era_is_read(text: str, month: int) -> None:
    assert parse_month(text) == month


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("S64.2", "after_era"), ("T16.1", "after_era"), ("昭和91年4月", "after_era"),
        ("R1.4", "before_era"), ("H0.12", "before_era"), ("S1.11", "before_era"),
        ("R1.13", "month"),
    ],
)  # fmt: skip
def test_a_month_outside_its_era_is_refused(text: str, wording: str) -> None:
    with pytest.raises(BadCellError) as caught:
        parse_month(text)
    assert caught.value.message.text == wording

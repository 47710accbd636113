"""The Japanese eras (元号): their days, and dates written in them."""

from __future__ import annotations

from datetime import date

# The first and the last day of each era (元号を改める政令); the day on which 明治 and 大正 ended is
# also the first of the next. What was printed before 平成 ended says 平成31年5月 and 平成32年, and
# that is meant.
ERAS = {
    "明治": (date(1868, 10, 23), date(1912, 7, 30)),
    "大正": (date(1912, 7, 30), date(1926, 12, 25)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date.max),
    "令和": (date(2019, 5, 1), date.max),
}


def japanese_date(day: date) -> str:
    """Write a day as papers do: 令和8年4月1日."""
    begun = [(era, first.year) for era, (first, _) in ERAS.items() if first <= day]
    if not begun:
        return f"{day.year}年{day.month}月{day.day}日"
    era, first_year = begun[-1]
    year = day.year - first_year + 1
    return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"

"""Months of service: ``YYYYMM`` integers inside, text outside."""

from __future__ import annotations

import re
from numbers import Integral
from typing import TYPE_CHECKING, Protocol, TypeVar

from chiiki_tsusho.errors import UnsupportedMonthError, given_text
from chiiki_tsusho.language import Language, Name, Text

if TYPE_CHECKING:
    from chiiki_tsusho.number_arrays import Ints

Months = TypeVar("Months", int, "Ints")
OPEN_END = 999999
_MONTH = re.compile(r"(\d{4})-?(\d{2})")


class YearAndMonth(Protocol):
    """A date, a timestamp or a period: what has a year and a month."""

    @property
    def year(self) -> int:
        """Year of the Gregorian calendar."""

    @property
    def month(self) -> int:
        """Month, 1 to 12."""


MonthLike = str | int | YearAndMonth


def parse_month(month: MonthLike) -> int:
    """Read a month: ``"2016-04"``, ``"201604"``, ``201604``, a date or a ``pandas.Period``.

    Returns
    -------
    int
        The month as ``201604``.

    Raises
    ------
    UnsupportedMonthError
        It is no month.
    """
    year, of_year = getattr(month, "year", None), getattr(month, "month", None)
    if isinstance(year, int) and isinstance(of_year, int):
        return year * 100 + of_year
    whole = isinstance(month, Integral) and not isinstance(month, bool)
    written = given_text(month)
    match = _MONTH.fullmatch(written) if whole or isinstance(month, str) else None
    if match is None or not is_month(int(match[1] + match[2])):
        raise UnsupportedMonthError(
            Text("{text!r} is not a month: write it as 2016-04 or 201604", text=written)
        )
    return int(match[1] + match[2])


def is_month(month: int) -> bool:
    """Say whether ``YYYYMM`` is a month of the calendar."""
    return 1 <= month % 100 <= 12


def month_text(month: int) -> str:
    """Write ``201604`` as ``2016-04``, for people."""
    if abs(month) > OPEN_END:
        return given_text(month)
    return f"{month // 100:04d}-{month % 100:02d}"


def next_month(month: Months) -> Months:
    """Return the month after, ``201612`` → ``201701``; of an array each month's."""
    following: Months = month + 1 + 88 * (month % 100 >= 12)
    return following


def last_review(service_month: Months) -> Months:
    """Return the last month in which a claim may be reviewed before it is barred by time.

    The two years of 介護保険法 第200条 run from the first day of the third month after the service.
    """
    last: Months = next_month(next_month(service_month)) + 200
    return last


def month_before(month: int) -> int:
    """Return the month before, ``201701`` → ``201612``."""
    return month - 1 if month % 100 > 1 else month - 89


def spans_text(spans: list[tuple[int, int]], language: Language = "en") -> str:
    """Name runs of months: ``2016-04 to 2018-03, from 2026-06``."""
    if language == "ja":
        return "、".join(
            f"{month_text(first)}{'以降' if last == OPEN_END else f'〜{month_text(last)}'}"
            for first, last in spans
        )
    return ", ".join(
        f"from {month_text(first)}"
        if last == OPEN_END
        else f"{month_text(first)} to {month_text(last)}"
        for first, last in spans
    )


def named_spans(spans: list[tuple[int, int]]) -> Name:
    """Name runs of months as each language does."""
    return Name(spans_text(spans), spans_text(spans, "ja"))


def joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge spans of months that touch or overlap, in order of time."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= next_month(merged[-1][1]):
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged

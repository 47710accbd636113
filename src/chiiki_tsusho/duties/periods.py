"""Days and periods: months as the Civil Code counts them, fiscal years, Japanese dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta

from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text

# The first month of a fiscal year.
APRIL = 4
MONTHS_OF_A_YEAR = 12
Closures = Sequence[tuple[date, date | None]]


def given_day(on: date | str) -> date:
    """Return a day given as a date, a time stamp or text such as ``2026-04-01``.

    Raises
    ------
    ChiikiTsushoError
        The text is no day.
    """
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except (TypeError, ValueError):
        raise ChiikiTsushoError(
            Text("{day!r} is not a day; write it as 2026-04-01", day=str(on))
        ) from None


def done_by(day: date | None, on: date) -> date | None:
    """Return the day on which something was done, None where that has not happened by a day."""
    return None if day is None or day > on else day


def period_end(day: date, months: int, *, own_day: bool = False) -> date:
    """Return the last day of a period of months that begins with an event.

    Parameters
    ----------
    day : date
        The day of the event, which does not count itself (民法 第140条).
    months : int
    own_day : bool
        The day counts itself, as that of a designation does (第140条ただし書).

    Returns
    -------
    date
        The day before the one that corresponds to the first day; the end of the month where no
        day corresponds (第143条第2項).
    """
    first = day if own_day else days_later(day, 1)
    year, month = _months_later(first, months)
    last = monthrange(year, month)[1]
    if first.day > last:
        return date(year, month, last)
    return days_later(date(year, month, first.day), -1)


def same_day(day: date, months: int) -> date:
    """Return the day of the same number so many months later, or the end of its month."""
    year, month = _months_later(day, months)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _months_later(day: date, months: int) -> tuple[int, int]:
    """Return year and month so many months later; the calendar ends with the year 9999."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(min(max(number, MINYEAR * 12), MAXYEAR * 12 + 11), 12)
    return year, month + 1


def days_later(day: date, days: int) -> date:
    """Return the day so many days later; the calendar ends with the year 9999.

    Registers say 9999-12-31 of what has no end.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def act_by(day: date, months: int) -> date:
    """Return the last day on which every reading of "within so many months" is kept."""
    return min(period_end(day, months), same_day(day, months))


def blame_after(day: date, months: int) -> date:
    """Return the last day on which any reading of "within so many months" is kept."""
    return max(period_end(day, months), same_day(day, months))


def act_before(day: date, months: int) -> date:
    """Return the last day with so many whole months between it and a day."""
    return days_later(same_day(day, -months), -1)


def elapsed(start: date, end: date) -> tuple[int, int]:
    """Return the whole months and the days over from one day to another."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if same_day(start, months) > end:
        months -= 1
    return months, (end - same_day(start, months)).days


def closed_days(closures: Closures, first: date, last: date) -> int:
    """Count the days of a span on which the office is closed (休止)."""
    spans = ((max(begin, first), min(end or last, last)) for begin, end in closures)
    return sum(max((end - begin).days + 1, 0) for begin, end in spans)


def first_open(day: date, closures: Closures) -> date | None:
    """Return the first day from a day on that is in no closure, None where there is none."""
    for first, last in sorted(closures):
        if first <= day and (last is None or day <= last):
            if last is None:
                return None
            day = days_later(last, 1)
    return day


def without_closures(start: date, end: date, closures: Closures) -> date | None:
    """Put off the end of a period by the days in it on which the office is closed.

    Returns
    -------
    date or None
        None where the office does not open again.
    """
    moved = end
    for first, last in sorted(closures):
        if first > moved:
            break
        if last is None:
            return None
        # Once it is reached all its days are passed over; the day of the event does not count.
        moved = days_later(moved, closed_days([(first, last)], days_later(start, 1), last))
    return moved


def fiscal_year(day: date) -> int:
    """Return the fiscal year (April to March) of a day."""
    return day.year if day.month >= APRIL else day.year - 1


def fiscal_days(year: int) -> tuple[date, date]:
    """Return the first and the last day of a fiscal year, as far as there is a calendar."""
    first = date(year, APRIL, 1) if year >= MINYEAR else date.min
    last = date(year + 1, APRIL - 1, 31) if year < MAXYEAR else date.max
    return first, last

"""The days on which a municipality's office is open."""

from __future__ import annotations

from datetime import date, timedelta

from chiiki_tsusho.duties.extra import needed

_DAY = timedelta(days=1)
_SATURDAY = 5


def is_open(day: date) -> bool:
    """Say whether the office is open: not on weekends, holidays, nor from 12-29 to 01-03."""
    if (
        day.weekday() >= _SATURDAY
        or (day.month, day.day) >= (12, 29)
        or day.timetuple().tm_yday <= 3
    ):
        return False
    return not needed("jpholiday").is_holiday(day)


def open_by(day: date) -> date:
    """Return the last open day up to a day."""
    while not is_open(day) and day > date.min:
        day -= _DAY
    return day


def open_from(day: date) -> date:
    """Return the first open day from a day on."""
    while not is_open(day) and day < date.max:
        day += _DAY
    return day

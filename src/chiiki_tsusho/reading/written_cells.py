"""Values and places of a frame, a workbook or a Parquet file as texts of a table."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import pyarrow as pa

_SHOWN_DIGITS = 40
_LARGEST = 10**_SHOWN_DIGITS
_SECONDS_OF_A_DAY = 86_400
_NANOSECONDS_OF_A_DAY = _SECONDS_OF_A_DAY * 10**9
# What a spreadsheet computes misses whole numbers by less: (16:05 - 9:00) * 1440 is one.
_PLACES = 9


def cell_text(value: object) -> str:
    """Write a value of a frame, a workbook or a Parquet file as a CSV would hold it."""
    if value is None:
        return ""
    if isinstance(value, str):
        # A lone surrogate is no character, and no file could hold it.
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, (bool, np.bool_)):
        # A flag is no number: as a word it is read where words are, and refused elsewhere.
        return str(bool(value))
    if isinstance(value, np.timedelta64):
        # To NumPy it is an integer.
        days = value / np.timedelta64(1, "D")
        return "" if np.isnan(days) else length_text(float(days))
    if isinstance(value, Integral):
        return _whole_text(int(value))
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if isinstance(value, Real):
        # Blank cells make pandas hold whole numbers as floats.
        number = round(float(value), _PLACES)
        if math.isnan(number):
            return ""
        whole = number.is_integer() and (number or math.copysign(1, number) > 0)
        return str(int(number)) if whole else repr(number)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, pa.MonthDayNano) and not value.months:
        # The difference of two times in a database.
        return length_text(value.days + value.nanoseconds / _NANOSECONDS_OF_A_DAY)
    if isinstance(value, datetime.timedelta):
        return _hours_text(round(value.total_seconds()))
    return str(value)


def length_text(days: float) -> str:
    """Write a length of time as ``cell_text`` does, however long it is.

    >>> length_text(0.5), length_text(1370000018), length_text(math.inf)
    ('12:00', '32880000432:00', 'inf')
    """
    return _hours_text(round(days * _SECONDS_OF_A_DAY)) if abs(days) < _LARGEST else repr(days)


def _whole_text(number: int) -> str:
    # Python writes no longer ones in digits; what they begin with shows what they are.
    return str(number) if abs(number) < _LARGEST else hex(number)[:_SHOWN_DIGITS]


def _decimal_text(number: Decimal) -> str:
    if number.is_nan():
        return ""
    if not number.is_finite() or number.adjusted() > _SHOWN_DIGITS:
        return str(number)
    whole = number == number.to_integral_value() and (number or not number.is_signed())
    return str(int(number)) if whole else format(number, "f")


def _hours_text(seconds: int) -> str:
    """Write a length of time in hours: 7:30, with seconds where there are some."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def column_letters(number: int) -> str:
    """Write the number of a column as a spreadsheet does: 28 is AB."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters

"""Dates, months, times of day and lengths of stay as offices write them.

The claim form itself writes dates in 和暦 (介護給付費請求書等の記載要領), spreadsheets add a time
of 0:00, and provision sheets write a stay in hours.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from chiiki_tsusho.eras import ERAS
from chiiki_tsusho.language import Name
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY
from chiiki_tsusho.reading.cell_texts import BadCellError, digits, plain, whole

_ERA_OF_LETTER = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_WEEKDAYS = "月火水木金土日"
_WEEKDAY_NAMES = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
_AT_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?\Z")
_WEEKDAY = re.compile(r" ?(?:\(([月火水木金土日])(?:曜日?)?\)|([月火水木金土日])曜日?)\Z")
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})",
    re.ASCII,
)
_ERA_YEAR = r"(明治|大正|昭和|平成|令和|[MTSHRmtshr]\.?)(\d{1,2}|元)"
_ERA_DATE = re.compile(_ERA_YEAR + r"(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})日?", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:-(\d{2})|/(\d{1,2})|(\d{2})|年(\d{1,2})月)", re.ASCII)
_ERA_MONTH = re.compile(_ERA_YEAR + r"(?:年|[-/.])(\d{1,2})月?", re.ASCII)
_DAY_NUMBER = re.compile(r"[34]\d{4}", re.ASCII)
_TIME = re.compile(
    r"(?:(午前|午後|AM|PM) ?)?(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?|"
    r"(\d{1,2})時(?:(\d{1,2})分)?)(?: ?(AM|PM))?|(\d{2})(\d{2})",
    re.ASCII | re.IGNORECASE,
)
_AFTERNOON = ("午後", "PM")
_LENGTH = re.compile(
    r"(\d{1,2}):([0-5]\d)(?::00)?|(\d{1,2})時間(?:(半)|([0-5]?\d)分)?|(\d{1,4})分", re.ASCII
)
_TIME_NUMBER = re.compile(r"0?\.[0-9]+")
_NINE_DIGITS = 999_999_999


def parse_date(text: str) -> int:
    """Read a date as YYYYMMDD."""
    folded = whole(_AT_MIDNIGHT.sub("", plain(text)))
    weekday = _WEEKDAY.search(folded)
    if weekday is not None:
        folded = folded[: weekday.start()]
    if "年" in folded:
        folded = folded.replace(" ", "")
    of_era = _ERA_DATE.fullmatch(folded)
    day = _of_era(of_era, text) if of_era else _western(folded, text)
    if weekday is not None and _WEEKDAYS[day.weekday()] != (weekday[1] or weekday[2]):
        named = Name(_WEEKDAY_NAMES[day.weekday()], f"{_WEEKDAYS[day.weekday()]}曜日")
        raise BadCellError("weekday", value=text, weekday=named)
    return (day.year * 100 + day.month) * 100 + day.day


def _western(folded: str, text: str) -> date:
    match = _DATE.fullmatch(folded)
    if match is None:
        raise BadCellError("day_number" if _DAY_NUMBER.fullmatch(folded) else "date", value=text)
    year, month, day = (int(part) for part in match.groups() if part and part.isdigit())
    return _day(year, month, day, text)


def _of_era(match: re.Match[str], text: str) -> date:
    era = _era(match[1])
    day = _day(_year(era, match[2]), int(match[3]), int(match[4]), text)
    _check_era(era, day, day, text)
    return day


def _era(name: str) -> str:
    return _ERA_OF_LETTER.get(name[0].upper(), name)


def _year(era: str, number: str) -> int:
    return ERAS[era][0].year + (1 if number == "元" else int(number)) - 1


def _check_era(era: str, first: date, last: date, text: str) -> None:
    """Refuse a day or a month no day of which is of the era."""
    start, end = ERAS[era]
    if last < start:
        raise BadCellError("before_era", value=text, era=era, start=start.isoformat())
    if first > end:
        raise BadCellError("after_era", value=text, era=era, end=end.isoformat())


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCellError("no_such_day", value=text) from None


def parse_month(text: str) -> int:
    """Read a month as YYYYMM; a spreadsheet makes the first day of it of some."""
    folded = plain(text).replace(" ", "") if "年" in text else whole(plain(text))
    if match := _MONTH.fullmatch(folded):
        year, month = (int(part) for part in match.groups() if part)
    elif match := _ERA_MONTH.fullmatch(folded):
        era = _era(match[1])
        year, month = _year(era, match[2]), int(match[3])
        if 1 <= month <= 12:
            _check_era(
                era, date(year, month, 1), date(year, month, monthrange(year, month)[1]), text
            )
    else:
        year, month = _month_of_first_day(text)
    if not 1 <= month <= 12:
        raise BadCellError("month", value=text)
    return year * 100 + month


def _month_of_first_day(text: str) -> tuple[int, int]:
    try:
        month, day = divmod(parse_date(text), 100)
    except BadCellError:
        day = 0
    if day != 1:
        raise BadCellError("month", value=text)
    return divmod(month, 100)


def parse_time(text: str) -> int:
    """Read a time of day as minutes after midnight."""
    match = _TIME.fullmatch(plain(text))
    if match is None:
        raise BadCellError("time_number" if _is_time_number(text) else "time", value=text)
    before, hour, minute, second, kanji_hour, kanji_minute, after, *four = match.groups()
    if second not in (None, "00"):
        raise BadCellError("seconds", value=text, without=f"{hour}:{minute}")
    hours = int(hour or kanji_hour or four[0])
    minutes = int(minute or kanji_minute or four[1] or 0)
    half = before or after
    if half is not None:
        if (before and after) or hours > 12:
            raise BadCellError("time", value=text)
        hours = hours % 12 + (12 if half.upper() in _AFTERNOON else 0)
    if minutes > 59 or hours * 60 + minutes > MINUTES_OF_A_DAY:
        raise BadCellError("time", value=text)
    return hours * 60 + minutes


def parse_minutes(text: str) -> int:
    """Read a length of stay as whole minutes."""
    folded = plain(text)
    match = _LENGTH.fullmatch(folded.replace(" ", ""))
    if match is not None:
        hours, minutes, kanji_hours, half, kanji_minutes, alone = match.groups()
        if alone:
            return int(alone)
        return int(hours or kanji_hours) * 60 + (30 if half else int(minutes or kanji_minutes or 0))
    number = digits(folded)
    # A reader of numbers takes zeros in front and −0 as well.
    if not re.fullmatch(r"-?0*[0-9]{1,9}", number) or not 0 <= int(number) <= _NINE_DIGITS:
        raise BadCellError("time_number" if _is_time_number(text) else "minutes", value=text)
    return int(number)


def _is_time_number(text: str) -> bool:
    """Say whether a cell holds a part of a day, as a spreadsheet does without the format."""
    return _TIME_NUMBER.fullmatch(plain(text)) is not None

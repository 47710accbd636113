"""Cells to integers, one distinct text at a time.

A column of a million cells has a few dozen texts, so each text is read once, as strictly as
Python can, and the column is an array of positions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.language import Language
from chiiki_tsusho.law.bands import SHORTFALL_NAMES
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY, SERVICES
from chiiki_tsusho.law.prices_and_limits import AREA_GRADES
from chiiki_tsusho.problem_texts import CALLED, Message

BLANK, BAD = -1, -2
MAX_SESSION = 9
# 公費 and units have no legal ceiling; nine digits hold any month and keep sums inside int64.
_NINE_DIGITS = 999_999_999

BENEFIT_RATES = ("90", "80", "70")


def _in_both(names: Sequence[str]) -> dict[str, int]:
    """Give names their numbers, in English and in Japanese."""
    numbered = {name: at for at, name in enumerate(names)}
    return numbered | {CALLED[name]: at for name, at in numbered.items() if name}


_SERVICE_NAMES, _SHORTFALL_NAMES = _in_both(SERVICES), _in_both(SHORTFALL_NAMES)
_GRADE_NAMES = {
    **{grade: at for at, grade in enumerate(AREA_GRADES)},
    **{f"{grade}級地": at for at, grade in enumerate(AREA_GRADES[:-1])},
    "その他": len(AREA_GRADES) - 1,
}


class BadCellError(Exception):
    """A cell that is not what its column holds."""

    def __init__(self, text: str, **facts: object) -> None:
        super().__init__(text)
        self.message = Message("bad_value", text, facts)


Parser = Callable[[str], int]


def _plain(text: str) -> str:
    """Fold full-width forms (３ is 3) and take off spaces around."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def _identifier(pattern: str, text_id: str, lengths: tuple[int, ...]) -> Parser:
    compiled = re.compile(pattern)

    def parse(text: str) -> int:
        if not compiled.fullmatch(text):
            raise identifier_error(text, text_id, lengths)
        return 0

    return parse


def identifier_error(text: str, text_id: str, lengths: tuple[int, ...]) -> BadCellError:
    """Say what is wrong with an identifier: shortened by a spreadsheet, spaced, or not one."""
    if text.isascii() and text.isdigit() and len(text) not in lengths and len(text) < lengths[-1]:
        expected = {"en": " or ".join(map(str, lengths)), "ja": "または".join(map(str, lengths))}
        return BadCellError("shortened", value=text, length=len(text), expected=expected)
    if text != text.strip() and text.strip():
        return BadCellError("spaces", value=text)
    return BadCellError(text_id, value=text)


def _date(text: str) -> int:
    match = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d{2})(\d{2})",
        _plain(text),
        re.ASCII,
    )
    if match is None:
        raise BadCellError("date", value=text)
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        date(year, month, day)
    except ValueError:
        raise BadCellError("date", value=text) from None
    return (year * 100 + month) * 100 + day


def _month(text: str) -> int:
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})|/(\d{1,2})|(\d{2}))", _plain(text), re.ASCII)
    month = int(next(part for part in match.groups()[1:] if part)) if match else 0
    if match is None or not 1 <= month <= 12:
        raise BadCellError("month", value=text)
    return int(match[1]) * 100 + month


def _time(text: str) -> int:
    # A column of times of day (a frame, Parquet) is written with its seconds.
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?|(\d{2})(\d{2})", _plain(text), re.ASCII)
    if match is None:
        raise BadCellError("time", value=text)
    hour, minute = (int(part) for part in match.groups() if part is not None)
    if minute > 59 or hour * 60 + minute > MINUTES_OF_A_DAY:
        raise BadCellError("time", value=text)
    return hour * 60 + minute


def _whole(least: int, most: int) -> Parser:
    if most == _NINE_DIGITS:
        in_words = {"en": f"of {least} or more", "ja": f"{least}以上"}
    else:
        in_words = {"en": f"from {least} to {most}", "ja": f"{least}〜{most}"}

    def parse(text: str) -> int:
        plain = _plain(text)
        # A reader of numbers takes zeros in front and −0 as well.
        if not re.fullmatch(r"-?0*[0-9]{1,9}", plain) or not least <= int(plain) <= most:
            raise BadCellError("whole", value=text, range=in_words)
        return int(plain)

    return parse


def _choice(known: dict[str, int], shown: tuple[str, ...]) -> Parser:
    called = [f"{CALLED[name]}({name})" if name in CALLED else name for name in shown]
    choices = {"en": ", ".join(shown), "ja": "、".join(called)}

    def parse(text: str) -> int:
        try:
            return known[_plain(text)]
        except KeyError:
            raise BadCellError("choice", value=text, choices=choices) from None

    return parse


_level = _whole(1, 5)


def _care_level(text: str) -> int:
    plain = _plain(text)
    if plain.startswith("要支援"):
        raise BadCellError("support_level", value=text)
    try:
        return _level(plain.removeprefix("要介護"))
    except BadCellError as error:
        raise BadCellError("whole", **{**error.message.facts, "value": text}) from None


def key_parser(key: str | dict[Language, str], most: int) -> Parser:
    """Make the parser of an addition's column: a count up to ``most``."""
    count = _whole(0, most)

    def parse(text: str) -> int:
        try:
            return count(text)
        except BadCellError:
            raise BadCellError("key_value", value=text, key=key, most=most) from None

    return parse


PARSERS: dict[str, Parser] = {
    "provider_no": _identifier(r"[0-9A-Z]{10}", "provider_no", (10,)),
    "insurer_no": _identifier(r"[0-9]{6}|[0-9]{8}", "insurer_no", (6, 8)),
    "insured_no": _identifier(r"[0-9H][0-9]{9}", "insured_no", (10,)),
    "date": _date,
    "month": _month,
    "care_level": _care_level,
    "minutes": _whole(0, _NINE_DIGITS),
    "session": _whole(1, MAX_SESSION),
    "time": _time,
    "service": _choice(_SERVICE_NAMES, SERVICES),
    "shortfall": _choice(_SHORTFALL_NAMES, SHORTFALL_NAMES[1:]),
    "area_grade": _choice(_GRADE_NAMES, AREA_GRADES),
    "flag": _whole(0, 1),
    "benefit_rate": _choice({rate: int(rate) for rate in BENEFIT_RATES}, BENEFIT_RATES),
    "units": _whole(0, _NINE_DIGITS),
    "public_law": _choice({"12": 12}, ("12",)),
    "yen": _whole(0, _NINE_DIGITS),
}


# Columns whose cells are whole numbers worth themselves, and which ones they may be.
NUMBER_RANGES = {
    "care_level": (1, 5),
    "minutes": (0, _NINE_DIGITS),
    "session": (1, MAX_SESSION),
    "flag": (0, 1),
}


@dataclass
class Decoder:
    """Read the texts of one column, each once over all blocks.

    Parameters
    ----------
    parse : callable
        Text to a non-negative integer, or ``BadCellError``.
    blank : int
        What a blank cell is worth (``BLANK`` where it has no default).
    number_range : tuple of int, optional
        The numbers worth themselves, where the column may be read as numbers.
    """

    parse: Parser
    blank: int = BLANK
    number_range: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self._known: dict[str, int] = {"": self.blank}
        self.errors: dict[str, Message] = {}

    def values(self, texts: list[str]) -> npt.NDArray[np.int64]:
        """Return the value of each text: ``BAD`` where ``errors`` has the reason."""
        known = self._known
        for text in texts:
            if text not in known:
                known[text] = self._read(text)
        return np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts))

    def numbers(self, values: npt.NDArray[np.int64], blank_number: int) -> npt.NDArray[np.int64]:
        """Return the value of each number: ``BAD`` where ``errors`` has the reason."""
        least, most = self.number_range or (0, -1)
        if not len(values) or (values.min() >= least and values.max() <= most):
            return values
        decoded = values.copy()
        for number in np.unique(values[(values < least) | (values > most)]).tolist():
            text = "" if number == blank_number else str(number)
            decoded[values == number] = self.values([text])[0]
        return decoded

    def _read(self, text: str) -> int:
        if not text.strip():
            return self.blank
        try:
            return self.parse(text)
        except BadCellError as error:
            self.errors[text] = error.message
            return BAD

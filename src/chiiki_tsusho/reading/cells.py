"""Cells to integers, one distinct text at a time.

A column of a million cells has a few dozen texts, so each text is read once, as strictly as
Python can, and the column is an array of positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags, of_numbers
from chiiki_tsusho.choices import SERVICES
from chiiki_tsusho.columns import EXAMPLE_NUMBERS
from chiiki_tsusho.language import Name, Text
from chiiki_tsusho.law.bands import SHORTFALL_NAMES
from chiiki_tsusho.law.check_digits import wrong_digit, wrong_digits
from chiiki_tsusho.law.payers import public_law_numbers, usual_benefit_rates
from chiiki_tsusho.law.prices_and_limits import AREA_GRADES
from chiiki_tsusho.not_known import BAD, BLANK, NOT_OURS, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_texts import CALLED, Message, TextId
from chiiki_tsusho.reading.cell_texts import (
    IDENTIFIERS,
    BadCellError,
    Parser,
    digits,
    identifier,
    is_blank,
    plain,
    shown,
    telling,
)
from chiiki_tsusho.reading.dates_and_times import (
    parse_date,
    parse_minutes,
    parse_month,
    parse_time,
)
from chiiki_tsusho.reading.hopeless_texts import MANY_TEXTS, HopelessTexts
from chiiki_tsusho.reading.odd_numbers import OddNumber

# Visits are planned some months ahead at most; later years are slips.
_YEARS_AHEAD = 2
MAX_SESSION = 9
# 公費 and units have no legal ceiling; nine digits hold any month and keep sums inside int64.
_NINE_DIGITS = 999_999_999

# What the insurance pays in the ordinary course: 9, 8 or 7 of 10, 100 by exemption, 60 as a measure
# against arrears (介護保険法69条).
BENEFIT_RATES = tuple(sorted(usual_benefit_rates(), reverse=True))
_RATE = re.compile(r"([0-9]{1,3}) ?(割|%)")
# Said in place of a blank cell.
_NONE = ("なし", "無し", "無", "0", "-", "ー", "―", "—", "–", "−")
# How people mark that a visit has an addition, and that it has not.
_MARKS = {
    **dict.fromkeys(("○", "〇", "◯", "●", "✓", "✔", "☑", "レ", "有", "有り", "あり", "TRUE"), 1),
    **dict.fromkeys(("×", "✕", "✖", "☐", "FALSE", *_NONE), 0),
}


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


def _identifier(pattern: str, text_id: TextId, *lengths: int) -> Parser:
    """Make a parser of numbers of identity; a spreadsheet may have shortened what is none."""
    compiled = re.compile(pattern)
    shortened = re.compile(rf"[0-9]{{1,{lengths[-1] - 1}}}")
    expected = Name(" or ".join(map(str, lengths)), "または".join(map(str, lengths)))

    def parse(text: str) -> int:
        number = identifier(text)
        if compiled.fullmatch(number):
            return 0
        if shortened.fullmatch(number) and len(number) not in lengths:
            raise BadCellError("shortened", value=text, length=len(number), expected=expected)
        raise BadCellError(text_id, value=text)

    return parse


def _whole(least: int, most: int, counted: str = "") -> Parser:
    """Make a parser of whole numbers, written with or without what they count (6,000単位)."""
    between = Text("from {least} to {most}", least=least, most=most)
    in_words = Text("of {least} or more", least=least) if most == _NINE_DIGITS else between

    def parse(text: str) -> int:
        number = digits(plain(text).removesuffix(counted).rstrip())
        # A reader of numbers takes zeros in front and −0 as well.
        if not re.fullmatch(r"-?0*[0-9]{1,9}", number) or not least <= int(number) <= most:
            said = between if number.isdigit() else in_words
            raise BadCellError("whole", value=text, range=said)
        return int(number)

    return parse


def _choice(known: dict[str, int], choices: Sequence[str], none: Collection[str] = ()) -> Parser:
    """Make a parser of names; ``none`` are those that say, as a blank does, there is nothing."""
    called = [f"{CALLED[name]}({name})" if name in CALLED else name for name in choices]
    most, last = ", ".join(choices[:-1]), choices[-1]
    either = Name(f"{most} or {last}" if most else last, "、".join(called))

    def parse(text: str) -> int:
        folded = digits(plain(text))
        if folded in none:
            return 0
        try:
            return known[folded]
        except KeyError:
            if not most:
                raise BadCellError("only_choice", value=text, choice=either) from None
            raise BadCellError("choice", value=text, choices=either) from None

    return parse


_level = _whole(1, 5)
# The whole of the cell: 要支援2→要介護1 and 要支援ではない may be a person of this service.
_SUPPORT_LEVEL = re.compile(r"要支援 *(?:0*[12](?:\.0+)?)?|事業対象者?")


def _care_level(text: str) -> int:
    folded = plain(text)
    if _SUPPORT_LEVEL.fullmatch(folded):
        raise BadCellError("support_level", "not_this_service", value=text)
    try:
        return _level(folded.removeprefix("要介護"))
    except BadCellError as error:
        raise BadCellError("whole", **{**error.message.facts, "value": text}) from None


def key_parser(key: Name, most: int) -> Parser:
    """Make the parser of an addition's column: a mark, or a count up to ``most``."""
    count = _whole(0, most, "回")

    def parse(text: str) -> int:
        marked = _MARKS.get(plain(text).upper())
        if marked is not None:
            return marked
        try:
            return count(text)
        except BadCellError:
            raise BadCellError("key_value", value=text, key=key, most=most) from None

    return telling(parse)


def nothing_parser(column: str) -> Parser:
    """Make the parser of a column without a heading, in which nothing may stand."""

    def parse(text: str) -> int:
        raise BadCellError("beside", value=text, column=column)

    return parse


def _flag(yes: Collection[str], no: Collection[str]) -> Parser:
    """Make a parser of yes and no."""
    whole = _whole(0, 1)

    def parse(text: str) -> int:
        folded = plain(text).upper()
        if folded in yes or folded in no:
            return int(folded in yes)
        return _MARKS[folded] if folded in _MARKS else whole(text)

    return parse


def _today() -> date:
    return date.today()


_percentage = _whole(0, 100)


def _benefit_rate(text: str) -> int:
    """Read what the insurance pays of the cost: 90, 90% or 9割.

    What is under a half may be meant as what the person pays.
    """
    match = _RATE.fullmatch(plain(text))
    if match is None:
        return _percentage(text)
    rate = int(match[1]) * (10 if match[2] == "割" else 1)
    if rate > 100:
        raise BadCellError("benefit_rate", value=text)
    if rate < 50:
        raise BadCellError("rate_of_whom", value=text, rest=100 - rate)
    return rate


_OF_KINDS: dict[str, Parser] = {
    "provider_no": _identifier(IDENTIFIERS["provider_no"], "provider_no", 10),
    "insurer_no": _identifier(IDENTIFIERS["insurer_no"], "insurer_no", 6, 8),
    "insured_no": _identifier(IDENTIFIERS["insured_no"], "insured_no", 10),
    "date": parse_date,
    "month": parse_month,
    "care_level": _care_level,
    "minutes": parse_minutes,
    "session": _whole(1, MAX_SESSION),
    "time": parse_time,
    "service": _choice(_SERVICE_NAMES, SERVICES),
    "shortfall": _choice(_SHORTFALL_NAMES, (*SHORTFALL_NAMES[1:], "なし"), _NONE),
    "area_grade": _choice(_GRADE_NAMES, AREA_GRADES),
    "flag": _flag(("有", "対応可"), ("無", "対応不可")),
    "benefit_rate": _benefit_rate,
    "units": _whole(0, _NINE_DIGITS, "単位"),
    "public_law": _choice(
        {str(law): law for law in public_law_numbers()},
        tuple(map(str, public_law_numbers())),
        _NONE,
    ),
    "day": _whole(1, 31, "日"),
    "yen": _whole(0, _NINE_DIGITS, "円"),
}
PARSERS = {kind: telling(parse) for kind, parse in _OF_KINDS.items()}
# Of a column that is not read for what it holds.
ANYTHING: Parser = lambda _text: 0  # noqa: E731 as short as what it does


def parsed(kind: str, text: str) -> int | None:
    """Return what the text of a cell says, None where it cannot be read."""
    try:
        return PARSERS[kind](text)
    except BadCellError:
        return None


# Columns whose cells are whole numbers worth themselves, and which ones they may be.
NUMBER_RANGES = {
    "care_level": (1, 5),
    "minutes": (0, _NINE_DIGITS),
    "session": (1, MAX_SESSION),
    "flag": (0, 1),
    "day": (1, 31),
}
# What cells of a column mostly hold, and what is said of others, which are read all the same.
Usual = tuple[Callable[[int], bool], TextId]
USUAL: dict[str, Usual] = {
    "benefit_rate": (BENEFIT_RATES.__contains__, "unusual_rate"),
    "date": (lambda day: day // 10_000 <= _today().year + _YEARS_AHEAD, "far_ahead"),
}


_PLAIN_NUMBER = r"\A(?:0|[1-9][0-9]{0,8})\z"


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
    usual : callable and TextId, optional
        Says which values need no second look; of others ``unusual`` has a warning.
    hopeless : HopelessTexts
        Knows texts that cannot be read among many at once.
    checked : str
        The kind of the numbers, where they end in a check digit; ``odd`` has those that end in
        another and that no row was met with.
    """

    parse: Parser
    blank: int = BLANK
    number_range: tuple[int, int] | None = None
    usual: Usual | None = None
    hopeless: HopelessTexts = field(default_factory=HopelessTexts)
    checked: str = ""

    def __post_init__(self) -> None:
        self._known: dict[str, int] = {"": self.blank}
        self.errors: dict[str, Message] = {}
        self.unusual: dict[str, Message] = {}
        self.odd: dict[str, OddNumber] = {}

    def values(self, texts: list[str]) -> Ints:
        """Return the value of each text: ``BAD`` where ``errors`` has the reason."""
        known = self._known
        for text in texts:
            if text not in known:
                known[text] = self._read(text)
        return np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts))

    def values_of(self, texts: pa.StringArray) -> Ints:
        """Return the value of each text; of many at once those that cannot be read are not kept."""
        if len(texts) < MANY_TEXTS:
            return self.values(texts.to_pylist())
        values = np.full(len(texts), BAD, dtype=np.int64)
        single = ~self.hopeless.found(texts)
        if self.checked:
            numbers = self._checked(texts)
            values[numbers] = 0
            single &= ~numbers
        single &= ~self._whole(texts, values)
        others = np.flatnonzero(single)
        values[others] = self.values(texts.take(of_numbers(others)).to_pylist())
        return values

    def _whole(self, texts: pa.StringArray, values: Ints) -> Flags:
        """Read plain whole numbers of many texts at once into ``values``; say which they are."""
        whole = np.zeros(len(texts), dtype=bool)
        if self.number_range is None:
            return whole
        least, most = self.number_range
        plain_number = flags_of(compute.match_substring_regex(texts, _PLAIN_NUMBER))
        numbers = numbers_of(texts.filter(of_flags(plain_number)).cast(pa.int64()))
        fits = (numbers >= least) & (numbers <= most)
        at = np.flatnonzero(plain_number)[fits]
        whole[at], values[at] = True, numbers[fits]
        return whole

    def reads(self, text: str) -> bool:
        """Say whether a text can be read, and note nothing of it."""
        if is_blank(text):
            return False
        try:
            self.parse(text)
        except BadCellError as error:
            return error.message.rule != "bad_value"
        return True

    def error(self, text: str) -> Message:
        """Return what is wrong with a text that cannot be read."""
        if text not in self.errors:
            self._read(text)
        return self.errors[text]

    def numbers(self, values: Ints, blank_number: int) -> Ints:
        """Return the value of each number: ``BAD`` where ``errors`` has the reason."""
        least, most = self.number_range or (0, -1)
        if not len(values) or (values.min() >= least and values.max() <= most):
            return values
        decoded = np.where(values == blank_number, self.blank, values)
        odd = np.flatnonzero(((values < least) | (values > most)) & (values != blank_number))
        if len(odd):
            distinct, at = np.unique(values[odd], return_inverse=True)
            decoded[odd] = self.values([str(number) for number in distinct.tolist()])[at]
        return decoded

    def _checked(self, texts: pa.StringArray) -> Flags:
        """Say which texts are numbers as they stand there; note those that end in another digit."""
        expected, ending = wrong_digits(texts, self.checked)
        odd = np.flatnonzero(expected != ending)
        numbers = texts.take(of_numbers(odd)).to_pylist()
        for number, digit in zip(numbers, expected[odd].tolist(), strict=True):
            self._note_odd(number, str(digit))
        whole: Flags = expected != UNKNOWN
        return whole

    def _note_odd(self, text: str, digit: str) -> None:
        number = identifier(text)
        # Those of the template are nobody's.
        if number not in EXAMPLE_NUMBERS.values():
            self.odd[text] = OddNumber(number, digit)

    def _read(self, text: str) -> int:
        if is_blank(text):
            return self.blank
        try:
            value = self.parse(text)
        except BadCellError as error:
            self.errors[text] = error.message
            return BAD if error.message.rule == "bad_value" else NOT_OURS
        if self.usual is not None and not self.usual[0](value):
            self.unusual[text] = Message("unusual_value", self.usual[1], {"value": shown(text)})
        if self.checked:
            digit = wrong_digit(identifier(text), self.checked)
            if digit is not None:
                self._note_odd(text, digit)
        return value

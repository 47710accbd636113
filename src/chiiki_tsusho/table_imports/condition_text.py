"""What the free text of a printed code table says: durations, units, ratios, 算定単位."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from chiiki_tsusho.choices import Shortfall
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY
from chiiki_tsusho.law.published_names import normal, spaced

Band = tuple[int, int]
ANY_LENGTH: Band = (0, MINUTES_OF_A_DAY + 1)
Per = Literal["visit", "day", "one_way", "month"]
_FIGURE = r"(?<![\d,.])(\d{1,3}(?:,\d{3})+|\d+)"
_RATIO = r"(?<![\d,.])(\d+(?:\.\d+)?)\s*(%|/\s*1,?000(?!\d)|/\s*100(?!\d))"
_BAND = re.compile(r"(?<!\d)(\d{1,2})\s*時間\s*以上\s*(\d{1,2})\s*時間\s*未満")
_LEVEL = re.compile(r"要介護\s*([1-5])")
_LEVEL_UNITS = re.compile(r"要介護\s*([1-5])\s*(\d{1,3}(?:,\d{3})+|\d+)\s*単位")
_EXTENSION = re.compile(rf"\+\s*{_FIGURE}\s*単位")
_UNITS = re.compile(rf"{_FIGURE}\s*単位")
_AMOUNT = re.compile(rf"{_FIGURE}\s*単位\s*を?\s*(加算|減算)")
_TIMES = re.compile(rf"[×✕]\s*{_RATIO}")
_ANY_RATIO = re.compile(_RATIO)
_OUTSIDE_LIMIT = re.compile(r"(支給限度|限度額)[^ ]*対象外|限度額[^ ]*(含めない|除く)")
_TIMES_A_MONTH = re.compile(
    r"(?:1?月に?)\s*([1-9][0-9]?)\s*回(?:を|まで|以内|に)?\s*(?:限度|限り|まで|以内)"
)
_PART_OF_ANOTHER = re.compile(r"\(\s*\d+\s*\)\s*で\s*算定した")
# Words of the two printed reductions.
SHORTFALL_WORDS: dict[str, Shortfall] = {"定員超過": "over_capacity", "欠員": "understaffed"}
_PER: dict[str, Per] = {"片道": "one_way", "1回": "visit", "1日": "day", "1月": "month"}


@dataclass(frozen=True)
class Conditions:
    """The text of the cells between name and composite of one printed row.

    Parameters
    ----------
    text : str
        The cells in order, in one form.
    """

    text: str

    @classmethod
    def of(cls, cells: Iterable[str]) -> Conditions:
        """Join the cells of a row."""
        return cls(" ".join(filter(None, map(spaced, cells))))

    @property
    def bands(self) -> tuple[Band, ...]:
        """Durations with both bounds, in minutes, each once."""
        found = [(int(a) * 60, int(b) * 60) for a, b in _BAND.findall(self.text)]
        return tuple(dict.fromkeys(found))

    @property
    def levels(self) -> frozenset[int]:
        """Care levels that are named."""
        return frozenset(map(int, _LEVEL.findall(self.text)))

    @property
    def shortfalls(self) -> frozenset[Shortfall]:
        """Reductions of 定員超過 and 欠員 that are named."""
        return frozenset(name for word, name in SHORTFALL_WORDS.items() if word in self.text)

    def base_units(self, level: int | None) -> frozenset[int]:
        """所定単位数 of a level: the figures beside it, or those beside no level."""
        without = _AMOUNT.sub(" ", _EXTENSION.sub(" ", self.text))
        beside = {_whole(units) for at, units in _LEVEL_UNITS.findall(without) if int(at) == level}
        bare = {_whole(units) for units in _UNITS.findall(_LEVEL_UNITS.sub(" ", without))}
        return frozenset(beside or bare)

    @property
    def extensions(self) -> frozenset[int]:
        """Units added for 延長."""
        return frozenset(map(_whole, _EXTENSION.findall(self.text)))

    @property
    def step_ratios(self) -> tuple[Fraction, ...]:
        """Ratios after ×, in ‰, in order."""
        return tuple(_per_mille(*found) for found in _TIMES.findall(self.text))

    @property
    def signed_amounts(self) -> frozenset[int]:
        """Units beside 加算 or 減算, these negative."""
        return frozenset(
            _whole(units) * (-1 if word == "減算" else 1)
            for units, word in _AMOUNT.findall(self.text)
        )

    @property
    def amounts(self) -> frozenset[int]:
        """Units beside no such word."""
        return frozenset(map(_whole, _UNITS.findall(_AMOUNT.sub(" ", self.text))))

    @property
    def rates(self) -> frozenset[Fraction]:
        """Ratios of a rate row, in ‰ of what it is taken of: ×93/100 is −70, 5% 減算 is −50."""
        found = {_per_mille(*one) for one in _ANY_RATIO.findall(self.text)}
        if "減算" in self.text:
            return frozenset(-one for one in found)
        multiplied = _TIMES.search(self.text) or "乗じ" in self.text
        if multiplied and "加算" not in self.text:
            return frozenset(one - 1000 for one in found)
        return frozenset(found)

    @property
    def outside_limit(self) -> bool:
        """Whether it is said to stand outside 区分支給限度基準額."""
        return _OUTSIDE_LIMIT.search(self.text) is not None

    @property
    def times_a_month(self) -> int | None:
        """How often a month it may be counted: 月2回を限度."""
        found = _TIMES_A_MONTH.search(self.text)
        return int(found[1]) if found else None

    @property
    def of_another_row(self) -> bool:
        """Whether a ratio is one of another row's result: (2)で算定した単位数の90%."""
        return _PART_OF_ANOTHER.search(self.text) is not None


def counted_per(text: str) -> Per | None:
    """Read 算定単位, ``1回につき``; None for words not known."""
    word = normal(text).replace("一", "1")
    return next((per for start, per in _PER.items() if word.startswith(start)), None)


def ratios_text(ratios: Iterable[Fraction]) -> str:
    """Write ratios for a message."""
    return ", ".join(f"{ratio}/1000" for ratio in sorted(set(ratios)))


def _whole(figure: str) -> int:
    return int(figure.replace(",", ""))


def _per_mille(figure: str, unit: str) -> Fraction:
    whole = 1000 if "1000" in unit.replace(",", "") else 100
    return Fraction(figure) * 1000 / whole

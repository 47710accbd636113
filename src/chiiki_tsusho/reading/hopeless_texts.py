"""Texts that cannot be read, found among many at once.

What is said of such texts differs in the value alone. Told are only texts that both languages show
as they stand, and of them those that nothing can be made of: whatever a column might hold, or might
have a word of its own for, is left to be read alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags
from chiiki_tsusho.number_arrays import Flags
from chiiki_tsusho.reading.cell_texts import IDENTIFIERS, LONGEST_CELL
from chiiki_tsusho.records import record

# From so many texts on they are looked at all at once.
MANY_TEXTS = 256
# Kana and kanji that folding leaves as they are.
_JAPANESE = r"\x{3041}-\x{3096}\x{30A1}-\x{30FA}\x{30FC}\x{4E00}-\x{9FA5}"
# Shown as they stand, and in front neither a formula, the value of an error nor an apostrophe.
_PLAIN = rf"\A[!$-&(-<>-\[\]-~{_JAPANESE}][ !#-&(-\[\]-~{_JAPANESE}]*\z"
_EXPONENT = r"[+\-]?[0-9]+(?:\.[0-9]+)?[eE][+\-]?[0-9]+"
# What no cell of any column has in it, what none of numbers has, and what no time of day has.
_IN_NO_CELL = r"?!$&*;<>@\[\]^`{|}~"
_IN_NO_NUMBER = _IN_NO_CELL + "_A-DF-Za-df-z"
_IN_NO_TIME = _IN_NO_CELL + "_B-DF-LNOQ-Zb-df-lnoq-z"
# The names of choices are written with the other letters.
_IN_NO_NAME = _IN_NO_CELL + "A-DF-Zbgjkqwxz"
_OF_NUMBERS = ("care_level", "minutes", "session", "units", "day", "yen")
_SAMPLE = "?"


def _without(characters: str) -> str:
    return rf"\A[^{characters}]*\z"


def _identifier(kind: str, longest: int) -> str:
    return rf"\A(?:(?:{IDENTIFIERS[kind]}|[0-9]{{1,{longest - 1}}})(?:\.0+)?|{_EXPONENT}) *\z"


# What is left to be read alone, by the kind of a column: what can be read, and what is told in
# words of its own.
_READ_ALONE = {
    **dict.fromkeys(_OF_NUMBERS, _without(_IN_NO_NUMBER)),
    "key": _without(_IN_NO_NUMBER) + r"|\A(?i:true|false) *\z",
    **dict.fromkeys(("service", "shortfall", "area_grade"), _without(_IN_NO_NAME)),
    "time": _without(_IN_NO_TIME),
    "provider_no": _identifier("provider_no", 10),
    "insurer_no": _identifier("insurer_no", 8),
    "insured_no": _identifier("insured_no", 10),
    "date": r"\A(?:[MTSHRmtshr]?\.?[0-9][0-9./\-]*(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?|"
    rf"{_EXPONENT}) *\z|[{_JAPANESE}]",
}
# Numbers that a spreadsheet has taken the zeros from are told by their length.
_SHORTENED = {
    "provider_no": tuple(range(1, 10)),
    "insurer_no": (1, 2, 3, 4, 5, 7),
    "insured_no": tuple(range(1, 10)),
}


@record
class AlikeTexts:
    """Texts of which the same is said.

    Parameters
    ----------
    there : ndarray of bool, shape (texts,)
        Which ones they are.
    sample : str
        A text of which it is said as well.
    """

    there: Flags
    sample: str


@record
class HopelessTexts:
    """Finds the texts of a kind of column that cannot be read.

    Parameters
    ----------
    kind : str, optional
        The kind of the column, ``key`` for an addition; None where every text can be read.
    """

    kind: str | None = ""

    def found(self, texts: pa.StringArray) -> Flags:
        """Say which texts cannot be read, as can be seen of many at once.

        Parameters
        ----------
        texts : StringArray, shape (n,)
            Few texts are not looked at: none of them is said to be hopeless.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        hopeless = np.zeros(len(texts), dtype=bool)
        for alike in self.alike(texts):
            hopeless |= alike.there
        return hopeless

    def alike(self, texts: pa.StringArray) -> Sequence[AlikeTexts]:
        """Return the texts that cannot be read, together those of which the same is said."""
        if len(texts) < MANY_TEXTS or self.kind is None:
            return ()
        apart = flags_of(compute.match_substring_regex(texts, self._read_alone))
        others = np.flatnonzero(~apart)
        plain = np.zeros(len(texts), dtype=bool)
        rest = texts if len(others) == len(texts) else texts.filter(of_flags(~apart))
        plain[others] = flags_of(compute.match_substring_regex(rest, _PLAIN)) & (
            numbers_of(compute.utf8_length(rest)) <= LONGEST_CELL
        )
        found = [AlikeTexts(plain, _SAMPLE)] if plain.any() else []
        return [*found, *self._shortened(texts, apart)]

    @property
    def _read_alone(self) -> str:
        return _READ_ALONE.get(self.kind or "", _without(_IN_NO_CELL))

    def _shortened(self, texts: pa.StringArray, apart: Flags) -> Sequence[AlikeTexts]:
        lengths = _SHORTENED.get(self.kind or "", ())
        size = numbers_of(compute.binary_length(texts))
        short = apart & np.isin(size, lengths)
        if not short.any():
            return ()
        digits = flags_of(
            compute.match_substring_regex(texts.filter(of_flags(short)), r"\A[0-9]+\z")
        )
        short[np.flatnonzero(short)[~digits]] = False
        there = np.flatnonzero(np.bincount(size[short], minlength=1)).tolist()
        return [AlikeTexts(short & (size == length), "1" * length) for length in there]

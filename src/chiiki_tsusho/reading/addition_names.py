"""Additions by the names people write: of the code table, of the notice, of a price list.

The tables print 略称 (サービス提供体制加算Ⅱ, 個別機能訓練加算Ⅰ1), the notice and the price lists
made from it write サービス提供体制強化加算(Ⅱ) and 個別機能訓練加算(Ⅰ)イ. The same step may be
another row in another month, and a 略称 another step than the notice's; so each month is asked
for itself, and the nearest way of writing that any of its rows has decides.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from chiiki_tsusho.law.named_additions import named_additions
from chiiki_tsusho.law.published_names import SERVICE_PREFIX, same_addition
from chiiki_tsusho.law.table_files import law_file
from chiiki_tsusho.months import OPEN_END
from chiiki_tsusho.records import record

Spans = list[tuple[int, int]]
# Name and key of several rows that a heading could name, by the months in which it could.
Unclear = dict[tuple[int, int], list[tuple[str, str]]]
# For each published name of an addition its keys and their months.
KeyNames = Mapping[str, Mapping[str, Sequence[tuple[int, int]]]]

# How a name is met, the nearer first: as printed in the table, as the notice writes it, as either
# with words left out, with its step left out.
_AS_PRINTED, _AS_NOTICED, _LOOSELY, _IN_PART = range(4)
_LEFT_OUT = re.compile(r"介護職員等|介護職員|強化")
_MARKS = re.compile(r"[\s()\[\]{}〔〕【】「」『』<>・,、\-‐‑–—−:]")
_STEP = re.compile(r"([IVX]*)([1-9][0-9]?|[イロハニホ]?)\Z")
# Of treatment_improvement_5_14 it is (Ⅴ)(14).
_STEP_OF_KEY = re.compile(r"_([1-9])(?:(i|ro|ha|ni)|_([1-9][0-9]?))?\Z")
_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_KANA_OF_KEY = {"i": "イ", "ro": "ロ", "ha": "ハ", "ni": "ニ"}
_KANA_OF_DIGIT = {"1": "イ", "2": "ロ", "3": "ハ", "4": "ニ", "5": "ホ"}
_SERVICE_NAME = "地域密着型通所介護"


@record
class _Match:
    """A key that a heading may stand for in some months, and how near its name comes."""

    nearness: int
    name: str
    key: str
    first: int
    last: int


def meanings(heading: str, names: KeyNames) -> tuple[dict[str, Spans], Unclear]:
    """Say which key a heading stands for in which months.

    Parameters
    ----------
    heading : str
    names : mapping of name to mapping of key to spans
        As ``CodeBook.key_names``.

    Returns
    -------
    keys : dict of key to list of (first month, last month)
    unclear : dict of (first month, last month) to list of (name, key)
        What it could be where it could be several; these months are in no span of ``keys``.
    """
    matches = list(_matches(heading, names))
    edges = sorted({month for one in matches for month in (one.first, one.last + 1)})
    keys: dict[str, Spans] = {}
    unclear: Unclear = {}
    for first, after in pairwise(edges):
        there = [one for one in matches if one.first <= first <= one.last]
        nearest = min((one.nearness for one in there), default=_IN_PART)
        there = [one for one in there if one.nearness == nearest]
        meant = {one.key: one.name for one in there}
        if len(meant) > 1:
            unclear[first, after - 1] = [(name, key) for key, name in meant.items()]
        # Several lines of one key are those of its bands and care levels (業務継続計画未策定減算).
        elif meant and (nearest != _IN_PART or len({one.name for one in there}) > 1):
            keys.setdefault(next(iter(meant)), []).append((first, after - 1))
    return keys, unclear


def _matches(heading: str, names: KeyNames) -> Iterator[_Match]:
    for name, keys in names.items():
        for key, spans in keys.items():
            nearness = _nearness(heading, name, key)
            if nearness is not None:
                for first, last in spans:
                    yield _Match(nearness, name, key, first, last)


@cache
def _nearness(heading: str, name: str, key: str) -> int | None:
    if same_addition(heading) == same_addition(name):
        return _AS_PRINTED
    bare = _bare(heading)
    noticed = _noticed(name, key)
    if bare in noticed:
        return _AS_NOTICED
    loose = _LEFT_OUT.sub("", bare)
    printed, *of_notice = (_LEFT_OUT.sub("", one) for one in (_bare(name), *noticed))
    if loose in of_notice:
        return _LOOSELY
    # Before the printed name: サービス提供体制加算Ⅰ of 2016 is the notice's (Ⅰ)イ, and (Ⅰ) alone
    # may be its ロ as well.
    if any(_is_part(loose, one) for one in (printed, *of_notice)):
        return _IN_PART
    return _LOOSELY if loose == printed else None


def _is_part(loose: str, whole_name: str) -> bool:
    """Say whether a name lacks the step of another, or the end of it: I of Iイ, not of II."""
    (stem, step), (whole_stem, whole) = _parted(loose), _parted(whole_name)
    if stem != whole_stem or step == whole or not whole.startswith(step):
        return False
    return not step or whole[len(step)] not in "IVX"


@cache
def _bare(text: str) -> str:
    """Write a name without brackets and blanks, and without the service it begins with."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text))
    return plain.removeprefix(_SERVICE_NAME).removeprefix(SERVICE_PREFIX)


def _parted(bare: str) -> tuple[str, str]:
    """Part the step, such as Iイ, from the name before it."""
    at = len(bare) - len(_STEP.search(bare)[0])  # type: ignore[index]
    return bare[:at], bare[at:]


@cache
def _noticed(name: str, key: str) -> frozenset[str]:
    """Return the ways in which the notice writes the addition of a row.

    The keys of the tables carry the step of the notice: ``service_provision_1ro`` is (Ⅰ)ロ,
    whatever the table calls it.
    """
    stem, printed = _parted(_bare(name))
    of_key = _STEP_OF_KEY.search(key)
    if of_key is not None:
        step = _ROMAN[int(of_key[1])] + (_KANA_OF_KEY.get(of_key[2] or "") or of_key[3] or "")
    else:
        roman, part = _STEP.fullmatch(printed).groups()  # type: ignore[union-attr]
        step = roman + _KANA_OF_DIGIT.get(part, part)
    return frozenset(f"{one}{step}" for one in _notice_stems().get(stem, (stem,)))


@cache
def _notice_stems() -> dict[str, tuple[str, ...]]:
    stems: dict[str, tuple[str, ...]] = {}
    with law_file("addition_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            stem = _bare(row["published"])
            stems[stem] = (*stems.get(stem, ()), _bare(row["notice"]))
    return stems


def is_known_elsewhere(heading: str) -> bool:
    """Say whether a heading is an addition that the law has, whatever the table at hand has."""
    names = _names_of_law()
    if any(heading in keys for keys in names.values()):
        return True
    return any(meanings(heading, names))


@cache
def _names_of_law() -> KeyNames:
    return {one.name: {one.key: [(0, OPEN_END)]} for one in named_additions().values()}


def same_step(one: str, other: str) -> bool:
    """Say whether two names or keys of additions are of the same step, or have none."""
    return _step(one) == _step(other)


def _step(text: str) -> str:
    if not text.isascii():
        return _parted(_bare(text))[1]
    of_key = re.search(r"_?([1-9](?:i|ro|ha|ni)?)\Z", text)
    return of_key[1] if of_key else ""

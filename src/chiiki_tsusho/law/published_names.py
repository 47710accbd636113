"""The grammar of published names: 地域通所介護 + band + level, ・定超, ・業未, ・時減 and so on."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from chiiki_tsusho.choices import Service, Shortfall
from chiiki_tsusho.records import record

# Published names begin with the name of the service; some sources leave it out.
SERVICE_PREFIX = "地域通所介護"
# The tables of ordinary day care have a size before the band; of ours there is one.
_DAY_CARE = re.compile(r"地域通所介護I?([1-9])([1-5])((?:・[^・]+)*)")
# To 2021-03 with a band; since then by the month, and 短期利用 by the day.
_MEDICAL = re.compile(
    r"(短期利用)?(?:地域)?(短期利用)?療養通所介護(短期利用)?([1-9])?((?:・[^・]+)*)"
)
_SHORTFALLS: dict[str, Shortfall] = {"定超": "over_capacity", "人欠": "understaffed"}
# The keys of the reductions that may stand inside a code or on a line for its band and level.
_REDUCTIONS = {"業未": "bcp_missing", "虐防": "abuse_prevention_missing"}
_REDUCTION_LINE = re.compile(
    r"(?:地域通所介護)?(?:(業務継続計画未策定減算)|(?:高齢者)?虐待防止(?:措置)?未実施減算)"
    r"I?([1-9])([1-5])"
)
_EXTENSION = re.compile(r"延([1-9])")
_ROMAN = re.compile(r"([\u2160-\u217f]+)")
_CIRCLED = re.compile(r"[\u2460-\u2473]")


@record
class BaseName:
    """What the name of a base code says.

    Parameters
    ----------
    service : str
        ``day_care``, ``medical_day_care`` or ``short_medical_day_care``.
    band : int
        Which duration of the table, counted from 1; 0 where the name has none.
    care_level : int, optional
        要介護度; none for 療養通所介護.
    shortfall : str, optional
        ``over_capacity`` (定超) or ``understaffed`` (人欠).
    short_hours : bool
        Whether the stay is of 2 to 3 hours (時減).
    extension : int
        Hours of 延長 begun, the N of 延N; 0 without.
    reductions : tuple of str
        Keys of the reductions inside the code (業未, 虐防), in order of the alphabet.
    """

    service: Service
    band: int
    care_level: int | None
    shortfall: Shortfall | None = None
    short_hours: bool = False
    extension: int = 0
    reductions: tuple[str, ...] = ()

    @property
    def plain(self) -> BaseName:
        """The name without its steps: the code whose units are the base of this one."""
        return BaseName(self.service, self.band, self.care_level)

    @property
    def is_plain(self) -> bool:
        """Whether no step applies."""
        return self == self.plain

    @property
    def moves_the_hours(self) -> bool:
        """Whether the duration is another than that of the band (時減, 延長)."""
        return self.short_hours or self.extension > 0


def parse_base_name(text: str) -> BaseName | None:
    """Read the name of a base code.

    Returns
    -------
    BaseName or None
        None where the name is not of this grammar: an addition, a rate, or a step not known here.

    Examples
    --------
    >>> parse_base_name("地域通所介護15・人欠・時減").care_level
    5
    """
    name = normal(text)
    if match := _DAY_CARE.fullmatch(name):
        base = BaseName("day_care", int(match[1]), int(match[2]))
        steps = match[3]
    elif match := _MEDICAL.fullmatch(name):
        short = any(match.groups()[:3])
        service: Service = "short_medical_day_care" if short else "medical_day_care"
        base = BaseName(service, int(match[4] or 0), None)
        steps = match[5]
    else:
        return None
    for step in steps.split("・")[1:]:
        if step in _SHORTFALLS and base.shortfall is None:
            base = replace(base, shortfall=_SHORTFALLS[step])
        elif step in _REDUCTIONS and _REDUCTIONS[step] not in base.reductions:
            reductions = tuple(sorted((*base.reductions, _REDUCTIONS[step])))
            base = replace(base, reductions=reductions)
        elif step == "時減" and not base.moves_the_hours:
            base = replace(base, short_hours=True)
        elif (hours := _EXTENSION.fullmatch(step)) and not base.moves_the_hours:
            base = replace(base, extension=int(hours[1]))
        else:
            return None
    return base


def parse_reduction_name(text: str) -> tuple[str, BaseName] | None:
    """Read the name of a reduction's line for one band and care level.

    Returns
    -------
    (key, BaseName) or None
        The plain code whose visits the line is for.

    Examples
    --------
    >>> parse_reduction_name("地域通所介護業務継続計画未策定減算53")[1].care_level
    3
    """
    match = _REDUCTION_LINE.fullmatch(normal(text))
    if match is None:
        return None
    key = _REDUCTIONS["業未" if match[1] else "虐防"]
    return key, BaseName("day_care", int(match[2]), int(match[3]))


def is_base_form(text: str) -> bool:
    """Say whether a name is of a base code by its form, whatever its steps."""
    name = normal(text)
    return any(pattern.fullmatch(name) is not None for pattern in (_DAY_CARE, _MEDICAL))


@lru_cache(maxsize=1 << 13)
def spaced(text: str) -> str:
    """Write printed text in one form: NFKC, ① as (1), each run of white space one space."""
    numbered = _CIRCLED.sub(lambda sign: f"({ord(sign[0]) - 0x245F})", text)
    return " ".join(unicodedata.normalize("NFKC", numbered).split())


def normal(text: str) -> str:
    """Write text in one form without any white space, for comparing."""
    return spaced(text).replace(" ", "")


def same_addition(text: str) -> str:
    """Write the name of an addition for comparing, without the service it begins with."""
    return normal(text).removeprefix(SERVICE_PREFIX)


def published(text: str) -> str:
    """Write a name as the printed tables do: no white space, ASCII digits, Ⅰ Ⅱ Ⅲ as they are."""
    return "".join(part if _ROMAN.fullmatch(part) else normal(part) for part in _ROMAN.split(text))

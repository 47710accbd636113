"""How words, figures and a user's texts are written on the report page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from markupsafe import Markup, escape

from chiiki_tsusho.columns import HEADINGS
from chiiki_tsusho.language import Counted, Language, printable, translated
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES, CodeRow
from chiiki_tsusho.law.sources import source_rows
from chiiki_tsusho.months import OPEN_END, month_text, spans_text
from chiiki_tsusho.problem_texts import TITLES
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.page_rules import CURES, UNKNOWN_RULE
from chiiki_tsusho.reports.page_texts import LABELS, WORDS

_COUNTS: dict[str, Callable[[int], Counted]] = {
    "claim": lambda n: Counted("{n:,} claim", "{n:,} claims", n),
    "row": lambda n: Counted("{n:,} row", "{n:,} rows", n),
    "code": lambda n: Counted("{n:,} code", "{n:,} codes", n),
    "person": lambda n: Counted("{n:,} person", "{n:,} persons", n),
}
_MORE: dict[str, Callable[[int], Counted]] = {
    "claim": lambda n: Counted("and {n:,} more claim", "and {n:,} more claims", n),
    "provider": lambda n: Counted("and {n:,} more provider", "and {n:,} more providers", n),
    "insurer": lambda n: Counted("and {n:,} more insurer", "and {n:,} more insurers", n),
    "code": lambda n: Counted("and {n:,} more code", "and {n:,} more codes", n),
    "person": lambda n: Counted("and {n:,} more person", "and {n:,} more persons", n),
    "problem": lambda n: Counted("and {n:,} more problem", "and {n:,} more problems", n),
    "source": lambda n: Counted("and {n:,} more source", "and {n:,} more sources", n),
    "rule": lambda n: Counted("and {n:,} more kind", "and {n:,} more kinds", n),
}

_SHOWN_CHARACTERS = 80
_BREAKS = re.compile(r"(?<=..)(?=番号|単位|回数|日数|請求額|負担額|\(|総額|超過|限度額)")
_HOUR = 60

_MONTH = re.compile(r"\d{4}-\d\d")


def visible(text: str, most: int = _SHOWN_CHARACTERS) -> str:
    """Write text from a user's file so that nothing of it is invisible or endless."""
    return printable(text if len(text) <= most else text[: most - 1] + "…")


def language_of(message: str) -> Language:
    """Say in which language a message of the problems file is: Japanese ones are polite."""
    return "ja" if any(word in message for word in ("ください", "です", "ます")) else "en"


def of_its_claim(problem: Mapping[str, Any]) -> str:
    """Return the message of a problem, without the numbers of its claim before it."""
    message = problem["message"] or ""
    month = str(problem["service_month"])
    whose = " ".join(str(problem[name]) for name in ("provider_no", "insurer_no", "insured_no"))
    named, said, rest = message.partition(f" {month[:4]}-{month[4:]} {whose}: ")
    return str(rest if said and " " not in named else message)


def wide(text: str) -> int:
    """Return how wide a text is, in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def clipped(text: str, most: int) -> str:
    """Cut a text to so many half-width characters."""
    if wide(text) <= most:
        return text
    while wide(text) > most - 2:
        text = text[:-1]
    return text + "…"


def soft(heading: str) -> Markup:
    """Say where the heading of a column may break: before its unit and its last word."""
    broken = _BREAKS.sub("<wbr>", str(escape(heading)))
    return Markup(_MONTH.sub(r'<span class="k">\g<0></span>', broken))


def tenths(value: int, of: int, scale: int = 1) -> str:
    """Write ``value × scale / of`` with one decimal, half up, in integers."""
    size = (abs(value) * scale * 20 + of) // (2 * of)
    sign = "-" if value < 0 and size else ""
    return f"{sign}{size // 10:,}.{size % 10}"


def signed(value: int) -> str:
    """Write a difference with its sign."""
    return f"{value:+,}" if value else "0"


@record
class PageWords:
    """Says things in one language."""

    language: Language
    # Published names of the keys of additions.
    key_names: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **facts: Any) -> str:
        """Write a text."""
        return translated(WORDS[key].pattern, self.language).format(**facts)

    def label(self, column: str) -> str:
        """Write the heading of a column."""
        return LABELS[column].say(self.language)

    def count(self, number: int, noun: str) -> str:
        """Write a number and what it counts."""
        return _COUNTS[noun](number).say(self.language)

    def more(self, number: int, noun: str) -> str:
        """Say how many more there are."""
        return _MORE[noun](number).say(self.language)

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return " " if self.language == "en" else ""

    def month(self, month: int) -> str:
        """Write a month."""
        if self.language == "en":
            return month_text(month)
        return f"{month // 100}年{month % 100}月"

    def months(self, spans: list[tuple[int, int]]) -> str:
        """Write runs of months."""
        if self.language == "en":
            return ", ".join(
                month_text(first) if first == last else spans_text([(first, last)])
                for first, last in spans
            )
        return "、".join(
            self.month(first)
            if first == last
            else f"{self.month(first)}以降"
            if last == OPEN_END
            else f"{self.month(first)}〜{self.month(last)}"
            for first, last in spans
        )

    def rule(self, rule: str) -> tuple[str, str]:
        """Say what a rule is and what to do."""
        known = next((one for one in CURES if one == rule), None)
        title, cure = UNKNOWN_RULE if known is None else (TITLES[known], CURES[known])
        return title.say(self.language), cure.say(self.language)

    def heading(self, column: str) -> str:
        """Put the 見出し of an input column before its name, on a Japanese page."""
        called = HEADINGS.get(column) or self.key_names.get(column)
        heading = called if self.language == "ja" else None
        return f"{heading} " if heading else ""

    def document(self, source: str) -> str:
        """Name the document of a source; empty of one that the project does not have."""
        row = source_rows().get(source)
        if row is None:
            return ""
        return row.title_ja if self.language == "ja" else row.title_en

    def file(self, name: str) -> str:
        """Name an input file."""
        return self(f"{name}_file") if f"{name}_file" in WORDS else name

    def level(self, level: int) -> str:
        """Write a care level, 0 where there is none."""
        return self("level", level=level) if level else self("no_level")

    def grade(self, grade: str) -> str:
        """Write a 地域区分, blank where it is not known."""
        if grade.isdigit():
            return self("grade_of", grade=grade)
        return self("grade_other" if grade else "grade_unknown")

    def content(self, row: CodeRow | None) -> str:
        """Say in plain words what a code of the table is for; empty of an unknown one."""
        if row is None:
            return ""
        parts = []
        if row.kind == "base" and row.service != "day_care":
            parts.append(self("medical"))
        parts.append(self._band(row.minutes_from, row.minutes_to))
        if row.care_level:
            parts.append(self("with_level", level=row.care_level))
        if row.shortfall:
            parts.append(self(row.shortfall))
        if row.kind == "rate" and row.per_mille:
            of = row.rate_of if row.rate_of in (BASE_LINES, ALL_LINES) else "other"
            parts.append(self(f"ratio_of_{of}", ratio=row.per_mille))
        elif row.kind != "base":
            parts.append(self(f"per_{row.per}"))
        return ("・" if self.language == "ja" else ", ").join(part for part in parts if part)

    def _band(self, first: int | None, last: int | None) -> str:
        """Write a duration, from the first minute up to but without the last."""
        if last is None or last >= _DAY:
            if not first:
                return ""
            return self("hours_up", first=_hours(first))
        if not first:
            return self("hours_under", last=_hours(last))
        return self("hours", first=_hours(first), last=_hours(last))


_DAY = 24 * _HOUR


def _hours(minutes: int) -> str:
    """Write minutes as hours; bands begin and end at whole or half hours."""
    hours, rest = divmod(minutes, _HOUR)
    return str(hours) if not rest else f"{hours}:{rest:02}"

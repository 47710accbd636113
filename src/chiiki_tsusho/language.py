"""What people are told, in English and in Japanese: one catalogue for every sentence.

The English sentence stands in the code and is the key of the catalogue; the Japanese stands in
``locale/ja/*.po``, one file for each room, compiled into one catalogue when the package is built.
"""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Protocol
from unicodedata import category, east_asian_width

from chiiki_tsusho.records import record

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")
# So many faults of one input are told in full.
_FAULTS_TOLD = 20
# So many claims or lines are named in a message.
_NAMED = 3
# The first of them that is set decides, as for every program.
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Sayable(Protocol):
    """What can be said in both languages."""

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    folder = Path(__file__).parent / "locale"
    try:
        return gettext.translation("chiiki_tsusho", folder, [language], fallback=True)
    except OSError:
        # One that may not be read is as good as none: English says what has to be said.
        return gettext.NullTranslations()


class Text:
    """A sentence in no language yet: an English pattern and what goes into it.

    Parameters
    ----------
    pattern : str
        The English sentence, which is also its key in the catalogue. ``{name}`` stands for a fact.
    **facts
        What goes into the pattern; what can itself be said in a language, is.
    """

    def __init__(self, pattern: str, /, **facts: object) -> None:
        self.pattern = pattern
        self.facts: Mapping[str, object] = facts

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        return _filled(_catalogue(language).gettext(self.pattern), self.facts, language)

    def __str__(self) -> str:
        return self.say("en")

    def __repr__(self) -> str:
        return f"Text({self.pattern!r}, {dict(self.facts)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return NotImplemented
        return (self.pattern, self.facts) == (other.pattern, other.facts)

    def __hash__(self) -> int:
        return hash(self.pattern)


class Counted(Text):
    """A number of things: ``Counted("{n:,} row", "{n:,} rows", n)``."""

    def __init__(self, one: str, many: str, n: int, /, **facts: object) -> None:
        super().__init__(many, n=n, **facts)
        self.one = one

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        n = self.facts["n"]
        assert isinstance(n, int)
        pattern = _catalogue(language).ngettext(self.one, self.pattern, n)
        return _filled(pattern, self.facts, language)


def _filled(pattern: str, facts: Mapping[str, object], language: Language) -> str:
    said = {name: _said(fact, language) for name, fact in facts.items()}
    return pattern.format(**said) if said else pattern.replace("{{", "{").replace("}}", "}")


def _said(fact: object, language: Language) -> object:
    if hasattr(fact, "say"):
        return fact.say(language)
    # Between 「 and 」 nothing shows what cannot be seen; !r does so in English.
    return printable(fact) if language == "ja" and isinstance(fact, str) else fact


def printable(text: str) -> str:
    """Write characters that cannot be seen as Python does, a tab as a backslash and a t."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


@record
class Joined:
    """Several things said one after another.

    Parameters
    ----------
    parts : sequence of str or Sayable
        What is said.
    between : str or Sayable
        What stands between them.
    """

    parts: Sequence[str | Sayable]
    between: str | Sayable = ""

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        return in_language(self.between, language).join(
            in_language(part, language) for part in self.parts
        )

    def __str__(self) -> str:
        return self.say("en")


@record
class Name:
    """What one thing is called in each language, where a table and not the catalogue says it."""

    en: str
    ja: str

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        return self.ja if language == "ja" else self.en

    def __str__(self) -> str:
        return self.en


def in_language(what: str | Sayable, language: Language) -> str:
    """Write in a language what may be a plain text."""
    return what if isinstance(what, str) else what.say(language)


def on_lines(parts: Iterable[str | Sayable]) -> Joined:
    """Put several things on lines of their own."""
    return Joined(tuple(parts), "\n")


def first_of(faults: Sequence[Sayable]) -> list[Sayable]:
    """Return the first of many faults, and behind them how many more there are."""
    told, more = list(faults[:_FAULTS_TOLD]), len(faults) - _FAULTS_TOLD
    if more > 0:
        told.append(Counted("and {n:,} more fault", "and {n:,} more faults", more))
    return told


def first_named(names: Sequence[object]) -> str:
    """Name the first of several things, and show that there are more."""
    return ", ".join(map(str, names[:_NAMED])) + " …" * (len(names) > _NAMED)


def listed(parts: Iterable[str | Sayable]) -> Joined:
    """Name several things in a sentence."""
    return Joined(tuple(parts), Text(", "))


def quoted(names: Iterable[str]) -> Joined:
    """Name several things in a sentence as they stand in a file or an argument."""
    return listed(Text("{name!r}", name=name) for name in names)


# Kinds of characters that move the cursor, turn the order of writing or stand for nothing.
UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_LINE_BLANKS = "\t\n\r\u2028\u2029"
# No character will ever stand there (Unicode, noncharacters), and XML takes most of them for none.
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
_LAST_OF_PLANE = (0xFFFE, 0xFFFF)


def without_controls(text: str) -> str:
    """Write a text, of one or more lines, so that a terminal or a page shows all of it."""
    if text.replace("\n", " ").isprintable():
        return text
    return "".join(repr(one)[1:-1] if one != "\n" and _is_unseen(one) else one for one in text)


def unseen(text: str, *, one_line: bool = False) -> Text | None:
    """Say which character a name or another free text may not hold, because no reader sees it.

    Controls, marks that turn the order of writing, halves of characters and what is no character
    are refused; characters that an office made itself (外字) are not.

    Parameters
    ----------
    text : str
    one_line : bool
        Tabs and ends of lines are refused as well.

    Returns
    -------
    Text or None
        Names the first such character, and nothing else of the text: it may be a person's name.
    """
    if text.isprintable():
        return None
    allowed = "" if one_line else _LINE_BLANKS
    found = next((one for one in text if one not in allowed and _is_unseen(one)), None)
    if found is None:
        return None
    code = f"U+{ord(found):04X}"
    return Text("holds the character {code}, which cannot be seen; take it out", code=code)


def _is_unseen(character: str) -> bool:
    number = ord(character)
    return (
        category(character) in UNSAFE
        or number in _NONCHARACTERS
        or number & 0xFFFF in _LAST_OF_PLANE
    )


def terminal_width(text: str) -> int:
    """Count the columns of a text in a terminal, where full-width characters take two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def translated(english: str, language: Language) -> str:
    """Return the sentence of the catalogue for an English one without facts."""
    return _catalogue(language).gettext(english)


def default_language() -> Language:
    """Return the language of the user's locale: Japanese where it is ``ja``, else English."""
    for name in _LOCALE_VARIABLES:
        if os.environ.get(name):
            return "ja" if os.environ[name].lower().startswith("ja") else "en"
    # Windows sets none of them and calls its locale Japanese_Japan.
    try:
        spoken = locale.getlocale()[0]
    except ValueError:
        spoken = None
    return "ja" if (spoken or "").lower().startswith("ja") else "en"

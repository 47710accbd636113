"""What people are told, in English and in Japanese."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chiiki_tsusho.messages import Language

LANGUAGES: tuple[Language, ...] = ("en", "ja")
# The first of them that is set decides, as for every program.
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Sayable(Protocol):
    """What can be said in both languages."""

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""


@dataclass(frozen=True)
class Words:
    """The same thing in English and in Japanese."""

    en: str
    ja: str

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        return self.ja if language == "ja" else self.en

    def __str__(self) -> str:
        return self.en


def on_lines(parts: Iterable[Sayable]) -> Words:
    """Put several things on lines of their own."""
    parts = list(parts)
    return Words(
        "\n".join(one.say("en") for one in parts), "\n".join(one.say("ja") for one in parts)
    )


def not_written(folder: Path, error: OSError) -> Words:
    """Say that a folder cannot be written, and why."""
    return Words(
        f"{folder}: cannot be written: {error.strerror}",
        f"{folder}: 書き込めません({error.strerror})",
    )


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

"""The errors of the package. All derive from one class and can be pickled."""

from __future__ import annotations

import errno
from collections.abc import Collection
from contextlib import suppress
from datetime import date
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.language import LANGUAGES, Language, Sayable, Text, listed

if TYPE_CHECKING:
    import pandas as pd


class ChiikiTsushoError(ValueError):
    """Anything this package refuses: the message says what, where and what to do.

    Parameters
    ----------
    message : str or Sayable
        In English, or in both languages; ``str`` of the error is English.
    """

    def __init__(self, message: str | Sayable) -> None:
        if not isinstance(message, str) and not hasattr(message, "say"):
            raise wrong_kind("message", "str | Sayable", message)
        super().__init__(message if isinstance(message, str) else message.say("en"))
        self._in_both = None if isinstance(message, str) else message

    def say(self, language: Language = "en") -> str:
        """Write the message in a language, in English where it has no other."""
        language = known_language(language)
        return str(self) if self._in_both is None else self._in_both.say(language)


class TableError(ChiikiTsushoError):
    """A code table (or another table of the law) that does not hold together."""


class UnsupportedMonthError(ChiikiTsushoError):
    """A month for which the table has no rows."""


class UnknownCodeError(ChiikiTsushoError):
    """A service code that the table of the month does not have."""


class VisitError(ChiikiTsushoError):
    """A visit that cannot be billed as it stands."""


class InputFileError(ChiikiTsushoError):
    """An input that cannot be read at all: nothing of it is computed."""


class OutputError(ChiikiTsushoError):
    """An output folder that cannot be written: nothing of it is left."""


class ClaimFileError(ChiikiTsushoError):
    """Claims that cannot go into a claim file as they stand: nothing is written.

    Parameters
    ----------
    message : str or Sayable
    problems : DataFrame, optional
        Each one by the claim and the column it is of.
    """

    def __init__(self, message: str | Sayable, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problems


# What a system says in English of what it cannot do, in its own words.
_OF_SYSTEM = {
    errno.EACCES: Text("Permission denied"),
    errno.EBUSY: Text("Device or resource busy"),
    errno.EEXIST: Text("File exists"),
    errno.EFBIG: Text("File too large"),
    errno.EIO: Text("Input/output error"),
    errno.EISDIR: Text("Is a directory"),
    errno.ELOOP: Text("Too many levels of symbolic links"),
    errno.EMFILE: Text("Too many open files"),
    errno.ENAMETOOLONG: Text("File name too long"),
    errno.ENOENT: Text("No such file or directory"),
    errno.ENOSPC: Text("No space left on device"),
    errno.ENOTDIR: Text("Not a directory"),
    errno.ENOTEMPTY: Text("Directory not empty"),
    errno.EPERM: Text("Operation not permitted"),
    errno.EROFS: Text("Read-only file system"),
}


# What Windows says of a file that another program has open: access denied, sharing, a lock.
_OPEN_ELSEWHERE = (5, 32, 33)


def why_not(error: Exception) -> Sayable | str:
    """Return what the system says of a file that cannot be read or written."""
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        return Text("no access; close it where it is open in another program, such as Excel")
    if isinstance(error, OSError) and error.errno in _OF_SYSTEM:
        return _OF_SYSTEM[error.errno]
    return getattr(error, "strerror", None) or str(error)


def not_read(path: str | Path, error: Exception) -> InputFileError:
    """Say that a file cannot be read, and why."""
    return InputFileError(Text("{path}: cannot be read: {why}", path=str(path), why=why_not(error)))


def wrong_kind(name: str, kinds: str, value: object) -> ChiikiTsushoError:
    """Say what an argument may be, and what kind of thing was given."""
    return ChiikiTsushoError(
        Text(
            "{name}: {kinds} was expected, not {kind}",
            name=name,
            kinds=kinds,
            kind=type(value).__name__,
        )
    )


def given_text(value: object) -> str:
    """Write what was given in the place of a word; of what is no number and no day, its kind.

    Who knows what a table holds, and whether a thing can be written at all; an error can be
    pickled whatever was given.
    """
    if isinstance(value, (str, Number, date)):
        # No number of thousands of digits can be written.
        with suppress(ValueError):
            return str(value)
    return type(value).__name__


def known_language(language: str) -> Language:
    """Return a language that there is.

    Raises
    ------
    ChiikiTsushoError
        There is no such language; the message names those there are.
    """
    for known in LANGUAGES if isinstance(language, str) else ():
        if language == known:
            return known
    raise ChiikiTsushoError(
        Text(
            "language {language!r} is unknown; {known} are known",
            language=given_text(language),
            known=listed(LANGUAGES),
        )
    )


def refuse_unknown(name: str, value: str, known: Collection[str]) -> None:
    """Refuse a choice that there is not.

    Raises
    ------
    ChiikiTsushoError
        Names those there are.
    """
    if not isinstance(value, str) or value not in known:
        raise ChiikiTsushoError(
            Text(
                "{name} {value!r} is unknown; {known} are known",
                name=name,
                value=value,
                known=listed(known),
            )
        )

"""The errors of the package. All derive from one class and can be pickled."""

from __future__ import annotations


class ChiikiTsushoError(ValueError):
    """Anything this package refuses: the message says what, where and what to do."""


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

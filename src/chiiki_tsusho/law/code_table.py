"""The code table of a month: its rows looked up by code, its additions by key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import repeat
from operator import eq
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import UnknownCodeError, given_text
from chiiki_tsusho.language import Joined, Name, Text, listed
from chiiki_tsusho.law.arguments import service_code_array
from chiiki_tsusho.law.code_rows import (
    ALL_LINES,
    BASE_LINES,
    COLUMNS,
    CodeRow,
)
from chiiki_tsusho.law.month_rows import MonthRows
from chiiki_tsusho.law.published_names import SERVICE_PREFIX, same_addition
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, fixed
from chiiki_tsusho.records import record

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

_TEXT_COLUMNS = (
    "service_type", "item_code", "valid_from", "valid_to", "name", "kind", "key", "service",
    "shortfall", "rate_of", "per", "yields_to", "group", "only_with", "not_with",
    "reductions", "confidence", "source",
)  # fmt: skip


_Shown = str | int | None
# Of more digits than any code has.
_NO_CODE = 10**10


def _code_shown(code: object) -> _Shown:
    """Return a code as a message shows it: a number is seen to be no text."""
    if code is None or isinstance(code, str):
        return code
    return code if isinstance(code, int) and abs(code) < _NO_CODE else given_text(code)


@record
class Rate:
    """A rate row resolved: what it is a ratio of, and the ratios in the order they are rounded."""

    basis: str
    key: str
    per_mille: tuple[int, ...]

    @property
    def reduces(self) -> bool:
        """Whether it takes units off (共生型サービス)."""
        return self.per_mille[0] < 0


@checked_call
@dataclass(frozen=True)
class CodeTable(MonthRows):
    """The rows of a code table that hold in one month.

    Parameters
    ----------
    month : int
        The month, ``201604``.
    rows : tuple of CodeRow
        The rows valid in it, in the order of their service codes.
    known_minutes : ndarray of bool, shape (services, minutes)
        The minutes for which any month of the whole table has a band.

    See Also
    --------
    load_codes : the way to get one.
    """

    def __eq__(self, other: object) -> bool:
        """Compare by month and rows."""
        if not isinstance(other, CodeTable):
            return NotImplemented
        return (self.month, self.rows) == (other.month, other.rows)

    def __hash__(self) -> int:
        """Hash by month and rows."""
        return hash((self.month, self.rows))

    def __repr__(self) -> str:
        """Name the month and the size."""
        return f"CodeTable({month_text(self.month)}, {len(self.rows)} codes)"

    def __len__(self) -> int:
        """Count the codes."""
        return len(self.rows)

    @checked_call
    def of_month(self, month: int) -> CodeTable:
        """Return the same rows as the table of another month; what was made of them is shared."""
        other = copy(self)
        object.__setattr__(other, "month", month)
        return other

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame: ``service_code``, then the columns of the file."""
        # A copy on write: what a caller does to it does not reach the table.
        return self._frame.copy(deep=False)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        records = [row.model_dump() for row in self.rows]
        data: dict[str, Any] = {"service_code": pd.array(self.service_codes, dtype="str")}
        for column in COLUMNS:
            cells = [record[column] for record in records]
            if column in _TEXT_COLUMNS:
                texts = [None if cell is None else str(cell) for cell in cells]
                data[column] = pd.array(texts, dtype="str")
            else:
                data[column] = pd.array(cells, dtype="Int64")
        return pd.DataFrame(data)

    @cached_property
    def rows_by_code(self) -> dict[str, CodeRow]:
        """The rows by their service codes."""
        return {row.service_code: row for row in self.rows}

    @cached_property
    def row_units(self) -> Ints:
        """Units of one count of each code; 0 for a rate, whose units the month decides."""
        return fixed(np.array([row.units or 0 for row in self.rows], dtype=np.int64))

    @cached_property
    def most_units_of_a_visit(self) -> int:
        """More units than any visit may come to: the largest code with every addition."""
        base = max((row.units or 0 for row in self.rows if row.kind == "base"), default=0)
        additions = (row for row in self.rows if row.kind == "addition")
        return base + sum(max(0, row.units or 0) * row.largest_value for row in additions)

    @cached_property
    def key_positions(self) -> dict[str, int]:
        """The position of the row of each key, and of each line that a code chooses by its name.

        The position of a key of several lines is that of the first.
        """
        positions: dict[str, int] = {}
        for at, row in enumerate(self.rows):
            if row.key is not None:
                positions.setdefault(row.key, at)
        return positions | {name: at for at, name in self.chosen.line_names.items()}

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys, each one once, in the order of their codes."""
        return tuple(dict.fromkeys(row.key for row in self.rows if row.key is not None))

    @cached_property
    def chosen_keys(self) -> frozenset[str]:
        """The keys whose lines the code of a visit chooses."""
        return frozenset(str(self.rows[at].key) for at in self.chosen.line_names)

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The keys of each group of which at most one may apply."""
        named: dict[str, list[str]] = {}
        for row in self.rows:
            if row.group is not None and row.key is not None:
                named.setdefault(row.group, []).append(row.key)
        return {group: tuple(keys) for group, keys in named.items() if len(keys) > 1}

    @cached_property
    def only_with(self) -> dict[str, tuple[str, ...]]:
        """For each key that cannot stand alone, the keys of which one must stand beside it."""
        return {str(row.key): row.needed for row in self.rows if row.needed}

    @cached_property
    def not_with(self) -> dict[str, tuple[str, ...]]:
        """For each key that excludes others, the keys that may not stand beside it."""
        return {str(row.key): row.excluded for row in self.rows if row.excluded}

    @cached_property
    def rates(self) -> dict[str, Rate]:
        """The rate rows by key, each resolved to its basis and its chain of ratios."""
        resolved = {}
        for key, at in self.key_positions.items():
            if self.rows[at].kind == "rate":
                chain = self.rate_rows(key)
                ratios = tuple(row.per_mille or 0 for row in chain)
                resolved[key] = Rate(str(chain[0].rate_of), key, ratios)
        return resolved

    @checked_call
    def named(self, key: str) -> Name:
        """Name an addition as each language does: ``入浴介助加算(bathing)``.

        Raises
        ------
        UnknownCodeError
            There is no such key in this month; the message names those there are.
        """
        name = self.row_of(key).name.removeprefix(SERVICE_PREFIX)
        return Name(key, f"{name}({key})")

    @checked_call
    def rate_rows(self, key: str) -> tuple[CodeRow, ...]:
        """Return the rate rows whose ratios make up that of a key, in the order of rounding.

        Raises
        ------
        UnknownCodeError
            There is no such key in this month, or it is no ratio.
        """
        chain = [self.row_of(key)]
        if chain[0].kind != "rate":
            raise UnknownCodeError(Text("{key} is no ratio of other lines", key=self.named(key)))
        while chain[-1].rate_of not in (BASE_LINES, ALL_LINES):
            chain.append(self.row_of(str(chain[-1].rate_of)))
        return tuple(reversed(chain))

    @checked_call
    def row_of(self, key: str) -> CodeRow:
        """Return the row of a key; of a key of several lines, the first.

        Raises
        ------
        UnknownCodeError
            There is no such key in this month; the message names those there are.
        """
        if key not in self.key_positions:
            raise UnknownCodeError(self.no_such_key(key))
        return self.rows[self.key_positions[key]]

    @checked_call
    def no_such_key(self, key: str) -> Text:
        """Say that the month has no such addition, and which ones it has."""
        known = [self.named(one) for one in sorted(self.keys)]
        return Text(
            "no addition {key!r} in {month}{hint} (that month has: {known})",
            key=key,
            month=month_text(self.month),
            hint=self._hint(key),
            known=listed(known) if known else Text("none"),
        )

    def _hint(self, key: str) -> Text | str:
        """Name the key of a published name, all steps of a key without one, or the closest."""
        for one, at in self.key_positions.items():
            if same_addition(self.rows[at].name) == same_addition(key):
                return Text("; write its key, {key}", key=one)
        # Of bathing they are bathing_1 and _2, of treatment_improvement_1 its kinds 1i and 1ro.
        step = re.compile(rf"{re.escape(key)}(?:_.+|(?<=[0-9])(?:i|ro|ha|ni))")
        steps = sorted(filter(step.fullmatch, self.keys))
        if len(steps) > 1:
            named = [Text("{code!r}", code=self.named(one)) for one in steps]
            return Text("; which one is meant, {near}?", near=Joined(named, Text(" or ")))
        near = next(iter(get_close_matches(key, self.keys)), None)
        return Text("; did you mean {near!r}?", near=self.named(near)) if near else ""

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: at for at, code in enumerate(self.service_codes.tolist())}

    def positions(self, codes: Sequence[str] | npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the position of each code among the rows.

        Parameters
        ----------
        codes : array-like of str, shape (n,)
            Service codes of six characters.

        Returns
        -------
        ndarray of intp, shape (n,)

        Raises
        ------
        UnknownCodeError
            A code is not of this month; the message names it and the nearest one.
        """
        wanted = service_code_array(codes)
        try:
            found = np.fromiter(map(self._places.get, wanted, repeat(NO_ROW)), np.intp, len(wanted))
        except TypeError:
            # One cannot be looked up at all: a list, or a number that is none.
            texts = (one if isinstance(one, str) else "" for one in wanted)
            found = np.fromiter(map(self._places.get, texts, repeat(NO_ROW)), np.intp, len(wanted))
        unknown = wanted[found < 0]
        if unknown.size:
            named = map(_code_shown, unknown.tolist())
            raise UnknownCodeError(self._unknown_text(list(dict.fromkeys(named))))
        return found

    def _unknown_text(self, unknown: list[_Shown]) -> Text:
        hinted: list[Text] = []
        for code in unknown[:5]:
            near = get_close_matches(str(code), self.service_codes.tolist(), n=10)
            # Of equally close ones, that with the most digits in their places.
            near.sort(key=lambda one: (-sum(map(eq, str(code), one)), one))
            hinted.append(
                Text("{code!r} (nearest: {near})", code=code, near=near[0])
                if near
                else Text("{code!r}", code=code)
            )
        more = len(unknown) - len(hinted)
        return Text(
            "no such service code in {month}: {codes}{more}; a code is text of six characters, the "
            "service type and the item code, such as '781241'; lookup --coverage shows what each "
            "month has",
            month=month_text(self.month),
            codes=listed(hinted),
            more=Text(" and {more} more", more=more) if more else "",
        )

    def lookup(self, codes: Sequence[str] | npt.ArrayLike) -> pd.DataFrame:
        """Return the rows of codes.

        Parameters
        ----------
        codes : array-like of str, shape (n,)
            Six-character service codes, in any order, repeated or not.

        Returns
        -------
        DataFrame, n rows
            In the order asked: ``service_code`` and the columns of the table.

        Raises
        ------
        UnknownCodeError
            A code is not of this month.

        Examples
        --------
        >>> import chiiki_tsusho as ct
        >>> table = ct.load_codes("2016-04")
        >>> table.lookup(["789405", "785301"])[["service_code", "name", "units", "per"]]
          service_code           name  units    per
        0       789405  地域通所介護15・人欠・時減    333  visit
        1       785301   地域通所介護入浴介助加算     50    day
        """
        return self._frame.take(self.positions(codes)).reset_index(drop=True)

    def units(self, codes: Sequence[str] | npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the units of codes.

        Parameters
        ----------
        codes : array-like of str, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
            Units of one count, negative for a reduction.

        Raises
        ------
        UnknownCodeError
            A code is not of this month, or is a ratio and has no units of its own.

        Examples
        --------
        >>> import chiiki_tsusho as ct
        >>> ct.load_codes("2016-04").units(["781241", "785611"]).tolist()
        [426, -94]
        """
        at = self.positions(codes)
        rates = [self.rows[one].service_code for one in np.unique(at) if self._is_rate[one]]
        if rates:
            raise UnknownCodeError(
                Text(
                    "{codes}: a ratio of other lines has no units of its own; compute the claim",
                    codes=listed(rates),
                )
            )
        return self.row_units[at]

    @cached_property
    def _is_rate(self) -> Flags:
        return fixed(np.array([row.kind == "rate" for row in self.rows]))

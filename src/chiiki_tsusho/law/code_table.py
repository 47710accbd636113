"""The code table of a month: looked up by code, found by condition; arrays in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import repeat
from operator import eq
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.errors import UnknownCodeError, VisitError
from chiiki_tsusho.language import Name, Text, listed
from chiiki_tsusho.law.arguments import choices, flags, service_code_array, whole_numbers
from chiiki_tsusho.law.bands import (
    MINUTE_SLOTS,
    SHORTFALL_NAMES,
    Bands,
    bands_of,
    bands_without_extension,
)
from chiiki_tsusho.law.chosen_rows import ChosenRows
from chiiki_tsusho.law.code_rows import (
    ALL_LINES,
    BASE_LINES,
    COLUMNS,
    LEVEL_SLOTS,
    SERVICES,
    CodeRow,
)
from chiiki_tsusho.law.coverage import document_of
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message, blank, named, visit_condition

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

_TEXT_COLUMNS = (
    "service_type", "item_code", "valid_from", "valid_to", "name", "kind", "key", "service",
    "shortfall", "rate_of", "per", "yields_to", "group", "only_with", "not_with",
    "reductions", "confidence", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A rate row resolved: what it is a ratio of, and the ratios in the order they are rounded."""

    basis: str
    key: str
    per_mille: tuple[int, ...]


@dataclass(frozen=True)
class CodeTable:
    """The rows of a code table that hold in one month.

    Parameters
    ----------
    month : int
        The month, ``201604``.
    rows : tuple of CodeRow
        The rows valid in it, in the order of their service codes.
    known_minutes : ndarray of bool, shape (services, minutes)
        The minutes for which any month of the whole table has a band: it tells a visit that no
        law knows from one whose code this table lacks.

    See Also
    --------
    load_codes : the way to get one.
    """

    month: int
    rows: tuple[CodeRow, ...]
    known_minutes: npt.NDArray[np.bool_]

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

    @property
    def law_month(self) -> int:
        """The month whose law the rows are: ``month``, unless they are applied to another."""
        return self.month

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
    def service_codes(self) -> npt.NDArray[np.str_]:
        """Service codes in order, shape (codes,)."""
        return np.array([row.service_code for row in self.rows], dtype="U6")

    @cached_property
    def row_units(self) -> npt.NDArray[np.int64]:
        """Units of one count of each code; 0 for a rate, whose units the month decides."""
        return np.array([row.units or 0 for row in self.rows], dtype=np.int64)

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
    def chosen(self) -> ChosenRows:
        """What the code of a visit chooses."""
        return ChosenRows(self.rows)

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

    def named(self, key: str) -> Name:
        """Name an addition as each language does: ``入浴介助加算(bathing)``."""
        name = self.rows[self.key_positions[key]].name.removeprefix(SERVICE_PREFIX)
        return Name(key, f"{name}({key})")

    def rate_rows(self, key: str) -> tuple[CodeRow, ...]:
        """Return the rate rows whose ratios make up that of a key, in the order of rounding."""
        chain = [self.rows[self.key_positions[key]]]
        while chain[-1].rate_of not in (BASE_LINES, ALL_LINES):
            chain.append(self.rows[self.key_positions[str(chain[-1].rate_of)]])
        return tuple(reversed(chain))

    @cached_property
    def bands(self) -> Bands:
        """Row of every condition, shape (services, shortfalls, levels, minutes); −1: none.

        Numbers from the number of rows on stand for a row with a line of 延長: ``base_of`` and
        ``extension_of`` tell them apart.
        """
        return bands_of(self.rows, self.chosen)

    @cached_property
    def base_of(self) -> npt.NDArray[np.int64]:
        """The row of the base code that each number of ``bands`` stands for."""
        own = np.arange(len(self.rows))
        return np.concatenate((own, [one.base for one in self.chosen.extended])).astype(np.int64)

    @cached_property
    def extension_of(self) -> npt.NDArray[np.int64]:
        """The row of the line of 延長 that each number of ``bands`` stands for; −1: none."""
        none = np.full(len(self.rows), -1)
        return np.concatenate((none, [one.line for one in self.chosen.extended])).astype(np.int64)

    @cached_property
    def bands_without_extension(self) -> Bands:
        """As ``bands``, for a provider that has not registered 延長."""
        return bands_without_extension(self.rows, self.chosen, self.bands)

    @cached_property
    def minute_classes(self) -> npt.NDArray[np.int64]:
        """For each minute a number that minutes share where no code tells them apart."""
        bands = np.stack([self.bands, self.bands_without_extension]).reshape(-1, MINUTE_SLOTS)
        changes = (bands[:, 1:] != bands[:, :-1]).any(axis=0)
        return np.concatenate(([0], np.cumsum(changes)))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: at for at, code in enumerate(self.service_codes.tolist())}

    def positions(self, codes: Sequence[str] | npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the position of each code among the rows.

        Raises
        ------
        UnknownCodeError
            A code is not of this month; the message names it and the nearest one.
        """
        wanted = service_code_array(codes)
        found = np.fromiter(map(self._places.get, wanted, repeat(-1)), np.intp, len(wanted))
        unknown = wanted[found < 0]
        if unknown.size:
            raise UnknownCodeError(self._unknown_text(list(dict.fromkeys(unknown.tolist()))))
        return found

    def _unknown_text(self, unknown: list[object]) -> Text:
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
            "service type and the item code, such as '781241'",
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
    def _is_rate(self) -> npt.NDArray[np.bool_]:
        return np.array([row.kind == "rate" for row in self.rows])

    def find(
        self,
        *,
        minutes: npt.ArrayLike,
        care_level: npt.ArrayLike | None = None,
        shortfall: npt.ArrayLike | None = None,
        service: npt.ArrayLike = "day_care",
        extended_hours: npt.ArrayLike = True,
    ) -> Any:
        """Find the base code of visits by their conditions.

        Parameters
        ----------
        minutes : int or array-like of int
            Length of the stay.
        care_level : int or array-like of int, optional
            要介護度 1–5; may be left out for ``medical_day_care``.
        shortfall : str or array-like of str, optional
            ``""``, ``"over_capacity"`` or ``"understaffed"``.
        service : str or array-like of str
            ``"day_care"`` or ``"medical_day_care"``.
        extended_hours : bool or array-like of bool
            Whether the provider has registered 延長 (1 and 0 will do).

        Returns
        -------
        str, or ndarray of str of the broadcast shape
            Service codes.

        Raises
        ------
        VisitError
            A value is wrong, the shapes do not go together, or a visit has no code in this
            month; the message says which and why.

        Examples
        --------
        >>> import chiiki_tsusho as ct
        >>> table = ct.load_codes("2016-04")
        >>> table.find(minutes=150, care_level=5, shortfall="understaffed")
        '789405'
        >>> table.find(minutes=[179, 180], care_level=5).tolist()
        ['781145', '781245']
        """
        if extended_hours is None:
            raise VisitError("extended_hours: True or False was expected")
        at = self.find_rows(
            minutes=minutes,
            care_level=care_level,
            shortfall=shortfall,
            service=service,
            extended_hours=extended_hours,
        )
        codes = self.service_codes[self.base_of[at]]
        given = (minutes, care_level, shortfall, service, extended_hours)
        return str(codes) if all(np.ndim(one) == 0 for one in given if one is not None) else codes

    def find_rows(
        self,
        *,
        minutes: npt.ArrayLike,
        care_level: npt.ArrayLike | None,
        shortfall: npt.ArrayLike | None,
        service: npt.ArrayLike,
        extended_hours: npt.ArrayLike | None,
    ) -> npt.NDArray[np.int16]:
        """Find as ``find`` does; the result has the numbers of ``bands``.

        Without ``extended_hours`` a visit whose code rests on it is refused.
        """
        arrays = (
            whole_numbers(minutes, "minutes", 0),
            whole_numbers(care_level, "care_level", 1, LEVEL_SLOTS - 1, blank=0),
            choices("" if shortfall is None else shortfall, "shortfall", SHORTFALL_NAMES),
            choices(service, "service", SERVICES),
            flags(True if extended_hours is None else extended_hours, "extended_hours"),
        )
        try:
            minute, level, lack, kind, extended = np.broadcast_arrays(*arrays)
        except ValueError as error:
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise VisitError(
                f"the values are of shapes that do not go together: {shapes} of minutes, "
                "care_level, shortfall, service, extended_hours"
            ) from error
        slot = np.minimum(minute, MINUTE_SLOTS - 1)
        banded = self.bands[kind, lack, level, slot]
        plain = self.bands_without_extension[kind, lack, level, slot]
        at: npt.NDArray[np.int16] = np.where(extended, banded, plain)
        asked = np.asarray((banded != plain) & (extended_hours is None))
        wrong = (at < 0) | asked
        if wrong.any():
            first = np.unravel_index(int(np.argmax(wrong)), at.shape)
            column, why = self.missing_code(
                SERVICES[kind[first]],
                int(minute[first]),
                int(level[first]),
                SHORTFALL_NAMES[lack[first]],
            )
            # There is no row to fill in.
            if asked[first]:
                facts = {"value": int(minute[first])}
                why = Message("missing_value", "extension_not_said", facts)
            elif column == "care_level":
                why = Message("missing_value", "level_not_said")
            number = ", ".join(map(str, first))
            raise VisitError(
                Text("visit {number}: {why}", number=number, why=why) if at.ndim else why
            )
        return at

    def missing_code(
        self, service: str, minutes: int, care_level: int, shortfall: str
    ) -> tuple[str, Message]:
        """Say why a visit has no code.

        Returns
        -------
        str
            The column at fault.
        Message
            Rule ``outside_every_band`` when no month of the table has a band for the minutes,
            ``missing_value`` when only the care level is wanting, otherwise ``no_code``.
        """
        kind = SERVICES.index(service)
        slot = min(minutes, MINUTE_SLOTS - 1)
        known = np.flatnonzero(self.known_minutes[kind])
        if known.size and not self.known_minutes[kind, slot]:
            facts = {
                "value": minutes,
                "service": named(service),
                "first": int(known[0]),
                "last": int(known[-1]),
            }
            return "minutes", Message("outside_every_band", "outside_every_band", facts)
        here = self.bands[kind, SHORTFALL_NAMES.index(shortfall), :, slot]
        if care_level == 0 and (here >= 0).any():
            return "care_level", blank("care_level", "care_level")
        condition = visit_condition(
            minutes,
            named(service),
            care_level or Name("-", "—"),
            Text(", {shortfall}", shortfall=named(shortfall)) if shortfall else "",
        )
        facts = {
            "condition": condition,
            "month": month_text(self.law_month),
            "document": document_of(self.law_month),
        }
        if not (self.bands[kind] >= 0).any():
            column = "service"
        elif shortfall and not (here >= 0).any() and (self.bands[kind, 0, :, slot] >= 0).any():
            column = "shortfall"
        else:
            column = "minutes"
        return column, Message("no_code", "no_code", facts)

"""The code table of a month: loaded, looked up by code, found by condition; arrays in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.errors import UnknownCodeError, UnsupportedMonthError, VisitError
from chiiki_tsusho.language import Language, Name, Text, listed
from chiiki_tsusho.law.chosen_rows import ChosenRows
from chiiki_tsusho.law.code_rows import (
    ALL_LINES,
    BASE_LINES,
    COLUMNS,
    MINUTES_OF_A_DAY,
    SERVICES,
    SHORTFALLS,
    CodeLine,
    CodeRow,
    read_code_rows,
    segments,
)
from chiiki_tsusho.law.law_files import law_file
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.law.table_files import NumberedRow
from chiiki_tsusho.months import joined, month_text, parse_month, spans_text
from chiiki_tsusho.problem_texts import CALLED, Message, blank, named

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# Minutes are looked up directly; the last slot stands for every visit longer than a day.
MINUTE_SLOTS = MINUTES_OF_A_DAY + 2
LEVEL_SLOTS = 6
_LARGEST = 1 << 53
SHORTFALL_NAMES = ("", *SHORTFALLS)
_TEXT_COLUMNS = (
    "service_type", "item_code", "valid_from", "valid_to", "name", "kind", "key", "service",
    "shortfall", "rate_of", "per", "yields_to", "group", "only_with", "not_with",
    "reductions", "source",
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

    def key_text(self, key: str) -> dict[Language, str]:
        """Name an addition as each language does: ``入浴介助加算(bathing)``."""
        name = self.rows[self.key_positions[key]].name.removeprefix(SERVICE_PREFIX)
        return {"en": key, "ja": f"{name}({key})"}

    def named(self, key: str) -> Name:
        """Name an addition as each language does: ``入浴介助加算(bathing)``."""
        return Name(**self.key_text(key))

    def keys_text(self, keys: Iterable[str]) -> dict[Language, str]:
        """Name several additions as each language does."""
        texts = [self.key_text(key) for key in keys]
        return {
            "en": ", ".join(text["en"] for text in texts),
            "ja": "、".join(text["ja"] for text in texts),
        }

    def rate_rows(self, key: str) -> tuple[CodeRow, ...]:
        """Return the rate rows whose ratios make up that of a key, in the order of rounding."""
        chain = [self.rows[self.key_positions[key]]]
        while chain[-1].rate_of not in (BASE_LINES, ALL_LINES):
            chain.append(self.rows[self.key_positions[str(chain[-1].rate_of)]])
        return tuple(reversed(chain))

    @cached_property
    def bands(self) -> npt.NDArray[np.int16]:
        """Row of every condition, shape (services, shortfalls, levels, minutes); −1: none.

        Numbers from the number of rows on stand for a row with a line of 延長: ``base_of`` and
        ``extension_of`` tell them apart.
        """
        bands = np.full(
            (len(SERVICES), len(SHORTFALL_NAMES), LEVEL_SLOTS, MINUTE_SLOTS), -1, dtype=np.int16
        )
        for at, row, condition in self._base_rows():
            bands[(*condition, slice(row.minutes_from, row.minutes_to))] = at
        for number, one in enumerate(self.chosen.extended, len(self.rows)):
            condition = self._condition(self.rows[one.base])
            bands[(*condition, slice(one.minutes_from, one.minutes_to))] = number
        return bands

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
    def bands_without_extension(self) -> npt.NDArray[np.int16]:
        """As ``bands``, for a provider that has not registered 延長.

        From the first minute of 延長 on, the longest band without it answers, whatever the
        length of the day.
        """
        bands = self.bands.copy()
        extended = [
            (row.minutes_from, condition)
            for _, row, condition in self._base_rows()
            if row.extension_units
        ]
        extended += [
            (one.minutes_from, self._condition(self.rows[one.base])) for one in self.chosen.extended
        ]
        for first, condition in extended:
            bands[(*condition, slice(first, -1))] = -1
        for first, condition in extended:
            plain = [
                (other.minutes_to or 0, at)
                for at, other, same in self._base_rows()
                if same == condition and not other.extension_units
            ]
            if plain:
                bands[(*condition, slice(first, -1))] = max(plain)[1]
        return bands

    @cached_property
    def minute_classes(self) -> npt.NDArray[np.int64]:
        """For each minute a number that minutes share where no code tells them apart."""
        bands = np.stack([self.bands, self.bands_without_extension]).reshape(-1, MINUTE_SLOTS)
        changes = (bands[:, 1:] != bands[:, :-1]).any(axis=0)
        return np.concatenate(([0], np.cumsum(changes)))

    def _base_rows(self) -> Iterator[tuple[int, CodeRow, tuple[int, int, slice | int]]]:
        for at in self.chosen.plain_base:
            yield at, self.rows[at], self._condition(self.rows[at])

    @staticmethod
    def _condition(row: CodeRow) -> tuple[int, int, slice | int]:
        # 療養通所介護 has one code for all care levels, the blank one included.
        level = slice(None) if row.care_level is None else row.care_level
        return SERVICES.index(row.service), SHORTFALL_NAMES.index(row.shortfall or ""), level

    @cached_property
    def _index(self) -> pd.Index[Any]:
        index: pd.Index[Any] = pd.Index(self.service_codes.astype(object))
        return index

    def positions(self, codes: Sequence[str] | npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the position of each code among the rows.

        Raises
        ------
        UnknownCodeError
            A code is not of this month; the message names it and the nearest one.
        """
        if isinstance(codes, str):
            codes = [codes]
        wanted = np.asarray(codes, dtype=object).ravel()
        found = self._index.get_indexer(pd.Index(wanted, dtype=object))
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
        extended_hours: npt.ArrayLike,
    ) -> npt.NDArray[np.int16]:
        """Find as ``find`` does; the result has the numbers of ``bands``."""
        arrays = (
            _whole_numbers(minutes, "minutes", 0),
            _whole_numbers(care_level, "care_level", 1, 5, blank=0),
            _choices("" if shortfall is None else shortfall, "shortfall", SHORTFALL_NAMES),
            _choices(service, "service", SERVICES),
            _flags(extended_hours, "extended_hours"),
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
        at: npt.NDArray[np.int16] = np.where(
            extended,
            self.bands[kind, lack, level, slot],
            self.bands_without_extension[kind, lack, level, slot],
        )
        if (at < 0).any():
            first = np.unravel_index(int(np.argmax(at < 0)), at.shape)
            why = self.missing_code(
                SERVICES[kind[first]],
                int(minute[first]),
                int(level[first]),
                SHORTFALL_NAMES[lack[first]],
            )[1]
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
        condition = {
            "en": f"{minutes} min, {service}, care level {care_level or '-'}"
            + (f", {shortfall}" if shortfall else ""),
            "ja": f"{minutes}分、{CALLED[service]}、要介護{care_level or '—'}"
            + (f"、{CALLED[shortfall]}" if shortfall else ""),
        }
        facts = {"condition": condition, "month": month_text(self.law_month)}
        if not (self.bands[kind] >= 0).any():
            column = "service"
        elif shortfall and not (here >= 0).any() and (self.bands[kind, 0, :, slot] >= 0).any():
            column = "shortfall"
        else:
            column = "minutes"
        return column, Message("no_code", "no_code", facts)


def _whole_numbers(
    values: npt.ArrayLike | None, name: str, least: int, most: int = _LARGEST, blank: int = -1
) -> npt.NDArray[np.int64]:
    """Check whole numbers; a blank (None, NaN, <NA>) is ``blank``, or an error where that is −1."""
    array = np.asarray(values)
    missing = np.asarray(pd.isna(array))
    kind = pd.api.types.infer_dtype(array[~missing], skipna=False)
    if kind not in ("integer", "floating", "mixed-integer-float", "empty") and (~missing).any():
        raise VisitError(f"{name}: whole numbers were expected, not {kind}")
    if blank < 0 and missing.any():
        raise VisitError(f"{name}: blank; a whole number was expected")
    filled = np.where(missing, least, array)
    out_of_range = (filled < least) | (filled > most)
    if np.any(out_of_range):
        limit = f"from {least} to {most}" if most < _LARGEST else f"of {least} or more"
        wrong = filled[out_of_range].flat[0]
        raise VisitError(f"{name}: {wrong}: a whole number {limit} was expected")
    numbers = filled.astype(np.int64)
    if np.any(numbers != filled):
        wrong = filled[numbers != filled].flat[0]
        raise VisitError(f"{name}: {wrong}: a whole number was expected")
    return np.where(missing, blank, numbers)


def _flags(values: npt.ArrayLike, name: str) -> npt.NDArray[np.bool_]:
    array = np.asarray(values)
    if array.dtype != bool:
        kind = pd.api.types.infer_dtype(array.ravel(), skipna=False)
        if array.size and (kind not in ("boolean", "integer") or not np.isin(array, (0, 1)).all()):
            raise VisitError(f"{name}: True or False was expected")
    return array.astype(bool)


def _choices(values: npt.ArrayLike, name: str, known: Sequence[str]) -> npt.NDArray[np.intp]:
    array = np.asarray(values, dtype=object)
    texts = np.where(pd.isna(array), "", array)
    wanted = pd.Index(texts.ravel(), dtype=object)
    at = pd.Index(list(known), dtype=object).get_indexer(wanted).reshape(texts.shape)
    if (at < 0).any():
        wrong = texts[at < 0].flat[0]
        raise VisitError(f"{name}: {wrong!r} is unknown; one of {', '.join(map(repr, known))}")
    return at


class CodeBook:
    """A code table file: every code in every period.

    Parameters
    ----------
    rows : list of NumberedRow of CodeRow
        Checked rows.
    """

    def __init__(self, rows: list[CodeLine]) -> None:
        self.rows = rows
        self._segments = segments(rows)
        self._tables: dict[int, CodeTable] = {}
        self.known_minutes = np.zeros((len(SERVICES), MINUTE_SLOTS), dtype=bool)
        for one in rows:
            if one.row.kind == "base":
                kind = SERVICES.index(one.row.service)
                self.known_minutes[kind, one.row.minutes_from : one.row.minutes_to] = True
        for one in rows:
            if one.row.kind == "addition" and one.row.extension_units:
                for kind, service in enumerate(SERVICES):
                    if one.row.service in ("both", service):
                        known = self.known_minutes[kind]
                        known[one.row.minutes_from : one.row.minutes_to] = True

    @classmethod
    def of_month(cls, table: CodeTable) -> CodeBook:
        """Make a book of one month only."""
        period = {"valid_from": table.month, "valid_to": table.month}
        rows = [row.model_copy(update=period) for row in table.rows]
        book = cls([NumberedRow(line, row) for line, row in enumerate(rows, start=2)])
        book.known_minutes = table.known_minutes
        return book

    @cached_property
    def months(self) -> list[tuple[int, int]]:
        """First and last month of each unbroken run of months that have base codes."""
        return joined(
            [
                (first, last)
                for first, last, active in self._segments
                if any(one.row.kind == "base" for one in active)
            ]
        )

    @cached_property
    def key_names(self) -> dict[str, dict[str, list[tuple[int, int]]]]:
        """For each published name of an addition or rate, its keys and their months."""
        names: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for one in self.rows:
            if one.row.key is not None:
                spans = names.setdefault(one.row.name, {}).setdefault(one.row.key, [])
                spans.append((one.row.valid_from, one.row.valid_to))
        return names

    @cached_property
    def largest_values(self) -> dict[str, int]:
        """For each key its largest value in one visit row, in any month."""
        largest: dict[str, int] = {}
        for one in self.rows:
            if one.row.key is not None:
                largest[one.row.key] = max(largest.get(one.row.key, 1), one.row.largest_value)
        return largest

    def supports(self, month: int) -> bool:
        """Say whether a month has base codes."""
        return any(first <= month <= last for first, last in self.months)

    def unsupported(self, month: int) -> Message:
        """Say which months there are."""
        months = {"en": spans_text(self.months), "ja": spans_text(self.months, "ja")}
        facts = {"month": month_text(month), "months": months}
        return Message("unsupported_month", "unsupported_month", facts)

    def table(self, month: int) -> CodeTable:
        """Return the table of a month.

        Raises
        ------
        UnsupportedMonthError
            No base code is valid in the month; the message gives the months there are.
        """
        if not self.supports(month):
            raise UnsupportedMonthError(self.unsupported(month))
        if month not in self._tables:
            active = [
                one.row for one in self.rows if one.row.valid_from <= month <= one.row.valid_to
            ]
            active.sort(key=lambda row: row.service_code)
            self._tables[month] = CodeTable(month, tuple(active), self.known_minutes)
        return self._tables[month]


def load_code_book(path: str | Path | None = None) -> CodeBook:
    """Load every period of a code table file, once.

    Parameters
    ----------
    path : path-like, optional
        A file in the layout of ``data/service_codes.csv``; without it, the bundled table.

    Raises
    ------
    TableError
        The file fails a check; the message lists the faults with line and column.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.load_code_book().months
    [(201604, 201803), (202404, 999999)]
    """
    file = law_file("service_codes.csv") if path is None else Path(path)
    try:
        state = file.stat()
    except OSError:
        return CodeBook(read_code_rows(file))
    return _cached_book(file, file.absolute(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _cached_book(file: Path, _place: Path, _changed: int, _size: int) -> CodeBook:
    return CodeBook(read_code_rows(file))


def load_codes(month: str, path: str | Path | None = None) -> CodeTable:
    """Load the code table of a month.

    Parameters
    ----------
    month : str
        ``"2016-04"`` or ``"201604"``.
    path : path-like, optional
        A file in the layout of ``data/service_codes.csv``; without it, the bundled table.

    Returns
    -------
    CodeTable

    Raises
    ------
    UnsupportedMonthError
        Not a month, or one the table does not have; the message gives the months there are.
    TableError
        The file fails a check.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.load_codes("2016-04")
    CodeTable(2016-04, 162 codes)
    >>> ct.load_codes("2016-04").units(["781241", "789405"]).tolist()
    [426, 333]
    """
    return load_code_book(path).table(parse_month(month))


def code_book(codes: CodeBook | CodeTable | str | Path | None) -> CodeBook:
    """Return the code book that ``codes=`` stands for."""
    if isinstance(codes, CodeBook):
        return codes
    if isinstance(codes, CodeTable):
        return CodeBook.of_month(codes)
    return load_code_book(codes)

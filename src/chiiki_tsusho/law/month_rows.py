"""The base codes of a month, found by the conditions of visits; arrays in and out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import SERVICES
from chiiki_tsusho.errors import VisitError
from chiiki_tsusho.language import Name, Text
from chiiki_tsusho.law.arguments import choices, flags, whole_numbers
from chiiki_tsusho.law.bands import (
    MINUTE_SLOTS,
    SHORTFALL_NAMES,
    Bands,
    bands_of,
    bands_without_extension,
)
from chiiki_tsusho.law.chosen_rows import ChosenRows
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS, CodeRow
from chiiki_tsusho.law.coverage import document_of
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, fixed
from chiiki_tsusho.problem_texts import Message, blank, named, visit_condition


@dataclass(frozen=True, eq=False)
class MonthRows:
    """The rows of a month, of which a visit finds its own code.

    Parameters
    ----------
    month : int
        The month, ``201604``.
    rows : tuple of CodeRow
        The rows valid in it, in the order of their service codes.
    known_minutes : ndarray of bool, shape (services, minutes)
        The minutes for which any month of the whole table has a band: it tells a visit that no
        law knows from one whose code this table lacks.
    """

    month: int
    rows: tuple[CodeRow, ...]
    known_minutes: Flags

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was pickled or copied; numpy forgets that an array is fixed."""
        self.__dict__.update(state)
        for value in state.values():
            if isinstance(value, np.ndarray):
                fixed(value)

    @property
    def law_month(self) -> int:
        """The month whose law the rows are: ``month``, unless they are applied to another."""
        return self.month

    @cached_property
    def service_codes(self) -> npt.NDArray[np.str_]:
        """Service codes in order, shape (codes,)."""
        return fixed(np.array([row.service_code for row in self.rows], dtype="U6"))

    @cached_property
    def chosen(self) -> ChosenRows:
        """What the code of a visit chooses."""
        return ChosenRows(self.rows)

    @cached_property
    def bands(self) -> Bands:
        """Row of every condition, shape (services, shortfalls, levels, minutes), or ``NO_ROW``.

        Numbers from the number of rows on stand for a row with a line of 延長: ``base_of`` and
        ``extension_of`` tell them apart.
        """
        return fixed(bands_of(self.rows, self.chosen))

    @cached_property
    def base_of(self) -> Ints:
        """The row of the base code that each number of ``bands`` stands for."""
        own = np.arange(len(self.rows))
        extended = [one.base for one in self.chosen.extended]
        return fixed(np.concatenate((own, extended)).astype(np.int64))

    @cached_property
    def extension_of(self) -> Ints:
        """The row of the line of 延長 that each number of ``bands`` stands for, or ``NO_ROW``."""
        none = np.full(len(self.rows), NO_ROW)
        extended = [one.line for one in self.chosen.extended]
        return fixed(np.concatenate((none, extended)).astype(np.int64))

    @cached_property
    def bands_without_extension(self) -> Bands:
        """As ``bands``, for a provider that has not registered 延長."""
        return fixed(bands_without_extension(self.rows, self.chosen, self.bands))

    @cached_property
    def minute_classes(self) -> Ints:
        """For each minute a number that minutes share where no code tells them apart."""
        bands = np.stack([self.bands, self.bands_without_extension]).reshape(-1, MINUTE_SLOTS)
        changes = (bands[:, 1:] != bands[:, :-1]).any(axis=0)
        return fixed(np.concatenate(([0], np.cumsum(changes))))

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
    ) -> npt.NDArray[np.int32]:
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
        at: npt.NDArray[np.int32] = np.where(extended, banded, plain)
        asked = np.asarray((banded != plain) & (extended_hours is None))
        wrong = (at < 0) | asked
        if wrong.any():
            first = np.unravel_index(int(np.argmax(wrong)), at.shape)
            column, why = self.missing_code(
                SERVICES[kind[first]],
                int(minute[first]),
                int(level[first]),
                SHORTFALL_NAMES[lack[first]],
                extended_hours is not None and bool(extended[first]),
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

    @checked_call
    def missing_code(
        self,
        service: str,
        minutes: int,
        care_level: int,
        shortfall: str,
        extended: bool,
        shown: str | None = None,
    ) -> tuple[str, Message]:
        """Say why a visit has no code; ``extended`` is whether 延長 is known to be registered.

        ``shown`` stands in place of the minutes in the message.

        Returns
        -------
        str
            The column at fault.
        Message
            Rule ``outside_every_band`` when no month of the table has a band for the minutes,
            ``missing_value`` when only the care level is wanting, otherwise ``no_code``.

        Raises
        ------
        VisitError
            There is no such service, shortfall, care level or length.
        """
        choice = service in SERVICES and shortfall in SHORTFALL_NAMES
        if not (choice and minutes >= 0 and 0 <= care_level < LEVEL_SLOTS):
            # Refuses it.
            self.find_rows(
                minutes=minutes,
                care_level=care_level,
                shortfall=shortfall,
                service=service,
                extended_hours=extended,
            )
        kind = SERVICES.index(service)
        slot = min(minutes, MINUTE_SLOTS - 1)
        known = np.flatnonzero(self.known_minutes[kind])
        # Without 延長 the longest band has no end.
        bands = self.bands if extended else self.bands_without_extension
        banded = bool((bands[kind, :, :, slot] >= 0).any())
        if known.size and not self.known_minutes[kind, slot] and not banded:
            facts: dict[str, object] = {
                "value": minutes if shown is None else shown,
                "service": named(service),
                "first": int(known[0]),
                "last": int(known[-1]),
            }
            return "minutes", Message("outside_every_band", "outside_every_band", facts)
        here = bands[kind, SHORTFALL_NAMES.index(shortfall), :, slot]
        if care_level == 0 and (here >= 0).any():
            return "care_level", blank("care_level", "care_level")
        condition = visit_condition(
            minutes if shown is None else shown,
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
        elif shortfall and not (here >= 0).any() and (bands[kind, 0, :, slot] >= 0).any():
            column = "shortfall"
        else:
            column = "minutes"
        return column, Message("no_code", "no_code", facts)

"""Meetings of councils as registered: days, counts of those attending, what was done after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.duties.registers import (
    Office,
    read_corporation,
    read_offices,
    read_register,
)
from chiiki_tsusho.reading.cell_texts import narrow

if TYPE_CHECKING:
    from chiiki_tsusho.duties.registers import Given

# Programs write 1.0 where another cell of the column is blank.
_NUMBERED = re.compile(r"第?\s*([0-9]+)(?:\.0)?\s*(?:回目?)?")
_NAME = re.compile(r"\s*(?:運営推進会議|介護・医療連携推進会議)$")
FROM_USERS = ("users", "families")
OUTSIDERS = (
    *FROM_USERS,
    "residents",
    "municipality",
    "support_center",
    "experts",
    "medical",
    "others",
)
ATTENDING = (*OUTSIDERS, "staff")


@dataclass(frozen=True)
class Meeting:
    """A meeting, held or planned; what is not registered is None."""

    provider_no: str
    meeting_no: str | None = None
    held_on: date | None = None
    planned_on: date | None = None
    mode: str | None = None
    users: int | None = None
    families: int | None = None
    residents: int | None = None
    municipality: int | None = None
    support_center: int | None = None
    experts: int | None = None
    medical: int | None = None
    others: int | None = None
    staff: int | None = None
    absent: int | None = None
    online_consent: bool | None = None
    evaluation: bool | None = None
    joint_with: tuple[str, ...] | None = None
    anonymous: bool | None = None
    notice_on: date | None = None
    authority_notice_on: date | None = None
    minutes_on: date | None = None
    published_on: date | None = None
    published_how: str | None = None
    absentees_sent_on: date | None = None
    reported_on: date | None = None
    discarded_on: date | None = None
    agenda: str | None = None
    place: str | None = None

    @property
    def number(self) -> str:
        """The number of the meeting, blank where it has none."""
        return plain_number(self.meeting_no or "")

    @property
    def held(self) -> date:
        """The day of a meeting that was held."""
        assert self.held_on is not None
        return self.held_on

    @property
    def day(self) -> date | None:
        """The day on which it was held or is meant to be."""
        return self.held_on or self.planned_on

    @property
    def counts_given(self) -> bool:
        """Whether anything is registered of who attended."""
        return any(getattr(self, name) is not None for name in ATTENDING)

    def attending(self, names: Sequence[str]) -> int:
        """Count those attending of some groups; a group left blank did not attend."""
        return sum(getattr(self, name) or 0 for name in names)


def plain_number(text: str) -> str:
    """Return the number of a meeting without the words around it (第１回: 1), else what it says."""
    said = _NAME.sub("", narrow(text))
    match = _NUMBERED.fullmatch(said)
    return match[1].lstrip("0") or "0" if match else said


def said_number(number: str) -> str:
    """Write the number of a meeting as Japanese does; some say more, such as 令和7年度第1回."""
    return number if "回" in number or not number else f"第{number}回"


@dataclass(frozen=True)
class Meetings:
    """The register of meetings.

    Parameters
    ----------
    columns : frozenset of str
        Those that the register has.
    meetings : sequence of Meeting
    """

    columns: frozenset[str]
    meetings: Sequence[Meeting]

    @cached_property
    def _of_provider(self) -> Mapping[str, list[Meeting]]:
        found: dict[str, list[Meeting]] = {}
        for one in self.meetings:
            found.setdefault(one.provider_no, []).append(one)
        return found

    def held(self, provider_no: str, on: date) -> list[Meeting]:
        """Return the meetings a provider has held by a day, in order of time."""
        found = [
            one
            for one in self._of_provider.get(provider_no, ())
            if one.held_on is not None and one.held_on <= on
        ]
        return sorted(found, key=lambda one: (one.held, one.number))

    def planned(self, provider_no: str, on: date) -> list[tuple[date, Meeting]]:
        """Return the meetings a provider has still to hold, with the day meant for each."""
        return [pair for pair in self._not_held(provider_no, on) if pair[0] >= on]

    def passed(self, provider_no: str, on: date) -> list[tuple[date, Meeting]]:
        """Return the meetings whose planned day has passed and that no day says were held."""
        return [pair for pair in self._not_held(provider_no, on) if pair[0] < on]

    def _not_held(self, provider_no: str, on: date) -> list[tuple[date, Meeting]]:
        found = []
        for one in self._of_provider.get(provider_no, ()):
            day = one.day
            still = one.held_on is None or one.held_on > on
            if day is not None and still:
                found.append((day, one))
        return sorted(found, key=lambda pair: (pair[0], pair[1].number))


def read_meetings(given: Given | None, encoding: str | None = None) -> Meetings:
    """Read the register of meetings; without one there are none."""
    if given is None:
        return Meetings(frozenset(), [])
    table = read_register(given, "meetings", encoding)
    return Meetings(table.columns, [Meeting(**row) for row in table.rows])


def read_registers(
    offices: Given,
    meetings: Given | None,
    members: Given | None,
    corporation: Given | None,
    encoding: str | None,
) -> tuple[list[Office], Meetings, list[dict[str, Any]] | None, dict[str, Any] | None]:
    """Read all registers; None of members or the corporation where they are not given."""
    # The short ones are read first: a fault of theirs is told at once.
    row = None if corporation is None else read_corporation(corporation, encoding)
    rows = None if members is None else read_register(members, "members", encoding).rows
    return read_offices(offices, encoding), read_meetings(meetings, encoding), rows, row

"""A day of a plan: what is to be done, by when, and what tells its event from all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from chiiki_tsusho.duties.periods import fiscal_year
from chiiki_tsusho.duties.rules import DutyRule
from chiiki_tsusho.duties.services import care_services
from chiiki_tsusho.language import Language, Sayable, Text

Kind = Literal[
    "notice",
    "authority_notice",
    "meeting",
    "minutes",
    "publication",
    "copies",
    "report",
    "next_meeting",
    "retention",
    "member_list",
    "filing",
]
# Names and 見出し of the columns of a plan.
COLUMNS = {
    "date": "予定日",
    "latest": "最終期限",
    "kind": "種類",
    "provider_no": "事業所番号",
    "meeting_no": "回",
    "what": "内容",
    "authority": "根拠の主体",
    "force": "根拠の強さ",
    "place": "根拠の箇所",
}
# What tells a row of a plan from all others.
_TELLING = ("provider_no", "meeting_no", "kind", "date", "what")


@dataclass(frozen=True)
class PlannedDay:
    """A day of the plan: by when to act, and the last day that any rule allows.

    ``meeting_on`` is the day of the meeting it belongs to; ``service`` is given where the provider
    has several councils.
    """

    provider_no: str
    meeting_no: str
    meeting_on: date | None
    kind: Kind
    act: date
    latest: date | None
    what: Sayable
    law: DutyRule | None
    service: str = ""

    @property
    def told(self) -> Sayable:
        """What to do, and for which council where the provider has several."""
        if not self.service:
            return self.what
        return Text(
            "{what} ({service})", what=self.what, service=care_services()[self.service].name
        )

    def cells(self, language: Language) -> dict[str, str]:
        """Write it as a row of the plan."""
        return {
            "date": str(self.act),
            "latest": str(self.latest or ""),
            "kind": self.kind,
            "provider_no": self.provider_no,
            "meeting_no": self.meeting_no,
            "what": self.told.say(language),
            "authority": self.law.authority if self.law else "",
            "force": self.law.force if self.law else "",
            "place": self.law.place if self.law else "",
        }


def event_marks(
    days: Sequence[PlannedDay],
    rows: Sequence[Mapping[str, str]],
    year: int,
    until_then: Iterable[PlannedDay],
) -> dict[str, str]:
    """Return what stands for year and number of the meeting in the identities of some events.

    The year is that of the meeting, else of the day: what goes before a meeting in April or follows
    one in March is in the plans of both years, and one event. A number is not enough where a
    provider has several councils, where several meetings of a year have the same number, or a
    meeting held has none.

    Parameters
    ----------
    days : sequence of PlannedDay
    rows : sequence of mapping
        The row of the plan for each.
    year : int
        That of the plan.
    until_then : iterable of PlannedDay
        Those of all meetings that any of these years may have, so that their plans say the same.

    Returns
    -------
    dict of str to str
        By row, as ``told_apart`` writes it; most plans need none.
    """
    meetings: dict[tuple[str, str, str, int], set[date]] = {}
    for one in until_then:
        if one.meeting_on is not None:
            meetings.setdefault(_numbered(one, one.meeting_on), set()).add(one.meeting_on)
    marks = {}
    for one, row in zip(days, rows, strict=True):
        parts, of_year = [one.meeting_no], fiscal_year(one.meeting_on or one.act)
        if one.meeting_on is not None and (
            not one.meeting_no or len(meetings[_numbered(one, one.meeting_on)]) > 1
        ):
            parts.append(str(one.meeting_on))
        mark = "-".join(filter(None, (*parts, one.service)))
        if mark != one.meeting_no or of_year != year:
            marks[told_apart(row)] = f"{of_year}-{mark or '0'}"
    return marks


def _numbered(one: PlannedDay, meeting_on: date) -> tuple[str, str, str, int]:
    return one.provider_no, one.service, one.meeting_no, fiscal_year(meeting_on)


def told_apart(row: Mapping[Any, Any]) -> str:
    """Write of a row of a plan what tells it from all others."""
    return "\n".join(row[name] for name in _TELLING)

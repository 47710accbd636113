"""What a check finds: a finding, and the report of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.rules import LAW, DutyRule
from chiiki_tsusho.duties.services import authorities
from chiiki_tsusho.language import Language, Name, Sayable, Text
from chiiki_tsusho.lazy import pandas

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["breach", "late", "due", "unclear", "advice"]
Rule = Literal[
    "no_meeting_yet",
    "interval_exceeded",
    "too_few_in_year",
    "next_due",
    "planned_day_passed",
    "doubled_meeting",
    "mode_not_recognised",
    "mode_open",
    "consent_missing",
    "no_outsider",
    "only_users",
    "group_missing",
    "medical_missing",
    "joint_not_anonymous",
    "joint_other_area",
    "joint_over_half",
    "evaluation_joint",
    "notice_late",
    "report_late",
    "absentees_late",
    "not_published",
    "destroyed_early",
    "members_not_filed",
    "filing_item_missing",
    "filing_to_other_authority",
    "sources_differ",
    "authority_unknown",
    "unknown_office",
    "not_recorded",
]
SEVERITY_WORDS: dict[Severity, Text] = {
    "breach": Text("breach"),
    "late": Text("late"),
    "due": Text("due"),
    "unclear": Text("unclear"),
    "advice": Text("advice"),
}
SEVERITIES = tuple(SEVERITY_WORDS)
# Names and 見出し of the columns of findings.
COLUMNS = {
    "severity": "区分",
    "rule": "種類",
    "provider_no": "事業所番号",
    "meeting_no": "回",
    "held_on": "開催日",
    "date": "期日",
    "message": "内容",
    "what_to_do": "対応",
    "force": "根拠の強さ",
    "authority": "根拠の主体",
    "place": "根拠の箇所",
    "source": "出典",
}


def named(authority: str) -> Sayable:
    """Name an authority to people: 足立区."""
    if authority == LAW:
        return Text("the law")
    known = authorities().get(authority)
    name = known.name if known else authority
    return Name(name, name)


def rules_wanted(authority: str) -> Text:
    """Say what to do where no rules of a town are known, or the town is not named."""
    if authority:
        return Text("ask it for its guide, and give its rules with --rules")
    return Text("fill in authority (指定権者), the municipality that designated the office")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Parameters
    ----------
    severity, rule : str
    message, what_to_do : Sayable
    provider_no, meeting_no : str
        Blank where it is of no single office or meeting.
    held_on, date : date, optional
        The day of the meeting, and the day by which something was or is owed.
    law : DutyRule, optional
        What it rests on.
    """

    severity: Severity
    rule: Rule
    message: Sayable
    what_to_do: Sayable
    provider_no: str = ""
    meeting_no: str = ""
    held_on: date | None = None
    date: date | None = None
    law: DutyRule | None = None

    @property
    def order(self) -> tuple[int, str, str, str, str]:
        """Where it stands among others: the worst first, then by office and time."""
        return (
            SEVERITIES.index(self.severity),
            self.provider_no,
            str(self.date or self.held_on or ""),
            self.rule,
            self.meeting_no,
        )

    def cells(self, language: Language) -> dict[str, str]:
        """Write it as a row of the report."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "provider_no": self.provider_no,
            "meeting_no": self.meeting_no,
            "held_on": str(self.held_on or ""),
            "date": str(self.date or ""),
            "message": self.message.say(language),
            "what_to_do": self.what_to_do.say(language),
            "force": self.law.force if self.law else "",
            "authority": self.law.authority if self.law else "",
            "place": self.law.place if self.law else "",
            "source": self.law.source if self.law else "",
        }


@checked_call
@dataclass(frozen=True)
class DutyReport:
    """All that a check found.

    Parameters
    ----------
    items : sequence of Finding
        The worst first.
    on : date
        The day of the check.
    language : {"en", "ja"}
        The language of the messages in ``findings``.
    """

    items: Sequence[Finding]
    on: date
    language: Language = "en"

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row per finding, all columns text; days are written 2026-04-01."""
        rows = [one.cells(self.language) for one in self.items]
        frame: pd.DataFrame = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=str)
        return frame

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        counted = Counter(one.severity for one in self.items)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def clean(self) -> bool:
        """Whether nothing is a breach or late."""
        return not any(one.severity in ("breach", "late") for one in self.items)

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {severity}" for severity, count in self.counts.items() if count)
        return f"DutyReport({told or 'nothing found'}; on {self.on})"

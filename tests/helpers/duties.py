"""Registers of offices and meetings for tests, and the findings of a check."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pandas as pd

from chiiki_tsusho.duties.check import check_duties
from chiiki_tsusho.duties.findings import DutyReport
from chiiki_tsusho.duties.plan import plan_duties

PROVIDER: Final = "1390000012"
OTHER: Final = "1390000020"


def offices(*rows: dict[str, Any], **cells: Any) -> pd.DataFrame:
    """Offices of day care in 足立区, unless a row or the cells say otherwise."""
    usual = {"provider_no": PROVIDER, "service": "day_care", "authority": "adachi"}
    return pd.DataFrame([usual | cells | row for row in (rows or ({},))])


def meeting(day: str, **cells: Any) -> dict[str, Any]:
    """A meeting without fault: in person, all groups there, everything done in good time."""
    held = date.fromisoformat(day)
    done = date.fromordinal(held.toordinal() + 7).isoformat()
    return {
        "provider_no": PROVIDER,
        "held_on": day,
        "mode": "in_person",
        "users": 1,
        "families": 1,
        "residents": 1,
        "municipality": 0,
        "support_center": 1,
        "experts": 1,
        "medical": 1,
        "others": 0,
        "staff": 2,
        "absent": 0,
        "online_consent": 1,
        "evaluation": 0,
        "joint_with": "",
        "anonymous": 1,
        "minutes_on": done,
        "published_on": done,
        "reported_on": done,
        "absentees_sent_on": done,
        "authority_notice_on": "",
    } | cells


def meetings(*days: str | dict[str, Any]) -> pd.DataFrame:
    """A register of meetings; of a day alone, a meeting without fault."""
    rows = [meeting(one) if isinstance(one, str) else one for one in days]
    return pd.DataFrame(rows or [meeting("2000-01-01")]).iloc[: len(rows)]


def check(
    register: pd.DataFrame, on: str, office: pd.DataFrame | None = None, **more: Any
) -> DutyReport:
    """Check meetings of an office (of day care in 足立区) on a day."""
    known = offices(designated_on="2025-04-01") if office is None else office
    return check_duties(register, known, on=date.fromisoformat(on), **more)


def found(report: DutyReport, *columns: str) -> list[Any]:
    """Return some columns of the findings, the rule and severity without any."""
    frame = report.findings[list(columns or ("severity", "rule"))]
    return [tuple(row) if frame.shape[1] > 1 else row[0] for row in frame.to_numpy().tolist()]


def rules_found(report: DutyReport, *severities: str) -> set[str]:
    """Return the rules found, of some severities alone where they are given."""
    return {one.rule for one in report.items if not severities or one.severity in severities}


def planned(frame: pd.DataFrame, kind: str) -> list[tuple[str, str]]:
    """Return the date and the last day of each row of a kind."""
    rows = frame[frame["kind"] == kind]
    return list(zip(rows["date"], rows["latest"], strict=True))


def plan(register: pd.DataFrame | None, year: int, on: str, **cells: Any) -> pd.DataFrame:
    """Plan the year of an office."""
    return plan_duties(offices(**cells), year, register, on=date.fromisoformat(on))

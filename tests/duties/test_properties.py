"""What holds of every register: more meetings never blame, time never forgives, nothing leaks."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.duties.calendar_file import write_calendar
from chiiki_tsusho.duties.findings import DutyReport
from helpers.duties import OTHER, PROVIDER, meeting, meetings, offices

FIRST, LAST = date(2023, 1, 1), date(2027, 12, 31)
INTERVAL: Final = ("no_meeting_yet", "interval_exceeded", "too_few_in_year")
SERVICES: Final = st.sampled_from(
    ["day_care", "medical_day_care", "small_multifunction", "regular_home_visits"]
)
TOWNS: Final = st.sampled_from(["adachi", "itami", "arakawa", "katano", "nakano", "ageo", "函館市"])
DAYS: Final = st.dates(FIRST, LAST)


@st.composite
def registers(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for day in draw(st.lists(DAYS, max_size=10, unique=True)):
        cells = {
            "mode": draw(st.sampled_from(["in_person", "online", "written", "mixed", ""])),
            "users": draw(st.integers(0, 1)),
            "residents": draw(st.integers(0, 1)),
            "municipality": draw(st.integers(0, 1)),
            "absent": draw(st.integers(0, 1)),
            "online_consent": draw(st.integers(0, 1)),
            "joint_with": draw(st.sampled_from(["", OTHER])),
            "anonymous": draw(st.integers(0, 1)),
            "evaluation": draw(st.integers(0, 1)),
        }
        for name in ("published_on", "reported_on", "absentees_sent_on"):
            later = day + timedelta(days=draw(st.integers(1, 90)))
            cells[name] = draw(st.sampled_from(["", later.isoformat()]))
        rows.append(meeting(day.isoformat(), **cells))
    return rows


@st.composite
def cases(draw: st.DrawFn) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    cells: dict[str, Any] = {
        "service": draw(SERVICES),
        "authority": draw(TOWNS),
        "designated_on": draw(st.one_of(st.just(""), DAYS.map(str))),
        "living_area": "北部",
    }
    if draw(st.booleans()):
        begin = draw(DAYS)
        cells["closed_from"] = begin.isoformat()
        end = begin + timedelta(days=draw(st.integers(0, 300)))
        cells["closed_to"] = draw(st.sampled_from(["", end.isoformat()]))
    return offices(cells), draw(registers())


def checked(
    case: tuple[pd.DataFrame, list[dict[str, Any]]], on: date, *more: dict[str, Any]
) -> DutyReport:
    return ct.check_duties(meetings(*case[1], *more), case[0], on=on)


def count(report: DutyReport, *severities: str) -> int:
    """Count the days by which a meeting was due and none was held."""
    return sum(
        one.rule in INTERVAL and (not severities or one.severity in severities)
        for one in report.items
    )


@given(cases(), DAYS, DAYS)
def test_a_further_meeting_never_adds_an_interval_finding(
    case: tuple[pd.DataFrame, list[dict[str, Any]]], further: date, on: date
) -> None:
    # Without a designation, an earlier meeting is the first that is known of the office.
    assume(case[0]["designated_on"].item())
    before = checked(case, on)
    after = checked(case, on, meeting(further.isoformat()))
    assert count(after) <= count(before)
    assert count(after, "breach") <= count(before, "breach")


@given(cases(), DAYS, DAYS)
def test_with_a_later_day_no_breach_disappears(
    case: tuple[pd.DataFrame, list[dict[str, Any]]], one: date, other: date
) -> None:
    def breaches(on: date) -> Counter[tuple[str, str]]:
        return Counter(
            # What is told of a meeting, or of a day.
            (item.rule, str(item.date or item.held_on))
            for item in checked(case, on).items
            if item.severity == "breach"
        )

    earlier, later = sorted((one, other))
    assert breaches(earlier) <= breaches(later)


@given(cases(), DAYS)
def test_a_check_is_the_same_again(
    case: tuple[pd.DataFrame, list[dict[str, Any]]], on: date
) -> None:
    shuffled = (case[0], case[1][::-1])
    first, second = checked(case, on), checked(shuffled, on)
    assert first.findings.equals(second.findings)
    assert len(first.findings) == sum(first.counts.values())
    assert set(first.findings["provider_no"]) <= {"", PROVIDER}


def test_nothing_of_members_and_corporation_is_repeated(tmp_path: Path) -> None:
    """Every cell of both files is a word that stands nowhere else."""
    member = {
        "provider_no": PROVIDER, "name": "氏名秘密", "category": "区分秘密", "post": "職名秘密",
        "from": "2001-01-01", "to": "2002-02-02", "filed_on": "",
    }  # fmt: skip
    corporation = {
        name: f"{name}の秘密"
        for name in (
            *("name", "name_kana", "number", "kind", "postal_code", "address", "building"),
            *("phone", "fax", "head_post", "head_name", "head_kana", "head_postal_code"),
            *("head_address", "head_building", "officer_kana", "regulations", "audit"),
            *("filed_with", "former_authority", "former_number", "change_reason"),
            *("new_authority", "before", "after"),
        )
    } | {
        "officer_name": "",
        "changed_items": "3 6",
        "head_born_on": "1951-01-01",
        "officer_born_on": "1961-01-01",
    }
    known = offices(
        designated_on="2025-04-01",
        office="名称秘密",
        corporation="法人秘密",
        address="東京都秘密区1",
    )
    texts = []
    for language in ("en", "ja"):
        given_: dict[str, Any] = {
            "members": pd.DataFrame([member]),
            "corporation": pd.DataFrame([corporation]),
        }
        report = ct.check_duties(
            meetings("2025-05-20"), known, on="2026-04-01", language=language, **given_
        )
        assert {"members_not_filed", "filing_item_missing", "filing_to_other_authority"} <= {
            one.rule for one in report.items
        }
        plan = ct.plan_duties(
            known, 2026, meetings("2025-05-20"), on="2026-04-01", language=language, **given_
        )
        assert {"member_list", "filing"} <= set(plan["kind"])
        calendar = write_calendar(plan, tmp_path / f"{language}.ics").read_bytes()
        unfolded = calendar.replace(b"\r\n ", b"").decode()
        texts += [report.findings.to_csv(), repr(report.items), plan.to_csv(), unfolded]
    secrets = {*member.values(), *corporation.values()} - {"", PROVIDER}
    for text in texts:
        assert "秘密" not in text.replace("秘密区長", "")
        assert not [one for one in secrets if one in text]

"""Whether a meeting counts: how it was held, who came, and how it was held jointly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from chiiki_tsusho.duties.cases import OfficeCase
from chiiki_tsusho.duties.findings import Finding
from chiiki_tsusho.duties.meetings import FROM_USERS, OUTSIDERS, Meeting
from chiiki_tsusho.duties.periods import fiscal_year
from chiiki_tsusho.duties.registers import MODES
from chiiki_tsusho.duties.rules import DutyRule
from chiiki_tsusho.language import Sayable, Text

MODE_WORDS = {
    "in_person": Text("in person"),
    "online": Text("online"),
    "mixed": Text("in person and online at once"),
    "written": Text("in writing"),
}
assert set(MODE_WORDS) == set(MODES)
_HOLD_AGAIN = Text("hold a meeting that counts; this one fills no interval")
_ASK = Text("ask the municipality, and note its answer")
# The outsiders every council has.
_USUAL = tuple(name for name in OUTSIDERS if name not in ("medical", "others"))
GROUPS: tuple[tuple[tuple[str, ...], Text], ...] = (
    (("users", "families"), Text("users or their families")),
    (("residents",), Text("residents of the area")),
    (("municipality", "support_center"), Text("the municipality or the support center")),
    (("experts",), Text("people who know the service")),
)


def counted_meetings(case: OfficeCase) -> tuple[list[Meeting], list[Finding]]:
    """Return the meetings that count, in order of time, and what is wrong with any of them."""
    counted: list[Meeting] = []
    findings: list[Finding] = []
    for meeting in case.register.held(case.office.provider_no, case.on):
        void = [*_mode(case, meeting), *_attendance(case, meeting)]
        findings += void
        if counted and counted[-1].held_on == meeting.held_on:
            findings.append(
                case.finding(
                    "unclear",
                    "doubled_meeting",
                    Text("several meetings on {day}; they are counted as one", day=meeting.held),
                    Text("keep one row for each meeting"),
                    None,
                    meeting,
                )
            )
        elif not any(one.rule in ("mode_not_recognised", "no_outsider") for one in void):
            counted.append(meeting)
        findings += _consent(case, meeting)
        findings += _joint(case, meeting)
    findings += _joint_share(case, counted)
    findings += _groups(case, counted)
    return counted, findings


def _mode(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    if not case.knows("mode"):
        return
    if meeting.mode is None:
        case.miss("mode")
        return
    day = meeting.held
    rules = {rule.value: rule for rule in case.rules("mode", day)}
    ways = ("in_person", "online") if meeting.mode == "mixed" else (meeting.mode,)
    missing = [way for way in ways if way not in rules]
    known = next(iter(rules.values()), None)
    if "online" in missing:
        yield case.finding(
            "unclear",
            "mode_open",
            Text("held online on {day}, a day for which no rule is known", day=day),
            _ASK,
            known,
            meeting,
        )
    elif missing:
        yield case.finding(
            "breach",
            "mode_not_recognised",
            Text(
                "held {mode}, which was no meeting of the council on {day}; it is not counted",
                mode=MODE_WORDS[meeting.mode],
                day=day,
            ),
            _HOLD_AGAIN,
            _last_of(case, meeting.mode) or known,
            meeting,
        )
    elif meeting.mode == "mixed":
        yield case.finding(
            "unclear",
            "mode_open",
            Text("held in person and online at once, which no rule mentions; it is counted"),
            _ASK,
            known,
            meeting,
        )


def _last_of(case: OfficeCase, mode: str) -> DutyRule | None:
    """Return the row that last allowed a way to meet, the town's before the law's."""
    for authority in (case.office.authority, "law"):
        rows = [
            row
            for row in case.book.rows
            if row.authority == authority and row.key == "mode" and row.value == mode
        ]
        if rows:
            return rows[-1]
    return None


def _attendance(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    """Find meetings without anyone from outside; staff of the provider are inside."""
    if not meeting.counts_given:
        case.miss(*_USUAL)
        return
    outsiders = meeting.attending(OUTSIDERS)
    rule = case.rule("outsiders_min", meeting.held)
    if rule is None:
        return
    if outsiders < rule.number:
        # Where a group has no column, somebody of it may have come.
        if case.knows(*_USUAL):
            yield case.finding(
                "breach",
                "no_outsider",
                Text("nobody from outside the office came; the meeting is void"),
                _HOLD_AGAIN,
                rule,
                meeting,
            )
    elif outsiders == meeting.attending(FROM_USERS):
        yield case.finding(
            "unclear",
            "only_users",
            Text(
                "only users or their families came; whether they are from outside the office is "
                "not said"
            ),
            _ASK,
            rule,
            meeting,
        )


def _consent(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    """Find users or families on video without consent (第34条第1項ただし書)."""
    if meeting.mode not in ("online", "mixed") or not meeting.attending(FROM_USERS):
        return
    rule = case.of_law("online_consent", meeting.held) or case.rule("online_consent")
    if case.knows("online_consent") and not meeting.online_consent:
        yield case.finding(
            "breach",
            "consent_missing",
            Text(
                "users or their families took part online, and no consent to the video is "
                "registered"
            ),
            Text("obtain the consent of each of them before the meeting, and register it"),
            rule,
            meeting,
        )


def _joint(case: OfficeCase, meeting: Meeting) -> Iterator[Finding]:
    """Find joint meetings that are not held as the town asks."""
    others = _others(case, meeting)
    if not others:
        return
    day = meeting.held
    anonymous = case.rule("joint_anonymous", day)
    if anonymous and case.knows("anonymous") and not meeting.anonymous:
        yield case.finding(
            "breach",
            "joint_not_anonymous",
            Text("a joint meeting at which users were not kept anonymous"),
            Text("keep users anonymous and their privacy safe at joint meetings"),
            anonymous,
            meeting,
        )
    area = case.rule("joint_same_area", day)
    if area:
        yield from _area(case, meeting, others, area)
    alone = case.rule("evaluation_alone", day)
    if alone and meeting.evaluation:
        yield case.finding(
            "breach",
            "evaluation_joint",
            Text("the meeting with the external evaluation was held jointly"),
            Text("hold the meeting with the external evaluation alone"),
            alone,
            meeting,
        )


def _area(
    case: OfficeCase, meeting: Meeting, others: Sequence[str], rule: DutyRule
) -> Iterator[Finding]:
    areas = case.areas
    own = areas.get(case.office.provider_no)
    elsewhere = [one for one in others if own and one in areas and areas[one] != own]
    if elsewhere:
        yield case.finding(
            "breach",
            "joint_other_area",
            Text(
                "held jointly with {others}, in another area (日常生活圏域)",
                others=_listed(elsewhere),
            ),
            Text("hold joint meetings only with offices of the same area"),
            rule,
            meeting,
        )
    elif not own or any(one not in areas for one in others):
        unknown = [one for one in others if one not in areas] or [case.office.provider_no]
        yield case.finding(
            "unclear",
            "joint_other_area",
            Text(
                "held jointly; the area (日常生活圏域) of {unknown} is not known",
                unknown=_listed(unknown),
            ),
            Text("give living_area (日常生活圏域) of every office in the register of offices"),
            rule,
            meeting,
        )


def _listed(numbers: Sequence[str]) -> str:
    return ", ".join(sorted(numbers))


def _others(case: OfficeCase, meeting: Meeting) -> list[str]:
    """Return the other providers of a joint meeting."""
    return [one for one in meeting.joint_with or () if one != case.office.provider_no]


def _by_year(meetings: Iterable[Meeting]) -> Iterator[tuple[int, list[Meeting]]]:
    """Yield the fiscal years of meetings in order of time, with those of each."""
    for year, of_year in groupby(meetings, lambda one: fiscal_year(one.held)):
        yield year, list(of_year)


def _joint_share(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    """Find fiscal years with more joint meetings than half of those owed."""
    for year, joint in _by_year(one for one in counted if _others(case, one)):
        rule = case.rule("joint_max_share", joint[-1].held)
        owed = case.needed(year, begun=True)
        if rule is None or not owed:
            continue
        if len(joint) > owed // 2:
            yield case.finding(
                # Of a single meeting there is no half.
                "breach" if owed > 1 else "unclear",
                "joint_over_half",
                Text(
                    "{joint} joint meetings in fiscal year {year}; of {owed} owed, at most half "
                    "may be joint",
                    joint=len(joint),
                    year=year,
                    owed=owed,
                ),
                Text("hold at least half of the meetings of a year alone"),
                rule,
                joint[owed // 2],
            )


def _groups(case: OfficeCase, counted: Sequence[Meeting]) -> Iterator[Finding]:
    """Find groups of members who came to no meeting of a year (no quorum: advice only)."""
    council = case.rule("council")
    medical = council is not None and council.value == "care_medical"
    for year, meetings in _by_year(one for one in counted if one.counts_given):
        if year == fiscal_year(case.on) and len(meetings) < max(case.needed(year), 1):
            continue
        members = case.rules("member", meetings[-1].held)
        rule = members[0] if members else None
        for columns, group in GROUPS:
            if any(one.attending(columns) for one in meetings) or not case.knows(*columns):
                continue
            yield case.finding(
                "advice",
                "group_missing",
                _absent_all_year(group, year),
                Text("invite this group to the next meeting"),
                rule,
            )
        if medical and not any(one.medical for one in meetings) and case.knows("medical"):
            yield case.finding(
                "advice",
                "medical_missing",
                _absent_all_year(Text("medical people of the area"), year),
                Text("invite this group to the next meeting"),
                next((one for one in members if one.value == "medical"), rule),
            )


def _absent_all_year(group: Sayable, year: int) -> Text:
    return Text("{group}: at no meeting of fiscal year {year}", group=group, year=year)

"""The rules of a claim: whose row speaks for it, what may stand side by side, its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Literal

import numpy as np

from chiiki_tsusho.arrow_arrays import of_numbers
from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.claim_names import ClaimIds
from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.claims.rosters import Entity, Roster, Rosters
from chiiki_tsusho.claims.shared_limits import NOTHING_SHARED, SharedLimits
from chiiki_tsusho.claims.side_by_side import conflicts, needing_others, not_together
from chiiki_tsusho.claims.visit_rules import count_fault, key_fault
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.language import listed
from chiiki_tsusho.law.prices_and_limits import benefit_limits
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_LIMIT, NO_LINE, NO_ROW, UNKNOWN, WRONG_ROW
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import lines_named
from chiiki_tsusho.reading.dense_ids import distinct_columns
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record

_NoRow = Literal["unknown_provider", "unknown_recipient"]


@record
class Crossing:
    """Visits on which keys stand together that may not, or one without another that it needs.

    Their lines are found when the visits are read again.
    """

    claim: Ints
    day: Ints
    session: Ints
    keys: tuple[str, ...]
    message: Message


@dataclass
class Context:
    """What every slice of a batch shares; several threads add to the lists and the problems."""

    visits: VisitBook
    identities: Identities
    rosters: Rosters
    problems: Problems
    # Claims whose faulty rows are found by reading the visits again.
    crowded: list[Ints] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    noted: set[tuple[str, int, str, int]] = field(default_factory=set)
    noting: Lock = field(default_factory=Lock)
    # Of persons with several claims in a month; known once every visit is read.
    shared: SharedLimits = NOTHING_SHARED

    def quiet(self) -> Context:
        """Return another that notes its problems nowhere."""
        return Context(self.visits, self.identities, self.rosters, Problems())


def rows_of_claims(
    context: Context, claims: ClaimIds, roster: Roster | None, entity: Entity, rule: _NoRow
) -> Ints:
    """Find the row that speaks for each claim; hold claims that have none or a wrong one.

    Parameters
    ----------
    entity : tuple of ndarray of int64, shape (claims,)
        Whom each claim's row is about, as ``Roster.find`` takes it.
    rule : {"unknown_provider", "unknown_recipient"}
        The rule broken where there is no row.

    Returns
    -------
    ndarray of int64, shape (claims,)
        Row numbers, ``NO_ROW`` or ``WRONG_ROW``.
    """
    if roster is None:
        return np.full(len(claims), NO_ROW, dtype=np.int64)
    month = np.full(len(claims), claims.table.month, dtype=np.int64)
    rows = roster.find(entity, month, claims.provider)
    claims.hold(rows == WRONG_ROW)
    missing = np.flatnonzero(rows == NO_ROW)
    if missing.size:
        claims.hold(missing)
        _note_missing(context, claims.taken(missing), rule)
    return rows


def unanswered(roster: Roster | None, rows: Ints) -> Flags:
    """Say for which claims a roster was given and does not speak: their row is wrong or missing."""
    flags: Flags = (rows < 0) & (roster is not None)
    return flags


def _note_missing(context: Context, claims: ClaimIds, rule: _NoRow) -> None:
    names = claims.names()
    column, numbers = (
        ("provider_no", names.provider_no)
        if rule == "unknown_provider"
        else ("insured_no", names.insured_no)
    )
    lines = claims.calendars.first_lines[claims.claims]
    texts, month = claims.named(), month_text(claims.table.month)
    for at, numbers_of_lines, line in lines_named(
        context.visits.source.files, lines, any_of("line")
    ):
        rows = of_numbers(at)
        facts = {"claim": any_of("claim"), "value": any_of("value"), "month": month, "line": line}
        context.problems.add_alike(
            "visits",
            column,
            np.full(len(at), NO_LINE),
            Message(rule, rule, facts),
            numbers.take(rows),
            claim=texts.take(rows),
            line=numbers_of_lines,
        )


def roster_counts(
    context: Context, claims: ClaimIds, roster: Roster | None, rows: Ints
) -> list[tuple[str, Ints]]:
    """Return the additions a roster sets; hold claims for which the month has no such.

    Parameters
    ----------
    rows : ndarray of int64, shape (claims,)
        As ``rows_of_claims`` gives them.

    Returns
    -------
    list of (key, ndarray of int64, shape (claims,))
    """
    counts: list[tuple[str, Ints]] = []
    if roster is None:
        return counts
    table = claims.table
    for key, (heading, values) in roster.counts(rows, table.month).items():
        fault = key_fault(table, context.visits.book, key, heading)
        wrong = values > 0
        if fault is None:
            wrong = values > table.row_of(key).largest_value
        for at in np.flatnonzero(wrong):
            message = fault or count_fault(table, key, int(values[at]))
            line, value = int(roster.lines[rows[at]]), int(values[at])
            _note_once(context, roster.file, line, heading, table.month, value, message)
        claims.hold(wrong)
        if fault is None:
            counts.append((key, np.where(wrong, 0, values)))
    return counts


def _note_once(
    context: Context, file: str, line: int, heading: str, month: int, value: int, message: Message
) -> None:
    """Note a fault of a roster's row once, however many claims need the row."""
    mark = (file, line, heading, month)
    with context.noting:
        if mark in context.noted:
            return
        context.noted.add(mark)
    context.problems.add(file, heading, str(value), message, line)


def check_keys(
    context: Context, claims: ClaimIds, visits: MonthVisits, entries: Entries, unsaid: Flags
) -> None:
    """Hold claims in which keys stand together that may not, or one lacks what it needs.

    Parameters
    ----------
    visits : MonthVisits
        The visits of these claims, before anything gives way.
    entries : Entries
        The same visits.
    unsaid : ndarray of bool, shape (claims,)
        Claims of which a row of the providers or recipients does not say what is registered.
    """
    table = claims.table
    found = _KeyFaults(context, claims, entries, visits)
    for group, keys, on_visit, in_claim in conflicts(visits):
        flags = np.array([visits.values(key) > 0 for key in keys])
        distinct, which = distinct_columns(flags[:, on_visit])
        for case, present in enumerate(distinct.T):
            both = tuple(key for key, there in zip(keys, present, strict=True) if there)
            facts = {"keys": listed(map(table.named, both)), "group": group}
            at = np.flatnonzero(on_visit)[which == case]
            found.on_visits(at, both, Message("conflicting_group", "conflicting_group", facts))
        flags = np.array([visits.has(key) for key in keys])[:, in_claim]
        distinct, which = distinct_columns(flags)
        for case, present in enumerate(distinct.T):
            met = tuple(key for key, there in zip(keys, present, strict=True) if there)
            facts = {"keys": listed(map(table.named, met)), "group": group}
            at = np.flatnonzero(in_claim)[which == case]
            found.in_claims(at, met, Message("conflicting_group", "conflicting_month", facts))
    for keys, on_visit, in_claim in not_together(visits):
        facts = {"key": table.named(keys[0]), "other": table.named(keys[1])}
        message = Message("not_together", "not_together", facts)
        found.on_visits(np.flatnonzero(on_visit), keys, message)
        message = Message("not_together", "not_together_month", facts)
        found.in_claims(np.flatnonzero(in_claim), keys, message)
    # Which of the additions registered a visit without a code has is not known; nor is what a row
    # has that is in no calendar.
    unknown = context.visits.visit_kinds.without_code(entries.kind)
    unknown_in = np.bincount(visits.claim[unknown], minlength=len(claims)) > 0
    unknown_in |= unsaid | claims.calendars.is_level_open(claims.claims)
    unknown |= unsaid[visits.claim]
    for key, needed, on_visit, in_claim in needing_others(visits):
        facts = {"key": table.named(key), "needed": listed(map(table.named, needed))}
        message = Message("needs_other", "needs_other", facts)
        found.on_visits(np.flatnonzero(on_visit & ~unknown), (key,), message)
        message = Message("needs_other", "needs_other_month", facts)
        found.in_claims(np.flatnonzero(in_claim & ~unknown_in), (key,), message)


@record
class _KeyFaults:
    """Where faults of what stands together go."""

    context: Context
    claims: ClaimIds
    entries: Entries
    visits: MonthVisits

    def on_visits(self, at: Ints, keys: tuple[str, ...], message: Message) -> None:
        """Hold the claims of some visits, and have their lines found."""
        if not at.size:
            return
        claim = self.claims.claims[self.visits.claim[at]]
        self.claims.calendars.hold(claim)
        crossing = Crossing(claim, self.entries.day[at], self.entries.session[at], keys, message)
        self.context.crossings.append(crossing)

    def in_claims(self, at: Ints, keys: tuple[str, ...], message: Message) -> None:
        """Hold claims whose visits may each be right; the message is to name each claim."""
        if not at.size:
            return
        self.claims.hold(at)
        messages = [
            Message(message.rule, message.text, {"claim": text, **message.facts})
            for text in self.claims.texts(at)
        ]
        self.context.problems.add_claims("visits", keys[0], [" ".join(keys)] * len(at), messages)


def check_chosen(
    context: Context, claims: ClaimIds, visits: MonthVisits, lacking: Mapping[str, Flags]
) -> None:
    """Hold claims of visits whose reduction the table has for other codes alone.

    Parameters
    ----------
    visits : MonthVisits
        The visits of these claims.
    lacking : mapping of key to ndarray of bool, shape (visits,)
        The visits for whose code the table has no row of the reduction.
    """
    table = claims.table
    for key, lacks in lacking.items():
        of_claim, first = np.unique(visits.claim[lacks], return_index=True)
        codes = table.service_codes[visits.base[lacks][first]]
        claims.hold(of_claim)
        for claim, code in zip(claims.texts(of_claim), codes.tolist(), strict=True):
            facts = {
                "claim": claim,
                "key": table.named(key),
                "code": code,
                "month": month_text(table.law_month),
            }
            context.problems.add("visits", key, code, Message("no_code", "no_line", facts))


def check_maxima(context: Context, claims: ClaimIds, lines: ClaimLines) -> None:
    """Hold claims with more counts of an addition than a month may have."""
    for column, item in enumerate(lines.items):
        row = lines.table.rows[item]
        if row.max_per_month is None or row.key is None:
            continue
        over = np.flatnonzero(lines.counts[:, column] > row.max_per_month)
        claims.hold(over)
        for at, claim in zip(over.tolist(), claims.texts(over), strict=True):
            count = int(lines.counts[at, column])
            facts = {
                "claim": claim,
                "value": count,
                "key": lines.table.named(row.key),
                "most": row.max_per_month,
            }
            message = Message("over_monthly_maximum", "over_monthly_maximum", facts)
            context.problems.add("visits", row.key, str(count), message)


def limits(
    context: Context, claims: ClaimIds, visits: MonthVisits, planned: Ints, recipient_rows: Ints
) -> Ints:
    """Return each claim's limit, that of the person's highest care level of the month.

    Holds claims whose plan is above it, those that need a limit of a month that has none, and
    those that share it with others and have no plan to say how.

    Parameters
    ----------
    planned, recipient_rows : ndarray of int64, shape (claims,)
        計画単位数 or ``UNKNOWN``, and the row of the recipients that says so.

    Returns
    -------
    ndarray of int64, shape (claims,)
        Units, ``NO_LIMIT`` where none applies.
    """
    level = visits.highest_level.copy()
    shared, place = context.shared.find(claims.claims)
    level[shared] = np.maximum(level[shared], context.shared.level[place])
    month = claims.table.law_month
    limit = benefit_limits(month)[level]
    # A level that could not be read might have been the highest.
    free = ~claims.calendars.is_level_open(claims.claims)
    recipients = context.rosters.recipients
    # A row that is wrong or missing may have a plan.
    answered = ~unanswered(recipients, recipient_rows)
    no_limit = free & (limit == UNKNOWN) & (level > 0) & (planned == UNKNOWN) & answered
    claims.hold(no_limit)
    for claim in claims.texts(np.flatnonzero(no_limit)):
        facts: dict[str, object] = {"claim": claim, "month": month_text(month)}
        message = Message("unsupported_month", "no_limit", facts)
        context.problems.add("visits", "service_date", "", message)
    unlimited = limit == UNKNOWN
    free[shared] &= ~context.shared.level_open[place]
    over = free & ~unlimited & (planned > limit)
    claims.hold(over)
    planned_over = np.flatnonzero(over)
    for at, claim in zip(planned_over.tolist(), claims.texts(planned_over), strict=True):
        assert recipients is not None, "a plan comes from them"
        facts = {
            "claim": claim,
            "value": int(planned[at]),
            "limit": int(limit[at]),
            "level": int(level[at]),
        }
        message = Message("plan_over_limit", "plan_over_limit", facts)
        line = int(recipients.lines[recipient_rows[at]])
        context.problems.add("recipients", "planned_units", str(planned[at]), message, line)
    limit = np.where(unlimited, NO_LIMIT, limit)
    shared, place = shared[answered[shared]], place[answered[shared]]
    own = np.zeros(len(shared), dtype=bool)
    if recipients is not None:
        own = recipients.of_one_provider(recipient_rows[shared])
    _check_shares(context, claims.taken(shared), place, limit[shared], planned[shared], own)
    return limit


def _check_shares(
    context: Context, claims: ClaimIds, place: Ints, limit: Ints, planned: Ints, own: Flags
) -> None:
    """Hold claims whose part of the person's limit is not known (介護保険法 第43条).

    Parameters
    ----------
    claims : ClaimIds
        The claims of persons with several claims in the month.
    place : ndarray of int64, shape (claims,)
        Where they stand in ``context.shared``.
    limit, planned : ndarray of int64, shape (claims,)
    own : ndarray of bool, shape (claims,)
        Whether the recipient's row is for this provider alone.
    """
    shared = context.shared
    limited, without_plan = limit != NO_LIMIT, planned == UNKNOWN
    unplanned = limited & without_plan
    # A level that cannot be read may be a higher one, and what is registered a reduction.
    level_open = shared.level_open[place]
    passed = (shared.managed[place] > limit) & ~level_open & ~shared.unsaid[place]
    over = limited & ((shared.plans[place] > limit) | (planned > limit))
    # Its own level that cannot be read holds a claim already.
    elsewhere = level_open & ~claims.calendars.is_level_open(claims.claims)
    cases: list[tuple[Message, Flags]] = [
        (
            Message("plan_needed", "plan_of_several"),
            ~without_plan & ~own & (shared.general_plans[place] > 1),
        ),
        (Message("plan_needed", "plan_needed"), unplanned & passed),
        (
            Message("plan_needed", "plan_of_unknown"),
            unplanned
            & ~passed
            & (shared.doubt[place] > 0)
            & (shared.managed[place] + shared.doubt[place] > limit),
        ),
        (
            Message("plan_over_limit", "plans_over_limit"),
            limited & ~level_open & (shared.plans[place] > limit),
        ),
        (Message("plan_over_limit", "plan_of_unknown_level"), over & elsewhere),
    ]
    file = "visits" if context.rosters.recipients is None else "recipients"
    for message, wrong in cases:
        claims.hold(wrong)
        found = np.flatnonzero(wrong)
        for at, claim in zip(found.tolist(), claims.texts(found), strict=True):
            facts = {
                "claim": claim,
                "number": int(shared.number[place[at]]),
                "units": int(shared.managed[place[at]]),
                "plans": int(shared.plans[place[at]]),
                "value": int(planned[at]),
                "limit": int(limit[at]),
            }
            value = "" if without_plan[at] else str(planned[at])
            context.problems.add(file, "planned_units", value, replace(message, facts=facts))

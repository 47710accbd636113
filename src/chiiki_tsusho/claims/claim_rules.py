"""The rules of a claim: whose row speaks for it, what may stand side by side, its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.claim_names import ClaimIds
from chiiki_tsusho.claims.rosters import NO_ROW, WRONG_ROW, Roster, Rosters
from chiiki_tsusho.claims.units import ClaimLines, Ints, MonthVisits, conflicts
from chiiki_tsusho.claims.visit_kinds import Flags
from chiiki_tsusho.claims.visit_rules import count_fault, key_fault
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.claims.yen import NO_LIMIT
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.prices_and_limits import UNKNOWN, benefit_limits
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message, Rule
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.typed_blocks import Identities


@dataclass(frozen=True)
class Crossing:
    """Visits on which keys of one group meet."""

    claim: Ints
    day: Ints
    session: Ints
    keys: tuple[str, ...]
    group: str
    named: dict[Language, str]


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


def rows_of_claims(
    context: Context, claims: ClaimIds, roster: Roster | None, entity: Ints, rule: Rule
) -> Ints:
    """Find the row that speaks for each claim; hold claims that have none or a wrong one.

    Parameters
    ----------
    entity : ndarray of int64, shape (claims,)
        Whom each claim's row is about, as the roster names them.
    rule : Rule
        The rule broken where there is no row.

    Returns
    -------
    ndarray of int64, shape (claims,)
        Row numbers, ``NO_ROW`` or ``WRONG_ROW``.
    """
    if roster is None:
        return np.full(len(claims), NO_ROW, dtype=np.int64)
    rows = roster.find(entity, np.full(len(claims), claims.table.month, dtype=np.int64))
    claims.hold(rows == WRONG_ROW)
    missing = np.flatnonzero(rows == NO_ROW)
    if missing.size:
        claims.hold(missing)
        _note_missing(context, claims.taken(missing), rule)
    return rows


def _note_missing(context: Context, claims: ClaimIds, rule: Rule) -> None:
    names = claims.names()
    column, numbers = (
        ("provider_no", names.provider_no)
        if rule == "unknown_provider"
        else ("insured_no", names.insured_no)
    )
    first_lines = claims.calendars.first_lines[claims.claims]
    for at, (value, line) in enumerate(zip(numbers.to_pylist(), first_lines.tolist(), strict=True)):
        facts = {
            "claim": claims.text(at),
            "value": value,
            "month": month_text(claims.table.month),
            "line": line,
        }
        context.problems.add("visits", column, value, Message(rule, rule, facts))


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
        fault = key_fault(table, key, heading)
        wrong = values > 0
        if fault is None:
            wrong = values > table.rows[table.key_positions[key]].largest_value
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
    context.problems.add(file, heading, str(value), message, line, once=mark)


def check_groups(context: Context, claims: ClaimIds, visits: MonthVisits, entries: Entries) -> None:
    """Hold claims in which keys of one group meet.

    Parameters
    ----------
    visits : MonthVisits
        Of these claims, before anything gives way.
    entries : Entries
        The same visits.
    """
    table = claims.table
    for group, keys, on_visit, in_claim in conflicts(visits):
        applied = np.array([visits.values(key) > 0 for key in keys])
        wrong = np.flatnonzero(on_visit)
        held = claims.claims[visits.claim[wrong]]
        claims.calendars.hold(held)
        distinct, which = np.unique(applied[:, wrong], axis=1, return_inverse=True)
        for case, present in enumerate(distinct.T):
            met = which.ravel() == case
            both = tuple(key for key, there in zip(keys, present, strict=True) if there)
            context.crossings.append(
                Crossing(
                    held[met],
                    entries.day[wrong[met]],
                    entries.session[wrong[met]],
                    both,
                    group,
                    table.keys_text(both),
                )
            )
        for at in np.flatnonzero(in_claim):
            met_keys = [key for key in keys if visits.has(key)[at]]
            facts = {
                "claim": claims.text(int(at)),
                "keys": table.keys_text(met_keys),
                "group": group,
            }
            message = Message("conflicting_group", "conflicting_month", facts)
            context.problems.add("visits", met_keys[0], " ".join(met_keys), message)
        claims.hold(in_claim)


def check_chosen(
    context: Context, claims: ClaimIds, visits: MonthVisits, lacking: Mapping[str, Flags]
) -> None:
    """Hold claims of visits whose reduction the table has for other codes alone.

    Parameters
    ----------
    visits : MonthVisits
        Of these claims.
    lacking : mapping of key to ndarray of bool, shape (visits,)
        The visits for whose code the table has no row of the reduction.
    """
    table = claims.table
    for key, lacks in lacking.items():
        of_claim, first = np.unique(visits.claim[lacks], return_index=True)
        codes = table.service_codes[visits.base[lacks][first]]
        claims.hold(of_claim)
        for at, code in zip(of_claim.tolist(), codes.tolist(), strict=True):
            facts = {
                "claim": claims.text(at),
                "key": table.key_text(key),
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
        for at in over.tolist():
            count = int(lines.counts[at, column])
            facts = {
                "claim": claims.text(at),
                "value": count,
                "key": lines.table.key_text(row.key),
                "most": row.max_per_month,
            }
            message = Message("over_monthly_maximum", "over_monthly_maximum", facts)
            context.problems.add("visits", row.key, str(count), message)


def limits(
    context: Context, claims: ClaimIds, visits: MonthVisits, planned: Ints, recipient_rows: Ints
) -> Ints:
    """Return each claim's limit, that of the highest care level of the month.

    Holds claims whose plan is above it, and those that need a limit of a month that has none.

    Parameters
    ----------
    planned, recipient_rows : ndarray of int64, shape (claims,)
        計画単位数 or ``UNKNOWN``, and the row of the recipients that says so.

    Returns
    -------
    ndarray of int64, shape (claims,)
        Units, ``NO_LIMIT`` where none applies.
    """
    level = np.maximum.reduceat(visits.level, visits.starts)
    month = claims.table.law_month
    limit = benefit_limits(month)[level]
    # A level that could not be read might have been the highest.
    free = ~claims.calendars.is_level_open(claims.claims)
    no_limit = free & (limit == UNKNOWN) & (level > 0) & (planned == UNKNOWN)
    claims.hold(no_limit)
    for at in np.flatnonzero(no_limit).tolist():
        facts: dict[str, object] = {"claim": claims.text(at), "month": month_text(month)}
        message = Message("unsupported_month", "no_limit", facts)
        context.problems.add("visits", "service_date", "", message)
    unlimited = (level == 0) | (limit == UNKNOWN)
    over = free & ~unlimited & (planned > limit)
    claims.hold(over)
    recipients = context.rosters.recipients
    for at in np.flatnonzero(over).tolist():
        assert recipients is not None, "a plan comes from them"
        facts = {
            "claim": claims.text(at),
            "value": int(planned[at]),
            "limit": int(limit[at]),
            "level": int(level[at]),
        }
        message = Message("plan_over_limit", "plan_over_limit", facts)
        line = int(recipients.lines[recipient_rows[at]])
        context.problems.add("recipients", "planned_units", str(planned[at]), message, line)
    return np.where(unlimited, NO_LIMIT, limit)

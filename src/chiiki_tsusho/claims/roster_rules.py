"""Whose row of the providers and recipients speaks for a claim, and what it registers."""

from __future__ import annotations

from typing import Literal

import numpy as np

from chiiki_tsusho.arrow_arrays import of_numbers
from chiiki_tsusho.claims.claim_names import ClaimIds
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.rosters import Entity, Roster
from chiiki_tsusho.claims.visit_rules import count_fault, key_fault
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_LINE, NO_ROW, WRONG_ROW
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.reading.blocks import lines_named

_NoRow = Literal["unknown_provider", "unknown_recipient"]


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

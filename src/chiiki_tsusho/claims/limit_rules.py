"""The rules of a claim's limit: the person's level, the plan, and what other claims share it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chiiki_tsusho.claims.claim_names import ClaimIds
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.claims.roster_rules import unanswered
from chiiki_tsusho.law.prices_and_limits import benefit_limits
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_LIMIT, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_texts import Message


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
    _check_insurers(context, claims.taken(shared[context.shared.two_insurers[place]]))
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


def _check_insurers(context: Context, claims: ClaimIds) -> None:
    """Hold claims of persons whose insurer is written in two ways: they may be one claim."""
    if not len(claims):
        return
    every = np.arange(len(claims))
    claims.hold(every)
    for claim, insurer in zip(
        claims.texts(every), claims.names().insurer_no.to_pylist(), strict=True
    ):
        message = Message("bad_value", "two_insurers", {"claim": claim, "value": insurer})
        context.problems.add("visits", "insurer_no", insurer, message)


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
    plans = shared.plans[place] + np.where(shared.managed[place] > limit, shared.as_done[place], 0)
    over = limited & ((plans > limit) | (planned > limit))
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
            limited & ~level_open & (plans > limit),
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
                "plans": int(plans[at]),
                "value": int(planned[at]),
                "limit": int(limit[at]),
            }
            value = "" if without_plan[at] else str(planned[at])
            context.problems.add(file, "planned_units", value, replace(message, facts=facts))

"""The rules of the additions of a claim: what may stand side by side, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress

import numpy as np

from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.claim_names import ClaimIds
from chiiki_tsusho.claims.context import Context, Crossing
from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.claims.side_by_side import Place, conflicts, needing_others, not_together
from chiiki_tsusho.language import listed
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_LINE
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_texts import Message, TextId
from chiiki_tsusho.reading.dense_ids import distinct_columns
from chiiki_tsusho.records import record

_CONFLICTING: dict[Place, TextId] = {
    "visit": "conflicting_group",
    "day": "conflicting_day",
    "claim": "conflicting_month",
}


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
    for one in conflicts(visits):
        distinct, which = distinct_columns(one.has[:, one.at])
        for case, present in enumerate(distinct.T):
            met = tuple(compress(one.keys, present))
            facts = {"keys": listed(map(table.named, met)), "group": one.group}
            message = Message("conflicting_group", _CONFLICTING[one.place], facts)
            note = found.in_claims if one.place == "claim" else found.on_visits
            note(np.flatnonzero(one.at)[which == case], met, message)
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
        no_line, which = np.full(len(at), NO_LINE), np.arange(len(at))
        values = [" ".join(keys)] * len(at)
        self.context.problems.add_rows("visits", keys[0], no_line, which, values, messages)


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

"""Some claims of one month: gathered from the calendars, checked, priced and settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.chosen_lines import choose
from chiiki_tsusho.claims.claim_names import ClaimIds, ClaimNames
from chiiki_tsusho.claims.claim_rules import (
    Context,
    check_chosen,
    check_groups,
    check_maxima,
    limits,
    roster_counts,
    rows_of_claims,
)
from chiiki_tsusho.claims.rosters import Roster, recipient_entity
from chiiki_tsusho.claims.units import (
    BilledKinds,
    ClaimLines,
    Flags,
    Ints,
    MonthVisits,
    price,
    service_fits,
)
from chiiki_tsusho.claims.visit_rules import NO_BASE
from chiiki_tsusho.claims.yen import Settlement, Terms, settle
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.prices_and_limits import UNKNOWN, unit_prices
from chiiki_tsusho.reading.dense_ids import WordIndex
from chiiki_tsusho.reading.insured_numbers import H_PERSON

PUBLIC_LAW = 12
# For more, sorting is faster.
_MOST_FLAGS = 1 << 20


@dataclass(frozen=True)
class Priced:
    """Claims of a slice, arrays of shape (claims,) and matrices of the same claims.

    ``whole_lines`` are the lines as they would be without a limit, ``lines`` as claimed.
    """

    names: ClaimNames
    month_visits: MonthVisits
    terms: Terms
    whole_lines: ClaimLines
    lines: ClaimLines
    visits: Ints
    days: Ints
    settlement: Settlement
    written: Flags


class ClaimSlice:
    """Some claims of one month.

    Parameters
    ----------
    context : Context
    table : CodeTable
        Of the month.
    claims : ndarray of int64, shape (claims,)
        Their ids in the calendars, in the order of the output.
    """

    def __init__(self, context: Context, table: CodeTable, claims: Ints) -> None:
        self._context = context
        self._table = table
        self._claims = ClaimIds.of(table, context.visits.calendars, context.identities, claims)

    def price(self) -> Priced | None:
        """Check, price and settle; None where there is nothing to price.

        Visits with a problem are checked like the others; what their claims come to is not written.
        """
        context, claims, rosters = self._context, self._claims, self._context.rosters
        entries = claims.calendars.visits(claims.claims)
        claims.hold(entries.crowded)
        if entries.crowded.any():
            context.crowded.append(claims.claims[entries.crowded])
        provider_rows = rows_of_claims(
            context, claims, rosters.providers, claims.provider, "unknown_provider"
        )
        person = recipient_entity(claims.insurer, claims.insured)
        recipient_rows = rows_of_claims(
            context, claims, rosters.recipients, person, "unknown_recipient"
        )
        if not self._table.rows:
            return None
        counts = [
            *roster_counts(context, claims, rosters.providers, provider_rows),
            *roster_counts(context, claims, rosters.recipients, recipient_rows),
        ]
        present = np.bincount(entries.claim, minlength=len(claims)) > 0
        if not present.any():
            return None
        visits = self._month_visits(entries, counts, present)
        at = np.flatnonzero(present)
        claims = claims.taken(at)
        check_groups(context, claims, visits, entries)
        visits = visits.yielded()
        whole_lines = price(visits)
        check_maxima(context, claims, whole_lines)
        terms = self._terms(claims, visits, provider_rows[at], recipient_rows[at])
        lines, settlement = settle(visits, whole_lines, terms)
        return Priced(
            names=claims.names(),
            month_visits=visits,
            terms=terms,
            whole_lines=whole_lines,
            lines=lines,
            visits=np.bincount(visits.claim),
            days=np.bincount(visits.claim[visits.day_starts]),
            settlement=settlement,
            written=~claims.calendars.is_held(claims.claims),
        )

    def _month_visits(
        self, entries: Entries, counts: list[tuple[str, Ints]], present: Flags
    ) -> MonthVisits:
        """Put together what each visit has, from its own row and from the rosters."""
        kinds, table = self._context.visits.visit_kinds, self._table
        base_of, level_of, *own = kinds.columns
        set_by = WordIndex(max(1, len(counts)))
        words = np.zeros((len(self._claims), set_by.width), dtype=np.uint64)
        for at, (_, of_claim) in enumerate(counts):
            words[:, at] = of_claim
        # What rosters set is the same for many claims, as kinds are for many visits.
        registered = set_by.ids(words).astype(np.int64)
        pairs, billed = _numbered(
            registered[entries.claim] * len(base_of) + entries.kind,
            len(set_by) * len(base_of),
        )
        setting, kind = np.divmod(pairs, len(base_of))
        base = base_of[kind]
        found = base != NO_BASE
        base = np.where(found, base, 0)
        values: dict[str, Ints] = {}
        services = table.base_of[base]
        for key, column in zip(kinds.keys, own, strict=True):
            if key in table.key_positions:
                of_kind = column[kind]
                if of_kind.any():
                    values[key] = of_kind
        for at, (key, of_claim) in enumerate(counts):
            if of_claim.any():
                fits = found & service_fits(table, key)[services]
                of_kind = set_by.words[setting, at].astype(np.int64) * fits
                values[key] = np.maximum(values[key], of_kind) if key in values else of_kind
        chosen = choose(table, base, values)
        number = np.cumsum(present) - 1
        billed_kinds = BilledKinds(chosen.base, level_of[kind], chosen.values)
        visits = MonthVisits(table, number[entries.claim], entries.day, billed, billed_kinds)
        lacking = {key: (lacks & found)[billed] for key, lacks in chosen.missing.items()}
        check_chosen(self._context, self._claims.taken(np.flatnonzero(present)), visits, lacking)
        return visits

    def _terms(
        self, claims: ClaimIds, visits: MonthVisits, provider_rows: Ints, recipient_rows: Ints
    ) -> Terms:
        """Gather what providers, recipients and the law say of each claim."""
        none = np.full(len(claims), UNKNOWN, dtype=np.int64)

        def of(roster: Roster | None, rows: Ints, column: str) -> Ints:
            return none if roster is None else roster.values(rows, column, UNKNOWN)

        recipients = self._context.rosters.recipients
        grade = of(self._context.rosters.providers, provider_rows, "area_grade")
        price = unit_prices(self._table.law_month)[np.maximum(grade, 0)]
        planned = of(recipients, recipient_rows, "planned_units")
        return Terms(
            limit=limits(self._context, claims, visits, planned, recipient_rows),
            planned=planned,
            unit_price=np.where(grade == UNKNOWN, UNKNOWN, price),
            benefit_rate=of(recipients, recipient_rows, "benefit_rate"),
            public_law=of(recipients, recipient_rows, "public_law") == PUBLIC_LAW,
            uninsured=claims.insured >= H_PERSON,
            public_copay=np.maximum(of(recipients, recipient_rows, "public_copay_yen"), 0),
        )


def _numbered(values: Ints, bound: int) -> tuple[Ints, Ints]:
    """Return the distinct values, ascending, and which of them each value is."""
    if bound > _MOST_FLAGS:
        return np.unique(values, return_inverse=True)
    there = np.zeros(bound, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]

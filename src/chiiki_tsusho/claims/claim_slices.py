"""Some claims of one month: gathered from the calendars, checked, priced and settled."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.chosen_lines import choose
from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.claim_names import ClaimIds, ClaimNames
from chiiki_tsusho.claims.claim_rules import check_chosen, check_keys, check_maxima
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.limit_rules import limits
from chiiki_tsusho.claims.month_visits import BilledKinds, MonthVisits
from chiiki_tsusho.claims.roster_rules import roster_counts, rows_of_claims, unanswered
from chiiki_tsusho.claims.rosters import Roster
from chiiki_tsusho.claims.shared_limits import OwnFigures
from chiiki_tsusho.claims.units import price, service_fits
from chiiki_tsusho.claims.yen import Settlement, Terms, settle
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.payers import fund_rates, law_of_the_uninsured
from chiiki_tsusho.law.prices_and_limits import unit_prices
from chiiki_tsusho.not_known import NO_ROW, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged
from chiiki_tsusho.reading.dense_ids import TupleIds
from chiiki_tsusho.reading.insured_numbers import H_PERSON
from chiiki_tsusho.records import record

LAST_DAY = 31
# For more, sorting is faster.
_MOST_FLAGS = 1 << 20


@record
class Priced:
    """Claims of a slice, arrays of shape (claims,) and matrices of the same claims.

    ``whole_lines`` are the lines as they would be without a limit, ``lines`` as claimed;
    ``session`` is of each of the visits.
    """

    names: ClaimNames
    month_visits: MonthVisits
    session: Ints
    terms: Terms
    whole_lines: ClaimLines
    lines: ClaimLines
    care_level: Ints
    visits: Ints
    days: Ints
    settlement: Settlement
    written: Flags


@record
class _Gathered:
    """The claims of a slice that have visits, and the rows that speak for them.

    ``at`` is where each of them stands in the slice.
    """

    at: Ints
    claims: ClaimIds
    entries: Entries
    visits: MonthVisits
    provider_rows: Ints
    recipient_rows: Ints


class ClaimSlice:
    """Some claims of one month.

    Parameters
    ----------
    context : Context
    table : CodeTable
        The code table of the month.
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
        gathered = self._gathered()
        if gathered is None:
            return None
        claims, visits = gathered.claims, gathered.visits
        rosters = self._context.rosters
        unsaid = unanswered(rosters.providers, gathered.provider_rows)
        unsaid |= unanswered(rosters.recipients, gathered.recipient_rows)
        check_keys(self._context, claims, visits, gathered.entries, unsaid)
        visits = visits.yielded()
        whole_lines = price(visits)
        check_maxima(self._context, claims, whole_lines)
        terms = self._terms(gathered)
        lines, settlement = settle(visits, whole_lines, terms)
        return Priced(
            names=claims.names(),
            month_visits=visits,
            session=gathered.entries.session,
            terms=terms,
            whole_lines=whole_lines,
            lines=lines,
            care_level=visits.highest_level,
            visits=np.bincount(visits.claim),
            days=np.bincount(visits.claim[visits.day_starts]),
            settlement=settlement,
            written=~claims.calendars.is_held(claims.claims),
        )

    def own_figures(self) -> OwnFigures:
        """Return what each claim comes to on its own, as far as its visits can be read."""
        claims, calendars = len(self._claims), self._claims.calendars
        managed, level, plan = np.zeros((3, claims), dtype=np.int64)
        general = np.zeros(claims, dtype=bool)
        entries = calendars.visits(self._claims.claims)
        kinds, rosters = self._context.visits.visit_kinds, self._context.rosters
        provider_rows, recipient_rows = self._rows_of_rosters
        unsaid = np.zeros(claims, dtype=bool)
        for roster, rows in (
            (rosters.providers, provider_rows),
            (rosters.recipients, recipient_rows),
        ):
            if roster is not None and roster.keys:
                unsaid |= rows < 0
        np.maximum.at(level, entries.claim, kinds.columns[1][entries.kind])
        if rosters.recipients is not None:
            # A plan for every provider falls on it unless the row that is not read is its own.
            person, month = (self._claims.insurer, self._claims.insured), self._table.month
            months = np.full(claims, month, dtype=np.int64)
            known = rosters.recipients.find(person, months, self._claims.provider, of_unread=False)
            plan, general = rosters.recipients.plans(known)
        gathered = self._gathered(readable=True)
        if gathered is not None:
            lines = price(gathered.visits.yielded())
            managed[gathered.at] = lines.units(lines.managed)
        unread = kinds.without_code(entries.kind)
        in_doubt = np.bincount(entries.claim[unread], minlength=claims) + entries.doubled
        in_doubt += calendars.apart(self._claims.claims)
        read = np.bincount(entries.claim[~unread], minlength=claims)
        most = self._table.most_units_of_a_visit
        # What is registered may come to each visit, or be taken from it.
        doubt = in_doubt * most + np.where(unsaid, np.maximum(read * most - managed, 1), 0)
        level_open = calendars.is_level_open(self._claims.claims)
        none = np.zeros_like(managed)
        return OwnFigures(managed, level, plan, general, doubt, level_open, unsaid, none)

    @cached_property
    def _rows_of_rosters(self) -> tuple[Ints, Ints]:
        """The rows of providers and recipients that speak for each claim."""
        context, claims, rosters = self._context, self._claims, self._context.rosters
        provider_rows = rows_of_claims(
            context, claims, rosters.providers, (claims.provider,), "unknown_provider"
        )
        person = claims.insurer, claims.insured
        recipient_rows = rows_of_claims(
            context, claims, rosters.recipients, person, "unknown_recipient"
        )
        return provider_rows, recipient_rows

    def _gathered(self, readable: bool = False) -> _Gathered | None:
        """Look up rows and visits of the claims; None where there is nothing to price.

        Parameters
        ----------
        readable : bool
            Only the visits without a problem of their own.
        """
        context, claims, rosters = self._context, self._claims, self._context.rosters
        entries = claims.calendars.visits(claims.claims)
        claims.hold(entries.crowded)
        if entries.crowded.any():
            context.crowded.append(claims.claims[entries.crowded])
        provider_rows, recipient_rows = self._rows_of_rosters
        if not self._table.rows:
            return None
        counts = [
            *roster_counts(context, claims, rosters.providers, provider_rows),
            *roster_counts(context, claims, rosters.recipients, recipient_rows),
        ]
        if readable:
            entries = entries.only(~context.visits.visit_kinds.without_code(entries.kind))
        present = np.bincount(entries.claim, minlength=len(claims)) > 0
        if not present.any():
            return None
        visits = self._month_visits(entries, counts, present)
        at = np.flatnonzero(present)
        taken = claims.taken(at)
        return _Gathered(at, taken, entries, visits, provider_rows[at], recipient_rows[at])

    def _month_visits(
        self, entries: Entries, counts: list[tuple[str, Ints]], present: Flags
    ) -> MonthVisits:
        """Put together what each visit has, from its own row and from the rosters."""
        kinds, table = self._context.visits.visit_kinds, self._table
        base_of, level_of, *own = kinds.columns
        # What rosters set is the same for many claims, as kinds are for many visits.
        set_by = TupleIds(1 + len(counts))
        of_each = [of_claim for _, of_claim in counts]
        registered = set_by.ids(np.zeros(len(self._claims), dtype=np.int64), *of_each)
        _, *set_counts = set_by.parts()
        pairs, billed = _numbered(
            registered[entries.claim] * len(base_of) + entries.kind,
            len(set_by) * len(base_of),
        )
        setting, kind = np.divmod(pairs, len(base_of))
        base = base_of[kind]
        found = base != NO_ROW
        base = np.where(found, base, 0)
        values: dict[str, Ints] = {}
        services = table.base_of[base]
        for key, column in zip(kinds.keys, own, strict=True):
            if key in table.key_positions:
                of_kind = column[kind]
                if of_kind.any():
                    values[key] = of_kind
        for (key, of_claim), of_setting in zip(counts, set_counts, strict=True):
            if of_claim.any():
                fits = found & service_fits(table, key)[services]
                of_kind = of_setting[setting] * fits
                values[key] = np.maximum(values[key], of_kind) if key in values else of_kind
        chosen = choose(table, base, values)
        number = np.cumsum(present) - 1
        billed_kinds = BilledKinds(chosen.base, level_of[kind], chosen.values)
        visits = MonthVisits(table, number[entries.claim], entries.day, billed, billed_kinds)
        lacking = {key: (lacks & found)[billed] for key, lacks in chosen.missing.items()}
        check_chosen(self._context, self._claims.taken(np.flatnonzero(present)), visits, lacking)
        return visits

    def _terms(self, gathered: _Gathered) -> Terms:
        """Gather what providers, recipients and the law say of each claim."""
        claims, recipient_rows = gathered.claims, gathered.recipient_rows
        none = np.full(len(claims), UNKNOWN, dtype=np.int64)

        def of(roster: Roster | None, rows: Ints, column: str) -> Ints:
            return none if roster is None else roster.values(rows, column, UNKNOWN)

        recipients = self._context.rosters.recipients
        grade = of(self._context.rosters.providers, gathered.provider_rows, "area_grade")
        price = unit_prices(self._table.law_month)[np.maximum(grade, 0)]
        planned = of(recipients, recipient_rows, "planned_units")
        uninsured = claims.insured >= H_PERSON
        # 生活保護 pays for those whom no insurance covers (H), whether their row says so or not.
        law = np.maximum(of(recipients, recipient_rows, "public_law"), 0)
        law = np.where(uninsured & (law == 0), law_of_the_uninsured(), law)
        last = of(recipients, recipient_rows, "public_to")
        return Terms(
            limit=limits(self._context, claims, gathered.visits, planned, recipient_rows),
            planned=planned,
            unit_price=np.where(grade == UNKNOWN, UNKNOWN, price),
            benefit_rate=of(recipients, recipient_rows, "benefit_rate"),
            uninsured=uninsured,
            public_law=law,
            public_share=fund_rates(law, self._table.law_month),
            public_from=np.maximum(of(recipients, recipient_rows, "public_from"), 1),
            public_to=np.where(last == UNKNOWN, LAST_DAY, last),
            public_copay=np.maximum(of(recipients, recipient_rows, "public_copay_yen"), 0),
        )


def _numbered(values: Ints, bound: int) -> tuple[Ints, Ints]:
    """Return the distinct values, ascending, and which of them each value is."""
    if bound > _MOST_FLAGS:
        return np.unique(values, return_inverse=True)
    there = flagged(values, bound)
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]

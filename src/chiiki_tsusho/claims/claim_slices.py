"""Some claims of one month: gathered from the ledger, checked, priced, settled and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pyarrow as pa

from chiiki_tsusho.claims.calendars import Entries
from chiiki_tsusho.claims.rosters import NO_ROW, WRONG_ROW, Register, Registers, recipient_entity
from chiiki_tsusho.claims.units import (
    Cases,
    ClaimLines,
    Flags,
    Ints,
    MonthVisits,
    conflicts,
    price,
    service_fits,
)
from chiiki_tsusho.claims.visits import NO_BASE, VisitBook, count_fault, key_fault
from chiiki_tsusho.claims.yen import NO_LIMIT, Settlement, Terms, settle
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.prices_and_limits import UNKNOWN, benefit_limits, unit_prices
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.arrow_arrays import of_numbers
from chiiki_tsusho.reading.cells import H_PERSON, unpack_insured
from chiiki_tsusho.reading.dense_ids import WordIndex
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.writing.result_tables import ClaimNames, claim_table, line_table

PUBLIC_LAW = 12
# For more, sorting is faster.
_MOST_FLAGS = 1 << 20


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
    """What every chunk of a batch shares."""

    visits: VisitBook
    identities: Identities
    registers: Registers
    problems: Problems
    # Claims whose faulty rows are found by reading the visits again.
    crowded: list[Ints] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    noted: set[tuple[str, int, str, int]] = field(default_factory=set)
    noting: Lock = field(default_factory=Lock)


@dataclass(frozen=True)
class Priced:
    """The result of a chunk, arrays of shape (claims,) and matrices of the same claims.

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

    def line_table(self) -> pa.Table:
        """Return the lines to be written."""
        return line_table(self.names, self.lines, self.written)

    def claim_table(self) -> pa.Table:
        """Return the totals to be written."""
        return claim_table(self.names, self.visits, self.days, self.settlement, self.written)


class Chunk:
    """Some claims of one month.

    Parameters
    ----------
    context : Context
    table : CodeTable
        Of the month.
    claims : ndarray of int64, shape (claims,)
        Their ids in the ledger, in the order of the output.
    """

    def __init__(self, context: Context, table: CodeTable, claims: Ints) -> None:
        self._context = context
        self._table = table
        self._claims = claims
        ledger = context.visits.ledger
        pair, self._insured = ledger.claim_parts(claims)
        self._provider, self._insurer, _ = ledger.pair_parts(pair)

    def price(self) -> Priced | None:
        """Check, price and settle; None where there is nothing to price.

        Visits with a problem are checked like the others; what their claims come to is not written.
        """
        entries = self._context.visits.ledger.visits(self._claims)
        self._hold(entries.crowded)
        if entries.crowded.any():
            self._context.crowded.append(self._claims[entries.crowded])
        provider_rows = self._register_rows(
            self._context.registers.providers, self._provider, "unknown_provider"
        )
        recipient_rows = self._register_rows(
            self._context.registers.recipients,
            recipient_entity(self._insurer, self._insured),
            "unknown_recipient",
        )
        if not self._table.rows:
            return None
        counts = [
            *self._register_counts(self._context.registers.providers, provider_rows),
            *self._register_counts(self._context.registers.recipients, recipient_rows),
        ]
        present = np.bincount(entries.claim, minlength=len(self._claims)) > 0
        if not present.any():
            return None
        visits = self._month_visits(entries, counts, present)
        at = np.flatnonzero(present)
        self._check_groups(visits, entries, at)
        visits = visits.yielded()
        whole_lines = price(visits)
        self._check_maxima(whole_lines, at)
        terms = self._terms(visits, provider_rows[at], recipient_rows[at], at)
        lines, settlement = settle(visits, whole_lines, terms)
        return Priced(
            names=self._names(at),
            month_visits=visits,
            terms=terms,
            whole_lines=whole_lines,
            lines=lines,
            visits=np.bincount(visits.claim),
            days=np.bincount(visits.claim[visits.day_starts]),
            settlement=settlement,
            written=~self._context.visits.ledger.is_held(self._claims[at]),
        )

    def _hold(self, wrong: Flags) -> None:
        self._context.visits.ledger.hold(self._claims[wrong])

    def _names(self, at: Ints) -> ClaimNames:
        identities = self._context.identities
        return ClaimNames(
            self._table.month,
            identities.providers.arrow.take(of_numbers(self._provider[at])),
            identities.insurers.arrow.take(of_numbers(self._insurer[at])),
            unpack_insured(self._insured[at]),
        )

    def _claim_text(self, at: int) -> str:
        names = self._names(np.array([at]))
        parts = (names.provider_no, names.insurer_no, names.insured_no)
        month = month_text(self._table.month)
        return " ".join([month, *(str(part[0].as_py()) for part in parts)])

    def _register_rows(self, register: Register | None, entity: Ints, rule: str) -> Ints:
        """Find the row that speaks for each claim; hold claims that have none or a wrong one."""
        if register is None:
            return np.full(len(entity), NO_ROW, dtype=np.int64)
        rows = register.find(entity, np.full(len(entity), self._table.month, dtype=np.int64))
        self._hold(rows == WRONG_ROW)
        missing = rows == NO_ROW
        if missing.any():
            self._hold(missing)
            self._note_missing(np.flatnonzero(missing), rule)
        return rows

    def _note_missing(self, at: Ints, rule: str) -> None:
        names = self._names(at)
        column, numbers = (
            ("provider_no", names.provider_no)
            if rule == "unknown_provider"
            else ("insured_no", names.insured_no)
        )
        first_lines = self._context.visits.ledger.first_lines[self._claims[at]]
        for one, value, line in zip(
            at.tolist(), numbers.to_pylist(), first_lines.tolist(), strict=True
        ):
            facts = {
                "claim": self._claim_text(one),
                "value": value,
                "month": month_text(self._table.month),
                "line": line,
            }
            self._context.problems.add("visits", column, value, Message(rule, rule, facts))

    def _register_counts(self, register: Register | None, rows: Ints) -> list[tuple[str, Ints]]:
        """Return the additions a register sets; hold claims for which the month has no such."""
        counts = []
        if register is not None:
            for key, (heading, values) in register.counts(rows, self._table.month).items():
                fault = key_fault(self._table, key, heading)
                wrong = values > 0
                if fault is None:
                    most = self._table.rows[self._table.key_positions[key]].largest_value
                    wrong = values > most
                for at in np.flatnonzero(wrong):
                    message = fault or count_fault(self._table, key, int(values[at]))
                    self._note_register(register, int(rows[at]), heading, int(values[at]), message)
                self._hold(wrong)
                if fault is None:
                    counts.append((key, np.where(wrong, 0, values)))
        return counts

    def _note_register(
        self, register: Register, row: int, heading: str, value: int, message: Message
    ) -> None:
        """Note a fault of a register's row once, however many claims need the row."""
        line = int(register.lines[row])
        mark = (register.file, line, heading, self._table.month)
        with self._context.noting:
            if mark in self._context.noted:
                return
            self._context.noted.add(mark)
        self._context.problems.add(register.file, heading, str(value), message, line, once=mark)

    def _month_visits(
        self, entries: Entries, counts: list[tuple[str, Ints]], present: Flags
    ) -> MonthVisits:
        """Put together what each visit has, from its own row and from the registers."""
        patterns, table = self._context.visits.patterns, self._table
        base_of, level_of, *own = patterns.columns
        set_by = WordIndex(max(1, len(counts)))
        words = np.zeros((len(self._claims), set_by.width), dtype=np.uint64)
        for at, (_, of_claim) in enumerate(counts):
            words[:, at] = of_claim
        # What registers set is the same for many claims, as patterns are for many visits.
        registered = set_by.ids(words).astype(np.int64)
        pairs, case = _numbered(
            registered[entries.claim] * len(base_of) + entries.pattern,
            len(set_by) * len(base_of),
        )
        setting, pattern = np.divmod(pairs, len(base_of))
        base = base_of[pattern]
        found = base != NO_BASE
        base = np.where(found, base, 0)
        values: dict[str, Ints] = {}
        for key, column in zip(patterns.keys, own, strict=True):
            if key in table.key_positions:
                of_case = column[pattern]
                if of_case.any():
                    values[key] = of_case
        for at, (key, of_claim) in enumerate(counts):
            if of_claim.any():
                fits = found & service_fits(table, key)[base]
                of_case = set_by.words[setting, at].astype(np.int64) * fits
                values[key] = np.maximum(values[key], of_case) if key in values else of_case
        number = np.cumsum(present) - 1
        cases = Cases(base, level_of[pattern], values)
        return MonthVisits(table, number[entries.claim], entries.day, case, cases)

    def _check_groups(self, visits: MonthVisits, entries: Entries, at: Ints) -> None:
        """Hold claims in which keys of one group meet."""
        for group, keys, on_visit, in_claim in conflicts(visits):
            applied = np.array([visits.values(key) > 0 for key in keys])
            wrong = np.flatnonzero(on_visit)
            claims = self._claims[at[visits.claim[wrong]]]
            self._context.visits.ledger.hold(claims)
            distinct, which = np.unique(applied[:, wrong], axis=1, return_inverse=True)
            for case, present in enumerate(distinct.T):
                met = which.ravel() == case
                both = tuple(key for key, there in zip(keys, present, strict=True) if there)
                self._context.crossings.append(
                    Crossing(
                        claims[met],
                        entries.day[wrong[met]],
                        entries.session[wrong[met]],
                        both,
                        group,
                        self._table.keys_text(both),
                    )
                )
            for claim in np.flatnonzero(in_claim):
                met_keys = [key for key in keys if visits.has(key)[claim]]
                facts = {
                    "claim": self._claim_text(int(at[claim])),
                    "keys": self._table.keys_text(met_keys),
                    "group": group,
                }
                self._context.visits.ledger.hold(self._claims[at[[claim]]])
                self._context.problems.add(
                    "visits",
                    met_keys[0],
                    " ".join(met_keys),
                    Message("conflicting_group", "conflicting_month", facts),
                )

    def _check_maxima(self, lines: ClaimLines, at: Ints) -> None:
        """Hold claims with more counts of an addition than a month may have."""
        for column, item in enumerate(lines.items):
            row = self._table.rows[item]
            if row.max_per_month is None or row.key is None:
                continue
            over = np.flatnonzero(lines.counts[:, column] > row.max_per_month)
            self._context.visits.ledger.hold(self._claims[at[over]])
            for claim in over.tolist():
                count = int(lines.counts[claim, column])
                facts = {
                    "claim": self._claim_text(int(at[claim])),
                    "value": count,
                    "key": self._table.key_text(row.key),
                    "most": row.max_per_month,
                }
                message = Message("over_monthly_maximum", "over_monthly_maximum", facts)
                self._context.problems.add("visits", row.key, str(count), message)

    def _terms(
        self, visits: MonthVisits, provider_rows: Ints, recipient_rows: Ints, at: Ints
    ) -> Terms:
        """Gather what providers, recipients and the law say of each claim."""
        none = np.full(len(at), UNKNOWN, dtype=np.int64)

        def of(register: Register | None, rows: Ints, column: str) -> Ints:
            return none if register is None else register.values(rows, column, UNKNOWN)

        recipients = self._context.registers.recipients
        grade = of(self._context.registers.providers, provider_rows, "area_grade")
        price = unit_prices(self._table.law_month)[np.maximum(grade, 0)]
        planned = of(recipients, recipient_rows, "planned_units")
        limit = self._limits(visits, planned, recipient_rows, at)
        return Terms(
            limit=limit,
            planned=planned,
            unit_price=np.where(grade == UNKNOWN, UNKNOWN, price),
            benefit_rate=of(recipients, recipient_rows, "benefit_rate"),
            public_law=of(recipients, recipient_rows, "public_law") == PUBLIC_LAW,
            uninsured=self._insured[at] >= H_PERSON,
            public_copay=np.maximum(of(recipients, recipient_rows, "public_copay_yen"), 0),
        )

    def _limits(self, visits: MonthVisits, planned: Ints, recipient_rows: Ints, at: Ints) -> Ints:
        """Return each claim's limit, that of the highest care level of the month."""
        level = np.maximum.reduceat(visits.level, visits.starts)
        limit = benefit_limits(self._table.law_month)[level]
        # A level that could not be read might have been the highest.
        free = np.flatnonzero(~self._context.visits.ledger.is_level_open(self._claims[at]))
        unlimited = (level == 0) | (limit == UNKNOWN)
        for claim in free[
            (limit == UNKNOWN)[free] & (level > 0)[free] & (planned == UNKNOWN)[free]
        ]:
            facts: dict[str, object] = {
                "claim": self._claim_text(int(at[claim])),
                "month": month_text(self._table.law_month),
            }
            self._context.visits.ledger.hold(self._claims[at[[claim]]])
            self._context.problems.add(
                "visits", "service_date", "", Message("unsupported_month", "no_limit", facts)
            )
        for claim in free[~unlimited[free] & (planned > limit)[free]]:
            facts = {
                "claim": self._claim_text(int(at[claim])),
                "value": int(planned[claim]),
                "limit": int(limit[claim]),
                "level": int(level[claim]),
            }
            self._context.visits.ledger.hold(self._claims[at[[claim]]])
            recipients = self._context.registers.recipients
            if recipients is not None:
                self._context.problems.add(
                    "recipients",
                    "planned_units",
                    str(planned[claim]),
                    Message("plan_over_limit", "plan_over_limit", facts),
                    int(recipients.lines[recipient_rows[claim]]),
                )
        return np.where(unlimited, NO_LIMIT, limit)


def _numbered(values: Ints, bound: int) -> tuple[Ints, Ints]:
    """Return the distinct values, ascending, and which of them each value is."""
    if bound > _MOST_FLAGS:
        return np.unique(values, return_inverse=True)
    there = np.zeros(bound, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]

"""Blocks of visit rows into the ledger: codes found, additions checked, faults named by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.claims.calendars import INSURERS, MONTHS, Ledger, Patterns
from chiiki_tsusho.claims.rosters import Register
from chiiki_tsusho.claims.visit_kinds import Flags, Kinds
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_rows import SERVICES
from chiiki_tsusho.law.code_table import (
    LEVEL_SLOTS,
    MINUTE_SLOTS,
    SHORTFALL_NAMES,
    CodeBook,
    CodeTable,
)
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message, named
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import Numbers
from chiiki_tsusho.reading.cells import BAD, BLANK
from chiiki_tsusho.reading.dense_ids import Ints, Positions, Registry
from chiiki_tsusho.reading.length_of_stay import END, MINUTES, START, stay_minutes
from chiiki_tsusho.reading.typed_blocks import BlockDecoder, KeyColumn, TypedBlock, keys_of_month

Rows = slice | Ints
_EXTENDED_UNKNOWN = 2
# What says whose a visit is and when; all else says how it was done.
_WHOSE = ("provider_no", "insurer_no", "insured_no", "service_date")
_TABLE_ROWS = 1 << 15
_MOST_KINDS = 1 << 17
# In place of the code of a visit with a problem: what else it has is still checked.
NO_BASE = _TABLE_ROWS - 1


@dataclass(frozen=True)
class Identified:
    """Whose the rows of a block are, arrays of shape (rows,).

    Parameters
    ----------
    provider, insurer, insured : ndarray of int64
        Ids and the packed number, negative where unreadable.
    month, day : ndarray of int64
        Position in ``VisitBook.months``, day of the month; month −1 where unreadable.
    months : ndarray of int64
        The positions there are among them, ascending.
    whole : bool
        Whether every row says whose it is and of which day.
    """

    provider: Ints
    insurer: Ints
    insured: Ints
    month: Ints
    day: Ints
    months: Ints
    whole: bool

    @property
    def named(self) -> Flags:
        """Rows that say whose they are."""
        return (self.provider >= 0) & (self.insurer >= 0) & (self.insured >= 0)

    @property
    def dated(self) -> Flags:
        """Rows that say of which month they are."""
        return self.month >= 0


class VisitBook:
    """Reads a file of visits into a ledger.

    Parameters
    ----------
    decoder : BlockDecoder
        Of the visits.
    book : CodeBook
    providers : Register, optional
        Says who has registered 延長.
    """

    def __init__(self, decoder: BlockDecoder, book: CodeBook, providers: Register | None) -> None:
        self.ledger = Ledger()
        self.months: list[int] = []
        self.rows = 0
        self.alone = 0
        self._decoder = decoder
        self._book = book
        self._providers = providers
        most = book.largest_values
        keys = decoder.key_names
        radices = [_TABLE_ROWS, LEVEL_SLOTS, *(most[key] + 1 for key in keys)]
        self.patterns = Patterns(keys, radices)
        self._known_kinds: dict[tuple[str, ...], Kinds] = {}
        self._lost: list[tuple[Ints, Ints, Ints]] = []

    def read(self, problems: Problems) -> Iterator[int]:
        """Enter every row; yields how far the file is read, for a progress bar."""
        for typed in self._decoder.blocks(problems):
            self.rows += len(typed) + len(typed.block.malformed)
            self.alone += len(typed.block.malformed)
            self._enter(typed, problems)
            yield typed.block.consumed
        self._hold_lost()

    def identify(self, typed: TypedBlock) -> Identified:
        """Say whose the rows of a block are."""
        dates = typed.columns["service_date"]
        day_of_text = dates.values % 100
        month_of_text = np.full(len(dates.values), -1, dtype=np.int64)
        for at in np.flatnonzero(dates.values > 0):
            number = int(dates.values[at]) // 100
            if number not in self.months:
                self.months.append(number)
            month_of_text[at] = self.months.index(number)
        positions = dates.positions
        month = month_of_text if positions is None else month_of_text.take(positions)
        insurer = typed.columns["insurer_no"].rows
        if len(self.months) > MONTHS or insurer.max(initial=0) >= INSURERS:
            raise InputFileError(
                Text(
                    "{shown}: more than {months:,} months or {insurers:,} insurers; split the file",
                    shown=self._decoder.source.shown,
                    months=MONTHS,
                    insurers=INSURERS,
                )
            )
        return Identified(
            typed.columns["provider_no"].rows,
            insurer,
            typed.columns["insured_no"].rows,
            month,
            day_of_text if positions is None else day_of_text.take(positions),
            np.flatnonzero(np.bincount(month + 1, minlength=1)) - 1,
            whole=not any(typed.columns[name].values.min(initial=0) < 0 for name in _WHOSE),
        )

    def find(self, typed: TypedBlock) -> tuple[Identified, Ints]:
        """Return the claim of each row once all are entered, −1 where a row stands alone."""
        who = self.identify(typed)
        ours = who.named & who.dated
        claim = np.full(len(typed), -1, dtype=np.int64)
        pair = self.ledger.pair_ids(who.provider[ours], who.insurer[ours], who.month[ours])
        claim[ours] = self.ledger.find_claims(pair, who.insured[ours])
        return who, claim

    def sessions(self, typed: TypedBlock) -> Ints:
        """Return which visit of the day each row is, negative where unreadable."""
        return typed.rows("session", 1)

    def retyped(self) -> Iterator[TypedBlock]:
        """Read the file again, its faults being known."""
        yield from self._decoder.blocks(None)

    def _enter(self, typed: TypedBlock, problems: Problems) -> None:
        who = self.identify(typed)
        extended = self._extended_hours(typed, who)
        kinds, kind = self._kinds(typed, who, extended)
        new = kinds.new_rows(kind)
        if new.size:
            self._learn(kinds, typed.taken(new), who.month[new], extended[new])
        if kinds.faulty.any():
            faulty = np.flatnonzero(kinds.faulty[kind])
            if faulty.size:
                # Once more, for the lines.
                rows = typed.taken(faulty)
                self._conditions(rows, who.month[faulty], extended[faulty], problems)
        at: Rows = slice(None)
        if not who.whole:
            ours, dated = who.named, who.dated
            lost = ours & ~dated
            self.alone += int(np.count_nonzero(~ours | ~dated))
            self._lost.append((who.provider[lost], who.insurer[lost], who.insured[lost]))
            at = np.flatnonzero(ours & dated)
        pair = self.ledger.pair_ids(who.provider[at], who.insurer[at], who.month[at])
        claim = self.ledger.claim_ids(pair, who.insured[at], typed.block.lines[at])
        kind, day = kind[at], who.day[at]
        session = kinds.session[kind]
        if kinds.faulty.any():
            self.ledger.hold(claim[kinds.faulty[kind]])
            self.ledger.open_level(claim[kinds.open_level[kind]])
            placed = session >= 1
            if not placed.all():
                kind = kind[placed]
                claim, session, day = claim[placed], session[placed], day[placed]
        self.ledger.enter(claim, session, day, kinds.pattern[kind])

    def _kinds(self, typed: TypedBlock, who: Identified, extended: Ints) -> tuple[Kinds, Positions]:
        """Tell the kind of each row, by the numbers of its texts or by what they say."""
        # One number of two: there are few months, and fewer answers.
        conditions: list[npt.NDArray[np.integer]] = [who.month * 4 + extended]
        columns = {name: typed.columns[name] for name in typed.columns if name not in _WHOSE}
        columns |= {one.heading: one.column for one in typed.keys}
        made_of: list[str] = []
        classes = self._minute_classes(typed, who)
        if classes is not None:
            for name in (MINUTES, START, END):
                columns.pop(name, None)
            conditions.append(classes)
            made_of.append("class of minutes")
        seen: set[int] = set()
        for name, column in columns.items():
            numbers = column.positions if column.lasting else None
            if numbers is None:
                conditions.append(column.rows)
                made_of.append(f"value of {name}")
            elif id(numbers) not in seen:
                seen.add(id(numbers))
                conditions.append(numbers)
                made_of.append(f"number of {name}")
        kinds = self._known_kinds.get(tuple(made_of))
        # Times to the minute may make a kind of nearly every visit; memory must not grow so.
        if kinds is None or len(kinds) > _MOST_KINDS:
            kinds = self._known_kinds[tuple(made_of)] = Kinds(len(conditions))
        return kinds, kinds.ids(conditions, len(typed))

    def _minute_classes(self, typed: TypedBlock, who: Identified) -> Ints | None:
        """Say which rows have minutes that no code of their month tells apart.

        None where times of day do not give the minutes of every row, or months are mixed.
        """
        if len(who.months) != 1 or not self._supported(int(who.months[0])):
            return None
        classes = self._book.table(self.months[int(who.months[0])]).minute_classes
        if START not in typed.columns:
            minutes = typed.columns[MINUTES]
            of_text = _classed(classes, minutes.values)
            return of_text if minutes.positions is None else of_text.take(minutes.positions)
        between = typed.columns[END].rows - typed.columns[START].rows
        given = typed.rows(MINUTES, BLANK)
        readable = (typed.columns[START].values.min(initial=0) >= 0) & (
            typed.columns[END].values.min(initial=0) >= 0
        )
        agreed = (given == BLANK) | (given == between)
        if not readable or between.min(initial=0) < 0 or not agreed.all():
            return None
        return _classed(classes, between)

    def _supported(self, number: int) -> bool:
        return number >= 0 and self._book.supports(self.months[number])

    def _extended_hours(self, typed: TypedBlock, who: Identified) -> Ints:
        """Say whether the provider of each row has registered 延長 in its month."""
        extended = np.ones(len(typed), dtype=np.int64)
        if self._providers is None or "extended_hours" not in self._providers.columns:
            return extended
        numbers = typed.columns["provider_no"]
        for number in who.months[who.months >= 0]:
            month = np.full(len(numbers.values), self.months[number], dtype=np.int64)
            row = self._providers.find(numbers.values, month)
            values = self._providers.values(row, "extended_hours", _EXTENDED_UNKNOWN)
            of_row = values if numbers.positions is None else values.take(numbers.positions)
            extended = (
                of_row if len(who.months) == 1 else np.where(who.month == number, of_row, extended)
            )
        return extended

    def _learn(self, kinds: Kinds, typed: TypedBlock, months: Ints, extended: Ints) -> None:
        """Look at a row of each new kind; what is wrong with it is told of its rows."""
        columns, faulty = self._conditions(typed, months, extended, Problems())
        session = self.sessions(typed)
        faulty |= session < 1
        base, level, *_ = columns
        columns[0] = np.where(faulty, NO_BASE, base)
        open_level = (session < 1) | (faulty & (level == 0))
        kinds.learn(self.patterns.ids(columns), session, faulty, open_level)

    def _conditions(
        self, typed: TypedBlock, months: Ints, extended: Ints, problems: Problems
    ) -> tuple[list[Ints], Flags]:
        """Find the code of each row and the counts of its additions, and which are faulty.

        Parameters
        ----------
        typed : TypedBlock
        months, extended : ndarray of int64, shape (rows,)
            Position in ``months``, and whether the provider has registered 延長.
        problems : Problems
            Receives the faults; cells that cannot be read are noted already.
        """
        size = len(typed)
        faulty = np.zeros(size, dtype=bool)
        read_service = service = typed.rows("service", 0)
        shortfall = typed.rows("shortfall", 0)
        level = typed.columns["care_level"].rows
        minutes = stay_minutes(typed, self._decoder, problems)
        for values in (service, shortfall, level, minutes):
            faulty |= values < 0
        unread = faulty.copy()
        service, shortfall, level, minutes = (
            np.maximum(values, 0) for values in (service, shortfall, level, minutes)
        )
        base = np.full(size, -1, dtype=np.int64)
        counts: dict[str, Ints] = {}
        for column in typed.keys:
            faulty |= column.column.rows == BAD
        for number in np.unique(months[months >= 0]):
            at = np.flatnonzero(months == number)
            month = self.months[number]
            if not self._book.supports(month):
                self._note_month(typed, at, month, problems)
                faulty[at] = True
                continue
            table = self._book.table(month)
            slot = np.minimum(minutes[at], MINUTE_SLOTS - 1)
            base[at] = _base(table, service[at], shortfall[at], level[at], slot, extended[at])
            rows = at[(base[at] < 0) & ~unread[at]]
            if rows.size:
                faulty[rows] = True
                self._note_missing(typed, table, rows, service, shortfall, level, minutes, problems)
            for column in keys_of_month(typed.keys, month):
                self._count_key(typed, table, column, at, read_service, counts, faulty, problems)
        nothing = np.zeros(size, dtype=np.int64)
        return [base, level, *(counts.get(key, nothing) for key in self.patterns.keys)], faulty

    def _note_month(self, typed: TypedBlock, at: Ints, month: int, problems: Problems) -> None:
        dates = _column_texts(typed, self._decoder, "service_date")
        message = self._book.unsupported(month)
        distinct, which = np.unique(dates.positions_of(at), return_inverse=True)
        problems.add_rows(
            "visits",
            "service_date",
            typed.block.lines[at],
            which,
            [dates.text(one) for one in distinct],
            [message] * len(distinct),
        )

    def _note_missing(
        self,
        typed: TypedBlock,
        table: CodeTable,
        rows: Ints,
        service: Ints,
        shortfall: Ints,
        level: Ints,
        minutes: Ints,
        problems: Problems,
    ) -> None:
        """Say of visits without a code why they have none, once for each condition."""
        conditions = np.stack([service[rows], shortfall[rows], level[rows], minutes[rows]])
        distinct, which = np.unique(conditions, axis=1, return_inverse=True)
        for case, (kind, lack, care, length) in enumerate(distinct.T.tolist()):
            column, message = table.missing_code(
                SERVICES[kind], length, care, SHORTFALL_NAMES[lack]
            )
            lines = typed.block.lines[rows[which.ravel() == case]]
            value = {
                "service": SERVICES[kind],
                "minutes": str(length),
                "shortfall": SHORTFALL_NAMES[lack],
                "care_level": str(care or ""),
            }[column]
            at = np.zeros(len(lines), dtype=np.int64)
            problems.add_rows("visits", column, lines, at, [value], [message])

    def _count_key(
        self,
        typed: TypedBlock,
        table: CodeTable,
        column: KeyColumn,
        at: Ints,
        service: Ints,
        counts: dict[str, Ints],
        faulty: Flags,
        problems: Problems,
    ) -> None:
        """Take the counts of one addition in one month, and name what does not fit."""
        if column.column.values.max(initial=0) <= 0:
            return
        values = np.maximum(column.column.rows[at], 0)

        def refuse(wrong: Flags, messages: dict[str, Message]) -> None:
            rows = at[wrong]
            faulty[rows] = True
            which = values[wrong]
            shown = [str(count) for count in range(int(which.max()) + 1)]
            said = [messages.get(count, next(iter(messages.values()))) for count in shown]
            problems.add_rows("visits", column.heading, typed.block.lines[rows], which, shown, said)

        message = key_fault(table, column.key, column.heading)
        if message is not None:
            if (values > 0).any():
                refuse(values > 0, {"": message})
            return
        row = table.rows[table.key_positions[column.key]]
        if column.column.values.max() > row.largest_value:
            over = values > row.largest_value
            if over.any():
                refuse(
                    over,
                    {
                        str(count): count_fault(table, column.key, count)
                        for count in np.unique(values[over]).tolist()
                    },
                )
                values = np.where(over, 0, values)
        if row.service != "both":
            other_service = 1 - SERVICES.index(row.service)
            wrong = (values > 0) & (service[at] == other_service)
            if wrong.any():
                facts = {
                    "key": table.key_text(column.key),
                    "service": named(SERVICES[other_service]),
                    "fits": named(row.service),
                }
                refuse(wrong, {"": Message("not_for_service", "not_for_service", facts)})
                values = np.where(wrong, 0, values)
        counts.setdefault(column.key, np.zeros(len(typed), dtype=np.int64))[at] = values

    def _hold_lost(self) -> None:
        """Hold every month of those whose rows have an unreadable date."""
        lost = [np.concatenate(parts) for parts in zip(*self._lost, strict=True)]
        if not lost or not len(lost[0]):
            return
        provider, insurer, _ = self.ledger.pair_parts()
        pair, insured = self.ledger.claim_parts()
        pairs = Registry()
        persons = Registry()
        persons.ids(pairs.ids(lost[0] << 32 | lost[1]) << 34 | lost[2])
        of_claim = pairs.ids(provider[pair] << 32 | insurer[pair]) << 34 | insured
        theirs = np.flatnonzero(persons.find(of_claim) >= 0)
        self.ledger.hold(theirs)
        self.ledger.open_level(theirs)


def _classed(classes: Ints, minutes: Ints) -> Ints:
    """Return the class of minutes; what is no number of them stays as it is."""
    return np.where(minutes < 0, minutes, classes[np.clip(minutes, 0, MINUTE_SLOTS - 1)])


def _base(
    table: CodeTable, service: Ints, shortfall: Ints, level: Ints, slot: Ints, extended: Ints
) -> Ints:
    """Return the row of the table for each visit, negative where there is none."""
    condition = (service * len(SHORTFALL_NAMES) + shortfall) * LEVEL_SLOTS + level
    condition = condition * MINUTE_SLOTS + slot
    base = table.bands.ravel().take(condition).astype(np.int64)
    plain = table.bands_without_extension.ravel().take(condition)
    # A provider without a row may have registered 延長 or not.
    without = (extended == 0) | ((extended == _EXTENDED_UNKNOWN) & (base < 0))
    return np.where(without, plain, base)


def key_fault(table: CodeTable, key: str, heading: str) -> Message | None:
    """Say that a month has no row for an addition."""
    if key in table.key_positions:
        return None
    both = {"en": key, "ja": key if key == heading else f"{heading}({key})"}
    facts = {"key": key, "named": both, "month": month_text(table.law_month)}
    return Message("no_code", "no_key", facts)


def count_fault(table: CodeTable, key: str, count: int) -> Message:
    """Say that an addition is counted too often in one row."""
    most = table.rows[table.key_positions[key]].largest_value
    facts = {"value": str(count), "key": table.key_text(key), "most": most}
    return Message("bad_value", "key_value", facts)


@dataclass(frozen=True)
class _ColumnTexts:
    texts: list[str]
    positions: npt.NDArray[np.int32] | None

    def positions_of(self, rows: Ints) -> Ints:
        return rows if self.positions is None else self.positions[rows].astype(np.int64)

    def text(self, position: int) -> str:
        return self.texts[position]


def _column_texts(typed: TypedBlock, decoder: BlockDecoder, name: str) -> _ColumnTexts:
    at = next(
        number
        for number, heading in enumerate(decoder.headings)
        if heading.column is not None and heading.column.name == name
    )
    texts = typed.block.columns[at]
    if isinstance(texts, Numbers):
        raise TypeError(f"{name} is read as texts")
    return _ColumnTexts(texts.distinct(), texts.positions)

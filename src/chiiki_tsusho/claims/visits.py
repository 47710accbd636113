"""Blocks of visit rows into calendars: codes found, additions checked, faults named by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import parted
from chiiki_tsusho.choices import Unplaced
from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.claims.rosters import Roster
from chiiki_tsusho.claims.unplaced_rows import UnplacedRows
from chiiki_tsusho.claims.visit_kinds import RowKinds, VisitKinds
from chiiki_tsusho.claims.visit_rules import VisitConditions, visit_conditions
from chiiki_tsusho.columns import VISIT_KEY_NAMES
from chiiki_tsusho.law.bands import MINUTE_SLOTS
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.not_known import BAD, BLANK, NO_ROW, NOT_OURS, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.blocks import Source, Wanted
from chiiki_tsusho.reading.dense_ids import Positions, TupleIds
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.length_of_stay import END, MINUTES, START
from chiiki_tsusho.reading.typed_blocks import Identities, TypedBlock
from chiiki_tsusho.records import record

# What says whose a visit is and when; all else says how it was done.
_WHOSE = VISIT_KEY_NAMES[:-1]
_MOST_KINDS = 1 << 17


@record
class Identified:
    """Whose the rows of a block are, arrays of shape (rows,).

    Parameters
    ----------
    provider, insurer, insured : ndarray of int64
        Ids and the packed number, negative where unreadable.
    month, day : ndarray of int64
        Position in ``VisitBook.months``, day of the month; month ``UNKNOWN`` where unreadable.
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
    """Reads a file of visits into calendars.

    Parameters
    ----------
    decoder : BlockDecoder
        The decoder of the visits.
    book : CodeBook
    providers : Roster, optional
        Says who has registered 延長.
    identities : Identities
        The numbers of providers and insurers.
    unplaced : {"hold", "pass"}
        Whether rows that do not say whose they are hold the claims they may belong to.

    Attributes
    ----------
    rows, alone, aside : int
        Rows of the file; those that are in no claim; and those of them that hold nothing.
    """

    def __init__(
        self,
        decoder: BlockDecoder,
        book: CodeBook,
        providers: Roster | None,
        identities: Identities,
        unplaced: Unplaced = "hold",
    ) -> None:
        self.calendars = Calendars()
        self.months: list[int] = []
        self._place_of_month: dict[int, int] = {}
        self.rows = 0
        self.alone = 0
        self.aside = 0
        self._decoder = decoder
        self._identities = identities
        self._unplaced = UnplacedRows(decoder, identities)
        self._way: Unplaced = unplaced
        self.book = book
        self._providers = providers
        self.visit_kinds = VisitKinds(decoder.key_names)
        self._known_kinds: dict[tuple[str, ...], RowKinds] = {}
        self._lost: list[tuple[Ints, Ints, Ints]] = []
        # The first line of each block, and the claims met in those whose rows are all of claims.
        self._firsts: list[int] = []
        self._met: dict[int, npt.NDArray[np.uint8]] = {}

    @property
    def source(self) -> Source:
        """The file of visits."""
        return self._decoder.source

    def expect(self, keys: pa.StringArray) -> None:
        """Enter claims whose visits lie elsewhere, by their keys (``claim_names.keys_of``)."""
        month, provider, insurer, insured = parted(keys, 4)
        numbers = [int(one) for one in month.to_pylist()]
        pair = self.calendars.pair_ids(
            self._identities.providers.ids(provider.to_pylist()),
            self._identities.insurers.ids(insurer.to_pylist()),
            np.array([self._place(one) for one in numbers], dtype=np.int64),
        )
        nowhere = np.zeros(len(keys), dtype=np.int64)
        self.calendars.claim_ids(pair, pack_insured(insured), nowhere)

    def read(self, problems: Problems) -> Iterator[int]:
        """Enter every row; yields how far the file is read, for a progress bar."""
        for typed in self._decoder.blocks(problems):
            self.rows += len(typed) + len(typed.block.malformed)
            self.alone += len(typed.block.malformed)
            claims = self._enter(self._without_others(typed, problems), problems)
            self._firsts.append(typed.block.first_line)
            if len(claims) == len(typed) and not typed.block.malformed:
                met = flagged(claims, len(self.calendars))
                self._met[typed.block.first_line] = np.packbits(met)
            self.aside += self._unplaced.add_malformed(typed, self._place, problems)
            yield typed.block.consumed
        self._hold_lost()
        self.aside += self._unplaced.settle(self.calendars, self.months, problems, self._way)

    def _without_others(self, typed: TypedBlock, problems: Problems) -> TypedBlock:
        """Set aside the rows that another service bills."""
        others = of_another_service(typed)
        if not others.any():
            return typed
        problems.set_aside("visits", typed.block.lines[others])
        self.alone += int(np.count_nonzero(others))
        self.aside += int(np.count_nonzero(others))
        return typed.taken(np.flatnonzero(~others))

    def identify(self, typed: TypedBlock) -> Identified:
        """Say whose the rows of a block are."""
        dates = typed.columns["service_date"]
        month_of_text = np.full(len(dates.values), UNKNOWN, dtype=np.int64)
        for at in np.flatnonzero(dates.values > 0):
            month_of_text[at] = self._place(int(dates.values[at]) // 100)
        month = dates.spread(month_of_text)
        insurer = typed.columns["insurer_no"].rows
        return Identified(
            typed.columns["provider_no"].rows,
            insurer,
            typed.columns["insured_no"].rows,
            month,
            dates.spread(dates.values % 100),
            np.flatnonzero(np.bincount(month + 1, minlength=1)) - 1,
            whole=not any(typed.columns[name].values.min(initial=0) < 0 for name in _WHOSE),
        )

    def _place(self, month: int) -> int:
        """Return the position of a month, of a new one the next."""
        place = self._place_of_month.setdefault(month, len(self.months))
        if place == len(self.months):
            self.months.append(month)
        return place

    def find(self, typed: TypedBlock) -> tuple[Identified, Ints]:
        """Return the claim of each row once all are entered, or ``UNKNOWN``."""
        who = self.identify(typed)
        ours = who.named & who.dated & ~of_another_service(typed)
        claim = np.full(len(typed), UNKNOWN, dtype=np.int64)
        pair = self.calendars.pair_ids(who.provider[ours], who.insurer[ours], who.month[ours])
        claim[ours] = self.calendars.find_claims(pair, who.insured[ours])
        return who, claim

    def sessions(self, typed: TypedBlock) -> Ints:
        """Return which visit of the day each row is, negative where unreadable."""
        return typed.rows("session", 1)

    def retyped(self, wanted: Wanted | None = None) -> Iterator[TypedBlock]:
        """Read again whose the rows of the file are, or of some blocks, its faults being known."""
        yield from self._decoder.blocks(None, (*VISIT_KEY_NAMES, "care_level"), wanted)

    def blocks_with(self, claims: Flags, lines: Ints) -> Wanted:
        """Tell the blocks that have rows of some claims or of none, or some of the lines.

        Parameters
        ----------
        claims : ndarray of bool, shape (claims,)
        lines : ndarray of int64, shape (n,)
        """
        firsts = np.array(self._firsts, dtype=np.int64)
        with_lines = set(firsts[np.searchsorted(firsts, lines, side="right") - 1].tolist())
        bits = np.packbits(claims)

        def wanted(first_line: int) -> bool:
            met = self._met.get(first_line)
            return met is None or first_line in with_lines or bool((met & bits[: len(met)]).any())

        return wanted

    def _enter(self, typed: TypedBlock, problems: Problems) -> Ints:
        """Enter the rows of a block into the calendars; return the claims of those with one."""
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
        at: slice | Ints = slice(None)
        if not who.whole:
            ours, dated = who.named, who.dated
            lost = ours & ~dated
            self.alone += int(np.count_nonzero(~ours | ~dated))
            unplaced = np.flatnonzero(~ours)
            if unplaced.size:
                parts = np.stack((who.provider, who.insurer, who.insured))[:, unplaced]
                total = self._unplaced.add(typed, unplaced, parts, who.month[unplaced], problems)
                self.aside += int(np.count_nonzero(total))
            self._lost.append((who.provider[lost], who.insurer[lost], who.insured[lost]))
            at = np.flatnonzero(ours & dated)
        pair = self.calendars.pair_ids(who.provider[at], who.insurer[at], who.month[at])
        claims = claim = self.calendars.claim_ids(pair, who.insured[at], typed.block.lines[at])
        kind, day = kind[at], who.day[at]
        session = kinds.session[kind]
        if kinds.faulty.any():
            self.calendars.hold(claim[kinds.faulty[kind]])
            self.calendars.open_level(claim[kinds.open_level[kind]])
            placed = session >= 1
            if not placed.all():
                self.calendars.set_apart(claim[~placed])
                kind = kind[placed]
                claim, session, day = claim[placed], session[placed], day[placed]
        level = self.visit_kinds.columns[1]
        self.calendars.enter(claim, session, day, kinds.visit_kind[kind], level)
        return claims

    def _kinds(
        self, typed: TypedBlock, who: Identified, extended: Ints
    ) -> tuple[RowKinds, Positions]:
        """Tell the kind of each row, by the numbers of its texts or by what they say."""
        conditions: list[npt.NDArray[np.integer]] = [who.month, extended]
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
            kinds = self._known_kinds[tuple(made_of)] = RowKinds(len(conditions))
        return kinds, kinds.ids(conditions, len(typed))

    def _minute_classes(self, typed: TypedBlock, who: Identified) -> Ints | None:
        """Say which rows have minutes that no code of their month tells apart.

        None where times of day do not give the minutes of every row, or months are mixed.
        """
        if len(who.months) != 1 or not self._supported(int(who.months[0])):
            return None
        classes = self.book.table(self.months[int(who.months[0])]).minute_classes
        if START not in typed.columns:
            minutes = typed.columns[MINUTES]
            return minutes.spread(_classed(classes, minutes.values))
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
        return number >= 0 and self.book.supports(self.months[number])

    def _extended_hours(self, typed: TypedBlock, who: Identified) -> Ints:
        """Say whether the provider of each row has registered 延長 in its month."""
        extended = np.full(len(typed), BLANK, dtype=np.int64)
        if self._providers is None or "extended_hours" not in self._providers.columns:
            return extended
        numbers = typed.columns["provider_no"]
        for number in who.months[who.months >= 0]:
            month = np.full(len(numbers.values), self.months[number], dtype=np.int64)
            # Who waits for a row of nobody is not known before every visit is read.
            entity = (numbers.values,)
            row = self._providers.find(entity, month, numbers.values, of_unread=False)
            values = self._providers.values(row, "extended_hours", BLANK)
            values = np.where(row < 0, BAD, values)
            of_row = numbers.spread(values)
            extended = (
                of_row if len(who.months) == 1 else np.where(who.month == number, of_row, extended)
            )
        return extended

    def _learn(self, kinds: RowKinds, typed: TypedBlock, months: Ints, extended: Ints) -> None:
        """Look at a row of each new kind; what is wrong with it is told of its rows."""
        found = self._conditions(typed, months, extended, Problems())
        session = self.sessions(typed)
        faulty = found.faulty | (session < 1)
        nothing = np.zeros(len(typed), dtype=np.int64)
        columns = [
            # What else a visit with a problem has is still checked.
            np.where(faulty, NO_ROW, found.base),
            found.level,
            *(found.counts.get(key, nothing) for key in self.visit_kinds.keys),
        ]
        open_level = (session < 1) | (faulty & (found.level == 0))
        kinds.learn(self.visit_kinds.ids(columns), session, faulty, open_level)

    def _conditions(
        self, typed: TypedBlock, months: Ints, extended: Ints, problems: Problems
    ) -> VisitConditions:
        # The last place answers for months that are not known, which are −1.
        months = np.array([*self.months, UNKNOWN], dtype=np.int64)[months]
        return visit_conditions(typed, months, extended, self.book, self._decoder, problems)

    def _hold_lost(self) -> None:
        """Hold every month of those whose rows have an unreadable date."""
        if not self._lost:
            return
        alike = self._identities.insurers_alike()
        provider, insurer, insured, _ = self.calendars.parts()
        of_claims = provider, alike[insurer], insured
        provider, insurer, insured = map(np.concatenate, zip(*self._lost, strict=True))
        lost = provider, alike[insurer], insured
        theirs, rows = _counted(of_claims, lost)
        self.calendars.hold_for(theirs, rows)
        # In a month without a claim there they have one, too, if the row is of that month.
        self.calendars.set_beside(*_counted(of_claims[1:], lost[1:]))


def _counted(of_claims: Sequence[Ints], of_rows: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return the claims that agree with rows, and with how many each does."""
    known = TupleIds(len(of_rows))
    rows = np.bincount(known.ids(*of_rows))
    agreed = known.find(*of_claims)
    theirs = np.flatnonzero(agreed >= 0)
    return theirs, rows[agreed[theirs]]


def of_another_service(typed: TypedBlock) -> Flags:
    """Say which rows another service bills."""
    level = typed.columns["care_level"]
    if level.values.min(initial=0) > NOT_OURS:
        return np.zeros(len(typed), dtype=bool)
    others: Flags = level.rows == NOT_OURS
    return others


def _classed(classes: Ints, minutes: Ints) -> Ints:
    """Return the class of minutes; what is no number of them stays as it is."""
    return np.where(minutes < 0, minutes, classes[np.clip(minutes, 0, MINUTE_SLOTS - 1)])

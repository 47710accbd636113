"""The files of providers and recipients: which row speaks for a claim, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.arrow_arrays import named_at, of_numbers, of_texts
from chiiki_tsusho.claims.total_rows import without_totals
from chiiki_tsusho.claims.unread_rows import UnreadRows, rank_of
from chiiki_tsusho.columns import INSURED_NO, INSURER_NO, PROVIDER_NO
from chiiki_tsusho.not_known import BAD, BLANK, NO_ROW, UNKNOWN, WRONG_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, chained, flagged
from chiiki_tsusho.problem_rows import Places, any_of
from chiiki_tsusho.problem_texts import Message, TextId, named
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.blocks import line_named
from chiiki_tsusho.reading.dense_ids import TupleIds
from chiiki_tsusho.reading.insured_numbers import H_PERSON, unpack_insured
from chiiki_tsusho.reading.typed_blocks import Identities, KeyOfHeading, TypedBlock, keys_of_month
from chiiki_tsusho.records import record

_IDENTITIES = (PROVIDER_NO.name, INSURER_NO.name, INSURED_NO.name)
# Whom a roster is about, in as many numbers as it takes.
Entity = tuple[Ints, ...]


@record
class KeyCounts(KeyOfHeading):
    """Counts of an addition by row."""

    counts: Ints


class Roster:
    """The rows of a providers or recipients file.

    Parameters
    ----------
    decoder : BlockDecoder
        The decoder of the file.
    identities : Identities
        The provider and insurer numbers of the batch.
    problems : Problems
        Receives what is wrong with the rows.
    """

    def __init__(self, decoder: BlockDecoder, identities: Identities, problems: Problems) -> None:
        self.file = decoder.file
        self._identities = identities
        blocks: list[TypedBlock] = []
        self.rows = 0
        for one in decoder.blocks(problems):
            self.rows += len(one) + len(one.block.malformed)
            blocks.append(without_totals(decoder, one, problems))
        self.lines = chained([block.block.lines for block in blocks])
        self.month = chained([block.rows("service_month", BLANK) for block in blocks])
        names = [heading.column.name for heading in decoder.headings if heading.column]
        self.columns = {name: chained([one.columns[name].rows for one in blocks]) for name in names}
        self.keys = _key_counts(blocks)
        self.files = decoder.source.files
        self._wrong = np.zeros(len(self.lines), dtype=bool)
        for values in (*self.columns.values(), *(one.counts for one in self.keys)):
            self._wrong |= values == BAD
        self._note_broken(blocks, problems)
        self._check_public_days(problems)
        self._note_lost_law(problems)
        self._check_insurers(problems)
        self._index(problems, UnreadRows.of(decoder, identities, blocks, self._entity))
        self.introduce(problems)

    def introduce(self, problems: Problems) -> None:
        """Say of which files the rows are, and whose, to problems that may name them."""
        problems.of_files(self.file, [(one.shown, one.lines_before) for one in self.files])
        problems.place(self.file, self._places_of_lines)

    def _places_of_lines(self) -> Places:
        """Say whose the rows are, as far as it can be read."""
        month, nothing = self.month.tolist(), np.full(len(self.lines), UNKNOWN, dtype=np.int64)
        numbers = {name: self.columns.get(name, nothing) for name in _IDENTITIES}
        names = [
            of_texts([f"{one:06d}" if one >= 0 else "" for one in month]),
            named_at(self._identities.providers.arrow, numbers[PROVIDER_NO.name]),
            named_at(self._identities.insurers.arrow, numbers[INSURER_NO.name]),
            unpack_insured(numbers[INSURED_NO.name]),
        ]
        return Places(self.lines, np.zeros(len(self.lines), dtype=np.int64), names)

    @property
    def _entity(self) -> tuple[str, ...]:
        """The columns that say whom a row is about."""
        of_persons = INSURER_NO.name, INSURED_NO.name
        return (PROVIDER_NO.name,) if self.file == "providers" else of_persons

    def _index(self, problems: Problems, unread: UnreadRows) -> None:
        """Index the rows by whom, which month and which provider they are for.

        Doubled rows are both wrong.
        """
        provider = np.full(len(self.lines), BLANK, dtype=np.int64)
        entity: Entity = tuple(self.columns[name] for name in self._entity)
        if self.file == "recipients":
            provider = self.columns.get(PROVIDER_NO.name, provider)
        # Whom a row is about; and that, the month and the provider.
        self._entities, self._places = TupleIds(len(entity)), TupleIds(3)
        read = np.logical_and.reduce([part >= 0 for part in entity])
        known = np.full(len(read), UNKNOWN, dtype=np.int64)
        known[read] = self._entities.ids(*(part[read] for part in entity))
        # A month or provider that cannot be read may be any: nothing said of that entity can be
        # relied on.
        unplaced = (self.month == BAD) | (provider == BAD)
        self._lost = flagged(known[unplaced & (known >= 0)], len(self._entities))
        self._unread = unread.among(self._entities)
        placed = np.flatnonzero((known >= 0) & ~unplaced)
        self._monthly = bool((self.month[placed] != BLANK).any())
        self._by_provider = bool((provider[placed] != BLANK).any())
        self._plain = not self._monthly and not self._by_provider
        place = known[placed]
        places = len(self._entities)
        if not self._plain:
            place = self._places.ids(place, self.month[placed], provider[placed])
            places = len(self._places)
        self._row = np.full(places, NO_ROW, dtype=np.int64)
        self._row[place[::-1]] = placed[::-1]
        first = self._row[place]
        doubled = placed != first
        if doubled.any():
            self._note_doubled(placed[doubled], first[doubled], problems)

    @property
    def unread(self) -> bool:
        """Whether there are rows of which it cannot be read whom they are about."""
        return len(self._unread) > 0

    def among(self, entity: Entity) -> Roster:
        """Return the same, which knows of whom there are claims.

        A row that, put right, is about one of those is about nobody else, though it be the only
        one that is.

        Parameters
        ----------
        entity : tuple of ndarray of int64, shape (n,)
            Whom claims are about, as ``find`` takes it.
        """
        if not self.unread:
            return self
        of_claims = TupleIds(len(entity))
        of_claims.ids(*entity)
        other = copy(self)
        other._unread = self._unread.among(of_claims)
        return other

    def _note_broken(self, blocks: Sequence[TypedBlock], problems: Problems) -> None:
        """Refuse rows whose last cell may go on below: a row of all cells ends in one at most."""
        malformed = [one.block.malformed for one in blocks]
        of_one = chained(rows.lines[rows.cells_found == 1] for rows in malformed)
        rows = np.flatnonzero(np.isin(self.lines, of_one - 1))
        if not rows.size:
            return
        self._wrong[rows] = True
        message = Message("malformed_row", "cell_below")
        which = np.zeros(len(rows), dtype=np.int64)
        problems.add_rows(self.file, "", self.lines[rows], which, [""], [message])

    def _check_public_days(self, problems: Problems) -> None:
        """Refuse rows whose public funds end before they begin."""
        blank = np.full(len(self.lines), BLANK, dtype=np.int64)
        first, last = (self.columns.get(name, blank) for name in ("public_from", "public_to"))
        rows = np.flatnonzero((last > 0) & (last < first))
        self._wrong[rows] = True
        shown = [str(day) for day in last[rows].tolist()]
        messages = [
            Message("bad_value", "public_days", {"value": value, "first": str(day)})
            for value, day in zip(shown, first[rows].tolist(), strict=True)
        ]
        which = np.arange(len(rows))
        problems.add_rows(self.file, "public_to", self.lines[rows], which, shown, messages)

    def _note_lost_law(self, problems: Problems) -> None:
        """Warn of rows with days of public funds and no law of them: nothing comes of the days."""
        if self.file != "recipients":
            return
        blank = np.full(len(self.lines), BLANK, dtype=np.int64)
        law = self.columns.get("public_law", blank)
        # A number beginning with H says that it is 生活保護.
        lost = ((law == BLANK) | (law == 0)) & (self.columns[INSURED_NO.name] < H_PERSON)
        message = Message("unusual_value", "no_public_law", {"value": any_of("value")})
        for name in ("public_from", "public_to"):
            values = self.columns.get(name, blank)
            rows = np.flatnonzero(lost & (values > 0))
            shown = of_texts([str(value) for value in values[rows].tolist()])
            problems.add_alike(self.file, name, self.lines[rows], message, shown)

    def _check_insurers(self, problems: Problems) -> None:
        """Refuse rows of a person whose insurer is written in two ways where both may speak."""
        alike = self._identities.insurers_alike()
        if self.file != "recipients" or (alike == np.arange(len(alike))).all():
            return
        insurer, insured = (self.columns[name] for name in self._entity)
        rows = np.flatnonzero((insurer >= 0) & (insured >= 0))
        written, month = insurer[rows], self.month[rows]
        persons, of_month = TupleIds(2), TupleIds(2)
        person = persons.ids(alike[written], insured[rows])
        # A row without a month speaks beside those of every month.
        general = flagged(person[month < 0], len(persons))[person]
        theirs = of_month.ids(person, np.where(general, BLANK, month))
        one_of_them = np.zeros(len(of_month), dtype=np.int64)
        one_of_them[theirs] = written
        others = theirs[written != one_of_them[theirs]]
        rows = rows[flagged(others, len(of_month))[theirs]]
        self._wrong[rows] = True
        shown = of_texts(self._identities.insurers.texts).take(of_numbers(insurer[rows]))
        message = Message("bad_value", "two_insurers_of_row", {"value": any_of("value")})
        problems.add_alike(self.file, INSURER_NO.name, self.lines[rows], message, shown)

    def _note_doubled(self, rows: Ints, firsts: Ints, problems: Problems) -> None:
        self._wrong[rows] = self._wrong[firsts] = True
        if self.file == "providers":
            column = PROVIDER_NO.name
            texts = self._identities.providers.texts
            shown = [texts[at] for at in self.columns[column][rows]]
        else:
            column = INSURED_NO.name
            shown = unpack_insured(self.columns[column][rows]).to_pylist()
        text: TextId = "doubled_row_of_provider" if self._by_provider else "doubled_row"
        messages = [
            Message(
                "bad_value",
                text,
                {"other": line_named(self.files, int(line)), "entity": named(column)},
            )
            for line in self.lines[firsts]
        ]
        which = np.arange(len(rows))
        problems.add_rows(self.file, column, self.lines[rows], which, shown, messages)

    def find(self, entity: Entity, month: Ints, provider: Ints, *, of_unread: bool = True) -> Ints:
        """Return the row that speaks for each entity in a month.

        The most special row does: of that provider and month, of that provider, of that month, of
        neither.

        Parameters
        ----------
        entity : tuple of ndarray of int64, shape (n,)
            Whom the roster is about: the id of a provider; of an insurer, and an insured number.
        month : ndarray of int64, shape (n,)
            YYYYMM.
        provider : ndarray of int64, shape (n,)
            The provider whose claim asks.
        of_unread : bool
            Whether a row of which it cannot be read whom it is about may speak for the claim.

        Returns
        -------
        ndarray of int64
            Row numbers, ``NO_ROW``, or ``WRONG_ROW`` where that row has a problem.
        """
        known = self._entities.find(*entity)
        row = np.full(len(month), NO_ROW, dtype=np.int64)
        rank = np.zeros_like(row)
        if self._plain:
            row = np.where(known < 0, row, _pick(self._row, known))
        else:
            any_of = np.full_like(month, BLANK)
            for of_provider in (any_of, provider) if self._by_provider else (any_of,):
                for of_month in (any_of, month) if self._monthly else (any_of,):
                    at = self._places.find(known, of_month, of_provider)
                    row = np.where(at < 0, row, _pick(self._row, at))
                    of_rank = rank_of(of_provider is provider, of_month is month)
                    rank = np.where(at < 0, rank, of_rank)
        wrong = (row >= 0) & _pick(self._wrong, row)
        if of_unread:
            wrong |= (row >= 0) & self._unread.may_speak(entity, month, provider, rank)
        lost = (known >= 0) & _pick(self._lost, known)
        return np.where(wrong | lost, WRONG_ROW, row)

    def values(self, rows: Ints, column: str, unknown: int) -> Ints:
        """Return a column for rows that ``find`` gave; ``unknown`` where there is nothing."""
        if column not in self.columns:
            return np.full(len(rows), unknown, dtype=np.int64)
        values = np.where(rows >= 0, _pick(self.columns[column], rows), unknown)
        return np.where(values == BLANK, unknown, values)

    def of_one_provider(self, rows: Ints) -> Flags:
        """Say which rows that ``find`` gave are for one provider alone."""
        flags: Flags = self.values(rows, PROVIDER_NO.name, UNKNOWN) != UNKNOWN
        return flags

    def plans(self, rows: Ints) -> tuple[Ints, Flags]:
        """Return what rows of recipients say of 計画単位数.

        Returns
        -------
        plan : ndarray of int64
            0 where there is none.
        general : ndarray of bool
            Whether there is one, and it is for every provider.
        """
        planned = self.values(rows, "planned_units", UNKNOWN)
        general = (planned != UNKNOWN) & ~self.of_one_provider(rows)
        return np.maximum(planned, 0), general

    def counts(self, rows: Ints, month: int) -> dict[str, tuple[str, Ints]]:
        """Return what rows set in a month: by key the heading and the counts."""
        counts: dict[str, tuple[str, Ints]] = {}
        for one in keys_of_month(self.keys, month):
            of_rows = np.where(rows >= 0, _pick(one.counts, rows), 0)
            if (of_rows > 0).any():
                one.refuse_unclear(month)
                counts[one.key] = (one.heading, of_rows)
        return counts


@record
class Rosters:
    """The rosters of a batch that were given, and the numbers they share with its visits."""

    identities: Identities
    providers: Roster | None
    recipients: Roster | None

    @classmethod
    def decoded(
        cls, decoders: Sequence[BlockDecoder | None], identities: Identities, problems: Problems
    ) -> Rosters:
        """Read the files whose headings have been matched: providers and recipients."""
        providers, recipients = (
            None if decoder is None else Roster(decoder, identities, problems)
            for decoder in decoders
        )
        return cls(identities, providers, recipients)

    @property
    def unread(self) -> bool:
        """Whether there are rows of which it cannot be read whom they are about."""
        return any(one is not None and one.unread for one in (self.providers, self.recipients))

    def among(self, provider: Ints, insurer: Ints, insured: Ints) -> Rosters:
        """Return the same, which know of whom there are claims: ids and packed insured numbers."""
        providers, recipients = self.providers, self.recipients
        return Rosters(
            self.identities,
            None if providers is None else providers.among((provider,)),
            None if recipients is None else recipients.among((insurer, insured)),
        )

    def introduce(self, problems: Problems) -> None:
        """Introduce each that was given to the problems of another batch."""
        for roster in (self.providers, self.recipients):
            if roster is not None:
                roster.introduce(problems)


def _key_counts(blocks: list[TypedBlock]) -> list[KeyCounts]:
    """Put together what each addition counts in all blocks."""
    return [
        KeyCounts(
            one.key,
            one.heading,
            one.spans,
            one.unclear,
            chained([part.column.rows for part in (one, *others)]),
        )
        for one, *others in zip(*(block.keys for block in blocks), strict=True)
    ]


def _pick(values: npt.NDArray[Any], at: Ints) -> npt.NDArray[Any]:
    """Take by position; any value where the position is negative, for the caller to mask."""
    return values.take(at, mode="clip") if len(values) else np.zeros(len(at), dtype=values.dtype)

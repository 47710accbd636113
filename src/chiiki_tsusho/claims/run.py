"""A batch from its sources to a sink: the reading list is ``BatchRun.run``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_flags, of_numbers, of_texts
from chiiki_tsusho.choices import Unplaced
from chiiki_tsusho.claims.claim_slices import ClaimSlice, Priced
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.earlier_claims import EarlierClaims
from chiiki_tsusho.claims.held_rows import give_back
from chiiki_tsusho.claims.results import Progress, Results, Sink, Summary, results_of
from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.shared_limits import ClaimsElsewhere, OwnFigures, shared_limits
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.columns import EXAMPLE_NUMBERS
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.coverage import lacking_in_every_claim
from chiiki_tsusho.number_arrays import Flags, Ints, places_in
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import decoders_of
from chiiki_tsusho.reading.blocks import Source, SourceFile
from chiiki_tsusho.reading.insured_numbers import INSURED_BITS, pack_insured
from chiiki_tsusho.reading.threads import in_order
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record

# What is priced at once: so much that each step is worth its start, so little that memory stays
# small, whether claims have ten visits or a hundred.
CLAIMS_OF_A_SLICE = 1 << 14
VISITS_OF_A_SLICE = 1 << 18


def _say_nothing(_stage: str, _done: int, _whole: int) -> None:
    """Stand in for a progress callback nobody gave."""


@record
class Waiting:
    """Claims that wait for rows which lie elsewhere and do not say whose they are.

    Parameters
    ----------
    held : pyarrow.StringArray
        Keys of the claims that the rows may belong to.
    beside : pyarrow.StringArray
        Keys of claims of persons whose visits at another provider they may be.
    rows : int
        How many there are.
    """

    held: pa.StringArray
    beside: pa.StringArray
    rows: int


class BatchRun:
    """One batch from its sources to a sink.

    Parameters
    ----------
    visits : Source
    providers, recipients : Source, optional
    book : CodeBook
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.
    rosters : Rosters, optional
        Providers and recipients read already, whose own problems are told elsewhere.
    unplaced : {"hold", "pass"}
        Whether rows that do not say whose they are hold the claims they may belong to.
    earlier : EarlierClaims, optional
        Of a run that this one adds to: what is claimed there is held here.
    waiting : Waiting, optional
        Claims that wait for rows which lie elsewhere.

    Raises
    ------
    InputFileError
        A source cannot be read at all.
    """

    def __init__(
        self,
        visits: Source,
        providers: Source | None,
        recipients: Source | None,
        book: CodeBook,
        progress: Progress | None = None,
        rosters: Rosters | None = None,
        unplaced: Unplaced = "hold",
        earlier: EarlierClaims | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.problems = Problems()
        self.summary = Summary()
        self._book = book
        self._source = visits
        self._progress = progress or _say_nothing
        self._identities = Identities() if rosters is None else rosters.identities.copy()
        given = (("visits", visits), ("providers", providers), ("recipients", recipients))
        decoders = decoders_of(given, book, self._identities)
        self._decoders = [one for one in decoders if one is not None]
        self.notes: list[Text] = []
        if rosters is None:
            rosters = Rosters.decoded(decoders[1:], self._identities, self.problems)
        else:
            rosters.introduce(self.problems)
        assert decoders[0] is not None
        self._visits = VisitBook(decoders[0], book, rosters.providers, self._identities, unplaced)
        self._earlier = earlier
        self._waiting = waiting
        self._context = Context(self._visits, self._identities, rosters, self.problems)

    def run(self, sink: Sink) -> Summary:
        """Read, price, settle, write; then give back what is held."""
        self._read()
        # What is to be said of the files is known once they are read.
        self.notes = [note for one in self._decoders for note in one.notes]
        if self._earlier is not None:
            self.notes += self._earlier.held.check_left_out(self._context, self._earlier.keys)
            self._earlier.hold_again(self._context)
        calendars = self._visits.calendars
        if self._waiting is not None:
            held, beside = map(self._context.met, (self._waiting.held, self._waiting.beside))
            calendars.hold_for(held, self._waiting.rows)
            calendars.set_beside(beside, self._waiting.rows)
        self._warn_of_examples()
        done = 0
        for size, results in in_order(self._ordered_slices(), lambda one: self._price(*one, sink)):
            if results is not None:
                sink.claims(results.formed)
                self.summary.add(results)
            done += size
            self._progress("claims", done, len(calendars))
        self.notes += lacking_in_every_claim(
            {
                month: self._book.table(month).rows
                for month in self._visits.months
                if self._book.supports(month)
            }
        )
        return self.finish(sink)

    def _read(self) -> None:
        """Read every visit."""
        for done in self._visits.read(self.problems):
            self._progress("reading", done, self._source.size)
        rosters = self._context.rosters
        if rosters.unread:
            calendars = self._visits.calendars
            pair, insured = calendars.claim_parts()
            provider, insurer, _ = calendars.pair_parts(pair)
            self._context.rosters = rosters.among(provider, insurer, insured)

    def _warn_of_examples(self) -> None:
        """Warn of claims of the example person of the templates."""
        calendars = self._visits.calendars
        example = EXAMPLE_NUMBERS["insured_no"]
        theirs = np.flatnonzero(calendars.claim_parts()[1] == pack_insured(of_texts([example]))[0])
        if not theirs.size:
            return
        lines = calendars.first_lines[theirs].tolist()
        for line, claim in zip(lines, self._context.names(theirs), strict=True):
            facts = {"claim": claim, "line": line}
            message = Message("example_row", "example_row", facts)
            self.problems.add("visits", "insured_no", example, message)

    def read_keys(self) -> pa.StringArray:
        """Read every visit; return the key of each claim they make."""
        self._read()
        return self._context.keys

    def hold_for_unplaced(self, keys: pa.StringArray, sink: Sink) -> Waiting:
        """Read visits that do not say whose they are, beside claims whose visits lie elsewhere.

        Parameters
        ----------
        keys : pyarrow.StringArray
            The keys of those claims.
        sink : Sink
            Takes the visits, which are given back.

        Returns
        -------
        Waiting
            The claims that wait for the visits.
        """
        self._visits.expect(keys)
        read = self.read_keys()
        self.finish(sink)
        calendars = self._visits.calendars
        return Waiting(
            held=read.filter(of_flags(calendars.held)),
            beside=read.filter(of_flags(calendars.beside > 0)),
            rows=self._visits.rows - self._visits.aside,
        )

    def finish(self, sink: Sink) -> Summary:
        """Give back what is held, every claim being priced."""
        calendars = self._visits.calendars
        if self._visits.alone or calendars.held.any() or self.problems.lines("visits").size:
            given_back = give_back(self._context, sink, self._progress)
            self.summary.held_visits = given_back - self._visits.aside
            self.summary.set_aside = self._visits.aside
        self._identities.odd.warn(self.problems)
        files = self._source.files
        self.problems.of_files("visits", [(one.shown, one.lines_before) for one in files])
        self.summary.visits = self._visits.rows
        self.summary.held_claims = int(np.count_nonzero(calendars.held))
        return self.summary

    @property
    def rows(self) -> dict[str, list[int]]:
        """How many rows each file of each input has, once all are read."""
        rosters = self._context.rosters
        rows = {"visits": _rows_of_files(self._source.files, self._visits.rows)}
        for roster in (rosters.providers, rosters.recipients):
            if roster is not None:
                rows[roster.file] = _rows_of_files(roster.files, roster.rows)
        return rows

    def claims_met(self) -> tuple[pa.StringArray, pa.StringArray, Flags]:
        """Return provider and insurer of each claim met so far, and which claims are held."""
        calendars = self._visits.calendars
        provider, insurer, _, _ = calendars.parts()
        return (
            self._identities.providers.arrow.take(of_numbers(provider)),
            self._identities.insurers.arrow.take(of_numbers(insurer)),
            calendars.held,
        )

    def price_person(self, insured_no: str, month: int | None) -> Iterator[Priced]:
        """Price the claims of one person, one at a time.

        Parameters
        ----------
        insured_no : str
            被保険者番号.
        month : int, optional
            Only this month.
        """
        self._read()
        wanted = int(pack_insured(of_texts([insured_no]))[0])
        _, insured = self._visits.calendars.claim_parts()
        for of_month, claims in self._ordered_slices():
            if month in (None, of_month) and self._book.supports(of_month):
                for claim in claims[insured[claims] == wanted]:
                    one = ClaimSlice(self._context, self._book.table(of_month), np.array([claim]))
                    priced = one.price()
                    if priced is not None:
                        yield priced

    def _price(self, month: int, claims: Ints, sink: Sink) -> tuple[int, Results | None]:
        """Price some claims and form the results; several threads do so at once."""
        priced = ClaimSlice(self._context, self._context.table(month), claims).price()
        return len(claims), None if priced is None else results_of(priced, sink)

    def _own_figures(self, month: int, claims: Ints) -> OwnFigures:
        """Price claims of one of the months without checking them."""
        context, table = self._context.quiet(), self._context.table(self._visits.months[month])
        parts = [
            ClaimSlice(context, table, claims[start : start + CLAIMS_OF_A_SLICE]).own_figures()
            for start in range(0, len(claims), CLAIMS_OF_A_SLICE)
        ]
        return OwnFigures.joined(parts)

    def _ordered_slices(self) -> Iterator[tuple[int, Ints]]:
        """Yield the claims of each month, in the order of the output."""
        calendars, earlier = self._visits.calendars, self._earlier
        parts = [] if earlier is None else [earlier.parts_of_limits(self._context)]
        if calendars.beside.any():
            tables = map(self._context.table, self._visits.months)
            most = [table.most_units_of_a_visit for table in tables]
            parts.append(ClaimsElsewhere.beside(calendars, most))
        elsewhere = ClaimsElsewhere.joined(parts) if parts else None
        self._context.shared = shared_limits(
            calendars, self._own_figures, elsewhere, self._identities.insurers_alike()
        )
        provider, insurer, month = calendars.pair_parts()
        months = np.array(self._visits.months, dtype=np.int64)
        ordered = np.lexsort(
            (
                self._identities.insurers.ranks()[insurer],
                self._identities.providers.ranks()[provider],
                months[month],
            )
        )
        rank = places_in(ordered)
        pair, insured = calendars.claim_parts()
        # As one key, sorted in a fraction of the time of two.
        order = np.argsort(rank[pair] << INSURED_BITS | insured, kind="stable")
        month_of_claim = months[month[pair[order]]]
        cuts = np.flatnonzero(np.diff(month_of_claim)) + 1
        visits_each = max(1, self._visits.rows // max(1, len(order)))
        size = max(1, min(CLAIMS_OF_A_SLICE, VISITS_OF_A_SLICE // visits_each))
        for claims in np.split(order, cuts):
            for start in range(0, len(claims), size):
                some = claims[start : start + size]
                yield int(months[month[pair[some[0]]]]), some


def _rows_of_files(files: Sequence[SourceFile], together: int) -> list[int]:
    return [together if one.rows is None else one.rows for one in files]

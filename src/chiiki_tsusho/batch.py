"""A batch: visits in, claims out, and by name whatever holds a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from chiiki_tsusho.claims.claim_slices import Chunk, Context, Crossing, Priced
from chiiki_tsusho.claims.rosters import Registers
from chiiki_tsusho.claims.units import Flags, Ints
from chiiki_tsusho.claims.visits import Identified, VisitBook
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_table import CodeBook, CodeTable, load_code_book
from chiiki_tsusho.law.prices_and_limits import UNKNOWN
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.cells import INSURED_BITS, pack_insured
from chiiki_tsusho.reading.data_frame import FrameSource, held_frame, not_a_frame
from chiiki_tsusho.reading.threads import in_order
from chiiki_tsusho.reading.typed_blocks import BlockDecoder, Identities
from chiiki_tsusho.writing.result_tables import read_frame

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# What is priced at once: so much that each step is worth its start, so little that memory stays
# small, whether claims have ten visits or a hundred.
CLAIMS_OF_A_CHUNK = 1 << 14
VISITS_OF_A_CHUNK = 1 << 18
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Batch:
    """The claims of a batch and what holds the others.

    Parameters
    ----------
    claim_lines, claims, problems : DataFrame
        As the files of the same names; ordered by the four identifying columns and the service
        code, problems by file and line.
    held_visits : DataFrame
        The held rows of the visits given, in their order.
    """

    claim_lines: pd.DataFrame
    claims: pd.DataFrame
    problems: pd.DataFrame
    held_visits: pd.DataFrame


class Sink(Protocol):
    """Where the results of a batch go, in order."""

    def formed(self, priced: Priced) -> Any:
        """Turn claims and their lines into what is kept of them; several threads do so at once."""

    def claims(self, formed: Any) -> None:
        """Take some claims."""

    def held(self, rows: Any) -> None:
        """Take some held rows, as ``Block.verbatim`` gives them."""


@dataclass
class Summary:
    """What a batch came to."""

    visits: int = 0
    claims: int = 0
    units: int = 0
    yen: int = 0
    held_visits: int = 0
    held_claims: int = 0
    without_price: int = 0
    without_rate: int = 0


@dataclass(frozen=True)
class _Results:
    """Claims of a chunk in the form of the sink, and what they add to the summary."""

    formed: Any
    claims: int
    units: int
    yen: int
    without_price: int
    without_rate: int


def _results(priced: Priced, sink: Sink) -> _Results:
    written, settlement = priced.written, priced.settlement
    no_price = settlement.unit_price == UNKNOWN
    no_yen = settlement.total_yen == UNKNOWN
    return _Results(
        sink.formed(priced),
        claims=int(np.count_nonzero(written)),
        units=int(settlement.total_units[written].sum()),
        yen=int(settlement.total_yen[written & ~no_yen].sum()),
        without_price=int(np.count_nonzero(written & no_price)),
        without_rate=int(np.count_nonzero(written & no_yen & ~no_price)),
    )


def _say_nothing(_stage: str, _done: int, _whole: int) -> None:
    """Stand in for a progress callback nobody gave."""


class BatchRun:
    """One batch from its sources to a sink.

    Parameters
    ----------
    visits : Source
    providers, recipients : Source, optional
    book : CodeBook
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.
    registers : Registers, optional
        Providers and recipients read already, whose own problems are told elsewhere.

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
        registers: Registers | None = None,
    ) -> None:
        self.problems = Problems()
        self.summary = Summary()
        self._book = book
        self._source = visits
        self._progress = progress or _say_nothing
        self._identities = Identities() if registers is None else registers.identities.copy()
        visit_decoder = BlockDecoder(visits, "visits", book, self._identities)
        if registers is None:
            registers = Registers.read(providers, recipients, book, self._identities, self.problems)
        self._visits = VisitBook(visit_decoder, book, registers.providers)
        self._context = Context(self._visits, self._identities, registers, self.problems)

    def run(self, sink: Sink) -> Summary:
        """Read, price, settle, write; then give back what is held."""
        for done in self._visits.read(self.problems):
            self._progress("reading", done, self._source.size)
        ledger = self._visits.ledger
        done = 0
        for size, results in in_order(
            self._ordered_chunks(), lambda chunk: self._price(*chunk, sink)
        ):
            if results is not None:
                self._write(results, sink)
            done += size
            self._progress("claims", done, len(ledger))
        return self.finish(sink)

    def finish(self, sink: Sink) -> Summary:
        """Give back what is held, every claim being priced."""
        ledger = self._visits.ledger
        if self._visits.alone or ledger.held.any():
            self._give_back(sink)
        self.summary.visits = self._visits.rows
        self.summary.held_claims = int(np.count_nonzero(ledger.held))
        return self.summary

    def chunks(self) -> Iterator[Chunk]:
        """Read every visit, then yield all claims, some at a time, in the order of the output."""
        for done in self._visits.read(self.problems):
            self._progress("reading", done, self._source.size)
        done = 0
        for month, claims in self._ordered_chunks():
            yield Chunk(self._context, self._table(month), claims)
            done += len(claims)
            self._progress("claims", done, len(self._visits.ledger))

    def claims_met(self) -> tuple[pa.StringArray, Flags]:
        """Return the provider of each claim met so far, and which claims are held."""
        ledger = self._visits.ledger
        provider = ledger.pair_parts(ledger.claim_parts()[0])[0]
        return self._identities.providers.arrow.take(of_numbers(provider)), ledger.held

    def price_person(self, insured_no: str, month: int | None) -> Iterator[Priced]:
        """Price the claims of one person, one at a time.

        Parameters
        ----------
        insured_no : str
            被保険者番号.
        month : int, optional
            Only this month.
        """
        for done in self._visits.read(self.problems):
            self._progress("reading", done, self._source.size)
        wanted = int(pack_insured(of_texts([insured_no]))[0])
        _, insured = self._visits.ledger.claim_parts()
        for of_month, claims in self._ordered_chunks():
            if month in (None, of_month) and self._book.supports(of_month):
                for claim in claims[insured[claims] == wanted]:
                    chunk = Chunk(self._context, self._book.table(of_month), np.array([claim]))
                    priced = chunk.price()
                    if priced is not None:
                        yield priced

    def _price(self, month: int, claims: Ints, sink: Sink) -> tuple[int, _Results | None]:
        """Price some claims and form the results; several threads do so at once."""
        priced = Chunk(self._context, self._table(month), claims).price()
        return len(claims), None if priced is None else _results(priced, sink)

    def _table(self, month: int) -> CodeTable:
        if self._book.supports(month):
            return self._book.table(month)
        # Its rows are held already; whose they are can still be checked.
        return CodeTable(month, (), self._book.known_minutes)

    def _write(self, results: _Results, sink: Sink) -> None:
        sink.claims(results.formed)
        self.summary.claims += results.claims
        self.summary.units += results.units
        self.summary.yen += results.yen
        self.summary.without_price += results.without_price
        self.summary.without_rate += results.without_rate

    def _ordered_chunks(self) -> Iterator[tuple[int, Ints]]:
        """Yield the claims of each month, in the order of the output."""
        ledger = self._visits.ledger
        provider, insurer, month = ledger.pair_parts()
        months = np.array(self._visits.months, dtype=np.int64)
        ordered = np.lexsort(
            (
                self._identities.insurers.ranks()[insurer],
                self._identities.providers.ranks()[provider],
                months[month],
            )
        )
        rank = np.empty(len(ordered), dtype=np.int64)
        rank[ordered] = np.arange(len(ordered))
        pair, insured = ledger.claim_parts()
        # Pair ranks and insured numbers stand in one integer, as in the ledger's own key.
        order = np.argsort((rank[pair] << INSURED_BITS) | insured, kind="stable")
        month_of_claim = months[month[pair[order]]]
        cuts = np.flatnonzero(np.diff(month_of_claim)) + 1
        visits_each = max(1, self._visits.rows // max(1, len(order)))
        size = max(1, min(CLAIMS_OF_A_CHUNK, VISITS_OF_A_CHUNK // visits_each))
        for claims in np.split(order, cuts):
            for start in range(0, len(claims), size):
                chunk = claims[start : start + size]
                yield int(months[month[pair[chunk[0]]]]), chunk

    def _give_back(self, sink: Sink) -> None:
        """Read the visits again and return the held rows; find the lines of late problems."""
        ledger = self._visits.ledger
        # The last place is that of rows standing alone, which have the claim −1.
        held = np.append(ledger.held, True)
        crowded = np.zeros(len(held), dtype=bool)
        for claims in self._context.crowded:
            crowded[claims] = True
        crossed = np.zeros(len(held), dtype=bool)
        for crossing in self._context.crossings:
            crossed[crossing.claim] = True
        found: list[pd.DataFrame] = []
        for typed in self._visits.retyped():
            who, claim = self._visits.find(typed)
            lines = typed.block.lines[held[claim]]
            malformed = np.array([line for line, _ in typed.block.malformed], dtype=np.int64)
            wanted = np.sort(np.concatenate((lines, malformed)))
            if len(wanted):
                sink.held(typed.block.verbatim(wanted))
                self.summary.held_visits += len(wanted)
            late = (crowded | crossed)[claim]
            if late.any():
                session = self._visits.sessions(typed)
                found.append(_located(claim, who, session, typed.block.lines, late))
            self._progress("held rows", typed.block.consumed, self._source.size)
        if found:
            rows = pd.concat(found, ignore_index=True)
            self._note_duplicates(rows[crowded[rows["claim"]]])
            for crossing in self._context.crossings:
                self._note_crossing(rows, crossing)

    def _note_duplicates(self, rows: pd.DataFrame) -> None:
        cell = ["claim", "day", "session"]
        rows = rows[rows["session"] >= 1].sort_values([*cell, "line"], kind="stable")
        first = rows.groupby(cell)["line"].transform("first")
        later = rows[rows["line"] != first]
        month = self._month_of(later["claim"].to_numpy())
        dates = [
            f"{month_text(int(m))}-{day:02d}" for m, day in zip(month, later["day"], strict=True)
        ]
        messages = [
            Message("duplicate_visit", "duplicate_visit", {"session": session, "other": other})
            for session, other in zip(later["session"], first[later.index], strict=True)
        ]
        self.problems.add_rows(
            "visits",
            "service_date",
            later["line"].to_numpy(),
            np.arange(len(later)),
            dates,
            messages,
        )

    def _note_crossing(self, rows: pd.DataFrame, crossing: Crossing) -> None:
        cells = pd.DataFrame(
            {"claim": crossing.claim, "day": crossing.day, "session": crossing.session}
        )
        lines = rows.merge(cells, on=["claim", "day", "session"])["line"].to_numpy()
        facts = {"keys": crossing.named, "group": crossing.group}
        message = Message("conflicting_group", "conflicting_group", facts)
        at = np.zeros(len(lines), dtype=np.int64)
        self.problems.add_rows(
            "visits", crossing.keys[0], lines, at, [" ".join(crossing.keys)], [message]
        )

    def _month_of(self, claims: Ints) -> Ints:
        ledger = self._visits.ledger
        months = np.array(self._visits.months, dtype=np.int64)
        return months[ledger.pair_parts(ledger.claim_parts(claims)[0])[2]]


def _located(
    claim: Ints, who: Identified, session: Ints, lines: Ints, wanted: Flags
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim": claim[wanted],
            "day": who.day[wanted],
            "session": session[wanted],
            "line": lines[wanted],
        }
    )


class FrameSink:
    """Keeps the results of a batch whose visits are a frame."""

    def __init__(self) -> None:
        self.line_tables: list[pa.Table] = []
        self.claim_tables: list[pa.Table] = []
        self.held_rows: list[Ints] = []

    def formed(self, priced: Priced) -> tuple[pa.Table, pa.Table]:
        """Turn claims and their lines into tables."""
        return priced.line_table(), priced.claim_table()

    def claims(self, formed: tuple[pa.Table, pa.Table]) -> None:
        """Take some claims and their lines."""
        lines, claims = formed
        self.line_tables.append(lines)
        self.claim_tables.append(claims)

    def held(self, rows: Ints) -> None:
        """Take the positions of some held rows."""
        self.held_rows.append(rows)


def code_book(codes: CodeBook | CodeTable | str | Path | None) -> CodeBook:
    """Return the code book that ``codes=`` stands for."""
    if isinstance(codes, CodeBook):
        return codes
    if isinstance(codes, CodeTable):
        return CodeBook.of_month(codes)
    return load_code_book(codes)


def compute_claims(
    visits: pd.DataFrame,
    providers: pd.DataFrame | None = None,
    recipients: pd.DataFrame | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
) -> Batch:
    """Compute the claims of all visits given.

    Parameters
    ----------
    visits : DataFrame
        One row per visit; columns as ``columns.VISITS`` and the keys of the code table, in
        English or Japanese. Identifiers are text.
    providers, recipients : DataFrame, optional
        One row per provider or person, and month if they say so.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        Of the messages.

    Returns
    -------
    Batch
        Claims, and whatever holds the others. The frames given are not changed.

    Raises
    ------
    InputFileError
        A column is unknown, doubled or missing.
    TableError
        ``codes`` is a file that fails a check.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> visit = {
    ...     "provider_no": "1390000015",
    ...     "insurer_no": "139001",
    ...     "insured_no": "0000100011",
    ...     "service_date": "2016-04-01",
    ...     "care_level": 1,
    ...     "minutes": 240,
    ...     "bathing": 1,
    ... }
    >>> batch = ct.compute_claims(pd.DataFrame([visit]))
    >>> batch.claim_lines[["service_code", "units", "count", "service_units"]]
      service_code  units  count  service_units
    0       781241    426      1            426
    1       785301     50      1             50
    >>> batch.claims["total_units"].tolist()
    [476]
    """
    sources = [
        None if frame is None else FrameSource(frame, name)
        for name, frame in (
            ("visits", visits),
            ("providers", providers),
            ("recipients", recipients),
        )
    ]
    if sources[0] is None:
        raise InputFileError(not_a_frame("visits", "None"))
    run = BatchRun(sources[0], sources[1], sources[2], code_book(codes))
    sink = FrameSink()
    run.run(sink)
    return Batch(
        read_frame(sink.line_tables, CLAIM_LINES),
        read_frame(sink.claim_tables, CLAIMS),
        run.problems.frame(language),
        held_frame(visits, sink.held_rows),
    )

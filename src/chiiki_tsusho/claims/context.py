"""What all claims of a batch share: its visits and rosters, and where faults are noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of
from chiiki_tsusho.claims.claim_names import keys_of, names_of
from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.shared_limits import NOTHING_SHARED, SharedLimits
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.months import month_text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record


@record
class Crossing:
    """Visits on which keys stand together that may not, or one without another that it needs.

    Their lines are found when the visits are read again.
    """

    claim: Ints
    day: Ints
    session: Ints
    keys: tuple[str, ...]
    message: Message


@dataclass
class Context:
    """What every slice of a batch shares; several threads add to the lists and the problems."""

    visits: VisitBook
    identities: Identities
    rosters: Rosters
    problems: Problems
    # Claims whose faulty rows are found by reading the visits again.
    crowded: list[Ints] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    noted: set[tuple[str, int, str, int]] = field(default_factory=set)
    noting: Lock = field(default_factory=Lock)
    # Of persons with several claims in a month; known once every visit is read.
    shared: SharedLimits = NOTHING_SHARED

    @cached_property
    def keys(self) -> pa.StringArray:
        """The key of each claim, as ``keys_of`` writes it, once every visit is read."""
        return keys_of(self.visits.calendars, self.identities, self.visits.months)

    def met(self, keys: pa.StringArray) -> Ints:
        """Return the claims that have one of the keys."""
        return np.flatnonzero(flags_of(compute.is_in(self.keys, keys)))

    def names(self, claims: Ints) -> list[str]:
        """Name some claims as messages do."""
        months = [month_text(month) for month in self.visits.months]
        names: list[str] = names_of(
            self.visits.calendars, self.identities, months, claims
        ).to_pylist()
        return names

    def table(self, month: int) -> CodeTable:
        """Return the code table of a month; one without rows where the book has none."""
        book = self.visits.book
        if book.supports(month):
            return book.table(month)
        # Its rows are held already; whose they are can still be checked.
        return CodeTable(month, (), book.known_minutes)

    def quiet(self) -> Context:
        """Return another that notes its problems nowhere."""
        return Context(self.visits, self.identities, self.rosters, Problems())

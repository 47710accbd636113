"""What all claims of a batch share: its visits and rosters, and where faults are noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.shared_limits import NOTHING_SHARED, SharedLimits
from chiiki_tsusho.claims.visits import VisitBook
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

    def quiet(self) -> Context:
        """Return another that notes its problems nowhere."""
        return Context(self.visits, self.identities, self.rosters, Problems())

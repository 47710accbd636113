"""What is given back: the rows of held claims, and the lines of faults found among visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import named_at, of_numbers, of_texts
from chiiki_tsusho.claims.context import Context, Crossing
from chiiki_tsusho.claims.results import Progress, Sink
from chiiki_tsusho.claims.visits import Identified, VisitBook
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_rows import Places, any_of
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import FIRST_ROW_LINE, lines_named
from chiiki_tsusho.reading.insured_numbers import unpack_insured
from chiiki_tsusho.reading.typed_blocks import TypedBlock

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


def give_back(context: Context, sink: Sink, progress: Progress) -> int:
    """Read the visits again and return the held rows; find the lines of late problems.

    Parameters
    ----------
    context : Context
        The context of a batch whose claims are all priced. Its problems gain those that only a
        second reading can find the lines of: doubled visits, and visits on which keys do not go
        together.
    sink : Sink
        Takes the held rows.
    progress : callable

    Returns
    -------
    int
        How many rows are held.
    """
    visits = context.visits
    # The last place is that of rows standing alone, which have the claim −1.
    held = np.append(visits.calendars.held, True)
    late = np.zeros(len(held), dtype=bool)
    for claims in (*context.crowded, *(crossing.claim for crossing in context.crossings)):
        late[claims] = True
    found: list[pd.DataFrame] = []
    places = _PlacesOfLines(context)
    lines_told = context.problems.lines("visits")
    for typed in visits.retyped(visits.blocks_with(visits.calendars.held, lines_told)):
        who, claim = visits.find(typed)
        lines = typed.block.lines[held[claim]]
        malformed = typed.block.malformed.lines
        wanted = np.sort(np.concatenate((lines, malformed)))
        if len(wanted):
            sink.held(typed.block.verbatim(wanted))
        at = late[claim]
        places.add(typed, who, wanted, at)
        if at.any():
            located = {
                "claim": claim[at],
                "day": who.day[at],
                "session": visits.sessions(typed)[at],
                "line": typed.block.lines[at],
            }
            found.append(pd.DataFrame(located))
        progress("held rows", typed.block.consumed, visits.source.size)
    if found:
        rows = pd.concat(found)
        _note_duplicates(rows, visits, context.problems)
        for crossing in context.crossings:
            _note_crossing(rows, crossing, context.problems)
    context.problems.place("visits", places.places)
    return places.held


class _PlacesOfLines:
    """Whose the rows are that have problems, and where they stand among the held rows."""

    def __init__(self, context: Context) -> None:
        self._visits = context.visits
        self._identities = context.identities
        self._problems = context.problems.lines("visits")
        self.held = 0
        self._rows: list[Ints] = []

    def add(self, typed: TypedBlock, who: Identified, wanted: Ints, late: Flags) -> None:
        """Take the rows of a block; ``wanted`` are the lines held of it.

        Of ``late`` rows it is not known yet whether they have a problem.
        """
        lines = typed.block.lines
        at = np.flatnonzero(np.isin(lines, self._problems) | late)
        malformed = typed.block.malformed.lines
        unread = np.full(len(malformed), UNKNOWN, dtype=np.int64)
        parts = (who.month, who.provider, who.insurer, who.insured)
        rows = np.stack(
            [
                np.concatenate((lines[at], malformed)).astype(np.int64),
                *(np.concatenate((part[at], unread)) for part in parts),
            ]
        )
        place = self.held + np.searchsorted(wanted, rows[0])
        held_line = np.where(np.isin(rows[0], wanted), place + FIRST_ROW_LINE, 0)
        order = np.argsort(rows[0], kind="stable")
        self._rows.append(np.concatenate((rows, held_line[np.newaxis]))[:, order])
        self.held += len(wanted)

    def places(self) -> Places:
        """Return what was found, in words."""
        lines, month, provider, insurer, insured, held = np.concatenate(
            [np.array([[]] * 6, dtype=np.int64), *self._rows], axis=1
        )
        months = of_texts([f"{month:06d}" for month in self._visits.months])
        names = [
            named_at(months, month),
            named_at(self._identities.providers.arrow, provider),
            named_at(self._identities.insurers.arrow, insurer),
            unpack_insured(insured),
        ]
        return Places(lines, held, names)


def _note_duplicates(rows: pd.DataFrame, visits: VisitBook, problems: Problems) -> None:
    cell = ["claim", "day", "session"]
    rows = rows[rows["session"] >= 1].sort_values([*cell, "line"], kind="stable")
    rows["first"] = rows.groupby(cell)["line"].transform("first")
    later = rows[rows["line"] != rows["first"]]
    month = _months_of(visits, later["claim"].to_numpy())
    days, which = np.unique(month * 100 + later["day"].to_numpy(), return_inverse=True)
    dates = of_texts([f"{month_text(day // 100)}-{day % 100:02d}" for day in days.tolist()])
    lines, sessions = later["line"].to_numpy(), later["session"].to_numpy()
    others = later["first"].to_numpy()
    for at, numbers, other in lines_named(visits.source.files, others, any_of("other")):
        facts = {"session": any_of("session"), "other": other}
        problems.add_alike(
            "visits",
            "service_date",
            lines[at],
            Message("duplicate_visit", "duplicate_visit", facts),
            dates.take(of_numbers(which[at])),
            session=of_numbers(sessions[at]).cast(pa.string()),
            other=numbers,
        )


def _note_crossing(rows: pd.DataFrame, crossing: Crossing, problems: Problems) -> None:
    cells = pd.DataFrame(
        {"claim": crossing.claim, "day": crossing.day, "session": crossing.session}
    )
    lines = rows.merge(cells, on=["claim", "day", "session"])["line"].to_numpy()
    at, value = np.zeros(len(lines), dtype=np.int64), " ".join(crossing.keys)
    problems.add_rows("visits", crossing.keys[0], lines, at, [value], [crossing.message])


def _months_of(visits: VisitBook, claims: Ints) -> Ints:
    months = np.array(visits.months, dtype=np.int64)
    return months[visits.calendars.parts(claims)[3]]

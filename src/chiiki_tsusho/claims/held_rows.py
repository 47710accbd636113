"""What is given back: the rows of held claims, and the lines of faults found among visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chiiki_tsusho.claims.claim_rules import Context, Crossing
from chiiki_tsusho.claims.results import Progress, Sink
from chiiki_tsusho.claims.units import Ints
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


def give_back(context: Context, sink: Sink, progress: Progress) -> int:
    """Read the visits again and return the held rows; find the lines of late problems.

    Parameters
    ----------
    context : Context
        Of a batch whose claims are all priced. Its problems gain those that only a second reading
        can find the lines of: doubled visits, and visits on which keys of one group meet.
    sink : Sink
        Takes the held rows.
    progress : callable

    Returns
    -------
    int
        How many rows are held.
    """
    visits, held_visits = context.visits, 0
    # The last place is that of rows standing alone, which have the claim −1.
    held = np.append(visits.calendars.held, True)
    crowded = np.zeros(len(held), dtype=bool)
    for claims in context.crowded:
        crowded[claims] = True
    crossed = np.zeros(len(held), dtype=bool)
    for crossing in context.crossings:
        crossed[crossing.claim] = True
    found: list[pd.DataFrame] = []
    for typed in visits.retyped():
        who, claim = visits.find(typed)
        lines = typed.block.lines[held[claim]]
        malformed = np.array([line for line, _ in typed.block.malformed], dtype=np.int64)
        wanted = np.sort(np.concatenate((lines, malformed)))
        if len(wanted):
            sink.held(typed.block.verbatim(wanted))
            held_visits += len(wanted)
        late = (crowded | crossed)[claim]
        if late.any():
            located = {
                "claim": claim[late],
                "day": who.day[late],
                "session": visits.sessions(typed)[late],
                "line": typed.block.lines[late],
            }
            found.append(pd.DataFrame(located))
        progress("held rows", typed.block.consumed, visits.source.size)
    if found:
        rows = pd.concat(found, ignore_index=True)
        _note_duplicates(rows[crowded[rows["claim"]]], visits, context.problems)
        for crossing in context.crossings:
            _note_crossing(rows, crossing, context.problems)
    return held_visits


def _note_duplicates(rows: pd.DataFrame, visits: VisitBook, problems: Problems) -> None:
    cell = ["claim", "day", "session"]
    rows = rows[rows["session"] >= 1].sort_values([*cell, "line"], kind="stable")
    first = rows.groupby(cell)["line"].transform("first")
    later = rows[rows["line"] != first]
    month = _months_of(visits, later["claim"].to_numpy())
    dates = [f"{month_text(int(m))}-{day:02d}" for m, day in zip(month, later["day"], strict=True)]
    messages = [
        Message("duplicate_visit", "duplicate_visit", {"session": session, "other": other})
        for session, other in zip(later["session"], first[later.index], strict=True)
    ]
    at = np.arange(len(later))
    problems.add_rows("visits", "service_date", later["line"].to_numpy(), at, dates, messages)


def _note_crossing(rows: pd.DataFrame, crossing: Crossing, problems: Problems) -> None:
    cells = pd.DataFrame(
        {"claim": crossing.claim, "day": crossing.day, "session": crossing.session}
    )
    lines = rows.merge(cells, on=["claim", "day", "session"])["line"].to_numpy()
    facts = {"keys": crossing.named, "group": crossing.group}
    message = Message("conflicting_group", "conflicting_group", facts)
    at = np.zeros(len(lines), dtype=np.int64)
    problems.add_rows("visits", crossing.keys[0], lines, at, [" ".join(crossing.keys)], [message])


def _months_of(visits: VisitBook, claims: Ints) -> Ints:
    calendars = visits.calendars
    months = np.array(visits.months, dtype=np.int64)
    return months[calendars.pair_parts(calendars.claim_parts(claims)[0])[2]]

"""The rows that an earlier run held: a run that adds to it must be given them all again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_flags
from chiiki_tsusho.claims.calendars import DAYS, Entries
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.visits import VisitBook, of_another_service
from chiiki_tsusho.columns import VISIT_KEY_NAMES
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Counted, Text, first_named
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, chained
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.cells import MAX_SESSION
from chiiki_tsusho.reading.dense_ids import TupleIds, matched_by_known_parts
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.records import record


@record
class HeldBefore:
    """The file of the rows that an earlier run held.

    Parameters
    ----------
    file : Path
    ignored : frozenset of str
        Its columns that are left unread.
    """

    file: Path
    ignored: frozenset[str]

    def check_left_out(self, context: Context, claimed: pa.StringArray) -> list[Text]:
        """Refuse an input that lacks visits of claims held here: they would be nowhere.

        Parameters
        ----------
        context : Context
            Of the input, read to its end.
        claimed : pyarrow.StringArray
            Keys of what is claimed already, whose rows are to be taken out.

        Returns
        -------
        list of Text
            What is to be said of rows that may lack there: of one whose date or person cannot be
            read nobody knows whether it was no visit.

        Raises
        ------
        OutputError
            Names the claims.
        """
        # Providers and insurers of the input keep their numbers; others get new ones, here alone.
        identities, problems = context.identities.copy(), Problems()
        source = open_source(self.file)
        source.ignored = self.ignored
        book = context.visits.book
        decoder = BlockDecoder(source, "visits", book, identities)
        visits = VisitBook(decoder, book, None, identities)
        held = Context(visits, identities, context.rosters, problems)
        for _ in visits.read(problems):
            pass
        taken_out = held.met(claimed)
        self._refuse_left_out(context, held, taken_out)
        return self._note_of_left_out(context, held, taken_out)

    def _refuse_left_out(self, context: Context, held: Context, claimed: Ints) -> None:
        keys, there, given = held.keys, held.visits.calendars, context.visits.calendars
        place = numbers_of(compute.index_in(keys, context.keys).fill_null(-1))
        known = np.flatnonzero(place >= 0)
        lacking = place < 0
        visits = there.visits(known)
        lost = ~np.isin(_cells(visits), _cells(given.visits(place[known])))
        lacking[known[visits.claim[lost]]] = True
        lacking[claimed] = False
        left_out = keys.filter(of_flags(lacking))
        if len(left_out):
            raise OutputError(
                Text(
                    "{folder}: rows of {n:,} of the claims held there are not in the file that is "
                    "added ({claims}); give all rows of held_visits, corrected or not, or, where "
                    "a date or a number of theirs was corrected or a visit taken out, compute the "
                    "whole month again from the corrected file; nothing was written",
                    folder=str(self.file.parent),
                    n=len(left_out),
                    claims=first_named(left_out.to_pylist()),
                )
            )

    def _note_of_left_out(self, context: Context, held: Context, claimed: Ints) -> list[Text]:
        alike = held.identities.insurers_alike()
        lines, claim, parts = _rows(held, alike)
        read = (parts >= 0).all(axis=0)
        wanted = ~read & ~np.isin(claim, claimed)
        if not wanted.any():
            return []
        _, _, given = _rows(context, alike)
        # Rows that stood there so already are no others that were put right.
        known = TupleIds(len(parts))
        known.ids(*parts[:, read])
        lacking, number = _lacking(parts[:, wanted], given[:, known.find(*given) < 0])
        if not number:
            return []
        return [
            Counted(
                "{n:,} row of held_visits of {folder} is not in the file that is added: it cannot "
                "be read whose visit it is or when it was (lines {lines}); if it was a visit, no "
                "claim has it: put it right and compute the whole month again",
                "{n:,} rows of held_visits of {folder} are not in the file that is added: it "
                "cannot be read whose visits they are or when they were (lines {lines}); if they "
                "were visits, no claim has them: put them right and compute the whole month again",
                number,
                folder=str(self.file.parent),
                lines=first_named(lines[wanted][lacking].tolist()),
            )
        ]


def _cells(visits: Entries) -> Ints:
    """Write claim, session and day of each visit as one number."""
    return (visits.claim * (MAX_SESSION + 1) + visits.session) * (DAYS + 1) + visits.day


def _rows(context: Context, alike: Ints) -> tuple[Ints, Ints, Ints]:
    """Read again whose the rows of visits are, but for totals and rows of other services.

    Returns
    -------
    lines, claim : ndarray of int64, shape (rows,)
    parts : ndarray of int64, shape (5, rows)
        What ``VISIT_KEY_NAMES`` names, negative where unreadable.
    """
    found = [np.zeros((2 + len(VISIT_KEY_NAMES), 0), dtype=np.int64)]
    for typed in context.visits.retyped():
        parts = [typed.rows(name, 1) for name in VISIT_KEY_NAMES]
        rows = np.stack((typed.block.lines, context.visits.find(typed)[1], *parts))
        malformed = np.full((len(rows), len(typed.block.malformed)), UNKNOWN, dtype=np.int64)
        malformed[0] = typed.block.malformed.lines
        found += [rows[:, ~of_another_service(typed)], malformed]
    rows = np.concatenate(found, axis=1)
    totals = chained(case.lines for case in context.problems.said("total"))
    lines, claim, *parts = rows[:, ~np.isin(rows[0], totals)]
    provider, insurer, insured, date, session = parts
    insurer = np.append(alike, UNKNOWN)[np.maximum(insurer, UNKNOWN)]
    session = np.where(session < 1, UNKNOWN, session)
    return lines, claim, np.stack((provider, insurer, insured, date, session))


def _lacking(wanted: Ints, given: Ints) -> tuple[Flags, int]:
    """Count the rows wanted that are not among those given, and say which may be the ones.

    A row given may be any that agrees with it, and only one of them: no more are counted than
    certainly lack.

    Parameters
    ----------
    wanted, given : ndarray of int64, shape (parts, rows)
        Negative where a part is not known; all are of those given that came as they should.
    """
    lacking = np.zeros(wanted.shape[1], dtype=bool)
    agreeing = np.zeros(given.shape[1], dtype=bool)
    number = 0
    for rows, alike, there in matched_by_known_parts(wanted, given):
        agreeing |= there >= 0
        lacks = np.bincount(alike)
        lacks -= np.bincount(there[there >= 0], minlength=len(lacks))
        lacking[rows] = lacks[alike] > 0
        number += int(lacks[lacks > 0].sum())
    of_all = wanted.shape[1] - int(np.count_nonzero(agreeing))
    return (lacking, number) if number >= of_all else (np.ones_like(lacking), of_all)

"""Rows of which it cannot be read whose they are: every claim they may belong to is held.

What can be read of such a row must agree with a claim; zeros that a spreadsheet has dropped are
put back first. What is put back, or stands on a line that cannot be told apart into cells, counts
only where it agrees with a claim; a cell that may be the one too many does not count. A row of
which nothing can be read holds every claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import (
    flags_of,
    numbers_of,
    of_numbers,
    repeated,
)
from chiiki_tsusho.choices import Unplaced
from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.claims.claim_names import names_of
from chiiki_tsusho.claims.doubtful_cells import cells_of_lines
from chiiki_tsusho.claims.guessed_numbers import LENGTHS, guesses
from chiiki_tsusho.claims.matching_claims import (
    claims_of_persons,
    matching_claims,
    one_claim,
    without_vain_guesses,
)
from chiiki_tsusho.claims.total_rows import (
    IN_EVERY_TOTAL,
    set_aside,
    word_of_total,
    words_of_totals,
)
from chiiki_tsusho.columns import INSURED_NO, VISIT_KEY_NAMES
from chiiki_tsusho.language import Text
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers, flagged
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.cells import parsed
from chiiki_tsusho.reading.dense_ids import distinct_columns
from chiiki_tsusho.reading.layouts import Layout
from chiiki_tsusho.reading.malformed_rows import MalformedRows
from chiiki_tsusho.reading.typed_blocks import Identities, TypedBlock
from chiiki_tsusho.records import record

_WHOSE = VISIT_KEY_NAMES[:-1]


@record
class _Found:
    """What can be read of some rows.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
    keys : ndarray of int64, shape (8, distinct)
        The distinct keys of the rows, as ``matching_claims`` has them.
    which : ndarray of int64, shape (rows,)
        Which of the keys is that of each row.
    """

    lines: Ints
    keys: Ints
    which: Ints

    @classmethod
    def of(cls, lines: Ints, read: Ints, guessed: Ints, month: Ints, guessed_month: Ints) -> _Found:
        """Take what can be read of each row, ``UNKNOWN`` where nothing can.

        Parameters
        ----------
        lines : ndarray of int64, shape (rows,)
        read : ndarray of int64, shape (3, rows)
            Id of the provider, id of the insurer, packed insured number, as they stand there.
        guessed : ndarray of int64, shape (3, rows)
            The same of what was put right, or of a line that cannot be told apart.
        month, guessed_month : ndarray of int64, shape (rows,)
            Position in the months of the visits.
        """
        keys = np.concatenate((read, guessed, [month, guessed_month]))
        return cls(lines, *distinct_columns(keys))


@dataclass
class UnplacedRows:
    """Gathers the rows of a file of visits that do not say whose they are.

    Parameters
    ----------
    decoder : BlockDecoder
        The decoder of the visits.
    identities : Identities
    """

    decoder: BlockDecoder
    identities: Identities
    _found: list[_Found] = field(default_factory=list)

    def add(
        self, typed: TypedBlock, rows: Ints, read: Ints, month: Ints, problems: Problems
    ) -> Flags:
        """Take rows whose cells can be told apart.

        Parameters
        ----------
        rows : ndarray of int64, shape (rows,)
            Which ones of the block.
        read : ndarray of int64, shape (3, rows)
            Ids of provider and insurer and the packed insured number, negative where unreadable.
        month : ndarray of int64, shape (rows,)
            Position in the months, negative where unreadable.
        problems : Problems
            Is told of the lines of totals, which are set aside.

        Returns
        -------
        ndarray of bool, shape (rows,)
            Which of them are set aside.
        """
        nameless = (read < 0).all(axis=0)
        total = np.zeros(len(rows), dtype=bool)
        if nameless.any():
            words = words_of_totals(self.decoder, typed, rows[nameless])
            total[nameless] = words != ""
            lines = typed.block.lines[rows[total]]
            set_aside(problems, "visits", lines, words[words != ""].tolist())
        kept = ~total
        rows, read, month = rows[kept], np.maximum(read[:, kept], UNKNOWN), month[kept]
        guessed = np.full(read.shape, UNKNOWN, dtype=np.int64)
        for part, name in enumerate(LENGTHS):
            lacking = np.flatnonzero(read[part] < 0)
            if lacking.size:
                texts = self.decoder.texts(typed, name).take(of_numbers(rows[lacking]))
                guessed[part, lacking] = guesses(name, texts, self.identities)
        lines, nothing = typed.block.lines[rows], np.full(len(rows), UNKNOWN, dtype=np.int64)
        self._found.append(_Found.of(lines, read, guessed, np.maximum(month, UNKNOWN), nothing))
        return total

    def add_malformed(
        self, typed: TypedBlock, place: Callable[[int], int], problems: Problems
    ) -> int:
        """Take the lines of a block that cannot be told apart, as far as their first cells go.

        Parameters
        ----------
        place : callable
            Returns the position of a month, whose rows may be in a later block.

        Returns
        -------
        int
            How many of them are lines of totals, which are set aside.
        """
        rows = typed.block.malformed
        if not len(rows):
            return 0
        layout = self.decoder.layout(int(rows.lines[0]))
        total = self._totals_of_lines(rows, layout, problems)
        rows = rows.taken(np.flatnonzero(~total)) if total.any() else rows
        of_line, elsewhere, cells = cells_of_lines(rows, layout, _WHOSE, INSURED_NO.name)
        guessed = np.stack([guesses(name, cells[name], self.identities) for name in LENGTHS])
        dates = cells["service_date"].dictionary_encode()
        days = [parsed("date", text) for text in dates.dictionary.to_pylist()]
        month = [UNKNOWN if day is None else place(day // 100) for day in days]
        months = np.array(month, dtype=np.int64)[numbers_of(dates.indices)]
        parts = np.append(guessed, [months], axis=0)
        # Of a row elsewhere it is sure of whom it is; and each row of a line counts once.
        read, person = np.full_like(parts, UNKNOWN), _WHOSE.index(INSURED_NO.name)
        read[person, elsewhere] = parts[person, elsewhere]
        parts[person, elsewhere] = UNKNOWN
        known = np.concatenate(([rows.lines[of_line]], read, parts))
        if len(of_line) > len(rows):
            known = distinct_columns(known)[0]
        lines, read, parts = known[0], known[1:5], known[5:]
        self._found.append(_Found.of(lines, read[:3], parts[:3], read[3], parts[3]))
        return int(np.count_nonzero(total))

    def _totals_of_lines(self, rows: MalformedRows, layout: Layout, problems: Problems) -> Flags:
        """Set aside the lines of totals among those that cannot be told apart."""
        total = flags_of(compute.match_substring(rows.heads, IN_EVERY_TOTAL))
        total[list(rows.cells)] = True
        some = np.flatnonzero(total)
        words = [word_of_total(cells, layout) for cells in rows.readable(some)]
        total[some] = [word is not None for word in words]
        if total.any():
            said = [word for word in words if word is not None]
            set_aside(problems, "visits", rows.lines[total], said)
        return total

    def settle(
        self, calendars: Calendars, months: Sequence[int], problems: Problems, way: Unplaced
    ) -> int:
        """Hold the claims that the rows may belong to, or let the rows pass; say so of each.

        Parameters
        ----------
        calendars : Calendars
            The calendars of a file that is read to its end.
        months : sequence of int
            YYYYMM by position.
        problems : Problems
        way : {"hold", "pass"}

        Returns
        -------
        int
            How many rows hold nothing.
        """
        found = [one for one in self._found if len(one.lines)]
        if not found:
            return 0
        lines = np.concatenate([one.lines for one in found])
        keys = np.concatenate([one.keys for one in found], axis=1)
        before = np.cumsum([0, *(one.keys.shape[1] for one in found[:-1])])
        which = np.concatenate([one.which + at for one, at in zip(found, before, strict=True)])
        if not len(calendars):
            keys = np.full_like(keys, UNKNOWN)
        claim = one_claim(calendars, keys)
        as_read, keys = keys, without_vain_guesses(keys, claim)
        # The claim of those that can be put right is known at once.
        held = flagged(claim[claim >= 0], len(calendars))
        number = np.ones(len(claim), dtype=np.int64)
        others = np.flatnonzero(claim < 0)
        alike = self.identities.insurers_alike()
        claim[others], number[others] = matching_claims(calendars, alike, keys[:, others], held)
        held_with_it = Message("unplaced_row", "unplaced")
        said = held_with_it if way == "hold" else Message("unplaced_row", "passed")
        told = np.stack((lines, np.where(number == 1, claim, UNKNOWN)[which], number[which]))
        if (np.diff(lines) <= 0).any():
            # Of what a line may be it is told once that of which there are most claims.
            line, most = np.searchsorted(distinct_numbers(lines), lines), np.zeros_like(lines)
            np.maximum.at(most, line, told[2])
            told = distinct_columns(told[:, told[2] == most[line]])[0]
        self._say_claims(calendars, months, problems, said, *told)
        if way == "hold":
            calendars.hold_for(np.flatnonzero(held), len(lines))
            # A person, or somebody who has no claim there, may have others that share a limit.
            alone = others[(number[others] == 0) | (as_read[[2, 5]][:, others] >= 0).any(axis=0)]
            claims = claims_of_persons(calendars, alike, as_read[:, alone])
            rows = np.isin(which, alone)
            calendars.set_beside(claims[~held[claims]], len(distinct_numbers(lines[rows])))
        else:
            problems.let_pass(lines)
        return 0 if way == "hold" else len(distinct_numbers(lines))

    def _say_claims(
        self,
        calendars: Calendars,
        months: Sequence[int],
        problems: Problems,
        said: Message,
        lines: Ints,
        claim: Ints,
        number: Ints,
    ) -> None:
        """Name the claim that a row may belong to, or say how many there are."""
        one = np.flatnonzero(number == 1)
        in_words = [month_text(month) for month in months]
        names = names_of(calendars, self.identities, in_words, claim[one])
        named = Text("claim {name}", name=any_of("name"))
        message = replace(said, facts={"claims": named})
        problems.add_alike("visits", "", lines[one], message, repeated("", len(one)), name=names)
        several = np.flatnonzero(number != 1)
        numbers, which = np.unique(number[several], return_inverse=True)
        messages = [
            replace(
                said,
                facts={
                    "claims": Text("{n:,} claims", n=n) if n else Text("there is no other claim")
                },
            )
            for n in numbers.tolist()
        ]
        problems.add_rows("visits", "", lines[several], which, [""] * len(messages), messages)

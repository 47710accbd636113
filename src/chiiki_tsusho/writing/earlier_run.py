"""The claims of an earlier run, taken along by one that adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags
from chiiki_tsusho.claims.calendars import DAYS, Calendars, Entries
from chiiki_tsusho.claims.claim_names import keys_of
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record
from chiiki_tsusho.writing.run_record import InputFile, inputs_of, read_record
from chiiki_tsusho.writing.saved_results import Results, read_claims_and_lines

_CLAIMS_NAMED = 3
_SESSION_BITS = 4


@record
class EarlierRun:
    """What the folder of an earlier run holds.

    Parameters
    ----------
    results : Results
        Its files.
    claims, claim_lines : pyarrow.Table
        Columns of the contract.
    """

    results: Results
    claims: pa.Table
    claim_lines: pa.Table

    @classmethod
    def read(cls, folder: Path) -> EarlierRun:
        """Read the claims.

        Raises
        ------
        InputFileError
            The folder is none that the ``claim`` command has written.
        """
        results = Results.found(folder)
        return cls(results, *read_claims_and_lines(results))

    @property
    def folder(self) -> Path:
        """Return its folder."""
        return self.results.folder

    @property
    def held(self) -> Path:
        """Return the file of its held rows."""
        return self.results.files["held_visits"]

    @cached_property
    def keys(self) -> pa.StringArray:
        """Return the key of each claim, as ``keys_of`` writes it."""
        return _keys(self.claims)

    @property
    def inputs(self) -> list[InputFile]:
        """Return the files that it was made from, as far as it says."""
        return inputs_of(read_record(self.folder), self.folder)

    @property
    def _ignored(self) -> frozenset[str]:
        """Return the columns that the run left unread; its held rows have them still."""
        options = (read_record(self.folder) or {}).get("options")
        columns = options.get("ignore_columns") if isinstance(options, dict) else None
        named = columns if isinstance(columns, list) else []
        return frozenset(one for one in named if isinstance(one, str))

    def refuse_left_out(self, met: pa.StringArray, calendars: Calendars, book: CodeBook) -> None:
        """Refuse an input that lacks visits of claims held here: they would be nowhere.

        Parameters
        ----------
        met : pyarrow.StringArray
            The keys of the claims of the input.
        calendars : Calendars
            Their visits.
        book : CodeBook

        Raises
        ------
        OutputError
            Names the claims.
        """
        identities = Identities()
        source = open_source(self.held)
        source.ignored = self._ignored
        decoder = BlockDecoder(source, "visits", book, identities)
        visits = VisitBook(decoder, book, None, identities)
        for _ in visits.read(Problems()):
            pass
        keys = keys_of(visits.calendars, identities, visits.months)
        place = numbers_of(compute.index_in(keys, met).fill_null(-1))
        known = np.flatnonzero(place >= 0)
        lacking = place < 0
        there, given = visits.calendars.visits(known), calendars.visits(place[known])
        lost = ~np.isin(_cells(there), _cells(given))
        lacking[known[there.claim[lost]]] = True
        # The rows of what is claimed already are to be taken out.
        lacking &= ~flags_of(compute.is_in(keys, self.keys))
        left_out = keys.filter(of_flags(lacking))
        if len(left_out):
            shown = ", ".join(left_out[:_CLAIMS_NAMED].to_pylist())
            raise OutputError(
                Text(
                    "{folder}: rows of {n:,} of the claims held there are not in the file that is "
                    "added ({claims} …); give all rows of held_visits, corrected or not, or, where "
                    "a date or a number of theirs was corrected or a visit taken out, compute the "
                    "whole month again from the corrected file; nothing was written",
                    folder=str(self.folder),
                    n=len(left_out),
                    claims=shown,
                )
            )

    def with_claims(self, new: Sequence[pa.Table]) -> pa.Table:
        """Return the claims and those of this run, in the order of the contract."""
        return _ordered([self.claims, *new], CLAIM_KEY_NAMES)

    def with_lines(self, new: Sequence[pa.Table]) -> pa.Table:
        """Return the lines and those of this run, in the order of the contract."""
        names = [*CLAIM_KEY_NAMES, "service_code"]
        return _ordered([self.claim_lines, *new], names)


def _cells(visits: Entries) -> Ints:
    """Write claim, session and day of each visit as one number."""
    return (visits.claim << _SESSION_BITS | visits.session) * (DAYS + 1) + visits.day


def _keys(claims: pa.Table) -> pa.StringArray:
    columns = [claims[name] for name in CLAIM_KEY_NAMES]
    return compute.binary_join_element_wise(*columns, " ").combine_chunks()


def _ordered(tables: Sequence[pa.Table], names: Sequence[str]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in names]).combine_chunks()

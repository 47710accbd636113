"""The claims of an earlier run, taken along by one that adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from chiiki_tsusho.claims.earlier_claims import EarlierClaims
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.records import record
from chiiki_tsusho.writing.run_record import InputFile, inputs_of, read_record
from chiiki_tsusho.writing.saved_results import Results, read_claims_and_lines


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

    @property
    def inputs(self) -> list[InputFile]:
        """Return the files that it was made from, as far as it says."""
        return inputs_of(read_record(self.folder), self.folder)

    @property
    def claimed(self) -> EarlierClaims:
        """Return what a run that adds to it has to know of it."""
        return EarlierClaims(self.folder, self.claims, self.held, self._ignored)

    @property
    def _ignored(self) -> frozenset[str]:
        """Return the columns that the run left unread; its held rows have them still."""
        options = (read_record(self.folder) or {}).get("options")
        columns = options.get("ignore_columns") if isinstance(options, dict) else None
        named = columns if isinstance(columns, list) else []
        return frozenset(one for one in named if isinstance(one, str))

    def with_claims(self, new: Sequence[pa.Table]) -> pa.Table:
        """Return the claims and those of this run, in the order of the contract."""
        return _ordered([self.claims, *new], CLAIM_KEY_NAMES)

    def with_lines(self, new: Sequence[pa.Table]) -> pa.Table:
        """Return the lines and those of this run, in the order of the contract."""
        names = [*CLAIM_KEY_NAMES, "service_code"]
        return _ordered([self.claim_lines, *new], names)


def _ordered(tables: Sequence[pa.Table], names: Sequence[str]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in names]).combine_chunks()

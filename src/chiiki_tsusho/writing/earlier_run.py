"""The claims of an earlier run, taken along by one that adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.claims.earlier_claims import EarlierClaims
from chiiki_tsusho.claims.held_before import HeldBefore
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.language import Counted, Text, first_named
from chiiki_tsusho.law.prices_and_limits import benefit_limits
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
        return EarlierClaims(self.claims, HeldBefore(self.held, self._ignored))

    @property
    def _ignored(self) -> frozenset[str]:
        """Return the columns that the run left unread; its held rows have them still."""
        options = (read_record(self.folder) or {}).get("options")
        columns = options.get("ignore_columns") if isinstance(options, dict) else None
        named = columns if isinstance(columns, list) else []
        return frozenset(one for one in named if isinstance(one, str))

    def notes_on(self, new: Sequence[pa.Table]) -> list[Text]:
        """Say which claims have less of a limit than the level of new ones gives their persons.

        They stay as they are: without their visits they cannot be computed anew.
        """
        persons = [name for name in CLAIM_KEY_NAMES if name != "provider_no"]
        levels = pa.concat_tables([self.claims[:0], *new]).group_by(persons)
        beyond = compute.greater(self.claims["managed_units"], self.claims["planned_units"])
        theirs = self.claims.filter(beyond).join(
            levels.aggregate([("care_level", "max")]), persons, join_type="inner"
        )
        limited = [
            " ".join(one[name] for name in CLAIM_KEY_NAMES)
            for one in theirs.to_pylist()
            # A plan may be of as many units; which it was they do not say.
            if one["planned_units"]
            in benefit_limits(int(one["service_month"]))[: one["care_level_max"] or 0]
        ]
        if not limited:
            return []
        return [
            Counted(
                "{n:,} claim in {folder} ({claims}) was cut at the limit of a lower care level "
                "than that of the rows added now, and the limit of a month is that of its highest "
                "level: compute the whole month again, unless the plan has as many units",
                "{n:,} claims in {folder} ({claims}) were cut at the limit of a lower care level "
                "than that of the rows added now, and the limit of a month is that of its highest "
                "level: compute the whole month again, unless the plans have as many units",
                len(limited),
                folder=str(self.folder),
                claims=first_named(sorted(limited)),
            )
        ]

    def joined(
        self, lines: Sequence[pa.Table], claims: Sequence[pa.Table]
    ) -> tuple[pa.Table, pa.Table]:
        """Return its lines and its claims with new ones, in the order of the contract."""
        return (
            _ordered([self.claim_lines, *lines], [*CLAIM_KEY_NAMES, "service_code"]),
            _ordered([self.claims, *claims], CLAIM_KEY_NAMES),
        )


def _ordered(tables: Sequence[pa.Table], names: Sequence[str]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in names]).combine_chunks()

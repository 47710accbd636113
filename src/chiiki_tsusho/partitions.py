"""One partition of the visits, with all rows of its providers: what one worker computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.parcels import Rows, open_parcels, placed
from chiiki_tsusho.problems import Once, Problems
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.threads import on_one_core
from chiiki_tsusho.writing.result_tables import FrameSink, read_frame


@dataclass(frozen=True)
class Shared:
    """What every partition needs: the code tables, the registers, what no visits look like."""

    book: CodeBook
    registers: Rosters
    nothing: Rows


@dataclass(frozen=True)
class PartitionResult:
    """The claims of a partition and what holds the others; ``held_visits`` indexed by line."""

    claim_lines: pd.DataFrame
    claims: pd.DataFrame
    problems: Problems
    held_visits: pd.DataFrame


def compute_part(rows: Rows, starts: Ints, shared: Shared) -> PartitionResult:
    """Compute the claims of a part as it stands.

    Parameters
    ----------
    rows : Rows
    starts : ndarray of int64, shape (parts,)
        The line on which each part begins.
    shared : Shared
    """
    return _computed(placed([rows], starts, shared.nothing), shared)


def compute_parcels(parcels: pd.DataFrame, starts: Ints, shared: Shared) -> PartitionResult:
    """Compute the claims of the rows in parcels."""
    return _computed(placed(open_parcels(parcels), starts, shared.nothing), shared)


def _computed(rows: Rows, shared: Shared) -> PartitionResult:
    """Compute claims on one core: a worker with several threads has as many partitions at work."""
    with on_one_core():
        run = BatchRun(rows.source(), None, None, shared.book, rosters=shared.registers)
        sink = FrameSink()
        run.run(sink)
        at = np.concatenate([np.zeros(0, dtype=np.int64), *sink.held_rows])
        [held] = rows.taken(at)
        return PartitionResult(
            read_frame(sink.line_tables, CLAIM_LINES),
            read_frame(sink.claim_tables, CLAIMS),
            run.problems,
            held_frame(held),
        )


def held_frame(rows: Rows) -> pd.DataFrame:
    """Return held rows indexed by their lines."""
    return rows.frame().set_index(pd.Index(rows.lines, name="line"))


def tellers(once: Sequence[set[Once]]) -> dict[Once, int]:
    """Say which partition tells what several may have found: the first of them."""
    return {what: at for at, own in reversed(list(enumerate(once))) for what in own}


def problem_frame(
    problems: Problems, told_by: dict[Once, int], partition: int, language: Language
) -> pd.DataFrame:
    """Write the problems that this partition has to tell."""
    elsewhere = {what for what, teller in told_by.items() if teller != partition}
    return problems.without(elsewhere).frame(language)


def write_part(
    frame: pd.DataFrame, path: Path, schema: pa.Schema | None, keep: bool
) -> Path | None:
    """Write a partition as a Parquet file, unless it is empty and need not be kept.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    if frame.empty and not keep:
        return None
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    try:
        path.parent.mkdir(exist_ok=True)
        parquet.write_table(table.replace_schema_metadata(), path, compression="zstd")
    except OSError as error:
        raise OutputError(
            Text(
                "{path}: cannot be written by a worker: {why}; every worker must see the folder "
                "under this path",
                path=path,
                why=error.strerror or str(error),
            )
        ) from error
    return path

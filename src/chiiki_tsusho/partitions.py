"""One partition of the visits, with all rows of its providers: what one worker computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from chiiki_tsusho.batch import BatchRun, FrameSink
from chiiki_tsusho.codes import CodeBook
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.messages import Language
from chiiki_tsusho.outputs import read_frame
from chiiki_tsusho.parcels import Rows, open_parcels, placed
from chiiki_tsusho.problems import Once, Problems
from chiiki_tsusho.reading import FrameSource
from chiiki_tsusho.registers import Registers
from chiiki_tsusho.registry import Ints
from chiiki_tsusho.words import Words
from chiiki_tsusho.workers import on_one_core


@dataclass(frozen=True)
class Shared:
    """What every partition needs: the code tables, the registers, the columns of the visits."""

    book: CodeBook
    registers: Registers
    empty: pd.DataFrame


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
    return _computed(placed([rows], starts, shared.empty), shared)


def compute_parcels(parcels: pd.DataFrame, starts: Ints, shared: Shared) -> PartitionResult:
    """Compute the claims of the rows in parcels."""
    return _computed(placed(open_parcels(parcels), starts, shared.empty), shared)


def _computed(rows: Rows, shared: Shared) -> PartitionResult:
    """Compute claims on one core: a worker with several threads has as many partitions at work."""
    with on_one_core():
        source = FrameSource(rows.frame, "visits", rows.lines)
        run = BatchRun(source, None, None, shared.book, registers=shared.registers)
        sink = FrameSink()
        run.run(sink)
    at = np.concatenate([np.zeros(0, dtype=np.int64), *sink.held_rows])
    held = rows.frame.iloc[at].set_index(_index(rows.lines[at]))
    if rows.malformed:
        for line, message, _ in rows.malformed:
            run.problems.add("visits", "", "", message, line)
        held = pd.concat([held, _malformed(rows)]).sort_index(kind="stable")
    return PartitionResult(
        read_frame(sink.line_tables, CLAIM_LINES),
        read_frame(sink.claim_tables, CLAIMS),
        run.problems,
        held,
    )


def held_columns(visits: pd.DataFrame) -> pd.DataFrame:
    """Return no held rows of visits like these."""
    return visits.iloc[:0].set_index(_index(np.zeros(0, dtype=np.int64)))


def _index(lines: Ints) -> pd.Index[int]:
    return pd.Index(lines, name="line")


def _malformed(rows: Rows) -> pd.DataFrame:
    """Put each line whose cells cannot be told apart whole into the first column."""
    lines = np.array([line for line, _, _ in rows.malformed], dtype=np.int64)
    cells = {name: [""] * len(lines) for name in rows.frame.columns}
    cells[rows.frame.columns[0]] = [text for _, _, text in rows.malformed]
    return pd.DataFrame(cells, dtype="str", index=_index(lines))


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
        parquet.write_table(table.replace_schema_metadata(), path, compression="zstd")
    except OSError as error:
        raise OutputError(
            Words(
                f"{path}: cannot be written by a worker: {error.strerror or error}; every worker "
                "must see the folder under this path",
                f"{path}: ワーカーから書き込めません({error.strerror or error})。"
                "すべてのワーカーから同じパスで見えるフォルダを指定してください",
            )
        ) from error
    return path

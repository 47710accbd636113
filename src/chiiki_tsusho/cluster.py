"""Claims on a Dask cluster: visits in partitions, every person computed whole on one worker.

Dask's own shuffle brings the rows of a person together, since one person shares one limit over
all providers; the engine of one machine computes each partition. Rows that do not say whose they
are may belong to any claim: they are held against the claims of all partitions, here. Needs the
extra ``dask`` (``pip install '.[dask]'`` in the checkout).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import parquet

try:
    import dask
    import dask.dataframe as dd
    from dask.delayed import Delayed, delayed
except ModuleNotFoundError as error:  # pragma: no cover
    raise ModuleNotFoundError(
        "chiiki_tsusho.cluster needs Dask: pip install '.[dask]' in the checkout", name=error.name
    ) from error

from chiiki_tsusho.arrow_arrays import named_at, parted
from chiiki_tsusho.batch import Batch
from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.run import BatchRun, Waiting
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.column_tables import read_frame, schema
from chiiki_tsusho.columns import (
    CLAIM_KEY_NAMES,
    CLAIM_LINES,
    CLAIMS,
    FILES,
    INSURER_PLACES,
    PROBLEMS,
)
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, OutputError, why_not
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.number_arrays import chained
from chiiki_tsusho.problems import Problems, ordered
from chiiki_tsusho.reading.block_decoder import BlockDecoder, decoders_of
from chiiki_tsusho.reading.blocks import FIRST_ROW_LINE
from chiiki_tsusho.reading.data_frame import FrameSource
from chiiki_tsusho.reading.inputs import Input, open_input
from chiiki_tsusho.reading.insured_numbers import pack_insured, unpack_insured
from chiiki_tsusho.reading.threads import on_one_core
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.writing.folders import new_folder
from chiiki_tsusho.writing.result_tables import FrameSink
from chiiki_tsusho.writing.run_record import OUTPUTS

# Columns of our own beside those of the visits; no heading is so named.
_LINE, _PERSON = " line", " person"
_NOBODY = ""


@dataclass(frozen=True)
class DaskBatch:
    """The claims of a batch as Dask DataFrames, computed when they are asked for.

    The columns and types are those of ``Batch``. Rows are ordered within a partition;
    ``to_batch`` orders them as a whole.

    Parameters
    ----------
    claim_lines, claims : dask.dataframe.DataFrame
        Ordered by the four identifying columns and the service code.
    problems : dask.dataframe.DataFrame
        One partition with all problems.
    held_visits : dask.dataframe.DataFrame
        In the order of the input within a partition; the index is the line of each row.
    """

    claim_lines: dd.DataFrame
    claims: dd.DataFrame
    problems: dd.DataFrame
    held_visits: dd.DataFrame

    def to_batch(self) -> Batch:
        """Compute everything and gather it: exactly what one machine computes.

        Returns
        -------
        Batch
        """
        lines, claims, problems, held = dask.compute(*self._frames())
        return Batch(
            lines.sort_values([*CLAIM_KEY_NAMES, "service_code"], ignore_index=True),
            claims.sort_values(CLAIM_KEY_NAMES, ignore_index=True),
            problems.reset_index(drop=True),
            held.sort_index(kind="stable").reset_index(drop=True),
        )

    def persist(self) -> DaskBatch:
        """Compute everything and keep it on the workers.

        Returns
        -------
        DaskBatch
            The same, of which any part is at hand without computing it again.
        """
        return DaskBatch(*dask.persist(*self._frames()))

    def to_parquet(self, folder: str | Path) -> None:
        """Compute everything into a folder of Parquet parts.

        Each of ``claim_lines``, ``claims``, ``problems`` and ``held_visits`` becomes a folder with
        a file for each partition. The workers write them; the folder appears when all are there.

        Parameters
        ----------
        folder : path-like
            New or empty; all workers must see it under this path.

        Raises
        ------
        OutputError
            The folder cannot be written, or is not empty; nothing is left there.
        """
        schemas = [schema(CLAIM_LINES), schema(CLAIMS), schema(PROBLEMS), None]
        with new_folder(Path(folder)) as work:
            writes = [
                delayed(_write_part)(part, work / name / f"part-{number:05}.parquet", of_frame)
                for name, frame, of_frame in zip(OUTPUTS, self._frames(), schemas, strict=True)
                for number, part in enumerate(frame.to_delayed())
            ]
            missing = [path for path in dask.compute(*writes) if not path.exists()]
            if missing:
                raise OutputError(
                    Text(
                        "{path}: was written by a worker and is not here; name a folder that all "
                        "machines share",
                        path=missing[0],
                    )
                )

    def _frames(self) -> tuple[dd.DataFrame, dd.DataFrame, dd.DataFrame, dd.DataFrame]:
        return self.claim_lines, self.claims, self.problems, self.held_visits


def compute_claims_dask(
    visits: dd.DataFrame,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
    *,
    npartitions: int | None = None,
) -> DaskBatch:
    """Compute the claims of a Dask DataFrame of visits, on the Dask cluster in use.

    The result is that of ``compute_claims`` for all partitions put together in their order. It is
    for visits that one machine cannot hold; one that can is faster without a cluster.

    Parameters
    ----------
    visits : dask DataFrame
        One row per visit, as for ``compute_claims``; from ``dask.dataframe.read_parquet`` or
        ``read_csv(dtype=str, keep_default_na=False)``. It is read twice: once for the number of
        its rows and the persons in it, once for the claims. ``persist`` it where reading is dear.
    providers, recipients : table, mapping or path-like, optional
        As for ``compute_claims``; read here and sent to every worker.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.
    npartitions : int, optional
        How many partitions the claims have; without it, as many as the visits.

    Returns
    -------
    DaskBatch

    Raises
    ------
    InputFileError
        A heading is unknown, doubled or missing, or visits is no Dask DataFrame.
    TableError
        ``codes`` is a file that fails a check.
    """
    if not isinstance(visits, dd.DataFrame):
        raise InputFileError(
            Text(
                "visits: a Dask DataFrame was expected; compute_claims takes everything that is in "
                "memory or in files as a whole"
            )
        )
    if npartitions is not None and npartitions < 1:
        raise ChiikiTsushoError(Text("npartitions: at least 1 was expected"))
    book = code_book(codes)
    nothing = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in visits.dtypes.items()})
    problems = Problems()
    sources = [
        None if given is None else open_input(given, name)
        for given, name in ((providers, "providers"), (recipients, "recipients"))
    ]
    identities = Identities()
    files = zip(FILES, [FrameSource(nothing, "visits"), *sources], strict=True)
    decoders = decoders_of(list(files), book, identities)
    rosters = Rosters.decoded(decoders[1:], identities, problems)
    shared = delayed(_Shared(book, rosters, language), traverse=False)
    parts = visits.to_delayed()
    starts = delayed(_first_lines)([delayed(len)(part) for part in parts])
    empty = nothing.assign(**{_LINE: pd.Series(dtype="int64"), _PERSON: pd.Series(dtype="str")})
    named = [delayed(_named)(part, starts, at, shared) for at, part in enumerate(parts)]
    # The rows of nobody take no part in the shuffle; every task may need them.
    nobody = delayed(_rows_of_nobody)(named)
    moved = _frame([delayed(_placed)(part) for part in named], empty, "visits").shuffle(
        _PERSON, npartitions=npartitions or len(parts)
    )
    placed = moved.to_delayed()
    keys = [delayed(_claim_keys)(part, nobody, shared) for part in placed]
    unplaced = delayed(_hold_unplaced)(nobody, keys, shared)
    known = delayed(_knowing_claims)(keys, shared)
    results = [delayed(_computed)(part, unplaced, known) for part in placed]
    of_rosters = problems.frame(language)
    all_problems = delayed(_gathered)(of_rosters, unplaced, results)
    held = nothing.set_index(pd.Index([], dtype="int64", name="line"))
    return DaskBatch(
        _frame([one.claim_lines for one in results], read_frame([], CLAIM_LINES), "claim-lines"),
        _frame([one.claims for one in results], read_frame([], CLAIMS), "claims"),
        _frame([all_problems], of_rosters.iloc[:0], "problems"),
        _frame([unplaced.held_visits, *(one.held_visits for one in results)], held, "held-visits"),
    )


@dataclass(frozen=True)
class _Shared:
    """What every partition needs: the code tables, the rosters, the language."""

    book: CodeBook
    rosters: Rosters
    language: Language


@dataclass(frozen=True)
class _PartitionResult:
    """The claims of a partition and what holds the others; ``held_visits`` indexed by line."""

    claim_lines: pd.DataFrame
    claims: pd.DataFrame
    problems: pd.DataFrame
    held_visits: pd.DataFrame


@dataclass(frozen=True)
class _UnplacedResult:
    """The rows of nobody, and the claims that wait for them."""

    problems: pd.DataFrame
    held_visits: pd.DataFrame
    waiting: Waiting


def _first_lines(lengths: Sequence[int]) -> list[int]:
    """Return the line on which each partition begins; the heading counts as line 1."""
    return [FIRST_ROW_LINE + sum(lengths[:at]) for at in range(len(lengths))]


def _named(frame: pd.DataFrame, starts: Sequence[int], at: int, shared: _Shared) -> pd.DataFrame:
    """Say of each row on which line it is and whose: insurer and insured number, or nobody."""
    identities = Identities()
    decoder = BlockDecoder(FrameSource(frame, "visits"), "visits", shared.book, identities)
    book = VisitBook(decoder, shared.book, None, identities)
    persons: list[pa.Array] = [pa.array([], pa.string())]
    for typed in book.retyped():
        who = book.identify(typed)
        insurers = named_at(identities.insurers.arrow, who.insurer)
        insurers = pc.utf8_lpad(insurers, INSURER_PLACES, "0")
        person = pc.binary_join_element_wise(insurers, unpack_insured(who.insured), " ")
        persons.append(pc.if_else(pa.array(who.named), person, _NOBODY))
    named = pa.concat_arrays([one.cast(pa.string()) for one in persons]).to_pandas()
    lines = np.arange(starts[at], starts[at] + len(frame), dtype=np.int64)
    return frame.assign(**{_LINE: lines, _PERSON: named.astype("str").to_numpy()})


def _placed(named: pd.DataFrame) -> pd.DataFrame:
    return named[named[_PERSON] != _NOBODY]


def _rows_of_nobody(named: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part[part[_PERSON] == _NOBODY] for part in named])


def _opened(
    part: pd.DataFrame, shared: _Shared, waiting: Waiting | None = None
) -> tuple[BatchRun, pd.DataFrame]:
    """Begin a batch of rows in the order of the visits; return it, and them as they were given."""
    part = part.sort_values(_LINE)
    frame = part.drop(columns=[_LINE, _PERSON])
    frame.index = pd.Index(part[_LINE], name="line")
    source = FrameSource(frame, "visits", part[_LINE].to_numpy())
    rosters = shared.rosters
    return BatchRun(source, None, None, shared.book, rosters=rosters, waiting=waiting), frame


def _claim_keys(part: pd.DataFrame, nobody: pd.DataFrame, shared: _Shared) -> pa.StringArray:
    """Return the key of every claim of a partition, if rows may belong to it or speak for it."""
    if nobody.empty and not shared.rosters.unread:
        return pa.array([], pa.string())
    return _opened(part, shared)[0].read_keys()


def _hold_unplaced(
    nobody: pd.DataFrame, keys: Sequence[pa.StringArray], shared: _Shared
) -> _UnplacedResult:
    """Hold the claims of all partitions that the rows of nobody may belong to."""
    run, frame = _opened(nobody, shared)
    sink = FrameSink()
    waiting = run.hold_for_unplaced(pa.chunked_array(keys, pa.string()).combine_chunks(), sink)
    problems = run.problems.frame(shared.language)
    return _UnplacedResult(problems, frame.iloc[chained(sink.held_rows)], waiting)


def _knowing_claims(keys: Sequence[pa.StringArray], shared: _Shared) -> _Shared:
    """Tell the rosters of whom there are claims in any of the partitions."""
    rosters = shared.rosters
    if not rosters.unread:
        return shared
    _, provider, insurer, insured = parted(pa.chunked_array(keys, pa.string()).combine_chunks(), 4)
    identities = rosters.identities.copy()
    whose = (
        identities.providers.ids(provider.to_pylist()),
        identities.insurers.ids(insurer.to_pylist()),
        pack_insured(insured),
    )
    return replace(shared, rosters=rosters.among(*whose))


def _computed(part: pd.DataFrame, unplaced: _UnplacedResult, shared: _Shared) -> _PartitionResult:
    """Compute claims on one core: a worker with several threads has as many partitions at work."""
    with on_one_core():
        run, frame = _opened(part, shared, unplaced.waiting)
        sink = FrameSink()
        run.run(sink)
        return _PartitionResult(
            read_frame(sink.line_tables, CLAIM_LINES),
            read_frame(sink.claim_tables, CLAIMS),
            run.problems.frame(shared.language),
            frame.iloc[chained(sink.held_rows)],
        )


def _gathered(
    rosters: pd.DataFrame, unplaced: _UnplacedResult, results: Sequence[_PartitionResult]
) -> pd.DataFrame:
    """Put all problems in order; what claims of several partitions meet is said once."""
    frames = [rosters, unplaced.problems, *(one.problems for one in results)]
    problems = pd.concat(frames, ignore_index=True).drop_duplicates(ignore_index=True)
    given_back = [unplaced.held_visits, *(one.held_visits for one in results)]
    held = np.sort(np.concatenate([one.index.to_numpy() for one in given_back]))
    line = problems["line"].to_numpy(dtype=np.int64, na_value=0)
    place = np.searchsorted(held, line)
    there = problems["held_line"].notna() & (np.append(held, 0)[place] == line)
    problems["held_line"] = pd.array(place + FIRST_ROW_LINE, "Int64")
    problems["held_line"] = problems["held_line"].where(there)
    problems = ordered(problems)
    # A number that several partitions have is said once, where it first stands.
    checked = problems["rule"] == "check_digit"
    again = checked & problems.duplicated(["rule", "column", "value"])
    return problems[~again].reset_index(drop=True)


def _write_part(frame: pd.DataFrame, path: Path, of_frame: pa.Schema | None) -> Path:
    """Write a partition as a Parquet file.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    table = pa.Table.from_pandas(frame, schema=of_frame, preserve_index=False)
    try:
        with suppress(FileExistsError):
            path.parent.mkdir()
        with path.open("wb") as stream:
            parquet.write_table(table.replace_schema_metadata(), stream, compression="zstd")
    except OSError as error:
        raise OutputError(
            Text(
                "{path}: cannot be written by a worker: {why}; every worker must see the folder "
                "under this path",
                path=path,
                why=why_not(error),
            )
        ) from error
    return path


def _frame(parts: Sequence[Delayed], empty: pd.DataFrame, name: str) -> dd.DataFrame:
    frame: dd.DataFrame = dd.from_delayed(parts, meta=empty, prefix=name, verify_meta=False)
    return frame

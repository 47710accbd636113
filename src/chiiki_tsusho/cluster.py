"""Claims on a Dask cluster: visits in partitions, each claim computed whole on one worker.

Rows are brought together by provider, so that no claim is split; within a partition the batch of
one machine computes them. Everything a worker does is in ``parts``, ``parcels`` and
``partitions``; here is only who does what, and when. Needs ``pip install 'chiiki-tsusho[dask]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

try:
    import dask
    import dask.dataframe as dd
    from dask.delayed import Delayed, delayed
except ModuleNotFoundError as error:  # pragma: no cover
    raise ModuleNotFoundError(
        "chiiki_tsusho.cluster needs Dask: pip install 'chiiki-tsusho[dask]'", name=error.name
    ) from error

from chiiki_tsusho.batch import Batch
from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.columns import CLAIM_KEY, CLAIM_LINES, CLAIMS, PROBLEMS, PROVIDER_NO
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, OutputError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.parcels import (
    FrameRows,
    Rows,
    first_lines,
    no_parcels,
    parcel_labels,
    provider_texts,
    refuse_torn,
    to_parcels,
)
from chiiki_tsusho.partitions import (
    Shared,
    compute_parcels,
    compute_part,
    held_frame,
    problem_frame,
    tellers,
    write_part,
)
from chiiki_tsusho.parts import FilePart, common_schema, no_rows, part_paths, survey
from chiiki_tsusho.problems import Problems, ordered
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.headings import match_headings
from chiiki_tsusho.reading.inputs import open_input
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.writing.folders import new_folder
from chiiki_tsusho.writing.result_tables import read_frame, schema
from chiiki_tsusho.writing.run_record import OUTPUTS

PathOrPaths = str | Path | Sequence[str | Path]
_KEY = [column.name for column in CLAIM_KEY]


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
        The first partition is what is wrong with providers and recipients as they stand.
    held_visits : dask.dataframe.DataFrame
        In the order of the input; the index is the line of each row.
    parts : DataFrame
        Where each file (or row groups of one) stands in the whole: ``path``, ``first_line``,
        ``lines``. Without rows where the visits were a Dask DataFrame.
    """

    claim_lines: dd.DataFrame
    claims: dd.DataFrame
    problems: dd.DataFrame
    held_visits: dd.DataFrame
    parts: pd.DataFrame

    def to_batch(self) -> Batch:
        """Compute everything and gather it: exactly what one machine computes.

        Returns
        -------
        Batch
        """
        lines, claims, problems, held = dask.compute(*self._frames())
        return Batch(
            lines.sort_values([*_KEY, "service_code"], ignore_index=True),
            claims.sort_values(_KEY, ignore_index=True),
            ordered(problems),
            held.sort_index(kind="stable").reset_index(drop=True),
        )

    def persist(self) -> DaskBatch:
        """Compute everything and keep it on the workers.

        Returns
        -------
        DaskBatch
            The same, of which any part is at hand without computing it again.
        """
        lines, claims, problems, held = dask.persist(*self._frames())
        return DaskBatch(lines, claims, problems, held, self.parts)

    def to_parquet(self, folder: str | Path) -> None:
        """Compute everything into a folder of Parquet parts.

        Each of ``claim_lines``, ``claims``, ``problems`` and ``held_visits`` becomes a folder with
        a file for each partition that has rows, at least one. The workers write them; the folder
        appears when all are there.

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
            writes = []
            for name, frame, of_frame in zip(OUTPUTS, self._frames(), schemas, strict=True):
                for number, part in enumerate(frame.to_delayed()):
                    path = work / name / f"part-{number:05}.parquet"
                    writes.append(delayed(write_part)(part, path, of_frame, keep=not number))
            missing = [path for path in dask.compute(*writes) if path and not path.exists()]
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
    visits: dd.DataFrame | PathOrPaths,
    providers: pd.DataFrame | str | Path | None = None,
    recipients: pd.DataFrame | str | Path | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
    *,
    shuffle: bool = True,
    npartitions: int | None = None,
    shuffle_method: str | None = None,
    encoding: str | None = None,
) -> DaskBatch:
    """Compute the claims of visits that lie in parts, on the Dask cluster in use.

    The result is that of ``compute_claims`` for all parts put together in their order; lines are
    counted there, the heading being line 1.

    Parameters
    ----------
    visits : dask DataFrame, path-like or sequence of path-like
        A Dask DataFrame; or CSV or Parquet files, patterns (``visits-*.csv``) and folders of them,
        which all workers must see.
    providers, recipients : DataFrame or path-like, optional
        As for ``compute_claims``; read here and sent to every worker.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        Of the messages.
    shuffle : bool
        Whether to bring the rows of each provider together. Without it the parts must be so
        already, which is verified.
    npartitions : int, optional
        Of the shuffled visits; as many as there are parts unless given.
    shuffle_method : str, optional
        As Dask's own; ``p2p`` where there is a distributed client, else ``tasks``.
    encoding : str, optional
        Of CSV files, ``utf-8`` or ``cp932``; without it both are tried.

    Returns
    -------
    DaskBatch

    Raises
    ------
    InputFileError
        A file cannot be read, a heading is unknown, doubled or missing, parts do not go together,
        or without a shuffle a provider is in two of them. Nothing is computed then.
    TableError
        ``codes`` is a file that fails a check.
    """
    if isinstance(visits, pd.DataFrame):
        raise InputFileError(
            Text(
                "visits: is in memory as a whole; use compute_claims, or make parts of it "
                "with dask.dataframe.from_pandas"
            )
        )
    if npartitions is not None and (npartitions < 1 or not shuffle):
        raise ChiikiTsushoError(
            Text(
                "npartitions: how many partitions to shuffle into, at least 1; parts that are "
                "not shuffled stay as they are"
            )
        )
    book = code_book(codes)
    if isinstance(visits, dd.DataFrame):
        given = _frame_parts(visits)
    else:
        given = _file_parts(visits, encoding, whole=not shuffle)
    columns = [one.column for one in match_headings(given.headings, "visits", book, given.shown)]
    provider_at = columns.index(PROVIDER_NO)
    problems = Problems()
    registers = Rosters.read(
        None if providers is None else open_input(providers, "providers", encoding),
        None if recipients is None else open_input(recipients, "recipients", encoding),
        book,
        Identities(),
        problems,
    )
    shared = _to_workers(Shared(book, registers, given.nothing))
    lengths = given.lengths
    if shuffle:
        partitions = npartitions or len(given.rows)
        shuffle = max(partitions, len(given.rows)) > 1
    else:
        lengths, texts = dask.compute(lengths, given.provider_texts(provider_at))
        refuse_torn(texts, given.names)
    starts: Ints | Delayed = delayed(first_lines)(lengths)
    if all(isinstance(length, int) for length in lengths):
        starts = first_lines(lengths)
    if shuffle:
        labels = parcel_labels(partitions)
        parcels = [delayed(to_parcels)(rows, provider_at, labels) for rows in given.rows]
        moved = _frame(parcels, no_parcels(), "parcels").shuffle(
            "label", npartitions=partitions, shuffle_method=shuffle_method or _shuffle_method()
        )
        results = [delayed(compute_parcels)(one, starts, shared) for one in moved.to_delayed()]
    else:
        results = [delayed(compute_part)(rows, starts, shared) for rows in given.rows]
    return _batch(results, problems, language, given)


def _batch(
    results: Sequence[Any], problems: Problems, language: Language, given: _Given
) -> DaskBatch:
    """Make frames of the results of the partitions; what the registers lack comes first."""
    found = [result.problems for result in results]
    told_by = delayed(tellers)([one.once for one in found])
    told = [
        delayed(problem_frame)(one, told_by, number, language) for number, one in enumerate(found)
    ]
    none = problems.frame(language)
    return DaskBatch(
        _frame([one.claim_lines for one in results], read_frame([], CLAIM_LINES), "claim-lines"),
        _frame([one.claims for one in results], read_frame([], CLAIMS), "claims"),
        _frame([delayed(none), *told], none.iloc[:0], "problems"),
        _frame([one.held_visits for one in results], held_frame(given.nothing), "held-visits"),
        given.table,
    )


@dataclass(frozen=True)
class _Given:
    """The parts of the visits, none of them read yet.

    Parameters
    ----------
    shown : str
        What to call the whole.
    headings : list of str
    nothing : Rows
        What they are where there are none.
    names : list of str
        What to call each part.
    rows : list of Delayed
        The rows of each part.
    lengths : list of int or of Delayed
        The lines each part takes.
    provider_texts : callable
        Takes the position of the provider number, gives for each part the providers in it.
    table : DataFrame
        ``DaskBatch.parts``.
    """

    shown: str
    headings: list[str]
    nothing: Rows
    names: list[str]
    rows: list[Delayed]
    lengths: list[Any]
    provider_texts: Callable[[int], list[Delayed]]
    table: pd.DataFrame


def _frame_parts(visits: dd.DataFrame) -> _Given:
    frames = visits.to_delayed()
    rows = [delayed(FrameRows.of_part)(frame, number) for number, frame in enumerate(frames)]
    return _Given(
        "visits",
        [str(name) for name in visits.columns],
        FrameRows.of_part(visits._meta, 0),
        [f"partition {number}" for number in range(len(frames))],
        rows,
        [delayed(len)(frame) for frame in frames],
        lambda column: [delayed(provider_texts)(one, column) for one in rows],
        _parts_table([], []),
    )


def _file_parts(visits: PathOrPaths, encoding: str | None, whole: bool) -> _Given:
    surveys = [delayed(survey)(path, encoding, whole) for path in part_paths(visits)]
    parts: list[FilePart] = [part for parts in dask.compute(*surveys) for part in parts]
    types = common_schema(parts)
    lengths = [part.lines for part in parts]
    return _Given(
        str(parts[0].path),
        list(parts[0].headings),
        no_rows(parts[0].headings, types),
        [str(part.path) for part in parts],
        [delayed(part.rows)(number, types) for number, part in enumerate(parts)],
        lengths,
        lambda column: [delayed(part.provider_texts)(column) for part in parts],
        _parts_table([str(part.path) for part in parts], lengths),
    )


def _parts_table(paths: list[str], lengths: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": pd.Series(paths, dtype="str"),
            "first_line": first_lines(lengths),
            "lines": pd.Series(lengths, dtype="int64"),
        }
    )


def _frame(parts: Sequence[Any], empty: pd.DataFrame, name: str) -> dd.DataFrame:
    frame: dd.DataFrame = dd.from_delayed(list(parts), meta=empty, prefix=name, verify_meta=False)
    return frame


def _client() -> Any:
    """Return the client of the cluster in use; None where Dask works in this process."""
    if dask.config.get("scheduler", None) not in (None, "dask.distributed", "distributed"):
        return None
    try:
        from distributed import default_client
    except ModuleNotFoundError:
        return None
    try:
        return default_client()
    except ValueError:
        return None


def _shuffle_method() -> str:
    given: str | None = dask.config.get("dataframe.shuffle.method", None)
    return given or ("tasks" if _client() is None else "p2p")


def _to_workers(shared: Shared) -> Any:
    """Send what every partition needs to every worker once, not with every task."""
    client = _client()
    if client is None:
        return delayed(shared, traverse=False)
    return client.scatter(shared, broadcast=True, hash=False)

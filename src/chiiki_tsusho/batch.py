"""Two doors to a batch: frames in, or files in; claims out, and by name whatever holds a claim."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import FILE_FORMATS, WAYS, FileFormat, Unplaced
from chiiki_tsusho.claims.results import Progress, Summary
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.column_tables import read_frame
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES, PROBLEMS
from chiiki_tsusho.errors import (
    InputFileError,
    OutputError,
    refuse_unknown,
    why_not,
)
from chiiki_tsusho.language import Counted, Language, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.problem_rows import ProblemTables
from chiiki_tsusho.reading.given_rows import held_frame
from chiiki_tsusho.reading.inputs import FileInput, Input, open_inputs, paths_of
from chiiki_tsusho.version import __version__
from chiiki_tsusho.whole_files import given_path, named_path
from chiiki_tsusho.writing.earlier_run import EarlierRun
from chiiki_tsusho.writing.folders import FolderSink, refuse_overwriting, write_tables
from chiiki_tsusho.writing.result_columns import claims_and_lines_of, frame_table
from chiiki_tsusho.writing.result_tables import FrameSink
from chiiki_tsusho.writing.run_record import (
    OUTPUTS,
    Digests,
    input_files,
    read_record,
    run_record,
    with_earlier,
)
from chiiki_tsusho.writing.saved_results import Results, read_claims_and_lines

if TYPE_CHECKING:
    import pandas as pd


_LOG = logging.getLogger("chiiki_tsusho")


@checked_call
@dataclass(frozen=True, eq=False, repr=False)
class Batch:
    """The claims of a batch and what holds the others. Two are equal where their content is.

    Parameters
    ----------
    claim_lines, claims, problems : DataFrame
        As the files of the same names; ordered by the four identifying columns and the service
        code, problems by file and line.
    held_visits : DataFrame
        The held rows of the visits given, in their order.
    attrs : mapping
        ``version`` of the program that computed it, and the ``table`` of codes.
    """

    claim_lines: pd.DataFrame
    claims: pd.DataFrame
    problems: pd.DataFrame
    held_visits: pd.DataFrame
    attrs: Mapping[str, str] = field(default_factory=lambda: {"version": __version__})

    def __repr__(self) -> str:
        try:
            return f"<Batch: {self.summary}>"
        except InputFileError as error:
            return f"<Batch: {error}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Batch):
            return NotImplemented
        return all(_same_cells(getattr(self, name), getattr(other, name)) for name in OUTPUTS)

    # Its frames can be changed.
    __hash__ = None  # type: ignore[assignment]

    @property
    def summary(self) -> Text:
        """The batch in a line: claims, units, yen, rows held.

        Raises
        ------
        InputFileError
            The claims were edited and have no such sums.
        """
        sums = [one for one in CLAIMS if one.name in ("total_units", "total_yen")]
        table = frame_table(self.claims, "claims", sums)
        units, yen = (compute.sum(table[one.name]).as_py() or 0 for one in sums)
        return Text(
            "{claims}, {units}, {yen:,} yen, {held}",
            claims=Counted("{n:,} claim", "{n:,} claims", len(self.claims)),
            units=Counted("{n:,} unit", "{n:,} units", units),
            yen=yen,
            held=Counted("{n:,} row held", "{n:,} rows held", len(self.held_visits)),
        )

    @checked_call
    def to_folder(self, folder: str | Path) -> Path:
        """Write the four tables as CSV files, as ``claim_files`` does; all of them or none.

        Parameters
        ----------
        folder : path-like
            Results that are there are replaced, and what was made from them is removed.

        Raises
        ------
        InputFileError
            A frame was edited: it lacks a column, or the claims and their lines do not agree.
        OutputError
            The folder cannot be written.
        """
        claims, lines = claims_and_lines_of(self.claims, self.claim_lines)
        held = pa.Table.from_pandas(self.held_visits.astype("str"), preserve_index=False)
        tables = {
            "claim_lines": lines,
            "claims": claims,
            "problems": frame_table(self.problems, "problems", PROBLEMS),
            # Large texts of pandas would pass for numbers: neither quoted nor kept from formulas.
            "held_visits": held.cast(
                pa.schema([(name, pa.string()) for name in held.column_names])
            ),
        }
        write_tables(folder, tables, of_run=True)
        return Path(folder)

    @checked_call
    def report(self, path: str | Path, language: Language = "en") -> Path:
        """Write a page about the batch (``write_report``), and return where it is."""
        # A room above this one, entered only when it is asked for.
        page = import_module("chiiki_tsusho.reports.page")
        try:
            holder = TemporaryDirectory()
        except OSError as error:
            raise OutputError(
                Text("there is no temporary folder to write to: {why}", why=why_not(error))
            ) from error
        with holder as folder:
            written: Path = page.write_report(
                self.to_folder(Path(folder) / "batch"), path, language
            )
        return written


@checked_call
@dataclass(frozen=True)
class FileBatch:
    """What a batch of files came to.

    Parameters
    ----------
    summary : Summary
        How many visits, claims and held rows there are, with the sums of units and yen.
    folder : Path
        Where the files are.
    problem_tables : ProblemTables
        As written to the folder, in tables of some rows each; ``problem_table`` is the same as one
        table and ``problems`` as a DataFrame.
    notes : tuple of Text
        What a user should know of how the files were read, and what claims of a month lack.
    """

    summary: Summary
    folder: Path
    problem_tables: ProblemTables
    notes: tuple[Text, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether rows were let pass that may belong to claims."""
        return ("unplaced_row", True) in self.problem_tables.counts()

    @cached_property
    def problem_table(self) -> pa.Table:
        """As written to the folder, in the order of file and line."""
        return self.problem_tables.table()

    @cached_property
    def problems(self) -> pd.DataFrame:
        """As written to the folder, in the order of file and line."""
        return read_frame([self.problem_table], PROBLEMS)


def results_of(batch: Batch | FileBatch | str | Path) -> tuple[pa.Table, pa.Table]:
    """Return claims and lines of a batch, or of the folder that has them.

    Raises
    ------
    InputFileError
        They cannot be read, or do not agree.
    """
    if isinstance(batch, Batch):
        return claims_and_lines_of(batch.claims, batch.claim_lines)
    folder = batch.folder if isinstance(batch, FileBatch) else given_path(batch)
    return read_claims_and_lines(Results.found(folder))


@checked_call
def compute_claims(
    visits: Input,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
    encoding: str | None = None,
    ignore_columns: Collection[str] = (),
    progress: Progress | None = None,
) -> Batch:
    """Compute the claims of all visits given.

    Parameters
    ----------
    visits : table, mapping or path-like
        One row per visit: the columns of a file of visits and the keys of additions, headings in
        English or Japanese. Identifiers are text. A table of pandas, polars, pyarrow or DuckDB,
        a mapping of columns, or what ``claim_files`` takes.
    providers, recipients : table, mapping or path-like, optional
        One row per provider or person, and month if they say so.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.
    encoding : str, optional
        The encoding of CSV files.
    ignore_columns : collection of str
        Headings of columns to be left unread.
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.

    Returns
    -------
    Batch
        Claims, and whatever holds the others. The frames given are not changed.

    Raises
    ------
    InputFileError
        A column is unknown, doubled or missing.
    TableError
        ``codes`` is a file that fails a check.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> visit = {
    ...     "provider_no": "1390000015",
    ...     "insurer_no": "139001",
    ...     "insured_no": "0000100011",
    ...     "service_date": "2016-04-01",
    ...     "care_level": 1,
    ...     "minutes": 240,
    ...     "bathing": 1,
    ... }
    >>> batch = ct.compute_claims(pd.DataFrame([visit]))
    >>> batch.claim_lines[["service_code", "units", "count", "service_units"]]
      service_code  units  count  service_units
    0       781241    426      1            426
    1       785301     50      1             50
    >>> batch.claims["total_units"].tolist()
    [476]
    """
    sources = open_inputs(visits, providers, recipients, encoding, ignore_columns)
    run = BatchRun(*sources, code_book(codes), progress)
    sink = FrameSink()
    _log(run.run(sink))
    return Batch(
        read_frame(sink.line_tables, CLAIM_LINES),
        read_frame(sink.claim_tables, CLAIMS),
        run.problems.frame(language),
        held_frame(sources[0], sink.held_rows),
        {"version": __version__, "table": _table_name(codes)},
    )


def _same_cells(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Say whether two tables have the same cells, whichever library's columns hold them."""
    if one.equals(other):
        return True
    if [*one.columns] != [*other.columns] or len(one) != len(other):
        return False
    plain, others = (
        table.reset_index(drop=True).astype(object).where(table.notna().to_numpy(), None)
        for table in (one, other)
    )
    return plain.equals(others)


def _table_name(codes: CodeBook | CodeTable | str | Path | None) -> str:
    if codes is None:
        return "service_codes.csv"
    return str(codes) if isinstance(codes, (str, Path)) else repr(codes)


def _log(summary: Summary) -> Summary:
    """Tell the log what was computed: numbers, and nothing of a person."""
    _LOG.info(
        "%d visits: %d claims, %d units, %d rows held",
        summary.visits,
        summary.claims,
        summary.units,
        summary.held_visits,
    )
    return summary


@checked_call
def claim_files(
    visits: FileInput,
    folder: str | Path | None = None,
    providers: FileInput | None = None,
    recipients: FileInput | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    file_format: FileFormat = "csv",
    encoding: str | None = None,
    language: Language = "en",
    progress: Progress | None = None,
    headings: Language = "en",
    replace: bool = False,
    ignore_columns: Collection[str] = (),
    unplaced: Unplaced = "hold",
    add_to: str | Path | None = None,
) -> FileBatch:
    """Compute the claims of a file of visits into a folder.

    Memory grows with claims, not with visits: the file is read in blocks.

    Parameters
    ----------
    visits, providers, recipients : path-like or sequence of path-like
        CSV (UTF-8, CP932 or UTF-16), Excel workbooks (``book.xlsx#sheet`` for another sheet than
        the first) or Parquet; several files of one kind, folders and patterns of them are one
        input.
    folder : path-like, optional
        Receives ``claim_lines``, ``claims``, ``problems``, ``held_visits`` and ``run.json``, all
        or none. Only with ``add_to`` it may be left out.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    file_format : {"csv", "xlsx", "parquet"}
        The format of the first three; ``held_visits`` keeps the format of the visits.
    encoding : str, optional
        The encoding of CSV inputs, ``utf-8``, ``cp932`` or ``utf-16``; without it all are tried.
    language : {"en", "ja"}
        The language of the messages.
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.
    headings : {"en", "ja"}
        Language of the headings of the first three files; ``held_visits`` keeps those of the
        visits.
    replace : bool
        Whether results of other inputs that are in the folder may be replaced. Those of the same
        visits always are.
    ignore_columns : collection of str
        Headings of columns to be left unread.
    unplaced : {"hold", "pass"}
        Whether a row that does not say whose it is holds the claims it may belong to, or is set
        aside with a warning.
    add_to : path-like, optional
        The folder of an earlier run whose held rows the visits are, corrected: its claims are
        taken along. Without ``folder`` the results are put there.

    Returns
    -------
    FileBatch

    Raises
    ------
    InputFileError
        An input cannot be read at all.
    OutputError
        The folder cannot be written; nothing is left there.
    TableError
        ``codes`` fails a check.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> done = ct.claim_files(
    ...     "examples/visits.csv",
    ...     "results",
    ...     "examples/providers.csv",
    ...     "examples/recipients.csv",
    ... )
    >>> done.summary.claims, done.summary.held_visits
    (27, 0)
    >>> sorted(path.name for path in done.folder.iterdir())
    ['claim_lines.csv', 'claims.csv', 'held_visits.csv', 'problems.csv', 'run.json']
    """
    refuse_unknown("file_format", file_format, FILE_FORMATS)
    # A slip of the pen must not let rows pass.
    refuse_unknown("unplaced", unplaced, WAYS)
    if folder is None and add_to is None:
        raise OutputError(
            Text(
                "no folder for the results is named; name one with -o, or with --add-to the one "
                "of an earlier run"
            )
        )
    earlier = None if add_to is None else EarlierRun.read(named_path(add_to))
    folder = named_path(add_to if folder is None and add_to is not None else folder or "")
    sources = open_inputs(visits, providers, recipients, encoding, ignore_columns)
    if sources[0].kind == "frame":
        raise InputFileError(
            Text("visits: claim_files reads files; give a table to compute_claims")
        )
    own_held = [] if earlier is None else [earlier.held.resolve()]
    paths = [path for path in paths_of(sources, codes) if path.resolve() not in own_held]
    refuse_overwriting(folder, paths)
    inputs = input_files(dict(zip(FILES, sources, strict=True)))
    digests = Digests([one.path for one in inputs])
    book = code_book(codes)
    claimed = None if earlier is None else earlier.claimed
    run = BatchRun(*sources, book, progress, unplaced=unplaced, earlier=claimed)
    options = {
        "unplaced": unplaced,
        "format": file_format,
        "encoding": encoding,
        "language": language,
        "headings": headings,
        "ignore_columns": sorted(ignore_columns),
    }
    added_there = earlier is not None and folder.resolve() == earlier.folder.resolve()
    replace |= added_there
    with FolderSink(folder, sources[0], file_format, headings, inputs, replace, earlier) as sink:
        summary = _log(run.run(sink))
        problems = run.problems.tables(language)
        record = run_record(folder, inputs, run.rows, options, summary, book.file, digests)
        if earlier is not None:
            record = with_earlier(record, read_record(earlier.folder), folder, earlier.folder)
        sink.finish(problems, record)
    return FileBatch(summary, folder, problems, (*run.notes, *sink.notes))

"""A batch from files to a folder: what the ``claim`` command does, as a function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from chiiki_tsusho.batch import BatchRun, Progress, Summary, code_book
from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_table import CodeBook, CodeTable
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.writing.folders import FileFormat, FolderSink, refuse_overwriting
from chiiki_tsusho.writing.result_tables import read_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FileBatch:
    """What a batch of files came to.

    Parameters
    ----------
    summary : Summary
    folder : Path
        Where the files are.
    problem_table : pyarrow.Table
        As written to the folder; ``problems`` is the same as a DataFrame.
    """

    summary: Summary
    folder: Path
    problem_table: pa.Table

    @cached_property
    def problems(self) -> pd.DataFrame:
        """As written to the folder, in the order of file and line."""
        return read_frame([self.problem_table], PROBLEMS)


def claim_files(
    visits: str | Path,
    folder: str | Path,
    providers: str | Path | None = None,
    recipients: str | Path | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    file_format: FileFormat = "csv",
    encoding: str | None = None,
    language: Language = "en",
    progress: Progress | None = None,
    headings: Language = "en",
) -> FileBatch:
    """Compute the claims of a file of visits into a folder.

    Memory grows with claims, not with visits: the file is read in blocks.

    Parameters
    ----------
    visits, providers, recipients : path-like
        CSV (UTF-8 or CP932) or Parquet.
    folder : path-like
        Receives ``claim_lines``, ``claims``, ``problems`` and ``held_visits``, all or none.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    file_format : {"csv", "parquet"}
        Of the first three; ``held_visits`` keeps the format of the visits.
    encoding : str, optional
        Of CSV inputs, ``utf-8`` or ``cp932``; without it both are tried.
    language : {"en", "ja"}
        Of the messages.
    progress : callable, optional
        Called with the stage, how much of it is done and how much there is.
    headings : {"en", "ja"}
        Of the first three files; ``held_visits`` keeps the headings of the visits.

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
    """
    folder = Path(folder)
    given = (visits, providers, recipients, codes)
    refuse_overwriting(folder, [Path(path) for path in given if isinstance(path, (str, Path))])
    source = open_source(visits, encoding)
    registers = [
        None if path is None else open_source(path, encoding) for path in (providers, recipients)
    ]
    run = BatchRun(source, registers[0], registers[1], code_book(codes), progress)
    with FolderSink(folder, source, file_format, headings) as sink:
        summary = run.run(sink)
        problems = run.problems.table(language)
        sink.finish(problems)
    return FileBatch(summary, folder, problems)

"""Whatever the caller gave, opened as one input: files, folders, patterns, frames."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chiiki_tsusho.errors import InputFileError, why_not
from chiiki_tsusho.language import Text, on_lines
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.cell_texts import folded
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.data_frame import FrameSource, as_frame
from chiiki_tsusho.reading.parquet_file import ParquetSource
from chiiki_tsusho.reading.several_files import SeveralSources
from chiiki_tsusho.whole_files import given_path

if TYPE_CHECKING:
    from chiiki_tsusho.reading.workbook_file import WorkbookSource


class ArrowTable(Protocol):
    """A table of any library that hands it over through Arrow: polars, pyarrow, DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the table."""


# A path or several of them.
FileInput = str | Path | Sequence[str | Path]
# Or a table of any library, or a mapping of columns.
Input = FileInput | Mapping[str, Any] | ArrowTable
# What a folder is searched for.
ENDINGS = (".csv", ".txt", ".parquet", ".xlsx", ".xlsm")
_NO_TABLE = Text("there is no CSV, Excel or Parquet file; check the path")
NO_CSV = Text("there is no CSV file; check the path")
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEET = re.compile(r"(.+\.xls[xm])#(.+)", re.IGNORECASE | re.DOTALL)


def open_input(
    given: Input | None,
    name: str,
    encoding: str | None = None,
    ignore_columns: Collection[str] = (),
) -> Source:
    """Open what the caller gave for one of the three inputs.

    Parameters
    ----------
    given : path-like, sequence of path-like, table or mapping
        Paths of files, folders and patterns (``visits-*.csv``), ``book.xlsx#sheet`` for a sheet of
        a workbook; or a table of pandas, polars, pyarrow or DuckDB; or a mapping of columns.
    name : str
        ``visits``, ``providers`` or ``recipients``: what a table is called in messages.
    encoding : str, optional
        The encoding of CSV files; without it UTF-8 and CP932 are tried, and UTF-16 is known by
        its mark.
    ignore_columns : collection of str
        Headings of columns to be left unread.

    Raises
    ------
    InputFileError
        There is no such file, it is none of these, or several do not go together.
    """
    source = _opened(given, name, encoding)
    source.ignored = frozenset(ignore_columns)
    return source


def _opened(given: Input | None, name: str, encoding: str | None) -> Source:
    if isinstance(given, (str, Path)):
        paths = list(files_meant(given))
    elif isinstance(given, (list, tuple)) and all(isinstance(one, (str, Path)) for one in given):
        paths = [path for one in given for path in files_meant(one)]
        if not paths:
            raise InputFileError(Text("{file}: no file is named", file=name))
    else:
        return FrameSource(as_frame(given, name), name)
    sources = [open_source(path, encoding) for path in paths]
    return sources[0] if len(sources) == 1 else SeveralSources(sources)


def open_inputs(
    visits: Input,
    providers: Input | None = None,
    recipients: Input | None = None,
    encoding: str | None = None,
    ignore_columns: Collection[str] = (),
) -> tuple[Source, Source | None, Source | None]:
    """Open the three inputs of a batch; providers and recipients may be left out.

    Raises
    ------
    InputFileError
        Names what is wrong with any of them; or a column that is to be left unread is in none.
    """
    given = {"visits": visits, "providers": providers, "recipients": recipients}
    sources: list[Source | None] = []
    faults: list[InputFileError] = []
    for name, one in given.items():
        if one is None and name != "visits":
            sources.append(None)
            continue
        try:
            sources.append(open_input(one, name, encoding, ignore_columns))
        except InputFileError as fault:
            faults.append(fault)
    if faults:
        raise InputFileError(on_lines(faults))
    _refuse_unknown(sources, ignore_columns)
    opened_visits, *rosters = sources
    assert opened_visits is not None
    return opened_visits, rosters[0], rosters[1]


def open_recipients(given: Input, ignore_columns: Collection[str] = ()) -> Source:
    """Open recipients alone.

    Raises
    ------
    InputFileError
        They cannot be read; or a column that is to be left unread is not there.
    """
    source = open_input(given, "recipients", ignore_columns=ignore_columns)
    _refuse_unknown([source], ignore_columns)
    return source


def _refuse_unknown(sources: Iterable[Source | None], ignore_columns: Collection[str]) -> None:
    there = {folded(heading) for one in sources if one is not None for heading in one.headings}
    unknown = [one for one in ignore_columns if folded(one) not in there]
    if unknown:
        raise InputFileError(
            Text("no file has the column {column!r} that is to be left unread", column=unknown[0])
        )


def paths_of(sources: Iterable[Source | None], codes: object = None) -> list[Path]:
    """Return the files that inputs, and a code table given as a path, are read from."""
    paths = [file.path for source in sources if source is not None for file in source.files]
    given = given_path(codes) if isinstance(codes, (str, Path)) else None
    return [path for path in (*paths, given) if path is not None]


def open_source(
    path: str | Path, encoding: str | None = None
) -> CsvSource | ParquetSource | WorkbookSource:
    """Open one input file, as what it holds and whatever its name is.

    Raises
    ------
    InputFileError
        There is no such file, or it is neither a CSV, a Parquet file nor an Excel workbook.
    """
    file, sheet = _sheet_of(path)
    try:
        if not stat.S_ISREG(os.stat(file).st_mode) and not file.is_dir():  # noqa: PTH116 (of what a link leads to)
            raise _fault(
                file, Text("is no regular file but a pipe or a device; save it as a file first")
            )
        with file.open("rb") as stream:
            start = stream.read(len(_OLE))
    except IsADirectoryError:
        raise _fault(file, Text("is a folder; a file was expected")) from None
    except FileNotFoundError:
        raise _fault(file, Text("there is no such file; check the path")) from None
    except OSError as error:
        raise _fault(file, Text("cannot be read: {why}", why=why_not(error))) from error
    if start[:4] == _PARQUET:
        return ParquetSource(file)
    if start[:4] == _ZIP:
        # Not every month is a workbook, and what reads one takes its time to load.
        from chiiki_tsusho.reading.workbook_file import WorkbookSource

        return WorkbookSource(file, sheet)
    if start == _OLE:
        raise _fault(
            file,
            Text(
                "is a workbook of Excel 97-2003 (.xls) or one locked by a password; save it "
                "without a password as an Excel workbook (.xlsx) or as CSV UTF-8"
            ),
        )
    return CsvSource(file, encoding)


def _fault(file: Path, fault: Text) -> InputFileError:
    return InputFileError(Text("{file}: {fault}", file=str(file), fault=fault))


def _sheet_of(path: str | Path) -> tuple[Path, str | None]:
    """Part the name of a sheet from the path of its workbook."""
    match = _SHEET.fullmatch(str(given_path(path)))
    if match is None or Path(path).exists():
        return Path(path), None
    return Path(match[1]), match[2]


def files_meant(
    given: str | Path, endings: Collection[str] = ENDINGS, none: Text = _NO_TABLE
) -> Iterator[str | Path]:
    """Yield the files a path stands for: itself, those of a folder, those of a pattern.

    The files of a folder or a pattern are in the order of their names, numbers in them as numbers.

    Parameters
    ----------
    given : path-like
    endings : collection of str
        How the names of the files of a folder end.
    none : Text
        What to say of a folder or a pattern without any.

    Raises
    ------
    InputFileError
        There is none.
    """
    path = given_path(given)
    if path.is_dir():
        found = [
            one
            for one in path.iterdir()
            if one.suffix.lower() in endings and not one.name.startswith((".", "_", "~$"))
        ]
    elif glob.has_magic(str(given)) and not path.exists():
        found = [Path(one) for one in glob.glob(str(given), recursive=True)]  # noqa: PTH207 (a Path has no root to search from)
    else:
        yield given
        return
    if not found:
        raise InputFileError(Text("{file}: {fault}", file=str(given), fault=none))
    yield from sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order part-2 before part-10."""
    return [
        (int(piece), "") if piece.isascii() and piece.isdigit() else (-1, piece)
        for piece in re.split(r"(\d+)", str(path))
    ]

"""The cells of a sheet of a workbook, row by row, whatever a file claims about its size."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError
from chiiki_tsusho.language import Text, quoted
from chiiki_tsusho.law.published_names import normal
from chiiki_tsusho.whole_files import read_whole

MEBIBYTE = 1 << 20
# The ministry's workbooks unpack to a few dozen MiB, of a few thousand rows and two dozen columns.
MOST_UNPACKED = 256 * MEBIBYTE
MOST_ROWS = 50_000
MOST_COLUMNS = 256
MOST_MERGES = 100_000
# No spreadsheet has more.
LAST_ROW = 1 << 20

Area = tuple[int, int, int]


@dataclass(frozen=True)
class CellRow:
    """A row with something in it: its number, its cells, and what is merged into it from above.

    Parameters
    ----------
    at : int
        Its number in the sheet.
    cells : tuple
        Cells of openpyxl, at most ``MOST_COLUMNS``.
    above : mapping of int to cell
        By column from 0, the first cell of each merged area that reaches down to this row.
    """

    at: int
    cells: tuple[Any, ...]
    above: dict[int, Any]


@contextmanager
def opened_sheet(path: Path, name: str) -> Iterator[Iterator[CellRow]]:
    """Open a sheet of a workbook, whose rows are read as they are asked for.

    Raises
    ------
    InputFileError
        The file is no workbook, is larger than any code table, or has no such sheet.
    """
    data = read_whole(path)
    _refuse_bomb(path, data)
    import openpyxl

    with _no_workbook(path), warnings.catch_warnings():
        # openpyxl warns of styles and validations it leaves out; no cell is lost by it.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = _sheet(path, book, name)
            sheet.reset_dimensions()
            # openpyxl does not say where its sheet stands in the archive but by this name.
            yield _rows(path, sheet, _merged(path, data, sheet._worksheet_path))
        finally:
            book.close()


def _refuse_bomb(path: Path, data: bytes) -> None:
    """Refuse what unpacks to more than any code table does."""
    with _no_workbook(path), ZipFile(BytesIO(data)) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
    if unpacked > MOST_UNPACKED:
        raise InputFileError(
            Text(
                "{path}: unpacks to {size:,} MiB; at most {most:,} MiB are read; save the sheet "
                "alone as a workbook of its own",
                path=str(path),
                size=unpacked // MEBIBYTE,
                most=MOST_UNPACKED // MEBIBYTE,
            )
        )


@contextmanager
def _no_workbook(path: Path) -> Iterator[None]:
    """Say of whatever a damaged file fails in (zip, XML, openpyxl) that it is no workbook."""
    try:
        yield
    except ChiikiTsushoError:
        raise
    except BadZipFile as error:
        raise InputFileError(_damaged(path, Text("it is no zip archive"))) from error
    except Exception as error:
        raise InputFileError(_damaged(path, " ".join(str(error).split())[:200])) from error


def _damaged(path: Path, why: str | Text) -> Text:
    return Text(
        "{path}: is no workbook that can be read ({why}); open it in a spreadsheet and save it as "
        ".xlsx without a password",
        path=str(path),
        why=why,
    )


def _sheet(path: Path, book: Any, name: str) -> Any:
    alike = [sheet for sheet in book.worksheets if normal(sheet.title) == normal(name)]
    if len(alike) > 1:
        raise InputFileError(
            Text(
                "{path}: {n} sheets are called {name!r}, blanks and width aside; keep the right "
                "one",
                path=str(path),
                n=len(alike),
                name=name,
            )
        )
    if alike and alike[0].sheet_state != "visible":
        raise InputFileError(
            Text(
                "{path}: the sheet {name!r} is hidden; if it is the one in force, unhide it, else "
                "name another with --sheet",
                path=str(path),
                name=alike[0].title,
            )
        )
    if alike:
        return alike[0]
    titles = [sheet.title for sheet in book.worksheets]
    near = get_close_matches(name, titles, n=1)
    facts: dict[str, object] = {"path": str(path), "name": name, "titles": quoted(titles)}
    if near:
        raise InputFileError(
            Text(
                "{path}: no sheet {name!r}; the nearest is {near!r} (its sheets are {titles}); "
                "name the sheet of the code table with --sheet",
                near=near[0],
                **facts,
            )
        )
    raise InputFileError(
        Text(
            "{path}: no sheet {name!r}; its sheets are {titles}; take the workbook of "
            "地域密着型サービス, or name the sheet of the code table with --sheet",
            **facts,
        )
    )


def _merged(path: Path, data: bytes, part: str) -> dict[int, list[Area]]:
    """Read the merged areas of a sheet that reach below their first row.

    Returns
    -------
    dict of int to list of (first column from 0, first row, last row)
        By first row.
    """
    from openpyxl.utils import range_boundaries

    merged: dict[int, list[Area]] = {}
    count = 0
    with ZipFile(BytesIO(data)) as archive, archive.open(part) as stream:
        for _, element in ElementTree.iterparse(stream):
            if element.tag.rpartition("}")[2] == "mergeCell":
                left, top, _, bottom = range_boundaries(element.get("ref", ""))
                if left is None or top is None or bottom is None:
                    continue
                count += 1
                if bottom > top and left <= MOST_COLUMNS:
                    merged.setdefault(top, []).append((left - 1, top, bottom))
            element.clear()
            if count > MOST_MERGES:
                raise InputFileError(
                    Text(
                        "{path}: more than {most:,} merged areas in the sheet; take out those that "
                        "are not of the code table",
                        path=str(path),
                        most=MOST_MERGES,
                    )
                )
    return merged


def _rows(path: Path, sheet: Any, merged: dict[int, list[Area]]) -> Iterator[CellRow]:
    """Yield the rows with something in them, each with what reaches down to it."""
    reaching: dict[int, tuple[int, Any]] = {}
    nothing: tuple[Any, ...] | None = None
    filled = 0
    for at, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if at > LAST_ROW:
            break
        # The library has one empty row for all the rows a file leaves out.
        if cells is not nothing:
            if all(cell.value is None for cell in cells):
                nothing = cells
            else:
                filled += 1
                if filled > MOST_ROWS:
                    raise InputFileError(
                        Text(
                            "{path}: more than {most:,} rows of the sheet hold something; take out "
                            "those that are not of the code table",
                            path=str(path),
                            most=MOST_ROWS,
                        )
                    )
                above = {column: cell for column, (last, cell) in reaching.items() if at <= last}
                yield CellRow(at, cells, above)
        for column, _, last in merged.get(at, ()):
            reaching[column] = (last, cells[column] if column < len(cells) else None)

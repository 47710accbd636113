"""The rows of a small CP932 file: free text in quotation marks may hold commas and line breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chiiki_tsusho.csv_rows import CsvRowError, csv_rows
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.exchange_files.line_cells import ENCODING
from chiiki_tsusho.language import Text
from chiiki_tsusho.whole_files import read_whole


def cp932_rows(path: Path, otherwise: Text) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row begins on, and its cells without blanks around them.

    Parameters
    ----------
    path : Path
    otherwise : Text
        What to say of a file in another encoding.

    Raises
    ------
    InputFileError
        The file cannot be read or is in another encoding; a quotation mark is left open, which
        would take the lines below for text of one cell; a cell is longer than any is.
    """
    try:
        text = read_whole(path).decode(ENCODING)
    except UnicodeDecodeError as error:
        raise InputFileError(otherwise) from error
    try:
        for line, cells in csv_rows(text):
            if cells:
                yield line, [cell.strip() for cell in cells]
    except CsvRowError as error:
        raise InputFileError(
            Text("{path}: line {line}: {fault}", path=path, line=error.line, fault=error.fault)
        ) from error

"""The rows of a small CP932 file: free text in quotation marks may hold commas and line breaks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

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
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    first = 1
    try:
        for cells in reader:
            if cells:
                yield first, [cell.strip() for cell in cells]
            first = reader.line_num + 1
    except csv.Error as error:
        raise InputFileError(
            Text("{path}: line {line}: {fault}", path=path, line=first, fault=_fault(error))
        ) from error


def _fault(error: csv.Error) -> Text:
    """Say in words of our own why the cells of a row cannot be told apart."""
    why = str(error)
    if "unexpected end of data" in why:
        return Text("a quotation mark is opened and not closed; put the quotation marks right")
    if "field limit" in why:
        return Text(
            "a cell has more than {most:,} characters; the line is damaged",
            most=csv.field_size_limit(),
        )
    return Text("there is text behind a closed quotation mark; put the quotation marks right")

"""The rows of a CSV text, each with the line it begins on, and why a row is none; and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from chiiki_tsusho.language import Text


class CsvRowError(Exception):
    """A row whose cells cannot be told apart.

    Parameters
    ----------
    line : int
        On which it begins.
    fault : Text
    left_open : bool
        Whether the text ends within quotation marks: what follows it may be of this row.
    """

    def __init__(self, line: int, fault: Text, left_open: bool) -> None:
        super().__init__(line, fault, left_open)
        self.line = line
        self.fault = fault
        self.left_open = left_open


def csv_rows(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the line a row begins on and its cells; blank lines have none.

    Raises
    ------
    CsvRowError
        A quotation mark is left open, which would take the lines below for text of one cell, or
        has text behind it; a cell is longer than any is.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        why = str(error)
        left_open = "unexpected end of data" in why
        if left_open:
            fault = Text("a quotation mark is opened and not closed; put the quotation marks right")
        elif "field larger" in why:
            fault = Text(
                "a cell has more than {most:,} characters; the line is damaged",
                most=csv.field_size_limit(),
            )
        else:
            fault = Text(
                "there is text behind a closed quotation mark; put the quotation marks right"
            )
        raise CsvRowError(line, fault, left_open) from error


def csv_text(rows: Iterable[Iterable[object]], line_end: str = "\r\n") -> str:
    """Write rows as a CSV; what is None is blank."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue()

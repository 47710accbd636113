"""Cells that end the reading of a whole input, and where each of them stands."""

from __future__ import annotations

from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.reading.blocks import Source, line_of_file


def cell_fault(source: Source, line: int, column: str, heading: str, message: Sayable) -> Text:
    """Say what is wrong with a cell, and in which file, line and column it stands."""
    file, at_line = line_of_file(source.files, line)
    return Text(
        "{file}: line {line}, {column} ({heading}): {message}",
        file=file.shown,
        line=at_line,
        column=column,
        heading=heading,
        message=message,
    )

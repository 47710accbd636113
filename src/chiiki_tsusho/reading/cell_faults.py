"""Cells that end the reading of a whole input: where each stands, and all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from chiiki_tsusho.language import Sayable, Text, on_lines
from chiiki_tsusho.reading.blocks import Source, line_of_file

FAULTS_SHOWN = 20


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


def all_faults(shown: str | Sayable, faults: Sequence[Sayable]) -> Sayable:
    """Write the faults of an input as one message, the first ones in full."""
    told = list(faults[:FAULTS_SHOWN])
    if len(faults) > FAULTS_SHOWN:
        more = len(faults) - FAULTS_SHOWN
        told.append(Text("{file}: and {more} more faults", file=shown, more=more))
    return on_lines(told)

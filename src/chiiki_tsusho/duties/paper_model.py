"""A paper: paragraphs, and tables whose cells may span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of one size; ``points`` is that of its letters, ``after`` the space below."""

    text: str = ""
    align: Align = "left"
    points: float = 10.5
    bold: bool = False
    after: float = 0
    indent: float = 0


@dataclass(frozen=True)
class Cell:
    """A cell of a table, over so many columns and rows."""

    text: str = ""
    columns: int = 1
    rows: int = 1
    align: Align = "left"
    head: bool = False
    points: float = 10


@dataclass(frozen=True)
class Table:
    """A table: the width of each column in millimetres, and its rows.

    A row holds the cells that begin in it; ``heights`` are the least heights in millimetres.
    """

    widths: Sequence[float]
    rows: Sequence[Sequence[Cell]]
    heights: Sequence[float] = ()
    align: Align = "center"


def form(
    widths: tuple[float, float],
    rows: Iterable[tuple[str, str]],
    heights: Sequence[float],
    align: Align = "center",
) -> Table:
    """Return a table of headed lines: what is asked, and what is told or still to be written."""
    cells = [[Cell(head, head=True, align="center"), Cell(text)] for head, text in rows]
    return Table(widths, cells, heights, align)


@dataclass(frozen=True)
class PageBreak:
    """What follows stands on a new page."""


Block = Paragraph | Table | PageBreak


@dataclass(frozen=True)
class Paper:
    """A paper with its title (for the properties of the file) and its blocks in order."""

    title: str
    blocks: list[Block] = field(default_factory=list)

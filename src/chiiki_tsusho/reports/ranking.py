"""The largest rows of a table, what the others come to, and the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chiiki_tsusho.records import record
from chiiki_tsusho.reports.number_table import NumberTable

Record = dict[str, Any]


@record
class Ranked:
    """The first rows of a table, what the others come to, and the whole.

    Parameters
    ----------
    rows : list of Record
    more : int
        How many others there are.
    rest, whole : Record
        Sums of the others, and of all.
    table : NumberTable
        All of them, in the same order.
    """

    rows: list[Record]
    more: int
    rest: Record
    whole: Record
    table: NumberTable


def first_rows(table: NumberTable, most: int, measures: Sequence[str]) -> Ranked:
    """Take the first rows of a table and add up the others."""
    rest = table.take(slice(most, None))
    return Ranked(
        table.take(slice(most)).records(),
        len(rest),
        sums(rest, measures),
        sums(table, measures),
        table,
    )


def largest_rows(
    table: NumberTable, order: tuple[str, str], most: int, measures: Sequence[str]
) -> Ranked:
    """Put the largest first; what is equal stands in the order of its name."""
    largest, name = order
    return first_rows(table.take(np.lexsort((table.order(name), -table[largest]))), most, measures)


def sums(table: NumberTable, measures: Sequence[str]) -> Record:
    """Add up columns."""
    return {name: int(table[name].sum()) for name in measures}

"""The largest rows of a table, what the others come to, and the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Record = dict[str, Any]


@dataclass(frozen=True)
class Ranked:
    """The first rows of a table, what the others come to, and the whole.

    Parameters
    ----------
    rows : list of Record
    more : int
        How many others there are.
    rest, whole : Record
        Sums of the others, and of all.
    frame : DataFrame
        All of them, in the same order.
    """

    rows: list[Record]
    more: int
    rest: Record
    whole: Record
    frame: pd.DataFrame


def first_rows(frame: pd.DataFrame, most: int, measures: Sequence[str] | None = None) -> Ranked:
    """Take the first rows of a table and add up the others."""
    if measures is None:
        measures = [one for one in frame.columns if frame[one].dtype == "int64"]
    rest = frame.iloc[most:]
    return Ranked(
        records(frame.head(most)),
        len(rest),
        sums(rest, measures),
        sums(frame, measures),
        frame,
    )


def largest_rows(
    frame: pd.DataFrame, order: tuple[str, str], most: int, measures: Sequence[str] | None = None
) -> Ranked:
    """Put the largest first; what is equal stands in the order of its name."""
    largest, name = order
    frame = frame.sort_values(name, key=lambda names: names.astype(str), kind="stable")
    frame = frame.sort_values(largest, ascending=False, kind="stable")
    return first_rows(frame, most, measures)


def sums(frame: pd.DataFrame, measures: Sequence[str]) -> Record:
    """Add up columns of whole numbers."""
    return {name: int(frame[name].sum()) for name in measures}


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a small table."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]

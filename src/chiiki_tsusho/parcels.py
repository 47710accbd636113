"""Rows of visits on their way between machines, each with its line in the whole.

The whole is all parts one after the other under one heading, which is its line 1.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.messages import Message
from chiiki_tsusho.parsing import PARSERS, Decoder
from chiiki_tsusho.reading import FIRST_ROW_LINE, FrameSource
from chiiki_tsusho.registry import Ints
from chiiki_tsusho.words import Words

PARCEL_TYPES: dict[str, Any] = {"label": "str", "parcel": pd.ArrowDtype(pa.large_binary())}
# The ledger keeps the first line of each claim in 32 bits.
_LAST_LINE = int(np.iinfo(np.int32).max)
_NAMED = 5


@dataclass(frozen=True)
class Rows:
    """Some rows of the visits.

    Parameters
    ----------
    frame : DataFrame
    lines : ndarray of int64
        Of each row: how many lines of its part, and later of the whole, are before it.
    malformed : list of (line, Message, text)
        Lines whose cells cannot be told apart; they are not in the frame.
    part : int
        The number of the part.
    """

    frame: pd.DataFrame
    lines: Ints
    malformed: list[tuple[int, Message, str]]
    part: int


def rows_of_frame(frame: pd.DataFrame, part: int) -> Rows:
    """Take a frame as a part."""
    return Rows(frame, np.arange(len(frame)), [], part)


def placed(rows: Sequence[Rows], first_lines: Ints, empty: pd.DataFrame) -> Rows:
    """Put rows of several parts together in the order of the whole, each with its line there.

    Parameters
    ----------
    rows : sequence of Rows
    first_lines : ndarray of int64, shape (parts,)
        The line on which each part begins.
    empty : DataFrame
        What the frame is where there are no rows.
    """
    frames = [one.frame for one in rows if len(one.frame)]
    lines = np.concatenate(
        [np.zeros(0, dtype=np.int64), *(one.lines + first_lines[one.part] for one in rows)]
    )
    malformed = [
        (line + int(first_lines[one.part]), message, text)
        for one in rows
        for line, message, text in one.malformed
    ]
    frame = pd.concat(frames, ignore_index=True) if frames else empty
    order = np.argsort(lines, kind="stable")
    if (np.diff(order) != 1).any():
        frame, lines = frame.take(order), lines[order]
    return Rows(frame, lines, sorted(malformed, key=lambda one: one[0]), part=0)


def first_lines(counts: Sequence[int]) -> Ints:
    """Return the line of the whole on which each part begins.

    Raises
    ------
    InputFileError
        There are more lines than can be told apart.
    """
    ends = FIRST_ROW_LINE + np.cumsum([0, *counts], dtype=np.int64)
    if ends[-1] > _LAST_LINE:
        raise InputFileError(
            Words(
                f"visits: {ends[-1] - FIRST_ROW_LINE} rows; at most {_LAST_LINE} can be computed "
                "at once: compute some providers at a time",
                f"visits: {ends[-1] - FIRST_ROW_LINE}行あります。一度に計算できるのは{_LAST_LINE}行"
                "までです。事業所を分けて計算してください",
            )
        )
    return ends[:-1]


def provider_texts(frame: pd.DataFrame, column: int) -> list[str]:
    """Return the distinct provider numbers of a column, those that can be read."""
    texts = FrameSource(frame, "visits").texts(column).texts.to_pylist()
    values = Decoder(PARSERS["provider_no"]).values(texts)
    return [text for text, value in zip(texts, values, strict=True) if value >= 0]


def refuse_torn(providers: Sequence[list[str]], shown: Sequence[str]) -> None:
    """Refuse parts that share a provider.

    Parameters
    ----------
    providers : sequence of list of str
        The providers of each part.
    shown : sequence of str
        What to call each part.

    Raises
    ------
    InputFileError
        Names the providers and the parts.
    """
    homes: dict[str, int] = {}
    torn: dict[str, tuple[str, str]] = {}
    for part, own in enumerate(providers):
        for provider in own:
            home = homes.setdefault(provider, part)
            if home != part:
                torn.setdefault(provider, (shown[home], shown[part]))
    if not torn:
        return
    named = list(torn.items())[:_NAMED]
    more = len(torn) - len(named)
    raise InputFileError(
        Words(
            "visits: "
            + "; ".join(f"provider {no} is in {one} and in {two}" for no, (one, two) in named)
            + (f"; so are {more} more in two parts" if more else "")
            + ": a claim would be split; let shuffle=True bring them together",
            "visits: "
            + "、".join(f"事業所{no}が{one}と{two}の両方" for no, (one, two) in named)
            + (f"、ほか{more}事業所も複数の部分" if more else "")
            + "にあり、請求が分割されます。shuffle=True でまとめてください",
        )
    )


def parcel_labels(partitions: int) -> list[str]:
    """Return a text for each partition, by whose hash Dask sends a row there."""
    labels: list[str] = [""] * partitions
    wanted, first = partitions, 0
    while wanted:
        candidates = pd.DataFrame({"label": np.arange(first, first + 64).astype(str)}, dtype="str")
        hashes = pd.util.hash_pandas_object(candidates, index=False).to_numpy()
        for label, partition in zip(candidates["label"], hashes % partitions, strict=True):
            if not labels[int(partition)]:
                labels[int(partition)] = label
                wanted -= 1
        first += 64
    return labels


def to_parcels(rows: Rows, column: int, labels: Sequence[str]) -> pd.DataFrame:
    """Cut rows into one parcel for each partition, by the text of their provider.

    A parcel is a single cell: however Dask moves it, the types of the frame in it stay.

    Parameters
    ----------
    rows : Rows
    column : int
        The position of the provider number.
    labels : sequence of str
        From ``parcel_labels``.

    Returns
    -------
    DataFrame
        Columns ``label`` and ``parcel``.
    """
    texts = FrameSource(rows.frame, "visits").texts(column)
    hashes = pd.util.hash_array(np.array(texts.texts.to_pylist(), dtype=object))
    target = (hashes % len(labels)).astype(np.int64)
    if texts.positions is not None:
        target = target[texts.positions]
    order = np.argsort(target, kind="stable")
    cuts = np.searchsorted(target[order], np.arange(1, len(labels)))
    parcels: dict[str, bytes] = {}
    for partition, at in enumerate(np.split(order, cuts)):
        malformed = rows.malformed if partition == rows.part % len(labels) else []
        if len(at) or malformed:
            own = Rows(rows.frame.take(at), rows.lines[at], malformed, rows.part)
            parcels[labels[partition]] = pickle.dumps(own, protocol=5)
    cells = {"label": list(parcels), "parcel": list(parcels.values())}
    return pd.DataFrame(cells, dtype=object).astype(PARCEL_TYPES)


def no_parcels() -> pd.DataFrame:
    """Return the frame of no parcels."""
    return pd.DataFrame(columns=list(PARCEL_TYPES), dtype=object).astype(PARCEL_TYPES)


def open_parcels(parcels: pd.DataFrame) -> list[Rows]:
    """Return the rows in parcels."""
    return [pickle.loads(parcel) for parcel in parcels["parcel"]]

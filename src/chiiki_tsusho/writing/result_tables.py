"""Results as tables: the columns of the contract, as Arrow for files and as pandas for callers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, Column
from chiiki_tsusho.language import Language
from chiiki_tsusho.not_known import UNKNOWN


def headings_in(columns: Sequence[Column], language: Language) -> list[str]:
    """Return the headings of a file in a language."""
    return [column.called.say(language) for column in columns]


LINES_SCHEMA, CLAIMS_SCHEMA = schema(CLAIM_LINES), schema(CLAIMS)


def line_table(priced: Priced) -> pa.Table:
    """Write the lines of claims; a line whose units come to 0 is not written."""
    lines = priced.lines
    filled = (lines.service_units.T != 0) & priced.written
    place = np.flatnonzero(filled)
    column = np.repeat(np.arange(len(filled)), np.count_nonzero(filled, axis=1))
    claim = place - column * filled.shape[1]
    # From code by code to claim by claim; NumPy sorts 16 bits by counting.
    narrow = np.uint16 if filled.shape[1] <= 1 << 16 else np.int64
    order = np.argsort(claim.astype(narrow), kind="stable")
    place, claim, column = place[order], claim[order], column[order]
    items = lines.items[column]
    counts, service_units = (one.T.ravel()[place] for one in (lines.counts, lines.service_units))
    rated = np.array([row.kind == "rate" for row in lines.table.rows])[items]
    units = np.where(rated, service_units, lines.table.row_units[items])
    codes = of_texts(lines.table.service_codes.tolist()).take(of_numbers(items))
    managed = lines.managed[column].astype(np.int64)
    none = np.zeros(len(claim), dtype=np.int64)
    public = (none, none) if lines.public is None else lines.public.of(claim, column)
    return pa.Table.from_arrays(
        [
            *priced.names.columns(claim),
            codes,
            *(of_numbers(values) for values in (units, counts, service_units, managed, *public)),
        ],
        schema=LINES_SCHEMA,
    )


def claim_table(priced: Priced) -> pa.Table:
    """Write the totals of claims."""
    at = np.flatnonzero(priced.written)
    level = np.where(priced.care_level > 0, priced.care_level, UNKNOWN)
    totals = {"care_level": level, "visits": priced.visits, "days": priced.days}
    arrays = list(priced.names.columns(at))
    for column in CLAIMS[len(arrays) :]:
        values = totals.get(column.name)
        if values is None:
            values = getattr(priced.settlement, column.name)
        values = values[at]
        blank = values == UNKNOWN if column.kind == "whole_or_blank" else None
        arrays.append(of_numbers(values, blank))
    return pa.Table.from_arrays(arrays, schema=CLAIMS_SCHEMA)


class FrameSink:
    """Keeps the results of a batch in memory."""

    def __init__(self) -> None:
        self.line_tables: list[pa.Table] = []
        self.claim_tables: list[pa.Table] = []
        self.held_rows: list[Any] = []

    def formed(self, priced: Priced) -> tuple[pa.Table, pa.Table]:
        """Turn claims and their lines into tables."""
        return line_table(priced), claim_table(priced)

    def claims(self, formed: tuple[pa.Table, pa.Table]) -> None:
        """Take some claims and their lines."""
        lines, claims = formed
        self.line_tables.append(lines)
        self.claim_tables.append(claims)

    def held(self, rows: Any) -> None:
        """Take some held rows."""
        self.held_rows.append(rows)

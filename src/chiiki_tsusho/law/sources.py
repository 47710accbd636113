"""Where the figures come from: the documents of data/sources.csv, and the places of law to cite."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import StringConstraints

from chiiki_tsusho.language import Name, Sayable, Text
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.table_files import (
    Filled,
    Month,
    TableRow,
    dated_rows,
    law_file,
    typed_table,
)


class SourceRow(TableRow):
    """A row of data/sources.csv: a document, and what it establishes.

    ``strength`` is ``high`` for a printed table, an official text or two independent sources, and
    ``medium`` for one of these.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    title_en: Filled
    title_ja: Filled
    date: Filled
    address: Filled
    strength: Literal["high", "medium"]
    establishes_en: Filled
    establishes_ja: Filled


class PlaceRow(TableRow):
    """A row of data/law_places.csv: where a rule stands in the law in some months.

    ``rule`` is the key of an addition or rate; ``base`` or ``addition`` for every other row of
    the table; or the name of a step that all rows share.
    """

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    valid_from: Month
    valid_to: Month
    place: Filled


Rule = Literal[
    "short_hours", "shortfall", "reduction", "extension", "rounding", "limit", "claim_form"
]


@cache
def source_rows() -> dict[str, SourceRow]:
    """Load the documents by their ids."""
    return {one.row.id: one.row for one in typed_table(law_file("sources.csv"), SourceRow)}


@cache
def place_rows() -> tuple[PlaceRow, ...]:
    """Load the places of law, in order of rule and time."""
    rows = dated_rows(
        law_file("law_places.csv"), PlaceRow, lambda row: Text("rule {rule}", rule=row.rule)
    )
    return tuple(sorted((one.row for one in rows), key=lambda row: (row.rule, row.valid_from)))


def rule_place(rule: Rule, month: int) -> str:
    """Return where a step that all rows share stands in the law in a month.

    A month before the first one of the file is answered by the first.
    """
    places = [row for row in place_rows() if row.rule == rule]
    return next((row.place for row in reversed(places) if row.valid_from <= month), places[0].place)


def row_place(row: CodeRow, month: int) -> Sayable:
    """Return where a row of the code table stands in the law, and how sure it is if not fully.

    Of a row whose source is not among the documents of the project, that source is its place.
    """
    if row.source not in source_rows():
        if row.confidence == "low":
            return Text("{source}; how it is counted is our own reading (low)", source=row.source)
        return Name(row.source, row.source)
    kind = "base" if row.kind == "base" else "addition"
    in_force = {
        one.rule: one.place for one in place_rows() if one.valid_from <= month <= one.valid_to
    }
    place = in_force.get(str(row.key)) or in_force.get(kind, row.source)
    if row.confidence == "medium":
        return Text("{place}; medium: {source}", place=place, source=row.source)
    return Name(place, place)

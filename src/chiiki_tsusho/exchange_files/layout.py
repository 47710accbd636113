"""The layout of exchanged files, data/claim_file_layout.csv: record by record, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.table_files import (
    Fault,
    Filled,
    NumberedRow,
    TableRow,
    Whole,
    law_file,
    typed_table,
)

Kind = Literal["number", "code", "date", "month", "text"]
Required = Literal["always", "insured", "public", "care_manager", "stopped"]
# 媒体区分: 1 伝送 (ISDN), 2 MO, 3 MT, 4 FD or CD-R, 5 帳票, 7 伝送 (Internet).
MEDIA = ("1", "2", "3", "4", "5", "7")


class Item(TableRow):
    """One item of a record, a row of the layout table (the fields are its columns).

    ``cell`` is its place on the line; ``item`` its number in the specification, which does not
    count the record class and the running number that every data line begins with.
    """

    record: Filled
    cell: Annotated[Whole, Field(ge=1)]
    item: Annotated[Whole, Field(ge=1)] | None
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    heading: Filled
    length: Annotated[Whole, Field(ge=1)]
    kind: Kind
    required: Required | None
    empty: Literal["0"] | None
    source: Filled

    def say(self, language: Language = "en") -> str:
        """Name the item: record, number and heading."""
        number = "" if self.item is None else f"-{self.item}"
        name = self.heading if language == "ja" else self.name
        return f"{self.record}{number} {name}"


@dataclass(frozen=True)
class Record:
    """A kind of line: its name (``7131-02``) and its items in the order of their cells."""

    name: str
    items: tuple[Item, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the items, which are the columns of its frame."""
        return tuple(item.name for item in self.items)

    @cached_property
    def by_name(self) -> dict[str, Item]:
        """The items by their names."""
        return {item.name: item for item in self.items}

    def __len__(self) -> int:
        """Count the cells of a line."""
        return self.items[-1].cell


@cache
def layout() -> dict[str, Record]:
    """Load the layout of every record, by its name."""
    rows = typed_table(law_file("claim_file_layout.csv"), Item, _order_faults)
    return {
        name: Record(name, tuple(one.row for one in items))
        for name, items in groupby(rows, key=lambda one: one.row.record)
    }


def _order_faults(rows: list[NumberedRow[Item]]) -> Iterator[Fault]:
    """Find cells out of turn and names that a record has twice."""
    last: dict[str, int] = {}
    named: set[tuple[str, str]] = set()
    for one in rows:
        if one.row.cell != last.get(one.row.record, 0) + 1:
            yield one.fault("cell", Text("the cells of a record follow one another from 1"))
        if (one.row.record, one.row.name) in named:
            yield one.fault("name", Text("the record has it already"))
        last[one.row.record] = one.row.cell
        named.add((one.row.record, one.row.name))

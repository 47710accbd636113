"""Blocks whose cells have been read: typed columns, and the counts of additions by heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.columns import INSURER_PLACES
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.addition_names import Spans
from chiiki_tsusho.reading.blocks import Block
from chiiki_tsusho.reading.dense_ids import TextIds
from chiiki_tsusho.reading.headings import UnclearHeading
from chiiki_tsusho.reading.odd_numbers import OddNumbers
from chiiki_tsusho.records import record


@dataclass
class Identities:
    """The numbers that name providers and insurers, shared by all files of a batch."""

    providers: TextIds = field(default_factory=TextIds)
    insurers: TextIds = field(default_factory=TextIds)
    odd: OddNumbers = field(default_factory=OddNumbers)

    def copy(self) -> Identities:
        """Return others that know the same numbers."""
        return Identities(self.providers.copy(), self.insurers.copy(), self.odd.copy())

    def insurers_alike(self) -> Ints:
        """Return for the id of each insurer the first one that names the same."""
        return self.insurers.alike(INSURER_PLACES)


@record
class TypedColumn:
    """A typed column of a block: the value of each distinct text, and each row's text.

    ``lasting`` positions stand for the same texts in every block of the file.
    """

    values: Ints
    positions: npt.NDArray[np.int32] | None
    lasting: bool = False

    @property
    def rows(self) -> Ints:
        """The value of each row."""
        return self.spread(self.values)

    def spread(self, of_texts: Ints) -> Ints:
        """Return for each row what there is for its text."""
        return of_texts if self.positions is None else of_texts.take(self.positions)

    def taken(self, rows: Ints) -> TypedColumn:
        """Return the column of some rows."""
        if self.positions is None:
            return TypedColumn(self.values[rows], None)
        return replace(self, positions=self.positions[rows])


@record
class KeyOfHeading:
    """An addition, and the months in which a heading is its name."""

    key: str
    heading: str
    spans: Spans
    unclear: tuple[UnclearHeading, ...]

    def refuse_unclear(self, month: int) -> None:
        """Refuse a heading that has counts in a month in which it could be several additions.

        Raises
        ------
        InputFileError
            Names them.
        """
        for one in self.unclear:
            if one.first <= month <= one.last:
                raise InputFileError(one.fault)


@record
class KeyColumn(KeyOfHeading):
    """Counts of an addition in a block."""

    column: TypedColumn


@record
class TypedBlock:
    """A block whose cells have been read.

    Parameters
    ----------
    block : Block
    columns : dict of name to TypedColumn
        Every column of the contract the file has; ``BAD`` and ``BLANK`` values included.
    keys : list of KeyColumn
        The additions; blank is 0, ``BAD`` values included.
    """

    block: Block
    columns: dict[str, TypedColumn]
    keys: list[KeyColumn]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.block.lines)

    def rows(self, name: str, missing: int) -> Ints:
        """Return a column by row, or what an absent column stands for."""
        if name in self.columns:
            return self.columns[name].rows
        return np.full(len(self), missing, dtype=np.int64)

    def taken(self, rows: Ints) -> TypedBlock:
        """Return some of the rows; they are no longer to be had verbatim."""
        return TypedBlock(
            self.block.taken(rows),
            {name: column.taken(rows) for name, column in self.columns.items()},
            [replace(one, column=one.column.taken(rows)) for one in self.keys],
        )


AnyKey = TypeVar("AnyKey", bound=KeyOfHeading)


def keys_of_month(keys: Sequence[AnyKey], month: int) -> list[AnyKey]:
    """Choose what each heading means in a month.

    A name of another month is understood where it has only ever meant one key and no other
    column gives that. Otherwise the heading stands in place of the key: no table has such a key,
    so its counts are refused, not lost.
    """
    chosen = [one for one in keys if any(first <= month <= last for first, last in one.spans)]
    meant = {one.heading for one in chosen}
    given = {one.key for one in chosen}
    others: dict[str, list[AnyKey]] = {}
    for one in keys:
        if one.heading not in meant:
            others.setdefault(one.heading, []).append(one)
    for heading, (one, *more) in others.items():
        unclear = any(months.first <= month <= months.last for months in one.unclear)
        plain = not more and not unclear and one.key not in given
        chosen.append(one if plain else replace(one, key=heading))
        given.add(one.key)
    return chosen

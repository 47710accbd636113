"""A table of whole numbers, some of which stand for words: chosen, ordered and added up.

pandas does this too, but to import it takes longer than to write the report of a small month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import filled, numbers_of, of_texts
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, first_of_runs, placed, places_in, summed
from chiiki_tsusho.records import record

Words = npt.NDArray[np.object_]


@record
class NumberTable:
    """Columns of whole numbers, all of one length.

    Parameters
    ----------
    columns : mapping of str to ndarray of int64
    words : mapping of str to ndarray of object
        What the numbers of a column stand for, by their place here, where it is not themselves.
    """

    columns: Mapping[str, Ints]
    words: Mapping[str, Words] = field(default_factory=dict)

    @classmethod
    def of_coded(cls, coded: Mapping[str, tuple[Ints, Words]]) -> NumberTable:
        """Make a table of columns of words, each as ``coded`` gives it."""
        return cls(
            {name: numbers for name, (numbers, _) in coded.items()},
            {name: words for name, (_, words) in coded.items()},
        )

    def __len__(self) -> int:
        """Count the rows."""
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Ints:
        """Return the numbers of a column."""
        return self.columns[name]

    def take(self, at: Ints | Flags | slice) -> NumberTable:
        """Return some of the rows."""
        return NumberTable({name: one[at] for name, one in self.columns.items()}, self.words)

    def only(self, names: Sequence[str]) -> NumberTable:
        """Return some of the columns."""
        return NumberTable({name: self.columns[name] for name in names}, self.words)

    def also(
        self, columns: Mapping[str, Ints], words: Mapping[str, Words] = MappingProxyType({})
    ) -> NumberTable:
        """Return the table with other columns beside its own, or in their place."""
        return NumberTable({**self.columns, **columns}, {**self.words, **words})

    def cells(self, name: str) -> list[Any]:
        """Return what stands in a column: numbers, or what they stand for."""
        numbers = self.columns[name]
        cells: list[Any] = (self.words[name][numbers] if name in self.words else numbers).tolist()
        return cells

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of a small table."""
        cells = [self.cells(name) for name in self.columns]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*cells, strict=True)]

    def order(self, name: str) -> Ints:
        """Return numbers in the order of what stands in a column."""
        if name not in self.words:
            return self.columns[name]
        words = self.words[name]
        order = np.array(sorted(range(len(words)), key=words.__getitem__), dtype=np.int64)
        return places_in(order)[self.columns[name]]

    def grouped(self, by: Sequence[str], measures: Sequence[str]) -> NumberTable:
        """Add up columns of the rows that are alike in others, which come first and in order."""
        group, first = groups([self.columns[name] for name in by])
        keys = {name: self.columns[name][first] for name in by}
        sums = {name: summed(self.columns[name], group, len(first)) for name in measures}
        return NumberTable({**keys, **sums}, self.words)


def groups(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return numbers for the distinct rows of some columns, in ascending order.

    Returns
    -------
    group : ndarray of int64
        The number of each row.
    first : ndarray of int64
        Where each of them stands first.
    """
    order = np.lexsort(columns[::-1])
    begins = np.logical_or.reduce([first_of_runs(one[order]) for one in columns])
    return placed(np.cumsum(begins) - 1, order, len(order)), order[begins]


def alike(tables: Sequence[NumberTable], names: Sequence[str]) -> list[Ints]:
    """Return numbers for the distinct rows of several tables, by the words of some columns."""
    columns = []
    for name in names:
        words = [of_texts(table.words[name].tolist()) for table in tables]
        common = numbers_of(pa.concat_arrays(words).dictionary_encode().indices).astype(np.int64)
        ends = np.cumsum([len(one) for one in words])[:-1]
        places = zip(tables, np.split(common, ends), strict=True)
        columns.append(np.concatenate([place[table[name]] for table, place in places]))
    group, _ = groups(columns)
    return np.split(group, np.cumsum([len(table) for table in tables])[:-1])


def coded(column: pa.ChunkedArray) -> tuple[Ints, Words]:
    """Return the numbers of a dictionary's texts, ``UNKNOWN`` for a null, and the texts."""
    whole = column.unify_dictionaries()
    if not whole.num_chunks:
        return np.zeros(0, dtype=np.int64), objects([])
    numbers = [of_nullable(chunk.indices, UNKNOWN) for chunk in whole.chunks]
    return np.concatenate(numbers), objects(whole.chunk(0).dictionary.to_pylist())


def texts_of(column: pa.ChunkedArray) -> tuple[Ints, Words]:
    """Return the numbers of a dictionary's texts and the texts, a null being blank."""
    numbers, texts = coded(column)
    return np.where(numbers == UNKNOWN, len(texts), numbers), objects([*texts, ""])


def of_nullable(column: pa.Array | pa.ChunkedArray, null: int) -> Ints:
    """Return whole numbers, another in the place of a null."""
    return numbers_of(filled(column.cast(pa.int64()), null))


def of_words(words: Sequence[str]) -> tuple[Ints, Words]:
    """Return numbers for texts, in the order of the distinct ones, and these."""
    distinct = sorted(set(words))
    places = {word: at for at, word in enumerate(distinct)}
    return np.array([places[word] for word in words], dtype=np.int64), objects(distinct)


def objects(values: Sequence[Any]) -> Words:
    """Return an array of any objects, each a cell of its own."""
    return np.fromiter(values, dtype=object, count=len(values))

"""Rows whose cells cannot be told apart, and what can be read of them all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.records import record


@record
class MalformedRows:
    """Rows whose cells cannot be told apart.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
    which : ndarray of int64, shape (rows,)
        Which of the messages says what is wrong with each row.
    messages : sequence of Message
    heads : StringArray, shape (rows,)
        The cells in front of what is wrong, a comma between them and none in them; blank where
        ``cells`` has them.
    cells : mapping of int to list of str
        The cells of the other rows, by their place among the rows.
    """

    lines: Ints
    which: Ints
    messages: Sequence[Message]
    heads: pa.StringArray
    cells: Mapping[int, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Message]]) -> MalformedRows:
        """Gather rows, of which nothing can be read."""
        lines = np.array([line for line, _ in rows], dtype=np.int64)
        messages = [message for _, message in rows]
        return cls(lines, np.arange(len(rows)), messages, of_texts([""] * len(rows)))

    @property
    def cells_found(self) -> Ints:
        """How many cells each row has where that is what is wrong with it, else 0."""
        found = [
            message.facts["found"] if message.text == "cells" else 0 for message in self.messages
        ]
        counts: Ints = np.array(found, dtype=np.int64)[self.which]
        return counts

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.lines)

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        """Yield the line of each row and what is wrong with it."""
        for line, at in zip(self.lines.tolist(), self.which.tolist(), strict=True):
            yield line, self.messages[at]

    def moved(self, lines: int) -> MalformedRows:
        """Return the same rows so many lines further on."""
        return replace(self, lines=self.lines + lines)

    def taken(self, rows: Ints) -> MalformedRows:
        """Return some of the rows, in any order."""
        # Of most lines the heads are known.
        some = np.flatnonzero(np.isin(rows, list(self.cells))).tolist() if self.cells else ()
        cells = {at: self.cells[int(rows[at])] for at in some}
        heads = self.heads.take(of_numbers(rows))
        return replace(
            self, lines=self.lines[rows], which=self.which[rows], heads=heads, cells=cells
        )

    def joined(self, other: MalformedRows) -> MalformedRows:
        """Return the rows of both by their lines."""
        both = MalformedRows(
            np.concatenate((self.lines, other.lines)),
            np.concatenate((self.which, other.which + len(self.messages))),
            [*self.messages, *other.messages],
            pa.concat_arrays([self.heads, other.heads]),
            {**self.cells, **{len(self) + at: there for at, there in other.cells.items()}},
        )
        return both.taken(np.argsort(both.lines))

    def readable(self, rows: Ints) -> Iterator[list[str]]:
        """Yield the cells of some rows that can be read."""
        for at in rows.tolist():
            yield self.cells[at] if at in self.cells else self.heads[at].as_py().split(",")


NO_MALFORMED = MalformedRows.of(())

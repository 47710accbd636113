"""What is said of cells that cannot be read, and of those that are rarely meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_numbers, of_texts
from chiiki_tsusho.columns import FILES, INSURED_NO
from chiiki_tsusho.number_arrays import Flags, Ints, flagged
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message, blank
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import Block, Numbered, Texts
from chiiki_tsusho.reading.cell_texts import is_blank, may_be_personal, shown
from chiiki_tsusho.reading.cells import Decoder
from chiiki_tsusho.records import record

_Number = TypeVar("_Number", bound=np.integer)
# Stands in a message in the place of a cell that may be personal.
_NOT_SHOWN = "***"


@record
class CellProblems:
    """Adds the problems of the cells of one file.

    Parameters
    ----------
    file : str
        ``visits``, ``providers`` or ``recipients``.
    required : set of str
        Columns of which a blank cell is a problem.
    problems : Problems
        Receives them.
    private : bool
        The file has names or birth dates, and no cell that may be one is repeated: in a row that
        is shifted they stand in any column.
    """

    file: str
    required: set[str]
    problems: Problems
    private: bool

    def note_malformed(self, block: Block) -> None:
        """Add the problems of lines that cannot be told apart into cells."""
        rows = block.malformed
        values = [""] * len(rows.messages)
        self.problems.add_rows(self.file, "", rows.lines, rows.which, values, rows.messages)

    def note_unread(
        self,
        lines: Ints,
        positions: npt.NDArray[np.integer],
        distinct: Sequence[str] | pa.StringArray,
        values: Ints,
        name: str,
        decoder: Decoder,
    ) -> None:
        """Add the problems of a column: for each line the position of its text."""
        unread = (values < 0)[positions]
        lines, positions = _taken(lines, unread), _taken(positions, unread)
        met = flagged(positions, len(distinct))
        used, which = np.flatnonzero(met), (np.cumsum(met) - 1)[positions]
        if isinstance(distinct, pa.StringArray):
            texts = distinct.take(of_numbers(used))
        else:
            texts = of_texts([distinct[at] for at in used.tolist()])
        self._note_texts(lines, which, texts, name, decoder)

    def _note_texts(
        self, lines: Ints, which: Ints, texts: pa.StringArray, name: str, decoder: Decoder
    ) -> None:
        """Add the problems of lines, each of one of some texts that cannot be read."""
        told = np.ones(len(texts), dtype=bool)
        for alike in () if self.private else decoder.hopeless.alike(texts):
            theirs = alike.there[which]
            values = texts.take(of_numbers(which[theirs]))
            error = decoder.error(alike.sample)
            message = replace(error, facts={**error.facts, "value": any_of("value")})
            self.problems.add_alike(self.file, name, _taken(lines, theirs), message, values)
            told &= ~alike.there
        if not told.all():
            lines, which = lines[told[which]], which[told[which]]
        kind = next((one.kind for one in FILES[self.file] if one.name == name), "")
        values_shown, messages = [], []
        others = np.flatnonzero(told)
        for at, text in zip(others, texts.take(of_numbers(others)).to_pylist(), strict=True):
            secret = self.private and may_be_personal(text)
            if not is_blank(text):
                error = decoder.error(text)
                messages.append(_without_values(error) if secret else error)
            elif name in self.required:
                messages.append(blank(name, kind))
            else:
                told[at] = False
                continue
            values_shown.append("" if secret else shown(text))
        if messages:
            lines, which = lines[told[which]], (np.cumsum(told) - 1)[which[told[which]]]
            self.problems.add_rows(self.file, name, lines, which, values_shown, messages)

    def note_insured(self, block: Block, texts: Texts, values: Ints, decoder: Decoder) -> None:
        """Add the problems of 被保険者番号, which are read as one array."""
        rows = np.flatnonzero(values < 0)
        encoded = compute.dictionary_encode(texts.taken(rows).of_rows())
        which = numbers_of(encoded.indices).astype(np.int64)
        name = INSURED_NO.name
        self._note_texts(block.lines[rows], which, encoded.dictionary, name, decoder)

    def note_unusual(
        self, block: Block, column: Texts | Numbered, name: str, decoder: Decoder
    ) -> None:
        """Warn of values that can be read and are rarely meant."""
        distinct = column.distinct()
        unusual = np.array([text in decoder.unusual for text in distinct], dtype=bool)
        rows = np.flatnonzero(unusual[column.which])
        used, which = np.unique(column.which[rows], return_inverse=True)
        texts = [distinct[at] for at in used.tolist()]
        messages = [decoder.unusual[text] for text in texts]
        values_shown = [shown(text) for text in texts]
        self.problems.add_rows(self.file, name, block.lines[rows], which, values_shown, messages)


def _taken(numbers: npt.NDArray[_Number], there: Flags) -> npt.NDArray[_Number]:
    """Take some of the numbers; all of them stay what they are: columns share their lines."""
    return numbers if there.all() else numbers[there]


def _without_values(message: Message) -> Message:
    facts = {
        name: _NOT_SHOWN if isinstance(fact, str) else fact for name, fact in message.facts.items()
    }
    return replace(message, facts=facts)

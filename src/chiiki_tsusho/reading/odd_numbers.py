"""Numbers that do not end in their check digit: each is said once, however many rows have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.columns import FILES
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems

_FILE_ORDER = tuple(FILES)


class OddNumber(NamedTuple):
    """A number, and the check digit that it should end in."""

    number: str
    expected: str


@dataclass
class OddNumbers:
    """Where such a number first stands in the files of a batch, visits before the others."""

    _first: dict[tuple[str, OddNumber], tuple[int, int]] = field(default_factory=dict)

    def copy(self) -> OddNumbers:
        """Return another that knows the same."""
        return OddNumbers(dict(self._first))

    def note(
        self,
        file: str,
        column: str,
        texts: list[str],
        of_row: npt.NDArray[np.integer],
        lines: Ints,
        odd: dict[str, OddNumber],
    ) -> None:
        """Note the numbers that a block has, and forget them.

        Parameters
        ----------
        file, column : str
        texts : list of str
            The distinct cells of the column; of a text and a figure both are there.
        of_row, lines : ndarray, shape (rows,)
            Which of them each row has, and its line.
        odd : dict of cell to OddNumber
            Those not met in an earlier block; those met in this one are taken out.
        """
        at = np.array([text in odd for text in texts], dtype=bool)
        rows = np.flatnonzero(at[of_row])
        first = np.full(len(texts), -1, dtype=np.int64)
        # Written backwards, so that the first one stays.
        first[of_row[rows[::-1]]] = rows[::-1]
        met = np.flatnonzero(first >= 0).tolist()
        for at_text in met:
            place = _FILE_ORDER.index(file), int(lines[first[at_text]])
            key = column, odd[texts[at_text]]
            self._first[key] = min(self._first.get(key, place), place)
        # The same number may stand there as a text and as a figure.
        for text in {texts[at_text] for at_text in met}:
            del odd[text]

    def warn(self, problems: Problems) -> None:
        """Add a warning of each number."""
        any_number = {name: any_of(name) for name in ("value", "digit")}
        message = Message("check_digit", "check_digit", any_number)
        found: dict[tuple[int, str], list[tuple[int, OddNumber]]] = {}
        for (column, odd), (file, line) in self._first.items():
            found.setdefault((file, column), []).append((line, odd))
        for (file, column), numbers in found.items():
            lines = np.array([line for line, _ in numbers], dtype=np.int64)
            values, digits = (
                of_texts(part) for part in zip(*(odd for _, odd in numbers), strict=True)
            )
            problems.add_alike(
                _FILE_ORDER[file], column, lines, message, values, of_number=True, digit=digits
            )

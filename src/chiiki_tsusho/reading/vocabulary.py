"""The texts of a file's columns, each read once: a cell becomes the number of its text."""

from __future__ import annotations

from threading import Lock

import numpy as np

from chiiki_tsusho.reading.dense_ids import Positions, WordIndex, Words, by_runs, widened

# Of more, numbering them is no gain.
MAX_TEXTS = 1 << 17


class Vocabulary:
    """The distinct texts of some adjacent columns of a file, in the order in which they came.

    Columns of few values are numbered together: one number stands for the cells of all of them.
    Threads may share a vocabulary.

    Parameters
    ----------
    columns : int
        How many columns there are.

    Attributes
    ----------
    texts : list of list of str
        For each column its text under each number; they only grow.
    overfull : int
        How often there were too many texts.
    """

    def __init__(self, columns: int) -> None:
        self.texts: list[list[str]] = [[] for _ in range(columns)]
        self.overfull = 0
        self._index = WordIndex(1)
        self._learning = Lock()

    def numbers(self, words: Words) -> Positions | None:
        """Return the number of the text of each row.

        Parameters
        ----------
        words : ndarray of uint64, shape (rows, any width)
            The text from the first to the last of the columns in UTF-8, filled up with 0.

        Returns
        -------
        ndarray of int32, shape (rows,), or None
            None where there are too many texts, or some have other columns.
        """
        try:
            return by_runs(words, self._found)
        except _UnusualTextError:
            return None

    def _found(self, words: Words) -> Positions:
        if words.shape[1] > self._index.width:
            with self._learning:
                self._index = self._index.widened(max(words.shape[1], self._index.width))
        index = self._index
        words = widened(words, index.width)
        numbers = index.find(words)
        new = np.flatnonzero(numbers < 0)
        if new.size:
            numbers[new] = self._learned(words[new])
        return numbers

    def _learned(self, words: Words) -> Positions:
        with self._learning:
            words = widened(words, self._index.width)
            fresh = WordIndex(self._index.width)
            fresh.ids(words[self._index.find(words) < 0])
            # As bytes of one length: NumPy leaves out the NUL behind.
            texts = fresh.words.view(f"S{8 * fresh.width}").ravel().tolist()
            rows = [text.decode().split(",") for text in texts]
            if any(len(cells) != len(self.texts) for cells in rows):
                raise _UnusualTextError
            if len(self._index) + len(rows) > MAX_TEXTS:
                self.overfull += 1
                raise _UnusualTextError
            for texts, column in zip(self.texts, zip(*rows, strict=True), strict=bool(rows)):
                texts.extend(column)
            return self._index.ids(words)


class _UnusualTextError(Exception):
    """A text of other columns, or one too many."""

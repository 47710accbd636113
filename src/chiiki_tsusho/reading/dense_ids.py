"""Dense ids for keys that arrive block by block."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, places_in

WordRows = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int32]

_FIRST_SLOTS = 1 << 12
# A slot of an index holds an id; so many slots for each id keep the walk to the next one short.
_SLOTS_OF_AN_ID = 4
# Odd: a product's upper bits depend on all bits of a word. Another one in each process, so that no
# file can be made of numbers that all meet in one slot; ids do not depend on it.
_SPREAD = np.uint64(secrets.randbits(64) | 1)
_FOLD = np.uint64(32)
_BITS = 64


def _hashes(words: WordRows) -> WordRows:
    """Mix the words of each row into one; equal hashes are not taken for equal words."""
    mixed = words[:, 0] * _SPREAD
    for column in range(1, words.shape[1]):
        mixed ^= mixed >> _FOLD
        mixed += words[:, column]
        mixed *= _SPREAD
    mixed ^= mixed >> _FOLD
    mixed *= _SPREAD
    return mixed


class WordIndex:
    """Ids 0, 1, 2 … for rows of 64-bit words, in the order in which they were first seen.

    A hash table in which all rows of a call walk together: each looks at one slot, and those that
    find another's words there go on to the next slot.

    One thread may add rows while others look up: words are there before their id is.

    Parameters
    ----------
    width : int
        Words in a row.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._size = 0
        self._words: WordRows = np.zeros((_FIRST_SLOTS // _SLOTS_OF_AN_ID, width), dtype=np.uint64)
        self._slots: Positions = np.full(_FIRST_SLOTS, UNKNOWN, dtype=np.int32)

    def __len__(self) -> int:
        """Count the rows."""
        return self._size

    @property
    def words(self) -> WordRows:
        """The rows in the order of their ids, shape (n, width)."""
        return self._words[: self._size]

    def find(self, words: WordRows) -> Positions:
        """Return the id of each row, ``UNKNOWN`` for a row not seen before.

        Parameters
        ----------
        words : ndarray of uint64, shape (n, width)

        Returns
        -------
        ndarray of int32, shape (n,)
        """
        return self._find(words, _hashes(words))

    def ids(self, words: WordRows) -> Positions:
        """Return the id of each row, a new one for a row not seen before."""
        hashes = _hashes(words)
        ids = self._find(words, hashes)
        new = np.flatnonzero(ids < 0)
        if new.size:
            first, which = _first_seen(words[new], hashes[new])
            ids[new] = which + self._size
            self._append(words[new[first]])
        return ids

    def _find(self, words: WordRows, hashes: WordRows) -> Positions:
        slots = self._slots
        at = _first_slots(hashes, len(slots))
        ids = slots[at]
        astray = np.flatnonzero(self._differ(words, ids))
        while astray.size:
            at[astray] = (at[astray] + 1) & (len(slots) - 1)
            found = slots[at[astray]]
            ids[astray] = found
            astray = astray[self._differ(words[astray], found)]
        return ids

    def _differ(self, words: WordRows, ids: Positions) -> Flags:
        """Say which rows are not those of the ids; none is at ``UNKNOWN``."""
        # A row is taken as one item: as fast as one word.
        rows = self._words.view(f"V{8 * self.width}").ravel()[ids]
        differ = _differ(rows.view(np.uint64).reshape(len(ids), self.width), words)
        differ &= ids >= 0
        return differ

    def _append(self, new: WordRows) -> None:
        start, self._size = self._size, self._size + len(new)
        if self._size > len(self._words):
            grown = np.zeros((max(self._size, 2 * len(self._words)), self.width), dtype=np.uint64)
            grown[:start] = self._words[:start]
            self._words = grown
        self._words[start : self._size] = new
        slots = self._slots
        if self._size * _SLOTS_OF_AN_ID > len(slots):
            # Made anew from the words, for all of them.
            start, length = 0, len(slots)
            while self._size * _SLOTS_OF_AN_ID > length:
                length *= 2
            slots = np.full(2 * length, UNKNOWN, dtype=np.int32)
        at = _first_slots(_hashes(self._words[start : self._size]), len(slots))
        ids = np.arange(start, self._size, dtype=np.int32)
        while ids.size:
            free = slots[at] < 0
            # Where several want a slot the last one has it.
            slots[at[free]] = ids[free]
            left = slots[at] != ids
            at, ids = (at[left] + 1) & (len(slots) - 1), ids[left]
        self._slots = slots

    def widened(self, width: int) -> WordIndex:
        """Return an index that has the same rows under the same ids, followed by words of 0."""
        wider = WordIndex(width)
        wider._append(widened(self.words, width))
        return wider


def widened(words: WordRows, width: int) -> WordRows:
    """Return rows of words filled up with 0 to a width."""
    if words.shape[1] == width:
        return words
    wider = np.zeros((len(words), width), dtype=np.uint64)
    wider[:, : words.shape[1]] = words
    return wider


def _differ(words: WordRows, others: WordRows) -> Flags:
    """Say which rows are not the same; column by column, which is faster than row by row."""
    differ: Flags = words[:, 0] != others[:, 0]
    for column in range(1, words.shape[1]):
        differ |= words[:, column] != others[:, column]
    return differ


def _first_slots(hashes: WordRows, slots: int) -> Ints:
    shift = np.uint64(64 - (slots.bit_length() - 1))
    return (hashes >> shift).view(np.int64)


def _first_seen(words: WordRows, hashes: WordRows) -> tuple[Ints, Ints]:
    """Return where each distinct row first stands, and which of these each row is.

    Rows walk over slots as in the index; the first of those at a slot takes it, and its like with
    it.
    """
    slots = np.empty(1 << (_SLOTS_OF_AN_ID * len(words)).bit_length(), dtype=np.int32)
    first = np.arange(len(words), dtype=np.int64)
    walking, at = first.copy(), _first_slots(hashes, len(slots))
    while walking.size:
        # Written backwards, so that the first one stays.
        slots[at[::-1]] = walking[::-1]
        there = slots[at]
        differ = _differ(words[there], words if len(walking) == len(words) else words[walking])
        first[walking] = there
        walking, at = walking[differ], (at[differ] + 1) & (len(slots) - 1)
    distinct = first == np.arange(len(words))
    return np.flatnonzero(distinct), (np.cumsum(distinct) - 1)[first]


def starts_of_runs(words: WordRows) -> Ints | None:
    """Return where runs of like rows start; None where they are not longer than two on average.

    Rows of one person mostly follow each other.
    """
    if len(words) < 2:
        return None
    changes = np.empty(len(words), dtype=bool)
    changes[0] = True
    np.not_equal(words[1:, 0], words[:-1, 0], out=changes[1:])
    for column in range(1, words.shape[1]):
        changes[1:] |= words[1:, column] != words[:-1, column]
    return np.flatnonzero(changes) if 2 * np.count_nonzero(changes) <= len(words) else None


def by_runs(words: WordRows, look_up: Callable[[WordRows], Positions]) -> Positions:
    """Look up each run of like rows once."""
    starts = starts_of_runs(words)
    if starts is None:
        return look_up(words)
    return np.repeat(look_up(words[starts]), np.diff(starts, append=len(words)))


class TupleIds:
    """Ids 0, 1, 2 … for tuples of whole numbers, in the order in which they were first seen.

    Parameters
    ----------
    width : int
        Numbers in a tuple.
    bits : sequence of int, optional
        How many bits the numbers of each place take, none of them negative. Places that fit into
        a word share it: less is compared and kept, half as much of most.
    """

    def __init__(self, width: int, bits: Sequence[int] = ()) -> None:
        self._places: list[tuple[int, np.uint64, np.uint64]] = []
        word, used = -1, _BITS
        for taken in bits or [_BITS] * width:
            if used + taken > _BITS:
                word, used = word + 1, 0
            self._places.append((word, np.uint64(used), np.uint64((1 << taken) - 1)))
            used += taken
        self._index = WordIndex(word + 1)

    def __len__(self) -> int:
        """Count the tuples."""
        return len(self._index)

    def __getstate__(self) -> tuple[WordRows, list[tuple[int, np.uint64, np.uint64]]]:
        return self._index.words, self._places

    def __setstate__(self, state: tuple[WordRows, list[tuple[int, np.uint64, np.uint64]]]) -> None:
        words, self._places = state
        self._index = WordIndex(words.shape[1])
        self._index.ids(words)

    def parts(self, ids: Ints | slice = slice(None)) -> tuple[Ints, ...]:
        """Return the numbers of some tuples: an array for each place of a tuple."""
        words = self._index.words[ids]
        alone = self._index.width == len(self._places)
        return tuple(
            (words[:, word] if alone else words[:, word] >> shift & mask).view(np.int64)
            for word, shift, mask in self._places
        )

    def ids(self, *numbers: Ints) -> Ints:
        """Return the id of each tuple, a new one for a tuple not seen before.

        Parameters
        ----------
        *numbers : ndarray of int64, shape (n,)
            For each place of a tuple the numbers there.

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        return by_runs(self._words(numbers), self._index.ids).astype(np.int64)

    def find(self, *numbers: Ints) -> Ints:
        """Return the id of each tuple, ``UNKNOWN`` for one not seen before."""
        return by_runs(self._words(numbers), self._index.find).astype(np.int64)

    def _words(self, numbers: Sequence[Ints]) -> WordRows:
        words = np.empty((len(numbers[0]), self._index.width), dtype=np.uint64)
        for (word, shift, _), column in zip(self._places, numbers, strict=True):
            bits = column.astype(np.int64, copy=False).view(np.uint64)
            if shift:
                words[:, word] |= bits << shift
            else:
                words[:, word] = bits
        return words


def by_known_parts(rows: Ints) -> Iterator[tuple[list[int], Ints]]:
    """Yield which parts of rows are known, and the rows of which they are those.

    Parameters
    ----------
    rows : ndarray of int64, shape (parts, n)
        Negative where a part is not known.
    """
    patterns, pattern = distinct_columns(rows >= 0)
    for which, there in enumerate(patterns.T):
        yield np.flatnonzero(there).tolist(), np.flatnonzero(pattern == which)


def matched_by_known_parts(told: Ints, asked: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Match rows with others by those parts of them that are known.

    Parameters
    ----------
    told : ndarray of int64, shape (parts, n)
        Negative where a part is not known.
    asked : ndarray of int64, shape (parts, m)

    Yields
    ------
    rows : ndarray of int64, shape (rows,)
        Rows told of which the same parts are known.
    number : ndarray of int64, shape (rows,)
        One number, from 0, for those that are alike in them.
    of_asked : ndarray of int64, shape (m,)
        The number that each one asked for has by these parts, ``UNKNOWN`` where it has none.
    """
    # The last part is the same in all, so that some part is known of each.
    told, asked = (np.pad(rows, ((0, 1), (0, 0))) for rows in (told, asked))
    for parts, rows in by_known_parts(told):
        known = TupleIds(len(parts))
        yield rows, known.ids(*told[parts][:, rows]), known.find(*asked[parts])


def distinct_columns(numbers: npt.NDArray[np.integer | np.bool_]) -> tuple[Ints, Ints]:
    """Return the distinct columns, in the order in which they come, and which each column is.

    ``np.unique`` sorts them as strings of bytes, which takes many times as long.

    Parameters
    ----------
    numbers : ndarray of int or bool, shape (places, n)

    Returns
    -------
    distinct : ndarray of int64, shape (places, distinct)
    which : ndarray of int64, shape (n,)
    """
    ids = TupleIds(len(numbers))
    which = ids.ids(*numbers)
    return np.stack(ids.parts()), which


def paired(numbers: Sequence[npt.NDArray[np.integer]], rows: int) -> WordRows:
    """Return the words of rows of small numbers, two numbers in each.

    Half as many words are compared and kept: telling the kinds of visits takes half the time, or a
    quarter where rows lie in any order.

    Parameters
    ----------
    numbers : sequence of ndarray of int, shape (rows,)
        Numbers of less than 32 bits; negative ones are told apart too.
    rows : int
    """
    words = np.zeros((rows, words_of_pairs(len(numbers))), dtype=np.uint64)
    halves = words.view(np.uint32)
    for at, column in enumerate(numbers):
        halves[:, at] = column.astype(np.uint32)
    return words


def words_of_pairs(numbers: int) -> int:
    """Return how many words so many numbers of a row take."""
    return max(1, -(-numbers // 2))


class TextIds:
    """Ids 0, 1, 2 … for texts, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._arrow: pa.StringArray | None = None

    def copy(self) -> TextIds:
        """Return others that know the same texts."""
        copied = TextIds()
        copied._ids = dict(self._ids)
        return copied

    def __len__(self) -> int:
        """Count the texts."""
        return len(self._ids)

    def ids(self, texts: list[str]) -> Ints:
        """Return the id of each text, a new one for a text not seen before."""
        known = self._ids
        return np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)

    @property
    def texts(self) -> list[str]:
        """The texts in the order of their ids."""
        return list(self._ids)

    @property
    def arrow(self) -> pa.StringArray:
        """The texts in the order of their ids, as an Arrow array."""
        if self._arrow is None or len(self._arrow) != len(self._ids):
            self._arrow = of_texts(self.texts)
        return self._arrow

    def alike(self, digits: int) -> Ints:
        """Return for each id the first one whose number is the same but for zeros in front."""
        first: dict[str, int] = {}
        numbers = enumerate(text.zfill(digits) for text in self._ids)
        return np.array([first.setdefault(number, at) for at, number in numbers], dtype=np.int64)

    def ranks(self) -> Ints:
        """Return for each id its place in the order of the texts."""
        return places_in(np.argsort(np.array(self.texts, dtype=object)))

"""Problems as rows of a table: whose they are, in words, in their order, some at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from chiiki_tsusho.arrow_arrays import (
    joined,
    numbers_of,
    of_flags,
    of_numbers,
    of_texts,
    parted,
    repeated,
)
from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_KEY, FILES, PROBLEMS
from chiiki_tsusho.language import Language
from chiiki_tsusho.not_known import NO_LINE
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers, places_in
from chiiki_tsusho.problem_texts import CONSEQUENCE, Message, shortened
from chiiki_tsusho.records import record

FILE_ORDER = tuple(FILES)
# No input has so many.
_MOST_LINES = 1 << 40
# So many rows are formed at once: their texts are in memory no longer than it takes to write them.
_ROWS_AT_ONCE = 1 << 16


@record
class ColumnProblems:
    """Problems of one column: for each line which of the messages, of which value.

    Where ``texts`` are the values of the lines, there is one message for all of them, and ``facts``
    has what of it (``any_of``) is another for each line.
    """

    file: str
    column: str
    lines: Ints
    which: Ints
    values: list[str]
    messages: list[Message]
    texts: pa.StringArray | None = None
    facts: Mapping[str, pa.StringArray] = field(default_factory=dict)
    # Whether they are of a number, whoever's rows it stands in, and not of these rows alone.
    of_number: bool = False

    def kept(self, rows: Flags) -> ColumnProblems:
        """Return the problems of some of the lines."""
        flags = of_flags(rows)
        return replace(
            self,
            lines=self.lines[rows],
            which=self.which[rows],
            texts=None if self.texts is None else self.texts.filter(flags),
            facts={name: fact.filter(flags) for name, fact in self.facts.items()},
        )


def together(batches: Sequence[ColumnProblems]) -> list[ColumnProblems]:
    """Put problems of the same column together: few batches are written faster than many."""
    groups: dict[tuple[object, ...], list[ColumnProblems]] = {}
    for at, batch in enumerate(batches):
        of_claims = any("claim" in message.facts for message in batch.messages)
        alone = None if batch.texts is None else at
        key = (batch.file, batch.column, batch.of_number, of_claims, alone)
        groups.setdefault(key, []).append(batch)
    return [one if not more else _joined(one, *more) for one, *more in groups.values()]


def _joined(*batches: ColumnProblems) -> ColumnProblems:
    before = np.cumsum([0, *(len(batch.messages) for batch in batches[:-1])])
    each = zip(batches, before, strict=True)
    return replace(
        batches[0],
        lines=np.concatenate([batch.lines for batch in batches]),
        which=np.concatenate([batch.which + first for batch, first in each]),
        values=[value for batch in batches for value in batch.values],
        messages=[message for batch in batches for message in batch.messages],
    )


def any_of(name: str) -> str:
    """Return what stands in a message of many lines for a fact of each of them."""
    return f"<{name}>"


@record
class Places:
    """Whose the rows of a file are, and where they are given back, for the lines of problems.

    Parameters
    ----------
    lines : ndarray of int64, shape (rows,)
        Ascending.
    held_lines : ndarray of int64, shape (rows,)
        Line of ``held_visits``, 0 where a row is not there.
    names : sequence of StringArray, each of shape (rows,)
        service_month, provider_no, insurer_no and insured_no; blank where unreadable.
    """

    lines: Ints
    held_lines: Ints
    names: Sequence[pa.StringArray]


class WrittenProblems:
    """Problems of a column in one language; their rows are formed when they are asked for.

    Parameters
    ----------
    batch : ColumnProblems
    warns : ndarray of bool, shape (n,)
        Whether a problem is a warning.
    files : sequence of (str, int)
        Of which files the input is, and how many lines are before each.
    places : Places, optional
        Of the input. A blank name stands behind the others.
    language : {"en", "ja"}
    """

    def __init__(
        self,
        batch: ColumnProblems,
        warns: Flags,
        files: Sequence[tuple[str, int]],
        places: Places | None,
        language: Language,
    ) -> None:
        self._batch = batch
        self._warns = warns
        self._places = places
        self._names = None if "claim" in batch.facts else _names_of_cases(batch)
        names, before = [batch.file], [0]
        if len(files) > 1:
            names, before = [name for name, _ in files], [lines_before for _, lines_before in files]
        self._files, self._before = names, np.array(before, dtype=np.int64)
        self.rules: list[str] = [message.rule for message in batch.messages]
        self._said = [message.say(language) for message in batch.messages]
        self._messages = of_texts(self._said)
        self._values = of_texts([shortened(value) for value in batch.values])
        self.column = batch.column

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._batch.lines)

    def order_keys(self, kinds: Mapping[tuple[str, str], int]) -> Ints:
        """Return a number by which rows are ordered: by input, file, line, and column and rule.

        Parameters
        ----------
        kinds : mapping of (column, rule) to int
            The place of each.
        """
        batch = self._batch
        # What has no line has a place between two: behind the lines of the first file.
        behind = int(self._before[1]) if len(self._before) > 1 else _MOST_LINES - 1
        places = np.where(batch.lines == NO_LINE, 2 * behind + 1, 2 * batch.lines)
        places += FILE_ORDER.index(batch.file) * 2 * _MOST_LINES
        places *= len(kinds)
        places += np.array([kinds[self.column, rule] for rule in self.rules])[batch.which]
        return places

    @property
    def is_ascii(self) -> bool:
        """Whether the file, the column, every value and every message is of ASCII."""
        used = distinct_numbers(self._batch.which)
        texts = [self._batch.texts, *self._batch.facts.values()]
        if self._batch.texts is None:
            texts = [self._values.take(of_numbers(used))]
        names = (*self._files, self.column, *(self._said[at] for at in used.tolist()))
        return all(map(str.isascii, names)) and all(
            pc.all(pc.string_is_ascii(one)).as_py() for one in texts if one is not None
        )

    def counts(self) -> Iterator[tuple[str, bool, int]]:
        """Yield a rule, whether it is a warning, and how many of the rows are of it."""
        number = np.bincount(self._batch.which * 2 + self._warns, minlength=2 * len(self.rules))
        for at in np.flatnonzero(number).tolist():
            yield self.rules[at // 2], bool(at % 2), int(number[at])

    def words(self, at: Ints) -> pa.Table:
        """Write value and message of some rows."""
        which = of_numbers(self._batch.which[at])
        if self._batch.texts is None:
            return pa.table(
                {"value": self._values.take(which), "message": self._messages.take(which)}
            )
        rows = of_numbers(at)
        facts = {name: fact.take(rows) for name, fact in self._batch.facts.items()}
        # Text and name of a fact in turns.
        pieces = re.split("<(" + "|".join(facts) + ")>", self._said[0])
        parts = [facts[one] if place % 2 else one for place, one in enumerate(pieces)]
        messages = joined(*parts) if len(pieces) > 1 else repeated(pieces[0], len(at))
        return pa.table({"value": self._batch.texts.take(rows), "message": messages})

    def rows(self, at: Ints) -> pa.Table:
        """Write some rows: the columns of ``PROBLEMS``."""
        lines, which = self._batch.lines[at], self._batch.which[at]
        file, words = self._file_of(lines), self.words(at)
        columns: dict[str, pa.Array] = {
            "severity": _chosen(["error", "warning"], self._warns[at].astype(np.int64)),
            "file": _chosen(self._files, file),
            "line": of_numbers(lines - self._before[file], lines == NO_LINE),
            **self._keys(at, lines),
            "column": repeated(self.column, len(lines)),
            "value": words["value"],
            "rule": _chosen(self.rules, which),
            "message": words["message"],
        }
        return pa.table({column.name: columns[column.name] for column in PROBLEMS})

    def _file_of(self, lines: Ints) -> Ints:
        """Say in which of the files each line is; what has no line is told of the first."""
        of_line = np.searchsorted(self._before, lines - 1, side="right") - 1
        return np.where(lines == NO_LINE, 0, of_line)

    def _keys(self, at: Ints, lines: Ints) -> dict[str, pa.Array]:
        """Say whose each row or claim is, as far as it is known."""
        places = self._places
        held = pa.nulls(len(lines), pa.int64())
        if "claim" in self._batch.facts:
            taken = of_numbers(np.arange(len(at)))
            names = _names_of_claims(self._batch.facts["claim"].take(of_numbers(at)))
        elif self._names is not None:
            rows = at if self._batch.of_number else self._batch.which[at]
            taken, names = of_numbers(rows), self._names
        elif places is not None and len(places.lines):
            place = np.minimum(np.searchsorted(places.lines, lines), len(places.lines) - 1)
            known = places.lines[place] == lines
            taken, names = of_numbers(np.where(known, place, len(places.lines))), places.names
            held_lines = np.where(known, places.held_lines[place], 0)
            held = of_numbers(held_lines, held_lines == 0)
        else:
            taken = of_numbers(np.zeros(len(lines), dtype=np.int64))
            names = [of_texts([""])] * len(CLAIM_KEY)
        keys = {key.name: name.take(taken) for key, name in zip(CLAIM_KEY, names, strict=True)}
        return {"held_line": held, **keys}


def _names_of_claims(claims: pa.StringArray) -> Sequence[pa.StringArray]:
    """Return the columns of ``CLAIM_KEY`` of claims that are named as messages do."""
    month, *others = parted(claims, len(CLAIM_KEY))
    return [pc.replace_substring(month, "-", ""), *others]


def _names_of_cases(batch: ColumnProblems) -> Sequence[pa.StringArray] | None:
    """Return the columns of ``CLAIM_KEY`` for each message, or each row of numbers, or none."""
    claims = [message.facts.get("claim") for message in batch.messages]
    if any(claims):
        parts = [str(claim or "").split() or [""] * len(CLAIM_KEY) for claim in claims]
        return [
            of_texts([part[at].replace("-", "") for part in parts]) for at in range(len(CLAIM_KEY))
        ]
    if batch.of_number:
        # Many claims may have the number.
        blank = repeated("", len(batch.lines))
        return [batch.texts if key.name == batch.column else blank for key in CLAIM_KEY]
    return None


class ProblemTables:
    """All problems of a batch in one language: tables of some rows, formed when they are asked for.

    Rows are ordered by file, line (none last), column, rule, value, message; what follows from
    another problem of its line stands behind it. Only where they stand in that order is in memory,
    and not their texts.

    Parameters
    ----------
    batches : sequence of WrittenProblems
    """

    def __init__(self, batches: Sequence[WrittenProblems]) -> None:
        self._batches = [batch for batch in batches if len(batch)]

    def __len__(self) -> int:
        """Count the rows."""
        return sum(map(len, self._batches))

    def __iter__(self) -> Iterator[pa.Table]:
        """Yield all rows, some at a time: the columns of ``PROBLEMS``."""
        order = self._order if self._batches else np.zeros(0, dtype=np.int64)
        for at in range(0, len(order), _ROWS_AT_ONCE):
            yield _gathered(self._batches, order[at : at + _ROWS_AT_ONCE], WrittenProblems.rows)

    def __eq__(self, other: object) -> bool:
        """Compare all rows."""
        return isinstance(other, ProblemTables) and bool(self.table().equals(other.table()))

    __hash__ = None  # type: ignore[assignment] # as other tables

    @cached_property
    def _order(self) -> Ints:
        return _order(self._batches)

    def table(self) -> pa.Table:
        """Return all rows in one table."""
        return pa.concat_tables([schema(PROBLEMS).empty_table(), *self])

    @property
    def is_ascii(self) -> bool:
        """Whether all that stands in them is of ASCII."""
        return all(batch.is_ascii for batch in self._batches)

    def counts(self) -> Counter[tuple[str, bool]]:
        """Count the rows of each rule, and warnings apart."""
        counts: Counter[tuple[str, bool]] = Counter()
        for batch in self._batches:
            for rule, warns, number in batch.counts():
                counts[rule, warns] += number
        return counts


def _order(batches: Sequence[WrittenProblems]) -> Ints:
    """Order the rows of all batches, counted through."""
    pairs = sorted(
        {(batch.column, rule) for batch in batches for rule in batch.rules},
        key=lambda pair: (pair[1] == CONSEQUENCE, pair),
    )
    kinds = {pair: at for at, pair in enumerate(pairs)}
    keys = np.concatenate([batch.order_keys(kinds) for batch in batches])
    ordered: Ints = np.argsort(keys, kind="stable")
    # Values and messages are many and long; few rows have a like beside them.
    in_order = keys[ordered]
    alike = in_order[1:] == in_order[:-1]
    tied = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
    if len(tied):
        rows = ordered[tied]
        words = _gathered(batches, rows, WrittenProblems.words)
        last = [_ranks(words[name]) for name in ("message", "value")]
        ordered[tied] = rows[np.lexsort([*last, keys[rows]])]
    return ordered


def _gathered(
    batches: Sequence[WrittenProblems],
    rows: Ints,
    write: Callable[[WrittenProblems, Ints], pa.Table],
) -> pa.Table:
    """Write rows, counted through all batches, in the order given."""
    starts = np.cumsum([0, *map(len, batches)])
    batch = np.searchsorted(starts, rows, side="right") - 1
    # Numbers of a byte or two NumPy sorts without comparing them.
    grouped = np.argsort(batch.astype(np.min_scalar_type(len(batches))), kind="stable")
    numbers, cuts = np.unique(batch[grouped], return_index=True)
    parts = zip(numbers.tolist(), np.split(grouped, cuts[1:]), strict=True)
    table = pa.concat_tables([write(batches[at], rows[some] - starts[at]) for at, some in parts])
    if (grouped[1:] > grouped[:-1]).all():
        return table
    return table.combine_chunks().take(of_numbers(places_in(grouped)))


def _ranks(texts: pa.ChunkedArray) -> Ints:
    """Return the place of each text among the distinct ones, in their order."""
    encoded = pc.dictionary_encode(texts).combine_chunks()
    rank = places_in(numbers_of(pc.sort_indices(encoded.dictionary)))
    ranks: Ints = rank[numbers_of(encoded.indices)]
    return ranks


def _chosen(texts: Sequence[str], which: Ints) -> pa.Array:
    return of_texts(texts).take(of_numbers(which))

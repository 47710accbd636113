"""Problems of rows and claims: gathered as arrays, written in words at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute as pc

from chiiki_tsusho.arrow_arrays import filled, numbers_of, of_flags, of_numbers, of_texts
from chiiki_tsusho.columns import CLAIM_KEY, PROBLEMS
from chiiki_tsusho.language import Language
from chiiki_tsusho.not_known import NO_LINE
from chiiki_tsusho.problem_texts import WARNINGS, Message, named, shortened

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

FILE_ORDER = ("visits", "providers", "recipients")
_FILES_JA = {
    "visits": "実績ファイル",
    "providers": "事業所ファイル",
    "recipients": "利用者ファイル",
}
# Stands for the value in a message of many values; no message has it.
_ANY_VALUE = "<value>"


def place_text(file: str, line: int | None, column: str, language: Language = "en") -> str:
    """Say where a problem is: ``visits line 9, minutes``."""
    if language == "ja":
        at = "" if line is None else f" {line}行目"
        return f"{_FILES_JA.get(file, file)}{at}" + (f"「{named(column).ja}」" if column else "")
    at = "" if line is None else f" line {line}"
    return f"{file}{at}" + (f", {column}" if column else "")


@dataclass(frozen=True)
class _Batch:
    """Problems of one column: for each line which of the messages, of which value.

    Where the only message is that of a value which stands for all (``_ANY_VALUE``), ``texts`` are
    the values of the lines.
    """

    file: str
    column: str
    lines: npt.NDArray[np.int64]
    which: npt.NDArray[np.int64]
    values: list[str]
    messages: list[Message]
    texts: pa.StringArray | None = None
    # Whether they are of a number, whoever's rows it stands in, and not of these rows alone.
    of_number: bool = False

    def kept(self, rows: npt.NDArray[np.bool_]) -> _Batch:
        """Return the problems of some of the lines."""
        texts = None if self.texts is None else self.texts.filter(of_flags(rows))
        return replace(self, lines=self.lines[rows], which=self.which[rows], texts=texts)

    def value_column(self, which: npt.NDArray[np.int64]) -> pa.StringArray:
        """Return the value of each line."""
        if self.texts is not None:
            return self.texts
        return _chosen([shortened(value) for value in self.values], which)

    def message_column(self, which: npt.NDArray[np.int64], language: Language) -> pa.StringArray:
        """Return the message of each line."""
        said = [message.say(language) for message in self.messages]
        if self.texts is None:
            return _chosen(said, which)
        before, after = said[0].split(_ANY_VALUE)
        return pc.binary_join_element_wise(before, self.texts, after, "")


@dataclass(frozen=True)
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

    lines: npt.NDArray[np.int64]
    held_lines: npt.NDArray[np.int64]
    names: Sequence[pa.StringArray]


@dataclass
class Problems:
    """All problems found, of all files."""

    _batches: list[_Batch] = field(default_factory=list)
    _places: dict[str, Places] = field(default_factory=dict)
    _aside: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _passed: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _files: dict[str, Sequence[tuple[str, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the problems, those of rows set aside included."""
        return sum(len(batch.lines) for batch in self._batches)

    def add_rows(
        self,
        file: str,
        column: str,
        lines: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        values: Sequence[str],
        messages: Sequence[Message],
    ) -> None:
        """Add a problem of many rows.

        Parameters
        ----------
        lines, which : ndarray of int64, shape (n,)
            Line of each row, and which of the values and messages is its.
        values, messages : sequence
            One for each distinct case.
        """
        self._batches.append(_Batch(file, column, lines, which, list(values), list(messages)))

    def add_alike(
        self,
        file: str,
        column: str,
        lines: npt.NDArray[np.int64],
        values: pa.StringArray,
        message: Message,
    ) -> None:
        """Add a problem of many rows whose messages differ in the value alone.

        Parameters
        ----------
        lines : ndarray of int64, shape (n,)
        values : StringArray, shape (n,)
            Texts of printable ASCII without quotation marks and backslashes, none of them long.
        message : Message
            The message that any of the values has.
        """
        of_any = Message(message.rule, message.text, {**message.facts, "value": _ANY_VALUE})
        which = np.zeros(len(lines), dtype=np.int64)
        self._batches.append(_Batch(file, column, lines, which, [], [of_any], values))

    def add(
        self,
        file: str,
        column: str,
        value: str,
        message: Message,
        line: int | None = None,
    ) -> None:
        """Add one problem, of a line or (without one) of a whole claim."""
        at = np.array([NO_LINE if line is None else line], dtype=np.int64)
        which = np.zeros(1, dtype=np.int64)
        self._batches.append(_Batch(file, column, at, which, [value], [message]))

    def add_number(self, file: str, column: str, value: str, message: Message, line: int) -> None:
        """Add a problem of a number itself, with the line on which it first stands."""
        at, which = np.array([line], dtype=np.int64), np.zeros(1, dtype=np.int64)
        self._batches.append(_Batch(file, column, at, which, [value], [message], of_number=True))

    def add_claims(
        self, file: str, column: str, values: Sequence[str], messages: Sequence[Message]
    ) -> None:
        """Add a problem of many whole claims, with a value and a message for each."""
        at = np.arange(len(messages))
        self.add_rows(file, column, np.full(len(at), NO_LINE), at, values, messages)

    def set_aside(self, lines: npt.NDArray[np.int64]) -> None:
        """Keep of rows of visits that are set aside nothing but the warnings."""
        self._aside.append(lines)

    def let_pass(self, lines: npt.NDArray[np.int64]) -> None:
        """Make whatever is wrong with rows of visits a warning."""
        self._passed.append(lines)

    def place(self, file: str, places: Places) -> None:
        """Say whose the rows of a file are that have problems."""
        blank = of_texts([""])
        names = [pa.concat_arrays([column, blank]) for column in places.names]
        self._places[file] = replace(places, names=names)

    def of_files(self, file: str, files: Sequence[tuple[str, int]]) -> None:
        """Say of which files an input is: the name of each, and how many lines are before it."""
        self._files[file] = files

    def lines(self, file: str) -> npt.NDArray[np.int64]:
        """Return the lines of a file that have problems of their own, ascending."""
        lines = [one.lines for one in self._batches if one.file == file and not one.of_number]
        # Those of a block stand in order: a stable sort takes little more than a look at them.
        found = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *lines]), kind="stable")
        first = np.append(True, found[1:] != found[:-1])[: len(found)]
        of_rows: npt.NDArray[np.int64] = found[first & (found != NO_LINE)]
        return of_rows

    def said(self, text: str) -> Iterator[tuple[str, Message, npt.NDArray[np.int64]]]:
        """Yield the file, the message and the lines of every case told by one of the texts."""
        for batch in self._batches:
            for case, message in enumerate(batch.messages):
                if message.text == text:
                    yield batch.file, message, batch.lines[batch.which == case]

    def frame(self, language: Language = "en") -> pd.DataFrame:
        """Write all problems as a DataFrame, ordered by file, line, column and rule."""
        frame: pd.DataFrame = self.table(language).to_pandas(
            types_mapper={
                pa.string(): pd.StringDtype(na_value=np.nan),
                pa.int64(): pd.Int64Dtype(),
            }.get
        )
        return frame

    def table(self, language: Language = "en") -> pa.Table:
        """Write all problems as a table, ordered by file, line (none last), column and rule.

        Parameters
        ----------
        language : {"en", "ja"}
            The language of the messages.

        Returns
        -------
        pyarrow.Table
            The columns of ``PROBLEMS``.
        """
        pieces = [self._piece(batch, language) for batch in self._batches]
        types = [(column.name, _TYPES[column.kind]) for column in PROBLEMS]
        if not pieces:
            return pa.Table.from_batches([], pa.schema(types))
        table = pa.concat_tables(pieces)
        kinds = {name: kind for kind, files in self._files.items() for name, _ in files}
        order = _order(table, kinds)
        if (order[1:] > order[:-1]).all():
            return table
        return table.combine_chunks().take(of_numbers(order))

    def _piece(self, batch: _Batch, language: Language) -> pa.Table:
        rules = [message.rule for message in batch.messages]
        lines, which = batch.lines, batch.which
        if batch.file == "visits" and self._aside and any(one not in WARNINGS for one in rules):
            warns = np.array([rule in WARNINGS for rule in rules])[which]
            kept = warns | ~np.isin(lines, np.concatenate(self._aside))
            lines, which, batch = lines[kept], which[kept], batch.kept(kept)
        warns = np.array([rule in WARNINGS for rule in rules], dtype=bool)[which]
        if batch.file == "visits" and self._passed:
            warns |= np.isin(lines, np.concatenate(self._passed))
        keys = self._keys(batch, lines, which)
        columns: dict[str, pa.Array] = {
            "severity": _chosen(["error", "warning"], warns.astype(np.int64)),
            **self._lines(batch.file, lines),
            **keys,
            "column": _chosen([batch.column], np.zeros(len(lines), dtype=np.int64)),
            "value": batch.value_column(which),
            "rule": _chosen(rules, which),
            "message": batch.message_column(which, language),
        }
        return pa.table({column.name: columns[column.name] for column in PROBLEMS})

    def _lines(self, file: str, lines: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
        """Name the file that was given, and the line of it."""
        names, before = [file], np.zeros(1, dtype=np.int64)
        if len(self._files.get(file, ())) > 1:
            names = [name for name, _ in self._files[file]]
            before = np.array([lines_before for _, lines_before in self._files[file]])
        of_claim = lines == NO_LINE
        at = np.where(of_claim, 0, np.searchsorted(before, lines - 1, side="right") - 1)
        return {
            "file": _chosen(names, at),
            "line": of_numbers(lines - before[at], of_claim),
        }

    def _keys(
        self, batch: _Batch, lines: npt.NDArray[np.int64], which: npt.NDArray[np.int64]
    ) -> dict[str, pa.Array]:
        """Say whose each row or claim is, as far as it is known."""
        claims = [message.facts.get("claim") for message in batch.messages]
        if any(claims):
            parts = [str(claim or "").split() or [""] * len(CLAIM_KEY) for claim in claims]
            names = [
                _chosen([part[at].replace("-", "") for part in parts], which)
                for at in range(len(CLAIM_KEY))
            ]
            held = pa.nulls(len(lines), pa.int64())
        elif batch.of_number:
            # Many claims may have the number.
            names = [
                _chosen(batch.values if column.name == batch.column else [""], which)
                for column in CLAIM_KEY
            ]
            held = pa.nulls(len(lines), pa.int64())
        elif batch.file in self._places and len(self._places[batch.file].lines):
            places = self._places[batch.file]
            at = np.minimum(np.searchsorted(places.lines, lines), len(places.lines) - 1)
            known = places.lines[at] == lines
            taken = of_numbers(np.where(known, at, len(places.lines)))
            # A blank name stands behind the others.
            names = [column.take(taken) for column in places.names]
            held_lines = np.where(known, places.held_lines[at], 0)
            held = of_numbers(held_lines, held_lines == 0)
        else:
            nothing = np.zeros(len(lines), dtype=np.int64)
            names = [_chosen([""], nothing)] * len(CLAIM_KEY)
            held = pa.nulls(len(lines), pa.int64())
        keys = {column.name: name for column, name in zip(CLAIM_KEY, names, strict=True)}
        return {"held_line": held, **keys}


_TYPES = {"text": pa.string(), "whole": pa.int64(), "whole_or_blank": pa.int64()}


def _chosen(texts: Sequence[str], which: npt.NDArray[np.int64]) -> pa.Array:
    return of_texts(texts).take(of_numbers(which))


def _order(table: pa.Table, kinds: Mapping[str, str]) -> npt.NDArray[np.int64]:
    """Order by file, line (none last), column, rule, value and message.

    ``kinds`` says of which input the file of a name is.
    """
    files = {name: at for at, name in enumerate(FILE_ORDER)}
    words = table.select(["message", "value"])
    table = table.select(["file", "line", "column", "rule"]).combine_chunks()
    line = numbers_of(filled(table["line"], NO_LINE))
    # Several files of an input stand in the order in which they were given.
    names = pc.dictionary_encode(table["file"]).combine_chunks()
    order = [files[kinds.get(one, one)] for one in names.dictionary.to_pylist()]
    given = numbers_of(names.indices)
    rank = np.array(order, dtype=np.int64)[given]
    places = [_ranks(table[name]) for name in ("rule", "column")] + [line, given, rank]
    ordered: npt.NDArray[np.int64] = np.lexsort(places)
    # Values and messages are many and long; few rows have a like beside them.
    alike = np.ones(max(len(ordered) - 1, 0), dtype=bool)
    for place in places:
        alike &= place[ordered[1:]] == place[ordered[:-1]]
    tied = np.flatnonzero(np.append(alike, False) | np.append(False, alike)[: len(ordered)])
    if len(tied):
        rows = ordered[tied]
        some = words.take(of_numbers(rows)).combine_chunks()
        last = [_ranks(some[name]) for name in ("message", "value")]
        ordered[tied] = rows[np.lexsort([*last, *(place[rows] for place in places)])]
    return ordered


def _ranks(texts: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the place of each text among the distinct ones, in their order."""
    encoded = pc.dictionary_encode(texts).combine_chunks()
    distinct = encoded.dictionary
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[numbers_of(pc.sort_indices(distinct))] = np.arange(len(distinct))
    ranks: npt.NDArray[np.int64] = rank[numbers_of(encoded.indices)]
    return ranks


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Order problems by file, line (blank ones last), column and rule, on a new index."""
    line = frame["line"].fillna(NO_LINE).astype("int64")
    file_order = pd.Categorical(frame["file"], FILE_ORDER, ordered=True)
    frame = frame.assign(line=line, file_order=file_order)
    order = ["file_order", "line", "column", "rule", "value", "message"]
    frame = frame.sort_values(order, ignore_index=True).drop(columns="file_order")
    line = frame["line"].astype("Int64")
    frame["line"] = line.mask(line == NO_LINE)
    text = {column.name: "str" for column in PROBLEMS if column.kind == "text"}
    return frame.astype(text)

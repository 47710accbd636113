"""Problems of rows and claims: gathered as arrays, written in words at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.column_tables import read_frame
from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.language import Language
from chiiki_tsusho.not_known import NO_LINE
from chiiki_tsusho.number_arrays import Ints, chained
from chiiki_tsusho.problem_rows import (
    FILE_ORDER,
    ColumnProblems,
    Places,
    ProblemTables,
    WrittenProblems,
    together,
)
from chiiki_tsusho.problem_texts import CONSEQUENCE, WARNINGS, Message, named

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

_FILES_JA = {
    "visits": "実績ファイル",
    "providers": "事業所ファイル",
    "recipients": "利用者ファイル",
}


class SaidCase(NamedTuple):
    """A problem of some lines, told in one message.

    Parameters
    ----------
    file : str
    message : Message
    lines : ndarray of int64, shape (n,)
    facts : mapping of str to StringArray, each of shape (n,)
        What ``any_of`` stands for in the message: text that is another for each line.
    """

    file: str
    message: Message
    lines: Ints
    facts: Mapping[str, pa.StringArray]


def place_text(file: str, line: int | None, column: str, language: Language = "en") -> str:
    """Say where a problem is: ``visits line 9, minutes``."""
    if language == "ja":
        at = "" if line is None else f" {line}行目"
        return f"{_FILES_JA.get(file, file)}{at}" + (f"「{named(column).ja}」" if column else "")
    at = "" if line is None else f" line {line}"
    return f"{file}{at}" + (f", {column}" if column else "")


@dataclass
class Problems:
    """All problems found, of all files."""

    _batches: list[ColumnProblems] = field(default_factory=list)
    _places: dict[str, Callable[[], Places]] = field(default_factory=dict)
    _aside: dict[str, list[Ints]] = field(default_factory=dict)
    _passed: list[Ints] = field(default_factory=list)
    _files: dict[str, Sequence[tuple[str, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the problems, those of rows set aside included."""
        return sum(len(batch.lines) for batch in self._batches)

    def add_rows(
        self,
        file: str,
        column: str,
        lines: Ints,
        which: Ints,
        values: Sequence[str],
        messages: Sequence[Message],
    ) -> None:
        """Add a problem of many rows, or of none.

        Parameters
        ----------
        lines, which : ndarray of int64, shape (n,)
            Line of each row, and which of the values and messages is its.
        values, messages : sequence
            One for each distinct case.
        """
        if len(lines):
            self._batches.append(
                ColumnProblems(file, column, lines, which, list(values), list(messages))
            )

    def add_alike(
        self,
        file: str,
        column: str,
        lines: Ints,
        message: Message,
        value: pa.StringArray,
        *,
        of_number: bool = False,
        **facts: pa.StringArray,
    ) -> None:
        """Add a problem of many rows or claims whose messages differ in some facts alone.

        Parameters
        ----------
        lines : ndarray of int64, shape (n,)
        message : Message
            With ``any_of(name)`` in the place of ``value`` and of each of the facts.
        value : StringArray, shape (n,)
        of_number : bool
            Whether it is of numbers, each with the line on which it first stands, and of no row.
        **facts : StringArray, shape (n,)
            All of them of plain characters, which are shown as they are; none of them long.
        """
        which = np.broadcast_to(np.int64(0), len(lines))
        facts = {"value": value, **facts}
        batch = ColumnProblems(file, column, lines, which, [], [message], value, facts, of_number)
        self._batches.append(batch)

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
        self._batches.append(ColumnProblems(file, column, at, which, [value], [message]))

    def set_aside(self, file: str, lines: Ints) -> None:
        """Keep of rows of a file that are set aside nothing but the warnings."""
        self._aside.setdefault(file, []).append(lines)

    def let_pass(self, lines: Ints) -> None:
        """Make whatever is wrong with rows of visits a warning."""
        self._passed.append(lines)

    def place(self, file: str, places: Callable[[], Places]) -> None:
        """Say how to find whose the rows of a file are, if any has a problem."""

        def with_blank() -> Places:
            found, blank = places(), of_texts([""])
            return replace(found, names=[pa.concat_arrays([one, blank]) for one in found.names])

        self._places[file] = cache(with_blank)

    def of_files(self, file: str, files: Sequence[tuple[str, int]]) -> None:
        """Say of which files an input is: the name of each, and how many lines are before it."""
        self._files[file] = files

    def lines(self, file: str) -> Ints:
        """Return the lines of a file that have problems of their own, ascending."""
        lines = [one.lines for one in self._batches if one.file == file and not one.of_number]
        # Those of a block stand in order: a stable sort takes little more than a look at them.
        found = np.sort(chained(lines), kind="stable")
        first = np.append(True, found[1:] != found[:-1])[: len(found)]
        of_rows: Ints = found[first & (found != NO_LINE)]
        return of_rows

    def said(self, text: str) -> Iterator[SaidCase]:
        """Yield every case told by one of the texts."""
        for batch in self._batches:
            for case, message in enumerate(batch.messages):
                if message.text == text:
                    yield SaidCase(
                        batch.file, message, batch.lines[batch.which == case], batch.facts
                    )

    def frame(self, language: Language = "en") -> pd.DataFrame:
        """Write all problems as a DataFrame, ordered by file, line, column and rule."""
        return read_frame(self.tables(language), PROBLEMS)

    def tables(self, language: Language = "en") -> ProblemTables:
        """Write all problems as tables of some rows each, no more of which need be in memory."""
        batches = together([batch for batch in self._batches if len(batch.lines)])
        return ProblemTables([self._written(batch, language) for batch in batches])

    def _written(self, batch: ColumnProblems, language: Language) -> WrittenProblems:
        rules = [message.rule for message in batch.messages]
        warns = np.array([rule in WARNINGS for rule in rules], dtype=bool)[batch.which]
        if batch.file in self._aside and not warns.all():
            kept = warns | ~np.isin(batch.lines, np.concatenate(self._aside[batch.file]))
            batch, warns = batch.kept(kept), warns[kept]
        if batch.file == "visits" and self._passed:
            warns |= np.isin(batch.lines, np.concatenate(self._passed))
        # Whose the rows of a number are is not said.
        places = None if batch.of_number else self._places.get(batch.file)
        files = self._files.get(batch.file, ())
        return WrittenProblems(batch, warns, files, places and places(), language)


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Order problems by file, line (blank ones last), column and rule, on a new index."""
    line = frame["line"].fillna(NO_LINE).astype("int64")
    file_order = pd.Categorical(frame["file"], FILE_ORDER, ordered=True)
    follows = frame["rule"] == CONSEQUENCE
    frame = frame.assign(line=line, file_order=file_order, follows=follows)
    order = ["file_order", "line", "follows", "column", "rule", "value", "message"]
    frame = frame.sort_values(order, ignore_index=True).drop(columns=["file_order", "follows"])
    line = frame["line"].astype("Int64")
    frame["line"] = line.mask(line == NO_LINE)
    text = {column.name: "str" for column in PROBLEMS if column.kind == "text"}
    return frame.astype(text)

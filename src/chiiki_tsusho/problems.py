"""Problems of rows and claims: gathered as arrays, written in words at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.messages import Language, Message

RULES = (
    "missing_value", "bad_value", "unsupported_month", "outside_every_band", "no_code",
    "not_for_service", "conflicting_group", "over_monthly_maximum", "duplicate_visit",
    "unknown_provider", "unknown_recipient", "plan_over_limit", "malformed_row",
)  # fmt: skip
FILE_ORDER = ("visits", "providers", "recipients")
# A problem of a whole claim has no line; it is written after those that have one.
NO_LINE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class _Batch:
    """Problems of one column: for each line which of the messages, of which value."""

    file: str
    column: str
    lines: npt.NDArray[np.int64]
    which: npt.NDArray[np.int64]
    values: list[str]
    messages: list[Message]


@dataclass
class Problems:
    """All problems found, of all files."""

    _batches: list[_Batch] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the problems."""
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

    def add(
        self, file: str, column: str, value: str, message: Message, line: int | None = None
    ) -> None:
        """Add one problem, of a line or (without one) of a whole claim."""
        at = np.array([NO_LINE if line is None else line], dtype=np.int64)
        self.add_rows(file, column, at, np.zeros(1, dtype=np.int64), [value], [message])

    def frame(self, language: Language = "en") -> pd.DataFrame:
        """Write all problems as a DataFrame, ordered by file, line, column and rule."""
        columns: dict[str, list[Any]] = {column.name: [] for column in PROBLEMS}
        for batch in self._batches:
            said = [message.say(language) for message in batch.messages]
            rules = [message.rule for message in batch.messages]
            columns["file"].append(np.full(len(batch.lines), batch.file, dtype=object))
            columns["line"].append(batch.lines)
            columns["column"].append(np.full(len(batch.lines), batch.column, dtype=object))
            for name, texts in (("value", batch.values), ("rule", rules), ("message", said)):
                columns[name].append(np.array(texts, dtype=object)[batch.which])
        frame = pd.DataFrame(
            {
                name: np.concatenate(parts) if parts else np.zeros(0, dtype=object)
                for name, parts in columns.items()
            }
        )
        frame["file_order"] = pd.Categorical(frame["file"], FILE_ORDER, ordered=True)
        order = ["file_order", "line", "column", "rule", "value", "message"]
        frame = frame.sort_values(order, ignore_index=True).drop(columns="file_order")
        line = frame["line"].astype("int64").astype("Int64")
        frame["line"] = line.mask(line == NO_LINE)
        text = {column.name: "str" for column in PROBLEMS if column.kind == "text"}
        return frame.astype(text)

"""Problems of rows and claims: gathered as arrays, written in words at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.language import Language
from chiiki_tsusho.problem_texts import Message, named

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

RULES = (
    "missing_value", "bad_value", "unsupported_month", "outside_every_band", "no_code",
    "not_for_service", "conflicting_group", "over_monthly_maximum", "duplicate_visit",
    "unknown_provider", "unknown_recipient", "plan_over_limit", "malformed_row", "unusual_value",
)  # fmt: skip
FILE_ORDER = ("visits", "providers", "recipients")
_FILES_JA = {
    "visits": "実績ファイル",
    "providers": "事業所ファイル",
    "recipients": "利用者ファイル",
}
# What a problem is told but once for, however many claims meet it.
Once = tuple[str, int, str, int]
# A problem of a whole claim has no line; it is written after those that have one.
NO_LINE = np.iinfo(np.int64).max


def place_text(file: str, line: int | None, column: str, language: Language = "en") -> str:
    """Say where a problem is: ``visits line 9, minutes``."""
    if language == "ja":
        at = "" if line is None else f" {line}行目"
        return f"{_FILES_JA[file]}{at}" + (f"「{named(column)['ja']}」" if column else "")
    at = "" if line is None else f" line {line}"
    return f"{file}{at}" + (f", {column}" if column else "")


@dataclass(frozen=True)
class _Batch:
    """Problems of one column: for each line which of the messages, of which value."""

    file: str
    column: str
    lines: npt.NDArray[np.int64]
    which: npt.NDArray[np.int64]
    values: list[str]
    messages: list[Message]
    once: Once | None = None


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
        self,
        file: str,
        column: str,
        value: str,
        message: Message,
        line: int | None = None,
        once: Once | None = None,
    ) -> None:
        """Add one problem, of a line or (without one) of a whole claim."""
        at = np.array([NO_LINE if line is None else line], dtype=np.int64)
        which = np.zeros(1, dtype=np.int64)
        self._batches.append(_Batch(file, column, at, which, [value], [message], once))

    @property
    def once(self) -> set[Once]:
        """What problems of claims are told but once for."""
        return {batch.once for batch in self._batches if batch.once is not None}

    def without(self, told: set[Once]) -> Problems:
        """Return the problems but those told already elsewhere."""
        return Problems([batch for batch in self._batches if batch.once not in told])

    def said(self, text: str) -> Iterator[tuple[str, Message, npt.NDArray[np.int64]]]:
        """Yield the file, the message and the lines of every case told by one of the texts."""
        for batch in self._batches:
            for case, message in enumerate(batch.messages):
                if message.text == text:
                    yield batch.file, message, batch.lines[batch.which == case]

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
        return ordered(frame)


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

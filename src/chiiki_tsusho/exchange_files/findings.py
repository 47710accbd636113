"""What an audit finds: gathered as arrays, written in words at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.exchange_files.finding_texts import CHECKS, Check
from chiiki_tsusho.exchange_files.layout import Item
from chiiki_tsusho.exchange_files.sheets import NUMBER_FORMS, View
from chiiki_tsusho.language import Language, Sayable
from chiiki_tsusho.number_arrays import Flags, Ints, flagged

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

COLUMNS = (
    "file", "line", *CLAIM_KEY_NAMES, "item", "heading", "found", "expected", "rule", "return_code",
    "message",
)  # fmt: skip
Texts = npt.NDArray[np.object_]
# Of these only the place is told, never what stands there.
PRIVATE = frozenset(
    {"birth_date", "sex", "certified_from", "certified_to", "started_on", "stopped_on"}
    | {"admitted_on", "discharged_on"}
    | {f"public{one}_{what}_no" for one in (1, 2, 3) for what in ("payer", "recipient")}
)


@dataclass(frozen=True)
class _Found:
    check: Check
    view: View | None
    at: Ints
    files: Ints
    lines: Ints
    item: Item | None
    found: Sequence[str | Sayable]
    expected: list[str]


class Findings:
    """Everything an audit of files finds.

    Parameters
    ----------
    shown : sequence of str
        What the files are called.
    """

    def __init__(self, shown: Sequence[str]) -> None:
        self._shown = shown
        self._found: list[_Found] = []

    def add(
        self,
        rule: str,
        view: View,
        name: str,
        where: Ints | Flags,
        expected: Ints | Texts | str = "",
        found: Ints | None = None,
    ) -> None:
        """Add a finding of some lines.

        Parameters
        ----------
        rule : str
            A name of ``CHECKS``.
        view : View
        name : str
            The item.
        where : ndarray
            The lines, as positions or as flags of all.
        expected : ndarray or str
            What each of all lines should have (taken at ``where``), or one text for all; a number
            that the item has no place for is not told.
        found : ndarray of int64, optional
            What is there, where that is not the item itself.
        """
        if not (where.any() if where.dtype == bool else len(where)):
            return
        at: Ints = np.flatnonzero(where) if where.dtype == bool else np.sort(where)
        item = view.record.by_name[name]
        if name in PRIVATE:
            cells = [""] * len(at)
        elif found is not None:
            cells = told([str(value) for value in found[at].tolist()], item)
        else:
            cells = told(view.texts(name).take(pa.array(at)).to_pylist(), item)
        if isinstance(expected, str):
            wanted = [expected] * len(at)
        else:
            wanted = [str(value) for value in expected[at].tolist()]
            wanted = wanted if expected.dtype == object else told(wanted, item)
        files, lines = view.file[at], view.lines[at]
        self._found.append(_Found(CHECKS[rule], view, at, files, lines, item, cells, wanted))

    def differing(
        self, rule: str, view: View, name: str, expected: Ints, among: Ints | Flags | None = None
    ) -> None:
        """Add a finding of every line whose item is not the number expected."""
        wrong = view.numbers(name) != expected
        if among is not None:
            wrong &= flagged(among, len(view))
        self.add(rule, view, name, wrong, expected)

    def add_line(
        self, rule: str, file: int, line: int, found: str | Sayable = "", expected: str = ""
    ) -> None:
        """Add a finding of a line of a file as a whole; line 0 is the file."""
        at = np.zeros(1, dtype=np.int64)
        self._found.append(
            _Found(CHECKS[rule], None, at, at + file, at + line, None, [found], [expected])
        )

    def frame(self, language: Language, *, hints: bool) -> pd.DataFrame:
        """Write the findings (or the hints) in words, ordered by file, line and item."""
        columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, "number", "order")}
        for one in self._found:
            if one.check.hint == hints:
                self._write(one, columns, language)
        frame = pd.DataFrame(columns)
        if len(frame):
            order = ["number", "line", "order", "rule"]
            frame = frame.sort_values(order, kind="stable", ignore_index=True)
            line = frame["line"].astype("Int64")
            frame["line"] = line.mask(line == 0)
        return frame[list(COLUMNS)].astype(_TYPES)

    def _write(self, one: _Found, columns: dict[str, list[Any]], language: Language) -> None:
        count, files = len(one.at), one.files.tolist()
        columns["number"].extend(files)
        columns["file"].extend(self._shown[file] for file in files)
        columns["line"].extend(one.lines.tolist())
        for name in CLAIM_KEY_NAMES:
            texts = [""] * count
            if one.view is not None and name in one.view.record.by_name:
                cells = one.view.texts(name).take(pa.array(one.at)).to_pylist()
                texts = told(cells, one.view.record.by_name[name])
            columns[name].extend(texts)
        for item, times in _items(one):
            columns["item"].extend([_place(item)] * times)
            columns["heading"].extend([_heading(item, language)] * times)
            columns["order"].extend([0 if item is None else item.cell] * times)
        columns["found"].extend(
            cell if isinstance(cell, str) else cell.say(language) for cell in one.found
        )
        columns["expected"].extend(one.expected)
        columns["rule"].extend([one.check.rule] * count)
        columns["return_code"].extend([one.check.code] * count)
        columns["message"].extend([one.check.text.say(language)] * count)


_TYPES = {name: "Int64" if name == "line" else "str" for name in COLUMNS}


def told(texts: Sequence[str], item: Item) -> list[str]:
    """Return what may be repeated of cells, blank where they hold what the item has no place for.

    In a line whose cells have slipped, a name or a date of birth may stand in any of them.
    """
    form = NUMBER_FORMS.get(item.name)
    if form is not None:
        return [text if form.fullmatch(text) else "" for text in texts]
    return [text if text.isascii() and len(text) <= item.length + 1 else "" for text in texts]


def _items(one: _Found) -> list[tuple[Item | None, int]]:
    """Return the item of a finding in each part of its view, and how many lines are of that."""
    if one.item is None or one.view is None:
        return [(None, len(one.at))]
    ends = np.cumsum([len(part) for part in one.view.parts])
    counts = np.diff(np.searchsorted(one.at, ends), prepend=0).tolist()
    records = [part.record for part in one.view.parts]
    pairs = zip(records, counts, strict=True)
    return [(record.by_name[one.item.name], times) for record, times in pairs if times]


def _place(item: Item | None) -> str:
    if item is None:
        return ""
    return f"{item.record}-{item.name if item.item is None else item.item}"


def _heading(item: Item | None, language: Language) -> str:
    if item is None:
        return ""
    return item.heading if language == "ja" else item.name

"""The lines of one record as columns of text, and columns of text as lines again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import characters_of, flags_of, numbers_of
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.exchange_files.layout import Record
from chiiki_tsusho.exchange_files.line_cells import ENCODING
from chiiki_tsusho.language import Text
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import ByContent

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# When a cell of a column is quoted: where it needs it, where it is not blank, in every row; or
# said of each row.
Quoting = Literal["needed", "filled", "always"] | Flags
# As many as an integer of 64 bits has room for, whatever they are.
_MOST_DIGITS = 18
_NUMBER = rf"^-?[0-9]{{1,{_MOST_DIGITS}}}$"
_ZERO = np.uint8(ord("0"))
# What the common part of the specification wants between quotation marks.
_NEEDS_QUOTES = r'[,"\s]|[^\x00-\x7f]'
_BREAKS_A_LINE = r'[,"\r\n]'
# Of the bytes of a column: those that may need quotation marks. Most columns have none of them.
_TO_BE_LOOKED_AT = np.array([byte in b',"\t\n\v\f\r ' or byte > 127 for byte in range(256)])


@dataclass(frozen=True, eq=False)
class RecordRows(ByContent):
    """All lines of one record in a file.

    Parameters
    ----------
    record : Record
    lines : ndarray of int64, shape (n,)
        Their numbers in the file, ascending from 1.
    cells : pyarrow.Table, n rows
        A column of text for each item, as it stands in the file.
    quoting : mapping of name to Quoting
        For each column.
    """

    record: Record
    lines: Ints
    cells: pa.Table = field(repr=False)
    quoting: Mapping[str, Quoting]

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.lines)

    @cached_property
    def _texts(self) -> dict[str, pa.StringArray]:
        return {}

    @cached_property
    def _numbers(self) -> dict[str, tuple[Ints, Flags]]:
        return {}

    def texts(self, name: str) -> pa.StringArray:
        """Return a column as text."""
        if name not in self._texts:
            column = self.cells[name]
            # Putting one piece together would copy it.
            one = column.num_chunks == 1
            self._texts[name] = column.chunk(0) if one else column.combine_chunks()
        return self._texts[name]

    def numbers(self, name: str) -> Ints:
        """Return a column as numbers, a blank cell and one that is no number being 0."""
        return self._read(name)[0]

    def not_numbers(self, name: str) -> Flags:
        """Say which cells of a column are neither a number nor blank."""
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[Ints, Flags]:
        if name not in self._numbers:
            self._numbers[name] = _numbers_of(self.texts(name))
        return self._numbers[name]

    def frame(self) -> pd.DataFrame:
        """Return the lines as a DataFrame of text, ``line`` and then the items."""
        columns = {name: self.cells[name].to_pandas().astype("str") for name in self.record.names}
        return pd.DataFrame({"line": self.lines, **columns})

    def with_frame(self, frame: pd.DataFrame) -> RecordRows:
        """Return the lines with other cells, as ``frame`` gave them and a caller changed them.

        Raises
        ------
        ChiikiTsushoError
            The frame has other lines or lacks an item.
        """
        missing = [name for name in ("line", *self.record.names) if name not in frame]
        if missing or frame["line"].tolist() != self.lines.tolist():
            raise ChiikiTsushoError(
                Text(
                    "record {record}: the frame must have the lines and the columns that frame() "
                    "gave; change cells only",
                    record=self.record.name,
                )
            )
        arrays = [
            pa.array(["" if pd.isna(cell) else str(cell) for cell in frame[name]], pa.string())
            for name in self.record.names
        ]
        return replace(self, cells=pa.Table.from_arrays(arrays, names=list(self.record.names)))

    def written(self) -> pa.StringArray:
        """Write the lines, without their line ends."""
        cells = [
            _written(self.texts(name), self.quoting.get(name, "needed"))
            for name in self.record.names
        ]
        return compute.binary_join_element_wise(*cells, ",")


def _numbers_of(texts: pa.StringArray) -> tuple[Ints, Flags]:
    """Read texts as numbers, 0 where they are none; say which are neither a number nor blank."""
    nothing, none = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=bool)
    if not len(texts):
        return nothing, none
    characters, places = characters_of(texts)
    lengths, letters = np.diff(places), characters[places[0] : places[-1]]
    if not letters.size:
        return nothing, none
    # Digits alone, as nearly always: no pattern has to be tried on each cell.
    # A byte less than that of 0 becomes a large one.
    if lengths.max() <= _MOST_DIGITS and (letters - _ZERO <= 9).all():
        filled = texts if lengths.min() else compute.if_else(pa.array(lengths > 0), texts, "0")
        return numbers_of(filled.cast(pa.int64())), none
    good = compute.match_substring_regex(texts, _NUMBER)
    wrong = compute.invert(compute.or_(good, compute.equal(texts, "")))
    numbers = compute.if_else(good, texts, "0").cast(pa.int64())
    return numbers_of(numbers), flags_of(wrong)


def _plain(texts: pa.StringArray) -> bool:
    """Say whether a column has nothing that needs quotation marks."""
    if not len(texts):
        return True
    characters, places = characters_of(texts)
    return not _TO_BE_LOOKED_AT[characters[places[0] : places[-1]]].any()


def _written(texts: pa.StringArray, quoting: Quoting) -> pa.StringArray:
    if isinstance(quoting, str) and quoting == "needed" and _plain(texts):
        return texts
    breaking = compute.match_substring_regex(texts, _BREAKS_A_LINE)
    if isinstance(quoting, np.ndarray):
        wanted = compute.or_(pa.array(quoting), breaking)
    elif quoting == "always":
        wanted = pa.array(np.ones(len(texts), dtype=bool))
    elif quoting == "filled":
        wanted = compute.not_equal(texts, "")
    else:
        wanted = breaking
    if not compute.any(wanted).as_py():
        return texts
    quoted = compute.binary_join_element_wise(
        '"', compute.replace_substring(texts, '"', '""'), '"', ""
    )
    return compute.if_else(wanted, quoted, texts)


def quoting_of(texts: pa.StringArray, quoted: Flags) -> Quoting:
    """Find the rule by which the cells of a column were quoted."""
    if quoted.all() and len(quoted):
        return "always"
    breaking = compute.match_substring_regex(texts, _BREAKS_A_LINE)
    if not quoted.any() and not compute.any(breaking).as_py():
        return "needed"
    filled = flags_of(compute.not_equal(texts, ""))
    if quoted.any() and np.array_equal(quoted, filled):
        return "filled"
    if np.array_equal(quoted, flags_of(breaking)):
        return "needed"
    return quoted


def quoting_by(way: str, texts: pa.StringArray) -> Quoting:
    """Say how the cells of a column are quoted.

    Parameters
    ----------
    way : {"minimal", "none", "all"}
        ``minimal`` as the common part of the specification wants it: comma, mark, blank, kanji.
    """
    if way == "all":
        return "always"
    if way == "none" or _plain(texts):
        return "needed"
    return flags_of(compute.match_substring_regex(texts, _NEEDS_QUOTES))


def encoded(lines: pa.StringArray, originals: Mapping[str, bytes]) -> pa.LargeBinaryArray:
    """Write lines in CP932.

    Parameters
    ----------
    originals : mapping of str to bytes
        Lines that were read from other bytes than those CP932 would write today.
    """
    if compute.all(compute.string_is_ascii(lines)).as_py():
        return lines.cast(pa.large_binary())
    return pa.array(
        [originals.get(line) or line.encode(ENCODING) for line in lines.to_pylist()],
        pa.large_binary(),
    )

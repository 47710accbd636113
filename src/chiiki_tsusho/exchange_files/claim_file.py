"""A file exchanged with 国保連, read whatever its quoting, and written back byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import InputFileError, refuse_unknown
from chiiki_tsusho.exchange_files.layout import Record, layout
from chiiki_tsusho.exchange_files.line_cells import ENCODING, Lines
from chiiki_tsusho.exchange_files.record_rows import Quoting, RecordRows, encoded, quoting_of
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import ByContent
from chiiki_tsusho.whole_files import given_path, read_whole, visible_path

if TYPE_CHECKING:
    import pandas as pd

_NOT_CP932 = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_LINE_KINDS = {b"1": "control", b"3": "end"}
_DATA_LINE = b"2"
# What one core reads is read before threads of others have begun.
_MANY_LINES = 100_000
# Of so many the reader of CSV takes longer to begin than to read them.
_FEW_LINES = 1_000
# The cells of a data line that name its record.
_EXCHANGE_ID, _RECORD_KIND = 3, 4


@dataclass(frozen=True)
class KeptLine:
    """A line that is of no record of the layout, or damaged: kept as it stands."""

    line: int
    text: bytes = field(repr=False)
    damage: Sayable | None = None


@checked_call
@dataclass(frozen=True, eq=False)
class ClaimFile(ByContent):
    """A file of 国保連 as its lines.

    Parameters
    ----------
    shown : str
        What it is called in messages.
    records : mapping of str to RecordRows
        The lines of each record of the layout that the file has, by the record's name.
    kept : tuple of KeptLine
        All other lines, verbatim; those that are damaged say how.
    line_ends : tuple of bytes
        The line end of each line, or one for all.
    """

    shown: str
    records: Mapping[str, RecordRows]
    kept: tuple[KeptLine, ...] = ()
    line_ends: tuple[bytes, ...] = (b"\r\n",)
    originals: Mapping[str, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the lines."""
        return sum(len(rows) for rows in self.records.values()) + len(self.kept)

    def __repr__(self) -> str:
        """Name the file and how many lines of each record it has."""
        counts = ", ".join(f"{name}: {len(rows)}" for name, rows in self.records.items())
        return f"ClaimFile({self.shown!r}, {counts}, other lines: {len(self.kept)})"

    @property
    def damaged(self) -> tuple[KeptLine, ...]:
        """The lines that could not be read."""
        return tuple(one for one in self.kept if one.damage is not None)

    @checked_call
    def rows(self, record: str) -> RecordRows:
        """Return the lines of a record, none where the file has none.

        Raises
        ------
        ChiikiTsushoError
            The layout has no record of the name.
        """
        if record in self.records:
            return self.records[record]
        refuse_unknown("record", record, layout())
        items = layout()[record]
        empty = pa.schema([(name, pa.string()) for name in items.names]).empty_table()
        return RecordRows(items, np.zeros(0, dtype=np.int64), empty, {})

    @checked_call
    def frame(self, record: str) -> pd.DataFrame:
        """Return the lines of a record as a DataFrame of text.

        Parameters
        ----------
        record : str
            Its name in the layout: ``control``, ``7111``, ``7131-01``, ``7131-02``, ``7131-14``,
            ``7131-10``, ``7131-12``, ``end``.

        Returns
        -------
        DataFrame
            ``line`` (from 1) and a column for each item.
        """
        return self.rows(record).frame()

    @checked_call
    def with_frame(self, record: str, frame: pd.DataFrame) -> ClaimFile:
        """Return the file with other cells in the lines of a record.

        Parameters
        ----------
        record : str
            Its name in the layout, as ``frame`` takes it.
        frame : DataFrame
            As ``frame`` returned it, with changed cells; it is not changed itself.

        Returns
        -------
        ClaimFile

        Raises
        ------
        ChiikiTsushoError
            The frame has other lines than the file, or lacks an item.
        """
        return replace(self, records={**self.records, record: self.rows(record).with_frame(frame)})

    def to_bytes(self) -> bytes:
        """Write the file in its own way of quoting.

        Returns
        -------
        bytes
            CP932, as the file holds it; those that were read, where nothing was changed.
        """
        return b"".join(parted(self, np.zeros(1, dtype=np.int64)))


def parted(file: ClaimFile, first: Ints) -> Iterator[bytes]:
    """Write a file in parts, each from one of some lines on, counted from 0."""
    arrays = [encoded(rows.written(), file.originals) for rows in file.records.values()]
    arrays.append(pa.array([one.text for one in file.kept], pa.large_binary()))
    numbers = [rows.lines for rows in file.records.values()]
    numbers.append(np.array([one.line for one in file.kept], dtype=np.int64))
    order = np.argsort(np.concatenate(numbers), kind="stable")
    lines = pa.chunked_array(arrays).combine_chunks().take(pa.array(order))
    end, *others = file.line_ends
    of_lines = pa.array(file.line_ends, pa.large_binary())
    ends = of_lines if others else pa.scalar(end, pa.large_binary())
    empty = pa.scalar(b"", pa.large_binary())
    whole = compute.binary_join_element_wise(lines, ends, empty)
    if len(whole):
        _, offsets, data = whole.buffers()
        starts = np.frombuffer(offsets, dtype=np.int64)[[*first.tolist(), len(whole)]]
        yield from (data[start:end].to_pybytes() for start, end in pairwise(starts.tolist()))


@checked_call
def read_claim_file(path: str | Path) -> ClaimFile:
    """Read a claim file, or another file of 国保連 that the layout knows.

    Any quoting habit is understood. Lines of records that are not in the layout (those of other
    service kinds) are kept as they stand; damaged lines are kept too, and named.

    Parameters
    ----------
    path : path-like
        CP932, lines ending in CR LF (or LF).

    Returns
    -------
    ClaimFile

    Raises
    ------
    InputFileError
        The file cannot be read, is in another encoding, or no line of it is of the layout.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> file = ct.read_claim_file("J201604.CSV")  # doctest: +SKIP
    >>> file.frame("7131-10")["benefit_units"].astype(int).sum()  # doctest: +SKIP
    """
    file = given_path(path)
    return parse_claim_file(read_whole(file), visible_path(file))


def parse_claim_file(data: bytes, shown: str) -> ClaimFile:
    """Read the bytes of a file of 国保連.

    Raises
    ------
    InputFileError
        They are in another encoding, or no line of them is of the layout.
    """
    for mark, name in _NOT_CP932:
        if data.startswith(mark):
            raise InputFileError(
                Text(
                    "{path}: is {encoding}; a file of 国保連 is Shift_JIS (CP932) without a mark",
                    path=shown,
                    encoding=name,
                )
            )
    lines = Lines(data)
    records: dict[str, RecordRows] = {}
    kept: dict[int, Sayable | None] = {}
    originals: dict[str, bytes] = {}
    known = layout()
    for name, at in _by_record(lines):
        record = known.get(name)
        if record is None:
            kept.update(dict.fromkeys(at.tolist()))
            continue
        good = _undamaged(lines, at, record, kept)
        rows = _rows(lines, good, record, kept, originals)
        if len(rows):
            records[name] = rows
    if not records:
        raise InputFileError(
            Text(
                "{path}: no line is of a claim file (a control record, 7111 or 7131 was expected); "
                "give the file that is sent to 国保連",
                path=shown,
            )
        )
    ordered = {name: records[name] for name in known if name in records}
    ends = lines.ends
    kept_lines = tuple(
        KeptLine(at + 1, data[lines.starts[at] : ends[at]], damage)
        for at, damage in sorted(kept.items())
    )
    return ClaimFile(shown, ordered, kept_lines, _line_ends(lines), originals)


def _by_record(lines: Lines) -> list[tuple[str, Ints]]:
    """Part the lines by their record: control, end, or what cells 3 and 4 of a data line say."""
    kind = lines.texts(lines.column(np.arange(len(lines)), 1))
    frame = {name: flags_of(compute.equal(kind, mark)) for mark, name in _LINE_KINDS.items()}
    data = flags_of(compute.equal(kind, _DATA_LINE)) & (lines.cells >= _RECORD_KIND)
    other = ~np.logical_or.reduce([data, *frame.values()])
    by_name = {name: [np.flatnonzero(flags)] for name, flags in {**frame, "": other}.items()}
    at = np.flatnonzero(data)
    exchange, kinds = (
        lines.texts(lines.column(at, cell)).dictionary_encode()
        for cell in (_EXCHANGE_ID, _RECORD_KIND)
    )
    pair = numbers_of(exchange.indices).astype(np.int64) * len(kinds.dictionary)
    pair += numbers_of(kinds.indices)
    # What a data line says of itself makes it no control record.
    known = layout().keys() - frame.keys()
    for one in np.unique(pair).tolist():
        first, second = divmod(one, len(kinds.dictionary))
        exchange_id = exchange.dictionary[first].as_py().decode("ascii", "replace")
        record_kind = kinds.dictionary[second].as_py().decode("ascii", "replace")
        name = exchange_id if exchange_id in known else f"{exchange_id}-{record_kind}"
        by_name.setdefault(name if name in known else "", []).append(at[pair == one])
    return [(name, np.sort(np.concatenate(parts))) for name, parts in by_name.items()]


def _undamaged(lines: Lines, at: Ints, record: Record, kept: dict[int, Sayable | None]) -> Ints:
    """Set aside the lines of a record whose cells cannot be told apart."""
    for flags, damage in (
        (lines.open_quote, Text("a quotation mark is opened and not closed on this line")),
        (lines.stray_return, Text("a carriage return stands inside the line")),
    ):
        kept.update(dict.fromkeys(at[flags[at]].tolist(), damage))
        at = at[~flags[at]]
    wrong = lines.cells[at] != len(record)
    for line in at[wrong].tolist():
        kept[line] = Text(
            "{found} cells where record {record} has {expected}",
            found=int(lines.cells[line]),
            record=record.name,
            expected=len(record),
        )
    good: Ints = at[~wrong]
    return good


def _rows(
    lines: Lines,
    at: Ints,
    record: Record,
    kept: dict[int, Sayable | None],
    originals: dict[str, bytes],
) -> RecordRows:
    if lines.plain and len(at):
        return RecordRows(record, at + 1, _plain_cells(lines, at, record), {})
    columns: dict[str, pa.StringArray] = {}
    quoting: dict[str, Quoting] = {}
    bad = np.zeros(len(at), dtype=bool)
    for item in record.items:
        cells = lines.column(at, item.cell)
        texts, unreadable = _decoded(lines.texts(cells), cells.quoted)
        bad |= unreadable
        columns[item.name], quoting[item.name] = texts, quoting_of(texts, cells.quoted)
    for line in at[bad].tolist():
        kept[line] = Text("characters that are not Shift_JIS (CP932), or a stray quotation mark")
    rows = RecordRows(record, at + 1, pa.table(columns), quoting)
    if bad.any():
        rows = _only(rows, ~bad)
    if not lines.data.isascii():
        _note_originals(lines, rows, originals)
    return rows


def _plain_cells(lines: Lines, at: Ints, record: Record) -> pa.Table:
    """Read lines without quotation marks, many of them on all cores."""
    size = len(at)
    if size <= _FEW_LINES:
        cells = lines.texts(lines.plain_cells(at, len(record))).cast(pa.string())
        columns = [cells.slice(first, size) for first in range(0, len(cells), size)]
        return pa.Table.from_arrays(columns, list(record.names))
    types = dict.fromkeys(record.names, pa.string())
    table = arrow_csv.read_csv(
        pa.BufferReader(lines.whole(at)),
        arrow_csv.ReadOptions(column_names=list(record.names), use_threads=size > _MANY_LINES),
        arrow_csv.ParseOptions(quote_char=False),
        arrow_csv.ConvertOptions(column_types=types, null_values=[]),
    )
    return table.combine_chunks()


def _only(rows: RecordRows, wanted: Flags) -> RecordRows:
    mask = pa.array(wanted)
    quoting = {
        name: one[wanted] if isinstance(one, np.ndarray) else one
        for name, one in rows.quoting.items()
    }
    return RecordRows(rows.record, rows.lines[wanted], rows.cells.filter(mask), quoting)


def _decoded(texts: pa.LargeBinaryArray, quoted: Flags) -> tuple[pa.StringArray, Flags]:
    """Decode cells; say which are not CP932 or have a quotation mark that is none of theirs."""
    bad = np.zeros(len(texts), dtype=bool)
    buffer = texts.buffers()[2]
    whole = b"" if buffer is None else buffer
    marks = flags_of(compute.match_substring(texts, b'"'))
    if not marks.any() and bytes(whole).isascii():
        return texts.cast(pa.string()), bad
    decoded = texts.to_pylist()
    for at, raw in enumerate(decoded):
        try:
            text = raw.decode(ENCODING)
        except UnicodeDecodeError:
            text, bad[at] = "", True
        if marks[at]:
            single = text.replace('""', "")
            bad[at] |= not quoted[at] or '"' in single
            text = text.replace('""', '"')
        decoded[at] = text
    return pa.array(decoded, pa.string()), bad


def _note_originals(lines: Lines, rows: RecordRows, originals: dict[str, bytes]) -> None:
    """Keep the bytes of lines that CP932 would not write as they were read."""
    for number, text in zip(rows.lines.tolist(), rows.written().to_pylist(), strict=True):
        if not text.isascii():
            raw = lines.data[lines.starts[number - 1] : lines.ends[number - 1]]
            if text.encode(ENCODING) != raw:
                originals[text] = raw


def _line_ends(lines: Lines) -> tuple[bytes, ...]:
    first = lines.data[lines.ends.min() : lines.after.min()]
    # The last line alone may end in a carriage return without a line feed.
    last = lines.data[lines.ends.max() :]
    if first == last and not np.ptp(lines.after - lines.ends):
        return (first,)
    return tuple(lines.data[end:after] for end, after in zip(lines.ends, lines.after, strict=True))

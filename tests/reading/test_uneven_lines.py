"""Lines that are looked at together say what each of them says alone."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.reading.blocks import Form, Numbered, Texts
from chiiki_tsusho.reading.csv_rows import RowReader
from chiiki_tsusho.reading.uneven_lines import (
    LONGEST_LINE,
    first_cells,
    leaves_a_mark_open,
    well_formed,
)

CELLS = 4
PIECES = st.sampled_from(
    [
        "a", "12", "１２", "123456", ",", ",", ",", ",", '"', '""', " ", "\t", "\u00a0", "\u3000",
        "値", "\r", "\x1c", "\u2028",
    ]
)  # fmt: skip
BLANK_LINE = ", \t\v\f\u00a0\u3000"
LINES = st.lists(PIECES, max_size=12).map("".join)
_QUOTED_CELL = re.compile(r'(?:^|(?<=,))"(?:[^"]++|"")*+"(?=[ \t\v\f]*(?:[,\r]|\Z))')


def _alone(line: str) -> tuple[str | None, str | tuple[str, int] | None, list[str]]:
    """Read one line: what is kept of it, what is wrong with it, and its readable cells."""
    line = line.removesuffix("\r")
    rest = _QUOTED_CELL.sub("", line)
    unclosed, stray = re.search(r'(?:^|,)"', rest) is not None, "\r" in line
    if not line.strip(BLANK_LINE) or (not unclosed and not line.strip('"' + BLANK_LINE)):
        return None, None, []
    found, cells = rest.count(",") + 1, first_cells(line)
    several = _several_rows(line) if unclosed or stray or len(cells) != found else []
    if not unclosed and not stray:
        if found == CELLS:
            return line, None, []
        beyond = "".join(f",{cell}" for cell in cells[CELLS:])
        surely = all(cell.strip() for cell in cells[:CELLS]) and beyond.strip(", ") == ""
        if surely and beyond and line.endswith(beyond):
            return line.removesuffix(beyond), None, []
        # The last cell of a line that is cut is no whole number.
        cut = found < CELLS and any(map(str.isdigit, cells[-1]))
        kind: str | tuple[str, int] = ("cells", found)
    else:
        kind, cut = "quotation" if unclosed else "carriage_return", True
    return None, kind, several or (cells[:-1] if cut else cells)


def _several_rows(line: str) -> list[str]:
    """Return the cells of rows parted by a carriage return, or by a mark in front of no comma.

    A row that is broken inside has no more cells than it should; what stands behind is another's
    only with a long number.
    """
    starts, ends = [0], []
    for at, one in enumerate(line):
        front, behind = line[starts[-1] : at + 1], line[at + 1 : at + 2]
        closed = re.search(r'(?:^|,)"(?:[^"]|"")*"$', front) and behind not in ("", ",", '"', "\r")
        if one == "\r" or (one == '"' and closed):
            ends.append(at + (one == '"'))
            starts.append(at + 1)
    pieces = [line[start:end] for start, end in zip(starts, [*ends, len(line)], strict=True)]
    parts = [first_cells(piece) for piece in pieces]
    rows = parts[:1] + [part for part in parts[1:] if re.search("[0-9０-９]{6}", " ".join(part))]
    if len(rows) == 1 or sum(map(len, parts)) - len(parts) + 1 <= CELLS:
        return []
    wide = []
    for row in rows:
        if "".join(row[CELLS:]).strip():
            row = []
        elif len(row) < CELLS and any(map(str.isdigit, row[-1])):
            row = row[:-1]
        wide += (row + [""] * CELLS)[:CELLS]
    return wide


# Of what is blank behind the last figure, nobody can say that it is one of the last.
@example(["12,12,12,,", '12,"12",12,,', "12,12,12,12,", '12,"12",12,12,,', "12,12,,,"], True)
@given(st.lists(LINES, min_size=1, max_size=8), st.booleans())
def test_lines_together_are_what_each_is_alone(lines: list[str], ended: bool) -> None:
    text = "\n".join(lines).encode() + (b"\n" if ended or not lines[-1] else b"")
    good, kept, malformed, mended = well_formed(text, CELLS)
    alone = [_alone(line) for line in lines]
    whole = [at for at, (line, _, _) in enumerate(alone) if line is not None]
    assert kept.tolist() == whole
    told = [line.removesuffix("\r") for line in good.decode().split("\n")]
    assert told[: len(whole)] == [alone[at][0] for at in whole]
    wrong = [at for at, (_, fault, _) in enumerate(alone) if fault is not None]
    assert malformed.lines.tolist() == wrong
    shorter = [at for at in whole if alone[at][0] != lines[at].removesuffix("\r")]
    assert mended.lines.tolist() == shorter
    for (_, message), told_cells in zip(
        mended, mended.readable(np.arange(len(mended))), strict=True
    ):
        assert message.text == "cells"
        assert message.facts["found"] == len(told_cells) > CELLS
    for (_, message), at in zip(malformed, wrong, strict=True):
        said = message.text
        assert (said if said != "cells" else (said, message.facts["found"])) == alone[at][1]
    # Where nothing can be read, that is one blank cell or none.
    cells = [there or [""] for there in malformed.readable(np.arange(len(malformed)))]
    assert cells == [alone[at][2] or [""] for at in wrong]


@given(LINES)
def test_a_mark_is_left_open_where_no_other_closes_it(line: str) -> None:
    rest = _QUOTED_CELL.sub("", line)
    assert leaves_a_mark_open(line.encode()) == (re.search(r'(?:^|,)"', rest) is not None)


MARKED = st.lists(st.sampled_from(["a", "12", ",", ",", '"', '""']), max_size=12).map("".join)


@example(['a,"0"1,b,c'])
@example(["a,b,c,d", 'a,b,c,"0"1'])
@given(st.lists(MARKED, min_size=1, max_size=4))
def test_marks_are_read_as_strict_readers_read_them(lines: list[str]) -> None:
    forms: list[Form] = ["texts", "distinct", "few", "distinct"]
    reader = RowReader(CELLS)
    reader.expect(forms)
    read = reader.read(("\n".join(lines) + "\n").encode(), forms)
    assert read is not None
    columns = []
    for column in read.columns:
        assert isinstance(column, (Texts, Numbered))
        columns.append(column.of_rows().to_pylist())
    found = dict(zip(read.kept.tolist(), zip(*columns, strict=True), strict=True))
    for at in read.mended.lines.tolist():
        del found[at]
    strictly = {}
    for at, line in enumerate(lines):
        with suppress(csv.Error):
            cells = next(csv.reader([line], strict=True), [])
            # Lines of marks and commas alone are no rows.
            if len(cells) == CELLS and line.strip('",'):
                strictly[at] = tuple(cells)
    assert found == strictly


@pytest.mark.parametrize("line", ["1390000015,{}", '1390000015,"x",{}', '1390000015,"{}'])
def test_a_line_too_long_to_be_read_holds_every_claim(line: str, tmp_path: Path) -> None:
    heading = "provider_no,insurer_no,insured_no,service_date,care_level,minutes\n"
    row = "{},139001,{},2016-04-01,1,240\n"
    good = row.format("1390000015", "0000100011") + row.format("1390000023", "0000100029")
    path, counts = tmp_path / "visits.csv", []
    for cells in (7, LONGEST_LINE):
        path.write_text(heading + good + line.format(",".join("x" * cells)) + "\n", "utf-8")
        batch = ct.compute_claims(path)
        counts.append(len(batch.claims))
        malformed = batch.problems[batch.problems["rule"] == "malformed_row"]
        assert malformed["line"].tolist() == [4]
    # The provider is read of the shorter one: it may be a visit of that one's claim alone.
    assert counts == [1, 0]


def test_the_cells_of_a_line_of_marks_are_found_in_one_walk() -> None:
    line = ",".join(['"x"'] * 200_000)
    assert first_cells(line) == ["x"] * 200_000

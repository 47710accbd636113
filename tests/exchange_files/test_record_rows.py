"""The lines of one record: what in their cells is a number, and how the cells are quoted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from chiiki_tsusho.exchange_files.layout import layout
from chiiki_tsusho.exchange_files.record_rows import (
    RecordRows,
    encoded,
    quoting_by,
    quoting_of,
)


def rows_of(cells: pa.Array) -> RecordRows:
    lines = np.arange(1, len(cells) + 1)
    return RecordRows(layout()["end"], lines, pa.table({"item": cells}), {})


# A number has up to 18 digits, and a minus sign where it is one.
@pytest.mark.parametrize(
    ("cells", "numbers", "wrong"),
    [
        (["12", "007", "9" * 18], [12, 7, 10**18 - 1], []),
        (["9" * 18, "1" * 19], [10**18 - 1, 0], [1]),
        (["5", "", "10"], [5, 0, 10], []),
        (["-5", "12"], [-5, 12], []),
        (["-", "12"], [0, 12], [0]),
        (["x", "12"], [0, 12], [0]),
        (["12", "x"], [12, 0], [1]),
        # The characters before 0 and behind 9.
        (["1/", "12"], [0, 12], [0]),
        (["1:", "12"], [0, 12], [0]),
        (["x", "y"], [0, 0], [0, 1]),
        (["", ""], [0, 0], []),
        ([], [], []),
    ],
)
def test_what_is_a_number(cells: list[str], numbers: list[int], wrong: list[int]) -> None:
    rows = rows_of(pa.array(cells, pa.string()))
    assert rows.numbers("item").tolist() == numbers
    assert np.flatnonzero(rows.not_numbers("item")).tolist() == wrong
    # Some lines of a longer column read the same, whatever stands beside them.
    for beside in ("x", "1"):
        longer = pa.array([beside, *cells, beside], pa.string())
        rows = rows_of(longer.slice(1, len(cells)))
        assert rows.numbers("item").tolist() == numbers
        assert np.flatnonzero(rows.not_numbers("item")).tolist() == wrong


@pytest.mark.parametrize(
    ("cells", "quoted", "rule"),
    [
        (["a", ""], [True, True], "always"),
        (["a", ""], [True, False], "filled"),
        (["a", ""], [False, False], "needed"),
        (["a,b", ""], [True, False], "filled"),
        (["a,b", "c"], [True, False], "needed"),
        (["", ""], [False, False], "needed"),
        ([], [], "needed"),
    ],
)
def test_the_rule_by_which_a_column_is_quoted(
    cells: list[str], quoted: list[bool], rule: str
) -> None:
    assert quoting_of(pa.array(cells, pa.string()), np.array(quoted, dtype=bool)) == rule


# No rule: a cell that needs marks has none, or one of two like cells has them.
@pytest.mark.parametrize(
    ("cells", "quoted"), [(["a,b", "c"], [False, False]), (["a", "b"], [True, False])]
)
def test_cells_quoted_by_no_rule_are_said_one_by_one(cells: list[str], quoted: list[bool]) -> None:
    found = quoting_of(pa.array(cells, pa.string()), np.array(quoted, dtype=bool))
    assert isinstance(found, np.ndarray)
    assert found.tolist() == quoted


def test_ways_of_quoting_what_is_written() -> None:
    """共通編: a cell with a comma, a mark, a blank or kanji stands between marks, others do not."""
    cells = pa.array(["山田", "a b", "a,b", 'a"b', "12", ""])
    minimal = quoting_by("minimal", cells)
    assert isinstance(minimal, np.ndarray)
    assert minimal.tolist() == [True, True, True, True, False, False]
    assert (quoting_by("none", cells), quoting_by("all", cells)) == ("needed", "always")


def test_no_line_is_no_byte() -> None:
    assert encoded(pa.array([], pa.string()), {}).to_pylist() == []


def test_what_stands_in_the_cells_is_not_shown() -> None:
    rows = rows_of(pa.array(["山田"]))
    assert len(rows) == 1
    assert "山田" not in repr(rows)

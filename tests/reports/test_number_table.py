"""Tables of whole numbers against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.reports.number_table import NumberTable, alike, coded, groups, texts_of
from chiiki_tsusho.reports.ranking import largest_rows

ROWS = st.lists(
    st.tuples(st.sampled_from(["b", "a", "", "単位"]), st.integers(-2, 2), st.integers(-9, 9))
)


def table_of(rows: list[tuple[str, int, int]]) -> NumberTable:
    texts = pa.array([text for text, _, _ in rows], pa.string()).dictionary_encode()
    numbers, words = texts_of(pa.chunked_array([texts[:1], texts[1:]]))
    columns = np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 2).T
    return NumberTable({"name": numbers, "key": columns[0], "units": columns[1]}, {"name": words})


def frame_of(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "key", "units"])


@given(ROWS)
def test_rows_are_added_up(rows: list[tuple[str, int, int]]) -> None:
    found = table_of(rows).grouped(["name", "key"], ["units"]).records()
    expected = frame_of(rows).groupby(["name", "key"])["units"].sum().reset_index()
    assert sorted(found, key=str) == sorted(expected.to_dict("records"), key=str)


@given(ROWS)
def test_the_largest_stand_first(rows: list[tuple[str, int, int]]) -> None:
    ranked = largest_rows(table_of(rows), ("units", "name"), 3, ["units"])
    frame = frame_of(rows).sort_values("name", kind="stable")
    frame = frame.sort_values("units", ascending=False, kind="stable")
    assert ranked.table.records() == frame.to_dict("records")
    assert ranked.rows == frame.head(3).to_dict("records")
    assert (ranked.more, ranked.rest["units"]) == (max(len(rows) - 3, 0), frame[3:]["units"].sum())


@given(ROWS, ROWS)
def test_rows_of_two_tables_are_numbered_alike(
    first: list[tuple[str, int, int]], second: list[tuple[str, int, int]]
) -> None:
    one, other = alike([table_of(first), table_of(second)], ["name"])
    for left, (text, _, _) in zip(one.tolist(), first, strict=True):
        for right, (same, _, _) in zip(other.tolist(), second, strict=True):
            assert (left == right) == (text == same)


def test_groups_are_numbered_in_order_from_where_they_stand_first() -> None:
    group, first = groups([np.array([7, 3, 7, 3]), np.array([1, 2, 0, 2])])
    assert group.tolist() == [2, 0, 1, 0]
    assert first.tolist() == [1, 2, 0]


def test_a_null_is_no_word_or_a_blank_one() -> None:
    column = pa.chunked_array([pa.array(["x", None, "x"]).dictionary_encode()])
    numbers, words = coded(column)
    assert (numbers.tolist(), words.tolist()) == ([0, -1, 0], ["x"])
    numbers, words = texts_of(column)
    assert words[numbers].tolist() == ["x", "", "x"]

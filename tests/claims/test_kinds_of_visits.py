"""Visits alike share what was found of one of them; what is wrong with one is its own."""

from __future__ import annotations

from itertools import permutations

import pytest

from helpers.inputs import VISIT, Cells, compute, places

# 9:00 to 13:00 are 240 minutes, as much as 3 to 5 hours (781241): a row that says 200 is of the
# same class of minutes, but its times do not agree with it.
ROWS: dict[str, Cells] = {
    "0000000001": {"minutes": "240"},
    "0000000002": {"minutes": "200"},
    "0000000003": {"minutes": ""},
    "0000000004": {"minutes": "240"},
}


@pytest.mark.parametrize("order", list(permutations(ROWS)))
def test_minutes_that_contradict_their_times_are_told_among_others(order: tuple[str, ...]) -> None:
    rows = [
        {**VISIT, "insured_no": person, "start_time": "9:00", "end_time": "13:00", **ROWS[person]}
        for person in order
    ]
    batch = compute(rows)
    assert sorted(batch.claims["insured_no"]) == ["0000000001", "0000000003", "0000000004"]
    line = order.index("0000000002") + 2
    assert places(batch.problems) == [("visits", line, "minutes", "200", "bad_value")]


@pytest.mark.parametrize("cell", ["x", "6", ""])
def test_a_level_that_cannot_be_read_is_told_among_others(cell: str) -> None:
    rows = [
        {**VISIT, "insured_no": f"000000000{at}", "care_level": level}
        for at, level in enumerate(["1", cell, "1", "2"], start=1)
    ]
    batch = compute(rows)
    assert sorted(batch.claims["insured_no"]) == ["0000000001", "0000000003", "0000000004"]
    assert [place[:3] for place in places(batch.problems)] == [("visits", 3, "care_level")]

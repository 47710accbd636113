"""The order of problems: by input, file, line, column and rule; those without a line behind."""

from __future__ import annotations

import random

import pytest

from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems

# Lines 1 to 10 are of a.csv, those behind of b.csv.
_FILES = [("a.csv", 0), ("b.csv", 10)]
_IN_ORDER = [
    ("visits", 2, "minutes", "1", "a.csv", 2),
    ("visits", 2, "minutes", "2", "a.csv", 2),
    ("visits", 2, "service", "1", "a.csv", 2),
    ("visits", 10, "minutes", "1", "a.csv", 10),
    ("visits", None, "insured_no", "1", "a.csv", None),
    ("visits", 11, "minutes", "1", "b.csv", 1),
    ("visits", 1 << 33, "insured_no", "1", "b.csv", (1 << 33) - 10),
    ("providers", 2, "area_grade", "1", "providers", 2),
    ("providers", 1 << 33, "area_grade", "1", "providers", 1 << 33),
    ("providers", None, "area_grade", "1", "providers", None),
    ("recipients", 1, "insured_no", "1", "recipients", 1),
]


@pytest.mark.parametrize("seed", range(5))
def test_problems_are_in_order(seed: int) -> None:
    problems = Problems()
    problems.of_files("visits", _FILES)
    for file, line, column, value, _, _ in random.Random(seed).sample(_IN_ORDER, len(_IN_ORDER)):
        problems.add(file, column, value, Message("bad_value", "date", {"value": value}), line)
    rows = problems.tables().table().select(["file", "line", "column", "value"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (file, line, column, value) for _, _, column, value, file, line in _IN_ORDER
    ]

"""What may not stand together, said of the visits where that can be seen on a visit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from helpers.inputs import compute, places, visit

TABLE = Path(__file__).parents[2] / "data" / "service_codes.csv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The table of 2016 in which bathing may not stand beside dementia_care, both by the day."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["valid_from"] == "201604"]
    for row in rows:
        if row["key"] == "bathing":
            row["not_with"] = "dementia_care"
    path = tmp_path / "codes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_two_additions_of_a_visit_that_exclude_each_other(table: Path) -> None:
    both = {"bathing": "1", "dementia_care": "1"}
    persons = [{"insured_no": f"000000000{at}"} for at in (1, 2, 3, 4)]
    batch = compute(
        [
            visit(1, **persons[0], bathing="1"),
            visit(2, **persons[0], dementia_care="1"),
            visit(1, **persons[1], **both),
            visit(2, **persons[1]),
            visit(1, **persons[2], dementia_care="1"),
            visit(1, **persons[3], bathing="1"),
        ],
        codes=table,
    )
    # Only the visit that has both is named; another visit of its claim is right by itself.
    assert places(batch.problems) == [
        ("visits", 4, "bathing", "bathing dementia_care", "not_together")
    ]
    assert batch.claims["insured_no"].tolist() == ["0000000001", "0000000003", "0000000004"]
    assert len(batch.held_visits) == 2

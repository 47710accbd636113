"""What is said of visits that no code or no count fits."""

from __future__ import annotations

import pytest

from helpers.inputs import PROVIDER, VISIT, Cells, compute, places, visit


def test_each_length_is_named_on_its_own_line() -> None:
    # The shortest band of 2016 begins at two hours (2 to 3 hours).
    batch = compute([visit(day, minutes=str(100 + day)) for day in range(1, 10)])
    assert places(batch.problems) == [
        ("visits", 1 + day, "minutes", str(100 + day), "outside_every_band") for day in range(1, 10)
    ]
    assert batch.claims.empty


@pytest.mark.parametrize(
    ("provider", "rules"),
    [
        # With 延長 the bands end at 14 hours; without it the longest has no end.
        ({"extended_hours": "1"}, ["outside_every_band"]),
        ({"extended_hours": "0"}, []),
    ],
)
def test_longer_than_every_extension(provider: Cells, rules: list[str]) -> None:
    batch = compute([visit(1, minutes="900")], [{**PROVIDER, **provider}])
    assert batch.problems["rule"].tolist() == rules


def test_longer_than_a_day() -> None:
    # The last service, shortfall and level there are.
    longest = {"service": "short_medical_day_care", "shortfall": "understaffed"}
    batch = compute([{**VISIT, **longest, "care_level": "5", "minutes": "2000"}])
    (problem,) = batch.problems.to_dict("records")
    assert (problem["line"], problem["severity"]) == (2, "error")
    assert len(batch.held_visits) == 1


def test_each_length_beyond_a_day_is_named_on_its_own_line() -> None:
    # With 延長 no band has them. From some length on they are told together, once for each level.
    lengths = [*range(1439, 1446), 2000, 3000]
    rows = [
        visit(day, minutes=str(length), care_level=str(1 + day % 2))
        for day, length in enumerate(lengths, 1)
    ]
    batch = compute(rows, [{**PROVIDER, "extended_hours": "1"}])
    assert places(batch.problems) == [
        ("visits", line, "minutes", str(length), "outside_every_band")
        for line, length in enumerate(lengths, 2)
    ]
    for length, message in zip(lengths, batch.problems["message"], strict=True):
        assert str(length) in message


def test_a_count_that_cannot_be_is_not_said_to_be_of_another_service_besides() -> None:
    # Bathing is of day_care, once a visit.
    batch = compute([visit(1, service="medical_day_care", bathing="5")])
    assert places(batch.problems) == [("visits", 2, "bathing", "5", "bad_value")]

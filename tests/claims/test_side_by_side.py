"""What may not stand together, said of the visits where that can be seen on a visit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from helpers.inputs import PROVIDER, Cells, compute, places, visit
from helpers.tables import addition, base, treatment
from helpers.tables import table as small_table

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
    (said,) = batch.problems["message"]
    assert said.startswith("bathing and dementia_care are both set, in this row or through")
    assert batch.claims["insured_no"].tolist() == ["0000000001", "0000000003", "0000000004"]
    assert len(batch.held_visits) == 2


def test_only_those_of_a_group_that_a_visit_has_are_named() -> None:
    batch = compute(
        [
            visit(1, service_provision_1i="1", service_provision_2="1"),
            visit(1, insured_no="0000000002", service_provision_1ro="1"),
        ]
    )
    both = "service_provision_1i service_provision_2"
    assert places(batch.problems) == [
        ("visits", 2, "service_provision_1i", both, "conflicting_group")
    ]
    (said,) = batch.problems["message"]
    assert said.startswith("service_provision_1i, service_provision_2 are both set, in this row")
    assert batch.claims["insured_no"].tolist() == ["0000000002"]


def test_what_is_counted_by_the_day_is_of_one_kind_on_a_day() -> None:
    """入浴介助加算 is 1日につき, and Ⅰ and Ⅱ exclude each other (告示第19号 別表 6 注10)."""
    one, two, training = {"bathing_1": "1"}, {"bathing_2": "1"}, {"functional_training_1i": "1"}
    persons = [{"insured_no": f"000000000{at}"} for at in range(1, 6)]
    batch = compute(
        [
            june(1, **persons[0], **one),
            june(1, **persons[0], **training, session="2"),
            june(1, **persons[0], **two, session="3"),
            june(2, **persons[0], **one),
            # On different days, or the same one twice, or counted by the visit: all may be.
            june(1, **persons[1], **one),
            june(2, **persons[1], **two),
            june(1, **persons[2], **one),
            june(1, **persons[2], **one, session="2"),
            june(1, **persons[3], service_provision_1="1"),
            june(1, **persons[3], service_provision_2="1", session="2"),
            # The row that has both is told as such, the other as one of its day.
            june(1, **persons[4], **one, **two),
            june(1, **persons[4], **two, session="2"),
        ]
    )
    both = "bathing_1 bathing_2"
    assert sorted(places(batch.problems)) == [
        ("visits", line, "bathing_1", both, "conflicting_group") for line in (2, 4, 12, 13)
    ]
    said = batch.problems.set_index("line")["message"]
    whole_day = (
        "bathing_1, bathing_2 are set in visits of one day; at most one of the group bathing may "
        "apply to a day: keep one"
    )
    assert [said[line] for line in (2, 4, 13)] == [whole_day] * 3
    assert said[12].startswith("bathing_1, bathing_2 are both set, in this row")
    assert batch.claims["insured_no"].tolist() == ["0000000002", "0000000003", "0000000004"]
    lines = batch.claim_lines.set_index(["insured_no", "service_code"])["count"]
    assert lines["0000000003", "785301"] == 1
    assert len(batch.held_visits) == 6


def named(code: str, key: str, per: str, **cells: str) -> Cells:
    return addition(key, 10, per) | {"item_code": code} | cells


MADE_UP = [
    *base(100),
    treatment(50) | {"key": "ratio", "rate_of": "base_lines"},
    named("5010", "daily", "day", not_with="other_daily"),
    named("5011", "other_daily", "day"),
    named("5012", "monthly", "month", not_with="not_in_use each"),
    named("5013", "not_in_use", "day"),
    named("5014", "each", "visit"),
    named("5015", "monthly_with_a_daily", "month", only_with="daily other_daily"),
    named("5016", "with_the_monthly", "day", only_with="monthly"),
    named("5017", "with_the_ratio", "day", only_with="ratio"),
    named("5018", "with_a_daily", "visit", only_with="other_daily"),
]


def test_what_is_seen_on_a_visit_and_what_in_the_claim(tmp_path: Path) -> None:
    apart, alone = "not_together", "needs_other"
    # What the visits of a claim have; the rule broken and the visits that break it, 0 for all.
    claims: list[tuple[list[str], tuple[str, int] | None]] = [
        ([""], None),
        # Two by the day exclude each other on a visit.
        (["daily", "other_daily"], None),
        (["", "daily other_daily"], (apart, 2)),
        # One by the month excludes the other in the whole claim.
        (["monthly", "each"], (apart, 0)),
        (["monthly each"], (apart, 0)),
        (["monthly"], None),
        (["each"], None),
        # One by the month finds what it needs anywhere in the claim.
        (["monthly_with_a_daily", "daily"], None),
        (["monthly_with_a_daily", "each"], (alone, 0)),
        (["monthly_with_a_daily other_daily"], None),
        # So does one that needs what is counted by the month.
        (["with_the_monthly", "monthly"], None),
        (["with_the_monthly", ""], (alone, 1)),
        # A ratio of base lines is of the visits that have it; what is by the day is of its visit.
        (["with_the_ratio", "ratio"], (alone, 1)),
        (["", "with_the_ratio ratio"], None),
        (["other_daily", "with_a_daily"], (alone, 2)),
        (["with_a_daily other_daily", ""], None),
    ]
    rows, expected = [], []
    for number, (keys_of_visits, broken) in enumerate(claims):
        person = f"{number:010}"
        for day, keys in enumerate(keys_of_visits, 1):
            had = dict.fromkeys(keys.split(), "1")
            rows.append(visit(day, insured_no=person, **had))
            if broken is not None and broken[1] == day:
                expected.append((person, broken[0], len(rows) + 1))
        if broken is not None and broken[1] == 0:
            expected.append((person, broken[0], 0))
    batch = compute(rows, codes=small_table(tmp_path, *MADE_UP))
    problems = batch.problems
    lines = problems["line"].fillna(0).astype(int)
    found = list(zip(problems["insured_no"], problems["rule"], lines, strict=True))
    assert sorted(found) == sorted(expected)
    said = dict(zip(problems["insured_no"], problems["message"], strict=True))
    assert "monthly and each are both set in this month" in said["0000000003"]
    assert "monthly_with_a_daily is claimed only beside one of" in said["0000000008"]
    held = {person for person, _, _ in expected}
    assert set(batch.claims["insured_no"]) == {row["insured_no"] for row in rows} - held


def june(day: int, **cells: str) -> Cells:
    """A visit of 2026-06."""
    return visit(1, **{"service_date": f"2026-06-{day:02}", **cells})


NEEDING = june(1, life_function_cooperation_2ro="1")
NEEDED = {"functional_training_1i": "1"}


@pytest.mark.parametrize(
    ("others", "rules"),
    [
        ([june(2)], ["needs_other"]),
        ([june(2, **NEEDED)], []),
        ([june(2, **NEEDED, session="x")], ["bad_value"]),
        ([june(99, **NEEDED)], ["bad_value"]),
        ([june(2, **NEEDED, insured_no="")], ["missing_value", "unplaced_row"]),
        # One of two visits of a day is to be deleted: it may be either.
        ([june(2, **NEEDED), june(2)], ["duplicate_visit"]),
        ([june(2), june(2, **NEEDED)], ["duplicate_visit"]),
    ],
)
def test_what_a_row_has_that_cannot_be_entered_is_not_said_to_lack(
    others: list[Cells], rules: list[str]
) -> None:
    batch = compute([NEEDING, *others])
    assert batch.problems["rule"].tolist() == rules
    assert len(batch.held_visits) == (1 + len(others) if rules else 0)


@pytest.mark.parametrize(
    ("provider", "rules"),
    [
        ({"symbiotic_life_care": "1"}, []),
        ({"symbiotic_life_care": "0"}, ["needs_other"]),
        ({"symbiotic_life_care": "x"}, ["bad_value"]),
        ({"symbiotic_life_care": "1", "area_grade": "x"}, ["bad_value"]),
        ({"symbiotic_life_care": "1", "provider_no": "1370000026"}, ["unknown_provider"]),
    ],
)
def test_what_a_wrong_or_missing_row_registers_is_not_said_to_lack(
    provider: Cells, rules: list[str]
) -> None:
    batch = compute([june(1, life_counsellor="1")], [{**PROVIDER, **provider}])
    assert batch.problems["rule"].tolist() == rules
    assert len(batch.held_visits) == bool(rules)

"""What the code of a visit chooses: reductions inside a code or on a line, 延長 on a line."""

from __future__ import annotations

from pathlib import Path

import pytest

import chiiki_tsusho as ct
from helpers.inputs import Cells, frame
from helpers.tables import ROW, table

# 502 is 4 to 5 hours at 要介護3 in the table of ordinary day care of 2024-06, which prints:
# 定超 351, 時減 351, 業未・時減 348, 虐防・業未・時減 344, 定超・業未・時減 242.
UNITS = 502
KEYS = ("abuse_prevention_missing", "bcp_missing")
PROVIDER: Cells = {"provider_no": "1370000018", "extended_hours": "1"}


def base(code: str, minutes: tuple[int, int], units: int, **cells: str) -> Cells:
    return {
        **ROW,
        "item_code": code,
        "name": f"code {code}",
        "kind": "base",
        "care_level": "3",
        "minutes_from": str(minutes[0]),
        "minutes_to": str(minutes[1]),
        "base_units": str(UNITS),
        "extension_units": "0",
        "units": str(units),
        "per": "visit",
        **cells,
    }


def line(code: str, key: str, minutes: tuple[int, int], units: int, **cells: str) -> Cells:
    return {
        **ROW,
        "item_code": code,
        "name": f"line {code}",
        "kind": "addition",
        "key": key,
        "minutes_from": str(minutes[0]),
        "minutes_to": str(minutes[1]),
        "units": str(units),
        "per": "visit",
        **cells,
    }


SHORT = {"short_hours_per_mille": "700"}
OVER = {"shortfall": "over_capacity", "shortfall_per_mille": "700"}
INSIDE = {"reduction_per_mille": "10"}
ROWS = [
    base("1000", (240, 300), 502),
    base("1001", (240, 300), 351, **OVER),
    base("1010", (120, 180), 351, **SHORT),
    base("1011", (120, 180), 348, **SHORT, **INSIDE, reductions="bcp_missing"),
    base("1012", (120, 180), 344, **SHORT, **INSIDE, reductions=" ".join(KEYS)),
    base("1020", (120, 180), 246, **SHORT, **OVER),
    base("1021", (120, 180), 242, **SHORT, **OVER, **INSIDE, reductions="bcp_missing"),
    base("1030", (480, 540), 502),
    line("2001", "bcp_missing", (240, 300), -5, care_level="3"),
    line("2002", "bcp_missing", (480, 540), -5, care_level="3"),
    line("2003", "abuse_prevention_missing", (240, 300), -5, care_level="3"),
    line("3001", "extension_1", (540, 600), 50, extension_units="50"),
    line("3002", "extension_2", (600, 660), 100, extension_units="100"),
]


def visit(minutes: int, **cells: str) -> Cells:
    return {
        "provider_no": "1370000018",
        "insurer_no": "131003",
        "insured_no": "0000000001",
        "service_date": "2026-06-01",
        "care_level": "3",
        "minutes": str(minutes),
        **cells,
    }


def compute(folder: Path, *visits: Cells, **provider: str) -> ct.Batch:
    codes = table(folder, *ROWS)
    return ct.compute_claims(frame(visits), frame([PROVIDER | provider]), codes=codes)


CASES: list[tuple[Cells, Cells, dict[str, int]]] = [
    (visit(240), {}, {"781000": 502}),
    (visit(240), {"bcp_missing": "1"}, {"781000": 502, "782001": -5}),
    (visit(240), dict.fromkeys(KEYS, "1"), {"781000": 502, "782001": -5, "782003": -5}),
    # The line has no variant for 定超: 1 % is of the unreduced base.
    (
        visit(240, shortfall="over_capacity"),
        {"bcp_missing": "1"},
        {"781001": 351, "782001": -5},
    ),
    (visit(150), {}, {"781010": 351}),
    (visit(150), {"bcp_missing": "1"}, {"781011": 348}),
    (visit(150), dict.fromkeys(KEYS, "1"), {"781012": 344}),
    (visit(150, shortfall="over_capacity"), {"bcp_missing": "1"}, {"781021": 242}),
    (visit(539), {}, {"781030": 502}),
    (visit(540), {}, {"781030": 502, "783001": 50}),
    (visit(659), {"bcp_missing": "1"}, {"781030": 502, "782002": -5, "783002": 100}),
    (visit(659), {"extended_hours": "0"}, {"781030": 502}),
    (visit(240, bcp_missing="1"), {}, {"781000": 502, "782001": -5}),
    (visit(540, extension_1="1"), {}, {"781030": 502, "783001": 50}),
]


@pytest.mark.parametrize(("given", "provider", "lines"), CASES)
def test_lines_of_a_visit(
    tmp_path: Path, given: Cells, provider: Cells, lines: dict[str, int]
) -> None:
    batch = compute(tmp_path, given, **provider)
    assert batch.problems.empty, batch.problems["message"].tolist()
    found = batch.claim_lines
    assert dict(zip(found["service_code"], found["service_units"], strict=True)) == lines
    settings = {**provider, **given}
    month = ct.load_codes("2026-06", tmp_path / "codes.csv")
    composition = ct.Calculator(month).compose(
        ct.Visit(
            minutes=int(given["minutes"]),
            care_level=3,
            shortfall="over_capacity" if "shortfall" in given else None,
            additions={key: 1 for key in month.keys if settings.get(key)},
            extended_hours=settings.get("extended_hours", "1") == "1",
        )
    )
    assert {one.code: one.units * one.count for one in composition.lines} == lines
    assert composition.units == sum(lines.values())


@pytest.mark.parametrize(
    ("given", "provider", "said"),
    [
        # 虐防・時減 alone has no code, the longest band no line of it.
        (visit(150), {KEYS[0]: "1"}, "781010"),
        (visit(539), {KEYS[0]: "1"}, "781030"),
        # 延長 follows from the length alone.
        (visit(240, extension_1="1"), {}, "781000"),
        (visit(600, extension_1="1"), {}, "781030"),
    ],
)
def test_what_the_table_lacks_holds_the_claim(
    tmp_path: Path, given: Cells, provider: Cells, said: str
) -> None:
    batch = compute(tmp_path, given, visit(240, insured_no="0000000002"), **provider)
    assert "0000000001" not in set(batch.claims["insured_no"])
    (problem,) = batch.problems.to_dict("records")
    assert (problem["rule"], problem["value"]) == ("no_code", said)
    assert "claim 2026-06 1370000018 131003 0000000001: " in problem["message"]
    assert f"for visits with the code {said}" in problem["message"]


@pytest.mark.parametrize(
    ("language", "label"), [("en", "(業未)"), ("ja", "業務継続計画未策定減算")]
)
def test_the_steps_of_a_reduction(tmp_path: Path, language: ct.Language, label: str) -> None:
    """502, 定超 351, 業未 346, 時減 242: the order read from the composites of 2024-06."""
    month = ct.load_codes("2026-06", table(tmp_path, *ROWS))
    asked = ct.Visit(
        minutes=150, care_level=3, shortfall="over_capacity", additions={"bcp_missing": 1}
    )
    composition = ct.Calculator(month, language).compose(asked)
    assert composition.chain == "502 → 351.4 → 351 → 346 → 242.2 → 242"
    assert label in composition.steps[2].label


def test_a_line_the_table_lacks_is_refused_for_a_single_visit(tmp_path: Path) -> None:
    month = ct.load_codes("2026-06", table(tmp_path, *ROWS))
    asked = ct.Visit(minutes=150, care_level=3, additions={KEYS[0]: 1})
    with pytest.raises(ct.VisitError) as told:
        ct.Calculator(month).compose(asked)
    assert str(told.value) == (
        "abuse_prevention_missing: no row in 2026-06 for visits with the code 781010; leave it out"
    )
    assert told.value.say("ja") == (
        "line 2003(abuse_prevention_missing): コード781010の実績に対する行が "
        "2026-06 の表にありません。外してください"
    )

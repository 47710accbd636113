"""What is given back: which rows, in which order, and where the row of a problem stands there."""

from __future__ import annotations

from pathlib import Path

from chiiki_tsusho.batch import claim_files
from helpers.inputs import PROVIDER, compute, csv_text, places, visit

PERSONS = ("0000000001", "0000000002", "0000000003")
COLUMNS = ["line", "held_line", "service_month", "provider_no", "insurer_no", "insured_no", "rule"]


def test_each_problem_says_whose_its_row_is_and_where_it_is_given_back(tmp_path: Path) -> None:
    """Rows that are held, set aside, cannot be told apart, or are only warned of, in turns."""
    unusual = {**visit(1, insured_no=PERSONS[2]), "service_date": "9999-12-31"}
    heading, *rows = csv_text(
        [
            unusual,
            visit(1, insured_no=PERSONS[0], minutes="x"),
            visit(1, insured_no=PERSONS[1], care_level="要支援1"),
        ]
    ).splitlines()
    lines = [heading, rows[0], "x,y", rows[1], "z", rows[2]]
    (tmp_path / "visits.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    result = claim_files(tmp_path / "visits.csv", tmp_path / "out", unplaced="pass")
    place = ["1370000018", "131003"]
    nobody = ["", "", "", ""]
    assert result.problems[COLUMNS].fillna(0).to_numpy().tolist() == [
        [2, 0, "999912", *place, PERSONS[2], "unusual_value"],
        [3, 2, *nobody, "malformed_row"],
        [3, 2, *nobody, "unplaced_row"],
        [4, 3, "201604", *place, PERSONS[0], "bad_value"],
        [5, 4, *nobody, "malformed_row"],
        [5, 4, *nobody, "unplaced_row"],
        [6, 5, "201604", *place, PERSONS[1], "not_this_service"],
    ]
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8-sig")
    assert held.splitlines() == [heading, *lines[2:]]
    # The two lines of nobody and the one of another service are no held visits.
    assert (result.summary.held_visits, result.summary.set_aside) == (1, 3)


def test_a_visit_that_is_there_again_is_told_of_its_own_month_day_and_session() -> None:
    may = {**visit(), "service_date": "2016-05-31"}
    batch = compute(
        [
            {**visit(31), "service_date": "2016-03-31", "insured_no": PERSONS[1]},
            {**may, "session": "2"},
            {**may, "session": "1"},
            {**may, "session": "2"},
            {**may, "service_date": "2016-05-30", "session": "2"},
            {**may, "service_date": "2016-04-30", "session": "2"},
        ]
    )
    doubled = batch.problems["rule"] == "duplicate_visit"
    assert places(batch.problems[doubled]) == [
        ("visits", 5, "service_date", "2016-05-31", "duplicate_visit")
    ]
    (said,) = batch.problems["message"][doubled]
    assert said.startswith("the same claim, date and session 2 as line 3; ")
    assert batch.claims["service_month"].tolist() == ["201604"]


def test_an_addition_of_a_visit_without_a_code_is_not_missed() -> None:
    """Of which service it is is not known, so neither which registered additions it has.

    生活相談員配置等加算 stands beside 共生型サービス alone, which the provider has registered.
    """
    asked = {**visit(), "service_date": "2026-06-01", "life_counsellor": "1"}
    registered = [{**PROVIDER, "symbiotic_life_care": "1"}]
    assert compute([asked], registered).problems.empty
    spoiled = compute([{**asked, "minutes": "?"}], registered)
    assert places(spoiled.problems) == [("visits", 2, "minutes", "?", "bad_value")]
    alone = compute([asked], [PROVIDER])
    assert alone.problems["rule"].tolist() == ["needs_other"]

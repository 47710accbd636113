"""The way back: the same command again replaces, and corrected held rows are added to a run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import chiiki_tsusho as ct
from chiiki_tsusho import OutputError, write_report, write_statements
from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.columns import PROBLEMS
from chiiki_tsusho.language import LANGUAGES
from chiiki_tsusho.writing.saved_results import read_output
from helpers.inputs import KEY_COLUMNS, PROVIDER, csv_text, visit

Row = dict[str, str]
PERSONS = ("0000000001", "0000000002", "0000000003")


def row(day: int, person: int, **cells: str) -> Row:
    return visit(day, insured_no=PERSONS[person], **cells)


# Two visits of each person; one of the first and one of the third are wrong.
ROWS = [
    row(1, 0),
    row(2, 0, minutes="x"),
    row(1, 1),
    row(2, 1),
    row(1, 2, care_level="9"),
    row(2, 2),
]


def write(path: Path, rows: list[Row]) -> Path:
    path.write_text(csv_text(rows), encoding="utf-8")
    return path


def claims(folder: Path) -> dict[str, int]:
    frame = pd.read_csv(folder / "claims.csv", dtype=str)
    assert list(frame.columns[:4]) == list(KEY_COLUMNS)
    assert frame["insured_no"].is_monotonic_increasing
    return dict(zip(frame["insured_no"], frame["total_units"].astype(int), strict=True))


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


def refused(*given: Any, **named: Any) -> OutputError:
    with pytest.raises(OutputError) as caught:
        claim_files(*given, **named)
    return caught.value


@pytest.fixture
def run(tmp_path: Path) -> FileBatch:
    return claim_files(write(tmp_path / "visits.csv", ROWS), tmp_path / "out")


# ---------------------------------------------------------------- run.json


def test_record_of_a_run(tmp_path: Path, run: FileBatch) -> None:
    table = Path(__file__).resolve().parents[2] / "data" / "service_codes.csv"
    found = record(run.folder)
    assert found.pop("when").endswith("+00:00")
    assert isinstance(found.pop("version"), str)
    assert found["table"] == {
        "name": "service_codes.csv",
        "sha256": sha256(table.read_bytes()).hexdigest(),
    }
    assert found["inputs"] == [
        {
            "file": "visits",
            "name": "visits.csv",
            "path": "../visits.csv",
            "sha256": sha256((tmp_path / "visits.csv").read_bytes()).hexdigest(),
            "rows": 6,
        }
    ]
    assert found["options"]["unplaced"] == "hold"
    # 426 units a visit of 240 minutes at care level 1.
    assert found["sums"] == {"units": 852, "yen": 0}
    assert found["counts"]["visits"] == 6
    assert (found["counts"]["claims"], found["counts"]["held_visits"]) == (1, 4)


def test_same_visits_are_replaced_and_others_refused(tmp_path: Path, run: FileBatch) -> None:
    write(tmp_path / "visits.csv", [row(1, 0), row(2, 0)])
    claim_files(tmp_path / "visits.csv", run.folder)
    assert claims(run.folder) == {PERSONS[0]: 852}
    # A file of providers may be added, not exchanged for another.
    providers = write(tmp_path / "providers.csv", [{**PROVIDER, "area_grade": "7"}])
    claim_files(tmp_path / "visits.csv", run.folder, providers)
    other = write(tmp_path / "other.csv", [row(1, 1)])
    expected = (
        "{}: holds the results of other files (../providers.csv, ../visits.csv); choose another "
        "folder, or give --replace (in Python replace=True)"
    )
    assert str(refused(other, run.folder)) == expected.format(run.folder)
    elsewhere = write(tmp_path / "elsewhere.csv", [PROVIDER])
    error = refused(tmp_path / "visits.csv", run.folder, elsewhere)
    assert str(error) == expected.format(run.folder)
    assert claims(run.folder) == {PERSONS[0]: 852}
    claim_files(other, run.folder, replace=True)
    assert claims(run.folder) == {PERSONS[1]: 426}


def test_results_that_do_not_say_of_what_they_are(tmp_path: Path, run: FileBatch) -> None:
    (run.folder / "run.json").unlink()
    error = refused(tmp_path / "visits.csv", run.folder)
    assert "holds results (claim_lines.csv, claims.csv, held_visits.csv, problems.csv)" in str(
        error
    )
    assert "どのファイルから計算したかがわからない結果" in error.say("ja")


def changed(found: dict[str, Any], **more: Any) -> str:
    return json.dumps({**found, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"inputs": [{"file": "visits", "name": "visits.csv"}]},
        {"inputs": [{"name": "visits.csv", "path": "../visits.csv"}]},
        {"inputs": [{"file": "visits", "name": "visits.csv", "path": 5}]},
        {"inputs": [{"file": "visits", "name": "v", "path": "v", "sheet": 5}]},
        {"inputs": [{"file": "visits", "name": "v", "path": "a\0b"}]},
        {"inputs": [{"file": "visits", "name": "v", "path": "\ud800"}]},
        {"inputs": ["visits.csv"]},
        {"inputs": None},
        {"sums": {"units": 1}},
        {"sums": []},
        {"counts": {"claims": "1"}},
        {"when": None},
    ],
    ids=str,
)
def test_a_record_that_others_have_changed_says_nothing(
    tmp_path: Path, run: FileBatch, more: Any
) -> None:
    path = run.folder / "run.json"
    path.write_text(changed(record(run.folder), **more), encoding="utf-8")
    assert "does not say of which files" in str(refused(tmp_path / "visits.csv", run.folder))
    held = write(tmp_path / "held.csv", [row(1, 0), row(2, 0), row(1, 2), row(2, 2)])
    added = claim_files(held, tmp_path / "more", add_to=run.folder)
    assert claims(added.folder) == dict.fromkeys(PERSONS, 852)
    assert "added_to" not in record(added.folder)


def test_a_record_without_an_end_says_nothing(tmp_path: Path, run: FileBatch) -> None:
    (run.folder / "run.json").write_text("[" * 100_000, encoding="utf-8")
    assert "does not say of which files" in str(refused(tmp_path / "visits.csv", run.folder))


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
def test_blank_texts_are_read_back_as_texts(tmp_path: Path, file_format: Any) -> None:
    folder = tmp_path / file_format
    claim_files(write(tmp_path / "visits.csv", ROWS), folder, file_format=file_format)
    path = folder / f"problems.{file_format}"
    if file_format == "parquet":
        table = parquet.read_table(path)
        at = table.schema.get_field_index("rule")
        nothing = pa.nulls(table.num_rows, table.schema.field("rule").type)
        parquet.write_table(table.set_column(at, "rule", nothing), path)
    elif file_format == "xlsx":
        book = openpyxl.load_workbook(path)
        sheet: Any = book.active
        column = [cell.value for cell in sheet[1]].index("rule") + 1
        for line in range(2, sheet.max_row + 1):
            sheet.cell(line, column).value = None
        book.save(path)
    names = [one.name for one in PROBLEMS]
    found = read_output(path, PROBLEMS, names).to_pydict()
    assert set(found["rule"]) == ({""} if file_format != "csv" else {"bad_value"})
    assert found["held_line"] == [3, 4]
    write_report(folder)


def test_papers_of_an_earlier_run_go_with_it(tmp_path: Path, run: FileBatch) -> None:
    write_report(run.folder)
    write_report(run.folder, run.folder / "april.html")
    (run.folder / "notes.html").write_text("mine", encoding="utf-8")
    assert record(run.folder)["made_from_it"] == ["report.html", "april.html"]
    claim_files(tmp_path / "visits.csv", run.folder)
    there = {path.name for path in run.folder.iterdir()}
    assert "notes.html" in there
    assert not there & {"report.html", "april.html"}


def test_a_paper_that_is_none_hinders_no_run(tmp_path: Path, run: FileBatch) -> None:
    path = run.folder / "run.json"
    path.write_text(changed(record(run.folder), made_from_it=["..", ".", ""]), encoding="utf-8")
    assert claim_files(tmp_path / "visits.csv", run.folder).summary.claims == 1


def test_held_rows_are_as_closed_as_their_file(tmp_path: Path) -> None:
    visits = write(tmp_path / "visits.csv", ROWS)
    visits.chmod(0o600)
    run = claim_files(visits, tmp_path / "out")
    assert (run.folder / "held_visits.csv").stat().st_mode & 0o777 == 0o600


# ---------------------------------------------------------------- adding


def test_corrected_rows_are_added(tmp_path: Path, run: FileBatch) -> None:
    assert claims(run.folder) == {PERSONS[1]: 852}
    fixed = write(tmp_path / "fixed.csv", [row(1, 0), row(2, 0), row(1, 2), row(2, 2)])
    added = claim_files(fixed, add_to=run.folder)
    assert added.folder == run.folder
    assert claims(run.folder) == dict.fromkeys(PERSONS, 852)
    lines = pd.read_csv(run.folder / "claim_lines.csv", dtype=str)
    assert lines["insured_no"].tolist() == list(PERSONS)
    assert (run.folder / "held_visits.csv").read_text(encoding="utf-8").count("\n") == 1
    found = record(run.folder)
    assert [one["path"] for one in found["inputs"]] == ["../visits.csv", "../fixed.csv"]
    assert found["sums"]["units"] == 3 * 852
    assert found["added_to"]["counts"]["claims"] == 1
    # The first file alone would lose what was added.
    assert "holds the results of other files" in str(refused(tmp_path / "visits.csv", run.folder))


def test_correction_in_two_rounds_in_another_folder(tmp_path: Path, run: FileBatch) -> None:
    half = write(tmp_path / "half.csv", [row(1, 0), row(2, 0), *ROWS[4:]])
    first = claim_files(half, tmp_path / "second", add_to=run.folder)
    assert claims(first.folder) == dict.fromkeys(PERSONS[:2], 852)
    assert first.summary.held_visits == 2
    assert claims(run.folder) == {PERSONS[1]: 852}
    rest = write(tmp_path / "rest.csv", [row(1, 2), row(2, 2)])
    claim_files(rest, add_to=tmp_path / "second")
    assert claims(tmp_path / "second") == dict.fromkeys(PERSONS, 852)


def test_an_addition_elsewhere_is_made_again(tmp_path: Path, run: FileBatch) -> None:
    fixed = write(tmp_path / "fixed.csv", [row(1, 0), row(2, 0), *ROWS[4:]])
    claim_files(fixed, tmp_path / "second", add_to=run.folder)
    write(fixed, [row(1, 0), row(2, 0), row(1, 2), row(2, 2)])
    # The same command: what it replaces was made from the same files.
    claim_files(fixed, tmp_path / "second", add_to=run.folder)
    assert claims(tmp_path / "second") == dict.fromkeys(PERSONS, 852)
    found = record(tmp_path / "second")
    assert found["counts"]["claims"] == found["counts"]["without_price"] == 3
    # From the corrected rows alone, or from others, it would be something else.
    assert "holds the results of other files" in str(refused(fixed, tmp_path / "second"))
    other = write(tmp_path / "other.csv", [row(1, 0), row(2, 0), row(1, 2), row(2, 2)])
    with pytest.raises(OutputError, match="holds the results of other files"):
        claim_files(other, tmp_path / "second", add_to=run.folder)


def test_held_rows_corrected_where_they_lie(run: FileBatch) -> None:
    held = run.folder / "held_visits.csv"
    text = held.read_text(encoding="utf-8").replace(",x", ",240").replace(",9,", ",1,")
    held.write_text(text, encoding="utf-8")
    claim_files(held, add_to=run.folder)
    assert claims(run.folder) == dict.fromkeys(PERSONS, 852)


# 2016-04, 要介護1, 735 units a visit of 8 hours: 12 visits at one provider (8,820), 14 at another
# (10,290), 19,110 together; the limit of both is 16,692.
SECOND = "1370000026"
DAYS_OF_TWO = [
    *(visit(day, minutes="480") for day in range(1, 13)),
    *(visit(day, minutes="480", provider_no=SECOND) for day in range(13, 27)),
]


def plans(path: Path, *units: str) -> Path:
    """The recipients file with a plan for each of the two providers."""
    person = {
        "insurer_no": DAYS_OF_TWO[0]["insurer_no"],
        "insured_no": DAYS_OF_TWO[0]["insured_no"],
    }
    providers = DAYS_OF_TWO[0]["provider_no"], SECOND
    rows = zip(providers, units, strict=True)
    return write(path, [person | {"provider_no": one, "planned_units": plan} for one, plan in rows])


@pytest.mark.parametrize(
    ("plan", "rules", "benefit"),
    [
        ("", ["plan_needed"], [8820]),
        ("7693", ["plan_over_limit"], [8820]),
        ("7692", [], [8820, 7692]),
    ],
)
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_claims_that_are_there_have_their_part_of_the_limit(
    tmp_path: Path, file_format: Any, plan: str, rules: list[str], benefit: list[int]
) -> None:
    visits = write(tmp_path / "visits.csv", DAYS_OF_TWO)
    recipients = plans(tmp_path / "recipients.csv", "9000", "")
    run = claim_files(visits, tmp_path / "out", recipients=recipients, file_format=file_format)
    assert run.summary.claims == 1
    plans(recipients, "9000", plan)
    held = run.folder / "held_visits.csv"
    added = claim_files(
        held, tmp_path / "more", recipients=recipients, add_to=run.folder, file_format=file_format
    )
    errors = added.problems[added.problems["severity"] == "error"]
    assert errors["rule"].tolist() == rules
    if rules == ["plan_needed"]:
        assert (
            "at 2 providers come to 19110 units, more than the limit 16692" in errors["message"][0]
        )
    path = added.folder / f"claims.{file_format}"
    found = pd.read_parquet(path) if file_format == "parquet" else pd.read_csv(path)
    assert found["benefit_units"].tolist() == benefit


@pytest.mark.parametrize(
    ("plan", "rules", "benefit"),
    [
        ("", ["plan_needed"], [8820]),
        ("7693", ["plan_over_limit"], [8820]),
        ("7692", [], [8820, 7692]),
    ],
)
@pytest.mark.parametrize("fault", [",131003,", ",0000000001,", f",{SECOND},7692"])
def test_a_plan_goes_on_beside_a_row_of_another_provider_that_cannot_be_read(
    tmp_path: Path, fault: str, plan: str, rules: list[str], benefit: list[int]
) -> None:
    """The plan says how much of the limit it has; the other's claim is held until its row is right.

    What is written never passes the limit together, whatever the row says then.
    """
    visits = write(tmp_path / "visits.csv", DAYS_OF_TWO)
    recipients = plans(tmp_path / "recipients.csv", "9000", "7692")
    heading, first, second = recipients.read_text(encoding="utf-8").splitlines(True)
    wrong = f",{second}".replace(fault, f"{fault[:-2]}x{fault[-1]}")[1:]
    assert wrong != second
    recipients.write_text(heading + first + wrong, encoding="utf-8")
    run = claim_files(visits, tmp_path / "out", recipients=recipients)
    assert pd.read_csv(run.folder / "claims.csv")["benefit_units"].tolist() == [8820]
    plans(recipients, "9000", plan)
    held = run.folder / "held_visits.csv"
    added = claim_files(held, recipients=recipients, add_to=run.folder)
    errors = added.problems[added.problems["severity"] == "error"]
    assert errors["rule"].tolist() == rules
    assert pd.read_csv(run.folder / "claims.csv")["benefit_units"].tolist() == benefit
    # From the whole month both are held where one of the two plans must be wrong.
    whole = claim_files(visits, tmp_path / "whole", recipients=recipients)
    assert whole.summary.claims == {"": 1, "7693": 0, "7692": 2}[plan]


@pytest.mark.parametrize(("plan", "taken"), [("9000", 9000), ("", 8820)])
@pytest.mark.parametrize("left", [0, 1])
def test_what_is_claimed_has_its_part_whatever_recipients_say_by_now(
    tmp_path: Path, plan: str, taken: int, left: int
) -> None:
    visits = write(tmp_path / "visits.csv", [*DAYS_OF_TWO[:12], DAYS_OF_TWO[12] | {"minutes": "x"}])
    recipients = plans(tmp_path / "recipients.csv", plan, "1")
    run = claim_files(visits, tmp_path / "out", recipients=recipients)
    assert run.summary.claims == 1
    # The corrected recipients have no row of the provider that is there; the limit is 16,692.
    text = plans(recipients, "", str(16_692 - taken + 1 - left)).read_text(encoding="utf-8")
    recipients.write_text("".join(text.splitlines(True)[::2]), encoding="utf-8")
    fixed = write(tmp_path / "fixed.csv", DAYS_OF_TWO[12:])
    added = claim_files(fixed, recipients=recipients, add_to=run.folder)
    errors = added.problems[added.problems["severity"] == "error"]
    assert errors["rule"].tolist() == ["plan_over_limit"] * (1 - left)
    benefit = pd.read_csv(run.folder / "claims.csv")["benefit_units"].tolist()
    assert benefit == [8820, 16_692 - taken][: 1 + left]


def test_what_is_claimed_without_a_plan_is_none_within_the_limit(tmp_path: Path) -> None:
    # 8,820 + 735 units, limit 16,692: the plan of the other provider leaves no part of it open.
    recipients = plans(tmp_path / "recipients.csv", "", "8000")
    run = claim_files(
        write(tmp_path / "visits.csv", DAYS_OF_TWO[:12]), tmp_path / "out", recipients=recipients
    )
    claim_files(
        write(tmp_path / "more.csv", DAYS_OF_TWO[12:13]), recipients=recipients, add_to=run.folder
    )
    assert pd.read_csv(run.folder / "claims.csv")["benefit_units"].tolist() == [8820, 735]


@pytest.mark.parametrize(
    ("visits", "level", "told"),
    # 735 units a visit at level 1, whose limit is 16,692: 22 are within it.
    [(24, "3", True), (24, "1", False), (22, "3", False)],
)
def test_a_higher_level_that_is_added_is_said_to_raise_the_limit_of_what_is_there(
    tmp_path: Path, visits: int, level: str, told: bool
) -> None:
    """The limit of a person is that of the highest care level of the month."""
    first = [visit(day, minutes="480") for day in range(1, visits + 1)]
    run = claim_files(write(tmp_path / "visits.csv", first), tmp_path / "out")
    later = write(tmp_path / "more.csv", [{**DAYS_OF_TWO[-1], "care_level": level}])
    # Beyond the limit the later provider has no part of it that is not said.
    recipients = plans(tmp_path / "recipients.csv", "16692", "0") if level == "1" else None
    notes = claim_files(later, add_to=run.folder, recipients=recipients).notes
    said = [str(one) for one in notes if "care level" in str(one)]
    assert len(said) == told
    if told:
        assert said[0].startswith(
            f"1 claim in {run.folder} (201604 1370000018 131003 {first[0]['insured_no']}) was "
            "cut at the limit of a lower care level than that of the rows added now"
        )
        assert "最も重い要介護度" in notes[-1].say("ja")


def test_a_plan_for_every_provider_serves_one_of_them_alone(tmp_path: Path) -> None:
    visits = write(tmp_path / "visits.csv", [*DAYS_OF_TWO[:1], {**DAYS_OF_TWO[12], "minutes": "x"}])
    person = {
        "insurer_no": DAYS_OF_TWO[0]["insurer_no"],
        "insured_no": DAYS_OF_TWO[0]["insured_no"],
    }
    recipients = write(tmp_path / "recipients.csv", [person | {"planned_units": ""}])
    run = claim_files(visits, tmp_path / "out", recipients=recipients)
    # One visit that cannot be read leaves the limit of the other provider's claim certain.
    assert run.summary.claims == 1
    write(recipients, [person | {"planned_units": "9000"}])
    fixed = write(tmp_path / "fixed.csv", [DAYS_OF_TWO[12]])
    added = claim_files(fixed, recipients=recipients, add_to=run.folder)
    assert added.problems["rule"].tolist() == ["plan_needed"]
    assert added.summary.claims == 0


def test_claims_of_others_leave_the_limit_alone(tmp_path: Path) -> None:
    other = [{**one, "insured_no": PERSONS[1]} for one in DAYS_OF_TWO[:12]]
    another_month = [
        {**one, "service_date": one["service_date"].replace("2016-04", "2016-05")}
        for one in DAYS_OF_TWO[:12]
    ]
    rows = [*other, *another_month, *DAYS_OF_TWO[12:]]
    broken = [*rows[:-1], {**rows[-1], "minutes": "x"}]
    run = claim_files(write(tmp_path / "visits.csv", broken), tmp_path / "out")
    assert run.summary.claims == 2
    claim_files(write(tmp_path / "fixed.csv", DAYS_OF_TWO[12:]), add_to=run.folder)
    assert pd.read_csv(run.folder / "claims.csv")["benefit_units"].tolist() == [8820, 10290, 8820]


def test_the_same_number_of_another_insurer_is_another_person(tmp_path: Path) -> None:
    elsewhere = [{**one, "insurer_no": "138006"} for one in DAYS_OF_TWO[:12]]
    # Of another person, one visit at each provider.
    here, there = ({**DAYS_OF_TWO[at], "insured_no": PERSONS[1]} for at in (0, 12))
    added = [*DAYS_OF_TWO[12:], there]
    broken = [{**one, "minutes": "x"} for one in added]
    run = claim_files(write(tmp_path / "visits.csv", [*elsewhere, here, *broken]), tmp_path / "out")
    assert run.summary.claims == 2
    claim_files(write(tmp_path / "fixed.csv", added), add_to=run.folder)
    claims = pd.read_csv(run.folder / "claims.csv", dtype=str)
    assert claims[["provider_no", "insurer_no", "benefit_units"]].to_numpy().tolist() == [
        [DAYS_OF_TWO[0]["provider_no"], here["insurer_no"], "735"],
        [DAYS_OF_TWO[0]["provider_no"], "138006", "8820"],
        [SECOND, here["insurer_no"], "10290"],
        [SECOND, here["insurer_no"], "735"],
    ]


def test_what_is_claimed_with_zeros_in_front_of_its_insurer_is_held(
    tmp_path: Path, run: FileBatch
) -> None:
    # 証記載保険者番号 of six digits stands there with two zeros: it would be claimed twice.
    again = row(1, 1)
    again["insurer_no"] = f"00{again['insurer_no']}"
    fixed = write(tmp_path / "fixed.csv", [row(1, 0), row(2, 0), *ROWS[4:], again])
    added = claim_files(fixed, add_to=run.folder)
    assert claims(run.folder) == dict.fromkeys(PERSONS[:2], 852)
    assert again["insurer_no"] in added.problems["value"].tolist()


def test_what_is_claimed_already_is_held(tmp_path: Path, run: FileBatch) -> None:
    fixed = write(tmp_path / "fixed.csv", [row(1, 0), row(2, 0), row(3, 1), *ROWS[4:]])
    added = claim_files(fixed, add_to=run.folder)
    assert claims(run.folder) == dict.fromkeys(PERSONS[:2], 852)
    problem = added.problems[added.problems["rule"] == "already_claimed"].iloc[0]
    assert problem[["severity", "service_month", "insured_no", "value"]].tolist() == [
        "error",
        "201604",
        PERSONS[1],
        PERSONS[1],
    ]
    assert problem["message"] == (
        "claim 2016-04 1370000018 131003 0000000002: is in the results that are added to; take its "
        "rows out, or compute the whole month again from the corrected file"
    )
    held = (run.folder / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    assert csv_text([row(3, 1)]).splitlines()[1] in held


def test_held_claims_left_out_are_refused(tmp_path: Path, run: FileBatch) -> None:
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    fixed = write(tmp_path / "fixed.csv", [row(1, 0), row(2, 0)])
    error = refused(fixed, add_to=run.folder)
    assert str(error) == (
        f"{run.folder}: rows of 1 of the claims held there are not in the file that is added "
        "(201604 1370000018 131003 0000000003); give all rows of held_visits, corrected or not, "
        "or, where a date or a number of theirs was corrected or a visit taken out, compute the "
        "whole month again from the corrected file; nothing was written"
    )
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


@pytest.mark.parametrize(
    "lost",
    [
        # The natural slip: the corrected row alone, without those that were held with it.
        [row(1, 0)],
        [row(2, 0)],
        # Other visits as many.
        [row(1, 0), row(2, 0, session="2")],
        [row(2, 0), row(3, 0)],
    ],
)
def test_visits_of_a_held_claim_left_out_are_refused(
    tmp_path: Path, run: FileBatch, lost: list[Row]
) -> None:
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    fixed = write(tmp_path / "fixed.csv", [*lost, row(1, 2), row(2, 2)])
    assert "rows of 1 of the claims held there are not in the file" in str(
        refused(fixed, add_to=run.folder)
    )
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


def left_out(
    tmp_path: Path, held: list[Row], fixed: list[Row], foot: tuple[str, str] = ("", "")
) -> list[str]:
    """Add to a run that holds rows; return what is said of those that do not come back."""
    visits = write(tmp_path / "visits.csv", held)
    visits.write_text(visits.read_text("utf-8") + foot[0], "utf-8")
    run = claim_files(visits, tmp_path / "out", replace=True)
    given = write(tmp_path / "fixed.csv", fixed)
    given.write_text(given.read_text("utf-8") + foot[1], "utf-8")
    added = claim_files(given, add_to=run.folder)
    said = [one for one in added.notes if "is added" in str(one)]
    for one in said:
        assert "held_visits の行のうち" in one.say("ja")
    return list(map(str, said))


# What can be read of a row of the third person, whose claims are held with it, or less.
UNREAD = [
    row(3, 2, service_date="April"),
    row(3, 2, session="x"),
    row(3, 2) | {"insured_no": "?"},
    row(3, 2, provider_no="", service_date=""),
    dict.fromkeys(row(3, 2), "?"),
]


@pytest.mark.parametrize("unread", UNREAD, ids=str)
@pytest.mark.parametrize("others", [0, 2])
def test_an_unreadable_row_that_does_not_come_back_is_told(
    tmp_path: Path, unread: Row, others: int
) -> None:
    """``others``: new visits of another person do not stand in its place where it has a person."""
    held, more = [row(1, 2), row(2, 2), unread], [row(day + 1, 1) for day in range(others)]
    (said,) = left_out(tmp_path, held, [row(1, 2), row(2, 2)])
    assert said.startswith(f"1 row of held_visits of {tmp_path / 'out'} is not in the file")
    assert "(lines 4)" in said
    if unread["insured_no"] == PERSONS[2]:
        assert left_out(tmp_path, held, [row(1, 2), row(2, 2), *more]) == [said]


@pytest.mark.parametrize("unread", UNREAD, ids=str)
@pytest.mark.parametrize("day", ["3", "x"])
def test_an_unreadable_row_that_comes_back_is_not_told(
    tmp_path: Path, unread: Row, day: str
) -> None:
    """Put right, or as it was; in whatever order."""
    held, back = [row(1, 2), row(2, 2), unread], unread if day == "x" else row(3, 2)
    assert not left_out(tmp_path, held, [back, row(2, 2), row(1, 2)])


def test_unreadable_rows_are_counted_together(tmp_path: Path) -> None:
    """One that came back can be any of two, and is not both of them."""
    undated, nameless = UNREAD[0], UNREAD[-1]
    held = [row(1, 2), undated, nameless, undated]
    assert not left_out(tmp_path, held, [row(1, 2), row(2, 2), row(3, 2), row(4, 1)])
    (said,) = left_out(tmp_path, held, [row(1, 2), row(2, 2), row(3, 2)])
    assert said.startswith("1 row ")
    assert "(lines 3, 4, 5)" in said
    (said,) = left_out(tmp_path, held, [row(1, 2)])
    assert said.startswith("3 rows ")
    assert "(lines 3, 4, 5)" in said
    (said,) = left_out(tmp_path, held, [row(1, 2), row(2, 2), row(4, 1)])
    assert said.startswith("1 row ")
    assert "(lines 3, 5)" in said


@pytest.mark.parametrize("kept", [True, False])
def test_totals_and_rows_of_other_services_may_be_left_out(tmp_path: Path, kept: bool) -> None:
    broken = row(2, 2, minutes="x")
    width = len(csv_text([broken]).splitlines()[0].split(","))
    foot = "合計" + "," * (width - 1) + "\n"
    other = row(3, 2, service_date="?", care_level="要支援1")
    fixed = [row(2, 2), *([other] if kept else [])]
    assert not left_out(tmp_path, [broken, other], fixed, (foot, foot * kept))
    # A total that came back is no row put right.
    assert left_out(tmp_path, [broken, UNREAD[-1]], fixed, (foot, foot * kept))


def test_a_doubled_row_is_taken_out_and_visits_may_be_added(tmp_path: Path) -> None:
    rows = [row(1, 0), row(1, 0), row(2, 0, session="2"), row(1, 1)]
    run = claim_files(write(tmp_path / "visits.csv", rows), tmp_path / "out")
    assert claims(run.folder) == {PERSONS[1]: 426}
    fixed = write(tmp_path / "fixed.csv", [row(3, 0), row(1, 0), row(2, 0, session="2")])
    claim_files(fixed, add_to=run.folder)
    # 426 units a visit.
    assert claims(run.folder) == {PERSONS[0]: 3 * 426, PERSONS[1]: 426}


def test_rows_of_what_is_claimed_already_are_taken_out(tmp_path: Path, run: FileBatch) -> None:
    """As the word of ``already_claimed`` says; the rows that are held besides may stay held."""
    claim_files(tmp_path / "visits.csv", add_to=run.folder)
    assert PERSONS[1] in (run.folder / "held_visits.csv").read_text(encoding="utf-8")
    fixed = [row(1, 0), row(2, 0), *ROWS[4:]]
    claim_files(write(tmp_path / "fixed.csv", fixed), add_to=run.folder)
    assert claims(run.folder) == {PERSONS[0]: 852, PERSONS[1]: 852}
    assert PERSONS[2] in str(refused(write(tmp_path / "third.csv", ROWS[2:4]), add_to=run.folder))


def test_no_folder_is_named(tmp_path: Path) -> None:
    visits = write(tmp_path / "visits.csv", ROWS)
    assert str(refused(visits)) == (
        "no folder for the results is named; name one with -o, or with --add-to the one of an "
        "earlier run"
    )
    assert str(refused(visits, "")).startswith("the name of the output is blank")


# ---------------------------------------------------------------- two runs at a time

CHANGED = {
    "en": "out: has changed while it was read; begin again when nothing writes to it",
    "ja": "out: 読み込み中に変更されました。",
}


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, other: Callable[[], Any]
) -> list[object]:
    """Let another run end once while this one is at work."""
    original = getattr(import_module(module), name)
    ended: list[object] = []

    def wrapped(*given: Any, **named: Any) -> Any:
        done = original(*given, **named)
        if not ended:
            ended.append(other)
            other()
        return done

    monkeypatch.setattr(f"{module}.{name}", wrapped)
    return ended


@pytest.mark.parametrize(
    ("module", "read"),
    [
        ("chiiki_tsusho.writing.saved_results", lambda out: write_statements(out, f"{out}.html")),
        ("chiiki_tsusho.writing.saved_results", lambda out: claim_files(f"{out}.csv", add_to=out)),
        ("chiiki_tsusho.reports.batch_folder", write_report),
    ],
    ids=["statements", "add_to", "report"],
)
def test_results_that_are_replaced_while_they_are_read_are_refused(
    tmp_path: Path, run: FileBatch, monkeypatch: pytest.MonkeyPatch, module: str, read: Any
) -> None:
    write(tmp_path / "out.csv", [row(3, 0)])
    write(tmp_path / "visits.csv", ROWS[2:])
    ended = meanwhile(
        monkeypatch,
        module,
        "read_output",
        lambda: claim_files(tmp_path / "visits.csv", run.folder),
    )
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ct.InputFileError) as told:
        read(run.folder)
    assert ended
    for language in LANGUAGES:
        assert CHANGED[language] in told.value.say(language)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert not (run.folder / "report.html").exists()
    assert claims(run.folder) == {PERSONS[1]: 852}


@pytest.mark.parametrize(
    ("module", "name", "write_page"),
    [
        ("chiiki_tsusho.reports.page", "report_figures", write_report),
        (
            "chiiki_tsusho.papers.statements",
            "read_tables",
            lambda out: write_statements(out, out / "statements.html"),
        ),
    ],
    ids=["report", "statements"],
)
def test_a_page_of_results_replaced_since_is_not_put_beside_the_new(
    tmp_path: Path,
    run: FileBatch,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    name: str,
    write_page: Any,
) -> None:
    write(tmp_path / "visits.csv", ROWS[2:])
    ended = meanwhile(
        monkeypatch, module, name, lambda: claim_files(tmp_path / "visits.csv", run.folder)
    )
    with pytest.raises(ct.InputFileError) as told:
        write_page(run.folder)
    assert ended
    assert CHANGED["en"] in str(told.value)
    assert not list(run.folder.glob("*.html"))
    assert "made_from_it" not in record(run.folder)


@pytest.mark.parametrize(
    "write_page",
    [write_report, lambda out: write_statements(out, out / "report.html")],
    ids=["report", "statements"],
)
def test_no_run_comes_between_a_page_and_the_note_of_it(
    tmp_path: Path, run: FileBatch, monkeypatch: pytest.MonkeyPatch, write_page: Any
) -> None:
    """Its record would be overwritten by that of the run before."""
    visits, said = tmp_path / "visits.csv", []
    meanwhile(
        monkeypatch,
        "chiiki_tsusho.writing.run_record",
        "read_record",
        lambda: said.append(str(refused(visits, run.folder))),
    )
    write_page(run.folder)
    assert ["another run is writing there" in one for one in said] == [True]
    assert record(run.folder)["made_from_it"] == ["report.html"]
    claim_files(visits, run.folder)
    assert not (run.folder / "report.html").exists()


def test_claims_that_another_run_adds_at_the_same_time_are_not_lost(
    tmp_path: Path, run: FileBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = run.folder / "held_visits.csv"
    mended = held.read_text("utf-8").replace(",x\n", ",240\n")
    (tmp_path / "first.csv").write_text(mended, "utf-8")
    (tmp_path / "second.csv").write_text(held.read_text("utf-8").replace(",9,", ",1,"), "utf-8")
    ended = meanwhile(
        monkeypatch,
        "chiiki_tsusho.batch",
        "code_book",
        lambda: claim_files(tmp_path / "first.csv", add_to=run.folder),
    )
    with pytest.raises(ct.InputFileError) as told:
        claim_files(tmp_path / "second.csv", add_to=run.folder)
    assert ended
    assert CHANGED["en"] in str(told.value)
    assert claims(run.folder) == {PERSONS[0]: 852, PERSONS[1]: 852}
    assert held.read_text("utf-8").count(PERSONS[2]) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_in_the_place_of_the_record_is_not_waited_for(run: FileBatch) -> None:
    (run.folder / "run.json").unlink()
    os.mkfifo(run.folder / "run.json")
    assert write_report(run.folder).is_file()


@pytest.mark.parametrize("kept", [True, False])
def test_a_column_left_unread_hinders_no_addition(kept: bool, tmp_path: Path) -> None:
    rows = [one | {"room": "a"} for one in ROWS]
    given = write(tmp_path / "visits.csv", rows)
    first = claim_files(given, tmp_path / "out", ignore_columns=["room"]).folder
    right = [row(1, 0), row(2, 0), row(1, 2), row(2, 2)]
    fixed = write(tmp_path / "fixed.csv", [one | {"room": "b"} for one in right] if kept else right)
    ignored = ["room"] if kept else []
    claim_files(fixed, tmp_path / "whole", add_to=first, ignore_columns=ignored)
    # Two visits of 426 units each.
    assert claims(tmp_path / "whole") == dict.fromkeys(PERSONS, 852)

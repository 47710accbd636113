"""The commands of the claim file: exit codes, what goes to which stream, both languages."""

from __future__ import annotations

import csv
import io
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chiiki_tsusho.command_line import shared
from chiiki_tsusho.command_line.app import app
from helpers.claim_files import changed_file, clean_file, file_bytes, lines

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NEVER_TRIED = "no file of this program was ever tried at a real 国保連"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    yield
    shared.speak("en")


def invoke(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="chiiki-tsusho")


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "claims"
    done = invoke(
        *("claim", EXAMPLES / "visits.csv", "-o", folder),
        *("--providers", EXAMPLES / "providers.csv"),
        *("--recipients", EXAMPLES / "recipients.csv"),
    )
    assert done.exit_code == 0, done.stderr
    return folder


def claim_file(claims: Path, output: Path, *more: object, recipients: Path | None = None) -> Any:
    given = EXAMPLES / "recipients.csv" if recipients is None else recipients
    options = ("--recipients", given, "--review-month", "2016-05", "-o", output)
    return invoke("claim-file", claims, *options, *more)


@pytest.mark.parametrize(("review", "noted"), [("2018-06", False), ("2018-07", True)])
def test_a_claim_of_more_than_two_years_ago_is_noted(
    claims: Path, tmp_path: Path, review: str, noted: bool
) -> None:
    """介護保険法 第200条: of services in 2016-04 until the end of 2018-06."""
    done = claim_file(claims, tmp_path / "sending", "--review-month", review)
    assert done.exit_code == 0
    assert ("barred after two years" in done.stderr) == noted


def test_claim_files_are_written_for_their_owner_alone(claims: Path, tmp_path: Path) -> None:
    done = claim_file(claims, tmp_path / "sending")
    assert (done.exit_code, done.stdout) == (0, "")
    files = sorted((tmp_path / "sending").iterdir())
    assert len(files) == 7
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    lines = done.stderr.splitlines()
    assert len(lines) == 8
    assert "provider 1390000015, 5 statements, 68,003 units, insurance 657,892 yen" in lines[1]
    assert NEVER_TRIED in lines[-1]
    audit = invoke("audit", *files)
    assert (audit.exit_code, audit.stdout) == (0, "")
    assert "7 files: 27 statements, 238,431 units, 2,517,248 yen; 0 findings" in audit.stderr


def test_it_says_in_japanese_that_none_was_ever_tried(claims: Path, tmp_path: Path) -> None:
    done = claim_file(claims, tmp_path, "--lang", "ja")
    assert done.exit_code == 0
    assert "実際の国保連に提出した例はありません" in done.stderr.splitlines()[-1]


def test_what_is_missing_is_a_table_and_no_file_is_written(claims: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.csv"
    rows = csv.reader((EXAMPLES / "recipients.csv").read_text(encoding="utf-8").splitlines())
    bare.write_text("".join(",".join(row[:10]) + "\n" for row in rows), encoding="utf-8")
    done = claim_file(claims, tmp_path / "sending", recipients=bare)
    assert done.exit_code == 1
    missing = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {"birth_date", "sex", "certified_from"} <= {row["column"] for row in missing}
    assert {row["rule"] for row in missing} == {"missing_value"}
    assert done.stderr.startswith("no claim file is written: 142 problems of 27 claims")
    assert not (tmp_path / "sending").exists()
    # No word of a person beyond the key of the claim.
    assert "1924-01-01" not in done.stdout + done.stderr


def test_held_visits_are_said_to_be_in_no_file(tmp_path: Path) -> None:
    text = (EXAMPLES / "visits.csv").read_text(encoding="utf-8").splitlines()
    cells = text[1].split(",")
    cells[4] = "9"
    visits = tmp_path / "visits.csv"
    visits.write_text("\n".join([text[0], ",".join(cells), *text[2:]]) + "\n", encoding="utf-8")
    options = ("--providers", EXAMPLES / "providers.csv")
    more = ("--recipients", EXAMPLES / "recipients.csv")
    assert invoke("claim", visits, "-o", tmp_path / "claims", *options, *more).exit_code == 1
    done = claim_file(tmp_path / "claims", tmp_path / "sending")
    assert done.exit_code == 0
    assert "held visits of the batch are in no file" in done.stderr


@pytest.mark.parametrize(("level", "noted"), [("5", False), ("1", True)])
def test_a_level_of_recipients_that_no_visit_has_is_noted(
    claims: Path, tmp_path: Path, level: str, noted: bool
) -> None:
    """要介護5 in every visit of the month, and no certification begins in it."""
    with (EXAMPLES / "recipients.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    next(row for row in rows if row["insured_no"] == "0000100053")["care_level"] = level
    other = tmp_path / "recipients.csv"
    with other.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = claim_file(claims, tmp_path / "sending", recipients=other)
    assert done.exit_code == 0
    said = "a care_level that no visit of the month has for 1 person, first 0000100053;"
    assert (said in done.stderr) is noted


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--quote", "some"), "--quote 'some' is unknown; minimal, none or all"),
        (("--medium", "9"), "medium '9' is unknown"),
        (("--file-name", "X"), "there are several files to write; leave the name out"),
    ],
)
def test_wrong_use_is_said(claims: Path, tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    done = claim_file(claims, tmp_path / "sending", *more)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "sending").exists()


def test_an_early_review_is_wrong_use(claims: Path, tmp_path: Path) -> None:
    done = claim_file(claims, tmp_path / "sending", "--review-month", "2016-04")
    assert done.exit_code == 2
    assert "in the month after at the earliest" in done.stderr


@pytest.mark.parametrize("name", ["problems.csv", "held_visits.csv", "claims.csv"])
def test_nothing_is_written_where_the_results_cannot_be_read(
    claims: Path, tmp_path: Path, name: str
) -> None:
    broken = tmp_path / "claims"
    shutil.copytree(claims, broken)
    (broken / name).write_bytes(bytes(range(256)))
    done = claim_file(broken, tmp_path / "sending")
    assert done.exit_code == 2
    assert name in done.stderr
    assert not (tmp_path / "sending").exists()


def test_an_audit_writes_findings_as_a_table_and_a_page(tmp_path: Path) -> None:
    path, page = tmp_path / "J201604.CSV", tmp_path / "audit.html"
    path.write_bytes(changed_file("7131-10", 0, "insurance_yen", "173608").to_bytes())
    done = invoke("audit", path, "--page", page)
    assert done.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    [row] = [one for one in rows if one["rule"] == "insurance_yen"]
    assert (row["item"], row["found"], row["expected"]) == ("7131-10-16", "173608", "173607")
    assert "3 findings" in done.stderr
    assert "7131-10-16" in page.read_text(encoding="utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_a_hint_of_a_whole_file_names_no_line(tmp_path: Path) -> None:
    file = tmp_path / "J.CSV"
    other = ["7132", "01", "201604", "1390000015", "00139006", "0000999999", "whatever"]
    file.write_bytes(file_bytes([*lines(), other]))
    done = invoke("audit", file)
    assert done.exit_code == 0
    first, _ = done.stderr.splitlines()
    assert first.startswith("to look at: The file has statements of other forms")


def test_hints_of_several_files_name_the_file_of_the_line(claims: Path, tmp_path: Path) -> None:
    """The lowest line of all files may be one of another file."""
    sending = tmp_path / "sending"
    assert claim_file(claims, sending).exit_code == 0
    first = sending / "J1604001.CSV"
    # Of made-up numbers none ends in its check digit: the first is that of the first person.
    rows = first.read_text("cp932").splitlines()
    line = next(at for at, row in enumerate(rows, start=1) if row.split(",")[2:4] == ["7131", "01"])
    said = invoke("audit", sending).stderr
    assert f"(27 lines, first {first}, line {line}): The last digit is not the check digit" in said
    said = invoke("audit", sending, "--lang", "ja").stderr
    assert f"確認(27行、最初は {first} の{line}行目): 検証番号が合いません" in said


def test_an_audit_in_japanese_has_japanese_headings(tmp_path: Path) -> None:
    path = tmp_path / "J201604.CSV"
    path.write_bytes(changed_file("7131-10", 0, "insurance_yen", "173608").to_bytes())
    done = invoke("audit", path, "--lang", "ja")
    assert done.exit_code == 1
    row = next(csv.DictReader(io.StringIO(done.stdout)))
    assert row["返戻コード"] == "ASSA"
    assert "誤り3件" in done.stderr


def test_a_clean_file_and_one_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "J201604.CSV"
    path.write_bytes(clean_file().to_bytes())
    assert invoke("audit", path).exit_code == 0
    path.write_text("no claim file\n", encoding="utf-8")
    done = invoke("audit", path)
    assert done.exit_code == 2
    assert "no line is of a claim file" in done.stderr


@pytest.mark.parametrize("cell", ["=1", "@A1", "+A1"])
def test_what_a_spreadsheet_would_run_is_told_as_text(cell: str, tmp_path: Path) -> None:
    """Findings go to standard output, and from there into a spreadsheet."""
    file = tmp_path / "J201604.CSV"
    file.write_bytes(changed_file("7131-02", 0, "item_code", cell).to_bytes())
    told = invoke("audit", file)
    found = [row["found"] for row in csv.DictReader(io.StringIO(told.stdout))]
    assert f"'{cell}" in found
    assert cell not in found

"""The commands: data and words, exit codes, what is missing and how to get it."""

from __future__ import annotations

import csv
import doctest
import importlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from chiiki_tsusho import duties
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.duties import extra
from chiiki_tsusho.duties.findings import COLUMNS
from chiiki_tsusho.errors import ChiikiTsushoError

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in EXAMPLES.glob("duties_*.csv"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["duties", *words])


CHECK: Final = ("--offices", "duties_offices.csv", "--on", "2026-04-01")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.usefixtures("folder")
def test_findings_go_to_standard_output_words_to_standard_error() -> None:
    done = run("check", "duties_faulty_meetings.csv", *CHECK)
    assert done.exit_code == 1
    told = rows(done.stdout)
    assert told[0] == list(COLUMNS)
    assert len(told) == 12
    assert done.stderr == "on 2026-04-01: breach 5, late 4, unclear 1, advice 1\n"
    clean = run("check", "duties_meetings.csv", *CHECK)
    assert clean.exit_code == 0
    assert rows(clean.stdout) == [list(COLUMNS)]
    assert not clean.stdout.startswith("\ufeff")


def test_no_spreadsheet_runs_what_stands_in_a_register(folder: Path) -> None:
    meetings = folder / "duties_faulty_meetings.csv"
    text = meetings.read_text(encoding="utf-8-sig")
    meetings.write_text(text.replace(",1,2025-10-22,", ",=1+1,2025-10-22,"), encoding="utf-8")
    run("check", meetings.name, *CHECK, "-o", "findings.csv")
    told = rows((folder / "findings.csv").read_text(encoding="utf-8"))
    assert {row[3] for row in told} >= {"'=1+1"}
    assert "=1+1" not in {cell for row in told for cell in row}


def test_findings_and_plans_replace_only_what_the_same_command_wrote(folder: Path) -> None:
    """A register, or findings with a column of one's own, is not lost by a slip of the name."""
    check = ("check", "duties_faulty_meetings.csv", *CHECK, "-o")
    plan = ("plan", *CHECK[1:], "--year", "2026", "-o", "plan")
    for words in (("--headings", "ja"), ("--headings", "en")):
        assert run(*check, "findings.csv", *words).exit_code == 1
        assert run(*plan, *words).exit_code == 0
    done = folder / "findings.csv"
    # A spreadsheet ends its lines in another way.
    done.write_bytes(done.read_bytes().replace(b"\n", b"\r\n"))
    assert run(*check, "findings.csv").exit_code == 1
    done.write_bytes(b"\xef\xbb\xbf" + ",".join([*COLUMNS, "memo"]).encode() + b"\n")
    (folder / "staff.csv").write_text("name\n", encoding="utf-8")
    (folder / "empty.csv").touch()
    assert run(*check, "empty.csv").exit_code == 1
    names = ("findings.csv", "staff.csv", "duties_members.csv")
    others: list[tuple[tuple[str, ...], str]] = [((*check, name), name) for name in names]
    (folder / "plan" / "plan.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\n")
    for given, name in [*others, (plan, "plan/plan.ics")]:
        before = (folder / name).read_bytes()
        refused = run(*given)
        assert refused.exit_code == 2
        assert f"{name}: is there already" in refused.stderr
        assert "上書きしません" in run(*given, "--lang", "ja").stderr
        assert (folder / name).read_bytes() == before


def test_findings_in_a_file_are_told_as_well(folder: Path) -> None:
    done = run("check", "duties_faulty_meetings.csv", *CHECK, "-o", "findings.csv")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 12
    content = (folder / "findings.csv").read_bytes()
    # It holds Japanese, so a spreadsheet is told that it is UTF-8.
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(rows(content.decode())) == 12


@pytest.mark.usefixtures("folder")
def test_the_language_of_messages_and_headings() -> None:
    done = CliRunner().invoke(
        app, ["--lang", "ja", "duties", "check", "duties_faulty_meetings.csv", *CHECK]
    )
    told = rows(done.stdout)
    assert told[0] == list(COLUMNS.values())
    assert "会議" in told[1][6]
    assert done.stderr == "2026-04-01 現在: 違反 5、遅延 4、要確認 1、助言 1\n"
    mixed = run("check", "duties_faulty_meetings.csv", *CHECK, "--lang", "ja", "--headings", "en")
    assert rows(mixed.stdout) == [list(COLUMNS), *told[1:]]


FILING = (
    *("write", "filing", "--offices", "duties_offices.csv"),
    *("--corporation", "duties_corporation.csv", "-o", "x.docx"),
)


@pytest.mark.parametrize(
    ("words", "english", "japanese"),
    [
        (("check", "none.csv", *CHECK), "none.csv", "none.csv"),
        (
            ("check", "duties_meetings.csv", "--offices", "duties_offices.csv", "--on", "1 April"),
            "'1 April' is not a day",
            "「1 April」は日付として読めません",
        ),
        (
            ("check", "duties_offices.csv", *CHECK),
            "the headings are those of the register of offices, and it was given as the register "
            "of meetings",
            "見出しは事業所の一覧のものですが、会議の記録として指定されています",
        ),
        (
            ("write", "letter", "--offices", "duties_offices.csv", "-o", "x.docx"),
            "'letter' is no paper",
            "「letter」という書類はありません",
        ),
        (("rules", "adachi", "--service", "通所"), "'通所' is not a service", "「通所」は"),
        (
            ("plan", "duties_offices.csv", "--year", "1", "-o", "plan"),
            "1 is not a fiscal year",
            "1は年度として使えません",
        ),
        (
            ("plan", "duties_offices.csv", "--year", "令和8", "-o", "plan"),
            "--year '令和8': a whole number",
            "--year「令和8」: 2006〜2100の整数",
        ),
        (
            (*FILING, "--provider-no", "1390000012"),
            "the paper filing is not of one office; leave --provider-no out",
            "書類「filing」には事業所を指定できません。--provider-no を外してください",
        ),
        (
            (*FILING, "--service", "day_care"),
            "the paper filing is not of one service; leave --service out",
            "--service を外してください",
        ),
        (
            ("write", "members", "--offices", "duties_offices.csv", "-o", "x", "--meeting-no", "1"),
            "the paper members is not of one meeting; leave --meeting-no out",
            "書類「members」には会議を指定できません。--meeting-no を外してください",
        ),
        (("chek",), "there is no command 'chek'; did you mean check?", "chek"),
    ],
)
def test_wrong_use_writes_nothing(
    words: tuple[str, ...], english: str, japanese: str, folder: Path
) -> None:
    before = sorted(folder.iterdir())
    for language, told in (("en", english), ("ja", japanese)):
        done = run(*words, "--lang", language)
        assert done.exit_code == 2, done.stderr
        assert told in done.stderr
        assert done.stdout == ""
    assert sorted(folder.iterdir()) == before


def test_the_plan_is_a_table_and_a_calendar(folder: Path) -> None:
    words = ("plan", "duties_offices.csv", "--year", "2026", "--meetings", "duties_meetings.csv")
    done = run(*words, "--on", "2026-04-01", "-o", "plan")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == "18 days; files in plan: plan.csv, plan.ics\n"
    files = {path.name: path.read_bytes() for path in (folder / "plan").iterdir()}
    assert sorted(files) == ["plan.csv", "plan.ics"]
    run(*words, "--on", "2026-04-01", "-o", "plan")
    assert files == {path.name: path.read_bytes() for path in (folder / "plan").iterdir()}
    assert len(rows(files["plan.csv"].decode())) == 19


def test_what_could_not_be_planned_is_told(folder: Path) -> None:
    register = ["provider_no,held_on", *(f"13999{at:05},2026-05-20" for at in range(22))]
    (folder / "meetings.csv").write_text("\n".join(register), encoding="utf-8")
    done = run(
        *("plan", "duties_offices.csv", "--year", "2026", "--meetings", "meetings.csv"),
        *("--on", "2026-06-01", "-o", "plan", "--lang", "en"),
    )
    assert done.exit_code == 0
    told = done.stderr.splitlines()
    assert told[0].startswith(
        "note: 1399900000 meetings of a provider that the register of offices"
    )
    assert told[20] == "note: … and 2 more"
    assert len(told) == 22


def test_the_number_of_a_meeting_is_said_once(folder: Path) -> None:
    register = (folder / "duties_faulty_meetings.csv").read_text(encoding="utf-8")
    numbered = register.replace("1390000012,1,", "1390000012,令和7年度第1回,")
    (folder / "numbered.csv").write_text(numbered, encoding="utf-8")
    done = run("check", "numbered.csv", *CHECK, "-o", "findings.csv", "--lang", "ja")
    assert "違反: 1390000012 令和7年度第1回 開催回数に数える最初の会議は" in done.stderr
    assert "違反: 1390000012 第2回 書面での開催は" in done.stderr


def test_papers_and_templates(folder: Path) -> None:
    done = run(
        *("write", "members", "--offices", "duties_offices.csv"),
        *("--members", "duties_members.csv", "--on", "2026-04-01", "-o", "members.docx"),
    )
    assert (done.exit_code, done.stderr) == (0, "wrote members.docx\n")
    assert (folder / "members.docx").read_bytes().startswith(b"PK")
    done = run("template", "new", "--headings", "ja")
    assert done.exit_code == 0
    assert (folder / "new" / "offices.csv").read_text("utf-8-sig").startswith("事業所番号,")
    # What the template says is checked without a fault of reading.
    done = run("check", "new/meetings.csv", "--offices", "new/offices.csv", "--on", "2026-05-21")
    assert done.exit_code in (0, 1), done.stderr
    again = run("template", "new")
    assert again.exit_code == 2


def test_rules_of_a_town_that_is_not_known() -> None:
    done = run("rules", "函館市", "--service", "day_care", "--on", "2026-04-01")
    assert done.exit_code == 0
    assert {row[0] for row in rows(done.stdout)[1:]} == {"law"}
    assert "no rules of 函館市 are known" in done.stderr
    assert run("rules", "adachi").stderr == ""


def test_headings_of_rules_follow_the_language(tmp_path: Path) -> None:
    english = run("rules", "adachi", "--lang", "ja", "--headings", "en").stdout
    assert rows(english)[0][:3] == ["authority", "service", "key"]
    japanese = run("rules", "adachi", "--lang", "ja").stdout
    assert rows(japanese)[0][:3] == ["根拠の主体", "サービス区分", "項目"]
    assert rows(japanese)[1:] == rows(english)[1:]
    # What --headings en prints is what --rules takes.
    own = tmp_path / "own.csv"
    own.write_text(english, "utf-8")
    done = run("rules", "adachi", "--rules", str(own))
    assert done.exit_code == 0, done.stderr
    assert sorted(rows(done.stdout)[1:]) == sorted(rows(english)[1:])


@pytest.mark.usefixtures("folder")
def test_today_is_the_day_where_none_is_given() -> None:
    done = run("check", "duties_meetings.csv", "--offices", "duties_offices.csv")
    assert done.exit_code in (0, 1)
    assert done.stderr.splitlines()[-1].startswith("on 20")


def test_the_functions_are_there_by_name_and_no_other() -> None:
    for name in duties.__all__:
        assert getattr(duties, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'check_duty'"):
        getattr(duties, "check_duty")  # noqa: B009 (not known to a type checker)


def test_the_examples_of_the_functions() -> None:
    tried = 0
    for name in ("check", "plan", "rules", "filings"):
        module = importlib.import_module(f"chiiki_tsusho.duties.{name}")
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
        assert result.failed == 0
        tried += result.attempted
    assert tried >= 10


# --- the extra --------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "name"), [("icalendar", "icalendar"), ("docx", "python-docx")])
def test_a_library_that_is_missing_is_told_with_the_way_to_get_it(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ChiikiTsushoError) as error:
        extra.needed(module)
    for told in (str(error.value), error.value.say("ja")):
        assert name in told
        assert "pip install '.[duties]'" in told


@pytest.mark.usefixtures("folder")
def test_a_check_needs_no_library_of_the_extra() -> None:
    code = (
        "import sys\n"
        "for name in ('icalendar', 'jpholiday', 'docx'): sys.modules[name] = None\n"
        "import chiiki_tsusho as ct\n"
        "print(ct.check_duties('duties_meetings.csv', 'duties_offices.csv', on='2026-04-01'))\n"
        "from chiiki_tsusho.duties.filings import filing_items\n"
        "print(filing_items(100)['item'].tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "DutyReport(nothing found; on 2026-04-01)\n[2, 3, 4]\n"

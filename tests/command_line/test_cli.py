"""The command line: exit codes, what goes to which stream, and the words people read."""

import csv
import io
import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho import batch as batch_files
from chiiki_tsusho import columns
from chiiki_tsusho.command_line import app as cli
from chiiki_tsusho.command_line import shared
from helpers.commands import PROGRAM, run_program
from helpers.processes import hear_interrupts

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "service_codes.csv"
ESCAPE: Final = "\x1b"
VISITS: Final = (
    "provider_no,insurer_no,insured_no,service_date,care_level,minutes\n"
    "1390000014,139006,0000100011,2016-04-01,1,200\n"
)


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English words, whatever the locale; the handling of SIGTERM is left as it was."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def invoke(*words: object) -> Any:
    """Run a command in this process."""
    return CliRunner().invoke(cli.app, [str(word) for word in words], prog_name="chiiki-tsusho")


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(VISITS, encoding="utf-8")
    return path


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


# --- help and version --------------------------------------------------------------------------

COMMANDS: Final = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]


def test_the_commands_of_the_contract_are_there() -> None:
    assert {"claim", "lookup", "explain", "template"} <= set(COMMANDS)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, flag: str) -> None:
    done = invoke(command, flag)
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.startswith(f"Usage: chiiki-tsusho {command} ")
    for parameter in COMMANDS[command].params:
        assert parameter.name == "help" or parameter.help, parameter.name
        if parameter.param_type_name == "option":
            assert all(option in done.stdout for option in parameter.opts), parameter.name


def test_the_list_of_commands_is_not_cut_short() -> None:
    done = invoke("--help")
    assert done.exit_code == 0
    assert "..." not in done.stdout.split("Commands:")[1]
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_no_command_shows_the_help_and_is_wrong_use() -> None:
    done = run_program()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Usage: chiiki-tsusho [OPTIONS] COMMAND [ARGS]...\n")


def test_version() -> None:
    done = run_program("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"chiiki-tsusho {ct.__version__}\n"


def test_the_installed_script_is_the_module() -> None:
    script = Path(sys.executable).with_name("chiiki-tsusho")
    done = subprocess.run([script, "--version"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"chiiki-tsusho {ct.__version__}\n"


# --- wrong use ---------------------------------------------------------------------------------

EXPLAIN: Final = ("explain", "--month", "2016-04", "--minutes", "200", "--care-level", "1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["claims"], "error: there is no command 'claims'"),
        (["lookup", "781241"], "error: --month is missing; give it, or --coverage"),
        (["lookup", "--month", "2016-13"], "error: '2016-13' is not a month: write it as"),
        (
            ["lookup", "--month", "2016-03"],
            "error: no code table for 2016-03 is at hand (covered: from 2016-04)",
        ),
        (
            ["lookup", "781240", "--month", "2016-04"],
            "error: no such service code in 2016-04: '781240' (nearest: 781241); a code is text",
        ),
        (["lookup", "--month", "2016-04", "--codes", "no.csv"], "error: no.csv: cannot be read"),
        (["explain", "--month", "2016-04"], "error: option --minutes is missing"),
        ([*EXPLAIN, "--care-level", "6"], "error: --care-level '6': a whole number from 1 to 5"),
        ([*EXPLAIN, "--minutes", "-1"], "error: --minutes '-1': a whole number from 0 on"),
        (
            ["explain", "--month", "2016-04", "--minutes", "200"],
            "error: the code rests on the care level; give care_level= (--care-level on the "
            "command line), 1 to 5",
        ),
        ([*EXPLAIN, "--minutes", "119"], "error: 119 minutes of day_care lie outside every band"),
        ([*EXPLAIN, "--service", "both"], "error: --service 'both' is unknown; day_care, medical"),
        ([*EXPLAIN, "--shortfall", "few"], "error: --shortfall 'few' is unknown; over_cap"),
        ([*EXPLAIN, "--with", "bathin"], "error: no addition 'bathin' in 2016-04; did you mean"),
        ([*EXPLAIN, "--with", "bathing=x"], "error: --with 'bathing=x': KEY or KEY=N was expected"),
        ([*EXPLAIN, "--with", "bathing=-1"], "error: --with 'bathing=-1': KEY or KEY=N was"),
        ([*EXPLAIN, "--with", "bathing="], "error: --with 'bathing=': KEY or KEY=N was expected"),
        ([*EXPLAIN, "--with", "bathing=2"], "error: bathing: 2 counts in one visit; at most 1"),
        (
            [*EXPLAIN, "--with", "no_transport", "--with", "no_transport"],
            "error: --with 'no_transport': given twice; write the count as no_transport=N",
        ),
        ([*EXPLAIN, "--with", "individual_transport"], "error: individual_transport cannot be"),
        (["template", "folder", "--month", "2016-03"], "error: no code table for 2016-03"),
        (["claim", "no.csv", "-o", "out"], "error: no.csv: "),
        (["claim", "visits.csv"], "error: no folder for the results is named; "),
        (
            ["claim", "visits.csv", "-o", "out", "--format", "xls"],
            "error: --format 'xls' is unknown; csv, xlsx or parquet",
        ),
        (["claim", "visits.csv", "-o", "out", "--encoding", "utf-16"], "error: "),
        (["claim", "visits.csv", "-o", "out", "--providers", "no.csv"], "error: no.csv: "),
        (["claim", "visits.csv", "-o", "out", "--codes", "visits.csv"], "error: visits.csv: "),
    ],
)  # fmt: skip
def test_wrong_use_is_2_and_says_why(
    words: list[str], said: str, visits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(visits.parent)
    done = invoke(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in visits.parent.iterdir()] == ["visits.csv"]


# --- lookup ------------------------------------------------------------------------------------


def test_lookup_prints_rows_of_the_table_in_the_order_asked() -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    wanted = {
        code: row for row in lines for code in ("9405", "1241") if row.startswith(f"78,{code},2016")
    }
    done = invoke("lookup", "789405", "781241", "789405", "--month", "2016-04")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [lines[0], wanted["9405"], wanted["1241"], wanted["9405"]]


@pytest.mark.parametrize("month", ["2016-04", "201704", "2024-04", "2026-06"])
def test_lookup_without_a_code_can_be_given_back(month: str, tmp_path: Path) -> None:
    """The whole table of the month, byte for byte rows of the file, and loadable as --codes."""
    done = run_program("lookup", "--month", month, PYTHONIOENCODING="cp932")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "codes.csv"
    path.write_text(done.stdout, encoding="utf-8", newline="\n")
    assert ct.load_codes(month, path=path) == ct.load_codes(month)
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert set(done.stdout.splitlines()) <= set(lines)
    again = invoke("lookup", "--month", month, "--codes", path)
    assert (again.stdout, again.stderr, again.exit_code) == (done.stdout, "", 0)


# --- explain -----------------------------------------------------------------------------------


def test_explain_shows_the_chain_the_steps_and_the_lines() -> None:
    """678 → 475 → 333; 333 + 50; 383 × 22 ‰ = 8.426 → 8; 8 × 90 % = 7.2 → 7; 390."""
    done = invoke(
        *("explain", "--month", "2016-04", "--minutes", "150", "--care-level", "5"),
        *("--shortfall", "understaffed", "--with", "bathing", "--with", "treatment_improvement_3"),
    )  # fmt: skip
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "789405  678 → 474.6 → 475 → 332.5 → 333 units",
        "  1. 789405 地域通所介護15・人欠・時減, care level 5: base units: 678  "
        "[告示第126号 別表 2の2 地域密着型通所介護費]",
        "  2. 2 to 3 hours (時減) × 70 %: 678 → 474.6 → 475  "
        "[告示第126号 別表 2の2 注 (2時間以上3時間未満)]",
        "  3. understaffed (人員欠如) × 70 %: 475 → 332.5 → 333  "
        "[告示第126号 別表 2の2 注 (定員超過・看護・介護職員の欠員)]",
        "  4. 地域通所介護入浴介助加算 +50: 333 → 383  [告示第126号 別表 2の2 注・加算]",
        "  5. 地域通所介護処遇改善加算Ⅱ: 22 ‰ of all units, the visit taken as a whole month: "
        "383 → 8.426 → 8  [老企第36号 第二の1 (端数処理)]",
        "  6. 地域通所介護処遇改善加算Ⅲ: 90 % of that result: 8 → 7.2 → 7  "
        "[老企第36号 第二の1 (端数処理)]",
        "  7. 地域通所介護処遇改善加算Ⅲ +7: 383 → 390  [告示第126号 別表 2の2 注・加算]",
        "789405  地域通所介護15・人欠・時減  333 × 1 = 333",
        "785301  地域通所介護入浴介助加算  50 × 1 = 50",
        "786105  地域通所介護処遇改善加算Ⅲ  7 × 1 = 7",
        "total 390 units",
    ]


def test_explain_counts_and_medical_day_care() -> None:
    """1,007 − 47 × 2 = 913."""
    done = invoke(
        *("explain", "--month", "201604", "--minutes", "200", "--service", "medical_day_care"),
        *("--with", "no_transport=2"),
    )  # fmt: skip
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-2:] == [
        "785612  地域通所介護送迎減算  -47 × 2 = -94", "total 913 units",
    ]  # fmt: skip


def test_explain_takes_another_table(tmp_path: Path) -> None:
    text = TABLE.read_text(encoding="utf-8")
    old, new = ",180,300,,426,,,0,426,426,", ",180,300,,427,,,0,427,,"
    assert text.count(old) == 1
    path = tmp_path / "codes.csv"
    path.write_text(text.replace(old, new), encoding="utf-8")
    done = invoke(*EXPLAIN, "--codes", path)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "total 427 units")


# --- template ----------------------------------------------------------------------------------


def test_template_files_are_read_back_without_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "templates"
    done = invoke("template", folder)
    assert (done.exit_code, done.stdout) == (0, "")
    names = ["visits.csv", "providers.csv", "recipients.csv", "template.xlsx", "dictionary.csv"]
    assert done.stderr.splitlines() == [
        *(f"wrote {folder / name}" for name in names),
        "line 2 of each file is an example: put your rows in its place, then give the CSV files to "
        "chiiki-tsusho claim, or the workbook:",
        f"  chiiki-tsusho claim {folder / 'template.xlsx'} -o {folder / 'claims'} "
        f'--providers "{folder / "template.xlsx"}#providers" '
        f'--recipients "{folder / "template.xlsx"}#recipients"',
    ]
    told = shlex.split(done.stderr.splitlines()[-1])
    assert invoke(*told[1:]).exit_code == 0
    shutil.rmtree(folder / "claims")
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    claimed = invoke(
        *("claim", folder / "visits.csv", "-o", tmp_path / "out"),
        *("--providers", folder / "providers.csv", "--recipients", folder / "recipients.csv"),
    )  # fmt: skip
    assert claimed.exit_code == 0
    assert claimed.stderr == (
        "visits, insured_no: example_row: claim 2026-06 9999999999 999999 9999999999: is of the "
        "example person of the template; take the rows out before anything is filed (first visit "
        "on line 2)\n"
        f"1 visit: 1 claim, 1,132 units, 12,338 yen; 0 rows held; files in {tmp_path / 'out'}\n"
    )


@pytest.mark.parametrize("month", [None, "2016-04"])
def test_template_has_every_heading_and_the_dictionary_explains_it(
    month: str | None, tmp_path: Path
) -> None:
    done = invoke("template", tmp_path, *(() if month is None else ("--month", month)))
    assert done.exit_code == 0
    with TABLE.open(encoding="utf-8", newline="") as file:
        keys = {
            row["key"]
            for row in csv.DictReader(file)
            if row["key"]
            and row["valid_from"] <= (month or "2026-06").replace("-", "") <= row["valid_to"]
        }
    assert len(keys) == (21 if month else 37)
    dictionary = csv_rows((tmp_path / "dictionary.csv").read_text(encoding="utf-8-sig"))
    assert [row["column"] for row in dictionary if row["file"] == "all"] == sorted(keys)
    for name, known in columns.FILES.items():
        path = tmp_path / f"{name}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # so that a spreadsheet sees UTF-8
        heading, _ = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
        assert heading == [column.name for column in known] + sorted(keys)
        told = [row for row in dictionary if row["file"] == name]
        assert [row["column"] for row in told] == [column.name for column in known]
        assert [row["heading"] for row in told] == [column.heading for column in known]
    assert all(row["meaning"] and row["meaning_ja"] for row in dictionary)


@pytest.mark.parametrize("there", ["visits.csv", "dictionary.csv"])
def test_template_never_overwrites(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    done = invoke("template", tmp_path)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (f"error: {tmp_path / there}: is there already; choose an empty folder\n")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"


def test_template_into_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = invoke("template", tmp_path / "file" / "templates")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"error: {tmp_path / 'file'}: is a file; a folder was expected\n"


# --- claim -------------------------------------------------------------------------------------


def claim_examples(folder: Path, prefix: str = "", *more: object) -> Any:
    return invoke(
        *("claim", EXAMPLES / f"{prefix}visits.csv", "-o", folder),
        *("--providers", EXAMPLES / f"{prefix}providers.csv"),
        *("--recipients", EXAMPLES / f"{prefix}recipients.csv", *more),
    )  # fmt: skip


def test_all_claims_written_is_0_and_one_closing_line(tmp_path: Path) -> None:
    done = claim_examples(tmp_path / "out")
    assert (done.exit_code, done.stdout) == (0, "")
    claims = csv_rows((tmp_path / "out" / "claims.csv").read_text(encoding="utf-8"))
    units = sum(int(row["total_units"]) for row in claims)
    yen = sum(int(row["total_yen"]) for row in claims)
    # The numbers of the example are invented.
    assert done.stderr == (
        "note: 9 numbers do not end in their check digit: see check_digit in "
        f"{tmp_path / 'out' / 'problems.csv'}\n"
        f"259 visits: 27 claims, {units:,} units, {yen:,} yen; 0 rows held; "
        f"files in {tmp_path / 'out'}\n"
    )


def test_something_held_is_1_and_names_the_first_problems(tmp_path: Path) -> None:
    done = claim_examples(tmp_path / "out", "faulty_", "--format", "parquet")
    assert (done.exit_code, done.stdout) == (1, "")
    *problems, more, note, closing = done.stderr.splitlines()
    assert len(problems) == 5
    assert note.startswith("note: 7 numbers do not end in their check digit")
    assert problems[0] == (
        "visits line 9, minutes: bad_value: '7.25' is not a length of stay in whole minutes; "
        "write it as 450, 7:30 or 7時間30分"
    )
    assert more == f"… and 25 more in {tmp_path / 'out' / 'problems.parquet'}"
    assert "73 visits: 6 claims, " in closing
    assert "; 57 rows held (correct the files you gave as problems says and run" in closing
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "claim_lines.parquet", "claims.parquet", "held_visits.csv", "problems.parquet", "run.json",
    ]  # fmt: skip


def test_the_result_as_json(tmp_path: Path) -> None:
    words = ("claim", EXAMPLES / "faulty_visits.csv", "-o", tmp_path / "out", "--headings", "en")
    done = invoke(*words, "--json", "--lang", "ja")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("実績73件: ")
    told = json.loads(done.stdout)
    written = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert written.items() <= told.items()
    assert {name: Path(path).name for name, path in told["files"].items()} == {
        name: f"{name}.csv" for name in ("claim_lines", "claims", "problems", "held_visits")
    }
    with (tmp_path / "out" / "problems.csv").open(encoding="utf-8-sig", newline="") as stream:
        rules = Counter(row["rule"] for row in csv.DictReader(stream))
    assert told["problems"] == rules
    assert invoke(*words).stdout == ""


def test_results_of_other_files_are_replaced_where_it_is_asked_for(
    visits: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results"
    assert claim_examples(out).exit_code == 0
    done = invoke("claim", visits, "-o", out)
    assert done.exit_code == 2
    assert "give --replace" in done.stderr
    assert invoke("claim", visits, "-o", out, "--replace").exit_code == 0
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["counts"]["visits"] == 1


def test_a_problem_of_a_whole_claim_is_named_without_a_line(visits: Path) -> None:
    providers = visits.with_name("providers.csv")
    providers.write_text("provider_no\n1390000022\n", encoding="utf-8")
    done = invoke("claim", visits, "-o", visits.with_name("out"), "--providers", providers)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "visits, provider_no: unknown_provider: claim 2016-04 1390000014 139006 0000100011: "
        "provider 1390000014 has no row for 2016-04 in the providers file; add one (first visit "
        "on line 2)",
        "1 visit: 0 claims, 0 units, 0 yen; 1 row held (correct the files you gave as problems "
        f"says and run the same command again); files in {visits.with_name('out')}",
    ]


@pytest.mark.parametrize(
    ("grade", "note", "yen"),
    [
        (
            "",
            "note: yen left blank in 1 claim: no area_grade is known (give --providers with "
            "area_grade)\n",
            "yen blank",
        ),
        (
            "1",
            "note: yen left blank in 1 claim: no benefit_rate is known (give --recipients with "
            "benefit_rate)\n",
            "yen blank",
        ),
    ],
)
def test_blank_yen_are_said_and_why(grade: str, note: str, yen: str, visits: Path) -> None:
    providers = visits.with_name("providers.csv")
    providers.write_text(f"provider_no,area_grade\n1390000014,{grade}\n", encoding="utf-8")
    done = invoke("claim", visits, "-o", visits.with_name("out"), "--providers", providers)
    assert done.exit_code == 0
    assert done.stderr == (
        f"{note}1 visit: 1 claim, 426 units, {yen}; 0 rows held; "
        f"files in {visits.with_name('out')}\n"
    )


def test_yen_of_some_claims_are_said_to_be_of_some(visits: Path) -> None:
    """426 × 10.90 = 4,643.4; the second provider's grade is blank."""
    more = VISITS.splitlines()[1].replace("1390000014", "1390000022")
    visits.write_text(f"{VISITS}{more}\n", encoding="utf-8")
    folder = visits.parent
    (folder / "providers.csv").write_text(
        "provider_no,area_grade\n1390000014,1\n1390000022,\n", encoding="utf-8"
    )
    (folder / "recipients.csv").write_text(
        "insurer_no,insured_no,benefit_rate\n139006,0000100011,90\n", encoding="utf-8"
    )
    done = invoke(
        *("claim", visits, "-o", folder / "out", "--providers", folder / "providers.csv"),
        *("--recipients", folder / "recipients.csv"),
    )  # fmt: skip
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == (
        "2 visits: 2 claims, 852 units, 4,643 yen (of 1 claim); 0 rows held; "
        f"files in {folder / 'out'}"
    )


def test_nothing_is_written_when_a_file_cannot_be_read(visits: Path) -> None:
    visits.write_text(VISITS.replace("minutes", "minuts"), encoding="utf-8")
    done = invoke("claim", visits, "-o", visits.with_name("out"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "did you mean 'minutes'?" in done.stderr
    assert [path.name for path in visits.parent.iterdir()] == ["visits.csv"]


def test_a_fault_of_the_program_is_not_taken_for_a_held_claim(
    visits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: object, **_more: object) -> None:
        raise ZeroDivisionError("of the program")

    monkeypatch.setattr(batch_files, "claim_files", broken)
    done = invoke("claim", visits, "-o", visits.with_name("out"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "ZeroDivisionError: of the program" in done.stderr
    assert done.stderr.endswith(
        "error: a fault of this program; nothing of this run was written; please report it\n"
    )


def test_a_stop_by_hand_is_130(visits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_words: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch_files, "claim_files", stopped)
    done = invoke("claim", visits, "-o", visits.with_name("out"))
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr == "stopped; nothing of this run was written\n"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            KeyboardInterrupt,
            {
                "en": "stopped; files of this run are there already\n",
                "ja": "中断しました。この実行のファイルはすでに書き込まれています\n",
            },
        ),
        (
            MemoryError,
            {
                "en": "error: there is not enough memory; files of this run are there already\n",
                "ja": "エラー: メモリが足りません。この実行のファイルはすでに書き込まれています\n",
            },
        ),
        (
            RuntimeError("can't start new thread"),
            {"en": "error: there is not enough memory; files of this run are there already\n"},
        ),
        (
            ImportError("lib.so: failed to map segment from shared object"),
            {"en": "error: there is not enough memory; files of this run are there already\n"},
        ),
    ],
)
def test_a_stop_after_the_files_are_there_says_so(
    visits: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | type[BaseException],
    words: dict[str, str],
) -> None:
    def stopped(*_words: object) -> None:
        raise error

    monkeypatch.setattr("chiiki_tsusho.command_line.claim.say_result", stopped)
    for language, said in words.items():
        out = visits.with_name(language)
        done = invoke("claim", visits, "-o", out, "--lang", language)
        assert done.stderr == said
        assert (out / "claims.csv").exists()


def test_a_stop_is_of_its_own_run_alone(visits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may call the command again after one that was stopped."""

    def stopped(*_words: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    def failed(*_words: object) -> None:
        raise RuntimeError("something else")

    said = {}
    for step in (stopped, failed):
        monkeypatch.setattr("chiiki_tsusho.command_line.claim.say_result", step)
        done = invoke("claim", visits, "-o", visits.with_name(step.__name__))
        said[step] = done.exit_code, "fault of this program" in done.stderr
    assert said == {stopped: (130, False), failed: (2, True)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_in_the_middle_leaves_nothing(number: int, tmp_path: Path) -> None:
    heading, row = VISITS.splitlines()
    many = "\n".join(row.replace("0000100011", f"{person:010d}") for person in range(400_000))
    (tmp_path / "visits.csv").write_text(f"{heading}\n{many}\n", encoding="utf-8")
    process = subprocess.Popen(
        [*PROGRAM, "claim", "visits.csv", "-o", "out"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=hear_interrupts,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".chiiki-tsusho-*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "stopped; nothing of this run was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["visits.csv"]


# --- the progress bar --------------------------------------------------------------------------

# The same program, but for the second it waits before it shows a bar.
WAITING: Final = (
    "from chiiki_tsusho.command_line import app, shared; shared.QUIET_SECONDS = {}; "
    "app.app(prog_name='chiiki-tsusho')"
)
AT_ONCE: Final = WAITING.format(-1)


def on_a_terminal(program: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a program whose standard error is a terminal: exit code, standard output, terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        program, cwd=folder, stdout=subprocess.PIPE, stderr=its, env={**os.environ, "TERM": "xterm"}
    )
    os.close(its)
    shown = bytearray()
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    written, _ = process.communicate(timeout=60)
    return process.returncode, written.decode(), shown.decode().replace("\r\n", "\n")


def test_no_bar_where_there_is_no_terminal(visits: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, "claim", visits, "-o", visits.with_name("out")],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "FORCE_COLOR": "1"},
        check=True,
    )
    assert done.stdout == ""
    assert ESCAPE not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_no_bar_for_short_work(visits: Path) -> None:
    """A second is short; here it is a day, so that a slow machine makes no difference."""
    assert shared.QUIET_SECONDS == 1.0
    code, written, shown = on_a_terminal(
        [sys.executable, "-c", WAITING.format(86_400), "claim", "visits.csv", "-o", "out"],
        visits.parent,
    )
    assert (code, written) == (0, "")
    assert ESCAPE not in shown
    assert shown.splitlines()[-1] == (
        "1 visit: 1 claim, 426 units, yen blank; 0 rows held; files in out"
    )


def test_a_bar_on_a_terminal_that_is_gone_at_the_end(visits: Path) -> None:
    code, written, shown = on_a_terminal(
        [sys.executable, "-c", AT_ONCE, "claim", "visits.csv", "-o", "out"], visits.parent
    )
    assert (code, written) == (0, "")
    assert "reading" in shown
    assert "100%" in shown
    # Erase the line (CSI 2 K), then the words.
    assert shown.rsplit(f"{ESCAPE}[2K", 1)[1].splitlines() == [
        "note: yen left blank in 1 claim: no area_grade is known (give --providers with "
        "area_grade)",
        "1 visit: 1 claim, 426 units, yen blank; 0 rows held; files in out",
    ]


def test_a_closed_pipe_is_no_traceback() -> None:
    process = subprocess.Popen(
        [*PROGRAM, "lookup", "--month", "2016-04"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    # As a shell tells that a program ended by SIGPIPE.
    assert process.wait() == 141

"""The first minute at the command line: every way in says what to do next."""

from __future__ import annotations

import re
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line import misuse, shared
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.command_line.first_steps import EXAMPLE_FILES, write_demo
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, terminal_width
from chiiki_tsusho.law.table_files import example_file
from helpers.commands import run, run_program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GROUP: Any = typer.main.get_command(app)
# Groups of commands are tested with what they are of.
SINGLE = [name for name, one in GROUP.commands.items() if not hasattr(one, "commands")]
LANGUAGES: tuple[Language, ...] = ("en", "ja")
OUTPUTS = ("claim_lines.csv", "claims.csv", "held_visits.csv", "problems.csv")


# ---------------------------------------------------------------- alone, and help


@pytest.mark.parametrize("words", [[], ["--lang", "en"], ["--lang=en"]])
def test_alone_it_shows_its_commands_and_the_first_steps(words: list[str]) -> None:
    done = run_program(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: chiiki-tsusho [OPTIONS] COMMAND [ARGS]...\n")
    for name in GROUP.commands:
        assert f"\n  {name} " in done.stderr
    assert "First steps:\n    chiiki-tsusho demo " in done.stderr
    assert done.stderr.endswith("  Messages in Japanese: --lang ja, with any command.\n")


@pytest.mark.parametrize(
    ("words", "locale"), [(["--lang", "ja"], "en_US.UTF-8"), ([], "ja_JP.UTF-8")]
)
def test_alone_in_japanese(words: list[str], locale: str) -> None:
    done = run_program(*words, LC_ALL=locale)
    assert (done.returncode, done.stdout) == (2, "")
    assert "はじめに:\n    chiiki-tsusho demo " in done.stderr
    assert "地域密着型通所介護の請求計算" in done.stderr
    assert re.search(r"\n  claim +実績ファイルから請求を計算する\n", done.stderr)


# What stands in the place of a command.
PLACES = {"COMMAND", "コマンド"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_steps_are_commands_there_are(language: Language) -> None:
    steps = re.findall(r"chiiki-tsusho ([\w-]+)", misuse.NEXT_STEPS.say(language))
    assert [step for step in steps if step not in PLACES] == ["demo", "template", "claim"]
    assert set(steps) - PLACES <= set(GROUP.commands)


@pytest.mark.parametrize("name", SINGLE)
def test_every_command_has_an_example_that_it_takes(name: str) -> None:
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    found = re.search(r"\n  Example:\n    chiiki-tsusho ((?:.+\\\n)?.+)\n", done.stdout)
    assert found is not None
    command, *words = shlex.split(found[1].replace("\\\n", " "))
    assert command == name
    # A context is made only of words that the command knows; no file is looked for.
    GROUP.commands[name].make_context(name, words)
    assert done.stdout.endswith("  Messages in Japanese: --lang ja, with any command.\n")


@pytest.mark.parametrize("name", SINGLE)
def test_every_command_has_help_in_japanese(name: str) -> None:
    for done in (run(name, "--help", "--lang", "ja"), run("--lang", "ja", name, "-h")):
        assert (done.returncode, done.stderr) == (0, "")
        assert "\n  例:\n    chiiki-tsusho " in done.stdout
        assert (
            "\n  メッセージの言語: どのコマンドでも --lang en または --lang ja。\n" in done.stdout
        )


# Words of every language: names of commands, options, keys and files.
SAME_IN_BOTH = re.compile(
    r"chiiki-tsusho.*|--?[a-z-]+|[a-z]+\|[a-z|]+|[A-Za-z_-]+\.(?:csv|xlsx|html)|DIR|COMMAND|VISITS|"
    r"short_medical_day_care|day_care|medical_day_care|over_capacity|understaffed|[a-z]+_[a-z]+|"
    r"extends,bundled|bathing|claims?|problems|"
    r"explain-claim|utf-8|utf-16|cp932|UTF-8|UTF-16|CP932|CSV|Parquet|Excel|HTML|CODE|en|ja|csv|import-[a-z]+|"
    r"lookup|explain|template|demo|check-table|compare|report|xlsx|audit|duties|hold|pass|JSON|"
    r"minimal|none|all|ISDN|MO|MT|FD|CD|statements?|invoice|receipt|returns|from-plan|to-plan|UPJSK|DLTJSK|UPPLAN|UPSIKYU|UPHOSOKU|UP1KYO"
)


@pytest.mark.parametrize("name", [None, *SINGLE])
def test_help_in_japanese_has_no_english(name: str | None) -> None:
    done = run(*([] if name is None else [name]), "--help", "--lang", "ja")
    for line in done.stdout.replace("\\\n", "").splitlines():
        assert not re.search(r"[A-Za-z]{2,}", SAME_IN_BOTH.sub("", line)), line


@pytest.mark.parametrize("name", GROUP.commands)
def test_every_option_says_what_it_takes(name: str) -> None:
    for one in GROUP.commands[name].params:
        is_flag = one.param_type_name == "option" and one.is_flag
        assert is_flag or one.metavar, one.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_help_is_wider_than_a_terminal(language: Language) -> None:
    for name in GROUP.commands:
        done = run(name, "--help", "--lang", language, COLUMNS="80")
        for line in done.stdout.splitlines():
            assert terminal_width(line) <= 80, line


@pytest.mark.parametrize("language", LANGUAGES)
def test_version(language: Language) -> None:
    done = run_program("--version", "--lang", language)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"chiiki-tsusho {ct.__version__}\n"


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("words", "english", "japanese"),
    [
        (
            ["clam"],
            "there is no command 'clam'; did you mean claim?",
            "コマンド「clam」はありません。claim ではありませんか",
        ),
        (
            ["explain_claim"],
            "there is no command 'explain_claim'; did you mean explain-claim or explain?",
            "コマンド「explain_claim」はありません。explain-claim、explain ではありませんか",
        ),
        (["xyzzy"], "there is no command 'xyzzy'", "コマンド「xyzzy」はありません"),
        (["--foo"], "there is no option '--foo'", "オプション「--foo」はありません"),
        (["--"], "a command is missing", "コマンドを指定してください"),
        (
            ["claim", "v.csv", "--provider", "p.csv"],
            "there is no option '--provider'; did you mean --providers?",
            "オプション「--provider」はありません。--providers ではありませんか",
        ),
        (["claim"], "argument VISITS is missing", "引数 実績ファイル を指定してください"),
        (
            ["import-master", "m.csv"],
            "option --output / -o is missing",
            "オプション --output / -o を指定してください",
        ),
        (
            ["demo", "a", "b", "c"],
            "unexpected argument: b c",
            "余分な引数があります: b c",
        ),
        (["claim", "v.csv", "-o"], "option -o needs a value", "オプション -o には値が必要です"),
        (
            ["--version=1"],
            "option --version takes no value",
            "オプション --version には値を付けられません",
        ),
        (
            ["claim", "v.csv", "-o", ""],
            "an argument is empty: a variable of the shell may not be set",
            "空の引数があります。シェルの変数が設定されていない可能性があります",
        ),
        (
            ["claim", "v.csv", "--output="],
            "an argument is empty: a variable of the shell may not be set",
            "空の引数があります。シェルの変数が設定されていない可能性があります",
        ),
    ],
)  # fmt: skip
def test_misuse_says_what_to_do_next(words: list[str], english: str, japanese: str) -> None:
    path = " ".join(["chiiki-tsusho", *(one for one in words[:1] if one in GROUP.commands)])
    if "empty" in english:
        path = "chiiki-tsusho"
    done = run("--lang", "en", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"error: {english}",
        f"'{path} --help' shows how to use it",
    ]
    done = run("--lang", "ja", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"エラー: {japanese}",
        f"使い方は '{path} --help' で表示します",
    ]


@pytest.mark.parametrize(
    ("words", "english", "japanese"),
    [
        (
            ["--minutes", "x"],
            "--minutes 'x': a whole number from 0 on was expected",
            "--minutes「x」: 0以上の整数を指定してください",
        ),
        (
            ["--minutes", "-1"],
            "--minutes '-1': a whole number from 0 on was expected",
            "--minutes「-1」: 0以上の整数を指定してください",
        ),
        (
            ["--minutes", "200", "--care-level", "6"],
            "--care-level '6': a whole number from 1 to 5 was expected",
            "--care-level「6」: 1〜5の整数を指定してください",
        ),
        (
            ["--minutes", "9" * 5000],
            f"--minutes '{'9' * 5000}': a whole number from 0 on was expected",
            f"--minutes「{'9' * 5000}」: 0以上の整数を指定してください",
        ),
        (
            ["--minutes", "200", "--with", f"bathing={'9' * 5000}"],
            f"--with 'bathing={'9' * 5000}': KEY or KEY=N was expected, N a whole number",
            f"--with「bathing={'9' * 5000}」: 加算のキーか、キー=回数(整数)の形(例: no_transport=2)"
            "で指定してください",
        ),
    ],
)
def test_a_value_that_is_no_number(words: list[str], english: str, japanese: str) -> None:
    for language, prefix, told in (("en", "error", english), ("ja", "エラー", japanese)):
        done = run("explain", "--month", "2016-04", *words, "--lang", language)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{prefix}: {told}\n")


@pytest.mark.parametrize(
    "words", [["--lang", "fr", "claim"], ["claim", "v.csv", "-o", "out", "--lang=fr"]]
)
def test_a_language_there_is_not(words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --lang 'fr': en or ja was expected\n"
    done = run(*words, LC_ALL="ja_JP.UTF-8")
    assert done.stderr == "エラー: --lang「fr」: en または ja を指定してください\n"


def test_a_language_left_out() -> None:
    done = run("claim", "--lang")
    assert (done.returncode, done.stderr) == (2, "error: --lang '': en or ja was expected\n")


def test_words_after_two_dashes_are_no_options(tmp_path: Path) -> None:
    done = run("claim", "-o", "out", "--", "--lang", cwd=tmp_path)
    assert done.stderr == "error: --lang: there is no such file; check the path\n"


def test_one_run_does_not_speak_the_language_of_the_one_before() -> None:
    """Commands run in one process, as tests and notebooks do."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        japanese = CliRunner().invoke(app, ["lookup", "--month", "2016", "--lang", "ja"])
        english = CliRunner().invoke(app, ["lookup", "--month", "2016"])
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert japanese.stderr.startswith("エラー: ")
    assert english.stderr.startswith("error: ")
    assert shared.spoken() == "en"


# ---------------------------------------------------------------- completion


def completions(line: str, shell: str = "bash") -> set[str]:
    """What the shell offers after a line."""
    words = line.split(" ")
    done = run(
        _CHIIKI_TSUSHO_COMPLETE=f"complete_{shell}",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
        _TYPER_COMPLETE_ARGS=line,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert done.stderr == ""
    return {re.split(r"\t|:", one)[0] for one in done.stdout.splitlines() if one}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("chiiki-tsusho ", set(GROUP.commands)),
        ("chiiki-tsusho expl", {"explain", "explain-claim"}),
        ("chiiki-tsusho --lang ", {"en", "ja"}),
        ("chiiki-tsusho --lang ja cl", {"claim", "claim-file"}),
        ("chiiki-tsusho claim --lang ja --hea", {"--headings"}),
        ("chiiki-tsusho claim v.csv --format ", {"csv", "xlsx", "parquet"}),
        ("chiiki-tsusho claim v.csv --headings ", {"en", "ja"}),
        ("chiiki-tsusho template --headings j", {"ja"}),
        ("chiiki-tsusho explain --shortfall ", {"over_capacity", "understaffed"}),
        (
            "chiiki-tsusho explain --service ",
            {"day_care", "medical_day_care", "short_medical_day_care"},
        ),
    ],
)
def test_the_shell_completes_commands_options_and_values(line: str, offered: set[str]) -> None:
    assert completions(line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_of_every_shell(shell: str) -> None:
    done = run_program(_CHIIKI_TSUSHO_COMPLETE=f"source_{shell}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "_CHIIKI_TSUSHO_COMPLETE" in done.stdout


# ---------------------------------------------------------------- the demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the demo was run, and what it said."""
    folder = tmp_path_factory.mktemp("first")
    done = run_program("demo", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    return folder, done.stderr


def test_the_demo_computes_the_example(shown: tuple[Path, str], tmp_path: Path) -> None:
    folder, said = shown
    demo = folder / "chiiki-tsusho-demo"
    assert [path.name for path in folder.iterdir()] == ["chiiki-tsusho-demo"]
    assert {path.name for path in demo.iterdir()} == {*EXAMPLE_FILES, "claims", "claim-files"}
    for name in EXAMPLE_FILES:
        assert (demo / name).read_bytes() == (EXAMPLES / name).read_bytes()
    done = run(
        *("claim", EXAMPLES / "visits.csv", "-o", tmp_path / "claims"),
        *("--providers", EXAMPLES / "providers.csv"),
        *("--recipients", EXAMPLES / "recipients.csv"),
    )  # fmt: skip
    assert done.returncode == 0
    for name in OUTPUTS:
        assert (demo / "claims" / name).read_bytes() == (tmp_path / "claims" / name).read_bytes()
    note, closing, *_ = said.splitlines()
    assert note.startswith("note: 9 numbers do not end in their check digit: see check_digit in ")
    assert closing == (
        "259 visits: 27 claims, 240,192 units, 2,517,248 yen; 0 rows held; "
        f"files in {Path('chiiki-tsusho-demo') / 'claims'}"
    )


def test_the_claim_files_of_the_demo_are_sound(shown: tuple[Path, str]) -> None:
    folder, _ = shown
    files = sorted((folder / "chiiki-tsusho-demo" / "claim-files").iterdir())
    assert len(files) == 7
    done = run("audit", *files)
    assert done.returncode == 0
    assert "7 files: 27 statements" in done.stderr
    assert " 0 findings" in done.stderr


def commands_of(said: str) -> list[list[str]]:
    """The commands a text tells to try."""
    return [
        shlex.split(line.removeprefix("  chiiki-tsusho "))
        for line in said.splitlines()
        if line.startswith("  chiiki-tsusho ")
    ]


def test_the_commands_the_demo_tells_work_as_told(shown: tuple[Path, str]) -> None:
    folder, said = shown
    explained, held, template = commands_of(said)
    done = run(*explained, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("claim 2016-04  provider 1390000015  ")
    assert "units over the limit: 1508  " in done.stdout
    done = run(*held, cwd=folder)
    assert done.returncode == 1
    assert "57 rows held" in done.stderr.splitlines()[-1]
    done = run(*template, cwd=folder)
    assert done.returncode == 0
    assert (folder / "chiiki-tsusho-demo" / "my-month" / "visits.csv").is_file()


def test_the_demo_in_japanese_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    """Its name has a space: the commands can still be copied."""
    done = run("demo", "お試し 1", "--lang", "ja", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    claims = Path("お試し 1") / "claims"
    lines = done.stderr.splitlines()
    assert lines[0].startswith("注: 検証番号の合わない番号が9個あります")  # they are invented
    assert lines[1:9] == [
        f"実績259件: 請求明細27件、240,192単位、2,517,248円。未計算(要修正)0行。出力先: {claims}",
        "ブラウザで開くファイル:",
        f"  {claims / 'report.html'}  レポート(利用者別一覧・コード別・加算・集計)",
        f"  {claims / 'statements.html'}  利用者請求書・介護給付費明細書(A4印刷用)",
        "フォルダにあるファイル:",
        f"  {claims}  claims.csv(請求ごと)、claim_lines.csv(コードごと)",
        f"  {Path('お試し 1') / 'claim-files'}  国保連の請求ファイル(事業所ごとに1つ)",
        "請求の根拠を一件ずつ確認する:",
    ]
    statements = (tmp_path / claims / "statements.html").read_text(encoding="utf-8")
    assert statements.count("利用者請求書</h1>") == 27
    page = (tmp_path / claims / "report.html").read_text(encoding="utf-8")
    assert 'lang="ja"' in page
    explained, held, template = commands_of(done.stderr)
    done = run(*explained, "--lang", "ja", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("請求 2016-04  事業所 1390000015  ")
    assert run(*held, cwd=tmp_path).returncode == 1
    assert run(*template, cwd=tmp_path).returncode == 0
    heading = (tmp_path / "お試し 1" / "my-month" / "visits.csv").read_text(encoding="utf-8-sig")
    assert heading.startswith("事業所番号,")


def test_the_demo_again_and_over_files_of_the_user(tmp_path: Path) -> None:
    first = write_demo(tmp_path)
    again = write_demo(tmp_path, "ja")
    assert first.summary == again.summary
    mine = tmp_path / "recipients.csv"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_demo(tmp_path)
    assert str(caught.value) == (
        f"{mine}: is there already and is not the example; choose another folder"
    )
    assert caught.value.say("ja") == (
        f"{mine}: サンプルデータと異なる同名のファイルがすでにあります。"
        "別のフォルダを指定してください"
    )
    assert mine.read_text(encoding="utf-8") == "mine"


def test_the_demo_again_says_what_happens(shown: tuple[Path, str]) -> None:
    folder, first = shown
    for language, note in (
        (
            "en",
            "note: the example is in chiiki-tsusho-demo already; its results are made anew in "
            "their place",
        ),
        (
            "ja",
            "注: サンプルデータはすでに chiiki-tsusho-demo にあります。"
            "結果を同じ場所に作り直します",
        ),
    ):
        done = run("demo", "--lang", language, cwd=folder)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.splitlines()[0] == note
        if language == "en":
            assert done.stderr.splitlines()[1:] == first.splitlines()
    demo = folder / "chiiki-tsusho-demo"
    # The page is in the language asked for last.
    assert 'lang="ja"' in (demo / "claims" / "report.html").read_text(encoding="utf-8")


def test_the_demo_leaves_other_results_alone(tmp_path: Path) -> None:
    write_demo(tmp_path)
    rows, providers, recipients = (
        tmp_path / f"faulty_{name}.csv" for name in ("visits", "providers", "recipients")
    )
    batch = ct.claim_files(rows, tmp_path / "claims", providers, recipients, replace=True)
    before = batch.summary
    with pytest.raises(OutputError) as caught:
        write_demo(tmp_path)
    claims = tmp_path / "claims"
    assert str(caught.value) == (
        f"{claims}: holds the results of other files than the example; choose another folder"
    )
    assert caught.value.say("ja") == (
        f"{claims}: サンプルデータ以外の結果が入っています。別のフォルダを指定してください"
    )
    assert batch.summary == before


def test_a_file_of_the_user_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / EXAMPLE_FILES[-1]).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is there already and is not the example"):
        write_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [EXAMPLE_FILES[-1]]


def test_a_demo_that_cannot_be_written(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="utf-8")
    done = run("demo", mine)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {mine}: is a file; a folder was expected\n"
    done = run("demo", mine, "--lang", "ja")
    assert done.stderr == f"エラー: {mine}: ファイルです。フォルダを指定してください\n"


def test_every_example_file_is_shipped_and_found() -> None:
    there = {path.name for path in EXAMPLES.glob("*.csv")}
    assert {name for name in there if not name.startswith("duties_")} == set(EXAMPLE_FILES)
    for name in EXAMPLE_FILES:
        assert example_file(name) == EXAMPLES / name

"""The first minute at the command line: every way in says what to do next."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line import help_ja as cli_help_ja
from chiiki_tsusho.command_line import misuse as cli_language
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.command_line.demo import EXAMPLE_FILES, write_demo
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.law_files import example_file

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GROUP: Any = typer.main.get_command(app)
LANGUAGES: tuple[Language, ...] = ("en", "ja")
OUTPUTS = ("claim_lines.csv", "claims.csv", "held_visits.csv", "problems.csv")
# Those whose help is kept in Japanese word for word; of the others as far as it goes.
OWN_COMMANDS = ("claim", "lookup", "explain", "explain-claim", "template", "demo")


def run(*words: object, cwd: Path | None = None, **variables: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "chiiki_tsusho", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **variables},
        check=False,
    )


# ---------------------------------------------------------------- alone, and help


@pytest.mark.parametrize("words", [[], ["--lang", "en"], ["--lang=en"]])
def test_alone_it_shows_its_commands_and_the_first_steps(words: list[str]) -> None:
    done = run(*words)
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
    done = run(*words, LC_ALL=locale)
    assert (done.returncode, done.stdout) == (2, "")
    assert "はじめに:\n    chiiki-tsusho demo " in done.stderr
    assert "地域密着型通所介護の請求計算" in done.stderr
    assert re.search(r"\n  claim +実績ファイルから請求を計算する\n", done.stderr)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_steps_are_commands_there_are(language: Language) -> None:
    steps = re.findall(r"chiiki-tsusho ([\w-]+)", cli_language.NEXT_STEPS.say(language))
    assert [step for step in steps if step != "COMMAND"] == ["demo", "template", "claim"]
    assert set(steps) - {"COMMAND"} <= set(GROUP.commands)


@pytest.mark.parametrize("name", GROUP.commands)
def test_every_command_has_an_example_that_it_takes(name: str) -> None:
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    found = re.search(r"\n  Example:\n    chiiki-tsusho (.+)\n", done.stdout)
    assert found is not None
    command, *words = shlex.split(found[1])
    assert command == name
    # A context is made only of words that the command knows; no file is looked for.
    GROUP.commands[name].make_context(name, words)
    assert done.stdout.endswith("  Messages in Japanese: --lang ja, with any command.\n")


@pytest.mark.parametrize("name", GROUP.commands)
def test_every_command_has_help_in_japanese(name: str) -> None:
    for done in (run(name, "--help", "--lang", "ja"), run("--lang", "ja", name, "-h")):
        assert (done.returncode, done.stderr) == (0, "")
        assert "\n  例:\n    chiiki-tsusho " in done.stdout
        assert (
            "\n  メッセージの言語: どのコマンドでも --lang en または --lang ja。\n" in done.stdout
        )


@pytest.mark.parametrize("name", [None, *OWN_COMMANDS])
def test_no_help_is_left_untranslated(name: str | None) -> None:
    command = GROUP if name is None else GROUP.commands[name]
    assert command.help.split("\n")[0] in cli_help_ja.COMMANDS
    for parameter in command.params:
        assert parameter.help in cli_help_ja.OPTIONS, parameter.name
    done = run(*([] if name is None else [name]), "--help", "--lang", "ja")
    # click's own words, and what has the same name in every language, stay as they are.
    for line in done.stdout.splitlines():
        words = line.replace("Show this message and", "").replace("--with", "")
        assert not re.search(r"\b(the|of|and|with)\b", words)


def test_what_has_no_japanese_is_shown_in_english() -> None:
    assert cli_help_ja.command_help("Do a thing.\n\nAt once.") == "Do a thing.\n\nAt once."
    assert cli_help_ja.option_help("A thing.") == "A thing."


@pytest.mark.parametrize("language", LANGUAGES)
def test_version(language: Language) -> None:
    done = run("--version", "--lang", language)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"chiiki-tsusho {ct.__version__}\n"


# ---------------------------------------------------------------- misuse

TRY = "Try 'chiiki-tsusho -h' for help."
TRY_CLAIM = "Try 'chiiki-tsusho claim -h' for help."
USE = "使い方は 'chiiki-tsusho --help' で表示します"
USE_CLAIM = "使い方は 'chiiki-tsusho claim --help' で表示します"


@pytest.mark.parametrize(
    ("words", "english", "japanese"),
    [
        (
            ["clam"],
            [TRY, "Error: No such command 'clam'. Did you mean", "'claim'"],
            ["エラー: コマンド clam はありません。claim ではありませんか", USE],
        ),
        (
            ["explain_claim"],
            [
                TRY,
                "Error: No such command 'explain_claim'. Did you mean",
                "'explain-claim', 'explain'",
            ],
            [
                "エラー: コマンド explain_claim はありません。"
                "explain-claim、explain ではありませんか",
                USE,
            ],
        ),
        (
            ["xyzzy"],
            [TRY, "Error: No such command 'xyzzy'."],
            ["エラー: コマンド xyzzy はありません", USE],
        ),
        (
            ["--foo"],
            [TRY, "Error: No such option: --foo"],
            ["エラー: オプション --foo はありません", USE],
        ),
        (
            ["claim", "v.csv", "--provider", "p.csv"],
            [TRY_CLAIM, "Error: No such option: --provider ", "--providers"],
            ["エラー: オプション --provider はありません。--providers ではありませんか", USE_CLAIM],
        ),
        (
            ["claim"],
            [TRY_CLAIM, "Error: Missing argument 'VISITS'."],
            ["エラー: 引数 VISITS を指定してください", USE_CLAIM],
        ),
        (
            ["claim", "v.csv"],
            [TRY_CLAIM, "Error: Missing option '-o' / '--output'."],
            ["エラー: オプション -o / --output を指定してください", USE_CLAIM],
        ),
        (
            ["claim", "v.csv", "w.csv", "x.csv", "-o", "out"],
            [TRY_CLAIM, "Error: Got unexpected extra argument", "(w.csv x.csv)"],
            ["エラー: 余分な引数があります: w.csv x.csv", USE_CLAIM],
        ),
        (
            ["claim", "v.csv", "-o"],
            [
                "Try 'chiiki-tsusho claim --help' for help.",
                "Error: Option '-o' requires an argument.",
            ],
            ["エラー: オプション -o には値が必要です", USE_CLAIM],
        ),
        (
            ["--version=1"],
            [
                "Try 'chiiki-tsusho --help' for help.",
                "Error: Option '--version' does not take a value.",
            ],
            ["エラー: オプション --version には値を付けられません", USE],
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "x"],
            [
                "Try 'chiiki-tsusho explain -h' for help.",
                "Error: Invalid value for '--minutes': ",
                "valid integer",
            ],
            [
                "エラー: オプション --minutes の値が正しくありません(整数を指定してください)",
                "使い方は 'chiiki-tsusho explain --help' で表示します",
            ],
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "-1"],
            [
                "Try 'chiiki-tsusho explain -h' for help.",
                "Error: Invalid value for '--minutes': ",
            ],
            [
                "エラー: オプション --minutes の値が正しくありません(0以上を指定してください)",
                "使い方は 'chiiki-tsusho explain --help' で表示します",
            ],
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "200", "--care-level", "6"],
            [
                "Try 'chiiki-tsusho explain -h' for help.",
                "Error: Invalid value for '--care-level': ",
            ],
            [
                "エラー: オプション --care-level の値が正しくありません(",
                "使い方は 'chiiki-tsusho explain --help' で表示します",
            ],
        ),
    ],
)  # fmt: skip
def test_misuse_says_what_to_do_next(
    words: list[str], english: list[str], japanese: list[str]
) -> None:
    """In English in typer's words, whose endings change with its version."""
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    *_, next_step, error = (line for line in done.stderr.splitlines() if line)
    assert next_step == english[0]
    assert error.startswith(english[1])
    assert all(part in error for part in english[2:])
    done = run(*words, "--lang", "ja") if words[-1] != "-o" else run("--lang", "ja", *words)
    assert (done.returncode, done.stdout) == (2, "")
    found = done.stderr.splitlines()
    assert found[1:] == japanese[1:]
    assert found[0] == japanese[0] or (japanese[0].endswith("(") and japanese[0] in found[0])


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
    assert cli_language.spoken() == "en"


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
        ("chiiki-tsusho --lang ja cl", {"claim"}),
        ("chiiki-tsusho claim --lang ja --hea", {"--headings"}),
        ("chiiki-tsusho claim v.csv --format ", {"csv", "parquet"}),
        ("chiiki-tsusho claim v.csv --headings ", {"en", "ja"}),
        ("chiiki-tsusho template --headings j", {"ja"}),
        ("chiiki-tsusho explain --shortfall ", {"over_capacity", "understaffed"}),
        ("chiiki-tsusho explain --service ", {"day_care", "medical_day_care"}),
    ],
)
def test_the_shell_completes_commands_options_and_values(line: str, offered: set[str]) -> None:
    assert completions(line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_of_every_shell(shell: str) -> None:
    done = run(_CHIIKI_TSUSHO_COMPLETE=f"source_{shell}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "_CHIIKI_TSUSHO_COMPLETE" in done.stdout


# ---------------------------------------------------------------- the demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the demo was run, and what it said."""
    folder = tmp_path_factory.mktemp("first")
    done = run("demo", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    return folder, done.stderr


def test_the_demo_computes_the_example(shown: tuple[Path, str], tmp_path: Path) -> None:
    folder, said = shown
    demo = folder / "chiiki-tsusho-demo"
    assert [path.name for path in folder.iterdir()] == ["chiiki-tsusho-demo"]
    assert {path.name for path in demo.iterdir()} == {*EXAMPLE_FILES, "claims"}
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
    assert said.splitlines()[0] == (
        "259 visits: 27 claims, 240,192 units, 2,517,248 yen; 0 rows held; "
        f"files in {Path('chiiki-tsusho-demo') / 'claims'}"
    )


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
    assert "54 rows held" in done.stderr.splitlines()[-1]
    done = run(*template, cwd=folder)
    assert done.returncode == 0
    assert (folder / "chiiki-tsusho-demo" / "my-month" / "visits.csv").is_file()


def test_the_demo_in_japanese_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    """Its name has a space: the commands can still be copied."""
    done = run("demo", "お試し 1", "--lang", "ja", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    claims = Path("お試し 1") / "claims"
    assert done.stderr.splitlines()[:3] == [
        f"実績259件: 請求明細27件、240,192単位、2,517,248円。未計算(要修正)0行。出力先: {claims}",
        f"計算結果は {claims} にあります: claims.csv(請求ごと)、claim_lines.csv(コードごと)。",
        "請求の根拠を一件ずつ確認する:",
    ]
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
        f"{mine}: 例とは別のファイルがすでにあります。他のフォルダを指定してください"
    )
    assert mine.read_text(encoding="utf-8") == "mine"


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
    assert done.stderr == f"error: {mine}: cannot be written: File exists\n"
    done = run("demo", mine, "--lang", "ja")
    assert done.stderr == f"エラー: {mine}: 書き込めません(File exists)\n"


def test_every_example_file_is_shipped_and_found() -> None:
    assert {path.name for path in EXAMPLES.glob("*.csv")} == set(EXAMPLE_FILES)
    for name in EXAMPLE_FILES:
        assert example_file(name) == EXAMPLES / name

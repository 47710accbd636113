"""Streams that cannot be written, encodings without Japanese, words no terminal should obey."""

from __future__ import annotations

import os
import pty
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.language import terminal_width, without_controls
from helpers import commands
from helpers.care_plans import plan_file, plan_row
from helpers.commands import PROGRAM, handlers_kept

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROVIDERS = ["--providers", str(EXAMPLES / "providers.csv")]
CLAIM = ["claim", str(EXAMPLES / "visits.csv"), *PROVIDERS, "-o", "out"]
NO_FILE = ["claim", "no.csv", "-o", "out"]
ESCAPE = "\x1b"
PLAN = "UPPLAN_202607_x.CSV"


def run(words: list[str], folder: Path, **settings: Any) -> Any:
    environment = {**os.environ, **settings.pop("env", {})}
    return subprocess.run(
        [*PROGRAM, *words], cwd=folder, env=environment, check=False, timeout=120, **settings
    )


def shell(line: str, folder: Path) -> Any:
    """Run a line of the shell in which ``$P`` is the program."""
    environment = {**os.environ, "P": " ".join(PROGRAM)}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, check=False
    )


# ---------------------------------------------------------------- streams


def test_results_that_are_there_are_said_where_the_output_cannot_be_written(tmp_path: Path) -> None:
    for language, told in (
        ("en", "standard output: cannot be used: No space left on device; files of this run are "),
        (
            "ja",
            "標準出力: 使えません(ディスクに空きがありません)。"
            "この実行のファイルはすでに書き込まれています",
        ),
    ):
        words = f"claim {EXAMPLES}/visits.csv -o {language} --json"
        done = shell(f"$P --lang {language} {words} >/dev/full", tmp_path)
        assert done.returncode == 2
        assert told in done.stderr.decode()
        assert (tmp_path / language / "claims.csv").exists()


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2> >(exec true)"])
@pytest.mark.parametrize(("words", "code"), [(CLAIM, 0), (NO_FILE, 2), (["claim"], 2), ([], 2)])
def test_the_exit_code_is_right_where_nobody_hears_the_words(
    stderr: str, words: list[str], code: int, tmp_path: Path
) -> None:
    done = shell(f"$P {' '.join(words)} {stderr}", tmp_path)
    assert (done.returncode, done.stdout) == (code, b"")
    if words is CLAIM:
        assert (tmp_path / "out" / "claims.csv").is_file()


@pytest.mark.parametrize(
    "words",
    [
        "lookup --month 2016-04",
        "explain --month 2016-04 --minutes 150 --care-level 5",
        "--help",
        "--version",
        "claim --help",
    ],
)
def test_an_answer_that_cannot_be_written_is_an_error(words: str, tmp_path: Path) -> None:
    done = shell(f"$P --lang en {words} >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == b"error: standard output: cannot be used: No space left on device\n"
    done = shell(f"$P --lang ja {words} >/dev/full", tmp_path)
    assert done.stderr.decode() == "エラー: 標準出力: 使えません(ディスクに空きがありません)\n"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "completion for bash is set up in /there; it works in a new terminal\n"),
        ("ja", "bash の入力補完を /there に設定しました。新しいターミナルから使えます\n"),
    ],
)
def test_completion_that_is_set_up_is_told_in_the_language(
    language: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.completion.install", lambda **_: ("bash", Path("/there")))
    done = CliRunner().invoke(app, ["--lang", language, "--install-completion"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", told)


def test_a_program_without_a_console(tmp_path: Path) -> None:
    """As a service, or under pythonw: there are no streams at all."""
    for words in (CLAIM, ["lookup", "781241", "--month", "2016-04"], ["--help"]):
        done = shell(f"$P {' '.join(words)} >&- 2>&- <&-", tmp_path)
        assert done.returncode == 0


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    "encoding", ["cp1252", "ascii", "ascii:surrogateescape", "latin-1", "cp932", "utf-8"]
)
@pytest.mark.parametrize(
    "words",
    [["--help"], ["explain", "--month", "2016-04", "--minutes", "150", "--care-level", "5"]],
)
def test_japanese_goes_into_a_file_whatever_the_encoding(
    encoding: str, words: list[str], tmp_path: Path
) -> None:
    """Where the encoding has no Japanese, the file is UTF-8."""
    done = run(
        [*words, "--lang", "ja"],
        tmp_path,
        capture_output=True,
        env={"PYTHONIOENCODING": encoding},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("cp932" if encoding == "cp932" else "utf-8")
    assert ("単位" if words[0] == "explain" else "使い方: ") in text


def test_a_character_that_the_encoding_lacks_is_written_out(tmp_path: Path) -> None:
    visits = tmp_path / "\U0001f600.csv"
    visits.write_bytes((EXAMPLES / "visits.csv").read_bytes())
    done = run(
        ["claim", visits.name, *PROVIDERS, "-o", "\U0001f601", "--lang", "ja"],
        tmp_path,
        capture_output=True,
        env={"PYTHONIOENCODING": "cp932"},
    )
    assert done.returncode == 0
    assert "出力先: \\U0001f601".encode("cp932") in done.stderr


# ---------------------------------------------------------------- what a terminal would obey


def on_a_terminal(words: list[str], folder: Path) -> str:
    """Run a command whose two streams are a terminal; return what reached it."""
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as reader:
        shown = reader.submit(read_to_the_end, ours)
        with (
            os.fdopen(theirs, "w", encoding="utf-8", errors="backslashreplace") as terminal,
            redirect_stdout(terminal),
            redirect_stderr(terminal),
            chdir(folder),
            handlers_kept(),
            pytest.raises(SystemExit),
        ):
            app(words, prog_name="chiiki-tsusho")
    os.close(ours)
    return shown.result().decode()


def read_to_the_end(terminal: int) -> bytes:
    read = b""
    while True:
        try:
            read += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return read


@pytest.mark.parametrize("language", ["en", "ja"])
def test_control_characters_of_a_file_do_not_reach_the_terminal(
    language: str, tmp_path: Path
) -> None:
    evil = f"{ESCAPE}]0;title\x07{ESCAPE}[2J\u202e"
    table = (EXAMPLES.parent / "data" / "service_codes.csv").read_text(encoding="utf-8")
    head, first, rest = table.split("\n", 2)
    (tmp_path / "codes.csv").write_text(
        "\n".join([head, first.replace("地域通所介護", "地域\u202e"), rest]), encoding="utf-8"
    )
    (tmp_path / "bad.csv").write_text("\n".join([head, f"{evil}{first}"]), encoding="utf-8")
    (tmp_path / "visits.csv").write_text(f"provider_no,{evil}x\n1,2\n", encoding="utf-8")
    plan_file(tmp_path, PLAN, [plan_row(1, "781443", date=f"2026{ESCAPE}[2J")])
    commands = [
        ["from-plan", PLAN, "-o", "planned"],
        ["claim", "visits.csv", "-o", "out"],
        ["claim", f"{evil}.csv", "-o", "out"],
        ["check-table", "bad.csv"],
        ["import-master", "bad.csv", "-o", "made.csv"],
        ["lookup", "--month", "2016-04", "--codes", "codes.csv"],
        ["lookup", evil, "--month", "2016-04"],
        ["lookup", "--month", evil],
        [evil],
        ["report", evil],
        ["explain", "--month", "2016-04", "--minutes", evil],
        ["explain-claim", "visits.csv", "--insured", evil],
    ]
    for words in commands:
        shown = on_a_terminal(["--lang", language, *words], tmp_path)
        assert shown
        assert ESCAPE not in shown
        assert "\x07" not in shown
        assert "\u202e" not in shown


def test_a_table_goes_into_a_file_as_it_is(tmp_path: Path) -> None:
    plan_file(tmp_path, PLAN, [plan_row(1, "781443", date=f"2026{ESCAPE}[2J")])
    done = run(["from-plan", PLAN, "-o", "planned"], tmp_path, capture_output=True)
    assert done.returncode == 1
    assert f"2026{ESCAPE}[2J" in done.stdout.decode()


def test_a_name_of_a_table_that_would_turn_what_follows_is_refused(tmp_path: Path) -> None:
    table = (EXAMPLES.parent / "data" / "service_codes.csv").read_text(encoding="utf-8")
    (tmp_path / "codes.csv").write_text(
        table.replace("地域通所介護", "地域\u202e"), encoding="utf-8"
    )
    done = run(
        ["lookup", "--month", "2016-04", "--codes", "codes.csv"], tmp_path, capture_output=True
    )
    assert done.returncode == 2
    assert "holds the character U+202E, which cannot be seen; take it out" in done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("入浴介助\n加算", "入浴介助\n加算"),
        ("全角\u3000空白", "全角\u3000空白"),
        ("a\tb\rc", "a\\tb\\rc"),
        ("\x1b[2J\x9b", "\\x1b[2J\\x9b"),
        ("a\u202eb\u2028c", "a\\u202eb\\u2028c"),
        ("\udcff", "\\udcff"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert without_controls(text) == shown


def test_full_width_characters_take_two_columns() -> None:
    assert [terminal_width(text) for text in ("", "abc", "入浴", "ｱ介a")] == [0, 3, 4, 4]


# ---------------------------------------------------------------- odd paths and values

LONG = "a" * 300


@pytest.mark.parametrize(
    "words",
    [
        ["claim", str(EXAMPLES / "visits.csv"), "-o", LONG],
        ["claim", str(EXAMPLES / "visits.csv"), "-o", f"{LONG}/out"],
        ["claim", LONG, "-o", "out"],
        ["claim", str(EXAMPLES / "visits.csv"), "-o", "out", "--codes", LONG],
        [
            "compare",
            str(EXAMPLES / "visits.csv"),
            "--month",
            "2016-04",
            "--month",
            "2017-04",
            "-o",
            LONG,
        ],
        ["template", LONG],
        ["report", LONG],
        ["check-table", LONG],
        ["import-master", LONG, "-o", "made.csv"],
        ["import-workbook", LONG, "--valid-from", "2026-06", "-o", "made.csv"],
        ["explain-claim", LONG, "--insured", "0000100053"],
        ["explain-claim", str(EXAMPLES / "visits.csv"), "--insured", "9" * 5000],
        ["lookup", "9" * 5000, "--month", "2016-04"],
        ["lookup", "--month", "9" * 5000],
    ],
)
def test_odd_paths_and_values_end_in_a_line(words: list[str], tmp_path: Path) -> None:
    done = commands.run(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "fault of this program" not in done.stderr


# What the system refuses, and bytes that are no text: then standard output is let go of as well.
@pytest.mark.parametrize(
    "words",
    [
        ["demo", LONG],
        ["explain-claim", str(EXAMPLES / "visits.csv"), "--insured", "\udced\udca0\udc80"],
        ["claim", str(EXAMPLES / "visits.csv"), "-o", "out", "--encoding", "\udcff"],
    ],
)
def test_odd_paths_and_bytes_given_to_the_program_end_in_a_line(
    words: list[str], tmp_path: Path
) -> None:
    encoded = [os.fsencode(word) for word in words]
    done = run(encoded, tmp_path, capture_output=True)  # type: ignore[arg-type]
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: ")
    assert b"Traceback" not in done.stderr
    assert b"fault of this program" not in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["claim", "--help"], ["duties", "--help"]])
def test_help_without_docstrings_names_the_options(words: list[str]) -> None:
    environment = {**os.environ, "PYTHONOPTIMIZE": "2"}
    done = subprocess.run([*PROGRAM, *words], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"--help" in done.stdout
    assert b"Project-Id-Version" not in done.stdout

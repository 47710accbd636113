"""The command as a program of its own: stops before its run, in it and after it, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from helpers.commands import PROGRAM
from helpers.processes import hear_interrupts

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STOPS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]
STOPPED = {
    "en": "stopped; nothing of this run was written\n",
    "ja": "中断しました。この実行の結果は書き込んでいません\n",
}
# The command, in whose process something is done at a moment: "at(module, act)" acts before a
# module is looked for, "at_teardown(act)" when Python takes its modules apart.
BEGIN = """
    import atexit, os, runpy, signal, sys

    class at:
        def __init__(self, module, act):
            self.module, self.act = module, act
            sys.meta_path.insert(0, self)

        def find_spec(self, name, *_):
            if name == self.module:
                sys.meta_path.remove(self)
                try:
                    self.act()
                except BaseException:  # as some library may
                    pass

    class at_teardown:
        def __init__(self, act):
            self.act = act
            sys.last_step_of_test = self

        def __del__(self):
            self.act()

    kill, me = os.kill, os.getpid()
    numbers = {number}
    def stop():
        for number in numbers:
            kill(me, number)
"""
END = """
    sys.argv[0] = "chiiki-tsusho"
    runpy.run_module("chiiki_tsusho", run_name="__main__")
"""


def program(steps: str, words: list[str], stops: list[str] | None = None, **settings: Any) -> Any:
    """Run the command in a process where steps are taken before it."""
    numbers = [int(getattr(signal, name)) for name in stops or []]
    begin, end = (textwrap.dedent(one) for one in (BEGIN, END))
    code = begin.replace("{number}", str(numbers)) + textwrap.dedent(steps) + end
    # Without its buffer standard output has nothing left at the end.
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "",
        **settings.pop("env", {}),
    }
    settings = {"stdout": subprocess.PIPE, "preexec_fn": hear_interrupts, **settings}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        check=False,
        timeout=300,
        **settings,
    )


# ---------------------------------------------------------------- before the run


@pytest.mark.parametrize(
    ("name", "locale", "language"),
    [
        ("SIGINT", "C.UTF-8", "en"),
        ("SIGTERM", "ja_JP.UTF-8", "ja"),
        ("SIGHUP", "ja_JP.UTF-8", "ja"),
        ("SIGQUIT", "C.UTF-8", "en"),
    ],
)
def test_a_stop_while_libraries_are_loaded_is_as_later(
    name: str, locale: str, language: str
) -> None:
    done = program("at('typer', stop)", ["--version"], [name], env={"LC_ALL": locale})
    assert (done.returncode, done.stdout, done.stderr) == (130, "", STOPPED[language])


def test_a_stop_while_a_command_is_loaded_speaks_the_language_that_is_asked_for() -> None:
    words = ["--lang", "ja", "lookup", "--month", "2016-04"]
    done = program("at('chiiki_tsusho.command_line.explain', stop)", words, ["SIGINT"])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", STOPPED["ja"])


def test_a_stop_before_there_is_a_catalogue_is_told_in_english() -> None:
    done = program(
        "at('chiiki_tsusho.language', stop)",
        ["--version"],
        ["SIGTERM"],
        env={"LC_ALL": "ja_JP.UTF-8"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", STOPPED["en"])


@pytest.mark.parametrize("standard_error", ["None", "open(os.devnull)"])
def test_a_stop_that_nobody_hears(standard_error: str) -> None:
    done = program(f"sys.stderr = {standard_error}; at('typer', stop)", ["--version"], ["SIGTERM"])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_the_parent_ignores_is_no_stop() -> None:
    """Under nohup or in the background of a script; not SIGTERM, as at any later moment."""

    def ignore() -> None:
        for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)

    moments = "at('typer', stop); at('chiiki_tsusho.command_line.explain', stop)"
    words = ["lookup", "--month", "2016-04", "781241"]
    stops = ["SIGINT", "SIGHUP", "SIGQUIT"]
    done = program(moments, words, stops, preexec_fn=ignore)
    assert (done.returncode, done.stderr) == (0, "")
    done = program(moments, words, ["SIGTERM"], preexec_fn=ignore)
    assert (done.returncode, done.stderr) == (130, STOPPED["en"])


# ---------------------------------------------------------------- in its midst


def test_a_second_stop_changes_nothing() -> None:
    """As of someone who presses Ctrl-C until the prompt is back."""
    twice = """
        class Heard:
            encoding, errors, closed = "utf-8", "strict", False
            isatty = flush = lambda self: None

            def write(self, text):
                stop()
                os.write(2, text.encode())

        sys.stderr = Heard()
        from chiiki_tsusho.command_line import explain

        def interrupted(*_, **__):
            stop()

        explain.show = explain.show_data = interrupted
    """
    done = program(twice, ["lookup", "--month", "2016-04"], ["SIGINT"])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", STOPPED["en"])


def test_a_stop_is_one_whatever_a_library_makes_of_it() -> None:
    """Models of pydantic that are built meanwhile raise an error of their own instead."""
    swallowed = """
        from chiiki_tsusho.command_line import explain

        def built(*_, **__):
            try:
                stop()
            except KeyboardInterrupt as error:
                raise ValueError("no model") from error

        explain.show = explain.show_data = built
    """
    done = program(swallowed, ["lookup", "--month", "2016-04"], ["SIGINT"])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", STOPPED["en"])


WAITING = """
    def told(event, given):
        if event == "open" and str(given[0]) == "pipe":
            os.write(1, b"opened")

    sys.addaudithook(told)
"""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["audit", "pipe"], "SIGINT"),
        (["returns", "pipe"], "SIGTERM"),
        (["from-plan", "pipe", "-o", "out"], "SIGTERM"),
        (["claim", "visits.csv", "--codes", "pipe", "-o", "out"], "SIGINT"),
    ],
)
def test_a_pipe_to_which_nobody_writes_is_waited_for_until_a_stop(
    words: list[str], name: str, tmp_path: Path
) -> None:
    shutil.copy(EXAMPLES / "visits.csv", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    code = "".join(textwrap.dedent(one) for one in (BEGIN, WAITING, END)).replace("{number}", "()")
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        preexec_fn=hear_interrupts,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(6) == b"opened"
        # One that comes between this and the wait is heard with the next.
        for _ in range(100):
            process.send_signal(getattr(signal, name))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
                break
        else:
            process.kill()
        said = process.stderr.read().decode()
    assert (process.returncode, said) == (130, STOPPED["en"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "visits.csv"]


# ---------------------------------------------------------------- when it is over


@pytest.mark.parametrize("moment", ["atexit.register(stop)", "atexit.register(at_teardown, stop)"])
def test_a_stop_after_the_run_does_not_change_its_code(moment: str) -> None:
    """What is registered before the command keeps it from ending the process itself."""
    words = ["lookup", "--month", "2016-04", "781241"]
    done = program(moment, words, STOPS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 2


TORN = "at_teardown(lambda write=os.write: write(2, b'taken apart')); "


def test_the_process_ends_when_all_that_is_registered_is_done(tmp_path: Path) -> None:
    later = "at('typer', lambda: atexit.register(lambda: sys.stdout.write('later')))"
    done = program(f"{TORN}{later}", ["--version"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nlater")
    done = program(TORN, ["claim", str(tmp_path / "none.csv"), "-o", str(tmp_path / "out")])
    assert done.returncode == 2
    assert done.stderr.endswith("there is no such file; check the path\n")


def test_what_is_registered_before_the_command_has_a_whole_process() -> None:
    """As what measures which lines are run."""
    done = program(f"{TORN}atexit.register(sys.stdout.write, 'before')", ["--version"])
    assert (done.returncode, done.stderr) == (0, "taken apart")
    assert done.stdout.endswith("\nbefore")


def test_an_application_in_another_program_does_not_end_it() -> None:
    code = textwrap.dedent(BEGIN).replace("{number}", "()") + (
        f"{TORN}\n"
        "from chiiki_tsusho.command_line.app import app\n"
        "try:\n"
        "    app(['lookup', '--month', '2016-04', '781241'])\n"
        "finally:\n"
        "    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN\n"
        "    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        preexec_fn=hear_interrupts,
    )
    assert (done.returncode, done.stderr) == (0, b"taken apart")


def test_what_cannot_be_written_at_the_end_has_the_code_of_python(tmp_path: Path) -> None:
    later = "at('typer', lambda: atexit.register(lambda: sys.stdout.write('later')))"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        words = ["claim", str(tmp_path / "none.csv"), "-o", str(tmp_path / "out")]
        done = program(later, words, stdout=full)
    assert done.returncode == 120
    assert "No space left on device" in done.stderr


def test_the_start_loads_no_library() -> None:
    """What is loaded before stops are heard is time in which they are not."""
    code = "import chiiki_tsusho.command_line.console, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    loaded = {name for name in done.stdout.split() if name.startswith("chiiki_tsusho")}
    assert loaded == {
        "chiiki_tsusho",
        "chiiki_tsusho.version",
        "chiiki_tsusho.command_line",
        "chiiki_tsusho.command_line.console",
        "chiiki_tsusho.command_line.stops",
    }
    assert "typer" not in done.stdout.split()


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("C.UTF-8", "error: standard output: cannot be used: No space left on device\n"),
        ("ja_JP.UTF-8", "エラー: 標準出力: 使えません(ディスクに空きがありません)\n"),
    ],
)
def test_a_shell_that_cannot_be_answered(locale: str, told: str) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            PROGRAM,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            env={
                **os.environ,
                "LC_ALL": locale,
                "_CHIIKI_TSUSHO_COMPLETE": "complete_bash",
                "COMP_WORDS": "chiiki-tsusho ",
                "COMP_CWORD": "1",
            },
        )
    assert (done.returncode, done.stderr) == (2, told)

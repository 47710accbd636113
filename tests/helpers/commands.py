"""The command: in the process of the tests, or as a program of its own.

A program takes half a second to start, most of it to load pandas. So it is one where the start,
streams, signals or encodings are the point; all else runs here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from chiiki_tsusho.command_line.app import app

Done = subprocess.CompletedProcess[str]
PROGRAM = (sys.executable, "-m", "chiiki_tsusho")


def run(*words: object, cwd: Path | None = None, mixed: bool = False, **variables: str) -> Done:
    """Run a command in this process; ``mixed`` gives its words in their place among its data."""
    said = [str(word) for word in words]
    with contextlib.chdir(cwd or Path.cwd()), handlers_kept():
        result = CliRunner().invoke(app, said, prog_name="chiiki-tsusho", env=variables)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if mixed:
        return Done(said, result.exit_code, result.output, "")
    return Done(said, result.exit_code, result.stdout, result.stderr)


def run_program(*words: object, cwd: Path | None = None, **variables: str) -> Done:
    """Run a command as a program of its own, no terminal attached."""
    return subprocess.run(
        [*PROGRAM, *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **variables},
        check=False,
    )


@contextlib.contextmanager
def handlers_kept() -> Iterator[None]:
    """Leave the handling of signals, which a command makes its own, as it was."""
    known = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGQUIT"))
    before = {one: signal.getsignal(one) for one in known if one is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

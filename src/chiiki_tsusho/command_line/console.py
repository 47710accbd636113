"""The command as a program of its own: its first step and its last.

A program that goes on afterwards calls ``chiiki_tsusho.command_line.app.app`` instead.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

from chiiki_tsusho.command_line.stops import (
    end_at_once_when_stopped,
    settle,
    speak_when_stopped,
)


def main() -> NoReturn:
    """Run the command with the words this process was started with, and end the process."""
    end_at_once_when_stopped()
    last = _LastStep()

    from chiiki_tsusho.language import default_language

    speak_when_stopped(default_language())

    from chiiki_tsusho.command_line.app import app

    try:
        app(prog_name="chiiki-tsusho")
    except SystemExit as end:
        last.code = end.code
        raise
    finally:
        settle()
    raise SystemExit(0)


class _LastStep:
    """Ends the process when all that was to be done at its end is done.

    Python would take every module apart, and the libraries of pyarrow their threads: work for
    nothing, in which a process whose results are whole has been seen to abort.
    """

    def __init__(self) -> None:
        self.code: object = None
        # The first registered is called last. Where others were before it, as what measures a
        # program is, they have work to do after it.
        if atexit._ncallbacks() == 0:
            atexit.register(self._end)

    def _end(self) -> None:
        if not isinstance(self.code, int):
            return
        for stream in (sys.stdout, sys.stderr):
            try:
                if stream is not None and not stream.closed:
                    stream.flush()
            except (OSError, ValueError):
                # Python has words and a code for it.
                return
        os._exit(self.code)

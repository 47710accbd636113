"""Signals that stop a run: what they do before it, in its midst and when it is over.

Loaded first of all, so that it loads nothing that takes time.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from chiiki_tsusho.language import Language

# The exit code after Ctrl-C in shells: 128 and the number of the signal.
STOPPED = 130
_FROM_OUTSIDE = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
]

_words = "stopped; nothing of this run was written"
_process_ends = False
_over = False
_stopped = False


def end_at_once_when_stopped() -> None:
    """Have a stop end this process at once, until its run begins.

    An exception would come out of the midst of an import, where others may catch it.
    """
    global _process_ends
    _process_ends = True
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    _hear(_end)


def speak_when_stopped(language: Language) -> None:
    """Set the language of a stop that ends the process at once, when nothing more is loaded."""
    from chiiki_tsusho.language import Text

    global _words
    nothing = Text("nothing of this run was written")
    _words = Text("stopped; {written}", written=nothing).say(language)


def interrupt_when_stopped() -> None:
    """Have a stop from outside clean up as Ctrl-C does; none has come to this run yet."""
    from chiiki_tsusho.whole_steps import STOPS

    global _stopped
    _stopped = False
    if _interrupt not in STOPS:
        STOPS.append(_interrupt)
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, _interrupt)
    _hear(_interrupt)


def stopped() -> bool:
    """Say whether a stop came, whatever a library made of its exception."""
    return _stopped


def settle() -> None:
    """Have no stop come any more if the process ends with the run: its exit code is settled.

    Python gives signals up at its end, when their number would become the exit code; but what is
    ignored stays so.
    """
    global _over
    if not _process_ends:
        return
    _over = True
    for number in (signal.SIGINT, *_FROM_OUTSIDE):
        signal.signal(number, signal.SIG_IGN)


def _hear(handler: Any) -> None:
    for number in _FROM_OUTSIDE:
        # A terminal that is closed stops the run as well, unless it was started with nohup.
        if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: Any) -> None:
    global _stopped
    # One that came while the others were being settled.
    if not _over:
        _stopped = True
        raise KeyboardInterrupt


def _end(_number: int, _frame: Any) -> NoReturn:
    # Nobody may hear it: there is no standard error, or it is in use at this moment.
    with suppress(AttributeError, OSError, RuntimeError, ValueError):
        sys.stderr.write(f"{_words}\n")
        sys.stderr.flush()
    os._exit(STOPPED)

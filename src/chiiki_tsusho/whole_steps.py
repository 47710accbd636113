"""What makes a step whole: files are on the disk, and no signal comes in between."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
]
# Handlers that do nothing but stop a process, or what it does.
STOPS: list[Any] = [signal.SIG_DFL, signal.default_int_handler]


def sync(stage: Path) -> None:
    """Have the files of a stage on the disk, not in a cache of the system."""
    for path in stage.rglob("*"):
        if path.is_dir():
            sync_folder(path)
            continue
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    sync_folder(stage)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    if sys.platform == "win32":
        return
    at = os.open(folder, os.O_RDONLY)
    try:
        # Some file systems of a network know no such thing for folders.
        with contextlib.suppress(OSError):
            os.fsync(at)
    finally:
        os.close(at)


@contextlib.contextmanager
def undisturbed(to_the_end: bool) -> Iterator[None]:
    """Let no signal stop this process for a moment.

    Parameters
    ----------
    to_the_end : bool
        Whether what would stop it comes too late for that; else it is heard afterwards, as what
        handlers of the caller's own wait for always is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before: dict[int, Any] = {}
    try:
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            # What was set by another language could not be put back.
            if handler is not None:
                before[number] = handler
                signal.signal(number, lambda one, _frame: heard.append(one))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        # Each is heard, though one before it raises.
        with contextlib.ExitStack() as raised:
            for number in reversed(heard):
                if not to_the_end or before[number] not in STOPS:
                    raised.callback(signal.raise_signal, number)

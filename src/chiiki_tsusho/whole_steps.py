"""What makes a step whole: files are on the disk, and no signal comes in between."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
]


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
        Whether a signal comes too late to stop anything; else it is heard afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {
        number: signal.signal(number, lambda one, _frame: heard.append(one)) for number in _SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if not to_the_end:
            for number in heard:
                signal.raise_signal(number)

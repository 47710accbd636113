"""Child processes of the tests, and the user that a test is."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

_NOBODY = 65534


def hear_interrupts() -> None:
    """Let a child hear what stops it where the parent ignores that, as ``nohup`` and ``&`` do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextlib.contextmanager
def as_a_stranger() -> Iterator[None]:
    """Let the tests be another user where they are root's, who may read whatever there is."""
    if not hasattr(os, "setresuid") or os.geteuid():
        yield
        return
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)

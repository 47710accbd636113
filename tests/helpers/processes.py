"""Child processes of the tests."""

from __future__ import annotations

import signal


def hear_interrupts() -> None:
    """Let a child hear what stops it where the parent ignores that, as ``nohup`` and ``&`` do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

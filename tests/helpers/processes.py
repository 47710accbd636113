"""Programs started as a person would start them."""

from __future__ import annotations

import signal


def hear_interrupts() -> None:
    """Let a child hear Ctrl-C where the parent ignores it, as ``nohup`` and ``&`` make it do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

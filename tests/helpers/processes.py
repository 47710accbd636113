"""Child processes of the tests, and the rights that a test has."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

# capabilities(7): CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
_CAPABILITY_VERSION_3 = 0x20080522
_READS_WHATEVER_THERE_IS = 1 << 1 | 1 << 2


def hear_interrupts() -> None:
    """Let a child hear what stops it where the parent ignores that, as ``nohup`` and ``&`` do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextlib.contextmanager
def bound_by_modes() -> Iterator[None]:
    """Bind root too by the modes of files, as everybody is; elsewhere nothing is changed."""
    if sys.platform != "linux" or os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    before = (ctypes.c_uint32 * 6)()
    libc.capget(header, before)
    # Effective, permitted and inheritable, of the first 32 rights and of the others.
    bound = (ctypes.c_uint32 * 6)(*before)
    bound[0] &= ~_READS_WHATEVER_THERE_IS
    libc.capset(header, bound)
    try:
        yield
    finally:
        libc.capset(header, before)

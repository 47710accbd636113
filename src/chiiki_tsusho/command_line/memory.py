"""How a command asks the system for memory."""

from __future__ import annotations

import ctypes

import pyarrow as pa

# Numbers of glibc's malloc.h, and what they are set to; 32 MiB is the most it takes.
_TRIM_THRESHOLD, _KEPT = -1, 1 << 30
_MMAP_THRESHOLD, _LARGEST = -3, 32 << 20


def keep_memory() -> None:
    """Keep memory that is freed: the next block of a file would ask for the same again.

    A command that reads a month does so at its start. glibc has to be told, and Arrow to ask there;
    where there is another C library nothing happens. A program that imports the package keeps its
    own settings.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    set_option(_TRIM_THRESHOLD, _KEPT)
    set_option(_MMAP_THRESHOLD, _LARGEST)
    pa.set_memory_pool(pa.system_memory_pool())

"""Files that one process holds, for as long as it has them open."""

from __future__ import annotations

import errno
import sys
from typing import BinaryIO


def lock_file(stream: BinaryIO) -> bool:
    """Lock a file for as long as it is open; False where another process has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True

"""A room beside a folder that only one process works in, and that is gone when it leaves."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text

LOCK, JOURNAL = "lock", "journal.json"


def locked(room: Path, shown: Path) -> BinaryIO:
    """Make a room and shut others out of it."""
    while True:
        room.mkdir(mode=0o700, exist_ok=True)
        path = room / LOCK
        try:
            stream = path.open("ab")
        except FileNotFoundError:
            continue  # Another run has just left and removed the room.
        if not _lock(stream):
            stream.close()
            raise OutputError(
                Text(
                    "{folder}: another run is writing there; wait until it has ended; nothing of "
                    "this run was written",
                    folder=str(shown),
                )
            )
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                return stream
        stream.close()


def _lock(stream: BinaryIO) -> bool:
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


def leave(room: Path, lock: BinaryIO) -> None:
    """Empty a room and give its lock back; a journal, and what it speaks of, stays."""
    if not (room / JOURNAL).exists():
        for path in room.iterdir():
            if path.name != LOCK:
                discard(path)
    if sys.platform == "win32":
        lock.close()
    with contextlib.suppress(OSError):
        (room / LOCK).unlink()
        room.rmdir()
    lock.close()


def discard(path: Path) -> None:
    """Remove a file, or a folder with all in it, as far as that can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()

"""A room beside a folder that only one process works in, and that is gone when it leaves."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.file_locks import lock_file
from chiiki_tsusho.language import Text

LOCK, JOURNAL, AWAY = "lock", "journal.json", "old"


def is_own(room: Path) -> bool:
    """Say whether a room is a folder of this user: what others lay there is not touched."""
    try:
        return _is_own_folder(room)
    except OSError:
        return False


def may_hold_journal(room: Path) -> bool:
    """Say whether a room, which is no link, has a journal or cannot be looked into."""
    try:
        if room.is_symlink():
            return False
        (room / JOURNAL).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _is_own_folder(room: Path) -> bool:
    found = room.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    if not hasattr(os, "geteuid") or found.st_uid == os.geteuid():
        return True
    # Shared drives and folders of containers may show all they hold as somebody else's.
    return found.st_uid == _owner_of_new(room.parent)


def _owner_of_new(folder: Path) -> int:
    """Return whose a file is that this user makes in a folder."""
    with tempfile.TemporaryFile(dir=folder) as stream:
        return os.fstat(stream.fileno()).st_uid


def locked(room: Path, shown: Path) -> BinaryIO:
    """Make a room and shut others out of it.

    Raises
    ------
    OutputError
        Another run is writing there.
    OSError
        The room cannot be made, or is a link or somebody else's.
    """
    while True:
        room.mkdir(mode=0o700, exist_ok=True)
        path = room / LOCK
        try:
            if not _is_own_folder(room):
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(room))
            stream = path.open("ab")
        except FileNotFoundError:
            continue  # Another run has just left and removed the room.
        if not lock_file(stream):
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

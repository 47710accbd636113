"""Whether a file is still the one that was opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text

FileState = tuple[int, int, int]


def state_of(stream: BinaryIO) -> FileState:
    """Tell a file from another, and from itself after a change: inode, bytes, time of change."""
    return _told_by(os.fstat(stream.fileno()))


def state_at(path: Path) -> FileState | None:
    """Tell what stands at a path now, as ``state_of`` does; None where nothing does."""
    try:
        return _told_by(path.stat())
    except OSError:
        return None


@contextmanager
def opened_again(
    path: Path, shown: str, state: FileState, buffering: int = -1
) -> Iterator[BinaryIO]:
    """Open a file that was looked at before, and refuse one that has changed since or changes."""
    try:
        stream = path.open("rb", buffering)
    except OSError as error:
        raise changed(shown) from error
    with stream:
        if state_of(stream) != state:
            raise changed(shown)
        yield stream
        if state_of(stream) != state:
            raise changed(shown)


def _told_by(state: os.stat_result) -> FileState:
    return state.st_ino, state.st_size, state.st_mtime_ns


def changed(shown: str) -> InputFileError:
    """Say that a file is no longer what was read first."""
    return InputFileError(
        Text(
            "{file}: has changed while it was read; begin again when nothing writes to it",
            file=shown,
        )
    )

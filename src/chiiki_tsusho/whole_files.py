"""Writing one file whole or not at all, whatever path a caller gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import BinaryIO

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text

# Readable to its owner alone.
PRIVATE = 0o600


def writable_file(path: str | Path) -> Path:
    """Return the file that a path stands for, links followed, if it may be written.

    Raises
    ------
    OutputError
        The path is blank, a folder, a device or another thing that is no file, or cannot be
        looked at.
    """
    if not str(path):
        raise OutputError(Text("the name of the file to write is blank"))
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise OutputError(Text("{path}: is a folder; name the file to write", path=str(path)))
        if target.exists() and not target.is_file():
            raise OutputError(
                Text("{path}: is a device or a pipe; name a file to write", path=str(path))
            )
    except (OSError, ValueError) as error:
        raise _not_written(path, error) from error
    return target


def named_path(path: str | Path) -> Path:
    """Return a path that was given for an output.

    Raises
    ------
    OutputError
        The path is blank: an unset variable of a shell must not stand for the current folder.
    """
    if not str(path):
        raise OutputError(Text("the name of the output is blank; name a file or a folder"))
    return Path(path)


def write_whole(
    path: str | Path, content: str | bytes, encoding: str = "utf-8", mode: int | None = None
) -> None:
    """Write a file; one that was there is replaced, a link is followed.

    Parameters
    ----------
    path : path-like
    content : str or bytes
        The line ends of a text stay as they are.
    encoding : str
        Of a text.
    mode : int, optional
        Permissions, ``PRIVATE`` for a file with names, birth dates or addresses; without it those
        of the file that is replaced, or what the user's umask leaves.

    Raises
    ------
    OutputError
        The file cannot be written; what was there stays as it is.
    """
    with whole_file(path, mode) as stream:
        stream.write(content.encode(encoding) if isinstance(content, str) else content)


@contextmanager
def whole_file(path: str | Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """Give a stream whose bytes become the file when all of them are there.

    Parameters
    ----------
    path : path-like
        A file that is there is replaced, a link is followed.
    mode : int, optional
        Permissions, as for ``write_whole``.

    Raises
    ------
    OutputError
        The file cannot be written; what was there stays as it is.
    """
    target = writable_file(path)
    # Short, so that it fits wherever the name itself does.
    part = target.with_name(f".chiiki-tsusho-{token_hex(4)}.part")
    try:
        part.touch()
        if mode is None and target.exists():
            mode = S_IMODE(target.stat().st_mode)
        if mode is not None:
            part.chmod(mode)
        with part.open("wb") as stream:
            yield stream
        part.replace(target)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, (OSError, UnicodeEncodeError)):
            raise _not_written(path, error) from error
        raise


def _not_written(path: str | Path, error: OSError | ValueError) -> OutputError:
    if isinstance(error, OutputError):
        return error
    why = getattr(error, "strerror", None) or str(error)
    return OutputError(Text("{path}: cannot be written: {why}", path=str(path), why=why))

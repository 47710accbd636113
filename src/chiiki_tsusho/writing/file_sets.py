"""Files that belong together, written into a folder all or none."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from chiiki_tsusho.errors import OutputError, why_not
from chiiki_tsusho.language import Text
from chiiki_tsusho.whole_files import PRIVATE, named_path
from chiiki_tsusho.writing.exchange import FolderExchange


def write_files(
    folder: str | Path,
    files: Iterable[tuple[str, bytes]],
    private: Container[str] = (),
    replace: bool = False,
) -> list[Path]:
    """Write several files into a folder, all of them or none, whatever stops the work.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist; what else is there stays.
    files : iterable of (str, bytes)
        The name of each file, and what it holds.
    private : container of str
        The names of those for their owner's eyes only.
    replace : bool
        Whether files of these names that are there are replaced.

    Raises
    ------
    OutputError
        A file of one of the names is there already, or the folder cannot be written; nothing of
        them is left.
    """
    shown = named_path(folder)
    written = []
    with refusals(shown), FolderExchange(shown) as exchange:
        for name, content in files:
            if not replace:
                refuse_any(shown, [name])
            mode = PRIVATE if name in private else 0o666
            at = os.open(exchange.stage / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(at, "wb") as stream:
                stream.write(content)
            written.append(shown / name)
        exchange.put(())
    return written


def refuse_any(folder: Path, names: Iterable[str]) -> None:
    """Refuse a folder in which something has one of the names.

    Raises
    ------
    OutputError
        Says which is there.
    """
    for path in (folder / name for name in names):
        if os.path.lexists(path):
            raise OutputError(Text("{path}: is there already; choose an empty folder", path=path))


@contextlib.contextmanager
def refusals(folder: Path) -> Iterator[None]:
    """Say of a folder that it cannot be written, and why."""
    try:
        yield
    except Exception as error:
        told = of_the_system(error)
        if told is None:
            raise
        raise refusal(folder, told) from error


def of_the_system(error: BaseException | None) -> OSError | None:
    """Return what the system has said of a file, None for any other error.

    openpyxl writes with lxml where that is installed, which tells of a full disk in its own way.
    """
    if isinstance(error, OSError):
        return error
    if type(error).__module__ != "lxml.etree" or not str(error).startswith("IO_"):
        return None
    number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
    return OSError(number, os.strerror(number))


def refusal(folder: Path, error: OSError) -> OutputError:
    """Return the error that says that a folder cannot be written, and why."""
    return OutputError(
        Text(
            "{folder}: cannot be written: {why}; nothing of this run is left there",
            folder=str(folder),
            why=why_not(error),
        )
    )

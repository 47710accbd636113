"""Writing files whole or not at all, whatever path a caller gives."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE, S_ISBLK, S_ISCHR, S_ISREG
from typing import BinaryIO

from chiiki_tsusho.errors import InputFileError, OutputError, not_read, why_not
from chiiki_tsusho.file_locks import lock_file
from chiiki_tsusho.language import Text
from chiiki_tsusho.whole_steps import undisturbed

# Readable to its owner alone.
PRIVATE = 0o600
# Neither follow a link nor wait for a pipe.
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Placed:
    """Whether any file has been put in its place: what is said of a stop depends on it."""

    any = False


# By which programs know their files, and what is written under the name of which.
_ENDINGS = {
    **{one: one for one in (".csv", ".doc", ".docx", ".html", ".ics", ".parquet", ".pdf", ".zip")},
    **{one: one for one in (".ods", ".odt", ".xls", ".xlsm", ".xlsx")},
    ".htm": ".html",
}


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
        # Links that lead in a circle are no folder and no file, and nothing else says so.
        with suppress(FileNotFoundError, NotADirectoryError):
            target.stat()
        if target.is_dir():
            raise OutputError(Text("{path}: is a folder; name the file to write", path=str(path)))
        if target.exists() and not target.is_file():
            raise OutputError(
                Text("{path}: is a device or a pipe; name a file to write", path=str(path))
            )
    except (OSError, ValueError) as error:
        raise not_written(path, error) from error
    return target


def refuse_replacing(path: str | Path, inputs: Iterable[object], ending: str | None = None) -> None:
    """Refuse to write over a file that is read; what of the inputs is no path is none.

    Parameters
    ----------
    path : path-like
        The file to be written.
    inputs : iterable
        What is read.
    ending : str, optional
        How the name of such a file ends; those of other kinds are refused, for no program would
        open the file by them.

    Raises
    ------
    OutputError
        The path is one of the inputs, by whatever name, or ends as other files do, or no file can
        be written there.
    """
    target = writable_file(path)
    for one in inputs:
        if isinstance(one, (str, Path)) and target in _files_named(str(one)):
            raise OutputError(
                Text(
                    "{path}: is a file that is read; give another name for what is written",
                    path=visible_path(path),
                )
            )
    if ending is not None and _ENDINGS.get(Path(path).suffix.lower(), ending) != ending:
        raise OutputError(
            Text(
                "{path}: a {ending} file is written; end its name in {ending}",
                path=visible_path(path),
                ending=ending,
            )
        )


def refuse_other_file(path: str | Path, is_own: Callable[[Path], bool]) -> None:
    """Refuse to write over anything but an earlier output of the same command.

    Parameters
    ----------
    path : path-like
        The file to be written.
    is_own : callable
        Says whether a file is such an output; an empty one holds nothing that could be lost.

    Raises
    ------
    OutputError
        Another file is there, or it cannot be read, or no file can be written there.
    """
    target = writable_file(path)
    try:
        if not target.exists() or not target.stat().st_size or is_own(target):
            return
    except OSError as error:
        raise not_written(path, error) from error
    raise OutputError(
        Text(
            "{path}: is there already, and is not as this command wrote it: it is another file, or "
            "was completed by hand; give another name, or move the file away",
            path=visible_path(path),
        )
    )


def begins_with(*beginnings: str) -> Callable[[Path], bool]:
    """Return what tells own files by their first lines, with or without a mark before them.

    Each beginning ends with the end of a line, which a file may also write as Windows does.
    """
    known = tuple(one.encode() for one in beginnings)
    enough = len(BOM_UTF8) + max(len(one) + one.count(b"\n") for one in known)

    def is_own(path: Path) -> bool:
        with path.open("rb") as stream:
            text = stream.read(enough)
        return text.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n").startswith(known)

    return is_own


def _files_named(given: str) -> set[Path]:
    """Return the files that an input may be: a sheet of a workbook is named behind a #."""
    found = set()
    for name in {given, given.partition("#")[0]} - {""}:
        # What is no path is refused where it is read.
        with suppress(OSError, ValueError):
            found.add(Path(os.path.realpath(name)))
    return found


def given_path(path: str | Path) -> Path:
    """Return a path that was given for an input; whether anything is there is not asked.

    Raises
    ------
    InputFileError
        It cannot be the path of anything: it is blank, too long, holds a NUL, or cannot be looked
        at.
    TypeError
        It is no path.
    """
    if isinstance(path, str) and not path.strip():
        raise InputFileError(Text("the name of a file to read is blank"))
    given = Path(path)
    try:
        given.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        raise not_read(visible_path(given), error) from error
    return given


def read_whole(path: Path) -> bytes:
    """Read a small file, or what comes through a pipe.

    Raises
    ------
    InputFileError
        It cannot be read, or is a device, which may never end.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISCHR(mode) and not S_ISBLK(mode):
            return path.read_bytes()
    except (OSError, ValueError) as error:
        raise not_read(visible_path(path), error) from error
    raise InputFileError(Text("{path}: is a device; a file was expected", path=visible_path(path)))


def visible_path(path: str | Path) -> str:
    """Write a path so that it can be said: what no text can hold is escaped."""
    return os.fspath(path).encode("utf-8", "backslashreplace").decode()


def named_path(path: str | Path) -> Path:
    """Return a path that was given for an output.

    Raises
    ------
    OutputError
        The path is blank: an unset variable of a shell must not stand for the current folder; or
        it cannot be the path of anything.
    """
    if not str(path):
        raise OutputError(Text("the name of the output is blank; name a file or a folder"))
    named = Path(path)
    try:
        named.stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        # What writes there says what is wrong, if anything is.
        pass
    except (OSError, ValueError) as error:
        raise not_written(visible_path(named), error) from error
    return named


def write_whole(path: str | Path, content: str | bytes, mode: int | None = None) -> None:
    """Write a file; one that was there is replaced, a link is followed.

    Parameters
    ----------
    path : path-like
    content : str or bytes
        A text is written in UTF-8, its line ends as they are.
    mode : int, optional
        Permissions, ``PRIVATE`` for a file with names, birth dates or addresses; without it those
        of the file that is replaced, or what the user's umask leaves.

    Raises
    ------
    OutputError
        The file cannot be written; what was there stays as it is.
    """
    with whole_file(path, mode) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


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
    try:
        _sweep(target.parent)
        with _new_part(target.parent) as (part, stream):
            if mode is None and target.exists():
                mode = S_IMODE(target.stat().st_mode)
            if mode is not None:
                part.chmod(mode)
            yield stream
            stream.flush()
            if sys.platform == "win32":
                # A file that is open cannot be renamed there.
                stream.close()
            # A stop that comes between the two would be told that nothing was written.
            with undisturbed(to_the_end=True):
                part.replace(target)
                Placed.any = True
    except (OSError, UnicodeEncodeError) as error:
        raise not_written(path, error) from error


@contextmanager
def _new_part(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Give a file that becomes another, or is removed: at the latest by who writes there next."""
    with ExitStack() as made:
        # A stop before its removal is seen to would leave it.
        with undisturbed(to_the_end=False):
            part, stream = _locked_part(folder)

            def remove(error: type[BaseException] | None, *_: object) -> None:
                if error is not None:
                    with suppress(OSError):
                        part.unlink(missing_ok=True)

            made.push(remove)
            made.enter_context(stream)
        yield part, stream


def _locked_part(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        # Short, so that it fits wherever the name itself does.
        part = folder / f".chiiki-tsusho-{token_hex(4)}.part"
        stream = part.open("xb")
        # Where a file system knows no locks nothing is swept.
        with suppress(OSError):
            lock_file(stream)
        if os.fstat(stream.fileno()).st_nlink:
            return part, stream
        stream.close()  # It was swept before it could be locked.


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left: nobody holds its lock any more."""
    for part in folder.glob(".chiiki-tsusho-????????.part"):
        with suppress(OSError):
            at = os.open(part, os.O_RDONLY | _AS_IT_IS)
            with os.fdopen(at, "rb") as stream:
                left = S_ISREG(os.fstat(at).st_mode) and lock_file(stream)
            if left:
                part.unlink()


def keep_closed(path: Path, other: Path) -> None:
    """Let nobody read a file, but its owner, who cannot read another."""
    # An owner who may not write could not even have it put on the disk.
    allowed = S_IMODE(other.stat().st_mode) | PRIVATE
    path.chmod(S_IMODE(path.stat().st_mode) & allowed)


def not_written(path: str | Path, error: OSError | ValueError) -> OutputError:
    """Say that a file or a folder cannot be written, and why."""
    if isinstance(error, OutputError):
        return error
    why, folder = why_not(error), Path(path).parent
    if isinstance(error, FileNotFoundError) and not folder.exists():
        why = Text("there is no folder {folder}; make it first", folder=visible_path(folder))
    return OutputError(Text("{path}: cannot be written: {why}", path=str(path), why=why))

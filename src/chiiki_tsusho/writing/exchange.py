"""New results in the place of old ones: the contents of a folder exchanged in one step.

Results are made in a stage, a folder nobody looks into. Where the system can exchange two folders
at once, the stage is given the user's other files as well and changes places with the folder.
Elsewhere files are moved one by one, old ones out before new ones in, as a journal says; who comes
next finishes what was begun. So nobody ever finds files of two runs beside each other.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Self

from chiiki_tsusho.errors import OutputError, not_read, why_not
from chiiki_tsusho.language import Text
from chiiki_tsusho.whole_files import Placed, keep_closed, named_path
from chiiki_tsusho.whole_steps import sync, sync_folder, undisturbed
from chiiki_tsusho.writing.journal import read_journal, write_journal
from chiiki_tsusho.writing.room_lock import (
    AWAY,
    JOURNAL,
    LOCK,
    discard,
    is_own,
    leave,
    locked,
    may_hold_journal,
)

_PREFIX = ".chiiki-tsusho-"
_ROOM_INSIDE = f"{_PREFIX}work"
# More files of the user than these are not linked into another folder: theirs stays where it is.
_MOST_CARRIED = 10_000
_AT_CWD, _EXCHANGE = -100, 2


class FolderExchange:
    """The right to change the results in a folder, and a stage to make them in.

    Parameters
    ----------
    folder : path-like
        Where results go; is made, with the folders above it, when they are put there.

    Raises
    ------
    OutputError
        Another run is writing there, or the path is a file.
    OSError
        The folder cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.shown = named_path(folder)
        self.folder = self.shown.absolute()
        self._lock: BinaryIO | None = None
        self._unheard = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Shut others out, finish what a stopped run has begun, and make the stage."""
        self.folder = self.folder.resolve()
        lowest = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        if not lowest.is_dir():
            shown = self.shown if lowest == self.folder else lowest
            raise OutputError(Text("{folder}: is a file; a folder was expected", folder=str(shown)))
        try:
            with undisturbed(to_the_end=False):
                self._room, self._lock = _locked_room(self.folder, self.shown)
            _settle(self._room, self.folder)
            _sweep(self._room.parent)
            self.stage = self._room / f"new-{token_hex(8)}"
            # Nobody else sees into the room; the stage will be seen as the user's umask allows.
            self.stage.mkdir()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the stage and let others in."""
        self._leave()

    def _leave(self) -> None:
        with self._unheard, undisturbed(to_the_end=False):
            if self._lock is not None:
                leave(self._room, self._lock)
                self._lock = None

    def put(self, replaced: Collection[str]) -> None:
        """Put what is in the stage into the folder, whole or not at all.

        From here to the end no signal stops this process: all is there then.

        Parameters
        ----------
        replaced : collection of str
            Names of an earlier run, which are in the folder no more. All else there stays.

        Raises
        ------
        OutputError
            A folder has one of the names.
        OSError
            A file cannot be put there; all is as it was.
        """
        new = _names(self.stage)
        replaced = {name for name in {*replaced, *new} if os.path.lexists(self.folder / name)}
        for name in sorted(replaced):
            if (self.folder / name).is_dir():
                raise OutputError(
                    Text(
                        "{path}: is a folder, and the results have a file of that name; move it "
                        "away or choose another folder; nothing of this run was written",
                        path=str(self.shown / name),
                    )
                )
        _keep_closed(self.stage, self.folder, new)
        sync(self.stage)
        with contextlib.ExitStack() as quiet:
            quiet.enter_context(undisturbed(to_the_end=True))
            if not self.folder.exists():
                self.folder.parent.mkdir(parents=True, exist_ok=True)
                self.stage.rename(self.folder)
            elif not self._exchanged(replaced):
                journal = {
                    "folder": self.folder.name,
                    "stage": self.stage.name,
                    "old": sorted(replaced),
                    "new": new,
                }
                write_journal(self._room, journal)
                _move(self._room, self.folder, journal)
            Placed.any = True
            sync_folder(self.folder.parent)
            # Until the lock is given back.
            self._unheard = quiet.pop_all()

    def _exchanged(self, replaced: Collection[str]) -> bool:
        """Let the stage and the folder change places; False where that cannot be."""
        if self._room.parent != self.folder.parent or _is_inside(Path.cwd(), self.folder):
            return False
        carried = [name for name in _names(self.folder) if name not in replaced]
        if _linked(self.folder, self.stage, carried):
            journal = {
                "folder": self.folder.name,
                "stage": self.stage.name,
                "inode": self.stage.stat().st_ino,
                "replaced": sorted(replaced),
            }
            write_journal(self._room, journal)
            if _exchange(self.stage, self.folder):
                _finish_exchange(self._room, self.folder, journal)
                return True
            (self._room / JOURNAL).unlink()
        for name in carried:
            discard(self.stage / name)
        return False


def settle(folder: Path) -> None:
    """Finish what a stopped run has begun in a folder, before its results are read.

    Raises
    ------
    InputFileError
        This user may not look into the folder.
    OutputError
        A run of somebody else may have come half way: the files may be of two runs.
    """
    folder = folder.resolve()
    try:
        (folder / _ROOM_INSIDE).lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise not_read(folder, error) from error
    for room in (_room_beside(folder), folder / _ROOM_INSIDE):
        if not may_hold_journal(room):
            continue
        if not is_own(room):
            raise _of_another(folder, room)
        if (room / JOURNAL).exists():
            lock = locked(room, folder)
            try:
                _settle(room, folder)
            finally:
                leave(room, lock)


# ---------------------------------------------------------------- the room


def _of_another(folder: Path, room: Path) -> OutputError:
    return OutputError(
        Text(
            "{folder}: a run of another user is writing there or was stopped there; wait until it "
            "has ended, or let that user run it again; its working folder is {room}",
            folder=str(folder),
            room=str(room),
        )
    )


def _locked_room(folder: Path, shown: Path) -> tuple[Path, BinaryIO]:
    """Make and lock the folder for stage and journal: beside the folder, or in it if need be."""
    room = _room_beside(folder)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        return room, locked(room, shown)
    if not is_own(room) and not room.is_symlink() and os.path.lexists(room / JOURNAL):
        # What it has begun would be finished over the results of this run.
        raise _of_another(shown, room)
    with contextlib.suppress(OSError):
        lock = locked(room, shown)
        if _reaches(room, folder):
            return room, lock
        try:
            _settle(room, folder)
        finally:
            leave(room, lock)
    # A mounted folder, or one whose parent belongs to others, is written from the inside.
    return folder / _ROOM_INSIDE, locked(folder / _ROOM_INSIDE, shown)


def _reaches(room: Path, folder: Path) -> bool:
    """Try out whether something can be moved from a room into a folder."""
    probe, landed = room / "probe", folder / _ROOM_INSIDE
    try:
        discard(probe)
        probe.mkdir()
        probe.rename(landed)
        landed.rmdir()
    except OSError:
        return False
    return True


def _room_beside(folder: Path) -> Path:
    return folder.parent / f"{_PREFIX}{sha256(os.fsencode(folder.name)).hexdigest()[:16]}"


def _settle(room: Path, folder: Path) -> None:
    """Finish what a journal speaks of; remove what is left without one."""
    path = room / JOURNAL
    if path.exists() and not folder.exists():
        # The user has removed it since.
        path.unlink()
    if path.exists():
        journal = read_journal(room)
        if "inode" not in journal:
            _move(room, folder, journal)
        elif _inode(room / journal["stage"]) not in (None, journal["inode"]):
            _finish_exchange(room, folder, journal)
        else:
            path.unlink()
    for one in room.iterdir():
        if one.name != LOCK:
            discard(one)


def _inode(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def _sweep(parent: Path) -> None:
    """Finish and remove what stopped runs have left of other folders beside."""
    for room in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, OutputError):
            if not is_own(room) or not (room / LOCK).exists():
                continue
            lock = locked(room, room)
            try:
                folder = _folder_of(room)
                if folder.is_dir():
                    _settle(room, folder)
            finally:
                leave(room, lock)


def _folder_of(room: Path) -> Path:
    """Return the folder whose results a room is for: the one it lies in, or one beside."""
    if room.name == _ROOM_INSIDE or not (room / JOURNAL).exists():
        return room.parent
    return room.parent / str(read_journal(room)["folder"])


# ---------------------------------------------------------------- two folders change places


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    done: int = call(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE)
    return done == 0


def _finish_exchange(room: Path, folder: Path, journal: dict[str, Any]) -> None:
    """Bring over what came into the old folder at the last moment, and remove that."""
    old = room / journal["stage"]
    _carry(old, folder, journal["replaced"])
    discard(old)
    (room / JOURNAL).unlink(missing_ok=True)


def _carry(old: Path, new: Path, left: Collection[str]) -> None:
    for path in old.iterdir():
        if path.name in left:
            continue
        target = new / path.name
        with contextlib.suppress(OSError):
            if not os.path.lexists(target):
                path.rename(target)
            elif (
                not target.is_symlink()
                and target.is_dir()
                and not path.is_symlink()
                and path.is_dir()
            ):
                _carry(path, target, ())
            elif path.lstat().st_mtime_ns > target.lstat().st_mtime_ns:
                path.replace(target)


def _linked(folder: Path, stage: Path, names: Collection[str]) -> bool:
    """Link the user's own files into a stage, which becomes like the folder in all else.

    Returns
    -------
    bool
        False where a link, an owner or a permission cannot be had, or there are too many files.
    """
    budget = [_MOST_CARRIED]
    try:
        return _link_all(folder, stage, names, budget)
    except OSError:
        return False


def _link_all(folder: Path, stage: Path, names: Collection[str], budget: list[int]) -> bool:
    for name in names:
        budget[0] -= 1
        if budget[0] < 0:
            return False
        path, target = folder / name, stage / name
        if path.is_dir() and not path.is_symlink():
            if path.is_mount():
                return False
            target.mkdir()
            if not _link_all(path, target, _names(path), budget):
                return False
        else:
            os.link(path, target, follow_symlinks=False)
    there, here = folder.stat(), stage.stat()
    if (there.st_uid, there.st_gid) != (here.st_uid, here.st_gid):
        os.chown(stage, there.st_uid, there.st_gid)
    shutil.copystat(folder, stage)
    return True


# ---------------------------------------------------------------- file by file


def _move(room: Path, folder: Path, journal: dict[str, Any]) -> None:
    """Move old files out and new ones in; begun anew, it goes on where it was stopped."""
    stage, away = room / journal["stage"], room / AWAY
    away.mkdir(exist_ok=True)
    moves = [(folder / name, away / name) for name in journal["old"]]
    moves += [(stage / name, folder / name) for name in journal["new"]]
    try:
        for source, target in moves:
            # What is not there any more, or has its target, was moved before the stop.
            if os.path.lexists(source) and not os.path.lexists(target):
                source.rename(target)
    except OSError:
        _move_back(folder, moves)
        (room / JOURNAL).unlink()
        raise
    (room / JOURNAL).unlink()
    discard(away)


def _move_back(folder: Path, moves: list[tuple[Path, Path]]) -> None:
    """Undo all moves, those before a stop too: what is in the room is removed behind them."""
    try:
        for source, target in reversed(moves):
            if os.path.lexists(target) and not os.path.lexists(source):
                target.rename(source)
    except OSError as error:
        raise OutputError(
            Text(
                "{folder}: some files of this run are there and some could not be moved: {why}; "
                "close what has them open and run the command again",
                folder=str(folder),
                why=why_not(error),
            )
        ) from error


# ---------------------------------------------------------------- small things


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _is_inside(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _keep_closed(stage: Path, folder: Path, names: Collection[str]) -> None:
    """Let nobody read a new file who could not read the one it replaces."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            keep_closed(stage / name, folder / name)

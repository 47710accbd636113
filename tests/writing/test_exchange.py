"""A folder's results are exchanged in one step: killed at any moment, they are old or new."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from chiiki_tsusho import OutputError
from chiiki_tsusho.writing import exchange, room_lock
from chiiki_tsusho.writing.exchange import FolderExchange, settle

OLD = {"claims.csv": "old", "problems.csv": "old", "only_old.csv": "old"}
NEW = {"claims.csv": "new", "problems.csv": "new", "only_new.csv": "new"}
OWN = {"notes.txt": "mine", "letters/one.txt": "mine too"}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


def put(folder: Path) -> None:
    with FolderExchange(folder) as one:
        fill(one.stage, NEW)
        one.put(OLD)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the results of an earlier run and files of the user's own."""
    path = tmp_path / "out"
    fill(path, OLD | OWN)
    (path / "link").symlink_to("notes.txt")
    return path


@pytest.fixture(params=["at once", "file by file"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways of putting files in place; the second where folders cannot be exchanged."""
    way = str(request.param)
    if way == "at once" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux exchanges folders here")
    if way == "at once":
        yield way
        return
    with mock.patch.object(exchange, "_exchange", return_value=False):
        yield way


# ---------------------------------------------------------------- what is there afterwards


def test_new_files_are_there_and_the_users_own(folder: Path, way: str) -> None:
    put(folder)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}, way
    assert (folder / "link").is_symlink()
    assert hidden(folder.parent) == []


def test_folder_is_made(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b")
    assert files_in(tmp_path / "a" / "b") == NEW
    assert hidden(tmp_path) == []


def test_folder_that_is_a_link(folder: Path, way: str) -> None:
    link = folder.parent / "link"
    link.symlink_to("out")
    put(link)
    assert link.is_symlink(), way
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}


def test_folder_one_works_in_stays_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    put(Path())
    assert files_in(Path.cwd()) == {**NEW, **OWN, "link": "mine"}
    assert hidden(folder.parent) == []


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o700])
def test_permissions_stay(folder: Path, way: str, mode: int) -> None:
    folder.chmod(mode)
    (folder / "claims.csv").chmod(0o600)
    put(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == mode, way
    assert stat.S_IMODE((folder / "claims.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "only_new.csv").stat().st_mode) == 0o644


def test_file_that_came_at_the_last_moment_is_kept(folder: Path) -> None:
    exchanged = exchange._exchange

    def late(stage: Path, target: Path) -> bool:
        fill(target, {"late.txt": "late", "letters/late.txt": "late"})
        return exchanged(stage, target)

    with mock.patch.object(exchange, "_exchange", late):
        put(folder)
    late_files = {"late.txt": "late", "letters/late.txt": "late"}
    assert files_in(folder) == {**NEW, **OWN, **late_files, "link": "mine"}


def test_many_files_of_the_user_stay_where_they_are(folder: Path) -> None:
    before = (folder / "letters").stat().st_ino
    with mock.patch.object(exchange, "_MOST_CARRIED", 2):
        put(folder)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}
    assert (folder / "letters").stat().st_ino == before


# ---------------------------------------------------------------- refused


def test_folder_with_the_name_of_a_result(folder: Path, way: str) -> None:
    fill(folder, {"only_new.csv/x": "mine"})
    before = files_in(folder)
    with pytest.raises(OutputError, match=r"only_new\.csv: is a folder, and the results have"):
        put(folder)
    assert files_in(folder) == before, way
    assert hidden(folder.parent) == []


def test_two_runs_at_once(folder: Path) -> None:
    with FolderExchange(folder) as one:
        with pytest.raises(OutputError) as caught:
            put(folder)
        assert str(caught.value) == (
            f"{folder}: another run is writing there; wait until it has ended; nothing of this "
            "run was written"
        )
        assert caught.value.say("ja") == (
            f"{folder}: 別の実行が書き込み中です。終わるまでお待ちください。"
            "この実行の結果は書き込んでいません"
        )
        fill(one.stage, NEW)
        one.put(OLD)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}
    put(folder)
    assert hidden(folder.parent) == []


@pytest.mark.parametrize("at", range(6))
def test_file_that_cannot_be_moved_leaves_all_as_it_was(folder: Path, at: int) -> None:
    before, rename, calls = files_in(folder), Path.rename, []

    def refuse(path: Path, target: Path) -> Path:
        if path.name in {**OLD, **NEW}:
            calls.append(path)
            if len(calls) == at + 1:
                raise OSError(errno.EACCES, "Permission denied")
        return rename(path, target)

    with (
        mock.patch.object(exchange, "_exchange", return_value=False),
        mock.patch.object(Path, "rename", refuse),
        pytest.raises(OSError, match="Permission denied"),
    ):
        put(folder)
    assert files_in(folder) == before
    assert hidden(folder.parent) == []


def test_empty_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="the name of the output is blank; name a file or a fol"):
        FolderExchange("")


# ---------------------------------------------------------------- killed

# Started once; a child of it, forked for each line that it reads, is the one killed.
KILLED = """
    import json, os, signal, sys, traceback
    from pathlib import Path
    from chiiki_tsusho.writing import exchange, room_lock

    steps = 0

    def counted(call, at):
        def run(*given, **named):
            global steps
            steps += 1
            if steps == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)
        return run

    def put(folder, way, at):
        if way == "file by file":
            exchange._exchange = lambda *_: False
        # Every call that changes what is on the disk.
        for owner, name in (
            (Path, "rename"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (Path, "rmdir"),
            (Path, "chmod"), (os, "link"), (os, "fsync"), (exchange.shutil, "rmtree"),
            (exchange, "_exchange"),
        ):
            setattr(owner, name, counted(getattr(owner, name), at))
        with exchange.FolderExchange(folder) as one:
            for name in ("claims.csv", "problems.csv", "only_new.csv"):
                (one.stage / name).write_text("new")
            one.put(["claims.csv", "problems.csv", "only_old.csv"])

    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                put(*json.loads(line))
                os._exit(steps)
            except BaseException:
                traceback.print_exc()
            os._exit(255)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Killed = Callable[[Path, str, int], int]


@pytest.fixture(scope="module")
def killed_at() -> Iterator[Killed]:
    """Put results into a folder and be killed at a step: 0, or how many steps there were."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:

        def killed(folder: Path, way: str, step: int) -> int:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(json.dumps([str(folder), way, step]) + "\n")
            program.stdin.flush()
            code = int(program.stdout.readline())
            assert code == -signal.SIGKILL or 0 < code < 255
            return max(code, 0)

        yield killed


def test_killed_at_any_step_is_old_or_new(tmp_path: Path, way: str, killed_at: Killed) -> None:
    whole_old, whole_new = {**OLD, **OWN}, {**NEW, **OWN}
    seen, step = set(), 1
    while True:
        folder = tmp_path / str(step) / "out"
        fill(folder, OLD | OWN)
        last = killed_at(folder, way, step)
        there = {
            name: text
            for name, text in files_in(folder).items()
            if not name.startswith(exchange._PREFIX)
        }
        results = {name: text for name, text in there.items() if name not in OWN}
        assert OWN.items() <= there.items()
        # Never a file of one run beside a file of the other.
        assert len(set(results.values())) <= 1
        if way == "at once":
            assert there in (whole_old, whole_new)
        # Who reads the folder next, or writes into it, finds it settled.
        settle(folder)
        assert files_in(folder) in (whole_old, whole_new)
        seen.add(files_in(folder)["claims.csv"])
        put(folder)
        assert files_in(folder) == whole_new
        assert hidden(folder.parent) == []
        if last:
            break
        step += 1
    assert seen == {"old", "new"}
    assert step > 10


def test_a_later_run_removes_what_a_killed_one_left_beside(
    tmp_path: Path, way: str, killed_at: Killed
) -> None:
    fill(tmp_path / "one", OLD)
    # Before anything is in place.
    killed_at(tmp_path / "one", way, 4)
    assert hidden(tmp_path)
    put(tmp_path / "another")
    assert hidden(tmp_path) == []
    assert files_in(tmp_path / "one") == OLD


def half_moved(folder: Path, room: Path) -> None:
    """Leave what a run leaves that was killed when all old files were out and one new one in."""
    fill(room, {"lock": "", "journal.json": json.dumps(MOVE | {"old": [*OLD], "new": [*NEW]})})
    fill(room / "old", OLD)
    fill(room / "new-1", NEW)
    fill(folder, OWN)
    (room / "new-1" / "claims.csv").rename(folder / "claims.csv")


@pytest.mark.parametrize("inside", [True, False])
def test_a_run_in_a_folder_of_results_finishes_those(tmp_path: Path, inside: bool) -> None:
    folder = tmp_path / "out"
    half_moved(folder, folder / ".chiiki-tsusho-work" if inside else room_beside(folder))
    put(folder / "sub" if inside else tmp_path / "another")
    assert NEW.items() <= files_in(folder).items()
    assert hidden(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "then"),
    # Where an old file cannot come back either, all waits in the room to be finished.
    [("only_new.csv", OLD), ("problems.csv", NEW)],
)
def test_what_cannot_be_finished_is_undone_whole(
    tmp_path: Path, name: str, then: dict[str, str]
) -> None:
    folder, rename = tmp_path / "out", Path.rename
    half_moved(folder, room_beside(folder))

    def refuse(path: Path, target: Path) -> Path:
        if path.name == name and target.parent == folder:
            raise OSError(errno.EACCES, "Permission denied")
        return rename(path, target)

    with mock.patch.object(Path, "rename", refuse), pytest.raises((OSError, OutputError)):
        settle(folder)
    settle(folder)
    assert files_in(folder) == then | OWN


def test_a_folder_removed_after_a_stop_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    half_moved(folder, room_beside(folder))
    shutil.rmtree(folder)
    put(tmp_path / "another")
    assert files_in(room_beside(folder) / "old") == OLD
    put(folder)
    assert files_in(folder) == NEW
    assert hidden(tmp_path) == []


def test_two_stopped_runs_of_one_folder_are_both_settled(folder: Path) -> None:
    shutil.rmtree(folder)
    half_moved(folder, room_beside(folder))
    fill(folder / ".chiiki-tsusho-work", {"lock": "", "new-2/claims.csv": "neither"})
    put(folder)
    settle(folder)
    assert files_in(folder) == NEW | OWN
    assert hidden(folder.parent) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_signal_in_the_midst_stops_nothing(folder: Path, way: str, name: str) -> None:
    rename = Path.rename

    def signalled(path: Path, target: Path) -> Path:
        os.kill(os.getpid(), getattr(signal, name))
        return rename(path, target)

    with FolderExchange(folder) as one:
        fill(one.stage, NEW)
        with mock.patch.object(Path, "rename", signalled):
            one.put(OLD)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}, way


# ---------------------------------------------------------------- what others lay in the way


def room_beside(folder: Path) -> Path:
    return exchange._room_beside(folder)


def test_a_room_that_is_a_link_is_not_entered(folder: Path, tmp_path: Path) -> None:
    """Of a name that can be guessed, it may lead anywhere; a room is emptied in the end."""
    private = tmp_path / "private"
    fill(private, {"diary.txt": "mine"})
    for name in ("lock", "journal.json"):
        (private / name).write_text("{}", encoding="utf-8")
    before = files_in(private)
    room_beside(folder).symlink_to(private)
    put(folder)
    settle(folder)
    assert files_in(private) == before
    assert (folder / "claims.csv").read_text(encoding="utf-8") == "new"
    # Nothing is there yet, so no room can be made inside.
    room_beside(tmp_path / "other").symlink_to(private)
    with pytest.raises(PermissionError):
        put(tmp_path / "other")
    assert files_in(private) == before


users_told_apart = pytest.mark.skipif(
    not hasattr(os, "geteuid"), reason="users are not told apart here"
)


@users_told_apart
def test_a_room_of_somebody_else_is_not_entered(folder: Path) -> None:
    room, other = room_beside(folder), os.geteuid() + 1
    fill(room, {"lock": "", "journal.json": "{}", "file": "theirs"})
    with (
        mock.patch.object(os, "geteuid", return_value=other),
        mock.patch.object(room_lock, "_owner_of_new", return_value=other),
    ):
        # What its run has begun would be finished over the results of this one.
        with pytest.raises(OutputError, match="a run of another user"):
            put(folder)
        # Its run may have come half way: files of two runs are not read as those of one.
        with pytest.raises(OutputError, match="a run of another user") as refused:
            settle(folder)
    assert refused.value.say("ja").startswith(f"{folder}: 別のユーザーの実行が書き込み中か")
    assert (room / "file").read_text(encoding="utf-8") == "theirs"


@users_told_apart
def test_a_room_of_somebody_else_with_nothing_to_finish_is_passed_over(folder: Path) -> None:
    room, other = room_beside(folder), os.geteuid() + 1
    fill(room, {"lock": ""})
    with (
        mock.patch.object(os, "geteuid", return_value=other),
        mock.patch.object(room_lock, "_owner_of_new", return_value=other),
    ):
        settle(folder)
        with mock.patch.object(exchange, "_ROOM_INSIDE", "inside"), pytest.raises(PermissionError):
            put(folder)
    assert files_in(room) == {"lock": ""}


@users_told_apart
@pytest.mark.usefixtures("way")
def test_where_all_is_shown_as_somebody_elses_a_folder_is_written(folder: Path) -> None:
    # As on drives of a network and in containers, which show one owner whoever made a file.
    with mock.patch.object(os, "geteuid", return_value=os.geteuid() + 1):
        put(folder)
        assert files_in(folder) == {**NEW, **OWN, "link": "mine"}
        put(folder)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}
    assert not hidden(folder.parent)


@users_told_apart
def test_where_all_is_shown_as_somebody_elses_a_stopped_run_is_finished(folder: Path) -> None:
    journal = MOVE | {"old": sorted(OLD), "new": sorted(NEW)}
    fill(room_beside(folder), {"lock": "", "journal.json": json.dumps(journal)})
    fill(room_beside(folder) / "new-1", NEW)
    with mock.patch.object(os, "geteuid", return_value=os.geteuid() + 1):
        settle(folder)
    assert files_in(folder) == {**NEW, **OWN, "link": "mine"}


MOVE = {"folder": "out", "stage": "new-1", "old": [], "new": []}
EXCHANGE = {"folder": "out", "stage": "new-1", "inode": 1, "replaced": []}


@pytest.mark.parametrize("place", ["beside", "inside", "of another"])
@pytest.mark.parametrize(
    "journal",
    [
        MOVE | {"old": ["../private/diary.txt"]},
        MOVE | {"new": ["../../private/diary.txt"]},
        MOVE | {"old": [".."]},
        MOVE | {"old": [""]},
        MOVE | {"stage": "../private"},
        MOVE | {"stage": "/private"},
        MOVE | {"folder": "../private"},
        MOVE | {"folder": 5},
        MOVE | {"new": "diary.txt"},
        MOVE | {"new": [5]},
        EXCHANGE | {"stage": ".."},
        EXCHANGE | {"inode": "1"},
        {"folder": "out"},
        [],
        None,
    ],
    ids=str,
)
def test_a_journal_that_nobody_wrote_moves_nothing(
    folder: Path, tmp_path: Path, journal: object, place: str
) -> None:
    fill(tmp_path / "private", {"diary.txt": "mine"})
    room = {
        "beside": room_beside(folder),
        "inside": folder / exchange._ROOM_INSIDE,
        "of another": room_beside(tmp_path / "another"),
    }[place]
    text = "{" if journal is None else json.dumps(journal)
    fill(room, {"lock": "", "journal.json": text, "new-1/claims.csv": "theirs"})
    before = files_in(tmp_path)
    if place == "of another":
        with FolderExchange(folder):
            pass
    else:
        with pytest.raises(OutputError, match="is not as a stopped run has left it") as refused:
            settle(folder)
        assert "中断した実行" in refused.value.say("ja")
    left = files_in(tmp_path)
    # A lock is given back.
    assert left == {name: text for name, text in before.items() if left.get(name) == text}
    assert {name for name in before if not name.endswith("lock")} <= left.keys()


@pytest.mark.parametrize("link", ["new-1", "old"])
def test_links_in_a_room_are_not_followed(folder: Path, tmp_path: Path, link: str) -> None:
    fill(tmp_path / "private", {"diary.txt": "mine"})
    room = folder / exchange._ROOM_INSIDE
    journal = MOVE | {"old": ["claims.csv"], "new": ["diary.txt"]}
    fill(room, {"lock": "", "journal.json": json.dumps(journal)})
    (room / link).symlink_to(tmp_path / "private")
    with pytest.raises(OutputError):
        settle(folder)
    assert files_in(tmp_path / "private") == {"diary.txt": "mine"}
    assert (folder / "claims.csv").read_text(encoding="utf-8") == "old"


def test_files_are_not_brought_over_into_a_link(folder: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (folder / "away").symlink_to(private)
    room = folder / exchange._ROOM_INSIDE
    fill(room, {"lock": "", "journal.json": json.dumps(EXCHANGE), "new-1/away/keys": "theirs"})
    settle(folder)
    assert files_in(private) == {}

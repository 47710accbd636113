"""A file is written whole or not at all, whatever path it is asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho import whole_files
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.errors import InputFileError, not_read, why_not
from chiiki_tsusho.file_locks import lock_file
from chiiki_tsusho.whole_files import refuse_replacing, writable_file, write_whole
from chiiki_tsusho.whole_steps import undisturbed
from helpers.care_plans import plan_file, plan_row
from helpers.claim_files import changed_file, file_bytes
from helpers.commands import run
from helpers.inputs import csv_text, visit
from helpers.processes import bound_by_modes


def test_a_link_is_followed_and_what_was_there_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "codes.csv", tmp_path / "link.csv"
    target.write_text("old", "utf-8")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["codes.csv", "link.csv"]


@pytest.mark.parametrize("path", ["", " "])
def test_a_blank_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """An unset variable of a program must not claim what happens to lie here."""
    monkeypatch.chdir(tmp_path)
    Path("visits.csv").write_text(csv_text([visit(1)]), "utf-8")
    for read in (ct.compute_claims, ct.audit, ct.read_claim_file):
        with pytest.raises(InputFileError) as caught:
            read(path)
        assert str(caught.value) == "the name of a file to read is blank"
        assert caught.value.say("ja") == "読み込むファイルの名前が空です"


@pytest.mark.parametrize(
    ("path", "message", "message_ja"),
    [
        ("", "the name of the file to write is blank", "書き込むファイルの名前が空です"),
        ("{folder}", "is a folder; name the file to write", "フォルダです"),
        ("/dev/full", "is a device or a pipe; name a file to write", "デバイスまたはパイプです"),
        ("{folder}/" + "x" * 300, "cannot be written: File name too long", "書き込めません"),
        ("{folder}/none/codes.csv", "none; make it first", "先に作成してください"),
        ("{folder}/a\0b", "cannot be written: embedded null", "書き込めません"),
    ],
)
def test_where_nothing_can_be_written(
    tmp_path: Path, path: str, message: str, message_ja: str
) -> None:
    with pytest.raises(ct.OutputError) as told:
        write_whole(path.format(folder=tmp_path), "text")
    assert message in str(told.value)
    assert message_ja in told.value.say("ja")
    assert list(tmp_path.iterdir()) == []


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ct.OutputError, match="loop: cannot be written"):
        writable_file(loop)
    with pytest.raises(ct.OutputError, match="loop: cannot be written"):
        write_whole(loop, "x")
    assert loop.is_symlink()


KILLED = """
    import os, sys
    from chiiki_tsusho.whole_files import whole_file

    with whole_file(sys.argv[1]) as stream:
        stream.write(b"half")
        stream.flush()
        print("written", flush=True)
        sys.stdin.read()
"""


def test_what_a_killed_run_left_goes_with_the_next_and_what_another_writes_stays(
    tmp_path: Path,
) -> None:
    def started(path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        return process

    with started(tmp_path / "killed.html") as killed, started(tmp_path / "slow.html") as slow:
        killed.kill()
        killed.wait()
        assert len(list(tmp_path.glob(".chiiki-tsusho-*.part"))) == 2
        write_whole(tmp_path / "other.html", "whole")
        assert len(list(tmp_path.glob(".chiiki-tsusho-*.part"))) == 1
        slow.communicate("")
    assert slow.returncode == 0
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert written == {"other.html": "whole", "slow.html": "half"}


def test_a_file_is_begun_again_where_another_run_took_it_for_a_left_one(tmp_path: Path) -> None:
    swept: list[Path] = []

    def late(stream: BinaryIO) -> bool:
        if not swept:
            swept.extend(tmp_path.glob(".chiiki-tsusho-*.part"))
            swept[0].unlink()
        return lock_file(stream)

    with mock.patch.object(whole_files, "lock_file", late):
        write_whole(tmp_path / "page.html", "whole")
    assert swept
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "page.html": "whole"
    }


def test_a_stop_while_a_file_is_begun_leaves_nothing(tmp_path: Path) -> None:
    def stopped(stream: BinaryIO) -> bool:
        signal.raise_signal(signal.SIGINT)
        return lock_file(stream)

    (tmp_path / "page.html").write_text("old", "utf-8")
    with (
        mock.patch.object(whole_files, "lock_file", stopped),
        pytest.raises(KeyboardInterrupt),
    ):
        write_whole(tmp_path / "page.html", "new")
    left = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert left == {"page.html": "old"}


def test_a_stop_when_a_file_is_in_its_place_comes_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the run would say that nothing of it was written."""
    replace = Path.replace

    def stopped(part: Path, target: Path) -> Path:
        placed = replace(part, target)
        signal.raise_signal(signal.SIGINT)
        return placed

    monkeypatch.setattr(whole_files.Placed, "any", False)
    monkeypatch.setattr(Path, "replace", stopped)
    write_whole(tmp_path / "page.html", "new")
    assert whole_files.Placed.any
    assert (tmp_path / "page.html").read_text("utf-8") == "new"


@pytest.fixture
def handlers_put_back() -> Iterator[None]:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_put_back")
@pytest.mark.parametrize("to_the_end", [True, False])
def test_what_a_caller_waits_for_is_heard_afterwards(to_the_end: bool) -> None:
    """A service that is asked to end would else go on until it is killed."""
    heard: list[int] = []
    inside = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    with undisturbed(to_the_end):
        signal.raise_signal(signal.SIGTERM)
        inside += heard
    assert (inside, heard) == ([], [signal.SIGTERM])


@pytest.mark.usefixtures("handlers_put_back")
def test_each_signal_is_heard_though_one_of_them_raises() -> None:
    heard: list[int] = []
    # A parent may have had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))

    def both() -> None:
        with undisturbed(to_the_end=False):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        both()
    assert heard == [signal.SIGTERM]


def test_a_handler_that_could_not_be_put_back_is_left_alone() -> None:
    """Python gives none where a program of another language has set one."""
    term = signal.SIGTERM
    before = signal.getsignal(term)
    known = signal.getsignal
    with (
        mock.patch.object(signal, "getsignal", lambda one: None if one == term else known(one)),
        undisturbed(to_the_end=True),
    ):
        assert known(term) is before
        assert known(signal.SIGINT) is not signal.default_int_handler


def test_what_others_name_alike_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    names = [f".chiiki-tsusho-0000000{at}.part" for at in range(3)]
    (tmp_path / names[0]).symlink_to(tmp_path / "precious")
    os.mkfifo(tmp_path / names[1])
    (tmp_path / names[2]).mkdir()
    (tmp_path / "precious").write_text("kept", "utf-8")
    write_whole(tmp_path / "page.html", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "page.html", "precious"]


def test_where_a_file_system_knows_no_locks_a_file_is_written_all_the_same(
    tmp_path: Path,
) -> None:
    refused = OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    with mock.patch.object(whole_files, "lock_file", side_effect=refused):
        write_whole(tmp_path / "page.html", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DUTIES = ("duties_offices.csv", "duties_meetings.csv", "duties_members.csv")


def paper(path: str) -> object:
    offices, meetings, members = DUTIES
    return ct.write_paper(
        "minutes", offices, path, on="2026-04-01", meetings=meetings, members=members
    )


@pytest.mark.parametrize(
    ("write", "paths"),
    [
        (
            lambda path: ct.write_statements("out", path, "recipients.csv", codes="codes.csv"),
            ["out/claims.csv", "out/run.json", "recipients.csv", "codes.csv", "link.csv"],
        ),
        (
            lambda path: ct.write_report("out", path, before="before", codes="codes.csv"),
            ["out/claim_lines.csv", "out/run.json", "before/claims.csv", "codes.csv"],
        ),
        (paper, DUTIES),
    ],
    ids=["statements", "report", "paper"],
)
def test_what_is_read_is_not_replaced(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[str], object],
    paths: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("visits.csv", "providers.csv", "recipients.csv", *DUTIES):
        shutil.copy(EXAMPLES / name, name)
    shutil.copy(EXAMPLES.parent / "data" / "service_codes.csv", "codes.csv")
    Path("link.csv").symlink_to("recipients.csv")
    for folder in ("out", "before"):
        ct.claim_files("visits.csv", folder, "providers.csv", "recipients.csv")
    for path in paths:
        before = Path(path).read_bytes()
        with pytest.raises(ct.OutputError, match="is a file that is read; give another") as told:
            write(path)
        assert "読み込むファイルです" in told.value.say("ja")
        assert Path(path).read_bytes() == before
    write("other")


@pytest.mark.parametrize(
    "command",
    [
        ["duties", "check", DUTIES[1], "--offices", DUTIES[0], "-o", DUTIES[1]],
        ["duties", "check", DUTIES[1], "--offices", DUTIES[0], "-o", DUTIES[0]],
        ["duties", "plan", "plan.csv", "--year", "2026", "-o", "."],
        ["audit", "a.csv", "--page", "a.csv"],
    ],
)
def test_commands_do_not_replace_what_they_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*DUTIES, "plan.csv", "a.csv"):
        shutil.copy(EXAMPLES / (name if name in DUTIES else DUTIES[0]), name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "is a file that is read; give another name" in result.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="no such device")
@pytest.mark.parametrize(
    "read",
    [
        ct.check_table,
        ct.load_code_book,
        ct.audit,
        ct.read_claim_file,
        ct.read_returns,
        lambda path: ct.from_plan([path]),
        lambda path: ct.import_master(path),
        lambda path: ct.import_workbook(path, "2026-06"),
    ],
)
def test_a_device_is_not_read_to_its_end_which_never_comes(read: Callable[[str], object]) -> None:
    with pytest.raises(ct.ChiikiTsushoError) as told:
        read("/dev/zero")
    assert str(told.value) == "/dev/zero: is a device; a file was expected"
    assert told.value.say("ja") == "/dev/zero: デバイスです。ファイルを指定してください"


COMMON = (
    "EACCES EBUSY EEXIST EFBIG EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENOENT ENOSPC ENOTDIR "
    "ENOTEMPTY EPERM EROFS"
)


@pytest.mark.parametrize("name", COMMON.split())
def test_what_the_system_says_is_said_in_the_language_asked_for(name: str) -> None:
    """In English in its own words, as a search finds them."""
    number = getattr(errno, name)
    refused = not_read("visits.csv", OSError(number, os.strerror(number)))
    assert str(refused) == f"visits.csv: cannot be read: {os.strerror(number)}"
    said = refused.say("ja").removeprefix("visits.csv: 読み込めません")
    assert said.startswith("(")
    assert not any("A" <= letter.upper() <= "Z" for letter in said)


def test_what_is_said_of_rare_faults_is_the_systems_own() -> None:
    assert why_not(OSError(errno.EDOM, "Numerical argument out of domain")) == (
        "Numerical argument out of domain"
    )
    assert why_not(ValueError("embedded null byte")) == "embedded null byte"


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file in the current folder that nobody may read."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "visits.csv", "visits.csv")
    Path("closed.csv").touch(0o000)
    with bound_by_modes(), contextlib.suppress(PermissionError):
        Path("closed.csv").read_bytes()
        pytest.skip("this user may read everything")
    return "closed.csv"


@pytest.mark.parametrize(
    "command",
    [
        "claim closed.csv -o o",
        "claim visits.csv -o o --providers closed.csv",
        "claim visits.csv -o o --recipients closed.csv",
        "claim visits.csv -o o --codes closed.csv",
        "explain-claim closed.csv --insured 0000100053",
        "lookup 781241 --month 2016-04 --codes closed.csv",
        "compare closed.csv --month 2017-03 --month 2017-04",
        "import-master closed.csv -o o.csv",
        "import-workbook closed.csv --valid-from 2026-06 -o o.csv",
        "check-table closed.csv",
        "audit closed.csv",
        "returns closed.csv",
        "from-plan closed.csv -o o",
        "to-plan closed.csv --recipients visits.csv -o o",
        "duties check closed.csv --offices closed.csv",
        "duties plan closed.csv --year 2026 -o o",
        "duties rules law --rules closed.csv",
    ],
)
def test_a_file_that_may_not_be_read_is_named_with_the_reason(closed: str, command: str) -> None:
    # What is loaded only now may lie where the other user may not look.
    CliRunner().invoke(app, command.split())
    may_not_be_read(command, closed)


def may_not_be_read(command: str, path: object) -> None:
    """A command says in both languages that a path of it may not be read."""
    for language, reason in (
        ("en", "cannot be read: Permission denied"),
        ("ja", "読み込めません(アクセスする権限がありません)"),
    ):
        with bound_by_modes():
            result = CliRunner().invoke(app, ["--lang", language, *command.split()])
        assert result.exit_code == 2
        assert f"{path}: {reason}" in result.stderr


@pytest.mark.parametrize(
    "command", ["report o -o r.html", "statements o -o s", "claim visits.csv -o o --add-to o"]
)
def test_results_that_may_not_be_looked_into_are_no_run_of_another_user(
    closed: str, command: str
) -> None:
    folder = Path(closed).absolute().parent / "o"
    folder.mkdir(0o000)
    may_not_be_read(command, folder)


def test_no_command_asks_of_itself_whether_a_path_may_be_read() -> None:
    """Who reads it says so by its name and with the reason."""
    commands = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    commands |= commands.pop("duties").commands
    asking = {
        (name, one.name)
        for name, command in commands.items()
        for one in command.params
        if getattr(one.type_descriptor.parameter_info, "readable", False)
    }
    # Typer makes the option for help.
    assert {name for _, name in asking} <= {"help"}


NOT_TEXT = b"\x93\xc1"


@pytest.fixture
def nameless(tmp_path: Path) -> Path:
    """A folder whose name is no UTF-8."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + NOT_TEXT))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("names are text here")
    return folder


def test_a_claim_file_whose_name_is_no_text_is_audited(nameless: Path) -> None:
    file = nameless / "J201604.CSV"
    file.write_bytes(changed_file("7111", 0, "units", "1").to_bytes())
    [found] = ct.audit(file).findings["file"].unique()
    assert found.endswith("\\udc93\\udcc1/J201604.CSV")
    assert ct.audit(file).files[0].file == found
    page = nameless / "page.html"
    assert CliRunner().invoke(app, ["audit", str(file), "--page", str(page)]).exit_code == 1
    assert "\\udc93\\udcc1/J201604.CSV" in page.read_text("utf-8")


def test_care_plans_whose_name_is_no_text_are_read(nameless: Path) -> None:
    # A code that no table has, and a file that is not needed.
    plan_file(nameless, "UPPLAN_202607_x.CSV", [plan_row(1, "789999", "0900", "1630")])
    plan_file(nameless, "UP2KYO_1.CSV", [["1"]])
    named = ct.from_plan(nameless).notes.set_index("rule")["file"]
    assert named["unknown_code"].endswith("\\udc93\\udcc1/UPPLAN_202607_x.CSV")
    assert named["not_needed"].endswith("\\udc93\\udcc1/UP2KYO_1.CSV")
    told = CliRunner().invoke(app, ["from-plan", str(nameless), "-o", f"{nameless}/out"])
    assert told.exit_code == 1
    assert "\\udc93\\udcc1/UPPLAN_202607_x.CSV" in told.stdout


def test_rows_of_a_master_whose_name_is_no_text_are_taken(nameless: Path) -> None:
    master = Path(f"{nameless}.csv")
    row = "78,5301,202606,999999,地域通所介護入浴介助加算Ⅰ,40,1日につき"
    master.write_text(row, encoding="utf-8")
    table = ct.import_master(master)
    assert (len(table.rows), table.refused) == (1, [])
    assert "\\udc93\\udcc1.csv" in table.rows[0].source
    made = nameless / "codes.csv"
    assert CliRunner().invoke(app, ["import-master", str(master), "-o", str(made)]).exit_code == 0
    assert ct.check_table(made) == []


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        ("report claims -o page.xlsx", ".html"),
        ("statements claims -o papers.PDF", ".html"),
        ("audit sending/J201604.CSV --page page.csv", ".html"),
        ("duties write minutes --offices {duties}_offices.csv -o minutes.pdf", ".docx"),
        ("duties check {duties}_meetings.csv --offices {duties}_offices.csv -o f.xlsx", ".csv"),
    ],
)
def test_no_file_is_written_under_the_name_of_another_kind(
    command: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program would open it by that name, and it would be told as written."""
    monkeypatch.chdir(tmp_path)
    providers, recipients = EXAMPLES / "providers.csv", EXAMPLES / "recipients.csv"
    ct.claim_files(EXAMPLES / "visits.csv", "claims", providers, recipients)
    Path("sending").mkdir()
    Path("sending/J201604.CSV").write_bytes(file_bytes())
    before = sorted(tmp_path.rglob("*"))
    done = run(*command.format(duties=EXAMPLES / "duties").split())
    assert done.returncode == 2
    assert f"a {ending} file is written; end its name in {ending}" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    # Other names are not asked about.
    for other in (ending.upper(), ".2026", ""):
        refuse_replacing(tmp_path / f"name{other}", (), ending)
    refuse_replacing(tmp_path / "name.htm", (), ".html")


@pytest.mark.parametrize("number", [5, 32, 33])
def test_a_file_open_in_excel_is_no_matter_of_rights(number: int) -> None:
    """Windows says "Permission denied" of it, as of a file one may not read."""
    error = PermissionError(13, "Permission denied", "visits.csv")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    said = not_read("visits.csv", error)
    assert str(said).endswith("close it where it is open in another program, such as Excel")
    assert "Excelなどで開いているときは閉じてください" in said.say("ja")
    assert "アクセスする権限がありません" in not_read("visits.csv", PermissionError(13, "")).say(
        "ja"
    )

"""A file is written whole or not at all, whatever path it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.whole_files import writable_file, write_whole


def test_a_link_is_followed_and_what_was_there_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "codes.csv", tmp_path / "link.csv"
    target.write_text("old", "utf-8")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["codes.csv", "link.csv"]


@pytest.mark.parametrize(
    ("path", "message", "message_ja"),
    [
        ("", "the name of the file to write is blank", "書き込むファイルの名前が空です"),
        ("{folder}", "is a folder; name the file to write", "フォルダです"),
        ("/dev/full", "is a device or a pipe; name a file to write", "デバイスまたはパイプです"),
        ("{folder}/" + "x" * 300, "cannot be written: File name too long", "書き込めません"),
        ("{folder}/none/codes.csv", "cannot be written: No such file", "書き込めません"),
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

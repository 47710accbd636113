"""Files that belong together are all there or none of them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.writing.file_sets import write_files

FILES = {"a.csv": b"new", "b.csv": b"new"}


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_and_who_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "out"
    paths = write_files(folder, FILES.items(), private=["b.csv"])
    assert paths == [folder / "a.csv", folder / "b.csv"]
    assert there(folder) == FILES
    assert stat.S_IMODE(paths[1].stat().st_mode) == 0o600
    assert stat.S_IMODE(paths[0].stat().st_mode) & 0o077


def test_what_is_there_is_replaced_only_where_asked(tmp_path: Path) -> None:
    mine = {"b.csv": b"mine", "notes.txt": b"mine"}
    for name, content in mine.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(OutputError) as caught:
        write_files(tmp_path, FILES.items())
    path = tmp_path / "b.csv"
    assert str(caught.value) == f"{path}: is there already; choose an empty folder"
    assert caught.value.say("ja") == f"{path}: すでにあります。空のフォルダを指定してください"
    assert there(tmp_path) == mine
    write_files(tmp_path, FILES.items(), replace=True)
    assert there(tmp_path) == mine | FILES


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError])
def test_what_stops_the_work_leaves_the_files_of_before(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def stopped() -> Iterator[tuple[str, bytes]]:
        yield "a.csv", b"new"
        raise error(28, "No space left on device")

    folder = tmp_path / "out"
    write_files(folder, [("a.csv", b"old"), ("b.csv", b"old")])
    with pytest.raises((error, OutputError)):
        write_files(folder, stopped(), replace=True)
    assert there(folder) == {"a.csv": b"old", "b.csv": b"old"}
    assert list(tmp_path.iterdir()) == [folder]

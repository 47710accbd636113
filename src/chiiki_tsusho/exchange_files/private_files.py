"""Several new files with personal data: all of them written, or none, for their owner's eyes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text, not_written
from chiiki_tsusho.whole_files import PRIVATE, named_path, write_whole


def write_new_private(folder: str | Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made where it does not exist.

    Raises
    ------
    OutputError
        A file of one of the names is there already, or one cannot be written; nothing is left.
    """
    folder = named_path(folder)
    paths = {folder / name: content for name, content in files.items()}
    for path in paths:
        if path.exists():
            raise OutputError(Text("{path}: is there already; choose an empty folder", path=path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(not_written(folder, error)) from error
    try:
        for path, content in paths.items():
            write_whole(path, content, mode=PRIVATE)
    except OutputError:
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise
    return list(paths)

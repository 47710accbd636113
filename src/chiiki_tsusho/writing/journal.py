"""The journal of an exchange: what is moved where, for whoever comes after a stop."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text
from chiiki_tsusho.whole_steps import sync_folder
from chiiki_tsusho.writing.room_lock import AWAY, JOURNAL


def write_journal(room: Path, journal: dict[str, Any]) -> None:
    """Write a journal, whole or not at all."""
    part = room / f"{JOURNAL}.part"
    with part.open("w", encoding="utf-8") as stream:
        json.dump(journal, stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(room / JOURNAL)
    sync_folder(room)


def read_journal(room: Path) -> dict[str, Any]:
    """Return what a journal says: with names alone, of no place but its room and its folder.

    Raises
    ------
    OutputError
        It is not as it was written: whoever changed it may have others' files in mind.
    """
    try:
        journal = json.loads((room / JOURNAL).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        journal = None
    if not _is_journal(journal) or any(
        (room / name).is_symlink() for name in (journal["stage"], AWAY)
    ):
        raise OutputError(
            Text(
                "{path}: is not as a stopped run has left it; look at what lies beside it and "
                "remove the folder",
                path=str(room / JOURNAL),
            )
        )
    return dict(journal)


def _is_journal(journal: Any) -> bool:
    """Say whether it has all a journal has, and names alone where it has names."""
    if not isinstance(journal, dict):
        return False
    exchanged = "inode" in journal
    every = [journal.get("folder"), journal.get("stage")]
    for names in ("replaced",) if exchanged else ("old", "new"):
        if not isinstance(journal.get(names), list):
            return False
        every += journal[names]
    return all(isinstance(name, str) and _is_name(name) for name in every) and (
        not exchanged or isinstance(journal["inode"], int)
    )


def _is_name(text: str) -> bool:
    return text == Path(text).name and text not in ("", "..")

"""run.json: what a run was made from, with which options, and what it came to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from chiiki_tsusho.choices import FILE_FORMATS
from chiiki_tsusho.claims.results import Summary
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.file_state import changed
from chiiki_tsusho.records import record
from chiiki_tsusho.version import __version__
from chiiki_tsusho.whole_files import write_whole

OUTPUTS = ("claim_lines", "claims", "problems", "held_visits")
RUN = "run.json"
_SUMS = ("units", "yen")
# Of the claims that are there; the other counts are of the rows that were given.
_OF_CLAIMS = ("claims", "without_price", "without_rate")
# What other commands make of a run and put beside it, unless another name is asked for.
_PAPERS = ("report.html", "statements.html")
_MADE_FROM_IT = "made_from_it"


@record
class InputFile:
    """A file that a run reads.

    Parameters
    ----------
    file : str
        ``visits``, ``providers`` or ``recipients``.
    path : Path
    sheet : str, optional
        The one that is read of a workbook.
    """

    file: str
    path: Path
    sheet: str | None = None

    def record(self, folder: Path, rows: int, digests: Digests) -> dict[str, Any]:
        """Write down which file it is and how many rows it has."""
        return {
            "file": self.file,
            "name": self.path.name,
            "path": self.place(folder),
            **({} if self.sheet is None else {"sheet": self.sheet}),
            "sha256": digests.of(self.path),
            "rows": rows,
        }

    def place(self, folder: Path) -> str:
        """Say where it lies, seen from the results: both may be moved together."""
        path, start = self.path.resolve(), folder.resolve()
        try:
            return Path(os.path.relpath(path, start)).as_posix()
        except ValueError:  # another drive
            return path.as_posix()


def input_files(sources: Mapping[str, Source | None]) -> list[InputFile]:
    """Return the files that a run reads visits, providers and recipients from."""
    return [
        InputFile(file, one.path, one.sheet)
        for file, source in sources.items()
        if source is not None
        for one in source.files
        if one.path is not None
    ]


class Digests:
    """SHA-256 of files, made beside the work on them: it leaves a core idle now and then."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._made: dict[Path, Future[str]] = {path: Future() for path in paths}
        # What ends the run does not wait for it.
        Thread(target=self._make, daemon=True).start()

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file that is still there.

        Raises
        ------
        InputFileError
            It is gone.
        """
        try:
            path.stat()
            return self._made[path].result()
        except FileNotFoundError as error:
            raise changed(str(path)) from error

    def _make(self) -> None:
        for path, made in self._made.items():
            try:
                made.set_result(sha256_of(path))
            except BaseException as error:
                # Raised where it is asked for.
                made.set_exception(error)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def run_record(
    folder: Path,
    inputs: Sequence[InputFile],
    rows: Mapping[str, Sequence[int]],
    options: Mapping[str, Any],
    summary: Summary,
    table: Mapping[str, str] | None,
    digests: Digests,
) -> dict[str, Any]:
    """Put together what ``run.json`` holds.

    Parameters
    ----------
    folder : Path
        Where the results go.
    inputs : sequence of InputFile
    rows : dict of str to sequence of int
        How many rows each file of each kind of input has.
    options : dict
    summary : Summary
        What the run came to.
    table : mapping of str to str, optional
        ``name`` and ``sha256`` of the file of the code table, where one was read.
    digests : Digests
        Of the inputs.
    """
    came_to = asdict(summary)
    left = {file: iter(of_files) for file, of_files in rows.items()}
    return {
        "program": "chiiki-tsusho",
        "version": __version__,
        "table": None if table is None else dict(table),
        "inputs": [one.record(folder, next(left[one.file]), digests) for one in inputs],
        "options": dict(options),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": {name: count for name, count in came_to.items() if name not in _SUMS},
        "sums": {name: came_to[name] for name in _SUMS},
    }


def with_earlier(
    record: dict[str, Any], earlier: Mapping[str, Any] | None, folder: Path, earlier_folder: Path
) -> dict[str, Any]:
    """Take what an earlier run was made from and came to into the record of one that adds to it."""
    if earlier is None:
        return record
    files = inputs_of(earlier, earlier_folder)
    inputs = [
        {**one, "path": file.place(folder)}
        for one, file in zip(earlier["inputs"], files, strict=True)
    ]
    sums = {name: record["sums"][name] + earlier["sums"][name] for name in _SUMS}
    counts = {name: record["counts"][name] + earlier["counts"][name] for name in _OF_CLAIMS}
    return {
        **record,
        "inputs": [*inputs, *record["inputs"]],
        "counts": record["counts"] | counts,
        "sums": sums,
        "added_to": {name: earlier[name] for name in ("when", "counts", "sums")},
    }


def inputs_of(record: Mapping[str, Any] | None, folder: Path) -> list[InputFile]:
    """Return the files that the record of a run in a folder names; none without a record."""
    return [
        InputFile(one["file"], folder / one["path"], one.get("sheet"))
        for one in (record or {}).get("inputs", ())
    ]


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return what ``run.json`` of a folder holds; None where there is none that can be read."""
    path = folder / RUN
    # A pipe of that name would be waited for.
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if _is_record(record) else None


def _is_record(record: Any) -> bool:
    """Say whether it says what ``run_record`` makes it say: others may have changed the file."""
    if not isinstance(record, dict) or not isinstance(record.get("when"), str):
        return False
    inputs, counts, sums = (record.get(name) for name in ("inputs", "counts", "sums"))
    return (
        isinstance(inputs, list)
        and all(_is_input(one) for one in inputs)
        and isinstance(counts, dict)
        and isinstance(sums, dict)
        and all(isinstance(counts.get(name), int) for name in _OF_CLAIMS)
        and all(isinstance(sums.get(name), int) for name in _SUMS)
    )


def _is_input(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and all(isinstance(one.get(name), str) for name in ("file", "name", "path"))
        and _may_be_path(one["path"])
        and isinstance(one.get("sheet", ""), str)
    )


def _may_be_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def record_text(record: Mapping[str, Any]) -> str:
    """Write a record as ``run.json`` has it."""
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    # The name of a file need not be text; JSON escapes its bytes as Python does.
    return text.encode("utf-8", "backslashreplace").decode()


def note_made(folder: Path, name: str) -> None:
    """Note that a paper in the folder of a run was made from it, and goes with it."""
    record = read_record(folder)
    if record is None:
        return
    made = record.setdefault(_MADE_FROM_IT, [])
    if isinstance(made, list) and name not in made:
        made.append(name)
        write_whole(folder / RUN, record_text(record))


def names_of_run(folder: Path) -> set[str]:
    """Return the names in a folder that belong to the run whose results are there."""
    names = {f"{name}.{ending}" for name in OUTPUTS for ending in FILE_FORMATS}
    names |= {RUN, *_PAPERS}
    made = (read_record(folder) or {}).get(_MADE_FROM_IT)
    if isinstance(made, list):
        texts = {name for name in made if isinstance(name, str)} - {"", ".."}
        names |= {name for name in texts if name == Path(name).name}
    return {name for name in names if os.path.lexists(folder / name)}


def refuse_other_results(folder: Path, inputs: Sequence[InputFile], replace: bool) -> None:
    """Refuse a folder that holds the results of other inputs.

    Those of the same visits are replaced, so that a file can be corrected and computed again;
    files of providers and recipients may be given in addition, but not in the place of others.

    Raises
    ------
    OutputError
        Names what the results there were made from.
    """
    results = names_of_run(folder) - set(_PAPERS)
    if replace or not results:
        return
    record = read_record(folder)
    there: dict[str, set[str]] = {}
    for one in (record or {}).get("inputs", ()):
        there.setdefault(one["file"], set()).add(_with_sheet(one["path"], one.get("sheet")))
    given: dict[str, set[str]] = {}
    for now in inputs:
        given.setdefault(now.file, set()).add(_with_sheet(now.place(folder), now.sheet))
    both = there.keys() & given.keys()
    if "visits" in there and all(there[file] == given[file] for file in both):
        return
    made_from = sorted({path for paths in there.values() for path in paths})
    if made_from:
        raise OutputError(
            Text(
                "{folder}: holds the results of other files ({files}); choose another folder, or "
                "give --replace (in Python replace=True)",
                folder=str(folder),
                files=", ".join(made_from),
            )
        )
    raise OutputError(
        Text(
            "{folder}: holds results ({files}) and does not say of which files; choose another "
            "folder, or give --replace (in Python replace=True)",
            folder=str(folder),
            files=", ".join(sorted(results)),
        )
    )


def _with_sheet(path: str, sheet: str | None) -> str:
    return path if sheet is None else f"{path}#{sheet}"

"""What is fuzzed, and what must hold whatever the file: each target raises where it does not."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from random import Random

import chiiki_tsusho as ct
from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.errors import ChiikiTsushoError, TableError
from chiiki_tsusho.law.code_file import check_table
from chiiki_tsusho.law.table_files import example_file, law_file
from fuzz.mutations import mutated
from helpers.claim_files import file_bytes

Key = tuple[str, str, str]
_NAMES = ("visits", "providers", "recipients")
_REGISTERS = ("meetings", "offices", "members", "corporation")
_DIGITS = (10, 6, 10)
# What a line must have kept to be the one that was spoiled, not another.
_ALIKE = 12


class WrongError(AssertionError):
    """What must hold does not."""


@cache
def _example(name: str) -> bytes:
    return example_file(f"{name}.csv").read_bytes()


def _claimed(folder: Path) -> tuple[dict[Key, list[str]], dict[Key, int]]:
    """Return the lines of each claim with its totals, and how many visits it has."""
    lines: dict[Key, list[str]] = defaultdict(list)
    visits: dict[Key, int] = {}
    for name in ("claim_lines", "claims"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                key = (row["provider_no"], row["insurer_no"], row["insured_no"])
                key = (f"{row['service_month']} {key[0]}", *key[1:])
                lines[key].append(",".join(row.values()))
                if name == "claims":
                    visits[key] = int(row["visits"])
    return lines, visits


@cache
def _clean(folder: Path) -> tuple[dict[Key, list[str]], dict[Key, int]]:
    _run(folder, {name: _example(name) for name in _NAMES})
    return _claimed(folder / "out")


def _run(folder: Path, files: dict[str, bytes]) -> FileBatch:
    folder.mkdir(parents=True, exist_ok=True)
    visits, providers, recipients = (folder / f"{name}.csv" for name in _NAMES)
    for name in _NAMES:
        (folder / f"{name}.csv").write_bytes(files[name])
    return claim_files(visits, folder / "out", providers, recipients, replace=True)


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip()


def _cells(line: str) -> list[str]:
    return [_plain(cell) for cell in line.rstrip("\r").split(",")]


def _identified(cells: list[str]) -> bool:
    """Say whether a line names its claim."""
    return all(
        cell.removeprefix("H").isdecimal() and len(cell) == size
        for cell, size in zip(cells, _DIGITS, strict=False)
    )


def claim(random: Random, folder: Path) -> None:
    """Spoil one of the three files of a month and compute its claims."""
    clean_lines, clean_visits = _clean(folder / "clean")
    name = random.choice(_NAMES)
    spoiled = mutated(random, _example(name))
    try:
        batch = _run(folder / "spoiled", {one: _example(one) for one in _NAMES} | {name: spoiled})
    except ChiikiTsushoError:
        return
    lines, visits = _claimed(folder / "spoiled" / "out")
    found = batch.summary
    placed = sum(visits.values()) + found.held_visits + found.set_aside
    if placed != found.visits:
        raise WrongError(f"{found.visits} rows, of which {placed} are claimed, held or set aside")
    before, after = (_lines_of(data) for data in (_example(name), spoiled))
    if before is None or after is None or before[0] != after[0]:
        return  # other headings: every row says something else
    gone, new = (Counter(before) - Counter(after)), (Counter(after) - Counter(before))
    _check_untouched(clean_lines, lines, [*gone, *new], name)
    if name == "visits":
        _check_fewer(clean_visits, visits, list(gone.elements()), list(new.elements()))


def _lines_of(data: bytes) -> list[str] | None:
    """Return the lines; None where they are not plain ones."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    # One physical line is one row only where no quotation mark or other end of a line is.
    return None if '"' in text or "\r" in text or "\0" in text else text.split("\n")


def _check_untouched(
    clean: dict[Key, list[str]], lines: dict[Key, list[str]], changed: list[str], name: str
) -> None:
    """Claims that no changed line is about are written as before, or held."""
    numbers = {cell for line in changed for cell in _cells(line)}
    for key, written in lines.items():
        provider = key[0].split(" ")[1]
        about = provider in numbers if name == "providers" else key[2] in numbers
        # A row that names nobody may speak for anybody, and then those are held.
        if key in clean and not about and sorted(written) != sorted(clean[key]):
            raise WrongError(f"a claim changed that the spoiled lines are not about, of {name}")


def _check_fewer(
    clean: dict[Key, int], visits: dict[Key, int], gone: list[str], new: list[str]
) -> None:
    """No claim loses visits to a line that was spoiled in itself, or joined with the next one.

    One that is whole and names a claim may be of another claim or time; one that was left out or
    put in the place of another leaves no trace.
    """
    width = len(_cells(gone[0])) if gone else 0
    if len(new) != 1 or not gone or not (len(gone) == 1 or new[0] == "".join(gone)):
        return
    cells = _cells(new[0])
    matching = SequenceMatcher(None, gone[0], new[0], autojunk=False).get_matching_blocks()
    if (len(cells) == width and _identified(cells)) or max(one.size for one in matching) < _ALIKE:
        return
    for key, count in visits.items():
        if count < clean.get(key, 0):
            raise WrongError("a claim is written with fewer visits than its month has")


def code_table(random: Random, folder: Path) -> None:
    """Spoil the code table: what checks it and what loads it say the same."""
    path = folder / f"codes-{random.getrandbits(64):x}.csv"
    path.write_bytes(mutated(random, law_file("service_codes.csv").read_bytes()))
    try:
        try:
            faults = len(check_table(path))
        except ChiikiTsushoError:
            faults = -1
        try:
            ct.load_code_book(path)
        except TableError:
            loads = False
        else:
            loads = True
        if loads != (faults == 0):
            raise WrongError(f"the table loads: {loads}, and its check finds {faults} faults")
    finally:
        path.unlink()


def claim_file(random: Random, folder: Path) -> None:
    """Spoil a claim file: it is refused, or written back to the same bytes; its audit ends."""
    data = mutated(random, file_bytes())
    path = folder / "J201604.CSV"
    path.write_bytes(data)
    try:
        file = ct.read_claim_file(path)
    except ChiikiTsushoError:
        return
    if file.to_bytes() != data:
        raise WrongError("a claim file is written back to other bytes")
    try:
        ct.audit(path)
    except ChiikiTsushoError:
        return


def duties(random: Random, folder: Path) -> None:
    """Spoil one of the registers of the duties: they are checked or refused."""
    spoiled = random.choice(_REGISTERS)
    paths = {}
    for name in _REGISTERS:
        data = _example(f"duties_{name}")
        paths[name] = folder / f"{name}.csv"
        paths[name].write_bytes(mutated(random, data) if name == spoiled else data)
    try:
        ct.check_duties(
            paths["meetings"],
            paths["offices"],
            on="2026-04-01",
            members=paths["members"],
            corporation=paths["corporation"],
        )
    except ChiikiTsushoError:
        return


TARGETS: dict[str, Callable[[Random, Path], None]] = {
    "claim": claim,
    "code_table": code_table,
    "claim_file": claim_file,
    "duties": duties,
}

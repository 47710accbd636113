"""What is fuzzed, and what must hold whatever the file: each target raises where it does not."""

from __future__ import annotations

import csv
import io
import logging
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from helpers.claim_files import BIRTH, HABITS, NAME, in_habit

Key = tuple[str, str, str]
_NAMES = ("visits", "providers", "recipients")
_REGISTERS = ("meetings", "offices", "members", "corporation")
_DIGITS = ((10,), (6, 8), (10,))
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
        cell.removeprefix("H").isdecimal() and len(cell) in sizes
        for cell, sizes in zip(cells, _DIGITS, strict=False)
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


@contextmanager
def _nothing_personal_logged() -> Iterator[None]:
    log, stream = logging.getLogger("chiiki_tsusho"), io.StringIO()
    handler, level = logging.StreamHandler(stream), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    _nothing_personal(stream.getvalue())


def _nothing_personal(said: str) -> None:
    if any(private in said for private in (NAME, NAME[:2], BIRTH)):
        raise WrongError("a name or a date of birth is repeated")


def claim_file(random: Random, folder: Path) -> None:
    """Spoil a claim file: it is refused, or written back to the same bytes; its audit ends.

    Whatever its quoting, blanks and line ends are, an unspoiled one is clean; and nothing that is
    said of a spoiled one tells who a person is.
    """
    end = random.choice((b"\r\n", b"\r\n", b"\n"))
    whole = in_habit(
        random.choice(HABITS),
        blank=random.random() < 0.5,
        end=end,
        others=random.random() < 0.5,
        last_end=random.random() < 0.8,
    )
    path = folder / "J201604.CSV"
    with _nothing_personal_logged():
        path.write_bytes(whole)
        rules = set(ct.audit(path).findings["rule"])
        if rules - {"line_end"}:
            raise WrongError(f"an unspoiled file has findings: {sorted(rules)}")
        data = _with_a_name(random, mutated(random, whole))
        path.write_bytes(data)
        try:
            file = ct.read_claim_file(path)
            if file.to_bytes() != data:
                raise WrongError("a claim file is written back to other bytes")
            audit = ct.audit(file, language=random.choice(("en", "ja")))
        except ChiikiTsushoError as error:
            _nothing_personal(f"{error} {error!r} {error.say('ja')}")
            return
        said = audit.findings.to_csv() + audit.hints.to_csv() + audit.summary.say("ja")
        _nothing_personal(f"{said} {file!r} {file.damaged!r}")


def _with_a_name(random: Random, data: bytes) -> bytes:
    """Put a line of a person, in which a cell or more has slipped, somewhere into a file."""
    lines = data.split(b"\n")
    cells = random.choice(lines).split(b",")
    cells[random.randrange(len(cells))] = NAME.encode("cp932")
    # In an item of eight places, sums and insurers, nobody can tell it from a number.
    if len(cells) > 9 and cells[2].strip(b'"') == b"7131":
        narrow = (4, 5, 7, 8, 9, 10) if cells[3].strip(b'"') != b"01" else (4, 5, 7, 9, 14)
        cells[random.choice(narrow)] = BIRTH.encode()
    lines.insert(random.randrange(len(lines)), b",".join(cells))
    return b"\n".join(lines)


def returned(random: Random, folder: Path) -> None:
    """Spoil a list of returned claims: it is read without names, or refused."""
    lines = [
        f"2,{at},7411,D1,1370000001,131000,見本区,{at:010},{NAME},サ,201604,78,1904,B,{code}:理由,{code}"
        for at, code in enumerate(("12P0", "ASSA", "ANN2", "ZZZZ"), start=2)
    ]
    path = folder / "returned.csv"
    path.write_bytes(mutated(random, "\n".join(lines).encode("cp932")))
    try:
        _nothing_personal(ct.read_returns(path).to_csv())
    except ChiikiTsushoError as error:
        _nothing_personal(f"{error} {error.say('ja')}")


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
    "returned": returned,
    "duties": duties,
}

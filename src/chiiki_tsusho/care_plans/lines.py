"""The lines of care plan files: CP932, no heading, free text that may hold line breaks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chiiki_tsusho.care_plans.layout import (
    FIRST_TABLE,
    NOT_NEEDED,
    PERSON,
    PLAN,
    READ,
    WITHDRAWALS,
    PlanFile,
    plan_files,
)
from chiiki_tsusho.care_plans.notes import Note, PlanKey, Rule
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.exchange_files.cp932_rows import cp932_rows
from chiiki_tsusho.language import Sayable, Text, listed
from chiiki_tsusho.reading.cell_texts import IDENTIFIERS
from chiiki_tsusho.reading.inputs import NO_CSV, files_meant
from chiiki_tsusho.whole_files import visible_path

_PREFIX = re.compile(r"([A-Z0-9]+)_")
_MONTH = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])")
_INSURER, _INSURED = (re.compile(IDENTIFIERS[name]) for name in ("insurer_no", "insured_no"))


@dataclass(frozen=True)
class PlanLine:
    """A line of a file of one of the kinds that are read."""

    file: str
    kind: str
    number: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    @property
    def person(self) -> tuple[str, str]:
        """Insurer and insured person."""
        return self["insurer_no"], self["insured_no"]

    @property
    def key(self) -> PlanKey:
        """Whose it is, as far as the file says."""
        month, provider = (self.cells.get(one, "") for one in ("service_month", "provider_no"))
        return PlanKey(month, provider, *self.person)

    def heading(self, name: str) -> str:
        """Return what an item is called in the standard."""
        return plan_files()[self.kind].heading(name)

    def note(self, rule: Rule, item: str, message: Sayable, *, holds: bool = False) -> Note:
        """Say something of an item, with what stands there."""
        heading = self.heading(item)
        return Note(rule, message, self.file, self.number, self.key, heading, self[item], holds)


def by_key(lines: Iterable[PlanLine]) -> dict[PlanKey, list[PlanLine]]:
    """Part lines by whose they are, as they first come."""
    parted: dict[PlanKey, list[PlanLine]] = defaultdict(list)
    for line in lines:
        parted[line.key].append(line)
    return parted


def plan_paths(given: Sequence[str | Path]) -> list[Path]:
    """Return the files that are given; a folder stands for the CSV files in it.

    Raises
    ------
    InputFileError
        Nothing is given, or a folder has no CSV file.
    """
    paths: list[Path] = []
    for one in given:
        paths += map(Path, files_meant(one, (".csv",), NO_CSV))
    if not paths:
        raise InputFileError(Text("no file was given; name the files of the care plan"))
    return paths


def named_kind(path: Path) -> str:
    """Return the kind that the name of a file begins with, or a blank."""
    match = _PREFIX.match(path.name.upper())
    known = (*READ, *NOT_NEEDED, *WITHDRAWALS)
    return match[1] if match and match[1] in known else ""


def read_plan_lines(path: Path) -> list[PlanLine]:
    """Read the lines of a file that is known by its name or by how many items it has.

    Raises
    ------
    InputFileError
        The file cannot be read, is in another encoding, or is no file of a care plan; a line has
        another number of items, or does not say whose it is.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputFileError(Text("{path}: the file is empty", path=path))
    kind = named_kind(path) or _kind_by_items(len(rows[0][1]))
    if kind not in READ:
        raise InputFileError(
            Text(
                "{path}: neither its name nor its {n} items say that it is one of {kinds}; "
                "give the files of the care managers under the names they came with",
                path=path,
                n=len(rows[0][1]),
                kinds=listed(READ),
            )
        )
    layout = plan_files()[kind]
    return [_line(path, layout, number, cells) for number, cells in rows]


def read_withdrawals(path: Path) -> list[PlanKey]:
    """Read whose plans of which months a file takes back.

    Raises
    ------
    InputFileError
        The file cannot be read, or a line does not say whose plan it is.
    """
    found = []
    for number, cells in _rows(path):
        # CSVバージョン, 保険者番号, 被保険者番号, 対象年月.
        good = len(cells) == 4 and _MONTH.fullmatch(cells[3]) and _INSURED.fullmatch(cells[2])
        if not good:
            raise InputFileError(
                Text(
                    "{path}: line {line}: does not say whose plan it takes back",
                    path=path,
                    line=number,
                )
            )
        found.append(PlanKey(cells[3], "", cells[1], cells[2]))
    return found


def _kind_by_items(items: int) -> str:
    layouts = [plan_files()[kind] for kind in READ]
    return next((one.name for one in layouts if one.whole and one.cells == items), "")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    otherwise = Text("{path}: is not Shift_JIS (CP932), in which care plans are sent", path=path)
    return cp932_rows(path, otherwise)


def _line(path: Path, layout: PlanFile, number: int, cells: list[str]) -> PlanLine:
    wrong = len(cells) != layout.cells if layout.whole else len(cells) < layout.cells
    if wrong:
        raise InputFileError(
            Text(
                "{path}: line {line}: {found} items where {kind} has {expected}; it is damaged or "
                "of another edition",
                path=path,
                line=number,
                found=len(cells),
                kind=layout.name,
                expected=layout.cells,
            )
        )
    line = PlanLine(
        visible_path(path),
        layout.name,
        number,
        {one.name: cells[one.item - 1] for one in layout.items},
    )
    checks = {
        "version": _MONTH.fullmatch(line["version"]) is not None,
        "insurer_no": _INSURER.fullmatch(line["insurer_no"]) is not None,
        "insured_no": _INSURED.fullmatch(line["insured_no"]) is not None,
    }
    if layout.name not in (PERSON, FIRST_TABLE):
        checks["service_month"] = _MONTH.fullmatch(line["service_month"]) is not None
    if layout.name == PLAN:
        checks["provider_no"] = line["provider_no"] != ""
    for name, good in checks.items():
        if not good:
            raise InputFileError(
                Text(
                    "{path}: line {line}: {item} cannot be read; nobody can say whose line it is",
                    path=path,
                    line=number,
                    item=line.heading(name),
                )
            )
    return line

"""Small dated tables of the law: read, typed and checked, every fault with line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from chiiki_tsusho.errors import TableError
from chiiki_tsusho.language import Language, Words, on_lines
from chiiki_tsusho.months import OPEN_END, month_text

FAULTS_SHOWN = 20


def _whole(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise ValueError("a whole number in ASCII digits was expected")
        return int(value)
    return value


def _month(value: object) -> object:
    month = _whole(value)
    if isinstance(month, int) and month != OPEN_END and not 1 <= month % 100 <= 12:
        raise ValueError("a month as YYYYMM was expected (999999 = open end)")
    return month


Whole = Annotated[int, BeforeValidator(_whole)]
Month = Annotated[int, BeforeValidator(_month), Field(ge=190001, le=OPEN_END)]


class Dated(Protocol):
    """A row with a first and a last month."""

    @property
    def valid_from(self) -> int:
        """First month."""

    @property
    def valid_to(self) -> int:
        """Last month."""


AnyRow = TypeVar("AnyRow", bound=BaseModel)
DatedRow = TypeVar("DatedRow", bound=Any)


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a table file; ``message_ja`` where it can be said in Japanese too."""

    line: int
    column: str
    value: str
    message: str
    message_ja: str = ""

    def __str__(self) -> str:
        return self.say("en")

    def say(self, language: Language = "en") -> str:
        """Write where it is and what is wrong in a language."""
        if language == "ja":
            where = f"{self.line}行目、列 {self.column}" if self.column else f"{self.line}行目"
            return f"{where}: 「{self.value}」: {self.message_ja or self.message}"
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.value!r}: {self.message}"


@dataclass(frozen=True)
class NumberedRow(Generic[AnyRow]):
    """A row of the table and the line of the file it stands on."""

    line: int
    row: AnyRow

    def fault(self, column: str, message: str) -> Fault:
        """Name a fault of this row."""
        value = getattr(self.row, column)
        return Fault(self.line, column, "" if value is None else str(value), message)


def scan_cells(
    path: Path, columns: Iterable[str]
) -> tuple[list[tuple[int, dict[str, str]]], list[Fault]]:
    """Read the rows of a small UTF-8 CSV of the law, whatever else is wrong with it.

    Returns
    -------
    rows : list of (line number, cells by column)
        The rows with as many cells as the heading; none where a column is missing.
    faults : list of Fault
        What is wrong with the heading and with the other rows.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.
    """
    columns = tuple(columns)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TableError(
            Words(
                f"{path}: cannot be read: {error.strerror}",
                f"{path}: 読み込めません({error.strerror})",
            )
        ) from error
    except UnicodeDecodeError as error:
        raise TableError(
            Words(
                f"{path}: not UTF-8 at byte {error.start}: save it as UTF-8",
                f"{path}: UTF-8ではありません({error.start}バイト目)。UTF-8で保存してください",
            )
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    heading: list[str] = []
    try:
        heading = next(reader, [])
        faults.extend(_heading_faults(heading, columns))
        for cells in reader:
            if not cells:
                continue
            if len(cells) == len(heading):
                # Of a doubled column the first one counts.
                named = dict(zip(reversed(heading), reversed(cells), strict=True))
                rows.append((reader.line_num, named))
            else:
                faults.append(_width_fault(reader.line_num, cells, heading))
    except csv.Error as error:
        faults.append(Fault(reader.line_num, "", "", f"not a CSV row: {error}"))
    return (rows if set(columns) <= set(heading) else []), faults


def _heading_faults(heading: list[str], columns: tuple[str, ...]) -> Iterator[Fault]:
    for at, name in enumerate(heading):
        if name not in columns:
            near = get_close_matches(name, columns, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(columns)}"
            hint_ja = (
                f"。「{near[0]}」ではありませんか" if near else f"。使える列: {'、'.join(columns)}"
            )
            yield Fault(
                1,
                name,
                name,
                f"unknown column {name!r}{hint}",
                f"列「{name}」は使えません{hint_ja}",
            )
        elif name in heading[:at]:
            yield Fault(
                1,
                name,
                name,
                f"column {name!r} stands there twice",
                f"列「{name}」が2つあります",
            )
    missing = [name for name in columns if name not in heading]
    if missing:
        yield Fault(
            1,
            missing[0],
            "",
            f"missing column {', '.join(map(repr, missing))}",
            f"列 {'、'.join(missing)} がありません",
        )


def _width_fault(line: int, cells: list[str], heading: list[str]) -> Fault:
    message = f"{len(cells)} cells where the heading has {len(heading)}"
    message_ja = f"セルは{len(cells)}個ですが、見出しは{len(heading)}個です"
    if len(cells) < len(heading):
        return Fault(line, heading[len(cells)], "", message, message_ja)
    return Fault(line, "", cells[len(heading)], message, message_ja)


def faults_text(path: Path, faults: list[Fault]) -> Words:
    """Write faults as one message, the first ones in full."""
    shown = [
        Words(f"{path}: {fault}", f"{path}: {fault.say('ja')}") for fault in faults[:FAULTS_SHOWN]
    ]
    more = len(faults) - FAULTS_SHOWN
    if more > 0:
        shown.append(Words(f"{path}: and {more} more faults", f"{path}: ほか{more}件の誤り"))
    return on_lines(shown)


def typed_rows(path: Path, model: type[AnyRow]) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    """Read a file whose columns are the fields of a model, a blank cell being None.

    Returns
    -------
    rows : list of NumberedRow
        The rows whose cells have the right types.
    faults : list of Fault
        What is wrong with the others.

    Raises
    ------
    TableError
        The file is unreadable, or its heading or the shape of a row is wrong.
    """
    cells, faults = scan_cells(path, model.model_fields)
    if faults:
        fault = faults[0]
        raise TableError(
            Words(
                f"{path}: line {fault.line}: {fault.message}",
                f"{path}: {fault.line}行目: {fault.message_ja or fault.message}",
            )
        )
    return _typed(cells, model)


def scan_rows(path: Path, model: type[AnyRow]) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    """Read as ``typed_rows`` does, the faults of heading and shape among the others.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.
    """
    cells, faults = scan_cells(path, model.model_fields)
    if not cells and faults:
        return [], faults
    rows, of_cells = _typed(cells, model)
    return rows, faults + of_cells


def _typed(
    numbered: list[tuple[int, dict[str, str]]], model: type[AnyRow]
) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    rows: list[NumberedRow[AnyRow]] = []
    faults: list[Fault] = []
    columns = tuple(model.model_fields)
    for line, cells in numbered:
        typed: dict[str, Any] = {column: cells[column] or None for column in columns}
        try:
            rows.append(NumberedRow(line, model.model_validate(typed)))
        except ValidationError as error:
            faults.extend(
                Fault(line, str(one["loc"][0]), cells[str(one["loc"][0])], _pydantic_text(one))
                for one in error.errors()
            )
    if not rows and not faults:
        faults.append(Fault(1, columns[0], "", "the table has no rows"))
    return rows, faults


def _pydantic_text(error: Any) -> str:
    if error["input"] is None:
        return "the cell is blank; a value is required"
    return str(error["msg"]).removeprefix("Value error, ")


def period_faults(
    rows: list[NumberedRow[DatedRow]], name: Callable[[DatedRow], str]
) -> Iterator[Fault]:
    """Find rows of one name whose periods overlap, and periods that end before they begin."""
    in_time = sorted(rows, key=lambda one: (name(one.row), one.row.valid_from, one.line))
    for one in rows:
        if one.row.valid_to < one.row.valid_from:
            yield one.fault("valid_to", f"before valid_from {one.row.valid_from}")
    for earlier, later in pairwise(in_time):
        same = name(earlier.row) == name(later.row)
        if same and later.row.valid_from <= earlier.row.valid_to:
            yield later.fault(
                "valid_from",
                f"{name(later.row)} of {_period(later.row)} overlaps line "
                f"{earlier.line}, {_period(earlier.row)}",
            )


def _period(row: Dated) -> str:
    end = "open end" if row.valid_to == OPEN_END else month_text(row.valid_to)
    return f"{month_text(row.valid_from)} to {end}"

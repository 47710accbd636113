"""Small dated tables of the law: read, typed and checked, every fault with line and column."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.csv_rows import CsvRowError, csv_rows
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, TableError
from chiiki_tsusho.language import (
    Joined,
    Language,
    Name,
    Text,
    first_of,
    listed,
    on_lines,
    quoted,
    unseen,
)
from chiiki_tsusho.months import OPEN_END, is_month, month_text
from chiiki_tsusho.records import record
from chiiki_tsusho.whole_files import read_whole

_PACKAGE = Path(__file__).resolve().parents[1]


def law_file(name: str) -> Path:
    """Return the path of a bundled table of the law.

    An installed package carries ``data/`` inside itself; a checkout has it at its top.
    """
    return _bundled("data", name)


def example_file(name: str) -> Path:
    """Return the path of a file of the example month; it lies as the tables of the law do."""
    return _bundled("examples", name)


def _bundled(folder: str, name: str) -> Path:
    installed = _PACKAGE / folder / name
    return installed if installed.is_file() else _PACKAGE.parents[1] / folder / name


_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


def _whole(value: object) -> object:
    if isinstance(value, str):
        if not _WHOLE_NUMBER.fullmatch(value):
            raise ChiikiTsushoError(Text("a whole number in ASCII digits was expected"))
        return int(value)
    # Python counts with flags as with numbers.
    if isinstance(value, bool):
        raise ChiikiTsushoError(Text("a whole number was expected, not {value}", value=str(value)))
    return value


def _month(value: object) -> object:
    month = _whole(value)
    if isinstance(month, int) and month != OPEN_END and not is_month(month):
        raise ChiikiTsushoError(Text("a month as YYYYMM was expected (999999 = open end)"))
    return month


Whole = Annotated[int, BeforeValidator(_whole)]
Month = Annotated[int, BeforeValidator(_month), Field(ge=190001, le=OPEN_END)]
Filled = Annotated[str, StringConstraints(min_length=1)]


class TableRow(BaseModel):
    """A row of a table of the law, whose fields are its columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


@checked_call
@dataclass(frozen=True)
class Fault:
    """One thing wrong in a table file.

    Parameters
    ----------
    line : int
        The heading is line 1.
    column, value : str
        Where it is, and what stands there; blank where it is of the whole row.
    message : Text
        What is wrong, and what was expected.
    """

    line: int
    column: str
    value: str
    message: Text

    def __str__(self) -> str:
        return self.say("en")

    @checked_call
    def say(self, language: Language = "en") -> str:
        """Write where it is and what is wrong in a language."""
        where = (
            Text("line {line}, column {column}", line=self.line, column=self.column)
            if self.column and self.line
            else Text("column {column}", column=self.column)
            if self.column
            else Text("line {line}", line=self.line)
        )
        text = Text(
            "{where}: {value!r}: {message}", where=where, value=self.value, message=self.message
        )
        return text.say(language)


@record
class NumberedRow(Generic[AnyRow]):
    """A row of the table and the line of the file it stands on."""

    line: int
    row: AnyRow

    @property
    def place(self) -> Text:
        """Where it stands, for a message."""
        return Text("line {line}", line=self.line)

    def fault(self, column: str, message: Text) -> Fault:
        """Name a fault of this row."""
        value = getattr(self.row, column)
        return Fault(self.line, column, "" if value is None else str(value), message)


@record
class TableText:
    """What a table file holds, read once: a pipe gives it only once."""

    path: Path
    text: str
    sha256: str


def read_table(path: Path) -> TableText:
    """Read a small UTF-8 file of the law.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.
    """
    try:
        data = read_whole(path)
        return TableText(path, data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest())
    except InputFileError as error:
        raise TableError(error) from error
    except UnicodeDecodeError as error:
        raise TableError(
            Text(
                "{path}: not UTF-8 at byte {start}: save it as UTF-8", path=path, start=error.start
            )
        ) from error


def scan_cells(
    table: TableText, columns: Iterable[str], optional: Iterable[str] = (), after: int = 0
) -> tuple[list[tuple[int, dict[str, str]]], list[Fault]]:
    """Take the rows from a small CSV of the law, whatever else is wrong with it.

    Parameters
    ----------
    table : TableText
    columns : iterable of str
        The columns that a heading may have.
    optional : iterable of str
        Those of them that it may leave out.
    after : int
        How many lines stand before the heading.

    Returns
    -------
    rows : list of (line number, cells by column)
        The rows with as many cells as the heading; none where a column is missing.
    faults : list of Fault
        What is wrong with the heading and with the other rows.
    """
    columns = tuple(columns)
    required = tuple(name for name in columns if name not in set(optional))
    lines = csv_rows(table.text)
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    heading: list[str] = []
    try:
        for _ in range(after):
            next(lines, None)
        _, heading = next(lines, (0, []))
        faults.extend(_heading_faults(heading, columns, required))
        for line, cells in lines:
            if not cells:
                continue
            if len(cells) == len(heading):
                # Of a doubled column the first one counts.
                named = dict(zip(reversed(heading), reversed(cells), strict=True))
                rows.append((line, named))
            else:
                faults.append(_width_fault(line, cells, heading))
    except CsvRowError as error:
        faults.append(Fault(error.line, "", "", error.fault))
    return (rows if set(required) <= set(heading) else []), faults


def _heading_faults(
    heading: list[str], columns: tuple[str, ...], required: tuple[str, ...]
) -> Iterator[Fault]:
    # What is less alike is no slip of the pen; what is known is said but once.
    near_by = {name: get_close_matches(name, columns, n=1, cutoff=0.7) for name in heading}
    strange = [name for name in near_by if name not in columns and not near_by[name]]
    if strange:
        message = Text(
            "unknown column {names}; known: {columns}",
            names=quoted(strange),
            columns=listed(columns),
        )
        yield Fault(1, strange[0], strange[0], message)
    for at, name in enumerate(heading):
        if name not in columns:
            if near_by[name]:
                near = near_by[name][0]
                message = Text(
                    "unknown column {name!r}; did you mean {near!r}?", name=name, near=near
                )
                yield Fault(1, name, name, message)
        elif name in heading[:at]:
            yield Fault(1, name, name, Text("column {name!r} stands there twice", name=name))
    missing = [name for name in required if name not in heading]
    if missing:
        yield Fault(1, missing[0], "", Text("missing column {names}", names=quoted(missing)))


def _width_fault(line: int, cells: list[str], heading: list[str]) -> Fault:
    message = Text(
        "{cells} cells where the heading has {heading}", cells=len(cells), heading=len(heading)
    )
    if len(cells) < len(heading):
        return Fault(line, heading[len(cells)], "", message)
    return Fault(line, "", cells[len(heading)], message)


def faults_text(path: Path, faults: list[Fault]) -> Joined:
    """Write faults as one message, the first ones in full."""
    return on_lines(Text("{path}: {fault}", path=path, fault=fault) for fault in first_of(faults))


def typed_rows(
    source: Path | TableText, model: type[AnyRow], after: int = 0
) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    """Read a table whose columns are the fields of a model, a blank cell being None.

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
    table = read_table(source) if isinstance(source, Path) else source
    cells, faults = scan_cells(table, model.model_fields, _optional(model), after)
    if faults:
        fault = faults[0]
        raise TableError(
            Text(
                "{path}: line {line}: {message}",
                path=table.path,
                line=fault.line,
                message=fault.message,
            )
        )
    return _typed(cells, model)


def scan_rows(
    table: TableText, model: type[AnyRow], after: int = 0
) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    """Read as ``typed_rows`` does, the faults of heading and shape among the others."""
    cells, faults = scan_cells(table, model.model_fields, _optional(model), after)
    if not cells and faults:
        return [], faults
    rows, of_cells = _typed(cells, model)
    return rows, faults + of_cells


def _optional(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if not field.is_required()]


def _typed(
    numbered: list[tuple[int, dict[str, str]]], model: type[AnyRow]
) -> tuple[list[NumberedRow[AnyRow]], list[Fault]]:
    rows: list[NumberedRow[AnyRow]] = []
    faults: list[Fault] = []
    columns = tuple(model.model_fields)
    for line, cells in numbered:
        typed: dict[str, Any] = {column: cells.get(column) or None for column in columns}
        try:
            row = NumberedRow(line, model.model_validate(typed))
        except ValidationError as error:
            faults.extend(
                Fault(
                    line,
                    str(one["loc"][0]),
                    cells.get(str(one["loc"][0]), ""),
                    model_fault(one),
                )
                for one in error.errors()
            )
            continue
        rows.append(row)
        if not "".join(cells.values()).isprintable():
            faults.extend(_unseen_faults(row))
    if not rows and not faults:
        faults.append(Fault(1, columns[0], "", Text("the table has no rows")))
    return rows, faults


def _unseen_faults(numbered: NumberedRow[AnyRow]) -> Iterator[Fault]:
    for column, value in numbered.row:
        hidden = unseen(value) if isinstance(value, str) else None
        if hidden is not None:
            yield numbered.fault(column, hidden)


def model_fault(error: Any) -> Text:
    """Say in both languages what pydantic found; a kind that no column has stays in English."""
    limits = error.get("ctx", {})
    if error["input"] is None:
        return Text("the cell is blank; a value is required")
    match error["type"]:
        case "value_error":
            return Text("{why}", why=limits["error"])
        case "string_pattern_mismatch":
            return Text("String should match pattern '{pattern}'", pattern=limits["pattern"])
        case "literal_error":
            choices = listed(re.findall(r"'([^']*)'", limits["expected"]))
            expected = Name(limits["expected"], choices.say("ja"))
            return Text("Input should be {expected}", expected=expected)
        case "greater_than_equal":
            return Text("Input should be greater than or equal to {least}", least=limits["ge"])
        case "less_than_equal":
            return Text("Input should be less than or equal to {most}", most=limits["le"])
        case "less_than":
            return Text("Input should be less than {end}", end=limits["lt"])
    return Text("{why}", why=str(error["msg"]))


def typed_table(
    path: Path,
    model: type[AnyRow],
    check: Callable[[list[NumberedRow[AnyRow]]], Iterable[Fault]] = lambda _: (),
) -> tuple[NumberedRow[AnyRow], ...]:
    """Read a small table whose cells must all have the right types, and whose rows pass a check.

    Raises
    ------
    TableError
        A cell has not, or a row does not; the message names line and column.
    """
    rows, faults = typed_rows(path, model)
    faults.extend(check(rows))
    if faults:
        raise TableError(faults_text(path, faults))
    return tuple(rows)


def dated_rows(
    path: Path, model: type[AnyRow], name: Callable[[Any], Text]
) -> tuple[NumberedRow[AnyRow], ...]:
    """Read a small table in which rows of one name may not overlap in time.

    Raises
    ------
    TableError
        A cell has the wrong type, or two periods overlap; the message names line and column.
    """
    return typed_table(path, model, lambda rows: period_faults(rows, name))


def period_faults(
    rows: list[NumberedRow[DatedRow]], name: Callable[[DatedRow], Text]
) -> Iterator[Fault]:
    """Find rows of one name whose periods overlap, and periods that end before they begin."""
    in_time = sorted(rows, key=lambda one: (str(name(one.row)), one.row.valid_from, one.line))
    for one in rows:
        if one.row.valid_to < one.row.valid_from:
            text = Text("before valid_from {first}", first=one.row.valid_from)
            yield one.fault("valid_to", text)
    for earlier, later in pairwise(in_time):
        same = name(earlier.row) == name(later.row)
        if same and later.row.valid_from <= earlier.row.valid_to:
            yield later.fault(
                "valid_from",
                Text(
                    "{name} of {period} overlaps {place}, {other}",
                    name=name(later.row),
                    period=_period(later.row),
                    place=earlier.place,
                    other=_period(earlier.row),
                ),
            )


def _period(row: Dated) -> Text:
    end = Text("open end") if row.valid_to == OPEN_END else month_text(row.valid_to)
    return Text("{first} to {end}", first=month_text(row.valid_from), end=end)

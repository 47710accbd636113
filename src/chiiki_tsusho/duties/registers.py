"""Registers, read into rows: every faulty cell and heading is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from chiiki_tsusho.duties.periods import days_later
from chiiki_tsusho.duties.register_columns import PERSONAL, REGISTERS, Register, RegisterColumn
from chiiki_tsusho.duties.services import authority_key, care_services, service_names
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Name, Sayable, Text, first_of, on_lines, unseen
from chiiki_tsusho.reading.blocks import Numbers, Source, line_of_file
from chiiki_tsusho.reading.cell_faults import cell_fault
from chiiki_tsusho.reading.cell_texts import BLANKS, BadCellError, folded, narrow
from chiiki_tsusho.reading.cells import PARSERS
from chiiki_tsusho.reading.heading_faults import NO_HEADING, another_kind, claims_file_of
from chiiki_tsusho.reading.inputs import Input, open_input
from chiiki_tsusho.reading.written_cells import column_letters

Given = Input

MODES = {
    "in_person": "対面",
    "online": "オンライン",
    "mixed": "併用",
    "written": "書面",
}
_MODE_NAMES = {
    **{name: name for name in MODES},
    **{japanese: name for name, japanese in MODES.items()},
    "対面開催": "in_person",
    "オンライン開催": "online",
    "web": "online",
    "対面・オンライン": "mixed",
    "対面とオンライン": "mixed",
    "書面開催": "written",
}


# Days of a row of which the second cannot be before the first.
_SPANS: dict[Register, tuple[tuple[str, str], ...]] = {
    "offices": (("closed_from", "closed_to"), ("designated_on", "ended_on")),
    "meetings": (
        ("held_on", "minutes_on"),
        ("held_on", "published_on"),
        ("held_on", "absentees_sent_on"),
        ("held_on", "reported_on"),
        ("held_on", "discarded_on"),
    ),
    "members": (("from", "to"),),
}


_NAMES: dict[Register, Sayable] = {
    "offices": Text("the register of offices"),
    "meetings": Text("the register of meetings"),
    "members": Text("the list of members"),
    "corporation": Text("the register of the corporation"),
}


class _CellFaultError(Exception):
    def __init__(self, message: Sayable) -> None:
        super().__init__()
        self.message = message


def _text(text: str) -> str:
    """Read a free text; papers and calendars that it goes into cannot hold every character."""
    hidden = unseen(text.strip(BLANKS))
    if hidden is not None:
        raise _CellFaultError(hidden)
    return text.strip()


def _parsed(kind: str, text: str) -> int:
    try:
        return PARSERS[kind](text)
    except BadCellError as error:
        raise _CellFaultError(error.message) from None


def _date(text: str) -> date:
    number = _parsed("date", text)
    return date(number // 10_000, number // 100 % 100, number % 100)


def _provider_no(text: str) -> str:
    _parsed("provider_no", narrow(text))
    return narrow(text)


def _provider_nos(text: str) -> tuple[str, ...]:
    return tuple(_provider_no(one) for one in re.split(r"[\s、,;/・]+", narrow(text)) if one)


def _items(text: str) -> frozenset[int]:
    # A dash may mean from one to the other.
    numbers = [one for one in re.split(r"[\s、,;/・.第号]+", narrow(text)) if one]
    if not numbers or not set(numbers) <= set("12345678"):
        raise _CellFaultError(Text("is not a list of items from 1 to 8; write it as 3 6"))
    return frozenset(int(one) for one in numbers)


def _service(text: str) -> str:
    names = {narrow(name): key for name, key in service_names().items()}
    if narrow(text) not in names:
        near = get_close_matches(narrow(text), names, n=1, cutoff=0.6)
        known = care_services()[names[near[0]]].name if near else "地域密着型通所介護"
        raise _CellFaultError(
            Text(
                "{value!r} is not a service; write its key or its name, such as {known}",
                value=text,
                known=known,
            )
        )
    return names[narrow(text)]


def _mode(text: str) -> str:
    mode = _MODE_NAMES.get(narrow(text).casefold())
    if mode is None:
        raise _CellFaultError(
            Text(
                "{value!r} is not a way to meet; in_person, online, mixed or written was expected",
                value=text,
            )
        )
    return mode


def _count(text: str) -> int:
    return _parsed("units", re.sub("(?<=[0-9]) *[名人]$", "", narrow(text)))


_READERS: dict[str, Callable[[str], Any]] = {
    "text": _text,
    "provider_no": _provider_no,
    "provider_nos": _provider_nos,
    "service": _service,
    "mode": _mode,
    "date": _date,
    "count": _count,
    "items": _items,
    "yes_no": lambda text: _parsed("flag", text) == 1,
}
# What is said of a cell that may be personal, which is not repeated.
_EXPECTED: dict[str, Sayable] = {
    "provider_no": Text(
        "is not a provider number; 10 characters, digits or capital letters, were expected"
    ),
    "date": Text("is not a date; write it as 1960-04-01, 1960/4/1, 19600401 or S35.4.1"),
}


@dataclass(frozen=True)
class Table:
    """A register as read: which columns it has, and its rows.

    Parameters
    ----------
    columns : frozenset of str
        Those that the register has.
    rows : list of dict
        The value of each cell by column; a blank cell, or one of a column that is not there, is
        None.
    """

    columns: frozenset[str]
    rows: list[dict[str, Any]]


def read_register(given: Given, register: Register, encoding: str | None = None) -> Table:
    """Read a register.

    Parameters
    ----------
    given : path-like or table
        With English or Japanese headings; whatever the inputs of a batch may be.
    register : {"offices", "meetings", "members", "corporation"}
    encoding : str, optional
        The encoding of a CSV file; without it, UTF-8 and CP932 are tried.

    Raises
    ------
    InputFileError
        A heading is unknown, doubled or missing, or a cell cannot be read. All faults are named.
    """
    source = open_input(given, register, encoding)
    columns = _matched(source, register)
    rows: list[dict[str, Any]] = []
    faults: list[Sayable] = []
    for line, cells in _lines(source, faults):
        if not any(cell.strip() for cell in cells):
            continue
        row: dict[str, Any] = {column.name: None for column in REGISTERS[register]}
        for column, cell in zip(columns, cells, strict=True):
            try:
                row[column.name] = _read(column, cell)
            except _CellFaultError as error:
                wrong = error.message
                if register in PERSONAL and cell.strip():
                    wrong = _EXPECTED.get(column.kind, wrong)
                fault = cell_fault(source, line, column.name, column.heading, wrong)
                faults.append(fault)
        faults.extend(
            cell_fault(source, line, name, heading, wrong)
            for name, heading, wrong in _span_faults(register, row)
        )
        rows.append(row)
    if faults:
        raise InputFileError(on_lines(first_of(faults)))
    return Table(frozenset(column.name for column in columns), rows)


def _span_faults(register: Register, row: dict[str, Any]) -> Iterator[tuple[str, str, Sayable]]:
    """Yield the column, the heading and the fault of a span of days that is none."""
    for first, last in _SPANS.get(register, ()):
        begin, end = row[first], row[last]
        if end is None or (begin is not None and begin <= end):
            continue
        headings = {column.name: column.heading for column in REGISTERS[register]}
        if begin is not None:
            before = Name(first, headings[first])
            yield (
                last,
                headings[last],
                Text("is before {first}; correct one of the days", first=before),
            )
        elif first == "closed_from":
            yield (
                first,
                headings[first],
                Text("is blank; a closure needs the day on which it begins"),
            )


def _read(column: RegisterColumn, cell: str) -> Any:
    if cell.strip():
        return _READERS[column.kind](cell)
    if column.required:
        raise _CellFaultError(Text("is blank; fill it in"))
    return None


def _lines(source: Source, faults: list[Sayable]) -> Iterator[tuple[int, list[str]]]:
    for block in source.blocks(["distinct"] * len(source.headings)):
        for line, message in block.malformed:
            file, at_line = line_of_file(source.files, line)
            faults.append(
                Text(
                    "{file}: line {line}: {message}",
                    file=file.shown,
                    line=at_line,
                    message=message,
                )
            )
        columns = [
            column.of_rows().to_pylist()
            for column in block.columns
            if not isinstance(column, Numbers)  # none was asked for
        ]
        for at, line in enumerate(block.lines.tolist()):
            yield line, [column[at] for column in columns]


def _known(register: Register) -> dict[str, RegisterColumn]:
    return {
        folded(name): column
        for column in REGISTERS[register]
        for name in (column.name, column.heading)
    }


def _refuse_another(source: Source, register: Register) -> None:
    """Refuse a whole register that is one of another kind; no single column of it is wrong."""
    headings = {folded(heading) for heading in source.headings}
    own = headings & set(_known(register))
    if len(own) == len(headings):
        return
    # As many again of others stand there, and are no slips of the pen.
    held = claims_file_of(source.headings, 2 * len(own) + 1)
    for other in REGISTERS:
        if headings <= set(_known(other)):
            held = _NAMES[other]
            break
    if held is not None:
        raise InputFileError(_of_headings(source, another_kind(held, _NAMES[register])))


def _of_headings(source: Source, fault: Text) -> Text:
    """Say where the headings are of which something is wrong."""
    return Text(
        "{shown}: line {line}: {fault}", shown=source.shown, line=source.heading_line, fault=fault
    )


def _matched(source: Source, register: Register) -> list[RegisterColumn]:
    _refuse_another(source, register)
    known = _known(register)
    matched: list[RegisterColumn] = []
    faults: list[Text] = []
    given = [known.get(folded(heading)) for heading in source.headings]
    met = sum(column is not None for column in given)
    if not met:
        # Perhaps a row with names: what stands there is not repeated.
        faults.append(NO_HEADING)
    # So may be a line of persons of which a cell or two are words that are headings.
    repeated = register not in PERSONAL or 2 * met > len(given)
    for at, (heading, column) in enumerate(zip(source.headings, given, strict=True)):
        if column is None:
            near = get_close_matches(folded(heading), known, n=1, cutoff=0.6)
            if not met and not (near and repeated):
                continue
            hint = Text("; did you mean {near!r}?", near=near[0]) if near else ""
            faults.append(
                Text("unknown heading {heading!r}{hint}", heading=heading, hint=hint)
                if repeated
                else Text(
                    "the heading of column {letters} is unknown{hint}",
                    letters=column_letters(source.first_column + at),
                    hint=hint,
                )
            )
        elif column in matched:
            faults.append(Text("heading {heading!r} stands there twice", heading=heading))
        else:
            matched.append(column)
    faults.extend(
        Text(
            "required heading {name!r} ({heading}) is missing; add the column",
            name=column.name,
            heading=column.heading,
        )
        for column in REGISTERS[register]
        if column.required and column not in matched
    )
    if faults:
        told = [_of_headings(source, fault) for fault in faults]
        raise InputFileError(on_lines(first_of(told)))
    return matched


@dataclass(frozen=True)
class Office:
    """An office: one designation of one service."""

    provider_no: str
    service: str
    authority: str = ""
    office: str = ""
    living_area: str = ""
    designated_on: date | None = None
    closed: tuple[tuple[date, date | None], ...] = ()
    ended_on: date | None = None
    deemed: bool = False
    corporation: str = ""
    address: str = ""

    @cached_property
    def closures(self) -> list[tuple[date, date | None]]:
        """The days on which it is closed (休止, 廃止), in order of time and apart."""
        spans: list[tuple[date, date | None]] = []
        closed = [*self.closed, *([] if self.ended_on is None else [(self.ended_on, None)])]
        for first, last in sorted(closed, key=lambda span: span[0]):
            before = spans[-1][1] if spans else date.min
            if spans and (before is None or first <= days_later(before, 1)):
                longer = None if before is None or last is None else max(before, last)
                spans[-1] = (spans[-1][0], longer)
            else:
                spans.append((first, last))
        return spans

    def gone(self, on: date) -> bool:
        """Say whether it is closed for good (廃止) on a day."""
        return self.ended_on is not None and self.ended_on <= on


def read_offices(given: Given, encoding: str | None = None) -> list[Office]:
    """Read the offices; rows that differ in their closure alone are one office."""
    offices: list[Office] = []
    at: dict[tuple[str, str], int] = {}
    for row in read_register(given, "offices", encoding).rows:
        filled = {name: value for name, value in row.items() if value is not None}
        filled["authority"] = authority_key(filled.get("authority", ""))
        first, last = filled.pop("closed_from", None), filled.pop("closed_to", None)
        office = Office(**filled, closed=() if first is None else ((first, last),))
        before = at.setdefault((office.provider_no, office.service), len(offices))
        if before < len(offices) and _further_closure(offices[before], office):
            offices[before] = replace(office, closed=(*offices[before].closed, *office.closed))
        else:
            offices.append(office)
    return offices


def _further_closure(office: Office, other: Office) -> bool:
    """Say whether a row is of the same office and of a closure apart from those known."""
    if not (office.closed and other.closed) or replace(office, closed=other.closed) != other:
        return False
    return all(
        (last is not None and last < begin) or (end is not None and end < first)
        for first, last in office.closed
        for begin, end in other.closed
    )


def read_corporation(given: Given, encoding: str | None = None) -> dict[str, Any]:
    """Read the corporation.

    Raises
    ------
    InputFileError
        There are several rows, or none.
    """
    rows = read_register(given, "corporation", encoding).rows
    if len(rows) != 1:
        raise InputFileError(
            Text("the register of the corporation has {n} rows; one was expected", n=len(rows))
        )
    return rows[0]

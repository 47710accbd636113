"""A plan as a calendar (.ics): whole days, a reminder a week before, no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.extra import needed
from chiiki_tsusho.duties.periods import fiscal_year, given_day
from chiiki_tsusho.duties.planned_days import COLUMNS, told_apart
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Sayable, Text, unseen
from chiiki_tsusho.lazy import pandas
from chiiki_tsusho.whole_files import write_whole

if TYPE_CHECKING:
    import pandas as pd

_PRODUCT = "-//chiiki-tsusho//duties//JA"
BEGINNING = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:{_PRODUCT}\n"
_WRITTEN = ("date", "provider_no", "meeting_no", "kind", "what", "latest", "place")
_REMINDER = timedelta(days=-7)


@checked_call
def write_calendar(plan: pd.DataFrame, path: str | Path, on: date | str | None = None) -> Path:
    """Write a plan as a calendar that every calendar program reads.

    The same plan gives the same file, and the events keep their identities: to import a plan again
    replaces its events and does not double them.

    Parameters
    ----------
    plan : DataFrame
        What ``plan_duties`` returned.
    path : path-like
        The file, ``plan.ics``.
    on : date or str, optional
        The day of the plan; without it, that with which it was made.

    Returns
    -------
    Path

    Raises
    ------
    ChiikiTsushoError
        icalendar is not installed, the frame is no plan, it holds a character that no reader sees,
        or the file cannot be written.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> plan = ct.plan_duties("examples/duties_offices.csv", 2026, on="2026-04-01")
    >>> ct.write_calendar(plan, "plan.ics").name
    'plan.ics'
    """
    write_whole(path, calendar_of(plan, on))
    return Path(path)


def calendar_of(plan: pd.DataFrame, on: date | str | None = None) -> bytes:
    """Return what ``write_calendar`` writes."""
    icalendar = needed("icalendar")
    if on is None:
        if "on" not in plan.attrs:
            raise ChiikiTsushoError(
                Text("the plan does not say on which day it was made; give on=")
            )
        on = str(plan.attrs["on"])
    on = given_day(on)
    calendar = icalendar.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    rows = _rows(plan)
    days = [_day(number, row["date"]) for number, row in enumerate(rows, start=1)]
    year = plan.attrs.get("year") or min(map(fiscal_year, days), default=on.year)
    stamp = datetime(on.year, on.month, on.day, tzinfo=UTC)
    identities = _identities(rows, f"{year}", plan.attrs.get("marks", {}))
    for day, row, identity in zip(days, rows, identities, strict=True):
        event = icalendar.Event()
        event.add("uid", f"{identity}@chiiki-tsusho")
        event.add("dtstamp", stamp)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", " ".join(filter(None, (row["provider_no"], row["what"]))))
        event.add("description", "\n".join(filter(None, (row["latest"], row["place"]))))
        event.add("transp", "TRANSPARENT")
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row["what"])
        alarm.add("trigger", _REMINDER)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _identities(
    rows: Sequence[Mapping[str, str]], year: str, marks: Mapping[str, str]
) -> Iterator[str]:
    """Yield what an event is known by: the same for the same event whenever a plan is made."""
    given: Counter[str] = Counter()
    for row in rows:
        mark = marks.get(told_apart(row)) or f"{year}-{row['meeting_no'] or '0'}"
        identity = "-".join((row["provider_no"] or "0", mark, row["kind"]))
        given[identity] += 1
        # A frame may come from anywhere, and two events of one identity are one.
        yield identity if given[identity] == 1 else f"{identity}-{given[identity]}"


def _rows(plan: pd.DataFrame) -> list[dict[str, str]]:
    """Return the cells that a calendar takes, as texts it can hold: a frame may be any.

    Raises
    ------
    ChiikiTsushoError
        A column is missing or stands there twice, or a cell is no text or cannot be seen.
    """
    for column in _WRITTEN:
        if list(plan.columns).count(column) != 1:
            raise ChiikiTsushoError(
                Text(
                    "the plan does not have the column {column} ({heading}) once; give what "
                    "plan_duties returned",
                    column=column,
                    heading=COLUMNS[column],
                )
            )
    of_columns = {column: plan[column].tolist() for column in _WRITTEN}
    return [
        {column: _text(number, column, of_columns[column][number - 1]) for column in _WRITTEN}
        for number in range(1, len(plan) + 1)
    ]


def _text(row: int, column: str, cell: object) -> str:
    if not isinstance(cell, str):
        if not (pandas.api.types.is_scalar(cell) and pandas.isna(cell)):
            kind = type(cell).__name__
            raise _at_cell(row, column, Text("is {kind}, where text was expected", kind=kind))
        cell = ""
    hidden = unseen(cell)
    if hidden is not None:
        raise _at_cell(row, column, hidden)
    return cell


def _day(row: int, text: str) -> date:
    try:
        return given_day(text)
    except ChiikiTsushoError as error:
        raise _at_cell(row, "date", error) from None


def _at_cell(row: int, column: str, fault: Sayable) -> ChiikiTsushoError:
    return ChiikiTsushoError(
        Text(
            "row {row} of the plan, {column} ({heading}): {fault}",
            row=row,
            column=column,
            heading=COLUMNS[column],
            fault=fault,
        )
    )

"""A plan as a calendar (.ics): whole days, a reminder a week before, no names."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.extra import needed
from chiiki_tsusho.duties.periods import fiscal_year, given_day
from chiiki_tsusho.duties.plan import COLUMNS
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text, unseen
from chiiki_tsusho.whole_files import write_whole

if TYPE_CHECKING:
    import pandas as pd

_PRODUCT = "-//chiiki-tsusho//duties//JA"
_WRITTEN = ("provider_no", "meeting_no", "kind", "what", "latest", "place")
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
        icalendar is not installed, the plan holds a character that no reader sees, or the file
        cannot be written.

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
    days = [date.fromisoformat(day) for day in plan["date"]]
    year = plan.attrs.get("year") or min(map(fiscal_year, days), default=on.year)
    stamp = datetime(on.year, on.month, on.day, tzinfo=UTC)
    rows = plan.to_dict("records")
    _refuse_unseen(rows)
    for day, row in zip(days, rows, strict=True):
        event = icalendar.Event()
        identity = "-".join(
            (row["provider_no"] or "0", str(year), row["meeting_no"] or "0", row["kind"])
        )
        event.add("uid", f"{identity}@chiiki-tsusho")
        event.add("dtstamp", stamp)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", " ".join(filter(None, (row["provider_no"], row["what"]))))
        event.add("description", _description(row))
        event.add("transp", "TRANSPARENT")
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row["what"])
        alarm.add("trigger", _REMINDER)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _refuse_unseen(rows: list[dict[Hashable, Any]]) -> None:
    """Refuse what a calendar cannot hold: a frame may come from anywhere."""
    for number, row in enumerate(rows, start=1):
        for column in _WRITTEN:
            hidden = unseen(row[column] or "")
            if hidden is not None:
                raise ChiikiTsushoError(
                    Text(
                        "row {row} of the plan, {column} ({heading}): {hidden}",
                        row=number,
                        column=column,
                        heading=COLUMNS[column],
                        hidden=hidden,
                    )
                )


def _description(row: dict[Hashable, Any]) -> str:
    return "\n".join(filter(None, (row["latest"], row["place"])))

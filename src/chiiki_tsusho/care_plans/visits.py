"""第6表 of a care plan as visits: codes become conditions of a visit and columns of additions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chiiki_tsusho.care_plans.layout import NO_TIME
from chiiki_tsusho.care_plans.lines import PlanLine, by_key
from chiiki_tsusho.care_plans.notes import Note, Notes, PlanKey
from chiiki_tsusho.errors import UnsupportedMonthError
from chiiki_tsusho.language import Counted, Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import NO_ROW

_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])|(24)(00)")
_COUNT = re.compile(r"0?[1-9]|[1-9][0-9]")
Cells = dict[str, str | int]


@dataclass
class PlannedMonth:
    """What the plan of one person at one provider comes to.

    Parameters
    ----------
    visits : list of dict
        Cells of visits, by column.
    monthly : dict of key to int
        Additions of the whole month, which go to the row of the recipient.
    counts : Counter
        How often each service code is planned.
    """

    visits: list[Cells] = field(default_factory=list)
    monthly: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def planned_months(
    lines: Iterable[PlanLine], book: CodeBook, notes: Notes
) -> dict[PlanKey, PlannedMonth]:
    """Turn lines of 第6表 into visits.

    Parameters
    ----------
    lines : iterable of PlanLine
        The lines of one provider or several.
    book : CodeBook
    notes : Notes
        Receives what does not fit. Where a line of this service cannot be used, the visits of its
        person and month are not written.

    Returns
    -------
    dict of PlanKey to PlannedMonth
    """
    months: dict[PlanKey, PlannedMonth] = {}
    for key, own in by_key(lines).items():
        try:
            table = book.table(int(key.service_month))
        except UnsupportedMonthError as error:
            notes.add(Note("unsupported_month", error, own[0].file, key=key, holds=True))
            continue
        month = _PlanReader(table, notes).month(own)
        if month is not None:
            months[key] = month
    return months


@dataclass(frozen=True)
class _PlanReader:
    table: CodeTable
    notes: Notes

    def month(self, lines: Sequence[PlanLine]) -> PlannedMonth | None:
        """Read the lines of one person at one provider; None where none is of this service."""
        rows = self.table.rows_by_code
        types = {row.service_type for row in self.table.rows}
        others = [line for line in lines if line["service_code"][:2] not in types]
        self._note_others(others)
        own = [line for line in lines if line["service_code"][:2] in types]
        if not own:
            return None
        month = PlannedMonth()
        days: dict[str, list[tuple[PlanLine, CodeRow]]] = defaultdict(list)
        for line in own:
            row = rows.get(line["service_code"])
            if row is None:
                self._unknown(line)
            elif self._readable(line):
                month.counts[row.service_code] += int(line["count"])
                self._compare_units(line, row)
                if row.per == "month" and not row.is_visit_by_month:
                    month.monthly[str(row.key)] = 1
                else:
                    days[line["service_date"]].append((line, row))
        for day in sorted(days):
            month.visits += self._visits(days[day])
        return month

    def _note_others(self, lines: Sequence[PlanLine]) -> None:
        kinds = Counter((line.file, line["service_code"][:2]) for line in lines)
        for (file, kind), n in kinds.items():
            text = Counted(
                "{n:,} line of service type {kind} is left out",
                "{n:,} lines of service type {kind} are left out",
                n,
                kind=kind,
            )
            key = next(one.key for one in lines if one.file == file)
            self.notes.add(Note("other_service", text, file, key=key, value=kind))

    def _unknown(self, line: PlanLine) -> None:
        month = month_text(self.table.month)
        text = Text("no code of the table of {month}; ask the care manager", month=month)
        self.notes.add(line.note("unknown_code", "service_code", text, holds=True))

    def _readable(self, line: PlanLine) -> bool:
        good = {
            "service_date": iso_date(line["service_date"]) != ""
            and line["service_date"][:6] == line["service_month"],
            "count": _COUNT.fullmatch(line["count"]) is not None,
            **{
                one: line[one] == NO_TIME or _TIME.fullmatch(line[one]) is not None
                for one in ("start_time", "end_time")
            },
        }
        expected = {
            "service_date": Text("a date of the month, YYYYMMDD, is expected"),
            "count": Text("a count from 1 to 99 is expected"),
            "start_time": Text("a time HHMM, or 9999, is expected"),
            "end_time": Text("a time HHMM, or 9999, is expected"),
        }
        for item, fine in good.items():
            if not fine:
                self.notes.add(line.note("unreadable_item", item, expected[item], holds=True))
        return all(good.values())

    def _compare_units(self, line: PlanLine, row: CodeRow) -> None:
        # 0 stands where units cannot be computed, as of a ratio.
        told = line["units"]
        if row.units is not None and told.lstrip("-0") and told != str(row.units):
            text = Text(
                "{code} has {units} units in the table of {month}",
                code=row.service_code,
                units=row.units,
                month=month_text(self.table.month),
            )
            self.notes.add(line.note("units_differ", "units", text))

    def _visits(self, day: Sequence[tuple[PlanLine, CodeRow]]) -> list[Cells]:
        """Make the visits of one day: one of each base code, and what is added to them."""
        bases = sorted(
            (pair for pair in day if pair[1].kind == "base"), key=lambda pair: _times(pair[0])
        )
        added = [pair for pair in day if pair[1].kind != "base"]
        visits: list[Cells] = []
        seen: set[tuple[str, ...]] = set()
        for line, row in bases:
            same = (row.service_code, *_times(line))
            if same in seen or int(line["count"]) != 1:
                text = Text("one visit is there twice; give each its times")
                self.notes.add(line.note("doubled", "service_code", text, holds=True))
            seen.add(same)
            extension = self._extension(line, row, added, alone=len(bases) == 1)
            visits.append(self._visit(line, row, extension, len(visits) + 1))
        for line, row in added:
            if not visits:
                text = Text("there is no visit on this day to add it to")
                self.notes.add(line.note("no_visit", "service_code", text, holds=True))
            elif row.extension_units is None:
                # Where the times leave it open, the visits that can have it come first.
                nearest = sorted(
                    range(len(visits)),
                    key=lambda at: (
                        _times(bases[at][0]) != _times(line),
                        not self._fits(row, bases[at][1], visits[at]),
                    ),
                )
                self._spread(line, row, [visits[at] for at in nearest])
        return visits

    def _fits(self, row: CodeRow, base: CodeRow, visit: Cells) -> bool:
        """Say whether an addition can stand beside a code and what else a visit has."""
        rows, known = self.table.rows, self.table.key_positions
        others = [self.table.row_of(key) for key in visit if key in known and key != row.key]
        apart = any(
            (row.group is not None and one.group == row.group)
            or str(one.key) in row.yields + row.excluded
            or str(row.key) in one.yields + one.excluded
            for one in others
        )
        if row.is_chosen:
            line = self.table.chosen.lines[str(row.key)][rows.index(base)]
            return not apart and line != NO_ROW and rows[line] == row
        return not apart and row.service in ("both", base.service)

    def _extension(
        self, line: PlanLine, row: CodeRow, added: Iterable[tuple[PlanLine, CodeRow]], alone: bool
    ) -> CodeRow | None:
        """Return the line of 延長 that a visit has, where the table has such lines."""
        rows = self.table.rows
        possible = [rows[one.line] for one in self.table.chosen.extended if rows[one.base] == row]
        return next(
            (
                other
                for of_line, other in added
                if other in possible and (alone or _times(of_line) == _times(line))
            ),
            None,
        )

    def _visit(
        self, line: PlanLine, row: CodeRow, extension: CodeRow | None, session: int
    ) -> Cells:
        timed = row if extension is None else extension
        return {
            "provider_no": line["provider_no"],
            "insurer_no": line["insurer_no"],
            "insured_no": line["insured_no"],
            "service_date": iso_date(line["service_date"]),
            "care_level": row.care_level or "",
            **self._stay(line, timed.minutes_from or 0, timed.minutes_to or 0),
            "service": row.service,
            "shortfall": row.shortfall or "",
            "session": session,
            **dict.fromkeys(row.inside, 1),
        }

    def _stay(self, line: PlanLine, first: int, end: int) -> Cells:
        """Give the times of a visit; its minutes where no times are shown or they do not fit.

        The code says what is claimed. Minutes are the lower bound of its band.
        """
        start_time, end_time = (line[one] for one in ("start_time", "end_time"))
        if start_time == end_time == NO_TIME:
            return {"minutes": first}
        if NO_TIME not in (start_time, end_time):
            stay = _minutes(end_time) - _minutes(start_time)
            if first <= stay < end:
                return {"start_time": _clock(start_time), "end_time": _clock(end_time)}
        text = Text(
            "the code is for {first} to under {end} minutes, which the times are not; {first} "
            "minutes are written",
            first=first,
            end=end,
        )
        self.notes.add(line.note("times_differ", "end_time", text))
        return {"minutes": first}

    def _spread(self, line: PlanLine, row: CodeRow, visits: Iterable[Cells]) -> None:
        """Add what is counted for a day to its visits, to each as much as it can have."""
        left, key = int(line["count"]), str(row.key)
        for visit in visits:
            had = int(visit.get(key, 0))
            more = min(left, row.largest_value - had)
            if more:
                visit[key] = had + more
            left -= more
            # Counted by the day, it stands once however many visits there are.
            if row.per == "day":
                break
        if left:
            text = Text("{code} is counted too often for the day", code=row.service_code)
            self.notes.add(line.note("over_count", "count", text, holds=True))


def _times(line: PlanLine) -> tuple[str, str]:
    return line["start_time"], line["end_time"]


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[2:])


def _clock(time: str) -> str:
    return f"{time[:2]}:{time[2:]}"


def iso_date(text: str) -> str:
    """Return ``YYYYMMDD`` as ``YYYY-MM-DD``, a blank where it is no date."""
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        return ""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return ""


def visit_columns(visits: Iterable[Mapping[str, object]], keys: Sequence[str]) -> list[str]:
    """Return the columns of a file of visits, the additions in use in the order of the table."""
    used = {name for visit in visits for name in visit}
    fixed = [
        "provider_no", "insurer_no", "insured_no", "service_date", "care_level", "minutes",
        "start_time", "end_time", "service", "shortfall", "session",
    ]  # fmt: skip
    return fixed + [key for key in keys if key in used]

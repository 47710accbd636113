"""第7表 of a care plan as planned units, compared with 第6表 and with the code table."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chiiki_tsusho.care_plans.layout import UNITS_PLAN
from chiiki_tsusho.care_plans.lines import PlanLine, by_key
from chiiki_tsusho.care_plans.notes import Note, Notes, PlanKey, Rule
from chiiki_tsusho.care_plans.visits import PlannedMonth
from chiiki_tsusho.errors import UnsupportedMonthError
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.months import month_text

# Sub-totals of a kind of service, and grand totals.
_TOTAL = re.compile(r"..(AAAA|EEEE|ZZZZ)|ALL9.*|999999")
_CODE = re.compile(r"[0-9A-Z]{6}")
# 送迎減算 and other reductions are below 0.
_UNITS = re.compile(r"[0-9]{1,6}|-[0-9]{1,5}")
_COUNT = re.compile(r"[0-9]{1,2}")


def is_grand_total(line: PlanLine) -> bool:
    """Say whether a line of 第7表 sums up others and is of no provider."""
    return line.kind == UNITS_PLAN and _is_total(line) and not line["provider_no"]


def _is_total(line: PlanLine) -> bool:
    return _TOTAL.fullmatch(line["service_code"]) is not None


def planned_units(
    lines: Iterable[PlanLine], months: dict[PlanKey, PlannedMonth], book: CodeBook, notes: Notes
) -> dict[PlanKey, int | None]:
    """Sum the units within the limit of each person at each provider, of 第7表.

    Totals and codes that do not count against the limit are left out. None where the lines are
    not all there: one cannot be used or has no figure, 第6表 plans another number of a code, or
    units are not those of the table. A plan too small would make the person pay.

    Parameters
    ----------
    lines : iterable of PlanLine
        The lines of 第7表, of the providers whose plans are wanted; those without a provider too.
    months : dict of PlanKey to PlannedMonth
        The months of 第6表, to compare the counts with. Receives additions of the whole month and
        ratios, which 第6表 may lack.
    book : CodeBook
    notes : Notes
        Receives what does not fit.
    """
    parted = by_key(lines)
    compared = dict(months)
    sums: dict[PlanKey, int | None] = {}
    unplaced: set[PlanKey] = set()
    for key, own in sorted(parted.items()):
        try:
            table = book.table(int(key.service_month))
        except UnsupportedMonthError:
            sums[key] = None
            continue
        sheet = _Sheet(key, own, table.rows_by_code, compared.get(key), notes)
        if not sheet.ours:
            continue
        if not key.provider_no:
            sheet.note_no_provider()
            unplaced.add(key)
            continue
        sums[key] = sheet.planned_units(with_plan=bool(compared))
        months.setdefault(key, PlannedMonth()).monthly.update(sheet.monthly)
    if parted:
        _note_missing(compared, sums, book, notes)
    return {
        key: None if key._replace(provider_no="") in unplaced else units
        for key, units in sums.items()
    }


def _note_missing(
    months: Mapping[PlanKey, PlannedMonth],
    sums: Mapping[PlanKey, int | None],
    book: CodeBook,
    notes: Notes,
) -> None:
    """Say where 第6表 plans something and 第7表, which is given of others, has no line."""
    for key in sorted(set(months) - set(sums)):
        rows = book.table(int(key.service_month)).rows
        managed = {row.service_code for row in rows if row.limit_managed}
        if managed & set(months[key].counts):
            text = Text("第7表 has no line of this service; planned_units is left blank")
            notes.add(Note("planned_units", text, "", key=key))


@dataclass(frozen=True)
class _Sheet:
    """The lines of 第7表 of one person, month and provider, and what 第6表 plans of them."""

    key: PlanKey
    lines: Sequence[PlanLine]
    rows: Mapping[str, CodeRow]
    month: PlannedMonth | None
    notes: Notes

    @property
    def ours(self) -> list[PlanLine]:
        """The lines of this service, and those whose code tells nothing."""
        types = {row.service_type for row in self.rows.values()}
        return [
            line
            for line in self.lines
            if line["service_code"][:2] in types
            or not (_is_total(line) or _CODE.fullmatch(line["service_code"]))
        ]

    @property
    def _first(self) -> PlanLine:
        return self.ours[0]

    @property
    def _details(self) -> list[PlanLine]:
        return [line for line in self.ours if not _is_total(line)]

    @property
    def monthly(self) -> dict[str, int]:
        """Additions of the whole month and ratios."""
        rows = [self.rows.get(line["service_code"]) for line in self._details]
        return {
            str(row.key): 1
            for row in rows
            if row is not None and row.per == "month" and not row.is_visit_by_month
        }

    def note_no_provider(self) -> None:
        """Say that lines have no provider: they may be of any that the person goes to."""
        for line in self._details:
            text = Text("has no provider; planned_units of this person and month is left blank")
            self.notes.add(line.note("planned_units", "provider_no", text))

    def planned_units(self, *, with_plan: bool) -> int | None:
        """Sum the lines that count against the limit; None where one of them may be wrong.

        Parameters
        ----------
        with_plan : bool
            Whether 第6表 is given of anybody.
        """
        before = len(self.notes.notes)
        managed: dict[str, list[PlanLine]] = defaultdict(list)
        outside: dict[str, list[PlanLine]] = defaultdict(list)
        for line in self._details:
            row = self.rows.get(line["service_code"])
            if row is None:
                self._unusable(line, "service_code")
            else:
                of_side = managed if row.limit_managed else outside
                of_side[row.service_code].append(line)
        if not self._details:
            text = Text("第7表 has totals of this service alone; planned_units is left blank")
            self._note_whole("planned_units", text)
        for line in (line for lines in managed.values() for line in lines):
            self._check(line)
        self._check_monthly(managed)
        if self.month is not None:
            # 第7表 may leave out what is outside the limit.
            self._compare_counts(managed | outside, self.month.counts)
        elif with_plan:
            text = Text("第6表 plans nothing of this service; planned_units is left blank")
            self._note_whole("counts_differ", text)
        if len(self.notes.notes) > before:
            return None
        return sum(int(line["planned_units"]) for lines in managed.values() for line in lines)

    def _check(self, line: PlanLine) -> None:
        """Compare the units of a line with those of the table for its count."""
        row, told = self.rows[line["service_code"]], line["planned_units"]
        count = self._count(line, row)
        if not _UNITS.fullmatch(told):
            self._unusable(line, "planned_units")
        elif count is None:
            self._unusable(line, "count")
        elif row.units is not None and int(told) != row.units * count:
            text = Text(
                "{code} has {units} units in the table of {month}, {n} times {expected}; "
                "planned_units is left blank",
                code=row.service_code,
                units=row.units,
                month=month_text(int(self.key.service_month)),
                n=count,
                expected=row.units * count,
            )
            self.notes.add(line.note("units_differ", "planned_units", text))

    def _check_monthly(self, managed: Mapping[str, Sequence[PlanLine]]) -> None:
        """Refuse what is counted once a month and stands there more often."""
        for code, lines in managed.items():
            row = self.rows[code]
            counts = [self._count(line, row) for line in lines if row.per == "month"]
            if sum(filter(None, counts)) > 1:
                text = Text(
                    "{code} is counted once a month; planned_units is left blank", code=code
                )
                self.notes.add(lines[-1].note("counts_differ", "count", text))

    def _count(self, line: PlanLine, row: CodeRow) -> int | None:
        """Return how often a code is planned; where the line is silent, what 第6表 says."""
        told = line["count"]
        if _COUNT.fullmatch(told):
            return int(told)
        if told:
            return None
        if row.per == "month":
            return 1
        return None if self.month is None else self.month.counts[row.service_code]

    def _compare_counts(
        self, managed: Mapping[str, Sequence[PlanLine]], planned: Counter[str]
    ) -> None:
        """Compare both ways: what each table has and the other lacks."""
        for code in [*managed, *self._missing(managed, planned)]:
            lines, row, n = managed.get(code, ()), self.rows[code], planned[code]
            # 第6表 may lack an addition of the whole month, or have it on several days.
            if lines and row.per == "month":
                continue
            counts = [self._count(line, row) for line in lines]
            if not lines:
                text = Text(
                    "第6表 plans {code} {n} times, and 第7表 has no line of it; planned_units is "
                    "left blank",
                    code=code,
                    n=n,
                )
                file, heading = self._first.file, self._first.heading("service_code")
                self.notes.add(Note("counts_differ", text, file, None, self.key, heading, code))
            elif None not in counts and sum(filter(None, counts)) != n:
                text = Text(
                    "第6表 plans {code} {n} times; planned_units is left blank", code=code, n=n
                )
                self.notes.add(lines[0].note("counts_differ", "count", text))

    def _missing(self, managed: Mapping[str, object], planned: Iterable[str]) -> Iterator[str]:
        for code in planned:
            if self.rows[code].limit_managed and code not in managed:
                yield code

    def _unusable(self, line: PlanLine, item: str) -> None:
        text = Text("cannot be used; planned_units is left blank")
        self.notes.add(line.note("planned_units", item, text))

    def _note_whole(self, rule: Rule, text: Sayable) -> None:
        self.notes.add(Note(rule, text, self._first.file, self._first.number, self.key))

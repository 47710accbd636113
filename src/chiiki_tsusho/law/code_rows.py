"""A row of the code table, and the stretches of months in which the same rows hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import itemgetter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chiiki_tsusho.choices import Service, Shortfall
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.law.table_files import Filled, Month, NumberedRow, TableRow, Whole
from chiiki_tsusho.months import OPEN_END, month_before, next_month

BASE_LINES, ALL_LINES = "base_lines", "all_lines"
MINUTES_OF_A_DAY = 1440
# 要介護1 to 5 (介護保険法 第7条, 要介護認定基準), and 0 for none.
LEVEL_SLOTS = 6
# How well a row is established: the printed table, an official text or two independent sources; or
# one of these for a part of it alone. Low is for imported rows: how they count is our own reading.
Confidence = Literal["high", "medium", "low"]


CareLevel = Annotated[Whole, Field(ge=1, le=LEVEL_SLOTS - 1)]
PerMille = Annotated[Whole, Field(ge=-1000, le=10000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Names = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+( [a-z0-9_]+)*$")]


class CodeRow(TableRow):
    """One code in one period, a row of the code table file (the fields are its columns)."""

    service_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    item_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}$")]
    valid_from: Month
    valid_to: Month
    name: Filled
    kind: Literal["base", "addition", "rate"]
    key: Name | None
    service: Literal[Service, "both"]
    care_level: CareLevel | None
    minutes_from: Annotated[Whole, Field(ge=0, lt=MINUTES_OF_A_DAY)] | None
    minutes_to: Annotated[Whole, Field(ge=1, le=MINUTES_OF_A_DAY + 1)] | None
    shortfall: Shortfall | None
    base_units: Annotated[Whole, Field(ge=0)] | None
    short_hours_per_mille: Annotated[PerMille, Field(ge=0)] | None
    shortfall_per_mille: Annotated[PerMille, Field(ge=0)] | None
    extension_units: Annotated[Whole, Field(ge=0)] | None
    units: Whole | None
    published_units: Whole | None
    per_mille: PerMille | None
    rate_of: Name | None
    per: Literal["visit", "day", "one_way", "month"]
    max_per_visit: Annotated[Whole, Field(ge=1, le=99)] | None
    max_per_month: Annotated[Whole, Field(ge=1)] | None
    yields_to: Names | None
    group: Name | None
    limit_managed: Annotated[Whole, Field(ge=0, le=1)]
    only_with: Names | None = None
    not_with: Names | None = None
    reductions: Names | None = None
    reduction_per_mille: Annotated[PerMille, Field(ge=0)] | None = None
    confidence: Confidence | None = None
    source: Filled

    @property
    def service_code(self) -> str:
        """The service type and the item code together, ``781241``."""
        return self.service_type + self.item_code

    @property
    def largest_value(self) -> int:
        """The largest value of the key in one visit row."""
        return self.max_per_visit or 1

    @property
    def yields(self) -> tuple[str, ...]:
        """The keys that push this one aside on a visit."""
        return tuple((self.yields_to or "").split())

    @property
    def needed(self) -> tuple[str, ...]:
        """The keys of which one must stand beside this one."""
        return tuple((self.only_with or "").split())

    @property
    def excluded(self) -> tuple[str, ...]:
        """The keys that may not stand beside this one."""
        return tuple((self.not_with or "").split())

    @property
    def inside(self) -> tuple[str, ...]:
        """The keys of the reductions inside the composite of a base row."""
        return tuple((self.reductions or "").split())

    @property
    def is_chosen(self) -> bool:
        """Whether the code of a visit chooses this line: it is for some minutes or a level."""
        return self.kind == "addition" and (self.minutes_from, self.care_level) != (None, None)

    @property
    def is_visit_by_month(self) -> bool:
        """Whether it is a code of visits that is counted by the month (療養通所介護)."""
        return self.kind == "base" and self.per == "month"

    def composed_units(self) -> int:
        """Units of a base row by the steps of the law, whatever the ``units`` column says.

        Each reduction takes its share of 所定単位数 off, before the short hours and after the
        shortfall; this order is read from the composites of the ministry's table of 2024-06.
        """
        units = self.base_units or 0
        if self.short_hours_per_mille is not None and not self.inside:
            units = half_up(units, self.short_hours_per_mille)
        if self.shortfall_per_mille is not None:
            units = half_up(units, self.shortfall_per_mille)
        units -= len(self.inside) * half_up(self.base_units or 0, self.reduction_per_mille or 0)
        if self.short_hours_per_mille is not None and self.inside:
            units = half_up(units, self.short_hours_per_mille)
        return units + (self.extension_units or 0)


COLUMNS: tuple[str, ...] = tuple(CodeRow.model_fields)
CodeLine = NumberedRow[CodeRow]


def segments(rows: list[CodeLine]) -> list[tuple[int, int, list[CodeLine]]]:
    """Cut time where any row begins or ends.

    Returns
    -------
    list of (first month, last month, rows valid in them)
        In order of time, months without any row left out.
    """
    starts = {one.row.valid_from for one in rows}
    starts |= {next_month(one.row.valid_to) for one in rows if one.row.valid_to < OPEN_END}
    cuts = []
    ordered = sorted(starts)
    # The first to begin stands last.
    waiting = sorted(enumerate(rows), key=lambda pair: pair[1].row.valid_from, reverse=True)
    active: list[tuple[int, CodeLine]] = []
    for first, following in zip(ordered, [*ordered[1:], None][: len(ordered)], strict=True):
        last = OPEN_END if following is None else month_before(following)
        active = [pair for pair in active if first <= pair[1].row.valid_to]
        while waiting and waiting[-1][1].row.valid_from <= first:
            active.append(waiting.pop())
        active.sort(key=itemgetter(0))
        if active:
            cuts.append((first, last, [one for _, one in active]))
    return cuts


def table_text(rows: Iterable[CodeRow]) -> str:
    """Write rows as a code table file has them, the heading above."""
    cells = ([getattr(row, column) for column in COLUMNS] for row in rows)
    return csv_text(chain([COLUMNS], cells), "\n")

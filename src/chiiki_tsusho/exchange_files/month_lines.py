"""The lines of a claim file in one month, beside the code table of that month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chiiki_tsusho.exchange_files.sheets import Sheets
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.not_known import NO_ROW, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, placed, summed
from chiiki_tsusho.reading.cells import MAX_SESSION


@dataclass(frozen=True)
class MonthLines:
    """The lines and totals of service kind 78 in one month, and the table of that month.

    Parameters
    ----------
    at : ndarray of int64
        Positions among the lines of the files.
    row : ndarray of int64
        The row of the table of each, ``NO_ROW`` where the table has no such code.
    totals : ndarray of int64
        Positions of the month's 10 lines whose statement has an 01 line.
    """

    sheets: Sheets
    table: CodeTable
    at: Ints
    row: Ints
    totals: Ints

    @property
    def statement(self) -> Ints:
        """The statement of each line."""
        return self.sheets.of_line[self.at]

    def number(self, name: str) -> Ints:
        """Return an item of each line."""
        return self.sheets.lines.numbers(name)[self.at]

    def of_row(self, values: Ints) -> Ints:
        """Return for each line what its row has, 0 where there is no row."""
        return np.append(values, 0)[self.row]

    def of_all(self, values: Ints) -> Ints:
        """Put a figure of each line at its place among all lines of the files, 0 elsewhere."""
        return placed(values, self.at, len(self.sheets.lines))

    def which(self, wanted: Iterable[int]) -> Flags:
        """Say which lines are of wanted rows of the table; a line without a row is of none."""
        of_row = np.fromiter(wanted, dtype=bool, count=len(self.table.rows))
        return np.append(of_row, False)[self.row]

    @cached_property
    def kinds(self) -> dict[str, Flags]:
        """Which lines are base codes, and which additions."""
        return {
            kind: self.which(row.kind == kind for row in self.table.rows)
            for kind in ("base", "addition")
        }

    def summed(self, values: Ints, wanted: Flags) -> Ints:
        """Sum values of some of the lines by statement, shape (statements,)."""
        return summed(values[wanted], self.statement[wanted], len(self.sheets))

    def having(self, wanted: Flags) -> Flags:
        """Say which statements have one of some lines, shape (statements,)."""
        return flagged(self.statement[wanted], len(self.sheets))

    def of_keys(self, keys: Sequence[str]) -> Flags:
        """Say which lines are of some keys of the table."""
        return self.which(row.key in keys for row in self.table.rows)

    def times(self, key: str) -> Ints:
        """Return on how many visits or days a key is claimed at least, by statement."""
        largest = self.table.row_of(key).largest_value
        return self.summed(-(-self.number("count") // largest), self.of_keys([key]))

    @cached_property
    def without_row(self) -> Flags:
        """Which lines have a code that the table lacks."""
        flags: Flags = self.row == NO_ROW
        return flags

    @cached_property
    def complete(self) -> Flags:
        """Say which statements have no line whose code the table lacks."""
        return ~self.having(self.without_row)

    @cached_property
    def managed(self) -> Flags:
        """Which lines count against the benefit limit."""
        return self.which(row.limit_managed for row in self.table.rows)

    @cached_property
    def level(self) -> Ints:
        """The care level of the code of each line, 0 where it has none."""
        return self.of_row(np.array([row.care_level or 0 for row in self.table.rows]))

    @cached_property
    def heaviest(self) -> Ints:
        """The heaviest care level of the codes by statement, 0 where they have none."""
        heaviest = np.zeros(len(self.sheets), dtype=np.int64)
        np.maximum.at(heaviest, self.statement, self.level)
        return heaviest

    @property
    def level_changes(self) -> Flags:
        """Which statements may have visits of another care level than 01 states.

        Codes of 療養通所介護 have none, and do not say whether it changed.
        """
        stated = self.sheets.care_level[self.statement]
        other = self.having((self.level > 0) & (stated != UNKNOWN) & (self.level != stated))
        return other | (self.having(self.kinds["base"]) & ~self.having(self.level == stated))

    @cached_property
    def monthly(self) -> Flags:
        """Which lines are base codes of a whole month, whose count says nothing of the visits."""
        return self.which(row.is_visit_by_month for row in self.table.rows)

    @cached_property
    def by_month(self) -> Flags:
        """Say which statements have a base code of a whole month."""
        return self.having(self.monthly)

    @cached_property
    def visits_counted(self) -> Flags:
        """Say which statements count their visits: by base codes that are known and of a visit."""
        return self.complete & ~self.by_month

    @cached_property
    def visits(self) -> Ints:
        """The counts of base codes by statement: how many visits there were.

        Where they are not counted it is the most that the days may have had.
        """
        counted = self.summed(self.number("count"), self.kinds["base"])
        return np.where(self.visits_counted, counted, self.days * MAX_SESSION)

    @cached_property
    def days(self) -> Ints:
        """サービス実日数 by statement."""
        return self.of_totals("days")

    @cached_property
    def has_total(self) -> Flags:
        """Say which statements have a 10 line of their own."""
        return flagged(self.sheets.of_total[self.totals], len(self.sheets))

    @cached_property
    def excess(self) -> Ints:
        """The managed units above the plan, by statement."""
        managed = self.summed(self.number("service_units"), self.managed)
        excess: Ints = np.maximum(0, managed - self.of_totals("planned_units"))
        return excess

    def of_totals(self, name: str) -> Ints:
        """Return an item of the month's 10 lines by statement."""
        values = self.sheets.totals.numbers(name)[self.totals]
        return placed(values, self.sheets.of_total[self.totals], len(self.sheets))

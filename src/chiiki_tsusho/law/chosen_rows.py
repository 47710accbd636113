"""Rows that the code of a visit chooses: 延長加算 by its length, 減算 by its band and care level.

A reduction for want of a plan (業務継続計画未策定) or of measures (虐待防止措置未実施) stands
inside the composite of a visit of 2 to 3 hours, else on a line of its own for each band and level.
延長 stands inside the base code or, in later tables, on a line of its own for each hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations

import numpy as np

from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record

# Whose band it is: service, 定員超過 or 人員欠如, and care level.
Condition = tuple[str, str | None, int | None]


@record
class Extended:
    """A base code with 延長 on a line of its own: both rows, and for which minutes."""

    base: int
    line: int
    minutes_from: int
    minutes_to: int


@record
class ChosenRows:
    """What the rows of a month's table choose of each other.

    Parameters
    ----------
    rows : sequence of CodeRow
    """

    rows: Sequence[CodeRow]

    @cached_property
    def plain_base(self) -> list[int]:
        """The base rows that hold whatever reductions a visit has."""
        return [at for at, row in enumerate(self.rows) if row.kind == "base" and not row.reductions]

    @cached_property
    def extended(self) -> list[Extended]:
        """The longest plain base code of each condition with each line of 延長 after it."""
        longest: dict[Condition, int] = {}
        for at in self.plain_base:
            row = self.rows[at]
            if not row.extension_units and not row.short_hours_per_mille:
                other = longest.get(_condition(row))
                if other is None or (self.rows[other].minutes_to or 0) < (row.minutes_to or 0):
                    longest[_condition(row)] = at
        return [
            Extended(at, line, row.minutes_from or 0, row.minutes_to or 0)
            for line, row in enumerate(self.rows)
            if row.kind == "addition" and row.extension_units
            for at in longest.values()
            if row.service in ("both", self.rows[at].service)
            and (self.rows[at].minutes_to or 0) <= (row.minutes_from or 0)
        ]

    @cached_property
    def line_names(self) -> dict[int, str]:
        """By position, the name under which a line that is chosen is counted."""
        return {
            at: f"{row.key}:{row.item_code}"
            for at, row in enumerate(self.rows)
            if row.kind == "addition" and row.is_chosen
        }

    @cached_property
    def lines(self) -> dict[str, Ints]:
        """By key, for each row of the table as the code of a visit its line or ``NO_ROW``."""
        lines: dict[str, Ints] = {}
        for line in self.line_names:
            row = self.rows[line]
            if row.extension_units is None:
                of_key = lines.setdefault(str(row.key), np.full(len(self.rows), NO_ROW, np.int64))
                of_key[list(self._answered_by(row))] = line
        return lines

    def _answered_by(self, line: CodeRow) -> Iterator[int]:
        for at in self.plain_base:
            row = self.rows[at]
            first, end = row.minutes_from or 0, row.minutes_to or 0
            longer = row.extension_units and (line.minutes_to or 0) <= first
            inside = (line.minutes_from or 0) <= first and end <= (line.minutes_to or 0)
            if (
                line.service in ("both", row.service)
                and line.care_level in (None, row.care_level)
                and (inside or (longer and self._is_last(line)))
            ):
                yield at

    def _is_last(self, line: CodeRow) -> bool:
        """Say whether no line of the key is for longer visits: it is theirs too."""
        return not any(
            row.key == line.key and (row.minutes_from or 0) >= (line.minutes_to or 0)
            for row in self.rows
        )

    @cached_property
    def composites(self) -> dict[frozenset[str], Ints]:
        """By the reductions of a visit, for each plain code the one that has them inside."""
        plain = {_stay(self.rows[at]): at for at in self.plain_base}
        found: dict[frozenset[str], Ints] = {}
        for at, row in enumerate(self.rows):
            code = plain.get(_stay(row)) if row.reductions else None
            if code is not None:
                of_set = found.setdefault(
                    frozenset(row.inside), np.full(len(self.rows), NO_ROW, np.int64)
                )
                of_set[code] = at
        return found

    @cached_property
    def has_composites(self) -> Flags:
        """Which plain codes have others with reductions inside them."""
        has = np.zeros(len(self.rows), dtype=bool)
        for codes in self.composites.values():
            has |= codes >= 0
        return has

    @cached_property
    def reduction_keys(self) -> tuple[str, ...]:
        """The keys of the reductions, whether inside a code or on a line."""
        inside = {key for keys in self.composites for key in keys}
        return tuple(sorted(inside | set(self.lines)))

    @cached_property
    def reduction_sets(self) -> list[frozenset[str]]:
        """Every set of reductions a visit may have, but the empty one."""
        keys = self.reduction_keys
        return [
            frozenset(some) for size in range(1, len(keys) + 1) for some in combinations(keys, size)
        ]


def _condition(row: CodeRow) -> Condition:
    return row.service, row.shortfall, row.care_level


def _stay(row: CodeRow) -> tuple[Condition, int | None, int | None]:
    return _condition(row), row.minutes_from, row.minutes_to

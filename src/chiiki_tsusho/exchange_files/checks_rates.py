"""Checks of the ratios of a claim file, each computed again on the month's sums."""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.claims.units import apply_rate
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.month_lines import MonthLines
from chiiki_tsusho.law.code_rows import BASE_LINES
from chiiki_tsusho.law.code_table import Rate
from chiiki_tsusho.number_arrays import Flags, Ints


def check_rates(lines: MonthLines, findings: Findings) -> None:
    """Compute each ratio again: exactly where it is of all lines, else the most it can be."""
    units, base, counted = lines.number("service_units"), lines.kinds["base"], _counted(lines)
    known, view = (lines.complete & lines.has_total)[lines.statement], lines.sheets.lines
    for rate in lines.table.rates.values():
        if rate.basis == BASE_LINES:
            expected = _computed(lines, rate, units, base, lines.excess)
            # Between 0 and the most, whichever side of 0 that is on.
            wrong = units * (units - expected) > 0
        else:
            expected = _computed(lines, rate, units, counted, lines.excess)
            wrong = units != expected
        wrong &= known & (lines.row == lines.table.key_positions[rate.key])
        findings.add(
            "units_of_rate", view, "service_units", lines.at[wrong], lines.of_all(expected)
        )
    _check_public_rates(lines, findings)


def _check_public_rates(lines: MonthLines, findings: Findings) -> None:
    """Compute the part of each ratio that is under public funds again.

    The units of 10 under public funds are those of the lines less what lies over the limit. A
    ratio of base lines is certain where all visits of the month have it; where all visits are
    under public funds, each ratio is as a whole.
    """
    sheets, view, positions = lines.sheets, lines.sheets.lines, lines.table.key_positions
    of_funds = lines.of_totals("public1_units")
    units, part = lines.number("service_units"), lines.number("public1_units")
    excess = sheets.sum_of_lines(view.numbers("public1_units"), sheets.our_lines) - of_funds
    known = (lines.complete & (of_funds != 0))[lines.statement]
    rates = lines.table.rates.values()
    base, counted = lines.kinds["base"], _counted(lines)
    # A code of a whole month says nothing of the visits behind the first.
    whole = lines.having(base & (part == units)) & ~lines.having(base & (part != units))
    funded = (whole & ~lines.by_month)[lines.statement]
    reduced = base | np.isin(
        lines.row, [positions[one.key] for one in rates if one.basis == BASE_LINES and one.reduces]
    )
    for rate in rates:
        mine = known & (lines.row == positions[rate.key])
        if not mine.any():
            continue
        if rate.basis == BASE_LINES:
            reached = base if rate.reduces else reduced
            certain = units == _computed(lines, rate, units, reached, lines.excess)
        else:
            reached = counted
            # A part of 0 is none: the line may be of days without funds.
            certain = part != 0
        expected = _computed(lines, rate, part, reached, excess)
        if rate.basis == BASE_LINES:
            # Of days over the limit it may come to more than the line, which no part of it is.
            expected = expected.clip(np.minimum(units, 0), np.maximum(units, 0))
        expected = np.where(funded, units, expected)
        at = lines.at[mine & (funded | certain) & (part != expected)]
        findings.add("public_units_of_rate", view, "public1_units", at, lines.of_all(expected))


def _counted(lines: MonthLines) -> Flags:
    """Say which lines a ratio of all lines counts: those that are no such ratio."""
    rates, positions = lines.table.rates.values(), lines.table.key_positions
    return ~np.isin(lines.row, [positions[one.key] for one in rates if one.basis != BASE_LINES])


def _computed(lines: MonthLines, rate: Rate, units: Ints, reached: Flags, excess: Ints) -> Ints:
    """Compute a ratio of the units of some lines, shape (lines,).

    Outside the limit it is of what is inside: the units over it are taken off first.
    """
    sums = lines.summed(units, reached)
    if not lines.table.row_of(rate.key).limit_managed:
        sums = np.maximum(0, sums - excess)
    return apply_rate(sums, rate.per_mille)[lines.statement]

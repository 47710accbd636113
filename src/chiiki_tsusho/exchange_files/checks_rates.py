"""Checks of the ratios of a claim file, each computed again on the month's sums."""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.claims.units import apply_rate
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.month_lines import MonthLines
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES
from chiiki_tsusho.number_arrays import Flags, Ints


def check_rates(lines: MonthLines, findings: Findings) -> None:
    """Compute each ratio again: exactly where it is of all lines, else the most it can be."""
    table, view = lines.table, lines.sheets.lines
    units = lines.number("service_units")
    rates = table.rates.values()
    of_all = [table.key_positions[one.key] for one in rates if one.basis == ALL_LINES]
    basis = lines.summed(units, ~np.isin(lines.row, of_all)) - lines.excess
    of_base = lines.summed(units, lines.kinds["base"])
    known = (lines.complete & lines.has_total)[lines.statement]
    for rate in rates:
        position = table.key_positions[rate.key]
        mine = (lines.row == position) & known
        expected = np.zeros(len(view), dtype=np.int64)
        if rate.basis == BASE_LINES:
            outside = not table.rows[position].limit_managed
            reach = np.maximum(0, of_base - lines.excess) if outside else of_base
            expected[lines.at] = apply_rate(reach, rate.per_mille)[lines.statement]
            most = np.abs(expected[lines.at])
            wrong = mine & ((np.abs(units) > most) | (units * expected[lines.at] < 0))
        else:
            expected[lines.at] = apply_rate(basis, rate.per_mille)[lines.statement]
            wrong = mine & (units != expected[lines.at])
        findings.add("units_of_rate", view, "service_units", lines.at[wrong], expected)
    _check_public_rates(lines, findings)


def _check_public_rates(lines: MonthLines, findings: Findings) -> None:
    """Compute the part of each ratio that is under public funds again.

    The units of 10 under public funds are those of the lines less what lies over the limit. A
    ratio of base lines is certain where all visits of the month have it.
    """
    table, view, sheets = lines.table, lines.sheets.lines, lines.sheets
    of_funds = np.zeros(len(sheets), dtype=np.int64)
    public = sheets.totals.numbers("public1_units")[lines.totals]
    of_funds[sheets.of_total[lines.totals]] = public
    units, part = lines.number("service_units"), lines.number("public1_units")
    everything = np.ones(len(lines.at), dtype=bool)
    excess = lines.summed(part, everything) - of_funds
    known = (lines.complete & lines.has_total & (of_funds > 0))[lines.statement]
    rates = {table.key_positions[one.key]: one for one in table.rates.values()}

    def are(basis: str, *, reductions: bool = False) -> Flags:
        rows = [
            at
            for at, one in rates.items()
            if one.basis == basis and (one.per_mille[0] < 0 or not reductions)
        ]
        return np.isin(lines.row, rows)

    def reach(values: Ints, over: Ints, *, reduced: bool, outside: bool) -> Ints:
        sums = lines.summed(values, lines.kinds["base"])
        if reduced:
            sums = sums + lines.summed(values, are(BASE_LINES, reductions=True))
        return np.maximum(0, sums - over) if outside else sums

    for position, rate in rates.items():
        mine = (lines.row == position) & known
        outside = not table.rows[position].limit_managed
        if not mine.any():
            continue
        if rate.basis == BASE_LINES:
            reduced = rate.per_mille[0] > 0
            whole, some = (
                apply_rate(reach(values, over, reduced=reduced, outside=outside), rate.per_mille)
                for values, over in ((units, lines.excess), (part, excess))
            )
            mine &= units == whole[lines.statement]
        elif outside:
            others = of_funds - lines.summed(part, are(ALL_LINES))
            some = apply_rate(others, rate.per_mille)
            mine &= part != 0
        else:
            continue
        expected = np.zeros(len(view), dtype=np.int64)
        expected[lines.at] = some[lines.statement]
        wrong = mine & (part != some[lines.statement])
        findings.add("public_units_of_rate", view, "public1_units", lines.at[wrong], expected)

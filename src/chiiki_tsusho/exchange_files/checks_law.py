"""Checks of a claim file against the law's tables: codes, units, counts, limit, price."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chiiki_tsusho.arrow_arrays import numbers_of
from chiiki_tsusho.choices import SERVICES
from chiiki_tsusho.exchange_files.checks_rates import check_rates
from chiiki_tsusho.exchange_files.dates import bad_months
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.month_lines import MonthLines
from chiiki_tsusho.exchange_files.sheets import Sheets
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.named_additions import groups_not_with_shortfall
from chiiki_tsusho.law.prices_and_limits import benefit_limits, unit_prices
from chiiki_tsusho.not_known import NO_LIMIT, NO_ROW, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, placed
from chiiki_tsusho.reading.cells import MAX_SESSION


def check_law(sheets: Sheets, book: CodeBook, findings: Findings) -> Flags:
    """Check every line of service kind 78 against the table of its month.

    Returns
    -------
    ndarray of bool, shape (statements,)
        Which statements may have visits of another care level than 01 states.
    """
    level_changes = np.zeros(len(sheets), dtype=bool)
    for lines in _months(sheets, book, findings):
        level_changes |= lines.level_changes
        _check_codes(lines, findings)
        _check_levels(lines, findings)
        _check_counts(lines, findings)
        _check_company(lines, findings)
        _check_services(lines, findings)
        _check_shortfall(lines, findings)
        check_rates(lines, findings)
        _check_managed(lines, findings)
        _check_limit(lines, findings)
    _check_prices(sheets, findings)
    return level_changes


def _months(sheets: Sheets, book: CodeBook, findings: Findings) -> Iterator[MonthLines]:
    months = sheets.lines.numbers("service_month")
    known_lines = sheets.our_lines & ~bad_months(sheets.lines.texts("service_month"))
    of_totals = sheets.totals.numbers("service_month")[sheets.ours]
    codes = sheets.service_codes.dictionary_encode()
    texts = codes.dictionary.to_pylist()
    coded = numbers_of(codes.indices).astype(np.int64)
    for month in np.unique(months[known_lines]).tolist():
        at = np.flatnonzero(known_lines & (months == month))
        if not book.supports(month):
            for file in np.unique(sheets.lines.file[at]).tolist():
                findings.add_line("month_without_table", file, 0, str(month))
            continue
        table = book.table(month)
        known = {code: position for position, code in enumerate(table.service_codes.tolist())}
        rows = np.array([known.get(text, NO_ROW) for text in texts], dtype=np.int64)
        totals = sheets.ours[of_totals == month]
        yield MonthLines(sheets, table, at, rows[coded[at]], totals)


def _check_codes(lines: MonthLines, findings: Findings) -> None:
    view = lines.sheets.lines
    # A month of which only the base codes are known cannot say that an addition is wrong.
    whole_table = any(row.kind != "base" for row in lines.table.rows)
    rule = "unknown_code" if whole_table else "code_without_table"
    findings.add(rule, view, "item_code", lines.at[lines.without_row])
    fixed = lines.kinds["base"] | lines.kinds["addition"]
    # A code of a whole month has its units in サービス単位数 alone.
    monthly = lines.monthly
    units, of_code = lines.number("units"), lines.of_row(lines.table.row_units)
    blank, filled = monthly & (units == 0), monthly & (units == of_code)

    def compare(rule: str, item: str, figures: Ints, wanted: Flags) -> None:
        findings.differing(rule, view, item, lines.of_all(figures), lines.at[wanted])

    compare("units_of_code", "units", np.where(monthly, 0, of_code), fixed & ~filled)
    compare("units_times_count", "service_units", of_code * lines.number("count"), blank)
    # A part of the month under public funds is so many counts of the same units.
    partly = np.where(blank, of_code, units) * lines.number("public1_count")
    compare("public_units_of_count", "public1_units", partly, fixed)


def _check_levels(lines: MonthLines, findings: Findings) -> None:
    """Compare the care levels of the codes with that of 01.

    A level that changes within the month leaves codes of both levels, or of the one before alone;
    codes of 療養通所介護 have none. A level of 01 that is none is told as such (``level_code``).
    """
    sheets, base = lines.sheets, lines.kinds["base"]
    level, of_statement = lines.level, lines.statement
    stated = sheets.care_level[of_statement]
    agreed = lines.having(base & (level == stated))
    without = lines.having(base & (level == 0))
    possible = (agreed | without | sheets.certified_within)[of_statement]
    other = (level > 0) & (level != stated) & (stated != UNKNOWN)
    wrong = other & ~possible & (level == lines.heaviest[of_statement])
    see = other & possible
    expected, found = lines.of_all(stated), lines.of_all(level)
    findings.add("level_of_code", sheets.lines, "item_code", lines.at[wrong], expected, found)
    findings.add("several_levels", sheets.lines, "item_code", lines.at[see], expected, found)


def _check_counts(lines: MonthLines, findings: Findings) -> None:
    view, rows = lines.sheets.lines, lines.table.rows
    days, visits = lines.days[lines.statement], lines.visits[lines.statement]
    per_visit = lines.of_row(np.array([row.largest_value for row in rows]))
    most = {
        "day": days,
        "visit": visits,
        "one_way": per_visit * visits,
        "month": np.ones_like(days),
    }
    of_month = lines.of_row(np.array([row.max_per_month or NO_LIMIT for row in rows]))
    counted = [lines.which(row.per == per for row in rows) for per in most]
    ceiling = np.minimum(np.select(counted, list(most.values())), of_month)
    count = lines.number("count")
    known = ~lines.without_row & ~lines.kinds["base"] & lines.has_total[lines.statement]
    over = lines.at[known & (count > ceiling)]
    findings.add("count_over", view, "count", over, lines.of_all(ceiling))
    findings.add("no_count", view, "count", lines.at[~lines.without_row & (count < 1)], "1")
    _check_days(lines, findings)


def _check_days(lines: MonthLines, findings: Findings) -> None:
    sheets, totals = lines.sheets, lines.totals
    statement = sheets.of_total[totals]
    days = sheets.totals.numbers("days")
    visits = placed(lines.visits[statement], totals, len(days))
    known = flagged(totals[lines.visits_counted[statement]], len(days))
    findings.add("days_over_visits", sheets.totals, "days", known & (days > visits), visits)
    fewest = -(-visits // MAX_SESSION)
    findings.add("days_too_few", sheets.totals, "days", known & (days < fewest), fewest)
    several = known & (days >= fewest) & (days < visits)
    findings.add("several_visits_a_day", sheets.totals, "days", several, visits)


def _check_company(lines: MonthLines, findings: Findings) -> None:
    """Check which codes stand beside which.

    A code of the whole month excludes others in all of it. Of codes counted by visit or day the
    file shows that they stood on one visit or day only where they are more than these.
    """
    table, view = lines.table, lines.sheets.lines
    met = set(np.unique(lines.row).tolist())
    keys = {row.key for at, row in enumerate(table.rows) if at in met}
    rows = {key: table.row_of(key) for key in keys if key is not None}

    def add(rule: str, where: Flags, expected: str = "") -> None:
        findings.add(rule, view, "item_code", lines.at[where], expected)

    for members in table.groups.values():
        own = [key for key in members if key in rows]
        if len(own) > 1:
            monthly = [key for key in own if rows[key].per == "month"]
            claimed = {key: lines.having(lines.of_keys([key])).astype(np.int64) for key in own}
            beside = np.add.reduce(list(claimed.values())) > 1
            several = sum(claimed[key] for key in monthly) > 1
            several |= sum(lines.times(key) for key in own if key not in monthly) > lines.visits
            by_day = sum(lines.times(key) for key in own if rows[key].per == "day")
            several |= lines.has_total & (by_day > lines.days)
            wanted = lines.of_keys(own) & beside[lines.statement]
            add("two_of_a_group", wanted & several[lines.statement])
            # The addition is one, however it is divided: so is what a month may have of it.
            most = max(rows[key].max_per_month or NO_LIMIT for key in own)
            over = (lines.summed(lines.number("count"), wanted) > most) & ~several
            add("group_over_maximum", wanted & over[lines.statement], f"≤ {most}")
    for key, needed in table.only_with.items():
        beside = lines.having(lines.of_keys(needed))
        add("needs_other_code", lines.of_keys([key]) & ~beside[lines.statement])
    pairs = [(one, other) for one, others in table.not_with.items() for other in others]
    for key, other in pairs:
        if key in rows and other in rows:
            there = lines.having(lines.of_keys([other]))
            both = sure = lines.of_keys([key]) & there[lines.statement]
            if "month" not in (rows[key].per, rows[other].per):
                times = lines.times(key) + lines.times(other)
                sure = both & (times > lines.visits)[lines.statement]
            add("codes_not_together", sure, f"≠ {rows[other].item_code}")
            add("codes_together", both & ~sure, f"≠ {rows[other].item_code}")
    # What gives way on a visit is not claimed for it (送迎減算 where 同一建物減算 applies).
    yielding = [(key, other) for key, row in rows.items() for other in row.yields if other in rows]
    for key, other in yielding:
        both = lines.having(lines.of_keys([other]))
        both &= lines.times(key) + lines.times(other) > lines.visits
        wrong = lines.of_keys([key]) & both[lines.statement]
        add("codes_not_together", wrong, f"≠ {rows[other].item_code}")


def _check_services(lines: MonthLines, findings: Findings) -> None:
    """Find additions and ratios of a service that no visit of their statement is of."""
    rows, base = lines.table.rows, lines.kinds["base"]
    judged = lines.complete & lines.having(base)
    for service in SERVICES:
        of_service = lines.which(row.service == service for row in rows)
        there = lines.having(base & of_service)
        wrong = of_service & ~base & (judged & ~there)[lines.statement]
        findings.add("other_service", lines.sheets.lines, "item_code", lines.at[wrong])


def _check_shortfall(lines: MonthLines, findings: Findings) -> None:
    """Find additions that are not due of an office over its capacity or short of staff.

    Visits of its other days may have it, and the file has no days.
    """
    rows = lines.table.rows
    short = lines.having(lines.which(row.shortfall is not None for row in rows))
    groups = groups_not_with_shortfall(lines.table.month)
    barred = lines.which(row.group in groups for row in rows)
    at = lines.at[barred & short[lines.statement]]
    findings.add("not_with_shortfall", lines.sheets.lines, "item_code", at)


def _check_managed(lines: MonthLines, findings: Findings) -> None:
    sheets, totals = lines.sheets, lines.totals
    statement = sheets.of_total[totals]
    units = lines.number("service_units")
    inside = lines.summed(units, lines.managed)
    outside = lines.summed(units, ~lines.managed)
    known = totals[lines.complete[statement]]
    for name, sums in (("managed_units", inside), ("unmanaged_units", outside)):
        expected = placed(sums[statement], totals, len(sheets.totals))
        findings.differing("managed_units", sheets.totals, name, expected, known)


def _check_limit(lines: MonthLines, findings: Findings) -> None:
    sheets, totals = lines.sheets, lines.totals
    statement = sheets.of_total[totals]
    # Where the level changes within the month the limit is that of the heavier one.
    level = np.maximum(sheets.care_level, lines.heaviest)[statement]
    limits_of_month = benefit_limits(lines.table.month)
    limits = limits_of_month[level]
    expected = placed(limits, totals, len(sheets.totals))
    planned = sheets.totals.numbers("planned_units")[totals]
    over = (limits != UNKNOWN) & (planned > limits)
    # Where the certification began within the month, a heavier level may have held before.
    perhaps = over & sheets.certified_within[statement] & (planned <= limits_of_month.max())
    for rule, which in (("plan_over_limit", over & ~perhaps), ("plan_over_level", perhaps)):
        findings.add(rule, sheets.totals, "planned_units", totals[which], expected)


def _check_prices(sheets: Sheets, findings: Findings) -> None:
    totals, at = sheets.totals, sheets.ours
    price = totals.numbers("unit_price")
    month = totals.numbers("service_month")
    for one in np.unique(month[at]).tolist():
        of_month = at[month[at] == one]
        prices = unit_prices(one)
        known = np.unique(prices[prices != UNKNOWN])
        right = np.isin(price[of_month], known)
        listed = " / ".join(map(str, known.tolist()))
        findings.add("unit_price", totals, "unit_price", of_month[~right], listed)
        # One provider has one 地域区分 in a month.
        if right.any():
            good = of_month[right]
            counts = np.zeros((sheets.files, len(known)), dtype=np.int64)
            np.add.at(counts, (totals.file[good], np.searchsorted(known, price[good])), 1)
            usual = known[counts.argmax(axis=1)][totals.file]
            findings.differing("unit_price_of_others", totals, "unit_price", usual, good)

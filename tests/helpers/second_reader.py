"""A second reader of claim files, by plain CSV and item numbers, that checks every sum itself.

It shares nothing with the library: items are named by their number in the forms (様式第一, 第二).
"""

from __future__ import annotations

import calendar
import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

Cells = list[str]
Key = tuple[str, str, str, str]
# 共生型サービス: 単位数 is 0 or nothing (インタフェース仕様書 サービス事業所編 令和6年4月 ※4).
SYMBIOTIC = ("6364", "6365", "6366", "6367")


def item(cells: Cells, number: int) -> str:
    """An item of a data record, which begins with the record class and the running number."""
    return cells[number + 1]


def num(cells: Cells, number: int) -> int:
    """An item as a number; blank is 0."""
    return int(item(cells, number) or 0)


@dataclass
class Statement:
    """One 明細書: record 01, the lines (02 and 14) and record 10."""

    base: Cells = field(default_factory=list)
    lines: list[Cells] = field(default_factory=list)
    totals: list[Cells] = field(default_factory=list)


@dataclass
class Sheets:
    """A whole file."""

    control: Cells
    claims: list[Cells]
    statements: dict[Key, Statement]
    rows: list[Cells]


def read(path: Path) -> Sheets:
    """Read a file; every line must end in CR LF."""
    text = path.read_bytes().decode("cp932")
    assert text.endswith("\r\n")
    assert text.count("\r\n") == text.count("\n")
    rows = list(csv.reader(text.split("\r\n")[:-1], strict=True))
    statements: dict[Key, Statement] = defaultdict(Statement)
    claims = []
    for cells in rows[1:-1]:
        if item(cells, 1) == "7111":
            claims.append(cells)
            continue
        month, provider, insurer, insured = (item(cells, n) for n in (3, 4, 5, 6))
        own = statements[month, provider, insurer, insured]
        record = item(cells, 2)
        if record == "01":
            assert not own.base
            own.base = cells
        else:
            {"02": own.lines, "14": own.lines, "10": own.totals}[record].append(cells)
    return Sheets(rows[0], claims, dict(statements), rows)


def check(sheets: Sheets) -> None:
    """Every sum that must hold in a file."""
    _check_form(sheets)
    for statement in sheets.statements.values():
        _check_statement(statement)
    _check_claims(sheets)


def _check_form(sheets: Sheets) -> None:
    """B: counts and running numbers; widths of the forms."""
    rows = sheets.rows
    assert [int(cells[1]) for cells in rows] == list(range(1, len(rows) + 1))
    assert len(sheets.control) == 12
    assert sheets.control[0] == "1"
    assert sheets.control[4] == "711"
    assert int(sheets.control[3]) == len(rows) - 2
    assert rows[-1] == ["3", str(len(rows))]
    widths = {"01": 56, "02": 18, "14": 19, "10": 38}
    for cells in rows[1:-1]:
        width = 18 if item(cells, 1) == "7111" else widths[item(cells, 2)]
        assert len(cells) == width + 2
        assert cells[0] == "2"


def _check_statement(statement: Statement) -> None:
    base, lines = statement.base, statement.lines
    [total] = statement.totals
    year, month = int(item(base, 3)[:4]), int(item(base, 3)[4:])
    month_days = calendar.monthrange(year, month)[1]
    # C, D
    assert sum(num(line, 14) for line in lines) == num(total, 10) + num(total, 11)
    over = num(total, 10) > num(total, 9)
    whole = all(num(line, 14) == num(line, 15) for line in lines)
    if not over or whole:
        wanted = num(total, 14) if whole else sum(num(line, 15) for line in lines)
        assert num(total, 18) == wanted
    # E
    assert num(total, 14) == min(num(total, 9), num(total, 10)) + num(total, 11)
    assert num(total, 14) == num(base, 33)
    # F
    for of_total, of_base in ((16, 34), (17, 35), (18, 39), (19, 40), (20, 41)):
        assert num(total, of_total) == num(base, of_base)
    cost = num(total, 14) * num(total, 15) // 100
    assert cost == sum(num(total, n) for n in (16, 17, 19, 20))
    uninsured = item(base, 6).startswith("H")
    rate = 0 if uninsured else num(base, 29)
    assert num(total, 16) == cost * rate // 100
    # G
    for line in lines:
        if item(line, 8) in SYMBIOTIC:
            assert (num(line, 9), num(line, 10)) == (0, 1)
        else:
            assert num(line, 9) * num(line, 10) == num(line, 14)
        assert 1 <= num(line, 10) <= 99
        assert num(line, 11) <= num(line, 10)
    # H
    assert 1 <= num(total, 8) <= month_days
    first, last = f"{year}{month:02}01", f"{year}{month:02}{month_days}"
    assert item(base, 17) <= last
    assert item(base, 18) >= first
    for day in (21, 22):
        assert item(base, day) == "" or first <= item(base, day) <= last
    funds = item(base, 7) != ""
    assert funds == (item(base, 8) != "") == (num(base, 30) == 100)
    if not funds:
        assert [num(total, n) for n in (18, 19, 20)] == [0, 0, 0]


def _check_claims(sheets: Sheets) -> None:
    """A: 7111 is the sum of the statements."""
    insured = [one for key, one in sheets.statements.items() if not key[3].startswith("H")]
    by_law: dict[str, list[Statement]] = defaultdict(list)
    for one in sheets.statements.values():
        if item(one.base, 7):
            by_law[item(one.base, 7)[:2]].append(one)
    lines = {(item(cells, 4), item(cells, 5)): cells for cells in sheets.claims}
    assert len(lines) == len(sheets.claims)
    expected = {("2", law) for law in by_law} | ({("1", "0")} if insured else set())
    assert set(lines) == expected

    def summed(statements: list[Statement], number: int) -> int:
        return sum(num(one.base, number) for one in statements)

    if insured:
        cells = lines["1", "0"]
        assert num(cells, 7) == len(insured)
        assert num(cells, 8) == summed(insured, 33)
        assert num(cells, 10) == summed(insured, 34)
        assert num(cells, 11) == summed(insured, 40)
        assert num(cells, 12) == summed(insured, 35) + summed(insured, 41)
        assert num(cells, 9) == sum(num(cells, n) for n in (10, 11, 12))
    for law, statements in by_law.items():
        cells = lines["2", law]
        assert num(cells, 7) == len(statements)
        assert num(cells, 8) == summed(statements, 39)
        costs = [num(one.totals[0], 18) * num(one.totals[0], 15) // 100 for one in statements]
        assert num(cells, 9) == sum(costs)
        assert (num(cells, 10), num(cells, 12)) == (0, 0)
        assert num(cells, 11) == summed(statements, 40)
    for cells in sheets.claims:
        assert [num(cells, n) for n in range(13, 19)] == [0] * 6

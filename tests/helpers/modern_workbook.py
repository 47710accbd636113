"""A workbook in the layout of the tables since 2024, built from the grammar of their names.

The codes and the units of 2024's ordinary day care (type 15) are renamed to type 78: a form to
read, not a table to bill by. Units are 1 % and 70 % of each other as that table prints them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from pathlib import Path

from openpyxl import Workbook

# Units of 通所介護費(Ⅰ), 2024-06, by band and care level.
UNITS = {
    1: (370, 423, 479, 533, 588),
    2: (388, 444, 502, 560, 617),
    3: (570, 673, 777, 880, 984),
    4: (584, 689, 796, 901, 1008),
    5: (658, 777, 900, 1023, 1148),
    6: (669, 791, 915, 1041, 1168),
}
HOURS = {1: (3, 4), 2: (4, 5), 3: (5, 6), 4: (6, 7), 5: (7, 8), 6: (8, 9)}
WIDE = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789%"}
PREFIX = "地域通所介護"
LACKS = {"": "", "定超": "定員超過の場合", "人欠": "看護・介護職員が欠員の場合"}
REDUCTIONS = {"虐防": "高齢者虐待防止措置未実施減算", "業未": "業務継続計画未策定減算"}
INSIDE = ((), ("業未",), ("虐防",), ("虐防", "業未"))


@dataclass(frozen=True)
class Printed:
    """A row as printed: code, name, cells of conditions, units and 算定単位."""

    code: str
    name: str
    conditions: tuple[str, ...]
    units: int | None
    per: str = "1回につき"
    managed: int | None = None
    more: dict[str, str] = field(default_factory=dict)


def rounded(units: int, ratio: Fraction) -> int:
    return floor(units * ratio + Fraction(1, 2))


def composite(units: int, lack: str, inside: tuple[str, ...], short: bool) -> int:
    """定超・人欠 × 70 %, less 1 % of the unreduced units each, 2 to 3 hours × 70 %."""
    found = rounded(units, Fraction(7, 10)) if lack else units
    found -= len(inside) * rounded(units, Fraction(1, 100))
    return rounded(found, Fraction(7, 10)) if short else found


def _code(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return f"{digits[number // 1000]}{number % 1000:03}"


def base_rows() -> Iterator[Printed]:
    """Every band and level; 2 to 3 hours with every step; the lines of the two reductions."""
    number = 1000
    for lack, lack_text in LACKS.items():
        for inside in INSIDE:
            for level, units in enumerate(UNITS[2], 1):
                number += 1
                steps = "・".join(filter(None, (lack, *inside, "時減")))
                cells: tuple[str, ...] = (
                    lack_text,
                    "2時間以上3時間未満の場合",
                    *(f"{REDUCTIONS[one]} 1%減算" for one in inside),
                    f"要介護{level} {units}単位 × 70%",
                )
                name = f"{PREFIX}2{level}・{steps}"
                yield Printed(_code(number), name, cells, composite(units, lack, inside, True))
        for band, of_band in UNITS.items():
            for level, units in enumerate(of_band, 1):
                number += 1
                first, end = HOURS[band]
                ratio = " × 70%" if lack else ""
                cells = (
                    f"{first}時間以上{end}時間未満",
                    lack_text,
                    f"要介護{level} {units:,}単位{ratio}",
                )
                name = f"{PREFIX}{band}{level}" + (f"・{lack}" if lack else "")
                yield Printed(_code(number), name, cells, composite(units, lack, (), False))
    for letter, step, title in (
        ("C", "虐防", "高齢者虐待防止未実施減算"),
        ("D", "業未", "業務継続計画未策定減算"),
    ):
        for at, (band, level) in enumerate((b, n) for b in UNITS for n in range(1, 6)):
            units = -rounded(UNITS[band][level - 1], Fraction(1, 100))
            first, end = HOURS[band]
            cells = (
                REDUCTIONS[step],
                f"{first}時間以上{end}時間未満",
                f"要介護{level}",
                "所定単位数の1%減算",
            )
            yield Printed(f"{letter}{201 + at}", f"{PREFIX}{title}{band}{level}", cells, units)


def addition_rows() -> Iterator[Printed]:
    """延長加算1 to 5, and the additions that no bundled row explains."""
    for hour in range(1, 6):
        cells: tuple[str, ...] = (
            f"{8 + hour}時間以上{9 + hour}時間未満の場合",
            f"{50 * hour}単位加算",
        )
        yield Printed(f"66{hour:02}", f"{PREFIX}延長加算{hour}", cells, 50 * hour)
    yield Printed("6600", f"{PREFIX}感染症災害3%加算", ("所定単位数の 3% 加算",), None)
    yield Printed("5301", f"{PREFIX}入浴介助加算Ⅰ", ("40単位加算",), 40, "1日につき")
    yield Printed("5611", f"{PREFIX}同一建物減算", ("94単位減算",), -94, "1日につき", managed=0)
    month = "1月につき"
    for at in (1, 2):
        cells = (f"所定単位数の {13 - at}/1000 加算",)
        yield Printed(f"611{at}", f"{PREFIX}特定処遇改善加算{'ⅠⅡ'[at - 1]}", cells, None, month)
    cells = ("所定単位数の 11/1000 加算",)
    yield Printed("6120", f"{PREFIX}ベースアップ等支援加算", cells, None, month)
    for at in range(1, 15):
        cells = (f"所定単位数の {82 - 3 * at}/1000 加算",)
        yield Printed(f"63{80 + at}", f"{PREFIX}処遇改善加算Ⅴ{at}", cells, None, month)
    cells = ("所定単位数の 1/1000 加算",)
    yield Printed("8310", f"{PREFIX}令和3年9月30日までの上乗せ分", cells, None, month)


def modern_rows() -> list[Printed]:
    return [*base_rows(), *addition_rows()]


def full_width(row: Printed) -> Printed:
    return replace(row, name=row.name.translate(WIDE))


HEADINGS = ("種類", "項目", "サービス内容略称", "算定項目", "", "", "", "", "合成単位数")


def save(
    path: Path,
    rows: list[Printed],
    *,
    sheet: str = PREFIX,
    managed: bool = True,
    further: tuple[str, ...] = (),
) -> Path:
    """Write the rows below a heading, 給付管理単位数 beside 合成単位数, more columns behind."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(["7 地域密着型通所介護サービスコード表"])
    units = ["給付管理単位数"] if managed else []
    page.append([*HEADINGS, *units, "算定単位", *further])
    for row in rows:
        cells: list[str | int | None] = ["78", row.code, row.name]
        cells += [*row.conditions, *[None] * (5 - len(row.conditions)), row.units]
        cells += [row.units if row.managed is None else row.managed] if managed else []
        page.append([*cells, row.per, *(row.more.get(name) for name in further)])
    book.save(path)
    return path

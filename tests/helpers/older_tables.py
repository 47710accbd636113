"""Tables with the names of each revision from 2018-04 to 2024-04, as forms to read.

Bands, steps and additions are those of the time; the units of the base codes are those of
ordinary day care of 2024-06, or made up, and the codes are counted through. Nothing here is a
table to bill by.
"""

from __future__ import annotations

from collections.abc import Iterator

from chiiki_tsusho.law.code_rows import COLUMNS
from helpers.modern_workbook import HOURS, UNITS
from helpers.reference import half_up
from helpers.workbooks import Row, addition, rows_in

LACKS = {"": "", "over_capacity": "・定超", "understaffed": "・人欠"}
# 療養通所介護 by the visit: its durations in hours, and units.
BY_VISIT = {1: ((3, 6), 1007), 2: ((6, 8), 1511)}
BY_MONTH, BY_DAY = 12_345, 1_234
# The month whose bundled additions a table has: those of 2019-10 are the ones of 2018-04.
ADDITIONS_OF = {
    "2018-04": "201804",
    "2019-10": "201804",
    "2021-04": "202404",
    "2022-10": "202404",
    "2024-04": "202404",
}
SPECIFIC = [
    addition(
        "6112", "地域通所介護特定処遇改善加算Ⅰ", "所定単位数の 12/1000 加算", None, "1月につき"
    ),
    addition(
        "6113", "地域通所介護特定処遇改善加算Ⅱ", "所定単位数の 10/1000 加算", None, "1月につき"
    ),
]
SUPPLEMENT = addition(
    "8310",
    "地域通所介護令和3年9月30日までの上乗せ分",
    "所定単位数の 1/1000 加算",
    None,
    "1月につき",
)
BASE_UP = addition(
    "6120", "地域通所介護ベースアップ等支援加算", "所定単位数の 11/1000 加算", None, "1月につき"
)
ADDED = {
    "2018-04": [],
    "2019-10": SPECIFIC,
    "2021-04": [*SPECIFIC, SUPPLEMENT],
    "2022-10": [*SPECIFIC, BASE_UP],
    "2024-04": [*SPECIFIC, BASE_UP],
}


def base_rows(month: str) -> list[Row]:
    """Every base code of a month: bands, levels, 時減, 延長, 定超, 人欠 and 療養通所介護."""
    rows = [row for lack in LACKS for row in _day_care(lack, inside=month < "2021-04")]
    rows += [row for lack in LACKS for row in _medical(lack, month)]
    return [row | {"item_code": f"{1000 + at}"} for at, row in enumerate(rows)]


def _day_care(lack: str, *, inside: bool) -> Iterator[Row]:
    for level, base in enumerate(UNITS[2], 1):
        short = half_up(base, 700)
        yield _base(f"2{level}・時減", lack, (2, 3), base, short, level) | {
            "short_hours_per_mille": "700",
            "name": f"地域通所介護2{level}{LACKS[lack]}・時減",
        }
    for band, units in UNITS.items():
        for level, base in enumerate(units, 1):
            yield _base(f"{band}{level}", lack, HOURS[band], base, base, level)
    for hour in range(1, 6) if inside else ():
        for level, base in enumerate(UNITS[6], 1):
            row = _base(f"6{level}", lack, (8 + hour, 9 + hour), base, base, level)
            longer = str(int(row["units"]) + 50 * hour)
            yield row | {
                "name": f"{row['name']}・延{hour}",
                "extension_units": str(50 * hour),
                "units": longer,
                "published_units": longer,
            }


def _medical(lack: str, month: str) -> Iterator[Row]:
    medical = {"service": "medical_day_care", "care_level": ""}
    if month < "2021-04":
        for band, (hours, units) in BY_VISIT.items():
            row = _base("", lack, hours, units, units, 0)
            yield row | medical | {"name": f"地域療養通所介護{band}{LACKS[lack]}"}
        return
    whole = {"minutes_from": "0", "minutes_to": "1441", "care_level": ""}
    row = _base("", lack, (0, 24), BY_MONTH, BY_MONTH, 0) | medical | whole
    yield row | {"name": f"地域療養通所介護{LACKS[lack]}", "per": "month"}
    if month >= "2024-04":
        row = _base("", lack, (0, 24), BY_DAY, BY_DAY, 0) | whole
        yield row | {
            "name": f"短期利用地域療養通所介護{LACKS[lack]}",
            "service": "short_medical_day_care",
            "per": "day",
        }


def _base(name: str, lack: str, hours: tuple[int, int], base: int, units: int, level: int) -> Row:
    composite = str(half_up(units, 700) if lack else units)
    return dict.fromkeys(COLUMNS, "") | {
        "service_type": "78",
        "valid_to": "999999",
        "name": f"地域通所介護{name}{LACKS[lack]}",
        "kind": "base",
        "service": "day_care",
        "care_level": str(level),
        "minutes_from": str(60 * hours[0]),
        "minutes_to": str(60 * hours[1]),
        "shortfall": lack,
        "base_units": str(base),
        "shortfall_per_mille": "700" if lack else "",
        "extension_units": "0",
        "units": composite,
        "published_units": composite,
        "per": "visit",
        "max_per_visit": "1",
        "limit_managed": "1",
    }


def addition_rows(month: str) -> list[Row]:
    """The bundled additions and rates of the revision, their units printed."""
    rows = [row for row in rows_in(ADDITIONS_OF[month]) if row["kind"] != "base"]
    return [row | {"published_units": row["units"]} for row in rows]


def extension_rows(month: str) -> list[Row]:
    """延長 as additions of their own, in a table whose base codes have none inside."""
    return [
        addition(
            f"66{hour:02}",
            f"地域通所介護延長加算{hour}",
            f"{8 + hour}時間以上{9 + hour}時間未満の場合 {50 * hour}単位加算",
            50 * hour,
            "1回につき",
        )
        for hour in range(1, 6)
        if month >= "2021-04"
    ]

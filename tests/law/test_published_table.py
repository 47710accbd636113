"""The bundled tables against the published ones.

The left side of every comparison is a transcription of a printed table (printed/), the right
side is data/*.csv. The package is not imported: what is proved here is the law's data alone.
"""

import csv
import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from helpers import sources_page

ROOT: Final = Path(__file__).resolve().parents[2]
DATA: Final = ROOT / "data"
PRINTED: Final = Path(__file__).resolve().parent / "printed"

Row = dict[str, str]

HEADER: Final = (
    "service_type,item_code,valid_from,valid_to,name,kind,key,service,care_level,minutes_from,"
    "minutes_to,shortfall,base_units,short_hours_per_mille,shortfall_per_mille,extension_units,"
    "units,published_units,per_mille,rate_of,per,max_per_visit,max_per_month,yields_to,group,"
    "limit_managed,only_with,not_with,reductions,reduction_per_mille,confidence,source"
)


def read(path: Path) -> list[Row]:
    """Read a CSV as text, refusing rows that do not fit its header."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        assert None not in row, f"{path.name}: more cells than headings: {row}"
        assert None not in row.values(), f"{path.name}: fewer cells than headings: {row}"
    return rows


CODES: Final = read(DATA / "service_codes.csv")


def in_month(month: str) -> dict[str, Row]:
    """Return the rows in force in a month, by item code."""
    rows = [row for row in CODES if row["valid_from"] <= month <= row["valid_to"]]
    by_code = {row["item_code"]: row for row in rows}
    assert len(by_code) == len(rows), f"{month}: a code stands twice"
    return by_code


def half_up(value: Fraction) -> int:
    """Round half up to an integer, exactly."""
    return (value + Fraction(1, 2)).__floor__()


def number(text: str) -> int:
    """Read a printed figure: 1,007 is one thousand and seven."""
    return int(text.replace(",", ""))


# --- the printed table of 2016-04, repaired and parsed ------------------------------------------


class Repair(NamedTuple):
    """One damaged cell: what the scan shows, what stood there, and how that is known."""

    printed: str
    repaired: str
    reason: str


UPPER_BOUND: Final = "upper bound lost; the other two tables print it"
RATE_LOST: Final = "× 70% lost from a narrow cell; the composite beside it includes it"

REPAIRS: Final[dict[tuple[str, str], Repair]] = {
    ("1141", "heading"): Repair("", "イ 地域密着型通所介護費", "lost; 8401 prints it"),
    ("1541", "band"): Repair("9時間以上", "9時間以上 10時間未満", UPPER_BOUND),
    ("1641", "band"): Repair("10時間以上", "10時間以上 11時間未満", UPPER_BOUND),
    ("1741", "band"): Repair("11時間以上", "11時間以上 12時間未満", UPPER_BOUND),
    ("1751", "band"): Repair("12時間以上", "12時間以上 13時間未満", UPPER_BOUND),
    ("1756", "band"): Repair("13時間以上", "13時間以上 14時間未満", UPPER_BOUND),
    ("4140", "heading"): Repair("□ 療養通所介護費", "ロ 療養通所介護費", "misread ロ; see 9700"),
    ("8441", "item"): Repair(
        "注 (3) 日常生活上の世話をを行う場合", "注 (3) 日常生活上の世話を行う場合", "を is doubled"
    ),
    **{
        (code, "shortfall"): Repair("注 定員超過の場合", "注 定員超過の場合 × 70%", RATE_LOST)
        for code in ("8441", "8451", "8456", "8711", "8716", "8700")
    },
    ("8700", "heading"): Repair("コ 療養通所介護費", "ロ 療養通所介護費", "misread ロ; see 9700"),
    ("8701", "composite"): Repair("", "1,058", "slid past the end of the row"),
    ("8701", "past_end"): Repair("1,058", "", "belongs to 合成単位数"),
    ("9401", "heading"): Repair(
        "イ 地域密着型通所介護", "イ 地域密着型通所介護費", "last character lost"
    ),
    ("9411", "band"): Repair(
        "(1)3時間以上 6時間未満", "(1)3時間以上 5時間未満", "8411 and the next band: 5 hours"
    ),
    ("9700", "shortfall"): Repair(
        "人員差 率欠加 の場合",
        "注 看護・介護職員が欠員の場合 × 70%",
        "illegible; the heading of the table and the composite 705",
    ),
}

PER: Final = {
    "1回につき": "visit",
    "1日につき": "day",
    "1月につき": "month",
    "片道につき": "one_way",
}

# 算定単位 of the additions is merged away in print but for its first cell. As the unit table
# (指定地域密着型サービス介護給付費単位数表) has it; the rest are 1日につき.
COUNTED_PER_REPAIRED: Final = {
    "5605": "1回につき",
    "5606": "1回につき",
    "5612": "片道につき",
    "6100": "1回につき",
    "6101": "1回につき",
    "6102": "1回につき",
    "6103": "1回につき",
    "6107": "1月につき",
    "6104": "1月につき",
    "6105": "1月につき",
    "6106": "1月につき",
}

# 中山間 is printed 1日につき and computed once on the month's sum, being outside the limit.
READ_PER_MONTH: Final = {"8110"}

LIMITS: Final = ("max_per_visit", "max_per_month", "yields_to", "group", "limit_managed")
COMPANY: Final = ("only_with", "not_with")

# What no printed cell says: whose addition it is, its key, what it excludes.
ADDITIONS_2016: Final = {
    # item code: key, service, largest in a visit, in a month, yields to, group, limit managed
    "8110": ("rural_area", "both", "1", "", "", "", "0"),
    "5301": ("bathing", "day_care", "1", "", "", "", "1"),
    "5306": ("moderate_severe_care", "day_care", "1", "", "", "", "1"),
    "5051": ("functional_training_1", "day_care", "1", "", "", "", "1"),
    "5052": ("functional_training_2", "day_care", "1", "", "", "", "1"),
    "5305": ("dementia_care", "day_care", "1", "", "", "", "1"),
    "6109": ("early_onset_dementia", "day_care", "1", "", "dementia_care", "", "1"),
    "5605": ("nutrition_improvement", "day_care", "1", "2", "", "", "1"),
    "5606": ("oral_function", "day_care", "1", "2", "", "", "1"),
    "5613": ("individual_transport", "medical_day_care", "1", "", "", "", "1"),
    "5614": ("bathing_system", "medical_day_care", "1", "", "", "", "1"),
    "5611": ("same_building", "both", "1", "", "", "", "1"),
    "5612": ("no_transport", "both", "2", "", "same_building", "", "1"),
    "6100": ("service_provision_1i", "day_care", "1", "", "", "service_provision", "0"),
    "6101": ("service_provision_1ro", "day_care", "1", "", "", "service_provision", "0"),
    "6102": ("service_provision_2", "day_care", "1", "", "", "service_provision", "0"),
    "6103": ("service_provision_3", "medical_day_care", "1", "", "", "service_provision", "0"),
    "6107": ("treatment_improvement_1", "both", "1", "", "", "treatment_improvement", "0"),
    "6104": ("treatment_improvement_2", "both", "1", "", "", "treatment_improvement", "0"),
    "6105": ("treatment_improvement_3", "both", "1", "", "", "treatment_improvement", "0"),
    "6106": ("treatment_improvement_4", "both", "1", "", "", "treatment_improvement", "0"),
}

BLANK_ON_BASE: Final = (
    "key",
    "per_mille",
    "rate_of",
    "max_per_month",
    "yields_to",
    "group",
    *COMPANY,
)
BASE_ONLY: Final = (
    "care_level",
    "minutes_from",
    "minutes_to",
    "shortfall",
    "base_units",
    "short_hours_per_mille",
    "shortfall_per_mille",
    "extension_units",
)

AS_PRINTED: Final = read(PRINTED / "service_codes_201604.csv")


def repaired_table() -> list[Row]:
    """Return the printed rows with the repairs applied and merged cells carried down."""
    rows: list[Row] = []
    carried: Row = {}
    section = ""
    for printed in AS_PRINTED:
        row = dict(printed)
        for (code, column), repair in REPAIRS.items():
            if code == row["item_code"]:
                row[column] = repair.repaired
        if row["section"] != section:
            section, carried = row["section"], {}
        if section != "additions":
            for column in ("heading", "band", "shortfall"):
                carried[column] = row[column] or carried.get(column, "")
                row[column] = carried[column]
        rows.append(row)
    return rows


REPAIRED: Final = repaired_table()
BASE: Final = [row for row in REPAIRED if row["section"] != "additions"]
ADDED: Final = [row for row in REPAIRED if row["section"] == "additions"]
BASE_IDS: Final = [row["item_code"] for row in BASE]
ADDED_IDS: Final = [row["item_code"] for row in ADDED]

BAND: Final = re.compile(r"(?:注 |\(\d\) ?)?(\d+)時間以上 ?(\d+)時間未満")
BASE_FORMULA: Final = re.compile(
    r"(?:要介護([1-5]) )?([\d,]+) ?単位(?: × (\d+)%)?(?: \+ (\d+) ?単位)?"
)
SHORTFALLS: Final = {
    "注 定員超過の場合 × 70%": ("over_capacity", "over_capacity", 700),
    "注 看護・介護職員が欠員の場合 × 70%": ("understaffed", "understaffed", 700),
    "": ("regular", "", 0),
}
SERVICES: Final = {
    "イ 地域密着型通所介護費": "day_care",
    "ロ 療養通所介護費": "medical_day_care",
}


class Steps(NamedTuple):
    """A base row's printed formula, read."""

    care_level: str
    base: int
    short_hours: int
    shortfall: str
    shortfall_per_mille: int
    extension: int

    @property
    def units(self) -> int:
        """The composite: the reductions one at a time, each rounded, then the extension."""
        units = self.base
        for per_mille in (self.short_hours, self.shortfall_per_mille):
            if per_mille:
                units = half_up(Fraction(units * per_mille, 1000))
        return units + self.extension


def steps_of(row: Row) -> Steps:
    """Parse the formula and the shortfall cell of a base row."""
    match = BASE_FORMULA.fullmatch(row["formula"])
    assert match, row
    level, base, percent, extension = match.groups()
    section, shortfall, per_mille = SHORTFALLS[row["shortfall"]]
    assert section == row["section"], row
    return Steps(
        care_level=level or "",
        base=number(base),
        short_hours=int(percent or 0) * 10,
        shortfall=shortfall,
        shortfall_per_mille=per_mille,
        extension=int(extension or 0),
    )


def text(value: int) -> str:
    """Write a per mille as the table does: blank where there is none."""
    return str(value) if value else ""


# --- 2016-04 -------------------------------------------------------------------------------------


def test_the_transcription_has_every_printed_row_once() -> None:
    """47 rows in each of the three base tables, and 21 additions."""
    assert Counter(row["section"] for row in AS_PRINTED) == {
        "regular": 47,
        "additions": 21,
        "over_capacity": 47,
        "understaffed": 47,
    }
    assert len({row["item_code"] for row in AS_PRINTED}) == 162


@pytest.mark.parametrize(("code", "column"), REPAIRS, ids="-".join)
def test_each_repair_meets_the_damage_it_describes(code: str, column: str) -> None:
    """A repair replaces exactly the cell the scan shows, and says why."""
    (row,) = [row for row in AS_PRINTED if row["item_code"] == code]
    repair = REPAIRS[code, column]
    assert row[column] == repair.printed
    assert repair.repaired != repair.printed
    assert repair.reason


def test_no_printed_cell_is_left_past_the_end() -> None:
    """The one cell that slid out of the table is back in its column."""
    assert [row["past_end"] for row in REPAIRED] == [""] * 162


def test_the_table_of_2016_holds_exactly_the_printed_codes_and_names() -> None:
    """No code more, none less, each name letter for letter."""
    printed = {row["item_code"]: row["name"] for row in AS_PRINTED}
    assert {code: row["name"] for code, row in in_month("201604").items()} == printed


def test_counts_by_kind_in_2016() -> None:
    """141 base rows, 16 additions, 5 rates; in 2017 one step of 処遇改善 more."""
    assert Counter(row["kind"] for row in in_month("201604").values()) == {
        "base": 141,
        "addition": 16,
        "rate": 5,
    }
    assert Counter(row["kind"] for row in in_month("201704").values()) == {
        "base": 141,
        "addition": 16,
        "rate": 6,
    }


@pytest.mark.parametrize("printed", BASE, ids=BASE_IDS)
def test_base_row_is_as_printed(printed: Row) -> None:
    """Every column of a base row follows from its printed cells."""
    row = in_month("201604")[printed["item_code"]]
    steps = steps_of(printed)
    band = BAND.fullmatch(printed["band"])
    assert band, printed
    expected = {
        "kind": "base",
        "service": SERVICES[printed["heading"]],
        "care_level": steps.care_level,
        "minutes_from": str(int(band[1]) * 60),
        "minutes_to": str(int(band[2]) * 60),
        "shortfall": steps.shortfall,
        "base_units": str(steps.base),
        "short_hours_per_mille": text(steps.short_hours),
        "shortfall_per_mille": text(steps.shortfall_per_mille),
        "extension_units": str(steps.extension),
        "units": str(steps.units),
        "published_units": printed["composite"].replace(",", ""),
        "per": "visit",
        "max_per_visit": "1",
        "limit_managed": "1",
        "source": "kokubunji_2016",
    } | dict.fromkeys(BLANK_ON_BASE, "")
    assert {column: row[column] for column in expected} == expected


@pytest.mark.parametrize("printed", BASE, ids=BASE_IDS)
def test_base_name_says_the_same_as_the_formula(printed: Row) -> None:
    """地域通所介護15・人欠・時減 spells band, level, shortfall, reduction and extension."""
    row = in_month("201604")[printed["item_code"]]
    match = re.fullmatch(
        r"地域(療養)?通所介護(\d)(\d)?(?:・(定超|人欠))?(・時減)?(?:・延(\d))?", row["name"]
    )
    assert match, row["name"]
    medical, slot, level, shortfall, short, extension = match.groups()
    hours = {
        **{("", s): h for s, h in {"1": (3, 5), "2": (5, 7), "3": (7, 9)}.items()},
        **{("療養", s): h for s, h in {"1": (3, 6), "2": (6, 8)}.items()},
    }[medical or "", slot]
    if short:
        hours = (2, 3)
    if extension:
        hours = (8 + int(extension), 9 + int(extension))
    assert (row["minutes_from"], row["minutes_to"]) == (str(hours[0] * 60), str(hours[1] * 60))
    assert row["service"] == ("medical_day_care" if medical else "day_care")
    assert row["care_level"] == (level or "")
    assert row["shortfall"] == {"定超": "over_capacity", "人欠": "understaffed"}.get(shortfall, "")
    assert row["short_hours_per_mille"] == ("700" if short else "")
    assert row["extension_units"] == str(50 * int(extension or 0))


def test_every_printed_composite_is_kept_and_equals_its_steps() -> None:
    """68 base rows and 16 additions still print 合成単位数; the others stay blank."""
    month = in_month("201604")
    kept = {code: row["published_units"] for code, row in month.items() if row["published_units"]}
    printed = {r["item_code"]: str(number(r["composite"])) for r in REPAIRED if r["composite"]}
    assert kept == printed
    assert Counter(month[code]["kind"] for code in kept) == {"base": 68, "addition": 16}
    assert {code: month[code]["units"] for code in kept} == printed


def test_understaffing_prints_what_over_capacity_lost() -> None:
    """The whole 人欠 table is legible, and 定超 takes the same 70 %: 47 pairs, equal units."""
    month = in_month("201604")
    condition = ("service", "care_level", "minutes_from", "minutes_to")
    pairs: dict[str, dict[tuple[str, ...], str]] = {"over_capacity": {}, "understaffed": {}}
    for row in month.values():
        if row["shortfall"]:
            pairs[row["shortfall"]][tuple(row[c] for c in condition)] = row["units"]
    legible = [row for row in BASE if row["section"] == "understaffed" and row["composite"]]
    assert len(legible) == len(pairs["understaffed"]) == 47
    assert pairs["over_capacity"] == pairs["understaffed"]


def test_row_9405_rounds_after_each_step() -> None:
    """678 → 475 → 333 as printed; the two ratios in one step would give 332."""
    (printed,) = [row for row in REPAIRED if row["item_code"] == "9405"]
    row = in_month("201604")["9405"]
    first = half_up(Fraction(678 * 700, 1000))
    second = half_up(Fraction(first * 700, 1000))
    assert (first, second) == (475, 333)
    assert half_up(Fraction(678 * 700 * 700, 1_000_000)) == 332
    assert printed["composite"] == row["units"] == row["published_units"] == "333"
    assert row["base_units"] == "678"
    assert (row["short_hours_per_mille"], row["shortfall_per_mille"]) == ("700", "700")


@pytest.mark.parametrize("printed", ADDED, ids=ADDED_IDS)
def test_addition_is_as_printed(printed: Row) -> None:
    """Units or ratio from the formula cell, 算定単位, and what the table adds to it."""
    code = printed["item_code"]
    row = in_month("201604")[code]
    formula = printed["formula"]
    if match := re.fullmatch(r"(\d+) 単位(加算|減算)", formula):
        units = str(int(match[1]) * (1 if match[2] == "加算" else -1))
        figures = ("addition", units, units, "", "")
        assert number(printed["composite"]) == int(units)
    elif match := re.fullmatch(r"所定単位数の (\d+)% 加算", formula):
        figures = ("rate", "", "", str(int(match[1]) * 10), "base_lines")
    elif match := re.fullmatch(r"所定単位数の (\d+)/1000 加算", formula):
        figures = ("rate", "", "", match[1], "all_lines")
    else:
        match = re.fullmatch(r"\((\d)\)で算定した単位数の (\d+)% 加算", formula)
        assert match, formula
        (of,) = [r["item_code"] for r in ADDED if r["item"].startswith(f"({match[1]}) 介護職員")]
        figures = ("rate", "", "", str(int(match[2]) * 10), ADDITIONS_2016[of][0])
    columns = ("kind", "units", "published_units", "per_mille", "rate_of")
    assert tuple(row[c] for c in columns) == figures

    counted = COUNTED_PER_REPAIRED.get(code, "1日につき")
    assert printed["counted_per"] in ("", counted)
    assert row["per"] == ("month" if code in READ_PER_MONTH else PER[counted])

    assert tuple(row[c] for c in ("key", "service", *LIMITS)) == ADDITIONS_2016[code]
    assert row["source"] == "kokubunji_2016"


# --- periods -------------------------------------------------------------------------------------

RATES_2017: Final = {
    "6108": ("地域通所介護処遇改善加算Ⅰ", "treatment_improvement_1", "59", "all_lines"),
    "6107": ("地域通所介護処遇改善加算Ⅱ", "treatment_improvement_2", "43", "all_lines"),
    "6104": ("地域通所介護処遇改善加算Ⅲ", "treatment_improvement_3", "23", "all_lines"),
    "6105": (
        "地域通所介護処遇改善加算Ⅳ",
        "treatment_improvement_4",
        "900",
        "treatment_improvement_3",
    ),
    "6106": (
        "地域通所介護処遇改善加算Ⅴ",
        "treatment_improvement_5",
        "800",
        "treatment_improvement_3",
    ),
    "8110": ("地域通所介護中山間地域等提供加算", "rural_area", "50", "base_lines"),
}


def test_header_and_order_of_the_code_table() -> None:
    """The columns in their fixed order; rows by first month, then code; LF line ends."""
    raw = (DATA / "service_codes.csv").read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8").split("\n", 1)[0] == HEADER
    order = [(row["valid_from"], row["item_code"]) for row in CODES]
    assert order == sorted(order)


def test_rows_by_period_and_kind() -> None:
    """Each period holds its rows and no others."""
    assert Counter((row["valid_from"], row["valid_to"], row["kind"]) for row in CODES) == {
        ("201604", "201803", "base"): 141,
        ("201604", "201803", "addition"): 16,
        ("201604", "201703", "rate"): 5,
        ("201704", "201803", "rate"): 6,
        ("201804", "201909", "base"): 30,
        ("201804", "201909", "addition"): 18,
        ("201804", "201909", "rate"): 10,
        ("201910", "202103", "base"): 5,
        ("201910", "202103", "addition"): 1,
        ("201910", "202103", "rate"): 1,
        ("202104", "202403", "base"): 27,
        ("202104", "202403", "addition"): 10,
        ("202104", "202405", "rate"): 3,
        ("202404", "202605", "base"): 30,
        ("202404", "202605", "addition"): 26,
        ("202404", "202605", "rate"): 5,
        ("202406", "202605", "rate"): 4,
        ("202606", "999999", "base"): 30,
        ("202606", "999999", "addition"): 26,
        ("202606", "999999", "rate"): 11,
    }


@pytest.mark.parametrize(
    ("month", "rows"),
    [
        ("201603", 0),
        ("201604", 162),
        ("201703", 162),
        ("201704", 163),
        ("201803", 163),
        ("201804", 58),
        ("201909", 58),
        ("201910", 7),
        ("202103", 7),
        ("202104", 40),
        ("202403", 40),
        ("202404", 64),
        ("202405", 64),
        ("202406", 65),
        ("202605", 65),
        ("202606", 67),
    ],
)
def test_first_and_last_months(month: str, rows: int) -> None:
    """Every period at its edges, one month before and after."""
    assert len(in_month(month)) == rows


def test_periods_of_one_code_and_of_one_key_never_overlap() -> None:
    """Two rows of one code, or of one key, are never in force together."""
    for column in ("item_code", "key"):
        by_value: dict[str, list[tuple[str, str]]] = {}
        for row in CODES:
            assert re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", row["valid_from"])
            assert re.fullmatch(r"\d{4}(0[1-9]|1[0-2])|999999", row["valid_to"])
            assert row["valid_from"] <= row["valid_to"]
            if row[column]:
                by_value.setdefault(row[column], []).append((row["valid_from"], row["valid_to"]))
        for value, periods in by_value.items():
            periods.sort()
            for (_, end), (start, _) in pairwise(periods):
                assert end < start, f"{column} {value}: {periods}"


def test_rates_of_2017() -> None:
    """処遇改善 in five steps, the last two of the third; 中山間 as before."""
    rows = [row for row in CODES if row["valid_from"] == "201704"]
    columns = ("name", "key", "per_mille", "rate_of")
    assert {r["item_code"]: tuple(r[c] for c in columns) for r in rows} == RATES_2017
    for row in rows:
        group = "" if row["key"] == "rural_area" else "treatment_improvement"
        assert tuple(row[c] for c in LIMITS) == ("1", "", "", group, "0")
        assert (row["kind"], row["per"]) == ("rate", "month")
        assert (row["service"], row["source"]) == ("both", "revision_2017")


# --- 2024-04 and 2026-06 -------------------------------------------------------------------------

AS_PUBLISHED_2026: Final = read(PRINTED / "service_codes_202606.csv")
HIGH: Final = [row for row in AS_PUBLISHED_2026 if row["confidence"] == "high"]
BASE_2026: Final = [row for row in HIGH if row["care_level"]]

# 共生型: the notice multiplies 所定単位数 by 93, 95, 90, 90 / 100.
SYMBIOTIC: Final = {
    "6364": ("symbiotic_life_care", 93),
    "6365": ("symbiotic_self_reliance", 95),
    "6366": ("symbiotic_child_development", 90),
    "6367": ("symbiotic_after_school", 90),
}

ADDITIONS_2026: Final = {
    # item code: key, largest in a visit, in a month, yields to, group, limit managed
    "5301": ("bathing_1", "1", "", "", "bathing", "1"),
    "5303": ("bathing_2", "1", "", "", "bathing", "1"),
    "5051": ("functional_training_1i", "1", "", "", "functional_training_1", "1"),
    "5053": ("functional_training_1ro", "1", "", "", "functional_training_1", "1"),
    "5052": ("functional_training_2", "1", "", "", "", "1"),
    "6361": ("science_based_care", "1", "", "", "", "1"),
    "6099": ("service_provision_1", "1", "", "", "service_provision", "0"),
    "6100": ("service_provision_2", "1", "", "", "service_provision", "0"),
    "6102": ("service_provision_3", "1", "", "", "service_provision", "0"),
    "6108": ("treatment_improvement_1i", "1", "", "", "treatment_improvement", "0"),
    "6183": ("treatment_improvement_1ro", "1", "", "", "treatment_improvement", "0"),
    "6107": ("treatment_improvement_2i", "1", "", "", "treatment_improvement", "0"),
    "6184": ("treatment_improvement_2ro", "1", "", "", "treatment_improvement", "0"),
    "6104": ("treatment_improvement_3", "1", "", "", "treatment_improvement", "0"),
    "6380": ("treatment_improvement_4", "1", "", "", "treatment_improvement", "0"),
    "5306": ("moderate_severe_care", "1", "", "", "", "1"),
    "5305": ("dementia_care", "1", "", "", "", "1"),
    "6109": ("early_onset_dementia", "1", "", "dementia_care", "", "1"),
    "5605": ("nutrition_improvement", "1", "2", "", "", "1"),
    "5606": ("oral_function_1", "1", "2", "", "oral_function", "1"),
    "6201": ("oral_nutrition_screening_2", "1", "1", "", "oral_nutrition_screening", "1"),
    "4002": ("life_function_cooperation_2i", "1", "", "", "life_function_cooperation", "1"),
    "4003": ("life_function_cooperation_2ro", "1", "", "", "life_function_cooperation", "1"),
    "6350": ("life_counsellor", "1", "", "", "", "1"),
    "8110": ("rural_area", "1", "", "", "", "0"),
    # The limit is managed with the units before the reduction since 2021-04 (revision of 令和3年).
    "5611": ("same_building", "1", "", "", "", "0"),
    "5612": ("no_transport", "2", "", "same_building", "", "1"),
} | {code: (key, "1", "", "", "symbiotic_service", "1") for code, (key, _) in SYMBIOTIC.items()}


# 老企第36号 第二の7 (comparison of 2024-04): 生活相談員配置等 only beside 共生型サービス;
# 中重度者ケア体制 and 認知症 not while it is claimed.
COMPANY_2026: Final = {
    "6350": (" ".join(key for key, _ in SYMBIOTIC.values()), ""),
    "5305": ("", " ".join(key for key, _ in SYMBIOTIC.values())),
    "5306": ("", " ".join(key for key, _ in SYMBIOTIC.values())),
    # 告示第19号 別表 6 注17: 栄養アセスメント not while 栄養改善 is claimed.
    "5605": ("", "nutrition_assessment"),
    # 注12: 連携 (Ⅰ) not with 個別機能訓練; (Ⅱ) 200 units without it, 100 with it.
    "4002": ("", "functional_training_1i functional_training_1ro"),
    "4003": ("functional_training_1i functional_training_1ro", ""),
    # 注13: (Ⅱ) is 20 units a month on top of (Ⅰ).
    "5052": ("functional_training_1i functional_training_1ro", ""),
}


def test_2026_holds_what_is_established_and_nothing_weaker() -> None:
    """46 codes high, 15 medium; 6 more whose code type 15 confirms, since 2024-04."""
    assert Counter(row["confidence"] for row in AS_PUBLISHED_2026) == {
        "high": 46,
        "medium": 15,
        "low": 6,
    }
    month = in_month("202606")
    weak = {row["item_code"] for row in AS_PUBLISHED_2026 if row["confidence"] == "low"}
    assert weak == {"4001", "5608", "6116", "6202", "6338", "6339"}
    expected = {
        row["item_code"]: row["name"] for row in AS_PUBLISHED_2026 if row["item_code"] not in weak
    }
    found = {code: row["name"] for code, row in month.items() if code not in weak}
    assert found == expected
    medium = {code for code, row in month.items() if row["source"] == "notice_2026_medium"}
    assert medium == {r["item_code"] for r in AS_PUBLISHED_2026 if r["confidence"] == "medium"}
    of_type_15 = {code for code, row in month.items() if row["source"] == "notice_2026_type15"}
    assert of_type_15 == weak
    assert {month[code]["confidence"] for code in medium | weak} == {"medium"}


@pytest.mark.parametrize("month", ["202404", "202606"])
@pytest.mark.parametrize("published", BASE_2026, ids=lambda row: row["item_code"])
def test_base_row_of_2024_and_2026(published: Row, month: str) -> None:
    """The 30 base codes in six one-hour bands; nothing but the units themselves."""
    row = in_month(month)[published["item_code"]]
    composite = published["units"] if month == "202606" else ""
    expected = {
        "name": published["name"],
        "kind": "base",
        "service": "day_care",
        "care_level": published["care_level"],
        "minutes_from": str(60 * int(published["hours_from"])),
        "minutes_to": str(60 * int(published["hours_to"])),
        "shortfall": "",
        "base_units": published["units"],
        "short_hours_per_mille": "",
        "shortfall_per_mille": "",
        "extension_units": "0",
        "units": published["units"],
        "published_units": composite,
        "per": PER[published["per"]],
        "max_per_visit": "1",
        "limit_managed": "1",
        "source": "workbook_2026" if composite else "revision_2024",
    } | dict.fromkeys(BLANK_ON_BASE, "")
    assert {column: row[column] for column in expected} == expected


def test_the_hours_of_2024_and_2026_leave_no_gap() -> None:
    """From three hours to nine, every level once in every band."""
    expected = {(str(lv), str(60 * h), str(60 * h + 60)) for h in range(3, 9) for lv in range(1, 6)}
    for month in ("202404", "202606"):
        bands = [
            (row["care_level"], row["minutes_from"], row["minutes_to"])
            for row in in_month(month).values()
            if row["kind"] == "base"
        ]
        assert len(bands) == 30
        assert set(bands) == expected


@pytest.mark.parametrize(
    "published",
    [r for r in AS_PUBLISHED_2026 if not r["care_level"] and r["confidence"] != "low"],
    ids=lambda row: row["item_code"],
)
def test_addition_of_2026(published: Row) -> None:
    """Units or ratio as published, counted as published, with its key and its limits."""
    code = published["item_code"]
    row = in_month("202606")[code]
    if code in SYMBIOTIC:
        figures = ("rate", "", str(10 * (SYMBIOTIC[code][1] - 100)), "base_lines", "month")
    elif published["per_mille"]:
        rate_of = "base_lines" if code == "8110" else "all_lines"
        figures = ("rate", "", published["per_mille"], rate_of, "month")
    else:
        figures = ("addition", published["units"], "", "", PER[published["per"]])
    columns = ("kind", "units", "per_mille", "rate_of", "per")
    assert tuple(row[c] for c in columns) == figures
    if code not in SYMBIOTIC and code not in READ_PER_MONTH:
        assert row["per"] == PER[published["per"]]
    assert tuple(row[c] for c in ("key", *LIMITS)) == ADDITIONS_2026[code]
    assert tuple(row[c] for c in COMPANY) == COMPANY_2026.get(code, ("", ""))
    assert row["service"] == "day_care"
    printed = row["kind"] == "addition" and row["source"] == "workbook_2026"
    assert row["published_units"] == (row["units"] if printed else "")


@pytest.mark.parametrize(("code", "percent"), [(c, p) for c, (_, p) in SYMBIOTIC.items()])
def test_the_symbiotic_reduction_equals_the_multiplication(code: str, percent: int) -> None:
    """On one sum, units + half_up(units × −7 %) is half_up(units × 93 %)."""
    per_mille = int(in_month("202606")[code]["per_mille"])
    for units in range(1, 5001):
        reduced = units + half_up(Fraction(units * per_mille, 1000))
        assert reduced == half_up(Fraction(units * percent, 100))


# --- every row -----------------------------------------------------------------------------------


def test_cells_that_do_not_belong_to_a_kind_are_blank() -> None:
    """No base column on an addition, no units on a rate, no ratio elsewhere."""
    for row in CODES:
        assert row["service_type"] == "78"
        assert re.fullmatch(r"\d{4}", row["item_code"])
        blank = {
            "base": BLANK_ON_BASE,
            "addition": (*BASE_ONLY, "per_mille", "rate_of"),
            "rate": (*BASE_ONLY, "units", "published_units"),
        }[row["kind"]]
        assert {column: row[column] for column in blank} == dict.fromkeys(blank, ""), row
        filled = {
            "base": ("base_units", "extension_units", "units"),
            "addition": ("key", "units"),
            "rate": ("key", "per_mille", "rate_of"),
        }[row["kind"]]
        assert all(row[column] for column in (*filled, "name", "service", "per", "source")), row


def test_keys_that_a_row_refers_to_are_there_in_its_months() -> None:
    """rate_of and the lists of keys name keys in force in the same months."""
    for month in ("201604", "201704", "202404", "202606"):
        rows = in_month(month).values()
        rates = {row["key"] for row in rows if row["kind"] == "rate"}
        keys = {row["key"] for row in rows if row["key"]}
        for row in rows:
            for column in ("yields_to", *COMPANY):
                assert set(row[column].split()) <= keys
            if row["kind"] == "rate":
                assert row["rate_of"] in rates | {"base_lines", "all_lines"}


OF_THE_LAW: Final = (
    "service_codes.csv",
    "unit_prices.csv",
    "benefit_limits.csv",
    "benefit_rates.csv",
    "public_funds.csv",
    "insured_persons.csv",
    "not_with_shortfall.csv",
    "services.csv",
    "addition_names.csv",
    "claim_file_layout.csv",
    "care_plan_layout.csv",
    "return_codes.csv",
    "known_additions.csv",
)


def test_every_source_is_a_document_and_every_document_is_used() -> None:
    """The ids of sources.csv are those that the tables name, and no others.

    The rules of councils and filings have documents of their own.
    """
    documents = [row["id"] for row in read(DATA / "sources.csv")]
    named = {row["source"] for table in OF_THE_LAW for row in read(DATA / table)}
    assert sorted(documents) == sorted(named)


def test_no_row_is_surer_than_its_source() -> None:
    """A row says how sure it is; high only where its document is."""
    strength = {row["id"]: row["strength"] for row in read(DATA / "sources.csv")}
    for row in CODES:
        assert row["confidence"] in ("high", "medium")
        assert row["confidence"] == "medium" or strength[row["source"]] == "high"


def test_what_rests_on_our_own_reading_is_marked() -> None:
    """Known by name for imports: low is what a source only hints at."""
    strength = {row["id"]: row["strength"] for row in read(DATA / "sources.csv")}
    rows = {row["key"]: row for row in read(DATA / "known_additions.csv")}
    low = {key for key, row in rows.items() if row["confidence"] == "low"}
    assert low == {"infection_disaster", "supplement_2021"}
    for row in rows.values():
        assert row["confidence"] != "high" or strength[row["source"]] == "high"


def test_the_page_of_sources_is_that_of_the_tables() -> None:
    """SOURCES.md says what sources.csv and not_bundled.csv say.

    To write it anew: ``python -m helpers.sources_page`` in the folder of the tests.
    """
    page = sources_page.PAGE.read_text("utf-8")
    assert page == sources_page.written(page)


# --- money ---------------------------------------------------------------------------------------


def test_unit_prices() -> None:
    """10 yen × (1 + uplift × 45 %), half up to 0.01 yen, for each 地域区分."""
    uplifts = {"1": 20, "2": 16, "3": 15, "4": 12, "5": 10, "6": 6, "7": 3, "other": 0}
    rows = read(DATA / "unit_prices.csv")
    assert list(rows[0]) == [
        "area_grade",
        "personnel_class",
        "valid_from",
        "valid_to",
        "unit_price",
        "source",
    ]
    assert {row["area_grade"]: row["unit_price"] for row in rows} == {
        grade: str(half_up(1000 * (1 + Fraction(uplift, 100) * Fraction(45, 100))))
        for grade, uplift in uplifts.items()
    }
    printed = ["10.90", "10.72", "10.68", "10.54", "10.45", "10.27", "10.14", "10.00"]
    assert [row["unit_price"] for row in rows] == [p.replace(".", "") for p in printed]
    for row in rows:
        assert (row["personnel_class"], row["valid_from"], row["valid_to"]) == (
            "45",
            "201504",
            "999999",
        )


def test_benefit_limits() -> None:
    """Five limits to 2019-09, five from 2019-10, beginning with the service itself."""
    rows = read(DATA / "benefit_limits.csv")
    assert list(rows[0]) == ["care_level", "valid_from", "valid_to", "units", "source"]
    columns = ("care_level", "valid_from", "valid_to", "units")
    assert [tuple(row[c] for c in columns) for row in rows] == [
        ("1", "201604", "201909", "16692"),
        ("2", "201604", "201909", "19616"),
        ("3", "201604", "201909", "26931"),
        ("4", "201604", "201909", "30806"),
        ("5", "201604", "201909", "36065"),
        ("1", "201910", "999999", "16765"),
        ("2", "201910", "999999", "19705"),
        ("3", "201910", "999999", "27048"),
        ("4", "201910", "999999", "30938"),
        ("5", "201910", "999999", "36217"),
    ]

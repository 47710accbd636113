"""2018-04 to 2026-05: the rows that are established, at their first and last month; no others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.language import LANGUAGES
from chiiki_tsusho.law.coverage import lacking_in_every_claim, not_bundled_rows

# The grid of codes of the six one-hour bands from 3 hours on: ministry's workbook of 2026-06.
GRID: Final = {3: 1241, 4: 1246, 5: 1341, 6: 1346, 7: 1441, 8: 1446}
# First and last month: units of 要介護1 to 5 by the hour a band begins; 0 where none was legible.
BASE: Final[dict[tuple[str, str], dict[int, tuple[int, ...]]]] = {
    # Price page of a community day care centre, harukameimei.com/izumi/charge.
    ("2018-04", "2019-09"): {
        3: (407, 466, 527, 586, 647),
        4: (426, 488, 552, 614, 678),
        5: (641, 757, 874, 990, 1107),
        6: (662, 782, 903, 1023, 1144),
        7: (735, 868, 1006, 1144, 1281),
        8: (764, 903, 1046, 1190, 1332),
    },
    # chigasaki-keijukai.com/furusato-usagefee and harmony-ds.jp/service, 2019-10.
    ("2019-10", "2021-03"): {7: (739, 873, 1012, 1150, 1288)},
    # 介護報酬の算定構造, 2022-10; 8 to 9 hours of 要介護1, 4 and 5 are not legible.
    ("2021-04", "2024-03"): {
        3: (415, 476, 538, 598, 661),
        4: (435, 499, 564, 627, 693),
        5: (655, 773, 893, 1010, 1130),
        6: (676, 798, 922, 1045, 1168),
        7: (750, 887, 1028, 1168, 1308),
        8: (0, 922, 1068, 0, 0),
    },
}
SYMBIOTIC: Final = {"6364": -70, "6365": -50, "6366": -100, "6367": -100}
# Units or thousandths of additions and rates by code, beside the base codes of the same months.
TO_2024: Final[list[tuple[str, str, dict[str, int]]]] = [
    # Code master of QKANCHO 8.1.2 (2018-04); units of the 2016 table and of price pages of 2018.
    (
        "2018-04",
        "2019-09",
        {
            "4002": 200, "5051": 46, "5052": 56, "5301": 50, "5305": 60, "5306": 45, "5605": 150,
            "5606": 150, "5611": -94, "5612": -47, "6100": 18, "6101": 12, "6102": 6, "6109": 60,
            "6201": 5, "6340": 3, "6341": 6, "6350": 13, "8110": 50,
            "6108": 59, "6107": 43, "6104": 23, "6105": 900, "6106": 800, **SYMBIOTIC,
        },
    ),
    # The two price pages of 2019-10.
    ("2019-10", "2021-03", {"5301": 50, "6108": 59}),
    # yorokobi-hiroba.net and ts-ui.com (2021-04 on); 5612 also in the 算定構造 of 2022-10.
    (
        "2021-04",
        "2024-03",
        {
            "5051": 56, "5052": 20, "5053": 85, "5301": 40, "5303": 55, "5606": 150, "5612": -47,
            "6099": 22, "6100": 18, "6361": 40, "6108": 59, "6107": 43, "6104": 23,
        },
    ),
]  # fmt: skip
# 2024-04 to 2026-05: the additions of 2026-06, whose revision changed 処遇改善 alone
# (iji-net.jp 80663, iryoken.co.jp id-3606).
OF_2024: Final = {
    "4001": 100, "4002": 200, "4003": 100, "5051": 56, "5052": 20, "5053": 76, "5301": 40,
    "5303": 55, "5305": 60, "5306": 45, "5605": 200, "5606": 150, "5608": 160, "5611": -94,
    "5612": -47, "6099": 22, "6100": 18, "6102": 6, "6109": 60, "6116": 50, "6201": 5, "6202": 20,
    "6338": 30, "6339": 60, "6350": 13, "6361": 40, "8110": 50, **SYMBIOTIC,
}  # fmt: skip
# To 2024-05 the three steps of 2017; from 2024-06 92 (medicareism.sakura.ne.jp), 80 (two programs,
# dayhomehidamari.com), 90 and 64 (table of type 15) thousandths.
TREATMENT: Final = {
    ("2024-04", "2024-05"): {"6108": 59, "6107": 43, "6104": 23},
    ("2024-06", "2026-05"): {"6108": 92, "6107": 90, "6104": 80, "6380": 64},
}
KEYED: Final = [
    *TO_2024,
    *((first, last, OF_2024 | rates) for (first, last), rates in TREATMENT.items()),
]


def table(month: str) -> pd.DataFrame:
    return ct.load_codes(month).frame.set_index("item_code")


@pytest.mark.parametrize("months", BASE, ids=" to ".join)
def test_base_units_in_their_first_and_last_month(months: tuple[str, str]) -> None:
    """Every legible figure and no other, found by minutes and level at both ends of a band."""
    for month in months:
        codes = ct.load_codes(month)
        found = {}
        for hour, by_level in BASE[months].items():
            for level, units in enumerate(by_level, start=1):
                code = f"78{GRID[hour] + level - 1}"
                if units:
                    found[code] = units
                    assert codes.find(minutes=60 * hour, care_level=level) == code
                    assert codes.find(minutes=60 * hour + 59, care_level=level) == code
        base = codes.frame[codes.frame["kind"] == "base"]
        assert dict(zip(base["service_code"], base["units"], strict=True)) == found
        assert set(base["confidence"]) == {"medium"}
        assert codes.lookup(list(found))["units"].tolist() == list(found.values())


@pytest.mark.parametrize(
    ("first", "last", "figures"), KEYED, ids=[f"{first} to {last}" for first, last, _ in KEYED]
)
def test_additions_and_rates_in_their_first_and_last_month(
    first: str, last: str, figures: dict[str, int]
) -> None:
    for month in (first, last):
        rows = table(month)
        keyed = rows[rows["kind"] != "base"]
        found = keyed["units"].fillna(keyed["per_mille"]).astype(int)
        assert found.to_dict() == figures


# A month on each side of every change: 5301 入浴介助, 5053 個別機能訓練(Ⅰ)ロ, 1441 of 7 to 8 hours,
# 6108 処遇改善; None where the month has no such code. Sources as above, and the table of 2016.
CHANGES: Final = [
    ("2018-03", {"5301": 50, "5053": None, "1441": 735, "6108": 59, "5611": -94}),
    ("2018-04", {"5301": 50, "5053": None, "1441": 735, "6108": 59, "5611": -94}),
    ("2019-09", {"1441": 735, "6108": 59, "6107": 43, "5611": -94}),
    ("2019-10", {"1441": 739, "6108": 59, "6107": None, "5611": None}),
    ("2021-03", {"5301": 50, "5303": None, "1441": 739, "6107": None}),
    ("2021-04", {"5301": 40, "5303": 55, "1441": 750, "6107": 43, "5053": 85}),
    ("2024-03", {"5053": 85, "1441": 750, "5611": None, "6108": 59}),
    ("2024-04", {"5053": 76, "1441": 753, "5611": -94, "6108": 59}),
    ("2024-05", {"6108": 59, "6380": None, "1441": 753}),
    ("2024-06", {"6108": 92, "6380": 64, "1441": 753}),
    ("2026-05", {"6108": 92, "6104": 80, "6183": None, "6338": 30}),
    ("2026-06", {"6108": 117, "6104": 105, "6183": 127, "6338": 30}),
]


@pytest.mark.parametrize(("month", "figures"), CHANGES, ids=[month for month, _ in CHANGES])
def test_both_sides_of_every_change(month: str, figures: dict[str, int | None]) -> None:
    rows = table(month)
    values = rows["units"].fillna(rows["per_mille"])
    assert {code: values.get(code) for code in figures} == figures


MONTHS: Final = [f"{year}-{month:02d}" for year in range(2018, 2027) for month in range(1, 13)]


@pytest.mark.parametrize("month", [one for one in MONTHS if one >= "2018-04"])
def test_what_is_not_established_has_no_code(month: str) -> None:
    """2–3 hours, 定員超過, 人員欠如, 延長 and 療養通所介護 since 2018-04."""
    codes = ct.load_codes(month)
    base = codes.frame[codes.frame["kind"] == "base"]
    assert base["shortfall"].isna().all()
    assert base["short_hours_per_mille"].isna().all()
    assert (base["extension_units"] == 0).all()
    assert set(codes.frame["service"]) <= {"day_care", "both"}
    for minutes in (120, 179, 540):
        with pytest.raises(ct.VisitError):
            codes.find(minutes=minutes, care_level=1)
    with pytest.raises(ct.VisitError):
        codes.find(minutes=430, care_level=1, shortfall="over_capacity")
    with pytest.raises(ct.VisitError):
        codes.find(minutes=430, service="medical_day_care")
    names = " ".join(codes.frame["name"])
    for name in ("業未", "虐防", "業務継続", "虐待防止", "感染症", "特定処遇", "ベースアップ"):
        assert name not in names
    assert "処遇改善加算Ⅴ" not in names or month <= "2019-09"


@pytest.mark.parametrize(
    ("month", "document", "document_ja"),
    [
        ("2019-09", "of 2018-04", "平成30年4月施行版"),
        ("2019-10", "of 2019-10", "令和元年10月施行版"),
        ("2021-03", "of 2019-10", "令和元年10月施行版"),
        ("2021-04", "of 2021-04", "令和3年4月施行版"),
        ("2024-05", "of 2024-04", "令和6年4月施行版"),
        ("2024-06", "of 2024-06", "令和6年6月施行版"),
        ("2026-06", "of 2026-06", "令和8年6月施行版"),
    ],
)
def test_a_visit_without_a_code_is_told_which_document_has_it(
    month: str, document: str, document_ja: str
) -> None:
    with pytest.raises(ct.VisitError) as told:
        ct.load_codes(month).find(minutes=150, care_level=3)
    assert f"the ministry's service code table {document}" in str(told.value)
    assert document_ja in told.value.say("ja")


def test_every_month_since_2018_04_says_what_it_lacks() -> None:
    rows = not_bundled_rows()
    for month in MONTHS:
        number = int(month.replace("-", ""))
        lacks = [row for row in rows if row.valid_from <= number <= row.valid_to]
        assert bool(lacks) == (number >= 201804), month


# 令和3年度介護報酬改定に関するQ&A (Vol.7), as carenote.jp/2021-corona-01p tells: every claim of
# 2021-04 to 2021-09 has the supplement of 1/1000; none before or after.
@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["2021-03-31", "2021-10-01", "2026-06-01"], None),
        (
            ["2021-04-01", "2021-09-30", "2021-10-01"],
            ("2021-04, 2021-09 lack", "2021-04、2021-09の請求"),
        ),
        (["2021-05-01"], ("2021-05", "2021-05")),
    ],
)
def test_months_in_which_every_claim_lacks_something_are_told(
    tmp_path: Path, days: list[str], said: tuple[str, str] | None
) -> None:
    rows = visits([{"service_date": day, "care_level": 1, "minutes": 430} for day in days])
    rows.to_csv(tmp_path / "visits.csv", index=False)
    notes = claim_files(tmp_path / "visits.csv", tmp_path / "out").notes
    assert len(notes) == (said is not None)
    for note in notes:
        assert said is not None
        for language, months in zip(LANGUAGES, said, strict=True):
            assert months in note.say(language)
            assert "令和3年9月30日までの上乗せ分" in note.say(language)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("supplement_2021", "上乗せ"),
        # A table of one's own may give it any key; the name is that of the ministry's table.
        ("our_own", "地域通所介護令和３年９月３０日までの上乗せ分"),
    ],
)
def test_a_table_that_has_the_supplement_lacks_nothing(key: str, name: str) -> None:
    rows = ct.load_codes("2021-05").rows
    own = rows[-1].model_copy(update={"key": key, "name": name})
    assert len(lacking_in_every_claim({202105: rows, 202110: ()})) == 1
    assert not lacking_in_every_claim({202105: [*rows, own], 202110: rows})


# One visit of 7 to 8 hours, 要介護1. 2021-04 at 7級地: 750 units × 10.14 = 7,605 yen, of which a
# person of 1割 pays 761 and one of 2割 1,521. 2019-10 at 1級地: 739 × 10.90 = 8,055.1 yen.
@pytest.mark.parametrize(
    ("day", "grade", "rate", "total", "copay"),
    [
        ("2021-04-01", "7", 90, 7605, 761),
        ("2021-04-01", "7", 80, 7605, 1521),
        ("2019-10-01", "1", 90, 8055, 806),
    ],
)
def test_published_prices_come_out(day: str, grade: str, rate: int, total: int, copay: int) -> None:
    batch = ct.compute_claims(
        visits([{"service_date": day, "care_level": 1, "minutes": 430}]),
        pd.DataFrame([{"provider_no": "1370000018", "area_grade": grade}]),
        pd.DataFrame([PERSON | {"benefit_rate": rate}]),
    )
    (claim,) = batch.claims.to_dict("records")
    assert (claim["total_yen"], claim["copay_yen"]) == (total, copay)


PERSON: Final = {"insurer_no": "131011", "insured_no": "0000000016"}


def visits(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame([{"provider_no": "1370000018", **PERSON, **row} for row in rows])


def test_a_worked_month_of_2024_06() -> None:
    """5級地, 要介護1, 7–8 hours: 8 × 753, 入浴Ⅱ, サービス提供体制Ⅰ, 科学的介護, 処遇改善Ⅲ 80/1000.

    Managed 6,504, outside 176 + 534, 7,214 units at 10.45: 75,386 yen; 9割 67,847, 7,539 left.
    """
    days = [
        {
            "service_date": f"2024-06-{day:02d}",
            "care_level": 1,
            "minutes": 430,
            "bathing_2": 1,
            "service_provision_1": 1,
            "science_based_care": 1,
            "treatment_improvement_3": 1,
        }
        for day in range(3, 11)
    ]
    batch = ct.compute_claims(
        visits(days),
        pd.DataFrame([{"provider_no": "1370000018", "area_grade": "5"}]),
        pd.DataFrame([PERSON | {"benefit_rate": 90}]),
    )
    (claim,) = batch.claims.to_dict("records")
    assert (claim["managed_units"], claim["unmanaged_units"]) == (6504, 176 + 534)
    assert (claim["benefit_units"], claim["total_yen"]) == (7214, 75386)
    assert (claim["insurance_yen"], claim["copay_yen"]) == (67847, 7539)

"""The limit, the yen and who pays them: figures worked elsewhere, and what always holds.

Figures of years of which no complete table is at hand are worked on small tables of their own, in
the layout of data/service_codes.csv.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chiiki_tsusho import Batch, compute_claims
from chiiki_tsusho.claims.yen import public_claim
from chiiki_tsusho.law.payers import fund_rates
from chiiki_tsusho.law.prices_and_limits import AREA_GRADES, benefit_limits, unit_prices
from chiiki_tsusho.not_known import UNKNOWN
from conftest import EXAMPLES
from helpers.inputs import PROVIDER, RECIPIENT, VISIT, Cells, compute, frame, places, visit, visits
from helpers.reference import load_limits, load_rows
from helpers.strategies import Month, months, to_frames
from helpers.tables import LEVELS, addition, base, table, treatment

DATA = Path(__file__).parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")
FEW = int(EXAMPLES or 15)
YEN = ("total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen")


def of_month(month: str, number: int, **cells: str) -> list[Cells]:
    """Visits on so many days of a month."""
    return [{**VISIT, **cells, "service_date": f"{month}-{day:02}"} for day in range(1, number + 1)]


def figures(batch: Batch, *columns: str) -> list[Any]:
    """Columns of the only claim; None where blank."""
    assert batch.problems.empty
    (row,) = batch.claims.to_dict("records")
    return [None if pd.isna(row[name]) else row[name] for name in columns]


def service_units(batch: Batch) -> dict[str, int]:
    lines = batch.claim_lines
    codes = [code[2:] for code in lines["service_code"]]
    return dict(zip(codes, lines["service_units"].tolist(), strict=True))


# ---------------------------------------------------------------- claims worked elsewhere


@pytest.mark.parametrize("plan", ["19705", ""])
def test_real_claim_over_the_limit(tmp_path: Path, plan: str) -> None:
    # A real claim of another kind of service: managed 20,199, plan 19,705 (also what 要介護2 allows
    # from 2019-10), 266/1000: 19,705 + 5,242 (5,241.53) = 24,947 units of benefit.
    # Without a limit 20,199 + 5,373 (5,372.934) = 25,572.
    batch = compute(
        of_month("2020-01", 3, care_level="2", treatment="1"),
        recipients=[{**RECIPIENT, "planned_units": plan}],
        codes=table(tmp_path, *base(6733), treatment(266)),
    )
    assert service_units(batch) == {"1002": 20199, "6000": 5242}
    assert figures(
        batch, "managed_units", "unmanaged_units", "total_units", "planned_units", "benefit_units"
    ) == [20199, 5242, 25441, 19705, 24947]
    assert figures(batch, "self_paid_units") == [25572 - 24947]


def test_worked_claim_of_2024(tmp_path: Path) -> None:
    # Worked example, 2024-06, 5級地, 要介護1: 7 to 8 hours 753 x 8, 入浴Ⅱ 55 x 8, サービス提供体制Ⅰ
    # 22 x 8, 科学的介護 40, 処遇改善Ⅲ 80/1000: managed 6,504, unmanaged 176 + 534, 7,214 units,
    # 75,386 yen, of which 67,847 from the insurance and 7,539 from the person.
    codes = table(
        tmp_path,
        *base(753),
        addition("bathing_2", 55, "day"),
        addition("service_provision_1", 22, "visit", managed=False),
        addition("science_based_care", 40, "month"),
        treatment(80),
    )
    keys = ("bathing_2", "service_provision_1", "science_based_care", "treatment")
    batch = compute(
        of_month("2024-06", 8, **dict.fromkeys(keys, "1")),
        [{**PROVIDER, "area_grade": "5"}],
        [{**RECIPIENT, "benefit_rate": "90"}],
        codes,
    )
    assert service_units(batch) == {"1001": 6024, "5001": 440, "5002": 176, "5003": 40, "6000": 534}
    assert figures(
        batch, "managed_units", "unmanaged_units", "total_units", "benefit_units", "self_paid_units"
    ) == [6504, 710, 7214, 7214, 0]
    assert figures(batch, "unit_price", "benefit_rate", *YEN) == [
        1045,
        90,
        75386,
        67847,
        0,
        7539,
        0,
    ]


def test_worked_claim_of_2017() -> None:
    # 2017, 3 to 5 hours, 要介護1, bathing: 426 + 50 = 476; 59/1000 of it 28.084; 504 units.
    # 6級地: 504 x 10.27 = 5,176.08 yen. Floored apart it would be 4,888 (4,888.52) and 287
    # (287.56), a yen less.
    rows = of_month("2017-04", 1, bathing="1", treatment_improvement_1="1")
    batch = compute(rows, [{**PROVIDER, "area_grade": "6"}], [{**RECIPIENT, "benefit_rate": "70"}])
    assert service_units(batch) == {"1241": 426, "5301": 50, "6108": 28}
    # 70 % of 5,176 is 3,623.2.
    assert figures(batch, "total_units", *YEN) == [504, 5176, 3623, 0, 1553, 0]
    assert floor(476 * Fraction(1027, 100)) + floor(28 * Fraction(1027, 100)) == 5175


def test_yen_are_floored_once_and_not_by_the_line() -> None:
    # 7級地: 426 x 3 = 1,278 and 50 x 3 = 150: 1,428 x 10.14 = 14,479.92; by the line 12,958 (.92)
    # and 1,521 (1,521.0); by the visit 3 x 4,826 (4,826.64) = 14,478.
    batch = compute(
        visits(3, bathing="1"),
        [{**PROVIDER, "area_grade": "7"}],
        [{**RECIPIENT, "benefit_rate": "80"}],
    )
    # 80 % of 14,479 is 11,583.2.
    assert figures(batch, *YEN) == [14479, 11583, 0, 2896, 0]


# 級地 and what it adds to the staff's 45 % of the cost (厚生労働省告示第93号, 2015-04).
UPLIFTS = {"1": 20, "2": 16, "3": 15, "4": 12, "5": 10, "6": 6, "7": 3, "other": 0}


@pytest.mark.parametrize("rate", ["90", "80", "70"])
@pytest.mark.parametrize("grade", UPLIFTS)
def test_every_grade_and_rate(grade: str, rate: str) -> None:
    price = floor(Fraction(1000) * (1 + Fraction(UPLIFTS[grade] * 45, 10000)) + Fraction(1, 2))
    total = floor(476 * Fraction(price, 100))
    insurance = floor(total * Fraction(int(rate), 100))
    batch = compute(
        [visit(1, bathing="1")],
        [{**PROVIDER, "area_grade": grade}],
        [{**RECIPIENT, "benefit_rate": rate}],
    )
    assert figures(batch, "unit_price", "benefit_rate", *YEN) == [
        price,
        int(rate),
        total,
        insurance,
        0,
        total - insurance,
        0,
    ]


def test_prices_begin_in_2015() -> None:
    # 10.90, 10.72, 10.68, 10.54, 10.45, 10.27, 10.14, 10.00 yen.
    prices = [1090, 1072, 1068, 1054, 1045, 1027, 1014, 1000]
    assert tuple(UPLIFTS) == AREA_GRADES
    assert unit_prices(201503).tolist() == [UNKNOWN] * 8
    assert unit_prices(201504).tolist() == unit_prices(203612).tolist() == prices


# ---------------------------------------------------------------- the limit

# 区分支給限度基準額, units a month (厚生省告示第33号): to 2019-09, and from 2019-10.
BEFORE, AFTER = (16692, 19616, 26931, 30806, 36065), (16765, 19705, 27048, 30938, 36217)


def test_limits_by_month() -> None:
    assert benefit_limits(201603).tolist() == [UNKNOWN] * 6
    assert benefit_limits(201604).tolist() == [UNKNOWN, *BEFORE]
    assert benefit_limits(201909).tolist() == [UNKNOWN, *BEFORE]
    assert benefit_limits(201910).tolist() == [UNKNOWN, *AFTER]
    assert benefit_limits(203612).tolist() == [UNKNOWN, *AFTER]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("month", "limits"), [("2019-09", BEFORE), ("2019-10", AFTER)])
def test_limit_of_the_level_and_month(
    tmp_path: Path, month: str, limits: tuple[int, ...], level: str
) -> None:
    limit = limits[int(level) - 1]
    codes = table(tmp_path, *base(limit))
    batch = compute(of_month(month, 1, care_level=level), codes=codes)
    assert figures(batch, "planned_units", "benefit_units", "self_paid_units") == [limit, limit, 0]
    batch = compute(of_month(month, 2, care_level=level), codes=codes)
    assert figures(batch, "planned_units", "benefit_units", "self_paid_units") == [limit] * 3


def test_heaviest_level_of_the_month_gives_the_limit() -> None:
    # 27 visits of 985 units (735 + 250) are 26,595; 要介護3 on one of them is 1,256 for 985.
    rows = visits(27, minutes="800")
    registered = [{**PROVIDER, "extended_hours": "1"}]
    batch = compute(rows, registered)
    assert figures(batch, "planned_units", "self_paid_units") == [16692, 26595 - 16692]
    for day in (0, 13, 26):
        changed = [*rows[:day], {**rows[day], "care_level": "3"}, *rows[day + 1 :]]
        batch = compute(changed, registered)
        assert figures(batch, "managed_units", "planned_units", "self_paid_units") == [
            26595 - 985 + 1256,
            26595 - 985 + 1256,
            0,
        ]


def test_no_limit_without_a_level() -> None:
    # 療養通所介護, 6 to 8 hours 1,511 x 30; with 要介護1 on one day the limit of that level holds.
    rows = visits(30, service="medical_day_care", care_level="", minutes="400")
    batch = compute(rows)
    assert figures(batch, "managed_units", "planned_units", "benefit_units") == [45330] * 3
    rows[20]["care_level"] = "1"
    batch = compute(rows)
    assert figures(batch, "planned_units", "benefit_units") == [16692, 16692]
    # A plan holds where there is no limit, whatever its size.
    rows[20]["care_level"] = ""
    for plan in (0, 40000, 99999):
        batch = compute(rows, recipients=[{**RECIPIENT, "planned_units": str(plan)}])
        assert figures(batch, "planned_units", "benefit_units") == [plan, min(plan, 45330)]


def test_month_without_known_limits_needs_a_plan(tmp_path: Path) -> None:
    codes = table(tmp_path, *base(500))
    rows = of_month("2015-06", 2)
    batch = compute(rows, codes=codes)
    assert places(batch.problems) == [("visits", None, "service_date", "", "unsupported_month")]
    assert list(batch.problems["message"]) == [
        "claim 2015-06 1370000018 131003 0000000001: no benefit limit of 2015-06 is known; give "
        "planned_units"
    ]
    assert len(batch.held_visits) == 2
    batch = compute(rows, recipients=[{**RECIPIENT, "planned_units": "600"}], codes=codes)
    assert figures(batch, "planned_units", "benefit_units", "self_paid_units") == [600, 600, 400]


@pytest.mark.parametrize(
    ("plan", "covered"),
    # Three visits of 476 managed units; a visit is covered until those before have come to M - E.
    [(1428, 3), (1427, 3), (953, 3), (952, 2), (477, 2), (476, 1), (1, 1), (0, 0)],
)
def test_what_is_outside_the_limit_follows_what_is_inside(plan: int, covered: int) -> None:
    batch = compute(
        visits(3, bathing="1", service_provision_1i="1"),
        recipients=[{**RECIPIENT, "planned_units": str(plan)}],
    )
    expected = {"1241": 1278, "5301": 150, "6100": 18 * covered}
    assert service_units(batch) == {code: units for code, units in expected.items() if units}
    assert figures(batch, "planned_units", "benefit_units", "self_paid_units") == [
        plan,
        plan + 18 * covered,
        1428 + 54 - plan - 18 * covered,
    ]


def test_covered_are_the_visits_that_begin_within_the_limit() -> None:
    # 476, 426 and 426 units: the third begins at 902, beyond a plan of 900.
    rows = visits(3, service_provision_1i="1")
    rows[0]["bathing"] = "1"
    batch = compute(rows, recipients=[{**RECIPIENT, "planned_units": "900"}])
    assert service_units(batch) == {"1241": 1278, "5301": 50, "6100": 18 * 2}


def test_rates_over_the_plan() -> None:
    # 3 x 426 = 1,278, plan 1,000, E = 278: 中山間 5 % of 1,278 - 278 = 50; all three visits begin
    # within 1,000 (0, 426, 852), so 54; 処遇改善 4 % of 1,000 + 54 + 50 = 44.16. Without a limit
    # 63.9, 54 and 4 % of 1,396 = 55.84: 1,278 + 64 + 54 + 56 = 1,452.
    # 1,148 x 10.14 = 11,640.72; 90 % 10,476; 304 x 10.14 = 3,082.56.
    batch = compute(
        visits(3, rural_area="1", service_provision_1i="1", treatment_improvement_1="1"),
        [{**PROVIDER, "area_grade": "7"}],
        [{**RECIPIENT, "planned_units": "1000", "benefit_rate": "90"}],
    )
    assert service_units(batch) == {"1241": 1278, "6100": 54, "6107": 44, "8110": 50}
    assert figures(
        batch, "managed_units", "unmanaged_units", "total_units", "benefit_units", "self_paid_units"
    ) == [1278, 148, 1426, 1148, 304]
    assert figures(batch, *YEN) == [11640, 10476, 0, 1164, 3082]


def test_one_unit_over_the_plan_is_over_it(tmp_path: Path) -> None:
    # 500/1000 of 1,001 - 1 units; of 1,001 it would be 501 (500.5).
    batch = compute(
        of_month("2016-04", 1, treatment="1"),
        recipients=[{**RECIPIENT, "planned_units": "1000"}],
        codes=table(tmp_path, *base(1001), treatment(500)),
    )
    assert service_units(batch) == {"1001": 1001, "6000": 500}
    assert figures(batch, "benefit_units", "self_paid_units") == [1500, 1502 - 1500]


def test_ratio_inside_the_limit_stays_whole(tmp_path: Path) -> None:
    # 10 % of 2,000 units, itself managed: M = 2,200, of which the plan pays 1,000.
    rate = {**treatment(100), "limit_managed": "1"}
    batch = compute(
        of_month("2016-04", 2, treatment="1"),
        recipients=[{**RECIPIENT, "planned_units": "1000"}],
        codes=table(tmp_path, *base(1000), rate),
    )
    assert service_units(batch) == {"1001": 2000, "6000": 200}
    assert figures(batch, "managed_units", "benefit_units", "self_paid_units") == [2200, 1000, 1200]


def test_plan_of_nothing() -> None:
    # 426 + 18 + 21 (21.3) + 19 (4 % of 465 = 18.6) would have been the claim.
    batch = compute(
        [visit(1, rural_area="1", service_provision_1i="1", treatment_improvement_1="1")],
        [{**PROVIDER, "area_grade": "other"}],
        [{**RECIPIENT, "planned_units": "0", "benefit_rate": "90"}],
    )
    assert service_units(batch) == {"1241": 426}
    assert figures(batch, "total_units", "benefit_units", *YEN) == [426, 0, 0, 0, 0, 0, 4840]


def test_plan_of_the_month_beats_the_other() -> None:
    batch = compute(
        [visit(1), {**visit(), "service_date": "2016-05-01"}],
        recipients=[
            {**RECIPIENT, "service_month": "", "planned_units": "100"},
            {**RECIPIENT, "service_month": "201605", "planned_units": ""},
        ],
    )
    # A blank plan of the month is no plan: what the visits come to, within the limit.
    assert batch.claims["planned_units"].tolist() == [100, 426]


# ---------------------------------------------------------------- who pays


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        # 426 units at 10.00: 4,260 yen; 90 % 3,834, 80 % 3,408, 70 % 2,982.
        ({"benefit_rate": "90"}, [4260, 3834, 0, 426, 0]),
        ({"benefit_rate": "80", "public_copay_yen": "500"}, [4260, 3408, 0, 852, 0]),
        ({"benefit_rate": "90", "public_law": "12"}, [4260, 3834, 426, 0, 0]),
        (
            {"benefit_rate": "70", "public_law": "12", "public_copay_yen": "0"},
            [4260, 2982, 1278, 0, 0],
        ),
        (
            {"benefit_rate": "90", "public_law": "12", "public_copay_yen": "100"},
            [4260, 3834, 326, 100, 0],
        ),
        (
            {"benefit_rate": "90", "public_law": "12", "public_copay_yen": "426"},
            [4260, 3834, 0, 426, 0],
        ),
        (
            {"benefit_rate": "90", "public_law": "12", "public_copay_yen": "15000"},
            [4260, 3834, 0, 426, 0],
        ),
        ({"benefit_rate": "", "public_law": "12"}, [None] * 5),
        ({"benefit_rate": ""}, [None] * 5),
        ({}, [None] * 5),
    ],
)
def test_insurance_public_funds_and_the_person(cells: Cells, amounts: list[int | None]) -> None:
    batch = compute([visit(1)], [{**PROVIDER, "area_grade": "その他"}], [{**RECIPIENT, **cells}])
    assert figures(batch, *YEN) == amounts
    assert figures(batch, "unit_price", "total_units") == [1000, 426]
    rate = cells.get("benefit_rate")
    assert figures(batch, "benefit_rate") == [int(rate) if rate else None]


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (None, [4260, 0, 4260, 0, 0]),
        ({}, [4260, 0, 4260, 0, 0]),
        ({"benefit_rate": "90"}, [4260, 0, 4260, 0, 0]),
        ({"public_law": "12", "public_copay_yen": "1000"}, [4260, 0, 3260, 1000, 0]),
        ({"public_copay_yen": "1000"}, [4260, 0, 3260, 1000, 0]),
        ({"public_copay_yen": "5000"}, [4260, 0, 0, 4260, 0]),
        ({"planned_units": "400"}, [4000, 0, 4000, 0, 260]),
    ],
)
def test_person_without_insurance(cells: Cells | None, amounts: list[int]) -> None:
    person = {**RECIPIENT, "insured_no": "H000000001"}
    batch = compute(
        [visit(1, insured_no="H000000001")],
        [{**PROVIDER, "area_grade": "other"}],
        None if cells is None else [{**person, **cells}],
    )
    assert figures(batch, *YEN) == amounts
    rate = (cells or {}).get("benefit_rate")
    assert figures(batch, "benefit_rate") == [int(rate) if rate else None]


def test_public_funds_of_some_days_over_the_limit() -> None:
    # Two visits of 426 units each, at 10 yen. Of a plan of 600 the first has 426, the second 174;
    # of 300 the first has 300 and the second nothing; of 0 none has anything. Public funds pay
    # 10 % of the cost of what their days have, or the rest where that is all.
    persons = {
        "0000000001": ({"planned_units": "600", "public_from": "2"}, [6000, 5400, 174, 426, 2520]),
        "0000000002": ({"planned_units": "0", "public_from": "2"}, [0, 0, 0, 0, 8520]),
        "0000000003": ({"planned_units": "300", "public_to": "1"}, [3000, 2700, 300, 0, 5520]),
        "0000000004": ({"planned_units": "300", "public_from": "2"}, [3000, 2700, 0, 300, 5520]),
        "0000000005": ({"planned_units": "600", "public_law": ""}, [6000, 5400, 0, 600, 2520]),
        # Nobody was here on the days of these.
        "0000000006": ({"public_from": "3"}, [8520, 7668, 0, 852, 0]),
    }
    batch = compute(
        [visit(day, insured_no=person) for person in persons for day in (1, 2)],
        [{**PROVIDER, "area_grade": "other"}],
        [
            {**RECIPIENT, "insured_no": person, "benefit_rate": "90", "public_law": "12", **cells}
            for person, (cells, _) in persons.items()
        ],
    )
    assert batch.claims[list(YEN)].to_numpy().tolist() == [yen for _, yen in persons.values()]
    # Lines within the limit stay whole; who has no public funds has none of them in a line.
    lines = batch.claim_lines[["count", "public_count", "public_units"]]
    assert lines.to_numpy().tolist() == [[2, 1, 426]] * 4 + [[2, 0, 0]] * 2


def test_treatment_improvement_of_nothing_is_nothing() -> None:
    # As below: of 20 units within the limit less 94 there is no ratio to take.
    cells = {"care_level": "2", "minutes": "430", "same_building": "1"}
    batch = compute(
        [visit(1, **cells) | {"service_date": f"2026-07-{day}"} for day in ("02", "06", "09")],
        [{**PROVIDER, "area_grade": "other", "treatment_improvement_1i": "1"}],
        [{**RECIPIENT, "benefit_rate": "90", "public_law": "12", "public_from": "8",
          "planned_units": "1800"}],
    )  # fmt: skip
    # 117/1000 of 1,800 - 282 units is 177.606.
    lines = batch.claim_lines[["service_code", "service_units", "public_count", "public_units"]]
    assert ["786108", 178, 0, 0] in lines.to_numpy().tolist()
    assert batch.claims["public_units"].tolist() == [0]


def test_a_reduction_outside_the_limit_leaves_no_less_than_nothing_to_public_funds() -> None:
    # 2026-07, 要介護2: 890 units a visit of 7 to 8 hours, 同一建物減算 94 outside the limit. Of a
    # plan of 1,800 two visits take 1,780, and the third, on the first day of public funds, the
    # last 20: less 94 that is below nothing. Of 1,900 it takes 120: 26 are left.
    cells = {"care_level": "2", "minutes": "430", "same_building": "1"}
    days = ("02", "06", "09", "13", "16")
    batch = compute(
        [
            visit(1, insured_no=person, **cells) | {"service_date": f"2026-07-{day}"}
            for person in ("0000000001", "0000000002")
            for day in days
        ],
        [{**PROVIDER, "area_grade": "other"}],
        [
            {**RECIPIENT, "insured_no": person, "benefit_rate": "90", "public_law": "12",
             "public_from": "8", "planned_units": plan}
            for person, plan in (("0000000001", "1800"), ("0000000002", "1900"))
        ],
    )  # fmt: skip
    assert batch.claims["benefit_units"].tolist() == [1800 - 282, 1900 - 282]
    assert batch.claims["public_units"].tolist() == [0, 26]
    # 10 % of 260 yen.
    assert batch.claims["public_yen"].tolist() == [0, 26]


@pytest.mark.parametrize(
    ("share", "public_units", "yen"),
    [
        # 15,999 units at 10.90 cost 174,389.1 yen: 156,950 of them from the insurance (90 %).
        # Funds that bear 100 % of all units pay the rest, 17,439; 10 % would be 17,438.9.
        (100, 15_999, 17_439),
        # Those that bear less pay by the per cent also where all units are theirs: 5 %, 8,719.45.
        (95, 15_999, 8_719),
        # 7,999 units cost 87,189.1 yen: 10 % is 8,718.9.
        (100, 7_999, 8_718),
        # What the insurance pays already they do not pay again.
        (90, 15_999, 0),
        (80, 15_999, 0),
        (90, 7_999, 0),
        (80, 7_999, 0),
    ],
)
def test_public_funds_pay_what_the_insurance_leaves(
    share: int, public_units: int, yen: int
) -> None:
    figures_of = (15_999, public_units, 1090, 174_389 - 156_950)
    benefit, units, price, rest = (np.array([one]) for one in figures_of)
    paid = public_claim(benefit, units, price, rest, (np.array([90]), np.array([share])))
    assert paid.tolist() == [yen]


RURAL = treatment(600) | {"item_code": "6001", "key": "rural_area", "rate_of": "base_lines"}


@pytest.mark.parametrize(
    ("day", "managed", "public"),
    [
        # 60 % of the 1,000 units of the second day, where that day has the ratio; else nothing.
        (1, "0", [0, 0]),
        (2, "0", [1, 600]),
        (1, "1", [0, 0]),
        (2, "1", [1, 600]),
    ],
)
def test_ratio_of_the_days_of_public_funds(
    tmp_path: Path, day: int, managed: str, public: list[int]
) -> None:
    rows = of_month("2016-04", 2)
    rows[day - 1]["treatment"] = "1"
    batch = compute(
        rows,
        recipients=[{**RECIPIENT, "planned_units": "9000", "public_law": "12", "public_from": "2"}],
        codes=table(tmp_path, *base(1000), treatment(600) | {"limit_managed": managed}),
    )
    shown = batch.claim_lines[["count", "service_units", "public_count", "public_units"]]
    assert shown.to_numpy().tolist() == [[2, 2000, 1, 1000], [1, 1200, *public]]


def test_all_kinds_of_lines_of_the_days_of_public_funds_over_the_plan(tmp_path: Path) -> None:
    # 3 visits of 1,000 units, plan 1,500: the first two are within it. The additions outside the
    # limit: 22 of each of these two, 60 % of 3,000 - 1,500, 10 % of 3,000 + 44 + 900 - 1,500.
    # From the second day on there are 2,000 units, 500 of them within the plan: 22 of one visit,
    # 60 % of 2,000 - 1,500, 10 % of 2,000 + 22 + 300 - 1,500.
    additions = {"each": "1", "rural_area": "1", "treatment": "1"}
    person = {**RECIPIENT, "planned_units": "1500", "benefit_rate": "90"}
    batch = compute(
        of_month("2016-04", 3, **additions),
        [{**PROVIDER, "area_grade": "other"}],
        [{**person, "public_law": "12", "public_from": "2"}],
        table(
            tmp_path,
            *base(1000),
            RURAL,
            treatment(100),
            # In some tables additions stand behind ratios.
            addition("each", 22, "visit", managed=False) | {"item_code": "6002"},
        ),
    )
    lines = batch.claim_lines.set_index("service_code")
    shown = lines[["count", "service_units", "public_count", "public_units"]]
    assert dict(zip(shown.index, shown.to_numpy().tolist(), strict=True)) == {
        "781001": [3, 3000, 2, 2000],
        "786002": [2, 44, 1, 22],
        "786001": [1, 900, 1, 300],
        "786000": [1, 244, 1, 82],
    }
    # 1,500 + 44 + 900 + 244, of which 500 + 22 + 300 + 82 under public funds. Without a plan there
    # would be 3,000 + 66 + 1,800 + 487 (486.6): 5,353.
    assert figures(batch, "benefit_units", "public_units") == [2688, 904]
    assert figures(batch, *YEN) == [26880, 24192, 904, 1784, (5353 - 2688) * 10]


def test_visits_of_each_person_are_covered_from_the_first_on(tmp_path: Path) -> None:
    # 3 visits of 1,000 units each, plan 1,500: 22 units of the first two visits of either person.
    persons = ["0000000001", "0000000002"]
    batch = compute(
        [row for one in persons for row in of_month("2016-04", 3, insured_no=one, each="1")],
        recipients=[{**RECIPIENT, "insured_no": one, "planned_units": "1500"} for one in persons],
        codes=table(tmp_path, *base(1000), addition("each", 22, "visit", managed=False)),
    )
    shown = batch.claim_lines[["insured_no", "count", "service_units"]]
    assert shown.to_numpy().tolist() == [
        [one, *line] for one in persons for line in ([3, 3000], [2, 44])
    ]


@pytest.mark.parametrize(("plan", "claimed"), [("9000", 600), ("1500", 300)])
def test_no_ratio_of_days_without_it(tmp_path: Path, plan: str, claimed: int) -> None:
    # 60 % of the first of two days of 1,000 units, less what is over the plan: 500. On the second,
    # the day of public funds, nothing has the ratio.
    rows = of_month("2016-04", 2)
    rows[0]["rural_area"] = "1"
    batch = compute(
        rows,
        recipients=[{**RECIPIENT, "planned_units": plan, "public_law": "12", "public_from": "2"}],
        codes=table(tmp_path, *base(1000), RURAL),
    )
    shown = batch.claim_lines[["count", "service_units", "public_count", "public_units"]]
    assert shown.to_numpy().tolist() == [[2, 2000, 1, 1000], [1, claimed, 0, 0]]


def test_ratio_of_base_lines_ends_at_nothing(tmp_path: Path) -> None:
    # 1,000 + 1,050 + 1,000 units, plan 1,000: of the day that has the ratio all is over the limit,
    # and more than its base. Without a limit there would be 60 % of 1,000 besides. Under public
    # funds are 1,000 units of the first two days.
    rows = of_month("2016-04", 3)
    rows[1] |= {"rural_area": "1", "bathing": "1"}
    person = {**RECIPIENT, "planned_units": "1000", "benefit_rate": "90"}
    batch = compute(
        rows,
        [{**PROVIDER, "area_grade": "other"}],
        [{**person, "public_law": "12", "public_to": "2"}],
        table(tmp_path, *base(1000), addition("bathing", 50, "day"), RURAL),
    )
    assert service_units(batch) == {"1001": 3000, "5001": 50}
    assert figures(batch, "benefit_units", "self_paid_units") == [1000, 3650 - 1000]
    assert figures(batch, *YEN) == [10000, 9000, 1000, 0, 26500]


def test_share_of_public_funds() -> None:
    # 生活保護 (12) and 中国残留邦人等 (25) bear all that is left, the latter since 2008-04
    # (平成19年法律第127号); who has neither has no share.
    numbers = np.array([12, 0, 25, 12])
    assert fund_rates(numbers, 201604).tolist() == [100, 0, 100, 100]
    assert fund_rates(numbers, 200803).tolist() == [100, 0, 0, 100]


@pytest.mark.parametrize("person", ["0000000001", "H000000001"])
@pytest.mark.parametrize("providers", [None, [{"provider_no": "1370000018", "area_grade": ""}]])
def test_no_yen_without_a_grade(providers: list[Cells] | None, person: str) -> None:
    own = {"insured_no": person}
    batch = compute([visit(1, **own)], providers, [{**RECIPIENT, **own, "benefit_rate": "90"}])
    assert figures(batch, "unit_price", "benefit_rate", *YEN) == [None, 90, *[None] * 5]
    assert figures(batch, "benefit_units") == [426]


def test_no_yen_before_there_was_a_price(tmp_path: Path) -> None:
    rows = [{**row, "valid_from": "201501"} for row in base(500)]
    batch = compute(
        of_month("2015-03", 1),
        [{**PROVIDER, "area_grade": "1"}],
        [{**RECIPIENT, "planned_units": "500", "benefit_rate": "90"}],
        table(tmp_path, *rows),
    )
    assert figures(batch, "total_units", "unit_price", *YEN) == [500, None, *[None] * 5]


# ---------------------------------------------------------------- what always holds


def money(month: Month, plan: int | None = None) -> pd.DataFrame:
    """The claims of a month; with ``plan`` every person has this plan."""
    own, providers, recipients = to_frames(month)
    if plan is not None:
        persons = own.loc[:, ["insurer_no", "insured_no"]].drop_duplicates()
        if recipients is None:
            recipients = persons
        recipients = recipients.assign(planned_units=str(plan))
    return compute_claims(own, providers, recipients).claims


@given(months(ROWS, LIMITS))
def test_the_parts_add_up(month: Month) -> None:
    claims = money(month)
    known = claims[claims["total_yen"].notna()]
    for name in YEN:
        # All of the yen are known, or none.
        assert (claims[name].notna() == claims["total_yen"].notna()).all()
        assert (known[name] >= 0).all()
    assert (
        known["insurance_yen"] + known["public_yen"] + known["copay_yen"] == known["total_yen"]
    ).all()
    assert (claims["total_units"] == claims["managed_units"] + claims["unmanaged_units"]).all()
    # Nothing is paid by the person alone exactly where nothing is over the plan.
    over = claims["managed_units"] > claims["planned_units"]
    assert (over == (claims["self_paid_units"] > 0)).all()
    assert (claims["self_paid_units"] >= 0).all()
    assert (claims["benefit_units"] <= claims["total_units"]).all()
    uninsured = known["insured_no"].str.startswith("H")
    assert (known.loc[uninsured, "insurance_yen"] == 0).all()


PLANS = st.integers(0, 16692)


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS), PLANS, PLANS)
def test_plan_moves_units_between_benefit_and_person(month: Month, one: int, other: int) -> None:
    lower, higher = (money(month, plan) for plan in sorted((one, other)))
    # One plan above 0 that would serve several providers holds their claims.
    assume(len(lower) == len(higher))
    assert (lower["benefit_units"] <= higher["benefit_units"]).all()
    assert (lower["self_paid_units"] >= higher["self_paid_units"]).all()
    both = [claims["benefit_units"] + claims["self_paid_units"] for claims in (lower, higher)]
    assert both[0].tolist() == both[1].tolist()
    assert lower["managed_units"].tolist() == higher["managed_units"].tolist()


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS))
def test_every_yen_is_the_floor_of_its_units(month: Month) -> None:
    for row in money(month).dropna(subset=["total_yen"]).to_dict("records"):
        price = Fraction(int(row["unit_price"]), 100)
        assert row["total_yen"] == floor(row["benefit_units"] * price)
        assert row["self_paid_yen"] == floor(row["self_paid_units"] * price)
        rate = 0 if row["insured_no"].startswith("H") else int(row["benefit_rate"])
        assert row["insurance_yen"] == floor(row["total_yen"] * Fraction(rate, 100))


def test_large_figures_stay_exact(tmp_path: Path) -> None:
    # 999,999,999 units of plan and of a visit: nothing is a float on the way.
    batch = compute_claims(
        frame(of_month("2015-06", 30)),
        frame([{**PROVIDER, "area_grade": "1"}]),
        frame([{**RECIPIENT, "planned_units": "999999999", "benefit_rate": "70"}]),
        table(tmp_path, *base(99999999)),
    )
    total = floor(999999999 * Fraction(1090, 100))
    insurance = floor(total * Fraction(70, 100))
    assert figures(batch, "managed_units", "benefit_units") == [2999999970, 999999999]
    assert figures(batch, *YEN) == [
        total,
        insurance,
        0,
        total - insurance,
        floor((2999999970 - 999999999) * Fraction(1090, 100)),
    ]


def test_no_line_under_public_funds_is_more_than_the_line() -> None:
    # 29 visits of 641 units (781341 in the table of 2016-04) with 46 + 56 units of training: 743
    # each, 21,547, limit 16,692. 8110 is taken of the base units less what is over the limit:
    # 18,589 - 4,855 = 13,734 x 50/1000 = 686.7, 687. Of the 28 days of public funds alone they
    # would be 17,948 - 4,112 = 13,836: 691.8, 692, more than the line: the day after them, all of
    # it over the limit, has training too, and the basis has none.
    trained = {"minutes": "300", "functional_training_1": "1"}
    provider = {**PROVIDER, "area_grade": "other", "rural_area": "1", "functional_training_2": "1"}
    recipient = {**RECIPIENT, "benefit_rate": "90", "public_law": "12", "public_to": "28"}
    batch = compute([visit(day, **trained) for day in range(1, 30)], [provider], [recipient])
    lines = batch.claim_lines.set_index("service_code")
    assert tuple(lines.loc["788110", ["service_units", "public_units"]]) == (687, 687)
    assert tuple(lines.loc["781341", ["service_units", "public_units"]]) == (18589, 17948)
    # All that is paid for lies on the days of public funds: they bear what insurance leaves.
    # 16,692 + 687 = 17,379 units x 10.00 yen; 173,790 x 90 % = 156,411.
    (claim,) = batch.claims.to_dict("records")
    figures = ("benefit_units", "insurance_yen", "public_yen", "copay_yen")
    assert [claim[name] for name in figures] == [17379, 156411, 17379, 0]


@given(months(ROWS, LIMITS))
def test_public_funds_are_a_part(month: Month) -> None:
    batch = compute_claims(*to_frames(month))
    lines = batch.claim_lines
    whole, public = (lines[name].to_numpy() for name in ("service_units", "public_units"))
    assert (whole * public >= 0).all()
    assert (abs(public) <= abs(whole)).all()
    assert (lines["public_count"] <= lines["count"]).all()

"""The reference against figures worked elsewhere, before anything is held against the reference.

A source is named in the comment over each case. "Notice 36" is 老企第36号; "QKANCHO" is the open
claim program of the Japan Medical Association. Other figures are worked by hand in the comment.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from helpers.reference import (
    Row,
    claim_month,
    composite,
    half_up,
    held_claims,
    load_limits,
    load_prices,
    load_rows,
    yen,
)
from helpers.strategies import Month, faulty_months, months, to_frames

DATA = Path(__file__).parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
PRICES = load_prices(DATA / "unit_prices.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")

BLANK_ROW: Row = dict.fromkeys(ROWS[0]) | {
    "service_type": "78",
    "valid_from": "201604",
    "valid_to": "999999",
    "service": "both",
    "max_per_visit": 1,
    "limit_managed": 1,
}


def base(units: int, **cells: Any) -> Row:
    return (
        BLANK_ROW
        | {
            "item_code": "1000",
            "kind": "base",
            "minutes_from": 60,
            "minutes_to": 1440,
            "base_units": units,
            "extension_units": 0,
            "units": units,
            "per": "visit",
        }
        | cells
    )


def addition(item_code: str, key: str, units: int, per: str, **cells: Any) -> Row:
    return (
        BLANK_ROW
        | {"item_code": item_code, "kind": "addition", "key": key, "units": units, "per": per}
        | cells
    )


def rate(item_code: str, key: str, per_mille: int, rate_of: str, **cells: Any) -> Row:
    return (
        BLANK_ROW
        | {
            "item_code": item_code,
            "kind": "rate",
            "key": key,
            "per_mille": per_mille,
            "rate_of": rate_of,
            "per": "month",
            "limit_managed": 0,
        }
        | cells
    )


def visit(date: str, **values: Any) -> Row:
    return {
        "provider_no": "1370000018",
        "insurer_no": "131003",
        "insured_no": "0000000001",
        "service_date": dt.date.fromisoformat(date),
        "care_level": 1,
        "minutes": 240,
        "service": "day_care",
        "shortfall": "",
        "session": 1,
        "additions": {},
    } | values


def days(month: str, number: int, **values: Any) -> list[Row]:
    return [visit(f"{month}-{day:02}", **values) for day in range(1, number + 1)]


def provider(**values: Any) -> Row:
    return {
        "provider_no": "1370000018",
        "service_month": "",
        "area_grade": None,
        "extended_hours": True,
        "additions": {},
    } | values


def recipient(**values: Any) -> Row:
    return {
        "insurer_no": "131003",
        "insured_no": "0000000001",
        "service_month": "",
        "provider_no": "",
        "benefit_rate": None,
        "planned_units": None,
        "public_law": "",
        "public_copay_yen": None,
        "public_from": None,
        "public_to": None,
        "additions": {},
    } | values


def one_claim(
    visits: list[Row],
    rows: list[Row],
    own_provider: Row | None = None,
    own_recipient: Row | None = None,
) -> tuple[dict[str, tuple[int, int, int]], Row]:
    """The lines as code: (units, count, service_units), and the one claim."""
    lines, claims = claim_month(
        visits,
        None if own_provider is None else [own_provider],
        None if own_recipient is None else [own_recipient],
        rows,
        PRICES,
        LIMITS,
    )
    (claim,) = claims
    return {
        line["service_code"][2:]: (line["units"], line["count"], line["service_units"])
        for line in lines
    }, claim


def fields(claim: Row, *names: str) -> tuple[Any, ...]:
    return tuple(claim[name] for name in names)


YEN = ("total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen")


# ---------------------------------------------------------------- rounding and the steps


@pytest.mark.parametrize(
    ("units", "per_mille", "result"),
    [
        (387 * 6, 150, 348),  # notice 36: 2,322 units, 15 %, 348.3
        (735, 700, 515),  # 788431 as printed; 514.5, a tie
        (475, 700, 333),  # 789405 as printed; 332.5, a tie that binary floats lose
        (678, 700, 475),  # 781145 as printed; 474.6
        (-15, 100, -1),  # -1.5: half up is towards the larger
        (-16, 100, -2),
        (0, 900, 0),
    ],
)
def test_ratio_rounds_half_up(units: int, per_mille: int, result: int) -> None:
    assert half_up(units, per_mille) == result


@pytest.mark.parametrize(
    ("cells", "units"),
    [
        # The table of 2016-04 as printed (国分寺市, 参考資料5).
        ({"base_units": 426, "short_hours_per_mille": 700}, 298),  # 781141
        (
            {"base_units": 678, "short_hours_per_mille": 700, "shortfall_per_mille": 700},
            333,
        ),  # 9405
        (
            {"base_units": 426, "short_hours_per_mille": 700, "shortfall_per_mille": 700},
            209,
        ),  # 8401
        ({"base_units": 735, "shortfall_per_mille": 700, "extension_units": 50}, 565),  # 788441
        ({"base_units": 1281, "shortfall_per_mille": 700, "extension_units": 250}, 1147),  # 789720
        ({"base_units": 735, "extension_units": 200}, 935),  # 781751
        ({"base_units": 1511, "shortfall_per_mille": 700}, 1058),  # 788701
    ],
)
def test_composite_rounds_at_each_step(cells: Row, units: int) -> None:
    assert composite(BLANK_ROW | cells) == units


def test_two_ratios_in_one_step_would_be_another_figure() -> None:
    # Row 9405 proves the order: 678, 475, 333; at 49 % in one step it would be 332.
    assert half_up(half_up(678, 700), 700) == 333
    assert half_up(678, 490) == 332


# ---------------------------------------------------------------- whole claims worked elsewhere


def test_real_claim_over_its_plan() -> None:
    # A real claim of another service kind: managed 20,199, plan 19,705, 266 per mille,
    # benefit units 24,947. E = 494; 19,705 x 0.266 = 5,241.53.
    rows = [base(6733), rate("6000", "treatment", 266, "all_lines")]
    lines, claim = one_claim(
        days("2020-01", 3, care_level=2, additions={"treatment": 1}),
        rows,
        own_recipient=recipient(planned_units=19705),
    )
    assert lines == {"1000": (6733, 3, 20199), "6000": (5242, 1, 5242)}
    # Without a limit it would have been 20,199 + 5,373 (5,372.934) = 25,572.
    assert fields(
        claim, "managed_units", "unmanaged_units", "benefit_units", "self_paid_units"
    ) == (20199, 5242, 24947, 625)
    assert fields(claim, "total_units", "planned_units") == (25441, 19705)


def test_limit_holds_where_no_plan_was_given() -> None:
    # The same claim: 19,705 is also what 要介護2 allows from 2019-10 on.
    rows = [base(6733), rate("6000", "treatment", 266, "all_lines")]
    _, claim = one_claim(days("2020-01", 3, care_level=2, additions={"treatment": 1}), rows)
    assert fields(claim, "planned_units", "benefit_units") == (19705, 24947)
    # 要介護2 to 2019-09 allowed 19,616: 19,616 x 0.266 = 5,217.856.
    _, before = one_claim(days("2019-09", 3, care_level=2, additions={"treatment": 1}), rows)
    assert fields(before, "planned_units", "benefit_units") == (19616, 24834)


def test_worked_claim_of_2024() -> None:
    # 2024-06, 5級地, 要介護1, 7 to 8 hours, published worked example: 7,214 units, 75,386 yen.
    rows = [
        base(753, item_code="1441"),
        addition("5303", "bathing", 55, "day"),
        addition("6099", "service_provision", 22, "visit", limit_managed=0),
        addition("6361", "science_based_care", 40, "month"),
        rate("6104", "treatment", 80, "all_lines"),
    ]
    keys = {"bathing": 1, "service_provision": 1, "science_based_care": 1, "treatment": 1}
    lines, claim = one_claim(
        days("2024-06", 8, additions=keys),
        rows,
        provider(area_grade="5"),
        recipient(benefit_rate=90),
    )
    assert lines == {
        "1441": (753, 8, 6024),
        "5303": (55, 8, 440),
        "6099": (22, 8, 176),
        "6361": (40, 1, 40),
        "6104": (534, 1, 534),
    }
    assert fields(claim, "managed_units", "unmanaged_units", "total_units", "benefit_units") == (
        6504,
        710,
        7214,
        7214,
    )
    assert fields(claim, "unit_price", *YEN) == (1045, 75386, 67847, 0, 7539, 0)


def test_worked_claim_of_2017() -> None:
    # 2017, 3 to 5 hours, 要介護1, bathing, 59 per mille: 426 + 50 = 476, 28, together 504.
    additions = {"bathing": 1, "treatment_improvement_1": 1}
    lines, claim = one_claim([visit("2017-04-03", additions=additions)], ROWS)
    assert lines == {"1241": (426, 1, 426), "5301": (50, 1, 50), "6108": (28, 1, 28)}
    assert claim["total_units"] == 504


def test_yen_is_floored_once_for_the_claim() -> None:
    # The claim of 2017 in 6級地: 504 x 10.27 = 5,176.08. Floored apart, 476 x 10.27 = 4,888.52
    # and 28 x 10.27 = 287.56 would lose a yen. 70 % of 5,176 is 3,623.2.
    additions = {"bathing": 1, "treatment_improvement_1": 1}
    _, claim = one_claim(
        [visit("2017-04-03", additions=additions)],
        ROWS,
        provider(area_grade="6"),
        recipient(benefit_rate=70),
    )
    assert fields(claim, "unit_price", *YEN) == (1027, 5176, 3623, 0, 1553, 0)
    assert yen(476, 1027) + yen(28, 1027) == 5175


# ---------------------------------------------------------------- counting


def test_rural_area_is_rounded_once_on_the_month() -> None:
    # Notice 36: outside the limit, on the month's sum. 6 x 642 = 3,852, 5 % = 192.6; per visit
    # 32.1 would come to 6 x 32 = 192. Basis: base codes alone, bathing apart (QKANCHO).
    rows = [
        base(642),
        addition("5301", "bathing", 50, "day"),
        rate("8110", "rural_area", 50, "base_lines"),
    ]
    lines, _ = one_claim(days("2016-04", 6, additions={"rural_area": 1, "bathing": 1}), rows)
    assert lines["8110"] == (193, 1, 193)
    # Only the visits that have it: 2 x 642 = 1,284, 64.2.
    some = [*days("2016-04", 2, additions={"rural_area": 1}), visit("2016-04-20")]
    lines, _ = one_claim(some, rows)
    assert lines["8110"] == (64, 1, 64)


def test_ratio_of_a_ratio_takes_its_rounded_result() -> None:
    # 2016: (Ⅲ) is 90 % of (Ⅱ)'s result. 1,114 x 22/1000 = 24.508, 25; 22.5, 23. In one step
    # 1,114 x 19.8/1000 = 22.06 would be 22.
    rows = [
        base(1114),
        rate("6104", "treatment_improvement_2", 22, "all_lines"),
        rate("6105", "treatment_improvement_3", 900, "treatment_improvement_2"),
    ]
    lines, _ = one_claim([visit("2016-04-01", additions={"treatment_improvement_3": 1})], rows)
    assert lines == {"1000": (1114, 1, 1114), "6105": (23, 1, 23)}


def test_day_counts_once_and_visit_every_time() -> None:
    two_sessions = [
        visit("2016-04-01", additions={"bathing": 1, "service_provision_1i": 1}),
        visit("2016-04-01", session=2, additions={"bathing": 1, "service_provision_1i": 1}),
    ]
    lines, claim = one_claim(two_sessions, ROWS)
    assert lines == {"1241": (426, 2, 852), "5301": (50, 1, 50), "6100": (18, 2, 36)}
    assert fields(claim, "visits", "days") == (2, 1)


def test_both_ways_without_transport_count_twice() -> None:
    lines, _ = one_claim(
        [
            visit("2016-04-01", additions={"no_transport": 2}),
            visit("2016-04-02", additions={"no_transport": 1}),
        ],
        ROWS,
    )
    assert lines["5612"] == (-47, 3, -141)


def test_yielding_is_by_the_visit() -> None:
    # 送迎減算 is not applied where 同一建物減算 is, 若年性 not beside 認知症加算.
    visits = [
        visit("2016-04-01", additions={"no_transport": 2, "same_building": 1}),
        visit("2016-04-02", additions={"no_transport": 1}),
        visit("2016-04-03", additions={"early_onset_dementia": 1, "dementia_care": 1}),
        visit("2016-04-04", additions={"early_onset_dementia": 1}),
    ]
    lines, _ = one_claim(visits, ROWS)
    assert lines == {
        "1241": (426, 4, 1704),
        "5305": (60, 1, 60),
        "5611": (-94, 1, -94),
        "5612": (-47, 1, -47),
        "6109": (60, 1, 60),
    }


def test_largest_value_of_the_three_files_counts_where_it_fits() -> None:
    visits = [
        visit("2016-04-01", additions={"no_transport": 1}),
        visit("2016-04-02", service="medical_day_care"),
    ]
    lines, _ = one_claim(
        visits,
        ROWS,
        provider(additions={"service_provision_1i": 1, "service_provision_3": 1, "bathing": 1}),
        recipient(additions={"no_transport": 2}),
    )
    assert lines == {
        "1241": (426, 1, 426),
        "4140": (1007, 1, 1007),
        "5301": (50, 1, 50),
        "5612": (-47, 4, -188),
        "6100": (18, 1, 18),
        "6103": (6, 1, 6),
    }


def test_row_of_the_month_beats_the_one_without() -> None:
    rows = [provider(area_grade="1"), provider(service_month="201605", area_grade="7")]
    visits = [visit("2016-04-01"), visit("2016-05-01")]
    _, claims = claim_month(visits, rows, None, ROWS, PRICES, LIMITS)
    assert [fields(claim, "service_month", "unit_price") for claim in claims] == [
        ("201604", 1090),
        ("201605", 1014),
    ]


@pytest.mark.parametrize(
    ("minutes", "shortfall", "extended", "code"),
    [
        (539, "", True, "1441"),
        (540, "", True, "1541"),
        (839, "", True, "1756"),
        (540, "", False, "1441"),
        (1440, "", False, "1441"),
        (300, "", False, "1341"),
        (700, "understaffed", True, "9456"),
        (700, "understaffed", False, "9431"),
    ],
)
def test_extension_needs_its_registration(
    minutes: int, shortfall: str, extended: bool, code: str
) -> None:
    lines, _ = one_claim(
        [visit("2016-04-01", minutes=minutes, shortfall=shortfall)],
        ROWS,
        provider(extended_hours=extended),
    )
    assert list(lines) == [code]


# ---------------------------------------------------------------- over the limit


@pytest.mark.parametrize(
    ("plan", "covered"),
    # Three visits of 476 managed units. A visit is covered until those before have reached M - E.
    [(1428, 3), (1427, 3), (953, 3), (952, 2), (477, 2), (476, 1), (1, 1), (0, 0)],
)
def test_unmanaged_additions_follow_the_covered_visits(plan: int, covered: int) -> None:
    visits = days("2016-04", 3, additions={"bathing": 1, "service_provision_1i": 1})
    lines, claim = one_claim(visits, ROWS, own_recipient=recipient(planned_units=plan))
    assert lines.get("6100", (18, 0, 0)) == (18, covered, 18 * covered)
    assert lines["1241"] == (426, 3, 1278)
    assert claim["benefit_units"] == plan + 18 * covered
    assert claim["self_paid_units"] == 1428 + 54 - plan - 18 * covered


@pytest.mark.parametrize(("plan", "covered"), [(476, 0), (477, 1)])
def test_sessions_are_covered_in_their_order(plan: int, covered: int) -> None:
    # The day's first session comes first, whatever the order of the rows, and has its bathing.
    visits = [
        visit("2016-04-02"),
        visit("2016-04-01", session=2, additions={"bathing": 1, "service_provision_1i": 1}),
        visit("2016-04-01", additions={"bathing": 1}),
    ]
    lines, _ = one_claim(visits, ROWS, own_recipient=recipient(planned_units=plan))
    assert lines.get("6100", (18, 0, 0)) == (18, covered, 18 * covered)


def test_rates_over_the_plan() -> None:
    # Base 3 x 426 = 1,278, plan 1,000, E = 278: rural 5 % of 1,000 = 50; covered visits are those
    # with 0, 426 and 852 before them, so 3 x 18 = 54; treatment 4 % of 1,000 + 54 + 50 = 44.16.
    # Without a limit: 63.9 = 64; 4 % of 1,278 + 54 + 64 = 55.84 = 56; together 1,452.
    keys = {"rural_area": 1, "service_provision_1i": 1, "treatment_improvement_1": 1}
    lines, claim = one_claim(
        days("2016-04", 3, additions=keys),
        ROWS,
        provider(area_grade="7"),
        recipient(planned_units=1000, benefit_rate=90),
    )
    assert lines == {
        "1241": (426, 3, 1278),
        "6100": (18, 3, 54),
        "6107": (44, 1, 44),
        "8110": (50, 1, 50),
    }
    assert fields(claim, "managed_units", "unmanaged_units", "total_units") == (1278, 148, 1426)
    assert fields(claim, "benefit_units", "self_paid_units") == (1148, 304)
    # 1,148 x 10.14 = 11,640.72; 90 % 10,476; 304 x 10.14 = 3,082.56.
    assert fields(claim, *YEN) == (11640, 10476, 0, 1164, 3082)


def test_plan_of_nothing_leaves_nothing_to_the_insurance() -> None:
    keys = {"rural_area": 1, "service_provision_1i": 1, "treatment_improvement_1": 1}
    lines, claim = one_claim(
        [visit("2016-04-01", additions=keys)], ROWS, own_recipient=recipient(planned_units=0)
    )
    # 426 + 18 + 21 (21.3) + 19 (4 % of 465 = 18.6) would have been the claim.
    assert lines == {"1241": (426, 1, 426)}
    assert fields(claim, "total_units", "benefit_units", "self_paid_units") == (426, 0, 484)


def test_rural_area_below_the_excess_is_nothing() -> None:
    # One visit of 426 has it; E = 1,278 - 500 = 778 is more.
    visits = [*days("2016-04", 2), visit("2016-04-20", additions={"rural_area": 1})]
    lines, _ = one_claim(visits, ROWS, own_recipient=recipient(planned_units=500))
    assert lines == {"1241": (426, 3, 1278)}


def test_managed_ratio_stays_whole_and_belongs_to_its_first_visit() -> None:
    # 共生型: 93 % of the base, so -70 per mille of 3 x 1,000 = -210; M = 2,790, plan 1,600.
    # Before the visits are 0, 790 and 1,790: the first two are covered. Treatment: 4 % of
    # 1,600 + 40 = 65.6. Without a limit: 2,790 + 60 + 4 % of 2,850 = 2,964.
    rows = [
        base(1000),
        rate("6364", "symbiotic", -70, "base_lines", limit_managed=1, per="day"),
        addition("6099", "service_provision", 20, "visit", limit_managed=0),
        rate("6104", "treatment", 40, "all_lines"),
    ]
    visits = days("2016-04", 3, additions={"symbiotic": 1, "service_provision": 1, "treatment": 1})
    lines, claim = one_claim(visits, rows, own_recipient=recipient(planned_units=1600))
    assert lines == {
        "1000": (1000, 3, 3000),
        "6364": (-210, 1, -210),
        "6099": (20, 2, 40),
        "6104": (66, 1, 66),
    }
    assert fields(claim, "managed_units", "benefit_units", "self_paid_units") == (2790, 1706, 1258)


def test_no_visit_is_covered_after_the_limit_is_reached() -> None:
    # The first visit's reduction takes the sum below 0 again; with a plan of 0 nothing is covered.
    rows = [
        base(1000),
        rate("6364", "symbiotic", -700, "base_lines", limit_managed=1),
        addition("6099", "service_provision", 20, "visit", limit_managed=0),
    ]
    visits = days("2016-04", 3, additions={"symbiotic": 1, "service_provision": 1})
    lines, _ = one_claim(visits, rows, own_recipient=recipient(planned_units=0))
    assert lines == {"1000": (1000, 3, 3000), "6364": (-2100, 1, -2100)}


def test_managed_ratio_of_all_lines_stays_whole() -> None:
    rows = [base(1000), rate("6110", "managed", 100, "all_lines", limit_managed=1)]
    lines, claim = one_claim(
        days("2016-04", 2, additions={"managed": 1}),
        rows,
        own_recipient=recipient(planned_units=1000),
    )
    assert lines == {"1000": (1000, 2, 2000), "6110": (200, 1, 200)}
    assert fields(claim, "managed_units", "benefit_units", "self_paid_units") == (2200, 1000, 1200)


def test_plan_is_written_as_it_was_given() -> None:
    _, claim = one_claim([visit("2016-04-01")], ROWS, own_recipient=recipient(planned_units=9000))
    assert fields(claim, "planned_units", "benefit_units") == (9000, 426)


def test_heavier_level_of_the_month_gives_the_limit() -> None:
    # QKANCHO: 16,692 for 要介護1, 19,616 for 要介護2 to 2019-09. 21 x 985 = 20,685 units.
    rows = [base(985)]
    _, claim = one_claim(days("2016-05", 21), rows)
    assert fields(claim, "planned_units", "self_paid_units") == (16692, 3993)
    _, claim = one_claim([*days("2016-05", 20), visit("2016-05-31", care_level=2)], rows)
    assert fields(claim, "planned_units", "self_paid_units") == (19616, 1069)


def test_no_limit_without_a_care_level() -> None:
    visits = days("2016-05", 30, service="medical_day_care", care_level=None, minutes=400)
    _, claim = one_claim(visits, ROWS)
    assert fields(claim, "managed_units", "planned_units", "self_paid_units") == (45330, 45330, 0)


# ---------------------------------------------------------------- yen


@pytest.mark.parametrize(
    ("values", "amounts"),
    [
        # 426 units at 10.00: 4,260 yen.
        ({"benefit_rate": 80}, (4260, 3408, 0, 852, 0)),
        ({"benefit_rate": 90, "public_law": "12"}, (4260, 3834, 426, 0, 0)),
        (
            {"benefit_rate": 90, "public_law": "12", "public_copay_yen": 100},
            (4260, 3834, 326, 100, 0),
        ),
        (
            {"benefit_rate": 90, "public_law": "12", "public_copay_yen": 15000},
            (4260, 3834, 0, 426, 0),
        ),
        ({"benefit_rate": None}, (None, None, None, None, None)),
    ],
)
def test_who_pays(values: Row, amounts: tuple[int | None, ...]) -> None:
    _, claim = one_claim(
        [visit("2016-04-01")], ROWS, provider(area_grade="other"), recipient(**values)
    )
    assert fields(claim, "unit_price", *YEN) == (1000, *amounts)
    assert claim["benefit_rate"] == values["benefit_rate"]


def test_person_without_insurance() -> None:
    # An insured number beginning with H: all from public funds (法別12), less the own part.
    own = visit("2016-04-01", insured_no="H000000001")
    grade = provider(area_grade="other")
    _, claim = one_claim([own], ROWS, grade)
    assert fields(claim, "benefit_rate", *YEN) == (None, 4260, 0, 4260, 0, 0)
    person = recipient(insured_no="H000000001", public_copay_yen=1000)
    _, claim = one_claim([own], ROWS, grade, person)
    assert fields(claim, *YEN) == (4260, 0, 3260, 1000, 0)


def test_unknown_grade_leaves_the_yen_blank() -> None:
    _, claim = one_claim([visit("2016-04-01")], ROWS, provider(), recipient(benefit_rate=90))
    assert fields(claim, "unit_price", "benefit_rate", *YEN) == (None, 90, *[None] * 5)


# ---------------------------------------------------------------- the output


def test_output_is_in_the_order_of_its_text() -> None:
    visits = [
        visit("2016-05-01", provider_no="137000000A"),
        visit("2016-05-01", provider_no="0000000001", insured_no="H000000001"),
        visit("2016-05-01", provider_no="0000000001"),
        visit("2016-04-01", additions={"same_building": 1, "bathing": 1}),
        visit("2016-04-02", minutes=500),
    ]
    lines, claims = claim_month(visits, None, None, ROWS[::-1], PRICES, LIMITS)
    assert [fields(claim, "service_month", "provider_no", "insured_no") for claim in claims] == [
        ("201604", "1370000018", "0000000001"),
        ("201605", "0000000001", "0000000001"),
        ("201605", "0000000001", "H000000001"),
        ("201605", "137000000A", "0000000001"),
    ]
    assert [line["service_code"] for line in lines[:4]] == ["781241", "781441", "785301", "785611"]
    assert list(lines[0]) == [
        "service_month",
        "provider_no",
        "insurer_no",
        "insured_no",
        "service_code",
        "units",
        "count",
        "service_units",
        "limit_managed",
        "public_count",
        "public_units",
    ]
    assert list(claims[0]) == [
        "service_month",
        "provider_no",
        "insurer_no",
        "insured_no",
        "care_level",
        "visits",
        "days",
        "managed_units",
        "unmanaged_units",
        "total_units",
        "planned_units",
        "benefit_units",
        "self_paid_units",
        "unit_price",
        "total_yen",
        "benefit_rate",
        "insurance_yen",
        "public_yen",
        "copay_yen",
        "self_paid_yen",
        "public_units",
    ]


# ---------------------------------------------------------------- what is held

KEY = ("201604", "1370000018", "131003", "0000000001")
DAY = "2016-04-01"


@pytest.mark.parametrize(
    ("visits", "rule"),
    [
        ([visit(DAY), visit(DAY)], "duplicate_visit"),
        ([visit(DAY, minutes=119)], "outside_every_band"),
        ([visit(DAY, minutes=840)], "missing_value"),
        ([visit(DAY, minutes=540)], "missing_value"),
        ([visit(DAY, service="medical_day_care", minutes=480)], "outside_every_band"),
        ([visit(DAY, additions={"bathing_2": 1})], "no_code"),
        ([visit(DAY, additions={"bathing_system": 1})], "not_for_service"),
        (
            [visit(DAY, additions={"service_provision_1i": 1, "service_provision_2": 1})],
            "conflicting_group",
        ),
        (
            [
                visit(DAY, additions={"treatment_improvement_1": 1}),
                visit("2016-04-02", additions={"treatment_improvement_2": 1}),
            ],
            "conflicting_group",
        ),
        (days("2016-04", 3, additions={"nutrition_improvement": 1}), "over_monthly_maximum"),
    ],
)
def test_problem_holds_its_claim(visits: list[Row], rule: str) -> None:
    others = [visit("2016-05-01"), visit(DAY, insured_no="0000000002")]
    assert held_claims([*visits, *others], None, None, ROWS, LIMITS) == {KEY: {rule}}


def test_group_is_judged_before_yielding() -> None:
    rows = [
        base(426),
        addition("6001", "one", 10, "visit", group="pair"),
        addition("6002", "other", 20, "visit", group="pair", yields_to="one"),
    ]
    visits = [visit(DAY, additions={"one": 1, "other": 1})]
    assert held_claims(visits, None, None, rows, LIMITS) == {KEY: {"conflicting_group"}}


@pytest.mark.parametrize(
    "visits",
    [
        [visit(DAY), visit(DAY, session=2)],
        [visit(DAY, minutes=120), visit("2016-04-02", minutes=539)],
        [visit(DAY, service="medical_day_care", minutes=479, care_level=None)],
        [
            visit(DAY, additions={"service_provision_1i": 1}),
            visit("2016-04-02", additions={"service_provision_2": 1}),
        ],
        days("2016-04", 2, additions={"nutrition_improvement": 1}),
        [visit(DAY, additions={"functional_training_1": 1, "functional_training_2": 1})],
    ],
)
def test_what_may_be_claimed_is_not_held(visits: list[Row]) -> None:
    assert held_claims(visits, None, None, ROWS, LIMITS) == {}


def test_no_row_for_the_shortfall_or_the_month() -> None:
    visits = [visit("2026-06-01", shortfall="over_capacity"), visit("2016-03-31")]
    assert held_claims(visits, None, None, ROWS, LIMITS) == {
        ("201603", *KEY[1:]): {"unsupported_month"},
        ("202606", *KEY[1:]): {"no_code"},
    }


def test_every_problem_of_a_claim_is_named() -> None:
    visits = [visit(DAY, minutes=60), visit(DAY, additions={"individual_transport": 1})]
    other = {"insured_no": "0000000009", "provider_no": "1370000091"}
    assert held_claims(
        visits, [provider(**other)], [recipient(insured_no="0000000009")], ROWS, LIMITS
    ) == {
        KEY: {
            "duplicate_visit",
            "outside_every_band",
            "not_for_service",
            "unknown_provider",
            "unknown_recipient",
        }
    }


@pytest.mark.parametrize(("plan", "held"), [(16692, {}), (16693, {KEY: {"plan_over_limit"}})])
def test_plan_may_reach_the_limit(plan: int, held: dict[Any, set[str]]) -> None:
    own = [recipient(planned_units=plan)]
    assert held_claims([visit(DAY)], None, own, ROWS, LIMITS) == held


# ---------------------------------------------------------------- the strategies


@settings(deadline=None)
@given(months(ROWS, LIMITS))
def test_drawn_months_hold_nothing_and_add_up(month: Month) -> None:
    own = (month.visits, month.providers, month.recipients, ROWS)
    assert held_claims(*own, LIMITS) == {}
    lines, claims = claim_month(*own, PRICES, LIMITS)
    assert sum(claim["visits"] for claim in claims) == len(month.visits)
    assert sum(claim["total_units"] for claim in claims) == sum(
        line["service_units"] for line in lines
    )
    assert all(claim["benefit_units"] <= claim["total_units"] for claim in claims)


@settings(deadline=None)
@given(faulty_months(ROWS, LIMITS))
def test_drawn_problems_leave_the_other_claims_whole(faulty: Any) -> None:
    assert len(faulty.sound.visits) + len(faulty.held_lines) == len(faulty.visits)


def test_frames_hold_the_text_of_a_file() -> None:
    month = Month(
        [visit(DAY, care_level=None, additions={"no_transport": 2}), visit("2016-04-02")],
        [provider(extended_hours=False, additions={"bathing": 1})],
        [recipient(planned_units=0, benefit_rate=90)],
    )
    frames = [frame for frame in to_frames(month) if frame is not None]
    assert [frame.to_csv(index=False, lineterminator="\n") for frame in frames] == [
        (
            "provider_no,insurer_no,insured_no,service_date,care_level,minutes,service,shortfall,"
            "session,no_transport\n"
            "1370000018,131003,0000000001,2016-04-01,,240,day_care,,1,2\n"
            "1370000018,131003,0000000001,2016-04-02,1,240,day_care,,1,\n"
        ),
        "provider_no,service_month,area_grade,extended_hours,bathing\n1370000018,,,0,1\n",
        (
            "insurer_no,insured_no,service_month,provider_no,benefit_rate,planned_units,public_law,"
            "public_copay_yen,public_from,public_to\n131003,0000000001,,,90,0,,,,\n"
        ),
    ]

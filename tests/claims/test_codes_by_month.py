"""Codes counted once a day or month (療養通所介護 since 2021-04), beside codes per visit.

The figures are drawn or made up: no table of these codes is bundled.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from helpers.inputs import Cells, frame
from helpers.reference import Row, claim_month, load_limits, load_prices, load_rows
from helpers.tables import ROW, addition, base, table, treatment

DATA = Path(__file__).parents[2] / "data"
PRICES, LIMITS = load_prices(DATA / "unit_prices.csv"), load_limits(DATA / "benefit_limits.csv")
MONTH_UNITS, SHORT_UNITS = 12_345, 1_234


def whole_month(code: str, service: str, units: int, per: str) -> Cells:
    """A base code for visits of any length."""
    return {
        **ROW,
        "item_code": code,
        "name": f"code {code}",
        "kind": "base",
        "service": service,
        "minutes_from": "0",
        "minutes_to": "1441",
        "base_units": str(units),
        "extension_units": "0",
        "units": str(units),
        "per": per,
    }


RURAL = treatment(50) | {
    "item_code": "6001",
    "key": "rural_area",
    "rate_of": "base_lines",
    "service": "both",
}
ROWS = [
    *base(700),
    whole_month("2001", "medical_day_care", MONTH_UNITS, "month"),
    whole_month("2002", "short_medical_day_care", SHORT_UNITS, "day"),
    addition("daily", 94, "day", managed=False) | {"service": "both"},
    addition("monthly", 150, "month") | {"service": "medical_day_care"},
    addition("each", 22, "visit", managed=False) | {"service": "both"},
    RURAL,
    treatment(117) | {"service": "both"},
]
PERSON: Cells = {"insurer_no": "131003", "insured_no": "0000000001"}


def visit(day: int, service: str, session: int = 1, **cells: str) -> Cells:
    return {
        "provider_no": "1370000018",
        **PERSON,
        "service_date": f"2026-06-{day:02}",
        "care_level": "3",
        "minutes": "300",
        "service": service,
        "session": str(session),
        **cells,
    }


def lines(folder: Path, *visits: Cells, provider: Cells | None = None) -> dict[str, int]:
    providers = [{"provider_no": "1370000018", **(provider or {})}]
    batch = ct.compute_claims(frame(visits), frame(providers), codes=table(folder, *ROWS))
    assert batch.problems.empty, batch.problems["message"].tolist()
    found = batch.claim_lines
    return dict(zip(found["service_code"], found["service_units"], strict=True))


def test_a_code_of_the_month_is_counted_once(tmp_path: Path) -> None:
    visits = [visit(day, "medical_day_care") for day in (1, 8, 15)]
    assert lines(tmp_path, *visits) == {"782001": MONTH_UNITS}


def test_a_code_of_the_day_is_counted_once_a_day(tmp_path: Path) -> None:
    short = "short_medical_day_care"
    visits = [visit(1, short), visit(1, short, session=2), visit(2, "短期利用療養通所介護")]
    assert lines(tmp_path, *visits) == {"782002": 2 * SHORT_UNITS}


def test_ratios_are_taken_of_what_is_counted(tmp_path: Path) -> None:
    """5 % of 12,345 is 617.25; 117/1000 of 12,345 + 617 + 3 × 94 is 1549.548."""
    visits = [visit(day, "medical_day_care") for day in (1, 8, 15)]
    found = lines(tmp_path, *visits, provider={"rural_area": "1", "daily": "1", "treatment": "1"})
    assert found == {"782001": MONTH_UNITS, "786001": 617, "785001": 282, "786000": 1550}


def test_an_addition_of_the_monthly_service_does_not_fit_the_short_one(tmp_path: Path) -> None:
    rows = [visit(1, "short_medical_day_care", monthly="1")]
    batch = ct.compute_claims(frame(rows), codes=table(tmp_path, *ROWS))
    assert batch.problems["rule"].tolist() == ["not_for_service"]
    # Set for the whole provider it counts where it fits.
    visits = [visit(1, "short_medical_day_care"), visit(2, "medical_day_care")]
    found = lines(tmp_path, *visits, provider={"monthly": "1"})
    assert found == {"782001": MONTH_UNITS, "782002": SHORT_UNITS, "785003": 150}


def test_within_the_limit_every_visit_is_covered(tmp_path: Path) -> None:
    """The first visit bears all managed units, yet those after it lie within the limit as well."""
    rows = [visit(day, "medical_day_care", each="1") for day in (1, 8, 15)]
    person = {**PERSON, "benefit_rate": "90", "public_law": "12", "public_from": "8"}
    batch = ct.compute_claims(frame(rows), recipients=frame([person]), codes=table(tmp_path, *ROWS))
    shown = batch.claim_lines[["service_code", "count", "public_count", "public_units"]]
    # On the days of public funds there are two visits with 22 units each.
    assert shown.to_numpy().tolist() == [["782001", 1, 0, 0], ["785002", 3, 2, 44]]


@pytest.mark.parametrize(
    ("funds", "counts", "units"),
    [
        # The first visit bears the code of the month, and its 5 %: 617.25.
        ({"public_to": "8"}, [1, 1], [MONTH_UNITS, 617]),
        ({"public_from": "8"}, [0, 0], [0, 0]),
    ],
)
def test_a_ratio_of_the_days_of_public_funds(
    tmp_path: Path, funds: Cells, counts: list[int], units: list[int]
) -> None:
    rows = [visit(day, "medical_day_care", rural_area="1") for day in (1, 8, 15)]
    person = {**PERSON, "benefit_rate": "90", "public_law": "12", **funds}
    batch = ct.compute_claims(frame(rows), recipients=frame([person]), codes=table(tmp_path, *ROWS))
    lines = batch.claim_lines
    assert lines["service_code"].tolist() == ["782001", "786001"]
    assert lines["service_units"].tolist() == [MONTH_UNITS, 617]
    assert lines["public_count"].tolist() == counts
    assert lines["public_units"].tolist() == units


def test_a_visit_by_itself(tmp_path: Path) -> None:
    month = ct.load_codes("2026-06", path=table(tmp_path, *ROWS))
    visit = ct.Visit(minutes=30, service="medical_day_care")
    assert ct.Calculator(month).compose(visit).units == MONTH_UNITS


def test_each_visit_bears_its_share(tmp_path: Path) -> None:
    """The result list of visits has the code of the month on its first visit alone."""
    rows = [visit(day, "medical_day_care", each="1") for day in (3, 1)]
    codes = table(tmp_path, *ROWS)
    frame(rows).to_csv(tmp_path / "visits.csv", index=False)
    explained = ct.explain_claim(tmp_path / "visits.csv", "0000000001", codes=codes)
    assert [line.service_units for line in explained[0].lines] == [MONTH_UNITS, 44]


SERVICES = ("day_care", "medical_day_care", "short_medical_day_care")
VISITS = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 2),
        st.sampled_from(SERVICES),
        st.sets(st.sampled_from(("daily", "each", "rural_area", "treatment"))),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one[:2],
)


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return table(tmp_path_factory.mktemp("codes"), *ROWS)


@given(
    drawn=VISITS,
    level=st.integers(1, 5),
    plan=st.none() | st.integers(0, 30_000),
    public=st.none() | st.tuples(st.integers(1, 4), st.integers(4, 31)),
)
def test_drawn_months_agree_with_the_reference(
    codes: Path,
    drawn: list[tuple[int, int, str, set[str]]],
    level: int,
    plan: int | None,
    public: tuple[int, int] | None,
) -> None:
    rows = [
        visit(day, service, session, care_level=str(level), **dict.fromkeys(had, "1"))
        for day, session, service, had in drawn
    ]
    limit = next(
        row["units"]
        for row in LIMITS
        if row["care_level"] == level and row["valid_from"] <= "202606" <= row["valid_to"]
    )
    planned = None if plan is None else min(plan, limit)
    person = {
        **PERSON,
        "benefit_rate": "90",
        "planned_units": "" if planned is None else str(planned),
        "public_law": "" if public is None else "12",
        "public_from": "" if public is None else str(public[0]),
        "public_to": "" if public is None else str(public[1]),
    }
    provider = {"provider_no": "1370000018", "area_grade": "5"}
    batch = ct.compute_claims(frame(rows), frame([provider]), frame([person]), codes=codes)
    assert batch.problems.empty, batch.problems["message"].tolist()
    expected_lines, expected = claim_month(
        [typed(row) for row in rows],
        [
            {
                "provider_no": "1370000018",
                "service_month": "",
                "area_grade": "5",
                "extended_hours": None,
                "additions": {},
            }
        ],
        [
            {
                **PERSON,
                "service_month": "",
                "benefit_rate": 90,
                "planned_units": planned,
                "public_law": person["public_law"],
                "public_from": None if public is None else public[0],
                "public_to": None if public is None else public[1],
                "public_copay_yen": None,
                "additions": {},
            }
        ],
        load_rows(codes),
        PRICES,
        LIMITS,
    )
    for found, wanted in ((batch.claim_lines, expected_lines), (batch.claims, expected)):
        names = [name for name in wanted[0] if name in found]
        assert found[names].to_dict("records") == [
            {name: one[name] for name in names} for one in wanted
        ]


def typed(row: Cells) -> Row:
    keys = ("daily", "each", "rural_area", "treatment")
    return {
        **{name: row[name] for name in ("provider_no", "insurer_no", "insured_no", "service")},
        "service_date": dt.date.fromisoformat(row["service_date"]),
        "care_level": int(row["care_level"]),
        "minutes": int(row["minutes"]),
        "shortfall": "",
        "session": int(row["session"]),
        "additions": {key: 1 for key in keys if row.get(key)},
    }

"""Claims explained: every figure of every drawn claim, as the batch and the reference have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import chiiki_tsusho as ct
from conftest import EXAMPLES
from helpers.inputs import PROVIDER, RECIPIENT, frame, visit, visits
from helpers.reference import claim_month, load_limits, load_prices, load_rows
from helpers.strategies import Month, months, to_frames

DATA = Path(__file__).parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
PRICES = load_prices(DATA / "unit_prices.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")
FEW = int(EXAMPLES or 15)


def after(steps: list[ct.Step], *beginnings: str) -> int:
    """The figure of the last step whose label begins so."""
    return [step.after for step in steps if step.label.startswith(beginnings)][-1]


@settings(max_examples=FEW, deadline=None)
@given(months(ROWS, LIMITS))
def test_every_figure_of_a_claim_is_explained(month: Month) -> None:
    lines, claims = claim_month(
        month.visits, month.providers, month.recipients, ROWS, PRICES, LIMITS
    )
    files = to_frames(month)
    for claim in claims:
        key = ("provider_no", "insurer_no", "insured_no")
        own_month = f"{claim['service_month'][:4]}-{claim['service_month'][4:]}"
        (sheet,) = (
            one
            for one in ct.explain_claim(
                files[0], claim["insured_no"], own_month, files[1], files[2]
            )
            if all(getattr(one, name) == claim[name] for name in key)
        )
        own = [
            line
            for line in lines
            if all(line[name] == claim[name] for name in ("service_month", *key))
        ]
        assert [
            {
                "service_code": line.code,
                "units": line.units,
                "count": line.count,
                "service_units": line.service_units,
                "limit_managed": int(line.limit_managed),
                "public_count": line.public_count,
                "public_units": line.public_units,
            }
            for line in sheet.lines
        ] == [{name: line[name] for name in list(line)[4:]} for line in own]
        assert after(sheet.units, "units counted against the limit") == claim["managed_units"]
        assert after(sheet.units, "benefit units") == claim["benefit_units"]
        if claim["self_paid_units"]:
            assert after(sheet.units, "self-paid units") == claim["self_paid_units"]
        # The last step of each ratio is what its line comes to.
        for line in sheet.lines:
            row = next(one for one in ROWS if f"78{one['item_code']}" == line.code)
            if row["kind"] == "rate":
                assert after(sheet.units, f"{line.name}: ×") == line.service_units
        if claim["total_yen"] is None:
            assert sheet.yen == []
            continue
        assert after(sheet.yen, "total") == claim["total_yen"]
        assert after(sheet.yen, "insurance") == claim["insurance_yen"]
        if any(step.label.startswith("public funds") for step in sheet.yen):
            assert after(sheet.yen, "public funds") == claim["public_yen"]
        else:
            assert claim["public_yen"] == 0
        assert after(sheet.yen, "copay") == claim["copay_yen"]
        if claim["self_paid_units"]:
            assert after(sheet.yen, "self-paid") == claim["self_paid_yen"]


def test_public_funds_of_a_part_of_the_month() -> None:
    """868 × 8 at 要介護2, 4級地; 生活保護 from the 5th: 4 × 868 = 3,472 units under it.

    6,944 × 10.54 = 73,189.76; × 90 % = 65,870.1; 3,472 × 10.54 = 36,594.88; × 10 % = 3,659.4.
    """
    rows = visits(8, care_level="2", minutes="480")
    person = {**RECIPIENT, "benefit_rate": "90", "public_law": "12", "public_from": "5"}
    (sheet,) = ct.explain_claim(
        frame(rows), "0000000001", None, frame([{**PROVIDER, "area_grade": "4"}]), frame([person])
    )
    (line,) = sheet.lines
    assert (line.count, line.public_count, line.public_units) == (8, 4, 3472)
    assert [step.after for step in sheet.yen] == [73189, 65870, 36594, 3659, 3659, 3660]
    assert "法別12" in sheet.to_text("en")
    assert "公費対象の費用額" in sheet.to_text("ja")
    assert str(sheet) == sheet.to_text("en")


@pytest.mark.parametrize("language", ["fr", "", "EN"])
def test_an_unknown_language_is_refused_at_once(language: str) -> None:
    with pytest.raises(ValueError, match="language"):
        ct.explain_claim(frame([visit(1)]), "0000000001", language=language)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="language"):
        ct.compute_claims(frame([visit(1)]), language=language)  # type: ignore[arg-type]


def test_a_claim_reads_the_same_in_both_languages() -> None:
    sheets = [
        ct.explain_claim(frame([visit(1)]), "0000000001", language=language)[0]
        for language in ("en", "ja")
    ]
    assert str(sheets[1]) == sheets[0].to_text("ja") != str(sheets[0])


GRADE = PROVIDER | {"area_grade": "1"}
RATE = RECIPIENT | {"benefit_rate": "90"}
NO_GRADE = "no yen: the provider's area_grade is not known"
NO_RATE = "no yen: the person's benefit_rate is not known"


@pytest.mark.parametrize(
    ("provider", "recipient", "notes"),
    [
        (GRADE, RATE, []),
        (PROVIDER, RATE, [NO_GRADE]),
        (GRADE, RECIPIENT, [NO_RATE]),
        (PROVIDER, RECIPIENT, [NO_GRADE]),
        # Of 426 units a day and a plan of 900 the third visit begins within, the fourth does not.
        (
            GRADE,
            RATE | {"planned_units": "900"},
            [
                "over the limit: the visits of day 4 are not covered; additions outside the limit "
                "are not claimed for them"
            ],
        ),
    ],
)
def test_what_a_reader_should_know_besides(
    provider: dict[str, str], recipient: dict[str, str], notes: list[str]
) -> None:
    (claim,) = ct.explain_claim(
        frame(visits(4)), "0000000001", None, frame([provider]), frame([recipient])
    )
    assert claim.notes == notes
    assert bool(claim.yen) == (NO_GRADE not in notes and NO_RATE not in notes)


@pytest.mark.parametrize(
    ("cells", "planned", "limits"),
    [
        # 要介護1 since 2014-04: 16,692 units a month (平成12年厚生省告示第33号).
        ({}, "", ["benefit limit of the care level: 16692"]),
        ({}, "900", ["planned units (計画単位数): 900"]),
        ({"service": "medical_day_care", "care_level": ""}, "", []),
    ],
)
def test_the_limit_that_a_claim_is_held_against(
    cells: dict[str, str], planned: str, limits: list[str]
) -> None:
    """With 4 × 426 units, or 4 × 1,007 where there is no care level and so no limit."""
    (claim,) = ct.explain_claim(
        frame(visits(4, **cells)),
        "0000000001",
        recipients=frame([RECIPIENT | {"planned_units": planned}]),
    )
    shown = [str(step).partition("  [")[0] for step in claim.units]
    start = next(at for at, one in enumerate(shown) if one.startswith("units counted against"))
    end = next(at for at, one in enumerate(shown) if one.startswith("units over the limit"))
    assert shown[start + 1 : end] == limits
    managed = 4 * 1007 if cells else 4 * 426
    assert shown[start] == f"units counted against the limit: {managed}"
    over = managed - 900 if planned else 0
    assert shown[end] == f"units over the limit: {over}"
    assert shown[end + 1] == f"units within the limit: {managed - over}"


def test_public_funds_of_the_whole_month_are_the_rest() -> None:
    """Not the cost by its own per cent, which would lose a yen.

    1,704 × 10.90 = 18,573.6; × 90 % = 16,715.7; the rest 1,858; but 18,573 × 10 % = 1,857.3.
    """
    person = RATE | {"public_law": "12"}
    (claim,) = ct.explain_claim(
        frame(visits(4)), "0000000001", None, frame([GRADE]), frame([person])
    )
    shown = [str(step).partition("  [")[0] for step in claim.yen]
    assert "public funds (法別12): the rest less the person's own 0: 1858 → 1858" in shown
    assert after(claim.yen, "copay") == 0

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

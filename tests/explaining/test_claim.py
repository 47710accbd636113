"""Claims explained: every figure of every drawn claim, as the batch and the reference have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import chiiki_tsusho as ct
from conftest import EXAMPLES
from helpers.inputs import PROVIDER, RECIPIENT, Cells, frame, visit, visits
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


@pytest.mark.parametrize(("grade", "price"), [("1", "10.90"), ("3", "10.68"), ("other", "10.00")])
def test_the_price_of_a_unit_is_written_as_the_law_prints_it(grade: str, price: str) -> None:
    """The notice 厚生労働省告示 of the unit prices of 2015-04 prints two decimals: 10.90円."""
    (sheet,) = ct.explain_claim(
        frame(visits(1)),
        "0000000001",
        None,
        frame([{**PROVIDER, "area_grade": grade}]),
        frame([{**RECIPIENT, "benefit_rate": "90"}]),
    )
    assert f"× {price} yen" in sheet.to_text("en")
    assert f"{price}円" in sheet.to_text("ja")


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


def test_a_day_of_several_visits_over_the_limit_is_named_once() -> None:
    rows = [visit(day, session=session) for day in (1, 2) for session in ("1", "2")]
    # Of 426 units a visit and a plan of 400 the first alone begins within.
    plan = frame([RATE | {"planned_units": "400"}])
    (claim,) = ct.explain_claim(frame(rows), "0000000001", None, frame([GRADE]), plan)
    assert [note.partition(" are not")[0] for note in claim.notes] == [
        "over the limit: the visits of day 1, 2"
    ]


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


@pytest.mark.parametrize(
    ("rate", "copay", "yen"),
    [
        # As above; the person's own 1,000 come off what public funds bear.
        ("90", "1000", [73189, 65870, 36594, 3659, 2659, 4660]),
        # Where the insurance pays all, nothing is left for public funds.
        ("100", "", [73189, 73189, 36594, 0, 0, 0]),
    ],
)
def test_what_public_funds_of_a_part_of_the_month_bear(
    rate: str, copay: str, yen: list[int]
) -> None:
    rows = visits(8, care_level="2", minutes="480")
    person = {**RECIPIENT, "benefit_rate": rate, "public_law": "12", "public_from": "5"}
    (sheet,) = ct.explain_claim(
        frame(rows),
        "0000000001",
        None,
        frame([{**PROVIDER, "area_grade": "4"}]),
        frame([person | {"public_copay_yen": copay}]),
    )
    assert [step.after for step in sheet.yen] == yen


def test_own_share_of_a_month_under_public_funds() -> None:
    # Of the rest of 1,858 yen the person pays 500.
    person = RATE | {"public_law": "12", "public_copay_yen": "500"}
    (claim,) = ct.explain_claim(
        frame(visits(4)), "0000000001", None, frame([GRADE]), frame([person])
    )
    assert [step.after for step in claim.yen] == [18573, 16715, 1358, 500]


# 3 × 426 = 1,278; 中山間 5 %, then サービス提供体制 3 × 18 = 54, then 処遇改善 4 % of all others.
BASE, ALL, OVER = (
    "base units of the visits that have it",
    "units of all lines",
    "less the units over the limit",
)


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        # 63.9; 4 % of 1,278 + 54 + 64 = 55.84.
        ("", [(BASE, 1278), ("× 5 %", 64), (ALL, 1396), ("× 4 %", 56)]),
        # E = 278: 5 % of 1,000; 4 % of 1,278 + 54 + 50 - 278 = 44.16.
        (
            "1000",
            [(BASE, 1278), (OVER, 1000), ("× 5 %", 50), (ALL, 1382), (OVER, 1104), ("× 4 %", 44)],
        ),
    ],
)
def test_ratios_in_the_order_of_the_law(plan: str, steps: list[tuple[str, int]]) -> None:
    rows = visits(3, rural_area="1", service_provision_1i="1", treatment_improvement_1="1")
    person = RATE | {"planned_units": plan}
    (claim,) = ct.explain_claim(frame(rows), "0000000001", None, frame([GRADE]), frame([person]))
    shown = [(step.label.rpartition(": ")[2], step.after) for step in claim.units]
    assert shown[: len(steps)] == steps
    assert shown[len(steps)] == ("units counted against the limit", 1278)


def test_a_code_of_several_steps_is_composed_first() -> None:
    # 2 to 3 hours are 70 % of 426 (298.2); a code of one step is its line.
    (claim,) = ct.explain_claim(frame([visit(1, minutes="150")]), "0000000001")
    assert [step.after for step in claim.units[:3]] == [426, 298, 298]
    (claim,) = ct.explain_claim(frame([visit(1)]), "0000000001")
    assert claim.units[0].label == "units counted against the limit"


def shown_steps(rows: list[Cells], person: Cells) -> list[tuple[str, int]]:
    (claim,) = ct.explain_claim(frame(rows), "0000000001", None, frame([GRADE]), frame([person]))
    return [(step.label.rpartition(": ")[2], step.after) for step in claim.units]


def test_a_ratio_of_nothing_is_left_out_and_the_next_is_not() -> None:
    # E = 778, more than the 426 units that have 中山間; 処遇改善 4 % of 1,278 - 778.
    rows = visits(3, treatment_improvement_1="1")
    rows[0]["rural_area"] = "1"
    steps = shown_steps(rows, RATE | {"planned_units": "500"})
    assert steps[:4] == [(ALL, 1278), (OVER, 500), ("× 4 %", 20), (steps[3][0], 1278)]


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        # 753 × 2 × −70 ‰ = −105.42; 中山間 5 % of the same two visits less 105: 70.05.
        ((0, 1), [(BASE, 1506), ("× -7 %", -105), (BASE, 1506), (-105, 1401), ("× 5 %", 70)]),
        # Of another visit nothing is taken off: 753 × −70 ‰ = −52.71; 753 × 5 % = 37.65.
        ((1,), [(BASE, 753), ("× -7 %", -53), (BASE, 753), ("× 5 %", 38)]),
    ],
)
def test_a_reduction_comes_off_the_visits_that_have_it(
    days: tuple[int, ...], steps: list[tuple[str | int, int]]
) -> None:
    rows = [visit(1) | {"service_date": f"2026-06-0{day}", "minutes": "430"} for day in (1, 2)]
    for day in days:
        rows[day]["rural_area"] = "1"
    for row in rows if len(days) == 2 else rows[:1]:
        row["symbiotic_life_care"] = "1"
    found = shown_steps(rows, RATE)[: len(steps)]
    assert [after for _, after in found] == [after for _, after in steps]
    assert [label for label, _ in found if not label.startswith("less")] == [
        label for label, _ in steps if isinstance(label, str)
    ]


def test_a_person_without_insurance_is_told_so() -> None:
    person = {"insurer_no": RECIPIENT["insurer_no"], "insured_no": "H000000001"}
    (claim,) = ct.explain_claim(
        frame([visit(1) | person]), "H000000001", None, frame([GRADE]), frame([person])
    )
    assert claim.yen[1].label == "insurance: none (H person)"
    (claim,) = ct.explain_claim(
        frame([visit(1)]), "0000000001", None, frame([GRADE]), frame([RATE])
    )
    assert claim.yen[1].label == "insurance: total × 90 %"


def test_the_number_of_a_person_is_taken_whatever_its_width() -> None:
    for number in ("0000000001", "０００００００００１", " 0000000001　"):
        (claim,) = ct.explain_claim(frame([visit(1)]), number)
        assert claim.insured_no == "0000000001"


def test_why_nothing_was_computed_names_the_rule_in_words() -> None:
    with pytest.raises(ct.VisitError) as error:
        ct.explain_claim(frame([visit(1, minutes="x")]), "0000000001")
    assert "visits line 2, minutes: bad_value: " in str(error.value)
    assert "実績ファイル 2行目「所要時間」: 値の誤り(bad_value): " in error.value.say("ja")


def test_a_person_without_visits_is_not_told_of_check_digits() -> None:
    """The numbers of the example are invented, which is no reason for a claim that is not there."""
    with pytest.raises(ct.VisitError) as error:
        ct.explain_claim("examples/visits.csv", "0000000000", providers="examples/providers.csv")
    assert str(error.value) == (
        "insured person '0000000000' has no visit in the file; check the number"
    )


def test_of_a_short_number_the_lost_zeros_are_told() -> None:
    with pytest.raises(ct.VisitError) as error:
        ct.explain_claim(frame(visits(4)), "500001")
    assert str(error.value) == (
        "insured person '500001' has no visit in the file; check the number: an insured number has "
        "10 digits, and zeros in front may have been lost"
    )
    assert error.value.say("ja").endswith("(被保険者番号は10桁です。先頭の0が落ちていませんか)")


def test_a_person_is_not_told_of_the_mistakes_of_others() -> None:
    """Nor of another month; what does not say whose it is may be this person's."""
    theirs = visit(1, insured_no="0000000002", minutes="x")
    rows = [visit(1), theirs, visit(1, service_date="2016-05-02", minutes="y")]
    for number, month, why in (
        ("0000000009", None, "has no visit in the file; check the number"),
        (
            "0000000002",
            "2016-05",
            "has no visit in 2016-05 in the file; check the number and the month",
        ),
    ):
        with pytest.raises(ct.VisitError) as error:
            ct.explain_claim(frame(rows), number, month)
        assert str(error.value) == f"insured person {number!r} {why}"
    for row in (visit(1, insured_no="x"), visit(1, insured_no="0000000003", service_date="x")):
        with pytest.raises(ct.VisitError) as error:
            ct.explain_claim(frame([theirs, row]), "0000000003", "2016-04")
        assert "visits line 3" in str(error.value)
        assert "visits line 2" not in str(error.value)


def test_doubled_visits_are_why_there_is_no_claim() -> None:
    with pytest.raises(ct.VisitError, match="duplicate_visit"):
        ct.explain_claim(frame([visit(1), visit(1)]), "0000000001", "2016-04")


def test_of_many_problems_it_is_said_how_many_more_there_are() -> None:
    rows = [visit(1, service_date=f"2016-04-{day:02d}", minutes="x") for day in range(1, 26)]
    with pytest.raises(ct.VisitError) as error:
        ct.explain_claim(frame(rows), "0000000001")
    assert str(error.value).splitlines()[-1] == "and 5 more faults"


def test_a_person_of_another_service_is_told_so() -> None:
    with pytest.raises(ct.VisitError) as error:
        ct.explain_claim(frame([visit(1, care_level="要支援2")]), "0000000001")
    head, line = str(error.value).splitlines()
    assert head == (
        "no claim of insured person '0000000001' was computed; check the number, or correct what "
        "is wrong in the file:"
    )
    assert line.startswith("visits line 2, care_level: not_this_service: ")

"""One limit for one person; what is outside it; 延長; what stands together; rates and public funds.

Units of 2016-04 and 2026-06 are those of the printed tables (tests/law/printed).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.language import Language
from helpers.inputs import PROVIDER, RECIPIENT, VISIT, Cells, compute, frame, places, visits
from helpers.tables import base, table

OTHER = "1370000026"
Batch = ct.Batch


def month(year_month: str, days: range, **cells: str) -> list[Cells]:
    """A visit on each of some days of a month."""
    return [{**VISIT, "service_date": f"{year_month}-{day:02}", **cells} for day in days]


def column(batch: Batch, name: str) -> list[Any]:
    """A column of the claims."""
    return batch.claims[name].tolist()


def two_providers(**cells: str) -> list[Cells]:
    """13 visits of 735 units at each of two providers: 19,110 units, limit of 要介護1 16,692."""
    own = month("2016-09", range(1, 14), minutes="480", **cells)
    return [*own, *month("2016-09", range(14, 27), minutes="480", provider_no=OTHER, **cells)]


def test_two_providers_without_plans_are_held() -> None:
    # 返戻 12P3: 給管 and 償還 together over 区分支給限度基準額.
    batch = compute(two_providers())
    assert batch.claims.empty
    # There is no file in which plans could stand.
    assert places(batch.problems) == [("visits", None, "planned_units", "", "plan_needed")] * 2
    assert len(batch.held_visits) == 26
    assert "19110 units" in batch.problems["message"][0]
    assert "16692" in batch.problems["message"][0]


def test_two_providers_within_the_limit_need_no_plan() -> None:
    # 11 × 735 × 2 = 16,170.
    rows = [
        row for row in two_providers() if row["service_date"][-2:] not in ("12", "13", "25", "26")
    ]
    batch = compute(rows)
    assert batch.problems.empty
    assert column(batch, "benefit_units") == [8085, 8085]


def test_all_of_the_limit_needs_no_plan(tmp_path: Path) -> None:
    # 8,346 × 2 is 16,692, what 要介護1 allows: no unit is over it.
    rows = [VISIT, {**VISIT, "provider_no": OTHER}]
    batch = compute(rows, codes=table(tmp_path, *base(8346)))
    assert batch.problems.empty
    assert column(batch, "benefit_units") == [8346, 8346]
    batch = compute(rows, codes=table(tmp_path, *base(8347)))
    assert batch.problems["rule"].tolist() == ["plan_needed"] * 2


def test_who_has_one_provider_needs_no_plan(tmp_path: Path) -> None:
    # Beside a person with two providers: all of the limit of 16,692 is for this one, 308 over it.
    alone = {**VISIT, "insured_no": "0000000002"}
    rows = [VISIT, {**VISIT, "provider_no": OTHER}, alone, {**alone, "service_date": "2016-04-02"}]
    batch = compute(rows, codes=table(tmp_path, *base(8500)))
    assert column(batch, "insured_no") == ["0000000002"]
    assert column(batch, "benefit_units") == [16692]
    assert column(batch, "self_paid_units") == [308]


def test_months_and_insurers_have_limits_of_their_own(tmp_path: Path) -> None:
    # The same number in another month, and at another insurer: nobody has two providers. Of
    # 2 × 8,500 units the limit of 要介護1 leaves 16,692, of the one visit of May all 8,500.
    april = month("2016-04", range(1, 3))
    elsewhere = month("2016-04", range(1, 3), insurer_no="131011")
    rows = [*april, *elsewhere, *month("2016-05", range(1, 2), provider_no=OTHER)]
    batch = compute(rows, codes=table(tmp_path, *base(8500)))
    assert batch.held_visits.empty
    assert column(batch, "service_month") == ["201604", "201604", "201605"]
    assert column(batch, "benefit_units") == [16692, 16692, 8500]


@pytest.mark.parametrize("provider", [PROVIDER["provider_no"], OTHER])
def test_one_insurer_in_two_ways_is_held(provider: str) -> None:
    # 証記載保険者番号 has eight places, a number of six digits filled up with zeros: it is one
    # claim, or one limit of two providers. Of others who write it in one way nothing is held.
    alone = {**VISIT, "insured_no": "0000000002", "insurer_no": "00131003"}
    longer = {**VISIT, "service_date": "2016-04-02", "insurer_no": "00131003"}
    rows = [
        VISIT,
        {**longer, "provider_no": provider},
        alone,
        {**VISIT, "insured_no": "0000000003"},
    ]
    batch = compute(rows)
    assert column(batch, "insured_no") == ["0000000002", "0000000003"]
    assert column(batch, "insurer_no") == ["00131003", "131003"]
    assert len(batch.held_visits) == 2
    assert sorted(places(batch.problems)) == [
        ("visits", None, "insurer_no", "00131003", "bad_value"),
        ("visits", None, "insurer_no", "131003", "bad_value"),
    ]
    assert "write it in one way" in batch.problems["message"][0]


def test_each_month_with_two_providers_is_looked_at() -> None:
    # In September 19,110 units at two providers, limit 16,692; in August and October 735 at each.
    others = [
        row
        for year_month in ("2016-08", "2016-10")
        for provider in (PROVIDER["provider_no"], OTHER)
        for row in month(year_month, range(1, 2), minutes="480", provider_no=provider)
    ]
    batch = compute([*two_providers(), *others])
    assert column(batch, "service_month") == ["201608", "201608", "201610", "201610"]
    assert column(batch, "benefit_units") == [735] * 4
    assert len(batch.held_visits) == 26


def test_each_person_with_two_providers_is_found(tmp_path: Path) -> None:
    # 2 × 8,500 units, limit 16,692: two persons of three have two providers.
    numbers = ["0000000001", "0000000002", "0000000002", "0000000003", "0000000003"]
    first = PROVIDER["provider_no"]
    rows = [
        {**VISIT, "insured_no": number, "provider_no": provider}
        for number, provider in zip(numbers, [first, first, OTHER, first, OTHER], strict=True)
    ]
    batch = compute(rows, codes=table(tmp_path, *base(8500)))
    assert column(batch, "insured_no") == ["0000000001"]
    assert batch.problems["rule"].tolist() == ["plan_needed"] * 4


def test_each_provider_has_its_plan() -> None:
    plans = [
        {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "9555"},
        {**RECIPIENT, "provider_no": OTHER, "planned_units": "7137"},
    ]
    batch = compute(two_providers(), None, plans)
    assert batch.problems.empty
    # 9,555 + 7,137 = 16,692; the other provider's 2,418 units are the person's own.
    assert column(batch, "benefit_units") == [9555, 7137]
    assert column(batch, "self_paid_units") == [0, 2418]


def test_a_plan_for_every_provider_cannot_serve_two() -> None:
    batch = compute(two_providers(), None, [{**RECIPIENT, "planned_units": "8000"}])
    assert batch.claims.empty
    assert set(places(batch.problems)) == {
        ("recipients", None, "planned_units", "8000", "plan_needed")
    }
    assert "8000" in batch.problems["message"][0]


def test_a_plan_for_every_provider_may_serve_the_one_without_its_own() -> None:
    plans = [
        {**RECIPIENT, "planned_units": "7137"},
        {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "9555"},
    ]
    batch = compute(two_providers(), None, plans)
    assert batch.problems.empty
    assert column(batch, "benefit_units") == [9555, 7137]


def test_a_plan_of_its_own_goes_on_beside_a_shared_one() -> None:
    # Three providers: a plan for every provider would serve two of them; the first has its own.
    third = "1370000034"
    rows = [*two_providers(), *month("2016-09", range(27, 29), provider_no=third)]
    plans = [
        {**RECIPIENT, "planned_units": "3000"},
        {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "9555"},
    ]
    batch = compute(rows, None, plans)
    assert column(batch, "provider_no") == [PROVIDER["provider_no"]]
    assert column(batch, "benefit_units") == [9555]
    assert (
        places(batch.problems) == [("recipients", None, "planned_units", "3000", "plan_needed")] * 2
    )
    named = batch.problems["provider_no"].tolist()
    assert named == [OTHER, third]


# 16,692 less 9,000 is 7,692.
@pytest.mark.parametrize(("plan", "rules"), [("7692", set()), ("7693", {"plan_over_limit"})])
def test_a_plan_for_every_provider_that_serves_one_counts_with_that_of_the_other(
    plan: str, rules: set[str]
) -> None:
    plans = [
        {**RECIPIENT, "provider_no": OTHER, "planned_units": "9000"},
        {**RECIPIENT, "provider_no": "", "planned_units": plan},
    ]
    batch = compute(two_providers(), None, plans)
    assert set(batch.problems["rule"]) == rules
    assert column(batch, "benefit_units") == ([] if rules else [7692, 9000])


# A provider that has no plan takes nothing of the limit and gives nothing to it.
@pytest.mark.parametrize(("plan", "claimed"), [("7692", [9000, 7692]), ("7693", [])])
def test_plans_of_two_beside_one_without(plan: str, claimed: list[int]) -> None:
    third = "1370000034"
    rows = [*two_providers(), *month("2016-09", range(27, 29), provider_no=third)]
    plans = [
        {**RECIPIENT, "provider_no": no, "planned_units": units}
        for no, units in ((PROVIDER["provider_no"], "9000"), (OTHER, plan), (third, ""))
    ]
    batch = compute(rows, None, plans)
    assert column(batch, "benefit_units") == claimed
    rules = {"plan_needed"} if claimed else {"plan_needed", "plan_over_limit"}
    assert set(batch.problems["rule"]) == rules


@pytest.mark.parametrize(("plan", "claimed"), [("7692", [9000, 7692]), ("7693", [])])
def test_plans_of_two_come_to_the_limit_and_no_further(plan: str, claimed: list[int]) -> None:
    plans = [
        {**RECIPIENT, "provider_no": no, "planned_units": units}
        for no, units in ((PROVIDER["provider_no"], "9000"), (OTHER, plan))
    ]
    assert column(compute(two_providers(), None, plans), "benefit_units") == claimed


def test_plans_together_may_not_pass_the_limit() -> None:
    plans = [
        {**RECIPIENT, "provider_no": no, "planned_units": "9000"}
        for no in (PROVIDER["provider_no"], OTHER)
    ]
    batch = compute(two_providers(), None, plans)
    assert batch.claims.empty
    assert set(batch.problems["rule"]) == {"plan_over_limit"}


def test_only_who_has_no_plan_is_held() -> None:
    plans = [
        {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "9555"},
        RECIPIENT,
    ]
    batch = compute(two_providers(), None, plans)
    assert column(batch, "provider_no") == [PROVIDER["provider_no"]]
    assert batch.problems["rule"].tolist() == ["plan_needed"]


def test_a_claim_waits_for_the_one_it_shares_its_limit_with() -> None:
    rows = two_providers()
    rows[0]["minutes"] = "abc"
    # 10 + 12 visits that can be read are 16,170 units: one more of 735 may pass 16,692.
    near = [row for row in rows if row["service_date"][-2:] not in ("12", "13", "26")]
    batch = compute(near)
    assert batch.claims.empty
    assert sorted(batch.problems["rule"]) == ["bad_value", "plan_needed"]
    # Of so few visits no mistake can pass it.
    few = [row for row in rows if row["service_date"][-2:] in ("01", "02", "14")]
    batch = compute(few)
    assert column(batch, "provider_no") == [OTHER]
    assert batch.problems["rule"].tolist() == ["bad_value"]


NOT_OF_FEW = ("09", "10", "11", "12", "13", "26")


def test_a_claim_waits_for_no_row_of_another_person() -> None:
    # 7 + 12 visits that can be read are 13,965 units: one more cannot pass 16,692, eight more may.
    few = [row for row in two_providers() if row["service_date"][-2:] not in NOT_OF_FEW]
    few[0] = {**few[0], "minutes": "abc"}
    others = month("2016-09", range(1, 9), insured_no="0000000002")
    bad: list[Cells] = [{"service_date": "2016-09-99"}, {"minutes": "abc"}, {"session": "x"}]
    for cells in bad:
        batch = compute([*few, *({**row, **cells} for row in others)])
        assert column(batch, "provider_no") == [OTHER]
        assert set(batch.problems["rule"]) == {"bad_value"}


@pytest.mark.parametrize("turned", [False, True])
def test_a_claim_waits_for_two_visits_of_a_day_whatever_their_order(*, turned: bool) -> None:
    # 要介護1 has 16,692 units: 3 × 735 and 19 × 735 are 16,170, with one more 16,905.
    own = month("2016-09", range(1, 4), minutes="480")
    twice = [{**own[0], "minutes": "180"}, own[0]]
    first = [*(reversed(twice) if turned else twice), *own[1:]]
    batch = compute([*first, *month("2016-09", range(4, 23), minutes="480", provider_no=OTHER)])
    assert batch.claims.empty
    assert sorted(batch.problems["rule"]) == ["duplicate_visit", "plan_needed"]


OWN_PLAN = {"provider_no": PROVIDER["provider_no"], "planned_units": "9000"}
UNREADABLE: list[list[Cells]] = [[{"minutes": "abc"}], [{}, {"minutes": "180"}], [{"session": "x"}]]


@pytest.mark.parametrize("cells", UNREADABLE)
def test_a_plan_counts_for_a_claim_of_which_no_visit_can_be_read(cells: list[Cells]) -> None:
    other = month("2016-09", range(14, 15), minutes="480", provider_no=OTHER)
    rows = [*two_providers()[:13], *({**other[0], **one} for one in cells)]
    for_every = {**RECIPIENT, "provider_no": "", "planned_units": "8000"}
    batch = compute(rows, None, [for_every])
    assert batch.claims.empty
    assert "plan_needed" in set(batch.problems["rule"])
    # 9,000 + 8,000 = 17,000 units are above 16,692.
    batch = compute(rows, None, [{**for_every, "provider_no": OTHER}, {**for_every, **OWN_PLAN}])
    assert batch.claims.empty
    assert "plan_over_limit" in set(batch.problems["rule"])


@pytest.mark.parametrize(
    ("row", "rule"),
    [({"area_grade": "x"}, "bad_value"), ({"provider_no": "1370000034"}, "unknown_provider")],
)
def test_a_claim_waits_for_what_is_registered_of_the_other(row: Cells, rule: str) -> None:
    # 2 × 11 × 735 = 16,170 units; 入浴介助 on the 11 days of the other makes 16,720, over 16,692.
    days = ("12", "13", "25", "26")
    near = [one for one in two_providers() if one["service_date"][-2:] not in days]
    own, other = {**PROVIDER, "bathing": ""}, {"provider_no": OTHER, "bathing": "1", **row}
    batch = compute(near, [own, other])
    assert batch.claims.empty
    assert sorted(batch.problems["rule"]) == sorted([rule, "plan_needed"])
    # Where nothing is registered there is nothing to wait for.
    batch = compute(near, [PROVIDER, {"provider_no": OTHER, **row}])
    assert column(batch, "provider_no") == [PROVIDER["provider_no"]]
    # 23 × 735 = 16,905 units; 同一建物減算 on 11 days leaves 15,871: the limit may not be passed.
    fewer = ("13", "25", "26")
    near = [one for one in two_providers() if one["service_date"][-2:] not in fewer]
    own, other = {**PROVIDER, "same_building": ""}, {**other, "same_building": "1"}
    batch = compute(near, [own, other])
    assert batch.claims.empty
    (said,) = batch.problems.query("rule == 'plan_needed'")["message"]
    assert "cannot be computed yet" in said


@pytest.mark.parametrize(
    "cells",
    [
        {"insurer_no": "31003"},
        {"insurer_no": ""},
        {"insured_no": "1"},
        {"insured_no": "000000000?"},
        {"service_date": "2016/9/x"},
    ],
)
def test_a_claim_waits_for_rows_that_may_be_the_persons_at_another_provider(cells: Cells) -> None:
    # 13 × 735 = 9,555 units; 13 visits more may be above 16,692.
    rows = two_providers()
    alone, others = rows[:13], [{**one, **cells} for one in rows[13:]]
    assert {one["provider_no"] for one in others} == {OTHER}
    batch = compute([*alone, *others])
    assert batch.claims.empty
    assert "plan_needed" in set(batch.problems["rule"])
    (said,) = batch.problems.query("rule == 'plan_needed'")["message"]
    assert "cannot be computed yet" in said
    # A plan of its own says how much of the limit it has; one for every provider does not.
    plan = {**RECIPIENT, "planned_units": "9000"}
    own = compute([*alone, *others], recipients=[{**plan, "provider_no": PROVIDER["provider_no"]}])
    assert column(own, "planned_units") == [9000]
    general = compute([*alone, *others], recipients=[plan])
    assert general.claims.empty
    # Nobody waits for a row that is set aside, nor where a day more is within the limit.
    few = compute([*alone[:5], *others[:2]])
    assert column(few, "total_units") == [5 * 735]


def test_a_row_that_may_be_anybodys_elsewhere_holds_nobody_who_is_far_from_the_limit() -> None:
    rows = month("2016-09", range(1, 6), minutes="480")
    nameless = month("2016-09", range(1, 2), minutes="480", provider_no=OTHER, insured_no="?")
    batch = compute([*rows, *nameless])
    assert len(column(batch, "total_units")) == 1
    assert sorted(batch.problems["rule"]) == ["bad_value", "unplaced_row"]


def test_a_level_that_stands_at_another_provider_is_known_or_open() -> None:
    # The plan is above what 要介護1 allows, and not above what 要介護3 does.
    rows = [VISIT, {**VISIT, "provider_no": OTHER, "care_level": "3", "minutes": "abc"}]
    plan = {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "20000"}
    batch = compute(rows, recipients=[plan, {**plan, "provider_no": OTHER, "planned_units": ""}])
    assert batch.problems["rule"].tolist() == ["bad_value"]
    assert column(batch, "planned_units") == [20000]
    rows[1]["care_level"] = "x"
    # What is not above the limit of 要介護1 is above that of no other level.
    for own, other in (("16692", ""), ("8000", "8692")):
        plans = [plan | {"planned_units": own}]
        plans.append(plan | {"provider_no": OTHER, "planned_units": other})
        assert column(compute(rows, recipients=plans), "planned_units") == [int(own)]
    told: dict[Language, str] = {
        "en": "claim 2016-04 1370000018 131003 0000000001: a care level of this person cannot be "
        "read at another provider, so whether planned_units are within the limit is not known; "
        "correct that visit",
        "ja": "請求 2016-04 1370000018 131003 0000000001: この利用者の他の事業所の提供実績に"
        "読み取れない要介護度があり、計画単位数が区分支給限度基準額の範囲内かどうか分かりません。その提供実績を"
        "訂正してください",
    }
    for language, message in told.items():
        batch = ct.compute_claims(frame(rows), None, frame([plan]), language=language)
        assert batch.claims.empty
        assert batch.problems.query("rule == 'plan_over_limit'")["message"].tolist() == [message]
    # 13 visits at each are above the limit of 要介護1; that of the person may be higher.
    rows = two_providers()
    rows[-1]["care_level"] = ""
    batch = compute(rows)
    assert batch.claims.empty
    (said,) = batch.problems.query("rule == 'plan_needed'")["message"]
    assert "cannot be computed yet" in said


@pytest.mark.parametrize("turned", [False, True])
def test_the_level_of_two_visits_of_a_day_is_not_guessed(*, turned: bool) -> None:
    # The plan is above what 要介護1 allows, and not above what 要介護3 does.
    rows = [VISIT, {**VISIT, "care_level": "3"}]
    plan = {**RECIPIENT, "planned_units": "20000"}
    batch = compute(rows[::-1] if turned else rows, recipients=[plan])
    assert batch.problems["rule"].tolist() == ["duplicate_visit"]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"public_copay_yen": "x"}, "bad_value"),
        ({"insured_no": "0000000002"}, "unknown_recipient"),
    ],
)
def test_a_plan_that_may_stand_in_a_wrong_row_is_not_asked_for(cells: Cells, rule: str) -> None:
    plans = [{**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "8000"}]
    plans.append({**plans[0], "provider_no": OTHER, **cells})
    batch = compute(two_providers(), recipients=plans)
    assert batch.problems["rule"].tolist() == [rule]
    assert column(batch, "provider_no") == [PROVIDER["provider_no"]]


def test_the_heaviest_level_at_any_provider_gives_the_limit() -> None:
    # 要介護3 has 26,931 units.
    rows = two_providers()
    rows[0]["care_level"] = "3"
    batch = compute(rows)
    assert batch.problems.empty
    # 1,006 = 要介護3, 7 to 9 hours, in place of one of 13 × 735.
    assert column(batch, "benefit_units") == [9555 - 735 + 1006, 9555]
    assert column(batch, "care_level") == [3, 1]


@pytest.mark.parametrize("rungs", [1, 2, 3, 4])
def test_the_most_special_row_speaks(rungs: int) -> None:
    ladder = [("", ""), ("", "201609"), (OTHER, ""), (OTHER, "201609")]
    rows = [
        {**RECIPIENT, "provider_no": no, "service_month": of_month, "planned_units": f"{at}000"}
        for at, (no, of_month) in enumerate(ladder[:rungs], start=1)
    ]
    visit = month("2016-09", range(1, 2), provider_no=OTHER, minutes="480")
    for given in (rows, rows[::-1]):
        assert column(compute(visit, None, given), "planned_units") == [rungs * 1000]


def test_same_building_is_outside_the_limit_since_2021() -> None:
    # 区分支給限度基準額 is managed before 同一建物減算: 23 × 753 = 17,319 managed, limit 16,765,
    # excess 554; −94 × 23 = −2,162; 処遇改善Ⅰ1 (16,765 − 2,162) × 117 ‰ = 1,708.551 → 1,709.
    rows = month(
        "2026-06", range(1, 24), minutes="430", same_building="1", treatment_improvement_1i="1"
    )
    batch = compute(rows, [{**PROVIDER, "area_grade": "1"}], [{**RECIPIENT, "benefit_rate": "90"}])
    assert column(batch, "managed_units") == [17319]
    assert column(batch, "benefit_units") == [16765 - 2162 + 1709]
    assert column(batch, "total_yen") == [177800]
    assert column(batch, "self_paid_units") == [618]


# ---------------------------------------------------------------- 延長


def extended(minutes: str, answer: str | None, year_month: str = "2016-05") -> Batch:
    provider = PROVIDER if answer is None else {**PROVIDER, "extended_hours": answer}
    return compute(month(year_month, range(2, 3), minutes=minutes), [provider])


@pytest.mark.parametrize(
    ("year_month", "answer", "code"),
    [
        ("2016-05", "1", "781541"),  # 735 + 50
        ("2016-05", "0", "781441"),  # 7 to 9 hours
        ("2026-06", "0", "781446"),  # 8 to 9 hours, 783 units
    ],
)
def test_extension_as_the_provider_says(year_month: str, answer: str, code: str) -> None:
    batch = extended("545", answer, year_month)
    assert batch.claim_lines["service_code"].tolist() == [code]


@pytest.mark.parametrize("year_month", ["2016-05", "2026-06"])
@pytest.mark.parametrize("answer", [None, ""])
def test_extension_is_never_guessed(year_month: str, answer: str | None) -> None:
    batch = extended("545", answer, year_month)
    assert batch.claims.empty
    assert places(batch.problems) == [
        ("visits", 2, "extended_hours", "545", "missing_value"),
    ]
    assert extended("539", answer, year_month).problems.empty


def test_a_visit_by_itself_asks_as_well() -> None:
    calculator = ct.Calculator(ct.load_codes("2016-04"))
    with pytest.raises(ct.VisitError, match="extended_hours"):
        calculator.compose(ct.Visit(minutes=545, care_level=1))
    visit = ct.Visit(minutes=545, care_level=1, extended_hours=False)
    assert calculator.compose(visit).code == "781441"


# ---------------------------------------------------------------- what stands together


@pytest.mark.parametrize(
    ("year_month", "units"),
    [
        ("2021-04", {"1i": 1500 + 56, "1ro": 1500 + 85}),
        ("2024-04", {"1i": 1506 + 56, "1ro": 1506 + 76}),
        ("2026-06", {"1i": 1506 + 56, "1ro": 1506 + 76}),
    ],
)
@pytest.mark.parametrize("step", ["1i", "1ro", ""])
def test_functional_training_2_is_on_top_of_1(
    year_month: str, units: dict[str, int], step: str
) -> None:
    """告示第19号 別表 6 注13: 20 units a month, whichever visit of the month has (Ⅰ)."""
    rows = month(year_month, range(1, 3), minutes="430")
    rows[0]["functional_training_2"] = "1"
    if step:
        rows[1][f"functional_training_{step}"] = "1"
    batch = compute(rows)
    assert set(batch.problems["rule"]) == (set() if step else {"needs_other"})
    assert column(batch, "total_units") == ([units[step] + 20] if step else [])


@pytest.mark.parametrize(
    ("additions", "rule"),
    [
        ({"life_counsellor": "1"}, "needs_other"),
        ({"dementia_care": "1", "symbiotic_life_care": "1"}, "not_together"),
        ({"moderate_severe_care": "1", "symbiotic_life_care": "1"}, "not_together"),
        ({"life_counsellor": "1", "symbiotic_life_care": "1"}, None),
    ],
)
def test_what_stands_together(additions: Cells, rule: str | None) -> None:
    # 共生型: 認知症 and 中重度 not beside it, 生活相談員配置 only beside it (告示 注7, 注8).
    batch = compute(month("2026-06", range(1, 2), minutes="430", **additions))
    assert set(batch.problems["rule"]) == ({rule} if rule else set())
    assert batch.claims.empty == (rule is not None)
    visit = ct.Visit(
        minutes=430, care_level=1, additions={key: int(value) for key, value in additions.items()}
    )
    calculator = ct.Calculator(ct.load_codes("2026-06"))
    if rule is None:
        assert calculator.compose(visit).units == batch.claims["total_units"][0]
    else:
        with pytest.raises(ct.VisitError):
            calculator.compose(visit)


def test_rural_area_is_of_what_the_reduction_leaves() -> None:
    # 753 × 4 = 3,012; × −70 ‰ = −210.84 → −211; (3,012 − 211) × 50 ‰ = 140.05 → 140.
    rows = month("2026-06", range(1, 5), minutes="430", symbiotic_life_care="1", rural_area="1")
    batch = compute(rows)
    lines = dict(
        zip(batch.claim_lines["service_code"], batch.claim_lines["service_units"], strict=True)
    )
    assert lines == {"781441": 3012, "786364": -211, "788110": 140}


def test_a_ratio_and_a_reduction_of_other_visits() -> None:
    # 共生型 on the first three visits: 753 × 3 = 2,259; × −70 ‰ = −158.13 → −158. 中山間 on the
    # last two: 753 × 2 = 1,506, less 70 ‰ of the one visit that has both (52.71 → 53), 1,453;
    # × 50 ‰ = 72.65 → 73.
    rows = month("2026-06", range(1, 5), minutes="430")
    for row in rows[:3]:
        row["symbiotic_life_care"] = "1"
    for row in rows[2:]:
        row["rural_area"] = "1"
    lines = compute(rows).claim_lines
    assert dict(zip(lines["service_code"], lines["service_units"], strict=True)) == {
        "781441": 3012,
        "786364": -158,
        "788110": 73,
    }


# ---------------------------------------------------------------- rates and public funds


def settled(year_month: str, **person: str) -> Batch:
    """Eight visits of 要介護2 at 4級地."""
    minutes = "480" if year_month < "2020" else "430"
    rows = month(year_month, range(1, 9), minutes=minutes, care_level="2")
    return compute(rows, [{**PROVIDER, "area_grade": "4"}], [{**RECIPIENT, **person}])


YEN = ["total_yen", "insurance_yen", "public_yen", "copay_yen"]


@pytest.mark.parametrize(
    ("year_month", "person", "yen"),
    [
        # 利用料の免除 (事務連絡 平成28年4月22日): 868 × 8 = 6,944; × 10.54.
        ("2016-05", {"benefit_rate": "100"}, [73189, 73189, 0, 0]),
        # 給付制限 (介護保険法 第69条): 890 × 8 = 7,120; × 10.54; 60 %.
        ("2026-06", {"benefit_rate": "60"}, [75044, 45026, 0, 30018]),
        # 中国残留邦人等 (法別25) as 生活保護: what the insurance does not pay.
        ("2016-05", {"benefit_rate": "90", "public_law": "25"}, [73189, 65870, 7319, 0]),
        # 生活保護 from the 5th: 3,472 units; 36,594 × 10 % = 3,659.
        (
            "2016-05",
            {"benefit_rate": "90", "public_law": "12", "public_from": "5"},
            [73189, 65870, 3659, 3660],
        ),
        # To the 4th the same; the person's own 1,000 come off.
        (
            "2016-05",
            {
                "benefit_rate": "90",
                "public_law": "12",
                "public_to": "4",
                "public_copay_yen": "1000",
            },
            [73189, 65870, 2659, 4660],
        ),
    ],
)
def test_who_pays(year_month: str, person: Cells, yen: list[int]) -> None:
    batch = settled(year_month, **person)
    assert batch.claims[YEN].to_numpy().tolist() == [yen]


def test_public_counts_and_units_by_line() -> None:
    batch = settled("2016-05", benefit_rate="90", public_law="12", public_from="5")
    assert batch.claim_lines[["count", "public_count", "public_units"]].to_numpy().tolist() == [
        [8, 4, 3472]
    ]
    whole = settled("2016-05", benefit_rate="90", public_law="12")
    assert whole.claim_lines[["count", "public_count", "public_units"]].to_numpy().tolist() == [
        [8, 8, 6944]
    ]


@pytest.mark.parametrize(
    ("funds", "units", "yen"),
    [
        # 10 visits of 753 units, 10 % less for 共生型: 7,530 − 753 = 6,777, plan 3,000 at 10 yen.
        # Funds of the first days have all that is paid for: 10 % of 30,000 yen.
        ({"public_to": "5"}, 3000, [30000, 27000, 3000, 0]),
        ({"public_to": "9"}, 3000, [30000, 27000, 3000, 0]),
        # Of the first two days they have 1,506 − 151 = 1,355 units: 13,550 yen.
        ({"public_to": "2"}, 1355, [30000, 27000, 1355, 1645]),
        # The first day leaves them 3,000 − (753 − 75) = 2,322 units.
        ({"public_from": "2"}, 2322, [30000, 27000, 2322, 678]),
        ({"public_from": "2", "public_to": "8"}, 2322, [30000, 27000, 2322, 678]),
        # Five days, 3,765 − 377 = 3,388 units, leave nothing.
        ({"public_from": "6"}, 0, [30000, 27000, 0, 3000]),
    ],
)
def test_public_funds_of_some_days_with_a_reduction_over_the_plan(
    funds: Cells, units: int, yen: list[int]
) -> None:
    rows = month("2026-06", range(1, 11), minutes="430", symbiotic_child_development="1")
    person = {**RECIPIENT, "benefit_rate": "90", "planned_units": "3000", "public_law": "12"}
    batch = compute(rows, [{**PROVIDER, "area_grade": "other"}], [{**person, **funds}])
    assert column(batch, "public_units") == [units]
    amounts = ["total_yen", "insurance_yen", "public_yen", "copay_yen"]
    assert batch.claims[amounts].to_numpy().tolist() == [yen]


def test_public_funds_of_one_of_two_days_with_a_reduction() -> None:
    # 2 × 753 units, 10 % less: 1,506 − 151 (150.6) = 1,355, all within the limit. Of the second day
    # 753 − 75 (75.3) = 678 are under public funds, though the first leaves 677: nothing is over.
    rows = month("2026-06", range(1, 3), minutes="430", symbiotic_child_development="1")
    person = {**RECIPIENT, "benefit_rate": "90", "public_law": "12", "public_from": "2"}
    batch = compute(rows, [{**PROVIDER, "area_grade": "other"}], [person])
    assert column(batch, "benefit_units") == [1355]
    assert column(batch, "public_units") == [678]
    assert batch.claims[YEN].to_numpy().tolist() == [[13550, 12195, 678, 677]]


@pytest.mark.parametrize("column_of", ["public_from", "public_to"])
def test_days_of_public_funds_of_no_law_are_told(column_of: str) -> None:
    """Nothing becomes 0 by silence; a number beginning with H says the law."""
    person = {**RECIPIENT, "benefit_rate": "90", column_of: "5"}
    told: dict[Language, str] = {
        "en": "'5' is a day of public funds, and public_law is blank, so that none are claimed; "
        "write the law (12 or 25), or clear the cell",
        "ja": "公費の日「5」がありますが、法別番号が空欄のため公費は請求されません。"
        "法別番号(12または25)を記入するか、この欄を空欄にしてください",
    }
    for language, message in told.items():
        batch = ct.compute_claims(
            frame(visits(2)), frame([PROVIDER]), frame([person]), language=language
        )
        (problem,) = batch.problems.to_dict("records")
        wrong = [problem[name] for name in ("severity", "file", "line", "column", "value", "rule")]
        assert wrong == ["warning", "recipients", 2, column_of, "5", "unusual_value"]
        assert problem["message"] == message
        assert len(batch.claims) == 1
    for law in ({"public_law": "12"}, {"insured_no": "H000000001"}, {column_of: ""}):
        rows = frame([{**row, **law} for row in visits(2)]).reindex(columns=list(visits(2)[0]))
        batch = ct.compute_claims(rows, frame([PROVIDER]), frame([{**person, **law}]))
        assert batch.problems.empty


def test_public_funds_that_end_before_they_begin_are_refused() -> None:
    rows = visits(2)
    person = {**RECIPIENT, "benefit_rate": "90", "public_law": "12"}
    days = {"public_from": "20", "public_to": "5"}
    said = "public_to '5' is before public_from '20'; correct the days of the month"
    told: dict[Language, str] = {
        "en": said,
        "ja": "公費終了日「5」が公費開始日「20」より前です。日を訂正してください",
    }
    for language, message in told.items():
        batch = ct.compute_claims(
            frame(rows), frame([PROVIDER]), frame([{**person, **days}]), language=language
        )
        assert batch.claims.empty
        assert len(batch.held_visits) == 2
        (problem,) = batch.problems.to_dict("records")
        wrong = [problem[name] for name in ("severity", "file", "line", "column", "value", "rule")]
        assert wrong == ["error", "recipients", 2, "public_to", "5", "bad_value"]
        assert problem["message"] == message
    with pytest.raises(ct.ChiikiTsushoError) as caught:
        ct.explain_claim(
            frame(rows), "0000000001", None, frame([PROVIDER]), frame([{**person, **days}])
        )
    assert said in str(caught.value)
    # One day alone is a span.
    days["public_to"] = "20"
    assert compute(rows, [PROVIDER], [{**person, **days}]).problems.empty


def test_order_of_rows_never_decides() -> None:
    rows = visits(2)
    results = []
    for minutes in ([Decimal(240), Decimal("240.0")], [Decimal("240.0"), Decimal(240)]):
        given = pd.DataFrame(rows)
        given["minutes"] = pd.Series(minutes, dtype=object)
        results.append(ct.compute_claims(given))
    assert [result.claims["total_units"].tolist() for result in results] == [[852], [852]]

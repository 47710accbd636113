"""One visit by hand: its code, its steps, its additions; the figures are worked in comments."""

import csv
import json
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import chiiki_tsusho as ct
from helpers.tables import addition, base, table

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "service_codes.csv"
MONTHS: Final = ("2016-04", "2017-04", "2024-04", "2026-06")
# Regular, 要介護1, 3 to 5 hours: 426 units in 2016.
PLAIN: Final = {"minutes": 200, "care_level": 1}


def base_rows(month: str) -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    month = month.replace("-", "")
    return [
        row
        for row in rows
        if row["kind"] == "base" and row["valid_from"] <= month <= row["valid_to"]
    ]


def compose(month: str = "2016-04", /, **visit: Any) -> ct.Composition:
    return ct.Calculator(ct.load_codes(month)).compose(ct.Visit(**visit))


def plain(month: str = "2016-04", /, **additions: int) -> ct.Composition:
    return compose(month, **PLAIN, additions=additions)


def lines_of(composition: ct.Composition) -> list[tuple[str, int, int]]:
    return [(line.code, line.units, line.count) for line in composition.lines]


# --- the steps of the base code ----------------------------------------------------------------


def test_the_worked_chain() -> None:
    """9405: 678 × 70 % = 474.6 → 475; 475 × 70 % = 332.5 → 333. In one step it would be 332."""
    result = compose(minutes=150, care_level=5, shortfall="understaffed")
    assert result.code == "789405"
    assert result.chain == "678 → 474.6 → 475 → 332.5 → 333"
    assert result.units == 333
    assert lines_of(result) == [("789405", 333, 1)]
    assert [step.model_dump() for step in result.steps] == [
        {
            "label": "789405 地域通所介護15・人欠・時減, care level 5: base units",
            "before": None,
            "exact": "678",
            "after": 678,
            "law": "告示第126号 別表 2の2 地域密着型通所介護費",
        },
        {
            "label": "2 to 3 hours (時減) × 70 %",
            "before": 678,
            "exact": "474.6",
            "after": 475,
            "law": "告示第126号 別表 2の2 注 (2時間以上3時間未満)",
        },
        {
            "label": "understaffed (人員欠如) × 70 %",
            "before": 475,
            "exact": "332.5",
            "after": 333,
            "law": "告示第126号 別表 2の2 注 (定員超過・看護・介護職員の欠員)",
        },
    ]


def test_the_shortfall_comes_before_the_extension() -> None:
    """8441: 735 × 70 % = 514.5 → 515; 515 + 50 = 565."""
    result = compose(minutes=540, care_level=1, shortfall="over_capacity", extended_hours=True)
    assert result.code == "788441"
    assert result.chain == "735 → 514.5 → 515 → 565"
    assert [step.label for step in result.steps[1:]] == [
        "over capacity (定員超過) × 70 %", "extension (延長) +50",
    ]  # fmt: skip
    assert str(result.steps[1]) == (
        "over capacity (定員超過) × 70 %: 735 → 514.5 → 515  "
        "[告示第126号 別表 2の2 注 (定員超過・看護・介護職員の欠員)]"
    )
    assert str(result.steps[2]) == (
        "extension (延長) +50: 515 → 565  [告示第126号 別表 2の2 注 (延長)]"
    )


@pytest.mark.parametrize("month", MONTHS)
def test_every_base_code_is_composed_step_by_step(month: str) -> None:
    """From its first and last minute each code of the table is found and comes to its units."""
    rows = base_rows(month)
    assert len(rows) == {"2016-04": 141, "2017-04": 141}.get(month, 30)
    for row in rows:
        for minutes in (int(row["minutes_from"]), int(row["minutes_to"]) - 1):
            result = compose(
                month,
                minutes=minutes,
                care_level=int(row["care_level"]) if row["care_level"] else None,
                service=row["service"],
                shortfall=row["shortfall"] or None,
                extended_hours=True,
            )
            assert result.code == row["service_type"] + row["item_code"]
            assert result.units == int(row["units"])
            assert lines_of(result) == [(result.code, int(row["units"]), 1)]
            first, *others = result.steps
            assert (first.before, first.after) == (None, int(row["base_units"]))
            ratios = [row[name] for name in ("short_hours_per_mille", "shortfall_per_mille")]
            ratios = [ratio for ratio in ratios if ratio]
            extensions = [int(row["extension_units"])] if row["extension_units"] != "0" else []
            assert len(others) == len(ratios) + len(extensions)
            for step, ratio in zip(others, ratios, strict=False):
                assert step.before is not None
                exact = Fraction(step.before * int(ratio), 1000)
                assert Fraction(step.exact) == exact
                assert step.after == (exact + Fraction(1, 2)).__floor__()
            for step, more in zip(others[len(ratios) :], extensions, strict=True):
                assert step.before is not None
                assert step.after == step.before + more
                assert step.exact == str(step.after)
            assert all(late.before == early.after for early, late in pairwise(result.steps))
            assert result.steps[-1].after == result.units
            assert result.chain.split(" → ")[-1] == row["units"]
            if row["published_units"]:
                assert result.units == int(row["published_units"])


def test_a_provider_without_extension() -> None:
    """545 minutes: 7 to 9 hours, 1,281 units, not 1,331."""
    result = compose(minutes=545, care_level=5, extended_hours=False)
    assert (result.code, result.units) == ("781445", 1281)


# --- additions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "key", "count", "code", "units"),
    [
        ("day_care", "bathing", 1, "785301", 50),
        ("day_care", "moderate_severe_care", 1, "785306", 45),
        ("day_care", "functional_training_1", 1, "785051", 46),
        ("day_care", "functional_training_2", 1, "785052", 56),
        ("day_care", "dementia_care", 1, "785305", 60),
        ("day_care", "early_onset_dementia", 1, "786109", 60),
        ("day_care", "nutrition_improvement", 1, "785605", 150),
        ("day_care", "oral_function", 1, "785606", 150),
        ("day_care", "same_building", 1, "785611", -94),
        ("day_care", "no_transport", 1, "785612", -47),
        ("day_care", "no_transport", 2, "785612", -47),
        ("day_care", "service_provision_1i", 1, "786100", 18),
        ("day_care", "service_provision_1ro", 1, "786101", 12),
        ("day_care", "service_provision_2", 1, "786102", 6),
        ("medical_day_care", "individual_transport", 1, "785613", 210),
        ("medical_day_care", "bathing_system", 1, "785614", 60),
        ("medical_day_care", "same_building", 1, "785611", -94),
        ("medical_day_care", "no_transport", 2, "785612", -47),
        ("medical_day_care", "service_provision_3", 1, "786103", 6),
    ],
)
def test_each_addition_of_2016(service: str, key: str, count: int, code: str, units: int) -> None:
    # 200 minutes: 426 units in day care at 要介護1, 1,007 in 療養通所介護.
    base_code, base = {"day_care": ("781241", 426), "medical_day_care": ("784140", 1007)}[service]
    result = compose(minutes=200, care_level=1, service=service, additions={key: count})
    assert lines_of(result) == [(base_code, base, 1), (code, units, count)]
    assert result.units == base + units * count
    added = result.steps[-1]
    assert (added.before, added.after) == (base, result.units)
    assert added.law == "告示第126号 別表 2の2 注・加算"


def test_a_count_above_1_is_written_behind_the_units() -> None:
    """送迎減算 for both ways: 426 − 2 × 47 = 332; for one: 379."""
    for count, written, after in ((2, " × 2", 332), (1, "", 379)):
        step = plain(no_transport=count).steps[-1]
        assert (step.label, step.after) == (f"地域通所介護送迎減算 -47{written}", after)


def test_additions_stand_in_the_order_of_their_codes() -> None:
    """426 + 46 + 56 + 50 = 578, whatever the order they are named in."""
    result = plain(bathing=1, functional_training_2=1, functional_training_1=1)
    assert lines_of(result) == [
        ("781241", 426, 1), ("785051", 46, 1), ("785052", 56, 1), ("785301", 50, 1),
    ]  # fmt: skip
    assert [step.after for step in result.steps] == [426, 472, 528, 578]
    assert [step.label for step in result.steps[1:]] == [
        "地域通所介護個別機能訓練加算Ⅰ +46",
        "地域通所介護個別機能訓練加算Ⅱ +56",
        "地域通所介護入浴介助加算 +50",
    ]


def test_the_visits_own_line_is_the_first() -> None:
    """8401 sorts behind the additions; as the visit's own code it stands first all the same."""
    result = compose(minutes=150, care_level=1, shortfall="over_capacity", additions={"bathing": 1})
    assert [line.code for line in result.lines] == ["788401", "785301"]


def test_a_count_of_0_is_no_addition() -> None:
    assert plain(bathing=0) == plain()
    assert plain(individual_transport=0) == plain()


@pytest.mark.parametrize(
    ("weaker", "stronger", "count", "units"),
    [("no_transport", "same_building", 2, -94), ("early_onset_dementia", "dementia_care", 1, 60)],
)
def test_what_gives_way(weaker: str, stronger: str, count: int, units: int) -> None:
    result = plain(**{weaker: count, stronger: 1})
    assert result.units == 426 + units
    assert len(result.lines) == 2
    (given_way,) = [step for step in result.steps if "gives way" in step.label]
    assert given_way.label.endswith(f": gives way to {stronger}")
    assert given_way.before == given_way.after
    assert result.steps[-1].after == result.units


# --- ratios, the visit taken as a month --------------------------------------------------------


def test_the_worked_month_of_one_visit_in_2017() -> None:
    """426 + 50 = 476; 476 × 59 ‰ = 28.084 → 28; 504."""
    result = plain("2017-04", bathing=1, treatment_improvement_1=1)
    assert lines_of(result) == [("781241", 426, 1), ("785301", 50, 1), ("786108", 28, 1)]
    assert result.units == 504
    ratio, last = result.steps[-2:]
    assert (ratio.before, ratio.exact, ratio.after) == (476, "28.084", 28)
    assert ratio.law == "老企第36号 第二の1 (端数処理)"
    assert ratio.label == (
        "地域通所介護処遇改善加算Ⅰ: 59 ‰ of all units, the visit taken as a whole month"
    )
    assert (last.label, last.before, last.after) == ("地域通所介護処遇改善加算Ⅰ +28", 476, 504)


@pytest.mark.parametrize(
    ("key", "code", "second", "units"),
    [
        # 333 × 22 ‰ = 7.326 → 7. 7 × 90 % = 6.3 → 6, where 333 × 19.8 ‰ would be 6.6 → 7.
        ("treatment_improvement_3", "786105", "6.3", 6),
        # 7 × 80 % = 5.6 → 6.
        ("treatment_improvement_4", "786106", "5.6", 6),
    ],
)
def test_a_ratio_of_a_ratio_is_rounded_twice(key: str, code: str, second: str, units: int) -> None:
    result = compose(minutes=150, care_level=5, shortfall="understaffed", additions={key: 1})
    assert lines_of(result) == [("789405", 333, 1), (code, units, 1)]
    of_all, of_that, last = result.steps[-3:]
    assert (of_all.before, of_all.exact, of_all.after) == (333, "7.326", 7)
    assert of_all.label.startswith("地域通所介護処遇改善加算Ⅱ: 22 ‰ of all units")
    assert (of_that.before, of_that.exact, of_that.after) == (7, second, units)
    percent = {"treatment_improvement_3": "Ⅲ: 90 %", "treatment_improvement_4": "Ⅳ: 80 %"}[key]
    assert of_that.label == f"地域通所介護処遇改善加算{percent} of that result"
    assert (last.before, last.after) == (333, 333 + units) == (333, result.units)


def test_rural_area_is_of_base_units_and_itself_part_of_all_units() -> None:
    """426 × 5 % = 21.3 → 21; (426 + 50 + 21) × 4 % = 19.88 → 20; 426 + 50 + 21 + 20 = 517."""
    result = plain(bathing=1, rural_area=1, treatment_improvement_1=1)
    assert lines_of(result) == [
        ("781241", 426, 1), ("785301", 50, 1), ("786107", 20, 1), ("788110", 21, 1),
    ]  # fmt: skip
    assert [(step.before, step.exact, step.after) for step in result.steps[2:]] == [
        (426, "21.3", 21), (476, "497", 497), (497, "19.88", 20), (497, "517", 517),
    ]  # fmt: skip
    assert result.units == 517


def test_a_negative_ratio() -> None:
    """416 × −7 % = −29.12 → −29; 416 − 29 = 387, as 416 × 93 % = 386.88 → 387."""
    result = plain("2026-06", symbiotic_life_care=1)
    assert lines_of(result) == [("781241", 416, 1), ("786364", -29, 1)]
    assert (result.steps[-2].exact, result.steps[-2].after) == ("-29.12", -29)
    assert result.units == 387


def test_a_ratio_is_of_what_a_negative_one_leaves_of_the_base_units() -> None:
    """416 − 29 = 387 without the bath; × 5 % = 19.35 → 19; 416 + 40 − 29 + 19 = 446."""
    result = plain("2026-06", bathing_1=1, symbiotic_life_care=1, rural_area=1)
    assert [str(step).partition("  [")[0] for step in result.steps[-3:]] == [
        "中山間地域等提供加算: less 共生型サービス生活介護: 416 → 387",
        "中山間地域等提供加算: 5 % of that result: 387 → 19.35 → 19",
        "中山間地域等提供加算 +19: 427 → 446",
    ]
    assert result.units == 446


def test_a_line_of_0_units_is_not_written(tmp_path: Path) -> None:
    """1 unit × 22 ‰ = 0.022 → 0."""
    text = TABLE.read_text(encoding="utf-8")
    row = "地域通所介護11,base,,day_care,1,180,300,,{0},,,0,{0},{1},"
    assert text.count(row.format(426, 426)) == 1
    path = tmp_path / "codes.csv"
    path.write_text(text.replace(row.format(426, 426), row.format(1, "")), encoding="utf-8")
    table = ct.load_codes("2016-04", path=path)
    result = ct.Calculator(table).compose(
        ct.Visit(minutes=200, care_level=1, additions={"treatment_improvement_2": 1})
    )
    assert lines_of(result) == [("781241", 1, 1)]
    assert result.units == result.steps[-1].after == 1


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("additions", "message"),
    [
        (
            {"service_provision_1i": 1, "service_provision_2": 1},
            "service_provision_1i, service_provision_2: at most one of the group "
            "service_provision may apply to a visit; keep one",
        ),
        ({"bathing": 2}, "bathing: 2 counts in one visit; at most 1 may be given"),
        ({"no_transport": 3}, "no_transport: 3 counts in one visit; at most 2 may be given"),
        (
            {"individual_transport": 1},
            "individual_transport cannot be added to day_care; it is for medical_day_care: "
            "take it out or correct the service",
        ),
    ],
)
def test_additions_that_cannot_be(additions: dict[str, int], message: str) -> None:
    with pytest.raises(ct.VisitError) as caught:
        plain(**additions)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("month", "additions", "message"),
    [
        # 告示 注7, 注8: 認知症加算 and 共生型, both of the same visit.
        (
            "2018-04",
            ("dementia_care", "symbiotic_life_care"),
            "dementia_care and symbiotic_life_care may not be claimed together; leave one of them "
            "out",
        ),
        # 生活機能向上連携加算1 is of the month.
        (
            "2018-04",
            ("life_function_cooperation_1", "functional_training_2"),
            "life_function_cooperation_1 and functional_training_2 may not be claimed together; "
            "leave one of them out",
        ),
        (
            "2018-04",
            ("life_counsellor",),
            "life_counsellor is claimed only beside one of symbiotic_life_care, "
            "symbiotic_self_reliance, symbiotic_child_development, symbiotic_after_school; add the "
            "one that applies, or leave it out",
        ),
        (
            "2024-04",
            ("life_function_cooperation_2ro",),
            "life_function_cooperation_2ro is claimed only beside one of functional_training_1i, "
            "functional_training_1ro; add the one that applies, or leave it out",
        ),
    ],
)
def test_what_stands_beside_another(month: str, additions: tuple[str, ...], message: str) -> None:
    with pytest.raises(ct.VisitError) as caught:
        plain(month, **dict.fromkeys(additions, 1))
    assert str(caught.value) == message


def test_two_additions_of_a_day_that_exclude_each_other(tmp_path: Path) -> None:
    rows = [
        *base(100),
        addition("daily", 10, "day") | {"not_with": "other"},
        addition("other", 10, "day") | {"item_code": "5010"},
    ]
    month = ct.load_codes("2016-04", table(tmp_path, *rows))
    for keys in (("daily",), ("other",)):
        asked = ct.Visit(minutes=200, care_level=1, additions=dict.fromkeys(keys, 1))
        assert ct.Calculator(month).compose(asked).units == 110
    asked = ct.Visit(minutes=200, care_level=1, additions={"daily": 1, "other": 1})
    with pytest.raises(ct.VisitError, match=r"^daily and other may not be claimed together"):
        ct.Calculator(month).compose(asked)


def test_an_addition_of_day_care_in_medical_day_care() -> None:
    with pytest.raises(ct.VisitError) as caught:
        compose(minutes=200, service="medical_day_care", additions={"bathing": 1})
    assert str(caught.value) == (
        "bathing cannot be added to medical_day_care; it is for day_care: take it out or "
        "correct the service"
    )


@pytest.mark.parametrize(
    ("key", "month", "hint"),
    [
        ("bathin", "2016-04", "; did you mean 'bathing'?"),
        ("bathing_1", "2016-04", "; did you mean 'bathing'?"),
        ("treatment_improvement_5", "2016-04", "; did you mean 'treatment_improvement_4'?"),
        ("入浴", "2016-04", ""),
        # Nobody knows which step is meant, and a published name is the key's.
        ("bathing", "2026-06", "; which one is meant, 'bathing_1' or 'bathing_2'?"),
        (
            "treatment_improvement_1",
            "2026-06",
            "; which one is meant, 'treatment_improvement_1i' or 'treatment_improvement_1ro'?",
        ),
        ("入浴介助加算Ⅰ", "2026-06", "; write its key, bathing_1"),
    ],
)
def test_an_unknown_addition_is_named_with_the_nearest(key: str, month: str, hint: str) -> None:
    with pytest.raises(ct.VisitError) as caught:
        plain(month, **{key: 1})
    start, _, known = str(caught.value).partition(" (that month has: ")
    assert start == f"no addition {key!r} in {month}{hint}"
    table = ct.load_codes(month)
    keys = sorted(key for key in table.frame["key"].dropna())
    assert known == ", ".join(keys) + ")"


def test_a_month_of_few_additions_says_which() -> None:
    with pytest.raises(ct.VisitError) as caught:
        compose("2019-10", **(PLAIN | {"minutes": 430}), additions={"dementia_care": 1})
    assert str(caught.value) == (
        "no addition 'dementia_care' in 2019-10 (that month has: bathing, treatment_improvement_1)"
    )


@pytest.mark.parametrize(
    ("visit", "message"),
    [
        ({"minutes": 119, "care_level": 1}, "119 minutes of day_care lie outside every band"),
        ({"minutes": 200}, "the code rests on the care level; give care_level= (--care-level on "),
    ],
)
def test_a_visit_without_code(visit: dict[str, Any], message: str) -> None:
    with pytest.raises(ct.VisitError) as caught:
        compose(**visit)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", -1),
        ("minutes", "long"),
        ("minutes", 200.5),
        ("care_level", 0),
        ("care_level", 6),
        ("service", "both"),
        ("shortfall", ""),
        ("shortfall", "undermanned"),
        ("additions", {"bathing": -1}),
        ("additions", ["bathing"]),
        ("bathing", 1),
    ],
)
def test_a_visit_is_checked_by_field(field: str, value: Any) -> None:
    given = {**PLAIN, field: value}
    said = set()
    ways: list[Callable[[], ct.Visit]] = [
        lambda: ct.Visit(**given),
        lambda: ct.Visit.model_validate(given),
        lambda: ct.Visit.model_validate_json(json.dumps(given)),
    ]
    for way in ways:
        with pytest.raises(ct.VisitError) as caught:
            way()
        said.add(str(caught.value))
        assert re.match(rf"{field}[. ]", str(caught.value))
        assert re.match(rf"{field}.*「", caught.value.say("ja"))
    assert len(said) == 1


def test_what_is_no_visit_at_all_is_called_one() -> None:
    with pytest.raises(ct.VisitError, match=r"^visit '200': "):
        ct.Visit.model_validate("200")


def test_every_fault_of_a_visit_is_told_at_once() -> None:
    with pytest.raises(ct.VisitError) as caught:
        ct.Visit(minutes=-1, care_level=3, shortfall="undermanned")  # type: ignore[arg-type]
    assert str(caught.value).splitlines() == [
        "minutes '-1': Input should be greater than or equal to 0",
        "shortfall 'undermanned': Input should be 'over_capacity' or 'understaffed'",
    ]
    assert caught.value.say("ja").splitlines() == [
        "minutes「-1」: 0以上で記入してください",
        "shortfall「undermanned」: 使えるのは over_capacity、understaffed です",
    ]


# --- as data -----------------------------------------------------------------------------------

FULL: Final = ct.Visit(
    minutes=545,
    extended_hours=True,
    care_level=3,
    shortfall="over_capacity",
    additions={"bathing": 1, "no_transport": 2, "rural_area": 1, "treatment_improvement_3": 1},
)


def test_visits_and_compositions_go_through_json() -> None:
    assert ct.Visit.model_validate_json(FULL.model_dump_json()) == FULL
    result = ct.Calculator(ct.load_codes("2016-04")).compose(FULL)
    copy = ct.Composition.model_validate_json(result.model_dump_json())
    assert copy == result
    assert copy.chain == result.chain == "1006 → 704.2 → 704 → 754"


def test_visits_compositions_and_calculators_can_be_pickled() -> None:
    calculator = ct.Calculator(ct.load_codes("2016-04"))
    result = calculator.compose(FULL)
    visit, composition, again = pickle.loads(pickle.dumps((FULL, result, calculator)))
    assert (visit, composition) == (FULL, result)
    assert again.compose(visit) == result


def test_models_are_frozen() -> None:
    result = ct.Calculator(ct.load_codes("2016-04")).compose(FULL)
    parts = ((result.steps[0], "after"), (result.lines[0], "units"))
    for model, field in ((FULL, "minutes"), (result, "units"), *parts):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, field, 0)


# --- against the batch -------------------------------------------------------------------------


@st.composite
def visits(draw: st.DrawFn) -> ct.Visit:
    """Draw a visit that can be billed in 2016-04."""
    service, longest = draw(st.sampled_from([("day_care", 539), ("medical_day_care", 479)]))
    table = ct.load_codes("2016-04")
    grouped: dict[str, list[str]] = {}
    for row in table.rows:
        if row.key is not None and row.service in ("both", service):
            grouped.setdefault(row.group or row.key, []).append(row.key)
    keys = draw(st.lists(st.sampled_from(sorted(grouped)), unique=True))
    chosen = {draw(st.sampled_from(grouped[group])) for group in keys}
    most = {row.key: row.largest_value for row in table.rows}
    return ct.Visit.model_validate(
        {
            "service": service,
            "minutes": draw(st.integers(180 if service == "medical_day_care" else 120, longest)),
            "care_level": draw(st.integers(1, 5)),
            "shortfall": draw(st.sampled_from([None, "over_capacity", "understaffed"])),
            "extended_hours": draw(st.booleans()),
            "additions": {key: draw(st.integers(1, most[key])) for key in sorted(chosen)},
        }
    )


@settings(deadline=None)
@given(visits())
def test_a_visit_is_a_month_of_one_visit(visit: ct.Visit) -> None:
    """What explain shows is what claim bills."""
    result = ct.Calculator(ct.load_codes("2016-04")).compose(visit)
    row = {
        "provider_no": "1390000014",
        "insurer_no": "139006",
        "insured_no": "0000100011",
        "service_date": "2016-04-01",
        **visit.model_dump(exclude={"additions", "extended_hours"}),
        **visit.additions,
    }
    visits = pd.DataFrame([{name: str(cell or "") for name, cell in row.items()}])
    extended = "" if visit.extended_hours is None else str(int(visit.extended_hours))
    provider = {"provider_no": row["provider_no"], "extended_hours": extended}
    batch = ct.compute_claims(visits, pd.DataFrame([provider]))
    assert batch.problems.empty
    billed = batch.claim_lines[["service_code", "units", "count"]].to_numpy().tolist()
    assert billed == sorted([line.code, line.units, line.count] for line in result.lines)
    assert batch.claims["total_units"].tolist() == [result.units] == [result.steps[-1].after]
    own, *_ = result.steps
    assert result.units == sum(line.units * line.count for line in result.lines)
    assert own.label.startswith(result.code)


def test_what_is_missing_is_said_to_be() -> None:
    """Pydantic gives the whole of what was given as the value of a field that is not there."""
    missing: dict[str, Any] = {"care_level": 1}
    with pytest.raises(ct.VisitError, match=r"^minutes is missing$") as caught:
        ct.Visit(**missing)
    assert caught.value.say("ja") == "minutes を指定してください"

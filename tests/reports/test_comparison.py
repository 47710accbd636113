"""The same visits under two tables: worked by hand, and against two plain computations."""

from __future__ import annotations

import html
import pickle
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho import columns
from chiiki_tsusho import problem_texts as messages
from chiiki_tsusho.claims import run as batch_run
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.language import Language
from chiiki_tsusho.reports.comparison import compare_files
from chiiki_tsusho.reports.comparison_page import page_of, write_comparison
from chiiki_tsusho.reports.comparison_tables import per_cent
from chiiki_tsusho.table_imports.gathering import write_code_rows
from conftest import EXAMPLES
from helpers.inputs import Cells, csv_text, frame, places, visit, visits

# 1級地, 10.90 yen a unit; その他, 10.00 yen.
DEAR: Final[Cells] = {"provider_no": "1370000018", "area_grade": "1"}
PLAIN: Final[Cells] = {"provider_no": "1370000018", "area_grade": "other"}
NINETY: Final[Cells] = {
    "insurer_no": "131003",
    "insured_no": "0000000001",
    "benefit_rate": "90",
}
SUMS: Final = ("total_units", "benefit_units", *(f"{one}_yen" for one in (
    "total", "insurance", "public", "copay", "self_paid",
)))  # fmt: skip


def compare(
    rows: Sequence[Cells],
    month_a: str,
    month_b: str,
    providers: Sequence[Cells] | None = None,
    recipients: Sequence[Cells] | None = None,
    **options: Any,
) -> ct.Comparison:
    return ct.compare_months(
        frame(rows),
        month_a,
        month_b,
        None if providers is None else frame(providers),
        None if recipients is None else frame(recipients),
        **options,
    )


def total(comparison: ct.Comparison, *names: str) -> list[Any]:
    """Return figures of the total, None where blank."""
    row = comparison.total.iloc[0]
    return [None if pd.isna(row[name]) else int(row[name]) for name in names]


def sides(comparison: ct.Comparison, name: str) -> list[Any]:
    return total(comparison, f"{name}_a", f"{name}_b", f"{name}_difference")


def codes(comparison: ct.Comparison) -> list[tuple[Any, ...]]:
    """Return by_code without the names."""
    names = [name for name in comparison.by_code if name not in ("name_a", "name_b")]
    return list(comparison.by_code[names].itertuples(index=False, name=None))


# --- worked by hand ------------------------------------------------------------------------------


def test_treatment_improvement_was_raised_in_2017_04() -> None:
    rows = [visit(bathing="1")]
    providers = [DEAR | {"treatment_improvement_1": "1"}]
    comparison = compare(rows, "2017-03", "2017-04", providers, [NINETY])

    # 426 + 50 = 476; 40/1000 of it is 19.04, 59/1000 is 28.084.
    assert codes(comparison) == [
        ("781241", "781241", 1, 1, 426, 426, 0),
        ("785301", "785301", 1, 1, 50, 50, 0),
        ("786107", "786108", 1, 1, 19, 28, 9),
    ]
    assert comparison.by_code["name_a"].tolist()[2] == "地域通所介護処遇改善加算Ⅰ"
    assert comparison.by_code["name_b"].tolist()[2] == "地域通所介護処遇改善加算Ⅰ"
    assert sides(comparison, "total_units") == [495, 504, 9]
    assert sides(comparison, "benefit_units") == [495, 504, 9]
    # 495 × 10.90 = 5395.5 and 504 × 10.90 = 5493.6; 90 % are 4855.5 and 4943.7.
    assert sides(comparison, "total_yen") == [5395, 5493, 98]
    assert sides(comparison, "insurance_yen") == [4855, 4943, 88]
    assert sides(comparison, "public_yen") == [0, 0, 0]
    assert sides(comparison, "copay_yen") == [540, 550, 10]
    assert sides(comparison, "self_paid_yen") == [0, 0, 0]
    assert (comparison.month_a, comparison.month_b) == ("201703", "201704")
    assert comparison.complete
    assert total(comparison, "claims", "claims_left_out", "visits", "visits_left_out") == [
        1, 0, 1, 0,
    ]  # fmt: skip
    for name in ("without_code", "missing_keys", "other_problems"):
        assert comparison.frames[name].empty


def test_a_band_of_2016_is_two_of_2026() -> None:
    # 3 to 5 hours cost 426 in 2016; since 2018 3 to 4 hours (416) and 4 to 5 hours (436) are apart.
    rows = [
        visit(1, minutes="239"),
        visit(2, minutes="240"),
        visit(3, minutes="299"),
        visit(4, minutes="430", care_level="2"),
    ]
    comparison = compare(rows, "2016-04", "2026-06")
    assert codes(comparison) == [
        ("781241", "781241", 3, 1, 1278, 416, -862),
        ("", "781246", 0, 2, 0, 872, 872),
        ("781442", "781442", 1, 1, 868, 890, 22),
    ]
    assert sides(comparison, "total_units") == [2146, 2178, 32]


def test_two_to_three_hours_have_no_code_in_2026() -> None:
    rows = [
        visit(1, minutes="150"),
        visit(2),
        visit(1, insured_no="0000000002"),
        visit(1, insured_no="0000000003", minutes="179"),
    ]
    comparison = compare(rows, "2016-04", "2026-06")
    assert not comparison.complete
    assert sides(comparison, "total_units") == [426, 436, 10]
    assert total(
        comparison, "claims", "claims_left_out", "claims_held_a", "claims_held_b"
    ) == [1, 2, 0, 2]  # fmt: skip
    assert total(
        comparison, "visits", "visits_left_out", "visits_without_code_a", "visits_without_code_b"
    ) == [1, 3, 0, 2]  # fmt: skip
    missing = comparison.without_code
    assert missing["side"].tolist() == ["b", "b"]
    assert missing["month"].tolist() == ["202606", "202606"]
    assert places(missing) == [
        ("visits", 2, "minutes", "150", "no_code"),
        ("visits", 5, "minutes", "179", "no_code"),
    ]
    assert (
        missing["message"]
        .iloc[0]
        .startswith("150 min, day_care, care level 1: no code in the table of 2026-06; ")
    )
    assert comparison.missing_keys.empty
    assert comparison.other_problems.empty

    other = compare(rows, "2026-06", "2016-04")
    assert other.without_code["side"].tolist() == ["a", "a"]
    assert total(other, "visits_without_code_a", "visits_without_code_b") == [2, 0]


def test_stays_longer_than_a_day_are_one_reason() -> None:
    # Their minutes are in no table: each is told in the words of all, with minutes of its own.
    short = {"service": "short_medical_day_care"}
    rows = [
        visit(1, minutes="6000"),
        visit(2, minutes="1441"),
        visit(3, minutes="999999999", care_level="2"),
        visit(4, minutes="5"),
        visit(1, insured_no="0000000002", minutes="6000", **short),
        visit(2, insured_no="0000000002", minutes="1500", care_level="2", **short),
    ]
    comparison = compare(rows, "2016-05", "2017-05")
    assert (
        places(comparison.without_code)
        == [
            ("visits", 2, "minutes", "6000", "outside_every_band"),
            ("visits", 3, "minutes", "1441", "outside_every_band"),
            ("visits", 4, "minutes", "999999999", "outside_every_band"),
            ("visits", 5, "minutes", "5", "outside_every_band"),
            ("visits", 6, "service", "short_medical_day_care", "no_code"),
            ("visits", 7, "service", "short_medical_day_care", "no_code"),
        ]
        * 2
    )
    reasons = comparison.reasons
    assert reasons["rows"].tolist() == [3, 2, 1, 3, 2, 1]
    # From 2 hours to under 14 in the table of 2016-04.
    sentences = reasons["message"].tolist()
    assert sentences[0] == (
        "1441–999999999 minutes of day_care lie outside every band (the table knows 120 to 839 "
        "minutes); check the times of the visit"
    )
    assert sentences[1].startswith(
        "1500–6000 min, short_medical_day_care, care level 1, 2: no code in the table of 2016-05; "
    )
    assert sentences[2].startswith("5 minutes of day_care")
    japanese = compare(rows, "2016-05", "2017-05", language="ja").reasons["message"].tolist()
    assert japanese[0] == (
        "地域密着型通所介護の1441–999999999分は、どの時間区分にも当たりません"
        "(表の範囲は120〜839分)。提供時間を確認してください"
    )


def test_the_limit_and_the_price_are_those_of_the_month() -> None:
    # 8 hours: 735 × 22 = 16,170 within 16,692; 783 × 22 = 17,226 over 16,765 by 461.
    comparison = compare(visits(22, minutes="480"), "2016-04", "2026-06", [PLAIN], [NINETY])
    assert sides(comparison, "total_units") == [16170, 17226, 1056]
    assert sides(comparison, "benefit_units") == [16170, 16765, 595]
    assert sides(comparison, "total_yen") == [161700, 167650, 5950]
    assert sides(comparison, "insurance_yen") == [145530, 150885, 5355]
    assert sides(comparison, "copay_yen") == [16170, 16765, 595]
    assert sides(comparison, "self_paid_yen") == [0, 4610, 4610]


def test_an_addition_may_be_counted_otherwise() -> None:
    # 個別機能訓練加算Ⅱ: 56 a day in 2016, 20 a month in 2026, there on top of Ⅰ alone.
    rows = visits(3, functional_training_2="1")
    assert total(compare(rows, "2016-04", "2026-06"), "claims_held_b") == [1]
    table = ct.load_codes("2026-06")
    free = tuple(row.model_copy(update={"only_with": None}) for row in table.rows)
    alone = ct.CodeTable(202606, free, table.known_minutes)
    comparison = compare(rows, "2016-04", "2026-06", codes_b=alone)
    assert codes(comparison) == [
        ("781241", "781241", 3, 0, 1278, 0, -1278),
        ("", "781246", 0, 3, 0, 1308, 1308),
        ("785052", "785052", 3, 1, 168, 20, -148),
    ]
    assert sides(comparison, "total_units") == [1446, 1328, -118]


def test_an_addition_without_a_row_is_listed_by_its_key() -> None:
    rows = [
        *visits(2, bathing="1"),
        visit(3),
        visit(1, insured_no="0000000002"),
        visit(1, insured_no="0000000003", bathing_1="1"),
    ]
    comparison = compare(rows, "2016-04", "2026-06")
    assert list(comparison.missing_keys.itertuples(index=False, name=None)) == [
        ("a", "201604", "bathing_1", "visits", 1),
        ("b", "202606", "bathing", "visits", 2),
    ]
    assert comparison.without_code["side"].tolist() == ["a", "b", "b"]
    assert places(comparison.without_code) == [
        ("visits", 6, "bathing_1", "1", "no_code"),
        ("visits", 2, "bathing", "1", "no_code"),
        ("visits", 3, "bathing", "1", "no_code"),
    ]
    assert total(
        comparison, "claims", "claims_left_out", "claims_held_a", "claims_held_b"
    ) == [1, 2, 1, 1]  # fmt: skip
    # They have a code: it is the addition that has none.
    assert total(comparison, "visits_without_code_a", "visits_without_code_b") == [0, 0]


def test_an_addition_of_a_provider_without_a_row_holds_its_claims() -> None:
    rows = [
        visit(1),
        visit(1, insured_no="0000000002"),
        visit(1, provider_no="1370000026"),
    ]
    providers = [
        PLAIN | {"treatment_improvement_5": "1"},
        PLAIN | {"provider_no": "1370000026"},
    ]
    comparison = compare(rows, "2017-03", "2017-04", providers)
    assert list(comparison.missing_keys.itertuples(index=False, name=None)) == [
        ("a", "201703", "treatment_improvement_5", "providers", 1)
    ]
    assert places(comparison.without_code) == [
        ("providers", 2, "treatment_improvement_5", "1", "no_code")
    ]
    names = ["provider_no", "claims", "claims_left_out", "claims_held_a", "claims_held_b"]
    assert comparison.by_provider[names].to_numpy().tolist() == [
        ["1370000018", 0, 2, 2, 0],
        ["1370000026", 1, 0, 0, 0],
    ]


def test_an_addition_keeps_the_meaning_its_heading_has_in_the_month_of_the_visit() -> None:
    # サービス提供体制加算Ⅰ is service_provision_1i in 2016 and service_provision_1 in 2026.
    rows = [visit() | {"サービス提供体制加算Ⅰ": "1"}]
    comparison = compare(rows, "2016-04", "2026-06")
    assert comparison.missing_keys["key"].tolist() == ["service_provision_1i"]
    rows = [visit(1, 送迎減算="2")]
    assert codes(compare(rows, "2016-04", "2026-06"))[2:] == [
        ("785612", "785612", 2, 2, -94, -94, 0)
    ]


# --- who gains and who loses ---------------------------------------------------------------------


def changed() -> ct.Comparison:
    """Three claims of two insurers: 416 for 426, 436 for 426, and 890 for 868 units."""
    rows = [
        visit(1, minutes="200"),
        visit(1, minutes="240", insured_no="0000000002", insurer_no="132000"),
        visit(1, minutes="430", care_level="2", insured_no="0000000003"),
        visit(2, minutes="150", insured_no="0000000004", insurer_no="132000"),
    ]
    return compare(rows, "2016-04", "2026-06", [PLAIN])


def test_sums_by_insurer_and_care_level() -> None:
    comparison = changed()
    names = ["claims", "claims_left_out", "claims_more", "claims_less", "claims_same"]
    sums = [*names, "total_units_a", "total_units_b", "total_units_per_cent"]
    assert comparison.by_insurer[["insurer_no", *sums]].to_numpy().tolist() == [
        ["131003", 2, 0, 1, 1, 0, 1294, 1306, "+0.93"],
        ["132000", 1, 1, 1, 0, 0, 426, 436, "+2.35"],
    ]
    levels = ["care_level", "claims", "claims_more", "claims_less", "total_units_difference"]
    assert comparison.by_care_level[levels].to_numpy().tolist() == [
        ["1", 2, 1, 1, 0],
        ["2", 1, 1, 0, 22],
    ]
    # 12 of 1,294 are 0.927 %; 22 of 1,720 are 1.279 %. No benefit rate is known.
    row = comparison.total.iloc[0]
    assert row[names].tolist() == [3, 1, 2, 1, 0]
    assert row[["total_units_per_cent", "total_yen_per_cent"]].tolist() == ["+1.28", ""]


def test_each_claim_with_its_difference() -> None:
    names = ["insured_no", "care_level", "total_units_difference", "total_units_per_cent"]
    assert changed().by_claim[names].to_numpy().tolist() == [
        ["0000000001", "1", -10, "-2.35"],
        ["0000000003", "2", 22, "+2.53"],
        ["0000000002", "1", 10, "+2.35"],
    ]


@pytest.mark.parametrize(
    ("before", "more", "text"),
    [(200, 1, "+0.50"), (30000, 1, "0.00"), (20000, 1, "+0.01"), (-200, -3, "+1.50"), (0, 5, "")],
)
def test_per_cent_is_rounded_half_up_to_a_hundredth(before: int, more: int, text: str) -> None:
    assert per_cent(before, more) == text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["By insurer", "Claims with more units", "What is lacking"]),
        ("ja", ["保険者別", "増減率(%)", "単位数が増える請求", "不足しているものと対応"]),
    ],
)
def test_a_page_of_the_comparison(tmp_path: Path, language: Language, said: list[str]) -> None:
    rows = [visit(1), visit(2, minutes="150", insured_no="0000000002")]
    rows += [visit(1, care_level="<b>6</b>", insured_no="0000000003")]
    comparison = compare(rows, "2016-04", "2026-06", language=language)
    path = write_comparison(comparison, tmp_path / "page.html", language)
    page = path.read_text("utf-8")
    assert f'<html lang="{language}">' in page
    assert "<script" not in page
    assert "<b>6" not in page
    assert "&lt;b&gt;6" in page
    for text in ("A 2016-04", "B 2026-06", *said):
        assert text in page
    (reason,) = comparison.without_code["message"]
    assert reason in html.unescape(page)


def test_a_page_in_a_language_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ct.ChiikiTsushoError, match="language 'fr' is unknown"):
        write_comparison(changed(), tmp_path / "page.html", "fr")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# --- months and registers ------------------------------------------------------------------------


def test_each_month_of_service_stays_a_claim_of_its_own() -> None:
    # 22 visits of 8 hours are over the limit of 2026 in one claim; 11 in each of two are not.
    april = visits(11, minutes="480")
    may = [row | {"service_date": row["service_date"].replace("-04-", "-05-")} for row in april]
    comparison = compare([*april, *may], "2016-04", "2026-06")
    assert total(comparison, "claims", "visits") == [2, 22]
    assert sides(comparison, "benefit_units") == [16170, 17226, 1056]


def test_registers_answer_for_the_month_of_the_visit() -> None:
    rows = visits(2)
    recipients = [
        NINETY | {"service_month": "201604", "planned_units": "500"},
        NINETY | {"service_month": "201703", "planned_units": "100"},
        NINETY | {"service_month": "202606", "planned_units": "200"},
    ]
    providers = [
        PLAIN | {"service_month": "201604"},
        DEAR | {"service_month": "201703"},
        DEAR | {"service_month": "202606"},
    ]
    comparison = compare(rows, "2017-03", "2026-06", providers, recipients)
    assert comparison.complete
    assert sides(comparison, "total_units") == [852, 872, 20]
    assert sides(comparison, "benefit_units") == [500, 500, 0]
    assert sides(comparison, "total_yen") == [5000, 5000, 0]
    assert sides(comparison, "self_paid_yen") == [3520, 3720, 200]


def test_a_plan_over_the_limit_of_one_month_is_held_there() -> None:
    recipients = [NINETY | {"planned_units": "16765"}]
    comparison = compare([visit()], "2016-04", "2026-06", None, recipients)
    assert total(comparison, "claims", "claims_held_a", "claims_held_b") == [0, 1, 0]
    assert comparison.other_problems["side"].tolist() == ["a"]
    assert places(comparison.other_problems) == [
        ("recipients", 2, "planned_units", "16765", "plan_over_limit")
    ]
    assert sides(comparison, "total_units") == [0, 0, 0]
    assert sides(comparison, "total_yen") == [None, None, None]


def test_visits_of_a_month_without_a_table_can_be_compared() -> None:
    # Of 2015-03 neither a table nor a limit nor a price is known: those of the months are taken.
    rows = [visit() | {"service_date": "2015-03-31"}]
    comparison = compare(rows, "2016-04", "2026-06", [PLAIN], [NINETY])
    assert comparison.complete
    assert sides(comparison, "total_units") == [426, 436, 10]
    assert sides(comparison, "total_yen") == [4260, 4360, 100]


def test_yen_that_are_not_known_are_in_no_sum() -> None:
    rows = [
        visit(1),
        visit(1, insured_no="0000000002"),
        visit(1, provider_no="1370000026"),
    ]
    recipients = [NINETY, {**NINETY, "insured_no": "0000000002", "benefit_rate": ""}]
    providers = [PLAIN, {"provider_no": "1370000026"}]
    comparison = compare(rows, "2016-04", "2026-06", providers, recipients)
    assert comparison.complete
    assert total(comparison, "claims", "claims_without_yen") == [3, 2]
    assert sides(comparison, "total_units") == [1278, 1308, 30]
    assert sides(comparison, "total_yen") == [4260, 4360, 100]
    names = ["provider_no", "claims_without_yen", "total_yen_a", "total_yen_b"]
    by_provider = comparison.by_provider[names].astype(object)
    assert by_provider.where(by_provider.notna(), None).to_numpy().tolist() == [
        ["1370000018", 1, 4260, 4360],
        ["1370000026", 1, None, None],
    ]


# --- what holds a claim --------------------------------------------------------------------------


def test_faults_of_the_input_are_said_once_for_both_sides() -> None:
    rows = [
        visit(1, care_level="6"),
        visit(1, insured_no="0000000002"),
        visit(1, insured_no="0000000002"),
        visit(1, insured_no="x", provider_no="1370000091"),
        visit(1, insured_no="0000000003"),
        visit(1, insured_no="0000000004", minutes="150", care_level="7"),
        visit(2, insured_no="0000000004", minutes="150"),
    ]
    comparison = compare(rows, "2016-04", "2026-06")
    assert comparison.other_problems["side"].tolist() == ["both"] * 5
    assert places(comparison.other_problems) == [
        ("visits", 2, "care_level", "6", "bad_value"),
        ("visits", 4, "service_date", "2016-04-01", "duplicate_visit"),
        ("visits", 5, "insured_no", "x", "bad_value"),
        ("visits", 5, "", "", "unplaced_row"),
        ("visits", 7, "care_level", "7", "bad_value"),
    ]
    assert places(comparison.without_code) == [("visits", 8, "minutes", "150", "no_code")]
    assert total(
        comparison, "claims", "claims_left_out", "claims_held_a", "claims_held_b"
    ) == [1, 3, 3, 3]  # fmt: skip
    # The row without a number is in no claim, but it is left out.
    assert total(comparison, "visits", "visits_left_out") == [1, 6]


def test_problems_of_a_whole_claim_have_no_line() -> None:
    comparison = compare(visits(3, nutrition_improvement="1"), "2016-04", "2017-04")
    assert comparison.other_problems["side"].tolist() == ["both"]
    assert places(comparison.other_problems) == [
        ("visits", None, "nutrition_improvement", "3", "over_monthly_maximum")
    ]


def test_messages_in_japanese() -> None:
    comparison = compare([visit(minutes="150")], "2016-04", "2026-06", language="ja")
    message = comparison.without_code["message"].iloc[0]
    assert "2026-06 の表に該当するコードがありません" in message


def test_no_visits_at_all() -> None:
    empty = frame([visit()]).iloc[:0]
    comparison = ct.compare_months(empty, "2016-04", "2026-06")
    assert comparison.complete
    assert total(comparison, "claims", "visits", "total_units_difference") == [0, 0, 0]
    for name in list(comparison.frames)[1:]:
        assert comparison.frames[name].empty


# --- a draft -------------------------------------------------------------------------------------


def draft(*extra: dict[str, Any]) -> ct.CodeTable:
    """The table of 2026-06 with 10 units more for every visit, and other additions."""
    table = ct.load_codes("2026-06")
    rows = []
    for row in table.rows:
        if row.kind == "base":
            more = {"base_units": (row.base_units or 0) + 10, "units": (row.units or 0) + 10}
            rows.append(row.model_copy(update={**more, "published_units": None}))
        else:
            rows.append(row)
    bathing = next(row for row in rows if row.key == "bathing_1")
    rows += [bathing.model_copy(update=one) for one in extra]
    return ct.CodeTable(202606, tuple(rows), table.known_minutes)


NEW: Final = {"item_code": "5399", "key": "new_bath", "name": "新入浴加算", "group": None}


def test_a_draft_of_the_same_month() -> None:
    rows = [visit(day, bathing_1="1") for day in (1, 2)]
    comparison = compare(rows, "2026-06", "2026-06", codes_b=draft())
    assert codes(comparison) == [
        ("781246", "781246", 2, 2, 872, 892, 20),
        ("785301", "785301", 2, 2, 80, 80, 0),
    ]


@pytest.mark.parametrize("heading", ["new_bath", "新入浴加算"])
def test_an_addition_only_the_draft_has_can_be_in_the_file(heading: str) -> None:
    rows = [visit(1, **{heading: "1"}), visit(1, insured_no="0000000002")]
    comparison = compare(rows, "2026-06", "2026-06", codes_b=draft(NEW))
    assert comparison.missing_keys.to_numpy().tolist() == [["a", "202606", "new_bath", "visits", 1]]
    assert total(comparison, "claims", "claims_held_a", "claims_held_b") == [1, 1, 0]
    # Where the draft is the first table, it is the second that lacks the addition.
    other = compare(rows, "2026-06", "2026-06", codes=draft(NEW), codes_b=ct.load_codes("2026-06"))
    assert other.missing_keys["side"].tolist() == ["b"]
    assert sides(other, "total_units") == [446, 436, -10]


def test_an_addition_no_table_has_is_an_error() -> None:
    with pytest.raises(ct.InputFileError, match="unknown heading 'new_bath'"):
        compare([visit(new_bath="1")], "2026-06", "2026-06", codes_b=draft())


# --- against two plain computations --------------------------------------------------------------

KEYS: Final = ("bathing", "same_building", "no_transport", "service_provision_1i", "dementia_care")


@st.composite
def _months(draw: st.DrawFn) -> tuple[list[Cells], list[Cells], list[Cells]]:
    """Draw visits of 2017-03 that have a code and every addition also in 2017-04."""
    rows = []
    places = draw(
        st.sets(
            st.tuples(
                st.sampled_from(["1370000018", "1370000026", "13A0000003"]),
                st.sampled_from(["0000000001", "0000000002", "H000000003"]),
                st.integers(1, 30),
                st.sampled_from(["1", "2"]),
            ),
            min_size=1,
            max_size=16,
        )
    )
    for provider, insured, day, session in sorted(places):
        row = {
            "provider_no": provider,
            "insurer_no": "131003",
            "insured_no": insured,
            "service_date": f"2017-03-{day:02}",
            "care_level": str(draw(st.integers(1, 5))),
            "minutes": str(draw(st.integers(120, 839))),
            "session": session,
        }
        for key in KEYS:
            row[key] = draw(st.sampled_from(["0", "1"]))
        rows.append(row)
    providers = [
        {
            "provider_no": provider,
            "area_grade": draw(st.sampled_from(["1", "6", "other", ""])),
            "extended_hours": draw(st.sampled_from(["0", "1"])),
            "rural_area": draw(st.sampled_from(["0", "1"])),
            draw(st.sampled_from(["treatment_improvement_1", "treatment_improvement_4"])): "1",
        }
        for provider in sorted({row["provider_no"] for row in rows})
    ]
    recipients = [
        {
            "insurer_no": "131003",
            "insured_no": insured,
            "provider_no": provider,
            "benefit_rate": draw(st.sampled_from(["90", "70", ""])),
            "planned_units": draw(st.sampled_from(["", "0", "500", "5000"])),
        }
        # One person may have a plan at each of several providers.
        for provider, insured in sorted({(row["provider_no"], row["insured_no"]) for row in rows})
    ]
    return rows, providers, recipients


@settings(max_examples=int(EXAMPLES or 6))
@given(_months())
def test_equals_the_difference_of_two_plain_computations(
    month: tuple[list[Cells], list[Cells], list[Cells]],
) -> None:
    rows, providers, recipients = month
    later = [row | {"service_date": row["service_date"].replace("-03-", "-04-")} for row in rows]
    registers = (frame(providers), frame(recipients))
    a = ct.compute_claims(frame(rows), *registers)
    b = ct.compute_claims(frame(later), *registers)
    assert a.problems.empty
    assert b.problems.empty
    comparison = ct.compare_months(frame(rows), "2017-03", "2017-04", *registers)
    assert comparison.complete
    check_against(comparison, a, b)


def check_against(comparison: ct.Comparison, a: ct.Batch, b: ct.Batch) -> None:
    """Compare every figure with those of claims and lines computed apart."""
    assert total(comparison, "claims", "visits") == [len(a.claims), a.claims["visits"].sum()]
    priced = a.claims["total_yen"].notna() & b.claims["total_yen"].notna()
    assert total(comparison, "claims_without_yen") == [int((~priced).sum())]
    for name in SUMS:
        kept = priced if name.endswith("_yen") else np.ones(len(priced), dtype=bool)
        figures = [int(one.claims.loc[kept, name].sum()) for one in (a, b)]
        if kept.any():
            assert sides(comparison, name) == [*figures, figures[1] - figures[0]]
            by_provider = comparison.by_provider.set_index("provider_no")[f"{name}_difference"]
            difference = (b.claims[name] - a.claims[name])[kept]
            expected = difference.groupby(a.claims["provider_no"][kept]).sum()
            assert by_provider.dropna().to_dict() == expected.to_dict()
        else:
            assert sides(comparison, name) == [None] * 3
    for side, one in (("a", a), ("b", b)):
        lines = one.claim_lines.groupby("service_code")[["count", "service_units"]].sum()
        found = comparison.by_code.groupby(f"service_code_{side}")[
            [f"count_{side}", f"units_{side}"]
        ].sum()
        found = found[found[f"units_{side}"] != 0]
        assert found.index.tolist() == lines.index.tolist()
        assert found.to_numpy().tolist() == lines.to_numpy().tolist()
    assert comparison.by_code["units_difference"].sum() == sides(comparison, "total_units")[2]


def assert_same(one: ct.Comparison, other: ct.Comparison, *left_out: str) -> None:
    for name, expected in one.frames.items():
        if name not in left_out:
            pd.testing.assert_frame_equal(other.frames[name], expected)


@settings(max_examples=int(EXAMPLES or 6))
@given(_months(), st.integers(0, 1 << 32))
def test_neither_the_order_of_rows_nor_the_index_matters(
    month: tuple[list[Cells], list[Cells], list[Cells]], seed: int
) -> None:
    rows, providers, recipients = month
    rows[0]["minutes"] = "30"
    one = compare(rows, "2016-04", "2026-06", providers, recipients)
    shuffled = random.Random(seed).sample(rows, len(rows))
    other = frame(shuffled).set_index(pd.Index([7] * len(rows)))
    again = ct.compare_months(other, "2016-04", "2026-06", frame(providers), frame(recipients))
    # Lines are those of the file.
    assert_same(one, again, "without_code", "other_problems")
    assert len(one.without_code) == len(again.without_code)


@settings(max_examples=int(EXAMPLES or 6))
@given(_months())
def test_a_month_against_itself_differs_in_nothing(
    month: tuple[list[Cells], list[Cells], list[Cells]],
) -> None:
    comparison = compare(month[0], "2017-03", "2017-03", *month[1:])
    assert comparison.complete
    for name in SUMS:
        assert (comparison.by_provider[f"{name}_difference"].dropna() == 0).all()
        assert sides(comparison, name)[2] in (0, None)
    by_code = comparison.by_code
    assert (by_code["service_code_a"] == by_code["service_code_b"]).all()
    assert (by_code["count_a"] == by_code["count_b"]).all()
    assert (by_code["units_difference"] == 0).all()


def test_claims_of_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        visit(
            day,
            provider_no=f"13700000{provider:02}",
            insured_no=f"{person:010}",
            minutes=str(100 + 20 * person),
        )
        for provider in (3, 1, 2)
        for person in range(1, 12)
        for day in (1, 2, 3)
    ]
    whole = compare(rows, "2016-04", "2026-06")
    assert total(whole, "claims", "claims_left_out") == [24, 9]
    monkeypatch.setattr(batch_run, "CLAIMS_OF_A_SLICE", 2)
    assert_same(whole, compare(rows, "2016-04", "2026-06"))


# --- the result ----------------------------------------------------------------------------------


def test_frames_are_typed_named_and_told_in_the_dictionary() -> None:
    comparison = compare([visit(minutes="150"), visit(2, care_level="9")], "2016-04", "2026-06")
    kinds = {"text": "str", "whole": "int64", "whole_or_blank": "Int64"}
    assert list(comparison.frames) == list(columns.COMPARISON)
    for name, result in comparison.frames.items():
        expected = {column.name: kinds[column.kind] for column in columns.COMPARISON[name]}
        assert {column: str(kind) for column, kind in result.dtypes.items()} == expected
        assert isinstance(result.index, pd.RangeIndex)
        assert all(one.meaning and one.meaning_ja for one in columns.COMPARISON[name])


def test_the_result_can_be_pickled_and_the_frames_given_are_untouched() -> None:
    given_frames = [frame(rows) for rows in (visits(3, bathing="1"), [DEAR], [NINETY])]
    before = [one.copy(deep=True) for one in given_frames]
    comparison = ct.compare_months(
        given_frames[0], "2016-04", "2026-06", given_frames[1], given_frames[2]
    )
    for one, old in zip(given_frames, before, strict=True):
        pd.testing.assert_frame_equal(one, old)
    again = pickle.loads(pickle.dumps(comparison))
    assert_same(comparison, again)
    assert (again.month_a, again.month_b) == ("201604", "202606")


def test_wrong_use_of_the_function() -> None:
    with pytest.raises(ct.UnsupportedMonthError, match="no code table for 2015-01"):
        compare([visit()], "2016-04", "2015-01")
    with pytest.raises(ct.UnsupportedMonthError, match="'2016' is not a month"):
        compare([visit()], "2016", "2026-06")
    with pytest.raises(ct.InputFileError, match="visits: a table was expected"):
        ct.compare_months(None, "2016-04", "2026-06")  # type: ignore[arg-type]
    assert set(messages.TEXTS) >= {"no_code", "no_key", "outside_every_band"}


# --- the command ---------------------------------------------------------------------------------


def write(path: Path, rows: Sequence[Cells]) -> Path:
    path.write_text(csv_text(rows), encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str, list[str]]:
    done = CliRunner().invoke(app, ["compare", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr.splitlines()


MARCH_APRIL: Final = ("--month", "2017-03", "--month", "2017-04")
TEXT: Final = """\
        compared  left out
claims         1         0  held under A 2017-03: 0     held under B 2017-04: 0
visits         3         0  no code under A 2017-03: 0  no code under B 2017-04: 0

total          A 2017-03  B 2017-04  difference  per cent
total_units        1,485      1,512         +27     +1.82
benefit_units      1,485      1,512         +27
total_yen         14,850     15,120        +270     +1.82
insurance_yen     13,365     13,608        +243
public_yen             0          0           0
copay_yen          1,485      1,512         +27
self_paid_yen          0          0           0
claims with more units under B 2017-04: 1; with fewer: 0; with as many: 0

by code: 1 of 3 codes differ
A 2017-03                             B 2017-04                             \
count A  count B  units A  units B  difference
786107     地域通所介護処遇改善加算Ⅰ  786108     地域通所介護処遇改善加算Ⅰ        \
1        1       57       84         +27

by provider
provider    claims  left out  more  fewer  units A  units B  difference  per cent   \
yen A   yen B  difference  per cent
1370000018       1         0     1      0    1,485    1,512         +27     +1.82  \
14,850  15,120        +270     +1.82

by insurer
insurer  claims  left out  more  fewer  units A  units B  difference  per cent   \
yen A   yen B  difference  per cent
131003        1         0     1      0    1,485    1,512         +27     +1.82  \
14,850  15,120        +270     +1.82

by care level
care level  claims  more  fewer  units A  units B  difference  per cent   \
yen A   yen B  difference  per cent
1                1     1      0    1,485    1,512         +27     +1.82  \
14,850  15,120        +270     +1.82
"""


def test_the_command_prints_the_difference(tmp_path: Path) -> None:
    # 476 × 3 = 1,428: 57.12 and 84.252.
    path = write(tmp_path / "visits.csv", visits(3, bathing="1"))
    providers = write(tmp_path / "p.csv", [PLAIN | {"treatment_improvement_1": "1"}])
    recipients = write(tmp_path / "r.csv", [NINETY])
    registers = ("--providers", providers, "--recipients", recipients)
    assert run(path, *MARCH_APRIL, *registers) == (0, TEXT, [])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["p.csv", "r.csv", "visits.csv"]


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    rows = [visit(1), visit(1, insured_no="0000000002", minutes="150")]
    rows += [visit(day, insured_no="0000000003", bathing="1") for day in range(1, 7)]
    rows += visits(3, insured_no="0000000004", nutrition_improvement="1")
    path = write(tmp_path / "visits.csv", rows)
    out = tmp_path / "out"
    code, text, said = run(path, "--month", "201604", "--month", "202606", "-o", out)
    assert code == 1
    assert text.splitlines()[:3] == [
        "        compared  left out",
        "claims         1         3  held under A 2016-04: 1     held under B 2026-06: 3",
        "visits         1        10  no code under A 2016-04: 0  no code under B 2026-06: 1",
    ]
    assert text.splitlines()[-3:] == [
        "additions without a row in a table",
        "key      table      rows with it",
        "bathing  B 2026-06  6 in visits",
    ]
    assert "total_yen              -          -           -" in text.splitlines()
    assert said[0].startswith(
        "visits line 3, minutes, under B 2026-06: no_code: 150 min, day_care, care level 1: no "
        "code in the table of 2026-06; "
    )
    assert said[5] == f"... and 2 more without a code or row in a table; all of them in {out}"
    assert said[6].startswith(
        "visits, nutrition_improvement, under either table: over_monthly_maximum: claim 2016-04 "
        "1370000018 131003 0000000004: 3 counts of nutrition_improvement in the month; "
    )
    assert said[7:] == [
        "note: no row under B 2026-06 for bathing: claims with them are held on that side; take "
        "them out of the input, or give a table that has them (--codes, --codes-b)",
        "note: the totals cover 1 claim; left out on both sides: 3 claims, 10 rows of visits",
        "note: the yen of 1 claim are not known, and in no total (give --providers with area_grade "
        "and --recipients with benefit_rate)",
        f"files in {out}",
    ]


def test_the_command_lists_a_stay_longer_than_a_day(tmp_path: Path) -> None:
    path = write(tmp_path / "visits.csv", [visit(2, minutes="6000")])
    code, text, said = run(path, "--month", "2016-05", "--month", "2017-05")
    assert code == 1
    assert text.splitlines()[-2].split()[:4] == ["A", "2016-05", "1", "visits"]
    # No claim is compared, so that there is nothing to list.
    assert {"by code: none", "by care level: none"} <= set(text.split("\n\n"))
    assert said[0].startswith(
        "visits line 2, minutes, under A 2016-05: outside_every_band: 6000 minutes of day_care lie "
    )


def test_the_files_are_the_frames(tmp_path: Path) -> None:
    rows = [visit(1), visit(1, insured_no="0000000002", minutes="150", bathing="1")]
    path = write(tmp_path / "visits.csv", rows)
    out = tmp_path / "new" / "out"
    words = (path, "--month", "2016-04", "--month", "2026-06", "-o", out)
    for _ in range(2):  # into a new folder, then over what is there
        assert run(*words)[0] == 1
        assert sorted(one.name for one in out.iterdir()) == sorted(
            [*(f"{name}.csv" for name in columns.COMPARISON), "comparison.html"]
        )
    expected = compare(rows, "2016-04", "2026-06")
    for name, result in expected.frames.items():
        text = (out / f"{name}.csv").read_bytes().removeprefix(b"\xef\xbb\xbf")
        assert text.startswith(",".join(result.columns).encode() + b"\n")
        read = pd.read_csv(out / f"{name}.csv", dtype="str", keep_default_na=False)
        assert read.to_numpy().tolist() == result.astype("str").fillna("").to_numpy().tolist()
    assert [one.name for one in out.parent.iterdir()] == ["out"]


def test_the_command_takes_a_draft(tmp_path: Path) -> None:
    path = write(tmp_path / "visits.csv", [visit(1)])
    table = tmp_path / "draft.csv"
    write_code_rows(draft().rows, table)
    months = ("--month", "2026-06", "--month", "2026-06")
    code, text, _ = run(path, *months, "--codes-b", table)
    assert code == 0
    assert "total_units          436        446         +10     +2.29" in text.splitlines()
    code, text, _ = run(path, *months, "--codes", table)
    assert code == 0
    assert "total_units          446        446           0      0.00" in text.splitlines()


def test_long_lists_are_cut_to_the_largest_differences(tmp_path: Path) -> None:
    rows = [
        visit(day, provider_no=f"13700000{provider:02}", insured_no=f"00000000{provider:02}")
        for provider in range(25)
        for day in range(1, provider + 2)
    ]
    code, text, _ = run(
        write(tmp_path / "visits.csv", rows), "--month", "2016-04", "--month", "2026-06"
    )
    assert code == 0
    lines = text.splitlines()
    at = lines.index("by provider, 20 of 25 with the largest difference")
    assert [line.split()[0] for line in lines[at + 2 : at + 22]] == [
        f"13700000{provider:02}" for provider in range(24, 4, -1)
    ]


def test_of_codes_only_those_that_differ_are_listed(tmp_path: Path) -> None:
    """The units of 2017-03 and 2017-02 are the same, so that no code differs."""
    path = write(tmp_path / "visits.csv", visits(3, bathing="1"))
    code, text, _ = run(path, "--month", "2017-02", "--month", "2017-03")
    assert code == 0
    blocks = text.split("\n\n")
    assert "by code: none of the 2 codes differs" in blocks
    assert "781241" not in text
    page = page_of(ct.compare_months(path, "2017-02", "2017-03"), "ja")
    assert "サービスコード別: 2件のコードのどれにも差はありません" in page
    assert "781241" not in page


@pytest.mark.parametrize(
    ("months", "message"),
    [
        ([], "option --month is missing"),
        (["2016-04"], "error: --month was given once; give it twice, once for each table"),
        (
            ["2016-04", "2017-04", "2026-06"],
            "error: --month was given 3 times; give it twice, once for each table",
        ),
        (["2016-04", "2016-13"], "error: '2016-13' is not a month"),
        (["2016-04", "2015-01"], "error: no code table for 2015-01"),
    ],
)
def test_wrong_months_are_wrong_use(tmp_path: Path, months: list[str], message: str) -> None:
    path = write(tmp_path / "visits.csv", [visit()])
    words = [word for month in months for word in ("--month", month)]
    code, text, said = run(path, *words, "-o", tmp_path / "out")
    assert (code, text) == (2, "")
    assert message in "\n".join(said)
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "visits.csv", [visit(bath="1")])
    code, text, said = run(path, *MARCH_APRIL, "-o", tmp_path / "out")
    assert (code, text) == (2, "")
    assert "unknown heading 'bath'" in said[0]
    assert [one.name for one in tmp_path.iterdir()] == ["visits.csv"]


def test_an_input_is_not_written_over(tmp_path: Path) -> None:
    path = write(tmp_path / "total.csv", [visit()])
    code, text, said = run(path, *MARCH_APRIL, "-o", tmp_path)
    assert (code, text) == (2, "")
    assert "the output would replace this input" in said[0]
    assert path.read_text(encoding="utf-8") == csv_text([visit()])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    path = write(tmp_path / "visits.csv", [visit()])
    code, text, said = run(path, *MARCH_APRIL, "-o", path)
    assert (code, text) == (2, "")
    assert "is a file; a folder was expected" in said[0]
    code, _, said = run(path, *MARCH_APRIL, "-o", path / "out")
    assert code == 2
    assert "visits.csv: is a file; a folder was expected" in said[0]
    assert [one.name for one in tmp_path.iterdir()] == ["visits.csv"]


def test_a_page_that_cannot_be_written_leaves_no_figures(tmp_path: Path) -> None:
    path = write(tmp_path / "visits.csv", [visit()])
    (tmp_path / "out" / "comparison.html").mkdir(parents=True)
    code, text, said = run(path, *MARCH_APRIL, "-o", tmp_path / "out")
    assert (code, text) == (2, "")
    assert "comparison.html: is a folder" in said[0]
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["comparison.html"]


def test_files_compare_as_frames_do(tmp_path: Path) -> None:
    rows = visits(4, bathing="1")
    path = tmp_path / "visits.parquet"
    frame(rows).to_parquet(path)
    stages: list[str] = []
    comparison = compare_files(
        path, "2017-03", "2017-04", progress=lambda stage, _done, _whole: stages.append(stage)
    )
    assert_same(comparison, compare(rows, "2017-03", "2017-04"))
    assert set(stages) == {"reading", "claims"}

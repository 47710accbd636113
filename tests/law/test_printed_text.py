"""The grammar of published names and of the free text beside them."""

from fractions import Fraction

import pytest

from chiiki_tsusho.law.published_names import BaseName, parse_base_name, published, same_addition
from chiiki_tsusho.table_imports.condition_text import Conditions, counted_per
from helpers.workbooks import table_rows

BASE = [row for row in table_rows() if row["kind"] == "base"]


@pytest.mark.parametrize(
    "row", BASE, ids=[f"{row['item_code']}-{row['valid_from']}" for row in BASE]
)
def test_every_bundled_base_name_says_what_its_row_says(row: dict[str, str]) -> None:
    name = parse_base_name(row["name"])
    assert name is not None
    assert name.service == row["service"]
    assert str(name.care_level or "") == row["care_level"]
    assert (name.shortfall or "") == row["shortfall"]
    assert name.short_hours == (row["short_hours_per_mille"] != "")
    assert str(name.extension * 50) == row["extension_units"]


def test_no_other_bundled_name_is_a_base_name() -> None:
    names = [row["name"] for row in table_rows() if row["kind"] != "base"]
    assert [name for name in names if parse_base_name(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "地域通所介護",
        "地域通所介護1",
        "地域通所介護16",
        "地域通所介護10",
        "地域通所介護01",
        "地域通所介護111",
        "地域通所介護11・",
        "地域通所介護11・虐待",
        "地域通所介護11・延0",
        "地域通所介護11・延10",
        "地域通所介護11・定超・人欠",
        "地域通所介護11・定超・定超",
        "地域通所介護11・時減・時減",
        "地域通所介護11・時減・延1",
        "地域通所介護11・延1・延2",
        "地域通所介護虐待防止未実施減算11",
        "地域療養通所介護11",
        "通所介護11",
        "",
    ],
)
def test_names_that_are_not_of_the_grammar(name: str) -> None:
    assert parse_base_name(name) is None


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("地域通所介護６５", BaseName("day_care", 6, 5)),
        ("地域通所介護11･人欠･時減", BaseName("day_care", 1, 1, "understaffed", True)),
        ("地域通所介護 11\n・時減・人欠", BaseName("day_care", 1, 1, "understaffed", True)),
        ("地域療養通所介護２・定超", BaseName("medical_day_care", 2, None, "over_capacity")),
        ("地域療養通所介護", BaseName("medical_day_care", 0, None)),
        ("短期利用療養通所介護・人欠", BaseName("short_medical_day_care", 0, None, "understaffed")),
        ("地域通所介護61・定超・延５", BaseName("day_care", 6, 1, "over_capacity", False, 5)),
    ],
)
def test_names_in_other_widths_and_orders(name: str, read: BaseName) -> None:
    assert parse_base_name(name) == read


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("地域通所介護１１・時減", "地域通所介護11・時減"),
        (" 地域通所介護\n入浴介助加算Ⅰ ", "地域通所介護入浴介助加算Ⅰ"),
        ("処遇改善加算Ⅰ１", "処遇改善加算Ⅰ1"),
        ("ﾃﾞｲ", "デイ"),
    ],
)
def test_names_are_written_as_printed_tables_do(text: str, name: str) -> None:
    assert published(text) == name


def test_an_addition_is_the_same_with_and_without_its_service() -> None:
    assert same_addition("地域通所介護入浴介助加算Ⅰ") == same_addition("入浴介助加算 I")
    assert same_addition("入浴介助加算Ⅰ") != same_addition("入浴介助加算Ⅱ")


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("(1) 3時間以上5時間未満", ((180, 300),)),
        ("所要時間３時間以上　４時間未満の場合", ((180, 240),)),
        ("①3時間以上4時間未満", ((180, 240),)),
        ("⑴3時間以上4時間未満", ((180, 240),)),
        ("13時間以上14時間未満", ((780, 840),)),
        ("8時間以上9時間未満の前後に 9時間以上10時間未満", ((480, 540), (540, 600))),
        ("3時間以上4時間未満 3時間以上4時間未満", ((180, 240),)),
        ("9時間以上", ()),
        ("4時間未満", ()),
        ("3時間30分以上4時間未満", ()),
    ],
)
def test_durations(text: str, bands: tuple[tuple[int, int], ...]) -> None:
    assert Conditions.of([text]).bands == bands


@pytest.mark.parametrize(
    ("cells", "level", "units"),
    [
        (["要介護1 426単位"], 1, {426}),
        (["要介護１", "４２６", "単位"], 1, {426}),
        (["要介護5 1,281 単位 + 50 単位"], 5, {1281}),
        (["要介護5", "1281", "単位", "+", "250", "単位"], 5, {1281}),
        (["要介護1426単位"], 1, {426}),
        (["要介護1 426単位 要介護2 488単位"], 2, {488}),
        (["要介護1 426単位"], 2, set()),
        (["1,007単位"], None, {1007}),
        (["所定単位数"], None, set()),
        (["426単位", "427単位"], 1, {426, 427}),
    ],
)
def test_base_units(cells: list[str], level: int | None, units: set[int]) -> None:
    assert Conditions.of(cells).base_units(level) == units


@pytest.mark.parametrize(
    ("text", "ratios"),
    [
        ("× 70%", (700,)),
        ("×７０％", (700,)),
        ("×70/100", (700,)),
        ("× 700 / 1,000", (700,)),
        ("× 12.5%", (125,)),
        ("注 定員超過の場合 × 70% 426単位 × 70%", (700, 700)),
        ("70%", ()),
    ],
)
def test_ratios_of_steps(text: str, ratios: tuple[int, ...]) -> None:
    assert Conditions.of([text]).step_ratios == ratios


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("所定単位数の 117/1000 加算", {117}),
        ("所定単位数の ５％ 加算", {50}),
        ("所定単位数の 5% 減算", {-50}),
        ("所定単位数に × 93/100", {-70}),
        ("所定単位数に93/100を乗じる", {-70}),
        ("(2)で算定した単位数の 90% 加算", {900}),
        ("所定単位数 × 117/1000 を加算", {117}),
        ("0.25% 加算", {Fraction(5, 2)}),
        ("117/10000", set()),
        ("50単位加算", set()),
    ],
)
def test_rates(text: str, rates: set[int]) -> None:
    assert Conditions.of([text]).rates == rates


def test_a_share_of_another_row() -> None:
    assert Conditions.of(["(２)で算定した単位数の90%"]).of_another_row
    assert not Conditions.of(["(2) 所定単位数の90%"]).of_another_row


@pytest.mark.parametrize(
    ("text", "signed", "plain"),
    [
        ("50 単位加算", {50}, set()),
        ("94単位を減算", {-94}, set()),
        ("47 単位", set(), {47}),
        ("1回につき 1,150単位加算", {1150}, set()),
    ],
)
def test_amounts(text: str, signed: set[int], plain: set[int]) -> None:
    conditions = Conditions.of([text])
    assert conditions.signed_amounts == signed
    assert conditions.amounts == plain


@pytest.mark.parametrize(
    ("text", "per"),
    [
        ("1回につき", "visit"),
        ("１日に\nつき", "day"),
        ("1月につき", "month"),
        ("一月につき", "month"),
        ("片道につき", "one_way"),
        ("11日につき", None),
        ("1週につき", None),
        ("", None),
    ],
)
def test_counting(text: str, per: str | None) -> None:
    assert counted_per(text) == per

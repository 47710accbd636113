"""Imports of the ministry's workbook: the tables we know in its layout, whole and damaged."""

import csv
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.law.code_file import check_code_rows, read_code_rows
from chiiki_tsusho.law.code_rows import COLUMNS
from chiiki_tsusho.law.table_files import read_table
from chiiki_tsusho.table_imports.gathering import Refused
from chiiki_tsusho.table_imports.workbook import ImportedTable, import_workbook, write_code_rows
from helpers.workbooks import COMPOSITE, PER, ROOT, SHEET, CodeBook, Layout, Row, addition, rows_in

NAME, HEADING, BAND, SHORTFALL, FORMULA = 3, 4, 5, 6, 7
ROWS_2016 = rows_in("201604")
ROWS_2026 = rows_in("202606")
BASE_202406 = [row for row in rows_in("202406") if row["kind"] == "base"]


def with_composites(rows: list[Row]) -> list[Row]:
    return [row | {"published_units": row["units"]} for row in rows]


def cells(table: ImportedTable, *leave_out: str) -> list[Row]:
    return [
        {
            column: "" if (value := getattr(row, column)) is None else str(value)
            for column in COLUMNS
            if column not in leave_out
        }
        for row in table.rows
    ]


def expected(rows: list[Row], *leave_out: str, **changed: str) -> list[Row]:
    return [
        {column: (row | changed)[column] for column in COLUMNS if column not in leave_out}
        for row in rows
    ]


def refusals(table: ImportedTable) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in table.refused:
        code = one.code.removeprefix("78")
        found[code] = f"{found[code]} | {one.reason}" if code in found else str(one.reason)
    return found


# --- the tables we know, in today's layout -------------------------------------------------------

LAYOUTS = {
    "heading in row 1": Layout(heading_row=1),
    "heading in row 2": Layout(heading_row=2),
    "heading in row 9": Layout(heading_row=9),
    "heading in row 10": Layout(heading_row=10),
    "figures in cells of their own": Layout(split=True),
    "blank below the first of a block": Layout(merged=False),
    "figures as text with thousands separators": Layout(figures="text"),
    "full-width figures": Layout(figures="full_width"),
    "type and code as numbers": Layout(codes_as_numbers=True),
    "the sheet alone": Layout(other_sheets=[]),
    "name of the sheet in half a width": Layout(title=" 地域通所介護 "),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [(ROWS_2016, "2016-04", "2018-03"), (ROWS_2026, "202606", "999999")],
    ids=["2016", "2026"],
)
def test_a_known_table_in_todays_layout_comes_back_field_by_field(
    tmp_path: Path, layout: Layout, rows: list[Row], first: str, last: str
) -> None:
    rows = with_composites(rows)
    book = CodeBook(rows, layout)
    table = import_workbook(book.save(tmp_path / "R8.xlsx"), first, last)
    assert table.refused == []
    assert cells(table, "source") == expected(
        rows, "source", valid_from=first.replace("-", ""), valid_to=last.replace("-", "")
    )
    assert {row.source for row in table.rows} == {
        f"R8.xlsx row {book.row_of[row['item_code']]}" for row in rows
    }


def test_2016_has_all_162_rows(tmp_path: Path) -> None:
    table = import_workbook(
        CodeBook(with_composites(ROWS_2016)).save(tmp_path / "a.xlsx"), "2016-04"
    )
    assert table.counts == {"base": 141, "addition": 16, "rate": 5}


def test_a_composite_that_is_not_printed_stays_blank(tmp_path: Path) -> None:
    """The units then follow from the base and the steps that the row itself prints."""
    table = import_workbook(CodeBook(ROWS_2016).save(tmp_path / "a.xlsx"), "2016-04", "2018-03")
    assert table.refused == []
    assert cells(table, "source") == expected(ROWS_2016, "source", valid_to="201803")


def test_months_may_be_numbers_or_dates(tmp_path: Path) -> None:
    path = CodeBook(ROWS_2016).save(tmp_path / "a.xlsx")
    table = import_workbook(path, 201604, date(2018, 3, 31))
    assert cells(table, "source") == expected(ROWS_2016, "source", valid_to="201803")
    table = import_workbook(path, 201604, 999999)
    assert cells(table, "source") == expected(ROWS_2016, "source", valid_to="999999")


def test_the_scan_of_2016_as_it_is(tmp_path: Path) -> None:
    """What the scan destroyed is refused; everything else comes out as it is bundled."""
    with (ROOT / "tests/law/printed/service_codes_201604.csv").open(encoding="utf-8") as file:
        printed = list(csv.DictReader(file))
    book = Workbook()
    sheet = book.create_sheet(SHEET, 0)
    sheet["J2"] = "合成"
    at = 3
    for row in printed:
        texts = [row[name] for name in ("heading", "item", "band", "shortfall", "formula")]
        for column, value in enumerate(
            ["78", row["item_code"], row["name"], *texts, "", row["composite"], row["counted_per"]],
            1,
        ):
            sheet.cell(at, column, value or None)
        at += 1
    # The merged cells of the base tables: each block carries its band and its reduction down.
    starts = [n for n, row in enumerate(printed) if row["band"]]
    sections = [row["section"] for row in printed]
    for first in starts:
        after = [n for n in range(first + 1, len(printed)) if printed[n]["band"]]
        same = [n for n in range(first, len(printed)) if sections[n] == sections[first]]
        last = min([*(n - 1 for n in after), same[-1]])
        for column in (6, 7):
            sheet.merge_cells(
                start_row=first + 3, start_column=column, end_row=last + 3, end_column=column
            )
    book.save(tmp_path / "scan.xlsx")

    table = import_workbook(tmp_path / "scan.xlsx", "2016-04", "2018-03")

    def codes(*spans: tuple[int, int]) -> set[str]:
        return {str(code) for first, last in spans for code in range(first, last + 1)}

    misread = codes((1241, 1245), (8411, 8415), (9411, 9415))
    ratio_and_composite_lost = codes((8442, 8445), (8452, 8455), (8457, 8460), (8701, 8701))
    ratio_and_composite_lost |= codes((8712, 8715), (8717, 8720))
    counting_lost = codes((5605, 5606), (5612, 5612), (6100, 6103))
    found = refusals(table)
    assert found.keys() == misread | ratio_and_composite_lost | counting_lost
    for code in misread:
        assert "3時間以上5時間未満 (row 8), 3時間以上6時間未満 (row" in found[code]
    for code in ratio_and_composite_lost:
        assert found[code].startswith("合成単位数 is blank")
    for code in counting_lost:
        assert found[code].startswith("算定単位 is blank")
    kept = [row for row in ROWS_2016 if row["item_code"] not in found]
    assert cells(table, "source") == expected(kept, "source", valid_to="201803")


# --- a revision that is not bundled --------------------------------------------------------------

ADDITIONS_202406 = [
    addition("5301", "地域通所介護入浴介助加算Ⅰ", "40 単位加算", 40, "day"),
    addition("5303", "地域通所介護入浴介助加算Ⅱ", "55 単位加算", 55, "day"),
    addition("6099", "地域通所介護サービス提供体制加算Ⅰ", "22 単位加算", 22, "visit"),
    addition("6361", "地域通所介護科学的介護推進体制加算", "40 単位加算", 40, "month"),
    addition("6108", "地域通所介護処遇改善加算Ⅰ", "所定単位数の 92/1000 加算", None, "month"),
    addition("6107", "地域通所介護処遇改善加算Ⅱ", "所定単位数の 90/1000 加算", None, "month"),
    addition("6104", "地域通所介護処遇改善加算Ⅲ", "所定単位数の 80/1000 加算", None, "month"),
    addition("6380", "地域通所介護処遇改善加算Ⅳ", "所定単位数の 64/1000 加算", None, "month"),
]


def table_of_202406(tmp_path: Path) -> Path:
    book = CodeBook(with_composites(BASE_202406) + ADDITIONS_202406)
    table = import_workbook(book.save(tmp_path / "R6.xlsx"), "2024-06", "2026-05")
    assert table.refused == []
    assert table.counts == {"base": 30, "addition": 4, "rate": 4}
    write_code_rows(table.rows, tmp_path / "codes.csv")
    return tmp_path / "codes.csv"


def test_the_claim_of_2024_06_can_be_computed_with_an_imported_table(tmp_path: Path) -> None:
    """A published worked month: 7–8 h at 要介護1, 8 visits, 5級地, 90 %."""
    person = {"insurer_no": "131003", "insured_no": "0000000001"}
    keys = {"bathing_2": "1", "service_provision_1": "1", "science_based_care": "1"}
    visits = pd.DataFrame(
        [
            {"provider_no": "1370000018"}
            | person
            | {"service_date": f"2024-06-{day:02}", "care_level": "1", "minutes": "450"}
            | keys
            | {"treatment_improvement_3": "1"}
            for day in range(3, 11)
        ]
    )
    batch = ct.compute_claims(
        visits,
        providers=pd.DataFrame([{"provider_no": "1370000018", "area_grade": "5"}]),
        recipients=pd.DataFrame([person | {"benefit_rate": "90"}]),
        codes=table_of_202406(tmp_path),
    )
    assert batch.problems.empty
    (claim,) = batch.claims.to_dict("records")
    figures = {
        "managed_units": 6504,
        "unmanaged_units": 710,
        "total_units": 7214,
        "total_yen": 75386,
        "insurance_yen": 67847,
        "copay_yen": 7539,
    }
    assert {name: claim[name] for name in figures} == figures
    lines = {row["service_code"]: row["service_units"] for _, row in batch.claim_lines.iterrows()}
    assert lines == {
        "781441": 753 * 8,
        "785303": 55 * 8,
        "786099": 22 * 8,
        "786361": 40,
        "786104": 534,
    }


def test_rows_of_an_unknown_revision_take_the_key_of_their_name(tmp_path: Path) -> None:
    """A rate of all lines in 2024, a share of another rate in 2017: the text decides."""
    rows = {one.row.item_code: one.row for one in read_code_rows(table_of_202406(tmp_path))}
    assert (rows["6380"].key, rows["6380"].rate_of) == ("treatment_improvement_4", "all_lines")
    assert [rows[code].per_mille for code in ("6108", "6107", "6104", "6380")] == [92, 90, 80, 64]
    assert (rows["6099"].key, rows["6099"].group) == ("service_provision_1", "service_provision")
    assert rows["6099"].limit_managed == 0


# --- damage: which row is refused, and why -------------------------------------------------------

Damage = Callable[[CodeBook], object]
BY_CODE: dict[str, tuple[Damage, dict[str, str]]] = {
    "composite one too many": (
        lambda book: book.put("9405", COMPOSITE, 334),
        {
            "9405": "合成単位数 334 does not follow from its base: "
            "678 × 700/1000 × 700/1000 gives 333"
        },
    ),
    "composite of a plain code": (
        lambda book: book.put("1241", COMPOSITE, 427),
        {"1241": "合成単位数 427 does not follow from its base: 426 gives 426"},
    ),
    "composite rounded in one step": (
        lambda book: book.put("8405", COMPOSITE, 332),
        {"8405": "合成単位数 332 does not follow"},
    ),
    "composite not rounded": (
        lambda book: book.put("8411", COMPOSITE, 298.2),
        {"8411": "合成単位数 298.2 is no whole number"},
    ),
    "extension left out of the composite": (
        lambda book: book.put("8441", COMPOSITE, 515),
        {"8441": "合成単位数 515 does not follow from its base: 735 × 700/1000 + 50 gives 565"},
    ),
    "text for a composite": (
        lambda book: book.put("1142", COMPOSITE, "三百四十二"),
        {"1142": "合成単位数 '三百四十二' is no figure"},
    ),
    "an error value for a composite": (
        lambda book: book.put("1142", COMPOSITE, "#REF!"),
        {"1142": "合成単位数 '#REF!' is no figure"},
    ),
    "a broken thousands separator": (
        lambda book: book.put("1345", COMPOSITE, "1,10"),
        {"1345": "合成単位数 '1,10' is no figure"},
    ),
    "composite and ratio lost": (
        lambda book: book.put("8431", COMPOSITE, None).put("8401", SHORTFALL, "定員超過の場合"),
        {"8431": "合成単位数 is blank, and the row does not print its base and every step"},
    ),
    "base figure of another row": (
        lambda book: book.put("8411", FORMULA, "要介護1 436 単位"),
        {"8411": "the row prints the base 436, row"},
    ),
    "two base figures": (
        lambda book: book.put("4140", FORMULA, "1,007 単位 又は 1,107 単位"),
        {"4140": "several base figures, 1007, 1107"},
    ),
    "one of two ratios printed, of neither step": (
        lambda book: (
            book.put("8401", FORMULA, "要介護1 426 単位")
            .put("8401", SHORTFALL, "定員超過の場合")
            .put("8404", FORMULA, "要介護4 614 単位 × 65%")
        ),
        {"8404": "the row prints 650/1000 for two steps and not which one it is"},
    ),
    "text of another level": (
        lambda book: book.put("1243", FORMULA, "要介護4 552 単位"),
        {"1243": "the row speaks of 要介護4, its name of level 3"},
    ),
    "a ratio the name does not have": (
        lambda book: book.put("1341", FORMULA, "要介護1 641 単位 × 70%"),
        {"1341": "the row prints × 700/1000, the name has no 定超, 人欠 or 時減"},
    ),
    "another ratio than the composite's": (
        lambda book: book.put("1141", FORMULA, "要介護1 426 単位 × 65%"),
        {"1141": "合成単位数 298 does not follow from its base: 426 × 650/1000 gives 277"},
    ),
    "two ratios": (
        lambda book: book.put("8401", FORMULA, "要介護1 426 単位 × 65%"),
        {"8401": "different ratios, 650/1000, 700/1000"},
    ),
    "an extension the name does not have": (
        lambda book: book.put("1441", FORMULA, "要介護1 735 単位 + 50 単位"),
        {"1441": "the row adds 50 units, the name has no 延長"},
    ),
    "two durations in a row": (
        lambda book: book.put("1345", FORMULA, "要介護5 1,107 単位 3時間以上5時間未満"),
        {"1345": "the row prints 5時間以上7時間未満 and 3時間以上5時間未満"},
    ),
    "a base code counted by the month": (
        lambda book: book.unmerge().put("4141", PER, "1月につき"),
        {"4141": "算定単位 is '1月につき'"},
    ),
    "a name no bundled row has": (
        lambda book: book.put("5301", NAME, "地域通所介護新設加算"),
        {"5301": "no bundled row has this name"},
    ),
    "a step no name has": (
        lambda book: book.put("1241", NAME, "地域通所介護11・特未"),
        {"1241": "a code with a step that is not known"},
    ),
    "a numeral that has moved between revisions": (
        lambda book: book.put("6101", NAME, "地域通所介護サービス提供体制加算Ⅲ"),
        {
            "6101": "the name has had several meanings, each under its own code "
            "(6102 service_provision_2, 6102 service_provision_3)"
        },
    ),
    "an extension no table has had": (
        lambda book: book.put("1756", NAME, "地域通所介護31・延6").put(
            "1756", FORMULA, "13時間以上14時間未満 要介護1 735 単位"
        ),
        {"1756": "the bundled table has no single figure for 延6"},
    ),
    "a level no name has": (
        lambda book: book.put("1241", NAME, "地域通所介護16"),
        {"1241": "no bundled row has this name"},
    ),
    "no name": (
        lambda book: book.put("1241", NAME, None),
        {"1241": "the third cell, サービス内容略称, is blank"},
    ),
    "a name twice": (
        lambda book: book.put("1242", NAME, "地域通所介護11"),
        {"1242": "the row speaks of 要介護2, its name of level 1"},
    ),
    "an addition as a ratio": (
        lambda book: book.put("5301", COMPOSITE, None).put("5301", FORMULA, "50/1000 加算"),
        {"5301": "this row is a ratio of lines, the bundled rows of the name are not"},
    ),
    "a rate as an amount": (
        lambda book: book.put("6107", COMPOSITE, 40),
        {"6107": "this row is an amount of units, the bundled rows of the name are not"},
    ),
    "an addition of two amounts": (
        lambda book: book.put("5301", FORMULA, "50 単位加算 60 単位加算"),
        {"5301": "several amounts, 50, 60"},
    ),
    "an addition of another amount": (
        lambda book: book.put("5301", COMPOSITE, 55),
        {"5301": "合成単位数 55 is not the 50 units of the text"},
    ),
    "an addition without units": (
        lambda book: book.put("5301", COMPOSITE, None).put("5301", FORMULA, None),
        {"5301": "合成単位数 is blank and the row prints no units"},
    ),
    "a rate of two ratios": (
        lambda book: book.put("6107", FORMULA, "所定単位数の 40/1000 加算 又は 41/1000 加算"),
        {"6107": "several ratios, 40/1000, 41/1000"},
    ),
    "a rate finer than per mille": (
        lambda book: book.put("6107", FORMULA, "所定単位数の 4.05% 加算"),
        {"6107": "the ratio 81/2/1000 is no whole number per mille"},
    ),
    "a rate that takes away": (
        lambda book: book.put("8110", FORMULA, "所定単位数の 5% 減算"),
        {"8110": "a ratio of -50/1000; the bundled row of this name has 50/1000"},
    ),
    "a code that is none": (
        lambda book: book.put("1241", 2, "12-41"),
        {"": "the second cell '12-41' is no item code"},
    ),
    "no code": (lambda book: book.put("1241", 2, None), {"": "the second cell '' is no item code"}),
    "no type": (
        lambda book: book.put("1241", 1, None),
        {"1241": "the first cell '' is no service type"},
    ),
    "type and code in one cell": (
        lambda book: book.put("1241", 1, "78 1241").put("1241", 2, None),
        {"": "the first cell '781241' is no service type"},
    ),
}
# Damage that takes codes with it beside those of its own row.
BY_CODE_OF_MANY: dict[str, tuple[Damage, dict[str, str]]] = {
    "a code twice": (
        lambda book: book.put("1242", 2, "1241"),
        {
            "1241": "the same code as row 11 (781241 地域通所介護12); correct the wrong one | "
            "the same code as row 10 (781241 地域通所介護11); correct the wrong one"
        },
    ),
    "another reduction than the name": (
        lambda book: book.put("9700", HEADING, "定員超過の場合"),
        dict.fromkeys(["9700", "9701"], "the row speaks of 定員超過, its name does not"),
    ),
    "a reduction that adds": (
        lambda book: book.put("5611", COMPOSITE, 94).put("5611", FORMULA, "94 単位加算"),
        {
            "5611": "94 units; the bundled row of this name has -94, which is of the other sign",
            "5612": "yields_to: no row of these months has the key 'same_building'",
        },
    ),
    "a rate that others are a share of": (
        lambda book: book.put("6104", FORMULA, "所定単位数に加算"),
        {
            "6104": "the row prints no ratio, such as 117/1000 or 5%",
            "6105": "rate_of: no rate row of these months has the key 'treatment_improvement_2'",
            "6106": "rate_of: no rate row of these months has the key 'treatment_improvement_2'",
        },
    ),
    "an addition that another yields to": (
        lambda book: book.put("5305", COMPOSITE, "?"),
        {
            "5305": "合成単位数 '?' is no figure",
            "6109": "yields_to: no row of these months has the key 'dementia_care'",
        },
    ),
    "算定単位 not known": (
        lambda book: book.put("5605", PER, "1週につき"),
        dict.fromkeys(["5605", "5606"], "算定単位 '1週につき' is not known"),
    ),
    "no base in the row, its plain code refused": (
        lambda book: book.put("1441", COMPOSITE, 736).put("8431", FORMULA, None),
        {
            "1441": "合成単位数 736 does not follow",
            "8431": "no base figure (所定単位数) in the row, and its plain code was not placed",
        },
    ),
    "a duration past the end of the day": (
        lambda book: (
            book.put("1756", BAND, "13時間以上26時間未満")
            .put("8716", BAND, "13時間以上26時間未満")
            .put("9716", BAND, "13時間以上26時間未満")
        ),
        {
            str(code): "minutes_to: 1560: Input should be less than or equal to 1441"
            for start in (1756, 8716, 9716)
            for code in range(start, start + 5)
        },
    ),
    "an addition twice": (
        lambda book: book.put("5051", NAME, "地域通所介護個別機能訓練加算Ⅱ"),
        {
            "5051": "the same key 'functional_training_2' as row",
            "5052": "the same key 'functional_training_2' as row",
        },
    ),
    "no duration": (
        lambda book: (
            book.put("1141", BAND, "2時間以上").put("8401", BAND, None).put("9401", BAND, None)
        ),
        {
            code: "no duration with both bounds"
            for start in ("114", "840", "940")
            for code in (f"{start}{level}" for level in range(1, 6))
        },
    ),
    "a duration that runs into the next": (
        lambda book: [
            book.put(code, BAND, "3時間以上6時間未満") for code in ("1241", "8411", "9411")
        ],
        {
            code: "overlapping durations as row"
            for start in ("124", "841", "941", "134", "842", "942")
            for code in (f"{start}{level}" for level in range(1, 6))
        },
    ),
    "tables that do not agree on a duration": (
        lambda book: book.put("9411", BAND, "(1) 3時間以上6時間未満"),
        {
            code: "different durations are printed for the same part of the name: "
            "3時間以上5時間未満 (row"
            for start in ("124", "841", "941")
            for code in (f"{start}{level}" for level in range(1, 6))
        },
    ),
}


@pytest.mark.parametrize(("damage", "reasons"), BY_CODE.values(), ids=BY_CODE)
def test_a_damaged_row_is_refused_and_the_others_are_not(
    tmp_path: Path, damage: Damage, reasons: dict[str, str]
) -> None:
    check_damage(tmp_path, damage, reasons)


@pytest.mark.parametrize(("damage", "reasons"), BY_CODE_OF_MANY.values(), ids=BY_CODE_OF_MANY)
def test_damage_that_concerns_several_rows(
    tmp_path: Path, damage: Damage, reasons: dict[str, str]
) -> None:
    check_damage(tmp_path, damage, reasons)


def check_damage(tmp_path: Path, damage: Damage, reasons: dict[str, str]) -> None:
    rows = with_composites(ROWS_2016)
    book = CodeBook(rows)
    damage(book)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    found = refusals(table)
    assert found.keys() == reasons.keys()
    for code, reason in reasons.items():
        assert reason in found[code]
    # The rest is untouched, and holds together.
    refused = {one.row for one in table.refused}
    kept = [row for row in rows if book.row_of[row["item_code"]] not in refused]
    assert cells(table, "source", "valid_to") == expected(kept, "source", "valid_to")
    write_code_rows(table.rows, tmp_path / "codes.csv")
    assert check_code_rows(read_table(tmp_path / "codes.csv"))[1] == []


def test_every_base_row_is_proved(tmp_path: Path) -> None:
    """One unit more in each composite: none of the 141 base rows goes through."""
    rows = [
        row | {"published_units": str(int(row["units"]) + 1)} if row["kind"] == "base" else row
        for row in ROWS_2016
    ]
    table = import_workbook(CodeBook(rows).save(tmp_path / "a.xlsx"), "2016-04")
    found = refusals(table)
    assert found.keys() == {row["item_code"] for row in rows if row["kind"] == "base"}
    for row in rows:
        if row["kind"] == "base":
            wrong = f"合成単位数 {row['published_units']} does not follow"
            assert found[row["item_code"]].startswith(wrong)
            assert f"gives {row['units']};" in found[row["item_code"]]


def test_a_refusal_names_its_row(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016))
    book.put("1245", COMPOSITE, 700)
    (refused,) = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04").refused
    assert refused == Refused(
        "row", book.row_of["1245"], "781245", "地域通所介護15", refused.reason
    )
    assert str(refused) == (
        f"row {book.row_of['1245']}: 781245 地域通所介護15: 合成単位数 700 does not follow "
        "from its base: 678 gives 678; find out which figure is wrong"
    )


# --- what is not damage --------------------------------------------------------------------------

HARMLESS: dict[str, Damage] = {
    "a footnote at the end": lambda book: book.sheet.cell(book.next_row + 1, 1, "※1 経過措置"),
    "a footnote beside the codes": lambda book: book.sheet.cell(book.next_row + 2, 3, "注 令和8年"),
    "blank rows": lambda book: book.sheet.insert_rows(book.next_row - 1, 3),
    "full-width digits in names": lambda book: [
        book.put(code, NAME, name)
        for code, name in (("1241", "地域通所介護１１"), ("8441", "地域通所介護３１・定超・延１"))
    ],
    "white space in names": lambda book: book.put("1141", NAME, "地域通所介護11\n　・時減"),
    "a composite as 426単位": lambda book: book.put("1241", COMPOSITE, "426単位"),
    "a reduction printed with △": lambda book: book.put("5611", COMPOSITE, "△94"),
    "a reduction printed without its sign": lambda book: book.put("5611", COMPOSITE, 94),
    "units of an addition without a word": lambda book: book.put("5612", FORMULA, "47 単位"),
    "no text beside an addition": lambda book: book.put("5301", FORMULA, None),
    "one formula cell for five levels": lambda book: book.put(
        "1243",
        FORMULA,
        "要介護1426単位 要介護2488単位 要介護3552単位 要介護4614単位 要介護5678単位",
    ),
    "no formula, the composite alone": lambda book: [
        book.put(code, FORMULA, None) for code in ("1241", "8411", "8401", "1541")
    ],
    "a circled number before the duration": lambda book: book.put(
        "1241", BAND, "①3時間以上5時間未満"
    ),
    "the duration an extension hangs on": lambda book: book.put(
        "1541", BAND, "(3) 7時間以上9時間未満の前後に世話を行い 9時間以上10時間未満の場合"
    ),
    "a ratio on hundred": lambda book: book.put("1141", FORMULA, "要介護1 426単位 ×70/100"),
    "a line of another service": lambda book: _other_service(book),
}


def _other_service(book: CodeBook) -> None:
    for column, value in enumerate(("15", "1241", "通所介護Ⅰ11"), 1):
        book.sheet.cell(book.next_row, column, value)
    book.sheet.cell(book.next_row, COMPOSITE, 370)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_nothing(tmp_path: Path, change: Damage) -> None:
    rows = with_composites(ROWS_2016)
    book = CodeBook(rows)
    change(book)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04", "2018-03")
    assert table.refused == []
    changed = {"valid_to": "201803"}
    published = {row["item_code"]: row["published_units"] for row in cells(table)}
    assert published["5611"] == "-94"
    assert cells(table, "source") == expected(rows, "source", **changed)


def test_a_known_name_under_a_new_code(tmp_path: Path) -> None:
    """Taken where the name has had one meaning only: 認知症加算 in 2016 and in 2026."""
    book = CodeBook(with_composites(ROWS_2016)).put("5305", 2, "5399")
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.refused == []
    (row,) = [row for row in table.rows if row.item_code == "5399"]
    assert (row.key, row.service, row.per, row.units) == ("dementia_care", "day_care", "day", 60)


def test_a_code_kept_as_a_number_gets_its_zeros_back(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016)).put("5305", 2, 399)
    book.cell("5305", 2).number_format = "0000"
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.refused == []
    (row,) = [row for row in table.rows if row.item_code == "0399"]
    assert row.key == "dementia_care"


def test_the_same_code_explains_a_name_before_the_nearest_revision(tmp_path: Path) -> None:
    """6099 サービス提供体制加算Ⅰ of 2018 is the Ⅰ of 2026, not 6100 Ⅰイ of 2016."""
    book = CodeBook(with_composites(BASE_202406) + ADDITIONS_202406)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2018-04", "2018-04")
    assert table.refused == []
    keys = {row.item_code: row.key for row in table.rows}
    assert keys["6099"] == "service_provision_1"


def test_a_name_without_the_service_it_begins_with(tmp_path: Path) -> None:
    """Some tables leave 地域通所介護 out; the name stays as printed."""
    book = CodeBook(with_composites(ROWS_2016)).put("5301", NAME, "入浴介助加算")
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.refused == []
    (row,) = [row for row in table.rows if row.item_code == "5301"]
    assert (row.key, row.name) == ("bathing", "入浴介助加算")


def test_other_services_are_counted(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016))
    _other_service(book)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.other_types == {"15": 1}


def test_a_ratio_kept_as_a_per_cent_format(tmp_path: Path) -> None:
    """0.7 shown as 70%, 426 shown as 426単位: the text of a cell is what the sheet shows."""
    book = CodeBook(with_composites(ROWS_2016))
    for column, value, shape in ((7, 426, '#,##0"単位"'), (8, "×", "@"), (9, 0.7, "0%")):
        book.put("1141", column, value)
        book.cell("1141", column).number_format = shape
    book.put("1141", COMPOSITE, None)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.refused == []
    (row,) = [row for row in table.rows if row.item_code == "1141"]
    assert (row.base_units, row.short_hours_per_mille, row.units) == (426, 700, 298)
    assert row.published_units is None


def test_a_heading_repeated_on_a_new_page_may_stand_elsewhere(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016))
    sheet = book.sheet
    start = book.row_of["9401"]
    book.unmerge()
    sheet.insert_rows(start)
    sheet.cell(start, COMPOSITE + 2, "合成\n単位数")
    for row in range(start + 1, sheet.max_row + 1):
        for column in (COMPOSITE, PER):
            sheet.cell(row, column + 2).value = sheet.cell(row, column).value
            sheet.cell(row, column).value = None
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert table.refused == []
    assert table.counts["base"] == 141


# --- files that cannot be read -------------------------------------------------------------------


def test_without_the_sheet_the_others_are_named(tmp_path: Path) -> None:
    path = CodeBook(ROWS_2016, Layout(title="地域通所介護(案)")).save(tmp_path / "a.xlsx")
    with pytest.raises(ct.InputFileError) as told:
        import_workbook(path, "2026-06")
    assert str(told.value) == (
        f"{path}: no sheet '地域通所介護'; the nearest is '地域通所介護(案)' (its sheets are "
        "'地域通所介護(案)', '目次', '夜間訪問介護'); name the sheet of the code table with --sheet"
    )
    assert "(シート: 「地域通所介護(案)」、「目次」、「夜間訪問介護」)" in told.value.say("ja")


@pytest.mark.parametrize("row", [None, 11])
def test_without_the_heading_in_the_first_ten_rows(tmp_path: Path, row: int | None) -> None:
    book = CodeBook(ROWS_2016, Layout(heading_row=row or 3))
    if row is None:
        book.sheet.cell(3, COMPOSITE).value = None
    path = book.save(tmp_path / "a.xlsx")
    with pytest.raises(ct.InputFileError, match=r"no heading 合成 \(単位数\) in the first 10 rows"):
        import_workbook(path, "2026-06")


def test_two_headings_in_one_row(tmp_path: Path) -> None:
    book = CodeBook(ROWS_2016)
    book.sheet.cell(3, COMPOSITE + 3, "合成単位数")
    path = book.save(tmp_path / "a.xlsx")
    with pytest.raises(ct.InputFileError, match=r"row 3: one heading 合成 .* in column 11, 14"):
        import_workbook(path, "2026-06")


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 damaged", b"\xd0\xcf\x11\xe0"]
)
def test_a_file_that_is_no_workbook(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(ct.InputFileError, match="is no workbook that can be read"):
        import_workbook(path, "2026-06")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ct.InputFileError, match=r"none\.xlsx: cannot be read: No such file"):
        import_workbook(tmp_path / "none.xlsx", "2026-06")


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2026-13", "999999", "'2026-13' is not a month"),
        ("2026-06", "2026", "'2026' is not a month"),
        ("2026-06", "2026-05", "the last month 2026-05 lies before the first, 2026-06"),
    ],
)
def test_months_that_cannot_be(tmp_path: Path, first: str, last: str, message: str) -> None:
    with pytest.raises(ct.UnsupportedMonthError, match=message):
        import_workbook(tmp_path / "a.xlsx", first, last)


def test_the_bundled_table_is_written_back_as_it_was(tmp_path: Path) -> None:
    """Every cell; columns that no row uses are left out."""
    bundled = ROOT / "data" / "service_codes.csv"
    write_code_rows([one.row for one in read_code_rows(bundled)], tmp_path / "codes.csv")
    with bundled.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    with (tmp_path / "codes.csv").open(encoding="utf-8", newline="") as file:
        written = [dict.fromkeys(COLUMNS, "") | row for row in csv.DictReader(file)]
    assert written == expected


def test_a_table_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [one.row for one in read_code_rows(ROOT / "data" / "service_codes.csv")]
    (tmp_path / "codes.csv").write_text("old", "utf-8")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ct.OutputError, match=r"codes\.csv: cannot be written: No space left"):
        write_code_rows(rows, tmp_path / "codes.csv")
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.iterdir()] == [
        ("codes.csv", "old")
    ]


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(ct.OutputError, match="is a folder"):
        write_code_rows([], tmp_path)
    with pytest.raises(ct.OutputError, match="cannot be written: there is no folder"):
        write_code_rows([], tmp_path / "none" / "codes.csv")


def test_an_import_can_be_pickled(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016))
    book.put("1245", COMPOSITE, 700)
    table = import_workbook(book.save(tmp_path / "a.xlsx"), "2016-04")
    assert pickle.loads(pickle.dumps(table)) == table


# --- the command ---------------------------------------------------------------------------------


def test_the_command_writes_a_table_that_codes_takes(tmp_path: Path) -> None:
    path = CodeBook(with_composites(ROWS_2016)).save(tmp_path / "a.xlsx")
    out = tmp_path / "codes.csv"
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o", str(out)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == (
        f"{out}: 141 base rows, 16 additions, 5 rates, 0 refused; use it with --codes {out}\n"
    )
    assert len(ct.load_codes("2030-01", path=out)) == 162


def test_the_command_lists_what_it_refused(tmp_path: Path) -> None:
    book = CodeBook(with_composites(ROWS_2016))
    book.put("9405", COMPOSITE, 332)
    book.put("5301", NAME, "地域通所介護新設加算")
    _other_service(book)
    path = book.save(tmp_path / "a.xlsx")
    out = tmp_path / "codes.csv"
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "--valid-to", "2018-03"]
    result = CliRunner().invoke(app, [*args, "-o", str(out)])
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second, summary = result.stderr.splitlines()
    assert first.startswith(
        f"{path}: row {book.row_of['5301']}: 785301 地域通所介護新設加算: no bundled row"
    )
    assert second.startswith(
        f"{path}: row {book.row_of['9405']}: 789405 地域通所介護15・人欠・時減: 合成単位数"
    )
    assert summary == (
        f"{out}: 140 base rows, 15 additions, 5 rates, 2 refused, passed over other service "
        f"types: 15 (1); use it with --codes {out}"
    )
    assert len(read_code_rows(out)) == 160


def test_the_command_writes_nothing_where_nothing_was_placed(tmp_path: Path) -> None:
    rows = [row | {"service_type": "15"} for row in with_composites(ROWS_2016)]
    path = CodeBook(rows).save(tmp_path / "a.xlsx")
    out = tmp_path / "codes.csv"
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o", str(out)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {path}: no row could be placed, nothing was written; rows of other service types: "
        "15 (162)\n"
    )
    assert not out.exists()


def test_the_command_reports_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"none")
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o", str(path)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {path}: is no workbook that can be read")
    assert path.read_bytes() == b"none"


def test_the_command_does_not_write_over_the_workbook(tmp_path: Path) -> None:
    path = CodeBook(with_composites(ROWS_2016)).save(tmp_path / "a.xlsx")
    before = path.read_bytes()
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o", str(path)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
    expected = f"error: {path}: is a file that is read; give another name for what is written\n"
    assert result.stderr == expected
    assert path.read_bytes() == before


def test_the_command_replaces_tables_alone(tmp_path: Path) -> None:
    path = CodeBook(with_composites(ROWS_2016)).save(tmp_path / "a.xlsx")
    out = tmp_path / "visits.csv"
    out.write_text("provider_no,insurer_no\n", encoding="utf-8")
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o"]
    result = CliRunner().invoke(app, [*args, str(out)])
    assert result.exit_code == 2
    assert f"{out}: is there already" in result.stderr
    assert out.read_text(encoding="utf-8") == "provider_no,insurer_no\n"
    for _ in range(2):
        assert CliRunner().invoke(app, [*args, str(tmp_path / "codes.csv")]).exit_code == 0


def test_the_command_cannot_write_into_a_missing_folder(tmp_path: Path) -> None:
    path = CodeBook(with_composites(ROWS_2016)).save(tmp_path / "a.xlsx")
    out = tmp_path / "none" / "codes.csv"
    args = ["import-workbook", str(path), "--valid-from", "2016-04", "-o", str(out)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
    why = f"there is no folder {out.parent}; make it first"
    assert result.stderr == f"error: {out}: cannot be written: {why}\n"


def test_what_is_no_workbook_is_said_in_japanese_alone(tmp_path: Path) -> None:
    path = tmp_path / "visits.xlsx"
    path.write_text("事業所番号", "utf-8")
    with pytest.raises(ct.InputFileError) as caught:
        ct.import_workbook(path, "2026-06")
    assert "Excelブックとして読めません(ZIP形式のファイルではありません)" in caught.value.say("ja")

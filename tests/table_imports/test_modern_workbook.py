"""A workbook with the whole grammar of names since 2024 becomes a table that bills each code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.sources import row_place
from chiiki_tsusho.table_imports.gathering import ImportedTable, write_code_rows
from chiiki_tsusho.table_imports.workbook import import_workbook
from helpers.inputs import Cells, frame
from helpers.modern_workbook import HOURS, PREFIX, Printed, full_width, modern_rows, save
from helpers.reference import (
    Row,
    claim_month,
    load_limits,
    load_prices,
    load_rows,
    with_check_digit,
)

DATA = Path(__file__).parents[2] / "data"
PRICES, LIMITS = load_prices(DATA / "unit_prices.csv"), load_limits(DATA / "benefit_limits.csv")
KEYS = ("abuse_prevention_missing", "bcp_missing")
# Printed composites of the table of ordinary day care of 2024-06, which the fixture renames.
PRINTED = {
    "21・時減": 272, "23・時減": 351, "21・業未・時減": 269, "23・業未・時減": 348,
    "25・虐防・時減": 428, "21・虐防・業未・時減": 266, "23・虐防・業未・時減": 344,
    "21・定超・時減": 190, "21・定超・業未・時減": 188, "21・定超・虐防・業未・時減": 185,
    "11・人欠": 259,
}  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> ImportedTable:
    path = save(tmp_path_factory.mktemp("modern") / "R6.xlsx", modern_rows())
    return import_workbook(path, "2026-06")


def by_name(table: ImportedTable) -> dict[str, CodeRow]:
    return {row.name.removeprefix(PREFIX): row for row in table.rows}


def test_the_fixture_is_as_the_ministry_prints() -> None:
    rows = {row.name.removeprefix(PREFIX): row.units for row in modern_rows()}
    assert {name: rows[name] for name in PRINTED} == PRINTED


def test_every_row_is_placed(imported: ImportedTable) -> None:
    assert [str(one) for one in imported.refused] == []
    # 3 × (20 of 2 to 3 hours and 30), 60 lines of reductions, 延長 5, bathing, same building.
    assert imported.counts == {"base": 150, "addition": 67, "rate": 19}
    printed = {row.code: row.units for row in modern_rows() if row.units is not None}
    assert {row.item_code: row.units for row in imported.rows if row.units is not None} == printed


def with_size(row: Printed) -> Printed:
    """Write the size of ordinary day care before the band, as its own table does."""
    return replace(row, name=re.sub(r"(護|減算)(?=[1-6][1-5](・|$))", r"\1Ⅰ", row.name))


@pytest.mark.parametrize("change", [full_width, with_size])
def test_other_spellings(
    tmp_path: Path, imported: ImportedTable, change: Callable[[Printed], Printed]
) -> None:
    path = save(tmp_path / "R6.xlsx", [change(row) for row in modern_rows()])
    table = import_workbook(path, "2026-06")
    assert table.refused == []
    meanings = [row.model_copy(update={"name": "", "source": ""}) for row in table.rows]
    assert meanings == [row.model_copy(update={"name": "", "source": ""}) for row in imported.rows]


def test_columns_of_what_was_placed(imported: ImportedTable) -> None:
    rows = by_name(imported)
    both = rows["23・定超・虐防・業未・時減"]
    assert (both.base_units, both.shortfall, both.short_hours_per_mille) == (
        502,
        "over_capacity",
        700,
    )
    assert (both.reductions, both.reduction_per_mille) == (" ".join(KEYS), 10)
    line = rows["業務継続計画未策定減算53"]
    assert (line.key, line.care_level, line.units) == ("bcp_missing", 3, -9)
    assert (line.minutes_from, line.minutes_to, line.per) == (420, 480, "visit")
    extension = rows["延長加算2"]
    assert (extension.key, extension.minutes_from, extension.minutes_to) == (
        "extension_2",
        600,
        660,
    )
    for name, key, per_mille, rate_of, managed in (
        ("感染症災害3%加算", "infection_disaster", 30, "base_lines", 0),
        ("特定処遇改善加算Ⅱ", "specific_treatment_improvement_2", 11, "all_lines", 0),
        ("ベースアップ等支援加算", "base_up_support", 11, "all_lines", 0),
        ("処遇改善加算Ⅴ14", "treatment_improvement_5_14", 40, "all_lines", 0),
        ("令和3年9月30日までの上乗せ分", "supplement_2021", 1, "base_lines", 1),
    ):
        row = rows[name]
        assert (row.key, row.per_mille, row.rate_of) == (key, per_mille, rate_of)
        assert (row.per, row.limit_managed) == ("month", managed)
    # Where 給付管理単位数 says 0 the row stands outside the limit.
    assert rows["同一建物減算"].limit_managed == 0


def visit(day: int, minutes: int, level: int, **cells: str) -> Cells:
    return {
        "insurer_no": "131003",
        "insured_no": f"{level:010}",
        "service_date": f"2026-06-{day:02}",
        "care_level": str(level),
        "minutes": str(minutes),
        **cells,
    }


def month() -> tuple[list[Cells], list[Cells]]:
    """A provider for each set of reductions, and on its days every length and shortfall."""
    visits, providers = [], []
    lengths = [120, *(first * 60 for first, _ in HOURS.values()), *range(540, 840, 60)]
    sets = [{}, {KEYS[0]: "1"}, {KEYS[1]: "1"}, dict.fromkeys(KEYS, "1")]
    rates = [
        "infection_disaster", "specific_treatment_improvement_1", "base_up_support",
        "treatment_improvement_5_1",
    ]  # fmt: skip
    for at, settings in enumerate(sets):
        number = with_check_digit(f"13700000{at}")
        providers.append(
            {"provider_no": number, "extended_hours": "1", rates[at]: "1", "supplement_2021": "1"}
            | dict.fromkeys(KEYS, "")
            | settings
        )
        for level in range(1, 6):
            for lack, shortfall in enumerate(("", "over_capacity", "understaffed")):
                person = {"insured_no": f"{at}{lack}{level:08}", "provider_no": number}
                for day, minutes in enumerate(lengths, 1):
                    visits.append(visit(day, minutes, level, shortfall=shortfall) | person)
    return visits, providers


def test_a_month_with_each_code_agrees_with_the_reference(
    tmp_path: Path, imported: ImportedTable
) -> None:
    codes = tmp_path / "codes.csv"
    write_code_rows(imported.rows, codes)
    visits, providers = month()
    batch = ct.compute_claims(frame(visits), frame(providers), codes=codes)
    assert batch.problems.empty, batch.problems["message"].head().tolist()
    billed = {code[2:] for code in batch.claim_lines["service_code"]}
    base = {row.item_code for row in imported.rows if row.kind == "base"}
    lines = {row.item_code for row in imported.rows if row.kind == "addition" and row.is_chosen}
    assert billed >= base | lines
    lines_found, claims = reference(codes, visits, providers)
    columns = ["provider_no", "insured_no", "service_code", "units", "count", "service_units"]
    assert batch.claim_lines[columns].to_dict("records") == [
        {name: row[name] for name in columns} for row in lines_found
    ]
    totals = ["managed_units", "unmanaged_units", "benefit_units", "self_paid_units"]
    assert batch.claims[totals].to_dict("records") == [
        {name: row[name] for name in totals} for row in claims
    ]


def reference(
    codes: Path, visits: list[Cells], providers: list[Cells]
) -> tuple[list[Row], list[Row]]:
    """Compute the month a second time, from typed rows."""
    typed = [
        {
            **{name: row[name] for name in ("provider_no", "insurer_no", "insured_no")},
            "service_date": dt.date.fromisoformat(row["service_date"]),
            "care_level": int(row["care_level"]),
            "minutes": int(row["minutes"]),
            "service": "day_care",
            "shortfall": row["shortfall"],
            "session": 1,
            "additions": {},
        }
        for row in visits
    ]
    known = {one["key"] for one in load_rows(codes)}
    registered = [
        {
            "provider_no": row["provider_no"],
            "service_month": "",
            "area_grade": None,
            "extended_hours": True,
            "additions": {key: 1 for key, value in row.items() if key in known and value},
        }
        for row in providers
    ]
    return claim_month(typed, registered, None, load_rows(codes), PRICES, LIMITS)


# 処遇改善加算Ⅰ is 92/1000 and Ⅱ 90/1000 since 2024-06, Ⅴ1 is 79/1000 in the fixture.
RATES = [
    Printed("6108", f"{PREFIX}処遇改善加算Ⅰ", ("所定単位数の 92/1000 加算",), None, "1月につき"),
    Printed("6107", f"{PREFIX}処遇改善加算Ⅱ", ("所定単位数の 90/1000 加算",), None, "1月につき"),
]


@pytest.mark.parametrize(
    ("heading", "units"),
    [
        # 900 units of 7 to 8 hours, 要介護3.
        ("介護職員等処遇改善加算(Ⅰ)", 83),
        ("介護職員等処遇改善加算(Ⅱ)", 81),
        ("介護職員等処遇改善加算(Ⅴ)(1)", 71),
        ("介護職員等処遇改善加算(Ⅴ)(14)", 36),
        ("介護職員等処遇改善加算Ⅴ2", 68),
        ("業務継続計画未策定減算", -9),
        ("高齢者虐待防止措置未実施減算", -9),
        ("高齢者虐待防止未実施減算", -9),
    ],
)
def test_names_of_the_notice_mean_the_rows_of_the_workbook(
    tmp_path: Path, heading: str, units: int
) -> None:
    table = import_workbook(save(tmp_path / "R6.xlsx", [*modern_rows(), *RATES]), "2024-06")
    codes = tmp_path / "codes.csv"
    write_code_rows(table.rows, codes)
    row = visit(1, 430, 3, provider_no=with_check_digit("137000000"), **{heading: "1"})
    row["service_date"] = "2024-06-01"
    batch = ct.compute_claims(frame([row]), codes=codes)
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [900 + units]


@pytest.mark.parametrize("further", [[], RATES])
def test_a_step_that_is_not_there_is_no_other_one(tmp_path: Path, further: list[Printed]) -> None:
    table = import_workbook(save(tmp_path / "R6.xlsx", [*modern_rows(), *further]), "2024-06")
    codes = tmp_path / "codes.csv"
    write_code_rows(table.rows, codes)
    row = visit(1, 430, 3, provider_no=with_check_digit("137000000"))
    for heading, said in (
        ("介護職員等処遇改善加算(Ⅲ)", "unknown heading"),
        ("介護職員等処遇改善加算(Ⅴ)", "could be 地域通所介護処遇改善加算Ⅴ1"),
    ):
        with pytest.raises(ct.InputFileError, match=said):
            ct.compute_claims(frame([{**row, heading: "1"}]), codes=codes)


def test_what_rests_on_our_own_reading_is_said(tmp_path: Path, imported: ImportedTable) -> None:
    rows = by_name(imported)
    low = {name for name, row in rows.items() if row.confidence is not None}
    assert low == {"感染症災害3%加算", "令和3年9月30日までの上乗せ分"}
    assert {rows[name].confidence for name in low} == {"low"}
    path = save(tmp_path / "R6.xlsx", [row for row in modern_rows() if row.code == "6600"])
    for language, said in (
        ("en", "placed, but how it is counted is our own reading; check it before you bill it"),
        ("ja", "取り込みましたが、算定方法は当方の解釈です。請求の前に確認してください"),
    ):
        command = ["import-workbook", str(path), "--valid-from", "2026-06"]
        done = CliRunner().invoke(
            app, ["--lang", language, *command, "-o", str(tmp_path / f"{language}.csv")]
        )
        assert f"R6.xlsx row 3: 786600 地域通所介護感染症災害3%加算: {said}" in done.stderr
    shown = row_place(rows["感染症災害3%加算"], 202606)
    assert str(shown).endswith("how it is counted is our own reading (low)")
    assert shown.say("ja").endswith("(算定方法は当方の解釈、確度 low)")


# --- additions that nobody knows -----------------------------------------------------------------

NEW = Printed("6999", f"{PREFIX}見守り加算", ("1回につき 月2回を限度", "30単位加算"), 30, managed=0)


def placed(tmp_path: Path, row: Printed, *further: str, managed: bool = False) -> ImportedTable:
    rows = [one for one in modern_rows() if one.name == f"{PREFIX}51"]
    path = save(tmp_path / "a.xlsx", [*rows, row], managed=managed, further=further)
    return import_workbook(path, "2026-06")


def test_a_new_addition_is_placed_from_what_the_sheet_says(tmp_path: Path) -> None:
    table = placed(tmp_path, NEW, managed=True)
    row = by_name(table)["見守り加算"]
    assert (row.key, row.service, row.units, row.per) == ("code_6999", "day_care", 30, "visit")
    assert (row.limit_managed, row.max_per_month) == (0, 2)


def test_what_the_sheet_does_not_say_can_be_filled_in(tmp_path: Path) -> None:
    (refused,) = placed(tmp_path, NEW).refused
    assert str(refused.reason) == (
        "no bundled row has this name and the sheet does not say enough; add a column "
        "限度額管理対象 right of 合成 and write 1, 0 in this row"
    )
    filled = replace(NEW, more={"限度額管理対象": "1", "キー": "watching", "group": "watch"})
    table = placed(tmp_path, filled, "限度額管理対象", "キー", "group")
    row = by_name(table)["見守り加算"]
    assert (row.key, row.limit_managed, row.group) == ("watching", 1, "watch")


def test_a_new_ratio_needs_what_it_is_a_ratio_of(tmp_path: Path) -> None:
    ratio = Printed("6998", f"{PREFIX}新加算", ("所定単位数の 15/1000 加算",), None, "1月につき")
    (refused,) = placed(tmp_path, ratio).refused
    assert "add a column 割合の対象 right of 合成 and write base_lines, all_lines" in str(refused)
    more = {"割合の対象": "all_lines", "限度額管理対象": "0"}
    row = by_name(placed(tmp_path, replace(ratio, more=more), *more))["新加算"]
    assert (row.per_mille, row.rate_of, row.per) == (15, "all_lines", "month")


def test_units_that_count_otherwise_against_the_limit_are_refused(tmp_path: Path) -> None:
    rows = [replace(one, managed=999) for one in modern_rows() if one.name == f"{PREFIX}51"]
    table = import_workbook(save(tmp_path / "a.xlsx", rows), "2026-06")
    assert str(table.refused[0].reason).startswith("給付管理単位数 999 is not 合成単位数 658; ")


def test_a_sheet_of_another_name(tmp_path: Path, imported: ImportedTable) -> None:
    path = save(tmp_path / "R6.xlsx", modern_rows(), sheet="７ 地域通所")
    table = import_workbook(path, "2026-06", sheet="７ 地域通所")
    assert table.rows == imported.rows

"""Workbooks with the names of 2018 to 2024 become tables that bill each of their codes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.law.code_rows import COLUMNS
from chiiki_tsusho.table_imports.gathering import ImportedTable, write_code_rows
from chiiki_tsusho.table_imports.workbook import import_workbook
from helpers import reference
from helpers.inputs import Cells, frame
from helpers.older_tables import (
    ADDED,
    BY_DAY,
    BY_MONTH,
    addition_rows,
    base_rows,
    extension_rows,
)
from helpers.workbooks import CodeBook, Layout, Row

DATA = Path(__file__).parents[2] / "data"
PRICES = reference.load_prices(DATA / "unit_prices.csv")
LIMITS = reference.load_limits(DATA / "benefit_limits.csv")
MONTHS = list(ADDED)
# As in the table of 2016: 同一建物, 送迎, 中山間 and 処遇改善.
FOR_BOTH = {"same_building", "no_transport", "rural_area"} | {
    f"treatment_improvement_{step}" for step in range(1, 6)
}
LAYOUTS = {
    "merged": Layout(),
    "in cells of their own": Layout(split=True, merged=False),
    "full-width figures": Layout(figures="full_width", heading_row=2),
}


def printed(month: str) -> list[Row]:
    return [*base_rows(month), *addition_rows(month), *extension_rows(month), *ADDED[month]]


def imported(folder: Path, month: str, layout: Layout | None = None) -> ImportedTable:
    return import_workbook(CodeBook(printed(month), layout).save(folder / "t.xlsx"), month)


def as_text(table: ImportedTable) -> dict[str, Row]:
    return {
        row.item_code: {
            name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in COLUMNS
        }
        for row in table.rows
    }


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("month", MONTHS)
def test_every_row_comes_back_field_by_field(tmp_path: Path, month: str, layout: Layout) -> None:
    table = imported(tmp_path, month, layout)
    assert [str(one) for one in table.refused] == []
    found = as_text(table)
    assert len(found) == len(printed(month))
    left_out = {"source", "valid_from", "valid_to", "confidence"}
    for row in [*base_rows(month), *addition_rows(month)]:
        there = found[row["item_code"]]
        # The sheet has 療養通所介護: what holds for both services counts for both.
        expected = row | ({"service": "both"} if row["key"] in FOR_BOTH else {})
        assert {name: there[name] for name in COLUMNS if name not in left_out} == {
            name: expected[name] for name in COLUMNS if name not in left_out
        }
    for row in extension_rows(month):
        assert found[row["item_code"]]["extension_units"] == row["composite"]
    for row in ADDED[month]:
        assert found[row["item_code"]]["per"] == "month"


def test_a_printed_composite_that_does_not_follow_is_refused(tmp_path: Path) -> None:
    rows = printed("2021-04")
    at = next(n for n, row in enumerate(rows) if row["name"] == "地域療養通所介護・定超")
    # 12,345 × 70 % is 8,641.5; halves go up (老企第36号 第二の1).
    assert rows[at]["published_units"] == "8642"
    rows[at] = rows[at] | {"published_units": "8641"}
    table = import_workbook(CodeBook(rows).save(tmp_path / "t.xlsx"), "2021-04")
    (refused,) = table.refused
    assert "合成単位数 8641 does not follow from its base: 12345 × 700/1000 gives 8642" in str(
        refused.reason
    )


@pytest.mark.parametrize("month", MONTHS)
def test_a_month_with_each_code_agrees_with_the_reference(tmp_path: Path, month: str) -> None:
    table = imported(tmp_path, month)
    codes = tmp_path / "codes.csv"
    write_code_rows(table.rows, codes)
    visits = [*each_base_code(table, month), *each_addition(table, month)]
    provider: Cells = {"provider_no": "1370000018", "extended_hours": "1", "area_grade": "5"}
    batch = ct.compute_claims(frame(visits), frame([provider]), codes=codes)
    assert batch.problems.empty, batch.problems["message"].head().tolist()
    billed = {code[2:] for code in batch.claim_lines["service_code"]}
    assert billed == {row.item_code for row in table.rows}
    lines, claims = reference.claim_month(
        [typed(row) for row in visits],
        [provider | {"service_month": "", "extended_hours": True, "additions": {}}],
        None,
        reference.load_rows(codes),
        PRICES,
        LIMITS,
    )
    for found, expected in ((batch.claim_lines, lines), (batch.claims, claims)):
        names = [name for name in expected[0] if name in found and "yen" not in name]
        assert found[names].to_dict("records") == [
            {name: one[name] for name in names} for one in expected
        ]


def visit(month: str, person: int, day: int = 1, **cells: str) -> Cells:
    return {
        "provider_no": "1370000018",
        "insurer_no": "131003",
        "insured_no": f"{person:010}",
        "service_date": f"{month}-{day:02}",
        "care_level": "3",
        "minutes": "300",
        "service": "day_care",
        "shortfall": "",
        **cells,
    }


def each_base_code(table: ImportedTable, month: str) -> list[Cells]:
    """Two visits of one person for each base code and each line of 延長."""
    rows = [row for row in table.rows if row.kind == "base" or row.extension_units]
    return [
        visit(
            month,
            person,
            day,
            care_level=str(row.care_level or 3),
            minutes=str(row.minutes_from),
            service=row.service,
            shortfall=row.shortfall or "",
        )
        for person, row in enumerate(rows, 1)
        for day in (1, 2)
    ]


def each_addition(table: ImportedTable, month: str) -> list[Cells]:
    """A person for each addition, with what it cannot stand without."""
    rows = [row for row in table.rows if row.key and not row.extension_units]
    visits = []
    for person, row in enumerate(rows, 100_000):
        beside = dict.fromkeys([str(row.key), *row.needed[:1]], "1")
        service = "day_care" if row.service == "both" else row.service
        visits.append(visit(month, person, service=service) | beside)
    return visits


def typed(row: Cells) -> reference.Row:
    own = {"provider_no", "insurer_no", "insured_no", "service", "shortfall"}
    plain = own | {"service_date", "care_level", "minutes"}
    return {
        **{name: row[name] for name in own},
        "service_date": dt.date.fromisoformat(row["service_date"]),
        "care_level": int(row["care_level"]),
        "minutes": int(row["minutes"]),
        "session": 1,
        "additions": {name: 1 for name in row if name not in plain},
    }


# --- what is counted by the month or day ---------------------------------------------------------


def medical(folder: Path, name: str, per: str, units: int = BY_MONTH) -> ImportedTable:
    rows = base_rows("2024-04")
    row = next(row for row in rows if row["name"] == "地域療養通所介護")
    changed = row | {"name": name, "per": per, "published_units": str(units)}
    changed |= {"base_units": str(units), "units": str(units)}
    return import_workbook(CodeBook([changed]).save(folder / "t.xlsx"), "2024-04")


@pytest.mark.parametrize(
    ("name", "service", "per", "units"),
    [
        ("地域療養通所介護", "medical_day_care", "month", BY_MONTH),
        ("療養通所介護", "medical_day_care", "month", BY_MONTH),
        ("短期利用地域療養通所介護", "short_medical_day_care", "day", BY_DAY),
        ("地域療養通所介護短期利用", "short_medical_day_care", "day", BY_DAY),
        ("短期利用療養通所介護", "short_medical_day_care", "day", BY_DAY),
    ],
)
def test_spellings_of_codes_by_month_and_day(
    tmp_path: Path, name: str, service: str, per: str, units: int
) -> None:
    (row,) = medical(tmp_path, name, per, units).rows
    assert (row.service, row.per, row.units) == (service, per, units)
    assert (row.minutes_from, row.minutes_to, row.care_level) == (0, 1441, None)


REFUSED = {
    "日割": (
        ("地域療養通所介護・日割", "day"),
        "日割 is counted by the days of a contract, which no column of the visits says; bill such "
        "a month by hand",
        "日割は契約のある日数で数えます",
    ),
    "a step that is not known": (
        ("地域療養通所介護・過少", "month"),
        "a code with a step that is not known; check it and write its row into the table by hand",
        "名称に、取り込めない段階を含むコードです",
    ),
    "by the visit without a duration": (
        ("地域療養通所介護", "visit"),
        "算定単位 is '1回につき' and the name has no duration; 1月につき, or 1日につき for "
        "短期利用, was expected",
        "名称に時間区分がありません",
    ),
    "a duration by the month": (
        ("地域療養通所介護1", "month"),
        "算定単位 is '1月につき' and the name has a duration; 1回につき was expected",
        "名称に時間区分があります",
    ),
    "one way": (
        ("地域療養通所介護", "one_way"),
        "算定単位 is '片道につき'; a base code of 療養通所介護 is counted per visit, day or month: "
        "1回につき, 1日につき or 1月につき",
        "1回につき、1日につき、1月につきのいずれか",
    ),
}


@pytest.mark.parametrize(("given", "english", "japanese"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_counted_is_refused(
    tmp_path: Path, given: tuple[str, str], english: str, japanese: str
) -> None:
    (refused,) = medical(tmp_path, *given).refused
    assert str(refused.reason) == english
    assert japanese in refused.say("ja")


def test_what_is_refused_is_still_met_by_the_others(tmp_path: Path) -> None:
    """栄養改善 may not stand beside 栄養アセスメント, which someone may add by hand."""
    rows = [row for row in addition_rows("2024-04") if row["item_code"] in ("5605", "6116")]
    damaged = [
        row | ({"published_units": "?"} if row["item_code"] == "6116" else {}) for row in rows
    ]
    plain = [row for row in base_rows("2024-04") if row["name"] == "地域通所介護21"]
    table = import_workbook(CodeBook([*plain, *damaged]).save(tmp_path / "t.xlsx"), "2024-04")
    assert {one.code: str(one.reason) for one in table.refused} == {
        "786116": "合成単位数 '?' is no figure; correct the cell",
        "785605": "not_with: no row of these months has the key 'nutrition_assessment'",
    }

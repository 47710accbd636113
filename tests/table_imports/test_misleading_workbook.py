"""Workbooks that could be misread: each row is placed as it says, or refused with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

import chiiki_tsusho as ct
from chiiki_tsusho.table_imports.gathering import ImportedTable
from chiiki_tsusho.table_imports.workbook import import_workbook
from helpers.modern_workbook import PREFIX, modern_rows, save

# 658 units: 7 to 8 hours, 要介護1, in row 3; 777 units in row 4.
ROWS = [row for row in modern_rows() if row.name in (f"{PREFIX}51", f"{PREFIX}52")]
Change = Callable[[Workbook, Any], None]
NEW = ["78", "6999", f"{PREFIX}見守り加算", "30単位加算", None, None, None, None, 30, 30]


def changed(folder: Path, change: Change) -> Path:
    book = load_workbook(save(folder / "good.xlsx", ROWS))
    change(book, book[PREFIX])
    path = folder / "a.xlsx"
    book.save(path)
    return path


def put(**cells: object) -> Change:
    def change(_: Workbook, sheet: Any) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return change


def appended(*cells: object) -> Change:
    return lambda _, sheet: sheet.append(list(cells))


REFUSED: dict[str, tuple[Change, str, str]] = {
    "a date for units": (
        put(I3=dt.datetime(2026, 6, 1)),
        "合成単位数 '2026-06-01 00:00:00' is no figure",
        "数として読めません",
    ),
    "a date for a code": (
        put(B3=dt.datetime(2026, 6, 1)),
        "the second cell '2026-06-0100:00:00' is no item code",
        "項目コードではありません",
    ),
    "true for units": (put(I3=True), "合成単位数 'True' is no figure", "数として読めません"),
    "an error for units": (put(I3="#REF!"), "合成単位数 '#REF!' is no figure", "読めません"),
    "units in powers": (put(I3="6.58E+02"), "合成単位数 '6.58E+02' is no figure", "読めません"),
    "a part of a unit": (
        put(I3=658.5),
        "合成単位数 658.5 is no whole number",
        "整数ではありません",
    ),
    "no units": (
        put(I3=0, J3=0, F3="要介護1 0単位"),
        "0 units for a base code; look the figure up",
        "基本のコードが0単位です",
    ),
    "units that no month could hold": (
        put(I3=10**12, J3=10**12, F3="要介護1 1000000000000単位"),
        "base_units: a whole number in ASCII digits was expected",
        "base_units",
    ),
    "the other sign": (put(I3=-658, J3=-658), "合成単位数 -658 does not follow", "-658"),
    "another level": (
        put(F3="要介護2 658単位"),
        "the row speaks of 要介護2, its name of level 1",
        "要介護2",
    ),
    "a size that there is not": (
        put(C3=f"{PREFIX}Ⅱ51"),
        "no bundled row has this name, and it speaks of a duration or a care level as a base code",
        "時間区分や要介護度を示しています",
    ),
    "a base code of another name": (
        put(C3=f"{PREFIX}特51"),
        "no bundled row has this name, and it speaks of a duration or a care level as a base code",
        "時間区分や要介護度を示しています",
    ),
    "a new addition whose 算定単位 only the row above says": (
        appended(*NEW, None),
        "算定単位 is blank and not merged with the cell above; fill it in",
        "算定単位が空欄",
    ),
    "a new addition of other managed units": (
        appended(*NEW[:9], 50, "1回につき"),
        "給付管理単位数 50 is not 合成単位数 30",
        "給付管理単位数50が合成単位数30と違います",
    ),
    "a known addition of other managed units": (
        appended(
            "78", "5301", f"{PREFIX}入浴介助加算Ⅰ", "40単位加算", *[None] * 4, 40, 50, "1日につき"
        ),
        "給付管理単位数 50 is not 合成単位数 40",
        "給付管理単位数50が合成単位数40と違います",
    ),
    "a row one cell further on": (
        appended(None, "78", "5301", f"{PREFIX}入浴介助加算Ⅰ", "40単位加算", *[None] * 4, 40),
        "the first cell '' is no service type; write 78 there and the item code in the next cell",
        "サービス種類",
    ),
    "a row two cells further on": (
        appended(None, None, "78", "5301", f"{PREFIX}入浴介助加算Ⅰ", "40単位加算"),
        "the first cell '' is no service type",
        "サービス種類",
    ),
    "a note with a figure": (
        appended("注", "", "この表の単位数", *[None] * 5, 658),
        "the first cell '注' is no service type",
        "注",
    ),
}


@pytest.mark.parametrize(("change", "english", "japanese"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_says_too_little_or_two_things(
    tmp_path: Path, change: Change, english: str, japanese: str
) -> None:
    table = import_workbook(changed(tmp_path, change), "2026-06")
    (refused,) = table.refused
    assert str(refused.reason).startswith(english), refused.reason
    assert japanese in refused.say("ja")
    # The others are placed as they were.
    assert {row.units for row in table.rows} <= {658, 777}
    assert len(table.rows) >= 1


def swapped(_: Workbook, sheet: Any) -> None:
    sheet["I2"], sheet["J2"] = sheet["J2"].value, sheet["I2"].value


def other_sheet_first(book: Workbook, _: Any) -> None:
    other = book.create_sheet("通所介護", 0)
    other.append(["種類", "項目", "サービス内容略称", "算定項目", "合成単位数", "算定単位"])
    other.append(
        ["15", "2441", "通所介護51", "7時間以上8時間未満 要介護1 658単位", 658, "1回につき"]
    )


def merged_heading(_: Workbook, sheet: Any) -> None:
    sheet.merge_cells("D2:H2")
    sheet.merge_cells("A1:K1")


PLACED: dict[str, Change] = {
    "full-width type, code and units": put(A3="７８", B3="１０４１", I3="６５８単位"),
    "type and code as fractions": put(A3=78.0),
    "the columns of units the other way round": swapped,
    "another service's sheet first": other_sheet_first,
    "merged headings": merged_heading,
    "a note": appended(None, None, "（注）令和8年6月から適用"),
    "rows of another service": appended("15", "1241", "通所介護11", *[None] * 5, 370, 370),
    "a blank sheet row": appended(),
}


@pytest.mark.parametrize("change", PLACED.values(), ids=PLACED)
def test_what_changes_nothing(tmp_path: Path, change: Change) -> None:
    table = import_workbook(changed(tmp_path, change), "2026-06")
    assert [str(one) for one in table.refused] == []
    assert sorted(row.units or 0 for row in table.rows) == [658, 777]


def doubled(book: Workbook, sheet: Any) -> None:
    copy = book.copy_worksheet(sheet)
    copy.title = f" {PREFIX}"


def hidden(book: Workbook, sheet: Any) -> None:
    sheet.sheet_state = "hidden"
    book.create_sheet("表紙")


@pytest.mark.parametrize(
    ("change", "english", "japanese"),
    [
        (
            doubled,
            "2 sheets are called '地域通所介護', blanks and width aside; keep the right one",
            "「地域通所介護」という名前のシートが2枚あります",
        ),
        (
            hidden,
            "the sheet '地域通所介護' is hidden; if it is the one in force, unhide it, else name "
            "another with --sheet",
            "シート「地域通所介護」は非表示です",
        ),
    ],
    ids=["two of the name", "hidden"],
)
def test_a_sheet_that_may_not_be_the_one(
    tmp_path: Path, change: Change, english: str, japanese: str
) -> None:
    with pytest.raises(ct.InputFileError) as told:
        import_workbook(changed(tmp_path, change), "2026-06")
    assert english in str(told.value)
    assert japanese in told.value.say("ja")


def placed(path: Path) -> ImportedTable:
    return import_workbook(path, "2026-06")


def test_a_new_addition_stands_on_its_own_row(tmp_path: Path) -> None:
    """Name, units, 算定単位 and the mark of the limit are all that is needed."""
    table = placed(changed(tmp_path, appended(*NEW, "1日につき")))
    assert table.refused == []
    row = next(row for row in table.rows if row.kind == "addition")
    assert (row.key, row.units, row.per, row.limit_managed) == ("code_6999", 30, "day", 1)

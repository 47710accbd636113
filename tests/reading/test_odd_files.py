"""Odd files as offices have them: nothing goes wrong silently, and each refusal says the cure."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files

HEADINGS = [
    "事業所番号", "保険者番号", "被保険者番号", "提供日", "要介護度", "所要時間", "入浴介助加算Ⅰ",
]  # fmt: skip
PERSONS = ("0000100011", "0000100029")
# Four visits of 7 to 8 hours at care level 3, with a bath: 1,032 and 40 units (単位数表, 2026-06).
GOOD = 4 * (1032 + 40)
Rows = list[list[Any]]
Make = Callable[[Any], None]


def rows() -> Rows:
    return [
        ["1370000018", "131003", person, datetime.date(2026, 6, day), 3, 420, "○"]
        for person in PERSONS
        for day in (1, 2)
    ]


def sheet(path: Path, make: Make, given: Rows | None = None) -> Path:
    """Write a workbook of the four visits, changed by ``make``."""
    book = openpyxl.Workbook()
    page: Any = book.active
    page.title = "6月"
    for row in (HEADINGS, *(given or rows())):
        page.append(row)
    make(page)
    book.save(path)
    return path


def text(
    given: Sequence[Sequence[Any]] | None = None, between: str = ",", end: str = "\r\n"
) -> str:
    return "".join(
        between.join("" if one is None else str(one) for one in row) + end
        for row in (HEADINGS, *(given or rows()))
    )


def units(path: Path) -> int:
    return int(compute_claims(path).claims["total_units"].sum())


def changed(at: int, value: Callable[[Any], Any]) -> Rows:
    return [[value(one) if place == at else one for place, one in enumerate(row)] for row in rows()]


# ---------------------------------------------------------------- what is read as it is meant


def blank_rows_above(page: Any) -> None:
    page.insert_rows(1, 2)


def first_column_blank(page: Any) -> None:
    page.insert_cols(1)


def years_from_1904(page: Any) -> None:
    page.parent.epoch = CALENDAR_MAC_1904


def hidden_sheet_in_front(page: Any) -> None:
    other = page.parent.create_sheet("5月", 0)
    other.append(HEADINGS)
    other.append(rows()[0])
    other.sheet_state = "hidden"
    page.parent.active = 1


def chart_in_front(page: Any) -> None:
    page.parent.create_chartsheet("グラフ", 0)


def marks_without_values(page: Any) -> None:
    page["AZ500"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")


def zeros_shown_in_front(page: Any) -> None:
    show_in_forms(page, "0000000000", "0000000000;@", "0000000000_ ", "[$-ja-JP]0000000000")


def zeros_of_a_first_section(page: Any) -> None:
    """Of the sections of a form the first is that of numbers above 0."""
    of_negative = "0000000000;[Red]-0000000000", "[Blue]0000000000;-0000000000;@"
    show_in_forms(page, "0000000000;-0000000000", "[Red]0000000000", *of_negative)


def show_in_forms(page: Any, *forms: str) -> None:
    for line, form in enumerate(forms, start=2):
        page.cell(line, 3).value = int(page.cell(line, 3).value)
        page.cell(line, 3).number_format = form


@pytest.mark.parametrize(
    "make",
    [
        blank_rows_above, first_column_blank, years_from_1904, hidden_sheet_in_front,
        chart_in_front, marks_without_values, zeros_shown_in_front,
        zeros_of_a_first_section,
    ],
)  # fmt: skip
def test_sheet_is_read_as_it_is_seen(tmp_path: Path, make: Make) -> None:
    assert units(sheet(tmp_path / "a.xlsx", make)) == GOOD


@pytest.mark.parametrize(
    "given",
    [
        changed(3, lambda day: f"R8/6/{day.day}"),
        changed(3, lambda day: f"令和8年6月{day.day}日"),
        changed(4, lambda _: "要介護３"),
        changed(5, lambda _: datetime.time(7, 0)),
        changed(5, lambda _: datetime.timedelta(hours=7)),
        changed(6, lambda _: True),
    ],
)
def test_cells_of_a_sheet_are_read_as_they_are_meant(tmp_path: Path, given: Rows) -> None:
    assert units(sheet(tmp_path / "a.xlsx", lambda _: None, given)) == GOOD


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf\xef\xbb\xbf" + text().encode(),
        ("\r\n" + text()).encode(),
        (",,,,,,\r\n \r\n" + text()).encode("cp932"),
        text().encode() + b"\x1a",
        text().encode("cp932") + b"\x1a",
        ("\ufeff\r\n" + text(between="\t")).encode("utf-16-le"),
        text().replace("\r\n", "\n", 2).encode(),
        text().replace("\r\n", ",\r\n").encode(),
        text().replace("\r\n", ",,\r\n").replace(",420,○", ",420,1").encode(),
        "".join(
            f"{line},{more}\r\n"
            for line, more in zip(text().splitlines(), ["備考", *"①㈱髙﨑"], strict=True)
        ).encode("cp932"),
    ],
)
def test_text_is_read_as_it_is_meant(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    assert units(path) == GOOD


# ---------------------------------------------------------------- what is told, and nothing held


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    def hide(page: Any) -> None:
        page.row_dimensions[3].hidden = page.row_dimensions[5].hidden = True

    path = sheet(tmp_path / "a.xlsx", hide)
    done = claim_files(path, tmp_path / "out")
    assert done.summary.units == GOOD
    (note,) = done.notes
    assert str(note) == (
        f"{path}: 2 hidden rows are read like the others; delete them if they are not to be claimed"
    )
    assert note.say("ja") == (
        f"{path}: 非表示の行が2行あり、ほかの行と同じく計算します。請求しない行は削除してください"
    )


def test_year_far_ahead_is_a_warning(tmp_path: Path) -> None:
    given = rows()
    given[1][3] = "2206-06-02"
    batch = compute_claims(sheet(tmp_path / "a.xlsx", lambda _: None, given), language="ja")
    (problem,) = batch.problems.to_dict("records")
    assert (problem["severity"], problem["rule"], problem["line"]) == (
        "warning",
        "unusual_value",
        3,
    )
    assert problem["message"] == "「2206-06-02」は2年以上先の日付です。年を確認してください"
    ahead = datetime.date.today().replace(month=1, day=5)
    given[1][3] = ahead.replace(year=ahead.year + 2)
    assert compute_claims(sheet(tmp_path / "b.xlsx", lambda _: None, given)).problems.empty


# ---------------------------------------------------------------- what is held


@pytest.mark.parametrize(
    ("place", "value", "japanese"),
    [
        ("H3", "x", "見出しのないH列に入力があります。見出しを付けるか、その入力を削除してください"),
        ("XFD3", 1, "見出しのないXFD列に入力があります。見出しを付けるか、その入力を削除してください"),
        ("F3", "=7*60", "「=7*60」は計算されていない数式です。表計算ソフトで開いて計算させ、保存し直してください"),
        ("D3", 46174, "「46174」は日付のシリアル値です。列の書式を日付にして出力し直してください"),
        ("F3", 7, "地域密着型通所介護の7分は、どの時間区分にも当たりません(表の範囲は120〜839分)。提供時間を確認してください"),
    ],
)  # fmt: skip
def test_cell_that_cannot_be_meant_is_named(
    tmp_path: Path, place: str, value: object, japanese: str
) -> None:
    def put(page: Any) -> None:
        page[place] = value
        page[place].number_format = "General"

    batch = compute_claims(sheet(tmp_path / "a.xlsx", put), language="ja")
    assert japanese in batch.problems["message"].tolist()
    assert "0000100011" not in batch.claims["insured_no"].tolist()
    assert len(batch.held_visits) in (2, 4)


def test_value_under_no_heading_of_a_text_is_held(tmp_path: Path) -> None:
    """Commas behind the headings are of a spreadsheet; what stands between them is not lost."""
    lines = text().replace("\r\n", ",,\r\n").splitlines()
    lines[2] = lines[2].removesuffix(",,") + ",1,"
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    batch = compute_claims(tmp_path / "a.csv")
    assert batch.problems[["line", "column", "value", "rule"]].to_numpy().tolist() == [
        [3, "H", "1", "bad_value"]
    ]
    assert batch.problems["message"][0] == (
        "a cell stands in column H, beside the headings; give it a heading, or delete it"
    )
    assert batch.claims["insured_no"].tolist() == ["0000100029"]
    assert len(batch.held_visits) == 2


def test_blank_lines_above_are_no_lines_of_the_held_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    spoilt = text(between="\t").replace("420", "x")
    path.write_bytes(b"\xff\xfe" + ("\r\n" + spoilt).encode("utf-16-le"))
    done = claim_files(path, tmp_path / "out")
    assert done.problems[["line", "held_line"]].to_numpy().tolist() == [
        [3, 2], [4, 3], [5, 4], [6, 5],
    ]  # fmt: skip
    held = (tmp_path / "out" / "held_visits.csv").read_bytes()
    assert held.decode("utf-16") == spoilt
    assert len(compute_claims(tmp_path / "out" / "held_visits.csv").problems) == 4


@pytest.mark.parametrize("below", ["※6月2日は短縮営業", "合 計 (予定)", "月計"])
def test_note_below_the_table_holds_what_it_may_belong_to(tmp_path: Path, below: str) -> None:
    path = sheet(tmp_path / "a.xlsx", lambda page: page.append([below]))
    batch = compute_claims(path)
    assert batch.claims.empty
    assert "unplaced_row" in batch.problems["rule"].tolist()
    assert batch.problems["line"].unique().tolist() == [6]


def test_second_table_on_a_sheet_is_held(tmp_path: Path) -> None:
    def put(page: Any) -> None:
        page.append([])
        page.append(HEADINGS)

    batch = compute_claims(sheet(tmp_path / "a.xlsx", put))
    assert batch.claims.empty
    assert batch.problems["line"].unique().tolist() == [7]


@pytest.mark.parametrize("word", ["合計", "小 計", "総計"])
def test_total_below_the_table_is_left_out(tmp_path: Path, word: str) -> None:
    path = sheet(tmp_path / "a.xlsx", lambda page: page.append([word, *[None] * 4, "=SUM(F2:F5)"]))
    batch = compute_claims(path)
    assert int(batch.claims["total_units"].sum()) == GOOD
    assert batch.problems["rule"].tolist() == ["total_row"]


# ---------------------------------------------------------------- what is refused


def refused(path: Path) -> str:
    with pytest.raises(InputFileError) as caught:
        compute_claims(path)
    assert str(caught.value).isascii() or "should" not in str(caught.value)
    return caught.value.say("ja").replace(f"{path}: ", "")


def cover_in_front(page: Any) -> None:
    page.parent.create_sheet("表紙", 0).append(["6月分"])


def two_tables_side_by_side(page: Any) -> None:
    page["J1"], page["J2"] = "備考", "x"


def title(page: Any) -> None:
    page.insert_rows(1)
    page["A1"] = "令和8年6月 提供実績"
    page.merge_cells("A1:G1")


@pytest.mark.parametrize(
    ("make", "japanese"),
    [
        (cover_in_front, "このシートに見出しがありません。見出しはシート「6月」にあるようです。"
         "ファイル名の後に #6月 を付けて指定してください"),
        (two_tables_side_by_side, "1行目: H列の見出しが空欄です。見出しを付けるか、列を削除してください\n"
         "1行目: I列の見出しが空欄です。見出しを付けるか、列を削除してください"),
        (title, "1行目: 表題で、見出しではありません。見出しは2行目のようです。"
         "それより上の行を削除してください"),
    ],
)  # fmt: skip
def test_sheet_without_headings_in_front_says_where_they_are(
    tmp_path: Path, make: Make, japanese: str
) -> None:
    path = sheet(tmp_path / "a.xlsx", make)
    assert refused(path) == japanese


def test_sheet_that_is_named_in_the_refusal_can_be_given(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", cover_in_front)
    assert units(Path(f"{path}#6月")) == GOOD


@pytest.mark.parametrize(
    ("name", "raw", "japanese"),
    [
        ("a.csv", text(between="\t").encode(),
         "1行目: カンマではなくタブで区切られています。Excelで「CSV UTF-8(コンマ区切り)」として保存してください"),
        ("a.csv", text(between=";").encode("cp932"),
         "1行目: カンマではなくセミコロンで区切られています。Excelで「CSV UTF-8(コンマ区切り)」として保存してください"),
        ("a.xls", "<html><table><tr><td>事業所番号</td></tr></table></html>".encode(),
         "拡張子にかかわらず、中身はWebページ(HTML)またはXMLです。Excelで開き、Excelブック(.xlsx)か"
         "「CSV UTF-8」で保存し直してください"),
        ("a.xls", b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>',
         "拡張子にかかわらず、中身はWebページ(HTML)またはXMLです。Excelで開き、Excelブック(.xlsx)か"
         "「CSV UTF-8」で保存し直してください"),
        ("a.csv", text(end="\r").encode(),
         "改行がCRだけです。「CSV UTF-8」(改行はLFまたはCRLF)で保存してください"),
        ("a.csv", b"\r\n\r\n", "空のファイルです。1行目に見出しが必要です"),
    ],
)  # fmt: skip
def test_text_that_is_no_csv_is_called_what_it_is(
    tmp_path: Path, name: str, raw: bytes, japanese: str
) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    assert refused(path) == japanese


@pytest.mark.parametrize("name", ["content.xml", "xl/workbook.bin"])
def test_workbook_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "<x/>")
    assert refused(path) == "Excelのブックではありません。.xlsx か「CSV UTF-8」で保存してください"

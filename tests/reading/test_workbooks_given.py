"""Excel workbooks as inputs: sheets, kinds of cells, what a spreadsheet hides, hostile ones."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.reading import workbook_lengths, workbook_parts
from chiiki_tsusho.reading.workbook_file import WorkbookSource
from chiiki_tsusho.reading.workbook_parts import WorkbookParts
from helpers.inputs import own, places

HEADINGS = [
    "事業所番号",
    "保険者番号",
    "被保険者番号",
    "提供日",
    "要介護度",
    "所要時間",
    "入浴介助加算",
]
# 7 to 9 hours, 要介護3: 1,006 units in the table of 2016-04; bathing 50.
ROW: list[Any] = ["1390000014", "139006", "0000100011", datetime.date(2016, 5, 2), 3, 480, 1]


def workbook(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "実績") -> Path:
    """Write rows into the first sheet of a workbook, and an empty second one."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    book.create_sheet("空")
    book.save(path)
    return path


def test_cells_of_every_kind(tmp_path: Path) -> None:
    rows = [
        ROW,
        [*ROW[:3], datetime.datetime(2016, 5, 6), "要介護3", "7:30", "○"],
        [*ROW[:3], "H28.5.9", 3.0, datetime.time(7, 30), True],
        ["", None, "  ", None, None, None, None],
        [*ROW[:3], "2016/5/12", "3", datetime.timedelta(hours=7, minutes=30), 0],
    ]
    batch = compute_claims(workbook(tmp_path / "a.xlsx", [HEADINGS, *rows]))
    assert batch.problems.empty
    assert batch.claims["visits"].tolist() == [4]
    assert batch.claims["total_units"].tolist() == [4 * 1006 + 3 * 50]


def test_line_is_the_row_of_the_sheet_and_held_rows_come_as_a_workbook(tmp_path: Path) -> None:
    other = [1390000014, 139006, "0000100012", datetime.date(2016, 5, 2), 3, "x", None]
    path = workbook(tmp_path / "a.xlsx", [[], HEADINGS, ROW, [], other])
    result = claim_files(path, tmp_path / "out")
    assert places(result.problems) == [("visits", 5, "minutes", "x", "bad_value")]
    assert result.summary.units == 1056
    book = openpyxl.load_workbook(tmp_path / "out" / "held_visits.xlsx")
    held = book.worksheets[0]
    given = [tuple(row) for row in held.iter_rows(values_only=True)]
    assert given[0] == tuple(HEADINGS)
    assert given[1][:3] == (1390000014, 139006, "0000100012")
    assert str(given[1][3]).startswith("2016-05-02")
    # Corrected there, it is read again.
    held.cell(2, 6).value = 480
    book.save(tmp_path / "again.xlsx")
    assert compute_claims(tmp_path / "again.xlsx").claims["total_units"].tolist() == [1006]


def test_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADINGS, ROW], sheet="5月#1")
    assert len(compute_claims(f"{path}#5月#1").claims) == 1
    with pytest.raises(InputFileError, match="has no sheet '6月'; its sheets are 5月#1, 空"):
        compute_claims(f"{path}#6月")
    with pytest.raises(InputFileError, match="#空: is empty; a line of headings was expected"):
        compute_claims(f"{path}#空")


def test_title_row_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["2016年5月 提供実績表"], [], HEADINGS, ROW):
        page.append(row)
    page.merge_cells("A1:G1")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputFileError) as caught:
        compute_claims(tmp_path / "a.xlsx")
    assert "line 1: is a title and not the headings" in str(caught.value)
    assert "which seem to stand on line 3" in str(caught.value)
    assert "見出しは3行目のようです" in caught.value.say("ja")


def test_cells_beside_the_headings_are_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [HEADINGS, [*ROW, None, "?"], [*ROW[:2], "0000100012", *ROW[3:]]]
    )
    batch = compute_claims(path)
    problems = own(batch.problems)
    assert places(problems) == [("visits", 2, "", "", "malformed_row")]
    assert problems["message"][0] == (
        "a cell stands in column I, beside the headings; give it a heading, or delete it"
    )
    # No row that can be read is of the person named there: it may belong to the other one.
    assert batch.claims.empty


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("=1+1", "=1+1", "is a formula and not its value"),
        ("#N/A", "#N/A", "is an error of a spreadsheet"),
    ],
)
def test_what_a_reader_of_values_would_take_for_blank(
    tmp_path: Path, cell: str, value: str, message: str
) -> None:
    """A formula that was never computed, or an error, is no 0."""
    batch = compute_claims(workbook(tmp_path / "a.xlsx", [HEADINGS, [*ROW[:6], cell]]))
    assert places(batch.problems) == [("visits", 2, "入浴介助加算", value, "bad_value")]
    assert message in batch.problems["message"][0]
    assert batch.claims.empty


def test_a_formula_that_came_to_a_blank_text_is_blank(tmp_path: Path) -> None:
    """As a spreadsheet writes what IF(…,"",1) came to; without a result it is not computed."""
    of_text, blank = b't="str"', b"<v></v>"
    kept = b'<v xml:space="preserve"></v>'
    for kind, value, rows in (
        (of_text, blank, [1006]),
        (of_text, kept, [1006]),
        (of_text, b"", []),
        (b"", blank, []),
        (b"", kept, []),
    ):
        cell = b'<c r="G2" ' + kind + b"><f>IF(A2=1,1,&quot;&quot;)</f>" + value + b"</c>"
        assert units_with_cell(tmp_path, cell) == rows


@pytest.mark.parametrize(
    "cell", [b"t='e'><v>#N/A</v>", b't = "e"><v xml:space="preserve">#N/A</v>']
)
def test_an_error_however_it_is_written(tmp_path: Path, cell: bytes) -> None:
    assert units_with_cell(tmp_path, b'<c r="G2" ' + cell + b"</c>") == []


@pytest.mark.parametrize(
    "cell",
    [
        b"><v>1<!-- one -->0</v>",
        b"><v><![CDATA[1]]></v>",
        b"><f>A2&amp;1</f><v>1<?one?></v>",
        b"><v>&#49;</v>",
        b' t="n"><f>1</f> <x:v>1&#48;</x:v>',
        b' t="str"><v>1<![CDATA[0]]></v>',
    ],
)
def test_a_value_of_which_a_reader_sees_a_part_is_damage(tmp_path: Path, cell: bytes) -> None:
    with pytest.raises(InputFileError, match="is a damaged Excel workbook: the value of G2 is no"):
        units_with_cell(tmp_path, b'<c r="G2"' + cell + b"</c>")


def test_a_text_may_have_letters_written_as_their_codes(tmp_path: Path) -> None:
    assert units_with_cell(tmp_path, b'<c r="G2" t="str"><v>&#49;</v></c>') == [1056]


def units_with_cell(folder: Path, cell: bytes) -> list[int]:
    """Compute a row whose last cell is written so."""
    parts = parts_of(folder)
    sheet = re.sub(rb'<c r="G2".*?(?:/>|</c>)', lambda _: cell, parts[SHEET])
    path = packed(folder / "odd.xlsx", {**parts, SHEET: sheet}.items())
    total: list[int] = compute_claims(path).claims["total_units"].tolist()
    return total


def test_two_rows_of_one_number_are_damage(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    row = re.findall(rb'<row r="2".*?</row>', parts[SHEET])[0]
    twice = {**parts, SHEET: parts[SHEET].replace(row, row + row)}
    with pytest.raises(InputFileError, match="damaged Excel workbook: several rows have one num"):
        compute_claims(packed(tmp_path / "odd.xlsx", twice.items()))


def merged(path: Path, rows: Sequence[Sequence[Any]], *areas: str) -> Path:
    book = openpyxl.load_workbook(workbook(path, rows))
    for area in areas:
        book.worksheets[0].merge_cells(area)
    book.save(path)
    return path


def test_the_value_of_merged_cells_is_not_that_of_the_first_alone(tmp_path: Path) -> None:
    """Who reads the sheet sees a bath on each of the days."""
    rows = [HEADINGS, *([*ROW[:3], datetime.date(2016, 5, day), *ROW[4:]] for day in (2, 3, 6))]
    batch = compute_claims(merged(tmp_path / "a.xlsx", rows, "G2:G3"), language="ja")
    assert places(batch.problems) == [("visits", 3, "入浴介助加算", "〈G2:G3〉", "bad_value")]
    assert batch.problems["message"][0].startswith("結合されたセルG2:G3の一つです。")
    assert batch.claims.empty
    assert len(batch.held_visits) == 3


@pytest.mark.parametrize("value", ["=1+0", "#N/A"])
def test_merged_cells_of_which_the_first_has_no_value(tmp_path: Path, value: str) -> None:
    """Who reads the sheet sees it on the row of the next person as well."""
    other = [*ROW[:2], "0000000002", *ROW[3:6], None]
    rows = [HEADINGS, [*ROW[:6], value], other]
    batch = compute_claims(merged(tmp_path / "a.xlsx", rows, "G2:G3"))
    assert places(batch.problems) == [
        ("visits", 2, HEADINGS[6], value, "bad_value"),
        ("visits", 3, HEADINGS[6], "〈G2:G3〉", "bad_value"),
    ]
    assert batch.claims.empty


def test_merged_cells_that_say_nothing(tmp_path: Path) -> None:
    """Blank ones, headings of two rows, and the rows below the last one."""
    path = tmp_path / "a.xlsx"
    rows = [HEADINGS, [], [*ROW[:6], None], [*ROW[:3], datetime.date(2016, 5, 3), *ROW[4:]]]
    headings = [f"{letter}1:{letter}2" for letter in "ABCDEFG"]
    batch = compute_claims(merged(path, rows, "G3:G3", "G4:G60", *headings))
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [2 * 1006 + 50]
    batch = compute_claims(
        merged(path, [HEADINGS, [*ROW[:6], None], [*ROW[:3], *rows[3][3:]]], "G2:G2")
    )
    assert batch.problems.empty


def test_pieces_of_xml_with_prefixes_end_between_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row has a formula that was never computed; each second pair of rows is merged."""
    count = 40
    areas = [f"A{row}:A{row + 1}" for row in range(1, count, 2)]
    parts = parts_of(tmp_path)
    path = merged(tmp_path / "a.xlsx", [["x", "=1"]] * count, *areas)
    with zipfile.ZipFile(path) as archive:
        sheet = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", archive.read(SHEET))
    sheet = sheet.replace(b"xmlns=", b"xmlns:x=")
    path = packed(tmp_path / "prefixes.xlsx", {**parts, SHEET: sheet}.items())
    name = WorkbookParts(path).sheet_name(None)
    for piece in range(100, 160):
        monkeypatch.setattr(workbook_parts, "_PIECE", piece)
        survey = WorkbookParts(path).survey(name)
        assert len(survey.texts) == count
        assert len(survey.merged) == len(areas)


def without_places(sheet: bytes) -> bytes:
    return re.sub(rb"<(row|c) r=\"\w+\"", rb"<\1", sheet)


def with_prefixes(sheet: bytes) -> bytes:
    sheet = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x-1:", sheet)
    return sheet.replace(b"xmlns=", b"xmlns:x-1=")


@pytest.mark.parametrize("written", [without_places, with_prefixes])
@pytest.mark.parametrize("piece", [400, 1 << 20])
def test_odd_cells_however_a_program_writes_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: Callable[[bytes], bytes],
    piece: int,
) -> None:
    """Cells need not say where they stand: it is behind the last one, as rows below the last."""
    monkeypatch.setattr(workbook_parts, "_PIECE", piece)
    others = [[*ROW[:2], f"000000000{at}", *ROW[3:]] for at in (1, 2)]
    rows = [HEADINGS, ROW, [*others[0][:6], "#N/A"], [*others[1][:6], "=1"], [100016, *ROW[1:]]]
    book = openpyxl.load_workbook(workbook(tmp_path / "a.xlsx", rows))
    book.worksheets[0]["A5"].number_format = "0000000000"
    book.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = written(parts[SHEET])
    batch = compute_claims(packed(tmp_path / "b.xlsx", parts.items()))
    assert places(own(batch.problems)) == [
        ("visits", 3, HEADINGS[6], "#N/A", "bad_value"),
        ("visits", 4, HEADINGS[6], "=1", "bad_value"),
    ]
    assert batch.claims["provider_no"].tolist() == ["0000100016", ROW[0]]
    assert batch.claims["total_units"].tolist() == [1056, 1056]


def test_merged_cells_over_each_other_are_damage(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    cells = b"<mergeCells>" + 3 * b'<mergeCell ref="A2:XFD9"/>' + b"</mergeCells>"
    odd = {**parts, SHEET: parts[SHEET].replace(b"</sheetData>", b"</sheetData>" + cells)}
    with pytest.raises(InputFileError, match="is a damaged Excel workbook: merged cells overlap"):
        compute_claims(packed(tmp_path / "odd.xlsx", odd.items()))


@pytest.mark.parametrize("sheets", [2, 20])
def test_a_workbook_of_many_sheets_is_taken_apart_three_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sheets: int
) -> None:
    """For the sheet that is read, the beginnings of all others, and one that has none.

    Time grows with their size.
    """
    path = tmp_path / "a.xlsx"
    book = openpyxl.load_workbook(workbook(path, [HEADINGS, ROW]))
    for _ in range(sheets - 1):
        other = book.create_sheet()
        other.append(HEADINGS)
        other.append(ROW)
    book.save(path)
    opened: list[Path] = []
    archive = zipfile.ZipFile

    def noted(file: Any, *options: Any, **named: Any) -> zipfile.ZipFile:
        opened.extend([file] if isinstance(file, Path) else [])
        return archive(file, *options, **named)

    monkeypatch.setattr(zipfile, "ZipFile", noted)
    assert len(WorkbookSource(path).notes) == sheets - 1
    assert opened == [path, path, path]


def test_another_sheet_of_the_same_headings_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.load_workbook(workbook(path, [HEADINGS, ROW]))
    other = book.create_sheet("6月")
    other.append(HEADINGS)
    other.append([*ROW[:3], datetime.date(2016, 6, 2), *ROW[4:]])
    book.save(path)
    (note,) = claim_files(path, tmp_path / "out").notes
    assert note.say("en").endswith(
        f"sheet '6月' has the same headings and is not read; give {path}#6月 as well if its rows "
        "are to be claimed"
    )
    assert "シート「6月」も同じ見出しですが" in note.say("ja")
    assert not claim_files(f"{path}#実績", tmp_path / "chosen").notes
    for name, first in (("named", f"{path}#実績"), ("first", str(path))):
        both = claim_files([first, f"{path}#6月"], tmp_path / name)
        assert (both.summary.visits, both.notes) == (2, ())
    # A month to come has headings alone.
    other.delete_rows(2)
    book.save(path)
    assert not claim_files(path, tmp_path / "to_come").notes


def test_another_sheet_is_told_of_by_its_beginning_or_by_its_end(tmp_path: Path) -> None:
    """Its rows are claimed by nobody, whether it is damaged further down or begins there."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.load_workbook(workbook(path, [HEADINGS, ROW]))
    for number in range(3):
        other = book.create_sheet(f"{6 + number}月")
        for row in (HEADINGS, ROW)[: 2 - number % 2]:
            other.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    blank = "".join(f'<row r="{row}"><c r="A{row}"/></row>' for row in range(3, 60_000))
    cell = '<c r="A60000" t="inlineStr"><is><t>1390000014</t></is></c>'
    for number, last in ((3, '<row r="3"/>'), (4, f'<row r="60000">{cell}</row>'), (5, "")):
        name = f"xl/worksheets/sheet{number}.xml"
        end = f"{blank}{last}</sheetData>".encode()
        parts[name] = parts[name].replace(b"</sheetData>", end)
    notes = claim_files(packed(path, parts.items()), tmp_path / "out").notes
    told = [re.findall("sheet '(.*?)' has the same headings", note.say("en")) for note in notes]
    assert told == [["6月"], ["7月"], ["8月"]]


def test_percentages(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["保険者番号", "被保険者番号", "給付率"])
    page.append(["139006", "0000100011", 0.9])
    page["C2"].number_format = "0%"
    book.save(tmp_path / "recipients.xlsx")
    visits = workbook(tmp_path / "visits.xlsx", [HEADINGS, ROW])
    batch = compute_claims(visits, recipients=tmp_path / "recipients.xlsx")
    assert batch.problems.empty
    # Without the percentage it is no rate.
    page["C2"].number_format = "General"
    book.save(tmp_path / "recipients.xlsx")
    batch = compute_claims(visits, recipients=tmp_path / "recipients.xlsx")
    assert places(batch.problems) == [("recipients", 2, "benefit_rate", "0.9", "bad_value")]


@pytest.mark.parametrize("way", ["xlsx", "frame", "parquet"])
def test_minutes_that_a_spreadsheet_computed_of_two_times(tmp_path: Path, way: str) -> None:
    """Times are parts of a day, and their difference misses the minutes by 1e-13 or so."""
    pairs = [(540, 965), (545, 1010), (570, 750), (610, 1020)]
    minutes = [(end / 1440 - start / 1440) * 1440 for start, end in pairs]
    assert not any(map(float.is_integer, minutes))
    rows = [
        [*ROW[:3], f"2016-05-{day:02}", "3", length, 0] for day, length in enumerate(minutes, 1)
    ]
    frame = pd.DataFrame(rows, columns=HEADINGS)
    given: Any = tmp_path / f"visits.{way}"
    if way == "xlsx":
        workbook(given, [HEADINGS, *rows])
    elif way == "parquet":
        frame.to_parquet(given)
    else:
        given = frame
    batch = compute_claims(given)
    assert batch.problems.empty
    whole = frame.assign(所要時間=["425", "465", "180", "410"])
    assert batch.claim_lines.equals(compute_claims(whole).claim_lines)
    # A part of a minute is none of these.
    rows[0][5] = 425.0000001
    batch = compute_claims(pd.DataFrame(rows, columns=HEADINGS))
    assert places(batch.problems) == [("visits", 2, "minutes", "425.0000001", "bad_value")]


def test_what_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(InputFileError, match=r"is no Excel workbook; save it as \.xlsx"):
        compute_claims(path)
    good = workbook(tmp_path / "b.xlsx", [HEADINGS, ROW]).read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(InputFileError, match="is a damaged Excel workbook"):
        compute_claims(path)


@pytest.mark.parametrize(
    "part",
    ["styles.xml", "worksheets/sheet1.xml", "workbook.xml", "_rels/workbook.xml.rels"],
)
def test_a_part_that_is_cut_is_damage(tmp_path: Path, part: str) -> None:
    parts = parts_of(tmp_path)
    name = f"xl/{part}"
    parts[name] = parts[name][: len(parts[name]) // 2]
    with pytest.raises(InputFileError, match="is a damaged Excel workbook"):
        compute_claims(packed(tmp_path / "a.xlsx", parts.items()))


def test_parts_packed_in_another_way_are_damage(tmp_path: Path) -> None:
    """No spreadsheet reads them, and some fail in their own way where they are damaged."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in parts_of(tmp_path).items():
            archive.writestr(name, content)
    with pytest.raises(InputFileError, match="is packed in another way than Excel's"):
        compute_claims(path)


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD300", "CZZ60000"])
def test_far_cell_is_named_and_not_laid_out(tmp_path: Path, cell: str) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(HEADINGS)
    for at in range(60_000 if cell.startswith("C") else 1):
        page.append(ROW if at == 0 else [])
    page[cell] = "x"
    book.save(tmp_path / "a.xlsx")
    if cell == "XFD300":
        # Still a rectangle that can be read.
        problems = own(compute_claims(tmp_path / "a.xlsx").problems)
        assert places(problems) == [("visits", 300, "", "", "malformed_row")]
        return
    with pytest.raises(InputFileError, match=f"cell {cell} stands far from the table; delete"):
        compute_claims(tmp_path / "a.xlsx")


def with_a_foot(foot: str, path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(HEADINGS)
    page.append(ROW)
    page["A1048576"] = foot
    book.save(path)
    return path


def test_cell_at_the_foot_of_a_sheet_is_read(tmp_path: Path) -> None:
    batch = compute_claims(with_a_foot("合計", tmp_path / "a.xlsx"))
    assert 1048576 in batch.problems["line"].tolist()
    assert batch.claims["total_units"].tolist() in ([1056], [])


@pytest.mark.parametrize("foot", [" ", "\u3000", "合計"])
def test_a_cell_at_the_foot_does_not_lay_the_sheet_out(foot: str, tmp_path: Path) -> None:
    path = with_a_foot(foot, tmp_path / "a.xlsx")
    source = WorkbookSource(path)
    assert source.size == 1048576
    assert source._cells.total_height < 1000
    batch = compute_claims(path)
    # Of the table of 2016-04: 1,006 units and bathing 50.
    assert batch.claims["total_units"].tolist() == [1056]
    assert batch.problems["rule"].tolist() == (["total_row"] if foot == "合計" else [])


@pytest.mark.parametrize(
    ("of_row", "of_cell"),
    [("r='{row}'", "r='{column}{row}'"), ("r='{row}'", ""), ("", "r='{column}{row}'")],
)
def test_rows_far_from_each_other_keep_their_numbers(
    of_row: str, of_cell: str, tmp_path: Path
) -> None:
    """Of a row and its cells, one need not say where it stands."""
    parts, far = parts_of(tmp_path), (9, 200_000, 200_001, 200_003, 1_000_000)
    rows = ""
    for day, at in enumerate(far, start=3):
        values = (*ROW[:3], f"2016-05-{day:02}", "3", f"{at}x", "")
        rows += f"<row {of_row.format(row=at)}>"
        for column, value in zip("ABCDEFG", values, strict=True):
            place = of_cell.format(column=column, row=at)
            rows += f"<c {place} t='str'><v>{value}</v></c>"
        rows += "</row>"
    rows += "<row r='1000500'><c r='F1000500' t='e'><v>#REF!</v></c></row></sheetData>"
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", rows.encode())
    problems = compute_claims(packed(tmp_path / "far.xlsx", parts.items())).problems
    minutes = problems[problems["column"] == "minutes"]
    assert minutes["line"].tolist() == [*far, 1_000_500]
    assert minutes["value"].tolist() == [*(f"{at}x" for at in far), "#REF!"]


SHEET = "xl/worksheets/sheet1.xml"


def parts_of(folder: Path) -> dict[str, bytes]:
    """The parts of a workbook that is as it should be."""
    with zipfile.ZipFile(workbook(folder / "good.xlsx", [HEADINGS, ROW])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, parts: Iterable[tuple[str, bytes]]) -> Path:
    """Pack parts into a workbook."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return path


def with_rows(folder: Path, rows: str) -> Path:
    """A workbook with more rows at its end, as they are written in the file."""
    parts = parts_of(folder)
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    return packed(folder / "odd.xlsx", parts.items())


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ('<row r="7"><c r="ZZZZZZ7"><v>1</v></c></row>', "ZZZZZZ7"),
        ("<row r='7'><c r='AAAA7'><v>1</v></c></row>", "AAAA7"),
        ("<row r='7'><c  s='0' r = 'XFE7'><v>1</v></c></row>", "XFE7"),
        ('<row r="99999999999"><c><v>1</v></c></row>', "A99999999999"),
        # A far row before others, and its cell without a place.
        ('<row r="4294967295"><c><v>1</v></c></row><row r="3"/>', "A4294967295"),
        ('<row r="1048577"><c r="A1048577"/></row>', "A1048577"),
    ],
)
def test_cell_beyond_every_sheet_is_named_however_it_is_written(
    row: str, cell: str, tmp_path: Path
) -> None:
    with pytest.raises(InputFileError, match=f"cell {cell} stands far from the table; delete"):
        compute_claims(with_rows(tmp_path, row))


def test_parts_of_one_name_or_none_are_damage(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    other = parts[SHEET].replace(b">480<", b">600<")
    # The reader would take the one, another program the other.
    shouted = packed(tmp_path / "a.xlsx", [*parts.items(), (SHEET.upper(), other)])
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed(tmp_path / "b.xlsx", [*parts.items(), (SHEET, other)])
    for path in (shouted, twice):
        with pytest.raises(InputFileError, match="damaged Excel workbook: several parts have one"):
            compute_claims(path)
    rest = [(name, content) for name, content in parts.items() if name != SHEET]
    with pytest.raises(InputFileError, match=r"is a damaged Excel workbook: .*sheet1\.xml"):
        compute_claims(packed(tmp_path / "c.xlsx", rest))
    relations = "xl/_rels/workbook.xml.rels"
    away = parts[relations].replace(b"worksheets/sheet1.xml", b"../../../etc/passwd")
    with pytest.raises(InputFileError, match="is a damaged Excel workbook"):
        compute_claims(packed(tmp_path / "d.xlsx", (parts | {relations: away}).items()))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml"])
def test_small_file_that_unpacks_to_very_much_is_refused(part: str, tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    parts[part] = parts.get(part, b"<sst/>") + b" " * (80 << 20)
    with pytest.raises(InputFileError, match="unpacks to 80 MB, which no month is"):
        compute_claims(packed(tmp_path / "bomb.xlsx", parts.items()))


def test_part_that_defines_entities_is_refused(tmp_path: Path) -> None:
    parts = parts_of(tmp_path)
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    start = parts["xl/workbook.xml"].index(b"<workbook")
    parts["xl/workbook.xml"] = (
        parts["xl/workbook.xml"][:start] + laughs + parts["xl/workbook.xml"][start:]
    )
    with pytest.raises(InputFileError, match=r"is a damaged Excel workbook: .* defines entities"):
        compute_claims(packed(tmp_path / "b.xlsx", parts.items()))


def with_number(
    folder: Path, column: int, form: str, number: str, row: Sequence[Any] = ROW
) -> Path:
    """Write a workbook whose second row has a number as no program of ours writes it."""
    cell = f"{'ABCDEFGH'[column - 1]}2"
    headings = [*HEADINGS, "電話番号"][: len(row)]
    path = workbook(folder / "given.xlsx", [headings, row, OTHER])
    book = openpyxl.load_workbook(path)
    book.worksheets[0][cell].value = 1
    book.worksheets[0][cell].number_format = form
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    changed = re.sub(rf'(<c r="{cell}"[^>]*>)<v>1</v>', rf"\g<1><v>{number}</v>", sheet)
    assert changed != sheet
    parts["xl/worksheets/sheet1.xml"] = changed.encode()
    return packed(path, parts.items())


OTHER: list[Any] = [*ROW[:2], "0000100012", *ROW[3:]]


@pytest.mark.parametrize(
    ("form", "number", "value"),
    [
        ("[h]:mm", "1370000018", "32880000432:00"),
        ("[h]:mm:ss", "-1370000018", "-32880000432:00"),
        ("[mm]:ss", "1370000018.5", "32880000444:00"),
        ("[Red][S]", "1E18", "24000000000000000000:00"),
        ("[h]:mm", "-1E18", "-24000000000000000000:00"),
        ("[h]:mm", "1E300", "1e+300"),
        ("[h]:mm", "1E999", "inf"),
        ("[h]:mm", "NaN", "nan"),
        # A length that can be read, and a number in a form of the same letters.
        ("[h]:mm", "480", "11520:00"),
        ("[h]:mm", "-999999998.5", "-23999999964:00"),
        ("[h]:mm", "-999999999.5", "-23999999988:00"),
        ("0000", "1E999", "inf"),
    ],
)
def test_number_shown_as_a_length_longer_than_any(
    tmp_path: Path, form: str, number: str, value: str
) -> None:
    """It stands at its row, as the sheet shows it, and no other row is lost."""
    path = with_number(tmp_path, 6, form, number)
    batch = compute_claims(path)
    assert places(batch.problems) == [("visits", 2, "minutes", value, "bad_value")]
    assert batch.claims["insured_no"].tolist() == ["0000100012"]
    # 7 to 9 hours, 要介護3, and bathing, in the table of 2016-04.
    assert batch.claims["total_units"].tolist() == [1056]


def test_number_of_identity_shown_as_a_length(tmp_path: Path) -> None:
    batch = compute_claims(with_number(tmp_path, 1, "[h]:mm", "1390000014"))
    assert places(own(batch.problems)) == [
        ("visits", 2, "provider_no", "33360000336:00", "bad_value")
    ]


def test_column_left_unread_may_hold_any_length(tmp_path: Path) -> None:
    path = with_number(tmp_path, 8, "[h]:mm:ss", "9012345678", [*ROW, 0])
    batch = compute_claims(path, ignore_columns=["電話番号"])
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [1056, 1056]


def test_formula_and_marks_of_a_sheet_may_be_written_otherwise(tmp_path: Path) -> None:
    path = with_number(tmp_path, 6, "[h]:mm", "1E10")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    for kind in (b" t='n'", b""):
        changed = re.sub(
            rb'<c r="F2" s="(\d+)"[^>]*><v>',
            rb"<c s='\1' r='F2'" + kind + rb"><f>A1*2</f> <v>",
            sheet,
        )
        assert changed != sheet
        parts["xl/worksheets/sheet1.xml"] = changed
        batch = compute_claims(packed(path, parts.items()))
        assert places(batch.problems) == [("visits", 2, "minutes", "240000000000:00", "bad_value")]


@pytest.mark.parametrize(
    ("column", "kind", "content", "problem"),
    [
        # Eight hours, as a spreadsheet writes them.
        (6, "n", "0.33333333333333331", None),
        (6, "n", "3.3333333333333331E-1", None),
        # What a formula has made is as long as it stands there.
        (1, "str", "1390000014", None),
        (6, "str", "8 hours", ("visits", 2, "minutes", "8 hours", "bad_value")),
        (6, "e", "#N/A", ("visits", 2, "minutes", "#N/A", "bad_value")),
    ],
)
def test_what_a_reader_can_hold_stays_as_it_is_in_the_form_of_a_length(
    tmp_path: Path,
    column: int,
    kind: str,
    content: str,
    problem: tuple[object, ...] | None,
) -> None:
    path = with_number(tmp_path, column, "[h]:mm", content)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    place = f'<c r="{"ABCDEF"[column - 1]}2"'
    changed = re.sub(rf'({place}[^>]*) t="n">', rf'\1 t="{kind}">', parts[SHEET].decode())
    assert f' t="{kind}"><v>{content}<' in changed
    parts[SHEET] = changed.encode()
    batch = compute_claims(packed(path, parts.items()))
    assert places(own(batch.problems)) == ([] if problem is None else [problem])
    assert batch.claims["total_units"].tolist() == [1056] * (2 if problem is None else 1)


def test_what_the_reader_of_cells_cannot_hold_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_lengths, "_as_text", lambda cell: cell[0])
    with pytest.raises(InputFileError) as caught:
        compute_claims(with_number(tmp_path, 6, "[h]:mm", "1370000018"))
    assert "given.xlsx: is a damaged Excel workbook: days=1370000018" in str(caught.value)


def test_last_second_of_the_last_year(tmp_path: Path) -> None:
    batch = compute_claims(with_number(tmp_path, 4, "yyyy-mm-dd", "2958465.99999999"))
    assert places(own(batch.problems)) == [
        ("visits", 2, "service_date", "9999-12-31 23:59:59.999000", "bad_value")
    ]

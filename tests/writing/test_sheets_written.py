"""Results as Excel workbooks: what a clerk opens, and what Excel may not make of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from chiiki_tsusho import InputFileError, OutputError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, PROBLEMS
from chiiki_tsusho.writing import table_writers
from chiiki_tsusho.writing.table_writers import table_writer
from helpers.inputs import csv_text, visit

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("visits", "providers", "recipients")
TABLES = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}


def sheet_of(path: Path) -> Any:
    """The sheet of a workbook; of its cells any may be merged, as its types have it."""
    return openpyxl.load_workbook(path).active


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example month with mistakes, as workbooks and as CSV."""
    folder = tmp_path_factory.mktemp("both")
    visits, one, other = (EXAMPLES / f"faulty_{name}.csv" for name in NAMES)
    claim_files(visits, folder / "csv", one, other)
    claim_files(visits, folder / "en", one, other, file_format="xlsx")
    claim_files(visits, folder / "ja", one, other, file_format="xlsx", headings="ja")
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_workbook_holds_what_the_csv_holds(both: Path, name: str) -> None:
    plain = pd.read_csv(both / "csv" / f"{name}.csv", dtype=str, keep_default_na=False)
    heading, *rows = sheet_of(both / "en" / f"{name}.xlsx").iter_rows(values_only=True)
    assert list(heading) == list(plain.columns)
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    assert texts == plain.to_numpy().tolist()


@pytest.mark.parametrize("name", TABLES)
def test_texts_stay_texts_and_numbers_numbers(both: Path, name: str) -> None:
    """Zeros in front are kept, sums can be made, and no cell is a formula."""
    heading, *rows = sheet_of(both / "en" / f"{name}.xlsx").iter_rows()
    kinds = {column.name: column.kind for column in TABLES[name]}
    for row in rows:
        for title, cell in zip(heading, row, strict=True):
            if cell.value is None:
                continue
            text = kinds[str(title.value)] == "text"
            assert cell.data_type == ("s" if text else "n"), (title.value, cell.value)
            assert (cell.number_format == "@") == text
    assert any(row[2].value == "00149002" for row in rows) or name == "problems"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", TABLES)
def test_headings_stay_in_sight(both: Path, name: str, language: str) -> None:
    sheet = sheet_of(both / language / f"{name}.xlsx")
    columns = TABLES[name]
    wanted = [one.name if language == "en" else one.heading for one in columns]
    assert [cell.value for cell in sheet[1]] == wanted
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.title, sheet.freeze_panes) == (name, "A2")
    last = sheet.cell(1, len(columns)).column_letter
    assert sheet.auto_filter.ref == f"A1:{last}{sheet.max_row}"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def lines_of(text: str, width: int) -> int:
    """Lines of a wrapped cell, in which Latin words are not broken and kanji are two wide."""
    lines, used = 1, 0
    for word in re.findall(r"[!-~]+| |[^ -~]", text):
        wide = len(word) if word.isascii() else 2
        if used + wide > width:
            lines, used = lines + 1, 0
        used += wide
    return lines


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_row_is_as_high_as_its_message(tmp_path: Path, language: Any) -> None:
    """Keys are long words, which end a line before it is full."""
    visits, one, other = (EXAMPLES / f"faulty_{name}.csv" for name in NAMES)
    claim_files(visits, tmp_path, one, other, file_format="xlsx", language=language)
    sheet = sheet_of(tmp_path / "problems.xlsx")
    at = sheet.max_column
    width = int(sheet.column_dimensions[sheet.cell(1, at).column_letter].width) - 2
    for row in range(2, sheet.max_row + 1):
        height = sheet.row_dimensions[row].height or 15
        assert height >= 15 * lines_of(sheet.cell(row, at).value, width), row


def test_columns_are_as_wide_as_their_cells(both: Path) -> None:
    sheet = sheet_of(both / "ja" / "claims.xlsx")
    widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
    # サービス提供年月 is eight characters of two columns each; an insured number has ten digits.
    assert widths[0] == 18
    assert widths[3] == 14
    problems = sheet_of(both / "ja" / "problems.xlsx")
    message = problems.cell(1, problems.max_column)
    # Long sentences are wrapped, not cut off.
    assert problems.column_dimensions[message.column_letter].width == 62
    assert problems.cell(2, problems.max_column).alignment.wrap_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "0012", "1.5E+09", "\tx"])
def test_no_text_is_run_or_turned_into_a_number(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    writer = table_writer(path, pa.schema([("words", pa.string()), ("number", pa.int64())]))
    writer.write(writer.formed(pa.table({"words": [text], "number": [7]})))
    writer.close()
    words, number = sheet_of(path)[2]
    assert (words.value, words.data_type, number.value) == (text, "s", 7)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1b", "\ufffe", "\uffff"])
def test_character_that_no_workbook_may_hold_is_shown_as_such(
    tmp_path: Path, character: str
) -> None:
    path = tmp_path / "a.xlsx"
    writer = table_writer(path, pa.schema([("words", pa.string())]))
    writer.write(writer.formed(pa.table({"words": [f"a{character}b"]})))
    writer.close()
    assert sheet_of(path)["A2"].value == "a\ufffdb"


def test_table_without_rows_is_a_sheet_of_headings(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(csv_text([visit(1)]))
    done = claim_files(tmp_path / "v.csv", tmp_path / "out", file_format="xlsx")
    assert done.problems.empty
    sheet = sheet_of(tmp_path / "out" / "problems.xlsx")
    assert sheet.max_row == 1
    assert sheet.auto_filter.ref == "A1:L1"


def test_more_rows_than_a_sheet_takes_are_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of Excel it is 1,048,576 with the headings (specifications and limits of Excel).
    assert table_writers._MOST_SHEET_ROWS == 1_048_576
    monkeypatch.setattr(table_writers, "_MOST_SHEET_ROWS", 20)
    with pytest.raises(OutputError) as caught:
        claim_files(EXAMPLES / "visits.csv", tmp_path / "out", file_format="xlsx")
    assert str(caught.value) == (
        "claim_lines.xlsx: a sheet of Excel has no more than 20 rows; write CSV or Parquet "
        "(--format csv)"
    )
    assert caught.value.say("ja") == (
        "claim_lines.xlsx: Excelのシートは20行までです。"
        "CSVまたはParquetで出力してください(--format csv)"
    )
    assert list(tmp_path.iterdir()) == []


def given_sheet(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_held_rows_of_a_workbook_say_again_what_was_wrong(tmp_path: Path) -> None:
    """A formula never computed or an error is blank to a reader of values, and must not become so.

    A blank cell of an addition would be none, and the claim pass with too little.
    """
    row = visit(1)
    cells: list[list[Any]] = [[*row, "bathing", "dementia_care", "備考"]]
    cells.append([*row.values(), "=1+0", None, "=SUM(A1)"])
    cells.append([*(row | {"service_date": "2016-04-02"}).values(), None, "#N/A", "=x"])
    given = given_sheet(tmp_path / "visits.xlsx", cells)
    book = openpyxl.load_workbook(given)
    sheet: Any = book.active
    sheet["H3"].data_type, sheet["I3"].data_type = "e", "s"
    book.save(given)
    first = claim_files(given, tmp_path / "out")
    assert first.problems["value"].tolist() == ["=1+0", "#N/A"]
    held = tmp_path / "out" / "held_visits.xlsx"
    again = claim_files(held, tmp_path / "again")
    assert again.problems["value"].tolist() == first.problems["value"].tolist()
    sheet = sheet_of(held)
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n"}
    assert sheet["I3"].value == "=x"
    assert compute_claims(given).held_visits["bathing"].tolist() == ["=1+0", ""]


def test_results_given_as_visits_are_refused_as_such(both: Path) -> None:
    with pytest.raises(InputFileError, match="required heading 'service_date'"):
        compute_claims(both / "ja" / "claims.xlsx")


def test_example_month_comes_back_from_its_own_workbooks(tmp_path: Path) -> None:
    """What one run gives as a workbook, the next takes with --add-to."""
    (tmp_path / "v.csv").write_text(csv_text([visit(1), visit(2, insured_no="0000000002")]))
    claim_files(tmp_path / "v.csv", tmp_path / "out", file_format="xlsx")
    (tmp_path / "w.csv").write_text(csv_text([visit(3, insured_no="0000000003")]))
    done = claim_files(tmp_path / "w.csv", add_to=tmp_path / "out", file_format="xlsx")
    rows = sheet_of(done.folder / "claims.xlsx").iter_rows(min_row=2, values_only=True)
    assert [row[3] for row in rows] == ["0000000001", "0000000002", "0000000003"]

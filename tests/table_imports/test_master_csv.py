"""Imports of a municipality's master CSV: names, units and months, and no text of conditions."""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.law.code_file import check_code_rows, read_code_rows
from chiiki_tsusho.law.code_rows import COLUMNS
from chiiki_tsusho.law.table_files import read_table
from chiiki_tsusho.table_imports.gathering import ImportedTable, write_code_rows
from chiiki_tsusho.table_imports.master_csv import import_master
from helpers.workbooks import Row, table_rows

HEADING = (
    "保険者番号",
    "サービス種類コード",
    "サービス項目コード",
    "適用開始年月",
    "適用終了年月",
    "サービス名称",
    "単位数",
    "算定単位",
    "制限日数回数",
    "算定回数制限期間",
    "限度額管理対象区分",
    "単位数単価",
    "給付率",
    "利用者負担額",
    "作成日",
)
PER = {"visit": "01", "one_way": "01", "day": "02", "month": "03"}
TYPE, CODE, FIRST, LAST, NAME, UNITS, COUNTED, LIMIT = 1, 2, 3, 4, 5, 6, 7, 10
CHAINED = ("6105", "6106")
Line = list[str]
KNOWN = [
    row
    for row in table_rows()
    if (row["valid_to"] <= "201803" and row["item_code"] not in CHAINED)
    or row["valid_from"] >= "202404"
]


def master_line(row: Row) -> Line:
    """Write a table row as such a file has it: per cent for a rate on base codes, ‰ else."""
    figure = row["units"]
    if row["kind"] == "rate":
        per_mille = int(row["per_mille"])
        of_base = row["rate_of"] == "base_lines"
        whole = per_mille if per_mille > 0 else 1000 + per_mille
        figure = str(whole // 10 if of_base else whole)
    limit = "3" if row["limit_managed"] == "1" else ""
    dated = [row["valid_from"], row["valid_to"]]
    return [
        *("131003", "78", row["item_code"], *dated, row["name"], figure, PER[row["per"]]),
        *("1", "01", limit, "", "", "", "20260401"),
    ]


def write(path: Path, lines: list[Line], encoding: str = "cp932", heading: bool = True) -> Path:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([list(HEADING), *lines] if heading else lines)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def cells(table: ImportedTable, *leave_out: str) -> list[Row]:
    return [
        {
            column: "" if (value := getattr(row, column)) is None else str(value)
            for column in COLUMNS
            if column not in leave_out
        }
        for row in table.rows
    ]


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["valid_from"], row["item_code"]))


def expected(rows: list[Row]) -> list[Row]:
    """Return the rows with every printed figure as published."""
    return in_order(
        [
            {column: row[column] for column in COLUMNS if column != "source"}
            | {"published_units": row["units"]}
            for row in rows
        ]
    )


def line_of(code: str, first: str = "202606") -> Line:
    (row,) = [row for row in KNOWN if (row["item_code"], row["valid_from"]) == (code, first)]
    return master_line(row)


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("heading", [True, False], ids=["with heading", "without heading"])
def test_every_known_row_comes_back(
    tmp_path: Path, encoding: str, heading: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2016, 2017, 2024 and 2026 in one file, field by field, but for ratios of other rates."""
    path = write(tmp_path / "m.csv", [master_line(row) for row in KNOWN], encoding, heading)
    with monkeypatch.context() as nowhere:
        # Nothing but the file asked for is written.
        nowhere.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        table = import_master(path)
    assert table.refused == []
    assert cells(table, "source") == expected(KNOWN)
    write_code_rows(table.rows, tmp_path / "codes.csv")
    assert check_code_rows(read_table(tmp_path / "codes.csv"))[1] == []
    at = 2 if heading else 1
    assert table.rows[0].source == f"m.csv line {at}"


def _tabbed(text: str) -> bytes:
    return text.replace('","', '"\t"').encode("cp932")


def _titled(text: str) -> bytes:
    return ("単位数マスタ,令和8年6月\r\n作成日,2026-06-01\r\n\r\n" + text).encode("utf-8-sig")


@pytest.mark.parametrize("heading", [True, False], ids=["with heading", "without heading"])
@pytest.mark.parametrize(
    ("given", "above"),
    [(lambda text: text.encode("utf-16"), 0), (_tabbed, 0), (_titled, 3)],
    ids=["UTF-16", "tabs", "title"],
)
def test_other_forms_that_offices_have_are_read(
    tmp_path: Path, given: Callable[[str], bytes], above: int, heading: bool
) -> None:
    lines = [line_of("1241"), line_of("6099")]
    path = write(tmp_path / "m.csv", lines, heading=heading)
    plain = import_master(path)
    path.write_bytes(given(path.read_bytes().decode("cp932")))
    table = import_master(path)
    assert table.refused == []
    assert len(table.rows) == 2
    assert cells(table, "source") == cells(plain, "source")
    # Lines keep the numbers they have in the file.
    assert table.rows[0].source == f"m.csv line {above + (2 if heading else 1)}"


def test_a_fault_of_headings_below_a_title_names_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", [])
    text = path.read_text("cp932").replace("適用開始年月", "開始")
    path.write_bytes(_titled(text))
    with pytest.raises(ct.InputFileError) as told:
        import_master(path)
    assert told.value.say("en").startswith(f"{path}: line 4: heading '適用開始年月' is missing")
    assert told.value.say("ja").startswith(f"{path}: 4行目: 見出し「適用開始年月」がありません")


def test_the_same_line_of_another_insurer_is_the_same_row(tmp_path: Path) -> None:
    lines = [line_of("1241"), line_of("6099")]
    others = [["131016", *line[1:]] for line in lines]
    table = import_master(write(tmp_path / "m.csv", [*lines, *others]))
    assert table.refused == []
    assert [row.source for row in table.rows] == ["m.csv line 2", "m.csv line 3"]
    # Another figure of the same code is a contradiction.
    others[0][UNITS] = str(int(others[0][UNITS]) + 1)
    assert import_master(write(tmp_path / "m.csv", [*lines, *others])).refused


def test_numbers_without_leading_zeros_and_with_separators(tmp_path: Path) -> None:
    lines = [master_line(row) for row in KNOWN]
    for line in lines:
        line[COUNTED] = line[COUNTED].lstrip("0")
        line[UNITS] = f"{int(line[UNITS]):,}"
        line[LIMIT] = line[LIMIT] or "0"
        line[TYPE] = f" {line[TYPE]} "
    table = import_master(write(tmp_path / "m.csv", lines))
    assert table.refused == []
    assert cells(table, "source") == expected(KNOWN)


def test_other_services_are_counted_and_passed_over(tmp_path: Path) -> None:
    others = [
        ["131003", "A2", "1111", "202404", "999999", "訪問型独自サービス11", "1176", "03"],
        ["131003", "A6", "1111", "202404", "999999", "通所型独自サービス11", "1798", "03"],
        ["131003", "A6", "1121", "202404", "999999", "通所型独自サービス12", "3621", "03"],
    ]
    lines = [*([*line, "1", "01", "3", "", "", "", ""] for line in others), line_of("1241")]
    table = import_master(write(tmp_path / "m.csv", lines))
    assert table.other_types == {"A2": 1, "A6": 2}
    assert [row.service_code for row in table.rows] == ["781241"]


def test_a_municipalitys_own_units_are_the_base_of_its_steps(tmp_path: Path) -> None:
    """The reduction of 2 to 3 hours follows from the file's own plain code, not from ours."""
    plain, short = line_of("1246"), line_of("1246")
    plain[UNITS] = "450"
    short[CODE], short[NAME], short[UNITS] = "1141", "地域通所介護21・時減", "315"
    table = import_master(write(tmp_path / "m.csv", [short, plain]))
    assert table.refused == []
    first, second = table.rows
    assert (first.base_units, first.short_hours_per_mille, first.units) == (450, 700, 315)
    assert (first.minutes_from, first.minutes_to) == (120, 180)
    assert (second.base_units, second.units) == (450, 450)


def test_a_master_of_before_a_revision_may_end_open(tmp_path: Path) -> None:
    """処遇改善加算Ⅰ of 2024-06 has the code that is Ⅰイ since 2026-06."""
    line = line_of("6108", "202406")
    line[LAST] = "999999"
    (row,) = import_master(write(tmp_path / "m.csv", [line])).rows
    assert (row.key, row.valid_to) == ("treatment_improvement_1", 999999)


def test_a_code_of_one_source_may_be_another(tmp_path: Path) -> None:
    """5306 中重度者ケア体制加算 of 2026-06 is medium: an official file may put it right."""
    line = line_of("5306")
    line[CODE] = "5399"
    (row,) = import_master(write(tmp_path / "m.csv", [line])).rows
    assert (row.key, row.item_code) == ("moderate_severe_care", "5399")


def test_a_name_without_the_service_it_begins_with(tmp_path: Path) -> None:
    line = line_of("5301")
    line[NAME] = "入浴介助加算Ⅰ"
    (row,) = import_master(write(tmp_path / "m.csv", [line])).rows
    assert (row.key, row.name, row.units) == ("bathing_1", "入浴介助加算Ⅰ", 40)


def test_steps_follow_from_the_bundled_code_where_the_file_has_none(tmp_path: Path) -> None:
    """4–5 h at 要介護1 in 2026: 436; 2–3 h 305; 定超 305; 8–9 h and one hour more 783 + 50."""
    lines = []
    for code, name, units in (
        ("1141", "地域通所介護21・時減", "305"),
        ("8421", "地域通所介護21・定超", "305"),
        ("1541", "地域通所介護61・延1", "833"),
        ("9541", "地域通所介護61・人欠・延1", "598"),
    ):
        line = line_of("1246")
        line[CODE], line[NAME], line[UNITS] = code, name, units
        lines.append(line)
    table = import_master(write(tmp_path / "m.csv", lines))
    assert table.refused == []
    found = {row.item_code: (row.minutes_from, row.minutes_to, row.units) for row in table.rows}
    assert found == {
        "1141": (120, 180, 305),
        "8421": (240, 300, 305),
        "1541": (540, 600, 833),
        "9541": (540, 600, 598),
    }


@pytest.mark.parametrize("first", ["201910", "202006", "202007", "202103"])
def test_a_row_needs_nothing_that_a_later_revision_asked_for(tmp_path: Path, first: str) -> None:
    """個別機能訓練加算(Ⅱ) was 56 units a day of its own until 2021-03, on top of (Ⅰ) since."""
    line = line_of("5052", "201604")
    line[FIRST], line[LAST] = first, "202103"
    table = import_master(write(tmp_path / "m.csv", [line]))
    assert table.refused == []
    (row,) = table.rows
    assert (row.key, row.units, row.per) == ("functional_training_2", 56, "day")
    assert row.only_with is None


# --- refusals ------------------------------------------------------------------------------------


def changed(code: str, first: str, **places: str) -> Line:
    line = line_of(code, first)
    for place, text in places.items():
        line[globals()[place]] = text
    return line


REFUSED: dict[str, tuple[Line, str]] = {
    "units that do not follow": (
        changed("1142", "201604", UNITS="341"),
        "合成単位数 341 does not follow from its base: 488 × 700/1000 gives 342; find out which "
        "figure is wrong",
    ),
    "months past the known durations": (
        changed("1241", "201604", LAST="999999"),
        "the duration of this name changes between 201604 and 999999; divide the row",
    ),
    "months between the known durations": (
        changed("1241", "201604", FIRST="201804", LAST="202403"),
        "the duration of this name is known for 2016-04 to 2019-09, from 2021-04, not for all of "
        "201804 to 202403; take these months from the ministry's workbook with import-workbook",
    ),
    "base of the steps not known in these months": (
        changed("1541", "201604", FIRST="201910", LAST="202103"),
        "the base (所定単位数) of this name is known for 2016-04 to 2019-09, from 2021-04, not for "
        "all of 201910 to 202103; take these months from the ministry's workbook with "
        "import-workbook",
    ),
    "a name no bundled row has": (
        changed("5301", "202606", NAME="地域通所介護独自加算"),
        "no bundled row has this name, so its key, service, group and limits are not known; check "
        "it and write its row into the table by hand",
    ),
    "a known code of another addition": (
        changed("5301", "202606", CODE="5303"),
        "the bundled table has 5303 地域通所介護入浴介助加算Ⅱ in 2026-06; find out which is right; "
        "check it and write its row into the table by hand",
    ),
    "a known code of another care level": (
        changed("1241", "202606", CODE="1242"),
        "the bundled table has 1242 地域通所介護12 in 2026-06; find out which is right; check it "
        "and write its row into the table by hand",
    ),
    "an established addition under a new code": (
        changed("5301", "202606", CODE="5399"),
        "the bundled table has 5301 地域通所介護入浴介助加算Ⅰ in 2026-06; find out which is right; "
        "check it and write its row into the table by hand",
    ),
    "a later name from the first month on": (
        changed("5301", "202606", FIRST="201604"),
        "the bundled table has 5301 地域通所介護入浴介助加算 in 2016-04; find out which is right; "
        "check it and write its row into the table by hand",
    ),
    "a ratio of another row": (
        changed("6104", "201704", CODE="6106", NAME="地域通所介護処遇改善加算Ⅴ", UNITS="23"),
        "a ratio of another row's result, which such a file does not give; take it from the "
        "ministry's workbook",
    ),
    "a ratio neither per mille nor per cent": (
        changed("8110", "202606", UNITS="15"),
        "単位数 15 of a ratio is neither 50/1000 nor that in per cent; check it and write its row "
        "into the table by hand",
    ),
    "a ratio of all lines that takes away": (
        changed("6107", "202606", UNITS="-115"),
        "a ratio of -115/1000; the bundled row of this name has 115/1000, which is of the other "
        "sign; check it and write its row into the table by hand",
    ),
    "a ratio of all lines that is more than all": (
        changed("6107", "202606", UNITS="1116"),
        "単位数 1116 of a ratio is neither 115/1000 nor that in per cent; check it and write its "
        "row into the table by hand",
    ),
    "a base code counted by the month": (
        changed("1241", "202606", COUNTED="03"),
        "算定単位 is '03'; a base code of 地域密着型通所介護 is counted per visit (01)",
    ),
    "算定単位 not known": (
        changed("5301", "202606", COUNTED="09"),
        "算定単位 '09' is not known; 01, 02 or 03 was expected",
    ),
    "another side of the limit": (
        changed("5301", "202606", LIMIT=""),
        "限度額管理対象区分 '' puts it outside the benefit limit, the bundled row of this name is "
        "inside; check it and write its row into the table by hand",
    ),
    "a side of the limit not known": (
        changed("5301", "202606", LIMIT="1"),
        "限度額管理対象区分 '1' is not known; 3 or blank was expected; check it and write its row "
        "into the table by hand",
    ),
    "a reduction that adds": (
        changed("5611", "202606", UNITS="94"),
        "94 units; the bundled row of this name has -94, which is of the other sign; check it and "
        "write its row into the table by hand",
    ),
    "units that are no figure": (
        changed("1241", "202606", UNITS="416.5"),
        "単位数 '416.5' is no figure; correct the cell",
    ),
    "no units but 0": (
        changed("1241", "202606", UNITS="0"),
        "its figure is 0, which no code has; correct the cell",
    ),
    "an addition of 0": (
        changed("5301", "202606", UNITS="-0"),
        "its figure is 0, which no code has; correct the cell",
    ),
    "a ratio of 0": (
        changed("6107", "202606", UNITS="0"),
        "its figure is 0, which no code has; correct the cell",
    ),
    "no units": (changed("1241", "202606", UNITS=""), "単位数 '' is no figure; correct the cell"),
    "no first month": (
        changed("1241", "202606", FIRST=""),
        "適用開始年月 '' is no month; write it as 202606",
    ),
    "an open beginning": (
        changed("1241", "202606", FIRST="999999"),
        "適用開始年月 '999999' is no month; write it as 202606",
    ),
    "a month that is none": (
        changed("1241", "202606", LAST="202613"),
        "適用終了年月 '202613' is no month; write it as 202606",
    ),
    "months the wrong way round": (
        changed("1241", "202606", LAST="202605"),
        "適用終了年月 202605 lies before 適用開始年月 202606",
    ),
    "a code that is none": (
        changed("1241", "202606", CODE="241"),
        "サービス項目コード '241' is no item code; four digits or capital letters were expected",
    ),
    "too few cells": (
        line_of("1241")[:-1],
        "14 cells where the first line has 15; put commas and quotation marks right",
    ),
    "too many cells": (
        [*line_of("1241"), ""],
        "16 cells where the first line has 15; put commas and quotation marks right",
    ),
    "no type": (
        changed("1241", "202606", TYPE=""),
        "サービス種類コード is blank; fill it in or delete the line",
    ),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_placed(tmp_path: Path, line: Line, reason: str) -> None:
    good = line_of("1242")
    table = import_master(write(tmp_path / "m.csv", [good, line]))
    (refused,) = table.refused
    assert (refused.place, refused.row, str(refused.reason)) == ("line", 3, reason)
    assert [row.item_code for row in table.rows] == ["1242"]


def test_a_code_twice_in_the_same_months(tmp_path: Path) -> None:
    """Both are refused; the same code in other months is another row."""
    lines = [line_of("1241", "202404"), line_of("1241"), line_of("1241"), line_of("1242")]
    lines[2][UNITS] = "417"
    table = import_master(write(tmp_path / "m.csv", lines))
    assert [(row.item_code, row.valid_from) for row in table.rows] == [
        ("1241", 202404),
        ("1242", 202606),
    ]
    assert [(one.row, str(one.reason)) for one in table.refused] == [
        (3, "the same code as line 4 (781241 地域通所介護11); correct the wrong one"),
        (4, "the same code as line 3 (781241 地域通所介護11); correct the wrong one"),
    ]


# --- files that cannot be read -------------------------------------------------------------------


def without(name: str) -> Callable[[Line], Line]:
    at = HEADING.index(name)
    return lambda line: line[:at] + line[at + 1 :]


def test_missing_headings_are_named_all_at_once(tmp_path: Path) -> None:
    lines = [list(HEADING), line_of("1241")]
    for name in ("適用開始年月", "単位数"):
        at = lines[0].index(name)
        lines = [line[:at] + line[at + 1 :] for line in lines]
    path = write(tmp_path / "m.csv", lines, heading=False)
    with pytest.raises(ct.InputFileError) as told:
        import_master(path)
    assert str(told.value) == (
        f"{path}: line 1: heading '適用開始年月' is missing (nearest heading of the file: "
        f"'適用終了年月'); add the column\n"
        f"{path}: line 1: heading '単位数' is missing (nearest heading of the file: '単位数単価'); "
        "add the column"
    )


def test_a_heading_twice(tmp_path: Path) -> None:
    lines = [[*HEADING, "サービス略称"], [*line_of("1241"), "地域通所介護11"]]
    path = write(tmp_path / "m.csv", lines, heading=False)
    with pytest.raises(ct.InputFileError) as told:
        import_master(path)
    assert str(told.value) == (
        f"{path}: line 1: headings 'サービス名称', 'サービス略称' give the same; keep one of the "
        "columns"
    )


def test_the_limit_may_be_left_out(tmp_path: Path) -> None:
    cut = without("限度額管理対象区分")
    lines = [cut(list(HEADING)), cut(line_of("1241")), cut(line_of("6099"))]
    table = import_master(write(tmp_path / "m.csv", lines, heading=False))
    assert table.refused == []
    assert [row.limit_managed for row in table.rows] == [1, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"\x81", "neither UTF-8 nor CP932; save it as one of them"),
        (
            'サービス種類コード\n"78'.encode(),
            "line 2: a quotation mark is opened and not closed; put the quotation marks right",
        ),
        (
            'サービス種類コード\n"78"1\n'.encode(),
            "line 2: there is text behind a closed quotation mark; put the quotation marks right",
        ),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(ct.InputFileError) as told:
        import_master(path)
    assert str(told.value) == f"{path}: {message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ct.InputFileError, match=r"none\.csv: cannot be read: No such file"):
        import_master(tmp_path / "none.csv")


# --- the command ---------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import-master", *args])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_and_lists(tmp_path: Path) -> None:
    wrong = changed("1245", "202606", UNITS="x")
    other = changed("1241", "202606", TYPE="A6")
    path = write(tmp_path / "m.csv", [line_of("1241"), wrong, line_of("5301"), other])
    out = tmp_path / "codes.csv"
    assert run(str(path), "-o", str(out)) == (
        1,
        "",
        f"{path}: line 3: 781245 地域通所介護15: 単位数 'x' is no figure; correct the cell\n"
        f"{out}: 1 base row, 1 addition, 0 rates, 1 refused, passed over other service types: "
        f"A6 (1); use it with --codes {out}\n",
    )
    assert [one.row.item_code for one in read_code_rows(out)] == ["1241", "5301"]


def test_the_command_on_a_file_without_type_78(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", [changed("1241", "202606", TYPE="A6")])
    out = tmp_path / "codes.csv"
    assert run(str(path), "-o", str(out)) == (
        2,
        "",
        f"error: {path}: no row could be placed, nothing was written; rows of other service types: "
        "A6 (1)\n",
    )
    assert not out.exists()


def test_the_command_on_a_file_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"")
    assert run(str(path), "-o", str(tmp_path / "codes.csv")) == (
        2,
        "",
        f"error: {path}: the file is empty\n",
    )


# --- what tables since 2024 have -----------------------------------------------------------------


def line_as(code: str, name: str, units: int, per: str = "01", limit: str = "3") -> Line:
    line = line_of("1246")
    line[CODE], line[NAME], line[UNITS], line[COUNTED], line[LIMIT] = (
        code,
        name,
        str(units),
        per,
        limit,
    )
    return line


def test_reductions_and_additions_of_later_tables(tmp_path: Path) -> None:
    """436 for 4 to 5 hours at 要介護1 in 2026, less 1 % 432, × 70 % 302; 定超 305, 301, 211."""
    lines = [
        line_of("1246"),
        line_as("1151", "地域通所介護２１・業未・時減", 302),
        line_as("8161", "地域通所介護21・定超・業未・時減", 211),
        line_as("D206", "地域通所介護業務継続計画未策定減算２１", -4),
        line_as("C206", "地域通所介護高齢者虐待防止未実施減算21", 4),
        line_as("6601", "地域通所介護延長加算１", 50),
        line_as("6600", "地域通所介護感染症災害３％加算", 3, limit=""),
        line_as("6120", "地域通所介護ベースアップ等支援加算", 11, "03", ""),
    ]
    table = import_master(write(tmp_path / "m.csv", lines))
    assert [str(one) for one in table.refused] == []
    rows = {row.item_code: row for row in table.rows}
    assert (rows["1151"].reductions, rows["1151"].units) == ("bcp_missing", 302)
    assert (rows["8161"].shortfall, rows["8161"].units) == ("over_capacity", 211)
    for code, key in (("D206", "bcp_missing"), ("C206", "abuse_prevention_missing")):
        line = rows[code]
        assert (line.key, line.units, line.care_level) == (key, -4, 1)
        assert (line.minutes_from, line.minutes_to) == (240, 300)
    assert (rows["6601"].key, rows["6601"].minutes_from) == ("extension_1", 540)
    assert (rows["6600"].key, rows["6600"].per_mille) == ("infection_disaster", 30)
    assert (rows["6120"].rate_of, rows["6120"].per_mille) == ("all_lines", 11)


def test_a_reduction_that_does_not_follow_is_refused(tmp_path: Path) -> None:
    line = line_as("D206", "地域通所介護業務継続計画未策定減算21", -5)
    (refused,) = import_master(write(tmp_path / "m.csv", [line_of("1246"), line])).refused
    assert str(refused.reason) == (
        "単位数 -5 does not follow from its base by 10/1000, which gives -4; find out which figure "
        "is wrong"
    )


@pytest.mark.parametrize("before", [0, 4], ids=["19 columns", "23 columns"])
@pytest.mark.parametrize("heading", [True, False], ids=["with heading", "without heading"])
def test_forms_of_19_and_23_columns(tmp_path: Path, before: int, heading: bool) -> None:
    """The form that municipalities publish, and that with four columns of an exchange record."""
    first = ["7511", "20260401", "1", "01"][:before]
    names = ["交換情報識別番号", "異動年月日", "異動区分コード", "異動事由"][:before]
    columns = [*HEADING[:14], "事業対象者実施区分", "要支援１受給者実施区分"]
    columns += ["要支援２受給者実施区分", "国保連合会委託区分", "作成年月日"]
    columns[0], columns[10] = "証記載保険者番号", "支給限度額対象区分"
    lines = []
    for code in ("1241", "6099"):
        line = [*line_of(code)[:14], "1", "1", "1", "1", "20260401"]
        line[NAME], line[UNITS] = line[NAME].ljust(32, "\u3000"), line[UNITS].zfill(5)
        lines.append([*first, *line])
    other = [*first, *lines[0][before:]]
    other[before + TYPE] = "A2"
    text = [[*names, *columns], *lines, other] if heading else [*lines, other]
    table = import_master(write(tmp_path / "m.csv", text, heading=False))
    assert [str(one) for one in table.refused] == []
    assert table.other_types == {"A2": 1}
    assert [(row.item_code, row.units, row.limit_managed) for row in table.rows] == [
        ("1241", 416, 1),
        ("6099", 22, 0),
    ]


def test_what_is_no_service_type_is_refused_not_passed_over(tmp_path: Path) -> None:
    lines = [line_of("1241"), changed("1242", "202606", TYPE="\x1b[2J")]
    table = import_master(write(tmp_path / "m.csv", lines))
    assert table.other_types == {}
    (refused,) = table.refused
    assert str(refused).isprintable()
    assert "サービス種類コード '\\x1b[2J' is no service type" in str(refused)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_refusal_holds_nothing_that_moves_a_terminal(tmp_path: Path, language: str) -> None:
    line = changed("1241", "202606", NAME="\x1b]0;title\x07\x1b[2Jx")
    (refused,) = import_master(write(tmp_path / "m.csv", [line])).refused
    assert refused.say(language).isprintable()  # type: ignore[arg-type]
    assert "\\x1b]0;title\\x07" in refused.say(language)  # type: ignore[arg-type]


def test_refusals_are_said_in_japanese(tmp_path: Path) -> None:
    lines = [line_of("1241"), changed("1245", "202606", UNITS="x")]
    (refused,) = import_master(write(tmp_path / "m.csv", lines)).refused
    assert refused.say("ja") == (
        "3行目: 781245 地域通所介護15: 単位数「x」は数として読めません。セルを訂正してください"
    )


def test_many_lines_of_one_code_take_no_time_of_their_own(tmp_path: Path) -> None:
    """Files of several insurers put together: each line is refused once, with one other line."""
    line = line_of("1241")
    lines = [[*line[:UNITS], str(units), *line[UNITS + 1 :]] for units in range(1, 5_001)]
    table = import_master(write(tmp_path / "m.csv", lines))
    assert len(table.refused) == 5_000
    assert str(table.refused[-1].reason).startswith("the same code as line 2 (781241 ")


def test_all_missing_headings_are_named_in_one_sentence(tmp_path: Path) -> None:
    """A file of visits has none of the seven headings of a master."""
    path = tmp_path / "visits.csv"
    path.write_text("provider_no,insurer_no\n1370000018,131003\n", encoding="utf-8")
    with pytest.raises(ct.InputFileError) as caught:
        import_master(path)
    names = ["サービス種類コード", "サービス項目コード", "適用開始年月", "適用終了年月"]
    names += ["サービス名称", "単位数", "算定単位"]
    assert str(caught.value) == (
        f"{path}: line 1: no heading {', '.join(map(repr, names))}; add what is missing, or give "
        "the master CSV that the municipality publishes"
    )
    assert caught.value.say("ja") == (
        f"{path}: 1行目: 見出し{'、'.join(f'「{name}」' for name in names)}がありません。"
        "列を追加するか、自治体が公表しているマスタCSVを指定してください"
    )

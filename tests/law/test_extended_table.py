"""A user's own rows laid over the bundled table: ``extends,bundled`` on the first line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.bands import bands_of
from chiiki_tsusho.law.chosen_rows import ChosenRows
from chiiki_tsusho.law.code_file import check_table, table_findings
from chiiki_tsusho.law.code_rows import COLUMNS
from chiiki_tsusho.law.table_checks import LARGEST_MONTH, MOST_VISITS
from helpers.inputs import Cells, csv_text, visit
from helpers.tables import addition, base, table, treatment

SAME_BUILDING: Cells = dict.fromkeys(COLUMNS, "") | {
    "service_type": "78",
    "item_code": "5611",
    "valid_from": "202104",
    "valid_to": "202403",
    "name": "地域通所介護同一建物減算",
    "kind": "addition",
    "key": "same_building",
    "service": "both",
    "units": "-94",
    "per": "day",
    "limit_managed": "0",
    "source": "the workbook of 2021-04, row 55",
}
# 入浴介助加算Ⅱ is 55 units from 2021-04 on; here it is another for one year.
BATHING_2: Cells = SAME_BUILDING | {
    "item_code": "5303",
    "valid_from": "202201",
    "valid_to": "202212",
    "name": "地域通所介護入浴介助加算Ⅱ",
    "key": "bathing_2",
    "service": "day_care",
    "units": "56",
    "group": "bathing",
    "limit_managed": "1",
}


def own(folder: Path, *rows: Cells, first: str = "extends,bundled") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "own.csv"
    path.write_text(f"{first}\n{text.getvalue()}", "utf-8")
    return path


def units(path: Path, month: str, code: str) -> int:
    return int(ct.load_codes(month, path=path).units([code])[0])


@pytest.mark.parametrize(
    "first",
    [
        "extends,bundled",
        "extends = bundled",
        "\ufeffextends,bundled,,,,",
        "Ｅｘｔｅｎｄｓ＝bundled,",
    ],
)
def test_a_row_is_added_for_its_months_alone(tmp_path: Path, first: str) -> None:
    path = own(tmp_path, SAME_BUILDING, first=first)
    assert check_table(path) == []
    for month in ("2021-04", "2024-03"):
        assert units(path, month, "785611") == -94
        assert len(ct.load_codes(month, path=path)) == 41
    with pytest.raises(ct.UnknownCodeError):
        ct.load_codes("2021-03", path=path).units(["785611"])
    # The bundled row of 2024-04 goes on.
    source = ct.load_codes("2024-04", path=path).lookup(["785611"]).loc[0, "source"]
    assert source == "unchanged_to_2026"


def test_all_other_months_are_those_of_the_bundled_table(tmp_path: Path) -> None:
    path = own(tmp_path, SAME_BUILDING)
    for month in ("2016-04", "2017-04", "2019-11", "2024-06", "2026-06"):
        assert ct.load_codes(month, path=path) == ct.load_codes(month)


def test_a_row_of_a_bundled_code_stands_in_its_place(tmp_path: Path) -> None:
    path = own(tmp_path, BATHING_2)
    months = ("2021-04", "2021-12", "2022-01", "2022-12", "2023-01", "2024-03")
    assert [units(path, month, "785303") for month in months] == [55, 55, 56, 56, 55, 55]


def test_an_own_row_is_billed(tmp_path: Path) -> None:
    """750 units of 7 to 8 hours, 要介護1, less 94."""
    table_of_month = ct.load_codes("2022-05", path=own(tmp_path, SAME_BUILDING))
    visit = ct.Visit(minutes=430, care_level=1, additions={"same_building": 1})
    composed = ct.Calculator(table_of_month).compose(visit)
    assert composed.units == 750 - 94
    # Its place is the source its user gives.
    assert composed.steps[-1].law == "the workbook of 2021-04, row 55"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_check_table_says_what_it_changes(tmp_path: Path, language: str) -> None:
    path = own(tmp_path, SAME_BUILDING, BATHING_2)
    done = CliRunner().invoke(app, ["--lang", language, "check-table", str(path)])
    assert done.exit_code == 0
    added, replaced = done.stdout.splitlines()
    expected = {
        "en": (
            "line 3: adds 785611 地域通所介護同一建物減算, 2021-04 to 2024-03",
            "line 4: replaces the bundled row of 785303 地域通所介護入浴介助加算Ⅱ, 2022-01 to "
            "2022-12: units 55 → 56",
        ),
        "ja": (
            "3行目: 785611 地域通所介護同一建物減算 を追加(2021-04〜2024-03)",
            "4行目: 785303 地域通所介護入浴介助加算Ⅱ の収録済みの行を置換(2022-01〜2022-12): "
            "units 55 → 56",
        ),
    }[language]
    assert added == f"{path}: {expected[0]}"
    assert replaced.startswith(f"{path}: {expected[1]}")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "line 3: repeats the bundled row of 785303 {name}, 2022-01 to 2022-12"),
        ("ja", "3行目: 785303 {name} は収録済みの行と同じ(2022-01〜2022-12)"),
    ],
)
def test_check_table_says_what_it_leaves_as_it_is(
    tmp_path: Path, language: Language, said: str
) -> None:
    bundled = next(
        one.row
        for one in ct.load_code_book().rows
        if one.row.service_code == "785303" and one.row.valid_from == 202104
    )
    cells = {name: "" if cell is None else str(cell) for name, cell in bundled}
    path = own(tmp_path, cells | {"valid_from": "202201", "valid_to": "202212"})
    faults, changes = table_findings(path)
    assert not faults
    assert [change.say(language) for change in changes] == [said.format(name=BATHING_2["name"])]


def piped(folder: Path, table: Path) -> Path:
    """Give a table through a named pipe."""
    pipe = folder / "pipe"
    if not pipe.exists():
        os.mkfifo(pipe)

    def write() -> None:
        pipe.write_bytes(table.read_bytes())

    Thread(target=write, daemon=True).start()
    return pipe


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_table_comes_through_a_pipe(tmp_path: Path, language: str) -> None:
    path = own(tmp_path, SAME_BUILDING, BATHING_2)
    asked = ["--lang", language, "check-table"]
    of_file = CliRunner().invoke(app, [*asked, str(path)])
    of_pipe = CliRunner().invoke(app, [*asked, str(piped(tmp_path, path))])
    assert of_pipe.exit_code == 0
    assert of_pipe.output == of_file.output.replace(str(path), str(tmp_path / "pipe"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_claims_are_priced_by_a_table_from_a_pipe(tmp_path: Path) -> None:
    """入浴介助加算Ⅱ is 56 units in the user's table; the run names the table by what it held."""
    visits = tmp_path / "visits.csv"
    visits.write_text(csv_text([visit(service_date="2022-05-02", bathing_2="1")]), "utf-8")
    path = own(tmp_path, BATHING_2)
    ct.claim_files(visits, tmp_path / "of_file", codes=path)
    ct.claim_files(visits, tmp_path / "of_pipe", codes=piped(tmp_path, path))
    lines = [
        (tmp_path / of / "claim_lines.csv").read_text("utf-8") for of in ("of_file", "of_pipe")
    ]
    assert lines[0] == lines[1]
    assert ",785303," in lines[0]
    records = [
        json.loads((tmp_path / of / "run.json").read_text("utf-8")) for of in ("of_file", "of_pipe")
    ]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [one["table"] for one in records] == [
        {"name": "own.csv", "sha256": digest},
        {"name": "pipe", "sha256": digest},
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_second_table_of_the_same_pipe_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    tables = own(tmp_path, BATHING_2), own(tmp_path / "other", BATHING_2 | {"units": "57"})
    found = [units(piped(tmp_path, one), "2022-05", "785303") for one in tables]
    assert found == [56, 57]


def test_an_own_row_is_met_by_the_bundled_ones(tmp_path: Path) -> None:
    """送迎減算 is not counted where 同一建物減算 is (告示第126号 別表 2の2 注)."""
    table_of_month = ct.load_codes("2022-05", path=own(tmp_path, SAME_BUILDING))
    both = {"same_building": 1, "no_transport": 2}
    visit = ct.Visit(minutes=430, care_level=1, additions=both)
    assert ct.Calculator(table_of_month).compose(visit).units == 750 - 94


def test_a_table_that_stands_for_itself_changes_nothing(tmp_path: Path) -> None:
    assert table_findings(table(tmp_path, *base(100))) == ([], [])


FAULTS: dict[str, tuple[Cells, str, str]] = {
    "a key of a bundled code": (
        SAME_BUILDING | {"item_code": "5699", "valid_to": "202405"},
        "line 3, column key: 'same_building': in the same months as on bundled row 785611",
        "3行目、列 key: 「same_building」: 収録済みの785611と期間が重複しています",
    ),
    "another key of a code whose key other rows name": (
        SAME_BUILDING | {"valid_from": "202404", "valid_to": "202404", "key": "same_house"},
        "line 3, column key: 'same_house': the bundled row of this code has the key "
        "'same_building', which other rows name; keep it",
        "3行目、列 key: 「same_house」: 収録済みのこのコードのキーは「same_building」で、",
    ),
    "a month that is none": (
        SAME_BUILDING | {"valid_from": "202113"},
        "line 3, column valid_from: '202113': a month as YYYYMM was expected (999999 = open end)",
        "3行目、列 valid_from: 「202113」: ",
    ),
}


@pytest.mark.parametrize(("row", "english", "japanese"), FAULTS.values(), ids=FAULTS)
def test_faults_are_told_by_the_line_of_the_own_file(
    tmp_path: Path, row: Cells, english: str, japanese: str
) -> None:
    path = own(tmp_path, row)
    (fault,) = check_table(path)
    assert fault.say("en") == english
    assert fault.say("ja").startswith(japanese)
    with pytest.raises(ct.TableError) as told:
        ct.load_codes("2024-04", path=path)
    assert english in str(told.value)


def test_what_cannot_be_extended(tmp_path: Path) -> None:
    with pytest.raises(ct.TableError) as told:
        ct.load_codes("2024-04", path=own(tmp_path, SAME_BUILDING, first="extends,last year"))
    assert "line 1: extends 'last year': a table can extend 'bundled' alone" in str(told.value)
    assert "1行目: extends 「last year」" in told.value.say("ja")


# --- figures that cannot be computed exactly -----------------------------------------------------

# The largest units that a cell takes, 999,999,999, in each of 279 visits.
LARGEST_BASE = 999_999_999 * MOST_VISITS


def chain(length: int) -> list[Cells]:
    """Rates of ten times all lines, each of the one before."""
    return [
        treatment(10000)
        | {
            "item_code": f"60{at:02d}",
            "key": f"treatment_{at}",
            "rate_of": f"treatment_{at - 1}" if at else "all_lines",
        }
        for at in range(length)
    ]


def test_a_month_that_fits_is_computed(tmp_path: Path) -> None:
    assert 10 * LARGEST_BASE <= LARGEST_MONTH
    assert check_table(table(tmp_path, *base(999_999_999), *chain(1))) == []


def test_rates_of_rates_that_cannot_fit_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, *base(999_999_999), *chain(3))
    faults = check_table(path)
    assert [(fault.line, fault.column) for fault in faults] == [(8, "per_mille"), (9, "per_mille")]
    assert faults[0].say("en") == (
        "line 8, column per_mille: '10000': a month could come to 27,899,999,972,100 units, more "
        "than 10,000,000,000,000: too much to compute exactly"
    )
    assert "正確に計算できません" in faults[0].say("ja")
    with pytest.raises(ct.TableError):
        ct.load_codes("2016-04", path=path)


def test_rates_that_fit_each_but_not_together_are_refused(tmp_path: Path) -> None:
    """Each comes to 27 × 10¹¹ units of 10¹³; with what they are taken of, four are too many."""
    rates = [
        treatment(10000) | {"item_code": f"60{at:02d}", "key": f"treatment_{at}", "group": ""}
        for at in range(4)
    ]
    assert check_table(table(tmp_path, *base(999_999_999), *rates[:3])) == []
    (fault,) = check_table(table(tmp_path, *base(999_999_999), *rates))
    assert fault.value == "10000"
    # 279 × 999,999,999 units of visits, and four times ten times as much.
    assert "a month could come to 11,438,999,988,561 units" in fault.say("en")
    assert "11,438,999,988,561単位" in fault.say("ja")


def test_a_month_may_have_every_code_there_is() -> None:
    """A code is two digits and four characters, of which the bundled table has 78 alone."""
    rows = ct.load_codes("2016-04").rows
    assert np.iinfo(bands_of(rows, ChosenRows(rows)).dtype).max > 100 * 36**4


def test_an_addition_that_cannot_fit_is_refused(tmp_path: Path) -> None:
    many = addition("bathing", -999_999_999, "visit") | {"max_per_visit": "99"}
    (fault,) = check_table(table(tmp_path, *base(100), many))
    assert (fault.column, fault.value) == ("units", "-999999999")

"""A month as a clerk does it: the workbook filled in, mistakes corrected, not a word of English."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from helpers.commands import run

PROVIDER = "1370000018"
PERSONS = {"0000100011": "要介護1", "0000100029": "要介護3", "0000100037": "要介護5"}
DAYS = (1, 3, 5)
# Names of files, options and columns that are typed or seen as they stand.
AS_THEY_ARE = (
    r"[\w./~#-]+\.(?:xlsx|csv|html|json)(?:#\w+)?|--[a-z-]+|-o\b|chiiki-tsusho \w+|held_visits|"
    r"tmpl/claims|CSV|OK|\([a-z_0-9]+\)|problems のとおり"
)
# Three visits of 7 to 8 hours, 753, 1032 and 1312 units, with a bath of 40 each (単位数表);
# 処遇改善加算Ⅱ1 is 115/1000 of the sum.
UNITS = {"0000100011": 2653, "0000100029": 3586, "0000100037": 4522}


class Desk:
    """A folder in which commands are run in a Japanese locale."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def run(self, *arguments: str) -> tuple[int, str]:
        done = run(*arguments, cwd=self.folder, LANG="ja_JP.UTF-8", LC_ALL="ja_JP.UTF-8")
        text = done.stdout + done.stderr
        self.said.append(text)
        return done.returncode, text

    def claim(self, book: str, *more: str, rosters: str = "6月.xlsx") -> tuple[int, str]:
        given = ("--providers", f"{rosters}#事業所", "--recipients", f"{rosters}#利用者")
        return self.run("claim", book, *given, *more)

    def table(self, path: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / path, dtype=str, keep_default_na=False)

    def units(self) -> dict[str, int]:
        claims = self.table("結果/claims.csv")
        return dict(zip(claims["被保険者番号"], claims["総単位数"].astype(int), strict=True))


def fill(sheet: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows under the headings of a sheet, in the place of its example."""
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.delete_rows(2)
    for line, row in enumerate(rows, start=2):
        for heading, value in row.items():
            sheet.cell(line, at[heading]).value = value


def visits_of_the_month() -> list[dict[str, Any]]:
    return [
        {
            "事業所番号": PROVIDER, "保険者番号": "131003", "被保険者番号": person,
            "提供日": datetime.date(2026, 6, day), "要介護度": level,
            "開始時刻": datetime.time(9, 0), "終了時刻": datetime.time(16, 30),
            "入浴介助加算Ⅰ": "○",
        }
        for person, level in PERSONS.items()
        for day in DAYS
    ]  # fmt: skip


def filled_in(desk: Desk) -> Path:
    """Fill the template in, with two slips: a care level that is none, and zeros left out."""
    assert desk.run("template", "tmpl", "--month", "2026-06")[0] == 0
    book = openpyxl.load_workbook(desk.folder / "tmpl" / "template.xlsx")
    rows = visits_of_the_month()
    rows[4]["要介護度"], rows[7]["被保険者番号"] = "要介護6", "100037"
    fill(book["実績"], rows)
    provider = {"事業所番号": PROVIDER, "地域区分": "2", "延長体制": "無", "処遇改善加算Ⅱ1": 1}
    fill(book["事業所"], [provider])
    rates = [{"保険者番号": "131003", "被保険者番号": one, "給付率": "9割"} for one in PERSONS]
    fill(book["利用者"], rates)
    path = desk.folder / "6月.xlsx"
    book.save(path)
    return path


def mended(path: Path, target: Path, sheet: int = 0) -> None:
    """Correct both slips in a workbook."""
    book = openpyxl.load_workbook(path)
    page: Any = book.worksheets[sheet]
    at = {cell.value: cell.column for cell in page[1]}
    for line in range(2, page.max_row + 1):
        level, person = page.cell(line, at["要介護度"]), page.cell(line, at["被保険者番号"])
        level.value = "要介護3" if level.value == "要介護6" else level.value
        person.value = "0000100037" if person.value == "100037" else person.value
    book.save(target)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def assert_japanese_alone(desk: Desk) -> None:
    for text in desk.said:
        rest = re.sub(AS_THEY_ARE, "", text)
        assert re.findall(r"[A-Za-z]{2,}", rest) == [], text
    for path in desk.folder.glob("結果*/problems.csv"):
        problems = pd.read_csv(path, dtype=str, keep_default_na=False)
        for word in (*problems.columns, *problems["説明"]):
            assert re.findall(r"[A-Za-z]{2,}", re.sub(AS_THEY_ARE, "", word)) == [], word


def test_two_slips_corrected_in_the_workbook_itself(desk: Desk) -> None:
    """Computed, corrected where it was wrong, computed again by the same command."""
    book = filled_in(desk)
    code, said = desk.claim("6月.xlsx", "-o", "結果")
    assert code == 1
    assert "6行目「要介護度」" in said
    assert "9行目「被保険者番号」" in said
    assert "請求明細1件" in said
    assert desk.units() == {"0000100011": UNITS["0000100011"]}
    mended(book, book)
    code, said = desk.claim("6月.xlsx", "-o", "結果")
    assert code == 0
    assert "請求明細3件" in said
    assert desk.units() == UNITS
    assert_japanese_alone(desk)


def test_two_slips_corrected_in_the_held_rows(desk: Desk) -> None:
    """Added to what is there; given once more they are refused, and nothing is lost."""
    filled_in(desk)
    desk.claim("6月.xlsx", "-o", "結果")
    mended(desk.folder / "結果" / "held_visits.xlsx", desk.folder / "訂正.xlsx")
    code, said = desk.claim("訂正.xlsx", "-o", "結果")
    assert code == 2
    assert "別のファイル(../6月.xlsx#事業所, ../6月.xlsx#利用者, ../6月.xlsx#実績)" in said
    assert desk.units() == {"0000100011": UNITS["0000100011"]}
    code, said = desk.claim("訂正.xlsx", "--add-to", "結果")
    assert code == 0
    assert "請求明細2件" in said
    assert desk.units() == UNITS
    code, said = desk.claim("訂正.xlsx", "--add-to", "結果")
    assert code == 1
    # Said once, not of each claim.
    assert said.count("計算済みの請求(already_claimed)") == 1
    assert "2件の請求はすでに結果にある" in said
    assert desk.units() == UNITS
    assert desk.run("report", "結果")[0] == 0
    assert_japanese_alone(desk)


def test_another_workbook_in_the_same_folder(desk: Desk) -> None:
    """Refused, as a sheet of another month in the same workbook is, unless asked for."""
    book = filled_in(desk)
    desk.claim("6月.xlsx", "-o", "結果")
    mended(book, desk.folder / "直した6月.xlsx")
    again = ("-o", "結果")
    assert desk.claim("直した6月.xlsx", *again)[0] == 2
    copy: Any = openpyxl.load_workbook(book)
    copy.copy_worksheet(copy["実績"]).title = "7月"
    copy.save(book)
    code, said = desk.claim("6月.xlsx#7月", *again)
    assert code == 2
    assert "#実績" in said
    record = json.loads((desk.folder / "結果" / "run.json").read_text(encoding="utf-8"))
    assert [one["sheet"] for one in record["inputs"]] == ["実績", "事業所", "利用者"]
    assert desk.claim("直した6月.xlsx", *again, "--replace")[0] == 0
    assert desk.units() == UNITS
    assert_japanese_alone(desk)

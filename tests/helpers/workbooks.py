"""Workbooks in the layout of the ministry's code table, built from rows of a table.

Service type, item code and name stand in the first three columns, conditions as free text in
merged cells after them, 合成単位数 under a heading of two rows, 算定単位 beside it. The text is
written from the columns of a table row, so that an import has to find them again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from chiiki_tsusho.law.code_rows import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
SHEET = "地域通所介護"
COMPOSITE = 11
PER = 12
FEES = {
    "day_care": "イ 地域密着型通所介護費",
    "medical_day_care": "ロ 療養通所介護費",
    "short_medical_day_care": "ハ 短期利用療養通所介護費",
}
SHORTFALLS = {
    "over_capacity": "注 定員超過の場合 × 70%",
    "understaffed": "注 看護・介護職員が欠員の場合 × 70%",
}
PER_TEXTS = {
    "visit": "1回につき",
    "day": "1日につき",
    "one_way": "片道につき",
    "month": "1月につき",
}
Row = dict[str, str]


def table_rows(path: Path = ROOT / "data" / "service_codes.csv") -> list[Row]:
    """Read a code table as text, but how sure each row is: a published table does not say it."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            dict.fromkeys(COLUMNS, "") | row | {"confidence": ""} for row in csv.DictReader(file)
        ]


def rows_in(month: str) -> list[Row]:
    """Return the bundled rows of a month, by item code."""
    rows = [row for row in table_rows() if row["valid_from"] <= month <= row["valid_to"]]
    return sorted(rows, key=lambda row: row["item_code"])


def addition(item_code: str, name: str, text: str, composite: object, per: str) -> Row:
    """Make a row whose text is given, not derived."""
    return {
        "service_type": "78",
        "item_code": item_code,
        "name": name,
        "kind": "text",
        "text": text,
        "composite": "" if composite is None else str(composite),
        "per": per,
    }


@dataclass
class Layout:
    """How a workbook is laid out.

    Parameters
    ----------
    heading_row : int
        Where 合成 stands; 単位数 stands in the row below it.
    split : bool
        Whether figures, 単位 and ratios stand in cells of their own, figures as numbers.
    merged : bool
        Whether cells that hold for several rows are merged, or only blank below the first.
    title : str
        The name of the sheet.
    figures : str
        ``number``, ``text`` (1,007) or ``full_width`` (１，００７).
    codes_as_numbers : bool
        Whether type and code are numbers.
    """

    heading_row: int = 3
    split: bool = False
    merged: bool = True
    title: str = SHEET
    figures: str = "number"
    codes_as_numbers: bool = False
    other_sheets: list[str] = field(default_factory=lambda: ["目次", "夜間訪問介護"])


class CodeBook:
    """A workbook with one code table, and where each code stands in it."""

    def __init__(self, rows: list[Row], layout: Layout | None = None) -> None:
        self.layout = layout or Layout()
        self.book = Workbook()
        first = self.book.active
        assert isinstance(first, Worksheet)
        self.sheet = first
        self.sheet.title = self.layout.title
        for title in self.layout.other_sheets:
            self.book.create_sheet(title)
        self.row_of: dict[str, int] = {}
        self.next_row = self.layout.heading_row + 2
        self._head()
        base = [row for row in rows if row["kind"] == "base"]
        self._base([row for row in base if not row["shortfall"]])
        self._additions([row for row in rows if row["kind"] != "base"])
        for shortfall in SHORTFALLS:
            self._base([row for row in base if row["shortfall"] == shortfall])

    def save(self, path: Path) -> Path:
        """Write the workbook."""
        self.book.save(path)
        return path

    def cell(self, code: str, column: int) -> Any:
        """Return a cell of a code's row."""
        return self.sheet.cell(self.row_of[code], column)

    def put(self, code: str, column: int, value: object) -> CodeBook:
        """Write into a cell of a code's row."""
        self.cell(code, column).value = value
        return self

    def unmerge(self) -> CodeBook:
        """Take every merged cell apart, its text staying in the first."""
        for area in list(self.sheet.merged_cells.ranges):
            self.sheet.unmerge_cells(str(area))
        return self

    def _head(self) -> None:
        at = self.layout.heading_row
        if at > 1:
            self.sheet.cell(1, 1, "Ⅱ 地域密着型サービス サービスコード表")
        if at > 2:
            self.sheet.cell(2, 1, "7 地域密着型通所介護サービスコード表")
        for column, text in ((1, "サービスコード"), (3, "サービス内容略称"), (4, "算定項目")):
            self.sheet.cell(at, column, text)
        self.sheet.cell(at, COMPOSITE, "合成")
        self.sheet.cell(at, PER, "算定")
        for column, text in ((1, "種類"), (2, "項目"), (COMPOSITE, "単位数"), (PER, "単位")):
            self.sheet.cell(at + 1, column, text)
        self.sheet.merge_cells(start_row=at, start_column=1, end_row=at, end_column=2)
        self.sheet.merge_cells(start_row=at, start_column=3, end_row=at + 1, end_column=3)

    def _base(self, rows: list[Row]) -> None:
        start = self.next_row
        for row in rows:
            self._identify(row, row["published_units"])
            self._formula(row)
            self.next_row += 1
        self._carry(start, rows, 4, lambda row: FEES[row["service"]])
        self._carry(start, rows, 5, _duration)
        self._carry(start, rows, 6, lambda row: SHORTFALLS.get(row["shortfall"], ""))
        self._carry(start, rows, PER, lambda row: PER_TEXTS[row["per"]])

    def _formula(self, row: Row) -> None:
        parts: list[object] = []
        if row["care_level"]:
            parts.append(f"要介護{row['care_level']}")
        parts += [int(row["base_units"]), "単位"]
        if row["short_hours_per_mille"]:
            parts += ["×", f"{int(row['short_hours_per_mille']) // 10}%"]
        if row["extension_units"] != "0":
            parts += ["+", int(row["extension_units"]), "単位"]
        if self.layout.split:
            columns = [7, 8, 9, 10] if row["care_level"] else [8, 9, 10]
            tail = " ".join(map(str, parts[len(columns) - 1 :]))
            for column, part in zip(columns, [*parts[: len(columns) - 1], tail], strict=True):
                self.sheet.cell(self.next_row, column).value = part  # type: ignore[assignment]
        else:
            figures = [f"{part:,}" if isinstance(part, int) else part for part in parts]
            self.sheet.cell(self.next_row, 7, " ".join(map(str, figures)))

    def _additions(self, rows: list[Row]) -> None:
        start = self.next_row
        for row in rows:
            composite = row["composite"] if row["kind"] == "text" else row["published_units"]
            self._identify(row, composite)
            text = row["text"] if row["kind"] == "text" else _addition_text(row, rows)
            title = row["name"].removeprefix(SHEET)
            self.sheet.cell(self.next_row, 4, title)
            self.sheet.cell(self.next_row, 7, text)
            self.next_row += 1
        self._carry(start, rows, PER, lambda row: PER_TEXTS.get(row["per"], row["per"]))

    def _identify(self, row: Row, composite: str) -> None:
        at = self.next_row
        self.row_of[row["item_code"]] = at
        numbers = self.layout.codes_as_numbers
        identity: list[object] = [row["service_type"], row["item_code"], row["name"]]
        if numbers:
            identity[0] = int(row["service_type"])
            identity[1] = int(row["item_code"]) if row["item_code"].isdigit() else row["item_code"]
        for column, value in enumerate(identity, 1):
            self.sheet.cell(at, column).value = value  # type: ignore[assignment]
        if composite:
            self.sheet.cell(at, COMPOSITE).value = self._figure(composite)  # type: ignore[assignment]

    def _figure(self, text: str) -> object:
        try:
            number = int(text)
        except ValueError:
            return text
        if self.layout.figures == "text":
            return f"{number:,}"
        if self.layout.figures == "full_width":
            wide = {ord(char): chr(ord(char) + 0xFEE0) for char in "0123456789,-"}
            return f"{number:,}".translate(wide)
        return number

    def _carry(self, start: int, rows: list[Row], column: int, text: Any) -> None:
        """Write a text once for the rows that follow each other with it, as one merged cell."""
        at = start
        for shown, group in groupby(rows, key=text):
            many = len(list(group))
            if shown:
                self.sheet.cell(at, column, shown)
                if self.layout.merged and many > 1:
                    self.sheet.merge_cells(
                        start_row=at, start_column=column, end_row=at + many - 1, end_column=column
                    )
            at += many


def _duration(row: Row) -> str:
    if row["per"] != "visit":
        return ""
    hours = f"{int(row['minutes_from']) // 60}時間以上{int(row['minutes_to']) // 60}時間未満"
    if row["short_hours_per_mille"]:
        return f"注 {hours}の場合"
    if row["extension_units"] != "0":
        return f"注 日常生活上の世話を行い、通算した時間が{hours}の場合"
    return f"(1) 所要時間{hours}の場合"


def _addition_text(row: Row, rows: list[Row]) -> str:
    if row["kind"] == "addition":
        units = int(row["units"])
        return f"{abs(units)} 単位{'減算' if units < 0 else '加算'}"
    per_mille = int(row["per_mille"])
    if row["rate_of"] not in ("base_lines", "all_lines"):
        rates = [one for one in rows if one.get("group") == row["group"] and row["group"]]
        of = next(at for at, one in enumerate(rates, 1) if one.get("key") == row["rate_of"])
        return f"({of})で算定した単位数の {per_mille // 10}% 加算"
    if per_mille < 0:
        return f"所定単位数に × {(1000 + per_mille) // 10}/100"
    if row["rate_of"] == "base_lines":
        return f"所定単位数の {per_mille // 10}% 加算"
    return f"所定単位数の {per_mille}/1000 加算"

"""The files to fill in as one workbook: choices to pick from, and a sheet that explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.choices import SERVICES, SHORTFALLS
from chiiki_tsusho.columns import FILES, Column
from chiiki_tsusho.language import Language, Text, terminal_width
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.payers import public_law_numbers
from chiiki_tsusho.law.prices_and_limits import AREA_GRADES
from chiiki_tsusho.problem_texts import CALLED
from chiiki_tsusho.writing.table_writers import print_on_wide_pages, save_book

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_SHEETS = {
    "visits": Text("visits"),
    "providers": Text("providers"),
    "recipients": Text("recipients"),
}
_EXPLAINED = Text("columns")
# Rows that offer choices; a longer month can be pasted all the same.
_ROWS = 5000
_WIDEST, _NARROWEST = 60, 8
# What Excel shows beside a cell, and what a list of choices may hold.
_TITLE, _PROMPT, _LIST = 32, 255, 255
# Digits that are no figures: Excel would drop the zeros in front.
_NUMBERS = frozenset({
    "provider_no", "insurer_no", "insured_no", "public_payer_no", "public_recipient_no",
    "facility_insurer_no", "public_law", "month", "text", "time",
})  # fmt: skip
# Values that are usual, of kinds that take others as well.
_USUAL: dict[str, tuple[str, ...]] = {
    "session": ("1", "2", "3"),
    "area_grade": AREA_GRADES,
    "flag": ("1", "0"),
    "benefit_rate": ("90", "80", "70"),
    "public_law": tuple(map(str, public_law_numbers())),
    "sex": ("1", "2"),
    "care_plan_by": ("1", "2", "3"),
    "service": SERVICES,
    "shortfall": SHORTFALLS,
}


@dataclass(frozen=True)
class InputSheet:
    """One of the input files, with its example.

    Parameters
    ----------
    file : str
        ``visits``, ``providers`` or ``recipients``.
    columns : sequence of Column
    example : list of str
        A cell for each column.
    named : dict of str to str
        The heading of each addition, by key.
    shown : str, optional
        The addition that the example has.
    """

    file: str
    columns: Sequence[Column]
    example: list[str]
    named: dict[str, str]
    shown: str | None

    def rows(self, language: Language) -> list[list[str]]:
        """Return the headings, with every addition, and the example."""
        names = [column.called.say(language) for column in self.columns]
        counts = ["1" if key == self.shown else "" for key in self.named]
        return [names + list(self.named.values()), self.example + counts]


def sheet_name(file: str, language: Language) -> str:
    """Return what the sheet of an input file is called."""
    return _SHEETS[file].say(language)


def belongs_to(row: CodeRow) -> str:
    """Return the file in which an addition is usually filled in.

    What is registered for a provider as a whole goes there; what a person has once a month goes
    to the person; the others are of a visit.
    """
    if row.kind == "rate" or (row.group is not None and not row.limit_managed):
        return "providers"
    return "recipients" if row.per == "month" else "visits"


def choices(kind: str, language: Language) -> list[str]:
    """Return the values to pick from in a column of a kind, none where it takes any."""
    if kind == "care_level":
        return [f"要介護{level}" if language == "ja" else str(level) for level in range(1, 6)]
    values = _USUAL.get(kind, ())
    return [CALLED.get(one, one) for one in values] if language == "ja" else list(values)


def write_workbook(
    path: Path,
    sheets: Sequence[InputSheet],
    table: CodeTable,
    dictionary: Sequence[Sequence[str]],
    language: Language,
) -> None:
    """Write the sheets to fill in and one that explains their columns.

    Parameters
    ----------
    path : Path
    sheets : sequence of InputSheet
    table : CodeTable
        The code table of the month of the template.
    dictionary : sequence of rows
        As ``dictionary.csv`` has them.
    language : {"en", "ja"}
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for one in sheets:
        sheet = book.create_sheet(sheet_name(one.file, language))
        _fill_in(sheet, one, table, language)
    explained = book.create_sheet(_EXPLAINED.say(language))
    for row in _explanation(dictionary, language):
        explained.append(row)
    _dress(explained)
    save_book(book, path)


def _fill_in(sheet: Worksheet, one: InputSheet, table: CodeTable, language: Language) -> None:
    keys = [key for key in one.named if belongs_to(table.row_of(key)) == one.file]
    headings = one.rows(language)[0][: len(one.columns)] + [one.named[key] for key in keys]
    sheet.append(headings)
    cells: list[str | int | date | None] = [
        _typed(column, text) for column, text in zip(one.columns, one.example, strict=True)
    ]
    sheet.append(cells + [1 if key == one.shown else None for key in keys])
    for at, column in enumerate(one.columns, start=1):
        meaning = column.meaning_ja if language == "ja" else column.meaning
        _offer(sheet, at, headings[at - 1], choices(column.kind, language), meaning)
        if column.kind in _NUMBERS:
            _as_text(sheet, at)
    for at, key in enumerate(keys, start=len(one.columns) + 1):
        row = table.row_of(key)
        counts = [str(count) for count in range(1, row.largest_value + 1)]
        _offer(sheet, at, headings[at - 1], counts, row.name)
    _dress(sheet)


def _typed(column: Column, text: str) -> str | int | date | None:
    if column.kind == "date" and text:
        return date.fromisoformat(text)
    if column.kind in _NUMBERS or not text.isdecimal():
        return text or None
    return int(text)


def _offer(sheet: Worksheet, at: int, title: str, values: Sequence[str], meaning: str) -> None:
    """Let a column offer its values, and say what it means where one stands in it."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    listed = ",".join(values)
    offer = DataValidation(
        type="list" if values and len(listed) <= _LIST else None,
        formula1=f'"{listed}"' if values and len(listed) <= _LIST else None,
        allow_blank=True,
        showErrorMessage=False,
        showInputMessage=True,
        promptTitle=title[:_TITLE],
        prompt=meaning[:_PROMPT],
    )
    letter = get_column_letter(at)
    offer.add(f"{letter}2:{letter}{_ROWS}")
    sheet.add_data_validation(offer)


def _as_text(sheet: Worksheet, at: int) -> None:
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(at)].number_format = "@"
    sheet.cell(2, at).number_format = "@"


def _explanation(dictionary: Sequence[Sequence[str]], language: Language) -> Iterator[list[str]]:
    """Yield what the dictionary says of the sheets, in one language."""
    meaning = -1 if language == "ja" else -2
    headings = (Text("sheet"), Text("column"), Text("required"), Text("example"), Text("meaning"))
    yield [heading.say(language) for heading in headings]
    for file, name, heading, required, example, *meanings in dictionary[1:]:
        if file in FILES or file == "all":
            anywhere = Text("any sheet").say(language)
            sheet = sheet_name(file, language) if file in FILES else anywhere
            called = heading if language == "ja" else name
            yield [sheet, called, required, example, meanings[meaning]]


def _dress(sheet: Worksheet) -> None:
    """Keep the headings in sight, and make columns as wide as what stands in them."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    print_on_wide_pages(sheet)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for at, column in enumerate(sheet.iter_cols(), start=1):
        widest = max(terminal_width(str(cell.value or "")) for cell in column)
        width = min(max(widest, _NARROWEST), _WIDEST) + 2
        sheet.column_dimensions[get_column_letter(at)].width = width

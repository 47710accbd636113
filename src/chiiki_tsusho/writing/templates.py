"""Input files to fill in, with every heading and an example, and the dictionary of all columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.columns import (
    CLAIM_LINES,
    CLAIMS,
    EXAMPLE_NUMBERS,
    FILES,
    HEADINGS,
    PROBLEMS,
    Column,
)
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_book import CodeBook, load_code_book
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY, CodeRow
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import MonthLike, joined, month_text, parse_month, spans_text
from chiiki_tsusho.problem_texts import CALLED
from chiiki_tsusho.reading.addition_names import meanings
from chiiki_tsusho.whole_files import named_path
from chiiki_tsusho.writing.exchange import FolderExchange
from chiiki_tsusho.writing.file_sets import refusals, refuse_any
from chiiki_tsusho.writing.template_workbook import InputSheet, write_workbook

# A byte-order mark lets spreadsheets see that the file is UTF-8.
_ENCODING = "utf-8-sig"
DICTIONARY, WORKBOOK = "dictionary.csv", "template.xlsx"
_OUTPUTS = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}
_DICTIONARY_HEADINGS: dict[Language, list[str]] = {
    "en": ["file", "column", "heading", "required", "example", "meaning", "meaning_ja"],
    "ja": ["ファイル", "列", "見出し", "必須", "例", "意味(英語)", "意味"],
}
_REQUIRED: dict[Language, dict[bool, str]] = {
    "en": {True: "yes", False: "no"},
    "ja": {True: "必須", False: "任意"},
}
# The plan lies below the limit of every care level.
_EXAMPLE = {
    **EXAMPLE_NUMBERS,
    "area_grade": "1",
    "extended_hours": "1",
    "benefit_rate": "90",
    "planned_units": "5000",
    "session": "1",
}
# Cells that the example leaves blank, for the dictionary alone.
_ALSO = {"shortfall": "over_capacity", "public_law": "12", "public_copay_yen": "0"}
_LEVEL, _MORNING = 3, 9 * 60


@checked_call
def write_templates(
    folder: str | Path,
    month: MonthLike | None = None,
    codes: str | Path | None = None,
    headings: Language = "en",
) -> list[Path]:
    """Write the input files to fill in, the same as one workbook, and their dictionary.

    These are ``visits.csv``, ``providers.csv``, ``recipients.csv``, ``template.xlsx`` and
    ``dictionary.csv``. Each CSV has every heading and one example row; the three rows go together,
    and the numbers in them are nobody's. The workbook has each addition once, on the sheet where
    it belongs.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist; files of these names must not be there.
    month : str, int, date or Period, optional
        Its additions are the columns, and the example is of it; without it, the first month of the
        latest revision of the table.
    codes : path-like, optional
        The code table; without it, the bundled one.
    headings : {"en", "ja"}
        The language of the headings of all files.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        A file is there already, or the folder cannot be written.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> [path.name for path in ct.write_templates("my-month", "2026-06")][:3]
    ['visits.csv', 'providers.csv', 'recipients.csv']
    """
    folder = named_path(folder)
    book = load_code_book(codes)
    table = _latest(book) if month is None else book.table(parse_month(month))
    keys = sorted(set(table.keys) - table.chosen_keys)
    named = dict(zip(keys, _headings_of(keys, book, table, headings), strict=True))
    example = _example(table, headings)
    shown = _example_addition(table)
    sheets = [
        InputSheet(
            file,
            columns,
            [example.get(column.name, "") for column in columns],
            named,
            shown if file == "visits" else None,
        )
        for file, columns in FILES.items()
    ]
    dictionary = _dictionary(book, keys, example, headings)
    names = [*(f"{file}.csv" for file in FILES), WORKBOOK, DICTIONARY]
    with refusals(folder), FolderExchange(folder) as exchange:
        refuse_any(folder, names)
        paths = [exchange.stage / name for name in names]
        for path, sheet in zip(paths, sheets, strict=False):
            _write(path, sheet.rows(headings))
        write_workbook(exchange.stage / WORKBOOK, sheets, table, dictionary, headings)
        _write(exchange.stage / DICTIONARY, dictionary)
        exchange.put(())
    return [folder / name for name in names]


def _latest(book: CodeBook) -> CodeTable:
    """Return the table of the month in which the latest rows with base codes began."""
    starts = {one.row.valid_from for one in book.rows}
    return book.table(max(filter(book.supports, starts), default=max(starts)))


def _short(name: str) -> str:
    return name.removeprefix(SERVICE_PREFIX)


def _headings_of(
    keys: Sequence[str], book: CodeBook, table: CodeTable, language: Language
) -> list[str]:
    """Return the headings of additions: their keys, in Japanese their names in that month.

    Where a name would not be understood in the month, the key is the heading.
    """
    if language == "en":
        return list(keys)
    names = [_short(table.row_of(key).name) for key in keys]
    return [
        name if names.count(name) == 1 and _is_understood(name, key, book, table.month) else key
        for name, key in zip(names, keys, strict=True)
    ]


def _is_understood(name: str, key: str, book: CodeBook, month: int) -> bool:
    """Say whether a heading means one addition in a month, and nothing else."""
    keys, unclear = meanings(name, book.key_names)
    meant = [
        one for one, spans in keys.items() if any(first <= month <= last for first, last in spans)
    ]
    doubtful = any(first <= month <= last for first, last in unclear)
    return meant == [key] and not doubtful and name not in HEADINGS.values()


def _example_base(table: CodeTable) -> CodeRow:
    """Return the code of a whole day at 要介護3, or what the table has nearest to it."""
    return min(
        (row for row in table.rows if row.kind == "base" and not row.reductions),
        key=lambda row: (
            row.service != "day_care",
            row.shortfall is not None,
            bool(row.extension_units),
            abs((row.care_level or 0) - _LEVEL),
            -(row.minutes_from or 0),
        ),
    )


def _example(table: CodeTable, language: Language) -> dict[str, str]:
    """Return the cells of a visit of the month, of its provider and of its person, by column."""
    row = _example_base(table)
    called = CALLED if language == "ja" else {}
    return _EXAMPLE | {
        "service_date": f"{month_text(table.month)}-01",
        "care_level": str(row.care_level or ""),
        "minutes": str(row.minutes_from),
        "service": called.get(row.service, row.service),
        "shortfall": called.get(row.shortfall or "", row.shortfall or ""),
    }


def _example_addition(table: CodeTable) -> str | None:
    """Return an addition that the visit of the example may have."""
    service = _example_base(table).service
    for row in table.rows:
        plain = row.kind == "addition" and not (row.group or row.is_chosen)
        plain = plain and row.per in ("visit", "day")
        if plain and (row.units or 0) > 0 and row.service in ("both", service):
            return row.key
    return None


def _dictionary(
    book: CodeBook, keys: Sequence[str], example: dict[str, str], language: Language
) -> list[list[str]]:
    required = _REQUIRED[language]
    rows = [_DICTIONARY_HEADINGS[language]]
    called = CALLED if language == "ja" else {}
    also = {name: called.get(cell, cell) for name, cell in _ALSO.items()}
    shown = also | {name: cell for name, cell in example.items() if cell} | _times(example)
    for file, columns in FILES.items():
        rows += [
            _explained(file, column, required[column.required], shown.get(column.name, ""))
            for column in columns
        ]
    for key in keys:
        names = _names_of(key, book)
        most = book.largest_values[key]
        rows.append(
            [
                "all",
                key,
                " / ".join(dict.fromkeys(_short(name) for name in names)),
                required[False],
                "1",
                f"count of {_with_months(names, 'en')}: blank, 0 or up to {most}",
                f"{_with_months(names, 'ja')}の回数: 空欄、0、または{most}まで",
            ]
        )
    for file, columns in _OUTPUTS.items():
        rows += [_explained(file, column, "", "") for column in columns]
    return rows


def _explained(file: str, column: Column, required: str, example: str) -> list[str]:
    both = [column.meaning, column.meaning_ja]
    return [file, column.name, column.heading, required, example, *both]


def _times(example: dict[str, str]) -> dict[str, str]:
    """Return a start and an end that say the same as the minutes."""
    end = _MORNING + int(example["minutes"])
    return {"start_time": _clock(_MORNING), "end_time": _clock(min(end, MINUTES_OF_A_DAY))}


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def _names_of(key: str, book: CodeBook) -> dict[str, list[tuple[int, int]]]:
    """Return what an addition is called and in which months, in order of time."""
    names = {name: keys[key] for name, keys in book.key_names.items() if key in keys}
    return dict(sorted(names.items(), key=lambda named: min(named[1])))


def _with_months(names: dict[str, list[tuple[int, int]]], language: Language) -> str:
    opening, closing, between = ("(", ")", "、") if language == "ja" else (" (", ")", "; ")
    return between.join(
        f"{name}{opening}{spans_text(joined(spans), language)}{closing}"
        for name, spans in names.items()
    )


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding=_ENCODING, newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows(rows)

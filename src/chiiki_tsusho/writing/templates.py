"""Input files to fill in, with every heading and an example, and the dictionary of all columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES, PROBLEMS, VISITS, Column
from chiiki_tsusho.errors import InputFileError, OutputError
from chiiki_tsusho.language import Language, Text, not_written
from chiiki_tsusho.law.code_book import CodeBook, load_code_book
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY, CodeRow
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import joined, month_text, parse_month, spans_text
from chiiki_tsusho.problem_texts import CALLED
from chiiki_tsusho.reading.headings import Heading, known_headings, match_headings

# A byte-order mark lets spreadsheets see that the file is UTF-8.
_ENCODING = "utf-8-sig"
DICTIONARY = "dictionary.csv"
_OUTPUTS = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}
_DICTIONARY_HEADINGS: dict[Language, list[str]] = {
    "en": ["file", "column", "heading", "required", "example", "meaning", "meaning_ja"],
    "ja": ["ファイル", "列", "見出し", "必須", "例", "意味(英語)", "意味"],
}
_REQUIRED: dict[Language, dict[bool, str]] = {
    "en": {True: "yes", False: "no"},
    "ja": {True: "必須", False: "任意"},
}
# Nobody's numbers; the plan lies below the limit of every care level.
_EXAMPLE = {
    "provider_no": "9999999999",
    "insurer_no": "999999",
    "insured_no": "9999999999",
    "area_grade": "1",
    "extended_hours": "1",
    "benefit_rate": "90",
    "planned_units": "5000",
    "session": "1",
}
# Cells that the example leaves blank, for the dictionary alone.
_ALSO = {"shortfall": "over_capacity", "public_law": "12", "public_copay_yen": "0"}
_LEVEL, _MORNING = 3, 9 * 60


def write_templates(
    folder: str | Path,
    month: str | None = None,
    codes: str | Path | None = None,
    headings: Language = "en",
) -> list[Path]:
    """Write ``visits.csv``, ``providers.csv``, ``recipients.csv`` and ``dictionary.csv``.

    Each input file has every heading and one example row; the three rows go together and compute
    without a problem.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist; files of these names must not be there.
    month : str, optional
        Only the additions of that month; without it, those of every month. The example is of that
        month, else of the table's latest revision.
    codes : path-like, optional
        The code table; without it, the bundled one.
    headings : {"en", "ja"}
        Of all files.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        A file is there already, or the folder cannot be written.
    """
    folder = Path(folder)
    book = load_code_book(codes)
    table = _latest(book) if month is None else book.table(parse_month(month))
    keys = sorted(book.largest_values if month is None else table.keys)
    paths = [folder / f"{file}.csv" for file in FILES] + [folder / DICTIONARY]
    for path in paths:
        if path.exists():
            raise OutputError(Text("{path}: is there already; choose an empty folder", path=path))
    additions = _headings_of(keys, book, None if month is None else table.month, headings)
    example = _example(table, headings)
    addition = _example_addition(table)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, (file, columns) in zip(paths, FILES.items(), strict=False):
            names = [column.heading if headings == "ja" else column.name for column in columns]
            cells = [example.get(column.name, "") for column in columns]
            counts = [
                "1" if file == "visits" and addition in _keys_in(one, table.month) else ""
                for one in additions
            ]
            _write(path, [names + [one.text for one in additions], cells + counts])
        _write(paths[-1], _dictionary(book, keys, example, headings))
    except OSError as error:
        raise OutputError(not_written(folder, error)) from error
    return paths


def _latest(book: CodeBook) -> CodeTable:
    """Return the table of the month in which the latest rows with base codes began."""
    starts = {one.row.valid_from for one in book.rows}
    return book.table(max(filter(book.supports, starts), default=max(starts)))


def _short(name: str) -> str:
    return name.removeprefix(SERVICE_PREFIX)


def _headings_of(
    keys: Sequence[str], book: CodeBook, month: int | None, language: Language
) -> list[Heading]:
    """Return the headings of additions: their keys, in Japanese their published names.

    One name may have meant different keys in different months, and one key have had several names;
    where a month would not know what a name means, the keys are the headings.
    """
    if language == "ja":
        named = dict.fromkeys(
            _short(one.row.name)
            for one in sorted(book.rows, key=lambda one: str(one.row.key))
            if one.row.key is not None
            and (month is None or one.row.valid_from <= month <= one.row.valid_to)
        )
        needed = [column.name for column in VISITS if column.required]
        try:
            matched = match_headings([*needed, *named], "visits", book, "")[len(needed) :]
        except InputFileError:
            matched = []
        if matched and all(_is_plain(heading) for heading in matched):
            return matched
    known = known_headings("visits", book)
    return [known[key] for key in keys]


def _is_plain(heading: Heading) -> bool:
    """Say whether a heading is of additions, and in each month of one only."""
    spans = sorted(span for spans in heading.keys.values() for span in joined(spans))
    if any(one.printed for one in heading.unclear):
        return False
    return heading.column is None and all(last < first for (_, last), (first, _) in pairwise(spans))


def _keys_in(heading: Heading, month: int) -> list[str]:
    """Return what a heading means in a month."""
    return [
        key
        for key, spans in heading.keys.items()
        if any(first <= month <= last for first, last in spans)
    ]


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

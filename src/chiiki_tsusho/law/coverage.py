"""What the table has and lacks, month by month, and the document that has the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Literal

from chiiki_tsusho.choices import SHORTFALLS
from chiiki_tsusho.language import Name, Sayable, Text, listed
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS, CodeLine, CodeRow, segments
from chiiki_tsusho.law.published_names import SERVICE_PREFIX, same_addition
from chiiki_tsusho.law.table_files import Filled, Month, TableRow, law_file, typed_table
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import CALLED
from chiiki_tsusho.records import record

# Of the rows that answer a subject: all high, one of them medium, care levels missing, or none.
Mark = Literal["high", "medium", "part", "none"]
MARKS: dict[Mark, str] = {"high": "●", "medium": "○", "part": "△", "none": "-"}
MARK_MEANINGS: dict[Mark, Text] = {
    "high": Text("established"),
    "medium": Text("from one source (medium)"),
    "part": Text("not for every care level"),
    "none": Text("not there"),
}
_HOURS = range(2, 9)


class NotBundledRow(TableRow):
    """A row of data/not_bundled.csv: what the bundled table lacks in some months, and why.

    ``due_key`` and ``due_name`` are key and name of what every claim of these months has, blank
    where only some have it. A table of one's own may have it under another key.
    """

    valid_from: Month
    valid_to: Month
    missing_en: Filled
    missing_ja: Filled
    why_en: Filled
    why_ja: Filled
    document_en: Filled
    document_ja: Filled
    due_key: Filled | None
    due_name: Filled | None


@cache
def not_bundled_rows() -> tuple[NotBundledRow, ...]:
    """Load what the bundled table lacks, in order of time."""
    return tuple(one.row for one in typed_table(law_file("not_bundled.csv"), NotBundledRow))


def document_of(month: int) -> Sayable:
    """Name the document that has what the bundled table lacks in a month."""
    for row in not_bundled_rows():
        if row.valid_from <= month <= row.valid_to:
            return Name(row.document_en, row.document_ja)
    return Text("the ministry's service code table of that month")


def lacking_in_every_claim(rows_of_months: Mapping[int, Iterable[CodeRow]]) -> list[Text]:
    """Say what every claim of some months has and no row of their tables can bring.

    Parameters
    ----------
    rows_of_months : mapping of int to iterable of CodeRow
        The table of each month, YYYYMM.
    """
    lacking = []
    for row in not_bundled_rows():
        months = [
            month_text(month)
            for month, rows in sorted(rows_of_months.items(), key=itemgetter(0))
            if row.due_key is not None
            and row.valid_from <= month <= row.valid_to
            and not any(
                one.key == row.due_key or same_addition(one.name) == row.due_name for one in rows
            )
        ]
        if months:
            lacking.append(
                Text(
                    "claims of {months} lack what all of them have, since the table does not have "
                    "it: {missing}; give {document} with --codes",
                    months=listed(months),
                    missing=Name(row.missing_en, row.missing_ja),
                    document=Name(row.document_en, row.document_ja),
                )
            )
    return lacking


@record
class Subject:
    """Something that a table may have: a length of stay, a shortfall, an addition, a rate."""

    kind: Literal["base", "addition", "rate"]
    name: Sayable
    marks: tuple[Mark, ...]


@record
class Coverage:
    """What a table has, period by period.

    Parameters
    ----------
    periods : list of (int, int)
        First and last month of each run of months with the same rows.
    subjects : list of Subject
        Each with one mark for each period.
    """

    periods: list[tuple[int, int]]
    subjects: list[Subject]


def coverage(rows: list[CodeLine]) -> Coverage:
    """Say what a table has in each of its periods.

    Parameters
    ----------
    rows : list of NumberedRow of CodeRow
        Checked rows.

    Returns
    -------
    Coverage
        Lengths of stay and shortfalls first, then the additions and the rates by key.
    """
    cuts = segments(rows)
    periods = [(first, last) for first, last, _ in cuts]
    active = [[one.row for one in rows] for _, _, rows in cuts]
    return Coverage(periods, [*_base_subjects(active), *_keyed_subjects(active)])


def _base_subjects(periods: Sequence[list[CodeRow]]) -> Iterable[Subject]:
    plain = [
        [row for row in rows if row.kind == "base" and row.service == "day_care"]
        for rows in periods
    ]
    for hour in _HOURS:
        yield Subject(
            "base",
            Text("{first} to {end} hours", first=hour, end=hour + 1),
            tuple(_hour_mark(rows, 60 * hour) for rows in plain),
        )
    yield Subject(
        "base",
        Text("9 to 14 hours (延長)"),
        tuple(_mark([row for row in rows if row.extension_units]) for rows in plain),
    )
    for shortfall in SHORTFALLS:
        yield Subject(
            "base",
            Name(shortfall, CALLED[shortfall]),
            tuple(_mark([row for row in rows if row.shortfall == shortfall]) for rows in plain),
        )
    for service in ("medical_day_care", "short_medical_day_care"):
        of_service = [
            [r for r in rows if r.kind == "base" and r.service == service] for rows in periods
        ]
        # 短期利用 is there since 2024-04 alone, and only where someone has imported it.
        if service == "medical_day_care" or any(of_service):
            yield Subject("base", Name(service, CALLED[service]), tuple(map(_mark, of_service)))


def _hour_mark(rows: list[CodeRow], minute: int) -> Mark:
    found = [
        row
        for row in rows
        if row.shortfall is None and (row.minutes_from or 0) <= minute < (row.minutes_to or 0)
    ]
    if 0 < len({row.care_level for row in found}) < LEVEL_SLOTS - 1:
        return "part"
    return _mark(found)


def _mark(rows: list[CodeRow]) -> Mark:
    if not rows:
        return "none"
    return "medium" if any(row.confidence in ("medium", "low") for row in rows) else "high"


def _keyed_subjects(periods: Sequence[list[CodeRow]]) -> Iterable[Subject]:
    for kind in ("addition", "rate"):
        of_kind = [[row for row in rows if row.kind == kind] for rows in periods]
        names = {row.key: row.name for rows in of_kind for row in rows if row.key}
        for key in sorted(names):
            yield Subject(
                "addition" if kind == "addition" else "rate",
                Name(key, names[key].removeprefix(SERVICE_PREFIX)),
                tuple(_mark([row for row in rows if row.key == key]) for rows in of_kind),
            )

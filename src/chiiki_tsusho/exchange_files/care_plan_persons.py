"""第7表, 利用者補足 and 第1表 as rows of recipients: planned units and what is personal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from chiiki_tsusho.columns import HEADINGS
from chiiki_tsusho.errors import UnsupportedMonthError
from chiiki_tsusho.exchange_files.care_plan_layout import FIRST_TABLE, PERSON, PLAN, UNITS_PLAN
from chiiki_tsusho.exchange_files.care_plan_lines import PlanLine
from chiiki_tsusho.exchange_files.care_plan_notes import Note, Notes, PlanKey
from chiiki_tsusho.exchange_files.care_plan_visits import Cells, PlannedMonth, iso_date
from chiiki_tsusho.language import Name, Text, unseen
from chiiki_tsusho.law.code_book import CodeBook

# Sub-totals of a kind of service, and grand totals.
_TOTAL = re.compile(r"..(AAAA|EEEE|ZZZZ)|ALL9.*|999999")
# 送迎減算 and other reductions are below 0.
_UNITS = re.compile(r"[0-9]{1,6}|-[0-9]{1,5}")
_PROVIDER = re.compile(r"[0-9A-Z]{10}")
# 要介護状態区分 of 国保連: 21 to 25 are 要介護1 to 5.
_LEVELS = {str(20 + level): str(level) for level in range(1, 6)}
# 居宅サービス計画作成区分: 居宅介護支援事業所.
_BY_CARE_MANAGER = "1"
RECIPIENT_COLUMNS = (
    "insurer_no", "insured_no", "service_month", "provider_no", "planned_units", "care_level",
    "birth_date", "sex", "name", "name_kana", "certified_from", "certified_to", "care_plan_by",
    "care_manager_no",
)  # fmt: skip

# What each item gives: its column, and how its text becomes a cell (blank: it cannot be read).
_READERS: dict[tuple[str, str], tuple[str, Callable[[str], str]]] = {
    (PERSON, "name"): ("name", lambda text: _seen(text)),
    (PERSON, "name_kana"): ("name_kana", lambda text: _seen(text)),
    (PERSON, "sex"): ("sex", lambda text: text if text in ("1", "2") else ""),
    (PERSON, "birth_date"): ("birth_date", iso_date),
    (FIRST_TABLE, "certified_from"): ("certified_from", iso_date),
    (FIRST_TABLE, "certified_to"): ("certified_to", iso_date),
    (FIRST_TABLE, "care_level"): ("care_level", lambda text: _LEVELS.get(text, "")),
    (FIRST_TABLE, "care_manager_no"): ("care_manager_no", lambda text: _provider(text)),
    (PLAN, "care_manager_no"): ("care_manager_no", lambda text: _provider(text)),
}


# By insurer, insured person and month; without a month, of every month.
Personal = dict[tuple[str, str, str], Cells]


def _seen(text: str) -> str:
    return text if unseen(text) is None else ""


def _provider(text: str) -> str:
    return text if _PROVIDER.fullmatch(text) else ""


def is_grand_total(line: PlanLine) -> bool:
    """Say whether a line of 第7表 sums up others and is of no provider."""
    total = line.kind == UNITS_PLAN and _TOTAL.fullmatch(line["service_code"]) is not None
    return total and not line["provider_no"]


def planned_units(
    lines: Iterable[PlanLine], months: dict[PlanKey, PlannedMonth], book: CodeBook, notes: Notes
) -> dict[PlanKey, int | None]:
    """Sum the units within the limit of each person at each provider, of 第7表.

    Totals and codes that do not count against the limit are left out. None where a line cannot be
    used, also where it has no figure: a plan too small would make the person pay.

    Parameters
    ----------
    lines : iterable of PlanLine
        The lines of 第7表, of the providers whose plans are wanted.
    months : dict of PlanKey to PlannedMonth
        The months of 第6表, to compare the counts with. Receives additions of the whole month and
        ratios, which 第6表 may lack.
    book : CodeBook
    notes : Notes
        Receives what does not fit.
    """
    by_key: dict[PlanKey, list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_key[line.key].append(line)
    sums: dict[PlanKey, int | None] = {}
    for key, own in by_key.items():
        try:
            rows = {row.service_code: row for row in book.table(int(key.service_month)).rows}
        except UnsupportedMonthError:
            sums[key] = None
            continue
        types = {row.service_type for row in rows.values()}
        ours = [line for line in own if line["service_code"][:2] in types]
        details = [line for line in ours if not _TOTAL.fullmatch(line["service_code"])]
        if not ours:
            continue
        faults = [line for line in details if line["service_code"] not in rows]
        managed = [
            line
            for line in details
            if line not in faults and rows[line["service_code"]].limit_managed
        ]
        faults += [line for line in managed if not _UNITS.fullmatch(line["planned_units"])]
        if not details:
            text = Text("第7表 has totals of this service alone; planned_units is left blank")
            notes.add(Note("planned_units", text, ours[0].file, ours[0].number, key))
        for line in faults:
            known = line["service_code"] in rows
            item = "planned_units" if known else "service_code"
            text = Text("cannot be used; planned_units is left blank")
            heading, value = line.heading(item), line[item]
            notes.add(Note("planned_units", text, line.file, line.number, key, heading, value))
        usable = bool(details) and not faults
        sums[key] = sum(int(line["planned_units"]) for line in managed) if usable else None
        of_month = {
            str(rows[code].key): 1
            for code in (line["service_code"] for line in details)
            if code in rows and rows[code].per == "month"
        }
        if key in months:
            _compare_counts(
                [line for line in managed if rows[line["service_code"]].per != "month"],
                months[key],
                key,
                notes,
            )
        months.setdefault(key, PlannedMonth()).monthly.update(of_month)
    return sums


def _compare_counts(
    lines: Sequence[PlanLine], month: PlannedMonth, key: PlanKey, notes: Notes
) -> None:
    for line in lines:
        told, planned = line["count"], month.counts[line["service_code"]]
        if told.isdecimal() and int(told) != planned:
            text = Text("第6表 plans {code} {n} times", code=line["service_code"], n=planned)
            heading = line.heading("count")
            notes.add(Note("counts_differ", text, line.file, line.number, key, heading, told))


def personal_cells(lines: Iterable[PlanLine], notes: Notes) -> Personal:
    """Gather what the files say of each person, and 第6表 of each month.

    Where two lines differ, the cell is left blank and that is said: of two care managers, or of
    two certifications, nobody here can say which holds.
    """
    cells: Personal = defaultdict(dict)
    for line in lines:
        for (kind, item), (column, read) in _READERS.items():
            if kind != line.kind or not line[item]:
                continue
            value = read(line[item])
            own = cells[(*line.person, line.cells.get("service_month", ""))]
            named = Name(column, HEADINGS[column])
            if own.get(column) in ("", value):
                continue
            if not value:
                text = Text("cannot be read; {column} is left blank", column=named)
            elif column in own:
                text = Text("differs from another line; {column} is left blank", column=named)
            else:
                own[column] = value
                continue
            own[column] = ""
            heading = line.heading(item)
            notes.add(Note("item_left_blank", text, line.file, line.number, line.key, heading))
    return cells


def recipient_rows(
    months: Mapping[PlanKey, PlannedMonth],
    planned: Mapping[PlanKey, int | None],
    personal: Personal,
) -> list[Cells]:
    """Put together a row for each person, month and provider.

    A person of whom there is no plan has a row for every month and provider.
    """
    keys = sorted({*months, *planned})
    with_plan = {(key.insurer_no, key.insured_no) for key in keys}
    keys += [
        PlanKey("", "", *person)
        for person in sorted({(insurer, insured) for insurer, insured, _ in personal} - with_plan)
    ]
    rows: list[Cells] = []
    for key in keys:
        units = planned.get(key)
        row: Cells = {
            **key._asdict(),
            "planned_units": "" if units is None else units,
            **personal.get((key.insurer_no, key.insured_no, ""), {}),
            **personal.get((key.insurer_no, key.insured_no, key.service_month), {}),
        }
        if row.get("care_manager_no"):
            row["care_plan_by"] = _BY_CARE_MANAGER
        if key in months:
            row |= months[key].monthly
        rows.append(row)
    return rows

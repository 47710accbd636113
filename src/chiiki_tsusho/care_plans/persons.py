"""利用者補足 and 第1表 as rows of recipients: what is personal, beside the planned units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from chiiki_tsusho.care_plans.layout import FIRST_TABLE, PERSON, PLAN
from chiiki_tsusho.care_plans.lines import PlanLine
from chiiki_tsusho.care_plans.notes import Note, Notes, PlanKey
from chiiki_tsusho.care_plans.visits import Cells, PlannedMonth, iso_date
from chiiki_tsusho.columns import HEADINGS
from chiiki_tsusho.exchange_files.sheets import BY_CARE_MANAGER, KEY_FORMS, LEVEL_CODE
from chiiki_tsusho.language import Name, Text, unseen
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS

_LEVELS = {str(LEVEL_CODE + level): str(level) for level in range(1, LEVEL_SLOTS)}
RECIPIENT_COLUMNS = (
    "insurer_no", "insured_no", "service_month", "provider_no", "planned_units", "care_level",
    "birth_date", "sex", "name", "name_kana", "certified_from", "certified_to", "care_plan_by",
    "care_manager_no",
)  # fmt: skip


def _seen(text: str) -> str:
    return text if unseen(text) is None else ""


def _provider(text: str) -> str:
    return text if KEY_FORMS["provider_no"].fullmatch(text) else ""


# What each item gives: its column, and how its text becomes a cell (blank: it cannot be read).
_READERS: dict[tuple[str, str], tuple[str, Callable[[str], str]]] = {
    (PERSON, "name"): ("name", _seen),
    (PERSON, "name_kana"): ("name_kana", _seen),
    (PERSON, "sex"): ("sex", lambda text: text if text in ("1", "2") else ""),
    (PERSON, "birth_date"): ("birth_date", iso_date),
    (FIRST_TABLE, "certified_from"): ("certified_from", iso_date),
    (FIRST_TABLE, "certified_to"): ("certified_to", iso_date),
    (FIRST_TABLE, "care_level"): ("care_level", lambda text: _LEVELS.get(text, "")),
    (FIRST_TABLE, "care_manager_no"): ("care_manager_no", _provider),
    (PLAN, "care_manager_no"): ("care_manager_no", _provider),
}

# By insurer, insured person and month; without a month, of every month.
Personal = dict[tuple[str, str, str], Cells]


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
            row["care_plan_by"] = BY_CARE_MANAGER
        if key in months:
            row |= months[key].monthly
        rows.append(row)
    return rows

"""Care plans as care managers send them (ケアプランデータ連携), made into inputs of a claim."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.care_plans.layout import PLAN, READ, UNITS_PLAN, WITHDRAWALS
from chiiki_tsusho.care_plans.lines import (
    PlanLine,
    named_kind,
    plan_paths,
    read_plan_lines,
    read_withdrawals,
)
from chiiki_tsusho.care_plans.notes import Note, Notes, PlanKey
from chiiki_tsusho.care_plans.persons import (
    RECIPIENT_COLUMNS,
    personal_cells,
    recipient_rows,
)
from chiiki_tsusho.care_plans.units import is_grand_total, planned_units
from chiiki_tsusho.care_plans.visits import planned_months, visit_columns
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.language import Counted, Language, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.records import ByContent
from chiiki_tsusho.whole_files import visible_path
from chiiki_tsusho.writing.file_sets import write_files
from chiiki_tsusho.writing.table_writers import guarded

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

VISITS_FILE, RECIPIENTS_FILE = "visits.csv", "recipients.csv"
# A byte-order mark lets spreadsheets see that a file is UTF-8.
_ENCODING = "utf-8-sig"


@checked_call
@dataclass(frozen=True, eq=False)
class CarePlans(ByContent):
    """Care plans as inputs of a claim.

    Parameters
    ----------
    visits, recipients : DataFrame
        Text, as the files of the same names have it. Recipients have names and birth dates.
    notes : DataFrame
        What was left out or does not fit, by file, line and person: ``severity`` is error where
        the visits of that person and month are not among the visits.
    """

    visits: pd.DataFrame
    recipients: pd.DataFrame
    notes: pd.DataFrame

    def __repr__(self) -> str:
        """Count the rows."""
        counts = (len(self.visits), len(self.recipients), len(self.notes))
        return "CarePlans({} visits, {} recipients, {} notes)".format(*counts)

    @property
    def complete(self) -> bool:
        """Whether every visit of the plans is among the visits."""
        return not (self.notes["severity"] == "error").any()

    @checked_call
    def write(self, folder: str | Path) -> list[Path]:
        """Write ``visits.csv`` and ``recipients.csv``, readable by their owner only.

        Parameters
        ----------
        folder : path-like
            Is made where it does not exist.

        Returns
        -------
        list of Path

        Raises
        ------
        OutputError
            One of them is there already, or the folder cannot be written.
        """
        files = {VISITS_FILE: self.visits, RECIPIENTS_FILE: self.recipients}
        contents = ((name, _csv(guarded(frame)).encode(_ENCODING)) for name, frame in files.items())
        return write_files(folder, contents, private=files)


@checked_call
def from_plan(
    files: str | Path | Sequence[str | Path],
    provider_no: str | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
) -> CarePlans:
    """Read care plans (UPPLAN, UPSIKYU, UPHOSOKU, UP1KYO) as visits and recipients.

    The items of 第6表 and 第7表 rest on one program that was built from their layout; no sent file
    was ever tried here. Compare the visits of the first month with the plan on paper.

    Parameters
    ----------
    files : path-like or sequence of path-like
        Files, or folders of them. The beginning of a name says what a file is (``UPPLAN_…``), or
        the number of its items.
    provider_no : str, optional
        The provider whose visits are wanted; without it, all of this service.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the notes.

    Returns
    -------
    CarePlans
        Visits are those planned. Where the plan shows no times, or times that do not fit the
        code, minutes are the lower bound of the code's band. Additions of the whole month and
        ratios stand in the rows of recipients. Rates of benefit and public funds are not in these
        files.

    Raises
    ------
    InputFileError
        A file cannot be read, or a line does not say whose it is.
    TableError
        ``codes`` fails a check.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> plans = ct.from_plan(["UPPLAN_202607.CSV", "UPSIKYU_202607.CSV"])  # doctest: +SKIP
    >>> plans.write("month")  # doctest: +SKIP
    """
    book, notes = code_book(codes), Notes()
    paths = plan_paths([files] if isinstance(files, (str, Path)) else files)
    lines: list[PlanLine] = []
    withdrawn: list[tuple[Path, PlanKey]] = []
    for path in paths:
        kind = named_kind(path)
        if kind in WITHDRAWALS:
            withdrawn += [(path, key) for key in read_withdrawals(path)]
        elif kind and kind not in READ:
            notes.add(Note("not_needed", Text("is not needed and left unread"), visible_path(path)))
        else:
            lines += [one for one in read_plan_lines(path) if not is_grand_total(one)]
    own = _of_provider(lines, provider_no, notes)
    doubled = _note_two_files(own, notes)
    plan, units = (
        [line for line in own if line.kind == kind and line.key not in doubled]
        for kind in (PLAN, UNITS_PLAN)
    )
    months = planned_months(plan, book, notes)
    planned = planned_units(units, months, book, notes)
    _note_withdrawals(withdrawn, {line.key for line in plan}, notes)
    held = notes.held
    visits = [one for key in sorted(months) if key not in held for one in months[key].visits]
    recipients = recipient_rows(months, planned, personal_cells(own, notes))
    keys = list(dict.fromkeys(str(one.row.key) for one in book.rows if one.row.key is not None))
    used = {name for row in recipients for name in row}
    columns = [*RECIPIENT_COLUMNS, *(key for key in keys if key in used)]
    return CarePlans(
        _frame(visits, visit_columns(visits, keys)),
        _frame(recipients, columns),
        notes.frame(language),
    )


def _of_provider(
    lines: Iterable[PlanLine], provider_no: str | None, notes: Notes
) -> list[PlanLine]:
    """Leave out the lines of other providers, and say so."""
    own, others = [], Counter[tuple[str, str]]()
    for line in lines:
        told = line.cells.get("provider_no")
        # A line without a provider may be of any.
        if not told or provider_no in (None, told):
            own.append(line)
        else:
            others[line.file, told] += 1
    for (file, provider), n in others.items():
        text = Counted(
            "{n:,} line of another provider is left out",
            "{n:,} lines of another provider are left out",
            n,
        )
        notes.add(Note("other_provider", text, file, key=PlanKey(provider_no=provider)))
    return own


def _note_two_files(lines: Iterable[PlanLine], notes: Notes) -> set[PlanKey]:
    """Hold what two files plan: one may be an earlier edition of the other."""
    files: dict[tuple[str, PlanKey], dict[str, None]] = defaultdict(dict)
    for line in lines:
        if line.kind in (PLAN, UNITS_PLAN):
            files[line.kind, line.key][line.file] = None
    doubled = {place: list(of_one) for place, of_one in files.items() if len(of_one) > 1}
    for (kind, key), of_one in doubled.items():
        text = Text(
            "{other} is a {kind} of the same person, month and provider; leave the earlier one out",
            other=of_one[0],
            kind=kind,
        )
        notes.add(Note("two_files", text, of_one[1], key=key, holds=True))
    return {key for _, key in doubled}


def _note_withdrawals(
    withdrawn: Iterable[tuple[Path, PlanKey]], planned: set[PlanKey], notes: Notes
) -> None:
    for path, back in withdrawn:
        met = [key for key in sorted(planned) if key._replace(provider_no="") == back]
        text = Text("takes a plan back; leave out the plan, or this file where a new plan came")
        for key in met or [back]:
            notes.add(Note("withdrawal", text, visible_path(path), key=key, holds=bool(met)))


def _frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    texts = [[str(row.get(column, "")) for column in columns] for row in rows]
    return pd.DataFrame(texts, columns=list(columns), dtype="str")


def _csv(frame: pd.DataFrame) -> str:
    return csv_text([frame.columns, *frame.to_numpy().tolist()])

"""What the claim file and papers need of each person beside the claim, from recipients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.claims.rosters import Roster
from chiiki_tsusho.columns import PERSONAL
from chiiki_tsusho.exchange_files.checks_person import STOP_REASONS
from chiiki_tsusho.exchange_files.dates import FIRST_MONTH, month_days
from chiiki_tsusho.exchange_files.line_cells import Texts
from chiiki_tsusho.exchange_files.sheets import BY_CARE_MANAGER, BY_PERSON, BY_PREVENTION
from chiiki_tsusho.language import Sayable, Text, unseen
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.not_known import NO_ROW, UNKNOWN, WRONG_ROW
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.blocks import Form, Numbers, Source
from chiiki_tsusho.reading.cell_faults import cell_fault
from chiiki_tsusho.reading.cell_texts import identifier
from chiiki_tsusho.reading.cells import parsed
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.layouts import matched_headings
from chiiki_tsusho.reading.typed_blocks import Identities

_SEXES = {"1": "1", "男": "1", "2": "2", "女": "2"}
# 居宅サービス計画作成区分, as its number or in words.
_PLAN_BY = {
    **dict.fromkeys((BY_CARE_MANAGER, "居宅介護支援事業所"), BY_CARE_MANAGER),
    **dict.fromkeys((BY_PERSON, "自己作成"), BY_PERSON),
    **dict.fromkeys((BY_PREVENTION, "介護予防支援"), BY_PREVENTION),
}
# What a cell should have been; never what stands there, which is the person's own.
_EXPECTED: dict[str, Sayable] = {
    "date": Text("a date such as 1940-04-01 is expected"),
    "care_level": Text("1 to 5 is expected"),
    "sex": Text("1 (男) or 2 (女) is expected"),
    "care_plan_by": Text("1, 2 or 3 is expected"),
    "stop_reason": Text("1 or 3 to 9 is expected"),
    "provider_no": Text("a number of 10 characters is expected"),
    "public_payer_no": Text("a number of 8 digits is expected"),
    "public_recipient_no": Text("a number of 7 digits is expected"),
    "facility_insurer_no": Text("a number of 6 digits is expected"),
}


def _number(places: int, text: str) -> str | None:
    return text if text.isascii() and text.isdigit() and len(text) == places else None


def _date(text: str) -> str | None:
    date = parsed("date", text)
    return str(date) if date is not None and date // 100 >= FIRST_MONTH else None


def _care_level(text: str) -> str | None:
    level = parsed("care_level", text)
    return None if level is None else str(level)


# Each kind of cell as the claim file writes it, or None where it cannot be read.
_READERS: dict[str, Callable[[str], str | None]] = {
    "date": _date,
    "sex": _SEXES.get,
    "care_level": _care_level,
    "care_plan_by": _PLAN_BY.get,
    "stop_reason": dict(zip(STOP_REASONS, STOP_REASONS, strict=True)).get,
    "provider_no": lambda text: None if parsed("provider_no", text) is None else text,
    "public_payer_no": partial(_number, 8),
    "public_recipient_no": partial(_number, 7),
    "facility_insurer_no": partial(_number, 6),
    "text": lambda text: text if unseen(text) is None else None,
}


@dataclass(frozen=True)
class PersonCells:
    """Cells of recipients for some claims.

    Parameters
    ----------
    texts : dict of name to ndarray of str, shape (claims,)
        As the claim file writes them, blank where nothing is said.
    unreadable : dict of name to ndarray of bool
        Where something stands that cannot be read.
    missing, wrong : ndarray of bool, shape (claims,)
        Claims without a row of their person, and those whose row is doubled or wrong.
    public_law : ndarray of int64, shape (claims,)
        法別番号, 0 where there are no public funds.
    public_all_month : ndarray of bool, shape (claims,)
        Where they hold on every day of the month.
    benefit_rate, planned_units : ndarray of int64, shape (claims,)
        ``UNKNOWN`` where they are not given.
    faults : dict of name to list of Text
        What is wrong with cells that cannot be read, each by its place: a paper lacks nothing
        without a word.
    """

    texts: dict[str, Texts] = field(repr=False)
    unreadable: dict[str, Flags]
    missing: Flags
    wrong: Flags
    public_law: Ints
    public_all_month: Flags
    benefit_rate: Ints
    planned_units: Ints
    faults: dict[str, list[Text]] = field(default_factory=dict)

    def part(self, of_claims: slice) -> PersonCells:
        """Return those of some of the claims."""
        return PersonCells(
            {name: texts[of_claims] for name, texts in self.texts.items()},
            {name: flags[of_claims] for name, flags in self.unreadable.items()},
            self.missing[of_claims],
            self.wrong[of_claims],
            self.public_law[of_claims],
            self.public_all_month[of_claims],
            self.benefit_rate[of_claims],
            self.planned_units[of_claims],
            self.faults,
        )


def expected_of(name: str) -> Sayable:
    """Say what a personal column should hold."""
    kind = next(column.kind for column in PERSONAL if column.name == name)
    return _EXPECTED[kind]


def person_cells(source: Source, book: CodeBook, claims: pd.DataFrame) -> PersonCells:
    """Find the row of recipients of each claim, and read its personal cells.

    Parameters
    ----------
    source : Source
        The file of recipients, or a frame.
    book : CodeBook
        Knows the headings of additions, which the file may have as well.
    claims : DataFrame
        With the four identifying columns.

    Returns
    -------
    PersonCells
        In the order of the claims.
    """
    identities = Identities()
    roster = Roster(BlockDecoder(source, "recipients", book, identities), identities, Problems())
    insurer = identities.insurers.ids(claims["insurer_no"].tolist())
    insured = pack_insured(of_texts(claims["insured_no"].tolist()))
    month = claims["service_month"].to_numpy(dtype=np.int64)
    provider = identities.providers.ids(claims["provider_no"].tolist())
    rows = roster.find((insurer, insured), month, provider)
    missing, wrong = rows == NO_ROW, rows == WRONG_ROW
    there = ~(missing | wrong)
    texts: dict[str, Texts] = {}
    unreadable: dict[str, Flags] = {}
    faults: dict[str, list[Text]] = {}
    lines, columns = _columns(source, book)
    # A row of which these columns are blank may be none where they alone are read, so that rows
    # are told by their lines.
    said = there.copy()
    said[there] = np.isin(roster.lines[rows[there]], lines)
    at = np.searchsorted(lines, roster.lines[rows[said]])
    for column in PERSONAL:
        cells = np.array([""] * len(claims), dtype=object)
        if column.name in columns:
            cells[said] = columns[column.name][at]
        folded = str.strip if column.kind == "text" else identifier
        read, bad = _read(cells, folded, _READERS[column.kind])
        texts[column.name] = read
        if column.kind in _EXPECTED:
            unreadable[column.name] = bad
        # One row may be of several claims.
        wrong_cells = dict(zip(roster.lines[rows[bad]].tolist(), cells[bad], strict=True))
        faults[column.name] = [
            cell_fault(source, line, column.name, column.heading, _wrong_with(column.kind, cell))
            for line, cell in wrong_cells.items()
        ]
    first, last = (roster.values(rows, name, UNKNOWN) for name in ("public_from", "public_to"))
    return PersonCells(
        texts,
        unreadable,
        missing=missing,
        wrong=wrong,
        public_law=roster.values(rows, "public_law", 0),
        public_all_month=(first <= 1) & ((last == UNKNOWN) | (last >= month_days(month))),
        benefit_rate=roster.values(rows, "benefit_rate", UNKNOWN),
        planned_units=roster.values(rows, "planned_units", UNKNOWN),
        faults=faults,
    )


def _wrong_with(kind: str, cell: str) -> Sayable:
    hidden = None if kind in _EXPECTED else unseen(cell.strip())
    return _EXPECTED[kind] if hidden is None else hidden


def _read(
    cells: npt.NDArray[np.object_],
    folded: Callable[[str], str],
    reader: Callable[[str], str | None],
) -> tuple[Texts, Flags]:
    at, distinct = pd.factorize(cells)
    values = [reader(text) if text else "" for text in map(folded, distinct)]
    texts = np.array([value or "" for value in values], dtype=str)
    bad = np.array([value is None for value in values], dtype=bool)
    return texts[at], bad[at]


def _columns(source: Source, book: CodeBook) -> tuple[Ints, dict[str, npt.NDArray[np.object_]]]:
    """Read the personal columns of a file as text, and the line of each row."""
    wanted = {column.name for column in PERSONAL}
    headings, _ = matched_headings(source, "recipients", book)
    names = ["" if one.column is None else one.column.name for one in headings]
    forms: list[Form] = ["texts" if name in wanted else "unread" for name in names]
    read: dict[str, list[str]] = {name: [] for name in names if name in wanted}
    lines: list[int] = []
    # Without any of them nothing has to be read.
    for block in source.blocks(forms) if read else ():
        lines.extend(block.lines.tolist())
        for name, column in zip(read, block.columns, strict=True):
            assert not isinstance(column, Numbers)
            read[name].extend(column.of_rows().to_pylist())
    columns = {name: np.array(texts, dtype=object) for name, texts in read.items()}
    return np.array(lines, dtype=np.int64), columns

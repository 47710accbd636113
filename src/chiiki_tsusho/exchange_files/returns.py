"""返戻(保留)一覧表 (7411): which claims came back, why, and what to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.exchange_files.cp932_rows import cp932_rows
from chiiki_tsusho.exchange_files.return_codes import return_codes
from chiiki_tsusho.exchange_files.sheets import KEY_FORMS
from chiiki_tsusho.language import Language, Name, Sayable, Text
from chiiki_tsusho.whole_files import given_path

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

LIST_ID = "7411"
_HEAD, _DETAIL = "H1", "D1"
_MARK = re.compile(r"[0-9A-Z]{1,2}")
_CONTROL, _END = "1", "3"
_NUMBER = re.compile(r"[0-9]{1,10}")
_LEAST_CELLS = 2
WAITING = "保留"
_MONTH = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])")
_CODE = re.compile(r"[0-9A-Z]{2,4}")
_FORMS = KEY_FORMS | {
    "service_kind": re.compile(r"[0-9A-Z]{2}"),
    "units": re.compile(r"[+-]?[0-9]{1,9}"),
    "reason": re.compile(r"[!-~]{1,4}"),
}
# 種別 of a line, and 事由 of its return.
_KINDS = {
    "サ": Text("statement of services"),
    "請": Text("claim"),
    "給": Text("給付管理票"),
}
_REASONS = {
    "A": Text("first check"),
    "B": Text("entitlement"),
    "C": Text("comparison with 給付管理票, or assessment"),
    "D": Text("給付管理票 is not there"),
    "E": Text("review committee, or barred by time"),
}
# What a return without a code means by its 事由, and what to do.
_ASK = Text("read the text of the list and ask 国保連")
_NO_CODE = (Text("there is no code"), _ASK)
_UNCODED = {
    "D": (
        Text("給付管理票 did not come"),
        Text(
            "have the care manager send 給付管理票, and claim again in the month in which it does"
        ),
    ),
    "E": (Text("decided by the review committee, or barred by time"), _ASK),
}
COLUMNS = (
    "line", "service_month", "provider_no", "insurer_no", "insured_no", "kind", "service_kind",
    "units", "reason", "code", "waiting", "meaning", "established", "correct", "what_to_do",
)  # fmt: skip


@dataclass(frozen=True)
class _Return:
    """A returned claim; the name that the list prints is left in the file."""

    line: int
    provider_no: str
    cells: Sequence[str]
    at: int

    def cell(self, offset: int) -> str:
        """Return a cell by its distance from the month of service."""
        place = self.at + offset
        return self.cells[place] if 0 <= place < len(self.cells) else ""

    @property
    def waiting(self) -> bool:
        """Whether the claim waits for 給付管理票 and has not come back."""
        return WAITING in self.cell(5)

    @property
    def code(self) -> str:
        """The code, in the column of remarks or in a column of its own behind it."""
        found = [self.cell(offset) for offset in (5, 6) if _CODE.fullmatch(self.cell(offset))]
        return found[0] if found else ""


@checked_call
def read_returns(path: str | Path, language: Language = "en") -> pd.DataFrame:
    """Read which claims came back (7411), and say what each code means.

    The layout rests on two programs that read such files; one was never tried here.

    Parameters
    ----------
    path : path-like
        CP932, as 国保連 sends it.
    language : {"en", "ja"}
        The language of the meanings and of what to do.

    Returns
    -------
    DataFrame
        A row a returned claim: line, service_month, provider_no, insurer_no, insured_no, kind,
        service_kind, units, reason, code, waiting (1 for 保留), meaning, established (1 where a
        source gives the meaning), correct (input and column), what_to_do. Names are left out.

    Raises
    ------
    InputFileError
        The file cannot be read, or no line of it is of this list; a line is damaged, missing or
        of another list; the list has a control record and no end record.

    Examples
    --------
    >>> from pathlib import Path
    >>> import chiiki_tsusho as ct
    >>> line = (
    ...     "2,3,7411,D1,1370000001,131000,見本区,0000000001,ミホン ハナコ,サ,201604,78,1904,"
    ...     "B,12P0:認定情報,12P0"
    ... )
    >>> size = Path("returned.csv").write_text(line, encoding="cp932")
    >>> ct.read_returns("returned.csv")[["insured_no", "units", "code", "meaning"]]
       insured_no units  code                              meaning
    0  0000000001  1904  12P0  the certification is not registered
    """
    rows = [_row(one, language) for one in _returns(given_path(path))]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = ["line", "waiting", "established"]
    return frame.astype({name: "int64" if name in whole else "str" for name in COLUMNS})


def _returns(path: Path) -> list[_Return]:
    otherwise = Text("{path}: is not Shift_JIS (CP932), in which 国保連 sends its lists", path=path)
    found: list[_Return] = []
    faults: list[tuple[int, Text]] = []
    provider = ""
    listed = False
    frame = _Frame()
    for number, row in cp932_rows(path, otherwise):
        if not any(row):
            continue
        cells = _cells_of_list(row)
        listed = listed or bool(cells)
        fault = frame.fault(row, named=bool(cells))
        if fault is None and cells:
            fault, at = _fault_and_place(cells)
            if fault is None and at is None:
                provider = cells[2] if len(cells) > _LEAST_CELLS else ""
            elif at is not None:
                found.append(_Return(number, provider, cells, at))
        if fault is not None:
            faults.append((number, fault))
    if not listed:
        raise InputFileError(
            Text(
                "{path}: no line is of the list of returned claims (7411); give the list as 国保連 "
                "sent it",
                path=path,
            )
        )
    if faults:
        line, fault = faults[0]
        raise InputFileError(
            Text("{path}: line {line}: {fault}", path=path, line=line, fault=fault)
        )
    if frame.open:
        raise InputFileError(
            Text("{path}: the list has no end record and is cut off; save it again", path=path)
        )
    return found


def _cells_of_list(row: Sequence[str]) -> Sequence[str]:
    """Return a line of the list from its number on, which the record number may stand before."""
    # The third cell first: a running number may be the same.
    at = next((at for at in (2, 0, 1) if row[at : at + 1] == [LIST_ID]), None)
    return [] if at is None or (at == 1 and row[0] == _END) else row[at:]


@dataclass
class _Frame:
    """The control record, the running numbers behind it and the end record of a list.

    Lines may be given without the frame; a frame that is begun is checked to its end.
    """

    open: bool = False
    expected: int = 0

    def fault(self, row: Sequence[str], *, named: bool) -> Text | None:
        """Say what is wrong with a line as one of its file.

        Parameters
        ----------
        row : sequence of str
        named : bool
            Whether the line has the number of the list.
        """
        kind = "" if named and row[0] == LIST_ID else row[0]
        control = kind == _CONTROL and not named and len(row) > _LEAST_CELLS
        end = kind == _END and not named and len(row) == _LEAST_CELLS
        if not (named or control or end):
            return Text(
                "is no line of this list (7411), nor its control or end record; the line is "
                "damaged or of another list"
            )
        if control and not self.open:
            self.open, self.expected = True, 1
        elif control:
            return Text("is a control record, and the end record of the list above is missing")
        if not self.open:
            return None
        number, self.open = row[1] if kind else "", not end
        expected, self.expected = self.expected, self.expected + 1
        if _NUMBER.fullmatch(number) and int(number) == expected:
            return None
        return Text(
            "the running number {expected} was expected; a line is missing or damaged",
            expected=expected,
        )


def _fault_and_place(cells: Sequence[str]) -> tuple[Text | None, int | None]:
    """Say what is wrong with a line of the list, and where the month of a return stands.

    A heading has neither.
    """
    mark = cells[1].upper() if len(cells) >= _LEAST_CELLS else ""
    at = _place_of_month(cells)
    if mark == _DETAIL:
        fault = Text("no month of service between kind and service type; the line is damaged")
        return (fault, None) if at is None else (None, at)
    if mark == _HEAD:
        fault = Text("is marked H1, as a heading is, and has what a return has")
        return None if at is None else fault, None
    # What stands where a mark should may be a name.
    if _MARK.fullmatch(mark):
        return (
            Text(
                "is marked {mark!r}, and only D1 is known of the lines of returns; read this list "
                "yourself, or take out the line if it is no return",
                mark=cells[1],
            ),
            None,
        )
    return Text("has neither the mark D1 nor H1; the line is damaged"), None


def _place_of_month(cells: Sequence[str]) -> int | None:
    """Find サービス提供年月: what stands before it is counted in two ways by the two programs."""
    for at in range(5, len(cells) - 2):
        if _MONTH.fullmatch(cells[at]) and cells[at - 1][:1] in _KINDS:
            return at
    return None


def _row(one: _Return, language: Language) -> dict[str, object]:
    known = return_codes().get(one.code)
    meaning, action, established = _meaning(one)
    kind, reason = one.cell(-1)[:1], one.cell(3)[:1]
    return {
        "line": one.line,
        "service_month": one.cell(0),
        "provider_no": _formed("provider_no", one.provider_no),
        "insurer_no": _formed("insurer_no", one.cell(-5)),
        "insured_no": _formed("insured_no", one.cell(-3)),
        "kind": _KINDS[kind].say(language),
        "service_kind": _formed("service_kind", one.cell(1)),
        "units": _formed("units", one.cell(2)).removeprefix("+"),
        "reason": _REASONS[reason].say(language)
        if reason in _REASONS
        else _formed("reason", one.cell(3)),
        "code": one.code,
        "waiting": int(one.waiting),
        "meaning": meaning.say(language),
        "established": int(established),
        "correct": "" if known is None else known.correct or "",
        "what_to_do": action.say(language),
    }


def _formed(name: str, text: str) -> str:
    return text if _FORMS[name].fullmatch(text) else ""


def _meaning(one: _Return) -> tuple[Sayable, Sayable, bool]:
    """Say what a return means, what to do, and whether a source gives the meaning."""
    if one.waiting:
        return (
            Text("waits for 給付管理票 (保留)"),
            Text(
                "ask the care manager for 給付管理票; do not claim again unless it comes back as a "
                "return"
            ),
            True,
        )
    if not one.code:
        reason = one.cell(3)[:1]
        return *_UNCODED.get(reason, _NO_CODE), reason in _UNCODED
    known = return_codes().get(one.code)
    if known is None:
        return Text("the meaning of this code is not established"), _ASK, False
    if known.strength != "low":
        return known.meaning, known.action, True
    meaning = Name(f"{known.meaning.en} (not established)", f"{known.meaning.ja}(未確認)")
    return meaning, known.action, False

"""The rows of a printed code table in a workbook sheet, merged cells carried down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.published_names import normal
from chiiki_tsusho.table_imports.condition_text import Conditions
from chiiki_tsusho.table_imports.known_rows import RowRefusedError
from chiiki_tsusho.table_imports.sheet_cells import CellRow

SHEET = "地域通所介護"
HEADING_ROWS = 10
_LONGEST_HEADING = 40
FIRST_CONDITION = 3
_COMPOSITE_HEADING = re.compile(r"合成(\(?単位数\)?)?")
# Headings right of 合成: the ministry's, and those of what someone fills in by hand.
_FURTHER_HEADINGS = {
    "managed_units": re.compile(r"給付管理(\(?単位数\)?)?"),
    "per": re.compile(r"算定(単位)?"),
    "limit_managed": re.compile(
        r"(区分)?(支給)?限度(基準)?額(管理)?(の?対象)?(区分)?|limit_managed"
    ),
    "key": re.compile(r"キー|key"),
    "service": re.compile(r"サービス区分|service"),
    "rate_of": re.compile(r"割合の対象|rate_of"),
    "group": re.compile(r"併算定グループ|group"),
    "max_per_month": re.compile(r"月の上限回数|max_per_month"),
}
_SERVICE_TYPE = re.compile(r"[0-9A-Z]{2}")
_ITEM_CODE = re.compile(r"[0-9A-Z]{4}")
_FIGURE = re.compile(r"([-−▲△]?)(\d{1,3}(?:,\d{3})+|\d+)(?:単位)?")
_LIMIT_MARKS = {"1": 1, "3": 1, "対象": 1, "○": 1, "〇": 1, "0": 0, "対象外": 0, "×": 0}
_NUMBER_FORMAT = re.compile(r'(?:"([^"]*)")?[#,0?]*[#0?](?:\.[0#?]+)?(%?)(?:"([^"]*)")?')


@dataclass(frozen=True)
class SheetRow:
    """One row below the heading.

    Parameters
    ----------
    at : int
        Its number in the sheet.
    service_type, item_code, name : str
        The first three columns, type and code in one form.
    composite : object
        The cell under 合成, as it stands.
    conditions : Conditions
        The cells between name and 合成.
    per, per_above : str
        算定単位 of the row, and the last one printed above it in the same table.
    managed : object
        The cell under 給付管理単位数, None where there is no such column or nothing in it.
    filled_in : mapping of str to str
        What columns right of 合成 say besides: by column of the table, the text.
    """

    at: int
    service_type: str
    item_code: str
    name: str
    composite: object
    conditions: Conditions
    per: str
    per_above: str
    managed: object
    filled_in: Mapping[str, str]

    @property
    def has_type(self) -> bool:
        """Whether the first cell is a service type."""
        return _SERVICE_TYPE.fullmatch(self.service_type) is not None

    @property
    def has_code(self) -> bool:
        """Whether the second cell is an item code."""
        return _ITEM_CODE.fullmatch(self.item_code) is not None

    @property
    def units(self) -> int | None:
        """合成単位数, None where none is printed.

        Raises
        ------
        RowRefusedError
            The cell is no whole number.
        """
        return _whole_units(self.composite, "合成単位数")

    @property
    def managed_units(self) -> int | None:
        """給付管理単位数, None where none is printed.

        Raises
        ------
        RowRefusedError
            The cell is no whole number.
        """
        return _whole_units(self.managed, "給付管理単位数")

    def limit_managed(self, known: int | None) -> int:
        """Say whether the row counts against the limit: what it says itself, else what is known.

        Raises
        ------
        RowRefusedError
            It does not say, and it is not known; or it says what is no such mark.
        """
        mark = normal(self.filled_in.get("limit_managed", ""))
        if mark:
            if mark not in _LIMIT_MARKS:
                raise RowRefusedError(
                    Text("限度額管理対象 {mark!r} is not known; 1 or 0 was expected", mark=mark)
                )
            return _LIMIT_MARKS[mark]
        managed, units = self.managed_units, self.units
        if managed and units is not None and abs(managed) != abs(units):
            raise RowRefusedError(self.managed_otherwise)
        if self.conditions.outside_limit or (managed == 0 and units):
            return 0
        if managed is not None and units is not None:
            return 1
        if known is None:
            raise RowRefusedError(_to_fill_in("限度額管理対象", "1, 0"))
        return known

    @property
    def managed_otherwise(self) -> Text:
        """Say that other units count against the limit than are claimed."""
        return Text(
            "給付管理単位数 {managed} is not 合成単位数 {units}; a code whose units count "
            "otherwise against the limit cannot be said in a code table",
            managed=self.managed_units,
            units=self.units if self.units is not None else "-",
        )

    def said(self, name: str, heading: str, choices: str) -> str:
        """Return what someone has filled in.

        Raises
        ------
        RowRefusedError
            Nothing; the message names the column to fill in.
        """
        if name not in self.filled_in:
            raise RowRefusedError(_to_fill_in(heading, choices))
        return self.filled_in[name]

    @property
    def holds_a_figure(self) -> bool:
        """Whether a figure stands under 合成, so that the row is no heading and no footnote."""
        try:
            return self.units is not None
        except RowRefusedError:
            return False


def _to_fill_in(heading: str, choices: str) -> Text:
    return Text(
        "no bundled row has this name and the sheet does not say enough; add a column {heading} "
        "right of 合成 and write {choices} in this row",
        heading=heading,
        choices=choices,
    )


def _whole_units(value: object, heading: str) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not float(value).is_integer():
            raise RowRefusedError(
                Text(
                    "{heading} {value} is no whole number; correct the cell",
                    heading=heading,
                    value=value,
                )
            )
        return int(value)
    text = "" if value is None else normal(str(value))
    if text in ("", "-", "―", "—"):
        return None
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise RowRefusedError(
            Text(
                "{heading} {value!r} is no figure; correct the cell",
                heading=heading,
                value=str(value),
            )
        )
    return int(match[2].replace(",", "")) * (-1 if match[1] else 1)


@dataclass(frozen=True)
class _Places:
    """Where the columns right of the name stand, counted from 0."""

    composite: int
    further: Mapping[str, int]

    @property
    def per(self) -> int:
        """The column of 算定単位: under its heading, else the one after the units."""
        if "per" in self.further:
            return self.further["per"]
        return max(self.composite, self.further.get("managed_units", 0)) + 1


def sheet_rows(rows: Iterable[CellRow], shown: str) -> Iterator[SheetRow]:
    """Yield the rows below the heading 合成.

    A heading repeated further down (a new page) may stand in another column; from there on that
    column counts.

    Parameters
    ----------
    rows : iterable of CellRow
    shown : str
        What to call the file and sheet in a message.

    Raises
    ------
    InputFileError
        No heading 合成 in the first rows, or two of them.
    """
    places: _Places | None = None
    heading_at = 0
    per_above = ""
    for row in rows:
        texts = [_text(cell) for cell in row.cells[: _width(row)]]
        heads = [normal(text) if len(text) < _LONGEST_HEADING else "" for text in texts]
        found = _heading(heads, shown, row.at)
        if found is not None:
            if places is None and row.at > HEADING_ROWS:
                break
            places, heading_at, per_above = found, row.at, ""
            continue
        if places is None:
            continue
        if row.at == heading_at + 1 and not heads[0].isdigit():
            # A heading of two rows may have the further columns in its second one.
            places = _Places(places.composite, _further(heads, places) | dict(places.further))
        filled = [text or _text(row.above.get(at)) for at, text in enumerate(texts)]
        filled.extend([""] * (max(places.per, places.composite) + 1 - len(filled)))
        per = filled[places.per]
        yield SheetRow(
            at=row.at,
            service_type=normal(filled[0]).upper(),
            item_code=_item_code(row.cells[1].value, texts[1]),
            name=texts[2],
            composite=_value(row, places.composite),
            conditions=Conditions.of(filled[FIRST_CONDITION : places.composite]),
            per=per,
            per_above=per_above,
            managed=_value(row, places.further.get("managed_units")),
            filled_in={
                name: filled[at].strip()
                for name, at in places.further.items()
                if name not in ("managed_units", "per") and at < len(filled) and filled[at].strip()
            },
        )
        per_above = per or per_above
    if places is None:
        raise InputFileError(
            Text(
                "{shown}: no heading 合成 (単位数) in the first {rows} rows of the sheet; is this "
                "a service code table?",
                shown=shown,
                rows=HEADING_ROWS,
            )
        )


def _width(row: CellRow) -> int:
    """Count the columns up to the last with something in it, those of every row at least."""
    cells = row.cells
    last = next((at for at in range(len(cells), 0, -1) if cells[at - 1].value is not None), 0)
    return max(last, FIRST_CONDITION, 1 + max(row.above, default=0))


def _heading(heads: Sequence[str], shown: str, at: int) -> _Places | None:
    """Find the columns by the headings of a row; None where it is no heading."""
    composite = [n for n, text in enumerate(heads) if _COMPOSITE_HEADING.fullmatch(text)]
    if not composite:
        return None
    if len(composite) > 1 or composite[0] < FIRST_CONDITION:
        raise InputFileError(
            Text(
                "{shown}: row {at}: one heading 合成 was expected, right of 種類, 項目 and "
                "サービス内容略称; it stands in column {columns}",
                shown=shown,
                at=at,
                columns=", ".join(str(n + 1) for n in composite),
            )
        )
    places = _Places(composite[0], {})
    return _Places(composite[0], _further(heads, places))


def _further(heads: Sequence[str], places: _Places) -> dict[str, int]:
    found: dict[str, int] = {}
    for at in range(places.composite + 1, len(heads)):
        for name, heading in _FURTHER_HEADINGS.items():
            if heads[at] and heading.fullmatch(heads[at]):
                found.setdefault(name, at)
    return found


def _value(row: CellRow, column: int | None) -> object:
    if column is None or column >= len(row.cells):
        return None
    value: object = row.cells[column].value
    return value


def _item_code(value: object, text: str) -> str:
    # A code kept as a number has lost its leading zeros.
    if isinstance(value, int | float) and float(value).is_integer():
        return str(int(value)).zfill(4)
    return normal(text).upper()


def _text(cell: Any) -> str:
    """Write a cell as the sheet shows it: 0.7 in a per cent format is 70%."""
    value = None if cell is None else cell.value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    number = Decimal(repr(value))
    shown = _NUMBER_FORMAT.match(cell.number_format or "")
    before, per_cent, after = shown.groups() if shown else (None, "", None)
    if per_cent:
        number *= 100
    figure = f"{number.normalize():f}"
    return f"{before or ''}{figure}{per_cent}{after or ''}"

"""The rows of a printed code table in a workbook sheet, merged cells carried down."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError
from chiiki_tsusho.law.published_names import normal
from chiiki_tsusho.table_imports.condition_text import Conditions
from chiiki_tsusho.table_imports.known_rows import RowRefusedError

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "地域通所介護"
HEADING_ROWS = 10
FIRST_CONDITION = 3
_COMPOSITE_HEADING = re.compile(r"合成(\(?単位数\)?)?")
_SERVICE_TYPE = re.compile(r"[0-9A-Z]{2}")
_ITEM_CODE = re.compile(r"[0-9A-Z]{4}")
_FIGURE = re.compile(r"([-−▲△]?)(\d{1,3}(?:,\d{3})+|\d+)(?:単位)?")
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
    """

    at: int
    service_type: str
    item_code: str
    name: str
    composite: object
    conditions: Conditions
    per: str
    per_above: str

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
        value = self.composite
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not float(value).is_integer():
                raise RowRefusedError(f"合成単位数 {value} is no whole number; correct the cell")
            return int(value)
        text = "" if value is None else normal(str(value))
        if text in ("", "-", "―", "—"):
            return None
        match = _FIGURE.fullmatch(text)
        if match is None:
            raise RowRefusedError(f"合成単位数 {value!r} is no figure; correct the cell")
        return int(match[2].replace(",", "")) * (-1 if match[1] else 1)

    @property
    def holds_a_figure(self) -> bool:
        """Whether a figure stands under 合成, so that the row is no heading and no footnote."""
        try:
            return self.units is not None
        except RowRefusedError:
            return False


def open_sheet(path: Path) -> Worksheet:
    """Open the sheet 地域通所介護 of a workbook.

    Raises
    ------
    ChiikiTsushoError
        The library for workbooks is not installed.
    InputFileError
        The file is no workbook, or has no such sheet.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise ChiikiTsushoError(
            "reading a workbook needs openpyxl: pip install 'chiiki-tsusho[workbook]'"
        ) from error
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations it leaves out; no cell is lost by it.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(BytesIO(data), data_only=True)
    except Exception as error:  # a damaged file fails in zip, XML or openpyxl, each in its own way
        raise InputFileError(
            f"{path}: is no workbook that can be read ({error}); open it in a spreadsheet and "
            "save it as .xlsx without a password"
        ) from error
    for sheet in book.worksheets:
        if normal(sheet.title) == SHEET:
            return sheet
    titles = [sheet.title for sheet in book.worksheets]
    near = get_close_matches(SHEET, titles, n=1)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    raise InputFileError(
        f"{path}: no sheet {SHEET!r}; its sheets are {', '.join(map(repr, titles))}{hint}; take "
        "the workbook of 地域密着型サービス"
    )


def sheet_rows(sheet: Worksheet, shown: str) -> Iterator[SheetRow]:
    """Yield the rows below the heading 合成.

    A heading repeated further down (a new page) may stand in another column; from there on that
    column counts.

    Raises
    ------
    InputFileError
        No heading 合成 in the first rows, or two of them.
    """
    merged = _carried_down(sheet)
    composite_at: int | None = None
    per_above = ""
    for at, cells in enumerate(sheet.iter_rows(), 1):
        texts = [_text(cell) for cell in cells]
        headings = [n for n, text in enumerate(texts) if _COMPOSITE_HEADING.fullmatch(normal(text))]
        if headings:
            if len(headings) > 1 or headings[0] < FIRST_CONDITION:
                raise InputFileError(
                    f"{shown}: row {at}: one heading 合成 was expected, right of 種類, 項目 and "
                    "サービス内容略称; it stands in column "
                    f"{', '.join(str(n + 1) for n in headings)}"
                )
            if composite_at is None and at > HEADING_ROWS:
                break
            composite_at, per_above = headings[0], ""
            continue
        if composite_at is None:
            continue
        filled = [text or merged.get((at, n + 1), "") for n, text in enumerate(texts)]
        filled.extend([""] * (composite_at + 2 - len(filled)))
        per = filled[composite_at + 1]
        yield SheetRow(
            at=at,
            service_type=normal(filled[0]).upper(),
            item_code=_item_code(cells[1].value, texts[1]),
            name=texts[2],
            composite=cells[composite_at].value if composite_at < len(cells) else None,
            conditions=Conditions.of(filled[FIRST_CONDITION:composite_at]),
            per=per,
            per_above=per_above,
        )
        per_above = per or per_above
    if composite_at is None:
        raise InputFileError(
            f"{shown}: no heading 合成 (単位数) in the first {HEADING_ROWS} rows of the sheet "
            f"{SHEET}; is this a service code table?"
        )


def _carried_down(sheet: Worksheet) -> dict[tuple[int, int], str]:
    """For the lower rows of merged cells, the text of the cell they belong to."""
    carried = {}
    for area in sheet.merged_cells.ranges:
        text = _text(sheet.cell(area.min_row, area.min_col))
        for row in range(area.min_row + 1, area.max_row + 1):
            carried[row, area.min_col] = text
    return carried


def _item_code(value: object, text: str) -> str:
    # A code kept as a number has lost its leading zeros.
    if isinstance(value, int | float) and float(value).is_integer():
        return str(int(value)).zfill(4)
    return normal(text).upper()


def _text(cell: Any) -> str:
    """Write a cell as the sheet shows it: 0.7 in a per cent format is 70%."""
    value = cell.value
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

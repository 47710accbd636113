"""What an Excel workbook is made of, looked at before it is read: sheets, far cells, odd cells.

The reader of cells (calamine) lays a sheet out as a rectangle up to its last cell, shows errors
and formulas never computed as blank, and percentages as bare fractions; of merged cells it shows
the first alone. So the sheet is first searched, piece by piece, for what would make it huge or be
lost.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree import ElementTree

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.sheet_places import (
    LAST_ROW,
    PLACE,
    REFERENCE,
    Place,
    column_number,
    numbered_anew,
    place_of,
    placed,
    row_numbers,
    rows_there,
)
from chiiki_tsusho.reading.workbook_lengths import FarLengths, any_prefix, shows_length
from chiiki_tsusho.reading.written_cells import column_letters

# More than a full sheet of all columns an input can have.
_MOST_CELLS = 50_000_000
_MOST_BYTES, _MOST_BYTES_OF_A_LIST = 4 << 30, 1 << 30
_SMALL_PART, _PIECE = 1 << 24, 1 << 20
# Sheets of real months become a tenth to a fortieth of their size; what becomes far less, and is
# large, was made to be so.
_LARGE_PART, _MOST_TIMES = 1 << 26, 250
# The last column of Excel (XFD).
_LAST_COLUMN = 16_384
_CELL = any_prefix(rb"<p:c\b")
# Cells of column AA or later, with a value.
_WIDE = re.compile(_CELL + rb"[^>]*" + REFERENCE + rb"([A-Za-z]{2,})[0-9]+[^>]*(?<!/)>")
_ERROR = re.compile(
    _CELL + rb"([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>"
    + any_prefix(rb"(?:(?!</p:c>).)*?<p:v\b[^>]*>([^<]*)<"),
    re.DOTALL,
)  # fmt: skip
_ERROR_TYPES = (b'"e"', b"'e'")
_UNCOMPUTED = re.compile(
    any_prefix(
        rb"<p:c\b([^>]*)>\s*<p:f\b(?:[^>]*/>|[^>]*>([^<]*)</p:f>)\s*"
        rb"(<p:v\b[^>]*/>|<p:v\b[^>]*>\s*</p:v>)?\s*</p:c>"
    )
)
# Of a formula: what it came to is a text.
_OF_TEXT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")
# Values of which the reader of cells sees the beginning alone: of any cell that has something
# else than text in it, of a number one that has a letter written as its code.
_CUT = re.compile(
    any_prefix(
        rb"<p:v\b[^>]*>[^<]*<[!?]|<p:c\b(?![^>]*\bt\s*=\s*[\"']str)[^>]*>\s*"
        rb"(?:<p:f\b(?:[^>]*/>|[^<]*</p:f>)\s*)?<p:v\b[^>]*>[^<&]*&"
    )
)
_MAY_BE_CUT = (b"&", b"<!", b"<?")
_MERGED = re.compile(
    any_prefix(rb"<p:mergeCell\b")
    + rb"[^>]*\bref\s*=\s*[\"']([A-Za-z]+)([0-9]+):([A-Za-z]+)([0-9]+)[\"']"
)
# Laid out as they stand, more rows than these that are not there would take the memory.
_MOST_MISSING = 1 << 16
_ROW_NUMBER = re.compile(any_prefix(rb"<p:row\b[^>]*?") + REFERENCE + rb"([0-9]+)")
_HIDDEN = re.compile(any_prefix(rb"<p:row\b[^>]*\bhidden=[\"'](?:1|true)[\"']"))
_PERCENT_FORMATS, _LENGTH_FORMAT = (9, 10), "46"
# Of numbers of identity, which are so shown with zeros in front; a language or a colour before it,
# room behind and the forms of numbers below 0 and of texts change nothing.
_ZEROS = re.compile(
    r"(?:\[(?:\$-[\w-]+|[A-Za-z]{3,}[0-9]*)\])*(0{4,10})(?:_.)?(?:;[^;<>=]*)?(?:;@)?"
)

# Behind which a part may be cut, the first that is there: ends of rows, of cells and of merged
# ones, whatever stands before their names in other XML than Excel's.
_ENDS = (b"row>", b"c>", b"/>")

# What a file that is no whole archive, or one with a password, raises.
_DAMAGE = (
    zipfile.BadZipFile, OSError, EOFError, zlib.error, LookupError, NotImplementedError,
    RuntimeError, ElementTree.ParseError, ValueError,
)  # fmt: skip


class Area(NamedTuple):
    """Merged cells, counted from 1: the first of them, and the last."""

    row: int
    column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first, last = column_letters(self.column), column_letters(self.last_column)
        return f"{first}{self.row}:{last}{self.last_row}"


@dataclass
class SheetSurvey:
    """What was found in a sheet.

    Parameters
    ----------
    texts : dict of (row, column) to str
        Counted from 1: what stands in cells that a reader of values shows as blank.
    percentages : set of (row, column)
        Cells shown as percentages.
    digits : dict of (row, column) to int
        Cells of numbers shown with zeros in front, and with how many digits.
    merged : list of Area
        Merged cells; no two of them overlap.
    hidden : int
        How many rows are hidden, by hand or by a filter.
    far_lengths : FarLengths, optional
        What finds lengths of time that no reader can hold, where there are some.
    rows : ndarray of int64, optional
        Which rows are there at all, where most up to the last are not.
    """

    texts: dict[Place, str] = field(default_factory=dict)
    percentages: set[Place] = field(default_factory=set)
    digits: dict[Place, int] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    hidden: int = 0
    far_lengths: FarLengths | None = None
    rows: Ints | None = None


class WorkbookParts:
    """The parts of a workbook file.

    Parameters
    ----------
    path : Path
    only_beginnings : bool
        Of each sheet no more than its first piece is looked at.

    Raises
    ------
    InputFileError
        It is no Excel workbook, or damaged.
    """

    def __init__(self, path: Path, *, only_beginnings: bool = False) -> None:
        self._path = path
        self._only_beginnings = only_beginnings
        try:
            # It is kept open: to list its parts again for each sheet takes long.
            self._archive = zipfile.ZipFile(path)
            names = self._archive.namelist()
            # Programs differ in which of several they read.
            if len({name.lower() for name in names}) < len(names):
                raise damaged(path, "several parts have one name")
            packed = {part.compress_type for part in self._archive.infolist()}
            if not packed <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise damaged(path, "a part is packed in another way than Excel's")
            if "xl/workbook.xml" not in names:
                raise self._fault(Text("is no Excel workbook; save it as .xlsx or as CSV UTF-8"))
            self._sheets, self.visible = _sheets(self._archive)
            self._check_sizes()
        except _DAMAGE as error:
            if isinstance(error, InputFileError):
                raise
            raise damaged(path, str(error)) from error

    def _fault(self, fault: Text) -> InputFileError:
        return InputFileError(Text("{file}: {fault}", file=str(self._path), fault=fault))

    def sheet_name(self, wanted: str | None) -> str:
        """Return the name of the sheet wanted, or of the first that can be seen."""
        if wanted is None and self._sheets:
            return next(iter((*self.visible, *self._sheets)))
        if wanted in self._sheets:
            return wanted
        raise self._fault(
            Text(
                "has no sheet {name!r}; its sheets are {sheets}",
                name=wanted or "",
                sheets=", ".join(self._sheets),
            )
        )

    def survey(self, sheet: str) -> SheetSurvey:
        """Look through a sheet.

        Raises
        ------
        InputFileError
            It would be too large to be read.
        """
        survey = SheetSurvey()
        rows, columns, widest, numbers = 0, 26, "", list[bytes]()
        try:
            percent, padded, lengths = _number_styles(self._archive)
            for piece in placed(self._pieces(self._sheets[sheet])):
                for match in _WIDE.finditer(piece):
                    if column_number(match[1]) > columns:
                        columns, widest = column_number(match[1]), match[0].decode(errors="replace")
                numbers += _ROW_NUMBER.findall(piece)
                rows = max([rows, *row_numbers(piece)])
                if rows * columns > _MOST_CELLS or columns > _LAST_COLUMN or rows > LAST_ROW:
                    raise self._too_wide(widest or f'r="A{rows}"')
                if any(one in piece for one in _MAY_BE_CUT) and (cut := _CUT.search(piece)):
                    cell = b"".join(PLACE.findall(piece[: cut.end()])[-1]).decode()
                    raise damaged(self._path, f"the value of {cell} is no plain one")
                _note_texts(piece, survey)
                survey.hidden += len(_HIDDEN.findall(piece))
                if percent is not None:
                    survey.percentages.update(_places(percent, piece))
                if lengths is not None and lengths.as_text(piece) != piece:
                    survey.far_lengths = lengths
                for digits, pattern in padded.items():
                    survey.digits.update(dict.fromkeys(_places(pattern, piece), digits))
                survey.merged.extend(_areas(piece))
            if rows - len(numbers) > max(_MOST_MISSING, len(numbers)):
                survey.rows = rows_there(self._pieces(self._sheets[sheet]))
            # The reader of cells would show the last of them alone.
            if len(set(numbers)) < len(numbers):
                raise damaged(self._path, "several rows have one number")
            # More than all cells: they lie over each other.
            if sum(_cells_of(area, rows, columns) for area in survey.merged) > rows * columns:
                raise damaged(self._path, "merged cells overlap")
        except _DAMAGE as error:
            if isinstance(error, InputFileError):
                raise
            raise damaged(self._path, str(error)) from error
        return survey

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Yield a part in pieces; of a sheet its beginning, if no more is looked at."""
        pieces = _pieces(self._archive, name)
        if not self._only_beginnings or name not in self._sheets.values():
            return pieces
        return chain(islice(pieces, 1), [b"</sheetData>"])

    def readable(self, sheet: str = "", survey: SheetSurvey | None = None) -> IO[bytes]:
        """Return a copy of the file, in memory, that the reader of cells can hold.

        Parameters
        ----------
        sheet : str
        survey : SheetSurvey, optional
            What was found in that sheet: in the copy its far lengths are text, and its rows follow
            each other where most of them are not there.
        """
        copy = BytesIO()
        try:
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copied:
                for name in self._archive.namelist():
                    pieces = self._pieces(name)
                    if survey is not None and name == self._sheets[sheet]:
                        pieces = _holdable(pieces, survey)
                    with copied.open(name, "w", force_zip64=True) as part:
                        for piece in pieces:
                            part.write(piece)
        except _DAMAGE as error:
            raise damaged(self._path, str(error)) from error
        copy.seek(0)
        return copy

    def _too_wide(self, cell: str) -> InputFileError:
        place = PLACE.search(cell.encode())
        return self._fault(
            Text(
                "cell {cell} stands far from the table; delete what is there (its row and column)",
                cell=(place[1] + place[2]).decode() if place else cell,
            )
        )

    def _check_sizes(self) -> None:
        """Refuse parts that unpack to more than any input is, whatever size they claim."""
        most = {"xl/sharedStrings.xml": _MOST_BYTES_OF_A_LIST}
        for part in self._archive.infolist():
            times = _MOST_TIMES * part.compress_size
            if part.file_size > most.get(part.filename, _MOST_BYTES) or (
                part.file_size > max(_LARGE_PART, times)
            ):
                raise self._fault(
                    Text(
                        "unpacks to {size:,} MB, which no month is; save the sheet as CSV UTF-8",
                        size=part.file_size >> 20,
                    )
                )


def damaged(path: Path, why: str) -> InputFileError:
    """Say that a workbook cannot be read."""
    return InputFileError(
        Text("{file}: is a damaged Excel workbook: {why}", file=str(path), why=why)
    )


def _sheets(archive: zipfile.ZipFile) -> tuple[dict[str, str], list[str]]:
    """Return the part of each sheet of cells by its name, and which of them can be seen."""
    targets = {}
    for one in _tree(archive, "xl/_rels/workbook.xml.rels"):
        target = one.get("Target", "")
        if one.get("Type", "").endswith("/worksheet"):
            targets[one.get("Id")] = target[1:] if target.startswith("/") else f"xl/{target}"
    sheets: dict[str, str] = {}
    visible: list[str] = []
    for one in _tree(archive, "xl/workbook.xml").iter():
        if _local(one.tag) == "sheet":
            relation = next(
                (value for key, value in one.attrib.items() if _local(key) == "id"), None
            )
            if relation in targets:
                sheets[one.get("name", "")] = targets[relation]
                if one.get("state", "visible") == "visible":
                    visible.append(one.get("name", ""))
    return sheets, visible


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if archive.getinfo(name).file_size > _SMALL_PART:
        raise ValueError(f"{name} is too large")
    text = archive.read(name)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError(f"{name} defines entities")
    return ElementTree.fromstring(text)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _number_styles(
    archive: zipfile.ZipFile,
) -> tuple[re.Pattern[bytes] | None, dict[int, re.Pattern[bytes]], FarLengths | None]:
    """Return what finds the cells of styles that show a number otherwise than by its value.

    Returns
    -------
    percent : pattern or None
        Finds the cells that are shown as percentages.
    padded : dict of int to pattern
        By the number of digits, of cells shown with zeros in front.
    lengths : FarLengths or None
        Finds those shown as lengths of time that no reader can hold.
    """
    try:
        styles = _tree(archive, "xl/styles.xml")
    except KeyError:
        return None, {}, None
    codes = dict.fromkeys(map(str, _PERCENT_FORMATS), "%")
    codes[_LENGTH_FORMAT] = "[h]:mm:ss"
    codes |= {
        one.get("numFmtId", ""): one.get("formatCode", "")
        for one in styles.iter()
        if _local(one.tag) == "numFmt"
    }
    used = next((one for one in styles.iter() if _local(one.tag) == "cellXfs"), ())
    shown = [codes.get(one.get("numFmtId", ""), "") for one in used]
    percent = [at for at, code in enumerate(shown) if "%" in code]
    lengths = [at for at, code in enumerate(shown) if shows_length(code)]
    padded: dict[int, list[int]] = {}
    for at, code in enumerate(shown):
        if zeros := _ZEROS.fullmatch(code):
            padded.setdefault(len(zeros[1]), []).append(at)
    return (
        _cells_of_styles(percent) if percent else None,
        {digits: _cells_of_styles(styles_of) for digits, styles_of in padded.items()},
        FarLengths(lengths) if lengths else None,
    )


def _cells_of_styles(styles: list[int]) -> re.Pattern[bytes]:
    numbers = "|".join(map(str, styles)).encode()
    return re.compile(_CELL + rb"([^>]*\bs\s*=\s*[\"'](?:" + numbers + rb")[\"'][^>]*)(?<!/)>")


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part in pieces that end between two cells."""
    left = b""
    with archive.open(name) as stream:
        while read := stream.read(_PIECE):
            piece = left + read
            ends = ((piece.rfind(end), len(end)) for end in _ENDS)
            cut = next((at + length for at, length in ends if at >= 0), len(piece))
            piece, left = piece[:cut], piece[cut:]
            yield piece
    yield left


def _holdable(pieces: Iterator[bytes], survey: SheetSurvey) -> Iterator[bytes]:
    """Make far lengths of a sheet text, and number its rows anew where most are not there."""
    if survey.rows is not None:
        pieces = numbered_anew(pieces, survey.rows)
    for piece in pieces:
        yield piece if survey.far_lengths is None else survey.far_lengths.as_text(piece)


def _note_texts(piece: bytes, survey: SheetSurvey) -> None:
    if any(one in piece for one in _ERROR_TYPES):
        for match in _ERROR.finditer(piece):
            for place in place_of(match[1]):
                survey.texts[place] = match[2].decode(errors="replace")
    if b"<f" in piece or b":f" in piece:
        for match in _UNCOMPUTED.finditer(piece):
            if match[3] is not None and _OF_TEXT.search(match[1]):
                # It came to a text without a character.
                continue
            for place in place_of(match[1]):
                survey.texts[place] = "=" + (match[2] or b"").decode(errors="replace")


def _areas(piece: bytes) -> Iterator[Area]:
    for column, row, last_column, last_row in _MERGED.findall(piece):
        yield Area(int(row), column_number(column), int(last_row), column_number(last_column))


def _cells_of(area: Area, rows: int, columns: int) -> int:
    """Count the cells of an area that lie among so many rows and columns."""
    height = min(area.last_row, rows) - area.row + 1
    return max(height, 0) * max(min(area.last_column, columns) - area.column + 1, 0)


def _places(pattern: re.Pattern[bytes], piece: bytes) -> Iterator[Place]:
    for match in pattern.finditer(piece):
        yield from place_of(match[1])

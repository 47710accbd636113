"""The lines of a municipality's master CSV (単位数マスタ), with a heading or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.law.published_names import normal, published
from chiiki_tsusho.table_imports.gathering import SERVICE_TYPE, Gathering

ENCODINGS = ("utf-8-sig", "cp932")
HEADINGS: dict[str, tuple[str, ...]] = {
    "service_type": ("サービス種類コード", "サービス種類", "種類コード", "種類"),
    "item_code": ("サービス項目コード", "サービス項目", "項目コード", "項目"),
    "valid_from": ("適用開始年月",),
    "valid_to": ("適用終了年月",),
    "name": ("サービス名称", "サービス名", "サービス略称", "サービス内容略称"),
    "units": ("単位数", "合成単位数"),
    "per": ("算定単位",),
    "limit": ("限度額管理対象区分", "支給限度額対象区分"),
}
# Some municipalities publish the file without its heading; the columns are then these.
USUAL_PLACES = {
    "service_type": 1,
    "item_code": 2,
    "valid_from": 3,
    "valid_to": 4,
    "name": 5,
    "units": 6,
    "per": 7,
    "limit": 10,
}


@dataclass(frozen=True)
class MasterRow:
    """One line of type 78, its cells as they stand; ``limit`` is None without that column."""

    at: int
    item_code: str
    valid_from: str
    valid_to: str
    name: str
    units: str
    per: str
    limit: str | None


def master_rows(path: Path, gathering: Gathering) -> Iterator[MasterRow]:
    """Yield the lines of type 78; the others are counted, damaged lines refused.

    Raises
    ------
    InputFileError
        The file cannot be read, or a heading is missing or doubled.
    """
    records = _records(path)
    heading = [normal(cell) for cell in records[0][1]]
    if _is_data(heading):
        places = {name: at for name, at in USUAL_PLACES.items() if at < len(heading)}
    else:
        places = _places(path, heading)
        records = records[1:]
    type_at = places["service_type"]
    for at, cells in records:
        service_type = normal(cells[type_at]).upper() if type_at < len(cells) else ""
        if service_type not in (SERVICE_TYPE, ""):
            gathering.other_types[service_type] += 1
        elif len(cells) != len(heading):
            told = f"{len(cells)} cells where the first line has {len(heading)}"
            gathering.refuse(at, "", "", f"{told}; put commas and quotation marks right")
        elif not service_type:
            told = "サービス種類コード is blank; fill it in or delete the line"
            gathering.refuse(at, "", published(cells[places["name"]]), told)
        else:
            named = {name: cells[place].strip() for name, place in places.items()}
            yield MasterRow(
                at,
                normal(named["item_code"]).upper(),
                named["valid_from"],
                named["valid_to"],
                named["name"],
                named["units"],
                named["per"],
                named.get("limit"),
            )


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Read the lines that are not blank, with their numbers."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read: {error.strerror}") from error
    text = None
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise InputFileError(f"{path}: neither UTF-8 nor CP932; save it as one of them")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        records = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise InputFileError(f"{path}: line {reader.line_num}: not a CSV row: {error}") from error
    if not records:
        raise InputFileError(f"{path}: the file is empty")
    return records


def _is_data(cells: list[str]) -> bool:
    """Say whether a first line is no heading."""
    return (
        len(cells) > USUAL_PLACES["per"]
        and re.fullmatch(r"[0-9A-Z]{2}", cells[USUAL_PLACES["service_type"]]) is not None
        and re.fullmatch(r"[0-9]{6}", cells[USUAL_PLACES["valid_from"]]) is not None
    )


def _places(path: Path, heading: list[str]) -> dict[str, int]:
    """Find each column by its heading."""
    places: dict[str, int] = {}
    faults = []
    for column, names in HEADINGS.items():
        found = [at for at, text in enumerate(heading) if text in names]
        if len(found) > 1:
            same = ", ".join(repr(heading[at]) for at in found)
            faults.append(f"headings {same} give the same; keep one of the columns")
        elif found:
            places[column] = found[0]
        elif column != "limit":
            near = get_close_matches(names[0], heading, n=1, cutoff=0.5)
            hint = f" (nearest heading of the file: {near[0]!r})" if near else ""
            faults.append(f"heading {names[0]!r} is missing{hint}; add the column")
    if faults:
        raise InputFileError("\n".join(f"{path}: line 1: {fault}" for fault in faults))
    return places

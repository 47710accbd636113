"""The lines of a municipality's master CSV (単位数マスタ), with a heading or without."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from difflib import get_close_matches
from pathlib import Path

from chiiki_tsusho.csv_rows import CsvRowError, csv_rows
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text, on_lines, quoted
from chiiki_tsusho.law.named_additions import SERVICE_TYPE
from chiiki_tsusho.law.published_names import normal, published
from chiiki_tsusho.table_imports.gathering import Gathering
from chiiki_tsusho.whole_files import read_whole

ENCODINGS = ("utf-8-sig", "cp932")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A title of a few lines may stand above the heading.
_TITLE_LINES = 10
# The forms of 19 and of 23 columns call some of them by other names, and add some that say nothing
# of a code.
HEADINGS: dict[str, tuple[str, ...]] = {
    "service_type": ("サービス種類コード", "サービス種類", "種類コード", "種類"),
    "item_code": ("サービス項目コード", "サービス項目", "項目コード", "項目"),
    "valid_from": ("適用開始年月", "適用開始年月日"),
    "valid_to": ("適用終了年月", "適用終了年月日"),
    "name": ("サービス名称", "サービス名", "サービス略称", "サービス内容略称"),
    "units": ("単位数", "合成単位数"),
    "per": ("算定単位", "算定単位コード"),
    "limit": (
        "限度額管理対象区分",
        "支給限度額対象区分",
        "支給限度額管理対象区分",
        "区分支給限度額対象区分",
    ),
}
# Some municipalities publish the file without its heading. What is of a code then stands in this
# order, the limit three columns after it, wherever the row begins.
IN_ORDER = ("service_type", "item_code", "valid_from", "valid_to", "name", "units", "per")
_LIMIT_AFTER_PER = 3
_DATA = (r"[0-9A-Z]{2}", r"[0-9A-Z]{4}", r"[0-9]{6}([0-9]{2})?", r"[0-9]{6}([0-9]{2})?")
_SERVICE_TYPE = re.compile(r"[0-9A-Z]{2}")


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

    A file of several insurers has a line once for each of them; the same again is passed over.

    Raises
    ------
    InputFileError
        The file cannot be read, or a heading is missing or doubled.
    """
    records = _untitled(_records(path))
    heading = [normal(cell) for cell in records[0][1]]
    places = _places_of_data(heading)
    if places is None:
        places = _places(path, heading, records[0][0])
        records = records[1:]
    type_at = places["service_type"]
    seen: set[tuple[str | None, ...]] = set()
    for at, cells in records:
        service_type = normal(cells[type_at]).upper() if type_at < len(cells) else ""
        if service_type != SERVICE_TYPE and _SERVICE_TYPE.fullmatch(service_type):
            gathering.other_types[service_type] += 1
        elif len(cells) != len(heading):
            told = Text(
                "{found} cells where the first line has {expected}; put commas and quotation marks "
                "right",
                found=len(cells),
                expected=len(heading),
            )
            gathering.refuse(at, "", "", told)
        elif not service_type:
            told = Text("サービス種類コード is blank; fill it in or delete the line")
            gathering.refuse(at, "", published(cells[places["name"]]), told)
        elif service_type != SERVICE_TYPE:
            told = Text(
                "サービス種類コード {value!r} is no service type; two digits or capital letters "
                "were expected",
                value=cells[type_at],
            )
            gathering.refuse(at, "", published(cells[places["name"]]), told)
        else:
            named = {name: cells[place].strip() for name, place in places.items()}
            row = MasterRow(
                at,
                normal(named["item_code"]).upper(),
                normal(named["valid_from"]),
                normal(named["valid_to"]),
                named["name"],
                named["units"],
                normal(named["per"]),
                normal(named["limit"]) if "limit" in named else None,
            )
            said = astuple(row)[1:]
            if said not in seen:
                seen.add(said)
                yield row


def _untitled(records: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Leave out a title: the lines above the first that is a heading or a line of codes."""
    for at, (_, cells) in enumerate(records[:_TITLE_LINES]):
        said = [normal(cell) for cell in cells]
        headed = [not set(said).isdisjoint(names) for names in HEADINGS.values()]
        if sum(headed) > 1 or _places_of_data(said) is not None:
            return records[at:]
    return records


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Read the lines that are not blank, with their numbers; cells are parted by commas or tabs."""
    shown = str(path)
    data = read_whole(path)
    text = None
    for encoding in ("utf-16",) if data.startswith(_UTF_16_MARKS) else ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise InputFileError(
            Text("{path}: neither UTF-8 nor CP932; save it as one of them", path=shown)
        )
    tabs = text.count("\t") > text.count(",")
    rows = csv_rows(text, "\t" if tabs else ",")
    try:
        records = [(line, cells) for line, cells in rows if any(map(str.strip, cells))]
    except CsvRowError as error:
        raise InputFileError(
            Text("{path}: line {line}: {fault}", path=shown, line=error.line, fault=error.fault)
        ) from error
    if not records:
        raise InputFileError(Text("{path}: the file is empty", path=shown))
    return records


def _places_of_data(cells: list[str]) -> dict[str, int] | None:
    """Find each column in a first line that is no heading; None where it is one."""
    for start in range(len(cells) - len(IN_ORDER) + 1):
        found = cells[start : start + len(_DATA)]
        if all(map(re.fullmatch, _DATA, found)):
            places = {name: start + at for at, name in enumerate(IN_ORDER)}
            limit = places["per"] + _LIMIT_AFTER_PER
            return places | ({"limit": limit} if limit < len(cells) else {})
    return None


def _places(path: Path, heading: list[str], line: int) -> dict[str, int]:
    """Find each column by its heading."""
    places: dict[str, int] = {}
    faults: list[Text] = []
    missing: list[str] = []
    for column, names in HEADINGS.items():
        found = [at for at, text in enumerate(heading) if text in names]
        if len(found) > 1:
            faults.append(
                Text(
                    "{path}: line {line}: headings {same} give the same; keep one of the columns",
                    path=str(path),
                    line=line,
                    same=quoted(heading[at] for at in found),
                )
            )
        elif found:
            places[column] = found[0]
        elif column != "limit":
            near = get_close_matches(names[0], heading, n=1, cutoff=0.5)
            if not near:
                missing.append(names[0])
                continue
            faults.append(
                Text(
                    "{path}: line {line}: heading {heading!r} is missing (nearest heading of the "
                    "file: {near!r}); add the column",
                    path=str(path),
                    line=line,
                    heading=names[0],
                    near=near[0],
                )
            )
    if missing:
        faults.append(
            Text(
                "{path}: line {line}: no heading {names}; add what is missing, or give the master "
                "CSV that the municipality publishes",
                path=str(path),
                line=line,
                names=quoted(missing),
            )
        )
    if faults:
        raise InputFileError(on_lines(faults))
    return places

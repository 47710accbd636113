"""Workbooks that claim to be larger than any code table: read within bounds or refused."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.table_imports import sheet_cells
from chiiki_tsusho.table_imports.workbook import import_workbook
from helpers.modern_workbook import modern_rows, save

SHEET = "xl/worksheets/sheet1.xml"
PLACED = 236
Change = Callable[[bytes], bytes]


def changed(folder: Path, change: Change) -> Path:
    """Save a workbook whose sheet is changed as text."""
    good, path = save(folder / "good.xlsx", modern_rows()), folder / "a.xlsx"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == SHEET else data)
    return path


def cell(place: str, row: int) -> Change:
    stray = f'<row r="{row}"><c r="{place}" t="n"><v>1</v></c></row></sheetData>'
    return lambda data: data.replace(b"</sheetData>", stray.encode())


def merged(*areas: str) -> Change:
    cells = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    after = f"</sheetData><mergeCells>{cells}</mergeCells>".encode()
    return lambda data: data.replace(b"</sheetData>", after)


@pytest.mark.parametrize(
    "change",
    [
        cell("A1048576", 1048576),
        cell("XFD1048576", 1048576),
        merged(*(f"{column}1:{column}1048576" for column in "PQRSTUVWXY")),
        merged("A900:XFD1048576"),
        lambda data: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', data),
    ],
    ids=["a far row", "a far cell", "tall merged areas", "a wide merged area", "a false dimension"],
)
def test_what_is_far_away_changes_nothing(tmp_path: Path, change: Change) -> None:
    table = import_workbook(changed(tmp_path, change), "2026-06")
    assert (len(table.rows), table.refused) == (PLACED, [])


@pytest.mark.parametrize(
    ("limit", "most", "message", "message_ja"),
    [
        ("MOST_UNPACKED", 1 << 20, "at most 1 MiB are read", "読み込めるのは1 MiBまで"),
        (
            "MOST_ROWS",
            50,
            "more than 50 rows of the sheet hold something",
            "シートの行が50を超えて",
        ),
        ("MOST_MERGES", 2, "more than 2 merged areas in the sheet", "結合セルが2を超えて"),
    ],
)
def test_what_is_too_large_is_refused_with_its_limit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    most: int,
    message: str,
    message_ja: str,
) -> None:
    def grow(data: bytes) -> bytes:
        return merged("P1:P5", "Q1:Q5", "R1:R5")(data.replace(b"<row", b" " * 9_999 + b"<row"))

    path = changed(tmp_path, grow)
    assert import_workbook(path, "2026-06").refused == []
    monkeypatch.setattr(sheet_cells, limit, most)
    with pytest.raises(ct.InputFileError) as told:
        import_workbook(path, "2026-06")
    assert message in str(told.value)
    assert message_ja in told.value.say("ja")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    names = "".join(
        f'<!ENTITY a{at} "{f"&a{at - 1};" * 10 if at else "ha" * 9}">' for at in range(10)
    )
    text = '<row r="900"><c r="A900" t="inlineStr"><is><t>&a9;</t></is></c></row></sheetData>'

    def laugh(data: bytes) -> bytes:
        declared = f"<!DOCTYPE l [{names}]>".encode()
        body = data.split(b"?>", 1)[-1] if data.startswith(b"<?xml") else data
        return declared + body.replace(b"</sheetData>", text.encode())

    with pytest.raises(ct.InputFileError, match="is no workbook that can be read"):
        import_workbook(changed(tmp_path, laugh), "2026-06")

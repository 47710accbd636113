"""Files of care plans, all persons invented: 第6表, 第7表, 利用者補足 and 第1表.

The places of the items are those of the exchange standard (edition 4.1, 202410) as one program
names them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

PROVIDER, INSURER, INSURED, MANAGER = "1390000015", "139006", "0000100011", "1370000091"
NAME = "見本 花子"
MONTH = "202607"


def plan_row(day: int, code: str, *times: str, count: str = "1", **cells: str) -> list[str]:
    """Return a line of 第6表, 25 items; without times none is shown."""
    first, last = times or ("9999", "9999")
    insured, provider = cells.get("insured", INSURED), cells.get("provider", PROVIDER)
    month = cells.get("month", MONTH)
    return [
        "202410", INSURER, insured, "20260625", month, MANAGER, "担当 者", cells.get("units", "0"),
        "", cells.get("date", f"{month}{day:02}"), "", first, last, count, code, "", "", "", "",
        provider, "見本デイサービス", "", "0", "", "",
    ]  # fmt: skip


def _placed(size: int, cells: dict[int, str]) -> list[str]:
    return [cells.get(item, "") for item in range(1, size + 1)]


def units_row(code: str, count: str, units: str, provider: str = PROVIDER) -> list[str]:
    """Return a line of 第7表, 37 items."""
    cells = {2: INSURER, 3: INSURED, 5: MONTH, 7: provider, 9: code, 16: count, 22: units}
    return _placed(37, {1: "202410", **cells})


def person_row(**cells: str) -> list[str]:
    """Return a line of 利用者補足 with an address that has a line break and quotation marks."""
    return _placed(
        30,
        {
            1: "202410", 2: INSURER, 3: INSURED, 4: "20260601", 5: "ミホン ハナコ", 6: NAME,
            7: cells.get("sex", "2"), 8: cells.get("birth", "19300506"), 9: "1000000",
            10: '見本町1-1\r\n"見本荘", 2号',
        },
    )  # fmt: skip


def first_row(level: str = "23", manager: str = MANAGER) -> list[str]:
    """Return a line of 第1表, 28 items."""
    cells = {13: manager, 18: "20260101", 19: "20260101", 20: "20261231", 21: level}
    return _placed(28, {1: "202410", 2: INSURER, 3: INSURED, 22: "在宅での\r\n生活", **cells})


def plan_file(folder: Path, name: str, rows: Sequence[Sequence[str]]) -> Path:
    """Write a file as it is sent: CP932, CR LF, no heading."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text.getvalue().encode("cp932"))
    return path

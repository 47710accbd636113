"""Small code tables, in the layout of data/service_codes.csv."""

from __future__ import annotations

import csv
from pathlib import Path

from chiiki_tsusho.law.code_rows import COLUMNS
from helpers.inputs import Cells

LEVELS = "12345"

ROW: Cells = dict.fromkeys(COLUMNS, "") | {
    "service_type": "78",
    "valid_from": "201504",
    "valid_to": "999999",
    "service": "day_care",
    "limit_managed": "1",
    "source": "test",
}


def base(units: int) -> list[Cells]:
    """One code for each care level, all of so many units."""
    return [
        {
            **ROW,
            "item_code": f"100{level}",
            "name": f"base {level}",
            "kind": "base",
            "care_level": level,
            "minutes_from": "60",
            "minutes_to": "1440",
            "base_units": str(units),
            "extension_units": "0",
            "units": str(units),
            "per": "visit",
        }
        for level in LEVELS
    ]


def addition(key: str, units: int, per: str, *, managed: bool = True) -> Cells:
    return {
        **ROW,
        "item_code": {"day": "5001", "visit": "5002", "month": "5003"}[per],
        "name": key,
        "kind": "addition",
        "key": key,
        "units": str(units),
        "per": per,
        "limit_managed": str(int(managed)),
    }


def treatment(per_mille: int) -> Cells:
    return {
        **ROW,
        "item_code": "6000",
        "name": "treatment",
        "kind": "rate",
        "key": "treatment",
        "per_mille": str(per_mille),
        "rate_of": "all_lines",
        "per": "month",
        "limit_managed": "0",
    }


def table(folder: Path, *rows: Cells) -> Path:
    """A code table file of these rows."""
    path = folder / "codes.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

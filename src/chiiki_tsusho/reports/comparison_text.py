"""A comparison as plain text: aligned tables that can be read in a terminal or a message."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any
from unicodedata import east_asian_width

import pandas as pd

from chiiki_tsusho.columns import COMPARED
from chiiki_tsusho.months import month_text
from chiiki_tsusho.reports.comparison import SIDES, Comparison

BLANK = "-"
_GAP = "  "


def comparison_text(comparison: Comparison, most: int) -> str:
    """Write the totals, the largest differences and what a table lacks.

    Parameters
    ----------
    comparison : Comparison
    most : int
        How many rows of each list are shown, those with the largest difference.
    """
    a, b = side_names(comparison)
    parts = [
        _counts(comparison, a, b),
        _totals(comparison.total.iloc[0], a, b),
        _by_code(comparison.by_code, most, a, b),
        _by_provider(comparison.by_provider, most),
    ]
    if len(comparison.missing_keys):
        parts.append(_missing_keys(comparison.missing_keys, {"a": a, "b": b}))
    return "\n\n".join(parts)


def side_names(comparison: Comparison) -> tuple[str, str]:
    """Name the sides: the letter and the month of the table."""
    months = (comparison.month_a, comparison.month_b)
    a, b = (
        f"{side.upper()} {month_text(int(month))}"
        for side, month in zip(SIDES, months, strict=True)
    )
    return a, b


def _counts(comparison: Comparison, a: str, b: str) -> str:
    counts = {name: int(comparison.total[name].iloc[0]) for name in _COUNTS}
    rows = [
        ("claims", counts["claims"], counts["claims_left_out"]),
        ("visits", counts["visits"], counts["visits_left_out"]),
    ]
    held = [
        (f"held under {name}", counts[f"claims_held_{side}"])
        for side, name in zip(SIDES, (a, b), strict=True)
    ]
    uncoded = [
        (f"no code under {name}", counts[f"visits_without_code_{side}"])
        for side, name in zip(SIDES, (a, b), strict=True)
    ]
    cells = [
        [noun, _number(compared), _number(left_out), *(f"{text}: {_number(n)}" for text, n in why)]
        for (noun, compared, left_out), why in zip(rows, (held, uncoded), strict=True)
    ]
    return _aligned(["", "compared", "left out", "", ""], cells, "lrrll")


_COUNTS = (
    "claims",
    "claims_left_out",
    "claims_held_a",
    "claims_held_b",
    "visits",
    "visits_left_out",
    "visits_without_code_a",
    "visits_without_code_b",
)


def _totals(total: pd.Series, a: str, b: str) -> str:
    cells = [
        [
            name,
            _number(total[f"{name}_a"]),
            _number(total[f"{name}_b"]),
            _signed(total[f"{name}_difference"]),
        ]
        for name in COMPARED
    ]
    return _aligned(["total", a, b, "difference"], cells, "lrrr")


def _by_code(by_code: pd.DataFrame, most: int, a: str, b: str) -> str:
    shown = _largest(by_code, "units_difference", most)
    cells = [
        [
            row["service_code_a"],
            row["name_a"],
            row["service_code_b"],
            row["name_b"],
            *(_number(row[name]) for name in ("count_a", "count_b", "units_a", "units_b")),
            _signed(row["units_difference"]),
        ]
        for row in shown
    ]
    heading = [a, "", b, "", "count A", "count B", "units A", "units B", "difference"]
    return _listed("by code", len(by_code), most, _aligned(heading, cells, "llllrrrrr"))


def _by_provider(by_provider: pd.DataFrame, most: int) -> str:
    shown = _largest(by_provider, "total_units_difference", most)
    cells = [
        [
            row["provider_no"],
            *(_number(row[name]) for name in ("claims", "claims_left_out")),
            *(
                write(row[f"{name}_{part}"])
                for name in ("total_units", "total_yen")
                for part, write in (("a", _number), ("b", _number), ("difference", _signed))
            ),
        ]
        for row in shown
    ]
    heading = ["provider", "claims", "left out", "units A", "units B", "difference"]
    heading += ["yen A", "yen B", "difference"]
    return _listed("by provider", len(by_provider), most, _aligned(heading, cells, "lrrrrrrrr"))


def _missing_keys(missing: pd.DataFrame, names: dict[str, str]) -> str:
    cells = [
        [row["key"], names[row["side"]], f"{_number(row['rows'])} in {row['file']}"]
        for row in missing.to_dict("records")
    ]
    return "additions without a row in a table\n" + _aligned(
        ["key", "table", "rows with it"], cells, "lll"
    )


def _largest(frame: pd.DataFrame, column: str, most: int) -> list[dict[Hashable, Any]]:
    order = frame[column].abs().sort_values(ascending=False, kind="stable").index[:most]
    return frame.loc[order].to_dict("records")


def _listed(title: str, whole: int, most: int, table: str) -> str:
    title += f", {most} of {whole} with the largest difference" if whole > most else ""
    return f"{title}\n{table}"


def _number(value: Any) -> str:
    return BLANK if pd.isna(value) else f"{value:,}"


def _signed(value: Any) -> str:
    return _number(value) if pd.isna(value) or not value else f"{value:+,}"


def _aligned(heading: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    """Align columns to the left (l) or right (r), full-width characters being two wide."""
    table = [heading, *rows]
    widths = [max(_width(cell) for cell in column) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = []
        for cell, width, side in zip(row, widths, sides, strict=True):
            blanks = " " * (width - _width(cell))
            cells.append(blanks + cell if side == "r" else cell + blanks)
        lines.append(_GAP.join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)

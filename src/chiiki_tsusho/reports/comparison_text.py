"""A comparison as plain text: aligned tables that can be read in a terminal or a message."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from chiiki_tsusho.columns import CLAIMS, COMPARED
from chiiki_tsusho.language import (
    Language,
    Name,
    Sayable,
    Text,
    in_language,
    on_lines,
    terminal_width,
)
from chiiki_tsusho.law.code_book import load_code_book
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problems import place_text
from chiiki_tsusho.reports.comparison import Comparison
from chiiki_tsusho.reports.comparison_tables import SIDES

BLANK = "-"
_GAP = "  "
_Cells = Sequence[str | Sayable]
_NAMES = {column.name: Name(column.name, column.heading) for column in CLAIMS}


def comparison_text(comparison: Comparison, most: int, language: Language = "en") -> str:
    """Write the totals, the largest differences and what a table lacks.

    Parameters
    ----------
    comparison : Comparison
    most : int
        How many rows of each list are shown, those with the largest difference.
    language : {"en", "ja"}
    """
    a, b = side_names(comparison)
    parts = [
        _counts(comparison, a, b),
        _totals(comparison.total.iloc[0], a, b),
        _by_code(comparison.by_code, most, a, b),
        _summed(Text("by provider"), Text("provider"), comparison.by_provider, most),
        _summed(Text("by insurer"), Text("insurer"), comparison.by_insurer, most),
        _summed(Text("by care level"), Text("care level"), comparison.by_care_level, most),
    ]
    if len(comparison.without_code):
        parts.append(_without_code(comparison.reasons, most, {"a": a, "b": b}))
    if len(comparison.missing_keys):
        parts.append(_missing_keys(comparison.missing_keys, {"a": a, "b": b}))
    return "\n\n".join(part.say(language) for part in parts)


def side_names(comparison: Comparison) -> tuple[str, str]:
    """Name the sides: the letter and the month of the table."""
    months = (comparison.month_a, comparison.month_b)
    a, b = (
        f"{side.upper()} {month_text(int(month))}"
        for side, month in zip(SIDES, months, strict=True)
    )
    return a, b


def _counts(comparison: Comparison, a: str, b: str) -> Sayable:
    counts = {name: int(comparison.total[name].iloc[0]) for name in _COUNTS}
    rows: list[tuple[Sayable, int, int]] = [
        (Name("claims", "請求件数"), counts["claims"], counts["claims_left_out"]),
        (Text("visits"), counts["visits"], counts["visits_left_out"]),
    ]
    held = [
        Text("held under {side}: {n:,}", side=name, n=counts[f"claims_held_{side}"])
        for side, name in zip(SIDES, (a, b), strict=True)
    ]
    uncoded = [
        Text("no code under {side}: {n:,}", side=name, n=counts[f"visits_without_code_{side}"])
        for side, name in zip(SIDES, (a, b), strict=True)
    ]
    cells: list[_Cells] = [
        [noun, figure(compared), figure(left_out), *why]
        for (noun, compared, left_out), why in zip(rows, (held, uncoded), strict=True)
    ]
    return _Table(["", Text("compared"), Text("left out"), "", ""], cells, "lrrll")


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


def _totals(total: pd.Series, a: str, b: str) -> Sayable:
    cells: list[_Cells] = [
        [
            _NAMES[name],
            figure(total[f"{name}_a"]),
            figure(total[f"{name}_b"]),
            signed(total[f"{name}_difference"]),
            str(total.get(f"{name}_per_cent", "")),
        ]
        for name in COMPARED
    ]
    heading: _Cells = [Text("total"), a, b, Text("difference"), Text("per cent")]
    changed = Text(
        "claims with more units under {b}: {more:,}; with fewer: {less:,}; with as many: {same:,}",
        b=b,
        more=int(total["claims_more"]),
        less=int(total["claims_less"]),
        same=int(total["claims_same"]),
    )
    return on_lines([_Table(heading, cells, "lrrrr"), changed])


def _by_code(by_code: pd.DataFrame, most: int, a: str, b: str) -> Sayable:
    title, shown = codes_listed(by_code, most)
    if not shown:
        return title if len(by_code) else _none(title)
    cells = [
        [
            row["service_code_a"],
            row["name_a"],
            row["service_code_b"],
            row["name_b"],
            *(figure(row[name]) for name in ("count_a", "count_b", "units_a", "units_b")),
            signed(row["units_difference"]),
        ]
        for row in shown
    ]
    heading: list[str | Sayable] = [a, "", b, ""]
    heading += [Text("count A"), Text("count B"), Text("units A"), Text("units B")]
    return on_lines([title, _Table([*heading, Text("difference")], cells, "llllrrrrr")])


def _none(title: Sayable) -> Text:
    return Text("{title}: none", title=title)


def codes_listed(by_code: pd.DataFrame, most: int) -> tuple[Sayable, list[dict[Hashable, Any]]]:
    """Return the codes that differ, those with the largest difference first, and their title."""
    same = (by_code["count_a"] == by_code["count_b"]) & (by_code["units_difference"] == 0)
    differing, whole = by_code[~same], len(by_code)
    shown = largest(differing, "units_difference", most)
    if len(shown) == whole:
        return Text("by code"), shown
    if not shown:
        return Text("by code: none of the {whole} codes differs", whole=whole), shown
    if len(shown) == len(differing):
        return Text("by code: {n} of {whole} codes differ", n=len(shown), whole=whole), shown
    return _cut(Text("by code"), most, whole), shown


def _summed(title: Text, of: Text, sums: pd.DataFrame, most: int) -> Sayable:
    """Write sums by the first column of a frame, whose values say of what they are."""
    shown = largest(sums, "total_units_difference", most)
    counted = [name for name in ("claims", "claims_left_out") if name in sums]
    cells = [
        [
            row[sums.columns[0]] or BLANK,
            *(figure(row[name]) for name in (*counted, "claims_more", "claims_less")),
            *(
                write(row[f"{name}_{part}"])
                for name in ("total_units", "total_yen")
                for part, write in (
                    ("a", figure),
                    ("b", figure),
                    ("difference", signed),
                    ("per_cent", str),
                )
            ),
        ]
        for row in shown
    ]
    heading: list[str | Sayable] = [of, Name("claims", "請求件数"), Text("left out")]
    heading = heading[: 1 + len(counted)]
    heading += [Text("more"), Text("fewer")]
    for figures in ((Text("units A"), Text("units B")), (Text("yen A"), Text("yen B"))):
        heading += [*figures, Text("difference"), Text("per cent")]
    return _listed(title, len(sums), most, _Table(heading, cells, "l" + "r" * (len(heading) - 1)))


def _without_code(reasons: pd.DataFrame, most: int, names: dict[str, str]) -> Sayable:
    """Write what a table lacks, by what is lacking, and what cures it."""
    cells: list[_Cells] = [
        [
            names[row["side"]],
            figure(row["rows"]),
            Name(row["file"], place_text(row["file"], None, "", "ja")),
            row["message"],
        ]
        for row in reasons.head(most).to_dict("records")
    ]
    heading = [Text("table"), Text("rows"), Text("file"), Text("what is lacking, and what to do")]
    title = Text("rows without a code or row in a table, by what is lacking")
    if len(reasons) > most:
        title = Text("{title}, {most} of {whole}", title=title, most=most, whole=len(reasons))
    return on_lines([title, _Table(heading, cells, "lrll")])


def addition_name(key: str) -> Name:
    """Name an addition that a table lacks as the bundled table of any month names it."""
    return load_code_book(None).called(key, key)


def _missing_keys(missing: pd.DataFrame, names: dict[str, str]) -> Sayable:
    cells: list[list[str | Sayable]] = [
        [
            addition_name(row["key"]),
            names[row["side"]],
            Text(
                "{n:,} in {file}",
                n=row["rows"],
                file=Name(row["file"], place_text(row["file"], None, "", "ja")),
            ),
        ]
        for row in missing.to_dict("records")
    ]
    heading = [Text("key"), Text("table"), Text("rows with it")]
    return on_lines([Text("additions without a row in a table"), _Table(heading, cells, "lll")])


def largest(frame: pd.DataFrame, column: str, most: int) -> list[dict[Hashable, Any]]:
    """Return the rows with the largest figures of a column, whatever their sign."""
    order = frame[column].abs().sort_values(ascending=False, kind="stable").index[:most]
    return frame.loc[order].to_dict("records")


def _listed(title: Text, whole: int, most: int, table: Sayable) -> Sayable:
    if not whole:
        return _none(title)
    return on_lines([_cut(title, most, whole) if whole > most else title, table])


def _cut(title: Text, most: int, whole: int) -> Text:
    return Text(
        "{title}, {most} of {whole} with the largest difference",
        title=title,
        most=most,
        whole=whole,
    )


def figure(value: Any, blank: str = BLANK) -> str:
    """Write a figure that may not be known."""
    return blank if pd.isna(value) else f"{value:,}"


def signed(value: Any, blank: str = BLANK) -> str:
    """Write a difference that may not be known, with its sign."""
    return figure(value, blank) if pd.isna(value) or not value else f"{value:+,}"


@dataclass(frozen=True)
class _Table:
    """Columns aligned to the left (l) or right (r), full-width characters being two wide."""

    heading: _Cells
    rows: Sequence[_Cells]
    sides: str

    def say(self, language: Language = "en") -> str:
        """Write it in a language."""
        table = [
            [in_language(cell, language) for cell in row] for row in (self.heading, *self.rows)
        ]
        widths = [max(map(terminal_width, column)) for column in zip(*table, strict=True)]
        lines = []
        for row in table:
            cells = []
            for cell, width, side in zip(row, widths, self.sides, strict=True):
                blanks = " " * (width - terminal_width(cell))
                cells.append(blanks + cell if side == "r" else cell + blanks)
            lines.append(_GAP.join(cells).rstrip())
        return "\n".join(lines)

"""Compare a month as offices have it with one in which every cell is plain and right.

::

    python benchmarks/faults.py --visits 1000000 --runs 5 [--order person|shuffled] [--dir DIR]
        [--kinds KIND ...]

Each kind is the same month with its visits written another way, and each run a fresh process of the
``claim`` command; the kinds take turns with the plain month. Printed are the medians and their
ratios to the plain month.

========  =======================================================================================
one-bad   one cell in a million is no number, at least one
quoted    every cell stands in quotation marks
all-bad   no row has a number of minutes
band      the minutes of every row are beyond the table, each row's others
no-zero   every insured number has lost its first zero
cells     no cell of any row can be read, and no two are alike
marks     a quotation mark is left open on every line
short     every line lacks its last cell
doubled   every other row says what the one before it says
stranger  the providers file knows none of the providers
xlsx      an Excel workbook; of 100,000 visits at the most, beside a plain month of as many
========  =======================================================================================
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from end_to_end import Run, compile_into, month, run
from month import Files

XLSX_VISITS = 100_000
# The column of 被保険者番号.
INSURED = 2


def one_bad(lines: Iterator[list[str]], minutes: int) -> Iterator[list[str]]:
    """Spoil the minutes of one line in a million, beginning with the tenth."""
    for number, cells in enumerate(lines):
        if number % 1_000_000 == 9:
            cells[minutes] = "?"
        yield cells


def all_bad(lines: Iterator[list[str]], minutes: int) -> Iterator[list[str]]:
    """Spoil the minutes of every line, each in its own way."""
    for number, cells in enumerate(lines):
        cells[minutes] = f"?{number}"
        yield cells


def band(lines: Iterator[list[str]], minutes: int) -> Iterator[list[str]]:
    """Give every line a length of stay beyond the table, each another."""
    for number, cells in enumerate(lines):
        cells[minutes] = str(2000 + number)
        yield cells


def no_zero(lines: Iterator[list[str]], _minutes: int) -> Iterator[list[str]]:
    """Take the zeros from the front of the insured numbers, as a spreadsheet does."""
    for cells in lines:
        cells[INSURED] = cells[INSURED].lstrip("0")
        yield cells


def all_cells(lines: Iterator[list[str]], _minutes: int) -> Iterator[list[str]]:
    """Spoil every cell, each in its own way."""
    for number, cells in enumerate(lines):
        yield [f"x{number}" for _ in cells]


def marks(lines: Iterator[list[str]], minutes: int) -> Iterator[list[str]]:
    """Leave a quotation mark open on every line."""
    for cells in lines:
        cells[minutes] = '"' + cells[minutes]
        yield cells


def short(lines: Iterator[list[str]], _minutes: int) -> Iterator[list[str]]:
    """Leave the last cell of every line away."""
    for cells in lines:
        yield cells[:-1]


def doubled(lines: Iterator[list[str]], _minutes: int) -> Iterator[list[str]]:
    """Have every other line say what the one before it says."""
    for cells in lines:
        yield cells
        if next(lines, None) is not None:
            yield cells


def quoted(lines: Iterator[list[str]], _minutes: int) -> Iterator[list[str]]:
    """Put every cell between quotation marks."""
    for cells in lines:
        yield [f'"{cell}"' for cell in cells]


def write_csv(
    files: Files, path: Path, spoil: Callable[[Iterator[list[str]], int], Iterator[list[str]]]
) -> None:
    """Write the visits of a month another way."""
    with (
        files.visits.open(encoding="utf-8") as source,
        path.open("w", encoding="utf-8", newline="") as target,
    ):
        heading = next(source)
        target.write(heading)
        cells = (line.rstrip("\n").split(",") for line in source)
        for row in spoil(cells, heading.rstrip("\n").split(",").index("minutes")):
            target.write(",".join(row) + "\n")


def write_xlsx(files: Files, path: Path, _spoil: object = None) -> None:
    """Write the visits of a month as a workbook, as a spreadsheet keeps them: all text."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("visits")
    with files.visits.open(encoding="utf-8") as source:
        for line in source:
            sheet.append(line.rstrip("\n").split(","))
    book.save(path)


KINDS: dict[str, tuple[str, Callable[[Files, Path], None]]] = {
    "one-bad": ("csv", lambda files, path: write_csv(files, path, one_bad)),
    "quoted": ("csv", lambda files, path: write_csv(files, path, quoted)),
    "all-bad": ("csv", lambda files, path: write_csv(files, path, all_bad)),
    "band": ("csv", lambda files, path: write_csv(files, path, band)),
    "no-zero": ("csv", lambda files, path: write_csv(files, path, no_zero)),
    "cells": ("csv", lambda files, path: write_csv(files, path, all_cells)),
    "marks": ("csv", lambda files, path: write_csv(files, path, marks)),
    "short": ("csv", lambda files, path: write_csv(files, path, short)),
    "doubled": ("csv", lambda files, path: write_csv(files, path, doubled)),
    "stranger": ("csv", lambda files, path: write_csv(files, path, lambda lines, _: lines)),
    "xlsx": ("xlsx", write_xlsx),
}


def claim(visits: Path, files: Files, out: Path, providers: Path) -> Run:
    """Run the command once."""
    words = ["--providers", str(providers), "--recipients", str(files.recipients)]
    command = [sys.executable, "-m", "chiiki_tsusho", "claim", str(visits), *words, "-o", str(out)]
    shutil.rmtree(out, ignore_errors=True)
    return run(command, held=True)


def compare(files: Files, kinds: list[str], runs: int, directory: Path) -> list[str]:
    """Run the kinds and the plain month in turns; return the rows of a table."""
    visits = {"plain": files.visits}
    for kind in kinds:
        ending, write = KINDS[kind]
        visits[kind] = directory / f"{files.visits.parent.name}-{kind}.{ending}"
        if not visits[kind].exists():
            write(files, visits[kind])
    nobody = directory / "strangers.csv"
    nobody.write_text("provider_no,area_grade\n9999999999,1\n", encoding="utf-8")
    measured: dict[str, list[Run]] = {kind: [] for kind in visits}
    for _ in range(runs):
        for kind, path in visits.items():
            providers = nobody if kind == "stranger" else files.providers
            measured[kind].append(claim(path, files, directory / "out", providers))
    plain = {name: median(getattr(one, name) for one in measured["plain"]) for name in FIGURES}
    rows = []
    for kind, found in measured.items():
        figures = {name: median(getattr(one, name) for one in found) for name in FIGURES}
        ratios = [f"{figures[name] / plain[name]:.2f}" for name in FIGURES]
        shown = [f"{figures['wall']:.2f}", f"{figures['cpu']:.2f}", f"{figures['memory']:,.0f}"]
        rows.append(f"| {' | '.join([kind, *shown, *ratios])} |")
    return rows


FIGURES = ("wall", "cpu", "memory")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=1_000_000)
    parser.add_argument("--order", choices=("person", "shuffled"), default="person")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=tuple(KINDS), default=list(KINDS))
    parser.add_argument("--dir", type=Path, help="where the months are kept")
    options = parser.parse_args()
    print("| visits | wall s | cpu s | memory MiB | ÷ plain: wall | cpu | memory |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.dir or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        compile_into(directory)
        small = min(XLSX_VISITS, options.visits)
        for visits, kinds in (
            (options.visits, [kind for kind in options.kinds if kind != "xlsx"]),
            (small, [kind for kind in options.kinds if kind == "xlsx"]),
        ):
            if kinds:
                files = month(directory, visits, None, options.order, "csv")
                print("\n".join(compare(files, kinds, options.runs, directory)))


if __name__ == "__main__":
    main()

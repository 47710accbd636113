"""Where the processor's time goes, by stage.

::

    python benchmarks/stages.py DIR

DIR is a folder of ``month.py``. The stages run one after the other in one process, on one thread
each, so their seconds add up to the processor's time of the whole and not to its wall time, in
which they overlap.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims.claim_slices import ClaimSlice
from chiiki_tsusho.claims.rosters import Roster
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.csv_rows import RowReader
from chiiki_tsusho.writing import folders, table_writers

STAGES: tuple[tuple[str, Any, str], ...] = (
    ("index providers and recipients", Roster, "_index"),
    ("lines and cells", RowReader, "read"),
    ("cells to numbers", BlockDecoder, "_typed"),
    ("codes, additions, calendars", VisitBook, "_enter"),
    ("claims: count, price, settle", ClaimSlice, "price"),
    ("lines to tables", folders, "line_table"),
    ("totals to tables", folders, "claim_table"),
    ("tables to CSV (Arrow)", table_writers._CsvWriter, "formed"),
    ("write", table_writers._CsvWriter, "write"),
)


def timed(call: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """Add the time of the calling thread to `spent`."""

    def run(*args: Any, **named: Any) -> Any:
        start = time.thread_time()
        try:
            return call(*args, **named)
        finally:
            spent.append(time.thread_time() - start)

    return run


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dir", type=Path, help="a month of month.py")
    month = parser.parse_args().dir
    spent: dict[str, list[float]] = {name: [] for name, _, _ in STAGES}
    for name, owner, attribute in STAGES:
        setattr(owner, attribute, timed(getattr(owner, attribute), spent[name]))
    whole, wall = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        claim_files(month / "visits.csv", folder, month / "providers.csv", month / "recipients.csv")
    whole, wall = time.process_time() - whole, time.perf_counter() - wall
    print("| stage | processor, s | share |\n|---|---:|---:|")
    for name, times in spent.items():
        print(f"| {name} | {sum(times):.2f} | {sum(times) / whole:.0%} |")
    rest = whole - sum(sum(times) for times in spent.values())
    print(f"| the rest | {rest:.2f} | {rest / whole:.0%} |")
    print(f"| whole, in {wall:.2f} s of wall time | {whole:.2f} | 100% |")


if __name__ == "__main__":
    main()

"""Measure the library as a function: what a program pays that has imported it already.

::

    python benchmarks/function.py MONTH -o DIR [--format csv|parquet] [--codes F]

calls ``claim_files`` on the folder MONTH and prints the seconds of the call as JSON: the clock of
the floor, which does not count the start of Python and its imports either.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from chiiki_tsusho.batch import claim_files
from month import Files


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("month", type=Path, metavar="MONTH")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", dest="file_format")
    parser.add_argument("--codes", type=Path)
    options = parser.parse_args()
    files = Files.in_directory(options.month, options.file_format)
    wall, cpu = time.perf_counter(), time.process_time()
    batch = claim_files(
        files.visits,
        options.out,
        files.providers,
        files.recipients,
        options.codes,
        options.file_format,
    )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert not batch.summary.held_visits
    print(json.dumps({"wall": wall, "cpu": cpu}))


if __name__ == "__main__":
    main()

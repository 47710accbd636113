"""Measure the floor: what Arrow alone needs to read the visits and write the results.

::

    python benchmarks/floor.py MONTH OUTPUTS -o DIR [--format csv|parquet]

loads the results found in OUTPUTS, a folder any contender has written, and only then starts the
clock: the visits, providers and recipients of the folder MONTH are read with their column types
given and all threads, and the results are written to DIR, formed on all cores and written in order.
No program that reads and writes these files with Arrow alone can be faster. Prints the seconds of
the timed part as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from month import PROVIDERS_SCHEMA, RECIPIENTS_SCHEMA, VISITS_SCHEMA, Files

OUTPUTS = ("claim_lines", "claims")
_SLICE_ROWS = 1 << 17  # of 2^15 to 2^19 the fastest here
_IDENTIFIERS = ("service_month", "provider_no", "insurer_no", "insured_no", "service_code")


def read_visits(path: Path, schema: pa.Schema = VISITS_SCHEMA) -> pa.Table:
    """Read the visits, or another file of its own schema, each column as its own type."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    types = {field.name: field.type for field in schema}
    return pacsv.read_csv(
        path,
        read_options=pacsv.ReadOptions(block_size=4 * 2**20),  # faster here than 1 MiB, the default
        convert_options=pacsv.ConvertOptions(column_types=types),
    )


def write_table(table: pa.Table, path: Path) -> None:
    """Write one result: CSV in slices that all cores form and one writes."""
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    starts = range(0, max(1, table.num_rows), _SLICE_ROWS)
    with ThreadPoolExecutor(pa.cpu_count()) as cores, path.open("wb") as file:
        for formed in cores.map(lambda start: _formed(table, start), starts):
            file.write(formed)


def _formed(table: pa.Table, start: int) -> pa.Buffer:
    options = pacsv.WriteOptions(
        include_header=start == 0, quoting_style="none", quoting_header="none"
    )
    sink = pa.BufferOutputStream()
    pacsv.write_csv(table.slice(start, _SLICE_ROWS), sink, options)
    return sink.getvalue()


def load_outputs(directory: Path) -> dict[str, pa.Table]:
    """Load the results of a contender, to be written again."""
    types = dict.fromkeys(_IDENTIFIERS, pa.string())
    options = pacsv.ConvertOptions(column_types=types)
    tables = {}
    for name in OUTPUTS:
        path = directory / f"{name}.parquet"
        if path.exists():
            tables[name] = pq.read_table(path)
        else:
            tables[name] = pacsv.read_csv(directory / f"{name}.csv", convert_options=options)
    return tables


def floor(files: Files, outputs: dict[str, pa.Table], out_dir: Path) -> None:
    """Read the month, then write the results: the timed part.

    Parameters
    ----------
    files : Files
    outputs : dict of str to pyarrow.Table
        Results by name, already in memory.
    out_dir : Path
        Written in the format of the visits.
    """
    read_visits(files.visits)
    read_visits(files.providers, PROVIDERS_SCHEMA)
    read_visits(files.recipients, RECIPIENTS_SCHEMA)
    for name, table in outputs.items():
        write_table(table, out_dir / f"{name}{files.visits.suffix}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("month", type=Path, metavar="MONTH")
    parser.add_argument("outputs", type=Path, metavar="OUTPUTS")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", dest="file_format")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    outputs = load_outputs(options.outputs)
    files = Files.in_directory(options.month, options.file_format)
    wall, cpu = time.perf_counter(), time.process_time()
    floor(files, outputs, options.out)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main()

"""Time single functions: ``pytest benchmarks --benchmark-enable --benchmark-only``.

Times are shown, never asserted. Each group is a table; ``floor`` is what Arrow alone needs for the
files of the same group.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import chiiki_tsusho as ct
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.writing.folders import FolderSink
from chiiki_tsusho.writing.result_tables import FrameSink
from floor import OUTPUTS, read_visits, write_table
from month import MINUTES, Files, generate

CodeArray = npt.NDArray[np.str_]

VISITS = 100_000


@pytest.fixture(scope="session")
def csv_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return a small month as CSV."""
    return generate(tmp_path_factory.mktemp("csv"), VISITS)


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Return the same month as data frames, by the names of `compute_claims`."""
    files = generate(tmp_path_factory.mktemp("parquet"), VISITS, file_format="parquet")
    return {
        path.stem: pq.read_table(path).to_pandas()
        for path in (files.visits, files.providers, files.recipients)
    }


@pytest.fixture(scope="session")
def table() -> CodeTable:
    """Return the code table of the month."""
    return ct.load_codes("2016-04")


@pytest.fixture(scope="session")
def conditions() -> dict[str, npt.NDArray[np.int64]]:
    """Return the level and length of as many visits."""
    rng = np.random.default_rng(20160401)
    first, last = MINUTES["day_care"][0][0], MINUTES["day_care"][-1][1]
    return {
        "care_level": rng.integers(1, 6, VISITS),
        "minutes": rng.integers(first, last + 1, VISITS),
    }


@pytest.fixture(scope="session")
def codes(table: CodeTable, conditions: dict[str, npt.NDArray[np.int64]]) -> CodeArray:
    """Return the code of each of these visits."""
    found: CodeArray = table.find(**conditions)
    return found


@pytest.fixture(scope="session")
def batch(frames: dict[str, pd.DataFrame]) -> ct.Batch:
    """Return the results of the month."""
    return ct.compute_claims(frames["visits"], frames["providers"], frames["recipients"])


@pytest.mark.benchmark(group="load the code table")
def test_load_codes(benchmark: BenchmarkFixture) -> None:
    """The table of a month, once the process has it."""
    benchmark(ct.load_codes, "2016-04")


@pytest.mark.benchmark(group="look up 100,000 codes")
def test_lookup(benchmark: BenchmarkFixture, table: CodeTable, codes: CodeArray) -> None:
    """The rows of codes."""
    benchmark(table.lookup, codes)


@pytest.mark.benchmark(group="look up 100,000 codes")
def test_units(benchmark: BenchmarkFixture, table: CodeTable, codes: CodeArray) -> None:
    """The units of codes."""
    benchmark(table.units, codes)


@pytest.mark.benchmark(group="find 100,000 codes")
def test_find(
    benchmark: BenchmarkFixture, table: CodeTable, conditions: dict[str, npt.NDArray[np.int64]]
) -> None:
    """The codes of conditions."""
    benchmark(table.find, **conditions)


@pytest.mark.benchmark(group="one visit")
def test_find_one(benchmark: BenchmarkFixture, table: CodeTable) -> None:
    """The code of one visit."""
    benchmark(table.find, care_level=5, minutes=150, shortfall="understaffed")


@pytest.mark.benchmark(group="one visit")
def test_compose(benchmark: BenchmarkFixture, table: CodeTable) -> None:
    """Every step of one visit."""
    visit = ct.Visit(minutes=150, care_level=5, shortfall="understaffed", additions={"bathing": 1})
    benchmark(ct.Calculator(table).compose, visit)


@pytest.mark.benchmark(group="100,000 visits in memory")
def test_compute_claims(benchmark: BenchmarkFixture, frames: dict[str, pd.DataFrame]) -> None:
    """Data frames to a batch."""
    benchmark(ct.compute_claims, frames["visits"], frames["providers"], frames["recipients"])


@pytest.mark.benchmark(group="read 100,000 visits")
def test_read(benchmark: BenchmarkFixture, csv_files: Files) -> None:
    """The library's blocks of cells."""

    def read() -> int:
        source = open_source(csv_files.visits)
        blocks = source.blocks(["distinct"] * len(source.headings))
        return sum(len(block.lines) for block in blocks)

    assert benchmark(read) == VISITS


@pytest.mark.benchmark(group="read 100,000 visits")
def test_read_floor(benchmark: BenchmarkFixture, csv_files: Files) -> None:
    """Arrow alone."""
    assert len(benchmark(read_visits, csv_files.visits)) == VISITS


class _Kept(FrameSink):
    """Keeps the claims as they were priced."""

    def __init__(self) -> None:
        super().__init__()
        self.priced: list[Priced] = []

    def formed(self, priced: Priced) -> tuple[pa.Table, pa.Table]:
        self.priced.append(priced)
        return super().formed(priced)


@pytest.mark.benchmark(group="write the results of 100,000 visits")
def test_write(benchmark: BenchmarkFixture, csv_files: Files, tmp_path: Path) -> None:
    """Whole or not at all."""
    visits = CsvSource(csv_files.visits)
    providers, recipients = CsvSource(csv_files.providers), CsvSource(csv_files.recipients)
    run = BatchRun(visits, providers, recipients, ct.load_code_book())
    sink = _Kept()
    run.run(sink)

    def write() -> None:
        with FolderSink(tmp_path / "out", visits, "csv") as written:
            for one in sink.priced:
                written.claims(written.formed(one))
            written.finish(run.problems.tables(), {})

    benchmark(write)


@pytest.mark.benchmark(group="write the results of 100,000 visits")
def test_write_floor(benchmark: BenchmarkFixture, batch: ct.Batch, tmp_path: Path) -> None:
    """Arrow alone."""
    tables = _tables(batch)

    def write() -> None:
        for name, table in tables.items():
            write_table(table, tmp_path / f"{name}.csv")

    benchmark(write)


def _tables(batch: ct.Batch) -> dict[str, pa.Table]:
    return {
        name: pa.Table.from_pandas(getattr(batch, name), preserve_index=False) for name in OUTPUTS
    }

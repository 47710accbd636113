"""Every script of this folder still runs, on a month that takes no time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SMALL = ("--visits", "2000", "--runs", "1")
KINDS = ("one-bad", "quoted", "band", "no-zero", "cells", "marks", "doubled", "stranger")


def script(name: str, *words: str) -> str:
    """Run a script to its end and return what it prints."""
    command = [sys.executable, str(HERE / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("order", ["person", "shuffled"])
def test_all_contenders_agree(order: str, file_format: str, tmp_path: Path) -> None:
    words = ["--order", order, "--format", file_format, "--dir", str(tmp_path)]
    if file_format == "parquet":
        words += ["--contenders", "ours", "function", "floor", "polars", "duckdb"]
    table = script("end_to_end.py", *SMALL, *words)
    for contender in ("ours", "function", "floor", "polars", "duckdb"):
        assert f"| {contender} |" in table


def test_months_with_faults(tmp_path: Path) -> None:
    table = script("faults.py", *SMALL, "--dir", str(tmp_path), "--kinds", *KINDS)
    assert [line.split(" |")[0] for line in table.splitlines()[2:]] == [
        "| plain", *(f"| {kind}" for kind in KINDS),
    ]  # fmt: skip


def test_stages(tmp_path: Path) -> None:
    script("month.py", str(tmp_path / "month"), "--visits", "2000")
    assert "cells to numbers" in script("stages.py", str(tmp_path / "month"))


def test_audit() -> None:
    assert '"records": 2000' in script("audit.py", "--records", "2000")


def test_start() -> None:
    table = script("start.py", "--runs", "1", "--commands", "help", "lookup")
    assert [line.split(" |")[0] for line in table.splitlines()[2:]] == [
        "| import numpy, pyarrow", "| help", "| lookup",
    ]  # fmt: skip

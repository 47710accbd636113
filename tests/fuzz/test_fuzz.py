"""A few seconds of every target of the fuzzer: other cases in each run of CI, else the same."""

from __future__ import annotations

import os
import time

import pytest

from fuzz.run import fuzz
from fuzz.targets import TARGETS

SECONDS, CASES = 8, 40


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_the_file(target: str) -> None:
    in_ci = bool(os.environ.get("CI"))
    seed = time.time_ns() % 1_000_000 if in_ci else 1
    assert fuzz(target, seed, SECONDS if in_ci else 60, cases=None if in_ci else CASES) > 0

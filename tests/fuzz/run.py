"""Fuzz for some time: ``PYTHONPATH=tests python -m fuzz.run --seconds 3600 --seed 7``.

Every case has a number of its own; ``--first`` and ``--cases 1`` show one again.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random

from fuzz.targets import TARGETS


def fuzz(target: str, seed: int, seconds: float, first: int = 0, cases: int | None = None) -> int:
    """Run cases of a target until the time is over; return how many were run.

    Raises
    ------
    AssertionError
        The first case that failed, with the words to run it again.
    """
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as temporary:
        for number in itertools.count(first):
            if time.monotonic() > end or number - first == cases:
                return number - first
            try:
                TARGETS[target](Random(f"{seed} {target} {number}"), Path(temporary))
            except Exception as error:
                again = f"--target {target} --seed {seed} --first {number} --cases 1"
                raise AssertionError(f"python -m fuzz.run {again}") from error
    raise AssertionError("numbers do not end")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--target", choices=tuple(TARGETS), nargs="+", default=list(TARGETS))
    parser.add_argument("--first", type=int, default=0, help="the first case")
    parser.add_argument("--cases", type=int, help="no more than so many")
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    failed = False
    for target in options.target:
        try:
            run = fuzz(target, options.seed, options.seconds, options.first, options.cases)
            sys.stdout.write(f"{target}: {run} cases, nothing found\n")
        except AssertionError:
            failed = True
            sys.stdout.write(f"{target}: {traceback.format_exc()}\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()

"""Processor time of a command's first word, beside that of ``import numpy, pyarrow``.

::

    python benchmarks/start.py --runs 9 [--commands help lookup explain claim explain-claim report]

The commands run over the example month, each in a fresh process, in turns with a process that
imports NumPy and Arrow and ends. Printed are the medians, and the medians of the ratios in a round.
Compiled modules are kept in a folder of the run's own, and a first round fills it: nobody waits for
the compiler more than once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from end_to_end import compile_into, run

EXAMPLES = Path(__file__).parents[1] / "examples"
YARDSTICK = "import numpy, pyarrow"


def commands(out: Path) -> dict[str, list[str]]:
    """Return the words of each command; `out` is a folder for what they write."""
    visits, *others = (
        str(EXAMPLES / f"{name}.csv") for name in ("visits", "providers", "recipients")
    )
    given = [visits, "--providers", others[0], "--recipients", others[1]]
    return {
        "help": ["--help"],
        "lookup": ["lookup", "--month", "2016-04", "781241"],
        "explain": ["explain", "--month", "2016-04", "--minutes", "240", "--care-level", "1"],
        "claim": ["claim", *given, "-o", str(out / "results")],
        "explain-claim": ["explain-claim", *given, "--insured", "0000100011"],
        "report": ["report", str(out / "results"), "-o", str(out / "report.html")],
    }


def measure(names: list[str], runs: int) -> dict[str, list[float]]:
    """Return the processor seconds of the yardstick (its name is blank) and of each command."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        compile_into(folder)
        words = commands(folder)
        program = [sys.executable, "-m", "chiiki_tsusho"]
        run([*program, *words["claim"]])
        seconds: dict[str, list[float]] = {name: [] for name in ["", *names]}
        for number in range(runs + 1):
            for name, found in seconds.items():
                command = [*program, *words[name]] if name else [sys.executable, "-c", YARDSTICK]
                figures = run(command)
                if number:
                    found.append(figures.cpu)
    return seconds


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = list(commands(Path()))
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--commands", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    seconds = measure(options.commands, options.runs)
    yardstick = seconds.pop("")
    print("| command | cpu s | ÷ import of NumPy and Arrow |")
    print("|---|---:|---:|")
    print(f"| {YARDSTICK} | {median(yardstick):.3f} | 1.00 |")
    for name, found in seconds.items():
        ratio = median(one / other for one, other in zip(found, yardstick, strict=True))
        print(f"| {name} | {median(found):.3f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()

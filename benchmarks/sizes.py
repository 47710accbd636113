"""Time and memory against size, as a table and a picture.

::

    python benchmarks/sizes.py --dir DIR --picture docs/_static/sizes.svg

Every size is a month of its own in person order; the two largest may have the same people, so that
the last step shows more visits and not more claims. Runs the library and the floor in turns.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

from end_to_end import Run, compile_into, measure, month
from peers import CODES

SIZES = (10_000, 100_000, 1_000_000, 4_000_000, 40_000_000)
PEOPLE_OF_ALL = 400_000


def measured_sizes(directory: Path, sizes: list[int], runs: int) -> dict[int, dict[str, list[Run]]]:
    """Run the library and the floor on a month of each size."""
    found = {}
    for size in sizes:
        people = PEOPLE_OF_ALL if size > 10 * PEOPLE_OF_ALL else None
        files = month(directory, size, people, "person", "csv")
        found[size] = measure(files, ["ours", "floor"], runs, directory, CODES)
    return found


def table(found: dict[int, dict[str, list[Run]]]) -> str:
    """Write the medians as a Markdown table."""
    rows = [
        "| visits | ours, s | floor, s | ours ÷ floor | ours, memory MiB |",
        "|---:|---:|---:|---:|---:|",
    ]
    for size, runs in found.items():
        ours, floor = (median(run.wall for run in runs[name]) for name in ("ours", "floor"))
        memory = median(run.memory for run in runs["ours"])
        rows.append(f"| {size:,} | {ours:.2f} | {floor:.2f} | {ours / floor:.2f} | {memory:,.0f} |")
    return "\n".join(rows)


def draw(found: dict[int, dict[str, list[Run]]], path: Path) -> None:
    """Draw time and memory against size, both axes in powers of ten."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes = list(found)
    for name, style in (("ours", "o-"), ("floor", "s--")):
        seconds = [median(run.wall for run in found[size][name]) for size in sizes]
        axes[0].plot(sizes, seconds, style, label=name)
    axes[1].plot(sizes, [median(run.memory for run in found[size]["ours"]) for size in sizes], "o-")
    for axis, label in zip(axes, ("seconds", "peak memory, MiB"), strict=True):
        axis.set(xscale="log", xlabel="visits", ylabel=label)
        axis.grid(alpha=0.3)
    axes[0].set_yscale("log")
    axes[0].legend()
    axes[1].set_ylim(bottom=0)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dir", type=Path, required=True, help="where the months are kept")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--picture", type=Path, help="also draw an SVG")
    asked = parser.parse_args()
    compile_into(asked.dir)
    found = measured_sizes(asked.dir, asked.sizes, asked.runs)
    print(table(found))
    if asked.picture:
        draw(found, asked.picture)


if __name__ == "__main__":
    main()

"""Run every contender over the same files and print how long each took.

::

    python benchmarks/end_to_end.py --visits 4000000 --order person --runs 3
        [--people P] [--format csv|parquet]
        [--contenders ours function floor polars duckdb loop]
        [--with-loop] [--dir DIR] [--codes F] [--json FILE]

The month is generated once and kept in ``--dir`` (a temporary folder unless given). Each run is a
fresh process, and the contenders take turns, so that a busy minute of the machine hits them all.
Wall time, processor time and the highest memory of each process come from the kernel, the start of
Python and its imports included. Only two time themselves: the floor, because the results it writes
are loaded before its clock starts (its memory includes them), and ``function``, the library as a
program calls it that has imported it already. All results are compared (``check.py``) before
anything is printed.

The plain loop is slow and strictly linear: above 400,000 visits it runs once on a month of that
size and its times are scaled up, unless ``--with-loop`` is given. Its memory is never scaled.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from check import compare
from month import Files, generate
from peers import CODES

HERE = Path(__file__).parent
CONTENDERS = ("ours", "function", "floor", "polars", "duckdb", "loop")
OWN_CLOCK = ("function", "floor")
LOOP_VISITS = 400_000


@dataclass(frozen=True)
class Run:
    """One process: seconds of wall clock and processor, highest memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(command: list[str], own_clock: bool = False, held: bool = False) -> Run:
    """Run a command and measure it.

    Parameters
    ----------
    command : list of str
    own_clock : bool
        Take the times the command prints as JSON instead of those of the whole process.
    held : bool
        Whether some claims may be held.

    Returns
    -------
    Run

    Raises
    ------
    RuntimeError
        If the command does not end with 0; for the library that includes held claims.
    """
    with tempfile.NamedTemporaryFile() as report:
        timed = [sys.executable, "-S", str(HERE / "timed.py"), report.name, *command]
        process = subprocess.run(timed, capture_output=True, text=True, check=False)
        if process.returncode not in ((0, 1) if held else (0,)):
            words = " ".join(command)
            raise RuntimeError(f"{words} ended with {process.returncode}\n{process.stderr}")
        figures = json.load(report)
    if own_clock:
        figures |= json.loads(process.stdout)
    return Run(**figures)


def command(name: str, files: Files, out: Path, codes: Path, outputs: Path) -> list[str]:
    """Return the command of a contender; `outputs` is what the floor writes again."""
    if name in OWN_CLOCK:
        inputs = [files.visits.parent, *([outputs] if name == "floor" else [])]
        words = [*map(str, inputs), "-o", str(out), "--format", files.visits.suffix.lstrip(".")]
        if name == "function" and codes != CODES:
            words += ["--codes", str(codes)]
        return [sys.executable, str(HERE / f"{name}.py"), *words]
    program = ["-m", "chiiki_tsusho", "claim"] if name == "ours" else [str(HERE / "peers.py"), name]
    options = {"-o": out, "--providers": files.providers, "--recipients": files.recipients}
    words = [str(word) for option in options.items() for word in option]
    if name == "ours":
        words += ["--format", files.visits.suffix.lstrip(".")]
    if name != "ours" or codes != CODES:
        words += ["--codes", str(codes)]
    return [sys.executable, *program, str(files.visits), *words]


def compile_into(directory: Path) -> None:
    """Let commands be compiled, as what is installed is: the first run compiles for the others."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(directory / "compiled")


def month(directory: Path, visits: int, people: int | None, order: str, file_format: str) -> Files:
    """Return the files of a month, generating them if they are not there yet."""
    name = f"{visits}-{people or 'ten-each'}-{order}-{file_format}"
    if not (directory / name).exists():
        # Renamed at the end, so that an interrupted month is not taken for a whole one.
        unfinished = directory / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        generate(unfinished, visits, people=people, order=order, file_format=file_format)
        unfinished.rename(directory / name)
    return Files.in_directory(directory / name, file_format)


def measure(
    files: Files, names: list[str], runs: int, directory: Path, codes: Path
) -> dict[str, list[Run]]:
    """Run the contenders in turns and compare what they wrote.

    Parameters
    ----------
    files : Files
    names : list of str
        Which of `CONTENDERS`.
    runs : int
        Rounds; each contender runs once in each.
    directory : Path
        The results are written to folders in it.
    codes : Path

    Returns
    -------
    dict of str to list of Run
    """
    out = {name: directory / f"out-{name}" for name in CONTENDERS}
    computing = [name for name in CONTENDERS if name in names and name != "floor"]
    # The floor comes last in each round: it writes again what the first of the others wrote.
    order = [*computing, *(["floor"] if "floor" in names else [])]
    measured: dict[str, list[Run]] = {name: [] for name in CONTENDERS if name in names}
    for _ in range(runs):
        for name in order:
            shutil.rmtree(out[name], ignore_errors=True)
            out[name].mkdir()
            measured[name].append(
                run(command(name, files, out[name], codes, out[computing[0]]), name in OWN_CLOCK)
            )
    for name in order[1:]:
        over = compare(out[order[0]], out[name])
        print(f"{order[0]} = {name}; {over:,} claims above their limit left out", file=sys.stderr)
    return measured


def markdown(measured: dict[str, list[Run]], note: dict[str, str]) -> str:
    """Lay out the medians as a Markdown table.

    Parameters
    ----------
    measured : dict of str to list of Run
    note : dict of str to str
        Words to put behind the name of a contender.

    Returns
    -------
    str
    """
    wall = {name: median(run.wall for run in runs) for name, runs in measured.items()}
    lines = [
        "| contender | wall s (lowest–highest) | cpu s | memory MiB | ÷ floor | ÷ ours |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, runs in measured.items():
        walls = [run.wall for run in runs]
        ratios = [
            f"{wall[name] / wall[other]:.2f}" if other in wall else "–"
            for other in ("floor", "ours")
        ]
        cells = [
            name + note.get(name, ""),
            f"{wall[name]:.2f} ({min(walls):.2f}–{max(walls):.2f})",
            f"{median(run.cpu for run in runs):.2f}",
            f"{max(run.memory for run in runs):,.0f}",
            *ratios,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, help="default: one to ten visits")
    parser.add_argument("--order", choices=("person", "shuffled"), default="person")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", dest="file_format")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--with-loop", action="store_true", help="the loop on the whole month")
    parser.add_argument("--dir", type=Path, help="where the months are kept")
    parser.add_argument("--codes", type=Path, default=CODES)
    parser.add_argument("--json", type=Path, help="also write every run to this file")
    options = parser.parse_args()
    if options.contenders == ["floor"]:
        parser.error("the floor writes the results of another contender: choose one more")
    if options.file_format == "parquet" and options.with_loop:
        parser.error("the loop reads CSV only")
    return options


def main() -> None:
    """Run the command line."""
    options = _arguments()
    names = [name for name in CONTENDERS if name in options.contenders]
    note: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.dir or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        compile_into(directory)
        files = month(directory, options.visits, options.people, options.order, options.file_format)
        small_loop = "loop" in names and (
            options.file_format == "parquet"
            or (options.visits > LOOP_VISITS and not options.with_loop)
        )
        together = [name for name in names if not (name == "loop" and small_loop)]
        measured = measure(files, together, options.runs, directory, options.codes)
        if small_loop:
            visits = min(LOOP_VISITS, options.visits)
            people = options.people and max(1, options.people * visits // options.visits)
            files = month(directory, visits, people, options.order, "csv")
            [loop] = measure(files, ["loop"], 1, directory, options.codes)["loop"]
            scale = options.visits / visits
            measured["loop"] = [Run(loop.wall * scale, loop.cpu * scale, loop.memory)]
            note["loop"] = f" (scaled from {visits:,} visits)"
    print(markdown(measured, note))
    if options.json:
        figures = {
            "visits": options.visits,
            "people": options.people,
            "order": options.order,
            "format": options.file_format,
            "runs": {name: [asdict(run) for run in runs] for name, runs in measured.items()},
            "notes": note,
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

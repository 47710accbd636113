"""Compute the same month on one and on more worker processes of this machine.

::

    python benchmarks/cluster.py --visits 4000000 --parts 8 --workers 1 2 --runs 3
        [--people P] [--order person|shuffled] [--dir DIR]

The month is cut into Parquet files as it comes, so that claims lie across them. Each contender is a
``LocalCluster`` with one thread to a worker; they take turns. Timed is
``compute_claims_dask(...).to_parquet(...)`` on workers that have done a small month before, so that
neither the start of processes nor imports count. *One process* is ``claim_files`` on the uncut
file, on one core and as it comes. Claims and lines of all contenders are compared before anything
is printed.

Processor time is that of all processes that work: of a cluster its workers, and the scheduler and
client in this process. The second table says how many seconds the workers spent in what, all
workers together.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import dask.dataframe as dd
import pandas as pd
import pyarrow.parquet as pq
from distributed import Client, LocalCluster

from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.cluster import compute_claims_dask
from chiiki_tsusho.reading.threads import on_one_core
from end_to_end import month
from month import Files

KEY = ["service_month", "provider_no", "insurer_no", "insured_no"]
# What Dask calls its tasks, and what they are.
STAGES = {
    "read_parquet": "read a part",
    "named": "say whose each row is",
    "shuffle": "move rows",
    "claim_keys": "name the claims of a partition",
    "computed": "compute a partition",
    "write_part": "write a partition",
}


def cut(files: Files, parts: int) -> Path:
    """Cut the visits into part files beside them; return their folder."""
    folder = files.visits.parent / f"parts-{parts}"
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    table = pq.read_table(files.visits)
    ends = [len(table) * part // parts for part in range(parts + 1)]
    for number, start in enumerate(ends[:-1]):
        rows = table.slice(start, ends[number + 1] - start)
        pq.write_table(rows, unfinished / f"visits-{number:04}.parquet")
    unfinished.rename(folder)
    return folder


def results(folder: Path) -> list[pd.DataFrame]:
    """Read claims and lines, in one order."""
    frames = []
    for name, order in (("claims", KEY), ("claim_lines", [*KEY, "service_code"])):
        path = folder / name
        frame = pq.read_table(path if path.is_dir() else f"{path}.parquet").to_pandas()
        frames.append(frame.sort_values(order, ignore_index=True))
    return frames


def stages(client: Client) -> dict[str, float]:
    """Return the seconds of all workers by what they did, since the cluster began."""

    def durations(dask_scheduler: Any = None) -> dict[str, float]:
        prefixes = dask_scheduler.task_prefixes.items()
        return {name: sum(prefix.all_durations.values()) for name, prefix in prefixes}

    found: dict[str, float] = dict.fromkeys([*STAGES.values(), "the rest"], 0.0)
    for name, seconds in client.run_on_scheduler(durations).items():
        stage = next((STAGES[key] for key in STAGES if key in name.replace("-", "_")), "the rest")
        found[stage] += seconds
    return found


class OnCluster:
    """A number of worker processes, each with one thread."""

    def __init__(self, workers: int, small: tuple[Path, Files]) -> None:
        self.name = f"{workers} worker process{'es' * (workers > 1)}"
        self._cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
        self._client = Client(self._cluster, set_as_default=False)
        with tempfile.TemporaryDirectory() as out:
            self.compute(*small, Path(out))
        self._before = stages(self._client)

    def cpu(self) -> float:
        """Return the processor seconds of all workers so far."""
        return float(sum(self._client.run(time.process_time).values()))

    def compute(self, parts: Path, files: Files, out: Path) -> None:
        """Compute a month into a folder."""
        with self._client.as_current():
            visits = dd.read_parquet(parts)
            batch = compute_claims_dask(visits, files.providers, files.recipients)
            batch.to_parquet(out)

    def close(self) -> tuple[dict[str, float], float]:
        """Return the seconds by stage and the highest memory of a worker in MiB, and stop."""

        def memory() -> float:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

        after, highest = stages(self._client), max(self._client.run(memory).values())
        self._client.close()
        self._cluster.close()
        return {name: after[name] - self._before[name] for name in after}, highest


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=4_000_000)
    parser.add_argument("--people", type=int, help="default: one to ten visits")
    parser.add_argument("--order", choices=("person", "shuffled"), default="shuffled")
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", type=Path, help="where the months are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.dir or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        rest = (options.order, "parquet")
        files = month(directory, options.visits, options.people, *rest)
        small = month(directory, 20_000, None, *rest)
        parts = cut(files, options.parts)
        small_parts = cut(small, options.parts)
        clusters = [OnCluster(workers, (small_parts, small)) for workers in options.workers]

        def one_process(cores: Any) -> Callable[[Path], Any]:
            def run(out: Path) -> None:
                with cores():
                    claim_files(files.visits, out, files.providers, files.recipients,
                                file_format="parquet")  # fmt: skip

            return run

        contenders: dict[str, Callable[[Path], Any]] = {
            "one process, one core": one_process(on_one_core),
            "one process": one_process(nullcontext),
            **{one.name: partial(one.compute, parts, files) for one in clusters},
        }
        workers = {one.name: one.cpu for one in clusters}
        walls: dict[str, list[float]] = {name: [] for name in contenders}
        cpus: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.runs):
            for name, run in contenders.items():
                out = Path(temporary) / "out" / name
                shutil.rmtree(out, ignore_errors=True)
                before = workers[name]() if name in workers else 0.0
                start, started = time.perf_counter(), time.process_time()
                run(out)
                walls[name].append(time.perf_counter() - start)
                own = time.process_time() - started
                cpus[name].append(own + (workers[name]() - before if name in workers else 0.0))
        first, *others = (results(Path(temporary) / "out" / name) for name in contenders)
        for other in others:
            for one, same in zip(first, other, strict=True):
                pd.testing.assert_frame_equal(one, same)
        closed = [cluster.close() for cluster in clusters]

    base = median(walls[clusters[0].name])
    print("| | wall s (lowest–highest) | ÷ first cluster | cpu s | memory of a worker, MiB |")
    print("|---|---:|---:|---:|---:|")
    memories = {cluster.name: most for cluster, (_, most) in zip(clusters, closed, strict=True)}
    for name, seconds in walls.items():
        memory = f"{memories[name]:,.0f}" if name in memories else ""
        print(
            f"| {name} | {median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) "
            f"| {median(seconds) / base:.2f} | {median(cpus[name]):.2f} | {memory} |"
        )
    print()
    print(f"| seconds of all workers in a run | {' | '.join(one.name for one in clusters)} |")
    print("|---|" + "---:|" * len(clusters))
    for stage in closed[0][0]:
        cells = [f"{own[stage] / options.runs:.2f}" for own, _ in closed]
        print(f"| {stage} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

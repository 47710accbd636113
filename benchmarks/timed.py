"""Run a command and write what it took, as JSON.

::

    python -S benchmarks/timed.py REPORT COMMAND ...

A process of its own because Linux counts the memory of the process that starts a program as that
program's, until it is replaced: whatever measures must be small. Ends as the command ends.
"""

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the command line."""
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts in bytes, Linux in KiB
    figures = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / unit,
    }
    Path(report).write_text(json.dumps(figures), encoding="utf-8")
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()

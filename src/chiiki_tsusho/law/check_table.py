"""Every check of the loader on a user's code table, all faults at once."""

from __future__ import annotations

from pathlib import Path

from chiiki_tsusho.law.code_rows import CodeRow, in_order, table_faults
from chiiki_tsusho.law.table_files import Fault, scan_rows


def check_table(path: str | Path) -> list[Fault]:
    """Check a code table file.

    Parameters
    ----------
    path : path-like
        A file in the layout of ``data/service_codes.csv``.

    Returns
    -------
    list of Fault
        In order of line; empty when the table can be used. A fault of a cell keeps its row out of
        the checks between rows.

    Raises
    ------
    TableError
        The file cannot be read or is not UTF-8.
    """
    rows, faults = scan_rows(Path(path), CodeRow)
    return in_order([*faults, *table_faults(rows)])

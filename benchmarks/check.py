"""Compare the results of two contenders, exactly.

::

    python benchmarks/check.py DIR DIR

Compares ``claim_lines`` and the columns of ``claims`` that both folders have: every value, and the
order of the rows. Claims above their benefit limit are left out where one of the folders knows them
(``self_paid_units``), because only the library works the limit out. Ends with 1 on a difference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from floor import load_outputs

CLAIM = ["service_month", "provider_no", "insurer_no", "insured_no"]


def _without(table: pa.Table, claims: pa.Table) -> pa.Table:
    """Drop the rows of some claims, keeping the order of the others."""
    if not len(claims):
        return table
    numbered = table.append_column("row", pa.array(np.arange(len(table))))
    kept = numbered.join(claims, CLAIM, join_type="left anti").sort_by("row")
    return kept.drop_columns("row")


def _as_plain(table: pa.Table, columns: list[str]) -> pa.Table:
    """Take some columns, every integer as int64 and all else as text."""
    table = table.select(columns)
    fields = [
        pa.field(field.name, pa.int64() if pa.types.is_integer(field.type) else pa.string())
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _first_difference(ours: pa.Table, theirs: pa.Table) -> str:
    if ours.schema != theirs.schema:
        return f"not the same types: {ours.schema} / {theirs.schema}"
    rows = min(len(ours), len(theirs))
    unequal = np.zeros(rows, dtype=bool)
    for name in ours.column_names:
        left, right = (t[name].slice(0, rows).cast(pa.string()) for t in (ours, theirs))
        unequal |= pc.not_equal(left.fill_null(""), right.fill_null("")).to_numpy()
    row = int(np.argmax(unequal)) if unequal.any() else rows
    both = [table.slice(row, 1).to_pylist() for table in (ours, theirs)]
    return f"{len(ours)} and {len(theirs)} rows; first different at {row}: {both[0]} / {both[1]}"


def compare(one: Path, other: Path) -> int:
    """Compare two folders of results.

    Parameters
    ----------
    one, other : Path

    Returns
    -------
    int
        The number of claims left out because they are above their limit.

    Raises
    ------
    ValueError
        At the first difference, naming it.
    """
    outputs = [load_outputs(one), load_outputs(other)]
    over = pa.schema([(name, pa.string()) for name in CLAIM]).empty_table()
    for output in outputs:
        claims = output["claims"]
        if "self_paid_units" in claims.column_names:
            above = claims.filter(pc.not_equal(claims["self_paid_units"], 0))
            over = pa.concat_tables([over, _as_plain(above, CLAIM)])
    over = over.group_by(CLAIM).aggregate([])
    for name in outputs[0]:
        ours, theirs = (output[name] for output in outputs)
        shared = [column for column in ours.column_names if column in theirs.column_names]
        ours, theirs = (_without(_as_plain(t, shared), over) for t in (ours, theirs))
        if not ours.equals(theirs):
            raise ValueError(f"{name} of {one} and {other}: {_first_difference(ours, theirs)}")
    return len(over)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("one", type=Path, metavar="DIR")
    parser.add_argument("other", type=Path, metavar="DIR")
    options = parser.parse_args()
    try:
        over = compare(options.one, options.other)
    except ValueError as difference:
        sys.exit(str(difference))
    print(f"equal; {over} claims above their limit left out")


if __name__ == "__main__":
    main()

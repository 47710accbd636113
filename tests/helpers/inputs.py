"""Small inputs: rows of text, and the files and frames made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from pyarrow import parquet

from chiiki_tsusho import Batch, compute_claims
from chiiki_tsusho.batch import FileBatch, claim_files

Cells = dict[str, str]
Claim = tuple[str, str, str, str]
Place = tuple[str, int | None, str, str, str]

# 781241: 3 to 5 hours, 要介護1; 426 units in the table of 2016-04 as printed.
VISIT: Cells = {
    "provider_no": "1370000018",
    "insurer_no": "131003",
    "insured_no": "0000000001",
    "service_date": "2016-04-01",
    "care_level": "1",
    "minutes": "240",
}
PROVIDER: Cells = {"provider_no": "1370000018"}
RECIPIENT: Cells = {"insurer_no": "131003", "insured_no": "0000000001"}
CLAIM: Claim = ("201604", "1370000018", "131003", "0000000001")
KEY_COLUMNS = ("service_month", "provider_no", "insurer_no", "insured_no")


def visit(day: int = 1, **cells: str) -> Cells:
    """A visit in 2016-04."""
    return {**VISIT, "service_date": f"2016-04-{day:02}", **cells}


def visits(number: int, **cells: str) -> list[Cells]:
    """So many days of 2016-04."""
    return [visit(day, **cells) for day in range(1, number + 1)]


def headings(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Every column any row has."""
    return list(dict.fromkeys(name for row in rows for name in row))


def frame(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Rows as a frame of text."""
    return pd.DataFrame(
        {name: [row.get(name, "") for row in rows] for name in headings(rows)}, dtype="str"
    )


def csv_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as the text of a CSV; no cell may need quotation marks."""
    names = headings(rows)
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines)


def compute(
    rows: Sequence[Mapping[str, str]],
    providers: Sequence[Mapping[str, str]] | None = None,
    recipients: Sequence[Mapping[str, str]] | None = None,
    codes: str | Path | None = None,
) -> Batch:
    """Compute rows as frames."""
    return compute_claims(
        frame(rows),
        None if providers is None else frame(providers),
        None if recipients is None else frame(recipients),
        codes,
    )


def claim_text(folder: Path, text: str | bytes, encoding: str | None = None) -> FileBatch:
    """Compute the text of a file of visits; results are in ``folder / "out"``."""
    path = folder / "visits.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return claim_files(path, folder / "out", encoding=encoding)


def places(problems: pd.DataFrame) -> list[Place]:
    """Where each problem is, and its rule."""
    return [
        (file, None if pd.isna(line) else int(line), column, value, rule)
        for file, line, column, value, rule in zip(
            *(problems[name] for name in ("file", "line", "column", "value", "rule")), strict=True
        )
    ]


def errors(problems: pd.DataFrame) -> pd.DataFrame:
    """The problems that hold something."""
    return problems[problems["severity"] == "error"].reset_index(drop=True)


def own(problems: pd.DataFrame) -> pd.DataFrame:
    """The problems of cells and lines themselves, not that their rows belong to no claim."""
    return problems[problems["rule"] != "unplaced_row"].reset_index(drop=True)


def units(claims: pd.DataFrame) -> dict[Claim, int]:
    """The units of every claim."""
    keys = zip(*(claims[name] for name in KEY_COLUMNS), strict=True)
    return dict(zip(keys, claims["total_units"].tolist(), strict=True))


def texts(table: pd.DataFrame) -> list[list[str]]:
    """The cells of a table as a CSV would hold them, headings first."""
    cells = [["" if pd.isna(cell) else str(cell) for cell in table[name]] for name in table]
    return [list(table), *(list(row) for row in zip(*cells, strict=True))]


def written(folder: Path, name: str) -> list[list[str]]:
    """An output file as text, CSV or Parquet by which of them is there."""
    path = folder / f"{name}.csv"
    if path.exists():
        return texts(pd.read_csv(path, dtype=str, keep_default_na=False))
    table = parquet.read_table(folder / f"{name}.parquet")
    return texts(table.to_pandas(types_mapper=pd.ArrowDtype))

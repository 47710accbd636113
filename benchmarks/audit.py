"""Measure the audit of a claim file, and the floor: Arrow reading the same records.

::

    python benchmarks/audit.py [--records 1000000]

makes a claim file of so many records (one provider, statements of the example month under other
insured numbers), audits it, and prints seconds and their ratio to the floor as JSON. The floor
reads the same bytes with Arrow alone on all cores, each record from lines of its own that were put
together before its clock starts: no program that reads every item with Arrow can be faster.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

import chiiki_tsusho as ct
from chiiki_tsusho.exchange_files.layout import layout

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PERSONAL = {
    "birth_date": "1930-05-06",
    "sex": "2",
    "care_level": "3",
    "certified_from": "2016-01-01",
    "certified_to": "2016-12-31",
    "care_plan_by": "2",
    "public_payer_no": "12139010",
    "public_recipient_no": "1234566",
}
# The provider whose statements are repeated; its claim line is adjusted to their number.
PROVIDER = "1390000015"


def example_file(folder: Path) -> Path:
    """Write the claim file of one provider of the example month."""
    import pandas as pd

    visits, providers, recipients = (
        pd.read_csv(EXAMPLES / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("visits", "providers", "recipients")
    )
    recipients = recipients.assign(**PERSONAL)
    batch = ct.compute_claims(visits[visits["provider_no"] == PROVIDER], providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-05", folder)
    return written.path


def repeated(path: Path, records: int) -> bytes:
    """Repeat the statements of a file under other insured numbers until it has so many records."""
    control, *data, _ = path.read_text(encoding="cp932").splitlines()
    claims = [line.split(",") for line in data if ",7111," in line]
    lines = [line.split(",", 2)[2] for line in data if ",7131," in line]
    times = max(1, records // len(lines))
    for cells in claims:
        cells[8:20] = [str(int(cell) * times) for cell in cells[8:20]]
    persons = dict.fromkeys(line.split(",")[5] for line in lines)
    numbers = {insured: at for at, insured in enumerate(persons)}
    split = [line.split(",") for line in lines]
    whole = [",".join(cells[2:]) for cells in claims]
    for copy in range(times):
        for cells in split:
            number = copy * len(numbers) + numbers[cells[5]]
            whole.append(",".join([*cells[:5], f"{number:010}", *cells[6:]]))
    head = control.split(",")
    head[3] = str(len(whole))
    numbered = [f"2,{at},{line}" for at, line in enumerate(whole, start=2)]
    text = "\r\n".join([",".join(head), *numbered, f"3,{len(whole) + 2}", ""])
    return text.encode("cp932")


def by_record(data: bytes) -> dict[str, bytes]:
    """Put the lines of each record together."""
    parts: dict[str, list[bytes]] = {}
    for line in data.split(b"\r\n"):
        cells = line.split(b",", 4)
        if len(cells) > 4 and cells[2] == b"7131":
            parts.setdefault(f"7131-{cells[3].decode()}", []).append(line)
    return {name: b"\n".join(lines) + b"\n" for name, lines in parts.items()}


def floor(parts: dict[str, bytes]) -> int:
    """Read every item of every statement with Arrow: the timed part."""
    rows = 0
    for name, data in parts.items():
        items = layout()[name].items
        types = {item.name: pa.int64() if item.kind == "number" else pa.string() for item in items}
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(column_names=[item.name for item in items]),
            convert_options=pacsv.ConvertOptions(column_types=types),
        )
        rows += table.num_rows
    return rows


def measure(records: int) -> dict[str, float]:
    """Audit a file of so many records, and take its floor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = repeated(example_file(folder), records)
        path = folder / "large.csv"
        path.write_bytes(data)
        start = time.perf_counter()
        file = ct.read_claim_file(path)
        read = time.perf_counter() - start
        found = ct.audit(file)
        audited = time.perf_counter() - start
    assert found.clean, found.findings.head().to_string()
    parts = by_record(data)
    start = time.perf_counter()
    rows = floor(parts)
    least = time.perf_counter() - start
    return {
        "records": float(rows),
        "megabytes": np.round(len(data) / 1e6, 1),
        "read": np.round(read, 2),
        "read_and_audit": np.round(audited, 2),
        "floor": np.round(least, 2),
        "ratio": np.round(audited / least, 1),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=1_000_000)
    print(json.dumps(measure(parser.parse_args().records)))


if __name__ == "__main__":
    main()

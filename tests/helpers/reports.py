"""Batches for reports: one with something of everything, and large ones made without visits."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, PROBLEMS, Column
from chiiki_tsusho.problem_texts import RULES
from helpers.inputs import Cells, csv_text, visit
from helpers.reference import with_check_digit

PROVIDERS = 23
FAULTY = with_check_digit("137000099")
SCRIPT = "<script>alert('1')</script>"
HEADINGS = (
    "provider_no", "insurer_no", "insured_no", "service_date", "care_level", "minutes", "service",
    "session", "bathing", "same_building", "oral_function",
)  # fmt: skip
Rows = list[dict[str, str]]


def provider_no(number: int) -> str:
    return with_check_digit(f"1370000{number:02}")


def varied_visits() -> list[Cells]:
    """Visits of 23 providers in two months; some of them wrong, and wrong in hostile ways."""
    rows = []
    for number in range(1, PROVIDERS + 1):
        who = {"provider_no": provider_no(number), "insured_no": f"00000000{number:02}"}
        for day in range(1, 2 + number % 12):
            cells = {"minutes": "240", "bathing": str(day % 2), "care_level": str(1 + number % 5)}
            rows.append(visit(day, **who, **cells))
        rows.append(visit(1, **{**who, "service_date": "2017-04-03"}, minutes="450"))
    one = {"provider_no": provider_no(1), "insured_no": "0000000001"}
    rows += [
        # A second session of a day; 2 to 3 hours.
        visit(1, **one, session="2", minutes="150"),
        # The same person at another provider, whose building it is.
        *(visit(day, provider_no=provider_no(2), same_building="1") for day in range(1, 31)),
        # Beyond the limit of 要介護1.
        *(
            visit(day, **one | {"insured_no": "0000000099"}, minutes="800", bathing="1")
            for day in range(1, 31)
        ),
    ]
    faults: list[Cells] = [
        {"oral_function": "x" * 5000},
        {"minutes": SCRIPT},
        {"care_level": '" onmouseover="alert(1)" \'></li></ul><img src=x onerror=alert(1)>'},
        {"service_date": "\u202e2016-04-01"},
        {"service": "&lt;b&gt; {{ 7 * 7 }} {% raw %}"},
        {"insured_no": "4"},
        {"service_date": "2016-03-31"},
        {"minutes": "30"},
        {"care_level": ""},
        {"minutes": "29"},
    ]
    # At a provider of their own: a row that does not say whose it is holds all that it may be of.
    return rows + [
        visit(2, **{"provider_no": FAULTY, "insured_no": f"00000001{at:02}"} | fault)
        for at, fault in enumerate(faults)
    ]


def varied_registers(folder: Path) -> tuple[Path, Path]:
    """Write providers, one of which has no area grade, and recipients, one with a plan."""
    grades = ["", *"1234567", "other"]
    providers = [
        {
            "provider_no": provider_no(number),
            "service_month": month,
            "area_grade": grades[number % len(grades)],
            # Or stays of 800 minutes are held.
            "extended_hours": "1",
            # 786107 is Ⅰ in 2016 and Ⅱ in 2017.
            key: "1",
        }
        for number in (*range(1, PROVIDERS + 1), 99)
        for month, key in (
            ("201604", "treatment_improvement_1"),
            ("201704", "treatment_improvement_2"),
        )
    ]
    recipients = [
        {
            "insurer_no": "131003",
            "insured_no": f"00000000{number:02}",
            "benefit_rate": "90",
            "planned_units": "2000" if number == 11 else "",
        }
        for number in (*range(1, PROVIDERS + 1), 99)
    ] + [
        {"insurer_no": "131003", "insured_no": f"00000001{at:02}", "benefit_rate": "80"}
        for at in range(10)
    ]
    paths = (folder / "providers.csv", folder / "recipients.csv")
    for path, rows in zip(paths, (providers, recipients), strict=True):
        path.write_text(csv_text(rows), encoding="utf-8")
    return paths


def write_visits(path: Path, rows: Sequence[Cells], headings: Sequence[str] = HEADINGS) -> Path:
    """Write visits, quoting what needs it."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([row.get(name, "") for name in HEADINGS] for row in rows)
    return path


def varied_batch(folder: Path, rows: Sequence[Cells] | None = None) -> FileBatch:
    """Compute the varied batch into ``folder / "claims"``."""
    visits = write_visits(folder / "visits.csv", varied_visits() if rows is None else rows)
    providers, recipients = varied_registers(folder)
    return claim_files(visits, folder / "claims", providers, recipients)


def read_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write_output(folder: Path, name: str, columns: Sequence[Column], frame: pd.DataFrame) -> None:
    """Write a file as the claim command does."""
    table = pa.Table.from_pandas(frame, schema=schema(columns), preserve_index=False)
    arrow_csv.write_csv(table, folder / f"{name}.csv")


def large_batch(folder: Path, claims: int, problems: int = 0) -> None:
    """Write the folder of so many claims without computing them: one line of 426 each."""
    folder.mkdir()
    number = np.arange(claims)
    days = 1 + number % 25
    key = {
        "service_month": np.full(claims, "201604"),
        "provider_no": [f"13{one:08}" for one in number // 18],
        "insurer_no": [f"{131000 + one}" for one in number % 900],
        "insured_no": [f"{one:010}" for one in number],
    }
    lines = {
        "service_code": np.full(claims, "781241"),
        "units": 426,
        "count": days,
        "service_units": 426 * days,
        "limit_managed": 1,
        "public_count": 0,
        "public_units": 0,
    }
    benefit = np.minimum(426 * days, 9000)
    # 10.90 yen a unit and 90 per cent.
    yen = benefit * 1090 // 100
    totals = {column.name: 0 for column in CLAIMS[len(key) :]} | {
        "care_level": 1 + number % 5,
        "visits": days,
        "days": days,
        "managed_units": 426 * days,
        "total_units": 426 * days,
        "planned_units": benefit,
        "benefit_units": benefit,
        "self_paid_units": 426 * days - benefit,
        "unit_price": 1090,
        "total_yen": yen,
        "benefit_rate": 90,
        "insurance_yen": yen * 90 // 100,
        "copay_yen": yen - yen * 90 // 100,
        "self_paid_yen": (426 * days - benefit) * 1090 // 100,
    }
    write_output(folder, "claim_lines", CLAIM_LINES, pd.DataFrame(key | lines))
    write_output(folder, "claims", CLAIMS, pd.DataFrame(key | totals))
    number = np.arange(problems)
    rules = np.array([*RULES, *(f"{SCRIPT}{one}" for one in range(200))], dtype=object)
    shown = {
        "severity": "error",
        "file": "visits",
        "line": number + 2,
        "held_line": number + 2,
        "service_month": "201604",
        "provider_no": "1370000018",
        "insurer_no": "131003",
        "insured_no": [f"{one:010}" for one in number],
        "column": [f"column{one % 1000}" for one in number],
        "value": [f"{one}{SCRIPT}" * 4 for one in number],
        "rule": rules[number % len(rules)],
        "message": [f"{one}{SCRIPT}" * 20 for one in number],
    }
    write_output(folder, "problems", PROBLEMS, pd.DataFrame(shown))
    held = [visit(1, insured_no=f"{one:010}") for one in range(problems)]
    write_visits(folder / "held_visits.csv", held)

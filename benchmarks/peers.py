"""The same month's claims, written three more times: in polars, in DuckDB and as a plain loop.

::

    python benchmarks/peers.py polars|duckdb|loop VISITS -o DIR --providers F --recipients F

Each is written as somebody at home in that tool would: all threads, types given, one pass over the
visits, everything else on the few rows that pass leaves. They take the code table as data, like the
library, and write ``claim_lines`` and the unit totals of ``claims``. They leave out what the
library also does: no input is checked, nothing is held, no benefit limit and no yen. Their lines
equal the library's wherever the month stays within its limit (``check.py``).

The files must be as ``month.py`` writes them: additions of a visit in the visits file,
treatment_improvement and extended_hours with the provider, rural_area with the recipient, and all
of one month.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from month import PROVIDER_KEYS, VISIT_KEYS

CODES = Path(__file__).parents[1] / "data" / "service_codes.csv"
MONTH = "201604"

IDS = ("provider_no", "insurer_no", "insured_no")
CLAIM = ("service_month", *IDS)
LINE = (*CLAIM, "service_code", "units", "count", "service_units", "limit_managed")
TOTALS = (*CLAIM, "visits", "days", "managed_units", "unmanaged_units", "total_units")


@dataclass(frozen=True)
class Addition:
    """A row of kind ``addition``, for a column of the visits file."""

    key: str
    code: str
    units: int
    per_day: bool
    yields_to: tuple[str, ...]
    managed: int


@dataclass(frozen=True)
class Rate:
    """A row of kind ``rate``."""

    key: str
    code: str
    per_mille: int
    of: str
    managed: int


@dataclass(frozen=True)
class Codes:
    """The code table of a month, as the three contenders need it.

    `base` has a row ``(service, care_level, shortfall, extended_hours, minutes, code, units)`` for
    every single minute, so that a visit finds its code by equality; care_level is 0 where the code
    has none.
    """

    base: list[tuple[str, int, str, int, int, str, int]]
    additions: list[Addition]
    rural_area: Rate
    treatments: list[Rate]


def load_codes(path: Path = CODES, month: str = MONTH) -> Codes:
    """Read the rows of one month."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["valid_from"] <= month <= r["valid_to"]]
    base_rows = [row for row in rows if row["kind"] == "base"]
    ends: defaultdict[str, int] = defaultdict(int)
    plain_ends: defaultdict[str, int] = defaultdict(int)
    for row in base_rows:
        service, end = row["service"], int(row["minutes_to"])
        ends[service] = max(ends[service], end)
        if row["extension_units"] == "0":
            plain_ends[service] = max(plain_ends[service], end)
    base = []
    for row in base_rows:
        code = row["service_type"] + row["item_code"]
        service, end = row["service"], int(row["minutes_to"])
        group = (service, int(row["care_level"] or 0), row["shortfall"])
        first, units = int(row["minutes_from"]), int(row["units"])
        base += [(*group, 1, minutes, code, units) for minutes in range(first, end)]
        if row["extension_units"] == "0":
            # Without extended hours the longest plain band goes on to where the extended ones end.
            last = ends[service] if end == plain_ends[service] else end
            base += [(*group, 0, minutes, code, units) for minutes in range(first, last)]
    additions = [
        Addition(
            row["key"],
            row["service_type"] + row["item_code"],
            int(row["units"]),
            row["per"] == "day",
            tuple(key for key in row["yields_to"].split() if key in VISIT_KEYS),
            int(row["limit_managed"]),
        )
        for row in rows
        if row["key"] in VISIT_KEYS
    ]
    rates = [
        Rate(
            row["key"],
            row["service_type"] + row["item_code"],
            int(row["per_mille"]),
            row["rate_of"],
            int(row["limit_managed"]),
        )
        for row in rows
        if row["kind"] == "rate"
    ]
    return Codes(
        base,
        additions,
        next(rate for rate in rates if rate.key == "rural_area"),
        [rate for rate in rates if rate.key in PROVIDER_KEYS],
    )


def _steps(rate: Rate, codes: Codes) -> list[int]:
    """Return the ratios to apply one after the other, each with its own rounding."""
    inner = next((other for other in codes.treatments if other.key == rate.of), None)
    return [*(_steps(inner, codes) if inner else []), rate.per_mille]


# --- polars ---------------------------------------------------------------------------------------


def _half_up(units: pl.Expr, per_mille: int) -> pl.Expr:
    return (units * per_mille + 500) // 1000


def polars_claims(
    visits: Path,
    out_dir: Path,
    providers: Path,
    recipients: Path,
    codes: Path = CODES,
) -> None:
    """Compute the month with polars' streaming engine.

    Parameters
    ----------
    visits, providers, recipients : Path
        CSV or Parquet; the results have the format of `visits`.
    out_dir : Path
    codes : Path
    """
    table = load_codes(codes)
    ids = dict.fromkeys(IDS, pl.String)
    flags = dict.fromkeys(VISIT_KEYS, pl.UInt8)

    def scan(path: Path, schema: dict[str, Any]) -> pl.LazyFrame:
        if path.suffix == ".parquet":
            return pl.scan_parquet(path)
        return pl.scan_csv(path, schema=schema)

    of_visits = scan(
        visits,
        ids
        | {"service_date": pl.Date, "care_level": pl.UInt8, "minutes": pl.Int16}
        | {"service": pl.String, "shortfall": pl.String, "session": pl.UInt8}
        | flags,
    )
    of_providers = scan(
        providers,
        {"provider_no": pl.String, "area_grade": pl.String, "extended_hours": pl.UInt8}
        | dict.fromkeys(PROVIDER_KEYS, pl.UInt8),
    )
    of_recipients = scan(
        recipients,
        {"insurer_no": pl.String, "insured_no": pl.String, "benefit_rate": pl.UInt8}
        | {"planned_units": pl.Int32, "rural_area": pl.UInt8},
    )
    where = {
        "service": pl.String,
        "care_level": pl.UInt8,
        "shortfall": pl.String,
        "extended_hours": pl.UInt8,
        "minutes": pl.Int16,
    }
    base = pl.LazyFrame(
        table.base, where | {"service_code": pl.String, "units": pl.Int64}, orient="row"
    )

    # A set of days is an integer with a bit for each, so that counting days needs no second group.
    day = pl.lit(2, pl.UInt32).pow(pl.col("service_date").dt.day() - 1)
    counted = {
        a.key: pl.col(a.key) * pl.all_horizontal(pl.col(other) == 0 for other in a.yields_to)
        if a.yields_to
        else pl.col(a.key)
        for a in table.additions
    }
    per_code = (
        of_visits.join(of_providers.select("provider_no", "extended_hours"), on="provider_no")
        .with_columns(
            service_month=pl.col("service_date").dt.year() * 100
            + pl.col("service_date").dt.month(),
            care_level=pl.when(service="medical_day_care").then(0).otherwise("care_level"),
            shortfall=pl.col("shortfall").fill_null(""),
            day=day,
        )
        .join(base, on=list(where))
        .group_by(*CLAIM, "service_code", "units")
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("day").bitwise_or(),
            *(
                pl.when(counted[a.key] > 0).then("day").otherwise(0).bitwise_or().alias(a.key)
                if a.per_day
                else counted[a.key].cast(pl.Int64).sum().alias(a.key)
                for a in table.additions
            ),
        )
        .collect(engine="streaming")
        .lazy()
    )

    rate = table.rural_area
    counts = {a.key: pl.col(a.key).cast(pl.Int64) for a in table.additions}
    managed = [a for a in table.additions if a.managed]
    unmanaged = [a for a in table.additions if not a.managed]
    claims = (
        per_code.group_by(CLAIM)
        .agg(
            pl.col("count").sum().alias("visits"),
            pl.col("day").bitwise_or().bitwise_count_ones().cast(pl.Int64).alias("days"),
            (pl.col("units") * pl.col("count")).sum().alias("base_units"),
            *(
                pl.col(a.key).bitwise_or().bitwise_count_ones()
                if a.per_day
                else pl.col(a.key).sum()
                for a in table.additions
            ),
        )
        .join(of_recipients.select("insurer_no", "insured_no", "rural_area"), on=IDS[1:])
        .join(of_providers.drop("area_grade", "extended_hours"), on="provider_no")
        .with_columns(
            managed_units=pl.sum_horizontal(
                "base_units", *(counts[a.key] * a.units for a in managed)
            ),
            rural_area=_half_up(pl.col("base_units"), rate.per_mille) * pl.col("rural_area"),
        )
        .with_columns(
            unmanaged_units=pl.sum_horizontal(
                "rural_area", *(counts[a.key] * a.units for a in unmanaged)
            )
        )
    )
    basis = pl.col("managed_units") + pl.col("unmanaged_units")
    treatment = {}
    for rate in table.treatments:
        units = basis
        for per_mille in _steps(rate, table):
            units = _half_up(units, per_mille)
        treatment[rate.key] = units * pl.col(rate.key)
    claims = (
        claims.with_columns(**treatment)
        .with_columns(
            service_month=pl.col("service_month").cast(pl.String),
            unmanaged_units=pl.sum_horizontal("unmanaged_units", *treatment),
        )
        .with_columns(total_units=pl.col("managed_units") + pl.col("unmanaged_units"))
        .collect(engine="streaming")
        .lazy()
    )

    lines = [
        per_code.select(
            pl.col("service_month").cast(pl.String),
            *IDS,
            "service_code",
            "units",
            "count",
            service_units=pl.col("units") * pl.col("count"),
            limit_managed=pl.lit(1),
        )
    ]
    for a in table.additions:
        line = {
            "service_code": pl.lit(a.code),
            "units": pl.lit(a.units, pl.Int64),
            "count": counts[a.key],
            "service_units": counts[a.key] * a.units,
            "limit_managed": pl.lit(a.managed),
        }
        lines.append(claims.select(*CLAIM, **line))
    for rate in (table.rural_area, *table.treatments):
        line = {
            "service_code": pl.lit(rate.code),
            "units": pl.col(rate.key),
            "count": pl.lit(1, pl.Int64),
            "service_units": pl.col(rate.key),
            "limit_managed": pl.lit(rate.managed),
        }
        lines.append(claims.select(*CLAIM, **line))
    results = {
        "claim_lines": pl.concat(lines)
        .filter(pl.col("service_units") != 0)
        .sort(*CLAIM, "service_code"),
        "claims": claims.select(TOTALS).sort(CLAIM),
    }
    pl.collect_all(
        [
            result.sink_parquet(out_dir / f"{name}.parquet", lazy=True)
            if visits.suffix == ".parquet"
            else result.sink_csv(out_dir / f"{name}.csv", lazy=True)
            for name, result in results.items()
        ],
        engine="streaming",
    )


# --- DuckDB ---------------------------------------------------------------------------------------


def _half_up_sql(units: str, per_mille: int) -> str:
    return f"(({units}) * {per_mille} + 500) // 1000"


def duckdb_claims(
    visits: Path,
    out_dir: Path,
    providers: Path,
    recipients: Path,
    codes: Path = CODES,
) -> None:
    """Compute the month with DuckDB, all threads.

    Parameters
    ----------
    visits, providers, recipients : Path
        CSV or Parquet; the results have the format of `visits`.
    out_dir : Path
    codes : Path
    """
    table = load_codes(codes)

    def source(path: Path, types: dict[str, str]) -> str:
        if path.suffix == ".parquet":
            return f"read_parquet('{path}')"
        return f"read_csv('{path}', header = true, auto_detect = false, columns = {types})"

    ids = dict.fromkeys(IDS, "VARCHAR")
    of_visits = source(
        visits,
        ids
        | {"service_date": "DATE", "care_level": "UTINYINT", "minutes": "SMALLINT"}
        | {"service": "VARCHAR", "shortfall": "VARCHAR", "session": "UTINYINT"}
        | dict.fromkeys(VISIT_KEYS, "UTINYINT"),
    )
    of_providers = source(
        providers,
        {"provider_no": "VARCHAR", "area_grade": "VARCHAR", "extended_hours": "UTINYINT"}
        | dict.fromkeys(PROVIDER_KEYS, "UTINYINT"),
    )
    of_recipients = source(
        recipients,
        {"insurer_no": "VARCHAR", "insured_no": "VARCHAR", "benefit_rate": "UTINYINT"}
        | {"planned_units": "INTEGER", "rural_area": "UTINYINT"},
    )

    # A set of days is an integer with a bit for each, so that counting days needs no second group.
    day = "1::UINTEGER << (day(service_date) - 1)::UINTEGER"
    counted = {
        a.key: f"CASE WHEN {' AND '.join(f'{other} = 0' for other in a.yields_to)} THEN {a.key} END"
        if a.yields_to
        else a.key
        for a in table.additions
    }
    per_code = ", ".join(
        f"bit_or({day}) FILTER ({counted[a.key]} > 0) AS {a.key}"
        if a.per_day
        else f"sum({counted[a.key]})::BIGINT AS {a.key}"
        for a in table.additions
    )
    per_claim = ", ".join(
        f"coalesce(bit_count(bit_or({a.key})), 0)::BIGINT AS {a.key}"
        if a.per_day
        else f"coalesce(sum({a.key}), 0)::BIGINT AS {a.key}"
        for a in table.additions
    )
    claim = ", ".join(CLAIM)
    managed = " + ".join(f"{a.key} * {a.units}" for a in table.additions if a.managed)
    unmanaged = " + ".join(f"{a.key} * {a.units}" for a in table.additions if not a.managed)
    treatments = []
    for rate in table.treatments:
        units = "managed_units + unmanaged_units"
        for per_mille in _steps(rate, table):
            units = _half_up_sql(units, per_mille)
        treatments.append(f"{rate.key} * {units} AS {rate.key}")
    lines = [
        f"SELECT {claim}, '{code}', {units}, {count}, {units} * {count}, {managed} FROM claims"
        for code, units, count, managed in [
            *((a.code, a.units, a.key, a.managed) for a in table.additions),
            (table.rural_area.code, "rural_units", 1, table.rural_area.managed),
            *((rate.code, rate.key, 1, rate.managed) for rate in table.treatments),
        ]
    ]

    columns = ("service", "care_level", "shortfall", "extended_hours", "minutes")
    base = pa.table(
        dict(zip((*columns, "service_code", "units"), zip(*table.base, strict=True), strict=True))
    )
    with duckdb.connect() as connection:
        connection.register("base", base)
        connection.execute(f"""
            SET preserve_insertion_order = false;
            CREATE TABLE providers AS FROM {of_providers};

            CREATE TABLE per_code AS
            SELECT
                year(service_date) * 100 + month(service_date) AS service_month,
                provider_no, insurer_no, insured_no, service_code, units,
                count(*) AS "count", bit_or({day}) AS days, {per_code}
            FROM {of_visits} AS visits
            JOIN providers USING (provider_no)
            JOIN base
                ON base.service = visits.service
                AND base.care_level
                    = CASE visits.service WHEN 'medical_day_care' THEN 0 ELSE visits.care_level END
                AND base.shortfall = coalesce(visits.shortfall, '')
                AND base.extended_hours = providers.extended_hours
                AND base.minutes = visits.minutes
            GROUP BY ALL;

            CREATE TABLE claims AS
            WITH counts AS (
                SELECT
                    {claim}, sum("count")::BIGINT AS visits, bit_count(bit_or(days)) AS days,
                    sum(units * "count")::BIGINT AS base_units, {per_claim}
                FROM per_code GROUP BY {claim}
            ), additions AS (
                SELECT
                    counts.*, base_units + {managed} AS managed_units,
                    rural_area * {_half_up_sql("base_units", table.rural_area.per_mille)}
                        AS rural_units,
                    rural_units + {unmanaged} AS unmanaged_units
                FROM counts JOIN {of_recipients} USING (insurer_no, insured_no)
            )
            SELECT
                {claim}, visits, days, managed_units, unmanaged_units, rural_units,
                {", ".join(a.key for a in table.additions)}, {", ".join(treatments)}
            FROM additions JOIN providers USING (provider_no);
        """)
        treatment = " + ".join(PROVIDER_KEYS)
        for name, query in {
            "claim_lines": f"""
                FROM (
                    SELECT
                        {claim}, service_code, units, "count", units * "count" AS service_units,
                        1 AS limit_managed
                    FROM per_code
                    UNION ALL {" UNION ALL ".join(lines)}
                )
                SELECT * REPLACE (service_month::VARCHAR AS service_month)
                WHERE service_units <> 0 ORDER BY {claim}, service_code
            """,
            "claims": f"""
                SELECT
                    service_month::VARCHAR AS service_month, provider_no, insurer_no, insured_no,
                    visits, days, managed_units, unmanaged_units + {treatment} AS unmanaged_units,
                    managed_units + unmanaged_units + {treatment} AS total_units
                FROM claims ORDER BY {claim}
            """,
        }.items():
            connection.execute(f"COPY ({query}) TO '{out_dir / name}{visits.suffix}'")


# --- plain Python ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Claim:
    """What has been seen of one claim."""

    visits: int = 0
    days: set[str] = field(default_factory=set)
    codes: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    sums: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    day_sets: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def plain_loop(
    visits: Path,
    out_dir: Path,
    providers: Path,
    recipients: Path,
    codes: Path = CODES,
) -> None:
    """Compute the month with the standard library, one row at a time.

    Parameters
    ----------
    visits, providers, recipients : Path
        CSV only.
    out_dir : Path
    codes : Path
    """
    table = load_codes(codes)
    base = {tuple(row[:5]): (row[5], row[6]) for row in table.base}

    with providers.open(encoding="utf-8", newline="") as file:
        of_provider = {row["provider_no"]: row for row in csv.DictReader(file)}
    with recipients.open(encoding="utf-8", newline="") as file:
        in_rural_area = {
            (row["insurer_no"], row["insured_no"])
            for row in csv.DictReader(file)
            if row["rural_area"] == "1"
        }
    claims: defaultdict[tuple[str, ...], _Claim] = defaultdict(_Claim)
    with visits.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            date, provider_no, service = row["service_date"], row["provider_no"], row["service"]
            month = date[:4] + date[5:7]
            claim = claims[month, provider_no, row["insurer_no"], row["insured_no"]]
            claim.visits += 1
            claim.days.add(date)
            level = 0 if service == "medical_day_care" else int(row["care_level"])
            extended = int(of_provider[provider_no]["extended_hours"])
            claim.codes[base[service, level, row["shortfall"], extended, int(row["minutes"])]] += 1
            for addition in table.additions:
                value = row[addition.key]
                if value == "0" or any(row[key] != "0" for key in addition.yields_to):
                    continue
                if addition.per_day:
                    claim.day_sets[addition.key].add(date)
                else:
                    claim.sums[addition.key] += int(value)

    with (
        (out_dir / "claim_lines.csv").open("w", encoding="utf-8", newline="") as lines_file,
        (out_dir / "claims.csv").open("w", encoding="utf-8", newline="") as claims_file,
    ):
        write_line = csv.writer(lines_file, lineterminator="\n").writerow
        write_claim = csv.writer(claims_file, lineterminator="\n").writerow
        write_line(LINE)
        write_claim(TOTALS)
        for ids, claim in sorted(claims.items(), key=lambda item: item[0]):
            lines = _lines(claim, table, of_provider[ids[1]], ids[2:] in in_rural_area)
            managed = sum(line[3] for line in lines if line[4])
            unmanaged = sum(line[3] for line in lines if not line[4])
            for line in sorted(lines):
                write_line((*ids, *line))
            write_claim(
                (*ids, claim.visits, len(claim.days), managed, unmanaged, managed + unmanaged)
            )


def _lines(
    claim: _Claim, table: Codes, provider: dict[str, str], rural_area: bool
) -> list[tuple[str, int, int, int, int]]:
    """Return code, units, count, service units and limit_managed of each line of a claim."""
    lines = [(code, units, count, units * count, 1) for (code, units), count in claim.codes.items()]
    base_units = sum(line[3] for line in lines)
    for addition in table.additions:
        key = addition.key
        count = len(claim.day_sets[key]) if addition.per_day else claim.sums[key]
        units = addition.units
        lines.append((addition.code, units, count, units * count, addition.managed))
    if rural_area:
        rate = table.rural_area
        units = (base_units * rate.per_mille + 500) // 1000
        lines.append((rate.code, units, 1, units, rate.managed))
    basis = sum(line[3] for line in lines)
    for rate in table.treatments:
        if provider[rate.key] == "1":
            units = basis
            for per_mille in _steps(rate, table):
                units = (units * per_mille + 500) // 1000
            lines.append((rate.code, units, 1, units, rate.managed))
    return [line for line in lines if line[3]]


def main() -> None:
    """Run the command line."""
    contenders: dict[str, Callable[..., None]] = {
        "polars": polars_claims,
        "duckdb": duckdb_claims,
        "loop": plain_loop,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contender", choices=list(contenders))
    parser.add_argument("visits", type=Path, metavar="VISITS")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--providers", type=Path, required=True)
    parser.add_argument("--recipients", type=Path, required=True)
    parser.add_argument("--codes", type=Path, default=CODES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    contenders[options.contender](
        options.visits, options.out, options.providers, options.recipients, options.codes
    )


if __name__ == "__main__":
    main()

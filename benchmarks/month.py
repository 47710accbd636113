"""Generate a nation's month of visits, the input of every benchmark in this folder.

::

    python benchmarks/month.py DIR --visits 4000000 [--people P] [--order person|shuffled]
                                   [--format csv|parquet] [--month 2016-04]

writes ``visits``, ``providers`` and ``recipients`` into DIR. The same options give the same files,
byte for byte. Every row is valid: nothing of it may be held. Without ``--people`` there are ten
visits to a person (7 to 13) and no claim passes its benefit limit; with fewer people (up to 100
visits each and more, several a day) claims do pass it.

Memory stays bounded whatever the size: people are made in chunks of about half a million visits.
``--order shuffled`` is still one uniform permutation of the whole file: each row is dealt to one
of the buckets at random on disk, then each bucket, small enough for memory, is permuted.
"""

from __future__ import annotations

import argparse
import calendar
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

VISITS_PER_PERSON = 10
PEOPLE_PER_PROVIDER = 20
INSURERS = 1_700
CHUNK_VISITS = 500_000
BUCKET_VISITS = 1_000_000

#: Monthly benefit limits to 2019-09. They have only risen since, so a plan within them is within
#: the limit of every month.
BENEFIT_LIMIT = np.array([0, 16_692, 19_616, 26_931, 30_806, 36_065])

VISIT_KEYS = (
    "bathing",
    "functional_training_1",
    "functional_training_2",
    "dementia_care",
    "moderate_severe_care",
    "oral_function",
    "same_building",
    "no_transport",
    "service_provision_1i",
)
PROVIDER_KEYS = tuple(f"treatment_improvement_{grade}" for grade in (1, 2, 3, 4))

VISITS_SCHEMA = pa.schema(
    [
        ("provider_no", pa.string()),
        ("insurer_no", pa.string()),
        ("insured_no", pa.string()),
        ("service_date", pa.date32()),
        ("care_level", pa.int8()),
        ("minutes", pa.int16()),
        ("service", pa.string()),
        ("shortfall", pa.string()),
        ("session", pa.int8()),
        *((key, pa.int8()) for key in VISIT_KEYS),
    ]
)
PROVIDERS_SCHEMA = pa.schema(
    [
        ("provider_no", pa.string()),
        ("area_grade", pa.string()),
        ("extended_hours", pa.int8()),
        *((key, pa.int8()) for key in PROVIDER_KEYS),
    ]
)
RECIPIENTS_SCHEMA = pa.schema(
    [
        ("insurer_no", pa.string()),
        ("insured_no", pa.string()),
        ("benefit_rate", pa.int8()),
        ("planned_units", pa.int32()),
        ("rural_area", pa.int8()),
    ]
)

SERVICES = ("day_care", "medical_day_care")
SHORTFALLS = ("", "over_capacity", "understaffed")
AREA_GRADES = ("1", "2", "3", "4", "5", "6", "7", "other")

#: Usual length of a visit: first and last minute of each class, and how common it is.
MINUTES = {
    "day_care": ((120, 179), (180, 299), (300, 419), (420, 539), (540, 839)),
    "medical_day_care": ((180, 359), (360, 479)),
    "several_a_day": ((120, 179), (180, 240)),
}
MINUTES_SHARE = {
    "day_care": (0.04, 0.28, 0.30, 0.36, 0.02),
    "medical_day_care": (0.45, 0.55),
    "several_a_day": (0.30, 0.70),
}

#: How many people have an addition that does not depend on the provider, and on how many of
#: their visits an addition is really given.
PEOPLE_SHARE = {
    "bathing": 0.65,
    "dementia_care": 0.08,
    "oral_function": 0.05,
    "same_building": 0.04,
    "no_transport": 0.12,
}
ATTENDANCE = {"bathing": 0.95, "functional_training_1": 0.97, "functional_training_2": 0.9}
FOR_BOTH_SERVICES = ("same_building", "no_transport")


@dataclass(frozen=True)
class Files:
    """Where the three files of a month are."""

    visits: Path
    providers: Path
    recipients: Path

    @classmethod
    def in_directory(cls, directory: Path, file_format: str) -> Files:
        """Name the three files of a folder."""
        return cls(
            *(directory / f"{name}.{file_format}" for name in ("visits", "providers", "recipients"))
        )


@dataclass(frozen=True)
class Nation:
    """How many visits and people there are, and what follows from it."""

    visits: int
    people: int
    month: str
    seed: int

    def __post_init__(self) -> None:
        """Refuse what would not fit into the month."""
        if not 1 <= self.people <= self.visits:
            raise ValueError(f"{self.people} people cannot share {self.visits} visits")
        if self.visits / self.people + 4 > 9 * self.days:
            raise ValueError(f"{self.visits} visits are too many for {self.people} people")

    @property
    def days(self) -> int:
        """Days of the month."""
        year, month = (int(part) for part in self.month.split("-"))
        return calendar.monthrange(year, month)[1]

    @property
    def providers(self) -> int:
        """Number of providers."""
        return -(-self.people // PEOPLE_PER_PROVIDER)

    @property
    def insurers(self) -> int:
        """Number of insurers."""
        return min(INSURERS, self.providers)

    @property
    def chunk_people(self) -> int:
        """People made at a time; even, because visits are shared out between pairs."""
        return 2 * max(1, CHUNK_VISITS * self.people // self.visits // 2)

    def rng(self, part: int, first: int = 0) -> np.random.Generator:
        """Return the generator of one part of the nation, independent of every other part."""
        return np.random.default_rng([self.seed, part, first])


def _choose(rng: np.random.Generator, shares: Sequence[float], size: int) -> np.ndarray:
    """Draw positions of `shares`, each as often as its share says."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right")


def _text(numbers: np.ndarray, width: int) -> pa.Array:
    """Write numbers with leading zeros."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def _prefecture(nation: Nation, insurer: np.ndarray) -> np.ndarray:
    return 1 + insurer * 47 // nation.insurers


def _with_check_digit(bodies: np.ndarray, kind: str, width: int) -> pa.Array:
    """Write numbers as authorities give them, with the digit that follows from the others."""
    # The floor and the peers take their schemas from here, and nothing of the package.
    from chiiki_tsusho.law.check_digits import wrong_digits

    digits, _ = wrong_digits(_text(10 * bodies, width), kind)
    return _text(10 * bodies + digits, width)


def _insurer_no(nation: Nation, insurer: np.ndarray) -> pa.Array:
    prefecture = _prefecture(nation, insurer)
    first_there = -(-(prefecture - 1) * nation.insurers // 47)
    return _with_check_digit(1_000 * prefecture + 100 + insurer - first_there, "insurer_no", 6)


def _home_insurer(nation: Nation, provider: np.ndarray) -> np.ndarray:
    return provider * nation.insurers // nation.providers


def _provider_no(nation: Nation, provider: np.ndarray) -> pa.Array:
    prefecture = _prefecture(nation, _home_insurer(nation, provider))
    return _with_check_digit(prefecture * 10**7 + 9 * 10**6 + provider, "provider_no", 10)


def make_providers(nation: Nation) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """Make the providers file, and the traits that show in their visits.

    Parameters
    ----------
    nation : Nation

    Returns
    -------
    table : pyarrow.Table
        The providers file.
    traits : dict of str to ndarray
        ``shortfall`` as a position of `SHORTFALLS`; keys as 0 or 1.
    """
    n = nation.providers
    rng = nation.rng(1)
    traits: dict[str, np.ndarray] = {"shortfall": _choose(rng, (0.985, 0.010, 0.005), n)}
    for key, share in (
        ("functional_training_1", 0.35),
        ("functional_training_2", 0.50),
        ("moderate_severe_care", 0.25),
        ("service_provision_1i", 0.30),
    ):
        traits[key] = rng.random(n) < share
    grade = _choose(rng, (0.05, 0.07, 0.08, 0.06, 0.10, 0.16, 0.13, 0.35), n)
    treatment = _choose(rng, (0.62, 0.18, 0.04, 0.04, 0.12), n)
    columns = [
        _provider_no(nation, np.arange(n)),
        pa.array(AREA_GRADES).take(pa.array(grade)),
        pa.array(rng.random(n) < 0.9).cast(pa.int8()),
        *(pa.array(treatment == i).cast(pa.int8()) for i in range(len(PROVIDER_KEYS))),
    ]
    return pa.Table.from_arrays(columns, schema=PROVIDERS_SCHEMA), traits


@dataclass(frozen=True)
class People:
    """Some people: one entry of each array is one person."""

    provider: np.ndarray
    insurer_no: pa.Array
    insured_no: pa.Array
    on_welfare: np.ndarray
    medical: np.ndarray
    care_level: np.ndarray
    no_level: np.ndarray
    """Whether the care level is left blank, as medical day care may."""
    rises: np.ndarray
    """Whether the care level is one higher in the second half of the month."""
    visits: np.ndarray
    sessions: np.ndarray
    """Visits on each day of a visit."""

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.provider)


def make_people(nation: Nation, first: int, last: int, rng: np.random.Generator) -> People:
    """Make the people ``first <= person < last``.

    Parameters
    ----------
    nation : Nation
    first, last : int
        `first` is even.
    rng : numpy.random.Generator

    Returns
    -------
    People
    """
    person = np.arange(first, last)
    n = len(person)
    provider = person // PEOPLE_PER_PROVIDER
    insurer = (_home_insurer(nation, provider) + (rng.random(n) < 0.03)) % nation.insurers
    # Multiplying by a number prime to 10 permutes the ten (nine) digits: no number comes twice.
    insured = (person + 1) * 2_654_435_761
    on_welfare = rng.random(n) < 0.005
    insured_no = pc.if_else(
        pa.array(on_welfare),
        pc.binary_join_element_wise("H", _text(insured % 10**9, 9), ""),
        _text(insured % 10**10, 10),
    )

    medical = rng.random(n) < 0.01
    care_level = 1 + _choose(rng, (0.30, 0.28, 0.20, 0.13, 0.09), n)
    care_level = np.where(medical, np.maximum(care_level, 3), care_level)

    # Pairs of people swap up to three visits, which leaves the sum exact in every chunk.
    mean, rest = divmod(nation.visits, nation.people)
    visits = mean + (person < rest)
    swap = rng.integers(0, min(3, mean - 1) + 1, n // 2)
    visits[: 2 * len(swap)] += np.column_stack((swap, -swap)).ravel()
    return People(
        provider,
        _insurer_no(nation, insurer),
        insured_no,
        on_welfare,
        medical,
        care_level,
        no_level=medical & (rng.random(n) < 0.1),
        rises=~medical & (care_level < 5) & (rng.random(n) < 0.01),
        visits=visits,
        sessions=np.maximum(np.where(rng.random(n) < 0.005, 2, 1), -(-visits // nation.days)),
    )


def _make_minutes(people: People, of: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the length of each visit: what is usual for its person, half the time a little off."""
    usual, low, high = (np.empty(len(people), dtype=np.int64) for _ in range(3))
    several = ~people.medical & (people.sessions > 1)
    for name, members in (
        ("day_care", ~people.medical & ~several),
        ("medical_day_care", people.medical),
        ("several_a_day", several),
    ):
        who = np.flatnonzero(members)
        bounds = np.array(MINUTES[name])
        shortest, longest = bounds[_choose(rng, MINUTES_SHARE[name], len(who))].T
        usual[who] = rng.integers(shortest, longest + 1)
        low[who], high[who] = bounds[0, 0], bounds[-1, 1]
    off = rng.integers(-10, 11, len(of)) * (rng.random(len(of)) < 0.5)
    minutes: np.ndarray = np.clip(usual[of] + off, low[of], high[of])
    return minutes


def make_visits(
    nation: Nation, providers: dict[str, np.ndarray], people: People, rng: np.random.Generator
) -> pa.Table:
    """Make the visits of some people.

    Parameters
    ----------
    nation : Nation
    providers : dict of str to ndarray
        Traits of all providers, from `make_providers`.
    people : People
    rng : numpy.random.Generator

    Returns
    -------
    pyarrow.Table
        In order of the people, then of the dates.
    """
    # One row is one visit; `of` is its person, `nth` counts that person's visits.
    of = np.repeat(np.arange(len(people)), people.visits)
    rows = len(of)
    nth = np.arange(rows) - np.repeat(np.cumsum(people.visits) - people.visits, people.visits)
    # Visits are spread evenly from a random start; as visit_days <= days no day comes twice.
    sessions = people.sessions[of]
    visit_days = -(-people.visits // people.sessions)
    start = rng.integers(0, nation.days, len(people))
    day = (nth // sessions * nation.days + start[of]) // visit_days[of]

    values: dict[str, pa.Array] = {
        "provider_no": _provider_no(nation, people.provider).take(pa.array(of)),
        "insurer_no": people.insurer_no.take(pa.array(of)),
        "insured_no": people.insured_no.take(pa.array(of)),
        "service_date": pa.array(np.datetime64(f"{nation.month}-01", "D") + day),
        "care_level": pa.array(
            people.care_level[of] + (people.rises[of] & (2 * nth >= people.visits[of])),
            mask=people.no_level[of],
        ),
        "minutes": pa.array(_make_minutes(people, of, rng)),
        "service": pa.array(SERVICES).take(pa.array(people.medical[of].astype(np.int8))),
        "shortfall": pa.array([text or None for text in SHORTFALLS], pa.string()).take(
            pa.array(providers["shortfall"][people.provider][of])
        ),
        "session": pa.array(nth % sessions + 1),
    }
    for key in VISIT_KEYS:
        if key in providers:
            has = providers[key][people.provider]
        else:
            has = rng.random(len(people)) < PEOPLE_SHARE[key]
        if key not in FOR_BOTH_SERVICES:
            has = has & ~people.medical
        value = has[of] & (rng.random(rows) < ATTENDANCE.get(key, 1))
        if key == "oral_function":  # at most twice a month
            value &= (nth == 0) | (nth == people.visits[of] // 2)
        if key == "no_transport":  # one way or both
            value = value * rng.integers(0, 3, rows)
        values[key] = pa.array(value)
    return pa.Table.from_arrays(
        [values[field.name].cast(field.type) for field in VISITS_SCHEMA], schema=VISITS_SCHEMA
    )


def make_recipients(people: People, rng: np.random.Generator) -> pa.Table:
    """Make the recipients rows of some people.

    Parameters
    ----------
    people : People
    rng : numpy.random.Generator

    Returns
    -------
    pyarrow.Table
    """
    n = len(people)
    # Within the limit, and still above what 13 of the dearest visits of each level come to.
    plan = BENEFIT_LIMIT[people.care_level + people.rises] - rng.integers(0, 150, n)
    planned = (rng.random(n) < 0.05) & ~people.no_level
    benefit_rate = np.where(rng.random(n) < 0.1, 80, 90)
    return pa.Table.from_arrays(
        [
            people.insurer_no,
            people.insured_no,
            pa.array(benefit_rate, mask=people.on_welfare).cast(pa.int8()),
            pa.array(plan, mask=~planned).cast(pa.int32()),
            pa.array(rng.random(n) < 0.06).cast(pa.int8()),
        ],
        schema=RECIPIENTS_SCHEMA,
    )


def _open_writer(path: Path, schema: pa.Schema) -> pacsv.CSVWriter | pq.ParquetWriter:
    if path.suffix == ".parquet":
        return pq.ParquetWriter(path, schema)
    options = pacsv.WriteOptions(quoting_style="none", quoting_header="none")
    return pacsv.CSVWriter(path, schema, write_options=options)


def _shuffled(
    chunks: Iterator[pa.Table], rows: int, rng: np.random.Generator, scratch: Path
) -> Iterator[pa.Table]:
    """Yield the rows of all chunks in random order, holding a chunk or a bucket at a time."""
    buckets = -(-rows // BUCKET_VISITS)
    paths = [scratch / f"{i}.arrow" for i in range(buckets)]
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(pa.ipc.new_stream(path, VISITS_SCHEMA, options=_compressed()))
            for path in paths
        ]
        for chunk in chunks:
            bucket = rng.integers(0, buckets, len(chunk))
            order = np.argsort(bucket, kind="stable")
            dealt = chunk.take(pa.array(order))
            ends = np.cumsum(np.bincount(bucket, minlength=buckets))
            for writer, start, end in zip(writers, [0, *ends[:-1]], ends, strict=True):
                writer.write_table(dealt.slice(start, end - start))
    for path in paths:
        with pa.ipc.open_stream(path) as reader:
            table = reader.read_all()
        yield table.take(pa.array(rng.permutation(len(table))))
        path.unlink()


def _compressed() -> pa.ipc.IpcWriteOptions:
    return pa.ipc.IpcWriteOptions(compression="lz4")


def generate(
    directory: Path,
    visits: int,
    *,
    people: int | None = None,
    order: str = "person",
    file_format: str = "csv",
    month: str = "2016-04",
    seed: int = 20160401,
) -> Files:
    """Write the three input files of a nation's month.

    Parameters
    ----------
    directory : Path
        Made if missing.
    visits : int
        Rows of the visits file.
    people : int, optional
        People they are shared between, by default one to ten visits.
    order : {"person", "shuffled"}
        Order of the visits file.
    file_format : {"csv", "parquet"}
        Format of all three files.
    month : str
        The month, by default the first of the table the additions are taken from.
    seed : int
        Another seed gives another nation.

    Returns
    -------
    Files
        The files written.
    """
    if order not in ("person", "shuffled"):
        raise ValueError(f"order must be person or shuffled, not {order!r}")
    if file_format not in ("csv", "parquet"):
        raise ValueError(f"file_format must be csv or parquet, not {file_format!r}")
    nation = Nation(visits, people or -(-visits // VISITS_PER_PERSON), month, seed)
    directory.mkdir(parents=True, exist_ok=True)
    files = Files.in_directory(directory, file_format)

    providers, traits = make_providers(nation)
    with _open_writer(files.providers, PROVIDERS_SCHEMA) as writer:
        writer.write_table(providers)

    with contextlib.ExitStack() as stack:
        recipients = stack.enter_context(_open_writer(files.recipients, RECIPIENTS_SCHEMA))

        def chunks() -> Iterator[pa.Table]:
            for first in range(0, nation.people, nation.chunk_people):
                last = min(first + nation.chunk_people, nation.people)
                rng = nation.rng(2, first)
                of_chunk = make_people(nation, first, last, rng)
                recipients.write_table(make_recipients(of_chunk, rng))
                yield make_visits(nation, traits, of_chunk, rng)

        tables = chunks()
        if order == "shuffled":
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=directory)))
            tables = _shuffled(tables, visits, nation.rng(3), scratch)
        writer = stack.enter_context(_open_writer(files.visits, VISITS_SCHEMA))
        for table in tables:
            writer.write_table(table)
    return files


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--visits", type=int, required=True, help="rows of the visits file")
    parser.add_argument("--people", type=int, help="default: one to ten visits")
    parser.add_argument("--order", choices=("person", "shuffled"), default="person")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", dest="file_format")
    parser.add_argument("--month", default="2016-04")
    parser.add_argument("--seed", type=int, default=20160401)
    generate(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()

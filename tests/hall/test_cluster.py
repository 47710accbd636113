"""Partitions, however they are cut, give what one machine gives."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dask.delayed import delayed
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from chiiki_tsusho import Batch, ChiikiTsushoError, InputFileError, OutputError, compute_claims
from chiiki_tsusho.cluster import DaskBatch, compute_claims_dask
from chiiki_tsusho.reading.dense_ids import TupleIds
from chiiki_tsusho.reading.threads import in_order, on_one_core
from chiiki_tsusho.reading.typed_blocks import Identities
from helpers.inputs import PROVIDER, RECIPIENT, Cells, csv_text, frame, places, visit, visits
from helpers.reference import load_limits, load_rows
from helpers.strategies import Frames, faulty_months, months, to_frames

ROOT = Path(__file__).parents[2]
ROWS = load_rows(ROOT / "data" / "service_codes.csv")
LIMITS = load_limits(ROOT / "data" / "benefit_limits.csv")
OUTPUTS = ("claim_lines", "claims", "problems", "held_visits")
OTHER = "1370000026"


def same(one: Batch, other: Batch, outputs: Sequence[str] = OUTPUTS) -> None:
    """Two results are equal in values, types, order and index."""
    for name in outputs:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def cut(whole: pd.DataFrame, ends: Sequence[int]) -> dd.DataFrame:
    """A frame in partitions that end at these rows; equal ends make empty ones."""
    edges = [0, *sorted(ends), len(whole)]
    pieces = [whole.iloc[start:end] for start, end in pairwise(edges)]
    return dd.from_delayed(
        [delayed(piece) for piece in pieces], meta=whole.iloc[:0], verify_meta=False
    )


MONTHS = st.one_of(faulty_months(ROWS, LIMITS), months(ROWS, LIMITS)).map(to_frames)
ENDS = st.lists(st.integers(0, 40), max_size=4)


def straddling() -> pd.DataFrame:
    """Claims of three providers, of which every day lies in another partition; some of it wrong."""
    rows: list[Cells] = []
    for day in range(1, 13):
        rows += [
            visit(day, insured_no="0000000002", bathing="1"),
            visit(day, provider_no=OTHER, bathing=""),
            visit(day, provider_no="137000000A", insured_no="H000000003"),
        ]
    rows[7]["service_date"] = "2016-04-02"  # a second visit of provider OTHER on that day
    rows[20]["service_date"] = "soon"
    rows[5]["provider_no"] = "13700"
    rows.append(visit(13, insured_no="0000000002"))
    return frame(rows)


@pytest.fixture
def in_process() -> Iterator[None]:
    """Dask without workers."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture
def held_back() -> dd.DataFrame:
    """Visits that cannot be computed, only looked at."""

    def fail() -> pd.DataFrame:
        raise AssertionError("computed")

    return dd.from_delayed([delayed(fail)()], meta=frame([visit()]).iloc[:0], verify_meta=False)


# ---------------------------------------------------------------- the same result


@settings(max_examples=15)
@given(MONTHS, ENDS, st.integers(1, 5))
def test_however_a_month_is_cut_the_result_is_the_same(
    month: Frames, ends: list[int], npartitions: int
) -> None:
    with dask.config.set(scheduler="synchronous"):
        parted = compute_claims_dask(cut(month[0], ends), *month[1:], npartitions=npartitions)
        same(compute_claims(*month), parted.to_batch())


@pytest.mark.usefixtures("in_process")
def test_a_row_put_right_is_about_a_person_of_another_partition() -> None:
    """The only row of a person has lost its zeros: nobody else waits for it."""
    second = "0000000002"
    whole = frame([visit(1), visit(1, insured_no=second), visit(2), visit(2, insured_no=second)])
    persons = [
        {**RECIPIENT, "insured_no": second, "service_month": ""},
        {**RECIPIENT, "insured_no": "1", "service_month": "201604"},
    ]
    expected = compute_claims(whole, None, frame(persons))
    assert expected.claims["insured_no"].tolist() == [second]
    parted = compute_claims_dask(cut(whole, [2]), None, frame(persons), npartitions=2)
    same(expected, parted.to_batch())


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("method", ["tasks", "disk"])
def test_claims_that_straddle_partitions_are_whole(method: str) -> None:
    whole = straddling()
    parted = cut(whole, range(1, len(whole)))
    with dask.config.set({"dataframe.shuffle.method": method}):
        batch = compute_claims_dask(parted, npartitions=4)
    one = compute_claims(whole)
    # The odd number of one provider is in every partition, and said once.
    rules = one.problems["rule"].tolist()
    assert set(rules) == {"bad_value", "check_digit", "duplicate_visit", "unplaced_row"}
    assert rules.count("check_digit") == 1
    assert len(one.claims)
    same(one, batch.to_batch())


@pytest.mark.usefixtures("in_process")
def test_a_row_without_a_provider_holds_claims_of_other_partitions() -> None:
    rows = [visit(1), visit(2), visit(1, insured_no="0000000002"), visit(3, provider_no="")]
    rows.append(visit(3, insured_no="2"))
    one = compute_claims(frame(rows))
    assert not len(one.claims)
    batch = compute_claims_dask(cut(frame(rows), [1, 2, 3, 4]), npartitions=3)
    same(one, batch.to_batch())


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "wrong",
    [
        {"insurer_no": ""},
        {"insurer_no": "9001"},
        {"insured_no": "1"},
        {"provider_no": ""},
        {"service_date": "soon"},
        {"provider_no": "", "insurer_no": "", "insured_no": ""},
    ],
)
@pytest.mark.parametrize("good", [0, 2])
def test_a_partition_in_which_nobody_can_be_read(wrong: Cells, good: int) -> None:
    """As one file of several whose numbers have all lost their zeros."""
    whole = frame([*(visit(day) for day in range(1, 1 + good)), *[{**visit(9), **wrong}] * 2])
    same(compute_claims(whole), compute_claims_dask(cut(whole, [good])).to_batch())


@pytest.mark.usefixtures("in_process")
def test_one_limit_over_providers_of_several_partitions() -> None:
    # 25 days of 709 units and more at each of two providers pass the limit of 要介護1 together.
    rows = [
        visit(day, provider_no=provider, minutes="430")
        for provider in (PROVIDER["provider_no"], OTHER)
        for day in range(1, 15)
    ]
    one = compute_claims(frame(rows))
    assert set(one.problems["rule"]) == {"plan_needed"}
    same(one, compute_claims_dask(cut(frame(rows), [14]), npartitions=3).to_batch())


@pytest.mark.usefixtures("in_process")
def test_an_insurer_in_two_ways_in_several_partitions() -> None:
    rows = [visit(1), visit(2, insurer_no="00" + visit(2)["insurer_no"])]
    one = compute_claims(frame(rows))
    assert len(one.held_visits) == 2
    same(one, compute_claims_dask(cut(frame(rows), [1]), npartitions=3).to_batch())


@pytest.mark.usefixtures("in_process")
def test_frames_say_beforehand_what_they_hold() -> None:
    whole = straddling()
    batch = compute_claims_dask(cut(whole, [10, 10, 20]))
    for name in OUTPUTS:
        parted = getattr(batch, name)
        pd.testing.assert_frame_equal(
            parted._meta, parted.compute().iloc[:0], check_index_type=False
        )
    assert batch.claims.npartitions == 4
    held = batch.held_visits.compute()
    assert held.index.name == "line"
    pd.testing.assert_frame_equal(
        held.sort_index().reset_index(drop=True),
        whole.iloc[np.sort(held.index) - 2].reset_index(drop=True),
    )


@pytest.mark.usefixtures("in_process")
def test_no_rows_at_all() -> None:
    whole = frame([visit()]).iloc[:0]
    same(compute_claims(whole), compute_claims_dask(cut(whole, [0, 0])).to_batch())


@pytest.mark.usefixtures("in_process")
def test_the_types_of_held_visits_stay() -> None:
    whole = straddling().astype({"bathing": "str"})
    whole["minutes"] = pd.Series([240] * len(whole), dtype="Int16")
    whole["care_level"] = pd.Series([1.0] * len(whole))
    whole["service"] = pd.Categorical(["day_care"] * len(whole))
    whole["session"] = pd.Series([1] * len(whole), dtype=pd.ArrowDtype(pa.int8()))
    same(compute_claims(whole), compute_claims_dask(cut(whole, [9, 20])).to_batch())


@pytest.mark.usefixtures("in_process")
def test_japanese_headings_and_messages() -> None:
    whole = straddling().rename(columns={"provider_no": "事業所番号", "minutes": "所要時間"})
    batch = compute_claims_dask(cut(whole, [9, 20]), language="ja").to_batch()
    same(compute_claims(whole, language="ja"), batch)


# ---------------------------------------------------------------- providers and recipients


@pytest.mark.usefixtures("in_process")
def test_what_is_wrong_with_the_registers_is_told_once() -> None:
    # functional_training_1 is no addition of 2026, no_transport of a month is at most 2 a visit.
    rows = [
        visit(day, provider_no=provider, service_date=f"{month}-{day:02}")
        for day in (1, 2)
        for provider in (PROVIDER["provider_no"], OTHER, "1370000034")
        for month in ("2016-04", "2026-06", "2026-07")
    ]
    providers = [
        {**PROVIDER, "area_grade": "9"},
        {"provider_no": OTHER, "area_grade": "1"},
        {"provider_no": "1370000091", "area_grade": "one"},
    ]
    recipients = [{**RECIPIENT, "planned_units": "", "functional_training_1": "1"}]
    tables = frame(providers), frame(recipients)
    one = compute_claims(frame(rows), *tables)
    assert (
        places(one.problems).count(("recipients", 2, "functional_training_1", "1", "no_code")) == 2
    )  # one for each month of 2026, however many providers
    assert list(one.problems["rule"]).count("unknown_provider") == 3
    for ends in ([], [6, 12], range(1, len(rows))):
        batch = compute_claims_dask(cut(frame(rows), ends), *tables, npartitions=5)
        same(one, batch.to_batch())


@pytest.mark.usefixtures("in_process")
def test_one_plan_is_told_for_each_claim_that_it_is_too_much_for() -> None:
    rows = [visit(1), visit(1, provider_no=OTHER)]
    recipients = frame([{**RECIPIENT, "planned_units": "99999"}])
    one = compute_claims(frame(rows), None, recipients)
    assert list(one.problems["rule"]).count("plan_over_limit") == 2
    same(one, compute_claims_dask(cut(frame(rows), [1]), None, recipients).to_batch())


@pytest.mark.usefixtures("in_process")
def test_registers_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "providers.csv").write_text(csv_text([{**PROVIDER, "area_grade": "1"}]))
    frame([RECIPIENT]).to_parquet(tmp_path / "recipients.parquet")
    whole = frame(visits(3))
    batch = compute_claims_dask(
        cut(whole, [1]), tmp_path / "providers.csv", str(tmp_path / "recipients.parquet")
    )
    registers = frame([{**PROVIDER, "area_grade": "1"}]), frame([RECIPIENT])
    same(compute_claims(whole, *registers), batch.to_batch())


# ---------------------------------------------------------------- refused


def test_headings_are_refused_before_any_work(held_back: dd.DataFrame) -> None:
    with pytest.raises(InputFileError, match="visits: line 1: unknown heading 'bathng'"):
        compute_claims_dask(held_back.rename(columns={"minutes": "bathng"}))
    with pytest.raises(InputFileError, match="recipients: line 1: required heading 'insurer_no'"):
        compute_claims_dask(held_back, None, frame([{"insured_no": "0000000001"}]))
    with pytest.raises(InputFileError, match=r"providers\.csv: there is no such file"):
        compute_claims_dask(held_back, "providers.csv")
    compute_claims_dask(held_back)


def test_partitions_that_cannot_be(held_back: dd.DataFrame) -> None:
    with pytest.raises(ChiikiTsushoError, match="npartitions: at least 1 was expected"):
        compute_claims_dask(held_back, npartitions=0)


def test_a_frame_in_memory_is_refused() -> None:
    with pytest.raises(InputFileError, match="compute_claims"):
        compute_claims_dask(frame([visit()]))


def read_folder(folder: Path) -> Batch:
    """The results in a folder, in the order of one machine."""
    empty = pd.DataFrame()
    frames = {name: parquet.read_table(folder / name).to_pandas() for name in OUTPUTS}
    order = ["service_month", "provider_no", "insurer_no", "insured_no", "service_code"]
    return Batch(
        frames["claim_lines"].sort_values(order, ignore_index=True),
        frames["claims"].sort_values(order[:-1], ignore_index=True),
        frames["problems"].astype({"line": "Int64", "held_line": "Int64"}),
        empty,
    )


def is_written(batch: DaskBatch, folder: Path) -> None:
    """The folder holds what the batch is."""
    batch.to_parquet(folder)
    own, read = batch.to_batch(), read_folder(folder)
    for name in ("claim_lines", "claims", "problems"):
        expected = getattr(own, name)
        pd.testing.assert_frame_equal(expected, getattr(read, name).astype(expected.dtypes))
    held = parquet.read_table(folder / "held_visits").to_pandas()
    rows = own.held_visits.to_numpy().tolist()
    assert sorted(held.to_numpy().tolist()) == sorted(rows)
    assert list(held.columns) == list(own.held_visits.columns)


@pytest.mark.usefixtures("in_process")
def test_results_as_a_folder_of_parts(tmp_path: Path) -> None:
    batch = compute_claims_dask(cut(straddling(), [9, 20]), npartitions=9)
    is_written(batch, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert len(list((tmp_path / "out" / "claims").iterdir())) == 9


@pytest.mark.usefixtures("in_process")
def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    batch = compute_claims_dask(cut(straddling(), [9, 20]))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(OutputError, match="full: is there already"):
        batch.to_parquet(tmp_path / "full")
    with (
        mock.patch("pyarrow.parquet.write_table", side_effect=OSError(28, "No space left")),
        pytest.raises(OutputError, match="on device; every worker must see the folder"),
    ):
        batch.to_parquet(tmp_path / "out")
    # As where a worker has a disk of its own.
    with (
        mock.patch("chiiki_tsusho.cluster._write_part", new=lambda _part, path, _schema: path),
        pytest.raises(OutputError, match="is not here; name a folder that all machines share"),
    ):
        batch.to_parquet(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
    (tmp_path / "empty").mkdir()
    batch.to_parquet(tmp_path / "empty")
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == sorted(OUTPUTS)


# ---------------------------------------------------------------- parts of it


def test_one_core_is_one_thread() -> None:
    with mock.patch("chiiki_tsusho.reading.threads.ThreadPoolExecutor") as pool:
        with on_one_core():
            assert list(in_order(range(5), str)) == list("01234")
        assert not pool.called
    assert list(in_order(range(5), str, workers=2)) == list("01234")


def test_ids_of_tuples_go_to_other_processes() -> None:
    ids = TupleIds(1)
    ids.ids(np.arange(0, 100, 7))
    ids.ids(np.array([3]))
    copied = pickle.loads(pickle.dumps(ids))
    assert copied.find(np.array([14, 3, 5])).tolist() == [2, 15, -1]
    assert copied.ids(np.array([5, 7])).tolist() == [16, 1]
    assert len(ids) == 16


def test_partitions_do_not_share_the_numbers_they_meet() -> None:
    shared = Identities()
    shared.providers.ids(["1370000018"])
    own = shared.copy()
    assert own.providers.ids([OTHER, "1370000018"]).tolist() == [1, 0]
    assert shared.providers.texts == ["1370000018"]


# ---------------------------------------------------------------- two worker processes


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes on this machine."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        Client(cluster) as connected,
    ):
        yield connected


@pytest.mark.cluster
def test_two_processes_give_what_one_gives(client: Any) -> None:
    whole = straddling()
    registers = frame([PROVIDER]), frame([{**RECIPIENT, "benefit_rate": "9"}])
    one = compute_claims(whole, *registers)
    parted = cut(whole, range(4, len(whole), 4))
    batch = compute_claims_dask(parted, *registers).persist()
    same(one, batch.to_batch())
    holders = client.who_has(batch.claims)
    assert len({worker for workers in holders.values() for worker in workers}) == 2
    assert len(client.run(os.getpid)) == 2


# The client's threads draw random numbers meanwhile, which Hypothesis takes for the strategy's own.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@pytest.mark.cluster
@pytest.mark.usefixtures("client")
@settings(max_examples=8)
@given(MONTHS, ENDS)
def test_however_a_month_is_cut_two_processes_agree(month: Frames, ends: list[int]) -> None:
    same(
        compute_claims(*month),
        compute_claims_dask(cut(month[0], ends), *month[1:]).to_batch(),
    )


@pytest.mark.cluster
@pytest.mark.usefixtures("client")
def test_the_example_month_in_parts() -> None:
    whole, providers, recipients = (
        pd.read_csv(ROOT / "examples" / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in ("visits", "providers", "recipients")
    )
    parted = cut(whole, [len(whole) // 3, 2 * len(whole) // 3])
    one = compute_claims(whole, providers, recipients)
    assert len(one.claims) == 27
    same(one, compute_claims_dask(parted, providers, recipients).to_batch())

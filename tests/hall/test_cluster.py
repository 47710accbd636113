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
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from chiiki_tsusho import Batch, ChiikiTsushoError, InputFileError, OutputError, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.cluster import DaskBatch, compute_claims_dask
from chiiki_tsusho.parcels import first_lines, parcel_labels
from chiiki_tsusho.problems import ordered
from chiiki_tsusho.reading.dense_ids import Registry
from chiiki_tsusho.reading.threads import in_order, on_one_core
from chiiki_tsusho.reading.typed_blocks import Identities
from helpers.inputs import PROVIDER, RECIPIENT, Cells, csv_text, frame, places, visit, visits
from helpers.reference import load_limits, load_rows
from helpers.strategies import FaultyMonth, Month, faulty_months, months, to_frames

ROOT = Path(__file__).parents[2]
ROWS = load_rows(ROOT / "data" / "service_codes.csv")
LIMITS = load_limits(ROOT / "data" / "benefit_limits.csv")
OUTPUTS = ("claim_lines", "claims", "problems", "held_visits")
OTHER = "1370000002"
Frames = tuple[pd.DataFrame, pd.DataFrame | None, pd.DataFrame | None]


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


def drawn_frames(month: Month | FaultyMonth) -> Frames:
    """The files of a drawn month."""
    if isinstance(month, Month):
        return to_frames(month)
    return month.visits, month.providers, month.recipients


MONTHS = st.one_of(faulty_months(ROWS, LIMITS), months(ROWS, LIMITS)).map(drawn_frames)
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


def csv_parts(folder: Path, texts: Sequence[str | bytes]) -> Path:
    """Texts as part files, in order."""
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        path = folder / f"visits-{number}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def same_as_files(batch: Batch, folder: Path) -> None:
    """A result is what ``claim_files`` has written as Parquet, but for the held rows."""
    for name in ("claim_lines", "claims", "problems"):
        expected = parquet.read_table(folder / f"{name}.parquet").to_pandas()
        own = getattr(batch, name)
        pd.testing.assert_frame_equal(own, expected.astype(own.dtypes.to_dict()))


def held_lines(batch: Batch) -> list[str]:
    """The held rows of CSV parts as a CSV; a malformed one is whole in its first cell."""
    held = batch.held_visits
    width = len(held.columns)
    rows = [list(held.columns), *held.to_numpy().tolist()]
    return [row[0] if row[1:] == [""] * (width - 1) else ",".join(row) for row in rows]


# ---------------------------------------------------------------- the same result


@settings(max_examples=15)
@given(MONTHS, ENDS, st.integers(1, 5))
def test_however_a_month_is_cut_the_result_is_the_same(
    month: Frames, ends: list[int], npartitions: int
) -> None:
    with dask.config.set(scheduler="synchronous"):
        parted = compute_claims_dask(cut(month[0], ends), *month[1:], npartitions=npartitions)
        same(compute_claims(*month), parted.to_batch())


@settings(max_examples=5)
@given(MONTHS, st.integers(1, 3))
def test_parts_by_provider_need_no_shuffle(month: Frames, number: int) -> None:
    visits_, providers, recipients = month
    home = pd.factorize(visits_["provider_no"])[0] % number
    together = visits_.iloc[np.argsort(home, kind="stable")].reset_index(drop=True)
    ends = np.cumsum(np.bincount(home, minlength=number))[:-1].tolist()
    with dask.config.set(scheduler="synchronous"):
        parted = compute_claims_dask(cut(together, ends), providers, recipients, shuffle=False)
        same(compute_claims(together, providers, recipients), parted.to_batch())


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("method", ["tasks", "disk"])
def test_claims_that_straddle_partitions_are_whole(method: str) -> None:
    whole = straddling()
    parted = cut(whole, range(1, len(whole)))
    batch = compute_claims_dask(parted, npartitions=4, shuffle_method=method)
    one = compute_claims(whole)
    assert set(one.problems["rule"]) == {"bad_value", "duplicate_visit"}
    assert len(one.claims)
    same(one, batch.to_batch())


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
    assert batch.parts.empty
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


@pytest.mark.usefixtures("in_process")
def test_a_partition_is_computed_once_for_all_four_frames() -> None:
    from chiiki_tsusho import partitions

    with mock.patch.object(partitions, "_computed", wraps=partitions._computed) as computed:
        compute_claims_dask(cut(straddling(), [9, 20])).to_batch()
    assert computed.call_count == 3


# ---------------------------------------------------------------- providers and recipients


@pytest.mark.usefixtures("in_process")
def test_what_is_wrong_with_the_registers_is_told_once() -> None:
    # functional_training_1 is no addition of 2026, no_transport of a month is at most 2 a visit.
    rows = [
        visit(day, provider_no=provider, service_date=f"{month}-{day:02}")
        for day in (1, 2)
        for provider in (PROVIDER["provider_no"], OTHER, "1370000003")
        for month in ("2016-04", "2026-06", "2026-07")
    ]
    providers = [
        {**PROVIDER, "area_grade": "9"},
        {"provider_no": OTHER, "area_grade": "1"},
        {"provider_no": "1370000009", "area_grade": "one"},
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
        assert list(batch.problems.partitions[0].compute()["file"]) == ["providers"] * 2


@pytest.mark.usefixtures("in_process")
def test_one_plan_is_told_for_each_claim_that_it_is_too_much_for() -> None:
    rows = [visit(1), visit(1, provider_no=OTHER)]
    recipients = frame([{**RECIPIENT, "planned_units": "99999"}])
    one = compute_claims(frame(rows), None, recipients)
    assert list(one.problems["rule"]) == ["plan_over_limit"] * 2
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


@pytest.mark.usefixtures("in_process")
def test_a_provider_in_two_partitions_is_named() -> None:
    rows = [visit(1), visit(1, provider_no=OTHER), visit(2, provider_no=""), visit(2)]
    parted = cut(frame([*rows, visit(3, provider_no="")]), [2, 4])
    with pytest.raises(InputFileError) as caught:
        compute_claims_dask(parted, shuffle=False)
    assert "provider 1370000001 is in partition 0 and in partition 1" in str(caught.value)
    assert OTHER not in str(caught.value)
    assert "shuffle=True" in caught.value.say("ja")
    # Rows that do not say whose they are stand alone, wherever they are.
    together = cut(frame([rows[0], rows[3], rows[2], rows[1], visit(3, provider_no="")]), [3])
    batch = compute_claims_dask(together, shuffle=False).to_batch()
    same(compute_claims(together.compute().reset_index(drop=True)), batch)


@pytest.mark.usefixtures("in_process")
def test_many_providers_in_two_partitions_are_counted() -> None:
    rows = [visit(day, provider_no=f"13700000{no:02}") for day in (1, 2) for no in range(8)]
    with pytest.raises(InputFileError, match="and 3 more providers: a claim would be split"):
        compute_claims_dask(cut(frame(rows), [8]), shuffle=False)


@pytest.mark.parametrize("options", [{"npartitions": 0}, {"npartitions": 2, "shuffle": False}])
def test_partitions_that_cannot_be(held_back: dd.DataFrame, options: dict[str, Any]) -> None:
    with pytest.raises(ChiikiTsushoError, match="npartitions: "):
        compute_claims_dask(held_back, **options)


def test_a_frame_in_memory_is_refused() -> None:
    with pytest.raises(InputFileError, match="compute_claims"):
        compute_claims_dask(frame([visit()]))


def test_more_lines_than_can_be_told_apart() -> None:
    assert first_lines([3, 0, 2]).tolist() == [2, 5, 5]
    assert first_lines([2**31 - 3]).tolist() == [2]
    with pytest.raises(InputFileError, match="some providers at a time"):
        first_lines([2**30, 2**30])


# ---------------------------------------------------------------- files


@pytest.mark.usefixtures("in_process")
def test_csv_parts_are_one_file(tmp_path: Path) -> None:
    heading, *rows = csv_text(
        [
            visit(day, provider_no=no)
            for day in range(1, 7)
            for no in (PROVIDER["provider_no"], OTHER)
        ]
    ).splitlines(keepends=True)
    # Blank lines count, a last line may go unfinished, and what cannot be read stands alone.
    bodies = [
        [*rows[:3], "\n", *rows[3:5]],
        [rows[5], "1370000001,131000\n", '"1370000001,131000,0000000001\n', rows[6].rstrip("\n")],
        [],
        [row.replace("\n", "\r\n") for row in [*rows[7:], "a,b\n"]],
    ]
    whole = heading + "".join("".join(body).rstrip("\n") + "\n" for body in bodies if body)
    parts = csv_parts(tmp_path / "parts", [heading + "".join(body) for body in bodies])
    (tmp_path / "whole.csv").write_bytes(whole.encode())
    claim_files(tmp_path / "whole.csv", tmp_path / "out", file_format="parquet")
    for npartitions, block in ((None, 1 << 20), (1, 64), (7, 64)):
        with mock.patch("chiiki_tsusho.csv_lines.CSV_BLOCK_BYTES", block):
            batch = compute_claims_dask(parts, npartitions=npartitions)
            got = batch.to_batch()
        same_as_files(got, tmp_path / "out")
        assert held_lines(got) == (tmp_path / "out" / "held_visits.csv").read_text().splitlines()
    assert batch.parts["path"].tolist() == [str(parts / f"visits-{at}.csv") for at in range(4)]
    assert batch.parts["first_line"].tolist() == [2, 8, 12, 12]
    assert batch.parts["lines"].tolist() == [6, 4, 0, 6]
    assert batch.held_visits.compute().index.sort_values().tolist() == sorted(
        got.problems["line"].dropna().unique()
    )


@pytest.mark.usefixtures("in_process")
def test_each_csv_part_has_its_own_encoding(tmp_path: Path) -> None:
    one = csv_text([visit(1, service="地域密着型通所介護")])
    other = csv_text([visit(2, service="地域密着型通所介護")])
    parts = csv_parts(tmp_path, [b"\xef\xbb\xbf" + one.encode(), other.encode("cp932")])
    batch = compute_claims_dask(parts).to_batch()
    assert batch.problems.empty
    assert batch.claims["visits"].tolist() == [2]
    with pytest.raises(InputFileError, match=r"visits-0\.csv: is not CP932"):
        compute_claims_dask(parts, encoding="cp932")


def typed(rows: Sequence[Cells]) -> pa.Table:
    """Rows with the types a program would write."""
    table = pa.Table.from_pandas(frame(rows), preserve_index=False)
    types = {"minutes": pa.int16(), "care_level": pa.int8(), "service_date": pa.date32()}
    return table.cast(
        pa.schema([(name, types.get(name, pa.string())) for name in table.column_names])
    )


@pytest.mark.usefixtures("in_process")
def test_parquet_parts_are_one_file(tmp_path: Path) -> None:
    rows = [visit(day, provider_no=no) for day in range(1, 7) for no in ("1370000001", OTHER)]
    rows[4]["care_level"] = "7"
    rows += [visit(7, insured_no="12345"), visit(8, service="day_care")]
    given_ = typed(rows)
    no_service = given_.slice(0, 5).set_column(6, "service", pa.nulls(5))
    whole = pa.concat_tables([no_service.cast(given_.schema), given_.slice(5)])
    parts = tmp_path / "parts"
    parts.mkdir()
    parquet.write_table(no_service, parts / "a.parquet")
    coded = whole.slice(5, 8).set_column(
        0, "provider_no", whole.slice(5, 8).column(0).dictionary_encode()
    )
    parquet.write_table(coded, parts / "b.parquet", row_group_size=3)
    parquet.write_table(whole.slice(13), parts / "c.parquet")
    parquet.write_table(whole, tmp_path / "whole.parquet")
    claim_files(tmp_path / "whole.parquet", tmp_path / "out", file_format="parquet")
    for most in (2, 1 << 20):
        with mock.patch("chiiki_tsusho.parts.ROWS_OF_A_PARTITION", most):
            batch = compute_claims_dask(parts)
            got = batch.to_batch()
        assert batch.parts["lines"].tolist() == ([5, 3, 3, 2, 1] if most == 2 else [5, 8, 1])
        same_as_files(got, tmp_path / "out")
        held = pa.Table.from_pandas(got.held_visits, preserve_index=False)
        assert held.cast(whole.schema).equals(
            parquet.read_table(tmp_path / "out" / "held_visits.parquet")
        )


@pytest.mark.usefixtures("in_process")
def test_a_file_by_provider_stays_one_part(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    parquet.write_table(typed(visits(9)), path, row_group_size=3)
    other = tmp_path / "other.parquet"
    parquet.write_table(typed(visits(2, provider_no=OTHER)), other)
    with mock.patch("chiiki_tsusho.parts.ROWS_OF_A_PARTITION", 2):
        batch = compute_claims_dask([path, other], shuffle=False)
        assert batch.to_batch().claims["visits"].tolist() == [9, 2]
        with pytest.raises(InputFileError, match=rf"provider {OTHER} is in .*other\.parquet and"):
            compute_claims_dask([path, other, other], shuffle=False)


@pytest.mark.usefixtures("in_process")
def test_paths_patterns_and_folders(tmp_path: Path) -> None:
    csv_parts(tmp_path, [csv_text([visit(day)]) for day in range(1, 12)])
    (tmp_path / "_done").touch()
    (tmp_path / ".hidden.csv").touch()
    numbered = [str(tmp_path / f"visits-{number}.csv") for number in range(11)]
    for given_ in (tmp_path, str(tmp_path), tmp_path / "visits-*.csv", [f"{tmp_path}/v*"]):
        assert compute_claims_dask(given_).parts["path"].tolist() == numbered
    two = [numbered[3], Path(numbered[1])]
    assert compute_claims_dask(two).parts["path"].tolist() == [numbered[3], numbered[1]]
    assert compute_claims_dask(numbered[0]).to_batch().claims["visits"].tolist() == [1]
    for wrong, words in (
        (tmp_path / "visits-99.csv", "there is no such file"),
        (tmp_path / "*.parquet", "there is no CSV or Parquet file"),
        ([], "no file is named"),
    ):
        with pytest.raises(InputFileError, match=words):
            compute_claims_dask(wrong)


@pytest.mark.usefixtures("in_process")
def test_parts_that_do_not_go_together(tmp_path: Path) -> None:
    one, other = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text(csv_text([visit(1)]))
    other.write_text(csv_text([visit(2, bathing="1")]))
    with pytest.raises(InputFileError, match=r"2\.csv: its headings are not those of .*1\.csv"):
        compute_claims_dask([one, other])
    parquet.write_table(typed([visit(1)]), tmp_path / "3.parquet")
    with pytest.raises(InputFileError, match=r"3\.parquet: CSV and Parquet parts are mixed"):
        compute_claims_dask([one, tmp_path / "3.parquet"])
    parquet.write_table(arrow_csv.read_csv(one), tmp_path / "4.parquet")
    with pytest.raises(InputFileError, match="columns of different types"):
        compute_claims_dask([tmp_path / "3.parquet", tmp_path / "4.parquet"])


@pytest.mark.usefixtures("in_process")
def test_a_part_that_grows_meanwhile(tmp_path: Path) -> None:
    parts = csv_parts(tmp_path, [csv_text(visits(2)), csv_text(visits(2, provider_no=OTHER))])
    batch = compute_claims_dask(parts)
    with (parts / "visits-0.csv").open("a") as stream:
        stream.write(csv_text([visit(3)]).splitlines()[1])
    with pytest.raises(InputFileError, match="had 2 rows and has 3 now"):
        batch.to_batch()


# ---------------------------------------------------------------- folders


def read_folder(folder: Path) -> Batch:
    """The results in a folder, in the order of one machine."""
    empty = pd.DataFrame()
    frames = {name: parquet.read_table(folder / name).to_pandas() for name in OUTPUTS}
    order = ["service_month", "provider_no", "insurer_no", "insured_no", "service_code"]
    return Batch(
        frames["claim_lines"].sort_values(order, ignore_index=True),
        frames["claims"].sort_values(order[:-1], ignore_index=True),
        ordered(frames["problems"].astype({"line": "Int64"})),
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
    # An empty partition is no file, and there is at least one.
    assert len(list((tmp_path / "out" / "claims").iterdir())) < 9
    compute_claims_dask(cut(frame(visits(1)), [])).to_parquet(tmp_path / "sound")
    assert [path.name for path in (tmp_path / "sound" / "held_visits").iterdir()] == [
        "part-00000.parquet"
    ]


@pytest.mark.usefixtures("in_process")
def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    batch = compute_claims_dask(cut(straddling(), [9, 20]))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(OutputError, match="full: is there already"):
        batch.to_parquet(tmp_path / "full")
    with (
        mock.patch("pyarrow.parquet.write_table", side_effect=OSError(28, "No space left")),
        pytest.raises(OutputError, match="No space left; every worker must see the folder"),
    ):
        batch.to_parquet(tmp_path / "out")
    with (
        mock.patch("pyarrow.parquet.write_table"),
        pytest.raises(OutputError, match="is not here; name a folder that all machines share"),
    ):
        batch.to_parquet(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
    (tmp_path / "empty").mkdir()
    batch.to_parquet(tmp_path / "empty")
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == sorted(OUTPUTS)


# ---------------------------------------------------------------- parts of it


@pytest.mark.parametrize("partitions", [1, 2, 3, 50])
def test_each_partition_has_a_label(partitions: int) -> None:
    labels = pd.DataFrame({"label": parcel_labels(partitions)}, dtype="str")
    home = pd.util.hash_pandas_object(labels, index=False).to_numpy() % partitions
    assert home.tolist() == list(range(partitions))


def test_one_core_is_one_thread() -> None:
    with mock.patch("chiiki_tsusho.reading.threads.ThreadPoolExecutor") as pool:
        with on_one_core():
            assert list(in_order(range(5), str)) == list("01234")
        assert not pool.called
    assert list(in_order(range(5), str, workers=2)) == list("01234")


def test_a_registry_goes_to_other_processes() -> None:
    registry = Registry()
    registry.ids(np.arange(0, 100, 7))
    registry.ids(np.array([3]))
    copied = pickle.loads(pickle.dumps(registry))
    assert copied.find(np.array([14, 3, 5])).tolist() == [2, 15, -1]
    assert copied.ids(np.array([5, 7])).tolist() == [16, 1]
    assert len(registry) == 16


def test_partitions_do_not_share_the_numbers_they_meet() -> None:
    shared = Identities()
    shared.providers.ids(["1370000001"])
    own = shared.copy()
    assert own.providers.ids([OTHER, "1370000001"]).tolist() == [1, 0]
    assert shared.providers.texts == ["1370000001"]


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
@pytest.mark.parametrize("method", ["p2p", "tasks", None])
def test_two_processes_give_what_one_gives(client: Any, method: str | None) -> None:
    whole = straddling()
    registers = frame([PROVIDER]), frame([{**RECIPIENT, "benefit_rate": "9"}])
    one = compute_claims(whole, *registers)
    parted = cut(whole, range(4, len(whole), 4))
    batch = compute_claims_dask(parted, *registers, shuffle_method=method).persist()
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
def test_a_provider_in_two_partitions_is_named_by_two_processes() -> None:
    parted = cut(frame(visits(4)), [2])
    with pytest.raises(InputFileError, match="provider 1370000001 is in partition 0 and in"):
        compute_claims_dask(parted, shuffle=False)


@pytest.mark.cluster
@pytest.mark.usefixtures("client")
def test_the_example_month_in_parts(tmp_path: Path) -> None:
    for prefix in ("", "faulty_"):
        visits_, providers, recipients = (
            ROOT / "examples" / f"{prefix}{name}.csv"
            for name in ("visits", "providers", "recipients")
        )
        claim_files(
            visits_, tmp_path / f"{prefix}one", providers, recipients, file_format="parquet"
        )
        heading, *lines = visits_.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        third = -(-len(lines) // 3)
        starts = range(0, len(lines), third)
        texts = [heading + "".join(lines[start : start + third]) for start in starts]
        parts = csv_parts(tmp_path / f"{prefix}parts", texts)
        batch = compute_claims_dask(parts, providers, recipients).persist()
        same_as_files(batch.to_batch(), tmp_path / f"{prefix}one")
        held = (tmp_path / f"{prefix}one" / "held_visits.csv").read_text(encoding="utf-8-sig")
        assert held_lines(batch.to_batch()) == held.splitlines()
        is_written(batch, tmp_path / f"{prefix}out")


@pytest.mark.cluster
@pytest.mark.usefixtures("client")
def test_errors_come_back_from_a_worker(tmp_path: Path) -> None:
    parts = csv_parts(tmp_path, [csv_text(visits(2)), csv_text(visits(2)).encode() + b"\x81"])
    with pytest.raises(InputFileError, match=r"visits-1\.csv: neither UTF-8 nor CP932") as caught:
        compute_claims_dask(parts)
    assert "文字コード" in caught.value.say("ja")
    # What becomes unreadable later is found where it is read.
    path = tmp_path / "later.parquet"
    parquet.write_table(typed(visits(2)), path)
    batch = compute_claims_dask(path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputFileError, match=r"later\.parquet: is a damaged Parquet file"):
        batch.to_batch()

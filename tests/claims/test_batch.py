"""The batch against the reference, to the unit and the yen; and what must not change a result."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chiiki_tsusho import (
    Batch,
    Calculator,
    InputFileError,
    Visit,
    VisitError,
    compute_claims,
    load_code_book,
    load_codes,
)
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims import run as batch_run
from conftest import EXAMPLES
from helpers.inputs import (
    CLAIM,
    KEY_COLUMNS,
    PROVIDER,
    RECIPIENT,
    compute,
    csv_text,
    errors,
    frame,
    places,
    texts,
    units,
    visit,
    visits,
    written,
)
from helpers.reference import (
    ClaimKey,
    Row,
    claim_key,
    claim_month,
    load_limits,
    load_prices,
    load_rows,
    odd_numbers,
    person_of,
    plan_of,
    provider_of,
    recipient_of,
)
from helpers.strategies import Fault, FaultyMonth, Month, faulty_months, months, to_frames

DATA = Path(__file__).parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
PRICES = load_prices(DATA / "unit_prices.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")
OUTPUTS = ("claim_lines", "claims", "problems", "held_visits")
FEW = int(EXAMPLES or 12)


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a table as the reference writes them."""
    return [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in table.to_dict("records")
    ]


def keys(table: pd.DataFrame) -> list[ClaimKey]:
    """The claim of each row of a result."""
    return [tuple(key) for key in table.loc[:, list(KEY_COLUMNS)].to_numpy()]


def same(one: Batch, other: Batch, *outputs: str) -> None:
    """Two results are equal in values, types, order and index."""
    for name in outputs or OUTPUTS:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def without(table: pd.DataFrame, gone: set[ClaimKey]) -> pd.DataFrame:
    """The rows of other claims."""
    return table[[key not in gone for key in keys(table)]].reset_index(drop=True)


# ---------------------------------------------------------------- against the reference


@given(months(ROWS, LIMITS))
def test_batch_is_the_reference(month: Month) -> None:
    got = compute_claims(*to_frames(month))
    lines, claims = claim_month(
        month.visits, month.providers, month.recipients, ROWS, PRICES, LIMITS
    )
    assert records(got.claim_lines) == lines
    assert records(got.claims) == claims
    assert list(got.claims) == list(claims[0])
    assert errors(got.problems).empty
    assert got.held_visits.empty


@given(months(ROWS, LIMITS))
def test_each_odd_number_is_said_once_where_it_first_stands(month: Month) -> None:
    visits, providers, recipients = to_frames(month)
    got = compute_claims(visits, providers, recipients).problems
    assert set(got["severity"]) <= {"warning"}
    # One of the persons drawn may be that of the template.
    got = got[got["rule"] != "example_row"]
    assert set(got["rule"]) <= {"check_digit"}
    said = list(zip(got["column"], got["value"], strict=True))
    assert len(said) == len(set(said))
    assert set(said) == odd_numbers(month.visits, month.providers, month.recipients)
    files = {"visits": visits, "providers": providers, "recipients": recipients}
    for row in got.to_dict("records"):
        column, number = row["column"], row["value"]
        having = {
            name: np.flatnonzero(frame[column] == number)
            for name, frame in files.items()
            if frame is not None and column in frame
        }
        first = next(name for name, rows in having.items() if rows.size)
        assert (row["file"], row["line"]) == (first, having[first][0] + 2)
        own = {name: number if name == column else "" for name in KEY_COLUMNS}
        assert {name: row[name] for name in KEY_COLUMNS} == own


def rule_of(fault: Fault, visits: pd.DataFrame) -> str:
    """The rule a fault breaks.

    Minutes for which other months have a band are no visit outside the law: the month's table
    lacks their code.
    """
    if fault.rule != "outside_every_band" or fault.line is None:
        return fault.rule or "bad_value"
    row = visits.iloc[fault.line - 2]
    service, minutes = row.get("service", "day_care"), int(row["minutes"])
    known = any(
        own["kind"] == "base"
        and own["service"] == service
        and own["minutes_from"] <= minutes < own["minutes_to"]
        for own in ROWS
    )
    return "no_code" if known else "outside_every_band"


@given(faulty_months(ROWS, LIMITS))
def test_problems_hold_their_claims_and_no_other(month: FaultyMonth) -> None:
    got = compute_claims(month.visits, month.providers, month.recipients)
    sound = month.sound
    lines, claims = claim_month(
        sound.visits, sound.providers, sound.recipients, ROWS, PRICES, LIMITS
    )
    assert records(got.claim_lines) == lines
    assert records(got.claims) == claims
    at = [line - 2 for line in sorted(month.held_lines)]
    pd.testing.assert_frame_equal(got.held_visits, month.visits.iloc[at].reset_index(drop=True))
    found = places(errors(got.problems))
    for fault in month.faults:
        rule = rule_of(fault, month.visits)
        assert any(
            rule == own_rule
            and fault.file in (None, file)
            and fault.line in (None, line)
            and fault.column in (None, column)
            for file, line, column, _, own_rule in found
        )
    rules = {rule_of(fault, month.visits) for fault in month.faults}
    # A claim put into a month without a table may have no row in the other files either.
    beside = {"unknown_provider", "unknown_recipient"} if "unsupported_month" in rules else set()
    # The second key of a group may be one that is claimed only beside another, or that the month
    # has as often as it may.
    second_key = {"needs_other", "over_monthly_maximum"}
    beside |= second_key if "conflicting_group" in rules else set()
    # It stands beside what is wrong with the cell.
    beside |= {"unplaced_row"}
    assert {rule for *_, rule in found} - beside == rules - beside
    # What is wrong in a row is named with its line, and nothing else is.
    lines_at_fault = {fault.line for fault in month.faults if fault.file == "visits"}
    rows_of_late_rules = {
        line
        for _, line, *_, rule in found
        if rule in ("duplicate_visit", "conflicting_group") and line is not None
    }
    named = {line for file, line, *_ in found if file == "visits" and line is not None}
    assert named - rows_of_late_rules == {line for line in lines_at_fault if line is not None}
    assert rows_of_late_rules <= set(month.held_lines)


# ---------------------------------------------------------------- what changes nothing


@settings(max_examples=FEW)
@given(faulty_months(ROWS, LIMITS), st.randoms(use_true_random=False))
def test_order_of_rows_plays_no_part(month: FaultyMonth, random: Any) -> None:
    want = compute_claims(month.visits, month.providers, month.recipients)

    def shuffled(table: pd.DataFrame | None) -> pd.DataFrame | None:
        if table is None:
            return None
        order = list(range(len(table)))
        random.shuffle(order)
        return table.iloc[order]

    mixed = shuffled(month.visits)
    assert mixed is not None
    got = compute_claims(mixed, shuffled(month.providers), shuffled(month.recipients))
    same(got, want, "claim_lines", "claims")
    assert sorted(texts(got.held_visits)[1:]) == sorted(texts(want.held_visits)[1:])
    assert sorted(got.problems["rule"]) == sorted(want.problems["rule"])
    # Held rows come back in the order in which they were given.
    held = mixed.index.isin([line - 2 for line in month.held_lines])
    pd.testing.assert_frame_equal(got.held_visits, mixed[held].reset_index(drop=True))


@settings(max_examples=FEW)
@given(faulty_months(ROWS, LIMITS), st.integers(1, 4))
def test_chunks_of_claims_play_no_part(month: FaultyMonth, size: int) -> None:
    want = compute_claims(month.visits, month.providers, month.recipients)
    with mock.patch.object(batch_run, "CLAIMS_OF_A_SLICE", size):
        got = compute_claims(month.visits, month.providers, month.recipients)
    same(got, want)


IDENTIFIERS = ("provider_no", "insurer_no", "insured_no")


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS), st.sampled_from(["object", "category", "string[python]"]))
def test_type_of_identifiers_and_index_play_no_part(month: Month, kind: str) -> None:
    def odd(table: pd.DataFrame) -> pd.DataFrame:
        kinds = {name: kind for name in IDENTIFIERS if name in table}
        return table.astype(kinds).set_axis(np.zeros(len(table)))

    own, providers, recipients = to_frames(month)
    want = compute_claims(own, providers, recipients)
    got = compute_claims(
        odd(own),
        None if providers is None else odd(providers),
        None if recipients is None else odd(recipients),
    )
    same(got, want, "claim_lines", "claims", "problems")


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS), st.integers(0, 255))
def test_union_of_claims_is_the_union_of_results(month: Month, chosen: int) -> None:
    table, providers, recipients = to_frames(month)
    # Claims of one person and month share a limit: they stay together.
    persons = sorted({person_of(claim_key(row)) for row in month.visits})
    ours = {person for at, person in enumerate(persons) if chosen >> at % 8 & 1}
    first = np.array([person_of(claim_key(row)) in ours for row in month.visits])
    parts = [compute_claims(table[part], providers, recipients) for part in (first, ~first)]
    whole = compute_claims(table, providers, recipients)
    for name in ("claim_lines", "claims"):
        both = pd.concat([getattr(part, name) for part in parts])
        order = [*KEY_COLUMNS, *(["service_code"] if name == "claim_lines" else [])]
        both = both.sort_values(order, ignore_index=True)
        pd.testing.assert_frame_equal(both, getattr(whole, name))


def has_own_plan(recipient: Row | None) -> bool:
    """Whether a row of recipients plans for one provider."""
    return plan_of(recipient) is not None and bool(recipient and recipient["provider_no"])


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS), st.integers(0, 255), st.sampled_from(["minutes", "service_date"]))
def test_held_claim_leaves_the_others_as_they_were(month: Month, number: int, column: str) -> None:
    table, providers, recipients = to_frames(month)
    want = compute_claims(table, providers, recipients)
    at = number % len(table)
    key = claim_key(month.visits[at])
    spoiled = table.copy()
    spoiled.loc[at, column] = "?"
    got = compute_claims(spoiled, providers, recipients)
    # A row without a month may be of any month of its person.
    gone = {
        other
        for other in keys(want.claims)
        if other == key or (column == "service_date" and other[1:] == key[1:])
    }
    # Who shares a limit with a claim that is not known waits for it, unless a plan says how much.
    shared = {person_of(other) for other in gone}
    left = {other for other in keys(want.claims) if other not in keys(got.claims)}
    gone |= {
        other
        for other in left
        if person_of(other) in shared
        and plan_of(recipient_of(month.recipients, other)) is None
        and any(
            visit["care_level"] and person_of(claim_key(visit)) == person_of(other)
            for visit in month.visits
        )
    }
    if column == "service_date":
        # It may be the person's in a month that they have at another provider alone, where a plan
        # for every provider would be for two.
        gone |= {
            other
            for other in left
            if other[2:] == key[2:] and not has_own_plan(recipient_of(month.recipients, other))
        }
    for name in ("claim_lines", "claims"):
        pd.testing.assert_frame_equal(getattr(got, name), without(getattr(want, name), gone))
    rows = [claim_key(row) in gone for row in month.visits]
    pd.testing.assert_frame_equal(got.held_visits, spoiled[rows].reset_index(drop=True))
    cells = [place for place in places(errors(got.problems)) if place[-1] != "plan_needed"]
    assert cells == [("visits", at + 2, column, "?", "bad_value")]


@settings(max_examples=FEW)
@given(faulty_months(ROWS, LIMITS))
def test_frames_of_the_caller_are_left_alone(month: FaultyMonth) -> None:
    given_frames = [
        table for table in (month.visits, month.providers, month.recipients) if table is not None
    ]
    before = [table.copy(deep=True) for table in given_frames]
    got = compute_claims(month.visits, month.providers, month.recipients)
    # Nor does a change of the result reach them.
    got.held_visits.loc[:, "minutes"] = "changed"
    for table, own in zip(given_frames, before, strict=True):
        pd.testing.assert_frame_equal(table, own)


# ---------------------------------------------------------------- single visits


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS))
def test_single_visit_is_what_the_calculator_composes(month: Month) -> None:
    for row in month.visits[:4]:
        provider = provider_of(month.providers, claim_key(row))
        extended = provider is None or provider["extended_hours"]
        alone = Month(
            [row],
            [
                {
                    "provider_no": row["provider_no"],
                    "service_month": "",
                    "area_grade": None,
                    "extended_hours": extended,
                    "additions": {},
                }
            ],
            None,
        )
        got = compute_claims(*to_frames(alone))
        calculator = Calculator(load_codes(claim_key(row)[0]))
        visit = Visit(
            minutes=row["minutes"],
            care_level=row["care_level"],
            service=row["service"],
            shortfall=row["shortfall"] or None,
            additions=row["additions"],
            extended_hours=extended,
        )
        if got.claims.empty:
            # One of its additions stands beside what only the provider's own row has.
            assert set(errors(got.problems)["rule"]) == {"needs_other"}
            with pytest.raises(VisitError, match="is claimed only beside"):
                calculator.compose(visit)
            continue
        composed = calculator.compose(visit)
        lines = got.claim_lines
        assert sorted((line.code, line.units, line.count) for line in composed.lines) == list(
            zip(lines["service_code"], lines["units"], lines["count"], strict=True)
        )
        assert got.claims["total_units"].tolist() == [composed.units]
        assert composed.units == sum(line.units * line.count for line in composed.lines)


# ---------------------------------------------------------------- files, tables, pickles


@settings(max_examples=FEW)
@given(months(ROWS, LIMITS), st.sampled_from(["csv", "parquet"]))
def test_files_come_to_the_same_as_frames(month: Month, file_format: Any) -> None:
    frames = to_frames(month)
    tables = dict(zip(("visits", "providers", "recipients"), frames, strict=True))
    want = compute_claims(*frames)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths: dict[str, Path | None] = {}
        for file, table in tables.items():
            paths[file] = None if table is None else folder / file
            if table is not None and file_format == "csv":
                table.to_csv(folder / file, index=False)
            elif table is not None:
                table.to_parquet(folder / file, index=False)
        got = claim_files(
            folder / "visits",
            folder / "out",
            paths["providers"],
            paths["recipients"],
            file_format=file_format,
        )
        for output in ("claim_lines", "claims", "problems"):
            assert written(folder / "out", output) == texts(getattr(want, output))
    assert got.summary.visits == len(month.visits)
    assert got.summary.units == want.claims["total_units"].sum()
    assert got.summary.yen == want.claims["total_yen"].sum()


@settings(max_examples=FEW)
@given(faulty_months(ROWS, LIMITS))
def test_results_can_be_pickled(month: FaultyMonth) -> None:
    got = compute_claims(month.visits, month.providers, month.recipients)
    same(pickle.loads(pickle.dumps(got)), got)


def test_summary_and_errors_can_be_pickled(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(csv_text(visits(3)), encoding="utf-8")
    got = claim_files(tmp_path / "visits.csv", tmp_path / "out")
    again = pickle.loads(pickle.dumps(got))
    assert (again.summary, again.folder) == (got.summary, got.folder)
    with pytest.raises(InputFileError) as caught:
        compute([{"minutes": "1"}])
    error = pickle.loads(pickle.dumps(caught.value))
    assert type(error) is InputFileError
    assert str(error) == str(caught.value)


def test_codes_may_be_a_path_a_book_or_the_table_of_a_month(tmp_path: Path) -> None:
    rows = [visit(1), {**visit(2), "service_date": "2016-05-01"}]
    want = compute(rows)
    assert len(want.claims) == 2
    path = tmp_path / "codes.csv"
    path.write_bytes((DATA / "service_codes.csv").read_bytes())
    for codes in (path, str(path), load_code_book(), load_code_book(path)):
        same(compute_claims(frame(rows), codes=codes), want)
    of_april = compute_claims(frame(rows), codes=load_codes("2016-04"))
    assert units(of_april.claims) == {CLAIM: 426}
    assert places(of_april.problems) == [
        ("visits", 3, "service_date", "2016-05-01", "unsupported_month")
    ]
    assert "(covered: 2016-04 to 2016-04)" in of_april.problems["message"][0]


def test_progress_goes_from_nothing_to_the_whole(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(
        csv_text([*visits(3), visit(1, insured_no="0000000002", minutes="x")]), encoding="utf-8"
    )
    seen: list[tuple[str, int, int]] = []
    claim_files(
        tmp_path / "visits.csv",
        tmp_path / "out",
        progress=lambda stage, done, whole: seen.append((stage, done, whole)),
    )
    size = (tmp_path / "visits.csv").stat().st_size
    assert seen == [("reading", size, size), ("claims", 2, 2), ("held rows", size, size)]


# ---------------------------------------------------------------- figures by hand


def one(got: Batch, *columns: str) -> list[Any]:
    (row,) = records(got.claims)
    return [row[name] for name in columns]


def lines_of(got: Batch) -> dict[str, tuple[int, int, int]]:
    """Of each code its units, count and service units."""
    return {
        row["service_code"][2:]: (row["units"], row["count"], row["service_units"])
        for row in records(got.claim_lines)
    }


def test_a_month_with_everything_once() -> None:
    # 2016-04 by hand, 要介護3: 7 to 9 hours 1,006 x 3, 延長 to 10 hours 1,056; bathing by the day,
    # 口腔 by the visit, 送迎減算 by the way but not beside 同一建物減算: managed 4,386.
    # 中山間: 5 % of 1,006 x 2 = 100.6. サービス提供体制 18 x 4. 処遇改善: 22/1000 of
    # 4,386 + 101 + 72 = 4,559 is 100.298; 90 % of that 100.
    rows = [
        visit(1, care_level="3", minutes="500", bathing="1", oral_function="1", rural_area="1"),
        visit(2, care_level="3", minutes="420", bathing="1", oral_function="1", rural_area="1"),
        visit(3, care_level="3", minutes="539", bathing="1", no_transport="1", same_building="1"),
        visit(4, care_level="3", minutes="599", bathing="1", no_transport="2"),
    ]
    got = compute(
        rows,
        [{
            **PROVIDER, "extended_hours": "1",
            "service_provision_1i": "1", "treatment_improvement_3": "1",
        }],
        [RECIPIENT],
    )  # fmt: skip
    assert lines_of(got) == {
        "1443": (1006, 3, 3018),
        "1543": (1056, 1, 1056),
        "5301": (50, 4, 200),
        "5606": (150, 2, 300),
        "5611": (-94, 1, -94),
        "5612": (-47, 2, -94),
        "6100": (18, 4, 72),
        "6105": (90, 1, 90),
        "8110": (101, 1, 101),
    }
    assert one(got, "visits", "days", "managed_units", "unmanaged_units", "total_units") == [
        4,
        4,
        4386,
        263,
        4649,
    ]


def test_sessions_of_one_day() -> None:
    got = compute(
        [
            visit(1, session="2", bathing="1", service_provision_1i="1"),
            visit(1, session="", bathing="1", service_provision_1i="1"),
            visit(1, session="9", bathing="1", service_provision_1i="1"),
        ]
    )
    assert lines_of(got) == {"1241": (426, 3, 1278), "5301": (50, 1, 50), "6100": (18, 3, 54)}
    assert one(got, "visits", "days") == [3, 1]


def test_lines_that_come_to_nothing_are_not_written() -> None:
    # 5 % of nothing, and no line for what is 0 in every row.
    got = compute(
        [visit(1, bathing="0", no_transport="", rural_area="0")],
        [{**PROVIDER, "treatment_improvement_1": "0"}],
    )
    assert list(lines_of(got)) == ["1241"]


@pytest.mark.parametrize(
    ("minutes", "extended", "code"),
    [
        ("539", "0", "1441"),
        ("540", "0", "1441"),
        ("540", "1", "1541"),
        ("839", "1", "1756"),
        ("840", "0", "1441"),
        ("1440", "0", "1441"),
        ("300", "0", "1341"),
    ],
)
def test_extension_needs_its_registration(minutes: str, extended: str, code: str) -> None:
    got = compute([visit(1, minutes=minutes)], [{**PROVIDER, "extended_hours": extended}])
    assert list(lines_of(got)) == [code]


@pytest.mark.parametrize(("minutes", "held"), [("539", False), ("540", True), ("839", True)])
def test_a_registration_that_is_not_given_holds_where_it_would_matter(
    minutes: str, held: bool
) -> None:
    got = compute([visit(1, minutes=minutes)], [{**PROVIDER, "extended_hours": ""}])
    missing = ("visits", 2, "extended_hours", minutes, "missing_value")
    assert places(got.problems) == ([missing] if held else [])
    assert len(got.held_visits) == held


def test_longer_than_a_day_is_no_visit_even_without_extension() -> None:
    got = compute([visit(1, minutes="1441")], [{**PROVIDER, "extended_hours": "0"}])
    assert places(got.problems) == [("visits", 2, "minutes", "1441", "outside_every_band")]


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        ("0", ("care_level", "", "missing_value")),
        ("1", ("minutes", "840", "outside_every_band")),
    ],
)
def test_the_longest_band_without_extension_has_no_end(
    registered: str, told: tuple[str, str, str]
) -> None:
    providers = frame([{"provider_no": "1370000018", "extended_hours": registered}])
    got = compute_claims(frame([visit(1, minutes="840", care_level="")]), providers)
    assert [one[2:] for one in places(errors(got.problems))] == [told]


def test_additions_of_the_other_files_count_where_they_fit() -> None:
    rows = [
        visit(1),
        visit(2, service="medical_day_care", care_level=""),
        visit(3, bathing="1", service=""),
    ]
    got = compute(
        rows,
        [{**PROVIDER, "bathing": "1", "service_provision_3": "1"}],
        [{**RECIPIENT, "individual_transport": "1"}],
    )
    assert lines_of(got) == {
        "1241": (426, 2, 852),
        "4140": (1007, 1, 1007),
        "5301": (50, 2, 100),
        "5613": (210, 1, 210),
        "6103": (6, 1, 6),
    }


def chunks_of(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def test_many_claims_stand_in_the_order_of_their_text() -> None:
    """Claims over months, providers, insurers and persons, given the wrong way round."""
    numbers = [
        (month, f"{provider}00000000{provider}", insurer, f"{person}00000000{person}")
        for month in ("2017-03", "2016-12", "2016-04")
        for provider in "Z9A0"
        for insurer in ("131003", "00131000", "99000000")
        for person in "9H01"
    ]
    rows = [
        {
            **visit(),
            "service_date": f"{month}-01",
            "provider_no": provider,
            "insurer_no": insurer,
            "insured_no": f"{person[:-1]}{0 if person[-1] == 'H' else person[-1]}",
        }
        for month, provider, insurer, person in numbers
    ]
    got = compute(rows)
    assert len(got.claims) == len(rows) == 3 * 4 * 3 * 4
    assert keys(got.claims) == sorted(keys(got.claims))
    assert keys(got.claim_lines) == keys(got.claims)

"""The code table of a month against its file, read a second time with nothing but ``csv``."""

import csv
import itertools
import os
import pickle
from collections.abc import Iterator
from copy import copy as copy_of
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho import errors
from helpers.inputs import VISIT

DATA: Final = Path(__file__).resolve().parents[2] / "data"
TABLE: Final = DATA / "service_codes.csv"
OPEN_END: Final = "999999"
SERVICES: Final = ("medical_day_care", "day_care")
MINUTES_OF_A_DAY: Final = 1440

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


ROWS: Final = read_rows(TABLE)


def shifted(month: str, by: int) -> str:
    """The month so many months later."""
    months = int(month[:4]) * 12 + int(month[4:]) - 1 + by
    return f"{months // 12:04d}{months % 12 + 1:02d}"


def in_month(month: str) -> list[Row]:
    return [row for row in ROWS if row["valid_from"] <= month <= row["valid_to"]]


def edge_months() -> list[str]:
    """First and last months of all rows, and the months before and after; a century on as well."""
    ends = {row["valid_from"] for row in ROWS} | {row["valid_to"] for row in ROWS}
    ends.discard(OPEN_END)
    near = {shifted(month, by) for month in ends for by in (-1, 0, 1)}
    return sorted(near | {"211604"})


WITH_BASE: Final = [
    month for month in edge_months() if any(row["kind"] == "base" for row in in_month(month))
]
WITHOUT_BASE: Final = [month for month in edge_months() if month not in WITH_BASE]
KNOWN_MONTHS: Final = "from 2016-04"


def code_of(row: Row) -> str:
    return row["service_type"] + row["item_code"]


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def composed(row: Row) -> int:
    """The composite of a base row from its cells: each ratio rounded, then the extension."""
    units = int(row["base_units"])
    for column in ("short_hours_per_mille", "shortfall_per_mille"):
        if row[column]:
            units = half_up(Fraction(units * int(row[column]), 1000))
    return units + int(row["extension_units"])


# --- every row of every month ------------------------------------------------------------------


def test_the_edges_of_the_table_are_those_of_the_law() -> None:
    """2016-04 on, cut where a revision falls."""
    assert WITHOUT_BASE == ["201603"]
    assert WITH_BASE == [
        "201604", "201605", "201702", "201703", "201704", "201705", "201802", "201803",
        "201804", "201805", "201908", "201909", "201910", "201911", "202102", "202103",
        "202104", "202105", "202402", "202403", "202404", "202405", "202406", "202407",
        "202604", "202605", "202606", "202607", "211604",
    ]  # fmt: skip


@pytest.mark.parametrize("month", WITH_BASE)
def test_every_row_of_the_month_and_no_other(month: str) -> None:
    rows = sorted(in_month(month), key=code_of)
    table = ct.load_codes(month)
    assert table.service_codes.tolist() == [code_of(row) for row in rows]
    assert len(table) == len(rows)
    frame = table.frame
    assert frame.columns.tolist() == ["service_code", *ROWS[0]]
    assert frame["service_code"].tolist() == [code_of(row) for row in rows]
    for column in ROWS[0]:
        cells = ["" if pd.isna(cell) else str(cell) for cell in frame[column]]
        assert cells == [row[column] for row in rows], column


@pytest.mark.parametrize("month", WITH_BASE)
def test_every_base_row_is_composed_by_its_steps(month: str) -> None:
    rows = [row for row in in_month(month) if row["kind"] == "base"]
    units = ct.load_codes(month).units([code_of(row) for row in rows])
    assert units.dtype == np.int64
    assert units.tolist() == [composed(row) for row in rows]


@pytest.mark.parametrize("month", WITH_BASE)
def test_every_printed_composite_is_what_is_claimed(month: str) -> None:
    rows = [row for row in in_month(month) if row["published_units"]]
    units = ct.load_codes(month).units([code_of(row) for row in rows])
    assert units.tolist() == [int(row["published_units"]) for row in rows]


@pytest.mark.parametrize("month", WITHOUT_BASE)
@pytest.mark.parametrize("dash", ["", "-"])
def test_a_month_without_table_is_refused_with_the_months_there_are(month: str, dash: str) -> None:
    text = month[:4] + dash + month[4:]
    with pytest.raises(ct.UnsupportedMonthError) as caught:
        ct.load_codes(text)
    assert str(caught.value) == (
        f"no code table for {month[:4]}-{month[4:]} is at hand (covered: {KNOWN_MONTHS}); read "
        "the ministry's service code table of that month with import-workbook and give the result "
        "with codes= (--codes on the command line)"
    )


@pytest.mark.parametrize(
    "month",
    ["", "2016", "2016-4", "2016-13", "2016-00", "16-04", "2016/04", "2016-04-01", OPEN_END],
)
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(ct.UnsupportedMonthError) as caught:
        ct.load_codes(month)
    assert str(caught.value) == f"{month!r} is not a month: write it as 2016-04 or 201604"


@pytest.mark.parametrize("month", [None, 2016.04, True, 2016, 20160401, 201613, -201604, pd.NaT])
def test_what_only_resembles_a_month(month: Any) -> None:
    with pytest.raises(ct.UnsupportedMonthError, match="is not a month"):
        ct.load_codes(month)


@pytest.mark.parametrize(
    "month",
    [
        "201604",
        201604,
        np.int64(201604),
        date(2016, 4, 30),
        datetime(2016, 4, 1, 9),
        pd.Timestamp("2016-04-15"),
        pd.Period("2016-04"),
    ],
    ids=repr,
)
def test_every_way_to_write_a_month(month: Any) -> None:
    assert ct.load_codes(month) is ct.load_codes("2016-04")


# --- find: every band edge, against a linear scan ----------------------------------------------


def scanned(rows: list[Row], visit: dict[str, Any]) -> str | None:
    """The code of a visit, row after row; None where there is none."""
    level, minutes = visit["care_level"], visit["minutes"]
    same = [
        row
        for row in rows
        if row["kind"] == "base"
        and row["service"] == visit["service"]
        and row["shortfall"] == visit["shortfall"]
        and row["care_level"] in ("", "" if level is None else str(level))
    ]
    extended = [row for row in same if row["extension_units"] != "0"]
    if not visit["extended_hours"]:
        same = [row for row in same if row not in extended]
        # From the first minute of 延長 on, the longest band without it.
        first = min((int(row["minutes_from"]) for row in extended), default=MINUTES_OF_A_DAY + 1)
        if not extended and any(row["minutes_to"] == "540" for row in same):
            # 延長 begins with nine hours, whether the table has rows of it or not.
            first = 540
        if first <= minutes <= MINUTES_OF_A_DAY:
            longest = max(same, key=lambda row: int(row["minutes_to"]))
            minutes = int(longest["minutes_to"]) - 1
    found = [row for row in same if int(row["minutes_from"]) <= minutes < int(row["minutes_to"])]
    assert len(found) <= 1, (visit, found)
    return code_of(found[0]) if found else None


def minutes_to_try(rows: list[Row]) -> list[int]:
    edges = {
        int(row[column])
        for row in rows
        if row["kind"] == "base"
        for column in ("minutes_from", "minutes_to")
    }
    near = {edge + by for edge in edges for by in (-1, 0, 1)}
    day = MINUTES_OF_A_DAY
    return sorted(near | {0, 1, day - 1, day, day + 1, day + 2, 10 * day})


def conditions() -> Iterator[dict[str, Any]]:
    for service, level, shortfall, extended in itertools.product(
        SERVICES,
        (None, 1, 2, 3, 4, 5),
        ("", "over_capacity", "understaffed"),
        (True, False),
    ):
        yield {
            "service": service,
            "care_level": level,
            "shortfall": shortfall,
            "extended_hours": extended,
        }


# One month of each stretch in which no row changes.
STRETCHES: Final = sorted(
    {max(row["valid_from"] for row in in_month(month)) for month in WITH_BASE}
)


def test_the_stretches_in_which_no_row_changes() -> None:
    assert STRETCHES == [
        "201604", "201704", "201804", "201910", "202104", "202404", "202406", "202606",
    ]  # fmt: skip


@pytest.mark.parametrize("month", STRETCHES)
def test_find_at_every_band_edge(month: str) -> None:
    """All conditions at once, as arrays; then one by one those that have no code."""
    rows, table = in_month(month), ct.load_codes(month)
    visits = [
        {**condition, "minutes": minutes}
        for condition in conditions()
        for minutes in minutes_to_try(rows)
    ]
    expected = [scanned(rows, visit) for visit in visits]
    sound = [visit for visit, code in zip(visits, expected, strict=True) if code is not None]
    columns = {name: [visit[name] for visit in sound] for name in visits[0]}
    assert table.find(**columns).tolist() == [code for code in expected if code is not None]
    for visit, code in zip(visits, expected, strict=True):
        if code is None:
            with pytest.raises(ct.VisitError):
                table.find(**visit)


@pytest.mark.parametrize("month", STRETCHES)
def test_find_says_outside_every_band_only_where_no_month_has_one(month: str) -> None:
    """A stay the law of any month knows, but not this table, is told from one no law knows."""
    table = ct.load_codes(month)
    known: dict[str, set[int]] = {"day_care": set(), "medical_day_care": set()}
    for row in ROWS:
        if row["kind"] == "base":
            band = range(int(row["minutes_from"]), int(row["minutes_to"]))
            known[row["service"]].update(band)
    for service, minutes in itertools.product(known, minutes_to_try(in_month(month))):
        visit = {"service": service, "care_level": 3, "shortfall": "", "extended_hours": True}
        if scanned(in_month(month), {**visit, "minutes": minutes}) is None:
            with pytest.raises(ct.VisitError) as caught:
                table.find(service=service, care_level=3, minutes=minutes)
            says = "outside every band" in str(caught.value)
            assert says == (minutes not in known[service]), (service, minutes, caught.value)


def test_band_edges_of_2016() -> None:
    """From the printed table, 要介護1: 2, 3, 5, 7, 9 … 14 hours."""
    minutes = [120, 179, 180, 299, 300, 419, 420, 539, 540, 599, 600, 660, 720, 780, 839]
    found = ct.load_codes("2016-04").find(care_level=1, minutes=minutes)
    assert found.tolist() == [
        "781141", "781141", "781241", "781241", "781341", "781341", "781441", "781441",
        "781541", "781541", "781641", "781741", "781751", "781756", "781756",
    ]  # fmt: skip


def test_without_extended_hours_the_longest_band_answers() -> None:
    table = ct.load_codes("2016-04")
    long_days = [539, 540, 600, 839, 840, 1440]
    plain = table.find(care_level=3, minutes=long_days, extended_hours=False)
    assert plain.tolist() == ["781443"] * 6
    over = table.find(care_level=3, minutes=540, shortfall="over_capacity", extended_hours=False)
    assert over == "788433"
    with pytest.raises(ct.VisitError, match="outside every band"):
        table.find(care_level=3, minutes=1441, extended_hours=False)  # longer than a day
    # 療養通所介護 has no 延長: nothing is stretched.
    with pytest.raises(ct.VisitError, match="outside every band"):
        table.find(service="medical_day_care", minutes=480, extended_hours=False)


def test_extended_hours_by_provider_as_an_array() -> None:
    found = ct.load_codes("2016-04").find(
        care_level=2, minutes=[600, 600], extended_hours=[True, False]
    )
    assert found.tolist() == ["781642", "781442"]


@pytest.mark.parametrize(
    "given",
    [
        {"care_level": 5, "minutes": 150, "shortfall": "understaffed"},
        {"care_level": 5.0, "minutes": 150.0, "shortfall": "understaffed"},
        {"care_level": np.int8(5), "minutes": np.uint16(150), "shortfall": "understaffed"},
    ],
)
def test_scalars_give_a_plain_string(given: dict[str, Any]) -> None:
    found = ct.load_codes("2016-04").find(**given)
    assert type(found) is str
    assert found == "789405"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"care_level": [1, 2], "minutes": 200}, ["781241", "781242"]),
        ({"care_level": 1, "minutes": [200, 300]}, ["781241", "781341"]),
        (
            {"care_level": [1, 2], "minutes": [[200], [300]]},
            [["781241", "781242"], ["781341", "781342"]],
        ),
        ({"care_level": (1,), "minutes": 200}, ["781241"]),
        ({"care_level": [], "minutes": []}, []),
        (
            {"care_level": 1, "minutes": 200, "shortfall": [None, "", "over_capacity"]},
            ["781241", "781241", "788411"],
        ),
        (
            {"care_level": [None, 4], "minutes": 200, "service": "medical_day_care"},
            ["784140", "784140"],
        ),
        (
            {"care_level": [np.nan, 4], "minutes": 200, "service": list(SERVICES)},
            ["784140", "781244"],
        ),
        (
            {
                "care_level": pd.array([pd.NA, 4], dtype="Int64"),
                "minutes": pd.Series([360, 200], index=[7, 7]),
                "service": pd.Series(["medical_day_care", "day_care"]),
                "shortfall": pd.Series([None, "understaffed"]),
            },
            ["784141", "789414"],
        ),
        ({"minutes": [180, 359], "service": "medical_day_care"}, ["784140", "784140"]),
    ],
    ids=[
        "level array", "minutes array", "broadcast", "tuple", "empty", "blank shortfall", "None",
        "NaN", "pandas", "no level",
    ],
)  # fmt: skip
def test_arrays_are_broadcast(given: dict[str, Any], expected: list[Any]) -> None:
    found = ct.load_codes("2016-04").find(**given)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"care_level": 0}, "care_level: 0: a whole number from 1 to 5 was expected"),
        ({"care_level": [1, 6]}, "care_level: 6: a whole number from 1 to 5 was expected"),
        ({"care_level": 1.5}, "care_level: 1.5: a whole number was expected"),
        ({"care_level": "1"}, "care_level: whole numbers were expected, not string"),
        ({"care_level": True}, "care_level: whole numbers were expected, not boolean"),
        ({"minutes": -1}, "minutes: -1: a whole number of 0 or more was expected"),
        ({"minutes": 150.5}, "minutes: 150.5: a whole number was expected"),
        ({"minutes": None}, "minutes: blank; a whole number was expected"),
        ({"minutes": [200, np.nan]}, "minutes: blank; a whole number was expected"),
        ({"minutes": ["200"]}, "minutes: whole numbers were expected, not string"),
        ({"minutes": float("inf")}, "minutes: inf: a whole number of 0 or more was expected"),
        (
            {"minutes": 10**30},
            f"minutes: {10**30}: a whole number of 0 or more was expected",
        ),
        (
            {"shortfall": "undermanned"},
            "shortfall: 'undermanned' is unknown; one of '', 'over_capacity', 'understaffed'",
        ),
        (
            {"service": "both"},
            "service: 'both' is unknown; one of 'day_care', 'medical_day_care', "
            "'short_medical_day_care'",
        ),
        (
            {"service": None},
            "service: '' is unknown; one of 'day_care', 'medical_day_care', "
            "'short_medical_day_care'",
        ),
        ({"extended_hours": None}, "extended_hours: True or False was expected"),
        ({"extended_hours": "0"}, "extended_hours: True or False was expected"),
        ({"extended_hours": [0, 2]}, "extended_hours: True or False was expected"),
        (
            {"minutes": [200, 300], "care_level": [1, 2, 3]},
            "the values are of shapes that do not go together: (2,), (3,), (), (), () of minutes, "
            "care_level, shortfall, service, extended_hours",
        ),
        (
            {"minutes": [200, 119]},
            "visit 1: 119 minutes of day_care lie outside every band (the table knows 120 to 839 "
            "minutes); check the times of the visit",
        ),
        (
            {"minutes": [200, 300], "care_level": [3, None]},
            "visit 1: the code rests on the care level; give care_level= (--care-level on the "
            "command line), 1 to 5",
        ),
        (
            {"service": "medical_day_care", "minutes": 480},
            "480 minutes of medical_day_care lie outside every band (the table knows 180 to 479 "
            "minutes); check the times of the visit",
        ),
    ],
)
def test_find_refuses_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ct.VisitError) as caught:
        ct.load_codes("2016-04").find(**{"care_level": 1, "minutes": 200, **given})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"minutes": 150}, "150 min, day_care, care level 1"),
        (
            {"minutes": 200, "shortfall": "understaffed"},
            "200 min, day_care, care level 1, understaffed",
        ),
        (
            {"minutes": 200, "service": "medical_day_care"},
            "200 min, medical_day_care, care level 1",
        ),
    ],
)
def test_find_names_the_month_whose_table_has_no_such_code(
    given: dict[str, Any], condition: str
) -> None:
    """2024-04 has the 30 base codes alone."""
    with pytest.raises(ct.VisitError) as caught:
        ct.load_codes("2024-04").find(**{"care_level": 1, **given})
    assert str(caught.value).startswith(f"{condition}: no code in the table of 2024-04; ")


# --- lookup and units --------------------------------------------------------------------------


def test_lookup_keeps_the_order_asked_and_repeats() -> None:
    found = ct.load_codes("2016-04").lookup(["789405", "781241", "789405"])
    assert found["service_code"].tolist() == ["789405", "781241", "789405"]
    assert found["units"].tolist() == [333, 426, 333]
    assert found["name"].tolist() == [
        "地域通所介護15・人欠・時減", "地域通所介護11", "地域通所介護15・人欠・時減",
    ]  # fmt: skip
    assert found.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "codes",
    [
        ["781241", "785301"],
        ("781241", "785301"),
        np.array(["781241", "785301"]),
        pd.Series(["781241", "785301"], index=[9, 9]),
        pd.Series(["781241", "785301"], dtype="category"),
    ],
    ids=["list", "tuple", "array", "Series", "category"],
)
def test_codes_come_in_any_array(codes: Any) -> None:
    table = ct.load_codes("2016-04")
    assert table.units(codes).tolist() == [426, 50]
    assert table.lookup(codes)["units"].tolist() == [426, 50]


def test_one_code_and_no_code() -> None:
    table = ct.load_codes("2016-04")
    assert table.units("785611").tolist() == [-94]
    assert table.units([]).tolist() == []
    assert table.lookup([]).columns.tolist() == table.frame.columns.tolist()
    assert len(table.lookup([])) == 0


EXPLAINED: Final = (
    "; a code is text of six characters, the service type and the item code, such as '781241'"
    "; lookup --coverage shows what each month has"
)


@pytest.mark.parametrize(
    ("codes", "named"),
    [
        (["781240"], "'781240' (nearest: 781241)"),
        (["781241", "781146"], "'781146' (nearest: 781141)"),
        (["78124"], "'78124' (nearest: 781241)"),
        ([781241], "781241 (nearest: 781241)"),
        (["x", None, "x"], "'x', None"),
        (list("abcdefg"), "'a', 'b', 'c', 'd', 'e' and 2 more"),
        # 6108 came in 2017-04.
        (["786108"], "'786108' (nearest: 786100)"),
    ],
)
def test_unknown_codes_are_named_with_the_nearest(codes: list[Any], named: str) -> None:
    table = ct.load_codes("2016-04")
    for call in (table.units, table.lookup):
        with pytest.raises(ct.UnknownCodeError) as caught:
            call(codes)
        assert str(caught.value) == f"no such service code in 2016-04: {named}{EXPLAINED}"


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (Decimal("sNaN"), "'sNaN'"),
        (ct.compute_claims({name: [] for name in VISIT}), "'Batch'"),
        ([1], "'list'"),
        (object(), "'object'"),
        (10**5000, "'int'"),
    ],
    ids=["number that is none", "batch", "list", "object", "long number"],
)
def test_what_is_no_code_is_refused_as_one(code: object, named: str) -> None:
    """Of what may be anything its kind is named: who knows what it holds."""
    table = ct.load_codes("2016-04")
    given: Any = np.array([None, "781241"], dtype=object)
    given[0] = code
    for call in (table.units, table.lookup, table.positions):
        with pytest.raises(ct.UnknownCodeError) as caught:
            call(given)
        assert str(caught.value) == f"no such service code in 2016-04: {named}{EXPLAINED}"
        assert pickle.loads(pickle.dumps(caught.value)).say("ja") == caught.value.say("ja")


def test_a_key_of_no_row_is_refused() -> None:
    table = ct.load_codes("2016-04")
    for call in (table.named, table.rate_rows):
        with pytest.raises(ct.UnknownCodeError) as caught:
            call("bathin")
        assert str(caught.value).startswith(
            "no addition 'bathin' in 2016-04; did you mean 'bathing'? (that month has: bathing, "
        )
        assert caught.value.say("ja").startswith("2016-04 に加算「bathin」はありません")
    with pytest.raises(
        ct.UnknownCodeError, match=r"^bathing is no ratio of other lines$"
    ) as caught:
        table.rate_rows("bathing")
    assert caught.value.say("ja") == ("入浴介助加算(bathing)は、ほかの行に掛ける率ではありません")


def test_units_of_a_ratio_are_refused() -> None:
    with pytest.raises(ct.UnknownCodeError) as caught:
        ct.load_codes("2016-04").units(["781241", "788110", "786105"])
    assert str(caught.value) == (
        "786105, 788110: a ratio of other lines has no units of its own; compute the claim"
    )


def test_a_changed_frame_leaves_the_table_as_it_was() -> None:
    table = ct.load_codes("2016-04")
    for frame in (table.frame, table.lookup(["781241"])):
        frame["units"] = 0
        frame.loc[0, "name"] = "?"
        del frame["service_code"]
    again = table.lookup(["781241"])
    assert (again.loc[0, "name"], again.loc[0, "units"]) == ("地域通所介護11", 426)
    assert table.frame["service_code"].tolist() == table.service_codes.tolist()


def test_types_of_the_frame() -> None:
    """Identifiers and months are text; numbers are whole, with blanks."""
    types = ct.load_codes("2016-04").frame.dtypes.astype(str).to_dict()
    whole = {
        "care_level", "minutes_from", "minutes_to", "base_units", "short_hours_per_mille",
        "shortfall_per_mille", "extension_units", "units", "published_units", "per_mille",
        "max_per_visit", "max_per_month", "limit_managed", "reduction_per_mille",
    }  # fmt: skip
    assert {name for name, kind in types.items() if kind == "Int64"} == whole
    assert {kind for name, kind in types.items() if name not in whole} == {"str"}


# --- one table, many holders -------------------------------------------------------------------


def test_a_table_is_equal_by_month_and_rows(tmp_path: Path) -> None:
    bundled = ct.load_codes("2016-04")
    copied = tmp_path / "codes.csv"
    copied.write_bytes(TABLE.read_bytes())
    same = ct.load_codes("2016-04", path=copied)
    assert same is not bundled
    assert same == bundled
    assert hash(same) == hash(bundled)
    assert bundled != ct.load_codes("2016-05")
    assert bundled != "2016-04"
    assert {bundled: 1}[same] == 1
    assert repr(bundled) == "CodeTable(2016-04, 162 codes)"


def test_nobody_can_write_into_a_table_that_is_shared() -> None:
    table = ct.load_codes("2016-04")
    table.find(minutes=600, care_level=1, extended_hours=[True, False])
    table.units(["781241"])
    for shared in (table, pickle.loads(pickle.dumps(table)), copy_of(table)):
        arrays = [one for one in vars(shared).values() if isinstance(one, np.ndarray)]
        assert len(arrays) > 3
        for array in arrays:
            with pytest.raises(ValueError, match="read-only"):
                array[:] = array[0]
    units = table.units(["781241"])
    units *= 2
    assert table.units(["781241"]).tolist() == [426]


def test_tables_and_books_can_be_pickled() -> None:
    table = ct.load_codes("2016-04")
    fresh = pickle.loads(pickle.dumps(ct.load_code_book())).table(201604)
    table.find(care_level=1, minutes=200)
    table.lookup(["781241"])
    used = pickle.loads(pickle.dumps(table))
    for copy in (fresh, used):
        assert copy == table
        assert copy.find(care_level=5, minutes=150, shortfall="understaffed") == "789405"
        assert copy.find(care_level=5, minutes=900, extended_hours=False) == "781445"
        assert copy.units(["789405"]).tolist() == [333]
        with pytest.raises(ct.VisitError, match="120 to 839 minutes"):
            copy.find(care_level=5, minutes=900)


@pytest.mark.parametrize(
    "name", [name for name in ct.__all__ if name.endswith("Error")]
)  # every error of the public face
def test_errors_can_be_pickled(name: str) -> None:
    kind = getattr(ct, name)
    assert issubclass(kind, ct.ChiikiTsushoError)
    assert issubclass(kind, ValueError)
    copy = pickle.loads(pickle.dumps(kind("line 3: it is wrong")))
    assert type(copy) is kind
    assert str(copy) == "line 3: it is wrong"


def test_every_error_is_public() -> None:
    defined = {
        name
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, Exception)
    }
    assert defined == {name for name in ct.__all__ if name.endswith("Error")}


def test_a_raised_error_can_be_pickled() -> None:
    with pytest.raises(ct.UnknownCodeError) as caught:
        ct.load_codes("2016-04").units(["781240"])
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)


# --- loading -----------------------------------------------------------------------------------


def rewritten(path: Path, old: str, new: str) -> Path:
    """Write the bundled table with one text replaced."""
    text = TABLE.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    return path


ROW_1241: Final = (
    "78,1241,201604,201803,地域通所介護11,base,,day_care,1,180,300,,426,,,0,426,426,,,visit,1,,,,1,,,,,"
    "high,kokubunji_2016\n"
)


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "codes.csv", ROW_1241, ROW_1241)
    first = ct.load_codes("2016-04", path=path)
    assert ct.load_codes("2016-04", path=str(path)) is first
    assert ct.load_code_book(path).table(201604) is first


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "codes.csv", ROW_1241, ROW_1241)
    first = ct.load_codes("2016-04", path=path)
    changed = path.stat().st_mtime_ns + 1_000_000_000
    rewritten(path, ROW_1241, ROW_1241.replace("地域通所介護11", "地域通所介護壱"))
    os.utime(path, ns=(changed, changed))
    again = ct.load_codes("2016-04", path=path)
    assert again != first
    assert again.lookup(["781241"]).loc[0, "name"] == "地域通所介護壱"


def test_a_relative_path_is_of_the_folder_it_is_given_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files of one name, size and time in two folders are two tables."""
    loaded = []
    for name in ("壱", "弐"):
        folder = tmp_path / name
        folder.mkdir()
        row = ROW_1241.replace("地域通所介護11", f"地域通所介護{name}")
        os.utime(rewritten(folder / "codes.csv", ROW_1241, row), ns=(10**18, 10**18))
        monkeypatch.chdir(folder)
        loaded.append(ct.load_codes("2016-04", path="codes.csv").lookup(["781241"]).loc[0, "name"])
    assert loaded == ["地域通所介護壱", "地域通所介護弐"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            ROW_1241,
            ROW_1241.replace(",0,426,426,", ",0,427,,"),
            "line 7, column units: '427': the steps give 426",
        ),
        (
            ROW_1241,
            ROW_1241.replace(",0,426,426,", ",0,426,427,"),
            "line 7, column published_units: '427': the table prints this, units says 426",
        ),
        (
            ROW_1241,
            ROW_1241.replace(",180,300,", ",180,301,"),
            "line 12, column minutes_from: '300': code 781341 answers the same visits as 781241 "
            "on line 7",
        ),
        (
            ROW_1241,
            ROW_1241 * 2,
            "line 8, column valid_from: '201604': code 781241 of 2016-04 to 2018-03 overlaps "
            "line 7, 2016-04 to 2018-03",
        ),
        (
            ROW_1241,
            ROW_1241.replace(",1,180,", ",6,180,"),
            "line 7, column care_level: '6': Input should be less than or equal to 5",
        ),
        (
            ROW_1241,
            ROW_1241.replace(",426,426,", ",４２６,426,"),
            "line 7, column units: '４２６': a whole number in ASCII digits was expected",
        ),
        (
            ROW_1241,
            ROW_1241.replace("201803", "201813"),
            "line 7, column valid_to: '201813': a month as YYYYMM was expected (999999 = open end)",
        ),
    ],
    ids=["units", "published", "band", "twice", "level", "digits", "month"],
)
def test_a_faulty_table_is_refused_by_line_and_column(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    path = rewritten(tmp_path / "codes.csv", old, new)
    with pytest.raises(ct.TableError) as caught:
        ct.load_codes("2016-04", path=path)
    assert f"{path}: {fault}" in str(caught.value).splitlines()


def test_a_table_of_another_file_gives_its_own_months(tmp_path: Path) -> None:
    rows = [ROW_1241.replace("201604,201803", "201901,201906"), ROW_1241]
    path = tmp_path / "codes.csv"
    path.write_text(",".join(ROWS[0]) + "\n" + "".join(rows), encoding="utf-8", newline="\n")
    assert ct.load_codes("2019-06", path=path).service_codes.tolist() == ["781241"]
    with pytest.raises(ct.UnsupportedMonthError, match="2016-04 to 2018-03, 2019-01 to 2019-06"):
        ct.load_codes("2019-07", path=path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ct.TableError, match=r"no\.csv: cannot be read: "):
        ct.load_codes("2016-04", path=tmp_path / "no.csv")


# --- a book of one month -----------------------------------------------------------------------


def test_a_book_of_one_month_holds_that_month_alone() -> None:
    table = ct.load_codes("2016-04")
    book = ct.CodeBook.of_month(table)
    assert book.months == [(201604, 201604)]
    one = book.table(201604)
    assert one.service_codes.tolist() == table.service_codes.tolist()
    assert one.row_units.tolist() == table.row_units.tolist()
    assert one.find(care_level=1, minutes=200) == "781241"
    for month in (201603, 201605):
        with pytest.raises(ct.UnsupportedMonthError, match="covered: 2016-04 to 2016-04"):
            book.table(month)


def test_a_table_given_for_a_batch_counts_for_its_month_alone() -> None:
    visits = pd.DataFrame(
        {
            "provider_no": "1390000015",
            "insurer_no": "139001",
            "insured_no": ["0000100011", "0000100029"],
            "service_date": ["2016-04-01", "2016-05-01"],
            "care_level": "1",
            "minutes": "200",
        }
    )
    batch = ct.compute_claims(visits, codes=ct.load_codes("2016-04"))
    assert batch.claims["service_month"].tolist() == ["201604"]
    assert batch.claims["total_units"].tolist() == [426]
    held = batch.problems.query("severity == 'error'")
    assert held[["line", "rule"]].to_numpy().tolist() == [[3, "unsupported_month"]]


def test_months_with_the_same_rows_share_what_is_made_of_them() -> None:
    book = ct.CodeBook(ct.load_code_book().rows)
    first = book.table(201605)
    bands = first.bands
    second = book.table(201606)
    assert second.bands is bands
    assert (first.month, second.month) == (201605, 201606)
    assert first != second
    assert "2016-06" in repr(second)

"""Every fault of a code table, with line, column and text, as check-table tells it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.law.code_file import check_table
from chiiki_tsusho.law.code_rows import COLUMNS, CodeRow, segments
from chiiki_tsusho.law.table_files import law_file, typed_rows
from helpers.workbooks import ROOT, Row

# A table written before these columns has none of them.
LATE_COLUMNS = ("only_with", "not_with", "reductions", "reduction_per_mille", "confidence")
BLANK: Row = dict.fromkeys(COLUMNS, "")
COMMON = BLANK | {
    "service_type": "78",
    "valid_from": "202606",
    "valid_to": "999999",
    "max_per_visit": "1",
    "limit_managed": "1",
    "source": "test",
}
BASE = COMMON | {
    "item_code": "1241",
    "name": "地域通所介護11",
    "kind": "base",
    "service": "day_care",
    "care_level": "1",
    "minutes_from": "180",
    "minutes_to": "240",
    "base_units": "416",
    "extension_units": "0",
    "units": "416",
    "published_units": "416",
    "per": "visit",
}
OVER = BASE | {
    "item_code": "8411",
    "name": "地域通所介護11・定超",
    "shortfall": "over_capacity",
    "shortfall_per_mille": "700",
    "units": "291",
    "published_units": "",
}
BATHING = COMMON | {
    "item_code": "5301",
    "name": "入浴介助加算Ⅰ",
    "kind": "addition",
    "key": "bathing_1",
    "service": "both",
    "units": "40",
    "published_units": "40",
    "per": "day",
}
DEMENTIA = BATHING | {
    "item_code": "5305",
    "name": "認知症加算",
    "key": "dementia_care",
    "units": "60",
    "published_units": "",
}
EARLY = DEMENTIA | {
    "item_code": "6109",
    "name": "若年性認知症受入加算",
    "key": "early_onset_dementia",
    "yields_to": "dementia_care",
}
RATE = COMMON | {
    "item_code": "6104",
    "name": "処遇改善加算Ⅱ",
    "kind": "rate",
    "key": "treatment_2",
    "service": "both",
    "per_mille": "22",
    "rate_of": "all_lines",
    "per": "month",
    "limit_managed": "0",
}
SHARE = RATE | {
    "item_code": "6105",
    "name": "処遇改善加算Ⅲ",
    "key": "treatment_3",
    "per_mille": "900",
    "rate_of": "treatment_2",
}
# Lines 2 to 8 of the file.
SOUND = [BASE, OVER, BATHING, DEMENTIA, EARLY, RATE, SHARE]
ON_LINE = {
    name: at
    for at, name in enumerate(("BASE", "OVER", "BATHING", "DEMENTIA", "EARLY", "RATE", "SHARE"), 2)
}
DIGITS = "a whole number in ASCII digits was expected"
MONTH = "a month as YYYYMM was expected (999999 = open end)"
REQUIRED = "the cell is blank; a value is required"
NAME_SHAPE = "String should match pattern '^[a-z][a-z0-9_]*$'"
OPEN = "code 785301 of 2026-06 to open end overlaps line 4, 2026-06 to open end"


def write(path: Path, rows: list[Row], columns: tuple[str, ...] = COLUMNS) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), "utf-8", newline="")
    return path


def faults(path: Path) -> list[str]:
    return [str(fault) for fault in check_table(path)]


def test_a_sound_table_has_no_faults(tmp_path: Path) -> None:
    assert faults(write(tmp_path / "t.csv", SOUND)) == []


def test_a_table_may_leave_out_what_stands_together(tmp_path: Path) -> None:
    """Tables written before the columns only_with and not_with are read as they were."""
    columns = tuple(name for name in COLUMNS if name not in LATE_COLUMNS)
    path = write(tmp_path / "t.csv", SOUND, columns)
    assert faults(path) == []
    row = ct.load_codes("2026-06", path=path).rows[0]
    assert (row.only_with, row.not_with) == (None, None)


def test_the_bundled_table_has_no_faults() -> None:
    assert faults(ROOT / "data" / "service_codes.csv") == []


# row, its changed cells, and the faults on its line: column and message.
ONE_ROW: dict[str, tuple[str, Row, list[tuple[str, str]]]] = {
    "type of three digits": (
        "BATHING",
        {"service_type": "078"},
        [("service_type", "String should match pattern '^[0-9]{2}$'")],
    ),
    "code of three digits": (
        "BATHING",
        {"item_code": "530"},
        [("item_code", "String should match pattern '^[0-9A-Z]{4}$'")],
    ),
    "blank code": ("BATHING", {"item_code": ""}, [("item_code", REQUIRED)]),
    "month in words": ("BATHING", {"valid_from": "2026-06"}, [("valid_from", DIGITS)]),
    "month 13": ("BATHING", {"valid_from": "202613"}, [("valid_from", MONTH)]),
    "month 0": ("BATHING", {"valid_to": "202700"}, [("valid_to", MONTH)]),
    "month of no year": (
        "BATHING",
        {"valid_from": "189912"},
        [("valid_from", "Input should be greater than or equal to 190001")],
    ),
    "blank month": ("BATHING", {"valid_to": ""}, [("valid_to", REQUIRED)]),
    "end before beginning": (
        "BATHING",
        {"valid_to": "202605"},
        [("valid_to", "before valid_from 202606")],
    ),
    "no name": ("BATHING", {"name": ""}, [("name", REQUIRED)]),
    "kind not known": (
        "BATHING",
        {"kind": "extra"},
        [("kind", "Input should be 'base', 'addition' or 'rate'")],
    ),
    "key in capitals": ("BATHING", {"key": "Bathing"}, [("key", NAME_SHAPE)]),
    "key of an input column": (
        "BATHING",
        {"key": "care_level"},
        [("key", "is the name of an input column; choose another key")],
    ),
    "service not known": (
        "BATHING",
        {"service": "all"},
        [
            (
                "service",
                "Input should be 'day_care', 'medical_day_care', 'short_medical_day_care' or "
                "'both'",
            )
        ],
    ),
    "level 6": (
        "BASE",
        {"care_level": "6"},
        [("care_level", "Input should be less than or equal to 5")],
    ),
    "level 0": (
        "BASE",
        {"care_level": "0"},
        [("care_level", "Input should be greater than or equal to 1")],
    ),
    "no level": (
        "BASE",
        {"care_level": ""},
        [("care_level", "blank; a base row of day_care needs it")],
    ),
    "more minutes than a day": (
        "BASE",
        {"minutes_from": "1440", "minutes_to": "1442"},
        [
            ("minutes_from", "Input should be less than 1440"),
            ("minutes_to", "Input should be less than or equal to 1441"),
        ],
    ),
    "full-width minutes": ("BASE", {"minutes_from": "１８０"}, [("minutes_from", DIGITS)]),
    "minutes the wrong way round": (
        "BASE",
        {"minutes_from": "240", "minutes_to": "180"},
        [("minutes_to", "not after minutes_from 240")],
    ),
    "no minutes": (
        "BASE",
        {"minutes_from": "", "minutes_to": ""},
        [
            ("minutes_from", "blank; a base row needs it"),
            ("minutes_to", "blank; a base row needs it"),
        ],
    ),
    "shortfall not known": (
        "OVER",
        {"shortfall": "定超"},
        [("shortfall", "Input should be 'over_capacity' or 'understaffed'")],
    ),
    "an addition of 0": (
        "BATHING",
        {"units": "0", "published_units": "0"},
        [("units", "no code has 0; write the figure of the table")],
    ),
    "a ratio of 0": (
        "RATE",
        {"per_mille": "0"},
        [("per_mille", "no code has 0; write the figure of the table")],
    ),
    "a base code of 0": (
        "BASE",
        {"base_units": "0", "units": "0", "published_units": "0"},
        [("units", "no code has 0; write the figure of the table")],
    ),
    "shortfall without its ratio": (
        "OVER",
        {"shortfall_per_mille": "", "units": "416"},
        [("shortfall_per_mille", "shortfall and its ratio go together")],
    ),
    "ratio without its shortfall": (
        "OVER",
        {"shortfall": "", "minutes_from": "300", "minutes_to": "360"},
        [("shortfall_per_mille", "shortfall and its ratio go together")],
    ),
    "ratio with a sign": (
        "OVER",
        {"shortfall_per_mille": "-700"},
        [("shortfall_per_mille", "Input should be greater than or equal to 0")],
    ),
    "ratio of more than ten": (
        "OVER",
        {"short_hours_per_mille": "10001"},
        [("short_hours_per_mille", "Input should be less than or equal to 10000")],
    ),
    "no base units": (
        "BASE",
        {"base_units": ""},
        [("base_units", "blank; a base row needs it"), ("units", "the steps give 0")],
    ),
    "base units with a sign": (
        "BASE",
        {"base_units": "-416"},
        [("base_units", "Input should be greater than or equal to 0")],
    ),
    "base units with a separator": ("BASE", {"base_units": "1,007"}, [("base_units", DIGITS)]),
    "extension with a sign": (
        "BASE",
        {"extension_units": "-50"},
        [("extension_units", "Input should be greater than or equal to 0")],
    ),
    "no extension": (
        "BASE",
        {"extension_units": ""},
        [("extension_units", "blank; a base row needs it")],
    ),
    "units that do not follow": (
        "OVER",
        {"units": "292"},
        [("units", "the steps give 291")],
    ),
    "units as a decimal": ("BATHING", {"units": "40.0"}, [("units", DIGITS)]),
    "no units of an addition": (
        "BATHING",
        {"units": "", "published_units": ""},
        [("units", "blank; an addition row needs it")],
    ),
    "no units of a base row": (
        "OVER",
        {"units": ""},
        [("units", "blank; a base row needs it")],
    ),
    "another published figure": (
        "BATHING",
        {"published_units": "50"},
        [("published_units", "the table prints this, units says 40")],
    ),
    "no key": ("BATHING", {"key": ""}, [("key", "blank; an addition row needs it")]),
    "no ratio": ("RATE", {"per_mille": ""}, [("per_mille", "blank; a rate row needs it")]),
    "ratio of less than the whole": (
        "RATE",
        {"per_mille": "-1001"},
        [("per_mille", "Input should be greater than or equal to -1000")],
    ),
    "no basis": ("RATE", {"rate_of": ""}, [("rate_of", "blank; a rate row needs it")]),
    "basis not known": (
        "RATE",
        {"rate_of": "all_rows"},
        [("rate_of", "no rate row of these months has the key 'all_rows'")],
    ),
    "basis that is an addition": (
        "RATE",
        {"rate_of": "bathing_1"},
        [("rate_of", "no rate row of these months has the key 'bathing_1'")],
    ),
    "basis that is the rate itself": (
        "SHARE",
        {"rate_of": "treatment_3"},
        [("rate_of", "comes back to itself")],
    ),
    "a rate by the day": (
        "RATE",
        {"per": "day"},
        [("per", "a rate row is counted once a month: write month")],
    ),
    "per not known": (
        "BATHING",
        {"per": "week"},
        [("per", "Input should be 'visit', 'day', 'one_way' or 'month'")],
    ),
    "a base row by the day": (
        "BASE",
        {"per": "day"},
        [("per", "a base row of day_care is counted per visit")],
    ),
    "a base row of both services": (
        "BASE",
        {"service": "both"},
        [("service", "a base row belongs to one service")],
    ),
    "no count in a visit": (
        "BATHING",
        {"max_per_visit": "0"},
        [("max_per_visit", "Input should be greater than or equal to 1")],
    ),
    "100 in a visit": (
        "BATHING",
        {"max_per_visit": "100"},
        [("max_per_visit", "Input should be less than or equal to 99")],
    ),
    "no count in a month": (
        "BATHING",
        {"max_per_month": "0"},
        [("max_per_month", "Input should be greater than or equal to 1")],
    ),
    "keys with a comma": (
        "EARLY",
        {"yields_to": "dementia_care, bathing_1"},
        [("yields_to", "String should match pattern '^[a-z0-9_]+( [a-z0-9_]+)*$'")],
    ),
    "a key to yield to that is none": (
        "EARLY",
        {"yields_to": "dementia_care bathing"},
        [("yields_to", "no row of these months has the key 'bathing'")],
    ),
    "a key to stand with that is none": (
        "EARLY",
        {"only_with": "dementia_care bathing"},
        [("only_with", "no row of these months has the key 'bathing'")],
    ),
    "a key not to stand with that is none": (
        "RATE",
        {"not_with": "bathing"},
        [("not_with", "no row of these months has the key 'bathing'")],
    ),
    "not beside itself": (
        "BATHING",
        {"not_with": "bathing_1"},
        [("not_with", "names the row's own key")],
    ),
    "only beside itself": (
        "BATHING",
        {"only_with": "bathing_1"},
        [("only_with", "names the row's own key")],
    ),
    "needed and forbidden": (
        "BATHING",
        {"only_with": "dementia_care treatment_2", "not_with": "dementia_care"},
        [("not_with", "only_with asks for 'dementia_care', not_with forbids it")],
    ),
    "group in capitals": ("BATHING", {"group": "A"}, [("group", NAME_SHAPE)]),
    "limit 2": (
        "BATHING",
        {"limit_managed": "2"},
        [("limit_managed", "Input should be less than or equal to 1")],
    ),
    "no limit": ("BATHING", {"limit_managed": ""}, [("limit_managed", REQUIRED)]),
    "no source": ("BATHING", {"source": ""}, [("source", REQUIRED)]),
    "what a base row does not have": (
        "BASE",
        {
            "key": "visit_1",
            "per_mille": "5",
            "rate_of": "all_lines",
            "max_per_month": "5",
            "yields_to": "bathing_1",
            "group": "visit",
            "only_with": "bathing_1",
            "not_with": "dementia_care",
        },
        [
            (column, "must be blank on a base row")
            for column in (
                "group",
                "key",
                "max_per_month",
                "not_with",
                "only_with",
                "per_mille",
                "rate_of",
                "yields_to",
            )
        ],
    ),
    "what an addition does not have": (
        "BATHING",
        {
            "shortfall": "understaffed",
            "base_units": "40",
            "short_hours_per_mille": "700",
            "shortfall_per_mille": "700",
            "reduction_per_mille": "10",
            "per_mille": "5",
            "rate_of": "all_lines",
        },
        [
            (column, "must be blank on an addition row")
            for column in (
                "base_units",
                "per_mille",
                "rate_of",
                "reduction_per_mille",
                "short_hours_per_mille",
                "shortfall",
                "shortfall_per_mille",
            )
        ],
    ),
    "a line that a code chooses, with more than that": (
        "BATHING",
        {
            "minutes_from": "540",
            "minutes_to": "540",
            "extension_units": "50",
            "per": "day",
            "max_per_month": "5",
            "group": "hours",
        },
        [
            ("extension_units", "the line adds this, units says 40"),
            ("group", "must be blank on a line chosen by the code of a visit"),
            ("max_per_month", "must be blank on a line chosen by the code of a visit"),
            ("minutes_to", "not after minutes_from 540"),
            ("per", "a line chosen by the code of a visit is counted once a visit"),
        ],
    ),
    "a line of 延長 without its minutes": (
        "BATHING",
        {"extension_units": "40"},
        [
            ("minutes_from", "blank; a line chosen by the length needs it"),
            ("minutes_to", "blank; a line chosen by the length needs it"),
        ],
    ),
    "a reduction without its ratio": (
        "BASE",
        {"reductions": "dementia_care"},
        [("reduction_per_mille", "reductions and their ratio go together")],
    ),
    "a reduction without a row": (
        "BASE",
        {"reductions": "bcp_missing", "reduction_per_mille": "0"},
        [("reductions", "no row of these months has the key 'bcp_missing'")],
    ),
    "a name that would change the terminal": (
        "BATHING",
        {"name": "入浴\x1b[2J", "source": "a\tb"},
        [
            ("name", "holds the character U+001B, which cannot be seen; take it out"),
            ("source", "holds the character U+0009, which cannot be seen; take it out"),
        ],
    ),
    "a name that would turn the order of writing": (
        "BATHING",
        {"name": "入浴\u202e加算", "source": "a\ufffe"},
        [
            ("name", "holds the character U+202E, which cannot be seen; take it out"),
            ("source", "holds the character U+FFFE, which cannot be seen; take it out"),
        ],
    ),
    "what a rate does not have": (
        "RATE",
        {"units": "22", "published_units": "22", "care_level": "1"},
        [
            (column, "must be blank on a rate row")
            for column in ("care_level", "published_units", "units")
        ],
    ),
}


@pytest.mark.parametrize(("name", "change", "expected"), ONE_ROW.values(), ids=ONE_ROW)
def test_a_fault_of_one_row(
    tmp_path: Path, name: str, change: Row, expected: list[tuple[str, str]]
) -> None:
    line = ON_LINE[name]
    rows = [row | change if at == line else row for at, row in enumerate(SOUND, 2)]
    path = write(tmp_path / "t.csv", rows)
    found = [fault for fault in check_table(path) if fault.line == line]
    assert [(fault.column, fault.value, str(fault.message)) for fault in found] == [
        (column, rows[line - 2][column], message) for column, message in expected
    ]
    # What the loader refuses, check-table finds, and nothing else.
    with pytest.raises(ct.TableError) as told:
        ct.load_codes("2026-06", path=path)
    for fault in found:
        assert str(fault) in str(told.value)


BETWEEN_ROWS: dict[str, tuple[list[Row], list[str]]] = {
    "a code twice": (
        [*SOUND, BATHING | {"key": "bathing_2"}],
        [f"line 9, column valid_from: '202606': {OPEN}"],
    ),
    "a code twice in other months": (
        [BASE, BATHING | {"valid_to": "202703"}, BATHING | {"valid_from": "202704"}],
        [],
    ),
    "a code twice in one month": (
        [BASE, BATHING | {"valid_to": "202704"}, BATHING | {"valid_from": "202704"}],
        [
            "line 4, column key: 'bathing_1': in the same months as on line 3",
            "line 4, column valid_from: '202704': code 785301 of 2027-04 to open end overlaps line "
            "3, 2026-06 to 2027-04",
        ],
    ),
    "a key twice": (
        [*SOUND, BATHING | {"item_code": "5302"}],
        ["line 9, column key: 'bathing_1': in the same months as on line 4"],
    ),
    "durations that overlap": (
        [*SOUND, BASE | {"item_code": "1246", "minutes_from": "239", "minutes_to": "300"}],
        [
            "line 9, column minutes_from: '239': code 781246 answers the same visits as 781241 on "
            "line 2"
        ],
    ),
    "durations that touch": (
        [*SOUND, BASE | {"item_code": "1246", "minutes_from": "240", "minutes_to": "300"}],
        [],
    ),
    "rates that go round": (
        [BASE, RATE | {"rate_of": "treatment_3"}, SHARE],
        [
            "line 3, column rate_of: 'treatment_3': comes back to itself",
            "line 4, column rate_of: 'treatment_2': comes back to itself",
        ],
    ),
    "keys that give way to one another": (
        [
            BASE,
            BATHING | {"yields_to": "bathing_2"},
            BATHING | {"item_code": "5302", "key": "bathing_2", "yields_to": "bathing_3"},
            BATHING | {"item_code": "5303", "key": "bathing_3", "yields_to": "bathing_1"},
            BATHING | {"item_code": "5304", "key": "bathing_4", "yields_to": "bathing_1"},
        ],
        [
            "line 3, column yields_to: 'bathing_2': comes back to itself",
            "line 4, column yields_to: 'bathing_3': comes back to itself",
            "line 5, column yields_to: 'bathing_1': comes back to itself",
        ],
    ),
    "keys that give way in a row": (
        [
            BASE,
            BATHING | {"yields_to": "bathing_2 bathing_3"},
            BATHING | {"item_code": "5302", "key": "bathing_2", "yields_to": "bathing_3"},
            BATHING | {"item_code": "5303", "key": "bathing_3"},
        ],
        [],
    ),
    "a share of a rate of other months": (
        [BASE, RATE | {"valid_to": "202703"}, SHARE],
        [
            "line 4, column rate_of: 'treatment_2': no rate row of these months has the key "
            "'treatment_2'"
        ],
    ),
    "no rows": ([], ["line 1, column service_type: '': the table has no rows"]),
}


@pytest.mark.parametrize(("rows", "expected"), BETWEEN_ROWS.values(), ids=BETWEEN_ROWS)
def test_a_fault_between_rows(tmp_path: Path, rows: list[Row], expected: list[str]) -> None:
    path = write(tmp_path / "t.csv", rows)
    assert faults(path) == expected
    if expected:
        with pytest.raises(ct.TableError) as told:
            ct.load_codes("2026-06", path=path)
        assert str(told.value) == "\n".join(f"{path}: {fault}" for fault in expected)


def chain(length: int) -> list[Row]:
    """Make ratios, each of the one before it."""
    first = RATE | {"per_mille": "1000"}
    links = [
        {"item_code": f"{at:04}", "key": f"link_{at}", "rate_of": f"link_{at - 1}"}
        for at in range(1, length)
    ]
    return [first | {"key": "link_0"}, *(first | link for link in links)]


def test_ratios_of_ratios_end(tmp_path: Path) -> None:
    """The law has two in a row; a table in which each is of the last one would take for ever."""
    assert faults(write(tmp_path / "t.csv", [BASE, *chain(20)])) == []
    told = faults(write(tmp_path / "t.csv", [BASE, *chain(22)]))
    assert told == [
        f"line {line}, column rate_of: 'link_{line - 4}': more than 20 ratios, each of another one"
        for line in (23, 24)
    ]


def test_rows_of_every_month_are_cut_in_their_order() -> None:
    """Each month has the rows valid in it, in the order of the table."""
    rows, found = typed_rows(law_file("service_codes.csv"), CodeRow)
    assert not found
    for first, last, active in segments(rows):
        for month in (first, last):
            expected = [one for one in rows if one.row.valid_from <= month <= one.row.valid_to]
            assert [one.line for one in active] == [one.line for one in expected]


# --- heading and shape ---------------------------------------------------------------------------

Text = Callable[[str], str]
SHAPES: dict[str, tuple[Text, list[str]]] = {
    "an unknown column": (
        lambda text: text.replace("care_level", "carelevel", 1),
        [
            "line 1, column care_level: '': missing column 'care_level'",
            "line 1, column carelevel: 'carelevel': unknown column 'carelevel'; did you mean "
            "'care_level'?",
        ],
    ),
    "a column of its own": (
        lambda text: "\n".join(f"{line}," for line in text.splitlines()).replace(
            "source,", "source,備考", 1
        ),
        [f"line 1, column 備考: '備考': unknown column '備考'; known: {', '.join(COLUMNS)}"],
    ),
    "a column twice": (
        lambda text: text.replace("published_units", "units", 1),
        [
            "line 1, column published_units: '': missing column 'published_units'",
            "line 1, column units: 'units': column 'units' stands there twice",
        ],
    ),
    "two columns missing": (
        lambda text: text.replace("valid_from,valid_to,", "a,b,", 1),
        [
            "line 1, column a: 'a': unknown column 'a', 'b'; known: " + ", ".join(COLUMNS),
            "line 1, column valid_from: '': missing column 'valid_from', 'valid_to'",
        ],
    ),
    "a cell too few, one too many, and a wrong figure": (
        lambda text: (
            text.replace(",地域通所介護11・定超,", ",")
            .replace(",入浴介助加算Ⅰ,", ",入浴介助,加算Ⅰ,")
            .replace(",416,416,", ",417,417,", 1)
        ),
        [
            "line 2, column units: '417': the steps give 416",
            "line 3, column source: '': 31 cells where the heading has 32",
            "line 4: 'test': 33 cells where the heading has 32",
        ],
    ),
    "a quotation mark not closed": (
        lambda text: text.replace("処遇改善加算Ⅲ", '"処遇改善加算Ⅲ'),
        ["line 8: '': a quotation mark is opened and not closed; put the quotation marks right"],
    ),
    "an empty file": (
        lambda _: "",
        [
            "line 1, column service_type: '': missing column "
            + ", ".join(repr(name) for name in COLUMNS if name not in LATE_COLUMNS)
        ],
    ),
    "blank lines and a mark at the beginning": (
        lambda text: "\ufeff" + text.replace("\n", "\n\n"),
        [],
    ),
}


@pytest.mark.parametrize(("change", "expected"), SHAPES.values(), ids=SHAPES)
def test_faults_of_heading_and_shape(tmp_path: Path, change: Text, expected: list[str]) -> None:
    path = write(tmp_path / "t.csv", SOUND)
    path.write_text(change(path.read_text("utf-8")), "utf-8", newline="")
    assert faults(path) == expected
    if expected:
        with pytest.raises(ct.TableError, match=r"t\.csv: line "):
            ct.load_codes("2026-06", path=path)


def test_all_faults_at_once(tmp_path: Path) -> None:
    """One fault in every row of a long table, of every sort: none hides another."""
    rows = [BASE | {"item_code": f"{at:04}", "units": "415"} for at in range(100)]
    rows = [
        row | {"minutes_from": str(at * 10), "minutes_to": str(at * 10 + 10)}
        for at, row in enumerate(rows)
    ]
    path = write(tmp_path / "t.csv", [*rows, BATHING | {"per": "week"}, EARLY])
    found = check_table(path)
    assert [fault.line for fault in found if fault.column == "units"] == list(range(2, 102))
    assert [str(fault) for fault in found if fault.line > 101] == [
        "line 102, column per: 'week': Input should be 'visit', 'day', 'one_way' or 'month'",
        "line 103, column yields_to: 'dementia_care': no row of these months has the key "
        "'dementia_care'",
    ]


def test_a_file_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    with pytest.raises(ct.TableError, match=r"none\.csv: cannot be read: No such file"):
        check_table(tmp_path / "none.csv")
    path = tmp_path / "t.csv"
    path.write_bytes("service_type,地域".encode("cp932"))
    with pytest.raises(ct.TableError) as told:
        check_table(str(path))
    assert str(told.value) == f"{path}: not UTF-8 at byte 13: save it as UTF-8"


# --- the command ---------------------------------------------------------------------------------


def run(path: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["check-table", str(path)])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_on_a_sound_table(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", SOUND)
    assert run(path) == (0, "", f"{path}: no faults; use it with --codes {path}\n")


def test_the_command_lists_faults(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [BASE | {"units": "417"}, BATHING | {"per": "week"}])
    assert run(path) == (
        1,
        f"{path}: line 2, column published_units: '416': the table prints this, units says 417\n"
        f"{path}: line 2, column units: '417': the steps give 416\n"
        f"{path}: line 3, column per: 'week': Input should be 'visit', 'day', 'one_way' or "
        "'month'\n",
        f"{path}: 3 faults; correct them all\n",
    )


def test_the_command_on_a_file_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    assert run(path) == (2, "", f"error: {path}: cannot be read: No such file or directory\n")

"""Bad input: each rule, its file, line, column, value and message, and what it holds.

In every file below the rest is right and must be computed to the unit.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from chiiki_tsusho import Batch, compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.problem_texts import RULES, WARNINGS
from helpers.inputs import (
    CLAIM,
    KEY_COLUMNS,
    PROVIDER,
    RECIPIENT,
    VISIT,
    Cells,
    Claim,
    claim_text,
    compute,
    csv_text,
    frame,
    own,
    places,
    units,
    visit,
    visits,
)
from helpers.tables import addition, base, table

Problem = tuple[str, int | None, str, str, str, str]
MAY: Claim = ("201605", *CLAIM[1:])
NO_TABLE = (
    "no code table for {} is at hand (covered: from 2016-04); read the ministry's service code "
    "table of that month with import-workbook and give the result with codes= (--codes on the "
    "command line)"
)
SHORTENED = (
    "{!r} has {} digits where {} were expected; a spreadsheet may have dropped zeros in front: "
    "format the column as text and put them back"
)
NO_SUCH_DAY = "{!r} is a day that the calendar does not have; correct the date"
NOT_A_DATE = (
    "{!r} is not a date; write it with its year, as 2016-04-01, 2016/4/1, 20160401 or H28.4.1"
)
NOT_A_PROVIDER = (
    "{!r} is not a provider number; 10 characters, digits or capital letters, were expected"
)
NOT_AN_INSURER = "{!r} is not an insurer number; 6 or 8 digits were expected"
NOT_A_PERSON = (
    "{!r} is not an insured number; 10 characters, digits (the first may be H), were expected"
)
NOT_WHOLE = "{!r} is not a whole number {}; write it in digits"
NOT_ONE_OF = "{!r} is not known here; write {}, or leave the cell blank"
NOT_A_COUNT = (
    "{!r} is not a count of {}; leave the cell blank, or write ○, × or a whole number from 0 to {}"
)
NOT_A_LENGTH = "{!r} is not a length of stay in whole minutes; write it as 450, 7:30 or 7時間30分"
OUTSIDE = (
    "{} minutes of {} lie outside every band (the table knows {} to {} minutes); check the times "
    "of the visit"
)
NO_KEY = (
    "{} has no row in the table of {}; use the addition of that month, or take it from {} with "
    "import-workbook and codes= (--codes on the command line)"
)
# Which document has what the bundled table lacks: of any month, of 2019-10, of 2026-06.
SOME_TABLE = "the ministry's service code table of that month"
TABLE_OF_2019 = (
    "the ministry's service code table of 2019-10 (介護給付費単位数等サービスコード表 "
    "令和元年10月施行版)"
)
TABLE_OF_2026 = (
    "the ministry's service code table of 2026-06 (介護給付費単位数等サービスコード表 "
    "令和8年6月施行版)"
)
NO_CODE = (
    "{}: no code in the table of {}; correct the visit, or, if it is right, its code stands in {}: "
    "read it with import-workbook and give the result with codes= (--codes on the command line)"
)
NOT_FOR = "{} cannot be added to {}; it is for {}: take it out or correct the service"
BOTH_SET = (
    "{} are both set, in this row or through providers and recipients; at most one of the group {} "
    "may apply: keep one"
)
BOTH_IN_MONTH = (
    "claim {}: {} are both set in this month; at most one of the group {} may apply: keep one"
)
TOO_OFTEN = "claim {}: {} counts of {} in the month; at most {} may be claimed: take out the others"
SAME_VISIT = (
    "the same claim, date and session {} as line {}; delete one of them or number the sessions of "
    "the day"
)
NO_PROVIDER = (
    "claim {}: provider {} has no row for {} in the providers file; add one (first visit on line "
    "{})"
)
NO_RECIPIENT = (
    "claim {}: insured person {} has no row for {} in the recipients file; add one (first visit on "
    "line {})"
)
OVER_LIMIT = (
    "claim {}: planned_units {} is more than the limit {} of care level {}; correct the plan or "
    "the care level"
)
DOUBLED = "line {} has the same {} for the same month; keep one of them"
SHOWN = "2016-04 1370000018 131003 0000000001"


def check(
    batch: Batch,
    rows: Sequence[Cells],
    problems: Sequence[Problem],
    held: Sequence[int],
    claims: dict[Claim, int],
) -> None:
    """Every problem in order and word for word; the held lines; the units of all other claims."""
    assert places(batch.problems) == [problem[:5] for problem in problems]
    assert list(batch.problems["message"]) == [problem[5] for problem in problems]
    given_back = frame(rows).iloc[[line - 2 for line in held]].reset_index(drop=True)
    pd.testing.assert_frame_equal(batch.held_visits, given_back)
    assert units(batch.claims) == claims
    assert batch.claims["visits"].sum() + len(batch.held_visits) == len(rows)
    # A held claim has no line either.
    written = {tuple(key) for key in batch.claim_lines.loc[:, list(KEY_COLUMNS)].to_numpy()}
    assert written == set(claims)


# ---------------------------------------------------------------- one cell of a visit

# What a row holds: its claim; the claims that agree with all that can be read of it, which is its
# own where the number is the only thing missing or can be put right; or the person's every month.
CLAIM_HELD, EVERY_MONTH = "claim", "every month"
PUT_RIGHT, ALL_PERSONS = "its own", "all persons of provider, insurer and month"
UNPLACED = (
    "it cannot be read whose visit this row is, so every claim that it may belong to is held with "
    "it ({}); correct the row, or delete it if it is no visit, and compute again"
)


@pytest.mark.parametrize(
    ("column", "value", "rule", "message", "holds"),
    [
        (
            "provider_no",
            "",
            "missing_value",
            "provider_no is blank; a number of 10 characters was expected; fill it in",
            PUT_RIGHT,
        ),
        ("provider_no", "137000001", "bad_value", SHORTENED.format("137000001", 9, 10), PUT_RIGHT),
        ("provider_no", "137000000a", "bad_value", NOT_A_PROVIDER.format("137000000a"), PUT_RIGHT),
        (
            "provider_no",
            "13700000012",
            "bad_value",
            NOT_A_PROVIDER.format("13700000012"),
            PUT_RIGHT,
        ),
        (
            "insurer_no",
            " ",
            "missing_value",
            "insurer_no is blank; a number of 6 or 8 digits was expected; fill it in",
            PUT_RIGHT,
        ),
        ("insurer_no", "31000", "bad_value", SHORTENED.format("31000", 5, "6 or 8"), PUT_RIGHT),
        ("insurer_no", "1310000", "bad_value", SHORTENED.format("1310000", 7, "6 or 8"), PUT_RIGHT),
        ("insurer_no", "131000000", "bad_value", NOT_AN_INSURER.format("131000000"), PUT_RIGHT),
        ("insurer_no", "13100A", "bad_value", NOT_AN_INSURER.format("13100A"), PUT_RIGHT),
        (
            "insured_no",
            "",
            "missing_value",
            "insured_no is blank; a number of 10 characters was expected; fill it in",
            ALL_PERSONS,
        ),
        (
            "insured_no",
            "          ",
            "missing_value",
            "insured_no is blank; a number of 10 characters was expected; fill it in",
            ALL_PERSONS,
        ),
        ("insured_no", "1", "bad_value", SHORTENED.format("1", 1, 10), PUT_RIGHT),
        ("insured_no", "h000000001", "bad_value", NOT_A_PERSON.format("h000000001"), ALL_PERSONS),
        ("insured_no", "A000000001", "bad_value", NOT_A_PERSON.format("A000000001"), ALL_PERSONS),
        ("insured_no", "000000000H", "bad_value", NOT_A_PERSON.format("000000000H"), ALL_PERSONS),
        ("insured_no", "0000-00001", "bad_value", NOT_A_PERSON.format("0000-00001"), ALL_PERSONS),
        ("insured_no", "99999-0001", "bad_value", NOT_A_PERSON.format("99999-0001"), ALL_PERSONS),
        ("insured_no", "ああああ0", "bad_value", NOT_A_PERSON.format("ああああ0"), ALL_PERSONS),
        ("insured_no", " 000000001", "bad_value", SHORTENED.format(" 000000001", 9, 10), PUT_RIGHT),
        (
            "service_date",
            "",
            "missing_value",
            "service_date is blank; a date was expected; fill it in",
            EVERY_MONTH,
        ),
        ("service_date", "2016-04-31", "bad_value", NO_SUCH_DAY.format("2016-04-31"), EVERY_MONTH),
        ("service_date", "2017-02-29", "bad_value", NO_SUCH_DAY.format("2017-02-29"), EVERY_MONTH),
        ("service_date", "2016-13-01", "bad_value", NO_SUCH_DAY.format("2016-13-01"), EVERY_MONTH),
        ("service_date", "0000-04-01", "bad_value", NO_SUCH_DAY.format("0000-04-01"), EVERY_MONTH),
        (
            "service_date",
            "42461",
            "bad_value",
            "'42461' is a spreadsheet's number of a day; format the column as a date and export it "
            "again",
            EVERY_MONTH,
        ),
        ("service_date", "H28.4.31", "bad_value", NO_SUCH_DAY.format("H28.4.31"), EVERY_MONTH),
        (
            "service_date",
            "令和元年4月1日",
            "bad_value",
            "'令和元年4月1日' lies before 令和 began on 2019-05-01; correct the era or the date",
            EVERY_MONTH,
        ),
        (
            "service_date",
            "S64.1.8",
            "bad_value",
            "'S64.1.8' lies after 昭和 ended on 1989-01-07; correct the era or the date",
            EVERY_MONTH,
        ),
        (
            "service_date",
            "2016/4/1(木)",
            "bad_value",
            "'2016/4/1(木)': that day is a Friday; correct the date or the weekday",
            EVERY_MONTH,
        ),
        ("service_date", "2016/4-1", "bad_value", NOT_A_DATE.format("2016/4-1"), EVERY_MONTH),
        (
            "service_date",
            "2016-04-01 10:00:00",
            "bad_value",
            NOT_A_DATE.format("2016-04-01 10:00:00"),
            EVERY_MONTH,
        ),
        (
            "care_level",
            "",
            "missing_value",
            "care_level is blank; a care level from 1 to 5 was expected; fill it in",
            CLAIM_HELD,
        ),
        ("care_level", "0", "bad_value", NOT_WHOLE.format("0", "from 1 to 5"), CLAIM_HELD),
        ("care_level", "6", "bad_value", NOT_WHOLE.format("6", "from 1 to 5"), CLAIM_HELD),
        ("care_level", "1.5", "bad_value", NOT_WHOLE.format("1.5", "from 1 to 5"), CLAIM_HELD),
        (
            "care_level",
            "要介護9",
            "bad_value",
            NOT_WHOLE.format("要介護9", "from 1 to 5"),
            CLAIM_HELD,
        ),
        (
            "minutes",
            "",
            "missing_value",
            "minutes is blank; a number of minutes was expected; fill it in",
            CLAIM_HELD,
        ),
        ("minutes", "-240", "bad_value", NOT_A_LENGTH.format("-240"), CLAIM_HELD),
        ("minutes", "7.5", "bad_value", NOT_A_LENGTH.format("7.5"), CLAIM_HELD),
        ("minutes", "4時間60分", "bad_value", NOT_A_LENGTH.format("4時間60分"), CLAIM_HELD),
        ("minutes", "7:75", "bad_value", NOT_A_LENGTH.format("7:75"), CLAIM_HELD),
        ("minutes", "NA", "bad_value", NOT_A_LENGTH.format("NA"), CLAIM_HELD),
        (
            "minutes",
            "18446744073709551856",
            "bad_value",
            NOT_A_LENGTH.format("18446744073709551856"),
            CLAIM_HELD,
        ),
        ("minutes", "0", "outside_every_band", OUTSIDE.format(0, "day_care", 120, 839), CLAIM_HELD),
        (
            "minutes",
            "119",
            "outside_every_band",
            OUTSIDE.format(119, "day_care", 120, 839),
            CLAIM_HELD,
        ),
        (
            "minutes",
            "999999999",
            "outside_every_band",
            OUTSIDE.format(999999999, "day_care", 120, 839),
            CLAIM_HELD,
        ),
        (
            "service",
            "home_care",
            "bad_value",
            NOT_ONE_OF.format("home_care", "day_care, medical_day_care or short_medical_day_care"),
            CLAIM_HELD,
        ),
        (
            "shortfall",
            "full",
            "bad_value",
            NOT_ONE_OF.format("full", "over_capacity, understaffed or なし"),
            CLAIM_HELD,
        ),
        ("session", "0", "bad_value", NOT_WHOLE.format("0", "from 1 to 9"), CLAIM_HELD),
        ("session", "10", "bad_value", NOT_WHOLE.format("10", "from 1 to 9"), CLAIM_HELD),
        ("bathing", "2", "bad_value", NOT_A_COUNT.format("2", "bathing", 1), CLAIM_HELD),
        ("bathing", "-1", "bad_value", NOT_A_COUNT.format("-1", "bathing", 1), CLAIM_HELD),
        ("bathing", "yes", "bad_value", NOT_A_COUNT.format("yes", "bathing", 1), CLAIM_HELD),
        ("bathing", "0.5", "bad_value", NOT_A_COUNT.format("0.5", "bathing", 1), CLAIM_HELD),
        ("no_transport", "3", "bad_value", NOT_A_COUNT.format("3", "no_transport", 2), CLAIM_HELD),
        (
            "individual_transport",
            "1",
            "not_for_service",
            NOT_FOR.format("individual_transport", "day_care", "medical_day_care"),
            CLAIM_HELD,
        ),
        (
            "bathing_2",
            "1",
            "no_code",
            NO_KEY.format("bathing_2", "2016-04", SOME_TABLE),
            CLAIM_HELD,
        ),
    ],
)
def test_cell(tmp_path: Path, column: str, value: str, rule: str, message: str, holds: str) -> None:
    rows = [
        visit(1, insured_no="0000000009"),
        visit(1, **{column: value}),
        visit(2),
        {**visit(1), "service_date": "2016-05-01"},
    ]
    problem: Problem = ("visits", 3, column, value, rule, message)
    own = {CLAIM_HELD: [3, 4], PUT_RIGHT: [3, 4], ALL_PERSONS: [2, 3, 4], EVERY_MONTH: [3, 4, 5]}
    held = own[holds]
    claims = {(*CLAIM[:3], "0000000009"): 426, MAY: 426}
    if holds == ALL_PERSONS:
        claims = {MAY: 426}
    elif holds == EVERY_MONTH:
        del claims[MAY]
    problems = [problem]
    if holds in (PUT_RIGHT, ALL_PERSONS):
        of = "2 claims" if holds == ALL_PERSONS else "claim 2016-04 1370000018 131003 0000000001"
        # The cause stands first, then what follows from it.
        problems = [problem, ("visits", 3, "", "", "unplaced_row", UNPLACED.format(of))]
    check(compute(rows), rows, problems, held, claims)

    written = claim_text(tmp_path, csv_text(rows))
    assert places(written.problems) == [one[:5] for one in problems]
    assert written.summary.held_visits == len(held)
    given_back = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    whole = csv_text(rows).splitlines()
    assert given_back == [whole[0], *(whole[line - 1] for line in held)]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (
            {"service": "medical_day_care", "minutes": "179"},
            (
                "minutes",
                "179",
                "outside_every_band",
                OUTSIDE.format(179, "medical_day_care", 180, 479),
            ),
        ),
        (
            {"service": "medical_day_care", "minutes": "480", "care_level": ""},
            (
                "minutes",
                "480",
                "outside_every_band",
                OUTSIDE.format(480, "medical_day_care", 180, 479),
            ),
        ),
        (
            {"service": "medical_day_care", "bathing": "1"},
            (
                "bathing",
                "1",
                "not_for_service",
                NOT_FOR.format("bathing", "medical_day_care", "day_care"),
            ),
        ),
        # A service or minutes that cannot be read say nothing of an addition.
        (
            {"service": "療養", "individual_transport": "1"},
            (
                "service",
                "療養",
                "bad_value",
                NOT_ONE_OF.format("療養", "day_care, medical_day_care or short_medical_day_care"),
            ),
        ),
        (
            {"service": "medical_day_care", "minutes": "x", "individual_transport": "1"},
            ("minutes", "x", "bad_value", NOT_A_LENGTH.format("x")),
        ),
        # 2026-06: no 定員超過, no 療養通所介護, no 2 to 3 hours in the table that is at hand.
        (
            {"service_date": "2026-06-01", "shortfall": "over_capacity"},
            (
                "shortfall",
                "over_capacity",
                "no_code",
                NO_CODE.format(
                    "240 min, day_care, care level 1, over_capacity", "2026-06", TABLE_OF_2026
                ),
            ),
        ),
        (
            {"service_date": "2026-06-01", "service": "medical_day_care", "care_level": ""},
            (
                "service",
                "medical_day_care",
                "no_code",
                NO_CODE.format("240 min, medical_day_care, care level -", "2026-06", TABLE_OF_2026),
            ),
        ),
        (
            {"service_date": "2026-06-01", "minutes": "150"},
            (
                "minutes",
                "150",
                "no_code",
                NO_CODE.format("150 min, day_care, care level 1", "2026-06", TABLE_OF_2026),
            ),
        ),
        (
            {"service_date": "2019-10-01", "minutes": "430", "rural_area": "1"},
            ("rural_area", "1", "no_code", NO_KEY.format("rural_area", "2019-10", TABLE_OF_2019)),
        ),
        (
            {"service_date": "2016-03-31"},
            ("service_date", "2016-03-31", "unsupported_month", NO_TABLE.format("2016-03")),
        ),
        (
            {"service_date": "2015/4/1"},
            ("service_date", "2015/4/1", "unsupported_month", NO_TABLE.format("2015-04")),
        ),
        (
            {"service_date": "20160331"},
            ("service_date", "20160331", "unsupported_month", NO_TABLE.format("2016-03")),
        ),
        (
            {"service_provision_1i": "1", "service_provision_2": "1"},
            (
                "service_provision_1i",
                "service_provision_1i service_provision_2",
                "conflicting_group",
                BOTH_SET.format("service_provision_1i, service_provision_2", "service_provision"),
            ),
        ),
    ],
)
def test_row(cells: Cells, problem: tuple[str, str, str, str]) -> None:
    rows = [visit(1, insured_no="0000000009"), visit(1, **cells)]
    problems: list[Problem] = [("visits", 3, *problem)]
    check(compute(rows), rows, problems, [3], {(*CLAIM[:3], "0000000009"): 426})


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"care_level": "３", "minutes": "２４０"}, 552),
        ({"care_level": "要介護3"}, 552),
        ({"service_date": "2016/4/1"}, 426),
        ({"service_date": "20160401"}, 426),
        ({"shortfall": "定員超過"}, 298),
        ({"shortfall": "人員欠如"}, 298),
        ({"service": "療養通所介護", "care_level": ""}, 1007),
        ({"bathing": " "}, 426),
        ({"bathing": "0"}, 426),
        ({"bathing": "01"}, 476),
        ({"no_transport": "2"}, 332),
        ({"minutes": "120"}, 298),
        ({"minutes": "539"}, 735),
        ({"service_date": "2018-03-31"}, 426),
    ],
)
def test_what_is_no_problem(cells: Cells, expected: int) -> None:
    # 426, 552 and 735 as printed, 426 x 70 % = 298.2, 1,007 療養.
    batch = compute([visit(1, **cells)])
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [expected]


@pytest.mark.parametrize("month", ["201604", "2016-04", "2016/4", "２０１６０４"])
@pytest.mark.parametrize(
    ("grade", "price"),
    [("7", 1014), ("7級地", 1014), ("７", 1014), ("other", 1000), ("その他", 1000)],
)
def test_what_is_no_problem_of_the_other_files(month: str, grade: str, price: int) -> None:
    provider = {**PROVIDER, "service_month": month, "area_grade": grade}
    batch = compute([visit(1)], [provider, {**provider, "service_month": "", "area_grade": "1"}])
    assert batch.problems.empty
    assert batch.claims["unit_price"].tolist() == [price]


@pytest.mark.parametrize("month", ["201600", "201613", "16-04", "2016-4-2", "April", "999999"])
def test_what_is_no_month(month: str) -> None:
    batch = compute([visit(1)], [{**PROVIDER, "service_month": month}])
    assert places(batch.problems) == [("providers", 2, "service_month", month, "bad_value")]
    assert list(batch.problems["message"]) == [f"{month!r} is not a month; write it as 201604"]
    assert len(batch.held_visits) == 1


# ---------------------------------------------------------------- a claim, or the other files


@dataclass(frozen=True)
class Case:
    """Files, the problems in them in order, and the lines of visits that are held."""

    problems: Sequence[Problem]
    rows: Sequence[Cells]
    held: Sequence[int]
    claims: dict[Claim, int] = field(default_factory=dict)
    providers: Sequence[Cells] | None = None
    recipients: Sequence[Cells] | None = None


def of_claim(column: str, value: str, rule: str, message: str) -> Problem:
    return ("visits", None, column, value, rule, message)


NEXT: Claim = (*CLAIM[:3], "0000000002")
NEXT_RECIPIENT = {**RECIPIENT, "insured_no": "0000000002"}
SECOND = "1370000026"

CASES = {
    "two of a group, in the row and through the provider": Case(
        [
            (
                "visits",
                2,
                "service_provision_1i",
                "service_provision_1i service_provision_2",
                "conflicting_group",
                BOTH_SET.format("service_provision_1i, service_provision_2", "service_provision"),
            )
        ],
        [
            visit(1, service_provision_2="1"),
            visit(2),
            visit(1, insured_no="0000000002"),
        ],
        held=[2, 3],
        claims={NEXT: 444},
        providers=[{**PROVIDER, "service_provision_1i": "1"}],
    ),
    "two of a group, through the provider and the recipient": Case(
        [
            (
                "visits",
                line,
                "service_provision_1ro",
                "service_provision_1ro service_provision_2",
                "conflicting_group",
                BOTH_SET.format("service_provision_1ro, service_provision_2", "service_provision"),
            )
            for line in (2, 3)
        ],
        [visit(1), visit(2), visit(1, insured_no="0000000002")],
        held=[2, 3],
        claims={NEXT: 438},
        providers=[{**PROVIDER, "service_provision_1ro": "1"}],
        recipients=[{**RECIPIENT, "service_provision_2": "1"}, NEXT_RECIPIENT],
    ),
    "three of a group": Case(
        [
            (
                "visits",
                2,
                "service_provision_1i",
                "service_provision_1i service_provision_1ro service_provision_2",
                "conflicting_group",
                BOTH_SET.format(
                    "service_provision_1i, service_provision_1ro, service_provision_2",
                    "service_provision",
                ),
            )
        ],
        [visit(1, service_provision_2="1", service_provision_1i="1", service_provision_1ro="1")],
        held=[2],
    ),
    "two of a group by the month, on different visits": Case(
        [
            of_claim(
                "treatment_improvement_2",
                "treatment_improvement_2 treatment_improvement_1",
                "conflicting_group",
                BOTH_IN_MONTH.format(
                    SHOWN,
                    "treatment_improvement_2, treatment_improvement_1",
                    "treatment_improvement",
                ),
            )
        ],
        [
            visit(1, treatment_improvement_1="1"),
            visit(2, treatment_improvement_2="1"),
            visit(1, insured_no="0000000002", treatment_improvement_2="1"),
        ],
        held=[2, 3],
        claims={NEXT: 426 + 9},
    ),
    "too many of a month": Case(
        [
            of_claim(
                "nutrition_improvement",
                "3",
                "over_monthly_maximum",
                TOO_OFTEN.format(SHOWN, 3, "nutrition_improvement", 2),
            )
        ],
        [
            *visits(3, nutrition_improvement="1", oral_function="0"),
            *visits(2, nutrition_improvement="1", oral_function="1", insured_no="0000000002"),
        ],
        held=[2, 3, 4],
        claims={NEXT: 2 * (426 + 150 + 150)},
    ),
    "too many of a month, through the recipient": Case(
        [
            of_claim(
                "oral_function",
                "4",
                "over_monthly_maximum",
                TOO_OFTEN.format(SHOWN, 4, "oral_function", 2),
            )
        ],
        visits(4),
        held=[2, 3, 4, 5],
        recipients=[{**RECIPIENT, "oral_function": "1"}],
    ),
    "too many of a month, one of them on a visit that cannot be read": Case(
        [
            ("visits", 4, "minutes", "x", "bad_value", NOT_A_LENGTH.format("x")),
            of_claim(
                "nutrition_improvement",
                "3",
                "over_monthly_maximum",
                TOO_OFTEN.format(SHOWN, 3, "nutrition_improvement", 2),
            ),
        ],
        [
            *visits(2, nutrition_improvement="1"),
            visit(3, nutrition_improvement="1", minutes="x"),
        ],
        held=[2, 3, 4],
    ),
    "the same visit twice": Case(
        [("visits", 4, "service_date", "2016-04-01", "duplicate_visit", SAME_VISIT.format(1, 2))],
        [visit(1), visit(2), {**visit(1), "service_date": "2016/4/1", "minutes": "300"}],
        held=[2, 3, 4],
    ),
    "the same visit three times, a session said and not said": Case(
        [
            (
                "visits",
                line,
                "service_date",
                "2016-04-01",
                "duplicate_visit",
                SAME_VISIT.format(1, 2),
            )
            for line in (3, 5)
        ],
        [
            visit(1, session=""),
            visit(1, session="1"),
            visit(1, session="2"),
            visit(1, session="1"),
        ],
        held=[2, 3, 4, 5],
    ),
    "the same later session twice": Case(
        [("visits", 4, "service_date", "2016-04-01", "duplicate_visit", SAME_VISIT.format(9, 3))],
        [visit(1, session="1"), visit(1, session="9"), visit(1, session="9")],
        held=[2, 3, 4],
    ),
    "the same visit twice, one of them not readable": Case(
        [
            ("visits", 3, "minutes", "x", "bad_value", NOT_A_LENGTH.format("x")),
            ("visits", 3, "service_date", "2016-04-01", "duplicate_visit", SAME_VISIT.format(1, 2)),
        ],
        [visit(1), visit(1, minutes="x")],
        held=[2, 3],
    ),
    "no row for the provider": Case(
        [
            of_claim(
                "provider_no",
                "1370000018",
                "unknown_provider",
                NO_PROVIDER.format(SHOWN, "1370000018", "2016-04", 3),
            )
        ],
        [visit(1, provider_no=SECOND), visit(1), visit(2)],
        held=[3, 4],
        claims={("201604", SECOND, *CLAIM[2:]): 426},
        providers=[{"provider_no": SECOND}],
    ),
    "no row for the provider in that month": Case(
        [
            of_claim(
                "provider_no",
                "1370000018",
                "unknown_provider",
                NO_PROVIDER.format(SHOWN, "1370000018", "2016-04", 2),
            )
        ],
        [visit(1), {**visit(), "service_date": "2016-05-01"}],
        held=[2],
        claims={MAY: 426},
        providers=[{**PROVIDER, "service_month": "201605"}],
    ),
    "no row for the person": Case(
        [
            of_claim(
                "insured_no",
                "0000000001",
                "unknown_recipient",
                NO_RECIPIENT.format(SHOWN, "0000000001", "2016-04", 2),
            )
        ],
        [visit(1), visit(1, insured_no="0000000002")],
        held=[2],
        claims={NEXT: 426},
        recipients=[{**RECIPIENT, "insurer_no": "131011"}, NEXT_RECIPIENT],
    ),
    "the plan is over the limit": Case(
        [
            (
                "recipients",
                2,
                "planned_units",
                "16693",
                "plan_over_limit",
                OVER_LIMIT.format(SHOWN, 16693, 16692, 1),
            )
        ],
        [visit(1), visit(1, insured_no="0000000002")],
        held=[2],
        claims={NEXT: 426},
        recipients=[
            {**RECIPIENT, "planned_units": "16693"},
            {**NEXT_RECIPIENT, "planned_units": "16692"},
        ],
    ),
    "the plan is over the limit of one of two months": Case(
        [
            (
                "recipients",
                2,
                "planned_units",
                "19616",
                "plan_over_limit",
                OVER_LIMIT.format(SHOWN, 19616, 16692, 1),
            )
        ],
        [visit(1), {**visit(1, care_level="2"), "service_date": "2016-05-01"}],
        held=[2],
        claims={MAY: 488},
        recipients=[{**RECIPIENT, "planned_units": "19616"}],
    ),
    "the plan may be of a level that cannot be read": Case(
        [
            (
                "visits",
                3,
                "care_level",
                "x",
                "bad_value",
                NOT_WHOLE.format("x", "from 1 to 5"),
            )
        ],
        [visit(1), visit(2, care_level="x")],
        held=[2, 3],
        recipients=[{**RECIPIENT, "planned_units": "19616"}],
    ),
    "every problem of one claim": Case(
        [
            (
                "visits",
                3,
                "individual_transport",
                "1",
                "not_for_service",
                NOT_FOR.format("individual_transport", "day_care", "medical_day_care"),
            ),
            (
                "visits",
                3,
                "minutes",
                "60",
                "outside_every_band",
                OUTSIDE.format(60, "day_care", 120, 839),
            ),
            ("visits", 3, "service_date", "2016-04-01", "duplicate_visit", SAME_VISIT.format(1, 2)),
            (
                "visits",
                4,
                "service_provision_1ro",
                "service_provision_1ro service_provision_2",
                "conflicting_group",
                BOTH_SET.format("service_provision_1ro, service_provision_2", "service_provision"),
            ),
            (
                "visits",
                4,
                "shortfall",
                "x",
                "bad_value",
                NOT_ONE_OF.format("x", "over_capacity, understaffed or なし"),
            ),
            of_claim(
                "provider_no",
                "1370000018",
                "unknown_provider",
                NO_PROVIDER.format(SHOWN, "1370000018", "2016-04", 2),
            ),
            (
                "recipients",
                2,
                "planned_units",
                "20000",
                "plan_over_limit",
                OVER_LIMIT.format(SHOWN, 20000, 16692, 1),
            ),
        ],
        [
            visit(1, shortfall=""),
            visit(1, minutes="60", individual_transport="1"),
            visit(2, shortfall="x", service_provision_1ro="1", service_provision_2="1"),
        ],
        held=[2, 3, 4],
        providers=[{"provider_no": SECOND}],
        recipients=[{**RECIPIENT, "planned_units": "20000"}],
    ),
    "every problem of a claim in a month without a table": Case(
        [
            (
                "visits",
                2,
                "service_date",
                "2016-03-01",
                "unsupported_month",
                NO_TABLE.format("2016-03"),
            ),
            ("visits", 3, "service_date", "2016-03-01", "duplicate_visit", SAME_VISIT.format(1, 2)),
            (
                "visits",
                3,
                "service_date",
                "2016-03-01",
                "unsupported_month",
                NO_TABLE.format("2016-03"),
            ),
            of_claim(
                "insured_no",
                "0000000001",
                "unknown_recipient",
                NO_RECIPIENT.format(SHOWN.replace("-04", "-03"), "0000000001", "2016-03", 2),
            ),
            of_claim(
                "provider_no",
                "1370000018",
                "unknown_provider",
                NO_PROVIDER.format(SHOWN.replace("-04", "-03"), "1370000018", "2016-03", 2),
            ),
        ],
        [{**visit(), "service_date": "2016-03-01"}] * 2,
        held=[2, 3],
        providers=[{"provider_no": SECOND, "treatment_improvement_2": "1"}],
        recipients=[NEXT_RECIPIENT],
    ),
    "no visit of a claim has its place in the month": Case(
        [
            (
                "visits",
                line,
                "session",
                value,
                "bad_value",
                NOT_WHOLE.format(value, "from 1 to 9"),
            )
            for line, value in ((2, "x"), (3, "0"))
        ],
        [visit(1, session="x"), visit(2, session="0")],
        held=[2, 3],
        providers=[{**PROVIDER, "bathing": "1"}],
    ),
    "additions of the provider do not meet those of a visit that cannot be read": Case(
        [("visits", 2, "minutes", "x", "bad_value", NOT_A_LENGTH.format("x"))],
        [
            visit(1, minutes="x", service="medical_day_care", service_provision_3="1"),
            visit(2, service="", service_provision_3=""),
        ],
        held=[2, 3],
        providers=[{**PROVIDER, "service_provision_1i": "1"}],
    ),
    "without its provider's row a visit may be as long as a day": Case(
        [
            of_claim(
                "provider_no",
                "1370000018",
                "unknown_provider",
                NO_PROVIDER.format(SHOWN, "1370000018", "2016-04", 2),
            )
        ],
        [visit(1, minutes="900"), visit(1, minutes="900", provider_no=SECOND)],
        held=[2],
        claims={("201604", SECOND, *CLAIM[2:]): 735},
        providers=[{"provider_no": SECOND, "extended_hours": "0"}],
    ),
    # ------------------------------------------------ rows of providers and recipients
    "a wrong row without a month holds the months without a row of their own": Case(
        [
            (
                "providers",
                2,
                "area_grade",
                "8",
                "bad_value",
                NOT_ONE_OF.format("8", "1, 2, 3, 4, 5, 6, 7 or other"),
            )
        ],
        [visit(1), {**visit(), "service_date": "2016-05-01"}],
        held=[2],
        claims={MAY: 426},
        providers=[
            {**PROVIDER, "service_month": "", "area_grade": "8"},
            {**PROVIDER, "service_month": "201605", "area_grade": "7"},
        ],
    ),
    "a wrong row of a month holds that month": Case(
        [
            (
                "recipients",
                3,
                "benefit_rate",
                "1割",
                "bad_value",
                "'1割' may be the share that the person pays; write the per cent that the "
                "insurance pays (90 if so)",
            )
        ],
        [visit(1), {**visit(), "service_date": "2016-05-01"}],
        held=[3],
        claims={CLAIM: 426},
        recipients=[
            {**RECIPIENT, "service_month": "", "benefit_rate": "90"},
            {**RECIPIENT, "service_month": "201605", "benefit_rate": "1割"},
        ],
    ),
    "an unusual benefit rate is read and warned of": Case(
        [
            (
                "recipients",
                2,
                "benefit_rate",
                "85",
                "unusual_value",
                "'85' is an unusual benefit rate; it is mostly 90, 80 or 70: check it",
            )
        ],
        [visit(1)],
        held=[],
        claims={CLAIM: 426},
        recipients=[{**RECIPIENT, "benefit_rate": "85"}],
    ),
    "a month that cannot be read may be any month": Case(
        [
            (
                "providers",
                3,
                "service_month",
                "平成28年",
                "bad_value",
                "'平成28年' is not a month; write it as 201604",
            )
        ],
        [visit(1), visit(1, provider_no=SECOND)],
        held=[2],
        claims={("201604", SECOND, *CLAIM[2:]): 426},
        providers=[
            {**PROVIDER, "service_month": "201604"},
            {**PROVIDER, "service_month": "平成28年"},
            {"provider_no": SECOND, "service_month": "201604"},
        ],
    ),
    "doubled rows are both wrong": Case(
        [
            (
                "providers",
                4,
                "provider_no",
                "1370000018",
                "bad_value",
                DOUBLED.format(2, "provider_no"),
            )
        ],
        [visit(1), visit(1, provider_no=SECOND)],
        held=[2],
        claims={("201604", SECOND, *CLAIM[2:]): 426},
        providers=[PROVIDER, {"provider_no": SECOND}, PROVIDER],
    ),
    "doubled rows without a month leave a month with its own row": Case(
        [
            (
                "recipients",
                3,
                "insured_no",
                "0000000001",
                "bad_value",
                DOUBLED.format(2, "insured_no"),
            )
        ],
        [visit(1), {**visit(), "service_date": "2016-05-01"}],
        held=[2],
        claims={MAY: 426},
        recipients=[
            {**RECIPIENT, "service_month": ""},
            {**RECIPIENT, "service_month": ""},
            {**RECIPIENT, "service_month": "201605"},
        ],
    ),
    "wrong rows that no claim needs are named": Case(
        [
            (
                "providers",
                2,
                "extended_hours",
                "2",
                "bad_value",
                NOT_WHOLE.format("2", "from 0 to 1"),
            ),
            (
                "providers",
                4,
                "provider_no",
                "",
                "missing_value",
                "provider_no is blank; a number of 10 characters was expected; fill it in",
            ),
            (
                "recipients",
                3,
                "planned_units",
                "1.5",
                "bad_value",
                NOT_WHOLE.format("1.5", "of 0 or more"),
            ),
            (
                "recipients",
                4,
                "insured_no",
                "000000001",
                "bad_value",
                SHORTENED.format("000000001", 9, 10),
            ),
            (
                "recipients",
                4,
                "public_law",
                "21",
                "bad_value",
                NOT_ONE_OF.format("21", "12 or 25"),
            ),
            (
                "recipients",
                5,
                "public_copay_yen",
                "-1",
                "bad_value",
                NOT_WHOLE.format("-1", "of 0 or more"),
            ),
        ],
        [visit(1), visit(1, insured_no="0000000002", minutes="240")],
        held=[3],
        claims={CLAIM: 426},
        providers=[
            {"provider_no": SECOND, "extended_hours": "2"},
            PROVIDER,
            {"provider_no": "", "extended_hours": "0"},
        ],
        recipients=[
            RECIPIENT,
            {**RECIPIENT, "insured_no": "0000000003", "planned_units": "1.5"},
            {**RECIPIENT, "insured_no": "000000001", "public_law": "21"},
            {**NEXT_RECIPIENT, "public_copay_yen": "-1"},
        ],
    ),
    "a wrong addition of a provider": Case(
        [
            (
                "providers",
                2,
                "no_transport",
                "3",
                "bad_value",
                NOT_A_COUNT.format("3", "no_transport", 2),
            )
        ],
        [visit(1), visit(1, provider_no=SECOND)],
        held=[2],
        claims={("201604", SECOND, *CLAIM[2:]): 332},
        providers=[
            {**PROVIDER, "no_transport": "3"},
            {"provider_no": SECOND, "no_transport": "2"},
        ],
    ),
    "an addition of a person that the month does not know": Case(
        [
            (
                "recipients",
                2,
                "bathing_2",
                "1",
                "no_code",
                NO_KEY.format("bathing_2", "2016-04", SOME_TABLE),
            )
        ],
        [visit(1), visit(2), {**visit(), "service_date": "2026-06-01"}],
        held=[2, 3],
        # 2026-06: 要介護1, 4 to 5 hours 436 and 入浴介助加算Ⅱ 55.
        claims={("202606", *CLAIM[1:]): 436 + 55},
        recipients=[{**RECIPIENT, "bathing_2": "1"}],
    ),
    "an addition of a provider that the month does not know is named once": Case(
        [
            (
                "providers",
                2,
                "bathing_1",
                "1",
                "no_code",
                NO_KEY.format("bathing_1", "2016-04", SOME_TABLE),
            )
        ],
        [visit(1), visit(1, insured_no="0000000002"), visit(2, provider_no=SECOND)],
        held=[2, 3],
        claims={("201604", SECOND, *CLAIM[2:]): 426},
        providers=[{**PROVIDER, "bathing_1": "1"}, {"provider_no": SECOND, "bathing_1": "0"}],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    batch = compute(case.rows, case.providers, case.recipients)
    check(batch, case.rows, case.problems, case.held, case.claims)


def test_every_rule_has_a_case() -> None:
    in_cases = {problem[4] for case in CASES.values() for problem in case.problems}
    in_rows = {
        "missing_value",
        "unsupported_month",
        "outside_every_band",
        "no_code",
        "not_for_service",
        "malformed_row",
    }
    # Those of claims as a whole and of numbers, and what is set aside, have cases of their own.
    elsewhere = {
        "needs_other",
        "not_together",
        "plan_needed",
        "already_claimed",
        "unplaced_row",
        *WARNINGS,
    }
    assert in_cases | in_rows | elsewhere == set(RULES)


def test_unreadable_date_holds_that_person_at_that_provider_alone() -> None:
    rows = [
        visit(1, service_date="4月1日"),
        {**visit(), "service_date": "2016-05-01"},
        visit(1, provider_no=SECOND),
        visit(1, insurer_no="131011"),
        visit(1, insured_no="0000000002"),
        {**visit(), "service_date": "2018-03-01"},
    ]
    batch = compute(rows)
    assert places(batch.problems) == [("visits", 2, "service_date", "4月1日", "bad_value")]
    assert list(batch.held_visits["service_date"]) == ["4月1日", "2016-05-01", "2018-03-01"]
    assert units(batch.claims) == {
        ("201604", "1370000018", "131003", "0000000002"): 426,
        ("201604", "1370000018", "131011", "0000000001"): 426,
        ("201604", SECOND, "131003", "0000000001"): 426,
    }


def test_unreadable_date_and_person_hold_all_that_agree() -> None:
    other = visit(1, provider_no=SECOND)
    rows = [visit(1), visit(2, service_date="x", insured_no="y", minutes="z"), other]
    batch = compute(rows)
    assert places(batch.problems) == [
        ("visits", 3, "insured_no", "y", "bad_value"),
        ("visits", 3, "minutes", "z", "bad_value"),
        ("visits", 3, "service_date", "x", "bad_value"),
        ("visits", 3, "", "", "unplaced_row"),
    ]
    assert units(batch.claims) == {(CLAIM[0], SECOND, *CLAIM[2:]): 426}
    assert len(batch.held_visits) == 2


def test_nothing_but_rows_of_nobody() -> None:
    batch = compute([visit(1, insured_no=""), visit(2, provider_no="x")])
    rules = ["missing_value", "unplaced_row", "bad_value", "unplaced_row"]
    assert [place[4] for place in places(batch.problems)] == rules
    assert batch.claims.empty
    assert len(batch.held_visits) == 2


def test_blank_rows_are_no_rows() -> None:
    blank, spaces = dict.fromkeys(visit(), ""), dict.fromkeys(visit(), " ")
    rows = [visit(1), blank, spaces, visit(2, minutes="x")]
    batch = compute(rows)
    assert places(batch.problems) == [("visits", 5, "minutes", "x", "bad_value")]
    assert batch.held_visits["service_date"].tolist() == ["2016-04-01", "2016-04-02"]


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u3000"])
@pytest.mark.parametrize("ending", ["csv", "quoted.csv", "xlsx", "parquet", "frame"])
def test_rows_of_any_blanks_are_no_rows(tmp_path: Path, ending: str, blank: str) -> None:
    """What is blank in a cell is blank in a row of such cells, whatever the file is."""
    blanks = dict.fromkeys(visit(), blank)
    first = {**dict.fromkeys(visit(), ""), "provider_no": blank}
    last = {**dict.fromkeys(visit(), ""), "minutes": blank}
    rows = pd.DataFrame([visit(1), blanks, first, last, visit(2)], dtype="str")
    path = tmp_path / f"visits.{ending}"
    if ending == "xlsx":
        rows.to_excel(path, index=False)
    elif ending == "parquet":
        rows.to_parquet(path, index=False)
    elif ending != "frame":
        rows.to_csv(path, index=False, quoting=csv.QUOTE_ALL if "quoted" in ending else 0)
        # Lines that are cut short, or of a single cell.
        path.write_text(path.read_text("utf-8") + f"{blank},{blank}\n{blank}\n", "utf-8")
    batch = compute_claims(rows if ending == "frame" else path)
    assert batch.claims["visits"].tolist() == [2]
    assert batch.held_visits.empty
    assert set(batch.problems["severity"]) <= {"warning"}


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "frame"])
def test_a_row_of_nothing_but_a_name_is_no_blank_row(tmp_path: Path, ending: str) -> None:
    """The name is of no claim and not read, but somebody has begun to write a row."""
    blank = {**dict.fromkeys(visit(), ""), "service": "", "氏名": ""}
    named = {**blank, "氏名": "山田花子"}
    rows = pd.DataFrame([{**blank, **visit(1)}, blank, named, {**blank, **visit(2)}], dtype="str")
    if ending == "frame":
        batch = compute_claims(rows)
        problems, held = batch.problems, len(batch.held_visits)
    else:
        path = tmp_path / f"visits.{ending}"
        if ending == "csv":
            rows.to_csv(path, index=False)
        elif ending == "xlsx":
            rows.to_excel(path, index=False)
        else:
            rows.to_parquet(path, index=False)
        summary = claim_files(path, tmp_path / "out").summary
        problems, held = (
            pd.read_csv(tmp_path / "out" / "problems.csv", dtype="str"),
            summary.held_visits,
        )
    told = own(problems)
    assert set(told["rule"]) == {"missing_value"}
    assert set(told["line"].astype(int)) == {4}
    # Whose the row is is not known: no claim may be made without it.
    assert held == 3


def test_rows_of_any_number_of_months_are_each_told() -> None:
    # More months than 1<<12, and the first and the last month that a date can have.
    rows = [
        {**VISIT, "service_date": f"{1600 + at // 12}-{at % 12 + 1:02}-01"} for at in range(4200)
    ]
    rows += [{**VISIT, "service_date": "0001-01-01"}, {**VISIT, "service_date": "9999-12-31"}]
    rows.append(visit(1))
    batch = compute(rows)
    # And the year 9999 is a slip of the pen.
    assert batch.problems["rule"].tolist() == ["unsupported_month"] * 4201 + ["unusual_value"]
    assert batch.problems["service_month"].tolist()[-3:] == ["194912", "000101", "999912"]
    assert len(batch.held_visits) == 4201
    assert batch.claims["service_month"].tolist() == ["201604", "999912"]


def test_the_same_problem_in_many_rows_is_named_in_each() -> None:
    rows = visits(20, minutes="60")
    assert places(compute(rows).problems) == [
        ("visits", line, "minutes", "60", "outside_every_band") for line in range(2, 22)
    ]


def test_messages_in_japanese() -> None:
    rows = [
        visit(1, minutes="x"),
        visit(1, insured_no="2"),
        visit(1, insured_no="0000000003", nutrition_improvement="2"),
        visit(1, insured_no="0000000004", minutes=""),
    ]
    batch = compute_claims(frame(rows), language="ja")
    assert list(batch.problems["message"]) == [
        "「x」は所要時間(分)として読めません。450、7:30、7時間30分 のいずれかの形で"
        "記入してください",
        "「2」は1桁です(10桁が必要です)。表計算ソフトが先頭の0を落とした可能性があります。"
        "列の書式を文字列にし、0を補ってください",
        "この行は誰の実績か読み取れないため、該当しうる請求をすべて未計算(要修正)としました(請求3件)。"
        "この行を訂正し(実績でなければ削除し)、もう一度計算してください",
        "「2」は栄養改善加算(nutrition_improvement)の回数として使えません。空欄、○、×、または0〜1の整数で"
        "記入してください",
        "所要時間が空欄です。分数を記入してください",
    ]
    rules = ["bad_value", "bad_value", "unplaced_row", "bad_value", "missing_value"]
    assert list(batch.problems["rule"]) == rules


def test_largest_value_is_that_of_the_month(tmp_path: Path) -> None:
    """The heading knows the largest value of all months; each month has its own."""
    trip = {**addition("trip", 10, "visit"), "max_per_visit": "2"}
    later = {**trip, "valid_from": "201605", "max_per_visit": "1"}
    codes = table(tmp_path, *base(500), {**trip, "valid_to": "201604"}, later)
    rows = [
        visit(1, trip="2"),
        {**visit(), "service_date": "2016-05-01", "trip": "1"},
        {**visit(), "service_date": "2016-06-01", "trip": "2"},
    ]
    message = NOT_A_COUNT.format("2", "trip", 1)
    june: Problem = ("visits", 4, "trip", "2", "bad_value", message)
    check(compute(rows, codes=codes), rows, [june], [4], {CLAIM: 520, MAY: 510})
    # The same through the provider, in every month but April.
    provider = [{**PROVIDER, "trip": "2"}]
    rows = [visit(1), {**visit(), "service_date": "2016-05-01"}]
    batch = compute(rows, provider, codes=codes)
    check(batch, rows, [("providers", 2, "trip", "2", "bad_value", message)], [3], {CLAIM: 520})


# ---------------------------------------------------------------- all at once


def test_all_problems_of_a_file_at_once() -> None:
    """The problems of one file are those of its rows, whatever else is in it."""
    wrong: list[tuple[Cells, str, str]] = [
        ({"minutes": "119"}, "minutes", "outside_every_band"),
        ({"service_date": "2016-03-31"}, "service_date", "unsupported_month"),
        ({"service_date": "2016-02-30"}, "service_date", "bad_value"),
        ({"individual_transport": "1"}, "individual_transport", "not_for_service"),
        ({"bathing_1": "1"}, "bathing_1", "no_code"),
        ({"bathing": "x"}, "bathing", "bad_value"),
        ({"care_level": ""}, "care_level", "missing_value"),
        (
            {"service_provision_1i": "1", "service_provision_1ro": "1"},
            "service_provision_1i",
            "conflicting_group",
        ),
    ]
    rows, expected = [], []
    for number, (cells, column, rule) in enumerate(wrong, start=1):
        own = f"{number:010}"
        rows += [visit(1, insured_no=f"9{own[1:]}"), visit(1, **{"insured_no": own, **cells})]
        expected.append((len(rows) + 1, column, rule))
    batch = compute(rows)
    assert [(line, column, rule) for _, line, column, _, rule in places(batch.problems)] == expected
    assert set(units(batch.claims).values()) == {426}
    assert len(batch.claims) == len(batch.held_visits) == len(wrong)


# ---------------------------------------------------------------- rows that cannot be told apart


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "1370000018,131003,0000000001,2016-04-02,1",
            "the row has 5 cells where the heading has 6; put commas and quotation marks right, "
            "or save the sheet as an Excel workbook (.xlsx)",
        ),
        (
            "1370000018,131003,0000000001,2016-04-02,1,240,9",
            "the row has 7 cells where the heading has 6; put commas and quotation marks right, "
            "or save the sheet as an Excel workbook (.xlsx)",
        ),
        (
            '"1370000018,131003",0000000001,2016-04-02,1,240',
            "the row has 5 cells where the heading has 6; put commas and quotation marks right, "
            "or save the sheet as an Excel workbook (.xlsx)",
        ),
        (
            '1370000018,131003,0000000001,2016-04-02,1,"240',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            '"1370000018,131003,0000000001,2016-04-02,1,240',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            '"1"370000018,131003,0000000001,2016-04-02,1,"240',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            # Strict readers refuse it, others read 01 or 2401.
            '1370000018,131003,0000000001,2016-04-02,1,"240"1',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            '1370000018,131003,0000000001,2016-04-02,"0"1,240',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            '1370000018,131003,0000000001,2016-04-02,1,"240""',
            "a quotation mark is not closed on this line, or closes in front of more text; put "
            "the marks right, or take the line break out of the cell",
        ),
        (
            "1370000018,131003,0000000001,2016-04-02,1,2\r40",
            "a carriage return stands inside the line; take it out, or end the line there",
        ),
        (
            "1370000018,131003,0000000001,2016-04-02,\r1,240",
            "a carriage return stands inside the line; take it out, or end the line there",
        ),
        (
            '1370000018,131003,0000000001,2016-04-02,1,"2\r40"',
            "a carriage return stands inside the line; take it out, or end the line there",
        ),
    ],
)
def test_malformed_row_holds_the_claim_it_may_belong_to(
    tmp_path: Path, line: str, message: str
) -> None:
    sound = csv_text([visit(1), visit(3)]).splitlines()
    # A blank line may not make up for a row too many.
    text = "\n".join([sound[0], sound[1], line, "", sound[2], ""])
    result = claim_text(tmp_path, text)
    assert places(result.problems) == [
        ("visits", 3, "", "", "malformed_row"),
        ("visits", 3, "", "", "unplaced_row"),
    ]
    of = "claim 2016-04 1370000018 131003 0000000001"
    assert list(result.problems["message"]) == [message, UNPLACED.format(of)]
    assert (result.summary.visits, result.summary.claims, result.summary.units) == (3, 0, 0)
    held = (tmp_path / "out" / "held_visits.csv").read_bytes().decode()
    assert held == f"{sound[0]}\n{sound[1]}\n{line}\n{sound[2]}\n"


def test_blank_cells_beside_the_table_are_dropped(tmp_path: Path) -> None:
    lines = csv_text([visit(1), visit(2), visit(3)]).splitlines()
    text = "\n".join([lines[0], lines[1], f"{lines[2]}, ,", f"{lines[3]},x", ""])
    result = claim_text(tmp_path, text)
    assert [place[1] for place in places(result.problems)] == [4, 4]
    # The last line is of the same person.
    assert (result.summary.claims, result.summary.held_visits) == (0, 3)
    result = claim_text(tmp_path, text.replace(",x", ","))
    assert result.problems.empty
    assert result.summary.units == 3 * 426


def test_malformed_row_among_rows_of_a_held_claim(tmp_path: Path) -> None:
    lines = csv_text([visit(1, minutes="x"), visit(2), visit(1, insured_no="0000000002")])
    heading, bad, same, other = lines.splitlines()
    text = "\n".join([heading, bad, "a,b", other, "c", same, ""])
    result = claim_text(tmp_path, text)
    assert places(result.problems) == [
        ("visits", 2, "minutes", "x", "bad_value"),
        ("visits", 3, "", "", "malformed_row"),
        ("visits", 3, "", "", "unplaced_row"),
        ("visits", 5, "", "", "malformed_row"),
        ("visits", 5, "", "", "unplaced_row"),
    ]
    held = (tmp_path / "out" / "held_visits.csv").read_bytes().decode()
    assert held == text
    assert result.summary.claims == 0


def test_nothing_but_malformed_rows(tmp_path: Path) -> None:
    text = csv_text([visit(1)]).splitlines()[0] + '\na,b\n\n"\n'
    result = claim_text(tmp_path, text)
    assert places(result.problems) == [
        ("visits", line, "", "", rule)
        for line in (2, 4)
        for rule in ("malformed_row", "unplaced_row")
    ]
    assert (result.summary.visits, result.summary.held_visits, result.summary.claims) == (2, 2, 0)
    held = (tmp_path / "out" / "held_visits.csv").read_bytes().decode()
    assert held == text.replace("\n\n", "\n")


def test_malformed_row_of_providers(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(csv_text([visit(1)]), encoding="utf-8")
    (tmp_path / "providers.csv").write_text(
        f'provider_no,area_grade\n{SECOND},7,x\n1370000018,7\n"{SECOND}\n', encoding="utf-8"
    )
    result = claim_files(
        tmp_path / "visits.csv", tmp_path / "out", providers=tmp_path / "providers.csv"
    )
    assert places(result.problems) == [
        ("providers", 2, "", "", "malformed_row"),
        ("providers", 4, "", "", "malformed_row"),
    ]
    assert result.summary.units == 426

"""Rows of providers and recipients: which of them speaks for a claim, and what is wrong with them.

426 units are 要介護1, 3 to 5 hours, as the table of 2016-04 prints them; 16,692 the limit of its
level 1 and 19,616 that of level 2 (区分支給限度基準額).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chiiki_tsusho import compute_claims
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.claims.rosters import Rosters
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_book import code_book
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import decoders_of
from chiiki_tsusho.reading.inputs import open_input
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.writing.result_tables import FrameSink
from helpers.inputs import (
    CLAIM,
    PROVIDER,
    RECIPIENT,
    Cells,
    Place,
    compute,
    csv_text,
    frame,
    places,
    units,
    visit,
)

OTHER = "1370000026"
NEXT = "0000000002"


@pytest.mark.parametrize("cell", ["12", "計12", "※ 12"])
@pytest.mark.parametrize("last", ["", "1"])
def test_a_row_whose_last_cell_may_go_on_below_is_held(
    last: str, cell: str, tmp_path: Path
) -> None:
    """With the line below it has as many cells as there are headings; nobody else's row has."""
    path = tmp_path / "recipients.csv"
    lines = [
        "insurer_no,insured_no,benefit_rate,planned_units", f"131003,0000000001,90,{last}", cell,
        "131003,0000000002,90,",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    visits = [visit(1), visit(2, insured_no="0000000002")]
    batch = compute_claims(frame(visits), frame([{**PROVIDER, "area_grade": "1"}]), path)
    assert batch.problems[["line", "rule"]].to_numpy().tolist() == [
        [2, "malformed_row"],
        [3, "malformed_row"],
    ]
    assert batch.problems["message"][0] == (
        "the next line is of one cell, which may be the end of this row; take the line break out "
        "of the cell, or the line out of the file"
    )
    assert batch.claims["insured_no"].tolist() == ["0000000002"]


def test_problems_of_providers_and_recipients_say_whose_the_row_is() -> None:
    providers = [{"provider_no": "1390000006", "service_month": "201604", "area_grade": "x"}]
    recipients = [
        {"insurer_no": "131003", "insured_no": number, "benefit_rate": "x"}
        for number in ("0000000001", "0000000000", "H999999999", "1", "")
    ]
    batch = compute([visit(1)], providers, recipients)
    columns = ["file", "line", "service_month", "provider_no", "insurer_no", "insured_no"]
    of_rosters = batch.problems[batch.problems["column"].isin(["area_grade", "benefit_rate"])]
    assert of_rosters[columns].to_numpy().tolist() == [
        ["providers", 2, "201604", "1390000006", "", ""],
        ["recipients", 2, "", "", "131003", "0000000001"],
        ["recipients", 3, "", "", "131003", "0000000000"],
        ["recipients", 4, "", "", "131003", "H999999999"],
        # Zeros lost or left blank: it is not said to be anybody's.
        ["recipients", 5, "", "", "131003", ""],
        ["recipients", 6, "", "", "131003", ""],
    ]


# ---------------------------------------------------------------- which row speaks


def test_rows_of_nobody_are_neither_doubled_nor_the_last_persons() -> None:
    """Each is wrong by itself; who stands in the file besides is computed."""
    nobody = {**RECIPIENT, "insured_no": "", "planned_units": "100"}
    batch = compute([visit(1)], None, [nobody, nobody, {**RECIPIENT, "planned_units": "400"}])
    assert places(batch.problems) == [
        ("recipients", line, "insured_no", "", "missing_value") for line in (2, 3)
    ]
    assert batch.claims["benefit_units"].tolist() == [400]


def test_an_unreadable_month_of_nobody_holds_nobody() -> None:
    """Of whom the row is cannot be said either; the last person of the file is sound."""
    nobody = {**RECIPIENT, "insured_no": "", "service_month": "x"}
    batch = compute([visit(1)], None, [nobody, {**RECIPIENT, "service_month": "201604"}])
    assert [place[1] for place in places(batch.problems)] == [2, 2]
    assert units(batch.claims) == {CLAIM: 426}


@pytest.mark.parametrize(
    ("first_row", "problems"),
    [
        # A plan within the limit of level 2, which this person has, and over that of level 1.
        ({"planned_units": "19616"}, []),
        # Of the same group as what the other's visit has.
        ({"service_provision_1i": "1"}, []),
        ({"benefit_rate": "x"}, [("recipients", 2, "benefit_rate", "x", "bad_value")]),
        ({"service_month": "x"}, [("recipients", 2, "service_month", "x", "bad_value")]),
    ],
)
def test_a_claim_without_a_row_is_told_that_and_nothing_of_another_row(
    first_row: Cells, problems: list[Place]
) -> None:
    rows = [visit(1, care_level="2"), visit(1, insured_no=NEXT, service_provision_2="1")]
    batch = compute(rows, None, [{**RECIPIENT, **first_row}])
    unknown = ("visits", None, "insured_no", NEXT, "unknown_recipient")
    assert places(batch.problems) == [unknown, *problems]
    # 要介護2, 3 to 5 hours: 488 units, and 18 of サービス提供体制強化加算Ⅰイ.
    of_first = [] if problems else [488 + 18 * ("service_provision_1i" in first_row)]
    assert list(units(batch.claims).values()) == of_first


@pytest.mark.parametrize("months", [("", ""), ("201604", "201604")])
def test_a_row_of_one_provider_speaks_for_that_provider(months: tuple[str, str]) -> None:
    """And the general one for the others, with or without months."""
    plans = [
        {**RECIPIENT, "provider_no": number, "service_month": month, "planned_units": plan}
        for (number, plan), month in zip((("", "300"), (OTHER, "200")), months, strict=True)
    ]
    rows = [visit(1), visit(2, provider_no=OTHER)]
    for given in (plans, plans[::-1]):
        batch = compute(rows, None, given)
        assert batch.problems.empty
        assert batch.claims["benefit_units"].tolist() == [300, 200]


def test_a_plan_for_every_provider_cannot_serve_two_where_others_have_their_own() -> None:
    """A cell of provider_no that is left blank makes no row of one provider."""
    days = [*range(1, 25)]
    rows = [
        visit(day, minutes="480", provider_no=number)
        for number, some in ((PROVIDER["provider_no"], days[:12]), (OTHER, days[12:]))
        for day in some
    ]
    # 24 visits of 735 units are 17,640, over the limit of 16,692.
    plans = [
        {**RECIPIENT, "provider_no": "", "planned_units": "8000"},
        {**RECIPIENT, "insured_no": NEXT, "provider_no": OTHER, "planned_units": "8000"},
    ]
    batch = compute(rows, None, plans)
    assert batch.claims.empty
    assert (
        places(batch.problems) == [("recipients", None, "planned_units", "8000", "plan_needed")] * 2
    )


@pytest.mark.parametrize("cells", [{}, {"provider_no": OTHER}])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_row_that_is_there_twice(cells: Cells, language: Language) -> None:
    rows = [visit(1), visit(1, insured_no=NEXT)]
    person = {**RECIPIENT, "insured_no": NEXT, **cells}
    batch = compute_claims(frame(rows), None, frame([RECIPIENT, person, person]), language=language)
    assert places(batch.problems)[-1] == ("recipients", 4, "insured_no", NEXT, "bad_value")
    whole = {
        ("en", False): "line 3 has the same insured_no for the same month; keep one of them",
        ("en", True): (
            "line 3 has the same insured_no for the same month and provider; keep one of them"
        ),
        ("ja", False): "3行目と被保険者番号・年月が重複しています。一方を削除してください",
        ("ja", True): "3行目と被保険者番号・年月・事業所が重複しています。一方を削除してください",
    }
    assert batch.problems["message"].iloc[-1] == whole[language, "provider_no" in cells]
    assert units(batch.claims) == {CLAIM: 426}


@pytest.mark.parametrize(
    ("months", "held"),
    [(("", ""), True), (("", "201605"), True), (("201604", "201605"), False)],
)
def test_one_insurer_in_two_ways_is_not_relied_on(months: tuple[str, str], held: bool) -> None:
    """131003 and 00131003 are one insurer: which of two rows of a month is right is not known."""
    rows = [
        {**RECIPIENT, "service_month": months[0]},
        {**RECIPIENT, "insurer_no": "00131003", "benefit_rate": "80", "service_month": months[1]},
        {**RECIPIENT, "insured_no": NEXT, "insurer_no": "00131003", "service_month": ""},
    ]
    visits = [visit(1), visit(1, insured_no=NEXT, insurer_no="00131003")]
    batch = compute(visits, [PROVIDER], rows)
    written = [NEXT] if held else [NEXT, RECIPIENT["insured_no"]]
    assert batch.claims["insured_no"].tolist() == written
    told = [
        ("recipients", line, "insurer_no", one["insurer_no"], "bad_value")
        for line, one in enumerate(rows[:2], 2)
    ]
    found = [one for one in places(batch.problems) if one[0] == "recipients"]
    assert found == (told if held else [])


def test_rows_read_once_are_named_by_every_batch_that_meets_them() -> None:
    """So it is where the visits of a month are computed in parts, on a cluster."""
    # 入浴介助加算Ⅱ began in 2021.
    too_early = frame([{**RECIPIENT, "bathing_2": "1"}])
    book, identities = code_book(None), Identities()
    given = [("visits", None), ("providers", None), ("recipients", open_input(too_early, "r"))]
    decoders = decoders_of(given, book, identities)
    rosters = Rosters.decoded(decoders[1:], identities, Problems())
    for day in (1, 2):
        visits = open_input(frame([visit(day)]), "visits")
        run = BatchRun(visits, None, None, book, rosters=rosters)
        run.run(FrameSink())
        told = run.problems.frame("en")
        columns = ["file", "line", "insurer_no", "insured_no", "rule"]
        assert told[columns].to_numpy().tolist() == [
            ["recipients", 2, "131003", "0000000001", "no_code"]
        ]


# ---------------------------------------------------------------- what a row says


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("2", "1", True), ("31", "30", True), ("1", "1", False), ("", "1", False),
        ("31", "", False), ("", "", False),
    ],
)  # fmt: skip
def test_public_funds_end_on_their_first_day_or_later(first: str, last: str, wrong: bool) -> None:
    person = {**RECIPIENT, "public_law": "12", "public_from": first, "public_to": last}
    batch = compute([visit(1)], None, [person])
    assert places(batch.problems) == [("recipients", 2, "public_to", last, "bad_value")] * wrong
    assert len(batch.claims) == 1 - wrong


def test_rows_of_a_file_are_counted_with_those_that_cannot_be_told_apart(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(csv_text([visit(1)]), encoding="utf-8")
    text = csv_text([RECIPIENT, {**RECIPIENT, "insured_no": NEXT}])
    (tmp_path / "recipients.csv").write_text(f"{text}131003,,1\n", encoding="utf-8")
    result = claim_files(
        tmp_path / "visits.csv", tmp_path / "out", recipients=tmp_path / "recipients.csv"
    )
    assert places(result.problems) == [("recipients", 4, "", "", "malformed_row")]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert [one["rows"] for one in record["inputs"]] == [1, 3]

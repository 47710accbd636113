"""Rows of providers and recipients that do not say whom they are about, and who waits for them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.batch import Batch
from helpers.inputs import PROVIDER, RECIPIENT, Cells, compute, csv_text, frame, units, visit

# Another person and another provider, each with a claim in the same month.
SECOND = "0000000002"
OTHER = "1370000026"
VISITS = [visit(1), visit(1, insured_no=SECOND), visit(1, provider_no=OTHER)]
FIRST: Cells = {**RECIPIENT, "service_month": "", "provider_no": "", "benefit_rate": "90"}
EVERYBODY = [FIRST, {**FIRST, "insured_no": SECOND}]
FIRST_HERE, SECOND_HERE, FIRST_THERE = (
    (PROVIDER["provider_no"], RECIPIENT["insured_no"]),
    (PROVIDER["provider_no"], SECOND),
    (OTHER, RECIPIENT["insured_no"]),
)
ALL = {FIRST_HERE, SECOND_HERE, FIRST_THERE}


def claimed(batch: Batch) -> set[tuple[str, str]]:
    return {(provider_no, insured_no) for _, provider_no, _, insured_no in units(batch.claims)}


def written(recipients: list[Cells], providers: list[Cells] | None = None) -> set[tuple[str, str]]:
    return claimed(compute(VISITS, providers, recipients))


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        # The zeros that a spreadsheet has dropped are put back: nobody else waits.
        ({"insured_no": "1"}, {SECOND_HERE}),
        ({"insured_no": "1", "service_month": "201605"}, ALL),
        ({"insurer_no": "=131003"}, {SECOND_HERE}),
        # It may be of anybody of that insurer, in its month and at its provider alone.
        ({"insured_no": "?"}, set()),
        # Put right it is about nobody who has a row or a claim.
        ({"insured_no": "3"}, set()),
        ({"insured_no": "", "service_month": "201605"}, ALL),
        ({"insured_no": "?", "provider_no": OTHER}, {FIRST_HERE, SECOND_HERE}),
        ({"insurer_no": "?"}, {SECOND_HERE}),
        ({"insurer_no": "131011", "insured_no": "?"}, ALL),
        ({"insured_no": "?", "service_month": "x"}, set()),
        # Of which nothing is left: its month and its provider may be lost as well.
        ({"insurer_no": "", "insured_no": "", "service_month": ""}, set()),
        ({"insurer_no": "x", "insured_no": "?", "service_month": ""}, set()),
        ({"insured_no": "", "service_month": ""}, set()),
        # A row for every month and provider is no more special than those that are known.
        ({"insured_no": "?", "service_month": ""}, ALL),
    ],
)
def test_a_claim_waits_for_a_row_that_may_speak_for_it(
    cells: Cells, left: set[tuple[str, str]]
) -> None:
    row = {**EVERYBODY[0], "service_month": "201604", "benefit_rate": "70", **cells}
    assert written(EVERYBODY) == ALL
    assert written([*EVERYBODY, row]) == left


@pytest.mark.parametrize(
    "cells",
    [
        {"insured_no": "1"},
        {"insured_no": "1", "insurer_no": '="131003"'},
        {"insured_no": "1", "service_month": "201604"},
        {"insured_no": "1", "service_month": "201604", "provider_no": PROVIDER["provider_no"]},
    ],
)
def test_nobody_waits_for_the_only_row_of_another_person(cells: Cells) -> None:
    """The zeros put back, it is the row of one of whom there are claims."""
    assert written([EVERYBODY[1], {**FIRST, **cells}]) == {SECOND_HERE}


@pytest.mark.parametrize("month", ["", "201604"])
def test_no_provider_waits_for_the_only_row_of_another(month: str) -> None:
    """Numbers of 北海道 to 栃木県 (01 to 09) lose a zero in spreadsheets."""
    north = "0170000018"
    rows = [visit(1, provider_no=north), visit(1, provider_no=OTHER)]
    general = {"provider_no": OTHER, "service_month": ""}
    own = {"provider_no": "170000018", "service_month": month}
    assert claimed(compute(rows, [general, own])) == {(OTHER, RECIPIENT["insured_no"])}
    # Of a provider without claims: then it may be any provider's.
    assert claimed(compute(rows[1:], [general, own])) == set()


@pytest.mark.parametrize(
    ("registered", "left"),
    [("0", {OTHER}), ("1", {OTHER}), ("", set())],
)
def test_a_provider_that_does_not_wait_keeps_its_hours(registered: str, left: set[str]) -> None:
    """600 minutes: by 延長 of the provider's own row, not by that of the one put right."""
    rows = [visit(1, provider_no=number, minutes="600") for number in ("0170000018", OTHER)]
    general = {"provider_no": OTHER, "service_month": "", "extended_hours": registered}
    own = {"service_month": "201604", "extended_hours": "1"}
    whole = compute(rows, [general, {"provider_no": "0170000018", **own}])
    batch = compute(rows, [general, {"provider_no": "170000018", **own}])
    assert set(batch.claims["provider_no"]) == left
    assert ("missing_value" in set(batch.problems["rule"])) is (not left)
    lines = whole.claim_lines.query("provider_no == @OTHER").reset_index(drop=True)
    pd.testing.assert_frame_equal(batch.claim_lines, lines)


def test_a_row_more_special_than_the_one_that_is_unread_speaks() -> None:
    here = {**EVERYBODY[0], "provider_no": PROVIDER["provider_no"], "service_month": "201604"}
    unread = {**EVERYBODY[0], "insured_no": "?", "service_month": "201604"}
    assert written([*EVERYBODY, here, unread]) == {FIRST_HERE}


def test_a_row_of_a_provider_goes_before_one_of_a_month() -> None:
    of_month = {**FIRST, "service_month": "201604"}
    of_provider = {**FIRST, "provider_no": PROVIDER["provider_no"]}
    unread = {"insured_no": "?"}
    assert written([*EVERYBODY, of_month, {**of_provider, **unread}]) == {FIRST_THERE}
    assert written([*EVERYBODY, of_provider, {**of_month, **unread}]) == {FIRST_HERE}


def test_a_plan_is_not_forgotten() -> None:
    """Six visits of 735 units; the plan of the row that lacks its zeros allows 3,000."""
    rows = [visit(day, minutes="480", service_date=f"2016-05-{day:02}") for day in range(1, 7)]
    own = {**RECIPIENT, "provider_no": PROVIDER["provider_no"], "planned_units": "3000"}
    general = {**RECIPIENT, "provider_no": "", "planned_units": ""}
    assert compute(rows, None, [general, own]).claims["benefit_units"].tolist() == [3000]
    batch = compute(rows, None, [general, {**own, "insured_no": "1"}])
    assert batch.claims.empty
    assert len(batch.held_visits) == 6


@pytest.mark.parametrize("number", [SECOND, "?"])
def test_a_plan_for_every_provider_may_still_fall_on_a_claim_that_waits(number: str) -> None:
    """It may be another person's own row that is not read: then both claims share the plan."""
    general = {**FIRST, "planned_units": "900"}
    second = {**FIRST, "insured_no": SECOND}
    own = {**second, "provider_no": PROVIDER["provider_no"], "insured_no": number}
    batch = compute(VISITS, None, [general, second, own])
    assert claimed(batch) == ({SECOND_HERE} if number == SECOND else set())
    assert "plan_needed" in batch.problems["rule"].tolist()


@pytest.mark.parametrize("plan", ["800", "?"])
def test_a_plan_for_every_provider_falls_on_the_claim_without_its_own(plan: str) -> None:
    general = {**FIRST, "planned_units": "900"}
    own = {**FIRST, "provider_no": PROVIDER["provider_no"], "planned_units": plan}
    left = {FIRST_HERE, FIRST_THERE} if plan == "800" else {FIRST_THERE}
    assert written([general, own, {**FIRST, "insured_no": SECOND}]) - {SECOND_HERE} == left


@pytest.mark.parametrize(
    ("number", "left"),
    [("137000018", {FIRST_THERE}), ("", {FIRST_THERE}), (OTHER, ALL)],
)
def test_a_row_of_a_provider_that_cannot_be_read(number: str, left: set[tuple[str, str]]) -> None:
    month = {"service_month": "201604"}
    general = [{**PROVIDER, "service_month": ""}, {"provider_no": OTHER, "service_month": ""}]
    special = {"provider_no": OTHER, **month}
    assert written(EVERYBODY, [*general, special]) == ALL
    if number != OTHER:
        # That of the other provider is as special as the unread one: it speaks.
        assert written(EVERYBODY, [*general, special, {"provider_no": number, **month}]) == left


def test_a_row_of_which_only_a_figure_is_left() -> None:
    general = [{**PROVIDER, "service_month": ""}, {"provider_no": OTHER, "service_month": ""}]
    lost = {"provider_no": "", "service_month": "", "area_grade": "7"}
    assert written(EVERYBODY, [*general, lost]) == set()
    # Where no row has a month, none is more special than another.
    plain = [{"provider_no": one["provider_no"], "area_grade": "1"} for one in general]
    assert written(EVERYBODY, plain) == ALL
    assert written(EVERYBODY, [*plain, {"provider_no": "", "area_grade": "7"}]) == ALL


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("131003,0000000001,201604,,70,5", {SECOND_HERE}),
        ("131003,1,201604,,70,5", {SECOND_HERE}),
        ("131003,?,201604,,70,5", set()),
        ('131003,0000000002,"201604,,70', {FIRST_HERE, FIRST_THERE}),
        # Marks around its cells say no less of whom it is.
        ('"131003","0000000001","201604",,"70","5"', {SECOND_HERE}),
        # The end of one row is lost and the beginning of another, which is more special.
        ('131003,0000000002,,,"90"0000000001,201604,,70', set()),
        # A row cut off in writing, and behind it another: of whom the first is, nobody can say.
        ("131003,0000000002,20131003,0000000001,201604,,70", set()),
    ],
)
def test_a_line_that_cannot_be_told_apart_into_cells(
    tmp_path: Path, line: str, left: set[tuple[str, str]]
) -> None:
    path = tmp_path / "recipients.csv"
    path.write_text(f"{csv_text(EVERYBODY)}{line}\n", "utf-8")
    batch = ct.compute_claims(frame(VISITS), None, path)
    assert "malformed_row" in set(batch.problems["rule"])
    assert claimed(batch) == left


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("1370000018,201604,1,5", {FIRST_THERE}),
        ('1370000018,"201604,1', {FIRST_THERE}),
        ("?,201604,1,5", set()),
        # So many cells are those of two rows: of whom, nobody can say.
        ("1370000018,201604,1,5,6", set()),
    ],
)
def test_a_line_of_a_provider_that_cannot_be_told_apart_into_cells(
    tmp_path: Path, line: str, left: set[tuple[str, str]]
) -> None:
    path = tmp_path / "providers.csv"
    rows = [
        {"provider_no": number, "service_month": "", "extended_hours": ""}
        for number in (PROVIDER["provider_no"], OTHER)
    ]
    path.write_text(f"{csv_text(rows)}{line}\n", "utf-8")
    batch = ct.compute_claims(frame(VISITS), path, frame(EVERYBODY))
    assert claimed(batch) == left


def test_without_months_and_providers_no_row_is_more_special_than_another(tmp_path: Path) -> None:
    plain = [
        {**RECIPIENT, "insured_no": own, "benefit_rate": "90"}
        for _, own in (FIRST_HERE, SECOND_HERE)
    ]
    path = tmp_path / "recipients.csv"
    for line in ("131003,?,70,5", "131003,0000000001,70,5", "131003,1,70"):
        path.write_text(f"{csv_text(plain)}{line}\n", "utf-8")
        batch = ct.compute_claims(frame(VISITS), None, path)
        assert claimed(batch) == ALL
        assert len(batch.problems)


@pytest.mark.parametrize(
    ("headings", "row", "split"),
    [
        # A plan of 1,692 units without quotation marks, in front of a cell that is blank.
        ("insurer_no,insured_no,benefit_rate,planned_units,備考", "90,1692,", "90,1,692,"),
        ("insurer_no,insured_no,benefit_rate,planned_units", "90,", "9,0,"),
        ("insurer_no,insured_no,benefit_rate,planned_units", "90,", "90,90,"),
    ],
)
def test_a_cell_of_a_roster_that_became_two(
    tmp_path: Path, headings: str, row: str, split: str
) -> None:
    """Blank at the end is what follows it: dropped, half of the figure were the plan or rate."""
    person = f"{RECIPIENT['insurer_no']},{RECIPIENT['insured_no']}"
    path = tmp_path / "recipients.csv"
    path.write_text(f"{headings}\n{person},{row}\n", encoding="utf-8")
    assert claimed(ct.compute_claims(frame([visit(1)]), None, path)) == {FIRST_HERE}
    path.write_text(f"{headings}\n{person},{split}\n", encoding="utf-8")
    batch = ct.compute_claims(frame([visit(1)]), None, path)
    assert claimed(batch) == set()
    assert batch.problems["rule"].tolist()[-1] == "malformed_row"


def test_a_doubled_cell_does_not_make_a_row_somebody_elses(tmp_path: Path) -> None:
    """The number of the provider, one further on, has the form of an insured number."""
    headings = "insurer_no,provider_no,insured_no,benefit_rate,planned_units,public_law\n"
    insurer_no, insured_no = RECIPIENT["insurer_no"], RECIPIENT["insured_no"]
    general = f"{insurer_no},,{insured_no},90,,\n"
    own = f"{insurer_no},{PROVIDER['provider_no']},{insured_no},70,3000,\n"
    path = tmp_path / "recipients.csv"
    path.write_text(headings + general + own, encoding="utf-8")
    batch = ct.compute_claims(frame([visit(1)]), None, path)
    assert batch.claims["benefit_rate"].tolist() == [70]
    path.write_text(headings + general + f"{insurer_no},{own}", encoding="utf-8")
    assert claimed(ct.compute_claims(frame([visit(1)]), None, path)) == set()

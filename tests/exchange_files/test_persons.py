"""What the claim file takes of each person from recipients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chiiki_tsusho.exchange_files.persons import PersonCells, expected_of, person_cells
from chiiki_tsusho.law.code_book import load_code_book
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.reading.inputs import open_recipients

OF_CLAIM = {"provider_no": "1390000015"}
KEY = {"insurer_no": "139006", "insured_no": "0000100011"}


def cells_of(*rows: dict[str, str], months: int = 1) -> PersonCells:
    """Find the person of ``KEY`` among rows of recipients, in 2016-04 and the months after it."""
    claims = pd.DataFrame(
        [{**KEY, **OF_CLAIM, "service_month": 201604 + at} for at in range(months)]
    )
    recipients = pd.DataFrame([{**KEY, **row} for row in rows]).fillna("")
    return person_cells(open_recipients(recipients), load_code_book(None), claims)


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("birth_date", "1930-05-06", "19300506"),
        ("birth_date", " 昭和5年5月6日 ", "19300506"),
        ("birth_date", "１９３０－０５－０６", "19300506"),
        ("birth_date", "6 May 1930", None),
        # Nobody insured since 2000 is older, and the audit takes no such date.
        ("birth_date", "1900-01-01", "19000101"),
        ("birth_date", "1899-12-31", None),
        ("certified_from", "1016-04-01", None),
        ("sex", "女", "2"),
        # Width does not matter, and 2.0 is 2.
        ("sex", "２", "2"),
        ("sex", "2.0", "2"),
        ("sex", "3", None),
        ("care_plan_by", "3", "3"),
        ("care_plan_by", "4", None),
        # What the numbers stand for may be written out, as 男 and 女 may.
        ("care_plan_by", "居宅介護支援事業所", "1"),
        ("care_plan_by", " 自己作成 ", "2"),
        ("care_plan_by", "介護予防支援", "3"),
        ("care_plan_by", "居宅", None),
        ("stop_reason", "9", "9"),
        ("stop_reason", "9.0", "9"),
        # 介護施設 was replaced by 6 to 8.
        ("stop_reason", "2", None),
        ("care_level", "5", "5"),
        ("care_level", "要介護3", "3"),
        ("care_level", "6", None),
        ("care_manager_no", "1370000091", "1370000091"),
        ("care_manager_no", "１３７０００００９１", "1370000091"),
        ("care_manager_no", "137000009", None),
        # 公費負担者番号 has eight digits, 受給者番号 seven, 施設所在保険者番号 six.
        ("public_payer_no", "12139010", "12139010"),
        ("public_payer_no", "1213901", None),
        ("public_payer_no", "121390100", None),
        ("public_payer_no", "1213901X", None),
        ("public_payer_no", "１２１３９０１０", "12139010"),
        ("public_payer_no", "12139010.0", "12139010"),
        ("public_recipient_no", "1234566", "1234566"),
        ("public_recipient_no", "123456", None),
        ("facility_insurer_no", "139006", "139006"),
        ("facility_insurer_no", "00139006", None),
        ("stopped_on", "", ""),
    ],
)
def test_cells_are_written_as_the_claim_file_has_them(
    name: str, text: str, read: str | None
) -> None:
    cells = cells_of({name: text})
    assert cells.texts[name].tolist() == [read or ""]
    assert cells.unreadable[name].tolist() == [read is None]


@pytest.mark.parametrize(
    ("name", "english", "japanese"),
    [
        ("certified_to", "a date such as 1940-04-01 is expected", "1940-04-01 のような日付を記入"),
        ("sex", "1 (男) or 2 (女) is expected", "1(男)または2(女)を記入"),
        ("public_payer_no", "a number of 8 digits is expected", "8桁の番号"),
    ],
)
def test_what_was_expected_is_said_of_the_column(name: str, english: str, japanese: str) -> None:
    assert expected_of(name).say("en") == english
    assert japanese in expected_of(name).say("ja")


def test_columns_that_are_not_there_are_blank() -> None:
    cells = cells_of({"benefit_rate": "90"})
    assert {name: texts.tolist() for name, texts in cells.texts.items() if texts.any()} == {}
    assert not any(flags.any() for flags in cells.unreadable.values())
    assert (cells.missing.tolist(), cells.wrong.tolist()) == ([False], [False])
    assert (cells.public_law.tolist(), cells.benefit_rate.tolist()) == ([0], [90])
    assert cells.planned_units.tolist() == [UNKNOWN]


def test_rows_without_any_personal_cell_move_no_other(tmp_path: Path) -> None:
    """Nor do rows that have a name and are of nobody; in whatever the recipients are given."""
    rows = [
        {**KEY, "sex": "", "name": ""},
        {"insurer_no": "", "insured_no": "", "sex": "", "name": "見本花子"},
        {**KEY, "insured_no": "0000100029", "sex": "2", "name": "見本一郎"},
        {**KEY, "insured_no": "0000100037", "sex": "1", "name": ""},
    ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "recipients.csv", index=False)
    frame.to_parquet(tmp_path / "recipients.parquet")
    frame.to_excel(tmp_path / "recipients.xlsx", index=False)
    persons = [str(one["insured_no"]) for one in rows if one["insured_no"]]
    claims = pd.DataFrame(
        [{**KEY, "insured_no": one, **OF_CLAIM, "service_month": 201604} for one in persons]
    )
    inputs: list[Any] = [frame, *tmp_path.iterdir()]
    for given in inputs:
        cells = person_cells(open_recipients(given), load_code_book(None), claims)
        assert cells.texts["sex"].tolist() == ["", "2", "1"]
        assert cells.texts["name"].tolist() == ["", "見本一郎", ""]


def test_without_a_row_of_ones_own_nothing_of_another_person_is_taken() -> None:
    """Else a result could go to another person's care manager."""
    other = {"insured_no": "0000100029", "care_manager_no": "1370000091", "public_law": "12"}
    missing = cells_of(other)
    assert (missing.missing.tolist(), missing.wrong.tolist()) == ([True], [False])
    twice = cells_of({"sex": "1"}, {"sex": "1"}, other)
    assert (twice.missing.tolist(), twice.wrong.tolist()) == ([False], [True])
    for cells in (missing, twice):
        assert cells.texts["care_manager_no"].tolist() == cells.texts["sex"].tolist() == [""]
        assert cells.public_law.tolist() == [0]


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("", "", True),
        ("1", "30", True),
        ("1", "31", True),
        ("2", "", False),
        ("", "29", False),
        ("2", "30", False),
    ],
)
def test_public_funds_of_the_whole_month(first: str, last: str, whole: bool) -> None:
    """2016-04 has 30 days, 2016-05 one more."""
    cells = cells_of({"public_law": "12", "public_from": first, "public_to": last}, months=2)
    assert cells.public_law.tolist() == [12, 12]
    assert cells.public_all_month.tolist() == [whole, whole and last != "30"]


def test_of_a_part_of_the_claims_the_cells_are_theirs() -> None:
    cells = cells_of(
        {"service_month": "2016-04", "sex": "1"}, {"service_month": "2016-05", "sex": "3"},
        months=3,
    )  # fmt: skip
    part = cells.part(slice(1, 3))
    assert part.texts["sex"].tolist() == ["", ""]
    assert part.unreadable["sex"].tolist() == [True, False]
    assert part.missing.tolist() == [False, True]


def test_what_is_said_of_cells_tells_nothing_of_a_person() -> None:
    cells = cells_of({"name": "見本花子", "birth_date": "1930-05-06"})
    assert cells.texts["name"].tolist() == ["見本花子"]
    assert "見本" not in repr(cells)
    assert "1930" not in repr(cells)

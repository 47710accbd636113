"""Cells of a recipients file that may be a name or a birth date are not repeated."""

from __future__ import annotations

from typing import Literal

import pytest

from chiiki_tsusho import compute_claims
from helpers.inputs import RECIPIENT, errors, frame, own, visits

NAMED = {"name": "見本 一郎", "birth_date": "1924-01-01"}
PERSONAL = (
    "見本 一郎", "ミホン イチロウ", "Mihon", "Li Po", "1924-01-01", "1924/1/1", "19240101",
    "S5.1.2", "大正13年1月1日", "東京都千代田区1-1", "1-1-1", "03-1234-567",
)  # fmt: skip


def fault(
    cell: str, personal: dict[str, str], language: Literal["en", "ja"] = "en"
) -> tuple[str, str]:
    """Return the value and the message of a benefit rate that cannot be read."""
    row = {**RECIPIENT, "benefit_rate": cell, **personal}
    batch = compute_claims(frame(visits(1)), recipients=frame([row]), language=language)
    problems = own(errors(batch.problems))
    told = problems[problems["column"] == "benefit_rate"]
    assert len(told) == 1
    return told["value"][told.index[0]], told["message"][told.index[0]]


@pytest.mark.parametrize("heading", ["name", "name_kana", "birth_date", "利用者名"])
def test_a_name_in_another_column_is_not_repeated(heading: str) -> None:
    value, message = fault("見本 一郎", {heading: "1924-01-01"})
    assert value == ""
    assert message == "'***' is not a whole number from 0 to 100; write it in digits"


@pytest.mark.parametrize("cell", PERSONAL)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_may_be_personal_is_not_repeated(cell: str, language: Literal["en", "ja"]) -> None:
    value, message = fault(cell, NAMED, language)
    assert value == ""
    assert cell not in message
    assert "***" in message


@pytest.mark.parametrize("cell", ["9x", "12a", "101", "99.5", "-5", "1390000012", "#REF!", "1割"])
def test_a_slip_in_a_number_is_repeated(cell: str) -> None:
    value, message = fault(cell, NAMED)
    assert value == cell
    assert f"'{cell}'" in message


def test_a_file_without_personal_columns_repeats_every_cell() -> None:
    value, message = fault("見本", {})
    assert value == "見本"
    assert message.startswith("'見本' is not a whole number")

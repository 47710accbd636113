"""Warnings, which hold nothing: the same from every form of input."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chiiki_tsusho import compute_claims
from chiiki_tsusho.writing.templates import write_templates
from helpers.inputs import (
    KEY_COLUMNS,
    PROVIDER,
    RECIPIENT,
    compute,
    errors,
    frame,
    places,
    visit,
)

# 137000001: 1 × 2, 7 × 2 = 14 → 1 + 4, 3, 1 × 2: 12, so 8. 13100: 1 × 2, 3, 1 × 2: 7, so 3.
ODD_PROVIDER, ODD_INSURER = "1370000011", "131000"


def given(folder: Path, form: str, rows: list[dict[str, str]]) -> pd.DataFrame | Path:
    """Rows as a frame, or as a file of a form."""
    table = frame(rows)
    path = folder / f"visits.{form}"
    match form:
        case "csv":
            table.to_csv(path, index=False)
        case "xlsx":
            table.to_excel(path, index=False)
        case "parquet":
            table.to_parquet(path, index=False)
        case _:
            return table
    return path


FORMS = ("csv", "xlsx", "parquet", "frame")


@pytest.mark.parametrize("form", FORMS)
def test_an_odd_number_is_said_once(form: str, tmp_path: Path) -> None:
    """Once, on its first row, in whatever way it is written; the claims are computed."""
    odd = {"provider_no": ODD_PROVIDER, "insurer_no": ODD_INSURER}
    full_width = {ord(one): ord(one) - ord("0") + ord("０") for one in "0123456789"}
    wide = {name: number.translate(full_width) for name, number in odd.items()}
    rows = [
        visit(1),
        visit(2, insured_no="0000000002", **wide),
        visit(3, insured_no="0000000003", **odd),
        visit(4, insured_no="0000000002", **odd),
    ]
    batch = compute_claims(given(tmp_path, form, rows))
    assert places(batch.problems) == [
        ("visits", 3, "insurer_no", ODD_INSURER, "check_digit"),
        ("visits", 3, "provider_no", ODD_PROVIDER, "check_digit"),
    ]
    assert set(batch.problems["severity"]) == {"warning"}
    assert len(batch.claims) == 3
    assert batch.held_visits.empty
    # Many claims may have a number: nothing but the number says whose the warning is.
    assert batch.problems.loc[:, list(KEY_COLUMNS)].to_numpy().tolist() == [
        ["", "", ODD_INSURER, ""],
        ["", ODD_PROVIDER, "", ""],
    ]


def test_an_odd_number_in_both_languages() -> None:
    rows = frame([visit(1, insurer_no=ODD_INSURER)])
    assert compute_claims(rows).problems["message"].tolist() == [
        "'131000' does not end in its check digit, which would be 3; compare the number with the "
        "document it comes from; nothing is held, and this is said once of all rows"
    ]
    assert compute_claims(rows, language="ja").problems["message"].tolist() == [
        "「131000」の末尾は検証番号(正しければ 3)と合いません。"
        "被保険者証や指定通知書などの番号と照合してください"
        "(請求は計算されます。同じ番号が何行あっても警告は1回です)"
    ]


def test_numbers_of_the_other_files_are_looked_at_too() -> None:
    """Of recipients also those of public funds, which a batch reads for nothing else."""
    person = RECIPIENT | {
        "public_payer_no": "12131001",
        "public_recipient_no": "0000001",
        "care_manager_no": ODD_PROVIDER,
        "facility_insurer_no": ODD_INSURER,
        "birth_date": "?",
    }
    other = person | {"insured_no": "0000000002", "public_payer_no": "12131009"}
    provider = PROVIDER | {"provider_no": ODD_PROVIDER}
    batch = compute([visit(1)], [PROVIDER, provider], [person, other])
    assert places(batch.problems) == [
        ("providers", 3, "provider_no", ODD_PROVIDER, "check_digit"),
        ("recipients", 2, "care_manager_no", ODD_PROVIDER, "check_digit"),
        ("recipients", 2, "facility_insurer_no", ODD_INSURER, "check_digit"),
        ("recipients", 2, "public_payer_no", "12131001", "check_digit"),
        ("recipients", 2, "public_recipient_no", "0000001", "check_digit"),
    ]
    assert len(batch.claims) == 1


@pytest.mark.parametrize(
    ("column", "number"), [("provider_no", ODD_PROVIDER), ("insurer_no", ODD_INSURER)]
)
@pytest.mark.parametrize("figure", [int, float, Decimal, np.int64])
def test_a_number_as_text_and_as_figure_is_one(column: str, number: str, figure: Any) -> None:
    """A workbook has them mixed where somebody typed some of them."""
    rows = frame([visit(day, **{column: number}) for day in (1, 2, 3)])
    rows[column] = pd.Series([number, figure(number), number], dtype=object)
    batch = compute_claims(rows)
    assert places(batch.problems) == [("visits", 2, column, number, "check_digit")]
    assert batch.claims["visits"].tolist() == [3]


def test_what_stands_in_a_personal_column_holds_nothing() -> None:
    """What is no number at all is for those to say who need it."""
    person = RECIPIENT | {"public_payer_no": "?", "care_manager_no": "12345"}
    assert compute([visit(1)], [PROVIDER], [person]).problems.empty


def test_an_odd_number_beside_an_error_on_its_row() -> None:
    """What is wrong with the row says whose it is; what is wrong with the number does not."""
    batch = compute([visit(1, insurer_no=ODD_INSURER, minutes="?"), visit(2)])
    assert places(batch.problems) == [
        ("visits", 2, "insurer_no", ODD_INSURER, "check_digit"),
        ("visits", 2, "minutes", "?", "bad_value"),
    ]
    assert batch.problems["insured_no"].tolist() == ["", "0000000001"]
    assert errors(batch.problems)["column"].tolist() == ["minutes"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ({"benefit_rate": "95"}, "95"),
        ({"benefit_rate": " 95"}, " 95"),
        ({"benefit_rate": "90"}, ""),
    ],
)
def test_an_unusual_rate(form: str, cells: dict[str, str], value: str, tmp_path: Path) -> None:
    """介護保険法 has 90, 80 and 70, 100 by exemption and 60 against arrears."""
    recipients = given(tmp_path, form, [RECIPIENT | cells])
    batch = compute_claims(frame([visit(1)]), None, recipients)
    warned = [("recipients", 2, "benefit_rate", value, "unusual_value")]
    assert places(batch.problems) == (warned if value else [])
    assert len(batch.claims) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_line_of_totals(form: str, tmp_path: Path) -> None:
    total = dict.fromkeys(visit(1), "") | {"service_date": "合計", "minutes": "240"}
    batch = compute_claims(given(tmp_path, form, [visit(1), total]))
    assert ("visits", 3, "", "合計", "total_row") in places(batch.problems)
    assert errors(batch.problems).empty
    assert len(batch.claims) == 1


@pytest.mark.parametrize("form", FORMS)
def test_visits_of_the_example_person(form: str, tmp_path: Path) -> None:
    """They are billed, and said once for each claim."""
    example = {"provider_no": "9999999999", "insurer_no": "999999", "insured_no": "9999999999"}
    rows = [visit(1), visit(2, **example), visit(3, **example)]
    batch = compute_claims(given(tmp_path, form, rows))
    assert places(batch.problems) == [("visits", None, "insured_no", "9999999999", "example_row")]
    assert batch.problems["message"].tolist() == [
        "claim 2016-04 9999999999 999999 9999999999: is of the example person of the template; "
        "take the rows out before anything is filed (first visit on line 3)"
    ]
    assert batch.problems.loc[:, list(KEY_COLUMNS)].to_numpy().tolist() == [
        ["201604", *example.values()]
    ]
    assert batch.claims["insured_no"].tolist() == ["0000000001", "9999999999"]
    assert batch.held_visits.empty


def test_the_example_person_in_japanese(tmp_path: Path) -> None:
    """The template, computed as it is, says that nobody has put their own rows in its place."""
    write_templates(tmp_path, "2026-06")
    visits, providers, recipients = (
        tmp_path / f"{name}.csv" for name in ("visits", "providers", "recipients")
    )
    batch = compute_claims(visits, providers, recipients, language="ja")
    assert batch.problems["message"].tolist() == [
        "請求 2026-06 9999999999 999999 9999999999: ひな形の記入例の利用者です。"
        "請求する前にその行を取り除いてください(最初の実績は2行目)"
    ]


def test_many_cells_of_a_personal_column_hold_nothing() -> None:
    """Of many texts at once those without hope are told from the others."""
    persons = [
        RECIPIENT | {"insured_no": f"{at:010}", "care_manager_no": f"?{at}"} for at in range(300)
    ]
    batch = compute([visit(1)], [PROVIDER], persons)
    assert batch.problems.empty
    assert len(batch.claims) == 1

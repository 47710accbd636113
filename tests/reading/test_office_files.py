"""Files as offices export them: what is read, and what is named with the way to put it right.

Each case is of a public kind, named beside it. Figures are typed by hand from the printed table of
2016-04 (国分寺市): 7 to 9 hours 要介護3 1,006, 要介護2 868; 要介護1 5 to 7 hours 641; bathing 50.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from chiiki_tsusho import Batch, InputFileError, compute_claims
from chiiki_tsusho.batch import claim_files
from helpers.inputs import Cells, csv_text, frame, own, places

VISIT: Cells = {
    "provider_no": "1390000014",
    "insurer_no": "139006",
    "insured_no": "0000100011",
    "service_date": "2016-05-02",
    "care_level": "3",
    "minutes": "480",
}
PROVIDER = {"provider_no": "1390000014", "area_grade": "1"}
RECIPIENT = {"insurer_no": "139006", "insured_no": "0000100011", "benefit_rate": "90"}
JAPANESE = "事業所番号,保険者番号,被保険者番号,提供日,要介護度,所要時間"


def office(folder: Path, text: str | bytes, recipients: str | None = None) -> Batch:
    """Compute the text of a file of visits of a provider of the first grade."""
    path = folder / "visits.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if recipients is None:
        return compute_claims(path, frame([PROVIDER]))
    (folder / "recipients.csv").write_text(recipients, encoding="utf-8")
    return compute_claims(path, frame([PROVIDER]), folder / "recipients.csv")


def total(batch: Batch) -> list[int]:
    units: list[int] = batch.claims["total_units"].tolist()
    return units


def test_unicode_text_of_excel(tmp_path: Path) -> None:
    """Excel's "Unicode テキスト" is UTF-16 with tabs (harelba/q 98, mpyw excel-csv check 2)."""
    row = ",".join(VISIT.values())
    lines = f"{JAPANESE}\r\n{row}\r\n{row.replace('02,3', '06,9')}\r\n".replace(",", "\t")
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        text = mark + lines.encode(encoding)
        batch = office(tmp_path, text)
        assert places(batch.problems) == [("visits", 3, "care_level", "9", "bad_value")]
        assert len(batch.held_visits) == 2
        result = claim_files(tmp_path / "visits.csv", tmp_path / encoding)
        assert result.summary.held_visits == 2
        # Byte for byte as it was given.
        assert (tmp_path / encoding / "held_visits.csv").read_bytes() == text


def test_unicode_text_with_commas_and_quotation_marks(tmp_path: Path) -> None:
    heading, row = f"{JAPANESE},備考".replace(",", "\t"), "\t".join(VISIT.values())
    lines = f'{heading}\r\n{row}\t"a, ""b"""\r\n'
    batch = office(tmp_path, b"\xff\xfe" + lines.encode("utf-16-le"))
    assert batch.problems.empty
    assert total(batch) == [1006]


@pytest.mark.parametrize("between", ["\t", ","])
def test_unicode_text_whose_first_heading_is_quoted(between: str, tmp_path: Path) -> None:
    rows = [[*JAPANESE.split(","), "メモ,欄"], [*VISIT.values(), "x"]]
    lines = "".join(between.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    (tmp_path / "visits.csv").write_bytes(b"\xff\xfe" + lines.encode("utf-16-le"))
    batch = compute_claims(tmp_path / "visits.csv", ignore_columns=["メモ,欄"])
    assert batch.problems.empty
    assert total(batch) == [1006]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("between", ["\t", ","])
def test_unicode_text_whose_heading_is_wrapped(between: str, encoding: str, tmp_path: Path) -> None:
    """A wrapped heading has line breaks in its cells, the first one too; lines count from them."""
    headings = [f"{one[:2]}\n{one[2:]}" for one in JAPANESE.split(",")]
    bad = VISIT | {"service_date": "2016-05-32"}
    lines = [
        between.join(f'"{one}"' for one in headings),
        *(between.join(row.values()) for row in (VISIT, bad)),
    ]
    text = ("\ufeff" + "\r\n".join(lines) + "\r\n").encode(encoding)
    batch = office(tmp_path, text)
    line = 2 + len(headings) + 1
    assert places(batch.problems) == [("visits", line, "service_date", "2016-05-32", "bad_value")]
    claim_files(tmp_path / "visits.csv", tmp_path / "out")
    assert (tmp_path / "out" / "held_visits.csv").read_bytes() == text


def test_one_nul_is_named_by_its_line(tmp_path: Path) -> None:
    """One NUL in one cell (turicas/rows 273)."""
    rows = [VISIT, {**VISIT, "service_date": "2016-05-06\0"}, {**VISIT, "insured_no": "0000200011"}]
    batch = office(tmp_path, csv_text(rows))
    assert places(batch.problems) == [("visits", 3, "service_date", "2016-05-06\0", "bad_value")]
    assert batch.problems["message"].tolist() == [
        "'2016-05-06\\x00' holds the character U+0000, which cannot be seen; type the cell anew"
    ]
    assert batch.claims["insured_no"].tolist() == ["0000200011"]


def test_full_width_numbers(tmp_path: Path) -> None:
    """Full-width characters in a CSV (NIFCLOUD mbaas UserCommunity 1216)."""
    wide = str.maketrans("0123456789/", "０１２３４５６７８９／")
    row = {name: cell.replace("-", "/").translate(wide) for name, cell in VISIT.items()}
    batch = office(tmp_path, csv_text([row]), csv_text([RECIPIENT]))
    assert batch.problems.empty
    assert total(batch) == [1006]
    assert batch.claims["insured_no"].tolist() == ["0000100011"]
    assert batch.claims["total_yen"].tolist() == [10965]


def test_rows_of_commas_alone(tmp_path: Path) -> None:
    """Below a table spreadsheets write rows of commas (firefly-iii 691, atom 657)."""
    days = ("02", "06", "09")
    rows = [{**VISIT, "service_date": f"2016-05-{day}"} for day in days]
    for blank in (",,,,,\n", " , ,,,,\n", '"","","","","",""\n', "\n", ",,,\n"):
        batch = office(tmp_path, csv_text(rows[:2]) + blank * 3 + csv_text(rows[2:]).split("\n")[1])
        assert batch.problems.empty
        assert total(batch) == [3018]


def test_dates_of_the_claim_form(tmp_path: Path) -> None:
    """和暦, as the claim form itself is written; 年月日; what a spreadsheet adds to a date."""
    dates = [
        "H28.5.2", "平成28年5月2日", "2016年5月2日", "2016/5/2 0:00", "2016-05-02 00:00:00",
        "㍻28年5月2日", "Ｈ28/05/02", "2016/5/2(月)", "2016年 5月 2日（月曜日）", "2016.5.2",
        "平成28年5月2日 月曜日",
    ]  # fmt: skip
    rows = [
        {**VISIT, "insured_no": f"{at:010}", "service_date": one} for at, one in enumerate(dates)
    ]
    batch = office(tmp_path, csv_text(rows))
    assert batch.problems.empty
    assert total(batch) == [1006] * len(dates)
    assert set(batch.claims["service_month"]) == {"201605"}


def test_marks_in_the_columns_of_additions(tmp_path: Path) -> None:
    """Lists of facilities mark what they have with ○ and ―."""
    yes, no = ("○", "〇", "●", "✓", "レ", "有", "あり", "1", "１", "1.0", "TRUE"), (
        "×", "✕", "－", "―", "無", "なし", "0", "", "FALSE",
    )  # fmt: skip
    rows = [
        {**VISIT, "insured_no": f"{at:010}", "bathing": mark} for at, mark in enumerate((*yes, *no))
    ]
    batch = office(tmp_path, csv_text(rows))
    assert batch.problems.empty
    assert total(batch) == [1056] * len(yes) + [1006] * len(no)


def test_length_of_stay_in_hours(tmp_path: Path) -> None:
    """7:30, 7時間30分 as provision sheets have it; 7.5 is not guessed at (zeiterfassung 15)."""
    stays = ["7:30", "7時間30分", "450分", "450", "7時間半", "450.0", "７：３０", "7.5"]
    rows = [{**VISIT, "insured_no": f"{at:010}", "minutes": one} for at, one in enumerate(stays)]
    batch = office(tmp_path, csv_text(rows))
    assert total(batch) == [1006] * 7
    assert places(batch.problems) == [("visits", 9, "minutes", "7.5", "bad_value")]


@pytest.mark.parametrize("as_table", ["csv", "frame", "arrow"])
def test_numbers_with_decimals_and_thousands(tmp_path: Path, as_table: str) -> None:
    """1.0 for 1 once a column has a blank (pandas 28335); 6,000 as a spreadsheet shows it."""
    date = VISIT["service_date"].replace("-", "")
    row = {**VISIT, "service_date": f"{date}.0", "care_level": "3.0", "minutes": "480.0"}
    row["bathing"] = "1.0"
    recipient = {**RECIPIENT, "benefit_rate": "90.0", "planned_units": "1,000.0"}
    recipient["service_month"] = f"{date[:6]}.0"
    visits, recipients = frame([row]), frame([recipient])
    if as_table == "csv":
        text = csv_text([recipient]).replace("1,000.0", '"1,000.0"')
        batch = office(tmp_path, csv_text([row]), text)
    elif as_table == "frame":
        batch = compute_claims(visits, frame([PROVIDER]), recipients)
    else:
        batch = compute_claims(pa.table(visits), frame([PROVIDER]), pa.table(recipients))
    assert batch.problems.empty
    assert total(batch) == [1056]
    # 1,000 units of the plan at 10.90.
    assert batch.claims["planned_units"].tolist() == [1000]
    assert batch.claims["total_yen"].tolist() == [10900]


def test_what_a_spreadsheet_did_to_a_number(tmp_path: Path) -> None:
    """1.39E+09 (sqlitebrowser 160), ="…" (CsvHelper 758), U+001F in front (tableExport 103)."""
    cells = {
        "1.39E+09": "its last digits are lost; format the column as text and export it again",
        '"=""0000100011"""': "write the text alone: '0000100011'",
        "\x1f0000100011": "holds the character U+001F, which cannot be seen",
        "0000100011\u200b": "holds the character U+200B, which cannot be seen",
        "'0000100011": "begins with an apostrophe",
        "=A1": "is a formula and not its value",
        "#N/A": "is an error of a spreadsheet",
        "100011": "has 6 digits where 10 were expected; a spreadsheet may have dropped zeros",
    }
    for cell, message in cells.items():
        batch = office(tmp_path, csv_text([VISIT]).replace("0000100011", cell))
        (problem,) = own(batch.problems).to_dict("records")
        assert (problem["column"], problem["rule"]) == ("insured_no", "bad_value")
        assert message in problem["message"]
        assert batch.claims.empty


def test_no_shortfall_in_words(tmp_path: Path) -> None:
    """A column 減算区分 filled with なし."""
    for word in ("なし", "無", "0", "-", ""):
        batch = office(tmp_path, csv_text([{**VISIT, "shortfall": word}]))
        assert batch.problems.empty
        assert total(batch) == [1006]


def test_benefit_rate_in_tenths_and_per_cent(tmp_path: Path) -> None:
    for rate, yen in {"9割": 9868, "90%": 9868, "９０％": 9868, "8割": 8772, "100": 10965}.items():
        batch = office(tmp_path, csv_text([VISIT]), csv_text([{**RECIPIENT, "benefit_rate": rate}]))
        assert batch.problems.empty
        # 1,006 at 10.90 is 10,965 yen.
        assert batch.claims["insurance_yen"].tolist() == [yen]
    for rate in ("1割", "30%", "0.9", "九割"):
        batch = office(tmp_path, csv_text([VISIT]), csv_text([{**RECIPIENT, "benefit_rate": rate}]))
        assert places(batch.problems) == [("recipients", 2, "benefit_rate", rate, "bad_value")]


@pytest.mark.parametrize("order", [1, -1])
def test_decimals_of_a_database_in_any_order(order: int) -> None:
    """NUMERIC columns come as Decimal; of equal values pandas keeps the first."""
    minutes = [Decimal(480), Decimal("480.0"), 480.0, 480, Decimal("480.00")][::order]
    days = range(2, 2 + len(minutes))
    rows = [{**VISIT, "service_date": f"2016-05-{day:02}"} for day in days]
    batch = compute_claims(frame(rows).assign(minutes=pd.Series(minutes, dtype=object)))
    assert batch.problems.empty
    assert total(batch) == [1006 * 5]


def test_tables_of_any_library() -> None:
    visits = frame([VISIT, {**VISIT, "service_date": "2016-05-06", "minutes": "x"}])
    providers = frame([PROVIDER])
    expected = compute_claims(visits, providers, frame([RECIPIENT]))
    columns: dict[str, Any] = {str(name): visits[name].tolist() for name in visits}
    relation = duckdb.connect().from_arrow(pa.table(columns))
    for given in (pl.DataFrame(columns), pa.table(columns), relation, columns):
        batch = compute_claims(given, providers, pl.DataFrame([RECIPIENT]))
        pd.testing.assert_frame_equal(batch.claims, expected.claims)
        pd.testing.assert_frame_equal(batch.problems, expected.problems)
        assert batch.held_visits["minutes"].tolist() == ["480", "x"]


def test_what_is_no_table_is_named_with_its_library() -> None:
    with pytest.raises(InputFileError, match=r"visits: a table was expected .*, not pandas\."):
        compute_claims(pd.Series([1]).groupby(level=0))


@pytest.mark.parametrize("column", ["planned_units", "public_copay_yen"])
def test_a_number_that_is_too_large_is_told_so(column: str) -> None:
    recipient = {**RECIPIENT, column: "1000000000"}
    problems = compute_claims(frame([VISIT]), None, frame([recipient])).problems
    assert problems["message"].tolist() == [
        "'1000000000' is not a whole number from 0 to 999999999; write it in digits"
    ]

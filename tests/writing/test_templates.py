"""The files to fill in: every heading is understood, and the example computes."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string
from pandas.testing import assert_frame_equal

from chiiki_tsusho import OutputError, UnsupportedMonthError, load_code_book
from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES, PROBLEMS, VISITS
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_book import load_codes
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.reading.cells import PARSERS
from chiiki_tsusho.writing.templates import write_templates
from helpers.inputs import Cells, compute

TABLE = Path(__file__).resolve().parents[2] / "data" / "service_codes.csv"
LANGUAGES: tuple[Language, ...] = ("en", "ja")
# The first month of each period that adds or changes rows.
MONTHS = ("2016-04", "2017-04", "2024-04", "2026-06")


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, strict=True))


def records(path: Path) -> list[Cells]:
    heading, *rows = read(path)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def claim(folder: Path, codes: Path | None = None) -> FileBatch:
    return claim_files(
        folder / "visits.csv",
        folder / "claims",
        folder / "providers.csv",
        folder / "recipients.csv",
        codes,
    )


def assert_computes(batch: FileBatch) -> None:
    """One claim, with its yen, and nothing to say about it."""
    assert batch.problems["rule"].tolist() == ["example_row"]
    summary = batch.summary
    assert (summary.visits, summary.claims, summary.held_visits) == (1, 1, 0)
    assert summary.yen > 0
    assert (summary.without_price, summary.without_rate) == (0, 0)


# ---------------------------------------------------------------- the example


@pytest.mark.parametrize("headings", LANGUAGES)
@pytest.mark.parametrize("month", [None, *MONTHS])
def test_the_three_examples_compute_without_a_problem(
    month: str | None, headings: Language, tmp_path: Path
) -> None:
    write_templates(tmp_path, month, headings=headings)
    assert_computes(claim(tmp_path))
    (claimed,) = records(tmp_path / "claims" / "claims.csv")
    assert claimed["service_month"] == (month or "2026-06").replace("-", "")


def test_the_example_of_2016_to_the_unit(tmp_path: Path) -> None:
    """要介護3, 7 to 9 hours: 1,006; 個別機能訓練加算Ⅰ 46; 1,052 at 10.90 are 11,466.8 yen."""
    write_templates(tmp_path, "2016-04")
    claim(tmp_path)
    lines = records(tmp_path / "claims" / "claim_lines.csv")
    assert [(line["service_code"], line["units"]) for line in lines] == [
        ("781443", "1006"),
        ("785051", "46"),
    ]
    (claimed,) = records(tmp_path / "claims" / "claims.csv")
    assert (claimed["total_yen"], claimed["insurance_yen"]) == ("11466", "10319")


@pytest.mark.parametrize("service", ["day_care", "medical_day_care"])
def test_the_example_is_of_the_table_given(service: str, tmp_path: Path) -> None:
    """A table of one service alone, its additions those of both; no visit but understaffed."""
    rows = records(TABLE)
    kept = [
        row
        for row in rows
        if row["valid_from"] == "201604"
        and (
            row["kind"] == "addition"
            or (row["service"] == service and row["shortfall"] == "understaffed")
        )
    ]
    codes = tmp_path / "codes.csv"
    with codes.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
    for headings in LANGUAGES:
        folder = tmp_path / headings
        write_templates(folder, codes=codes, headings=headings)
        assert_computes(claim(folder, codes))
        (shown,) = records(folder / "visits.csv")
        assert list(shown.values()).count("1") == 2  # the session, and an addition that fits
        shortfall = {"en": "understaffed", "ja": "人員欠如"}[headings]
        assert shown[{"en": "shortfall", "ja": "減算区分"}[headings]] == shortfall


def test_the_examples_go_together_and_name_nobody(tmp_path: Path) -> None:
    write_templates(tmp_path)
    visit, provider, recipient = (records(tmp_path / f"{file}.csv")[0] for file in FILES)
    assert visit["provider_no"] == provider["provider_no"] == "9999999999"
    assert visit["insurer_no"] == recipient["insurer_no"] == "999999"
    assert visit["insured_no"] == recipient["insured_no"] == "9999999999"
    assert not provider["service_month"]
    assert not recipient["service_month"]


# ---------------------------------------------------------------- headings


def keys_of(month: str | None) -> set[str]:
    """The additions of a month; without one, of the latest revision."""
    table = load_codes(month or "2026-06")
    return set(table.keys) - table.chosen_keys


@pytest.mark.parametrize("month", [None, *MONTHS])
def test_english_headings_are_the_columns_and_all_keys(month: str | None, tmp_path: Path) -> None:
    write_templates(tmp_path, month)
    for file, columns in FILES.items():
        heading = read(tmp_path / f"{file}.csv")[0]
        assert heading == [column.name for column in columns] + sorted(keys_of(month))


@pytest.mark.parametrize("month", [None, *MONTHS])
def test_japanese_headings_are_the_columns_and_all_names(month: str | None, tmp_path: Path) -> None:
    write_templates(tmp_path, month, headings="ja")
    table = load_codes(month or "2026-06")
    names = {
        table.rows[table.key_positions[key]].name.removeprefix(SERVICE_PREFIX)
        for key in keys_of(month)
    }
    for file, columns in FILES.items():
        heading = read(tmp_path / f"{file}.csv")[0]
        assert heading[: len(columns)] == [column.heading for column in columns]
        additions = heading[len(columns) :]
        assert len(additions) == len(set(additions))
        assert set(additions) == names


def one_of(table: CodeTable, key: str) -> Cells:
    """A visit of the month that may have an addition."""
    row = table.rows[table.key_positions[key]]
    service = "day_care" if row.service == "both" else row.service
    base = next(one for one in table.rows if one.kind == "base" and one.service == service)
    return {
        "provider_no": "1390000015",
        "insurer_no": "139001",
        "insured_no": "0000100011",
        "service_date": f"{str(table.month)[:4]}-{str(table.month)[4:]}-01",
        "care_level": str(base.care_level or ""),
        "minutes": str(base.minutes_from),
        "service": base.service,
    }


@pytest.mark.parametrize("month", ["2016-04", "2017-04", "2026-06"])
def test_a_japanese_heading_means_what_its_key_means(month: str, tmp_path: Path) -> None:
    """Each addition of the month, under its name and under its key, in a file with all headings."""
    write_templates(tmp_path, month, headings="ja")
    heading = read(tmp_path / "visits.csv")[0]
    english = {column.name: column.heading for column in VISITS}
    table = load_codes(month)
    by_name, by_key = [], []
    for person, (key, at) in enumerate(table.key_positions.items()):
        row = {**one_of(table, key), "insured_no": f"{person:010}"}
        name = table.rows[at].name.removeprefix(SERVICE_PREFIX)
        assert name in heading
        blank = dict.fromkeys(heading, "")
        # What cannot stand alone has one beside it that it needs.
        beside = dict.fromkeys(table.rows[at].needed[:1], "1")
        names = {
            table.rows[table.key_positions[one]].name.removeprefix(SERVICE_PREFIX): cell
            for one, cell in beside.items()
        }
        by_name.append(
            blank | {english[column]: cell for column, cell in row.items()} | names | {name: "1"}
        )
        by_key.append({**row, **dict.fromkeys(table.key_positions, ""), **beside, key: "1"})
    found, expected = compute(by_name), compute(by_key)
    assert set(found.problems["rule"]) == {"check_digit"}
    assert len(found.claims) == len(table.key_positions)
    assert_frame_equal(found.claim_lines, expected.claim_lines)


def test_keys_are_the_headings_where_a_name_would_mean_two_things(tmp_path: Path) -> None:
    """Two additions of one name in one month, then a name that is a column of the file."""
    rows = records(TABLE)
    for other, name in (("dementia_care", "地域通所介護入浴介助加算"), ("bathing", "提供日")):
        changed = [row | {"name": name} if row["key"] == other else row for row in rows]
        codes = tmp_path / f"{other}.csv"
        with codes.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(changed)
        folder = tmp_path / other
        write_templates(folder, "2016-04", codes, "ja")
        heading = read(folder / "visits.csv")[0]
        assert {"bathing", other} <= set(heading)
        assert "個別機能訓練加算Ⅰ" in heading
        assert len(heading) == len(set(heading)) == len(VISITS) + len(keys_of("2016-04"))
        assert_computes(claim(folder, codes))


# ---------------------------------------------------------------- the workbook


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path / "template.xlsx")
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book
    }


@pytest.mark.parametrize("headings", LANGUAGES)
@pytest.mark.parametrize("month", MONTHS)
def test_the_workbook_computes_as_the_files_do(
    month: str, headings: Language, tmp_path: Path
) -> None:
    write_templates(tmp_path, month, headings=headings)
    book = tmp_path / "template.xlsx"
    names = {"en": ("providers", "recipients"), "ja": ("事業所", "利用者")}[headings]
    others = [f"{book}#{name}" for name in names]
    batch = claim_files(book, tmp_path / "from_book", others[0], others[1])
    assert_computes(batch)
    assert claim(tmp_path).summary == batch.summary


@pytest.mark.parametrize("headings", LANGUAGES)
@pytest.mark.parametrize("month", MONTHS)
def test_the_workbook_has_each_addition_of_the_month_once(
    month: str, headings: Language, tmp_path: Path
) -> None:
    write_templates(tmp_path, month, headings=headings)
    written = [rows[0] for rows in list(sheets(tmp_path).values())[:3]]
    additions = [
        heading
        for row, columns in zip(written, FILES.values(), strict=True)
        for heading in row[len(columns) :]
    ]
    assert sorted(additions) == sorted(read(tmp_path / "visits.csv")[0][len(VISITS) :])


def test_an_addition_stands_where_one_fills_it_in(tmp_path: Path) -> None:
    """Of a visit, registered for the provider, once a month for a person."""
    write_templates(tmp_path, "2026-06")
    visits, providers, recipients, _ = (rows[0] for rows in sheets(tmp_path).values())
    assert {"bathing_1", "no_transport", "nutrition_improvement"} <= set(visits)
    assert {"service_provision_1", "treatment_improvement_1i", "rural_area"} <= set(providers)
    assert "science_based_care" in recipients


def test_the_workbook_explains_its_columns_in_one_language(tmp_path: Path) -> None:
    write_templates(tmp_path, "2026-06", headings="ja")
    names = list(sheets(tmp_path))
    assert names == ["実績", "事業所", "利用者", "説明"]
    head, *rows = sheets(tmp_path)["説明"]
    assert head == ["シート", "列", "必須", "例", "意味"]
    explained = {(row[0], row[1]): row[4] for row in rows}
    for file, name in zip(FILES, names, strict=False):
        for column in FILES[file]:
            assert explained[name, column.heading] == column.meaning_ja


def test_numbers_are_texts_and_dates_are_dates(tmp_path: Path) -> None:
    write_templates(tmp_path, "2026-06")
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    assert book["visits"]["A2"].value == "9999999999"
    assert book["visits"]["D2"].value == datetime(2026, 6, 1)
    for sheet, letters in (("visits", "ABC"), ("providers", "A"), ("recipients", "AB")):
        assert book[sheet].freeze_panes == "A2"
        for letter in letters:
            assert book[sheet].column_dimensions[letter].number_format == "@"


@pytest.mark.parametrize("headings", LANGUAGES)
def test_every_choice_of_the_workbook_is_understood(headings: Language, tmp_path: Path) -> None:
    write_templates(tmp_path, "2026-06", headings=headings)
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    offered = 0
    for sheet, columns in zip(book, FILES.values(), strict=False):
        for one in sheet.data_validations.dataValidation:
            if one.type != "list":
                continue
            at = column_index_from_string(str(one.sqref)[0]) - 1
            if len(str(one.sqref).split(":")[0]) > 2 or at >= len(columns):
                continue  # an addition
            # Columns of the claim file alone are read by that.
            if parser := PARSERS.get(columns[at].kind):
                for text in one.formula1.strip('"').split(","):
                    parser(text)
                    offered += 1
    assert offered > 20


# ---------------------------------------------------------------- the dictionary


@pytest.mark.parametrize("headings", LANGUAGES)
def test_the_dictionary_tells_every_column_in_both_languages(
    headings: Language, tmp_path: Path
) -> None:
    write_templates(tmp_path, headings=headings)
    heading, *rows = read(tmp_path / "dictionary.csv")
    assert (
        heading
        == {
            "en": ["file", "column", "heading", "required", "example", "meaning", "meaning_ja"],
            "ja": ["ファイル", "列", "見出し", "必須", "例", "意味(英語)", "意味"],
        }[headings]
    )
    expected = [(file, one) for file, columns in FILES.items() for one in columns]
    outputs = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}
    of_outputs = [(file, one) for file, columns in outputs.items() for one in columns]
    keys = sorted(keys_of(None))
    of_columns = rows[: len(expected)] + rows[len(expected) + len(keys) :]
    assert [row[:3] + row[5:] for row in of_columns] == [
        [file, one.name, one.heading, one.meaning, one.meaning_ja]
        for file, one in [*expected, *of_outputs]
    ]
    yes, no = {"en": ("yes", "no"), "ja": ("必須", "任意")}[headings]
    assert [row[3] for row in rows[: len(expected)]] == [
        yes if one.required else no for _, one in expected
    ]
    of_keys = rows[len(expected) : len(expected) + len(keys)]
    assert [row[:2] for row in of_keys] == [["all", key] for key in keys]
    told = {row[1]: row for row in of_keys}
    assert told["no_transport"][2:] == [
        "送迎減算",
        no,
        "1",
        "count of 地域通所介護送迎減算 (2016-04 to 2019-09, from 2021-04): blank, 0 or up to 2",
        "地域通所介護送迎減算(2016-04〜2019-09、2021-04以降)の回数: 空欄、0、または2まで",
    ]
    assert told["service_provision_2"][2] == "サービス提供体制加算Ⅲ / サービス提供体制加算Ⅱ"
    assert told["service_provision_2"][6] == (
        "地域通所介護サービス提供体制加算Ⅲ(2016-04〜2018-03)、"
        "地域通所介護サービス提供体制加算Ⅱ(2018-04〜2019-09、2021-04以降)の回数: "
        "空欄、0、または1まで"
    )


@pytest.mark.parametrize("headings", LANGUAGES)
def test_the_examples_of_the_dictionary_can_be_used(headings: Language, tmp_path: Path) -> None:
    """Its times say the minutes of the example, and each of its values is one of its column."""
    write_templates(tmp_path, "2016-04", headings=headings)
    _, *rows = read(tmp_path / "dictionary.csv")
    example = {file: {row[2]: row[4] for row in rows if row[0] == file} for file in FILES}
    visit = example["visits"]
    assert (visit["所要時間"], visit["開始時刻"], visit["終了時刻"]) == ("420", "9:00", "16:00")
    assert all(visit.values())
    visit = {name: cell for name, cell in visit.items() if name not in ("所要時間", "減算区分")}
    batch = compute([visit], [example["providers"]], [example["recipients"]])
    assert batch.problems["rule"].tolist() == ["example_row"]
    # 12 (生活保護) takes over what the insurance leaves, the person pays nothing.
    assert batch.claims[["public_yen", "copay_yen"]].to_numpy().tolist() == [[1097, 0]]


# ---------------------------------------------------------------- the folder


def test_files_of_the_user_are_never_touched(tmp_path: Path) -> None:
    mine = tmp_path / "recipients.csv"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_templates(tmp_path, headings="ja")
    assert str(caught.value) == f"{mine}: is there already; choose an empty folder"
    assert caught.value.say("ja") == f"{mine}: すでにあります。空のフォルダを指定してください"
    assert [path.name for path in tmp_path.iterdir()] == ["recipients.csv"]
    with pytest.raises(OutputError) as caught:
        write_templates(mine)
    assert str(caught.value) == f"{mine}: is a file; a folder was expected"
    assert caught.value.say("ja") == f"{mine}: ファイルです。フォルダを指定してください"
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_month_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMonthError, match="no code table for 2016-03"):
        write_templates(tmp_path / "new", "2016-03")
    assert not (tmp_path / "new").exists()


def test_a_table_without_a_code_for_any_visit_is_refused(tmp_path: Path) -> None:
    rows = [
        row for row in records(TABLE) if row["kind"] == "addition" and row["valid_from"] == "201604"
    ]
    codes = tmp_path / "codes.csv"
    with codes.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert load_code_book(codes).months == []
    with pytest.raises(UnsupportedMonthError, match="no code table for 2016-04"):
        write_templates(tmp_path / "new", codes=codes)


def test_a_template_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chiiki_tsusho.writing.templates.write_workbook", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_templates(tmp_path / "month")
    assert list(tmp_path.iterdir()) == []

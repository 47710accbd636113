"""What the two readers of a report look for: who waits and why, each person, groups, CSVs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.reports.page import write_report
from helpers.inputs import Cells, frame, visit, visits
from helpers.pages import read_page
from helpers.reports import (
    provider_no,
    read_rows,
    varied_batch,
    varied_registers,
    write_visits,
)

# 781241 is 426 units (3 to 5 hours, 要介護1); treatment improvement is 40/1000 of all units;
# a unit of the first grade is 10.90 yen.
# Two visits: 852 + 34 (852 x 0.04 = 34.08) = 886 units; 886 x 10.90 = 9,657.4 yen.
UNITS, TOTAL_YEN = "886", "9,657"
COMPUTED = [visit(1), visit(2)]
OTHER = {"insured_no": "0000000002"}


def test_who_waits_comes_first_with_an_estimate(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [*COMPUTED, visit(1, **OTHER, minutes="abc")])
    page = read_page(write_report(batch.folder, language="en"))
    assert page.all("h2")[0].attributes["id"] == "held"
    (row,) = page.table("held-caption")[1:-1]
    # One row of visits: half of 886 units; half of 9,657 yen, half up.
    assert row[:6] == ["1370000018", "131003", "0000000002", "1", "443", "4,829"]
    assert row[6].startswith("visits line 4 minutes 'abc' is not a length of stay")
    assert "about 443 units, 4,829 yen" in page.classed("notice")[0].text
    assert page.table("held-caption")[-1] == ["Total", "1", "443", "4,829", ""]


def test_where_nothing_was_computed_the_visits_stand_alone(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [visit(1, minutes="abc"), visit(2)])
    page = read_page(write_report(batch.folder, language="ja"))
    (row,) = page.table("held-caption")[1:-1]
    assert row[:6] == ["1370000018", "131003", "0000000001", "2", "—", "—"]
    assert "見込み:" not in page.classed("notice")[0].text


def test_rows_of_no_claim_are_not_called_claims(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [visit(1, service_date="2016-99-01")])
    for language, said in (
        ("en", "1 row could not be computed. Of 1 row it cannot be read"),
        ("ja", "1行が未計算(要修正)です。1行は、誰の"),
    ):
        page = read_page(write_report(batch.folder, language=language))  # type: ignore[arg-type]
        assert said in page.classed("notice")[0].text


def test_a_claim_without_an_error_of_its_own_says_what_it_waits_for(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [*COMPUTED, visit(3, insured_no="")])
    page = read_page(write_report(batch.folder, language="en"))
    (row,) = page.table("held-caption")[1:-1]
    assert row[:4] == ["1370000018", "131003", "0000000001", "2"]
    assert row[6].startswith("No error of its own; it waits for the correction of:")
    assert "It cannot be read whose visit a row is" in row[6]


def test_why_a_claim_waits_is_said_without_the_numbers_beside_it(tmp_path: Path) -> None:
    # 5606 may be claimed twice a month (厚生労働省 サービスコード表, 月2回限度).
    rows = [*COMPUTED, *(visit(day, **OTHER, oral_function="1") for day in (1, 2, 3))]
    batch = varied_batch(tmp_path, rows)
    page = read_page(write_report(batch.folder, language="ja"))
    (row,) = page.table("held-caption")[1:-1]
    assert row[6].startswith("請求全体 地域通所介護口腔機能向上加算 oral_function")
    assert "2016-04" not in row[6]
    # Where the numbers do not stand beside it, the message keeps them.
    assert "2016-04 1370000018 131003 0000000002" in page.section("problems").text


def test_a_share_is_drawn_as_long_as_it_is(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [visit(1, bathing="1"), visit(2)])
    page = read_page(write_report(batch.folder, language="en"))
    widths = [
        one.first("rect").attributes["width"] for one in page.section("additions").classed("meter")
    ]
    assert widths == ["50.0%", "100.0%"]


def test_each_person_beside_the_month_before(tmp_path: Path) -> None:
    gone: Cells = {"insured_no": "0000000003"}
    before, now = tmp_path / "before", tmp_path / "now"
    for folder, rows in (
        (before, [visit(1), visit(1, **gone), visit(1, **OTHER)]),
        (now, [*COMPUTED, visit(1, insured_no="0000000004"), visit(1, **OTHER, minutes="abc")]),
    ):
        folder.mkdir()
        varied_batch(folder, rows)
    page = read_page(write_report(now / "claims", language="en", before=before / "claims"))
    # One visit: 426 + 17 (17.04) = 443 units.
    people = page.table("people-caption")[1:]
    assert people[0][:4] == ["1370000018", "131003", "0000000001", "Care level 1"]
    assert people[0][4:8] == ["2", "2", UNITS, TOTAL_YEN]
    assert people[0][-2:] == ["443", "+443"]
    assert people[1][2] == "0000000004"
    assert people[1][-2:] == ["—", "+443"]
    assert page.table("before-caption")[1:3] == [
        ["Claims", "3", "2", "-1 (-33.3%)"],
        ["Persons", "3", "2", "-1 (-33.3%)"],
    ]
    assert [row[2:] for row in page.table("gone-caption")[1:-1]] == [
        ["0000000002", "443", "not computed, to be corrected"],
        ["0000000003", "443", "no visits"],
    ]


@pytest.mark.parametrize(("now", "before"), [(1, 1), (1, 0), (0, 1), (0, 0)])
def test_a_month_before_where_nobody_is_gone_and_nothing_waits(
    now: int, before: int, tmp_path: Path
) -> None:
    for name, number in (("now", now), ("before", before)):
        (tmp_path / name).mkdir()
        table = frame(visits(2)).iloc[: 2 * number]
        table.to_csv(tmp_path / name / "visits.csv", index=False)
        claim_files(tmp_path / name / "visits.csv", tmp_path / name / "claims")
    page = write_report(tmp_path / "now/claims", language="en", before=tmp_path / "before/claims")
    rows = read_page(page).table("before-caption")
    assert rows[1][:3] == ["Claims", str(before), str(now)]


def test_what_is_added_and_how_often(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [visit(1, bathing="1"), visit(2)])
    page = read_page(write_report(batch.folder, language="ja"))
    assert page.table("additions-caption")[1:-1] == [
        ["地域通所介護入浴介助加算", "1日につき", "1", "1", "実日数2日", "50.0%", "50"],
        # 852 + 50 = 902; 902 x 0.04 = 36.08.
        [
            "地域通所介護処遇改善加算Ⅰ", "総単位数の40/1000", "1", "1", "請求1件", "100.0%", "36",
        ],
    ]  # fmt: skip


def test_groups_of_a_municipality(tmp_path: Path) -> None:
    rows = [*COMPUTED, visit(1, provider_no=provider_no(2), insurer_no="131011", care_level="3")]
    visits = write_visits(tmp_path / "visits.csv", rows)
    providers, _ = varied_registers(tmp_path)
    batch = claim_files(visits, tmp_path / "claims", providers)
    page = read_page(write_report(batch.folder, language="ja"))
    assert [row[:2] for row in page.table("insurers-caption")[1:]] == [
        ["131003", "1"], ["131011", "1"], ["合計", "2"],
    ]  # fmt: skip
    assert [row[:2] for row in page.table("levels-caption")[1:-1]] == [
        ["要介護1", "1"],
        ["要介護3", "1"],
    ]
    # Without recipients no benefit rate is known, but the grades of the providers are.
    assert [row[:3] for row in page.table("grades-caption")[1:-1]] == [
        ["1級地", "10.90", "1"],
        ["2級地", "10.72", "1"],
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_csv_behind_each_list(tmp_path: Path, ending: str) -> None:
    visits = write_visits(tmp_path / "visits.csv", COMPUTED)
    providers, recipients = varied_registers(tmp_path)
    folder = claim_files(
        visits,
        tmp_path / "out",
        providers,
        recipients,
        file_format="xlsx" if ending == "xlsx" else "csv",
    ).folder
    page = read_page(write_report(folder, language="en", csv=tmp_path / "figures"))
    names = {one.text.removeprefix("CSV: ") for one in page.classed("csv")}
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names <= written
    assert {"by_person.csv", "by_code.csv", "units.csv", "days_and_visits.csv"} <= names
    with (tmp_path / "figures" / "by_person.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["Insured number"], row["Total units"], row["Total cost, yen"]) == (
        "0000000001",
        "886",
        "9657",
    )


@pytest.mark.parametrize("figures", ["new", "new/figures"])
def test_the_page_may_lie_where_the_figures_make_a_folder(tmp_path: Path, figures: str) -> None:
    folder = varied_batch(tmp_path, [visit(1)]).folder
    page = tmp_path / "new" / "report.html"
    assert write_report(folder, page, language="en", csv=tmp_path / figures) == page
    assert page.exists()
    assert (tmp_path / figures / "units.csv").exists()


def test_a_page_that_cannot_be_written_leaves_no_folder_for_the_figures(tmp_path: Path) -> None:
    folder = varied_batch(tmp_path, [visit(1)]).folder
    before = sorted(tmp_path.iterdir())
    (tmp_path / "mine").mkdir()
    for figures in (tmp_path / "new" / "figures", tmp_path / "mine"):
        with pytest.raises(OutputError, match=r"page\.html: cannot be written"):
            write_report(folder, tmp_path / "none" / "page.html", csv=figures)
        assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "mine"])


def test_a_file_in_the_place_of_the_folder_for_the_figures(tmp_path: Path) -> None:
    folder = varied_batch(tmp_path, [visit(1)]).folder
    (tmp_path / "figures.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"figures\.csv: is a file; a folder was expected"):
        write_report(folder, language="en", csv=tmp_path / "figures.csv")


def test_figures_that_cannot_all_be_written_leave_no_page_and_no_figures(tmp_path: Path) -> None:
    folder = varied_batch(tmp_path, [visit(1)]).folder
    figures = tmp_path / "figures"
    (figures / "units.csv").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"units\.csv: is a folder"):
        write_report(folder, language="en", csv=figures)
    assert [path.name for path in figures.iterdir()] == ["units.csv"]
    assert not (folder / "report.html").exists()


def test_yen_are_whole_numbers_where_those_of_another_claim_are_not_known(tmp_path: Path) -> None:
    known = {"provider_no": provider_no(1)}
    # Of the ninth provider the area grade is not known.
    unknown = {"provider_no": provider_no(9)}
    folder = varied_batch(tmp_path, [visit(1, **known), visit(1, **unknown)]).folder
    write_report(folder, language="en", csv=tmp_path / "figures")
    by_person = read_rows(tmp_path / "figures" / "by_person.csv")
    # 443 units x 10.90 = 4,828.7 yen.
    assert [row["Total cost, yen"] for row in by_person] == ["4828", ""]


def test_the_month_before_may_be_without_a_claim(tmp_path: Path) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    for folder, rows in ((before, []), (now, COMPUTED)):
        folder.mkdir()
        varied_batch(folder, rows)
    page = read_page(write_report(now / "claims", language="en", before=before / "claims"))
    assert page.table("before-caption")[1] == ["Claims", "0", "1", "+1"]
    assert page.table("people-caption")[1][-2:] == ["—", "+886"]

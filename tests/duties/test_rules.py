"""The rows of rules: what the documents print, who comes before whom, faults of a file."""

from __future__ import annotations

import csv
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from chiiki_tsusho.duties.rules import COLUMNS, duty_rules, rule_book, service_key
from chiiki_tsusho.duties.services import (
    authorities,
    authority_key,
    care_services,
    large_cities,
    service_names,
)
from chiiki_tsusho.errors import ChiikiTsushoError, TableError
from helpers.duties import check, meeting, meetings, offices, rules_found

ROOT: Final = Path(__file__).resolve().parents[2]
ON: Final = date(2026, 4, 1)
with (Path(__file__).parent / "quoted.csv").open(encoding="utf-8", newline="") as _file:
    QUOTED: Final = list(csv.DictReader(_file))


def values(authority: str, service: str, key: str, on: date = ON) -> list[str]:
    return [row.value for row in rule_book().all(authority, service, key, on)]


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda one: f"{one['key']}-{one['quote'][:12]}")
def test_rows_say_what_the_documents_print(quoted: dict[str, str]) -> None:
    """Short quotations of the two printed documents, each with the figure that the row holds."""
    plain = unicodedata.normalize("NFKC", quoted["quote"]).replace(" ", "")
    if quoted["figure"]:
        assert quoted["figure"] in re.findall(r"\d+", plain)
    rows = [
        row
        for row in rule_book().rows
        if [row.authority, row.service, row.key, row.value]
        == [quoted[name] for name in ("authority", "service", "key", "value")]
    ]
    assert rows
    if quoted["valid_from"]:
        assert str(rows[-1].valid_from) == quoted["valid_from"]
    assert str(rows[-1].valid_to) == (quoted["valid_to"] or str(rows[-1].valid_to))
    if quoted["authority"] != "law":
        source = {"adachi": "adachi_2025", "kokubunji": "kokubunji_2016"}[quoted["authority"]]
        assert rows[-1].source == source


def test_every_row_has_a_source_that_is_told_and_no_weak_one_is_bundled() -> None:
    told = set(re.findall(r"`(\w+)`", (ROOT / "data" / "SOURCES.md").read_text("utf-8")))
    for name in ("duty_rules", "filing_items", "duty_authorities", "large_cities", "care_services"):
        table = pd.read_csv(ROOT / "data" / f"{name}.csv", dtype=str, keep_default_na=False)
        assert set(table["source"]) <= told, name
        if "confidence" in table:
            assert set(table["confidence"]) <= {"high", "medium"}
            assert set(table["force"]) <= {"law", "bylaw", "guide", "reading"}
            assert (table["place"] != "").all()


def test_the_law_and_ten_municipalities_are_bundled() -> None:
    assert rule_book().authorities == set(authorities())
    assert [one.name for one in authorities().values()] == [
        *("足立区", "国分寺市", "中野区", "伊丹市", "交野市", "荒川区", "目黒区", "上尾市"),
        *("練馬区", "うるま市"),
    ]


def test_readings_are_marked_and_rest_on_no_page_but_the_grace_and_the_month() -> None:
    ours = {row.key for row in rule_book().rows if row.source == "own_reading"}
    assert ours == {
        *(f"grace_months_of_{months}" for months in (2, 4, 6, 12)),
        "publish_months",
    }
    assert all(row.force == "reading" for row in rule_book().rows if row.key in ours)


@pytest.mark.parametrize(
    ("service", "members"),
    [
        ("day_care", "user family resident municipality_or_support_center expert"),
        (
            "regular_home_visits",
            "user family resident medical municipality_or_support_center expert",
        ),
    ],
)
@pytest.mark.parametrize("authority", ["law", "adachi"])
def test_who_sits_in_a_council(service: str, members: str, authority: str) -> None:
    """第34条第1項, 第3条の37第1項; 足立区 4."""
    assert values(authority, service, "member") == members.split()


def test_what_the_minutes_must_hold() -> None:
    """第34条第2項: 報告, 評価, 要望, 助言."""
    assert values("law", "day_care", "minutes_hold") == [
        "report", "evaluation", "wishes", "advice",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("authority", "key", "expected"),
    [
        # What counts cannot show is printed for people to read.
        ("adachi", "joint_cohosts", ["users_or_residents_of_each"]),
        ("adachi", "place", ["protect_personal_data"]),
        ("adachi", "minutes_anonymous", ["1"]),
        ("kokubunji", "minutes_anonymous", ["1"]),
        ("meguro", "minutes_anonymous", ["1"]),
        ("adachi", "year_plan", ["recommended"]),
        ("adachi", "evaluation_notice", ["ask_separately"]),
        ("adachi", "forms", ["free"]),
        ("adachi", "notice_to_members", ["when_decided"]),
        ("adachi", "publish_how", ["office_or_web_site"]),
        ("law", "quorum", ["none"]),
        ("law", "publish", ["1"]),
        ("law", "retention_from", ["completion"]),
        ("katano", "retention_from", ["service_day"]),
    ],
)
def test_what_people_are_asked_for(authority: str, key: str, expected: list[str]) -> None:
    assert values(authority, "day_care", key) == expected
    frame = duty_rules(authority, "day_care", ON)
    assert expected[0] in frame.loc[frame["key"] == key, "value"].tolist()


def test_seven_examples_of_an_agenda() -> None:
    """足立区 6."""
    assert len(values("adachi", "day_care", "agenda_example")) == 7


def test_the_item_number_of_the_record_is_not_printed_for_older_days() -> None:
    for service, place in (
        ("day_care", "基準 第36条第2項"),
        ("medical_day_care", "基準 第40条の15第2項"),
        ("small_multifunction", "基準 第87条第2項"),
    ):
        (old,) = rule_book().of("law", service, "retention_years", date(2024, 3, 31))
        (new,) = rule_book().of("law", service, "retention_years", date(2024, 4, 1))
        assert old.place == place
        assert new.place.startswith(f"{place}第")
        assert (old.value, new.value) == ("2", "2")


def test_the_council_of_a_service_and_what_has_none() -> None:
    assert values("law", "night_home_visits", "council") == ["none"]
    assert values("law", "medical_day_care", "council") == ["management"]
    assert values("adachi", "medical_day_care", "council") == ["care_medical"]
    assert values("arakawa", "medical_day_care", "council", date(2025, 4, 1)) == ["management"]
    assert values("law", "regular_home_visits", "council") == ["care_medical"]


def test_rules_of_a_town_come_after_those_of_the_law() -> None:
    frame = duty_rules("足立区", "地域密着型通所介護", "2026-04-01")
    assert list(frame.columns) == list(COLUMNS)
    owners = frame["authority"].tolist()
    assert owners == sorted(owners, key=lambda one: one != "law")
    assert set(duty_rules("函館市")["authority"]) == {"law"}
    assert "written" not in frame["value"].tolist()
    assert "written" in duty_rules("足立区")["value"].tolist()


# --- names ------------------------------------------------------------------------------------


def test_services_and_towns_by_their_names() -> None:
    assert service_key("小多機") == "small_multifunction"
    assert service_key("療養型通所介護") == "medical_day_care"
    assert [
        authority_key(one)
        for one in ("足立区", "足立", "東京都　足立区", "adachi", "ａｄａｃｈｉ ", " 函館市")
    ] == [
        *["adachi"] * 5,
        "函館市",
    ]
    # Who designates is the head of the town or prefecture.
    heads = ("足立区長", "東京都足立区長", "Adachi", "函館市長", "東京都知事", "知事")
    assert [authority_key(one) for one in heads] == [
        *["adachi"] * 3, "函館市", "東京都", "知事"
    ]  # fmt: skip
    for name in ("共生型地域密着型通所介護", "地域密着型通所介護(共生型)"):
        assert service_key(name) == "day_care"
    assert len(service_names()) >= len(care_services())
    with pytest.raises(ChiikiTsushoError) as error:
        service_key("通所")
    assert "'通所' is not a service" in str(error.value)
    assert "「通所」はサービスの名称ではありません" in error.value.say("ja")


def test_every_preventive_twin_is_of_a_service_that_is_known() -> None:
    for one in care_services().values():
        if one.preventive_of:
            twin = care_services()[one.preventive_of]
            assert "予防" in one.name
            assert twin.community_based == one.community_based


def test_twenty_designated_and_sixty_two_core_cities() -> None:
    kinds = [one.kind for one in large_cities().values()]
    assert (kinds.count("designated"), kinds.count("core")) == (20, 62)
    # 介護保険法 第115条の32第2項第3号 (平成26年法律第51号) and 第4号.
    since = {"designated": date(2015, 4, 1), "core": date(2021, 4, 1)}
    assert {(one.kind, one.valid_from) for one in large_cities().values()} == set(since.items())
    rules = {row.value: row for row in rule_book().rows if row.key == "filing_addressee"}
    for kind, day in since.items():
        assert rules[f"{kind}_city"].valid_from == day


# --- a file of one's own ----------------------------------------------------------------------

HEADING: Final = ",".join(COLUMNS)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "rules.csv"
    path.write_text("\n".join((HEADING, *rows, "")), encoding="utf-8")
    return path


def test_rules_of_ones_own_stand_beside_the_bundled_ones(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "函館市,*,report_months,2024-04-01,9999-12-31,2,guide,手引き 5,own,high",
        "足立区,*,report_months,2024-04-01,9999-12-31,3,guide,手引き 5,own,high",
    )
    open_ = meetings(meeting("2025-05-20", reported_on=""))
    for town, last, late in (
        ("函館市", "2025-07-20", "2025-07-21"),
        ("足立区", "2025-08-20", "2025-08-21"),
    ):
        office = offices(authority=town, designated_on="2025-04-01")
        assert "report_late" not in rules_found(check(open_, last, office, rules=path), "late")
        report = check(open_, late, office, rules=path)
        assert "report_late" in rules_found(report, "late")
        assert "authority_unknown" not in rules_found(report)
    assert "函館市" not in rule_book().authorities


@pytest.mark.parametrize(
    ("row", "english", "japanese"),
    [
        ("x,*,report_months,2024-04-01,2024-03-31,1,guide,5,own,high", "valid_to", "より前"),
        ("x,day,report_months,2024-04-01,2024-04-30,1,guide,5,own,high", "service", "サービス"),
        ("x,*,report_months,2024-04-01,2024-04-30,one,guide,5,own,high", "whole number", "整数"),
        ("x,*,joint_max_share,2024-04-01,2024-04-30,1/3,guide,5,own,high", "1/2", "1/2"),
        (
            "x,*,interval_month,2024-04-01,2024-04-30,4,guide,5,own,high",
            "column key: 'interval_month': an unknown key; did you mean 'interval_months'?",
            "この項目は使えません。「interval_months」ではありませんか",
        ),
        (
            "x,*,grace_months_of_year,2024-04-01,2024-04-30,1,guide,5,own,high",
            "unknown key",
            "項目",
        ),
        ("x,*,interval_months,2024-04-01,2024-04-30,0,guide,5,own,high", "a month", "1以上"),
        ("x,*,retention_years,2024-04-01,2024-04-30,-1,guide,5,own,high", "whole number", "整数"),
        (f"x,*,report_months,2024-04-01,2024-04-30,{'9' * 5000},guide,5,own,high", "whole", "整数"),
        *(
            (f"x,*,{key},2024-04-01,2024-04-30,some,guide,5,own,high", known, known)
            for key, known in (
                ("council", "management, care_medical, none"),
                ("mode", "in_person, online, written"),
                ("report_waived_by", "municipality_present"),
                ("member_list", "when_decided_and_changed, designation_and_renewal"),
            )
        ),
        (
            "x,*,member_list_first_filed_by,2024-04-01,2024-04-30,soon,guide,5,own,high",
            "'soon' is not a day",
            "「soon」は日付として読めません",
        ),
        ("x,*,mode,2024-04-01,2024-04-30,online,law,5,own,low", "confidence", "confidence"),
        ("x,*,mode,2024-04,2024-04-30,online,law,5,own,high", "valid_from", "valid_from"),
        # As spreadsheets write it.
        (
            "x,*,mode,2024/4/1,2024-04-30,online,law,5,own,high",
            "column valid_from: '2024/4/1': '2024/4/1' is not a day; write it as 2026-04-01",
            "「2024/4/1」は日付として読めません。2026-04-01 の形で",
        ),
        ("x,*,mode,,2024-04-30,online,law,5,own,high", "the cell is blank", "空欄です"),
        *(
            (
                f"x,*,mode,2024-04-01,2024-04-30,online,law,5{character},own,high",
                f"column place: {f'5{character}'!r}: holds the character U+{ord(character):04X}",
                f"見えない文字(U+{ord(character):04X})が含まれています",
            )
            for character in "\x00\x0b\x1b\u202e\ufffe"
        ),
    ],
)
def test_faults_of_a_file_are_told_by_line(
    row: str, english: str, japanese: str, tmp_path: Path
) -> None:
    with pytest.raises(TableError) as error:
        rule_book(write(tmp_path, row))
    assert "line 2" in str(error.value)
    assert english in str(error.value)
    assert "2行目" in error.value.say("ja")
    assert japanese in error.value.say("ja")

"""Registers as offices keep them: headings, encodings, marks; and every fault of a file."""

from __future__ import annotations

import stat
from datetime import date, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from chiiki_tsusho.duties.meetings import Meeting, read_meetings
from chiiki_tsusho.duties.register_columns import REGISTERS, Register
from chiiki_tsusho.duties.registers import Office, read_offices, read_register
from chiiki_tsusho.duties.templates import write_register_templates
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, OutputError
from helpers.duties import PROVIDER

JAPANESE = (
    "事業所番号,回,開催日,開催方法,利用者,家族,地域住民の代表者,市町村職員,事業所職員,同意,"
    "外部評価回,合同の事業所番号\n"
    "1390000012,1,2025/9/17,対面,1,２,1,0,2,無,×,\n"
    "1390000012,2,20260311,オンライン,1,0,1,1,2,有,○,1390000020 1390000021\n"
    ",,,,,,,,,,,\n"
)
EXPECTED = [
    Meeting(
        PROVIDER, "1", date(2025, 9, 17), None, "in_person", 1, 2, 1, 0, staff=2,
        online_consent=False, evaluation=False,
    ),
    Meeting(
        PROVIDER, "2", date(2026, 3, 11), None, "online", 1, 0, 1, 1, staff=2,
        online_consent=True, evaluation=True, joint_with=("1390000020", "1390000021"),
    ),
]  # fmt: skip


def test_headings_are_read_as_those_of_other_files(tmp_path: Path) -> None:
    """Width, blanks and line breaks inside do not matter."""
    path = tmp_path / "meetings.csv"
    path.write_text('事業所 番号,"開催\n日",ｍｏｄｅ\n1390000012,2025/9/17,対面\n', "utf-8")
    [one] = read_meetings(path).meetings
    assert (one.provider_no, one.held_on, one.mode) == (PROVIDER, date(2025, 9, 17), "in_person")


def test_ways_to_meet_and_counts_are_read_as_offices_write_them(tmp_path: Path) -> None:
    path = tmp_path / "meetings.csv"
    path.write_text("事業所番号,開催日,開催方法,利用者,家族\n"
                    "1390000012,2025/9/17,Web,2名,１ 人\n", "utf-8")  # fmt: skip
    [one] = read_meetings(path).meetings
    assert (one.mode, one.users, one.families) == ("online", 2, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_register_in_japanese(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "meetings.csv"
    path.write_bytes(JAPANESE.replace("\n", "\r\n").encode(encoding))
    register = read_meetings(path)
    assert list(register.meetings) == EXPECTED
    assert "published_on" not in register.columns
    assert read_meetings(path, "cp932" if encoding == "cp932" else "utf-8") == register


def test_a_register_as_parquet_and_as_a_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "provider_no": [PROVIDER],
            "held_on": [pd.Timestamp("2025-09-17")],
            "users": pd.array([1], dtype="Int64"),
            "residents": [1.0],
            "staff": [float("nan")],
            "evaluation": [True],
            "mode": pd.Categorical(["対面"]),
        },
        index=[7],
    )
    expected = [
        Meeting(
            PROVIDER, None, date(2025, 9, 17), None, "in_person", 1, residents=1, evaluation=True
        )
    ]
    before = frame.copy()
    assert list(read_meetings(frame).meetings) == expected
    pd.testing.assert_frame_equal(frame, before)
    frame.to_parquet(tmp_path / "meetings.parquet", index=False)
    assert list(read_meetings(tmp_path / "meetings.parquet").meetings) == expected


def test_a_register_in_a_workbook_in_parts_and_as_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["事業所番号", "開催日", "利用者", "同意"])
    sheet.append([PROVIDER, datetime(2025, 9, 17), 1, "○"])
    book.save(tmp_path / "meetings.xlsx")
    expected = Meeting(PROVIDER, None, date(2025, 9, 17), users=1, online_consent=True)
    assert list(read_meetings(tmp_path / "meetings.xlsx").meetings) == [expected]
    columns = {"provider_no": [PROVIDER], "held_on": ["2025-09-17"], "users": [1]}
    assert len(read_meetings(columns | {"online_consent": [1]}).meetings) == 1
    assert list(read_meetings(columns | {"online_consent": ["有"]}).meetings) == [expected]
    for name, users in (("a.csv", "1"), ("b.csv", "x")):
        text = f"provider_no,held_on,users\n{PROVIDER},2025-09-17,{users}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputFileError) as error:
        read_meetings(str(tmp_path / "*.csv"))
    assert f"{tmp_path / 'b.csv'}: line 2, users (利用者): " in str(error.value)


@pytest.mark.parametrize("text", ["地域密着型通所介護", "day_care", "地域密着型通所介護 "])
def test_offices(text: str) -> None:
    frame = pd.DataFrame(
        [{"事業所番号": PROVIDER, "サービス区分": text, "指定権者": "足立区", "みなし指定": "×"}]
    )
    assert read_offices(frame) == [Office(PROVIDER, "day_care", "adachi")]


CELLS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"held_on": "2025-02-30"}, "held_on", "'2025-02-30' is a day that the calendar does not have", "暦にない日付です"),
    ({"users": "-1"}, "users", "'-1'", "「-1」"),
    ({"users": "一"}, "users", "'一'", "「一」"),
    ({"users": "三人"}, "users", "'三人'", "「三人」"),
    ({"mode": "電話"}, "mode", "in_person, online, mixed or written", "対面、オンライン、併用、書面"),
    ({"evaluation": "?"}, "evaluation", "'?' is not a whole number from 0 to 1", "0〜1"),
    ({"provider_no": "139000001"}, "provider_no", "9 digits", "9桁"),
    ({"provider_no": ""}, "provider_no", "is blank; fill it in", "空欄です"),
    ({"joint_with": "139000002"}, "joint_with", "9 digits", "9桁"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "column", "english", "japanese"), CELLS)
def test_a_cell_that_cannot_be_read(
    cells: dict[str, Any], column: str, english: str, japanese: str
) -> None:
    row = {"provider_no": PROVIDER, "users": "1", "held_on": "2025-09-17"} | cells
    with pytest.raises(InputFileError) as error:
        read_meetings(pd.DataFrame([{"provider_no": PROVIDER}, row]).fillna(""))
    heading = next(one.heading for one in REGISTERS["meetings"] if one.name == column)
    assert str(error.value).startswith(f"meetings: line 3, {column} ({heading}): ")
    assert english in str(error.value)
    assert f"3行目「{heading}」({column})" in error.value.say("ja")
    assert japanese in error.value.say("ja")


SPANS: list[tuple[Register, dict[str, str], str, str]] = [
    (
        "offices",
        {"closed_from": "2026-12-31", "closed_to": "2026-05-01"},
        "offices: line 2, closed_to (再開前日): is before closed_from; correct one of the days",
        "休止年月日より前です。どちらかの日付を直してください",
    ),
    (
        "offices",
        {"closed_to": "2026-12-31"},
        "offices: line 2, closed_from (休止年月日): is blank; a closure needs the day on which it "
        "begins",
        "空欄です。休止の最初の日を記入してください",
    ),
    (
        "offices",
        {"designated_on": "2026-04-01", "ended_on": "2026-03-31"},
        "offices: line 2, ended_on (廃止年月日): is before designated_on; correct one of the days",
        "指定年月日より前です。どちらかの日付を直してください",
    ),
    (
        "members",
        {"from": "2026-04-01", "to": "2025-03-31"},
        "members: line 2, to (退任日): is before from; correct one of the days",
        "就任日より前です。どちらかの日付を直してください",
    ),
    *(
        (
            "meetings",
            {"held_on": "2025-09-17", name: "2024-09-30"},
            f"meetings: line 2, {name} ({heading}): is before held_on; correct one of the days",
            f"「{heading}」({name}): 開催日より前です。どちらかの日付を直してください",
        )
        for name, heading in (
            ("minutes_on", "会議録作成日"),
            ("published_on", "公表日"),
            ("absentees_sent_on", "欠席者送付日"),
            ("reported_on", "報告日"),
            ("discarded_on", "廃棄日"),
        )
    ),
]


@pytest.mark.parametrize(("register", "days", "english", "japanese"), SPANS)
def test_a_span_of_days_that_is_none(
    register: Register, days: dict[str, str], english: str, japanese: str
) -> None:
    row = {
        one.name: "" if one.kind == "date" else one.example for one in REGISTERS[register]
    } | days
    with pytest.raises(InputFileError) as error:
        read_register(pd.DataFrame([row]), register)
    assert str(error.value) == english
    assert error.value.say("ja").endswith(japanese)
    # One day, and a row of which the days are not known.
    same = dict.fromkeys(days, "2026-04-01") if len(days) == 2 else {}
    assert read_register(pd.DataFrame([row | dict.fromkeys(days, "") | same]), register).rows


def test_every_day_of_a_meeting_that_is_none_is_told_and_notices_come_before_it() -> None:
    before = dict.fromkeys(("notice_on", "authority_notice_on", "planned_on"), "2025-08-10")
    row = {"provider_no": PROVIDER, "held_on": "2025-09-17"} | before
    assert read_meetings(pd.DataFrame([row])).meetings
    with pytest.raises(InputFileError) as error:
        read_meetings(pd.DataFrame([row | {"minutes_on": "2024-1-1", "published_on": "2024-1-2"}]))
    assert str(error.value).count("is before held_on") == 2


@pytest.mark.parametrize("column", ["head_born_on", "officer_born_on"])
def test_a_birth_date_that_cannot_be_read_is_not_repeated(column: str) -> None:
    row = {one.name: one.example for one in REGISTERS["corporation"]} | {column: "1961-13-07"}
    with pytest.raises(InputFileError) as error:
        read_register(pd.DataFrame([row]), "corporation")
    heading = next(one.heading for one in REGISTERS["corporation"] if one.name == column)
    assert str(error.value) == (
        f"corporation: line 2, {column} ({heading}): is not a date; write it as 1960-04-01, "
        "1960/4/1, 19600401 or S35.4.1"
    )
    assert error.value.say("ja").endswith(
        "日付として読めません。1960-04-01、1960/4/1、19600401、S35.4.1のように記入してください"
    )
    assert "1961" not in error.value.say("ja")


TEXTS = [
    (register, column.name, column.heading)
    for register, columns in REGISTERS.items()
    for column in columns
    if column.kind == "text"
]


@pytest.mark.parametrize(("register", "column", "heading"), TEXTS)
@pytest.mark.parametrize("character", "\x00\x0b\x1b\x85\u200b\u202e\u2066\ufffe")
def test_a_text_holds_no_character_that_no_reader_sees(
    register: Any, column: str, heading: str, character: str, tmp_path: Path
) -> None:
    row = {one.name: "" for one in REGISTERS[register]}
    required = {one.name: one.example for one in REGISTERS[register] if one.required}
    path = tmp_path / "register.csv"
    rows = [row | required, row | required | {column: f"秘{character}密"}]
    pd.DataFrame(rows).to_csv(path, index=False)
    code = f"U+{ord(character):04X}"
    with pytest.raises(InputFileError) as error:
        read_register(path, register)
    assert str(error.value) == (
        f"{path}: line 3, {column} ({heading}): holds the character {code}, which cannot be seen; "
        "take it out"
    )
    assert error.value.say("ja") == (
        f"{path}: 3行目「{heading}」({column}): 見えない文字({code})が含まれています。取り除いてください"
    )


def test_half_a_character_of_a_mapping_is_refused() -> None:
    with pytest.raises(ChiikiTsushoError) as error:
        read_offices({"provider_no": [PROVIDER], "service": ["day_care"], "office": ["a\ud800"]})
    assert "\ud800" not in str(error.value)


@pytest.mark.parametrize("text", ["一\n二", "一\t二", "一\u2028二", "髙\ue000", "葛\U000e0100"])
def test_lines_and_characters_of_an_office_stay(text: str) -> None:
    frame = pd.DataFrame([{"provider_no": PROVIDER, "place": f"\x0b{text}\x0c"}])
    assert read_register(frame, "meetings").rows[0]["place"] == text


def test_a_service_that_is_not_known_names_the_nearest() -> None:
    frame = pd.DataFrame([{"provider_no": PROVIDER, "service": "通所介", "authority": "足立区"}])
    with pytest.raises(InputFileError) as error:
        read_offices(frame)
    assert "'通所介' is not a service; write its key or its name, such as 通所介護" in str(
        error.value
    )
    assert "「通所介」はサービスの名称ではありません" in error.value.say("ja")


@pytest.mark.parametrize(
    ("faults", "english", "japanese"),
    [
        (20, [], []),
        (21, ["and 1 more fault"], ["ほかに1件の誤りがあります"]),
        (1_030, ["and 1,010 more faults"], ["ほかに1,010件の誤りがあります"]),
    ],
)
def test_all_faults_are_told_at_once(faults: int, english: list[str], japanese: list[str]) -> None:
    frame = pd.DataFrame([{"provider_no": "1", "held_on": "2026-05-01"}] * faults)
    with pytest.raises(InputFileError) as error:
        read_meetings(frame)
    assert str(error.value).splitlines()[20:] == english
    assert error.value.say("ja").splitlines()[20:] == japanese


@pytest.mark.parametrize(
    ("headings", "english", "japanese"),
    [
        (["held_on"], "required heading 'provider_no' (事業所番号) is missing", "必須の見出し"),
        (
            ["provider_no", "held"],
            "unknown heading 'held'; did you mean 'held_on'?",
            "「held」は使え",
        ),
        (["provider_no", "zzz"], "unknown heading 'zzz'", "見出し「zzz」は使えません"),
        (["provider_no", "事業所番号"], "stands there twice", "が2つあります"),
    ],
)
def test_headings_that_are_wrong(headings: list[str], english: str, japanese: str) -> None:
    frame = pd.DataFrame([[""] * len(headings)], columns=headings)
    with pytest.raises(InputFileError) as error:
        read_register(frame, "meetings")
    assert english in str(error.value)
    assert japanese in error.value.say("ja")


@pytest.mark.parametrize("heading", ["name", "heading"])
@pytest.mark.parametrize(("held", "given"), list(permutations(REGISTERS, 2)))
def test_a_register_given_as_another_is_said_to_be_one(
    held: Register, given: Register, heading: str
) -> None:
    """No column of it is wrong; and a row of persons is not repeated."""
    columns = [getattr(one, heading) for one in REGISTERS[held]]
    with pytest.raises(InputFileError) as error:
        read_register(pd.DataFrame([[""] * len(columns)], columns=columns), given)
    [line] = str(error.value).splitlines()
    assert "line 1: the headings are those of the " in line
    assert error.value.say("ja").count("として指定されています") == 1


def test_a_line_with_a_comma_too_many_is_named(tmp_path: Path) -> None:
    path = tmp_path / "meetings.csv"
    path.write_text(f"provider_no,users\n{PROVIDER},1\n{PROVIDER},1,2\n", encoding="utf-8")
    with pytest.raises(InputFileError) as error:
        read_meetings(path)
    assert f"{path}: line 3: " in str(error.value)
    assert f"{path}: 3行目: " in error.value.say("ja")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChiikiTsushoError, match=r"none\.csv"):
        read_meetings(tmp_path / "none.csv")


# --- templates --------------------------------------------------------------------------------


@pytest.mark.parametrize("headings", ["en", "ja"])
def test_templates_are_read_back_and_explain_every_column(headings: Any, tmp_path: Path) -> None:
    paths = write_register_templates(tmp_path / "new", headings)
    assert [path.name for path in paths] == [
        "offices.csv", "meetings.csv", "members.csv", "corporation.csv", "duties_dictionary.csv",
    ]  # fmt: skip
    for path, register in zip(paths, REGISTERS, strict=False):
        table = read_register(path, register)
        assert table.columns == {one.name for one in REGISTERS[register]}
        assert len(table.rows) == 1
        private = register in ("members", "corporation")
        assert (stat.S_IMODE(path.stat().st_mode) == 0o600) is private
    dictionary = pd.read_csv(paths[-1], dtype=str, keep_default_na=False)
    assert len(dictionary) == sum(map(len, REGISTERS.values()))
    kana = dictionary.iloc[:, 3].str.contains(r"[\u3040-\u30ff\u4e00-\u9fff]")
    assert kana.all() if headings == "ja" else kana.mean() < 0.2


def test_templates_replace_nothing(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as error:
        write_register_templates(tmp_path)
    assert "members.csv" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["members.csv"]
    with pytest.raises(OutputError):
        write_register_templates(tmp_path / "members.csv")


def test_a_row_in_the_place_of_the_headings_is_not_repeated() -> None:
    row = ["1390000012", "見本 花子", "Hanako"]
    with pytest.raises(InputFileError, match="none of its cells names a column") as caught:
        read_register(pd.DataFrame([row], columns=row), "members")
    for said in (str(caught.value), caught.value.say("ja")):
        assert not any(cell in said for cell in row)


NAMES = ("山田 花子", "山田 次郎", "東京都千代田区1-1", "昭和5年1月2日", "1930-01-02x")


@pytest.mark.parametrize(
    ("register", "text", "faults", "in_japanese"),
    [
        (
            "members",
            "provider_no,name,from,to\n山田 花子,1390000012,山田 次郎,東京都千代田区1-1\n",
            [
                "line 2, provider_no (事業所番号): is not a provider number; 10 characters, digits or "
                "capital letters, were expected",
                "line 2, from (就任日): is not a date; write it as 1960-04-01, 1960/4/1, 19600401 or "
                "S35.4.1",
                "line 2, to (退任日): is not a date; write it as 1960-04-01, 1960/4/1, 19600401 or "
                "S35.4.1",
            ],
            "事業所番号として読めません。10桁の数字または英大文字で記入してください",
        ),
        (
            "corporation",
            "name,filed_on,changed_on\nX,1930-01-02x,山田 花子\n",
            [
                "line 2, filed_on (届出日): is not a date; write it as 1960-04-01, 1960/4/1, 19600401 "
                "or S35.4.1",
                "line 2, changed_on (変更日): is not a date; write it as 1960-04-01, 1960/4/1, "
                "19600401 or S35.4.1",
            ],
            "日付として読めません",
        ),
        # A row of persons in the place of the headings, with words that are headings.
        (
            "members",
            "山田 花子,name,昭和5年1月2日,東京都千代田区1-1\n",
            [
                "line 1: the heading of column A is unknown",
                "line 1: the heading of column C is unknown",
                "line 1: the heading of column D is unknown",
                "line 1: required heading 'provider_no' (事業所番号) is missing; add the column",
            ],
            "D列の見出しは使えません",
        ),
        (
            "members",
            "provider_no,氏名 山田 花子,category,東京都千代田区1-1\n1390000012,,,\n",
            [
                "line 1: the heading of column B is unknown",
                "line 1: the heading of column D is unknown",
            ],
            "B列の見出しは使えません",
        ),
        # Near a heading, and yet a person's.
        (
            "members",
            "氏名 見,山田 花子\n",
            ["line 1: is not the headings: "],
            "見出しではありません",
        ),
    ],
)
def test_no_message_repeats_a_cell_of_a_register_of_persons(
    register: Any, text: str, faults: list[str], in_japanese: str, tmp_path: Path
) -> None:
    path = tmp_path / "register.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFileError) as error:
        read_register(path, register)
    told = str(error.value).splitlines()
    for line, fault in zip(told, faults, strict=False):
        assert line.startswith(f"{path}: {fault}")
    assert len(told) >= len(faults)
    japanese = error.value.say("ja")
    assert in_japanese in japanese
    assert not [name for name in NAMES if name in str(error.value) or name in japanese]


@pytest.mark.parametrize(
    ("name", "held", "japanese"),
    [
        ("visits", "the visits file", "実績ファイル"),
        ("providers", "the providers file", "事業所ファイル"),
        ("recipients", "the recipients file", "利用者ファイル"),
    ],
)
def test_a_file_for_claims_is_named_and_no_heading_of_it(
    name: str, held: str, japanese: str
) -> None:
    for register in REGISTERS:
        with pytest.raises(InputFileError) as caught:
            read_register(Path("examples") / f"{name}.csv", register)
        (line,) = str(caught.value).splitlines()
        assert f"line 1: the headings are those of {held}, and it was given as " in line
        assert f"見出しは{japanese}のものですが" in caught.value.say("ja")


def test_an_unknown_heading_among_known_ones_is_named() -> None:
    frame = pd.DataFrame([["", "", ""]], columns=["provider_no", "name", "zzz"])
    with pytest.raises(InputFileError, match="unknown heading 'zzz'"):
        read_register(frame, "members")

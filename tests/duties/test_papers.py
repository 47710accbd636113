"""The papers: every field of the forms, no name in minutes, readable to their owner alone."""

from __future__ import annotations

import stat
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn

from chiiki_tsusho.choices import PaperKind
from chiiki_tsusho.duties.papers import write_paper
from chiiki_tsusho.errors import ChiikiTsushoError, OutputError
from helpers.duties import PROVIDER, meeting, meetings, offices

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
MEMBERS: Final = pd.read_csv(EXAMPLES / "duties_members.csv", dtype=str, keep_default_na=False)
CORPORATION: Final = pd.read_csv(
    EXAMPLES / "duties_corporation.csv", dtype=str, keep_default_na=False
)
# Fields of 国分寺市's forms 1, 2 and 6, as printed.
FORM_1: Final = (
    *("受付番号", "殿", "事業者(法人)番号", "1 届出の内容", "法第115条の32第2項関係(整備)"),
    *("法第115条の32第4項関係(区分の変更)", "2 事業者", "フリガナ", "名称", "郵便番号"),
    *("都道府県", "郡市区", "ビルの名称等", "連絡先", "電話番号", "FAX番号", "法人の種別", "職名"),
    *("代表者の住所", "3 事業所名称等及び所在地", "事業所名称", "指定(許可)年月日", "所在地"),
    *("介護保険事業所番号", "医療機関等コード", "か所", "第140条の40第1項第2号から第4号", "第2号"),
    *("法令遵守責任者の氏名(フリガナ)", "生年月日", "5 区分変更"),
    *("区分変更前行政機関名称，担当部(局)課", "区分変更の理由", "区分変更日"),
    "区分変更後行政機関名称，担当部(局)課",
)
FORM_2: Final = (
    *("様式第2号", "受付番号", "殿", "事業者(法人)番号", "変更があった事項"),
    *("1 法人の種別，名称(フリガナ)", "2 主たる事務所の所在地，電話，FAX番号"),
    *("3 代表者氏名(フリガナ)，生年月日", "4 代表者の住所，職名", "5 事業所名称等及び所在地"),
    "6 法令遵守責任者の氏名(フリガナ)及び生年月日",
    "7 業務が法令に適合することを確保するための規程の概要",
    "8 業務執行の状況の監査の方法の概要",
    *("変更の内容", "(変更前)", "(変更後)"),
)
FORM_6: Final = ("運営推進会議の構成員届出", "事業所名", "氏名", "構成区分", "職名等")

# Two councils under one number.
SHARED: Final = offices({"service": "group_home"}, {"service": "dementia_day_care"})


def text_of(path: Path) -> str:
    """Return every paragraph of a paper on a line, those of tables among them."""
    body = docx.Document(str(path)).element.body
    paragraphs = body.iter(qn("w:p"))
    return "\n".join(
        "".join(one.text or "" for one in paragraph.iter(qn("w:t"))) for paragraph in paragraphs
    )


def write(folder: Path, kind: PaperKind, office: pd.DataFrame | None = None, **more: Any) -> Path:
    known = EXAMPLES / "duties_offices.csv" if office is None else office
    return write_paper(kind, known, folder / "paper.docx", **({"on": "2026-04-01"} | more))


def test_form_1(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, "filing", corporation=CORPORATION))
    for field in FORM_1:
        assert field in text, field
    for told in ("足立区長　殿", "社会福祉法人みほん会", "例 四郎", "計　1　か所", "令和7年4月1日"):
        assert told in text
    assert "■ (1)" in text
    # One office: the rules and the audit are not asked for.
    assert "第3号" not in text
    assert "第4号\n" not in text


def test_form_1_of_kokubunji_has_its_number(tmp_path: Path) -> None:
    office = offices(authority="国分寺市", designated_on="2025-04-01")
    text = text_of(write(tmp_path, "filing", office, corporation=CORPORATION))
    assert "様式第1号(第2条関係)" in text
    assert "国分寺市介護サービス事業者の業務管理体制に係る届出書" in text
    assert "国分寺市長　殿" in text
    text = text_of(write(tmp_path, "filing-change", office, corporation=CORPORATION))
    assert "様式第2号(第3条関係)" in text


@pytest.mark.parametrize(("number", "items"), [(19, ""), (20, "3"), (99, "3"), (100, "34")])
def test_items_of_form_1_by_the_number_of_offices(number: int, items: str, tmp_path: Path) -> None:
    many = offices(*({"provider_no": f"13900{at:05d}"} for at in range(number)))
    text = text_of(write(tmp_path, "filing", many, corporation=CORPORATION))
    assert f"計　{number}　か所" in text
    lines = text.split("\n")
    assert [item for item in "34" if f"第{item}号" in lines] == list(items)
    assert ("業務執行の状況の監査の方法の概要" in text) is ("4" in items)


def test_form_1_of_a_thousand_offices(tmp_path: Path) -> None:
    many = offices(*({"provider_no": f"13900{at:05d}"} for at in range(1000)))
    path = write(tmp_path, "filing", many, corporation=CORPORATION)
    text = text_of(path)
    assert "計　1000　か所" in text
    assert "1390000999" in text
    # One cell stands beside their heading, each of them and their number.
    table = docx.Document(str(path)).element.body.tbl_lst[-1]
    beside = [row.tc_lst[0].vMerge for row in table.tr_lst]
    begun = [at for at, merge in enumerate(beside) if merge == "restart"]
    assert None not in beside
    # 1 届出の内容, 2 事業者, 3 事業所, 4 第2号から第4号, 5 区分変更.
    assert begun == [0, 2, 9, 9 + 1002, 9 + 1002 + 4]
    assert len(beside) == 9 + 1002 + 4 + 5


def test_form_1_lists_the_offices_that_it_counts(tmp_path: Path) -> None:
    """東金市: neither みなし指定 nor 総合事業 counts; one designation is one row."""
    known = offices(
        {"office": "みほん", "service": "訪問介護"},
        {"office": "みほん", "service": "訪問介護"},
        {"office": "れい訪問看護", "service": "訪問看護", "deemed": 1},
        {"office": "れい総合事業", "service": "総合事業"},
    )
    text = text_of(write(tmp_path, "filing", known, corporation=CORPORATION))
    assert text.split("\n").count("みほん") == 1
    assert "計　1　か所" in text
    assert "れい訪問看護" not in text
    assert "れい総合事業" not in text


def test_a_change_of_class_and_an_addressee_to_be_asked_for(tmp_path: Path) -> None:
    changed = CORPORATION.assign(former_authority="足立区長", new_authority="厚生労働大臣")
    two = offices(
        {"address": "東京都足立区1"}, {"provider_no": "1100000001", "address": "埼玉県上尾市1"}
    )
    text = text_of(write(tmp_path, "filing", two, corporation=changed))
    assert "■ (2)" in text
    assert "□ (1)" in text
    assert "(届出先を確認してください)　殿" in text


@pytest.mark.parametrize(("on", "seal"), [("2021-03-31", True), ("2021-04-01", False)])
def test_the_seal_went_with_the_forms_of_2021(on: str, seal: bool, tmp_path: Path) -> None:
    for kind in ("filing", "filing-change"):
        path = write(tmp_path, kind, corporation=CORPORATION, on=on)
        assert ("印" in text_of(path)) is seal


@pytest.mark.parametrize(
    ("on", "addressee"), [("2021-03-31", "東京都知事"), ("2021-04-01", "八王子市長")]
)
def test_core_cities_take_filings_since_2021(on: str, addressee: str, tmp_path: Path) -> None:
    """介護保険法 第115条の32第2項第4号."""
    known = offices({"service": "訪問介護", "address": "東京都八王子市元本郷町3"})
    for kind in ("filing", "filing-change"):
        text = text_of(write(tmp_path, kind, known, corporation=CORPORATION, on=on))
        assert f"{addressee}　殿" in text


def test_form_2(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, "filing-change", corporation=CORPORATION))
    for field in FORM_2:
        assert field in text, field
    chosen = {line for line in text.split("\n") if "■" in line}
    assert chosen == {"■ 6 法令遵守責任者の氏名(フリガナ)及び生年月日"}
    assert "例 五郎(レイ ゴロウ)" in text


@pytest.mark.parametrize("given", ["3 6", "３　６", "3、6", "3・6", "3，6", "第3号 第6号"])
def test_the_items_that_changed_are_marked_however_they_are_written(
    given: str, tmp_path: Path
) -> None:
    row = CORPORATION.assign(changed_items=given)
    text = text_of(write(tmp_path, "filing-change", corporation=row))
    assert [line[:3] for line in text.split("\n") if "■" in line] == ["■ 3", "■ 6"]


def test_form_6(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, "members", members=MEMBERS))
    for field in FORM_6:
        assert field in text, field
    for row in MEMBERS.itertuples():
        assert str(row.category) in text
        assert str(row.post) in text
        assert str(row.name) in text
    gone = MEMBERS.assign(to="2026-03-31")
    assert "見本 花子" not in text_of(write(tmp_path, "members", members=gone))
    for field in FORM_6:
        assert field in text_of(write(tmp_path, "members"))


def test_minutes_print_groups_and_numbers_and_have_no_field_for_a_name(tmp_path: Path) -> None:
    path = write(tmp_path, "minutes", meetings=EXAMPLES / "duties_meetings.csv", meeting_no="1")
    text = text_of(path)
    assert "第1回 運営推進会議 会議録" in text
    assert "令和7年9月17日(水)" in text
    assert (
        "利用者1名、利用者の家族1名、地域住民の代表者2名、地域包括支援センター職員1名、"
        "サービスについて知見を有する者1名、事業所職員2名"
    ) in text
    # 第34条第2項: 報告, 評価, 要望, 助言; and publication.
    for head in ("報告(活動状況)", "評価", "要望", "助言", "公　表", "令和7年9月30日"):
        assert head in text
    # Two years from the later of the meeting and its publication.
    assert "令和9年9月30日まで保存(2年間)" in text
    assert "氏名" not in text.replace("(氏名、住所等)", "")
    assert "個人が特定できる内容" in text


def test_minutes_of_each_office_also_when_joint(tmp_path: Path) -> None:
    register = meetings(meeting("2025-09-17", joint_with="1390000020 1390000021"))
    text = text_of(write(tmp_path, "minutes", meetings=register))
    assert "あり(ほか2事業所)。会議録は事業所ごとに作成する" in text
    register = meetings(meeting("2025-09-17", joint_with=f"{PROVIDER} 1390000020"))
    assert "あり(ほか1事業所)" in text_of(write(tmp_path, "minutes", meetings=register))
    register = meetings(meeting("2025-09-17", joint_with=PROVIDER))
    assert "なし" in text_of(write(tmp_path, "minutes", meetings=register)).split("\n")


def test_blank_minutes(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, "minutes"))
    assert "利用者　　名" in text
    assert "地域の医療関係者" not in text
    assert "令和　　年　　月　　日" in text
    care = offices(service="定期巡回", designated_on="2025-04-01")
    text = text_of(write(tmp_path, "minutes", care))
    assert "介護・医療連携推進会議 会議録" in text
    assert "地域の医療関係者　　名" in text


def test_the_notice_and_the_one_to_the_town(tmp_path: Path) -> None:
    text = text_of(write(tmp_path, "notice", meetings=EXAMPLES / "duties_meetings.csv"))
    assert "第3回 運営推進会議 開催のお知らせ(出席のお願い)" in text
    assert text.count("令和8年8月26日(水)") == 2
    assert "運営推進会議 構成員 各位" in text
    assert "足立区 介護保険担当 御中" in text
    # 足立区 8(2): the two words of the subject line, and the day by its strict reading.
    assert "「運営推進会議」「デイサービスみほん」" in text
    assert "令和8年7月25日まで" in text
    # 足立区 6: seven examples to keep or to strike.
    assert text.count("要望や意見交換") == 2
    assert text.count("□ 事故報告") == 2
    other = offices(authority="柏市", designated_on="2025-04-01")
    text = text_of(write(tmp_path, "notice", other))
    assert "御中" not in text
    assert "運営推進会議 構成員 各位" in text


def test_the_notice_to_a_town_by_its_own_rules(tmp_path: Path) -> None:
    """Two months, and no word of a subject line, which 足立区 alone asks for (8(2))."""
    rules = tmp_path / "rules.csv"
    head = "authority,service,key,valid_from,valid_to,value,force,place,source,confidence"
    row = "柏市,*,notice_months_before,2020-04-01,9999-12-31,2,guide,手引き 3,own,high"
    rules.write_text(f"{head}\n{row}\n", encoding="utf-8")
    office = offices(authority="柏市", designated_on="2025-04-01")
    nothing = dict.fromkeys(meeting("2026-08-26"), "") | {"provider_no": PROVIDER}
    register = meetings(nothing | {"planned_on": "2026-08-26"})
    text = text_of(write(tmp_path, "notice", office, meetings=register, rules=rules))
    assert "開催日の2か月前まで(令和8年6月25日まで)" in text
    assert "件名" not in text


def test_a_notice_of_a_meeting_online_speaks_of_consent(tmp_path: Path) -> None:
    nothing = dict.fromkeys(meeting("2026-08-26"), "") | {"provider_no": PROVIDER}
    register = meetings(nothing | {"planned_on": "2026-08-26", "mode": "online"})
    text = text_of(write(tmp_path, "notice", meetings=register))
    assert "テレビ電話装置等の活用について" in text


def test_a_notice_of_a_meeting_held_both_ways_marks_both(tmp_path: Path) -> None:
    nothing = dict.fromkeys(meeting("2026-08-26"), "") | {"provider_no": PROVIDER}
    for mode, marked in (("mixed", "■ 対面　■ オンライン"), ("online", "□ 対面　■ オンライン")):
        register = meetings(nothing | {"planned_on": "2026-08-26", "mode": mode})
        assert marked in text_of(write(tmp_path, "notice", meetings=register))


@pytest.mark.parametrize("kind", ["notice", "minutes", "members", "filing", "filing-change"])
def test_a_paper_is_private_japanese_and_of_its_day(kind: PaperKind, tmp_path: Path) -> None:
    path = write(tmp_path, kind, corporation=CORPORATION, members=MEMBERS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = docx.Document(str(path))
    properties = document.core_properties
    assert properties.author == properties.comments == properties.last_modified_by == ""
    assert properties.created == datetime(2026, 4, 1, tzinfo=properties.created.tzinfo)
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "ＭＳ 明朝"
    width, height = document.sections[0].page_width, document.sections[0].page_height
    assert width is not None
    assert height is not None
    assert (round(width.mm), round(height.mm)) == (210, 297)


@pytest.mark.parametrize(
    ("kind", "more", "english", "japanese"),
    [
        ("filing", {}, "needs the register of the corporation", "法人のファイル"),
        (
            "filing",
            {"corporation": pd.concat([CORPORATION] * 2)},
            "has 2 rows; one was expected",
            "2行あります",
        ),
        ("minutes", {"provider_no": "1390000099"}, "no such office", "該当の事業所がありません"),
        (
            "minutes",
            {"office": offices({}, {"provider_no": "1390000020"})},
            "several offices (1390000012, 1390000020)",
            "事業所が複数あります",
        ),
        # Two councils of one number; each number is named once.
        (
            "minutes",
            {
                "office": offices(
                    {}, {"service": "認知症対応型通所介護"}, {"provider_no": "1390000020"}
                )
            },
            "several offices (1390000012, 1390000020)",
            "事業所が複数あります",
        ),
        (
            "minutes",
            {"meetings": EXAMPLES / "duties_meetings.csv", "meeting_no": "9"},
            "no meeting '9'",
            "第「9」回の会議はありません",
        ),
        ("minutes", {"meeting_no": "1"}, "give that of the meetings", "会議の記録を --meetings で"),
        (
            "minutes",
            {"office": SHARED},
            "several councils (認知症対応型共同生活介護, 認知症対応型通所介護)",
            "複数の会議",
        ),
        (
            "members",
            {"office": SHARED, "service": "地域密着型通所介護"},
            "no such office",
            "該当の事業所がありません",
        ),
        *(
            (
                "filing-change",
                {"corporation": CORPORATION.assign(changed_items=given)},
                "changed_items (変更事項): is not a list of items from 1 to 8",
                "番号(1〜8)として読めません",
            )
            for given in ("9", "3 12", "0", "氏名", "3-6", "3〜6", "平成3年")
        ),
        (
            "members",
            {"members": MEMBERS.assign(provider_no="1390000099")},
            "the list of members has no entry of this office",
            "この事業所の構成員がありません",
        ),
        (
            "letter",
            {},
            "'letter' is no paper; known: notice, minutes, members, filing, filing-change",
            "「letter」という書類はありません。指定できるもの: notice(開催通知)、minutes(会議録)、",
        ),
    ],
)
def test_what_cannot_be_written(
    kind: Any, more: dict[str, Any], english: str, japanese: str, tmp_path: Path
) -> None:
    with pytest.raises(ChiikiTsushoError) as error:
        write(tmp_path, kind, **more)
    assert english in str(error.value)
    assert japanese in error.value.say("ja")
    assert not list(tmp_path.iterdir())


def test_a_paper_written_again_is_replaced(tmp_path: Path) -> None:
    """An empty file as well: it holds nothing."""
    (tmp_path / "paper.docx").touch()
    register = EXAMPLES / "duties_meetings.csv"
    assert "第2回" in text_of(write(tmp_path, "minutes", meetings=register))
    assert "第1回" in text_of(write(tmp_path, "minutes", meetings=register, meeting_no="1"))
    assert "構成員届出" in text_of(write(tmp_path, "members"))


def completed(path: Path) -> None:
    document = docx.Document(str(path))
    document.tables[1].cell(0, 1).text = "活動を報告した。"
    document.save(str(path))


def linked(path: Path) -> None:
    path.rename(path.with_name("link.docx"))
    path.symlink_to("link.docx")
    completed(path)


@pytest.mark.parametrize(
    "change",
    [
        completed,
        lambda path: path.write_text("別の文書"),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: docx.Document().save(str(path)),
        linked,
    ],
)
def test_what_was_completed_by_hand_is_never_replaced(change: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "minutes")
    change(path)
    before = path.read_bytes()
    with pytest.raises(OutputError) as error:
        write(tmp_path, "minutes")
    assert path.read_bytes() == before
    assert str(error.value) == (
        f"{path}: is there already, and is not as this command wrote it: it is another file, or "
        "was completed by hand; give another name, or move the file away"
    )
    assert "上書きしません" in error.value.say("ja")


def test_of_several_councils_of_an_office_one_is_asked_for(tmp_path: Path) -> None:
    """共用型認知症対応型通所介護 has the number of the グループホーム."""
    for service in ("認知症対応型通所介護", "dementia_day_care", "preventive_dementia_day_care"):
        text = text_of(write(tmp_path, "minutes", SHARED, service=service))
        assert "認知症対応型通所介護" in text
        assert "認知症対応型共同生活介護" not in text
    text = text_of(write(tmp_path, "notice", SHARED, service="group_home"))
    assert "認知症対応型共同生活介護" in text


def test_of_several_offices_one_is_asked_for(tmp_path: Path) -> None:
    two = offices({"office": "みほん"}, {"provider_no": "1390000020", "office": "れい"})
    for number in ("1390000020", " １３９０００００２０"):
        text = text_of(write(tmp_path, "members", two, provider_no=number))
        assert "れい" in text
        assert "みほん" not in text


def test_the_last_meeting_held_and_the_next_one_planned(tmp_path: Path) -> None:
    register = EXAMPLES / "duties_meetings.csv"
    assert "第2回" in text_of(write(tmp_path, "minutes", meetings=register))
    assert "第3回" in text_of(write(tmp_path, "notice", meetings=register))
    early = write(tmp_path, "minutes", meetings=register, on=date(2025, 10, 1))
    assert "第1回" in text_of(early)


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("第1回", "第1回 運営推進会議 会議録"),
        ("１", "第1回 運営推進会議 会議録"),
        ("第01回", "第1回 運営推進会議 会議録"),
        ("1回目", "第1回 運営推進会議 会議録"),
        ("第１回目", "第1回 運営推進会議 会議録"),
        ("1.0", "第1回 運営推進会議 会議録"),
        ("令和7年度第1回", "令和7年度第1回 運営推進会議 会議録"),
        ("第１回運営推進会議", "第1回 運営推進会議 会議録"),
        ("令和7年度第1回 運営推進会議", "令和7年度第1回 運営推進会議 会議録"),
        ("2025-1", "第2025-1回 運営推進会議 会議録"),
        ("", "運営推進会議 会議録"),
    ],
)
def test_the_number_of_a_meeting_is_written_once(given: str, title: str, tmp_path: Path) -> None:
    row = {"provider_no": PROVIDER, "meeting_no": given, "held_on": "2025-09-17"}
    register = pd.DataFrame([row])
    path = write(tmp_path, "minutes", meetings=register, meeting_no=given or None)
    assert text_of(path).split("\n")[0] == title


def test_a_meeting_is_asked_for_by_its_number_alone(tmp_path: Path) -> None:
    row = {"provider_no": PROVIDER, "meeting_no": "第２回", "held_on": "2025-09-17"}
    path = write(tmp_path, "minutes", meetings=pd.DataFrame([row]), meeting_no="2")
    assert "第2回 運営推進会議" in text_of(path)


def two_days(first: dict[str, Any], second: dict[str, Any]) -> pd.DataFrame:
    rows = [{"provider_no": PROVIDER, "meeting_no": "1"} | one for one in (first, second)]
    return pd.DataFrame(rows).fillna("")


@pytest.mark.parametrize(
    ("kind", "first", "second", "number", "days"),
    [
        ("minutes", {"held_on": "2025-09-17"}, {"held_on": "2026-03-11"}, "1", 2),
        ("notice", {"planned_on": "2026-09-17"}, {"planned_on": "2027-03-11"}, "1", 2),
        # None of the kind itself, several of the other.
        ("minutes", {"planned_on": "2026-09-17"}, {"planned_on": "2027-03-11"}, "1", 2),
        # Without a number, of two on one day.
        ("minutes", {"held_on": "2026-03-11"}, {"held_on": "2026-03-11", "users": "1"}, None, 1),
        ("notice", {"planned_on": "2026-09-17"}, {"held_on": "2026-09-17"}, None, 1),
    ],
)
def test_a_paper_of_several_meetings_is_refused(
    kind: PaperKind,
    first: dict[str, Any],
    second: dict[str, Any],
    number: str | None,
    days: int,
    tmp_path: Path,
) -> None:
    register = two_days(first, second)
    with pytest.raises(ChiikiTsushoError) as error:
        write(tmp_path, kind, meetings=register, meeting_no=number)
    named = [day for one in (first, second) for day in one.values() if len(day) > 1]
    told = ", ".join(named[:days])
    assert str(error.value) == (
        f"several meetings of this office may be meant ({told}); give each a number of its own, "
        "and say of which the paper is"
    )
    assert error.value.say("ja") == (
        f"この事業所の会議を一つに特定できません({told})。それぞれに別の回を付け、"
        "どの回の書類か指定してください"
    )
    assert not list(tmp_path.iterdir())


def test_of_a_meeting_held_and_one_planned_with_its_number(tmp_path: Path) -> None:
    """Numbers begin anew each year; a row pasted twice leaves no doubt."""
    held, still = {"held_on": "2025-09-17"}, {"planned_on": "2026-08-26"}
    register = two_days(held, still)
    assert "令和7年9月17日(水)" in text_of(
        write(tmp_path, "minutes", meetings=register, meeting_no="1")
    )
    assert "令和8年8月26日(水)" in text_of(
        write(tmp_path, "notice", meetings=register, meeting_no="1")
    )
    doubled = two_days(held, held)
    for number in ("1", None):
        text = text_of(write(tmp_path, "minutes", meetings=doubled, meeting_no=number))
        assert "令和7年9月17日(水)" in text

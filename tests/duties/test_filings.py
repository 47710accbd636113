"""What is filed and with whom: 介護保険法 第115条の32, 施行規則 第140条の40."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from chiiki_tsusho.duties.filings import (
    addressee_of,
    filing_addressee,
    filing_items,
    offices_counted,
    split_address,
)
from chiiki_tsusho.duties.plan import plan_duties
from chiiki_tsusho.duties.registers import read_offices
from chiiki_tsusho.duties.rules import rule_book
from chiiki_tsusho.errors import ChiikiTsushoError
from helpers.duties import OTHER, PROVIDER, check, found, meetings, offices, planned


@pytest.mark.parametrize(
    ("number", "items"), [(1, [2]), (19, [2]), (20, [2, 3]), (99, [2, 3]), (100, [2, 3, 4])]
)
def test_items_by_the_number_of_offices(number: int, items: list[int]) -> None:
    assert filing_items(number)["item"].tolist() == items
    assert filing_items(number, date(2009, 4, 30))["item"].tolist() == []


def test_offices_are_counted_by_designation_and_service() -> None:
    """東金市, 大分市, 名古屋市: a twin counts; 総合事業 and みなし指定 do not; 介護予防支援 does."""
    site = offices(
        {"service": "認知症対応型通所介護"},
        {"service": "介護予防認知症対応型通所介護"},
        {"service": "総合事業"},
    )
    assert len(offices_counted(read_offices(site))) == 2
    medical = offices(
        {"service": "訪問看護", "deemed": 1},
        {"service": "居宅療養管理指導", "deemed": 1},
        {"service": "訪問看護", "provider_no": "1300000002", "deemed": 0},
        {"service": "介護予防支援", "deemed": ""},
        # Only what can be deemed is left out.
        {"service": "訪問介護", "deemed": 1},
    )
    assert len(offices_counted(read_offices(medical))) == 3
    # The same designation twice is one.
    assert len(offices_counted(read_offices(offices({}, {})))) == 1


def office(service: str, address: str = "", authority: str = "") -> dict[str, Any]:
    return {"service": service, "address": address, "authority": authority or "柏市"}


DAY = "地域密着型通所介護"


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        # 5号: community-based services in one municipality alone, large cities too.
        ([office(DAY, authority="国分寺市")], "国分寺市長"),
        ([office(DAY, "東京都国分寺市戸倉1-6-1")], "国分寺市長"),
        ([office(DAY, "神奈川県横浜市港北区大豆戸町1")], "横浜市長"),
        (
            [office(DAY, authority="国分寺市"), office("総合事業", authority="国分寺市")],
            "国分寺市長",
        ),
        # Blanks and postal codes make no second municipality.
        (
            [
                office(DAY, "東京都　足立区中央本町1", "足立区"),
                office(DAY, "〒120-0000 東京都足立区千住1", "足立区"),
                office(DAY, authority="足立区"),
            ],
            "足立区長",
        ),
        ([office(DAY, "栃木県芳賀郡市貝町市塙1280", "市貝町")], "市貝町長"),
        # 1号: anything else in one prefecture.
        (
            [office(DAY, authority="国分寺市"), office("訪問介護", "東京都国分寺市戸倉1")],
            "東京都知事",
        ),
        ([office(DAY, authority="国分寺市"), office(DAY, authority="足立区")], "東京都知事"),
        ([office("訪問介護", "北海道余市郡余市町朝日町26")], "北海道知事"),
        # Who designates is the head.
        ([office(DAY, authority="国分寺市長")], "国分寺市長"),
        ([office("訪問介護", "国分寺市戸倉1", "東京都知事")], "東京都知事"),
        ([office("訪問介護", "八王子市元本郷町3", "東京都")], "八王子市長"),
        # 3号, 4号: all in one 指定都市 or 中核市.
        (
            [office(DAY, "神奈川県横浜市西区1"), office("訪問介護", "神奈川県横浜市中区1")],
            "横浜市長",
        ),
        ([office("訪問介護", "東京都八王子市元本郷町3")], "八王子市長"),
        (
            [office("訪問介護", "神奈川県横浜市西区1"), office(DAY, "神奈川県川崎市1")],
            "神奈川県知事",
        ),
        # 2号, 6号: several prefectures are left to people.
        ([office(DAY, "東京都国分寺市1"), office(DAY, "埼玉県上尾市1")], ""),
        # Not known.
        ([office("訪問介護", "みほん1-1")], ""),
        ([office("総合事業", "東京都国分寺市1")], ""),
    ],
)
def test_with_whom_a_corporation_files(rows: list[dict[str, Any]], name: str) -> None:
    addressee = filing_addressee(offices(*rows))
    assert addressee.name == name
    assert str(addressee) == (name or "not known: ask")
    assert addressee.say("ja") == (name or "不明(要確認)")
    assert "第115条の32第2項" in addressee.rule.place


@pytest.mark.parametrize(
    ("city", "day", "name", "item"),
    [
        # 平成26年法律第51号, 令和元年法律第26号.
        ("兵庫県神戸市", "2015-03-31", "兵庫県知事", "第1号"),
        ("兵庫県神戸市", "2015-04-01", "神戸市長", "第3号"),
        ("東京都八王子市", "2021-03-31", "東京都知事", "第1号"),
        ("東京都八王子市", "2021-04-01", "八王子市長", "第4号"),
        # Filings began with 2009-05-01.
        ("東京都国分寺市", "2009-05-01", "東京都知事", "第1号"),
    ],
)
def test_since_when_a_large_city_takes_filings(city: str, day: str, name: str, item: str) -> None:
    of_one = read_offices(offices(office("訪問介護", f"{city}1")))
    addressee = addressee_of(of_one, date.fromisoformat(day))
    assert addressee.name == name
    rule = addressee.rule
    assert rule.place == f"介護保険法 第115条の32第2項{item}"
    assert (rule.force, rule.source) == ("law", "insurance_act_115_32")
    assert rule.holds(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("東京都足立区中央本町1-17-1", ("東京都", "足立区", "中央本町1-17-1")),
        ("三重県四日市市諏訪町1-5", ("三重県", "四日市市", "諏訪町1-5")),
        ("広島県廿日市市下平良1", ("広島県", "廿日市市", "下平良1")),
        ("石川県野々市市三納1", ("石川県", "野々市市", "三納1")),
        ("千葉県市川市八幡1", ("千葉県", "市川市", "八幡1")),
        ("千葉県市原市国分寺台1", ("千葉県", "市原市", "国分寺台1")),
        ("東京都町田市森野2", ("東京都", "町田市", "森野2")),
        ("東京都武蔵村山市本町1", ("東京都", "武蔵村山市", "本町1")),
        ("福島県郡山市朝日1", ("福島県", "郡山市", "朝日1")),
        ("奈良県大和郡山市北郡山町248", ("奈良県", "大和郡山市", "北郡山町248")),
        ("奈良県高市郡明日香村岡55", ("奈良県", "明日香村", "岡55")),
        ("北海道余市郡余市町朝日町26", ("北海道", "余市町", "朝日町26")),
        ("群馬県佐波郡玉村町下新田201", ("群馬県", "玉村町", "下新田201")),
        ("佐賀県杵島郡大町町大町5017", ("佐賀県", "大町町", "大町5017")),
        ("宮城県柴田郡村田町村田1", ("宮城県", "村田町", "村田1")),
        ("富山県中新川郡上市町法音寺1", ("富山県", "上市町", "法音寺1")),
        ("福岡県小郡市小郡255", ("福岡県", "小郡市", "小郡255")),
        ("東京都八丈町大賀郷2551", ("東京都", "八丈町", "大賀郷2551")),
        ("東京都八丈島八丈町大賀郷2551", ("東京都", "八丈町", "大賀郷2551")),
        ("東京都三宅島三宅村阿古497", ("東京都", "三宅村", "阿古497")),
        # Without their county.
        ("群馬県玉村町下新田201", ("群馬県", "玉村町", "下新田201")),
        ("茨城県東海村村松1 第2街区", ("茨城県", "東海村", "村松1 第2街区")),
        ("東京都大島町元町1 市営住宅", ("東京都", "大島町", "元町1 市営住宅")),
        *(
            (f"東京都{city}元町1", ("東京都", city, "元町1"))
            for city in ("町田市", "羽村市", "東村山市", "武蔵村山市")
        ),
        ("新潟県十日町市千歳町3", ("新潟県", "十日町市", "千歳町3")),
        ("福島県田村市船引町1", ("福島県", "田村市", "船引町1")),
        ("東京都新島村本村1", ("東京都", "新島村", "本村1")),
        ("京都府京都市中京区1", ("京都府", "京都市", "中京区1")),
        # Counties and towns with 市 in their name, cities with 郡.
        ("北海道余市郡仁木町北町1", ("北海道", "仁木町", "北町1")),
        ("北海道余市郡赤井川村赤井川74", ("北海道", "赤井川村", "赤井川74")),
        ("栃木県芳賀郡市貝町市塙1280", ("栃木県", "市貝町", "市塙1280")),
        ("兵庫県神崎郡市川町西川辺165", ("兵庫県", "市川町", "西川辺165")),
        ("山梨県西八代郡市川三郷町市川大門1790", ("山梨県", "市川三郷町", "市川大門1790")),
        ("奈良県吉野郡下市町下市1960", ("奈良県", "下市町", "下市1960")),
        ("愛知県蒲郡市旭町17", ("愛知県", "蒲郡市", "旭町17")),
        ("岐阜県郡上市八幡町島谷228", ("岐阜県", "郡上市", "八幡町島谷228")),
        # Blanks between the parts, and a postal code before them.
        (" 東京都　足立区 中央本町1-17-1 2階", ("東京都", "足立区", "中央本町1-17-1 2階")),
        ("栃木県 芳賀郡 市貝町 市塙1280", ("栃木県", "市貝町", "市塙1280")),
        ("〒154-8504 東京都世田谷区世田谷4", ("東京都", "世田谷区", "世田谷4")),
        ("１５４－８５０４東京都世田谷区世田谷4", ("東京都", "世田谷区", "世田谷4")),
        ("神奈川県鎌倉市御成町18", ("神奈川県", "鎌倉市", "御成町18")),
        ("みほん", ("", "", "みほん")),
        ("", ("", "", "")),
    ],
)
def test_addresses_are_split(address: str, parts: tuple[str, str, str]) -> None:
    assert split_address(address) == parts


def corporation(**cells: Any) -> pd.DataFrame:
    usual = {
        "name": "社会福祉法人みほん会",
        "officer_name": "例 四郎",
        "officer_born_on": "1970-01-01",
        "filed_with": "足立区長",
        "filed_on": "2025-04-10",
    }
    return pd.DataFrame([usual | cells])


QUIET = meetings("2025-09-17", "2026-03-11")


def test_a_filing_that_is_whole() -> None:
    assert found(check(QUIET, "2026-04-01", corporation=corporation())) == []
    for name in ("足立区",):
        assert found(check(QUIET, "2026-04-01", corporation=corporation(filed_with=name))) == []


def test_an_item_that_is_missing_is_a_breach() -> None:
    report = check(QUIET, "2026-04-01", corporation=corporation(officer_name=""))
    assert found(report, "severity", "rule", "place") == [
        ("breach", "filing_item_missing", "施行規則 第140条の40第1項第2号")
    ]
    # 第2号: 氏名及び生年月日.
    report = check(QUIET, "2026-04-01", corporation=corporation(officer_born_on=""))
    assert found(report, "severity", "rule", "place") == [
        ("breach", "filing_item_missing", "施行規則 第140条の40第1項第2号")
    ]
    many = offices(
        *({"provider_no": f"13900{number:05d}"} for number in range(20)),
        designated_on="2026-03-20",
    )
    report = check(meetings(), "2026-04-01", many, corporation=corporation())
    assert [one for one in found(report, "rule", "place") if one[0] == "filing_item_missing"] == [
        ("filing_item_missing", "施行規則 第140条の40第1項第3号")
    ]


def test_a_filing_with_another_authority_is_a_breach() -> None:
    report = check(QUIET, "2026-04-01", corporation=corporation(filed_with="東京都知事"))
    assert found(report, "severity", "rule", "place") == [
        ("breach", "filing_to_other_authority", "介護保険法 第115条の32第2項第5号")
    ]
    assert "足立区長" in str(report.items[0].message)


@pytest.mark.parametrize(
    ("address", "names", "other"),
    [
        ("東京都足立区1", ["足立区長", "足立区", " 足立区長 殿", "足立区長様"], "葛飾区長"),
        (
            "東京都足立区1",
            ["東京都足立区長", "足立区役所", "足立区 介護保険課", "東京都足立区福祉部"],
            "東京都",
        ),
        ("東京都足立区1 東京都葛飾区2", ["東京都福祉局", "東京都庁"], "東京都足立区長"),
        (
            "東京都足立区1 東京都葛飾区2",
            ["東京都知事", "東京都", "東京都 知事", "東京都知事殿", "東京都知事\u3000あて"],
            "神奈川県",
        ),
    ],
)
def test_an_authority_is_the_same_by_its_name_and_by_that_of_its_head(
    address: str, names: list[str], other: str
) -> None:
    of_offices = offices(
        *(
            {"provider_no": f"139000001{at}", "address": one, "designated_on": "2025-04-01"}
            for at, one in enumerate(address.split())
        )
    )

    def told(filed_with: str) -> bool:
        of = corporation(filed_with=filed_with)
        report = check(QUIET, "2026-04-01", of_offices, corporation=of)
        return "filing_to_other_authority" in set(found(report, "rule"))

    assert [name for name in names if told(name)] == []
    assert told(other)


def test_a_filing_that_is_not_made_is_due_and_one_in_two_prefectures_is_a_question() -> None:
    report = check(QUIET, "2026-04-01", corporation=corporation(filed_on="", filed_with=""))
    assert found(report) == [("due", "filing_to_other_authority")]
    # A day after that of the check has not come.
    for day, told in (("2026-04-01", []), ("2026-04-02", found(report))):
        assert found(check(QUIET, "2026-04-01", corporation=corporation(filed_on=day))) == told
    two = offices(
        {"address": "東京都足立区1", "designated_on": "2025-04-01"},
        {"provider_no": "1100000001", "address": "埼玉県上尾市1", "designated_on": "2026-03-20"},
    )
    report = check(QUIET, "2026-04-01", two, corporation=corporation())
    assert ("unclear", "filing_to_other_authority") in found(report)


# --- the list of members ----------------------------------------------------------------------


def members(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "provider_no": PROVIDER, "name": "", "category": "利用者", "post": "", "from": "2025-04-01",
        "to": "", "filed_on": "2025-04-14",
    }  # fmt: skip
    return pd.DataFrame([usual | row for row in rows])


@pytest.mark.parametrize(
    ("authority", "rows", "late"),
    [
        ("adachi", [{}, {}], 0),
        ("adachi", [{}, {"from": "2025-10-01", "filed_on": ""}], 1),
        # Who left is on no list filed after.
        ("adachi", [{}, {"to": "2025-12-31"}], 1),
        ("adachi", [{}, {"to": "2025-12-31", "filed_on": "2026-01-05"}], 0),
        # Filed on the day of the check, and not before the day after it.
        ("adachi", [{"filed_on": "2026-04-01"}, {"filed_on": "2026-04-02"}], 1),
        ("adachi", [{"to": "2025-12-31", "filed_on": "2027-01-05"}], 1),
        ("kokubunji", [{"filed_on": "2026-04-02"}, {"filed_on": "2026-04-02"}], 2),
        # Not yet a member, not yet gone.
        ("adachi", [{"from": "2026-05-01", "filed_on": ""}, {"to": "2026-05-01"}], 0),
        # 国分寺市: at the designation and its renewal.
        ("kokubunji", [{}, {"from": "2025-10-01", "filed_on": ""}], 0),
        ("kokubunji", [{"filed_on": ""}, {"filed_on": ""}], 2),
        # The law knows no list.
        ("柏市", [{"filed_on": ""}], 0),
    ],
)
def test_lists_of_members_are_filed(authority: str, rows: list[Any], late: int) -> None:
    """足立区 8(1): 構成員が決まり次第、変更が生じた場合も同様; 国分寺市 3."""
    office_ = offices(authority=authority, designated_on="2025-04-01")
    report = check(QUIET, "2026-04-01", office_, members=members(*rows))
    told = [str(one.message) for one in report.items if one.rule == "members_not_filed"]
    assert [text.split()[0] for text in told] == ([str(late)] if late else [])
    for one in report.items:
        assert "利用者" not in str(one.message) or one.rule != "members_not_filed"


def test_the_first_lists_were_to_be_filed_by_a_day() -> None:
    """国分寺市 3※: 平成28年4月28日(木)までにご報告ください."""
    office_ = offices(authority="kokubunji", designated_on="2016-04-01")
    rows = members({"from": "2016-04-01", "filed_on": ""})
    for on, severity in (("2016-04-28", "due"), ("2016-04-29", "late")):
        report = check(meetings(), on, office_, members=rows)
        assert found(report, "severity", "rule", "date") == [
            (severity, "members_not_filed", "2016-04-28")
        ]
    # Who was designated later could not keep that day.
    office_ = offices(authority="kokubunji", designated_on="2016-09-01")
    rows = members({"from": "2016-09-01", "filed_on": ""})
    report = check(meetings(), "2016-09-10", office_, members=rows)
    assert found(report, "severity", "rule", "date") == [("late", "members_not_filed", "")]
    frame = plan_duties(office_, 2016, on="2016-09-10", members=rows)
    assert planned(frame, "member_list") == [("2016-09-12", "")]


def test_a_list_is_told_once_for_an_office_of_several_services() -> None:
    office_ = offices({}, {"service": "総合事業"}, designated_on="2025-04-01")
    report = check(QUIET, "2026-04-01", office_, members=members({"filed_on": ""}))
    assert found(report) == [("late", "members_not_filed")]


def test_an_office_of_which_the_list_has_nobody() -> None:
    """足立区 8(1): the list is filed when it is decided; nothing of it is known."""
    office_ = offices({}, {"provider_no": OTHER}, authority="adachi", designated_on="2025-04-01")
    report = check(QUIET, "2026-04-01", office_, members=members({}))
    (item,) = [one for one in report.items if one.rule == "members_not_filed"]
    assert (item.severity, item.rule, item.provider_no) == ("unclear", "members_not_filed", OTHER)
    assert str(item.message) == "the list of members has no entry of this office"
    assert item.message.say("ja") == "構成員の一覧に、この事業所の構成員がありません"


def test_members_of_an_office_that_is_not_known() -> None:
    """足立区 8(1); the number is a cell of the list, and not repeated."""
    office_ = offices(authority="adachi", designated_on="2025-04-01")
    rows = members({}, {"provider_no": OTHER, "filed_on": ""}, {"provider_no": OTHER})
    report = check(QUIET, "2026-04-01", office_, members=rows)
    assert found(report, "severity", "rule", "provider_no") == [("unclear", "unknown_office", "")]
    (item,) = report.items
    assert str(item.message) == (
        "2 entries of the list of members are of providers that the register of offices does not "
        "have"
    )
    assert item.message.say("ja") == "構成員名簿のうち2件の事業所番号が事業所の一覧にありません"
    assert OTHER not in report.findings.to_csv()
    (item,) = check(QUIET, "2026-04-01", office_, members=rows.iloc[:2]).items
    assert str(item.message).startswith("1 entry of the list of members is of a provider that ")
    # An office without a council is one as well.
    night = {"provider_no": OTHER, "service": "夜間対応型訪問介護"}
    known = offices({}, night, authority="adachi", designated_on="2025-04-01")
    assert found(check(QUIET, "2026-04-01", known, members=rows)) == []


def test_offices_of_several_corporations() -> None:
    two = offices(
        {"corporation": "社会福祉法人みほん会", "designated_on": "2025-04-01"},
        {
            "corporation": "れい社", "provider_no": "1100000001", "authority": "上尾市",
            "designated_on": "2026-03-20",
        },
    )  # fmt: skip
    report = check(QUIET, "2026-04-01", two, corporation=corporation())
    assert "filing_to_other_authority" not in set(found(report, "rule"))
    with pytest.raises(ChiikiTsushoError) as error:
        check(QUIET, "2026-04-01", two, corporation=corporation(name="別の会"))
    assert "several corporations" in str(error.value)
    assert "複数の法人" in error.value.say("ja")
    assert "別の会" not in str(error.value)


def twenty(*names: str, **cells: Any) -> pd.DataFrame:
    """Twenty offices in 足立区, of which the first have other names of the corporation."""
    given = [*names, *["(福)みほん会"] * (20 - len(names))]
    rows = [
        {"provider_no": f"13900001{at:02}", "corporation": name, "designated_on": "2025-04-01"}
        for at, name in enumerate(given)
    ]
    return offices(*[rows[0] | cells, *rows[1:]])


@pytest.mark.parametrize("name", ["（福）みほん会", "(福) みほん会", ""])
def test_offices_are_of_one_corporation_however_its_name_is_written(name: str) -> None:
    """施行規則 第140条の40: 規程の概要 from 20 offices on."""
    row = corporation(name="(福)みほん会")
    report = check(QUIET, "2026-04-01", twenty(name), corporation=row)
    assert "filing_item_missing" in set(found(report, "rule"))
    # Beside another corporation it counts no office of that.
    other = {"provider_no": "1390000299", "corporation": "れい社"}
    if name:
        known = pd.concat([twenty(name), offices(other)]).fillna("")
        report = check(QUIET, "2026-04-01", known, corporation=row)
        assert "20 offices count" in " ".join(found(report, "message"))


def test_of_several_corporations_every_office_says_whose_it_is() -> None:
    known = twenty("れい社", "")
    with pytest.raises(ChiikiTsushoError) as error:
        check(QUIET, "2026-04-01", known, corporation=corporation(name="(福)みほん会"))
    assert "give that of every office" in str(error.value)
    assert "すべての事業所に法人を" in error.value.say("ja")


def test_an_office_counts_from_its_designation_on() -> None:
    """What has a day after that of the check has not happened yet."""
    known = twenty(designated_on="2026-05-01", address="埼玉県上尾市本町3")
    for on, missing in (("2026-04-30", False), ("2026-05-01", True)):
        report = check(QUIET, on, known, corporation=corporation(name="(福)みほん会"))
        assert ("filing_item_missing" in set(found(report, "rule"))) is missing
        assert ("offices in several prefectures" in " ".join(found(report, "message"))) is missing


def test_an_office_counts_until_it_is_closed_for_good() -> None:
    known = twenty(ended_on="2026-05-01", address="埼玉県上尾市本町3").fillna("")
    for on, counted in (("2026-04-30", True), ("2026-05-01", False)):
        report = check(QUIET, on, known, corporation=corporation(name="(福)みほん会"))
        assert ("filing_item_missing" in set(found(report, "rule"))) is counted
        assert ("offices in several prefectures" in " ".join(found(report, "message"))) is counted
    assert filing_addressee(known).name == "足立区長"
    all_gone = check(
        QUIET, "2026-05-01", known.assign(ended_on="2026-05-01"), corporation=corporation()
    )
    assert "there is no office that counts" in " ".join(found(all_gone, "message"))


def test_one_corporation_has_one_row() -> None:
    twice = pd.concat([corporation()] * 2)
    with pytest.raises(ChiikiTsushoError, match="has 2 rows; one was expected"):
        check(QUIET, "2026-04-01", corporation=twice)


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("filing_change", "without_delay", "第115条の32第3項"),
        ("filing_change_of_class", "new_and_former_authority", "第115条の32第4項"),
        ("filing_change_not_for", "number_of_offices_alone", "流山市"),
        ("filing_officer", "no_qualification", "名古屋市"),
        ("filing_electronic", "possible", "大崎市"),
    ],
)
def test_what_else_is_said_of_filings(key: str, value: str, place: str) -> None:
    (row,) = rule_book().of("law", "day_care", key, date(2026, 4, 1))
    assert row.value == value
    assert place in row.place
    assert key != "filing_electronic" or row.valid_from == date(2023, 3, 28)

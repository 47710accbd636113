"""The columns of the registers: offices, meetings (counts, no names), members, the corporation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chiiki_tsusho.language import Text

Register = Literal["offices", "meetings", "members", "corporation"]
Kind = Literal[
    "text", "provider_no", "provider_nos", "service", "mode", "date", "count", "yes_no", "items"
]  # fmt: skip


@dataclass(frozen=True)
class RegisterColumn:
    """A column of a register: its headings, how its cells are read, what a cell says."""

    name: str
    heading: str
    kind: Kind
    meaning: Text
    example: str = ""
    required: bool = False


_column = RegisterColumn
PROVIDER_NO = _column(
    "provider_no",
    "事業所番号",
    "provider_no",
    Text("provider, 10 characters, digits or capital letters"),
    "9999999999",
    required=True,
)
OFFICES = (
    PROVIDER_NO,
    _column(
        "office", "事業所名", "text", Text("name of the office, for papers"), "デイサービスみほん"
    ),
    _column(
        "service",
        "サービス区分",
        "service",
        Text("the service: day_care, its name, or that of another service"),
        "地域密着型通所介護",
        required=True,
    ),
    _column(
        "authority",
        "指定権者",
        "text",
        Text("the municipality that designated the office: adachi or 足立区"),
        "足立区",
    ),
    _column(
        "living_area",
        "日常生活圏域",
        "text",
        Text("the area, for meetings held jointly"),
        "みほん圏域",
    ),
    _column("designated_on", "指定年月日", "date", Text("day of the designation"), "2024-04-01"),
    _column(
        "closed_from",
        "休止年月日",
        "date",
        Text("first day of a closure (休止); a further row for each further one"),
    ),
    _column("closed_to", "再開前日", "date", Text("last day of a closure; blank: closed since")),
    _column("ended_on", "廃止年月日", "date", Text("day from which it is closed for good (廃止)")),
    _column(
        "deemed",
        "みなし指定",
        "yes_no",
        Text("1: designated as medical bodies are; blank: no"),
    ),
    _column(
        "corporation", "法人", "text", Text("the corporation that runs the office"), "みほん会"
    ),
    _column(
        "address",
        "所在地",
        "text",
        Text("address with prefecture and municipality, for papers and filings"),
        "東京都足立区みほん1-1-1",
    ),
)
MEETINGS = (
    PROVIDER_NO,
    _column("meeting_no", "回", "text", Text("number of the meeting"), "1"),
    _column("held_on", "開催日", "date", Text("day of the meeting; blank: planned"), "2026-05-20"),
    _column("planned_on", "予定日", "date", Text("day for which it is planned")),
    _column("mode", "開催方法", "mode", Text("in_person, online, mixed or written"), "対面"),
    _column("users", "利用者", "count", Text("users attending"), "1"),
    _column("families", "家族", "count", Text("members of users' families attending"), "1"),
    _column("residents", "地域住民の代表者", "count", Text("residents attending"), "1"),
    _column(
        "municipality", "市町村職員", "count", Text("staff of the municipality attending"), "0"
    ),
    _column(
        "support_center",
        "地域包括支援センター職員",
        "count",
        Text("staff of the support center"),
        "1",
    ),
    _column(
        "experts", "知見を有する者", "count", Text("people who know the service, attending"), "1"
    ),
    _column("medical", "医療関係者", "count", Text("medical people of the area attending"), "0"),
    _column("others", "その他出席者", "count", Text("others from outside attending"), "0"),
    _column("staff", "事業所職員", "count", Text("staff of the provider attending"), "2"),
    _column("absent", "欠席構成員数", "count", Text("members of the council who were absent"), "1"),
    _column(
        "online_consent",
        "同意",
        "yes_no",
        Text("1: users and families agreed to the video; blank or 0: they did not"),
    ),
    _column(
        "evaluation", "外部評価回", "yes_no", Text("1: the meeting with the external evaluation")
    ),
    _column(
        "joint_with",
        "合同の事業所番号",
        "provider_nos",
        Text("the other providers of a joint meeting"),
    ),
    _column("anonymous", "匿名", "yes_no", Text("1: users stayed anonymous at a joint meeting")),
    _column("notice_on", "通知日", "date", Text("day of the notice to members"), "2026-04-10"),
    _column(
        "authority_notice_on",
        "市町村通知日",
        "date",
        Text("day of the notice to the municipality"),
        "2026-04-10",
    ),
    _column("minutes_on", "会議録作成日", "date", Text("day the minutes were made"), "2026-06-01"),
    _column("published_on", "公表日", "date", Text("day the minutes were published"), "2026-06-05"),
    _column("published_how", "公表方法", "text", Text("how they were published"), "事業所に掲示"),
    _column(
        "absentees_sent_on",
        "欠席者送付日",
        "date",
        Text("day absent members were sent material and minutes"),
        "2026-06-05",
    ),
    _column(
        "reported_on",
        "報告日",
        "date",
        Text("day the municipality was sent the minutes"),
        "2026-06-05",
    ),
    _column("discarded_on", "廃棄日", "date", Text("day the record was destroyed")),
    _column("agenda", "議題", "text", Text("the agenda, for papers"), "活動状況の報告"),
    _column("place", "会場", "text", Text("where the meeting is held, for papers"), "事業所"),
)
MEMBERS = (
    PROVIDER_NO,
    _column("name", "氏名", "text", Text("name of the member; may be blank")),
    _column(
        "category", "構成区分", "text", Text("the group the member stands for"), "地域住民の代表者"
    ),
    _column("post", "職名等", "text", Text("the member's post"), "民生委員"),
    _column("from", "就任日", "date", Text("first day as a member"), "2026-04-01"),
    _column("to", "退任日", "date", Text("last day as a member")),
    _column(
        "filed_on", "届出日", "date", Text("day the list with this entry was filed"), "2026-04-10"
    ),
)
CORPORATION = (
    _column(
        "name",
        "名称",
        "text",
        Text("name of the corporation"),
        "社会福祉法人みほん会",
        required=True,
    ),
    _column("name_kana", "名称フリガナ", "text", Text("its reading"), "ミホンカイ"),
    _column("number", "事業者番号", "text", Text("number of the provider (corporation)")),
    _column("kind", "法人の種別", "text", Text("kind of corporation"), "社会福祉法人"),
    _column("postal_code", "郵便番号", "text", Text("postal code of the main office"), "999-9999"),
    _column(
        "address", "住所", "text", Text("address of the main office"), "東京都足立区みほん1-1-1"
    ),
    _column("building", "ビルの名称等", "text", Text("building of the main office")),
    _column("phone", "電話番号", "text", Text("telephone"), "00-0000-0000"),
    _column("fax", "FAX番号", "text", Text("fax"), "00-0000-0001"),
    _column("head_post", "代表者職名", "text", Text("post of the representative"), "理事長"),
    _column("head_name", "代表者氏名", "text", Text("name of the representative"), "見本 一郎"),
    _column("head_kana", "代表者フリガナ", "text", Text("its reading"), "ミホン イチロウ"),
    _column("head_born_on", "代表者生年月日", "date", Text("birth date of the representative")),
    _column(
        "head_postal_code", "代表者郵便番号", "text", Text("postal code of the representative")
    ),
    _column("head_address", "代表者住所", "text", Text("address of the representative")),
    _column("head_building", "代表者ビルの名称等", "text", Text("building of the representative")),
    _column(
        "officer_name",
        "法令遵守責任者氏名",
        "text",
        Text("name of the compliance officer"),
        "見本 二郎",
    ),
    _column("officer_kana", "法令遵守責任者フリガナ", "text", Text("its reading"), "ミホン ジロウ"),
    _column(
        "officer_born_on",
        "法令遵守責任者生年月日",
        "date",
        Text("birth date of the compliance officer"),
        "1970-01-01",
    ),
    _column("regulations", "規程の概要", "text", Text("the regulations for compliance in short")),
    _column("audit", "監査の方法の概要", "text", Text("how the business is audited, in short")),
    _column("filed_with", "届出先", "text", Text("the authority filed with: 足立区長"), "足立区長"),
    _column("filed_on", "届出日", "date", Text("day of the filing"), "2024-04-01"),
    _column(
        "former_authority", "変更前行政機関", "text", Text("the authority before a change of class")
    ),
    _column("former_number", "変更前事業者番号", "text", Text("the number it gave")),
    _column("change_reason", "区分変更の理由", "text", Text("why the class changed")),
    _column(
        "new_authority", "変更後行政機関", "text", Text("the authority after a change of class")
    ),
    _column("changed_on", "変更日", "date", Text("day of the change")),
    _column(
        "changed_items", "変更事項", "items", Text("numbers of the items changed, 1 to 8: 3 6")
    ),
    _column("before", "変更前", "text", Text("what stood before the change")),
    _column("after", "変更後", "text", Text("what stands after the change")),
)
REGISTERS: dict[Register, tuple[RegisterColumn, ...]] = {
    "offices": OFFICES,
    "meetings": MEETINGS,
    "members": MEMBERS,
    "corporation": CORPORATION,
}
# Registers of persons: what stands in a cell of theirs may be a name, an address or a birth date in
# any column, for a row may be shifted, and is not repeated.
PERSONAL: frozenset[Register] = frozenset(("members", "corporation"))

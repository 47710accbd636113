"""Papers of the council, in Japanese: 開催通知, 会議録, 構成員届出."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from chiiki_tsusho.duties.cases import COUNCILS, OfficeCase
from chiiki_tsusho.duties.findings import named
from chiiki_tsusho.duties.follow_ups import notice_days, retention
from chiiki_tsusho.duties.meetings import Meeting, said_number
from chiiki_tsusho.duties.paper_model import Block, Cell, PageBreak, Paper, Paragraph, Table, form
from chiiki_tsusho.duties.registers import MODES
from chiiki_tsusho.duties.services import care_services
from chiiki_tsusho.eras import japanese_date

NO_DATE = "令和　　年　　月　　日"
_WEEKDAYS = "月火水木金土日"
# What a town that prints examples names; an office keeps or strikes each.
AGENDA = {
    "services_and_events": "提供しているサービスの内容や行事等活動状況の報告",
    "make_up_of_users": "利用者の構成(年齢・要介護度等)",
    "accidents": "事故報告",
    "health_care": "利用者の健康管理に係る事業所の取り組み",
    "disaster_measures": "災害対策の取り組み",
    "local_cooperation": "地域連携の取り組み",
    "wishes_and_opinions": "要望や意見交換",
}
GROUPS = {
    "users": "利用者",
    "families": "利用者の家族",
    "residents": "地域住民の代表者",
    "municipality": "市区町村職員",
    "support_center": "地域包括支援センター職員",
    "medical": "地域の医療関係者",
    "experts": "サービスについて知見を有する者",
    "others": "その他",
    "staff": "事業所職員",
}
# 指定地域密着型サービス基準 第34条第2項: what the record holds.
RECORD = {
    "report": "報告(活動状況)",
    "evaluation": "評価",
    "wishes": "要望",
    "advice": "助言",
}
_MEMBER_ROWS = 14
_CUT = "- " * 12


def council_name(case: OfficeCase) -> str:
    """Name the council as the authority does."""
    rule = case.rule("council")
    return COUNCILS[rule.value] if rule else COUNCILS["management"]


def _titled(case: OfficeCase, meeting: Meeting, rest: str) -> str:
    return f"{said_number(meeting.number)} {council_name(case)} {rest}".lstrip()


def _written(day: date | None) -> str:
    return NO_DATE if day is None else japanese_date(day)


def _hours(meeting: Meeting) -> str:
    weekday = _WEEKDAYS[meeting.day.weekday()] if meeting.day else "　"
    return f"{_written(meeting.day)}({weekday})　　時　　分 から　　時　　分 まで"


def _agenda(meeting: Meeting) -> str:
    if meeting.agenda:
        return "\n".join(filter(None, meeting.agenda.replace("、", "\n").split("\n")))
    return "\n".join(f"□ {text}" for text in AGENDA.values())


def notice(case: OfficeCase, meeting: Meeting) -> Paper:
    """Return 開催通知(出席依頼): one for the members and, where the town wants it, one for it."""
    day = meeting.day
    title = _titled(case, meeting, "開催のお知らせ(出席のお願い)")
    blocks = _letter(case, meeting, f"{council_name(case)} 構成員 各位", title, None)
    rule = case.rule("notice_months_before", day)
    if rule is not None:
        town = named(case.office.authority).say("ja")
        until = f"開催日の{rule.number}か月前まで"
        if day is not None:
            until += f"({japanese_date(notice_days(rule, day)[0])}まで)"
        lines = [
            f"{_CUT} 事業所控え(送付のときは削除してください) {_CUT}",
            f"送付期限　{until}。市区町村職員の参加を希望する場合に、毎回送付する。",
        ]
        if case.rule("notice_subject", day):
            # The town sorts its mail by these two.
            lines.append(
                f"電子メールの件名には「運営推進会議」「{case.office.office or '事業所名'}」を"
                "必ず入れる。"
            )
        blocks += [PageBreak(), *_letter(case, meeting, f"{town} 介護保険担当 御中", title, lines)]
    return Paper(title, blocks)


def _letter(
    case: OfficeCase,
    meeting: Meeting,
    to: str,
    title: str,
    to_authority: Sequence[str] | None,
) -> list[Block]:
    office = case.office
    council = council_name(case)
    mode = meeting.mode
    ways = "　".join(
        f"{'■' if mode in (key, 'mixed') else '□'} {MODES[key]}" for key in ("in_person", "online")
    )
    asked = (
        "貴職員のご出席をお願いします。ご都合がつかない場合は、その旨をお知らせください。"
        if to_authority
        else "ご多用のところ恐れ入りますが、ご出席くださいますようお願い申し上げます。"
    )
    blocks: list[Block] = [
        Paragraph(_written(meeting.notice_on), "right", after=10),
        Paragraph(to, after=10),
        Paragraph(office.corporation, "right"),
        Paragraph(office.office or "事業所名", "right"),
        Paragraph(f"事業所番号 {office.provider_no}", "right"),
        Paragraph(care_services()[office.service].name, "right", after=14),
        Paragraph(title, "center", 14, bold=True, after=14),
        Paragraph(
            f"　日頃より当事業所の運営にご理解とご協力をいただき、厚くお礼申し上げます。"
            f"このたび、{council}を下記のとおり開催いたします。{asked}",
            after=12,
        ),
        Paragraph("記", "center", after=8),
        form(
            (32, 132),
            [
                ("日　時", _hours(meeting)),
                ("会　場", meeting.place or ""),
                ("開催方法", ways),
                ("議　題", _agenda(meeting)),
            ],
            (10, 10, 10, 40),
        ),
        Paragraph(after=6),
    ]
    if to_authority is None:
        if mode in ("online", "mixed"):
            consent = (
                "※ 利用者・ご家族がオンラインで参加される場合は、テレビ電話装置等の活用について"
                "あらかじめ同意をいただきます。"
            )
            blocks.append(Paragraph(consent, points=9.5, after=6))
        reply = [("出　欠", "□ 出席　　□ 欠席"), ("ご意見等", "")]
        blocks += [
            Paragraph("出欠のご連絡(　　月　　日までにお知らせください)", after=3),
            form((32, 132), reply, (10, 18)),
            Paragraph(after=8),
        ]
    blocks += [
        Paragraph("以上", "right", after=6),
        Paragraph("担当　　　　　　　　　電話　　　　　　　　　FAX", after=24),
    ]
    blocks += [Paragraph(line, points=9, after=3) for line in to_authority or ()]
    return blocks


def minutes(case: OfficeCase, meeting: Meeting) -> Paper:
    """Return 会議録 to be completed: groups and numbers, no field for a name."""
    office = case.office
    title = _titled(case, meeting, "会議録")
    day = meeting.day
    came = [
        f"{group}{getattr(meeting, name)}名"
        for name, group in GROUPS.items()
        if getattr(meeting, name)
    ] or [f"{group}　　名" for name, group in GROUPS.items() if _sits(case, name)]
    absent = "　　名" if meeting.absent is None else f"{meeting.absent}名"
    joint = "なし"
    others = set(meeting.joint_with or ()) - {office.provider_no}
    if others:
        joint = f"あり(ほか{len(others)}事業所)。会議録は事業所ごとに作成する"
    rows = [
        ("事業所名", f"{office.office}(事業所番号 {office.provider_no})"),
        ("サービス", care_services()[office.service].name),
        ("開催日時", _hours(meeting)),
        ("会　場", meeting.place or ""),
        ("開催方法", MODES[meeting.mode] if meeting.mode else "□ 対面　□ オンライン"),
        ("合同開催", joint),
        ("出席者", "、".join(came)),
        ("欠席した構成員", absent),
        ("議　題", _agenda(meeting)),
    ]
    how = meeting.published_how or "□ 事業所で閲覧　□ ホームページ　□ その他(　　　)"
    kept = retention(case, meeting, day) if day else None
    keep = f"{japanese_date(kept[0])}まで保存({kept[1].number}年間)" if kept else ""
    if kept and not meeting.published_on:
        keep += "。公表が後になるときは、公表の日から数える"
    after = [
        ("公　表", f"公表日 {_written(meeting.published_on)}\n{how}"),
        ("保　存", keep),
    ]
    blocks: list[Block] = [
        Paragraph(title, "center", 15, bold=True, after=8),
        form((34, 132), rows, (9,) * len(rows)),
        Paragraph(after=6),
        form((34, 132), [(text, "") for text in RECORD.values()], (26, 22, 22, 22)),
        Paragraph(after=6),
        form((34, 132), after, (14, 9)),
        Paragraph(points=4),
        Paragraph(
            "※ この会議録は公表します。利用者その他の個人が特定できる内容(氏名、住所等)は"
            "記載しません。",
            points=9,
        ),
    ]
    return Paper(title, blocks)


def _sits(case: OfficeCase, name: str) -> bool:
    return name != "others" and (
        name != "medical" or council_name(case) == COUNCILS["care_medical"]
    )


def members(case: OfficeCase, rows: Sequence[dict[str, Any]], on: date) -> Paper:
    """Return 構成員届出: 氏名 may be open, 構成区分 and 職名等 not."""
    office = case.office
    title = f"{council_name(case)}の構成員届出"
    now = [
        row
        for row in rows
        if row["provider_no"] == office.provider_no
        and (row["from"] is None or row["from"] <= on)
        and (row["to"] is None or row["to"] >= on)
    ]
    filled = [
        [Cell(row["name"] or ""), Cell(row["category"] or ""), Cell(row["post"] or "")]
        for row in now
    ]
    blank = [[Cell(), Cell(), Cell()] for _ in range(_MEMBER_ROWS - len(filled))]
    heads = [Cell(text, head=True, align="center") for text in ("氏名", "構成区分", "職名等")]
    blocks: list[Block] = [
        Paragraph(title, "center", 15, bold=True, after=14),
        Paragraph(f"{named(office.authority).say('ja') or '　　　　　　'} 御中", after=6),
        Paragraph(NO_DATE, "right", after=6),
        Paragraph(f"事業所名：　{office.office}", points=11.5, after=2),
        Paragraph(
            f"(事業所番号 {office.provider_no}　{care_services()[office.service].name})", after=10
        ),
        Table(
            (46, 58, 62), [heads, *filled, *blank], (9, *([11] * max(_MEMBER_ROWS, len(filled))))
        ),
    ]
    return Paper(title, blocks)

"""Papers of the business-management system, in Japanese: 様式第1号 and 様式第2号.

The fields and their order are those of 国分寺市; the other municipalities' forms ask for the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from chiiki_tsusho.duties.filings import (
    Addressee,
    addressee_of,
    items_for,
    offices_counted,
    split_address,
)
from chiiki_tsusho.duties.paper_model import Block, Cell, Paper, Paragraph, Table, form
from chiiki_tsusho.duties.registers import Office
from chiiki_tsusho.duties.rules import EVERY_SERVICE, LAW, rule_book
from chiiki_tsusho.duties.services import care_services
from chiiki_tsusho.eras import japanese_date

_NO_DATE = "年　　月　　日"
_MAYORS_FORM = "国分寺市長"
_ASK = "(届出先を確認してください)"
_LEAST_OFFICES = 3
_CHANGES = (
    "法人の種別，名称(フリガナ)",
    "主たる事務所の所在地，電話，FAX番号",
    "代表者氏名(フリガナ)，生年月日",
    "代表者の住所，職名",
    "事業所名称等及び所在地",
    "法令遵守責任者の氏名(フリガナ)及び生年月日",
    "業務が法令に適合することを確保するための規程の概要",
    "業務執行の状況の監査の方法の概要",
)
_W = (24, 25, 16, 33, 33, 37)


def _day(day: date | None) -> str:
    return _NO_DATE if day is None else japanese_date(day)


def _box(chosen: bool) -> str:
    return "■" if chosen else "□"


def _heading(
    number: str, place: str, title: str, addressee: Addressee, row: dict[str, Any], on: date
) -> list[Block]:
    town = addressee.name.removesuffix("長") if addressee.name[-2:-1] in "市区町村" else ""
    seal = "　　印" if rule_book().one(LAW, EVERY_SERVICE, "filing_seal", on) else ""
    of_town = f"({place})" if addressee.name == _MAYORS_FORM else ""
    return [
        Paragraph(f"{number}{of_town}", after=2),
        form((30, 40), [("受付番号", "")], (8,), "right"),
        Paragraph(points=5),
        Paragraph(
            f"{town}介護サービス事業者の業務管理体制に係る{title}", "center", 13, bold=True, after=4
        ),
        Paragraph(_NO_DATE, "right"),
        Paragraph(f"{addressee.name or _ASK}　殿"),
        Paragraph(f"事業者　名　　称　{row['name'] or ''}", indent=84),
        Paragraph(f"代表者氏名　{row['head_name'] or ''}{seal}", indent=97, after=3),
        Paragraph("　このことについて，下記のとおり関係書類を添えて届け出ます。", after=2),
        form((44, 124), [("事業者(法人)番号", row["number"] or "")], (8,)),
        Paragraph(points=5),
    ]


def _address(row: dict[str, Any], prefix: str) -> str:
    prefecture, town, rest = split_address(row[f"{prefix}address"] or "")
    code = row[f"{prefix}postal_code"] or "　　　－　　　　"
    return (
        f"(郵便番号 {code})\n"
        f"都道府県 {prefecture or '　　　　'}　郡市区 {town or '　　　　　'}　{rest}\n"
        f"(ビルの名称等) {row[f'{prefix}building'] or ''}"
    )


def filing(offices: Sequence[Office], row: dict[str, Any], on: date) -> Paper:
    """Return 様式第1号: the filing, or that of a change of class."""
    addressee = addressee_of(offices, on)
    counted = offices_counted(offices)
    number = len(counted)
    changed = bool(row["new_authority"] or row["former_authority"])
    head, span = _head, _span
    rows: list[list[Cell]] = [
        [
            head("1 届出の内容", rows=2),
            span(f"{_box(not changed)} (1) 法第115条の32第2項関係(整備)", 5),
        ],
        [span(f"{_box(changed)} (2) 法第115条の32第4項関係(区分の変更)", 5)],
        [head("2 事業者", rows=7), head("フリガナ"), span(row["name_kana"], 4)],
        [head("名称"), span(row["name"], 4)],
        [head("住所\n(主たる事務所の所在地)"), span(_address(row, ""), 4)],
        [
            head("連絡先"),
            span(f"電話番号 {row['phone'] or ''}", 2),
            span(f"FAX番号 {row['fax'] or ''}", 2),
        ],
        [head("法人の種別"), span(row["kind"], 4)],
        [
            head("代表者の職名・\n氏名・生年月日"),
            span(f"職名\n{row['head_post'] or ''}"),
            span(f"フリガナ {row['head_kana'] or ''}\n氏　　名 {row['head_name'] or ''}", 2),
            span(f"生年月日\n{_day(row['head_born_on'])}"),
        ],
        [head("代表者の住所"), span(_address(row, "head_"), 4)],
    ]
    listed = max(len(counted), _LEAST_OFFICES)
    rows.append(
        [
            head("3 事業所名称等及び所在地", rows=listed + 2),
            head("事業所名称", 2),
            head("指定(許可)年月日"),
            head("介護保険事業所番号\n(医療機関等コード)"),
            head("所在地"),
        ]
    )
    for one in counted:
        name = f"{one.office}\n({care_services()[one.service].name})"
        rows.append(
            [
                span(name, 2),
                span(_day(one.designated_on)),
                span(one.provider_no),
                span(one.address),
            ]
        )
    rows += [[span("", 2), span(""), span(""), span("")] for _ in range(listed - len(counted))]
    rows.append([Cell(f"計　{number}　か所", 5, align="center")])
    rows += _items(row, number, on)
    rows += [
        [
            head("5 区分変更", rows=5),
            head("区分変更前行政機関名称，担当部(局)課", 2),
            span(row["former_authority"], 3),
        ],
        [head("事業者(法人)番号", 2), span(row["former_number"], 3)],
        [head("区分変更の理由", 2), span(row["change_reason"], 3)],
        [head("区分変更後行政機関名称，担当部(局)課", 2), span(row["new_authority"], 3)],
        [head("区分変更日", 2), span(_day(row["changed_on"] if changed else None), 3)],
    ]
    blocks = _heading("様式第1号", "第2条関係", "届出書", addressee, row, on)
    blocks.append(Table(_W, rows, (5.5,) * len(rows)))
    return Paper("業務管理体制に係る届出書", blocks)


def _items(row: dict[str, Any], number: int, on: date) -> list[list[Cell]]:
    """Return the items that so many offices ask for; the others are not printed."""
    head, span = _head, _span
    rows: list[list[Cell]] = []
    items = items_for(max(number, 1), on)
    first = [
        head(
            "4 介護保険法施行規則第140条の40第1項第2号から第4号に基づく届出事項",
            rows=len(items) + 1,
        )
    ]
    for item in items:
        if item.item == 2:
            kana = f"({row['officer_kana']})" if row["officer_kana"] else ""
            rows.append(
                [
                    *first,
                    Cell("第2号", rows=2, head=True, align="center", points=9),
                    head("法令遵守責任者の氏名(フリガナ)", 3),
                    head("生年月日"),
                ]
            )
            rows.append(
                [span(f"{row['officer_name'] or ''}{kana}", 3), span(_day(row["officer_born_on"]))]
            )
        else:
            column = {3: "regulations", 4: "audit"}[item.item]
            rows.append([head(f"第{item.item}号"), head(item.text, 2), span(row[column], 2)])
    return rows


def filing_change(offices: Sequence[Office], row: dict[str, Any], on: date) -> Paper:
    """Return 様式第2号: a change of what was filed."""
    chosen = row["changed_items"] or ()
    marked = [f"{_box(at in chosen)} {at} {text}" for at, text in enumerate(_CHANGES, start=1)]
    pairs = [[Cell(text) for text in marked[at : at + 2]] for at in (0, 2)]
    single = [[Cell(text, 2)] for text in marked[4:]]
    blocks = _heading("様式第2号", "第3条関係", "変更届出書", addressee_of(offices, on), row, on)
    blocks += [
        Table(
            (84, 84),
            [[Cell("変更があった事項", 2, head=True, align="center")], *pairs, *single],
            (8,) * 7,
        ),
        Paragraph(after=4),
        Table(
            (168,),
            [
                [Cell("変更の内容", head=True, align="center")],
                [Cell(f"(変更前)\n{row['before'] or ''}")],
                [Cell(f"(変更後)\n{row['after'] or ''}")],
            ],
            (8, 46, 46),
        ),
    ]
    return Paper("業務管理体制に係る変更届出書", blocks)


def _head(text: str, columns: int = 1, rows: int = 1) -> Cell:
    return Cell(text, columns, rows, "left" if rows > 1 else "center", head=True, points=8.5)


def _span(text: str | None, columns: int = 1) -> Cell:
    return Cell(text or "", columns, points=9.5)

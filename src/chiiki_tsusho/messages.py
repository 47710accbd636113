"""The words of every problem, in English and Japanese. The name of its rule is the same in both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["en", "ja"]

TEXTS: dict[str, dict[Language, str]] = {
    "blank": {
        "en": "{column} is blank; {expected} was expected; fill it in",
        "ja": "{column} が空欄です。{expected}を記入してください",
    },
    "provider_no": {
        "en": "{value!r} is not a provider number; 10 characters, digits or capital letters, were "
        "expected",
        "ja": "{value!r} は事業所番号ではありません。数字・英大文字の10桁で記入してください",
    },
    "insurer_no": {
        "en": "{value!r} is not an insurer number; 6 or 8 digits were expected",
        "ja": "{value!r} は保険者番号ではありません。数字6桁または8桁で記入してください",
    },
    "insured_no": {
        "en": "{value!r} is not an insured number; 10 characters, digits (the first may be H), were "
        "expected",
        "ja": "{value!r} は被保険者番号ではありません。数字10桁(先頭はHでもよい)で記入してください",
    },
    "shortened": {
        "en": "{value!r} has {length} digits where {expected} were expected; a spreadsheet drops "
        "leading zeros when it takes a number for a figure: format the column as text and put "
        "the zeros back",
        "ja": "{value!r} は{length}桁で、{expected}桁が必要です。表計算ソフトは番号を数値とみなして先頭の0を"
        "落とします。列を文字列にして0を補ってください",
    },
    "spaces": {
        "en": "{value!r} has a space before or after it; take it out",
        "ja": "{value!r} の前後に空白があります。取り除いてください",
    },
    "date": {
        "en": "{value!r} is not a date; write it as 2016-04-01, 2016/4/1 or 20160401",
        "ja": "{value!r} は日付ではありません。2016-04-01、2016/4/1、20160401 の形で記入してください",
    },
    "month": {
        "en": "{value!r} is not a month; write it as 201604",
        "ja": "{value!r} は年月ではありません。201604 の形で記入してください",
    },
    "whole": {
        "en": "{value!r} is not a whole number {range}; write it in digits",
        "ja": "{value!r} は{range}の整数ではありません。数字で記入してください",
    },
    "choice": {
        "en": "{value!r} is not one of {choices}; write one of them",
        "ja": "{value!r} は {choices} のいずれでもありません。いずれかを記入してください",
    },
    "key_value": {
        "en": "{value!r} is not a count of {key}; blank, 0 or a whole number up to {most} was "
        "expected",
        "ja": "{value!r} は {key} の回数ではありません。空欄、0、または{most}までの整数で記入してください",
    },
    "support_level": {
        "en": "{value!r} is a support level (要支援); this service is for care levels 1 to 5",
        "ja": "{value!r} は要支援です。このサービスの対象は要介護1〜5です",
    },
    "unsupported_month": {
        "en": "no complete code table for {month} is at hand (there are: {months}); give the "
        "official table of that month with codes= (--codes on the command line)",
        "ja": "{month} の完全なサービスコード表がありません(あるのは {months})。その月の公式の表を codes= "
        "(コマンドでは --codes)で指定してください",
    },
    "outside_every_band": {
        "en": "{value} minutes of {service} lie outside every band (the table knows {first} to "
        "{last} minutes); check the times of the visit",
        "ja": "{service} の {value} 分はどの時間区分にも入りません(表にあるのは {first}〜{last} 分)。提供時間を"
        "確認してください",
    },
    "no_code": {
        "en": "{condition}: no code in the table of {month}; give the official table of that month "
        "with codes= (--codes on the command line), made by import-workbook from the ministry's "
        "workbook, or correct the visit",
        "ja": "{condition}: {month} の表に該当するコードがありません。厚生労働省のサービスコード表を "
        "import-workbook で取り込み codes=(コマンドでは --codes)で指定するか、実績を訂正してください",
    },
    "no_key": {
        "en": "{key} has no row in the table of {month}; use the addition of that month, or give "
        "the official table with codes= (--codes on the command line)",
        "ja": "{key} は {month} の表にありません。その月の加算を使うか、公式の表を codes=(コマンドでは "
        "--codes)で指定してください",
    },
    "not_for_service": {
        "en": "{key} cannot be added to {service}; it is for {fits}: take it out or correct the "
        "service",
        "ja": "{key} は {service} では算定できません({fits} のみ)。取り除くかサービス区分を訂正してください",
    },
    "conflicting_group": {
        "en": "{keys} are both set, in this row or through providers and recipients; at most one "
        "of the group {group} may apply: keep one",
        "ja": "{keys} が同時に設定されています(この行、または事業所・利用者のファイル)。{group} は一つだけ"
        "算定できます。一つにしてください",
    },
    "conflicting_month": {
        "en": "claim {claim}: {keys} are both set in this month; at most one of the group {group} "
        "may apply: keep one",
        "ja": "請求 {claim}: {keys} が同じ月に設定されています。{group} は一つだけ算定できます。一つにしてください",
    },
    "over_monthly_maximum": {
        "en": "claim {claim}: {value} counts of {key} in the month; at most {most} may be claimed: "
        "take out the others",
        "ja": "請求 {claim}: {key} が月{value}回です。月{most}回まで算定できます。超えた分を取り除いてください",
    },
    "duplicate_visit": {
        "en": "the same claim, date and session {session} as line {other}; delete one of them or "
        "number the sessions of the day",
        "ja": "{other} 行目と同じ請求・日付・{session}回目です。一方を削除するか、同日の回を付け直してください",
    },
    "unknown_provider": {
        "en": "claim {claim}: provider {value} has no row for {month} in the providers file; add "
        "one (first visit on line {line})",
        "ja": "請求 {claim}: 事業所 {value} の {month} の行が事業所ファイルにありません。追加してください"
        "(最初の実績は {line} 行目)",
    },
    "unknown_recipient": {
        "en": "claim {claim}: insured person {value} has no row for {month} in the recipients "
        "file; add one (first visit on line {line})",
        "ja": "請求 {claim}: 被保険者 {value} の {month} の行が利用者ファイルにありません。追加してください"
        "(最初の実績は {line} 行目)",
    },
    "plan_over_limit": {
        "en": "claim {claim}: planned_units {value} is more than the limit {limit} of care level "
        "{level}; correct the plan or the care level",
        "ja": "請求 {claim}: 計画単位数 {value} が要介護{level}の区分支給限度基準額 {limit} を超えています。"
        "計画または要介護度を訂正してください",
    },
    "no_limit": {
        "en": "claim {claim}: no benefit limit of {month} is known; give planned_units",
        "ja": "請求 {claim}: {month} の区分支給限度基準額がありません。計画単位数を記入してください",
    },
    "doubled_row": {
        "en": "line {other} has the same {entity} for the same month; keep one of them",
        "ja": "{other} 行目と {entity}・年月が同じです。一方を削除してください",
    },
    "cells": {
        "en": "the row has {found} cells where the heading has {expected}; put commas and "
        "quotation marks right",
        "ja": "この行のセルは{found}個で、見出しは{expected}個です。カンマと引用符を確認してください",
    },
    "quotation": {
        "en": "a quotation mark is opened and not closed on this line; close it",
        "ja": "引用符がこの行で閉じられていません。閉じてください",
    },
    "carriage_return": {
        "en": "a carriage return stands inside the line; take it out",
        "ja": "行の途中に改行コード(CR)があります。取り除いてください",
    },
}

# What a parser expects of a column, for a blank cell.
EXPECTED: dict[str, dict[Language, str]] = {
    "provider_no": {"en": "a number of 10 characters", "ja": "10桁の番号"},
    "insurer_no": {"en": "a number of 6 or 8 digits", "ja": "6桁または8桁の番号"},
    "insured_no": {"en": "a number of 10 characters", "ja": "10桁の番号"},
    "date": {"en": "a date", "ja": "日付"},
    "care_level": {"en": "a care level from 1 to 5", "ja": "要介護度(1〜5)"},
    "minutes": {"en": "a number of minutes", "ja": "分数"},
}


@dataclass(frozen=True)
class Message:
    """A problem in no language yet: its rule, which text, and what goes into it."""

    rule: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, language: Language = "en") -> str:
        """Write the message in a language."""
        facts = {
            name: fact[language] if isinstance(fact, dict) else fact
            for name, fact in self.facts.items()
        }
        return TEXTS[self.text][language].format(**facts)


def blank(column: str, kind: str) -> Message:
    """Say that a required cell is blank."""
    return Message("missing_value", "blank", {"column": column, "expected": EXPECTED[kind]})

"""The words of every problem, in English and Japanese. The name of its rule is the same in both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from chiiki_tsusho.columns import HEADINGS
from chiiki_tsusho.language import Language, printable

Rule = Literal[
    "missing_value", "bad_value", "unsupported_month", "outside_every_band", "no_code",
    "not_for_service", "conflicting_group", "needs_other", "not_together", "over_monthly_maximum",
    "duplicate_visit", "unknown_provider", "unknown_recipient", "plan_over_limit", "plan_needed",
    "malformed_row", "unplaced_row", "already_claimed",
    "not_this_service", "example_row", "check_digit", "unusual_value", "total_row",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
# These hold nothing.
WARNINGS: frozenset[Rule] = frozenset(
    ("not_this_service", "example_row", "check_digit", "unusual_value", "total_row")
)
# What is longer is shortened where it is shown.
LONGEST_TEXT = 300

TEXTS: dict[str, dict[Language, str]] = {
    "blank": {
        "en": "{column} is blank; {expected} was expected; fill it in",
        "ja": "{column}が空欄です。{expected}を記入してください",
    },
    "provider_no": {
        "en": "{value!r} is not a provider number; 10 characters, digits or capital letters, were "
        "expected",
        "ja": "「{value}」は事業所番号ではありません。数字・英大文字10桁で記入してください",
    },
    "insurer_no": {
        "en": "{value!r} is not an insurer number; 6 or 8 digits were expected",
        "ja": "「{value}」は保険者番号ではありません。数字6桁または8桁で記入してください",
    },
    "insured_no": {
        "en": "{value!r} is not an insured number; 10 characters, digits (the first may be H), were "
        "expected",
        "ja": "「{value}」は被保険者番号ではありません。数字10桁(先頭はHも可)で記入してください",
    },
    "shortened": {
        "en": "{value!r} has {length} digits where {expected} were expected; a spreadsheet drops "
        "leading zeros when it takes a number for a figure: format the column as text and put "
        "the zeros back",
        "ja": "「{value}」は{length}桁です({expected}桁が必要です)。表計算ソフトが先頭の0を落とした可能性があります。"
        "列の書式を文字列にし、0を補ってください",
    },
    "unseen": {
        "en": "{value!r} holds the character {code}, which cannot be seen; type the cell anew",
        "ja": "「{value}」に見えない文字({code})が含まれています。セルを入力し直してください",
    },
    "formula_of_text": {
        "en": "{value!r} is a formula that stands for text; write the text alone: {content!r}",
        "ja": "「{value}」は文字列を表す数式です。「{content}」だけを記入してください",
    },
    "formula": {
        "en": "{value!r} is a formula and not its value; open the file in a spreadsheet, let it "
        "compute, and save it",
        "ja": "「{value}」は計算されていない数式です。表計算ソフトで開いて計算させ、保存し直してください",
    },
    "error_value": {
        "en": "{value!r} is an error of a spreadsheet; correct the formula of the cell",
        "ja": "「{value}」は表計算ソフトのエラー値です。セルの数式を訂正してください",
    },
    "apostrophe": {
        "en": "{value!r} begins with an apostrophe, with which a spreadsheet marks text; take it out",
        "ja": "「{value}」の先頭に、表計算ソフトが文字列の印として付けるアポストロフィがあります。取り除いてください",
    },
    "exponent": {
        "en": "{value!r} is how a spreadsheet shortens a long number, and its last digits are lost; "
        "format the column as text and export it again",
        "ja": "「{value}」は表計算ソフトが長い数字を省略した形で、下の桁が失われています。列の書式を文字列にして出力し直してください",
    },
    "day_number": {
        "en": "{value!r} is a spreadsheet's number of a day; format the column as a date and export "
        "it again",
        "ja": "「{value}」は日付のシリアル値です。列の書式を日付にして出力し直してください",
    },
    "before_era": {
        "en": "{value!r} lies before {era} began on {start}; correct the era or the date",
        "ja": "「{value}」は{era}の始まり({start})より前です。元号または日付を訂正してください",
    },
    "weekday": {
        "en": "{value!r}: that day is a {weekday}; correct the date or the weekday",
        "ja": "「{value}」の日付は{weekday}です。日付または曜日を訂正してください",
    },
    "seconds": {
        "en": "{value!r} is a time with seconds; write it as {without}",
        "ja": "「{value}」に秒が含まれています。{without} の形で記入してください",
    },
    "minutes": {
        "en": "{value!r} is not a length of stay in whole minutes; write it as 450, 7:30 or "
        "7時間30分",
        "ja": "「{value}」は所要時間(分)として読めません。450、7:30、7時間30分 のいずれかの形で記入してください",
    },
    "benefit_rate": {
        "en": "{value!r} is more than the whole; write what the insurance pays of 100, such as 90",
        "ja": "「{value}」は10割を超えています。保険給付率を 90 のように記入してください",
    },
    "rate_of_whom": {
        "en": "{value!r} may be what the person pays; write what the insurance pays of 100 ({rest} "
        "if so)",
        "ja": "「{value}」は利用者負担の割合とも読めます。保険給付率を100分率で記入してください(その場合は {rest})",
    },
    "unusual_rate": {
        "en": "{value!r} is an unusual benefit rate; it is mostly 90, 80 or 70: check it",
        "ja": "給付率「{value}」は通常の値(90、80、70など)ではありません。確認してください",
    },
    "date": {
        "en": "{value!r} is not a date; write it as 2016-04-01, 2016/4/1, 20160401 or H28.4.1",
        "ja": "「{value}」は日付として読めません。2016-04-01、2016/4/1、20160401、H28.4.1 のいずれかの形で記入してください",
    },
    "month": {
        "en": "{value!r} is not a month; write it as 201604",
        "ja": "「{value}」は年月として読めません。201604 の形で記入してください",
    },
    "time": {
        "en": "{value!r} is not a time of the day; write it as 9:00, 09:00 or 0900",
        "ja": "「{value}」は時刻として読めません。9:00、09:00、0900 のいずれかの形で記入してください",
    },
    "end_before_start": {
        "en": "end_time {value!r} is before start_time {start!r}; a stay ends on the day it begins: "
        "correct the times",
        "ja": "終了時刻「{value}」が開始時刻「{start}」より前です(日をまたぐ提供はありません)。時刻を訂正してください",
    },
    "minutes_disagree": {
        "en": "{value} minutes, but from {start!r} to {end!r} are {between}; correct whichever is "
        "wrong",
        "ja": "所要時間は{value}分ですが、「{start}」から「{end}」までは{between}分です。誤っている方を訂正してください",
    },
    "whole": {
        "en": "{value!r} is not a whole number {range}; write it in digits",
        "ja": "「{value}」は{range}の整数ではありません。数字で記入してください",
    },
    "choice": {
        "en": "{value!r} is not known here; write {choices}, or leave the cell blank",
        "ja": "「{value}」は使えません。{choices} のいずれかを記入するか、空欄にしてください",
    },
    "only_choice": {
        "en": "{value!r} is not known here; write {choices}, or leave the cell blank",
        "ja": "「{value}」は使えません。{choices} を記入するか、空欄にしてください",
    },
    "key_value": {
        "en": "{value!r} is not a count of {key}; leave the cell blank, or write ○, × or a "
        "whole number from 0 to {most}",
        "ja": "「{value}」は{key}の回数として使えません。空欄、○、×、または0〜{most}の整数で記入してください",
    },
    "support_level": {
        "en": "{value!r}: a visit of a person with 要支援 or 事業対象者 is billed under 総合事業 (通所型サービス), "
        "not under this service; the row is left out here: file it there, or correct the care level",
        "ja": "「{value}」は要支援・事業対象者です。この行は総合事業(通所型サービス)の請求となるため、ここでは計算しません。"
        "総合事業として請求するか、要介護度を訂正してください",
    },
    "already_claimed": {
        "en": "claim {claim}: is in the results that are added to; take its rows out, or compute the "
        "whole month again from the corrected file",
        "ja": "請求 {claim}: 追加先の結果にすでにあります。この請求の行を取り除くか、訂正した元のファイルから"
        "月全体をもう一度計算してください",
    },
    "unplaced": {
        "en": "it cannot be read whose visit this row is, so every claim that it may belong to is held "
        "with it ({claims}); correct the row and compute again",
        "ja": "この行は誰の実績か読み取れないため、該当しうる請求をすべて未計算(要修正)としました({claims})。"
        "この行を訂正し、もう一度計算してください",
    },
    "passed": {
        "en": "it cannot be read whose visit this row is; it is left out, and claims may lack it "
        "({claims}); correct the row and compute again",
        "ja": "この行は誰の実績か読み取れないため、計算に入れていません。請求に不足があるかもしれません({claims})。"
        "この行を訂正し、もう一度計算してください",
    },
    "total": {
        "en": "{value!r} marks a line of totals; it is no visit and is left out: take it out of the file",
        "ja": "「{value}」は合計の行です。実績ではないため計算に入れていません。ファイルから取り除いてください",
    },
    "unsupported_month": {
        "en": "no code table for {month} is at hand (there are: {months}); read {document} with "
        "import-workbook and give the result with codes= (--codes on the command line)",
        "ja": "{month} のサービスコード表がありません(収録範囲: {months})。{document}を import-workbook で取り込み、"
        "codes=(コマンドでは --codes)で指定してください",
    },
    "outside_every_band": {
        "en": "{value} minutes of {service} lie outside every band (the table knows {first} to "
        "{last} minutes); check the times of the visit",
        "ja": "{service}の{value}分は、どの時間区分にも当たりません(表の範囲は{first}〜{last}分)。提供時間を"
        "確認してください",
    },
    "no_code": {
        "en": "{condition}: no code in the table of {month}; correct the visit, or, if it is right, "
        "its code stands in {document}: read it with import-workbook and give the result with "
        "codes= (--codes on the command line)",
        "ja": "{condition}: {month} の表に該当するコードがありません。実績を訂正してください。実績が正しければ、コードは"
        "{document}にあります。import-workbook で取り込み、codes=(コマンドでは --codes)で指定してください",
    },
    "extension_not_given": {
        "en": "{value} minutes may be 延長, and {column} is not given; write 1 in the row of the "
        "provider if 延長 is registered, else 0",
        "ja": "{value}分は延長に当たる可能性がありますが、{column}が記入されていません。延長の届出があれば1、なければ0を事業所の行に"
        "記入してください",
    },
    "no_key": {
        "en": "{named} has no row in the table of {month}; use the addition of that month, or take "
        "it from {document} with import-workbook and codes= (--codes on the command line)",
        "ja": "{named}は {month} の表にありません。その月の加算に改めるか、{document}を import-workbook で取り込み、"
        "codes=(コマンドでは --codes)で指定してください",
    },
    "no_line": {
        "en": "claim {claim}: {key} has no row in the table of {month} for visits with the code "
        "{code}; take it out, or give the official table with codes= (--codes on the command line)",
        "ja": "請求 {claim}: コード{code}の実績に対する{key}の行が {month} の表にありません。取り消すか、"
        "公式の表を codes=(コマンドでは --codes)で指定してください",
    },
    "not_for_service": {
        "en": "{key} cannot be added to {service}; it is for {fits}: take it out or correct the "
        "service",
        "ja": "{key}は{service}では算定できません(対象は{fits})。取り除くか、サービス区分を訂正してください",
    },
    "conflicting_group": {
        "en": "{keys} are both set, in this row or through providers and recipients; at most one "
        "of the group {group} may apply: keep one",
        "ja": "{keys}が同時に設定されています(この行、または事業所・利用者のファイル)。同じ区分({group})の加算は"
        "一つしか算定できません。一つに絞ってください",
    },
    "conflicting_month": {
        "en": "claim {claim}: {keys} are both set in this month; at most one of the group {group} "
        "may apply: keep one",
        "ja": "請求 {claim}: {keys}が同じ月に設定されています。同じ区分({group})の加算は一つしか算定できません。一つに絞って"
        "ください",
    },
    "not_together": {
        "en": "{key} and {other} are both set, in this row or through providers and recipients; "
        "they may not be claimed together: keep one",
        "ja": "{key}と{other}が同時に設定されています(この行、または事業所・利用者のファイル)。併算定できません。一つに絞ってください",
    },
    "not_together_month": {
        "en": "claim {claim}: {key} and {other} are both set in this month; they may not be claimed "
        "together: keep one",
        "ja": "請求 {claim}: {key}と{other}が同じ月に設定されています。併算定できません。一つに絞ってください",
    },
    "needs_other": {
        "en": "{key} is claimed only beside one of {needed}, and none of them is set for this visit; "
        "set the one that applies, or take it out",
        "ja": "{key}は{needed}のいずれかと併せてのみ算定できますが、この実績にはどれも設定されていません。該当するものを設定するか、"
        "取り除いてください",
    },
    "needs_other_month": {
        "en": "claim {claim}: {key} is claimed only beside one of {needed}, and none of them is set "
        "in this month; set the one that applies, or take it out",
        "ja": "請求 {claim}: {key}は{needed}のいずれかと併せてのみ算定できますが、この月にはどれも設定されていません。該当するものを"
        "設定するか、取り除いてください",
    },
    "over_monthly_maximum": {
        "en": "claim {claim}: {value} counts of {key} in the month; at most {most} may be claimed: "
        "take out the others",
        "ja": "請求 {claim}: {key}が月{value}回あります。算定は月{most}回までです。超えた分を取り除いてください",
    },
    "duplicate_visit": {
        "en": "the same claim, date and session {session} as line {other}; delete one of them or "
        "number the sessions of the day",
        "ja": "{other}行目と請求・提供日・回({session}回目)が重複しています。一方を削除するか、同じ日の回を付け直してください",
    },
    "unknown_provider": {
        "en": "claim {claim}: provider {value} has no row for {month} in the providers file; add "
        "one (first visit on line {line})",
        "ja": "請求 {claim}: 事業所 {value} の {month} の行が事業所ファイルにありません。追加してください"
        "(最初の実績は{line}行目)",
    },
    "unknown_recipient": {
        "en": "claim {claim}: insured person {value} has no row for {month} in the recipients "
        "file; add one (first visit on line {line})",
        "ja": "請求 {claim}: 被保険者 {value} の {month} の行が利用者ファイルにありません。追加してください"
        "(最初の実績は{line}行目)",
    },
    "plan_over_limit": {
        "en": "claim {claim}: planned_units {value} is more than the limit {limit} of care level "
        "{level}; correct the plan or the care level",
        "ja": "請求 {claim}: 計画単位数 {value} が要介護{level}の区分支給限度基準額 {limit} を超えています。"
        "計画単位数または要介護度を訂正してください",
    },
    "plan_needed": {
        "en": "claim {claim}: the person's claims at {number} providers come to {units} units, more "
        "than the limit {limit} they share; give planned_units for each provider, in rows of "
        "recipients with its provider_no",
        "ja": "請求 {claim}: この利用者の{number}事業所の請求は合わせて{units}単位で、共有する区分支給限度基準額{limit}を"
        "超えています。利用者ファイルに事業所番号ごとの行を設け、計画単位数を記入してください",
    },
    "plan_of_several": {
        "en": "claim {claim}: planned_units {value} stands in a row for every provider and would "
        "serve several claims of the month; give planned_units for each provider, in rows with "
        "its provider_no",
        "ja": "請求 {claim}: 計画単位数 {value} は事業所番号のない行にあり、同じ月の複数の事業所の請求に当たります。"
        "事業所番号ごとの行に計画単位数を記入してください",
    },
    "plan_of_unknown": {
        "en": "claim {claim}: another provider's claim of this person cannot be computed yet, and "
        "they share the limit {limit}; correct that claim, or give planned_units for this "
        "provider, in a row of recipients with its provider_no",
        "ja": "請求 {claim}: この利用者の他の事業所の請求が未計算(要修正)で、区分支給限度基準額{limit}を共有しています。"
        "その請求を訂正するか、利用者ファイルの事業所番号のある行にこの事業所の計画単位数を記入してください",
    },
    "plans_over_limit": {
        "en": "claim {claim}: planned_units of the person's providers come to {plans} together, more "
        "than the limit {limit}; correct the plans or the care level",
        "ja": "請求 {claim}: この利用者の各事業所の計画単位数は合わせて{plans}で、区分支給限度基準額{limit}を超えています。"
        "計画単位数または要介護度を訂正してください",
    },
    "no_limit": {
        "en": "claim {claim}: no benefit limit of {month} is known; give planned_units",
        "ja": "請求 {claim}: {month} の区分支給限度基準額が収録されていません。計画単位数を記入してください",
    },
    "doubled_row": {
        "en": "line {other} has the same {entity} for the same month; keep one of them",
        "ja": "{other}行目と{entity}・年月が重複しています。一方を削除してください",
    },
    "doubled_row_of_provider": {
        "en": "line {other} has the same {entity} for the same month and provider; keep one of them",
        "ja": "{other}行目と{entity}・年月・事業所が重複しています。一方を削除してください",
    },
    "cells": {
        "en": "the row has {found} cells where the heading has {expected}; put commas and "
        "quotation marks right",
        "ja": "この行のセルは{found}個ですが、見出しは{expected}個です。カンマと引用符を確認してください",
    },
    "quotation": {
        "en": "a quotation mark is opened and not closed on this line; close it",
        "ja": "引用符がこの行の中で閉じられていません。閉じてください",
    },
    "carriage_return": {
        "en": "a carriage return stands inside the line; take it out",
        "ja": "行の途中に改行コード(CR)があります。取り除いてください",
    },
}

# What the values of a column are called in Japanese.
CALLED = {
    "day_care": "地域密着型通所介護",
    "medical_day_care": "療養通所介護",
    "over_capacity": "定員超過",
    "understaffed": "人員欠如",
    "other": "その他",
}

# What a parser expects of a column, for a blank cell.
EXPECTED: dict[str, dict[Language, str]] = {
    "provider_no": {"en": "a number of 10 characters", "ja": "10桁の番号"},
    "insurer_no": {"en": "a number of 6 or 8 digits", "ja": "6桁または8桁の番号"},
    "insured_no": {"en": "a number of 10 characters", "ja": "10桁の番号"},
    "date": {"en": "a date", "ja": "日付"},
    "care_level": {"en": "a care level from 1 to 5", "ja": "1〜5のいずれか"},
    "minutes": {"en": "a number of minutes", "ja": "分数"},
    "length": {
        "en": "a number of minutes, or start_time and end_time,",
        "ja": "分数、または開始時刻と終了時刻",
    },
    "time": {"en": "a time such as 9:00", "ja": "9:00 のような時刻"},
}


@dataclass(frozen=True)
class Message:
    """A problem in no language yet: its rule, which text, and what goes into it."""

    rule: Rule
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, language: Language = "en") -> str:
        """Write the message in a language."""
        facts = {
            name: fact[language] if isinstance(fact, dict) else fact
            for name, fact in self.facts.items()
        }
        if language == "ja":
            # Between 「 and 」 nothing shows what cannot be seen; !r does so in English.
            facts = {
                name: printable(fact) if isinstance(fact, str) else fact
                for name, fact in facts.items()
            }
        facts = {
            name: shortened(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
        }
        return TEXTS[self.text][language].format(**facts)


def shortened(text: str) -> str:
    """Return a text that is not too long to be read, and say how long it was."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…({len(text):,})"


def named(name: str) -> dict[Language, str]:
    """Name a column of an input file, or one of its values, as each language does."""
    return {"en": name, "ja": HEADINGS.get(name) or CALLED.get(name, name)}


def blank(column: str, kind: str) -> Message:
    """Say that a required cell is blank."""
    facts = {"column": named(column), "expected": EXPECTED[kind]}
    return Message("missing_value", "blank", facts)

"""The words of the report page, in English and Japanese, and how figures are written there."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, HEADINGS, PROBLEMS
from chiiki_tsusho.language import Language, printable
from chiiki_tsusho.law.sources import source_rows
from chiiki_tsusho.months import OPEN_END, month_text, spans_text
from chiiki_tsusho.problem_texts import TITLES, Rule

WORDS: dict[str, dict[Language, str]] = {
    # ---- page
    "title": {"en": "Claims report", "ja": "請求集計レポート"},
    "service": {"en": "Community day care (地域密着型通所介護, service type 78)", "ja": "地域密着型通所介護(サービス種類 78)"},
    "skip": {"en": "Skip to the figures", "ja": "本文へ移動"},
    "contents": {"en": "Contents", "ja": "目次"},
    "folder": {"en": "Folder", "ja": "フォルダ"},
    "service_months": {"en": "Months of service", "ja": "サービス提供年月"},
    "no_month": {"en": "none", "ja": "なし"},
    "made_by": {"en": "Made by chiiki-tsusho {version} from the files of this folder.", "ja": "chiiki-tsusho {version} がこのフォルダのファイルから作成しました。"},
    "keep": {
        "en": "This page holds numbers of insured persons and values of held rows: keep it as you keep the claims.",
        "ja": "このページには被保険者番号と保留した行の値が含まれます。請求データと同じように管理してください。",
    },
    "none": {"en": "—", "ja": "—"},
    "more": {"en": "and {number} more {noun}", "ja": "ほか{number}{noun}"},
    "earlier": {"en": "and {number} earlier", "ja": "それ以前の{number}か月"},
    "whole": {"en": "Total", "ja": "合計"},
    "without": {"en": "without {claims}", "ja": "{claims}を除く"},
    # ---- summary
    "summary": {"en": "Summary", "ja": "概要"},
    "nothing": {"en": "No claim was written and nothing is held: the file of visits has no row.", "ja": "請求も保留もありません。実績のファイルに行がありませんでした。"},
    "all_written": {"en": "Every visit is claimed; nothing is held.", "ja": "すべての実績を請求に計算しました。保留はありません。"},
    "some_held": {
        "en": "Held: {rows}. They are in {claims} that could not be written.",
        "ja": "保留: {rows}({claims}の請求)。",
    },
    "some_alone": {
        "en": "Held: {rows}. They belong to {claims}; of {alone} it cannot be read whose or of which month they are.",
        "ja": "保留: {rows}({claims}の請求)。うち{alone}は誰のどの月の実績か読み取れません。",
    },
    "see_held": {"en": "What to do", "ja": "対処方法"},
    "unknown_yen": {
        "en": "No yen were computed for {claims}, because the area grade or the benefit rate is not known. Sums of yen are those of the others.",
        "ja": "{claims}は地域区分または給付率が不明のため金額を計算していません。金額の合計はそれ以外の請求のものです。",
    },
    "yen_parts": {
        "en": "Total cost = insurance + public funds + copayment. What is self-paid comes on top of it.",
        "ja": "費用総額=保険請求額+公費請求額+利用者負担額。全額自己負担額は費用総額に含まれません。",
    },
    "unit_parts": {
        "en": "Units are those of the claim lines. Benefit units are what the insurance and public funds pay for: units over a plan or limit are not among them.",
        "ja": "総単位数は請求明細の合計です。給付単位数は計画または限度額を超えた単位を含みません。",
    },
    "over_limit": {"en": "Claims over their limit", "ja": "限度額を超えた請求"},
    "held_rows": {"en": "Rows held", "ja": "保留した行"},
    "by_month": {"en": "Claims by month of service", "ja": "サービス提供年月別の請求"},
    "persons_of_months": {
        "en": "A person or provider with claims in several months is counted once in the total.",
        "ja": "複数の月に請求がある利用者・事業所は、合計では1と数えます。",
    },
    # ---- providers
    "by_provider": {"en": "Claims and units by provider", "ja": "事業所別の請求件数と単位数"},
    "provider_table": {"en": "Providers, the largest by units first", "ja": "事業所(単位数の多い順)"},
    "no_claims": {"en": "There are no claims.", "ja": "請求はありません。"},
    # ---- codes
    "by_code": {"en": "Units by service code", "ja": "サービスコード別の単位数"},
    "code_chart": {"en": "The service codes with the most units", "ja": "単位数の多いサービスコード"},
    "code_chart_negative": {
        "en": "The service codes with the most units, added or taken off",
        "ja": "加算・減算の単位数の大きいサービスコード",
    },
    "code_chart_said": {
        "en": "Bars of {codes}. The largest is {code} {name} with {units} units. The table below has all figures.",
        "ja": "{codes}の棒グラフ。最も大きいのは {code} {name} の{units}単位です。数値は下の表にあります。",
    },
    "code_table": {"en": "Service codes with their counts and units", "ja": "サービスコードの回数と単位数"},
    "code_name": {"en": "Name (サービス内容略称)", "ja": "サービス内容略称"},
    "code_kind": {"en": "Kind", "ja": "区分"},
    "per": {"en": "Per", "ja": "算定単位"},
    "share": {"en": "Share", "ja": "構成比"},
    "lines": {"en": "Lines", "ja": "明細数"},
    "limit": {"en": "Limit", "ja": "限度額管理"},
    "base": {"en": "base", "ja": "基本"},
    "addition": {"en": "addition", "ja": "加減算"},
    "rate": {"en": "ratio", "ja": "割合"},
    "visit": {"en": "visit", "ja": "1回"},
    "day": {"en": "day", "ja": "1日"},
    "one_way": {"en": "one way", "ja": "片道"},
    "month": {"en": "month", "ja": "1月"},
    "inside": {"en": "inside", "ja": "対象"},
    "outside": {"en": "outside", "ja": "対象外"},
    "other_table": {
        "en": "{codes} of these claims cannot be found with the same units in this table: {named}. The claims were computed with another table: give it to the report with --codes.",
        "ja": "請求のうち{codes}がこの表にないか、表の単位数と異なります: {named}。別の表で計算された請求です。--codes でその表を指定してください。",
    },
    # ---- persons
    "by_person": {"en": "Days and visits per person", "ja": "利用者1人あたりの実日数と提供回数"},
    "per_claim": {
        "en": "Of one person at one provider in one month, that is of each claim.",
        "ja": "利用者1人の1か月・1事業所ごと、すなわち請求1件ごとの数です。",
    },
    "at_several": {
        "en": "{persons} had claims of several providers in a month; each claim is counted by itself.",
        "ja": "同じ月に複数の事業所の請求がある利用者が{persons}います。請求ごとに数えています。",
    },
    "of_days": {"en": "Days", "ja": "実日数"},
    "of_visits": {"en": "Visits", "ja": "提供回数"},
    "days_chart": {"en": "Claims by number of days", "ja": "実日数ごとの請求件数"},
    "visits_chart": {"en": "Claims by number of visits", "ja": "提供回数ごとの請求件数"},
    "days_axis": {"en": "days in the month", "ja": "月の実日数(日)"},
    "visits_axis": {"en": "visits in the month", "ja": "月の提供回数(回)"},
    "columns_said": {
        "en": "Columns: how many claims have each number. Most, {claims}, have {number}. The table below has all figures.",
        "ja": "それぞれの数の請求が何件あるかの棒グラフ。最も多いのは{number}で{claims}です。数値は下の表にあります。",
    },
    "statistics": {"en": "Mean, median and largest", "ja": "平均・中央値・最大"},
    "mean": {"en": "Mean", "ja": "平均"},
    "median": {"en": "Median", "ja": "中央値"},
    "largest": {"en": "Largest", "ja": "最大"},
    "number": {"en": "Number", "ja": "数"},
    "or_more": {"en": "{number} or more", "ja": "{number}以上"},
    "person_table": {"en": "How many claims have each number of days and visits", "ja": "実日数・提供回数ごとの請求件数"},
    "with_days": {"en": "Claims with so many days", "ja": "実日数がその数の請求"},
    "with_visits": {"en": "Claims with so many visits", "ja": "提供回数がその数の請求"},
    "as_table": {"en": "The figures as a table", "ja": "数値を表で見る"},
    # ---- limit
    "over_said": {
        "en": "Managed units beyond the plan (or, where no plan was given, beyond the limit of the care level) are paid by the person in full. If that was not meant, check the plan and the visits.",
        "ja": "計画単位数(計画がなければ区分支給限度基準額)を超えた単位は全額利用者負担になります。意図しない場合は計画と実績を確認してください。",
    },
    "nothing_over": {"en": "No claim is over its plan or limit.", "ja": "計画または限度額を超えた請求はありません。"},
    "over_table": {"en": "Claims over their plan or limit, the largest excess first", "ja": "計画または限度額を超えた請求(超過の大きい順)"},
    "plan_or_limit": {"en": "Plan or limit", "ja": "計画・限度"},
    "excess": {"en": "Excess", "ja": "超過"},
    # ---- held
    "held": {"en": "Held claims and what to do", "ja": "保留した請求と対処方法"},
    "nothing_held": {"en": "Nothing is held.", "ja": "保留はありません。"},
    "held_said": {
        "en": "A claim is written whole or held whole: one faulty row holds every visit of its claim. Correct the rows in {file} and compute that file again; correct providers and recipients in their own files. Line numbers are those of the files that were given.",
        "ja": "請求は全体を書き出すか全体を保留します。1行でも誤りがあれば、その請求の実績をすべて保留します。{file} の行を訂正してもう一度計算してください。事業所・利用者の誤りはそれぞれのファイルで訂正します。行番号は元のファイルのものです。",
    },
    "only_registers": {
        "en": "No visit is held, but rows of providers or recipients have problems. They hold the claims that need them as soon as there are any.",
        "ja": "保留した実績はありませんが、事業所・利用者のファイルに誤りがあります。その行を使う請求があれば保留されます。",
    },
    "rule_table": {"en": "Problems by rule", "ja": "規則別の問題"},
    "rule": {"en": "Rule", "ja": "規則"},
    "problems": {"en": "Problems", "ja": "問題の数"},
    "problem_rows": {"en": "Lines", "ja": "行数"},
    "where": {"en": "Where", "ja": "場所"},
    "to_do": {"en": "What to do", "ja": "対処"},
    "more_examples": {"en": "{more}, in {file}", "ja": "{more}は {file} にあります"},
    "at_line": {"en": "{file} line {line}", "ja": "{file} {line}行目"},
    "at_claim": {"en": "a whole claim", "ja": "請求全体"},
    "value": {"en": "value", "ja": "値"},
    "blank": {"en": "blank", "ja": "空欄"},
    "visits_file": {"en": "visits", "ja": "実績"},
    "providers_file": {"en": "providers", "ja": "事業所"},
    "recipients_file": {"en": "recipients", "ja": "利用者"},
    # ---- sources
    "table": {"en": "The code table: months and sources", "ja": "サービスコード表の対象月と出典"},
    "table_bundled": {"en": "Names and sources are those of the code table that comes with the program.", "ja": "名称と出典は、プログラムに付属するサービスコード表のものです。"},
    "table_given": {"en": "Names and sources are those of the code table {file}.", "ja": "名称と出典は、サービスコード表 {file} のものです。"},
    "table_months": {"en": "It has the codes of these months: {months}.", "ja": "この表にある月: {months}。"},
    "source_table": {"en": "Where the figures of these claims come from", "ja": "この請求の数値の出典"},
    "source": {"en": "Source", "ja": "出典"},
    "document": {"en": "Document", "ja": "文書"},
    "used_for": {"en": "Used for", "ja": "使用箇所"},
    "valid": {"en": "Months it holds", "ja": "適用月"},
    "used_prices": {"en": "price of a unit", "ja": "単位数単価"},
    "used_limits": {"en": "monthly limit", "ja": "区分支給限度基準額"},
    "and": {"en": ", ", "ja": "、"},
}  # fmt: skip

# What to do about each rule.
RULES: dict[Rule, dict[Language, str]] = {
    "missing_value": {
        "en": "Fill the cell in.",
        "ja": "空欄のセルに値を記入してください。",
    },
    "bad_value": {
        "en": "Write the value as the message says. Where leading zeros are gone, a spreadsheet took a number for a figure: make the column text and put the zeros back. A row given twice: keep one of them.",
        "ja": "説明のとおりに書き直してください。先頭の0が落ちている場合は、表計算ソフトで列を文字列にして0を補ってください。同じ行が2つある場合は一方を残してください。",
    },
    "unsupported_month": {
        "en": "Check the date. If it is right, give the official table of that month with --codes (import-workbook makes it from the ministry's workbook).",
        "ja": "日付を確認してください。正しければ、その月の公式の表を --codes で指定してください(厚生労働省の表は import-workbook で取り込めます)。",
    },
    "outside_every_band": {
        "en": "Check when the visit began and ended. A visit shorter than the shortest duration cannot be claimed: take it out.",
        "ja": "開始・終了時刻を確認してください。最短の区分に満たない実績は請求できません。行を除いてください。",
    },
    "no_code": {
        "en": "Check date, service, duration, reduction and additions of the row. If they are right, give a fuller table of the month with --codes.",
        "ja": "日付、サービス区分、所要時間、減算、加算を確認してください。正しければ、その月の完全な表を --codes で指定してください。",
    },
    "not_for_service": {
        "en": "Take the addition out, or correct the service of the row.",
        "ja": "加算を取り除くか、サービス区分を訂正してください。",
    },
    "conflicting_group": {
        "en": "Keep one of them. They may be set in the row or come from providers and recipients.",
        "ja": "いずれか一つにしてください。行のほか、事業所・利用者のファイルでも設定されていることがあります。",
    },
    "needs_other": {
        "en": "Set the other addition as well, or take this one out.",
        "ja": "前提となる加算・減算も記入するか、この加算を取り除いてください。",
    },
    "not_together": {
        "en": "Take one of them out.",
        "ja": "どちらか一方を取り除いてください。",
    },
    "over_monthly_maximum": {
        "en": "Take out the counts beyond the maximum.",
        "ja": "上限を超えた分を取り除いてください。",
    },
    "duplicate_visit": {
        "en": "Delete the one entered twice, or number the sessions of the day 1, 2, 3.",
        "ja": "重複した行を削除するか、同じ日の回を 1、2、3 と付け直してください。",
    },
    "unknown_provider": {
        "en": "Add the provider (for that month) to the providers file, or correct the provider's number.",
        "ja": "事業所ファイルにその月の行を追加するか、事業所番号を訂正してください。",
    },
    "unknown_recipient": {
        "en": "Add the person (for that month) to the recipients file, or correct the insurer's or the insured number.",
        "ja": "利用者ファイルにその月の行を追加するか、保険者番号・被保険者番号を訂正してください。",
    },
    "plan_over_limit": {
        "en": "Correct planned_units or the care level.",
        "ja": "計画単位数または要介護度を訂正してください。",
    },
    "plan_needed": {
        "en": "Write into recipients how many units are planned at this provider (provider_no, planned_units).",
        "ja": "利用者のファイルに、この事業所の計画単位数を事業所番号とともに記入してください。",
    },
    "malformed_row": {
        "en": "Put commas and quotation marks right: as many cells as the heading has.",
        "ja": "カンマと引用符を直し、見出しと同じ数のセルにしてください。",
    },
    "unplaced_row": {
        "en": "Correct the row: every claim that it may belong to is held with it until then.",
        "ja": "その行を訂正してください。訂正するまで、該当しうる請求はすべて未計算(要修正)です。",
    },
    "already_claimed": {
        "en": "Take its rows out, or compute the whole month again from the corrected file.",
        "ja": "その請求の行を取り除くか、訂正した元のファイルから月全体を計算し直してください。",
    },
    "not_this_service": {
        "en": "Nothing is held. Bill them under 総合事業, or correct the care level.",
        "ja": "未計算にはなりません。総合事業として請求するか、要介護度を訂正してください。",
    },
    "example_row": {
        "en": "Nothing is held. Take them out before anything is filed.",
        "ja": "未計算にはなりません。請求の前に取り除いてください。",
    },
    "check_digit": {
        "en": "Nothing is held. Compare the number with the certificate.",
        "ja": "未計算にはなりません。被保険者証などの番号と照合してください。",
    },
    "unusual_value": {
        "en": "Nothing is held. Check that it is meant.",
        "ja": "未計算にはなりません。正しい値か確認してください。",
    },
    "total_row": {
        "en": "Nothing is held. Take them out of the file.",
        "ja": "未計算にはなりません。ファイルから取り除いてください。",
    },
}  # fmt: skip
UNKNOWN_RULE: dict[Language, tuple[str, str]] = {
    "en": ("A rule this version does not know", "Do as the messages say."),
    "ja": ("この版にない規則", "説明のとおりに訂正してください。"),
}

# Singular, plural; in Japanese the counter.
_NOUNS: dict[str, tuple[str, str, str]] = {
    "claim": ("claim", "claims", "件"),
    "row": ("row", "rows", "行"),
    "provider": ("provider", "providers", "事業所"),
    "code": ("code", "codes", "コード"),
    "person": ("person", "persons", "人"),
    "problem": ("problem", "problems", "件"),
    "source": ("source", "sources", "件"),
    "rule": ("rule", "rules", "件"),
    "column": ("column", "columns", "列"),
}

# What the columns of the files are called in English; in Japanese they have their 見出し.
_LABELS = {
    "service_month": "Month",
    "provider_no": "Provider",
    "insurer_no": "Insurer",
    "insured_no": "Insured person",
    "service_code": "Code",
    "count": "Count",
    "service_units": "Units",
    "claims": "Claims",
    "persons": "Persons",
    "providers": "Providers",
    "visits": "Visits",
    "days": "Days",
    "total_units": "Units",
    "benefit_units": "Benefit units",
    "managed_units": "Managed units",
    "self_paid_units": "Self-paid units",
    "total_yen": "Total cost, yen",
    "insurance_yen": "Insurance, yen",
    "public_yen": "Public funds, yen",
    "copay_yen": "Copayment, yen",
    "self_paid_yen": "Self-paid, yen",
    "over": "Over limit",
}
_LABELS_JA = {
    **{column.name: column.heading for column in (*PROBLEMS, *CLAIM_LINES, *CLAIMS)},
    "service_month": "提供年月",
    "service_code": "コード",
    "claims": "請求件数",
    "persons": "利用者数",
    "providers": "事業所数",
    "service_units": "単位数",
    "managed_units": "管理対象単位数",
    "self_paid_units": "自己負担単位数",
    "total_yen": "費用総額(円)",
    "insurance_yen": "保険請求額(円)",
    "public_yen": "公費請求額(円)",
    "copay_yen": "利用者負担額(円)",
    "self_paid_yen": "全額自己負担額(円)",
    "over": "限度額超過",
}

_SHOWN_CHARACTERS = 80


def visible(text: str, most: int = _SHOWN_CHARACTERS) -> str:
    """Write text from a user's file so that nothing of it is invisible or endless."""
    return printable(text if len(text) <= most else text[: most - 1] + "…")


def language_of(message: str) -> Language:
    """Say in which language a message of the problems file is: Japanese ones are polite."""
    return "ja" if any(word in message for word in ("ください", "です", "ます")) else "en"


def wide(text: str) -> int:
    """Return how wide a text is, in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def clipped(text: str, most: int) -> str:
    """Cut a text to so many half-width characters."""
    if wide(text) <= most:
        return text
    while wide(text) > most - 2:
        text = text[:-1]
    return text + "…"


def tenths(value: int, of: int, scale: int = 1) -> str:
    """Write ``value × scale / of`` with one decimal, half up, in integers."""
    size = (abs(value) * scale * 20 + of) // (2 * of)
    sign = "-" if value < 0 and size else ""
    return f"{sign}{size // 10:,}.{size % 10}"


@dataclass(frozen=True)
class PageWords:
    """Says things in one language."""

    language: Language

    def __call__(self, key: str, **facts: Any) -> str:
        """Write a text."""
        return WORDS[key][self.language].format(**facts)

    def label(self, column: str) -> str:
        """Write the heading of a column."""
        return (_LABELS if self.language == "en" else _LABELS_JA)[column]

    def count(self, number: int, noun: str) -> str:
        """Write a number and what it counts."""
        one, many, counter = _NOUNS[noun]
        if self.language == "ja":
            return f"{number:,}{counter}"
        return f"{number:,} {one if number == 1 else many}"

    def more(self, number: int, noun: str) -> str:
        """Say how many more there are."""
        one, many, counter = _NOUNS[noun]
        named = counter if self.language == "ja" else one if number == 1 else many
        return self("more", number=f"{number:,}", noun=named)

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return " " if self.language == "en" else ""

    def month(self, month: int) -> str:
        """Write a month."""
        if self.language == "en":
            return month_text(month)
        return f"{month // 100}年{month % 100}月"

    def months(self, spans: list[tuple[int, int]]) -> str:
        """Write runs of months."""
        if self.language == "en":
            return ", ".join(
                month_text(first) if first == last else spans_text([(first, last)])
                for first, last in spans
            )
        return "、".join(
            self.month(first)
            if first == last
            else f"{self.month(first)}以降"
            if last == OPEN_END
            else f"{self.month(first)}〜{self.month(last)}"
            for first, last in spans
        )

    def rule(self, rule: str) -> tuple[str, str]:
        """Say what a rule is and what to do."""
        for known, to_do in RULES.items():
            if known == rule:
                return TITLES[known].say(self.language), to_do[self.language]
        return UNKNOWN_RULE[self.language]

    def heading(self, column: str) -> str:
        """Put the 見出し of an input column before its name, on a Japanese page."""
        heading = HEADINGS.get(column) if self.language == "ja" else None
        return f"{heading} " if heading else ""

    def document(self, source: str) -> str:
        """Name the document of a source; empty of one that the project does not have."""
        row = source_rows().get(source)
        if row is None:
            return ""
        return row.title_ja if self.language == "ja" else row.title_en

    def file(self, name: str) -> str:
        """Name an input file."""
        return self(f"{name}_file") if f"{name}_file" in WORDS else name

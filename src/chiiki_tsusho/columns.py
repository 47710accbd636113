"""The dictionary of every input and output column: name, 見出し, type and meaning.

Reading, writing, the templates and the documents all take their columns from here.
"""

from __future__ import annotations

from chiiki_tsusho.language import Name
from chiiki_tsusho.records import record


@record
class Column:
    """One column of a file.

    Parameters
    ----------
    name : str
        The heading in English, the name in code.
    heading : str
        The heading in Japanese.
    kind : str
        How its cells are read or written; input kinds are the parsers of ``parsing.PARSERS``,
        output kinds are ``text``, ``whole`` and ``whole_or_blank``.
    meaning, meaning_ja : str
        What a cell says, in the two languages.
    required : bool
        Input: whether the file must have the column.
    instead : tuple of str
        Input: the columns that together stand in its place.
    """

    name: str
    heading: str
    kind: str
    meaning: str
    meaning_ja: str
    required: bool = False
    instead: tuple[str, ...] = ()

    @property
    def called(self) -> Name:
        """What it is called in each language."""
        return Name(self.name, self.heading)


PROVIDER_NO = Column(
    "provider_no", "事業所番号", "provider_no",
    "provider, 10 characters, digits or capital letters", "事業所番号 10桁(数字・英大文字)", True,
)  # fmt: skip
INSURER_NO = Column(
    "insurer_no", "保険者番号", "insurer_no", "insurer, 6 or 8 digits", "保険者番号 6桁または8桁", True,
)  # fmt: skip
# 証記載保険者番号 has eight places; a number of six digits is filled with zeros.
INSURER_PLACES = 8
INSURED_NO = Column(
    "insured_no", "被保険者番号", "insured_no",
    "insured person, 10 characters, digits; the first may be H",
    "被保険者番号 10桁(先頭はHでもよい)", True,
)  # fmt: skip
SERVICE_MONTH = Column(
    "service_month", "サービス提供年月", "month",
    "month of service, YYYYMM; blank: every month", "サービス提供年月 YYYYMM(空欄はすべての月)",
)  # fmt: skip

VISITS = (
    PROVIDER_NO,
    INSURER_NO,
    INSURED_NO,
    Column("service_date", "提供日", "date", "date of the visit, 2016-04-01, 2016/4/1, 20160401 or H28.4.1",
           "サービス提供日 2016-04-01、2016/4/1、20160401、H28.4.1", True),
    Column("care_level", "要介護度", "care_level", "care level 1-5; may be blank for medical_day_care",
           "要介護度 1〜5(療養通所介護は空欄可)", True),
    Column("minutes", "所要時間", "minutes",
           "length of the stay, 450 or 7:30; or start_time and end_time in its place",
           "所要時間 450(分)または 7:30。代わりに開始時刻と終了時刻でもよい", True, ("start_time", "end_time")),
    Column("start_time", "開始時刻", "time", "start of the stay, 9:00, 09:00 or 0900; with end_time, "
           "in place of minutes", "開始時刻 9:00、09:00、0900(終了時刻とともに、所要時間の代わり)"),
    Column("end_time", "終了時刻", "time", "end of the stay, on the same day; if minutes are given "
           "as well, they must agree", "終了時刻(同じ日)。所要時間もあるときは一致すること"),
    Column("service", "サービス区分", "service", "day_care (default), medical_day_care or "
           "short_medical_day_care",
           "day_care(地域密着型通所介護、既定)、medical_day_care(療養通所介護)、"
           "short_medical_day_care(短期利用療養通所介護)のいずれか"),
    Column("shortfall", "減算区分", "shortfall", "blank, なし, over_capacity or understaffed",
           "空欄、なし、over_capacity(定員超過)または understaffed(人員欠如)"),
    Column("session", "回", "session", "1 (default) to 9: which visit of the day",
           "同じ日の何回目か 1(既定)〜9"),
)  # fmt: skip

PROVIDERS = (
    PROVIDER_NO,
    SERVICE_MONTH,
    Column("area_grade", "地域区分", "area_grade", "area grade 1-7 or other; blank: not known",
           "地域区分 1〜7(級地)または other(その他)、空欄は不明"),
    Column("extended_hours", "延長体制", "flag", "1: 延長 registered; 0: not; needed for stays of 540 "
           "minutes and more", "延長サービスの届出 1(あり)または 0(なし)。540分以上の実績に必要"),
)  # fmt: skip

RECIPIENTS = (
    INSURER_NO,
    INSURED_NO,
    SERVICE_MONTH,
    Column("provider_no", "事業所番号", "provider_no", "the provider the row is for; blank: every "
           "provider", "この行が対象とする事業所(空欄はすべての事業所)"),
    Column("benefit_rate", "給付率", "benefit_rate", "benefit rate 0-100, usually 90, 80 or 70; blank: "
           "not known", "給付率 0〜100(通常は90、80、70。空欄は不明)"),
    Column("planned_units", "計画単位数", "units", "planned units of the month for this provider's "
           "services; blank: none", "この事業所のサービスの計画単位数(空欄はなし)"),
    Column("public_law", "法別番号", "public_law", "blank, 12 (生活保護) or 25 (中国残留邦人等支援)",
           "空欄、12(生活保護)または 25(中国残留邦人等支援)"),
    Column("public_copay_yen", "公費本人負担額", "yen", "the person's own payment a month under public "
           "funds, yen", "公費の本人負担額(月額、円)"),
    Column("public_from", "公費開始日", "day", "first day of the month under public funds, 1-31; blank: "
           "from the first", "公費の対象となる最初の日 1〜31(空欄は月初から)"),
    Column("public_to", "公費終了日", "day", "last day of the month under public funds, 1-31; blank: to "
           "the end", "公費の対象となる最後の日 1〜31(空欄は月末まで)"),
)  # fmt: skip

# What only the claim file and papers need of a person: a batch leaves these cells unread.
PERSONAL = (
    Column("birth_date", "生年月日", "date", "date of birth; for the claim file",
           "生年月日(請求ファイル用)"),
    Column("sex", "性別", "sex", "1 (男) or 2 (女); for the claim file", "1(男)または2(女)(請求ファイル用)"),
    Column("care_level", "要介護度", "care_level",
           "care level 1-5, of a person whose visits say none (medical_day_care), or at the end of a "
           "month within which it changes; for the claim file",
           "要介護度 1〜5(実績に要介護度のない療養通所介護の利用者、または月の途中で変わった月の月末の要介護度、請求ファイル用)"),
    Column("certified_from", "認定有効期間開始", "date", "first day of the certification; for the claim file",
           "認定有効期間の開始日(請求ファイル用)"),
    Column("certified_to", "認定有効期間終了", "date", "last day of the certification; for the claim file",
           "認定有効期間の終了日(請求ファイル用)"),
    Column("care_plan_by", "居宅サービス計画作成区分", "care_plan_by",
           "1 (居宅介護支援事業所), 2 (自己作成) or 3 (介護予防支援); for the claim file",
           "1(居宅介護支援事業所)、2(自己作成)または3(介護予防支援)(請求ファイル用)"),
    Column("care_manager_no", "居宅介護支援事業所番号", "provider_no",
           "the care manager's office, where it makes the plan; for the claim file",
           "居宅介護支援事業所の番号(作成区分が1か3のとき、請求ファイル用)"),
    Column("started_on", "開始年月日", "date", "the day the provider began with the person; for the claim file",
           "サービスの開始年月日(請求ファイル用)"),
    Column("stopped_on", "中止年月日", "date", "the day it ended; for the claim file",
           "サービスの中止年月日(請求ファイル用)"),
    Column("stop_reason", "中止理由", "stop_reason",
           "1 非該当, 3 医療機関入院, 4 死亡, 5 その他, 6 介護老人福祉施設, 7 介護老人保健施設, 8 介護療養型, "
           "9 介護医療院; for the claim file",
           "1非該当 3医療機関入院 4死亡 5その他 6介護老人福祉施設 7介護老人保健施設 8介護療養型 9介護医療院(請求ファイル用)"),
    Column("public_payer_no", "公費負担者番号", "public_payer_no",
           "payer of the public funds, 8 digits, of which the first two are the law; for the claim file",
           "公費負担者番号 8桁(請求ファイル用)"),
    Column("public_recipient_no", "公費受給者番号", "public_recipient_no",
           "number of the person there, 7 digits; for the claim file", "公費受給者番号 7桁(請求ファイル用)"),
    Column("facility_insurer_no", "施設所在保険者番号", "facility_insurer_no",
           "insurer of the place of the facility, 6 digits, where 住所地特例 holds; for the claim file",
           "施設所在保険者番号 6桁(住所地特例のとき、請求ファイル用)"),
    Column("name", "氏名", "text", "name; for papers only", "氏名(書類用)"),
    Column("name_kana", "フリガナ", "text", "name in kana; for papers only", "フリガナ(書類用)"),
)  # fmt: skip

FILES: dict[str, tuple[Column, ...]] = {
    "visits": VISITS,
    "providers": PROVIDERS,
    "recipients": (*RECIPIENTS, *PERSONAL),
}
RESERVED_NAMES = frozenset(column.name for columns in FILES.values() for column in columns)
# Of the example rows of the templates: they are nobody's.
EXAMPLE_NUMBERS = {
    "provider_no": "9999999999",
    "insurer_no": "999999",
    "insured_no": "9999999999",
}
# The Japanese heading of each input column.
HEADINGS = {column.name: column.heading for columns in FILES.values() for column in columns}


def _out(name: str, heading: str, kind: str, meaning: str, meaning_ja: str) -> Column:
    return Column(name, heading, kind, meaning, meaning_ja)


CLAIM_KEY = (
    _out(
        "service_month", "サービス提供年月", "text", "month of service, YYYYMM", "サービス提供年月"
    ),
    _out("provider_no", "事業所番号", "text", "provider", "事業所番号"),
    _out("insurer_no", "保険者番号", "text", "insurer", "保険者番号"),
    _out("insured_no", "被保険者番号", "text", "insured person", "被保険者番号"),
)
CLAIM_KEY_NAMES = [column.name for column in CLAIM_KEY]
VISIT_KEY_NAMES = ("provider_no", "insurer_no", "insured_no", "service_date", "session")

CLAIM_LINES = (
    *CLAIM_KEY,
    _out("service_code", "サービスコード", "text", "service type and item code", "種類と項目の6桁"),
    _out("units", "単位数", "whole", "units of one count", "1回(日・月)の単位数"),
    _out("count", "回数", "whole", "how many counts in the month", "月の回数・日数"),
    _out("service_units", "サービス単位数", "whole", "units × count", "単位数×回数"),
    _out("limit_managed", "限度額管理対象", "whole", "1: counts against the benefit limit",
         "1: 区分支給限度基準額の管理対象"),
    _out("public_count", "公費対象回数", "whole", "counts under public funds", "公費の対象となる回数・日数"),
    _out("public_units", "公費対象単位数", "whole", "service units under public funds",
         "公費の対象となるサービス単位数"),
)  # fmt: skip

CLAIMS = (
    *CLAIM_KEY,
    _out("care_level", "要介護度", "whole_or_blank", "the highest care level of the month",
         "月の最も重い要介護度"),
    _out("visits", "提供回数", "whole", "visits of the month", "月の提供回数"),
    _out("days", "実日数", "whole", "days with a visit", "サービス実日数"),
    _out("managed_units", "限度額管理対象単位数", "whole", "sum of the managed lines",
         "限度額管理対象の単位数"),
    _out("unmanaged_units", "限度額管理対象外単位数", "whole", "sum of the other lines",
         "限度額管理対象外の単位数"),
    _out("total_units", "総単位数", "whole", "managed and unmanaged units", "管理対象と対象外の合計"),
    _out("planned_units", "計画単位数", "whole", "the plan, or managed units within the limit",
         "計画単位数(なければ限度額内の単位数)"),
    _out("benefit_units", "給付単位数", "whole", "units the insurance pays for", "給付単位数"),
    _out("self_paid_units", "利用者負担(全額負担分)単位数", "whole",
         "units the person pays in full: those of the claim without a limit, less benefit_units",
         "限度額がないとした総単位数から給付単位数を除いた単位数"),
    _out("unit_price", "単位数単価", "whole_or_blank", "yen of a unit × 100", "単位数単価×100"),
    _out("total_yen", "費用総額", "whole_or_blank", "yen of the benefit units", "費用総額(円)"),
    _out("benefit_rate", "給付率", "whole_or_blank", "per cent the insurance pays", "給付率(%)"),
    _out("insurance_yen", "保険請求額", "whole_or_blank", "yen claimed from the insurance",
         "保険請求額(円)"),
    _out("public_yen", "公費請求額", "whole_or_blank", "yen claimed from public funds",
         "公費請求額(円)"),
    _out("copay_yen", "利用者負担額", "whole_or_blank", "yen the person pays of the total",
         "利用者負担額(円)"),
    _out("self_paid_yen", "利用者負担(全額負担分)", "whole_or_blank", "yen of the self-paid units",
         "限度額を超えた分の自己負担(円)"),
    _out("public_units", "公費対象単位数", "whole", "benefit units under public funds",
         "給付単位数のうち公費の対象となる単位数"),
)  # fmt: skip

_FILE = _out(
    "file", "ファイル", "text", "visits, providers or recipients; of several files the one given",
    "実績・事業所・利用者のどのファイルか(複数のときはファイル名)",
)  # fmt: skip

PROBLEMS = (
    _out("severity", "重大度", "text", "error: holds the claim; warning: holds nothing",
         "error は請求を未計算にする誤り、warning は確認のお願い"),
    _FILE,
    _out("line", "行", "whole_or_blank",
         "line of the file that was given, the heading is 1; blank: a whole claim",
         "入力ファイルの行番号(見出しが1、空欄は請求全体)"),
    _out("held_line", "held_visitsの行", "whole_or_blank",
         "line of held_visits, where the row stands there", "held_visits での行番号"),
    *CLAIM_KEY,
    _out("column", "列", "text", "the column", "列"),
    _out("value", "値", "text", "the value found", "入力の値"),
    _out("rule", "エラーの種類", "text", "the rule broken", "エラーの種類"),
    _out("message", "説明", "text", "what was expected, what to do", "何が期待され、どう直すか"),
)  # fmt: skip

# The amounts of a claim that a comparison adds up under each of two tables.
COMPARED = ("total_units", "benefit_units", "total_yen", "insurance_yen", "public_yen", "copay_yen",
            "self_paid_yen")  # fmt: skip


def _both_sides(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Give columns under each table, a and b, and what b is more than a."""
    return tuple(
        _out(
            f"{column.name}_{side}",
            f"{column.heading}{mark}",
            column.kind,
            f"{column.meaning}, {words}",
            f"{column.meaning_ja}({mark})",
        )
        for column in columns
        for side, mark, words in (
            ("a", "A", "under table a"),
            ("b", "B", "under table b"),
            ("difference", "差", "b less a"),
        )
    )


_CLAIMS_COMPARED = (
    _out("claims", "比較した請求数", "whole", "claims computed under both tables, those compared",
         "両方の表で計算できた請求の数"),
    _out("claims_left_out", "除いた請求数", "whole", "claims held under one of the tables or both",
         "どちらかの表で未計算(要修正)となり比較から除いた請求の数"),
    _out("claims_held_a", "未計算請求数A", "whole", "claims held under table a", "Aの表で未計算(要修正)の請求数"),
    _out("claims_held_b", "未計算請求数B", "whole", "claims held under table b", "Bの表で未計算(要修正)の請求数"),
    _out("claims_without_yen", "金額が未計算の請求数", "whole",
         "compared claims whose yen are not known; they are in no sum of yen",
         "比較した請求のうち金額が未計算のもの(金額の合計に含まない)"),
    _out("visits", "比較した提供回数", "whole", "visits of the claims compared", "比較した請求の提供回数"),
)  # fmt: skip
_AMOUNTS_COMPARED = _both_sides(tuple(column for column in CLAIMS if column.name in COMPARED))

# Who gains and who loses, and how much of what was.
_CHANGES_COMPARED = (
    _out("claims_more", "増えた請求数", "whole", "claims with more units under table b",
         "Bの表で単位数が増える請求の数"),
    _out("claims_less", "減った請求数", "whole", "claims with fewer units under table b",
         "Bの表で単位数が減る請求の数"),
    _out("claims_same", "変わらない請求数", "whole", "claims with as many units under both tables",
         "単位数が変わらない請求の数"),
)  # fmt: skip
_PER_CENT_COMPARED = (
    _out("total_units_per_cent", "総単位数の増減率", "text",
         "b less a in per cent of a, to a hundredth; blank where a is 0",
         "BからAを引いた差のAに対する割合(%、小数第2位まで。Aが0のときは空欄)"),
    _out("total_yen_per_cent", "費用総額の増減率", "text",
         "the same of the yen; blank where they are not known",
         "費用総額についての同じ割合(金額が不明のときは空欄)"),
)  # fmt: skip
_COMPARED_ALIKE = (*_CLAIMS_COMPARED, *_CHANGES_COMPARED, *_AMOUNTS_COMPARED, *_PER_CENT_COMPARED)

COMPARISON_TOTAL = (
    *_CLAIMS_COMPARED,
    _out("visits_left_out", "除いた提供回数", "whole", "rows of visits that are in no claim compared",
         "比較から除いた実績の行数"),
    _out("visits_without_code_a", "コードのない実績数A", "whole", "visits without a code in table a",
         "Aの表にコードのない実績の行数"),
    _out("visits_without_code_b", "コードのない実績数B", "whole", "visits without a code in table b",
         "Bの表にコードのない実績の行数"),
    *_CHANGES_COMPARED,
    *_AMOUNTS_COMPARED,
    *_PER_CENT_COMPARED,
)  # fmt: skip

COMPARISON_BY_PROVIDER = (CLAIM_KEY[1], *_COMPARED_ALIKE)
COMPARISON_BY_INSURER = (CLAIM_KEY[2], *_COMPARED_ALIKE)
_CARE_LEVEL_COMPARED = _out(
    "care_level", "要介護度", "text", "highest care level of the codes claimed; blank: none",
    "算定したコードの要介護度のうち最も高いもの(空欄はなし)",
)  # fmt: skip
# A claim that is held has no codes, and so no care level.
COMPARISON_BY_CARE_LEVEL = (
    _CARE_LEVEL_COMPARED,
    *(one for one in _COMPARED_ALIKE if "left_out" not in one.name and "held" not in one.name),
)
COMPARISON_BY_CLAIM = (
    *CLAIM_KEY,
    _CARE_LEVEL_COMPARED,
    _out("visits", "提供回数", "whole", "visits of the claim", "請求の提供回数"),
    *_AMOUNTS_COMPARED,
    *_PER_CENT_COMPARED,
)

COMPARISON_BY_CODE = (
    _out("service_code_a", "サービスコードA", "text", "the code in table a; blank: none",
         "Aの表のコード(空欄はなし)"),
    _out("name_a", "名称A", "text", "its name in table a", "Aの表の名称"),
    _out("service_code_b", "サービスコードB", "text", "the code of the same in table b; "
         "blank: none", "Bの表の同じもののコード(空欄はなし)"),
    _out("name_b", "名称B", "text", "its name in table b", "Bの表の名称"),
    _out("count_a", "回数A", "whole", "counts under table a", "Aの表での回数"),
    _out("count_b", "回数B", "whole", "counts under table b", "Bの表での回数"),
    _out("units_a", "単位数A", "whole", "units under table a", "Aの表での単位数"),
    _out("units_b", "単位数B", "whole", "units under table b", "Bの表での単位数"),
    _out("units_difference", "単位数差", "whole", "b less a", "BからAを引いた単位数"),
)  # fmt: skip

# Nothing of a comparison is held for correction.
_PROBLEMS_COMPARED = tuple(column for column in PROBLEMS if column.name != "held_line")
_SIDE = _out("side", "表", "text", "a or b: under which table; both", "どちらの表か(a、b、both)")

COMPARISON_WITHOUT_CODE = (
    _SIDE,
    _out("month", "表の年月", "text", "month of that table, YYYYMM", "その表の年月"),
    *_PROBLEMS_COMPARED,
)

COMPARISON_MISSING_KEYS = (
    _SIDE,
    _out("month", "表の年月", "text", "month of that table, YYYYMM", "その表の年月"),
    _out("key", "加算", "text", "the addition that has no row in the table", "表に行のない加算"),
    _FILE,
    _out("rows", "行数", "whole", "rows of the file that have it", "それを設定した行の数"),
)

COMPARISON_OTHER_PROBLEMS = (_SIDE, *_PROBLEMS_COMPARED)

COMPARISON: dict[str, tuple[Column, ...]] = {
    "total": COMPARISON_TOTAL,
    "by_provider": COMPARISON_BY_PROVIDER,
    "by_insurer": COMPARISON_BY_INSURER,
    "by_care_level": COMPARISON_BY_CARE_LEVEL,
    "by_code": COMPARISON_BY_CODE,
    "by_claim": COMPARISON_BY_CLAIM,
    "without_code": COMPARISON_WITHOUT_CODE,
    "missing_keys": COMPARISON_MISSING_KEYS,
    "other_problems": COMPARISON_OTHER_PROBLEMS,
}

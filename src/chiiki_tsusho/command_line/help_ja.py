"""The help of the command line in Japanese, by its English text (of a command: its first line)."""

from __future__ import annotations

COMMANDS = {
    "Claims of community day care (地域密着型通所介護): service codes, units, yen.": (
        "地域密着型通所介護の請求計算: サービスコード、単位数、円"
    ),
    "Compute the claims of a file of visits.": """実績ファイルから請求を計算する

claim_lines、claims、problems、held_visits をフォルダに書き出す

終了コード 0: すべて請求済み、1: 保留あり、2: 使い方の誤りまたは読めないファイル(何も書き出さない)""",
    "Print rows of the code table as CSV.": """サービスコード表の行をCSVで表示する

指定した順に表示。CODE がなければその月の全ての行。出力は --codes で使える""",
    "Explain the units of one visit, step by step.": """1回の実績の単位数を計算過程とともに表示する

コード、端数処理前後の各段階と根拠、明細を表示。割合の加算は、この実績だけの月とみなして計算""",
    "Explain one person's claim, step by step.": """利用者1人の請求を計算過程とともに表示する

明細、割合の加算の基礎と端数処理、限度額、円未満の切り捨てを表示""",
    "Write input files with every heading and an example row.": """記入用の入力ファイルを作る

visits.csv、providers.csv、recipients.csv(全ての見出しと記入例)と、各列を日英で説明する
dictionary.csv を作成。すでにあるファイルには触れない""",
    "Compute the example month that comes with the program.": """同梱の例の月を計算する

例のファイルを DIR に写し、請求を DIR/claims に計算して、次に試すことを表示
例の番号はすべて架空。何も開かず、何も尋ねない""",
    "Turn the ministry's service code workbook into a table.": """厚生労働省のサービスコード表(Excel)を取り込む

--codes で使う表を作る。シート「地域通所介護」を読み、合成単位数は名称の段階から計算できるものだけを採る
判断できない行は一覧に示して除く

終了コード 0: すべて取り込み、1: 一部を除いて作成、2: 作成なし""",
    "Turn a municipality's master CSV into a table.": """市町村の単位数マスタ(CSV)を取り込む

--codes で使う表を作る。UTF-8 または CP932。サービス種類78の行だけを読む
判断できない行は一覧に示して除く

終了コード 0: すべて取り込み、1: 一部を除いて作成、2: 作成なし""",
    "Check a code table and list all its faults.": """サービスコード表を検査し、誤りをすべて表示する

--codes で使うときと同じ検査。誤りは1行に1件、行番号と列とともに標準出力へ

終了コード 0: 使える、1: 誤りあり、2: 読めない""",
    "Price the same visits under two tables.": """同じ実績を2つの表で計算して比べる

実績の日付によらず、1つ目の月の表・単価・限度額で、次に2つ目の月のもので計算
両方で計算できた請求を比べ、できないものは数と理由を示す

終了コード 0: すべて比較、1: コードのない実績や保留あり、2: 使い方の誤りまたは読めないファイル""",
    "Write a page about a batch, to read, send and print.": """計算結果のレポート(HTML)を作る

スクリプトも通信もない1つのファイル: 合計、事業所、サービスコード、日数・回数、限度額超過、
保留と対処方法、出典

終了コード 0: 作成、2: 作成なし""",
}

OPTIONS = {
    "Print the version.": "バージョンを表示",
    "Language of the messages, before or after any command; else that of the locale.": (
        "メッセージの言語(コマンドの前後どちらでも)。既定はロケール"
    ),
    "Install completion for the current shell.": "今のシェルに入力補完を設定",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "今のシェルの入力補完の設定を表示"
    ),
    "Show this message and exit.": "この使い方を表示",
    "One row per visit, CSV or Parquet.": "実績ファイル(1行に1回、CSVまたはParquet)",
    "The folder for the results.": "結果を書き出すフォルダ",
    "One row per provider.": "事業所ファイル(1行に1事業所)",
    "One row per insured person.": "利用者ファイル(1行に1人)",
    "A code table in the layout of service_codes.csv, in the place of the bundled one.": (
        "同梱の表の代わりに使うサービスコード表"
    ),
    "csv or parquet.": "csv または parquet",
    "utf-8 or cp932; without it both are tried.": "utf-8 または cp932。省略時は両方を試す",
    "Language of the headings.": "見出しの言語",
    "The month, 2016-04 or 201604.": "年月。2016-04 または 201604",
    "Service codes of six characters, such as 781241.": "サービスコード6桁(例: 781241)",
    "Length of the stay.": "所要時間(分)",
    "要介護度, 1 to 5.": "要介護度 1〜5",
    "day_care or medical_day_care.": "day_care または medical_day_care(療養通所介護)",
    "over_capacity or understaffed.": "over_capacity(定員超過)または understaffed(人員欠如)",
    "An addition and its count: bathing, no_transport=2. May be repeated.": (
        "加算と回数(例: bathing、no_transport=2)。繰り返し可"
    ),
    "被保険者番号 of the person.": "被保険者番号",
    "Only this month.": "この月だけ",
    "Where the files go.": "作成先のフォルダ",
    "Only the additions of that month.": "その月の加算だけ",
    "Where the example goes.": "例を置くフォルダ",
    "The workbook (.xlsx).": "サービスコード表のブック(.xlsx)",
    "First month of the table, 2026-06 or 202606.": "表の最初の月。2026-06 または 202606",
    "The code table to write (CSV), for --codes.": "作成する表(CSV、--codes 用)",
    "Last month; 999999 is an open end.": "表の最後の月。999999 は期限なし",
    "The master (CSV).": "単位数マスタ(CSV)",
    "The code table (CSV).": "サービスコード表(CSV)",
    "Twice: the months whose tables are compared, 2017-03 and 2017-04.": (
        "2回指定: 比べる表の月(例: 2017-03 と 2017-04)"
    ),
    "A code table as service_codes.csv, in the place of the bundled one.": (
        "同梱の表の代わりに使うサービスコード表"
    ),
    "Another for the second month, such as a draft.": "2つ目の月に使う別の表(案など)",
    "A folder for the CSVs.": "CSVを書き出すフォルダ",
    "What the claim command wrote.": "claim が書き出したフォルダ",
    "The page; without it, report.html in DIR.": "レポートのファイル。既定は DIR の report.html",
    "Without it, as the locale.": "省略時はロケールによる",
    "The code table the claims were computed with, where it was not the bundled one.": (
        "計算に使ったサービスコード表(同梱の表でない場合)"
    ),
}


def command_help(english: str) -> str:
    """Return the help of a command, line by line as written; in English where there is no other."""
    japanese = COMMANDS.get(english.split("\n", 1)[0])
    if japanese is None:
        return english
    first, *others = japanese.split("\n\n")
    return "\n\n".join([first, *(f"\b\n{one}" for one in others)])


def option_help(english: str) -> str:
    """Return the help of an option."""
    return OPTIONS.get(english, english)

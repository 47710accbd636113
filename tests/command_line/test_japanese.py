"""Everything a Japanese user reads and writes: headings, values, messages, explanations."""

from __future__ import annotations

import csv
import locale
import pickle
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from pyarrow import parquet

import chiiki_tsusho as ct
from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.choices import FileFormat
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES, HEADINGS, PROBLEMS
from chiiki_tsusho.language import Language, Name, default_language, on_lines, printable
from chiiki_tsusho.months import OPEN_END, spans_text
from chiiki_tsusho.problem_texts import EXPECTED, RULES, TEXTS, TITLES, Message, TextId, rule_named
from chiiki_tsusho.problems import place_text
from chiiki_tsusho.reading.cell_texts import BadCellError
from chiiki_tsusho.reading.cells import PARSERS
from chiiki_tsusho.reading.inputs import open_source
from helpers.commands import run
from helpers.inputs import PROVIDER, RECIPIENT, Cells, compute, csv_text, frame, visit

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OUTPUTS = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}
KANA = re.compile(r"[\u3040-\u30ff]")
FULL_WIDTH = str.maketrans("0123456789/-", "０１２３４５６７８９／－")
LANGUAGES: tuple[Language, ...] = ("en", "ja")


def claim_month(
    folder: Path,
    prefix: str,
    out: Path,
    file_format: FileFormat = "csv",
    headings: Language = "en",
) -> FileBatch:
    """Compute the three files of a folder."""
    visits, providers, recipients = (folder / f"{prefix}{name}.csv" for name in FILES)
    return claim_files(
        visits, out, providers, recipients, file_format=file_format, headings=headings
    )


def fields(text: str) -> set[str]:
    """The placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# ---------------------------------------------------------------- every text in both languages


@pytest.mark.parametrize("text", TEXTS)
def test_every_message_says_the_same_in_both_languages(text: TextId) -> None:
    english, japanese = TEXTS[text].say("en"), TEXTS[text].say("ja")
    assert fields(english) == fields(japanese)
    assert english.isascii() or text in (
        "support_level",
        "minutes",
        "key_value",
        "extension_not_given",
        "extension_not_said",
    )
    assert KANA.search(japanese)
    # A sentence in the polite form; between 「 and 」 there are no quotation marks of Python.
    assert re.search(r"(ください(\([^)]*\))?|です)$", japanese)
    assert "!r" not in japanese


def test_every_wording_and_every_rule_has_its_entry() -> None:
    assert set(TEXTS) == set(get_args(TextId))
    assert set(TITLES) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_never_stands_by_its_key_alone_in_japanese(rule: str) -> None:
    assert rule_named(rule, "en") == rule
    name = rule_named(rule, "ja").removesuffix(f"({rule})")
    assert not name.isascii()
    assert "。" not in name


@pytest.mark.parametrize("kind", EXPECTED)
def test_what_a_column_expects_is_said_in_both_languages(kind: str) -> None:
    assert EXPECTED[kind].say("en").isascii()
    assert not EXPECTED[kind].say("ja").isascii()


def test_every_kind_of_a_required_column_has_words_for_a_blank_cell() -> None:
    required = {one.kind for columns in FILES.values() for one in columns if one.required}
    assert required | {"time", "length"} == set(EXPECTED)


def test_no_heading_stands_twice_in_a_file() -> None:
    for columns in (*FILES.values(), *OUTPUTS.values()):
        assert len({one.heading for one in columns}) == len(columns)
        assert len({one.name for one in columns}) == len(columns)
        assert all(one.heading and one.meaning and one.meaning_ja for one in columns)


def test_a_value_is_shown_with_what_cannot_be_seen() -> None:
    message = Message("bad_value", "apostrophe", {"value": " '1\t\u3000２"})
    assert message.say("ja").startswith("「 '1\\t\\u3000２」の先頭に")
    assert message.say().startswith('" \'1\\t\\u3000２" begins with an apostrophe')
    assert printable("要介護3 x") == "要介護3 x"


def test_months_in_both_languages() -> None:
    spans = [(201604, 201803), (202606, OPEN_END)]
    assert spans_text(spans) == "2016-04 to 2018-03, from 2026-06"
    assert spans_text(spans, "ja") == "2016-04〜2018-03、2026-06以降"


# ---------------------------------------------------------------- problems


def faulty(name: str) -> pd.DataFrame:
    path = EXAMPLES / f"faulty_{name}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False, on_bad_lines="skip")


def test_rules_are_the_same_in_both_languages_and_messages_are_not() -> None:
    english, japanese = (
        ct.compute_claims(
            faulty("visits"), faulty("providers"), faulty("recipients"), language=language
        ).problems
        for language in LANGUAGES
    )
    same = ["file", "line", "column", "value", "rule"]
    # Of them seven are numbers of nobody.
    assert len(english) == 28 + 7
    assert_frame_equal(english[same], japanese[same])
    assert not set(english["message"]) & set(japanese["message"])
    assert all(KANA.search(message) for message in japanese["message"])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"minutes": ""}, "所要時間が空欄です。分数を記入してください"),
        ({"insured_no": ""}, "被保険者番号が空欄です。10桁の番号を記入してください"),
        (
            {"insurer_no": "1310"},
            "「1310」は4桁です(6または8桁が必要です)。表計算ソフトが先頭の0を落とした可能性があります。"
            "列の書式を文字列にし、0を補ってください",
        ),
        (
            {"service": "通所介護"},
            "「通所介護」は使えません。地域密着型通所介護(day_care)、"
            "療養通所介護(medical_day_care)、短期利用療養通所介護(short_medical_day_care) "
            "のいずれかを記入するか、空欄にしてください",
        ),
        ({"session": "0"}, "「0」は1〜9の整数ではありません。数字で記入してください"),
        (
            {"care_level": "要支援1"},
            "「要支援1」は要支援・事業対象者です。この行は総合事業(通所型サービス)の請求となるため、ここでは計算しません。"
            "総合事業として請求するか、要介護度を訂正してください",
        ),
        (
            {"minutes": "119"},
            "地域密着型通所介護の119分は、どの時間区分にも当たりません(表の範囲は120〜839分)。提供時間を"
            "確認してください",
        ),
        (
            {"service_date": "2016-03-01"},
            "2016-03 のサービスコード表がありません(収録範囲: 2016-04以降)。厚生労働省の当該月の"
            "介護給付費単位数等サービスコード表を import-workbook で取り込み、--codes で"
            "指定してください",
        ),
        (
            {"service_date": "2026-06-01", "shortfall": "定員超過"},
            "240分、地域密着型通所介護、要介護1、定員超過: 2026-06 の表に該当するコードがありません。"
            "実績を訂正してください。実績が正しければ、コードは厚生労働省の介護給付費単位数等サービスコード表"
            "(令和8年6月施行版)にあります。import-workbook で取り込み、--codes で"
            "指定してください",
        ),
        (
            {"入浴介助加算": "2"},
            "「2」は入浴介助加算(bathing)の回数として使えません。空欄、○、×、または0〜1の整数で記入してください",
        ),
        (
            {"service_date": "2026-06-01", "個別送迎体制強化加算": "1"},
            "個別送迎体制強化加算(individual_transport)は 2026-06 の表にありません。その月の加算に改める"
            "か、厚生労働省の介護給付費単位数等サービスコード表(令和8年6月施行版)を import-workbook で取り込み、"
            "--codes で指定してください",
        ),
        *(
            (
                {"service_date": "2026-06-01", heading: "1"},
                "個別送迎体制強化加算(individual_transport)は 2026-06 の表にありません。その月の加算に改める"
                "か、厚生労働省の介護給付費単位数等サービスコード表(令和8年6月施行版)を import-workbook で取り込み、"
                "--codes で指定してください",
            )
            # An English heading, in whatever width, is said by the name of the addition.
            for heading in ("individual_transport", "ｉｎｄｉｖｉｄｕａｌ_transport")
        ),
        (
            {"service": "療養通所介護", "bathing": "1"},
            "入浴介助加算(bathing)は療養通所介護では算定できません(対象は地域密着型通所介護)。取り除くか、"
            "サービス区分を訂正してください",
        ),
        (
            {"service_provision_1i": "1", "service_provision_2": "1"},
            "サービス提供体制加算Ⅰ(service_provision_1i)、サービス提供体制加算Ⅲ(service_provision_2)が同時に"
            "設定されています(この行、または事業所・利用者のファイル)。同じ区分(service_provision)の加算は"
            "一つしか算定できません。一つに絞ってください",
        ),
    ],
)
def test_messages_name_things_as_the_user_does(cells: Cells, message: str) -> None:
    batch = ct.compute_claims(frame([visit(1, **cells)]), language="ja")
    # Where nobody can say whose a row is, that is told behind it.
    assert batch.problems["message"].tolist()[0] == message


def test_messages_of_whole_claims_and_of_the_other_files() -> None:
    claim = "請求 2016-04 1370000018 131003 0000000001"
    rows = [visit(day, nutrition_improvement="1") for day in (1, 2, 3)]
    batch = ct.compute_claims(
        frame([visit(1)]),
        frame([PROVIDER, PROVIDER | {"area_grade": "8"}]),
        frame([{**RECIPIENT, "insured_no": "0000000009"}]),
        language="ja",
    )
    assert batch.problems["message"].tolist() == [
        f"{claim}: 被保険者 0000000001 の 2016-04 の行が利用者ファイルにありません。追加してください"
        "(最初の実績は2行目)",
        "「8」は使えません。1、2、3、4、5、6、7、その他(other) のいずれかを記入するか、空欄にしてください",
        "2行目と事業所番号・年月が重複しています。一方を削除してください",
    ]
    batch = ct.compute_claims(frame(rows), language="ja")
    assert batch.problems["message"].tolist() == [
        f"{claim}: 栄養改善加算(nutrition_improvement)が月3回あります。算定は月2回までです。"
        "超えた分を取り除いてください"
    ]


def test_where_a_problem_is() -> None:
    assert place_text("visits", 9, "minutes") == "visits line 9, minutes"
    assert place_text("visits", 9, "minutes", "ja") == "実績ファイル 9行目「所要時間」"
    assert place_text("providers", None, "bathing", "ja") == "事業所ファイル「bathing」"
    assert place_text("recipients", 2, "", "ja") == "利用者ファイル 2行目"


# ---------------------------------------------------------------- headings and values that come in


def in_japanese(rows: list[Cells]) -> list[Cells]:
    """The same rows as an office writes them: Japanese headings and words, full-width digits."""
    names = {
        key: table.rows[at].name.removeprefix("地域通所介護")
        for table in [ct.load_codes("2016-04")]
        for key, at in table.key_positions.items()
    }
    headings = HEADINGS | names
    words_of = {
        "service": {"day_care": "地域密着型通所介護", "medical_day_care": "療養通所介護"},
        "shortfall": {"over_capacity": "定員超過", "understaffed": "人員欠如"},
        "area_grade": {str(grade): f"{grade}級地" for grade in range(1, 8)} | {"other": "その他"},
        "care_level": {str(level): f"要介護{level}" for level in range(1, 6)},
    }
    numbers = {"provider_no", "insurer_no", "insured_no"}
    return [
        {
            headings[name]: cell
            if name in numbers
            else words_of.get(name, {}).get(cell, cell).translate(FULL_WIDTH)
            for name, cell in row.items()
        }
        for row in rows
    ]


def records(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_example_month_as_an_office_writes_it(encoding: str, tmp_path: Path) -> None:
    """The claims are the same to the byte."""
    plain, office = tmp_path / "plain", tmp_path / "office"
    office.mkdir()
    for file in FILES:
        rows = in_japanese(records(EXAMPLES / f"{file}.csv"))
        (office / f"{file}.csv").write_bytes(csv_text(rows).encode(encoding))
    claim_month(EXAMPLES, "", plain)
    batch = claim_month(office, "", office / "out")
    assert (batch.summary.claims, batch.summary.held_visits) == (27, 0)
    for name in ("claims", "claim_lines"):
        written = (office / "out" / f"{name}.csv").read_bytes()
        assert written == (plain / f"{name}.csv").read_bytes()


@pytest.mark.parametrize(
    "cells",
    [
        {"minutes": "２４０"},
        {"minutes": "　240　"},
        {"care_level": "要介護１"},
        {"care_level": "１"},
        {"service_date": "２０１６－０４－０１"},
        {"service_date": "２０１６/４/１"},
        {"session": "１"},
        {"bathing": "０"},
    ],
)
def test_full_width_digits_are_digits(cells: Cells) -> None:
    assert_frame_equal(compute([visit(1, **cells)]).claim_lines, compute([visit(1)]).claim_lines)


@pytest.mark.parametrize("column", ["provider_no", "insurer_no", "insured_no"])
def test_identifiers_in_full_width_are_those_they_stand_for(column: str) -> None:
    row = visit(1)
    batch = compute([{**row, column: f"　{row[column].translate(FULL_WIDTH)} "}, visit(2)])
    assert batch.problems.empty
    assert batch.claims[column].tolist() == [row[column]]
    assert batch.claims["visits"].tolist() == [2]


# ---------------------------------------------------------------- headings that go out


@pytest.mark.parametrize("prefix", ["", "faulty_"])
def test_japanese_headings_of_csv_files(prefix: str, tmp_path: Path) -> None:
    """Only the first line differs, and the mark by which a spreadsheet sees UTF-8."""
    for headings in LANGUAGES:
        claim_month(EXAMPLES, prefix, tmp_path / headings, headings=headings)
    for name, columns in OUTPUTS.items():
        english = (tmp_path / "en" / f"{name}.csv").read_bytes()
        japanese = (tmp_path / "ja" / f"{name}.csv").read_bytes()
        assert japanese.startswith(b"\xef\xbb\xbf")
        heading, rest = japanese.decode("utf-8-sig").split("\n", 1)
        assert heading == ",".join(column.heading for column in columns)
        # Words of the faulty month are Japanese in part.
        marked = (prefix, name) == ("faulty_", "problems")
        assert english.startswith(b"\xef\xbb\xbf") == marked
        assert english.decode("utf-8-sig").split("\n", 1) == [
            ",".join(column.name for column in columns), rest,
        ]  # fmt: skip
    held = [(tmp_path / headings / "held_visits.csv").read_bytes() for headings in LANGUAGES]
    assert held[0] == held[1]
    assert held[0].startswith(b"provider_no,")


def test_japanese_headings_of_parquet_files(tmp_path: Path) -> None:
    for headings in LANGUAGES:
        claim_month(EXAMPLES, "faulty_", tmp_path / headings, "parquet", headings)
    for name, columns in OUTPUTS.items():
        english, japanese = (
            parquet.read_table(tmp_path / headings / f"{name}.parquet") for headings in LANGUAGES
        )
        assert english.column_names == [column.name for column in columns]
        assert japanese.column_names == [column.heading for column in columns]
        assert japanese.rename_columns(english.column_names).equals(english)
        assert len(english) > 0


def test_language_and_headings_are_chosen_apart(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(csv_text([visit(1, minutes="x")]), encoding="utf-8")
    claim_files(tmp_path / "visits.csv", tmp_path / "out", language="ja")
    assert (tmp_path / "out" / "problems.csv").read_text(encoding="utf-8-sig") == (
        "severity,file,line,held_line,service_month,provider_no,insurer_no,insured_no,column,value,"
        "rule,message\n"
        '"error","visits",2,2,"201604","1370000018","131003","0000000001","minutes","x","bad_value",'
        '"「x」は所要時間(分)として読めません。450、7:30、7時間30分 のいずれかの形で記入してください"\n'
    )


# ---------------------------------------------------------------- errors


def refusals(folder: Path) -> list[Callable[[], object]]:
    """Ways to be refused, each with the words of one place in the code."""

    def file(name: str, content: bytes) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    text = csv_text([visit(1)]).encode()
    good = file("good.csv", text)
    lone = csv_text([visit(1)]).replace(",minutes", "").replace(",240", "").encode()
    table = (EXAMPLES.parent / "data" / "service_codes.csv").read_bytes()
    (folder / "claims.csv").write_bytes(good.read_bytes())
    visits_2016 = ct.Calculator(ct.load_codes("2016-04"))
    return [
        lambda: open_source(folder / "none.csv"),
        lambda: open_source(folder),
        lambda: open_source(good, "latin-1"),
        lambda: open_source(file("workbook.xlsx", b"PK\x03\x04....")),
        lambda: open_source(file("binary.csv", b"\x89PNG\x00\n" + text)),
        lambda: open_source(file("empty.csv", b"")),
        lambda: claim_files(file("neither.csv", text + b"\x81 ,1\n"), folder / "out"),
        lambda: open_source(file("one.csv", b"a,\x81\n1,2\n"), "utf-8"),
        lambda: open_source(file("cr.csv", b"a,b\r1,2\r")),
        lambda: open_source(file("quote.csv", b'a,"b\n1,2\n')),
        lambda: open_source(file("damaged.parquet", b"PAR1 and no more")),
        lambda: claim_files(file("lone.csv", lone), folder / "out"),
        lambda: compute([visit(1, minuts="1")]),
        lambda: compute([{"": "1"} | visit(1)]),
        lambda: compute([visit(1) | {"所要時間": "1"}]),
        lambda: compute([{"a;b": "1"}]),
        lambda: ct.compute_claims(None),  # type: ignore[arg-type]
        lambda: ct.compute_claims([1]),  # type: ignore[list-item]
        lambda: claim_files(good, good),
        lambda: claim_files(folder / "claims.csv", folder),
        lambda: ct.load_codes("2016-13"),
        lambda: ct.load_codes("2016-03"),
        lambda: ct.load_codes("2016-04", file("none", b"").with_name("no table.csv")),
        lambda: ct.load_codes("2016-04", file("sjis.csv", "表".encode("cp932"))),
        lambda: ct.load_codes("2016-04", file("short.csv", table.replace(b"per_mille", b"p", 1))),
        lambda: ct.load_codes("2016-04", file("wide.csv", table + b"78,1,2\n")),
        lambda: ct.load_codes("2016-04").lookup(["781240"]),
        lambda: ct.load_codes("2016-04").units(["788110"]),
        lambda: ct.load_codes("2016-04").find(minutes=1, care_level=1),
        lambda: ct.load_codes("2016-04").find(minutes=[200, 1], care_level=1),
        lambda: visits_2016.compose(ct.Visit(minutes=200, care_level=1, additions={"bath": 1})),
        lambda: visits_2016.compose(ct.Visit(minutes=200, care_level=1, additions={"bathing": 2})),
        lambda: visits_2016.compose(
            ct.Visit(minutes=200, care_level=1, additions={"individual_transport": 1})
        ),
        lambda: visits_2016.compose(
            ct.Visit(
                minutes=200,
                care_level=1,
                additions={"service_provision_1i": 1, "service_provision_2": 1},
            )
        ),
        lambda: ct.explain_claim(frame([visit(1)]), "0000000002"),
        lambda: ct.explain_claim(frame([visit(1, minutes="x")]), "0000000001", "2016-04"),
    ]


def test_every_refusal_is_said_in_both_languages(tmp_path: Path) -> None:
    """In English as before, in Japanese besides; and both go through pickle."""
    ways = refusals(tmp_path)
    said = set()
    for refused in ways:
        with pytest.raises(ct.ChiikiTsushoError) as caught:
            refused()
        error = caught.value
        assert str(error) == error.say() == error.say("en") == error.args[0]
        english, japanese = error.say("en"), error.say("ja")
        assert not KANA.search(english.replace("地域密着型", ""))
        assert all(KANA.search(line) for line in japanese.splitlines()), japanese
        assert len(english.splitlines()) == len(japanese.splitlines())
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (str(again), again.say("ja")) == (english, japanese)
        said.add(japanese)
    assert len(said) == len(ways)


@pytest.mark.parametrize(
    ("cells", "japanese"),
    [
        (
            {"minuts": "1"},
            "visits: 1行目: 見出し「minuts」は使えません。「minutes」ではありませんか",
        ),
        (
            {"所用時間": "1"},
            "visits: 1行目: 見出し「所用時間」は使えません。「所要時間」ではありませんか",
        ),
        (
            {"所要時間": "1"},
            "visits: 1行目: 見出し「所要時間」は「minutes」と同じ列(minutes)です。一方を削除してください",
        ),
        (
            {"開始時刻": "9:00"},
            "visits: 1行目: 必須の見出し「終了時刻」(end_time)がありません。列を追加してください",
        ),
    ],
)
def test_wrong_headings_in_japanese(cells: Cells, japanese: str) -> None:
    with pytest.raises(ct.InputFileError) as caught:
        compute([visit(1) | cells])
    assert caught.value.say("ja") == japanese


def test_a_missing_heading_names_the_nearest_in_its_language() -> None:
    row = {HEADINGS[name]: cell for name, cell in visit(1).items()}
    row["所用時間"] = row.pop("所要時間")
    with pytest.raises(ct.InputFileError) as caught:
        compute([row])
    assert caught.value.say("ja").splitlines() == [
        "visits: 1行目: 見出し「所用時間」は使えません。「所要時間」ではありませんか",
        "visits: 1行目: 必須の見出し「所要時間」(minutes)がありません(近い見出し:「所用時間」)。その見出しを訂正するか、列を追加して"
        "ください(代わりに開始時刻と終了時刻でもよい)",
    ]


def test_an_error_with_english_words_alone_says_them_in_any_language() -> None:
    error = ct.OutputError("no room")
    assert (str(error), error.say("ja")) == ("no room", "no room")
    assert pickle.loads(pickle.dumps(error)).say("ja") == "no room"


def test_words() -> None:
    both = on_lines([Name("a", "あ"), Message("malformed_row", "quotation")])
    assert str(both).splitlines()[0] == both.say().splitlines()[0] == "a"
    assert both.say("ja").splitlines() == [
        "あ",
        "引用符がこの行の中で閉じられていないか、閉じた引用符の後に文字があります。"
        "引用符を直すか、セルの中の改行を取り除いてください",
    ]
    assert pickle.loads(pickle.dumps(both)) == both


@pytest.mark.parametrize("kind", PARSERS)
def test_what_is_wrong_with_a_cell_is_said_in_both_languages(kind: str) -> None:
    with pytest.raises(BadCellError) as caught:
        PARSERS[kind]("?")
    english, japanese = (caught.value.message.say(language) for language in LANGUAGES)
    assert "'?'" in english
    assert "「?」" in japanese


# ---------------------------------------------------------------- the language of the locale


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LC_MESSAGES": "en_GB", "LANG": "ja_JP"}, "en"),
        ({"LC_ALL": "ja_JP.eucJP", "LC_MESSAGES": "en_US", "LANG": "en_US"}, "ja"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.UTF-8"}, "ja"),
    ],
)
def test_the_locale_chooses_the_language(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    assert default_language() == language


@pytest.mark.parametrize(
    ("spoken", "language"),
    [("Japanese_Japan", "ja"), ("ja_JP", "ja"), ("English_United States", "en"), (None, "en")],
)
def test_windows_has_no_variables(
    spoken: str | None, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (spoken, "932"))
    assert default_language() == language

    def unknown() -> None:
        raise ValueError("unknown locale")

    monkeypatch.setattr(locale, "getlocale", unknown)
    assert default_language() == "en"


# ---------------------------------------------------------------- the command line


def claim_arguments(prefix: str, folder: Path) -> list[object]:
    return [
        "claim", EXAMPLES / f"{prefix}visits.csv", "-o", folder,
        "--providers", EXAMPLES / f"{prefix}providers.csv",
        "--recipients", EXAMPLES / f"{prefix}recipients.csv",
    ]  # fmt: skip


def test_lang_may_stand_anywhere_and_beats_the_locale(tmp_path: Path) -> None:
    arguments = claim_arguments("", tmp_path / "out")
    note = (
        "注: 検証番号の合わない番号が9個あります(請求は計算されます)。"
        f"{tmp_path / 'out' / 'problems.csv'} の「検証番号の不一致(check_digit)」を参照してください\n"
    )
    closing = f"実績259件: 請求明細27件、240,192単位、2,517,248円。未計算(要修正)0行。出力先: {tmp_path / 'out'}\n"
    for done in (
        run(*arguments, "--lang", "ja"),
        run("--lang=ja", *arguments),
        run(arguments[0], "--lang", "ja", *arguments[1:], LC_ALL="en_US.UTF-8"),
        run(*arguments, LC_ALL="", LC_MESSAGES="ja_JP.UTF-8"),
    ):
        assert (done.returncode, done.stdout, done.stderr) == (0, "", note + closing)
    done = run(*arguments, "--lang", "en", LC_ALL="ja_JP.UTF-8")
    assert done.stderr == (
        "note: 9 numbers do not end in their check digit: see check_digit in "
        f"{tmp_path / 'out' / 'problems.csv'}\n"
        "259 visits: 27 claims, 240,192 units, 2,517,248 yen; 0 rows held; "
        f"files in {tmp_path / 'out'}\n"
    )


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        (["--lang", "ja"], "サービス提供年月"),
        (["--lang", "en"], "service_month"),
        (["--lang", "ja", "--headings", "en"], "service_month"),
        (["--lang", "en", "--headings", "ja"], "サービス提供年月"),
    ],
)
def test_headings_follow_the_language_unless_asked_for(
    words: list[str], heading: str, tmp_path: Path
) -> None:
    assert run(*claim_arguments("", tmp_path / "out"), *words).returncode == 0
    text = (tmp_path / "out" / "claims.csv").read_text(encoding="utf-8-sig")
    assert text.startswith(f"{heading},")
    assert run("template", tmp_path / "month", *words).returncode == 0
    text = (tmp_path / "month" / "visits.csv").read_text(encoding="utf-8-sig")
    assert text.startswith("事業所番号," if heading == "サービス提供年月" else "provider_no,")


def test_problems_and_closing_line_in_japanese(tmp_path: Path) -> None:
    done = run(*claim_arguments("faulty_", tmp_path / "out"), "--headings", "ja", "--lang", "ja")
    assert (done.returncode, done.stdout) == (1, "")
    *problems, more, note, closing = done.stderr.splitlines()
    assert note.startswith("注: 検証番号の合わない番号が7個あります")
    assert len(problems) == 5
    assert problems[0] == (
        "実績ファイル 9行目「所要時間」: 値の誤り(bad_value): 「7.25」は所要時間(分)として読めません。450、7:30、7時間30分 のいずれかの形で記入してください"
    )
    assert more == f"… ほか25件は {tmp_path / 'out' / 'problems.csv'} にあります"
    assert closing == (
        "実績73件: 請求明細6件、12,857単位、134,883円。未計算(要修正)57行(problems のとおり入力ファイルを訂正し、"
        "同じコマンドを再度実行してください)、計算に入れなかった行1行(警告)。"
        f"出力先: {tmp_path / 'out'}"
    )
    heading, *lines = (
        (tmp_path / "out" / "problems.csv").read_text(encoding="utf-8-sig").splitlines()
    )
    first = next(line for line in lines if line.startswith('"error"'))
    assert heading.endswith(",列,値,エラーの種類,説明")
    assert first.startswith('"error","visits",9,')
    assert first.endswith(
        ',"minutes","7.25","bad_value",'
        '"「7.25」は所要時間(分)として読めません。450、7:30、7時間30分 のいずれかの形で記入してください"'
    )


def test_blank_yen_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(csv_text([visit(1)]), encoding="utf-8")
    done = run("claim", path, "-o", tmp_path / "out", "--lang", "ja")
    assert done.stderr.splitlines() == [
        "注: 請求明細1件は金額が空欄です: 地域区分が不明です(--providers で地域区分のある事業所ファイルを指定して"
        "ください)",
        f"実績1件: 請求明細1件、426単位、金額は未計算。未計算(要修正)0行。出力先: {tmp_path / 'out'}",
    ]
    other = {**visit(1), "provider_no": "1370000026"}
    path.write_text(csv_text([visit(1), other]), encoding="utf-8")
    (tmp_path / "providers.csv").write_text(
        csv_text(
            [{**PROVIDER, "area_grade": "1"}, {"provider_no": "1370000026", "area_grade": "1"}]
        ),
        encoding="utf-8",
    )
    (tmp_path / "recipients.csv").write_text(
        csv_text([{**RECIPIENT, "benefit_rate": ""}]), encoding="utf-8"
    )
    done = run(
        *("claim", path, "-o", tmp_path / "out", "--providers", tmp_path / "providers.csv"),
        *("--recipients", tmp_path / "recipients.csv", "--lang", "ja"),
    )  # fmt: skip
    assert done.stderr.splitlines()[0] == (
        "注: 請求明細2件は金額が空欄です: 給付率が不明です(--recipients で給付率のある利用者ファイルを指定して"
        "ください)"
    )


def test_an_unreadable_file_in_japanese(tmp_path: Path) -> None:
    done = run("claim", tmp_path / "none.csv", "-o", tmp_path / "out", "--lang", "ja")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"エラー: {tmp_path / 'none.csv'}: ファイルがありません。パスを確認してください\n"
    )


@pytest.mark.parametrize(
    ("arguments", "japanese"),
    [
        (
            ["claim", "x", "-o", "y", "--format", "xls"],
            "--format「xls」は使えません。csv、xlsx または parquet を指定してください",
        ),
        (
            ["template", "x", "--headings", "fr"],
            "--headings「fr」は使えません。en または ja を指定してください",
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "200", "--with", "a=b"],
            "--with「a=b」: 加算のキーか、キー=回数(整数)の形(例: no_transport=2)で指定してください",
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "200", "--with", "a", "--with", "a=2"],
            "--with「a」: 2回指定されています。回数は a=回数 の形で指定してください",
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "200", "--service", "x"],
            "--service「x」は使えません。day_care、medical_day_care または short_medical_day_care "
            "を指定してください",
        ),
        (
            ["explain", "--month", "2016-04", "--minutes", "200", "--shortfall", "x"],
            "--shortfall「x」は使えません。over_capacity または understaffed を指定してください",
        ),
        (
            ["lookup", "--month", "2016"],
            "「2016」は年月として読めません。2016-04 または 201604 の形で指定してください",
        ),
        (
            ["lookup", "781240", "--month", "2016-04"],
            "2016-04 にないサービスコードです: 「781240」(近いコード: 781241)。コードは種類と項目の6桁"
            "(例: 781241)で指定してください。月ごとの収録状況は lookup --coverage で確認できます",
        ),
    ],
)
def test_wrong_words_in_japanese(arguments: list[str], japanese: str) -> None:
    done = run(*arguments, "--lang", "ja")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"エラー: {japanese}\n")


# ---------------------------------------------------------------- explanations


def test_a_visit_explained_in_japanese() -> None:
    """678 → 475 → 333; 333 + 50; 383 × 22 ‰ = 8.426 → 8; 8 × 90 % = 7.2 → 7; 390."""
    done = run(
        *("explain", "--month", "2016-04", "--minutes", "150", "--care-level", "5"),
        *("--shortfall", "understaffed", "--with", "bathing", "--with", "treatment_improvement_3"),
        *("--lang", "ja"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "789405  678 → 474.6 → 475 → 332.5 → 333単位",
        "  1. 789405 地域通所介護15・人欠・時減 要介護5: 所定単位数: 678  "
        "[告示第126号 別表 2の2 地域密着型通所介護費]",
        "  2. 2時間以上3時間未満(時減) × 70 %: 678 → 474.6 → 475  "
        "[告示第126号 別表 2の2 注 (2時間以上3時間未満)]",
        "  3. 人員欠如 × 70 %: 475 → 332.5 → 333  "
        "[告示第126号 別表 2の2 注 (定員超過・看護・介護職員の欠員)]",
        "  4. 地域通所介護入浴介助加算 +50: 333 → 383  [告示第126号 別表 2の2 注・加算]",
        "  5. 地域通所介護処遇改善加算Ⅱ: 全単位数(この実績だけの月とみなす) × 22/1000: "
        "383 → 8.426 → 8  [老企第36号 第二の1 (端数処理)]",
        "  6. 地域通所介護処遇改善加算Ⅲ: 上の結果 × 90 %: 8 → 7.2 → 7  "
        "[老企第36号 第二の1 (端数処理)]",
        "  7. 地域通所介護処遇改善加算Ⅲ +7: 383 → 390  [告示第126号 別表 2の2 注・加算]",
        "789405  地域通所介護15・人欠・時減  333 × 1 = 333",
        "785301  地域通所介護入浴介助加算  50 × 1 = 50",
        "786105  地域通所介護処遇改善加算Ⅲ  7 × 1 = 7",
        "合計 390単位",
    ]


def figures(text: str) -> list[str]:
    """Every figure of an explanation, in order; 59 ‰ is 59/1000 in Japanese."""
    return re.findall(r"\d+(?:\.\d+)?", text.replace("/1000", ""))


@pytest.mark.parametrize(
    "visit_asked",
    [
        ct.Visit(minutes=720, care_level=2, extended_hours=True,
                 additions={"no_transport": 2, "same_building": 1}),
        ct.Visit(minutes=400, care_level=5, shortfall="over_capacity",
                 additions={"rural_area": 1, "treatment_improvement_4": 1}),
        ct.Visit(minutes=200, service="medical_day_care", additions={"bathing_system": 1}),
    ],
)  # fmt: skip
def test_steps_have_the_same_figures_in_both_languages(visit_asked: ct.Visit) -> None:
    table = ct.load_codes("2016-04")
    english, japanese = (
        ct.Calculator(table, language).compose(visit_asked) for language in LANGUAGES
    )
    assert english.lines == japanese.lines
    assert english.chain == japanese.chain
    assert len(english.steps) == len(japanese.steps) > 0
    for one, other in zip(english.steps, japanese.steps, strict=True):
        assert (one.before, one.exact, one.after, one.law) == (
            other.before, other.exact, other.after, other.law,
        )  # fmt: skip
        ours = re.sub(r"\d+ to \d+ hours|care level \d", "", one.label)
        theirs = re.sub(r"\d時間以上\d時間未満|要介護\d", "", other.label)
        assert figures(ours) == figures(theirs)


@pytest.mark.parametrize("insured", ["0000100053", "0000500014", "0000100045", "H000500049"])
def test_claims_are_explained_with_the_same_figures(insured: str) -> None:
    """Over the plan, 中山間, 生活保護, a person without insurance."""
    files = [EXAMPLES / f"{name}.csv" for name in FILES]
    english, japanese = (
        ct.explain_claim(files[0], insured, None, files[1], files[2], language=language)
        for language in LANGUAGES
    )
    assert len(english) == len(japanese) > 0
    for one, other in zip(english, japanese, strict=True):
        assert figures(str(one)) == figures(str(other))
        assert [step.law for step in [*one.units, *one.yen]] == [
            step.law for step in [*other.units, *other.yen]
        ]
        sheet = str(other).splitlines()
        assert sheet[0] == (
            f"請求 {other.service_month}  事業所 {other.provider_no}  保険者 {other.insurer_no}  "
            f"被保険者 {other.insured_no}"
        )
        assert sheet[2] == "明細"
        for line in sheet:
            # What is left of it without numbers of persons, marks and places in the law.
            words_left = re.sub(r"\[.*\]|H\d{9}|Ⅰ|Ⅱ", "", line)
            assert not re.search(r"[A-Za-z]{2}", words_left), line


def test_notes_of_a_claim_in_japanese() -> None:
    (sheet,) = ct.explain_claim(frame([visit(1)]), "0000000001", language="ja")
    assert sheet.notes == ["金額は未計算です: 事業所の地域区分が不明です"]
    assert str(sheet).splitlines()[-1] == "  注: 金額は未計算です: 事業所の地域区分が不明です"
    assert pickle.loads(pickle.dumps(sheet)) == sheet

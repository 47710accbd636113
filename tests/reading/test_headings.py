"""Headings: English, Japanese, the published names of additions; and what is no heading."""

from __future__ import annotations

import unicodedata
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pytest

from chiiki_tsusho import InputFileError, compute_claims
from chiiki_tsusho.columns import FILES
from helpers.inputs import PROVIDER, RECIPIENT, claim_text, compute, csv_text, frame, places, visit

# ---------------------------------------------------------------- headings


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("minutes", "minuts", ["unknown heading 'minuts'; did you mean 'minutes'?"]),
        ("minutes", "所用時間", ["unknown heading '所用時間'; did you mean '所要時間'?"]),
        ("minutes", "Minutes", ["unknown heading 'Minutes'; did you mean 'minutes'?"]),
        (
            "minutes",
            "minutes,bathng",
            ["unknown heading 'bathng'; did you mean 'bathing'?"],
        ),
        ("minutes", ",minutes", ["the heading of column F is blank; name the column or delete it"]),
        (
            "minutes",
            "minutes,minutes",
            [
                "heading 'minutes' stands for 'minutes', which 'minutes' already gives; keep one "
                "of the two columns"
            ],
        ),
        (
            "minutes",
            "minutes,所要時間",
            [
                "heading '所要時間' stands for 'minutes', which 'minutes' already gives; keep one "
                "of the two columns"
            ],
        ),
        (
            "minutes",
            "minutes,bathing,入浴介助加算",
            [
                "heading '入浴介助加算' stands for 'bathing', which 'bathing' already gives; "
                "keep one of the two columns"
            ],
        ),
        (
            ",minutes",
            "",
            ["required heading 'minutes' (所要時間) is missing; add the column"],
        ),
        (
            "insured_no",
            "insurer",
            [
                "unknown heading 'insurer'; did you mean 'insured_no'?",
                "required heading 'insured_no' (被保険者番号) is missing (nearest heading of the "
                "file: 'insurer'); correct that heading, or add the column",
            ],
        ),
        (
            "minutes",
            "minutes,area_grade",
            ["heading 'area_grade' is a column of the providers file; take it out"],
        ),
        (
            "provider_no,insurer_no,insured_no,service_date,care_level,minutes",
            "provider_no\tinsurer_no\tinsured_no\tservice_date\tcare_level\tminutes",
            [
                "cells are parted by tabs where commas were expected; save the file in Excel as "
                "CSV UTF-8 (comma delimited)"
            ],
        ),
        (
            "provider_no,insurer_no,insured_no,service_date,care_level,minutes",
            "provider_no;insurer_no;insured_no;service_date;care_level;minutes",
            ["cells are parted by semicolons where commas were expected; save the file"],
        ),
        ("minutes", '"minutes', ["a quotation mark is opened and not closed"]),
    ],
)
def test_wrong_heading_names_file_line_and_nearest(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    text = csv_text([visit(1)]).replace(old, new, 1)
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, text)
    shown = tmp_path / "visits.csv"
    assert all(line.startswith(f"{shown}: line 1: ") for line in str(caught.value).splitlines())
    for part in words:
        assert f"{shown}: line 1: {part}" in str(caught.value)
    assert list(tmp_path.iterdir()) == [shown]


def test_all_wrong_headings_at_once() -> None:
    rows = [{**visit(1), "minuts": "1", "bathng": "1"}]
    del rows[0]["minutes"]
    with pytest.raises(InputFileError) as caught:
        compute(rows)
    assert str(caught.value).splitlines() == [
        "visits: line 1: unknown heading 'minuts'; did you mean 'minutes'?",
        "visits: line 1: unknown heading 'bathng'; did you mean 'bathing'?",
        "visits: line 1: required heading 'minutes' (所要時間) is missing (nearest heading of the "
        "file: 'minuts'); correct that heading, or add the column, or "
        "start_time and end_time in its place",
    ]


def test_doubled_heading_of_a_frame() -> None:
    table = frame([visit(1)])
    table.insert(0, "minutes", "240", allow_duplicates=True)
    with pytest.raises(InputFileError, match="'minutes', which 'minutes' already gives"):
        compute_claims(table)


@pytest.mark.parametrize("headings", ["name", "heading"])
@pytest.mark.parametrize(("given", "expected"), [*permutations(FILES, 2)])
def test_a_file_given_as_another(given: str, expected: str, headings: str) -> None:
    """To take its columns out would spoil a file that is right."""
    names = [getattr(one, headings) for one in FILES[given]]
    tables: dict[str, Any] = {expected: pd.DataFrame({name: ["1"] for name in names})}
    with pytest.raises(InputFileError) as caught:
        compute_claims(**({"visits": frame([visit(1)])} | tables))
    assert str(caught.value) == (
        f"{expected}: line 1: the headings are those of the {given} file, and it was given as the "
        f"{expected} file; check which file or sheet is given as which"
    )


def test_visits_with_every_column_of_persons_are_visits() -> None:
    columns = {one.name: "1" for one in FILES["recipients"]}
    with pytest.raises(InputFileError, match="heading 'benefit_rate' is a column of"):
        compute([{**columns, **visit(1)}])


def test_wrong_headings_of_the_other_files() -> None:
    with pytest.raises(InputFileError, match="providers: line 1: heading 'minutes' is a column of"):
        compute([visit(1)], providers=[{**PROVIDER, "minutes": "1"}])
    with pytest.raises(
        InputFileError, match=r"recipients: line 1: required heading 'insured_no' .* is missing"
    ):
        compute([visit(1)], recipients=[{"insurer_no": "131003"}])


def test_what_is_no_frame() -> None:
    with pytest.raises(InputFileError, match=r"visits: a table was expected .*, not NoneType"):
        compute_claims(None)  # type: ignore[arg-type]
    with pytest.raises(InputFileError, match=r"providers: a table was expected .*, not list"):
        compute_claims(frame([visit(1)]), [PROVIDER])  # type: ignore[list-item]


# ---------------------------------------------------------------- published names as headings

NAMES_2016 = {
    "個別機能訓練加算Ⅰ": 46,
    "個別機能訓練加算Ⅱ": 56,
    "入浴介助加算": 50,
    "認知症加算": 60,
    "中重度者ケア体制加算": 45,
    "栄養改善加算": 150,
    "口腔機能向上加算": 150,
    "同一建物減算": -94,
    "送迎減算": -47,
    "サービス提供体制加算Ⅰ": 18,
    "サービス提供体制加算Ⅱ": 12,
    "サービス提供体制加算Ⅲ": 6,
    "若年性認知症受入加算": 60,
}


@pytest.mark.parametrize("prefix", ["", "地域通所介護"])
@pytest.mark.parametrize("name", NAMES_2016)
def test_published_name_is_a_heading(name: str, prefix: str) -> None:
    # All names of 2016-04 in one file, though サービス提供体制 Ⅱ and Ⅲ are other keys in 2026.
    row = visit(1) | {f"{prefix}{other}": "" for other in NAMES_2016} | {f"{prefix}{name}": "1"}
    batch = compute([row])
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [426 + NAMES_2016[name]]


def test_name_means_what_it_means_in_its_month() -> None:
    # 2016: Ⅱ is 12 units and Ⅲ 6; 2026: Ⅱ is 18 and Ⅲ 6. The visits: 426, and 436 in 2026.
    names = ("サービス提供体制加算Ⅱ", "サービス提供体制加算Ⅲ")
    rows = [
        {**visit(), "insured_no": f"{at:010}", "service_date": date, name: "1"}
        for at, (date, name) in enumerate(
            (date, name) for date in ("2016-04-01", "2026-06-01") for name in names
        )
    ]
    batch = compute(rows)
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [426 + 12, 426 + 6, 436 + 18, 436 + 6]


def test_name_that_means_nothing_in_the_month_is_refused() -> None:
    # サービス提供体制加算Ⅳ is of 2016 alone, and its key is that of another name in 2026.
    four, three = "サービス提供体制加算Ⅳ", "サービス提供体制加算Ⅲ"
    rows = [
        {**visit(), "service_date": "2026-06-01", four: "1", three: ""},
        {**visit(insured_no="0000000002"), "service_date": "2026-06-01", four: "", three: "1"},
    ]
    batch = compute(rows)
    assert places(batch.problems) == [("visits", 2, four, "1", "no_code")]
    (message,) = batch.problems["message"]
    assert message.startswith(f"{four} has no row in the table of 2026-06; use the addition of")
    assert batch.claims["total_units"].tolist() == [436 + 6]


def test_name_of_another_month_is_understood_where_it_can_only_be_one() -> None:
    # The name with the prefix is of 2016; in 2026 the same key has it without.
    rows = [{**visit(), "service_date": "2026-06-01", "地域通所介護認知症加算": "1"}]
    assert compute(rows).claims["total_units"].tolist() == [436 + 60]


def test_names_in_the_other_files() -> None:
    batch = compute(
        [visit(1), {**visit(), "service_date": "2026-06-01"}],
        providers=[{**PROVIDER, "サービス提供体制加算Ⅱ": "1", "サービス提供体制加算Ⅲ": ""}],
        recipients=[
            {**RECIPIENT, "入浴介助加算": "1", "service_month": "201604"},
            {**RECIPIENT, "service_month": "202606"},
        ],
    )
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [426 + 12 + 50, 436 + 18]


def test_all_japanese_headings() -> None:
    batch = compute(
        [
            {
                "事業所番号": "1370000018",
                "保険者番号": "13100003",
                "被保険者番号": "H000000001",
                "提供日": "2016/4/1",
                "要介護度": "要介護5",
                "所要時間": "150",
                "サービス区分": "地域密着型通所介護",
                "減算区分": "人員欠如",
                "回": "2",
            }
        ],
        [
            {
                "事業所番号": "1370000018",
                "サービス提供年月": "201604",
                "地域区分": "その他",
                "延長体制": "1",
            }
        ],
        [
            {
                "保険者番号": "13100003",
                "被保険者番号": "H000000001",
                "サービス提供年月": "",
                "給付率": "",
                "計画単位数": "333",
                "法別番号": "12",
                "公費本人負担額": "100",
            }
        ],
    )
    assert batch.problems.empty
    # 9405 as printed: 678, 475, 333; at 10.00 a unit, less the 100 yen of the person.
    assert batch.claim_lines["service_code"].tolist() == ["789405"]
    assert batch.claims["public_yen"].tolist() == [3230]


def test_personal_columns_are_accepted_and_stay_unread() -> None:
    """Birth dates and names are of no claim, and no problem repeats them."""
    given = {
        **RECIPIENT,
        "benefit_rate": "90",
        "birth_date": "not a date",
        "氏名": "国保 太郎",
        "stop_reason": "?",
    }
    batch = compute([visit()], [PROVIDER], [given])
    assert batch.problems.empty
    assert batch.claims["benefit_rate"].tolist() == [90]


# ---------------------------------------------------------------- names as notices write them

# The heading, the month, and the units it adds to one visit of 要介護1 (426 of 2016-04, 657 of
# 2026-06, 5 to 6 hours). Price lists: みやづるデイサービス (サービス提供体制強化加算Ⅱ, 6 a visit in
# 2016, where the table calls that row Ⅲ); デイサービスひだまり, デイサービスとんぼ (入浴介助加算(Ⅱ)
# 55, 個別機能訓練加算(Ⅰ)ロ 76 since 2024).
NAMES_OF_NOTICES = [
    ("サービス提供体制強化加算Ⅱ", "2016-04", 6),
    ("サービス提供体制強化加算（Ⅰ）ロ", "2016-04", 12),
    ("サービス提供体制強化加算(Ⅰ)イ", "2016-04", 18),
    ("サービス提供体制加算Ⅱ", "2016-04", 12),
    ("サービス提供体制加算 Ⅲ", "2016-04", 6),
    ("個別機能訓練加算(Ⅰ)", "2016-04", 46),
    ("若年性認知症利用者受入加算", "2016-04", 60),
    ("入浴介助加算(Ⅱ)", "2026-06", 55),
    ("入浴介助加算（II）", "2026-06", 55),
    ("個別機能訓練加算 (Ⅰ)イ", "2026-06", 56),
    ("個別機能訓練加算(Ⅰ)ロ", "2026-06", 76),
    ("個別機能訓練加算Ⅰ２", "2026-06", 76),
    ("サービス提供体制強化加算(Ⅱ)", "2026-06", 18),
    ("サービス提供体制加算(Ⅱ)", "2026-06", 18),
    ("口腔・栄養スクリーニング加算(Ⅱ)", "2026-06", 5),
]


@pytest.mark.parametrize(("heading", "month", "units_of_one"), NAMES_OF_NOTICES)
def test_names_as_notices_and_price_lists_write_them(
    heading: str, month: str, units_of_one: int
) -> None:
    base = {"2016-04": 426, "2026-06": 657}[month]
    minutes = {"2016-04": "240", "2026-06": "300"}[month]
    row = {**visit(minutes=minutes), "service_date": f"{month}-01", heading: "1"}
    batch = compute([row])
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [base + units_of_one]


@pytest.mark.parametrize(
    ("heading", "units"),
    # 介護職員処遇改善加算 of 2016: Ⅰ 40/1000, Ⅱ 22/1000.
    [
        ("介護職員処遇改善加算(Ⅰ)", 426 + 17),
        ("処遇改善加算(Ⅱ)", 426 + 9),
        ("介護職員処遇改善加算Ⅱ", 426 + 9),
    ],
)
def test_ratios_as_notices_write_them(heading: str, units: int) -> None:
    batch = compute([visit(1)], [{**PROVIDER, heading: "1"}])
    assert batch.problems.empty
    assert batch.claims["total_units"].tolist() == [units]


def test_ratio_of_2026_as_the_notice_writes_it() -> None:
    row = {**visit(minutes="300"), "service_date": "2026-06-01"}
    batch = compute([row], [{**PROVIDER, "介護職員等処遇改善加算(Ⅲ)": "1"}])
    # 657 × 105/1000 = 68.985
    assert batch.claims["total_units"].tolist() == [657 + 69]


@pytest.mark.parametrize(
    ("heading", "month", "names"),
    [
        # Without 強化, with brackets: the table's Ⅱ is the notice's (Ⅰ)ロ, the notice's (Ⅱ) Ⅲ.
        (
            "サービス提供体制加算(Ⅱ)",
            "2016-04",
            [
                "サービス提供体制加算Ⅱ(service_provision_1ro)",
                "サービス提供体制加算Ⅲ(service_provision_2)",
            ],
        ),
        # (Ⅰ) of 2016 is イ or ロ, 18 or 12 units, though the table calls the first Ⅰ.
        (
            "サービス提供体制強化加算(Ⅰ)",
            "2016-04",
            ["service_provision_1i", "service_provision_1ro"],
        ),
        (
            "サービス提供体制加算(Ⅰ)",
            "2016-04",
            ["service_provision_1i", "service_provision_1ro"],
        ),
        ("個別機能訓練加算(Ⅰ)", "2026-06", ["functional_training_1i", "functional_training_1ro"]),
        ("入浴介助加算", "2026-06", ["bathing_1", "bathing_2"]),
        (
            "介護職員処遇改善加算(Ⅰ)",
            "2026-06",
            ["treatment_improvement_1i", "treatment_improvement_1ro"],
        ),
    ],
)
def test_name_of_two_rows_is_refused_naming_both(
    heading: str, month: str, names: list[str]
) -> None:
    row = {**visit(), "service_date": f"{month}-01"}
    for rows, providers in (([{**row, heading: "1"}], None), ([row], [{**PROVIDER, heading: "1"}])):
        with pytest.raises(InputFileError) as caught:
            compute(rows, providers)
        english, japanese = str(caught.value), caught.value.say("ja")
        assert f"line 1: heading '{heading}' could be" in english
        assert f"1行目: 見出し「{heading}」は" in japanese
        for name in names:
            assert name in english
            assert name in japanese
        assert month in english
        # Nothing is said of a column in which nothing stands.
        compute([{**one, heading: ""} for one in rows], providers and [PROVIDER])


@pytest.mark.parametrize(
    ("heading", "others"),
    [
        ("介護職員等処遇改善加算(Ⅰ)", ("Ⅱ", "Ⅲ", "Ⅳ")),
        ("介護職員等処遇改善加算(Ⅱ)", ("Ⅰ", "Ⅲ", "Ⅳ")),
        ("個別機能訓練加算(Ⅰ)", ("Ⅱ",)),
    ],
)
def test_no_other_step_is_named_among_what_a_name_could_be(
    heading: str, others: tuple[str, ...]
) -> None:
    with pytest.raises(InputFileError) as caught:
        compute([{**visit(), "service_date": "2026-06-01", heading: "1"}])
    _, _, named = str(caught.value).partition(" could be ")
    assert named
    assert not any(step in named for step in others)


def test_name_of_two_rows_may_stand_where_its_month_has_nothing_of_it() -> None:
    # 入浴介助加算 is one addition in 2016 and two in 2026.
    later = {**visit(1), "service_date": "2026-06-01"}
    batch = compute([visit(1, 入浴介助加算="1"), {**later, "入浴介助加算": "0"}])
    assert batch.problems.empty
    assert batch.claim_lines["service_code"].tolist()[:2] == ["781241", "785301"]


def test_heading_that_is_near_nothing_suggests_nothing() -> None:
    with pytest.raises(InputFileError) as caught:
        compute([{**visit(), "送迎車両": "1"}])
    assert str(caught.value) == (
        "visits: line 1: unknown heading '送迎車両'; correct it, or leave the column unread with "
        "--ignore-column"
    )


@pytest.mark.parametrize("heading", ["個別機能訓練加Ⅲ", "service_provision", "bathing_3"])
def test_no_other_step_is_suggested(heading: str) -> None:
    with pytest.raises(InputFileError) as caught:
        compute([{**visit(), heading: "1"}])
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    "heading",
    [
        # 12 ‰ of 2019-10 beside the 59 ‰ of 処遇改善加算Ⅰ: what is near it in writing is not it.
        "特定処遇改善加算Ⅰ",
        "介護職員等特定処遇改善加算(Ⅱ)",
        "介護職員等ベースアップ等支援加算",
        "介護職員等処遇改善加算(Ⅴ)(14)",
        # Reductions: to leave their column unread would claim too much.
        "業務継続計画未策定減算",
        "高齢者虐待防止措置未実施減算",
        "bcp_missing",
        "延長加算",
        "感染症災害3%加算",
    ],
)
def test_addition_that_the_law_has_and_the_table_has_not_is_said_to_be_one(heading: str) -> None:
    with pytest.raises(InputFileError) as caught:
        compute([{**visit(), heading: "1"}])
    assert str(caught.value) == (
        f"visits: line 1: heading {heading!r} is an addition or reduction that no month of the "
        "table has; read the ministry's service code table with import-workbook and give the "
        "result with codes= (--codes on the command line)"
    )


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_composition_of_characters_does_not_matter(
    tmp_path: Path, form: Literal["NFC", "NFD", "NFKC"]
) -> None:
    # macOS writes ビ as ヒ and a mark.
    text = csv_text([visit(1) | {"サービス提供体制加算Ⅰ": "1", "サービス区分": ""}])
    heading, rest = text.split("\n", 1)
    result = claim_text(tmp_path, unicodedata.normalize(form, heading) + "\n" + rest)
    assert result.problems.empty
    assert result.summary.units == 426 + 18


def test_headings_of_all_files_are_told_in_one_go() -> None:
    with pytest.raises(InputFileError) as caught:
        compute(
            [visit(1, minuts="1")],
            providers=[{**PROVIDER, "area_grad": "1"}],
            recipients=[{"insurer_no": "131003"}],
        )
    told = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in told] == ["visits", "providers", "recipients"]
    assert caught.value.say("ja").count("行目") == 3


def test_columns_that_never_bill_are_left_unread_and_noted(tmp_path: Path) -> None:
    rows = [visit(1) | {"利用者氏名": "介護　花子", "備考": "早退", "事業所名": "@"}]
    result = claim_text(tmp_path, csv_text(rows))
    assert result.problems.empty
    assert result.summary.units == 426
    (note,) = result.notes
    assert str(note) == (
        f"{tmp_path / 'visits.csv'}: not read, being of no claim: 利用者氏名, 備考, 事業所名"
    )
    assert note.say("ja").endswith("利用者氏名、備考、事業所名")


def test_column_ignored_by_name() -> None:
    rows = frame([visit(1) | {"minuts": "?", "部屋": "1"}])
    batch = compute_claims(rows, ignore_columns=["minuts", "部屋"])
    assert batch.claims["total_units"].tolist() == [426]
    with pytest.raises(InputFileError, match="no file has the column '部星' that is to be left"):
        compute_claims(rows, ignore_columns=["minuts", "部星"])
    # A column that is to be left unread is none to fall back on.
    with pytest.raises(InputFileError, match=r"'minutes' \(所要時間\) is missing; add the column"):
        compute_claims(frame([visit(1)]), ignore_columns=["minutes"])


@pytest.mark.parametrize(
    ("above", "words", "japanese"),
    [
        (
            "2016年5月 提供実績表,,,,,\n",
            "is a title and not",
            "表題で、見出しではありません",
        ),
        ("sep=,\n", "is 'sep=,', an instruction to Excel", "Excelへの指示「sep=,」"),
        ("実績表\n\n", "is a title and not", "表題で、見出しではありません"),
        ('実績表\n"未完\n', "is a title and not", "表題で、見出しではありません"),
    ],
)
def test_line_above_the_headings(tmp_path: Path, above: str, words: str, japanese: str) -> None:
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, above + csv_text([visit(1)]))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path / 'visits.csv'}: line 1: {words}")
    found = above.count("\n") + 1
    assert f"which seem to stand on line {found}; delete the line" in line
    assert japanese in caught.value.say("ja")
    assert f"{found}行目" in caught.value.say("ja")


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
def test_a_line_above_wrapped_headings(encoding: str, tmp_path: Path) -> None:
    """Who deletes the lines above them keeps all of the headings, the first line of them too."""
    mark = "\t" if encoding == "utf-16" else ","
    names = ["事業所\n番号", "保険者番号", "被保険者\n番号", "提供日", "要介護度", "所要\n時間"]
    wrapped = mark.join(f'"{name}"' for name in names)
    row = csv_text([visit(1)]).split("\n")[1].replace(",", mark)
    lines = ["実績表", "", *f"{wrapped}\n{row}\n".split("\n")]
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, "\n".join(lines).encode(encoding))
    assert "which seem to stand on line 3; delete the lines above them" in str(caught.value)
    below = "\n".join(lines[2:])
    batch = claim_text(tmp_path, below.encode(encoding))
    assert batch.summary.visits == 1


@pytest.mark.parametrize("blank", ["", ",,,,,", "\t\t\t\t\t", "\u3000", '"",""'])
@pytest.mark.parametrize("mark", ["\t", ","])
@pytest.mark.parametrize("lines", [1, 16, 40])
def test_blank_lines_above_the_headings_do_not_say_what_parts_the_cells(
    lines: int, mark: str, blank: str, tmp_path: Path
) -> None:
    table = csv_text([visit(1), visit(2)]).replace(",", mark)
    batch = claim_text(tmp_path, (f"{blank}\n" * lines + table).encode("utf-16"))
    assert batch.summary.visits == 2


def test_a_title_with_a_comma_above_cells_parted_by_tabs(tmp_path: Path) -> None:
    table = csv_text([visit(1)]).replace(",", "\t")
    with pytest.raises(InputFileError, match=r"line 1: is a title .* seem to stand on line 2"):
        claim_text(tmp_path, f"2016年4月, 実績\n{table}".encode("utf-16"))


def test_a_row_in_the_place_of_the_headings_is_not_repeated(tmp_path: Path) -> None:
    # Names and dates of birth are no matter of messages.
    path = tmp_path / "recipients.csv"
    path.write_text("139006,0000000001,見本 花子,1930-05-06\n" * 2, encoding="utf-8")
    with pytest.raises(InputFileError) as caught:
        compute_claims(frame([visit(1)]), None, path)
    english, japanese = str(caught.value), caught.value.say("ja")
    assert f"{path}: line 1: is not the headings: none of its cells names a column" in english
    assert "required heading 'insurer_no'" in english
    assert "見出しではありません。列の名前になっているセルが一つもありません" in japanese
    for said in (english, japanese):
        assert not any(cell in said for cell in ("139006", "0000000001", "見本", "1930"))


def test_a_title_with_a_name_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(InputFileError) as caught:
        claim_text(tmp_path, "見本 花子様 6月分\n" + csv_text([visit(1)]))
    assert "is a title and not the headings" in str(caught.value)
    assert "見本" not in str(caught.value) + caught.value.say("ja")


def test_a_title_of_names_among_which_one_is_a_heading_is_not_repeated(tmp_path: Path) -> None:
    # A block above the table names the office and the person; one of its cells is a heading.
    path = tmp_path / "recipients.csv"
    title = "事業所番号,1390000001,見本 花子,1930-05-06"
    path.write_text(title + "\n", encoding="utf-8")
    with pytest.raises(InputFileError) as caught:
        compute_claims(frame([visit(1)]), None, path)
    english, japanese = str(caught.value), caught.value.say("ja")
    assert f"{path}: line 1: the heading of column C is unknown; correct it, or leave" in english
    assert "1行目: C列の見出しは使えません。訂正するか、--ignore-column で" in japanese
    for said in (english, japanese):
        assert not any(cell in said for cell in ("1390000001", "見本", "1930"))


def test_line_break_in_a_heading(tmp_path: Path) -> None:
    # Alt+Enter in a cell of Excel; the rows are on the lines of the file.
    text = csv_text([visit(1), visit(2, minutes="x")]).replace("insured_no", '"被保険者\n番号"')
    result = claim_text(tmp_path, text)
    assert places(result.problems) == [("visits", 4, "minutes", "x", "bad_value")]


def test_very_many_unknown_headings_are_not_all_told() -> None:
    row = visit(1) | {f"column{at}": "" for at in range(400)}
    with pytest.raises(InputFileError) as caught:
        compute([row])
    told = str(caught.value).splitlines()
    assert len(told) == 21
    assert told[-1] == "visits: line 1: and 380 more faults"

"""Headings: English, Japanese, the published names of additions; and what is no heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from chiiki_tsusho import InputFileError, compute_claims
from helpers.inputs import PROVIDER, RECIPIENT, claim_text, compute, csv_text, frame, places, visit

NO_KEY = (
    "{} has no row in the table of {}; use the addition of that month, or give the official table "
    "with codes= (--codes on the command line)"
)


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
        ("minutes", "minutes,", ["a heading is blank; name the column or delete it"]),
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
                "unknown heading 'insurer'; did you mean 'insurer_no'?",
                "required heading 'insured_no' (被保険者番号) is missing (nearest heading of the "
                "file: 'insurer_no'); add the column",
            ],
        ),
        (
            "minutes",
            "minutes,area_grade",
            ["unknown heading 'area_grade'; did you mean"],
        ),
        (
            "provider_no,insurer_no,insured_no,service_date,care_level,minutes",
            "provider_no\tinsurer_no\tinsured_no\tservice_date\tcare_level\tminutes",
            [
                "required heading 'minutes' (所要時間) is missing",
                "the heading has no commas: save the file as comma-separated CSV",
            ],
        ),
        (
            "provider_no,insurer_no,insured_no,service_date,care_level,minutes",
            "provider_no;insurer_no;insured_no;service_date;care_level;minutes",
            ["the heading has no commas: save the file as comma-separated CSV"],
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
        "file: 'minuts'); add the column, or start_time and end_time in its place",
    ]


def test_doubled_heading_of_a_frame() -> None:
    table = frame([visit(1)])
    table.insert(0, "minutes", "240", allow_duplicates=True)
    with pytest.raises(InputFileError, match="'minutes', which 'minutes' already gives"):
        compute_claims(table)


def test_wrong_headings_of_the_other_files() -> None:
    with pytest.raises(InputFileError, match="providers: line 1: unknown heading 'minutes'"):
        compute([visit(1)], providers=[{**PROVIDER, "minutes": "1"}])
    with pytest.raises(
        InputFileError, match=r"recipients: line 1: required heading 'insured_no' .* is missing"
    ):
        compute([visit(1)], recipients=[{"insurer_no": "131000"}])


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
    assert list(batch.problems["message"]) == [NO_KEY.format(four, "2026-06")]
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
                "事業所番号": "1370000001",
                "保険者番号": "13100000",
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
                "事業所番号": "1370000001",
                "サービス提供年月": "201604",
                "地域区分": "その他",
                "延長体制": "1",
            }
        ],
        [
            {
                "保険者番号": "13100000",
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

"""The page of a comparison: its figures are those of the frames, in both languages."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.language import LANGUAGES, Language
from chiiki_tsusho.reports.comparison_page import write_comparison
from helpers.inputs import frame, visit
from helpers.pages import Element, read_page

PROVIDERS = [
    {"provider_no": "1370000018", "area_grade": "1"},
    {"provider_no": "1370000026", "area_grade": "other"},
]
# 426 → 416 units (3 to 4 hours), 735 → 753 (7 to 8 hours); 150 to 175 minutes and 定員超過 have no
# code in 2026-06, and 栄養改善加算 has other units there.
ROWS = [
    visit(1, minutes="200"),
    visit(2, minutes="200"),
    visit(3, insured_no="0000000002", minutes="430", provider_no="1370000026"),
    visit(4, insured_no="0000000003", minutes="150", care_level="2"),
    visit(5, insured_no="0000000003", minutes="175", care_level="3"),
    visit(6, insured_no="0000000004", shortfall="over_capacity"),
    visit(7, insured_no="0000000005", bathing="1"),
    visit(8, insured_no="0000000006", care_level="9"),
]


def compared(language: Language) -> ct.Comparison:
    return ct.compare_months(frame(ROWS), "2016-04", "2026-06", frame(PROVIDERS), language=language)


@pytest.fixture(scope="module", params=LANGUAGES)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ct.Comparison, Element]:
    comparison = compared(request.param)
    path = tmp_path_factory.mktemp("pages") / "comparison.html"
    return comparison, read_page(write_comparison(comparison, path, request.param))


def figures(row: list[str]) -> list[int]:
    return [int(cell.replace(",", "").replace("+", "")) for cell in row if cell]


def test_the_sums_are_those_of_the_frame(both: tuple[ct.Comparison, Element]) -> None:
    comparison, page = both
    total = comparison.total.iloc[0]
    names = (
        "claims", "claims_left_out", "visits", "visits_left_out",
        "claims_more", "claims_less", "claims_same",
    )  # fmt: skip
    assert figures(list(page.figures().values())) == [total[name] for name in names]
    assert [total[name] for name in names] == [2, 4, 3, 5, 1, 1, 0]
    units = page.table("amounts")[1]
    assert figures(units[1:4]) == [
        total[f"total_units_{name}"] for name in ("a", "b", "difference")
    ]
    # 2 × 426 + 735 and 2 × 416 + 753.
    assert (figures(units[1:4]), units[4]) == ([1587, 1585, -2], "-0.13")


@pytest.mark.parametrize("name", ["provider", "insurer", "care_level"])
def test_each_list_has_the_rows_of_its_frame(
    both: tuple[ct.Comparison, Element], name: str
) -> None:
    comparison, page = both
    sums: pd.DataFrame = getattr(comparison, f"by_{name}")
    heading, *rows = page.table(f"by_{name}-sums")
    assert len(rows) == len(sums)
    key = sums.columns[0]
    found = {row[0]: row for row in rows}
    for record in sums.to_dict("records"):
        row = found[record[key]]
        assert len(row) == len(heading)
        assert figures(row[1:2]) == [record["claims"]]
        at = 5 if "claims_left_out" in sums else 4
        assert figures(row[at : at + 3]) == [
            record[f"total_units_{part}"] for part in ("a", "b", "difference")
        ]
        assert row[at + 3] == record["total_units_per_cent"]


def test_who_gains_and_who_loses(both: tuple[ct.Comparison, Element]) -> None:
    """The first provider's claim has 20 units fewer, the other's 18 more."""
    rows = {row[0]: row for row in both[1].table("by_provider-sums")[1:]}
    one, other = (rows[provider["provider_no"]] for provider in PROVIDERS)
    assert [figures(one[3:5]), figures(other[3:5])] == [[0, 1], [1, 0]]
    assert [one[7:9], other[7:9]] == [["-20", "-2.35"], ["+18", "+2.45"]]


def test_codes_of_both_tables(both: tuple[ct.Comparison, Element]) -> None:
    comparison, page = both
    rows = page.table("codes-sums")[1:]
    assert {(row[0], row[2]) for row in rows} == set(
        zip(comparison.by_code["service_code_a"], comparison.by_code["service_code_b"], strict=True)
    )
    assert sum(figures([row[8] for row in rows])) == -2


SAID = {
    "en": [
        "150–175 min, day_care, care level 2, 3: no code in the table of 2026-06",
        "240 min, day_care, care level 1, over_capacity: no code in the table of 2026-06",
        "bathing has no row in the table of 2026-06",
    ],
    "ja": [
        "150–175分、地域密着型通所介護、要介護2, 3: 2026-06 の表に該当するコードがありません",
        "240分、地域密着型通所介護、要介護1、定員超過: 2026-06 の表に該当するコードがありません",
        "入浴介助加算(bathing)は 2026-06 の表にありません",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_lacking_is_told_once_with_its_cure(tmp_path: Path, language: Language) -> None:
    comparison = compared(language)
    assert comparison.reasons["rows"].tolist() == [2, 1, 1]
    assert comparison.reasons["rows"].sum() == len(comparison.without_code)
    assert set(comparison.reasons["side"]) == {"b"}
    page = read_page(write_comparison(comparison, tmp_path / "a.html", language))
    rows = page.table("lacking-rows")[1:]
    assert [row[1] for row in rows] == ["2", "1", "1"]
    assert {row[2] for row in rows} == {{"en": "visits", "ja": "実績ファイル"}[language]}
    for row, message, said in zip(rows, comparison.reasons["message"], SAID[language], strict=True):
        assert row[0] == "B 2026-06"
        # The whole message: the cure stands at its end.
        assert row[3] == message
        assert message.startswith(said), message
        assert "import-workbook" in message


def test_what_else_holds_claims_is_named_in_words(both: tuple[ct.Comparison, Element]) -> None:
    _, page = both
    (row,) = page.table("problem-rows")[1:]
    language = page.first("html").attributes["lang"]
    expected = {
        "en": ["A 2016-04, B 2026-06", "visits line 9", "A cell does not hold what its column"],
        "ja": ["A 2016-04, B 2026-06", "実績ファイル 9行目", "値の誤り"],
    }[language]
    assert row[:2] == expected[:2]
    assert row[2].startswith(expected[2])


def test_headings_are_in_order_and_tables_have_captions(
    both: tuple[ct.Comparison, Element],
) -> None:
    _, page = both
    assert len(page.all("h1")) == 1
    assert all(heading.text[:1] == heading.text[:1].upper() for heading in page.all("h2"))
    for table in page.all("table"):
        assert table.first("caption").text
        assert {cell.attributes.get("scope") for cell in table.all("th")} <= {"row", "col"}


def test_it_runs_no_script_and_asks_for_nothing(tmp_path: Path) -> None:
    path = write_comparison(compared("en"), tmp_path / "a.html")
    text = path.read_text("utf-8")
    page = read_page(path)
    assert page.all("script", "iframe", "object", "form") == []
    style = page.first("style")
    digest = base64.b64encode(hashlib.sha256("".join(map(str, style.inside)).encode()).digest())
    assert f"style-src 'sha256-{digest.decode()}'" in text
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*""", text) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "language 'fr' is unknown; en, ja are known"), ("ja", "「fr」")],
)
def test_a_language_that_is_none(tmp_path: Path, language: Language, said: str) -> None:
    path = tmp_path / "a.html"
    with pytest.raises(ct.ChiikiTsushoError) as told:
        write_comparison(compared("en"), path, "fr")  # type: ignore[arg-type]
    assert said in told.value.say(language)
    assert not path.exists()

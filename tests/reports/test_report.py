"""The report page: its figures are those of the files, whatever is in them is only text."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.choices import FileFormat
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, OutputError
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.prices_and_limits import benefit_limit_rows, unit_price_rows
from chiiki_tsusho.law.sources import source_rows
from chiiki_tsusho.problem_texts import RULES, TEXTS
from chiiki_tsusho.reports import page_rules
from chiiki_tsusho.reports import page_words as report_words
from chiiki_tsusho.reports.batch_folder import read_held
from chiiki_tsusho.reports.page import write_report
from chiiki_tsusho.reports.page_charts import BARS_WIDTH, lying_bars, scale_ticks, standing_columns
from chiiki_tsusho.reports.page_texts import WORDS
from chiiki_tsusho.reports.page_words import PageWords, clipped, tenths, visible, wide
from helpers.inputs import csv_text, visit, visits
from helpers.pages import Element, read_page
from helpers.reports import (
    FAULTY,
    SCRIPT,
    Rows,
    large_batch,
    provider_no,
    read_rows,
    varied_batch,
    varied_visits,
    write_visits,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
YEN = ("total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a batch that has something of everything."""
    return varied_batch(tmp_path_factory.mktemp("varied")).folder


@pytest.fixture(scope="module")
def claims(folder: Path) -> Rows:
    return read_rows(folder / "claims.csv")


@pytest.fixture(scope="module")
def lines(folder: Path) -> Rows:
    return read_rows(folder / "claim_lines.csv")


@pytest.fixture(scope="module")
def page(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Element:
    return read_page(write_report(folder, tmp_path_factory.mktemp("en") / "page.html", "en"))


@pytest.fixture(scope="module")
def page_ja(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Element:
    return read_page(write_report(folder, tmp_path_factory.mktemp("ja") / "page.html", "ja"))


def total(rows: Rows, column: str) -> int:
    return sum(int(row[column] or 0) for row in rows)


def shown(number: int) -> str:
    return f"{number:,}"


def over(rows: Rows) -> Rows:
    return [row for row in rows if int(row["managed_units"]) > int(row["planned_units"])]


def yen(rows: Rows, column: str) -> str:
    unknown = sum(not row["total_yen"] for row in rows)
    if unknown == len(rows):
        return "—"
    note = f" without {unknown} claim{'s' if unknown > 1 else ''}" if unknown else ""
    return shown(total(rows, column)) + note


# ---------------------------------------------------------------- figures


def test_the_batch_has_something_of_everything(claims: Rows, lines: Rows) -> None:
    assert {row["service_month"] for row in claims} == {"201604", "201704"}
    assert len({row["provider_no"] for row in claims}) == 23
    assert any(row["days"] != row["visits"] for row in claims)
    assert 0 < sum(not row["total_yen"] for row in claims) < len(claims)
    assert len(over(claims)) == 2
    assert any(int(line["service_units"]) < 0 for line in lines)


def test_totals_are_those_of_the_claims(page: Element, claims: Rows) -> None:
    figures = page.section("summary").figures()
    assert figures == {
        "Claims": shown(len(claims)),
        "Persons": shown(len({(row["insurer_no"], row["insured_no"]) for row in claims})),
        "Providers": "23",
        "Visits": shown(total(claims, "visits")),
        "Not computed": "8",
        "Total units": shown(total(claims, "total_units")),
        "Benefit units": shown(total(claims, "benefit_units")),
        "Units paid in full": shown(total(claims, "self_paid_units")),
        "Claims over their plan or limit": "2",
        "Total cost, yen": shown(total(claims, "total_yen")),
        "Insurance, yen": shown(total(claims, "insurance_yen")),
        "Public funds, yen": shown(total(claims, "public_yen")),
        "Copayment, yen": shown(total(claims, "copay_yen")),
        "Paid in full, yen": shown(total(claims, "self_paid_yen")),
    }
    unknown = sum(not row["total_yen"] for row in claims)
    assert f"The yen of {unknown} claims are not computed" in page.section("summary").text
    assert page.first("header").figures()["Months of service"] == "2016-04 – 2017-04"


def test_months_are_those_of_the_claims(page: Element, claims: Rows) -> None:
    def row(name: str, of_month: Rows) -> list[str]:
        return [
            name,
            shown(len(of_month)),
            shown(len({(one["insurer_no"], one["insured_no"]) for one in of_month})),
            shown(len({one["provider_no"] for one in of_month})),
            shown(total(of_month, "visits")),
            shown(total(of_month, "total_units")),
            yen(of_month, "total_yen"),
            yen(of_month, "insurance_yen"),
        ]

    of = {m: [one for one in claims if one["service_month"] == m] for m in ("201604", "201704")}
    assert page.table("months-caption")[1:] == [
        row("2016-04", of["201604"]),
        row("2017-04", of["201704"]),
        row("Total", claims),
    ]


def test_providers_are_those_of_the_claims_the_largest_first(page: Element, claims: Rows) -> None:
    def row(name: str, rows: Rows) -> list[str]:
        return [
            name,
            shown(len(rows)),
            shown(total(rows, "visits")),
            shown(total(rows, "total_units")),
            yen(rows, "total_yen"),
            yen(rows, "insurance_yen"),
            shown(len(over(rows))),
            tenths(total(rows, "total_units"), len(rows)),
            f"{tenths(total(rows, 'total_units'), total(claims, 'total_units'), 100)}%",
        ]

    of: dict[str, Rows] = {}
    for one in claims:
        of.setdefault(one["provider_no"], []).append(one)
    order = sorted(of, key=lambda number: (-total(of[number], "total_units"), number))
    rest = [row for number in order[15:] for row in of[number]]
    assert page.table("providers-caption")[1:] == [
        *(row(number, of[number]) for number in order[:15]),
        row("and 8 more providers", rest),
        row("Total", claims),
    ]


def test_codes_are_those_of_the_lines_with_their_names(page: Element, lines: Rows) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    units: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    tables = {month: ct.load_codes(month).frame for month in ("201604", "201704")}
    rows = {}
    for line in lines:
        table = tables[line["service_month"]]
        (row,) = table[table["service_code"] == line["service_code"]].to_dict("records")
        key = (line["service_code"], str(row["name"]))
        rows[key] = row
        counts[key] += int(line["count"])
        units[key] += int(line["service_units"])
        found[key] += 1
    whole = sum(units.values())
    limit = {1: "inside", 0: "outside"}
    order = sorted(units, key=lambda key: (-units[key], key))
    share = {key: Fraction(units[key] * 1000, whole) for key in units}
    assert [[row[0], *row[2:-1]] for row in page.table("codes-caption")[1:-1]] == [
        [
            *key,
            limit[int(rows[key]["limit_managed"])],
            shown(found[key]),
            shown(counts[key]),
            shown(units[key]),
        ]
        for key in order
    ]
    for cells, key in zip(page.table("codes-caption")[1:-1], order, strict=True):
        assert abs(Fraction(cells[-1].rstrip("%")) * 10 - share[key]) <= Fraction(1, 2)
    assert page.table("codes-caption")[-1] == [
        "Total", "—", "—", shown(whole), "100.0%",
    ]  # fmt: skip
    # One code of two names stands once for each.
    names = {name for code, name in order if code == "786107"}
    assert names == {"地域通所介護処遇改善加算Ⅰ", "地域通所介護処遇改善加算Ⅱ"}


def test_the_chart_of_codes_shows_what_the_table_does(page: Element) -> None:
    rows = page.table("codes-caption")[1:-1]
    largest = sorted(rows, key=lambda row: -abs(int(row[6].replace(",", ""))))[:12]
    chart = page.first("svg")
    words = [one.text for one in chart.all("text")]
    assert words == [
        text
        for row in largest
        for text in (
            # What a base code is for stands beside its name.
            f"{row[0]} {row[2]} {row[1]}" if "hours" in row[1] else f"{row[0]} {row[2]}",
            row[6],
        )
    ]
    widths = [float(one.attributes["width"].rstrip("%")) for one in chart.all("rect")]
    figures = [abs(int(row[6].replace(",", ""))) for row in largest]
    scale = widths[0] / figures[0]
    assert widths == pytest.approx([figure * scale for figure in figures], abs=0.02)
    negative = [one.attributes["class"] == "bar negative" for one in chart.all("rect")]
    assert negative == [row[6].startswith("-") for row in largest]
    assert any(negative)
    zero = {one.attributes["x1"] for one in chart.all("line")}
    assert len(zero) == 1
    assert zero != {"0%"}


def test_days_and_visits_are_those_of_the_claims(page: Element, claims: Rows) -> None:
    section = page.section("persons")
    days = Counter(int(row["days"]) for row in claims)
    visited = Counter(int(row["visits"]) for row in claims)
    assert page.table("persons-caption")[1:] == [
        [str(number), shown(days[number]), shown(visited[number])]
        for number in sorted({*days, *visited})
    ]
    statistics = {row[0]: row[1:] for row in page.table("statistics-caption")[1:]}
    for name, column in (("Days of service", "days"), ("Visits", "visits")):
        numbers = [int(row[column]) for row in claims]
        mean = Fraction(sum(numbers), len(numbers))
        assert abs(Fraction(statistics[name][0]) - mean) <= Fraction(1, 20)
        assert statistics[name][1:] == [f"{median(numbers):.1f}", str(max(numbers))]
    charts = section.all("svg")[:2]
    for chart, counted in zip(charts, (days, visited), strict=True):
        heights = [float(one.attributes["height"]) for one in chart.all("rect")]
        filled = [counted[number] for number in sorted(counted)]
        scale = heights[0] / filled[0]
        assert heights == pytest.approx([one * scale for one in filled], abs=0.06)
    assert "1 person had claims of several providers" in section.text


def test_many_visits_of_a_month_stand_in_the_last_column(tmp_path: Path) -> None:
    rows = [
        visit(day, session=str(session), minutes="150") for day in range(1, 21) for session in "12"
    ]
    batch = varied_batch(tmp_path, rows)
    page = read_page(write_report(batch.folder, language="en"))
    last = page.table("persons-caption")[-1]
    assert last == ["32 or more", "0", "1"]
    assert page.table("persons-caption")[1:-1] == [["20", "1", "0"]]
    assert page.section("persons").all("svg")[1].text.endswith("32+ visits in the month")


def test_claims_over_their_limit_come_with_the_largest_excess_first(
    page: Element, claims: Rows
) -> None:
    columns = ("managed_units", "planned_units", "excess", "self_paid_units", "self_paid_yen")
    wanted = [
        row | {"excess": str(int(row["managed_units"]) - int(row["planned_units"]))}
        for row in over(claims)
    ]
    wanted.sort(key=lambda row: -int(row["excess"]))
    assert page.table("over-caption")[1:] == [
        *(
            [
                f"{row['service_month'][:4]}-{row['service_month'][4:]}",
                row["provider_no"],
                row["insurer_no"],
                row["insured_no"],
                *(shown(int(row[column])) for column in columns),
            ]
            for row in wanted
        ),
        ["Total", *(shown(total(wanted, column)) for column in columns)],
    ]


def test_problems_are_grouped_by_rule_with_what_to_do(page: Element, folder: Path) -> None:
    problems = read_rows(folder / "problems.csv")
    counts = Counter(row["rule"] for row in problems)
    order = sorted(counts, key=lambda rule: (-counts[rule], RULES.index(rule)))
    say = PageWords("en")
    with_line = Counter(row["rule"] for row in problems if row["line"])
    assert page.table("rules-caption")[1:] == [
        *([say.rule(rule)[0], str(counts[rule]), str(with_line[rule] or "—")] for rule in order),
        ["Total", str(len(problems)), ""],
    ]
    articles = page.section("problems").all("article")
    for article, rule in zip(articles, order, strict=True):
        assert article.first("h3").text == f"{say.rule(rule)[0]} {rule}"
        assert article.classed("do")[0].text == f"What to do: {say.rule(rule)[1]}"
        of_rule = [row for row in problems if row["rule"] == rule]
        examples = article.first("ul").all("li")
        assert [one.classed("at")[0].text for one in examples] == [
            f"{row['file']} line {row['line']} {row['column']}".strip()
            if row["line"]
            else f"a whole claim {row['column']}"
            for row in of_rule[:5]
        ]
        assert [one.classed("message")[0].text for one in examples] == [
            visible(row["message"], 300) for row in of_rule[:5]
        ]
        more = f"and {len(of_rule) - 5} more problem"
        assert (more in article.text) == (len(of_rule) > 5)
        assert (", in problems.csv" in article.text) == (len(of_rule) > 5)


def test_sources_are_those_of_the_codes_used(page: Element, lines: Rows) -> None:
    used: dict[str, set[str]] = {}
    for month in ("201604", "201704"):
        frame = ct.load_codes(month).frame
        codes = {line["service_code"] for line in lines if line["service_month"] == month}
        for row in frame[frame["service_code"].isin(codes)].to_dict("records"):
            used.setdefault(str(row["source"]), set()).add(str(row["service_code"]))
    table = {row[0]: row[1:] for row in page.table("sources-caption")[1:]}
    assert set(table) == {*used, "unit_price_notice_2015", "benefit_limits_2014"}
    assert len(used) == 2
    for source, codes in used.items():
        noun = "code" if len(codes) == 1 else "codes"
        assert table[source][:2] == [source_rows()[source].title_en, f"{len(codes)} {noun}"]
    assert table["unit_price_notice_2015"][1:] == ["price of a unit", "from 2015-04"]
    assert table["benefit_limits_2014"][1:] == ["monthly limit", "2016-04 to 2019-09"]
    assert "It has the codes of these months: from 2016-04." in page.text


def test_one_visit_by_hand(tmp_path: Path) -> None:
    """781241 is 426 units and bathing 50; 1級地 10.90 yen; 90 %."""
    batch = varied_batch(tmp_path, [visit(1, bathing="1")])
    page = read_page(write_report(batch.folder, language="en"))
    # 786107, 40 ‰: 476 × 0.04 = 19.04 → 19; 476 + 19 = 495; 495 × 10.90 = 5,395.5;
    # 5,395 × 90 % = 4,855.5
    figures = page.section("summary").figures()
    assert [figures[name] for name in ("Total units", "Total cost, yen", "Insurance, yen")] == [
        "495",
        "5,395",
        "4,855",
    ]
    assert [row[:3] + row[4:] for row in page.table("codes-caption")[1:-1]] == [
        ["781241", "3 to 5 hours, care level 1", "地域通所介護11", "1", "1", "426", "86.1%"],
        ["785301", "per day", "地域通所介護入浴介助加算", "1", "1", "50", "10.1%"],
        [
            "786107", "40/1000 of all units", "地域通所介護処遇改善加算Ⅰ",
            "1", "1", "19", "3.8%",
        ],
    ]  # fmt: skip
    # One month and nobody over the limit: no table of either.
    captions = {one.attributes["id"] for one in page.all("caption")}
    assert not captions & {"months-caption", "over-caption", "rules-caption"}
    assert page.section("limit").text.endswith("No claim is over its plan or limit.")
    assert page.section("held").text.endswith(
        "Every visit was computed. No claim waits for a correction."
    )


def test_the_same_folder_gives_the_same_page(folder: Path, tmp_path: Path) -> None:
    pages = [write_report(folder, tmp_path / f"{n}.html", "ja").read_bytes() for n in range(2)]
    assert pages[0] == pages[1]


def test_a_parquet_folder_gives_the_same_page(folder: Path, tmp_path: Path) -> None:
    where = folder.parent
    for ending in ("csv", "parquet"):
        claim_files(
            where / "visits.csv",
            tmp_path / ending / "claims",
            where / "providers.csv",
            where / "recipients.csv",
            file_format="parquet" if ending == "parquet" else "csv",
        )
    pages = [
        write_report(tmp_path / ending / "claims", language="en").read_text(encoding="utf-8")
        for ending in ("csv", "parquet")
    ]
    assert pages[0].replace("problems.csv", "problems.parquet") == pages[1]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_folder_with_japanese_headings_gives_the_same_page(
    file_format: FileFormat, folder: Path, tmp_path: Path
) -> None:
    where = folder.parent
    for headings in ("en", "ja"):
        claim_files(
            where / "visits.csv",
            tmp_path / headings / "claims",
            where / "providers.csv",
            where / "recipients.csv",
            file_format=file_format,
            headings=_language(headings),
        )
    pages = [
        write_report(tmp_path / headings / "claims", language="ja").read_bytes()
        for headings in ("en", "ja")
    ]
    assert pages[0] == pages[1]


# ---------------------------------------------------------------- what is held


def test_the_claims_of_held_rows_are_counted_as_the_batch_counts_them(
    folder: Path, tmp_path: Path
) -> None:
    where = folder.parent
    batch = claim_files(
        where / "visits.csv", tmp_path / "out", where / "providers.csv", where / "recipients.csv"
    )
    held = read_held(batch.folder)
    assert (held.rows, held.claims) == (batch.summary.held_visits, batch.summary.held_claims)
    # 11 faults: one row has no readable person, one no readable date.
    assert (held.rows, held.claims, held.alone) == (10, 8, 2)


def test_the_examples_with_mistakes_are_counted_as_the_batch_counts_them(tmp_path: Path) -> None:
    batch = claim_files(
        EXAMPLES / "faulty_visits.csv",
        tmp_path / "out",
        EXAMPLES / "faulty_providers.csv",
        EXAMPLES / "faulty_recipients.csv",
    )
    held = read_held(batch.folder)
    assert (held.rows, held.claims) == (batch.summary.held_visits, batch.summary.held_claims)
    # A row of 要支援2 lies in held_visits too, and holds nothing.
    assert (held.rows, batch.summary.set_aside) == (57, 1)
    page = read_page(write_report(batch.folder, language="en"))
    rules = {row["rule"] for row in read_rows(batch.folder / "problems.csv")}
    assert {one.first("code").text for one in page.all("h3")} == rules
    assert len(rules) > 12
    # A problem of a whole claim has no line.
    (unknown,) = [one for one in page.all("article") if "unknown_provider" in one.text]
    assert unknown.classed("at")[0].text == "a whole claim provider_no"


def test_held_rows_in_cp932_with_japanese_headings_are_counted(tmp_path: Path) -> None:
    headings = ["事業所番号", "保険者番号", "被保険者番号", "提供日", "要介護度", "所要時間"]
    cells = ["1370000018,131003,0000000001,2016/4/1,1,二時間", "1370000018,131003,1,2016/4/1,1,240"]
    path = tmp_path / "visits.csv"
    path.write_bytes("\r\n".join([",".join(headings), *cells, ""]).encode("cp932"))
    batch = claim_files(path, tmp_path / "out")
    held = read_held(batch.folder)
    assert (held.rows, held.claims, held.alone) == (2, 1, 1)
    assert batch.summary.held_claims == 1
    page = read_page(write_report(batch.folder, language="en"))
    assert "1 claim with 2 rows could not be computed." in page.text
    assert "二時間" in page.section("held").text


@pytest.mark.parametrize(
    "heading", ["被保険者 番号", "ｉｎｓｕｒｅｄ＿ｎｏ", '"被保険者\n番号"', "被保険者番号"]
)
def test_headings_of_held_rows_are_read_as_those_of_visits(tmp_path: Path, heading: str) -> None:
    headings = ["事業所番号", "保険者番号", heading, "提供日", "要介護度", "所要時間"]
    path = tmp_path / "visits.csv"
    path.write_text(",".join(headings) + "\n1370000018,131003,0000000001,2016/4/1,1,x\n", "utf-8")
    batch = claim_files(path, tmp_path / "out")
    assert (read_held(batch.folder).rows, read_held(batch.folder).claims) == (1, 1)


def test_an_empty_batch_says_so(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, [])
    for language, words in (
        ("en", "There is no claim: the file of visits has no row."),
        ("ja", "請求明細がありません。"),
    ):
        page = read_page(write_report(batch.folder, language=_language(language)))
        assert words in page.section("held").text
        assert set(page.section("summary").figures().values()) == {"0"}
        assert not page.all("table")
        assert not page.all("svg")
    assert page.first("header").figures()["サービス提供年月"] == "なし"


def _language(text: str) -> Language:
    return "ja" if text == "ja" else "en"


def test_a_batch_all_of_which_is_held_says_so(tmp_path: Path) -> None:
    batch = varied_batch(tmp_path, visits(3, minutes="30"))
    page = read_page(write_report(batch.folder, language="en"))
    assert "1 claim with 3 rows could not be computed." in page.text
    assert page.section("summary").figures()["Claims"] == "0"
    assert page.section("providers").text.endswith("There are no claims.")
    assert [row[1:] for row in page.table("rules-caption")[1:]] == [["3", "3"], ["3", ""]]


def test_problems_of_registers_alone_are_told(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(csv_text(visits(1)), encoding="utf-8")
    rows = [{"provider_no": "1370000018", "area_grade": "1"}, {"provider_no": "5"}]
    (tmp_path / "providers.csv").write_text(csv_text(rows), encoding="utf-8")
    batch = claim_files(tmp_path / "visits.csv", tmp_path / "out", tmp_path / "providers.csv")
    assert batch.summary.held_visits == 0
    page = read_page(write_report(batch.folder, language="en"))
    assert "Every visit was computed, but rows of providers or" in page.section("held").text
    assert page.table("rules-caption")[1][1:] == ["1", "1"]
    # No rate is known: the yen of the one claim are blank, not 0.
    assert page.section("summary").figures()["Total cost, yen"] == "—"
    assert page.table("providers-caption")[1][4] == "—"


# ---------------------------------------------------------------- only text

TAGS = {
    "#root", "html", "head", "meta", "title", "link", "style", "body", "a", "header", "h1", "h2",
    "h3", "p", "dl", "div", "dt", "dd", "bdi", "nav", "ul", "li", "main", "section", "span",
    "strong", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "small", "figure",
    "figcaption", "svg", "desc", "g", "text", "tspan", "rect", "line", "details", "summary",
    "article", "code", "footer", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "tabindex",
    "aria-label", "aria-labelledby", "aria-hidden", "scope", "colspan", "role", "width", "height",
    "xmlns", "data-label", "x", "y", "x1", "x2", "y1", "y2",
}  # fmt: skip


def check_harmless(page: Element) -> None:
    """Nothing of a user's text is an element or an attribute; nothing leads elsewhere."""
    for one in page.walk():
        assert one.tag in TAGS, one.tag
        assert set(one.attributes) <= ATTRIBUTES, one.attributes
        if "href" in one.attributes:
            assert re.fullmatch(r"#[\w-]+|data:,", one.attributes["href"])
        if one.tag not in ("style", "#root"):
            assert "@import" not in "".join(text for text in one.inside if isinstance(text, str))
    identifiers = [one.attributes["id"] for one in page.walk() if "id" in one.attributes]
    assert len(identifiers) == len(set(identifiers))
    (policy,) = [one for one in page.all("meta") if "http-equiv" in one.attributes]
    style = "".join(one for one in page.first("style").inside if isinstance(one, str))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert "url(" not in style
    assert policy.attributes["content"].split("; ")[:2] == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
    ]


def test_what_a_file_holds_is_only_text(page: Element, page_ja: Element) -> None:
    for one in (page, page_ja):
        check_harmless(one)
        held = one.section("problems").text
        for text in (
            SCRIPT,
            '" onmouseover="alert(1)" \'></li></ul><img src=x onerror=alert(1)>',
            r"\u202e2016-04-01",
            "&lt;b&gt; {{ 7 * 7 }} {% raw %}",
            "x" * 59,
        ):
            assert text in held
        assert "x" * 301 not in held


def test_every_column_of_the_files_is_only_text(folder: Path, tmp_path: Path) -> None:
    """Also those which the program itself never writes so: someone else may have."""
    hostile = "x'\"><script>alert(1)</script>"
    copy = tmp_path / hostile.replace("/", "∕")
    shutil.copytree(folder, copy)
    cell = '"x\'""><script>alert(1)</script>"'
    (copy / "problems.csv").write_text(
        "severity,file,line,held_line,service_month,provider_no,insurer_no,insured_no,column,value,"
        f"rule,message\n{','.join([cell, cell, '2', '2', *[cell] * 8])}\n"
        "error,visits,,,,,,,,,bad_value,\n",
        encoding="utf-8",
    )
    table = tmp_path / "codes.csv"
    rows = (Path(EXAMPLES).parent / "data" / "service_codes.csv").read_text(encoding="utf-8")
    table.write_text(
        rows.replace("地域通所介護12,", f"{cell},").replace("revision_2017", cell),
        encoding="utf-8",
    )
    page = read_page(write_report(copy, language="ja", codes=table))
    check_harmless(page)
    assert page.first("header").figures()["フォルダ"] == copy.name
    for name in ("codes", "problems", "table"):
        assert hostile in page.section(name).text
    assert "この版にないエラーの種類" in page.section("problems").text
    # A claim is of nobody who is called so.
    path = copy / "claims.csv"
    text = path.read_text(encoding="utf-8")
    for old in ("1370000018", "131003", "0000000099"):
        assert old in text
        path.write_text(text.replace(old, cell), encoding="utf-8")
        with pytest.raises(InputFileError, match="too short or no such number"):
            write_report(copy, language="ja", codes=table)


def test_invisible_characters_are_shown_and_long_text_is_cut() -> None:
    assert visible("a\x00b\r\n\u202e\u3000\ufeff") == r"a\x00b\r\n\u202e\u3000\ufeff"
    assert visible("あ" * 80) == "あ" * 80
    assert visible("あ" * 81) == "あ" * 79 + "…"


# ---------------------------------------------------------------- languages


def test_a_page_is_of_one_language(page: Element, page_ja: Element) -> None:
    assert page.first("html").attributes["lang"] == "en"
    assert page_ja.first("html").attributes["lang"] == "ja"
    assert [one.text for one in page_ja.all("h2")] == [
        "未計算(要修正)の請求",
        "概要",
        "利用者別一覧",
        "サービスコード別の単位数",
        "加算・減算の算定状況",
        "要介護度別",
        "事業所別",
        "保険者別",
        "地域区分別",
        "実日数・提供回数・単位数の分布",
        "計画・限度額を超えた請求の一覧",
        "エラーと警告の詳細",
        "サービスコード表の対象月と出典",
    ]
    # Headings, captions and column headings are Japanese to the last.
    for one in page_ja.all("h1", "h2", "figcaption", "caption", "dt", "th"):
        if one.attributes.get("scope") != "row":
            assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", one.text), one.text
    # On an English page only names of codes and documents, and what was typed, are Japanese.
    for one in page.all("h1", "h2", "figcaption", "dt"):
        assert one.text.isascii(), one.text


def test_both_pages_have_the_same_figures(page: Element, page_ja: Element) -> None:
    def figures(one: Element) -> list[str]:
        cells = [cell.text for cell in one.all("td", "dd") if cell.attributes.get("class") == "n"]
        return [re.findall(r"[\d,.+-]*\d%?|—", cell)[0] for cell in cells if cell]

    assert figures(page) == figures(page_ja)
    assert len(figures(page)) > 200


def test_a_message_in_another_language_says_which(page: Element, page_ja: Element) -> None:
    assert {one.attributes.get("lang") for one in page.classed("message")} == {None}
    assert {one.attributes.get("lang") for one in page_ja.classed("message")} == {"en"}
    for texts in TEXTS.values():
        assert report_words.language_of(texts.say("ja")) == "ja"
        assert report_words.language_of(texts.say("en")) == "en"


def test_names_of_codes_are_marked_as_japanese(page: Element) -> None:
    names = page.by_id("codes-caption")
    assert names.text == "Service codes with their counts and units"
    assert {one.attributes["lang"] for one in page.classed("name")} == {"ja"}


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.eucJP"}, "ja"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "de_DE.UTF-8"}, "en"),
    ],
)
def test_without_a_language_the_locale_decides(
    variables: dict[str, str],
    language: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    page = read_page(write_report(folder, tmp_path / "page.html"))
    assert page.first("html").attributes["lang"] == language


def test_every_rule_has_its_words_in_both_languages() -> None:
    assert set(page_rules.CURES) == set(RULES)
    for text in (*page_rules.CURES.values(), *page_rules.UNKNOWN_RULE):
        assert text.say("en") != text.say("ja")


def test_every_source_of_the_bundled_tables_has_its_document_in_both_languages() -> None:
    sources = {one.row.source for one in ct.load_code_book().rows}
    sources |= {
        one.row.source for rows in (unit_price_rows(), benefit_limit_rows()) for one in rows
    }
    for source in sources:
        assert report_words.PageWords("en").document(source)
        assert report_words.PageWords("ja").document(source)


def test_every_word_is_used() -> None:
    package = Path(report_words.__file__).parent
    used = "".join(
        path.read_text(encoding="utf-8")
        for path in (*package.glob("*.py"), *(package / "templates_html").glob("*.html"))
    )
    # These are put together from a part of the table's or the file's.
    composed = {
        f"{of}_{per}" for of in ("of", "per") for per in ("visit", "day", "one_way", "month")
    }
    composed |= {"over_capacity", "understaffed", "ratio_of_base_lines", "ratio_of_all_lines"}
    composed |= {"ratio_of_other"}
    composed |= {f"{name}_file" for name in ("visits", "providers", "recipients")}
    composed |= {f"{of}_{name}" for of in ("days", "visits") for name in ("chart", "axis")}
    composed |= {"of_days", "of_visits"}
    unused = [key for key in WORDS if used.count(f'"{key}"') < 2]
    assert set(unused) <= composed


# ---------------------------------------------------------------- form


def test_the_page_can_be_found_ones_way_about(page: Element) -> None:
    assert [one.tag for one in page.first("body").all("header", "nav", "main", "footer")] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    levels = [int(one.tag[1]) for one in page.all("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    identifiers = {one.attributes["id"] for one in page.walk() if "id" in one.attributes}
    for one in page.all("a"):
        assert one.attributes["href"].removeprefix("#") in identifiers
    for one in page.walk():
        for name in one.attributes.get("aria-labelledby", "").split():
            assert name in identifiers
    # The first thing a keyboard reaches leads past the contents.
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    assert len(page.first("nav").all("a")) == len(page.all("h2"))


def test_tables_have_captions_and_their_headings_a_scope(page: Element) -> None:
    tables = page.all("table")
    assert len(tables) == 18
    for table in tables:
        assert table.first("caption").text
        assert {one.attributes["scope"] for one in table.all("th")} <= {"row", "col"}
        for row in table.first("tbody").all("tr"):
            assert len([one for one in row.all("th") if one.attributes["scope"] == "row"]) == 1
        widths = {
            sum(int(cell.attributes.get("colspan", "1")) for cell in row.all("th", "td"))
            for row in table.all("tr")
        }
        assert len(widths) == 1


def test_charts_are_told_in_words(page: Element) -> None:
    # The lines below figures say nothing that the figures do not.
    charts = [one for one in page.all("svg") if "aria-hidden" not in one.attributes]
    assert len(charts) == 4
    for chart in charts:
        title, desc = chart.attributes["aria-labelledby"].split()
        assert chart.attributes["role"] == "img"
        assert page.by_id(title).tag == "title"
        assert "The table below has all figures." in page.by_id(desc).text


def test_bars_share_one_line_and_one_scale() -> None:
    chart = lying_bars([300, -100, 0])
    assert chart.zero == pytest.approx(BARS_WIDTH / 4)
    assert [bar.width for bar in chart.bars] == pytest.approx([60, 20, 0])
    assert [bar.x for bar in chart.bars] == pytest.approx([20, 0, 20])
    assert [bar.negative for bar in chart.bars] == [False, True, False]
    assert lying_bars([]).bars == []
    assert [bar.width for bar in lying_bars([0]).bars] == [0]
    assert lying_bars([-5]).bars[0].width == BARS_WIDTH


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, [0]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (24_683, [0, 10_000, 20_000, 30_000]),
        (100_000, [0, 50_000, 100_000]),
    ],
)
def test_a_scale_has_few_round_figures(largest: int, ticks: list[int]) -> None:
    assert scale_ticks(largest) == ticks


def test_columns_stand_side_by_side() -> None:
    chart = standing_columns([0, 5, 10])
    assert [stave.height for stave in chart.staves] == [0, 75, 150]
    assert all(stave.y + stave.height == chart.base for stave in chart.staves)
    for left, right in pairwise(chart.staves):
        assert left.x + left.width < right.x
    assert chart.staves[-1].x + chart.staves[-1].width < 100


def test_figures_are_written_exactly() -> None:
    assert tenths(1, 3, 100) == "33.3"
    assert tenths(1, 8, 100) == "12.5"
    assert tenths(5, 10_000, 100) == "0.1"  # half up
    assert tenths(-5, 10_000, 100) == "-0.1"
    assert tenths(-4, 10_000, 100) == "0.0"
    assert tenths(12_345_678, 1) == "12,345,678.0"


def test_labels_fit() -> None:
    assert wide("781241 地域") == 11
    assert clipped("地域通所介護", 12) == "地域通所介護"
    assert clipped("地域通所介護1", 12) == "地域通所介…"


# ---------------------------------------------------------------- size


def test_a_page_stays_small_whatever_the_batch(tmp_path: Path) -> None:
    large_batch(tmp_path / "large", claims=100_000, problems=5_000)
    path = write_report(tmp_path / "large", language="ja")
    assert path.stat().st_size < 250_000
    page = read_page(path)
    check_harmless(page)
    figures = page.section("summary").figures()
    days = sum(1 + number % 25 for number in range(100_000))
    assert figures["請求件数"] == figures["利用者数"] == "100,000"
    assert figures["総単位数"] == shown(426 * days)
    assert figures["未計算(要修正)"] == "5,000"
    assert len(page.table("providers-caption")) == 1 + 15 + 1 + 1
    assert page.table("providers-caption")[16][0] == "ほか5,541事業所"
    assert len(page.table("over-caption")) == 1 + 20 + 1 + 1
    # 22 days and more are over 9,000 units: 4 of 25 claims.
    assert page.table("over-caption")[21][0] == "ほか15,980件"
    assert len(page.table("rules-caption")) == 1 + 20 + 1 + 1
    assert page.table("rules-caption")[21][0].startswith("ほか")
    assert len(page.section("problems").all("li")) == 20 * 5


def test_a_page_of_100_000_claims_is_as_large_as_one_of_1_000(tmp_path: Path) -> None:
    sizes = []
    for claims in (1_000, 100_000):
        large_batch(tmp_path / str(claims), claims)
        sizes.append(write_report(tmp_path / str(claims), language="en").stat().st_size)
    assert sizes[1] - sizes[0] < 2_000
    assert sizes[1] < 100_000


def test_many_months_are_cut_to_the_last_two_years(tmp_path: Path) -> None:
    large_batch(tmp_path / "many", claims=300)
    months = [f"{2016 + at // 12}{1 + at % 12:02}" for at in range(3, 33)]
    for name in ("claims", "claim_lines"):
        path = tmp_path / "many" / f"{name}.csv"
        heading, *texts = path.read_text(encoding="utf-8").splitlines()
        moved = [text.replace("201604", months[at % 30]) for at, text in enumerate(texts)]
        path.write_text("\n".join([heading, *moved, ""]), encoding="utf-8")
    page = read_page(write_report(tmp_path / "many", language="en"))
    rows = page.table("months-caption")[1:]
    assert [row[0] for row in rows[:2]] == ["and 6 earlier months", "2016-10"]
    assert [row[0] for row in rows[-2:]] == ["2018-09", "Total"]
    assert [row[1] for row in rows] == ["60", *["10"] * 24, "300"]
    # From 2018-04 on there is no table: its codes have no name.
    assert "1 code of these claims cannot be found" in page.section("codes").text


# ---------------------------------------------------------------- another table


def test_claims_of_another_table_are_told_apart(tmp_path: Path) -> None:
    rows = (EXAMPLES.parent / "data" / "service_codes.csv").read_text(encoding="utf-8")
    old = "78,5301,201604,201803,地域通所介護入浴介助加算,addition,bathing,day_care,,,,,,,,,50,50"
    assert old in rows
    new = old.replace(",50,50", ",60,60").replace("入浴介助加算", "入浴<b>")
    table = tmp_path / "table <b>.csv"
    table.write_text(
        re.sub(r"kokubunji_2016$", "book.xlsx row 7", rows.replace(old, new), flags=re.MULTILINE),
        encoding="utf-8",
    )
    (tmp_path / "visits.csv").write_text(csv_text([visit(1, bathing="1")]), encoding="utf-8")
    claim_files(tmp_path / "visits.csv", tmp_path / "out", codes=table)
    bundled = read_page(write_report(tmp_path / "out", language="en"))
    notice = bundled.section("codes").classed("notice")[0].text
    assert notice.startswith("! 1 code of these claims cannot be found with the same units")
    assert ": 785301. " in notice
    given = read_page(write_report(tmp_path / "out", language="en", codes=table))
    assert not given.section("codes").classed("notice")
    assert given.table("codes-caption")[2][:3] == ["785301", "per day", "地域通所介護入浴<b>"]
    assert "those of the code table table <b>.csv." in given.section("table").text
    # Every row of a workbook is a source of its own; they are told as one.
    assert given.table("sources-caption")[1][:3] == ["book.xlsx", "—", "2 codes"]


# ---------------------------------------------------------------- refusals


def small(folder: Path) -> Path:
    write_visits(folder / "visits.csv", visits(2))
    return claim_files(folder / "visits.csv", folder / "out").folder


@pytest.mark.parametrize("name", ["claim_lines", "claims", "problems", "held_visits"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / f"{name}.csv").unlink()
    with pytest.raises(InputFileError) as caught:
        write_report(folder)
    assert str(caught.value) == (
        f"{folder}: {name}.csv (or .xlsx or .parquet) is missing; give the folder that the claim "
        "command wrote"
    )
    assert caught.value.say("ja") == (
        f"{folder}: {name}.csv(または .xlsx、.parquet)がありません。"
        "claim コマンドの出力フォルダを指定してください"
    )
    assert not (folder / "report.html").exists()


def test_all_missing_files_are_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputFileError) as caught:
        write_report(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: claim_lines.csv, claims.csv, problems.csv, held_visits.csv (or .xlsx or "
        ".parquet) are missing; give the folder that the claim command wrote"
    )
    assert caught.value.say("ja") == (
        f"{tmp_path}: claim_lines.csv、claims.csv、problems.csv、held_visits.csv"
        "(または .xlsx、.parquet)がありません。claim コマンドの出力フォルダを指定してください"
    )


@pytest.mark.parametrize(
    ("made", "what"), [(False, "there is no such folder"), (True, "is a file")]
)
def test_what_is_no_folder_is_refused(made: bool, what: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    if made:
        path.write_text("", encoding="utf-8")
    with pytest.raises(InputFileError, match=f"out: {what}; give the folder"):
        write_report(path)


def test_two_formats_of_one_file_are_refused(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "claims.parquet").write_bytes(b"")
    with pytest.raises(InputFileError, match=r"has claims\.csv / claims\.parquet; keep the one"):
        write_report(folder)


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            edit("claims", "total_units", "units"),
            r"claims\.csv: .*: no column total_units \(総単位数\)",
        ),
        (edit("claims", ",852,", ",8.5,"), r"claims\.csv: is not as the claim command writes it"),
        (edit("claims", "201604", "201613"), r"claims\.csv: .*: '201613' is no month of service"),
        (edit("claims", ",2,2,852", ",,2,852"), r"claims\.csv: visits is blank in 1 of the rows"),
        (edit("claims", ",2,2,852", f",{2**63 - 1},2,852"), r"visits has 92.*, more than any cla"),
        (edit("claims", ",2,2,852", f",2,-{10**16},852"), r"days has -1.*, more than any claim"),
        (
            edit("claims", ",0,,,,,,,,0", ",0,,,,,0,,,0"),
            r"only one of insurance_yen and public_yen",
        ),
        (edit("claim_lines", ",2,852", ",2,853"), r"total_units is 852 where .* come to 853"),
        (edit("problems", "rule", "ruel"), r"problems\.csv: .*no column rule"),
        (edit("held_visits", "insured_no", "insured"), r"heading 'insured_no' is missing"),
        (lambda folder: (folder / "claims.csv").write_bytes(b""), r"claims\.csv: .*no column"),
        (lambda folder: (folder / "claims.csv").write_bytes(b"\xff\xfe\0"), r"claims\.csv: is not"),
        (lambda folder: (folder / "held_visits.csv").write_bytes(b""), r"held_visits\.csv: is emp"),
    ],
)
def test_a_file_that_was_changed_is_refused(
    change: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    folder = small(tmp_path)
    change(folder)
    with pytest.raises(InputFileError, match=said):
        write_report(folder)
    assert not (folder / "report.html").exists()


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    write_visits(tmp_path / "visits.csv", visits(2))
    folder = claim_files(tmp_path / "visits.csv", tmp_path / "out", file_format="parquet").folder
    lines = (folder / "claim_lines.parquet").read_bytes()
    (folder / "claims.parquet").write_bytes(lines)
    with pytest.raises(InputFileError, match=r"claims\.parquet: .*no column care_level"):
        write_report(folder)
    (folder / "claims.parquet").write_bytes(lines[:100])
    with pytest.raises(InputFileError, match=r"claims\.parquet: is not as the claim command"):
        write_report(folder)


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    folder = small(tmp_path)
    before = (folder / "claims.csv").read_bytes()
    with pytest.raises(OutputError, match="is a file that is read; give another name"):
        write_report(folder, folder / ".." / "out" / "claims.csv")
    assert (folder / "claims.csv").read_bytes() == before
    with pytest.raises(OutputError, match="is a folder; name the file"):
        write_report(folder, folder)


def test_a_page_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small(tmp_path)
    page = write_report(folder, language="en")
    assert page == folder / "report.html"
    before = page.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match=r"report\.html: cannot be written: No space left"):
        write_report(folder, language="ja")
    assert page.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "claim_lines.csv",
        "claims.csv",
        "held_visits.csv",
        "problems.csv",
        "report.html",
        "run.json",
    ]
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(folder, tmp_path / "nowhere" / "page.html")


def test_an_unknown_language_is_refused(folder: Path) -> None:
    with pytest.raises(ChiikiTsushoError, match="language 'fr' is unknown; en, ja are known"):
        write_report(folder, language="fr")  # type: ignore[arg-type]


# ---------------------------------------------------------------- the command


def invoke(*words: object) -> tuple[int, str]:
    """Run the command; returns its exit code and what it says."""
    done = CliRunner().invoke(app, ["report", *map(str, words)])
    assert done.stdout == ""
    return done.exit_code, done.stderr


def test_the_command_writes_a_page(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert invoke(folder, "-o", page, "--lang", "ja") == (0, f"作成しました: {page}\n")
    assert read_page(page).first("html").attributes["lang"] == "ja"
    other = small(tmp_path)
    assert invoke(other) == (0, f"wrote {other / 'report.html'}\n")
    assert ct.write_report is write_report


def test_the_command_ends_with_2_where_it_writes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code, said = invoke(tmp_path)
    assert code == 2
    assert said.startswith(f"error: {tmp_path}: claim_lines.csv, claims.csv, ")
    assert len(said.splitlines()) == 1
    assert invoke(folder, "-o", tmp_path / "p.html", "--lang", "fr") == (
        2,
        "error: --lang 'fr': en or ja was expected\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_the_command_loads_nothing_heavy_before_it_is_asked() -> None:
    code = (
        "import sys, chiiki_tsusho.command_line.app;"
        "print([m for m in ('pandas', 'pyarrow', 'jinja2', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "[]\n"


def test_the_visits_of_this_file_have_what_the_tests_need() -> None:
    assert {row["provider_no"] for row in varied_visits()} == {
        *(provider_no(number) for number in range(1, 24)),
        FAULTY,
    }

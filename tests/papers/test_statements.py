"""Invoices, receipts and statements: what stands on them, for whom, and who may read them."""

from __future__ import annotations

import datetime as dt
import gc
import re
import tracemalloc
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho import Batch, ChiikiTsushoError, write_statements
from chiiki_tsusho.papers.paper_words import PaperWords
from chiiki_tsusho.papers.statements import PAPERS
from helpers.inputs import PROVIDER, RECIPIENT, compute, frame, visits

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = dt.date(2016, 5, 10)
PERSONAL = {
    "name": "見本 <b>花子</b>",
    "name_kana": "ミホン ハナコ",
    "birth_date": "1940-04-01",
    "sex": "2",
    "certified_from": "2016-01-01",
    "certified_to": "2016-12-31",
    "care_plan_by": "1",
    "care_manager_no": "1370000019",
}


@pytest.fixture(scope="module")
def example() -> Batch:
    visits_, providers, recipients = (
        EXAMPLES / f"{name}.csv" for name in ("visits", "providers", "recipients")
    )
    return ct.compute_claims(visits_, providers, recipients)


def papers(batch: Batch, path: Path, **options: object) -> list[str]:
    """The papers as text, a list of all that stands on each."""
    write_statements(batch, path, made_on=DAY, **({"language": "ja"} | options))  # type: ignore[arg-type]
    found = re.findall(r"<article.*?</article>", path.read_text("utf-8"), flags=re.DOTALL)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", one))) for one in found]


def one_month(**cells: str) -> Batch:
    recipient = {**RECIPIENT, "benefit_rate": "90", **cells}
    return compute(visits(4, bathing="1"), [{**PROVIDER, "area_grade": "other"}], [recipient])


def test_the_amount_of_an_invoice(tmp_path: Path) -> None:
    # 3 to 5 hours, 要介護1: 426 units, bathing 50 (table of 2016-04): 4 × 476 = 1,904 units at
    # 10.00 yen = 19,040 yen; 90 % = 17,136; the person pays 1,904.
    invoice, statement = papers(one_month(), tmp_path / "papers.html")
    assert "利用者請求書" in invoice
    assert "ご請求金額 1,904 円" in invoice
    assert "費用総額 × 10.00 19,040 保険請求額 90 % −17,136 利用者負担額 1,904" in invoice
    assert "地域通所介護入浴介助加算 785301 50 4 200" in invoice
    assert "発行日 平成28年5月10日" in invoice
    assert "給付率(保険) 90 %" in statement
    assert "給付費明細欄" in statement
    assert "サービス提供年月 平成28年4月" in statement


def test_what_is_beyond_the_limit(example: Batch, tmp_path: Path) -> None:
    # The README's person over the limit: 10,011 units of the benefit, 109,119 yen, share 10,912;
    # 1,587 units beyond it at 10.90 yen = 17,298.3, cut off to 17,298.
    all_papers = papers(example, tmp_path / "papers.html", papers=["invoice"])
    assert len(all_papers) == 27
    [invoice] = [one for one in all_papers if "0000100053" in one]
    assert "費用総額 × 10.90 109,119" in invoice
    assert "利用者負担額 10,912 限度額を超えた分 限度額を超えた単位数 1,587" in invoice
    assert "利用者負担(全額負担分) × 10.90 17,298 ご請求金額 28,210" in invoice


def test_public_funds(tmp_path: Path) -> None:
    # 19,040 − 17,136 = 1,904 yen, of which the person pays 1,000 under 法別12.
    batch = one_month(public_law="12", public_copay_yen="1000")
    invoice, statement = papers(batch, tmp_path / "papers.html")
    assert "公費請求額 −904 利用者負担額 1,000" in invoice
    assert "公費本人負担額が含まれます" in invoice
    assert "公費分単位数 1,904" in statement


def test_names_stand_only_where_recipients_has_them(tmp_path: Path) -> None:
    path = tmp_path / "papers.html"
    batch = one_month()
    recipients = frame([{**RECIPIENT, "benefit_rate": "90", **PERSONAL}])
    invoice, statement = papers(batch, path, recipients=recipients)
    assert "見本 <b>花子</b> 様" in invoice
    assert "<b>花子" not in path.read_text("utf-8")
    assert "ミホン ハナコ" in statement
    assert "昭和15年4月1日" in statement
    assert "性別 女" in statement
    assert "居宅介護支援事業所" in statement
    without, _ = papers(batch, path)
    assert "被保険者番号 0000000001 様" in without


def test_a_person_at_two_providers_gets_a_paper_of_each(tmp_path: Path) -> None:
    other = "1370000019"
    batch = compute(
        [*visits(2), *visits(2, provider_no=other)],
        [{**PROVIDER, "area_grade": "1"}, {"provider_no": other, "area_grade": "2"}],
        [{**RECIPIENT, "benefit_rate": "90"}],
    )
    first, second = papers(batch, tmp_path / "papers.html", papers=["receipt"])
    # 852 units × 10.90 = 9,286.8 and × 10.72 = 9,133.4 yen, cut off; a tenth, rounded up.
    assert ("1370000001" in first, "領収金額 929 円" in first) == (True, True)
    assert (other in second, "領収金額 914 円" in second) == (True, True)


def test_unknown_yen_are_not_guessed(tmp_path: Path) -> None:
    batch = compute(visits(2))
    invoice, statement = papers(batch, tmp_path / "papers.html")
    assert "金額は未計算です" in invoice
    assert "ご請求金額" not in invoice
    assert "金額は未計算です" in statement
    assert papers(batch, tmp_path / "papers.html", papers=["receipt"]) == []


def test_english_papers(tmp_path: Path) -> None:
    invoice, _ = papers(one_month(), tmp_path / "papers.html", language="en")
    assert "Please pay 1,904 yen" in invoice
    assert "Month of service 2016-04" in invoice


@pytest.mark.parametrize("file_format", ["csv", "parquet", "xlsx"])
def test_the_folder_of_a_batch_gives_the_same(file_format: str, tmp_path: Path) -> None:
    from chiiki_tsusho.batch import claim_files

    visits_file = tmp_path / "visits.csv"
    frame(visits(3)).to_csv(visits_file, index=False)
    folder = claim_files(visits_file, tmp_path / "out", file_format=file_format).folder  # type: ignore[arg-type]
    of_folder, of_batch = tmp_path / "folder.html", tmp_path / "batch.html"
    assert write_statements(folder, of_folder, language="ja", made_on=DAY) == 1
    papers(compute(visits(3)), of_batch)
    assert of_folder.read_bytes() == of_batch.read_bytes()


def test_only_the_owner_reads_papers_and_no_script_runs(example: Batch, tmp_path: Path) -> None:
    path = tmp_path / "papers.html"
    papers(example, path)
    assert path.stat().st_mode & 0o777 == 0o600
    page = path.read_text("utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("options", "english", "japanese"),
    [
        (
            {"papers": ["letter"]},
            "paper 'letter' is unknown; invoice, receipt, statement are known",
            "書類「letter」はありません。指定できるのは invoice、receipt、statement です",
        ),
        (
            {"language": "fr"},
            "language 'fr' is unknown; en, ja are known",
            "言語「fr」はありません。en、ja のいずれかです",
        ),
    ],
)
def test_what_is_not_known_is_refused(
    options: dict[str, object], english: str, japanese: str, tmp_path: Path
) -> None:
    with pytest.raises(ChiikiTsushoError) as caught:
        papers(one_month(), tmp_path / "papers.html", **options)
    assert (str(caught.value), caught.value.say("ja")) == (english, japanese)
    assert not (tmp_path / "papers.html").exists()


def test_memory_holds_the_tables_and_never_the_pages(example: Batch, tmp_path: Path) -> None:
    def measured(times: int) -> tuple[int, int]:
        months = [str(201604 + at) for at in range(times)]
        lines, claims = (
            pd.concat([table.assign(service_month=month) for month in months], ignore_index=True)
            for table in (example.claim_lines, example.claims)
        )
        batch = Batch(lines, claims, example.problems, example.held_visits)
        path = tmp_path / "papers.html"
        write_statements(batch, path, language="ja", papers=PAPERS)
        # Pages are made of objects that refer to one another: let them go at once.
        usual = gc.get_threshold()
        gc.set_threshold(100)
        tracemalloc.start()
        write_statements(batch, path, language="ja", papers=PAPERS)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        gc.set_threshold(*usual)
        return highest, path.stat().st_size

    little, much = measured(1), measured(9)
    # Eight times the claims more: what is held more is their rows, a small part of their pages.
    assert (much[0] - little[0]) * 3 < much[1] - little[1]


def test_eras() -> None:
    words = PaperWords("ja")
    assert words.date(dt.date(2019, 4, 30)) == "平成31年4月30日"
    assert words.date(dt.date(2019, 5, 1)) == "令和元年5月1日"
    assert words.date("19891107") == "平成元年11月7日"
    # 昭和 began on the day on which 大正 ended (昭和元年12月25日).
    assert words.date(dt.date(1926, 12, 25)) == "昭和元年12月25日"
    assert words.date(dt.date(1926, 12, 24)) == "大正15年12月24日"
    assert words.date(dt.date(1912, 7, 30)) == "大正元年7月30日"
    assert words.date(dt.date(1912, 7, 29)) == "1912年7月29日"
    assert words.month("202606") == "令和8年6月"

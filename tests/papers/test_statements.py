"""Invoices, receipts and statements: what stands on them, for whom, and who may read them."""

from __future__ import annotations

import datetime as dt
import gc
import re
import tempfile
import tracemalloc
from html import unescape
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given

import chiiki_tsusho as ct
from chiiki_tsusho import Batch, ChiikiTsushoError, InputFileError, write_statements
from chiiki_tsusho.choices import PAPERS
from chiiki_tsusho.papers.paper_words import PaperWords
from helpers.inputs import PROVIDER, RECIPIENT, compute, frame, visits
from helpers.pages import Element, read_page
from helpers.reference import load_limits, load_rows
from helpers.strategies import Month, months, to_frames

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
OWN = {"care_plan_by": "2", "care_manager_no": ""}


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
    assert "利用者負担額 10,912 限度額を超えた分 利用者負担(全額負担分)単位数 1,587" in invoice
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


def test_a_statement_says_of_the_person_what_record_01_does(tmp_path: Path) -> None:
    """記載要領: the level at the end of the month (月の末日における状態区分), a start in it.

    The number of an office stands beside a plan that an office made, and 様式第二 has
    施設所在保険者番号 for lines under 住所地特例.
    """
    rows = [{**one, "care_level": level} for one, level in zip(visits(4), "4422", strict=True)]
    person = {
        **RECIPIENT, **PERSONAL, "benefit_rate": "90", "care_level": "2", "care_plan_by": "2",
        "certified_from": "2016-04-03", "started_on": "2016-03-31", "stopped_on": "2016-04-30",
        "stop_reason": "4", "facility_insurer_no": "139006", "public_law": "12",
        "public_from": "20", "public_payer_no": "12139010", "public_recipient_no": "0000018",
    }  # fmt: skip
    batch = compute(rows, [{**PROVIDER, "area_grade": "other"}], [person])
    path = tmp_path / "papers.html"
    invoice, statement = papers(batch, path, recipients=frame([person]))
    for paper in (invoice, statement):
        assert "要介護状態区分 要介護2 " in paper
    assert "居宅サービス計画 自己作成 事業所番号 施設所在保険者番号 1 3 9 0 0 6" in statement
    assert "開始年月日 中止年月日 平成28年4月30日 中止理由 4 " in statement
    # The last visit is on the 4th: the public funds have no part in the claim.
    assert "公費負担者番号 サービス提供年月" in statement
    assert "公費受給者番号 保険者番号" in statement
    # Without recipients the heaviest is all there is.
    assert "要介護状態区分 要介護4 " in papers(batch, path)[0]
    with pytest.raises(InputFileError, match="care_level"):
        papers(batch, path, recipients=frame([{**person, "care_level": "6"}]))


@pytest.mark.parametrize(("column", "heading"), [("name", "氏名"), ("name_kana", "フリガナ")])
@pytest.mark.parametrize("character", "\x00\x0b\x1b\x85\u202e\ufffe")
def test_a_name_holds_no_character_that_no_reader_sees(
    column: str, heading: str, character: str, tmp_path: Path
) -> None:
    path, recipients = tmp_path / "papers.html", tmp_path / "recipients.csv"
    person = {**RECIPIENT, "benefit_rate": "90", **PERSONAL}
    other = {**person, "insured_no": "0000000002"}
    frame([other, {**person, column: f"秘{character}密"}]).to_csv(recipients, index=False)
    with pytest.raises(InputFileError) as error:
        write_statements(one_month(), path, recipients)
    code = f"U+{ord(character):04X}"
    assert str(error.value) == (
        f"{recipients}: line 3, {column} ({heading}): holds the character {code}, which cannot be "
        "seen; take it out"
    )
    assert error.value.say("ja") == (
        f"{recipients}: 3行目「{heading}」({column}): 見えない文字({code})が含まれています。"
        "取り除いてください"
    )
    assert not path.exists()


@pytest.mark.parametrize(
    ("column", "heading", "cell", "english", "japanese"),
    [
        (
            "birth_date", "生年月日", "1940-13-07", "a date such as 1940-04-01 is expected",
            "1940-04-01 のような日付を記入してください",
        ),
        (
            "sex", "性別", "秘密", "1 (男) or 2 (女) is expected",
            "1(男)または2(女)を記入してください",
        ),
        (
            "care_manager_no", "居宅介護支援事業所番号", "13700",
            "a number of 10 characters is expected", "10桁の番号を記入してください",
        ),
        (
            "public_payer_no", "公費負担者番号", "1234", "a number of 8 digits is expected",
            "8桁の番号を記入してください",
        ),
        ("care_level", "要介護度", "6", "1 to 5 is expected", "1〜5を記入してください"),
    ],
)  # fmt: skip
def test_a_personal_cell_that_cannot_be_read_is_not_printed_as_a_blank(
    column: str, heading: str, cell: str, english: str, japanese: str, tmp_path: Path
) -> None:
    path, recipients = tmp_path / "papers.html", tmp_path / "recipients.csv"
    person = {**RECIPIENT, "benefit_rate": "90", **PERSONAL}
    # What another person's row says is none of these papers'.
    other = {**person, "insured_no": "0000000002", column: cell}
    frame([other, {**person, column: cell}]).to_csv(recipients, index=False)
    with pytest.raises(InputFileError) as error:
        write_statements(one_month(), path, recipients)
    assert str(error.value) == f"{recipients}: line 3, {column} ({heading}): {english}"
    assert error.value.say("ja") == f"{recipients}: 3行目「{heading}」({column}): {japanese}"
    assert not path.exists()


def test_public_funds_for_part_of_the_month(tmp_path: Path) -> None:
    # 4 visits of 426 and bathing 50, 2 of them by the 2nd under 法別12: 952 units, 9,520 yen, of
    # which insurance pays 90 % and public funds the rest: 952, less what the person pays there,
    # 100. Of the 1,904 yen that the insurance leaves, 952 are the person's outside them.
    person = {"public_law": "12", "public_to": "2", "public_copay_yen": "100"}
    batch = one_month(**person)
    recipients = frame([{**RECIPIENT, "benefit_rate": "90", **person}])
    path = tmp_path / "papers.html"
    _, statement = papers(batch, path, recipients=recipients)
    assert "公費分単位数 952 公費分本人負担 100" in statement
    assert "利用者負担額 952 " in statement
    assert "公費請求額 852" in statement
    # Which funds they are is told by recipients alone.
    _, statement = papers(batch, path)
    assert "公費分単位数 952 公費分本人負担 利用者負担(全額負担分)単位数" in statement
    assert "利用者負担額 1,052 " in statement


def test_under_public_funds_the_whole_share_is_of_them(tmp_path: Path) -> None:
    batch = one_month(public_law="12", public_copay_yen="1000")
    _, statement = papers(batch, tmp_path / "papers.html")
    assert "公費分単位数 1,904 公費分本人負担 1,000" in statement
    assert "利用者負担額 0 " in statement


def test_public_units_of_a_claim_beyond_its_limit(tmp_path: Path) -> None:
    # Of a plan of 1,000 units the visits of the first two days take 952, all of them under the
    # funds: 9,520 yen, a tenth of which they pay. The person pays a tenth of the other 48 units.
    part = {"public_law": "12", "public_to": "2", "planned_units": "1000"}
    recipients = frame([{**RECIPIENT, "benefit_rate": "90", **part}])
    _, statement = papers(one_month(**part), tmp_path / "papers.html", recipients=recipients)
    assert "公費請求額 952" in statement
    assert "利用者負担額 48 " in statement
    assert "公費分単位数 952 公費分本人負担 0 利用者負担(全額負担分)単位数 904" in statement
    # With the whole month under them all of the benefit is: min(1,000, 1,904) units.
    whole = {"public_law": "12", "planned_units": "1000"}
    _, statement = papers(one_month(**whole), tmp_path / "papers.html")
    assert "公費分単位数 1,000 公費分本人負担 0" in statement


def test_funds_of_no_day_within_the_limit_have_no_part_in_the_statement(tmp_path: Path) -> None:
    # The plan of 952 units is what the first two days take (426 and 50 units each); the funds
    # begin on the third. In the claim file the items of public funds are 0 or blank.
    person = {"public_law": "12", "public_from": "3", "planned_units": "952"}
    batch = one_month(**person)
    assert batch.claims["public_units"].tolist() == [0]
    recipients = frame([{**RECIPIENT, "benefit_rate": "90", **person}])
    path = tmp_path / "papers.html"
    _, statement = papers(batch, path, recipients=recipients)
    assert "公費分単位数 公費分本人負担 利用者負担(全額負担分)単位数 952" in statement
    *_, details, _ = read_page(path).all("article")[1].all("table")
    rows = [[cell.text for cell in row.all("td")] for row in details.all("tr")][1:]
    assert [row[3:7] for row in rows] == [["4", "1,704", "", ""], ["4", "200", "", ""]]


def test_a_blank_in_one_claim_makes_no_fraction_of_another(tmp_path: Path) -> None:
    """A column with blanks must stay one of whole numbers, from a folder too."""
    from chiiki_tsusho.batch import claim_files

    names = ("visits", "providers", "recipients")
    visits_, providers, recipients = (EXAMPLES / f"{name}.csv" for name in names)
    done = claim_files(visits_, tmp_path / "out", providers, recipients)
    write_statements(done.folder, tmp_path / "papers.html", language="ja")
    page = (tmp_path / "papers.html").read_text("utf-8")
    # What computed the folder is as good as its path.
    assert write_statements(done, tmp_path / "same.html", language="ja") == done.summary.claims
    assert (tmp_path / "same.html").read_text("utf-8") == page
    assert "要介護1<" in page
    assert "90 %" in page
    assert "要介護1.0" not in page
    assert "90.0" not in page


def test_base_codes_come_first_in_plain_words(tmp_path: Path) -> None:
    invoice, _ = papers(one_month(), tmp_path / "papers.html")
    assert "地域通所介護11 3〜5時間・要介護1 781241" in invoice
    assert invoice.index("781241") < invoice.index("785301")
    batch = compute(visits(2, minutes="450", same_building="1"), [PROVIDER], [RECIPIENT])
    english, _ = papers(batch, tmp_path / "papers.html", language="en")
    assert "7 to 9 hours, care level 1" in english
    assert english.index("781441") < english.index("785611")


def test_a_receipt_says_what_was_received(tmp_path: Path) -> None:
    [receipt] = papers(one_month(), tmp_path / "papers.html", papers=["receipt"])
    assert receipt.count("領収金額 1,904") == 2
    assert "ご請求金額" not in receipt


def test_a_receipt_has_what_a_tax_return_needs(tmp_path: Path) -> None:
    """課所4-11 (平成12年6月8日): the office that made the care plan, and the amount deductible.

    Day care is deductible beside medical services alone, which the claim does not know.
    """
    path = tmp_path / "papers.html"
    recipients = [{**RECIPIENT, "benefit_rate": "90", **PERSONAL, **more} for more in ({}, OWN)]
    for person, maker in zip(recipients, ("1370000019", "自己作成"), strict=True):
        [receipt] = papers(one_month(), path, papers=["receipt"], recipients=frame([person]))
        assert (
            f"居宅サービス計画を作成した事業者 {maker} うち医療費控除の対象となる金額 円" in receipt
        )


def test_files_of_two_batches_make_no_papers(tmp_path: Path) -> None:
    batch = one_month()
    other = batch.claim_lines.assign(service_units=batch.claim_lines["service_units"] + 1)
    for lines in (other, other.assign(insured_no="0000000009"), other.head(0)):
        mixed = Batch(lines, batch.claims, batch.problems, batch.held_visits)
        with pytest.raises(ChiikiTsushoError, match="are not of one batch"):
            write_statements(mixed, tmp_path / "papers.html")
    assert not (tmp_path / "papers.html").exists()


@pytest.mark.parametrize(
    ("name", "change", "english", "japanese"),
    [
        (
            "claims", ("201604", "201613"),
            "'201613' is no month of service; compute the claims again",
            "「201613」は提供年月ではありません)。もう一度計算してください",
        ),
        (
            # As an earlier version wrote it.
            "claims", ("public_units", "other"),
            "no column public_units (公費対象単位数); compute the claims again",
            "列「公費対象単位数」(public_units)がありません)。もう一度計算してください",
        ),
        (
            # No grade, yet 0 yen of the public funds.
            "claims", (",0,,,,,,,,0", ",0,,,,,0,,,0"),
            "a claim has only one of insurance_yen and public_yen; compute the claims again",
            "保険請求額と公費請求額の一方だけが空欄の請求明細があります)。もう一度計算してください",
        ),
        (
            "claims", (",2,2,852", ",9223372036854775807,2,852"),
            "visits has 9223372036854775807, more than any claim comes to; compute the claims "
            "again",
            "提供回数の9223372036854775807は、請求明細としてあり得ない大きさです)。"
            "もう一度計算してください",
        ),
        (
            "claim_lines", ("852", "853"),
            "total_units is 852 where other figures come to 853; compute the claims again",
            "総単位数が852ですが、ほかの数値から計算すると853です)。もう一度計算してください",
        ),
        (
            "claims", None,
            "it is not text in UTF-8; compute the claims again",
            "UTF-8の文字ではありません)。もう一度計算してください",
        ),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_refused(
    name: str, change: tuple[str, str] | None, english: str, japanese: str, tmp_path: Path
) -> None:
    visits_file = tmp_path / "visits.csv"
    frame(visits(2)).to_csv(visits_file, index=False)
    folder = ct.claim_files(visits_file, tmp_path / "out").folder
    file = folder / f"{name}.csv"
    text = file.read_bytes()
    old, new = (b"", b"\xff") if change is None else (one.encode() for one in change)
    changed = text.replace(old, new) if old else new + text
    assert changed != text
    file.write_bytes(changed)
    with pytest.raises(ChiikiTsushoError) as caught:
        write_statements(folder, tmp_path / "papers.html")
    assert str(caught.value).endswith(english)
    assert caught.value.say("ja").endswith(japanese)
    assert not (tmp_path / "papers.html").exists()


def test_a_person_without_a_row_is_told(tmp_path: Path) -> None:
    batch = compute(visits(2), [PROVIDER], [RECIPIENT])
    others = frame([{**RECIPIENT, "insured_no": "0000000009"}])
    for recipients in (others, frame([RECIPIENT, RECIPIENT])):
        with pytest.raises(ChiikiTsushoError, match="of the person of 1 of the claims") as caught:
            write_statements(batch, tmp_path / "papers.html", recipients)
        assert "201604 1370000018 131003 0000000001" in str(caught.value)
        assert "請求明細1件の利用者の行がないか" in caught.value.say("ja")
    assert not (tmp_path / "papers.html").exists()


def test_no_claims_make_an_empty_page(tmp_path: Path) -> None:
    batch = compute(visits(1, minutes="abc"))
    assert write_statements(batch, tmp_path / "papers.html", language="ja") == 0
    assert "<article" not in (tmp_path / "papers.html").read_text("utf-8")


DATA = EXAMPLES.parent / "data"
MONTHS = months(load_rows(DATA / "service_codes.csv"), load_limits(DATA / "benefit_limits.csv"))
KEY = ["service_month", "provider_no", "insurer_no", "insured_no"]


@given(MONTHS)
def test_the_figures_of_papers_are_those_of_the_claims(month: Month) -> None:
    batch = ct.compute_claims(*to_frames(month))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "papers.html"
        write_statements(batch, path, language="en", papers=["invoice", "statement"])
        articles = read_page(path).all("article")
    claims = batch.claims.astype(object).where(batch.claims.notna(), None).to_dict("records")
    assert len(articles) == 2 * len(claims)
    lines = batch.claim_lines
    for claim, invoice, statement in zip(claims, articles[::2], articles[1::2], strict=True):
        own = lines[(lines[KEY] == [claim[name] for name in KEY]).all(axis=1)]
        wanted = sorted(
            [
                row["service_code"],
                *(f"{row[name]:,}" for name in ("units", "count", "service_units")),
            ]
            for row in own.to_dict("records")
        )
        table, *sums = invoice.all("table")
        rows = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")]
        assert sorted(row[1:] for row in rows[1:-1]) == wanted
        assert rows[-1] == ["Sum", f"{claim['total_units']:,}"]
        details, totals = statement.all("table")[-2:]
        rows = [[cell.text for cell in row.all("th", "td")] for row in details.all("tr")]
        assert sorted(row[1:5] for row in rows[1:]) == wanted
        found = pairs(totals)
        for label, name in STATED.items():
            value = claim[name]
            assert found[label] == ("" if value is None else f"{value:,}"), label
        if claim["total_yen"] is None:
            assert not sums
            continue
        paid = claim["copay_yen"] + claim["self_paid_yen"]
        assert pairs(sums[0])["Please pay"] == f"{paid:,}"
        assert (
            figure(found["Your share"]) + figure(found["Paid by the person under public funds"])
            == (claim["copay_yen"])
        )


STATED = {
    "Days": "days",
    "Planned units": "planned_units",
    "Units counted against the limit": "managed_units",
    "Units outside the limit": "unmanaged_units",
    "Total cost": "total_yen",
    "Paid by the insurance": "insurance_yen",
    "Paid by public funds": "public_yen",
    "Units paid in full": "self_paid_units",
    "Paid by you in full": "self_paid_yen",
}


def pairs(table: Element) -> dict[str, str]:
    """Each heading of a row with the cell behind it."""
    found: dict[str, str] = {}
    for row in table.all("tr"):
        cells = row.all("th", "td")
        found |= {
            one.text: after.text
            for one, after in pairwise(cells)
            if (one.tag, after.tag) == ("th", "td")
        }
    return found


def figure(text: str) -> int:
    return int(text.replace(",", "") or "0")


def test_a_person_at_two_providers_gets_a_paper_of_each(tmp_path: Path) -> None:
    other = "1370000019"
    batch = compute(
        [*visits(2), *visits(2, provider_no=other)],
        [{**PROVIDER, "area_grade": "1"}, {"provider_no": other, "area_grade": "2"}],
        [{**RECIPIENT, "benefit_rate": "90"}],
    )
    first, second = papers(batch, tmp_path / "papers.html", papers=["receipt"])
    # 852 units × 10.90 = 9,286.8 and × 10.72 = 9,133.4 yen, cut off; a tenth, rounded up.
    assert ("1370000018" in first, "領収金額 929 円" in first) == (True, True)
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
    # Of 1,904 yen 952 are the person's outside the funds, and 100 under them.
    part = one_month(public_law="12", public_to="2", public_copay_yen="100")
    invoice, _ = papers(part, tmp_path / "papers.html", language="en")
    assert "Please pay 1,052 yen" in invoice
    assert "With public funds the share includes what the person pays under them." in invoice


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
    assert words.date(dt.date(1912, 7, 29)) == "明治45年7月29日"
    assert words.month("202606") == "令和8年6月"

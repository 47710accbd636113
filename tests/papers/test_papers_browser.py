"""Papers in Chromium: silent, and whole on sheets of A4.

Needs what tests/reports/test_report_browser.py needs. ::

    pytest -m browser
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.choices import PAPERS
from chiiki_tsusho.language import Language
from helpers.browser import STICKING_OUT, chromium, look_at, printed_words, read_log
from helpers.inputs import PROVIDER, RECIPIENT, compute, frame, visit
from helpers.pages import read_page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "examples"
# A4 less the margins of the style sheet, in pixels of CSS; in points the sheet and its margin.
A4_TEXT = round((210 - 2 * 14) / 25.4 * 96)
A4, MARGIN = (595, 842), 14 / 25.4 * 72
LONG_NAME = "寿限無" * 40
ADDITIONS = {
    "bathing": "1", "moderate_severe_care": "1", "functional_training_1": "1",
    "functional_training_2": "1", "dementia_care": "1", "service_provision_1i": "1",
    "treatment_improvement_1": "1", "rural_area": "1", "no_transport": "1",
}  # fmt: skip
LENGTHS = ("130", "190", "310", "450", "550", "610", "670", "730", "790")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    yield from chromium(tmp_path_factory.mktemp("profile"))


def sheets(browser: Chrome, page: Path, folder: Path) -> list[list[tuple[float, ...]]]:
    """Print a page; the places of the words of each sheet. Nothing may stick out of one."""
    look_at(browser, page, width=A4_TEXT, medium="print")
    assert browser.execute_script(STICKING_OUT, A4_TEXT) == []
    assert read_log(browser, "browser") == []
    text = printed_words(browser, folder)
    found = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', text, re.DOTALL)
    assert {(round(float(width)), round(float(height))) for width, height, _ in found} == {A4}
    places = [
        [
            tuple(map(float, box))
            for box in re.findall(
                r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', words
            )
        ]
        for _, _, words in found
    ]
    for boxes in places:
        assert boxes
        assert min(box[0] for box in boxes) >= MARGIN - 2
        assert max(box[2] for box in boxes) <= A4[0] - MARGIN + 2
        assert max(box[3] for box in boxes) <= A4[1] - MARGIN / 2
    return places


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_paper_of_the_example_is_one_sheet(
    browser: Chrome, language: Language, tmp_path: Path
) -> None:
    visits_, providers, recipients = (
        EXAMPLES / f"{name}.csv" for name in ("visits", "providers", "recipients")
    )
    batch = ct.compute_claims(visits_, providers, recipients)
    page = tmp_path / "papers.html"
    ct.write_statements(batch, page, recipients, papers=PAPERS, language=language)
    assert len(sheets(browser, page, tmp_path)) == 3 * 27


def test_a_long_name_and_many_codes_stay_on_the_paper(browser: Chrome, tmp_path: Path) -> None:
    rows = [visit(day, minutes=LENGTHS[day % len(LENGTHS)], **ADDITIONS) for day in range(1, 28)]
    batch = compute(rows, [{**PROVIDER, "area_grade": "1", "extended_hours": "1"}], [RECIPIENT])
    assert len(batch.claim_lines) > 15
    person = {"name": LONG_NAME, "name_kana": "ジュゲム" * 40, "birth_date": "1924-01-01"}
    page = tmp_path / "papers.html"
    recipients = frame([{**RECIPIENT, **person}])
    ct.write_statements(batch, page, recipients, papers=PAPERS, language="ja")
    assert LONG_NAME in read_page(page).text
    sheets(browser, page, tmp_path)

"""The search of the documents in Chromium: Japanese words are found on every page that has them."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.browser

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--allow-file-access-from-files",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LINKS = "return [...document.querySelectorAll('ul.search > li > a')].map(one => one.href)"
STATUS = "return document.querySelector('.search-summary')?.innerText"


@pytest.fixture(scope="module")
def site(built_documents: Path) -> Path:
    return built_documents


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def found(browser: Chrome, search: Path, query: str) -> list[str]:
    """Return the pages that a search finds, in their order, each once."""
    from selenium.webdriver.support.wait import WebDriverWait

    browser.get(f"{search.as_uri()}?q={quote(query)}")
    WebDriverWait(browser, 30).until(lambda one: one.execute_script(STATUS))
    log = browser.get_log("browser")  # type: ignore[no-untyped-call] # of selenium
    assert not [one for one in log if one["level"] == "SEVERE"]
    links: list[str] = browser.execute_script(LINKS)
    return list(dict.fromkeys(Path(urlsplit(link).path).name for link in links))


def pages_with(site: Path, word: str) -> set[str]:
    """Read the articles of all pages for a word."""
    having = set()
    for path in (*site.glob("*.html"), *site.glob("_month/*.html")):
        text = path.read_text(encoding="utf-8")
        article = re.search("<article.*</article>", text, re.DOTALL)
        if article and word in html.unescape(re.sub("<[^>]+>", "", article[0])):
            having.add(path.name)
    return having - {"search.html", "search.ja.html", "genindex.html", "py-modindex.html"}


@pytest.mark.parametrize("search", ["search.html", "search.ja.html"])
@pytest.mark.parametrize("word", ["入浴", "限度額", "入浴介助加算", "返戻", "検証番号"])
def test_a_japanese_word_is_found_on_every_page_that_has_it(
    browser: Chrome, site: Path, search: str, word: str
) -> None:
    pages_found = found(browser, site / search, word)
    expected = pages_with(site, word)
    assert len(expected) > 2
    assert expected <= set(pages_found)
    # Pairs of characters stand for the word: hardly a page may have them all and not the word.
    assert len(set(pages_found) - expected) <= 1


def test_pages_of_the_readers_language_come_first(browser: Chrome, site: Path) -> None:
    for search, japanese in (("search.html", False), ("search.ja.html", True)):
        order = [name.endswith(".ja.html") for name in found(browser, site / search, "入浴")]
        assert order == sorted(order, reverse=japanese)
        assert set(order) == {True, False}


def test_english_words_are_still_found_by_their_stem(browser: Chrome, site: Path) -> None:
    assert {"units.html", "how_it_works.html"} <= set(
        found(browser, site / "search.html", "rounded")
    )


def test_the_search_says_in_japanese_what_it_found(browser: Chrome, site: Path) -> None:
    assert found(browser, site / "search.ja.html", "入浴")
    assert re.fullmatch(r"\d+件見つかりました。", browser.execute_script(STATUS))
    assert found(browser, site / "search.ja.html", "麒麟麦酒") == []
    assert "見つかりませんでした" in browser.execute_script(STATUS)

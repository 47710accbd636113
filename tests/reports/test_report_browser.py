"""The report page in Chromium: silent, reachable by keyboard, legible, and whole on paper.

Needs chromium, chromium-driver, fonts-noto-cjk and poppler-utils of Debian, and selenium. ::

    pytest -m browser
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chiiki_tsusho.language import Language
from chiiki_tsusho.reports.page import write_report
from helpers.browser import STICKING_OUT, chromium, look_at, printed_words, read_log
from helpers.pages import read_page
from helpers.reports import large_batch, varied_batch

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.browser

BATCHES = ("varied", "1000", "100000")
LANGUAGES: tuple[Language, ...] = ("en", "ja")
SCHEMES = ("light", "dark")
PHONE = 320
# A4 less the margins of the style sheet, in pixels of CSS and in points.
A4_WIDTH, A4_TEXT = (595, 842), round((210 - 2 * 12) / 25.4 * 96)
MARGIN = 12 / 25.4 * 72
LEAST_CONTRAST, LEAST_CONTRAST_OF_SHAPES = 4.5, 3.0

# The contrast of every text, and of every bar, with what lies behind it.
CONTRASTS = """
const parse = color => (color.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
    if (color[3] !== 0) throw new Error('half transparent: ' + at.outerHTML.slice(0, 80));
  }
  return parse('rgb(255, 255, 255)');
};
const contrast = (a, b) => {
  const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || element.closest('title, desc')) continue;
  const style = getComputedStyle(element);
  const color = parse(element.closest('svg') ? style.fill : style.color);
  const size = parseFloat(style.fontSize);
  if (+style.opacity !== 1) throw new Error('opacity');
  found.push(['text', contrast(color, behind(element)), element.outerHTML.slice(0, 90), size]);
}
for (const bar of document.querySelectorAll('rect')) {
  const color = parse(getComputedStyle(bar).fill);
  found.push(['shape', contrast(color, behind(bar)), bar.outerHTML.slice(0, 90), 0]);
}
for (const notice of document.querySelectorAll('.notice')) {
  const color = parse(getComputedStyle(notice).borderLeftColor);
  found.push(['shape', contrast(color, behind(notice.parentElement)), notice.outerHTML, 0]);
}
return found;
"""
FOCUSED = """
const at = document.activeElement;
const style = getComputedStyle(at);
const box = at.getBoundingClientRect();
return {tag: at.tagName.toLowerCase(), href: at.getAttribute('href'), class: at.className,
        group: at.getAttribute('aria-labelledby'), text: at.textContent.trim().slice(0, 40),
        outline: [style.outlineStyle, parseFloat(style.outlineWidth), style.outlineColor],
        seen: box.width > 0 && box.left >= 0 && box.top >= 0
              && box.top < innerHeight && box.left < innerWidth};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    yield from chromium(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Language], Path]:
    """The page of every batch in both languages."""
    root = tmp_path_factory.mktemp("reports")
    folders = {"varied": varied_batch(root).folder}
    for claims, problems in ((1_000, 0), (100_000, 1_000)):
        folders[str(claims)] = root / str(claims)
        large_batch(root / str(claims), claims, problems)
    return {
        (batch, language): write_report(folder, root / f"{batch}-{language}.html", language)
        for batch, folder in folders.items()
        for language in LANGUAGES
    }


@pytest.fixture(params=BATCHES)
def batch(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LANGUAGES)
def page(
    request: pytest.FixtureRequest, pages: dict[tuple[str, Language], Path], batch: str
) -> Path:
    return pages[batch, request.param]


def test_it_opens_in_silence_and_asks_for_nothing(browser: Chrome, page: Path) -> None:
    look_at(browser, page)
    browser.execute_script(
        "document.querySelectorAll('details').forEach(one => one.open = true);"
        "scrollTo(0, document.body.scrollHeight)"
    )
    assert read_log(browser, "browser") == []
    events = [json.loads(one["message"])["message"] for one in read_log(browser, "performance")]
    asked = [
        one["params"]["request"]["url"]
        for one in events
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}
    assert browser.title == read_page(page).first("title").text
    seen = browser.execute_script("return document.querySelectorAll('svg rect').length")
    assert seen == len(read_page(page).all("rect")) > 0


def test_its_policy_lets_no_script_run(
    browser: Chrome, pages: dict[tuple[str, Language], Path]
) -> None:
    look_at(browser, pages["varied", "en"])
    assert browser.execute_script("return document.scripts.length") == 0
    ran = browser.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'window.ran = 1';"
        "document.body.append(script);"
        "const image = new Image(); image.setAttribute('onerror', 'window.ran = 2');"
        "image.src = 'data:,'; document.body.append(image);"
        "const link = document.createElement('a'); link.href = 'javascript:window.ran = 3';"
        "document.body.append(link); link.click();"
        "return new Promise(done => setTimeout(() => done(window.ran || 0), 300))"
    )
    assert ran == 0
    said = " ".join(one["message"] for one in read_log(browser, "browser"))
    assert "Content Security Policy" in said


def test_a_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    browser: Chrome, page: Path
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    look_at(browser, page)
    wanted = [
        one.attributes.get("href") or one.attributes.get("aria-labelledby") or one.tag
        for one in read_page(page).first("body").walk()
        if one.tag in ("a", "summary")
        or (one.attributes.get("tabindex") == "0" and one.tag == "div")
    ]
    for closed in read_page(page).all("details"):
        wanted.remove(closed.first("div").attributes["aria-labelledby"])
    reached = []
    for _ in wanted:
        ActionChains(browser).send_keys(Keys.TAB).perform()
        focus = browser.execute_script(FOCUSED)
        reached.append(focus["href"] or focus["group"] or focus["tag"])
        style, width, _ = focus["outline"]
        if focus["class"] != "skip":
            assert (style, width) == ("solid", 3), focus
        assert focus["seen"], focus
    assert reached == wanted


def test_the_first_link_leads_past_the_contents(
    browser: Chrome, pages: dict[tuple[str, Language], Path]
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    look_at(browser, pages["varied", "ja"])
    ActionChains(browser).send_keys(Keys.TAB, Keys.ENTER, Keys.TAB).perform()
    assert browser.execute_script("return document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("medium", ["screen", "print"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_everything_stands_out_from_what_is_behind_it(
    browser: Chrome, page: Path, scheme: str, medium: str
) -> None:
    look_at(browser, page, scheme=scheme, medium=medium)
    found = browser.execute_script(CONTRASTS)
    assert {kind for kind, *_ in found} == {"text", "shape"}
    least = {"text": LEAST_CONTRAST, "shape": LEAST_CONTRAST_OF_SHAPES}
    assert [one for one in found if one[1] < least[one[0]]] == []
    if medium == "screen":
        assert min(size for kind, _, _, size in found if kind == "text") >= 12


def test_a_telephone_shows_it_without_moving_the_page_sideways(browser: Chrome, page: Path) -> None:
    look_at(browser, page, width=PHONE)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE
    # What is wider than the telephone moves in its own box, which a keyboard reaches.
    boxes: list[list[Any]] = browser.execute_script(
        "return [...document.querySelectorAll('*')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)"
        ".map(one => [one.className, getComputedStyle(one).overflowX])"
    )
    assert [one for one in boxes if one != ["scroll", "auto"]] == []
    # The letters of the charts keep their size, and stay inside.
    texts: list[list[Any]] = browser.execute_script(
        "return [...document.querySelectorAll('svg text')].map(one => {"
        "const box = one.getBoundingClientRect();"
        "return [one.textContent, box.left, box.right, box.height]})"
    )
    assert [one for one in texts if one[1] < 0 or one[2] > PHONE or one[3] < 12] == []


def test_landmarks_tables_and_charts_have_names(browser: Chrome, page: Path) -> None:
    look_at(browser, page)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, _ in named]
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert roles.count(landmark) == 1
    unnamed = [
        role
        for role, name in named
        if role in ("table", "image", "img", "region", "link", "group", "navigation") and not name
    ]
    # Those of <details> themselves: their names are their summaries'.
    assert unnamed == ["group", "group"]
    assert roles.count("image") + roles.count("img") == 4


def test_it_is_whole_on_paper(browser: Chrome, page: Path, tmp_path: Path) -> None:
    look_at(browser, page, width=A4_TEXT, medium="print")
    assert browser.execute_script(STICKING_OUT, A4_TEXT) == []
    text = printed_words(browser, tmp_path)
    sheets = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', text, re.DOTALL)
    assert {(round(float(width)), round(float(height))) for width, height, _ in sheets} == {
        A4_WIDTH
    }
    for number, (width, height, words) in enumerate(sheets, start=1):
        boxes = [
            tuple(map(float, box))
            for box in re.findall(
                r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', words
            )
        ]
        assert boxes
        assert min(box[0] for box in boxes) >= MARGIN - 2
        assert max(box[2] for box in boxes) <= float(width) - MARGIN + 2
        assert max(box[3] for box in boxes) <= float(height)
        # No sheet is nearly blank but the last.
        assert number == len(sheets) or max(box[3] for box in boxes) > float(height) / 2
    written = re.sub(r"<[^>]*>|\s", "", text)
    for table in ("providers-caption", "codes-caption", "persons-caption", "rules-caption"):
        if any(one.attributes.get("id") == table for one in read_page(page).walk()):
            for row in read_page(page).table(table):
                for cell in row:
                    if re.fullmatch(r"[\d,.%-]+", cell):
                        assert cell in written, (table, cell)

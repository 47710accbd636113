"""English and Japanese pages side by side: ``columns.md`` and ``columns.ja.md``.

A page whose name ends in ``.ja`` is Japanese: the theme speaks Japanese on it, its sidebar is the
contents of ``index.ja.md``, and a link leads to the same page in the other language. The search
finds Japanese words of any length on every page: text without spaces is indexed as pairs of
characters, and a query is cut in the same way.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sphinx
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

HERE = Path(__file__).parent
LOCALE = Path(sphinx.__file__).parent / "locale"
JAPANESE = "ぁ-ゖァ-ヺー々〆㐀-䶿一-鿿豈-﫿"
_JOINED = re.compile(rf"[{JAPANESE}][{JAPANESE}（「]|[、。）」・：].|.[（「]")
_WORDS = re.compile(rf"[{JAPANESE}]+|[^\W{JAPANESE}]+")

# What the theme says and Sphinx's own catalogue does not have.
_THEME = {
    "On this page": "このページの内容",
    "Back to top": "先頭へ戻る",
    "Skip to content": "本文へ",
    "Next": "次へ",
    "Previous": "前へ",
    "Home": "トップ",
}


class _ThemeWords(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return _THEME.get(message.strip(), message)


class PairsOfCharacters(SearchEnglish):
    """English words by their stems, Japanese text by pairs of characters."""

    lang = "en_ja"
    js_splitter_code = (HERE / "search_words.js").read_text(encoding="utf-8")

    def split(self, input: str) -> list[str]:  # noqa: A002 (Sphinx's name)
        """Cut a text into words; a Japanese run gives its characters and its pairs."""
        found: list[str] = []
        for word in _WORDS.findall(unicodedata.normalize("NFKC", input)):
            if re.match(rf"[{JAPANESE}]", word):
                found += word
                found += (word[at : at + 2] for at in range(len(word) - 1))
            else:
                found.append(word)
        return found


def is_japanese(page: str) -> bool:
    """Say whether a page is in Japanese."""
    return page.endswith(".ja")


def other_language(page: str) -> str:
    """Return the name that the page has in the other language."""
    return page.removesuffix(".ja") if is_japanese(page) else f"{page}.ja"


def _contents(app: Sphinx, page: str, **options: Any) -> str:
    """Render the contents of the page's language, for the sidebar."""
    root = "index.ja" if is_japanese(page) else "index"
    found = [
        app.env.resolve_toctree(page, app.builder, tree, **options)
        for tree in app.env.get_doctree(root).findall(addnodes.toctree)
        if all(is_japanese(one) == is_japanese(page) for one in tree["includefiles"])
    ]
    trees = [tree for tree in found if tree is not None]
    if not trees:
        return ""
    whole = trees[0]
    for tree in trees[1:]:
        whole.extend(tree.children)
    rendered: str = app.builder.render_partial(whole)["fragment"]  # type: ignore[attr-defined]
    return rendered


def _speak(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Set language, contents and neighbours of a page."""
    del template, tree
    japanese = is_japanese(page)
    words: gettext.NullTranslations = gettext.NullTranslations()
    if japanese:
        words = gettext.translation("sphinx", str(LOCALE), ["ja"])
        words.add_fallback(_ThemeWords())
        context["language"] = "ja"
        context["master_doc"] = "index.ja"
    app.builder.templates.environment.install_gettext_translations(words)  # type: ignore[attr-defined]
    context["toctree"] = lambda **options: _contents(app, page, **options)
    context["search_page"] = "search.ja" if japanese else "search"
    known = {*app.env.found_docs, "search", "search.ja"}
    other = other_language(page)
    context["other_page"] = other if other in known else "index" if japanese else "index.ja"
    relations = app.env.collect_relations()
    if page in relations:
        for side, name in zip(("prev", "next"), relations[page][1:], strict=True):
            if name is not None and is_japanese(name) != japanese:
                context[side] = None


def _settle(app: Sphinx, document: nodes.document) -> None:
    """Join Japanese lines, and leave out what is for readers of the source alone.

    Where the source breaks a Japanese line the page must not show a space. The link to the other
    language below a heading has its own place on the page.
    """
    del app
    for paragraph in list(document.findall(nodes.paragraph)):
        if paragraph.astext() in ("English", "日本語"):
            paragraph.parent.remove(paragraph)
    for text in list(document.findall(nodes.Text)):
        parent = text.parent
        at = next(at for at, child in enumerate(parent.children) if child is text)
        if text != "\n" or not 0 < at < len(parent) - 1:
            continue
        around = parent[at - 1].astext()[-1:] + parent[at + 1].astext()[:1]
        if _JOINED.fullmatch(around):
            del parent[at]


def _japanese_search(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    del app
    yield "search.ja", {}, "search.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the search and the words of the pages."""
    app.add_search_language(PairsOfCharacters)
    # Before the theme, which renders the contents.
    app.connect("html-page-context", _speak, priority=400)
    app.connect("doctree-read", _settle)
    app.connect("html-collect-pages", _japanese_search)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

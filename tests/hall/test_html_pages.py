"""Templates of pages: compiled when the package is built, or when they are used."""

from __future__ import annotations

import shutil
from pathlib import Path

import jinja2
import pytest

from chiiki_tsusho.html_pages import compile_templates, compiled_folder, templates
from chiiki_tsusho.reports.page import TEMPLATES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Templates of which nothing is compiled."""
    own = tmp_path / "templates"
    own.mkdir()
    (own / "page.html").write_text(
        '{% import "parts.html" as parts %}<p>{{ parts.loud(text) }}</p>'
    )
    (own / "parts.html").write_text("{% macro loud(text) %}{{ text }}!{% endmacro %}")
    return own


def page(folder: Path) -> str:
    templates.cache_clear()
    return templates(folder).get_template("page.html").render(text="a & b")


def is_compiled(folder: Path) -> bool:
    return isinstance(templates(folder).loader, jinja2.ModuleLoader)


def test_compiled_templates_write_the_same_page(folder: Path) -> None:
    assert page(folder) == "<p>a &amp; b!</p>"
    assert not is_compiled(folder)
    written = compile_templates(folder)
    assert len(written) == 2
    assert {path.parent for path in written} == {compiled_folder(folder)}
    assert page(folder) == "<p>a &amp; b!</p>"
    assert is_compiled(folder)
    assert compile_templates(folder) == written


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x00", r"\x00"), ("\x0b", r"\x0b"), ("\x1b", r"\x1b"), ("\u202e", r"\u202e"),
     ("\ufffe", r"\ufffe"), ("\ud800", r"\ud800"), ("<\x1b>", r"&lt;\x1b&gt;"),
     ("\n\u3000\ue000", "\n\u3000\ue000")],
)  # fmt: skip
def test_no_page_holds_a_character_that_no_reader_sees(
    folder: Path, text: str, shown: str, compiled: bool
) -> None:
    if compiled:
        compile_templates(folder)
    templates.cache_clear()
    page = templates(folder).get_template("page.html")
    assert is_compiled(folder) is compiled
    assert page.render(text=f"a{text}b") == f"<p>a{shown}b!</p>"


def test_a_template_that_was_changed_is_compiled_again(folder: Path) -> None:
    compile_templates(folder)
    (folder / "parts.html").write_text("{% macro loud(text) %}{{ text }}?{% endmacro %}")
    assert page(folder) == "<p>a &amp; b?</p>"
    assert not is_compiled(folder)
    compile_templates(folder)
    assert page(folder) == "<p>a &amp; b?</p>"
    assert is_compiled(folder)
    # Of the former ones nothing is left.
    assert list((folder / "compiled").iterdir()) == [compiled_folder(folder)]


def test_what_is_compiled_with_another_jinja_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_templates(folder)
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 99")
    assert page(folder) == "<p>a &amp; b!</p>"
    assert not is_compiled(folder)


def test_a_name_that_is_not_given_is_a_fault_in_both(folder: Path) -> None:
    for _ in range(2):
        templates.cache_clear()
        with pytest.raises(jinja2.UndefinedError):
            templates(folder).get_template("page.html").render()
        compile_templates(folder)


def test_a_template_that_is_none_is_not_compiled(folder: Path) -> None:
    (folder / "other.html").write_text("{% if %}")
    with pytest.raises(jinja2.TemplateSyntaxError):
        compile_templates(folder)
    assert not is_compiled(folder)
    assert {path.suffix for path in folder.iterdir()} == {".html"}


def test_the_report_is_compiled_here(tmp_path: Path) -> None:
    assert is_compiled(TEMPLATES)
    shutil.copytree(TEMPLATES, tmp_path / "own", ignore=shutil.ignore_patterns("compiled"))
    assert [path.name for path in compile_templates(tmp_path / "own")] == [
        path.name for path in compile_templates(TEMPLATES)
    ]

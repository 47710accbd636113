"""The built documents: no warning, no dead link, nothing from elsewhere; the notebook runs."""

import html
import importlib.util
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from typer.main import get_command

from chiiki_tsusho.columns import FILES
from chiiki_tsusho.command_line.app import app

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"

pytestmark = pytest.mark.docs


class _Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for attribute, value in attrs:
            if attribute in ("href", "src") and value:
                self.links.append(value)
            elif attribute in ("id", "name") and value:
                self.anchors.add(value)


def test_links_of_the_pages_lead_somewhere(built_documents: Path) -> None:
    parsed = {path: _Page(path) for path in built_documents.rglob("*.html")}
    assert len(parsed) > 15
    broken = []
    for path, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link}")
            elif target in parsed and parts.fragment:
                found = unquote(parts.fragment) in parsed[target].anchors
                broken += [] if found else [f"{path.name}: {link}"]
    assert broken == []


def test_the_pages_load_nothing_from_elsewhere(built_documents: Path) -> None:
    for path in built_documents.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//[^"]+', text), path
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="https?://[^"]+', text), path


def test_the_pages_say_what_the_program_knows(built_documents: Path) -> None:
    def text(page: str) -> str:
        return (built_documents / page).read_text(encoding="utf-8")

    for columns in FILES.values():
        assert all(f">{column.name}<" in text("columns.html") for column in columns)
    for command in vars(get_command(app))["commands"]:
        assert f"Usage: chiiki-tsusho {command}" in text("commands.html")
    assert "kokubunji_2016" in text("law.html")
    assert "781241" in text("table.html")


def test_signatures_have_their_types_as_the_source_writes_them(built_documents: Path) -> None:
    text = (built_documents / "api.html").read_text(encoding="utf-8")
    signatures = re.findall('<dt class="sig sig-object py"(.*?)</dt>', text, re.DOTALL)
    plain = [html.unescape("".join(re.sub("<[^>]+>", "", one).split())) for one in signatures]
    (batch,) = (one for one in plain if "chiiki_tsusho.compute_claims(" in one)
    assert "visits:Input,providers:Input|None=None" in batch
    assert "→Batch" in batch
    functions = [one for one in plain if re.search(r"\(\w", one) and "method" not in one]
    assert len(functions) > 40
    assert all(":" in one.split("(", 1)[1] for one in functions)
    assert "ForwardRef" not in text


def test_each_page_links_to_itself_in_the_other_language(built_documents: Path) -> None:
    japanese = {path.name for path in (ROOT / "docs").glob("*.ja.md")}
    assert {"index.ja.md", "problems.ja.md", "columns.ja.md"} <= japanese
    for name in japanese:
        page, other = name.replace(".md", ".html"), name.replace(".ja.md", ".html")
        for path, language, link in ((page, "ja", other), (other, "en", page)):
            text = (built_documents / path).read_text(encoding="utf-8")
            assert f'<html class="no-js" lang="{language}"' in text, path
            switch = re.search('<nav class="language-switch"><a href="([^"]+)"', text)
            assert switch is not None
            assert switch[1] in (link, "#"), path
    # A page in one language alone leads to the first page of the other.
    text = (built_documents / "api.html").read_text(encoding="utf-8")
    assert '<nav class="language-switch"><a href="index.ja.html"' in text


def test_a_japanese_page_speaks_japanese_around_its_text(built_documents: Path) -> None:
    text = (built_documents / "columns.ja.html").read_text(encoding="utf-8")
    sidebar = text[text.index('class="sidebar-tree"') : text.index('class="main"')]
    links = re.findall('href="([^"#]+)"', sidebar)
    assert links
    assert all(link.endswith(".ja.html") for link in links)
    assert "このページの内容" in text
    assert 'action="search.ja.html"' in text
    # A line of the source that ends in Japanese goes on without a space.
    assert not re.findall("[ぁ-ん一-龯]\n[ぁ-ん一-龯]", text)


def test_the_pictures_of_explain_are_what_it_prints() -> None:
    path = ROOT / "docs" / "pictures.py"
    spec = importlib.util.spec_from_file_location("pictures", path)
    assert spec is not None
    assert spec.loader is not None
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    for suffix, locale in pictures.LANGUAGES.items():
        committed = (pictures.STATIC / f"explain{suffix}.svg").read_text(encoding="utf-8")
        assert committed == pictures.explain_in_a_terminal(locale), suffix


def test_the_notebook_runs(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    notebook = nbformat.read(EXAMPLES / "month.ipynb", as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    client.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path / "examples")}}
    ).execute()
    outputs = [output for cell in cells for output in cell.outputs]
    pictures = [one for one in outputs if "image/png" in one.get("data", {})]
    assert len(pictures) == 5
    assert not [one for one in outputs if one.output_type in ("error", "stream")]
    shown = "".join(str(one.get("data", {}).get("text/plain")) for one in outputs)
    assert not re.search(r"/(tmp|home|root|Users)\b", shown)

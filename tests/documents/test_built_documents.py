"""The built documents: no warning, no dead link, nothing from elsewhere; the notebook runs."""

import re
import shutil
import subprocess
import sys
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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documents from a copy, so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("documents")
    for folder in ("docs", "examples", "data"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("_build"))
    for path in ROOT.glob("*.md"):
        shutil.copyfile(path, copy / path.name)
    built = copy / "built" / "html"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "docs", str(built)],
        cwd=copy,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built


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


def test_links_of_the_pages_lead_somewhere(pages: Path) -> None:
    parsed = {path: _Page(path) for path in pages.rglob("*.html")}
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


def test_the_pages_load_nothing_from_elsewhere(pages: Path) -> None:
    for path in pages.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//[^"]+', text), path
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="https?://[^"]+', text), path


def test_the_pages_say_what_the_program_knows(pages: Path) -> None:
    def text(page: str) -> str:
        return (pages / page).read_text(encoding="utf-8")

    for columns in FILES.values():
        assert all(f">{column.name}<" in text("columns.html") for column in columns)
    for command in vars(get_command(app))["commands"]:
        assert f"Usage: chiiki-tsusho {command}" in text("commands.html")
    assert "kokubunji_2016" in text("law.html")
    assert "781241" in text("table.html")


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
    assert len(pictures) == 3
    assert not [one for one in outputs if one.output_type in ("error", "stream")]

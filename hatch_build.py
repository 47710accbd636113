"""Compiles the catalogue of Japanese sentences and the templates of pages for the package.

``python hatch_build.py`` does the same in a checkout. The description of the
built package is README.md with names of files in place of links, which lead nowhere elsewhere.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    from hatchling.metadata.plugin.interface import MetadataHookInterface
except ModuleNotFoundError:  # where only the catalogue is compiled
    BuildHookInterface = MetadataHookInterface = object

PACKAGE = Path(__file__).parent / "src" / "chiiki_tsusho"


def compile_all(package: Path = PACKAGE) -> list[Path]:
    """Compile catalogues and templates; return what was written or is as it would be."""
    return [*compile_catalogues(package), *compile_pages(package)]


def compile_pages(package: Path) -> list[Path]:
    """Compile the templates of pages as the package itself would.

    Those of papers have filters of their own and are compiled where they are used.
    """
    sys.path.insert(0, str(package.parent))
    from chiiki_tsusho.html_pages import compile_templates

    return [
        path
        for room in ("exchange_files", "reports")
        for path in compile_templates(package / room / "templates_html")
    ]


def compile_catalogues(package: Path) -> list[Path]:
    """Compile the files of each language into one catalogue; return what was written."""
    written = []
    for folder in sorted(path for path in (package / "locale").iterdir() if path.is_dir()):
        whole = Catalog(locale=folder.name, charset="utf-8")
        for source in sorted(folder.glob("*.po")):
            with source.open("rb") as file:
                for message in read_po(file, locale=folder.name, abort_invalid=True):
                    if not message.id:
                        continue
                    there = whole.get(message.id)
                    if there is not None and there.string != message.string:
                        raise ValueError(f"{source}: {message.id!r} has another translation")
                    whole[message.id] = message
        target = folder / "LC_MESSAGES" / "chiiki_tsusho.mo"
        target.parent.mkdir(exist_ok=True)
        # Another process may be reading it. Whoever uses the checkout may read it: a file of
        # ``tempfile`` would be its owner's alone.
        part = target.with_name(f"{target.name}.{os.getpid()}")
        with part.open("wb") as file:
            write_mo(file, whole)
        part.replace(target)
        written.append(target)
    return written


class CompileHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the compiled catalogues and templates into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (the hook's signature)
        """Compile before the files are gathered."""
        for path in compile_all(Path(self.root) / "src" / "chiiki_tsusho"):
            build_data["artifacts"].append(str(path.relative_to(self.root)))


def without_links(text: str) -> str:
    """Write the name of a file where the text links to one: ``how it works (docs/…)``."""

    def named(found: re.Match[str]) -> str:
        label, target = found[1], found[2]
        return f"`{target}`" if label == target else f"{label} (`{target}`)"

    return re.sub(r"\[([^\]]+)\]\((?!\w+:)([^)]+)\)", named, text)


class DescriptionHook(MetadataHookInterface):  # type: ignore[misc]
    """Describes the built package by README.md without its links into the checkout."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_links(text)}


if __name__ == "__main__":
    for path in compile_all():
        print(path)

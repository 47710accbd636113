"""Compiles the catalogue of Japanese sentences when the package is built.

``python hatch_build.py`` does the same in a checkout.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # where only the catalogue is compiled
    BuildHookInterface = object

LOCALES = Path(__file__).parent / "src" / "chiiki_tsusho" / "locale"


def compile_catalogues(locales: Path = LOCALES) -> list[Path]:
    """Compile the files of each language into one catalogue; return what was written."""
    written = []
    for folder in sorted(path for path in locales.iterdir() if path.is_dir()):
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
        # Another process may be reading it.
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            write_mo(file, whole)
        Path(file.name).replace(target)
        written.append(target)
    return written


class CatalogueHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the compiled catalogues into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (the hook's signature)
        """Compile before the files are gathered."""
        for path in compile_catalogues(Path(self.root) / "src" / "chiiki_tsusho" / "locale"):
            build_data["artifacts"].append(str(path.relative_to(self.root)))


if __name__ == "__main__":
    for path in compile_catalogues():
        print(path)

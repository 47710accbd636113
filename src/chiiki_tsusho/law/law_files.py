"""Where the law's dated tables and the examples lie."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def law_file(name: str) -> Path:
    """Return the path of a bundled table of the law.

    An installed package carries ``data/`` inside itself; a checkout has it at its top.
    """
    return _bundled("data", name)


def example_file(name: str) -> Path:
    """Return the path of a file of the example month; it lies as the tables of the law do."""
    return _bundled("examples", name)


def _bundled(folder: str, name: str) -> Path:
    installed = _PACKAGE / folder / name
    return installed if installed.is_file() else _PACKAGE.parents[1] / folder / name

"""Where the law's dated tables lie."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def law_file(name: str) -> Path:
    """Return the path of a bundled table of the law.

    An installed package carries ``data/`` inside itself; a checkout has it at its top.
    """
    installed = _PACKAGE / "data" / name
    return installed if installed.is_file() else _PACKAGE.parents[1] / "data" / name

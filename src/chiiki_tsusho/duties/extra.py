"""The libraries of the extra ``duties``, loaded where they are needed."""

from __future__ import annotations

from typing import Any

from chiiki_tsusho.lazy import installed


def needed(module: str) -> Any:
    """Import a module of the extra.

    Raises
    ------
    ChiikiTsushoError
        It is not installed; says how to install it.
    """
    library = module.partition(".")[0]
    return installed(module, {"docx": "python-docx"}.get(library, library), "duties")

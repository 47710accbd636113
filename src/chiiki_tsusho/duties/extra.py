"""The libraries of the extra ``duties``, loaded where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text


def needed(module: str) -> Any:
    """Import a module of the extra.

    Raises
    ------
    ChiikiTsushoError
        It is not installed; says how to install it.
    """
    try:
        return import_module(module)
    except ImportError:
        name = {"docx": "python-docx"}.get(module, module)
        raise ChiikiTsushoError(
            Text(
                "this needs {name}; in the folder of the program's source, run "
                "pip install '.[duties]'",
                name=name,
            )
        ) from None

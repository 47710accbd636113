"""Modules that are imported when they are first used.

Importing pandas takes longer than pricing a small month, and a batch from file to file needs it
only for its problems; not every month is Parquet.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Any

from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text


class Deferred:
    """Stands for a module until one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _module(self) -> Any:
        return import_module(self._name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


pandas = Deferred("pandas")
parquet = Deferred("pyarrow.parquet")


def installed(module: str, library: str, extra: str) -> Any:
    """Import a module of a library that not everybody has.

    Parameters
    ----------
    module : str
    library : str
        What is installed to have it.
    extra : str
        The part of this program that needs it.

    Raises
    ------
    ChiikiTsushoError
        It is not installed; says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ChiikiTsushoError(
            Text(
                "this needs {library}; in the folder of the program's source, run "
                "pip install '.[{extra}]'",
                library=library,
                extra=extra,
            )
        ) from error

"""Modules that are imported when they are first used.

Importing pandas takes longer than pricing a small month, and a batch from file to file needs it
only for its problems; not every month is Parquet.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module until one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


pandas = Deferred("pandas")
parquet = Deferred("pyarrow.parquet")

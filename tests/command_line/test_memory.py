"""Keeping memory is of no claim: where the system does not know how, nothing happens."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from types import SimpleNamespace

import pyarrow as pa
import pytest

from chiiki_tsusho.command_line.memory import keep_memory


@pytest.fixture(autouse=True)
def own_pool() -> Iterator[None]:
    """Give Arrow back the allocator it had."""
    before = pa.default_memory_pool()
    yield
    pa.set_memory_pool(before)


@pytest.mark.parametrize("fault", [OSError, TypeError])
def test_systems_without_such_a_library(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def refuse(_name: None) -> None:
        raise fault

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    keep_memory()


def test_other_c_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    keep_memory()


def test_what_glibc_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """M_TRIM_THRESHOLD is −1 and M_MMAP_THRESHOLD −3, of which 32 MiB is the most (mallopt(3))."""
    told: dict[int, int] = {}
    library = SimpleNamespace(mallopt=told.__setitem__)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    keep_memory()
    assert told == {-1: 1 << 30, -3: 32 << 20}
    # Arrow asks there for memory as well, not in a pool of its own.
    assert pa.default_memory_pool().backend_name == "system"

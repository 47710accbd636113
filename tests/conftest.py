"""What all tests share: how many examples are drawn, no stale catalogue, no wait for the disk."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The tests speak English wherever they run; those of the other languages say so.
os.environ["LC_ALL"] = "C.UTF-8"

# By default the same examples in every run. Where CI is set they are drawn anew each time (the seed
# of the run is printed, and a failing example with what repeats it); CHIIKI_TSUSHO_EXAMPLES=1000
# draws that many others.
EXAMPLES = os.environ.get("CHIIKI_TSUSHO_EXAMPLES")

settings.register_profile(
    "chiiki_tsusho",
    max_examples=int(EXAMPLES or 60),
    derandomize=EXAMPLES is None and not os.environ.get("CI"),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("chiiki_tsusho")


def _compile() -> None:
    """Compile sentences and templates where one has changed since; a build does so by itself."""
    root = Path(__file__).resolve().parents[1]
    package = root / "src" / "chiiki_tsusho"
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    for folder in (package / "locale").iterdir():
        compiled = folder / "LC_MESSAGES" / "chiiki_tsusho.mo"
        newest = max((path.stat().st_mtime for path in folder.glob("*.po")), default=0)
        if not compiled.is_file() or compiled.stat().st_mtime < newest:
            build.compile_catalogues(package)
            break
    build.compile_pages(package)


_compile()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave the collector at rest while tests are found: it would walk all of them again and again.

    What is there afterwards stays until the end, so it is not walked while they run either.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _programs_find_the_library_compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what programs compile among the temporary files where Python may write none beside it.

    Each program would else compile the whole library again, which takes as long as all it does.
    """
    with pytest.MonkeyPatch.context() as patch:
        if sys.dont_write_bytecode:
            base = tmp_path_factory.getbasetemp()
            # All workers share the folder above their own.
            shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared / "compiled"))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_wait_for_the_disk() -> Iterator[None]:
    """Let what is written reach the disk in its own time; programs of their own wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def built_documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documents from a copy, so that nothing is left in the checkout."""
    root = Path(__file__).resolve().parents[1]
    copy = tmp_path_factory.mktemp("documents")
    for folder in ("docs", "examples", "data"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("_build"))
    for path in root.glob("*.md"):
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

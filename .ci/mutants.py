"""Change the program on purpose, one thing at a time, and list the changes that no test notices.

``python .ci/mutants.py [part of a module's path ...]`` tests the modules of ``mutants.toml``.

The tests of a group are collected and run once, noting which of them run which lines. For each
change the process forks; the child puts the changed code in the place of a function's own and runs
the tests of the changed line, the quickest first, until one fails. What a module does while it is
imported is changed in a new process. No file is written.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import importlib.machinery
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from itertools import count
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "chiiki_tsusho"
# Few drawn examples; the plugin below has them the same in every run.
os.environ["CHIIKI_TSUSHO_EXAMPLES"] = "8"

import coverage  # noqa: E402
import pytest  # noqa: E402
from cosmic_ray.mutating import mutate_code  # noqa: E402
from cosmic_ray.plugins import get_operator  # noqa: E402

SETTINGS = tomllib.loads((ROOT / ".ci" / "mutants.toml").read_text(encoding="utf-8"))
OPTIONS = ["-x", "-qq", "-p", "no:cacheprovider", "--no-header", "--tb=no", "-rN", "-W", "ignore"]
SLOWER = 5  # times the tests may take as long as without a change
START = 30  # seconds that a new process may take besides


@dataclass(frozen=True)
class Mutant:
    """A changed module: the line of the change, as it was and as it is, and the whole source."""

    path: Path
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PACKAGE)}:{self.line}\n  - {self.before}\n  + {self.after}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield the changes of a module, but those of types, and those known to change nothing."""
    source = path.read_text(encoding="utf-8")
    seen = {_evaluated(source)}
    name = path.relative_to(PACKAGE).as_posix()
    known = {
        (one["before"], one["after"])
        for one in SETTINGS["equivalent"]
        if one.get("module", name) == name
    }
    for kind in SETTINGS["operators"]:
        for occurrence in count():
            try:
                changed = mutate_code(source, get_operator(f"core/{kind}")(), occurrence)
            except AttributeError:
                continue  # The name of an exception has a point in it.
            if changed is None:
                break
            try:
                tree = _evaluated(changed)
            except SyntaxError:
                continue
            if tree not in seen:
                seen.add(tree)
                lines = zip(source.splitlines(), changed.splitlines(), strict=False)
                at, (before, after) = next(
                    (at, (old.strip(), new.strip()))
                    for at, (old, new) in enumerate(lines, 1)
                    if old != new
                )
                if (before, after) not in known:
                    yield Mutant(path, at, before, after, changed)


def _evaluated(source: str) -> str:
    """Return the syntax tree without what changes no result; ``>= 1`` is ``> 0``.

    Types are never evaluated, and ``strict`` of ``zip`` guards against what does not happen.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            node.keywords = []
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.test = ast.Constant(None)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.GtE | ast.LtE):
            with contextlib.suppress(ValueError):
                border = int(ast.literal_eval(node.comparators[0]))
                above = isinstance(node.ops[0], ast.GtE)
                border += -1 if above else 1
                node.comparators[0] = ast.parse(str(border), mode="eval").body
                node.ops[0] = ast.Gt() if above else ast.Lt()
        for name in ("annotation", "returns"):
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None))
    return ast.dump(tree)


def changed_functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Return the changed code of functions, or None where code outside of them has changed."""
    if old == new:
        return []
    inside, plain = zip(*(_parts(code) for code in (old, new)), strict=True)
    if plain[0] != plain[1] or len(inside[0]) != len(inside[1]):
        return None
    found = []
    for mine, other in zip(*inside, strict=True):
        if mine.co_flags & 1:  # optimized: the code of a function, not of a class
            found += [(mine, other)] if mine != other else []
        else:
            within = changed_functions(mine, other)
            if within is None:
                return None
            found += within
    return found


def _parts(code: CodeType) -> tuple[list[CodeType], str]:
    """Return the code that lies in another, and what of the other is its own."""
    inside = [one for one in code.co_consts if isinstance(one, CodeType)]
    constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return inside, repr((code.co_code, code.co_names, constants))


class Run:
    """A plugin of pytest that runs the tests of a group under each change of its modules."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.seconds: dict[str, float] = {}
        self.noticed_by: Counter[str] = Counter()

    def pytest_sessionstart(self) -> None:
        """Draw the same few examples in every run, and do not look for smaller ones."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", settings(), derandomize=True, database=None, phases=phases
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then for each change."""
        self.items = {item.nodeid: item for item in session.items}
        measured = self.measure(session)
        alive = gc.get_objects()
        self.functions = [one for one in alive if isinstance(one, FunctionType)]
        self.caches = [
            one
            for one in alive
            if isinstance(one, _lru_cache_wrapper) and _is_ours(one.__wrapped__, self.paths)
        ]
        gc.freeze()
        for path in self.paths:
            of_line = measured.contexts_by_lineno(str(path))
            results: Counter[str] = Counter()
            for mutant in mutants_of(path):
                noticed = self.noticed(mutant, of_line)
                results["noticed" if noticed else "not noticed"] += 1
                if not noticed:
                    print(mutant, flush=True)
            print(f"{path.relative_to(PACKAGE)}: {dict(results)}", flush=True)
        return True

    def measure(self, session: pytest.Session) -> coverage.CoverageData:
        """Run each test once; note how long it takes and which lines it runs."""
        include = [str(path) for path in self.paths]
        lines = coverage.Coverage(data_file=None, config_file=False, include=include)
        lines.start()
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            lines.switch_context(item.nodeid)
            begun = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self.seconds[item.nodeid] = time.perf_counter() - begun
            if session.shouldfail or session.testsfailed:
                raise session.Failed(f"{item.nodeid} fails without any change")
        lines.stop()
        return lines.get_data()

    def turn(self, test: str) -> float:
        """Return what puts tests in order: quick ones, and those that have noticed most, first."""
        return self.seconds[test] / (1 + self.noticed_by[test])

    def noticed(self, mutant: Mutant, of_line: dict[int, list[str]]) -> bool:
        """Say whether a test fails, or does not end, under a change."""
        swaps = changed_functions(
            *(
                compile(text, mutant.path, "exec", dont_inherit=True)
                for text in (mutant.path.read_text(encoding="utf-8"), mutant.source)
            )
        )
        targets = [[one for one in self.functions if one.__code__ == old] for old, _ in swaps or ()]
        in_functions = bool(targets) and all(targets)
        line = mutant.line
        while line and line not in of_line:
            line -= 1  # of a statement of several lines, the first ones are noted
        # What runs on import is noted for the test that happened to import it.
        tests = set(of_line.get(line, ())) if in_functions else set().union(*of_line.values())
        chosen = sorted(tests & set(self.items) or self.items, key=self.turn)
        patience = int(SLOWER * sum(self.seconds[one] for one in chosen)) + START
        if not in_functions:
            return _noticed_from_the_start(mutant, chosen, patience)
        items = [self.items[one] for one in chosen]
        child = os.fork()
        if child == 0:
            items[0].config.pluginmanager.unregister(name="terminalreporter")
            signal.alarm(patience)
            _silence()
            for functions, (_, new) in zip(targets, swaps or (), strict=True):
                for one in functions:
                    one.__code__ = new
            for cached in self.caches:
                cached.cache_clear()
            for at, item in enumerate(items):
                following = items[at + 1] if at + 1 < len(items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if item.session.testsfailed:
                    os._exit(min(at + 1, 255))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and 0 < os.WEXITSTATUS(status) < 255:
            self.noticed_by[items[os.WEXITSTATUS(status) - 1].nodeid] += 1
        return status != 0


def _is_ours(function: object, paths: list[Path]) -> bool:
    if not isinstance(function, FunctionType):
        return False
    file = Path(function.__code__.co_filename)
    return file in paths or ROOT / "tests" in file.parents


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _noticed_from_the_start(mutant: Mutant, ids: list[str], patience: int) -> bool:
    """Run tests in a new process that imports the changed module."""
    told = json.dumps({"path": str(mutant.path), "source": mutant.source, "tests": ids})
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--changed"],
            input=told,
            encoding="utf-8",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    if done.returncode == pytest.ExitCode.USAGE_ERROR:
        raise RuntimeError(f"the tests of {mutant} cannot be named: {ids}")
    return done.returncode != 0


def run_changed(path: str, source: str, tests: list[str]) -> int:
    """Run tests with a module that is imported from another source; return 0 if they pass."""
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        changed = self.path == path
        return compile(source, path, "exec") if changed else plain(self, fullname)

    loader.get_code = get_code  # type: ignore[method-assign, assignment]
    try:
        importlib.import_module(
            ".".join(Path(path).relative_to(ROOT / "src").with_suffix("").parts)
        )
    except Exception:
        return 1
    return pytest.main([*OPTIONS, *tests], plugins=[Run([])])


def main(arguments: list[str]) -> int:
    """Test the modules whose path contains one of the arguments, or all."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT / "src"))
    if arguments == ["--changed"]:
        return run_changed(**json.load(sys.stdin))
    for group in SETTINGS["group"]:
        names = [
            name
            for name in group["modules"]
            if not arguments or any(part in name for part in arguments)
        ]
        if not names:
            continue
        paths = [PACKAGE / name for name in names]
        child = os.fork()
        if child == 0:
            os._exit(pytest.main([*OPTIONS, *group["tests"]], plugins=[Run(paths)]))
        if os.waitpid(child, 0)[1]:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

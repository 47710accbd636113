"""The catalogue: every sentence of the code has its Japanese, with the same facts in it."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import string
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import typer
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from chiiki_tsusho import language
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.language import Counted, Joined, Name, Text, listed, on_lines
from helpers.processes import bound_by_modes

SOURCE = Path(__file__).parents[2] / "src" / "chiiki_tsusho"
ROOMS = sorted((SOURCE / "locale" / "ja").glob("*.po"))
# How many patterns each takes before its facts.
SENTENCES = {"Text": 1, "Counted": 2}
Key = str | tuple[str, ...]


def patterns(path: Path) -> Iterator[list[ast.expr]]:
    """Yield the patterns of every sentence of a module, wherever it stands."""
    tree = ast.parse(path.read_text("utf-8"))
    known = {
        name.name
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom) and one.module == "chiiki_tsusho.language"
        for name in one.names
    }
    if path.name == "language.py":
        known = set(SENTENCES)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known:
            yield call.args[: SENTENCES.get(call.func.id, 0)]


def said_in_code() -> dict[Key, str]:
    """Return every sentence and where it stands; one put together while running has no Japanese."""
    found: dict[Key, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for given in patterns(path):
            where = f"{path.relative_to(SOURCE)}:{given[0].lineno}" if given else ""
            texts = [one.value if isinstance(one, ast.Constant) else None for one in given]
            assert None not in texts, where
            key = tuple(map(str, texts))
            if key:
                found.setdefault(key[0] if len(key) == 1 else key, where)
    return found


def said_in_help() -> dict[Key, str]:
    """Return the sentences of the help of every command, a paragraph each."""
    group: Any = typer.main.get_command(app)
    found: dict[Key, str] = {}
    groups = [group, *(one for one in group.commands.values() if hasattr(one, "commands"))]
    for command in (group, *(one for each in groups for one in each.commands.values())):
        with typer.Context(command) as context:
            parameters = command.get_params(context)
        texts = [one.help for one in parameters]
        texts += [one.metavar for one in parameters if (one.metavar or "|").isupper()]
        for text in (*command.help.split("\n\n"), *texts):
            found[" ".join(text.split())] = f"the help of {command.name}"
    return found


def translated() -> Iterator[tuple[Path, Message]]:
    for path in ROOMS:
        with path.open("rb") as file:
            for message in read_po(file, locale="ja", abort_invalid=True):
                if message.id:
                    yield path, message


def facts(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


def test_every_sentence_has_its_japanese_and_no_other() -> None:
    code = said_in_help() | said_in_code()
    catalogue = {message.id: path.name for path, message in translated()}
    missing = {code[key]: key for key in code.keys() - catalogue.keys()}
    unused = {key: catalogue[key] for key in catalogue.keys() - code.keys()}
    assert (missing, unused) == ({}, {})


def test_every_translation_is_whole_and_has_the_facts_of_the_sentence() -> None:
    for path, message in translated():
        english = message.id if isinstance(message.id, str) else message.id[1]
        japanese = (
            message.string if isinstance(message.string, str) else (message.string or [""])[0]
        )
        where = f"{path.name}: {message.id!r}"
        assert japanese, where
        assert not message.fuzzy, where
        assert facts(japanese) == facts(english), where
        assert "‰" not in japanese, where


def test_what_is_joined_is_said_in_one_language() -> None:
    both = listed([Name("bathing", "入浴介助加算"), "781241"])
    assert (str(both), both.say("ja")) == ("bathing, 781241", "入浴介助加算、781241")
    lines = on_lines([Text("a base row"), Joined(["x", "y"])])
    assert (str(lines), lines.say("ja")) == ("a base row\nxy", "基本の行(base)\nxy")


@pytest.mark.parametrize(
    ("n", "english", "japanese"),
    [(0, "0 visits", "実績0件"), (1, "1 visit", "実績1件"), (1234, "1,234 visits", "実績1,234件")],
)
def test_things_are_counted_as_each_language_does(n: int, english: str, japanese: str) -> None:
    visits = Counted("{n:,} visit", "{n:,} visits", n)
    assert (str(visits), visits.say("ja")) == (english, japanese)


def test_the_compiled_catalogue_is_for_all_who_use_the_checkout(tmp_path: Path) -> None:
    """The mode is what the umask of the one who compiles it leaves."""
    spec = spec_from_file_location("hatch_build", SOURCE.parents[1] / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    build = module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = tmp_path / "locale" / "ja"
    folder.mkdir(parents=True)
    shutil.copy(ROOMS[0], folder)
    for umask, mode in ((0o022, 0o644), (0o077, 0o600)):
        before = os.umask(umask)
        try:
            [made] = build.compile_catalogues(tmp_path)
        finally:
            os.umask(before)
        assert stat.S_IMODE(made.stat().st_mode) == mode
        assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_a_catalogue_that_may_not_be_read_leaves_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = Path("locale", "ja", "LC_MESSAGES", "chiiki_tsusho.mo")
    target.parent.mkdir(parents=True)
    target.touch(0o000)
    monkeypatch.setattr(language, "__file__", "language.py")
    language._catalogue.cache_clear()
    try:
        with bound_by_modes():
            assert Text("Files").say("ja") == "Files"
    finally:
        language._catalogue.cache_clear()

"""What the documents show is what happens: every command, every example, every link."""

import contextlib
import doctest
import importlib
import io
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from typer.main import get_command

import chiiki_tsusho
import chiiki_tsusho as ct
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES
from chiiki_tsusho.command_line.app import app
from chiiki_tsusho.law.code_rows import COLUMNS
from chiiki_tsusho.months import OPEN_END, month_before, parse_month
from helpers.commands import Done, run
from helpers.workbooks import CodeBook, rows_in

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"
DOCS: Final = ROOT / "docs"
READMES: Final = (ROOT / "README.md", ROOT / "README.ja.md")
DOCUMENTS: Final = (*READMES, EXAMPLES / "README.md", *sorted(DOCS.glob("*.md")))
FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN: Final = frozenset({"console", "python", "pycon", "sh"})
READ: Final = frozenset({"bash", "text"})
DOCTEST_OPTIONS: Final = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a document: where its first line stands, its language, its text."""

    line: int
    language: str
    text: str


def blocks(path: Path) -> list[CodeBlock]:
    text = path.read_text(encoding="utf-8")
    return [
        CodeBlock(text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in FENCE.finditer(text)
    ]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- commands and code -------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """A command of a console block and what the block shows of its output."""

    command: str
    shown: str


def commands(text: str) -> Iterator[Command]:
    """Read a console block: ``$`` begins a command, a backslash goes on with it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        found = re.match(r"((?:.*\\\n)*.*)\n", part)
        assert found is not None
        yield Command(found[1], part[found.end() :])


def fits(shown: str, output: str) -> bool:
    """Compare, where a line of three dots stands for any lines."""
    pattern = re.escape(shown)
    pattern = re.sub(r"^\\\.\\\.\\\.\\?\n", "(?:.*\n)*?", pattern, flags=re.MULTILINE)
    return re.fullmatch(pattern, output) is not None


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of the ministry to import; not to be changed."""
    path = tmp_path_factory.mktemp("ministry") / "workbook.xlsx"
    CodeBook(rows_in("202606")).save(path)
    return path


@pytest.fixture
def reader_folder(tmp_path: Path, workbook: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a copy of what a reader has at hand, and a workbook to import."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copyfile(workbook, tmp_path / "workbook.xlsx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_block_does_what_it_shows(
    document: Path, reader_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks of a document run in their order, in one folder and one Python session."""
    if document.parent == EXAMPLES:
        monkeypatch.chdir(reader_folder / "examples")
    program = reader_folder / "bin" / "chiiki-tsusho"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chiiki_tsusho "$@"\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    # A Japanese reader has a Japanese locale, whether this machine knows it or not.
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8" if ".ja." in document.name else "C.UTF-8")
    monkeypatch.setenv("PYTHONUTF8", "1")
    session: dict[str, object] = {}
    for block in blocks(document):
        assert block.language in RUN | READ, f"{name(document)}:{block.line}: {block.language}"
        if block.language == "console":
            for command in commands(block.text):
                run_and_compare(command, f"{name(document)}:{block.line}")
        elif block.language == "sh":
            run_and_compare(Command(block.text, ""), f"{name(document)}:{block.line}")
        elif block.language == "pycon":
            compare_session(block, session, document)
        elif block.language == "python":
            exec(compile(block.text, f"{document}:{block.line}", "exec"), session)


# A command of the program alone, with nothing that only a shell understands.
ALONE: Final = re.compile(r"chiiki-tsusho (?:[^\\|&;<>()$`*?\[\]{}~\n]|\\\n)*")


def run_as_typed(command: str) -> Done:
    """Run a line: in this process where it is the program alone, and by the shell where not."""
    if ALONE.fullmatch(command):
        return run(*shlex.split(command.replace("\\\n", ""))[1:], mixed=True)
    return subprocess.run(
        ["/bin/sh", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def run_and_compare(command: Command, where: str) -> None:
    done = run_as_typed(command.command)
    # A block that shows no output leaves it to the reader.
    assert not command.shown.strip() or fits(command.shown, done.stdout), (
        f"{where}: $ {command.command}\n--- shown\n{command.shown}\n--- printed\n{done.stdout}"
    )
    held = re.search(
        r"rows? held \(correct|未計算\(要修正\)[1-9]\d*行\(|\d+ faults?;|[1-9]\d* refused"
        r"|^on .*: (breach|late) \d|現在: (違反|遅延)",
        done.stdout,
        re.MULTILINE,
    )
    failed = re.search(r"^(error|エラー): ", done.stdout, re.MULTILINE)
    expected = 2 if failed else 1 if held else 0
    assert done.returncode == expected, f"{where}: $ {command.command}: {done.returncode}"


def compare_session(block: CodeBlock, session: dict[str, object], document: Path) -> None:
    parsed = doctest.DocTestParser().get_doctest(
        block.text, session, name(document), str(document), block.line - 1
    )
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=DOCTEST_OPTIONS)
    runner.run(parsed, out=said.write, clear_globs=False)
    session.update(parsed.globs)
    assert runner.summarize(verbose=False).failed == 0, said.getvalue()


def test_every_block_is_one_that_runs_or_sets_up() -> None:
    """No block is of a kind that the tests pass over, and what is only read is known."""
    read = []
    for document in (*DOCUMENTS, ROOT / "CONTRIBUTING.md"):
        tokens = MarkdownIt().parse(document.read_text(encoding="utf-8"))
        assert not [one for one in tokens if one.type == "code_block"], document
        fences = [one for one in tokens if one.type == "fence" and not one.info.startswith("{")]
        assert [one.info for one in fences] == [block.language for block in blocks(document)]
        read += [(name(document), one.content) for one in fences if one.info in READ]
    for where, text in read:
        lines = [line for line in text.splitlines() if line != ". .venv/bin/activate"]
        set_up = all(re.match(r"python3 -m venv |pip install '\.\[", line) for line in lines)
        assert set_up or (where == "docs/recipes.md" and "crontab" in text), (where, text)


@pytest.mark.cluster
def test_the_program_for_a_cluster_computes_the_month(tmp_path: Path) -> None:
    """Its worker processes begin by importing it, so it runs as a file of its own."""
    (program,) = (one.text for one in blocks(DOCS / "cluster.md") if "LocalCluster(" in one.text)
    (tmp_path / "visits").mkdir()
    visits = pd.read_csv(EXAMPLES / "visits.csv", dtype="str", keep_default_na=False)
    for number, part in enumerate((visits.iloc[:100], visits.iloc[100:])):
        part.to_parquet(tmp_path / "visits" / f"part-{number}.parquet")
    for register in ("providers", "recipients"):
        shutil.copyfile(EXAMPLES / f"{register}.csv", tmp_path / f"{register}.csv")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, "program.py"], cwd=tmp_path, check=True, timeout=300)
    claims = pd.read_parquet(tmp_path / "out" / "claims")
    assert (len(claims), claims["total_yen"].sum()) == (27, 2_517_248)


def test_what_only_a_shell_understands_is_left_to_it() -> None:
    assert ALONE.fullmatch("chiiki-tsusho claim a.xlsx#b \\\n    --lang ja -o 'a b'")
    for line in ("ls claims", "chiiki-tsusho report a | tail", "chiiki-tsusho report *", "$P a"):
        assert not ALONE.fullmatch(line), line


def test_a_line_of_dots_stands_for_any_lines_and_nothing_else_does() -> None:
    assert fits("a\n...\nd\n", "a\nb\nc\nd\n")
    assert fits("a\n...\n", "a\n")
    assert not fits("a\n...\nd\n", "a\nb\n")
    assert not fits("a.c\n", "abc\n")
    assert not fits("a\n", "a\nb\n")


# --- README ------------------------------------------------------------------------------------


def inputs(path: Path) -> list[tuple[str, str]]:
    """Return what the blocks of a document tell a reader to type; output may be in any language."""
    found = []
    for block in blocks(path):
        typed = block.text
        if block.language == "console":
            typed = "\n".join(command.command for command in commands(typed))
        found.append((block.language, typed))
    return found


@pytest.mark.parametrize(
    ("english", "japanese"), [READMES, (DOCS / "quickstart.md", DOCS / "quickstart.ja.md")]
)
def test_both_languages_tell_to_type_the_same(english: Path, japanese: Path) -> None:
    typed = inputs(english)
    if english == READMES[0]:
        assert inputs(japanese) == typed
        assert [language for language, _ in typed] == ["bash"] * 2 + ["console"] * 2 + ["pycon"]
    else:
        # The Japanese quickstart takes Japanese headings, and shows Japanese problems in Python.
        assert [language for language, _ in inputs(japanese)[: len(typed)]] == [
            language for language, _ in typed
        ]


def test_both_readmes_have_the_same_sections_tables_and_links() -> None:
    english, japanese = (path.read_text(encoding="utf-8") for path in READMES)
    for pattern in (r"^(#+) ", r"^\|[-|]+\|$", r"^- ", r"\]\((?!README)([^)]+)\)"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, japanese)]
        assert found[0] == found[1], pattern
        assert found[0]


SETUP, TESTS = (block.text.strip() for block in blocks(READMES[0]) if block.language == "bash")


def test_the_set_up_commands_are_one_line_each_and_name_what_exists() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    for command in (SETUP, TESTS):
        assert "\n" not in command
        assert set(re.findall(r"--group (\w+)", command)) <= set(groups)
        assert all((ROOT / path).is_file() for path in re.findall(r"examples/\S+", command))
    assert SETUP.startswith("python3 -m venv .venv && .venv/bin/pip install --quiet . && ")
    assert TESTS.startswith("python3 -m venv .venv-test && ")
    # --group needs pip 25.1, and a new environment of Python 3.11 has an older one.
    assert TESTS.index("install --quiet --upgrade pip") < TESTS.index("--group test")
    assert TESTS.endswith(".venv-test/bin/python -m pytest -n auto")


def test_the_command_that_computes_the_example_is_the_one_shown_below_it() -> None:
    shown = next(block for block in blocks(READMES[0]) if block.language == "console")
    (command,) = commands(shown.text)
    words = command.command.replace("\\\n", " ").split()
    assert sorted(SETUP.split(".venv/bin/")[-1].split()) == sorted(words)


def test_the_checks_of_a_change_run_the_command_of_the_readme() -> None:
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"^test_command=\$\(grep -e '(.+)' README\.md\)$", checks, re.MULTILINE)
    assert pattern is not None
    lines = READMES[0].read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if pattern[1] in line] == [TESTS]


def rows_of_table(path: Path, first: str) -> list[list[str]]:
    """Return the rows of the table whose heading begins with a cell, without the heading."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_the_claims_shown_are_those_computed(readme: Path) -> None:
    lines = readme.read_text(encoding="utf-8").splitlines()
    heading = next(line for line in lines if line.startswith("| `insured_no`"))
    columns = re.findall(r"`(\w+)`", heading)
    visits, *registers = (pd.read_csv(EXAMPLES / f"{file}.csv", dtype=str) for file in FILES)
    claims = ct.compute_claims(visits, registers[0], registers[1]).claims
    claims = claims.set_index("insured_no", drop=False)
    rows = rows_of_table(readme, "`insured_no`")
    assert len(rows) == 3
    for row in rows:
        assert [str(claims.loc[row[0], column]) for column in columns] == row


@pytest.mark.parametrize(("readme", "heading"), [(READMES[0], "command"), (READMES[1], "コマンド")])
def test_the_readme_lists_every_command(readme: Path, heading: str) -> None:
    listed = [row[0].strip("`") for row in rows_of_table(readme, heading)]
    known = list(vars(get_command(app))["commands"])
    assert sorted(listed) == sorted(known)


SHARES: Final = {
    "months": {"all": "all", "most": "most", "some": "some"},
    "提供年月": {"all": "すべて", "most": "多くは", "some": "一部は"},
}


@pytest.mark.parametrize(("readme", "heading"), [(READMES[0], "months"), (READMES[1], "提供年月")])
def test_the_readme_says_what_is_bundled(readme: Path, heading: str) -> None:
    rows = rows_of_table(readme, heading)
    book = ct.load_code_book()
    spans = [re.findall(r"\d{4}-\d{2}", row[0]) for row in rows]
    assert (spans[0], spans[-1]) == (["2016-04", "2018-03"], ["2026-06"])
    months = [parse_month(month) for span in spans for month in span]
    assert [month_before(first) for first in months[2::2]] == months[1::2]
    assert book.months == [(months[0], OPEN_END)]
    for row, (first, *_) in zip(rows[1:], spans[1:], strict=True):
        codes = ct.load_codes(first).rows
        counts = [sum(one.kind == kind for one in codes) for kind in ("base", "addition", "rate")]
        told = re.findall(r"\d+", re.sub("[(（].*?[)）]", "", row[1]))
        assert [int(one) for one in told] == counts, row
        medium = sum(one.confidence == "medium" for one in codes)
        share = "all" if medium == len(codes) else "most" if 2 * medium > len(codes) else "some"
        assert f"{SHARES[heading][share]} `medium`" in row[1], row


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=name
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not urlsplit(target).scheme:
            assert (document.parent / target).exists(), target


# --- how it works -------------------------------------------------------------------------------


def test_the_rooms_told_are_those_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = [re.findall(r"\w+", layer) for layer in contract["contracts"][0]["layers"]]
    told = [re.findall(r"\w+", row[0]) for row in rows_of_table(DOCS / "how_it_works.md", "rooms")]
    known = [name for layer in layers for name in layer if name not in ("__main__", "version")]
    assert [name for row in told for name in row] == known
    assert set(map(frozenset, told[:-1])) <= set(map(frozenset, layers))


def test_the_modules_and_data_told_are_there() -> None:
    text = (DOCS / "how_it_works.md").read_text(encoding="utf-8")
    told = re.findall(r"`([\w/*]+\.(?:py|csv|md|po|ja\.md))`", text)
    assert len(told) > 40
    for path in told:
        top = ROOT / "src" / "chiiki_tsusho"
        found = [*top.glob(path), *ROOT.glob(path)]
        assert found, path


def test_the_changes_followed_pass_where_the_page_says() -> None:
    """The names that a newcomer is sent to look for stand in the modules told."""
    top = ROOT / "src" / "chiiki_tsusho"
    for module, names in {
        "columns.py": ["public_from"],
        "reading/cells.py": ["PARSERS"],
        "claims/claim_slices.py": ["public_from"],
        "claims/yen.py": ["class Settlement", "public_from", "self_paid_yen"],
        "problem_texts.py": ["plan_needed"],
        "claims/limit_rules.py": ["plan_needed"],
        "reports/page_rules.py": ["plan_needed"],
        "writing/table_writers.py": ["def formed"],
        "choices.py": ["FileFormat"],
    }.items():
        assert f"`{module}`" in (DOCS / "how_it_works.md").read_text(encoding="utf-8"), module
        for one in names:
            assert one in (top / module).read_text(encoding="utf-8"), (module, one)


def test_changes_on_purpose_are_of_code_that_stands() -> None:
    """What is said of a line that was rewritten since would excuse nothing, or the wrong thing."""
    settings = tomllib.loads((ROOT / ".ci" / "mutants.toml").read_text(encoding="utf-8"))
    top = ROOT / "src" / "chiiki_tsusho"
    for one in settings["equivalent"]:
        if "module" in one:
            lines = (top / one["module"]).read_text(encoding="utf-8").splitlines()
            assert one["before"] in [line.strip() for line in lines], one
    for group in settings["group"]:
        for module in group["modules"]:
            assert (top / module).is_file(), module
        for named in group["tests"]:
            file, _, test = named.removeprefix("--deselect=").partition("::")
            assert (ROOT / file).exists(), named
            assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), named


# --- glossary and columns ----------------------------------------------------------------------


def test_the_glossary_names_what_the_program_has() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    named: dict[str, set[str]] = {}
    for row in rows:
        for word in re.findall(r"`(\w+)`", row[2]):
            # 事業所（番号） is 事業所番号 with or without 番号.
            term = row[0].strip()
            terms = {re.sub("[（）]", "", term), re.sub("（.*）", "", term), *term.split("、")}
            named[word] = named.get(word, set()) | terms
    keys = {row.row.key for row in ct.load_code_book().rows if row.row.key}
    columns = [*(one for file in FILES.values() for one in file), *CLAIM_LINES, *CLAIMS]
    values = {*FILES, "day_care", "medical_day_care", "over_capacity", "understaffed", "addition"}
    values |= {"visit", "day", "one_way", "month", "claims", "claim_lines", "held_visits"}
    known = keys | {column.name for column in columns} | set(COLUMNS) | values
    assert set(named) - known == {"half_up", "floor_share"}
    assert keys <= set(named)
    for column in columns:
        assert column.heading in named[column.name], column.name


def test_the_columns_of_the_code_table_are_all_explained() -> None:
    rows = rows_of_table(DOCS / "revisions.md", "column")
    assert [column for row in rows for column in re.findall(r"`(\w+)`", row[0])] == list(COLUMNS)


# --- docstrings --------------------------------------------------------------------------------


def modules() -> list[str]:
    found = pkgutil.walk_packages(chiiki_tsusho.__path__, "chiiki_tsusho.")
    return ["chiiki_tsusho", *sorted(one.name for one in found if not one.name.endswith("__"))]


@pytest.mark.usefixtures("reader_folder")
def test_examples_of_docstrings() -> None:
    tried = 0
    for module in map(importlib.import_module, modules()):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = doctest.testmod(module, optionflags=DOCTEST_OPTIONS)
        assert result.failed == 0, said.getvalue()
        tried += result.attempted
    assert tried > 50


def test_every_public_function_has_an_example() -> None:
    for public in chiiki_tsusho.__all__:
        thing = getattr(chiiki_tsusho, public)
        if isinstance(thing, types.FunctionType):
            assert ">>> " in (thing.__doc__ or ""), public


def test_every_public_name_is_in_the_reference() -> None:
    told = (DOCS / "api.rst").read_text(encoding="utf-8")
    for public in chiiki_tsusho.__all__:
        found = re.findall(rf"^\.\. auto\w+:: chiiki_tsusho\.{public}$", told, re.MULTILINE)
        assert len(found) == 1, public


def test_documented_functions_are_lifted() -> None:
    """Only the cluster, whose library may not be there, is a module of its own."""
    told = re.findall(
        r"^\.\. auto\w+:: (\S+)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE
    )
    elsewhere = [name for name in told if name.removeprefix("chiiki_tsusho.") not in ct.__all__]
    assert elsewhere == [
        "chiiki_tsusho.cluster.compute_claims_dask", "chiiki_tsusho.cluster.DaskBatch",
    ]  # fmt: skip

"""Directives that write what the project knows of itself: columns, commands, rules, the table.

Every table on a page comes from the one place that the program itself uses, so a page cannot say
anything else than the program does. Each directive writes Markdown and lets the page's own parser
read it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pandas as pd
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from two_languages import is_japanese
from typer.main import get_command
from typer.testing import CliRunner

import chiiki_tsusho as ct
from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, FILES, HEADINGS, PROBLEMS, Column
from chiiki_tsusho.command_line.app import app as command_line
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.coverage import MARK_MEANINGS, MARKS, coverage
from chiiki_tsusho.months import OPEN_END, month_before, month_text
from chiiki_tsusho.problem_texts import RULES, TEXTS, rule_named

OUTPUTS = {"claim_lines": CLAIM_LINES, "claims": CLAIMS, "problems": PROBLEMS}
HELP_WIDTH = "88"
FILE_NAMES = {
    "visits": "実績ファイル",
    "providers": "事業所ファイル",
    "recipients": "利用者ファイル",
}
PER_WORDS = {
    "visit": "visit (回)",
    "day": "day (日)",
    "one_way": "way (片道)",
    "month": "month (月)",
}
PER_WORDS_JA = {"visit": "1回", "day": "1日", "one_way": "片道", "month": "1月"}
BASIS_WORDS_JA = {"base_lines": "所定単位数", "all_lines": "ほかのすべての単位数"}
BASIS_WORDS = {"base_lines": "the base units", "all_lines": "all other units"}


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Write a Markdown table."""
    cells = [list(headings)]
    cells += [["---"] * len(cells[0]), *(list(row) for row in rows)]
    return ["| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in cells]


class MarkdownDirective(SphinxDirective):
    """A directive whose content is Markdown made while the page is read."""

    @property
    def language(self) -> Language:
        """The language of the page."""
        return "ja" if is_japanese(self.env.docname) else "en"

    def markdown(self) -> list[str]:
        """Return the lines to read in the place of the directive."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Parse the lines as a part of the page."""
        return self.parse_text_to_nodes("\n".join(self.markdown()), allow_section_headings=True)


class InputColumns(MarkdownDirective):
    """``{input-columns} visits``: the columns of an input file."""

    required_arguments = 1

    def markdown(self) -> list[str]:
        """List name, 見出し, meaning."""
        return _columns_table(FILES[self.arguments[0]], self.language)


class OutputColumns(MarkdownDirective):
    """``{output-columns} claims``: the columns of an output file."""

    required_arguments = 1

    def markdown(self) -> list[str]:
        """List name, Japanese name, meaning."""
        return _columns_table(OUTPUTS[self.arguments[0]], self.language)


def _columns_table(columns: Iterable[Column], language: Language) -> list[str]:
    if language == "ja":
        return table(
            ["見出し", "英語の見出し", "内容"],
            [
                [
                    one.heading + ("<br>**必須**" if one.required else ""),
                    f"`{one.name}`",
                    one.meaning_ja,
                ]
                for one in columns
            ],
        )
    return table(
        ["column", "見出し", "value"],
        [
            [
                f"`{one.name}`" + ("<br>**required**" if one.required else ""),
                one.heading,
                one.meaning,
            ]
            for one in columns
        ],
    )


class Command(MarkdownDirective):
    """``{command} claim``: what ``chiiki-tsusho claim --help`` prints."""

    required_arguments = 1

    def markdown(self) -> list[str]:
        """Show the help text of a command."""
        _commands_told(self.env).add(self.arguments[0])
        return _help_block(self.arguments[0], self.language)


class OtherCommands(MarkdownDirective):
    """``{other-commands}``: the commands that no ``{command}`` above has shown."""

    def markdown(self) -> list[str]:
        """Show each with a heading of its own."""
        told = _commands_told(self.env)
        lines: list[str] = []
        for name in command_names():
            if name not in told:
                lines += [f"## {name}", "", *_help_block(name, self.language), ""]
        return lines


def _commands_told(env: BuildEnvironment) -> set[str]:
    told: set[str] = env.temp_data.setdefault("commands_told", set())  # type: ignore[assignment]
    return told


def command_names() -> list[str]:
    """Return the names of all commands, as the program lists them."""
    return list(getattr(get_command(command_line), "commands"))  # noqa: B009 (typed as Command)


def _help_block(name: str, language: Language) -> list[str]:
    done = CliRunner().invoke(
        command_line,
        [name, "--help"],
        prog_name="chiiki-tsusho",
        env={
            "TERMINAL_WIDTH": HELP_WIDTH,
            "COLUMNS": HELP_WIDTH,
            "NO_COLOR": "1",
            "LC_ALL": "ja_JP.UTF-8" if language == "ja" else "C.UTF-8",
        },
    )
    if done.exit_code:
        raise ExtensionError(f"chiiki-tsusho {name} --help: exit code {done.exit_code}")
    return ["```text", *done.stdout.strip().splitlines(), "```"]


@cache
def texts_of_rules() -> dict[str, list[str]]:
    """Return the wordings of each rule, as the code puts the two together."""
    source = "".join(path.read_text("utf-8") for path in Path(ct.__file__).parent.rglob("*.py"))
    pairs = re.findall(r'(?:Message|_refused)\(\s*"(\w+)",\s*"(\w+)"', source)
    pairs += [(rule, text) for text, rule in re.findall(r'BadCellError\("(\w+)", "(\w+)"', source)]
    ruled = {text: rule for rule, text in pairs} | {rule: rule for rule in RULES}
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    for text in TEXTS:
        # Every other wording is one of BadCellError, whose rule is bad_value.
        found[ruled.get(text, "bad_value")].append(text)
    return found


@cache
def _faulty_problems(folder: Path) -> dict[Language, pd.DataFrame]:
    """Compute the month with mistakes, in both languages."""
    visits, providers, recipients = (folder / f"faulty_{name}.csv" for name in FILES)
    languages: tuple[Language, ...] = ("en", "ja")
    with TemporaryDirectory() as target:
        return {
            one: claim_files(visits, target, providers, recipients, language=one).problems
            for one in languages
        }


class Rule(MarkdownDirective):
    """``{rule} bad_value``: an example of a rule and its wordings."""

    required_arguments = 1

    def markdown(self) -> list[str]:
        """Show a problem of the faulty example, then every wording."""
        rule = self.arguments[0]
        if rule not in RULES:
            raise self.error(f"{rule!r} is no rule; there are {', '.join(RULES)}")
        _rules_told(self.env, self.language).add(rule)
        texts = texts_of_rules()[rule]
        wordings = [
            f"- {_filled_in(TEXTS[one].say(self.language), self.language)}" for one in texts
        ]
        called = [] if self.language == "ja" else [f"In Japanese: {rule_named(rule, 'ja')}", ""]
        return [*called, *self._example(rule, texts), "", *wordings]

    def _example(self, rule: str, texts: list[str]) -> list[str]:
        folder = Path(self.env.srcdir).parent / "examples"
        problems = _faulty_problems(folder)[self.language]
        problems = problems[problems["rule"] == rule]
        if not len(problems):
            return []
        for message in problems["message"]:
            if not any(_pattern(TEXTS[one].say(self.language)).fullmatch(message) for one in texts):
                raise self.error(f"{rule}: none of its wordings fits {message!r}")
        first = problems.astype(object).to_dict("records")[0]
        japanese = self.language == "ja"
        place = FILE_NAMES[first["file"]] if japanese else str(first["file"])
        if not pd.isna(first["line"]):
            place += f" {first['line']}行目" if japanese else f", line {first['line']}"
        if first["column"]:
            heading = HEADINGS.get(first["column"], first["column"])
            place += f"「{heading}」" if japanese else f", `{first['column']}`"
        return [f"> {place}: {first['message']}"]


_BLANK = re.compile(r"\{(\w+)(?:![rs])?\}")


# What is filled into a Japanese wording; 値 where nothing better is named.
FACTS = {
    "between": "時刻から求めた分数", "choice": "選択肢", "choices": "選択肢", "claim": "請求",
    "claims": "請求または件数", "code": "コード", "column": "列", "condition": "条件",
    "content": "中の文字列", "count": "回数", "digit": "検証番号",
    "document": "資料", "end": "終了時刻",
    "entity": "番号", "era": "元号", "expected": "正しい形", "first": "最初の値",
    "fits": "対象のサービス", "found": "見つかった数", "group": "区分", "key": "加算",
    "keys": "加算", "last": "最後の値", "length": "桁数", "level": "要介護度", "limit": "限度額",
    "line": "行", "month": "年月", "months": "年月の範囲", "most": "上限", "named": "加算",
    "needed": "前提となる加算", "number": "数", "other": "もう一方", "plans": "計画単位数の合計",
    "range": "範囲の", "rest": "残りの割合", "service": "サービス", "session": "回",
    "start": "開始", "units": "単位数", "value": "入力の値", "weekday": "曜日",
    "without": "秒を除いた時刻",
}  # fmt: skip


def _filled_in(template: str, language: Language) -> str:
    """Write a wording with the names of what is filled in, in italics."""

    def named(found: re.Match[str]) -> str:
        return f"<em>{FACTS.get(found[1], '値')}</em>" if language == "ja" else f"*{found[1]}*"

    return _BLANK.sub(named, template)


def _pattern(template: str) -> re.Pattern[str]:
    """Make the pattern of the messages that a wording gives."""
    return re.compile(".*".join(re.escape(part) for part in _BLANK.split(template)[::2]), re.DOTALL)


def _rules_told(env: BuildEnvironment, language: Language) -> set[str]:
    told: set[str] = vars(env).setdefault(f"rules_told_{language}", set())
    return told


def _check_rules(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Refuse a page of problems that leaves a rule out."""
    del app
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        missing = [rule for rule in RULES if rule not in _rules_told(env, language)]
        if missing:
            raise ExtensionError(f"problems ({language}): leaves out {', '.join(missing)}")
    return []


class CoveredMonths(MarkdownDirective):
    """``{covered-months}``: the runs of months of the bundled table."""

    def markdown(self) -> list[str]:
        """List months, codes, additions, rates."""
        return table(
            ["months", "base codes", "additions", "ratios", "services"],
            [
                [
                    _span(first, last),
                    *(str(sum(row.kind == kind for row in rows)) for kind in _KINDS),
                    ", ".join(
                        f"`{service}`"
                        for service in ("day_care", "medical_day_care")
                        if any(row.kind == "base" and row.service == service for row in rows)
                    ),
                ]
                for first, last, rows in periods()
            ],
        )


_KINDS = ("base", "addition", "rate")


def periods() -> list[tuple[int, int, list[CodeRow]]]:
    """Return the bundled rows by the periods in which the same rows hold."""
    rows = [one.row for one in ct.load_code_book().rows]
    spans = sorted({(row.valid_from, row.valid_to) for row in rows if row.kind == "base"})
    starts = sorted({row.valid_from for row in rows})
    found = []
    for base_first, base_last in spans:
        firsts = [one for one in starts if base_first <= one <= base_last]
        lasts = [month_before(one) for one in firsts[1:]] + [base_last]
        found += [
            (first, last, [row for row in rows if row.valid_from <= first <= row.valid_to])
            for first, last in zip(firsts, lasts, strict=True)
        ]
    return found


def _span(first: int, last: int) -> str:
    return f"{_month(first)} on" if last == OPEN_END else f"{_month(first)} – {_month(last)}"


def _month(month: int) -> str:
    return f'<span class="month">{month_text(month)}</span>'


class CoverageTable(MarkdownDirective):
    """``{coverage}``: what the bundled table has, period by period."""

    def markdown(self) -> list[str]:
        """Put lengths of stay, additions and rates down, the periods across."""
        found = coverage(ct.load_code_book().rows)
        spans = [
            f"{_month(first)}<br>{'on' if last == OPEN_END else _month(last)}"
            for first, last in found.periods
        ]
        rows = [
            [
                f"`{one.name.say()}`" if one.kind != "base" else one.name.say(),
                *(MARKS[mark] for mark in one.marks),
            ]
            for one in found.subjects
        ]
        legend = ", ".join(f"{MARKS[mark]} {meaning}" for mark, meaning in MARK_MEANINGS.items())
        return [*table(["", *spans], rows), "", legend]


class Additions(MarkdownDirective):
    """``{additions} 2016-04``: the additions and ratios of a month, ``only`` those of a group."""

    required_arguments = 1
    option_spec: ClassVar = {"only": directives.unchanged_required}

    def markdown(self) -> list[str]:
        """List key, code and name, units or ratio, count, limits of use."""
        group = self.options.get("only")
        rows = [
            row
            for row in ct.load_codes(self.arguments[0]).rows
            if row.kind != "base" and group in (None, row.group)
        ]
        if self.language == "ja":
            return table(
                ["名称とコード", "キー", "単位数・割合", "算定単位", "備考"],
                [
                    [
                        f"{row.name}<br>{row.service_code}",
                        f"`{row.key}`",
                        _worth_ja(row),
                        PER_WORDS_JA[row.per],
                        "、".join(_notes_ja(row)),
                    ]
                    for row in rows
                ],
            )
        return table(
            ["key", "code and name", "units", "counted per", "notes"],
            [
                [
                    f"`{row.key}`",
                    f"{row.service_code} {row.name}",
                    _worth(row),
                    PER_WORDS[row.per],
                    "; ".join(_notes(row)),
                ]
                for row in rows
            ],
        )


def _worth(row: CodeRow) -> str:
    if row.kind == "addition":
        return f"{row.units:+d}".replace("-", "−")
    ratio = f"{row.per_mille} ‰".replace("-", "−")
    return f"{ratio} of {BASIS_WORDS.get(str(row.rate_of), f'`{row.rate_of}`')}"


def _notes(row: CodeRow) -> Iterable[str]:
    if row.service != "both":
        yield f"`{row.service}` only" if row.service == "medical_day_care" else "`day_care` only"
    if row.max_per_visit and row.max_per_visit > 1:
        yield f"up to {row.max_per_visit} a visit"
    if row.max_per_month:
        yield f"up to {row.max_per_month} a month"
    if row.yields:
        yield "gives way to " + ", ".join(f"`{key}`" for key in row.yields)
    if row.group:
        yield f"one of `{row.group}`"
    if not row.limit_managed:
        yield "outside the limit"
    if row.needed:
        yield "only with " + ", ".join(f"`{key}`" for key in row.needed)
    if row.excluded:
        yield "not with " + ", ".join(f"`{key}`" for key in row.excluded)
    if row.confidence == "medium":
        yield "medium"


def _worth_ja(row: CodeRow) -> str:
    if row.kind == "addition":
        return f"{row.units:+d}単位".replace("-", "−")
    basis = BASIS_WORDS_JA.get(str(row.rate_of), f"`{row.rate_of}`")
    return f"{basis}の{row.per_mille}/1000".replace("-", "−")


def _notes_ja(row: CodeRow) -> Iterable[str]:
    """Name the limits of use that matter to who fills a column in."""
    if row.max_per_visit and row.max_per_visit > 1:
        yield f"1回に{row.max_per_visit}まで"
    if row.max_per_month:
        yield f"月{row.max_per_month}回まで"
    if row.group:
        yield "同じ区分の加算は一つだけ"
    if not row.limit_managed:
        yield "限度額管理対象外"
    if row.needed:
        yield "ほかの加算とともにだけ算定"
    if row.excluded:
        yield "同時に算定できない加算あり"
    if row.confidence == "medium":
        yield "資料1件のみで確認"


class BaseUnits(MarkdownDirective):
    """``{base-units} 2016-04``: units by duration and care level."""

    required_arguments = 1
    option_spec: ClassVar = {"shortfall": directives.unchanged_required}

    def markdown(self) -> list[str]:
        """Write the durations down and the care levels across."""
        month, lack = self.arguments[0], self.options.get("shortfall")
        bands: dict[tuple[int, int], dict[int, CodeRow]] = {}
        for row in ct.load_codes(month).rows:
            if row.kind == "base" and row.service == "day_care" and row.shortfall == lack:
                band = (row.minutes_from or 0, row.minutes_to or 0)
                bands.setdefault(band, {})[row.care_level or 0] = row
        return table(
            ["stay", *(f"要介護{level}" for level in range(1, 6))],
            [
                [_hours(*band), *(_unit_cell(levels.get(level)) for level in range(1, 6))]
                for band, levels in sorted(bands.items())
            ],
        )


def _hours(first: int, last: int) -> str:
    return f"{first // 60} – {last // 60} h"


def _unit_cell(row: CodeRow | None) -> str:
    if row is None:
        return ""
    return f"{row.units:,}<br><small>{row.service_code}</small>"


def _copy_notebook(app: Sphinx) -> None:
    """Lay the example month beside the pages, where its notebook can be run."""
    examples, target = Path(app.srcdir).parent / "examples", Path(app.srcdir) / "_month"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in (*examples.glob("*.csv"), *examples.glob("*.ipynb")):
        shutil.copyfile(path, target / path.name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, directive in {
        "input-columns": InputColumns,
        "output-columns": OutputColumns,
        "command": Command,
        "other-commands": OtherCommands,
        "rule": Rule,
        "covered-months": CoveredMonths,
        "coverage": CoverageTable,
        "additions": Additions,
        "base-units": BaseUnits,
    }.items():
        app.add_directive(name, directive)
    app.connect("builder-inited", _copy_notebook)
    app.connect("env-updated", _check_rules)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

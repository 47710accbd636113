"""A comparison as one page to read, send and print: HTML without script and without network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from chiiki_tsusho.columns import CLAIMS, COMPARED, COMPARISON, Column
from chiiki_tsusho.errors import known_language
from chiiki_tsusho.html_pages import page_facts, templates
from chiiki_tsusho.language import Language, Name, Sayable, Text
from chiiki_tsusho.problem_texts import TITLES
from chiiki_tsusho.problems import place_text
from chiiki_tsusho.reports.comparison import Comparison
from chiiki_tsusho.reports.comparison_text import (
    codes_listed,
    figure,
    largest,
    side_names,
    signed,
)
from chiiki_tsusho.reports.page import TEMPLATES
from chiiki_tsusho.reports.page_words import visible
from chiiki_tsusho.whole_files import write_whole

COMPARISON_PAGE = "comparison.html"
# More rows are in the CSVs.
_ROWS_SHOWN = 50
_MESSAGE_CHARACTERS = 600
_BLANK = "–"
_LISTS = {
    "by_provider": Text("by provider"),
    "by_insurer": Text("by insurer"),
    "by_care_level": Text("by care level"),
}
_WORDS: dict[str, Sayable] = {
    "title": Text("The same visits under two tables"),
    "total": Text("total"),
    "figure": Text("figure"),
    "difference": Text("difference"),
    "per_cent": Text("per cent"),
    "by_code": Text("by code"),
    "claims": Name("claims", "請求件数"),
    "claims_compared": Text("claims compared"),
    "claims_left_out": Text("claims left out"),
    "visits_compared": Text("visits compared"),
    "visits_left_out": Text("visits left out"),
    "left_out": Text("left out"),
    "more": Text("more"),
    "fewer": Text("fewer"),
    "gaining": Text("claims with more units"),
    "losing": Text("claims with fewer units"),
    "unchanged": Text("claims with as many units"),
    "largest": Text("the largest differences"),
    "without_code": Text("rows without a code or row in a table, by what is lacking"),
    "table": Text("table"),
    "rows": Text("rows"),
    "file": Text("file"),
    "cure": Text("what is lacking, and what to do"),
    "other_problems": Text("other errors and warnings"),
    "rule": Text("rule"),
    "message": Text("what is wrong, and what to do"),
    "count_a": Text("count A"),
    "count_b": Text("count B"),
    "nothing": Text("None."),
}


def write_comparison(comparison: Comparison, path: str | Path, language: Language = "en") -> Path:
    """Write a page about a comparison.

    Parameters
    ----------
    comparison : Comparison
        Its messages should be in the same language.
    path : path-like
        The page; one that is there is replaced.
    language : {"en", "ja"}

    Raises
    ------
    OutputError
        The page cannot be written; what was there is still there.
    ChiikiTsushoError
        The language is unknown.
    """
    known_language(language)
    write_whole(path, page_of(comparison, language))
    return Path(path)


def page_of(comparison: Comparison, language: Language) -> str:
    """Return what ``write_comparison`` writes."""
    environment = templates(TEMPLATES)
    a, b = side_names(comparison)
    codes_title, codes = codes_listed(comparison.by_code, _ROWS_SHOWN)
    return environment.get_template("comparison.html").render(
        **page_facts(TEMPLATES / "report.css"),
        language=language,
        say={name: text.say(language) for name, text in _WORDS.items()},
        a=a,
        b=b,
        names={"a": a, "b": b, "both": f"{a}, {b}"},
        total=comparison.total.iloc[0],
        amounts=[(name, _named(name, language)) for name in COMPARED],
        lists=[_list(name, getattr(comparison, name), language) for name in _LISTS],
        codes=codes,
        codes_title=codes_title.say(language),
        reasons=comparison.reasons.head(_ROWS_SHOWN).to_dict("records"),
        problems=comparison.other_problems.head(_ROWS_SHOWN).to_dict("records"),
        number=partial(figure, blank=_BLANK),
        titled=_title,
        signed=partial(signed, blank=_BLANK),
        visible=visible,
        file_of=lambda file, line=None: place_text(file, _line(line), "", language),
        title_of=lambda rule: TITLES[rule].say(language),
        message=lambda text: visible(text, _MESSAGE_CHARACTERS),
    )


def _list(name: str, sums: pd.DataFrame, language: Language) -> dict[str, Any]:
    first = COMPARISON[name][0]
    return {
        "id": name,
        "title": _LISTS[name].say(language),
        "of": _heading(first, language),
        "key": first.name,
        "rows": largest(sums, "total_units_difference", _ROWS_SHOWN),
        "all": len(sums),
        "left_out": "claims_left_out" in sums,
    }


def _named(name: str, language: Language) -> str:
    (column,) = (one for one in CLAIMS if one.name == name)
    return _heading(column, language)


def _heading(column: Column, language: Language) -> str:
    return Name(column.name.replace("_", " "), column.heading).say(language)


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _line(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)

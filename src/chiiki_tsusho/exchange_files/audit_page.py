"""An audit as one page to read and print: HTML without script and without network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.exchange_files.headings import HEADINGS
from chiiki_tsusho.html_pages import page_facts, templates
from chiiki_tsusho.language import Language, Sayable, Text
from chiiki_tsusho.whole_files import PRIVATE, write_whole

if TYPE_CHECKING:
    import pandas as pd

_TEMPLATES = Path(__file__).resolve().parent / "templates_html"
# A page of more rows is read by nobody; the table has all of them.
ROWS_SHOWN = 500
_ROW_COLUMNS = (
    "file", "line", "insurer_no", "insured_no", "item", "heading", "found", "expected",
    "return_code", "message",
)  # fmt: skip
# Columns that may be broken over lines, and how wide they are at least.
_CLASSES = {"file": "wrap", "heading": "wrap", "expected": "wrap", "message": "words"}
_FILE_COLUMNS = (
    Text("file"), Text("lines of the file"), Text("other lines"), Text("statements"), Text("units"),
    Text("cost, yen"), Text("insurance, yen"), Text("public funds, yen"),
)  # fmt: skip
_RULE_COLUMNS = (Text("return code"), Text("how often"), Text("what to do"))


def write_audit_page(
    files: Sequence[object],
    findings: pd.DataFrame,
    hints: pd.DataFrame,
    summary: Sayable,
    path: str | Path,
    language: Language,
) -> Path:
    """Write an audit as a page.

    Parameters
    ----------
    files : sequence of object
        What each file comes to, in the order of its columns.
    findings, hints : DataFrame
        The findings and hints of the audit.
    summary : Sayable
        The line above all.
    path : path-like
    language : {"en", "ja"}

    Raises
    ------
    OutputError
        The page cannot be written; what was there is still there.
    """
    page = (
        templates(_TEMPLATES)
        .get_template("audit.html")
        .render(
            **page_facts(_TEMPLATES / "audit.css"),
            language=language,
            summary=summary.say(language),
            say={
                "title": Text("Audit of claim files").say(language),
                "files": Text("Files").say(language),
                "none": Text("none").say(language),
                "file_columns": [one.say(language) for one in _FILE_COLUMNS],
                "rule_columns": [one.say(language) for one in _RULE_COLUMNS],
                "columns": [HEADINGS[one] if language == "ja" else one for one in _ROW_COLUMNS],
            },
            classes=[_CLASSES.get(one, "") for one in _ROW_COLUMNS],
            files=[tuple(vars(one).values()) for one in files],
            parts=[
                _part("findings", Text("Findings"), findings, language),
                _part("hints", Text("To look at"), hints, language),
            ],
        )
    )
    # It names insured persons by their numbers.
    write_whole(path, page, mode=PRIVATE)
    return Path(path)


def _part(id_: str, title: Text, found: pd.DataFrame, language: Language) -> dict[str, Any]:
    grouped = found.groupby(["rule", "return_code", "message"], sort=False, observed=True)
    counts = grouped.size().rename("count").reset_index()
    shown = found.head(ROWS_SHOWN)[list(_ROW_COLUMNS)].astype(object)
    left = len(found) - len(shown)
    return {
        "id": id_,
        "title": title.say(language),
        "rules": counts.to_dict("records"),
        "rows": shown.where(shown.notna(), "").to_numpy().tolist(),
        "more": Text("… and {more:,} more", more=left).say(language) if left else "",
    }

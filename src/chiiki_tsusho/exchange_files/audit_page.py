"""An audit as one page to read and print: HTML without script and without network."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.exchange_files.findings import HEADINGS
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.version import __version__
from chiiki_tsusho.whole_files import PRIVATE, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.exchange_files.audit import Audit

_TEMPLATES = Path(__file__).resolve().parent / "templates_html"
# A page of more rows is read by nobody; the table has all of them.
ROWS_SHOWN = 500
_ROW_COLUMNS = (
    "file", "line", "insurer_no", "insured_no", "item", "heading", "found", "expected",
    "return_code", "message",
)  # fmt: skip
_FILE_COLUMNS = (
    Text("file"), Text("lines"), Text("other lines"), Text("statements"), Text("units"),
    Text("cost, yen"), Text("insurance, yen"), Text("public funds, yen"),
)  # fmt: skip
_RULE_COLUMNS = (Text("kind"), Text("return code"), Text("lines"), Text("what to do"))
_TITLE = Text("Audit of claim files")


def write_audit_page(audit: Audit, path: str | Path, language: Language) -> Path:
    """Write an audit as a page.

    Raises
    ------
    OutputError
        The page cannot be written; what was there is still there.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The package's own style sheet is the one text that is not escaped; its digest is the only
    # style that the page's policy allows, and script it allows none.
    style = (_TEMPLATES / "audit.css").read_text(encoding="utf-8")
    page = environment.get_template("audit.html").render(
        language=language,
        version=__version__,
        style=Markup(style),
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        summary=audit.summary.say(language),
        say={
            "title": _TITLE.say(language),
            "files": Text("Files").say(language),
            "none": Text("none").say(language),
            "file_columns": [one.say(language) for one in _FILE_COLUMNS],
            "rule_columns": [one.say(language) for one in _RULE_COLUMNS],
            "columns": [HEADINGS[one] if language == "ja" else one for one in _ROW_COLUMNS],
        },
        files=[tuple(vars(one).values()) for one in audit.files],
        parts=[
            _part("findings", Text("Findings"), audit.findings, language),
            _part("hints", Text("To look at"), audit.hints, language),
        ],
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

"""What all HTML pages of the package share: templates, and the one style that each may use."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.version import __version__

if TYPE_CHECKING:
    import jinja2


@cache
def templates(folder: Path) -> jinja2.Environment:
    """Return the templates of a folder; whatever goes into them is escaped."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_facts(style_sheet: Path) -> dict[str, Any]:
    """Return what the head of a page takes: the version, the style, and the digest of the style.

    The package's own style sheet is the one text that is not escaped. Its digest is the only style
    that the page's policy allows; script it allows none.
    """
    from markupsafe import Markup

    style = style_sheet.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {"version": __version__, "style": Markup(style), "digest": digest}

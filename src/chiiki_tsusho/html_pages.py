"""What all HTML pages of the package share: templates, and the one style that each may use."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.language import without_controls
from chiiki_tsusho.version import __version__

if TYPE_CHECKING:
    import jinja2


_SETTINGS: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}


def _visible(value: object) -> object:
    """Show what of a text no reader would see; markup is the package's own."""
    return without_controls(value) if type(value) is str else value


@cache
def templates(folder: Path) -> jinja2.Environment:
    """Return the templates of a folder; whatever goes into them is escaped, controls too.

    To compile them takes longer than to write a page. What was compiled when the package was built
    is taken where it was made of these very texts.
    """
    import jinja2

    compiled = compiled_folder(folder)
    if compiled.is_dir():
        return _environment(jinja2.ModuleLoader(compiled))
    return _environment(jinja2.FileSystemLoader(folder))


def compile_templates(folder: Path) -> list[Path]:
    """Compile the templates of a folder into modules of Python; return what is there then."""
    import jinja2

    target = compiled_folder(folder)
    if not target.is_dir():
        # Another process may be doing the same: the folder is there whole or not at all.
        own = folder / f"compiling-{os.getpid()}"
        try:
            _environment(jinja2.FileSystemLoader(folder)).compile_templates(
                own, extensions=["html"], zip=None, ignore_errors=False
            )
            target.parent.mkdir(exist_ok=True)
            own.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(own, ignore_errors=True)
    for former in set(target.parent.iterdir()) - {target}:
        shutil.rmtree(former, ignore_errors=True)
    return sorted(target.glob("*.py"))


def compiled_folder(folder: Path) -> Path:
    """Return where the compiled templates of a folder are, named by all they are made of."""
    from importlib.metadata import version

    made_of: list[object] = [version("jinja2"), _SETTINGS, _visible.__name__]
    made_of += [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.html"))]
    return folder / "compiled" / hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]


def _environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, finalize=_visible, **_SETTINGS
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

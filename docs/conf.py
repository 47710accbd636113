"""How the documents are built: ``sphinx-build -W --keep-going -n docs docs/_build/html``."""

from __future__ import annotations

import sys
from pathlib import Path

from chiiki_tsusho import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "chiiki-tsusho"
author = "the chiiki-tsusho contributors"
copyright = "the chiiki-tsusho contributors, Apache License 2.0"  # noqa: A001 (Sphinx's name)
version = release = __version__
language = "en"

extensions = [
    "myst_nb",
    "numpydoc",
    "project_facts",
    "source_signatures",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "two_languages",
]
exclude_patterns = ["_build", "_ext", "_templates", "jupyter_execute"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120

autodoc_member_order = "bysource"
# Shapes, units and meanings stand in the Parameters of each docstring.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

nitpicky = True
# Types of Python and of other libraries: their documents are elsewhere, and pages load nothing.
nitpick_ignore_regex = [
    ("py:class", r"(pd|np|npt|dt|pa|dd|pandas|numpy|datetime|pathlib|collections)\..*"),
    ("py:class", r"date|datetime|([\w.]+\.)?[A-Z]\w*(\[str)?"),
]
# Quotation marks in messages are shown as the program prints them.
smartquotes = False
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

html_search_language = "en_ja"
templates_path = ["_templates"]
html_theme = "furo"
html_title = f"chiiki-tsusho {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
# Japanese faces first: kanji in an English page would otherwise be drawn as Chinese ones.
_FONTS = '"Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans JP", Meiryo, sans-serif'
html_theme_options = {
    "light_css_variables": {
        "font-stack": f"-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, {_FONTS}",
        "font-stack--headings": f"-apple-system, 'Segoe UI', Roboto, {_FONTS}",
        "font-stack--monospace": (
            'SFMono-Regular, Menlo, Consolas, "Liberation Mono", "Noto Sans Mono CJK JP", monospace'
        ),
        "color-brand-primary": "#1d6b57",
        "color-brand-content": "#1d6b57",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc9b3",
        "color-brand-content": "#7cc9b3",
    },
}

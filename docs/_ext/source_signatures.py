"""Signatures with their types as the source writes them: ``visits: Input``, not a union of six.

Evaluated types would spell out every alias of our own and of NumPy. What the aliases mean is told
once, at the end of the API page.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

_ANNOTATED = re.compile(r"Annotated\[(\w+), .*?\)\]")


def written(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str, returns: str
) -> tuple[str, str] | None:
    """Return the parameters and the result of a function or class as they stand in the source."""
    del app, name, options, returns
    if not signature or what not in ("function", "method", "class", "exception"):
        return None
    found = inspect.signature(thing)
    model = isinstance(thing, type) and issubclass(thing, BaseModel)
    parameters = []
    for one in found.parameters.values():
        # A bound first parameter, and fields that are nobody's business.
        if (what == "method" and one.name == "self") or one.name.startswith("_"):
            continue
        if model:
            text = str(inspect.get_annotations(thing)[one.name])
            one = one.replace(annotation=_ANNOTATED.sub(r"\1", text))
        parameters.append(one)
    found = found.replace(parameters=parameters)
    shown = stringify_signature(found, show_return_annotation=False)
    result = found.return_annotation
    if what in ("class", "exception") or result is inspect.Signature.empty:
        return shown, ""
    return _own_alias(shown), str(result)


def _own_alias(text: str) -> str:
    """Name the input of duties as that of claims: it is the same."""
    return re.sub(r"\bGiven\b", "Input", text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of the signatures that autodoc has evaluated."""
    app.connect("autodoc-process-signature", written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Public functions and classes whose arguments are checked against their own annotations.

Who gives a number for a path, or nothing for a table, is told which argument is wrong and what it
may be, wherever it would have come to light. What has a reading of its own (tables of any library,
months) is checked where it is read.
"""

from __future__ import annotations

import ast
import inspect
from collections import abc
from collections.abc import Callable, Hashable
from datetime import date, datetime
from functools import cache, reduce, wraps
from numbers import Integral
from os import PathLike, fspath
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

import numpy as np

from chiiki_tsusho.errors import known_language, wrong_kind
from chiiki_tsusho.language import LANGUAGES
from chiiki_tsusho.records import record

Check = Callable[[Any], bool]


@record
class Kinds:
    """What an argument may be: as it is written, and whether something is that."""

    text: str
    check: Check


Public = TypeVar("Public", bound=Callable[..., Any])


def checked_call(public: Public) -> Public:
    """Check the arguments of a function, or of what makes the objects of a class.

    The wrapped function raises a ``ChiikiTsushoError`` that names the argument, what was expected
    and the type of what was given.
    """
    if isinstance(public, type):
        made = cast("Any", public)
        made.__init__ = _checked(made.__init__)
        return public
    return cast("Public", _checked(public))


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        checks = _checks(function)
        for name, value in zip(checks, args, strict=False):
            _refuse(name, checks[name], value)
        for name, value in named.items():
            if name in checks:
                _refuse(name, checks[name], value)
        return function(*args, **named)

    return call


def _refuse(name: str, kinds: Kinds, value: Any) -> None:
    if kinds.check(value):
        return
    if kinds.text.startswith("Language"):
        known_language(value)
    raise wrong_kind(name, kinds.text, value)


@cache
def _checks(function: Callable[..., Any]) -> dict[str, Kinds]:
    """Return what each parameter may be, in order."""
    return {
        name: _kinds(function.__annotations__.get(name), function.__globals__)
        for name in inspect.signature(function).parameters
    }


def _kinds(annotation: object, known: dict[str, Any]) -> Kinds:
    if not isinstance(annotation, str):
        return Kinds("", _passes)
    tree = _WithChoices(known).visit(ast.parse(annotation, mode="eval")).body
    return Kinds(ast.unparse(tree), _check(tree, known))


class _WithChoices(ast.NodeTransformer):
    """Write the choices of a literal type instead of its name; that of languages stays."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        kind = self.known.get(node.id)
        if get_origin(kind) is not Literal or node.id == "Language":
            return node
        choices: list[ast.expr] = [ast.Constant(one) for one in get_args(kind)]
        return reduce(lambda one, other: ast.BinOp(one, ast.BitOr(), other), choices)


def _check(kinds: ast.expr, known: dict[str, Any]) -> Check:
    """Make the check of an annotation; what it cannot tell passes."""
    if isinstance(kinds, ast.BinOp):
        one, other = _check(kinds.left, known), _check(kinds.right, known)
        return lambda value: one(value) or other(value)
    if isinstance(kinds, ast.Constant):
        # A choice that there is not is refused by who knows what each is for.
        return _PLAIN["str"] if isinstance(kinds.value, str) else _is_none
    if isinstance(kinds, ast.Subscript):
        return _check_of_many(kinds, known)
    if isinstance(kinds, ast.Attribute):
        assert isinstance(kinds.value, ast.Name)
        return _PLAIN.get(kinds.attr) or _named(kinds.attr, _MODULES.get(kinds.value.id, ""))
    assert isinstance(kinds, ast.Name)
    return _PLAIN.get(kinds.id) or _check_of_type(kinds.id, known.get(kinds.id))


def _check_of_many(kinds: ast.Subscript, known: dict[str, Any]) -> Check:
    """Check a collection and each thing in it; one that can be gone through once, as itself."""
    container = kinds.value
    if isinstance(container, ast.Attribute):
        return _named("ndarray" if container.attr == "NDArray" else container.attr)
    assert isinstance(container, ast.Name)
    kind = getattr(abc, container.id, None) or _CONTAINERS[container.id]
    inner = kinds.slice.elts[0] if isinstance(kinds.slice, ast.Tuple) else kinds.slice
    one = _check(inner, known)

    def check(value: Any) -> bool:
        if not isinstance(value, kind) or isinstance(value, (str, bytes)):
            return False
        try:
            return not isinstance(value, abc.Collection) or all(map(one, value))
        except TypeError:  # an array of no dimension
            return False

    return check


def _check_of_type(name: str, kind: Any) -> Check:
    # A class of some type is checked as the class.
    if isinstance(get_origin(kind), type) and get_origin(kind) is not UnionType:
        kind = get_origin(kind)
    if isinstance(kind, (type, UnionType)):
        try:
            isinstance(None, kind)
        except TypeError:
            return _passes
        return lambda value: isinstance(value, kind)
    return _passes if kind is not None or name in _READ_ELSEWHERE else _named(name)


def _named(name: str, library: str = "") -> Check:
    """Check the type by its name alone: its library may be one that takes its time to load."""

    @cache
    def is_of(kind: Any) -> bool:
        homes = [one.__module__.partition(".")[0] for one in kind.__mro__ if one.__name__ == name]
        return library in homes if library else bool(homes)

    return lambda value: is_of(cast("Hashable", type(value)))


def _is_path(value: Any) -> bool:
    """Say whether something stands for a path of text, as all paths here are."""
    try:
        return isinstance(value, PathLike) and isinstance(fspath(value), str)
    except Exception:  # what the object itself raises
        return False


def _is_none(value: Any) -> bool:
    return value is None


def _passes(_value: Any) -> bool:
    return True


# Each under the name that annotations have for it. What is not a time (NaT) is unlike itself.
_PLAIN: dict[str, Check] = {
    "str": lambda value: isinstance(value, str),
    # NumPy counts a length of time among whole numbers.
    "int": lambda value: (
        isinstance(value, Integral) and not isinstance(value, (bool, np.timedelta64))
    ),
    "bool": lambda value: isinstance(value, (bool, np.bool_)),
    "Path": _is_path,
    "date": lambda value: isinstance(value, date) and value == value,
    "datetime": lambda value: isinstance(value, datetime) and value == value,
    "Language": lambda value: isinstance(value, str) and value in LANGUAGES,
    "Progress": callable,
    "Sayable": lambda value: hasattr(value, "say"),
}
# Libraries under the names that they are imported by.
_MODULES = {"pd": "pandas", "pa": "pyarrow"}
_CONTAINERS = {"dict": dict, "list": list, "tuple": tuple}
_READ_ELSEWHERE = ("FileInput", "Given", "Input", "MonthLike")

"""Records: frozen dataclasses that are quick to define.

``dataclass(frozen=True)`` writes and compiles six functions for each class, half a millisecond in
all; a command defines a hundred classes before it reads a row. Here all classes share the six.
All else is as with dataclasses, ``field`` and ``replace`` too. A class that is public stays one of
those, for its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache, partial
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

AnyClass = TypeVar("AnyClass")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[AnyClass]) -> type[AnyClass]:
    """Make a class a frozen dataclass."""
    # It has a docstring of its own, or ``dataclass`` would look for a signature to show there.
    assert cls.__doc__
    dataclass(init=False, repr=False, eq=False)(cls)
    for name, function in _SHARED.items():
        if name not in vars(cls):
            setattr(cls, name, function)
    return cls


class ByContent:
    """A dataclass with tables in it: two are equal where all their fields are, and have no hash."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(map(_same_content, _values(self), _values(other)))

    # Its tables can be changed.
    __hash__ = None  # type: ignore[assignment]


def _same_content(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    # Tables and arrays answer a plain comparison cell by cell, or not at all.
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    if hasattr(one, "shape"):
        return one.shape == other.shape and bool((one == other).all())
    return bool(one == other)


def _init(self: Any, *values: Any, **named: Any) -> None:
    names = self.__match_args__
    if not named and len(values) == len(names):
        self.__dict__.update(zip(names, values, strict=True))
    else:
        self.__dict__.update(_given(type(self), values, named))
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _given(cls: Any, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Return the value of each field, in the order of the fields, as ``vars`` shows them."""
    names = cls.__match_args__
    given = dict(zip(names, values, strict=False))
    if len(values) > len(names) or not named.keys().isdisjoint(given):
        raise TypeError(f"{cls.__name__} was given a value twice, or one too many")
    given |= named
    if len(given) != len(names):
        for name, default in _defaults(cls).items():
            if name not in given:
                given[name] = default()
    if given.keys() != set(names):
        wrong = ", ".join(sorted(given.keys() ^ set(names)))
        raise TypeError(f"{cls.__name__} lacks a value or has no such field: {wrong}")
    return {name: given[name] for name in names}


@cache
def _defaults(cls: Any) -> dict[str, Callable[[], Any]]:
    """Return what makes the default of each field that has one."""
    made: dict[str, Callable[[], Any]] = {}
    for one in fields(cls):
        if one.default is not MISSING:
            made[one.name] = partial(_same, one.default)
        elif one.default_factory is not MISSING:
            made[one.name] = one.default_factory
    return made


def _same(default: Any) -> Any:
    return default


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


@cache
def _compared(cls: type) -> Callable[[Any], Any]:
    """Return what gives the values of a record by which it is compared."""
    return attrgetter(*(one.name for one in fields(cls) if one.compare))


def _values(self: Any) -> Any:
    return _compared(self.__class__)(self)


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _setattr(_self: Any, name: str, _value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_SHARED = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}

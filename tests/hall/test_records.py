"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from chiiki_tsusho.records import record


@dataclass(frozen=True)
class Usual:
    name: str
    size: int = 3
    marks: list[int] = field(default_factory=list, compare=False)
    text: str = field(default="", repr=False)


@record
class Quick:
    """A record."""

    name: str
    size: int = 3
    marks: list[int] = field(default_factory=list, compare=False)
    text: str = field(default="", repr=False)

    @cached_property
    def loud(self) -> str:
        return f"{self.name}!"


@record
class Longer(Quick):
    """A record."""

    more: int = 0

    def __repr__(self) -> str:
        return "its own"


@record
class Checked:
    """A record."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative")


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 1, [2], "b"), {}),
    (("a",), {"text": "b", "size": 0}),
    ((), {"text": "b", "name": "a"}),
]


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_a_record_is_as_a_dataclass(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    one, usual = Quick(*values, **named), Usual(*values, **named)
    of_another_class: object = usual
    assert vars(one) == vars(usual)
    assert list(vars(one)) == list(vars(usual))
    assert repr(one) == repr(usual).replace("Usual", "Quick")
    assert hash(one) == hash(usual)
    assert one != of_another_class
    assert one == Quick(*values, **named)
    assert [each.name for each in fields(one)] == [each.name for each in fields(usual)]


def test_records_are_compared_by_their_fields() -> None:
    assert Quick("a", marks=[1]) == Quick("a", marks=[2])
    assert Quick("a") != Quick("a", 4)
    assert len({Quick("a"), Quick("a"), Quick("b")}) == 2
    # One of another class is another one, though it says the same.
    assert Longer("a") != Quick("a")


@pytest.mark.parametrize(
    ("values", "named", "said"),
    [
        ((), {}, "Quick lacks a value or has no such field: name"),
        (("a",), {"colour": 1}, "Quick lacks a value or has no such field: colour"),
        (("a", 1, [], ""), {"colour": 1}, "has no such field: colour"),
        (("a",), {"name": "b"}, "given a value twice"),
        (("a", 1, [], "", 5), {}, "one too many"),
    ],
)
def test_what_is_no_call_of_a_record_is_refused(
    values: tuple[Any, ...], named: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError):
        Usual(*values, **named)
    with pytest.raises(TypeError, match=said):
        Quick(*values, **named)


def test_a_record_does_not_change() -> None:
    one = Quick("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.marks is not Quick("a").marks


def test_a_record_says_what_it_is() -> None:
    class Silent:
        size: int

    with pytest.raises(AssertionError):
        record(Silent)


def test_what_is_made_of_a_record() -> None:
    one = Quick("a", 1, [2])
    assert replace(one, size=5) == Quick("a", 5, [2])
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == copy.deepcopy(one) == one
    assert one.loud == "a!"
    assert repr(Longer("a", more=1)) == "its own"
    assert Longer("a", more=1).more == 1
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)

"""Work on several cores: the caller works too, and results come in the order of the items."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.reading.threads import in_order

LONG = 30


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(items: list[int], workers: int) -> None:
    pause = threading.Event()

    def work(item: int) -> int:
        pause.wait(item / 2000)
        return item * item

    assert list(in_order(items, work, workers)) == [item * item for item in items]


def test_the_caller_works_on_what_nobody_has_begun() -> None:
    """The one thread there is waits for what comes behind it."""
    second, at = threading.Event(), dict[int, int]()

    def work(item: int) -> bool:
        at[item] = threading.get_ident()
        if item == 1:
            second.set()
        return second.wait(LONG)

    assert list(in_order(range(3), work, workers=2)) == [True] * 3
    assert at[1] == threading.get_ident() != at[0]


def test_few_items_are_taken_ahead() -> None:
    taken, done = 0, 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for _ in in_order(items(), str, workers=3):
        assert taken - done <= 4
        done += 1
    assert done == 50


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_an_error_is_raised_in_its_turn(failing: int) -> None:
    pause = threading.Event()

    def work(item: int) -> int:
        if item == failing:
            raise ValueError(item)
        # What is before it may take longer.
        pause.wait(0.01 * (item < failing))
        return item

    results, got = in_order(range(4), work, workers=2), list[int]()
    with pytest.raises(ValueError, match=f"^{failing}$"):
        got.extend(results)
    assert got == list(range(failing))


def test_an_interrupt_of_the_caller_is_not_kept_for_later() -> None:
    caller, stopped = threading.get_ident(), threading.Event()

    def work(item: int) -> int:
        if threading.get_ident() == caller:
            stopped.set()
            raise KeyboardInterrupt
        assert stopped.wait(LONG)
        return item

    results = in_order(range(9), work, workers=2)
    with pytest.raises(KeyboardInterrupt):
        next(results)

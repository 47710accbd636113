"""Work on several cores, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# NumPy and Arrow let go of the interpreter while they work; more threads only wait for it.
WORKERS = min(4, os.cpu_count() or 1)
_workers: ContextVar[int] = ContextVar("workers", default=WORKERS)


@contextmanager
def on_one_core() -> Iterator[None]:
    """Work on one core within, for a process that shares its machine with others like it."""
    token = _workers.set(1)
    try:
        yield
    finally:
        _workers.reset(token)


def in_order(
    items: Iterable[Item], work: Callable[[Item], Result], workers: int | None = None
) -> Iterator[Result]:
    """Yield the result of each item in the order of the items.

    A few are worked on ahead of the one yielded, so memory does not grow with the items.
    """
    workers = workers or _workers.get()
    if workers > 1:
        # To start a thread for a single item takes longer than a small one does.
        items = iter(items)
        first = list(islice(items, 2))
        workers = workers if len(first) > 1 else 1
        items = chain(first, items)
    if workers == 1:
        yield from map(work, items)
        return
    # The caller is one of the workers: it has to do with the results as well.
    with ThreadPoolExecutor(workers - 1) as pool:
        ahead: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in items:
                ahead.append((item, pool.submit(work, item)))
                if len(ahead) > workers:
                    yield _first(ahead, work)
            while ahead:
                yield _first(ahead, work)
        finally:
            for _, future in ahead:
                future.cancel()


def _first(ahead: deque[tuple[Item, Future[Result]]], work: Callable[[Item], Result]) -> Result:
    """Take the first result; work on what nobody has begun for as long as it is not there."""
    while not ahead[0][1].done():
        at = next((at for at, (_, future) in enumerate(ahead) if future.cancel()), None)
        if at is None:
            break
        item, done = ahead[at][0], Future[Result]()
        try:
            done.set_result(work(item))
        except Exception as error:
            # Raised in its turn.
            done.set_exception(error)
        ahead[at] = item, done
    return ahead.popleft()[1].result()

"""The two roundings against fractions, and the dense numbering of rows against plain dicts."""

from __future__ import annotations

import pickle
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from math import floor
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.claims.calendars import DOUBTED, Calendars
from chiiki_tsusho.claims.visit_kinds import VisitKinds
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.law.rounding import floor_share, half_up
from chiiki_tsusho.not_known import BAD, BLANK
from chiiki_tsusho.reading.cell_texts import BLANKS
from chiiki_tsusho.reading.dense_ids import TextIds, TupleIds
from chiiki_tsusho.reading.insured_numbers import pack_insured, unpack_insured
from helpers.strategies import insured_nos

UNITS = np.arange(1, 5001, dtype=np.int64)


def exact(units: int, per_mille: int) -> int:
    """A ratio of units, a tie rounded up."""
    return floor(Fraction(units * per_mille, 1000) + Fraction(1, 2))


# ---------------------------------------------------------------- rounding


def test_seventy_per_cent_of_every_figure_of_the_tables() -> None:
    expected = [exact(units, 700) for units in range(1, 5001)]
    assert half_up(UNITS, 700).tolist() == expected
    assert [half_up(units, 700) for units in range(1, 5001)] == expected
    # What floats make of it: ties to even in one way, 332.49999999999994 in the other.
    assert np.count_nonzero(np.round(UNITS * 0.7) != expected) == 289
    assert np.count_nonzero(np.floor(UNITS * 0.7 + 0.5) != expected) == 73


@pytest.mark.parametrize(
    ("units", "per_mille", "result"),
    [
        (735, 700, 515),  # 788431 as printed: 514.5
        (475, 700, 333),  # 789405 as printed: 332.5
        (678, 700, 475),  # 781145 as printed: 474.6
        (2322, 150, 348),  # 老企第36号: 387 x 6, 15 %, 348.3
        (476, 59, 28),  # 28.084
        (1, 500, 1),
        (-1, 500, 0),  # -0.5: up
        (-3, 500, -1),
        (-15, 100, -1),
        (-16, 100, -2),
        (1000, -70, -70),
        (750, -70, -52),  # -52.5: up
        (0, 900, 0),
    ],
)
def test_ties_go_up(units: int, per_mille: int, result: int) -> None:
    assert half_up(units, per_mille) == result
    assert half_up(np.array([units], dtype=np.int64), per_mille).tolist() == [result]


def test_a_fraction_just_below_a_half_is_cut_off() -> None:
    # 7 × 357 ‰ = 2.499, 5 × 500 ‰ = 2.5.
    assert half_up(7, 357) == 2
    assert half_up(5, 500) == 3
    assert half_up(np.array([7, 5]), 1000).tolist() == [7, 5]
    assert half_up(np.array([7, 5]), np.array([357, 500])).tolist() == [2, 3]


@given(st.integers(-(10**12), 10**12), st.integers(-1000, 10000))
def test_ratio_is_exact_and_half_up(units: int, per_mille: int) -> None:
    assert half_up(units, per_mille) == exact(units, per_mille)
    assert half_up(np.array([units, units]), per_mille).tolist() == [exact(units, per_mille)] * 2
    ratios = np.array([per_mille, 1000])
    assert half_up(np.array([units, units]), ratios).tolist() == [exact(units, per_mille), units]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64"])
def test_narrow_arrays_do_not_overflow(kind: str) -> None:
    # 100 × 70 %; 100 units at 10.90 yen.
    units: Any = np.array([100], dtype=kind)
    every: list[Any] = [units, units[0], pd.Series(units)]
    for given_units in every:
        rounded: Any = half_up(given_units, 700)
        assert rounded.tolist() in (70, [70])
        cut: Any = floor_share(given_units, 1090, 100)
        assert cut.tolist() in (1090, [1090])
    ratio: Any = np.array([100], dtype=kind)
    assert half_up(4_000_000, ratio).tolist() == [400_000]


def test_the_largest_number_of_64_bits_is_one() -> None:
    largest: Any = np.array([(1 << 63) - 1], np.uint64)
    assert floor_share(largest, 1, (1 << 63) - 1).tolist() == [1]


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        (None, "NoneType"),
        (1.5, "float"),
        ("5", "str"),
        (np.array([5.0]), "float64"),
        (np.array(["5"]), "<U1"),
        (np.array([1 << 63], np.uint64), "uint64"),
        (True, "bool"),
        (np.array([True]), "bool"),
        (pd.Series(["5"], dtype=object), "object"),
    ],
)
def test_what_is_no_whole_number_is_refused(odd: Any, kind: str) -> None:
    for call in (
        lambda: half_up(odd, 700),
        lambda: half_up(5, odd),
        lambda: floor_share(odd, 1, 100),
        lambda: floor_share(5, odd, 100),
        lambda: floor_share(5, 1, odd),
    ):
        with pytest.raises(
            ChiikiTsushoError, match=f"numbers were expected, not {kind}$"
        ) as refused:
            call()
        assert "整数" in refused.value.say("ja")


@pytest.mark.parametrize("whole", [pd.Series([100]), np.array([100, 100]), pd.Index([100])])
def test_a_share_is_of_one_number(whole: Any) -> None:
    with pytest.raises(ChiikiTsushoError) as caught:
        floor_share(5, 3, whole)
    kind = type(whole).__name__
    assert str(caught.value) == f"whole: whole numbers were expected, not {kind}"
    assert caught.value.say("ja") == f"whole: 整数を指定してください({kind} は使えません)"
    numpy_whole: Any = np.int64(100)
    assert floor_share(5, 300, numpy_whole) == 15


def test_numbers_that_do_not_go_together() -> None:
    two, three = np.array([1, 2]), np.array([1, 2, 3])
    blank: Any = pd.array([1, None], dtype="Int64")
    calls: list[Callable[[], object]] = [
        lambda: half_up(two, three),
        lambda: floor_share(two, three, 100),
        lambda: half_up(two, 10**30),
    ]
    for call in calls:
        with pytest.raises(ChiikiTsushoError, match=r"^the numbers cannot be multiplied: ") as odd:
            call()
        assert odd.value.say("ja").startswith("掛け合わせることのできない数です(")
    with pytest.raises(ChiikiTsushoError, match=r"^units: blank; a whole number was expected$"):
        half_up(blank, 700)


@pytest.mark.parametrize("whole", [0, -100])
def test_a_share_is_of_something(whole: int) -> None:
    assert floor_share(5, 3, 1) == 15
    with pytest.raises(ChiikiTsushoError, match=f"whole: {whole}: a whole number of 1 or more"):
        floor_share(5, 3, whole)


@given(st.integers(0, 10**12), st.integers(0, 1090))
def test_share_is_floored(amount: int, share: int) -> None:
    assert floor_share(amount, share, 100) == floor(Fraction(amount * share, 100))
    both = floor_share(np.array([amount, 0]), np.array([share, share]), 100)
    assert both.tolist() == [floor(Fraction(amount * share, 100)), 0]


# ---------------------------------------------------------------- insured numbers


@given(st.lists(insured_nos(), max_size=30))
def test_insured_numbers_are_packed_in_order_and_unpacked(numbers: list[str]) -> None:
    packed = pack_insured(pa.array(numbers, pa.string()))
    assert unpack_insured(packed).to_pylist() == numbers
    assert (packed >= 0).all()
    # The order of the integers is that of the texts.
    order = np.argsort(packed, kind="stable")
    assert [numbers[at] for at in order] == sorted(numbers)


@given(
    st.lists(
        st.one_of(
            insured_nos(),
            st.text(max_size=12),
            st.text("0123456789Hh ", max_size=11),
            st.text("0123456789HhA", min_size=10, max_size=10),
        ),
        max_size=20,
    ),
    st.integers(0, 3),
)
def test_what_is_no_insured_number(texts: list[str], skipped: int) -> None:
    packed = pack_insured(pa.array(texts, pa.string()).slice(skipped))
    for text, value in zip(texts[skipped:], packed.tolist(), strict=True):
        # Width, blanks around and what a spreadsheet puts behind do not matter.
        plain = unicodedata.normalize("NFKC", text).strip(BLANKS)
        number = re.sub(r"(?<=^[0-9]{10})\.0+$", "", plain)
        if re.fullmatch("[0-9H][0-9]{9}", number):
            assert unpack_insured(np.array([value])).to_pylist() == [number]
        else:
            assert value == (BAD if plain else BLANK)


# ---------------------------------------------------------------- ids of keys


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
                st.integers(0, 2),
                st.integers(1, 9),
            ),
            max_size=12,
        ),
        max_size=12,
    )
)
def test_ids_of_tuples_are_a_dict(blocks: list[list[tuple[int, int, int]]]) -> None:
    tuples, known = TupleIds(2), dict[tuple[int, int], int]()
    for block in blocks:
        # Tuples come in runs, as the rows of one claim do.
        keys = [(one, other) for one, other, times in block for _ in range(times)]
        unseen = [key for key in keys if key not in known]
        numbers = [np.array([key[at] for key in keys], dtype=np.int64) for at in range(2)]
        assert tuples.find(*numbers).tolist() == [known.get(key, -1) for key in keys]
        ids = tuples.ids(*numbers).tolist()
        for key in unseen:
            known.setdefault(key, len(known))
        assert ids == [known[key] for key in keys]
        assert len(tuples) == len(known)
    assert list(zip(*(part.tolist() for part in tuples.parts()), strict=True)) == list(known)
    again = pickle.loads(pickle.dumps(tuples))
    assert again.find(*tuples.parts()).tolist() == list(range(len(known)))


@given(st.data())
def test_small_numbers_that_share_words_are_told_apart(data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.integers(1, 63), min_size=1, max_size=5))
    number = [st.integers(0, (1 << taken) - 1) | st.integers(0, 1) for taken in bits]
    keys = data.draw(st.lists(st.tuples(*number), min_size=1, max_size=40))
    tuples, known = TupleIds(len(bits), bits), list(dict.fromkeys(keys))
    ids = tuples.ids(*np.array(keys, dtype=np.int64).T)
    assert ids.tolist() == [known.index(key) for key in keys]
    assert list(zip(*(part.tolist() for part in tuples.parts()), strict=True)) == known
    again = pickle.loads(pickle.dumps(tuples))
    assert again.find(*tuples.parts()).tolist() == list(range(len(known)))
    assert [part.tolist() for part in again.parts(slice(0, 1))] == [[one] for one in known[0]]


def test_ids_grow_by_little_and_by_much() -> None:
    tuples, known = TupleIds(1), dict[int, int]()
    random = np.random.default_rng(2016)
    for size in (1000, 10, 10, 300, 1, 1, 5000, 1, 1249, 1250, 1):
        keys = random.integers(0, 4000, size)
        for key in keys.tolist():
            known.setdefault(key, len(known))
        assert tuples.ids(keys).tolist() == [known[key] for key in keys.tolist()]
        assert tuples.find(np.array([-1, 4000])).tolist() == [-1, -1]


@given(st.lists(st.lists(st.text(max_size=3), max_size=8), max_size=6))
def test_text_ids_are_a_dict(blocks: list[list[str]]) -> None:
    ids, known = TextIds(), dict[str, int]()
    for block in blocks:
        for text in block:
            known.setdefault(text, len(known))
        assert ids.ids(block).tolist() == [known[text] for text in block]
        assert ids.texts == ids.arrow.to_pylist() == list(known)
    assert len(ids) == len(known)
    by_rank = sorted(zip(ids.ranks().tolist(), known, strict=True))
    assert [text for _, text in by_rank] == sorted(known)


RADICES = [1 << 15, 7, *([2, 3, 100] * 12)]


@given(
    st.lists(
        st.lists(
            st.tuples(*(st.sampled_from((0, radix - 1, radix // 2)) for radix in RADICES)),
            min_size=1,
            max_size=5,
        ),
        max_size=5,
    )
)
def test_patterns_are_told_apart_beyond_what_one_integer_holds(
    blocks: list[list[tuple[int, ...]]],
) -> None:
    assert np.prod(np.array(RADICES, dtype=float)) > 2.0**100
    patterns = VisitKinds([str(at) for at in range(len(RADICES) - 2)])
    known: dict[tuple[int, ...], int] = {}
    for block in blocks:
        columns = [np.array(column, dtype=np.int64) for column in zip(*block, strict=True)]
        ids = patterns.ids(columns).tolist()
        for values, own in zip(block, ids, strict=True):
            assert known.setdefault(values, own) == own
        assert len(set(known.values())) == len(known)
    for values, own in known.items():
        assert tuple(int(column[own]) for column in patterns.columns) == values


# ---------------------------------------------------------------- calendars

CLAIM_KEYS = st.tuples(
    st.integers(0, 2),  # provider
    st.integers(0, 1),  # insurer
    st.integers(0, 1),  # month
    st.sampled_from((0, 1, 10**10, 11 * 10**9 - 1)),  # insured person
)
ENTRIES = st.tuples(
    CLAIM_KEYS,
    st.integers(1, 31),  # day
    st.sampled_from((1, 1, 1, 2, 9)),  # session
    st.sampled_from((6, 7, 8, 40000)),  # pattern
)
# The care level of each pattern; the first ones are of visits in doubt.
LEVELS = np.concatenate((np.arange(6), np.full(40000, 2)))
LEVELS[[6, 7]] = 1


def of_cell(patterns: set[int]) -> int:
    """What a cell holds: the pattern of its visits, else what says their level alone."""
    if len(patterns) == 1:
        return next(iter(patterns))
    levels = {int(LEVELS[one]) for one in patterns}
    return DOUBTED + (levels.pop() if len(levels) == 1 else 0)


def column(entries: list[tuple[tuple[int, ...], int, int, int]], at: int) -> np.ndarray:
    return np.array([entry[0][at] for entry in entries], dtype=np.int64)


@given(st.lists(st.lists(ENTRIES, max_size=12), max_size=6), st.randoms(use_true_random=False))
def test_calendars_are_a_dict(
    blocks: list[list[tuple[tuple[int, ...], int, int, int]]], random: Random
) -> None:
    ledger, line = Calendars(), 2
    calendars: dict[tuple[int, ...], dict[tuple[int, int], set[int]]] = {}
    rows: dict[tuple[int, ...], int] = {}
    first_lines: dict[tuple[int, ...], int] = {}
    for block in blocks:
        pair = ledger.pair_ids(column(block, 0), column(block, 1), column(block, 2))
        lines = np.arange(line, line + len(block))
        claim = ledger.claim_ids(pair, column(block, 3), lines)
        day, session, pattern = (
            np.array([entry[at] for entry in block], dtype=np.int64) for at in (1, 2, 3)
        )
        ledger.enter(claim, session, day, pattern, LEVELS)
        for key, of_day, of_session, of_pattern in block:
            cells = calendars.setdefault(key, {})
            cells.setdefault((of_day, of_session), set()).add(of_pattern)
            rows[key] = rows.get(key, 0) + 1
            first_lines.setdefault(key, line)
            line += 1
        assert ledger.find_claims(pair, column(block, 3)).tolist() == claim.tolist()

    keys = list(calendars)
    assert len(ledger) == len(keys)
    pair, insured = ledger.claim_parts()
    parts = zip(*(part.tolist() for part in (*ledger.pair_parts(pair), insured)), strict=True)
    assert list(parts) == keys
    assert ledger.first_lines.tolist() == [first_lines[key] for key in keys]

    # Any of the claims, in any order: each with its visits in order of time.
    order = list(range(len(keys)))
    random.shuffle(order)
    order = order[: len(order) - len(order) // 3]
    entries = ledger.visits(np.array(order, dtype=np.int64))
    expected = [
        (place, of_day, of_session, of_cell(patterns))
        for place, number in enumerate(order)
        for (of_day, of_session), patterns in sorted(calendars[keys[number]].items())
    ]
    found = (entries.claim, entries.day, entries.session, entries.kind)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == expected
    assert entries.crowded.tolist() == [
        len(calendars[keys[number]]) < rows[keys[number]] for number in order
    ]

    held = np.array(order[::2], dtype=np.int64)
    ledger.hold(held)
    assert np.flatnonzero(ledger.held).tolist() == sorted(held.tolist())

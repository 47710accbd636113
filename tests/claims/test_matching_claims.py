"""Claims found for many rows at once are those that agree with each of the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.claims.matching_claims import matching_claims
from chiiki_tsusho.not_known import UNKNOWN

NUMBERS = st.integers(0, 2)
CLAIMS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), unique=True, max_size=12)
# Provider, insurer, insured person and month of a row, and whether each part can be read, is
# guessed, or neither.
ROWS = st.lists(
    st.tuples(*[st.tuples(NUMBERS, st.sampled_from("rrg-"))] * 4), min_size=1, max_size=6
)


def _agreeing(claims: list[tuple[int, ...]], row: tuple[tuple[int, str], ...]) -> set[int]:
    """Find the claims of one row; a part that was put right counts where it agrees with any."""
    there = {
        at
        for at, claim in enumerate(claims)
        if all(how != "r" or claim[part] == value for part, (value, how) in enumerate(row))
    }
    for part, (value, how) in enumerate(row):
        agreed = {at for at in there if how == "g" and claims[at][part] == value}
        there = agreed or there
    return there


@given(CLAIMS, ROWS)
def test_claims_of_many_rows_are_those_of_each(
    claims: list[tuple[int, ...]], rows: list[tuple[tuple[int, str], ...]]
) -> None:
    calendars = Calendars()
    provider, insurer, insured, month = np.array(claims, dtype=np.int64).reshape(-1, 4).T
    pair = calendars.pair_ids(provider, insurer, month)
    calendars.claim_ids(pair, insured, np.zeros(len(claims), dtype=np.int64))
    keys = np.full((8, len(rows)), UNKNOWN, dtype=np.int64)
    for at, row in enumerate(rows):
        for part, (value, how) in enumerate(row):
            if how != "-":
                keys[(0, 1, 2, 6)[part] if how == "r" else (3, 4, 5, 7)[part], at] = value
    held = np.zeros(len(claims), dtype=bool)
    claim, number = matching_claims(calendars, np.arange(3), keys, held)
    expected = [_agreeing(claims, row) for row in rows]
    assert number.tolist() == [len(one) for one in expected]
    for found, one in zip(claim.tolist(), expected, strict=True):
        assert found in one or not one
    assert set(np.flatnonzero(held).tolist()) == set().union(*expected)

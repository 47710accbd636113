"""Which claims rows may belong to that do not say whose they are, as far as they can be read.

What is known of rows are *keys*, shape (8, rows), ``UNKNOWN`` where nothing is: id of the provider,
id of the insurer, packed insured number; the same of what was put right, or of a line that cannot
be told apart; and the position of the month, as it stands there and as put right.
"""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.dense_ids import TupleIds


def one_claim(calendars: Calendars, keys: Ints) -> Ints:
    """Return the claim of rows that have all four parts, read or put right; else ``UNKNOWN``."""
    provider, insurer, insured = np.where(keys[:3] >= 0, keys[:3], keys[3:6])
    month = keys[6:].max(axis=0)
    claim = np.full(keys.shape[1], UNKNOWN, dtype=np.int64)
    at = np.flatnonzero((provider >= 0) & (insurer >= 0) & (insured >= 0) & (month >= 0))
    pair = calendars.find_pairs(provider[at], insurer[at], month[at])
    known = at[pair >= 0]
    claim[known] = calendars.find_claims(pair[pair >= 0], insured[known])
    return claim


def without_vain_guesses(keys: Ints, claim: Ints) -> Ints:
    """Forget the one part that was put right of rows that are of no claim so: they become alike."""
    read = np.append(keys[:3], keys[6:7], axis=0) >= 0
    vain = (claim == UNKNOWN) & (np.count_nonzero(read, axis=0) == len(read) - 1)
    kept = keys.copy()
    kept[3:6, vain] = kept[7, vain] = UNKNOWN
    return kept


def matching_claims(calendars: Calendars, keys: Ints, held: Flags) -> tuple[Ints, Ints]:
    """Find the claims that agree with what is known of rows, and mark them in ``held``.

    Parameters
    ----------
    keys : ndarray of int64, shape (8, rows)

    Returns
    -------
    claim, number : ndarray of int64, shape (rows,)
        One of the claims, and how many there are.
    """
    claim = np.full(keys.shape[1], UNKNOWN, dtype=np.int64)
    number = np.zeros(keys.shape[1], dtype=np.int64)
    guessed = (keys[3:6] >= 0).any(axis=0) | (keys[7] >= 0)
    pair, insured = calendars.claim_parts()
    provider, insurer, month = calendars.pair_parts(pair)
    of_claims = np.stack((provider, insurer, insured, month))
    read = keys[[0, 1, 2, 6]]
    patterns, pattern = np.unique(read >= 0, axis=1, return_inverse=True)
    for which, known in enumerate(patterns.T):
        # All rows of which the same parts are known, and none is guessed.
        rows = np.flatnonzero((pattern.ravel() == which) & ~guessed)
        if not rows.size:
            continue
        ids = TupleIds(max(1, int(np.count_nonzero(known))))
        parts = of_claims[known] if known.any() else np.zeros((1, len(calendars)), dtype=np.int64)
        wanted = read[known][:, rows] if known.any() else np.zeros((1, len(rows)), dtype=np.int64)
        of_claim, of_row = ids.ids(*parts), ids.find(*wanted)
        there = of_row >= 0
        size, first = np.bincount(of_claim), np.zeros(len(ids), dtype=np.int64)
        first[of_claim[::-1]] = np.arange(len(of_claim))[::-1]
        number[rows[there]] = size[of_row[there]]
        claim[rows[there]] = first[of_row[there]]
        met = np.zeros(len(ids), dtype=bool)
        met[of_row[there]] = True
        held |= met[of_claim]
    index = _ClaimIndex(calendars) if guessed.any() else None
    for at in np.flatnonzero(guessed).tolist():
        assert index is not None
        key = keys[:, at]
        claims = index.matching(key[:3], key[3:6], int(key[6]), int(key[7]))
        held[claims] = True
        number[at] = len(claims)
        claim[at] = claims[0] if len(claims) else UNKNOWN
    return claim, number


class _ClaimIndex:
    """All claims by provider and by person, to find those that agree with what is known."""

    def __init__(self, calendars: Calendars) -> None:
        pair, insured = calendars.claim_parts()
        provider, insurer, self._month = calendars.pair_parts(pair)
        self._parts = (provider, insurer, insured)
        self._by = [np.argsort(part, kind="stable") for part in self._parts]
        self._sorted = [part[order] for part, order in zip(self._parts, self._by, strict=True)]

    def matching(self, read: Ints, guessed: Ints, month: int, guessed_month: int) -> Ints:
        """Return the claims that agree with the parts read, and with those guessed if any does."""
        claims = self._of(read)
        if month >= 0:
            claims = claims[self._month[claims] == month]
        for part, value in zip((*self._parts, self._month), (*guessed, guessed_month), strict=True):
            if value >= 0:
                agreed = claims[part[claims] == value]
                claims = agreed if agreed.size else claims
        return claims

    def _of(self, read: Ints) -> Ints:
        known = [(part, value) for part, value in enumerate(read.tolist()) if value >= 0]
        if not known:
            return np.arange(len(self._month))
        # Of the parts that are known, the one with the fewest claims comes first.
        slices = []
        for part, value in known:
            first, end = np.searchsorted(self._sorted[part], [value, value + 1])
            slices.append(self._by[part][first:end])
        claims = min(slices, key=len)
        for part, value in known:
            claims = claims[self._parts[part][claims] == value]
        return np.sort(claims)

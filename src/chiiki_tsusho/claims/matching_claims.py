"""Which claims rows may belong to that do not say whose they are, as far as they can be read.

What is known of rows are *keys*, shape (8, rows), ``UNKNOWN`` where nothing is: id of the provider,
id of the insurer, packed insured number; the same of what was put right, or of a line that cannot
be told apart; and the position of the month, as it stands there and as put right.
"""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, placed
from chiiki_tsusho.reading.dense_ids import TupleIds, by_known_parts, distinct_columns


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


def matching_claims(
    calendars: Calendars, alike: Ints, keys: Ints, held: Flags
) -> tuple[Ints, Ints]:
    """Find the claims that agree with what is known of rows, and mark them in ``held``.

    They agree with the parts read, and with those put right if any of them does, one part after
    the other.

    Parameters
    ----------
    alike : ndarray of int64, shape (insurers,)
        For the id of each insurer the first one that names the same.
    keys : ndarray of int64, shape (8, rows)
        No part is both read and put right.

    Returns
    -------
    claim, number : ndarray of int64, shape (rows,)
        One of the claims, and how many there are.
    """
    claims = _ClaimsByParts(calendars, alike)
    known, guessed = keys[[0, 1, 2, 6]], keys[[3, 4, 5, 7]]
    for parts in (known, guessed):
        # The last place answers for what is not known.
        parts[1] = np.append(alike, UNKNOWN)[parts[1]]
    for part, values in enumerate(guessed):
        rows = np.flatnonzero(values >= 0)
        tried = known[:, rows]
        tried[part] = values[rows]
        _, number = claims.agreeing(tried)
        known[part, rows[number > 0]] = values[rows[number > 0]]
    return claims.agreeing(known, held)


def claims_of_persons(calendars: Calendars, alike: Ints, keys: Ints) -> Ints:
    """Return the claims, of whichever provider, of the persons whose visits rows may be.

    Parameters
    ----------
    alike : ndarray of int64, shape (insurers,)
        As ``matching_claims`` takes it.
    keys : ndarray of int64, shape (8, rows)
        Of whom the person is known, as read or as put right, nobody else's claims agree.
    """
    of_persons = keys.copy()
    of_persons[[0, 3]] = UNKNOWN
    of_persons[2] = np.maximum(keys[2], keys[5])
    of_persons[5] = UNKNOWN
    found = np.zeros(len(calendars), dtype=bool)
    if keys.size and len(calendars):
        matching_claims(calendars, alike, distinct_columns(of_persons)[0], found)
    return np.flatnonzero(found)


class _ClaimsByParts:
    """All claims, found by any of the parts that name them: provider, insurer, person, month."""

    def __init__(self, calendars: Calendars, alike: Ints) -> None:
        provider, insurer, insured, month = calendars.parts()
        # The last one is the same in all claims.
        self._parts = np.stack((provider, alike[insurer], insured, month, np.zeros_like(month)))
        self._ids: dict[tuple[int, ...], tuple[TupleIds, Ints]] = {}

    def agreeing(self, known: Ints, held: Flags | None = None) -> tuple[Ints, Ints]:
        """Return a claim that agrees with each row, and how many do; mark them in ``held``.

        Parameters
        ----------
        known : ndarray of int64, shape (4, rows)
            ``UNKNOWN`` where a part is not known.
        """
        claim = np.full(known.shape[1], UNKNOWN, dtype=np.int64)
        number = np.zeros(known.shape[1], dtype=np.int64)
        same = np.zeros((1, known.shape[1]), dtype=np.int64)
        known = np.concatenate((known, same))
        for parts, rows in by_known_parts(known):
            ids, of_claim = self._by(tuple(parts))
            of_row = ids.find(*known[parts][:, rows])
            rows, of_row = rows[of_row >= 0], of_row[of_row >= 0]
            first = placed(np.arange(len(of_claim)), of_claim, len(ids))
            claim[rows], number[rows] = first[of_row], np.bincount(of_claim)[of_row]
            if held is not None:
                held |= flagged(of_row, len(ids))[of_claim]
        return claim, number

    def _by(self, parts: tuple[int, ...]) -> tuple[TupleIds, Ints]:
        """Return numbers for what these parts of claims are, and the number of each claim."""
        if parts not in self._ids:
            ids = TupleIds(len(parts))
            self._ids[parts] = ids, ids.ids(*self._parts[list(parts)])
        return self._ids[parts]

"""Which additions of a month stand side by side that may not, or lack one that they need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.claims.units import of_base_lines
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.records import record

# Where keys meet: on one visit, on several of one day, or in a month without a visit in common.
Place = Literal["visit", "day", "claim"]


@record
class Conflict:
    """Keys of one group that meet.

    Parameters
    ----------
    group : str
    place : {"visit", "day", "claim"}
    keys : tuple of str
        Those of the group that are looked at.
    has : ndarray of bool, shape (keys, visits) or, of a month, (keys, claims)
        Where each of them is.
    at : ndarray of bool, shape (visits,) or (claims,)
        Where more than one is.
    """

    group: str
    place: Place
    keys: tuple[str, ...]
    has: Flags
    at: Flags


def conflicts(visits: MonthVisits) -> Iterator[Conflict]:
    """Find keys of one group that stand side by side.

    What is counted by the day excludes others of its group on the whole day (1日につき), what is
    counted by the month in the whole month.
    """
    values, table = visits.kinds.values, visits.table
    for group, members in table.groups.items():
        keys = tuple(key for key in members if key in values)
        # Few claims have two keys of a group anywhere: only those are looked at visit by visit.
        if not _several([visits.has(key) for key in keys]).any():
            continue
        of_kind = np.array([values[key] > 0 for key in keys])
        on_visit = _several(of_kind)[visits.kind]
        if on_visit.any():
            yield Conflict(group, "visit", keys, of_kind[:, visits.kind], on_visit)
        daily = tuple(key for key in keys if table.row_of(key).per == "day")
        if len(daily) > 1 and len(visits.day_starts) < len(visits.claim):
            on_day = np.array([visits.on_shared_day(key) for key in daily])
            own = np.any([values[key] > 0 for key in daily], axis=0)[visits.kind]
            yield Conflict(group, "day", daily, on_day, _several(on_day) & own & ~on_visit)
        monthly = tuple(key for key in keys if _of_the_month(table, key))
        if len(monthly) > 1:
            in_claim = np.array([visits.has(key) for key in monthly])
            same_visit = np.logical_or.reduceat(on_visit, visits.starts)
            yield Conflict(group, "claim", monthly, in_claim, _several(in_claim) & ~same_visit)


def not_together(visits: MonthVisits) -> list[tuple[tuple[str, str], Flags, Flags]]:
    """Find keys that the table does not let stand together.

    Returns
    -------
    list of (keys, on visits, in claims)
        For each two such keys in use, that which excludes first: the visits that have both where
        both are counted visit by visit or day by day, else the claims that do.
    """
    found = []
    for key, others in visits.table.not_with.items():
        for other in others:
            if key not in visits.keys or other not in visits.keys:
                continue
            if _of_the_month(visits.table, key) or _of_the_month(visits.table, other):
                on_visit, in_claim = _nowhere(visits.claim), visits.has(key) & visits.has(other)
            else:
                values = visits.kinds.values
                on_visit = ((values[key] > 0) & (values[other] > 0))[visits.kind]
                in_claim = _nowhere(visits.starts)
            found.append(((key, other), on_visit, in_claim))
    return found


def needing_others(visits: MonthVisits) -> list[tuple[str, tuple[str, ...], Flags, Flags]]:
    """Find keys that lack the one they can only stand beside.

    Returns
    -------
    list of (key, what it needs one of, on visits, in claims)
        For each such key in use: the visits that have it alone; or the claims, where it is counted
        once a month. What is a ratio of base lines is looked for on the visit itself, since it
        is taken of the visits that have it.
    """
    found = []
    for key, needed in visits.table.only_with.items():
        if key not in visits.keys:
            continue
        beside = [one for one in needed if one in visits.keys]
        if _of_the_month(visits.table, key):
            have = [visits.has(one) for one in beside]
            in_claim = visits.has(key) & ~np.any([_nowhere(visits.starts), *have], axis=0)
            on_visit = _nowhere(visits.claim)
        else:
            in_claim = _nowhere(visits.starts)
            have = [
                visits.has(one)[visits.claim]
                if _of_the_month(visits.table, one) and not of_base_lines(visits.table, one)
                else visits.values(one) > 0
                for one in beside
            ]
            on_visit = (visits.values(key) > 0) & ~np.any([_nowhere(visits.claim), *have], axis=0)
        found.append((key, needed, on_visit, in_claim))
    return found


def _nowhere(alike: Ints) -> Flags:
    return np.zeros(len(alike), dtype=bool)


def _of_the_month(table: CodeTable, key: str) -> bool:
    return table.row_of(key).per == "month"


def _several(flags: Flags | list[Flags]) -> Flags:
    """Say where more than one of the flags is set."""
    several: Flags = np.sum(flags, axis=0) > 1
    return several

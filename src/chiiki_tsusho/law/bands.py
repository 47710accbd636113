"""The base row of every condition of a visit, as an array that minutes index directly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.choices import SERVICES, SHORTFALLS
from chiiki_tsusho.law.chosen_rows import ChosenRows
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS, MINUTES_OF_A_DAY, CodeRow
from chiiki_tsusho.law.named_additions import extension_begins
from chiiki_tsusho.not_known import NO_ROW

# Minutes are looked up directly; the last slot stands for every visit longer than a day.
MINUTE_SLOTS = MINUTES_OF_A_DAY + 2
SHORTFALL_NAMES = ("", *SHORTFALLS)
# Shape (services, shortfalls, levels, minutes): a number of a row, or ``NO_ROW``.
Bands = npt.NDArray[np.int32]


def bands_of(rows: Sequence[CodeRow], chosen: ChosenRows) -> Bands:
    """Return the row of every condition.

    Parameters
    ----------
    rows : sequence of CodeRow
        The rows of one month.
    chosen : ChosenRows
        What the code of a visit chooses among them.

    Returns
    -------
    ndarray of int32, shape (services, shortfalls, levels, minutes)
        Positions in ``rows``; from the number of rows on, positions in ``chosen.extended``;
        ``NO_ROW`` where there is no code.
    """
    bands = np.full(
        (len(SERVICES), len(SHORTFALL_NAMES), LEVEL_SLOTS, MINUTE_SLOTS), NO_ROW, dtype=np.int32
    )
    for at, row, condition in _base_rows(rows, chosen):
        bands[(*condition, slice(row.minutes_from, row.minutes_to))] = at
    for number, one in enumerate(chosen.extended, len(rows)):
        condition = _condition(rows[one.base])
        bands[(*condition, slice(one.minutes_from, one.minutes_to))] = number
    return bands


def bands_without_extension(rows: Sequence[CodeRow], chosen: ChosenRows, bands: Bands) -> Bands:
    """Return the row of every condition for a provider that has not registered 延長.

    From the first minute of 延長 on, the longest band without it answers, whatever the length of
    the day (老企第36号 第二の7: 延長加算 needs its registration); also in a month whose table has
    no rows of 延長.

    Parameters
    ----------
    rows, chosen
        As for ``bands_of``.
    bands : ndarray of int32
        What ``bands_of`` gives of them; not changed.

    Returns
    -------
    ndarray of int32, of the same shape
    """
    without = bands.copy()
    alike: dict[str, list[tuple[int, CodeRow]]] = {}
    starts: dict[str, list[int]] = {}
    for at, row, condition in _base_rows(rows, chosen):
        alike.setdefault(str(condition), []).append((at, row))
        if row.extension_units:
            starts.setdefault(str(condition), []).append(row.minutes_from or 0)
    for one in chosen.extended:
        starts.setdefault(str(_condition(rows[one.base])), []).append(one.minutes_from)
    for name, own in alike.items():
        plain = [(row.minutes_to or 0, at) for at, row in own if not row.extension_units]
        longest, at = max(plain, default=(0, NO_ROW))
        first = min(starts.get(name) or [extension_begins()])
        if name in starts or longest == first:
            without[(*_condition(own[0][1]), slice(first, -1))] = at
    return without


def _base_rows(
    rows: Sequence[CodeRow], chosen: ChosenRows
) -> Iterator[tuple[int, CodeRow, tuple[int, int, slice | int]]]:
    for at in chosen.plain_base:
        yield at, rows[at], _condition(rows[at])


def _condition(row: CodeRow) -> tuple[int, int, slice | int]:
    # 療養通所介護 has one code for all care levels, the blank one included.
    level = slice(None) if row.care_level is None else row.care_level
    return SERVICES.index(row.service), SHORTFALL_NAMES.index(row.shortfall or ""), level

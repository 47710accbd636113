"""Which visits 区分支給限度基準額 covers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chiiki_tsusho.claims.claim_lines import ClaimLines
from chiiki_tsusho.claims.month_visits import MonthVisits
from chiiki_tsusho.number_arrays import Flags, Ints


def covered_visits(
    visits: MonthVisits, borne: Mapping[str, Ints], lines: ClaimLines, within: Ints
) -> Flags:
    """Say which visits the limit covers.

    Visits are taken in order of date and session; one is covered until the managed units of the
    visits before it have reached what is within the limit (通知 平成27年3月31日: サービス提供体制
    強化加算 follows the covered visits).

    Parameters
    ----------
    visits : MonthVisits
    borne : mapping of key to ndarray of int64, shape (visits,)
        The counts that each visit bears, as ``month_visits.bear`` gives them.
    lines : ClaimLines
        The same claims; the managed ones are read.
    within : ndarray of int64, shape (claims,)
        Managed units less the excess.

    Returns
    -------
    ndarray of bool, shape (visits,)
        Visits that are covered, the last of them perhaps in part.
    """
    units = _managed_of_visits(visits, borne, lines)
    running = np.cumsum(units) - units
    before = running - running[visits.starts][visits.claim]
    # Once reached it stays reached, though a reduction may take the sum down again.
    reached = np.cumsum(before >= within[visits.claim])
    first = visits.starts
    before_claim: Ints = reached[first] - (before[first] >= within)
    # Without excess all are covered, also those behind whose code the first visit has counted.
    whole = np.add.reduceat(units, first) <= within
    covered: Flags = (reached == before_claim[visits.claim]) | whole[visits.claim]
    return covered


def _managed_of_visits(visits: MonthVisits, borne: Mapping[str, Ints], lines: ClaimLines) -> Ints:
    """Return the units of each visit that count against the limit, shape (visits,).

    The line of a ratio is borne by the first visit that has it.
    """
    table = visits.table
    units = table.row_units[visits.base].copy()
    if visits.own_counts is not None:
        units *= visits.own_counts
    for key, counts in borne.items():
        place = table.key_positions[key]
        row = table.rows[place]
        if row.limit_managed:
            of_one = (
                lines.service_units[:, lines.column(key)][visits.claim]
                if row.kind == "rate"
                else table.row_units[place]
            )
            units += counts * of_one
    return units

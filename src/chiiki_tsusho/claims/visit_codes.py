"""What each visit bears of its month: its own code, and additions with their counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.month_visits import MonthVisits, bear
from chiiki_tsusho.number_arrays import Ints


@dataclass(frozen=True)
class VisitCodes:
    """Codes of visits, visit by visit and in the order of the table.

    Parameters
    ----------
    visit : ndarray of int64, shape (codes,)
        Which visit of the month's, ascending.
    item : ndarray of int64, shape (codes,)
        Row of the table.
    count : ndarray of int64, shape (codes,)
        From 1.
    """

    visit: Ints
    item: Ints
    count: Ints


def visit_codes(visits: MonthVisits) -> VisitCodes:
    """Return the codes that each visit bears; ratios are of no visit and are left out.

    Summed over a claim, the counts are those of its lines before any limit (``bear``).

    Parameters
    ----------
    visits : MonthVisits
        In which nothing has to give way any more (``MonthVisits.yielded``).
    """
    table = visits.table
    every = np.arange(len(visits.claim), dtype=np.int64)
    own = every if visits.own_counts is None else np.flatnonzero(visits.own_counts)
    visit, item, count = [own], [visits.base[own]], [np.ones_like(own)]
    for key in visits.keys:
        position = table.key_positions[key]
        if table.rows[position].kind == "addition":
            borne = bear(visits, key)
            at = np.flatnonzero(borne)
            visit.append(at)
            item.append(np.full(len(at), position, dtype=np.int64))
            count.append(borne[at])
    visits_of, items, counts = (np.concatenate(parts) for parts in (visit, item, count))
    order = np.lexsort((items, visits_of))
    return VisitCodes(visits_of[order], items[order], counts[order])


def visit_code_table(priced: Priced) -> pa.Table:
    """Write the codes of the visits of claims that are written.

    Returns
    -------
    pyarrow.Table
        ``service_month``, ``provider_no``, ``insurer_no``, ``insured_no`` as text,
        ``service_date`` (YYYYMMDD), ``session``, ``service_code``, ``count``, and ``units`` of one
        count.
    """
    visits = priced.month_visits
    codes = visit_codes(visits)
    written = priced.written[visits.claim[codes.visit]]
    visit, item, count = codes.visit[written], codes.item[written], codes.count[written]
    names = priced.names.columns(visits.claim[visit])
    dates = priced.names.month * 100 + visits.day[visit]
    return pa.table(
        {
            "service_month": names[0],
            "provider_no": names[1],
            "insurer_no": names[2],
            "insured_no": names[3],
            "service_date": of_numbers(dates),
            "session": of_numbers(priced.session[visit]),
            "service_code": of_texts(visits.table.service_codes.tolist()).take(of_numbers(item)),
            "count": of_numbers(count),
            "units": of_numbers(visits.table.row_units[item]),
        }
    )

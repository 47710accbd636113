"""The claims by person, by care level, by insurer and by area grade; what stands out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chiiki_tsusho.law.prices_and_limits import AREA_GRADES, unit_prices
from chiiki_tsusho.number_arrays import Ints, first_of_runs, placed
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.month_before import PERSON
from chiiki_tsusho.reports.number_table import NumberTable, alike, groups, objects
from chiiki_tsusho.reports.page_charts import round_step
from chiiki_tsusho.reports.ranking import Ranked, Record, first_rows, largest_rows

PEOPLE_SHOWN = 100
ADDITIONS_SHOWN = 40
OUTLIERS_SHOWN = 10
# Of fewer claims of a care level quarters say nothing.
LEAST_COMPARED = 8
_MOST_BANDS = 20
_PEOPLE = [
    "service_month", "provider_no", "insurer_no", "insured_no", "care_level", "days", "visits",
    "total_units", "total_yen", "insurance_yen", "public_yen", "copay_yen", "self_paid_yen",
    "unknown_yen", "claims",
]  # fmt: skip
_SUMMED = _PEOPLE[5:]


@record
class Distribution:
    """How many claims lie in each band of units.

    Parameters
    ----------
    step : int
        Width of a band; the first begins at 0.
    counts : list of int
    quarters : Record
        ``quarter``, ``three_quarters``, ``largest``: each that of a claim; ``median_halves``, the
        median in halves.
    sum, of : int
        The numerator and the denominator of the mean.
    """

    step: int
    counts: list[int]
    quarters: Record
    sum: int
    of: int


def people(claims: NumberTable, before: NumberTable | None) -> Ranked:
    """List the claims in the order of their numbers, beside the units of an earlier batch."""
    table = claims.only(_PEOPLE)
    names = ("provider_no", "insurer_no", "insured_no", "service_month")
    table = table.take(np.lexsort([table.order(name) for name in reversed(names)]))
    if before is None:
        return first_rows(table, PEOPLE_SHOWN, _SUMMED)
    now, then = alike([table, before], PERSON)
    size = 1 + max(now.max(initial=0), then.max(initial=0))
    units = placed(before["before_units"], then, size)
    # Of several months of a person the earlier units stand once.
    earlier = np.where(first_of_runs(now), units[now], 0)
    table = table.also(
        {
            "before_units": earlier,
            "is_new": (~np.isin(now, then)).astype(np.int64),
            "change": table["total_units"] - earlier,
        }
    )
    return first_rows(table, PEOPLE_SHOWN, [*_SUMMED, "before_units", "change"])


def grouped(claims: NumberTable, by: str, measures: Sequence[str], most: int) -> Ranked:
    """Add up the claims of each number, the largest by units first."""
    return largest_rows(claims.grouped([by], measures), ("total_units", by), most, measures)


def by_level(claims: NumberTable, measures: Sequence[str]) -> Ranked:
    """Add up the claims of each care level, 0 for none."""
    table = claims.grouped(["care_level"], measures)
    return first_rows(table, len(table), measures)


def by_grade(claims: NumberTable, measures: Sequence[str]) -> Ranked:
    """Add up the claims of each 地域区分, which the price of a unit tells; blank for unknown."""
    months, prices = claims["service_month"], claims["unit_price"]
    kind, first = groups([months, prices])
    pairs = zip(months[first].tolist(), prices[first].tolist(), strict=True)
    place = np.array([_grade_place(month, price) for month, price in pairs], dtype=np.int64)
    grades = {"grade": objects([*AREA_GRADES, ""])}
    table = claims.also({"grade": place[kind], "price": prices}, grades)
    table = table.grouped(["grade", "price"], measures)
    return first_rows(table, len(table), measures)


def _grade_place(month: int, price: int) -> int:
    found = np.flatnonzero(unit_prices(month) == price) if price else np.zeros(0, np.int64)
    return int(found[0]) if len(found) else len(AREA_GRADES)


def additions(by_code: NumberTable, whole: Record) -> Ranked:
    """List what is added and taken off, with what it could be of.

    ``of`` is the visits, days, ways there and back, or claims of the batch; ``part`` how many of
    them have the addition.
    """
    kinds = np.array([kind in ("addition", "rate") for kind in by_code.words["kind"]], dtype=bool)
    table = by_code.take(kinds[by_code["kind"]])
    of = {
        "visit": whole["visits"],
        "day": whole["days"],
        "one_way": 2 * whole["visits"],
        "month": whole["claims"],
    }
    per = table.words["per"]
    amounts = np.array([of.get(one, 0) for one in per], dtype=np.int64)
    monthly = np.array([one == "month" for one in per], dtype=bool)[table["per"]]
    part = np.where(monthly, table["lines"], table["count"])
    table = table.also({"of": amounts[table["per"]], "part": part})
    return largest_rows(table, ("part", "service_code"), ADDITIONS_SHOWN, ["service_units"])


def distribution(units: Ints) -> Distribution:
    """Count the claims in bands of units."""
    if not len(units):
        return Distribution(1, [], {}, 0, 0)
    largest = int(units.max())
    step = round_step(largest + 1, _MOST_BANDS)
    counts = np.bincount(np.maximum(units, 0) // step).tolist()
    quarter, three_quarters = _quarters(units)
    quarters = {
        "quarter": quarter,
        "median_halves": median_halves(units),
        "three_quarters": three_quarters,
        "largest": largest,
    }
    return Distribution(step, counts, quarters, int(units.sum()), len(units))


def median_halves(numbers: Ints) -> int:
    """Return twice the median of some numbers, which may lie between two of them."""
    middle = np.sort(numbers)[[(len(numbers) - 1) // 2, len(numbers) // 2]]
    return int(middle.sum())


def _quarters(units: Ints) -> list[int]:
    found: Any = np.quantile(units, [0.25, 0.75], method="inverted_cdf")
    return [int(one) for one in found]


def outliers(claims: NumberTable) -> Ranked:
    """List the claims whose units lie far outside the middle half of their care level."""
    units = claims["total_units"]
    first, last = np.zeros_like(units), np.zeros_like(units)
    level, _ = groups([claims["care_level"]])
    # Of equal ones those of the lower care level stand first.
    by_level = np.argsort(level, kind="stable")
    found = []
    for own in np.split(by_level, np.flatnonzero(np.diff(level[by_level])) + 1):
        if len(own) < LEAST_COMPARED:
            continue
        first[own], last[own] = _quarters(units[own])
        found.append(own)
    beyond = np.maximum(first - units, units - last)
    columns = ["service_month", *PERSON, "care_level", "days", "total_units"]
    table = claims.only(columns).also({"first": first, "last": last, "beyond": beyond})
    at = np.concatenate([by_level[:0], *found])
    table = table.take(at[2 * beyond[at] > 3 * (last - first)[at]])
    return largest_rows(table, ("beyond", "insured_no"), OUTLIERS_SHOWN, [])

"""The claims by person, by care level, by insurer and by area grade; what stands out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from chiiki_tsusho.law.prices_and_limits import AREA_GRADES, unit_prices
from chiiki_tsusho.reports.month_before import PERSON
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


@dataclass(frozen=True)
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


def people(claims: pd.DataFrame, before: pd.DataFrame | None) -> Ranked:
    """List the claims in the order of their numbers, beside the units of an earlier batch."""
    frame = claims[_PEOPLE].astype(dict.fromkeys(PERSON, str))
    frame = frame.sort_values(["provider_no", "insurer_no", "insured_no", "service_month"])
    summed = _SUMMED
    if before is not None:
        frame = frame.merge(before, on=PERSON, how="left")
        # Of several months of a person the earlier units stand once.
        again = frame.duplicated(PERSON)
        frame["is_new"] = frame["before_units"].isna().astype("int64")
        frame["before_units"] = frame["before_units"].fillna(0).astype("int64").mask(again, 0)
        frame["change"] = frame["total_units"] - frame["before_units"]
        summed = [*_SUMMED, "before_units", "change"]
    return first_rows(frame, PEOPLE_SHOWN, summed)


def grouped(claims: pd.DataFrame, by: str, measures: Sequence[str], most: int) -> Ranked:
    """Add up the claims of each number, the largest by units first."""
    frame = claims.groupby(by, observed=True)[list(measures)].sum().reset_index()
    return largest_rows(frame, ("total_units", by), most)


def by_level(claims: pd.DataFrame, measures: Sequence[str]) -> Ranked:
    """Add up the claims of each care level, 0 for none."""
    frame = claims.groupby("care_level")[list(measures)].sum().reset_index()
    return first_rows(frame, len(frame), measures)


def by_grade(claims: pd.DataFrame, measures: Sequence[str]) -> Ranked:
    """Add up the claims of each 地域区分, which the price of a unit tells; blank for unknown."""
    prices = claims["unit_price"].fillna(0).astype("int64")
    keys = pd.DataFrame({"month": claims["service_month"], "price": prices})
    place = {
        (month, price): _grade_place(int(month), int(price))
        for month, price in keys.drop_duplicates().itertuples(index=False)
    }
    at = pd.MultiIndex.from_frame(keys).map(place)
    frame = claims.assign(price=prices, place=np.asarray(at, dtype=np.int64))
    frame = frame.groupby(["place", "price"])[list(measures)].sum().reset_index()
    names = [AREA_GRADES[one] if one < len(AREA_GRADES) else "" for one in frame.pop("place")]
    frame.insert(0, "grade", pd.Series(names, dtype=object))
    return first_rows(frame, len(frame), measures)


def _grade_place(month: int, price: int) -> int:
    found = np.flatnonzero(unit_prices(month) == price) if price else np.zeros(0, np.int64)
    return int(found[0]) if len(found) else len(AREA_GRADES)


def additions(by_code: pd.DataFrame, whole: Record) -> Ranked:
    """List what is added and taken off, with what it could be of.

    ``of`` is the visits, days, ways there and back, or claims of the batch; ``part`` how many of
    them have the addition.
    """
    frame = by_code[by_code["kind"].isin(["addition", "rate"])].copy()
    of = {
        "visit": whole["visits"],
        "day": whole["days"],
        "one_way": 2 * whole["visits"],
        "month": whole["claims"],
    }
    frame["of"] = frame["per"].map(of).astype("int64")
    frame["part"] = frame["count"].where(frame["per"] != "month", frame["lines"])
    return largest_rows(frame, ("part", "service_code"), ADDITIONS_SHOWN)


def distribution(units: npt.NDArray[np.int64]) -> Distribution:
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


def median_halves(numbers: npt.NDArray[np.int64]) -> int:
    """Return twice the median of some numbers, which may lie between two of them."""
    middle = np.sort(numbers)[[(len(numbers) - 1) // 2, len(numbers) // 2]]
    return int(middle.sum())


def _quarters(units: npt.NDArray[np.int64]) -> list[int]:
    found: Any = np.quantile(units, [0.25, 0.75], method="inverted_cdf")
    return [int(one) for one in found]


def outliers(claims: pd.DataFrame) -> Ranked:
    """List the claims whose units lie far outside the middle half of their care level."""
    columns = ["service_month", "provider_no", "insurer_no", "insured_no", "care_level"]
    found = []
    for _, group in claims.groupby("care_level"):
        if len(group) < LEAST_COMPARED:
            continue
        first, last = _quarters(group["total_units"].to_numpy(np.int64))
        units = group["total_units"]
        beyond = np.maximum(first - units, units - last)
        far = group.loc[2 * beyond > 3 * (last - first), [*columns, "days", "total_units"]]
        found.append(far.assign(first=first, last=last, beyond=beyond[far.index]))
    none = claims[[*columns, "days", "total_units"]].head(0).assign(first=0, last=0, beyond=0)
    return largest_rows(
        pd.concat(found) if found else none, ("beyond", "insured_no"), OUTLIERS_SHOWN
    )

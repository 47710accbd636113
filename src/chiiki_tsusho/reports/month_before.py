"""A batch beside an earlier one: the sums of both, and whose claims are gone or new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from chiiki_tsusho.reports.ranking import Ranked, Record, largest_rows, sums

GONE_SHOWN = 20
PERSON = ["provider_no", "insurer_no", "insured_no"]
_MEASURES = (
    "claims", "visits", "days", "total_units", "total_yen", "insurance_yen", "public_yen",
    "copay_yen", "self_paid_yen",
)  # fmt: skip


@dataclass(frozen=True)
class Before:
    """What the earlier batch came to.

    Parameters
    ----------
    months : list of int
    rows : list of (measure, before, now)
    gone : Ranked
        Persons at a provider with claims then and none now; ``held`` is 1 where visits of them
        wait for a correction.
    new : int
        Persons at a provider with claims now and none then.
    by_person : DataFrame
        ``before_units`` of each person at a provider.
    unknown_yen : int
        Claims without yen in either.
    """

    months: list[int]
    rows: list[tuple[str, int, int]]
    gone: Ranked
    new: int
    by_person: pd.DataFrame
    unknown_yen: int

    @property
    def months_spans(self) -> list[tuple[int, int]]:
        """The months, each as a span of its own."""
        return [(one, one) for one in self.months]


def compare(claims: pd.DataFrame, before: pd.DataFrame, held: pd.DataFrame) -> Before:
    """Compare measured claims with those of an earlier batch.

    Parameters
    ----------
    claims, before : DataFrame
    held : DataFrame
        The claims that wait for a correction now.
    """
    now, then = sums(claims, _MEASURES), sums(before, _MEASURES)
    persons: Record = {"persons": (_persons(before), _persons(claims))}
    rows = [
        ("claims", then["claims"], now["claims"]),
        ("persons", *persons["persons"]),
        *((name, then[name], now[name]) for name in _MEASURES[1:]),
    ]
    by_person = _by_person(before).rename(columns={"total_units": "before_units"})
    there = _by_person(claims).assign(now=1)[[*PERSON, "now"]]
    gone = by_person.merge(there, on=PERSON, how="left")
    gone = gone[gone["now"].isna()].drop(columns="now")
    waiting = held[PERSON].drop_duplicates().assign(held=1)
    gone = gone.merge(waiting, on=PERSON, how="left")
    gone["held"] = gone["held"].fillna(0).astype("int64")
    return Before(
        months=np.unique(before["service_month"]).tolist(),
        rows=rows,
        gone=largest_rows(gone, ("before_units", "insured_no"), GONE_SHOWN),
        new=len(there.merge(by_person, on=PERSON, how="left").query("before_units.isna()")),
        by_person=by_person,
        unknown_yen=int(claims["unknown_yen"].sum() + before["unknown_yen"].sum()),
    )


def _persons(claims: pd.DataFrame) -> int:
    return int(claims["person"].nunique())


def _by_person(claims: pd.DataFrame) -> pd.DataFrame:
    table = claims.groupby(PERSON, observed=True)["total_units"].sum().reset_index()
    return table.astype(dict.fromkeys(PERSON, str))

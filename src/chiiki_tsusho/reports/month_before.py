"""A batch beside an earlier one: the sums of both, and whose claims are gone or new."""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.number_arrays import distinct_numbers
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.number_table import NumberTable, alike
from chiiki_tsusho.reports.ranking import Ranked, largest_rows, sums

GONE_SHOWN = 20
PERSON = ["provider_no", "insurer_no", "insured_no"]
_MEASURES = (
    "claims", "visits", "days", "total_units", "total_yen", "insurance_yen", "public_yen",
    "copay_yen", "self_paid_yen",
)  # fmt: skip


@record
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
    by_person : NumberTable
        ``before_units`` of each person at a provider.
    unknown_yen : int
        Claims without yen in either.
    """

    months: list[int]
    rows: list[tuple[str, int, int]]
    gone: Ranked
    new: int
    by_person: NumberTable
    unknown_yen: int

    @property
    def months_spans(self) -> list[tuple[int, int]]:
        """The months, each as a span of its own."""
        return [(one, one) for one in self.months]


def compare(claims: NumberTable, before: NumberTable, held: NumberTable) -> Before:
    """Compare measured claims with those of an earlier batch.

    Parameters
    ----------
    claims, before : NumberTable
    held : NumberTable
        The claims that wait for a correction now.
    """
    now, then = sums(claims, _MEASURES), sums(before, _MEASURES)
    rows = [
        ("claims", then["claims"], now["claims"]),
        ("persons", _persons(before), _persons(claims)),
        *((name, then[name], now[name]) for name in _MEASURES[1:]),
    ]
    summed = before.grouped(PERSON, ["total_units"])
    by_person = summed.only(PERSON).also({"before_units": summed["total_units"]})
    earlier, here, waiting = alike([by_person, claims, held], PERSON)
    gone = by_person.also({"held": np.isin(earlier, waiting).astype(np.int64)})
    gone = gone.take(~np.isin(earlier, here))
    return Before(
        months=distinct_numbers(before["service_month"]).tolist(),
        rows=rows,
        gone=largest_rows(gone, ("before_units", "insured_no"), GONE_SHOWN, ["before_units"]),
        new=len(distinct_numbers(here[~np.isin(here, earlier)])),
        by_person=by_person,
        unknown_yen=int(claims["unknown_yen"].sum() + before["unknown_yen"].sum()),
    )


def _persons(claims: NumberTable) -> int:
    return len(distinct_numbers(claims["person"]))

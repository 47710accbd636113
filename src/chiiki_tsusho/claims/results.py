"""What a batch comes to, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.records import record

Progress = Callable[[str, int, int], None]


class Sink(Protocol):
    """Where the results of a batch go, in order."""

    def formed(self, priced: Priced) -> Any:
        """Turn claims and their lines into what is kept of them; several threads do so at once."""

    def claims(self, formed: Any) -> None:
        """Take some claims."""

    def held(self, rows: Any) -> None:
        """Take some held rows, as ``Block.verbatim`` gives them."""


@dataclass
class Summary:
    """What a batch came to."""

    visits: int = 0
    claims: int = 0
    units: int = 0
    yen: int = 0
    held_visits: int = 0
    held_claims: int = 0
    set_aside: int = 0
    without_price: int = 0
    without_rate: int = 0

    def add(self, results: Results) -> None:
        """Add what some claims came to."""
        self.claims += results.claims
        self.units += results.units
        self.yen += results.yen
        self.without_price += results.without_price
        self.without_rate += results.without_rate


@record
class Results:
    """Some claims in the form of the sink, and what they add to the summary."""

    formed: Any
    claims: int
    units: int
    yen: int
    without_price: int
    without_rate: int


def results_of(priced: Priced, sink: Sink) -> Results:
    """Form the claims that are written, and sum them up."""
    written, settlement = priced.written, priced.settlement
    no_price = settlement.unit_price == UNKNOWN
    no_yen = settlement.total_yen == UNKNOWN
    return Results(
        sink.formed(priced),
        claims=int(np.count_nonzero(written)),
        units=int(settlement.total_units[written].sum()),
        yen=int(settlement.total_yen[written & ~no_yen].sum()),
        without_price=int(np.count_nonzero(written & no_price)),
        without_rate=int(np.count_nonzero(written & no_yen & ~no_price)),
    )

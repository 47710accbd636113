"""Whose claims they are: ids while they are computed, text where they are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import joined, of_numbers, of_texts, repeated
from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.months import month_text
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.insured_numbers import unpack_insured
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record


@record
class ClaimNames:
    """The identifying columns of claims of one month, as text."""

    month: int
    provider_no: pa.StringArray
    insurer_no: pa.StringArray
    insured_no: pa.StringArray

    def columns(self, at: Ints) -> list[pa.Array]:
        """Return the four columns for some of the claims, repeated or not."""
        rows = of_numbers(at)
        return [
            repeated(f"{self.month:06d}", len(at)),
            self.provider_no.take(rows),
            self.insurer_no.take(rows),
            self.insured_no.take(rows),
        ]


@record
class ClaimIds:
    """Some claims of one month, arrays of shape (claims,).

    Parameters
    ----------
    table : CodeTable
        The code table of the month.
    calendars : Calendars
        Knows them by their ids, and which are held.
    identities : Identities
    claims : ndarray of int64
        Their ids in the calendars.
    provider, insurer, insured : ndarray of int64
        Ids, and the packed insured number.
    """

    table: CodeTable
    calendars: Calendars
    identities: Identities
    claims: Ints
    provider: Ints
    insurer: Ints
    insured: Ints

    @classmethod
    def of(
        cls, table: CodeTable, calendars: Calendars, identities: Identities, claims: Ints
    ) -> ClaimIds:
        """Look up whose claims they are."""
        provider, insurer, insured, _ = calendars.parts(claims)
        return cls(table, calendars, identities, claims, provider, insurer, insured)

    def __len__(self) -> int:
        """Count the claims."""
        return len(self.claims)

    def taken(self, at: Ints) -> ClaimIds:
        """Return some of the claims."""
        return replace(
            self,
            claims=self.claims[at],
            provider=self.provider[at],
            insurer=self.insurer[at],
            insured=self.insured[at],
        )

    def hold(self, wrong: Flags | Ints) -> None:
        """Hold the claims flagged, or those at some positions."""
        self.calendars.hold(self.claims[wrong])

    def names(self) -> ClaimNames:
        """Write whose claims they are."""
        return ClaimNames(
            self.table.month,
            self.identities.providers.arrow.take(of_numbers(self.provider)),
            self.identities.insurers.arrow.take(of_numbers(self.insurer)),
            unpack_insured(self.insured),
        )

    def named(self) -> pa.StringArray:
        """Name the claims as ``text`` does."""
        names, month = self.names(), month_text(self.table.month)
        parts = names.provider_no, names.insurer_no, names.insured_no
        return joined(month, *parts, between=" ")

    def texts(self, at: Ints) -> list[str]:
        """Name some of the claims as ``text`` does."""
        if not len(at):
            return []
        texts: list[str] = self.taken(at).named().to_pylist()
        return texts

    def text(self, at: int) -> str:
        """Name one of the claims: month, provider, insurer, insured person."""
        return self.texts(np.array([at]))[0]


def keys_of(calendars: Calendars, identities: Identities, months: Sequence[int]) -> pa.StringArray:
    """Write the key of each claim: month, provider, insurer and insured number, a space between.

    Parameters
    ----------
    calendars : Calendars
    identities : Identities
    months : sequence of int
        YYYYMM by position.
    """
    return names_of(calendars, identities, [f"{one:06d}" for one in months])


def names_of(
    calendars: Calendars,
    identities: Identities,
    months: Sequence[str],
    claims: Ints | slice = slice(None),
) -> pa.StringArray:
    """Name claims as their keys do, the months by the texts given for their positions."""
    provider, insurer, insured, month = calendars.parts(claims)
    return joined(
        of_texts(months).take(of_numbers(month)),
        identities.providers.arrow.take(of_numbers(provider)),
        identities.insurers.arrow.take(of_numbers(insurer)),
        unpack_insured(insured),
        between=" ",
    )

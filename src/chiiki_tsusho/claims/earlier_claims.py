"""What an earlier run has claimed, as it stands before a run that adds to it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.held_before import HeldBefore
from chiiki_tsusho.claims.shared_limits import ClaimsElsewhere, OwnFigures
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.records import record


@record
class EarlierClaims:
    """Claims that are not to be written again, and rows that are not to be lost.

    Parameters
    ----------
    claims : pyarrow.Table
        Columns of the contract.
    held : HeldBefore
        The rows.
    """

    claims: pa.Table
    held: HeldBefore

    @cached_property
    def keys(self) -> pa.StringArray:
        """Return the key of each claim, as ``keys_of`` writes it."""
        columns = [self.claims[name] for name in CLAIM_KEY_NAMES]
        return compute.binary_join_element_wise(*columns, " ").combine_chunks()

    def hold_again(self, context: Context) -> None:
        """Hold, of the claims of an input, those that are claimed already."""
        claimed = context.met(self.keys)
        context.visits.calendars.hold(claimed)
        for claim in context.names(claimed):
            message = Message("already_claimed", "already_claimed", {"claim": claim})
            context.problems.add("visits", "insured_no", claim.split()[-1], message)

    def parts_of_limits(self, context: Context) -> ClaimsElsewhere:
        """Return what the claims have of the limits of the persons met in an input."""
        visits, identities = context.visits, context.identities
        met = np.array(visits.months, dtype=np.int64)
        month = numbers_of(self.claims["service_month"].cast(pa.int64()))
        insured = pack_insured(self.claims["insured_no"].combine_chunks())
        wanted = np.isin(insured, visits.calendars.claim_parts()[1]) & np.isin(month, met)
        # One that is met there again is held, and counted as it stands there.
        wanted &= ~flags_of(compute.is_in(self.keys, context.keys))
        claims, month, insured = (
            self.claims.filter(of_flags(wanted)),
            month[wanted],
            insured[wanted],
        )
        provider = identities.providers.ids(claims["provider_no"].to_pylist())
        insurer = identities.insurers.ids(claims["insurer_no"].to_pylist())
        none = np.zeros(len(month), dtype=np.int64)
        general = none > 0
        recipients = context.rosters.recipients
        if recipients is not None:
            rows = recipients.find((insurer, insured), month, provider, of_unread=False)
            _, general = recipients.plans(rows)
        # What was claimed is taken, whatever recipients say of it by now. Without a plan what was
        # done stands in its place.
        managed = numbers_of(claims["managed_units"])
        plan = numbers_of(claims["planned_units"].fill_null(0))
        as_done = np.where(plan == managed, plan, 0)
        figures = OwnFigures(
            managed,
            numbers_of(claims["care_level"].fill_null(0)),
            plan - as_done,
            general,
            none,
            none > 0,
            none > 0,
            as_done,
        )
        order = np.argsort(met)
        place = order[np.searchsorted(met, month, sorter=order)]
        return ClaimsElsewhere(place, insurer, insured, figures)

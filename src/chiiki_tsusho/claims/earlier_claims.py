"""What an earlier run has claimed and held, as it stands before a run that adds to it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags
from chiiki_tsusho.claims.calendars import DAYS, Entries
from chiiki_tsusho.claims.claim_names import keys_of
from chiiki_tsusho.claims.context import Context
from chiiki_tsusho.claims.shared_limits import ClaimsElsewhere, OwnFigures
from chiiki_tsusho.claims.visits import VisitBook
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Text
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.dense_ids import TextIds
from chiiki_tsusho.reading.inputs import open_source
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.typed_blocks import Identities
from chiiki_tsusho.records import record

_CLAIMS_NAMED = 3
_SESSION_BITS = 4


@record
class EarlierClaims:
    """Claims that are not to be written again, and rows that are not to be lost.

    Parameters
    ----------
    folder : Path
        Where they are, for words.
    claims : pyarrow.Table
        Columns of the contract.
    held : Path
        The file of the held rows.
    ignored : frozenset of str
        Its columns that are left unread.
    """

    folder: Path
    claims: pa.Table
    held: Path
    ignored: frozenset[str]

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

    def refuse_left_out(self, context: Context) -> None:
        """Refuse an input that lacks visits of claims held here: they would be nowhere.

        Raises
        ------
        OutputError
            Names the claims.
        """
        identities, calendars = Identities(), context.visits.calendars
        source = open_source(self.held)
        source.ignored = self.ignored
        decoder = BlockDecoder(source, "visits", context.visits.book, identities)
        visits = VisitBook(decoder, context.visits.book, None, identities)
        for _ in visits.read(Problems()):
            pass
        keys = keys_of(visits.calendars, identities, visits.months)
        place = numbers_of(compute.index_in(keys, context.keys).fill_null(-1))
        known = np.flatnonzero(place >= 0)
        lacking = place < 0
        there, given = visits.calendars.visits(known), calendars.visits(place[known])
        lost = ~np.isin(_cells(there), _cells(given))
        lacking[known[there.claim[lost]]] = True
        # The rows of what is claimed already are to be taken out.
        lacking &= ~flags_of(compute.is_in(keys, self.keys))
        left_out = keys.filter(of_flags(lacking))
        if len(left_out):
            shown = ", ".join(left_out[:_CLAIMS_NAMED].to_pylist())
            raise OutputError(
                Text(
                    "{folder}: rows of {n:,} of the claims held there are not in the file that is "
                    "added ({claims} …); give all rows of held_visits, corrected or not, or, where "
                    "a date or a number of theirs was corrected or a visit taken out, compute the "
                    "whole month again from the corrected file; nothing was written",
                    folder=str(self.folder),
                    n=len(left_out),
                    claims=shown,
                )
            )

    def parts_of_limits(self, context: Context) -> ClaimsElsewhere:
        """Return what the claims have of the limits of the persons met in an input."""
        visits, identities = context.visits, context.identities
        met = np.array(visits.months, dtype=np.int64)
        wanted = np.isin(_insured(self.claims), visits.calendars.claim_parts()[1])
        wanted &= np.isin(_months(self.claims), met)
        # One that is met there again is held, and counted as it stands there.
        wanted &= ~flags_of(compute.is_in(self.keys, context.keys))
        claims = self.claims.filter(of_flags(wanted))
        month, insured = _months(claims), _insured(claims)
        provider = _ids(claims["provider_no"], identities.providers)
        insurer = _ids(claims["insurer_no"], identities.insurers)
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
        figures = OwnFigures(
            managed,
            numbers_of(claims["care_level"].fill_null(0)),
            np.where(plan == managed, 0, plan),
            general,
            none,
            none > 0,
            none > 0,
            np.where(plan == managed, plan, 0),
        )
        order = np.argsort(met)
        place = order[np.searchsorted(met, month, sorter=order)]
        return ClaimsElsewhere(place, insurer, insured, figures)


def _cells(visits: Entries) -> Ints:
    """Write claim, session and day of each visit as one number."""
    return (visits.claim << _SESSION_BITS | visits.session) * (DAYS + 1) + visits.day


def _months(claims: pa.Table) -> Ints:
    return numbers_of(claims["service_month"].cast(pa.int64()))


def _insured(claims: pa.Table) -> Ints:
    return pack_insured(claims["insured_no"].combine_chunks())


def _ids(texts: pa.ChunkedArray, known: TextIds) -> Ints:
    encoded = texts.combine_chunks().dictionary_encode()
    ids: Ints = known.ids(encoded.dictionary.to_pylist())[numbers_of(encoded.indices)]
    return ids

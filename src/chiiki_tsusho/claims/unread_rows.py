"""Rows of providers and recipients of which it cannot be read whom they are about.

Such a row may be the one that speaks for a claim, in the place of a more general one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chiiki_tsusho.arrow_arrays import of_numbers
from chiiki_tsusho.claims.doubtful_cells import cells_of_lines
from chiiki_tsusho.claims.guessed_numbers import guesses
from chiiki_tsusho.columns import PROVIDER_NO
from chiiki_tsusho.not_known import BAD, BLANK, UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.dense_ids import TupleIds, matched_by_known_parts
from chiiki_tsusho.reading.typed_blocks import Identities, TypedBlock
from chiiki_tsusho.records import record

MONTH = "service_month"


@record
class UnreadRows:
    """What can be read of such rows; ``UNKNOWN`` where nothing can.

    Parameters
    ----------
    read : ndarray of int64, shape (parts, rows)
        Whom they are about, as far as it stands there.
    put_right : ndarray of int64, shape (parts, rows)
        The same with what a number may have been before a spreadsheet took it for a figure.
    month, provider : ndarray of int64, shape (rows,)
    rank : ndarray of int64, shape (rows,)
        How special they are, as ``rank_of`` says.
    """

    read: Ints
    put_right: Ints
    month: Ints
    provider: Ints
    rank: Ints

    @classmethod
    def of(
        cls,
        decoder: BlockDecoder,
        identities: Identities,
        blocks: Sequence[TypedBlock],
        entity: Sequence[str],
    ) -> UnreadRows:
        """Gather them from the blocks of a file.

        Parameters
        ----------
        entity : sequence of str
            The columns that say whom a row is about.
        """
        parts = [_of_cells(decoder, identities, block, entity) for block in blocks]
        parts += [
            _of_lines(decoder, identities, block, entity)
            for block in blocks
            if len(block.block.malformed)
        ]
        nothing = np.zeros((2 * len(entity) + 3, 0), dtype=np.int64)
        whole = np.concatenate([nothing, *parts], axis=1)
        width = len(entity)
        return cls(whole[:width], whole[width : 2 * width], *whole[2 * width :])

    def among(self, entities: TupleIds) -> UnreadRows:
        """Take those for read that, put right, are about somebody who is known."""
        known = entities.find(*self.put_right) >= 0
        return replace(self, read=np.where(known, self.put_right, self.read))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rank)

    def may_speak(self, entity: Sequence[Ints], month: Ints, provider: Ints, rank: Ints) -> Flags:
        """Say for which claims one of the rows may be more special than the row that is known.

        Parameters
        ----------
        entity : sequence of ndarray of int64, shape (n,)
        month, provider : ndarray of int64, shape (n,)
        rank : ndarray of int64, shape (n,)
            How special the row is that is known.
        """
        found = np.zeros(len(month), dtype=bool)
        if not len(self):
            return found
        told = np.stack([*self.read, self.month, self.provider])
        asked = np.stack([*entity, month, provider])
        for rows, number, at in matched_by_known_parts(told, asked):
            highest = np.zeros(len(rows), dtype=np.int64)
            np.maximum.at(highest, number, self.rank[rows])
            found |= (at >= 0) & (highest[at] > rank)
        return found


def rank_of(of_provider: Flags | bool, of_month: Flags | bool) -> Ints:
    """Say how special rows are: of one provider or all, and within that of one month or all."""
    rank: Ints = 2 * np.asarray(of_provider, dtype=np.int64) + np.asarray(of_month, dtype=np.int64)
    return rank


def _of_cells(
    decoder: BlockDecoder, identities: Identities, block: TypedBlock, entity: Sequence[str]
) -> Ints:
    """Gather those of a block whose cells can be told apart, shape (2 parts + 3, rows)."""
    read = np.stack([block.rows(name, BLANK) for name in entity])
    rows = np.flatnonzero((read < 0).any(axis=0))
    read = read[:, rows]
    # Beside a cell that is lost, or where nothing can be read, a blank one may be lost as well.
    doubtful = (read == BLANK).any(axis=0) | (read < 0).all(axis=0)
    read = np.maximum(read, UNKNOWN)
    put_right = read.copy()
    for part, name in enumerate(entity):
        lacking = np.flatnonzero(read[part] < 0)
        if lacking.size:
            texts = decoder.texts(block, name).take(of_numbers(rows[lacking]))
            put_right[part, lacking] = guesses(name, texts, identities)
    places = decoder.layout(int(block.block.lines[0])).places if rows.size else {}
    month, provider = np.full((2, len(rows)), BLANK, dtype=np.int64)
    for name, values in ((MONTH, month), (PROVIDER_NO.name, provider)):
        if name in places and name not in entity:
            values[:] = block.rows(name, BLANK)[rows]
            values[doubtful & (values == BLANK)] = BAD
    rank = rank_of(provider != BLANK, month != BLANK)
    known = np.maximum([month, provider], UNKNOWN)
    return np.concatenate([read, put_right, known, [rank]])


def _of_lines(
    decoder: BlockDecoder, identities: Identities, block: TypedBlock, entity: Sequence[str]
) -> Ints:
    """Gather the lines of a block that cannot be told apart into cells."""
    lines = block.block.malformed
    layout = decoder.layout(int(lines.lines[0]))
    _, elsewhere, cells = cells_of_lines(lines, layout, entity, entity[-1])
    put_right = np.stack([guesses(name, cells[name], identities) for name in entity])
    rank = rank_of(
        PROVIDER_NO.name not in entity and PROVIDER_NO.name in layout.places,
        MONTH in layout.places,
    )
    read = np.full_like(put_right, UNKNOWN)
    read[-1, elsewhere] = put_right[-1, elsewhere]
    known = np.full((2, len(elsewhere)), UNKNOWN, dtype=np.int64)
    return np.concatenate([read, put_right, known, [np.broadcast_to(rank, len(elsewhere))]])

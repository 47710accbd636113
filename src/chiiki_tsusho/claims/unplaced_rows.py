"""Rows of which it cannot be read whose they are: every claim they may belong to is held.

What can be read of such a row must agree with a claim; zeros that a spreadsheet has dropped are
put back first. What is put back, or stands on a line that cannot be told apart into cells, counts
only where it agrees with a claim. A row of which nothing can be read holds every claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_numbers, of_texts
from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.columns import INSURED_NO, INSURER_NO, PROVIDER_NO
from chiiki_tsusho.language import Text
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problem_texts import Message
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.cell_texts import BadCellError
from chiiki_tsusho.reading.cells import PARSERS
from chiiki_tsusho.reading.insured_numbers import pack_insured, unpack_insured
from chiiki_tsusho.reading.layouts import Layout
from chiiki_tsusho.reading.typed_blocks import Identities, TypedBlock
from chiiki_tsusho.records import record

Unplaced = Literal["hold", "pass"]
WAYS: tuple[Unplaced, ...] = ("hold", "pass")
# How many digits the numbers have.
_LENGTHS = {PROVIDER_NO.name: (10,), INSURER_NO.name: (6, 8), INSURED_NO.name: (10,)}
_WHOSE = (*_LENGTHS, "service_date")
# What a spreadsheet puts around a number to keep it as text, and after one it took for a figure.
_WRAPPED = re.compile(r"""(?:=?"|')?([0-9A-Z]+?)(?:\.0+)?["']?""")
_TOTALS = ("合計", "小計", "総計", "計")
_SPACES = "[ \t\u3000]+"
_LONGEST_NUMBER = 40


def put_right(text: str, name: str) -> str | None:
    """Return the number that a text stood for before a spreadsheet took it for a figure.

    Parameters
    ----------
    text : str
        A cell.
    name : str
        ``provider_no``, ``insurer_no`` or ``insured_no``.

    Returns
    -------
    str or None
        A number of that column; None where the text cannot have been one.
    """
    # Normalising takes quadratic time, and no number is as long as that.
    if len(text) > _LONGEST_NUMBER:
        return None
    match = _WRAPPED.fullmatch(unicodedata.normalize("NFKC", text).strip())
    number = match[1] if match else ""
    longer = [length for length in _LENGTHS[name] if length >= len(number)]
    if not number or not longer:
        return None
    if len(number) < longer[0] and number.isdigit():
        number = number.zfill(longer[0])
    try:
        PARSERS[name](number)
    except BadCellError:
        return None
    return number


@record
class _Found:
    """What can be read of some rows, arrays of shape (rows,); ``UNKNOWN`` where nothing can.

    Parameters
    ----------
    lines : ndarray of int64
    read : ndarray of int64, shape (3, rows)
        Id of the provider, id of the insurer, packed insured number, as they stand there.
    guessed : ndarray of int64, shape (3, rows)
        The same of what was put right, or of a line that cannot be told apart.
    month, guessed_month : ndarray of int64
        Position in the months of the visits.
    """

    lines: Ints
    read: Ints
    guessed: Ints
    month: Ints
    guessed_month: Ints

    @property
    def keys(self) -> Ints:
        """All that can be read, shape (8, rows)."""
        return np.concatenate((self.read, self.guessed, [self.month, self.guessed_month]))


@dataclass
class UnplacedRows:
    """Gathers the rows of a file of visits that do not say whose they are.

    Parameters
    ----------
    decoder : BlockDecoder
        The decoder of the visits.
    identities : Identities
    """

    decoder: BlockDecoder
    identities: Identities
    _found: list[_Found] = field(default_factory=list)

    def add(
        self, typed: TypedBlock, rows: Ints, read: Ints, month: Ints, problems: Problems
    ) -> Flags:
        """Take rows whose cells can be told apart.

        Parameters
        ----------
        rows : ndarray of int64, shape (rows,)
            Which ones of the block.
        read : ndarray of int64, shape (3, rows)
            Ids of provider and insurer and the packed insured number, negative where unreadable.
        month : ndarray of int64, shape (rows,)
            Position in the months, negative where unreadable.
        problems : Problems
            Is told of the lines of totals, which are set aside.

        Returns
        -------
        ndarray of bool, shape (rows,)
            Which of them are set aside.
        """
        nameless = (read < 0).all(axis=0)
        total = np.zeros(len(rows), dtype=bool)
        if nameless.any():
            total[nameless] = self._note_totals(typed, rows[nameless], problems)
        kept = ~total
        rows, read, month = rows[kept], np.maximum(read[:, kept], UNKNOWN), month[kept]
        guessed = np.full(read.shape, UNKNOWN, dtype=np.int64)
        for part, name in enumerate(_LENGTHS):
            lacking = np.flatnonzero(read[part] < 0)
            if lacking.size:
                texts = self.decoder.texts(typed, name).take(of_numbers(rows[lacking]))
                guessed[part, lacking] = self._guesses(name, texts)
        lines, nothing = typed.block.lines[rows], np.full(len(rows), UNKNOWN, dtype=np.int64)
        self._found.append(_Found(lines, read, guessed, np.maximum(month, UNKNOWN), nothing))
        return total

    def add_malformed(self, typed: TypedBlock, months: Sequence[int], problems: Problems) -> int:
        """Take the lines of a block that cannot be told apart, as far as their first cells go.

        Returns
        -------
        int
            How many of them are lines of totals, which are set aside.
        """
        lines: list[int] = []
        cells: list[dict[str, str]] = []
        aside = 0
        for line, message in typed.block.malformed:
            there = message.facts.get("cells", ())
            layout = self.decoder.layout(line)
            word = next((cell for cell in map(_unspaced, there) if cell in _TOTALS), None)
            if word is not None and not any(
                put_right(_cell(there, layout, name), name) for name in _LENGTHS
            ):
                _set_aside(problems, np.array([line]), [word])
                aside += 1
                continue
            rows = (
                tuple(_cell(row, layout, name) for name in _WHOSE)
                for row in (there, *_joined(there, layout.width))
            )
            # Each once: a line may hold any number of blank cells.
            for row in dict.fromkeys(rows):
                lines.append(line)
                cells.append(dict(zip(_WHOSE, row, strict=True)))
        if lines:
            guessed = np.stack(
                [self._guesses(name, of_texts([one[name] for one in cells])) for name in _LENGTHS]
            )
            month = [_month(one["service_date"], months) for one in cells]
            nothing = np.full(guessed.shape, UNKNOWN, dtype=np.int64)
            self._found.append(
                _Found(np.array(lines), nothing, guessed, nothing[0], np.array(month))
            )
        return aside

    def _guesses(self, name: str, texts: pa.StringArray) -> Ints:
        encoded = texts.dictionary_encode()
        numbers = [put_right(text, name) for text in encoded.dictionary.to_pylist()]
        if name == INSURED_NO.name:
            values = pack_insured(of_texts([number or "" for number in numbers]))
            values = np.maximum(values, UNKNOWN)
        else:
            there = [at for at, number in enumerate(numbers) if number is not None]
            shared = (
                self.identities.providers if name == PROVIDER_NO.name else self.identities.insurers
            )
            values = np.full(len(numbers), UNKNOWN, dtype=np.int64)
            values[there] = shared.ids([numbers[at] or "" for at in there])
        guesses: Ints = values[numbers_of(encoded.indices)]
        return guesses

    def _note_totals(self, typed: TypedBlock, rows: Ints, problems: Problems) -> Flags:
        """Set aside the lines of totals among rows without any identity; say which they are."""
        words = np.full(len(rows), "", dtype=object)
        for name in self.decoder.text_columns(typed):
            texts = self.decoder.texts(typed, name).take(of_numbers(rows))
            plain = compute.replace_substring_regex(texts, _SPACES, "")
            said = compute.is_in(plain, of_texts(list(_TOTALS))).to_numpy(zero_copy_only=False)
            words[said] = plain.to_numpy(zero_copy_only=False)[said]
        total: Flags = words != ""
        if total.any():
            _set_aside(problems, typed.block.lines[rows[total]], words[total].tolist())
        return total

    def settle(
        self, calendars: Calendars, months: Sequence[int], problems: Problems, way: Unplaced
    ) -> int:
        """Hold the claims that the rows may belong to, or let the rows pass; say so of each.

        Parameters
        ----------
        calendars : Calendars
            The calendars of a file that is read to its end.
        months : sequence of int
            YYYYMM by position.
        problems : Problems
        way : {"hold", "pass"}

        Returns
        -------
        int
            How many rows hold nothing.
        """
        found = [one for one in self._found if len(one.lines)]
        if not found:
            return 0
        lines = np.concatenate([one.lines for one in found])
        keys = np.concatenate([one.keys for one in found], axis=1)
        if not len(calendars):
            keys = np.full_like(keys, UNKNOWN)
        claim = _one_claim(calendars, keys)
        keys = _without_vain_guesses(keys, claim)
        distinct, which = np.unique(keys, axis=1, return_inverse=True)
        which = which.ravel()
        # The claim of those that can be put right is known at once.
        of_key = np.full(distinct.shape[1], UNKNOWN, dtype=np.int64)
        of_key[which] = claim
        index = _ClaimIndex(calendars)
        held = np.zeros(len(calendars), dtype=bool)
        messages = []
        for at, key in enumerate(distinct.T):
            if of_key[at] >= 0:
                claims = of_key[at : at + 1]
            else:
                claims = index.matching(key[:3], key[3:6], int(key[6]), int(key[7]))
            held[claims] = True
            facts = {"claims": self._named(calendars, months, claims)}
            held_with_it = Message("unplaced_row", "unplaced", facts)
            messages.append(
                held_with_it if way == "hold" else Message("unplaced_row", "passed", facts)
            )
        if way == "hold":
            calendars.hold(np.flatnonzero(held))
            calendars.open_level(np.flatnonzero(held))
        else:
            problems.let_pass(lines)
        problems.add_rows("visits", "", lines, which, [""] * len(messages), messages)
        return 0 if way == "hold" else len(np.unique(lines))

    def _named(self, calendars: Calendars, months: Sequence[int], claims: Ints) -> Text:
        """Name a claim, or say how many there are."""
        if not len(claims):
            return Text("there is no other claim")
        if len(claims) != 1:
            return Text("{n:,} claims", n=len(claims))
        pair, insured = calendars.claim_parts(claims)
        provider, insurer, month = calendars.pair_parts(pair)
        name = " ".join(
            (
                month_text(months[int(month[0])]),
                self.identities.providers.arrow[int(provider[0])].as_py(),
                self.identities.insurers.arrow[int(insurer[0])].as_py(),
                unpack_insured(insured)[0].as_py(),
            )
        )
        return Text("claim {name}", name=name)


def _one_claim(calendars: Calendars, keys: Ints) -> Ints:
    """Return the claim of rows that have all four parts, read or put right; else ``UNKNOWN``."""
    provider, insurer, insured = np.where(keys[:3] >= 0, keys[:3], keys[3:6])
    month = keys[6:].max(axis=0)
    claim = np.full(keys.shape[1], UNKNOWN, dtype=np.int64)
    at = np.flatnonzero((provider >= 0) & (insurer >= 0) & (insured >= 0) & (month >= 0))
    pair = calendars.find_pairs(provider[at], insurer[at], month[at])
    known = at[pair >= 0]
    claim[known] = calendars.find_claims(pair[pair >= 0], insured[known])
    return claim


def _without_vain_guesses(keys: Ints, claim: Ints) -> Ints:
    """Forget the one part that was put right of rows that are of no claim so: they become alike."""
    read = np.append(keys[:3], keys[6:7], axis=0) >= 0
    vain = (claim == UNKNOWN) & (np.count_nonzero(read, axis=0) == len(read) - 1)
    kept = keys.copy()
    kept[3:6, vain] = kept[7, vain] = UNKNOWN
    return kept


class _ClaimIndex:
    """All claims by provider and by person, to find those that agree with what is known."""

    def __init__(self, calendars: Calendars) -> None:
        pair, insured = calendars.claim_parts()
        provider, insurer, self._month = calendars.pair_parts(pair)
        self._parts = (provider, insurer, insured)
        self._by = [np.argsort(part, kind="stable") for part in self._parts]
        self._sorted = [part[order] for part, order in zip(self._parts, self._by, strict=True)]

    def matching(self, read: Ints, guessed: Ints, month: int, guessed_month: int) -> Ints:
        """Return the claims that agree with the parts read, and with those guessed if any does."""
        claims = self._of(read)
        if month >= 0:
            claims = claims[self._month[claims] == month]
        for part, value in zip((*self._parts, self._month), (*guessed, guessed_month), strict=True):
            if value >= 0:
                agreed = claims[part[claims] == value]
                claims = agreed if agreed.size else claims
        return claims

    def _of(self, read: Ints) -> Ints:
        known = [(part, value) for part, value in enumerate(read.tolist()) if value >= 0]
        if not known:
            return np.arange(len(self._month))
        # Of the parts that are known, the one with the fewest claims comes first.
        slices = []
        for part, value in known:
            first, end = np.searchsorted(self._sorted[part], [value, value + 1])
            slices.append(self._by[part][first:end])
        claims = min(slices, key=len)
        for part, value in known:
            claims = claims[self._parts[part][claims] == value]
        return np.sort(claims)


def _joined(cells: Sequence[str], width: int) -> Iterator[Sequence[str]]:
    """Yield the rows behind the first where a line has lost its end and goes on with others.

    The first cell of the next row stands in one with the last of the row before it; where the
    lines ended in a comma it stands by itself.
    """
    step = width if len(cells) % width == 0 else max(width - 1, 1)
    for at in range(step, len(cells) - width + 1, step):
        yield cells[at : at + width]


def _cell(cells: Sequence[str], layout: Layout, name: str) -> str:
    at = layout.places[name]
    return cells[at] if at < len(cells) else ""


def _set_aside(problems: Problems, lines: Ints, words: list[str]) -> None:
    messages = [Message("total_row", "total", {"value": word}) for word in words]
    problems.set_aside(lines)
    problems.add_rows("visits", "", lines, np.arange(len(lines)), words, messages)


def _month(text: str, months: Sequence[int]) -> int:
    try:
        month = PARSERS["date"](text) // 100
    except BadCellError:
        return UNKNOWN
    return months.index(month) if month in months else UNKNOWN


def _unspaced(text: str) -> str:
    return re.sub(_SPACES, "", text)

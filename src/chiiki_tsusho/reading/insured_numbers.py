"""被保険者番号 as integers and back, whole arrays at a time: nearly every one is different."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import characters_of, numbers_of, of_flags, of_texts
from chiiki_tsusho.not_known import BAD, BLANK
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.reading.cell_texts import BLANKS, LONGEST_CELL
from chiiki_tsusho.reading.dense_ids import WordRows

# The number of a person without insurance (生活保護 alone) begins so.
UNINSURED = "H"
# 被保険者番号 as integers. H in front counts as the digit 10, so that the order of the integers is
# the order as text.
INSURED_DIGITS = 10
# The integers are below 1.1 × 10¹⁰.
INSURED_BITS = 34
H_PERSON = 10**INSURED_DIGITS
_H_FIRST, _0_FIRST, _FIRST = (np.uint64(number) for number in (ord(UNINSURED), ord("0"), 0xFF))
_HUNDRED = np.uint64(100)


def pack_insured(numbers: pa.StringArray) -> Ints:
    """Turn 被保険者番号 into integers.

    Parameters
    ----------
    numbers : StringArray, shape (n,)
        Texts without nulls.

    Returns
    -------
    ndarray of int64, shape (n,)
        Below 1.1 × 10¹⁰; ``BLANK`` and ``BAD`` for texts that are no such number.
    """
    characters, offsets = characters_of(numbers)
    lengths = np.diff(offsets)
    whole = lengths == INSURED_DIGITS
    if not whole.all():
        packed = np.where(lengths == 0, BLANK, BAD).astype(np.int64)
        packed[whole] = pack_insured(numbers.filter(of_flags(whole)))
        _pack_folded(numbers, (lengths > 0) & ~whole, packed)
        return packed
    if not len(numbers):
        return np.zeros(0, dtype=np.int64)
    characters = characters[offsets[0] : offsets[-1]]
    # The first eight characters of each number as one word, the last two behind six zeros.
    eight, two = (
        np.ndarray(len(numbers), kind, characters.data, at, (INSURED_DIGITS,)).astype(np.uint64)
        for kind, at in (("<u8", 0), ("<u2", 8))
    )
    two = two << _SIX_CHARACTERS | _SIX_ZEROS
    of_h = (eight & _FIRST) == _H_FIRST
    some_h = bool(of_h.any())
    if some_h:
        eight[of_h] -= _H_FIRST - _0_FIRST
    wrong = _not_digits(eight) | _not_digits(two)
    packed = (_number(eight) * _HUNDRED + _number(two)).view(np.int64)
    if some_h:
        packed[of_h] += H_PERSON
    packed[wrong] = BAD
    return packed


def _pack_folded(numbers: pa.StringArray, others: Flags, packed: Ints) -> None:
    """Pack numbers that are written in full width or with blanks around; ``packed`` is changed."""
    if not others.any():
        return
    trimmed = compute.utf8_trim(numbers.filter(of_flags(others)), characters=BLANKS)
    # Normalising takes quadratic time, and what is longer is no number.
    short = of_flags(numbers_of(compute.utf8_length(trimmed)) <= LONGEST_CELL)
    folded = compute.if_else(short, trimmed, of_texts(["?"])[0])
    if not compute.all(compute.string_is_ascii(folded)).as_py():
        folded = compute.utf8_trim(compute.utf8_normalize(folded, form="NFKC"), characters=BLANKS)
    folded = compute.replace_substring_regex(folded, r"^([0-9]{10})\.0+$", r"\1")
    size = numbers_of(compute.binary_length(folded))
    values = np.where(size == 0, BLANK, BAD).astype(np.int64)
    whole = size == INSURED_DIGITS
    values[whole] = pack_insured(folded.filter(of_flags(whole)))
    packed[others] = values


# Eight characters 0, and what parts a word into digits, pairs and fours.
_ZEROS = np.uint64(0x3030303030303030)
_SIX_ZEROS, _SIX_CHARACTERS = np.uint64(0x303030303030), np.uint64(48)
_DIGIT_OVER, _TOP_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_OF_PAIRS, _OF_FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_OF_EIGHT = np.uint64(0xFFFFFFFF)
_SHIFTS = tuple(np.uint64(bits) for bits in (8, 16, 32))


def _not_digits(words: WordRows) -> Flags:
    """Say which words have a character that is no digit."""
    digits = words ^ _ZEROS
    bad: Flags = ((digits + _DIGIT_OVER) | digits) & _TOP_BITS != 0
    return bad


def _number(words: WordRows) -> WordRows:
    """Read eight digits, the first one in the lowest bits, as a number."""
    digits = words ^ _ZEROS
    pairs = (digits * np.uint64(10) + (digits >> _SHIFTS[0])) & _OF_PAIRS
    fours = (pairs * _HUNDRED + (pairs >> _SHIFTS[1])) & _OF_FOURS
    return (fours * np.uint64(10_000) + (fours >> _SHIFTS[2])) & _OF_EIGHT


def unpack_insured(packed: Ints) -> pa.StringArray:
    """Turn integers back into 被保険者番号; a blank text where there is no number."""
    known = packed >= 0
    numbers = packed[known]
    characters = np.empty((len(numbers), INSURED_DIGITS), dtype=np.uint8)
    rest = numbers % H_PERSON
    for column in range(INSURED_DIGITS - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        characters[:, column] = digit + ord("0")
    characters[numbers >= H_PERSON, 0] = ord(UNINSURED)
    offsets = np.zeros(len(packed) + 1, dtype=np.int32)
    np.cumsum(known * INSURED_DIGITS, out=offsets[1:])
    return pa.StringArray.from_buffers(len(packed), pa.py_buffer(offsets), pa.py_buffer(characters))

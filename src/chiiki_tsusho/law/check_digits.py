"""The last digit of the numbers that authorities give: it follows from those before it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import characters_of
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Ints

# 事業所番号 may have a letter, which counts from ten on; I, O and Q are not used.
_CHARACTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
# What each character adds to the sum, by its weight: the digits of the product.
_DOUBLED, _ONCE = (
    {character: sum(divmod(worth * weight, 10)) for worth, character in enumerate(_CHARACTERS)}
    for weight in (2, 1)
)
# Kind of number → how many characters it may have, by the kinds of the columns.
_LENGTHS = {
    "insurer_no": (6, 8),
    "facility_insurer_no": (6,),
    "public_payer_no": (8,),
    "public_recipient_no": (7,),
    "provider_no": (10,),
}
CHECKED_KINDS = frozenset(_LENGTHS)
# Of these kinds a 事業所番号 may be a 医療機関等コード: only its last seven digits are summed.
_MEDICAL, _KIND_AT = "13456", 2
_WORTH_ONCE, _WORTH_DOUBLED = (
    np.array([worth[digit] for digit in "0123456789"]) for worth in (_ONCE, _DOUBLED)
)


def check_digit(body: str) -> str | None:
    """Return the digit that must follow others (保険者番号設定要領: modulus 10, weights 2 and 1).

    Weights are 2 and 1 by turns from the last character on, the digits of each product are summed,
    and the digit is what the sum lacks of a multiple of ten.

    Returns
    -------
    str or None
        None where a character is none that such numbers have.
    """
    try:
        total = sum(map(_DOUBLED.__getitem__, body[::-2]))
        total += sum(map(_ONCE.__getitem__, body[-2::-2]))
    except KeyError:
        return None
    return str(-total % 10)


def wrong_digit(number: str, kind: str) -> str | None:
    """Return the check digit that a number should end in, where it ends in another.

    Parameters
    ----------
    number : str
    kind : str
        One of ``CHECKED_KINDS``.

    Returns
    -------
    str or None
        None where the number ends as it should, or is not as long as such numbers are.
    """
    if len(number) not in _LENGTHS[kind]:
        return None
    expected = check_digit(number[:-1])
    if expected == number[-1]:
        return None
    if kind == "provider_no" and number[_KIND_AT] in _MEDICAL:
        expected = check_digit(number[_KIND_AT + 1 : -1])
    return None if expected == number[-1] else expected


def wrong_digits(numbers: pa.StringArray, kind: str) -> tuple[Ints, Ints]:
    """Return the check digit and the last digit of many numbers at once, as ``wrong_digit`` does.

    Parameters
    ----------
    numbers : StringArray, shape (n,)
        Texts without nulls.
    kind : str
        One of ``CHECKED_KINDS``.

    Returns
    -------
    expected : ndarray of int64, shape (n,)
        The check digit; ``UNKNOWN`` where a text is not of digits alone or not as long as such
        numbers are.
    ending : ndarray of int64, shape (n,)
        The digit that a number ends in.
    """
    characters, ends = characters_of(numbers)
    sizes = np.diff(ends)
    expected, ending = np.full((2, len(numbers)), UNKNOWN, dtype=np.int64)
    for length in _LENGTHS[kind]:
        at = np.flatnonzero(sizes == length)
        # Below 0 a byte wraps round: all that is no digit is above nine.
        digits = characters[ends[at, None] + np.arange(length)] - np.uint8(ord("0"))
        of_digits = (digits <= 9).all(axis=1)
        at, digits = at[of_digits], digits[of_digits]
        found = _digits_after(digits[:, :-1])
        if kind == "provider_no":
            medical = np.isin(digits[:, _KIND_AT], np.array(list(_MEDICAL), dtype=np.uint8))
            other = medical & (found != digits[:, -1])
            found[other] = _digits_after(digits[other, _KIND_AT + 1 : -1])
        expected[at], ending[at] = found, digits[:, -1]
    return expected, ending


def _digits_after(bodies: npt.NDArray[np.uint8]) -> Ints:
    """Return the check digit of each row of digits."""
    doubled = _WORTH_DOUBLED[bodies[:, ::-2]].sum(axis=1)
    once = _WORTH_ONCE[bodies[:, -2::-2]].sum(axis=1)
    digits: Ints = -(doubled + once) % 10
    return digits

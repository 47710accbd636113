"""What numbers were before a spreadsheet took them for figures, as far as can be guessed."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, numbers_of, of_flags, of_texts
from chiiki_tsusho.columns import INSURED_NO, INSURER_NO, PROVIDER_NO
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.cell_texts import LONGEST_CELL
from chiiki_tsusho.reading.cells import parsed
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.typed_blocks import Identities

# How many digits the numbers have.
LENGTHS = {PROVIDER_NO.name: (10,), INSURER_NO.name: (6, 8), INSURED_NO.name: (10,)}
# What a spreadsheet puts around a number to keep it as text, and after one it took for a figure.
_WRAPPED = re.compile(r"""(?:=?"|')?([0-9A-Z]+?)(?:\.0+)?["']?""")
# A text of ASCII with what no number has, however a spreadsheet wrote it.
_IN_NO_NUMBER = r"\A[ -~]*[!#-&(-\-/:-<>-@\[-~][ -~]*\z"
# Of a person, with zeros lost or not.
_DIGITS_OF_PERSON = r"\A[0-9]{1,10}\z"


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
    # Normalising takes quadratic time.
    if len(text) > LONGEST_CELL:
        return None
    match = _WRAPPED.fullmatch(unicodedata.normalize("NFKC", text).strip())
    number = match[1] if match else ""
    longer = [length for length in LENGTHS[name] if length >= len(number)]
    if not number or not longer:
        return None
    if number.isdigit():
        number = number.zfill(longer[0])
    return None if parsed(name, number) is None else number


def guesses(name: str, texts: pa.StringArray, identities: Identities) -> Ints:
    """Return the ids of the numbers that texts stood for, ``UNKNOWN`` where they can be none.

    Parameters
    ----------
    name : str
        The column.
    texts : StringArray, shape (n,)
    identities : Identities
        Gives the ids of providers and insurers; 被保険者番号 are packed.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    if name == INSURED_NO.name:
        # Nearly every one is different; of most nothing but the zeros is lost.
        digits = flags_of(compute.match_substring_regex(texts, _DIGITS_OF_PERSON))
        values = np.empty(len(texts), dtype=np.int64)
        values[digits] = numbers_of(texts.filter(of_flags(digits)).cast(pa.int64()))
        values[~digits] = _guesses_of_each(name, texts.filter(of_flags(~digits)), identities)
        return values
    return _guesses_of_each(name, texts, identities)


def _guesses_of_each(name: str, texts: pa.StringArray, identities: Identities) -> Ints:
    never = flags_of(compute.match_substring_regex(texts, _IN_NO_NUMBER))
    if never.any():
        values = np.full(len(texts), UNKNOWN, dtype=np.int64)
        values[~never] = _guesses_of_each(name, texts.filter(of_flags(~never)), identities)
        return values
    encoded = texts.dictionary_encode()
    numbers = [put_right(text, name) for text in encoded.dictionary.to_pylist()]
    if name == INSURED_NO.name:
        values = pack_insured(of_texts([number or "" for number in numbers]))
        values = np.maximum(values, UNKNOWN)
    else:
        there = [at for at, number in enumerate(numbers) if number is not None]
        shared = identities.providers if name == PROVIDER_NO.name else identities.insurers
        values = np.full(len(numbers), UNKNOWN, dtype=np.int64)
        values[there] = shared.ids([numbers[at] or "" for at in there])
    found: Ints = values[numbers_of(encoded.indices)]
    return found

"""What a caller gives to look up codes: whole numbers, flags, choices and codes, as arrays."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chiiki_tsusho.errors import ChiikiTsushoError, UnknownCodeError, VisitError, given_text
from chiiki_tsusho.language import Text, quoted
from chiiki_tsusho.number_arrays import Flags, Ints

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

_LARGEST = 1 << 53


def whole_numbers(
    values: npt.ArrayLike | None, name: str, least: int, most: int = _LARGEST, blank: int = -1
) -> Ints:
    """Check whole numbers.

    Parameters
    ----------
    values : array-like of int, any shape
    name : str
        What they are, for the message.
    least, most : int
        The range they must be in.
    blank : int
        What a blank (None, NaN, <NA>, masked) becomes; where it is −1, a blank is an error.

    Returns
    -------
    ndarray of int64, of the same shape

    Raises
    ------
    VisitError
        A value is no whole number of the range.
    """
    array = _array(values, name, VisitError)
    if array.dtype.kind in "mM":
        # None where it is no time at all.
        array = array.astype(object)
    missing = _missing(array)
    kind = "boolean" if _has_flags(values, array) else _kind(array[~missing])
    if kind not in ("integer", "floating", "mixed-integer-float", "empty") and (~missing).any():
        raise VisitError(
            Text("{name}: whole numbers were expected, not {kind}", name=name, kind=kind)
        )
    if blank < 0 and missing.any():
        raise VisitError(Text("{name}: blank; a whole number was expected", name=name))
    filled = np.where(missing, least, array)
    out_of_range = (filled < least) | (filled > most)
    if np.any(out_of_range):
        limit = (
            Text("from {least} to {most}", least=least, most=most)
            if most < _LARGEST
            else Text("of {least} or more", least=least)
        )
        raise VisitError(
            Text(
                "{name}: {wrong}: a whole number {limit} was expected",
                name=name,
                wrong=given_text(filled[out_of_range].flat[0]),
                limit=limit,
            )
        )
    numbers = filled.astype(np.int64)
    if np.any(numbers != filled):
        wrong = given_text(filled[numbers != filled].flat[0])
        raise VisitError(
            Text("{name}: {wrong}: a whole number was expected", name=name, wrong=wrong)
        )
    return np.where(missing, blank, numbers)


def flags(values: npt.ArrayLike, name: str) -> Flags:
    """Check truth values, 1 and 0 among them.

    Returns
    -------
    ndarray of bool, of the same shape

    Raises
    ------
    VisitError
        A value is neither true nor false.
    """
    array = _array(values, name, VisitError)
    if array.dtype != bool:
        kind = _kind(array.ravel())
        if array.size and (kind not in ("boolean", "integer") or not np.isin(array, (0, 1)).all()):
            raise VisitError(Text("{name}: True or False was expected", name=name))
    return array.astype(bool)


def choices(values: npt.ArrayLike, name: str, known: Sequence[str]) -> npt.NDArray[np.intp]:
    """Check texts of a closed set; a blank is the empty text.

    Returns
    -------
    ndarray of intp, of the same shape
        Positions in ``known``.

    Raises
    ------
    VisitError
        A text is not one of them.
    """
    array = _array(values, name, VisitError).astype(object)
    texts = np.where(_missing(array), "", array)
    at = np.full(texts.shape, -1, dtype=np.intp)
    for position, one in enumerate(known):
        at[texts == one] = position
    if (at < 0).any():
        wrong = texts[at < 0].flat[0]
        raise VisitError(
            Text(
                "{name}: {wrong!r} is unknown; one of {known}",
                name=name,
                wrong=wrong if isinstance(wrong, str) else given_text(wrong),
                known=quoted(known),
            )
        )
    return at


def _missing(array: npt.NDArray[Any]) -> Flags:
    """Say which values are blank; pandas, slow to load, is asked where there may be any kind."""
    if array.dtype.kind in "biuU":
        return np.zeros(array.shape, dtype=bool)
    if array.ndim == 0 and isinstance(array.item(), int | str | None):
        return np.asarray(array.item() is None)
    try:
        return np.asarray(pd.isna(array))
    except (ArithmeticError, TypeError):
        # A record, or a signalling NaN, which raises where pandas compares it; neither is taken.
        return np.zeros(array.shape, dtype=bool)


def _has_flags(values: Any, array: npt.NDArray[Any]) -> bool:
    """Say whether a list has a flag among its numbers, which NumPy takes for one of them."""
    if not isinstance(values, list | tuple) or array.dtype.kind not in "iuf":
        return False
    return not {bool, np.bool_}.isdisjoint(map(type, np.asarray(values, dtype=object).flat))


def _kind(values: npt.NDArray[Any]) -> str:
    """Name the kind of values, as pandas does."""
    if values.dtype.kind in "iu":
        return "integer"
    return pd.api.types.infer_dtype(values, skipna=False) if values.size else "empty"


def service_code_array(codes: Sequence[str] | npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Take service codes as an array of shape (n,); a single text is one code.

    Raises
    ------
    UnknownCodeError
        They have no order, or are not all of one depth.
    """
    if isinstance(codes, str):
        codes = [codes]
    if isinstance(codes, set | frozenset | dict):
        kind = type(codes).__name__
        raise UnknownCodeError(
            Text("service codes: a list or an array was expected, not a {kind}", kind=kind)
        )
    return _array(codes, "service codes", UnknownCodeError).astype(object).ravel()


def _array(values: Any, name: str, refusal: type[ChiikiTsushoError]) -> npt.NDArray[Any]:
    """Make an array; what a masked array hides is None."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise refusal(Text("{name}: not an array: {why}", name=name, why=str(error))) from error
    # Who has a masked array has loaded numpy.ma, which takes its time.
    if "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray):
        array = array.astype(object)
        array[np.ma.getmaskarray(values)] = None
    return array

"""Lengths of time in an Excel sheet that its reader cannot hold: they are made text.

Excel shows whatever number stands in a cell as a length, in hours of days: a telephone number in
the form ``[h]:mm`` is one of millions of years. The reader of cells (calamine) fails on it, and so
on its whole row.
"""

from __future__ import annotations

import re
from datetime import timedelta

from chiiki_tsusho.reading.written_cells import length_text


def any_prefix(pattern: bytes) -> bytes:
    """Let whatever stands before the names of tags, in other XML than Excel's, stand for ``p:``."""
    return pattern.replace(b"p:", rb"(?:[^\s<>/:]+:)?")


# Of a cell: its tag, attributes, formula and number, if that may be a large one.
_TAG = any_prefix(rb"(<p:c\b)")
_FORMULA = any_prefix(rb"(?:<p:f\b(?:[^>]*/>|[^>]*>[^<]*</p:f>)\s*)?")
_NUMBER = rb"([^<]*(?:[0-9]{9}|[A-Za-z])[^<]*)"
_TYPE = re.compile(rb"\s*\bt\s*=\s*[\"'](\w*)[\"']")
# Whether the code of a form has hours, minutes or seconds that do not end at 24 or 60.
_LENGTH = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def shows_length(form: str) -> bool:
    """Say whether a form of numbers shows them as lengths of time."""
    return _LENGTH.search(form) is not None


class FarLengths:
    """What finds the cells of some styles that hold lengths no reader can.

    Parameters
    ----------
    styles : list of int
        Those that show a number as a length of time.
    """

    def __init__(self, styles: list[int]) -> None:
        numbers = "|".join(map(str, styles)).encode()
        self._cell = re.compile(
            _TAG + rb"([^>]*\bs\s*=\s*[\"'](?:" + numbers + rb")[\"'][^>]*)(?<!/)>"
            rb"(\s*" + _FORMULA + any_prefix(rb"<p:v\b[^>]*>)") + _NUMBER + rb"<"
        )

    def as_text(self, piece: bytes) -> bytes:
        """Make such lengths in a piece of a sheet text; without any it stays as it is."""
        return self._cell.sub(_as_text, piece)


def _as_text(cell: re.Match[bytes]) -> bytes:
    tag, attributes, before, number = cell.groups()
    kind = _TYPE.search(attributes)
    try:
        days = float(number)
    except ValueError:
        return cell[0]
    if abs(days) < timedelta.max.days or (kind is not None and kind[1] not in (b"", b"n")):
        return cell[0]
    text = length_text(days).encode()
    return tag + _TYPE.sub(b"", attributes) + b' t="str">' + before + text + b"<"

"""The duration of each base code, from the durations printed beside the codes of its table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chiiki_tsusho.law.published_names import BaseName
from chiiki_tsusho.table_imports.condition_text import Band
from chiiki_tsusho.table_imports.known_rows import RowRefusedError


class Durations:
    """Durations by name: codes that differ in level, 定超 or 人欠 alone share one.

    Parameters
    ----------
    rows : iterable of (row number, BaseName, durations printed in the row)
    """

    def __init__(self, rows: Iterable[tuple[int, BaseName, tuple[Band, ...]]]) -> None:
        self._doubled: dict[int, tuple[Band, ...]] = {}
        self._printed: dict[BaseName, dict[Band, int]] = {}
        rows = list(rows)
        for at, name, bands in rows:
            if not name.moves_the_hours:
                self._note(at, name, bands)
        for at, name, bands in rows:
            if name.moves_the_hours:
                # The text of 時減 and 延長 may also name the duration whose units they take.
                base = self._printed.get(_shared(name.plain), {})
                self._note(at, name, tuple(band for band in bands if band not in base))

    def _note(self, at: int, name: BaseName, bands: tuple[Band, ...]) -> None:
        if len(bands) > 1:
            self._doubled[at] = bands
        elif bands:
            self._printed.setdefault(_shared(name), {}).setdefault(bands[0], at)

    def of(self, at: int, name: BaseName) -> Band:
        """Return first minute and the minute after the last.

        Raises
        ------
        RowRefusedError
            No duration is printed for the code, or more than one.
        """
        if at in self._doubled:
            found = " and ".join(map(_text, self._doubled[at]))
            raise RowRefusedError(f"the row prints {found}; one duration was expected")
        printed = self._printed.get(_shared(name), {})
        if len(printed) > 1:
            found = ", ".join(f"{_text(band)} (row {row})" for band, row in printed.items())
            raise RowRefusedError(
                f"different durations are printed for the same part of the name: {found}; correct "
                "the wrong one"
            )
        if not printed:
            raise RowRefusedError(
                "no duration with both bounds, such as 3時間以上4時間未満, in the row, in a cell "
                "merged with it, or beside a code that shares it; fill it in"
            )
        return next(iter(printed))


def _shared(name: BaseName) -> BaseName:
    return replace(name, care_level=None, shortfall=None)


def _text(band: Band) -> str:
    return f"{band[0] // 60}時間以上{band[1] // 60}時間未満"

"""A base code of a printed table: its steps from the name, its figures from the text, proved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from chiiki_tsusho.language import Text, listed
from chiiki_tsusho.law.named_additions import reduction_line, reduction_per_mille
from chiiki_tsusho.law.published_names import BaseName
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.table_imports.condition_text import (
    ANY_LENGTH,
    SHORTFALL_WORDS,
    Band,
    Conditions,
    Per,
    counted_per,
    ratios_text,
)
from chiiki_tsusho.table_imports.gathering import base_cells
from chiiki_tsusho.table_imports.known_rows import (
    BY_HAND,
    KnownRows,
    RowRefusedError,
    one_per_mille,
    whole_per_mille,
)
from chiiki_tsusho.table_imports.sheet_rows import SheetRow


@dataclass(frozen=True)
class PrintedBase:
    """A base row as printed, its name read, and its 合成単位数 where there is one."""

    printed: SheetRow
    name: BaseName
    units: int | None


@dataclass(frozen=True)
class _Steps:
    """The steps of a base row, and whether its own text prints every one."""

    short_hours: int | None
    shortfall: int | None
    reduction: int | None
    extension: int
    all_printed: bool


class Durations:
    """Durations by name: codes that differ in level, 定超, 人欠, 業未 or 虐防 alone share one.

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

    def of(self, at: int, name: BaseName, per: Per = "visit") -> Band:
        """Return first minute and the minute after the last.

        A code by the day or month is for visits of any length, where none is printed.

        Raises
        ------
        RowRefusedError
            No duration is printed for the code, or more than one.
        """
        if at in self._doubled:
            found = " and ".join(map(_band_text, self._doubled[at]))
            raise RowRefusedError(
                Text("the row prints {found}; one duration was expected", found=found)
            )
        printed = self._printed.get(_shared(name), {})
        if len(printed) > 1:
            found = ", ".join(f"{_band_text(band)} (row {row})" for band, row in printed.items())
            raise RowRefusedError(
                Text(
                    "different durations are printed for the same part of the name: {found}; "
                    "correct the wrong one",
                    found=found,
                )
            )
        if not printed and per != "visit":
            return ANY_LENGTH
        if not printed:
            raise RowRefusedError(
                Text(
                    "no duration with both bounds, such as 3時間以上4時間未満, in the row, in a "
                    "cell merged with it, or beside a code that shares it; fill it in"
                )
            )
        return next(iter(printed))


def _shared(name: BaseName) -> BaseName:
    return replace(name, care_level=None, shortfall=None, reductions=())


def _band_text(band: Band) -> str:
    return f"{band[0] // 60}時間以上{band[1] // 60}時間未満"


class BaseRows:
    """The base codes of one table; each plain code that is placed is the base of others.

    Parameters
    ----------
    known : KnownRows
        Gives the ratio of a step that the text does not print.
    durations : Durations
    """

    def __init__(self, known: KnownRows, durations: Durations) -> None:
        self._known = known
        self._durations = durations
        self._plain_units: dict[BaseName, tuple[int, int]] = {}

    def cells(self, one: PrintedBase) -> dict[str, Any]:
        """Return the columns of a base row but those of its identity.

        Raises
        ------
        RowRefusedError
            Name, text and composite do not say the same, or too little.
        """
        row, name = one.printed, one.name
        _agree(name, row.conditions)
        per = _per(row, name)
        minutes_from, minutes_to = self._durations.of(row.at, name, per)
        steps = self._steps(name, row.conditions)
        units, printed_base = self._base_units(one)
        if not units or one.units == 0:
            raise RowRefusedError(Text("0 units for a base code; look the figure up"))
        if one.units is None and not (printed_base and steps.all_printed):
            raise RowRefusedError(
                Text(
                    "合成単位数 is blank, and the row does not print its base and every step; look "
                    "the figure up and fill it in"
                )
            )
        if row.managed_units not in (None, one.units):
            raise RowRefusedError(row.managed_otherwise)
        cells = base_cells(
            name,
            one.units,
            {
                "minutes_from": minutes_from,
                "minutes_to": minutes_to,
                "base_units": units,
                "short_hours_per_mille": steps.short_hours,
                "shortfall_per_mille": steps.shortfall,
                "extension_units": steps.extension,
                "reduction_per_mille": steps.reduction,
                "per": per,
            },
        )
        if name.is_plain:
            self._plain_units.setdefault(name, (units, row.at))
        return cells

    def _base_units(self, one: PrintedBase) -> tuple[int, bool]:
        """Return 所定単位数, and whether the row itself prints it."""
        own = one.printed.conditions.base_units(one.name.care_level)
        plain = self._plain_units.get(one.name.plain)
        if len(own) > 1:
            figures = ", ".join(map(str, sorted(own)))
            raise RowRefusedError(
                Text("the row prints several base figures, {figures}; keep one", figures=figures)
            )
        if own:
            (units,) = own
            if plain is not None and plain[0] != units:
                raise RowRefusedError(
                    Text(
                        "the row prints the base {units}, row {row} the base {other} for the same "
                        "duration and level; correct the wrong one",
                        units=units,
                        row=plain[1],
                        other=plain[0],
                    )
                )
            return units, True
        if plain is not None:
            return plain[0], False
        if one.name.is_plain and one.units is not None:
            # No step applies: the composite is the base.
            return one.units, False
        raise RowRefusedError(
            Text(
                "no base figure (所定単位数) in the row, and its plain code was not placed; fill "
                "it in"
            )
        )

    def _steps(self, name: BaseName, conditions: Conditions) -> _Steps:
        expected = name.short_hours + (name.shortfall is not None)
        reduced = None
        ratios = conditions.step_ratios
        for key in name.reductions:
            reduced = reduction_per_mille(key)
        if reduced is not None:
            # × 99/100 is the reduction; the others are those of the other steps.
            ratios = tuple(ratio for ratio in ratios if ratio != 1000 - reduced)
        if len(set(ratios)) > 1:
            raise RowRefusedError(
                Text(
                    "the row prints different ratios, {ratios}, and does not say which is whose; "
                    "{by_hand}",
                    ratios=ratios_text(ratios),
                    by_hand=BY_HAND,
                )
            )
        if ratios and not expected:
            raise RowRefusedError(
                Text(
                    "the row prints × {ratios}, the name has no 定超, 人欠 or 時減; correct the "
                    "wrong one",
                    ratios=ratios_text(ratios),
                )
            )
        short = self._known.short_hours_per_mille() if name.short_hours else None
        shortfall = self._known.shortfall_per_mille() if name.shortfall else None
        if ratios and len(ratios) >= expected:
            ratio = whole_per_mille(ratios[0])
            short = ratio if name.short_hours else None
            shortfall = ratio if name.shortfall else None
        elif ratios and ratios[0] not in (short, shortfall):
            raise RowRefusedError(
                Text(
                    "the row prints {ratios} for two steps and not which one it is; {by_hand}",
                    ratios=ratios_text(ratios),
                    by_hand=BY_HAND,
                )
            )
        extensions = conditions.extensions
        if len(extensions) > 1 or (extensions and not name.extension):
            raise RowRefusedError(
                Text(
                    "the row adds {units} units, the name has {extensions}; correct the wrong one",
                    units=", ".join(map(str, sorted(extensions))),
                    extensions=Text("one 延長") if name.extension else Text("no 延長"),
                )
            )
        if extensions:
            (extension,) = extensions
        else:
            extension = self._known.extension_units(name.extension) if name.extension else 0
        all_printed = len(ratios) >= expected and len(extensions) == min(name.extension, 1)
        return _Steps(short, shortfall, reduced, extension, all_printed)

    def reduction_cells(self, row: SheetRow, key: str, name: BaseName) -> dict[str, Any]:
        """Return the columns of a reduction's line for one band and level, proved from its base.

        Raises
        ------
        RowRefusedError
            Its plain code was not placed, or the printed units do not follow from its base.
        """
        plain = self._plain_units.get(name)
        if plain is None:
            raise RowRefusedError(
                Text("the code of this duration and level was not placed, so its base is not known")
            )
        printed = {abs(ratio) for ratio in row.conditions.rates}
        ratios = printed or {Fraction(reduction_per_mille(key))}
        ratio = one_per_mille(ratios)
        units = -half_up(plain[0], ratio)
        # A table may print what is taken off without its sign, or the ratio alone.
        if row.units and abs(row.units) != -units:
            raise RowRefusedError(
                Text(
                    "合成単位数 {printed} does not follow from its base: {base} × {ratio}/1000 "
                    "gives {units}; find out which figure is wrong",
                    printed=row.units,
                    base=plain[0],
                    ratio=ratio,
                    units=units,
                )
            )
        line = reduction_line(key, name, self._durations.of(row.at, name), units)
        return line | {
            "published_units": units if row.units else None,
            "limit_managed": row.limit_managed(line["limit_managed"]),
        }


def _per(row: SheetRow, name: BaseName) -> Per:
    """Read 算定単位 of a base code."""
    text = row.per or row.per_above
    per = counted_per(text) if text else "visit"
    if name.service == "day_care" and per != "visit":
        raise RowRefusedError(
            Text(
                "算定単位 is {per!r}; a base code of 地域密着型通所介護 is counted per visit, "
                "1回につき",
                per=text,
            )
        )
    if per is None or per == "one_way":
        raise RowRefusedError(
            Text(
                "算定単位 is {per!r}; a base code of 療養通所介護 is counted per visit, day or "
                "month: 1回につき, 1日につき or 1月につき",
                per=text,
            )
        )
    if name.band == 0 and per == "visit":
        raise RowRefusedError(
            Text(
                "算定単位 is {per!r} and the name has no duration; 1月につき, or 1日につき for "
                "短期利用, was expected",
                per=text,
            )
        )
    if name.service != "day_care" and name.band > 0 and per != "visit":
        raise RowRefusedError(
            Text(
                "算定単位 is {per!r} and the name has a duration; 1回につき was expected", per=text
            )
        )
    return per


def _agree(name: BaseName, conditions: Conditions) -> None:
    """Refuse a row whose text speaks of another level or reduction than its name."""
    levels = conditions.levels
    if levels and name.care_level is not None and name.care_level not in levels:
        raise RowRefusedError(
            Text(
                "the row speaks of 要介護{levels}, its name of level {level}; correct the wrong one"
                "",
                levels=", ".join(map(str, sorted(levels))),
                level=name.care_level,
            )
        )
    others = conditions.shortfalls - {name.shortfall}
    if others:
        raise RowRefusedError(
            Text(
                "the row speaks of {shortfalls}, its name does not; correct the wrong one",
                shortfalls=listed([word for word, one in SHORTFALL_WORDS.items() if one in others]),
            )
        )

"""A base code of a printed table: its steps from the name, its figures from the text, proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.published_names import BaseName
from chiiki_tsusho.table_imports.condition_text import Conditions, counted_per, ratios_text
from chiiki_tsusho.table_imports.durations import Durations
from chiiki_tsusho.table_imports.gathering import base_cells, prove
from chiiki_tsusho.table_imports.known_rows import (
    BY_HAND,
    KnownRows,
    RowRefusedError,
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
    extension: int
    all_printed: bool


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
        minutes_from, minutes_to = self._durations.of(row.at, name)
        steps = self._steps(name, row.conditions)
        units, printed_base = self._base_units(one)
        if one.units is None and not (printed_base and steps.all_printed):
            raise RowRefusedError(
                "合成単位数 is blank, and the row does not print its base and every step; look the "
                "figure up and fill it in"
            )
        per = row.per or row.per_above
        if per and counted_per(per) != "visit":
            raise RowRefusedError(
                f"算定単位 is {per!r}; a base code of this table is counted per visit, 1回につき"
            )
        cells = base_cells(
            {
                "service": name.service,
                "care_level": name.care_level,
                "minutes_from": minutes_from,
                "minutes_to": minutes_to,
                "shortfall": name.shortfall,
                "base_units": units,
                "short_hours_per_mille": steps.short_hours,
                "shortfall_per_mille": steps.shortfall,
                "extension_units": steps.extension,
                "published_units": one.units,
            }
        )
        prove(CodeRow.model_construct(**cells), one.units)
        if name.is_plain:
            self._plain_units.setdefault(name, (units, row.at))
        return cells

    def _base_units(self, one: PrintedBase) -> tuple[int, bool]:
        """Return 所定単位数, and whether the row itself prints it."""
        own = one.printed.conditions.base_units(one.name.care_level)
        plain = self._plain_units.get(one.name.plain)
        if len(own) > 1:
            figures = ", ".join(map(str, sorted(own)))
            raise RowRefusedError(f"the row prints several base figures, {figures}; keep one")
        if own:
            (units,) = own
            if plain is not None and plain[0] != units:
                raise RowRefusedError(
                    f"the row prints the base {units}, row {plain[1]} the base {plain[0]} for the "
                    "same duration and level; correct the wrong one"
                )
            return units, True
        if plain is not None:
            return plain[0], False
        if one.name.is_plain and one.units is not None:
            # No step applies: the composite is the base.
            return one.units, False
        raise RowRefusedError(
            "no base figure (所定単位数) in the row, and its plain code was not placed; fill it in"
        )

    def _steps(self, name: BaseName, conditions: Conditions) -> _Steps:
        expected = name.short_hours + (name.shortfall is not None)
        ratios = conditions.step_ratios
        if len(set(ratios)) > 1:
            raise RowRefusedError(
                f"the row prints different ratios, {ratios_text(ratios)}, and does not say which "
                f"is whose; {BY_HAND}"
            )
        if ratios and not expected:
            raise RowRefusedError(
                f"the row prints × {ratios_text(ratios)}, the name has no 定超, 人欠 or 時減; "
                "correct the wrong one"
            )
        short = self._known.short_hours_per_mille() if name.short_hours else None
        shortfall = self._known.shortfall_per_mille() if name.shortfall else None
        if ratios and len(ratios) >= expected:
            ratio = whole_per_mille(ratios[0])
            short = ratio if name.short_hours else None
            shortfall = ratio if name.shortfall else None
        elif ratios and ratios[0] not in (short, shortfall):
            raise RowRefusedError(
                f"the row prints {ratios_text(ratios)} for two steps and not which one it is; "
                f"{BY_HAND}"
            )
        extensions = conditions.extensions
        if len(extensions) > 1 or (extensions and not name.extension):
            raise RowRefusedError(
                f"the row adds {', '.join(map(str, sorted(extensions)))} units, the name has "
                f"{'one 延長' if name.extension else 'no 延長'}; correct the wrong one"
            )
        if extensions:
            (extension,) = extensions
        else:
            extension = self._known.extension_units(name.extension) if name.extension else 0
        all_printed = len(ratios) >= expected and len(extensions) == min(name.extension, 1)
        return _Steps(short, shortfall, extension, all_printed)


def _agree(name: BaseName, conditions: Conditions) -> None:
    """Refuse a row whose text speaks of another level or reduction than its name."""
    levels = conditions.levels
    if levels and name.care_level is not None and name.care_level not in levels:
        raise RowRefusedError(
            f"the row speaks of 要介護{', '.join(map(str, sorted(levels)))}, its name of level "
            f"{name.care_level}; correct the wrong one"
        )
    others = conditions.shortfalls - {name.shortfall}
    if others:
        words = {"over_capacity": "定員超過", "understaffed": "欠員"}
        raise RowRefusedError(
            f"the row speaks of {', '.join(words[one] for one in sorted(others))}, its name does "
            "not; correct the wrong one"
        )

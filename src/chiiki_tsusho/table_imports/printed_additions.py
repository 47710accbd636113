"""An addition or rate of a printed table: its figure from the text, the rest by published name."""

from __future__ import annotations

from typing import Any

from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.table_imports.condition_text import Conditions, Per, counted_per, ratios_text
from chiiki_tsusho.table_imports.gathering import addition_cells
from chiiki_tsusho.table_imports.known_rows import (
    BY_HAND,
    KnownRows,
    RowRefusedError,
    spelling,
    whole_per_mille,
)
from chiiki_tsusho.table_imports.sheet_rows import SheetRow


def printed_addition(row: SheetRow, known: KnownRows, month: int) -> dict[str, Any]:
    """Return the columns of an addition or rate but those of its identity (its name included).

    Parameters
    ----------
    row : SheetRow
    known : KnownRows
        The bundled rows, one of which has to have the same name.
    month : int
        First month of the table.

    Raises
    ------
    RowRefusedError
        No bundled row explains the name, or text and composite do not say the same.
    """
    conditions = row.conditions
    is_rate = bool(conditions.rates) or known.kinds(row.name) == {"rate"}
    if row.units is None and is_rate and not _amounts(conditions):
        return _rate(row, known, month)
    same = known.explain(row.name, row.item_code, month, "addition")
    units = _signed_units(row)
    if ((same.units or 0) < 0) != (units < 0):
        raise RowRefusedError(
            f"{units} units; the bundled row of this name has {same.units}, which is of the other "
            f"sign; {BY_HAND}"
        )
    return addition_cells(
        same,
        {
            "name": spelling(row.name, same),
            "units": units,
            "published_units": None if row.units is None else units,
            "per": _per(row, same),
        },
    )


def _amounts(conditions: Conditions) -> frozenset[int]:
    return conditions.signed_amounts or conditions.amounts


def _signed_units(row: SheetRow) -> int:
    """Take the units from composite and text, which have to agree where both are there."""
    amounts = _amounts(row.conditions)
    if len(amounts) > 1:
        figures = ", ".join(map(str, sorted(amounts)))
        raise RowRefusedError(f"the row prints several amounts, {figures}; {BY_HAND}")
    amount = next(iter(amounts), None)
    units = row.units
    if units is None and amount is None:
        raise RowRefusedError("合成単位数 is blank and the row prints no units; fill it in")
    if units is None or amount is None or units == amount:
        return (amount if units is None else units) or 0
    if units == -amount and (amount < 0 or not row.conditions.signed_amounts):
        # 94単位減算 may stand beside 94, and 94単位 beside -94.
        return min(units, amount)
    raise RowRefusedError(
        f"合成単位数 {units} is not the {amount} units of the text; correct the wrong one"
    )


def _rate(row: SheetRow, known: KnownRows, month: int) -> dict[str, Any]:
    rates = row.conditions.rates
    same = known.explain(row.name, row.item_code, month, "rate", row.conditions.of_another_row)
    if not rates:
        raise RowRefusedError("the row prints no ratio, such as 117/1000 or 5%; fill it in")
    if len(rates) > 1:
        raise RowRefusedError(f"the row prints several ratios, {ratios_text(rates)}; {BY_HAND}")
    per_mille = whole_per_mille(next(iter(rates)))
    if ((same.per_mille or 0) < 0) != (per_mille < 0):
        raise RowRefusedError(
            f"a ratio of {per_mille}/1000; the bundled row of this name has {same.per_mille}/1000, "
            f"which is of the other sign; {BY_HAND}"
        )
    # A ratio is counted once a month, whatever is printed: it is rounded on the month's sum.
    cells = {"name": spelling(row.name, same), "per_mille": per_mille, "per": "month"}
    return addition_cells(same, cells)


def _per(row: SheetRow, known: CodeRow) -> Per:
    """Read 算定単位; one carried from a row above must be what the bundled row has."""
    per = counted_per(row.per or row.per_above)
    if per is not None and (row.per or per == known.per):
        return per
    if row.per:
        raise RowRefusedError(
            f"算定単位 {row.per!r} is not known; 1回につき, 1日につき, 1月につき or 片道につき was "
            "expected"
        )
    raise RowRefusedError("算定単位 is blank and not merged with the cell above; fill it in")

"""An addition or rate of a printed table: its figure from the text, the rest by published name."""

from __future__ import annotations

from typing import Any

from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES, CodeRow
from chiiki_tsusho.law.named_additions import SERVICE_TYPE
from chiiki_tsusho.law.published_names import is_base_form, normal
from chiiki_tsusho.table_imports.condition_text import Conditions, Per, counted_per
from chiiki_tsusho.table_imports.gathering import addition_cells
from chiiki_tsusho.table_imports.known_rows import (
    BY_HAND,
    KnownRows,
    RowRefusedError,
    one_per_mille,
    refuse_other_sign,
    spelling,
)
from chiiki_tsusho.table_imports.sheet_rows import SheetRow


def printed_addition(row: SheetRow, known: KnownRows, month: int) -> dict[str, Any]:
    """Return the columns of an addition or rate but those of its identity (its name included).

    Parameters
    ----------
    row : SheetRow
    known : KnownRows
        The bundled rows, and what else is known by name.
    month : int
        First month of the table.

    Raises
    ------
    RowRefusedError
        Text and composite do not say the same, or nothing known nor the sheet says enough; the
        message names the column to fill in.
    """
    if is_base_form(row.name):
        if "日割" in row.name:
            raise RowRefusedError(
                Text(
                    "日割 is counted by the days of a contract, which no column of the visits "
                    "says; bill such a month by hand"
                )
            )
        raise RowRefusedError(
            Text("a code with a step that is not known; {by_hand}", by_hand=BY_HAND)
        )
    conditions = row.conditions
    kinds = known.kinds(row.name)
    is_rate = bool(conditions.rates) or kinds == {"rate"}
    if not row.units and is_rate and not _amounts(conditions):
        return _rate(row, known, month)
    if not kinds:
        return _new_cells(row, "addition") | {
            "units": _signed_units(row),
            "published_units": row.units,
            "per": _own_per(row),
        }
    same = known.explain(row.name, row.item_code, month, "addition")
    units = _signed_units(row)
    refuse_other_sign(units, same)
    if same.extension_units not in (None, units):
        raise RowRefusedError(
            Text(
                "{units} units; this addition of 延長 has had {known}; {by_hand}",
                units=units,
                known=same.extension_units,
                by_hand=BY_HAND,
            )
        )
    return addition_cells(
        same,
        {
            "name": spelling(row.name, same),
            "units": units,
            "published_units": None if row.units is None else units,
            "per": _per(row, same),
            "minutes_from": same.minutes_from,
            "minutes_to": same.minutes_to,
            "extension_units": same.extension_units,
            "limit_managed": row.limit_managed(same.limit_managed),
        },
    )


def _new_cells(row: SheetRow, kind: str) -> dict[str, Any]:
    """Return what a sheet says of an addition whose name nobody knows, but for its figure.

    What is for some durations or care levels alone may be a base code under a new name.
    """
    if row.conditions.bands or row.conditions.levels:
        raise RowRefusedError(
            Text(
                "no bundled row has this name, and it speaks of a duration or a care level as a "
                "base code does; {by_hand}",
                by_hand=BY_HAND,
            )
        )
    filled = row.filled_in
    both = "療養通所介護" in normal(row.conditions.text)
    return {
        "service_type": SERVICE_TYPE,
        "kind": kind,
        "key": filled.get("key") or f"code_{row.item_code.lower()}",
        "service": filled.get("service") or ("both" if both else "day_care"),
        "max_per_visit": 1,
        "max_per_month": filled.get("max_per_month") or row.conditions.times_a_month,
        "group": filled.get("group"),
        "limit_managed": row.limit_managed(None),
    }


def _amounts(conditions: Conditions) -> frozenset[int]:
    return conditions.signed_amounts or conditions.amounts


def _signed_units(row: SheetRow) -> int:
    """Take the units from composite and text, which have to agree where both are there."""
    amounts = _amounts(row.conditions)
    if len(amounts) > 1:
        figures = ", ".join(map(str, sorted(amounts)))
        raise RowRefusedError(
            Text(
                "the row prints several amounts, {figures}; {by_hand}",
                figures=figures,
                by_hand=BY_HAND,
            )
        )
    amount = next(iter(amounts), None)
    units = row.units
    if units is None and amount is None:
        raise RowRefusedError(Text("合成単位数 is blank and the row prints no units; fill it in"))
    if units is None or amount is None or units == amount:
        return (amount if units is None else units) or 0
    if units == -amount and (amount < 0 or not row.conditions.signed_amounts):
        # 94単位減算 may stand beside 94, and 94単位 beside -94.
        return min(units, amount)
    raise RowRefusedError(
        Text(
            "合成単位数 {units} is not the {amount} units of the text; correct the wrong one",
            units=units,
            amount=amount,
        )
    )


def _rate(row: SheetRow, known: KnownRows, month: int) -> dict[str, Any]:
    rates = row.conditions.rates
    same = None
    if known.kinds(row.name):
        of_another_row = row.conditions.of_another_row
        same = known.explain(row.name, row.item_code, month, "rate", of_another_row)
    if not rates:
        raise RowRefusedError(Text("the row prints no ratio, such as 117/1000 or 5%; fill it in"))
    per_mille = one_per_mille(rates)
    # A ratio is counted once a month, whatever is printed: it is rounded on the month's sum.
    cells: dict[str, Any] = {"per_mille": per_mille, "per": "month"}
    if same is None:
        rate_of = row.said("rate_of", "割合の対象", f"{BASE_LINES}, {ALL_LINES}")
        return _new_cells(row, "rate") | cells | {"rate_of": rate_of}
    refuse_other_sign(per_mille, same)
    limit = row.limit_managed(same.limit_managed)
    return addition_cells(same, cells | {"name": spelling(row.name, same), "limit_managed": limit})


def _own_per(row: SheetRow) -> Per:
    """Read 算定単位 of a row that nothing else explains: no row above may say it."""
    if not row.per:
        raise RowRefusedError(_blank_per())
    return _per(row, None)


def _blank_per() -> Text:
    return Text("算定単位 is blank and not merged with the cell above; fill it in")


def _per(row: SheetRow, known: CodeRow | None) -> Per:
    """Read 算定単位; one carried from a row above must be what is known of the row."""
    per = counted_per(row.per or row.per_above)
    if per is not None and (row.per or known is None or known.per in (None, per)):
        return per
    if row.per:
        raise RowRefusedError(
            Text(
                "算定単位 {per!r} is not known; 1回につき, 1日につき, 1月につき or 片道につき was "
                "expected",
                per=row.per,
            )
        )
    raise RowRefusedError(_blank_per())

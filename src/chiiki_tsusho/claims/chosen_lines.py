"""What the code of a visit chooses: the code that has a reduction inside it, or its line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.not_known import NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers
from chiiki_tsusho.records import record


@record
class Chosen:
    """Kinds of visits with everything that their codes choose, arrays of shape (kinds,).

    Parameters
    ----------
    base : ndarray of int64
        Row of the table of the visit's own code.
    values : dict of key to ndarray of int64
        Counts of each addition; a chosen line under the name that the table has for it.
    missing : dict of key to ndarray of bool
        Kinds for whose code the table has neither line nor code of a reduction they have.
    """

    base: Ints
    values: dict[str, Ints]
    missing: dict[str, Flags]


def choose(table: CodeTable, found: Ints, values: Mapping[str, Ints]) -> Chosen:
    """Choose codes and lines.

    Parameters
    ----------
    table : CodeTable
    found : ndarray of int64, shape (kinds,)
        As ``bands`` of the table has it.
    values : mapping of key to ndarray of int64, shape (kinds,)
        Counts of each addition as given.
    """
    chosen = table.chosen
    base = table.base_of[found]
    counted = {key: of_key for key, of_key in values.items() if key not in table.chosen_keys}
    for line in distinct_numbers(table.extension_of[found]):
        if line >= 0:
            counted[chosen.line_names[int(line)]] = (table.extension_of[found] == line).astype(
                np.int64
            )
    missing: dict[str, Flags] = {}
    for line in chosen.line_names:
        key, units = str(table.rows[line].key), table.rows[line].extension_units
        if units is not None and key in values:
            # The length of the visit says whether 延長 is added; a row may only agree.
            missing[key] = (values[key] > 0) & (table.extension_of[found] != line)
    has = {key: values[key] > 0 for key in chosen.reduction_keys if key in values}
    if not has:
        return Chosen(base, counted, _of_any(missing))
    code = base.copy()
    inside = chosen.has_composites[base]
    for some in chosen.reduction_sets:
        these = np.ones(len(base), dtype=bool)
        for key in chosen.reduction_keys:
            these &= has[key] == (key in some) if key in has else key not in some
        composite = chosen.composites.get(some)
        wanted = these & inside
        if composite is not None:
            code = np.where(wanted & (composite[base] >= 0), composite[base], code)
        for key in some:
            lacking = wanted & (True if composite is None else composite[base] < 0)
            missing[key] = missing.get(key, False) | lacking
    for key, had in has.items():
        line_of = chosen.lines.get(key)
        lines = np.full(len(base), NO_ROW) if line_of is None else line_of[base]
        on_a_line = had & ~inside
        missing[key] = missing.get(key, False) | (on_a_line & (lines < 0))
        for line in distinct_numbers(lines[on_a_line & (lines >= 0)]):
            counted[chosen.line_names[int(line)]] = (on_a_line & (lines == line)).astype(np.int64)
    return Chosen(code, counted, _of_any(missing))


def _of_any(missing: dict[str, Flags]) -> dict[str, Flags]:
    return {key: lacks for key, lacks in missing.items() if lacks.any()}

"""Every check of the rows of a code table: each row by itself, then the rows of each month."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from chiiki_tsusho.columns import RESERVED_NAMES
from chiiki_tsusho.language import Text, unseen
from chiiki_tsusho.law.code_rows import (
    ALL_LINES,
    BASE_LINES,
    MINUTES_OF_A_DAY,
    CodeLine,
    segments,
)
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.law.table_files import Fault, period_faults

# A month has at most 31 days of 9 visits. What such a month comes to must stay so small that every
# ratio, price and sum of many claims is exact in 64 bits.
MOST_VISITS = 31 * 9
LARGEST_MONTH = 10**13
# Of ratios, each of the one before it; the law has two.
LONGEST_CHAIN = 20
_BASE_ONLY = (
    "minutes_from",
    "minutes_to",
    "base_units",
    "extension_units",
)
_NAMES_KEYS = ("yields_to", "only_with", "not_with")
_NOT_ON_BASE = ("key", "per_mille", "rate_of", "max_per_month", "group", *_NAMES_KEYS)
_A_ROW = {
    "base": Text("a base row"),
    "addition": Text("an addition row"),
    "rate": Text("a rate row"),
}
_ONLY_ON_BASE = (
    "base_units",
    "shortfall",
    "short_hours_per_mille",
    "shortfall_per_mille",
    "reductions",
    "reduction_per_mille",
)
# An addition may be chosen by the code of a visit; a rate never is.
_CHOOSING = ("care_level", "minutes_from", "minutes_to", "extension_units")
_NOT_ON_CHOSEN = ("max_per_month", "group", *_NAMES_KEYS)


def table_faults(rows: list[CodeLine]) -> Iterator[Fault]:
    """Make every check of rows whose cells have the right types: each row, then its months."""
    for numbered in rows:
        yield from _row_faults(numbered)
    yield from period_faults(rows, lambda row: Text("code {code}", code=row.service_code))
    keys = {one.row.key for one in rows}
    for _, _, active in segments(rows):
        yield from _month_faults(active, keys)


def sorted_faults(faults: list[Fault]) -> list[Fault]:
    """Sort faults by line, each one once."""
    return sorted(set(faults), key=lambda fault: (fault.line, fault.column, str(fault.message)))


def _row_faults(numbered: CodeLine) -> Iterator[Fault]:
    row = numbered.row
    required, blank = {
        "base": ((*_BASE_ONLY, "units"), _NOT_ON_BASE),
        "addition": (("key", "units"), (*_ONLY_ON_BASE, "per_mille", "rate_of")),
        "rate": (
            ("key", "per_mille", "rate_of"),
            (*_ONLY_ON_BASE, *_CHOOSING, "units", "published_units"),
        ),
    }[row.kind]
    a_row = _A_ROW[row.kind]
    for column in required:
        if getattr(row, column) is None:
            yield numbered.fault(column, Text("blank; {a_row} needs it", a_row=a_row))
    for column in blank:
        if getattr(row, column) is not None:
            yield numbered.fault(column, Text("must be blank on {a_row}", a_row=a_row))
    for column in ("units", "per_mille"):
        if getattr(row, column) == 0:
            # What is billed with it would vanish from the claim.
            yield numbered.fault(column, Text("no code has 0; write the figure of the table"))
    for column in ("name", "source"):
        hidden = unseen(getattr(row, column), one_line=True)
        if hidden is not None:
            yield numbered.fault(column, hidden)
    if row.key in RESERVED_NAMES:
        text = Text("is the name of an input column; choose another key")
        yield numbered.fault("key", text)
    first, end = row.minutes_from, row.minutes_to
    if row.kind != "rate" and first is not None and end is not None and first >= end:
        yield numbered.fault("minutes_to", Text("not after minutes_from {first}", first=first))
    if row.kind == "rate" and row.per != "month":
        yield numbered.fault("per", Text("a rate row is counted once a month: write month"))
    if row.kind == "base":
        yield from _base_faults(numbered)
    if row.kind == "addition":
        yield from _chosen_faults(numbered)
    if row.published_units is not None and row.published_units != row.units:
        text = Text("the table prints this, units says {units}", units=row.units)
        yield numbered.fault("published_units", text)


def _base_faults(numbered: CodeLine) -> Iterator[Fault]:
    row = numbered.row
    if row.service == "both":
        yield numbered.fault("service", Text("a base row belongs to one service"))
    if row.service == "day_care" and row.per != "visit":
        yield numbered.fault("per", Text("a base row of day_care is counted per visit"))
    elif row.per == "one_way":
        yield numbered.fault("per", Text("a base row is counted per visit, day or month"))
    if row.service == "day_care" and row.care_level is None:
        text = Text("blank; a base row of day_care needs it")
        yield numbered.fault("care_level", text)
    if (row.shortfall is None) != (row.shortfall_per_mille is None):
        text = Text("shortfall and its ratio go together")
        yield numbered.fault("shortfall_per_mille", text)
    if (row.reductions is None) != (row.reduction_per_mille is None):
        text = Text("reductions and their ratio go together")
        yield numbered.fault("reduction_per_mille", text)
    if row.units is not None and row.composed_units() != row.units:
        yield numbered.fault("units", Text("the steps give {units}", units=row.composed_units()))


def _chosen_faults(numbered: CodeLine) -> Iterator[Fault]:
    """Check an addition that is for visits of some minutes or of a care level alone."""
    row = numbered.row
    hours = (row.minutes_from, row.minutes_to, row.extension_units)
    for column in ("minutes_from", "minutes_to"):
        if getattr(row, column) is None and hours != (None, None, None):
            yield numbered.fault(column, Text("blank; a line chosen by the length needs it"))
    if not row.is_chosen:
        return
    if row.per != "visit" or row.largest_value > 1:
        text = Text("a line chosen by the code of a visit is counted once a visit")
        yield numbered.fault("per", text)
    for column in _NOT_ON_CHOSEN:
        if getattr(row, column) is not None:
            text = Text("must be blank on a line chosen by the code of a visit")
            yield numbered.fault(column, text)
    if row.extension_units not in (None, row.units):
        text = Text("the line adds this, units says {units}", units=row.units)
        yield numbered.fault("extension_units", text)


def _month_faults(active: list[CodeLine], keys: Collection[str | None]) -> Iterator[Fault]:
    keyed: dict[str, CodeLine] = {}
    for one in active:
        key = one.row.key
        if key is not None and one.row.kind != "base":
            if key in keyed and not (one.row.is_chosen and keyed[key].row.is_chosen):
                text = Text("in the same months as on {place}", place=keyed[key].place)
                yield one.fault("key", text)
            keyed.setdefault(key, one)
    yield from _chosen_clashes([one for one in active if one.row.is_chosen])
    for one in active:
        yield from _named_key_faults(one, keyed, keys)
        yield from _rate_faults(one, keyed)
        if _yields_to_itself(one, keyed):
            # On a visit that has all of them none would be counted.
            yield one.fault("yields_to", Text("comes back to itself"))
    yield from _band_faults([one for one in active if one.row.kind == "base"])
    yield from _size_faults(active, keyed)


def _named_key_faults(
    one: CodeLine, keyed: dict[str, CodeLine], keys: Collection[str | None]
) -> Iterator[Fault]:
    """Find names of keys that mean nothing.

    What a row gives way to, or may not meet, may be missing in its months, not in all.
    """
    for column in (*_NAMES_KEYS, "reductions"):
        for target in (getattr(one.row, column) or "").split():
            if target not in keyed and target in keys and column in ("yields_to", "not_with"):
                continue
            if target not in keyed:
                text = Text("no row of these months has the key {target!r}", target=target)
                yield one.fault(column, text)
            elif keyed[target].row.is_chosen and column != "reductions":
                text = Text("the rows of {target!r} are chosen by the code", target=target)
                yield one.fault(column, text)
            elif target == one.row.key:
                yield one.fault(column, Text("names the row's own key"))
    for target in sorted({*one.row.needed} & {*one.row.excluded}):
        text = Text("only_with asks for {key!r}, not_with forbids it", key=target)
        yield one.fault("not_with", text)


def _yields_to_itself(one: CodeLine, keyed: dict[str, CodeLine]) -> bool:
    """Say whether what a key gives way to gives way to it, perhaps through others."""
    met: set[str] = set()
    ahead = {*one.row.yields} - {one.row.key}
    while ahead:
        met |= ahead
        ahead = {key for other in ahead & {*keyed} for key in keyed[other].row.yields} - met
    return one.row.key in met


def _chosen_clashes(lines: list[CodeLine]) -> Iterator[Fault]:
    """Find lines of one key that the same visits would choose, or that differ in more."""

    def condition(one: CodeLine) -> tuple[str, str, int]:
        return (one.row.key or "", one.row.service, one.row.care_level or 0)

    ordered = sorted(lines, key=lambda one: (condition(one), one.row.minutes_from or 0, one.line))
    for earlier, later in pairwise(ordered):
        overlap = (later.row.minutes_from or 0) < (earlier.row.minutes_to or MINUTES_OF_A_DAY + 1)
        if overlap and condition(earlier) == condition(later):
            text = Text("chosen by the same visits as {place}", place=earlier.place)
            yield later.fault("minutes_from", text)
    first_of: dict[str, CodeLine] = {}
    for one in lines:
        first = first_of.setdefault(one.row.key or "", one)
        if one.row.limit_managed != first.row.limit_managed:
            text = Text("the same key has another on {place}", place=first.place)
            yield one.fault("limit_managed", text)


def _rate_faults(one: CodeLine, keyed: dict[str, CodeLine]) -> Iterator[Fault]:
    seen: set[str | None] = {one.row.key}
    target = one.row.rate_of
    while target is not None and target not in (BASE_LINES, ALL_LINES):
        if target in seen:
            yield one.fault("rate_of", Text("comes back to itself"))
            return
        if target not in keyed or keyed[target].row.kind != "rate":
            text = Text("no rate row of these months has the key {target!r}", target=target)
            yield one.fault("rate_of", text)
            return
        if len(seen) == LONGEST_CHAIN:
            text = Text("more than {most} ratios, each of another one", most=LONGEST_CHAIN)
            yield one.fault("rate_of", text)
            return
        seen.add(target)
        target = keyed[target].row.rate_of


def _band_faults(base: list[CodeLine]) -> Iterator[Fault]:
    def condition(one: CodeLine) -> tuple[str, str, int, list[str]]:
        row = one.row
        return (row.service, row.shortfall or "", row.care_level or 0, sorted(row.inside))

    ordered = sorted(base, key=lambda one: (condition(one), one.row.minutes_from or 0, one.line))
    for earlier, later in pairwise(ordered):
        overlap = (later.row.minutes_from or 0) < (earlier.row.minutes_to or 0)
        if overlap and condition(earlier) == condition(later):
            yield later.fault(
                "minutes_from",
                Text(
                    "code {code} answers the same visits as {other} on {place}",
                    code=later.row.service_code,
                    other=earlier.row.service_code,
                    place=earlier.place,
                ),
            )


def _size_faults(active: list[CodeLine], keyed: dict[str, CodeLine]) -> Iterator[Fault]:
    """Find what could make a month larger than can be computed exactly."""
    most = {
        id(one): abs(one.row.units or 0) * one.row.largest_value * MOST_VISITS for one in active
    }
    for one in active:
        if most[id(one)] > LARGEST_MONTH:
            yield _too_large(one, "units", most[id(one)])
    base = max((most[id(one)] for one in active if one.row.kind == "base"), default=0)
    lines = base + sum(most[id(one)] for one in active if one.row.kind == "addition")
    rates = [one for one in active if one.row.kind == "rate"]
    lines += sum(
        half_up(base, abs(one.row.per_mille or 0)) for one in rates if one.row.rate_of == BASE_LINES
    )
    together = lines
    for one in rates:
        units = base if _basis(one, keyed) == BASE_LINES else lines
        for link in _chain(one, keyed):
            units = half_up(units, abs(link.row.per_mille or 0))
        # A ratio of base lines itself is among the lines.
        together += 0 if one.row.rate_of == BASE_LINES else units
        most_units = units if units > LARGEST_MONTH else together
        if most_units > LARGEST_MONTH:
            yield _too_large(one, "per_mille", most_units)


def _chain(one: CodeLine, keyed: dict[str, CodeLine]) -> list[CodeLine]:
    """Return a rate and those it is a ratio of, as far as they are sound, the first one last."""
    chain = [one]
    while chain[-1].row.rate_of in keyed and len(chain) < LONGEST_CHAIN:
        link = keyed[str(chain[-1].row.rate_of)]
        if link in chain:
            break
        chain.append(link)
    return chain[::-1]


def _basis(one: CodeLine, keyed: dict[str, CodeLine]) -> str | None:
    return _chain(one, keyed)[0].row.rate_of


def _too_large(one: CodeLine, column: str, units: int) -> Fault:
    text = Text(
        "a month could come to {units:,} units, more than {most:,}: too much to compute exactly",
        units=units,
        most=LARGEST_MONTH,
    )
    return one.fault(column, text)

"""What the law says of additions beyond their rows in the bundled table."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from chiiki_tsusho.choices import Service
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_rows import COLUMNS, CodeRow, Confidence
from chiiki_tsusho.law.prices_and_limits import service
from chiiki_tsusho.law.published_names import BaseName, same_addition
from chiiki_tsusho.law.table_files import (
    Filled,
    Month,
    TableRow,
    Whole,
    dated_rows,
    law_file,
    typed_table,
)

SERVICE_TYPE = service().service_type


class NamedAddition(TableRow):
    """A row of ``data/known_additions.csv`` (the fields are its columns).

    ``per_mille`` is what a reduction takes off 所定単位数, and of a rate its ratio where no
    revision has changed it; other figures are printed in the table that is imported.
    ``valid_from`` is the month since which it holds of a name that the bundled table has as well.
    ``low`` confidence: how it is counted is our own reading of its source.
    """

    name: str
    key: str
    kind: Literal["addition", "rate"]
    service: Service | Literal["both"]
    valid_from: Month | None
    minutes_from: Whole | None
    minutes_to: Whole | None
    extension_units: Whole | None
    per_mille: Annotated[Whole, Field(ge=1)] | None
    rate_of: str | None
    group: str | None
    limit_managed: Whole
    confidence: Confidence
    source: Filled

    def as_row(self) -> CodeRow:
        """Return the row of a code table that knows no code, months and figures yet."""
        left_out = {"valid_from"} if self.kind == "rate" else {"valid_from", "per_mille"}
        known = self.model_dump(exclude=left_out)
        return CodeRow.model_construct(**dict.fromkeys(COLUMNS) | known)


class ShortfallRow(TableRow):
    """A row of data/not_with_shortfall.csv: a group not due with 定員超過 or 人員欠如."""

    group: Filled
    valid_from: Month
    valid_to: Month
    place: Filled
    source: Filled


@cache
def groups_not_with_shortfall(month: int) -> frozenset[str]:
    """Return the groups of additions that are not due in a month where there is a shortfall."""
    file = law_file("not_with_shortfall.csv")
    rows = dated_rows(file, ShortfallRow, lambda row: Text("group {group}", group=row.group))
    return frozenset(
        one.row.group for one in rows if one.row.valid_from <= month <= one.row.valid_to
    )


@cache
def named_additions() -> dict[str, NamedAddition]:
    """Load them by name, as ``_unbracketed`` writes it."""
    rows = typed_table(law_file("known_additions.csv"), NamedAddition)
    return {_unbracketed(one.row.name): one.row for one in rows}


def reduction_per_mille(key: str) -> int:
    """Return what a reduction takes off 所定単位数."""
    per_mille = reduction(key).per_mille
    assert per_mille is not None, key
    return per_mille


@cache
def extension_begins() -> int:
    """Return the minute from which a stay has 延長."""
    return min(one.minutes_from or 0 for one in named_additions().values() if one.extension_units)


@cache
def reduction(key: str) -> NamedAddition:
    """Return what is known of a reduction."""
    (known,) = (one for one in named_additions().values() if one.key == key)
    return known


def reduction_line(
    key: str, name: BaseName, minutes: tuple[int, int], units: int
) -> dict[str, Any]:
    """Return the columns of a reduction's line but those of its identity and source.

    Parameters
    ----------
    name : BaseName
        The plain code whose visits it is for.
    minutes : (int, int)
        Their first minute, and the one after the last.
    units : int
        Negative.
    """
    known = reduction(key)
    return {
        "service_type": SERVICE_TYPE,
        "kind": known.kind,
        "key": key,
        "service": name.service,
        "care_level": name.care_level,
        "minutes_from": minutes[0],
        "minutes_to": minutes[1],
        "units": units,
        "per": "visit",
        "max_per_visit": 1,
        "limit_managed": known.limit_managed,
    }


def named_addition(name: str) -> NamedAddition | None:
    """Find what is known of a name, None where nothing is."""
    return named_additions().get(_unbracketed(name))


def _unbracketed(name: str) -> str:
    """Write the name of an addition for comparing: Ⅴ(1) and Ⅴ1 are the same."""
    return same_addition(name).replace("(", "").replace(")", "")

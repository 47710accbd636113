"""The law's other dated figures: 単位数単価 by area grade, 区分支給限度基準額 by care level."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, StringConstraints

from chiiki_tsusho.language import Text
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS, CareLevel
from chiiki_tsusho.law.table_files import (
    Filled,
    Month,
    NumberedRow,
    TableRow,
    Whole,
    dated_rows,
    law_file,
    typed_table,
)
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Ints

Role = Literal["billed", "care_plan"]


class ServiceRow(TableRow):
    """A row of data/services.csv: a service type, and the share of its cost that is staff.

    ``role`` is ``billed`` for what this program bills, ``care_plan`` for who sends plans.
    """

    service_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    role: Role
    name: Filled
    personnel_class: Annotated[Whole, Field(ge=0, le=100)] | None
    source: Filled


class UnitPriceRow(TableRow):
    """A row of data/unit_prices.csv: yen of a unit × 100."""

    area_grade: Annotated[str, StringConstraints(pattern=r"^([1-9]|other)$")]
    personnel_class: Annotated[Whole, Field(ge=0, le=100)]
    valid_from: Month
    valid_to: Month
    unit_price: Annotated[Whole, Field(ge=1)]
    source: Filled


class BenefitLimitRow(TableRow):
    """A row of data/benefit_limits.csv: units a month."""

    care_level: CareLevel
    valid_from: Month
    valid_to: Month
    units: Annotated[Whole, Field(ge=0)]
    source: Filled


def price_text(hundredths: int) -> str:
    """Write a unit price (yen of a unit × 100) as the law prints it, with two decimals: 10.90."""
    return f"{hundredths // 100}.{hundredths % 100:02}"


@cache
def service(role: Role = "billed") -> ServiceRow:
    """Load the one service that this program bills, or the one that sends it plans."""
    rows = typed_table(law_file("services.csv"), ServiceRow)
    return next(one.row for one in rows if one.row.role == role)


@cache
def unit_price_rows() -> tuple[NumberedRow[UnitPriceRow], ...]:
    """Load the unit prices, checked."""
    return dated_rows(
        law_file("unit_prices.csv"),
        UnitPriceRow,
        lambda row: Text(
            "grade {grade}, class {share}", grade=row.area_grade, share=row.personnel_class
        ),
    )


@cache
def benefit_limit_rows() -> tuple[NumberedRow[BenefitLimitRow], ...]:
    """Load the benefit limits, checked."""
    return dated_rows(
        law_file("benefit_limits.csv"),
        BenefitLimitRow,
        lambda row: Text("care level {level}", level=row.care_level),
    )


# The 地域区分 in the order of their prices; a grade is known inside by its place here.
AREA_GRADES = tuple(dict.fromkeys(one.row.area_grade for one in unit_price_rows()))


def unit_prices(month: int) -> Ints:
    """Return yen of a unit × 100 for each of ``AREA_GRADES``, ``UNKNOWN`` where there is none."""
    prices = np.full(len(AREA_GRADES), UNKNOWN, dtype=np.int64)
    share = service().personnel_class
    for one in unit_price_rows():
        row = one.row
        if row.personnel_class == share and row.valid_from <= month <= row.valid_to:
            prices[AREA_GRADES.index(row.area_grade)] = row.unit_price
    return prices


def benefit_limits(month: int) -> Ints:
    """Return the limit in units for care levels 0 (none) to 5, ``UNKNOWN`` where there is none."""
    limits = np.full(LEVEL_SLOTS, UNKNOWN, dtype=np.int64)
    for one in benefit_limit_rows():
        if one.row.valid_from <= month <= one.row.valid_to:
            limits[one.row.care_level] = one.row.units
    return limits

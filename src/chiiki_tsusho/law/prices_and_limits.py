"""The law's other dated figures: 単位数単価 by area grade, 区分支給限度基準額 by care level."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chiiki_tsusho.errors import TableError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.law_files import law_file
from chiiki_tsusho.law.table_files import (
    Month,
    NumberedRow,
    Whole,
    faults_text,
    period_faults,
    typed_rows,
)

AREA_GRADES = ("1", "2", "3", "4", "5", "6", "7", "other")
# 地域密着型通所介護 and 療養通所介護 are of the class whose staff is 45 % of the cost.
PERSONNEL_CLASS = 45
UNKNOWN = -1
_Source = Annotated[str, StringConstraints(min_length=1)]


class UnitPriceRow(BaseModel):
    """A row of data/unit_prices.csv: yen of a unit × 100."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area_grade: Literal["1", "2", "3", "4", "5", "6", "7", "other"]
    personnel_class: Annotated[Whole, Field(ge=0, le=100)]
    valid_from: Month
    valid_to: Month
    unit_price: Annotated[Whole, Field(ge=1)]
    source: _Source


class BenefitLimitRow(BaseModel):
    """A row of data/benefit_limits.csv: units a month."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    care_level: Annotated[Whole, Field(ge=1, le=5)]
    valid_from: Month
    valid_to: Month
    units: Annotated[Whole, Field(ge=0)]
    source: _Source


@cache
def unit_price_rows(path: Path | None = None) -> tuple[NumberedRow[UnitPriceRow], ...]:
    """Load the unit prices, checked.

    Raises
    ------
    TableError
        The file fails a check; the message names line and column.
    """
    file = path or law_file("unit_prices.csv")
    rows, faults = typed_rows(file, UnitPriceRow)
    faults.extend(
        period_faults(
            rows,
            lambda row: Text(
                "grade {grade}, class {share}", grade=row.area_grade, share=row.personnel_class
            ),
        )
    )
    if faults:
        raise TableError(faults_text(file, faults))
    return tuple(rows)


@cache
def benefit_limit_rows(path: Path | None = None) -> tuple[NumberedRow[BenefitLimitRow], ...]:
    """Load the benefit limits, checked.

    Raises
    ------
    TableError
        The file fails a check; the message names line and column.
    """
    file = path or law_file("benefit_limits.csv")
    rows, faults = typed_rows(file, BenefitLimitRow)
    faults.extend(period_faults(rows, lambda row: Text("care level {level}", level=row.care_level)))
    if faults:
        raise TableError(faults_text(file, faults))
    return tuple(rows)


def unit_prices(month: int) -> npt.NDArray[np.int64]:
    """Return yen of a unit × 100 for each of ``AREA_GRADES``, ``UNKNOWN`` where there is none."""
    prices = np.full(len(AREA_GRADES), UNKNOWN, dtype=np.int64)
    for one in unit_price_rows():
        row = one.row
        if row.personnel_class == PERSONNEL_CLASS and row.valid_from <= month <= row.valid_to:
            prices[AREA_GRADES.index(row.area_grade)] = row.unit_price
    return prices


def benefit_limits(month: int) -> npt.NDArray[np.int64]:
    """Return the limit in units for care levels 0 (none) to 5, ``UNKNOWN`` where there is none."""
    limits = np.full(6, UNKNOWN, dtype=np.int64)
    for one in benefit_limit_rows():
        if one.row.valid_from <= month <= one.row.valid_to:
            limits[one.row.care_level] = one.row.units
    return limits

"""Who is insured and who pays: the age, the usual benefit rates, the public funds (公費) beside."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import numpy as np
from pydantic import Field

from chiiki_tsusho.language import Text
from chiiki_tsusho.law.table_files import Filled, Month, TableRow, Whole, dated_rows, law_file
from chiiki_tsusho.number_arrays import Ints


class BenefitRateRow(TableRow):
    """A row of data/benefit_rates.csv: a benefit rate in per cent that the law names."""

    rate: Annotated[Whole, Field(ge=0, le=100)]
    valid_from: Month
    valid_to: Month
    meaning_en: Filled
    meaning_ja: Filled
    source: Filled


class InsuredPersonRow(TableRow):
    """A row of data/insured_persons.csv: from what age a person is insured."""

    age_from: Annotated[Whole, Field(ge=0)]
    valid_from: Month
    valid_to: Month
    place: Filled
    source: Filled


class PublicFundRow(TableRow):
    """A row of data/public_funds.csv: public funds by 法別番号.

    ``rate`` is the share in per cent of the cost that insurance and these funds pay together;
    ``implied_by_h`` is 1 where an insured number that begins with H stands for them;
    ``claim_kind`` is the 請求情報区分 of their line in 7111, which of 生活保護 alone tells services
    from care management (インタフェース仕様書解説書 居宅介護支援事業所編 平成27年4月 1.1).
    """

    law_number: Annotated[Whole, Field(ge=1, le=99)]
    valid_from: Month
    valid_to: Month
    name_en: Filled
    name_ja: Filled
    rate: Annotated[Whole, Field(ge=0, le=100)]
    implied_by_h: Annotated[Whole, Field(ge=0, le=1)]
    claim_kind: Filled
    source: Filled


@cache
def benefit_rate_rows() -> tuple[BenefitRateRow, ...]:
    """Load the benefit rates, the most usual first."""
    file = law_file("benefit_rates.csv")
    rows = dated_rows(file, BenefitRateRow, lambda row: Text("rate {rate}", rate=row.rate))
    return tuple(one.row for one in rows)


@cache
def public_fund_rows() -> tuple[PublicFundRow, ...]:
    """Load the public funds."""
    file = law_file("public_funds.csv")
    rows = dated_rows(file, PublicFundRow, lambda row: Text("law {law}", law=row.law_number))
    return tuple(one.row for one in rows)


@cache
def youngest_insured() -> int:
    """Return the lowest age from which the law has insured anybody, in any month."""
    file = law_file("insured_persons.csv")
    rows = dated_rows(file, InsuredPersonRow, lambda _: Text("the age"))
    return min(one.row.age_from for one in rows)


def usual_benefit_rates() -> tuple[int, ...]:
    """Return the benefit rates in per cent that the law names for any month."""
    return tuple(dict.fromkeys(row.rate for row in benefit_rate_rows()))


def public_law_numbers() -> tuple[int, ...]:
    """Return the 法別番号 of the public funds known here, for any month."""
    return tuple(dict.fromkeys(row.law_number for row in public_fund_rows()))


def fund_rates(law: Ints, month: Ints | int) -> Ints:
    """Return the 公費給付率 of each 法別番号 in its month, 0 where it is not known here."""
    rates = np.zeros(len(law), dtype=np.int64)
    for row in public_fund_rows():
        there = (law == row.law_number) & (row.valid_from <= month) & (month <= row.valid_to)
        rates[there] = row.rate
    return rates


def law_of_the_uninsured() -> int:
    """Return the 法別番号 that an insured number beginning with H stands for."""
    return next(row.law_number for row in public_fund_rows() if row.implied_by_h)


def claim_kind_of_funds(law_number: int) -> str:
    """Return the 請求情報区分 of the 7111 line of public funds, 0 of those not known here."""
    kinds = {row.law_number: row.claim_kind for row in public_fund_rows()}
    return kinds.get(law_number, "0")

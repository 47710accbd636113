"""Who pays: benefit rates and public funds by month."""

import numpy as np
import pytest

from chiiki_tsusho.law.payers import (
    fund_rates,
    law_of_the_uninsured,
    public_fund_rows,
    public_law_numbers,
    usual_benefit_rates,
)
from chiiki_tsusho.law.prices_and_limits import service


def test_the_rates_that_the_law_names() -> None:
    """介護保険法: 90, 80 and 70 %; 60 % for unpaid premiums (第69条), 100 % exempted (第50条)."""
    assert sorted(usual_benefit_rates()) == [60, 70, 80, 90, 100]


def test_public_funds_by_law_number() -> None:
    """法別 12 is 生活保護, 25 中国残留邦人等支援給付 (from 2008-04); both pay the whole rest."""
    assert public_law_numbers() == (12, 25)
    welfare = public_fund_rows()[0]
    assert (welfare.law_number, welfare.name_ja, welfare.rate) == (12, "生活保護", 100)


@pytest.mark.parametrize(("month", "there"), [(200803, False), (200804, True), (202606, True)])
def test_public_funds_begin_with_their_law(month: int, there: bool) -> None:
    assert fund_rates(np.array([25]), month).tolist() == [100 if there else 0]


def test_a_number_beginning_with_h_stands_for_welfare() -> None:
    assert law_of_the_uninsured() == 12


def test_the_service_and_its_share_of_staff() -> None:
    """地域密着型通所介護 is type 78, of the class of 45 %."""
    assert (service().service_type, service().personnel_class) == ("78", 45)


def test_who_sends_plans() -> None:
    """居宅介護支援 is type 43."""
    assert service("care_plan").service_type == "43"


def test_per_cent_of_public_funds_in_a_month() -> None:
    # 中国残留邦人等 (25) since 2008-04.
    laws, months = np.array([12, 25, 25, 0]), np.array([201604, 200803, 201604, 201604])
    assert fund_rates(laws, months).tolist() == [100, 0, 100, 0]

"""Months that functions are given: ``"2016-04"``, ``"201604"``, ``201604``, dates, periods."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chiiki_tsusho as ct

JUNE = ["2026-06", "202606", 202606, np.int64(202606), date(2026, 6, 30),
        pd.Timestamp("2026-06-01"), pd.Period("2026-06")]  # fmt: skip
VISIT = {
    "provider_no": "1390000014",
    "insurer_no": "139006",
    "insured_no": "0000100011",
    "service_date": "2026-05-06",
    "care_level": "1",
    "minutes": "430",
}
RECIPIENT = {
    "insurer_no": "139006",
    "insured_no": "0000100011",
    "benefit_rate": "90",
    "birth_date": "1930-05-06",
    "sex": "2",
    "certified_from": "2026-01-01",
    "certified_to": "2026-12-31",
    "care_plan_by": "2",
}
PROVIDER = {"provider_no": "1390000014", "area_grade": "1"}


def frames() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    visits, providers, recipients = (pd.DataFrame([one]) for one in (VISIT, PROVIDER, RECIPIENT))
    return visits, providers, recipients


@pytest.mark.parametrize("month", JUNE, ids=lambda one: type(one).__name__)
def test_every_function_takes_a_month_in_every_form(month: Any, tmp_path: Path) -> None:
    visits, providers, recipients = frames()
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, month, tmp_path / "sending")
    control = ct.read_claim_file(written.path).frame("control")
    assert control["review_month"].tolist() == ["202606"]
    [claim] = ct.explain_claim(visits.assign(service_date="2026-06-06"), "0000100011", month)
    assert claim.service_month == "2026-06"
    with pytest.raises(ct.VisitError, match="no visit in 2026-06"):
        ct.explain_claim(visits, "0000100011", month)
    comparison = ct.compare_months(visits, "2026-05", month)
    assert (comparison.month_a, comparison.month_b) == ("202605", "202606")
    ct.write_templates(tmp_path / "templates", month)
    example = pd.read_csv(tmp_path / "templates" / "visits.csv", dtype=str)
    assert example["service_date"].str.startswith("2026-06").all()
    assert ct.load_codes(month).month == 202606


@pytest.mark.parametrize("month", ["2026-13", 202613, 2026, True, pd.NaT, "june"])
def test_what_is_no_month_is_refused(month: Any, tmp_path: Path) -> None:
    visits, providers, recipients = frames()
    batch = ct.compute_claims(visits, providers, recipients)
    with pytest.raises(ct.UnsupportedMonthError, match="is not a month"):
        ct.write_claim_file(batch, recipients, month, tmp_path / "sending")
    with pytest.raises(ct.UnsupportedMonthError, match="is not a month"):
        ct.compare_months(visits, month, "2026-06")

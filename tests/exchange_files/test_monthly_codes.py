"""Codes whose 単位数 item stays at 0 in a claim file: 療養通所介護 by the month, 共生型."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.errors import ClaimFileError
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from helpers import second_reader
from helpers.care_plans import plan_file, plan_row, units_row
from helpers.second_reader import num

DATA = Path(__file__).resolve().parents[2] / "data"
# 療養通所介護費 from 2024-06: 12,785 units for a month (厚生労働省告示, 令和6年6月), five digits
# where 単位数 has four. The item code is made up.
MONTHLY, UNITS = "9A01", 12_785

PERSON = {"insurer_no": "139006", "insured_no": "0000100011"}
PERSONAL = {
    "benefit_rate": "90",
    "birth_date": "1940-05-06",
    "sex": "2",
    "certified_from": "2026-01-01",
    "certified_to": "2026-12-31",
    "care_plan_by": "2",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    heading = (DATA / "service_codes.csv").read_text("utf-8-sig").splitlines()[0].split(",")
    cells = {
        "service_type": "78",
        "item_code": MONTHLY,
        "valid_from": "202606",
        "valid_to": "999999",
        "name": "地域療養通所介護",
        "kind": "base",
        "service": "medical_day_care",
        "minutes_from": "0",
        "minutes_to": "1440",
        "base_units": str(UNITS),
        "extension_units": "0",
        "units": str(UNITS),
        "per": "month",
        "max_per_visit": "1",
        "limit_managed": "1",
        "confidence": "high",
        "source": "own",
    }
    path = tmp_path / "codes.csv"
    row = ",".join(cells.get(name, "") for name in heading)
    path.write_text("extends,bundled\n" + ",".join(heading) + "\n" + row + "\n", "utf-8")
    return path


def month(table: Path) -> tuple[ct.Batch, pd.DataFrame]:
    """Three visits in a month of a person with 療養通所介護."""
    visits = pd.DataFrame(
        {
            "provider_no": "1390000015",
            **PERSON,
            "service_date": ["2026-06-01", "2026-06-08", "2026-06-15"],
            "care_level": "5",
            "minutes": "240",
            "service": "medical_day_care",
        }
    )
    providers = pd.DataFrame([{"provider_no": "1390000015", "area_grade": "1"}])
    recipients = pd.DataFrame([PERSON | PERSONAL])
    return ct.compute_claims(visits, providers, recipients, codes=table), recipients


def test_units_of_a_month_stand_in_service_units_alone(table: Path, tmp_path: Path) -> None:
    batch, recipients = month(table)
    assert batch.claim_lines["units"].tolist() == [UNITS]
    [written] = ct.write_claim_file(batch, recipients, "2026-07", tmp_path / "out", codes=table)
    [statement] = second_reader.read(written.path).statements.values()
    [line] = statement.lines
    assert [num(line, at) for at in (9, 10, 14)] == [0, 1, UNITS]
    audit = ct.audit(written.path, table)
    assert audit.findings.empty, audit.findings.to_string()
    assert audit.hints.empty, audit.hints.to_string()


@pytest.mark.parametrize(
    ("item", "figure", "rule", "expected"),
    [
        ("units", "1", "units_of_code", "0"),
        ("service_units", "12784", "units_times_count", "12785"),
        ("service_units", "0", "units_times_count", "12785"),
    ],
)
def test_another_figure_is_found(
    table: Path, tmp_path: Path, item: str, figure: str, rule: str, expected: str
) -> None:
    findings = audit_of_month(table, tmp_path, **{item: figure}).findings
    told = findings[findings["rule"] == rule]
    assert told[["found", "expected"]].values.tolist() == [[figure, expected]]


def audit_of_month(table: Path, tmp_path: Path, **cells: str) -> ct.Audit:
    """Audit the month with other cells in its one line of a code."""
    batch, recipients = month(table)
    [written] = ct.write_claim_file(batch, recipients, "2026-07", tmp_path / "out", codes=table)
    file = ct.read_claim_file(written.path)
    return ct.audit(file.with_frame("7131-02", file.frame("7131-02").assign(**cells)), table)


def test_units_that_stand_in_their_item_all_the_same_are_right(table: Path, tmp_path: Path) -> None:
    """They are too long for it, which is another matter."""
    rules = audit_of_month(table, tmp_path, units=str(UNITS)).findings["rule"]
    assert rules.tolist() == ["too_long"]


# 2026-06, 要介護1: 14 visits of 781441 (753 units), 10,542; 放課後等デイ takes 100/1000, 1,054.2:
# five places with its sign, where 単位数 has four (インタフェース仕様書 令和6年4月 ※4).
def month_of_symbiotic_service(tmp_path: Path) -> ct.ClaimFile:
    visits = pd.DataFrame(
        {
            "provider_no": "1390000015",
            **PERSON,
            "service_date": [f"2026-06-{day:02}" for day in range(1, 15)],
            "care_level": "1",
            "minutes": "430",
            "symbiotic_after_school": "1",
        }
    )
    providers = pd.DataFrame([{"provider_no": "1390000015", "area_grade": "1"}])
    recipients = pd.DataFrame([PERSON | PERSONAL])
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2026-07", tmp_path / "out")
    return ct.read_claim_file(written.path)


def test_a_reduction_of_symbiotic_service_leaves_its_item_at_0(tmp_path: Path) -> None:
    file = month_of_symbiotic_service(tmp_path)
    lines = file.frame("7131-02")[["item_code", "units", "count", "service_units"]]
    assert lines.values.tolist() == [["1441", "753", "14", "10542"], ["6367", "0", "1", "-1054"]]
    assert ct.audit(file).clean


# A smaller one may stand in the item; what it says has then to be right.
@pytest.mark.parametrize(
    ("units", "rules"), [("", []), ("-1054", ["too_long"]), ("-105", ["units_times_count"])]
)
def test_units_of_a_reduction_in_the_item(tmp_path: Path, units: str, rules: list[str]) -> None:
    file = month_of_symbiotic_service(tmp_path)
    lines = file.frame("7131-02")
    lines.loc[lines["item_code"] == "6367", "units"] = units
    assert ct.audit(file.with_frame("7131-02", lines)).findings["rule"].tolist() == rules


# Three days: under a code of the whole month there may have been nine visits on each.
@pytest.mark.parametrize(("count", "expected"), [(27, []), (28, [["28", "27"]])])
def test_the_most_visits_of_a_month(
    table: Path, tmp_path: Path, count: int, expected: list[list[str]]
) -> None:
    batch, recipients = month(table)
    [written] = ct.write_claim_file(batch, recipients, "2026-07", tmp_path / "out", codes=table)
    data = written.path.read_bytes().splitlines(keepends=True)
    at = next(at for at, one in enumerate(data) if b",7131,02," in one)
    cells = data[at].split(b",")
    # サービス提供体制強化加算Ⅱ, 18 units a visit.
    cells[9:12] = [b"6100", b"18", str(count).encode()]
    data.insert(at + 1, b",".join(cells))
    findings = ct.audit(parse_claim_file(b"".join(data), "file"), table).findings
    told = findings[findings["rule"] == "count_over"]
    assert told[["found", "expected"]].values.tolist() == expected


def test_a_table_without_the_code_leaves_the_figure_too_long(table: Path, tmp_path: Path) -> None:
    batch, recipients = month(table)
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, recipients, "2026-07", tmp_path / "out")
    assert caught.value.problems is not None
    assert caught.value.problems[["column", "rule"]].values.tolist() == [["units", "too_long"]]


def test_a_plan_of_a_month_s_code_has_its_visit(table: Path, tmp_path: Path) -> None:
    code = f"78{MONTHLY}"
    folder = tmp_path / "plans"
    plan_file(folder, "UPPLAN_1.CSV", [plan_row(1, code, "0900", "1300", month="202606")])
    units = units_row(code, "1", str(UNITS))
    units[4] = "202606"
    plan_file(folder, "UPSIKYU_1.CSV", [units])
    plans = ct.from_plan(folder, codes=table)
    assert len(plans.notes) == 0
    assert plans.visits[["service_date", "service", "start_time"]].to_numpy().tolist() == [
        ["2026-06-01", "medical_day_care", "09:00"]
    ]
    assert plans.recipients["planned_units"].tolist() == [str(UNITS)]
    lines = ct.compute_claims(plans.visits, recipients=plans.recipients, codes=table).claim_lines
    assert lines[["service_code", "service_units"]].to_numpy().tolist() == [[code, UNITS]]

"""The example month of 2016 and a month of 2026 as claim files: sums, audit, every figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from helpers import second_reader
from helpers.claim_files import changed_file, missed_steps
from helpers.second_reader import item, num

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def month_of_2016() -> Frames:
    visits, providers, recipients = (
        pd.read_csv(EXAMPLES / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("visits", "providers", "recipients")
    )
    return visits, providers, recipients


# Number, insurer, care level, minutes, days, additions of a visit, cells of recipients.
PERSONS: list[tuple[str, str, int, int, int, dict[str, int], dict[str, str]]] = [
    ("0000000001", "139006", 1, 300, 8, {}, {"benefit_rate": "90"}),
    # Over the limit of 要介護1 (16,765 units from 2019-10).
    ("0000000002", "139006", 1, 480, 27, {"bathing_1": 1}, {"benefit_rate": "80"}),
    # Over a plan of the care manager's, with what lies outside the limit.
    ("0000000003", "139014", 3, 400, 12, {"same_building": 1},
     {"benefit_rate": "70", "planned_units": "5000"}),
    # 生活保護 from the 11th on, over the plan; with 1,000 yen of the person's own.
    ("0000000004", "139006", 2, 430, 20, {"no_transport": 2},
     {"benefit_rate": "90", "planned_units": "12000", "public_law": "12", "public_from": "11",
      "public_copay_yen": "1000"}),
    ("0000000005", "139006", 5, 500, 10, {"dementia_care": 1},
     {"benefit_rate": "90", "public_law": "25"}),
    ("H000000006", "139006", 4, 360, 9, {"early_onset_dementia": 1}, {"planned_units": "9000"}),
    # 共生型, with 生活相談員配置; 住所地特例.
    ("0000000007", "131016", 2, 250, 7, {"symbiotic_life_care": 1, "life_counsellor": 1},
     {"benefit_rate": "90", "facility_insurer_no": "139006"}),
    ("0000000008", "27139006", 3, 180, 6, {"rural_area": 1, "functional_training_1ro": 1},
     {"benefit_rate": "90", "started_on": "2026-06-01", "stopped_on": "2026-06-29",
      "stop_reason": "3"}),
]  # fmt: skip
PERSONAL = {
    "service_month": "2026-06", "birth_date": "1940-02-29", "sex": "1",
    "certified_from": "2025-10-01", "certified_to": "2026-09-30", "care_plan_by": "1",
    "care_manager_no": "1370000009",
}  # fmt: skip


def month_of_2026() -> Frames:
    providers = [
        {"provider_no": "1390000015", "area_grade": "1", "extended_hours": "0",
         "treatment_improvement_1ro": "1", "service_provision_1": "1"},
        {"provider_no": "1390000023", "area_grade": "other", "extended_hours": "0",
         "treatment_improvement_4": "1"},
    ]  # fmt: skip
    visits: list[dict[str, Any]] = [
        {
            "provider_no": provider["provider_no"], "insurer_no": insurer,
            "insured_no": f"{insured[:8]}{at}{insured[9:]}", "service_date": f"2026-06-{day:02}",
            "care_level": level, "minutes": minutes, **additions,
        }
        for at, provider in enumerate(providers)
        for insured, insurer, level, minutes, days, additions, _ in PERSONS
        for day in range(1, days + 1)
    ]  # fmt: skip
    recipients: list[dict[str, Any]] = []
    for at in range(len(providers)):
        for insured, insurer, *_, cells in PERSONS:
            law = cells.get("public_law", "12" if insured.startswith("H") else "")
            numbers = {"public_payer_no": f"{law}139010", "public_recipient_no": "1234566"}
            recipients.append(
                {"insurer_no": insurer, "insured_no": f"{insured[:8]}{at}{insured[9:]}"}
                | PERSONAL | (numbers if law else {}) | cells
            )  # fmt: skip
    return _text(visits), _text(providers), _text(recipients)


def _text(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([{name: str(cell) for name, cell in row.items()} for row in rows]).fillna(
        ""
    )


MONTHS = {"2016": (month_of_2016, "2016-05"), "2026": (month_of_2026, "2026-07")}


@pytest.fixture(params=MONTHS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ct.Batch, list[Path]]:
    frames, review = MONTHS[request.param]
    visits, providers, recipients = frames()
    batch = ct.compute_claims(visits, providers, recipients)
    assert not len(batch.held_visits), batch.problems["message"].tolist()
    files = ct.write_claim_file(batch, recipients, review, tmp_path)
    return batch, [one.path for one in files]


def test_every_sum_of_a_month_holds(written: tuple[ct.Batch, list[Path]]) -> None:
    batch, paths = written
    sheets = [second_reader.read(path) for path in paths]
    for one in sheets:
        second_reader.check(one)
    totals = [one.totals[0] for of_file in sheets for one in of_file.statements.values()]
    assert len(totals) == len(batch.claims)
    for number, name in ((8, "days"), (10, "managed_units"), (11, "unmanaged_units"),
                         (14, "benefit_units"), (16, "insurance_yen"), (18, "public_units"),
                         (19, "public_yen")):  # fmt: skip
        assert sum(num(total, number) for total in totals) == batch.claims[name].sum(), name
    assert ct.audit(paths).clean


def test_a_month_of_2026_has_what_a_month_can_have(tmp_path: Path) -> None:
    """Else the sums of the month would not say much."""
    visits, providers, recipients = month_of_2026()
    batch = ct.compute_claims(visits, providers, recipients)
    files = ct.write_claim_file(batch, recipients, "2026-07", tmp_path)
    assert [len(second_reader.read(one.path).claims) for one in files] == [3, 3]
    assert (batch.claims["self_paid_units"] > 0).sum() >= 6
    part = batch.claims["public_units"].between(1, batch.claims["benefit_units"] - 1)
    assert (part & (batch.claims["self_paid_units"] > 0)).sum() == 2
    rows = [row for one in files for row in second_reader.read(one.path).rows[1:-1]]
    kinds = {item(row, 2) for row in rows if item(row, 1) == "7131"}
    assert kinds == {"01", "02", "14", "10"}


def test_every_single_figure_of_a_month_changed_by_one_is_found(
    written: tuple[ct.Batch, list[Path]],
) -> None:
    batch, paths = written
    claims = batch.claims.set_index("insured_no")
    for path in paths:
        sheets = second_reader.read(path)
        statements = [
            [cells[2:] for cells in (one.base, *one.lines, *one.totals)]
            for one in sheets.statements.values()
        ]
        for insured, name, step in missed_steps([], statements):
            claim = claims.loc[[insured]].iloc[0]
            if name == "days":
                # Several visits may have been on one day.
                assert claim["days"] + step <= claim["visits"]
            else:
                assert name == "planned_units"
                least = min(claim["planned_units"], claim["planned_units"] + step)
                assert least >= claim["managed_units"]


def figures_of_total(
    tmp_path: Path, insured: str, **cells: str
) -> tuple[Any, Callable[..., list[tuple[str, str]]]]:
    """Write the month of 2026; return a claim of it, and what its 10 line is found to lack."""
    visits, providers, recipients = month_of_2026()
    for name, cell in cells.items():
        recipients.loc[recipients["insured_no"] == insured, name] = cell
    batch = ct.compute_claims(visits, providers, recipients)
    first, _ = ct.write_claim_file(batch, recipients, "2026-07", tmp_path)
    file = parse_claim_file(first.path.read_bytes(), "file")
    totals = file.frame("7131-10")
    row = totals.index[totals["insured_no"] == insured][0]

    def found(rule: str, name: str, value: int) -> list[tuple[str, str]]:
        findings = ct.audit(changed_file("7131-10", row, name, str(value), file)).findings
        findings = findings[findings["rule"] == rule]
        return list(zip(findings["found"], findings["expected"], strict=True))

    return batch.claims.set_index("insured_no").loc[insured], found


def test_units_under_public_funds_of_a_claim_over_its_plan_are_those_claimed(
    tmp_path: Path,
) -> None:
    """Funds that bear every line bear what is claimed of them and no more (様式第二 10-17)."""
    claim, found = figures_of_total(tmp_path, "H000000006")
    assert claim["self_paid_units"] > 0
    units = claim["benefit_units"]
    assert claim["public_units"] == units
    assert found("public_units", "public1_units", units - 1) == [(str(units - 1), str(units))]


def test_units_under_public_funds_of_a_part_of_the_month(tmp_path: Path) -> None:
    """Within the plan they are those of the lines; over it, no more than these or are claimed."""
    claim, found = figures_of_total(tmp_path, "0000000004", planned_units="")
    assert claim["managed_units"] == claim["planned_units"]
    units = claim["public_units"]
    assert 0 < units < claim["benefit_units"]
    assert found("public_units", "public1_units", units - 1) == [(str(units - 1), str(units))]
    assert found("public_units", "public1_units", units) == []
    claim, found = figures_of_total(tmp_path / "over", "0000000004")
    assert claim["self_paid_units"] > 0
    most = claim["benefit_units"]
    [(_, ceiling)] = found("public_units", "public1_units", most + 1)
    assert claim["public_units"] <= int(ceiling) <= most
    assert found("public_units", "public1_units", int(ceiling)) == []


def test_what_a_person_pays_beside_public_funds_is_of_their_share(tmp_path: Path) -> None:
    """1,000 yen of the person's own: funds and person together pay what the insurance leaves."""
    claim, found = figures_of_total(tmp_path, "0000000004")
    share = claim["public_yen"] + 1_000
    assert found("public_yen", "public1_yen", claim["public_yen"] + 1) == [
        (str(share + 1), str(share))
    ]

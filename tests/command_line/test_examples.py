"""The example files, and everything examples/README.md says of them."""

import csv
import re
import shutil
from pathlib import Path
from typing import Final

import pytest

import chiiki_tsusho as ct
from helpers.commands import Done, run

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
README: Final = (EXAMPLES / "README.md").read_text(encoding="utf-8")

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def run_in(folder: Path, command: str) -> Done:
    """Run a command as the README writes it."""
    program, *words = command.split()
    assert program == "chiiki-tsusho"
    return run(*words, cwd=folder, LC_ALL="C.UTF-8")  # English words


def claim_command(prefix: str = "") -> str:
    return (
        f"chiiki-tsusho claim {prefix}visits.csv -o {prefix.rstrip('_') or 'claims'} "
        f"--providers {prefix}providers.csv --recipients {prefix}recipients.csv"
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "examples"
    shutil.copytree(EXAMPLES, folder)
    done = run_in(folder, claim_command())
    assert done.returncode == 0, done.stderr
    return folder / "claims"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faulty") / "examples"
    shutil.copytree(EXAMPLES, folder)
    done = run_in(folder, claim_command("faulty_"))
    assert done.returncode == 1, done.stderr
    return folder / "faulty"


# --- what the README says ----------------------------------------------------------------------

CONSOLE: Final = re.findall(r"```console\n\$ (.+)\n((?:.*\n)*?)```", README)


def test_the_readme_shows_three_commands() -> None:
    assert [command for command, _ in CONSOLE] == [
        claim_command(),
        "chiiki-tsusho explain-claim visits.csv --insured 0000100053 --providers providers.csv "
        "--recipients recipients.csv",
        claim_command("faulty_"),
    ]


@pytest.mark.parametrize(("command", "shown"), CONSOLE, ids=["good", "explain", "faulty"])
def test_commands_of_the_readme_do_what_it_shows(command: str, shown: str, tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder)
    done = run_in(folder, command)
    assert done.stderr == shown
    assert done.returncode == (1 if "faulty" in command else 0)
    # What is explained is data: the code, the units within the plan, the yen.
    for figure in ("781445", "11008", "9500", "10011", "109119"):
        assert (figure in done.stdout) == ("explain-claim" in command)


def tables_of_readme() -> list[list[list[str]]]:
    """Every table of the README as rows of cells, the heading first."""
    tables: list[list[list[str]]] = [[]]
    for line in README.splitlines():
        if line.startswith("|"):
            if not line.startswith("|---"):
                tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table]


FILES_TABLE, PROVIDERS_TABLE, EXCESS_TABLE, FAULT_TABLE = tables_of_readme()


def test_every_file_is_told_in_the_readme() -> None:
    told = {name for row in FILES_TABLE for name in re.findall(r"`(\w+\.\w+)`", row[0])}
    assert told == {path.name for path in EXAMPLES.iterdir()} - {"README.md"}


def test_the_providers_told_are_those_of_the_file() -> None:
    told = [row[0] for row in PROVIDERS_TABLE[1:]]
    assert sorted(told) == sorted(row["provider_no"] for row in read(EXAMPLES / "providers.csv"))


def test_the_claims_over_plan_or_limit_are_as_told(good: Path) -> None:
    told = {
        row[0]: [int(re.sub(r"\D.*", "", cell.replace(",", ""))) for cell in row[1:]]
        for row in EXCESS_TABLE[1:]
    }
    over = {
        row["insured_no"]: [
            int(row[column]) for column in ("managed_units", "planned_units", "self_paid_units")
        ]
        for row in read(good / "claims.csv")
        if row["self_paid_units"] != "0"
    }
    assert over == told
    assert len(over) == 5


# --- the month ---------------------------------------------------------------------------------


def test_no_visit_of_the_month_is_held(good: Path) -> None:
    # The numbers are invented: they belong to nobody.
    assert {row["rule"] for row in read(good / "problems.csv")} == {"check_digit"}
    assert read(good / "held_visits.csv") == []
    claims = read(good / "claims.csv")
    assert len(claims) == 27
    visits = read(EXAMPLES / "visits.csv")
    assert sum(int(row["visits"]) for row in claims) == len(visits) == 259


def test_every_column_of_claims_is_filled(good: Path) -> None:
    """Each has a figure other than 0 in some claim; each yen column that may be blank is not."""
    claims = read(good / "claims.csv")
    for column in claims[0]:
        assert any(row[column] not in ("", "0") for row in claims), column
        blank = [row["insured_no"] for row in claims if not row[column]]
        # 療養通所介護 needs no level; whoever has no insurance needs no rate.
        without = {"benefit_rate": ["H000500049"], "care_level": ["0000400030"]}
        assert blank == without.get(column, []), column
    one_of_each = {row["unit_price"] for row in claims}
    assert one_of_each == {"1090", "1072", "1068", "1054", "1027", "1014", "1000"}
    assert {row["benefit_rate"] for row in claims} == {"90", "80", "70", ""}
    # One day with two sessions.
    assert [row["insured_no"] for row in claims if row["visits"] != row["days"]] == ["0000100061"]


def test_every_addition_of_the_table_is_in_the_lines(good: Path) -> None:
    table = ct.load_codes("2016-04")
    lines = {row["service_code"] for row in read(good / "claim_lines.csv")}
    assert set(table.frame["service_code"][table.frame["key"].notna()]) <= lines
    base = table.frame[table.frame["service_code"].isin(lines) & table.frame["key"].isna()]
    assert set(base["extension_units"]) == {0, 50, 100, 150, 200, 250}
    assert set(base["shortfall"].dropna()) == {"over_capacity", "understaffed"}
    assert set(base["service"]) == {"day_care", "medical_day_care"}
    assert {"781141", "788402", "789405"} <= lines  # 2 to 3 hours, of each shortfall


def claim_of(good: Path, insured_no: str) -> tuple[dict[str, int], Row]:
    """The service units of each line by code, and the claim."""
    lines = [row for row in read(good / "claim_lines.csv") if row["insured_no"] == insured_no]
    for line in lines:
        assert int(line["units"]) * int(line["count"]) == int(line["service_units"])
    (claim,) = [row for row in read(good / "claims.csv") if row["insured_no"] == insured_no]
    return {row["service_code"]: int(row["service_units"]) for row in lines}, claim


def test_a_claim_over_its_plan_by_hand(good: Path) -> None:
    """0000100053: 8 days of 7–9 hours at 要介護5, two of them longer; 9,500 units planned."""
    lines, claim = claim_of(good, "0000100053")
    # managed: 1,281 × 8, bathing 50 × 8, 中重度者 45 × 8 = 10,248 + 400 + 360 = 11,008
    # excess: 11,008 − 9,500 = 1,508
    # covered: before the 8th visit 7 × 1,376 = 9,632 ≥ 9,500, so 7 visits: 18 × 7 = 126
    # 処遇改善Ⅰ: (9,500 + 126) × 4 % = 385.04 → 385
    assert lines == {"781445": 10248, "785301": 400, "785306": 360, "786100": 126, "786107": 385}
    # benefit: 9,500 + 126 + 385 = 10,011
    # without a limit: 18 × 8 = 144, (11,008 + 144) × 4 % = 446.08 → 446;
    # 11,008 + 144 + 446 = 11,598
    # self-paid: 11,598 − 10,011 = 1,587
    # 1級地: 10,011 × 10.90 = 109,119.9; × 90 % = 98,207.1; 109,119 − 98,207 = 10,912
    # self-paid: 1,587 × 10.90 = 17,298.3
    assert claim == {
        "service_month": "201604",
        "provider_no": "1390000015",
        "insurer_no": "139001",
        "insured_no": "0000100053",
        "care_level": "5",
        "visits": "8",
        "days": "8",
        "managed_units": "11008",
        "unmanaged_units": "511",
        "total_units": "11519",
        "planned_units": "9500",
        "benefit_units": "10011",
        "self_paid_units": "1587",
        "unit_price": "1090",
        "total_yen": "109119",
        "benefit_rate": "90",
        "insurance_yen": "98207",
        "public_yen": "0",
        "copay_yen": "10912",
        "self_paid_yen": "17298",
        "public_units": "0",
    }


def test_a_claim_of_public_assistance_by_hand(good: Path) -> None:
    """0000300055: 生活保護 with 3,000 yen of the person's own; 人員欠如, no addition outside."""
    lines, claim = claim_of(good, "0000300055")
    # 757 × 70 % = 529.9 → 530, on 8 days; bathing 50 × 8: 4,240 + 400 = 4,640, planned 4,700
    assert lines == {"789422": 4240, "785301": 400}
    # 6級地: 4,640 × 10.27 = 47,652.8; × 90 % = 42,886.8; the rest 47,652 − 42,886 = 4,766
    # of which the person pays 3,000 and 法別12 the other 1,766
    assert {name: claim[name] for name in list(claim)[5:]} == {
        "visits": "8",
        "days": "8",
        "managed_units": "4640",
        "unmanaged_units": "0",
        "total_units": "4640",
        "planned_units": "4700",
        "benefit_units": "4640",
        "self_paid_units": "0",
        "unit_price": "1027",
        "total_yen": "47652",
        "benefit_rate": "90",
        "insurance_yen": "42886",
        "public_yen": "1766",
        "copay_yen": "3000",
        "self_paid_yen": "0",
        "public_units": "4640",
    }


def test_a_rural_claim_over_its_plan_by_hand(good: Path) -> None:
    """0000500014: 8 days of 5–7 hours at 要介護1 in the mountains; 5,500 units planned."""
    lines, claim = claim_of(good, "0000500014")
    # managed: 641 × 8 + 50 × 8 = 5,128 + 400 = 5,528; excess 28
    # 中山間: (5,128 − 28) × 5 % = 255
    # 処遇改善Ⅱ: (5,500 + 255) × 22 ‰ = 126.61 → 127
    assert lines == {"781341": 5128, "785301": 400, "788110": 255, "786104": 127}
    # benefit: 5,500 + 255 + 127 = 5,882
    # without a limit: 5,128 × 5 % = 256.4 → 256; (5,528 + 256) × 22 ‰ = 127.248 → 127; 5,911
    # その他: 5,882 × 10.00 = 58,820; × 90 % = 52,938; self-paid (5,911 − 5,882) × 10 = 290
    assert {name: claim[name] for name in list(claim)[7:]} == {
        "managed_units": "5528",
        "unmanaged_units": "382",
        "total_units": "5910",
        "planned_units": "5500",
        "benefit_units": "5882",
        "self_paid_units": "29",
        "unit_price": "1000",
        "total_yen": "58820",
        "benefit_rate": "90",
        "insurance_yen": "52938",
        "public_yen": "0",
        "copay_yen": "5882",
        "self_paid_yen": "290",
        "public_units": "0",
    }


def test_a_person_without_insurance_by_hand(good: Path) -> None:
    """H000500049: 757 × 8 + 50 × 8 = 6,456; × 22 ‰ = 142.032 → 142; 6,598 × 10.00, all public."""
    lines, claim = claim_of(good, "H000500049")
    assert lines == {"781342": 6056, "785301": 400, "786104": 142}
    assert {name: claim[name] for name in list(claim)[11:]} == {
        "benefit_units": "6598",
        "self_paid_units": "0",
        "unit_price": "1000",
        "total_yen": "65980",
        "benefit_rate": "",
        "insurance_yen": "0",
        "public_yen": "65980",
        "copay_yen": "0",
        "self_paid_yen": "0",
        "public_units": "6598",
    }


# --- the month with mistakes -------------------------------------------------------------------

# file, line (blank: a whole claim), column, rule
FAULTS: Final = [
    ("visits", "9", "minutes", "bad_value"),
    ("visits", "11", "insured_no", "bad_value"),
    ("visits", "11", "", "unplaced_row"),
    ("visits", "13", "care_level", "missing_value"),
    ("visits", "14", "service_provision_1i", "conflicting_group"),
    ("visits", "18", "care_level", "not_this_service"),
    ("visits", "20", "service_date", "bad_value"),
    ("visits", "26", "service_date", "unsupported_month"),
    ("visits", "27", "service", "bad_value"),
    ("visits", "31", "treatment_improvement_2", "conflicting_group"),
    ("visits", "35", "service_date", "duplicate_visit"),
    ("visits", "38", "no_transport", "bad_value"),
    ("visits", "42", "", "malformed_row"),
    ("visits", "42", "", "unplaced_row"),
    ("visits", "43", "treatment_improvement_2", "conflicting_group"),
    ("visits", "45", "insured_no", "missing_value"),
    ("visits", "45", "", "unplaced_row"),
    ("visits", "46", "minutes", "outside_every_band"),
    ("visits", "55", "bathing", "no_code"),
    ("visits", "55", "shortfall", "no_code"),
    ("visits", "70", "bathing", "not_for_service"),
    ("visits", "", "insured_no", "unknown_recipient"),
    ("visits", "", "oral_function", "over_monthly_maximum"),
    ("visits", "", "provider_no", "unknown_provider"),
    ("providers", "6", "area_grade", "bad_value"),
    ("providers", "8", "treatment_improvement_5", "no_code"),
    ("providers", "9", "provider_no", "bad_value"),
    ("recipients", "25", "benefit_rate", "bad_value"),
    ("recipients", "29", "planned_units", "plan_over_limit"),
    ("recipients", "30", "insured_no", "bad_value"),
]
RULES: Final = {
    "missing_value", "bad_value", "unsupported_month", "outside_every_band", "no_code",
    "not_for_service", "conflicting_group", "over_monthly_maximum", "duplicate_visit",
    "unknown_provider", "unknown_recipient", "plan_over_limit", "malformed_row",
    "unplaced_row", "not_this_service",
}  # fmt: skip


def test_every_mistake_is_named_by_its_line(faulty: Path) -> None:
    problems = [row for row in read(faulty / "problems.csv") if row["rule"] != "check_digit"]
    named = [(row["file"], row["line"], row["column"], row["rule"]) for row in problems]
    assert named == FAULTS
    assert {rule for *_, rule in named} == RULES


def test_the_mistakes_told_are_those_named() -> None:
    assert [tuple(row[:4]) for row in FAULT_TABLE[1:]] == FAULTS


def test_the_value_named_is_that_of_the_line(faulty: Path) -> None:
    """Where a problem names a cell, the file has that value on that line."""
    seen = 0
    for problem in read(faulty / "problems.csv"):
        single = problem["rule"] in ("bad_value", "missing_value", "not_for_service", "no_code")
        if single and problem["line"]:
            path = EXAMPLES / f"faulty_{problem['file']}.csv"
            lines = path.read_text(encoding="utf-8").splitlines()
            row = dict(
                zip(lines[0].split(","), lines[int(problem["line"]) - 1].split(","), strict=True)
            )
            assert row[problem["column"]] == problem["value"], problem
            seen += 1
    assert seen == 15


def test_every_visit_is_claimed_or_held(faulty: Path) -> None:
    given = (EXAMPLES / "faulty_visits.csv").read_text(encoding="utf-8").splitlines()
    held = (faulty / "held_visits.csv").read_text(encoding="utf-8").splitlines()
    claimed = sum(int(row["visits"]) for row in read(faulty / "claims.csv"))
    assert held[0] == given[0]
    assert claimed + len(held[1:]) == len(given[1:]) == 73
    # Held rows are lines of the file, in its order.
    rest = iter(given[1:])
    assert all(line in rest for line in held[1:])


def test_the_sound_claims_are_computed(faulty: Path) -> None:
    """Those without a mistake, and to which no row with a mistake may belong."""
    totals = {
        (row["insured_no"], row["visits"]): int(row["total_units"])
        for row in read(faulty / "claims.csv")
    }
    assert totals == {
        # (735 + 50 + 18) × 3 = 2,409; × 4 % = 96.36 → 96
        ("0000100011", "3"): 2505,
        # 868 + 18 = 886; × 4 % = 35.44 → 35; the row with 要支援2 is of another service
        ("0000100088", "1"): 921,
        # 426 × 3 + 150 × 2 = 1,578; × 4 % = 63.12 → 63
        ("0000100061", "3"): 1641,
        # 426 × 70 % = 298.2 → 298, three times
        ("0000300012", "3"): 894,
        # 1,006 × 70 % = 704.2 → 704; (704 + 50) × 2; the row of 2026 is another claim
        ("0000300021", "2"): 1508,
        # (1,511 + 210 + 6) × 3 = 5,181; × 4 % = 207.24 → 207
        ("0000400013", "3"): 5388,
    }


@pytest.mark.parametrize(
    ("file", "heading", "typed"),
    [
        ("visits", "care_level", "care_levl"),
        ("visits", "bathing", "bathign"),
        ("providers", "area_grade", "area_grad"),
        ("recipients", "benefit_rate", "benefit_rates"),
    ],
)
def test_a_slip_in_a_heading_stops_all_and_suggests_the_right_one(
    file: str, heading: str, typed: str, tmp_path: Path
) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder)
    path = folder / f"{file}.csv"
    first, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(first.replace(heading, typed) + "\n" + rest, encoding="utf-8", newline="\n")
    done = run_in(folder, claim_command())
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"error: {file}.csv: line 1: unknown heading '{typed}'" in done.stderr
    assert f"did you mean '{heading}'?" in done.stderr
    assert not (folder / "claims").exists()

"""What the audit says of the sums of a claim file: lines, summaries, claim lines (7111)."""

from __future__ import annotations

import pytest

from helpers.audits import audit_of, told
from helpers.claim_files import ALONE, INSURED, PROVIDER, WITH_FUNDS, changed_file, lines

# Units times count 13,728 (12 visits of 1,144 units), all of it under public funds.
FIRST_WITH_FUNDS = 7
SUMS = ("units_times_count", "public_unasked", "public_over_whole")


def place_of(data: list[list[str]], record: str, insured: str) -> int:
    """Return where the first line of a record of a person stands."""
    return next(at for at, one in enumerate(data) if (one[1], one[5]) == (record, insured))


@pytest.mark.parametrize("insured", [INSURED, WITH_FUNDS])
def test_lines_of_other_service_kinds_are_left_alone(insured: str) -> None:
    """訪問看護 (13) is on the same form (様式第二); its sums and funds are not looked at."""
    data = lines()
    at = place_of(data, "02", insured)
    other = ["13", "1111", "467", "2", "3", "4", "5", "999", "1000", "1001", "1002", ""]
    data.insert(at, [*data[at][:6], *other])
    assert [told(data, rule) for rule in SUMS] == [[], [], []]


def test_only_codes_of_a_month_may_leave_their_units_at_0() -> None:
    """The item has room for the 735 units of a visit, so 18 times 0 is not 13,230."""
    assert told(changed_file("7131-02", 0, "units", "0"), "units_times_count") == [
        ("7131-02-14", "13230", "0")
    ]


def test_a_person_without_insurance_is_under_public_funds_though_the_payer_is_missing() -> None:
    """What is missing is the number (ABB0); of a second payer nothing may be asked."""
    file = changed_file("7131-01", 2, "public1_payer_no", "")
    assert told(file, "public_unasked") == []
    assert ("7131-01-7", "", "") in told(file, "required")
    file = changed_file("7131-02", 13, "public2_count", "1", file)
    assert told(file, "public_unasked") == [("7131-02-12", "1", "0")]


def test_a_statement_without_its_first_record_names_no_payer() -> None:
    data = [one for one in lines() if (one[1], one[5]) != ("01", WITH_FUNDS)]
    unasked = told(data, "public_unasked")
    assert ("7131-02-11", "12", "0") in unasked
    # Each of the six lines has a count and units under public funds.
    assert len(unasked) == 12


def test_a_line_before_the_public_funds_began_has_no_part_under_them() -> None:
    file = changed_file("7131-02", FIRST_WITH_FUNDS, "public1_count", "0")
    assert told(file, "public_over_whole") == [("7131-02-11", "0", "12")]
    file = changed_file("7131-02", FIRST_WITH_FUNDS, "public1_units", "0", file)
    assert told(file, "public_over_whole") == []


def test_units_under_public_funds_are_no_more_than_those_of_the_line() -> None:
    file = changed_file("7131-02", FIRST_WITH_FUNDS, "public1_units", "13729")
    assert told(file, "public_over_whole") == [("7131-02-15", "13729", "13728")]


@pytest.mark.parametrize(
    ("row", "count", "units", "expected"),
    [
        # 処遇改善加算: 615 units once. A part of it has a count and units, or neither.
        (12, "1", "0", [("7131-02-11", "1", "0")]),
        (12, "0", "615", [("7131-02-11", "0", "1")]),
        (12, "-9", "615", [("7131-02-11", "-9", "1")]),
        (12, "0", "0", []),
        # No part of what is added takes off.
        (12, "1", "-1", [("7131-02-15", "-1", "615")]),
    ],
)
def test_a_part_under_public_funds_has_a_count_and_units_of_its_side(
    row: int, count: str, units: str, expected: list[tuple[str, str, str]]
) -> None:
    file = changed_file("7131-02", row, "public1_count", count)
    file = changed_file("7131-02", row, "public1_units", units, file)
    assert told(file, "public_over_whole") == expected


def test_no_part_of_a_reduction_adds() -> None:
    file = changed_file("7131-02", FIRST_WITH_FUNDS, "units", "-1144")
    file = changed_file("7131-02", FIRST_WITH_FUNDS, "service_units", "-13728", file)
    assert ("7131-02-15", "13728", "-13728") in told(file, "public_over_whole")


def with_home_nursing() -> list[list[str]]:
    """Add a summary of 訪問看護 to the first person: 467 units, 4,581 + 509 yen."""
    data = lines()
    at = place_of(data, "10", INSURED)
    figures = ["1", "467", "467", "0", "", "", "467", "1090", "4581", "509", *["0"] * 9]
    data.insert(at + 1, [*data[at][:6], "13", *figures, *[""] * 12])
    return data


def test_the_first_record_sums_all_service_kinds() -> None:
    data = with_home_nursing()
    # 17,697 + 467; 173,607 + 4,581; 19,290 + 509.
    assert told(data, "base_total") == [
        ("7131-01-33", "17697", "18164"),
        ("7131-01-34", "173607", "178188"),
        ("7131-01-35", "19290", "19799"),
    ]
    at = place_of(data, "01", INSURED)
    data[at][32:35] = ["18164", "178188", "19799"]
    assert told(data, "base_total") == []


def test_what_other_service_kinds_write_need_not_be_empty() -> None:
    data = with_home_nursing()
    base, other = place_of(data, "01", INSURED), place_of(data, "10", INSURED) + 1
    # 緊急時施設療養費 (01-36), 短期入所実日数 and 出来高医療費 (10-13, 10-27).
    data[base][35] = data[other][12] = data[other][26] = "3"
    assert told(data, "must_be_empty") == []
    del data[other]
    assert told(data, "must_be_empty") == [("7131-01-36", "3", "0")]


def test_each_public_funds_have_a_claim_line_of_their_own() -> None:
    """A third insured person is under the funds of 中国残留邦人等 (法別 25)."""
    data = lines()
    whole, of_12 = data[0], data[1]
    # 2 x 15,999 + 17,697 units; 192,897 + 2 x 174,389 yen, of it 173,607 + 2 x 156,950 of the
    # insurance and 2 x 17,439 of public funds.
    whole[6:11] = ["3", "49695", "541675", "487507", "34878"]
    of_25 = [*of_12[:4], "25", "0", "1", "15999", "174389", "0", "17439", *of_12[11:]]
    more = [[*one[:5], "0000100052", *one[6:]] for one in data if one[5] == WITH_FUNDS]
    more[0][6] = "25139017"
    data[2:2] = [of_25]
    assert audit_of([*data, *more]).clean


def test_a_claim_line_of_public_funds_that_no_statement_has_is_0() -> None:
    figures = ["1", "2", "3", "4", "5", "6"]
    line = ["7111", "201604", PROVIDER, "2", "25", "01", *figures, *["0"] * 6]
    assert told([line, *lines()], "claim_line") == [
        (f"7111-{item}", figure, "0") for item, figure in enumerate(figures, start=7)
    ]


def test_a_claim_line_of_care_managers_is_left_alone() -> None:
    """請求情報区分 02 is 居宅介護支援, whose statements are of another form."""
    line = ["7111", "201604", PROVIDER, "1", "0", "02", *["9"] * 6, *["0"] * 6]
    assert audit_of([line, *lines()]).clean


@pytest.mark.parametrize(("row", "expected"), [(0, "7111 : 2"), (1, "7111 12: 2")])
def test_a_claim_line_that_is_missing_is_told_of_the_file(row: int, expected: str) -> None:
    """Two insured persons, two persons with public funds."""
    data = lines()
    del data[row]
    findings = audit_of(data).findings
    assert findings["expected"].tolist() == [expected]
    assert findings["rule"].tolist() == ["no_claim_line"]
    assert findings["line"].isna().tolist() == [True]


@pytest.mark.parametrize("payer", ["XY139010", "１２139010", "見本139010"])
def test_of_public_funds_only_digits_are_repeated(payer: str) -> None:
    """In a line whose cells have slipped a name may stand where the number should."""
    file = changed_file("7131-01", 1, "public1_payer_no", payer)
    assert told(file, "no_claim_line") == [("", "", "7111 : 1")]
    assert ALONE not in audit_of(file).findings["insured_no"].tolist()


@pytest.mark.parametrize("law", ["1", "10", "12", "-1"])
def test_a_claim_line_of_the_insurance_names_no_public_funds(law: str) -> None:
    file = changed_file("7111", 0, "law_no", law)
    assert told(file, "law_of_insurance") == [("7111-5", law, "0")]


@pytest.mark.parametrize(
    ("row", "kind", "right"),
    [
        (0, "01", True), (0, "0", False), (0, "00", False), (0, "", False), (0, "1", False),
        (0, "11", False), (1, "01", True), (1, "0", True), (1, "00", True), (1, "", True),
        (1, "1", False), (1, "11", False),
    ],
)  # fmt: skip
def test_claim_lines_have_the_kind_of_community_day_care(row: int, kind: str, right: bool) -> None:
    """請求情報区分 is 01; beside public funds some programs write 0."""
    file = changed_file("7111", row, "claim_kind", kind)
    expected = [] if right else [("7111-6", kind, "01")]
    assert told(file, "claim_kind") == expected
    # It is told of once: the sums of the line are still compared.
    assert told(file, "no_claim_line") == []


@pytest.mark.parametrize("kind", ["01", "0", "00", ""])
def test_other_public_funds_have_no_claim_kind(kind: str) -> None:
    """インタフェース仕様書解説書 居宅介護支援事業所編 平成27年4月 1.1 (1): その他の法別番号+0."""
    data = [[cell.replace("12139010", "25139010") for cell in line] for line in lines()]
    data[1][4:6] = ["25", kind]
    expected = [("7111-6", "01", "0")] if kind == "01" else []
    assert told(data, "kind_of_funds", hint=True) == expected
    assert told(data, "claim_kind") == []


@pytest.mark.parametrize("law", ["0", "00", ""])
def test_programs_write_no_public_funds_in_several_ways(law: str) -> None:
    assert audit_of(changed_file("7111", 0, "law_no", law)).clean


@pytest.mark.parametrize("exchange_id", ["7110", "", "9999"])
@pytest.mark.parametrize(("row", "expected"), [(0, "7111 : 2"), (1, "7111 12: 2")])
def test_a_claim_line_may_not_pass_for_another_form(
    exchange_id: str, row: int, expected: str
) -> None:
    """Other forms add to the claim lines; they take none away."""
    data = lines()
    data[row][0] = exchange_id
    assert told(data, "no_claim_line") == [("", "", expected)]


def test_beside_other_forms_claim_lines_are_no_less_than_what_is_read() -> None:
    other = ["7132", "01", "201604", PROVIDER, "00139006", "0000999999", "whatever"]
    data = [*lines(), other]
    data[0][7] = "33697"
    assert audit_of(data).findings.empty
    data[0][7] = "33695"
    assert told(data, "claim_line_short") == [("7111-8", "33695", "33696")]


def test_what_second_public_funds_pay_is_no_part_of_the_copayment() -> None:
    """174,389 yen: 156,950 of the insurance, 12,439 and 5,000 of two public funds."""
    file = changed_file("7131-01", 1, "public2_payer_no", "81139010")
    file = changed_file("7131-10", 1, "public1_yen", "12439", file)
    file = changed_file("7131-10", 1, "public2_yen", "5000", file)
    assert told(file, "copay_yen") == []
    file = changed_file("7131-10", 1, "copay_yen", "1", file)
    assert told(file, "copay_yen") == [("7131-10-17", "1", "0")]

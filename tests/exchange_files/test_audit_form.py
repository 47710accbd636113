"""What the audit says of the form of a claim file: its frame, its numbers, what is required."""

from __future__ import annotations

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from helpers.audits import audit_of, told
from helpers.claim_files import INSURED, PAYER, PUBLIC_NO, changed_file, file_bytes, lines

# A statement of another form, after the 27 lines of the file and the control record.
OTHER, AT = "7132,01,201604,1390000015,00139006,0000999999,whatever", 29


def audited(raw: bytes) -> ct.Audit:
    return ct.audit(parse_claim_file(raw, "file"))


def places(raw: bytes, rule: str) -> list[tuple[int | None, str]]:
    """Return the line of each finding of a rule, None for the file, and what is expected there."""
    rows = audited(raw).findings
    rows = rows[rows["rule"] == rule]
    numbers = [None if number != number else int(number) for number in rows["line"].astype(float)]
    return list(zip(numbers, rows["expected"], strict=True))


def with_other(line: str) -> bytes:
    """Put a line of another form, as it stands, before the end record."""
    raw = file_bytes([*lines(), ["7132", "other"]])
    return raw.replace(b"2,29,7132,other", line.encode("cp932"))


@pytest.mark.parametrize(("review", "lines_told"), [("201806", 0), ("201807", 2)])
def test_a_claim_is_barred_after_two_years(review: str, lines_told: int) -> None:
    """The ministry's answer on 介護保険法 第200条: of services in 2000-04 at the end of 2002-06.

    Those of 2016-04 are barred at the end of 2018-06. Both claim lines are of that month.
    """
    file = changed_file("control", 0, "review_month", review)
    assert told(file, "barred_by_time", hint=True) == [("7111-2", "201604", "")] * lines_told
    assert ct.audit(file).clean


def test_the_frame_is_told_of_its_lines() -> None:
    whole = file_bytes().splitlines(keepends=True)
    assert places(b"".join(whole[1:]), "no_control") == [(1, "")]
    assert places(b"".join(whole[:-1]), "no_end") == [(28, "")]
    assert places(file_bytes().replace(b"\r\n", b"\n"), "line_end") == [(None, "CR LF")]


def test_the_file_is_of_the_provider_of_its_first_control_record() -> None:
    whole = file_bytes().splitlines(keepends=True)
    second = b"1,29,0,27,711,0,0,1390000023,0,7,201605,0\r\n"
    raw = b"".join([*whole[:-1], second, b"3,30\r\n"])
    assert places(raw, "no_control") == [(1, "")]
    assert places(raw, "provider_differs") == []


@pytest.mark.parametrize(
    ("line", "right"),
    [
        (f"2,29,{OTHER}", True),
        (f'2,"29",{OTHER}', True),
        (f"2,30,{OTHER}", False),
        (f"2,,{OTHER}", False),
        ("2", False),
        # A damaged line is told as such: where its cells end nobody knows.
        ('2,30,7131,01,"201604', True),
    ],
)
def test_lines_of_other_forms_are_numbered_too(line: str, right: bool) -> None:
    assert places(with_other(line), "running_number") == ([] if right else [(AT, str(AT))])


@pytest.mark.parametrize("rate", ["", "0"])
def test_an_insured_person_has_a_benefit_rate(rate: str) -> None:
    """A blank number is 0; the one without insurance (row 2) has none."""
    assert told(changed_file("7131-01", 0, "benefit_rate", rate), "required") == [
        ("7131-01-29", rate, "")
    ]
    assert audit_of(changed_file("7131-01", 2, "benefit_rate", rate)).clean


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({"public1_payer_no": PAYER}, ["7131-01-8", "7131-01-30"]),
        ({"public1_recipient_no": PUBLIC_NO}, ["7131-01-7", "7131-01-30"]),
        ({"public1_rate": "100"}, ["7131-01-7", "7131-01-8"]),
    ],
)
def test_of_public_funds_both_numbers_and_the_rate_are_needed(
    cells: dict[str, str], missing: list[str]
) -> None:
    for name, cell in cells.items():
        file = changed_file("7131-01", 0, name, cell)
        assert [item for item, *_ in told(file, "required")] == missing


def test_a_person_without_insurance_has_public_funds() -> None:
    file = changed_file("7131-01", 2, "public1_payer_no", "")
    file = changed_file("7131-01", 2, "public1_recipient_no", "", file)
    file = changed_file("7131-01", 2, "public1_rate", "", file)
    assert [item for item, *_ in told(file, "required")] == ["7131-01-7", "7131-01-8", "7131-01-30"]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("birth_date", 13),
        ("sex", 14),
        ("care_level", 15),
        ("certified_from", 17),
        ("certified_to", 18),
        ("care_plan_by", 19),
        ("care_manager_no", 20),
    ],
)
@pytest.mark.parametrize("zeros", ["0", "00", "00000000", ""])
def test_a_required_code_or_date_of_zeros_is_not_there(name: str, item: int, zeros: str) -> None:
    file = changed_file("7131-01", 0, name, zeros)
    assert f"7131-01-{item}" in [at for at, *_ in told(file, "required")]


@pytest.mark.parametrize(("made_by", "required"), [("1", True), ("2", False), ("3", True)])
def test_who_makes_the_care_plan_for_others_has_a_number(made_by: str, required: bool) -> None:
    file = changed_file("7131-01", 0, "care_plan_by", made_by)
    file = changed_file("7131-01", 0, "care_manager_no", "", file)
    assert told(file, "required") == ([("7131-01-20", "", "")] if required else [])


def test_each_record_that_a_statement_lacks_is_told_of_the_others() -> None:
    data = lines()
    kinds = {"01": "no_base_record", "10": "no_total_record", "02": "no_line_record"}
    lacking = {
        rule: told([one for one in data if (one[1], one[5]) != (kind, INSURED)], rule)
        for kind, rule in kinds.items()
    }
    assert lacking == {
        # Seven lines and the summary.
        "no_base_record": [*[("7131-02-6", INSURED, "")] * 7, ("7131-10-6", INSURED, "")],
        "no_total_record": [("7131-01-6", INSURED, "")],
        "no_line_record": [("7131-01-6", INSURED, "")],
    }


def test_of_two_statements_of_a_person_the_second_is_told() -> None:
    """Also where another person, last in the file, lacks the first record."""
    data = lines()
    again = [list(one) for one in data if (one[1], one[5]) == ("01", INSURED)]
    without = [one for one in data if (one[1], one[5]) != ("01", "H000100099")]
    assert told([*without, *again], "statement_doubled") == [("7131-01-6", INSURED, "")]


@pytest.mark.parametrize(
    ("record", "row", "name", "value", "found"),
    [
        ("7131-01", 0, "care_manager_no", "137000009", ""),
        ("7131-01", 0, "care_manager_no", "137000009 ", ""),
        ("7131-01", 0, "insured_no", "000010001", ""),
        ("7131-01", 0, "insurer_no", "0139006", ""),
        ("7131-01", 1, "public1_payer_no", "1213901", ""),
        ("7131-01", 1, "public1_recipient_no", "12E4566", ""),
        ("7131-10", 0, "provider_no", "139000001", ""),
    ],
)
def test_numbers_have_their_form(record: str, row: int, name: str, value: str, found: str) -> None:
    """What stands there is not repeated: in a line that has slipped it may be of the person."""
    [(item, shown, _)] = told(changed_file(record, row, name, value), "number_form")
    assert (item.split("-")[0], shown) == (record.split("-")[0], found)


@pytest.mark.parametrize("insurer", ["139006", "00139006"])
def test_an_insurer_may_have_zeros_in_front(insurer: str) -> None:
    assert told(changed_file("7131-01", 0, "insurer_no", insurer), "number_form") == []


def with_facilities(*insurers: str) -> list[list[str]]:
    """Make claim lines of the first person those of 住所地特例 (14)."""
    data = lines()
    first = [one for one in data if one[1] == "02" and one[5] == INSURED]
    for cells, insurer in zip(first, insurers, strict=False):
        cells[1] = "14"
        cells.insert(17, insurer)
    return data


def test_a_code_may_stand_on_a_line_for_each_facility() -> None:
    """住所地特例: item 18 is of the line, so that a person who moved has two of the same code."""
    data = with_facilities("139014", "139022")
    first, second = (one for one in data if one[1] == "14")
    second[7:17] = first[7:17]
    assert told(data, "code_doubled") == []
    second[17] = "139014"
    assert told(data, "code_doubled") == [("7131-14-8", second[7], "")]


def test_codes_of_other_service_kinds_may_stand_twice() -> None:
    """福祉用具貸与 (17) has a line for each thing that is lent."""
    data = lines()
    at = next(at for at, one in enumerate(data) if (one[1], one[5]) == ("02", INSURED))
    lent = [*data[at][:6], "17", "1001", "500", "1", "0", "0", "0", "500", "0", "0", "0", ""]
    data[at:at] = [lent, lent]
    assert told(data, "code_doubled") == []


def test_facilities_of_several_insurers_in_one_statement_are_a_hint() -> None:
    data = with_facilities("139014", "139022", "139014")
    assert told(data, "facility_insurers", hint=True) == [("7131-14-18", "139022", "")]
    assert told(with_facilities("139014", "139014"), "facility_insurers", hint=True) == []
    assert told(with_facilities("13901"), "number_form") == [("7131-14-18", "", "")]

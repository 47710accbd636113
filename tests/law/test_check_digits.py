"""The check digits of numbers: against worked examples and numbers in use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.law.check_digits import CHECKED_KINDS, check_digit, wrong_digit, wrong_digits

# 33120015: worked through where 保険者番号設定要領 is explained, 6+3+2+2+0+0+2 = 15, so 5.
# The others are 事業所番号 as two offices print them on their pages.
IN_USE = [
    ("33120015", "public_payer_no"),
    ("2875104529", "provider_no"),
    ("2873010983", "provider_no"),
]


@pytest.mark.parametrize(("number", "kind"), IN_USE)
def test_numbers_in_use_end_in_their_check_digit(number: str, kind: str) -> None:
    assert wrong_digit(number, kind) is None
    for other in set("0123456789") - {number[-1]}:
        assert wrong_digit(number[:-1] + other, kind) == number[-1]


@pytest.mark.parametrize("kind", ["insurer_no", "facility_insurer_no"])
def test_six_digits_of_an_insurer(kind: str) -> None:
    """13900: 0, 0, 9 × 2 = 18 → 1 + 8, 3, 1 × 2: 14, and 6 is what it lacks of 20."""
    assert wrong_digit("139006", kind) is None
    assert wrong_digit("139001", kind) == "6"


def test_zeros_in_front_change_nothing() -> None:
    assert wrong_digit("00139006", "insurer_no") is None
    assert wrong_digit("00139001", "insurer_no") == "6"


def test_letters_count_from_ten() -> None:
    """A is 10, and I, O and Q are left out: Z is 32. 1 × 2, 10 → 1 + 0, 32 × 2 = 64 → 6 + 4."""
    assert check_digit("A1") == str(-(2 + 1) % 10)
    assert check_digit("Z") == "0"
    assert check_digit("H") == str(-(3 + 4) % 10)
    assert check_digit("J") == str(-(3 + 6) % 10)
    assert check_digit("O1") is None
    assert wrong_digit("13O0000019", "provider_no") is None


def test_the_number_of_a_medical_institution_may_have_its_own() -> None:
    """Of 医療機関等コード the seven digits behind the kind are a number by themselves.

    010001: 1 × 2, 1 × 2: 4, so 6; with 1 × 2, 7 and 2 × 2 of 271 in front: 17, so 3.
    """
    assert wrong_digit("2710100016", "provider_no") is None
    assert wrong_digit("2710100013", "provider_no") is None
    assert wrong_digit("2710100018", "provider_no") == "6"
    assert wrong_digit("2770100016", "provider_no") == "0"


@pytest.mark.parametrize("number", ["", "1", "13900", "1390010", "139001000"])
def test_a_number_of_another_length_is_not_judged(number: str) -> None:
    assert wrong_digit(number, "insurer_no") is None


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: str, place: int, by: int) -> None:
    """Doubling and adding the digits of ten and more maps the ten digits one to one."""
    wrong = body[:place] + str((int(body[place]) + by) % 10) + body[place + 1 :]
    assert check_digit(wrong) != check_digit(body)


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"[0-9]{6,10}", fullmatch=True),
            st.from_regex(r"[0-9]{2}[13456][0-9]{7}", fullmatch=True),
            st.text("0123456789AHZあ０ .", max_size=12),
        )
    ),
    st.sampled_from(sorted(CHECKED_KINDS)),
    st.integers(0, 3),
)
def test_many_numbers_at_once(texts: list[str], kind: str, skipped: int) -> None:
    expected, ending = wrong_digits(of_texts(texts)[skipped:], kind)
    for at, text in enumerate(texts[skipped:]):
        if expected[at] < 0:
            assert not (text.isascii() and text.isdigit()) or wrong_digit(text, kind) is None
        else:
            digit = wrong_digit(text, kind)
            assert str(ending[at]) == text[-1]
            assert str(expected[at]) == (text[-1] if digit is None else digit)


def test_many_numbers_in_use_end_in_their_check_digit() -> None:
    for number, kind in IN_USE:
        others = [number[:-1] + digit for digit in "0123456789"]
        expected, ending = wrong_digits(of_texts([*others, "", number + "0"]), kind)
        assert expected.tolist() == [int(number[-1])] * 10 + [-1, -1]
        assert ending.tolist() == [*range(10), -1, -1]

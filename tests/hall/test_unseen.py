"""Characters that no reader sees: which of them a name or another free text may not hold."""

from __future__ import annotations

import sys
from unicodedata import category

import pytest

from chiiki_tsusho.language import unseen

# Each of a kind: controls of C0 and C1, marks of order and width, a byte order mark, a half of a
# character, and noncharacters (Unicode 16, section 23.7).
REFUSED = [
    "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\xad", "\u200b", "\u200e", "\u202a", "\u202e",
    "\u2066", "\u2069", "\ufeff", "\ud800", "\udfff", "\ufdd0", "\ufdef", "\ufffe", "\uffff",
    "\U0001fffe", "\U0010ffff", "\U000e0041",
]  # fmt: skip
# Blanks; 外字 of an office, a variant of a character (葛 of 葛城), a half-width sign, what a
# damaged file has for a character, and a character that this Python may not know yet.
ALLOWED = [" ", "\u3000", "\u00a0", "\ue000", "葛\U000e0100", "ﾞ", "\ufffd", "\U00033479"]


@pytest.mark.parametrize("character", REFUSED, ids=lambda one: f"U+{ord(one):04X}")
def test_what_is_refused_is_named(character: str) -> None:
    code = f"U+{ord(character):04X}"
    for one_line in (False, True):
        found = unseen(f"見{character}本\x01", one_line=one_line)
        assert found is not None
        assert str(found) == f"holds the character {code}, which cannot be seen; take it out"
        assert found.say("ja") == f"見えない文字({code})が含まれています。取り除いてください"


@pytest.mark.parametrize("text", ALLOWED, ids=ascii)
def test_what_a_name_may_hold(text: str) -> None:
    assert unseen(f"見本{text}", one_line=True) is None


@pytest.mark.parametrize("blank", "\t\n\r\u2028\u2029")
def test_only_a_text_of_one_line_has_no_end_of_a_line(blank: str) -> None:
    assert unseen(f"見{blank}本") is None
    assert f"U+{ord(blank):04X}" in str(unseen(f"見{blank}本", one_line=True))


def test_what_xml_cannot_hold_is_refused() -> None:
    """XML 1.0, production Char: #x9, #xA, #xD, #x20-#xD7FF, #xE000-#xFFFD, #x10000-#x10FFFF."""
    for number in range(sys.maxunicode + 1):
        in_xml = (
            number in (0x9, 0xA, 0xD)
            or 0x20 <= number <= 0xD7FF
            or 0xE000 <= number <= 0xFFFD
            or number >= 0x10000
        )
        if not in_xml:
            assert unseen(chr(number)) is not None
        elif category(chr(number)) in ("Lo", "Lu", "Nd", "Po", "So"):
            assert unseen(chr(number), one_line=True) is None

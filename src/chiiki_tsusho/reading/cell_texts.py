"""The text of a cell: its width and blanks folded, and what a spreadsheet did to it named.

The same text means the same wherever it stands: in a CSV, in a cell of a workbook, in a frame.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from chiiki_tsusho.language import UNSAFE
from chiiki_tsusho.problem_texts import Message, Rule, TextId

# No cell of the contract is longer; of a longer one only the beginning is ever shown.
LONGEST_CELL = 100
_SHOWN = 60
# Python takes control characters for blanks as well, and they are to be named.
BLANKS = " \t\r\n\f\v\u00a0\u3000"
# Those that may stand inside a line of CSV: in one byte of UTF-8, and in several.
SHORT_BLANKS = b" \t\f\v"
LONG_BLANKS = tuple(blank.encode() for blank in BLANKS if not blank.isascii())
# What numbers of identity are, width, blanks and ``.0`` apart.
IDENTIFIERS = {
    "provider_no": r"[0-9A-Z]{10}",
    "insurer_no": r"[0-9]{6}|[0-9]{8}",
    "insured_no": r"[0-9H][0-9]{9}",
}
_FORMULA_OF_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+")
_ERROR_VALUE = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|#+)")
_MERGED = re.compile(r"〈([A-Z]+[0-9]+:[A-Z]+[0-9]+)〉")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.0+)?")
_WHOLE_AS_DECIMAL = re.compile(r"(-?[0-9]+)\.0+")
# A slip in a number or a code, such as 9x or 12a: no word, house number or telephone number.
_NO_WORD = re.compile(r"(?!.*[A-Za-z].*[A-Za-z]|.*[0-9]-[0-9])[\x20-\x7E]{1,12}")
_SHARE = re.compile(r"[0-9]{1,2}割")
_LIKE_DATE = re.compile(
    r"(?:[MTSHR]\.?)?[0-9]{1,4}[./ -][0-9]{1,2}[./ -][0-9]{1,4}.*|[MTSHR]\.?[0-9]{1,2}.*"
    r"|(?:1[89]|20)[0-9]{2}(?:[./ -][0-9]{1,2}|[0-9]{4})",
    re.IGNORECASE,
)
# A number, a code or a date holds no sign of an office's own either, and none yet to be given.
_UNSEEN = (*UNSAFE, "Co", "Cn")

Parser = Callable[[str], int]


def shown(text: str) -> str:
    """Shorten a value to what a message can show."""
    return text if len(text) <= LONGEST_CELL else f"{text[:_SHOWN]}…"


def shortened(text: str) -> str:
    """Cut a text longer than any cell of the contract."""
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"


class BadCellError(Exception):
    """A cell that is not what its column holds."""

    def __init__(self, text: TextId, rule: Rule = "bad_value", **facts: object) -> None:
        super().__init__(text)
        facts = {
            name: shown(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
        }
        self.message = Message(rule, text, facts)


def narrow(text: str) -> str:
    """Fold full-width forms (３ is 3) and take off blanks around."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip(BLANKS)


def folded(text: str) -> str:
    """Write a heading for comparing: width, composition and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def plain(text: str) -> str:
    """Narrow the text of a cell that holds one value.

    A text longer than any cell of the contract is cut, and what is left says so: it is no number.
    """
    return narrow(text if len(text) <= LONGEST_CELL else shortened(text.strip(BLANKS)))


def is_blank(text: str) -> bool:
    """Say whether a cell holds nothing but blanks."""
    return not text.strip(BLANKS)


def may_be_personal(text: str) -> bool:
    """Say whether a cell of a file of persons may be a name, an address or a date of birth.

    Shown are the short ones in which no word and no date can be, what a spreadsheet writes of a
    formula that failed, and a share such as 1割.
    """
    folded = plain(text)
    if _ERROR_VALUE.fullmatch(folded) or _SHARE.fullmatch(folded):
        return False
    return not _NO_WORD.fullmatch(folded) or _LIKE_DATE.fullmatch(folded) is not None


def merged_text(area: str) -> str:
    """Return what stands for the value of a cell that is merged with another one."""
    return f"〈{area}〉"


def digits(text: str) -> str:
    """Write a whole number that is written 6,000 or 3.0 in digits alone; others as they are."""
    return whole(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)


def whole(text: str) -> str:
    """Write a whole number that is written 3.0 without its decimals; others as they are."""
    match = _WHOLE_AS_DECIMAL.fullmatch(text)
    return match[1] if match else text


def identifier(text: str) -> str:
    """Write a number of identity as the contract does: width, blanks and ``.0`` do not matter."""
    if text.isascii() and text.isalnum():
        return text
    return whole(plain(text))


def telling(parse: Parser) -> Parser:
    """Let a parser name what a spreadsheet or a slip did to a cell, rather than its kind."""

    def parse_or_tell(text: str) -> int:
        try:
            return parse(text)
        except BadCellError as error:
            raise damage(text) or error from None

    return parse_or_tell


def damage(text: str) -> BadCellError | None:
    """Name what a spreadsheet or a slip did to a cell, None where it did nothing of the kind."""
    cut = text[: LONGEST_CELL + 1]
    folded = cut.strip(BLANKS)
    unseen = next((one for one in folded if unicodedata.category(one) in _UNSEEN), None)
    if unseen is not None:
        return BadCellError("unseen", value=text, code=f"U+{ord(unseen):04X}")
    formula = _FORMULA_OF_TEXT.fullmatch(folded)
    if formula is not None:
        return BadCellError("formula_of_text", value=text, content=formula[1])
    merged = _MERGED.fullmatch(folded)
    if merged is not None:
        return BadCellError("merged", value=text, area=merged[1])
    if folded.startswith("="):
        return BadCellError("formula", value=text)
    if _ERROR_VALUE.fullmatch(folded):
        return BadCellError("error_value", value=text)
    if folded[:1] in ("'", "’", "＇"):
        return BadCellError("apostrophe", value=text)
    if _EXPONENT.fullmatch(plain(cut)):
        return BadCellError("exponent", value=text)
    return None

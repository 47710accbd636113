"""Encodings of CSV files: which there are, how each is known, and tabs between cells."""

from __future__ import annotations

from collections.abc import Sequence

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.reading.cell_texts import BLANKS
from chiiki_tsusho.reading.given_lines import cells_of_line

# A damaged CSV is never told apart by guessing further encodings than these, in this order.
ENCODINGS = ("utf-8", "cp932")
_ENCODING_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8",
    "cp932": "cp932", "ms932": "cp932", "windows-31j": "cp932", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "utf-16": "utf-16", "utf16": "utf-16",
}  # fmt: skip
# Excel's "Unicode text" begins with one of these marks; its cells are parted by tabs.
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
LINE_FEEDS = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
# The characters that a line of blank cells may have.
IN_BLANK_LINES = f'\ufeff,"{BLANKS}'
# The escapes with which ISO-2022-JP goes over to Japanese characters and back.
_JIS_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(B", b"\x1b(J")
# With which exports begin that only call themselves .xls or .csv.
_MARKUP = (b"<html", b"<!doctype", b"<?xml", b"<table")
# A text has some stray NULs at most; of a binary file they are a good part.
_NULS_OF_A_TEXT, _PART_OF_NULS = 8, 1 / 256


def encoding_of_mark(start: bytes, candidates: Sequence[str]) -> str | None:
    """Return the UTF-16 that a file begins with the mark of, where that is among the candidates."""
    of_mark = _UTF_16.get(start[:2])
    allowed = list(candidates) in (list(ENCODINGS), ["utf-16"])
    return of_mark if allowed else None


def refusal(start: bytes, wanted: str) -> Text | None:
    """Say why a file is no text that is read, None where it may be one.

    Parameters
    ----------
    start : bytes
        With which it begins; it has no mark of UTF-16 that would be heeded.
    wanted : str
        The encoding that is tried first.
    """
    if start[:2] in _UTF_16:
        return Text("is UTF-16; give no other encoding")
    first = start.split(b"\n", 1)[0]
    if _is_unmarked_utf_16(first):
        return Text("is UTF-16 without the mark at its beginning; save it in Excel as CSV UTF-8")
    if wanted == "utf-16":
        return Text("does not begin with the mark of UTF-16; give another encoding or none")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(_MARKUP):
        return Text(
            "is a web page or XML, whatever its name ends in; open it in Excel and save it as an "
            "Excel workbook (.xlsx) or as CSV UTF-8"
        )
    nuls = start.count(b"\0")
    if b"\0" in first or (nuls > _NULS_OF_A_TEXT and nuls > len(start) * _PART_OF_NULS):
        return Text("is a binary file; a CSV file was expected")
    if b"\x1b" in start and start.isascii() and any(one in start for one in _JIS_ESCAPES):
        return Text(
            "is ISO-2022-JP (the JIS code of mails), which is not read; save it as CSV UTF-8"
        )
    return None


def known_encoding(encoding: str) -> str:
    """Return the encoding that a name of it stands for."""
    try:
        return _ENCODING_NAMES[encoding.lower()]
    except KeyError:
        raise InputFileError(
            Text("encoding {encoding!r} is unknown; give utf-8, cp932 or utf-16", encoding=encoding)
        ) from None


def _is_unmarked_utf_16(first: bytes) -> bool:
    """Say whether a first line is ASCII in UTF-16: every other byte is NUL."""
    return len(first) > 1 and not (any(first[::2]) and any(first[1::2]))


def parted_by_tabs(text: str) -> bool:
    """Say whether tabs part the cells of a text in UTF-16."""
    text = text.lstrip(IN_BLANK_LINES)
    first = text.partition("\n")[0]
    # A title may have a comma in it.
    commas = text.count(",") if "," in first else 0
    return "\t" in first or text.count("\t") > commas


def with_commas(text: str) -> str:
    """Part the cells of lines by commas, where tabs part them."""
    if '"' not in text and "," not in text:
        return text.replace("\t", ",")
    return "\n".join(_line_with_commas(line) for line in text.split("\n"))


def _line_with_commas(line: str) -> str:
    body = line.rstrip("\r\n")
    if '"' not in body and "," not in body:
        return line.replace("\t", ",")
    cells = cells_of_line(body, tabs=True)
    if cells is None:
        # A mark left open stays so, and the row is told by its line.
        return line.replace("\t", ",")
    quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + line[len(body) :]

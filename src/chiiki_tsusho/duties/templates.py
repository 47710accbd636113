"""Registers to fill in: every heading, an example row, and what each column means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.csv_rows import csv_text
from chiiki_tsusho.duties.register_columns import REGISTERS
from chiiki_tsusho.language import Language
from chiiki_tsusho.writing.file_sets import write_files

# Spreadsheets take a file for UTF-8 where it begins with a mark.
_MARK = "\ufeff"
_DICTIONARY = "duties_dictionary.csv"
# Registers that name persons.
_PRIVATE = ("members.csv", "corporation.csv")
_DICTIONARY_HEADINGS: dict[Language, list[str]] = {
    "en": ["file", "column", "heading", "meaning"],
    "ja": ["ファイル", "列", "見出し", "意味"],
}


def marked_csv(rows: Iterable[Iterable[str]]) -> str:
    """Write rows as a CSV that spreadsheets open: with a mark where there is Japanese."""
    text = csv_text(rows, "\n")
    return text if text.isascii() else _MARK + text


@checked_call
def write_register_templates(folder: str | Path, headings: Language = "en") -> list[Path]:
    """Write offices, meetings, members and corporation, and a dictionary of their columns.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist; files of these names must not be there.
    headings : {"en", "ja"}
        The language of the headings of the registers and of the dictionary.

    Returns
    -------
    list of Path
        The files written. Those that will hold names are readable to their owner alone.

    Raises
    ------
    OutputError
        A file is there already, or the folder cannot be written.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> [path.name for path in ct.write_register_templates("registers")][:2]
    ['offices.csv', 'meetings.csv']
    """
    dictionary = [_DICTIONARY_HEADINGS[headings]]
    files: dict[str, str] = {}
    for register, columns in REGISTERS.items():
        names = [one.heading if headings == "ja" else one.name for one in columns]
        files[f"{register}.csv"] = marked_csv([names, [one.example for one in columns]])
        dictionary += [
            [register, one.name, one.heading, one.meaning.say(headings)] for one in columns
        ]
    files[_DICTIONARY] = marked_csv(dictionary)
    contents = ((name, text.encode()) for name, text in files.items())
    return write_files(folder, contents, private=_PRIVATE)

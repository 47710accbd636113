"""Empty input files with every heading, and the dictionary that explains them."""

from __future__ import annotations

import csv
from pathlib import Path

from chiiki_tsusho.codes import CodeBook, load_code_book
from chiiki_tsusho.columns import FILES
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.months import joined, parse_month, spans_text

# A byte-order mark lets spreadsheets see that the file is UTF-8.
_ENCODING = "utf-8-sig"
DICTIONARY = "dictionary.csv"


def write_templates(
    folder: str | Path, month: str | None = None, codes: str | Path | None = None
) -> list[Path]:
    """Write ``visits.csv``, ``providers.csv``, ``recipients.csv`` and ``dictionary.csv``.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist; files of these names must not be there.
    month : str, optional
        Only the additions of that month; without it, those of every month.
    codes : path-like, optional
        The code table; without it, the bundled one.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        A file is there already, or the folder cannot be written.
    """
    folder = Path(folder)
    book = load_code_book(codes)
    keys = _keys(book, month)
    paths = [folder / f"{file}.csv" for file in FILES] + [folder / DICTIONARY]
    for path in paths:
        if path.exists():
            raise OutputError(f"{path}: is there already; choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, columns in zip(paths, FILES.values(), strict=False):
            _write(path, [[column.name for column in columns] + list(keys)])
        _write(paths[-1], _dictionary(keys))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    return paths


def _keys(book: CodeBook, month: str | None) -> dict[str, str]:
    """Return the keys and what each of them is called, with its months."""
    if month is not None:
        table = book.table(parse_month(month))
        return {key: table.rows[at].name for key, at in sorted(table.key_positions.items())}
    named: dict[str, list[str]] = {}
    for name, keys in book.key_names.items():
        for key, spans in keys.items():
            named.setdefault(key, []).append(f"{name} ({spans_text(joined(spans))})")
    return {key: "; ".join(names) for key, names in sorted(named.items())}


def _dictionary(keys: dict[str, str]) -> list[list[str]]:
    rows = [["file", "column", "heading", "required", "meaning", "meaning_ja"]]
    for file, columns in FILES.items():
        rows += [
            [
                file,
                column.name,
                column.heading,
                "yes" if column.required else "no",
                column.meaning,
                column.meaning_ja,
            ]
            for column in columns
        ]
    rows += [["all", key, "", "no", f"count of {name}", name] for key, name in keys.items()]
    return rows


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding=_ENCODING, newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows(rows)

"""What is wrong with the headings of a file, in words, and what is near that may be meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache

from chiiki_tsusho.columns import FILES, HEADINGS, Column
from chiiki_tsusho.language import Joined, Name, Sayable, Text, first_of
from chiiki_tsusho.months import month_text
from chiiki_tsusho.reading.addition_names import is_known_elsewhere, same_step
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.cell_texts import LONGEST_CELL, folded

# What is less alike is no slip of the pen.
_NEAR = 0.7
_LEAST_HEADINGS = 2

NO_HEADING = Text(
    "is not the headings: none of its cells names a column; write the names of the columns above "
    "the rows"
)
_FILE_NAMES = {
    "visits": Text("the visits file"),
    "providers": Text("the providers file"),
    "recipients": Text("the recipients file"),
}


def unclear(
    text: str, names: Iterable[tuple[str, str]], month: int, shown: str | Sayable, line: int
) -> Text:
    """Say which additions a heading could be from a month on, by their names and keys."""
    return Text(
        "{file}: line {line}: heading {text!r} could be {names} in {month}; write the one that is "
        "meant",
        file=shown,
        line=line,
        text=text,
        names=Joined([f"{name}({key})" for name, key in names], Text(" or ")),
        month=month_text(month),
    )


def unknown(text: str) -> Text:
    """Say that a heading is none that is known."""
    return Text(
        "unknown heading {text!r}; correct it, or leave the column unread with --ignore-column",
        text=text,
    )


def unknown_in(letters: str) -> Text:
    """Say the same of a column whose heading is not to be repeated."""
    return Text(
        "the heading of column {column} is unknown; correct it, or leave the column unread with "
        "--ignore-column",
        column=letters,
    )


def blank(letters: str) -> Text:
    """Say that a heading is blank and others stand behind it."""
    return Text(
        "the heading of column {column} is blank; name the column or delete it", column=letters
    )


def strange(text: str, file: str, *known: Collection[str]) -> Text | None:
    """Say what an unknown heading is, or which known one, in its own language, is near.

    Each of ``known`` is looked through where the one before has none.
    """
    if len(text) > LONGEST_CELL:
        return None
    of_others = [
        other for other in FILES if other != file and folded(text) in _columns_named(other)
    ]
    if of_others:
        return Text(
            "heading {text!r} is a column of {files}; take it out, or leave it unread with "
            "--ignore-column",
            text=text,
            files=Joined([_FILE_NAMES[one] for one in of_others], Text(" and ")),
        )
    # What is near it is another addition, with other units.
    if is_known_elsewhere(text):
        return Text(
            "heading {text!r} is an addition or reduction that no month of the table has; read "
            "the ministry's service code table with import-workbook and give the result with "
            "codes= (--codes on the command line)",
            text=text,
        )
    for some in known:
        like = [one for one in some if one.isascii() == text.isascii() and same_step(one, text)]
        near = get_close_matches(text, like, n=1, cutoff=_NEAR)
        if near:
            return Text("unknown heading {text!r}; did you mean {near!r}?", text=text, near=near[0])
    return None


def doubled(text: str, name: str, other: str) -> Text:
    """Say that two headings stand for the same."""
    return Text(
        "heading {text!r} stands for {name!r}, which {other!r} already gives; keep one of the two "
        "columns",
        text=text,
        name=name,
        other=other,
    )


def wanting(columns: Sequence[Column], given: Collection[str]) -> Iterator[Column]:
    """Yield the columns that a file must have and has not."""
    for column in columns:
        others = [one for one in columns if one.name in column.instead]
        if any(one.name in given for one in others):
            yield from (one for one in others if one.name not in given)
        elif column.required and column.name not in given:
            yield column


def missing(column: Column, texts: Sequence[str]) -> Text:
    """Say that a required heading is missing, and which unknown one of the file is near it."""
    near = get_close_matches(column.name, texts, n=1, cutoff=0.5)
    near = near or get_close_matches(column.heading, texts, n=1, cutoff=0.5)
    remedy = Text("; add the column")
    if near:
        remedy = Text(
            " (nearest heading of the file: {near!r}); correct that heading, or add the column",
            near=near[0],
        )
    others = [Name(one, HEADINGS[one]) for one in column.instead]
    return Text(
        "required heading {name!r} ({heading}) is missing{remedy}{instead}",
        name=column.name,
        heading=column.heading,
        remedy=remedy,
        instead=Text(", or {others} in its place", others=Joined(others, Text(" and ")))
        if others
        else "",
    )


def no_headings(source: Source, known: Collection[str]) -> Text | None:
    """Say what a line is that holds no headings, and where these seem to stand."""
    texts, line = source.headings, source.heading_line
    first = next((text for text in texts if text.strip()), "")
    instruction = len(texts) <= _LEAST_HEADINGS and first.lower().startswith("sep=")
    if any(folded(text) in known for text in texts):
        return None
    for mark, parting in ((";", Text("semicolons")), ("\t", Text("tabs"))):
        if len(texts) == 1 and _seem_headings(texts[0].split(mark), known):
            return Text(
                "line {line}: cells are parted by {marks} where commas were expected; save the "
                "file in Excel as CSV UTF-8 (comma delimited)",
                line=line,
                marks=parting,
            )
    for found, cells in source.beginning():
        if _seem_headings(cells, known):
            if instruction:
                return Text(
                    "line {line}: is {text!r}, an instruction to Excel and not the headings, "
                    "which seem to stand on line {found}; delete the line",
                    line=line,
                    text=",".join(texts),
                    found=found,
                )
            return Text(
                "line {line}: is a title and not the headings, which seem to stand on line "
                "{found}; delete the lines above them",
                line=line,
                found=found,
            )
    for sheet, cells in source.elsewhere():
        if _seem_headings(cells, known):
            return Text(
                "is not the sheet of the headings, which seem to stand on sheet {sheet!r}; write "
                "#{sheet} behind the name of the file",
                sheet=sheet,
            )
    return None


def _seem_headings(cells: Sequence[str], known: Collection[str]) -> bool:
    filled = [folded(cell) for cell in cells if cell.strip()]
    met = sum(cell in known for cell in filled)
    return met >= _LEAST_HEADINGS and 2 * met >= len(filled)


def of_another_file(texts: Sequence[str], unknown: Sequence[str], file: str) -> list[Text]:
    """Say of a whole file that it is one of another kind; no single column of it is wrong."""
    given = {other: _given(texts, other) for other in FILES}
    for other, names in given.items():
        if not all(folded(text) in _columns_named(other) for text in unknown):
            continue
        # What the other kind must have and this one never has, tells; else, what this one lacks.
        musts = {one.name for one in FILES[other] if one.required}
        tells = not musts <= {one.name for one in FILES[file]}
        may_be = tells or any(wanting(FILES[file], given[file]))
        more = len(names - given[file]) > len(given[file] - names)
        if may_be and more and not any(wanting(FILES[other], names)):
            return [another_kind(_FILE_NAMES[other], _FILE_NAMES[file])]
    return []


def claims_file_of(texts: Sequence[str], least: int) -> Sayable | None:
    """Name the file for claims that headings are of: all it must have, and at least so many."""
    for file, columns in FILES.items():
        names = _given(texts, file)
        if len(names) >= least and not any(wanting(columns, names)):
            return _FILE_NAMES[file]
    return None


def another_kind(held: Sayable, expected: Sayable) -> Text:
    """Say of a file that it is one of another kind than it was given as."""
    return Text(
        "the headings are those of {held}, and it was given as {expected}; check which file or "
        "sheet is given as which",
        held=held,
        expected=expected,
    )


def _given(texts: Sequence[str], file: str) -> set[str]:
    """Return the columns of a kind of file that headings name."""
    names = _columns_named(file)
    return {names[text] for text in map(folded, texts) if text in names}


@cache
def _columns_named(file: str) -> dict[str, str]:
    """Return the columns of a kind of file by both of their headings, folded."""
    return {folded(text): one.name for one in FILES[file] for text in (one.name, one.heading)}


def on_line(faults: Sequence[Text], shown: str | Sayable, line: int) -> Iterator[Text]:
    """Name the line of the headings before each fault, of which not too many are told."""
    for fault in first_of(faults):
        yield Text("{shown}: line {line}: {fault}", shown=shown, line=line, fault=fault)

"""Headings to columns: English names, 見出し, and the additions by key or by name."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache

from chiiki_tsusho.columns import FILES, HEADINGS, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import (
    Joined,
    Name,
    Sayable,
    Text,
    first_of,
    on_lines,
)
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import OPEN_END, month_text
from chiiki_tsusho.reading.addition_names import (
    Spans,
    Unclear,
    is_known_elsewhere,
    meanings,
    same_step,
)
from chiiki_tsusho.reading.cell_texts import LONGEST_CELL
from chiiki_tsusho.reading.written_cells import column_letters
from chiiki_tsusho.records import record

ALWAYS: Spans = [(0, OPEN_END)]
# What files of care records hold beside what is billed; left unread where it is no column.
NEVER_BILLED = frozenset({
    "氏名", "利用者名", "利用者氏名", "被保険者名", "被保険者氏名", "フリガナ", "ふりがな", "カナ",
    "カナ氏名", "氏名カナ", "利用者名カナ", "備考", "摘要", "メモ", "曜日", "事業所名",
    "性別", "年齢", "生年月日", "電話番号", "郵便番号", "住所", "事業所名称",
    "__index_level_0__",  # the places of rows, which pandas keeps in Parquet of chosen rows
})  # fmt: skip
# Far more than the columns and keys of all months; what is unknown is looked for among all of them.
_MOST_HEADINGS = 5_000
# What is less alike is no slip of the pen.
_NEAR = 0.7
_LEAST_HEADINGS = 2


@record
class UnclearHeading:
    """Months in which a heading could be several additions, and how to say so."""

    first: int
    last: int
    printed: bool
    fault: Text


@record
class Heading:
    """What one column of a file holds: a column of the contract, or counts of additions.

    A name may have meant different keys in different months, and two names the same key, so
    ``keys`` gives the months in which the column is the one or the other. Of a ``blank`` heading
    behind the others, which has the letters of its column as text, every cell must be blank.
    """

    text: str
    column: Column | None
    keys: dict[str, Spans]
    unclear: tuple[UnclearHeading, ...] = ()
    unread: bool = False
    blank: bool = False


@lru_cache(maxsize=12)
def _known_headings(file: str, book: CodeBook) -> tuple[dict[str, Heading], dict[str, Heading]]:
    """Return every heading that is a name as it stands in the contract or the table, and folded."""
    known: dict[str, Heading] = {}
    for name, keys in book.key_names.items():
        for text in (name, name.removeprefix(SERVICE_PREFIX)):
            merged = dict(known[text].keys) if text in known else {}
            for key, spans in keys.items():
                merged[key] = merged.get(key, []) + spans
            known[text] = Heading(text, None, merged)
    for key in book.largest_values:
        known[key] = Heading(key, None, {key: ALWAYS})
    for column in FILES[file]:
        known[column.name] = known[column.heading] = Heading(column.name, column, {})
    return known, {folded(text): heading for text, heading in known.items()}


def match_headings(
    texts: Sequence[str],
    file: str,
    book: CodeBook,
    shown: str | Sayable,
    *,
    line: int = 1,
    first_column: int = 1,
    beginning: Iterable[tuple[int, list[str]]] = (),
    elsewhere: Iterable[tuple[str, list[str]]] = (),
    ignored: Collection[str] = (),
) -> list[Heading]:
    """Match the headings of a file, all faults at once.

    Parameters
    ----------
    texts : sequence of str
        The headings as they stand.
    file : str
        ``visits``, ``providers`` or ``recipients``.
    book : CodeBook
        Gives the keys and their published names.
    shown : str or Sayable
        What to call the file in the message.
    line, first_column : int
        On which line they stand, and in which column the first of them does.
    beginning : iterable of (line, list of str)
        The rows that follow, among which the headings are looked for where these are none.
    elsewhere : iterable of (name, list of str)
        Other sheets, among which they are looked for as well.
    ignored : collection of str
        Headings to be left unread.

    Raises
    ------
    InputFileError
        A heading is unknown or doubled, or a required one is missing; the nearest known heading
        is named if one is near.
    """
    filled = sum(bool(text.strip()) for text in texts)
    if filled > _MOST_HEADINGS:
        raise InputFileError(
            Text(
                "{file}: line {line}: has {n:,} headings where a table has at most {most:,}; give "
                "the table alone",
                file=shown,
                line=line,
                n=filled,
                most=_MOST_HEADINGS,
            )
        )
    by_text, known = _known_headings(file, book)
    unread = {folded(text) for text in (*ignored, *(NEVER_BILLED - {*HEADINGS_OF[file]}))}
    faults: list[Text] = []
    matched: list[Heading] = []
    written: list[str] = []
    strange: dict[int, str] = {}
    last = max((at for at, text in enumerate(texts) if text.strip()), default=-1)
    names = [" ".join(text.split()) for text in texts]
    found = [_matched(text, known, unread, book, shown, line) for text in names]
    given = {one.column.name for one in found if one is not None and one.column is not None}
    wanting = {
        text: one
        for text, one in by_text.items()
        if one.column is None or one.column.name not in given
    }
    for at, (text, heading) in enumerate(zip(names, found, strict=True)):
        letters = column_letters(first_column + at)
        if at > last:
            matched.append(Heading(letters, None, {}, blank=True))
            written.append(text)
        elif not text:
            faults.append(
                Text(
                    "the heading of column {column} is blank; name the column or delete it",
                    column=letters,
                )
            )
        elif heading is None:
            fault = _near(text, file, wanting, by_text)
            if fault is None:
                strange[len(faults)] = letters
                fault = _unknown(text)
            faults.append(fault)
        else:
            matched.append(heading)
            written.append(text)
    named = sum(one.column is not None or bool(one.keys) for one in matched)
    # Perhaps a row, or a title with a name: what stands there is not repeated.
    if strange and not named:
        faults = [NO_HEADING, *(fault for at, fault in enumerate(faults) if at not in strange)]
    elif named <= len(strange):
        for at, letters in strange.items():
            faults[at] = _unknown_in(letters)
    faults += [_doubled(written[at], name, written[other]) for at, name, other in meetings(matched)]
    unknown = [text for text, heading in zip(names, found, strict=True) if text and heading is None]
    of_any = {*HEADINGS, *HEADINGS.values()}
    mistyped = [text for text in unknown if len(text) <= LONGEST_CELL and text not in of_any]
    faults.extend(_missing(one, mistyped) for one in _wanting(FILES[file], given))
    if faults:
        fault = _no_headings(texts, known, line, beginning, elsewhere)
        if fault is not None:
            raise InputFileError(Text("{file}: {fault}", file=shown, fault=fault))
        others = [text for text in names if folded(text) not in unread]
        faults = _of_another_file(others, unknown, file) or faults
        raise InputFileError(on_lines(_on_line(faults, shown, line)))
    return matched


def meetings(headings: Sequence[Heading]) -> Iterator[tuple[int, str, int]]:
    """Yield the headings that stand for what an earlier one gives: place, name, place of that."""
    holders: dict[str, list[tuple[int, Spans]]] = {}
    for at, heading in enumerate(headings):
        if heading.unread:
            continue
        given = {heading.column.name: ALWAYS} if heading.column else heading.keys
        for name, spans in given.items():
            held = holders.setdefault(name, [])
            other = next((one for one, theirs in held if _meet(spans, theirs)), None)
            if other is not None:
                yield at, name, other
            held.append((at, spans))


HEADINGS_OF = {file: {one.heading for one in columns} for file, columns in FILES.items()}


def folded(text: str) -> str:
    """Write a heading for comparing: width, composition and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _matched(
    text: str,
    known: dict[str, Heading],
    unread: Collection[str],
    book: CodeBook,
    shown: str | Sayable,
    line: int,
) -> Heading | None:
    compared = folded(text)
    if compared in unread:
        return Heading(text, None, {}, unread=True)
    heading = known.get(compared)
    if heading is not None and (heading.column is not None or heading.text in book.largest_values):
        return heading
    if len(text) > LONGEST_CELL:
        # To compare it with every addition takes long.
        return None
    keys, unclear = meanings(text, book.key_names)
    if not keys and not unclear:
        return None
    faults = tuple(
        UnclearHeading(one.first, one.last, one.printed, _unclear(text, one, shown, line))
        for one in unclear
    )
    return Heading(text, None, keys, faults)


def _unclear(text: str, one: Unclear, shown: str | Sayable, line: int) -> Text:
    return Text(
        "{file}: line {line}: heading {text!r} could be {names} in {month}; write the one that is "
        "meant",
        file=shown,
        line=line,
        text=text,
        names=Joined([f"{name}({key})" for name, key in one.names], Text(" or ")),
        month=month_text(one.first),
    )


def _on_line(faults: Sequence[Text], shown: str | Sayable, line: int) -> Iterator[Text]:
    for fault in first_of(faults):
        yield Text("{shown}: line {line}: {fault}", shown=shown, line=line, fault=fault)


def _no_headings(
    texts: Sequence[str],
    known: dict[str, Heading],
    line: int,
    beginning: Iterable[tuple[int, list[str]]],
    elsewhere: Iterable[tuple[str, list[str]]],
) -> Text | None:
    """Say what a line is that holds no headings, and where these seem to stand."""
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
    for found, cells in beginning:
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
    for sheet, cells in elsewhere:
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


def _wanting(columns: Sequence[Column], given: Collection[str]) -> Iterator[Column]:
    """Yield the columns that a file must have and has not."""
    for column in columns:
        others = [one for one in columns if one.name in column.instead]
        if any(one.name in given for one in others):
            yield from (one for one in others if one.name not in given)
        elif column.required and column.name not in given:
            yield column


def _doubled(text: str, name: str, other: str) -> Text:
    return Text(
        "heading {text!r} stands for {name!r}, which {other!r} already gives; keep one of the two "
        "columns",
        text=text,
        name=name,
        other=other,
    )


def _missing(column: Column, texts: Sequence[str]) -> Text:
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


def _meet(spans: Spans, others: Spans) -> bool:
    return any(first <= end and start <= last for first, last in spans for start, end in others)


NO_HEADING = Text(
    "is not the headings: none of its cells names a column; write the names of the columns above "
    "the rows"
)


def _near(text: str, file: str, *known: dict[str, Heading]) -> Text | None:
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


def _of_another_file(texts: Sequence[str], unknown: Sequence[str], file: str) -> list[Text]:
    """Say of a whole file that it is one of another kind; no single column of it is wrong."""
    given = {other: _given(texts, other) for other in FILES}
    for other, names in given.items():
        if not all(folded(text) in _columns_named(other) for text in unknown):
            continue
        # What the other kind must have and this one never has, tells; else, what this one lacks.
        musts = {one.name for one in FILES[other] if one.required}
        tells = not musts <= {one.name for one in FILES[file]}
        may_be = tells or any(_wanting(FILES[file], given[file]))
        more = len(names - given[file]) > len(given[file] - names)
        if may_be and more and not any(_wanting(FILES[other], names)):
            return [another_kind(_FILE_NAMES[other], _FILE_NAMES[file])]
    return []


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


def _unknown(text: str) -> Text:
    return Text(
        "unknown heading {text!r}; correct it, or leave the column unread with --ignore-column",
        text=text,
    )


def _unknown_in(letters: str) -> Text:
    return Text(
        "the heading of column {column} is unknown; correct it, or leave the column unread with "
        "--ignore-column",
        column=letters,
    )


_FILE_NAMES = {
    "visits": Text("the visits file"),
    "providers": Text("the providers file"),
    "recipients": Text("the recipients file"),
}

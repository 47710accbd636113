"""Headings to columns: English names, 見出し, and the additions by key or by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from chiiki_tsusho.columns import FILES, HEADINGS, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Sayable, Text, on_lines
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import OPEN_END
from chiiki_tsusho.reading import heading_faults
from chiiki_tsusho.reading.addition_names import Spans, meanings
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.cell_texts import LONGEST_CELL, folded
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


@record
class UnclearHeading:
    """Months in which a heading could be several additions, and how to say so."""

    first: int
    last: int
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

    @property
    def name(self) -> str:
        """The name of the column of the contract, else the heading as it stands."""
        return self.column.name if self.column else self.text


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
    source: Source, file: str, book: CodeBook, shown: str | Sayable, ignored: Collection[str]
) -> list[Heading]:
    """Match the headings of a file, all faults at once.

    Parameters
    ----------
    source : Source
        Gives the headings as they stand; where these are none, they are looked for among the rows
        that follow and in the other tables beside it.
    file : str
        ``visits``, ``providers`` or ``recipients``.
    book : CodeBook
        Gives the keys and their published names.
    shown : str or Sayable
        What to call the file in the message.
    ignored : collection of str
        Headings to be left unread.

    Raises
    ------
    InputFileError
        A heading is unknown or doubled, or a required one is missing; the nearest known heading
        is named if one is near.
    """
    texts, line = source.headings, source.heading_line
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
    never = NEVER_BILLED.difference(one.heading for one in FILES[file])
    unread = {folded(text) for text in (*ignored, *never)}
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
        letters = column_letters(source.first_column + at)
        if at > last:
            matched.append(Heading(letters, None, {}, blank=True))
            written.append(text)
        elif not text:
            faults.append(heading_faults.blank(letters))
        elif heading is None:
            fault = heading_faults.strange(text, file, wanting, by_text)
            if fault is None:
                strange[len(faults)] = letters
                fault = heading_faults.unknown(text)
            faults.append(fault)
        else:
            matched.append(heading)
            written.append(text)
    named = sum(one.column is not None or bool(one.keys) for one in matched)
    # Perhaps a row, or a title with a name: what stands there is not repeated.
    if strange and not named:
        faults = [
            heading_faults.NO_HEADING,
            *(fault for at, fault in enumerate(faults) if at not in strange),
        ]
    elif named <= len(strange):
        for at, letters in strange.items():
            faults[at] = heading_faults.unknown_in(letters)
    faults += [
        heading_faults.doubled(written[at], name, written[other])
        for at, name, other in meetings(matched)
    ]
    unknown = [text for text, heading in zip(names, found, strict=True) if text and heading is None]
    of_any = {*HEADINGS, *HEADINGS.values()}
    mistyped = [text for text in unknown if len(text) <= LONGEST_CELL and text not in of_any]
    faults.extend(
        heading_faults.missing(one, mistyped) for one in heading_faults.wanting(FILES[file], given)
    )
    if faults:
        fault = heading_faults.no_headings(source, known)
        if fault is not None:
            raise InputFileError(Text("{file}: {fault}", file=shown, fault=fault))
        others = [text for text in names if folded(text) not in unread]
        faults = heading_faults.of_another_file(others, unknown, file) or faults
        raise InputFileError(on_lines(heading_faults.on_line(faults, shown, line)))
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
        UnclearHeading(first, last, heading_faults.unclear(text, names, first, shown, line))
        for (first, last), names in unclear.items()
    )
    return Heading(text, None, keys, faults)


def _meet(spans: Spans, others: Spans) -> bool:
    return any(first <= end and start <= last for first, last in spans for start, end in others)

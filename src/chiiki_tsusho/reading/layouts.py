"""The headings of an input of one or several files, each file matched by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Sayable, Text, on_lines
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.months import joined
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.cell_texts import folded
from chiiki_tsusho.reading.headings import Heading, match_headings, meetings
from chiiki_tsusho.reading.several_files import SeveralSources, named_together
from chiiki_tsusho.records import record


@record
class Layout:
    """Where the columns of the contract stand in a line of a file, and how many cells it has."""

    places: Mapping[str, int]
    width: int

    @classmethod
    def of(cls, headings: Sequence[Heading]) -> Layout:
        """Return the layout of a file with these headings."""
        places = {one.column.name: at for at, one in enumerate(headings) if one.column}
        return cls(places, len(headings))


def matched_headings(
    source: Source, file: str, book: CodeBook
) -> tuple[list[Heading], list[Layout]]:
    """Match the headings of an input; several files are laid out as one.

    Parameters
    ----------
    source : Source
        The input; one of several files delivers its rows under all their headings from here on.
    file : str
        ``visits``, ``providers`` or ``recipients``.
    book : CodeBook

    Returns
    -------
    headings : list of Heading
        The headings of the columns in which the rows come.
    layouts : list of Layout
        The layout of each file of the input.

    Raises
    ------
    InputFileError
        A heading of a file is unknown, doubled or missing, or those of two files could be the
        same addition.
    """
    if not isinstance(source, SeveralSources):
        headings = match_headings(source, file, book, source.shown, source.ignored)
        return headings, [Layout.of(headings)]
    alike: dict[tuple[object, ...], list[int]] = {}
    for at, part in enumerate(source.parts):
        alike.setdefault((part.heading_line, *part.headings), []).append(at)
    of_part: dict[int, list[Heading]] = {}
    faults: list[Sayable] = []
    for members in alike.values():
        parts = [source.parts[at] for at in members]
        try:
            headings = match_headings(parts[0], file, book, named_together(parts), source.ignored)
        except InputFileError as fault:
            faults.append(fault)
            continue
        of_part |= dict.fromkeys(members, headings)
    if not faults:
        whole, places = _united([of_part[at] for at in range(len(source.parts))])
        texts = [
            source.parts[part].headings[places[part].index(at)]
            for at, part in enumerate(_first_parts(places, len(whole)))
        ]
        source.lay_out(texts, places)
        faults = list(_meetings(whole, source, places))
    if faults:
        raise InputFileError(on_lines(faults))
    return whole, [Layout.of(of_part[at]) for at in range(len(source.parts))]


def _united(of_parts: Sequence[list[Heading]]) -> tuple[list[Heading], list[list[int]]]:
    """Return the headings of all files, and at which of them each column of each file is."""
    whole: list[Heading] = []
    places: list[list[int]] = []
    for headings in of_parts:
        taken: list[int] = []
        for heading in headings:
            same = (at for at, one in enumerate(whole) if _same(one, heading) and at not in taken)
            at = next(same, len(whole))
            whole[at : at + 1] = [_merged(whole[at], heading) if at < len(whole) else heading]
            taken.append(at)
        places.append(taken)
    return whole, places


def _same(one: Heading, other: Heading) -> bool:
    """Say whether columns of two files are one: no month tells them apart."""
    if one.unread or other.unread or folded(one.text) == folded(other.text):
        return one.unread == other.unread and folded(one.text) == folded(other.text)
    if one.column is not None or other.column is not None:
        return one.column == other.column
    if len(one.keys) == 1:
        return one.keys.keys() == other.keys.keys()
    return bool(one.keys) and one.keys == other.keys


def _merged(one: Heading, other: Heading) -> Heading:
    """Return a column of two files: what is unclear in either is unclear."""
    if one.keys == other.keys and not other.unclear:
        return one
    keys = {key: joined([*spans, *other.keys.get(key, ())]) for key, spans in one.keys.items()}
    return replace(one, keys=keys, unclear=(*one.unclear, *other.unclear))


def _first_parts(places: Sequence[Sequence[int]], width: int) -> Iterator[int]:
    """Yield the first file that has each column."""
    for at in range(width):
        yield next(part for part, taken in enumerate(places) if at in taken)


def _meetings(
    whole: Sequence[Heading], source: SeveralSources, places: Sequence[Sequence[int]]
) -> Iterator[Text]:
    """Say which headings of two files could be the same addition in some month."""
    parts = list(_first_parts(places, len(whole)))
    for at, _, other in meetings(whole):
        yield Text(
            "{file}: heading {text!r} is in some month what {other!r} of {other_file} is; give "
            "the column the same heading in both files",
            file=source.parts[parts[at]].shown,
            text=source.headings[at].strip(),
            other=source.headings[other].strip(),
            other_file=source.parts[parts[other]].shown,
        )

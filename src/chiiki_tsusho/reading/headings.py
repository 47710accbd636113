"""Headings to columns: English names, 見出し, and the additions by key or published name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from chiiki_tsusho.columns import FILES, HEADINGS, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Joined, Language, Name, Text, on_lines
from chiiki_tsusho.law.code_table import CodeBook
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.months import OPEN_END

Spans = list[tuple[int, int]]
ALWAYS: Spans = [(0, OPEN_END)]


@dataclass(frozen=True)
class Heading:
    """What one column of a file holds: a column of the contract, or counts of additions.

    A published name may have meant different keys in different months, and two names the same
    key, so ``keys`` gives the months in which the column is the one or the other.
    """

    text: str
    column: Column | None
    keys: dict[str, Spans]


def known_headings(file: str, book: CodeBook) -> dict[str, Heading]:
    """Return every heading a file may have, by its text."""
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
    return known


def match_headings(texts: Sequence[str], file: str, book: CodeBook, shown: str) -> list[Heading]:
    """Match the headings of a file, all faults at once.

    Parameters
    ----------
    texts : sequence of str
        The headings as they stand.
    file : str
        ``visits``, ``providers`` or ``recipients``.
    book : CodeBook
        Gives the keys and their published names.
    shown : str
        What to call the file in the message.

    Raises
    ------
    InputFileError
        A heading is unknown or doubled, or a required one is missing; the nearest known heading
        is named.
    """
    known = known_headings(file, book)
    faults: list[Text] = []
    matched: list[Heading] = []
    holders: dict[str, list[tuple[str, Spans]]] = {}
    for text in (one.strip() for one in texts):
        heading = known.get(text)
        if heading is None:
            faults.append(_unknown(text, known))
            continue
        matched.append(heading)
        meanings = {heading.column.name: ALWAYS} if heading.column else heading.keys
        for name, spans in meanings.items():
            held = holders.setdefault(name, [])
            other = next((one for one, theirs in held if _meet(spans, theirs)), None)
            if other is not None:
                faults.append(
                    Text(
                        "heading {text!r} stands for {name!r}, which {other!r} already gives; keep "
                        "one of the two columns",
                        text=text,
                        name=name,
                        other=other,
                    )
                )
            held.append((text, spans))
    faults.extend(_missing(one, texts) for one in _wanting(FILES[file], holders))
    if faults:
        if len(texts) == 1 and any(mark in texts[0] for mark in ";\t"):
            faults.append(Text("the heading has no commas: save the file as comma-separated CSV"))
        raise InputFileError(
            on_lines(Text("{shown}: line 1: {fault}", shown=shown, fault=fault) for fault in faults)
        )
    return matched


def _wanting(columns: Sequence[Column], given: Collection[str]) -> Iterator[Column]:
    """Yield the columns that a file must have and has not."""
    for column in columns:
        others = [one for one in columns if one.name in column.instead]
        if any(one.name in given for one in others):
            yield from (one for one in others if one.name not in given)
        elif column.required and column.name not in given:
            yield column


def _missing(column: Column, texts: Sequence[str]) -> Text:
    stripped = [one.strip() for one in texts]
    near = get_close_matches(column.name, stripped, n=1, cutoff=0.5)
    unknown = [one for one in stripped if one not in HEADINGS.values()]
    near_ja = get_close_matches(column.heading, unknown, n=1, cutoff=0.5)
    nearest = Name(near[0] if near else "", near_ja[0] if near_ja else "")
    others = [Name(one, HEADINGS[one]) for one in column.instead]
    return Text(
        "required heading {name!r} ({heading}) is missing{hint}; add the column{instead}",
        name=column.name,
        heading=column.heading,
        hint=_NearestHeading(nearest),
        instead=Text(", or {others} in its place", others=Joined(others, Text(" and ")))
        if others
        else "",
    )


@dataclass(frozen=True)
class _NearestHeading:
    """The heading of the file that comes near, which may be there in one language alone."""

    near: Name

    def say(self, language: Language = "en") -> str:
        near = self.near.say(language)
        text = Text(" (nearest heading of the file: {near!r})", near=near)
        return text.say(language) if near else ""


def _meet(spans: Spans, others: Spans) -> bool:
    return any(first <= end and start <= last for first, last in spans for start, end in others)


def _unknown(text: str, known: dict[str, Heading]) -> Text:
    if not text:
        return Text("a heading is blank; name the column or delete it")
    near = get_close_matches(text, known, n=1, cutoff=0.0)[0]
    return Text("unknown heading {text!r}; did you mean {near!r}?", text=text, near=near)

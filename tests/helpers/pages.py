"""Reads a report page back: a small tree of its elements, its tables as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = frozenset({"meta", "link", "br", "img", "input", "hr", "wbr"})


@dataclass
class Element:
    """An element: its attributes, and what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = (one if isinstance(one, str) else one.text for one in self.inside)
        return " ".join("".join(parts).split())

    def walk(self) -> Iterator[Element]:
        yield self
        for one in self.inside:
            if isinstance(one, Element):
                yield from one.walk()

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.walk() if one.tag in tags]

    def first(self, tag: str) -> Element:
        return self.all(tag)[0]

    def by_id(self, name: str) -> Element:
        (found,) = [one for one in self.walk() if one.attributes.get("id") == name]
        return found

    def section(self, name: str) -> Element:
        """The section whose heading has this id."""
        (found,) = [
            one for one in self.all("section") if one.attributes.get("aria-labelledby") == name
        ]
        return found

    def classed(self, name: str) -> list[Element]:
        return [one for one in self.walk() if name in one.attributes.get("class", "").split()]

    def table(self, caption: str) -> list[list[str]]:
        """The rows of the table whose caption has this id, heading first."""
        (found,) = [
            table
            for table in self.all("table")
            if table.first("caption").attributes["id"] == caption
        ]
        return [[cell.text for cell in row.all("th", "td")] for row in found.all("tr")]

    def figures(self) -> dict[str, str]:
        """Every dt with its dd."""
        return {
            pair.first("dt").text: pair.first("dd").text
            for pair in self.all("div")
            if pair.all("dt")
        }


class _Builder(HTMLParser):
    """Builds the tree; what is not closed in order is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#root", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        return element

    def close(self) -> None:
        super().close()
        assert self._open == [self.root], f"<{self._open[-1].tag}> is not closed"


def read_page(path: Path) -> Element:
    """Read a page."""
    builder = _Builder()
    builder.feed(path.read_text(encoding="utf-8"))
    builder.close()
    return builder.root

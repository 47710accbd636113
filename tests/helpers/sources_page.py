"""The tables of data/SOURCES.md, as its CSV files give them.

``python -m helpers.sources_page`` in the folder of the tests writes them into the page.
"""

from __future__ import annotations

from pathlib import Path

from chiiki_tsusho.law.coverage import not_bundled_rows
from chiiki_tsusho.law.sources import source_rows
from chiiki_tsusho.months import spans_text

PAGE = Path(__file__).resolve().parents[2] / "data" / "SOURCES.md"


def tables() -> dict[str, str]:
    """Each generated table by the mark it stands between."""
    sources = [
        [f"`{one.id}`", one.title_en, one.date, one.address, one.establishes_en, one.strength]
        for one in source_rows().values()
    ]
    missing = [
        [
            spans_text([(one.valid_from, one.valid_to)]),
            one.missing_en,
            one.why_en,
            one.document_en,
        ]
        for one in not_bundled_rows()
    ]
    return {
        "sources": _table(
            ["id", "document", "date", "address", "what it establishes", "how well"], sources
        ),
        "missing": _table(["months", "what is not there", "why", "which document has it"], missing),
    }


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(page: str) -> str:
    """Put the tables into a page, each between its marks."""
    for mark, table in tables().items():
        before, between = page.split(f"<!-- {mark} -->")
        after = between.split(f"<!-- end of {mark} -->")[1]
        page = f"{before}<!-- {mark} -->\n\n{table}\n\n<!-- end of {mark} -->{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")

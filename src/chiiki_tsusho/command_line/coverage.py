"""What a code table has and lacks, period by period, as a table for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.coverage import MARK_MEANINGS, MARKS, coverage, not_bundled_rows
from chiiki_tsusho.months import OPEN_END, month_text, spans_text

# Wide enough for the names and all periods; a narrower terminal breaks the lines.
_WIDTH = 160


def coverage_text(book: CodeBook, *, bundled: bool, language: Language) -> str:
    """Write the coverage of a table.

    Parameters
    ----------
    book : CodeBook
    bundled : bool
        Whether it is the table of the program, of which it is known what it lacks and why.
    language : {"en", "ja"}

    Returns
    -------
    str
        Lengths of stay, additions and rates down, periods across; then the legend, and what is
        not there with the document that has it.
    """
    found = coverage(book.rows)
    table = Table(box=None, pad_edge=False)
    table.add_column(Text("months").say(language))
    for first, last in found.periods:
        end = Text("on").say(language) if last == OPEN_END else month_text(last)
        table.add_column(f"{month_text(first)}\n{end}", justify="center")
    for subject in found.subjects:
        table.add_row(subject.name.say(language), *(MARKS[mark] for mark in subject.marks))
    console = Console(width=_WIDTH, color_system=None, markup=False, highlight=False)
    with console.capture() as printed:
        console.print(table)
    legend = "  ".join(
        f"{MARKS[mark]} {text.say(language)}" for mark, text in MARK_MEANINGS.items()
    )
    lines = [*(line.rstrip() for line in printed.get().splitlines()), "", legend]
    if bundled:
        lines += ["", *_lacking(language)]
    return "\n".join(lines)


def _lacking(language: Language) -> list[str]:
    lines = [Text("What is not there:").say(language)]
    period = None
    for row in not_bundled_rows():
        if period != (row.valid_from, row.valid_to):
            period = (row.valid_from, row.valid_to)
            document = row.document_ja if language == "ja" else row.document_en
            lines.append(
                Text(
                    "{months} (all of it stands in {document})",
                    months=spans_text([period], language),
                    document=document,
                ).say(language)
            )
        missing, why = (
            (row.missing_ja, row.why_ja) if language == "ja" else (row.missing_en, row.why_en)
        )
        lines.append(f"  {missing}: {why}")
    return lines

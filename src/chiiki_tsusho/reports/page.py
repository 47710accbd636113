"""A batch's folder as one page to read, send and print: HTML without script and without network.

A page is of one language: it stays half as large, every word of it is in the language its
``lang`` says, and nothing of it is hidden from a search or a screen reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import known_language
from chiiki_tsusho.html_pages import page_facts, templates
from chiiki_tsusho.language import Language, default_language
from chiiki_tsusho.law.code_book import CodeBook, load_code_book
from chiiki_tsusho.law.prices_and_limits import price_text
from chiiki_tsusho.reports.batch_folder import read_batch, read_claims
from chiiki_tsusho.reports.page_charts import lying_bars, standing_columns
from chiiki_tsusho.reports.page_figures import OTHER_CODES_SHOWN, ReportFigures, report_figures
from chiiki_tsusho.reports.page_groups import LEAST_COMPARED
from chiiki_tsusho.reports.page_tables import tables_of
from chiiki_tsusho.reports.page_words import (
    PageWords,
    clipped,
    language_of,
    of_its_claim,
    signed,
    soft,
    tenths,
    visible,
)
from chiiki_tsusho.reports.ranking import Record
from chiiki_tsusho.whole_files import given_path, named_path, refuse_replacing, whole_file
from chiiki_tsusho.writing.file_sets import refusals, write_files
from chiiki_tsusho.writing.folders import refuse_overwriting
from chiiki_tsusho.writing.run_record import RUN
from chiiki_tsusho.writing.saved_results import Results, output_files

REPORT = "report.html"
TEMPLATES = Path(__file__).resolve().parent / "templates_html"
_MESSAGE_CHARACTERS = 300
# The narrowest picture, that of a telephone, has room for so many half-width letters.
_LABEL_WIDTH = 44


@checked_call
def write_report(
    folder: str | Path,
    path: str | Path | None = None,
    language: Language | None = None,
    codes: str | Path | None = None,
    before: str | Path | None = None,
    csv: str | Path | None = None,
) -> Path:
    """Write a page about a batch: what is not computed and why, persons, sums and charts.

    Parameters
    ----------
    folder : path-like
        What ``claim_files`` (or the ``claim`` command) wrote: CSV, Parquet or Excel.
    path : path-like, optional
        The page; without it, ``report.html`` in the folder. One that is there is replaced.
    language : {"en", "ja"}, optional
        The language of the page; without it, Japanese where the locale is.
    codes : path-like, optional
        The code table that gives the names and the sources; without it, the bundled one.
    before : path-like, optional
        The folder of the month before, whose sums and persons stand beside those of this one.
    csv : path-like, optional
        A folder for the figures behind each list and chart, a CSV each, no row left out.

    Returns
    -------
    Path
        The page written.

    Raises
    ------
    InputFileError
        The folder lacks a file of a batch, or one of them is not as it was written.
    OutputError
        The page cannot be written; what was there is still there.
    TableError
        ``codes`` fails a check.
    ChiikiTsushoError
        The language is unknown.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> from chiiki_tsusho.batch import claim_files
    >>> batch = claim_files("examples/visits.csv", "claims", "examples/providers.csv")
    >>> ct.write_report(batch.folder, language="ja").as_posix()
    'claims/report.html'
    """
    language = default_language() if language is None else known_language(language)
    folder = given_path(folder)
    page = folder / REPORT if path is None else Path(path)
    read = [one for one in (folder, before) if one is not None]
    inputs = [path for one in read for path in output_files(given_path(one)).values()]
    refuse_replacing(page, (*inputs, folder / RUN, codes), ".html")
    book = load_code_book(codes)
    results = Results.found(folder)
    earlier = None if before is None else read_claims(given_path(before))
    figures = report_figures(read_batch(folder), book, earlier)
    words = PageWords(language, _key_names(book, figures.months))
    tables = {} if csv is None else tables_of(figures, words)
    files = {name: f"{name}.csv" for name in tables}
    shown = visible(folder.resolve().name)
    table = "" if codes is None else visible(Path(codes).name)
    # The page may lie in it, or beside it in a folder that is not there either.
    made = nullcontext() if csv is None else _made(named_path(csv))
    with ExitStack() as placing, made, whole_file(page) as stream:
        stream.write(_page(figures, words, shown, table, files).encode())
        stream.flush()
        if csv is not None:
            results.refuse_changed()
            write_files(csv, ((files[name], text) for name, text in tables.items()), replace=True)
        placing.enter_context(results.placing(page))
    return page


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, with those it lies in; where the rest goes wrong none is left empty."""
    refuse_overwriting(folder, ())
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for one in missing:
            with suppress(OSError):
                one.rmdir()
        raise


def _page(
    figures: ReportFigures, words: PageWords, folder: str, table: str, files: dict[str, str]
) -> str:
    return (
        templates(TEMPLATES)
        .get_template("report.html")
        .render(
            say=words,
            figures=figures,
            folder=folder,
            table_file=table,
            files=files,
            rule_numbers={one.rule: at for at, one in enumerate(figures.rules, start=1)},
            **_run(figures.record),
            **page_facts(TEMPLATES / "report.css"),
            **_charts(figures),
            number="{:,}".format,
            tenths=tenths,
            price_text=price_text,
            signed=signed,
            visible=visible,
            soft=soft,
            clipped=lambda text: clipped(text, _LABEL_WIDTH),
            message=lambda text: visible(text, _MESSAGE_CHARACTERS),
            language_of=language_of,
            of_its_claim=of_its_claim,
            other_codes_shown=OTHER_CODES_SHOWN,
            least_compared=LEAST_COMPARED,
        )
    )


def _key_names(book: CodeBook, months: list[int]) -> dict[str, str]:
    """Return what the keys of additions are called, in the first month where they have rows."""
    month = months[0] if months else 0
    rows = [one.row for one in book.rows if one.row.key is not None]
    rows.sort(key=lambda row: (row.valid_from <= month <= row.valid_to, row.valid_from))
    return {row.key: row.name for row in rows if row.key is not None}


def _run(record: Record) -> dict[str, str]:
    """Say when, with which version and which table a batch was computed, as far as is known."""
    table = record.get("table")
    return {
        "made_on": _local_time(record.get("when")),
        "program": visible(str(record.get("version", ""))),
        "table_name": visible(str(table.get("name", ""))) if isinstance(table, dict) else "",
    }


def _local_time(when: object) -> str:
    """Write the time of a run as the clock of the reader shows it; blank where it is unknown."""
    try:
        return datetime.fromisoformat(str(when)).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""


def _charts(figures: ReportFigures) -> dict[str, Any]:
    return {
        "code_bars": lying_bars([row["service_units"] for row in figures.bars]),
        "day_columns": standing_columns(figures.counted.days),
        "visit_columns": standing_columns(figures.counted.visits),
        "unit_columns": standing_columns(figures.units.counts, first=0),
    }

"""A batch as papers: for each claim an invoice to the person and the statement of the claim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from chiiki_tsusho.batch import Batch, FileBatch
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import PAPERS, Paper
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, known_language
from chiiki_tsusho.exchange_files.persons import person_cells
from chiiki_tsusho.html_pages import page_facts, templates
from chiiki_tsusho.language import Language, Text, default_language, first_of, listed, on_lines
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.papers.paper_claims import PERSON, paper_claims, read_tables
from chiiki_tsusho.papers.paper_words import PaperWords, boxes, figure, price
from chiiki_tsusho.reading.inputs import Input, open_recipients
from chiiki_tsusho.whole_files import PRIVATE, refuse_replacing, whole_file
from chiiki_tsusho.writing.run_record import RUN
from chiiki_tsusho.writing.saved_results import Results

_TEMPLATES = Path(__file__).resolve().parent / "templates_html"


@checked_call
def write_statements(
    batch: Batch | FileBatch | str | Path,
    path: str | Path,
    recipients: Input | None = None,
    *,
    papers: Sequence[Paper] = ("invoice", "statement"),
    language: Language | None = None,
    codes: CodeBook | str | Path | None = None,
    made_on: dt.date | None = None,
    ignore_columns: Collection[str] = (),
) -> int:
    """Write the papers of a batch as one HTML file that prints on A4, a page a paper.

    Parameters
    ----------
    batch : Batch, FileBatch or path-like
        The claims, or the folder that the ``claim`` command wrote.
    path : path-like
        The file; only its owner can read it. One that is there is replaced.
    recipients : path-like, table or mapping, optional
        The recipients of the batch; names, birth dates and certificates are printed where it has
        them.
    papers : sequence of {"invoice", "receipt", "statement"}
        利用者請求書, 領収書, 介護給付費明細書.
    language : {"en", "ja"}, optional
        Without it, Japanese where the locale is.
    codes : CodeBook or path-like, optional
        The code table that gives the names; without it, the bundled one.
    made_on : date, optional
        Printed as the date of the papers; without it, today.
    ignore_columns : collection of str
        Headings of columns of recipients to be left unread.

    Returns
    -------
    int
        How many claims have their papers there.

    Raises
    ------
    InputFileError
        The folder lacks a file of a batch; or recipients cannot be read, or have a cell for the
        papers that cannot be: a name with a character that no page can show, or a birth date that
        is none; or have no row of the person of a claim.
    OutputError
        The file cannot be written, or is one that is read; what was there is still there.
    ChiikiTsushoError
        A paper or the language is unknown.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> visits, *others = (f"examples/{name}.csv" for name in ("visits", "providers", "recipients"))
    >>> batch = ct.compute_claims(visits, *others)
    >>> ct.write_statements(batch, "statements.html", others[1], language="ja")
    27
    """
    language = default_language() if language is None else language
    known_language(language)
    unknown = [paper for paper in papers if paper not in PAPERS]
    if unknown or not papers:
        raise ChiikiTsushoError(
            Text(
                "paper {paper!r} is unknown; {known} are known",
                paper=unknown[0] if unknown else "",
                known=listed(PAPERS),
            )
        )
    if isinstance(batch, FileBatch):
        batch = batch.folder
    read: list[object] = [recipients, codes]
    results = None
    if isinstance(batch, (str, Path)):
        results = Results.found(Path(batch))
        read += [*results.files.values(), results.folder / RUN]
    refuse_replacing(path, read, ".html")
    book = code_book(codes)
    claims, lines = read_tables(batch)
    cells = None
    if recipients is not None:
        source = open_recipients(recipients, ignore_columns)
        cells = person_cells(source, book, claims.to_pandas())
        faults = [fault for name in PERSON for fault in cells.faults[name]]
        if faults:
            raise InputFileError(on_lines(first_of(faults)))
        nowhere = np.flatnonzero(cells.missing | cells.wrong)
        if len(nowhere):
            key = claims.select(CLAIM_KEY_NAMES).slice(int(nowhere[0]), 1)
            raise InputFileError(
                Text(
                    "{file}: has no row, or a doubled or wrong one, of the person of {n:,} of the "
                    "claims (first: {claim}); their papers would have no name; give the "
                    "recipients that the claims were computed with",
                    file=source.shown,
                    n=len(nowhere),
                    claim=" ".join(key.to_pylist()[0].values()),
                )
            )
    words = PaperWords(language)
    environment = templates(_TEMPLATES)
    environment.filters.update(figure=figure, price=price, boxes=boxes)
    facts = page_facts(_TEMPLATES / "papers.css")
    pages = [environment.get_template(f"{paper}.html") for paper in papers]
    shared = {
        "say": words,
        "w": words.labels,
        "made_on": words.date(made_on or _today()),
    }
    with ExitStack() as placing, whole_file(path, PRIVATE) as stream:
        stream.write(environment.get_template("head.html").render(**shared, **facts).encode())
        for one in paper_claims(claims, lines, cells, book, words.content):
            for page in pages:
                stream.write(page.render(shared, one=one).encode())
        stream.write(environment.get_template("foot.html").render().encode())
        if results is not None:
            placing.enter_context(results.placing(Path(path)))
    return int(claims.num_rows)


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).astimezone().date()

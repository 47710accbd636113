"""A batch as papers: for each claim an invoice to the person and the statement of the claim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError, known_language
from chiiki_tsusho.exchange_files.persons import PersonCells, person_cells
from chiiki_tsusho.html_pages import page_facts, templates
from chiiki_tsusho.language import Language, Text, default_language, listed
from chiiki_tsusho.law.code_book import CodeBook, load_code_book
from chiiki_tsusho.papers.paper_words import PaperWords
from chiiki_tsusho.reading.inputs import Input, open_input
from chiiki_tsusho.whole_files import PRIVATE, whole_file
from chiiki_tsusho.writing.saved_results import output_files, read_output

if TYPE_CHECKING:
    from chiiki_tsusho.batch import Batch

Paper = Literal["invoice", "receipt", "statement"]
PAPERS: tuple[Paper, ...] = ("invoice", "receipt", "statement")
_KEY = ["service_month", "provider_no", "insurer_no", "insured_no"]
# So many claims are turned into plain values together.
_CLAIMS_AT_ONCE = 32
_TEMPLATES = Path(__file__).resolve().parent / "templates_html"
_PERSON = (
    "birth_date", "sex", "certified_from", "certified_to", "care_plan_by", "care_manager_no",
    "started_on", "stopped_on", "stop_reason", "public_payer_no", "public_recipient_no",
    "name", "name_kana",
)  # fmt: skip


@dataclass(frozen=True)
class PaperClaim:
    """One claim with all that its papers show; yen are None where they were not computed.

    Parameters
    ----------
    claim : dict
        The row of ``claims``.
    lines : list of dict
        The rows of ``claim_lines``, each with the name of its code.
    person : dict of name to str
        Cells of recipients, blank where nothing is said.
    """

    claim: dict[str, Any]
    lines: list[dict[str, Any]]
    person: dict[str, str]

    @property
    def has_yen(self) -> bool:
        """Whether the yen of the claim are known."""
        return self.claim["total_yen"] is not None

    @property
    def over_limit(self) -> bool:
        """Whether units are beyond the limit or the plan."""
        return bool(self.claim["self_paid_units"])

    @property
    def to_pay(self) -> int:
        """What the person pays: the share of the benefit and all beyond the limit, yen."""
        return int(self.claim["copay_yen"]) + int(self.claim["self_paid_yen"])

    @property
    def public_units(self) -> int:
        """Units of the lines under public funds."""
        return sum(line["public_units"] for line in self.lines)


def write_statements(
    batch: Batch | str | Path,
    path: str | Path,
    recipients: Input | None = None,
    *,
    papers: Sequence[Paper] = ("invoice", "statement"),
    language: Language | None = None,
    codes: CodeBook | str | Path | None = None,
    made_on: dt.date | None = None,
) -> int:
    """Write the papers of a batch as one HTML file that prints on A4, a page a paper.

    Parameters
    ----------
    batch : Batch or path-like
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

    Returns
    -------
    int
        How many claims have their papers there.

    Raises
    ------
    InputFileError
        The folder lacks a file of a batch, or recipients cannot be read.
    OutputError
        The file cannot be written; what was there is still there.
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
    book = codes if isinstance(codes, CodeBook) else load_code_book(codes)
    claims, lines = _tables(batch)
    cells = (
        None
        if recipients is None
        else person_cells(open_input(recipients, "recipients"), book, claims)
    )
    words = PaperWords(language)
    environment = templates(_TEMPLATES)
    facts = page_facts(_TEMPLATES / "papers.css")
    with whole_file(path, PRIVATE) as stream:
        stream.write(environment.get_template("head.html").render(say=words, **facts).encode())
        for one in _paper_claims(claims, lines, cells, book):
            for paper in papers:
                template = environment.get_template(f"{paper}.html")
                page = template.render(one=one, say=words, made_on=made_on or _today())
                stream.write(page.encode())
        stream.write(environment.get_template("foot.html").render().encode())
    return len(claims)


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).astimezone().date()


def _tables(batch: Batch | str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return claims and lines, both ordered by the claim."""
    if isinstance(batch, (str, Path)):
        files = output_files(Path(batch))
        tables = [
            read_output(files[name], columns, [column.name for column in columns]).to_pandas()
            for name, columns in (("claims", CLAIMS), ("claim_lines", CLAIM_LINES))
        ]
    else:
        tables = [batch.claims, batch.claim_lines]
    claims, lines = (table.astype(dict.fromkeys(_KEY, "str")) for table in tables)
    return (
        claims.sort_values(_KEY, ignore_index=True),
        lines.sort_values([*_KEY, "service_code"], ignore_index=True),
    )


def _paper_claims(
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    cells: PersonCells | None,
    book: CodeBook,
) -> Iterator[PaperClaim]:
    """Yield the claims one by one, with their lines."""
    of_line = pd.Index(_keys(claims)).get_indexer(pd.Index(_keys(lines)))
    if (of_line < 0).any():
        raise InputFileError(Text("claims and claim_lines are not of one batch"))
    starts = np.searchsorted(of_line, np.arange(len(claims) + 1))
    names = _code_names(lines, book)
    for first in range(0, len(claims), _CLAIMS_AT_ONCE):
        last = min(first + _CLAIMS_AT_ONCE, len(claims))
        of_lines = _records(lines.iloc[starts[first] : starts[last]])
        for line in of_lines:
            line["name"] = names[line["service_month"], line["service_code"]]
        for at, claim in enumerate(_records(claims.iloc[first:last]), start=first):
            own = of_lines[starts[at] - starts[first] : starts[at + 1] - starts[first]]
            person = {} if cells is None else {name: str(cells.texts[name][at]) for name in _PERSON}
            yield PaperClaim(claim, own, {**dict.fromkeys(_PERSON, ""), **person})


def _keys(table: pd.DataFrame) -> pd.Series[str]:
    return table[_KEY[0]].str.cat(table[_KEY[1:]], sep=" ")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, blanks as None."""
    columns = [[None if pd.isna(cell) else cell for cell in frame[name]] for name in frame]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _code_names(lines: pd.DataFrame, book: CodeBook) -> dict[tuple[str, str], str]:
    """Return the published name of each code of each month, the code where none is known."""
    names: dict[tuple[str, str], str] = {}
    for month, of_month in lines.groupby("service_month")["service_code"]:
        table = book.table(int(str(month))) if book.supports(int(str(month))) else None
        known = {} if table is None else {row.service_code: row.name for row in table.rows}
        for code in of_month.unique():
            names[str(month), code] = known.get(code, code)
    return names

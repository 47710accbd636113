"""An audit of claim files: everything recomputed that they tell, without their visits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.exchange_files.audit_page import write_audit_page
from chiiki_tsusho.exchange_files.checks_form import check_doubles, check_form
from chiiki_tsusho.exchange_files.checks_law import check_law
from chiiki_tsusho.exchange_files.checks_person import check_persons
from chiiki_tsusho.exchange_files.checks_sums import (
    check_claim_lines,
    check_lines,
    check_totals,
    claimed,
)
from chiiki_tsusho.exchange_files.checks_yen import check_rates_and_funds, check_yen
from chiiki_tsusho.exchange_files.claim_file import ClaimFile, read_claim_file
from chiiki_tsusho.exchange_files.findings import Findings
from chiiki_tsusho.exchange_files.headings import headed
from chiiki_tsusho.exchange_files.sheets import Sheets
from chiiki_tsusho.language import Counted, Language, Sayable, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.number_arrays import summed
from chiiki_tsusho.reading.inputs import NO_CSV, files_meant
from chiiki_tsusho.records import ByContent

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


@dataclass(frozen=True)
class FileSummary:
    """What one file claims: sums of its statements, as they stand there."""

    file: str
    lines: int
    other_lines: int
    statements: int
    service_units: int
    total_yen: int
    insurance_yen: int
    public_yen: int


@checked_call
@dataclass(frozen=True, eq=False)
class Audit(ByContent):
    """What an audit found.

    Parameters
    ----------
    findings : DataFrame
        What does not hold, by file, line and item: ``found``, ``expected``, the return code 国保連
        would give (blank where none is known) and what to do.
    hints : DataFrame
        What may well be right and should be looked at, in the same columns.
    files : tuple of FileSummary
        Name, lines, statements, units and yen of each file.
    """

    findings: pd.DataFrame
    hints: pd.DataFrame
    files: tuple[FileSummary, ...]

    @property
    def clean(self) -> bool:
        """Say whether nothing was found."""
        return not len(self.findings)

    def __repr__(self) -> str:
        """Count files, findings and hints."""
        return (
            f"Audit({len(self.files)} files, {len(self.findings)} findings, "
            f"{len(self.hints)} hints)"
        )

    @checked_call
    def findings_in(self, language: Language) -> pd.DataFrame:
        """Return the findings under headings of a language."""
        return headed(self.findings, language)

    @checked_call
    def report(self, path: str | Path, language: Language = "en") -> Path:
        """Write the audit as one HTML page, readable by its owner only.

        Parameters
        ----------
        path : path-like
            The page, an ``.html`` file; one that is there is replaced.
        language : {"en", "ja"}

        Returns
        -------
        Path
            Where the page is.

        Raises
        ------
        OutputError
            The page cannot be written.
        """
        return write_audit_page(self.files, self.findings, self.hints, self.summary, path, language)

    @property
    def summary(self) -> Sayable:
        """Say in a line what the files claim and what was found."""
        return Text(
            "{files}: {statements}, {units} units, {yen} yen; {findings}, {hints}",
            files=Counted("{n:,} file", "{n:,} files", len(self.files)),
            statements=Counted(
                "{n:,} statement", "{n:,} statements", sum(one.statements for one in self.files)
            ),
            units=f"{sum(one.service_units for one in self.files):,}",
            yen=f"{sum(one.total_yen for one in self.files):,}",
            findings=Counted("{n:,} finding", "{n:,} findings", len(self.findings)),
            hints=Counted("{n:,} hint", "{n:,} hints", len(self.hints)),
        )


@checked_call
def audit(
    files: str | Path | ClaimFile | Sequence[str | Path | ClaimFile],
    codes: CodeBook | str | Path | None = None,
    language: Language = "en",
) -> Audit:
    """Audit claim files (7111 and 7131) without the visits they were made of.

    Form, sums, codes and units of the month, levels, counts, limit, ratios, price, floors, public
    funds and dates are computed again. Lines of other forms and service kinds are left alone.

    Parameters
    ----------
    files : path-like, ClaimFile, or a sequence of them
        Files sent together: the same statement in two of them is found as well. A folder stands
        for the CSV files in it.
    codes : CodeBook or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.

    Returns
    -------
    Audit

    Raises
    ------
    InputFileError
        A file cannot be read at all.
    TableError
        ``codes`` fails a check.

    Notes
    -----
    What a file does not hold cannot be found: a plan raised above what was done changes nothing,
    and visits are not in it, so a code that does not fit the length of the stay stays unseen.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> found = ct.audit(["sending/J201604.CSV", "sending/J201605.CSV"])  # doctest: +SKIP
    >>> found.findings[["line", "item", "found", "expected", "return_code"]]  # doctest: +SKIP
    """
    listed = [files] if isinstance(files, (str, Path, ClaimFile)) else list(files)
    given = [file for one in listed for file in _files_of(one)]
    book = code_book(codes)
    if not given:
        raise ChiikiTsushoError(Text("no file was given; name the claim files to audit"))
    read = [one if isinstance(one, ClaimFile) else read_claim_file(one) for one in given]
    sheets, findings = Sheets(read), Findings([file.shown for file in read])
    check_form(read, sheets, findings)
    check_doubles(sheets, findings)
    check_lines(sheets, book, findings)
    check_totals(sheets, findings)
    check_claim_lines(read, sheets, findings)
    level_changes = check_law(sheets, book, findings)
    check_yen(sheets, findings)
    check_rates_and_funds(sheets, findings)
    check_persons(sheets, level_changes, findings)
    found, hints = (findings.frame(language, hints=one) for one in (False, True))
    return Audit(found, hints, tuple(_summaries(read, sheets)))


def _files_of(given: str | Path | ClaimFile) -> Iterable[str | Path | ClaimFile]:
    return [given] if isinstance(given, ClaimFile) else files_meant(given, (".csv",), NO_CSV)


def _summaries(files: Sequence[ClaimFile], sheets: Sheets) -> Iterator[FileSummary]:
    figures, of_files = claimed(sheets.base), sheets.base.file
    names = ("statements", "units", "total_yen", "insurance_yen", "public_yen")
    sums = [summed(figures[name], of_files, len(files)).tolist() for name in names]
    for file, *told in zip(files, *sums, strict=True):
        yield FileSummary(file.shown, len(file), len(file.kept), *told)

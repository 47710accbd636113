"""One person's claim as a person checks it by hand: lines, ratios, limit, floors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.errors import VisitError, known_language
from chiiki_tsusho.explaining.claim_steps import notes_of, only, unit_steps, yen_steps
from chiiki_tsusho.explaining.steps import Step
from chiiki_tsusho.language import (
    LANGUAGES,
    Joined,
    Language,
    Name,
    Sayable,
    Text,
    first_of,
    on_lines,
)
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.months import MonthLike, month_text, parse_month
from chiiki_tsusho.problem_texts import WARNINGS, rule_named
from chiiki_tsusho.problems import place_text
from chiiki_tsusho.reading.cell_texts import plain
from chiiki_tsusho.reading.inputs import Input, open_inputs
from chiiki_tsusho.reading.insured_numbers import INSURED_DIGITS
from chiiki_tsusho.records import record

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# Of the warnings that of 要支援 alone says why a person has no claim.
_KEEP_NO_CLAIM_BACK = WARNINGS - {"not_this_service"}


class ExplainedLine(BaseModel):
    """A line of a claim: a code, and what it comes to in the month.

    Parameters
    ----------
    code, name : str
        Service code, and サービス内容略称 as published.
    units, count, service_units : int
        Units of one count, how many counts, and their product; of a ratio its result, once.
    limit_managed : bool
        Whether it counts against 区分支給限度基準額.
    public_count, public_units : int
        What of it is under public funds.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    units: int
    count: int
    service_units: int
    limit_managed: bool
    public_count: int
    public_units: int

    def to_text(self, language: Language = "en") -> str:
        """Write the line: ``781241  地域通所介護21  426 × 8 = 3408``."""
        outside = "" if self.limit_managed else f"  ({Text('outside the limit').say(language)})"
        product = f"{self.units} × {self.count} = {self.service_units}"
        return f"{self.code}  {self.name}  {product}{outside}"

    def __str__(self) -> str:
        return self.to_text()


@record
class _Said:
    """What is said of a claim in one language."""

    units: list[Step]
    yen: list[Step]
    notes: list[str]


@checked_call
@dataclass(frozen=True)
class ClaimExplanation:
    """A claim, line by line and step by step.

    Parameters
    ----------
    service_month, provider_no, insurer_no, insured_no : str
        Whose claim it is.
    lines : list of ExplainedLine
        As claimed, in the order of their codes.
    units : list of Step
        How the units came about: ratios, limit, what is covered.
    yen : list of Step
        How the yen came about; empty where price or benefit rate is not known.
    notes : list of str
        What a reader should know besides.
    language : {"en", "ja"}
        The language of steps and notes.
    """

    service_month: str
    provider_no: str
    insurer_no: str
    insured_no: str
    lines: list[ExplainedLine]
    language: Language
    _said: Mapping[Language, _Said] = field(repr=False)

    @property
    def units(self) -> list[Step]:
        """How the units came about."""
        return self._said[self.language].units

    @property
    def yen(self) -> list[Step]:
        """How the yen came about."""
        return self._said[self.language].yen

    @property
    def notes(self) -> list[str]:
        """What a reader should know besides."""
        return self._said[self.language].notes

    def __str__(self) -> str:
        """Write the claim as a sheet of text, in its language."""
        return self.to_text(self.language)

    def to_text(self, language: Language = "en") -> str:
        """Write the claim as a sheet of text.

        Raises
        ------
        ValueError
            The language is unknown.
        """
        said = self._said[known_language(language)]
        head = Text(
            "claim {service_month}  provider {provider_no}  insurer {insurer_no}  insured "
            "{insured_no}",
            service_month=self.service_month,
            provider_no=self.provider_no,
            insurer_no=self.insurer_no,
            insured_no=self.insured_no,
        )
        lines, units, yen, note = (
            words.say(language)
            for words in (Text("lines"), Text("units"), Text("yen"), Text("note"))
        )
        parts = [head.say(language), "", lines]
        parts += [f"  {line.to_text(language)}" for line in self.lines]
        parts += ["", units, *(f"  {step}" for step in said.units)]
        parts += ["", yen, *(f"  {step}" for step in said.yen)]
        parts += [f"  {note}: {one}" for one in said.notes]
        return "\n".join(parts)


@checked_call
def explain_claim(
    visits: Input,
    insured_no: str,
    month: MonthLike | None = None,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    encoding: str | None = None,
    language: Language = "en",
    ignore_columns: Collection[str] = (),
) -> list[ClaimExplanation]:
    """Explain the claims of one insured person.

    Parameters
    ----------
    visits, providers, recipients : table, mapping or path-like
        As for ``compute_claims`` and ``claim_files``.
    insured_no : str
        被保険者番号.
    month : str, int, date or Period, optional
        Only this month, ``"2016-04"``, ``"201604"`` or ``201604``.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    encoding : str, optional
        The encoding of CSV inputs.
    language : {"en", "ja"}
        The language of labels and notes.
    ignore_columns : collection of str
        Headings of columns to be left unread.

    Returns
    -------
    list of ClaimExplanation
        One for each month, provider and insurer, in the order of the claims.

    Raises
    ------
    ChiikiTsushoError
        The language is unknown.
    VisitError
        No visit of that person (and month) is in the file, or the claim is held; the message
        gives the problems of that person, and those of rows that do not say whose they are.
    InputFileError
        An input cannot be read at all.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> visit = {
    ...     "provider_no": "1390000015",
    ...     "insurer_no": "139001",
    ...     "insured_no": "0000100011",
    ...     "service_date": "2016-04-01",
    ...     "care_level": 5,
    ...     "minutes": 150,
    ...     "shortfall": "understaffed",
    ... }
    >>> (claim,) = ct.explain_claim(pd.DataFrame([visit]), "0000100011")
    >>> print(claim.lines[0])
    789405  地域通所介護15・人欠・時減  333 × 1 = 333
    >>> claim.lines[0].service_units
    333
    """
    # What is no text is the number of nobody.
    insured_no = plain(insured_no.encode("utf-8", "backslashreplace").decode())
    sources = open_inputs(visits, providers, recipients, encoding, ignore_columns)
    run = BatchRun(*sources, code_book(codes))
    wanted = None if month is None else parse_month(month)
    explained = [
        _explain(priced, language)
        for priced in run.price_person(insured_no, wanted)
        if priced.written.all()
    ]
    if not explained:
        # Only now it is found whose the rows with problems are, and which visits are doubled.
        run.finish(_NoResults())
        raise VisitError(_nothing_text(run, insured_no, wanted))
    return explained


class _NoResults:
    """Keeps nothing."""

    def formed(self, priced: Priced) -> None:
        """Form nothing."""

    def claims(self, formed: None) -> None:
        """Keep no claims."""

    def held(self, rows: object) -> None:
        """Keep no rows."""


def _nothing_text(run: BatchRun, insured_no: str, month: int | None) -> Sayable:
    of_month = "" if month is None else Text(" in {month}", month=month_text(month))
    check: Sayable = (
        Text("check the number") if month is None else Text("check the number and the month")
    )
    english, japanese = (_problem_lines(run, insured_no, month, one) for one in LANGUAGES)
    if not english:
        if insured_no.isdecimal() and len(insured_no) < INSURED_DIGITS:
            lost = Text(": an insured number has 10 digits, and zeros in front may have been lost")
            check = Joined((check, lost))
        return Text(
            "insured person {insured_no!r} has no visit{of_month} in the file; {check}",
            insured_no=insured_no,
            of_month=of_month,
            check=check,
        )
    head = Text(
        "no claim of insured person {insured_no!r}{of_month} was computed; check the number, or "
        "correct what is wrong in the file:",
        insured_no=insured_no,
        of_month=of_month,
    )
    return on_lines([head, *first_of([*map(Name, english, japanese)])])


def _problem_lines(
    run: BatchRun, insured_no: str, month: int | None, language: Language
) -> list[str]:
    """Write what keeps a person's claims back: of that person, or of nobody that can be read."""
    found = run.problems.frame(language)
    months = [""] if month is None else ["", f"{month:06d}"]
    kept = found[
        ~found["rule"].isin(_KEEP_NO_CLAIM_BACK)
        & found["insured_no"].fillna("").isin(["", insured_no])
        & ((month is None) | found["service_month"].fillna("").isin(months))
    ]
    lines = []
    for row in kept.to_dict("records"):
        line = None if pd.isna(row["line"]) else row["line"]
        place = place_text(row["file"], line, row["column"], language)
        lines.append(f"{place}: {rule_named(row['rule'], language)}: {row['message']}")
    return lines


def _explain(priced: Priced, language: Language) -> ClaimExplanation:
    names = priced.names
    return ClaimExplanation(
        service_month=month_text(names.month),
        provider_no=names.provider_no[0].as_py(),
        insurer_no=names.insurer_no[0].as_py(),
        insured_no=names.insured_no[0].as_py(),
        lines=list(_lines(priced)),
        language=language,
        _said={
            one: _Said(
                list(unit_steps(priced, one)),
                list(yen_steps(priced, one)),
                [note.say(one) for note in notes_of(priced)],
            )
            for one in LANGUAGES
        },
    )


def _lines(priced: Priced) -> Iterator[ExplainedLine]:
    lines = priced.lines
    for column, item in enumerate(lines.items):
        row = lines.table.rows[item]
        count, units = only(lines.counts[:, column]), only(lines.service_units[:, column])
        if units:
            public = lines.public
            public_count, public_units = (
                (0, 0)
                if public is None
                else (only(public.counts[:, column]), only(public.units[:, column]))
            )
            yield ExplainedLine(
                code=row.service_code,
                name=row.name,
                units=units if row.kind == "rate" else row.units or 0,
                count=count,
                service_units=units,
                limit_managed=bool(row.limit_managed),
                public_count=public_count,
                public_units=public_units,
            )

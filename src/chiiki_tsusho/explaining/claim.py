"""One person's claim as a person checks it by hand: lines, ratios, limit, floors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.limit import inside_limit
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.claims.units import base_rate_bases, bear
from chiiki_tsusho.claims.yen import NO_LIMIT, PER_CENT, PRICE_SCALE, public_claim
from chiiki_tsusho.errors import VisitError, known_language
from chiiki_tsusho.explaining.steps import (
    Step,
    added,
    decimal,
    floored,
    percent,
    rated,
    taken,
)
from chiiki_tsusho.explaining.visit import base_steps
from chiiki_tsusho.language import (
    LANGUAGES,
    Language,
    Name,
    Sayable,
    Text,
    listed,
    on_lines,
)
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.prices_and_limits import UNKNOWN
from chiiki_tsusho.law.sources import rule_place
from chiiki_tsusho.months import month_text, parse_month
from chiiki_tsusho.problems import place_text
from chiiki_tsusho.reading.inputs import Input, open_inputs

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd


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


@dataclass(frozen=True)
class _Said:
    """What is said of a claim in one language."""

    units: list[Step]
    yen: list[Step]
    notes: list[str]


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


def explain_claim(
    visits: Input,
    insured_no: str,
    month: str | None = None,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    encoding: str | None = None,
    language: Language = "en",
) -> list[ClaimExplanation]:
    """Explain the claims of one insured person.

    Parameters
    ----------
    visits, providers, recipients : table, mapping or path-like
        As for ``compute_claims`` and ``claim_files``.
    insured_no : str
        被保険者番号.
    month : str, optional
        Only this month, ``"2016-04"`` or ``"201604"``.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    encoding : str, optional
        Of CSV inputs.
    language : {"en", "ja"}
        The language of labels and notes.

    Returns
    -------
    list of ClaimExplanation
        One for each month, provider and insurer, in the order of the claims.

    Raises
    ------
    ValueError
        The language is unknown.
    VisitError
        No visit of that person (and month) is in the file, or the claim is held; the message
        gives the problems that hold it.
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
    known_language(language)
    if not isinstance(insured_no, str):
        raise VisitError(
            Text("insured_no: a text was expected, not {kind}", kind=type(insured_no).__name__)
        )
    run = BatchRun(*open_inputs(visits, providers, recipients, encoding), code_book(codes))
    wanted = None if month is None else parse_month(month)
    explained = [
        _explain(priced, language)
        for priced in run.price_person(insured_no, wanted)
        if priced.written.all()
    ]
    if not explained:
        raise VisitError(_nothing_text(run, insured_no, month))
    return explained


def _nothing_text(run: BatchRun, insured_no: str, month: str | None) -> Sayable:
    of_month = "" if month is None else Text(" in {month}", month=month)
    if not len(run.problems):
        return Text(
            "insured person {insured_no!r} has no visit{of_month} in the file; check the number",
            insured_no=insured_no,
            of_month=of_month,
        )
    head = Text(
        "no claim of insured person {insured_no!r}{of_month} was computed; problems of the file:",
        insured_no=insured_no,
        of_month=of_month,
    )
    return on_lines([head, Name(_problem_lines(run, "en"), _problem_lines(run, "ja"))])


def _problem_lines(run: BatchRun, language: Language) -> str:
    lines = []
    for row in run.problems.frame(language).head(20).to_dict("records"):
        place = place_text(row["file"], None if pd.isna(row["line"]) else row["line"], "", language)
        lines.append(f"{place}: {row['rule']}: {row['message']}")
    return "\n".join(lines)


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
                list(_unit_steps(priced, one)),
                list(_yen_steps(priced, one)),
                [note.say(one) for note in _notes(priced)],
            )
            for one in LANGUAGES
        },
    )


def _one(values: Any) -> int:
    return int(values[0])


def _lines(priced: Priced) -> Iterator[ExplainedLine]:
    lines = priced.lines
    for column, item in enumerate(lines.items):
        row = lines.table.rows[item]
        count, units = _one(lines.counts[:, column]), _one(lines.service_units[:, column])
        if units:
            public = lines.public
            public_count, public_units = (
                (0, 0)
                if public is None
                else (_one(public.counts[:, column]), _one(public.units[:, column]))
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


def _unit_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield the steps from the codes to the benefit units."""
    for item in np.unique(priced.month_visits.base):
        steps = base_steps(priced.lines.table.rows[item], priced.lines.table.law_month, language)
        if len(steps) > 1:
            yield from steps
    yield from _rate_steps(priced, language)
    settlement = priced.settlement
    managed, unmanaged = _one(settlement.managed_units), _one(settlement.unmanaged_units)
    excess = _one(settlement.excess_units)

    month = priced.lines.table.law_month
    of_limit, form = rule_place("limit", month), rule_place("claim_form", month)

    def figure(label: Text, units: int, law: str = of_limit) -> Step:
        return taken(label.say(language), units, law)

    yield figure(Text("units counted against the limit"), managed)
    limit, planned = _one(priced.terms.limit), _one(priced.terms.planned)
    if planned != UNKNOWN:
        yield figure(Text("planned units (計画単位数)"), planned)
    elif limit != NO_LIMIT:
        yield figure(Text("benefit limit of the care level"), limit)
    yield figure(Text("units over the limit"), excess)
    inside = managed - excess
    yield figure(Text("units within the limit"), inside)
    label = Text(
        "benefit units: within the limit, and outside it {unmanaged:+d}", unmanaged=unmanaged
    )
    yield added(label.say(language), inside, unmanaged, form)
    if excess:
        whole = int(priced.whole_lines.service_units.sum())
        yield figure(
            Text("self-paid units: {whole} without a limit, less the benefit units", whole=whole),
            _one(settlement.self_paid_units),
            form,
        )


def _rate_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield each ratio with its basis, as claimed."""
    lines, visits = priced.lines, priced.month_visits
    excess = _one(priced.settlement.excess_units)
    of_base = base_rate_bases(visits)
    table = lines.table
    rounding = rule_place("rounding", table.law_month)
    ordered = sorted(
        (key for key in visits.keys if key in table.rates),
        key=lambda key: (table.rates[key].basis != BASE_LINES, table.key_positions[key]),
    )
    is_basis = [
        table.rows[item].kind != "rate" or table.rates[str(table.rows[item].key)].basis != ALL_LINES
        for item in lines.items
    ]
    whole = int(lines.service_units[0, is_basis].sum())
    for key in ordered:
        row = table.rows[table.key_positions[key]]
        if not _one(lines.counts[:, lines.column(key)]):
            continue
        basis = of_base.get(key)
        if basis is not None:
            what = Text("base units of the visits that have it")
        else:
            what = Text("units of all lines")
        start = whole if basis is None else _one(basis.units)
        step = taken(f"{row.name}: {what.say(language)}", start, rounding)
        yield step
        for less, taken_off in basis.reductions.items() if basis is not None else ():
            if _one(taken_off):
                name = table.rows[table.key_positions[less]].name
                label = Text("less {name}", name=name).say(language)
                step = added(label, step.after, _one(taken_off), rounding)
                yield step
        if excess and not row.limit_managed:
            label = Text("less the units over the limit").say(language)
            # A basis of base lines ends at 0.
            over = excess if basis is None else min(excess, step.after)
            step = added(label, step.after, -over, rule_place("limit", table.law_month))
            yield step
        for link in table.rate_rows(key):
            ratio = link.per_mille or 0
            text = Text("{name}: × {ratio}", name=link.name, ratio=percent(ratio))
            step = rated(text.say(language), step.after, ratio, rounding)
            yield step


def _yen_steps(priced: Priced, language: Language) -> Iterator[Step]:
    """Yield the floors, taken once on the claim."""
    settlement, terms = priced.settlement, priced.terms
    if _one(settlement.total_yen) == UNKNOWN:
        return
    form = rule_place("claim_form", priced.lines.table.law_month)
    price = _one(settlement.unit_price)
    benefit = _one(settlement.benefit_units)
    shown = decimal(price, PRICE_SCALE)
    label = Text("total: benefit units × {shown} yen", shown=shown)
    total = floored(label.say(language), benefit, price, PRICE_SCALE, form)
    yield total
    uninsured = bool(terms.uninsured[0])
    rate = 0 if uninsured else _one(settlement.benefit_rate)
    label = Text("insurance: total × {rate} %", rate=rate)
    if uninsured:
        label = Text("insurance: none (H person)")
    insurance = floored(label.say(language), total.after, rate, PER_CENT, form)
    yield insurance
    rest = total.after - insurance.after
    public = _one(settlement.public_yen)
    law = _one(terms.public_law)
    if law:
        units = _one(settlement.public_units)
        claimable = _one(
            public_claim(
                terms,
                settlement.public_units,
                settlement.benefit_units,
                np.array([rate]),
                np.array([rest]),
            )
        )
        own = min(_one(terms.public_copay), claimable)
        if units == benefit:
            label = Text(
                "public funds (法別{law}): the rest less the person's own {own}", law=law, own=own
            )
            yield added(label.say(language), rest, -own, form)
        else:
            label = Text("cost of the units under public funds: units × {shown} yen", shown=shown)
            cost = floored(label.say(language), units, price, PRICE_SCALE, form)
            yield cost
            share = max(0, _one(terms.public_share) - rate)
            label = Text("public funds (法別{law}): that cost × {share} %", law=law, share=share)
            borne = floored(label.say(language), cost.after, share, PER_CENT, form)
            yield borne
            label = Text("public funds (法別{law}): less the person's own {own}", law=law, own=own)
            yield added(label.say(language), borne.after, -own, form)
    label = Text("copay: the rest less public funds")
    yield added(label.say(language), rest, -public, form)
    self_paid = _one(settlement.self_paid_units)
    if self_paid:
        label = Text("self-paid: units × {shown} yen", shown=shown)
        yield floored(label.say(language), self_paid, price, PRICE_SCALE, form)


def _notes(priced: Priced) -> list[Text]:
    notes = []
    settlement = priced.settlement
    if _one(settlement.unit_price) == UNKNOWN:
        notes.append(Text("no yen: the provider's area_grade is not known"))
    elif _one(settlement.total_yen) == UNKNOWN:
        notes.append(Text("no yen: the person's benefit_rate is not known"))
    if _one(settlement.excess_units):
        visits = priced.month_visits
        inside = settlement.managed_units - settlement.excess_units
        borne = {key: bear(visits, key) for key in visits.keys}
        covered = inside_limit(visits, borne, priced.lines, inside).covered
        days = [str(day) for day, inside in zip(visits.day, covered, strict=True) if not inside]
        if days:
            notes.append(
                Text(
                    "over the limit: the visits of day {days} are not covered; additions outside "
                    "the limit are not claimed for them",
                    days=listed(days),
                )
            )
    return notes

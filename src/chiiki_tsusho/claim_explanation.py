"""One person's claim as a person checks it by hand: lines, ratios, limit, floors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chiiki_tsusho.batch import BatchRun, code_book
from chiiki_tsusho.chunks import Priced
from chiiki_tsusho.claims import base_rate_bases, bear
from chiiki_tsusho.code_rows import ALL_LINES, BASE_LINES
from chiiki_tsusho.codes import CodeBook, CodeTable
from chiiki_tsusho.composition import base_steps
from chiiki_tsusho.dated_figures import UNKNOWN
from chiiki_tsusho.errors import VisitError
from chiiki_tsusho.months import month_text, parse_month
from chiiki_tsusho.payment import NO_LIMIT, PER_CENT, PRICE_SCALE, covered_visits
from chiiki_tsusho.reading import FrameSource, Source, open_source
from chiiki_tsusho.steps import (
    CLAIM_FORM,
    LIMIT,
    ROUNDING,
    Step,
    added,
    decimal,
    floored,
    percent,
    rated,
    taken,
)


@dataclass(frozen=True)
class ClaimExplanation:
    """A claim, line by line and step by step.

    Parameters
    ----------
    service_month, provider_no, insurer_no, insured_no : str
        Whose claim it is.
    lines : list of str
        Code, name, units × count and service units, as claimed.
    units : list of Step
        How the units came about: ratios, limit, what is covered.
    yen : list of Step
        How the yen came about; empty where price or benefit rate is not known.
    notes : list of str
        What a reader should know besides.
    """

    service_month: str
    provider_no: str
    insurer_no: str
    insured_no: str
    lines: list[str]
    units: list[Step]
    yen: list[Step]
    notes: list[str]

    def __str__(self) -> str:
        """Write the claim as a sheet of text."""
        head = (
            f"claim {self.service_month}  provider {self.provider_no}  insurer {self.insurer_no}  "
            f"insured {self.insured_no}"
        )
        parts = [head, "", "lines", *(f"  {line}" for line in self.lines), "", "units"]
        parts += [f"  {step}" for step in self.units]
        parts += ["", "yen", *(f"  {step}" for step in self.yen)]
        parts += [f"  note: {note}" for note in self.notes]
        return "\n".join(parts)


def explain_claim(
    visits: pd.DataFrame | str | Path,
    insured_no: str,
    month: str | None = None,
    providers: pd.DataFrame | str | Path | None = None,
    recipients: pd.DataFrame | str | Path | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    encoding: str | None = None,
) -> list[ClaimExplanation]:
    """Explain the claims of one insured person.

    Parameters
    ----------
    visits, providers, recipients : DataFrame or path-like
        As for ``compute_claims`` and ``claim_files``.
    insured_no : str
        被保険者番号.
    month : str, optional
        Only this month, ``"2016-04"`` or ``"201604"``.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    encoding : str, optional
        Of CSV inputs.

    Returns
    -------
    list of ClaimExplanation
        One for each month, provider and insurer, in the order of the claims.

    Raises
    ------
    VisitError
        No visit of that person (and month) is in the file, or the claim is held; the message
        gives the problems that hold it.
    InputFileError
        An input cannot be read at all.
    """
    run = BatchRun(
        _source(visits, "visits", encoding),
        None if providers is None else _source(providers, "providers", encoding),
        None if recipients is None else _source(recipients, "recipients", encoding),
        code_book(codes),
    )
    wanted = None if month is None else parse_month(month)
    explained = [
        _explain(priced) for priced in run.price_person(insured_no, wanted) if priced.written.all()
    ]
    if not explained:
        raise VisitError(_nothing_text(run, insured_no, month))
    return explained


def _source(given: pd.DataFrame | str | Path, name: str, encoding: str | None) -> Source:
    if isinstance(given, pd.DataFrame):
        return FrameSource(given, name)
    return open_source(given, encoding)


def _nothing_text(run: BatchRun, insured_no: str, month: str | None) -> str:
    of_month = "" if month is None else f" in {month}"
    problems = run.problems.frame()
    if not len(problems):
        return f"insured person {insured_no!r} has no visit{of_month} in the file; check the number"
    lines = [
        f"no claim of insured person {insured_no!r}{of_month} was computed; problems of the file:"
    ]
    for row in problems.head(20).to_dict("records"):
        line = "" if pd.isna(row["line"]) else f" line {row['line']}"
        lines.append(f"{row['file']}{line}: {row['rule']}: {row['message']}")
    return "\n".join(lines)


def _explain(priced: Priced) -> ClaimExplanation:
    names = priced.names
    return ClaimExplanation(
        service_month=month_text(names.month),
        provider_no=names.provider_no[0].as_py(),
        insurer_no=names.insurer_no[0].as_py(),
        insured_no=names.insured_no[0].as_py(),
        lines=_line_texts(priced),
        units=list(_unit_steps(priced)),
        yen=list(_yen_steps(priced)),
        notes=_notes(priced),
    )


def _one(values: Any) -> int:
    return int(values[0])


def _line_texts(priced: Priced) -> list[str]:
    texts = []
    for column, item in enumerate(priced.lines.items):
        row = priced.lines.table.rows[item]
        count, units = (
            _one(priced.lines.counts[:, column]),
            _one(priced.lines.service_units[:, column]),
        )
        if units:
            each = units if row.kind == "rate" else row.units
            inside = "" if row.limit_managed else "  (outside the limit)"
            texts.append(f"{row.service_code}  {row.name}  {each} × {count} = {units}{inside}")
    return texts


def _unit_steps(priced: Priced) -> Iterator[Step]:
    """Yield the steps from the codes to the benefit units."""
    for item in np.unique(priced.month_visits.base):
        steps = base_steps(priced.lines.table.rows[item])
        if len(steps) > 1:
            yield from steps
    yield from _rate_steps(priced)
    settlement = priced.settlement
    managed, unmanaged = _one(settlement.managed_units), _one(settlement.unmanaged_units)
    excess = _one(settlement.excess_units)
    yield taken("units counted against the limit", managed, LIMIT)
    limit, planned = _one(priced.terms.limit), _one(priced.terms.planned)
    if planned != UNKNOWN:
        yield taken("planned units (計画単位数)", planned, LIMIT)
    elif limit != NO_LIMIT:
        yield taken("benefit limit of the care level", limit, LIMIT)
    yield taken("units over the limit", excess, LIMIT)
    inside = managed - excess
    yield taken("units within the limit", inside, LIMIT)
    yield added(f"benefit units: within the limit, and outside it {unmanaged:+d}", inside,
                unmanaged, CLAIM_FORM)  # fmt: skip
    if excess:
        whole = int(priced.whole_lines.service_units.sum())
        label = f"self-paid units: {whole} without a limit, less the benefit units"
        yield taken(label, _one(settlement.self_paid_units), CLAIM_FORM)


def _rate_steps(priced: Priced) -> Iterator[Step]:
    """Yield each ratio with its basis, as claimed."""
    lines, visits = priced.lines, priced.month_visits
    excess = _one(priced.settlement.excess_units)
    of_base = base_rate_bases(visits)
    table = lines.table
    ordered = sorted(
        (key for key in visits.values if key in table.rates),
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
        basis = _one(of_base[key]) if key in of_base else whole
        what = "base units of the visits that have it" if key in of_base else "units of all lines"
        step = taken(f"{row.name}: {what}", basis, ROUNDING)
        yield step
        if excess and not row.limit_managed:
            step = added("less the units over the limit", basis, -min(excess, basis), LIMIT)
            yield step
        for per_mille in table.rates[key].per_mille:
            step = rated(f"{row.name}: × {percent(per_mille)}", step.after, per_mille, ROUNDING)
            yield step


def _yen_steps(priced: Priced) -> Iterator[Step]:
    """Yield the floors, taken once on the claim."""
    settlement, terms = priced.settlement, priced.terms
    if _one(settlement.total_yen) == UNKNOWN:
        return
    price = _one(settlement.unit_price)
    benefit = _one(settlement.benefit_units)
    shown = decimal(price, PRICE_SCALE)
    total = floored(f"total: benefit units × {shown} yen", benefit, price, PRICE_SCALE, CLAIM_FORM)
    yield total
    uninsured = bool(terms.uninsured[0])
    rate = 0 if uninsured else _one(settlement.benefit_rate)
    label = "insurance: none (H person)" if uninsured else f"insurance: total × {rate} %"
    insurance = floored(label, total.after, rate, PER_CENT, CLAIM_FORM)
    yield insurance
    rest = total.after - insurance.after
    public = _one(settlement.public_yen)
    if uninsured or terms.public_law[0]:
        own = min(_one(terms.public_copay), rest)
        yield added(f"public funds (法別12): the rest less the person's own {own}", rest, -own,
                    CLAIM_FORM)  # fmt: skip
    yield added("copay: the rest less public funds", rest, -public, CLAIM_FORM)
    self_paid = _one(settlement.self_paid_units)
    if self_paid:
        yield floored(f"self-paid: units × {shown} yen", self_paid, price, PRICE_SCALE, CLAIM_FORM)


def _notes(priced: Priced) -> list[str]:
    notes = []
    settlement = priced.settlement
    if _one(settlement.unit_price) == UNKNOWN:
        notes.append("no yen: the provider's area_grade is not known")
    elif _one(settlement.total_yen) == UNKNOWN:
        notes.append("no yen: the person's benefit_rate is not known")
    if _one(settlement.excess_units):
        visits = priced.month_visits
        inside = settlement.managed_units - settlement.excess_units
        borne = {key: bear(visits, key) for key in visits.values}
        covered = covered_visits(visits, borne, priced.lines, inside)
        days = [str(day) for day, inside in zip(visits.day, covered, strict=True) if not inside]
        if days:
            notes.append(
                f"over the limit: the visits of day {', '.join(days)} are not covered; additions "
                "outside the limit are not claimed for them"
            )
    return notes

"""One visit: its code, its additions, and every step to its units."""

from __future__ import annotations

from itertools import compress
from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import Service, Shortfall
from chiiki_tsusho.claims.chosen_lines import choose
from chiiki_tsusho.claims.month_visits import BilledKinds, MonthVisits
from chiiki_tsusho.claims.side_by_side import conflicts, needing_others, not_together
from chiiki_tsusho.claims.units import base_rate_bases, price
from chiiki_tsusho.errors import ChiikiTsushoError, VisitError
from chiiki_tsusho.explaining.base_steps import base_steps
from chiiki_tsusho.explaining.checked_models import CheckedModel
from chiiki_tsusho.explaining.steps import Step, added, percent, rated
from chiiki_tsusho.language import Language, Name, Text, listed
from chiiki_tsusho.law.code_rows import BASE_LINES, CareLevel, CodeRow
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.sources import row_place, rule_place
from chiiki_tsusho.law.table_files import Whole
from chiiki_tsusho.months import month_text
from chiiki_tsusho.problem_texts import Message, Rule, TextId, named


class Visit(CheckedModel):
    """A visit to be priced.

    Parameters
    ----------
    minutes : int
        Length of the stay.
    care_level : int, optional
        要介護度 1–5; may be left out for ``medical_day_care``.
    service : {"day_care", "medical_day_care", "short_medical_day_care"}
        地域密着型通所介護, 療養通所介護 or 短期利用療養通所介護.
    shortfall : {"over_capacity", "understaffed"}, optional
        定員超過 or 人員欠如.
    additions : dict of str to int
        Counts by key, such as ``{"bathing": 1}``.
    extended_hours : bool, optional
        Whether the provider has registered 延長; needed for stays of 540 minutes and more.

    Raises
    ------
    VisitError
        A value is of the wrong type or out of range; its cause is pydantic's own error.
    """

    model_config = ConfigDict(extra="forbid")

    refusal: ClassVar[type[ChiikiTsushoError]] = VisitError

    minutes: Annotated[Whole, Field(ge=0)]
    care_level: CareLevel | None = None
    service: Service = "day_care"
    shortfall: Shortfall | None = None
    additions: dict[str, Annotated[int, Field(ge=0)]] = {}  # noqa: RUF012 (each visit has its own)
    extended_hours: bool | None = None


class CompositionLine(CheckedModel):
    """A line of a composition.

    Parameters
    ----------
    code : str
        The service code, six characters.
    name : str
        Its published name.
    units : int
        Units of one count, negative for a reduction.
    count : int
    """

    code: str
    name: str
    units: int
    count: int


class Composition(CheckedModel):
    """A visit priced.

    Parameters
    ----------
    code : str
        The visit's own service code.
    lines : list of CompositionLine
        The visit's own line, then the additions in the order of their codes.
    steps : list of Step
        Every step with the figure before and after rounding and the rule's place in the law.
    units : int
        Sum of units × count.
    base_steps : int
        How many of the steps, the first ones, make up the units of the visit's own code.
    """

    code: str
    lines: list[CompositionLine]
    steps: list[Step]
    units: int
    base_steps: int

    @property
    def chain(self) -> str:
        """The figures of the base code in a row: ``678 → 474.6 → 475 → 332.5 → 333``."""
        figures: list[str] = []
        for step in self.steps[: self.base_steps]:
            if step.exact != str(step.after):
                figures.append(step.exact)
            figures.append(str(step.after))
        return " → ".join(figures)


@checked_call
class Calculator:
    """Composes the units of single visits.

    Parameters
    ----------
    table : CodeTable
        The codes of the month.
    language : {"en", "ja"}
        The language of the labels of the steps.
    """

    def __init__(self, table: CodeTable, language: Language = "en") -> None:
        self.table = table
        self.language = language

    @checked_call
    def compose(self, visit: Visit) -> Composition:
        """Price a visit.

        Ratios of the month's sum (中山間, 処遇改善) are taken as if the visit were the month's only
        one.

        Parameters
        ----------
        visit : Visit
            What was done.

        Returns
        -------
        Composition
            The code, every step to its units, its lines and their sum.

        Raises
        ------
        VisitError
            The visit has no code in the month, or an addition is unknown, not for its service,
            counted too often or in conflict with another.

        Examples
        --------
        >>> import chiiki_tsusho as ct
        >>> visit = ct.Visit(minutes=150, care_level=5, shortfall="understaffed")
        >>> composition = ct.Calculator(ct.load_codes("2016-04")).compose(visit)
        >>> composition.code, composition.units, composition.chain
        ('789405', 333, '678 → 474.6 → 475 → 332.5 → 333')
        """
        found = self.table.find_rows(
            minutes=visit.minutes,
            care_level=visit.care_level,
            shortfall=visit.shortfall,
            service=visit.service,
            extended_hours=visit.extended_hours,
        )
        chosen = choose(self.table, np.atleast_1d(found).astype(np.int64), self._values(visit))
        at = chosen.base.item()
        code = self.table.rows[at].service_code
        for key in chosen.missing:
            raise _refused(
                "no_code",
                "no_line_of_visit",
                key=self.table.named(key),
                month=month_text(self.table.month),
                code=code,
            )
        steps = base_steps(self.table.rows[at], self.table.law_month, self.language)
        of_base = len(steps)
        # The first claim, its first day, the only kind; no level has a part in the units.
        first = np.zeros_like(chosen.base)
        asked = MonthVisits(
            table=self.table,
            claim=first,
            day=np.ones_like(first),
            kind=first,
            kinds=BilledKinds(base=chosen.base, level=first, values=chosen.values),
        )
        self._refuse_conflicts(asked)
        visits = asked.yielded()
        lines = price(visits)
        composed = []
        counts, service_units = lines.counts.ravel().tolist(), lines.service_units.ravel().tolist()
        for item, count, units in zip(lines.items, counts, service_units, strict=True):
            row = self.table.rows[item]
            if units:
                each = units // count
                composed.append(
                    CompositionLine(code=row.service_code, name=row.name, units=each, count=count)
                )
        steps += self._addition_steps(asked, visits)
        return Composition(
            code=code,
            lines=sorted(composed, key=lambda line: line.code != code),
            steps=steps,
            units=int(lines.service_units.sum()),
            base_steps=of_base,
        )

    def _values(self, visit: Visit) -> dict[str, np.ndarray]:
        values = {}
        for key, count in visit.additions.items():
            row = self._row(key)
            if count > row.largest_value:
                raise _refused(
                    "bad_value",
                    "count_of_visit",
                    key=self.table.named(key),
                    count=count,
                    most=row.largest_value,
                )
            services = {one.service for one in self.table.rows if one.key == key}
            if not services & {"both", visit.service} and count:
                raise _refused(
                    "not_for_service",
                    "not_for_service",
                    key=self.table.named(key),
                    service=named(visit.service),
                    fits=named(row.service),
                )
            if count:
                values[key] = np.array([count], dtype=np.int64)
        return values

    def _row(self, key: str) -> CodeRow:
        if key not in self.table.key_positions:
            raise VisitError(self.table.no_such_key(key))
        return self.table.row_of(key)

    def _refuse_conflicts(self, visits: MonthVisits) -> None:
        for met in conflicts(visits):
            if met.at.any():
                names = listed(map(self.table.named, compress(met.keys, met.has[:, 0])))
                raise _refused(
                    "conflicting_group",
                    "conflicting_of_visit",
                    keys=names,
                    group=met.group,
                )
        for keys, on_visit, in_claim in not_together(visits):
            if on_visit.any() or in_claim.any():
                one, other = map(self.table.named, keys)
                raise _refused("not_together", "not_together_of_visit", key=one, other=other)
        for key, needed, on_visit, in_claim in needing_others(visits):
            if on_visit.any() or in_claim.any():
                raise _refused(
                    "needs_other",
                    "needs_other_of_visit",
                    key=self.table.named(key),
                    needed=listed(map(self.table.named, needed)),
                )

    def _addition_steps(self, asked: MonthVisits, visits: MonthVisits) -> list[Step]:
        """Add up the additions, then the ratios, as the claim does."""
        language = self.language
        units = int(self.table.row_units[visits.base.item()])
        bases = base_rate_bases(visits)
        steps, ratios = [], []
        ordered = sorted(visits.keys, key=self.table.key_positions.__getitem__)
        for key in ordered:
            row = self._row(key)
            count = visits.values(key).item()
            if not count:
                stronger = next(one for one in row.yields if one in asked.keys)
                label = Text(
                    "{name}: gives way to {stronger}",
                    name=row.name,
                    stronger=Name(stronger, self._row(stronger).name),
                )
                steps.append(added(label.say(language), units, 0, self._place(row)))
            elif row.kind == "rate":
                ratios.append(key)
            else:
                times = f" × {count}" if count > 1 else ""
                each = int(self.table.row_units[self.table.key_positions[key]])
                more = each * (count if row.per in ("visit", "one_way") else 1)
                counted = f"{row.name} {each:+d}{times}"
                steps.append(added(counted, units, more, self._place(row)))
                units += more
        ratios.sort(key=lambda key: self.table.rates[key].basis != BASE_LINES)
        whole, rounding = units, rule_place("rounding", self.table.law_month)
        for key in ratios:
            of_base = self.table.rates[key].basis == BASE_LINES
            result = bases[key].units.item() if of_base else whole
            of = (
                Text("the base units, the visit taken as a whole month")
                if of_base
                else Text("all units, the visit taken as a whole month")
            )
            for less, taken_off in bases[key].reductions.items() if of_base else ():
                if taken_off.any():
                    label = Text("less {name}", name=self._row(less).name)
                    own = f"{self._row(key).name}: {label.say(language)}"
                    steps.append(added(own, result, taken_off.item(), rounding))
                    result, of = steps[-1].after, Text("that result")
            rows, ratios_of_rows = self.table.rate_rows(key), self.table.rates[key].per_mille
            for row, ratio in zip(rows, ratios_of_rows, strict=True):
                label = Text("{name}: {ratio} of {of}", name=row.name, ratio=percent(ratio), of=of)
                steps.append(rated(label.say(language), result, ratio, rounding))
                result, of = steps[-1].after, Text("that result")
            if of_base:
                whole += result
            row = self._row(key)
            steps.append(added(f"{row.name} {result:+d}", units, result, self._place(row)))
            units += result
        return steps

    def _place(self, row: CodeRow) -> str:
        return row_place(row, self.table.law_month).say(self.language)


def _refused(rule: Rule, text: TextId, **facts: object) -> VisitError:
    return VisitError(Message(rule, text, facts))

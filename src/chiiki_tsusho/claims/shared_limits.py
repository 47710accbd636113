"""One limit for one person: what somebody's claims at several providers come to together.

区分支給限度基準額 is of the person and the month (介護保険法 第43条). Where several providers serve
somebody, the care plan says how much of it each of them has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np

from chiiki_tsusho.claims.calendars import Calendars
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers, first_of_runs, summed
from chiiki_tsusho.reading.dense_ids import TupleIds
from chiiki_tsusho.records import record


@record
class OwnFigures:
    """What each of some claims has on its own, arrays of shape (claims,).

    Parameters
    ----------
    managed : ndarray of int64
        Units that count against the limit.
    level : ndarray of int64
        The highest care level of the month that can be read, 0 where none is given.
    plan : ndarray of int64
        計画単位数, 0 where there is none.
    general_plan : ndarray of bool
        Whether its plan stands in a row that is for every provider.
    doubt : ndarray of int64
        More units than what cannot be read of it may add.
    level_open : ndarray of bool
        Whether it has a visit whose level cannot be read.
    unsaid : ndarray of bool
        Whether what is registered of it is not known: its units may also be less.
    as_done : ndarray of int64
        Units that an earlier run claimed as they were done, be it by a plan or without one.
    """

    managed: Ints
    level: Ints
    plan: Ints
    general_plan: Flags
    doubt: Ints
    level_open: Flags
    unsaid: Flags
    as_done: Ints

    def taken(self, at: Flags) -> OwnFigures:
        """Return those of some of the claims."""
        return OwnFigures(*(getattr(self, one.name)[at] for one in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[OwnFigures]) -> OwnFigures:
        """Return those of several parts, one after the other."""
        return cls(
            *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls))
        )


@record
class ClaimsElsewhere:
    """Claims that are not computed here: of an earlier run, or that rows may make if put right.

    Arrays of shape (claims,).

    Parameters
    ----------
    month, insurer, insured : ndarray of int64
        Whose they are, as in the calendars.
    figures : OwnFigures
    """

    month: Ints
    insurer: Ints
    insured: Ints
    figures: OwnFigures

    @classmethod
    def beside(cls, calendars: Calendars, most: Sequence[int]) -> ClaimsElsewhere:
        """Return claims that rows may make, of persons who have others, if they are put right.

        Parameters
        ----------
        calendars : Calendars
        most : sequence of int
            More units than a visit may have, in each of the months.
        """
        _, insurer, insured, month = calendars.parts()
        persons = TupleIds(3)
        person = persons.ids(insurer, insured, month)
        # Rows that may be of a claim which is here count with that.
        rows = np.zeros(len(persons), dtype=np.int64)
        np.maximum.at(rows, person, calendars.beside)
        np.subtract.at(rows, person, calendars.apart(np.arange(len(person))))
        insurer, insured, month = (part[rows > 0] for part in persons.parts())
        none = np.zeros(len(month), dtype=np.int64)
        figures = OwnFigures(
            managed=none,
            level=none,
            plan=none,
            general_plan=none == 0,
            doubt=rows[rows > 0] * np.array(most, dtype=np.int64)[month],
            level_open=none == 0,
            unsaid=none > 0,
            as_done=none,
        )
        return cls(month, insurer, insured, figures)

    @classmethod
    def joined(cls, parts: Sequence[ClaimsElsewhere]) -> ClaimsElsewhere:
        """Return those of several parts, one after the other."""
        whose = zip(*((one.month, one.insurer, one.insured) for one in parts), strict=True)
        month, insurer, insured = map(np.concatenate, whose)
        return cls(month, insurer, insured, OwnFigures.joined([one.figures for one in parts]))


@record
class SharedLimits:
    """What is known of persons with several claims in a month, arrays of shape (claims,).

    Parameters
    ----------
    claims : ndarray of int64
        Their claims, ascending.
    number : ndarray of int64
        How many claims the person has in the month.
    level : ndarray of int64
        The highest care level of all of them.
    managed : ndarray of int64
        Managed units of all of them.
    plans : ndarray of int64
        The plans of all of them that serve one provider.
    general_plans : ndarray of int64
        On how many of them a plan for every provider would fall.
    doubt : ndarray of int64
        More units than what cannot be read of the others of them may add.
    level_open : ndarray of bool
        Whether one of them has a visit whose level cannot be read.
    unsaid : ndarray of bool
        Whether what is registered of one of them is not known.
    as_done : ndarray of int64
        Units of an earlier run that have their part of the limit, where it is passed, like plans.
    two_insurers : ndarray of bool
        Whether their insurer is written in two ways, with and without zeros in front.
    """

    claims: Ints
    number: Ints
    level: Ints
    managed: Ints
    plans: Ints
    general_plans: Ints
    doubt: Ints
    level_open: Flags
    unsaid: Flags
    as_done: Ints
    two_insurers: Flags

    def find(self, claims: Ints) -> tuple[Ints, Ints]:
        """Return which of some claims are here, and where.

        Returns
        -------
        at, place : ndarray of int64
            Positions in what was asked for and here.
        """
        place = np.searchsorted(self.claims, claims)
        here = np.flatnonzero(place < len(self.claims))
        here = here[self.claims[place[here]] == claims[here]]
        return here, place[here]


_NONE: Ints = np.zeros(0, dtype=np.int64)
_NO_FLAGS: Flags = np.zeros(0, dtype=bool)
NOTHING_SHARED = SharedLimits(
    _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NO_FLAGS, _NO_FLAGS, _NONE, _NO_FLAGS
)


def shared_limits(
    calendars: Calendars,
    figures: Callable[[int, Ints], OwnFigures],
    elsewhere: ClaimsElsewhere | None,
    alike: Ints,
) -> SharedLimits:
    """Find the persons with several claims in a month, and what these come to together.

    Parameters
    ----------
    calendars : Calendars
        All visits are entered.
    figures : callable
        Takes the number of a month and some of its claims, and returns what each has on its own.
    elsewhere : ClaimsElsewhere, optional
        Claims of the same persons that are not computed here.
    alike : ndarray of int64, shape (insurers,)
        For the id of each insurer the first one that names the same.
    """
    pair, insured = calendars.claim_parts()
    # Most numbers stand in one claim: to sort them takes less than to tell tuples apart.
    ordered = np.sort(insured)
    several = ordered[1:][ordered[1:] == ordered[:-1]]
    if elsewhere is not None:
        several = np.concatenate([several, elsewhere.insured])
    if not len(several):
        return NOTHING_SHARED
    claims = np.flatnonzero(np.isin(insured, several))
    _, insurer, month = calendars.pair_parts()
    # Of which month and insurer a pair is; several providers share it.
    areas, persons_met = TupleIds(2), TupleIds(2)
    area = areas.ids(alike[insurer], month)
    person = persons_met.ids(area[pair[claims]], insured[claims])
    of_others, written_of_others, figures_of_others = _NONE, _NONE, None
    if elsewhere is not None:
        its_area = areas.find(alike[elsewhere.insurer], elsewhere.month)
        of_others = persons_met.find(its_area, elsewhere.insured)
        figures_of_others = elsewhere.figures.taken(of_others >= 0)
        written_of_others = elsewhere.insurer[of_others >= 0]
        of_others = of_others[of_others >= 0]
    number = np.bincount(np.concatenate([person, of_others]))
    shared = np.flatnonzero(number[person] > 1)
    if not len(shared):
        return NOTHING_SHARED
    shared = shared[np.argsort(month[pair[claims[shared]]], kind="stable")]
    claims, person = claims[shared], person[shared]
    written = insurer[pair[claims]]
    own = _month_by_month(claims, month[pair[claims]], figures)
    own_doubt = own.doubt
    order = np.argsort(claims)
    if figures_of_others is not None:
        # It is told of the claims of this run alone.
        own = OwnFigures.joined([own, figures_of_others])
        person = np.concatenate([person, of_others])
        written = np.concatenate([written, written_of_others])
    person = np.searchsorted(distinct_numbers(person), person)
    return _together(claims[order], (person, written), order, own, own_doubt[order])


def _month_by_month(
    claims: Ints, month: Ints, figures: Callable[[int, Ints], OwnFigures]
) -> OwnFigures:
    """Return what each of some claims, which are in the order of their months, has on its own."""
    first = np.flatnonzero(first_of_runs(month))
    of_month = zip(month[first].tolist(), np.split(claims, first[1:]), strict=True)
    return OwnFigures.joined([figures(one, some) for one, some in of_month])


def _together(
    claims: Ints, whose: tuple[Ints, Ints], order: Ints, own: OwnFigures, own_doubt: Ints
) -> SharedLimits:
    """Sum what the claims of each person come to, and say it of the claims of this run.

    Parameters
    ----------
    claims, order, own_doubt : ndarray of int64, shape (claims,)
        The claims told of, ascending; where each stands among all; its own doubt.
    whose : tuple of ndarray of int64, shape (all claims,)
        The persons, numbers from 0 on, and their insurers as they are written.
    own : OwnFigures
        Of all claims.
    """
    person, written = whose
    persons = int(person.max()) + 1

    def total(values: Ints | Flags) -> Ints:
        of_claims: Ints = summed(values, person, persons)[person[order]]
        return of_claims

    general_plans = total(own.general_plan)
    # A plan for every provider that falls on one of them alone is that one's.
    of_one, of_any = (total(own.plan * which) for which in (~own.general_plan, own.general_plan))
    level: Ints = np.zeros(persons, dtype=np.int64)
    np.maximum.at(level, person, own.level)
    one_of_them: Ints = np.zeros(persons, dtype=np.int64)
    one_of_them[person] = written
    return SharedLimits(
        claims,
        number=total(np.ones(len(person), dtype=np.int64)),
        level=level[person[order]],
        managed=total(own.managed),
        plans=of_one + np.where(general_plans == 1, of_any, 0),
        general_plans=general_plans,
        doubt=total(own.doubt) - own_doubt,
        level_open=total(own.level_open) > 0,
        unsaid=total(own.unsaid) > 0,
        as_done=total(own.as_done),
        two_insurers=total(one_of_them[person] != written) > 0,
    )

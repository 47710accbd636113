"""Whose claims are not computed, why, and about what they would come to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Ints, distinct_numbers, summed
from chiiki_tsusho.records import record
from chiiki_tsusho.reports.batch_folder import Held
from chiiki_tsusho.reports.number_table import NumberTable, alike, groups, objects, texts_of
from chiiki_tsusho.reports.ranking import Ranked, Record, first_rows

HELD_SHOWN = 30
_MEASURES = ("visits", "units", "yen", "without_units", "without_yen")


@record
class HeldClaims:
    """The claims that are not computed.

    Parameters
    ----------
    table : Ranked
        A row per claim: its key, ``visits``, ``units`` and ``yen`` by estimate (0 where
        ``without_units`` or ``without_yen`` is 1), ``rules``, ``problems`` of its own.
    first : list of Record or None
        The first problem of each row that is shown.
    """

    table: Ranked
    first: list[Record | None]

    @property
    def months(self) -> int:
        """Of how many months they are."""
        return len(distinct_numbers(self.table.table["service_month"]))


def held_claims(held: Held, claims: NumberTable, problems: pa.Table) -> HeldClaims:
    """Say of each claim that is not computed why, and estimate what is lacking.

    Parameters
    ----------
    held : Held
    claims : NumberTable
        Those that were computed, with ``unknown_yen``.
    problems : pyarrow.Table
    """
    table = _with_reasons(_estimated(held.by_claim, claims), _errors(problems))
    # First the claims with an error of their own: their correction frees the others.
    own = table["problems"] > 0
    table = table.take(np.lexsort((table.order("insured_no"), -table["visits"], ~own)))
    ranked = first_rows(table, HELD_SHOWN, _MEASURES)
    shown = table["first"][: len(ranked.rows)]
    found = iter(problems.take(of_numbers(shown[shown >= 0])).to_pylist())
    return HeldClaims(ranked, [next(found) if at >= 0 else None for at in shown.tolist()])


def _estimated(by_claim: NumberTable, claims: NumberTable) -> NumberTable:
    """Estimate units and yen: the visits times the mean of the provider's computed ones."""
    months = distinct_numbers(claims["service_month"])
    computed = claims.also(
        {"service_month": np.searchsorted(months, claims["service_month"])},
        {"service_month": objects([str(month) for month in months.tolist()])},
    )
    here, there = alike([by_claim, computed], ("service_month", "provider_no"))
    providers = 1 + max(here.max(initial=0), there.max(initial=0))
    visits = by_claim["visits"]
    columns: dict[str, Ints] = {}
    for name, known in (("units", 1), ("yen", 1 - claims["unknown_yen"])):
        amount = summed(claims[f"total_{name}"], there, providers)[here]
        computed_visits = summed(claims["visits"] * known, there, providers)[here]
        unknown = computed_visits == 0
        share = np.where(unknown, 1, computed_visits)
        # Half up, in integers.
        columns[name] = np.where(unknown, 0, (2 * visits * amount + share) // (2 * share))
        columns[f"without_{name}"] = unknown.astype(np.int64)
    return by_claim.also(columns)


def _errors(problems: pa.Table) -> NumberTable:
    """Return rule and claim of each problem that holds, blank where it is not known."""
    texts = {name: texts_of(problems[name]) for name in ("severity", "rule", *CLAIM_KEY_NAMES)}
    table = NumberTable.of_coded(texts).also({"at": np.arange(len(problems))})
    return table.take((table.words["severity"] == "error")[table["severity"]])


def _with_reasons(table: NumberTable, errors: NumberTable) -> NumberTable:
    """Find the problems that hold each claim: its own, or those of rows that may be of it.

    A problem concerns the claims that agree with what is known of whose it is; one of which
    nothing is known may concern every claim.
    """
    known = [(errors.words[name] != "")[errors[name]] for name in CLAIM_KEY_NAMES]
    pattern = np.array(known).T @ (1 << np.arange(len(CLAIM_KEY_NAMES)))
    claim, rule, at, size, own = np.hstack(
        [np.zeros((5, 0), dtype=np.int64)]
        + [
            _reasons(table, errors.take(pattern == bits), bits)
            for bits in distinct_numbers(pattern[pattern > 0]).tolist()
        ]
    )
    order = np.lexsort((at, -own, claim))
    claim, rule, at, size, own = (one[order] for one in (claim, rule, at, size, own))
    first = np.full(len(table), UNKNOWN)
    # Written backwards, so that the first problem of a claim is the one that stays.
    first[claim[own > 0][::-1]] = at[own > 0][::-1]
    once = np.sort(groups([claim, rule])[1])
    names = errors.words["rule"][rule[once]].tolist()
    ends = np.searchsorted(claim[once], np.arange(len(table) + 1)).tolist()
    of_any = errors.take(pattern == 0)
    rules_of_any = tuple(of_any.take(np.sort(groups([of_any["rule"]])[1])).cells("rule"))
    rules = [tuple(names[begin:end]) or rules_of_any for begin, end in pairwise(ends)]
    return table.also(
        {
            "rules": np.arange(len(table)),
            "problems": summed(size * own, claim, len(table)),
            "first": first,
        },
        {"rules": objects(rules)},
    )


def _reasons(table: NumberTable, errors: NumberTable, bits: int) -> Ints:
    """Join claims with errors of which the same is known.

    Returns
    -------
    ndarray of int64, shape (5, reasons)
        Claim, rule, the first such error, how many, and whether nothing of the claim is unknown.
    """
    columns = [name for at, name in enumerate(CLAIM_KEY_NAMES) if bits >> at & 1]
    here, there = alike([table, errors], columns)
    kind, first = groups([there, errors["rule"]])
    low, high = (np.searchsorted(there[first], here, side) for side in ("left", "right"))
    claim = np.repeat(np.arange(len(table)), high - low)
    met = np.repeat(high - np.cumsum(high - low), high - low) + np.arange(len(claim))
    error = first[met]
    return np.array(
        [
            claim,
            errors["rule"][error],
            errors["at"][error],
            np.bincount(kind)[met],
            np.full(len(claim), len(columns) == len(CLAIM_KEY_NAMES)),
        ]
    )

"""Whose claims are not computed, why, and about what they would come to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.reports.batch_folder import Held
from chiiki_tsusho.reports.ranking import Ranked, Record, first_rows

HELD_SHOWN = 30
KEY = ["service_month", "provider_no", "insurer_no", "insured_no"]
_MEASURES = ("visits", "units", "yen", "without_units", "without_yen")


@dataclass(frozen=True)
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
        return int(self.table.frame["service_month"].nunique())


def held_claims(held: Held, claims: pd.DataFrame, problems: pa.Table) -> HeldClaims:
    """Say of each claim that is not computed why, and estimate what is lacking.

    Parameters
    ----------
    held : Held
    claims : DataFrame
        Those that were computed, with ``unknown_yen``.
    problems : pyarrow.Table
    """
    frame = _estimated(held.by_claim, claims)
    frame = _with_reasons(frame, _errors(problems))
    # First the claims with an error of their own: their correction frees the others.
    frame = frame.sort_values(["visits", "insured_no"], ascending=[False, True])
    frame = frame.sort_values("problems", ascending=False, key=lambda one: one > 0, kind="stable")
    table = first_rows(frame, HELD_SHOWN, _MEASURES)
    shown = [int(row["first"]) for row in table.rows]
    found = problems.take(pa.array([at for at in shown if at >= 0], pa.int64())).to_pylist()
    taken = iter(found)
    return HeldClaims(table, [next(taken) if at >= 0 else None for at in shown])


def _estimated(by_claim: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Estimate units and yen: the visits times the mean of the provider's computed ones."""
    known = claims[claims["unknown_yen"] == 0]
    of = ["service_month", "provider_no"]
    means = []
    for name, computed in (("units", claims), ("yen", known)):
        mean = computed.groupby(of, observed=True)[["visits", f"total_{name}"]].sum()
        means.append(mean.rename(columns={"visits": f"{name}_of", f"total_{name}": name}))
    table = pd.concat(means, axis=1).reset_index().astype(dict.fromkeys(of, str))
    frame = by_claim.astype(dict.fromkeys(of, str)).merge(table, on=of, how="left")
    visits = frame["visits"].to_numpy()
    for name in ("units", "yen"):
        amount = frame[name].fillna(0).to_numpy(np.int64)
        computed_visits = frame[f"{name}_of"].fillna(0).to_numpy(np.int64)
        unknown = computed_visits == 0
        share = np.where(unknown, 1, computed_visits)
        # Half up, in integers.
        frame[name] = np.where(unknown, 0, (2 * visits * amount + share) // (2 * share))
        frame[f"without_{name}"] = unknown.astype(np.int64)
    return frame.drop(columns=["units_of", "yen_of"])


def _errors(problems: pa.Table) -> pd.DataFrame:
    """Return rule and claim of each problem that holds, blank where it is not known."""
    frame = pd.DataFrame(
        {
            name: problems[name].cast(pa.string()).fill_null("").to_pandas()
            for name in ("severity", "rule", *KEY)
        }
    )
    frame["at"] = np.arange(len(frame))
    return frame[frame["severity"] == "error"]


def _with_reasons(frame: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Find the problems that hold each claim: its own, or those of rows that may be of it.

    A problem concerns the claims that agree with what is known of whose it is; one of which
    nothing is known may concern every claim.
    """
    frame = frame.assign(claim=np.arange(len(frame)))
    found = []
    known = errors[KEY].map(bool)
    pattern = known.to_numpy() @ (1 << np.arange(len(KEY)))
    for bits in np.unique(pattern[pattern > 0]).tolist():
        group = errors[pattern == bits]
        columns = [name for at, name in enumerate(KEY) if bits >> at & 1]
        counted = group.groupby([*columns, "rule"], sort=False)["at"].agg(["min", "size"])
        reasons = frame[["claim", *columns]].merge(counted.reset_index(), on=columns)
        found.append(reasons[["claim", "rule", "min", "size"]].assign(own=len(columns) == len(KEY)))
    blank = {"claim": "int64", "rule": "str", "min": "int64", "size": "int64", "own": "bool"}
    reasons = pd.concat(
        [pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in blank.items()}), *found]
    )
    reasons = reasons.sort_values(["claim", "own", "min"], ascending=[True, False, True])
    own = reasons[reasons["own"]]
    by_claim = reasons.drop_duplicates(["claim", "rule"]).groupby("claim")
    of_any = tuple(errors.loc[pattern == 0, "rule"].drop_duplicates())
    rules = by_claim["rule"].agg(tuple).reindex(frame["claim"])
    return frame.assign(
        rules=pd.Series(
            [one if isinstance(one, tuple) else of_any for one in rules],
            index=frame.index,
            dtype=object,
        ),
        problems=own.groupby("claim")["size"]
        .sum()
        .reindex(frame["claim"])
        .fillna(0)
        .astype("int64")
        .to_numpy(),
        first=own.groupby("claim")["min"]
        .first()
        .reindex(frame["claim"])
        .fillna(-1)
        .astype("int64")
        .to_numpy(),
    ).drop(columns="claim")

"""Whether claims can go into a claim file: all that is missing or inconsistent, by claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chiiki_tsusho.columns import CLAIM_KEY_NAMES, HEADINGS, INSURER_PLACES
from chiiki_tsusho.exchange_files.dates import days_left
from chiiki_tsusho.exchange_files.layout import layout
from chiiki_tsusho.exchange_files.persons import PersonCells, expected_of
from chiiki_tsusho.exchange_files.sheets import WITH_MANAGER
from chiiki_tsusho.exchange_files.statements import (
    ALWAYS,
    StatedClaims,
    laws_of_claims,
    month_bounds,
    stated_keys,
    stated_of_persons,
)
from chiiki_tsusho.language import Counted, Language, Name, Sayable, Text
from chiiki_tsusho.law.prices_and_limits import benefit_limits
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, flagged

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

COLUMNS = (*CLAIM_KEY_NAMES, "column", "rule", "message")
_BLANK = Text("blank; the statement needs it")


class ClaimProblems:
    """What keeps claims out of a claim file.

    Parameters
    ----------
    claims : DataFrame
        With the four identifying columns, on an index from 0.
    """

    def __init__(self, claims: pd.DataFrame) -> None:
        self._claims = claims
        self._found: list[tuple[Ints, str, str, Sayable]] = []

    def __len__(self) -> int:
        """Count the problems."""
        return sum(len(at) for at, *_ in self._found)

    def add(self, where: Flags, column: str, rule: str, message: Sayable) -> None:
        """Add a problem of some claims; no value of a person is told."""
        if where.any():
            self._found.append((np.flatnonzero(where), column, rule, message))

    def summary(self) -> Sayable:
        """Say how many there are, and the first of them."""
        frame = self.frame("en")
        first = frame.iloc[0]
        column = first["column"]
        return Text(
            "no claim file is written: {problems} of {claims}; first: {month} {provider} "
            "{insurer} {insured}, {column}",
            problems=Counted("{n:,} problem", "{n:,} problems", len(self)),
            claims=Counted(
                "{n:,} claim", "{n:,} claims", len(frame[CLAIM_KEY_NAMES].drop_duplicates())
            ),
            month=first["service_month"],
            provider=first["provider_no"],
            insurer=first["insurer_no"],
            insured=first["insured_no"],
            column=Name(column, f"{HEADINGS.get(column, column)}({column})"),
        )

    def frame(self, language: Language = "en") -> pd.DataFrame:
        """List the problems by claim and column."""
        parts: list[pd.DataFrame] = []
        for at, column, rule, message in self._found:
            part: Any = self._claims.loc[at, CLAIM_KEY_NAMES]
            # An office knows its column by the heading, which a message in English has in the key.
            of = f"{HEADINGS.get(column, column)}: " if language == "ja" else ""
            parts.append(part.assign(column=column, rule=rule, message=of + message.say(language)))
        whole = pd.concat(parts) if parts else pd.DataFrame(columns=list(COLUMNS))
        return whole.sort_values([*CLAIM_KEY_NAMES, "column"], kind="stable", ignore_index=True)


def checked(
    claims: pd.DataFrame, lines: pd.DataFrame, cells: PersonCells, problems: ClaimProblems
) -> StatedClaims:
    """Check claims and persons, and put them together.

    Parameters
    ----------
    claims, lines : DataFrame
        ``lines`` has ``claim``, ``unit_item`` and ``level`` of `StatedClaims`.
    cells : PersonCells
    problems : ClaimProblems
        Receives all that is missing or inconsistent.
    """
    whole = StatedClaims(claims, lines, cells, laws_of_claims(claims, cells))
    problems.add(
        cells.missing, "insured_no", "unknown_recipient",
        Text("the file of recipients has no row of this person"),
    )  # fmt: skip
    problems.add(
        cells.wrong, "insured_no", "bad_value",
        Text("the row of this person in the file of recipients is doubled or has a wrong cell"),
    )  # fmt: skip
    there = ~cells.missing & ~cells.wrong
    _check_cells(whole, there, problems)
    _check_dates(whole, there, problems)
    _check_claims(whole, problems)
    _check_lengths(whole, problems)
    return whole


def _check_cells(whole: StatedClaims, there: Flags, problems: ClaimProblems) -> None:
    texts, public = whole.cells.texts, whole.public
    for name, bad in whole.cells.unreadable.items():
        if bad.any():
            problems.add(bad & there, name, "bad_value", expected_of(name))

    def need(name: str, wanted: Flags) -> None:
        # Zeros alone say no more than a blank.
        blank = (np.char.strip(texts[name], "0") == "") & ~whole.cells.unreadable[name]
        problems.add(there & wanted & blank, name, "missing_value", _BLANK)

    everyone = np.ones(len(public), dtype=bool)
    for name in ALWAYS:
        need(name, everyone)
    need("care_manager_no", np.isin(texts["care_plan_by"], WITH_MANAGER))
    need("public_payer_no", public)
    need("public_recipient_no", public)
    law = np.char.zfill(whole.law.astype(str), 2)
    payer = texts["public_payer_no"].astype("U2")
    problems.add(
        there & public & (payer != "") & (payer != law), "public_payer_no", "inconsistent",
        Text("the first two digits must be the law of the public funds (public_law)"),
    )  # fmt: skip
    insurer = stated_keys(whole.claims)["insurer_no"].to_numpy(dtype=str)
    facility = texts["facility_insurer_no"]
    own = (facility != "") & (np.char.zfill(facility, INSURER_PLACES) == insurer)
    problems.add(
        there & own, "facility_insurer_no", "inconsistent",
        Text("the person's own insurer; 住所地特例 is of a facility in another municipality: leave "
             "it blank for others"),
    )  # fmt: skip


def _check_dates(whole: StatedClaims, there: Flags, problems: ClaimProblems) -> None:
    texts = whole.cells.texts
    first, last = month_bounds(whole.claims)
    stated = stated_of_persons(whole)
    started, stopped = stated["started_on"], stated["stopped_on"]
    begins, ends = texts["certified_from"], texts["certified_to"]
    outside = (begins > last) | (ends < first) | (ends < begins)
    problems.add(
        there & (begins != "") & (ends != "") & outside,
        "certified_from", "inconsistent",
        Text("the certification does not reach into the month of service"),
    )  # fmt: skip
    problems.add(
        there & (texts["birth_date"] > last), "birth_date", "inconsistent",
        Text("the person would be born after the month of service"),
    )  # fmt: skip
    problems.add(
        there & (stopped != "") & (texts["stop_reason"] == "")
        & ~whole.cells.unreadable["stop_reason"],
        "stop_reason", "missing_value", _BLANK,
    )  # fmt: skip
    problems.add(
        there & (started != "") & (stopped != "") & (stopped < started),
        "stopped_on", "inconsistent", Text("the service stops before it starts"),
    )  # fmt: skip
    under_this, under_any = days_left(
        whole.claims["service_month"].to_numpy(dtype=np.int64),
        *(
            np.where(texts[name] == "", "0", texts[name]).astype(np.int64)
            for name in ("started_on", "stopped_on", "certified_from", "certified_to")
        ),
    )
    # Where the level changes within the month, another certification holds before.
    left = np.where(whole.level_changes, under_any, under_this)
    problems.add(
        there & (whole.number("days") > left), "days", "inconsistent",
        Text("there are more days of service than the certification, start and stop leave"),
    )  # fmt: skip


def _check_claims(whole: StatedClaims, problems: ClaimProblems) -> None:
    claims = whole.claims

    def blank(name: str) -> Flags:
        return claims[name].isna().to_numpy(dtype=bool)

    problems.add(
        blank("unit_price"), "area_grade", "missing_value",
        Text("the claim has no yen: compute it with providers that have area_grade"),
    )  # fmt: skip
    problems.add(
        ~blank("unit_price") & blank("total_yen"), "benefit_rate", "missing_value",
        Text("the claim has no yen: compute it with recipients that have benefit_rate"),
    )  # fmt: skip
    problems.add(
        ~blank("benefit_rate") & (whole.number("benefit_rate") == 0) & ~whole.uninsured,
        "benefit_rate", "inconsistent",
        Text("0; the insurance pays nothing, and the statement of an insured person has a rate"),
    )  # fmt: skip
    no_level = blank("care_level") & (whole.cells.texts["care_level"] == "")
    problems.add(
        no_level, "care_level", "missing_value",
        Text("no visit of the month has a care level; give it in the file of recipients"),
    )  # fmt: skip
    # Of 療養通所介護 a claim may be computed without a level; the statement states one.
    months = claims["service_month"].to_numpy(dtype=np.int64)
    service, of_claim = np.unique(months, return_inverse=True)
    limits = np.stack([benefit_limits(one) for one in service.tolist()])
    limit = limits[of_claim, whole.care_level]
    problems.add(
        blank("care_level") & (limit != UNKNOWN) & (whole.number("planned_units") > limit),
        "care_level", "inconsistent",
        Text("the claim was computed without a care level, and its units are above the limit of "
             "the level in the file of recipients; write the level in the visits and compute the "
             "claim again"),
    )  # fmt: skip
    problems.add(
        whole.number("benefit_units") < 0, "planned_units", "inconsistent",
        Text("the plan is less than what is taken off outside the limit (同一建物減算), so that "
             "the claim is below 0; correct the plan and compute the claim again"),
    )  # fmt: skip
    _check_against_recipients(whole, problems)
    doubled = stated_keys(claims).duplicated(keep=False).to_numpy(dtype=bool)
    problems.add(
        doubled, "insurer_no", "inconsistent",
        Text("the person has two claims of this month whose insurers differ only in zeros in "
             "front; write the insurer in one way"),
    )  # fmt: skip


def _check_against_recipients(whole: StatedClaims, problems: ClaimProblems) -> None:
    """Find claims that were computed with other recipients than those given."""
    cells, again = whole.cells, Text("compute the claims again with these recipients")
    funded = whole.number("public_units") > 0
    problems.add(
        funded & (cells.public_law == 0) & ~whole.uninsured, "public_law", "inconsistent",
        Text("the claim has public funds and the row of recipients has none; give the recipients "
             "that the claim was computed with"),
    )  # fmt: skip
    unused = (cells.public_law > 0) & cells.public_all_month & ~funded
    problems.add(
        unused & (whole.number("benefit_units") > 0), "public_law", "inconsistent",
        Text("the row of recipients has public funds and the claim has none; {again}", again=again),
    )  # fmt: skip
    for name, given in (
        ("benefit_rate", cells.benefit_rate),
        ("planned_units", cells.planned_units),
    ):
        claimed = whole.claims[name].fillna(UNKNOWN).to_numpy(dtype=np.int64)
        problems.add(
            (given != UNKNOWN) & (claimed != given), name, "inconsistent",
            Text("the claim was computed with another value; {again}", again=again),
        )  # fmt: skip


def _check_lengths(whole: StatedClaims, problems: ClaimProblems) -> None:
    """Find figures that are longer than their item."""
    claim = whole.lines["claim"].to_numpy(dtype=np.int64)
    for record, names in (
        ("7131-02", ("unit_item", "count", "service_units")),
        ("7131-10", ("days", "planned_units", "managed_units", "unmanaged_units", "unit_price")),
    ):
        for name in names:
            item = layout()[record].by_name[name.replace("unit_item", "units")]
            if record == "7131-02":
                values = whole.lines[name].to_numpy(dtype=np.int64)
            else:
                values = whole.number(name)
            long = np.char.str_len(values.astype(str)) > item.length
            if record == "7131-02":
                long = flagged(claim[long], len(whole.claims))
            problems.add(
                long, item.name, "too_long",
                Text("longer than item {item} of the statement, which has {length} places",
                     item=f"{record}-{item.item}", length=item.length),
            )  # fmt: skip

"""The list of members of a council: whether it was filed after it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from datetime import date
from typing import Any

from chiiki_tsusho.duties.cases import OfficeCase
from chiiki_tsusho.duties.findings import Finding
from chiiki_tsusho.duties.periods import done_by
from chiiki_tsusho.duties.rules import DutyRule
from chiiki_tsusho.language import Counted, Text


def unfiled(rows: Sequence[dict[str, Any]], on: date, *, changes: bool) -> int:
    """Count entries that no filed list shows.

    Parameters
    ----------
    rows : sequence of dict
        The members of one provider.
    on : date
    changes : bool
        Whether each change is filed; else one list is enough.
    """
    begun = [row for row in rows if row["from"] is None or row["from"] <= on]
    if not changes:
        filed = any(done_by(row["filed_on"], on) for row in begun)
        return 0 if filed else len(begun)
    return sum(1 for row in begun if _changed_since(row, on))


def _changed_since(row: dict[str, Any], on: date) -> bool:
    """Say whether a member came or left after the last list that shows it."""
    filed = done_by(row["filed_on"], on)
    left = row["to"] is not None and row["to"] < on
    return filed is None or (left and filed < row["to"])


def open_entries(
    cases: Sequence[OfficeCase], rows: Sequence[dict[str, Any]]
) -> Iterator[tuple[OfficeCase, int | None, DutyRule | None]]:
    """Count the entries of each office's list that are to be filed; yield the rule as well.

    None where the list that a rule asks for has no entry at all.
    """
    lists: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        lists.setdefault(row["provider_no"], []).append(row)
    for case in cases:
        if case.office.gone(case.on):
            continue
        rule = case.rule("member_list")
        own = lists.get(case.office.provider_no, [])
        changes = rule is not None and rule.value == "when_decided_and_changed"
        count = unfiled(own, case.on, changes=changes) if own else None
        yield case, 0 if rule is None else count, rule


def first_list_by(case: OfficeCase) -> date | None:
    """Return the day by which a town wanted the first list, None where it names none.

    It was said to those designated by then.
    """
    rule = case.rule("member_list_first_filed_by")
    begun = case.office.designated_on
    return None if rule is None or (begun is not None and begun > rule.day) else rule.day


def member_findings(
    cases: Sequence[OfficeCase], rows: Sequence[dict[str, Any]]
) -> Iterator[Finding]:
    """Find lists of members that were not filed; no cell of the list is told."""
    for case, count, rule in open_entries(cases, rows):
        if count is None:
            yield Finding(
                "unclear",
                "members_not_filed",
                Text("the list of members has no entry of this office"),
                Text("add its members"),
                case.office.provider_no,
                law=rule,
            )
        elif count:
            until = first_list_by(case)
            yield Finding(
                "due" if until and case.on <= until else "late",
                "members_not_filed",
                Counted(
                    "{n} entry of the list of members is not filed",
                    "{n} entries of the list of members are not filed",
                    count,
                ),
                Text(
                    "file the list ('duties write members'); names may follow where they are open"
                ),
                case.office.provider_no,
                date=until,
                law=rule,
            )


def stray_members(rows: Sequence[dict[str, Any]], providers: Set[str]) -> Iterator[Finding]:
    """Find entries of providers that are no office.

    The number is a cell of the list and not told: in a shifted row it may be a telephone's.
    """
    count = sum(row["provider_no"] not in providers for row in rows)
    if count:
        yield Finding(
            "unclear",
            "unknown_office",
            Counted(
                "{n} entry of the list of members is of a provider that the register of offices "
                "does not have",
                "{n} entries of the list of members are of providers that the register of offices "
                "does not have",
                count,
            ),
            Text("add the office, or correct the provider number"),
        )

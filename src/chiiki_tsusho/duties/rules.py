"""The rules of councils and filings: dated rows of the law and of municipalities."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.periods import given_day
from chiiki_tsusho.duties.services import authority_key, care_services, service_names
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.table_files import Fault, NumberedRow, law_file, typed_table

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

LAW = "law"
EVERY_SERVICE = "*"
Force = Literal["law", "bylaw", "guide", "reading"]
# No longer number of months, years or meetings means anything.
_NUMBER = re.compile("[0-9]{1,5}")
# How far "about" goes beyond an interval, by the months of that.
_GRACE = re.compile(r"grace_months_of_[0-9]{1,5}")
_WHOLE = frozenset(
    {
        "interval_months",
        "meetings_per_year",
        "outsiders_min",
        "publish_months",
        "notice_months_before",
        "report_months",
        "absentee_months",
        "retention_years",
    }
)
_DAYS = frozenset({"member_list_first_filed_by"})
# Of these no other value is known.
_VALUES = {
    "council": ("management", "care_medical", "none"),
    "mode": ("in_person", "online", "written"),
    "joint_max_share": ("1/2",),
    "report_waived_by": ("municipality_present",),
    "member_list": ("when_decided_and_changed", "designation_and_renewal"),
}


# What is no day is told as it is of every other one, in both languages.
Day = Annotated[date, BeforeValidator(given_day)]


class DutyRule(BaseModel):
    """A rule: whose it is, for which service and days, how strong and where it stands."""

    model_config = ConfigDict(frozen=True)

    authority: str
    service: str
    key: str
    valid_from: Day
    valid_to: Day
    value: str
    force: Force
    place: str
    source: str
    confidence: Literal["high", "medium"]

    @property
    def number(self) -> int:
        """The value of a rule that is a number."""
        return int(self.value)

    @property
    def day(self) -> date:
        """The value of a rule that is a day."""
        return date.fromisoformat(self.value)

    def holds(self, day: date) -> bool:
        """Say whether the rule is in force on a day."""
        return self.valid_from <= day <= self.valid_to


# Names and 見出し of the columns of rules.
COLUMNS = {
    "authority": "根拠の主体",
    "service": "サービス区分",
    "key": "項目",
    "valid_from": "適用開始日",
    "valid_to": "適用終了日",
    "value": "値",
    "force": "根拠の強さ",
    "place": "根拠の箇所",
    "source": "出典",
    "confidence": "確度",
}


class RuleBook:
    """All rules; of two that could answer, the authority's own comes before the law's.

    Parameters
    ----------
    rows : sequence of DutyRule
        A later row takes the place of an earlier one of the same authority, service and key.
    """

    def __init__(self, rows: Sequence[DutyRule]) -> None:
        self.rows = list(rows)
        self._by: dict[tuple[str, str, str], list[DutyRule]] = {}
        for row in self.rows:
            self._by.setdefault((row.authority, row.service, row.key), []).append(row)
        self.authorities = {row.authority for row in self.rows} - {LAW}

    def of(self, authority: str, service: str, key: str, day: date) -> list[DutyRule]:
        """Return the rules of one authority alone that are in force on a day."""
        for asked in (service, EVERY_SERVICE):
            rows = self._by.get((authority, asked, key), [])
            found = [row for row in rows if row.holds(day)]
            if found:
                return found
        return []

    def all(self, authority: str, service: str, key: str, day: date) -> list[DutyRule]:
        """Return the authority's rules, else those of the law."""
        own = self.of(authority, service, key, day)
        return own or self.of(LAW, service, key, day)

    def one(self, authority: str, service: str, key: str, day: date) -> DutyRule | None:
        """Return the rule that decides, None where there is none."""
        return next(iter(reversed(self.all(authority, service, key, day))), None)

    def first_day(self, service: str, key: str) -> date | None:
        """Return the first day on which the law has a rule."""
        rows = self._by.get((LAW, service, key)) or self._by.get((LAW, EVERY_SERVICE, key), [])
        return min((row.valid_from for row in rows), default=None)


def _faults(rows: list[NumberedRow[DutyRule]], keys: Collection[str] | None) -> Iterator[Fault]:
    for one in rows:
        row = one.row
        grace = _GRACE.fullmatch(row.key) is not None
        if keys is not None and row.key not in keys and not grace:
            # It would be read by no check, without a word.
            near = get_close_matches(row.key, keys, n=1)
            hint = Text("; did you mean {near!r}?", near=near[0]) if near else ""
            yield one.fault("key", Text("an unknown key{hint}", hint=hint))
        if row.valid_to < row.valid_from:
            yield one.fault("valid_to", Text("before valid_from"))
        if row.service != EVERY_SERVICE and row.service not in care_services():
            yield one.fault("service", Text("an unknown service"))
        if row.key in _WHOLE or grace:
            if not _NUMBER.fullmatch(row.value):
                yield one.fault("value", Text("a whole number was expected"))
            elif row.key == "interval_months" and not row.number:
                yield one.fault("value", Text("a month at least was expected"))
        if row.key in _DAYS:
            try:
                given_day(row.value)
            except ChiikiTsushoError as error:
                yield one.fault("value", Text("{why}", why=error))
        known = _VALUES.get(row.key)
        if known and row.value not in known:
            yield one.fault("value", Text("the values known are: {known}", known=", ".join(known)))


def _read(path: Path, keys: Collection[str] | None = None) -> list[DutyRule]:
    rows = typed_table(path, DutyRule, lambda rows: _faults(rows, keys))
    return [one.row for one in rows]


@cache
def _bundled() -> RuleBook:
    return RuleBook(_read(law_file("duty_rules.csv")))


def rule_book(rules: str | Path | RuleBook | None = None) -> RuleBook:
    """Return the bundled rules, with those of a file beside them.

    Parameters
    ----------
    rules : path-like or RuleBook, optional
        In the layout of ``data/duty_rules.csv``. A row takes the place of the bundled rows of the
        same authority, service and key.

    Raises
    ------
    TableError
        The file cannot be read, or a row is wrong; every fault is named.
    """
    if rules is None:
        return _bundled()
    if isinstance(rules, RuleBook):
        return rules
    added = [
        row.model_copy(update={"authority": authority_key(row.authority)})
        for row in _read(Path(rules), {row.key for row in _bundled().rows})
    ]
    replaced = {(row.authority, row.service, row.key) for row in added}
    kept = [row for row in _bundled().rows if (row.authority, row.service, row.key) not in replaced]
    return RuleBook([*kept, *added])


def service_key(text: str) -> str:
    """Return the key of a service by key or name.

    Raises
    ------
    ChiikiTsushoError
        There is no such service.
    """
    try:
        return service_names()[str(text).strip()]
    except KeyError:
        raise ChiikiTsushoError(
            Text(
                "{service!r} is not a service; write its key or its name, such as day_care or "
                "地域密着型通所介護",
                service=text,
            )
        ) from None


@checked_call
def duty_rules(
    authority: str = LAW,
    service: str | None = None,
    on: date | str | None = None,
    rules: str | Path | RuleBook | None = None,
) -> pd.DataFrame:
    """Return the rules of the law and of an authority.

    Parameters
    ----------
    authority : str
        Its key or name, ``adachi`` or 足立区; ``law`` for the law alone.
    service : str, optional
        The key or name of a service; without it, the rules of every service.
    on : date or str, optional
        Only the rules in force on that day; without it, those of every day.
    rules : path-like, optional
        Rules of your own, beside the bundled ones.

    Returns
    -------
    DataFrame
        One row per rule, all columns text, the law first. An authority without rows has those of
        the law alone.

    Raises
    ------
    ChiikiTsushoError
        There is no such service or day.
    TableError
        ``rules`` cannot be read or does not hold together.

    Examples
    --------
    >>> from datetime import date
    >>> import chiiki_tsusho as ct
    >>> rules = ct.duty_rules("足立区", "day_care", date(2026, 4, 1))
    >>> found = rules.query("key == 'interval_months'")
    >>> found[["authority", "value", "force"]].values.tolist()
    [['law', '6', 'law'], ['adachi', '6', 'guide']]
    """
    day = None if on is None else given_day(on)
    book = rule_book(rules)
    wanted = None if service is None else {service_key(service), EVERY_SERVICE}
    asked = (LAW, authority_key(authority))
    rows = [
        row
        for row in book.rows
        if row.authority in asked
        and (wanted is None or row.service in wanted)
        and (day is None or row.holds(day))
    ]
    rows.sort(key=lambda row: row.authority != LAW)
    dumped = [[str(getattr(row, name)) for name in COLUMNS] for row in rows]
    return pd.DataFrame(dumped, columns=list(COLUMNS), dtype=str)

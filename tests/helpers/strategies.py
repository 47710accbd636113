"""Months of visits for hypothesis: typed for the reference, and as the text a file would hold.

One byte of a drawn `bytes` decides one choice, so that months are quick to draw and shrink towards
the first of every choice. `months` draws months without a problem, `faulty_months` such months with
problems put in.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from string import ascii_uppercase, digits
from typing import Any, TypeVar

import pandas as pd
from hypothesis import strategies as st

from helpers.reference import (
    LONGEST_DAY,
    ClaimKey,
    Row,
    bands_of,
    base_row,
    claim_key,
    fits,
    held_claims,
    keyed_rows,
    level_of,
    limit_of,
    managed_of,
    most_of_a_visit,
    person_of,
    plan_of,
    provider_of,
    recipient_of,
    rows_of_month,
    visits_by_claim,
)

T = TypeVar("T")
Record = dict[str, str]
Scope = tuple[str | None, str | None, str | None, str | None]

# Both periods of the 2016 table, the months at their edges, and the table of 2026.
MONTHS = ("201604", "201609", "201703", "201704", "201802", "201803", "202606", "202607", "202612")
GRADES = ("7", "6", "5", "4", "3", "2", "1", "other")
SERVICES = ("day_care", "medical_day_care")
SHORTFALLS = ("", "over_capacity", "understaffed")

VISIT_COLUMNS = (
    "provider_no",
    "insurer_no",
    "insured_no",
    "service_date",
    "care_level",
    "minutes",
    "service",
    "shortfall",
    "session",
)
PROVIDER_COLUMNS = ("provider_no", "service_month", "area_grade", "extended_hours")
RECIPIENT_COLUMNS = (
    "insurer_no",
    "insured_no",
    "service_month",
    "provider_no",
    "benefit_rate",
    "planned_units",
    "public_law",
    "public_copay_yen",
    "public_from",
    "public_to",
)
# Columns a file may leave out, with the cell that means the same as no column.
OPTIONAL_COLUMNS = {
    "service": "day_care",
    "shortfall": "",
    "session": "1",
    "service_month": "",
    "public_from": "",
    "public_to": "",
}
# Of recipients alone.
NO_PROVIDER = {"provider_no": ""}


# ---------------------------------------------------------------- identifiers


def provider_nos() -> st.SearchStrategy[str]:
    """事業所番号: 10 digits or capital letters, leading zeros among them."""
    return st.text(digits + ascii_uppercase, min_size=10, max_size=10)


def insurer_nos() -> st.SearchStrategy[str]:
    """保険者番号: 6 or 8 digits."""
    return st.sampled_from((6, 8)).flatmap(
        lambda size: st.text(digits, min_size=size, max_size=size)
    )


def insured_nos() -> st.SearchStrategy[str]:
    """被保険者番号: 10 digits, or H and 9 digits for a person without insurance."""
    return st.one_of(
        st.text(digits, min_size=10, max_size=10),
        st.text(digits, min_size=9, max_size=9).map(lambda rest: f"H{rest}"),
    )


# ---------------------------------------------------------------- choices


class Choices:
    """Drawn bytes, spent one choice at a time; when they run out every choice is the first."""

    def __init__(self, drawn: bytes) -> None:
        self._left = iter(drawn)

    def below(self, number: int) -> int:
        """A whole number under `number`, which is at most 256."""
        return next(self._left, 0) % number

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def once_in(self, number: int) -> bool:
        """True once in `number` times."""
        return self.below(number) == number - 1

    def part(self, size: int) -> Choices:
        """The next bytes for choices of their own, so that others do not move with them."""
        return Choices(bytes(islice(self._left, size)))


# All of one length: hypothesis also tries one draw in the place of another, and fills what does
# not fit with zeros.
CHUNKS = st.binary(min_size=64, max_size=64)


# ---------------------------------------------------------------- months without a problem


@dataclass(frozen=True)
class Style:
    """How the files write what they hold: all of it is the same input."""

    date_format: str = "{:%Y-%m-%d}"
    zero: str = ""
    keys: tuple[str, ...] = ()
    lean: bool = False


@dataclass(frozen=True)
class Month:
    """Visits, providers and recipients as the reference takes them, and how to write them."""

    visits: list[Row]
    providers: list[Row] | None
    recipients: list[Row] | None
    style: Style = field(default_factory=Style)


def months(
    rows: list[Row], limits: list[Row], *, pool: Sequence[str] = MONTHS, least: int = 1
) -> st.SearchStrategy[Month]:
    """One or two months of visits at a few providers, all of whose claims can be written.

    `least` is the smallest number of runs of visits, and so of rows, to draw.
    """
    tables = {month: rows_of_month(rows, month) for month in pool}
    return st.builds(
        partial(_month, {month: table for month, table in tables.items() if table}, limits),
        CHUNKS,
        st.lists(
            st.tuples(provider_nos(), CHUNKS), min_size=1, max_size=3, unique_by=lambda own: own[0]
        ),
        st.lists(
            st.tuples(st.tuples(insurer_nos(), insured_nos()), CHUNKS),
            min_size=1,
            max_size=4,
            # 000000 and 00000000 are one insurer in two writings, and a person of both is held.
            unique_by=lambda own: (own[0][0].zfill(8), own[0][1]),
        ),
        st.lists(CHUNKS, min_size=least, max_size=14),
    )


def _month(
    tables: dict[str, list[Row]],
    limits: list[Row],
    drawn: bytes,
    drawn_providers: list[tuple[str, bytes]],
    drawn_persons: list[tuple[tuple[str, str], bytes]],
    drawn_visits: list[bytes],
) -> Month:
    head = Choices(drawn)
    names = sorted({head.pick(list(tables)) for _ in range(1 + head.below(2))})
    in_force = {name: tables[name] for name in names}
    with_providers, with_recipients = not head.once_in(8), not head.once_in(8)
    # One key of a group for each provider; a person's own could meet another provider's.
    provider_choices = {no: Choices(own) for no, own in drawn_providers}
    members = {no: _members(in_force, own.part(16)) for no, own in provider_choices.items()}
    shared = next(iter(members.values())) if len(members) == 1 else set()
    person_choices = {person: Choices(own) for person, own in drawn_persons}
    levels = {person: 1 + own.below(5) for person, own in person_choices.items()}

    providers = None
    if with_providers:
        providers = [
            row
            for no, own in provider_choices.items()
            for row in _provider_rows(no, in_force, members[no], own)
        ]
    visits = _visits(map(Choices, drawn_visits), in_force, levels, members, providers)
    recipients = None
    if with_recipients:
        recipients = [
            row
            for person, own in person_choices.items()
            for row in _recipient_rows(person, in_force, shared, visits, limits, own)
        ]
    visits = _sound(visits, providers, recipients, tables, limits)
    style = Style(
        date_format=head.pick(("{:%Y-%m-%d}", "{0:%Y}/{0.month}/{0.day}", "{:%Y%m%d}")),
        zero=head.pick(("", "0")),
        keys=_all_keys(in_force) if head.once_in(2) else (),
        lean=head.once_in(2),
    )
    return Month(visits, providers, recipients, style)


def _sound(
    visits: list[Row],
    providers: list[Row] | None,
    recipients: list[Row] | None,
    tables: dict[str, list[Row]],
    limits: list[Row],
) -> list[Row]:
    """The visits of claims that can be written; of one at least, however plain it has to be.

    What a person's claims come to together, and which additions meet, is not seen before all of
    them are drawn.
    """
    rows = list({id(row): row for table in tables.values() for row in table}.values())
    left = visits
    while held := held_claims(left, providers, recipients, rows, limits):
        left = [visit for visit in left if claim_key(visit) not in held]
    if left:
        return left
    for row in (*(providers or ()), *(recipients or ())):
        row["additions"] = {}
        if "planned_units" in row:
            row["planned_units"] = None
    return [visits[0] | {"additions": {}}]


def _all_keys(in_force: dict[str, list[Row]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for table in in_force.values() for key in keyed_rows(table)))


def _members(in_force: dict[str, list[Row]], choose: Choices) -> set[str]:
    """One key of every group, one for each service where no member is for both."""
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in in_force.values():
        for key, row in keyed_rows(table).items():
            if row["group"]:
                groups[row["group"]][key].append(row)
    chosen = set()
    for group in groups.values():
        services = {row["service"] for rows in group.values() for row in rows}
        monthly = any(
            row["kind"] == "rate" or row["per"] == "month"
            for rows in group.values()
            for row in rows
        )
        split = SERVICES if "both" not in services and not monthly else (None,)
        for service in split:
            options = [
                key
                for key, rows in group.items()
                if service is None or all(fits(row, service) for row in rows)
            ]
            if options:
                chosen.add(choose.pick(options))
    return chosen


def _may_set(row: Row, members: set[str]) -> bool:
    return not row["group"] or row["key"] in members


def _standing_additions(tables: list[list[Row]], members: set[str], choose: Choices) -> Row:
    """Keys for a provider or a person: known in all their months, without a monthly maximum."""
    known = [keyed_rows(table) for table in tables]
    options = [
        row
        for key, row in known[0].items()
        if all(key in rows and rows[key]["max_per_month"] is None for rows in known)
        and _may_set(row, members)
    ]
    picked = [choose.pick(options) for _ in range(choose.below(4))] if options else []
    return {row["key"]: 1 + choose.below(row["max_per_visit"]) for row in picked}


def _row_months(in_force: dict[str, list[Row]], choose: Choices) -> dict[str, list[list[Row]]]:
    """Which rows to write, "" being the one without a month, each with the tables it must know."""
    kind = choose.pick(("default", "by month", "both"))
    own = {month: [table] for month, table in in_force.items()}
    if kind == "by month":
        return own
    default = {"": list(in_force.values())}
    if kind == "default":
        return default
    first = next(iter(own))
    return default | {first: own[first]}


def _provider_rows(
    provider_no: str, in_force: dict[str, list[Row]], members: set[str], choose: Choices
) -> list[Row]:
    return [
        {
            "provider_no": provider_no,
            "service_month": month,
            "area_grade": choose.pick((*GRADES, None)),
            "extended_hours": choose.pick((True, True, False, None)),
            "additions": _standing_additions(tables, members, choose),
        }
        for month, tables in _row_months(in_force, choose).items()
    ]


def _visits(
    drawn: Iterable[Choices],
    in_force: dict[str, list[Row]],
    levels: dict[tuple[str, str], int],
    members: dict[str, set[str]],
    providers: list[Row] | None,
) -> list[Row]:
    visits = []
    taken: set[tuple[ClaimKey, dt.date, int]] = set()
    spent: dict[tuple[ClaimKey, str], int] = defaultdict(int)
    for choose in drawn:
        month = choose.pick(list(in_force))
        table = in_force[month]
        known = keyed_rows(table)
        provider_no = choose.pick(list(members))
        person = insurer_no, insured_no = choose.pick(list(levels))
        key = (month, provider_no, insurer_no, insured_no)
        provider = provider_of(providers, key)
        shape = {
            **_shape(
                table,
                None if provider is None else provider["extended_hours"],
                levels[person],
                choose,
            ),
            "provider_no": provider_no,
            "insurer_no": insurer_no,
            "insured_no": insured_no,
        }
        wanted = _own_additions(table, shape["service"], members[provider_no], choose)
        first = choose.below(28) + 1
        session = choose.pick((1, 1, 1, 2, 9))
        last = calendar.monthrange(int(month[:4]), int(month[4:]))[1]
        # A run of days alike fills a month past its limit at the price of one draw.
        for day in range(first, min(first + choose.pick((1, 1, 1, 2, 5, 28)), last + 1)):
            date = dt.date(int(month[:4]), int(month[4:]), day)
            if (key, date, session) in taken:
                continue
            taken.add((key, date, session))
            additions = {}
            for name, value in wanted.items():
                most = known[name]["max_per_month"]
                if most is None or spent[key, name] + value <= most:
                    spent[key, name] += value
                    additions[name] = value
            visits.append(
                {**shape, "service_date": date, "session": session, "additions": additions}
            )
    return visits


def _shape(table: list[Row], extended: bool | None, usual_level: int, choose: Choices) -> Row:
    """Service, care level, shortfall and minutes that have a code, often at a band's edge."""
    services = {row["service"] for row in table if row["kind"] == "base"}
    service = choose.pick([name for name in ("day_care", *SERVICES) if name in services])
    # A person keeps one level, most of the time; 療養通所 can do without.
    level: int | None = 1 + choose.below(5) if choose.once_in(8) else usual_level
    if service == "medical_day_care" and choose.once_in(3):
        level = None
    shape: Row = {"service": service, "care_level": level}
    options = {
        shortfall: bands
        for shortfall in SHORTFALLS
        if (bands := bands_of(table, shape | {"shortfall": shortfall}))
    }
    shortfall = choose.pick([*options, *list(options)[:1] * 2])
    bands = options[shortfall]
    # Whether 延長 is registered has to be known for the stays that it is about.
    band = choose.pick([row for row in bands if extended or not row["extension_units"]])
    minutes = choose.pick(
        (
            band["minutes_from"],
            band["minutes_to"] - 1,
            (band["minutes_from"] + band["minutes_to"]) // 2,
        )
    )
    if extended is False and max(row["minutes_to"] for row in bands) >= 540 and choose.once_in(4):
        minutes = choose.pick((max(row["minutes_to"] for row in bands), LONGEST_DAY))
    return shape | {"shortfall": shortfall, "minutes": minutes}


def _own_additions(
    table: list[Row], service: str, members: set[str], choose: Choices
) -> dict[str, int]:
    options = [
        row for row in keyed_rows(table).values() if fits(row, service) and _may_set(row, members)
    ]
    picked = [choose.pick(options) for _ in range(choose.below(6))] if options else []
    return {row["key"]: 1 + choose.below(row["max_per_visit"]) for row in picked}


def _recipient_rows(
    person: tuple[str, str],
    in_force: dict[str, list[Row]],
    members: set[str],
    visits: list[Row],
    limits: list[Row],
    choose: Choices,
) -> list[Row]:
    identity = dict(zip(("insurer_no", "insured_no"), person, strict=True))
    written = _row_months(in_force, choose)
    own_visits = [visit for visit in visits if claim_key(visit)[2:] == person]
    served = sorted({visit["provider_no"] for visit in own_visits})
    # Of each provider, of some, or of none a row of its own; those without have the general one.
    by_provider = served if len(served) > 1 and not choose.once_in(3) else []
    if by_provider and choose.once_in(4):
        by_provider = by_provider[1:]
    rows: list[Row] = []
    for provider_no in ["", *by_provider]:
        for month, tables in written.items():
            months = [month] if month else [name for name in in_force if name not in written]
            claims = {
                key: own
                for key, own in visits_by_claim(own_visits).items()
                if key[0] in months
                and (key[1] == provider_no if provider_no else key[1] not in by_provider)
            }
            shares = max(1, len(served)) if provider_no else 1
            several = len(claims) > len({key[0] for key in claims})
            public_law = choose.pick(("", "", "12", "25"))
            funded = public_law or person[1].startswith("H")
            rows.append(
                {
                    **identity,
                    "service_month": month,
                    "provider_no": provider_no,
                    "benefit_rate": choose.pick((90, 90, 80, 70, None, 100, 60)),
                    "planned_units": None
                    if several
                    else _plan(claims, in_force, limits, choose, shares),
                    "public_law": public_law,
                    "public_copay_yen": choose.pick((None, 0, 500, 15_000, 1_000_000))
                    if funded
                    else None,
                    "public_from": choose.pick((None, None, 2, 10, 28)) if funded else None,
                    "public_to": choose.pick((None, None, 31, 28, 29)) if funded else None,
                    "additions": _standing_additions(tables, members, choose),
                }
            )
    return rows


def _plan(
    claims: dict[ClaimKey, list[Row]],
    in_force: dict[str, list[Row]],
    limits: list[Row],
    choose: Choices,
    shares: int = 1,
) -> int | None:
    """No plan, none of the month, all the limit allows, or about what the visits come to.

    Of a limit that several providers share, no more than one share.
    """
    kind = choose.pick(("none", "near", "near", "near", "nothing", "limit"))
    if kind == "none" or not claims:
        return None
    if kind == "nothing":
        return 0
    key, own = next(iter(claims.items()))
    allowed = [limit_of(limits, key[0], own) for key, own in claims.items()]
    ceiling: int = min((limit for limit in allowed if limit is not None), default=99_999) // shares
    if kind == "limit":
        return ceiling
    bases = (base_row(in_force[key[0]], visit, extended_hours=False) for visit in own)
    about: int = sum(base["units"] for base in bases if base is not None)
    return min(about * (1 + choose.below(9)) // 8 + choose.below(64), ceiling)


# ---------------------------------------------------------------- the text of the files


Frames = tuple[pd.DataFrame, pd.DataFrame | None, pd.DataFrame | None]


def to_frames(month: Month | FaultyMonth) -> Frames:
    """The three files of a month as text, in the order of its rows, with a plain index."""
    if isinstance(month, FaultyMonth):
        return month.visits, month.providers, month.recipients
    style = month.style
    return (
        _frame([_record(row, style) for row in month.visits], VISIT_COLUMNS, style),
        _rows_frame(month.providers, PROVIDER_COLUMNS, style),
        _rows_frame(month.recipients, RECIPIENT_COLUMNS, style),
    )


def _rows_frame(
    rows: list[Row] | None, columns: tuple[str, ...], style: Style
) -> pd.DataFrame | None:
    if rows is None:
        return None
    return _frame([_record(row, style) for row in rows], columns, style)


def _record(row: Row, style: Style) -> Record:
    own = {name: _cell(value, style) for name, value in row.items() if name != "additions"}
    return own | {key: str(value) for key, value in row["additions"].items()}


def _cell(value: Any, style: Style) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, dt.date):
        return style.date_format.format(value)
    return str(value)


def _frame(records: list[Record], columns: tuple[str, ...], style: Style) -> pd.DataFrame:
    used = dict.fromkeys(name for record in records for name in record if name not in columns)
    keys = dict.fromkeys((*style.keys, *used))
    left_out = {
        name
        for name, same in (OPTIONAL_COLUMNS | _optional_of(columns)).items()
        if style.lean and all(record.get(name, same) == same for record in records)
    }
    data = {name: [record[name] for record in records] for name in columns if name not in left_out}
    data |= {key: [record.get(key, style.zero) for record in records] for key in keys}
    return pd.DataFrame(data, dtype="str")


def _optional_of(columns: tuple[str, ...]) -> dict[str, str]:
    return NO_PROVIDER if columns is RECIPIENT_COLUMNS else {}


# ---------------------------------------------------------------- months with problems


@dataclass(frozen=True)
class Fault:
    """One problem put into a month.

    Line and column are blank where it is open which row or column is named, the rule where it is
    open what the problem is called. A key fits `holds` where every part
    that is given is the same; no pattern at all means that the row is held alone.
    """

    rule: str | None
    file: str | None = None
    line: int | None = None
    column: str | None = None
    holds: tuple[Scope, ...] = ()


@dataclass(frozen=True)
class FaultyMonth:
    """A month with problems, what they hold, and the rest of it for the reference."""

    visits: pd.DataFrame
    providers: pd.DataFrame | None
    recipients: pd.DataFrame | None
    faults: list[Fault]
    held: frozenset[ClaimKey]
    held_lines: frozenset[int]
    sound: Month


def faulty_months(
    rows: list[Row], limits: list[Row], *, pool: Sequence[str] = MONTHS
) -> st.SearchStrategy[FaultyMonth]:
    """Months with one to four problems, no two in the same claim."""
    return st.builds(
        partial(_spoil, rows, limits),
        months(rows, limits, pool=pool, least=8),
        st.lists(st.tuples(CHUNKS), min_size=1, max_size=4),
    )


@dataclass(frozen=True)
class Spoiled:
    """A fault while rows still move: the record stands for its line."""

    rule: str | None
    file: str | None = None
    record: Record | None = None
    column: str | None = None
    holds: tuple[Scope, ...] = ()


class Draft:
    """A month's files as text, open to be spoiled."""

    def __init__(self, month: Month, rows: list[Row], limits: list[Row]) -> None:
        self.month = month
        self.rows = rows
        self.limits = limits
        # A blank cell in an optional column is another matter than no column.
        self.style = style = replace(month.style, lean=False)
        # A row's claim is blank where the text no longer says which one it is.
        self.visits: list[tuple[ClaimKey | None, Record]] = [
            (claim_key(visit), _record(visit, style)) for visit in month.visits
        ]
        self.standing = {
            "providers": [(row, _record(row, style)) for row in month.providers or []],
            "recipients": [(row, _record(row, style)) for row in month.recipients or []],
        }
        self.claims = visits_by_claim(month.visits)
        self.taken = {
            (claim_key(visit), visit["service_date"], visit["session"]) for visit in month.visits
        }
        self.faults: list[Spoiled] = []

    def matching(self, scopes: Iterable[Scope]) -> set[ClaimKey]:
        """The claims of the file that fit one of the patterns."""
        patterns = list(scopes)
        return {
            key
            for key, _ in self.visits
            if key is not None
            and any(
                all(part in (None, own) for part, own in zip(scope, key, strict=True))
                for scope in patterns
            )
        }

    def held(self) -> set[ClaimKey]:
        """The claims that the problems so far hold."""
        return self.matching(scope for fault in self.faults for scope in fault.holds)

    def free(self, *scopes: Scope) -> bool:
        """Whether no other problem is in these claims, and none shares its limit with another."""
        claims = self.matching(scopes)
        return not self.held() & claims and not any(self.shares_limit(key) for key in claims)

    def shares_limit(self, key: ClaimKey) -> bool:
        """Whether the person has a claim of another provider in the month."""
        return any(own != key and person_of(own) == person_of(key) for own in self.claims)

    def table(self, key: ClaimKey) -> list[Row]:
        """The rows of a claim's month."""
        return rows_of_month(self.rows, key[0])

    def spare(self, key: ClaimKey) -> Row:
        """One more visit of a claim, like its first, at a date and session not yet taken."""
        like = self.claims[key][0]
        date, session = next(
            (date, session)
            for date in (like["service_date"].replace(day=day) for day in range(1, 29))
            for session in range(1, 10)
            if (key, date, session) not in self.taken
        )
        self.taken.add((key, date, session))
        # What is registered may be claimed only beside what each visit has.
        keyed = keyed_rows(self.table(key))
        rows = [row for file in ROW_OF if (found := self.serving(file, key)) for row in found[:1]]
        needed = {
            other
            for name in {name for row in rows for name in row["additions"]} & keyed.keys()
            for other in (keyed[name]["only_with"] or "").split()
        }
        additions = {name: count for name, count in like["additions"].items() if name in needed}
        return {**like, "service_date": date, "session": session, "additions": additions}

    def insert(
        self, key: ClaimKey | None, visit: Row, choose: Choices, cells: Record | None = None
    ) -> Record:
        """Put a visit among the others, with these cells instead of its own."""
        record = _record(visit, self.style) | (cells or {})
        self.visits.insert(choose.below(len(self.visits) + 1), (key, record))
        return record

    def serving(self, file: str, key: ClaimKey) -> tuple[Row, Record] | None:
        """The row of providers or recipients that a claim needs."""
        rows = [row for row, _ in self.standing[file]]
        needed = ROW_OF[file](rows, key)
        return next(((row, text) for row, text in self.standing[file] if row is needed), None)

    def keyed(self, key: ClaimKey) -> dict[str, Row]:
        """The additions that may stand beside those of a claim and those registered for it."""
        rows = [row for file in ROW_OF if (found := self.serving(file, key)) for row in found[:1]]
        keyed = keyed_rows(self.table(key))
        met = {name for one in (*self.claims[key], *rows) for name in one["additions"]}
        apart = {other for name in met & keyed.keys() for other in forbidden(keyed[name])}
        return {
            name: row
            for name, row in keyed.items()
            if name not in apart and not met & forbidden(row)
        }

    def served(self, file: str, row: Row) -> tuple[ClaimKey, ...]:
        """The claims that need a row of providers or recipients."""
        rows = [row for row, _ in self.standing[file]]
        return tuple(key for key in self.claims if ROW_OF[file](rows, key) is row)


ROW_OF = {"providers": provider_of, "recipients": recipient_of}
Spoiler = Callable[[Draft, ClaimKey, Choices], Spoiled | None]

VISIT_CELLS = (
    ("minutes", "abc", "bad_value"),
    ("minutes", "", "missing_value"),
    ("minutes", "-60", "bad_value"),
    ("minutes", "180.5", "bad_value"),
    ("care_level", "6", "bad_value"),
    ("care_level", "0", "bad_value"),
    ("service", "home_care", "bad_value"),
    ("shortfall", "full", "bad_value"),
    ("session", "0", "bad_value"),
    ("session", "10", "bad_value"),
)
IDENTIFIER_CELLS = (
    ("provider_no", "", "missing_value"),
    ("provider_no", "12345", "bad_value"),
    ("provider_no", "abcdefghij", "bad_value"),
    ("insurer_no", "", "missing_value"),
    ("insurer_no", "1234567", "bad_value"),
    ("insured_no", "", "missing_value"),
    ("insured_no", "A000000001", "bad_value"),
)
DATE_CELLS = (
    ("", "missing_value"),
    ("2016-13-01", "bad_value"),
    ("2016/2/30", "bad_value"),
    ("yesterday", "bad_value"),
)
STANDING_CELLS = {
    "providers": (("area_grade", "8"), ("area_grade", "seven"), ("extended_hours", "2")),
    "recipients": (
        ("benefit_rate", "101"),
        ("public_from", "0"),
        ("public_to", "32"),
        ("planned_units", "-1"),
        ("planned_units", "many"),
        ("public_law", "99"),
        ("public_copay_yen", "-1"),
    ),
}
UNSUPPORTED_MONTHS = ("201603", "201804", "202403")


def bad_visit_cell(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled:
    """A cell that cannot be read."""
    column, text, rule = choose.pick(VISIT_CELLS)
    record = draft.insert(key, draft.spare(key), choose, {column: text})
    return Spoiled(rule, "visits", record, column, (key,))


def no_care_level(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """通所介護 needs a level."""
    spare = draft.spare(key)
    if spare["service"] != "day_care":
        return None
    record = draft.insert(key, spare, choose, {"care_level": ""})
    return Spoiled("missing_value", "visits", record, "care_level", (key,))


def bad_visit_key(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """An addition's value that is none, or too large for one visit."""
    spare = draft.spare(key)
    options = [row for row in keyed_rows(draft.table(key)).values() if fits(row, spare["service"])]
    if not options:
        return None
    row = choose.pick(options)
    text = choose.pick((str(row["max_per_visit"] + 1), "-1", "1.5", "yes"))
    record = draft.insert(key, spare, choose, {row["key"]: text})
    return Spoiled("bad_value", "visits", record, row["key"], (key,))


def bad_identifier(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A row that nobody can say whose it is: it may be of any claim that agrees in the rest."""
    column, text, rule = choose.pick(IDENTIFIER_CELLS)
    month, provider_no, insurer_no, insured_no = key
    scope: Scope = {
        "provider_no": (month, None, insurer_no, insured_no),
        "insurer_no": (month, provider_no, None, insured_no),
        "insured_no": (month, provider_no, insurer_no, None),
    }[column]
    if not draft.free(scope):
        return None
    record = draft.insert(None, draft.spare(key), choose, {column: text})
    return Spoiled(rule, "visits", record, column, (scope,))


def bad_date(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A row whose month cannot be read: it may belong to any month of its person."""
    scope = (None, *key[1:])
    # In a month that the person has elsewhere alone it may be of one more claim there.
    elsewhere = any(
        own[2:] == key[2:] and (own[0], *key[1:]) not in draft.claims for own in draft.claims
    )
    if elsewhere or not draft.free(scope):
        return None
    text, rule = choose.pick(DATE_CELLS)
    record = draft.insert(None, draft.spare(key), choose, {"service_date": text})
    return Spoiled(rule, "visits", record, "service_date", (scope,))


def unsupported_month(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A month the table does not know: a claim of its own."""
    options = [name for name in UNSUPPORTED_MONTHS if not rows_of_month(draft.rows, name)]
    if not options:
        return None
    month = choose.pick(options)
    own: ClaimKey = (month, *key[1:])
    visit = draft.spare(key) | {"service_date": dt.date(int(month[:4]), int(month[4:]), 1)}
    # Beside one of the same month that was put there before.
    visit["session"] = 1 + sum(taken == own for taken, _ in draft.visits)
    record = draft.insert(own, visit, choose)
    return Spoiled("unsupported_month", "visits", record, "service_date", (own,))


def outside_every_band(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A minute too short, or the first too long."""
    spare = draft.spare(key)
    bands = bands_of(draft.table(key), spare)
    ends = [min(row["minutes_from"] for row in bands) - 1]
    longest = spare | {"minutes": max(row["minutes_to"] for row in bands)}
    provider = provider_of(draft.month.providers, key)
    # Where nothing is said of 延長, the length of a long stay asks for that first.
    extended = provider is not None and bool(provider["extended_hours"])
    if base_row(draft.table(key), longest, extended) is None:
        ends.append(longest["minutes"])
    minutes = choose.pick(ends)
    if minutes < 1:
        return None
    record = draft.insert(key, spare | {"minutes": minutes}, choose)
    return Spoiled("outside_every_band", "visits", record, "minutes", (key,))


def no_code(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A service with a shortfall, or an addition, of which the month has no row."""
    spare, table = draft.spare(key), draft.table(key)
    shapes = [
        {"service": service, "shortfall": shortfall}
        for service in SERVICES
        for shortfall in SHORTFALLS
    ]
    # Minutes that no month has for the service are another fault.
    missing = [
        shape
        for shape in shapes
        if not bands_of(table, spare | {"care_level": 1} | shape)
        and any(
            row["kind"] == "base"
            and row["service"] == shape["service"]
            and row["minutes_from"] <= spare["minutes"] < row["minutes_to"]
            for row in draft.rows
        )
    ]
    keys = sorted({row["key"] for row in draft.rows if row["key"]} - keyed_rows(table).keys())
    cells: list[Record] = [{key: "1"} for key in keys]
    if spare["care_level"] is not None:
        cells = [*missing, *cells]
    if not cells:
        return None
    picked = choose.pick(cells)
    if picked.get("service", spare["service"]) != spare["service"]:
        # They may be of the other service alone.
        spare = spare | {"additions": {}}
    record = draft.insert(key, spare, choose, picked)
    return Spoiled("no_code", "visits", record, None, (key,))


def not_for_service(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """An addition of the other service, on the visit itself."""
    spare = draft.spare(key)
    rows = keyed_rows(draft.table(key)).values()
    options = [row["key"] for row in rows if not fits(row, spare["service"])]
    if not options:
        return None
    column = choose.pick(options)
    record = draft.insert(key, spare, choose, {column: "1"})
    return Spoiled("not_for_service", "visits", record, column, (key,))


def forbidden(row: Row) -> set[str]:
    """The additions beside which one may not stand."""
    return set((row["not_with"] or "").split())


def conflicting_group(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """Two of a group on one visit, or on the day or in the month by which they count."""
    spare = draft.spare(key)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in draft.keyed(key).values():
        if row["group"] and fits(row, spare["service"]):
            groups[row["group"]].append(row)
    options = [rows for rows in groups.values() if len(rows) > 1]
    if not options:
        return None
    rows = choose.pick(options)
    one = choose.pick(rows)
    other = choose.pick([row for row in rows if row is not one])
    by_month = all(row["kind"] == "rate" or row["per"] == "month" for row in (one, other))
    by_day = all(row["per"] == "day" for row in (one, other))
    second = draft.spare(key)
    by_day &= second["service_date"] == spare["service_date"]
    if (by_month or by_day) and choose.once_in(2):
        draft.insert(key, spare, choose, {one["key"]: "1"})
        draft.insert(key, second, choose, {other["key"]: "1"})
    else:
        draft.insert(key, spare, choose, {one["key"]: "1", other["key"]: "1"})
    return Spoiled("conflicting_group", holds=(key,))


def over_monthly_maximum(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """One more in the month than there may be."""
    service = draft.claims[key][0]["service"]
    options = [
        row
        for row in draft.keyed(key).values()
        if row["max_per_month"] is not None
        and row["per"] in ("visit", "one_way")
        and not row["yields_to"]
        and fits(row, service)
    ]
    if not options:
        return None
    row = choose.pick(options)
    for _ in range(row["max_per_month"] + 1):
        draft.insert(key, draft.spare(key), choose, {row["key"]: "1"})
    return Spoiled("over_monthly_maximum", holds=(key,))


def duplicate_visit(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled:
    """The same date and session twice."""
    visit = choose.pick(draft.claims[key]) | {"additions": {}}
    draft.insert(key, visit, choose)
    return Spoiled("duplicate_visit", holds=(key,))


def unknown_row(file: str, draft: Draft, key: ClaimKey, _: Choices) -> Spoiled | None:
    """A provider or a person who is not in the file that was given."""
    rule = {"providers": "unknown_provider", "recipients": "unknown_recipient"}[file]
    needed = draft.serving(file, key)
    if needed is None:
        return None
    # A more general row would step in for a special one.
    rows = [row for row, _ in draft.standing[file]]
    before = {claim: ROW_OF[file](rows, claim) for claim in draft.claims}
    gone: list[Row] = []
    while (row := ROW_OF[file](rows, key)) is not None:
        gone.append(row)
        rows = [one for one in rows if one is not row]
    after = {claim: ROW_OF[file](rows, claim) for claim in draft.claims}
    holds = tuple(claim for claim in draft.claims if after[claim] is not before[claim])
    if not draft.free(*holds) or any(after[claim] is not None for claim in holds):
        return None
    draft.standing[file] = [
        pair for pair in draft.standing[file] if all(pair[0] is not row for row in gone)
    ]
    return Spoiled(rule, holds=holds)


def doubled_row(file: str, draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """Two rows of one provider or person for the same months."""
    needed = draft.serving(file, key)
    if needed is None:
        return None
    row, record = needed
    holds = draft.served(file, row)
    if not draft.free(*holds):
        return None
    at = choose.below(len(draft.standing[file]) + 1)
    draft.standing[file].insert(at, (dict(row), dict(record)))
    return Spoiled(None, file, holds=holds)


def bad_row_cell(file: str, draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A row of providers or recipients that cannot be read holds the claims that need it."""
    needed = draft.serving(file, key)
    if needed is None:
        return None
    row, record = needed
    holds = draft.served(file, row)
    if not draft.free(*holds):
        return None
    keys = [(name, "yes") for name in keyed_rows(draft.table(key))]
    column, text = choose.pick([*STANDING_CELLS[file], *keys])
    record[column] = text
    return Spoiled("bad_value", file, record, column, holds)


def plan_over_limit(draft: Draft, key: ClaimKey, choose: Choices) -> Spoiled | None:
    """A plan one unit or more over what the care level allows."""
    needed = draft.serving("recipients", key)
    allowed = {
        claim: limit
        for claim, own in draft.claims.items()
        if (limit := limit_of(draft.limits, claim[0], own)) is not None
    }
    if needed is None or key not in allowed:
        return None
    row, record = needed
    served = draft.served("recipients", row)
    if not draft.free(*served):
        return None
    plan = allowed[key] + 1 + choose.below(2)
    # Of a claim with a heavier level the plan is within the limit, and is its plan from now on.
    row["planned_units"] = plan
    record["planned_units"] = str(plan)
    holds = tuple(claim for claim in served if claim in allowed and plan > allowed[claim])
    return Spoiled("plan_over_limit", holds=holds)


def waiting(draft: Draft, key: ClaimKey) -> list[Spoiled]:
    """The claims that share their limit with one that cannot be read, and have no plan."""
    person = [
        visit for visit in draft.month.visits if person_of(claim_key(visit)) == person_of(key)
    ]
    limit = limit_of(draft.limits, key[0], person)
    table, month = draft.table(key), draft.month
    together = sum(
        managed_of(table, own, month.providers, month.recipients)
        for claim, own in draft.claims.items()
        if person_of(claim) == person_of(key)
    )
    # One row more, which cannot be read.
    if limit is None or together + most_of_a_visit(table) <= limit:
        return []
    return [
        Spoiled("plan_needed", holds=(own,))
        for own in draft.claims
        if own != key
        and person_of(own) == person_of(key)
        and plan_of(recipient_of(draft.month.recipients, own)) is None
    ]


SPOILERS: tuple[Spoiler, ...] = (
    bad_visit_cell,
    no_care_level,
    bad_visit_key,
    bad_identifier,
    bad_date,
    unsupported_month,
    outside_every_band,
    no_code,
    not_for_service,
    conflicting_group,
    over_monthly_maximum,
    duplicate_visit,
    plan_over_limit,
    *(
        partial(spoiler, file)
        for spoiler in (unknown_row, doubled_row, bad_row_cell)
        for file in ("providers", "recipients")
    ),
)


def _spoil(
    rows: list[Row], limits: list[Row], month: Month, drawn: list[tuple[bytes]]
) -> FaultyMonth:
    draft = Draft(month, rows, limits)
    for choose in (Choices(own) for (own,) in drawn):
        spoiler = choose.pick(SPOILERS)
        key = choose.pick(list(draft.claims))
        fault = spoiler(draft, key, choose) if draft.free(key) else None
        if fault is not None:
            draft.faults.append(fault)
    if not draft.faults:
        # This one fits every month, so that none is left without a problem. The claim has no level
        # above those of the person's others: what is left of the month has their limit.
        key = min(draft.claims, key=lambda one: level_of(draft.claims[one]) or 0)
        draft.faults.append(bad_visit_cell(draft, key, Choices(b"")))
        draft.faults += waiting(draft, key)
    return _finished(draft)


def _finished(draft: Draft) -> FaultyMonth:
    files = {
        "visits": [record for _, record in draft.visits],
        **{file: [record for _, record in rows] for file, rows in draft.standing.items()},
    }
    lines = {
        file: {id(record): line for line, record in enumerate(records, start=2)}
        for file, records in files.items()
    }
    faults = [
        Fault(
            rule=fault.rule,
            file=fault.file,
            line=lines[fault.file][id(fault.record)] if fault.file and fault.record else None,
            column=fault.column,
            holds=fault.holds,
        )
        for fault in draft.faults
    ]
    held = draft.held()
    month = draft.month
    return FaultyMonth(
        visits=_frame(files["visits"], VISIT_COLUMNS, draft.style),
        providers=_frame(files["providers"], PROVIDER_COLUMNS, draft.style)
        if month.providers is not None
        else None,
        recipients=_frame(files["recipients"], RECIPIENT_COLUMNS, draft.style)
        if month.recipients is not None
        else None,
        faults=faults,
        held=frozenset(held),
        held_lines=frozenset(
            {fault.line for fault in faults if fault.file == "visits" and fault.line is not None}
            | {lines["visits"][id(record)] for key, record in draft.visits if key in held}
        ),
        sound=replace(
            month, visits=[visit for visit in month.visits if claim_key(visit) not in held]
        ),
    )

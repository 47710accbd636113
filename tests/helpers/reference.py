"""The month's claim a second time: plain Python, one visit at a time, as the law reads.

It shares nothing with the package but the table, so that the two can be held against each other.
"Notice 36" is 老企第36号, the ministry's guidance on counting units. The input is dicts of values
already read and typed; a claim with a problem is for `held_claims`, the others for `claim_month`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ClaimKey = tuple[str, str, str, str]

KEY_COLUMNS = ("service_month", "provider_no", "insurer_no", "insured_no")
LINE_RATES = ("base_lines", "all_lines")
INT_COLUMNS = {
    "care_level",
    "minutes_from",
    "minutes_to",
    "base_units",
    "short_hours_per_mille",
    "shortfall_per_mille",
    "extension_units",
    "reduction_per_mille",
    "units",
    "published_units",
    "per_mille",
    "max_per_visit",
    "max_per_month",
    "limit_managed",
    "unit_price",
}
LONGEST_DAY = 1440
# 延長 begins where a stay reaches nine hours (告示第126号 別表 2の2).
EXTENSION_FROM = 540


# ---------------------------------------------------------------- the files of the law


def load_rows(path: str | Path) -> list[Row]:
    """Read a code table: whole numbers as ints, months and codes as text, blanks as None."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [
            {name: _typed(name, cell) for name, cell in record.items()}
            for record in csv.DictReader(file)
        ]


def load_prices(path: str | Path) -> list[Row]:
    """Read the unit prices: yen times 100, by area grade and months."""
    return load_rows(path)


def load_limits(path: str | Path) -> list[Row]:
    """Read 区分支給限度基準額: units a month, by care level and months."""
    return load_rows(path)


def _typed(name: str, cell: str) -> int | str | None:
    if cell == "":
        return 1 if name == "max_per_visit" else None
    return int(cell) if name in INT_COLUMNS else cell


def rows_of_month(rows: list[Row], month: str) -> list[Row]:
    """The rows in force in a month."""
    return [row for row in rows if row["valid_from"] <= month <= row["valid_to"]]


def service_code(row: Row) -> str:
    """Service type and item code together, six characters."""
    return f"{row['service_type']}{row['item_code']}"


# ---------------------------------------------------------------- numbers


# Of the template's example rows.
NOBODYS_INSURER = "999999"
# I, O and Q are not used; a number that has them cannot be summed.
WORTHS = {one: at for at, one in enumerate("0123456789ABCDEFGHJKLMNPRSTUVWXYZ")}


def ends_in_its_digit(number: str) -> bool:
    """Whether a number ends in its check digit: the whole weighted sum is a multiple of ten."""
    if not number[-1].isdigit():
        return False
    products = [WORTHS[one] * (1 + at % 2) for at, one in enumerate(number[::-1])]
    return sum(map(int, "".join(map(str, products)))) % 10 == 0


def with_check_digit(body: str) -> str:
    """The number that begins so."""
    return next(body + digit for digit in "0123456789" if ends_in_its_digit(body + digit))


def odd_numbers(*files: list[Row] | None) -> set[tuple[str, str]]:
    """Column and value of each 事業所番号 and 保険者番号 that does not end in its check digit."""
    odd = set()
    for row in [row for file in files for row in file or []]:
        for column in ("provider_no", "insurer_no"):
            number = row.get(column) or ""
            ends = [number] if number else []
            # A 医療機関等コード is a number of its own behind the prefecture and the kind.
            if column == "provider_no" and number[2:3] in {"1", "3", "4", "5", "6"}:
                ends.append(number[3:])
            summed = [end for end in ends if set(end[:-1]) <= set(WORTHS)]
            if summed and not any(map(ends_in_its_digit, summed)) and number != NOBODYS_INSURER:
                odd.add((column, number))
    return odd


# ---------------------------------------------------------------- one visit


def half_up(units: int, per_mille: int) -> int:
    """Apply one ratio to whole units; halves go up (notice 36)."""
    return floor(Fraction(units * per_mille, 1000) + Fraction(1, 2))


def composite(row: Row) -> int:
    """A base row's units from its steps: 時減, 定超 or 人欠, each rounded, then 延長 in full.

    Where 業未 or 虐防 are in the name, 定超 or 人欠 comes first, then 1 % of 所定単位数 is taken
    off for each, 時減 last: 502, 定超 351, 業未 346, 時減 242 (the ministry's table of 2024-06).
    """
    units: int = row["base_units"]
    inside = (row.get("reductions") or "").split()
    order: tuple[str, ...] = ("short_hours_per_mille", "shortfall_per_mille")
    if inside:
        units = units if row["shortfall_per_mille"] is None else half_up(units, row[order[1]])
        for _ in inside:
            units -= half_up(row["base_units"], row["reduction_per_mille"])
        order = order[:1]
    for name in order:
        if row[name] is not None:
            units = half_up(units, row[name])
    return units + (row["extension_units"] or 0)


def fits(row: Row, service: str) -> bool:
    """Whether a row is for this service."""
    return row["service"] in ("both", service)


def bands_of(table: list[Row], visit: Row) -> list[Row]:
    """The base rows of a visit's service, care level and shortfall, whatever its length."""
    return [
        row
        for row in table
        if row["kind"] == "base"
        and fits(row, visit["service"])
        and row["care_level"] in (None, visit["care_level"])
        and (row["shortfall"] or "") == visit["shortfall"]
        and not row.get("reductions")
    ]


def is_chosen(row: Row) -> bool:
    """Whether a row is an addition for visits of some minutes or of a care level alone."""
    return row["kind"] == "addition" and row["minutes_from"] is not None


def extension_row(table: list[Row], visit: Row) -> Row | None:
    """延長 as an addition of its own, by the length of the visit."""
    for row in table:
        if not is_chosen(row) or not row["extension_units"] or not fits(row, visit["service"]):
            continue
        if row["minutes_from"] <= visit["minutes"] < row["minutes_to"]:
            return row
    return None


def reduced_row(table: list[Row], base: Row, keys: set[str]) -> Row | None:
    """The code with just these reductions inside it; None where no code has any inside."""
    alike = ("service", "care_level", "shortfall", "minutes_from", "minutes_to")
    for row in table:
        inside = set((row.get("reductions") or "").split())
        if inside == keys and all(row[name] == base[name] for name in alike):
            return row
    return None


def reduction_line(table: list[Row], base: Row, key: str) -> Row:
    """The line of a reduction for the band and care level of a code."""
    (line,) = (
        row
        for row in table
        if is_chosen(row)
        and row["key"] == key
        and row["minutes_from"] <= base["minutes_from"]
        and base["minutes_to"] <= row["minutes_to"]
        and row["care_level"] in (None, base["care_level"])
    )
    return line


def base_row(table: list[Row], visit: Row, extended_hours: bool | None) -> Row | None:
    """The visit's own code; 延長 only where the provider is registered for it.

    None also where it rests on a registration of which nothing is said.
    """
    bands = bands_of(table, visit)
    minutes = visit["minutes"]
    banded = next(
        (row for row in bands if row["minutes_from"] <= minutes < row["minutes_to"]), None
    )
    longest = max(
        (row for row in bands if not row["extension_units"]),
        key=lambda row: row["minutes_to"],
        default=None,
    )
    starts = [row["minutes_from"] for row in bands if row["extension_units"]]
    if bands:
        starts += [
            row["minutes_from"]
            for row in table
            if is_chosen(row) and row["extension_units"] and fits(row, visit["service"])
        ]
        if extension_row(table, visit) is not None:
            banded = longest
    if not starts and longest is not None and longest["minutes_to"] == EXTENSION_FROM:
        starts = [EXTENSION_FROM]
    if starts and min(starts) <= minutes <= LONGEST_DAY:
        return {True: banded, False: longest, None: None}[extended_hours]
    return banded


def keyed_rows(table: list[Row]) -> dict[str, Row]:
    """The additions and rates of a month by their key; those a code chooses by their code."""
    return {name_of(row): row for row in table if row["key"]}


def name_of(row: Row) -> str:
    """What an addition is counted under: its key, or its code where a code chooses it."""
    name: str = row["item_code"] if is_chosen(row) else row["key"]
    return name


def applying(table: list[Row], service: str, sources: list[Row]) -> dict[str, int]:
    """The keys that apply to a visit: the largest value the sources give, where the row fits."""
    values = {}
    for key, row in keyed_rows(table).items():
        value = max(source["additions"].get(key, 0) for source in sources)
        if value > 0 and fits(row, service):
            values[key] = value
    return values


def after_yielding(table: list[Row], had: dict[str, int]) -> dict[str, int]:
    """What is left to count: 送迎減算 not beside 同一建物減算, 若年性 not beside 認知症加算."""
    rows = keyed_rows(table)
    return {
        key: value
        for key, value in had.items()
        if not any(other in had for other in (rows[key]["yields_to"] or "").split())
    }


@dataclass(frozen=True)
class Attendance:
    """One visit as the claim counts it; the base is blank where no code was found."""

    date: dt.date
    level: int
    base_code: str
    base_units: int
    had: dict[str, int]
    has: dict[str, int]
    bears_base: bool = True


def bearing(table: list[Row], visits: list[Attendance]) -> list[Attendance]:
    """Leave a code per day or month (療養通所介護) to the first visit of the day or month."""
    per = {service_code(row): row["per"] for row in table if row["kind"] == "base"}
    seen, left = set(), []
    for visit in visits:
        counted_per = per.get(visit.base_code, "visit")
        place = (visit.base_code, visit.date if counted_per == "day" else None)
        first = counted_per == "visit" or place not in seen
        seen.add(place)
        left.append(visit if first else replace(visit, base_units=0, bears_base=False))
    return left


def attend(table: list[Row], visit: Row, provider: Row | None, recipient: Row | None) -> Attendance:
    """Find one visit's code and the additions that apply to it."""
    extended = None if provider is None else provider["extended_hours"]
    base = base_row(table, visit, extended)
    sources = [visit, *(source for source in (provider, recipient) if source is not None)]
    had = applying(table, visit["service"], sources)
    if base is not None:
        reductions = {
            key
            for row in table
            if is_chosen(row) and not row["extension_units"]
            for key in [row["key"]]
            if any(source["additions"].get(key, 0) for source in sources)
        }
        extension = extension_row(table, visit)
        if extension is not None and extended and not base["extension_units"]:
            had[extension["item_code"]] = 1
        if reductions and (composite := reduced_row(table, base, reductions)) is not None:
            base = composite
        else:
            had |= {reduction_line(table, base, key)["item_code"]: 1 for key in reductions}
    return Attendance(
        date=visit["service_date"],
        level=visit["care_level"] or 0,
        base_code="" if base is None else service_code(base),
        base_units=0 if base is None else base["units"],
        had=had,
        has=after_yielding(table, had),
    )


# ---------------------------------------------------------------- the lines of a month


@dataclass(frozen=True)
class Line:
    """One line of a claim."""

    row: Row
    units: int
    count: int

    @property
    def service_units(self) -> int:
        return self.units * self.count


def counts_by_visit(row: Row, visits: list[Attendance]) -> list[int]:
    """How often each visit counts for a row.

    What is counted by the day or the month belongs to the first visit that has it.
    """
    if row["kind"] == "base":
        return [int(visit.bears_base and visit.base_code == service_code(row)) for visit in visits]
    values = [visit.has.get(name_of(row), 0) for visit in visits]
    if row["kind"] == "rate" or row["per"] == "month":
        return [int(value > 0 and not any(values[:at])) for at, value in enumerate(values)]
    if row["per"] == "day":
        counts, days = [], set()
        for visit, value in zip(visits, values, strict=True):
            first = value > 0 and visit.date not in days
            counts.append(int(first))
            if first:
                days.add(visit.date)
        return counts
    return values


def fixed_line(row: Row, visits: list[Attendance], covered: list[bool], chosen: list[bool]) -> Line:
    """A base code or an addition: all of it inside the limit, else the covered visits alone."""
    counts = counts_by_visit(row, visits)
    count = sum(
        number
        for number, inside, wanted in zip(counts, covered, chosen, strict=True)
        if wanted and (inside or row["limit_managed"])
    )
    return Line(row, row["units"], count)


def root_of(rows: dict[str, Row], row: Row) -> str:
    """Which lines a ratio is of in the end: base_lines or all_lines."""
    return row["rate_of"] if row["rate_of"] in LINE_RATES else root_of(rows, rows[row["rate_of"]])


def rated(rows: dict[str, Row], row: Row, basis: int) -> int:
    """A ratio of a basis; where it is of another key, that key's result is rounded first."""
    if row["rate_of"] not in LINE_RATES:
        basis = rated(rows, rows[row["rate_of"]], basis)
    return half_up(basis, row["per_mille"])


def base_rate_line(rows: dict[str, Row], row: Row, visits: list[Attendance], excess: int) -> Line:
    """中山間, 共生型: on the base codes of the visits that have it, once for the month (notice 36).

    中山間 is taken of what 共生型 leaves of these visits.
    """
    own = [visit for visit in visits if row["key"] in visit.has]
    basis = sum(visit.base_units for visit in own)
    if not is_reduction(rows, row):
        for other in rows.values():
            if is_reduction(rows, other):
                both = sum(visit.base_units for visit in own if other["key"] in visit.has)
                basis += rated(rows, other, both)
    if excess and not row["limit_managed"]:
        basis = max(0, basis - excess)
    return Line(row, rated(rows, row, basis), 1)


def is_reduction(rows: dict[str, Row], row: Row) -> bool:
    """Whether a row takes a share of the base units away."""
    if row["kind"] != "rate" or root_of(rows, row) != "base_lines":
        return False
    negative: bool = row["per_mille"] < 0
    return negative


def month_lines(
    table: list[Row],
    visits: list[Attendance],
    covered: list[bool],
    excess: int,
    chosen: list[bool] | None = None,
    claimed: list[Line] | None = None,
) -> list[Line]:
    """All lines of a month in the order of the law; those that come to nothing are left out.

    With `chosen`, only what these of the visits bring; the excess is theirs then, and no ratio of
    base lines is more than the same line of `claimed`.
    """
    wanted = [True] * len(visits) if chosen is None else chosen
    rows = keyed_rows(table)
    of_these = [visit for visit, own in zip(visits, wanted, strict=True) if own]
    rates = [
        row
        for row in table
        if row["kind"] == "rate" and any(row["key"] in visit.has for visit in of_these)
    ]
    lines = [fixed_line(row, visits, covered, wanted) for row in table if row["kind"] != "rate"]
    lines += [
        base_rate_line(rows, row, of_these, excess)
        for row in rates
        if root_of(rows, row) == "base_lines"
    ]
    if claimed is not None:
        most = {line.row["key"]: line.service_units for line in claimed}
        lines = [
            replace(line, units=min(line.units, most.get(line.row["key"], 0)))
            if line.row["kind"] == "rate" and line.units > 0
            else line
            for line in lines
        ]
    # 処遇改善: on everything else, less what lies over the limit.
    basis = sum(line.service_units for line in lines) - excess
    if claimed is not None:
        basis = max(0, basis)
    lines += [
        Line(row, rated(rows, row, basis), 1) for row in rates if root_of(rows, row) == "all_lines"
    ]
    return [line for line in lines if line.service_units != 0]


# ---------------------------------------------------------------- the limit


def managed_by_visit(visits: list[Attendance], lines: list[Line]) -> list[int]:
    """The managed units that belong to each visit."""
    units = [0] * len(visits)
    for line in lines:
        if line.row["limit_managed"]:
            for at, count in enumerate(counts_by_visit(line.row, visits)):
                units[at] += line.units * count
    return units


def covered_visits(managed: list[int], inside: int) -> list[bool]:
    """Which visits are covered, in their order: until those before have filled the inside."""
    covered, running, reached = [], 0, False
    for units in managed:
        reached = reached or running >= inside
        covered.append(not reached)
        running += units
    return covered


def units_of(lines: list[Line], managed: bool) -> int:
    """The units of the managed or of the unmanaged lines."""
    return sum(line.service_units for line in lines if bool(line.row["limit_managed"]) == managed)


def lines_under_limit(
    table: list[Row],
    visits: list[Attendance],
    whole: list[Line],
    covered: list[bool],
    excess: int,
    chosen: list[bool] | None = None,
    claimed: list[Line] | None = None,
) -> list[Line]:
    """Managed lines stay whole; what is outside the limit follows what is inside it.

    Of what is under public funds (``claimed``) no ratio is more than its line, also where all
    that lies over the limit is of other days.
    """
    if excess == 0 and all(covered) and claimed is None:
        return whole
    limited = month_lines(table, visits, covered, excess, chosen, claimed)
    return [line for line in whole if line.row["limit_managed"]] + [
        line for line in limited if not line.row["limit_managed"]
    ]


def part_lines(
    table: list[Row], visits: list[Attendance], chosen: list[bool], whole: list[Line]
) -> list[Line]:
    """What some of the visits of a month bring, as if there were no limit."""
    return month_lines(table, visits, [True] * len(visits), 0, chosen, whole)


def outside_of_days(managed: int, left: int) -> int:
    """The managed units of some days that lie over the limit, given what earlier days leave."""
    return managed - min(max(left, 0), managed)


def limit_of(limits: list[Row], month: str, visits: list[Row]) -> int | None:
    """区分支給限度基準額 of the heaviest level of the month; None without a level."""
    level = level_of(visits)
    for row in rows_of_month(limits, month):
        if row["care_level"] == level:
            units: int = row["units"]
            return units
    return None


def level_of(visits: list[Row]) -> int | None:
    """The heaviest care level of some visits, None where none has one."""
    levels = [visit["care_level"] for visit in visits if visit["care_level"] is not None]
    return max(levels, default=None)


def plan_of(recipient: Row | None) -> int | None:
    """計画単位数 as given, None where there is none."""
    return None if recipient is None else recipient["planned_units"]


# ---------------------------------------------------------------- public funds


def public_visits(visits: list[Attendance], recipient: Row | None, insured_no: str) -> list[bool]:
    """Which visits are on a day of public funds.

    生活保護 pays for whoever has no insurance (H), whether a row says so or not.
    """
    said = recipient is not None and recipient["public_law"] != ""
    if not said and not insured_no.startswith("H"):
        return [False] * len(visits)
    first = (recipient.get("public_from") if recipient is not None else None) or 1
    last = (recipient.get("public_to") if recipient is not None else None) or 31
    return [first <= visit.date.day <= last for visit in visits]


# ---------------------------------------------------------------- yen


def price_of(prices: list[Row], month: str, provider: Row | None) -> int | None:
    """The price of a unit times 100 for the provider's grade and the month."""
    if provider is None or provider["area_grade"] is None:
        return None
    for row in rows_of_month(prices, month):
        if row["area_grade"] == provider["area_grade"]:
            price: int = row["unit_price"]
            return price
    return None


def yen(units: int, price: int) -> int:
    """Units in yen; what is under a yen is dropped, once for the claim."""
    return floor(units * Fraction(price, 100))


def payment(
    benefit_units: int,
    public_units: int | None,
    self_paid_units: int,
    price: int | None,
    insured_no: str,
    recipient: Row | None,
) -> Row:
    """Who pays what: insurance first, then public funds (法別12, 25), then the person.

    Where all units are under public funds they bear the whole rest; else the cost of their units
    by what the insurance leaves of it. None of public units: no public funds at all.
    """
    no_insurance = insured_no.startswith("H")
    rate = None if recipient is None else recipient["benefit_rate"]
    insured_part = 0 if no_insurance else rate
    total = insurance = public = copay = self_paid = None
    if price is not None and insured_part is not None:
        total = yen(benefit_units, price)
        insurance = floor(total * Fraction(insured_part, 100))
        rest = total - insurance
        public = 0
        if public_units is not None:
            if public_units == benefit_units:
                public = rest
            else:
                public = floor(yen(public_units, price) * Fraction(100 - insured_part, 100))
            own_part = (recipient["public_copay_yen"] or 0) if recipient is not None else 0
            public -= min(own_part, public)
        copay = rest - public
        self_paid = yen(self_paid_units, price)
    return {
        "unit_price": price,
        "total_yen": total,
        "benefit_rate": rate,
        "insurance_yen": insurance,
        "public_yen": public,
        "copay_yen": copay,
        "self_paid_yen": self_paid,
    }


# ---------------------------------------------------------------- all claims of a file


def claim_key(visit: Row) -> ClaimKey:
    """Month, provider, insurer and person: what one claim is of."""
    month = visit["service_date"].strftime("%Y%m")
    return (month, visit["provider_no"], visit["insurer_no"], visit["insured_no"])


def visits_by_claim(visits: list[Row]) -> dict[ClaimKey, list[Row]]:
    """The visits of every claim in order of date and session."""
    claims = defaultdict(list)
    for visit in sorted(visits, key=lambda visit: (visit["service_date"], visit["session"])):
        claims[claim_key(visit)].append(visit)
    return dict(sorted(claims.items()))


def provider_of(providers: list[Row] | None, key: ClaimKey) -> Row | None:
    """The row of providers a claim needs: of its month, else the one without a month."""
    for month in (key[0], ""):
        for row in providers or []:
            if row["service_month"] == month and row["provider_no"] == key[1]:
                return row
    return None


def recipient_of(recipients: list[Row] | None, key: ClaimKey) -> Row | None:
    """The row of recipients a claim needs.

    Of its provider and month, else of its provider, else of its month, else of neither.
    """
    for provider_no in (key[1], ""):
        for month in (key[0], ""):
            for row in recipients or []:
                if (row["insurer_no"], row["insured_no"]) == key[2:] and (
                    row.get("provider_no", ""),
                    row["service_month"],
                ) == (provider_no, month):
                    return row
    return None


def person_of(key: ClaimKey) -> tuple[str, str, str]:
    """Month and person of a claim: what one limit is of."""
    return (key[0], *key[2:])


def visits_by_person(visits: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """The visits of every person in a month, at whichever provider."""
    persons = defaultdict(list)
    for visit in visits:
        persons[person_of(claim_key(visit))].append(visit)
    return dict(persons)


def claim_month(
    visits: list[Row],
    providers: list[Row] | None,
    recipients: list[Row] | None,
    rows: list[Row],
    prices: list[Row],
    limits: list[Row],
) -> tuple[list[Row], list[Row]]:
    """Compute the lines and the claims of visits without problems, in the order of the output."""
    all_lines, claims = [], []
    of_person = visits_by_person(visits)
    for key, own in visits_by_claim(visits).items():
        month = key[0]
        table = rows_of_month(rows, month)
        provider, recipient = provider_of(providers, key), recipient_of(recipients, key)
        attended = bearing(table, [attend(table, visit, provider, recipient) for visit in own])
        if any(visit.base_code == "" for visit in attended):
            raise ValueError(f"no code for a visit of {key}")

        whole = month_lines(table, attended, [True] * len(attended), excess=0)
        managed = units_of(whole, managed=True)
        limit = limit_of(limits, month, of_person[person_of(key)])
        plan = plan_of(recipient)
        ceiling = plan if plan is not None else limit
        inside = managed if ceiling is None else min(ceiling, managed)
        by_visit = managed_by_visit(attended, whole)
        covered = [True] * len(attended)
        if inside < managed:
            covered = covered_visits(by_visit, inside)
        lines = lines_under_limit(table, attended, whole, covered, managed - inside)

        unmanaged = units_of(lines, managed=False)
        benefit_units = inside + unmanaged
        self_paid_units = sum(line.service_units for line in whole) - benefit_units

        public = public_visits(attended, recipient, key[3])
        public_whole = part_lines(table, attended, public, whole)
        outside = 0
        if inside < managed:
            first = next(
                (visit.date for visit, own in zip(attended, public, strict=True) if own), None
            )
            earlier = [first is not None and visit.date < first for visit in attended]
            before = units_of(part_lines(table, attended, earlier, whole), managed=True)
            outside = outside_of_days(units_of(public_whole, managed=True), inside - before)
        public_lines = lines_under_limit(
            table, attended, public_whole, covered, outside, public, lines
        )
        of_days = sum(line.service_units for line in public_lines) - outside
        # A reduction outside the limit takes nothing from other days, nor more than there is.
        public_units = min(max(of_days, 0), max(benefit_units, 0))
        if all(public):
            public_lines, public_units = lines, benefit_units
        under_public = {service_code(line.row): line for line in public_lines}
        has_funds = (recipient is not None and recipient["public_law"] != "") or key[3][0] == "H"

        identity = dict(zip(KEY_COLUMNS, key, strict=True))
        claims.append(
            {
                **identity,
                "care_level": level_of(own),
                "visits": len(own),
                "days": len({visit["service_date"] for visit in own}),
                "managed_units": managed,
                "unmanaged_units": unmanaged,
                "total_units": managed + unmanaged,
                "planned_units": plan if plan is not None else inside,
                "benefit_units": benefit_units,
                "self_paid_units": self_paid_units,
                **payment(
                    benefit_units,
                    public_units if has_funds else None,
                    self_paid_units,
                    price_of(prices, month, provider),
                    key[3],
                    recipient,
                ),
                "public_units": public_units if has_funds else 0,
            }
        )
        for line in sorted(lines, key=lambda line: service_code(line.row)):
            funded = under_public.get(service_code(line.row))
            all_lines.append(
                {
                    **identity,
                    "service_code": service_code(line.row),
                    "units": line.units,
                    "count": line.count,
                    "service_units": line.service_units,
                    "limit_managed": line.row["limit_managed"],
                    "public_count": 0 if funded is None else funded.count,
                    "public_units": 0 if funded is None else funded.service_units,
                }
            )
    return all_lines, claims


# ---------------------------------------------------------------- which claims are held


def held_claims(
    visits: list[Row],
    providers: list[Row] | None,
    recipients: list[Row] | None,
    rows: list[Row],
    limits: list[Row],
) -> dict[ClaimKey, set[str]]:
    """The claims that cannot be written, each with every rule it breaks."""
    held = {}
    of_person = visits_by_person(visits)
    shares = limits_shared(visits, providers, recipients, rows, limits)
    for key, own in visits_by_claim(visits).items():
        table = rows_of_month(rows, key[0])
        provider, recipient = provider_of(providers, key), recipient_of(recipients, key)
        broken = set(shares.get(key, ()))
        if providers is not None and provider is None:
            broken.add("unknown_provider")
        if recipients is not None and recipient is None:
            broken.add("unknown_recipient")
        if len({(visit["service_date"], visit["session"]) for visit in own}) < len(own):
            broken.add("duplicate_visit")
        plan = plan_of(recipient)
        limit = limit_of(limits, key[0], of_person[person_of(key)])
        if plan is not None and limit is not None and plan > limit:
            broken.add("plan_over_limit")
        if table:
            broken |= broken_by_table(table, own, provider, recipient)
        else:
            broken.add("unsupported_month")
        if broken:
            held[key] = broken
    return held


def limits_shared(
    visits: list[Row],
    providers: list[Row] | None,
    recipients: list[Row] | None,
    rows: list[Row],
    limits: list[Row],
) -> dict[ClaimKey, set[str]]:
    """What is wrong with how several claims of a person share one limit (介護保険法 第43条)."""
    broken: dict[ClaimKey, set[str]] = defaultdict(set)
    claims = visits_by_claim(visits)
    for person, all_visits in visits_by_person(visits).items():
        own = [key for key in claims if person_of(key) == person]
        limit = limit_of(limits, person[0], all_visits)
        if len(own) < 2:
            continue
        needed = {key: recipient_of(recipients, key) for key in own}
        plans = {key: row for key, row in needed.items() if plan_of(row) is not None}
        general = [key for key, row in plans.items() if row and not row.get("provider_no")]
        if len(general) > 1:
            for key in general:
                broken[key].add("plan_needed")
        if limit is None:
            continue
        table = rows_of_month(rows, person[0])
        if sum(managed_of(table, claims[key], providers, recipients) for key in own) > limit:
            for key in own:
                if key not in plans:
                    broken[key].add("plan_needed")
        # One for every provider that serves one of them alone is that one's.
        alone = [row for key, row in plans.items() if key not in general or len(general) == 1]
        if sum(plan_of(row) or 0 for row in alone) > limit:
            for key in own:
                broken[key].add("plan_over_limit")
    return broken


def managed_of(
    table: list[Row], own: list[Row], providers: list[Row] | None, recipients: list[Row] | None
) -> int:
    """The managed units of a claim, as far as its visits have a code."""
    key = claim_key(own[0])
    row, person = provider_of(providers, key), recipient_of(recipients, key)
    attended = [attend(table, visit, row, person) for visit in own]
    sound = bearing(table, [visit for visit in attended if visit.base_code])
    return units_of(month_lines(table, sound, [True] * len(sound), 0), managed=True)


def most_of_a_visit(table: list[Row]) -> int:
    """More units than any visit may come to: the largest code and every addition."""
    largest: int = max((row["units"] for row in table if row["kind"] == "base"), default=0)
    additions = (row for row in table if row["kind"] == "addition")
    more: int = sum(max(0, row["units"] or 0) * row["max_per_visit"] for row in additions)
    return largest + more


def broken_by_table(
    table: list[Row], own: list[Row], provider: Row | None, recipient: Row | None
) -> set[str]:
    """The rules of the month's table that the visits of a claim break."""
    rows = {row["key"]: row for row in table if row["key"]} | keyed_rows(table)
    attended = [attend(table, visit, provider, recipient) for visit in own]
    broken = set()
    for visit, counted in zip(own, attended, strict=True):
        if counted.base_code == "":
            said = None if provider is None else provider["extended_hours"]
            if said is None and any(base_row(table, visit, one) for one in (True, False)):
                broken.add("missing_value")
            else:
                broken.add("outside_every_band" if bands_of(table, visit) else "no_code")
        for key in (key for key, value in visit["additions"].items() if value > 0):
            if key not in rows:
                broken.add("no_code")
            elif not fits(rows[key], visit["service"]):
                broken.add("not_for_service")
        if two_of_a_group(rows, set(counted.had)):
            broken.add("conflicting_group")
    # 1日につき: what is counted by the day excludes others of its group on the whole day.
    by_day: dict[str, set[str]] = defaultdict(set)
    for visit, counted in zip(own, attended, strict=True):
        by_day[visit["service_date"]] |= {key for key in counted.had if rows[key]["per"] == "day"}
    if any(two_of_a_group(rows, keys) for keys in by_day.values()):
        broken.add("conflicting_group")
    anywhere = {key for counted in attended for key in counted.had}
    by_month = {
        key for key in anywhere if rows[key]["kind"] == "rate" or rows[key]["per"] == "month"
    }
    if two_of_a_group(rows, by_month):
        broken.add("conflicting_group")
    broken |= broken_together(rows, attended, by_month)
    for row in rows.values():
        most = row["max_per_month"]
        if most is not None and sum(counts_by_visit(row, attended)) > most:
            broken.add("over_monthly_maximum")
    return broken


def broken_together(
    rows: dict[str, Row], attended: list[Attendance], by_month: set[str]
) -> set[str]:
    """Whether keys stand together that may not, or one without another that it needs.

    What is counted by the month is looked for in the month; a ratio of base lines that another key
    needs has to be on the visit, since it is taken of the visits that have it.
    """
    broken = set()
    months = set(by_month)
    for counted in attended:
        for key in counted.had:
            beside = counted.had.keys() | months
            forbidden = (rows[key]["not_with"] or "").split()
            if any(other in counted.had.keys() | months for other in forbidden) or (
                key in months and any(other in one.had for other in forbidden for one in attended)
            ):
                broken.add("not_together")
            needed = (rows[key]["only_with"] or "").split()
            if key in months:
                beside = {other for one in attended for other in one.had}
            else:
                beside = {
                    other
                    for other in beside
                    if other in counted.had
                    or not (
                        rows[other]["kind"] == "rate" and root_of(rows, rows[other]) == "base_lines"
                    )
                }
            if needed and not any(other in beside for other in needed):
                broken.add("needs_other")
    return broken


def two_of_a_group(rows: dict[str, Row], keys: set[str]) -> bool:
    """Whether two of the keys belong to one group."""
    groups = Counter(rows[key]["group"] for key in keys if rows[key]["group"])
    return any(number > 1 for number in groups.values())

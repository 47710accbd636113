"""The words of papers, and how figures and dates are written there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache

from markupsafe import Markup, escape

from chiiki_tsusho.eras import japanese_date
from chiiki_tsusho.exchange_files.sheets import BY_CARE_MANAGER, BY_PERSON, BY_PREVENTION
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.prices_and_limits import price_text
from chiiki_tsusho.reports.page_words import PageWords

LABELS: dict[str, Text] = {
    "invoice": Text("Invoice"),
    "receipt": Text("Receipt"),
    "statement": Text("Statement of long-term care benefit"),
    "statement_form": Text(
        "laid out like form 2 (様式第二); for your records, not the form itself"
    ),
    "title": Text("Papers of the month"),
    "to": Text("To"),
    "number": Text("Insured number"),
    "insurer": Text("Insurer"),
    "provider": Text("Provider"),
    "service_month": Text("Month of service"),
    "made_on": Text("Date"),
    "care_level": Text("Care level"),
    "days": Text("Days"),
    "please_pay": Text("Please pay"),
    "received": Text("Received"),
    "received_note": Text("The amount above was received."),
    "planned_by": Text("Office that made the care plan"),
    "deductible": Text("Of this, deductible as medical expense"),
    "deductible_note": Text(
        "The share within the limit is deductible where the care plan has medical services, such "
        "as home nursing, beside these; write it in then."
    ),
    "received_on": Text("Received on"),
    "seal": Text("Seal"),
    "issuer": Text("Name, address and telephone of the provider"),
    "service": Text("Service"),
    "code": Text("Code"),
    "units": Text("Units"),
    "count": Text("Count"),
    "service_units": Text("Units in all"),
    "outside": Text("outside the limit"),
    "lines": Text("Services of the month"),
    "sums": Text("How the amount comes about"),
    "within": Text("Within the limit"),
    "beyond": Text("Beyond the limit"),
    "benefit_units": Text("Units of the benefit"),
    "price": Text("Yen of a unit"),
    "total_yen": Text("Total cost"),
    "insurance_yen": Text("Paid by the insurance"),
    "public_yen": Text("Paid by public funds"),
    "copay_yen": Text("Your share"),
    "self_units": Text("Units paid in full"),
    "self_yen": Text("Paid by you in full"),
    "sum": Text("Sum"),
    "yen_unknown": Text(
        "The amount is not computed: the area grade of the provider or the benefit rate of the "
        "person is not known."
    ),
    "medical": Text("Amounts are in yen. Keep this paper: it may be needed for a tax return."),
    "public_payer_no": Text("Payer number"),
    "public_recipient_no": Text("Recipient number"),
    "kana": Text("Kana"),
    "name": Text("Name"),
    "birth_date": Text("Date of birth"),
    "sex": Text("Sex"),
    "certified": Text("Certified"),
    "insured_block": Text("Insured person"),
    "provider_block": Text("Claiming provider"),
    "plan_block": Text("Care plan"),
    "care_manager_no": Text("Office"),
    "facility_insurer_no": Text("Insurer at the facility"),
    "started_on": Text("Began"),
    "stopped_on": Text("Ended"),
    "stop_reason": Text("Reason"),
    "details": Text("Details of the benefit"),
    "public_count": Text("Public count"),
    "public_line_units": Text("Public units"),
    "note": Text("Note"),
    "totals": Text("Totals claimed"),
    "kind": Text("Service type"),
    "kind_name": Text("78 community day care"),
    "planned_units": Text("Planned units"),
    "managed_units": Text("Units counted against the limit"),
    "unmanaged_units": Text("Units outside the limit"),
    "paid_units": Text(
        "Units of the benefit (the smaller of plan and counted units, and those outside the limit)"
    ),
    "public_units": Text("Units under public funds"),
    "public_copay": Text("Paid by the person under public funds"),
    "yen": Text("yen"),
    "insurance_rate": Text("Benefit rate"),
    "man": Text("male"),
    "woman": Text("female"),
    "self_plan": Text("the person"),
    "care_manager": Text("care manager"),
    "prevention": Text("preventive care office"),
    "own_share_note": Text("With public funds the share includes what the person pays under them."),
    "print_hint": Text("To print: A4, portrait. Every paper begins on a page of its own."),
}
_PLANNERS = {BY_CARE_MANAGER: "care_manager", BY_PERSON: "self_plan", BY_PREVENTION: "prevention"}


@dataclass(frozen=True)
class PaperWords:
    """Words in one language, called by the templates."""

    language: Language

    @cached_property
    def labels(self) -> dict[str, Markup]:
        """Every label as a page takes it."""
        return {name: escape(text.say(self.language)) for name, text in LABELS.items()}

    @cached_property
    def _codes(self) -> PageWords:
        return PageWords(self.language)

    def content(self, row: CodeRow) -> str:
        """Say in plain words what a base code is for; blank of others, whose names say it."""
        return self._codes.content(row) if row.kind == "base" else ""

    def level(self, level: int | None) -> str:
        """Name a care level; blank where there is none."""
        return Text("care level {level}", level=level).say(self.language) if level else ""

    def month(self, month: str) -> str:
        """Write ``201604`` as 平成28年4月."""
        year, number = int(month[:4]), int(month[4:])
        if self.language == "en":
            return f"{year:04}-{number:02}"
        return japanese_date(dt.date(year, number, 1))[: -len("1日")]

    def date(self, day: dt.date | str) -> str:
        """Write a date, also one of the form ``19400401``; blank where there is none."""
        if not day:
            return ""
        when = day if isinstance(day, dt.date) else dt.date.fromisoformat(day)
        return when.isoformat() if self.language == "en" else japanese_date(when)

    def sex(self, cell: str) -> str:
        """Name a sex, 1 or 2."""
        return str(self.labels[{"1": "man", "2": "woman"}[cell]]) if cell else ""

    def planner(self, cell: str) -> str:
        """Name who makes the care plan (居宅サービス計画作成区分)."""
        return str(self.labels[_PLANNERS[cell]]) if cell else ""


def figure(value: int | None) -> str:
    """Write a number; blank where there is none."""
    return "" if value is None else f"{value:,}"


def price(value: int | None) -> str:
    """Write the yen of a unit, which is kept × 100."""
    return "" if value is None else price_text(value)


@lru_cache(maxsize=4096)
def boxes(text: str, places: int) -> Markup:
    """Write a number with a box for each of its signs, and empty ones up to so many places."""
    signs = text.ljust(places)
    return Markup('<span class="boxes">%s</span>') % Markup("").join(
        Markup("<span>%s</span>") % sign.strip() for sign in signs
    )

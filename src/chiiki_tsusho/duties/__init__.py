"""Councils and filings a provider owes beside its claims: what is wrong, what is due, papers.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chiiki_tsusho.duties.calendar_file import write_calendar
    from chiiki_tsusho.duties.check import check_duties
    from chiiki_tsusho.duties.filings import filing_addressee, filing_items
    from chiiki_tsusho.duties.findings import DutyReport
    from chiiki_tsusho.duties.papers import write_paper
    from chiiki_tsusho.duties.plan import plan_duties
    from chiiki_tsusho.duties.rules import duty_rules
    from chiiki_tsusho.duties.templates import write_register_templates

_HOMES = {
    "DutyReport": "findings",
    "check_duties": "check",
    "duty_rules": "rules",
    "filing_addressee": "filings",
    "filing_items": "filings",
    "plan_duties": "plan",
    "write_calendar": "calendar_file",
    "write_paper": "papers",
    "write_register_templates": "templates",
}

__all__ = [
    "DutyReport",
    "check_duties",
    "duty_rules",
    "filing_addressee",
    "filing_items",
    "plan_duties",
    "write_calendar",
    "write_paper",
    "write_register_templates",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""Service-code units and claims of community day care (地域密着型通所介護, service type 78).

Names are loaded when they are first used: importing the package loads no table, no pandas and no
command-line library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chiiki_tsusho.version import __version__ as __version__

if TYPE_CHECKING:
    from chiiki_tsusho.batch import Batch, FileBatch, claim_files, compute_claims
    from chiiki_tsusho.care_plans.plans import CarePlans, from_plan
    from chiiki_tsusho.care_plans.results import (
        DoneVisits,
        WrittenResults,
        codes_of_visits,
        write_care_plan_results,
    )
    from chiiki_tsusho.duties.calendar_file import write_calendar
    from chiiki_tsusho.duties.check import check_duties
    from chiiki_tsusho.duties.filings import Addressee, filing_addressee, filing_items
    from chiiki_tsusho.duties.findings import DutyReport
    from chiiki_tsusho.duties.papers import write_paper
    from chiiki_tsusho.duties.plan import plan_duties
    from chiiki_tsusho.duties.rules import duty_rules
    from chiiki_tsusho.duties.templates import write_register_templates
    from chiiki_tsusho.errors import (
        ChiikiTsushoError,
        ClaimFileError,
        InputFileError,
        OutputError,
        TableError,
        UnknownCodeError,
        UnsupportedMonthError,
        VisitError,
    )
    from chiiki_tsusho.exchange_files.audit import Audit, audit
    from chiiki_tsusho.exchange_files.claim_file import ClaimFile, read_claim_file
    from chiiki_tsusho.exchange_files.returns import read_returns
    from chiiki_tsusho.exchange_files.writer import write_claim_file
    from chiiki_tsusho.explaining.claim import ClaimExplanation, explain_claim
    from chiiki_tsusho.explaining.steps import Step
    from chiiki_tsusho.explaining.visit import Calculator, Composition, CompositionLine, Visit
    from chiiki_tsusho.law.code_book import CodeBook, load_code_book, load_codes
    from chiiki_tsusho.law.code_file import check_table
    from chiiki_tsusho.law.code_table import CodeTable
    from chiiki_tsusho.law.rounding import floor_share, half_up
    from chiiki_tsusho.law.table_files import Fault
    from chiiki_tsusho.papers.statements import write_statements
    from chiiki_tsusho.reports.comparison import Comparison, compare_months
    from chiiki_tsusho.reports.page import write_report
    from chiiki_tsusho.table_imports.gathering import ImportedTable, Refused, write_code_rows
    from chiiki_tsusho.table_imports.master_csv import import_master
    from chiiki_tsusho.table_imports.workbook import import_workbook
    from chiiki_tsusho.writing.templates import write_templates

_HOMES = {
    "write_calendar": "duties.calendar_file",
    "Addressee": "duties.filings",
    "filing_addressee": "duties.filings",
    "filing_items": "duties.filings",
    "DutyReport": "duties.findings",
    "write_paper": "duties.papers",
    "duty_rules": "duties.rules",
    "write_register_templates": "duties.templates",
    "check_table": "law.code_file",
    "floor_share": "law.rounding",
    "half_up": "law.rounding",
    "Fault": "law.table_files",
    "ImportedTable": "table_imports.gathering",
    "Refused": "table_imports.gathering",
    "write_code_rows": "table_imports.gathering",
    "import_master": "table_imports.master_csv",
    "import_workbook": "table_imports.workbook",
    "write_templates": "writing.templates",
    "Batch": "batch",
    "FileBatch": "batch",
    "claim_files": "batch",
    "compute_claims": "batch",
    "Audit": "exchange_files.audit",
    "audit": "exchange_files.audit",
    "write_claim_file": "exchange_files.writer",
    "DoneVisits": "care_plans.results",
    "WrittenResults": "care_plans.results",
    "codes_of_visits": "care_plans.results",
    "write_care_plan_results": "care_plans.results",
    "CarePlans": "care_plans.plans",
    "from_plan": "care_plans.plans",
    "ClaimFile": "exchange_files.claim_file",
    "read_claim_file": "exchange_files.claim_file",
    "read_returns": "exchange_files.returns",
    "ClaimExplanation": "explaining.claim",
    "explain_claim": "explaining.claim",
    "CodeBook": "law.code_book",
    "CodeTable": "law.code_table",
    "load_code_book": "law.code_book",
    "load_codes": "law.code_book",
    "Comparison": "reports.comparison",
    "compare_months": "reports.comparison",
    "Calculator": "explaining.visit",
    "Composition": "explaining.visit",
    "CompositionLine": "explaining.visit",
    "Visit": "explaining.visit",
    "check_duties": "duties.check",
    "plan_duties": "duties.plan",
    "ChiikiTsushoError": "errors",
    "ClaimFileError": "errors",
    "InputFileError": "errors",
    "OutputError": "errors",
    "TableError": "errors",
    "UnknownCodeError": "errors",
    "UnsupportedMonthError": "errors",
    "VisitError": "errors",
    "write_report": "reports.page",
    "write_statements": "papers.statements",
    "Step": "explaining.steps",
}

__all__ = [
    "Addressee",
    "Audit",
    "Batch",
    "Calculator",
    "CarePlans",
    "ChiikiTsushoError",
    "ClaimExplanation",
    "ClaimFile",
    "ClaimFileError",
    "CodeBook",
    "CodeTable",
    "Comparison",
    "Composition",
    "CompositionLine",
    "DoneVisits",
    "DutyReport",
    "Fault",
    "FileBatch",
    "ImportedTable",
    "InputFileError",
    "OutputError",
    "Refused",
    "Step",
    "TableError",
    "UnknownCodeError",
    "UnsupportedMonthError",
    "Visit",
    "VisitError",
    "WrittenResults",
    "audit",
    "check_duties",
    "check_table",
    "claim_files",
    "codes_of_visits",
    "compare_months",
    "compute_claims",
    "duty_rules",
    "explain_claim",
    "filing_addressee",
    "filing_items",
    "floor_share",
    "from_plan",
    "half_up",
    "import_master",
    "import_workbook",
    "load_code_book",
    "load_codes",
    "plan_duties",
    "read_claim_file",
    "read_returns",
    "write_calendar",
    "write_care_plan_results",
    "write_claim_file",
    "write_code_rows",
    "write_paper",
    "write_register_templates",
    "write_report",
    "write_statements",
    "write_templates",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

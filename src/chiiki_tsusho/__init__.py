"""Service-code units and claims of community day care (地域密着型通所介護, service type 78).

Names are loaded when they are first used: importing the package loads no table, no pandas and no
command-line library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chiiki_tsusho.batch import Batch, compute_claims
    from chiiki_tsusho.claim_explanation import ClaimExplanation, explain_claim
    from chiiki_tsusho.codes import CodeBook, CodeTable, load_code_book, load_codes
    from chiiki_tsusho.comparison import Comparison, compare_months
    from chiiki_tsusho.composition import Calculator, Composition, CompositionLine, Visit
    from chiiki_tsusho.errors import (
        ChiikiTsushoError,
        InputFileError,
        OutputError,
        TableError,
        UnknownCodeError,
        UnsupportedMonthError,
        VisitError,
    )
    from chiiki_tsusho.report import write_report
    from chiiki_tsusho.steps import Step

__version__ = "0.1.0"

_HOMES = {
    "Batch": "batch",
    "compute_claims": "batch",
    "ClaimExplanation": "claim_explanation",
    "explain_claim": "claim_explanation",
    "CodeBook": "codes",
    "CodeTable": "codes",
    "load_code_book": "codes",
    "load_codes": "codes",
    "Comparison": "comparison",
    "compare_months": "comparison",
    "Calculator": "composition",
    "Composition": "composition",
    "CompositionLine": "composition",
    "Visit": "composition",
    "ChiikiTsushoError": "errors",
    "InputFileError": "errors",
    "OutputError": "errors",
    "TableError": "errors",
    "UnknownCodeError": "errors",
    "UnsupportedMonthError": "errors",
    "VisitError": "errors",
    "write_report": "report",
    "Step": "steps",
}

__all__ = [
    "Batch",
    "Calculator",
    "ChiikiTsushoError",
    "ClaimExplanation",
    "CodeBook",
    "CodeTable",
    "Comparison",
    "Composition",
    "CompositionLine",
    "InputFileError",
    "OutputError",
    "Step",
    "TableError",
    "UnknownCodeError",
    "UnsupportedMonthError",
    "Visit",
    "VisitError",
    "compare_months",
    "compute_claims",
    "explain_claim",
    "load_code_book",
    "load_codes",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

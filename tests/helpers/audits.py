"""What the audit of a file says under one rule."""

from __future__ import annotations

import chiiki_tsusho as ct
from chiiki_tsusho import ClaimFile
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from helpers.claim_files import file_bytes

Told = tuple[str, str, str]


def audit_of(data: list[list[str]] | ClaimFile) -> ct.Audit:
    """Audit a file, or the lines of one."""
    return ct.audit(
        data if isinstance(data, ClaimFile) else parse_claim_file(file_bytes(data), "f")
    )


def told(data: list[list[str]] | ClaimFile, rule: str, *, hint: bool = False) -> list[Told]:
    """Return item, found and expected of everything a rule says, in the order of the lines."""
    audit = audit_of(data)
    rows = audit.hints if hint else audit.findings
    rows = rows[rows["rule"] == rule]
    return list(zip(rows["item"], rows["found"], rows["expected"], strict=True))

"""The steps of a base code with reductions inside it, in the order the ministry composes them in.

通所介護 of 2024-06, 要介護1, 4 to 5 hours: 388 units; 定超・虐防・業未・時減 is printed as 185.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.explaining.base_steps import base_steps
from helpers.tables import ROW, table

PRINTED = {
    **ROW,
    "item_code": "1185",
    "name": "地域通所介護21・定超・虐防・業未・時減",
    "kind": "base",
    "care_level": "1",
    "minutes_from": "120",
    "minutes_to": "180",
    "shortfall": "over_capacity",
    "base_units": "388",
    "shortfall_per_mille": "700",
    "short_hours_per_mille": "700",
    "reductions": "abuse_prevention_missing bcp_missing",
    "reduction_per_mille": "10",
    "extension_units": "0",
    "units": "185",
    "per": "visit",
}
# The keys of the reductions have rows of their own.
KEYS = [
    {
        **ROW, "item_code": f"200{at}", "name": key, "kind": "addition", "key": key, "units": "-4",
        "per": "visit", "minutes_from": "240", "minutes_to": "300", "care_level": "1",
    }
    for at, key in enumerate(PRINTED["reductions"].split())
]  # fmt: skip
WORDS: dict[ct.Language, list[str]] = {
    "en": [
        "781185 地域通所介護21・定超・虐防・業未・時減, care level 1: base units",
        "over capacity (定員超過) × 70 %",
        "no measures against abuse (虐防): less 1 % of the base units, -4",
        "no business continuity plan (業未): less 1 % of the base units, -4",
        "2 to 3 hours (時減) × 70 %",
    ],
    "ja": [
        "781185 地域通所介護21・定超・虐防・業未・時減 要介護1: 所定単位数",
        "定員超過 × 70 %",
        "高齢者虐待防止措置未実施減算(虐防): 所定単位数の1 %を減算 -4",
        "業務継続計画未策定減算(業未): 所定単位数の1 %を減算 -4",
        "2時間以上3時間未満(時減) × 70 %",
    ],
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_step_of_a_code_in_both_languages(tmp_path: Path, language: ct.Language) -> None:
    """388 × 70 % = 271.6 → 272; 1 % of 388 = 3.88 → 4, twice; 264 × 70 % = 184.8 → 185."""
    rows = ct.load_codes("2026-06", table(tmp_path, PRINTED, *KEYS)).rows
    (row,) = [one for one in rows if one.kind == "base"]
    steps = base_steps(row, 202606, language)
    assert [(step.before, step.exact, step.after) for step in steps] == [
        (None, "388", 388), (388, "271.6", 272), (272, "268", 268), (268, "264", 264),
        (264, "184.8", 185),
    ]  # fmt: skip
    assert [step.label for step in steps] == WORDS[language]

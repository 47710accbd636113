"""The places of law that steps cite: each month its own, none of a revision that has gone."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final, get_args

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.law.sources import Rule, place_rows, row_place, rule_place, source_rows
from chiiki_tsusho.months import OPEN_END

DATA: Final = Path(__file__).parents[2] / "data"
# The first month of each revision (改定): 2016-04 began the service.
REVISIONS: Final = (201604, 201804, 201910, 202104, 202404, 202606)
# What no revision has touched.
LASTING: Final = {"rounding", "claim_form", "limit"}
# Written in a place that is of one revision alone.
NAMES: Final = {
    201804: "平成30年4月", 201910: "令和元年10月", 202104: "令和3年4月",
    202404: "令和6年", 202606: "令和8年6月",
}  # fmt: skip


def month(number: int) -> str:
    return f"{number // 100}-{number % 100:02d}"


@pytest.mark.parametrize("first", REVISIONS)
def test_each_row_cites_the_law_of_its_month(first: int) -> None:
    """A row of 2016-04 cites the notice as it was; later ones name their own revision."""
    for row in ct.load_codes(month(first)).rows:
        place = str(row_place(row, first))
        later = [name for since, name in NAMES.items() if since > first]
        if first == 201604:
            assert not any(name in place for name in later), (row.item_code, place)
        else:
            # A place may be read from a later text, never from an earlier one.
            assert any(name in place for since, name in NAMES.items() if since >= first), place


def test_no_row_of_2026_has_a_place_of_an_earlier_revision() -> None:
    earlier = {str(row_place(row, 201604)) for row in ct.load_codes("2016-04").rows}
    earlier |= {name for since, name in NAMES.items() if since < 202606}
    for row in ct.load_codes("2026-06").rows:
        place = str(row_place(row, 202606)).partition(";")[0]
        assert place not in earlier
        assert not any(name in place for name in earlier if name in NAMES.values())


@pytest.mark.parametrize("rule", sorted(set(get_args(Rule)) - LASTING))
def test_a_step_of_2026_cites_another_place_than_one_of_2016(rule: Rule) -> None:
    assert rule_place(rule, 202606) != rule_place(rule, 201604)
    assert "令和8年6月" in rule_place(rule, 202606)


@pytest.mark.parametrize("rule", sorted(LASTING))
def test_what_no_revision_touched_cites_one_place(rule: Rule) -> None:
    assert len({rule_place(rule, first) for first in REVISIONS}) == 1


def test_the_places_of_one_rule_leave_no_month_out() -> None:
    """From its first month on a rule has a place in every month to the open end."""
    for rule in {row.rule for row in place_rows()}:
        spans = sorted((one.valid_from, one.valid_to) for one in place_rows() if one.rule == rule)
        # Two keys ended with a revision of their names.
        ended = {"treatment_improvement_1", "treatment_improvement_2", "treatment_improvement_3",
                 "treatment_improvement_4"}  # fmt: skip
        assert rule in ended or spans[-1][1] == OPEN_END, rule


@pytest.mark.parametrize(
    "table", sorted(path.name for path in DATA.glob("*.csv") if path.name != "sources.csv")
)
def test_no_source_is_free_text(table: str) -> None:
    """Where a table of the law has sources, each is an id of sources.csv or of its own page."""
    with (DATA / table).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    sources = {row["source"] for row in rows if row.get("source")}
    assert all(name.isascii() and " " not in name for name in sources)
    if table in ("known_additions.csv", "service_codes.csv", "services.csv", "unit_prices.csv"):
        assert sources <= set(source_rows())

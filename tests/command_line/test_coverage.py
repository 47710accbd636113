"""``lookup --coverage``: what each month has, at a glance, and which document has the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chiiki_tsusho.command_line.app import app
from helpers.tables import addition, base, table


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words])
    return done.exit_code, done.stdout, done.stderr


def marks(page: str, name: str) -> list[str]:
    (line,) = [line for line in page.splitlines() if line.split("  ")[0] == name]
    return line[len(name) :].split()


def test_the_periods_stand_across_and_each_has_its_mark() -> None:
    """2016-04, 2017-04, 2018-04, 2019-10, 2021-04, 2024-04, 2024-06 and 2026-06."""
    code, page, _ = run("lookup", "--coverage")
    assert code == 0
    # 7 to 8 hours: printed in 2016 and 2026, seen twice in 2024, from price pages between.
    assert marks(page, "7 to 8 hours") == ["●", "●", "○", "○", "○", "●", "●", "●"]
    # Three of five care levels of 8 to 9 hours could not be read in the 算定構造 of 2022-10.
    assert marks(page, "8 to 9 hours") == ["●", "●", "○", "-", "△", "○", "○", "●"]
    assert marks(page, "2 to 3 hours") == ["●", "●", "-", "-", "-", "-", "-", "-"]
    assert marks(page, "same_building") == ["●", "●", "○", "-", "-", "○", "○", "○"]
    assert marks(page, "treatment_improvement_4") == ["●", "○", "○", "-", "-", "-", "○", "●"]


def test_what_is_missing_names_the_document_that_has_it() -> None:
    _, page, _ = run("lookup", "--coverage")
    assert "2019-10 to 2021-03 (all of it stands in the ministry's service code table of" in page
    assert "not legible in the 算定構造 of 2022-10" in page


def test_in_japanese() -> None:
    _, page, _ = run("--lang", "ja", "lookup", "--coverage")
    assert marks(page, "7時間以上8時間未満") == ["●", "●", "○", "○", "○", "●", "●", "●"]
    assert marks(page, "同一建物減算") == ["●", "●", "○", "-", "-", "○", "○", "○"]
    assert "厚生労働省の介護給付費単位数等サービスコード表(令和元年10月施行版)にあります" in page


def test_a_table_of_ones_own_has_no_list_of_what_is_missing(tmp_path: Path) -> None:
    codes = table(tmp_path, *base(100), addition("bathing", 50, "day"))
    code, page, _ = run("lookup", "--coverage", "--codes", str(codes))
    assert code == 0
    assert marks(page, "3 to 4 hours") == ["●"]
    assert marks(page, "over_capacity") == ["-"]
    assert "ministry" not in page


@pytest.mark.parametrize(("language", "text"), [("en", "--month is missing"), ("ja", "--month が")])
def test_neither_a_month_nor_coverage(language: str, text: str) -> None:
    code, page, told = run("--lang", language, "lookup")
    assert (code, page) == (2, "")
    assert text in told


@pytest.mark.parametrize("more", [("--month", "2016-04"), ("781241",)])
def test_coverage_is_of_every_month(more: tuple[str, ...]) -> None:
    """Who asks for a month or a code is not answered with all of them."""
    for language, text in (("en", "leave out --month and the codes"), ("ja", "すべての月を")):
        code, page, told = run("--lang", language, "lookup", "--coverage", *more)
        assert (code, page) == (2, "")
        assert text in told

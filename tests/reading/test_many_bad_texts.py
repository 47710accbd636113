"""Many texts that cannot be read are told as each of them is told alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.language import LANGUAGES, Name
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.cells import PARSERS, Decoder, key_parser
from chiiki_tsusho.reading.hopeless_texts import MANY_TEXTS, HopelessTexts

KINDS = (*PARSERS, "key")
# Every character of ASCII that is printed, and what formats and spoiled cells are made of.
PIECES = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.sampled_from(
        (
            "=",
            "#N/A",
            "#NAME?",
            "#DIV/0!",
            '="1"',
            "'",
            "1E+09",
            "1e5",
            "TRUE",
            "day_care",
            "H28",
            "12:30",
            "2016-04-01",
            "9割",
            "450分",
            "\t",
            "\u3000",
            "\ufeff",
            "\x00",
            "?",
            "x" * 99,
            "00012345",
            "12.0",
            "H000012345",
            "1390000015",
            "139001",
            "2016-04-01 0:00",
            "2016-04-31 ",
            " 00:00",
            "false",
            "要介護",
            "要支援",
            "要支援1",
            "事業対象者",
            "長い値",
            "ア",
            "月",
        )
    ),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join)


def _decoder(kind: str) -> Decoder:
    parse = key_parser(Name("bathing", "入浴介助加算"), 1) if kind == "key" else PARSERS[kind]
    return Decoder(parse, hopeless=HopelessTexts(kind))


@given(st.sampled_from(KINDS), st.lists(TEXTS, min_size=1, max_size=20))
def test_what_is_hopeless_among_many_is_bad_alone(kind: str, texts: list[str]) -> None:
    decoder, alone = _decoder(kind), _decoder(kind)
    many = of_texts([*texts, *(f"?{number}" for number in range(MANY_TEXTS))])
    values = decoder.values_of(many)[: len(texts)]
    assert values.tolist() == alone.values(texts).tolist()
    for found in decoder.hopeless.alike(many):
        error = decoder.error(found.sample)
        message = replace(error, facts={**error.facts, "value": any_of("value")})
        for text in np.array(texts, dtype=object)[found.there[: len(texts)]].tolist():
            assert alone.error(text).rule == error.rule == "bad_value"
            problems = [Problems(), Problems()]
            problems[0].add_alike("visits", "minutes", np.array([2]), message, of_texts([text]))
            problems[1].add("visits", "minutes", text, alone.error(text), 2)
            for language in LANGUAGES:
                assert problems[0].tables(language) == problems[1].tables(language)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_signs_is_hopeless_in_every_column(kind: str) -> None:
    assert HopelessTexts(kind).found(of_texts(["?"] * MANY_TEXTS)).all()


def test_a_file_of_many_bad_cells_names_every_one(tmp_path: Path) -> None:
    heading = "provider_no,insurer_no,insured_no,service_date,care_level,minutes\n"
    row = "1390000015,139001,00001{:05d},2016-04-01,1,{}\n"
    # A quotation mark is told as Python writes it, and stands among those that are plain.
    cells = [f"?{number}" for number in range(2 * MANY_TEXTS)] + ["240", "?'", "x" * 120, "="]
    visits = tmp_path / "visits.csv"
    lines = [row.format(number, cell) for number, cell in enumerate(cells)]
    visits.write_text(heading + "".join(lines), encoding="utf-8")
    batch = ct.compute_claims(visits)
    # The made-up numbers do not end in their check digit: of each there is a warning.
    errors = batch.problems[batch.problems["severity"] == "error"]
    assert errors["line"].tolist() == [
        number + 2 for number, cell in enumerate(cells) if cell != "240"
    ]
    told = dict(zip(errors["value"], errors["message"], strict=True))
    assert told["?17"] == (
        "'?17' is not a length of stay in whole minutes; write it as 450, 7:30 or 7時間30分"
    )
    assert told["?'"].startswith('"?\'" is not a length of stay')
    assert "formula" in told["="]
    assert len(batch.claims) == 1

"""The claims of a batch one by one, each with its lines and its person, as papers show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from chiiki_tsusho.batch import Batch, results_of
from chiiki_tsusho.claims.yen import public_claim
from chiiki_tsusho.columns import CLAIM_KEY_NAMES
from chiiki_tsusho.exchange_files.codes_of_lines import levels_of_codes
from chiiki_tsusho.exchange_files.line_cells import Texts
from chiiki_tsusho.exchange_files.persons import PersonCells
from chiiki_tsusho.exchange_files.statements import (
    StatedClaims,
    laws_of_claims,
    stated_of_persons,
)
from chiiki_tsusho.law.code_book import CodeBook, code_row
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.payers import fund_rates
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.reading.insured_numbers import UNINSURED

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# So many claims are turned into plain values together.
_CLAIMS_AT_ONCE = 32
# Cells of recipients that papers show.
PERSON = (
    "birth_date", "sex", "care_level", "certified_from", "certified_to", "care_plan_by",
    "care_manager_no", "started_on", "stopped_on", "stop_reason", "public_payer_no",
    "public_recipient_no", "facility_insurer_no", "name", "name_kana",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """One claim with all that its papers show; yen are None where they were not computed.

    Parameters
    ----------
    claim : dict
        The row of ``claims``.
    lines : list of dict
        The rows of ``claim_lines``, base codes first; each with the ``name`` of its code and, in
        plain words, its ``content``.
    person : dict of name to str
        What recipients say, by the items of record 01, and their names.
    care_level : int, optional
        That of record 01; None where there is none.
    public_units : int, optional
        Units of the benefit under public funds; None where there are none.
    public_copay_yen : int, optional
        What of ``copay_yen`` the person pays under public funds (公費分本人負担).
    """

    claim: dict[str, Any]
    lines: list[dict[str, Any]]
    person: dict[str, str]
    care_level: int | None = None
    public_units: int | None = None
    public_copay_yen: int | None = None

    @property
    def has_yen(self) -> bool:
        """Whether the yen of the claim are known."""
        return self.claim["total_yen"] is not None

    @property
    def uninsured(self) -> bool:
        """Whether the person has no insurance: the number begins with H."""
        return str(self.claim["insured_no"]).startswith(UNINSURED)

    @property
    def to_pay(self) -> int:
        """What the person pays: the share of the benefit and all beyond the limit, yen."""
        return int(self.claim["copay_yen"]) + int(self.claim["self_paid_yen"])

    @property
    def insurance_copay_yen(self) -> int | None:
        """The person's share outside public funds (利用者負担額 of the statement), yen."""
        copay = self.claim["copay_yen"]
        return None if copay is None else int(copay) - (self.public_copay_yen or 0)


def read_tables(batch: Batch | str | Path) -> tuple[pa.Table, pa.Table]:
    """Return claims and lines of a batch or of its folder, the claims in their order.

    Raises
    ------
    InputFileError
        They cannot be read, or do not agree.
    """
    claims, lines = results_of(batch)
    return claims.sort_by([(name, "ascending") for name in CLAIM_KEY_NAMES]).combine_chunks(), lines


def paper_claims(
    claims: pa.Table,
    lines: pa.Table,
    cells: PersonCells | None,
    book: CodeBook,
    content: Callable[[CodeRow], str],
) -> Iterator[PaperClaim]:
    """Yield the claims one by one, with their lines.

    Parameters
    ----------
    claims, lines : Table
        What ``read_tables`` returned.
    cells : PersonCells, optional
        The personal cells of the claims, in their order.
    book : CodeBook
        Names the codes.
    content : callable
        Says in plain words what a code is for.
    """
    of_line = _claim_of_line(claims, lines)
    use, rows = _code_rows(lines, book)
    said = [None if row is None else (row.name, content(row)) for row in rows]
    is_base = np.array([row is not None and row.kind == "base" for row in rows], dtype=bool)
    codes = lines["service_code"].to_numpy()
    order = np.lexsort((codes, ~is_base[use], of_line)) if len(use) else np.zeros(0, np.int64)
    lines = lines.take(pa.array(order)).combine_chunks()
    of_line, use = of_line[order], use[order]
    starts = np.searchsorted(of_line, np.arange(claims.num_rows + 1))
    units, own = _public_part(claims, cells)
    persons, levels = _persons(claims, lines["service_code"], of_line, cells, book)
    for first in range(0, claims.num_rows, _CLAIMS_AT_ONCE):
        part = claims.slice(first, _CLAIMS_AT_ONCE)
        begin = int(starts[first])
        end = int(starts[first + part.num_rows])
        of_lines = lines.slice(begin, end - begin).to_pylist()
        places = zip(of_lines, use[begin:end].tolist(), of_line[begin:end].tolist(), strict=True)
        for line, row, of_claim in places:
            line["name"], line["content"] = said[row] or (line["service_code"], "")
            if units[of_claim] < 0:
                # Funds that hold on none of the days within the limit are not in the statement.
                line["public_count"] = line["public_units"] = 0
        for at, claim in enumerate(part.to_pylist(), start=first):
            yield PaperClaim(
                claim,
                of_lines[starts[at] - begin : starts[at + 1] - begin],
                # Blank of what nobody said.
                defaultdict(str, {name: str(texts[at]) for name, texts in persons.items()}),
                int(levels[at]) or None,
                None if units[at] < 0 else int(units[at]),
                None if own[at] < 0 else int(own[at]),
            )


def _persons(
    claims: pa.Table,
    codes: pa.ChunkedArray,
    of_line: Ints,
    cells: PersonCells | None,
    book: CodeBook,
) -> tuple[dict[str, Texts], Ints]:
    """Return what papers say of each person, and the care level: what record 01 states."""
    frame = claims.to_pandas()
    if cells is None:
        return {}, frame["care_level"].fillna(0).to_numpy(dtype=np.int64)
    months = frame["service_month"].to_numpy(dtype=np.int64)
    levels = levels_of_codes(codes.combine_chunks(), months[of_line], book)
    lines = pd.DataFrame({"claim": of_line, "level": levels})
    whole = StatedClaims(frame, lines, cells, laws_of_claims(frame, cells))
    more = {name: cells.texts[name] for name in ("facility_insurer_no", "name", "name_kana")}
    return {**stated_of_persons(whole), **more}, whole.care_level


def _claim_of_line(claims: pa.Table, lines: pa.Table) -> Ints:
    """Return the position of the claim of each line."""
    keys = [
        pc.binary_join_element_wise(*(table[name] for name in CLAIM_KEY_NAMES), " ")
        for table in (claims, lines)
    ]
    found = pc.index_in(keys[1], value_set=keys[0].combine_chunks())
    places: Ints = found.to_numpy().astype(np.int64)
    return places


def _code_rows(lines: pa.Table, book: CodeBook) -> tuple[Ints, list[CodeRow | None]]:
    """Return for each line which of the rows of the code table is its, None of an unknown code."""
    pairs = pc.binary_join_element_wise(lines["service_month"], lines["service_code"], " ")
    coded = pairs.combine_chunks().dictionary_encode()
    named = (pair.split(" ") for pair in coded.dictionary.to_pylist())
    rows = [code_row(book, int(month), code) for month, code in named]
    use: Ints = coded.indices.to_numpy().astype(np.int64)
    return use, rows


def _public_part(claims: pa.Table, cells: PersonCells | None) -> tuple[Ints, Ints]:
    """Return the units under public funds and the person's own payment there, −1 for none.

    Of a claim without a row of recipients it is not known which funds they are; that tells the own
    payment where only a part of the units is under them.
    """

    def number(name: str) -> Ints:
        values: Ints = claims[name].fill_null(0).to_numpy()
        return values

    of_funds, benefit = number("public_units"), number("benefit_units")
    uninsured = pc.starts_with(claims["insured_no"], UNINSURED).to_numpy()
    public, partly = uninsured | (of_funds > 0), of_funds != benefit
    law = np.zeros(claims.num_rows, np.int64) if cells is None else cells.public_law
    months = claims["service_month"].cast(pa.int64()).to_numpy()
    share = public_claim(
        benefit,
        of_funds,
        number("unit_price"),
        number("total_yen") - number("insurance_yen"),
        (np.where(uninsured, 0, number("benefit_rate")), fund_rates(law, months)),
    )
    # With every unit under them all that the person pays is their part of it.
    own = np.where(partly, share - number("public_yen"), number("copay_yen"))
    known = public & (~partly | (law > 0))
    return np.where(public, of_funds, -1), np.where(known, own, -1)

"""Whether claims and their lines agree, unit for unit and yen for yen, as every batch's own do.

What comes back may be of two batches, cut off, or changed by hand; it must reach no invoice and
no claim file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import filled, flags_of, numbers_of
from chiiki_tsusho.claims.yen import PER_CENT, PRICE_SCALE, public_claim
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Counted, Sayable, Text
from chiiki_tsusho.law.rounding import floor_share
from chiiki_tsusho.number_arrays import Flags, Ints, chained, first_of_runs, places_in, summed
from chiiki_tsusho.reading.insured_numbers import UNINSURED
from chiiki_tsusho.records import record

# What a table is called in messages.
Where = str | Path | Sayable
AGAIN = Text("compute the claims again")
_NAMES = {one.name: one.called for one in (*CLAIM_LINES, *CLAIMS)}
# What a figure can be; a price of the unit has four digits in every file.
_RANGES = {
    "care_level": (1, 5),
    "unit_price": (1, 9_999),
    "benefit_rate": (0, PER_CENT),
}
_LARGEST_KEY = 1 << 62


@record
class _Figures:
    """Whole numbers of a table by column, 0 where blank, and how errors call its rows."""

    table: pa.Table
    where: Where

    def __getitem__(self, name: str) -> Ints:
        return numbers_of(filled(self.table[name], 0))

    def blank(self, name: str) -> Flags:
        """Say where a column is blank."""
        return flags_of(self.table[name].is_null().combine_chunks())

    def row(self, at: int) -> str:
        """Name a claim, and the code where it is a line."""
        named = (*CLAIM_KEY_NAMES, "service_code")
        names = [name for name in named if name in self.table.column_names]
        return " ".join(self.table[name][at].as_py() for name in names)

    def expect(self, name: str, expected: Ints | int, among: Flags | bool = True) -> None:
        """Refuse a figure that is not what others come to."""
        found = self[name]
        expected = np.broadcast_to(expected, found.shape)
        for at in np.flatnonzero((found != expected) & among).tolist():
            raise _differ(
                self.where,
                Text(
                    "{row}: {column} is {found:,} where other figures come to {expected:,}",
                    row=self.row(at),
                    column=_NAMES[name],
                    found=int(found[at]),
                    expected=int(expected[at]),
                ),
            )

    def within(
        self, name: str, least: Ints | int, most: Ints | int, among: Flags | bool = True
    ) -> None:
        """Refuse a figure that cannot be."""
        found = self[name]
        for at in np.flatnonzero(((found < least) | (found > most)) & among).tolist():
            raise _differ(
                self.where,
                Text(
                    "{row}: {column} is {found:,}, which cannot be beside its other figures",
                    row=self.row(at),
                    column=_NAMES[name],
                    found=int(found[at]),
                ),
            )


def _differ(where: Where, why: Sayable) -> InputFileError:
    return InputFileError(
        Text(
            "{where}: claims and claim_lines are not of one batch or were changed: {why}; {again}",
            where=where,
            why=why,
            again=AGAIN,
        )
    )


def check_claims(claims: pa.Table, where: Where) -> None:
    """Refuse claims whose figures are not what one another come to.

    Parameters
    ----------
    claims : pyarrow.Table
        All columns of the contract, in their form.
    where : path or Sayable
        What they are called.

    Raises
    ------
    InputFileError
        Names the first claim and the column.
    """
    figures = _Figures(claims, where)
    for name, (least, most) in _RANGES.items():
        figures.within(name, least, most, ~figures.blank(name))
    visits, managed = figures["visits"], figures["managed_units"]
    figures.within("days", 1, np.minimum(visits, 31))
    # 様式第二: units within the plan are paid for, those outside the limit as they were covered.
    planned, benefit = figures["planned_units"], figures["benefit_units"]
    figures.expect("total_units", managed + figures["unmanaged_units"])
    figures.expect("benefit_units", np.minimum(planned, managed) + figures["unmanaged_units"])
    figures.expect("self_paid_units", 0, planned >= managed)
    public = figures["public_units"]
    figures.within("public_units", np.minimum(0, benefit), np.maximum(0, benefit))
    _check_yen(figures, benefit, public)


def _check_yen(figures: _Figures, benefit: Ints, public: Ints) -> None:
    insured = ~_uninsured(figures.table)
    known = ~figures.blank("unit_price") & ~(figures.blank("benefit_rate") & insured)
    there = ~figures.blank("total_yen")
    for at in np.flatnonzero(known != there).tolist():
        fault = (
            Text("{row} has no yen, and has a unit price and a benefit rate", row=figures.row(at))
            if known[at]
            else Text("{row} has yen without a unit price or a benefit rate", row=figures.row(at))
        )
        raise _differ(figures.where, fault)
    price, rate = figures["unit_price"], np.where(insured, figures["benefit_rate"], 0)
    total = floor_share(benefit, price, PRICE_SCALE)
    insurance = floor_share(total, rate, PER_CENT)
    figures.expect("total_yen", total, known)
    figures.expect("insurance_yen", insurance, known)
    figures.expect(
        "self_paid_yen", floor_share(figures["self_paid_units"], price, PRICE_SCALE), known
    )
    # Public funds bear at most what the insurance leaves of their units (記載要領 様式第二).
    rest = total - insurance
    most = public_claim(benefit, public, price, rest, (rate, PER_CENT))
    figures.within("public_yen", 0, np.maximum(0, most), known)
    figures.expect("copay_yen", rest - figures["public_yen"], known)


def _uninsured(claims: pa.Table) -> Flags:
    numbers = claims["insured_no"]
    if pa.types.is_dictionary(numbers.type):
        numbers = numbers.cast(pa.string())
    return flags_of(compute.starts_with(numbers, UNINSURED).combine_chunks())


def check_results(claims: pa.Table, lines: pa.Table, where: Where) -> None:
    """Refuse claims and lines that are not whole, or do not agree.

    Parameters
    ----------
    claims, lines : pyarrow.Table
        All columns of the contract, in their form; texts may be dictionaries in both.
    where : path or Sayable
        What they are called.

    Raises
    ------
    InputFileError
        A line is of no claim, a claim or a line is there twice, or a figure of one is not what
        the others come to.
    """
    of_claims, of_lines = _keys(claims, lines)
    order = np.argsort(of_claims, kind="stable")
    ordered = of_claims[order]
    figures = _Figures(claims, where)
    for at in np.flatnonzero(~first_of_runs(ordered)).tolist():
        fault = Text("claim {row} is there more than once", row=figures.row(int(order[at])))
        raise _differ(where, fault)
    # The lines of a claim stand together, mostly.
    runs = np.flatnonzero(first_of_runs(of_lines))
    place = np.searchsorted(ordered, of_lines[runs])
    lengths = np.diff(np.append(runs, len(of_lines)))
    found = np.append(ordered, -1)[place] == of_lines[runs]
    if not found.all():
        lost = int(lengths[~found].sum())
        fault = Counted(
            "{n:,} line is of none of the claims", "{n:,} lines are of none of the claims", lost
        )
        raise _differ(where, fault)
    claim_of_run = order[place]
    of_line = _Figures(lines, where)
    _check_once(of_line, np.repeat(claim_of_run, lengths))

    def of_claim(values: Ints) -> Ints:
        of_runs = np.add.reduceat(values, runs) if len(runs) else values
        return summed(of_runs, claim_of_run, len(of_claims))

    units, managed_line = of_line["service_units"], of_line["limit_managed"]
    of_line.within("limit_managed", 0, 1)
    figures.expect("total_units", of_claim(units))
    figures.expect("managed_units", of_claim(units * managed_line))
    _check_lines(of_line)
    check_claims(claims, where)
    over = figures["managed_units"] > figures["planned_units"]
    public = of_line["public_units"]
    figures.expect("public_units", of_claim(public), ~over)
    # Over the limit only a part of the managed lines is paid for, which are whole.
    figures.within("public_units", of_claim(public * (1 - managed_line)), of_claim(public), over)


def _check_lines(lines: _Figures) -> None:
    count, units, whole = lines["count"], lines["units"], lines["service_units"]
    lines.within("count", 1, np.abs(whole))
    # By a division: a product may be longer than any number here.
    with np.errstate(divide="ignore"):
        times, left = np.divmod(whole, units)  # both 0 where units are
    lines.within("service_units", whole + (left != 0), whole)
    lines.expect("count", times)
    public = lines["public_count"]
    lines.within("public_count", 0, np.where(lines["public_units"] == 0, 0, count))
    lines.within("public_units", np.minimum(0, whole), np.maximum(0, whole))
    # What is there once may be a ratio, of which public funds bear a part.
    lines.expect("public_units", units * public, (count > 1) | (public == 0))


def _check_once(lines: _Figures, claim: Ints) -> None:
    codes, texts = _numbered([lines.table], "service_code")
    rank = places_in(numbers_of(compute.sort_indices(texts)))
    key = claim * len(texts) + rank[codes]
    # In their order they are told at a glance.
    if (key[1:] > key[:-1]).all():
        return
    order = np.argsort(key, kind="stable")
    for at in np.flatnonzero(~first_of_runs(key[order])).tolist():
        raise _differ(
            lines.where, Text("{row} is there more than once", row=lines.row(int(order[at])))
        )


def _keys(claims: pa.Table, lines: pa.Table) -> tuple[Ints, Ints]:
    """Return a number for each claim, and for the claim of each line."""
    keys = np.zeros(claims.num_rows + lines.num_rows, dtype=np.int64)
    most = 1
    for name in CLAIM_KEY_NAMES:
        numbers, texts = _numbered([claims, lines], name)
        if most * len(texts) > _LARGEST_KEY:
            distinct, keys = np.unique(keys, return_inverse=True)
            most = len(distinct)
        most *= len(texts)
        keys = keys * len(texts) + numbers
    return keys[: claims.num_rows], keys[claims.num_rows :]


def _numbered(tables: list[pa.Table], name: str) -> tuple[Ints, pa.StringArray]:
    """Return numbers for the texts of a column of the tables, one after another, and these."""
    columns = [table[name] for table in tables]
    whole = pa.chunked_array([one for column in columns for one in column.chunks], columns[0].type)
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    whole = whole.unify_dictionaries()
    chunks = [numbers_of(one.indices).astype(np.int64) for one in whole.chunks]
    texts = whole.chunk(0).dictionary if whole.num_chunks else pa.array([], pa.string())
    return chained(chunks), texts

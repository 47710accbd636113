"""Claims as the records of a claim file: 7111, and 01, 02 (or 14) and 10 of every person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from chiiki_tsusho.claims.yen import public_claim
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, INSURER_PLACES
from chiiki_tsusho.exchange_files.checks_form import DATA_KIND
from chiiki_tsusho.exchange_files.checks_sums import CLAIM_KIND, claim_sums
from chiiki_tsusho.exchange_files.claim_file import ClaimFile
from chiiki_tsusho.exchange_files.dates import month_ends
from chiiki_tsusho.exchange_files.layout import layout
from chiiki_tsusho.exchange_files.line_cells import Texts
from chiiki_tsusho.exchange_files.persons import PersonCells
from chiiki_tsusho.exchange_files.record_rows import RecordRows, quoting_by
from chiiki_tsusho.exchange_files.sheets import (
    LEVEL_CODE,
    SERVICE_KIND,
    WITH_MANAGER,
    Sheets,
)
from chiiki_tsusho.law.payers import claim_kind_of_funds, fund_rates, law_of_the_uninsured
from chiiki_tsusho.number_arrays import Flags, Ints, flagged, summed
from chiiki_tsusho.reading.insured_numbers import UNINSURED

EXCHANGE_ID, CLAIM_ID = "7131", "7111"
# What every statement has of its person.
ALWAYS = ("birth_date", "sex", "certified_from", "certified_to", "care_plan_by")
_DATA, _CONTROL, _END = "2", "1", "3"
_Column: TypeAlias = "Sequence[str] | Texts | Ints | pa.Array | str"
_Keys: TypeAlias = "Mapping[str, pa.Array]"


@dataclass(frozen=True)
class StatedClaims:
    """Claims with everything their statements need.

    Parameters
    ----------
    claims : DataFrame
        Columns of the contract, ordered by month, provider, insurer and person, on an index from
        0.
    lines : DataFrame
        Their lines ordered by claim and code, with ``claim``, the position of the claim,
        ``unit_item``, what stands in the item 単位数, and ``level``, the care level of the code,
        0 where it has none.
    cells : PersonCells
        The personal cells of each claim.
    law : ndarray of int64, shape (claims,)
        法別番号 of the public funds, 0 where there are none.
    """

    claims: pd.DataFrame
    lines: pd.DataFrame
    cells: PersonCells
    law: Ints

    @property
    def public(self) -> Flags:
        """Which claims have public funds."""
        flags: Flags = self.law != 0
        return flags

    @property
    def fund_rate(self) -> Ints:
        """What insurance and public funds pay together, per cent."""
        return fund_rates(self.law, self.claims["service_month"].to_numpy(dtype=np.int64))

    @property
    def uninsured(self) -> Flags:
        """Which persons have no insurance (a number beginning with H)."""
        return _uninsured(self.claims)

    @cached_property
    def certified_within(self) -> Flags:
        """Which claims have a certification that begins after the first of their month."""
        begins, (first, last) = self.cells.texts["certified_from"], month_bounds(self.claims)
        flags: Flags = (begins > first) & (begins <= last)
        return flags

    @cached_property
    def care_level(self) -> Ints:
        """The care level of record 01: that at the end of the month.

        The codes do not say which of several levels came last, so recipients may. One of theirs
        that no code has is heeded where a certification begins within the month, or the codes have
        none. Otherwise it is the heaviest of the month.

        Notes
        -----
        介護給付費請求書等の記載要領 (厚生労働省老健局老人保健課, mhlw.go.jp/content/000955742.pdf):
        月の途中で変わった場合は月の末日における状態区分, of 要支援; of 要介護 it is read alike.
        """
        stated, heaviest = self._given_level, self.number("care_level")
        of_codes = self._with_codes(lambda level, of: level == stated[of])
        known = (heaviest == 0) | self.certified_within | of_codes
        return np.where((stated > 0) & known, stated, heaviest)

    @cached_property
    def _given_level(self) -> Ints:
        given = self.cells.texts["care_level"]
        return np.where(given == "", "0", given).astype(np.int64)

    @property
    def level_unmet(self) -> Flags:
        """Whose care level in recipients record 01 does not state, since no code has it.

        Codes of 療養通所介護 have none, and do not say whether a visit had it.
        """
        given = self._given_level
        told = self._with_codes(lambda level, _: level > 0)
        unmet: Flags = told & (given > 0) & (given != self.care_level)
        return unmet

    @property
    def level_changes(self) -> Flags:
        """Which claims may have visits of another care level than record 01: not all codes have it.

        Codes of 療養通所介護 have none, and do not say whether it changed.
        """
        stated = self.care_level
        other = self._with_codes(lambda level, of: (level > 0) & (level != stated[of]))
        return other | ~self._with_codes(lambda level, of: level == stated[of])

    def _with_codes(self, wanted: Callable[[Ints, Ints], Flags]) -> Flags:
        """Say which claims have a code wanted, by the codes' levels and the places of claims."""
        claim = self.lines["claim"].to_numpy(dtype=np.int64)
        levels = self.lines["level"].to_numpy(dtype=np.int64)
        return flagged(claim[wanted(levels, claim)], len(self.claims))

    def number(self, name: str) -> Ints:
        """Return a column of the claims, 0 where it is blank."""
        return self.claims[name].fillna(0).to_numpy(dtype=np.int64)


def _uninsured(claims: pd.DataFrame) -> Flags:
    return claims["insured_no"].str.startswith(UNINSURED).to_numpy(dtype=bool)


def laws_of_claims(claims: pd.DataFrame, cells: PersonCells) -> Ints:
    """Return the 法別番号 of the public funds in each statement, 0 where there are none.

    Funds that hold on none of the person's days have no part in it.
    """
    uninsured = _uninsured(claims)
    law = np.where(uninsured & (cells.public_law == 0), law_of_the_uninsured(), cells.public_law)
    units = claims["public_units"].to_numpy(dtype=np.int64)
    return np.where(uninsured | (units > 0), law, 0)


@dataclass(frozen=True)
class Sending:
    """How a claim file is sent.

    Parameters
    ----------
    review_month : int
        処理対象年月.
    medium : str
        媒体区分: 7 is 伝送 over the Internet.
    file_no : str
        ファイル管理番号.
    quote : {"minimal", "none", "all"}
    """

    review_month: int
    medium: str = "7"
    file_no: str = "0"
    quote: str = "minimal"


def records_of(whole: StatedClaims, file: Ints, sending: Sending) -> tuple[ClaimFile, Ints]:
    """Make the claim files of some providers and months, one behind the other.

    Parameters
    ----------
    whole : StatedClaims
    file : ndarray of int64, shape (claims,)
        The number of the file of each claim, ascending from 0.
    sending : Sending

    Returns
    -------
    ClaimFile
        All their lines; each file numbers its own from 1.
    ndarray of int64, shape (files,)
        The first line of each file among them, counted from 0.
    """
    claims = whole.claims
    elsewhere = whole.cells.texts["facility_insurer_no"] != ""
    claim = whole.lines["claim"].to_numpy(dtype=np.int64)
    at_facility = elsewhere[claim]
    counts = np.bincount(claim, minlength=len(claims))
    stated = stated_keys(claims)
    keys = {name: pa.array(stated[name]) for name in CLAIM_KEY_NAMES}
    own = _own_share(whole)
    statements = {
        "7131-01": _rows("7131-01", _base_columns(whole, keys, own), len(claims), sending),
        "7131-02": _rows(*_lines_of(whole, keys, "02", ~at_facility), sending),
        "7131-14": _rows(*_lines_of(whole, keys, "14", at_facility), sending),
        "7131-10": _rows("7131-10", _total_columns(whole, keys, own), len(claims), sending),
    }
    first_claim = np.flatnonzero(np.diff(file, prepend=-1))
    months, providers = (
        claims[name].iloc[first_claim].tolist() for name in ("service_month", "provider_no")
    )
    numbers = {key: at for at, key in enumerate(zip(months, providers, strict=True))}
    of_files = claim_sums(Sheets([ClaimFile("", statements)]))
    sums = {key[1:]: one for key, one in of_files.items()}
    ordered = sorted(sums, key=lambda key: (numbers[key[:2]], key[2]))
    of_sum = np.array([numbers[key[:2]] for key in ordered], dtype=np.int64)
    claim_lines = _claim_columns({key: sums[key] for key in ordered})
    # Each file: control, 7111, person by person 01, 02 or 14, and 10, and the end.
    heads = 1 + np.bincount(of_sum, minlength=len(numbers))
    in_file = heads[file] + _before(counts + 2, file)
    sizes = heads + summed(counts + 2, file, len(numbers)) + 1
    first = np.cumsum(sizes) - sizes
    in_claim = np.arange(len(claim)) - (np.cumsum(counts) - counts)[claim]
    of_line = in_file[claim] + 1 + in_claim
    control = {
        "volume_no": "0",
        "record_count": sizes - 2,
        "data_kind": DATA_KIND,
        "provider_no": providers,
        "medium": sending.medium,
        "review_month": str(sending.review_month),
        "file_no": sending.file_no,
    }
    each, of_lines = np.arange(len(numbers)), file[claim]
    numbered = {
        "control": (_rows("control", control, len(each), sending), np.zeros_like(each), each),
        CLAIM_ID: (
            _rows(CLAIM_ID, claim_lines, len(ordered), sending),
            1 + _before(np.ones_like(of_sum), of_sum),
            of_sum,
        ),
        "7131-01": (statements["7131-01"], in_file, file),
        "7131-02": (statements["7131-02"], of_line[~at_facility], of_lines[~at_facility]),
        "7131-14": (statements["7131-14"], of_line[at_facility], of_lines[at_facility]),
        "7131-10": (statements["7131-10"], in_file + counts + 1, file),
        "end": (_rows("end", {}, len(each), sending), sizes - 1, each),
    }
    rows = {
        name: _numbered(one, places, first[of_file])
        for name, (one, places, of_file) in numbered.items()
    }
    return ClaimFile("", rows), first


def _before(sizes: Ints, groups: Ints) -> Ints:
    """Sum for each of some things, which lie group by group, the sizes of those before it there."""
    before = np.cumsum(sizes) - sizes
    return before - before[np.searchsorted(groups, groups)]


def _claim_columns(sums: Mapping[tuple[str, str, str], Mapping[str, int]]) -> dict[str, _Column]:
    return {
        name: np.array([one.get(name, 0) for one in sums.values()], dtype=np.int64)
        for name in layout()[CLAIM_ID].names
    } | {
        "exchange_id": CLAIM_ID,
        "service_month": [month for month, _, _ in sums],
        "provider_no": [provider for _, provider, _ in sums],
        "payer_kind": ["2" if law else "1" for _, _, law in sums],
        "law_no": [law or "0" for _, _, law in sums],
        # 生活保護 alone has a line for services and one for care management; other funds have one.
        "claim_kind": [claim_kind_of_funds(int(law)) if law else CLAIM_KIND for _, _, law in sums],
    }


def stated_keys(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the key of each claim as statements have it, with all places of 証記載保険者番号."""
    insurer = claims["insurer_no"].str.zfill(INSURER_PLACES)
    return claims[CLAIM_KEY_NAMES].assign(insurer_no=insurer)


def _base_columns(whole: StatedClaims, keys: _Keys, own: Ints) -> dict[str, _Column]:
    public = whole.public
    rate = whole.number("benefit_rate").astype(str)
    return {
        **keys,
        "record_kind": "01",
        **stated_of_persons(whole),
        "care_level": LEVEL_CODE + whole.care_level,
        "benefit_rate": np.where(whole.uninsured, "0", rate),
        "public1_rate": np.where(public, whole.fund_rate.astype(str), ""),
        "insurance_units": whole.number("benefit_units"),
        "insurance_yen": whole.number("insurance_yen"),
        "copay_yen": whole.number("copay_yen") - own,
        "public1_units": whole.number("public_units"),
        "public1_yen": whole.number("public_yen"),
        "public1_copay_yen": own,
    }


def stated_of_persons(whole: StatedClaims) -> dict[str, Texts]:
    """Return what a statement says of each person as recipients have it, by items of record 01.

    A start or stop of another month, the care manager of a plan of one's own and public funds that
    hold on none of the days have no place there.
    """
    texts, public = whole.cells.texts, whole.public
    first, last = month_bounds(whole.claims)
    started, stopped = (
        np.where((texts[name] >= first) & (texts[name] <= last), texts[name], "")
        for name in ("started_on", "stopped_on")
    )
    with_manager = np.isin(texts["care_plan_by"], WITH_MANAGER)
    return {
        **{name: texts[name] for name in ALWAYS},
        "public1_payer_no": np.where(public, texts["public_payer_no"], ""),
        "public1_recipient_no": np.where(public, texts["public_recipient_no"], ""),
        "care_manager_no": np.where(with_manager, texts["care_manager_no"], ""),
        "started_on": started,
        "stopped_on": stopped,
        "stop_reason": np.where(stopped != "", texts["stop_reason"], ""),
    }


def month_bounds(claims: pd.DataFrame) -> tuple[Texts, Texts]:
    """Return the first and last day of the month of service of each claim (``20160401``)."""
    first, last = month_ends(claims["service_month"].to_numpy(dtype=np.int64))
    return first.astype(str), last.astype(str)


def _own_share(whole: StatedClaims) -> Ints:
    """Return the person's own payment under public funds (公費本人負担額), yen."""
    rate = np.where(whole.uninsured, 0, whole.number("benefit_rate"))
    share = public_claim(
        whole.number("benefit_units"),
        whole.number("public_units"),
        whole.number("unit_price"),
        whole.number("total_yen") - whole.number("insurance_yen"),
        (rate, whole.fund_rate),
    )
    own: Ints = np.where(whole.public, share, 0) - whole.number("public_yen")
    return own


def _lines_of(
    whole: StatedClaims, keys: _Keys, record_kind: str, wanted: Flags
) -> tuple[str, dict[str, _Column], int]:
    """Return the record of some lines, their columns and how many there are."""
    lines = whole.lines[wanted]
    claim = lines["claim"].to_numpy(dtype=np.int64)
    public = whole.public[claim]
    columns: dict[str, _Column] = {
        **{name: cells.take(pa.array(claim)) for name, cells in keys.items()},
        "record_kind": record_kind,
        "service_kind": lines["service_code"].str[:2].tolist(),
        "item_code": lines["service_code"].str[2:].tolist(),
        "units": lines["unit_item"].to_numpy(dtype=np.int64),
        "count": lines["count"].to_numpy(dtype=np.int64),
        "public1_count": lines["public_count"].to_numpy(dtype=np.int64) * public,
        "service_units": lines["service_units"].to_numpy(dtype=np.int64),
        "public1_units": lines["public_units"].to_numpy(dtype=np.int64) * public,
        "facility_insurer_no": whole.cells.texts["facility_insurer_no"][claim],
    }
    return f"{EXCHANGE_ID}-{record_kind}", columns, len(lines)


def _total_columns(whole: StatedClaims, keys: _Keys, own: Ints) -> dict[str, _Column]:
    plain = (
        "days", "planned_units", "managed_units", "unmanaged_units", "benefit_units", "unit_price",
        "insurance_yen",
    )  # fmt: skip
    return {
        **keys,
        "record_kind": "10",
        "service_kind": SERVICE_KIND,
        **{name: whole.number(name) for name in plain},
        "copay_yen": whole.number("copay_yen") - own,
        "public1_units": whole.number("public_units"),
        "public1_yen": whole.number("public_yen"),
        "public1_copay_yen": own,
    }


def _rows(name: str, columns: Mapping[str, _Column], size: int, sending: Sending) -> RecordRows:
    """Make the lines of a record, not numbered yet."""
    record = layout()[name]
    kind = {"control": _CONTROL, "end": _END}.get(name, _DATA)
    given: dict[str, _Column] = {"exchange_id": EXCHANGE_ID, **columns, "line_kind": kind}
    cells = {
        item.name: _texts(given.get(item.name, item.empty or ""), size) for item in record.items
    }
    quoting = {name: quoting_by(sending.quote, texts) for name, texts in cells.items()}
    return RecordRows(record, np.zeros(size, dtype=np.int64), pa.table(cells), quoting)


def _texts(values: _Column, size: int) -> pa.StringArray:
    if isinstance(values, str):
        return pa.repeat(pa.scalar(values, pa.string()), size)
    return (values if isinstance(values, pa.Array) else pa.array(values)).cast(pa.string())


def _numbered(rows: RecordRows, places: Ints, first: Ints) -> RecordRows:
    """Give lines their numbers: ``places`` in their files, which begin behind ``first`` others."""
    at = rows.record.names.index("running_no")
    numbers = pa.array(places + 1).cast(pa.string())
    cells = rows.cells.set_column(at, "running_no", numbers)
    return replace(rows, lines=first + places + 1, cells=cells)

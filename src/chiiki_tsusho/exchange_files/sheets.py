"""The statements (明細書) of claim files: which lines belong together, as arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import characters_of, flags_of, numbers_of, of_numbers
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, INSURER_PLACES
from chiiki_tsusho.exchange_files.claim_file import ClaimFile
from chiiki_tsusho.exchange_files.dates import DATE_DIGITS, whole
from chiiki_tsusho.exchange_files.layout import layout
from chiiki_tsusho.exchange_files.record_rows import RecordRows
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS
from chiiki_tsusho.law.prices_and_limits import service
from chiiki_tsusho.not_known import UNKNOWN
from chiiki_tsusho.number_arrays import Flags, Ints, summed

# How the numbers of a claim are written. Where lines have slipped, a name may stand in their place.
KEY_FORMS = {
    "provider_no": re.compile(r"[0-9A-Z]{10}"),
    "insurer_no": re.compile(r"[0-9]{6}(?:[0-9]{2})?"),
    "insured_no": re.compile(r"[0-9A-Z]{10}"),
}
# Those and the other numbers that a claim file has of persons, offices and payers.
NUMBER_FORMS = KEY_FORMS | {
    "care_manager_no": KEY_FORMS["provider_no"],
    "facility_insurer_no": re.compile(r"[0-9]{6}"),
    **{f"public{one}_payer_no": re.compile(r"[0-9]{8}") for one in (1, 2, 3)},
    **{f"public{one}_recipient_no": re.compile(r"[0-9]{7}") for one in (1, 2, 3)},
}
# Item 3 of a claim line: 地域密着型通所介護 and 療養通所介護.
SERVICE_KIND = service().service_type
# 要介護状態区分コード of 要介護1 is 21, of 要介護5 25.
LEVEL_CODE = 20
# 居宅サービス計画作成区分: a care manager, the person, an office of 介護予防支援.
PLANNERS = BY_CARE_MANAGER, BY_PERSON, BY_PREVENTION = "1", "2", "3"
WITH_MANAGER = (BY_CARE_MANAGER, BY_PREVENTION)


class View:
    """Lines of one record, or of two with the same items in the same places (02 and 14).

    Parameters
    ----------
    parts : sequence of RecordRows
    file : ndarray of int64
        The file of each line, as a position among the files.

    Attributes
    ----------
    record : Record
        That of the lines; of two, the first.
    """

    def __init__(self, parts: Sequence[RecordRows], file: Ints) -> None:
        self.parts, self.file = tuple(parts), file
        self.record = self.parts[0].record
        self._numbers: dict[str, Ints] = {}

    def __len__(self) -> int:
        """Count the lines."""
        return sum(map(len, self.parts))

    @cached_property
    def lines(self) -> Ints:
        """The number of each line in its file."""
        return np.concatenate([part.lines for part in self.parts])

    def numbers(self, name: str) -> Ints:
        """Return an item of each line as a number; blank is 0."""
        if name not in self._numbers:
            self._numbers[name] = np.concatenate([part.numbers(name) for part in self.parts])
        return self._numbers[name]

    def not_numbers(self, name: str) -> Flags:
        """Say where an item is neither a number nor blank."""
        return np.concatenate([part.not_numbers(name) for part in self.parts])

    def texts(self, name: str) -> pa.StringArray:
        """Return an item of each line as text."""
        arrays = [part.texts(name) for part in self.parts]
        return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)

    def filled(self, name: str) -> Flags:
        """Say where an item is neither blank nor zeros alone."""
        characters, places = characters_of(self.texts(name))
        others = characters[places[0] : places[-1]] != ord("0")
        before = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(others)))
        flags: Flags = np.diff(before[places - places[0]]) > 0
        return flags

    def is_one_of(self, name: str, values: Sequence[str]) -> Flags:
        """Say where an item is one of some texts."""
        return flags_of(compute.is_in(self.texts(name), pa.array(list(values), pa.string())))


def _view(files: Sequence[ClaimFile], name: str) -> View:
    """Put the lines of a record in all files one after the other."""
    rows = [file.rows(name) for file in files if name in file.records] or [files[0].rows(name)]
    cells = pa.concat_tables([one.cells for one in rows])
    whole = RecordRows(rows[0].record, np.concatenate([one.lines for one in rows]), cells, {})
    sizes = [len(file.records.get(name, ())) for file in files]
    return View([whole], np.repeat(np.arange(len(files)), sizes))


class Sheets:
    """The statements of files; each is of one file.

    Parameters
    ----------
    files : sequence of ClaimFile
        One at least.

    Attributes
    ----------
    files : int
        How many there are.
    views : dict of str to View
        The lines of each record of the layout.
    base, lines, totals : View
        Records 01; 02 and 14; 10.
    first_of_key : ndarray of int64
        The first 01 line, in any file, of the month, provider, insurer and person of each.
    of_base, of_line, of_total : ndarray of int64
        The statement of each of their lines.
    base_at : ndarray of int64, shape (statements,)
        The first 01 line of each statement, −1 where there is none.
    """

    def __init__(self, files: Sequence[ClaimFile]) -> None:
        self.files = len(files)
        self.views = {name: _view(files, name) for name in layout()}
        self.base, self.totals = self.views["7131-01"], self.views["7131-10"]
        both = [self.views[name] for name in ("7131-02", "7131-14")]
        parts = [part for view in both for part in view.parts]
        self.lines = View(parts, np.concatenate([view.file for view in both]))
        views = (self.base, self.lines, self.totals)
        coded = pa.concat_arrays([_key(view) for view in views]).dictionary_encode()
        keys = numbers_of(coded.indices).astype(np.int64)
        _, first, key = np.unique(keys[: len(self.base)], return_index=True, return_inverse=True)
        self.first_of_key: Ints = first[key]
        keys = keys * len(files) + np.concatenate([view.file for view in views])
        statements = of_numbers(keys).dictionary_encode()
        ends = np.cumsum([len(view) for view in views])[:-1]
        of_each = numbers_of(statements.indices).astype(np.int64)
        self.of_base, self.of_line, self.of_total = np.split(of_each, ends)
        self.base_at = np.full(len(statements.dictionary), -1, dtype=np.int64)
        self.base_at[self.of_base[::-1]] = np.arange(len(self.base))[::-1]

    def __len__(self) -> int:
        """Count the statements."""
        return len(self.base_at)

    @cached_property
    def control_at(self) -> Ints:
        """The first control record of each file, −1 where there is none."""
        control = self.views["control"]
        at = np.full(self.files, -1, dtype=np.int64)
        at[control.file[::-1]] = np.arange(len(control))[::-1]
        return at

    @cached_property
    def ours(self) -> Ints:
        """The 10 lines of service kind 78 whose statement has an 01 line."""
        kind = self.totals.is_one_of("service_kind", [SERVICE_KIND])
        return np.flatnonzero(kind & (self.base_at[self.of_total] >= 0))

    @cached_property
    def base_of_ours(self) -> Ints:
        """The 01 line of each of ``ours``."""
        at: Ints = self.base_at[self.of_total[self.ours]]
        return at

    @cached_property
    def care_level(self) -> Ints:
        """The care level that 01 states, by statement; ``UNKNOWN`` where that is none of 1 to 5."""
        return np.append(care_levels(self.base), UNKNOWN)[self.base_at]

    @cached_property
    def certified_within(self) -> Flags:
        """Which statements have a certification that begins after the first of their month."""
        begins = whole(self.base.texts("certified_from"), DATE_DIGITS)
        month = self.base.numbers("service_month")
        within = (begins > month * 100 + 1) & (begins // 100 == month)
        return np.append(within, False)[self.base_at]

    @cached_property
    def our_lines(self) -> Flags:
        """Which of ``lines`` are of service kind 78."""
        return self.lines.is_one_of("service_kind", [SERVICE_KIND])

    @cached_property
    def service_codes(self) -> pa.StringArray:
        """The service code of each of ``lines``: kind and item."""
        kind, item = (self.lines.texts(name) for name in ("service_kind", "item_code"))
        return compute.binary_join_element_wise(kind, item, "")

    def sum_of_lines(self, values: Ints, wanted: Flags) -> Ints:
        """Sum values of some lines by statement, shape (statements,)."""
        return summed(values[wanted], self.of_line[wanted], len(self))

    def sum_of_totals(self, name: str) -> Ints:
        """Sum an item of the 10 lines by statement, shape (statements,)."""
        return summed(self.totals.numbers(name), self.of_total, len(self))


def care_levels(base: View) -> Ints:
    """Return the care level of each 01 line, ``UNKNOWN`` where it is none of 1 to 5."""
    level = base.numbers("care_level") - LEVEL_CODE
    return np.where((level > 0) & (level < LEVEL_SLOTS), level, UNKNOWN)


def _key(view: View) -> pa.StringArray:
    month, provider, insurer, insured = (view.texts(name) for name in CLAIM_KEY_NAMES)
    insurer = compute.utf8_lpad(insurer, INSURER_PLACES, "0")
    return compute.binary_join_element_wise(month, provider, insurer, insured, ",")

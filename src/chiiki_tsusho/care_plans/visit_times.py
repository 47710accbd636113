"""The times of visits by person, date and session, read beside what is claimed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_numbers, of_texts
from chiiki_tsusho.care_plans.layout import NO_TIME
from chiiki_tsusho.columns import VISIT_KEY_NAMES
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_rows import MINUTES_OF_A_DAY
from chiiki_tsusho.number_arrays import Ints, chained
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.blocks import Source
from chiiki_tsusho.reading.insured_numbers import unpack_insured
from chiiki_tsusho.reading.length_of_stay import END, START
from chiiki_tsusho.reading.typed_blocks import Identities

if TYPE_CHECKING:
    import pandas as pd


def visit_times(source: Source, book: CodeBook) -> pd.DataFrame | None:
    """Read the times of visits; None where the file has no times.

    Parameters
    ----------
    source : Source
        The visits, whose faults are told elsewhere: rows that cannot be read are left out.
    book : CodeBook
        Knows the headings of additions.

    Returns
    -------
    DataFrame
        The key of a visit, ``start_time`` and ``end_time`` as HHMM, 9999 where the cell is blank.
    """
    identities = Identities()
    decoder = BlockDecoder(source, "visits", book, identities)
    if not {START, END} <= decoder.names:
        return None
    read: dict[str, list[Ints]] = {name: [] for name in (*VISIT_KEY_NAMES, START, END)}
    for typed in decoder.blocks(None):
        values = {name: typed.rows(name, 1) for name in read}
        good = np.logical_and.reduce([values[name] >= 0 for name in VISIT_KEY_NAMES])
        for name, of_rows in values.items():
            read[name].append(of_rows[good])
    whole = {name: chained(parts) for name, parts in read.items()}
    texts = pa.table(
        {
            "provider_no": identities.providers.arrow.take(of_numbers(whole["provider_no"])),
            "insurer_no": identities.insurers.arrow.take(of_numbers(whole["insurer_no"])),
            "insured_no": unpack_insured(whole["insured_no"]),
            "service_date": of_numbers(whole["service_date"]),
            "session": of_numbers(whole["session"]),
            START: _clock(whole[START]),
            END: _clock(whole[END]),
        }
    )
    frame: pd.DataFrame = texts.to_pandas()
    return frame


def _clock(minutes: Ints) -> pa.StringArray:
    """Write minutes of the day as HHMM, and 9999 where they are not known."""
    shown = [f"{minute // 60:02}{minute % 60:02}" for minute in range(MINUTES_OF_A_DAY + 1)]
    at = np.where(minutes < 0, len(shown), minutes)
    return of_texts([*shown, NO_TIME]).take(of_numbers(at))

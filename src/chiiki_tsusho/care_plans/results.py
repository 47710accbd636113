"""What was done, sent back to care managers as 第6表 実績 (UPJSK)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.care_plans.layout import (
    DONE,
    DONE_WITHDRAWN,
    NO_TIME,
    plan_files,
)
from chiiki_tsusho.care_plans.visit_times import visit_times
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.claims.claim_slices import Priced
from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.claims.visit_codes import visit_code_table
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, VISIT_KEY_NAMES
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.exchange_files.line_cells import ENCODING, Texts
from chiiki_tsusho.exchange_files.persons import PersonCells, expected_of, person_cells
from chiiki_tsusho.exchange_files.sheets import BY_PERSON
from chiiki_tsusho.language import Language, Sayable, Text
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.prices_and_limits import service
from chiiki_tsusho.reading.inputs import Input, open_input, open_inputs
from chiiki_tsusho.records import ByContent
from chiiki_tsusho.writing.file_sets import write_files

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

# CSVバージョン of edition 4.1.
EDITION = "202410"
# Service kinds in the names of files: 地域密着型通所介護 and 居宅介護支援.
_SENDER, _RECEIVER = service().service_type, service("care_plan").service_type
_EDITION = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])")
_INSURER_LENGTH = 6
CODE_COLUMNS = (
    *CLAIM_KEY_NAMES, "service_date", "session", "service_code", "count", "start_time", "end_time",
    "units",
)  # fmt: skip


class _VisitCodeSink:
    """Keeps the codes of the visits of a batch."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []

    def formed(self, priced: Priced) -> pa.Table:
        """Turn claims into the codes of their visits."""
        return visit_code_table(priced)

    def claims(self, formed: pa.Table) -> None:
        """Take the codes of some claims."""
        self.tables.append(formed)

    def held(self, rows: Any) -> None:
        """Leave out rows that no claim has taken."""


@checked_call
@dataclass(frozen=True, eq=False)
class DoneVisits(ByContent):
    """The codes of visits that were done.

    Parameters
    ----------
    codes : DataFrame
        ``service_month``, ``provider_no``, ``insurer_no``, ``insured_no``, ``service_date``
        (YYYYMMDD), ``session``, ``service_code``, ``count``, ``start_time`` and ``end_time``
        (HHMM, 9999 where the visits have none), ``units`` of one count; in the order of the
        claims, then of time.
    problems : DataFrame
        As a batch has them; a held claim has no codes.
    held_claims, held_visits : int
        How many are held.
    """

    codes: pd.DataFrame
    problems: pd.DataFrame
    held_claims: int
    held_visits: int

    def __repr__(self) -> str:
        """Count the codes and what is held."""
        return f"DoneVisits({len(self.codes)} codes, {self.held_claims} claims held)"


@checked_call
@dataclass(frozen=True, eq=False)
class WrittenResults(ByContent):
    """Files of what was done, and the persons of whom there is none.

    Parameters
    ----------
    paths : tuple of Path
        The files written.
    left_out : DataFrame
        Claims without a file: month, provider, insurer, insured person, and why.
    done : DoneVisits
        The codes that stand in the files, and the problems of what is held.
    """

    paths: tuple[Path, ...]
    left_out: pd.DataFrame
    done: DoneVisits

    @property
    def complete(self) -> bool:
        """Whether every visit is in a file that its care manager can be sent."""
        return not (len(self.left_out) or self.done.held_claims or self.done.held_visits)


@checked_call
def codes_of_visits(
    visits: Input,
    providers: Input | None = None,
    recipients: Input | None = None,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
    ignore_columns: Collection[str] = (),
) -> DoneVisits:
    """Compute the codes of each visit: its own, and the additions that it bears.

    An addition of the day stands on the first visit of the day that has it, one of the month on
    the first of the month; so the counts of a month are those of its claim lines before any limit:
    what was done is told whole, also beyond the limit. Ratios (処遇改善加算) are of no visit
    and are left out.

    Parameters
    ----------
    visits : table, mapping or path-like
    providers, recipients : table, mapping or path-like, optional
        As ``compute_claims`` takes them.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.
    ignore_columns : collection of str
        Headings of columns to be left unread.

    Returns
    -------
    DoneVisits
        A row for each code of each visit, and the problems of what is held.

    Raises
    ------
    InputFileError
        An input cannot be read at all.
    TableError
        ``codes`` fails a check.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> visit = {
    ...     "provider_no": "1390000015",
    ...     "insurer_no": "139006",
    ...     "insured_no": "0000100011",
    ...     "service_date": "2016-04-01",
    ...     "care_level": 1,
    ...     "start_time": "9:00",
    ...     "end_time": "13:00",
    ...     "bathing": 1,
    ... }
    >>> done = ct.codes_of_visits(pd.DataFrame([visit]))
    >>> done.codes[["service_date", "service_code", "count", "start_time"]]
      service_date service_code  count start_time
    0     20160401       781241      1       0900
    1     20160401       785301      1       0900
    """
    book = code_book(codes)
    sources = open_inputs(visits, providers, recipients, ignore_columns=ignore_columns)
    run, sink = BatchRun(*sources, book), _VisitCodeSink()
    summary = run.run(sink)
    times = visit_times(sources[0], book)
    parts = [table.to_pandas() for table in sink.tables]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CODE_COLUMNS)
    if times is None or not parts:
        frame = frame.assign(start_time=NO_TIME, end_time=NO_TIME)
    else:
        frame = frame.merge(times, on=list(VISIT_KEY_NAMES), how="left", validate="many_to_one")
    frame = frame.astype({"service_date": "int64"}).astype({"service_date": "str"})
    return DoneVisits(
        frame[list(CODE_COLUMNS)],
        run.problems.frame(language),
        summary.held_claims,
        summary.held_visits,
    )


@checked_call
def write_care_plan_results(
    visits: Input,
    recipients: Input,
    folder: str | Path,
    *,
    providers: Input | None = None,
    edition: str = EDITION,
    sent_at: datetime | None = None,
    withdraw: bool = False,
    codes: CodeBook | CodeTable | str | Path | None = None,
    language: Language = "en",
    ignore_columns: Collection[str] = (),
) -> WrittenResults:
    """Write what was done as files for care managers (UPJSK), or take it back; all or none.

    The items rest on one program; no file of this one was ever taken by a care manager's software.
    Try one before you send.

    Parameters
    ----------
    visits, recipients : table, mapping or path-like
        As ``compute_claims`` takes them; ``care_manager_no`` of recipients is whom a file is for.
    folder : path-like
        Receives a file for each person and month at each provider, readable by its owner only.
    providers : table, mapping or path-like, optional
    edition : str
        CSVバージョン, item 1.
    sent_at : datetime, optional
        In the names; without it now. Each further file is a second later, so that no two have one
        name.
    withdraw : bool
        Write files that take back what was sent of these visits (DLTJSK) instead.
    codes : CodeBook, CodeTable or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.
    ignore_columns : collection of str
        Headings of columns to be left unread.

    Returns
    -------
    WrittenResults
        Persons who make their plan themselves have no file. Those without a care manager's number,
        or with an insurer of more than six digits, are left out and named.

    Raises
    ------
    InputFileError
        An input cannot be read at all.
    TableError
        ``codes`` fails a check.
    OutputError
        A file is there already, or the folder cannot be written; nothing is left of the files.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> sent = ct.write_care_plan_results(
    ...     "visits.csv", "recipients.csv", "results"
    ... )  # doctest: +SKIP
    >>> sent.paths, sent.left_out  # doctest: +SKIP
    """
    if not _EDITION.fullmatch(edition):
        raise ChiikiTsushoError(
            Text("edition {edition!r}: a month such as 202410 was expected", edition=edition)
        )
    done = codes_of_visits(visits, providers, recipients, codes, language, ignore_columns)
    book = code_book(codes)
    claims = done.codes[CLAIM_KEY_NAMES].drop_duplicates(ignore_index=True)
    source = open_input(recipients, "recipients", ignore_columns=ignore_columns)
    cells = person_cells(source, book, claims)
    why = _why_not(claims, cells)
    wanted = [at for at, reason in enumerate(why) if reason is None]
    now = (sent_at or datetime.now()).replace(microsecond=0)
    kind = DONE_WITHDRAWN if withdraw else DONE
    managers = cells.texts["care_manager_no"]
    names = dict(_names(kind, claims.iloc[wanted], managers[wanted].tolist(), now))
    # What takes a file back has one line, of whom and of which month.
    lines = claims if withdraw else done.codes
    rows = _rows(kind, lines, claims, managers, edition, now)
    files = {name: rows[at].encode(ENCODING) for at, name in names.items()}
    paths = tuple(write_files(folder, files.items(), private=files))
    left = [at for at, reason in enumerate(why) if reason is not None and reason is not _NOT_SENT]
    reasons = [reason.say(language) for reason in why if reason not in (None, _NOT_SENT)]
    return WrittenResults(paths, claims.iloc[left].assign(message=reasons), done)


_NOT_SENT = Text("the person makes the plan; there is no care manager to send it to")


def _why_not(claims: pd.DataFrame, cells: PersonCells) -> list[Sayable | None]:
    """Say of each claim why it has no file, None where it has one."""
    no_manager = Text("recipients have no care_manager_no of this person")
    unreadable = Text(
        "care_manager_no of recipients cannot be read: {expected}",
        expected=expected_of("care_manager_no"),
    )
    long_insurer = Text("保険者番号 has more than six digits, which 第6表 has no room for")
    reasons: list[Sayable | None] = []
    for insurer, manager, bad, planner in zip(
        claims["insurer_no"],
        cells.texts["care_manager_no"],
        cells.unreadable["care_manager_no"].tolist(),
        cells.texts["care_plan_by"],
        strict=True,
    ):
        if planner == BY_PERSON:
            reasons.append(_NOT_SENT)
        elif not manager:
            reasons.append(unreadable if bad else no_manager)
        else:
            reasons.append(long_insurer if len(insurer) > _INSURER_LENGTH else None)
    return reasons


def _names(
    kind: str, claims: pd.DataFrame, managers: Sequence[str], now: datetime
) -> Iterator[tuple[int, str]]:
    for number, (at, manager) in enumerate(zip(claims.index, managers, strict=True)):
        month, provider = claims.loc[at, "service_month"], claims.loc[at, "provider_no"]
        stamp = now + timedelta(seconds=number)
        yield (
            at,
            f"{kind}_{month}_{provider}_{_SENDER}_{manager}_{_RECEIVER}_{stamp:%Y%m%d%H%M%S}.CSV",
        )


def _rows(
    kind: str,
    rows: pd.DataFrame,
    claims: pd.DataFrame,
    managers: Texts,
    edition: str,
    now: datetime,
) -> list[str]:
    """Write the lines of each claim."""
    if not len(claims):
        return []
    at = pd.MultiIndex.from_frame(claims).get_indexer(
        pd.MultiIndex.from_frame(rows[CLAIM_KEY_NAMES])
    )
    texts = {name: rows[name].astype("str").tolist() for name in rows}
    texts |= {
        "version": [edition] * len(rows),
        "made_on": [f"{now:%Y%m%d}"] * len(rows),
        "care_manager_no": managers[at].tolist(),
        "over_30_days": ["0"] * len(rows),
        "updated_by": rows["provider_no"].tolist(),
        "service_kind": [_SENDER] * len(rows),
    }
    blank = [""] * len(rows)
    columns = [of_texts(texts.get(one.name, blank)) for one in plan_files()[kind].items]
    lines = compute.binary_join_element_wise(*columns, ",").to_pylist()
    starts = np.flatnonzero(np.diff(at, prepend=-1)).tolist()
    return [
        "".join(f"{line}\r\n" for line in lines[first:end])
        for first, end in pairwise([*starts, len(lines)])
    ]

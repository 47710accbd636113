"""The rules of a visit: its code, what may be added to it, and what is wrong with a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import of_flags, of_numbers, repeated
from chiiki_tsusho.choices import SERVICES
from chiiki_tsusho.law.bands import MINUTE_SLOTS, SHORTFALL_NAMES
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.law.code_rows import LEVEL_SLOTS
from chiiki_tsusho.law.code_table import CodeTable
from chiiki_tsusho.law.coverage import document_of
from chiiki_tsusho.months import month_text
from chiiki_tsusho.not_known import BAD, BLANK, NO_ROW
from chiiki_tsusho.number_arrays import Flags, Ints, distinct_numbers
from chiiki_tsusho.problem_rows import any_of
from chiiki_tsusho.problem_texts import Message, named
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.length_of_stay import stay_minutes
from chiiki_tsusho.reading.typed_blocks import KeyColumn, TypedBlock, keys_of_month
from chiiki_tsusho.records import record


@record
class VisitConditions:
    """How the visits of some rows were done, arrays of shape (rows,).

    Parameters
    ----------
    base : ndarray of int64
        Row of the month's table of the visit's own code, ``NO_ROW`` where there is none.
    level : ndarray of int64
        Care level, 0 where it is blank or cannot be read.
    counts : dict of key to ndarray of int64
        Counts of each addition that a month of the rows knows.
    faulty : ndarray of bool
        Rows with a problem.
    """

    base: Ints
    level: Ints
    counts: dict[str, Ints]
    faulty: Flags


def visit_conditions(
    typed: TypedBlock,
    months: Ints,
    extended: Ints,
    book: CodeBook,
    decoder: BlockDecoder,
    problems: Problems,
) -> VisitConditions:
    """Find the code of each row and the counts of its additions, and which rows are faulty.

    Parameters
    ----------
    typed : TypedBlock
    months, extended : ndarray of int64, shape (rows,)
        YYYYMM, negative where unreadable; and whether the provider has registered 延長: 0, 1,
        ``BLANK`` where nobody says so, ``BAD`` where the row that would has a problem of its own.
    book : CodeBook
    decoder : BlockDecoder
        The decoder of the visits.
    problems : Problems
        Receives the faults; cells that cannot be read are noted already.
    """
    rows = _VisitRows.of(typed, decoder, problems)
    base = np.full(len(typed), NO_ROW, dtype=np.int64)
    counts: dict[str, Ints] = {}
    unsupported: list[tuple[Ints, Message]] = []
    for at in _by_month(months):
        month = int(months[at[0]])
        if not book.supports(month):
            unsupported.append((at, book.unsupported(month)))
            continue
        table = book.table(month)
        base[at], asked = rows.base(table, at, extended[at])
        read = ~rows.unread[at]
        rows.note_extension(at[asked & read])
        missing = (base[at] < 0) & ~asked & read
        rows.note_missing(table, at[missing], extended[at[missing]] == 1)
        for column in keys_of_month(typed.keys, month):
            counted = rows.count_key(table, column, at)
            if counted is not None:
                of_key = counts.setdefault(column.key, np.zeros(len(typed), dtype=np.int64))
                of_key[at] = counted
    if unsupported:
        rows.note_months(unsupported)
    return VisitConditions(base, rows.level, counts, rows.faulty)


def _by_month(months: Ints) -> Sequence[Ints]:
    """Return the rows of each month, however many there are."""
    order = np.argsort(months, kind="stable")
    order = order[np.searchsorted(months[order], 0) :]
    return np.split(order, np.flatnonzero(np.diff(months[order])) + 1) if order.size else ()


@record
class _VisitRows:
    """Rows whose cells are looked at together, arrays of shape (rows,).

    ``faulty`` is changed in place as faults are found; ``unread`` are the rows in which a cell
    that says how the visit was done cannot be read. Such cells count as 0 or blank, but for
    ``read_service``, which stays negative.
    """

    typed: TypedBlock
    decoder: BlockDecoder
    problems: Problems
    service: Ints
    read_service: Ints
    shortfall: Ints
    level: Ints
    minutes: Ints
    unread: Flags
    faulty: Flags

    @classmethod
    def of(cls, typed: TypedBlock, decoder: BlockDecoder, problems: Problems) -> _VisitRows:
        """Take the cells that say how the visits were done."""
        read = (
            typed.rows("service", 0),
            typed.rows("shortfall", 0),
            typed.columns["care_level"].rows,
            stay_minutes(typed, decoder, problems),
        )
        unread: Flags = np.logical_or.reduce([values < 0 for values in read])
        service, shortfall, level, minutes = (np.maximum(values, 0) for values in read)
        faulty = unread.copy()
        for column in typed.keys:
            faulty |= column.column.rows == BAD
        return cls(
            typed, decoder, problems, service, read[0], shortfall, level, minutes, unread, faulty
        )

    def base(self, table: CodeTable, at: Ints, extended: Ints) -> tuple[Ints, Flags]:
        """Find the row of the table for some rows, negative where there is none.

        And say for which rows it rests on what is not given: whether 延長 is registered.
        """
        condition = self.service[at] * len(SHORTFALL_NAMES) + self.shortfall[at]
        condition = condition * LEVEL_SLOTS + self.level[at]
        slot = np.minimum(self.minutes[at], MINUTE_SLOTS - 1)
        condition = condition * MINUTE_SLOTS + slot
        base = table.bands.ravel().take(condition).astype(np.int64)
        plain = table.bands_without_extension.ravel().take(condition)
        # A provider without a row may have registered 延長 or not.
        without = (extended == 0) | ((extended == BAD) & (base < 0))
        asked: Flags = (extended == BLANK) & (base != plain)
        return np.where(asked, NO_ROW, np.where(without, plain, base)), asked

    def note_months(self, said: Sequence[tuple[Ints, Message]]) -> None:
        """Say of rows that their month has no table: the rows of each month, and the message."""
        at = np.concatenate([rows for rows, _ in said])
        self.faulty[at] = True
        of_row = np.repeat(np.arange(len(said)), [len(rows) for rows, _ in said])
        column = self.decoder.text_column(self.typed, "service_date")
        dates = column.distinct()
        distinct, first, which = np.unique(column.which[at], return_index=True, return_inverse=True)
        self.problems.add_rows(
            "visits",
            "service_date",
            self.typed.block.lines[at],
            which,
            [dates[one] for one in distinct.tolist()],
            [said[number][1] for number in of_row[first].tolist()],
        )

    def note_extension(self, at: Ints) -> None:
        """Say of visits that their code rests on whether 延長 is registered."""
        if not at.size:
            return
        self.faulty[at] = True
        minutes, which = np.unique(self.minutes[at], return_inverse=True)
        shown = [str(one) for one in minutes.tolist()]
        messages = [extension_not_given(one) for one in minutes.tolist()]
        lines = self.typed.block.lines[at]
        self.problems.add_rows("visits", "extended_hours", lines, which, shown, messages)

    def note_missing(self, table: CodeTable, at: Ints, extended: Flags) -> None:
        """Say of visits without a code why they have none, once for each condition."""
        if not at.size:
            return
        self.faulty[at] = True
        # The table knows no minutes beyond its slots; what is said of them is the same.
        beyond = self.minutes[at] > MINUTE_SLOTS
        self._note_conditions(table, at[~beyond], extended[~beyond], None)
        self._note_conditions(table, at[beyond], extended[beyond], any_of("minutes"))

    def _note_conditions(
        self, table: CodeTable, at: Ints, extended: Flags, minutes: str | None
    ) -> None:
        """Say of visits why they have no code, once for each condition.

        ``minutes`` stands in the place of the minutes where there are many.
        """
        slot = np.minimum(self.minutes[at], MINUTE_SLOTS)
        conditions = (self.service[at], self.shortfall[at], self.level[at], slot, extended)
        sizes = (len(SERVICES), len(SHORTFALL_NAMES), LEVEL_SLOTS, MINUTE_SLOTS + 1, 2)
        distinct, which = np.unique(np.ravel_multi_index(conditions, sizes), return_inverse=True)
        lines = self.typed.block.lines[at]
        # What is said, by the column at fault; and for each condition the column and the place.
        told: dict[str, list[tuple[str, Message]]] = {}
        column_of = np.empty(len(distinct), dtype=object)
        place_of = np.empty(len(distinct), dtype=np.int64)
        for case, (kind, lack, care, length, registered) in enumerate(
            np.stack(np.unravel_index(distinct, sizes), axis=1).tolist()
        ):
            column, message = table.missing_code(
                SERVICES[kind], length, care, SHORTFALL_NAMES[lack], bool(registered), minutes
            )
            value = {
                "service": SERVICES[kind],
                "minutes": minutes or str(length),
                "shortfall": SHORTFALL_NAMES[lack],
                "care_level": str(care or ""),
            }[column]
            said, one = told.setdefault(column, []), (value, message)
            if minutes is None or one not in said:
                said.append(one)
                place_of[case] = len(said) - 1
            else:
                place_of[case] = said.index(one)
            column_of[case] = column
        for column, said in told.items():
            mine = (column_of == column)[which]
            places = place_of[which[mine]]
            if minutes is None:
                values, messages = zip(*said, strict=True)
                self.problems.add_rows("visits", column, lines[mine], places, values, messages)
                continue
            given = of_numbers(self.minutes[at[mine]]).cast(pa.string())
            for place, (value, message) in enumerate(said):
                there = places == place
                shown = given.filter(of_flags(there))
                values = shown if column == "minutes" else repeated(value, len(shown))
                self.problems.add_alike(
                    "visits", column, lines[mine][there], message, values, minutes=shown
                )

    def count_key(self, table: CodeTable, column: KeyColumn, at: Ints) -> Ints | None:
        """Take the counts of one addition in one month, and name what does not fit.

        None where no row has it, or the month does not.
        """
        if column.column.values.max(initial=0) <= 0:
            return None
        values = np.maximum(column.column.rows[at], 0)
        if not values.any():
            return None
        column.refuse_unclear(table.month)
        message = key_fault(table, self.decoder.book, column.key, column.heading)
        if message is not None:
            self._refuse(column, at, values, values > 0, {"": message})
            return None
        row = table.row_of(column.key)
        over = values > row.largest_value
        if over.any():
            faults = {
                str(count): count_fault(table, column.key, count)
                for count in distinct_numbers(values[over]).tolist()
            }
            self._refuse(column, at, values, over, faults)
            values = np.where(over, 0, values)
        if row.service != "both":
            for number, service in enumerate(SERVICES):
                if service == row.service:
                    continue
                wrong = (values > 0) & (self.read_service[at] == number)
                if not wrong.any():
                    continue
                facts = {
                    "key": table.named(column.key),
                    "service": named(service),
                    "fits": named(row.service),
                }
                message = Message("not_for_service", "not_for_service", facts)
                self._refuse(column, at, values, wrong, {"": message})
                values = np.where(wrong, 0, values)
        return values

    def _refuse(
        self, column: KeyColumn, at: Ints, values: Ints, wrong: Flags, said: dict[str, Message]
    ) -> None:
        """Note rows whose counts are wrong; one message for all, or one for each count."""
        rows, which = at[wrong], values[wrong]
        self.faulty[rows] = True
        shown = [str(count) for count in range(int(which.max()) + 1)]
        messages = [said.get(count, next(iter(said.values()))) for count in shown]
        lines = self.typed.block.lines[rows]
        self.problems.add_rows("visits", column.heading, lines, which, shown, messages)


def extension_not_given(minutes: int) -> Message:
    """Say that the length of a stay asks whether 延長 is registered."""
    facts = {"value": str(minutes), "column": named("extended_hours")}
    return Message("missing_value", "extension_not_given", facts)


def key_fault(table: CodeTable, book: CodeBook, key: str, heading: str) -> Message | None:
    """Say that a month has no row for an addition."""
    if key in table.key_positions:
        return None
    month = table.law_month
    facts = {
        "key": key,
        "named": book.called(key, heading),
        "month": month_text(month),
        "document": document_of(month),
    }
    return Message("no_code", "no_key", facts)


def count_fault(table: CodeTable, key: str, count: int) -> Message:
    """Say that an addition is counted too often in one row."""
    most = table.row_of(key).largest_value
    facts = {"value": str(count), "key": table.named(key), "most": most}
    return Message("bad_value", "key_value", facts)

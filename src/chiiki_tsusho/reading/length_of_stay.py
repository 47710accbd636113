"""The length of a stay, from its minutes or from the times it started and ended."""

from __future__ import annotations

import numpy as np

from chiiki_tsusho.not_known import BAD, BLANK
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Message, blank
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.dense_ids import distinct_columns
from chiiki_tsusho.reading.typed_blocks import TypedBlock

MINUTES, START, END = "minutes", "start_time", "end_time"


def stay_minutes(typed: TypedBlock, decoder: BlockDecoder, problems: Problems) -> Ints:
    """Return the minutes of each row, negative where they are not known.

    A row gives its minutes, or both times, or all three in agreement.

    Parameters
    ----------
    typed : TypedBlock
        A block of visits.
    decoder : BlockDecoder
        That read it.
    problems : Problems
        Receives what does not fit together; cells that cannot be read are noted already.

    Returns
    -------
    ndarray of int64, shape (rows,)
    """
    if START not in typed.columns:
        return typed.columns[MINUTES].rows
    start, end = typed.columns[START].rows, typed.columns[END].rows
    given = typed.rows(MINUTES, BLANK)
    between = end - start
    timed = (start >= 0) & (end >= 0)
    minutes = np.where(timed, between, given)
    minutes[(start == BAD) | (end == BAD) | (given == BAD)] = BAD
    lines = typed.block.lines

    # One time alone is a slip, whatever the minutes are.
    for name, this, other in ((START, start, end), (END, end, start)):
        half = (this == BLANK) & (other != BLANK)
        minutes[half] = BAD
        _note_blank(name, "time", lines[half], problems)
    nothing = lines[(start == BLANK) & (end == BLANK) & (given == BLANK)]
    if MINUTES in typed.columns:
        _note_blank(MINUTES, "length", nothing, problems)
    else:
        _note_blank(START, "time", nothing, problems)
        _note_blank(END, "time", nothing, problems)

    backwards = timed & (between < 0)
    disagree = timed & ~backwards & (given >= 0) & (given != between)
    minutes[backwards | disagree] = BAD
    if backwards.any() or disagree.any():
        started, ended = (decoder.text_column(typed, name) for name in (START, END))
        starts, ends = started.distinct(), ended.distinct()
        cases = np.stack([started.which, ended.which, given, between])
        for wrong in (backwards, disagree):
            distinct, which = distinct_columns(cases[:, wrong])
            of_case = [
                _misfit(starts[first], ends[last], told, found)
                for first, last, told, found in distinct.T.tolist()
            ]
            column = END if wrong is backwards else MINUTES
            values = [str(message.facts["value"]) for message in of_case]
            problems.add_rows("visits", column, lines[wrong], which, values, of_case)
    return minutes


def _note_blank(name: str, kind: str, lines: Ints, problems: Problems) -> None:
    if len(lines):
        at = np.zeros(len(lines), dtype=np.int64)
        problems.add_rows("visits", name, lines, at, [""], [blank(name, kind)])


def _misfit(start: str, end: str, minutes: int, between: int) -> Message:
    if between < 0:
        return Message("bad_value", "end_before_start", {"value": end, "start": start})
    facts = {"value": str(minutes), "start": start, "end": end, "between": between}
    return Message("bad_value", "minutes_disagree", facts)

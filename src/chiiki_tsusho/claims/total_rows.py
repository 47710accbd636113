"""Rows that are sums and nobody's: they say 合計 and have no number of identity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import flags_of, of_numbers, of_texts
from chiiki_tsusho.claims.guessed_numbers import LENGTHS, put_right
from chiiki_tsusho.claims.unread_rows import MONTH
from chiiki_tsusho.not_known import BLANK
from chiiki_tsusho.number_arrays import Ints
from chiiki_tsusho.problem_texts import Message, TextId
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.block_decoder import BlockDecoder
from chiiki_tsusho.reading.blocks import FIRST_ROW_LINE, Form, Texts
from chiiki_tsusho.reading.cell_texts import is_blank
from chiiki_tsusho.reading.cells import parsed
from chiiki_tsusho.reading.data_frame import FrameSource
from chiiki_tsusho.reading.given_lines import cells_of_line
from chiiki_tsusho.reading.given_rows import held_frame, may_say
from chiiki_tsusho.reading.layouts import Layout
from chiiki_tsusho.reading.typed_blocks import TypedBlock

_TOTALS = ("合計", "小計", "総計", "計")
# A character that each of them has.
IN_EVERY_TOTAL = "計"
# The columns of rosters that say whom and which month a row is about, and what their cells are.
_OF_ENTITY = {**{name: name for name in LENGTHS}, MONTH: "month"}
_SPACES = "[ \t\u3000]+"


def words_of_totals(decoder: BlockDecoder, typed: TypedBlock, rows: Ints) -> npt.NDArray[Any]:
    """Return for each of some rows the word of a total that one of its cells is, "" where none is.

    Parameters
    ----------
    rows : ndarray of int64, shape (rows,)
        Rows of the block without any identity.

    Returns
    -------
    ndarray of str objects, shape (rows,)
    """
    words = np.full(len(rows), "", dtype=object)
    for at, texts in _cells(decoder, typed, rows):
        if not compute.any(compute.match_substring(texts, IN_EVERY_TOTAL)).as_py():
            continue
        plain = compute.replace_substring_regex(texts, _SPACES, "")
        said = compute.is_in(plain, of_texts(list(_TOTALS))).to_numpy(zero_copy_only=False)
        words[at[said]] = plain.to_numpy(zero_copy_only=False)[said]
    return words


def without_totals(decoder: BlockDecoder, typed: TypedBlock, problems: Problems) -> TypedBlock:
    """Set aside the rows of a roster that are totals; say which they are.

    Each row of a roster may speak for many claims: but for the word, the cells that say whom and
    which month it is about must be blank.
    """
    if len(typed.block.malformed):
        typed = _without_short_totals(decoder, typed, problems)
    names = [name for name in _OF_ENTITY if name in typed.columns]
    rows = np.flatnonzero(np.all([typed.rows(name, BLANK) < 0 for name in names], axis=0))
    if not rows.size:
        return typed
    words = words_of_totals(decoder, typed, rows)
    for name in names:
        texts = decoder.texts(typed, name).take(of_numbers(rows)).to_pylist()
        words[[not _is_of_total(text) for text in texts]] = ""
    total = rows[words != ""]
    if not total.size:
        return typed
    set_aside(problems, decoder.file, typed.block.lines[total], words[words != ""].tolist())
    kept = typed.taken(np.delete(np.arange(len(typed)), total))
    return replace(kept, block=replace(kept.block, malformed=typed.block.malformed))


def _without_short_totals(
    decoder: BlockDecoder, typed: TypedBlock, problems: Problems
) -> TypedBlock:
    """Set aside the totals of a roster on lines that end before all cells are there."""
    rows = typed.block.malformed
    perhaps = flags_of(compute.match_substring(rows.heads, IN_EVERY_TOTAL))
    perhaps[list(rows.cells)] = True
    perhaps &= rows.cells_found > 0
    some = np.flatnonzero(perhaps)
    if not some.size:
        return typed
    lines = rows.lines[some]
    layout = decoder.layout(int(lines[0]))
    # The last cell of a short line is not among those that can be read of it.
    given = held_frame(decoder.source, [typed.block.verbatim(lines)])
    words = [_word_of_short_total(line, layout) for line in given.iloc[:, 0].tolist()]
    perhaps[some] = [word != "" for word in words]
    set_aside(problems, decoder.file, rows.lines[perhaps], list(filter(None, words)))
    kept = rows.taken(np.flatnonzero(~perhaps))
    return replace(typed, block=replace(typed.block, malformed=kept))


def _word_of_short_total(line: str, layout: Layout) -> str:
    """Return the word that makes a line a total, "" where it may be about somebody.

    A cell that says so stands further in front by as many cells as were lost at the most.
    """
    cells = cells_of_line(line, tabs="\t" in line and "," not in line) or []
    if len(cells) == 1:
        # Of several files, each line is one cell under the headings of all.
        cells = cells_of_line(cells[0]) or []
    lost = layout.width - len(cells)
    if lost < 0:
        return ""
    for name, place in layout.places.items():
        kind = _OF_ENTITY.get(name)
        if kind is None:
            continue
        before = cells[max(place - lost, 0) : place]
        if any(parsed(kind, one) is not None for one in before):
            return ""
        if not all(map(_is_of_total, cells[place : place + 1])):
            return ""
    return next((word for word in map(_unspaced, cells) if word in _TOTALS), "")


def _is_of_total(text: str) -> bool:
    """Say whether a cell that says whom a row is about is that of a total."""
    return is_blank(text) or _unspaced(text) in _TOTALS


def _cells(
    decoder: BlockDecoder, typed: TypedBlock, rows: Ints
) -> Iterator[tuple[Ints, pa.StringArray]]:
    """Yield the cells of each column of some rows, and which of the rows they are of."""
    if decoder.reads_all:
        for name in decoder.text_columns(typed):
            texts = decoder.texts(typed, name)
            yield np.arange(len(rows)), texts.take(of_numbers(rows))
        return
    # A total is written into the column of names or of notes as well, which is not read.
    source = decoder.source
    raw = typed.block.verbatim(typed.block.lines[rows])
    if not may_say(source, raw, IN_EVERY_TOTAL):
        return
    given = held_frame(source, [raw])
    forms: list[Form] = ["distinct"] * len(source.headings)
    for block in FrameSource(given, str(source.shown)).blocks(forms):
        for column in block.columns:
            if isinstance(column, Texts):
                yield block.lines - FIRST_ROW_LINE, column.of_rows()


def word_of_total(cells: Sequence[str], layout: Layout) -> str | None:
    """Return the word that makes cells without any identity a line of totals, if there is one."""
    word = next((cell for cell in map(_unspaced, cells) if cell in _TOTALS), None)
    places = [(name, layout.places[name]) for name in LENGTHS]
    if word and any(put_right(cells[at], name) for name, at in places if at < len(cells)):
        return None
    return word


def set_aside(problems: Problems, file: str, lines: Ints, words: list[str]) -> None:
    """Leave rows out that are totals, whatever else is wrong with them; say it of each."""
    if not words:
        return
    text: TextId = "total" if file == "visits" else "total_of_roster"
    messages = [Message("total_row", text, {"value": word}) for word in words]
    problems.set_aside(file, lines)
    problems.add_rows(file, "", lines, np.arange(len(lines)), words, messages)


def _unspaced(text: str) -> str:
    return re.sub(_SPACES, "", text)

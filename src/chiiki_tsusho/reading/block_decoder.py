"""Blocks of texts to typed columns, with a problem for every cell that cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import numbers_of, of_numbers, of_texts
from chiiki_tsusho.columns import FILES, INSURED_NO, PERSONAL, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text, listed, on_lines
from chiiki_tsusho.law.check_digits import CHECKED_KINDS
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.not_known import BAD, BLANK, BLANK_NUMBER, NOT_OURS
from chiiki_tsusho.problem_texts import Message, blank
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import (
    Block,
    Form,
    Numbered,
    Numbers,
    ReadColumn,
    Source,
    Texts,
    file_at,
)
from chiiki_tsusho.reading.cell_texts import BadCellError, identifier, is_blank, shown
from chiiki_tsusho.reading.cells import (
    ANYTHING,
    NOTHING,
    NUMBER_RANGES,
    PARSERS,
    USUAL,
    Decoder,
    hopeless_in,
    key_parser,
    nothing_parser,
)
from chiiki_tsusho.reading.dense_ids import Ints
from chiiki_tsusho.reading.headings import Heading
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.layouts import Layout, matched_headings
from chiiki_tsusho.reading.typed_blocks import (
    Identities,
    KeyColumn,
    TypedBlock,
    TypedColumn,
)

# Kinds of which a file has few different cells.
_FEW = ("service", "shortfall", "area_grade", "benefit_rate", "public_law")
# What a blank cell stands for, in the columns that may be left blank.
BLANK_WORTH = {
    "service": 0,
    "shortfall": 0,
    "session": 1,
    "care_level": 0,
    "yen": 0,
    "public_law": 0,
}


class BlockDecoder:
    """Reads the blocks of one file.

    Parameters
    ----------
    source : Source
    file : str
        ``visits``, ``providers`` or ``recipients``.
    book : CodeBook
    identities : Identities

    Raises
    ------
    InputFileError
        A heading is unknown, doubled or missing.
    """

    def __init__(self, source: Source, file: str, book: CodeBook, identities: Identities) -> None:
        self.source = source
        self.file = file
        matched, self._layouts = matched_headings(source, file, book)
        # Birth dates and the like are of no claim: nothing of them may reach a problem.
        self._read = [
            not one.unread and (one.column not in PERSONAL or _only_checked(one.column))
            for one in matched
        ]
        self.unread = list(dict.fromkeys(one.text for one in matched if one.unread))
        self.headings = [one for one, read in zip(matched, self._read, strict=True) if read]
        self.names = frozenset(one.column.name for one in matched if one.column)
        self._identities = identities
        self.book = book
        given = {heading.column for heading in self.headings}
        # A blank cell of a column that others may stand in for is told by those who know both.
        self._required = {
            column.name
            for column in FILES[file]
            if column.required and not any(one.name in column.instead for one in given if one)
        }
        self._decoders: list[Decoder] = []
        # The values of the texts that are numbered through the file, by column.
        self._numbered: dict[str, tuple[list[str], Ints]] = {}
        for heading in self.headings:
            if heading.blank:
                self._decoders.append(Decoder(nothing_parser(heading.text), 0))
            elif heading.column is None:
                most = max((book.largest_values[key] for key in heading.keys), default=1)
                keys = " / ".join(heading.keys) or heading.text
                parser = key_parser(book.called(keys, heading.text), most)
                self._decoders.append(Decoder(parser, 0, (0, most)))
            else:
                kind = heading.column.kind
                blank_worth = BLANK_WORTH.get(kind, BLANK)
                parser = ANYTHING if _only_checked(heading.column) else PARSERS[kind]
                checked = kind if kind in CHECKED_KINDS else ""
                self._decoders.append(
                    Decoder(
                        parser,
                        blank_worth,
                        NUMBER_RANGES.get(kind),
                        USUAL.get(kind),
                        NOTHING if parser is ANYTHING else hopeless_in(kind),
                        checked,
                    )
                )

    @property
    def notes(self) -> list[Text]:
        """What a user should know of how the file is read."""
        notes = list(self.source.notes)
        if self.unread:
            notes.append(
                Text(
                    "{file}: not read, being of no claim: {headings}",
                    file=self.source.shown,
                    headings=listed(self.unread),
                )
            )
        return notes

    @property
    def key_names(self) -> list[str]:
        """Every addition that a column of the file may stand for."""
        return list(dict.fromkeys(key for heading in self.headings for key in heading.keys))

    def layout(self, line: int) -> Layout:
        """Return where the cells of a line stand."""
        return self._layouts[0 if len(self._layouts) == 1 else file_at(self.source.files, line)]

    def blocks(
        self, problems: Problems | None, columns: Collection[str] | None = None
    ) -> Iterator[TypedBlock]:
        """Yield the blocks, typed.

        Parameters
        ----------
        problems : Problems, optional
            Where faults of cells and lines go; None when they are known already.
        columns : collection of str, optional
            Only these are wanted.
        """
        for block in self.source.blocks(self._forms()):
            if problems is not None and block.malformed:
                self._note_malformed(block, problems)
            yield self._typed(block, problems, columns)

    def _note_malformed(self, block: Block, problems: Problems) -> None:
        lines = np.array([line for line, _ in block.malformed], dtype=np.int64)
        # What is wrong is the same with most of them; their cells are not.
        alike: dict[tuple[object, ...], int] = {}
        which = np.array(
            [
                alike.setdefault((message.text, message.facts.get("found")), len(alike))
                for _, message in block.malformed
            ]
        )
        first = np.unique(which, return_index=True)[1].tolist()
        messages = [block.malformed[at][1] for at in first]
        problems.add_rows(self.file, "", lines, which, [""] * len(messages), messages)

    def texts(self, typed: TypedBlock, name: str) -> pa.StringArray:
        """Return the cells of a column as they stand there, of all rows of a block."""
        for heading, column in zip(self.headings, typed.block.columns, strict=True):
            if name == (heading.column.name if heading.column else heading.text):
                if isinstance(column, Numbers):
                    raise TypeError(f"{name} is read as numbers")
                return column.of_rows()
        raise KeyError(name)

    def text_columns(self, typed: TypedBlock) -> list[str]:
        """Return the columns of a block that are read as texts."""
        return [
            heading.column.name if heading.column else heading.text
            for heading, column in zip(self.headings, typed.block.columns, strict=True)
            if not isinstance(column, Numbers)
        ]

    def _forms(self) -> list[Form]:
        """Say in which form each column is read fastest."""
        forms: list[Form] = []
        for heading, decoder in zip(self.headings, self._decoders, strict=True):
            if heading.column is INSURED_NO:
                forms.append("texts")
            elif heading.column is not None and heading.column.kind in _FEW:
                forms.append("few")
            else:
                forms.append(decoder.number_range or "distinct")
        wanted = iter(forms)
        return [next(wanted) if read else "unread" for read in self._read]

    def _typed(
        self, block: Block, problems: Problems | None, wanted: Collection[str] | None
    ) -> TypedBlock:
        columns: dict[str, TypedColumn] = {}
        keys: list[KeyColumn] = []
        for heading, decoder, column in zip(
            self.headings, self._decoders, block.columns, strict=True
        ):
            name = heading.column.name if heading.column else heading.text
            if wanted is not None and (heading.column is None or name not in wanted):
                continue
            if heading.column is INSURED_NO:
                typed = self._insured(block, column, problems)
            elif isinstance(column, Numbers):
                typed = self._numbers(block, column, name, decoder, problems)
            else:
                typed = self._distinct(block, column, heading, name, decoder, problems)
            if heading.column is not None:
                columns[name] = typed
            else:
                # A heading that is unclear in every month is a column as well.
                meant = heading.keys or {heading.text: []}
                keys.extend(
                    KeyColumn(key, name, spans, heading.unclear, typed)
                    for key, spans in meant.items()
                )
        return TypedBlock(block, columns, keys)

    def _insured(self, block: Block, column: ReadColumn, problems: Problems | None) -> TypedColumn:
        if not isinstance(column, Texts):
            raise TypeError("被保険者番号 is read as texts")
        typed = TypedColumn(pack_insured(column.texts), column.positions)
        if problems is not None and typed.values.size and typed.values.min() < 0:
            self._note_insured(block, column, typed.rows, problems)
        return typed

    def _numbers(
        self,
        block: Block,
        column: Numbers,
        name: str,
        decoder: Decoder,
        problems: Problems | None,
    ) -> TypedColumn:
        values = decoder.numbers(column.values, BLANK_NUMBER)
        if problems is not None and values.size and values.min() < 0:
            rows = np.flatnonzero(values < 0)
            numbers, positions = np.unique(column.values[rows], return_inverse=True)
            distinct = [
                "" if number == BLANK_NUMBER else str(number) for number in numbers.tolist()
            ]
            worth = decoder.values(distinct)
            self._note(block.lines[rows], positions, distinct, worth, name, decoder, problems)
        return TypedColumn(values, None)

    def _distinct(
        self,
        block: Block,
        column: Texts | Numbered,
        heading: Heading,
        name: str,
        decoder: Decoder,
        problems: Problems | None,
    ) -> TypedColumn:
        if isinstance(column, Numbered):
            distinct: list[str] | pa.StringArray = column.known
            values = self._values_of_numbers(column.known, heading, name, decoder)
        else:
            distinct = column.texts
            values = self._values(column.texts, heading, decoder)
        if problems is not None and values.size and values.min() < 0:
            of_row = np.arange(len(distinct)) if column.positions is None else column.positions
            self._note(block.lines, of_row, distinct, values, name, decoder, problems)
        if problems is not None and decoder.unusual:
            self._note_unusual(block, column, name, decoder, problems)
        if problems is not None and decoder.odd:
            of_row = np.arange(len(distinct)) if column.positions is None else column.positions
            odd = self._identities.odd
            odd.note(self.file, name, column.distinct(), of_row, block.lines, decoder.odd)
        return TypedColumn(values, column.positions, isinstance(column, Numbered))

    def _note_unusual(
        self,
        block: Block,
        column: Texts | Numbered,
        name: str,
        decoder: Decoder,
        problems: Problems,
    ) -> None:
        """Warn of values that can be read and are rarely meant."""
        distinct = column.distinct()
        unusual = np.array([text in decoder.unusual for text in distinct], dtype=bool)
        of_row = np.arange(len(distinct)) if column.positions is None else column.positions
        rows = np.flatnonzero(unusual[of_row])
        used, which = np.unique(of_row[rows], return_inverse=True)
        texts = [distinct[at] for at in used.tolist()]
        messages = [decoder.unusual[text] for text in texts]
        values_shown = [shown(text) for text in texts]
        problems.add_rows(self.file, name, block.lines[rows], which, values_shown, messages)

    def _values_of_numbers(
        self, texts: list[str], heading: Heading, name: str, decoder: Decoder
    ) -> Ints:
        """Return the values of texts of which those of earlier blocks have been read."""
        known, values = self._numbered.get(name, (texts, np.zeros(0, dtype=np.int64)))
        if known is not texts:
            values = values[:0]
        # Another thread may be adding the texts of a later block.
        new = texts[len(values) :]
        if new:
            values = np.concatenate((values, self._values(of_texts(new), heading, decoder)))
        self._numbered[name] = texts, values
        return values

    def _values(self, texts: pa.StringArray, heading: Heading, decoder: Decoder) -> Ints:
        values = decoder.values_of(texts)
        if heading.column is None or _only_checked(heading.column):
            return values
        return self._identified(heading.column.kind, texts, values)

    def _identified(self, kind: str, distinct: pa.StringArray, values: Ints) -> Ints:
        """Turn readable provider and insurer numbers into ids."""
        shared = {
            "provider_no": self._identities.providers,
            "insurer_no": self._identities.insurers,
        }
        if kind not in shared:
            return values
        good = np.flatnonzero(values >= 0)
        texts = distinct.take(of_numbers(good)).to_pylist()
        values[good] = shared[kind].ids([identifier(text) for text in texts])
        return values

    def _note(
        self,
        lines: Ints,
        positions: npt.NDArray[np.integer],
        distinct: Sequence[str] | pa.StringArray,
        values: Ints,
        name: str,
        decoder: Decoder,
        problems: Problems,
    ) -> None:
        """Add the problems of a column: for each line the position of its text."""
        rows = np.flatnonzero(values.take(positions) < 0)
        used, which = np.unique(positions[rows], return_inverse=True)
        if isinstance(distinct, pa.StringArray):
            texts = distinct.take(of_numbers(used))
        else:
            texts = of_texts([distinct[at] for at in used.tolist()])
        hopeless = decoder.hopeless(texts)
        if hopeless.any():
            alike = hopeless[which]
            problems.add_alike(
                self.file,
                name,
                lines[rows[alike]],
                texts.take(of_numbers(which[alike])),
                decoder.error_of_hopeless,
            )
            rows, which = rows[~alike], which[~alike]
        kind = next((one.kind for one in FILES[self.file] if one.name == name), "")
        values_shown, messages = [], []
        told = ~hopeless
        others = np.flatnonzero(told)
        for at, text in zip(others, texts.take(of_numbers(others)).to_pylist(), strict=True):
            if values[used[at]] in (BAD, NOT_OURS):
                messages.append(decoder.error(text))
            elif name in self._required:
                messages.append(blank(name, kind))
            else:
                told[at] = False
                continue
            values_shown.append(shown(text))
        if messages:
            rows, which = rows[told[which]], which[told[which]]
            which = (np.cumsum(told) - 1)[which]
            problems.add_rows(self.file, name, lines[rows], which, values_shown, messages)

    def _note_insured(self, block: Block, texts: Texts, values: Ints, problems: Problems) -> None:
        """Add the problems of 被保険者番号, which are read as one array."""
        rows = np.flatnonzero(values < 0)
        at = rows if texts.positions is None else texts.positions[rows]
        encoded = compute.dictionary_encode(texts.texts.take(of_numbers(at)))
        texts_met = encoded.dictionary.to_pylist()
        messages = [_insured_message(text) for text in texts_met]
        values_shown = [shown(text) for text in texts_met]
        which = numbers_of(encoded.indices).astype(np.int64)
        problems.add_rows(
            self.file, INSURED_NO.name, block.lines[rows], which, values_shown, messages
        )


def _only_checked(column: Column | None) -> bool:
    """Say whether a batch reads a column for the check digits of its numbers alone."""
    return column in PERSONAL and column is not None and column.kind in CHECKED_KINDS


def decoders_of(
    given: Sequence[tuple[str, Source | None]], book: CodeBook, identities: Identities
) -> list[BlockDecoder | None]:
    """Match the headings of all files, and name the faults of all of them at once.

    Raises
    ------
    InputFileError
        A heading of one of them is unknown, doubled or missing.
    """
    decoders: list[BlockDecoder | None] = []
    faults: list[InputFileError] = []
    for file, source in given:
        try:
            decoders.append(
                None if source is None else BlockDecoder(source, file, book, identities)
            )
        except InputFileError as fault:
            faults.append(fault)
    if faults:
        raise InputFileError(on_lines(faults))
    return decoders


def _insured_message(text: str) -> Message:
    if is_blank(text):
        return blank(INSURED_NO.name, INSURED_NO.kind)
    try:
        PARSERS[INSURED_NO.kind](text)
    except BadCellError as error:
        return error.message
    raise AssertionError(f"{text!r} is an insured number")

"""Blocks of texts to typed columns, with a problem for every cell that cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from chiiki_tsusho.arrow_arrays import numbers_of, of_numbers, of_texts
from chiiki_tsusho.columns import FILES, INSURED_NO, PERSONAL, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text, listed, on_lines
from chiiki_tsusho.law.check_digits import CHECKED_KINDS
from chiiki_tsusho.law.code_book import CodeBook
from chiiki_tsusho.not_known import BLANK, BLANK_NUMBER
from chiiki_tsusho.number_arrays import Flags, Ints
from chiiki_tsusho.problems import Problems
from chiiki_tsusho.reading.blocks import (
    Block,
    Form,
    Numbered,
    Numbers,
    ReadColumn,
    Source,
    Texts,
    Wanted,
    file_at,
)
from chiiki_tsusho.reading.cell_problems import CellProblems
from chiiki_tsusho.reading.cell_texts import identifier
from chiiki_tsusho.reading.cells import (
    ANYTHING,
    NUMBER_RANGES,
    PARSERS,
    USUAL,
    Decoder,
    key_parser,
    nothing_parser,
)
from chiiki_tsusho.reading.headings import Heading
from chiiki_tsusho.reading.hopeless_texts import HopelessTexts
from chiiki_tsusho.reading.insured_numbers import pack_insured
from chiiki_tsusho.reading.layouts import Layout, matched_headings
from chiiki_tsusho.reading.typed_blocks import (
    Identities,
    KeyColumn,
    TypedBlock,
    TypedColumn,
)

# What says whose a row is and when, and the level that usually stands behind it: where a cell too
# many stands before one of them, not all of them read.
_SAY_WHOSE = ("provider_no", "insurer_no", "insured_no", "date", "care_level")
# Kinds of which a file has few different cells.
_FEW = ("service", "shortfall", "area_grade", "benefit_rate", "public_law")
# Columns that make a file one of persons.
_OF_PERSONS = frozenset(("birth_date", "name", "name_kana"))
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
                hopeless = HopelessTexts("key")
                self._decoders.append(Decoder(parser, 0, (0, most), hopeless=hopeless))
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
                        HopelessTexts(None if parser is ANYTHING else kind),
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
    def reads_all(self) -> bool:
        """Whether no column of the file stays unread."""
        return all(self._read)

    @property
    def _private(self) -> bool:
        """Whether the file is of persons, with names or birth dates, read or not."""
        return self.file == "recipients" and bool(self.unread or self.names & _OF_PERSONS)

    @property
    def key_names(self) -> list[str]:
        """Every addition that a column of the file may stand for."""
        return list(dict.fromkeys(key for heading in self.headings for key in heading.keys))

    def layout(self, line: int) -> Layout:
        """Return where the cells of a line stand."""
        return self._layouts[0 if len(self._layouts) == 1 else file_at(self.source.files, line)]

    def blocks(
        self,
        problems: Problems | None,
        columns: Collection[str] | None = None,
        wanted: Wanted | None = None,
    ) -> Iterator[TypedBlock]:
        """Yield the blocks, typed.

        Parameters
        ----------
        problems : Problems, optional
            Where faults of cells and lines go; None when they are known already.
        columns : collection of str, optional
            Only these are wanted, and none of the additions; the others stay unread.
        wanted : callable, optional
            Says of the first line of a block that was read before whether it is wanted again.
        """
        found = (
            None
            if problems is None
            else CellProblems(self.file, self._required, problems, self._private)
        )
        read = [
            (heading, decoder)
            for heading, decoder in zip(self.headings, self._decoders, strict=True)
            if _is_wanted(heading, columns)
        ]
        for given in self.source.blocks(self._forms(columns), wanted):
            block = _of_sure_rows(given, read, self.file)
            if found is not None and block.malformed:
                found.note_malformed(block)
            yield self._typed(block, found, read)

    def text_column(self, typed: TypedBlock, name: str) -> Texts | Numbered:
        """Return a column of a block that is read as texts."""
        names = (heading.name for heading in self.headings)
        column = dict(zip(names, typed.block.columns, strict=True))[name]
        if isinstance(column, Numbers):
            raise TypeError(f"{name} is read as numbers")
        return column

    def texts(self, typed: TypedBlock, name: str) -> pa.StringArray:
        """Return the cells of a column as they stand there, of all rows of a block."""
        return self.text_column(typed, name).of_rows()

    def text_columns(self, typed: TypedBlock) -> list[str]:
        """Return the columns of a block that are read as texts."""
        return [
            heading.name
            for heading, column in zip(self.headings, typed.block.columns, strict=True)
            if not isinstance(column, Numbers)
        ]

    def _forms(self, columns: Collection[str] | None) -> list[Form]:
        """Say in which form each column is read fastest."""
        forms: list[Form] = []
        for heading, decoder in zip(self.headings, self._decoders, strict=True):
            if not _is_wanted(heading, columns):
                forms.append("unread")
            elif heading.column is INSURED_NO:
                forms.append("texts")
            elif heading.column is not None and heading.column.kind in _FEW:
                forms.append("few")
            else:
                forms.append(decoder.number_range or "distinct")
        wanted = iter(forms)
        return [next(wanted) if read else "unread" for read in self._read]

    def _typed(
        self, block: Block, found: CellProblems | None, read: Sequence[tuple[Heading, Decoder]]
    ) -> TypedBlock:
        columns: dict[str, TypedColumn] = {}
        keys: list[KeyColumn] = []
        for (heading, decoder), column in zip(read, block.columns, strict=True):
            if heading.column is INSURED_NO:
                typed = self._insured(block, column, decoder, found)
            elif isinstance(column, Numbers):
                typed = self._numbers(block, column, heading.name, decoder, found)
            else:
                typed = self._distinct(block, column, heading, decoder, found)
            if heading.column is not None:
                columns[heading.name] = typed
            else:
                # A heading that is unclear in every month is a column as well.
                meant = heading.keys or {heading.text: []}
                keys.extend(
                    KeyColumn(key, heading.name, spans, heading.unclear, typed)
                    for key, spans in meant.items()
                )
        return TypedBlock(block, columns, keys)

    def _insured(
        self, block: Block, column: ReadColumn, decoder: Decoder, found: CellProblems | None
    ) -> TypedColumn:
        if not isinstance(column, Texts):
            raise TypeError("被保険者番号 is read as texts")
        typed = TypedColumn(pack_insured(column.texts), column.positions)
        if found is not None and typed.values.size and typed.values.min() < 0:
            found.note_insured(block, column, typed.rows, decoder)
        return typed

    def _numbers(
        self,
        block: Block,
        column: Numbers,
        name: str,
        decoder: Decoder,
        found: CellProblems | None,
    ) -> TypedColumn:
        values = decoder.numbers(column.values, BLANK_NUMBER)
        if found is not None and values.size and values.min() < 0:
            rows = np.flatnonzero(values < 0)
            numbers, positions = np.unique(column.values[rows], return_inverse=True)
            distinct = [
                "" if number == BLANK_NUMBER else str(number) for number in numbers.tolist()
            ]
            worth = decoder.values(distinct)
            found.note_unread(block.lines[rows], positions, distinct, worth, name, decoder)
        return TypedColumn(values, None)

    def _distinct(
        self,
        block: Block,
        column: Texts | Numbered,
        heading: Heading,
        decoder: Decoder,
        found: CellProblems | None,
    ) -> TypedColumn:
        name = heading.name
        if isinstance(column, Numbered):
            distinct: list[str] | pa.StringArray = column.known
            values = self._values_of_numbers(column.known, heading, decoder)
        else:
            distinct = column.texts
            values = self._values(column.texts, heading, decoder)
        if found is not None and values.size and values.min() < 0:
            found.note_unread(block.lines, column.which, distinct, values, name, decoder)
        if found is not None and decoder.unusual:
            found.note_unusual(block, column, name, decoder)
        if found is not None and decoder.odd:
            odd = self._identities.odd
            odd.note(self.file, name, column.distinct(), column.which, block.lines, decoder.odd)
        return TypedColumn(values, column.positions, isinstance(column, Numbered))

    def _values_of_numbers(self, texts: list[str], heading: Heading, decoder: Decoder) -> Ints:
        """Return the values of texts of which those of earlier blocks have been read."""
        known, values = self._numbered.get(heading.name, (texts, np.zeros(0, dtype=np.int64)))
        if known is not texts:
            values = values[:0]
        # Another thread may be adding the texts of a later block.
        new = texts[len(values) :]
        if new:
            values = np.concatenate((values, self._values(of_texts(new), heading, decoder)))
        self._numbered[heading.name] = texts, values
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


def _is_wanted(heading: Heading, columns: Collection[str] | None) -> bool:
    return columns is None or (heading.column is not None and heading.column.name in columns)


def _of_sure_rows(block: Block, read: Sequence[tuple[Heading, Decoder]], file: str) -> Block:
    """Take out the mended rows in which it may be another cell that was too many.

    In a roster each may be one: its figures read in part as well, a plan of 1,692 as 1.
    """
    if not block.mended:
        return block
    rows = np.searchsorted(block.lines, block.mended.lines)
    doubtful = np.full(len(rows), file != "visits")
    for (heading, decoder), column in zip(read, block.columns, strict=True):
        if heading.column and heading.column.required and heading.column.kind in _SAY_WHOSE:
            doubtful |= ~_readable(column, rows, heading.column, decoder)
    return block.without_mended(doubtful) if doubtful.any() else block


def _readable(column: ReadColumn, rows: Ints, of: Column, decoder: Decoder) -> Flags:
    """Say of some rows which can be read; what they say of other services is read as well."""
    cells = column.taken(rows)
    if isinstance(cells, Numbers):
        filled: Flags = cells.values != BLANK_NUMBER
        return filled
    if of is INSURED_NO:
        insured: Flags = pack_insured(cells.of_rows()) >= 0
        return insured
    texts = cells.of_rows().dictionary_encode()
    read = [decoder.reads(text) for text in texts.dictionary.to_pylist()]
    found: Flags = np.array(read, dtype=bool)[numbers_of(texts.indices)]
    return found


def _only_checked(column: Column | None) -> bool:
    """Say whether a batch reads a column for the check digits of its numbers alone."""
    return column is not None and column.kind in CHECKED_KINDS and column in PERSONAL


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

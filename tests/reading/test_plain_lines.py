"""Plain lines against a split and against Arrow; the numbering of rows and texts against dicts."""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Barrier, BrokenBarrierError, local
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chiiki_tsusho.batch import claim_files
from chiiki_tsusho.reading import csv_file as csv_files
from chiiki_tsusho.reading import dense_ids
from chiiki_tsusho.reading import plain_csv as plain_lines
from chiiki_tsusho.reading.blocks import Form, Numbered, ReadColumn, Texts
from chiiki_tsusho.reading.dense_ids import Positions, WordIndex, WordRows
from chiiki_tsusho.reading.plain_csv import Characters, PlainLines, TextNumbers
from chiiki_tsusho.reading.threads import on_one_core
from conftest import EXAMPLES
from helpers.inputs import Cells, csv_text, visit, visits

EXAMPLE_FILES = Path(__file__).parents[2] / "examples"
# The longest cell in front of others that is read plainly.
LONGEST = 31
# Around every edge of a word of eight characters.
LENGTHS = (0, 1, 3, 7, 8, 9, 15, 16, 17, 23, 24, 25, 30, 31)
TOO_LONG = (32, 33, 40)
# Neighbours of the comma in the code table, its bits under another top one, several bytes.
CHARACTERS = "0159 -+.;~\x01\x7fABé¬あ髙介①Ⱜ𠮷"
SINGLE: tuple[Form, ...] = ("texts", "few", "distinct", "unread", (1, 5), (0, 999_999_999))
IN_MARKS = re.compile('"[^"]*"')
Line = list[str]
Cut = plain_lines._Cells | None


def split_lines(text: str) -> list[Line] | None:
    """The cells of lines as Python splits them; None where they are not plain and even."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    cells = [
        [cell[1:-1] if IN_MARKS.fullmatch(cell) else cell for cell in line.split(",")]
        for line in lines
    ]
    even = len({len(line) for line in cells}) == 1
    lines = [",".join(line) for line in cells]
    # A row that begins with a blank cell may be of blank cells alone, and then is none.
    begun = not any(line.startswith((",", " ")) for line in lines)
    return cells if even and begun and not {'"', "\r"} & set("".join(lines)) else None


def texts_of(column: ReadColumn) -> list[str]:
    """The text of each row, told in both ways alike."""
    assert isinstance(column, (Texts, Numbered))
    rows: list[str] = column.of_rows().to_pylist()
    distinct = column.distinct()
    if column.positions is None:
        assert distinct == rows
    else:
        assert [distinct[at] for at in column.positions.tolist()] == rows
    return rows


@dataclass
class Reading:
    """Blocks read one after another by the same reader, all of them looked at again at the end."""

    forms: list[Form]

    def __post_init__(self) -> None:
        self._plain = PlainLines(self.forms)
        self._read: list[tuple[list[ReadColumn], list[list[str]]]] = []

    def read(self, text: str, its_own: Sequence[int] = ()) -> bool:
        """Read a block and compare it; False where the reader would not.

        Columns ``its_own`` have texts of this block alone, as those have that are wanted so.
        """
        got = self._plain.read(text.encode())
        if got is None:
            return False
        lines, columns = got
        rows = split_lines(text)
        assert rows is not None
        assert len(rows[0]) == len(self.forms)
        assert lines == len(rows)
        wanted = [
            list(column)
            for column, form in zip(zip(*rows, strict=True), self.forms, strict=True)
            if form != "unread"
        ]
        kinds = [
            Texts if form == "texts" or at in its_own else Numbered
            for at, form in enumerate(self.forms)
            if form != "unread"
        ]
        assert [type(column) for column in columns] == kinds
        assert [texts_of(column) for column in columns] == wanted
        self._read.append((columns, wanted))
        return True

    def check(self) -> None:
        """What was read first still says the same, and no text has two numbers."""
        for columns, wanted in self._read:
            assert [texts_of(column) for column in columns] == wanted
        for of_blocks in zip(*(columns for columns, _ in self._read), strict=True):
            numbered = [column for column in of_blocks if isinstance(column, Numbered)]
            assert len({id(column.known) for column in numbered}) <= 1
        for columns, _ in self._read[:1]:
            together: dict[int, list[list[str]]] = {}
            for column in columns:
                if isinstance(column, Numbered):
                    together.setdefault(id(column.positions), []).append(column.known)
            for known in together.values():
                cells = list(zip(*known, strict=True))
                assert len(set(cells)) == len(cells)


# ---------------------------------------------------------------- texts to read


def cell(length: int, text: str) -> str:
    """A text of so many bytes that ends, where it fits, in the one given."""
    cut = text.encode()[:length].decode(errors="ignore")
    return "-" * (length - len(cut.encode())) + cut


def cells(lengths: Sequence[int] = LENGTHS) -> st.SearchStrategy[str]:
    return st.builds(cell, st.sampled_from(lengths), st.text(CHARACTERS, max_size=12))


@st.composite
def all_forms(draw: st.DrawFn) -> list[Form]:
    """Forms of which the last is one that is numbered or stays unread."""
    *first, last = draw(st.lists(st.sampled_from(SINGLE), min_size=2, max_size=7))
    return [*first, last if last != "texts" else (1, 5)]


@st.composite
def tables(draw: st.DrawFn, forms: Sequence[Form]) -> list[Line]:
    """Even lines of few different cells."""
    pools: list[list[str]] = []
    for _ in forms:
        pool = draw(st.lists(cells(), min_size=1, max_size=4))
        pools.append(pool if pools else [_begun(cell) for cell in pool])
    picks = st.binary(min_size=len(forms), max_size=len(forms))
    rows = draw(st.lists(picks, min_size=1, max_size=9))
    return [[pool[pick % len(pool)] for pool, pick in zip(pools, row, strict=True)] for row in rows]


def _begun(cell: str) -> str:
    """A first cell that is not blank: with others like it the row would be none."""
    return cell if cell[:1].strip() else f"0{cell[1:]}"


def joined(lines: Iterable[Line], newline: str = "\n") -> str:
    return "".join(",".join(line) + newline for line in lines)


@st.composite
def regular(draw: st.DrawFn, forms: Sequence[Form]) -> str:
    """A block that is to be read plainly."""
    lines = draw(tables(forms))
    for marked in draw(st.sampled_from([[], [0], range(len(forms)), range(1, len(forms), 2)])):
        for line in lines[: draw(st.integers(1, len(lines)))]:
            line[marked] = f'"{line[marked]}"'
    text = joined(lines, draw(st.sampled_from(["\n", "\r\n"])))
    return text.removesuffix("\n") if "\r" not in text and draw(st.booleans()) else text


@st.composite
def irregular(draw: st.DrawFn, forms: Sequence[Form]) -> str:
    """A block into which has been put whatever a file may hold but a comma too few or too many."""
    lines = [",".join(line) for line in draw(tables(forms))]
    ends = draw(st.lists(st.sampled_from(["\n", "\n", "\r\n"]), min_size=1, max_size=2))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        where = draw(st.integers(0, len(line)))
        put = draw(st.sampled_from(["\r", '"', ",", "\n", "\r\n", "x", "", "long", "cut", "blank"]))
        if put == "long":
            put = draw(cells(TOO_LONG))
        if put in ("cut", "blank"):
            lines[at] = line[:where] if put == "cut" else ""
        else:
            lines[at] = line[:where] + put + line[where:]
    text = "".join(line + end for line, end in zip(lines, itertools.cycle(ends), strict=False))
    kept = len(text) - draw(st.sampled_from([0, 0, 1, 2, 5]))
    return text[: max(1, kept)]


# ---------------------------------------------------------------- plain lines against a split


@given(st.data())
def test_regular_lines_are_read_as_they_are_split(data: st.DataObject) -> None:
    reading = Reading(data.draw(all_forms()))
    for text in data.draw(st.lists(regular(reading.forms), min_size=1, max_size=4)):
        assert reading.read(text)
    reading.check()


@given(st.data())
def test_any_lines_are_read_as_they_are_split_or_not_at_all(data: st.DataObject) -> None:
    forms = data.draw(all_forms())
    text = data.draw(irregular(forms))
    Reading(forms).read(text)


@given(st.data())
def test_lines_not_read_leave_nothing_behind(data: st.DataObject) -> None:
    reading = Reading(data.draw(all_forms()))
    for text in data.draw(st.lists(irregular(reading.forms), min_size=2, max_size=5)):
        reading.read(text)
    reading.check()


def test_short_last_line_after_a_longer_block() -> None:
    """What an earlier block has left behind the last line may start inside a character."""
    for short in ("d", "dd", "ddd", "d,e", "あ"):
        reading = Reading(["distinct"] * 3)
        assert reading.read("区分,東京都千代田,x\n" * 4)
        assert not reading.read("a,b,c\n" + short)
        reading.check()


@pytest.mark.parametrize(
    "other",
    [
        "x" * 40 + ",1,1\n",
        "0,0\n" + "x" * 30 + ",1,1\n",
        "0,1,1\n0",
        "0," + "x" * 300 + ",1\n",
        '0,"1,1\n',
        '0,"1"1,1\n',
        "0,1,1\r0,1,1\n",
    ],
)
def test_regular_lines_are_read_after_others(other: str) -> None:
    reading = Reading(["distinct", "few", (1, 5)])
    text = "1370000018,1,1\n1370000026,1,2\n"
    assert reading.read(text)
    assert not reading.read(other)
    assert reading.read(text)
    reading.check()


@given(
    st.lists(st.tuples(cells(), cells(), st.integers(0, 9**9), st.integers(1, 6)), min_size=1),
    st.sampled_from(["distinct", "texts"]),
)
def test_rows_of_one_person_that_follow_each_other(
    persons: list[tuple[str, str, int, int]], form: Form
) -> None:
    """Their first cells are the same, and the next cell may be, in whole or as it begins."""
    rows = [
        [f"1{first}", f"{number:010d}", second, f"{day:02d}", "1"]
        for first, second, number, days in persons
        for day in range(days)
    ]
    reading = Reading(["distinct", form, "distinct", "few", "few"])
    assert reading.read(joined(rows)) == (max(len(row[0].encode()) for row in rows) <= LONGEST)
    reading.check()


def test_first_blocks_of_four_threads_are_all_read() -> None:
    """Each of them finds out at the same time that cells need more than one word."""
    plain, meeting, tried = PlainLines(["distinct", "few"]), Barrier(4), local()
    cells_of = plain_lines._cells

    def meet(characters: Characters, starts: Positions, width: int) -> Cut:
        got = cells_of(characters, starts, width)
        if not hasattr(tried, "once"):
            tried.once = True
            with suppress(BrokenBarrierError):
                meeting.wait(timeout=1)
        return got

    with mock.patch.object(plain_lines, "_cells", meet), ThreadPoolExecutor(4) as pool:
        got = list(pool.map(plain.read, [b"1370000018,1\n"] * 4))
    assert all(one is not None for one in got)
    assert plain.read(b"1370000018,1\n") is not None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_numbering_goes_on_as_texts_get_longer(newline: str) -> None:
    """Each block needs wider words than the last; what was numbered keeps its number."""
    reading = Reading(["distinct", "texts", (0, 999), "few", (1, 5)])
    plain = PlainLines(reading.forms)
    seen: list[list[str]] = [[], [], [], []]
    for length in (1, 7, 8, 15, 16, 23, 24, LONGEST, 2):
        rows = [
            [cell(length, f"{n % 3}あ"), cell(length, "01"), cell(length, f"{n % 2}"), "", f"{n}"]
            for n in (*range(5), *range(5))
        ]
        text = joined([*rows, ["0", "0" * length, "-", "x" * length, ""]], newline)
        assert reading.read(text)
        got = plain.read(text.encode())
        assert got is not None
        # In the order in which they came, each once.
        columns = [column for column in got[1] if isinstance(column, Numbered)]
        for known, column in zip(seen, columns, strict=True):
            known.extend(texts_of(column))
        assert [column.known for column in columns[:2]] == [
            list(dict.fromkeys(known)) for known in seen[:2]
        ]
        # Columns of few values at the end are numbered together.
        assert columns[2].positions is columns[3].positions
        together = list(zip(columns[2].known, columns[3].known, strict=True))
        assert together == list(dict.fromkeys(zip(*seen[2:], strict=True)))
    reading.check()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"{'x' * 31},1,2\n", True),
        (f"{'x' * 34},1,2\n", False),
        (f"0,{'x' * 254},\n", True),
        (f"0,{'x' * 255},\n", True),
        (f"0,{'x' * 256},\n", False),
        ("0,1,2", True),
        (",,\n", False),
        (",,", False),
        (" ,1,1\n", False),
        ("1,,\n", True),
        ("0,1,2\n0,1\n", False),
        ("0,1,2\n0,1,2,3\n", False),
        ("0,1,2,3\n0,1\n", False),
        ("0,1\n0,1,2,3\n", False),
        ("0,1\n", False),
        ("0\n1,2\n", False),
        ("0,1,2\n\n", False),
        ("\n0,1,2\n", False),
        ("0,1,2\n\n0,1,2\n", False),
        ("0,1,2\r\n\r\n", False),
        ("0,1,2\r\n0,1,2\r\n", True),
        ("0,1,2\r\n0,1,2\n", False),
        ("0,1,2\r\n0,1,2", False),
        ("0,1,2\r", False),
        ("0,1\r,2\r\n", False),
        ("0,1\r,2\n", False),
        ("0,1,2\r\r\n", False),
        ('0,"1",2\n', True),
        ('"0","1","2"', True),
        ('"0","1","2"\r\n', True),
        ('"","1","2"\n', False),
        ('"0","",""\n', True),
        ('" ","1","2"\n', False),
        ('"0,1",2\n', False),
        ('"0,1",2,3\n', False),
        ('0,"1,2",3\n0,1,2\n', False),
        ('"0""1","2","3"\n', False),
        ('0,""1"",2\n', False),
        ('0,",1\n', False),
        ('0,",",1\n', False),
        ('0,1,"\n0,1,"\n', False),
        ('0,"1" ,2\n', False),
        ('0, "1",2\n', False),
        ('0,"1"\r,2\r\n', False),
        ('0,1,"2\r"\n', False),
        ('0,1,"2\n0,1,2"\n', False),
        ('0,1,2"\n', False),
        ('0,1,"2\n', False),
        ("", False),
    ],
)
def test_what_is_plain(text: str, read: bool) -> None:
    assert Reading(["distinct", "few", (1, 5)]).read(text) is read


@pytest.mark.parametrize(
    "cells",
    [
        ["0123456789", "H123456789"],
        ["あ", "abc"],
        ["x" * 31, "y" * 31],
        ["0123456789", "123456789"],
        ["0123456789", "", "", "0123456789"],
        ["", "x" * 31],
        ["", ""],
    ],
)
@pytest.mark.parametrize("more", [["distinct"], ["distinct", "few", "few"], ["few", "unread"]])
def test_texts_of_rows_own_are_of_any_length(cells: list[str], more: list[Form]) -> None:
    text = joined(["1", cell, *("1" for _ in more)] for cell in cells)
    assert Reading(["few", "texts", *more]).read(text)


def test_many_lines_of_many_texts() -> None:
    """More than a first index holds, and more than one word each."""
    random = Random(2016)
    reading = Reading(["distinct", "texts", "distinct", (0, 99), "few"])
    for block in range(4):
        rows = [
            [
                f"{'東' * (random.randrange(block + 1))}{random.randrange(3000)}",
                f"{random.randrange(10**9):010}",
                f"{random.randrange(40)}",
                f"{random.randrange(100)}",
                random.choice(["", "地域", "区分"]),
            ]
            for _ in range(2500)
        ]
        assert reading.read(joined(rows))
    reading.check()


def test_one_reader_in_four_threads() -> None:
    forms: list[Form] = ["distinct", "texts", "few", (1, 5)]
    plain = PlainLines(forms)
    random = Random(2016)
    blocks = [
        [
            [
                _begun(cell(random.randrange(length + 1), f"{random.randrange(400)}")),
                "0001",
                "髙",
                f"{n}",
            ]
            for n in range(300)
        ]
        for length in (5, 9, 14, 17, 22, 25, 30, 31)
        for _ in range(4)
    ]
    with threads_that_meet(4) as pool:
        got = list(pool.map(lambda rows: plain.read(joined(rows).encode()), blocks))
    for rows, read in zip(blocks, got, strict=True):
        assert read is not None
        assert read[0] == len(rows)
        assert [texts_of(column) for column in read[1]] == [
            list(column) for column in zip(*rows, strict=True)
        ]


# ---------------------------------------------------------------- whole files against Arrow


def by_arrow() -> AbstractContextManager[object]:
    """Read no lines plainly."""
    return mock.patch.object(PlainLines, "read", return_value=None)


@contextmanager
def counted() -> Iterator[list[bool]]:
    """Note of each block whether it was read plainly."""
    noted: list[bool] = []
    read = PlainLines.read

    def noting(plain: PlainLines, text: bytes) -> tuple[int, list[ReadColumn]] | None:
        got = read(plain, text)
        noted.append(got is not None)
        return got

    with mock.patch.object(PlainLines, "read", noting):
        yield noted


def outputs(paths: Sequence[Path | None]) -> dict[str, object]:
    """All that a run of files gives: each output byte for byte, and the summary."""
    given, providers, recipients = paths
    assert given is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "out"
        result = claim_files(given, folder, providers, recipients)
        written: dict[str, object] = {
            path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))
        }
    assert len(written) == 4
    return {**written, "summary": result.summary}


def examples(kind: str) -> list[Path]:
    return [EXAMPLE_FILES / f"{kind}{name}.csv" for name in ("visits", "providers", "recipients")]


def blocks_of(size: int) -> AbstractContextManager[object]:
    return mock.patch.object(csv_files, "CSV_BLOCK_BYTES", size)


@pytest.mark.parametrize("size", [150, 2000, 1 << 23])
@pytest.mark.parametrize("kind", ["", "faulty_"])
def test_examples_give_the_same_either_way(kind: str, size: int) -> None:
    with by_arrow():
        want = outputs(examples(kind))
    with blocks_of(size), counted() as plainly:
        assert outputs(examples(kind)) == want
    if not kind:
        assert plainly.count(True) > 0.6 * len(plainly)
    with blocks_of(size), by_arrow():
        assert outputs(examples(kind)) == want


def test_faulty_examples_are_read_plainly_where_they_can_be() -> None:
    with blocks_of(90), counted() as plainly:
        outputs(examples("faulty_"))
    # The line with a cell too few is not even tried.
    assert plainly
    assert all(plainly)


ODD = (
    "",
    " ",
    "0",
    "1",
    "01",
    "-0",
    " 1",
    "1 ",
    "1.0",
    "+1",
    "0x1",
    "１",
    "9",
    "NA",
    "x",
    "あ" * 9,
)
ODD_CELLS: dict[str, tuple[str, ...]] = {
    "provider_no": ("1370000018", "A370000001", "0370000001", "137000001", "", "1370000018 "),
    "insurer_no": ("131003", "00131000", "31000", ""),
    "insured_no": ("0000000001", "H000000001", "000000000x", "1", ""),
    "service_date": ("2016-04-01", "2016/4/2", "20160403", "2016-05-04", "2016-04-31", "", "x"),
    "care_level": ("1", "2", "要介護3", "要支援1", "6", "", *ODD),
    "minutes": ("240", "300", "0", "9999999999", "540", "", *ODD),
    "service": ("", "day_care", "medical_day_care", "地域密着型通所介護", "x"),
    "session": ("1", "2", *ODD),
    "bathing": ("1", "0", *ODD),
}


@st.composite
def odd_visits(draw: st.DrawFn) -> str:
    """Visits with a few cells, and maybe a line, that are not as they should be."""
    names = ["provider_no", "insurer_no", "insured_no", "service_date", "care_level", "minutes"]
    names += draw(st.sets(st.sampled_from(["service", "session", "bathing"])).map(sorted))
    rows: list[Cells] = visits(draw(st.integers(1, 20)))
    for row in rows:
        row.update({name: ODD_CELLS[name][0] for name in names[6:]})
    spots = st.tuples(st.integers(0, len(rows) - 1), st.sampled_from(names), st.integers(0, 255))
    for at, name, which in draw(st.lists(spots, max_size=8)):
        rows[at] = {**rows[at], name: ODD_CELLS[name][which % len(ODD_CELLS[name])]}
    order = draw(st.permutations(names))
    lines = csv_text([{name: row[name] for name in order} for row in rows]).splitlines()
    if draw(st.booleans()):
        # As many programs write texts, or all cells.
        some = draw(st.sets(st.sampled_from(range(len(order)))))
        lines = [
            ",".join(
                f'"{cell}"' if place in some else cell for place, cell in enumerate(line.split(","))
            )
            for line in lines
        ]
    at = draw(st.integers(1, len(lines)))
    lines[at:at] = draw(st.sampled_from([[], [], [""], ["x"], ["1,2"], ['"'], ["," * 20]]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from([newline, ""]))


@settings(max_examples=int(EXAMPLES or 25))
@given(odd_visits(), st.sampled_from([100, 400, 1 << 23]), st.sampled_from(["utf-8", "cp932"]))
def test_odd_visits_give_the_same_either_way(text: str, size: int, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "visits.csv"
        path.write_bytes(text.encode(encoding))
        with by_arrow():
            want = outputs([path, None, None])
        with blocks_of(size):
            assert outputs([path, None, None]) == want


def test_file_cut_off_inside_a_line_gives_the_same_either_way(tmp_path: Path) -> None:
    rows = [
        {"service": "地域密着型通所介護", "shortfall": "", **visit(1 + at, care_level="要介護1")}
        for at in range(20)
    ]
    text = csv_text(rows).encode()
    path = tmp_path / "visits.csv"
    for cut in (2, 9, 12, 15, 30, 44):
        path.write_bytes(text[:-cut])
        with by_arrow():
            want = outputs([path, None, None])
        # In one thread, which keeps what it has laid out.
        with blocks_of(1000), on_one_core():
            assert outputs([path, None, None]) == want


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_blank_lines_of_a_single_column_are_no_rows(tmp_path: Path, newline: str) -> None:
    paths = [tmp_path / "visits.csv", tmp_path / "providers.csv", None]
    (tmp_path / "visits.csv").write_text(csv_text(visits(3)), encoding="utf-8")
    lines = ["provider_no", "1370000018", "", "1370000026", "", ""]
    (tmp_path / "providers.csv").write_bytes(newline.join(lines).encode())
    got = outputs(paths)
    with by_arrow():
        assert got == outputs(paths)


# ---------------------------------------------------------------- too many texts


def test_more_texts_than_are_numbered() -> None:
    reading = Reading(["distinct", "few", (1, 5)])
    with mock.patch.object(plain_lines, "MAX_TEXTS", 4):
        assert reading.read("a,1,1\nb,1,2\na,1,1\n")
        assert reading.read("c,1,1\nd,1,2\n")
        # Of a block with one too many the texts are its own.
        assert reading.read("a,1,1\ne,1,1\na,1,1\n", its_own=(0,))
        # More ends of lines are not read, and not more than four in one block.
        assert not reading.read("a,1,1\na,1,2\na,1,3\na,1,4\na,1,5\n")
        assert reading.read("d,1,2\na,1,1\n")
        assert reading.read("d,2,2\n")
        for text in "fgh":
            assert reading.read(f"{text},1,1\n", its_own=(0,))
        # Known ones are not looked for any more either.
        assert reading.read("d,1,2\na,1,1\n", its_own=(0,))
        for end in "345":
            assert not reading.read(f"a,2,{end}\na,3,{end}\n")
        assert not reading.read("d,2,2\n")
    reading.check()


def test_texts_that_most_rows_have_of_their_own_are_not_numbered() -> None:
    reading = Reading(["distinct", "few", (1, 5)])
    with mock.patch.object(plain_lines, "_FEW_TEXTS", 2):
        assert reading.read("a,1,1\nb,1,2\na,1,1\n")
        assert reading.read("c,1,1\nd,1,2\ne,1,1\n", its_own=(0,))
        assert not reading.read("a,1,3\na,1,4\na,1,5\n")
        # Three new ones of six rows.
        assert reading.read("c,1,1\nc,1,1\nd,1,1\nd,1,1\ne,1,1\ne,1,1\n")
    reading.check()


@pytest.mark.parametrize("most", [0, 1, 8])
@pytest.mark.parametrize("kind", ["", "faulty_"])
def test_results_are_the_same_with_too_many_texts(kind: str, most: int) -> None:
    with by_arrow():
        want = outputs(examples(kind))
    with (
        mock.patch.object(plain_lines, "MAX_TEXTS", most),
        blocks_of(500),
        on_one_core(),
        counted() as plainly,
    ):
        assert outputs(examples(kind)) == want
    assert any(plainly)
    # Too many ends of lines.
    assert not all(plainly)


# ---------------------------------------------------------------- the index of words


def spread_as_usual() -> AbstractContextManager[object]:
    return nullcontext()


def all_in_the_first_slot() -> AbstractContextManager[object]:
    return mock.patch.object(dense_ids, "_SPREAD", np.uint64(0))


def all_in_the_last_slot() -> AbstractContextManager[object]:
    """Where the walk starts again at the front."""
    return mock.patch.object(
        dense_ids, "_hashes", lambda words: np.full(len(words), 2**64 - 1, dtype=np.uint64)
    )


SPREADS = [spread_as_usual, all_in_the_first_slot, all_in_the_last_slot]
Spread = Callable[[], AbstractContextManager[object]]
Row = tuple[int, ...]


def words_of(rows: Sequence[Row], width: int) -> WordRows:
    return np.array(rows, dtype=np.uint64).reshape(len(rows), width)


class Known:
    """An index of words, and the dict it is to be."""

    def __init__(self, width: int) -> None:
        self.index = WordIndex(width)
        self.ids: dict[Row, int] = {}

    def find(self, rows: Sequence[Row]) -> None:
        found = self.index.find(words_of(rows, self.index.width))
        assert found.tolist() == [self.ids.get(row, -1) for row in rows]

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.ids.setdefault(row, len(self.ids))
        ids = self.index.ids(words_of(rows, self.index.width))
        assert ids.dtype == np.int32
        assert ids.tolist() == [self.ids[row] for row in rows]
        self.check()

    def widen(self, more: int) -> None:
        self.index = self.index.widened(self.index.width + more)
        self.ids = {(*row, *(0,) * more): at for row, at in self.ids.items()}
        self.check()

    def check(self) -> None:
        assert len(self.index) == len(self.ids)
        assert [tuple(row) for row in self.index.words.tolist()] == list(self.ids)


@pytest.mark.parametrize("spread", SPREADS)
@settings(max_examples=int(EXAMPLES or 40))
@given(data=st.data())
def test_index_of_words_is_a_dict(spread: Spread, data: st.DataObject) -> None:
    # Rows alike but for one word, or for the place of a word, are among them.
    word = st.sampled_from([0, 1, 2, 1 << 32, (1 << 64) - 1]) | st.integers(0, 2**64 - 1)
    with spread():
        known = Known(data.draw(st.integers(1, 5)))
        for _ in range(data.draw(st.integers(1, 6))):
            row = st.tuples(*[word] * known.index.width)
            rows = data.draw(st.lists(row, max_size=12))
            step = data.draw(st.sampled_from(["add", "add", "find", "widen"]))
            if step == "find":
                known.find(rows)
            elif step == "add":
                known.add(rows)
                known.find(rows[::-1])
            elif known.index.width < 5:
                known.widen(data.draw(st.integers(1, 5 - known.index.width)))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_index_grows_by_little_and_by_much(width: int) -> None:
    known, random = Known(width), np.random.default_rng(2016 + width)
    for size in (1000, 20, 3, 1, 1, 0, 2500, 1, 12_000, 7):
        numbers = random.integers(0, 9000, (size, width), dtype=np.uint64)
        # Few bits differ, and in one word alone.
        numbers[:, : width // 2] &= np.uint64(1)
        rows = [tuple(row) for row in numbers.tolist()]
        known.add(rows)
        known.find([*rows[:50], (9001,) * width])
    known.widen(1)
    known.find(list(known.ids)[::-1])
    known.add([(1,) * (width + 1), (2,) * (width + 1)])


@pytest.mark.parametrize("spread", SPREADS[1:])
def test_index_grows_where_all_collide(spread: Spread) -> None:
    # A table is made anew for more than 1,024 rows.
    with spread():
        known = Known(2)
        for start, end in ((0, 300), (250, 700), (0, 1010), (1000, 1030), (1029, 1031)):
            known.add([(number, number % 7) for number in range(start, end)])
        known.find([(5, 5), (5, 6), (1030, 1), (1031, 2)])


# ---------------------------------------------------------------- texts from several threads


@contextmanager
def threads_that_meet(number: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that start together and take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    barrier = Barrier(number)
    try:
        with ThreadPoolExecutor(number) as pool:
            list(pool.map(lambda _: barrier.wait(), range(number)))
            yield pool
    finally:
        sys.setswitchinterval(interval)


def text_words(texts: Sequence[str]) -> WordRows:
    """Texts filled up with 0, as wide as the longest needs."""
    width = max(1, *(-(-len(text.encode()) // 8) for text in texts))
    padded = b"".join(text.encode().ljust(8 * width, b"\0") for text in texts)
    return np.frombuffer(padded, dtype=np.uint64).reshape(-1, width)


@pytest.mark.parametrize("seed", range(3))
def test_texts_numbered_by_four_threads_at_once(seed: int) -> None:
    known = TextNumbers(2)
    barrier = Barrier(4)

    def number(thread: int) -> list[tuple[list[str], list[int]]]:
        random, told = Random(10 * seed + thread), []
        for turn in range(40):
            # All of them meet the same texts, ever longer and ever more of them.
            texts = [
                "{},{}".format(
                    "あ" * random.randrange(turn // 4 + 1), random.randrange(20 * turn + 1)
                )
                for _ in range(60)
            ]
            words = text_words(texts)
            barrier.wait(timeout=20)
            numbers = known.numbers(words)
            assert numbers is not None
            rows = numbers.tolist()
            assert [f"{known.texts[0][at]},{known.texts[1][at]}" for at in rows] == texts
            told.append((texts, rows))
        return told

    with threads_that_meet(4) as pool:
        told = [one for thread in pool.map(number, range(4)) for one in thread]
    every = [",".join(cells) for cells in zip(*known.texts, strict=True)]
    assert len(set(every)) == len(every)
    assert set(every) == {text for texts, _ in told for text in texts}
    for texts, numbers in told:
        assert [every[at] for at in numbers] == texts


def test_text_of_other_columns_is_not_numbered() -> None:
    known = TextNumbers(2)
    assert known.numbers(text_words(["a,b", "a,c"])) is not None
    for other in ("a", "a,b,c", ""):
        assert known.numbers(text_words(["a,b", other])) is None
    assert known.texts == [["a", "a"], ["b", "c"]]
    got = known.numbers(text_words(["a,c", "x,"]))
    assert got is not None
    assert got.tolist() == [1, 2]

"""Blank last cells that Excel leaves out of a CSV, 16 rows at a time (Microsoft, KB 77295).

A block of 16 rows, counted from row 1 of the sheet, has as many cells as the fullest of its rows.
Figures are typed by hand from the printed table of 2016-04: 7 to 9 hours 要介護3 1,006, bathing 50,
functional_training_1 46.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chiiki_tsusho import Batch, claim_files, compute_claims
from chiiki_tsusho.reading import csv_file
from helpers.inputs import frame

HEADINGS = (
    "provider_no", "insurer_no", "insured_no", "service_date", "care_level", "minutes", "bathing",
    "functional_training_1",
)  # fmt: skip
PROVIDER = frame([{"provider_no": "1390000014", "area_grade": "1"}])
Row = Sequence[str]


def person(number: int) -> str:
    return f"{number:010d}"


def visits(count: int, bathed: Sequence[int], trained: Sequence[int]) -> list[Row]:
    """Write visits of persons of 20 days each; ``bathed`` and ``trained`` are lines of the file."""
    return [
        (
            "1390000014", "139006", person(1 + at // 20), f"2016-04-{1 + at % 20:02d}", "3", "480",
            "1" if at + 2 in bathed else "", "1" if at + 2 in trained else "",
        )
        for at in range(count)
    ]  # fmt: skip


def quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell or "\n" in cell else cell


def by_excel(rows: Sequence[Row], headings: Row = HEADINGS, mark: str = ",") -> list[str]:
    """Write a sheet as Excel does."""
    sheet = [headings, *rows]
    lines = []
    for first in range(0, len(sheet), 16):
        block = sheet[first : first + 16]
        width = max(at + 1 for row in block for at, cell in enumerate(row) if cell)
        lines += [mark.join(map(quoted, row[:width])) for row in block]
    return lines


def whole(rows: Sequence[Row], headings: Row = HEADINGS) -> list[str]:
    return [",".join(map(quoted, row)) for row in (headings, *rows)]


def computed(path: Path, lines: Sequence[str], encoding: str = "utf-8", end: str = "\r\n") -> Batch:
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return compute_claims(path, PROVIDER, language="en")


def held_lines(batch: Batch) -> list[int]:
    rows = batch.problems[batch.problems["rule"] == "malformed_row"]
    lines: list[int] = rows["line"].tolist()
    return lines


# Lines 17 to 32 without the last two cells, 33 to 48 without the last, 49 to 61 as they should be.
ROWS = visits(60, bathed=(2, 40, 50), trained=(3, 55))
UNITS = [1006 * 20 + 50 + 46, 1006 * 20 + 50, 1006 * 20 + 50 + 46]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", ","), ("utf-8-sig", ","), ("cp932", ","), ("utf-16", "\t")]
)
def test_cells_that_excel_left_out_are_blank(encoding: str, mark: str, tmp_path: Path) -> None:
    lines = by_excel(ROWS, mark=mark)
    assert [line.count(mark) for line in lines] == [7] * 16 + [5] * 16 + [6] * 16 + [7] * 13
    batch = computed(tmp_path / "visits.csv", lines, encoding)
    assert batch.claims["total_units"].tolist() == UNITS
    assert batch.held_visits.empty


@pytest.mark.parametrize("size", [1, 300, 1000])
def test_borders_of_what_is_read_at_once_change_nothing(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "CSV_BLOCK_BYTES", size)
    monkeypatch.setattr(csv_file, "_SCAN_BYTES", size + 7)
    batch = computed(tmp_path / "visits.csv", by_excel(ROWS))
    assert batch.claims["total_units"].tolist() == UNITS


def test_cells_in_quotation_marks_and_blank_rows(tmp_path: Path) -> None:
    """A heading of two lines is one row of the sheet; a blank row is one of its block."""
    headings = ("メモ\n欄", *HEADINGS)
    rows = [("a, b", *row) for row in ROWS]
    rows[20] = ("",) * 9
    (tmp_path / "visits.csv").write_bytes(
        ("\r\n".join(by_excel(rows, headings)) + "\r\n").encode("cp932")
    )
    batch = compute_claims(tmp_path / "visits.csv", PROVIDER, ignore_columns=["メモ\n欄"])
    assert batch.held_visits.empty
    assert batch.claims["total_units"].tolist() == [UNITS[0], UNITS[1] - 1006, UNITS[2]]


def test_it_is_said_what_is_read_as_blank(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_bytes(("\r\n".join(by_excel(ROWS)) + "\r\n").encode())
    batch = claim_files(tmp_path / "visits.csv", tmp_path / "out")
    english, japanese = (
        [note.say(language) for note in batch.notes if "bathing" in note.say(language)]
        for language in ("en", "ja")
    )
    assert english == [
        f"{tmp_path / 'visits.csv'}: some rows end before heading 'bathing', as Excel writes them "
        "where the last cells of 16 rows are blank; these cells are read as blank"
    ]
    assert len(japanese) == 1
    assert "空欄" in japanese[0]
    (tmp_path / "visits.csv").write_bytes(("\r\n".join(whole(ROWS)) + "\r\n").encode())
    assert not claim_files(tmp_path / "visits.csv", tmp_path / "whole").notes


def longer(lines: list[str]) -> list[str]:
    """Give one row of a block of 16 a cell more."""
    return [*lines[:20], lines[20] + ",", *lines[21:]]


def further_on(lines: list[str]) -> list[str]:
    """Put a row in front, so that blocks begin where Excel begins none."""
    return [lines[0], lines[1].replace("2016-04-01", "2016-04-30"), *lines[1:]]


def too_long(lines: list[str]) -> list[str]:
    """Give one row of another block a cell more than there are headings."""
    return [*lines[:50], lines[50] + ",", *lines[51:]]


@pytest.mark.parametrize("spoiled", [longer, further_on, too_long])
def test_a_file_not_as_excel_writes_it_is_held(
    spoiled: Callable[[list[str]], list[str]], tmp_path: Path
) -> None:
    lines = spoiled(by_excel(ROWS))
    batch = computed(tmp_path / "visits.csv", lines)
    short = [at + 1 for at, line in enumerate(lines) if line.count(",") < 7]
    assert set(short) <= set(held_lines(batch))
    # The third person has rows that are short as well.
    assert batch.claims.empty


def test_a_file_with_other_line_ends_is_held(tmp_path: Path) -> None:
    batch = computed(tmp_path / "visits.csv", by_excel(ROWS), end="\n")
    assert held_lines(batch) == list(range(17, 49))


def test_a_file_that_was_cut_is_held(tmp_path: Path) -> None:
    """The last block of a file that Excel wrote is shorter; a line of it that was cut is none."""
    lines = by_excel(ROWS[:40])
    assert [line.count(",") for line in lines] == [7] * 16 + [5] * 16 + [6] * 9
    (tmp_path / "visits.csv").write_bytes("\r\n".join(lines).encode())
    batch = compute_claims(tmp_path / "visits.csv", PROVIDER)
    assert held_lines(batch) == list(range(17, 42))
    batch = computed(tmp_path / "visits.csv", lines)
    assert batch.claims["total_units"].tolist() == UNITS[:2]


def test_a_last_row_alone_is_held(tmp_path: Path) -> None:
    """It may have lost a cell from its midst; two of the same number have not."""
    for count, held in ((16, [17]), (17, [])):
        rows = visits(count, (2, 17, 18), (3,))
        lines = by_excel(rows)
        assert [line.count(",") for line in lines] == [7] * 16 + [6] * (count - 15)
        assert held_lines(computed(tmp_path / "visits.csv", lines)) == held


@pytest.mark.parametrize("size", [300, csv_file.CSV_BLOCK_BYTES])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_rows_above_one_that_is_alone_are_read(
    size: int, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last row is the first of its 16; another is the only one of its 16 that is filled."""
    monkeypatch.setattr(csv_file, "CSV_BLOCK_BYTES", size)
    rows = visits(64, bathed=(2, 17 + 3, 50, 65), trained=(3,))
    rows[15:31] = [row if at == 3 else ("",) * 8 for at, row in enumerate(rows[15:31])]
    lines = by_excel(rows, mark="\t" if encoding == "utf-16" else ",")
    assert [at for at in range(17, 33) if lines[at - 1].strip("\t,")] == [20]
    batch = computed(tmp_path / "visits.csv", lines, encoding)
    assert held_lines(batch) == [20, 65]
    # They are of the first and the last person; of the second there are the days from 12 to 20.
    assert batch.claims["insured_no"].tolist() == [person(2), person(3)]
    assert batch.claims["total_units"].tolist() == [1006 * 9, 1006 * 20 + 50]


def test_rows_of_other_columns_put_behind_are_held(tmp_path: Path) -> None:
    """A program gives all rows of a file as many cells, filled or not: Excel does not."""
    rows = visits(31, (), (3,))
    lines = [line if at < 16 else line[:-1] for at, line in enumerate(whole(rows))]
    assert [line.count(",") for line in lines] == [7] * 16 + [6] * 16
    assert held_lines(computed(tmp_path / "visits.csv", lines)) == list(range(17, 33))


def test_a_required_cell_that_was_left_out_is_missing(tmp_path: Path) -> None:
    headings = (*HEADINGS[:5], "bathing", "minutes")
    rows = [(*row[:5], row[6], "480" if at < 15 else "") for at, row in enumerate(ROWS[:31])]
    rows[20] = (*rows[20][:5], "1", "")
    (tmp_path / "visits.csv").write_bytes(("\r\n".join(by_excel(rows, headings)) + "\r\n").encode())
    batch = compute_claims(tmp_path / "visits.csv", PROVIDER)
    missing = batch.problems[batch.problems["rule"] == "missing_value"]
    assert missing["line"].tolist() == list(range(17, 33))
    assert batch.claims.empty


def test_each_of_several_files_is_looked_at_alone(tmp_path: Path) -> None:
    """The second one, which is not Excel's, holds what it may belong to and nothing else."""
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_bytes(("\r\n".join(by_excel(ROWS)) + "\r\n").encode())
    others = [(*row[:2], person(9), *row[3:]) for row in visits(3, (2, 3, 4), ())]
    lines = whole(others)
    second.write_bytes(("\r\n".join([lines[0], lines[1][:-1], *lines[2:]]) + "\r\n").encode())
    batch = compute_claims([first, second], PROVIDER)
    assert batch.claims["total_units"].tolist() == UNITS
    assert len(batch.held_visits) == 3


def test_rosters(tmp_path: Path) -> None:
    """Of 20 persons the first alone has public funds; nobody from line 17 on."""
    headings = ("insurer_no", "insured_no", "benefit_rate", "public_law")
    rows = [("139006", person(at), "90", "12" if at == 1 else "") for at in range(1, 21)]
    path = tmp_path / "recipients.csv"
    path.write_bytes(("\r\n".join(by_excel(rows, headings)) + "\r\n").encode())
    given = frame([dict(zip(HEADINGS[:6], row, strict=False)) for row in ROWS])
    batch = compute_claims(given, PROVIDER, path)
    assert batch.claims["total_units"].tolist() == [1006 * 20] * 3
    assert batch.claims["benefit_rate"].tolist() == [90] * 3


def test_held_rows_have_all_their_cells(tmp_path: Path) -> None:
    """They are read by themselves, where no block of 16 shows that cells were left out."""
    rows = [*ROWS]
    rows[25] = (*rows[25][:5], "?", *rows[25][6:])
    (tmp_path / "visits.csv").write_bytes(("\r\n".join(by_excel(rows)) + "\r\n").encode())
    PROVIDER.to_csv(tmp_path / "providers.csv", index=False)
    batch = claim_files(tmp_path / "visits.csv", tmp_path / "out", tmp_path / "providers.csv")
    assert batch.summary.held_visits == 20
    held = tmp_path / "out" / "held_visits.csv"
    lines = held.read_text(encoding="utf-8").splitlines()
    assert lines == [",".join(HEADINGS), *(",".join(row) for row in rows[20:40])]
    held.write_bytes(held.read_bytes().replace(b"?", b"480"))
    assert compute_claims(held, PROVIDER).claims["total_units"].tolist() == UNITS[1:2]

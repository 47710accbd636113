"""Claim files are read whatever their quoting, and written back byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.errors import ChiikiTsushoError, InputFileError
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from chiiki_tsusho.exchange_files.layout import layout

CONTROL = "1,1,0,3,711,0,0,1390000015,0,7,201605,0"
CLAIM = "2,2,7111,201604,1390000015,1,0,01,1,476,5188,4669,0,519,0,0,0,0,0,0"
DETAIL = "2,3,7131,02,201604,1390000015,00139001,0000100011,78,1241,426,1,0,0,0,426,0,0,0,"
OTHER_KIND = '2,4,"7132","02",201604,1390000015,00139001,0000100011,66,1111,1798,1,,,,1798,,,,,'
END = "3,5"


def file_of(*lines: str, end: str = "\r\n") -> bytes:
    return "".join(line + end for line in lines).encode("cp932")


def cells(line: str) -> list[str]:
    return line.split(",")


def quoted_from_the_third(line: str) -> str:
    return ",".join(c if at < 2 else f'"{c}"' for at, c in enumerate(cells(line)))


def quoted_where_filled(line: str) -> str:
    return ",".join(f'"{c}"' if c else "" for c in cells(line))


def quoted_in_some_columns(line: str) -> str:
    return ",".join(f'"{c}"' if at in (2, 7, 19) else c for at, c in enumerate(cells(line)))


HABITS = (str, quoted_from_the_third, quoted_where_filled, quoted_in_some_columns)


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("blank", ["0", ""])
def test_every_habit_of_quoting_is_read_alike_and_written_back(habit, blank) -> None:  # type: ignore[no-untyped-def]
    detail = DETAIL.replace(",0,0,0,", f",{blank},{blank},{blank},")
    data = file_of(*(habit(line) for line in (CONTROL, CLAIM, detail)), OTHER_KIND, END)
    file = parse_claim_file(data, "file")
    assert not file.damaged
    assert [one.line for one in file.kept] == [4]
    assert len(file) == 5
    [row] = file.frame("7131-02").to_dict("records")
    assert (row["line"], row["insurer_no"], row["item_code"]) == (3, "00139001", "1241")
    assert file.rows("7131-02").numbers("service_units").tolist() == [426]
    assert file.rows("7131-02").numbers("public1_count").tolist() == [0]
    assert file.to_bytes() == data


@pytest.mark.parametrize("last", ["\r", "\n", "\r\n", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_last_line_may_end_in_another_way(end: str, last: str) -> None:
    data = file_of(CONTROL, CLAIM, end=end) + file_of(END, end=last)
    assert parse_claim_file(data, "file").to_bytes() == data


@pytest.mark.parametrize("middle", ["\n", "\r\n"])
def test_a_line_between_may_end_in_another_way(middle: str) -> None:
    first = "\n" if middle == "\r\n" else "\r\n"
    data = file_of(CONTROL, end=first) + file_of(CLAIM, end=middle) + file_of(END, end=first)
    assert parse_claim_file(data, "file").to_bytes() == data


def test_a_file_of_two_lines_keeps_both_ends() -> None:
    """The last one ends in a carriage return alone, which has the width of a line feed."""
    data = file_of(CONTROL, end="\n") + file_of("3,2", end="\r")
    assert parse_claim_file(data, "file").to_bytes() == data


def test_a_note_may_hold_commas_marks_and_kanji() -> None:
    data = file_of(CONTROL, DETAIL + '"摘,要""あ"', END)
    file = parse_claim_file(data, "file")
    assert file.frame("7131-02")["note"].tolist() == ['摘,要"あ']
    assert file.to_bytes() == data


def test_characters_with_two_codes_come_back_as_they_were() -> None:
    # NEC's ≒ (87 90) is read as the character that CP932 writes as 81 E0.
    data = file_of(CONTROL) + DETAIL.encode() + b"\x87\x90\r\n" + file_of(END)
    file = parse_claim_file(data, "file")
    assert file.frame("7131-02")["note"].tolist() == ["≒"]
    assert "≒".encode("cp932") == b"\x81\xe0"
    assert file.to_bytes() == data


def test_lines_of_no_record_are_kept_wherever_they_stand() -> None:
    """Also those that call themselves a control or an end record, or have less than four cells."""
    says_control = f"2,3,control,{CONTROL[4:]}"
    odd = ["9,1,x", says_control, "2,5,end", "2,6,7131", "2", "", "2,9,7111x,201604"]
    for at in range(len(odd) + 1):
        data = file_of(*odd[at:], CONTROL, CLAIM, DETAIL, END, *odd[:at])
        file = parse_claim_file(data, "file")
        assert {name: len(rows) for name, rows in file.records.items()} == {
            "control": 1, "7111": 1, "7131-02": 1, "end": 1
        }  # fmt: skip
        assert not file.damaged
        assert len(file) == len(odd) + 4
        assert file.to_bytes() == data


def test_a_record_that_is_named_and_ends_there_is_damaged() -> None:
    """Two lines, each the only one of its record: 20 cells and 12 are not there."""
    data = file_of(CONTROL, "2,2,7111,201604", "2,3,7131,12", END)
    file = parse_claim_file(data, "file")
    assert [(one.line, one.damage.say("en")) for one in file.damaged if one.damage] == [
        (2, "4 cells where record 7111 has 20"),
        (3, "4 cells where record 7131-12 has 14"),
    ]
    assert list(file.records) == ["control", "end"]
    assert file.frame("end")["line"].tolist() == [4]
    assert file.to_bytes() == data


def test_one_line_end_stands_for_all_that_are_alike() -> None:
    assert parse_claim_file(file_of(CONTROL, CLAIM, END), "file").line_ends == (b"\r\n",)
    mixed = file_of(CONTROL, CLAIM, end="\n") + file_of(END)
    assert parse_claim_file(mixed, "file").line_ends == (b"\n", b"\n", b"\r\n")


@pytest.mark.parametrize("cell", ['a""b', '"a"b"', '"a""'])
def test_a_mark_that_is_not_doubled_between_marks_damages_its_line(cell: str) -> None:
    data = file_of(CONTROL, DETAIL + cell, DETAIL, END)
    file = parse_claim_file(data, "file")
    assert [one.line for one in file.damaged] == [2]
    assert file.frame("7131-02")["line"].tolist() == [3]
    assert file.to_bytes() == data


def test_a_record_that_is_not_there_has_no_lines() -> None:
    file = parse_claim_file(file_of(CONTROL, END), "file")
    assert len(file.rows("7131-12")) == len(file.frame("7131-12")) == 0
    with pytest.raises(ChiikiTsushoError, match="record '7132' is unknown") as caught:
        file.rows("7132")
    assert "7132" in caught.value.say("ja")


def test_a_file_without_lines_is_empty() -> None:
    assert ct.ClaimFile("file", {}).to_bytes() == b""


def test_kept_lines_are_not_shown() -> None:
    """A name may stand in them."""
    file = parse_claim_file(file_of(CONTROL, "2,2,7132,見本花子", END), "file")
    assert "見本" not in repr(file)
    assert "見本" not in repr(file.kept)
    assert "2,2" not in repr(file.kept)


def test_damaged_lines_are_named_and_kept() -> None:
    open_mark = DETAIL[:-1] + ',"'
    short = DETAIL.rsplit(",", 2)[0]
    stray = DETAIL + 'a"b"c'
    data = file_of(CONTROL, open_mark, DETAIL, short, stray) + (DETAIL.encode() + b"\x81\r\n")
    file = parse_claim_file(data + file_of(END, ""), "file")
    said = {one.line: one.damage.say("en") for one in file.damaged if one.damage}
    assert said == {
        2: "a quotation mark is opened and not closed on this line",
        4: "18 cells where record 7131-02 has 20",
        5: "characters that are not Shift_JIS (CP932), or a stray quotation mark",
        6: "characters that are not Shift_JIS (CP932), or a stray quotation mark",
    }
    japanese = [one.damage.say("ja") for one in file.damaged if one.damage]
    assert japanese[:2] == [
        "引用符がこの行の中で閉じられていません",
        "項目が18個ありますが、レコード7131-02は20個です",
    ]
    assert file.frame("7131-02")["line"].tolist() == [3]
    assert file.to_bytes() == data + file_of(END, "")


def test_a_carriage_return_inside_a_line_damages_it() -> None:
    inside = DETAIL.replace(",426,1,", ",426\r,1,")
    data = file_of(CONTROL, inside, DETAIL + "\r29", END)
    file = parse_claim_file(data, "file")
    damages = [one.damage.say("ja") for one in file.damaged if one.damage]
    assert damages == ["行の途中に改行コード(CR)があります"] * 2
    assert file.to_bytes() == data


@pytest.mark.parametrize(
    ("data", "english", "japanese"),
    [
        (b"\xef\xbb\xbf" + file_of(CONTROL), "is UTF-8", "文字コードがUTF-8です"),
        (b"a,b\r\n", "give the file that is sent to 国保連", "国保連に提出するファイルを指定"),
        (b"", "no line is of a claim file", "請求ファイルの行がありません"),
    ],
)
def test_what_is_no_claim_file_is_refused(data: bytes, english: str, japanese: str) -> None:
    with pytest.raises(InputFileError, match=english) as caught:
        parse_claim_file(data, "file")
    assert japanese in caught.value.say("ja")


@pytest.mark.parametrize("number", [1, 2, 999, 1000, 1001])
def test_few_lines_and_many_are_read_alike(number: int) -> None:
    """Lines without a quotation mark, of a cell that differs, a blank one and one of zeros."""
    first, behind = DETAIL.split(",426,", 1)
    units = [("", "0", str(at))[at % 3] for at in range(number)]
    data = file_of(CONTROL, *(f"{first},{one},{behind}" for one in units), CLAIM, END)
    file = parse_claim_file(data, "file")
    lines = file.frame("7131-02")
    assert lines["line"].tolist() == list(range(2, number + 2))
    assert lines["units"].tolist() == units
    assert lines["note"].tolist() == [""] * number
    assert file.rows("7131-02").numbers("units").tolist() == [int(one or "0") for one in units]
    assert file.to_bytes() == data


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read"):
        ct.read_claim_file(tmp_path / "none.csv")


def test_a_changed_cell_is_written_in_the_files_own_way(tmp_path: Path) -> None:
    path = tmp_path / "J201604.CSV"
    path.write_bytes(file_of(*map(quoted_from_the_third, (CONTROL, DETAIL)), END))
    file = ct.read_claim_file(path)
    frame = file.frame("7131-02")
    frame.loc[0, "count"] = "2"
    changed = file.with_frame("7131-02", frame).to_bytes()
    assert changed == path.read_bytes().replace(b'"426","1"', b'"426","2"')
    with pytest.raises(ChiikiTsushoError, match="change cells only"):
        file.with_frame("7131-02", frame.drop(columns="count"))


@given(st.data())
def test_any_cells_in_any_quoting_come_back_byte_for_byte(data: st.DataObject) -> None:
    letters = st.text(st.sampled_from('0A1,"あ ①'), max_size=4)
    lines = []
    for number in range(1, data.draw(st.integers(1, 4)) + 1):
        record = layout()[data.draw(st.sampled_from(["7111", "7131-02", "7131-10"]))]
        texts = ["2", str(number), *record.name.split("-")]
        texts += [data.draw(letters) for _ in range(len(record) - len(texts))]
        written = []
        for text in texts:
            needed = "," in text or '"' in text
            mark = needed or data.draw(st.booleans())
            written.append('"' + text.replace('"', '""') + '"' if mark else text)
        lines.append(",".join(written))
    end = data.draw(st.sampled_from(["\r\n", "\n"]))
    whole = file_of(*lines, end=end)
    file = parse_claim_file(whole, "file")
    assert not file.kept
    assert file.to_bytes() == whole

"""The list of returned claims: each code in words, the input to correct, and no name.

The lines follow the layout that two independent programs read (7411: H1, D1); persons are invented.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chiiki_tsusho import InputFileError, read_returns
from chiiki_tsusho.exchange_files.return_codes import return_codes

CONTROL = "1,1,0,3,741,0,0,1370000018,0,7,201605,0"
HEAD = "2,2,7411,H1,1370000018,見本デイサービス,201605,20160620,1,東京都国保連合会"
NAME = "ミホン ハナコ"
LINES = [
    CONTROL,
    HEAD,
    f"2,3,7411,D1,1370000018,131003,見本区,0000000001,{NAME},サ,201604,78,1904,B,12P0:認定情報,12P0",
    f'2,4,7411,D1,1370000018,131003,見本区,0000000002,"{NAME}",サ,201604,78,-50,D,給付管理票,保留',
    f"2,5,7411,D1,1370000018,131003,見本区,0000000003,{NAME},サ,201603,78,426,A,金額:計算値,,ASSA",
    f"2,6,7411,D1,1370000018,131003,見本区,0000000004,{NAME},請,201604,78,426,C,不明,ZZ99",
    "3,7",
]


def listed(folder: Path, lines: list[str] = LINES) -> Path:
    path = folder / "returns.csv"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp932"))
    return path


def test_each_return_in_words(tmp_path: Path) -> None:
    found = read_returns(listed(tmp_path), "ja")
    key = ["line", "service_month", "provider_no", "insurer_no", "insured_no", "units", "code"]
    assert found[key].to_numpy().tolist() == [
        [3, "201604", "1370000018", "131003", "0000000001", "1904", "12P0"],
        [4, "201604", "1370000018", "131003", "0000000002", "-50", ""],
        [5, "201603", "1370000018", "131003", "0000000003", "426", "ASSA"],
        [6, "201604", "1370000018", "131003", "0000000004", "426", "ZZ99"],
    ]
    assert found["meaning"].tolist() == [
        "認定情報が未登録",
        "給付管理票待ち(保留)",
        "記載された値が計算値を超過",
        "このコードの意味は未確認です",
    ]
    assert found["correct"].tolist()[0] == "visits.insured_no"
    assert found["waiting"].tolist() == [0, 1, 0, 0]
    assert found["established"].tolist() == [1, 1, 1, 0]
    assert found["reason"].tolist() == ["資格", "給付管理票未提出", "一次チェック", "突合・査定"]
    assert not found.astype(str).stack().str.contains(NAME).any()


@pytest.mark.parametrize(
    ("reason", "meaning", "established"),
    [
        ("D", "給付管理票が提出されていません", 1),
        ("E", "審査委員会の決定または時効によるものです", 1),
        ("A", "コードの記載がありません", 0),
        ("", "コードの記載がありません", 0),
    ],
)
def test_a_return_without_a_code_is_told_by_its_reason(
    reason: str, meaning: str, established: int, tmp_path: Path
) -> None:
    """事由 D: 給付管理票未提出; E: 審査委員会・時効. No code has a meaning to establish."""
    line = f"2,3,7411,D1,131003,見本区,0000000001,{NAME},サ,201604,78,426,{reason},内容,"
    [row] = read_returns(listed(tmp_path, [HEAD, line]), "ja").to_dict("records")
    told = [row[name] for name in ("code", "waiting", "meaning", "established")]
    assert told == ["", 0, meaning, established]


def test_the_words_in_english(tmp_path: Path) -> None:
    found = read_returns(listed(tmp_path))
    assert found["meaning"].tolist()[0] == "the certification is not registered"
    assert found["what_to_do"].tolist()[3] == "read the text of the list and ask 国保連"
    assert found["kind"].tolist() == ["statement of services"] * 3 + ["claim"]


def test_a_line_without_the_provider_is_read_too(tmp_path: Path) -> None:
    # The two programs count the cells before the insurer differently.
    line = f"2,3,7411,D1,131003,見本区,0000000001,{NAME},サ,201604,78,1904,B,12P0:認定情報,12P0"
    [row] = read_returns(listed(tmp_path, [HEAD, line])).to_dict("records")
    assert (row["insurer_no"], row["insured_no"], row["code"]) == ("131003", "0000000001", "12P0")
    assert row["provider_no"] == "1370000018"


@pytest.mark.parametrize(
    ("given", "units"), [("+300", "300"), ("-300", "-300"), ("300", "300"), ("300+", "")]
)
def test_units_have_their_sign(tmp_path: Path, given: str, units: str) -> None:
    line = f"2,3,7411,D1,131003,見本区,0000000001,{NAME},サ,201604,78,{given},B,12P0:認定情報,12P0"
    [row] = read_returns(listed(tmp_path, [HEAD, line])).to_dict("records")
    assert row["units"] == units


def test_a_name_of_two_lines_and_blanks_around_cells(tmp_path: Path) -> None:
    first = LINES[3].replace(NAME, "ミホン\r\nハナコ").replace("D1", " D1 ")
    found = read_returns(listed(tmp_path, [first, LINES[2]]))
    assert found[["line", "insured_no"]].to_numpy().tolist() == [
        [1, "0000000002"],
        [3, "0000000001"],
    ]


def test_a_meaning_that_no_source_gives_says_so() -> None:
    # Lists name these codes, no text found says what they mean.
    unknown = {code for code, one in return_codes().items() if one.strength == "low"}
    assert unknown == {
        "ATT6", "ATT7", "ATT8", "AH01", "AH02", "AG06", "1407", "1408", "1409",
    }  # fmt: skip


# aichi-kokuho.or.jp, haraimodoshione.
@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("ANN0", "同月に同じ給付管理票(新規)を提出済"),
        ("ANNJ", "過去に同じ給付管理票(新規)を提出済"),
        ("ANN9", "給付管理票の作成区分「新規」での提出が必要"),
        ("ANNK", "給付管理票内でサービス情報が重複"),
        ("ANNM", "居宅介護支援事業所に給付管理票の修正依頼が必要"),
    ],
)
def test_codes_of_the_care_managers_list_have_their_meaning(code: str, meaning: str) -> None:
    one = return_codes()[code]
    assert one.meaning_ja == meaning
    assert (one.strength, one.source) == ("high", "aichi_return_codes")


UNKNOWN = (
    "is no line of this list (7411), nor its control or end record; the line is damaged or of "
    "another list",
    "この一覧表(7411)の行でも、コントロールレコード、エンドレコードでもありません。"
    "行が壊れているか、別の帳票の行です",
)
NO_MARK = (
    "has neither the mark D1 nor H1; the line is damaged",
    "区分がD1でもH1でもありません。行が壊れています",
)


@pytest.mark.parametrize(
    ("was", "becomes", "sentences"),
    [
        (",7411,", ",74l1,", UNKNOWN),
        (",7411,", ";7411,", UNKNOWN),
        (",7411,", ",7421,", UNKNOWN),
        (",", "\t", UNKNOWN),
        (",D1,", ",,", NO_MARK),
        (",D1,", ",Ｄ1,", NO_MARK),
        # What stands in the place of the mark may be the name.
        (",D1,", f",{NAME},", NO_MARK),
        (
            ",D1,",
            ",H1,",
            (
                "is marked H1, as a heading is, and has what a return has",
                "区分が見出しのH1ですが、返戻の行の項目があります",
            ),
        ),
        (
            "2,4,",
            "2,5,",
            (
                "the running number 4 was expected; a line is missing or damaged",
                "連番は4のはずです。行が抜けているか、壊れています",
            ),
        ),
    ],
)
def test_no_damaged_line_is_passed_over(
    was: str, becomes: str, sentences: tuple[str, str], tmp_path: Path
) -> None:
    path = listed(tmp_path, [*LINES[:3], LINES[3].replace(was, becomes), *LINES[4:]])
    with pytest.raises(InputFileError) as caught:
        read_returns(path)
    english, japanese = sentences
    assert str(caught.value) == f"{path}: line 4: {english}"
    assert caught.value.say("ja") == f"{path}: 4行目: {japanese}"


@pytest.mark.parametrize("kept", range(2, len(LINES)))
def test_a_list_that_is_cut_off(kept: int, tmp_path: Path) -> None:
    path = listed(tmp_path, LINES[:kept])
    with pytest.raises(InputFileError) as caught:
        read_returns(path)
    assert str(caught.value) == f"{path}: the list has no end record and is cut off; save it again"
    assert caught.value.say("ja") == (
        f"{path}: エンドレコードがなく、一覧が途中で切れています。保存し直してください"
    )


@pytest.mark.parametrize("lost", range(1, len(LINES) - 1))
def test_a_line_lost_from_a_list(lost: int, tmp_path: Path) -> None:
    path = listed(tmp_path, [*LINES[:lost], *LINES[lost + 1 :]])
    with pytest.raises(InputFileError, match=f"line {lost + 1}: the running number {lost + 1} was"):
        read_returns(path)


def test_lists_one_behind_the_other(tmp_path: Path) -> None:
    assert len(read_returns(listed(tmp_path, [*LINES, "", *LINES]))) == 8
    path = listed(tmp_path, [*LINES[:-1], *LINES])
    with pytest.raises(InputFileError) as caught:
        read_returns(path)
    assert str(caught.value) == (
        f"{path}: line 7: is a control record, and the end record of the list above is missing"
    )
    assert caught.value.say("ja") == (
        f"{path}: 7行目: コントロールレコードですが、その前の一覧のエンドレコードがありません"
    )


def test_a_running_number_like_the_number_of_the_list(tmp_path: Path) -> None:
    line = LINES[2].replace("2,3,", "2,7411,")
    assert read_returns(listed(tmp_path, [line, "3,7411"]))["insured_no"].tolist() == ["0000000001"]


@pytest.mark.parametrize(
    ("data", "english", "japanese"),
    [
        (
            b"7131,01\r\n",
            "no line is of the list of returned claims (7411); give the list as 国保連 sent it",
            "返戻(保留)一覧表(7411)の行がありません。国保連から届いた一覧表のファイルを指定してください",
        ),
        (
            b"2,1,7411,H1,\x81 \r\n",
            "is not Shift_JIS (CP932), in which 国保連 sends its lists",
            "Shift_JIS(CP932)ではありません。国保連が送る一覧表はShift_JISです",
        ),
        (
            b"2,1,7411,D1,131003,x,0000000001,y,z\r\n",
            "line 1: no month of service between kind and service type; the line is damaged",
            "1行目: 種別とサービス種類の間に提供年月がありません。行が壊れています",
        ),
        (
            # An open mark takes the returns below it for text of one cell.
            f'2,1,7411,H1,1370000018\r\n"{LINES[2]}\r\n{LINES[3]}\r\n'.encode("cp932"),
            "line 2: there is text behind a closed quotation mark; put the quotation marks right",
            "2行目: 閉じた引用符の後に文字があります。引用符を確認してください",
        ),
        (
            b'2,1,7411,H1,"' + b"x" * 140_000 + b'"\r\n',
            "line 1: a cell has more than 131,072 characters; the line is damaged",
            "1行目: 131,072文字を超えるセルがあります。行が壊れています",
        ),
        (
            # A detail of a kind that nobody knows is no line to pass over.
            f"{LINES[2]}\r\n{LINES[3].replace('D1', 'D2')}\r\n".encode("cp932"),
            "line 2: is marked 'D2', and only D1 is known of the lines of returns; read this list "
            "yourself, or take out the line if it is no return",
            "2行目: 区分が「D2」です。返戻の行として分かるのは「D1」だけです。"
            "この一覧は直接確認するか、返戻の行でなければその行を削除してください",
        ),
    ],
)
def test_what_is_no_list(data: bytes, english: str, japanese: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(InputFileError) as caught:
        read_returns(path)
    assert str(caught.value) == f"{path}: {english}"
    assert caught.value.say("ja") == f"{path}: {japanese}"

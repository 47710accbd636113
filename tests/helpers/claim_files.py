"""A small claim file of 2016-04 whose figures were worked out by hand, and files made from it."""

from __future__ import annotations

from collections.abc import Iterator

import chiiki_tsusho as ct
from chiiki_tsusho import ClaimFile
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file
from chiiki_tsusho.exchange_files.layout import Item, layout

PROVIDER, INSURER, PAYER, PUBLIC_NO = "1390000015", "00139006", "12139010", "1234566"
INSURED, WITH_FUNDS, ALONE = "0000100011", "0000100045", "H000100099"

# 要介護1, 18 days of 781441 (735 units) with five additions; planned 16,692 units (the limit of
# 要介護1), done 16,776: 84 over it. 処遇改善 on 16,692 + 324: 17,016 × 40/1000 = 680.64, 681.
# Paid are 16,692 + 324 + 681 = 17,697 units; × 10.90 = 192,897.3 yen; of 192,897 the insurance
# pays 90 %, 173,607.3.
_INSURED_LINES = (
    ("1441", 735, 18), ("5051", 46, 18), ("5052", 56, 18), ("5301", 50, 18), ("5306", 45, 18),
    ("6100", 18, 18), ("6107", 681, 1),
)  # fmt: skip
# 要介護4, 12 days of 781444 (1,144 units): 15,168 units within the limit, 216 outside it; 処遇改善
# on 15,384: 615.36, 615. 15,999 units × 10.90 = 174,389.1 yen; insurance 156,950.1, the rest of
# 17,439 is of public funds.
_PUBLIC_LINES = (
    ("1444", 1144, 12), ("5301", 50, 12), ("5306", 45, 12), ("5605", 150, 2), ("6100", 18, 12),
    ("6107", 615, 1),
)  # fmt: skip

_NOTHING = ["0"] * 12


def _head(record: str, insured: str) -> list[str]:
    return ["7131", record, "201604", PROVIDER, INSURER, insured]


def _base(insured: str, level: str, rate: str, figures: list[str], *, funds: bool) -> list[str]:
    numbers = [PAYER, PUBLIC_NO] if funds else ["", ""]
    dates = ["19300506", "2", level, "", "20160101", "20161231", "1", "1370000091"]
    rates = [rate, "100" if funds else "", "", ""]
    return [
        *_head("01", insured), *numbers, *[""] * 4, *dates, *[""] * 8, *rates, *figures[:3],
        "0", "0", "0", *figures[3:], "0", "0", "0", *_NOTHING,
    ]  # fmt: skip


def _line(insured: str, code: str, units: int, count: int, *, funds: bool) -> list[str]:
    public = (count, units * count) if funds else (0, 0)
    cells = [units, count, public[0], 0, 0, units * count, public[1], 0, 0]
    return [*_head("02", insured), "78", code, *map(str, cells), ""]


def _total(insured: str, figures: list[str]) -> list[str]:
    return [
        *_head("10", insured), "78", *figures[:4], "", "", *figures[4:], *["0"] * 6, *[""] * 12,
    ]  # fmt: skip


def lines() -> list[list[str]]:
    """Return the cells of every line behind the line kind and the running number."""
    zeros = ["0"] * 6
    whole = [
        ["7111", "201604", PROVIDER, "1", "0", "01", "2", "33696", "367286", "330557", "17439",
         "19290", *zeros],
        ["7111", "201604", PROVIDER, "2", "12", "01", "2", "31998", "348778", "0", "191828", "0",
         *zeros],
    ]  # fmt: skip
    whole.append(
        _base(INSURED, "21", "90", ["17697", "173607", "19290", "0", "0", "0"], funds=False)
    )
    whole += [_line(INSURED, *one, funds=False) for one in _INSURED_LINES]
    whole.append(
        _total(
            INSURED,
            ["18", "16692", "16776", "1005", "17697", "1090", "173607", "19290", "0", "0", "0"],
        )
    )
    for insured, rate, insurance, public in (
        (WITH_FUNDS, "90", "156950", "17439"),
        (ALONE, "0", "0", "174389"),
    ):
        sums = ["15999", insurance, "0", "15999", public, "0"]
        whole.append(_base(insured, "24", rate, sums, funds=True))
        whole += [_line(insured, *one, funds=True) for one in _PUBLIC_LINES]
        figures = ["12", "15168", "15168", "831", "15999", "1090", insurance, "0", "15999"]
        whole.append(_total(insured, [*figures, public, "0"]))
    return whole


def file_bytes(data: list[list[str]] | None = None) -> bytes:
    """Write lines as a file, numbered, with control and end record."""
    data = lines() if data is None else data
    control = ["1", "1", "0", str(len(data)), "711", "0", "0", PROVIDER, "0", "7", "201605", "0"]
    numbered = [["2", str(number), *cells] for number, cells in enumerate(data, start=2)]
    whole = [control, *numbered, ["3", str(len(data) + 2)]]
    return "".join(",".join(cells) + "\r\n" for cells in whole).encode("cp932")


def clean_file() -> ClaimFile:
    """The file as it should be."""
    return parse_claim_file(file_bytes(), "J201604.CSV")


def changed_file(
    record: str, row: int, name: str, value: str, file: ClaimFile | None = None
) -> ClaimFile:
    """Change one item of one line of a record."""
    file = clean_file() if file is None else file
    frame = file.frame(record)
    frame[name] = frame[name].astype(object)
    frame.loc[row, name] = value
    return file.with_frame(record, frame)


# The totals of 01 begin at this item; what stands before it is of the person.
_FIRST_TOTAL = 33
STATEMENT_RECORDS = ("7131-01", "7131-02", "7131-14", "7131-10")


def figures(record: str) -> list[Item]:
    """Every figure of a record, as the layout has them."""
    first = _FIRST_TOTAL if record == "7131-01" else 1
    return [
        one
        for one in layout()[record].items
        if one.kind == "number" and one.item is not None and one.item >= first
    ]


Step = tuple[str, str, int]


def _one_step_off(statement: list[list[str]]) -> Iterator[tuple[Step, list[list[str]]]]:
    """Yield a statement with each of its figures changed by one, up and down."""
    for at, cells in enumerate(statement):
        for item in figures(f"{cells[0]}-{cells[1]}"):
            assert item.item is not None
            now = int(cells[item.item - 1] or 0)
            for step in (1, -1):
                if now + step >= 0 or now < 0:
                    changed = [list(one) for one in statement]
                    changed[at][item.item - 1] = str(now + step)
                    yield (cells[5], item.name, step), changed


def missed_steps(claims: list[list[str]], statements: list[list[list[str]]]) -> list[Step]:
    """Change each figure of statements by one, and return the changes that no finding names.

    Each changed statement is of a person of its own in one file, so that one audit sees all.
    """
    steps = [one for statement in statements for one in _one_step_off(statement)]
    data = list(claims)
    for number, (_, statement) in enumerate(steps):
        insured = f"{'H' if statement[0][5].startswith('H') else '0'}{number:09}"
        data += [[*one[:5], insured, *one[6:]] for one in statement]
    audit = ct.audit(parse_claim_file(file_bytes(data), "file"))
    named = {int(one[1:]) for one in audit.findings["insured_no"] if one}
    return [step for number, (step, _) in enumerate(steps) if number not in named]


# What would tell who a person is; it stands in the file, and in nothing that is said of it.
NAME, BIRTH = "見本花子", "19300506"
_OTHERS = (
    # Another form, another kind of service, a kind of record nobody knows.
    f"7132,02,201604,{PROVIDER},00139006,0000199999,66,1111,1798,1,0,0,0,1798,0,0,0,{NAME}",
    f'7131,06,201604,{PROVIDER},00139006,0000199998,43,2111,1042,1,0,0,0,1042,0,0,0,"{NAME},①"',
    f"7131,99,{NAME},{BIRTH}",
)


def quoted_by(habit: str, cells: list[str]) -> str:
    """Write a line as one of the programs in use does."""
    wanted = {
        "none": [False] * len(cells),
        "filled": [cell != "" for cell in cells],
        "third": [at > 1 and cells[0] != "1" for at in range(len(cells))],
        "notes": [at in (2, 7) or at == len(cells) - 1 for at in range(len(cells))],
    }[habit]
    return ",".join(f'"{cell}"' if one else cell for cell, one in zip(cells, wanted, strict=True))


HABITS = ("none", "filled", "third", "notes")


def in_habit(habit: str, *, blank: bool, end: bytes, others: bool, last_end: bool) -> bytes:
    """Write the file as another program may, with what it has of other services."""
    rows = [line.split(",") for line in file_bytes().decode("cp932").split("\r\n")[:-1]]
    if blank:
        rows[1:-1] = [
            [*cells[:10], *("" if cell == "0" else cell for cell in cells[10:])]
            for cells in rows[1:-1]
        ]
    texts = [quoted_by(habit, cells) for cells in rows]
    if others:
        texts[-1:-1] = [f"2,{at},{one}" for at, one in enumerate(_OTHERS, start=len(texts))]
        size = len(texts)
        texts[0] = quoted_by(habit, [*rows[0][:3], str(size - 2), *rows[0][4:]])
        texts[-1] = quoted_by(habit, ["3", str(size)])
    written = end.join(text.encode("cp932") for text in texts)
    return written + (end if last_end else b"")

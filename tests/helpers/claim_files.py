"""A small claim file of 2016-04 whose figures were worked out by hand, and files made from it."""

from __future__ import annotations

from chiiki_tsusho import ClaimFile
from chiiki_tsusho.exchange_files.claim_file import parse_claim_file

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

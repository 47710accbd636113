"""Files spoiled as people, spreadsheets and cables spoil them: by byte, cell, line or whole."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

# What stands in cells that somebody typed, or a spreadsheet wrote.
CELLS = (
    "", " ", "0", "1", "2", "-1", "+1", "1.0", "0.5", "1e3", "0x10", "１", "ー", "あ", "要介護3",
    "NaN", "null", "TRUE", "=1+1", "@x", "'1", "\ufeff1", "2016-04-31", "2016-04-02", "2016/4/2",
    "H28.4.2", "平成28年4月2日", "201605", "9:30", "99999999999999999999", "9" * 5000, "1\t",
    "1\u3000", "合計", "H000000001", "1390000023", "139001",
)  # fmt: skip
_QUOTED = ('"1', '1"', '"1"', '"1""', '"a,b"', '"a\nb"', "1\r", "1\0", "1,1")


def _of_bytes(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    kind = random.randrange(4)
    if kind == 0:
        return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + random.randbytes(random.choice((1, 1, 2, 8))) + data[at:]
    if kind == 2:
        return data[:at] + data[at + random.choice((1, 1, 2, 40)) :]
    return data[:at]


def _of_cells(random: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    cells = lines[at].split(b",")
    column = random.randrange(len(cells))
    kind = random.randrange(10)
    if kind < 6:
        cells[column] = random.choice(CELLS).encode()
    elif kind < 7:
        cells[column] = random.choice(_QUOTED).encode()
    elif kind < 9:
        other = random.choice(lines).split(b",")
        cells[column] = other[column] if column < len(other) else b""
    elif random.randrange(2):
        del cells[column]
    else:
        cells.insert(column, b"")
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def _of_lines(random: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(5)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    elif kind == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 3:
        lines.insert(one, random.choice((b"", b" ", b",,,", b"\r", "合計,,,10".encode())))
    else:
        lines[one : one + 2] = [b"".join(lines[one : one + 2])]
    return b"\n".join(lines)


def _of_files(random: Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    spoiled: tuple[Callable[[], bytes], ...] = (
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("cp932", "replace"),
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-16-le"),
        lambda: text.encode("iso2022_jp", "replace"),
        lambda: text.replace(",", "\t").encode(),
        lambda: text.replace(",", ";").encode(),
        lambda: data.rstrip(b"\n"),
        lambda: data + b"\n\n",
        lambda: data.partition(b"\n")[2],
        lambda: data + data,
        lambda: data.partition(b"\n")[0],
        lambda: b"",
        lambda: random.randbytes(200),
        lambda: b'"' + data.replace(b",", b'","').replace(b"\n", b'"\n"').removesuffix(b'"'),
    )
    return random.choice(spoiled)()


LEVELS: dict[str, Callable[[Random, bytes], bytes]] = {
    "byte": _of_bytes,
    "cell": _of_cells,
    "line": _of_lines,
    "file": _of_files,
}


def mutated(random: Random, data: bytes) -> bytes:
    """Spoil a file in one place, seldom in several."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        level = random.choices(tuple(LEVELS), (3, 6, 3, 1))[0]
        data = LEVELS[level](random, data)
    return data

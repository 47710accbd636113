"""Where the bars of the report's charts stand: figures in, places out, no words and no markup.

Widths and places along a line are per cent of the picture, heights are pixels: a chart fills a
telephone and a sheet of paper alike, and its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chiiki_tsusho.records import record

BAR_STEP, BAR_TOP, BAR_HEIGHT = 40, 19, 13
# To the right of the bars stand their figures.
BARS_WIDTH = 80.0
PLOT_TOP, PLOT_HEIGHT, AXIS_HEIGHT = 12, 150, 40
# To the left of the columns stands the scale: of the narrowest picture, that of a telephone, a sign
# takes so much, and the space beside it.
_SIGN_WIDTH, _SCALE_GAP = 2.5, 4.0
_FILLED = 0.78
_LABEL_EVERY = 5
# So many bands have room for a label at every other.
_MOST_LABELLED = 12
_MOST_TICKS = 4


@record
class Bar:
    """One bar: from ``x`` on, ``width`` wide, with its label above it."""

    x: float
    width: float
    y: int
    negative: bool


@record
class Bars:
    """Lying bars from one line, to the right of it or (negative) to the left."""

    bars: list[Bar]
    zero: float
    height: int


@record
class Stave:
    """One standing column, in the middle of its place, which begins at ``edge``."""

    x: float
    width: float
    y: float
    height: float
    edge: float
    middle: float
    labelled: bool


@record
class Tick:
    """A line of the scale and its figure."""

    y: float
    figure: int


@record
class Columns:
    """Standing columns over a scale."""

    staves: list[Stave]
    ticks: list[Tick]
    base: int
    height: int
    left: float


def lying_bars(values: Sequence[int]) -> Bars:
    """Place a bar for each value, one below the other."""
    left = max(0, -min(values, default=0))
    right = max(0, *values) if values else 0
    scale = BARS_WIDTH / max(1, left + right)
    zero = left * scale
    bars = [
        Bar(
            x=round(zero + min(0, value) * scale, 2),
            width=round(abs(value) * scale, 2),
            y=at * BAR_STEP,
            negative=value < 0,
        )
        for at, value in enumerate(values)
    ]
    return Bars(bars, round(zero, 2), BAR_STEP * len(bars))


def standing_columns(counts: Sequence[int], first: int = 1) -> Columns:
    """Place a column for each count, the first of which is that of the number ``first``."""
    ticks = scale_ticks(max(counts, default=0))
    top = max(ticks[-1], 1)
    left = _SCALE_GAP + _SIGN_WIDTH * max(3, len(f"{top:,}"))
    step = (100 - left) / max(1, len(counts))
    every = _LABEL_EVERY if first or len(counts) > _MOST_LABELLED else 2
    base = PLOT_TOP + PLOT_HEIGHT
    staves = []
    for at, count in enumerate(counts):
        height = PLOT_HEIGHT * count / top
        x = left + at * step
        number = at + first
        staves.append(
            Stave(
                x=round(x + step * (1 - _FILLED) / 2, 2),
                width=round(step * _FILLED, 2),
                y=round(base - height, 2),
                height=round(height, 2),
                edge=round(x, 2),
                middle=round(x + step / 2, 2),
                labelled=at == 0 or number % every == 0,
            )
        )
    lines = [Tick(round(base - PLOT_HEIGHT * tick / top, 2), tick) for tick in ticks]
    return Columns(staves, lines, base, base + AXIS_HEIGHT, left)


def round_step(largest: int, most: int) -> int:
    """Return the least of 1, 2, 5, 10, 20 … of which so many reach the largest."""
    return next(step for step in _steps() if step * most >= largest)


def scale_ticks(largest: int) -> list[int]:
    """Return 0 and up to four more whole figures, the last of them not below the largest."""
    step = round_step(largest, _MOST_TICKS)
    return [step * at for at in range(-(-largest // step) + 1)]


def _steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10

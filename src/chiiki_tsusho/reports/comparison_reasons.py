"""Why visits have no code or row in a table: by what is lacking, and what cures it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
from pyarrow import compute as pc

from chiiki_tsusho.language import Language, Name, Sayable, Text
from chiiki_tsusho.law.published_names import SERVICE_PREFIX
from chiiki_tsusho.problem_rows import FILE_ORDER
from chiiki_tsusho.problem_texts import Message, visit_condition
from chiiki_tsusho.reports.comparison_tables import SIDES, WITHOUT_CODE, WITHOUT_ROW, Side

COLUMNS = ("side", "month", "file", "rows", "message")
_HOUR, _DAY = 60, 24


def reasons(a: Side, b: Side, language: Language) -> pd.DataFrame:
    """Count what each table lacks, visits of the same hour and kind together.

    Returns
    -------
    DataFrame
        side, month, file, rows, message; the most rows of a side first.
    """
    records = [
        (side, one.month, reason.file, reason.rows, reason.message.say(language))
        for side, one in zip(SIDES, (a, b), strict=True)
        for reason in sorted(_of_side(one), key=lambda reason: -reason.rows)
    ]
    frame = pd.DataFrame(records, columns=list(COLUMNS))
    return frame.astype({"rows": "int64"})


@dataclass
class _Reason:
    """Rows that lack the same, however long and of whichever care level."""

    file: str
    first: Message
    rows: int = 0
    minutes: set[int] = field(default_factory=set)
    levels: set[int] = field(default_factory=set)

    @property
    def message(self) -> Message:
        """The message of one of them, with the minutes and levels of all."""
        facts = dict(self.first.facts)
        condition = facts.get("condition")
        if isinstance(condition, Text):
            said = condition.facts
            service = said["service"]
            assert isinstance(service, Name)
            facts["condition"] = visit_condition(
                _span(self.minutes), service, _levels(self.levels), said["shortfall"]
            )
        elif self.minutes:
            facts["value"] = _span(self.minutes)
        return Message(self.first.rule, self.first.text, facts)


def _of_side(side: Side) -> Iterator[_Reason]:
    found: dict[tuple[object, ...], _Reason] = {}
    for text in WITHOUT_CODE:
        for file, message, lines, given in side.run.problems.said(text):
            condition = message.facts.get("condition")
            facts = condition.facts if isinstance(condition, Text) else message.facts
            if "minutes" in given:
                minutes = set(map(int, pc.unique(given["minutes"]).to_pylist()))
            else:
                minutes = {int(str(facts.get("minutes", facts.get("value"))))}
            # No table knows a stay longer than a day: all of them lack the same.
            hour = min(min(minutes) // _HOUR, _DAY)
            kind = (str(facts["service"]), str(facts.get("shortfall", "")))
            reason = found.setdefault((text, file, hour, *kind), _Reason(file, message))
            reason.rows += len(lines)
            reason.minutes |= minutes
            level = facts.get("level")
            if isinstance(level, int):
                reason.levels.add(level)
    names = {key: name for name, keys in side.law.key_names.items() for key in keys}
    for file, message, lines, _ in side.run.problems.said(WITHOUT_ROW):
        key = str(message.facts["key"])
        called = names.get(key, "").removeprefix(SERVICE_PREFIX)
        named = Name(key, f"{called}({key})" if called else key)
        told = Message(message.rule, message.text, message.facts | {"named": named})
        found.setdefault((WITHOUT_ROW, file, key), _Reason(file, told)).rows += len(lines)
    order = {file: at for at, file in enumerate(FILE_ORDER)}
    yield from sorted(found.values(), key=lambda one: order[one.file])


def _span(minutes: set[int]) -> str:
    least, most = min(minutes), max(minutes)
    return str(least) if least == most else f"{least}–{most}"


def _levels(levels: set[int]) -> str | Sayable:
    if not levels:
        return Name("-", "—")
    least, most = min(levels), max(levels)
    unbroken = most - least + 1 == len(levels) > 2
    return f"{least}–{most}" if unbroken else ", ".join(map(str, sorted(levels)))

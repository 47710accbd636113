"""What is said of care plans that were read: what holds a person's visits, what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from chiiki_tsusho.language import Language, Sayable

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

Rule = Literal[
    "unreadable_item", "unknown_code", "other_service", "other_provider", "no_visit", "doubled",
    "over_count", "times_differ", "units_differ", "counts_differ", "planned_units", "two_files",
    "withdrawal", "not_needed", "unsupported_month", "item_left_blank",
]  # fmt: skip
NOTE_COLUMNS = (
    "severity", "file", "line", "service_month", "provider_no", "insurer_no", "insured_no",
    "item", "value", "rule", "message",
)  # fmt: skip


class PlanKey(NamedTuple):
    """Whose plan it is; blank where it is not known."""

    service_month: str = ""
    provider_no: str = ""
    insurer_no: str = ""
    insured_no: str = ""


NOBODY = PlanKey()


@dataclass(frozen=True)
class Note:
    """One thing said; one that holds keeps the visits of its key from being written.

    ``value`` is never what is personal: names and birth dates stay in the files.
    """

    rule: Rule
    message: Sayable
    file: str
    line: int | None = None
    key: PlanKey = NOBODY
    item: str = ""
    value: str = ""
    holds: bool = False


@dataclass
class Notes:
    """All that is said of some files."""

    notes: list[Note] = field(default_factory=list)

    def add(self, note: Note) -> None:
        """Add one."""
        self.notes.append(note)

    @property
    def held(self) -> set[PlanKey]:
        """The keys whose visits are not written."""
        return {one.key for one in self.notes if one.holds}

    def frame(self, language: Language) -> pd.DataFrame:
        """Return them as a table, those that hold first."""
        ordered: Sequence[Note] = sorted(self.notes, key=lambda one: not one.holds)
        rows = [
            (
                "error" if one.holds else "warning",
                one.file,
                one.line,
                *one.key,
                one.item,
                one.value,
                one.rule,
                one.message.say(language),
            )
            for one in ordered
        ]
        frame = pd.DataFrame(rows, columns=list(NOTE_COLUMNS))
        return frame.astype({name: "Int64" if name == "line" else "str" for name in NOTE_COLUMNS})

"""The items of the files that care managers send and receive, data/care_plan_layout.csv."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chiiki_tsusho.law.table_files import Filled, TableRow, Whole, law_file, typed_table

# 第6表 as planned, 第7表 (別表), 利用者補足, 第1表, and 第6表 as done, sent and taken back.
PLAN, UNITS_PLAN, PERSON, FIRST_TABLE, DONE = "UPPLAN", "UPSIKYU", "UPHOSOKU", "UP1KYO", "UPJSK"
DONE_WITHDRAWN = "DLTJSK"
READ = (PLAN, UNITS_PLAN, PERSON, FIRST_TABLE)
# What travels with them and is not needed; and what takes an earlier file back.
NOT_NEEDED = ("UP2KYO", "UP3KYO", "UPKIHON", "UPYOBO", DONE_WITHDRAWN)
WITHDRAWALS = ("DLTPLAN", "DLT1KYO")
# No time is shown.
NO_TIME = "9999"


class PlanItem(TableRow):
    """One item of a file, a row of the layout table (the fields are its columns).

    ``last`` marks the last item of a file whose number of items is known.
    """

    file: Filled
    item: Annotated[Whole, Field(ge=1)]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    heading: Filled
    length: Annotated[Whole, Field(ge=1)] | None
    required: Literal["1"] | None
    last: Literal["1"] | None
    strength: Literal["high", "medium", "low"]
    source: Filled


@dataclass(frozen=True)
class PlanFile:
    """A kind of file and those of its items that are known."""

    name: str
    items: tuple[PlanItem, ...]

    @property
    def cells(self) -> int:
        """How many cells a line has, or at least has where their number is not known."""
        return self.items[-1].item

    @property
    def whole(self) -> bool:
        """Whether the number of items is known."""
        return self.items[-1].last is not None

    def heading(self, name: str) -> str:
        """Return what an item is called."""
        return next(one.heading for one in self.items if one.name == name)


@cache
def plan_files() -> dict[str, PlanFile]:
    """Load the layout of each kind of file."""
    rows = [one.row for one in typed_table(law_file("care_plan_layout.csv"), PlanItem)]
    return {name: PlanFile(name, tuple(own)) for name, own in groupby(rows, lambda row: row.file)}

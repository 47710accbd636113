"""What the codes of returned claims mean, data/return_codes.csv."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import StringConstraints

from chiiki_tsusho.language import Name
from chiiki_tsusho.law.table_files import Filled, TableRow, law_file, typed_table


class ReturnCode(TableRow):
    """A row of the table: a code, its meaning in both languages, and the input to correct.

    ``correct`` names inputs and columns (``recipients.care_manager_no``), blank where none of them
    is at fault. Strength ``low`` marks a meaning that is not established.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2,4}$")]
    meaning_ja: Filled
    meaning_en: Filled
    correct: str | None
    action_ja: Filled
    action_en: Filled
    strength: Literal["high", "medium", "low"]
    source: Filled

    @property
    def meaning(self) -> Name:
        """What the code says."""
        return Name(self.meaning_en, self.meaning_ja)

    @property
    def action(self) -> Name:
        """What to do."""
        return Name(self.action_en, self.action_ja)


@cache
def return_codes() -> dict[str, ReturnCode]:
    """Load the codes."""
    rows = typed_table(law_file("return_codes.csv"), ReturnCode)
    return {one.row.code: one.row for one in rows}

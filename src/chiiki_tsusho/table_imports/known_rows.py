"""What the bundled table knows of a published row: the key of its addition, the ratios of steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.law import code_file
from chiiki_tsusho.law.code_rows import ALL_LINES, BASE_LINES, CodeRow
from chiiki_tsusho.law.named_additions import named_addition
from chiiki_tsusho.law.published_names import (
    BaseName,
    normal,
    parse_base_name,
    published,
    same_addition,
)
from chiiki_tsusho.months import month_text
from chiiki_tsusho.table_imports.condition_text import Band, ratios_text

# What no printed cell says of an addition or rate: taken from the bundled row of its name.
TAKEN_BY_NAME = (
    "kind",
    "key",
    "service",
    "rate_of",
    "max_per_visit",
    "max_per_month",
    "yields_to",
    "group",
    "limit_managed",
    "only_with",
    "not_with",
)
BY_HAND = Text("check it and write its row into the table by hand")


class RowRefusedError(ChiikiTsushoError):
    """A printed row that cannot be placed; the message says why and what to do.

    Parameters
    ----------
    reason : Sayable
    """

    def __init__(self, reason: Sayable | str) -> None:
        super().__init__(reason)
        self.reason = reason


class KnownRows:
    """The bundled rows, asked by published name.

    Parameters
    ----------
    rows : iterable of CodeRow
    """

    def __init__(self, rows: Iterable[CodeRow]) -> None:
        self.rows = tuple(rows)
        self._additions: dict[str, list[CodeRow]] = {}
        self._base = [
            (name, row)
            for row in self.rows
            if row.kind == "base" and (name := parse_base_name(row.name)) is not None
        ]
        for row in self.rows:
            if row.kind != "base":
                self._additions.setdefault(same_addition(row.name), []).append(row)

    @cache  # noqa: B019 (one for the bundled table, kept as long as the program)
    def durations(self, name: BaseName) -> list[tuple[int, int, Band]]:
        """Return first month, last month and minutes of the rows that share the hours of a name."""
        return [
            (row.valid_from, row.valid_to, (row.minutes_from or 0, row.minutes_to or 0))
            for known, row in self._base
            if known.service == name.service
            and (known.short_hours, known.extension) == (name.short_hours, name.extension)
            and (name.moves_the_hours or known.plain == name.plain)
        ]

    @cache  # noqa: B019
    def plain_units(self, name: BaseName) -> list[tuple[int, int, int]]:
        """Return first month, last month and units of the rows of a plain name."""
        return [
            (row.valid_from, row.valid_to, row.units or 0)
            for known, row in self._base
            if known == name
        ]

    def kinds(self, name: str) -> frozenset[str]:
        """Say whether rows of this name are additions or rates; empty for a name nobody knows."""
        return frozenset(row.kind for row in self._named(name))

    def _named(self, name: str) -> list[CodeRow]:
        """Return the bundled rows of a name, or what the law says of one that none has."""
        known = named_addition(name)
        return self._additions.get(same_addition(name)) or ([known.as_row()] if known else [])

    @lru_cache(maxsize=1 << 13)  # noqa: B019 (as above; masters repeat each code per insurer)
    def explain(
        self,
        name: str,
        item_code: str,
        month: int,
        kind: Literal["addition", "rate"],
        of_another_row: bool | None = None,
    ) -> CodeRow:
        """Find the bundled row of the same published name.

        Parameters
        ----------
        name, item_code : str
            As printed; the name with or without 地域通所介護.
        month : int
            First month of the printed row.
        kind : str
            ``addition`` or ``rate``.
        of_another_row : bool, optional
            Whether a rate is a ratio of another rate.

        Returns
        -------
        CodeRow
            Where there are several, one with the same code, else the nearest in time.

        Raises
        ------
        RowRefusedError
            No bundled row has the name, or none is of this kind; or the code is new and the rows
            of the name differ, as a Ⅱ of one revision is the Ⅲ of another.
        """
        named = self._named(name)
        if not named:
            raise RowRefusedError(
                Text(
                    "no bundled row has this name, so its key, service, group and limits are not "
                    "known; {by_hand}",
                    by_hand=BY_HAND,
                )
            )
        fitting = [
            row
            for row in named
            if row.kind == kind and (of_another_row is None or is_chained(row) == of_another_row)
        ]
        if not fitting:
            here = {
                "addition": Text("an amount of units"),
                "rate": Text("a ratio of lines"),
                "chained": Text("a ratio of another row"),
            }["chained" if of_another_row else kind]
            raise RowRefusedError(
                Text(
                    "this row is {here}, the bundled rows of the name are not; {by_hand}",
                    here=here,
                    by_hand=BY_HAND,
                )
            )
        same_code = [row for row in fitting if row.item_code == item_code]
        meanings = {_meaning(row) for row in fitting}
        if not same_code and len(meanings) > 1:
            codes = ", ".join(sorted({f"{row.item_code} {row.key}" for row in fitting}))
            raise RowRefusedError(
                Text(
                    "the name has had several meanings, each under its own code ({codes}); "
                    "{by_hand}",
                    codes=codes,
                    by_hand=BY_HAND,
                )
            )
        if len(fitting) == 1 and fitting[0].item_code is None:
            return fitting[0]
        nearest = min(same_code or fitting, key=lambda row: months_apart(row, month))
        # What it may not meet in any revision: better a problem too many than a sum too large.
        excluded = [key for row in fitting if row.key == nearest.key for key in row.excluded]
        changed: dict[str, object] = {"not_with": " ".join(dict.fromkeys(excluded)) or None}
        # What it needs since a later revision, it did not need before.
        begun = [row for row in fitting if row.key == nearest.key and row.valid_from <= month]
        if begun:
            changed["only_with"] = max(begun, key=lambda row: row.valid_from).only_with
        since = named_addition(name)
        if since is not None and since.valid_from is not None and since.valid_from <= month:
            changed["limit_managed"] = since.limit_managed
        return nearest.model_copy(update=changed)

    def refuse_contradiction(self, code: str, key: str | None, name: str, month: int) -> None:
        """Refuse a code that the bundled table has in the row's first month for something else.

        And a thing that is established there under another code; what rests on one source may be
        put right by the row.
        """
        meaning = key or parse_base_name(name)
        others = [
            row
            for known, row in self._of_month(month)
            if (row.item_code == code) != (known == meaning)
            and (row.item_code == code or row.confidence == "high")
        ]
        if others:
            row = max(others, key=lambda row: row.item_code == code)
            raise RowRefusedError(
                Text(
                    "the bundled table has {code} {name} in {month}; find out which is right; "
                    "{by_hand}",
                    code=row.item_code,
                    name=row.name,
                    month=month_text(month),
                    by_hand=BY_HAND,
                )
            )

    @cache  # noqa: B019
    def _of_month(self, month: int) -> list[tuple[str | BaseName | None, CodeRow]]:
        return [
            (row.key or parse_base_name(row.name), row)
            for row in self.rows
            if row.valid_from <= month <= row.valid_to
        ]

    def is_for_both(self, row: CodeRow) -> bool:
        """Say whether a row has been for both services in any revision, or is so by the law."""
        alike = self._additions.get(same_addition(row.name), [])
        of_law = named_addition(row.name)
        return any(one.key == row.key and one.service == "both" for one in alike) or (
            of_law is not None and (of_law.key, of_law.service) == (row.key, "both")
        )

    def keys_of(self, names: Iterable[str]) -> set[str | None]:
        """Return the keys that bundled rows of these published names have had."""
        rows = (self._additions.get(same_addition(name), ()) for name in names)
        return {row.key for of_name in rows for row in of_name}

    def short_hours_per_mille(self) -> int:
        """Return the ratio of 時減."""
        return self._step("時減", lambda row: row.short_hours_per_mille)

    def shortfall_per_mille(self) -> int:
        """Return the ratio of 定超 and 人欠."""
        return self._step("定超 and 人欠", lambda row: row.shortfall_per_mille)

    def extension_units(self, hours: int) -> int:
        """Return the units of 延N."""
        return self._step(
            f"延{hours}",
            lambda row: row.extension_units,
            [row for name, row in self._base if name.extension == hours],
        )

    def _step(
        self, name: str, value: Callable[[CodeRow], int | None], rows: list[CodeRow] | None = None
    ) -> int:
        found = {value(row) for row in (self.rows if rows is None else rows)} - {None}
        if len(found) != 1:
            raise RowRefusedError(
                Text(
                    "the bundled table has no single figure for {name}; {by_hand}",
                    name=name,
                    by_hand=BY_HAND,
                )
            )
        return next(one for one in found if one is not None)


def is_chained(row: CodeRow) -> bool:
    """Say whether a rate is a ratio of another rate's result."""
    return row.kind == "rate" and row.rate_of not in (BASE_LINES, ALL_LINES)


def _meaning(row: CodeRow) -> tuple[object, ...]:
    """Return what a bundled row is, whatever the others of its months let it stand beside."""
    return tuple(getattr(row, column) for column in TAKEN_BY_NAME if "_with" not in column)


def spelling(name: str, known: CodeRow) -> str:
    """Spell a name as the bundled row does, where they are the same."""
    same = known.item_code and normal(known.name) == normal(name)
    return known.name if same else published(name)


def refuse_other_sign(figure: int, known: CodeRow) -> None:
    """Refuse units or ‰ that add where those of the bundled row take away, or the other way round.

    Raises
    ------
    RowRefusedError
        They do.
    """
    is_rate = known.kind == "rate"
    before = known.per_mille if is_rate else known.units
    if before is not None and (before < 0) != (figure < 0):
        ratio = Text("a ratio of {ratio}/1000", ratio=figure)
        raise RowRefusedError(
            Text(
                "{figure}; the bundled row of this name has {known}, which is of the other sign; "
                "{by_hand}",
                figure=ratio if is_rate else Text("{units} units", units=figure),
                known=f"{before}/1000" if is_rate else before,
                by_hand=BY_HAND,
            )
        )


def one_per_mille(ratios: Collection[Fraction]) -> int:
    """Take the one ratio that a row prints, in ‰.

    Raises
    ------
    RowRefusedError
        There are several, or it is no whole number.
    """
    if len(ratios) > 1:
        raise RowRefusedError(
            Text(
                "the row prints several ratios, {ratios}; {by_hand}",
                ratios=ratios_text(ratios),
                by_hand=BY_HAND,
            )
        )
    return whole_per_mille(next(iter(ratios)))


def whole_per_mille(ratio: Fraction) -> int:
    """Take a ratio in ‰ that has to be a whole number.

    Raises
    ------
    RowRefusedError
        It is none.
    """
    if ratio.denominator != 1:
        raise RowRefusedError(
            Text(
                "the ratio {ratio}/1000 is no whole number per mille; {by_hand}",
                ratio=str(ratio),
                by_hand=BY_HAND,
            )
        )
    return int(ratio)


def months_apart(row: CodeRow, month: int) -> int:
    """Count the months from a month to the period of a row, 0 inside it."""
    if row.valid_from <= month <= row.valid_to:
        return 0
    edge = row.valid_from if month < row.valid_from else row.valid_to
    return abs(_months(edge) - _months(month))


def _months(month: int) -> int:
    return month // 100 * 12 + month % 100


@cache
def bundled_rows() -> KnownRows:
    """Load the bundled table."""
    return KnownRows(one.row for one in code_file.bundled_rows())

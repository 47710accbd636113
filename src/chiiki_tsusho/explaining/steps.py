"""Steps of a calculation as a person checks them: before, exactly, rounded, and by which rule."""

from __future__ import annotations

from chiiki_tsusho.explaining.checked_models import CheckedModel
from chiiki_tsusho.language import Text
from chiiki_tsusho.law.rounding import floor_share, half_up


class Step(CheckedModel):
    """One step: a figure, what happens to it, and what comes out.

    Parameters
    ----------
    label : str
        What the step is.
    before : int or None
        The figure it starts from; None where it only takes a figure from the table.
    exact : str
        The result before rounding, as a decimal.
    after : int
        The result.
    law : str
        The rule's place in the law.
    """

    label: str
    before: int | None
    exact: str
    after: int
    law: str

    def __str__(self) -> str:
        """Write the step on a line: ``label: 678 → 474.6 → 475``."""
        figures = [] if self.before is None else [str(self.before)]
        if self.exact != str(self.after):
            figures.append(self.exact)
        figures.append(str(self.after))
        return f"{self.label}: {' → '.join(figures)}  [{self.law}]"


def taken(label: str, units: int, law: str) -> Step:
    """Take a figure as it stands."""
    return Step(label=label, before=None, exact=str(units), after=units, law=law)


def added(label: str, before: int, more: int, law: str) -> Step:
    """Add to a figure."""
    return Step(label=label, before=before, exact=str(before + more), after=before + more, law=law)


def rated(label: str, before: int, per_mille: int, law: str) -> Step:
    """Apply a ratio and round half up."""
    return Step(
        label=label,
        before=before,
        exact=decimal(before * per_mille, 1000),
        after=half_up(before, per_mille),
        law=law,
    )


def floored(label: str, before: int, share: int, whole: int, law: str) -> Step:
    """Take a share and cut the fraction off."""
    return Step(
        label=label,
        before=before,
        exact=decimal(before * share, whole),
        after=floor_share(before, share, whole),
        law=law,
    )


def decimal(numerator: int, power_of_ten: int) -> str:
    """Write a fraction over a power of ten as a decimal, without floating point."""
    sign = "-" if numerator < 0 else ""
    whole, rest = divmod(abs(numerator), power_of_ten)
    digits = len(str(power_of_ten)) - 1
    return f"{sign}{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")


def percent(per_mille: int) -> Text:
    """Write thousandths as people say them: 70 %, or 59 ‰, which is 59/1000 in Japanese."""
    if per_mille % 10 == 0:
        return Text("{per_cent} %", per_cent=per_mille // 10)
    return Text("{per_mille} ‰", per_mille=per_mille)

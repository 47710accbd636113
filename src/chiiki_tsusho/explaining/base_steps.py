"""The steps of a base code: from 所定単位数 to its composite units."""

from __future__ import annotations

from chiiki_tsusho.explaining.steps import Step, added, percent, rated, taken
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.law.rounding import half_up
from chiiki_tsusho.law.sources import row_place, rule_place

_SHORTFALL_WORDS = {
    "over_capacity": Text("over capacity (定員超過)"),
    "understaffed": Text("understaffed (人員欠如)"),
}
_REDUCTION_WORDS = {
    "abuse_prevention_missing": Text("no measures against abuse (虐防)"),
    "bcp_missing": Text("no business continuity plan (業未)"),
}


def base_steps(row: CodeRow, month: int, language: Language = "en") -> list[Step]:
    """Return the steps from 所定単位数 to the composite units of a base code in a month."""
    whole = row.base_units
    assert whole is not None  # of every base row
    level = Text(", care level {level}", level=row.care_level) if row.care_level else ""
    label = Text(
        "{code} {name}{level}: base units", code=row.service_code, name=row.name, level=level
    )
    steps = [taken(label.say(language), whole, row_place(row, month).say(language))]

    def so_far() -> int:
        return steps[-1].after

    if not row.inside:
        steps += _short_hours(row, month, so_far(), language)
    if row.shortfall is not None:
        ratio = row.shortfall_per_mille
        assert ratio is not None  # where there is a shortfall
        why = _SHORTFALL_WORDS[row.shortfall]
        label = Text("{why} × {ratio}", why=why, ratio=percent(ratio))
        place = rule_place("shortfall", month)
        steps.append(rated(label.say(language), so_far(), ratio, place))
    for key in row.inside:
        ratio = row.reduction_per_mille
        assert ratio is not None  # where there are reductions
        less = -half_up(whole, ratio)
        label = Text(
            "{reduction}: less {ratio} of the base units, {less}",
            reduction=_REDUCTION_WORDS.get(key, key),
            ratio=percent(ratio),
            less=less,
        )
        steps.append(added(label.say(language), so_far(), less, rule_place("reduction", month)))
    if row.inside:
        steps += _short_hours(row, month, so_far(), language)
    if row.extension_units:
        more = row.extension_units
        label = Text("extension (延長) +{more}", more=more)
        place = rule_place("extension", month)
        steps.append(added(label.say(language), so_far(), more, place))
    return steps


def _short_hours(row: CodeRow, month: int, before: int, language: Language) -> list[Step]:
    ratio = row.short_hours_per_mille
    if ratio is None:
        return []
    first, end = (one // 60 for one in (row.minutes_from, row.minutes_to) if one is not None)
    label = Text(
        "{first} to {end} hours (時減) × {ratio}", first=first, end=end, ratio=percent(ratio)
    )
    return [rated(label.say(language), before, ratio, rule_place("short_hours", month))]

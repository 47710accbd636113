"""The words of every problem, and the rule that each is of."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal, get_args

from chiiki_tsusho.columns import HEADINGS
from chiiki_tsusho.language import Language, Name, Text, in_language, printable, translated
from chiiki_tsusho.records import record

Rule = Literal[
    "missing_value", "bad_value", "unsupported_month", "outside_every_band", "no_code",
    "not_for_service", "conflicting_group", "needs_other", "not_together", "over_monthly_maximum",
    "duplicate_visit", "unknown_provider", "unknown_recipient", "plan_over_limit", "plan_needed",
    "malformed_row", "unplaced_row", "already_claimed",
    "not_this_service", "example_row", "check_digit", "unusual_value", "total_row",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
# These hold nothing.
WARNINGS: frozenset[Rule] = frozenset(
    ("not_this_service", "example_row", "check_digit", "unusual_value", "total_row")
)
# It follows from what cannot be read in its row, and stands behind that.
CONSEQUENCE: Rule = "unplaced_row"
# What is longer is shortened where it is shown.
LONGEST_TEXT = 300

# What each rule is called; in Japanese it is named so wherever its key stands.
TITLES: dict[Rule, Text] = {
    "missing_value": Text("A required cell is blank"),
    "bad_value": Text("A cell does not hold what its column is for"),
    "unsupported_month": Text("No code table of that month is at hand"),
    "outside_every_band": Text("The time lies outside every duration of the table"),
    "no_code": Text("The table has no code for this"),
    "not_for_service": Text("An addition that this service cannot have"),
    "conflicting_group": Text("Additions of which only one may apply"),
    "needs_other": Text("An addition stands without the one it needs"),
    "not_together": Text("Two additions stand together that may not"),
    "over_monthly_maximum": Text("An addition is counted more often than a month allows"),
    "duplicate_visit": Text("Two visits of the same person, date and session"),
    "unknown_provider": Text("The provider is not in the providers file"),
    "unknown_recipient": Text("The insured person is not in the recipients file"),
    "plan_over_limit": Text("The plan is larger than the limit of the care level"),
    "plan_needed": Text("One limit is shared by several providers"),
    "malformed_row": Text("The cells of the row cannot be told apart"),
    "unplaced_row": Text("It cannot be read whose visit a row is"),
    "already_claimed": Text("A claim is in the results already"),
    "not_this_service": Text("Visits that another service bills"),
    "example_row": Text("Example rows of the template"),
    "check_digit": Text("The check digit of a number does not fit"),
    "unusual_value": Text("An unusual value"),
    "total_row": Text("Lines of totals"),
}

# Which wording: a rule may have several.
TextId = Literal[
    "blank", "provider_no", "insurer_no", "insured_no", "shortened", "unseen",
    "two_insurers", "two_insurers_of_row", "formula_of_text", "formula", "merged", "error_value", "apostrophe", "exponent", "day_number",
    "before_era", "after_era", "weekday", "seconds", "minutes", "benefit_rate", "rate_of_whom",
    "unusual_rate", "check_digit", "example_row", "date", "no_such_day", "month", "time", "time_number", "end_before_start", "minutes_disagree", "whole",
    "choice", "only_choice", "key_value", "support_level", "already_claimed", "unplaced",
    "passed", "total", "total_of_roster", "unsupported_month", "outside_every_band", "no_code",
    "extension_not_given", "no_key", "no_line", "not_for_service", "conflicting_group",
    "conflicting_day", "conflicting_month", "not_together", "not_together_month", "needs_other",
    "needs_other_month", "over_monthly_maximum", "duplicate_visit", "unknown_provider",
    "unknown_recipient", "plan_over_limit", "plan_needed", "plan_of_several", "plan_of_unknown",
    "plan_of_unknown_level", "plans_over_limit", "no_limit", "doubled_row",
    "doubled_row_of_provider", "public_days", "no_public_law", "cells", "beside", "far_ahead",
    "quotation", "carriage_return", "cell_below",
    "count_of_visit", "conflicting_of_visit", "not_together_of_visit", "needs_other_of_visit",
    "no_line_of_visit", "extension_not_said", "level_not_said",
]  # fmt: skip
TEXTS: dict[TextId, Text] = {
    "blank": Text("{column} is blank; {expected} was expected; fill it in"),
    "provider_no": Text(
        "{value!r} is not a provider number; 10 characters, digits or capital letters, were "
        "expected"
    ),
    "insurer_no": Text("{value!r} is not an insurer number; 6 or 8 digits were expected"),
    "two_insurers": Text(
        "claim {claim}: the insurer of this person is written with zeros in front and without in "
        "this month; write it in one way"
    ),
    "two_insurers_of_row": Text(
        "the insurer of this person, here {value!r}, is written with zeros in front and without; "
        "write it in one way"
    ),
    "insured_no": Text(
        "{value!r} is not an insured number; 10 characters, digits (the first may be H), were "
        "expected"
    ),
    "shortened": Text(
        "{value!r} has {length} digits where {expected} were expected; a spreadsheet may have "
        "dropped zeros in front: format the column as text and put them back"
    ),
    "unseen": Text(
        "{value!r} holds the character {code}, which cannot be seen; type the cell anew"
    ),
    "formula_of_text": Text(
        "{value!r} is a formula that stands for text; write the text alone: {content!r}"
    ),
    "formula": Text(
        "{value!r} is a formula and not its value; open the file in a spreadsheet, let it "
        "compute, and save it"
    ),
    "merged": Text(
        "is one of the merged cells {area}, of which the first alone can be read; unmerge them and "
        "fill in each"
    ),
    "error_value": Text("{value!r} is an error of a spreadsheet; correct the formula of the cell"),
    "apostrophe": Text(
        "{value!r} begins with an apostrophe, with which a spreadsheet marks text; take it out"
    ),
    "exponent": Text(
        "{value!r} is how a spreadsheet shortens a long number, and its last digits are lost; "
        "format the column as text and export it again"
    ),
    "day_number": Text(
        "{value!r} is a spreadsheet's number of a day; format the column as a date and export "
        "it again"
    ),
    "before_era": Text("{value!r} lies before {era} began on {start}; correct the era or the date"),
    "after_era": Text("{value!r} lies after {era} ended on {end}; correct the era or the date"),
    "weekday": Text("{value!r}: that day is a {weekday}; correct the date or the weekday"),
    "seconds": Text("{value!r} is a time with seconds; write it as {without}"),
    "minutes": Text(
        "{value!r} is not a length of stay in whole minutes; write it as 450, 7:30 or 7時間30分"
    ),
    "benefit_rate": Text(
        "{value!r} is more than 100 per cent; write the per cent that the insurance pays, such as "
        "90"
    ),
    "rate_of_whom": Text(
        "{value!r} may be the share that the person pays; write the per cent that the insurance "
        "pays ({rest} if so)"
    ),
    "unusual_rate": Text(
        "{value!r} is an unusual benefit rate; it is mostly 90, 80 or 70: check it"
    ),
    "check_digit": Text(
        "{value!r} does not end in its check digit, which would be {digit}; compare the number "
        "with the document it comes from; nothing is held, and this is said once of all rows"
    ),
    "example_row": Text(
        "claim {claim}: is of the example person of the template; take the rows out before "
        "anything is filed (first visit on line {line})"
    ),
    "far_ahead": Text("{value!r} lies more than two years ahead; check the year"),
    "date": Text(
        "{value!r} is not a date; write it with its year, as 2016-04-01, 2016/4/1, 20160401 or "
        "H28.4.1"
    ),
    "no_such_day": Text("{value!r} is a day that the calendar does not have; correct the date"),
    "month": Text("{value!r} is not a month; write it as 201604"),
    "time": Text("{value!r} is not a time of the day; write it as 9:00, 09:00 or 0900"),
    "time_number": Text(
        "{value!r} is a spreadsheet's number of a time; format the column as a time (h:mm) and "
        "save it again"
    ),
    "end_before_start": Text(
        "end_time {value!r} is before start_time {start!r}; a stay ends on the day it begins: "
        "correct the times"
    ),
    "minutes_disagree": Text(
        "{value} minutes, but from {start!r} to {end!r} are {between}; correct whichever is wrong"
    ),
    "whole": Text("{value!r} is not a whole number {range}; write it in digits"),
    "choice": Text("{value!r} is not known here; write {choices}, or leave the cell blank"),
    "only_choice": Text("{value!r} is not known here; write {choice}, or leave the cell blank"),
    "key_value": Text(
        "{value!r} is not a count of {key}; leave the cell blank, or write ○, × or a whole "
        "number from 0 to {most}"
    ),
    "support_level": Text(
        "{value!r}: a visit of a person with 要支援 or 事業対象者 is billed under 総合事業 (通所型サービス), not "
        "under this service; the row is left out here: file it there, or correct the care level"
    ),
    "already_claimed": Text(
        "claim {claim}: is in the results that are added to; take its rows out, or compute the "
        "whole month again from the corrected file"
    ),
    "unplaced": Text(
        "it cannot be read whose visit this row is, so every claim that it may belong to is "
        "held with it ({claims}); correct the row, or delete it if it is no visit, and compute again"
    ),
    "passed": Text(
        "it cannot be read whose visit this row is; it is left out, and claims may lack it "
        "({claims}); correct the row, or delete it if it is no visit, and compute again"
    ),
    "total": Text(
        "{value!r} marks a line of totals; it is no visit and is left out: take it out of the file"
    ),
    "total_of_roster": Text(
        "{value!r} marks a line of totals; it is nobody's and is left out: take it out of the file"
    ),
    "unsupported_month": Text(
        "no code table for {month} is at hand (covered: {months}); read {document} with "
        "import-workbook and give the result with codes= (--codes on the command line)"
    ),
    "outside_every_band": Text(
        "{value} minutes of {service} lie outside every band (the table knows {first} to {last} "
        "minutes); check the times of the visit"
    ),
    "no_code": Text(
        "{condition}: no code in the table of {month}; correct the visit, or, if it is right, "
        "its code stands in {document}: read it with import-workbook and give the result with "
        "codes= (--codes on the command line)"
    ),
    "extension_not_given": Text(
        "{value} minutes may be 延長, and {column} is not given; write 1 in the row of the "
        "provider if 延長 is registered, else 0"
    ),
    "no_key": Text(
        "{named} has no row in the table of {month}; use the addition of that month, or take it "
        "from {document} with import-workbook and codes= (--codes on the command line)"
    ),
    "no_line": Text(
        "claim {claim}: {key} has no row in the table of {month} for visits with the code "
        "{code}; take it out, or give the official table with codes= (--codes on the command "
        "line)"
    ),
    "not_for_service": Text(
        "{key} cannot be added to {service}; it is for {fits}: take it out or correct the service"
    ),
    "conflicting_group": Text(
        "{keys} are both set, in this row or through providers and recipients; at most one of "
        "the group {group} may apply: keep one"
    ),
    "conflicting_day": Text(
        "{keys} are set in visits of one day; at most one of the group {group} may apply to a day: "
        "keep one"
    ),
    "conflicting_month": Text(
        "claim {claim}: {keys} are both set in this month; at most one of the group {group} may "
        "apply: keep one"
    ),
    "not_together": Text(
        "{key} and {other} are both set, in this row or through providers and recipients; they "
        "may not be claimed together: keep one"
    ),
    "not_together_month": Text(
        "claim {claim}: {key} and {other} are both set in this month; they may not be claimed "
        "together: keep one"
    ),
    "needs_other": Text(
        "{key} is claimed only beside one of {needed}, and none of them is set for this visit; "
        "set the one that applies, or take it out"
    ),
    "needs_other_month": Text(
        "claim {claim}: {key} is claimed only beside one of {needed}, and none of them is set "
        "in this month; set the one that applies, or take it out"
    ),
    "over_monthly_maximum": Text(
        "claim {claim}: {value} counts of {key} in the month; at most {most} may be claimed: "
        "take out the others"
    ),
    "duplicate_visit": Text(
        "the same claim, date and session {session} as line {other}; delete one of them or "
        "number the sessions of the day"
    ),
    "unknown_provider": Text(
        "claim {claim}: provider {value} has no row for {month} in the providers file; add one "
        "(first visit on line {line})"
    ),
    "unknown_recipient": Text(
        "claim {claim}: insured person {value} has no row for {month} in the recipients file; "
        "add one (first visit on line {line})"
    ),
    "plan_over_limit": Text(
        "claim {claim}: planned_units {value} is more than the limit {limit} of care level "
        "{level}; correct the plan or the care level"
    ),
    "plan_needed": Text(
        "claim {claim}: the person's claims at {number} providers come to {units} units, more "
        "than the limit {limit} they share; give planned_units for each provider, in rows of "
        "recipients with its provider_no"
    ),
    "plan_of_several": Text(
        "claim {claim}: planned_units {value} stands in a row for every provider and would "
        "serve several claims of the month; give planned_units for each provider, in rows with "
        "its provider_no"
    ),
    "plan_of_unknown": Text(
        "claim {claim}: another provider's claim of this person cannot be computed yet, and "
        "they share the limit {limit}; correct that claim, or give planned_units for this "
        "provider, in a row of recipients with its provider_no"
    ),
    "plan_of_unknown_level": Text(
        "claim {claim}: a care level of this person cannot be read at another provider, so whether "
        "planned_units are within the limit is not known; correct that visit"
    ),
    "plans_over_limit": Text(
        "claim {claim}: planned_units of the person's providers come to {plans} together, more "
        "than the limit {limit}; correct the plans or the care level"
    ),
    "no_limit": Text("claim {claim}: no benefit limit of {month} is known; give planned_units"),
    "doubled_row": Text("line {other} has the same {entity} for the same month; keep one of them"),
    "doubled_row_of_provider": Text(
        "line {other} has the same {entity} for the same month and provider; keep one of them"
    ),
    "public_days": Text(
        "public_to {value!r} is before public_from {first!r}; correct the days of the month"
    ),
    "no_public_law": Text(
        "{value!r} is a day of public funds, and public_law is blank, so that none are claimed; write "
        "the law (12 or 25), or clear the cell"
    ),
    "cells": Text(
        "the row has {found} cells where the heading has {expected}; put commas and quotation "
        "marks right, or save the sheet as an Excel workbook (.xlsx)"
    ),
    "beside": Text(
        "a cell stands in column {column}, beside the headings; give it a heading, or delete it"
    ),
    "quotation": Text(
        "a quotation mark is not closed on this line, or closes in front of more text; put the "
        "marks right, or take the line break out of the cell"
    ),
    "carriage_return": Text(
        "a carriage return stands inside the line; take it out, or end the line there"
    ),
    "cell_below": Text(
        "the next line is of one cell, which may be the end of this row; take the line break out "
        "of the cell, or the line out of the file"
    ),
    # Of a single visit, which has no row.
    "count_of_visit": Text("{key}: {count} counts in one visit; at most {most} may be given"),
    "conflicting_of_visit": Text(
        "{keys}: at most one of the group {group} may apply to a visit; keep one"
    ),
    "not_together_of_visit": Text(
        "{key} and {other} may not be claimed together; leave one of them out"
    ),
    "needs_other_of_visit": Text(
        "{key} is claimed only beside one of {needed}; add the one that applies, or leave it out"
    ),
    "no_line_of_visit": Text(
        "{key}: no row in {month} for visits with the code {code}; leave it out"
    ),
    "extension_not_said": Text(
        "{value} minutes may be 延長; say whether the provider has registered it with "
        "extended_hours= (--extended-hours on the command line)"
    ),
    "level_not_said": Text(
        "the code rests on the care level; give care_level= (--care-level on the command "
        "line), 1 to 5"
    ),
}

# What the values of a column are called in Japanese.
CALLED = {
    "day_care": "地域密着型通所介護",
    "medical_day_care": "療養通所介護",
    "short_medical_day_care": "短期利用療養通所介護",
    "over_capacity": "定員超過",
    "understaffed": "人員欠如",
    "other": "その他",
}

# What a parser expects of a column, for a blank cell.
EXPECTED: dict[str, Text] = {
    "provider_no": Text("a number of 10 characters"),
    "insurer_no": Text("a number of 6 or 8 digits"),
    "insured_no": Text("a number of 10 characters"),
    "date": Text("a date"),
    "care_level": Text("a care level from 1 to 5"),
    "minutes": Text("a number of minutes"),
    "length": Text("a number of minutes, or start_time and end_time,"),
    "time": Text("a time such as 9:00"),
}


@record
class Message:
    """A problem in no language yet: its rule, which text, and what goes into it."""

    rule: Rule
    text: TextId
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, language: Language = "en") -> str:
        """Write the message in a language."""
        facts = {name: _said(fact, language) for name, fact in self.facts.items()}
        return translated(TEXTS[self.text].pattern, language).format(**facts)


def _said(fact: object, language: Language) -> object:
    if hasattr(fact, "say"):
        fact = in_language(fact, language)
    if not isinstance(fact, str):
        return fact
    # Between 「 and 」 nothing shows what cannot be seen; !r does so in English.
    return shortened(printable(fact) if language == "ja" else fact)


def shortened(text: str) -> str:
    """Return a text that is not too long to be read, and say how long it was."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…({len(text):,})"


def visit_condition(minutes: object, service: Name, level: object, shortfall: object) -> Text:
    """Say of what kind a visit is; ``shortfall`` with its comma, or blank."""
    return Text(
        "{minutes} min, {service}, care level {level}{shortfall}",
        minutes=minutes,
        service=service,
        level=level,
        shortfall=shortfall,
    )


def named(name: str) -> Name:
    """Name a column of an input file, or one of its values, as each language does."""
    return Name(name, HEADINGS.get(name) or CALLED.get(name, name))


def rule_named(rule: str, language: Language) -> str:
    """Name a rule: by its key in English, ``値の誤り(bad_value)`` in Japanese."""
    title = next((TITLES[one] for one in RULES if one == rule), None)
    return rule if language == "en" or title is None else f"{title.say(language)}({rule})"


def blank(column: str, kind: str) -> Message:
    """Say that a required cell is blank."""
    facts = {"column": named(column), "expected": EXPECTED[kind]}
    return Message("missing_value", "blank", facts)

"""What each kind of error is called on the report page, and what to do about it."""

from __future__ import annotations

from chiiki_tsusho.language import Text

# What each rule of ``problem_texts.RULES`` says, and what to do about it.
RULES: dict[str, tuple[Text, Text]] = {
    "missing_value": (
        Text("A required cell is blank"),
        Text("Fill the cell in."),
    ),
    "bad_value": (
        Text("A cell does not hold what its column is for"),
        Text("Write the value as the message says. Where leading zeros are gone, a spreadsheet took a number for a figure: make the column text and put the zeros back. A row given twice: keep one of them."),
    ),
    "unsupported_month": (
        Text("No code table of that month is at hand"),
        Text("Check the date. If it is right, give the official table of that month with --codes (import-workbook makes it from the ministry's workbook)."),
    ),
    "outside_every_band": (
        Text("The time lies outside every duration of the table"),
        Text("Check when the visit began and ended. A visit shorter than the shortest duration cannot be claimed: take it out."),
    ),
    "no_code": (
        Text("The table has no code for this"),
        Text("Check date, service, duration, reduction and additions of the row. If they are right, give a fuller table of the month with --codes."),
    ),
    "not_for_service": (
        Text("An addition that this service cannot have"),
        Text("Take the addition out, or correct the service of the row."),
    ),
    "conflicting_group": (
        Text("Additions of which only one may apply"),
        Text("Keep one of them. They may be set in the row or come from providers and recipients."),
    ),
    "over_monthly_maximum": (
        Text("An addition is counted more often than a month allows"),
        Text("Take out the counts beyond the maximum."),
    ),
    "duplicate_visit": (
        Text("Two visits of the same person, date and session"),
        Text("Delete the one entered twice, or number the sessions of the day 1, 2, 3."),
    ),
    "unknown_provider": (
        Text("The provider is not in the providers file"),
        Text("Add the provider (for that month) to the providers file, or correct the provider's number."),
    ),
    "unknown_recipient": (
        Text("The insured person is not in the recipients file"),
        Text("Add the person (for that month) to the recipients file, or correct the insurer's or the insured number."),
    ),
    "plan_over_limit": (
        Text("The plan is larger than the limit of the care level"),
        Text("Correct planned_units or the care level."),
    ),
    "malformed_row": (
        Text("The cells of the row cannot be told apart"),
        Text("Put commas and quotation marks right: as many cells as the heading has."),
    ),
    "needs_other": (
        Text("An addition stands without the one it needs"),
        Text("Set the other addition as well, or take this one out."),
    ),
    "not_together": (
        Text("Two additions stand together that may not"),
        Text("Take one of them out."),
    ),
    "plan_needed": (
        Text("One limit is shared by several providers"),
        Text("Write into recipients how many units are planned at this provider (provider_no, planned_units)."),
    ),
    "unplaced_row": (
        Text("It cannot be read whose visit a row is"),
        Text("Correct the row: every claim that it may belong to is held with it until then."),
    ),
    "already_claimed": (
        Text("A claim is in the results already"),
        Text("Take its rows out, or compute the whole month again from the corrected file."),
    ),
    "not_this_service": (
        Text("Visits that another service bills"),
        Text("Nothing is held. Bill them under 総合事業, or correct the care level."),
    ),
    "example_row": (
        Text("Example rows of the template"),
        Text("Nothing is held. Take them out before anything is filed."),
    ),
    "check_digit": (
        Text("The check digit of a number does not fit"),
        Text("Nothing is held. Compare the number with the certificate."),
    ),
    "unusual_value": (
        Text("An unusual value"),
        Text("Nothing is held. Check that it is meant."),
    ),
    "total_row": (
        Text("Lines of totals"),
        Text("Nothing is held. Take them out of the file."),
    ),
}  # fmt: skip
UNKNOWN_RULE = (Text("A rule this version does not know"), Text("Do as the messages say."))

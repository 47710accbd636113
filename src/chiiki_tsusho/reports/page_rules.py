"""What the report page says is to be done about each kind of error."""

from __future__ import annotations

from chiiki_tsusho.language import Text
from chiiki_tsusho.problem_texts import Rule

# What to do about each rule of ``problem_texts.RULES``.
CURES: dict[Rule, Text] = {
    "missing_value": Text("Fill the cell in."),
    "bad_value": Text("Write the value as the message says. Where zeros in front are gone, a spreadsheet has dropped them: make the column text and put the zeros back. A row given twice: keep one of them."),
    "unsupported_month": Text("Check the date. If it is right, give the official table of that month with --codes (import-workbook makes it from the ministry's workbook)."),
    "outside_every_band": Text("Check when the visit began and ended. A visit shorter than the shortest duration cannot be claimed: take it out."),
    "no_code": Text("Check date, service, duration, reduction and additions of the row. If they are right, give a fuller table of the month with --codes."),
    "not_for_service": Text("Take the addition out, or correct the service of the row."),
    "conflicting_group": Text("Keep one of them. They may be set in the row or come from providers and recipients."),
    "over_monthly_maximum": Text("Take out the counts beyond the maximum."),
    "duplicate_visit": Text("Delete the one entered twice, or number the sessions of the day 1, 2, 3."),
    "unknown_provider": Text("Add the provider (for that month) to the providers file, or correct the provider's number."),
    "unknown_recipient": Text("Add the person (for that month) to the recipients file, or correct the insurer's or the insured number."),
    "plan_over_limit": Text("Correct planned_units or the care level."),
    "malformed_row": Text("Put commas and quotation marks right: as many cells as the heading has."),
    "needs_other": Text("Set the other addition as well, or take this one out."),
    "not_together": Text("Take one of them out."),
    "plan_needed": Text("Write into recipients how many units are planned at this provider (provider_no, planned_units)."),
    "unplaced_row": Text("Correct the row: every claim that it may belong to is held with it until then."),
    "already_claimed": Text("Take its rows out, or compute the whole month again from the corrected file."),
    "not_this_service": Text("Nothing is held. Bill them under 総合事業, or correct the care level."),
    "example_row": Text("Nothing is held. Take them out before anything is filed."),
    "check_digit": Text("Nothing is held. Compare the number with the certificate."),
    "unusual_value": Text("Nothing is held. Check that it is meant."),
    "total_row": Text("Nothing is held. Take them out of the file."),
}  # fmt: skip
UNKNOWN_RULE = (Text("A rule this version does not know"), Text("Do as the messages say."))

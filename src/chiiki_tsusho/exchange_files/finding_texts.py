"""What an audit can find: the check, the code 国保連 would return it with, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from chiiki_tsusho.language import Text
from chiiki_tsusho.law.payers import youngest_insured


@dataclass(frozen=True)
class Check:
    """A check of a claim file.

    Parameters
    ----------
    rule : str
    code : str
        返戻コード as far as one is known for it; blank where none is.
    text : Text
        What is wrong and what to do.
    hint : bool
        Something to look at that may well be right.
    """

    rule: str
    code: str
    text: Text
    hint: bool = False


# Nobody has lived to be much older.
OLDEST = 120

_ALL = (
    Check("damaged_line", "", Text("The line cannot be read; write it again.")),
    Check("line_end", "", Text("Lines must end in CR LF, the last one too; write the file again.")),
    Check("no_control", "", Text("The first line must be the one control record, beginning with 1.")),
    Check("no_end", "", Text("The last line must be the one end record, beginning with 3.")),
    Check("record_count", "", Text("The control record must count the data lines; correct the number.")),
    Check("data_kind", "", Text("A claim of a provider has the data kind 711; correct the control record.")),
    Check("control_zero", "", Text("The control record of a provider's claim has 0 here; correct it.")),
    Check("provider_differs", "", Text("One file is of one provider; put the other provider's lines into a file of their own.")),
    Check("running_number", "", Text("Lines are numbered 1, 2, 3 without a gap; number them again.")),
    Check("too_long", "", Text("The item is longer than its place; shorten it.")),
    Check("not_a_number", "", Text("A whole number was expected; correct the item.")),
    Check("number_form", "", Text("A number of another form was expected; compare it with the person's card and correct it.")),
    Check("not_a_date", "", Text("A date of eight digits was expected; correct the item.")),
    Check("not_a_month", "", Text("A month of six digits was expected; correct the item.")),
    Check("required", "ABB0", Text("The item is required here; fill it in.")),
    Check("review_month", "", Text("A claim is reviewed in the month after its service or later; correct the month of the control record.")),
    Check("statement_doubled", "ANNL", Text("The person has two statements of this month, provider and insurer; keep one.")),
    Check("statement_in_two_files", "ANN2", Text("Another of the files has a statement of the same person, month, provider and insurer; send one.")),
    Check("code_doubled", "ANNL", Text("The statement has this code on an earlier line; put both into one line.")),
    Check("kind_doubled", "ANNL", Text("The statement has two summaries of this service kind; keep one.")),
    Check("kind_without_lines", "", Text("The statement has no line of this service kind; correct the kind of the summary or of the lines.")),
    Check("kind_without_total", "", Text("The statement has no summary of this service kind; correct the kind of the line or add the summary.")),
    Check("no_base_record", "ABB0", Text("The statement has no record 01; add the person's basic record.")),
    Check("no_total_record", "ABB0", Text("The statement has no record 10; add the summary.")),
    Check("no_line_record", "ABB0", Text("The statement has no record 02 or 14; add the lines of its codes.")),
    Check("units_times_count", "ASSA", Text("Units times count must be the service units of the line; correct the wrong one of the three.")),
    Check("public_unasked", "", Text("The statement names no payer of these public funds; clear the item or give the payer.")),
    Check("public_over_whole", "ASSA", Text("The part under public funds must have a count and be no more than the line; correct it.")),
    Check("public_units_of_count", "ASSA", Text("Units times the count under public funds must be the units under public funds; correct them.")),
    Check("public_units_of_rate", "ASSA", Text("The ratio of the part under public funds comes to other units; compute the claim again.")),
    Check("lines_and_totals", "ASSA", Text("Managed and unmanaged units together must be the sum of the lines; compute the claim again.")),
    Check("managed_units", "ASSA", Text("The lines of this side of the benefit limit come to other units; compute the claim again.")),
    Check("benefit_units", "ASSA", Text("Benefit units are the smaller of plan and managed units, and the unmanaged units; compute the claim again.")),
    Check("must_be_empty", "", Text("Community day care has nothing to write here; clear the item.")),
    Check("base_total", "ASSA", Text("Record 01 must repeat the sums of its records 10; correct it.")),
    Check("claim_line", "ASSA", Text("The claim line 7111 must be the sum of the statements; correct it.")),
    Check("claim_line_short", "ASSA", Text("The claim line 7111 must be at least the sum of the statements that are read; correct it.")),
    Check("payer_kind", "ABB0", Text("A claim line is of the insurance (1) or of public funds (2); correct it.")),
    Check("law_of_insurance", "", Text("A claim line of the insurance names no public funds; write 0.")),
    Check("claim_kind", "", Text("A claim line of community day care has the claim kind 01; correct it.")),
    Check("no_claim_line", "ABB0", Text("There are statements and no claim line 7111 for them; add it.")),
    Check("unknown_code", "ADD1", Text("The code table has no such code in this month; correct it, or where it is right give a fuller table with --codes.")),
    Check("units_of_code", "ASSA", Text("The code has other units in this month; write those of the table.")),
    Check("level_of_code", "10QF", Text("None of the codes is of the care level of record 01; correct the code or the level.")),
    Check("several_levels", "", Text("The codes are not all of the care level of record 01, as where it changed within the month; see that both are right."), hint=True),
    Check("level_code", "10QF", Text("Community day care is for care levels 21 to 25; correct the level.")),
    Check("count_over", "AEFA", Text("The count is more than the days, visits or maximum allow; correct it.")),
    Check("no_count", "ASSA", Text("A line counts at least once; correct the count or take the line out.")),
    Check("days_over_visits", "AEFA", Text("There are more days than visits; correct the days or the counts.")),
    Check("days_too_few", "", Text("There are more visits than days of service can have; correct the days or the counts.")),
    Check("several_visits_a_day", "", Text("There are fewer days than visits, so several visits fell on one day; see that this is so."), hint=True),
    Check("two_of_a_group", "ASSA", Text("Only one of these codes may be claimed in a month; keep the right one.")),
    Check("needs_other_code", "ASSA", Text("This code is claimed only beside certain others, none of which is there; take it out or add the other.")),
    Check("codes_not_together", "", Text("This code is not claimed beside the other one, which the statement has; take one of them out.")),
    Check("codes_together", "", Text("The statement has another code that may not stand on the same visit; see that they were on different visits."), hint=True),
    Check("other_service", "", Text("The statement has no visit of the service that this code belongs to; take it out or correct the codes of the visits.")),
    Check("units_of_rate", "ASSA", Text("The ratio comes to other units; it is taken on the smaller of plan and managed units and on the unmanaged lines.")),
    Check("plan_over_limit", "12P3", Text("The plan is above the benefit limit of the care level; correct the plan or the level.")),
    Check("plan_over_level", "", Text("The plan is above the benefit limit of the care level, which may have been heavier before the certification began; see that it was."), hint=True),
    Check("unit_price", "ASSA", Text("No area grade has this price in this month; write the price of the provider's grade.")),
    Check("unit_price_of_others", "ASSA", Text("Other statements of the month have another price; a provider has one.")),
    Check("insurance_yen", "ASSA", Text("The insurance pays the cost times the benefit rate, the fraction of a yen cut off; compute it again.")),
    Check("insurance_without_insurance", "ATT5", Text("The person has no insurance (a number beginning with H); the insurance pays nothing.")),
    Check("rate_without_insurance", "ATT5", Text("The person has no insurance (a number beginning with H); clear the benefit rate.")),
    Check("rate_over", "ASSA", Text("A benefit rate is at most 100; correct it.")),
    Check("public_units", "ASSA", Text("The units under public funds are not those of the lines; compute the claim again.")),
    Check("public_yen", "ASSA", Text("What public funds and the person pay under them must be the rest of the cost; compute it again.")),
    Check("copay_yen", "ASSA", Text("The person pays what insurance and public funds leave of the cost; compute it again.")),
    Check("public_rate", "ATTC", Text("These public funds pay the whole rest; write 100.")),
    Check("unknown_choice", "ABB0", Text("The code is none of this item; correct it.")),
    Check("reason_without_stop", "ABB0", Text("A reason is given and no day on which the service stopped; give the day or clear the reason.")),
    Check("birth_date", "QT", Text("The person would be born after the month of service; correct the date.")),
    Check("certified_backwards", "ABB0", Text("The certification ends before it begins; correct the dates.")),
    Check("not_certified", "12PD", Text("The certification does not reach into the month of service; correct the period, or wait for the new one.")),
    Check("outside_month", "AEEA", Text("The day lies outside the month of service; clear it or correct it.")),
    Check("stopped_before_start", "AEEA", Text("The service stops before it starts; correct the dates.")),
    Check("days_before_certification", "", Text("There are more days of service than the certification leaves; see that another one held before it."), hint=True),
    Check("days_over_period", "AEE2", Text("There are more days of service than the month, the certification or start and stop leave; correct them.")),
    Check("month_without_table", "", Text("The code table has no rows for this month; codes, units, limit and counts were not checked."), hint=True),
    Check("code_without_table", "", Text("Of this month only the base codes are in the table; the code was not checked."), hint=True),
    Check("kind_of_funds", "", Text("A claim line of public funds other than 生活保護 has the claim kind 0; see that this one is taken."), hint=True),
    Check("other_forms", "", Text("The file has statements of other forms, which are not read; the claim lines 7111 were only checked to be no less than the statements that are."), hint=True),
    Check("not_with_shortfall", "", Text("The addition is not due while the office is over its capacity or short of staff (大臣基準告示); see that both codes are right."), hint=True),
    Check("group_over_maximum", "", Text("These codes are kinds of one addition, and together they are more than a month may have of it; see that both were due."), hint=True),
    Check("barred_by_time", "", Text("The claim is barred after two years from the first day of the third month after the service (介護保険法 第200条); see that they are not over."), hint=True),
    Check("unusual_rate", "", Text("The benefit rate is none that the law names; see that it is so."), hint=True),
    Check("unusual_age", "", Text("The person would be under {youngest} or over {oldest} years old; see the date of birth.", youngest=youngest_insured(), oldest=OLDEST), hint=True),
    Check("manager_of_own_plan", "", Text("A plan of the person's own (2) has no care manager's office; see which is right."), hint=True),
    Check("facility_insurers", "", Text("The statement has facilities of several insurers; see that the person moved within the month."), hint=True),
    Check("check_digit", "", Text("The last digit is not the check digit of the number; compare it with the person's card."), hint=True),
)  # fmt: skip
CHECKS = {check.rule: check for check in _ALL}

"""The commands that show the law at work: a row of the table, a visit, a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chiiki_tsusho.choices import SERVICES, SHORTFALLS
from chiiki_tsusho.command_line.misuse import MisuseError
from chiiki_tsusho.command_line.shared import (
    Codes,
    Encoding,
    IgnoreColumns,
    Month,
    Providers,
    Recipients,
    Visits,
    chosen,
    exit_codes,
    is_whole,
    one_of,
    said,
    show,
    show_data,
    spoken,
    whole_number,
)
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Text

if TYPE_CHECKING:
    from chiiki_tsusho.explaining.visit import Composition


def lookup(
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help="The month, 2016-04 or 201604.")
    ] = None,
    codes_asked: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE", help="Service codes of six characters, such as 781241."),
    ] = None,
    codes: Codes = None,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Show what each month has, and what it lacks, instead."),
    ] = False,
) -> None:
    """Print rows of the code table as CSV.

    Rows come in the order asked; without a CODE, all rows of the month. The columns are those of
    a table for --codes; rows that refer to rows left out are refused there. With --coverage, a
    table shows period by period which lengths of stay, additions and rates there are.
    """
    with exit_codes():
        from chiiki_tsusho.law.code_book import load_code_book, load_codes
        from chiiki_tsusho.law.code_rows import table_text

        if coverage:
            from chiiki_tsusho.command_line.coverage import coverage_text

            if month is not None or codes_asked:
                text = Text("--coverage shows every month; leave out --month and the codes")
                raise MisuseError(text)
            show(coverage_text(load_code_book(codes), bundled=codes is None, language=spoken()))
            return
        if month is None:
            raise MisuseError(Text("--month is missing; give it, or --coverage"))
        table = load_codes(month, path=codes)
        # Without a frame: loading pandas takes longer than all the rest.
        at = table.positions(codes_asked) if codes_asked else range(len(table.rows))
        show_data(table_text(table.rows[one] for one in at))


def explain(
    month: Month,
    minutes: Annotated[str, typer.Option(help="Length of the stay in minutes.", metavar="N")],
    care_level: Annotated[str | None, typer.Option(help="要介護度, 1 to 5.", metavar="N")] = None,
    service: Annotated[
        str,
        typer.Option(
            metavar="SERVICE",
            help="day_care, medical_day_care or short_medical_day_care.",
            autocompletion=one_of(*SERVICES),
        ),
    ] = "day_care",
    shortfall: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="over_capacity or understaffed.",
            autocompletion=one_of(*SHORTFALLS),
        ),
    ] = None,
    extended_hours: Annotated[
        str | None,
        typer.Option(
            metavar="0|1",
            help="1: the provider has registered 延長; 0: it has not. Needed for stays of 9 hours "
            "and more.",
            autocompletion=one_of("0", "1"),
        ),
    ] = None,
    additions: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="KEY[=N]",
            help="An addition and its count: bathing, no_transport=2. May be repeated.",
        ),
    ] = None,
    codes: Codes = None,
) -> None:
    """Explain the units of one visit, step by step.

    Prints its code, every step with its figure before and after rounding and its place in the
    law, and its lines. Ratios of the month's units are taken as if the visit were the only one.
    """
    with exit_codes():
        given = {
            "minutes": whole_number("--minutes", minutes, 0),
            "care_level": None
            if care_level is None
            else whole_number("--care-level", care_level, 1, 5),
            "service": chosen("--service", service, SERVICES),
            "shortfall": shortfall and chosen("--shortfall", shortfall, SHORTFALLS),
            "extended_hours": None
            if extended_hours is None
            else chosen("--extended-hours", extended_hours, ("0", "1")) == "1",
            "additions": _counts(additions or []),
        }
        from chiiki_tsusho.explaining.visit import Calculator, Visit
        from chiiki_tsusho.law.code_book import load_codes

        table = load_codes(month, path=codes)
        composition = Calculator(table, spoken()).compose(Visit.model_validate(given))
        show("\n".join(_sheet(composition)))


def _sheet(composition: Composition) -> list[str]:
    units = said(Text(" units"))
    lines = [f"{composition.code}  {composition.chain}{units}"]
    lines += [f"{number:3}. {step}" for number, step in enumerate(composition.steps, start=1)]
    for line in composition.lines:
        whole = line.units * line.count
        lines.append(f"{line.code}  {line.name}  {line.units} × {line.count} = {whole}")
    return [*lines, f"{said(Text('total'))} {composition.units}{units}"]


def _counts(additions: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text in additions:
        key, equals, count = text.partition("=")
        if equals and not is_whole(count):
            raise ChiikiTsushoError(
                Text("--with {text!r}: KEY or KEY=N was expected, N a whole number", text=text)
            )
        if key in counts:
            raise ChiikiTsushoError(
                Text("--with {key!r}: given twice; write the count as {key}=N", key=key)
            )
        counts[key] = int(count) if equals else 1
    return counts


def explain_claim(
    visits: Visits,
    insured: Annotated[str, typer.Option(metavar="NUMBER", help="被保険者番号 of the person.")],
    month: Annotated[str | None, typer.Option(metavar="MONTH", help="Only this month.")] = None,
    providers: Providers = None,
    recipients: Recipients = None,
    codes: Codes = None,
    encoding: Encoding = None,
    ignore_columns: IgnoreColumns = None,
) -> None:
    """Explain one person's claim, step by step.

    Prints its lines, each ratio with its basis and rounding, the limit, and the floors of the yen.
    """
    with exit_codes():
        if not insured.isprintable():
            raise ChiikiTsushoError(
                Text("--insured {number!r}: an insured number was expected", number=insured)
            )
        from chiiki_tsusho.explaining.claim import explain_claim as explained

        sheets = explained(
            visits,
            insured,
            month,
            providers,
            recipients,
            codes,
            encoding,
            spoken(),
            ignore_columns or (),
        )
        show("\n\n".join(str(sheet) for sheet in sheets))

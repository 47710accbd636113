"""The commands of the claim file of 国保連: written from a batch, audited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chiiki_tsusho.choices import QUOTES
from chiiki_tsusho.command_line.shared import (
    FOUND,
    BatchFolder,
    Codes,
    IgnoreColumns,
    NewFiles,
    chosen,
    exit_codes,
    file_option,
    one_of,
    say,
    show_frame,
    spoken,
)
from chiiki_tsusho.language import Counted, Text

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.exchange_files.writer import WrittenClaimFile

NEVER_TRIED = Text(
    "note: no file of this program was ever tried at a real 国保連; try it with the import test of "
    "your transmission software (伝送ソフト) first"
)


def claim_file_command(
    folder: BatchFolder,
    recipients: Annotated[
        Path,
        file_option(
            "The recipients of the claims, with birth_date, sex, certified_from and the other "
            "personal columns."
        ),
    ],
    review_month: Annotated[
        str,
        typer.Option(
            metavar="MONTH",
            help="The month in which 国保連 reviews the claim (処理対象年月), 2026-07.",
        ),
    ],
    output: NewFiles,
    quote: Annotated[
        str,
        typer.Option(
            metavar="|".join(QUOTES),
            help="Which items stand between quotation marks.",
            autocompletion=one_of(*QUOTES),
        ),
    ] = "minimal",
    medium: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="媒体区分: 1 伝送 (ISDN), 2 MO, 3 MT, 4 FD or CD-R, 5 帳票, 7 伝送 (Internet).",
        ),
    ] = "7",
    file_no: Annotated[
        str, typer.Option("--file-number", metavar="NUMBER", help="ファイル管理番号.")
    ] = "0",
    file_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Up to eight letters and digits, for a single file; without it J and the month.",
        ),
    ] = None,
    codes: Codes = None,
    ignore_columns: IgnoreColumns = None,
) -> None:
    """Write claims as claim files for 国保連 (7111 and 7131).

    One file for each provider and month of service, readable by its owner only. Where anything
    that a statement needs is missing or does not agree, it is listed by person and column on
    standard output and no file is written.

    Exit 0: all files written; 1: something is missing, nothing written; 2: wrong use or an
    unreadable input.
    """
    with exit_codes():
        marks = chosen("--quote", quote, QUOTES)
        from chiiki_tsusho.errors import ClaimFileError
        from chiiki_tsusho.exchange_files.writer import write_claim_file
        from chiiki_tsusho.months import parse_month
        from chiiki_tsusho.reports.batch_folder import read_held

        # Nothing is read once the files are there, that could still be refused.
        held = read_held(folder).rows
        try:
            files = write_claim_file(
                folder,
                recipients,
                review_month,
                output,
                quote=marks,
                medium=medium,
                file_no=file_no,
                file_name=file_name,
                codes=codes,
                language=spoken(),
                ignore_columns=ignore_columns or (),
            )
        except ClaimFileError as error:
            if error.problems is None:
                raise
            show_frame(error.problems)
            say(error.say(spoken()))
            raise typer.Exit(FOUND) from error
        _say_written(files, held, parse_month(review_month))
        say(NEVER_TRIED)


def _say_written(files: Sequence[WrittenClaimFile], held: int, review: int) -> None:
    """Say what each file claims, what is in none, and which months may be too old."""
    from chiiki_tsusho.months import last_review, month_text

    for one in files:
        say(
            Text(
                "{path}: provider {provider}, {statements}, {units:,} units, insurance "
                "{insurance:,} yen, public funds {public:,} yen",
                path=one.path,
                provider=one.provider_no,
                statements=Counted("{n:,} statement", "{n:,} statements", one.statements),
                units=one.units,
                insurance=one.insurance_yen,
                public=one.public_yen,
            )
        )
    if held:
        say(
            Counted(
                "note: {n:,} held visit of the batch is in no file",
                "note: {n:,} held visits of the batch are in no file",
                held,
            )
        )
    unmet = list(dict.fromkeys(number for one in files for number in one.levels_unmet))
    if unmet:
        say(
            Text(
                "note: recipients give a care_level that no visit of the month has for {persons}, "
                "first {insured}; the statement has that of the visits: see which is right",
                persons=Counted("{n:,} person", "{n:,} persons", len(unmet)),
                insured=unmet[0],
            )
        )
    barred = sorted({one.service_month for one in files if last_review(one.service_month) < review})
    if barred:
        say(
            Text(
                "note: claims are barred after two years from the first day of the third month "
                "after the service (介護保険法 第200条); see that they are not over for "
                "{months}",
                months=", ".join(map(month_text, barred)),
            )
        )


def audit_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Claim files (7111 and 7131) that are sent together, or the folder they are in.",
        ),
    ],
    page: Annotated[Path | None, file_option("Write a page of the audit as well.")] = None,
    codes: Codes = None,
) -> None:
    """Audit claim files without the visits they were made of.

    Form, sums, codes and units of the month, levels, counts, limit, ratios, price, floors, public
    funds and dates are computed again. Findings are written to standard output as CSV, each with
    what is there, what should be, the code 国保連 would return it with, and what to do.

    Exit 0: nothing found; 1: something found; 2: wrong use or an unreadable file.
    """
    with exit_codes():
        from chiiki_tsusho.exchange_files.audit import audit
        from chiiki_tsusho.whole_files import refuse_replacing

        if page is not None:
            refuse_replacing(page, (*files, codes), ".html")
        result = audit(list(files), codes, spoken())
        if len(result.findings):
            show_frame(result.findings)
        _say_hints(result.hints, several=len(result.files) > 1)
        say(result.summary)
        if page is not None:
            say(Text("wrote {page}", page=result.report(page, spoken())))
        if not result.clean:
            raise typer.Exit(FOUND)


def returns_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The list of returned claims (7411) as 国保連 sends it."
        ),
    ],
) -> None:
    """Say why claims came back from 国保連, and which input to correct.

    The list 請求明細書・給付管理票返戻(保留)一覧表 (7411) is read; each claim is written to
    standard output as CSV with its code in words. Names on the list are left out. Codes whose
    meaning no source establishes say so.

    Exit 0: no claim on the list; 1: claims came back or wait; 2: wrong use or an unreadable file.
    """
    with exit_codes():
        from chiiki_tsusho.exchange_files.returns import read_returns

        found = read_returns(file, spoken())
        show_frame(found)
        waiting = int(found["waiting"].sum())
        say(
            Text(
                "{returned} came back, {waiting} for 給付管理票",
                returned=Counted("{n:,} claim", "{n:,} claims", len(found) - waiting),
                waiting=Counted("{n:,} waits", "{n:,} wait", waiting),
            )
        )
        if len(found):
            raise typer.Exit(FOUND)


def _say_hints(hints: pd.DataFrame, *, several: bool) -> None:
    """Say once what may be right and should be looked at, how often, and where first."""
    for message, rows in hints.groupby("message", sort=False):
        if rows["line"].isna().all():
            say(Text("to look at: {message}", message=message))
            continue
        first = rows[rows["file"] == rows["file"].iloc[0]]
        told = {
            "count": Counted("{n:,} line", "{n:,} lines", len(rows)),
            "line": first["line"].min(),
            "message": message,
        }
        if several:
            file = rows["file"].iloc[0]
            say(
                Text(
                    "to look at ({count}, first {file}, line {line}): {message}", file=file, **told
                )
            )
        else:
            say(Text("to look at ({count}, first line {line}): {message}", **told))

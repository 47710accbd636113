"""The command line: words and exit codes.

Data goes to standard output or into a folder, words to standard error.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chiiki_tsusho import __version__
from chiiki_tsusho.command_line import first_steps as cli_demo
from chiiki_tsusho.command_line import report_command as cli_report
from chiiki_tsusho.command_line import reports as cli_compare
from chiiki_tsusho.command_line import tables as cli_tables
from chiiki_tsusho.command_line.collector import resting_collector
from chiiki_tsusho.command_line.misuse import Commands, one_of, said, say_error, spoken
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import LANGUAGES, Counted, Language, Sayable, Text

if TYPE_CHECKING:
    from chiiki_tsusho.batch import FileBatch
    from chiiki_tsusho.claims.results import Progress, Summary
    from chiiki_tsusho.language import Language

ALL_WRITTEN, SOMETHING_HELD, WRONG_USE, STOPPED = 0, 1, 2, 130
# Work that lasts no longer than this shows no progress bar.
QUIET_SECONDS = 1.0
PROBLEMS_SHOWN = 5
STAGES = {
    "reading": Text("reading"),
    "claims": Text("claims"),
    "held rows": Text("held rows"),
}

app = typer.Typer(
    cls=Commands,
    help="Claims of community day care (地域密着型通所介護): service codes, units, yen.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Month = Annotated[str, typer.Option(metavar="MONTH", help="The month, 2016-04 or 201604.")]
Codes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A code table in the layout of service_codes.csv, in the place of the bundled one.",
        show_default=False,
    ),
]


Headings = Annotated[
    str,
    typer.Option(
        metavar="en|ja", help="Language of the headings.", autocompletion=one_of(*LANGUAGES)
    ),
]
_CHOICES = {
    "service": Text("day_care or medical_day_care was expected"),
    "shortfall": Text("over_capacity or understaffed was expected"),
}
_NOT_RIGHT = Text("the value is not right")


def say(what: str | Sayable) -> None:
    """Write words to standard error, in the language of the run."""
    typer.echo(said(what), err=True)


@contextmanager
def _words() -> Iterator[None]:
    """Turn errors into one line on standard error and an exit code."""
    try:
        yield
    except ChiikiTsushoError as error:
        say_error(error)
        raise typer.Exit(WRONG_USE) from error
    except KeyboardInterrupt:
        say(Text("stopped; nothing of this run was written"))
        raise typer.Exit(STOPPED) from None
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        # Python would leave with 1, which says that claims were written and some are held.
        from traceback import print_exception

        print_exception(error)
        say_error(
            Text("a fault of this program; nothing of this run was written; please report it")
        )
        raise typer.Exit(WRONG_USE) from error


def _stop(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _language(asked: str) -> Language:
    for language in LANGUAGES:
        if asked == language:
            return language
    raise ChiikiTsushoError(Text("--headings {asked!r} is unknown; en or ja", asked=asked))


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"chiiki-tsusho {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[  # noqa: ARG001 (its callback answers)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    language: Annotated[  # noqa: ARG001 (taken before any command is read)
        str | None,
        typer.Option(
            "--lang",
            metavar="en|ja",
            autocompletion=one_of(*LANGUAGES),
            help="Language of the messages, before or after any command; else that of the locale.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Set up what every command shares."""
    # A stop from outside must clean up as Ctrl-C does.
    signal.signal(signal.SIGTERM, _stop)


@app.command()
def claim(
    visits: Annotated[
        Path, typer.Argument(metavar="VISITS", help="One row per visit, CSV or Parquet.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for the results.")],
    providers: Annotated[
        Path | None, typer.Option(help="One row per provider.", show_default=False)
    ] = None,
    recipients: Annotated[
        Path | None, typer.Option(help="One row per insured person.", show_default=False)
    ] = None,
    codes: Codes = None,
    file_format: Annotated[
        str,
        typer.Option("--format", help="csv or parquet.", autocompletion=one_of("csv", "parquet")),
    ] = "csv",
    encoding: Annotated[
        str | None,
        typer.Option(help="utf-8 or cp932; without it both are tried.", show_default=False),
    ] = None,
    headings: Headings = "en",
) -> None:
    """Compute the claims of a file of visits.

    Writes claim_lines, claims, problems and held_visits into the folder. Exit code 0: all claims
    written; 1: something is held; 2: wrong use or an unreadable file, nothing written.
    """
    with resting_collector(), _words():
        if file_format not in ("csv", "parquet"):
            raise ChiikiTsushoError(
                Text("--format {file_format!r} is unknown; csv or parquet", file_format=file_format)
            )
        from chiiki_tsusho.batch import claim_files

        with _progress() as progress:
            batch = claim_files(
                visits,
                output,
                providers,
                recipients,
                codes,
                "parquet" if file_format == "parquet" else "csv",
                encoding,
                spoken(),
                progress,
                _language(headings),
            )
        _say_result(batch, file_format)
    if batch.summary.held_visits:
        raise typer.Exit(SOMETHING_HELD)


def _say_result(batch: FileBatch, file_format: str) -> None:
    from chiiki_tsusho.problems import place_text

    summary = batch.summary
    for row in batch.problem_table.slice(0, PROBLEMS_SHOWN).to_pylist():
        place = place_text(row["file"], row["line"], row["column"], spoken())
        say(f"{place}: {row['rule']}: {row['message']}")
    more = batch.problem_table.num_rows - PROBLEMS_SHOWN
    if more > 0:
        file = batch.folder / f"problems.{file_format}"
        say(Text("… and {more:,} more in {file}", more=more, file=file))
    for count, why in _blank_yen(summary):
        say(
            Counted(
                "note: yen left blank in {n:,} claim: {why}",
                "note: yen left blank in {n:,} claims: {why}",
                count,
                why=why,
            )
        )
    say(_closing_line(summary, batch.folder))


def _closing_line(summary: Summary, folder: Path) -> Text:
    visits = Counted("{n:,} visit", "{n:,} visits", summary.visits)
    claims = Counted("{n:,} claim", "{n:,} claims", summary.claims)
    units = Counted("{n:,} unit", "{n:,} units", summary.units)
    unknown = summary.without_price + summary.without_rate
    yen = Text("{yen:,} yen", yen=summary.yen)
    if unknown and unknown == summary.claims:
        yen = Text("yen blank")
    elif unknown:
        yen = Counted(
            "{yen:,} yen (of {n:,} claim)",
            "{yen:,} yen (of {n:,} claims)",
            summary.claims - unknown,
            yen=summary.yen,
        )
    held: Text = Counted("{n:,} row held", "{n:,} rows held", summary.held_visits)
    if summary.held_visits:
        held = Text("{held} (correct them in held_visits and submit that file again)", held=held)
    return Text(
        "{visits}: {claims}, {units}, {yen}; {held}; files in {folder}",
        visits=visits,
        claims=claims,
        units=units,
        yen=yen,
        held=held,
        folder=folder,
    )


def _blank_yen(summary: Summary) -> list[tuple[int, Text]]:
    notes = (
        (
            summary.without_price,
            Text("no area_grade is known (give --providers with area_grade)"),
        ),
        (
            summary.without_rate,
            Text("no benefit_rate is known (give --recipients with benefit_rate)"),
        ),
    )
    return [(count, why) for count, why in notes if count]


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a bar on standard error, where that is a terminal and the work lasts over a second."""
    if not sys.stderr.isatty():
        yield None
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    started = monotonic()
    task = bar.add_task(said(STAGES["reading"]))

    def show(stage: str, done: int, whole: int) -> None:
        if not bar.live.is_started and monotonic() - started > QUIET_SECONDS:
            bar.start()
        bar.update(task, description=said(STAGES.get(stage, stage)), completed=done, total=whole)

    try:
        yield show
    finally:
        bar.stop()


@app.command()
def lookup(
    month: Month,
    codes_asked: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE", help="Service codes of six characters, such as 781241."),
    ] = None,
    codes: Codes = None,
) -> None:
    """Print rows of the code table as CSV.

    Rows come in the order asked; without a CODE, all rows of the month. The output can be given
    back with --codes.
    """
    with _words():
        from chiiki_tsusho.law.code_rows import COLUMNS
        from chiiki_tsusho.law.code_table import load_codes

        table = load_codes(month, path=codes)
        frame = table.lookup(codes_asked) if codes_asked else table.frame
        text = frame[list(COLUMNS)].to_csv(index=False, lineterminator="\n")
        # A table is UTF-8, whatever the encoding of the terminal.
        typer.echo(text if sys.stdout.isatty() else text.encode(), nl=False)


@app.command()
def explain(
    month: Month,
    minutes: Annotated[int, typer.Option(help="Length of the stay.", metavar="N", min=0)],
    care_level: Annotated[
        int | None,
        typer.Option(help="要介護度, 1 to 5.", metavar="N", min=1, max=5, show_default=False),
    ] = None,
    service: Annotated[
        str,
        typer.Option(
            help="day_care or medical_day_care.",
            autocompletion=one_of("day_care", "medical_day_care"),
        ),
    ] = "day_care",
    shortfall: Annotated[
        str | None,
        typer.Option(
            help="over_capacity or understaffed.",
            show_default=False,
            autocompletion=one_of("over_capacity", "understaffed"),
        ),
    ] = None,
    additions: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="KEY[=N]",
            help="An addition and its count: bathing, no_transport=2. May be repeated.",
            show_default=False,
        ),
    ] = None,
    codes: Codes = None,
) -> None:
    """Explain the units of one visit, step by step.

    Prints its code, every step with its figure before and after rounding and its place in the
    law, and its lines. Ratios of the month's units are taken as if the visit were the only one.
    """
    with _words():
        from pydantic import ValidationError

        from chiiki_tsusho.explaining.visit import Calculator, Visit
        from chiiki_tsusho.law.code_table import load_codes

        table = load_codes(month, path=codes)
        try:
            visit = Visit.model_validate(
                {
                    "minutes": minutes,
                    "care_level": care_level,
                    "service": service,
                    "shortfall": shortfall or None,
                    "additions": _counts(additions or []),
                }
            )
        except ValidationError as error:
            for one in error.errors():
                name = str(one["loc"][0])
                option, given = name.replace("_", "-"), one["input"]
                choices = _CHOICES.get(name, _NOT_RIGHT)
                say_error(
                    Text(
                        "--{option} {given!r}: {choices}",
                        option=option,
                        given=given,
                        choices=choices,
                    )
                )
            raise typer.Exit(WRONG_USE) from error
        composition = Calculator(table, spoken()).compose(visit)
        units = said(Text(" units"))
        typer.echo(f"{composition.code}  {composition.chain}{units}")
        for number, step in enumerate(composition.steps, start=1):
            typer.echo(f"{number:3}. {step}")
        for line in composition.lines:
            whole = line.units * line.count
            typer.echo(f"{line.code}  {line.name}  {line.units} × {line.count} = {whole}")
        typer.echo(f"{said(Text('total'))} {composition.units}{units}")


def _counts(additions: list[str]) -> dict[str, int]:
    counts = {}
    for text in additions:
        key, equals, count = text.partition("=")
        if equals and not count.isdecimal():
            raise ChiikiTsushoError(
                Text("--with {text!r}: KEY or KEY=N was expected, N a whole number", text=text)
            )
        if key in counts:
            raise ChiikiTsushoError(
                Text("--with {key!r}: given twice; write the count as {key}=N", key=key)
            )
        counts[key] = int(count) if equals else 1
    return counts


@app.command("explain-claim")
def explain_claim(
    visits: Annotated[
        Path, typer.Argument(metavar="VISITS", help="One row per visit, CSV or Parquet.")
    ],
    insured: Annotated[str, typer.Option(help="被保険者番号 of the person.")],
    month: Annotated[str | None, typer.Option(help="Only this month.", show_default=False)] = None,
    providers: Annotated[
        Path | None, typer.Option(help="One row per provider.", show_default=False)
    ] = None,
    recipients: Annotated[
        Path | None, typer.Option(help="One row per insured person.", show_default=False)
    ] = None,
    codes: Codes = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="utf-8 or cp932; without it both are tried.", show_default=False),
    ] = None,
) -> None:
    """Explain one person's claim, step by step.

    Prints its lines, each ratio with its basis and rounding, the limit, and the floors of the yen.
    """
    with _words():
        from chiiki_tsusho.explaining.claim import explain_claim as explained

        sheets = explained(visits, insured, month, providers, recipients, codes, encoding, spoken())
        typer.echo("\n\n".join(str(sheet) for sheet in sheets))


@app.command()
def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    month: Annotated[
        str | None,
        typer.Option(help="Only the additions of that month.", show_default=False),
    ] = None,
    codes: Codes = None,
    headings: Headings = "en",
) -> None:
    """Write input files with every heading and an example row.

    Writes visits.csv, providers.csv and recipients.csv, and dictionary.csv, which says in both
    languages what each column holds. Files that are there already are not touched.
    """
    with _words():
        from chiiki_tsusho.writing.templates import write_templates

        for path in write_templates(folder, month, codes, _language(headings)):
            say(Text("wrote {path}", path=path))
        say(
            Text(
                "line 2 of each file is an example: put your rows in its place, then give the "
                "files to chiiki-tsusho claim"
            )
        )


for commands in (cli_demo, cli_tables, cli_compare, cli_report):
    commands.register(app)

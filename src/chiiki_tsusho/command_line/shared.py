"""What all commands share: what is said in which language, exit codes, progress, options."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, TypeVar

import typer

from chiiki_tsusho.command_line.stops import STOPPED, settle, stopped
from chiiki_tsusho.errors import ChiikiTsushoError, why_not
from chiiki_tsusho.language import (
    LANGUAGES,
    Language,
    Sayable,
    Text,
    in_language,
    listed,
    without_controls,
)
from chiiki_tsusho.whole_files import Placed

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.claims.results import Progress

# 0: all is done, nothing held or found. The last is told as shells do: 128 and the signal.
FOUND, WRONG_USE, READER_GONE = 1, 2, 141
# Work that lasts no longer than this shows no progress bar.
QUIET_SECONDS = 1.0
ERROR = Text("error")
# What a library that cannot be loaded, and a thread that cannot be started, say without memory.
_LACKS = ("failed to map segment", "cannot allocate memory", "can't start new thread")
Choice = TypeVar("Choice", bound=str)
# The largest whole number an option takes; none that means anything is longer.
_LARGEST = 999_999_999
STAGES = {
    "reading": Text("reading"),
    "claims": Text("claims"),
    "held rows": Text("held rows"),
}

_spoken: Language = "en"


def spoken() -> Language:
    """Return the language of this run."""
    return _spoken


def speak(language: Language) -> None:
    """Set the language of this run."""
    global _spoken
    _spoken = language


def said(what: str | Sayable) -> str:
    """Write something in the language of this run."""
    return in_language(what, _spoken)


def say(what: str | Sayable) -> None:
    """Write words to standard error; where nobody can hear them, the work goes on."""
    try:
        _write(sys.stderr, without_controls(said(what)) + "\n")
    except (OSError, ValueError):
        # What is left in the stream would be tried again, and change the exit code, at the end.
        sys.stderr = _nowhere()


def say_error(what: str | Sayable) -> None:
    """Write an error to standard error, each line of it marked as one."""
    for line in said(what).splitlines():
        say(f"{said(ERROR)}: {line}")


def show(text: str | Sayable) -> None:
    """Write an answer for people to standard output."""
    _write(sys.stdout, without_controls(said(text)) + "\n")


def show_data(text: str) -> None:
    """Write a table or JSON to standard output: UTF-8, unless it is a terminal that reads it."""
    if sys.stdout is not None and sys.stdout.isatty():
        _write(sys.stdout, without_controls(text))
    else:
        typer.echo(text.encode(), nl=False)


def show_frame(frame: pd.DataFrame) -> None:
    """Write what is told of exchanged files to standard output as CSV, headed in its language.

    What a spreadsheet would run as a formula has an apostrophe before it.
    """
    from chiiki_tsusho.exchange_files.headings import headed
    from chiiki_tsusho.writing.table_writers import guarded

    show_data(headed(guarded(frame), spoken()).to_csv(index=False, lineterminator="\n"))


def _write(stream: TextIO | None, text: str) -> None:
    # A program without a console has no streams.
    if stream is not None:
        stream.write(text)
        stream.flush()


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def settle_output() -> None:
    """Make standard output take Japanese, whatever its encoding."""
    out = sys.stdout
    # In the locale C it refuses all but the bytes of file names.
    refusing = ("strict", "surrogateescape")
    if out is None or not hasattr(out, "reconfigure") or out.errors not in refusing:
        return
    try:
        "単位".encode(out.encoding)
    except UnicodeEncodeError:
        # Into a file or another program goes what any of them can read.
        if not out.isatty():
            out.reconfigure(encoding="utf-8")
    out.reconfigure(errors="backslashreplace")


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn errors into lines on standard error and an exit code; leave the collector at rest.

    Python's garbage collector would walk every module again and again while they are imported,
    and once more at the end; a command has next to no cycles for it to find.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    except ChiikiTsushoError as error:
        say_error(error)
        raise typer.Exit(WRONG_USE) from error
    except KeyboardInterrupt:
        raise _end_of_stop() from None
    except BrokenPipeError:
        _let_go_of_output()
        raise typer.Exit(READER_GONE) from None
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else said(Text("standard output"))
        told = Text("{path}: cannot be used: {why}", path=where, why=why_not(error))
        if Placed.any:
            told = Text("{told}; {written}", told=told, written=_written())
        say_error(told)
        _let_go_of_output()
        raise typer.Exit(WRONG_USE) from error
    except typer.Exit:
        raise
    except Exception as error:
        if stopped():
            raise _end_of_stop() from None
        if isinstance(error, MemoryError) or any(text in str(error) for text in _LACKS):
            say_error(Text("there is not enough memory; {written}", written=_written()))
            raise typer.Exit(WRONG_USE) from error
        # Python would leave with 1, which says that something is held or found.
        from traceback import format_exception

        say("".join(format_exception(error)).rstrip())
        say_error(Text("a fault of this program; {written}; please report it", written=_written()))
        raise typer.Exit(WRONG_USE) from error
    finally:
        if collects:
            gc.freeze()
            gc.enable()


def _end_of_stop() -> typer.Exit:
    settle()
    say(Text("stopped; {written}", written=_written()))
    return typer.Exit(STOPPED)


def _written() -> Text:
    """Say whether files of this run are in their place, whatever ended it."""
    if Placed.any:
        return Text("files of this run are there already")
    return Text("nothing of this run was written")


def _let_go_of_output() -> None:
    """Keep Python from writing at the end what could not be written."""
    sys.stdout = _nowhere()


@contextmanager
def progress() -> Iterator[Progress | None]:
    """Show a bar on standard error, where that is a terminal and the work lasts over a second."""
    if sys.stderr is None or not sys.stderr.isatty():
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

    def show_stage(stage: str, done: int, whole: int) -> None:
        if not bar.live.is_started and monotonic() - started > QUIET_SECONDS:
            bar.start()
        bar.update(task, description=said(STAGES.get(stage, stage)), completed=done, total=whole)

    try:
        yield show_stage
    finally:
        bar.stop()


def one_of(*choices: str) -> Callable[[], list[str]]:
    """Return what the shell asks to complete a value."""
    return lambda: list(choices)


def chosen(option: str, value: str, choices: tuple[Choice, ...]) -> Choice:
    """Return the value of an option that takes one of a few.

    Raises
    ------
    ChiikiTsushoError
        It is none of them.
    """
    for one in choices:
        if value == one:
            return one
    raise ChiikiTsushoError(
        Text(
            "{option} {value!r} is unknown; {choices}",
            option=option,
            value=value,
            choices=either(choices),
        )
    )


def either(choices: Sequence[str]) -> Sayable:
    """Name choices, the last after an or."""
    *first, last = choices
    return (
        Text("{first} or {last}", first=listed(first), last=last)
        if first
        else Text("{last}", last=last)
    )


def language_of_headings(asked: str | None) -> Language:
    """Return the language that ``--headings`` asks for, else that of the run."""
    return spoken() if asked is None else chosen("--headings", asked, LANGUAGES)


def file_option(words: str) -> typer.models.OptionInfo:
    """Declare an option that takes a file and may be left out."""
    option: typer.models.OptionInfo = typer.Option(metavar="FILE", help=words)
    return option


Month = Annotated[str, typer.Option(metavar="MONTH", help="The month, 2016-04 or 201604.")]
Visits = Annotated[
    list[Path],
    typer.Argument(
        metavar="VISITS",
        help="One row per visit: CSV, Excel or Parquet files, a folder or a pattern.",
    ),
]
BatchFolder = Annotated[Path, typer.Argument(metavar="DIR", help="What the claim command wrote.")]
NewFiles = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="The folder for the files.")
]
Providers = Annotated[Path | None, file_option("One row per provider.")]
Recipients = Annotated[Path | None, file_option("One row per insured person.")]
Codes = Annotated[
    Path | None,
    file_option(
        "A code table in the layout of service_codes.csv, in the place of the bundled one; "
        "or, after a first line extends,bundled, rows laid over it."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="utf-8, cp932 or utf-16; without it all are tried."),
]
IgnoreColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-column", metavar="HEADING", help="A column to be left unread. May be repeated."
    ),
]
Headings = Annotated[
    str | None,
    typer.Option(
        metavar="en|ja",
        help="Language of the headings; without it, that of the messages.",
        autocompletion=one_of(*LANGUAGES),
    ),
]


def is_whole(text: str) -> bool:
    """Say whether a value on the command line is a whole number."""
    return text.isdecimal() and len(text) <= len(str(_LARGEST))


def whole_number(option: str, text: str, least: int, most: int = _LARGEST) -> int:
    """Read the value of an option that is a whole number.

    Raises
    ------
    ChiikiTsushoError
        It is none, or out of range.
    """
    if is_whole(text) and least <= int(text) <= most:
        return int(text)
    if most == _LARGEST:
        why = Text("a whole number from {least} on was expected", least=least)
    else:
        why = Text("a whole number from {least} to {most} was expected", least=least, most=most)
    raise ChiikiTsushoError(Text("{option} {text!r}: {why}", option=option, text=text, why=why))

"""The command line: all commands, and what is set up for every one of them.

Data goes to standard output or into a folder, words to standard error.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Annotated, Any

import typer

from chiiki_tsusho.command_line import (
    care_plans,
    claim,
    claim_file,
    duties,
    explain,
    first_steps,
    papers,
    reports,
    tables,
)
from chiiki_tsusho.command_line.misuse import OPTION, Command, Commands
from chiiki_tsusho.command_line.shared import one_of, show
from chiiki_tsusho.language import LANGUAGES
from chiiki_tsusho.version import __version__


class Application(typer.Typer):
    """All commands, whose help and misuse speak the language of the run."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Add a command."""
        return super().command(name, cls=Command, **settings)


app = Application(
    cls=Commands,
    help="Claims of community day care (地域密着型通所介護): service codes, units, yen.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _stop(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _version(asked: bool) -> None:
    if asked:
        show(f"chiiki-tsusho {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[  # noqa: ARG001 (its callback answers)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    language: Annotated[  # noqa: ARG001 (taken before any command is read)
        str | None,
        typer.Option(
            OPTION,
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
    # A terminal that is closed stops the run as well, unless it was started with nohup.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _stop)


_GROUPS = (
    claim, explain, first_steps, tables, reports, papers, claim_file, care_plans, duties,
)  # fmt: skip
for commands in _GROUPS:
    commands.register(app)

"""The command line: all commands, and what is set up for every one of them.

Data goes to standard output or into a folder, words to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer

from chiiki_tsusho.command_line.misuse import OPTION, Application, Commands
from chiiki_tsusho.command_line.shared import one_of, show
from chiiki_tsusho.command_line.stops import interrupt_when_stopped
from chiiki_tsusho.language import LANGUAGES
from chiiki_tsusho.version import __version__

# The module of this room that has a command, and its function or group, in the order of the help.
HOMES = {
    "claim": "claim.claim",
    "lookup": "explain.lookup",
    "explain": "explain.explain",
    "explain-claim": "explain.explain_claim",
    "template": "first_steps.template",
    "demo": "first_steps.demo",
    "import-workbook": "tables.import_workbook_command",
    "import-master": "tables.import_master_command",
    "check-table": "tables.check_table_command",
    "compare": "reports.compare_command",
    "report": "reports.report_command",
    "statements": "papers.statements_command",
    "claim-file": "claim_file.claim_file_command",
    "audit": "claim_file.audit_command",
    "returns": "claim_file.returns_command",
    "from-plan": "care_plans.from_plan_command",
    "to-plan": "care_plans.to_plan_command",
    "duties": "duties.duties",
}
# To look for plugins of pydantic among all that is installed takes longer than to price a visit.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
# NumPy's library for matrices, which are multiplied nowhere here, would start threads that turn
# idly for a tenth of a second.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class _Homes(Mapping[str, Any]):
    """All commands by name; a module is imported when a command of it is asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name not in HOMES:
                raise KeyError(name)
            module, _, part = HOMES[name].partition(".")
            found = getattr(import_module(f"chiiki_tsusho.command_line.{module}"), part)
            alone = Application(callback=lambda: None)
            if isinstance(found, Application):
                alone.add_typer(found, name=name)
            else:
                alone.command(name)(found)
            group: Any = typer.main.get_command(alone)
            self._known |= group.commands
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


class AllCommands(Commands):
    """The commands of all modules of this room."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Homes()


app = Application(
    cls=AllCommands,
    help="Claims of community day care (地域密着型通所介護): service codes, units, yen.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
        ),
    ] = None,
) -> None:
    """Set up what every command shares."""
    interrupt_when_stopped()

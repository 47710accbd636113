"""The command that computes the example month: words and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chiiki_tsusho.language import Text

# Of the example: a person whose month comes to more than planned.
SHOWN_PERSON = "0000100053"


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("demo")(demo_command)


def demo_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the example goes.")] = Path(
        "chiiki-tsusho-demo"
    ),
) -> None:
    """Compute the example month that comes with the program.

    Copies the example files into DIR, computes their claims into DIR/claims and says what to try
    next. Every number in the files is invented. Opens nothing and asks nothing.
    """
    # Shared with the other commands; here, since that module takes this command in.
    from chiiki_tsusho.command_line.app import _say_result, _words, say
    from chiiki_tsusho.command_line.misuse import spoken

    with _words():
        from chiiki_tsusho.command_line.demo import CLAIMS, write_demo

        batch = write_demo(folder, spoken())
        _say_result(batch, "csv")
        say(
            Text(
                "The claims are in {folder}: claims.csv (one row per claim) and claim_lines.csv "
                "(one row per code).",
                folder=folder / CLAIMS,
            )
        )
        files = {name: _quoted(folder / f"{name}.csv") for name in ("visits", "faulty_visits")}
        for title, command in (
            (
                Text("Why one of the claims is what it is:"),
                f"explain-claim {files['visits']} --insured {SHOWN_PERSON} {_registers(folder)}",
            ),
            (
                Text("The same month with mistakes, what is held and why:"),
                f"claim {files['faulty_visits']} -o {_quoted(folder / 'held')} "
                f"{_registers(folder, 'faulty_')}",
            ),
            (
                Text("Files for a month of your own:"),
                f"template {_quoted(folder / 'my-month')}"
                + (" --headings ja" if spoken() == "ja" else ""),
            ),
        ):
            say(title)
            say(f"  chiiki-tsusho {command}")


def _registers(folder: Path, prefix: str = "") -> str:
    return " ".join(
        f"--{name} {_quoted(folder / f'{prefix}{name}.csv')}"
        for name in ("providers", "recipients")
    )


def _quoted(path: Path) -> str:
    """Write a path as every shell takes it."""
    return f'"{path}"' if " " in str(path) else str(path)

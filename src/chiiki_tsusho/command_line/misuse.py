"""All commands together: their help, and what is said when they are called wrongly."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from inspect import get_annotations
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from chiiki_tsusho.command_line.help_page import help_page, named
from chiiki_tsusho.command_line.shared import (
    WRONG_USE,
    exit_codes,
    said,
    say,
    say_error,
    settle_output,
    speak,
    spoken,
)
from chiiki_tsusho.command_line.stops import settle, speak_when_stopped
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import LANGUAGES, Joined, Sayable, Text, default_language
from chiiki_tsusho.whole_files import Placed

OPTION = "--lang"
# An example of help, in columns, so that with its indent the line ends before the 80th.
_EXAMPLE_WIDTH = 76
# What typer raises for wrong words; it gives these classes no public name.
_TYPER_ERRORS: Any = sys.modules[typer.BadParameter.__module__]

NEXT_STEPS = Text("""First steps:
  chiiki-tsusho demo                  compute the example month and look at it
  chiiki-tsusho template DIR          files to fill in, with an example row
  chiiki-tsusho claim VISITS -o DIR   compute the claims of your own file
  chiiki-tsusho COMMAND --help        what a command takes, with an example""")
EXAMPLES = {
    "claim": "claim visits.csv -o claims --providers providers.csv --recipients recipients.csv",
    "lookup": "lookup 781241 785301 --month 2016-04",
    "explain": "explain --month 2016-04 --minutes 150 --care-level 5 --with bathing",
    "explain-claim": "explain-claim visits.csv --insured 0000100053 --providers providers.csv",
    "template": "template my-month --headings ja",
    "demo": "demo",
    "import-workbook": "import-workbook table.xlsx --valid-from 2026-06 -o codes.csv",
    "import-master": "import-master master.csv -o codes.csv",
    "check-table": "check-table codes.csv",
    "compare": "compare visits.csv --month 2017-03 --month 2017-04",
    "report": "report claims",
    "duties check": "duties check meetings.csv --offices offices.csv",
    "duties plan": "duties plan offices.csv --year 2026 --meetings meetings.csv -o plan",
    "duties write": "duties write minutes --offices offices.csv --meetings meetings.csv -o m.docx",
    "duties rules": "duties rules adachi --service day_care",
    "duties template": "duties template registers --headings ja",
    "claim-file": "claim-file claims --recipients recipients.csv --review-month 2016-05 -o sending",
    "audit": "audit sending/J201604.CSV",
    "returns": "returns returned.csv",
    "from-plan": "from-plan UPPLAN.CSV UPSIKYU.CSV -o month",
    "to-plan": "to-plan visits.csv --recipients recipients.csv -o results",
    "statements": "statements claims --recipients recipients.csv -o papers.html",
}
_NEXT = {
    "claim": Text(
        "Then: correct the files you gave as problems says, and run the same command again; "
        "'explain-claim' shows how a claim comes about."
    ),
    "template": Text("Then: put your rows in place of the examples and give the files to 'claim'."),
}
_LANGUAGE_NOTE = Text("Messages in Japanese: {option} ja, with any command.", option=OPTION)


class MisuseError(ChiikiTsushoError):
    """Words that are no command as they stand."""


class Command(TyperCommand):
    """One command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of help."""
        formatter.write(_page(self, ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words apart; one more than the command takes is misuse."""
        ctx.allow_extra_args = True
        with _of_command(ctx):
            rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise MisuseError(Text("unexpected argument: {words}", words=" ".join(rest)))
        return rest


class Group(TyperGroup):
    """Several commands under one name."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of help."""
        formatter.write(_page(self, ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words before the command apart."""
        with _of_command(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is asked for."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            near = get_close_matches(name, self.commands)
            raise MisuseError(_with_hint(Text("there is no command {name!r}", name=name), near))
        return super().resolve_command(ctx, args)


class Application(typer.Typer):
    """Commands whose help and misuse speak the language of the run."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Add a command.

        Whether a path may be read is for who reads it to say, by its name and with the reason.
        """
        add = super().command(name, cls=Command, **settings)

        def added(function: Callable[..., Any]) -> Any:
            # Evaluated once, so that what is set here is what typer finds.
            function.__annotations__ = get_annotations(function, eval_str=True)
            for kind in function.__annotations__.values():
                for words in getattr(kind, "__metadata__", ()):
                    words.readable = False
            return add(function)

        return added


class Commands(Group):
    """All commands: takes ``--lang`` before or after any of them, says what to do after misuse."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Settle the language, then read the options that stand before the command."""
        settle_output()
        # Typer adds this option when all else is made.
        for one in self.params:
            if one.name == "install_completion":
                one.callback = _install_completion
        lenient = bool(extra.get("resilient_parsing"))
        with exit_codes(), _explained(lambda: info_name or ""):
            args = self._without_language(args, lenient)
            speak_when_stopped(spoken())
            if not lenient and any(_is_empty(one) for one in args):
                raise MisuseError(
                    Text("an argument is empty: a variable of the shell may not be set")
                )
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            with exit_codes(), _explained(partial(_path, ctx)):
                return super().invoke(ctx)
        finally:
            settle()

    def _main_shell_completion(self, *given: Any, **named: Any) -> None:
        """Answer a shell that completes a line, which typer does outside of any command."""
        try:
            with exit_codes():
                super()._main_shell_completion(*given, **named)
        except typer.Exit as end:
            sys.exit(end.exit_code)

    def _without_language(self, args: list[str], lenient: bool) -> list[str]:
        """Take ``--lang`` out of the words and set the language; the shell asks of half a line."""
        speak(default_language())
        Placed.any = False
        rest: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                rest += [word, *words]
            elif word == OPTION or word.startswith(f"{OPTION}="):
                asked = next(words, "") if word == OPTION else word.removeprefix(f"{OPTION}=")
                if asked not in LANGUAGES and lenient:
                    rest.append(word)
                else:
                    _speak_as_asked(asked)
            else:
                rest.append(word)
        return rest


def _path(ctx: Any) -> str:
    """Return the words that call the command which was asked for."""
    return f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip()


def _is_empty(word: str) -> bool:
    return not word or (word.startswith("--") and word.endswith("="))


@contextmanager
def _of_command(ctx: Any) -> Iterator[None]:
    """Say of a misuse, where typer does not, in which command it is."""
    try:
        yield
    except _TYPER_ERRORS.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


def _speak_as_asked(asked: str) -> None:
    for language in LANGUAGES:
        if asked == language:
            speak(language)
            return
    say_error(Text("{option} {asked!r}: en or ja was expected", option=OPTION, asked=asked))
    raise typer.Exit(WRONG_USE)


@contextmanager
def _explained(command: Callable[[], str]) -> Iterator[None]:
    """Say what was misused, and where the help is."""
    try:
        yield
    except _TYPER_ERRORS.NoArgsIsHelpError as error:
        say(error.ctx.get_help())
        raise typer.Exit(WRONG_USE) from error
    except MisuseError as error:
        _say_misuse(error, command())
        raise typer.Exit(WRONG_USE) from error
    except _TYPER_ERRORS.UsageError as error:
        _say_misuse(_misused(error), error.ctx.command_path)
        raise typer.Exit(WRONG_USE) from error


def _say_misuse(what: Sayable, path: str) -> None:
    say_error(what)
    say(Text("'{command} --help' shows how to use it", command=path))


def _misused(error: Any) -> Sayable:
    """Say what a misuse is by the kind of its error, whatever typer would say."""
    if isinstance(error, _TYPER_ERRORS.NoSuchOption):
        text = Text("there is no option {name!r}", name=error.option_name)
        return _with_hint(text, sorted(error.possibilities or ()))
    if isinstance(error, _TYPER_ERRORS.MissingParameter):
        return Text("{parameter} is missing", parameter=_named(error.param))
    if isinstance(error, _TYPER_ERRORS.BadOptionUsage):
        flags = {
            name
            for one in error.ctx.command.params
            if getattr(one, "is_flag", False)
            for name in one.opts
        }
        if error.option_name in flags:
            return Text("option {name} takes no value", name=error.option_name)
        return Text("option {name} needs a value", name=error.option_name)
    if isinstance(error, _TYPER_ERRORS.BadParameter):
        return Text("{parameter}: the value is not right", parameter=_named(error.param))
    return Text("a command is missing")


def _with_hint(what: Sayable, near: Sequence[str]) -> Sayable:
    if not near:
        return what
    return Joined((what, Text("; did you mean {near}?", near=Joined(near, Text(" or ")))))


def _named(parameter: Any) -> Sayable:
    if parameter.param_type_name == "argument":
        return Text("argument {name}", name=named(parameter))
    return Text("option {name}", name=" / ".join(parameter.opts))


def _install_completion(ctx: Any, _parameter: Any, asked: Any) -> Any:
    if not asked or ctx.resilient_parsing:
        return asked
    # Typer keeps it under its callbacks.
    shell, path = import_module("typer.completion").install()
    say(
        Text(
            "completion for {shell} is set up in {path}; it works in a new terminal",
            shell=shell,
            path=path,
        )
    )
    raise typer.Exit


def _example(line: str) -> str:
    """Break a long example before an option, by the mark that shells other than Windows' take."""
    if len(line) <= _EXAMPLE_WIDTH or os.name == "nt":
        return line
    at = line.rindex(" -", 0, _EXAMPLE_WIDTH)
    return f"{line[:at]} \\\n     {line[at:]}"


def _page(command: Any, ctx: Any) -> str:
    epilog = [said(_LANGUAGE_NOTE)]
    if isinstance(command, Commands):
        epilog.insert(0, said(NEXT_STEPS))
    else:
        # Below the name of the program: commands of a group may be called as others are.
        name = ctx.command_path.partition(" ")[2]
        if name in _NEXT:
            epilog.insert(0, said(_NEXT[name]))
        if name in EXAMPLES:
            example = _example(f"  chiiki-tsusho {EXAMPLES[name]}")
            epilog.insert(0, said(Joined((Text("Example:"), example), "\n")))
    width = shutil.get_terminal_size().columns
    return help_page(ctx.command_path, command, command.get_params(ctx), epilog, width)

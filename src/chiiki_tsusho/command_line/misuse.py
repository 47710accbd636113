"""The language of the command line, wrong use in words, and what to try next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from chiiki_tsusho.language import LANGUAGES, Language, Sayable, Text, default_language

WRONG_USE = 2
OPTION = "--lang"
ERROR = Text("error")
# The class of every misuse of a command; typer gives it no public name.
_UsageError: type[Any] = typer.BadParameter.__mro__[1]

NEXT_STEPS = Text(
    "First steps:\n  chiiki-tsusho demo                  compute the example month "
    "and look at it\n  chiiki-tsusho template DIR          files to fill in: every "
    "heading, and an example\n  chiiki-tsusho claim VISITS -o DIR   compute the "
    "claims of your own file\n  chiiki-tsusho COMMAND --help        what a command "
    "takes, with an example"
)
_EXAMPLES = {
    "claim": "claim visits.csv -o claims --providers providers.csv --recipients recipients.csv",
    "lookup": "lookup 781241 785301 --month 2016-04",
    "explain": "explain --month 2016-04 --minutes 150 --care-level 5 --with bathing",
    "explain-claim": "explain-claim visits.csv --insured 0000100053 --recipients recipients.csv",
    "template": "template my-month --headings ja",
    "demo": "demo",
    "import-workbook": "import-workbook table.xlsx --valid-from 2026-06 -o codes.csv",
    "import-master": "import-master master.csv -o codes.csv",
    "check-table": "check-table codes.csv",
    "compare": "compare visits.csv --month 2017-03 --month 2017-04",
    "report": "report claims",
}
_NEXT = {
    "claim": Text(
        "Then: correct held_visits, submit that file again; 'explain-claim' shows how "
        "a claim comes about."
    ),
    "template": Text("Then: put your rows in place of the examples and give the files to 'claim'."),
}
_LANGUAGE_NOTE = Text("Messages in Japanese: {OPTION} ja, with any command.", OPTION=OPTION)

_WRONG_VALUES = (
    (r"valid integer", "整数を指定してください"),
    (r"greater than or equal to (-?\d+)", "{}以上を指定してください"),
    (r"less than or equal to (-?\d+)", "{}以下を指定してください"),
    (r"not in the range (-?\d+)<=x<=(-?\d+)", "{}〜{}を指定してください"),
    (r"not in the range x>=(-?\d+)", "{}以上を指定してください"),
)

_spoken: Language = "en"


def spoken() -> Language:
    """Return the language of this run."""
    return _spoken


def speak(language: Language) -> None:
    """Set the language of this run."""
    global _spoken
    _spoken = language


def one_of(*choices: str) -> Callable[[], list[str]]:
    """Return what the shell asks to complete a value."""
    return lambda: list(choices)


def said(what: str | Sayable) -> str:
    """Write something in the language of this run."""
    return what if isinstance(what, str) else what.say(_spoken)


def say_error(what: str | Sayable) -> None:
    """Write an error to standard error, each line of it marked as one."""
    for line in said(what).splitlines():
        typer.echo(f"{said(ERROR)}: {line}", err=True)


class Commands(TyperGroup):
    """All commands: takes ``--lang`` before or after any of them, says what to do after misuse."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Settle the language, then read the options that stand before the command."""
        args = self._without_language(args, lenient=bool(extra.get("resilient_parsing")))
        self.epilog = f"\b\n{said(NEXT_STEPS)}\n\n{said(_LANGUAGE_NOTE)}"
        for name, command in self.commands.items():
            command.epilog = _epilog(name)
        if _spoken == "ja":
            _help_in_japanese([self, *self.commands.values()])
        with _explained(lambda: info_name or ""):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _explained(lambda: f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip()):
            return super().invoke(ctx)

    def _without_language(self, args: list[str], lenient: bool) -> list[str]:
        """Take ``--lang`` out of the words and set the language; the shell asks of half a line."""
        speak(default_language())
        rest: list[str] = []
        words = iter(args)
        asked = ""
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
        command = next((self.commands[word] for word in rest if word in self.commands), None)
        if asked and command and any(OPTION in one.opts for one in command.params):
            # A command may have a use of its own for the language.
            rest += [OPTION, asked]
        return rest


def _speak_as_asked(asked: str) -> None:
    for language in LANGUAGES:
        if asked == language:
            speak(language)
            return
    say_error(Text("{OPTION} {asked!r}: en or ja was expected", OPTION=OPTION, asked=asked))
    raise typer.Exit(WRONG_USE)


@contextmanager
def _explained(command: Callable[[], str]) -> Iterator[None]:
    """Say in Japanese what was misused, and in both languages where the help is."""
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        path = command() if error.ctx is None else error.ctx.command_path
        if _spoken == "ja":
            say_error(_in_japanese(error))
            typer.echo(f"使い方は '{path} --help' で表示します", err=True)
            raise typer.Exit(WRONG_USE) from error
        if error.ctx is None:
            typer.echo(f"Try '{path} --help' for help.\n", err=True)
        raise


def _help_in_japanese(commands: list[Any]) -> None:
    from chiiki_tsusho.command_line.help_ja import command_help, option_help

    for command in commands:
        command.help = command_help(command.help or "")
        for parameter in command.params:
            parameter.help = option_help(parameter.help or "")


def _epilog(name: str) -> str:
    lines = []
    if name in _EXAMPLES:
        lines.append(f"\b\n{said(Text('Example:'))}\n  chiiki-tsusho {_EXAMPLES[name]}")
    if name in _NEXT:
        lines.append(f"\b\n{said(_NEXT[name])}")
    return "\n\n".join([*lines, said(_LANGUAGE_NOTE)])


def _in_japanese(error: Any) -> str:
    """Write a misuse in Japanese; what typer says only in English stays so."""
    kind = type(error).__name__
    message = str(error.format_message())
    if kind == "NoSuchOption":
        near = "、".join(sorted(error.possibilities or ()))
        hint = f"。{near} ではありませんか" if near else ""
        return f"オプション {error.option_name} はありません{hint}"
    if kind == "MissingParameter" and error.param is not None:
        return f"{_shown(error.param)} を指定してください"
    if kind == "BadOptionUsage":
        wrong = "を付けられません" if "does not take" in message else "が必要です"
        return f"オプション {error.option_name} には値{wrong}"
    if kind == "BadParameter" and error.param is not None:
        return f"{_shown(error.param)} の値が正しくありません({_what_is_wrong(error.message)})"
    if found := re.match(r"No such command '(.*?)'\.?(?: Did you mean (.*)\?)?$", message):
        near = (found[2] or "").replace("'", "").replace(", ", "、")
        return f"コマンド {found[1]} はありません" + (f"。{near} ではありませんか" if near else "")
    if found := re.search(r"unexpected extra argument.*\(([^()]*)\)", message):
        return f"余分な引数があります: {found[1]}"
    if message.startswith("Missing command"):
        return "コマンドを指定してください"
    return message


def _what_is_wrong(message: str) -> str:
    for pattern, japanese in _WRONG_VALUES:
        if found := re.search(pattern, message):
            return japanese.format(*found.groups())
    return message


def _shown(parameter: Any) -> str:
    options = [one for one in parameter.opts if one.startswith("-")]
    if options:
        return f"オプション {' / '.join(options)}"
    return f"引数 {(parameter.metavar or parameter.name).strip('[]')}"

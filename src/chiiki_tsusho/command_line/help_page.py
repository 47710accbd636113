"""The help of a command as a page, in the language of the run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chiiki_tsusho.command_line.shared import said, spoken
from chiiki_tsusho.language import Language, Sayable, Text, terminal_width, translated

_INDENT, _GAP, _WIDEST = 2, 2, 80
# The names of options take up to so many columns beside their help.
_NAMES = 30
# A word; or one character of Japanese, together with the marks that may not begin or end a line.
_UNBROKEN = re.compile(r"[「『(（【]*(?:[!-~]+|[^ ])[」』)）】、。〉》,.:;!?ー〜…・]*| +")


def usage(path: str, command: Any) -> str:
    """Write how a command is called."""
    pieces = [said(Text("[OPTIONS]"))]
    for one in command.params:
        if one.param_type_name == "argument":
            piece = named(one) + ("..." if one.nargs == -1 else "")
            pieces.append(piece if one.required else f"[{piece}]")
    if hasattr(command, "commands"):
        pieces.append(said(Text("COMMAND [ARGS]...")))
    return said(Text("Usage: {command}", command=" ".join([path, *pieces])))


def help_page(
    path: str, command: Any, options: Sequence[Any], epilog: Iterable[str], width: int
) -> str:
    """Write the help of a command.

    Parameters
    ----------
    path : str
        How the command is called, ``chiiki-tsusho claim``.
    command : typer command or group
        Its docstring and the help of its options are sentences of the catalogue.
    options : sequence
        Its parameters, with that for help.
    epilog : iterable of str
        Paragraphs at the end.
    width : int
        The width of the terminal, in columns.
    """
    width = min(width, _WIDEST) - _INDENT
    parts = [usage(path, command)]
    parts += [
        _indented(_wrapped(one, width - _INDENT)) for one in paragraphs(command.help, spoken())
    ]
    arguments = [one for one in options if one.param_type_name == "argument"]
    others = [one for one in options if one.param_type_name == "option" and not one.hidden]
    parts.append(
        _section(Text("Arguments"), [(named(one), _help(one)) for one in arguments], width)
    )
    parts.append(_section(Text("Options"), [(_names(one), _help(one)) for one in others], width))
    if hasattr(command, "commands"):
        rows = [
            (name, next(paragraphs(one.help, spoken())).removesuffix("."))
            for name, one in command.commands.items()
            if not one.hidden
        ]
        parts.append(_section(Text("Commands"), rows, width))
    parts += [_indented(_wrapped(one, width - _INDENT)) for one in epilog]
    return "\n\n".join(part for part in parts if part) + "\n"


def paragraphs(english: str | None, language: Language) -> Iterator[str]:
    """Yield the paragraphs of a help text in a language; Python with -OO drops the text."""
    for one in (english or "").split("\n\n"):
        yield translated(" ".join(one.split()), language) if one else ""


def _names(option: Any) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    return names if option.is_flag else f"{names} {named(option)}"


def named(parameter: Any) -> str:
    """Name what an argument or an option takes."""
    return translated(parameter.metavar, spoken())


def _help(parameter: Any) -> str:
    help_text = translated(parameter.help, spoken())
    notes = []
    if parameter.required:
        notes.append(said(Text("required")))
    elif parameter.default not in (None, False):
        notes.append(said(Text("default: {default}", default=str(parameter.default))))
    return f"{help_text}  [{', '.join(notes)}]" if notes else help_text


def _section(title: Sayable, rows: Sequence[tuple[str, str]], width: int) -> str:
    if not rows:
        return ""
    names = min(max(terminal_width(name) for name, _ in rows), _NAMES)
    lines = [f"{said(title)}:"]
    for name, text in rows:
        beside = _wrapped(text, width - names - _GAP).split("\n")
        if terminal_width(name) > names:
            lines.append(" " * _INDENT + name)
            name = ""
        for at, line in enumerate(beside):
            left = name if at == 0 else ""
            blank = " " * (names + _GAP - terminal_width(left))
            lines.append((" " * _INDENT + left + blank + line).rstrip())
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join(" " * _INDENT + line for line in text.split("\n"))


def _wrapped(text: str, width: int) -> str:
    """Break lines where words end, and between characters of Japanese, which are two wide."""
    # A line that is set in, such as an example, stays whole.
    lines = text.split("\n")
    return "\n".join(one if one.startswith(" ") else _broken(one, width) for one in lines)


def _broken(text: str, width: int) -> str:
    lines = [""]
    for piece in _UNBROKEN.findall(text):
        if terminal_width(lines[-1] + piece.rstrip()) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return "\n".join(line.rstrip() for line in lines)

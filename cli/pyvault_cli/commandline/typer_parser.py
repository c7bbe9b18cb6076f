"""Typer reads a command line: one that is not plain, one that is wrong, or a wish for help."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.main import get_command

from pyvault.errors import UsageError
from pyvault_cli.commandline import arguments
from pyvault_cli.commandline.command_table import COMMANDS
from pyvault_cli.commandline.parameters import Argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typer.core import TyperCommand

    from pyvault_cli.commandline.parameters import Command, Parameter


def read(command: Command, args: Sequence[str]) -> dict[str, object] | None:
    """Return the value of every parameter by name; None if help was wanted, which has been written.

    Raises:
        UsageError: the line is wrong.
        BrokenPipeError: nobody reads the help.
    """
    parser, words = build(command), list(args)
    let_negate(parser, words)
    _refuse_empty_values(parser, words)
    try:
        with parser.make_context(f"pyvault {command.path}", words) as parsed:
            return cast("dict[str, object]", parser.invoke(parsed))
    except typer.Exit:
        return None
    except typer.TyperException as problem:
        from pyvault_cli.commandline.suggestions import option_meant

        text = problem.format_message().replace("\n\t", " ")  # a list of choices has a line for each
        near = option_meant(problem, {*arguments.VALUED, *arguments.SWITCHES})
        hint = f"{near}'pyvault {command.path} --help' shows the options"
        raise UsageError(f"{text[:1].lower()}{text[1:].rstrip('.')}", hint=hint) from None


def build(command: Command) -> TyperCommand:
    """Make the parser of one command; what it runs returns the values, as Typer has made them."""

    def values(**values: object) -> dict[str, object]:
        return values

    values.__signature__ = inspect.Signature([_declared(each) for each in command.parameters])  # type: ignore[attr-defined]
    _, text = COMMANDS[command.path]
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(
        command.path,
        help=_help_of(f"{text[0].upper()}{text[1:]}.", command.function),
        epilog="'pyvault --help' shows the options of all commands.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )(values)
    return cast("TyperCommand", get_command(app))  # an app with one command and no callback is that command


def _declared(each: Parameter) -> inspect.Parameter:
    words = each.words
    typers: Any = (
        typer.Argument(**words.settings)
        if isinstance(words, Argument)
        else typer.Option(*words.names, **words.settings)
    )
    return inspect.Parameter(
        each.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if each.default is ... else each.default,
        annotation=Annotated[each.annotation, typers],
    )


def _help_of(summary: str, function: Callable[..., object]) -> str:
    """Add to the line of the menu what the command's docstring says beyond its own first line."""
    _, _, more = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
    return f"{summary}\n\n{more}" if more else summary


def let_negate(parser: TyperCommand, args: Sequence[str]) -> None:
    """Take ``--no-FLAG`` for every switch of the command, as aws-vault's parser does.

    It overrides a variable, and an earlier word of the line. The help does not speak of it.
    """
    if not any(arguments.negated(word) for word in args):
        return
    taken = {name for one in parser.params for name in (*one.opts, *one.secondary_opts)}
    for one in parser.params:
        if getattr(one, "is_bool_flag", False) and not one.secondary_opts:
            off = [f"--no-{name[2:]}" for name in one.opts if name.startswith("--")]
            one.secondary_opts = [name for name in off if name not in taken]


def _refuse_empty_values(parser: TyperCommand, args: Sequence[str]) -> None:
    if "" not in args and not any(word.endswith("=") for word in args):
        return
    places = [one for one in parser.params if getattr(one, "metavar", None) in arguments.NEVER_EMPTY]
    empty = arguments.find_empty(args, {name for one in places for name in one.opts})
    if empty is not None:
        raise arguments.empty_value(empty)

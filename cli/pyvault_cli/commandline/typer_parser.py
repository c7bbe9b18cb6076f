"""Typer reads a command line: one that is not plain, one that is wrong, or a wish for help."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperCommand
from typer.main import get_command

from pyvault.errors import UsageError
from pyvault_cli.commandline import arguments
from pyvault_cli.commandline.command_table import COMMANDS
from pyvault_cli.commandline.parameters import Argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault_cli.commandline.parameters import Command, Parameter


#: Narrower than that, Typer's own layout runs over the edge.
TWO_COLUMNS = 60


class HelpWantedError(Exception):
    """The line asks for the help, which is the text of this."""


class Parser(TyperCommand):
    """The parser of one command; it writes nothing itself."""

    def get_help(self, ctx: Any) -> str:
        """Raise the help, laid out for the screen.

        Raises:
            HelpWantedError: always.
        """
        formatter = ctx.make_formatter()
        if ctx.terminal_width is not None:  # little room: long options have a line of their own
            formatter.write_dl = partial(formatter.write_dl, col_max=formatter.width // 3)
        self.format_help(ctx, formatter)
        raise HelpWantedError(formatter.getvalue())


def read(command: Command, args: Sequence[str], *, width: int | None = None) -> dict[str, object] | str:
    """Return the value of every parameter by name; if the help is wanted, its text.

    Args:
        command: whose line it is.
        args: its words.
        width: of the screen that the help is for; None if it goes to none.

    Raises:
        UsageError: the line is wrong.
    """
    parser, words = build(command), list(args)
    let_negate(parser, words)
    _refuse_empty_values(parser, words)
    try:
        narrow = width if width is not None and width < TWO_COLUMNS else None
        with parser.make_context(f"pyvault {command.path}", words, terminal_width=narrow) as parsed:
            return cast("dict[str, object]", parser.invoke(parsed))
    except HelpWantedError as wanted:
        return str(wanted)
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
        cls=Parser,
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

"""How a command declares its words: by the annotations of its function, as Typer knows them.

::

    def clear(context: Context, profile: Annotated[str, Argument()], every: Annotated[bool, Option("--all")] = False)

Two readers understand that. :mod:`plain_line` reads the lines that leave no question open, without
a parser's start-up; :mod:`typer_parser` hands the declarations to Typer, which reads the others,
refuses what is wrong and writes the help.
"""

from __future__ import annotations

from importlib import import_module
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict, Unpack

    class Settings(TypedDict, total=False):
        """What of Typer's settings the commands use."""

        metavar: str
        help: str
        envvar: str
        hidden: bool
        show_default: bool | str
        min: int
        max: int
        callback: Callable[[Any], object]


class Declaration:
    """What Typer is told of a parameter."""

    def __init__(self, *names: str, **settings: Unpack[Settings]) -> None:
        """Declare a parameter.

        Args:
            names: of an option, long and short; ``--yes/--no`` for a switch with two sides.
            settings: as Typer has them. A callback looks at a value that was given, and at no default.
        """
        self.names = names
        self.settings = settings


class Option(Declaration):
    """An option, as ``typer.Option``."""


class Argument(Declaration):
    """A word with a place instead of a name, as ``typer.Argument``."""


class Parameter(Record):
    """One parameter of a command's function.

    Attributes:
        annotation: all of it, without what declares the words.
        kind: what one value is made into: ``str`` of ``list[str] | None``.
        default: ``...`` where a value is required.
        names: that turn it on, or take its value.
        off: that turn it off.
    """

    name: str
    words: Declaration
    annotation: Any
    kind: Any
    repeated: bool
    default: object
    names: tuple[str, ...]
    off: tuple[str, ...]

    @property
    def takes_value(self) -> bool:
        """Whether this is an option whose value may be the next word."""
        return isinstance(self.words, Option) and self.kind is not bool


class Command(Record):
    """A command: what runs, and the words it takes."""

    path: str
    function: Callable[..., int | None]
    parameters: tuple[Parameter, ...]

    def valued(self) -> set[str]:
        """Name the options, long and short, whose value may be the next word."""
        return {name for each in self.parameters if each.takes_value for name in each.names}

    def options(self) -> dict[str, bool]:
        """Return the options that the help shows, and whether each takes a value."""
        return {
            name: each.takes_value
            for each in self.parameters
            if not each.words.settings.get("hidden")
            for name in each.names
        }


def load_command(path: str) -> Command:
    """Import a command and read its declaration."""
    from pyvault_cli.commandline.command_table import COMMANDS

    module, _ = COMMANDS[path]
    function = getattr(import_module(f"pyvault_cli.commands.{module}"), path.replace(" ", "_").replace("-", "_"))
    return Command(path=path, function=function, parameters=tuple(_declared(function)))


def _declared(function: Any) -> list[Parameter]:
    hints = get_type_hints(function, include_extras=True)
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]  # after the context
    given = function.__defaults__ or ()
    defaults = dict(zip(names[len(names) - len(given) :], given, strict=True))
    return [_parameter(name, hints[name], defaults.get(name, ...)) for name in names]


def _parameter(name: str, hint: Any, default: object) -> Parameter:
    annotation, words = get_args(hint)  # of Annotated
    kind = annotation
    if isinstance(kind, UnionType):  # with None
        kind = get_args(kind)[0]
    repeated = getattr(kind, "__origin__", None) is list
    if repeated:
        (kind,) = get_args(kind)
    sides = [each.partition("/") for each in words.names]
    return Parameter(
        name=name,
        words=words,
        annotation=annotation,
        kind=kind,
        repeated=repeated,
        default=default,
        names=tuple(on for on, _, _ in sides),
        off=tuple(off for _, _, off in sides if off),
    )

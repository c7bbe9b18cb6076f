"""The words of a command, where they leave no question open: read without a parser.

Typer and what it imports cost more than all the rest of a command with a cached session, and
nearly every line is plain: whole names of options, each with its value, and words. Whatever
is not, wrong or only unusual, is no matter of :func:`read`, and Typer reads the line from its
beginning. So there is one meaning of a line and one voice that refuses it; the tests compare
the two readers over every command.

Source: the parser of Click, which Typer has inside.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from pyvault_cli.commandline.parameters import Argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyvault_cli.commandline.parameters import Parameter


class _NotPlainError(Exception):
    """This line is Typer's."""


def read(parameters: Sequence[Parameter], args: Sequence[str], environ: Mapping[str, str]) -> dict[str, object] | None:
    """Return the value of every parameter by name; None if the line is not plain."""
    try:
        given = _given(parameters, args)
        return {each.name: _value(each, given.get(each.name, []), environ) for each in parameters}
    except _NotPlainError:
        return None


def _given(parameters: Sequence[Parameter], args: Sequence[str]) -> dict[str, list[object]]:
    options = {name: each for each in parameters for name in (*each.names, *each.off)}
    given: dict[str, list[object]] = {}
    words: list[str] = []
    left = iter(args)
    for word in left:
        if word == "--":
            words += left
        elif word.startswith("-") and word != "-":
            each, value = _option(word, options, left)
            given.setdefault(each.name, []).append(value)
        else:
            words.append(word)
    for each in parameters:
        if isinstance(each.words, Argument):
            taken = words if each.repeated else words[:1]
            words = words[len(taken) :]
            given[each.name] = [_converted(each.kind, word) for word in taken]
    if words:
        raise _NotPlainError
    return given


def _option(word: str, options: Mapping[str, Parameter], left: Iterator[str]) -> tuple[Parameter, object]:
    name, equals, inline = word.partition("=")
    each = options.get(name)
    if each is None or (equals and (each.kind is bool or not name.startswith("--"))):
        raise _NotPlainError
    if each.kind is bool:
        return each, name in each.names
    value = inline if equals else next(left, "")
    if not value or (value.startswith("-") and not equals):  # rather another option than a value
        raise _NotPlainError
    return each, _converted(each.kind, value)


def _value(each: Parameter, given: Sequence[object], environ: Mapping[str, str]) -> object:
    if given:
        return given if each.repeated else given[-1]
    name = each.words.settings.get("envvar")
    variable = environ.get(name) if name else None
    if variable and (each.repeated or each.kind is bool):
        raise _NotPlainError
    if variable:
        return _converted(each.kind, variable)
    if each.default is ...:
        raise _NotPlainError
    return each.default


def _converted(kind: Any, text: str) -> object:
    if kind is str:
        return text
    if isinstance(kind, type) and issubclass(kind, Enum) and text in {choice.value for choice in kind}:
        return kind(text)
    raise _NotPlainError

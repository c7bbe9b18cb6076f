"""Both readers of a command's words give one meaning: what is read plainly is what Typer makes of it."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from pathlib import Path

import pytest

from pyvault.errors import UsageError
from pyvault_cli.commandline import command_table, plain_line, typer_parser
from pyvault_cli.commandline.parameters import Argument, Command, Parameter, load_command

LINES_OF_EACH_COMMAND = 150
VALUES = (
    "x",
    "",
    "-",
    "--",
    "-x",
    "1h",
    "7",
    "-7",
    "json",
    "JSON",
    "a b",
    "a=b",
    "=",
    "ü",
    "--json",
    "/",
    "true",
    "0",
)
VARIABLES = ("", "", "", "1", "true", "no", "maybe", "1h", "a b")

load = cache(load_command)


def by_typer(command: Command, args: Sequence[str]) -> dict[str, object] | None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return typer_parser.read(command, args)
        except UsageError:
            return None


def words_of(each: Parameter, chance: random.Random) -> Iterator[str]:
    """Yield one way to write a parameter, now and then a wrong one."""
    fitting = [choice.value for choice in each.kind] if issubclass(each.kind, Enum) else VALUES
    value = chance.choice(chance.choice([fitting, VALUES]))
    if isinstance(each.words, Argument):
        yield from chance.choices(VALUES, k=chance.randrange(3)) if each.repeated else (value,)
        return
    name = chance.choice([*each.names, *each.off])
    match chance.randrange(9):
        case 0:
            yield f"{name}={value}"
        case 1:
            yield f"{name}{value}"  # a cluster, or the value itself
        case 2:
            yield f"--no-{name.lstrip('-')}"
        case 3:
            yield name[: chance.randrange(1, len(name) + 1)]
        case _:
            yield name
            if each.takes_value or not chance.randrange(6):
                yield value


def lines_of(command: Command, chance: random.Random) -> Iterator[list[str]]:
    yield []
    for _ in range(LINES_OF_EACH_COMMAND):
        chosen = chance.choices(command.parameters, k=chance.randrange(4)) if command.parameters else []
        if chance.randrange(2):
            chosen += [each for each in command.parameters if each.default is ...]
        pieces = [list(words_of(each, chance)) for each in chosen] + [[chance.choice(VALUES)]] * chance.randrange(2)
        chance.shuffle(pieces)
        yield [word for piece in pieces for word in piece]


@pytest.mark.parametrize("path", command_table.COMMANDS)
def test_a_plain_line_means_what_typer_says(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command, chance = load(path), random.Random(path)
    variables = {each.words.settings.get("envvar") for each in command.parameters} - {None}
    read = 0
    for line in lines_of(command, chance):
        environ = {name: chance.choice(VARIABLES) for name in sorted(map(str, variables))}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        plain = plain_line.read(command.parameters, line, environ)
        if plain is not None:
            read += 1
            assert plain == by_typer(command, line), (line, environ)
    # A path or a number, where one is needed, is never plain.
    assert read or any(each.default is ... and each.kind in {int, Path} for each in command.parameters)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("exec", "work"),
        ("exec", ""),
        ("exec", "work -d 1h --region eu-west-1"),
        ("exec", "-n --region=eu-west-1 work"),
        ("exec", "-s --lazy --no-hide-shared-config work"),
        ("export", "work --format json"),
        ("export", "--format=env -- work"),
        ("list", "--json"),
        ("backends list", "--probe"),
        ("clear", "--all"),
        ("remove", "work -f"),
    ],
)
def test_the_usual_lines_are_plain(path: str, line: str) -> None:
    command = load(path)
    plain = plain_line.read(command.parameters, line.split(), {})
    assert plain is not None
    assert plain == by_typer(command, line.split())


def test_the_words_that_a_shell_completes_are_plain() -> None:
    words = ["exec", "--no-", "", "--", "-x", ""]
    assert plain_line.read(load("complete").parameters, ["--", *words], {}) == {"words": words}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("exec", ["--duration"]),
        ("exec", ["work", "more"]),
        ("exec", ["--nosuch", "work"]),
        ("exec", ["-nd", "1h", "work"]),
        ("exec", ["--region", "", "work"]),
        ("exec", ["--region=", "work"]),
        ("exec", ["--region", "--json", "work"]),
        ("exec", ["--json=1", "work"]),
        ("exec", ["--no-json", "work"]),
        ("exec", ["--allow-uid", "5", "work"]),
        ("exec", ["--help"]),
        ("export", ["--format", "JSON", "work"]),
        ("remove", []),
    ],
)
def test_an_unusual_line_is_left_to_typer(path: str, line: list[str]) -> None:
    assert plain_line.read(load(path).parameters, line, {}) is None


@pytest.mark.parametrize("value", ["1", "nonsense"])
def test_a_switch_in_a_variable_is_left_to_typer(value: str) -> None:
    exec_ = load("exec").parameters
    assert plain_line.read(exec_, ["work"], {"AWS_VAULT_STDOUT": value}) is None
    assert plain_line.read(exec_, ["--stdout", "work"], {"AWS_VAULT_STDOUT": value}) is not None
    assert plain_line.read(exec_, ["work"], {"AWS_VAULT_STDOUT": ""}) is not None
